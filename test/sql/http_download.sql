-- Downloads: ranges of files, over HTTP and through PostgREST; and content sent as a JSON string.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "with files"}') ->> 'id')::uuid);
SELECT t.know('file',
  (taskcrm.tc_add_task_attachment(t.id('task'), E'digits \u00e9.txt', '0123456789', 'text/plain') ->> 'id')::uuid);
SELECT t.know('empty', (taskcrm.tc_add_task_attachment(t.id('task'), 'empty', '', 'text/plain') ->> 'id')::uuid);
SELECT t.know('large',
  (taskcrm.tc_add_task_attachment(t.id('task'), 'large', convert_to(repeat('0123456789abcdef', 300000), 'UTF8')) ->>
  'id')::uuid);
SELECT t.know('link',
  (taskcrm.tc_add_task_comment_or_attachment(t.id('task'), NULL, '{"file_name": "l", "url": "https://x.test/"}') ->
  'attachment' ->> 'id')::uuid);

-- Range requests: RFC 9110, section 14.
SELECT t.http('GET', '/api/tasks/attachment/{file}/', NULL, '{"range": "bytes=2-4"}');
CREATE FUNCTION pg_temp.part(file text, range text, headers jsonb DEFAULT '{}', method text DEFAULT 'GET') RETURNS text
  LANGUAGE sql AS $$
  SELECT concat_ws(' | ', status, r.headers ->> 'content-range', r.headers ->> 'content-length',
    convert_from(body, 'UTF8'))
  FROM taskcrm.tc_http_request(method, t.ids('/api/tasks/attachment/{' || file || '}/'), $3
    || jsonb_build_object('Range', range)) r $$;
SELECT range, pg_temp.part('file', range)
  FROM unnest(ARRAY['bytes=0-0', 'bytes=0-9', 'bytes=0-', 'bytes=9-', 'bytes=3-100', 'bytes=-1', 'bytes=-3',
  'bytes=-10', 'bytes=-11', 'bytes=-99999999999999999999999', 'BYTES=1-2',
  'bytes= 1-2 ', 'bytes=007-008', 'bytes=5-99999999999999999999999']) range;
-- Ranges outside the file.
SELECT t.http('GET', '/api/tasks/attachment/{file}/', NULL, '{"range": "bytes=10-"}');
SELECT range, pg_temp.part('file', range)
  FROM unnest(ARRAY['bytes=10-11', 'bytes=99999999999999999999999-', 'bytes=-0']) range;
SELECT range, pg_temp.part('empty', range) FROM unnest(ARRAY['bytes=0-', 'bytes=-1', 'bytes=0-0']) range;
-- Malformed ranges and multiple ranges are ignored.
SELECT range, pg_temp.part('file', range)
  FROM unnest(ARRAY['', 'bytes', 'bytes=', 'bytes=-', 'bytes=1', 'bytes=2-1', 'bytes=a-b', 'bytes=1-2x', 'bytes=1 - 2',
  'bytes=1-2,4-5', 'bytes=--1', 'lines=1-2', 'bytes =1-2', 'bytes=0x1-2']) range;
-- If If-Range names another version of the file, the answer is the whole file.
SELECT taskcrm.tc_get_task(t.id('task')) #>> '{attachments,0,sha256}' AS sha256 \gset
SELECT etag, pg_temp.part('file', 'bytes=1-2', jsonb_build_object('if-range', etag))
  FROM unnest(ARRAY[format('"%s"', :'sha256'), format('W/"%s"', :'sha256'), '"x"', 'Wed, 21 Oct 2015 07:28:00 GMT',
  '']) etag;
-- If the client has the file, the answer has no content; HEAD ignores ranges.
SELECT pg_temp.part('file', 'bytes=1-2', jsonb_build_object('if-none-match', format('"%s"', :'sha256'))),
  pg_temp.part('file', 'bytes=1-2', '{}', 'HEAD'), pg_temp.part('file', 'bytes=100-', '{}', 'HEAD');
SELECT pg_temp.part('link', 'bytes=0-1'), pg_temp.part('b_file', 'bytes=0-1');
-- Each range of a large file is correct, and only its pages are read.
SELECT substr(pg_temp.part('large', format('bytes=%s-%s', n, n + 17)), 1, 80),
  pg_temp.part('large', format('bytes=%s-%s', n, n + 17)) LIKE '% | '
  || substr(repeat('0123456789abcdef', 300000), n + 1, 18) FROM unnest(ARRAY[0, 1995, 1996, 2400001, 4799982]) n;
SELECT string_agg(r.body, '' ORDER BY n) = convert_to(repeat('0123456789abcdef', 300000), 'UTF8')
  FROM generate_series(0, 4) n,
  taskcrm.tc_http_request('GET', t.ids('/api/tasks/attachment/{large}/'),
    jsonb_build_object('range', format('bytes=%s-%s', n * 1000000, n * 1000000 + 999999))) r;
