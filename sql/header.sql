\echo Use "CREATE EXTENSION taskcrm CASCADE" to load this file. \quit

-- Nothing below may be resolved through a path that somebody else can write to.
SET LOCAL search_path = pg_catalog, pg_temp;
