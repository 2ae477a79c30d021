-- tc_get_task: the task with its people, comments and attachments.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

-- A task without related rows.
SELECT t.know('task', (taskcrm.tc_create_task('{"title": "bare"}') ->> 'id')::uuid);
SELECT t.get_task('task');

-- A task with all related rows. Comments and attachments are in the order they were written, even
-- within one transaction; people and teams are ordered by name.
SELECT t.know('task', (taskcrm.tc_create_task(t.json('{"title": "full", "assigned_to": ["{carl}", "{ann}", "{amy}"],
  "teams": ["{sales}", "{ops}"], "contacts": ["{lee}", "{kim}"], "account": "{contoso}"}')) ->> 'id')::uuid);
BEGIN;
SELECT t.comment('task', 'first') LIKE '{%', t.comment('task', 'second, to @amy and @carl') LIKE '{%';
SELECT t.attach('task', '{"file_name": "b.txt", "content": "Yg=="}') LIKE '{%',
  t.attach('task', '{"file_name": "a.txt", "url": "http://a.example/"}') LIKE '{%';
COMMIT;
\c - regress_api_amy
SELECT t.comment('task', 'third') LIKE '{%';
SELECT jsonb_pretty(t.get_task('task')::jsonb);
SELECT string_agg(key, ' ') FROM json_object_keys(taskcrm.tc_get_task(t.id('task'))) key;
SELECT string_agg(key, ' ') FROM json_object_keys(taskcrm.tc_get_task(t.id('task')) -> 'comments' -> 0) key;
SELECT string_agg(key, ' ') FROM json_object_keys(taskcrm.tc_get_task(t.id('task')) -> 'attachments' -> 0) key;
SELECT string_agg(key, ' ') FROM json_object_keys(taskcrm.tc_get_task(t.id('task')) -> 'users_mention' -> 0) key;

-- Members who were removed are no longer assigned. Inactive members stay assigned but cannot be
-- mentioned. The comments of both stay.
\c - :api_superuser
SET client_min_messages = warning;
INSERT INTO taskcrm.task_comment (org_id, task_id, comment, commented_on, commented_by)
  VALUES (t.id('acme'), t.id('task'), 'before all others', '2020-01-01 00:00Z', t.id('carl')),
         (t.id('acme'), t.id('task'), 'imported', '2020-01-02 00:00:00.000001Z', NULL);
UPDATE taskcrm.member SET is_active = false WHERE user_id = t.id('ann');
UPDATE taskcrm.app_user SET is_active = false WHERE id = t.id('amy');
\c - regress_api_alice
SELECT taskcrm.tc_remove_member(t.id('carl'));
SELECT task -> 'task_obj' ->> 'assigned_to', task ->> 'assigned_to', task ->> 'users_mention', task -> 'comments' ->> 0,
  task -> 'comments' ->> 1
  FROM (SELECT t.get_task('task')::json) AS s (task);
SELECT c ->> 'comment', c ->> 'mentions' FROM json_array_elements(t.get_task('task')::json -> 'comments') c;
-- The id of a removed author is still shown, but the user is no longer a member.
SELECT t.create_task('{"title": "x", "assigned_to": ["{carl}"]}');

-- users_mention is ordered by name in code point order, then by id, and limited by a setting that
-- clients cannot change.
\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_add_member(t.id('acme'), taskcrm.tc_create_user('m' || n || '@acme.example', name,
    ('0a000000-0000-4000-8000-0000000001' || to_char(n, 'FM00'))::uuid))
  FROM (VALUES (1, 'Zoë'), (2, 'zoe'), (3, 'Ärger'), (4, ''), (5, 'Zoë'), (6, 'Alice')) AS v (n, name);
\o
\c - regress_api_alice
SELECT string_agg(format('%s <%s>', u ->> 'name', u ->> 'email'), ', ')
  FROM json_array_elements(taskcrm.tc_get_task(t.id('task')) -> 'users_mention') u;
SELECT t.try('SET taskcrm.max_users_mention = 3');
\c - :api_superuser
SET taskcrm.max_users_mention = 3;
SET SESSION AUTHORIZATION regress_api_alice;
SELECT string_agg(format('%s <%s>', u ->> 'name', u ->> 'email'), ', ')
  FROM json_array_elements(taskcrm.tc_get_task(t.id('task')) -> 'users_mention') u;
RESET SESSION AUTHORIZATION;
SET taskcrm.max_users_mention = 0;
SET SESSION AUTHORIZATION regress_api_alice;
SELECT taskcrm.tc_get_task(t.id('task')) ->> 'users_mention';
RESET SESSION AUTHORIZATION;

-- The errors for unknown ids and ids of another organization are identical.
\c - regress_api_alice
SELECT t.get_task('unknown');
SELECT t.get_task('b_task');
SELECT t.get_task('acme');
SELECT t.try('SELECT taskcrm.tc_get_task(NULL)');
SELECT t.try($$SELECT taskcrm.tc_get_task('x')$$);
\c - regress_api_nemo
SELECT t.get_task('task');
\c - regress_api_stranger
SELECT t.get_task('task');
\c - regress_api_ann
SELECT t.get_task('task');
\c - regress_api_amy
SELECT t.get_task('task');

-- Reads work in a read-only transaction.
\c - regress_api_alice
BEGIN READ ONLY;
SELECT taskcrm.tc_get_task(t.id('task')) -> 'task_obj' ->> 'title';
COMMIT;

\set ECHO none
\i :teardown
