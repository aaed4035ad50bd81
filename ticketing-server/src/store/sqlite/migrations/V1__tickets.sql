-- A ticket in four places: its current state (what lists and look-ups read), its history (append-only, no personal data),
-- the words and the person (erased together), and the outbox (what other systems are still to be told).

-- Current state: the fold of the ticket's events, written in the same transaction as they.
CREATE TABLE tickets (
    id                 INTEGER PRIMARY KEY,          -- of its label: year * 2^32 + number. Rows cluster on it, in order of
                                                     -- creation, and a label needs no index of its own
    uuid               BLOB NOT NULL UNIQUE,         -- the ticket's identity, 16 octets
    label              TEXT NOT NULL,                -- canonical, as it was printed at creation
    version            INTEGER NOT NULL,             -- number of the last event applied
    revision           INTEGER NOT NULL,             -- number of the last one that was not its clocks' own
    type               TEXT,
    priority           TEXT,
    category           TEXT,
    subcategory        TEXT,
    area               TEXT NOT NULL,                -- as given
    service            TEXT,                         -- what only other systems say: service, who may see it,
    visibility         TEXT NOT NULL,                -- tags (a JSON list), the named reason of its status
    tags               TEXT,
    justification      TEXT,
    facet              INTEGER NOT NULL REFERENCES facets (id), -- which lists it is in
    origin             TEXT NOT NULL,
    has_requester      INTEGER NOT NULL,
    status             TEXT NOT NULL,
    assignee           BLOB,
    sla                TEXT NOT NULL,                -- JSON: what was promised, what its clocks depend on
    next_moment        INTEGER,                      -- when something is to be done about its clocks
    created_at         INTEGER NOT NULL,             -- ms since the epoch, as are all instants
    updated_at         INTEGER NOT NULL,
    recorded_at        INTEGER NOT NULL,             -- of the last event, also where it was the clocks' own
    resolved_at        INTEGER,
    closed_at          INTEGER,
    reopened_at        INTEGER,
    archived_at        INTEGER,
    reply_seq          INTEGER,                      -- the event whose text is the desk's last reply
    -- Of the last event that the requester may see, what they see of it: the look-up needs no history.
    last_seq             INTEGER NOT NULL,
    last_at              INTEGER NOT NULL,
    last_role            TEXT NOT NULL,
    last_actor           BLOB,
    last_action          TEXT NOT NULL,
    last_has_text        INTEGER NOT NULL,
    last_status_before   TEXT,
    last_status_after    TEXT,
    last_priority_before TEXT,
    last_priority_after  TEXT,
    last_area_before     TEXT,
    last_area_after      TEXT
) STRICT;

-- What other systems filter by.
CREATE INDEX tickets_by_category ON tickets (category) WHERE category IS NOT NULL;
CREATE INDEX tickets_by_assignee ON tickets (assignee) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_by_creation ON tickets (created_at);
CREATE INDEX tickets_by_update ON tickets (updated_at);

-- Each tag of each ticket, to find tickets by.
CREATE TABLE ticket_tags (
    tag    TEXT NOT NULL,
    ticket INTEGER NOT NULL REFERENCES tickets (id),
    PRIMARY KEY (tag, ticket)
) STRICT, WITHOUT ROWID;

-- Every list reads its facets' tickets by row number, which is the order of creation.
CREATE INDEX tickets_by_facet ON tickets (facet);

-- What is to be done about clocks, soonest first.
CREATE INDEX tickets_by_moment ON tickets (next_moment) WHERE next_moment IS NOT NULL;

-- What closes by itself.
CREATE INDEX tickets_resolved ON tickets (resolved_at) WHERE status = 'RESUELTO' AND archived_at IS NULL;

-- What tickets have in common that lists filter by, and how many have it: counted in the transaction that changes it.
CREATE TABLE facets (
    id           INTEGER PRIMARY KEY,
    area_key     TEXT NOT NULL,                      -- by which areas compare
    status       TEXT NOT NULL,
    priority_key TEXT NOT NULL,                      -- by which priorities compare; empty: none
    is_archived  INTEGER NOT NULL,
    origin       TEXT NOT NULL,                      -- where they came from
    tickets      INTEGER NOT NULL,
    UNIQUE (area_key, status, priority_key, is_archived, origin)
) STRICT;

-- The last number given in each year's series.
CREATE TABLE label_counters (
    year INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
) STRICT;

-- History.
CREATE TABLE events (
    ticket      INTEGER NOT NULL REFERENCES tickets (id),
    seq         INTEGER NOT NULL,                    -- from 1, without gaps
    recorded_at INTEGER NOT NULL,
    occurred_at INTEGER,
    action      TEXT NOT NULL,
    role        TEXT NOT NULL,
    actor       BLOB,
    rules       BLOB NOT NULL,                       -- hash of the rules that it was decided under
    public      INTEGER NOT NULL,
    has_text    INTEGER NOT NULL,
    changes     TEXT NOT NULL,                       -- JSON
    asked_by    TEXT,
    PRIMARY KEY (ticket, seq)
) STRICT, WITHOUT ROWID;

-- Who asked, and in which words.
CREATE TABLE intake (
    ticket       INTEGER PRIMARY KEY REFERENCES tickets (id),
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

-- What events say: reasons, replies, comments, new words. And on whose behalf other systems acted, in theirs.
CREATE TABLE texts (
    ticket    INTEGER NOT NULL,
    seq       INTEGER NOT NULL,
    body      TEXT,
    on_behalf TEXT,
    CHECK (body IS NOT NULL OR on_behalf IS NOT NULL),
    PRIMARY KEY (ticket, seq),
    FOREIGN KEY (ticket, seq) REFERENCES events (ticket, seq)
) STRICT, WITHOUT ROWID;

-- One row for each event, in the order in which they were stored. The last row stays, so that numbers only grow: a reader
-- goes on after the last that it has read.
CREATE TABLE outbox (
    id     INTEGER PRIMARY KEY,
    ticket INTEGER NOT NULL,
    seq    INTEGER NOT NULL
) STRICT;

-- Which file this is. What is made from it elsewhere belongs to it and to no other.
CREATE TABLE identity (
    octets BLOB NOT NULL
) STRICT;

INSERT INTO identity (octets) VALUES (randomblob(16));
