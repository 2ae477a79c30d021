-- Comments, for clients.

CREATE FUNCTION taskcrm.tc_add_task_comment_or_attachment(
  pk uuid, comment text DEFAULT NULL, attachment jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_task_comment_or_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_add_task_comment_or_attachment(uuid, text, jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_task_comment_or_attachment(uuid, text, jsonb, text) IS
  'Add a comment, a file or both to a task.';

CREATE FUNCTION taskcrm.tc_edit_task_comment(pk uuid, comment text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_edit_task_comment';
REVOKE ALL ON FUNCTION taskcrm.tc_edit_task_comment(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_edit_task_comment(uuid, text) IS
  'Edit a comment. For its author and admins.';

CREATE FUNCTION taskcrm.tc_delete_task_comment(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_task_comment';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_task_comment(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_task_comment(uuid) IS
  'Delete a comment. For its author and admins.';

CREATE FUNCTION taskcrm.tc_list_comments(pk uuid, filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_comments';
REVOKE ALL ON FUNCTION taskcrm.tc_list_comments(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_comments(uuid, jsonb) IS
  'List the comments of a task by page, newest first.';
