-- Events cluster on an integer, as tickets do: SQLite puts a new row at the end of such a table, where one that clusters on two
-- columns is balanced anew every few rows. And what is written in the transaction that makes its ticket is not looked up again to
-- see whether that is there.
CREATE TABLE events_by_row (
    id          INTEGER PRIMARY KEY,                 -- its ticket's * 2^17 + its number in it
    ticket      INTEGER NOT NULL AS (id >> 17),
    seq         INTEGER NOT NULL AS (id & 131071),   -- from 1, without gaps
    recorded_at INTEGER NOT NULL,
    occurred_at INTEGER,
    action      TEXT NOT NULL,
    role        TEXT NOT NULL,
    actor       BLOB,
    rules       BLOB NOT NULL,                       -- hash of the rules that it was decided under
    public      INTEGER NOT NULL,
    has_text    INTEGER NOT NULL,
    changes     TEXT NOT NULL,                       -- JSON
    asked_by    TEXT
) STRICT;

INSERT INTO events_by_row (
    id, recorded_at, occurred_at, action, role, actor, rules, public, has_text, changes, asked_by
)
SELECT ticket << 17 | seq, recorded_at, occurred_at, action, role, actor, rules, public, has_text, changes, asked_by
FROM events ORDER BY ticket, seq;

CREATE TABLE texts_by_row (
    ticket    INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    body      TEXT,
    on_behalf TEXT,
    CHECK (body IS NOT NULL OR on_behalf IS NOT NULL),
    PRIMARY KEY (ticket, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO texts_by_row SELECT ticket, seq, body, on_behalf FROM texts;
DROP TABLE texts;
ALTER TABLE texts_by_row RENAME TO texts;
DROP TABLE events;
ALTER TABLE events_by_row RENAME TO events;

CREATE TABLE intake_by_row (
    ticket       INTEGER PRIMARY KEY,
    name         TEXT,
    email        TEXT,                               -- as given: the look-up compares exactly
    phone        TEXT,
    has_whatsapp INTEGER NOT NULL,
    document     TEXT,
    company      TEXT,
    subject      TEXT,
    description  TEXT,
    internal     INTEGER NOT NULL,                   -- the description is for the desk alone
    clients      TEXT,                               -- what other systems say of whose it is, a JSON list; NULL: the address
    cc           TEXT,                               -- and of who else is to be told
    created_by   TEXT,                               -- on whose behalf it was created, in their words, or a user's id
    described_by TEXT,                               -- and its description, where that is somebody else
    due_by       TEXT,                               -- and its due date set by hand
    address      TEXT                                -- the client's IP address
) STRICT;

INSERT INTO intake_by_row SELECT * FROM intake ORDER BY ticket;
DROP TABLE intake;
ALTER TABLE intake_by_row RENAME TO intake;
