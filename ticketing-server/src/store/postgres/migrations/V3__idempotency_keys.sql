-- Which request a client's key stands for, for as long as it may be repeated. The answer is not kept: it is told again from
-- the ticket's first event, or from its version.
CREATE TABLE idempotency_keys (
    owner       bytea NOT NULL,                      -- whose key: a user's or token's id; empty: anybody's
    key         text NOT NULL,
    fingerprint bytea NOT NULL,                      -- SHA-256 of the request
    ticket      bigint NOT NULL,
    version     integer NOT NULL,                    -- the ticket's after the request; 1: it was created by it
    created_at  bigint NOT NULL,
    CONSTRAINT idempotency_keys_once PRIMARY KEY (owner, key)
);

CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);
