-- Attachments, for clients.

CREATE FUNCTION taskcrm.tc_add_task_attachment(
  pk uuid, file_name text, content bytea, content_type text DEFAULT 'application/octet-stream',
  idempotency_key text DEFAULT NULL, encoding text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_task_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_add_task_attachment(uuid, text, bytea, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_task_attachment(uuid, text, bytea, text, text, text) IS
  'Attach a file to a task, for drivers that send bytes. In JSON, encoding specifies whether content is base64 or bytea.';

CREATE FUNCTION taskcrm.tc_get_task_attachment(
  pk uuid, OUT file_name text, OUT content_type text, OUT content bytea, OUT url text) RETURNS record
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_task_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_get_task_attachment(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_task_attachment(uuid) IS
  'Get an attachment of a task: the bytes of the file, or the URL of the link.';

CREATE FUNCTION taskcrm.tc_delete_task_attachment(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_task_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_task_attachment(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_task_attachment(uuid) IS
  'Delete an attachment. For the user who attached it and admins.';

CREATE FUNCTION taskcrm.tc_list_attachments(pk uuid, filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_attachments';
REVOKE ALL ON FUNCTION taskcrm.tc_list_attachments(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_attachments(uuid, jsonb) IS
  'List the attachments of a task by page, newest first.';
