-- Which request a client's key stands for, for as long as it may be repeated. The answer is not kept: it is told again from
-- the ticket's first event, or from its version.
CREATE TABLE idempotency_keys (
    owner       BLOB NOT NULL,                       -- whose key: a user's or token's id; empty: anybody's
    key         TEXT NOT NULL,
    fingerprint BLOB NOT NULL,                       -- SHA-256 of the request
    ticket      INTEGER NOT NULL REFERENCES tickets (id),
    version     INTEGER NOT NULL,                    -- the ticket's after the request; 1: it was created by it
    created_at  INTEGER NOT NULL,
    PRIMARY KEY (owner, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
