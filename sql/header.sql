\echo Use "CREATE EXTENSION taskcrm" to load this file. \quit

-- No name below may be resolved through a schema that others can write to.
SET LOCAL search_path = pg_catalog, pg_temp;
