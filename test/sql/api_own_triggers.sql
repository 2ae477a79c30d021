-- Triggers, columns and labels added or changed by an administrator: the API names the cause of a
-- failure and never misinterprets a value.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "before"}') ->> 'id')::uuid);
\c - :api_superuser
SET client_min_messages = warning;
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
SELECT format('CREATE TRIGGER suppress BEFORE INSERT OR UPDATE ON taskcrm.%I FOR EACH ROW EXECUTE FUNCTION t.suppress()', tab)
  FROM unnest('{task,account,contact,team,organization,app_user,task_attachment}'::name[]) tab \gexec

-- A call fails if a trigger suppresses its row.
SELECT t.try($$SELECT taskcrm.tc_create_organization('x')$$);
SELECT t.try($$SELECT taskcrm.tc_create_user('x@example.org')$$);
\c - regress_api_alice
SELECT t.create_task('{"title": "x"}');
SELECT t.create_task('{"title": "x", "assigned_to": ["{amy}"]}', 'key');
SELECT t.try($$SELECT taskcrm.tc_create_tasks('[{"title": "x"}, {"title": "y"}]')$$);
SELECT t.update_task('task', '{"title": "x"}');
SELECT t.update_task('task', '{"title": "x", "assigned_to": ["{amy}"]}');
SELECT t.try($$SELECT taskcrm.tc_create_account('x')$$);
SELECT t.try($$SELECT taskcrm.tc_create_team('x')$$);
SELECT t.try($$SELECT taskcrm.tc_create_contact('x')$$);
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task;
\c - regress_api_alice
SELECT t.create_task('{"title": "x", "attachments": [{"file_name": "f", "content": "MQ=="}]}');
-- None of these calls left a row.
SELECT count(*) FROM taskcrm.task;
SELECT count(*) FROM taskcrm.task_assignee;

-- A trigger that calls the API with the key of the call that fired it.
\c - :api_superuser
SET client_min_messages = warning;
CREATE FUNCTION t.again() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM taskcrm.tc_create_task('{"title": "again"}', 'again');
  RETURN new;
END
$$;
CREATE TRIGGER again BEFORE INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.again();
GRANT USAGE ON SCHEMA t TO regress_api_owner;
GRANT EXECUTE ON FUNCTION taskcrm.tc_create_task(jsonb, text, text) TO regress_api_owner;
\c - regress_api_alice
SELECT t.create_task('{"title": "again"}', 'again');
\c - :api_superuser
DROP TRIGGER again ON taskcrm.task;

-- Columns whose type is not the one that the triggers expect.
ALTER TABLE taskcrm.task ALTER version TYPE bigint;
UPDATE taskcrm.task SET title = 'after' WHERE id = t.id('task');
ALTER TABLE taskcrm.task ALTER version TYPE integer;
ALTER TABLE taskcrm.task_comment ALTER edited_on TYPE date;
UPDATE taskcrm.task_comment SET comment = 'after' WHERE id = t.id('b_comment');
ALTER TABLE taskcrm.task_comment ALTER edited_on TYPE timestamptz;
CREATE TABLE t.link (org_id text, task_id text, created_on text);
CREATE TRIGGER created_on BEFORE INSERT ON t.link FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.link_created_on();
INSERT INTO t.link VALUES ('x', 'y', NULL);
ALTER TABLE t.link ALTER created_on TYPE timestamptz USING NULL;
INSERT INTO t.link VALUES ('x', 'y', NULL);
ALTER TABLE t.link DROP COLUMN created_on;
INSERT INTO t.link VALUES ('x', 'y');

-- A label that the code does not know.
ALTER TYPE taskcrm.task_status ADD VALUE 'Blocked';
UPDATE taskcrm.task SET status = 'Blocked' WHERE id = t.id('task');
\c - regress_api_alice
SELECT t.try($$SELECT taskcrm.tc_task_totals()$$);
SELECT t.try($$SELECT taskcrm.tc_list_tasks('{"status": "Blocked"}')$$);
SELECT t.try($$SELECT (taskcrm.tc_list_tasks() -> 'results' -> 0)::jsonb -> 'status'$$);

\set ECHO none
\i :teardown
