-- What happened, for clients.

CREATE FUNCTION taskcrm.tc_task_history(pk uuid, filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_task_history';
REVOKE ALL ON FUNCTION taskcrm.tc_task_history(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_task_history(uuid, jsonb) IS
  'List what happened to a task, with its comments and files, by page, newest first.';

CREATE FUNCTION taskcrm.tc_list_events(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_events';
REVOKE ALL ON FUNCTION taskcrm.tc_list_events(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_events(jsonb) IS
  'List what happened in the organization, by person, type, task and time, by page, newest first; for admins.';

CREATE FUNCTION taskcrm.tc_purge_events(before timestamptz) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_purge_events';
REVOKE ALL ON FUNCTION taskcrm.tc_purge_events(timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_purge_events(timestamptz) IS
  'Remove what happened before a time from the history for good; for admins. Copies that have not seen it begin anew.';

CREATE FUNCTION taskcrm.tc_sync(token text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_sync';
REVOKE ALL ON FUNCTION taskcrm.tc_sync(text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_sync(text, jsonb) IS
  'Get what has changed since a token, to keep a copy of the data in step; without a token, begin a copy.';
