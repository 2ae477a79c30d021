-- Trees of conditions in lists, counts and totals: compared with an oracle, with the other filters,
-- and their errors.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set tasks :srcdir /sql/include/tasks.sql
\set trees :srcdir /sql/include/trees.sql
\set drop_tasks :srcdir /sql/include/drop_tasks.sql
\set drop_trees :srcdir /sql/include/drop_trees.sql
\set ECHO none
\i :setup
\i :tasks
\i :trees
SET client_min_messages = warning;
\o /dev/null
CREATE FUNCTION public.ids(f jsonb) RETURNS uuid[] LANGUAGE sql AS $$
  SELECT ARRAY(SELECT taskcrm.tc_find_task_ids(f || '{"limit": 1000, "time_zone": "Europe/Berlin"}'))
$$;
CREATE FUNCTION public.walk(f jsonb) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  page json := taskcrm.tc_list_tasks(f || '{"cursor": "start", "limit": 7}');
  ids uuid[] := '{}';
BEGIN
  LOOP
    ids := ids || ARRAY(SELECT (r ->> 'id')::uuid FROM json_array_elements(page -> 'results') r);
    EXIT WHEN page ->> 'next_cursor' IS NULL;
    page := taskcrm.tc_list_tasks(f || jsonb_build_object('cursor', page ->> 'next_cursor', 'limit', 7));
  END LOOP;
  RETURN ids;
END
$$;
\o
\t on
\pset format unaligned
\set org '''00000001-0000-7000-8000-000000000001'''
\set me '''00000002-0000-7000-8000-000000000002'''

-- Random trees, as members of both organizations.
\connect - regress_bob
SELECT partly > 60 AS partly, wrong, difference FROM try_trees(:org, :me, 0.1, 150);
\connect - regress_dan
SELECT partly > 5 AS partly, wrong, difference
FROM try_trees('00000001-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000004', 0.2, 60);

-- Whatever a filter says, a tree says with the same rows: alone, inside of or, as an opposite, and
-- two of them.
\connect - regress_bob
CREATE TEMP TABLE pair AS
  SELECT row_number() OVER (ORDER BY n) AS n, key, f, as_tree(key, f -> key) AS tree FROM fragment
  WHERE as_tree(key, f -> key) IS NOT NULL;
SELECT count(DISTINCT key), count(*) > 60 AS many FROM pair;
SELECT f, tree FROM pair WHERE ids(f) <> ids(jsonb_build_object('where', tree));
SELECT f, tree FROM pair WHERE ids(f)
  <> ids(jsonb_build_object('where', jsonb_build_object('or', jsonb_build_array(tree, '{"title": {"eq": "none"}}'::jsonb))));
SELECT f, tree FROM pair WHERE cardinality(ids('{}'))
  <> cardinality(ids(f)) + cardinality(ids(jsonb_build_object('where', jsonb_build_object('not', tree))));
SELECT a.f, b.f FROM pair a JOIN pair b ON b.n = (a.n * 7) % 61 + 1 AND a.key <> b.key
WHERE ids(a.f || b.f) <> ids(jsonb_build_object('where', jsonb_build_object('and', jsonb_build_array(a.tree, b.tree))))
  OR ids(a.f || b.f) <> ids(a.f || jsonb_build_object('where', b.tree));
-- The same key twice, as a filter and in a tree: both hold.
SELECT count(*) FROM taskcrm.tc_find_task_ids('{"status": "New", "where": {"status": {"eq": "Completed"}}}');
SELECT count(*) > 0, count(*) = count(*) FILTER (WHERE t.due_date BETWEEN taskcrm.tc_today() AND taskcrm.tc_today() + 4)
FROM taskcrm.tc_find_tasks('{"due_date__gte": "-P2D", "where": {"due_date": {"gte": "today", "lte": "P4D"}}}') t;

