-- tc_delete_task, and who may call it.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

CREATE FUNCTION pg_temp.make() RETURNS void LANGUAGE sql AS $$
  SELECT t.know('task', (taskcrm.tc_create_task(t.json('{"title": "short-lived", "contacts": ["{lee}"],
    "assigned_to": ["{amy}", "{alice}"], "teams": ["{sales}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}')) ->> 'id')::uuid);
  SELECT t.comment('task', 'for @amy'), t.attach('task', '{"file_name": "g", "url": "https://g.example/"}') $$;
SELECT t.counts() AS before \gset

-- An admin deletes a task: no dependent rows are left.
SELECT pg_temp.make();
SELECT t.counts();
SELECT t.call('tc_delete_task', 'task') = '' AS deleted;
SELECT t.counts() = :'before' AS nothing_left;
-- Deleting it again.
SELECT t.call('tc_delete_task', 'task');
SELECT t.get_task('task');

-- The creator may delete the task without being an admin; another member may not.
\c - regress_api_amy
SELECT t.know('task', (taskcrm.tc_create_task('{"title": "amy''s"}') ->> 'id')::uuid);
\c - regress_api_ann
SELECT t.call('tc_delete_task', 'task');
\c - regress_api_amy
SELECT t.call('tc_delete_task', 'task') = '' AS deleted;
SELECT t.know('task', (taskcrm.tc_create_task('{"title": "amy''s other"}') ->> 'id')::uuid);
\c - regress_api_alice
SELECT t.call('tc_delete_task', 'task') = '' AS deleted;
SELECT t.know('task', (taskcrm.tc_create_task('{"title": "alice''s"}') ->> 'id')::uuid);
\c - regress_api_amy
SELECT t.call('tc_delete_task', 'task');
SELECT t.get_task('task') LIKE '{%' AS still_there;

-- An admin of one organization has no rights in another; inactive members have none.
\c - :api_superuser
UPDATE taskcrm.member SET role = 'admin' WHERE org_id = t.id('umbrella') AND user_id = t.id('carl');
\c - regress_api_carl
SELECT set_config('taskcrm.org_id', t.id('acme')::text, false) IS NULL;
SELECT t.call('tc_delete_task', 'task');
SELECT set_config('taskcrm.org_id', t.id('umbrella')::text, false) IS NULL;
SELECT t.call('tc_delete_task', 'task');
\c - regress_api_ida
SELECT t.call('tc_delete_task', 'task');
\c - regress_api_stranger
SELECT t.call('tc_delete_task', 'task');
\c - :api_superuser
INSERT INTO taskcrm.task (org_id, id, title, created_by)
  VALUES (t.id('acme'), '0a000000-0000-4000-8000-000000007a02', 'imported', NULL);
SELECT t.know('imported', '0a000000-0000-4000-8000-000000007a02');
\c - regress_api_amy
SELECT t.call('tc_delete_task', 'imported');

-- Ids that are unknown or belong to another organization.
\c - regress_api_alice
SELECT t.call('tc_delete_task', 'imported') = '' AS deleted;
SELECT t.call('tc_delete_task', 'unknown');
SELECT t.call('tc_delete_task', 'b_task');
SELECT t.try('SELECT taskcrm.tc_delete_task(NULL)');
SELECT t.call('tc_delete_task', 'task') = '' AS deleted;
SELECT t.counts() = :'before' AS nothing_left;

\set ECHO none
\i :teardown
