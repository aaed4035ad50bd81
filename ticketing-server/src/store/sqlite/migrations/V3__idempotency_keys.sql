-- Which creation a client's key stands for, for as long as it may be repeated. The answer is not kept: it is told again
-- from the ticket's first event.
CREATE TABLE idempotency_keys (
    key         TEXT PRIMARY KEY,
    fingerprint BLOB NOT NULL,                       -- SHA-256 of the request's body
    ticket      INTEGER NOT NULL REFERENCES tickets (id),
    created_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