-- In a new session, so that the statistics count only this session's reads.
\c - regress_api_alice
CREATE FUNCTION pg_temp.pages() RETURNS bigint LANGUAGE sql AS $$
  SELECT pg_stat_get_xact_blocks_fetched(reltoastrelid) FROM pg_class
    WHERE oid = 'taskcrm.task_attachment_content'::regclass $$;
BEGIN;
SELECT octet_length(body), pg_temp.pages() < 10
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/attachment/{large}/'), '{"range": "bytes=2400000-2400999"}');
SELECT octet_length(body), pg_temp.pages() > 500
  FROM taskcrm.tc_http_request('GET', t.ids('/api/tasks/attachment/{large}/'));
COMMIT;
\c - :api_superuser
\t on
\pset format unaligned

-- Through PostgREST: tc_download(pk), which GET calls in a read-only transaction.
CREATE FUNCTION t.download(file text, headers text DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  body text;
BEGIN
  PERFORM set_config('request.headers', headers, true), set_config('request.method', 'GET', true),
    set_config('response.status', '', true), set_config('response.headers', '', true);
  body := convert_from(taskcrm.tc_download(t.id(file)), 'UTF8');
  RETURN concat_ws(' | ', current_setting('response.status'), current_setting('response.headers'), body);
EXCEPTION WHEN others THEN
  RETURN t.show(sqlstate || ' ' || sqlerrm);
END
$$;
\c - regress_api_alice
SET default_transaction_read_only = on;
SELECT t.download('file');
SELECT t.download('file', '{"range": "bytes=-2", "user-agent": "x"}');
SELECT t.download('file', '{"range": "bytes=10-"}');
SELECT t.download('file',
  format('{"if-none-match": "\"%s\""}', taskcrm.tc_get_task(t.id('task')) #>> '{attachments,0,sha256}'));
SELECT t.download('empty');
SELECT f, t.download(f) FROM unnest(ARRAY['link', 'b_file', 'unknown', 'none']) f;
SELECT t.download('file', '{"range": 1}') LIKE '200 |%', t.download('file', '[]'), t.download('file', '{'),
  t.download('file', '') LIKE '200 |%';
-- A user of another organization, a login without a user, and a member of two organizations, who
-- need not select one.
\c - regress_api_bob
SELECT t.download('file'), t.download('b_file') LIKE '200 |%| CANARY';
\c - regress_api_stranger
SELECT t.download('file');
\c - regress_api_carl
SELECT t.download('file') LIKE '200 |%| 0123456789', t.download('b_file') LIKE '200 |%| CANARY';
SELECT octet_length(taskcrm.tc_download(t.id('file')));
-- PostgREST returns this type for any Accept header.
SELECT p.provolatile, p.prorettype::regtype FROM pg_proc p WHERE p.proname = 'tc_download';

-- Content in a JSON string: the caller states its encoding.
\c - regress_api_alice
CREATE FUNCTION pg_temp.add(content bytea, encoding text, method text DEFAULT 'POST') RETURNS text
  LANGUAGE plpgsql AS $$
DECLARE
  id uuid;
  message text; detail text; hint text;
BEGIN
  PERFORM set_config('request.method', method, true);
  id := taskcrm.tc_add_task_attachment(t.id('task'), 'f', content, encoding => encoding) ->> 'id';
  RETURN (SELECT f.content::text FROM taskcrm.tc_get_task_attachment(id) f);
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN concat_ws(' | ', sqlstate, message, detail, hint);
END
$$;
SELECT content, encoding, pg_temp.add(content::bytea, encoding)
  FROM (VALUES ('aGVsbG8=', 'base64'), ('', 'base64'), ('\x6847567362473d', NULL), ('aGVsbG8=', NULL),
  ('\x68656c6c6f', 'bytea'), ('hello', 'bytea'),
  ('\x68656c6c6f', 'base64'), ('!', 'base64'), ('aGVsbG8', 'base64'), ('aGVsbG8=', 'Base64'), ('aGVsbG8=', 'hex'),
    ('aGVsbG8=', '')) v (content, encoding);
-- Drivers that send bytes need not state it.
SELECT content, encoding, pg_temp.add(content::bytea, encoding, '')
  FROM (VALUES ('aGVsbG8=', NULL), ('aGVsbG8=', 'base64'), ('\x68656c6c6f', 'bytea')) v (content, encoding);
\c - :api_superuser
ALTER DATABASE regress_api SET taskcrm.max_attachment_size = 4;
\c - regress_api_alice
SELECT left(taskcrm.tc_whoami()::text, 1);
SELECT t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L, encoding => %L)', t.id('task'), 'f', c,
  'base64')) LIKE '{"id%', c FROM unnest(ARRAY['YWJjZA==', 'YWJjZGU=', repeat('A', 100000)]) c WHERE length(c) < 20;
SELECT t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L, encoding => %L)', t.id('task'), 'f',
  repeat('A', 100000), 'base64'));

\set ECHO none
\i :teardown
