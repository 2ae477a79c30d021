-- Paging by cursor: complete and ordered for every filter and ordering, stable while tasks are
-- added and deleted, and safe for invalid cursors.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup
SET client_min_messages = warning;
-- Returns all pages of a list together, and their number.
CREATE FUNCTION walk(f jsonb, OUT ids uuid[], OUT pages integer) LANGUAGE plpgsql AS $$
DECLARE
  place text := 'start';
  answer json;
BEGIN
  ids := '{}';
  pages := 0;
  WHILE place IS NOT NULL LOOP
    answer := taskcrm.tc_list_tasks(f || jsonb_build_object('cursor', place));
    ids := ids || ARRAY(SELECT (value ->> 'id')::uuid
      FROM json_array_elements(answer -> 'results') WITH ORDINALITY AS r (value, n) ORDER BY n);
    place := answer ->> 'next_cursor';
    pages := pages + 1;
    IF (answer ->> 'next' IS NULL) <> (place IS NULL) OR answer ->> 'previous' IS NOT NULL THEN
      RAISE 'links of % at %: %, %', f, place, answer ->> 'next', answer ->> 'previous';
    END IF;
  END LOOP;
END
$$;
-- Returns the result for a cursor: an answer or an error.
CREATE FUNCTION try_cursor(value jsonb, f jsonb DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
  hint text;
BEGIN
  RETURN json_array_length(taskcrm.tc_list_tasks(f || jsonb_build_object('cursor', value)) -> 'results');
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN concat_ws(E'\n', SQLSTATE || ': ' || SQLERRM, '  ' || nullif(detail, ''), '  ' || nullif(hint, ''));
END
$$;
CREATE FUNCTION cursor_after(f jsonb) RETURNS text LANGUAGE sql AS
  $$ SELECT taskcrm.tc_list_tasks(f || '{"cursor": "start"}') ->> 'next_cursor' $$;
RESET client_min_messages;
\set ECHO all
\connect - regress_bob
-- Every ordering with every filter, in small pages.
SELECT count(*) > 700 AS many, count(*) FILTER (WHERE w.ids <> o.ids) AS wrong,
  min(f::text) FILTER (WHERE w.ids <> o.ids) AS first,
  max(w.pages) > 30 AS pages
FROM (SELECT a.f || b.f || jsonb_build_object('limit', 7 + a.n % 5) AS f FROM fragment a JOIN fragment b
      ON b.key = 'ordering' AND a.key NOT IN ('limit', 'offset', 'ordering', 'count')) AS p,
  LATERAL walk(f) AS w, LATERAL (SELECT oracle(f, :org, :me) AS ids) AS o;
-- One task per page; all tasks on one page.
SELECT f ->> 'ordering' AS ordering,
  (walk(f || '{"limit": 1, "count": "none"}')).ids = oracle(f, :org, :me) AS complete,
  (walk(f || '{"limit": 1000}')).pages
FROM fragment WHERE key = 'ordering' ORDER BY n;
-- The format of an answer.
SELECT json_object_keys(taskcrm.tc_list_tasks('{"cursor": "start", "limit": 2}'));
SELECT a ->> 'next' = '/api/tasks/?status=New&count=none&ordering=title&limit=2&cursor='
  || (a ->> 'next_cursor') AS link, a ->> 'count'
FROM taskcrm.tc_list_tasks('{"cursor": "start", "limit": 2, "status": "New", "ordering": "title", "count": "none"}') AS
  a;
-- A cursor contains no character that a URL must encode.
SELECT count(*), count(*) FILTER (WHERE c !~ '^[A-Za-z0-9_-]+$')
FROM (SELECT cursor_after(f || jsonb_build_object('limit', size)) AS c FROM fragment, generate_series(1, 5) AS size
  WHERE key = 'ordering') AS c;
-- The count covers all pages, in each mode; tc_find_task_ids() accepts a cursor, too.
SELECT m, a ->> 'count' AS count, json_array_length(a -> 'results') AS tasks
FROM unnest(ARRAY['exact', 'estimated', 'none']) AS m,
  LATERAL taskcrm.tc_list_tasks(jsonb_build_object('limit', 5, 'count', m, 'cursor',
    cursor_after('{"limit": 239}'))) AS a;
SELECT ARRAY(SELECT taskcrm.tc_find_task_ids(jsonb_build_object('limit', 1000, 'cursor',
  cursor_after('{"limit": 40}'))))
  = (oracle('{}', :org, :me))[41:] AS rest;
-- null and an empty string mean no cursor.
SELECT (a ->> 'next_cursor') IS NULL, a ->> 'next'
  FROM unnest(ARRAY['{"cursor": null, "limit": 3}', '{"cursor": "", "limit": 3}']::jsonb[]) AS f,
  taskcrm.tc_list_tasks(f) AS a;

-- A cursor works after its task is deleted and tasks are added before and after it.
SELECT cursor_after('{"limit": 20, "ordering": "title"}') AS title_place, cursor_after('{"limit": 20}') AS place \gset
SELECT id AS gone FROM taskcrm.tc_find_tasks('{"limit": 20}') WITH ORDINALITY ORDER BY ordinality DESC LIMIT 1 \gset
\connect - :superuser
BEGIN;
DELETE FROM taskcrm.task WHERE id = :'gone';
SELECT count(*) FROM (SELECT make_tasks(1, 30, 5000, '!')) AS made;
SELECT taskcrm.tc_link_login(:'superuser', :me);
SELECT ARRAY(SELECT taskcrm.tc_find_task_ids(jsonb_build_object('limit', 1000, 'cursor', c, 'ordering', o)))
  = ARRAY(SELECT i FROM unnest(oracle(jsonb_build_object('ordering', o), :org, :me)) WITH ORDINALITY AS l (i, n)
          WHERE n > CASE o WHEN 'title' THEN 50 ELSE 19 END ORDER BY n) AS rest, o
FROM (VALUES (:'title_place', 'title'), (:'place', '-created_on')) AS v (c, o);
ROLLBACK;

-- A cursor is valid only with its own filters and ordering.
\connect - regress_bob
SELECT try_cursor(to_jsonb(cursor_after('{"status": "New", "limit": 3}')), '{"status": "New"}');
SELECT try_cursor(to_jsonb(cursor_after('{"status": "New", "limit": 3}')), '{"status": "Completed"}');
SELECT try_cursor(to_jsonb(cursor_after('{"status": "New", "limit": 3}')));
SELECT left(try_cursor(to_jsonb(cursor_after('{"limit": 3}')), '{"ordering": "created_on"}'), 5),
  left(try_cursor(to_jsonb(cursor_after('{"limit": 3}')), '{"time_zone": "UTC"}'), 5),
  try_cursor(to_jsonb(cursor_after('{"limit": 3}')), '{"ordering": "-created_on", "limit": 5, "count": "none"}');
-- Invalid cursors.
SELECT try_cursor('"begin"');
SELECT try_cursor('7');
SELECT try_cursor('["start"]');
SELECT try_cursor('"start"', '{"offset": 0}');
SELECT try_cursor('" start"'), try_cursor('"="') = try_cursor('"begin"'),
  try_cursor(to_jsonb(repeat('A', 100000))) = try_cursor('"begin"'),
  try_cursor(to_jsonb(cursor_after('{"limit": 3}') || '=')) = try_cursor('"begin"');
-- A cursor with any byte changed, or cut at any length, gives an answer or 22023.
SELECT outcome, count(*) > 100 AS many
FROM (SELECT cursor_after(f || '{"limit": 9}') AS c, f FROM fragment WHERE key = 'ordering') AS c,
  LATERAL generate_series(1, length(c)) AS i,
  LATERAL unnest(ARRAY['A', 'z', '_']) AS other,
  LATERAL (SELECT left(try_cursor(to_jsonb(overlay(c PLACING other FROM i FOR 1)), f), 7)) AS t (outcome)
WHERE outcome !~ '^[0-9]+$' GROUP BY outcome ORDER BY outcome;
SELECT DISTINCT left(try_cursor(to_jsonb(left(c, i)), f), 7) AS outcome
FROM (SELECT cursor_after(f || '{"limit": 9}') AS c, f FROM fragment WHERE key = 'ordering') AS c,
  LATERAL generate_series(1, length(c) - 1) AS i
WHERE try_cursor(to_jsonb(left(c, i)), f) !~ '^[0-9]+$';
-- With another user's cursor, a list still shows only the caller's own rows.
SELECT cursor_after('{"limit": 3, "ordering": "title"}') AS place \gset
\connect - regress_dan
SELECT ARRAY(SELECT taskcrm.tc_find_task_ids(jsonb_build_object('limit', 1000, 'cursor', :'place', 'ordering',
  'title')))
  <@ oracle('{}', '00000001-0000-7000-8000-000000000002', NULL) AS own;

\set ECHO none
\o /dev/null
\connect - :superuser
DROP FUNCTION public.walk(jsonb), public.try_cursor(jsonb, jsonb), public.cursor_after(jsonb);
\i :drop_tasks
