-- What reports are made of: sums of what has happened, by dimension and stretch of time. They can be made again from the events.

-- Sets of sums: the one that reports are read from, and perhaps one that is being made anew.
CREATE TABLE report_sets (
    number        integer PRIMARY KEY,
    is_read       boolean NOT NULL,
    revision      bigint NOT NULL,                   -- grows with each change: whoever changes something says which one they have read
    facts_version integer NOT NULL,                  -- what events were taken to say
    position      bigint NOT NULL,                   -- each event of the feed up to here is in it, and none after
    as_of         bigint NOT NULL,                   -- when the last of them was recorded, in ms since the epoch
    unreadable    bigint NOT NULL,                   -- how many are not in it because they cannot be read
    worker        uuid,                              -- who works on it, so that others need not,
    worker_until  bigint,                            -- until then, in ms since the epoch
    CHECK ((worker IS NULL) = (worker_until IS NULL))
);

-- The dimension comes first: six places at which the table grows instead of one.
CREATE TABLE report_sums (
    dimension  integer NOT NULL,
    set_number integer NOT NULL,
    holds      integer NOT NULL,                     -- 0: an hour; 1: all of a longer stretch, made of hours; 2: what there was at its end
    begins     bigint NOT NULL,                      -- both in quarters of an hour since the epoch
    ends       bigint NOT NULL,
    octets     bytea NOT NULL,
    PRIMARY KEY (dimension, set_number, holds, begins, ends)
);
