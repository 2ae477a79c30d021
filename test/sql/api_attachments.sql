-- Attachments: accepted content, downloaded content, and access rules.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "with files"}') ->> 'id')::uuid);
CREATE FUNCTION pg_temp.attach_bytes(file_name text, content bytea, content_type text DEFAULT NULL) RETURNS text
  LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L, %L)', t.id('task'), file_name, content,
    content_type)) $$;
CREATE FUNCTION pg_temp.last_file() RETURNS uuid LANGUAGE sql
  AS $$ SELECT a.id FROM taskcrm.task_attachment a ORDER BY a.id DESC LIMIT 1 $$;

-- base64, bytes and URLs; the answer has the same form as in tc_get_task.
SELECT t.attach('task',
  '{"file_name": "hello.txt", "content_type": "text/plain; charset=\"utf-8\"", "content": "aGVsbG8="}');
SELECT * FROM taskcrm.tc_get_task_attachment(pg_temp.last_file());
SELECT pg_temp.attach_bytes('hello.txt', 'hello', 'text/plain');
SELECT t.show(taskcrm.tc_add_task_attachment(t.id('task'), 'default.bin', 'x')::text);
SELECT t.attach('task', '{"file_name": "page", "url": "https://x.example/a?b=c#d"}');
SELECT * FROM taskcrm.tc_get_task_attachment(pg_temp.last_file());
SELECT taskcrm.tc_add_task_comment_or_attachment(t.id('task'), NULL, '{"file_name": "same", "content": "AA=="}') ->
  'attachment' #>> '{}' AS answer \gset
SELECT (taskcrm.tc_get_task(t.id('task')) -> 'attachments' -> -1)::text = :'answer' AS same;
SELECT t.attach('task',
  '{"file_name": "null is absent", "content_type": null, "content": "AA==", "url": null}')::json -> 'attachment' ->>
  'content_type';
SELECT t.attach('task', '{"file_name": "empty type", "content_type": "", "content": "AA=="}')::json -> 'attachment' ->>
  'content_type';
-- The path begins with a setting that only an administrator can change.
\c - :api_superuser
ALTER DATABASE regress_api SET taskcrm.base_path = '/crm/t/';
\c - regress_api_alice
SELECT t.attach('task', '{"file_name": "f", "content": ""}')::json -> 'attachment' ->> 'attachment';
\c - :api_superuser
ALTER DATABASE regress_api RESET taskcrm.base_path;
\c - regress_api_alice
CREATE FUNCTION pg_temp.attach_bytes(file_name text, content bytea, content_type text DEFAULT NULL) RETURNS text
  LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L, %L)', t.id('task'), file_name, content,
    content_type)) $$;

-- Bytes are returned unchanged by both functions: empty, every byte value, and a megabyte.
CREATE TABLE pg_temp.bytes AS SELECT '' AS name, ''::bytea AS content
  UNION ALL SELECT 'zero', '\x00'
  UNION ALL SELECT 'all', string_agg(decode(lpad(to_hex(n), 2, '0'), 'hex'), '' ORDER BY n)
    FROM generate_series(0, 255) n
  UNION ALL SELECT 'mega', string_agg(sha256(n::text::bytea), '' ORDER BY n) FROM generate_series(1, 32768) n;
SELECT b.name, t.know(b.name, (taskcrm.tc_add_task_attachment(t.id('task'), b.name, b.content, 'a/b') ->> 'id')::uuid)
  FROM pg_temp.bytes b;
SELECT b.name, length(b.content), a.size = length(b.content), a.sha256 = sha256(b.content), g.content = b.content,
  g.file_name, g.content_type, g.url
  FROM pg_temp.bytes b JOIN taskcrm.task_attachment a ON a.id = t.id(b.name),
    LATERAL taskcrm.tc_get_task_attachment(a.id) g ORDER BY 2;
SELECT b.name, t.know(b.name,
  (taskcrm.tc_add_task_comment_or_attachment(t.id('task'), NULL, jsonb_build_object('file_name', b.name,
    'content', translate(encode(b.content, 'base64'), E'\n', ''))) -> 'attachment' ->> 'id')::uuid)
      FROM pg_temp.bytes b;
