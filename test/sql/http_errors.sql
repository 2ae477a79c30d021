-- The REST API: paths, methods, media types, and the handling of errors.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "there"}') ->> 'id')::uuid);

-- Paths outside the API; invalid ids.
SELECT path, t.http('GET', path)
  FROM unnest(ARRAY['', '/', '/api', '/api/tasks', '/api/tasks//', '/API/tasks/', '/api/task/', '/api/tasks/{task}',
  '/api/tasks/{task}//', '/api/tasks/{task}/x/', '/api/tasks/comment', '/api/tasks/comment/x', '/api/tasks/comment//',
  '/api/tasks/{task}/../{task}/', '/api%2Ftasks/', 'x', 'api/tasks/', '//api/tasks/', 'http://host', 'http://',
    'ftp://host/api/tasks/', '*', '?limit=1']) path;
SELECT path, t.http('GET', path)
  FROM unnest(ARRAY['/api/tasks/x/', '/api/tasks/comment/', '/api/tasks/%00/', '/api/tasks/%zz/', '/api/tasks/%ff/',
  '/x%00', '/api/tasks/{task}/?x=%00', '/api/tasks/{task}/?x=%C3', '/api/tasks/{task}%20/', '/api/tasks/../',
  '/api/tasks/00000000-0000-0000-0000-000000000000/']) path;
SELECT path, left(t.http_short('GET', path), 20)
  FROM unnest(ARRAY['http://crm.example/api/tasks/', 'HTTPS://crm.example:8443/api/tasks/?limit=1',
  '/api/tasks/?x#y']) path;
SELECT left(t.http_short('GET', '/api/tasks/' || replace(t.id('task')::text, '-', '%2D') || '/'), 6),
  left(t.http_short('GET', '/api/tasks/' || upper(t.id('task')::text) || '/?whatever'), 6);

-- A path without its final slash: 308, which keeps the method POST.
SELECT method, path, t.http(method, path)
  FROM (VALUES ('POST', '/api/tasks'), ('GET', '/api/tasks?status=New&title=a%20b'), ('OPTIONS', '/api/tasks'),
  ('PUT', '/api/tasks/{task}'), ('DELETE', '/api/tasks/comment/{task}'), ('GET', '/api/tasks/attachment/{task}?x'),
  ('GET', '/api/tasks/x'), ('GET', E'/api/tasks\r\nx: y'), ('GET', E'/api/tasks?a\r\nx: y'),
    ('GET', E'/api/tasks/{task}\n'), ('GET', '/api/tasks?é')) v (method, path);

-- Cross-origin requests.
SELECT headers, t.http(method, path, NULL, headers)
  FROM (VALUES ('OPTIONS', '/api/tasks/', '{"origin": "https://app.example", "access-control-request-method": "POST"}'),
  ('GET', '/api/tasks/x/', '{"origin": "https://app.example"}')) v (method, path, headers);
\c - :api_superuser
ALTER ROLE regress_api_alice SET taskcrm.cors_origins = 'https://app.example, https://other.example:8443';
ALTER ROLE regress_api_amy SET taskcrm.cors_origins = '*';
SELECT t.try(format('SELECT set_config(''taskcrm.cors_origins'', %L, false)', value))
  FROM unnest(ARRAY[E'https://a\r\nx: y', 'é']) value;
\c - regress_api_alice
SELECT t.try($$SELECT set_config('taskcrm.cors_origins', '*', false)$$);
CREATE FUNCTION pg_temp.cors(method text, path text, origin text, more jsonb DEFAULT '{}') RETURNS text
  LANGUAGE sql AS $$
  SELECT format('%s %s', r.status, (SELECT string_agg(format('%s: %s', key, value), '; ' ORDER BY key)
    FROM jsonb_each_text(r.headers) WHERE key ~ '^access-control|^vary|^allow'))
  FROM taskcrm.tc_http_request(method, t.ids(path), more || jsonb_build_object('Origin', origin)) r $$;
SELECT origin, pg_temp.cors('OPTIONS', '/api/tasks/{task}/', origin,
  '{"Access-Control-Request-Method": "PATCH", "access-control-request-headers": "if-match"}')
  FROM unnest(ARRAY['https://app.example', 'https://other.example:8443', 'https://other.example',
    'https://app.example.evil.example', 'null', '', '*', 'https://app.example, https://other.example:8443',
    NULL]) origin;
SELECT method, path, pg_temp.cors(method, path, 'https://app.example')
  FROM (VALUES ('GET', '/api/tasks/'), ('GET', '/api/tasks/{task}/'), ('POST', '/api/tasks/'), ('PUT', '/api/tasks/'),
  ('OPTIONS', '/api/tasks/'), ('GET', '/x'), ('POST', '/api/tasks')) v (method, path);
SELECT pg_temp.cors('GET', '/api/tasks/{task}/', 'https://evil.example');
\c - regress_api_amy
SELECT r.headers - 'etag'
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/'), '{"origin": "https://anywhere.example"}') r;
\c - regress_api_alice

-- Methods are case-sensitive; the Allow header lists those allowed.
SELECT method, path, t.http(method, path)
  FROM (VALUES ('PUT', '/api/tasks/'), ('DELETE', '/api/tasks/'), ('PATCH', '/api/tasks/'), ('get', '/api/tasks/'),
  ('', '/api/tasks/'), ('TRACE', '/api/tasks/{task}/'), ('CONNECT', '/api/tasks/{task}/'),
  ('GET', '/api/tasks/comment/{task}/'), ('HEAD', '/api/tasks/comment/{task}/'), ('POST', '/api/tasks/comment/{task}/'),
    ('POST', '/api/tasks/attachment/{task}/'), ('PUT', '/api/tasks/attachment/{task}/'), ('GET ', '/api/tasks/'),
    ('BREW', '/api/tasks/x/'), ('PUT', '/x')) v (method, path);

