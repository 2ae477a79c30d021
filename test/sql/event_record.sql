-- What happened is recorded once, whoever changes what and how: one event for each row and call.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
-- The events since the last look, in their order, with names in place of ids.
CREATE TABLE t.looked AS SELECT 0::bigint AS seq;
GRANT SELECT, UPDATE ON t.looked TO PUBLIC;
CREATE FUNCTION t.happened() RETURNS TABLE (type text, of text, version integer, actor text, changes text)
  LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  before bigint := (SELECT l.seq FROM t.looked l);
BEGIN
  UPDATE t.looked SET seq = (SELECT coalesce(max(e.seq), 0) FROM taskcrm_internal.event e);
  RETURN QUERY SELECT e.type, t.show(e.subject_id::text), e.version, t.show(e.actor::text), t.show(e.changes::text)
    FROM taskcrm_internal.event e WHERE e.seq > before ORDER BY e.seq;
END
$$;
SELECT count(*) > 0 AS "the setup is recorded" FROM t.happened();

-- The API: one event for a task and its links, one for each file and comment.
\c - regress_api_amy
SELECT t.know('task', (taskcrm.tc_create_task(t.json('{"title": "a", "due_date": "2026-01-31", "assigned_to": ["{amy}", "{alice}"],
  "teams": ["{sales}"], "contacts": ["{lee}"], "account": "{contoso}", "attachments": [{"file_name": "f.txt", "content": "AAEC"}]}')) ->> 'id')::uuid);
SELECT * FROM t.happened();
SELECT t.update_task('task', '{"status": "Completed", "assigned_to": ["{amy}", "{ann}"], "teams": [], "due_date": null}')::json ->> 'version';
SELECT * FROM t.happened();
-- Links alone, nothing at all, and a version alone.
SELECT t.update_task('task', '{"contacts": []}')::json ->> 'version';
SELECT t.update_task('task', '{"contacts": [], "title": "a"}')::json ->> 'version';
SELECT * FROM t.happened();
-- Of a longer text, each version is kept once.
SELECT length(t.update_task('task', format('{"description": "%s"}', repeat('x', 201)))) > 201;
SELECT t.update_task('task', '{"description": "short"}')::json ->> 'version';
SELECT type, version, replace(changes, repeat('x', 201), '(201 x)') FROM t.happened();
SELECT t.comment('task', 'for @ann')::json #>> '{comment,comment}';
SELECT taskcrm.tc_edit_task_comment(id, 'for @amy') ->> 'comment' FROM taskcrm.task_comment WHERE task_id = t.id('task');
SELECT * FROM t.happened();
SELECT taskcrm.tc_create_tasks('[{"title": "b"}, {"title": "c"}]') -> 1 ->> 'title';
SELECT type, version, actor, changes FROM t.happened();
-- Many at once: still one event for each task.
SELECT json_array_length(taskcrm.tc_create_tasks((SELECT jsonb_agg(jsonb_build_object('title', 'many', 'assigned_to', jsonb_build_array(t.id('amy'), t.id('ann'))))
  FROM generate_series(1, 1000))));
SELECT type, count(*), min(jsonb_array_length(changes::jsonb #> '{assigned_to,added}')) FROM t.happened() GROUP BY 1;
SELECT taskcrm.tc_update_tasks('{"title": "many"}', t.json('{"status": "Completed", "assigned_to": ["{amy}"]}')) ->> 'changed';
SELECT type, count(*), min(jsonb_array_length(changes::jsonb #> '{assigned_to,removed}')), count(DISTINCT version) FROM t.happened() GROUP BY 1;
-- The settings of a restore keep nothing from being recorded: they are no use to a client, and API calls have their own.
SET row_security = off;
SET check_function_bodies = off;
SELECT t.update_task('task', '{"priority": "Urgent"}')::json ->> 'priority';
SELECT t.try($$UPDATE taskcrm.task SET priority = 'Low'$$);
RESET row_security;
RESET check_function_bodies;
SELECT type, changes FROM t.happened();
-- The history of a task has names, pages, and outlives the task.
SELECT t.show(e ->> 'type'), e ->> 'version', e ->> 'actor_name', t.show(e ->> 'changes'), t.show(e ->> 'names')
  FROM json_array_elements(taskcrm.tc_task_history(t.id('task'), '{"limit": 100}') -> 'results') e WHERE e ->> 'type' = 'task.created' OR e ->> 'version' = '2';
SELECT taskcrm.tc_task_history(t.id('task')) ->> 'count';
WITH RECURSIVE page AS (SELECT taskcrm.tc_task_history(t.id('task'), '{"cursor": "start", "limit": 3}') AS p
  UNION ALL SELECT taskcrm.tc_task_history(t.id('task'), jsonb_build_object('limit', 3, 'cursor', p ->> 'next_cursor')) FROM page WHERE p ->> 'next_cursor' IS NOT NULL)
SELECT e ->> 'type', e ->> 'version' FROM page, json_array_elements(p -> 'results') e;
-- What is deleted with a task belongs to the event of the task.
SELECT taskcrm.tc_delete_task(t.id('task'));
SELECT * FROM t.happened();
SELECT e ->> 'type' FROM json_array_elements(taskcrm.tc_task_history(t.id('task'), '{"limit": 1}') -> 'results') e;
SELECT t.try(format('SELECT taskcrm.tc_task_history(%L)', id)) FROM unnest(ARRAY[t.id('unknown'), t.id('b_task'), NULL]) AS id;
SELECT t.try(format('SELECT taskcrm.tc_task_history(%L, %L)', t.id('task'), filters)) FROM unnest(ARRAY['{"limit": -1}', '{"cursor": "x"}', '{"status": "New"}']) AS filters;
-- A call that fails leaves nothing.
SELECT t.create_task('{"title": "d", "assigned_to": ["{bob}"]}');
SELECT count(*) FROM t.happened();
\c - regress_api_alice
SELECT taskcrm.tc_update_account(t.id('contoso'), '{"name": "Contoso again"}') ->> 'name',
  taskcrm.tc_update_contact(t.id('kim'), t.json('{"last_name": "K", "account": "{contoso}"}')) ->> 'last_name';
SELECT taskcrm.tc_add_team_member(t.id('ops'), t.id('ann')), taskcrm.tc_remove_team_member(t.id('ops'), t.id('ann'));
SELECT taskcrm.tc_set_member_role(t.id('ann'), 'admin') IS NOT NULL AS changed;
SELECT * FROM t.happened();
-- Deleting an account changes what refers to it.
SELECT taskcrm.tc_update_task(id, t.json('{"account": "{contoso}"}')) ->> 'title' FROM taskcrm.task WHERE title = 'b';
SELECT count(*) FROM t.happened();
SELECT taskcrm.tc_delete_account(t.id('contoso'));
SELECT type, version, changes FROM t.happened();

-- Direct DML, by a client and by a superuser.
\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_grant_access('regress_api_ann', write => true, delete => true);
\c - regress_api_ann
INSERT INTO taskcrm.task (id, title) VALUES (t.id('unknown'), 'direct') RETURNING title;
INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (t.id('unknown'), t.id('ann')), (t.id('unknown'), t.id('amy'));
UPDATE taskcrm.task_assignee SET user_id = t.id('alice') WHERE task_id = t.id('unknown') AND user_id = t.id('amy');
UPDATE taskcrm.task SET priority = 'High' WHERE id = t.id('unknown');
UPDATE taskcrm.task SET priority = 'High' WHERE id = t.id('unknown');
INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (t.id('unknown'), 'for @amy');
SELECT * FROM t.happened();
DELETE FROM taskcrm.task WHERE id = t.id('unknown');
SELECT * FROM t.happened();
-- In a transaction: a savepoint that is rolled back takes its events with it.
BEGIN;
INSERT INTO taskcrm.task (title) VALUES ('kept');
SAVEPOINT s;
UPDATE taskcrm.task SET status = 'Completed' WHERE title = 'kept';
SELECT t.create_task('{"title": "lost"}') LIKE '{%' AS created;
ROLLBACK TO s;
UPDATE taskcrm.task SET status = 'In Progress' WHERE title = 'kept';
COMMIT;
SELECT type, version, changes FROM t.happened();
-- One event has one version, and the numbers of a task's events ascend with it.
\c - :api_superuser
SET client_min_messages = warning;
SELECT task_id, seq, version FROM (SELECT *, lag(version) OVER (PARTITION BY task_id ORDER BY seq) AS before FROM taskcrm_internal.event
  WHERE type LIKE 'task.%') e WHERE version < before;
COPY taskcrm.task (org_id, id, title, created_by) FROM STDIN WITH (DELIMITER ',');
0a000000-0000-4000-8000-000000000001,0e000000-0000-4000-8000-000000000002,copied,0a000000-0000-4000-8000-0000000000a2
\.
UPDATE taskcrm.task SET title = title || '!' WHERE title IN ('b', 'c', 'copied');
SELECT type, version, actor, changes FROM t.happened();
-- A trigger of somebody else that calls the API adds to the call.
CREATE FUNCTION t.follow() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM taskcrm.tc_add_task_comment_or_attachment(new.id, 'from a trigger');
  BEGIN
    PERFORM taskcrm.tc_add_task_comment_or_attachment(new.id, 'and one that is undone');
    RAISE division_by_zero;
  EXCEPTION WHEN division_by_zero THEN NULL;
  END;
  RETURN NULL;
END $$;
CREATE TRIGGER follow AFTER INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.follow();
\c - regress_api_amy
SELECT t.create_task('{"title": "followed", "assigned_to": ["{amy}"]}')::json ->> 'title';
SELECT type, version, actor, changes FROM t.happened();
\c - :api_superuser
SET client_min_messages = warning;
DROP TRIGGER follow ON taskcrm.task;
-- The clock was set back: the numbers of a task ascend all the same, and those of others follow the clock.
INSERT INTO taskcrm_internal.event (org_id, id, seq, generation, txid, type, task_id, subject_id, version, happened_on, changes)
  SELECT t.org_id, '03bb2cc3-d800-7000-8000-000000000000', 3155760000000000, 1, '3', 'task.updated', t.id, t.id, t.version, '2100-01-01 00:00Z', '{}'
  FROM taskcrm.task t WHERE t.title = 'c!';
UPDATE taskcrm.task SET title = title || '!' WHERE title IN ('b!', 'c!');
\c - :api_superuser
SET client_min_messages = warning;
UPDATE taskcrm.task SET title = 'c' WHERE title = 'c!!';
UPDATE taskcrm.task SET title = 'b!' WHERE title = 'b!!';
SELECT changes #>> '{title,to}' AS title, seq >= 3155760000000000 AS ahead, id >= '03bb2cc3-d800-7000-8000-000000000000' AS "id ahead"
  FROM taskcrm_internal.event WHERE task_id IN (SELECT id FROM taskcrm.task WHERE title IN ('b!', 'c')) AND changes ? 'title' ORDER BY version, 1;
SELECT task_id, version FROM (SELECT *, lag(version) OVER (PARTITION BY task_id ORDER BY seq) AS before FROM taskcrm_internal.event
  WHERE type LIKE 'task.%') e WHERE version < before;
DELETE FROM taskcrm_internal.event WHERE seq >= 3155760000000000;
SELECT count(*) FROM t.happened();
\c - :api_superuser
SET client_min_messages = warning;
-- A member who leaves; then the whole organization, which leaves no events.
\c - regress_api_alice
SELECT taskcrm.tc_update_task(id, t.json('{"assigned_to": ["{ann}"]}')) ->> 'title' FROM taskcrm.task WHERE title = 'b!';
SELECT count(*) FROM t.happened();
SELECT taskcrm.tc_remove_member(t.id('ann')) IS NOT NULL AS removed;
SELECT type, of, version, actor, changes FROM t.happened();
\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT count(*) FROM taskcrm_internal.event WHERE org_id = t.id('acme');
SELECT count(*) FROM t.happened();
DELETE FROM taskcrm.task_mention WHERE org_id = t.id('umbrella');
DELETE FROM taskcrm.organization WHERE id = t.id('umbrella');
SELECT count(*) FROM taskcrm_internal.event;
\i :teardown
