-- The bin: deleted tasks that can be restored, for clients.

CREATE FUNCTION taskcrm.tc_list_deleted(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_deleted';
REVOKE ALL ON FUNCTION taskcrm.tc_list_deleted(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_deleted(jsonb) IS
  'List and search the deleted tasks that the caller may restore, by page, newest first.';

CREATE FUNCTION taskcrm.tc_restore_task(pk uuid) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_restore_task';
REVOKE ALL ON FUNCTION taskcrm.tc_restore_task(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_restore_task(uuid) IS
  'Put a deleted task back with its comments and attachments. For who created or deleted it, and for admins.';

CREATE FUNCTION taskcrm.tc_purge_deleted(before timestamptz) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_purge_deleted';
REVOKE ALL ON FUNCTION taskcrm.tc_purge_deleted(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_purge_deleted(timestamptz) IS
  'Remove tasks for good that were deleted before a time. For admins.';