SELECT b.name, length(b.content), a.size = length(b.content), a.sha256 = sha256(b.content), g.content = b.content,
  g.file_name, g.content_type, g.url
  FROM pg_temp.bytes b JOIN taskcrm.task_attachment a ON a.id = t.id(b.name),
    LATERAL taskcrm.tc_get_task_attachment(a.id) g ORDER BY 2;

-- Members of an attachment.
SELECT t.counts() AS before \gset
SELECT t.attach('task', '{}');
SELECT t.attach('task', '{"file_name": "f"}');
SELECT t.attach('task', '{"file_name": "f", "content": "AA==", "url": "https://x.example/"}');
SELECT t.attach('task', '{"content": "AA=="}');
SELECT t.attach('task', '{"file_name": null, "content": "AA=="}');
SELECT t.attach('task', '{"file_name": 1, "content": "AA=="}');
SELECT t.attach('task', '{"file_name": "f", "content": 1}');
SELECT t.attach('task', '{"file_name": "f", "content": ["AA=="]}');
SELECT t.attach('task', '{"file_name": "f", "content": "AA==", "size": 1}');
SELECT t.attach('task', '{"file_name": "f", "content": "AA==", "id": "x"}');
SELECT t.attach('task', '[]');
SELECT t.attach('task', '"x"');
SELECT t.attach('task', '1');
SELECT t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, NULL, %L)', t.id('task'), 'x'));
SELECT t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, NULL)', t.id('task'), 'x'));
SELECT t.try('SELECT taskcrm.tc_add_task_attachment(NULL, $$x$$, $$x$$)');
-- Standard base64 with padding; only blanks and line breaks are ignored.
SELECT t.attach('task', jsonb_build_object('file_name', 'f', 'content', E'aGVs\x0bbG8=')::text);
SELECT t.attach('task', '{"file_name": "f", "content": "!"}');
SELECT t.attach('task', '{"file_name": "f", "content": "AA"}');
SELECT t.attach('task', '{"file_name": "f", "content": "AA="}');
SELECT t.attach('task', '{"file_name": "f", "content": "A==="}');
SELECT t.attach('task', '{"file_name": "f", "content": "AA-_"}');
SELECT t.attach('task', '{"file_name": "f", "content": "éA=="}');
-- URLs.
SELECT t.attach('task', '{"file_name": "f", "url": "ftp://x.example/"}');
SELECT t.attach('task', '{"file_name": "f", "url": "javascript:alert(1)"}');
SELECT t.attach('task', '{"file_name": "f", "url": "//x.example/"}');
SELECT t.attach('task', '{"file_name": "f", "url": "https://"}');
SELECT t.attach('task', '{"file_name": "f", "url": ""}');
SELECT t.attach('task', '{"file_name": "f", "url": "https://x.example/a b"}');
SELECT t.attach('task', '{"file_name": "f", "url": "https://x.example/\r\nSet-Cookie: a=b"}');
SELECT t.attach('task', '{"file_name": "f", "url": " https://x.example/"}');
SELECT t.attach('task', jsonb_build_object('file_name', 'f', 'url', 'http://x.example/' || repeat('x', 1984))::text);
SELECT t.counts() = :'before' AS nothing_left;
SELECT length(t.attach('task',
  jsonb_build_object('file_name', 'f', 'url', 'http://x.example/' || repeat('x', 1983))::text)::json -> 'attachment' ->>
  'attachment');
-- Content types.
SELECT t.counts() AS before \gset
SELECT to_json(ty), to_json(pg_temp.attach_bytes('f', '', ty))
  FROM (VALUES ('text'), ('text/'), ('/plain'), ('text/plain/x'), ('text plain'), ('text/plain '),
  ('text/plain;'), ('text/plain; charset'), ('text/plain; charset='), ('text/plain; charset="utf-8'),
    ('text/plain charset=x'),
  (E'text/plain\r\nSet-Cookie: a=b'), (E'text/plain\n'), (E'text/plain; a="\r\n"'), (E'text/plain; a="\u0001"'),
    ('téxt/plain'), ('text/plain; a="é"'),
  ('a/' || repeat('x', 254)), ('"text"/plain'), ('text/plain, text/html')) v (ty);
