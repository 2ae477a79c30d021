-- What an administrator can do beside traffic, before tc_install(), which then finds it.

-- Whether tc_install() has yet to create the table or one of its columns: a statement
-- that names it would fail.
CREATE FUNCTION taskcrm_internal.lacks_columns(tab name) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT EXISTS (
    SELECT FROM taskcrm_internal.table_registry() r
    CROSS JOIN LATERAL unnest(r.fixed || r.changing || r.insertable || r.updatable) AS c (col)
    WHERE r.tab = lacks_columns.tab
      AND NOT EXISTS (SELECT FROM pg_attribute a WHERE a.attname = c.col AND NOT a.attisdropped
                      AND a.attrelid = to_regclass(taskcrm_internal.qualified_name(r.tab))))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.lacks_columns(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.lacks_columns(name) IS 'Whether a table, or a column that taskcrm needs, is missing.';

-- Each statement is a transaction of its own, for \gexec of psql.  Indexes are built
-- concurrently.  A check is first added for new rows, which locks the table for a moment,
-- and then validated, which blocks nobody.
CREATE FUNCTION taskcrm.tc_pending_ddl(OUT statement text) RETURNS SETOF text
  LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  RETURN QUERY
    WITH indexes AS MATERIALIZED (
      SELECT p.*, format('%I.%I', taskcrm_internal.table_schema(p.tab), p.index) AS name
      FROM taskcrm_internal.pending_indexes() p
      WHERE NOT p.is_built AND NOT taskcrm_internal.lacks_columns(p.tab)),
    checks AS MATERIALIZED (
      SELECT p.*, format('ALTER TABLE %s ', taskcrm_internal.qualified_name(p.tab)) AS alter_table
      FROM taskcrm_internal.pending_checks() p
      WHERE NOT taskcrm_internal.lacks_columns(p.tab))
    SELECT s.statement
    FROM (
      SELECT 1, i.tab, i.index, 1, 'DROP INDEX CONCURRENTLY ' || i.name FROM indexes i WHERE i.leftover
      UNION ALL
      SELECT 1, i.tab, i.index, 2, regexp_replace(i.definition, ' INDEX ', ' INDEX CONCURRENTLY ') FROM indexes i
      UNION ALL
      SELECT 2, c.tab, c."check", 1, c.alter_table || c.clause || ' NOT VALID' FROM checks c WHERE NOT c.validates
      UNION ALL
      SELECT 2, c.tab, c."check", 2, c.alter_table || format('VALIDATE CONSTRAINT %I', c."check") FROM checks c)
      AS s (part, tab, name, step, statement)
    ORDER BY s.part, s.tab, s.name, s.step;
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_pending_ddl() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_pending_ddl() IS
  'Return statements that build missing indexes and checks without blocking clients, to run before tc_install(). For superusers.';
