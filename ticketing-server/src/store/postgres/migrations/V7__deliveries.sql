-- Who is told what happens, how far they have been told it, and what could not be delivered. What goes well leaves nothing here
-- but a position. Ids come from id_counters.

-- Recipients of the feed: subscriptions, and whoever else is told of every event.
CREATE TABLE recipients (
    uuid       uuid PRIMARY KEY,
    position   bigint NOT NULL,                      -- up to here, each event is delivered, or is in `deliveries`, or was not wanted
    generation integer NOT NULL                      -- grows when somebody sets the position, so that nobody else sets it back
);

CREATE TABLE subscriptions (
    id              integer PRIMARY KEY CHECK (id > 0),
    uuid            uuid NOT NULL CONSTRAINT subscriptions_uuid UNIQUE REFERENCES recipients (uuid) ON DELETE CASCADE,
    version         integer NOT NULL,                -- number of the last change
    url             text NOT NULL,
    headers         text NOT NULL,                   -- JSON: pairs of name and value
    action          text,                            -- what they want to be told; NULL: everything
    standing        text NOT NULL,                   -- ACTIVE, DEGRADED, INACTIVE
    failures        integer NOT NULL,                -- in a row
    secret          bytea NOT NULL,                  -- what signs
    previous_secret bytea,                           -- what signs too,
    previous_until  bigint,                          -- until then, in ms since the epoch
    created_at      bigint NOT NULL,
    updated_at      bigint NOT NULL,
    CHECK ((previous_secret IS NULL) = (previous_until IS NULL))
);

-- Deliveries that failed, and those that wait behind one of the same ticket.
CREATE TABLE deliveries (
    id              bigint NOT NULL UNIQUE CHECK (id > 0),
    recipient       uuid NOT NULL REFERENCES recipients (uuid) ON DELETE CASCADE,
    position        bigint NOT NULL,                 -- the event's, in the feed
    ticket          uuid NOT NULL,                   -- the ticket's identity
    attempts        integer NOT NULL,
    next_attempt_at bigint,                          -- in ms since the epoch; NULL: it is given up
    last_attempt_at bigint NOT NULL,                 -- when it came to be, where there was none
    failure         text,                            -- what went wrong the last time, as a name
    http_status     integer,                         -- what was answered then
    PRIMARY KEY (recipient, position)
);

-- What is forgotten in its time.
CREATE INDEX deliveries_given_up ON deliveries (last_attempt_at) WHERE next_attempt_at IS NULL;

-- Grows with each change that somebody makes to the tables above; whoever delivers looks at it twice a second. What deliveries
-- come to is no such change.
CREATE TABLE recipients_revision (
    id       integer PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL
);
INSERT INTO recipients_revision (id, revision) VALUES (1, 0);

-- Work of which one process does all, as long as it says so again and again.
CREATE TABLE leases (
    name       text PRIMARY KEY,
    holder     uuid NOT NULL,                        -- a process's own
    held_until bigint NOT NULL                       -- in ms since the epoch; then anybody may take it
);