-- Media types of bodies. The default is JSON.
SELECT headers, left(t.http_short('PUT', '/api/tasks/{task}/', '{"title": "there"}', headers), 230)
  FROM unnest(ARRAY['{}', '{"content-type": null}', '{"content-type": ""}', '{"content-type": "application/json"}',
  '{"CONTENT-TYPE": "Application/JSON ; Charset=\"UTF-8\""}',
  '{"content-type": "application/json; charset=latin1"}', '{"content-type": "text/plain"}',
    '{"content-type": "application/x-www-form-urlencoded"}', '{"content-type": "application/merge-patch+json"}',
    '{"content-type": "application/xml"}', '{"content-type": "application/json, text/plain"}',
  '{"content-type": ";"}', '{"content-type": "application/json; x"}', '{"content-type": "application/json;"}',
    '{"content-encoding": "gzip"}', '{"content-encoding": "identity"}',
    '{"content-type": ["application/json", "text/plain"]}', '{"content-type": 1}']) headers;
SELECT t.http('POST', '/api/tasks/', 'title=x', '{"content-type": "application/x-www-form-urlencoded"}');
SELECT t.http_short('POST', '/api/tasks/', 'x', jsonb_build_object('content-type', repeat('x', 10000))::text);
SELECT left(t.http_short('DELETE', '/api/tasks/attachment/{task}/', 'x', '{"content-type": "text/plain"}'), 10);

-- Invalid arguments of the function.
SELECT status, convert_from(body, 'UTF8')
  FROM (VALUES (NULL, '/api/tasks/', '{}'::jsonb), ('GET', NULL, '{}'), ('GET', '/api/tasks/', '[]'),
  ('GET', '/api/tasks/', '"x"'), ('GET', '/api/tasks/', '[{"authorization": "x"}]')) v (method, uri, headers),
  taskcrm.tc_http_request(method, uri, v.headers) r;
SELECT status FROM taskcrm.tc_http_request('GET', '/api/tasks/', NULL, NULL);
SELECT status FROM taskcrm.tc_http_request(method => 'GET', uri => '/api/tasks/');

-- The transaction continues, and failed requests leave no rows.
BEGIN;
SELECT left(t.http_short('POST', '/api/tasks/', '{"title": "kept"}'), 3);
SELECT left(t.http_short('POST', '/api/tasks/',
  '{"title": "half", "attachments": [{"file_name": "f", "content": "AA=="}, {"file_name": "f", "content": "!"}]}'), 3);
SELECT left(t.http_short('POST', '/api/tasks/{task}/', '{"comment": "half", "attachment": {}}'), 3);
SELECT title FROM taskcrm.task ORDER BY title;
COMMIT;
SELECT title FROM taskcrm.task ORDER BY title;
SELECT count(*) FROM taskcrm.task_comment WHERE comment = 'half';

-- Errors raised by a user-defined trigger: client errors become answers, all others are raised.
\c - :api_superuser
SET client_min_messages = warning;
CREATE FUNCTION t.raise() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.title LIKE 'raise %' THEN
    RAISE EXCEPTION USING ERRCODE = substr(NEW.title, 7), MESSAGE = 'no "such" title', DETAIL = E'a\tb', HINT = 'Ünï.';
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER raise BEFORE INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.raise();
GRANT USAGE ON SCHEMA t TO regress_api_owner;
\c - regress_api_alice
SELECT state, t.http_short('POST', '/api/tasks/', '{"title": "raise ' || state || '"}')
  FROM unnest(ARRAY['P0001', '22023', '23514', '23502', '23505', '23503', '42501', 'PT402', 'PT409', 'PT422', 'PT503',
  '54000']) state;
CREATE FUNCTION pg_temp.attempt(state text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN t.http_short('POST', '/api/tasks/', '{"title": "raise ' || state || '"}');
EXCEPTION WHEN others OR query_canceled THEN
  RETURN 'raised ' || SQLSTATE || ' ' || SQLERRM;
END $$;
SELECT state, pg_temp.attempt(state)
  FROM unnest(ARRAY['40001', '40P01', '53200', '53100', '55P03', '57014', '57P01', '58030', 'XX000', 'XX001', '42883',
  '42P01', '0A000', '25006', '55000', 'PT200', 'PT999', 'PTabc', '99999']) state;
BEGIN READ ONLY;
SELECT left(t.http_short('GET', '/api/tasks/?limit=1'), 20), left(t.http_short('GET', '/api/tasks/{task}/'), 20),
  left(t.http_short('HEAD', '/api/tasks/'), 20), left(t.http_short('OPTIONS', '/api/tasks/'), 20);
\set VERBOSITY sqlstate
SELECT t.http_short('POST', '/api/tasks/', '{"title": "x"}');
\set VERBOSITY default
ROLLBACK;
SET statement_timeout = 1;
SELECT count(t.http_short('GET', '/api/tasks/?title=' || n)) FROM generate_series(1, 100000) n;
RESET statement_timeout;

-- In a database without the tables.
\c - :api_superuser
SET client_min_messages = error;
DROP SCHEMA t CASCADE;
CREATE DATABASE regress_api_empty TEMPLATE template0;
\c regress_api_empty
SET client_min_messages = error;
CREATE EXTENSION taskcrm;
SELECT * FROM taskcrm.tc_http_request('GET', '/api/tasks/');
SELECT status, headers FROM taskcrm.tc_http_request('OPTIONS', '/api/tasks/');
\c regress_api
DROP DATABASE regress_api_empty;

\set ECHO none
\i :teardown
