-- The REST API: tasks. Includes every example request of the specification.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

-- An empty list.
SELECT t.http('GET', '/api/tasks/');

-- POST /api/tasks/
SELECT t.http('POST', '/api/tasks/',
  '{"title": "Review contract proposal", "status": "New", "priority": "High", "due_date": "2023-02-20",
  "account": "{northwind}", "contacts": ["{lee}"], "assigned_to": ["{amy}"], "teams": ["{sales}"]}');
SELECT t.know('task', id) FROM taskcrm.task;
SELECT r.headers ->> 'location' = '/api/tasks/' || id || '/'
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', NULL, '{"title": "located"}') r,
  json_to_record(convert_from(r.body, 'UTF8')::json) AS b (id text);

-- GET /api/tasks/{id}/
SELECT t.http('GET', '/api/tasks/{task}/');
SELECT convert_from(body, 'UTF8') = taskcrm.tc_get_task(t.id('task'))::text
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/'));
-- The list is the same as that of tc_list_tasks().
SELECT convert_from(body, 'UTF8') = taskcrm.tc_list_tasks()::text FROM taskcrm.tc_http_request('GET', '/api/tasks/');

-- PUT /api/tasks/{id}/ changes the values in the body; PATCH does the same.
SELECT t.http('PUT', '/api/tasks/{task}/',
  '{"title": "Review contract proposal - URGENT", "status": "In Progress", "priority": "Urgent", "due_date": "2023-02-10"}');
SELECT t.http('PATCH', '/api/tasks/{task}/', '{"description": "x", "assigned_to": []}',
  '{"content-type": "application/json"}');
SELECT t.http_short('PATCH', '/api/tasks/{task}/', '{"account": null}',
  '{"Content-Type": "application/merge-patch+json; charset=UTF-8"}');

-- Prefer: return=minimal leaves out the answer of a change and of a new task.
BEGIN;
SELECT prefer, t.http('PATCH', '/api/tasks/{task}/', '{"description": "y"}', jsonb_build_object('Prefer', prefer)::text)
  FROM unnest(ARRAY['return=minimal', 'handling=lenient, RETURN = Minimal ; x="a,b"', 'return="minimal"']) prefer;