SELECT t.attach('task', '{"file_name": "f", "content": "", "content_type": "text"}');
SELECT t.attach('task', '{"file_name": "f", "content": "", "content_type": 1}');
SELECT t.counts() = :'before' AS nothing_left;
SELECT ty, pg_temp.attach_bytes('f', '', ty)::json ->> 'content_type' = ty
  FROM (VALUES ('text/plain'), ('application/vnd.ms-excel'), ('image/svg+xml'),
  ('text/plain; charset=utf-8'), ('text/plain ; charset=utf-8;format=flowed'), ('text/plain; a="b \" c"'),
    ('a/' || repeat('x', 253))) v (ty);

-- File names.
SELECT name, pg_temp.attach_bytes(name, '')::json ->> 'file_name'
  FROM (VALUES ('/etc/passwd'), ('..\..\boot.ini'), ('C:\temp\a b.txt'), ('a/b/'), ('..'), ('.'),
  ('../..'), (''), ('   '), (' spaced.txt'), ('.htaccess'), ('a..b'), ('semi;colon"quote''.txt'), ('€ und 😀.pdf'),
    ('%2e%2e%2f'), ('-rf')) v (name);
SELECT pg_temp.attach_bytes(E'a\r\nSet-Cookie: x\u0001\u007f.txt', '')::json ->> 'file_name';
SELECT pg_temp.attach_bytes(E'\u0001\u0002', '')::json ->> 'file_name';
-- Long names are cut at a character boundary and keep the extension.
SELECT octet_length(f), right(f, 6)
  FROM (SELECT pg_temp.attach_bytes(repeat('€', 100) || '.pdf', '')::json ->> 'file_name') AS s (f);
SELECT octet_length(f), right(f, 6)
  FROM (SELECT pg_temp.attach_bytes(repeat('x', 296) || '.pdf', '')::json ->> 'file_name') AS s (f);
SELECT octet_length(f), right(f, 6)
  FROM (SELECT pg_temp.attach_bytes('x' || repeat('😀', 75), '')::json ->> 'file_name') AS s (f);
SELECT octet_length(f), left(f, 6)
  FROM (SELECT pg_temp.attach_bytes('x.' || repeat('😀', 75), '')::json ->> 'file_name') AS s (f);
SELECT octet_length(f), left(f, 6)
  FROM (SELECT pg_temp.attach_bytes('.' || repeat('é', 150), '')::json ->> 'file_name') AS s (f);
SELECT octet_length(f), right(f, 8)
  FROM (SELECT t.attach('task',
  jsonb_build_object('file_name', repeat('é', 150) || '.tar.gz', 'content', '')::text)::json -> 'attachment' ->>
  'file_name') AS s (f);

-- base64 with blanks or with line breaks, as in MIME.
SELECT n, t.attach('task', jsonb_build_object('file_name', 'f', 'content', c)::text)::json -> 'attachment' ->> 'sha256'
  = encode(sha256('hello, MIME'), 'hex') AS same
  FROM (VALUES (1, E'aGVsbG8s\r\nIE1JTUU=\r\n'), (2, E'aGVsbG8sIE1JTUU\n='), (3, E' aGVs bG8s\tIE1JTUU= ')) v (n, c)
    ORDER BY n;
SELECT t.attach('task',
  jsonb_build_object('file_name', 'f', 'content',
  encode(convert_to(repeat('long ', 100), 'UTF8'), 'base64'))::text)::json -> 'attachment' ->> 'size';
SELECT t.attach('task', '{"file_name": "f", "content": " \r\n"}')::json -> 'attachment' ->> 'size';

-- The size limit is exact for base64 and for bytes; clients cannot raise it.
\c - :api_superuser
ALTER DATABASE regress_api SET taskcrm.max_attachment_size = 1000;
\c - regress_api_alice
-- (Before the session loads the library, SET appears to raise it.)
SET client_min_messages = error;
SET taskcrm.max_attachment_size = 2000;
SELECT t.attach('task', jsonb_build_object('file_name', 'f', 'content', repeat('A', 1336))::text);
SET taskcrm.max_attachment_size = 2000;
SELECT t.counts() AS before \gset
SELECT n, t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L)', t.id('task'), 'f', repeat('x', n)::bytea))
  FROM unnest(ARRAY[1001, 100000]) n;
