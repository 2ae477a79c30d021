-- Ordering by several keys in every direction, compared with plain SQL: whole lists, pages by
-- cursor and by offset, and pages while tasks are added, changed and deleted.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup
SET client_min_messages = warning;
-- All lists of one to four keys in both directions.
CREATE TABLE ordering AS
WITH RECURSIVE one AS (SELECT key, sign || key AS signed
    FROM unnest(ARRAY['created_on', 'updated_on', 'due_date', 'priority', 'status', 'title']) AS key,
      unnest(ARRAY['', '-']) AS sign),
  list AS (SELECT ARRAY[key] AS keys, signed AS ordering FROM one
    UNION ALL SELECT l.keys || o.key, l.ordering || ',' || o.signed FROM list l
      JOIN one o ON o.key <> ALL (l.keys) AND cardinality(l.keys) < 4)
SELECT ordering, cardinality(keys) AS keys, row_number() OVER (PARTITION BY cardinality(keys)
  ORDER BY md5(ordering)) AS n FROM list;
GRANT SELECT ON ordering TO PUBLIC;
-- 90 tasks with few distinct values, so that many are equal in several keys.
CREATE FUNCTION few_values(org uuid) RETURNS void LANGUAGE sql AS $$
  DELETE FROM taskcrm.task WHERE org_id = org AND id > id('task', 1090);
  UPDATE taskcrm.task SET title = (ARRAY['b', 'a', 'B', 'é'])[1 + r[1] % 4],
    status = (enum_range(NULL::taskcrm.task_status))[1 + r[2] % 3],
    priority = (enum_range(NULL::taskcrm.task_priority))[1 + r[3] % 4],
    due_date = (ARRAY['0001-01-01', '2026-01-01', '9999-12-31', NULL]::date[])[1 + r[4] % 4],
    created_on = timestamptz '2026-01-01 00:00Z' + (r[5] % 4) * interval '1 microsecond',
    updated_on = timestamptz '2026-01-01 00:00Z' - (r[6] % 3) * interval '1 day'
  FROM (SELECT t.id, ARRAY(SELECT get_byte(sha256(t.id::text::bytea), i) FROM generate_series(0, 5) AS i) AS r
    FROM taskcrm.task t) AS v
  WHERE task.org_id = org AND task.id = v.id;
$$;
SELECT few_values(:org);
-- Collects the pages of a list, by cursor or by the offsets in the links.
CREATE FUNCTION walk(f jsonb) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := '{}';
  page jsonb := f;
  answer jsonb;
BEGIN
  LOOP
    answer := taskcrm.tc_list_tasks(page);
    ids := ids || ARRAY(SELECT (value ->> 'id')::uuid
      FROM jsonb_array_elements(answer -> 'results') WITH ORDINALITY AS r (value, n) ORDER BY n);
    EXIT WHEN answer ->> 'next' IS NULL;
    page := f || CASE WHEN f ? 'cursor' THEN jsonb_build_object('cursor', answer ->> 'next_cursor')
      ELSE jsonb_build_object('offset', substring(answer ->> 'next' FROM 'offset=([0-9]+)$')) END;
  END LOOP;
  RETURN ids;
