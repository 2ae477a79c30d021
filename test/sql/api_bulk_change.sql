-- tc_update_tasks and tc_delete_tasks, in SQL and over HTTP: which tasks change, what is refused, and
-- that nothing changes then.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup
\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
INSERT INTO taskcrm.task (org_id, id, title, status, priority, due_date, created_by)
  SELECT t.id('acme'), ('0a000000-0000-4000-8000-00000000700' || i)::uuid, 'task ' || i,
    (enum_range(NULL::taskcrm.task_status))[1 + i % 3], CASE WHEN i < 4 THEN 'High' ELSE 'Low' END::taskcrm.task_priority,
    CASE WHEN i < 3 THEN DATE '2020-01-01' + i END, t.id(CASE WHEN i < 4 THEN 'alice' ELSE 'amy' END)
  FROM generate_series(1, 6) i;
SELECT t.know('t' || i, ('0a000000-0000-4000-8000-00000000700' || i)::uuid) FROM generate_series(1, 6) i;
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) VALUES
  (t.id('acme'), t.id('t1'), t.id('amy')), (t.id('acme'), t.id('t2'), t.id('amy')), (t.id('acme'), t.id('t2'), t.id('ann'));
INSERT INTO taskcrm.task_team (org_id, task_id, team_id) VALUES (t.id('acme'), t.id('t1'), t.id('sales'));
CREATE FUNCTION t.update_tasks(filters text, task_data text, options text DEFAULT '{}') RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_update_tasks(%L, %L, %L)', t.json(filters), t.json(task_data), t.json(options))) $$;
CREATE FUNCTION t.delete_tasks(filters text, options text DEFAULT '{}') RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_delete_tasks(%L, %L)', t.json(filters), t.json(options))) $$;
CREATE FUNCTION t.tasks() RETURNS SETOF text LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT t.show(concat_ws(' ', k.title, k.status, k.priority, k.due_date, 'v' || k.version,
    (SELECT string_agg(l.user_id::text, ',' ORDER BY l.user_id) FROM taskcrm.task_assignee l WHERE l.task_id = k.id),
    (SELECT string_agg(l.team_id::text, ',' ORDER BY l.team_id) FROM taskcrm.task_team l WHERE l.task_id = k.id),
    (SELECT string_agg(l.contact_id::text, ',' ORDER BY l.contact_id) FROM taskcrm.task_contact l WHERE l.task_id = k.id), k.account_id))
  FROM taskcrm.task k WHERE k.org_id = t.id('acme') ORDER BY k.id
$$;
-- The counters are those of the tasks.
CREATE FUNCTION t.counted() RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT NOT EXISTS (SELECT k.status, k.priority, count(*) FROM taskcrm.task k WHERE k.org_id = t.id('acme') GROUP BY 1, 2
    EXCEPT SELECT c.status, c.priority, sum(c.n) FROM taskcrm_internal.task_count c WHERE c.org_id = t.id('acme') GROUP BY 1, 2)
$$;
SELECT t.checksum(t.id('umbrella')) AS umbrella \gset
\o
\t on
\pset format unaligned
\set ECHO all
\c - regress_api_alice
SELECT t.tasks();
-- Columns and links; tasks that are like that already keep their version.
SELECT t.update_tasks('{"priority": "High"}', '{"status": "New", "assigned_to": {"add": ["{ann}"], "remove": ["{amy}"]}}');
SELECT t.tasks();
SELECT t.update_tasks('{"priority": "High"}', '{"status": "New", "assigned_to": {"add": ["{ann}"], "remove": ["{amy}"]}}');
SELECT t.update_tasks('{"where": {"due_date": {"lte": "2020-12-31"}}}', '{"due_date": null, "teams": ["{ops}"], "contacts": ["{lee}", "{kim}"], "account": "{northwind}"}');
SELECT t.update_tasks('{"ids": "{t4}"}', '{}');
SELECT t.update_tasks('{"ids": ["{t4}", "{t5}", "{b_task}", "{unknown}"]}', '{"title": "same"}', '{"expected": 2}');
SELECT t.tasks();
SELECT t.counted();

-- Nothing is written.
SELECT t.update_tasks('{"priority": "Low"}', '{"status": "Completed", "teams": {"add": ["{ops}"]}}', '{"dry_run": true}');
SELECT t.update_tasks('{"priority": "Low"}', '{"status": "Completed"}', '{"max_affected": 2}');
SELECT t.update_tasks('{"priority": "Low"}', '{"status": "Completed"}', '{"max_affected": 2, "dry_run": true}');
SELECT t.update_tasks('{"priority": "Low"}', '{"status": "Completed"}', '{"expected": 4}');
SELECT t.update_tasks('{"priority": "Low"}', '{"status": "Completed"}', '{"expected": 0}');
SELECT t.update_tasks('{}', '{"status": "Completed"}');
SELECT t.update_tasks('{"time_zone": "UTC", "title": "", "ordering": "title"}', '{"status": "Completed"}');
SELECT t.update_tasks(f, '{"status": "Completed"}') FROM unnest(ARRAY['{"priority": "Low", "limit": 1}', '{"priority": "Low", "offset": 1}',
  '{"priority": "Low", "cursor": "start"}', '{"priority": "None"}', '[]']) f;
SELECT t.update_tasks('{"priority": "Low"}', d) FROM unnest(ARRAY['{"status": "Old"}', '{"version": 1}', '{"id": "{t1}"}', '{"created_on": "2020-01-01T00:00:00Z"}',
  '{"attachments": []}', '{"title": " "}', '{"title": null}', '{"account": "{b_account}"}', '{"assigned_to": {"add": ["{bob}"]}}', '{"teams": ["{unknown}"]}',
  '{"contacts": ["{b_contact}"]}', '{"assigned_to": {"add": ["{ann}"], "remove": ["{ann}"]}}', '[]']) d;
