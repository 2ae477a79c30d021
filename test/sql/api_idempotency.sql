-- Idempotency keys: a call that is sent again is not done again.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
CREATE FUNCTION t.rows() RETURNS text LANGUAGE sql SECURITY DEFINER
  AS $$ SELECT format('%s tasks, %s links, %s files, %s answers', (SELECT count(*) FROM taskcrm.task WHERE org_id = t.id('acme')),
    (SELECT count(*) FROM taskcrm.task_assignee WHERE org_id = t.id('acme')), (SELECT count(*) FROM taskcrm.task_attachment WHERE org_id = t.id('acme')),
    (SELECT count(*) FROM taskcrm.stored_answer)) $$;
\c - regress_api_alice

-- The same data with the same key: the same answer, whatever the spacing and the
-- order of keys, and one task.
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1') AS first \gset
SELECT t.rows();
SELECT taskcrm.tc_create_task(t.json('{"attachments":[{"content":"Zg==","file_name":"f"}],"assigned_to":["{amy}"],"title":"once"}'), 'k1')::text = :'first' AS same;
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1')::text = :'first' AS same;
SELECT taskcrm.tc_get_task((:'first'::json ->> 'id')::uuid) ->> 'task_obj' = :'first' AS it_is_the_task;
SELECT t.rows();
-- Without a key, with another key: another task.
SELECT count(DISTINCT id) FROM (VALUES (:'first'::json ->> 'id'), (taskcrm.tc_create_task('{"title": "once"}', 'k2') ->> 'id'),
  (taskcrm.tc_create_task('{"title": "once"}') ->> 'id')) v (id);
SELECT t.create_task('{"title": "once"}', 'K2') LIKE '{%' AS keys_have_a_case;
SELECT t.rows();

-- Other data.
SELECT t.create_task('{"title": "twice"}', 'k1');
SELECT t.create_task('{}', 'k1');
SELECT t.create_task('{"title": "once", "assigned_to": ["{amy}"]}', 'k1');
SELECT t.rows();

-- The answer stays as it was given when the task has changed or gone since.
SELECT t.know('task', (:'first'::json ->> 'id')::uuid);
SELECT t.update_task('task', '{"title": "changed"}')::json ->> 'version';
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1')::text = :'first' AS same;
SELECT t.call('tc_delete_task', 'task') = '' AS deleted;
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1')::text = :'first' AS same;
SELECT t.rows();

-- Another user and another organization have keys of their own.
\c - regress_api_amy
SELECT t.create_task('{"title": "amy''s"}', 'k1')::json ->> 'title';
\c - regress_api_carl
SELECT set_config('taskcrm.org_id', t.id('acme')::text, false) IS NULL;
SELECT t.create_task('{"title": "carl''s"}', 'k1')::json ->> 'org';
SELECT set_config('taskcrm.org_id', t.id('umbrella')::text, false) IS NULL;
SELECT t.create_task('{"title": "carl''s other"}', 'k1')::json ->> 'org';
\c - regress_api_alice
SELECT t.rows();

-- A call that failed, and one that was rolled back, leave their key free.
SELECT t.create_task('{"title": ""}', 'k3');
SELECT t.create_task('{"title": "x", "assigned_to": ["{bob}"]}', 'k3');
SELECT t.create_task('{"title": "x", "attachments": [{"file_name": "f", "content": "?"}]}', 'k3');
BEGIN;
SELECT t.create_task('{"title": "rolled back"}', 'k3') LIKE '{%' AS made;
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT t.create_task('{"title": "rolled back"}', 'k3') LIKE '{%' AS made;
ROLLBACK TO s;
SELECT t.create_task('{"title": "third"}', 'k3') LIKE '{%' AS made;
SELECT t.create_task('{"title": "fourth"}', 'k3');
COMMIT;
SELECT t.create_task('{"title": "third"}', 'k3')::json ->> 'title';
SELECT t.rows();

-- Keys.
SELECT t.create_task('{"title": "x"}', '');
SELECT t.create_task('{"title": "x"}', E' \t');
SELECT t.create_task('{"title": "x"}', repeat('k', 256));
SELECT t.create_task('{"title": "x"}', repeat('😀', 256));
SELECT t.create_task('{"title": "x"}', repeat('k', 255)) LIKE '{%';
SELECT t.create_task('{"title": "x"}', repeat('😀', 255)) LIKE '{%';
SELECT t.create_task('{"title": "x"}', ''' OR true --') LIKE '{%';
SELECT t.create_task('{"title": "y"}', ''' OR true --');

-- After 24 hours, and not before, a key is free again; old answers go.
\c - :api_superuser
UPDATE taskcrm.stored_answer SET created_on = now() - interval '23 hours 59 minutes' WHERE key = 'k2' AND user_id = t.id('alice');
UPDATE taskcrm.stored_answer SET created_on = now() - interval '24 hours 1 minute' WHERE key = 'k3' AND user_id = t.id('alice');
\c - regress_api_alice
SELECT t.create_task('{"title": "other"}', 'k2');
SELECT t.create_task('{"title": "other"}', 'k3')::json ->> 'title';
SELECT t.create_task('{"title": "other"}', 'k3')::json ->> 'title';
SELECT t.create_task('{"title": "third"}', 'k3');
\c - :api_superuser
UPDATE taskcrm.stored_answer SET created_on = now() - interval '25 hours' WHERE org_id = t.id('acme');
INSERT INTO taskcrm.stored_answer (org_id, user_id, key, request, answer, created_on)
  SELECT t.id('acme'), t.id('amy'), 'old ' || n, '', '{}', now() - interval '2 days' FROM generate_series(1, 150) n;
\c - regress_api_alice
SELECT t.create_task('{"title": "x"}', 'k4') LIKE '{%', t.create_task('{"title": "x"}', 'k5') LIKE '{%', t.create_task('{"title": "x"}', 'k6') LIKE '{%';
SELECT t.rows();
-- Answers are nobody's to read; they are the organization's, and go with it.
SELECT t.try('SELECT * FROM taskcrm.stored_answer');
\c - :api_superuser
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT t.rows();

\set ECHO none
\i :teardown