END
$$;
-- Collects the pages back to the first, using the links to the previous page.
CREATE FUNCTION walk_back(f jsonb, start integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  ids uuid[] := '{}';
  answer jsonb;
BEGIN
  LOOP
    answer := taskcrm.tc_list_tasks(f || jsonb_build_object('offset', start));
    ids := ARRAY(SELECT (value ->> 'id')::uuid
      FROM jsonb_array_elements(answer -> 'results') WITH ORDINALITY AS r (value, n) ORDER BY n) || ids;
    start := substring(answer ->> 'previous' FROM 'offset=([0-9]+)$');
    EXIT WHEN start IS NULL;
  END LOOP;
  RETURN ids;
END
$$;
-- The ids that follow a place; the place is a task with its values on the previous page.
CREATE FUNCTION behind(ordering text, place taskcrm.task, size integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  result uuid[];
BEGIN
  EXECUTE format('SELECT ARRAY(SELECT id FROM (SELECT row_number() OVER w AS n, bool_or(is_place) OVER w AS behind, is_place, id
      FROM (SELECT t.*, false AS is_place FROM taskcrm.task t WHERE t.org_id = $1.org_id UNION ALL SELECT ($1).*, true) AS l
      WINDOW w AS (ORDER BY %s, is_place ROWS UNBOUNDED PRECEDING)) AS p WHERE behind AND NOT is_place ORDER BY n LIMIT $2)', order_by(ordering))
  INTO result USING place, size;
  RETURN result;
END
$$;
-- Pages by cursor while tasks are added, changed and deleted; describes the first wrong page.
CREATE FUNCTION walk_among_changes(ordering text, size integer, org uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  place text := 'start';
  wanted uuid[];
  ids uuid[];
  answer jsonb;
  last taskcrm.task;
  pages integer := 0;
BEGIN
  LOOP
    answer := taskcrm.tc_list_tasks(jsonb_build_object('ordering', ordering, 'limit', size, 'cursor', place, 'count',
      'none'));
    ids := ARRAY(SELECT (value ->> 'id')::uuid
      FROM jsonb_array_elements(answer -> 'results') WITH ORDINALITY AS r (value, n) ORDER BY n);
    pages := pages + 1;
    IF pages > 1 AND ids <> wanted THEN
      RETURN format('page %s of %s: %s for %s', pages, ordering, ids, wanted);
    END IF;
    place := answer ->> 'next_cursor';
    EXIT WHEN place IS NULL OR pages > 40;
    SELECT * INTO last FROM taskcrm.task t WHERE t.org_id = org AND t.id = ids[cardinality(ids)];
    -- The one at the place goes or changes, others come, change and go.
    IF pages % 3 = 1 THEN
      DELETE FROM taskcrm.task t WHERE t.org_id = org AND t.id = last.id;
    ELSIF pages % 3 = 2 THEN
      UPDATE taskcrm.task t SET due_date = CASE WHEN due_date IS NULL THEN date '2026-01-01' END, title = 'zz',
        priority = 'Low' WHERE t.org_id = org AND t.id = last.id;
    END IF;
    UPDATE taskcrm.task t SET priority = 'Urgent', due_date = NULL, updated_on = clock_timestamp()
      WHERE t.org_id = org AND t.id = id('task', 1000 + pages * 7);
    DELETE FROM taskcrm.task t WHERE t.org_id = org AND t.id = id('task', 1000 + pages * 11);
    INSERT INTO taskcrm.task (org_id, title, status, priority, due_date, created_on, updated_on)
    SELECT org, 'a', last.status, priority, last.due_date, last.created_on, last.updated_on
      FROM unnest(enum_range(NULL::taskcrm.task_priority)) AS priority;
    wanted := behind(ordering, last, size);
  END LOOP;
  RETURN NULL;
END
$$;
RESET client_min_messages;
\set ECHO all
SELECT keys, count(*) FROM ordering GROUP BY keys ORDER BY keys;
\connect - regress_bob
-- Whole lists as JSON, ids and rows, with counts and links: all orderings of up to two keys, some
-- of three and four.
SELECT keys, count(*), count(difference) AS wrong, min(ordering || ': ' || difference)
FROM (SELECT keys, ordering,
  check_list(jsonb_build_object('ordering', ordering, 'limit', 1000), :org, :me) AS difference FROM ordering
      WHERE keys <= 2 OR n <= 100) AS c GROUP BY keys ORDER BY keys;
-- Pages by cursor.
SELECT keys, count(*), count(*) FILTER (WHERE ids <> wanted) AS wrong,
  min(ordering) FILTER (WHERE ids <> wanted) AS first
FROM (SELECT keys, ordering, walk(f || '{"cursor": "start", "count": "none"}') AS ids, oracle(f, :org, :me) AS wanted
      FROM ordering, LATERAL (SELECT jsonb_build_object('ordering', ordering, 'limit', 9 + n % 23) AS f) AS f
        WHERE keys <= 2 OR n <= 60) AS w
GROUP BY keys ORDER BY keys;
-- One task per page.
SELECT count(*), count(*) FILTER (WHERE walk(f || '{"cursor": "start", "limit": 1, "count": "none"}') <>
  oracle(f, :org, :me)) AS wrong
FROM ordering, LATERAL (SELECT jsonb_build_object('ordering', ordering) AS f) AS f WHERE keys > 1 AND n <= 4;
-- Pages by offset, forwards and backwards, and with filters.
SELECT count(*), count(*) FILTER (WHERE walk(f) <> wanted) AS wrong,
  count(*) FILTER (WHERE walk_back(f, (cardinality(wanted) - 1) / 20 * 20) <> wanted) AS wrong_back
FROM ordering, LATERAL (SELECT jsonb_build_object('ordering', ordering, 'limit', 20) AS f) AS f,
  LATERAL (SELECT oracle(f, :org, :me) AS wanted) AS o WHERE keys > 1 AND n <= 15;
SELECT count(*) > 100 AS many,
  count(*) FILTER (WHERE walk(filters || '{"cursor": "start", "count": "none"}') <>
  oracle(filters, :org, :me)) AS wrong,
  count(check_list(filters || '{"offset": 2}', :org, :me)) AS wrong_list
FROM ordering o JOIN fragment a ON o.keys > 1 AND o.n <= 12 AND (a.n + o.n) % 23 = 0
  AND a.key NOT IN ('limit', 'offset', 'ordering', 'count'),
  LATERAL (SELECT a.f || jsonb_build_object('ordering', ordering, 'limit', 20)) AS l (filters);
-- The links contain the ordering.
SELECT a ->> 'next', b ->> 'previous'
FROM taskcrm.tc_list_tasks('{"ordering": "due_date,-priority", "limit": 2}') AS a,
  taskcrm.tc_list_tasks('{"ordering": "due_date,-priority", "limit": 2, "offset": 2}') AS b;
-- Totals accept the filters of a list unchanged.
SELECT taskcrm.tc_task_totals('{"ordering": "due_date,-priority"}')::text = taskcrm.tc_task_totals()::text AS same;

-- A cursor is valid only with exactly the same ordering.
CREATE FUNCTION pg_temp.try(f jsonb) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  detail text;
BEGIN
  RETURN json_array_length(taskcrm.tc_list_tasks(f) -> 'results') || ' tasks';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
  RETURN concat_ws(': ', SQLSTATE, SQLERRM, detail);
END
$$;
SELECT taskcrm.tc_list_tasks('{"ordering": "due_date,-priority", "limit": 3, "cursor": "start"}') ->>
  'next_cursor' AS place \gset
SELECT ordering, pg_temp.try(jsonb_build_object('cursor', :'place', 'ordering', ordering))
FROM unnest(ARRAY['due_date,-priority', 'due_date,priority', '-due_date,-priority', '-priority,due_date', 'due_date',
  'due_date,-priority,title', 'due_date,-status', '']) AS ordering;
-- No two orderings share cursors.
SELECT count(*) FROM (SELECT ordering,
  pg_temp.try(jsonb_build_object('cursor', :'place', 'ordering', ordering)) AS outcome FROM ordering
  WHERE keys <= 2 OR n <= 200) AS t
WHERE outcome NOT LIKE '22023%different ordering.' AND ordering <> 'due_date,-priority';
-- A cursor with any byte changed, or cut at any length, gives an answer or 22023.
SELECT outcome ~ '^[0-9]+ tasks$' AS an_answer, count(*) > 100 AS many,
  min(outcome) FILTER (WHERE outcome !~ '^[0-9]+ tasks$')
FROM (SELECT taskcrm.tc_list_tasks(f || '{"limit": 9, "cursor": "start"}') ->> 'next_cursor' AS c, f
      FROM ordering, LATERAL (SELECT jsonb_build_object('ordering', ordering) AS f) AS f
        WHERE keys > 1 AND n <= 2) AS c,
  LATERAL generate_series(1, length(c)) AS i,
  LATERAL (SELECT overlay(c PLACING other FROM i FOR 1) AS bad FROM unnest(ARRAY['A', 'z', '_']) AS other UNION ALL
    SELECT left(c, i - 1) WHERE i > 1
    UNION ALL SELECT c || left(c, i)) AS b,
  LATERAL pg_temp.try(f || jsonb_build_object('cursor', bad)) AS t (outcome)
WHERE outcome !~ '^22023: invalid value for filter "cursor": It (is not a cursor|belongs to a list with different filters or a different ordering)\.$' GROUP BY 1;

-- With tasks that are added, changed and deleted between the pages.
\connect - :superuser
BEGIN;
SELECT taskcrm.tc_link_login(:'superuser', :me);
CREATE FUNCTION pg_temp.walk_and_undo(ordering text, size integer, org uuid) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION USING ERRCODE = 'ZZ000', MESSAGE = coalesce(walk_among_changes(ordering, size, org), '');
EXCEPTION WHEN SQLSTATE 'ZZ000' THEN
  RETURN nullif(SQLERRM, '');
END
$$;
SELECT keys, count(*), count(difference) AS wrong, min(difference)
FROM (SELECT keys, pg_temp.walk_and_undo(ordering, (7 + n % 12)::integer, :org) AS difference FROM ordering
  WHERE n <= 30) AS c GROUP BY keys ORDER BY keys;
ROLLBACK;

\set ECHO none
SET client_min_messages = warning;
DROP TABLE ordering;
DROP FUNCTION few_values(uuid), walk(jsonb), walk_back(jsonb, integer), behind(text, taskcrm.task, integer),
  walk_among_changes(text, integer, uuid);
\i :drop_tasks
