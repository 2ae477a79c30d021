-- What ANALYZE keeps of a column are values of all organizations, and EXPLAIN tells by
-- its estimates between which of them a value lies.  So none are kept of texts.  The
-- sample of titles that lists choose by how to search is that of an expression which no
-- client can name.

CREATE FUNCTION taskcrm_internal.wanted_statistics(OUT tab name, OUT columns name[]) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('organization'::name, '{name}'::name[]),
    ('app_user', '{email,name}'),
    ('account', '{name}'),
    ('contact', '{first_name,last_name,email}'),
    ('team', '{name}'),
    ('task', '{title,description}'),
    ('task_comment', '{comment}'),
    ('task_attachment', '{file_name,content_type,url,sha256}'),
    ('task_attachment_content', '{content}')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_statistics() IS 'The columns that no statistics are kept of.';

CREATE FUNCTION taskcrm_internal.found_statistics(OUT tab name, OUT "column" name) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, a.attname
  FROM taskcrm_internal.wanted_statistics() w
  JOIN pg_attribute a ON a.attrelid = to_regclass(format('taskcrm.%I', w.tab)) AND a.attname = ANY (w.columns)
  WHERE coalesce(a.attstattarget, -1) <> 0
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_statistics() IS
  'Columns of which statistics are kept that are not to be.';

CREATE PROCEDURE taskcrm_internal.install_statistics()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT f.tab, f."column" FROM taskcrm_internal.found_statistics() f LOOP
    EXECUTE format('ALTER TABLE taskcrm.%I ALTER COLUMN %I SET STATISTICS 0', r.tab, r."column");
  END LOOP;
  IF NOT EXISTS (SELECT FROM pg_statistic_ext s
    WHERE s.stxname = 'task_title_sample' AND s.stxnamespace = 'taskcrm'::regnamespace)
  THEN
    CREATE STATISTICS taskcrm.task_title_sample ON taskcrm_internal.sampled(title) FROM taskcrm.task;
    ALTER STATISTICS taskcrm.task_title_sample SET STATISTICS 500;
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_statistics() FROM PUBLIC;
