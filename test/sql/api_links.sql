-- Adding to and removing from the contacts, assignees and teams of a task.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task', (taskcrm.tc_create_task(t.json('{"title": "Follow up", "contacts": ["{lee}"],
  "assigned_to": ["{amy}", "{ann}"], "teams": ["{sales}"]}')) ->> 'id')::uuid);
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql
  AS $$ SELECT t.show((taskcrm.tc_get_task(t.id('task')) -> 'task_obj')::text) $$;

-- Keys of an update.
SELECT t.update_task('task',
  '{"contacts": {"add": ["{kim}"]}, "assigned_to": {"remove": ["{amy}"]}, "teams": {"add": ["{ops}"], "remove": ["{sales}"]}}');
SELECT t.update_task('task',
  '{"contacts": {"add": ["{kim}", "{lee}", "{kim}"], "remove": null}, "assigned_to": {}, "teams": {"add": [], "remove": ["{sales}"]}}')::json ->> 'version';
SELECT t.update_task('task',
  '{"teams": {"remove": ["00000000-0000-4000-8000-000000000000", "{ops}", "{sales}"]}, "contacts": {"remove": ["{kim}"]}}');
SELECT t.update_task('task',
  '{"assigned_to": {"add": ["{amy}"]}, "teams": {"add": ["{sales}", "{ops}"]}, "version": 1}');

-- Errors.
SELECT t.update_task('task', '{"teams": {"add": ["{sales}"], "remove": ["{ops}", "{sales}"]}}');
SELECT t.update_task('task', '{"teams": {"plus": ["{sales}"]}}');
SELECT t.update_task('task', '{"teams": {"add": "{sales}"}}');
SELECT t.update_task('task', '{"teams": {"add": [null]}}');
SELECT t.update_task('task', '{"teams": {"remove": ["x"]}}');
SELECT t.update_task('task', '{"teams": {"add": ["{b_team}"]}}');
SELECT t.update_task('task', '{"title": {"add": []}}');
SELECT t.create_task('{"title": "x", "teams": {"add": ["{sales}"]}}');

-- The functions for assignees.
SELECT t.show(taskcrm.tc_assign(t.id('task'), ARRAY[t.id('amy'), t.id('alice'), t.id('amy')])::text);
SELECT taskcrm.tc_assign(t.id('task'), ARRAY[t.id('amy')]) ->> 'version' = (SELECT version::text
  FROM taskcrm.task) AS unchanged;
SELECT t.show(taskcrm.tc_unassign(t.id('task'), ARRAY[t.id('alice'), t.id('b_team')])::text);
SELECT t.show(taskcrm.tc_assign(t.id('task'), '{}')::text) = pg_temp.state() AS unchanged;
SELECT t.try($$SELECT taskcrm.tc_assign(t.id('task'), ARRAY[t.id('bob')])$$);
SELECT t.try($$SELECT taskcrm.tc_assign(t.id('task'), NULL)$$);
SELECT t.try($$SELECT taskcrm.tc_assign(t.id('task'), '{NULL}')$$);
SELECT t.try($$SELECT taskcrm.tc_unassign(NULL, '{}')$$);
SELECT t.try($$SELECT taskcrm.tc_unassign(t.id('lee'), '{}')$$);
SELECT t.try($$SELECT taskcrm.tc_assign(t.id('task'), array_agg(gen_random_uuid())) FROM generate_series(1, 1001)$$);

\set ECHO none
\i :teardown
