-- The statistics that ANALYZE keeps of columns.  They are for the statements of the API and
-- for administrators; plans of clients do not use them (src/db/statistics_hook.c).

-- What tc_install() makes and tc_doctor() looks for: at least so many samples.  A common
-- term is told from a rare one by the titles in the statistics.
CREATE FUNCTION taskcrm_internal.wanted_statistics(OUT tab name, OUT "column" name, OUT target integer) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('task'::name, 'title'::name, 500)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_statistics() IS 'Columns of which more statistics are kept than usual.';

-- Columns with other statistics than wanted, and those of which none are kept.
CREATE FUNCTION taskcrm_internal.found_statistics(OUT tab name, OUT "column" name, OUT target integer, OUT wanted integer)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, a.attname, t.target, coalesce(w.target, -1)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN LATERAL (SELECT coalesce(a.attstattarget, -1)::integer) AS t (target)
  LEFT JOIN taskcrm_internal.wanted_statistics() w ON w.tab = c.relname AND w."column" = a.attname
  WHERE c.relnamespace = 'taskcrm'::regnamespace AND c.relkind IN ('r', 'p')
    AND (t.target = 0 OR t.target < w.target)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_statistics() IS
  'Columns of which fewer statistics are kept than wanted.';

CREATE PROCEDURE taskcrm_internal.install_statistics()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT f.* FROM taskcrm_internal.found_statistics() f LOOP
    EXECUTE format('ALTER TABLE taskcrm.%I ALTER COLUMN %I SET STATISTICS %s', r.tab, r."column", r.wanted);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_statistics() FROM PUBLIC;
