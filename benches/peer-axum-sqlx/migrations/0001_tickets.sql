-- The tickets, who asked, what happened, what is to be told to others, and the numbers of the labels.
CREATE TABLE tickets (
    id          INTEGER PRIMARY KEY,
    uuid        TEXT NOT NULL UNIQUE,
    label       TEXT NOT NULL UNIQUE,
    number      INTEGER NOT NULL,
    kind        TEXT NOT NULL,
    category    TEXT NOT NULL,
    subcategory TEXT,
    subject     TEXT,
    description TEXT NOT NULL,
    reply       TEXT,
    area        TEXT NOT NULL,
    priority    TEXT NOT NULL,
    status      TEXT NOT NULL,
    sla_hours   INTEGER,
    due_at      TEXT,
    created_at  TEXT NOT NULL,
    updated_at  TEXT NOT NULL
);

CREATE TABLE requesters (
    ticket_id    INTEGER PRIMARY KEY REFERENCES tickets (id),
    name         TEXT NOT NULL,
    email        TEXT NOT NULL,
    phone        TEXT,
    has_whatsapp INTEGER NOT NULL,
    document     TEXT,
    company      TEXT
);

CREATE TABLE events (
    ticket_id       INTEGER NOT NULL REFERENCES tickets (id),
    sequence        INTEGER NOT NULL,
    at              TEXT NOT NULL,
    action          TEXT NOT NULL,
    reason          TEXT,
    actor_name      TEXT NOT NULL,
    actor_role      TEXT NOT NULL,
    is_public       INTEGER NOT NULL,
    status_before   TEXT,
    status_after    TEXT,
    priority_before TEXT,
    priority_after  TEXT,
    area_before     TEXT,
    area_after      TEXT,
    PRIMARY KEY (ticket_id, sequence)
) WITHOUT ROWID;

CREATE TABLE outbox (
    id         INTEGER PRIMARY KEY,
    ticket_id  INTEGER NOT NULL REFERENCES tickets (id),
    sequence   INTEGER NOT NULL,
    topic      TEXT NOT NULL,
    created_at TEXT NOT NULL
);

CREATE TABLE label_numbers (
    year INTEGER PRIMARY KEY,
    last INTEGER NOT NULL
);
