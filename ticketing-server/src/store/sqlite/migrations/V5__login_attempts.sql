-- An attempt whose password is right leaves those before it as they were: until that is known, it is counted apart.
DROP TABLE login_attempts;

-- Attempts to log in, by account and by network address. Only hashes of these, for an hour.
CREATE TABLE login_attempts (
    key      BLOB PRIMARY KEY,                      -- SHA-256
    wrong    INTEGER NOT NULL,                      -- how many passwords were wrong
    wrong_at INTEGER NOT NULL,                      -- when the last of these came, in ms since the epoch
    open     INTEGER NOT NULL,                      -- how many are not known yet to be wrong or right
    open_at  INTEGER NOT NULL,
    last_at  INTEGER NOT NULL                       -- the later of the two
) STRICT, WITHOUT ROWID;

CREATE INDEX login_attempts_by_age ON login_attempts (last_at);
