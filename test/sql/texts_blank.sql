-- Text that is blank according to Unicode is refused as a name, title or comment, through functions
-- and by direct DML; and which characters are removed from file names.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "talked about"}') ->> 'id')::uuid);
\c - :api_superuser
SET client_min_messages = warning;
SET client_encoding = 'UTF8';
\o /dev/null
-- White_Space from Unicode's PropList.txt; Default_Ignorable_Code_Point from its
-- DerivedCoreProperties.txt, the first and last of each range; control characters; two that look
-- blank.
CREATE TABLE t.blank (c text, code text);
INSERT INTO t.blank SELECT chr(code), to_hex(code) FROM unnest('{
  9,10,11,12,13,32,133,160,5760,8192,8193,8194,8195,8196,8197,8198,8199,8200,8201,8202,8232,8233,8239,8287,12288,
  173,847,1564,4447,4448,6068,6069,6155,6158,6159,8203,8204,8205,8206,8207,8234,8238,8288,8293,8294,8303,12644,65024,65039,65279,65440,
  65520,65528,113824,113827,119155,119162,917504,917505,921599,1,7,27,127,128,159,10240,119129}'::int[]) code;
GRANT SELECT ON t.blank TO PUBLIC;
\o
SELECT count(*), count(DISTINCT c) FROM t.blank;
SELECT code FROM t.blank WHERE NOT taskcrm_internal.is_blank(c);
SELECT taskcrm_internal.is_blank(''), taskcrm_internal.is_blank(string_agg(c, '')),
  taskcrm_internal.is_blank(string_agg(c, '') || 'x'), taskcrm_internal.is_blank(NULL) FROM t.blank;
-- Visible characters, although small or rare.
SELECT to_hex(ascii(c))
  FROM unnest(ARRAY['x', '.', '_', '-', '·', '¨', '|', '陳', 'ก', U&'\0301', U&'\2043', U&'\FFFD', U&'\E000', '😀',
  U&'\0600', U&'\3001', U&'\A9C1']) c WHERE taskcrm_internal.is_blank(c);

-- Functions. Each SELECT returns one error and how often it was raised; no blank text is accepted.
\c - regress_api_alice
CREATE FUNCTION pg_temp.refused(statement text) RETURNS TABLE (answer text, times bigint) LANGUAGE sql AS $$
  SELECT t.try(format(statement, c)), count(*) FROM t.blank GROUP BY 1 ORDER BY 1
$$;
SELECT * FROM pg_temp.refused('SELECT taskcrm.tc_create_task(jsonb_build_object(''title'', %L))');
SELECT * FROM pg_temp.refused(format('SELECT taskcrm.tc_update_task(%L, jsonb_build_object(''title'', %%L))',
  t.id('task')));
SELECT * FROM pg_temp.refused(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %%L)', t.id('task')));
SELECT * FROM pg_temp.refused('SELECT taskcrm.tc_create_account(%L)');
SELECT * FROM pg_temp.refused(format('SELECT taskcrm.tc_update_account(%L, jsonb_build_object(''name'', %%L))', t.id('northwind')));
SELECT * FROM pg_temp.refused('SELECT taskcrm.tc_create_contact(%L)');
SELECT * FROM pg_temp.refused('SELECT taskcrm.tc_create_team(%L)');
SELECT * FROM pg_temp.refused(format('SELECT taskcrm.tc_update_team(%L, jsonb_build_object(''name'', %%L))', t.id('sales')));
-- Text that is not blank is stored with the blanks around it.
SELECT taskcrm.tc_create_task(jsonb_build_object('title', U&'\3000x\200B')) ->> 'title' = U&'\3000x\200B';

-- Tables.
\c - :api_superuser
CREATE FUNCTION pg_temp.refused(statement text) RETURNS TABLE (answer text, times bigint) LANGUAGE sql AS $$
  SELECT split_part(t.try(format(statement || ' RETURNING 1', c)), ' | Failing', 1), count(*) FROM t.blank GROUP BY 1
    ORDER BY 1
$$;
SELECT * FROM pg_temp.refused('INSERT INTO taskcrm.organization (name) VALUES (%L)');
SELECT taskcrm.tc_create_organization(U&'\3000');
SELECT * FROM pg_temp.refused(format('INSERT INTO taskcrm.account (org_id, name) VALUES (%L, %%L)', t.id('acme')));
SELECT * FROM pg_temp.refused(format('INSERT INTO taskcrm.contact (org_id, first_name) VALUES (%L, %%L)',
  t.id('acme')));
