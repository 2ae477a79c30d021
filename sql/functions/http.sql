-- The REST API: requests passed by a gateway or by PostgREST.

CREATE FUNCTION taskcrm.tc_http_request(
  method text, uri text, headers jsonb DEFAULT '{}', body bytea DEFAULT NULL,
  OUT status integer, OUT headers jsonb, OUT body bytea) RETURNS record
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_http_request';
REVOKE ALL ON FUNCTION taskcrm.tc_http_request(text, text, jsonb, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_http_request(text, text, jsonb, bytea) IS
  'Answer a request of the REST API, including errors. For gateways that serve the API.';

-- PostgREST answers any Accept header with the bytes of a function that returns this
-- type.
CREATE DOMAIN taskcrm."*/*" AS bytea;
COMMENT ON DOMAIN taskcrm."*/*" IS 'The bytes of an answer of any media type, for PostgREST.';

CREATE FUNCTION taskcrm.tc_http(bytea) RETURNS taskcrm."*/*"
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_http';
REVOKE ALL ON FUNCTION taskcrm.tc_http(bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_http(bytea) IS
  E'Answer a request of the REST API that came through PostgREST.\n'
  'The argument is the body; the method, URI and content type are in the request headers X-Original-Method, X-Original-URI and X-Original-Content-Type.';

CREATE FUNCTION taskcrm.tc_download(pk uuid) RETURNS taskcrm."*/*"
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_download';
REVOKE ALL ON FUNCTION taskcrm.tc_download(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_download(uuid) IS
  E'Download an attachment through PostgREST: its bytes, with its type and name as headers.\n'
  'The request headers Range, If-Range and If-None-Match are supported.';

-- It must not write, because it runs in the read-only transaction of a GET.
CREATE FUNCTION taskcrm.tc_pre_request() RETURNS void
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_pre_request';
REVOKE ALL ON FUNCTION taskcrm.tc_pre_request() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_pre_request() IS
  'Reject a PostgREST request without a user or an organization, instead of returning empty lists. For the PostgREST setting db-pre-request.';

CREATE FUNCTION taskcrm.tc_openapi() RETURNS json
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_openapi';
REVOKE ALL ON FUNCTION taskcrm.tc_openapi() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_openapi() IS
  E'Return the OpenAPI document of the REST API, with the JSON Schemas of all requests and answers.\n'
  'It is generated from the same tables that requests and answers are processed with.';
