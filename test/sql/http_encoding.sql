-- The REST API uses UTF-8 in databases of any encoding, and session settings do not change its
-- answers.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "Ünï €", "due_date": "2023-02-03"}') ->> 'id')::uuid);
SELECT status, headers, encode(body, 'hex') AS body
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) \gset
SET DateStyle = 'SQL, DMY';
SET IntervalStyle = 'iso_8601';
SET TimeZone = 'Asia/Kolkata';
SET bytea_output = 'escape';
SET extra_float_digits = -15;
SET transform_null_equals = on;
SET array_nulls = off;
SET quote_all_identifiers = on;
SET enable_indexscan = off;
SET row_security = off;
SET standard_conforming_strings = off;
SET backslash_quote = off;
SET search_path = '';
SELECT r.status = :'status', r.headers = :'headers', encode(r.body, 'hex') = :'body'
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) r;
SET client_encoding = 'LATIN1';
SELECT r.status = :'status', r.headers = :'headers', encode(r.body, 'hex') = :'body'
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/{task}/')) r;

-- A database in LATIN1.
\c - :api_superuser
SET client_min_messages = error;
\o /dev/null
CREATE DATABASE regress_api_latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';
\c regress_api_latin1
SET client_min_messages = error;
CREATE EXTENSION taskcrm;
CALL taskcrm.tc_install(owner => 'regress_api_owner');
SELECT taskcrm.tc_grant_access('regress_api_alice'),
  taskcrm.tc_create_organization('Acme', '0a000000-0000-4000-8000-000000000001'),
  taskcrm.tc_create_user('alice@acme.example', 'Alice', '0a000000-0000-4000-8000-0000000000a1');
SELECT taskcrm.tc_add_member('0a000000-0000-4000-8000-000000000001', '0a000000-0000-4000-8000-0000000000a1'),
  taskcrm.tc_link_login('regress_api_alice', '0a000000-0000-4000-8000-0000000000a1');
\o
\c - regress_api_alice
SET client_encoding = 'UTF8';
CREATE FUNCTION pg_temp.ask(method text, uri text, body bytea DEFAULT NULL, headers jsonb DEFAULT '{}') RETURNS text
  LANGUAGE sql AS $$
  SELECT r.status || ' ' || coalesce(j ->> 'title', j ->> 'count', j -> 'attachment' ->> 'file_name', j ->> 'message')
    || ' ' || coalesce(encode(convert_to(j ->> 'title', 'UTF8'), 'hex'), '')
  FROM taskcrm.tc_http_request(method, uri, headers, body) r,
    LATERAL (SELECT convert_from(r.body, 'UTF8')::json) AS s (j) $$;
SELECT pg_temp.ask('POST', '/api/tasks/', '\x7b227469746c65223a22c3bc6265727a65756774227d');
SELECT pg_temp.ask('POST', '/api/tasks/', '\x7b227469746c65223a22e282ac227d');
SELECT pg_temp.ask('POST', '/api/tasks/', convert_to('{"title": "\u00fcbel"}', 'UTF8'));
-- (The wording differs between versions.)
SELECT left(pg_temp.ask('POST', '/api/tasks/', convert_to('{"title": "\u20ac"}', 'UTF8')), 3);
SELECT pg_temp.ask('GET', '/api/tasks/?title=%C3%BCBER'), pg_temp.ask('GET', '/api/tasks/?title=%FCb'),
  pg_temp.ask('GET', '/api/tasks/?title=%E2%82%AC');
SELECT position('\xc3bc6265'::bytea IN body) > 0 FROM taskcrm.tc_http_request('GET', '/api/tasks/');
-- File names in a form and in Content-Disposition.
SELECT (convert_from(body, 'UTF8')::json ->> 'id') AS task
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', body => '{"title": "x"}') \gset
SELECT pg_temp.ask('POST', '/api/tasks/' || :'task' || '/',
  convert_to(E'--X\r\nContent-Disposition: form-data; name="attachment"; filename="', 'UTF8') || name
  || convert_to(E'"\r\n\r\nx\r\n--X--', 'UTF8'), '{"content-type": "multipart/form-data; boundary=X"}')
  FROM unnest(ARRAY['\xc3bc2e747874', '\xe282ac', '\xfc']::bytea[]) name;
SELECT headers ->> 'content-disposition'
  FROM taskcrm.task_attachment a, taskcrm.tc_http_request('GET', '/api/tasks/attachment/' || a.id || '/');
\c regress_api :api_superuser
DROP DATABASE regress_api_latin1;

\set ECHO none
\i :teardown
