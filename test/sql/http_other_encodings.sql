-- Databases with other encodings: requests and answers, including links and headers, are in UTF-8;
-- input that cannot be converted gives 400.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set encoding_setup :test_dir '/sql/include/encoding_setup.sql'
\set ECHO none
\i :setup

-- LATIN1.
\set encoding LATIN1
\set ECHO none
\i :encoding_setup
SELECT t.post('/api/tasks/', U&'{"title": "caf\00E9 ' || n || '"}') FROM generate_series(1, 3) n;
SELECT t.page('/api/tasks/?title=caf%C3%A9&limit=1&ordering=title');
SELECT t.page('/api/tasks/?title=caf%C3%A9&limit=1&offset=1&ordering=title&count=none');
SELECT t.page('/api/tasks/?title=' || U&'caf\00E9' || '&limit=2');
SELECT t.page('/api/tasks/?title=CAF%C3%89&title=%C3%A9%201&limit=1');
-- Pages by cursor, following the links in the answers.
SELECT t.walk('/api/tasks/?title=caf%C3%A9&limit=1&ordering=-title&cursor=start');
-- The same in SQL.
SELECT taskcrm.tc_list_tasks(jsonb_build_object('title', U&'caf\00E9', 'limit', 1)) ->> 'next';
-- A form: fields, and both notations of a file name.
SELECT t.form('/api/tasks/',
  U&'--X\000d\000aContent-Disposition: form-data; name="title"\000d\000a\000d\000acr\00E8me\000d\000a--X\000d\000aContent-Disposition: form-data; name="attachment"; filename*=UTF-8''''cr%C3%A8me.txt\000d\000a\000d\000ax\000d\000a--X--');
SELECT t.form('/api/tasks/',
  U&'--X\000d\000aContent-Disposition: form-data; name="title"\000d\000a\000d\000acr\00E8me 2\000d\000a--X\000d\000aContent-Disposition: form-data; name="attachment"; filename="br\00FBl\00E9e.txt"\000d\000a\000d\000ax\000d\000a--X--');
SELECT t.utf8(r.headers ->> 'content-disposition')
  FROM taskcrm.task_attachment a, taskcrm.tc_http_request('GET', '/api/tasks/attachment/' || a.id || '/') r
  ORDER BY a.id;
-- Mentions, and emails that differ only in case.
SELECT t.utf8(c), t.mentions(U&'Jos\00E9@acme.example', c)
  FROM unnest(ARRAY[U&'@jos\00E9', U&'@JOS\00C9, please', '@jos', U&'@jos\00E9s', U&'\00E9@jos\00E9',
  U&'\00AB@jos\00E9\00BB', U&'\00A0@jos\00E9\00A0']) c;
SELECT t.mentions(U&'JOS\00C9@acme.example', 'x');
-- Characters that LATIN1 does not have: 400.
SELECT v.what, t.status(v.method, v.uri, v.body, v.headers) FROM (VALUES
  ('query', 'GET', '/api/tasks/?title=%E2%82%AC', NULL::bytea, '{}'),
    ('key', 'GET', '/api/tasks/?%E2%82%AC=1', NULL, '{}'), ('no UTF-8', 'GET', '/api/tasks/?title=%E9', NULL, '{}'),
  ('cut', 'GET', '/api/tasks/?title=%C3', NULL, '{}'), ('surrogate', 'GET', '/api/tasks/?title=%ED%A0%80', NULL, '{}'),
  ('body', 'POST', '/api/tasks/', '\x7b227469746c65223a22e282ac227d', '{}'),
    ('escape', 'POST', '/api/tasks/', '{"title": "\\u20ac"}', '{}'),
    ('body, no UTF-8', 'POST', '/api/tasks/', '\x7b227469746c65223a22e9227d', '{}'),
  ('field', 'POST', '/api/tasks/', convert_to(E'--X\r\nContent-Disposition: form-data; name="title"\r\n\r\n', 'UTF8')
    || '\xe282ac' || convert_to(E'\r\n--X--', 'UTF8'), '{"content-type": "multipart/form-data; boundary=X"}'),
  ('name of field', 'POST', '/api/tasks/', convert_to(E'--X\r\nContent-Disposition: form-data; name="', 'UTF8')
    || '\xe282ac' || convert_to(E'"\r\n\r\nx\r\n--X--', 'UTF8'), '{"content-type": "multipart/form-data; boundary=X"}'),
  ('type', 'POST', '/api/tasks/', '{}', U&'{"content-type": "te\00E9t/plain"}'),
    ('organization', 'GET', '/api/tasks/', NULL, U&'{"organization-id": "\00E9"}'),
  ('tag', 'GET', '/api/tasks/', NULL, U&'{"if-none-match": "\00E9"}'),
    ('token', 'GET', '/api/tasks/', NULL, U&'{"authorization": "Bearer \00E9"}'),
  ('path', 'GET', U&'/api/tasks/\00E9/', NULL, '{}'), ('base', 'GET', U&'/\00E9/', NULL, '{}'),
    ('method', U&'G\00C9T', '/api/tasks/', NULL, '{}')) v (what, method, uri, body, headers);
-- Error messages that quote the input.
SELECT t.answer('GET', '/api/tasks/?status=%C3%A9');
SELECT t.answer('POST', '/api/tasks/', convert_to(U&'{"title": "\00E9", "\00E8": 1}', 'UTF8'));

-- EUC_JP, with a character that Unicode does not have.
\set encoding EUC_JP
\set ECHO none
\i :encoding_setup
SELECT t.post('/api/tasks/', U&'{"title": "\65E5\672C ' || n || '"}') FROM generate_series(1, 2) n;
SELECT t.page('/api/tasks/?title=%E6%97%A5%E6%9C%AC&limit=1&ordering=title');
SELECT t.walk('/api/tasks/?title=%E6%97%A5&limit=1&ordering=title&cursor=start');
SELECT t.form('/api/tasks/',
  U&'--X\000d\000aContent-Disposition: form-data; name="title"\000d\000a\000d\000a\65E5\000d\000a--X\000d\000aContent-Disposition: form-data; name="attachment"; filename="\672C.txt"\000d\000a\000d\000ax\000d\000a--X--');
SELECT t.utf8(r.headers ->> 'content-disposition')
  FROM taskcrm.task_attachment a, taskcrm.tc_http_request('GET', '/api/tasks/attachment/' || a.id || '/') r;
SELECT t.status('GET', '/api/tasks/?title=%F0%9F%98%80'),
  t.status('POST', '/api/tasks/', '\x7b227469746c65223a22f09f9880227d');
SELECT t.utf8(c), t.mentions(U&'\9673@acme.example', c)
  FROM unnest(ARRAY[U&'@\9673', U&'\898B@\9673\3055\3093\3001', U&'\9673@acme.example', U&'\3000@\9673\3000']) c;
SELECT t.mentions('amy@acme.example', convert_from('\xf5a1', 'EUC_JP') || '@amy @AMY');
SELECT t.without_unicode(convert_from('\xf5a1', 'EUC_JP'));

-- SQL_ASCII, with bytes that are not UTF-8.
\set encoding SQL_ASCII
\set ECHO none
\i :encoding_setup
SELECT t.post('/api/tasks/', E'{"title": "caf\303\251 ' || n || '"}') FROM generate_series(1, 2) n;
SELECT t.page('/api/tasks/?title=caf%C3%A9&limit=1&ordering=title');
SELECT t.walk('/api/tasks/?title=caf%C3%A9&limit=1&ordering=title&cursor=start');
SELECT t.status('GET', '/api/tasks/?title=%E9'), t.status('POST', '/api/tasks/', '\x7b227469746c65223a22e9227d');
SELECT t.mentions(E'jos\303\251@acme.example', E'@JOS\303\211 \351@amy'), t.mentions('amy@acme.example', E'\351 @amy'),
  t.mentions('amy@acme.example', E'\351@amy') IS NULL AS in_word;
-- An escape of a character: the server does not convert it.
SELECT v.what, t.status(v.method, v.uri, v.body::bytea, v.headers) FROM (VALUES
  ('body', 'POST', '/api/tasks/', '{"title": "\\u20ac"}', '{}'), ('view', 'POST', '/api/views/', '{"name": "\\u00e9"}', '{}'),
  ('where', 'GET', '/api/tasks/?where=%7B%22title%22%3A%7B%22eq%22%3A%22%5Cu20ac%22%7D%7D', NULL, '{}'), ('filters', 'GET', '/api/sync/?filters=%7B%22title%22%3A%22%5Cu20ac%22%7D', NULL, '{}'),
  ('field', 'POST', '/api/tasks/', E'--X\r\nContent-Disposition: form-data; name="teams"\r\n\r\n["\\\\u20ac"]\r\n--X--', '{"content-type": "multipart/form-data; boundary=X"}')) v (what, method, uri, body, headers);
SELECT t.without_unicode(E'\xe9');
\c regress_api :api_superuser
DROP DATABASE regress_api_encoding;
\set ECHO none
\i :teardown
