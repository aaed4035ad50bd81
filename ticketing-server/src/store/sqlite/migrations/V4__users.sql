-- Who may log in. A user who is deleted leaves a row with their name, which history tells; everything else of them is erased.
CREATE TABLE users (
    id                INTEGER PRIMARY KEY CHECK (id < 2147483648),
    uuid              BLOB NOT NULL UNIQUE,         -- the user's identity, 16 octets
    version           INTEGER NOT NULL,             -- number of the last change
    email             TEXT,                         -- as given; NULL once deleted
    email_key         TEXT UNIQUE,                  -- in lower case, by which addresses compare; NULL once deleted
    name              TEXT NOT NULL,
    role              TEXT NOT NULL,
    area              TEXT,
    phone             TEXT,
    is_active         INTEGER NOT NULL,
    password          TEXT,                         -- argon2id in the PHC format; NULL once deleted
    tokens_valid_from INTEGER NOT NULL,             -- ms since the epoch, a whole second: older tokens say nothing
    CHECK ((email IS NULL) = (email_key IS NULL) AND (email IS NULL) = (password IS NULL))
) STRICT;

-- The keys that tokens are signed with. The last one signs; the others verify until their last token has expired.
CREATE TABLE signing_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT CHECK (id < 2147483648),
    uuid         BLOB NOT NULL UNIQUE,              -- its name in tokens
    secret       BLOB NOT NULL,                     -- 32 octets
    created_at   INTEGER NOT NULL,
    tokens_until INTEGER NOT NULL                   -- no token of it is valid for longer
) STRICT;

-- Grows with each change of the two tables above, in the same transaction: servers look at it twice a second.
CREATE TABLE accounts_revision (
    id       INTEGER PRIMARY KEY CHECK (id = 1),
    revision INTEGER NOT NULL
) STRICT;
INSERT INTO accounts_revision (id, revision) VALUES (1, 0);

-- Wrong passwords, by account and by network address. Only hashes of these, for an hour.
CREATE TABLE login_attempts (
    key     BLOB PRIMARY KEY,                       -- SHA-256
    count   INTEGER NOT NULL,
    last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX login_attempts_by_age ON login_attempts (last_at);
