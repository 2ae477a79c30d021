-- Views: filters of tasks that are kept. Who sees and who changes one, what is validated, and what
-- happens to them when a column, a member or an organization goes.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
\t on
\pset format unaligned
\set org '''00000001-0000-7000-8000-000000000001'''
-- Without ids and times.
CREATE FUNCTION public.shown(view json) RETURNS jsonb LANGUAGE sql AS $$
  SELECT view::jsonb - '{id,created_on,updated_on}'::text[] || jsonb_build_object('owner', right(view ->> 'owner', 1)) $$;
CREATE FUNCTION public.seen() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg((v ->> 'name') || ' (' || (v ->> 'shared_with') || ')', ', ' ORDER BY n)
  FROM json_array_elements(taskcrm.tc_list_views() -> 'results') WITH ORDINALITY AS r (v, n) $$;
CREATE FUNCTION public.view_id(wanted text) RETURNS uuid LANGUAGE sql SECURITY DEFINER AS $$
  SELECT id FROM taskcrm_internal.task_view WHERE name = wanted $$;
\set ECHO all
\connect - regress_bob
-- The keys of a view, and what is not sent.
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_create_view('{"name": "Mine"}')) WITH ORDINALITY AS k (key, n);
SELECT shown(taskcrm.tc_get_view(view_id('Mine')));
SELECT shown(taskcrm.tc_create_view('{"name": "Board", "shared_with": "team", "filters": {"status": ["New", "In Progress"], "assigned_to": "@me", "ordering": "due_date"},
  "group_by": "due", "display": {"columns": ["title", "due_date"]}}'));
SELECT shown(taskcrm.tc_create_view('{"name": "Everybody", "shared_with": "organization", "filters": {"unassigned": true}}'));
SELECT seen();
-- The same key is the same call.
SELECT taskcrm.tc_create_view('{"name": "Once"}', 'key 1') ->> 'id' = taskcrm.tc_create_view('{"name": "Once"}', 'key 1') ->> 'id';
SELECT attempt($$SELECT taskcrm.tc_create_view('{"name": "Twice"}', 'key 1')$$);
-- Ada is in a team of Bob, Cyd is not, and Dan is in another organization.
\connect - regress_ada
SELECT seen();
SELECT attempt(format('SELECT taskcrm.tc_get_view(%L)', view_id('Mine')));
\connect - regress_cyd
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000001';
SELECT seen();
SELECT attempt(format('SELECT taskcrm.tc_update_view(%L, %L)', view_id('Everybody'), '{"name": "Mine now"}'));
SELECT attempt(format('SELECT taskcrm.tc_delete_view(%L)', view_id('Everybody')));
SELECT attempt(format('SELECT taskcrm.tc_update_view(%L, %L)', view_id(name), '{"name": "x"}')) FROM unnest('{Board,Mine,None}'::text[]) name;
SELECT attempt(format('SELECT taskcrm.tc_delete_view(%L)', view_id('Board')));
\connect - regress_dan
SELECT seen();
SELECT attempt(format('SELECT taskcrm.tc_get_view(%L)', view_id('Everybody')));
SELECT attempt(format('SELECT taskcrm.tc_update_view(%L, %L)', view_id('Everybody'), '{}'));
SELECT attempt(format('SELECT taskcrm.tc_delete_view(%L)', view_id('Everybody')));
\connect - regress_nobody
SELECT left(attempt('SELECT taskcrm.tc_list_views()'), 5);
-- An absent key keeps its value, null clears it. An admin changes what others see.
\connect - regress_bob
SELECT shown(taskcrm.tc_update_view(view_id('Board'), '{"group_by": null, "filters": {"title": "x"}}'));
SELECT shown(taskcrm.tc_update_view(view_id('Board'), '{}'));
SELECT updated_on > created_on FROM json_to_record(taskcrm.tc_get_view(view_id('Board'))) AS v (created_on timestamptz, updated_on timestamptz);
\connect - regress_ada
SELECT shown(taskcrm.tc_update_view(view_id('Everybody'), '{"name": "All of us"}'));
SELECT shown(taskcrm.tc_update_view(view_id('Board'), '{"display": null, "shared_with": "organization"}'));
SELECT attempt(format('SELECT taskcrm.tc_delete_view(%L)', view_id('Mine')));
SELECT taskcrm.tc_delete_view(view_id('All of us'));
SELECT seen();
-- The list is searched and paged as others are.
\connect - regress_bob
SELECT a ->> 'count', json_array_length(a -> 'results'), a ->> 'next', a ->> 'next_cursor' IS NULL FROM taskcrm.tc_list_views('{"limit": 1, "search": "o", "owner": "@me"}') a;
SELECT a #>> '{results,0,name}' FROM taskcrm.tc_list_views('{"limit": 1, "cursor": "start", "ordering": "-name"}') c,
  LATERAL taskcrm.tc_list_views(jsonb_build_object('limit', 1, 'ordering', '-name', 'cursor', c -> 'next_cursor')) a;
SELECT attempt($$SELECT taskcrm.tc_list_views('{"colour": 1}')$$);
-- What is validated. The filters are read as those of a list.
SELECT attempt(format('SELECT taskcrm.tc_create_view(%L)', v)) FROM (VALUES (NULL), ('[]'), ('{}'), ('{"name": ""}'), ('{"name": null}'), ('{"name": 1}'),
  ('{"name": "x", "color": 1}'), ('{"name": "x", "shared_with": "all"}'), ('{"name": "x", "filters": []}'), ('{"name": "x", "filters": null}'),
  ('{"name": "x", "filters": {"color": 1}}'), ('{"name": "x", "filters": {"status": "x"}}'), ('{"name": "x", "filters": {"cursor": "start"}}'),
  ('{"name": "x", "filters": {"offset": 1}}'), ('{"name": "x", "filters": {"view": "00000001-0000-7000-8000-000000000001"}}'), ('{"name": "x", "group_by": "title"}'),
  ('{"name": "x", "display": 1}'), (format('{"name": "%s"}', repeat('x', 256))), (format('{"name": "x", "display": {"a": "%s"}}', repeat('x', 70000))),
  ('{"name": "x", "display": {"a": [1e50000, 1e50000]}}')) v (v);
SELECT attempt('SELECT taskcrm.tc_update_view(NULL, NULL)');
SELECT attempt(format('SELECT taskcrm.tc_update_view(%L, NULL)', view_id('Mine')));
SELECT attempt(format('SELECT taskcrm.tc_update_view(%L, %L)', view_id('Mine'), '{"shared_with": null}'));
-- A list uses a view with the filter view, and narrows it with its own: also where both have the same filter.
\connect - regress_bob
SELECT count(taskcrm.tc_create_task(jsonb_build_object('title', 'Task ' || n, 'status', (ARRAY['New', 'In Progress', 'Completed'])[1 + n % 3],
  'priority', (ARRAY['Low', 'High'])[1 + n % 2], 'assigned_to', CASE WHEN n < 8 THEN jsonb_build_array(id('user', 1 + n % 2)) ELSE '[]' END, 'due_date', '2020-01-0' || (1 + n % 9))))
FROM generate_series(1, 12) n;
SELECT taskcrm.tc_create_view('{"name": "Work", "shared_with": "organization", "filters": {"status": ["New", "prog"], "assigned_to": "@me", "ordering": "title", "limit": 3, "where": {"title": {"contains": "task"}}}}') ->> 'id' AS work \gset
CREATE FUNCTION pg_temp.titles(f jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT (a ->> 'count') || ': ' || coalesce((SELECT string_agg(r ->> 'title', ', ' ORDER BY n) FROM json_array_elements(a -> 'results') WITH ORDINALITY AS r (r, n)), '') FROM taskcrm.tc_list_tasks(f) a $$;
-- @me is whoever looks.
SELECT pg_temp.titles(jsonb_build_object('view', :'work'));
SELECT pg_temp.titles(jsonb_build_object('view', :'work') || f::jsonb) FROM unnest(ARRAY['{"limit": 10}', '{"ordering": "-title"}', '{"status": "New"}', '{"status": "Completed"}', '{"priority": "High"}',
  '{"assigned_to": "00000002-0000-7000-8000-000000000001"}', '{"where": {"title": {"contains": "3"}}}', '{"where": {"or": [{"title": {"contains": "3"}}, {"title": {"contains": "7"}}]}}', '{"status": null}', '{"overdue": true}']) f;
SELECT taskcrm.tc_task_totals(jsonb_build_object('view', :'work')) ->> 'count', (SELECT count(*) FROM taskcrm.tc_find_tasks(jsonb_build_object('view', :'work', 'limit', 100)));
-- Links and cursors have the view, and not its filters.
SELECT replace(a ->> 'next', :'work', 'WORK') FROM taskcrm.tc_list_tasks(jsonb_build_object('view', :'work', 'limit', 1)) a;
SELECT a ->> 'next_cursor' IS NOT NULL, b #>> '{results,0,title}' FROM taskcrm.tc_list_tasks(jsonb_build_object('view', :'work', 'limit', 1, 'cursor', 'start', 'status', 'prog')) a,
  LATERAL taskcrm.tc_list_tasks(jsonb_build_object('view', :'work', 'limit', 1, 'cursor', a ->> 'next_cursor', 'status', 'prog')) b;
-- Groups, also by what the view filters.
SELECT g ->> 'key', g ->> 'count', g #>> '{results,0,title}', pg_temp.titles(jsonb_build_object('view', :'work') || (g -> 'filters')::jsonb)
FROM unnest(ARRAY['status', 'assigned_to', 'team']) by, json_array_elements(taskcrm.tc_group_tasks(jsonb_build_object('view', :'work'), by) -> 'groups') g;
-- Each filter of a view narrows the same filter of a list.
SELECT f, pg_temp.titles(jsonb_build_object('view', taskcrm.tc_create_view(jsonb_build_object('name', 'temporary', 'filters', f)) ->> 'id', 'ordering', 'title') || g)
FROM (VALUES ('{"title": "task"}'::jsonb, '{"title": "1"}'::jsonb), ('{"status": "open"}', '{"status": ["New", "Completed"]}'), ('{"priority": "hi"}', '{"priority": ["Low", "High"]}'), ('{"due_date__gte": "2020-01-03"}', '{"due_date__gte": "2020-01-01"}'),
  ('{"due_date__lte": "2020-01-02"}', '{"due_date__lte": "2020-01-05"}'), ('{"due_date": "2020-01-02"}', '{"due_date": "2020-01-03"}'), ('{"overdue": false}', '{"overdue": "true"}'), ('{"unassigned": true}', '{"unassigned": "true"}'),
  ('{"no_due_date": false}', '{"no_due_date": true}'), ('{"created_by": "@me"}', '{"created_by": ["@me"]}'), ('{"search": "task 1"}', '{"search": "2"}'), ('{"created_on__gte": "2020-01-01"}', '{"created_on__gte": "2000-01-01T00:00:00Z"}'),
  ('{"assigned_to": ["@me"]}', '{"assigned_to": "00000002-0000-7000-8000-000000000001"}'), ('{"updated_on__lte": "2000-01-01"}', '{"updated_on__lte": "2100-01-01"}'), ('{"ids": []}', '{"ids": "00000002-0000-7000-8000-000000000001"}')) v (f, g) WHERE f <> '{"ids": []}';
-- Its limit is that of lists alone.
SELECT taskcrm.tc_create_view('{"name": "Paged", "filters": {"limit": 2, "title": "task"}}') ->> 'id' AS paged \gset
SELECT count(*) FROM taskcrm.tc_find_tasks(jsonb_build_object('view', :'paged'));
SELECT count(*) FROM taskcrm.tc_find_tasks(jsonb_build_object('view', :'paged', 'limit', 3));
SELECT taskcrm.tc_update_tasks(jsonb_build_object('view', :'paged'), '{"priority": "Urgent"}', '{"dry_run": true}') ->> 'matched';
SELECT attempt(format('SELECT taskcrm.tc_update_tasks(%L, %L)', jsonb_build_object('view', :'paged', 'limit', 3), '{"priority": "Urgent"}'));
-- Its conditions are as deep as those of a list can be, which it narrows all the same.
SELECT repeat('{"not": ', 8) || '{"title": {"contains": "1"}}' || repeat('}', 8) AS deepest \gset
SELECT taskcrm.tc_create_view(jsonb_build_object('name', 'Deep', 'filters', jsonb_build_object('title', 'task', 'where', :'deepest'))) ->> 'id' AS deep \gset
SELECT pg_temp.titles(jsonb_build_object('view', :'deep', 'ordering', 'title') || f::jsonb)
FROM unnest(ARRAY['{}', '{"title": "2"}', format('{"title": "2", "where": %s}', :'deepest'), '{"where": {"title": {"contains": "0"}}}']) f;
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('view', :'deep', 'where', w::jsonb)))
FROM unnest(ARRAY['5', '"{"', '[]', '{"color": 1}', '{"title": {"contains": 1}}', format('{"not": %s}', :'deepest')]) w;
SELECT n, attempt(format('SELECT taskcrm.tc_list_tasks(%L) ->> ''count''', jsonb_build_object('view', :'deep', 'title', 'x', 'where',
  (SELECT jsonb_build_object('or', jsonb_agg(jsonb_build_object('title', jsonb_build_object('contains', i::text)))) FROM generate_series(1, n) i))))
