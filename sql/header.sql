\echo Use "CREATE EXTENSION taskcrm" to load this file. \quit

-- Nothing below may be resolved through a path that somebody else can write to.
SET LOCAL search_path = pg_catalog, pg_temp;
