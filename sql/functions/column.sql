-- Columns that an administrator added to task and exposed in the API.

CREATE FUNCTION taskcrm_internal.column_problem(column_name text, writable boolean) RETURNS text
  LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_column_problem';
REVOKE ALL ON FUNCTION taskcrm_internal.column_problem(text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.column_problem(text, boolean) IS
  'Why a column of task cannot be exposed, as the end of a sentence, or NULL.';

-- Reads the table as its caller, who is a superuser, so that it works when its owner cannot.
CREATE FUNCTION taskcrm_internal.exposed_columns(OUT column_name name, OUT writable boolean, OUT problem text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.column_name, e.writable AND p.problem IS NULL, p.problem
  FROM taskcrm_internal.exposed_column e
  CROSS JOIN LATERAL taskcrm_internal.column_problem(e.column_name::text, e.writable) p (problem)
  WHERE e.table_name = 'task'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.exposed_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.exposed_columns() IS
  'The columns of task that tc_expose_column() exposed, and what is wrong with them.';

-- They write as the owner of the tables, not as the superuser who calls them.

CREATE FUNCTION taskcrm.tc_expose_column(table_name text, column_name text, writable boolean DEFAULT false)
  RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_expose_column';
REVOKE ALL ON FUNCTION taskcrm.tc_expose_column(text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_expose_column(text, text, boolean) IS
  'Show a column that you added to a table as a key of the API; with writable, also accept it. For administrators.';

CREATE FUNCTION taskcrm.tc_hide_column(table_name text, column_name text) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_hide_column';
REVOKE ALL ON FUNCTION taskcrm.tc_hide_column(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_hide_column(text, text) IS
  'Undo tc_expose_column(); the column and its values stay. For administrators.';
