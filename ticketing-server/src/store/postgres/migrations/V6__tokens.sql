-- Tokens of other systems. Of a secret only a hash, and a quick one: 32 random octets are not guessed. A token that is revoked
-- leaves its row, whose name history tells. Each change, but for that of the last use, grows accounts_revision. Ids come from
-- id_counters.
CREATE TABLE tokens (
    id           integer PRIMARY KEY CHECK (id > 0),
    uuid         uuid NOT NULL CONSTRAINT tokens_uuid UNIQUE, -- the token's identity
    name         text NOT NULL,
    name_key     text NOT NULL,                     -- by which names compare: of those that are valid, one has it
    prefix       text NOT NULL,                     -- the start of the secret, by which people recognise it
    hash         bytea NOT NULL CONSTRAINT tokens_hash UNIQUE, -- SHA-256 of the secret
    scopes       text NOT NULL,                     -- names with spaces between them
    created_at   bigint NOT NULL,                   -- ms since the epoch, as all instants here
    created_by   uuid,                              -- a user's uuid; NULL: whoever has the database
    expires_at   bigint,
    revoked_at   bigint,
    last_used_at bigint                             -- noted once a minute at most
);

CREATE INDEX tokens_by_name ON tokens (name_key);