SELECT t.attach('task',
  jsonb_build_object('file_name', 'f', 'content',
  replace(encode(repeat('x', 1001)::bytea, 'base64'), E'\n', E'\r\n'))::text);
SELECT n, t.attach('task',
  jsonb_build_object('file_name', 'f', 'content', translate(encode(repeat('x', n)::bytea, 'base64'), E'\n', ''))::text)
  FROM unnest(ARRAY[1001, 1002, 1003, 1004, 100000]) n;
SELECT t.attach('task', jsonb_build_object('file_name', 'f', 'content', repeat('!', 1000000))::text);
SELECT t.create_task(jsonb_build_object('title', 'x', 'attachments',
  jsonb_build_array(jsonb_build_object('file_name', 'f', 'content', repeat('A', 1336))))::text);
SELECT t.counts() = :'before' AS nothing_left;
SELECT n, t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L)', t.id('task'), 'f',
  repeat('x', n)::bytea))::json ->> 'size' FROM unnest(ARRAY[999, 1000]) n;
SELECT n, t.attach('task',
  jsonb_build_object('file_name', 'f', 'content',
  translate(encode(repeat('x', n)::bytea, 'base64'), E'\n', ''))::text)::json -> 'attachment' ->> 'size'
  FROM unnest(ARRAY[998, 999, 1000]) n;
SELECT t.attach('task',
  jsonb_build_object('file_name', 'f', 'content',
  replace(encode(repeat('x', 1000)::bytea, 'base64'), E'\n', E'\r\n'))::text)::json -> 'attachment' ->> 'size';
\c - :api_superuser
ALTER DATABASE regress_api RESET taskcrm.max_attachment_size;

-- The user who attached the file and admins may delete it; its content is deleted too.
\c - regress_api_amy
SELECT t.know('file', (taskcrm.tc_add_task_attachment(t.id('task'), 'amy.txt', 'amy''s') ->> 'id')::uuid);
\c - regress_api_ann
SELECT t.call('tc_delete_task_attachment', 'file');
SELECT t.call('tc_get_task_attachment', 'file');
\c - regress_api_amy
SELECT t.call('tc_delete_task_attachment', 'file') = '' AS deleted;
SELECT count(*) FROM taskcrm.task_attachment_content WHERE attachment_id = t.id('file');
SELECT t.call('tc_delete_task_attachment', 'file');
SELECT t.call('tc_get_task_attachment', 'file');
SELECT t.know('file', (taskcrm.tc_add_task_attachment(t.id('task'), 'amy.txt', 'amy''s') ->> 'id')::uuid);
\c - regress_api_alice
SELECT t.call('tc_delete_task_attachment', 'file') = '' AS deleted_by_admin;

-- Ids that are unknown or belong to another organization.
SELECT t.call('tc_get_task_attachment', 'unknown');
SELECT t.call('tc_get_task_attachment', 'b_file');
SELECT t.call('tc_delete_task_attachment', 'unknown');
SELECT t.call('tc_delete_task_attachment', 'b_file');
SELECT t.attach('unknown', '{"file_name": "f", "content": ""}');
SELECT t.attach('b_task', '{"file_name": "f", "content": ""}');
SELECT t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L)', t.id('b_task'), 'f', 'x'));
SELECT t.try('SELECT taskcrm.tc_get_task_attachment(NULL)');
SELECT t.try('SELECT taskcrm.tc_delete_task_attachment(NULL)');
-- A user of two organizations need not select one.
\c - regress_api_carl
SELECT * FROM taskcrm.tc_get_task_attachment(t.id('b_file'));
SELECT t.call('tc_delete_task_attachment', 'b_file');
SELECT t.call('tc_get_task_attachment', 'unknown');
\c - regress_api_stranger
SELECT t.call('tc_get_task_attachment', 'b_file');
SELECT t.call('tc_delete_task_attachment', 'b_file');
\c - regress_api_nemo
SELECT t.call('tc_get_task_attachment', 'b_file');

\set ECHO none
\i :teardown
