-- The REST API: comments and attachments.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "discussed"}') ->> 'id')::uuid);

-- POST /api/tasks/{id}/: a comment, an attachment or both, as JSON.
SELECT t.http('POST', '/api/tasks/{task}/', '{"comment": "Task completed successfully, proposal approved"}');
SELECT t.know('comment', id) FROM taskcrm.task_comment;
SELECT t.http_short('POST', '/api/tasks/{task}/',
  '{"comment": "@amy, see the file", "attachment": {"file_name": "a.txt", "content_type": "text/plain", "content": "aGVsbG8="}}');
SELECT t.know('file', id) FROM taskcrm.task_attachment;
SELECT t.http_short('POST', '/api/tasks/{task}/',
  '{"attachment": {"file_name": "elsewhere", "url": "https://files.example/a?b=c"}, "comment": null}');
SELECT t.know('link', id) FROM taskcrm.task_attachment WHERE url IS NOT NULL;
SELECT t.counts() AS before \gset
SELECT body, t.http_short('POST', '/api/tasks/{task}/', body)
  FROM unnest(ARRAY['{}', '{"comment": null}', '{"comment": ""}', '{"comment": " "}', '{"comment": 1}',
  '{"comment": ["x"]}', '{"attachment": "x"}',
  '{"attachment": 1}', '{"attachment": []}', '{"attachment": {}}', '{"comment": "x", "task": "y"}',
    '{"comment": "x", "attachment": {"file_name": "f", "content": "!"}}', '[]', '"x"']) body;
SELECT t.http_short('POST', '/api/tasks/{task}/', json_build_object('comment', repeat('x', 10001))::text);
SELECT t.counts() = :'before' AS nothing_left;

-- Idempotency keys for comments and files, as JSON and as a form.
SELECT n, t.http('POST', '/api/tasks/{task}/', '{"comment": "once"}', '{"idempotency-key": "c"}')
  FROM generate_series(1, 2) n;
SELECT t.http_short('POST', '/api/tasks/{task}/', '{"comment": "twice"}', '{"idempotency-key": "c"}');
SELECT n, t.http('POST', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('comment', 'with a file'), t.file('b.txt', 'text/plain', 'bytes')]),
  '{"content-type": "multipart/form-data; boundary=XYZ", "idempotency-key": "f"}') FROM generate_series(1, 2) n;
SELECT t.http_short('POST', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('comment', 'with a file'), t.file('b.txt', 'text/plain', 'other')]),
  '{"content-type": "multipart/form-data; boundary=XYZ", "idempotency-key": "f"}');
SELECT count(*) FILTER (WHERE comment = 'once'), count(*) FILTER (WHERE comment = 'with a file')
  FROM taskcrm.task_comment;
SELECT count(*) FROM taskcrm.task_attachment WHERE file_name = 'b.txt';

-- PUT /api/tasks/comment/{id}/
SELECT t.http('PUT', '/api/tasks/comment/{comment}/', '{"comment": "Updated status - awaiting final review"}');
SELECT t.http_short('PATCH', '/api/tasks/comment/{comment}/', '{"comment": "Patched, @amy"}');
SELECT body, t.http_short('PUT', '/api/tasks/comment/{comment}/', body)
  FROM unnest(ARRAY['{}', '{"comment": null}', '{"comment": ""}', '{"comment": 1}',
  '{"comment": "x", "attachment": null}', '{"text": "x"}']) body;
SELECT t.http_bytes('PUT', '/api/tasks/comment/{comment}/',
  convert_to(t.form(ARRAY[t.field('comment', 'from a form')]), 'UTF8'), :'form');

-- A comment can be sent back as it was read from POST, a task or the list of comments, changed or
-- not.
SELECT t.know('read',
  (t.http_json('POST', '/api/tasks/{task}/', '{"comment": "Read, @amy"}') -> 'comment' ->> 'id')::uuid);
CREATE FUNCTION pg_temp.read() RETURNS jsonb LANGUAGE sql AS $$
  SELECT c FROM jsonb_array_elements(t.http_json('GET', '/api/tasks/{task}/comments/')::jsonb -> 'results') AS c
    WHERE c ->> 'id' = t.id('read')::text
$$;
SELECT pg_temp.read() AS before \gset
SELECT count(*) FROM jsonb_array_elements(t.http_json('GET', '/api/tasks/{task}/')::jsonb -> 'comments') AS c
  WHERE c = :'before'::jsonb;
SELECT method, t.http_json(method, '/api/tasks/comment/{read}/', :'before')::jsonb = :'before'::jsonb AS unchanged
  FROM unnest(ARRAY['PUT', 'PATCH']) method;
SELECT method, answer ->> 'comment', json_array_length(answer -> 'mentions') AS mentions
FROM unnest(ARRAY['PUT', 'PATCH']) WITH ORDINALITY AS m (method, n),
  LATERAL t.http_json(method, '/api/tasks/comment/{read}/',
  jsonb_set(pg_temp.read(), '{comment}', to_jsonb('Read again ' || n || ', @amy @ann'))::text) AS answer;
