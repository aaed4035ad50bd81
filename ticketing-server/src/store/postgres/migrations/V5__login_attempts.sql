-- Attempts to log in, by account and by network address. Only hashes of these, for an hour.
CREATE TABLE login_attempts (
    key      bytea PRIMARY KEY,                     -- SHA-256
    wrong    bigint NOT NULL,                       -- how many passwords were wrong
    wrong_at bigint NOT NULL,                       -- when the last of these came, in ms since the epoch
    open     bigint NOT NULL,                       -- how many are not known yet to be wrong or right
    open_at  bigint NOT NULL,
    last_at  bigint NOT NULL                        -- the later of the two
);

CREATE INDEX login_attempts_by_age ON login_attempts (last_at);
