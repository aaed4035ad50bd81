-- A ticket in four places, as in a file of SQLite: its current state (what lists and look-ups read), its history (append-only,
-- no personal data), the words and the person (erased together), and the outbox (what has no place in the feed yet).
--
-- An engine that spreads a table over machines does so by ranges of its primary key. A key that only grows has one range take
-- every write, so no key here does that: a ticket's begins with four bits that change from one ticket to the next, and so do those
-- of all that belongs to it; others begin with a hash. What must be read in order has an index for it, or few writers (feed).
--
-- Rows that belong to a ticket are written by the transaction that writes the ticket, and by nothing else. Foreign keys would
-- check each of them and lock the ticket once for each; the test suite compares tickets with what belongs to them instead.

-- What tickets have in common that lists filter by. How many have it stands in facet_counts.
CREATE TABLE facets (
    id           uuid PRIMARY KEY,                   -- a hash of the rest: known without being looked up
    area_key     text NOT NULL,                      -- by which areas compare
    status       text NOT NULL,
    priority_key text NOT NULL,                      -- by which priorities compare; empty: none
    is_archived  boolean NOT NULL,
    origin       text NOT NULL                       -- where they came from
);

-- How many: the sum of what each process has counted, in the transactions that changed it, so that none waits for another. What
-- has come to many rows is made one from time to time.
CREATE TABLE facet_counts (
    facet   uuid NOT NULL CONSTRAINT facet_counts_facet REFERENCES facets (id),
    shard   uuid NOT NULL,                           -- a writer's own
    tickets bigint NOT NULL,
    PRIMARY KEY (facet, shard)
);

-- Current state: the fold of the ticket's events, written in the same transaction as they.
CREATE TABLE tickets (
    id                 bigint PRIMARY KEY,           -- of its label: the number's last four bits * 2^48 + ordinal
    ordinal            bigint NOT NULL,              -- of its label: year * 2^32 + number. The order of lists
    uuid               uuid NOT NULL CONSTRAINT tickets_uuid UNIQUE, -- the ticket's identity
    label              text NOT NULL,                -- canonical, as it was printed at creation
    version            integer NOT NULL,             -- number of the last event applied
    revision           integer NOT NULL,             -- number of the last one that was not its clocks' own
    type               text,
    priority           text,
    category           text,
    subcategory        text,
    area               text NOT NULL,                -- as given
    service            text,                         -- what only other systems say: service, who may see it,
    visibility         text NOT NULL,                -- tags (a JSON list), the named reason of its status
    tags               text,
    justification      text,
    facet              uuid NOT NULL,                -- which lists it is in
    origin             text NOT NULL,
    has_requester      boolean NOT NULL,
    status             text NOT NULL,
    assignee           uuid,
    sla                text NOT NULL,                -- JSON: what was promised, what its clocks depend on
    next_moment        bigint,                       -- when something is to be done about its clocks
    created_at         bigint NOT NULL,              -- ms since the epoch, as are all instants
    updated_at         bigint NOT NULL,
    recorded_at        bigint NOT NULL,              -- of the last event, also where it was the clocks' own
    resolved_at        bigint,
    closed_at          bigint,
    reopened_at        bigint,
    archived_at        bigint,
    reply_seq          integer,                      -- the event whose text is the desk's last reply
    -- Of the last event that the requester may see, what they see of it: the look-up needs no history.
    last_seq             integer NOT NULL,
    last_at              bigint NOT NULL,
    last_role            text NOT NULL,
    last_actor           uuid,
    last_action          text NOT NULL,
    last_has_text        boolean NOT NULL,
    last_status_before   text,
    last_status_after    text,
    last_priority_before text,
    last_priority_after  text,
    last_area_before     text,
    last_area_after      text
);

-- What other systems filter by.
CREATE INDEX tickets_by_category ON tickets (category) WHERE category IS NOT NULL;
CREATE INDEX tickets_by_assignee ON tickets (assignee) WHERE assignee IS NOT NULL;
CREATE INDEX tickets_by_creation ON tickets (created_at);
CREATE INDEX tickets_by_update ON tickets (updated_at);

-- Each tag of each ticket, to find tickets by.
CREATE TABLE ticket_tags (
    tag    text NOT NULL,
    ticket bigint NOT NULL,
    PRIMARY KEY (tag, ticket)
);

