-- What other systems know by an id: categories, services, urgencies, justifications, tags, teams. Tickets have the names; ids are
-- given when somebody first asks for one, and never change.
CREATE TABLE refs (
    kind       TEXT NOT NULL,
    id         INTEGER NOT NULL CHECK (id BETWEEN 1 AND 2147483647),
    name       TEXT NOT NULL,                        -- as it is written
    key        TEXT NOT NULL,                        -- under which other spellings of it are found
    is_offered INTEGER NOT NULL,                     -- staff, other systems or the command line made it; else a form did
    PRIMARY KEY (kind, id),
    UNIQUE (kind, name)
) STRICT, WITHOUT ROWID;

CREATE INDEX refs_by_key ON refs (kind, key) WHERE is_offered;
