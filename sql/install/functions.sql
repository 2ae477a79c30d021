-- Functions on the row types of tables.  The types do not exist before tc_install(), so
-- it creates these as ordinary functions: LANGUAGE sql, calling functions of the
-- extension, which a dump can include.

-- Creates a function again if its body is another one.  declaration: all but the body.
CREATE PROCEDURE taskcrm_internal.install_function(signature text, declaration text, body text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure(signature) AND p.prosrc = body) THEN
    EXECUTE format('CREATE OR REPLACE FUNCTION %s AS %L', declaration, body);
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_function(text, text, text) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_function(text, text, text) IS 'Creates or repairs a function.';

CREATE PROCEDURE taskcrm_internal.install_functions()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  -- org_id is a separate condition, so that look-ups by id use the whole key of the index
  -- for roles that bypass row-level security, too.
  CALL taskcrm_internal.install_function('taskcrm.tc_find_tasks(jsonb)',
    $$taskcrm.tc_find_tasks(filters jsonb DEFAULT '{}') RETURNS SETOF taskcrm.task
      LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
      SET search_path = pg_catalog, taskcrm, pg_temp SET row_security = on$$, $$
      SELECT t.*
      FROM taskcrm.tc_find_task_ids(filters) WITH ORDINALITY AS f (id, place)
      JOIN taskcrm.task t ON t.org_id = taskcrm.tc_current_org() AND t.id = f.id
      ORDER BY f.place
    $$);
  IF obj_description(to_regprocedure('taskcrm.tc_find_tasks(jsonb)'), 'pg_proc') IS NULL THEN
    COMMENT ON FUNCTION taskcrm.tc_find_tasks(jsonb) IS
      'Return tasks as rows, with the filters of tc_list_tasks; without limit, up to taskcrm.max_limit.';
  END IF;
  -- Without SET, so that it can be inlined and use the index on overdue tasks; therefore
  -- everything in it is qualified.  Its body is a string: a parsed one would forbid
  -- ALTER TABLE task ADD COLUMN.
  CALL taskcrm_internal.install_function('taskcrm.is_overdue(taskcrm.task)',
    'taskcrm.is_overdue(task taskcrm.task) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE', $$
      SELECT task.due_date IS NOT NULL AND task.due_date OPERATOR(pg_catalog.<) taskcrm.tc_today()
        AND task.status OPERATOR(pg_catalog.<>) 'Completed'::taskcrm.task_status
    $$);
  IF obj_description(to_regprocedure('taskcrm.is_overdue(taskcrm.task)'), 'pg_proc') IS NULL THEN
    COMMENT ON FUNCTION taskcrm.is_overdue(taskcrm.task) IS
      'Whether a task was due before today and is not completed. For PostgREST, a column of the table task.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_functions() FROM PUBLIC;