-- Relative days in the other filters.
SELECT a = b, cardinality(a) > 0 FROM (VALUES
  (ids('{"due_date": "P2D"}'), ids(jsonb_build_object('due_date', ((now() AT TIME ZONE 'Europe/Berlin')::date + 2)))),
  (ids('{"due_date__lte": "today"}'), ids(jsonb_build_object('due_date__lte', ((now() AT TIME ZONE 'Europe/Berlin')::date)))),
  (ids('{"updated_on__lte": "-P1Y"}'), ids(jsonb_build_object('updated_on__lte', now() - interval '1 year'))),
  (ids('{"updated_on__gte": "-PT90H"}'), ids(jsonb_build_object('updated_on__gte', now() - interval '90 hours'))),
  (ids('{"starts_at__gte": "today"}'), ids(jsonb_build_object('starts_at__gte', ((now() AT TIME ZONE 'Europe/Berlin')::date)))),
  (ids('{"starts_at__lte": "-P1D"}'), ids(jsonb_build_object('starts_at__lte', (now() AT TIME ZONE 'Europe/Berlin' - interval '1 day') AT TIME ZONE 'Europe/Berlin'))))
  AS v (a, b);

-- Open is every status but Completed.
SELECT ids('{"where": {"status": {"eq": "open"}}}') = ids('{"status": ["New", "In Progress"]}'),
  ids('{"where": {"or": [{"status": {"in": ["OPEN", "New"]}}, {"id": {"null": true}}]}}') = ids('{"status": ["New", "In Progress"]}'),
  ids('{"where": {"status": {"ne": "open"}}}') = ids('{"status": "Completed"}');
-- Names of users and teams.
SELECT ids('{"where": {"assigned_to": {"any": ["@nobody"]}}}') = ids('{"unassigned": true}'),
  ids('{"where": {"assigned_to": {"none": ["@nobody"]}}}') = ids('{"unassigned": false}'),
  ids('{"where": {"team": {"any": "@my_teams"}}}') = ids('{"team": "00000005-0000-7000-8000-000000000001"}');
-- A member of no team.
\connect - regress_cyd
SET taskcrm.org_id = :org;
SELECT count(*) FROM taskcrm.tc_find_task_ids('{"where": {"team": {"any": ["@my_teams"]}}}');
SELECT count(*) FROM taskcrm.tc_find_task_ids('{"where": {"not": {"team": {"any": ["@my_teams"]}}}}');

-- Pages: by offset with links, and by cursor. A query string contains the tree as text.
\connect - regress_bob
\set tree '{"or": [{"priority": {"gte": "High"}}, {"assigned_to": {"none": ["@me"]}, "due_date": {"lte": "P7D"}}]}'
SELECT o, walk(f) = ids(f), cardinality(ids(f)) > 50
FROM unnest('{-created_on,due_date,-due_date,"-priority,due_date",title,-updated_on,completed_on}'::text[]) o,
  LATERAL (SELECT jsonb_build_object('where', :'tree'::jsonb, 'ordering', o) AS f) AS g;
SELECT taskcrm.tc_list_tasks('{"where": {"title": {"contains": "100%"}, "not": {"assigned_to": {"any": ["@me"]}}}, "limit": 1}') ->> 'next';
SELECT (convert_from(h.body, 'UTF8')::json -> 'results')::text = (taskcrm.tc_list_tasks(f || '{"offset": 3}') -> 'results')::text
FROM (SELECT jsonb_build_object('where', :'tree'::jsonb, 'limit', 3) AS f) AS g,
  LATERAL taskcrm.tc_http_request('GET', taskcrm.tc_list_tasks(f) ->> 'next', '{}') AS h;
SELECT taskcrm.tc_list_tasks(jsonb_build_object('where', :'tree'::text)) ->> 'count' = taskcrm.tc_list_tasks(jsonb_build_object('where', :'tree'::jsonb)) ->> 'count';
-- A cursor belongs to its tree.
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('where', '{"status": {"eq": "New"}}'::jsonb,
  'cursor', taskcrm.tc_list_tasks('{"where": {"status": {"eq": "Completed"}}, "cursor": "start", "limit": 2}') ->> 'next_cursor')));
-- Estimated counts, and none.
SELECT (taskcrm.tc_list_tasks(jsonb_build_object('where', :'tree'::jsonb, 'count', 'estimated')) ->> 'count')::integer
  = cardinality(ids(jsonb_build_object('where', :'tree'::jsonb)));
-- No restriction.
SELECT count(*) FROM taskcrm.tc_find_task_ids('{"where": null}');
SELECT count(*) FROM taskcrm.tc_find_task_ids('{"where": ""}');

