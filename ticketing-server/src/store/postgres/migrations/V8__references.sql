-- What other systems know by an id: categories, services, urgencies, justifications, tags, teams. Tickets have the names; ids are
-- given when somebody first asks for one, and never change. They come from id_counters, whose row of a kind is locked first by
-- whoever adds or offers a name of it.
CREATE TABLE refs (
    kind       text NOT NULL,
    id         integer NOT NULL CHECK (id > 0),
    name       text NOT NULL,                        -- as it is written
    key        text NOT NULL,                        -- under which other spellings of it are found
    is_offered boolean NOT NULL,                     -- staff, other systems or the command line made it; else a form did
    CONSTRAINT refs_name PRIMARY KEY (kind, name),
    CONSTRAINT refs_id UNIQUE (kind, id)
);

CREATE INDEX refs_by_key ON refs (kind, key) WHERE is_offered;