SELECT * FROM pg_temp.refused(format('INSERT INTO taskcrm.team (org_id, name) VALUES (%L, %%L)', t.id('acme')));
SELECT * FROM pg_temp.refused(format('INSERT INTO taskcrm.task (org_id, title) VALUES (%L, %%L)', t.id('acme')));
SELECT * FROM pg_temp.refused(format('INSERT INTO taskcrm.task_comment (org_id, task_id, comment) VALUES (%L, %L, %%L)',
  t.id('acme'), t.id('task')));
\set VERBOSITY terse
COPY taskcrm.team (org_id, name) FROM stdin;
0a000000-0000-4000-8000-000000000001	　​
\.

-- File names.
\c - regress_api_alice
SELECT v.sent, v.wanted, f.name FROM (VALUES
  (U&'invoice\202Efdp.exe', 'invoicefdp.exe'), (U&'\2066a\2069\200F.txt', 'a.txt'), (U&'a\0085b\009Fc', 'abc'),
    (U&'a\2028b\2029c', 'abc'), (U&'\061C\200E\202A\202B\202C\202D\2067\2068', 'file'),
  (U&'\00A0', 'file'), (U&'\200B', 'file'), (U&'\3000a', 'a'), (U&'\202E..', 'file'), (U&'..\202E/\202E.', 'file'),
    (U&' \202E ', 'file'), (E'a\x7f\x01b', 'ab'),
  ('陳 été.pdf', '陳 été.pdf'), ('👩‍👩‍👧.png', '👩‍👩‍👧.png'),
    (repeat('陳', 100) || U&'\202E.pdf', repeat('陳', 83) || '.pdf')) v (sent, wanted),
  LATERAL (SELECT taskcrm.tc_add_task_attachment(t.id('task'), v.sent, 'x') ->> 'file_name') f (name)
WHERE v.wanted <> f.name;
\c - :api_superuser
SELECT to_hex(ascii(replace(name, 'a', ''))),
  split_part(t.try(format('INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, url) VALUES (%L, %L, %L, %L) RETURNING 1',
  t.id('acme'), t.id('task'), name, 'https://x.example/')), ' | Failing', 1) FROM unnest(ARRAY[
  U&'a\202E', U&'a\0085', U&'a\2067', U&'a\200F', U&'a\061C', U&'a\2028', U&'\00A0', '..', '', ' ']) name;
SELECT t.try(format('INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, url) VALUES (%L, %L, %L, %L) RETURNING file_name', t.id('acme'), t.id('task'), '陳 é.pdf', 'https://x.example/'));

-- Other encodings: the same characters in their encoding.
SET client_min_messages = error;
CREATE DATABASE regress_texts_latin1 TEMPLATE template0 ENCODING 'LATIN1' LOCALE 'C';
CREATE DATABASE regress_texts_euc_jp TEMPLATE template0 ENCODING 'EUC_JP' LOCALE 'C';
CREATE DATABASE regress_texts_ascii TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C';
\c regress_texts_latin1
SET client_min_messages = error;
CREATE EXTENSION taskcrm;
SELECT taskcrm_internal.is_blank(chr(160)), taskcrm_internal.is_blank(chr(173) || chr(133)),
  taskcrm_internal.is_blank(chr(160) || chr(233)),
  taskcrm_internal.is_file_name(chr(233) || '.txt'), taskcrm_internal.is_file_name('a' || chr(133)),
    taskcrm_internal.folded(chr(201)) = taskcrm_internal.folded(chr(233));
\c regress_texts_euc_jp
SET client_min_messages = error;
CREATE EXTENSION taskcrm;
SELECT taskcrm_internal.is_blank(convert_from('\xa1a1', 'EUC_JP')),
  taskcrm_internal.is_blank(convert_from('\xa1a1c4c4', 'EUC_JP')),
  taskcrm_internal.is_file_name(convert_from('\xc4c42e747874', 'EUC_JP')),
    taskcrm_internal.is_file_name(convert_from('\xa1a161', 'EUC_JP'));
\c regress_texts_ascii
SET client_min_messages = error;
CREATE EXTENSION taskcrm;
SELECT taskcrm_internal.is_blank(E'\xc2\xa0\xe3\x80\x80'), taskcrm_internal.is_blank(E'\xa0'),
  taskcrm_internal.is_blank(E'\xe3\x80'),
  taskcrm_internal.is_file_name(E'\xc3\xa9'), taskcrm_internal.is_file_name(E'\x85'),
    taskcrm_internal.is_file_name(E'a\xe2\x80\xae');
\c regress_api
DROP DATABASE regress_texts_latin1;
DROP DATABASE regress_texts_euc_jp;
DROP DATABASE regress_texts_ascii;
\set ECHO none
\i :teardown
