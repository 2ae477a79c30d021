-- Views: filters of tasks that are kept, for clients.

CREATE FUNCTION taskcrm.tc_create_view(view_data jsonb, idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_view';
REVOKE ALL ON FUNCTION taskcrm.tc_create_view(jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_view(jsonb, text) IS
  'Keep filters of tasks as a view, for the caller, the teams of the caller or the organization.';

CREATE FUNCTION taskcrm.tc_get_view(pk uuid) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_view';
REVOKE ALL ON FUNCTION taskcrm.tc_get_view(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_view(uuid) IS
  'Get a view that the caller sees.';

CREATE FUNCTION taskcrm.tc_update_view(pk uuid, view_data jsonb) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_view';
REVOKE ALL ON FUNCTION taskcrm.tc_update_view(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_view(uuid, jsonb) IS
  'Change the keys of a view that are sent. For its owner, and for admins if it is shared.';

CREATE FUNCTION taskcrm.tc_delete_view(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_view';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_view(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_view(uuid) IS
  'Delete a view. For its owner, and for admins if it is shared.';

CREATE FUNCTION taskcrm.tc_list_views(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_views';
REVOKE ALL ON FUNCTION taskcrm.tc_list_views(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_views(jsonb) IS
  'List and search the views that the caller sees, by page.';
