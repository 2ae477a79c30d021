-- What the nodes of a cluster ask each other; see src/api/api_forward.c.

-- Arguments and result are messages, because they must not be escaped on the way.
CREATE FUNCTION taskcrm_internal.call_as(org_id uuid, user_id uuid, is_admin boolean, function text, args bytea)
  RETURNS bytea
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_call_as';
REVOKE ALL ON FUNCTION taskcrm_internal.call_as(uuid, uuid, boolean, text, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.call_as(uuid, uuid, boolean, text, bytea) IS
  'Calls an API function for a user whom another node has identified. Only the owner of the tables may, in its own session.';

CREATE FUNCTION taskcrm_internal.has_row(kind integer, id uuid) RETURNS boolean
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_has_row';
REVOKE ALL ON FUNCTION taskcrm_internal.has_row(integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.has_row(integer, uuid) IS
  'Whether the organization of a call has a comment (0) or an attachment (1). Called by other nodes.';

CREATE FUNCTION taskcrm_internal.serve_request(method text, uri text, headers jsonb, content_type text, body bytea)
  RETURNS bytea
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_serve_request';
REVOKE ALL ON FUNCTION taskcrm_internal.serve_request(text, text, jsonb, text, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.serve_request(text, text, jsonb, text, bytea) IS
  'Answers a request whose caller another node has identified.';
