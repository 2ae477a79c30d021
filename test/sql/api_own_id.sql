-- The caller may choose the id of a new task.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.create_task('{"title": "own", "id": "0190C0DE-0000-4000-8000-000000000001", "assigned_to": ["{amy}"],
  "attachments": [{"file_name": "f", "content": "Zg=="}]}')::json ->> 'id' AS id;
SELECT t.id, t.title, a.file_name, l.user_id = t.id('amy') AS assigned
  FROM taskcrm.task t
  JOIN taskcrm.task_attachment a ON a.task_id = t.id
  JOIN taskcrm.task_assignee l ON l.task_id = t.id;
-- Null and the empty string mean no id.
SELECT t.create_task('{"title": "none", "id": null}')::json ->> 'title';
SELECT t.create_task('{"title": "none", "id": ""}')::json ->> 'title';
-- The id of an existing task.
SELECT t.create_task('{"title": "taken", "id": "0190c0de-0000-4000-8000-000000000001"}');
SELECT t.try($$SELECT taskcrm.tc_create_task('{"title": "keyed", "id": "0190c0de-0000-4000-8000-000000000002"}',
  'k') ->> 'title'$$);
SELECT t.try($$SELECT taskcrm.tc_create_task('{"title": "keyed", "id": "0190c0de-0000-4000-8000-000000000002"}',
  'k') ->> 'title'$$);
SELECT t.try($$SELECT taskcrm.tc_create_task('{"title": "keyed", "id": "0190c0de-0000-4000-8000-000000000002"}',
  'l') ->> 'title'$$);
-- An id used by another organization is available, and the other task does not change.
SELECT t.create_task('{"title": "mine", "id": "{b_task}"}')::json ->> 'id';
-- An update cannot change the id.
SELECT t.update_task('task', '{}') IS NOT NULL AS asked
  FROM (SELECT t.know('task', '0190c0de-0000-4000-8000-000000000001')) AS known;
SELECT t.update_task('task', '{"id": "0190c0de-0000-4000-8000-000000000009"}');

-- The answer lists tasks in the order they were sent, whatever their ids.
SELECT string_agg(concat_ws(' ', task ->> 'title', json_array_length(task -> 'teams')), ', ' ORDER BY place)
  FROM json_array_elements(taskcrm.tc_create_tasks(t.json('[
    {"title": "z", "id": "f0000000-0000-4000-8000-000000000001", "teams": ["{ops}"]},
    {"title": "generated"},
    {"title": "y", "id": "00000000-0000-4000-8000-000000000001", "attachments": [{"file_name": "f", "content": "Zg=="}]},
    {"title": "x", "id": "80000000-0000-4000-8000-000000000001"}]'))) WITH ORDINALITY AS v (task, place);
SELECT title, file_name FROM taskcrm.task_attachment a JOIN taskcrm.task t ON t.id = a.task_id ORDER BY title;
SELECT t.try($$
  SELECT taskcrm.tc_create_tasks('[{"title": "a"}, {"title": "b", "id": "0190c0de-0000-4000-8000-000000000001"}]')$$);
SELECT t.try($$SELECT taskcrm.tc_create_tasks('[{"title": "a", "id": "0190c0de-0000-4000-8000-000000000003"},
  {"title": "b", "id": "0190c0de-0000-4000-8000-000000000003"}]')$$);
SELECT title, count(*) FROM taskcrm.task GROUP BY title ORDER BY title;

-- Over HTTP.
SELECT status, headers ->> 'location' AS location
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', NULL,
    '{"title": "http", "id": "0190c0de-0000-4000-8000-000000000004"}');
SELECT status, convert_from(body, 'UTF8')
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', NULL,
    '{"title": "http", "id": "0190c0de-0000-4000-8000-000000000004"}');

\set ECHO none
\i :teardown