FROM unnest(ARRAY[62, 63, 65]) n;
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('view', v))) FROM unnest(ARRAY['x', '00000002-0000-7000-8000-000000000001', '']) v WHERE v <> '';
\connect - regress_ada
SELECT taskcrm.tc_list_tasks(jsonb_build_object('view', :'work')) ->> 'count', attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('view', view_id('Mine'))));
\connect - regress_dan
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('view', view_id('Work'))));
\connect - regress_bob
-- No client reads or writes the table.
SELECT attempt('SELECT * FROM taskcrm_internal.task_view');
-- A column that a view names stays exposed.
\connect - :superuser
SET client_min_messages = warning;
ALTER TABLE taskcrm.task ADD COLUMN stage text, ADD COLUMN stages text;
SELECT taskcrm.tc_expose_column('task', 'stage'), taskcrm.tc_expose_column('task', 'stages');
\connect - regress_bob
SELECT name, attempt(format('SELECT taskcrm.tc_create_view(%L) IS NOT NULL', jsonb_build_object('name', name) || data::jsonb)) FROM (VALUES
  ('by stage', '{"group_by": "stage"}'), ('one stage', '{"filters": {"stage__in": ["a"]}}'), ('ordered', '{"filters": {"ordering": "-due_date,-stage"}}'),
  ('tree', '{"filters": {"where": "{\"not\" : {\"st\\u0061ge\" : {\"eq\": \"a\"}}}"}}')) v (name, data);
