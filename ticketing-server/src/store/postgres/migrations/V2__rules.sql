-- Versions of the rules, never altered. The last one is active; a version that is applied again is a new row. Ids come from
-- id_counters.
CREATE TABLE rules_versions (
    id          bigint PRIMARY KEY,
    hash        uuid NOT NULL,
    json        text NOT NULL,
    active_from bigint NOT NULL
);
