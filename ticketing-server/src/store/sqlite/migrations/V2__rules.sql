-- Versions of the rules, never altered. The last one is active; a version that is applied again is a new row.
CREATE TABLE rules_versions (
    id          INTEGER PRIMARY KEY,
    hash        BLOB NOT NULL,
    json        TEXT NOT NULL,
    active_from INTEGER NOT NULL
) STRICT;
