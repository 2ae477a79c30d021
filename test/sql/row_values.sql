-- Rows that only an import, a restore or a superuser can write: what the tables refuse, and how
-- each way of reading handles the rest.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "imported"}') ->> 'id')::uuid);
\c - :api_superuser
\t on
\pset format unaligned
\pset null '(null)'
-- An attachment of three bytes, as the API stores it.
CREATE FUNCTION t.kept() RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('org_id', t.id('acme'), 'id', gen_random_uuid(), 'task_id', t.id('task'), 'file_name', 'f',
    'content_type', 'text/plain',
    'size', 3, 'sha256', sha256('abc'), 'created_on', timestamptz '2023-01-01 00:00Z')
$$;
-- Writes an attachment as a superuser; the JSON object contains the values that differ.
CREATE FUNCTION t.write_file(file jsonb, content bytea DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
  INSERT INTO taskcrm.task_attachment SELECT r.*
    FROM jsonb_populate_record(NULL::taskcrm.task_attachment, t.kept() || file) r;
  INSERT INTO taskcrm.task_attachment_content SELECT t.id('acme'), (file ->> 'id')::uuid, content
    WHERE content IS NOT NULL;
$$;
-- Inserts a variant of a valid row; returns the constraint that refuses it.
CREATE FUNCTION t.taken(tab regclass, good jsonb, different jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  refused text;
BEGIN
  EXECUTE format('INSERT INTO %1$s SELECT r.* FROM jsonb_populate_record(NULL::%1$s, $1) r', tab)
    USING good || different;
  RAISE SQLSTATE 'ZZ000';
EXCEPTION
  WHEN SQLSTATE 'ZZ000' THEN RETURN 'taken';
  WHEN others THEN
    GET STACKED DIAGNOSTICS refused = CONSTRAINT_NAME;
    RETURN concat_ws(' ', sqlstate, nullif(refused, ''));
END
$$;

-- Content types: the constraint accepts the same values as the API.
CREATE TABLE t.type AS SELECT *
  FROM unnest(ARRAY['text/plain', 'a/b', 'image/svg+xml; charset=utf-8', 'a/b;c=d', E'a/b \t;\tc=d',
  'a/b; c="d e]\"\\"; f=g', 'a/b; c=""', repeat('a', 250) || '/abcd',
  repeat('a', 251) || '/abcd', '', 'a', 'a/', '/b', 'a/b/c', 'a/b;', 'a/b; c', 'a/b; c=', 'a/b; c="d', 'a/b; c=d"',
    'a/b c', ' a/b', 'a/b ', E'a/b\n', E'a/b\r\nSet-Cookie: a=b', E'a/b; c="\r\n"', E'a/b; c="\t"',
  E'a/b; c="\u00e9"', E'\u00e9/b', E'a/b\u2028', E'a/b\u0085', 'a/b; c="\']) WITH ORDINALITY AS t (type, n);
SELECT left(to_json(type)::text, 60),
  t.taken('taskcrm.task_attachment', t.kept(), jsonb_build_object('content_type', type)) FROM t.type ORDER BY n;
GRANT SELECT ON t.type TO PUBLIC;
-- Stored content must have a type; a link may have one.
SELECT t.taken('taskcrm.task_attachment', t.kept(), '{"content_type": null}'),
  t.taken('taskcrm.task_attachment', t.kept(),
    '{"content_type": null, "url": "https://x.test/", "size": null, "sha256": null}'),
  t.taken('taskcrm.task_attachment', t.kept(), '{"url": "https://x.test/", "size": null, "sha256": null}');
\c - regress_api_alice
-- The API accepts the same types; an empty one counts as absent.
SELECT type, left(a, 5)
  FROM t.type, t.try(format('SELECT taskcrm.tc_add_task_attachment(%L, %L, %L, %L)', t.id('task'), 'f', '', type)) a
WHERE (left(a, 5) = '22023') <>
  (type !~ '^[-!#$%&''*+.^_`|~0-9A-Za-z]+/[-!#$%&''*+.^_`|~0-9A-Za-z]+([ \t]*;[ \t]*[-!#$%&''*+.^_`|~0-9A-Za-z]+=([-!#$%&''*+.^_`|~0-9A-Za-z]+|"([] !#-[^-~]|\\[ -~])*"))*$' OR length(type) > 255) ORDER BY n;
SELECT name, taskcrm.tc_add_task_attachment(t.id('task'), name, 'x') ->> 'file_name'
  FROM unnest(ARRAY[E'a\u202efdp.exe', E'\u2066\u2069', E'a\u0085\u200f\u061cb', E'a\u200db', E'\u2028.']) AS name;
\c - :api_superuser
\t on
\pset format unaligned
\pset null '(null)'
DELETE FROM taskcrm.task_attachment;
-- File names: no control characters, no separators, no characters that change the text direction.
SELECT to_json(name), t.taken('taskcrm.task_attachment', t.kept(), jsonb_build_object('file_name', name))
FROM unnest(ARRAY['a', ' ', '.', '..', '...', 'a.b', E'\u00e9\u4e2d\u0627', E'a\u200db', 'a/b', 'a\b', E'a\tb',
  E'a\u007fb', E'a\u0085b', E'a\u009fb', E'a\u00a0b', E'a\u061cb', E'a\u200eb', E'a\u200fb', E'a\u2028b', E'a\u2029b',
  E'a\u202eb', E'a\u2066b', E'a\u2069b']) AS name;
-- Every time in every table is finite and in the years 1 to 9999.
CREATE TABLE pg_temp.times AS SELECT c.relname, a.attname FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r'
  AND a.atttypid IN ('timestamptz'::regtype, 'timestamp'::regtype, 'date'::regtype);
CREATE FUNCTION t.try_time(tab name, col name, value text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  refused text;
BEGIN
  -- An empty table with the constraints of the other.
  EXECUTE format('CREATE TEMP TABLE copy (LIKE %s INCLUDING CONSTRAINTS)', taskcrm_internal.qualified_name(tab));
  EXECUTE (SELECT string_agg(format('ALTER TABLE copy ALTER %I DROP NOT NULL', a.attname), ';') FROM pg_attribute a
    WHERE a.attrelid = 'copy'::regclass AND a.attnum > 0);
  EXECUTE format('INSERT INTO copy (%I) VALUES (%L)', col, value);
  RAISE SQLSTATE 'ZZ000';
EXCEPTION
  WHEN SQLSTATE 'ZZ000' THEN RETURN 'taken';
  WHEN check_violation THEN
    -- Others, which want more than one column, do not matter here.
    GET STACKED DIAGNOSTICS refused = CONSTRAINT_NAME;
    RETURN CASE WHEN refused = format('%s_%s_check', tab, col) THEN 'refused' ELSE 'taken' END;
END
$$;
SELECT v.value, v.wanted, count(*) > 10 AS many,
  string_agg(relname || '.' || attname, ' ') FILTER (WHERE t.try_time(relname, attname, value) <> wanted) AS otherwise
FROM pg_temp.times, (VALUES ('infinity', 'refused'), ('-infinity', 'refused'),
  ('0001-12-31 23:59:59.999999+00 BC', 'refused'), ('4713-01-01 00:00:00+00 BC', 'refused'),
  ('10000-01-01 00:00:00+00', 'refused'),
  ('294276-12-31 00:00:00+00', 'refused'), ('0001-01-01 00:00:00+00', 'taken'),
    ('9999-12-31 23:59:59.999999+00', 'taken')) AS v (value, wanted)
GROUP BY v.value, v.wanted ORDER BY v.wanted, v.value COLLATE "C";
-- A stored answer must be JSON, because it is sent as JSON.
SELECT answer, t.taken('taskcrm_internal.stored_answer',
  jsonb_build_object('org_id', t.id('acme'), 'user_id', t.id('amy'), 'key', 'k', 'request', '\x', 'created_on', now()),
  jsonb_build_object('answer', answer))
FROM unnest(ARRAY[NULL, '{}', '[]', '1', 'x', '', '{', '{"a": 1} x']) AS answer;

-- Rows older than the constraints: tc_install() reports them and changes none.
CREATE FUNCTION t.install() RETURNS text LANGUAGE sql AS $$ SELECT t.try('CALL taskcrm.tc_install()') $$;
CREATE FUNCTION t.doctor() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format('%s: %s', d."check", d.detail) FROM taskcrm.tc_doctor() d
    WHERE NOT d.ok AND d."check" IN ('values', 'contents', 'keys') $$;
ALTER TABLE taskcrm.task_attachment DROP CONSTRAINT task_attachment_kept_or_url_check,
  DROP CONSTRAINT task_attachment_content_type_check,
  DROP CONSTRAINT task_attachment_file_name_check;
ALTER TABLE taskcrm.task DROP CONSTRAINT task_created_on_check,
  ADD CONSTRAINT task_created_on_check CHECK (isfinite(created_on)), ADD CONSTRAINT mine CHECK (title <> 'no');
INSERT INTO t.known VALUES ('untyped', '0d000000-0000-4000-8000-000000000001'),
  ('forged', '0d000000-0000-4000-8000-000000000002'),
  ('lost', '0d000000-0000-4000-8000-000000000003'), ('both', '0d000000-0000-4000-8000-000000000004');
SELECT t.write_file(jsonb_build_object('id', t.id('untyped'), 'content_type', NULL), 'abc');
SELECT t.write_file(jsonb_build_object('id', t.id('forged'), 'content_type', E'text/html\r\nSet-Cookie: a=b',
  'file_name', E'a\r\nSet-Cookie: c=d'), 'abc');
SELECT t.doctor();
SELECT t.install();
-- A NOT VALID constraint does not avoid this.
ALTER TABLE taskcrm.task_attachment ADD CONSTRAINT task_attachment_kept_or_url_check
  CHECK (((url IS NULL) = (size IS NOT NULL)) AND ((size IS NULL) = (sha256 IS NULL))
    AND ((size IS NULL) OR (content_type IS NOT NULL))) NOT VALID;
SELECT t.doctor();
SELECT t.install();
-- A file whose content was not restored, and a link with content.
SELECT t.write_file(jsonb_build_object('id', t.id('lost')));
SELECT t.write_file(jsonb_build_object('id', t.id('both'), 'url', 'https://files.example/a', 'size', NULL, 'sha256',
  NULL), 'abc');

-- Until these rows are corrected, no answer is forged and no call crashes.
\c - regress_api_alice
SELECT name, t.http('GET', format('/api/tasks/attachment/{%s}/', name)),
  t.http('HEAD', format('/api/tasks/attachment/{%s}/', name))
FROM unnest(ARRAY['untyped', 'forged', 'lost', 'both']) AS name;
SELECT name, t.try(format('SELECT f FROM taskcrm.tc_get_task_attachment(%L) f', t.id(name)))
  FROM unnest(ARRAY['untyped', 'forged', 'lost', 'both']) AS name;
SELECT a ->> 'file_name' AS file_name, a -> 'size' AS size, a -> 'content_type' AS content_type,
  a -> 'content_missing' AS content_missing
FROM json_array_elements(taskcrm.tc_get_task(t.id('task')) -> 'attachments') a;

\c - :api_superuser
\t on
\pset format unaligned
SELECT t.doctor();
UPDATE taskcrm.task_attachment SET content_type = 'application/octet-stream', file_name = 'f'
  WHERE id IN (t.id('untyped'), t.id('forged'));
CALL taskcrm.tc_install();
SELECT t.doctor();
SELECT conname, convalidated FROM pg_constraint
  WHERE conname IN ('mine', 'task_created_on_check', 'task_attachment_kept_or_url_check') ORDER BY 1;
-- If there is nothing to do, no catalogue row changes.
SELECT max(xmin::text::bigint) AS before FROM pg_constraint \gset
CALL taskcrm.tc_install();
SELECT max(xmin::text::bigint) = :before AS untouched FROM pg_constraint;
SET "TimeZone" = 'America/New_York';
SET "DateStyle" = 'German';
SELECT t.doctor();
-- A file without its content can be deleted; a user of another organization gets no information
-- about it.
\c - regress_api_bob
SELECT t.http('GET', '/api/tasks/attachment/{lost}/');
\c - regress_api_alice
SELECT t.call('tc_delete_task_attachment', 'lost');

-- A stored answer that was changed is not returned.
SELECT left(t.http_short('POST', '/api/tasks/', '{"title": "kept"}', '{"idempotency-key": "k"}'), 4);
\c - :api_superuser
UPDATE taskcrm_internal.stored_answer SET answer = '{}';
\c - regress_api_alice
SELECT t.http_short('POST', '/api/tasks/', '{"title": "kept"}', '{"idempotency-key": "k"}');

\set ECHO none
\i :teardown