-- Every list reads its facets' tickets in the order of creation; the list of all reads all of them.
CREATE INDEX tickets_by_facet ON tickets (facet, ordinal);
CREATE INDEX tickets_by_ordinal ON tickets (ordinal);

-- What is to be done about clocks, soonest first.
CREATE INDEX tickets_by_moment ON tickets (next_moment) WHERE next_moment IS NOT NULL;

-- What closes by itself.
CREATE INDEX tickets_resolved ON tickets (resolved_at) WHERE status = 'RESUELTO' AND archived_at IS NULL;

-- The last number given in each year's series.
CREATE TABLE label_counters (
    year integer PRIMARY KEY,
    last bigint NOT NULL
);

-- Numbers of a series that a process had taken ahead and has given back. They are taken before others.
CREATE TABLE label_rests (
    year  integer NOT NULL,
    first bigint NOT NULL,
    last  bigint NOT NULL,
    PRIMARY KEY (year, first)
);

-- The last id given to anything else that people know by a number: users, tokens, subscriptions, deliveries, each kind of
-- reference.
CREATE TABLE id_counters (
    name text PRIMARY KEY,
    last integer NOT NULL
);

-- History.
CREATE TABLE events (
    ticket      bigint NOT NULL,
    seq         integer NOT NULL,                    -- from 1, without gaps
    recorded_at bigint NOT NULL,
    occurred_at bigint,
    action      text NOT NULL,
    role        text NOT NULL,
    actor       uuid,
    rules       uuid NOT NULL,                       -- hash of the rules that it was decided under
    public      boolean NOT NULL,
    has_text    boolean NOT NULL,
    changes     text NOT NULL,                       -- JSON
    asked_by    text,
    PRIMARY KEY (ticket, seq)
);

-- Who asked, and in which words.
CREATE TABLE intake (
    ticket       bigint PRIMARY KEY,
    name         text,
    email        text,                               -- as given: the look-up compares exactly
    phone        text,
    has_whatsapp boolean NOT NULL,
    document     text,
    company      text,
    subject      text,
    description  text,
    internal     boolean NOT NULL,                   -- the description is for the desk alone
    clients      text,                               -- what other systems say of whose it is, a JSON list; NULL: the address
    cc           text,                               -- and of who else is to be told
    created_by   text,                               -- on whose behalf it was created, in their words, or a user's id
    described_by text,                               -- and its description, where that is somebody else
    due_by       text,                               -- and its due date set by hand
    address      text                                -- the client's IP address
);

-- What events say: reasons, replies, comments, new words. And on whose behalf other systems acted, in theirs.
CREATE TABLE texts (
    ticket    bigint NOT NULL,
    seq       integer NOT NULL,
    body      text,
    on_behalf text,
    CHECK (body IS NOT NULL OR on_behalf IS NOT NULL),
    PRIMARY KEY (ticket, seq)
);

-- Events that were stored and have no place in the feed yet. They get one once they are committed: a transaction that took its
-- place before would come too late for whoever has read on meanwhile.
CREATE TABLE outbox (
    ticket    bigint NOT NULL,
    seq       integer NOT NULL,
    stored_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- by the database's own clock
    PRIMARY KEY (ticket, seq)
);

-- One row for each event, in the order of the feed. Written by whoever holds feed_head, and so by one at a time.
CREATE TABLE feed (
    position bigint PRIMARY KEY,
    ticket   bigint NOT NULL,
    seq      integer NOT NULL
);

-- The last position given. Whoever gives positions locks this row first, and until they are committed.
CREATE TABLE feed_head (
    id   integer PRIMARY KEY CHECK (id = 1),
    last bigint NOT NULL
);
INSERT INTO feed_head (id, last) VALUES (1, 0);

-- What tickets say, to be searched: words without accents and case, and the keys of what lists filter by.
CREATE TABLE documents (
    ticket  bigint PRIMARY KEY,
    ordinal bigint NOT NULL,                         -- the ticket's
    words   tsvector NOT NULL
);

CREATE INDEX documents_by_word ON documents USING gin (words);
CREATE INDEX documents_by_ordinal ON documents (ordinal);

-- Up to where in the feed it has been taken in. Whoever does it locks this row.
CREATE TABLE documents_head (
    id   integer PRIMARY KEY CHECK (id = 1),
    last bigint NOT NULL
);
INSERT INTO documents_head (id, last) VALUES (1, 0);
