-- Tasks, for clients.

CREATE FUNCTION taskcrm.tc_list_tasks(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_list_tasks(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_tasks(jsonb) IS
  'List and search the tasks of the selected organization, a page at a time.';

CREATE FUNCTION taskcrm.tc_find_task_ids(filters jsonb DEFAULT '{}') RETURNS SETOF uuid
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_find_task_ids';
REVOKE ALL ON FUNCTION taskcrm.tc_find_task_ids(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_find_task_ids(jsonb) IS
  'The ids of one page of tasks, in the order of tc_list_tasks, with the same filters.';
