-- Tasks, for clients.

CREATE FUNCTION taskcrm.tc_list_tasks(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_list_tasks(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_tasks(jsonb) IS
  'List and search the tasks of the selected organization by page.';

CREATE FUNCTION taskcrm.tc_find_task_ids(filters jsonb DEFAULT '{}') RETURNS SETOF uuid
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_find_task_ids';
REVOKE ALL ON FUNCTION taskcrm.tc_find_task_ids(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_find_task_ids(jsonb) IS
  'Return the ids of tasks, with the filters and the order of tc_list_tasks; without limit, up to taskcrm.max_limit.';

CREATE FUNCTION taskcrm.tc_task_totals(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_task_totals';
REVOKE ALL ON FUNCTION taskcrm.tc_task_totals(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_task_totals(jsonb) IS
  'Count tasks for a dashboard, with the filters of tc_list_tasks: open, overdue, due today, unassigned, and by status, priority and assignee.';

CREATE FUNCTION taskcrm.tc_group_tasks(filters jsonb, group_by text, options jsonb DEFAULT NULL) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_group_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_group_tasks(jsonb, text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_group_tasks(jsonb, text, jsonb) IS
  'Group tasks for a board by status, assignee, due date or another field, with counts and the first tasks of each group.';

CREATE FUNCTION taskcrm.tc_create_task(
  task_data jsonb, idempotency_key text DEFAULT NULL, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_task';
REVOKE ALL ON FUNCTION taskcrm.tc_create_task(jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_task(jsonb, text, text) IS
  'Create a task with its links and attachments. A repeated idempotency key returns the stored answer.';

CREATE FUNCTION taskcrm.tc_create_tasks(
  tasks jsonb, idempotency_key text DEFAULT NULL, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_create_tasks(jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_tasks(jsonb, text, text) IS
  'Create up to 1000 tasks, either all of them or none.';

CREATE FUNCTION taskcrm.tc_get_task(pk uuid, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_task';
REVOKE ALL ON FUNCTION taskcrm.tc_get_task(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_task(uuid, text) IS
  'Get a task with its assignees, teams, comments, attachments and the users who can be mentioned.';

CREATE FUNCTION taskcrm.tc_update_task(pk uuid, task_data jsonb, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_task';
REVOKE ALL ON FUNCTION taskcrm.tc_update_task(uuid, jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_task(uuid, jsonb, text) IS
  'Update a task: an absent key keeps its value, null clears it, an array replaces it, {"add": [], "remove": []} changes a set.';

CREATE FUNCTION taskcrm.tc_assign(pk uuid, users uuid[]) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_assign';
REVOKE ALL ON FUNCTION taskcrm.tc_assign(uuid, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_assign(uuid, uuid[]) IS
  'Add users to the assignees of a task. Users who are already assigned are ignored.';

CREATE FUNCTION taskcrm.tc_unassign(pk uuid, users uuid[]) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_unassign';
REVOKE ALL ON FUNCTION taskcrm.tc_unassign(uuid, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_unassign(uuid, uuid[]) IS
  'Remove users from the assignees of a task. Users who are not assigned are ignored.';

CREATE FUNCTION taskcrm.tc_delete_task(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_task';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_task(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_task(uuid) IS
  'Delete a task with its comments, attachments and links. For its creator and admins.';

CREATE FUNCTION taskcrm.tc_update_tasks(filters jsonb, task_data jsonb, options jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_update_tasks(jsonb, jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_tasks(jsonb, jsonb, jsonb) IS
  'Update all tasks that match the filters of tc_list_tasks, or none. The options are dry_run, max_affected, expected and all.';

CREATE FUNCTION taskcrm.tc_delete_tasks(filters jsonb, options jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_tasks(jsonb, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_tasks(jsonb, jsonb) IS
  'Delete all tasks that match the filters of tc_list_tasks, or none. For the creator of all of them and admins.';
