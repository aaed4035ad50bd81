-- Nothing: here a table is no tree that its rows are balanced in. The number is that of the change of a file's tables.
SELECT 1;
