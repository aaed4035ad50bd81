-- Tokens of other systems. Of a secret only a hash, and a quick one: 32 random octets are not guessed. A token that is revoked
-- leaves its row, whose name history tells. Each change, but for that of the last use, grows accounts_revision.
CREATE TABLE tokens (
    id           INTEGER PRIMARY KEY CHECK (id < 2147483648),
    uuid         BLOB NOT NULL UNIQUE,              -- the token's identity, 16 octets
    name         TEXT NOT NULL,
    name_key     TEXT NOT NULL,                     -- by which names compare: of those that are valid, one has it
    prefix       TEXT NOT NULL,                     -- the start of the secret, by which people recognise it
    hash         BLOB NOT NULL UNIQUE,              -- SHA-256 of the secret
    scopes       TEXT NOT NULL,                     -- names with spaces between them
    created_at   INTEGER NOT NULL,                  -- ms since the epoch, as all instants here
    created_by   BLOB,                              -- a user's uuid; NULL: whoever has the database
    expires_at   INTEGER,
    revoked_at   INTEGER,
    last_used_at INTEGER                            -- noted once a minute at most
) STRICT;

CREATE INDEX tokens_by_name ON tokens (name_key);
