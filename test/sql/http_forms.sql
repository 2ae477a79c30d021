-- The REST API: forms, multipart/form-data.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

-- A task with files: fields, lists as repeated fields or as JSON, and several files.
SELECT t.http('POST', '/api/tasks/',
  t.form(ARRAY[t.field('title', 'Ünï€ode'), t.field('priority', 'high'), t.field('due_date', ''),
  t.field('account', '{northwind}'),
  t.field('contacts', '{lee}'), t.field('contacts', '{kim}'), t.field('assigned_to', '["{amy}", "{ann}"]'),
    t.field('teams', ''), t.field('description', E'two\r\nlines'),
  t.file('a.txt', 'text/plain', 'first'), t.file('b.bin', 'application/octet-stream', ''),
    t.file('', 'application/octet-stream', '')]), :'form');
SELECT t.know('task', id) FROM taskcrm.task WHERE org_id = t.id('acme');
SELECT a ->> 'file_name', a ->> 'content_type', a ->> 'size'
  FROM json_array_elements(t.http_json('GET', '/api/tasks/{task}/') -> 'attachments') a;
SELECT convert_from(content, 'UTF8') FROM taskcrm.task_attachment_content WHERE org_id = t.id('acme') ORDER BY 1;

-- PUT accepts a form too, but no files.
SELECT t.http_short('PUT', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('title', 'Changed'), t.field('contacts', ''), t.field('assigned_to', '[]'),
  t.field('account', ''), t.field('version', '1')]), :'form');
SELECT t.http_short('PUT', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('title', 'x'), t.file('a.txt', 'text/plain', 'x')]), :'form');

-- Comment and file in one request.
SELECT t.http('POST', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('comment', 'with a file, @amy'), t.file('c.txt', 'text/plain', 'x')]), :'form');
SELECT t.http_short('POST', '/api/tasks/{task}/', t.form(ARRAY[t.field('comment', 'only a comment')]), :'form');
SELECT t.http_short('POST', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('comment', ''), t.file('d.txt', 'text/plain', 'no comment')]), :'form');
SELECT t.http_short('POST', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('comment', 'no file chosen'), t.file('', 'application/octet-stream', '')]), :'form');

-- File names and content types.
CREATE FUNCTION pg_temp.upload(disposition text, more text DEFAULT '', content text DEFAULT 'x') RETURNS text
  LANGUAGE sql AS $$
  SELECT coalesce(a -> 'attachment' ->> 'file_name' || ' ' || (a -> 'attachment' ->> 'content_type') || ' '
    || (a -> 'attachment' ->> 'size'), a ->> 'message')
  FROM t.http_json('POST', '/api/tasks/{task}/',
    t.form(ARRAY[ARRAY['Content-Disposition: ' || disposition || more, content]]),
    '{"content-type": "multipart/form-data; boundary=\"XYZ\""}') a $$;
SELECT d, pg_temp.upload(d)
  FROM unnest(ARRAY['form-data; name="attachment"; filename="x.txt"', 'FORM-DATA; NAME=attachment; FILENAME=x.txt',
  'form-data;name="attachment";filename="a b;c.txt"',
  'form-data; name="attachment"; filename="a\"b\\c.txt"', 'form-data; name="attachment"; filename="C:\dir\x.txt"',
    'form-data; name="attachment"; filename="%22q%0D%0A.txt"', 'form-data; name="attachment"; filename="100%.txt"',
  'form-data; name="attachment"; filename="é😀.txt"', 'form-data; name="attachment"; filename*=UTF-8''''%c3%a9.txt',
    'form-data; name="attachment"; filename="e.txt"; filename*=utf-8''de''%c3%a9.txt',
  'form-data; name="attachment"; filename*=iso-8859-1''''%e9.txt; filename="e.txt"',
    'form-data; name="attachment"; filename="../../x"', 'form-data; name="attachment"; filename=""',
    'form-data; name="attachment"; filename="x"; size=1;']) d;