SELECT prefer, t.http_short('PATCH', '/api/tasks/{task}/', '{"description": "x"}', jsonb_build_object('Prefer', prefer)::text)
  ~ '^200 \{"id' AS has_body
  FROM unnest(ARRAY['', 'return=representation, return=minimal', 'x="return=minimal"', 'x; return=minimal', 'return=minimally',
    'return', 'return=', '=minimal', ',;=,"', 'x="\', 'minimal', 'xreturn=minimal']) prefer;
SELECT t.http('PUT', '/api/tasks/{task}/', '{"title": ""}', '{"prefer": "return=minimal"}');
SELECT t.http('PUT', '/api/tasks/{task}/', '{"title": "x"}', '{"prefer": "return=minimal", "if-match": "\"1\""}');
SELECT status, headers - 'location', body, headers ->> 'location' ~ '^/api/tasks/[0-9a-f-]{36}/$' AS is_located
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', '{"prefer": "return=minimal", "idempotency-key": "k"}', '{"title": "quiet"}');
SELECT status, headers ->> 'idempotency-replayed', convert_from(body, 'UTF8')::json ->> 'title'
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', '{"idempotency-key": "k"}', '{"title": "quiet"}');
ROLLBACK;

-- The example of a list, with links.
SELECT taskcrm.tc_create_tasks(jsonb_agg(jsonb_build_object('title', 'Task ' || n, 'status', 'In Progress', 'priority',
  'High'))) IS NOT NULL
  FROM generate_series(1, 15) n;
SELECT answer ->> 'count', answer ->> 'next', answer ->> 'previous', json_array_length(answer -> 'results')
  FROM t.http_json('GET', '/api/tasks/?status=In%20Progress&priority=High&limit=5') answer;
SELECT answer ->> 'count', answer ->> 'next', answer ->> 'previous', json_array_length(answer -> 'results')
  FROM t.http_json('GET',
    (t.http_json('GET', '/api/tasks/?status=In%20Progress&priority=High&limit=5') ->> 'next')) answer;
SELECT answer ->> 'count', answer ->> 'next', answer ->> 'previous', json_array_length(answer -> 'results')
  FROM t.http_json('GET', '/api/tasks/?status=In%20Progress&priority=High&limit=5&offset=10') answer;

-- Filters. A repeated filter matches any of its values; + is a space; an empty value means no
-- filter.
CREATE FUNCTION pg_temp.list(query text) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(answer ->> 'message', (answer ->> 'count') || ': '
    || (SELECT coalesce(string_agg(r ->> 'title', ', '), '') FROM json_array_elements(answer -> 'results') r))
  FROM t.http_json('GET', '/api/tasks/' || query) answer $$;
SELECT q, pg_temp.list(q)
  FROM unnest(ARRAY['?title=CONTRACT', '?title=contract+proposal', '?title=contract%20prop', '?title=%2b',
  '?status=New&status=completed',
  '?status=New&status=In+Progress&limit=1', '?status=&priority=urgent', '?status=&status=New', '?priority=urg',
    '?assigned_to=@me', '?assigned_to=%40me&assigned_to={carl}',
  '?account={northwind}', '?account={unknown}', '?contact={lee}', '?team={sales}', '?team={ops}&team={sales}',
    '?created_by=@me&limit=2', '?due_date=2023-02-10',
  '?due_date__lte=2023-02-10', '?due_date__gte=2023-02-11', '?overdue=true', '?search=URGENT',
    '?ordering=title&limit=2', '?limit=0', '?limit=2&offset=15',
  '?limit=1&cursor=start', '?count=none&limit=1', '?', '?&&', '?limit', '?title=a=b', '#x', '?limit=1#x']) q;
SELECT q, pg_temp.list(q)
  FROM unnest(ARRAY['?title=%00', '?title=a%00b', '?%00=a', '?title=%', '?title=%2', '?title=%zz', '?title=100%',
  '?title=%ff', '?title=%c3%28',
  '?title=a&title=b', '?limit=1&limit=2', '?limit=x', '?limit=-1', '?limit=1001', '?limit=99999999999999999999',
    '?offset=1.5', '?status=Done', '?account=x', '?due_date=soon',
  '?nonsense=1', '?status[]=New', '?ordering=secret', '?cursor=x', '?count=maybe']) q;
SELECT left(pg_temp.list('?' || string_agg('status=New', '&')), 100) FROM generate_series(1, 1001);
SELECT pg_temp.list('?' || string_agg('status=New', '&')) FROM generate_series(1, 2001);
SELECT pg_temp.list('?title=' || repeat('x', 65536));
SELECT t.http('GET', '/api/tasks/?title=%zz');

-- HEAD and OPTIONS.
SELECT t.http('HEAD', '/api/tasks/?limit=0');
SELECT h.headers ->> 'content-length' = octet_length(g.body)::text, h.headers - 'content-length' = g.headers, h.body,
  h.status
  FROM taskcrm.tc_http_request('HEAD', t.ids('/api/tasks/{task}/')) h,
    taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) g;
SELECT t.http('HEAD', '/api/tasks/{unknown}/');
SELECT path, t.http('OPTIONS', path)
  FROM unnest(ARRAY['/api/tasks/', '/api/tasks/{task}/', '/api/tasks/comment/{task}/', '/api/tasks/attachment/{task}/',
  '/api/tasks/x/']) path;

-- Conditional requests.
SELECT headers ->> 'etag' AS etag FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) \gset
SELECT replace(if_none_match, :'etag', 'ETAG'), status, body IS NULL
  FROM unnest(ARRAY[:'etag', 'W/' || :'etag', '"x" ,' || :'etag', '*', ' * ', '"4"', '', 'x', '"x',
    '**']) AS if_none_match,
    taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/'), jsonb_build_object('If-None-Match', if_none_match));
SELECT t.http('GET', '/api/tasks/{task}/', NULL, jsonb_build_object('if-none-match', :'etag')::text);
SELECT t.http_short('GET', '/api/tasks/{task}/', NULL, jsonb_build_object('if-none-match', 'W/' || :'etag')::text);
SELECT t.http_short('HEAD', '/api/tasks/{task}/', NULL,
  jsonb_build_object('if-none-match', jsonb_build_array('"x"', :'etag'))::text);
