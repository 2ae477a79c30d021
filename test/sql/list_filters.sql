-- Results of tc_list_tasks(), tc_find_task_ids() and tc_find_tasks(), compared with an oracle in
-- plain SQL: every filter alone, pairs of filters, and pages.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup

-- Check of the oracle: every key restricts some list.
SELECT key, bool_or(cardinality(oracle(f, :org, :me)) BETWEEN 1 AND 241) AS restricts
FROM fragment WHERE key NOT IN ('time_zone', 'accents', 'ordering', 'limit', 'offset', 'count') GROUP BY key
  ORDER BY key COLLATE "C";
SELECT cardinality(oracle('{}', :org, :me));
-- Filters of the API that the oracle does not test: the cursor, which list_cursor tests, where,
-- which list_tree tests, view, which task_views tests, and expand, which restricts nothing and which api_expand tests.
CREATE TEMP VIEW parameter AS
  SELECT p ->> 'name' AS name, substring(coalesce(p #>> '{schema,anyOf,0,pattern}', p #>> '{schema,pattern}') FROM '[a-z_]+\|[a-z_|]+') AS orderings
  FROM json_array_elements(taskcrm.tc_openapi() #> '{paths,/api/tasks/,get,parameters}') AS p
    WHERE p ->> 'name' IS NOT NULL;
SELECT name FROM parameter EXCEPT SELECT key FROM fragment ORDER BY name;
-- Orderings that the oracle does not test: none.
SELECT o FROM parameter, string_to_table(orderings, '|') AS o WHERE name = 'ordering'
EXCEPT SELECT ltrim(f ->> 'ordering', '-') FROM fragment WHERE key = 'ordering';
-- Orderings without a matching index that begins with the organization: only title, which is
-- sorted.
SELECT o FROM parameter, string_to_table(orderings, '|') AS o
WHERE name = 'ordering' AND NOT EXISTS (
  SELECT FROM pg_indexes i WHERE i.schemaname = 'taskcrm' AND i.tablename = 'task'
  AND i.indexdef ~ format('USING btree \(org_id, %s(, created_on)?, id\)$', o));

\connect - regress_bob
-- No filters, in each notation.
SELECT check_list('{}', :org, :me);
SELECT taskcrm.tc_list_tasks() ->> 'count', taskcrm.tc_list_tasks(NULL) ->> 'count',
  (SELECT count(*) FROM taskcrm.tc_find_task_ids(NULL)),
  (SELECT count(*) FROM taskcrm.tc_find_tasks(NULL));
-- Each filter alone.
SELECT f, check_list(f, :org, :me) FROM fragment WHERE check_list(f, :org, :me) IS NOT NULL;
-- Each term without accents.
SELECT count(*) > 30 AS many, count(DISTINCT f) FILTER (WHERE oracle(f, :org, :me) <> oracle(f || '{"accents": false}', :org, :me)) > 3 AS differ,
  min(check_list(f || '{"accents": false}', :org, :me)) AS wrong FROM fragment WHERE key IN ('title', 'search');
-- The whole list for each filter.
SELECT f, check_list(f || '{"limit": 1000}', :org, :me) FROM fragment
WHERE key <> 'limit' AND check_list(f || '{"limit": 1000}', :org, :me) IS NOT NULL;
-- Pairs of filters.
SELECT count(*) > 500 AS many, count(*) FILTER (WHERE difference IS NOT NULL) AS wrong,
  min(pair::text || difference) FILTER (WHERE difference IS NOT NULL)
FROM (SELECT a.f || b.f AS pair, check_list(a.f || b.f, :org, :me) AS difference
      FROM fragment a JOIN fragment b ON a.key < b.key
        AND ((a.n * 31 + b.n * 17) % 9 = 0 OR a.key LIKE 'created_on%' AND b.key = 'time_zone')) AS p;
-- More than two filters, with an ordering and a page.
SELECT count(*) > 200 AS many, count(*) FILTER (WHERE difference IS NOT NULL) AS wrong,
  min(filters::text || difference) FILTER (WHERE difference IS NOT NULL)
FROM (SELECT f AS filters, check_list(f, :org, :me) AS difference
      FROM (SELECT a.f || b.f || c.f || o.f || '{"limit": 7, "offset": 3}' AS f
            FROM fragment a JOIN fragment b ON a.key < b.key JOIN fragment c ON b.key < c.key
            JOIN fragment o ON o.key = 'ordering'
            WHERE a.key NOT IN ('limit', 'offset', 'ordering') AND b.key NOT IN ('limit', 'offset', 'ordering')
              AND c.key NOT IN ('limit', 'offset', 'ordering')
              AND a.n % 11 = 3 AND b.n % 5 = 2 AND c.n % 7 = 4 AND (a.n + b.n + c.n + o.n) % 5 = 0) AS g) AS p;
-- The pages together are the whole list, for each ordering.
SELECT o.f ->> 'ordering', ARRAY(
    SELECT i FROM generate_series(0, 250, 25) AS page,
      LATERAL taskcrm.tc_find_task_ids(o.f || jsonb_build_object('limit', 25, 'offset', page)) WITH ORDINALITY AS p (i,
      n)
    ORDER BY page, n) = oracle(o.f, :org, :me) AS complete
FROM fragment o WHERE o.key = 'ordering' ORDER BY o.n;

-- Repeating a filter list, or adding null for every other key, does not change the answer.
SELECT count(*) FROM fragment a WHERE taskcrm.tc_list_tasks(a.f)::text
  <> taskcrm.tc_list_tasks((SELECT jsonb_object_agg(DISTINCT key, NULL) FROM fragment) || a.f)::text;
SELECT count(*) FROM fragment a WHERE key <> 'count' AND taskcrm.tc_list_tasks(a.f)::text
  <> taskcrm.tc_list_tasks((SELECT jsonb_object_agg(DISTINCT key, '') FROM fragment) || a.f)::text;

-- An admin, a member of another organization, a member of both.
\connect - regress_ada
SELECT f, difference FROM (SELECT f, check_list(f, :org, '00000002-0000-7000-8000-000000000001') AS difference
  FROM fragment) AS c WHERE difference IS NOT NULL;
\connect - regress_dan
SELECT f, difference FROM (SELECT f,
  check_list(f, '00000001-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000004') AS difference
  FROM fragment) AS c
WHERE difference IS NOT NULL;
\connect - regress_cyd
SET taskcrm.org_id = :org;
SELECT f, difference FROM (SELECT f, check_list(f, :org, '00000002-0000-7000-8000-000000000003') AS difference
  FROM fragment) AS c WHERE difference IS NOT NULL;
-- A superuser linked to a user sees only rows of that user's organization.
\connect - :superuser
SELECT taskcrm.tc_link_login(:'superuser', '00000002-0000-7000-8000-000000000002');
SELECT f, difference FROM (SELECT f, check_list(f, :org, :me) AS difference FROM fragment) AS c
  WHERE difference IS NOT NULL;
SELECT taskcrm.tc_unlink_login(:'superuser');

-- A search that finds more descriptions than are kept reads the index for its count.
\connect - :superuser
ALTER ROLE regress_bob SET taskcrm.max_search_ids = 3;
\connect - regress_bob
SELECT bool_or((taskcrm.tc_list_tasks(f) ->> 'count')::integer > 40) FROM fragment WHERE key = 'search';
SELECT f, difference FROM (SELECT f, check_list(f, :org, :me) AS difference FROM fragment WHERE key = 'search') AS c WHERE difference IS NOT NULL;
SELECT count(*) > 100 AS many, min(check_list(s.f || a.f, :org, :me)) FROM fragment s, fragment a
WHERE s.key = 'search' AND a.key <> 'search' AND (s.n + a.n) % 5 = 0;
\connect - :superuser
ALTER ROLE regress_bob RESET taskcrm.max_search_ids;
-- An estimated count is a number; the rest of the answer is the same.
\connect - regress_bob
SELECT (e ->> 'count')::bigint >= 0, (e -> 'results')::text = (x -> 'results')::text, e ->> 'previous'
FROM taskcrm.tc_list_tasks('{"count": "estimated", "limit": 5}') AS e, taskcrm.tc_list_tasks('{"limit": 5}') AS x;

-- The current date depends on the given time zone, not on that of the session.
SELECT (k ->> 'count')::integer > (p ->> 'count')::integer
FROM taskcrm.tc_list_tasks('{"overdue": true, "time_zone": "Pacific/Kiritimati"}') AS k,
  taskcrm.tc_list_tasks('{"overdue": true, "time_zone": "Pacific/Pago_Pago"}') AS p;
SET TimeZone = 'Pacific/Kiritimati';
SELECT check_list('{"overdue": true}', :org, :me);
RESET TimeZone;
-- The setting applies to calls that name no time zone.
\connect - :superuser
SELECT current_database() AS database \gset
SELECT taskcrm.tc_whoami() IS NOT NULL;
ALTER DATABASE :"database" SET taskcrm.time_zone = 'Pacific/Kiritimati';
\connect - regress_bob
SELECT (d ->> 'count') = (k ->> 'count'), (d ->> 'count') = (u ->> 'count')
FROM taskcrm.tc_list_tasks('{"overdue": true}') AS d,
  taskcrm.tc_list_tasks('{"overdue": true, "time_zone": "Pacific/Kiritimati"}') AS k,
  taskcrm.tc_list_tasks('{"overdue": true, "time_zone": "Pacific/Pago_Pago"}') AS u;
\connect - :superuser
ALTER DATABASE :"database" RESET taskcrm.time_zone;

-- tc_find_tasks() returns columns added by the user.
ALTER TABLE taskcrm.task ADD COLUMN budget numeric;
UPDATE taskcrm.task SET budget = 12.5 WHERE id = id('task', 1);
\connect - regress_bob
SELECT title, budget FROM taskcrm.tc_find_tasks('{"title": "follow up"}');
SELECT (taskcrm.tc_list_tasks('{"title": "follow up"}') #> '{results,0}') ->> 'budget';

\set ECHO none
\i :drop_tasks
