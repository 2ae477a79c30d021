-- The OpenAPI document: the function and the path return the same document without authentication;
-- it contains every path, method and schema of the API.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

\c - regress_api_stranger
SELECT r.status, r.headers, convert_from(r.body, 'UTF8') = taskcrm.tc_openapi()::text AS same
  FROM taskcrm.tc_http_request('GET', '/api/openapi.json') r;
SELECT status, headers ->> 'allow' AS allow FROM taskcrm.tc_http_request('OPTIONS', '/api/openapi.json');
SELECT status, headers ->> 'allow' AS allow FROM taskcrm.tc_http_request('POST', '/api/openapi.json');
SELECT uri, status FROM unnest(ARRAY['/openapi.json', '/api/openapi.json/', '/api/tasks/openapi.json', '/api/openapi',
  '/api/Openapi.json']) uri, taskcrm.tc_http_request('GET', uri);
SELECT r.status, headers ->> 'content-length' = octet_length(d.d::text)::text AS its_length, body IS NULL
  FROM taskcrm.tc_http_request('HEAD', '/api/openapi.json') r, taskcrm.tc_openapi() d (d);
SELECT d ->> 'openapi', d -> 'info' ->> 'version' = (SELECT extversion FROM pg_extension WHERE extname = 'taskcrm')
  FROM taskcrm.tc_openapi() d;
SELECT p.key AS path, upper(m.key) AS method, m.value ->> 'operationId' AS operation, r.statuses, b.bodies
FROM taskcrm.tc_openapi() d, json_each(d -> 'paths') p, json_each(p.value) m,
  LATERAL (SELECT string_agg(s, ' ' ORDER BY n)
    FROM json_object_keys(m.value -> 'responses') WITH ORDINALITY s (s, n)) r (statuses),
  LATERAL (SELECT string_agg(s, ' ' ORDER BY n)
    FROM json_object_keys(m.value -> 'requestBody' -> 'content') WITH ORDINALITY s (s, n)) b (bodies);
-- The document and OPTIONS list the same methods.
WITH documented AS (SELECT p.key AS path, m.method
  FROM taskcrm.tc_openapi() d, json_each(d -> 'paths') p,
  LATERAL (SELECT upper(k) FROM json_object_keys(p.value) k) m (method)),
  allowed AS (SELECT p.key AS path, m.method FROM taskcrm.tc_openapi() d, json_each(d -> 'paths') p,
    LATERAL taskcrm.tc_http_request('OPTIONS', replace(p.key, '{id}', t.id('unknown')::text)) r,
      unnest(string_to_array(r.headers ->> 'allow', ', ')) m (method)
    WHERE m.method NOT IN ('HEAD', 'OPTIONS'))
SELECT 'not allowed', e.* FROM (TABLE documented EXCEPT TABLE allowed) e UNION ALL SELECT 'not documented', e.*
  FROM (TABLE allowed EXCEPT TABLE documented) e;
SELECT s.key AS schema,
  (SELECT string_agg(k, ' ' ORDER BY n) FROM json_object_keys(s.value -> 'properties') WITH ORDINALITY k (k, n)) AS keys
FROM taskcrm.tc_openapi() d, json_each(d -> 'components' -> 'schemas') s;
-- There are no references to missing parts of the document.
SELECT DISTINCT m[1] FROM taskcrm.tc_openapi() d,
  LATERAL regexp_matches(d::text, '"\$ref":"#/(components/[^"]*)"', 'g') AS m
WHERE d #> string_to_array(m[1], '/') IS NULL;
-- Every property has a description.
SELECT s.key, p.key FROM taskcrm.tc_openapi() d, json_each(d -> 'components' -> 'schemas') s,
  json_each(s.value -> 'properties') p
WHERE s.key IN ('Task', 'TaskData', 'TaskUpdate', 'Filters', 'Comment', 'Attachment') AND p.key <> 'attachments'
  AND coalesce(p.value ->> 'description', '') = '';
SELECT d -> 'components' -> 'schemas' -> 'Task' FROM taskcrm.tc_openapi() d;
SELECT d -> 'components' -> 'schemas' -> 'Error' FROM taskcrm.tc_openapi() d;
-- The paths follow taskcrm.base_path.
\c - :api_superuser
SET taskcrm.base_path = '/crm/v2/tasks/';
SELECT string_agg(k, ' ') FROM taskcrm.tc_openapi() d, json_object_keys(d -> 'paths') k;
SELECT status FROM taskcrm.tc_http_request('GET', '/crm/v2/openapi.json');
SET taskcrm.base_path = '/';
SELECT string_agg(k, ' ') FROM taskcrm.tc_openapi() d, json_object_keys(d -> 'paths') k;
SELECT status FROM taskcrm.tc_http_request('GET', '/openapi.json');
\set ECHO none
\i :teardown