-- Spaces around =, and the two charsets of RFC 5987; a name that cannot be decoded is ignored.
SELECT d, pg_temp.upload(d)
  FROM unnest(ARRAY['form-data; name = "attachment"; filename = "a.txt"',
  E'form-data; name\t=\tattachment; filename =a.txt', 'form-data ; name= "attachment" ; filename*= UTF-8''''%c3%a9.txt',
  'form-data; name="attachment"; filename*=iso-8859-1''en''%a3%20and%20%e9.txt',
    'form-data; name="attachment"; filename*=ISO-8859-1''''plain.txt',
    'form-data; name="attachment"; filename="e.txt"; filename*=iso-8859-1''''%e9.txt',
  'form-data; name="attachment"; filename*=koi8-r''''%c1.txt',
    'form-data; name="attachment"; filename*=koi8-r''''%c1.txt; filename="e.txt"',
    'form-data; name="attachment"; filename="e.txt"; filename*=koi8-r''''%c1.txt',
  'form-data; name="attachment"; filename*=UTF-8''''%zz.txt',
    'form-data; name="attachment"; filename*=iso-8859-1''''%00.txt', 'form-data; name="attachment"; filename*=UTF-8',
    'form-data; name="attachment"; filename*=e.txt',
  'form-data; name="attachment"; filename*=iso-8859-1''''' || repeat('%e9', 3), 'form-data; name = ; filename="x"',
    'form-data; name "attachment"; filename="x"']) d;
SELECT more, pg_temp.upload('form-data; name="attachment"; filename="x"', E'\r\n' || more)
  FROM unnest(ARRAY['Content-Type: image/png', 'content-type:image/png', 'Content-Type: text/plain; charset="utf-8"',
  'Content-Type:',
  'Content-Type: nonsense', 'Content-Type: text/html, text/plain', 'X-Other: y', 'Content-Transfer-Encoding: binary',
    'Content-Transfer-Encoding: base64', 'Content-Transfer-Encoding: quoted-printable']) more;

SELECT left(pg_temp.upload('form-data; name="attachment"; filename="' || repeat('x', n) || '.txt"'), 30)
  FROM unnest(ARRAY[1000, 1020, 10000]) n;

-- Errors in a form.
SELECT t.counts() AS before \gset
SELECT d, pg_temp.upload(d)
  FROM unnest(ARRAY['form-data; filename="x"', 'attachment; name="attachment"; filename="x"',
  'form-data; name="file"; filename="x"', 'form-data; name="attachment"; filename="x', 'form-data; name="attachment"',
  'form-data; name="attachment" filename="x"', 'form-data; name="attachment"; name="b"; filename="x"', 'form-data', '',
    'form-data; name=""', 'form-data; =x', 'form-data; name', 'form-data; name="unknown"']) d;
SELECT pg_temp.upload('form-data; name="' || repeat('x', n) || '"; filename="x"') FROM unnest(ARRAY[255, 256]) n;
SELECT left(t.http_short('POST', '/api/tasks/{task}/', replace(b, '|', E'\r\n'), :'form'), 120)
  FROM unnest(ARRAY['', 'x', '--XYZ', '--XYZ--', '--XYZ|', '--XYZ--|epilogue', 'preamble|--XYZ--', '--XYZ||x|--XYZ--',
  '--XYZ|x|--XYZ--',
  '--XYZ|Content-Disposition: form-data; name="comment"||cut off',
    '--XYZ|Content-Disposition: form-data; name="comment"||cut off|--XY',
    '--XYZ|Content-Disposition: form-data; name="comment"|--XYZ--',
  '--XYZ|Content-Disposition: form-data;| name="comment"||folded|--XYZ--',
    '--XYZ|Content-Disposition : form-data; name="comment"||x|--XYZ--',
    '--XYZ|Content-Disposition: form-data; name="comment"|Content-Disposition: form-data; name="comment"||x|--XYZ--',
  '--XYZ|Content-Disposition: form-data; name="comment"||a|--XYZ|Content-Disposition: form-data; name="comment"||b|--XYZ--', '--XYZ|Content-Disposition: form-data; name="id"||a|--XYZ--']) b;
SELECT t.http_short('POST', '/api/tasks/{task}/',
  t.form(ARRAY[t.field('comment', 'x'), t.file('a', 'a/b', 'x'), t.file('b', 'a/b', 'x')]), :'form');
SELECT t.http_short('PUT', '/api/tasks/{task}/', t.form(ARRAY[t.field(name, content)]), :'form')
  FROM (VALUES ('title', ''), ('status', ''), ('status', 'Done'), ('contacts', 'x'), ('contacts', '['),
  ('contacts', '["x"'), ('contacts', '[1]'),
  ('contacts', '[[]]'), ('teams', '{unknown}'), ('version', 'x'), ('version', '7'), ('created_by', '{amy}')) v (name,
    content);
SELECT t.http_short('POST', '/api/tasks/', t.form(ARRAY[t.field('title', 'x'), t.field('title', 'y')]), :'form');
SELECT t.http_short('POST', '/api/tasks/', t.form(array_agg(t.field('contacts', t.id('lee')::text))), :'form')
  FROM generate_series(1, 1001);
SELECT t.http_short('POST', '/api/tasks/', t.form(array_agg(t.field('f' || n, 'x'))), :'form')
  FROM generate_series(1, 4001) n;
SELECT t.http_short('POST', '/api/tasks/',
  t.form(ARRAY[t.field('title', 'many')] || array_agg(t.file(n || '.txt', 'text/plain', 'x'))), :'form')
  FROM generate_series(1, 21) n;
-- All or nothing: the last of several files has an invalid type.
SELECT t.http_short('POST', '/api/tasks/',
  t.form(ARRAY[t.field('title', 'x'), t.file('a', 'a/b', 'x'), t.file('b', 'nonsense', 'x')]), :'form');
-- Bytes that are not valid text.
SELECT t.http_bytes('POST', '/api/tasks/{task}/', replace(t.form(ARRAY[t.field('comment', 'a?b')]), '?', '\000')::bytea,
  :'form');
SELECT t.http_bytes('POST', '/api/tasks/{task}/', convert_to(t.form(ARRAY[t.field('comment', 'é')]), 'LATIN1'),
  :'form');
SELECT t.http_bytes('POST', '/api/tasks/{task}/', convert_to(t.form(ARRAY[t.field('é', 'x')]), 'LATIN1'), :'form');
SELECT t.http_bytes('POST', '/api/tasks/{task}/', convert_to(t.form(ARRAY[t.file('é', 'a/b', 'x')]), 'LATIN1'),
  :'form');
SELECT t.counts() = :'before' AS nothing_left;

-- Preamble, epilogue, spaces after a boundary, and lines that only begin like a boundary; line
-- breaks in the content are kept.
SELECT t.http_json('POST', '/api/tasks/{task}/', replace(b, '|', E'\r\n'), :'form') -> 'comment' ->> 'comment'
  FROM unnest(ARRAY['preamble|--XYZ|Content-Disposition: form-data; name="comment"||x|--XYZ--',
  '--XYZ  |Content-Disposition: form-data; name="comment"||x|--XYZ--|epilogue|--XYZ|',
    '|--XYZ|Content-Disposition: form-data; name="comment"||a|--XYZABC|--XY|b|--XYZ--',
    '--XYZABC|--XYZ|Content-Disposition: form-data; name="comment"||a|--XYZ-|b|--XYZ--',
  '--XYZ|Content-Disposition: form-data; name="comment"|||x||--XYZ--']) b;
-- Boundaries.
SELECT ct, left(t.http_short('POST', '/api/tasks/{task}/', E'--' || b
  || E'\r\nContent-Disposition: form-data; name="comment"\r\n\r\nx\r\n--' || b || E'--',
  jsonb_build_object('content-type', ct)::text), 80)
  FROM (VALUES ('multipart/form-data; boundary=a', 'a'), ('multipart/form-data; boundary = "a"', 'a'),
    ('Multipart/Form-Data;Boundary="a b"', 'a b'), ('multipart/form-data; charset=utf-8; boundary=----=_a', '----=_a'),
    ('multipart/form-data; boundary=' || repeat('x', 70), repeat('x', 70)),
    ('multipart/form-data; boundary=' || repeat('x', 71), repeat('x', 71)), ('multipart/form-data', 'a'),
      ('multipart/form-data; boundary=""', ''), ('multipart/form-data; boundary="a', 'a'),
      ('multipart/mixed; boundary=a', 'a')) v (ct, b);

-- Size limits.
\c - :api_superuser
SET taskcrm.max_attachment_size = 1000;
SET taskcrm.max_body_size = 3000;
SET SESSION AUTHORIZATION regress_api_alice;
SELECT n, t.http_short('POST', '/api/tasks/{task}/', t.form(ARRAY[t.file('f', 'a/b', repeat('x', n))]), :'form')
  FROM unnest(ARRAY[1000, 1001]) n;
SELECT n, left(t.http_short('POST', '/api/tasks/',
  t.form(ARRAY[t.field('title', 'two'), t.file('f', 'a/b', repeat('x', 1000)), t.file('g', 'a/b', repeat('x', n))]),
  :'form'), 60) FROM unnest(ARRAY[1000, 1001]) n;
SELECT n, left(t.http_short('POST', '/api/tasks/',
  t.form(ARRAY[t.field('title', 'large'), t.field('description', repeat('x', n))]), :'form'), 100)
  FROM unnest(ARRAY[2500, 3000]) n;
SELECT n, left(t.http_short('PUT', '/api/tasks/{task}/', json_build_object('description', repeat('x', n))::text), 100)
  FROM unnest(ARRAY[2980, 2981]) n;

\set ECHO none
\i :teardown