-- What cannot be read, with the path.
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('where', w))) FROM unnest(ARRAY[
  '{}', '[]', '7', '{"and": {}}', '{"and": []}', '{"or": [7]}', '{"or": [{}]}', '{"not": []}', '{"nor": []}', '{"org": {"null": false}}',
  '{"and": [{"status": {"eq": "New"}}, {"or": [{"team": {"like": "x"}}]}]}', '{"and": [{"status": {"eq": "New"}}, {"or": [{"team": {"any": ["x"]}}]}]}',
  '{"status": "New"}', '{"status": {}}', '{"status": {"eq": "Old"}}', '{"status": {"eq": "prog"}}', '{"status": {"lt": "open"}}', '{"priority": {"eq": "open"}}', '{"status": {"in": []}}', '{"status": {"in": "New"}}',
  '{"status": {"eq": ["New"]}}', '{"due_date": {"lte": "P1X"}}', '{"due_date": {"lte": "PT1H"}}', '{"due_date": {"lte": "P9999999D"}}', '{"due_date": {"gte": "P999999Y"}}',
  '{"due_date": {"eq": null}}', '{"or": [{"due_date": {"eq": null}}]}', '{"due_date": {"null": "maybe"}}', '{"created_on": {"lt": "PT"}}', '{"created_on": {"lt": "now"}}', '{"created_on": {"in": ["P1D", "x"]}}',
  '{"assigned_to": {"any": ["@you"]}}', '{"assigned_to": {"any": []}}', '{"assigned_to": {"all": ["@nobody"]}}', '{"team": {"any": ["@me"]}}', '{"contact": {"any": ["@my_teams"]}}',
  '{"created_by": {"lt": "@me"}}', '{"mentioned": {"any": ["@nobody"]}}', '{"attachments": {"any": []}}', '{"comment": {"contains": 7}}', '{"effort": {"gt": "many"}}', '{"effort": {"contains": "1"}}',
  '{"stage": {"eq": "later"}}', '{"starts_at": {"gt": "later"}}', '{"title": {"eq": 7}}']::jsonb[]) AS w;
SELECT attempt('SELECT taskcrm.tc_list_tasks(''{"where": "{"}'')');
SELECT attempt('SELECT taskcrm.tc_list_tasks(''{"where": "[]"}'')');
SELECT (convert_from(body, 'UTF8')::json) ->> 'message' FROM taskcrm.tc_http_request('GET', '/api/tasks/?where={"and":[{"due_date":{"eq":"x"}}]}', '{}');
-- The limits: 8 levels, 64 comparisons, 1,000 values.
SELECT n, attempt(format('SELECT taskcrm.tc_list_tasks(''{"limit": 0, "where": %s{"status": {"eq": "New"}}%s}'') IS NOT NULL', repeat('{"not": ', n), repeat('}', n)))
FROM unnest(ARRAY[8, 9]) n;
SELECT n, attempt(format('SELECT taskcrm.tc_list_tasks(''{"limit": 0, "where": {"or": [%s]}}'') IS NOT NULL', array_to_string(array_fill('{"due_date": {"eq": "today"}}'::text, ARRAY[n]), ',')))
FROM unnest(ARRAY[64, 65]) n;
SELECT n, attempt(format('SELECT taskcrm.tc_list_tasks(''{"limit": 0, "where": {"or": [{"effort": {"in": %s}}]}}'') IS NOT NULL', to_json(array_fill(1, ARRAY[n]))))
FROM unnest(ARRAY[1000, 1001]) n;
-- More shapes than a session keeps.
SELECT sum((taskcrm.tc_list_tasks(jsonb_build_object('limit', 1, 'where', jsonb_build_object('or', jsonb_build_array(
  jsonb_build_object('effort', jsonb_build_object(o, 2)), jsonb_build_object('version', jsonb_build_object(p, 1)), jsonb_build_object('due_date', jsonb_build_object(q, 'today')))))) ->> 'count')::integer)
  > 0 FROM unnest('{eq,ne,lt,lte,gt,gte}'::text[]) o, unnest('{eq,ne,lt,lte,gt,gte}'::text[]) p, unnest('{eq,ne,lt,lte,gt,gte}'::text[]) q;

\set ECHO none
\connect - :superuser
DROP FUNCTION public.ids(jsonb), public.walk(jsonb);
\i :drop_trees
