-- Who may log in. A user who is deleted leaves a row with their name, which history tells; everything else of them is erased. Ids
-- come from id_counters.
CREATE TABLE users (
    id                integer PRIMARY KEY CHECK (id > 0),
    uuid              uuid NOT NULL CONSTRAINT users_uuid UNIQUE, -- the user's identity
    version           integer NOT NULL,             -- number of the last change
    email             text,                         -- as given; NULL once deleted
    email_key         text CONSTRAINT users_email_key UNIQUE, -- in lower case, by which addresses compare; NULL once deleted
    name              text NOT NULL,
    role              text NOT NULL,
    area              text,
    phone             text,
    is_active         boolean NOT NULL,
    password          text,                         -- argon2id in the PHC format; NULL once deleted
    tokens_valid_from bigint NOT NULL,              -- ms since the epoch, a whole second: older tokens say nothing
    CHECK ((email IS NULL) = (email_key IS NULL) AND (email IS NULL) = (password IS NULL))
);

-- The keys that tokens are signed with. The last one signs; the others verify until their last token has expired.
CREATE TABLE signing_keys (
    id           integer PRIMARY KEY CHECK (id > 0),
    uuid         uuid NOT NULL CONSTRAINT signing_keys_uuid UNIQUE, -- its name in tokens
    secret       bytea NOT NULL,                    -- 32 octets
    created_at   bigint NOT NULL,
    tokens_until bigint NOT NULL                    -- no token of it is valid for longer
);

-- Grows with each change of the two tables above, in the same transaction: servers look at it twice a second. Whoever changes
-- them locks this row first, so that changes are made one after the other.
CREATE TABLE accounts_revision (
    id       integer PRIMARY KEY CHECK (id = 1),
    revision bigint NOT NULL
);
INSERT INTO accounts_revision (id, revision) VALUES (1, 0);
