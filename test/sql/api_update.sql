-- tc_update_task changes the values that are sent, and nothing else.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task',
  (taskcrm.tc_create_task(t.json('{"title": "Follow up", "status": "New", "priority": "High", "due_date": "2023-02-15",
  "account": "{northwind}", "contacts": ["{lee}"], "assigned_to": ["{amy}"], "teams": ["{sales}"], "description": "text"}')) ->> 'id')::uuid);
SELECT taskcrm.tc_get_task(t.id('task')) ->> 'task_obj' AS created \gset
-- The task before an update, and the values afterwards, without times.
CREATE FUNCTION pg_temp.state() RETURNS text LANGUAGE sql
  AS $$ SELECT t.show((taskcrm.tc_get_task(t.id('task')) -> 'task_obj')::text) $$;

-- The example in the specification.
SELECT t.update_task('task',
  '{"title": "Review contract proposal - URGENT", "status": "In Progress", "priority": "Urgent", "due_date": "2023-02-10"}') AS updated \gset
SELECT :'updated';
SELECT pg_temp.state() = :'updated' AS same_in_get;
SELECT t.show(taskcrm.tc_list_tasks() -> 'results' ->> 0) = :'updated' AS same_in_list;
SELECT (:'created'::json ->> 'created_on')::timestamptz = created_on, updated_on > created_on FROM taskcrm.task;

-- One key at a time: all other values are kept.
SELECT t.update_task('task', '{"title": "Follow up"}');
SELECT t.update_task('task', '{"description": "other"}');
SELECT t.update_task('task', '{"status": "completed"}');
SELECT t.update_task('task', '{"priority": "LOW"}');
SELECT t.update_task('task', '{"due_date": "2024-02-29"}');
SELECT t.update_task('task', '{"account": "{contoso}"}');
SELECT t.update_task('task', '{"contacts": ["{kim}"]}');
SELECT t.update_task('task', '{"contacts": ["{lee}", "{kim}", "{lee}"]}');
SELECT t.update_task('task', '{"assigned_to": ["{alice}", "{amy}"]}');
SELECT t.update_task('task', '{"teams": ["{ops}"]}');

-- null clears a value, and so do the empty string of a form and an empty array.
SELECT t.update_task('task', '{"due_date": null, "account": null, "description": null}');
SELECT t.update_task('task', '{"due_date": "2024-02-29", "account": "{northwind}", "description": "d"}')::json ->>
  'version';
SELECT t.update_task('task', '{"due_date": "", "account": "", "description": ""}');
SELECT t.update_task('task', '{"contacts": []}');
SELECT t.update_task('task', '{"assigned_to": null, "teams": null}');
SELECT t.show((SELECT count(*) FROM taskcrm.task_contact) || ' ' || (SELECT count(*) FROM taskcrm.task_assignee) || ' '
  || (SELECT count(*) FROM taskcrm.task_team));

-- Columns and links in one call.
SELECT t.update_task('task',
  '{"title": "all", "status": "New", "priority": "Normal", "due_date": "2025-01-01", "account": "{northwind}",
  "contacts": ["{lee}"], "assigned_to": ["{amy}", "{ann}"], "teams": ["{ops}", "{sales}"], "description": "d"}');
SELECT bool_and(l.created_on = t.created_on), count(*) FROM taskcrm.task t
  JOIN (SELECT task_id, created_on FROM taskcrm.task_contact UNION ALL SELECT task_id, created_on
    FROM taskcrm.task_assignee
        UNION ALL SELECT task_id, created_on FROM taskcrm.task_team) l ON l.task_id = t.id;

-- An update that changes no value changes neither the version nor updated_on.
SELECT version, updated_on FROM taskcrm.task \gset before_
SELECT t.update_task('task', '{}')::json ->> 'version';
SELECT t.update_task('task',
  '{"title": "all", "status": "new", "priority": "NORMAL", "due_date": "2025-01-01", "account": "{northwind}",
  "contacts": ["{lee}", "{lee}"], "assigned_to": ["{ann}", "{amy}"], "teams": ["{sales}", "{ops}"], "description": "d"}') = pg_temp.state() AS same;
SELECT t.update_task('task', '{"version": null}')::json ->> 'version';
SELECT version = :before_version, updated_on = :'before_updated_on' FROM taskcrm.task;
-- An update that changes only links changes both.
SELECT t.update_task('task', '{"teams": ["{sales}"]}')::json ->> 'version';
SELECT version = :before_version + 1, updated_on > :'before_updated_on' FROM taskcrm.task;

-- Versions.
SELECT t.update_task('task', '{"title": "v", "version": 19}')::json ->> 'version';
SELECT t.update_task('task', '{"title": "w", "version": "20"}')::json ->> 'version';
SELECT t.update_task('task', '{"title": "x", "version": 21.0}')::json ->> 'version';
SELECT t.update_task('task', '{"title": "lost", "version": 21}');
SELECT t.update_task('task', '{"version": 21}');
SELECT t.update_task('task', '{"title": "lost", "version": "1"}');
SELECT t.update_task('task', '{"title": "lost", "version": 23}');
SELECT t.update_task('task', '{"title": "lost", "version": 0}');
SELECT t.update_task('task', '{"title": "lost", "version": 2147483647}');
SELECT t.update_task('task', '{"title": "lost", "version": 2147483648}');
SELECT t.update_task('task', '{"title": "lost", "version": -1}');
SELECT t.update_task('task', '{"title": "lost", "version": 1.5}');
SELECT t.update_task('task', '{"title": "lost", "version": ""}');
SELECT t.update_task('task', '{"title": "lost", "version": "21 "}');
SELECT t.update_task('task', '{"title": "lost", "version": true}');
SELECT t.update_task('task', '{"title": "lost", "version": [21]}');

-- Errors: the task does not change.
SELECT t.update_task('task', '{"title": null}');
SELECT t.update_task('task', '{"title": ""}');
SELECT t.update_task('task', '{"title": " "}');
SELECT t.update_task('task', jsonb_build_object('title', repeat('x', 256))::text);
SELECT t.update_task('task', '{"status": null}');
SELECT t.update_task('task', '{"priority": null}');
SELECT t.update_task('task', '{"status": ""}');
SELECT t.update_task('task', '{"status": "x"}');
SELECT t.update_task('task', '{"due_date": "2023-02-30"}');
SELECT t.update_task('task', '{"account": "x"}');
SELECT t.update_task('task', '{"id": "{unknown}"}');
SELECT t.update_task('task', '{"org": "{umbrella}"}');
SELECT t.update_task('task', '{"created_by": "{amy}"}');
SELECT t.update_task('task', '{"created_on": "2023-01-01T00:00:00Z"}');
SELECT t.update_task('task', '{"updated_on": "2023-01-01T00:00:00Z"}');
SELECT t.update_task('task', '{"attachments": []}');
SELECT t.update_task('task', '{"title": "lost", "account": "{unknown}"}');
SELECT t.update_task('task', '{"title": "lost", "account": "{b_account}"}');
SELECT t.update_task('task', '{"title": "lost", "contacts": ["{b_contact}"]}');
SELECT t.update_task('task', '{"title": "lost", "assigned_to": ["{alice}", "{bob}"]}');
SELECT t.update_task('task', '{"title": "lost", "assigned_to": ["{alice}", "{ida}"]}');
SELECT t.update_task('task', '{"title": "lost", "teams": ["{b_team}"]}');
SELECT t.update_task('task', '[]');
SELECT t.update_task('task', '"x"');
SELECT t.try(format('SELECT taskcrm.tc_update_task(%L, NULL)', t.id('task')));
SELECT t.try($$SELECT taskcrm.tc_update_task(NULL, '{}')$$);
SELECT pg_temp.state();

-- Ids that are unknown, of another organization, or of another kind of object.
SELECT t.update_task('unknown', '{"title": "lost"}');
SELECT t.update_task('b_task', '{"title": "lost"}');
SELECT t.update_task('b_task', '{}');
SELECT t.update_task('alice', '{}');

-- Any member may change any task of the organization; members who became inactive stay assigned,
-- but cannot be assigned again.
\c - :api_superuser
UPDATE taskcrm.member SET is_active = false WHERE user_id = t.id('ann');
\c - regress_api_amy
SELECT t.update_task('task', '{"assigned_to": ["{ann}", "{carl}"], "title": "amy was here"}');
SELECT t.update_task('task', '{"status": "Completed"}')::json ->> 'assigned_to';
SELECT t.update_task('task', '{"assigned_to": ["{carl}"]}')::json ->> 'assigned_to';
SELECT t.update_task('task', '{"assigned_to": ["{carl}", "{ann}"]}');
\c - regress_api_ann
SELECT t.update_task('task', '{"title": "lost"}');
\c - regress_api_stranger
SELECT t.update_task('task', '{"title": "lost"}');
\c - regress_api_carl
SELECT t.update_task('task', '{"title": "lost"}');
SELECT set_config('taskcrm.org_id', t.id('umbrella')::text, false) IS NULL;
SELECT t.update_task('task', '{"title": "lost"}');
SELECT set_config('taskcrm.org_id', t.id('acme')::text, false) IS NULL;
SELECT t.update_task('task', '{"title": "carl was here"}')::json ->> 'title';


-- A task can be sent back as it was read, changed or not: read-only keys are accepted with
-- unchanged values.
SELECT t.know('echo',
  (taskcrm.tc_create_task(t.json('{"title": "echo", "account": "{northwind}", "contacts": ["{lee}"], "assigned_to": ["{amy}"], "teams": ["{sales}"]}')) ->> 'id')::uuid);
SELECT t.comment('echo', 'Hello @amy') LIKE '{%',
  t.attach('echo', '{"file_name": "a.txt", "content": "YQ=="}') LIKE '{%';
SELECT taskcrm.tc_get_task(t.id('echo')) AS answer \gset
SELECT t.update_task('echo', :'answer'::json ->> 'task_obj') = t.show(:'answer'::json ->> 'task_obj') AS unchanged;
SELECT t.update_task('echo', :'answer') = t.show(:'answer'::json ->> 'task_obj') AS unchanged;
SELECT t.try(format('SELECT taskcrm.tc_update_task(%L, %L)', t.id('echo'),
  jsonb_set((:'answer'::jsonb -> 'task_obj') - 'version', '{title}', '"changed"')))::json ->> 'title';
-- The version has changed since the task was read.
SELECT t.update_task('echo', :'answer'::json ->> 'task_obj');
SELECT t.update_task('echo', :'answer');
SELECT t.update_task('echo', ((:'answer'::jsonb -> 'task_obj') - 'version')::text);
-- The whole answer, with another title.
SELECT taskcrm.tc_get_task(t.id('echo')) AS answer \gset
SELECT t.update_task('echo', jsonb_set(:'answer'::jsonb, '{task_obj,title}', '"once more"')::text)::json ->> 'title';
-- Each read-only key with another value.
SELECT taskcrm.tc_get_task(t.id('echo')) AS answer \gset
SELECT key, t.update_task('echo', jsonb_set(:'answer'::jsonb -> 'task_obj', ARRAY[key], value)::text)
  FROM (VALUES ('id', '"{unknown}"'), ('org', '"{umbrella}"'), ('org', 'null'), ('created_by', '"{amy}"'),
    ('created_by', 'null'), ('created_on', '"2023-01-15T10:30:00Z"'), ('created_on', 'null'), ('created_on', '5'),
    ('updated_on', '"yesterday"'), ('id', '"x"')) v (key, value0), LATERAL (SELECT t.json(value0)) j (value);
SELECT key, t.update_task('echo', jsonb_set(:'answer'::jsonb, ARRAY[key], value)::text)
  FROM (VALUES ('comments', '[]'::jsonb), ('attachments', 'null'), ('assigned_to', '[]'), ('teams', '5'),
    ('users_mention', '{}'), ('other', '1'), ('task_obj', '{"title": ""}'), ('task_obj', '5')) v (key, value);
SELECT t.update_task('echo', '{"task_obj": {"title": "alone"}}')::json ->> 'title';
-- The same time with another offset is accepted.
SELECT t.update_task('echo',
  jsonb_build_object('created_on',
  to_char(created_on AT TIME ZONE '+02:30', 'YYYY-MM-DD"T"HH24:MI:SS.US"-02:30"'))::text)::json ->> 'title'
  FROM taskcrm.task WHERE id = t.id('echo');

\set ECHO none
\i :teardown
