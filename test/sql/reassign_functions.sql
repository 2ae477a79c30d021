-- tc_reassign and tc_remove_member: whose tasks move to whom, which filters choose them, what is
-- counted, and what stays.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access('regress_api_alice', write => true);
-- The tasks of the selected organization, with status, version and assignees.
CREATE FUNCTION t.assigned() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT concat_ws(' ', t.title || ':', t.status, t.version,
    (SELECT string_agg(t.show(a.user_id::text), ' ' ORDER BY a.user_id) FROM taskcrm.task_assignee a WHERE a.task_id = t.id))
  FROM taskcrm.task t ORDER BY t.title COLLATE "C"
$$;
CREATE FUNCTION t.reassign(from_user text, to_user text, filters text DEFAULT '{}') RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_reassign(%L, %L, %L)', t.id(from_user), t.id(to_user), t.json(filters))) $$;
CREATE FUNCTION t.remove(who text, to_user text DEFAULT NULL) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_remove_member(%L, %L)', t.id(who), t.id(to_user))) $$;
-- Runs a call in a subtransaction that is rolled back.
CREATE FUNCTION t.trial(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  EXECUTE statement INTO result;
  RAISE USING ERRCODE = 'TT000';
EXCEPTION WHEN sqlstate 'TT000' THEN
  RETURN result;
END
$$;
\o
SELECT t.checksum(t.id('umbrella')) AS umbrella \gset
\c - regress_api_alice
\o /dev/null
SELECT taskcrm.tc_create_task(t.json(d)) FROM unnest(ARRAY[
  '{"title": "a", "assigned_to": ["{amy}"], "account": "{northwind}", "due_date": "2020-01-31"}',
  '{"title": "b", "assigned_to": ["{amy}", "{ann}"], "status": "In Progress", "teams": ["{sales}"]}',
  '{"title": "c", "assigned_to": ["{amy}"], "status": "Completed"}',
  '{"title": "d", "assigned_to": ["{amy}"], "priority": "Urgent", "description": "needle", "contacts": ["{lee}"]}',
  '{"title": "e", "assigned_to": ["{ann}"]}',
  '{"title": "f"}']) d;
\o
SELECT t.assigned();

-- Refused: a plain member, for its own tasks too; a user without an organization; a login without
-- a user.
\c - regress_api_amy
SELECT t.reassign('amy', 'ann'), t.remove('ann', 'amy'), t.remove('amy');
SELECT t.try('SELECT taskcrm.tc_reassign(NULL, NULL, NULL)');
\c - regress_api_nemo
SELECT t.reassign('amy', 'ann');
\c - regress_api_stranger
SELECT t.reassign('amy', 'ann');
-- The admin of the other organization.
\c - regress_api_bob
SELECT t.reassign('amy', 'ann'), t.reassign('bob', 'amy'), t.remove('amy', 'bob');

-- Wrong arguments.
\c - regress_api_alice
SELECT t.try(t.ids('SELECT taskcrm.tc_reassign(NULL, ''{amy}'')'));
SELECT t.try(t.ids('SELECT taskcrm.tc_remove_member(NULL, ''{amy}'')'));
SELECT t.reassign('amy', 'amy'), t.remove('amy', 'amy');
SELECT t.reassign('amy', who), t.remove('amy', who) FROM unnest(ARRAY['bob', 'unknown', 'nemo', 'ida']) who;
SELECT t.reassign(who, 'amy'), t.remove(who, 'amy') FROM unnest(ARRAY['bob', 'unknown', 'nemo']) who;
SELECT f, t.reassign('amy', 'ann', f) FROM unnest(ARRAY['{"assigned_to": "{ann}"}', '{"limit": 5}', '{"offset": 1}',
  '{"cursor": "start"}', '{"status": "gone"}', '{"due_date": "never"}', '[]']) WITH ORDINALITY AS v (f, n)
  ORDER BY n;
SELECT t.assigned();
-- Conditions and views narrow the tasks by their other assignees.
SELECT t.know('of_ann', (taskcrm.tc_create_view(t.json('{"name": "of Ann", "filters": {"assigned_to": "{ann}", "limit": 1}}')) ->> 'id')::uuid);
SELECT f, t.trial(format('SELECT taskcrm.tc_reassign(%L, %L, %L) ->> ''tasks''', t.id('amy'), t.id('carl'), t.json(f))) AS tasks
FROM unnest(ARRAY['{"view": "{of_ann}"}', '{"where": {"assigned_to": {"any": "{ann}"}}}', '{"where": {"assigned_to": {"none": ["{ann}"]}}}', '{"assigned_to": null}']) WITH ORDINALITY v (f, n) ORDER BY n;

-- The tasks that move are those that the same filters list: open ones, if no status is given.
SELECT f, t.trial(format('SELECT taskcrm.tc_reassign(%L, %L, %L) ->> ''tasks''', t.id('amy'), t.id('carl'), f)) AS tasks,
  t.trial(format('SELECT taskcrm.tc_reassign(%L, %L, %L) ->> ''assigned''', t.id('amy'), t.id('carl'), f)) =
    taskcrm.tc_list_tasks(jsonb_build_object('status', '["New", "In Progress"]'::jsonb) || f
      || jsonb_build_object('assigned_to', t.id('amy'))) ->> 'count' AS same
FROM (SELECT t.json(f) FROM unnest(ARRAY['{}', '{"status": "Completed"}', '{"status": ["New", "Completed"]}',
  '{"priority": "Urgent"}', '{"account": "{northwind}"}', '{"contact": "{lee}"}', '{"team": "{sales}"}',
  '{"team": ["{sales}", "{ops}"]}', '{"title": "d"}', '{"search": "needle"}', '{"overdue": true}', '{"no_due_date": true}',
  '{"unassigned": true}', '{"created_by": "@me", "due_date__lte": "2020-12-31"}', '{"ids": ["{unknown}"]}',
  '{"created_on__gte": "2020-01-01", "updated_on__lte": "2100-01-01T00:00:00Z"}', '{"account": "{b_account}"}',
  '{"ordering": "title", "count": "estimated", "time_zone": "Europe/Berlin", "offset": 0}']) f) AS v (f);
SELECT t.assigned();

-- One has the other assignee already. Each version is raised once, others stay.
SELECT t.reassign('amy', 'ann');
SELECT t.assigned();
SELECT t.reassign('amy', 'ann');
-- To nobody: tasks without an assignee are counted. Completed ones only if the filters say so.
SELECT t.reassign('ann', NULL, '{"priority": "Urgent"}');
SELECT t.reassign('amy', NULL, '{"status": "Completed"}');
SELECT t.assigned();
-- From a member who is not active, which makes sense, to one who is not, which does not.
\o /dev/null
SELECT taskcrm.tc_deactivate_member(t.id('ann'));
\o
SELECT t.reassign('carl', 'ann'), t.remove('amy', 'ann');
SELECT t.reassign('ann', 'amy', NULL);
SELECT t.assigned();
-- A link keeps the time of its task, by which lists are ordered.
SELECT count(*) = 3 AND bool_and(a.created_on = t.created_on) AS kept
FROM taskcrm.task_assignee a JOIN taskcrm.task t ON t.id = a.task_id;

-- Removing a member: open tasks go to the other one, completed ones lose the assignee, and authors
-- remain.
\o /dev/null
SELECT taskcrm.tc_update_task(id, t.json('{"assigned_to": {"add": ["{amy}", "{carl}"]}}')) FROM taskcrm.task WHERE title IN ('c', 'e');
SELECT taskcrm.tc_update_task(id, t.json('{"assigned_to": {"add": ["{carl}"]}}')) FROM taskcrm.task WHERE title = 'd';
\o
SELECT t.assigned();
SELECT t.remove('carl', 'amy');
SELECT t.assigned();
SELECT t.remove('carl', 'amy');
-- Without another one, the answer tells how many tasks lost the assignee and how many are left
-- without one.
SELECT t.remove('amy');
SELECT t.assigned();
-- A member without tasks; and the last admin, who keeps the tasks.
SELECT t.remove('ida');
\o /dev/null
SELECT taskcrm.tc_assign(id, ARRAY[t.id('alice')]) FROM taskcrm.task WHERE title = 'a';
SELECT taskcrm.tc_reactivate_member(t.id('ann'));
\o
SELECT t.remove('alice', 'ann');
SELECT t.assigned();

-- A trigger of the administrator that suppresses a row.
\c - :api_superuser
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER suppress BEFORE INSERT ON taskcrm.task_assignee FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_alice
SELECT t.reassign('alice', 'ann');
SELECT t.reassign('ann', 'alice');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task_assignee;
CREATE TRIGGER suppress BEFORE DELETE ON taskcrm.task_assignee FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_alice
SELECT t.reassign('alice', 'ann'), t.reassign('alice', NULL);
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task_assignee;
SELECT count(*) AS wrong FROM taskcrm.tc_check_counts();
SELECT t.checksum(t.id('umbrella')) = :'umbrella' AS untouched;

\set ECHO none
\i :teardown
