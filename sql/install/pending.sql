-- What an administrator can do beside traffic, before tc_install(), which then finds it.

-- Whether a table, or one of its columns, is missing: a statement that names it would fail.
CREATE FUNCTION taskcrm_internal.lacks_columns(tab name) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT to_regclass(taskcrm_internal.qualified_name(tab)) IS NULL
    OR EXISTS (SELECT FROM taskcrm_internal.differing_columns() d WHERE d.tab = lacks_columns.tab AND d.found_type IS NULL)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.lacks_columns(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.lacks_columns(name) IS 'Whether a table, or a column that taskcrm needs, is missing.';

-- Each statement is a transaction of its own, for \gexec of psql.  A column is added if
-- that rewrites no row; what refers to it is returned when it is there.  Indexes are built
-- concurrently.  A check or a foreign key is first added for new rows, which locks the table
-- for a moment, and then validated, which blocks nobody.
CREATE FUNCTION taskcrm.tc_pending_ddl(OUT statement text) RETURNS SETOF text
  LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  RETURN QUERY
    WITH complete AS MATERIALIZED (
      SELECT t.tab FROM taskcrm_internal.tables_in_order() t WHERE NOT taskcrm_internal.lacks_columns(t.tab)),
    indexes AS MATERIALIZED (
      SELECT p.*, format('%I.%I', taskcrm_internal.table_schema(p.tab), p.index) AS name
      FROM taskcrm_internal.pending_indexes() p JOIN complete USING (tab)
      WHERE NOT p.is_built),
    constraints (tab, name, clause, validates) AS MATERIALIZED (
      SELECT p.tab, p."check", p.clause, p.validates FROM taskcrm_internal.pending_checks() p JOIN complete USING (tab)
      UNION ALL
      SELECT d.tab, d.key, format('ADD CONSTRAINT %I %s', d.key, d.definition), d.found_definition IS NOT NULL
      FROM taskcrm_internal.differing_keys() d JOIN complete USING (tab)
      WHERE starts_with(d.definition, 'FOREIGN KEY') AND d.former IS NULL
        -- It needs another table with its columns and key.
        AND NOT EXISTS (SELECT FROM taskcrm_internal.table_names() t WHERE to_regclass(taskcrm_internal.qualified_name(t)) IS NULL)
        AND NOT EXISTS (SELECT FROM taskcrm_internal.differing_columns() c WHERE c.found_type IS NULL)
        AND NOT EXISTS (SELECT FROM taskcrm_internal.differing_keys() k
                        WHERE NOT starts_with(k.definition, 'FOREIGN KEY') AND k.found_definition IS NULL AND k.former IS NULL)
        AND (d.found_definition IS NULL OR d.found_definition = d.definition || ' NOT VALID'))
    SELECT s.statement
    FROM (
      SELECT 1, d.tab, d."column", 1,
        format('ALTER TABLE %s ADD COLUMN %I %s', taskcrm_internal.qualified_name(d.tab), d."column",
               concat_ws(' ', d.type, d.value, CASE WHEN d.not_null THEN 'NOT NULL' END))
      FROM taskcrm_internal.differing_columns() d
      -- A function in the default gives each row a value of its own.
      WHERE d.found_type IS NULL AND d.fill IS NULL AND coalesce(d.value, '') !~ '[(]'
        AND NOT (d.not_null AND d.value IS NULL)
      UNION ALL
      SELECT 2, i.tab, i.index, 1, 'DROP INDEX CONCURRENTLY ' || i.name FROM indexes i WHERE i.leftover
      UNION ALL
      SELECT 2, i.tab, i.index, 2, regexp_replace(i.definition, ' INDEX ', ' INDEX CONCURRENTLY ') FROM indexes i
      UNION ALL
      SELECT 3, c.tab, c.name, 1, format('ALTER TABLE %s %s NOT VALID', taskcrm_internal.qualified_name(c.tab), c.clause)
      FROM constraints c WHERE NOT c.validates
      UNION ALL
      SELECT 3, c.tab, c.name, 2, format('ALTER TABLE %s VALIDATE CONSTRAINT %I', taskcrm_internal.qualified_name(c.tab), c.name)
      FROM constraints c)
      AS s (part, tab, name, step, statement)
    ORDER BY s.part, s.tab, s.name, s.step;
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_pending_ddl() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_pending_ddl() IS
  'Return statements that add missing columns, indexes and constraints without blocking clients, to run before tc_install(). For superusers.';