SELECT t.update_tasks('{"priority": "Low"}', '{}', o) FROM unnest(ARRAY['{"max_affected": 0}', '{"max_affected": 10001}', '{"expected": -1}', '{"dry_run": "perhaps"}',
  '{"limit": 1}', '{"dry_run": ""}', '{"all": ""}', '{"expected": ""}', '{"max_affected": ""}', '[]']) o;
SELECT t.try('SELECT taskcrm.tc_update_tasks(''{"priority": "Low"}'', NULL)');
SELECT t.tasks();
-- A reference that no task gets need not exist.
SELECT t.update_tasks('{"assigned_to": "{ann}"}', '{"assigned_to": {"remove": ["{bob}", "{unknown}"]}}');
-- A view restricts the tasks by its filters; one without any does not.
SELECT t.know('high', (taskcrm.tc_create_view('{"name": "High", "filters": {"priority": "High"}}') ->> 'id')::uuid),
  t.know('everything', (taskcrm.tc_create_view('{"name": "Everything", "filters": {}}') ->> 'id')::uuid);
SELECT t.update_tasks('{"view": "{high}"}', '{"status": "New"}', '{"dry_run": true}');
SELECT t.update_tasks('{"view": "{everything}"}', '{"status": "New"}', '{"dry_run": true}');
-- All of them.
SELECT t.update_tasks('{}', '{"status": "In Progress"}', '{"all": true}');
SELECT t.counted();

-- Any member may change tasks; members of other organizations and strangers change none of these.
\c - regress_api_amy
SELECT t.update_tasks('{"title": "task"}', '{"priority": "Urgent"}');
\c - regress_api_bob
SELECT t.update_tasks('{"ids": ["{t1}", "{t2}"]}', '{"title": "taken"}');
SELECT t.delete_tasks('{"ids": ["{t1}", "{t2}"]}');
\c - regress_api_ida
SELECT t.update_tasks('{"ids": "{t1}"}', '{"title": "taken"}');
SELECT t.delete_tasks('{"ids": "{t1}"}');

-- Only the creator or an admin deletes: one task of another refuses all.
\c - regress_api_amy
SELECT t.comment('t4', 'for @ann'), t.attach('t5', '{"file_name": "f", "content": "Zg=="}') IS NOT NULL;
SELECT t.delete_tasks('{"where": {"id": {"in": ["{t3}", "{t4}", "{t5}"]}}}');
SELECT t.delete_tasks('{"where": {"id": {"in": ["{t3}", "{t4}"]}}}', '{"dry_run": true}');
SELECT t.delete_tasks('{"created_by": "@me"}', '{"max_affected": 2}');
SELECT t.delete_tasks('{"created_by": "@me"}', '{"dry_run": true}');
SELECT count(*) FROM t.tasks();
SELECT t.delete_tasks('{"created_by": "@me", "ids": ["{t4}", "{t5}"]}', '{"expected": 2}');
SELECT t.delete_tasks('{}');
SELECT t.tasks();
SELECT t.counted();
\c - regress_api_alice
SELECT t.delete_tasks('{"status": "Completed"}');

-- Over HTTP.
SELECT t.http('PATCH', '/api/tasks/?priority=Urgent&dry_run=true', '{"status": "New"}');
SELECT t.http_short('PATCH', '/api/tasks/?where={"priority":{"eq":"Urgent"}}&expected=4', '{"status": "New", "teams": {"add": ["{sales}"]}}');
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent', '{"status": "Completed"}', '{"X-Max-Affected": "3"}');
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent&max_affected=100', '{"status": "Completed"}', '{"X-Max-Affected": "3"}');
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent', '{"status": "Completed"}', '{"X-Max-Affected": "many"}');
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent', '{"status": "Completed"}', h) FROM unnest(ARRAY['{"X-Max-Affected": 3}', '{"X-Max-Affected": ""}']) h;
-- An option without a value is not ignored.
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent&' || o, '{"status": "Completed"}') FROM unnest(ARRAY['dry_run', 'dry_run=', 'expected=', 'max_affected=', 'all=']) o;
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent&expected=1', '{"status": "Completed"}');
SELECT t.http_short('PATCH', '/api/tasks/', '{"status": "Completed"}');
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent', NULL);
SELECT t.http_short('PATCH', '/api/tasks/?priority=Urgent', '{"status": "Completed"}', '{"If-Match": "\"1\""}');
SELECT t.http_short('PATCH', '/api/tasks/?ids={t1}', t.form(ARRAY[t.field('title', 'from a form'), t.field('teams', '{ops}')]), :'form');
SELECT t.http_short('DELETE', '/api/tasks/');
SELECT t.http_short('DELETE', '/api/tasks/?title=form', NULL, '{"X-Max-Affected": "1"}');
SELECT t.http_short('DELETE', '/api/tasks/?all=true&expected=3', NULL);
SELECT t.tasks();
SELECT t.counted();
SELECT t.checksum(t.id('umbrella')) = :'umbrella' AS umbrella_unchanged;

-- A trigger of a user that keeps a row: nothing changes.
\c - :api_superuser
SET client_min_messages = warning;
INSERT INTO taskcrm.task (org_id, title, created_by) SELECT t.id('acme'), 'kept ' || i, t.id('alice') FROM generate_series(1, 3) i;
CREATE FUNCTION t.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN CASE WHEN OLD.title = 'kept 2' THEN NULL WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END; END $$;
CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.keep();
\c - regress_api_alice
SELECT t.update_tasks('{"title": "kept"}', '{"priority": "High"}');
SELECT t.delete_tasks('{"title": "kept"}');
SELECT t.tasks();

\set ECHO none
\i :teardown
