-- The desk lists tickets newest first, all of them or those of a status.
CREATE INDEX tickets_status ON tickets (status, id);
