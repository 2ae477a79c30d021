-- Column statistics for ANALYZE.  They are for the statements of the API and for
-- administrators; plans of clients do not use them (src/db/statistics_hook.c).

-- The minimum statistics targets that tc_install() sets and tc_doctor() checks.  The
-- titles in the statistics show whether a term is common or rare.
CREATE FUNCTION taskcrm_internal.wanted_statistics(OUT tab name, OUT "column" name, OUT target integer) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('task'::name, 'title'::name, 500)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_statistics() IS 'Columns with a higher statistics target than the default.';

-- Columns whose statistics target differs, and those without statistics.
CREATE FUNCTION taskcrm_internal.found_statistics(OUT tab name, OUT "column" name, OUT target integer, OUT wanted integer)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, a.attname, t.target, coalesce(w.target, -1)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN LATERAL (SELECT coalesce(a.attstattarget, -1)::integer) AS t (target)
  LEFT JOIN taskcrm_internal.wanted_statistics() w ON w.tab = c.relname AND w."column" = a.attname
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND (t.target = 0 OR t.target < w.target)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_statistics() IS
  'Columns with a lower statistics target than wanted.';

CREATE PROCEDURE taskcrm_internal.install_statistics()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT f.* FROM taskcrm_internal.found_statistics() f LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', taskcrm_internal.qualified_name(r.tab), r."column", r.wanted);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_statistics() FROM PUBLIC;