-- A comment changes the answer of GET, but not the version.
SELECT t.comment('task', 'news') LIKE '{%';
SELECT status, headers ->> 'etag' <> :'etag', headers ->> 'etag' LIKE '"4-%'
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/'), jsonb_build_object('if-none-match', :'etag'));
SELECT t.http('PUT', '/api/tasks/{task}/', '{"title": "never"}', '{"if-match": "\"3\""}');
SELECT t.http_short('PUT', '/api/tasks/{task}/', '{"title": "never"}', jsonb_build_object('if-match', m)::text)
  FROM unnest(ARRAY['"3-0123456789abcdef"', '"x"', '', 'x', '"99999999999999999999"', '"4x"', '""', '"']) m;
SELECT t.http_json('PUT', '/api/tasks/{task}/', '{"description": "matched"}',
  jsonb_build_object('if-match', :'etag')::text) ->> 'version';
SELECT t.http_json('PUT', '/api/tasks/{task}/', '{"description": "list"}', '{"if-match": "\"3\", \"5-abc\""}') ->>
  'version';
SELECT t.http_json('PUT', '/api/tasks/{task}/', '{"description": "any"}', '{"if-match": "*"}') ->> 'version';
SELECT t.http_json('PUT', '/api/tasks/{task}/', '{"description": "both", "version": 7}', '{"if-match": "\"7\""}') ->>
  'version';
SELECT t.http_short('PUT', '/api/tasks/{task}/', '{"description": "both", "version": 7}', '{"if-match": "\"8\""}');
SELECT t.http_short('DELETE', '/api/tasks/{task}/', NULL, '{"if-match": "\"1\""}');
SELECT t.http_short('DELETE', '/api/tasks/{unknown}/', NULL, '{"if-match": "\"1\""}');

-- A weak tag never satisfies If-Match. If-None-Match refuses a change if one of its tags matches,
-- or, with *, if the task exists.
SELECT t.http('PUT', '/api/tasks/{task}/', '{"title": "never"}', '{"if-none-match": "*"}');
SELECT name, value, method,
  t.http_short(method, '/api/tasks/{task}/', '{"title": "never"}', jsonb_build_object(name, value)::text)
  FROM (VALUES ('if-match', 'W/"8"'), ('if-match', '"1", W/"8"'), ('if-none-match', ' * '), ('if-none-match', '"8"'),
    ('if-none-match', 'W/"8-0123456789abcdef"'), ('if-none-match', '"1", "8"')) h (name, value),
    unnest(ARRAY['PUT', 'PATCH', 'DELETE']) method;
SELECT t.http_short('GET', '/api/tasks/{task}/', NULL, '{"if-match": "\"8\""}');
SELECT again.status FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) g,
  taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/'),
  jsonb_build_object('if-match', g.headers ->> 'etag')) AS again;
SELECT again.status FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) g,
  taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/'),
  jsonb_build_object('if-match', 'W/' || (g.headers ->> 'etag'))) AS again;
SELECT t.http_json('PUT', '/api/tasks/{task}/', '{"title": "allowed"}', '{"if-none-match": "\"7\", W/\"x\""}') ->>
  'version';
SELECT t.http_short('PUT', '/api/tasks/{unknown}/', '{"title": "never"}', '{"if-none-match": "*"}');
SELECT t.http_short('PUT', '/api/tasks/{task}/', '{"title": ""}', '{"if-none-match": "*"}');

-- The answers of GET and POST can be sent back.
SELECT convert_from(body, 'UTF8') AS answer FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) \gset
SELECT method, t.http_json(method, '/api/tasks/{task}/', :'answer') ->> 'version',
  t.http_json(method, '/api/tasks/{task}/', :'answer'::json ->> 'task_obj') ->> 'version'
  FROM unnest(ARRAY['PUT', 'PATCH']) method;

-- Idempotency keys.
SELECT t.http('POST', '/api/tasks/', '{"title": "once"}', '{"Idempotency-Key": "k1"}');
SELECT t.http('POST', '/api/tasks/', '{ "title" : "once" }', '{"Idempotency-Key": "k1"}');
SELECT t.http_short('POST', '/api/tasks/', '{"title": "twice"}', '{"Idempotency-Key": "k1"}');
SELECT t.http_short('POST', '/api/tasks/', '{"title": "once"}', '{"Idempotency-Key": " "}');
SELECT count(*) FROM taskcrm.task WHERE title = 'once';

