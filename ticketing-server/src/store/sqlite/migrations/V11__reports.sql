-- What reports are made of: sums of what has happened, by dimension and stretch of time. They can be made again from the events.

-- Sets of sums: the one that reports are read from, and perhaps one that is being made anew.
CREATE TABLE report_sets (
    number        INTEGER PRIMARY KEY,
    is_read       INTEGER NOT NULL,
    revision      INTEGER NOT NULL,                  -- grows with each change: whoever changes something says which one they have read
    facts_version INTEGER NOT NULL,                  -- what events were taken to say
    position      INTEGER NOT NULL,                  -- each event of the feed up to here is in it, and none after
    as_of         INTEGER NOT NULL,                  -- when the last of them was recorded, in ms since the epoch
    unreadable    INTEGER NOT NULL,                  -- how many are not in it because they cannot be read
    worker        BLOB,                              -- who works on it, 16 octets, so that others need not,
    worker_until  INTEGER,                           -- until then, in ms since the epoch
    CHECK ((worker IS NULL) = (worker_until IS NULL))
) STRICT;

-- A row is found by its index, which has its whole key: octets of some kilobytes are no part of a tree that is searched.
CREATE TABLE report_sums (
    set_number INTEGER NOT NULL,
    dimension  INTEGER NOT NULL,
    holds      INTEGER NOT NULL,                     -- 0: an hour; 1: all of a longer stretch, made of hours; 2: what there was at its end
    begins     INTEGER NOT NULL,                     -- both in quarters of an hour since the epoch
    ends       INTEGER NOT NULL,
    octets     BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX report_sums_by_stretch ON report_sums (set_number, dimension, holds, begins, ends);
