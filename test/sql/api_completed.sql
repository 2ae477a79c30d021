-- completed_on and completed_by follow the status of a task, whoever changes it and how.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

-- What a task shows of its completion; now is the time of the transaction.
CREATE FUNCTION pg_temp.completion() RETURNS TABLE (title text, status taskcrm.task_status, completed_on text, completed_by text)
  LANGUAGE sql AS $$
  SELECT t.title, t.status, CASE WHEN t.completed_on = t.updated_on THEN 'when last changed'
      ELSE to_char(t.completed_on AT TIME ZONE 'UTC', 'YYYY-MM-DD') END,
    t.show(t.completed_by::text)
  FROM taskcrm.task t ORDER BY t.title
$$;
-- Through the API.
SELECT t.create_task('{"title": "a"}')::json ->> 'completed_on' IS NULL AS open;
SELECT t.know('task', id) FROM taskcrm.task;
SELECT t.show(v ->> 'status' || ' ' || (v ->> 'completed_on') || ' ' || (v ->> 'completed_by'))
  FROM (SELECT t.create_task('{"title": "b", "status": "Completed"}')::json AS v) AS created;
SELECT * FROM pg_temp.completion();
SELECT t.update_task('task', '{"status": "Completed"}')::json ->> 'completed_by';
SELECT * FROM pg_temp.completion();
-- Other changes leave both as they are, whoever makes them, and so does completing it again.
SELECT taskcrm.tc_get_task(t.id('task')) #>> '{task_obj,completed_on}' AS before \gset
\c - regress_api_amy
SELECT t.update_task('task', '{"status": "Completed", "priority": "High"}')::json ->> 'completed_by';
SELECT taskcrm.tc_get_task(t.id('task')) #>> '{task_obj,completed_on}' = :'before' AS same;
-- A task that is open again has neither.
SELECT v ->> 'completed_on', v ->> 'completed_by' FROM (SELECT t.update_task('task', '{"status": "New"}')::json AS v) AS updated;
-- The values can be sent back as they were read, and not be changed.
SELECT t.update_task('task', '{"status": "Completed"}')::json ->> 'completed_by';
SELECT t.try(format('SELECT taskcrm.tc_update_task(%L, %L) ->> ''title''', t.id('task'),
  taskcrm.tc_get_task(t.id('task'))::jsonb -> 'task_obj' || '{"title": "a again"}'));
SELECT t.update_task('task', '{"completed_on": "2020-01-01T00:00:00Z"}');
SELECT t.update_task('task', '{"completed_by": null}');
SELECT t.create_task('{"title": "x", "status": "Completed", "completed_on": "2020-01-01T00:00:00Z"}');

-- Through direct DML, by a client.
\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_grant_access('regress_api_ann', write => true);
\c - regress_api_ann
INSERT INTO taskcrm.task (title, status) VALUES ('c', 'Completed'), ('d', 'New');
UPDATE taskcrm.task SET status = CASE status WHEN 'Completed' THEN 'In Progress' ELSE 'Completed' END::taskcrm.task_status
  WHERE title IN ('c', 'd');
SELECT title, status, completed_on = updated_on AS now, t.show(completed_by::text) FROM taskcrm.task WHERE title IN ('c', 'd') ORDER BY title;
SELECT t.try($$INSERT INTO taskcrm.task (title, status, completed_on) VALUES ('x', 'Completed', '2020-01-01 00:00Z')$$);
SELECT t.try(format('INSERT INTO taskcrm.task (title, completed_by) VALUES (''x'', %L)', t.id('amy')));
SELECT t.try($$UPDATE taskcrm.task SET completed_by = NULL WHERE title = 'd'$$);

-- An administrator who loads tasks may give both. Without a time, a task was completed when it was
-- last changed; a task that is not completed has neither.
\c - :api_superuser
INSERT INTO taskcrm.task (org_id, title, status, created_on, updated_on, completed_on, completed_by) VALUES
  (t.id('acme'), 'e', 'Completed', '2021-01-01', '2021-03-01', '2021-02-01', t.id('amy')),
  (t.id('acme'), 'f', 'Completed', '2021-01-01', '2021-03-01', NULL, NULL),
  (t.id('acme'), 'g', 'New', '2021-01-01', '2021-03-01', '2021-02-01', t.id('amy'));
UPDATE taskcrm.task SET completed_on = '2021-02-02' WHERE title = 'e';
UPDATE taskcrm.task SET completed_on = NULL WHERE title = 'f';
SELECT title, status, completed_on = updated_on AS when_changed,
    CASE WHEN completed_on < '2022-01-01' THEN completed_on::date END AS day, t.show(completed_by::text)
  FROM taskcrm.task WHERE title IN ('e', 'f', 'g') ORDER BY title;
-- The function is for its trigger only.
CREATE TABLE public.other (status text);
CREATE TRIGGER wrong AFTER INSERT ON public.other FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_completed();
SELECT t.try($$INSERT INTO public.other VALUES ('Completed')$$);
DROP TABLE public.other;

-- Filters and ordering.
\c - regress_api_alice
SELECT string_agg(v ->> 'title', ' ') FROM json_array_elements(taskcrm.tc_list_tasks('{"completed_by": "@me"}') -> 'results') v;
SELECT string_agg(v ->> 'title', ' ')
  FROM json_array_elements(taskcrm.tc_list_tasks('{"completed_on__lte": "2021-12-31", "ordering": "-completed_on"}') -> 'results') v;
SELECT string_agg(v ->> 'title', ' ')
  FROM json_array_elements(taskcrm.tc_list_tasks('{"completed_on__gte": "2022-01-01", "ordering": "completed_on"}') -> 'results') v;
SELECT taskcrm.tc_list_tasks(jsonb_build_object('completed_by', t.id('bob'))) ->> 'count';
SELECT t.try($$SELECT taskcrm.tc_list_tasks('{"completed_on__gte": "yesterday"}')$$);
-- The other organization has seen none of this.
\c - regress_api_bob
SELECT taskcrm.tc_list_tasks('{"completed_on__gte": "2000-01-01"}') ->> 'count';
\set ECHO none
\i :teardown
