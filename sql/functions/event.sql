-- What happened, for clients.

CREATE FUNCTION taskcrm.tc_task_history(pk uuid, filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_task_history';
REVOKE ALL ON FUNCTION taskcrm.tc_task_history(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_task_history(uuid, jsonb) IS
  'List what happened to a task, with its comments and files, by page, newest first.';

CREATE FUNCTION taskcrm.tc_sync(token text DEFAULT NULL, options jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_sync';
REVOKE ALL ON FUNCTION taskcrm.tc_sync(text, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_sync(text, jsonb) IS
  'Get what has changed since a token, to keep a copy of the data in step; without a token, begin a copy.';
