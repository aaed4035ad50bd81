-- A person who is erased: when a ticket lost all that it said, and who that was, as far as that may be known.
ALTER TABLE tickets ADD COLUMN erased_at bigint;

-- What is over and says something still, longest first: what rules do not keep for good.
CREATE INDEX tickets_over ON tickets (coalesce(closed_at, updated_at))
WHERE status IN ('CERRADO', 'CANCELADO') AND erased_at IS NULL;

-- Whoever brings an erased person back, from an older archive or backup, is told by this. No address stands here.
CREATE TABLE forgotten (
    hash bytea NOT NULL,                             -- HMAC-SHA-256 of the address in small letters
    key  bytea NOT NULL,                             -- with this key
    at   bigint NOT NULL,                            -- when it was erased, in ms since the epoch
    PRIMARY KEY (hash, key)
);