-- DELETE /api/tasks/{id}/
\c - regress_api_ann
SELECT t.http('DELETE', '/api/tasks/{task}/');
\c - regress_api_alice
SELECT t.http('DELETE', '/api/tasks/{task}/', NULL, '{"if-match": "\"9\""}');
SELECT t.http_short('DELETE', '/api/tasks/{task}/');
SELECT t.http_short('GET', '/api/tasks/{task}/');
SELECT t.http_short('PUT', '/api/tasks/{task}/', '{"title": "x"}');
SELECT t.http_short('POST', '/api/tasks/{task}/', '{"comment": "x"}');
-- What was deleted is listed and restored; with the other errors of a request.
SELECT t.http_short('GET', '/api/tasks/deleted/?search=NOTHING&ordering=title&limit=1');
SELECT t.http_json('GET', '/api/tasks/deleted/?deleted_by=%40me&deleted_on__gte=-P1D&cursor=start&limit=1') ->> 'count';
SELECT t.http_short('GET', '/api/tasks/deleted/?title=x');
SELECT t.http_short(method, '/api/tasks/deleted/{task}/restore/', NULL, headers) FROM (VALUES ('GET', '{}'), ('POST', '{"if-match": "\"9\""}'), ('POST', '{}'), ('POST', '{}')) v (method, headers);
-- The answer can be sent back.
SELECT t.http('DELETE', '/api/tasks/{task}/');
SELECT t.http_json('POST', '/api/tasks/deleted/{task}/restore/') AS restored \gset
SELECT t.http_json('PUT', '/api/tasks/{task}/', :'restored') ->> 'version' = :'restored'::json ->> 'version' AS same;
-- With a key, a request that is repeated has the same answer.
SELECT t.http('DELETE', '/api/tasks/{task}/');
SELECT n, t.http('POST', '/api/tasks/deleted/{task}/restore/', NULL, '{"Idempotency-Key": "back"}') FROM generate_series(1, 2) n;
SELECT t.http_short('POST', '/api/tasks/deleted/{b_task}/restore/', NULL, '{"Idempotency-Key": "back"}');
SELECT t.http_short('POST', '/api/tasks/deleted/{b_task}/restore/');
SELECT t.http_short('DELETE', '/api/tasks/{task}/');
-- Tasks of another organization.
SELECT t.http_short(method, '/api/tasks/{b_task}/', '{"title": "x", "comment": "x"}')
  FROM unnest(ARRAY['GET', 'HEAD', 'DELETE']) method;
SELECT t.http_short('PUT', '/api/tasks/{b_task}/', '{"title": "x"}');
SELECT t.http_short('POST', '/api/tasks/{b_task}/', '{"comment": "x"}');

-- Invalid tasks.
SELECT t.counts() AS before \gset
SELECT body, t.http_short('POST', '/api/tasks/', body)
  FROM unnest(ARRAY['{}', '{"title": ""}', '{"title": null}', '{"title": 1}', '{"title": "x", "status": "Done"}',
  '{"title": "x", "due_date": "2023-02-30"}',
  '{"title": "x", "account": "x"}', '{"title": "x", "account": "{unknown}"}',
    '{"title": "x", "account": "{b_account}"}', '{"title": "x", "assigned_to": ["{bob}"]}',
    '{"title": "x", "id": "unknown"}',
  '{"title": "x", "version": 1}', '{"title": "x", "attachments": [{"file_name": "f"}]}', '[]', '"x"', '1', 'null', '',
    ' ', '{', '{"title": "x"', '{"title": "x",}', '{"title": "\u0000"}', '{"title": "\ud800"}']) body;
SELECT t.http_short('POST', '/api/tasks/');
SELECT t.http_bytes('POST', '/api/tasks/', '\x7b227469746c65223a2022ff227d');
SELECT t.http_bytes('POST', '/api/tasks/', '\x7b227469746c65223a20220022');
SELECT left(t.http_short('POST', '/api/tasks/', repeat('[', 100000)), 120);
SELECT left(t.http_short('PUT', '/api/tasks/{unknown}/', '{"version": 1e131071}'), 200);
SELECT t.http_short('POST', '/api/tasks/', '{"title": "' || repeat('x', 256) || '"}');
SELECT t.counts() = :'before' AS nothing_left;

-- The base path of the API is a setting.
\c - :api_superuser
SET taskcrm.base_path = '/crm/t/';
SET SESSION AUTHORIZATION regress_api_alice;
SELECT t.http_short('GET', '/crm/t/?limit=0');
SELECT t.http_short('GET', '/api/tasks/');

\set ECHO none
\i :teardown
