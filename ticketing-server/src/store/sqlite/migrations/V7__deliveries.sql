-- Who is told what happens, how far they have been told it, and what could not be delivered. What goes well leaves nothing here
-- but a position.

-- Recipients of the feed: subscriptions, and whoever else is told of every event.
CREATE TABLE recipients (
    uuid       BLOB PRIMARY KEY,                     -- 16 octets
    position   INTEGER NOT NULL,                     -- up to here, each event is delivered, or is in `deliveries`, or was not wanted
    generation INTEGER NOT NULL                      -- grows when somebody sets the position, so that nobody else sets it back
) STRICT, WITHOUT ROWID;

CREATE TABLE subscriptions (
    id              INTEGER PRIMARY KEY CHECK (id < 2147483648),
    uuid            BLOB NOT NULL UNIQUE REFERENCES recipients (uuid) ON DELETE CASCADE,
    version         INTEGER NOT NULL,                -- number of the last change
    url             TEXT NOT NULL,
    headers         TEXT NOT NULL,                   -- JSON: pairs of name and value
    action          TEXT,                            -- what they want to be told; NULL: everything
    standing        TEXT NOT NULL,                   -- ACTIVE, DEGRADED, INACTIVE
    failures        INTEGER NOT NULL,                -- in a row
    secret          BLOB NOT NULL,                   -- what signs
    previous_secret BLOB,                            -- what signs too,
    previous_until  INTEGER,                         -- until then, in ms since the epoch
    created_at      INTEGER NOT NULL,
    updated_at      INTEGER NOT NULL,
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
) STRICT;

-- Deliveries that failed, and those that wait behind one of the same ticket.
CREATE TABLE deliveries (
    id              INTEGER PRIMARY KEY,
    recipient       BLOB NOT NULL REFERENCES recipients (uuid) ON DELETE CASCADE,
    position        INTEGER NOT NULL,                -- the event's, in the feed
    ticket          BLOB NOT NULL,                   -- the ticket's identity
    attempts        INTEGER NOT NULL,
    next_attempt_at INTEGER,                         -- in ms since the epoch; NULL: it is given up
    last_attempt_at INTEGER NOT NULL,                -- when it came to be, where there was none
    failure         TEXT,                            -- what went wrong the last time, as a name
    http_status     INTEGER,                         -- what was answered then
    UNIQUE (recipient, position)
) STRICT;

-- What is forgotten in its time.
CREATE INDEX deliveries_given_up ON deliveries (last_attempt_at) WHERE next_attempt_at IS NULL;

-- Grows with each change that somebody makes to the tables above; whoever delivers looks at it twice a second. What deliveries
-- come to is no such change.
CREATE TABLE recipients_revision (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO recipients_revision (id, revision) VALUES (1, 0);

-- Work of which one process does all, as long as it says so again and again.
CREATE TABLE leases (
    name   TEXT PRIMARY KEY,
    holder BLOB NOT NULL,                            -- a process's own, 16 octets
    until  INTEGER NOT NULL                          -- in ms since the epoch; then anybody may take it
) STRICT, WITHOUT ROWID;
