-- What an upgrade from 0.1.0 to 0.2.0 does before it replaces all functions: creates new types,
-- operators and operator classes, and drops the functions that are gone or whose arguments
-- changed.  See "Upgrade steps" in CONTRIBUTING.md.

-- Nothing below may be resolved through a path that somebody else can write to.
SET LOCAL search_path = pg_catalog, pg_temp;