-- The comment has been edited since it was read.
SELECT t.http_short('PUT', '/api/tasks/comment/{read}/', jsonb_set(:'before'::jsonb, '{comment}', '"lost"')::text);
-- Each read-only key with another value; then the same time and id in another notation.
SELECT pg_temp.read() AS before \gset
SELECT key, value0, t.http_short(method, '/api/tasks/comment/{read}/',
  jsonb_set(:'before'::jsonb, ARRAY[key], value)::text)
  FROM (VALUES ('id', '"{unknown}"'), ('id', '"x"'), ('id', 'null'), ('task', '"{unknown}"'), ('task', '"{b_task}"'),
    ('task', '7'), ('commented_by', '"{amy}"'), ('commented_by', 'null'), ('commented_on', '"2023-01-15T10:30:00Z"'),
    ('commented_on', '"now"'), ('commented_on', '5'), ('edited_on', 'null'), ('edited_on', '""'),
      ('edited_on', '{"a": 1}'), ('mentions', '[]'), ('mentions', '["{bob}"]'), ('mentions', 'null'),
      ('attachment', 'null'), ('colour', '1')) v (key, value0),
  LATERAL (SELECT t.json(value0)) j (value), unnest(ARRAY['PUT', 'PATCH']) method
    WHERE method = 'PUT' OR key IN ('id', 'colour');
SELECT t.http_short('PUT', '/api/tasks/comment/{read}/',
  jsonb_set(jsonb_set(:'before'::jsonb, '{id}', '1'), '{commented_on}', '2')::text);
SELECT key, t.http_short('PUT', '/api/tasks/comment/{read}/', (:'before'::jsonb - key)::text)
  FROM jsonb_object_keys(:'before') key WHERE key NOT IN ('edited_on');
SELECT pg_temp.read() AS before \gset
SELECT t.http_short('PUT', '/api/tasks/comment/{read}/',
  jsonb_build_object('comment', 'otherwise', 'id', upper(c ->> 'id'),
  'commented_on', to_char((c ->> 'commented_on')::timestamptz AT TIME ZONE '+02:30',
    'YYYY-MM-DD"T"HH24:MI:SS.US"-02:30"'))::text) FROM CAST(:'before' AS jsonb) c;
SELECT t.http_short('PUT', '/api/tasks/comment/{read}/', jsonb_build_object('comment', NULL, 'id', t.id('read'))::text);
SELECT t.http_json('GET', '/api/tasks/{task}/')::jsonb -> 'comments' @>
  jsonb_build_array(jsonb_build_object('id', t.id('read'), 'comment', 'otherwise')) AS the_last;
-- As a form, where an empty string means null.
SELECT t.know('plain',
  (t.http_json('POST', '/api/tasks/{task}/', '{"comment": "Never edited"}') -> 'comment' ->> 'id')::uuid);
SELECT t.http_bytes('PUT', '/api/tasks/comment/{plain}/',
  convert_to(t.form(ARRAY[t.field('comment', 'from a form'), t.field('id', t.id('plain')::text),
  t.field('edited_on', '')]), 'UTF8'), :'form');
SELECT t.http_bytes('PUT', '/api/tasks/comment/{plain}/',
  convert_to(t.form(ARRAY[t.field('comment', 'from a form'), t.field('id', t.id('task')::text),
  t.field('edited_on', '')]), 'UTF8'), :'form');
-- Other callers get the same errors, whatever they send.
\c - regress_api_amy
SELECT path, t.http_short('PUT', path, t.json('{"id": "{unknown}", "comment": "x"}')::text)
  FROM unnest(ARRAY['/api/tasks/comment/{read}/', '/api/tasks/comment/{b_comment}/',
  '/api/tasks/comment/{unknown}/']) path;
\c - regress_api_alice

-- A comment has no entity tag.
SELECT value, method, t.http_short(method, '/api/tasks/comment/{comment}/', '{"comment": "never"}', value)
  FROM unnest(ARRAY['{"if-match": "\"1\""}', '{"if-none-match": "*"}']) value,
  unnest(ARRAY['PUT', 'PATCH', 'DELETE']) method;
SELECT t.http_short('PATCH', '/api/tasks/comment/{comment}/', '{"comment": "from a form"}',
  '{"if-match": "*", "if-none-match": "\"1\""}');

-- GET /api/tasks/attachment/{id}/
SELECT t.http('GET', '/api/tasks/attachment/{file}/');
SELECT t.http('HEAD', '/api/tasks/attachment/{file}/');
SELECT t.http('GET', '/api/tasks/attachment/{file}/', NULL,
  '{"if-none-match": "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\""}');