\connect - :superuser
SELECT attempt($$SELECT taskcrm.tc_hide_column('task', 'stage')$$);
SELECT taskcrm.tc_hide_column('task', 'stages');
UPDATE taskcrm_internal.task_view SET group_by = NULL WHERE name = 'by stage';
DELETE FROM taskcrm_internal.task_view WHERE name = 'ordered';
SELECT attempt($$SELECT taskcrm.tc_hide_column('task', 'stage')$$);
DELETE FROM taskcrm_internal.task_view WHERE name = 'one stage';
SELECT attempt($$SELECT taskcrm.tc_hide_column('task', 'stage')$$);
DELETE FROM taskcrm_internal.task_view WHERE name = 'tree';
SELECT taskcrm.tc_hide_column('task', 'stage');
ALTER TABLE taskcrm.task DROP COLUMN stage, DROP COLUMN stages;
-- Export, and what is left of a user and an organization.
SELECT string_agg(DISTINCT (line #>> '{row,name}') COLLATE "C", ', ') FROM taskcrm.tc_export_organization(:org) line WHERE line ->> 'table' = 'task_view';
SELECT string_agg(DISTINCT (line #>> '{row,name}') COLLATE "C", ', ') FROM taskcrm.tc_export_user(id('user', 2)) line WHERE line ->> 'table' = 'task_view';
SELECT * FROM taskcrm.tc_erase_user(id('user', 2)) e WHERE to_json(e)::text ~ 'task_view';
SELECT name, shared_with FROM taskcrm_internal.task_view ORDER BY 1;
SELECT taskcrm.tc_delete_organization(:org);
SELECT count(*) FROM taskcrm_internal.task_view;

\set ECHO none
\o /dev/null
DROP FUNCTION public.shown(json), public.seen(), public.view_id(text);
\i :teardown
