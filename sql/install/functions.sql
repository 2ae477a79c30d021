-- Functions over the row types of tables.  The types do not exist before
-- tc_install(), so these are ordinary functions that it makes: LANGUAGE sql over
-- functions of the extension, that a dump can carry.

CREATE PROCEDURE taskcrm_internal.install_functions()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regprocedure('taskcrm.tc_find_tasks(jsonb)') IS NULL THEN
    -- org_id stands as a condition of its own, so that the look-ups by id are
    -- whole-key index conditions for roles that bypass row-level security too.
    CREATE FUNCTION taskcrm.tc_find_tasks(filters jsonb DEFAULT '{}') RETURNS SETOF taskcrm.task
      LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
      SET search_path = pg_catalog, taskcrm, pg_temp SET row_security = on AS $$
      SELECT t.*
      FROM taskcrm.tc_find_task_ids(filters) WITH ORDINALITY AS f (id, place)
      JOIN taskcrm.task t ON t.org_id = taskcrm.tc_current_org() AND t.id = f.id
      ORDER BY f.place
    $$;
    COMMENT ON FUNCTION taskcrm.tc_find_tasks(jsonb) IS
      'Tasks as rows, with the filters of tc_list_tasks; without limit, all up to taskcrm.max_limit.';
  END IF;
  IF to_regprocedure('taskcrm.is_overdue(taskcrm.task)') IS NULL THEN
    -- Without SET it becomes a part of the statement that calls it, and finds the index
    -- on what is overdue; so everything in it is qualified.  Not a body that is parsed
    -- here: that would forbid ALTER TABLE task ADD COLUMN.
    CREATE FUNCTION taskcrm.is_overdue(task taskcrm.task) RETURNS boolean
      LANGUAGE sql STABLE PARALLEL SAFE AS $$
      SELECT task.due_date IS NOT NULL AND task.due_date OPERATOR(pg_catalog.<) taskcrm.tc_today()
        AND task.status OPERATOR(pg_catalog.<>) 'Completed'::taskcrm.task_status
    $$;
    COMMENT ON FUNCTION taskcrm.is_overdue(taskcrm.task) IS
      'Whether a task was due before today and is not completed. To PostgREST a column of the table task.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_functions() FROM PUBLIC;