SELECT t.http_short('HEAD', '/api/tasks/attachment/{file}/', NULL, '{"if-none-match": "*"}');
SELECT t.http('GET', '/api/tasks/attachment/{link}/');
-- A file is deleted only if it is the one that the client knows; a link has no tag.
SELECT file, headers, t.http_short('DELETE', format('/api/tasks/attachment/{%s}/', file), NULL, headers) FROM (VALUES
  ('file', '{"if-match": "\"x\""}'), ('file', '{"if-match": "W/\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\""}'),
  ('file', '{"if-none-match": "W/\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\""}'), ('file', '{"if-none-match": "*"}'),
  ('link', '{"if-match": "\"x\""}'), ('link', '{"if-none-match": "*"}'), ('unknown', '{"if-match": "\"x\""}'), ('b_file', '{"if-match": "\"x\""}')) v (file, headers);
BEGIN;
SELECT t.http_short('DELETE', '/api/tasks/attachment/{file}/', NULL, '{"if-match": "\"2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824\"", "if-none-match": "\"x\""}'),
  t.http_short('DELETE', '/api/tasks/attachment/{link}/', NULL, '{"if-match": "*"}');
ROLLBACK;
-- It is the path in the task's list of attachments.
SELECT t.http_json('GET', '/api/tasks/{task}/') -> 'attachments' -> 0 ->> 'attachment' =
  t.ids('/api/tasks/attachment/{file}/');

-- Names in Content-Disposition: no name can end the value, and every browser can read one.
CREATE TABLE pg_temp.named AS
  SELECT name, (taskcrm.tc_add_task_attachment(t.id('task'), name, 'x', 'text/html; charset="utf-8"') ->>
  'id')::uuid AS id
  FROM unnest(ARRAY['plain.txt', 'two words.txt', 'quo"te.txt', 'semi;colon.txt', '100%25.txt', 'naïve.txt',
    '€ und 😀.pdf', E'a\r\nSet-Cookie: x=y.txt', '../../etc/passwd',
    'C:\dir\file.txt', '', '"', '.htaccess', $$it's.txt$$]) name;
SELECT to_json(name), r.headers ->> 'content-disposition' FROM pg_temp.named, taskcrm.tc_http_request('GET', '/api/tasks/attachment/' || id || '/') r;
-- Bytes are returned unchanged: an empty file and every byte value.
CREATE TABLE pg_temp.bytes AS SELECT b.content, (taskcrm.tc_add_task_attachment(t.id('task'), 'b', b.content) ->> 'id')::uuid AS id
  FROM (SELECT ''::bytea UNION ALL SELECT string_agg(decode(lpad(to_hex(n), 2, '0'), 'hex'), '' ORDER BY n) FROM generate_series(0, 255) n) AS b (content);
SELECT r.status, r.body = b.content, r.headers ->> 'content-type', r.headers ->> 'etag' = format('"%s"', encode(sha256(b.content), 'hex'))
  FROM pg_temp.bytes b, taskcrm.tc_http_request('GET', '/api/tasks/attachment/' || id || '/') r;

-- Access: the author or an admin; others get 403; ids of another organization are not found.
\c - regress_api_amy
SELECT method, path, t.http_short(method, path, '{"comment": "mine"}') FROM (VALUES ('PUT', '/api/tasks/comment/{comment}/'), ('DELETE', '/api/tasks/comment/{comment}/'), ('DELETE', '/api/tasks/attachment/{file}/'),
  ('PUT', '/api/tasks/comment/{b_comment}/'), ('DELETE', '/api/tasks/comment/{b_comment}/'), ('DELETE', '/api/tasks/attachment/{b_file}/'), ('GET', '/api/tasks/attachment/{b_file}/'),
  ('HEAD', '/api/tasks/attachment/{b_file}/'), ('GET', '/api/tasks/attachment/{unknown}/'), ('PUT', '/api/tasks/comment/{unknown}/'), ('PUT', '/api/tasks/comment/x/'), ('GET', '/api/tasks/attachment/x/')) v (method, path);
-- A user of two organizations need not select one for these.
\c - regress_api_carl
SELECT t.http_short('GET', '/api/tasks/attachment/{file}/'), t.http_short('GET', '/api/tasks/attachment/{b_file}/');
SELECT t.http_short('PUT', '/api/tasks/comment/{b_comment}/', '{"comment": "x"}');
SELECT t.http_short('GET', '/api/tasks/attachment/{b_file}/', NULL, '{"organization-id": "{acme}"}');
\c - regress_api_alice
SELECT t.http('DELETE', '/api/tasks/comment/{comment}/');
SELECT t.http('DELETE', '/api/tasks/comment/{comment}/');
SELECT t.http('DELETE', '/api/tasks/attachment/{file}/');
SELECT t.http('DELETE', '/api/tasks/attachment/{file}/');
SELECT count(*) FROM taskcrm.task_attachment_content WHERE attachment_id = t.id('file');

\set ECHO none
\i :teardown
