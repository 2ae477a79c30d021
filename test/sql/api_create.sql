-- tc_create_task: accepted input, the answer, and errors.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

-- Every field of the specification's example. The get and list functions return the same object,
-- and the tables contain it.
SELECT taskcrm.tc_create_task(t.json('{"title": "Review contract proposal", "status": "New",
  "priority": "High", "due_date": "2023-02-20", "account": "{northwind}", "contacts": ["{lee}"],
  "assigned_to": ["{alice}"], "teams": ["{sales}"], "description": "Read it twice.\nThen sign."}')) AS task \gset
SELECT t.show(:'task');
SELECT t.know('task', (:'task'::json ->> 'id')::uuid);
SELECT taskcrm.tc_get_task(t.id('task')) ->> 'task_obj' = :'task' AS same_in_get;
SELECT taskcrm.tc_list_tasks() -> 'results' ->> 0 = :'task' AS same_in_list;
SELECT (:'task'::jsonb - 'id' - 'created_on' - 'updated_on') @> t.json('{"title": "Review contract proposal",
  "status": "New", "priority": "High", "due_date": "2023-02-20", "account": "{northwind}", "contacts": ["{lee}"],
  "assigned_to": ["{alice}"], "teams": ["{sales}"]}') AS as_sent;
SELECT string_agg(key, ' ') FROM json_object_keys(:'task'::json) key;
SELECT created_on = updated_on, created_by = t.id('alice'), version FROM taskcrm.task;
SELECT count(*) FROM taskcrm.task t
  JOIN taskcrm.task_contact c ON c.task_id = t.id AND c.created_on = t.created_on
  JOIN taskcrm.task_assignee a ON a.task_id = t.id AND a.created_on = t.created_on
  JOIN taskcrm.task_team e ON e.task_id = t.id AND e.created_on = t.created_on;
-- Times are in UTC, with microsecond precision.
SELECT (:'task'::json ->> 'created_on')::timestamptz = created_on FROM taskcrm.task;

-- Defaults; null and empty strings mean no value.
SELECT t.create_task('{"title": "x"}');
SELECT t.create_task('{"title": "x", "status": null, "priority": null, "due_date": null, "account": null,
  "contacts": null, "assigned_to": null, "teams": null, "description": null, "attachments": null}');
SELECT t.create_task('{"title": "x", "due_date": "", "account": "", "contacts": [], "assigned_to": [],
  "teams": [], "description": "", "attachments": []}');

-- Labels are matched without regard to case and returned as defined; duplicates are stored once.
SELECT t.create_task('{"title": "x", "status": "in PROGRESS", "priority": "urgent"}')::json ->> 'status';
SELECT t.create_task('{"title": "x", "contacts": ["{lee}", "{kim}", "{lee}"], "assigned_to": ["{amy}", "{amy}"],
  "teams": ["{sales}", "{sales}"]}')::jsonb #>> '{contacts}';
-- Ids are returned in the server's format, whatever their case.
SELECT t.create_task(format('{"title": "x", "account": "%s", "contacts": ["%s"]}',
  upper(t.id('northwind')::text), upper(t.id('lee')::text)))::jsonb #>> '{account}';
SELECT t.create_task(format('{"title": "x", "account": "%s"}', replace(t.id('northwind')::text, '-', '')));
SELECT t.create_task('{"title": "x", "account": "{{northwind}}"}');

-- Titles: 255 characters, of any length in bytes, stored unchanged.
SELECT octet_length(t.create_task(jsonb_build_object('title', repeat('x', 255))::text)::json ->> 'title');
SELECT octet_length(t.create_task(jsonb_build_object('title', repeat('€', 255))::text)::json ->> 'title');
SELECT octet_length(t.create_task(jsonb_build_object('title', repeat('😀', 255))::text)::json ->> 'title');
SELECT t.create_task(jsonb_build_object('title', repeat('x', 256))::text);
SELECT t.create_task(jsonb_build_object('title', repeat('€', 256))::text);
SELECT t.create_task('{"title": "  spaces stay \t"}')::json ->> 'title';
SELECT t.create_task('{"title": "\"quoted\" \\ </script> é"}')::json ->> 'title';
SELECT taskcrm.tc_create_task('{"title": "\"q\" \\ </script> \u0001\u001f\b\n é\u2028"}')::text LIKE
  '%"title":"\\"q\\" \\\\ </script> \\u0001\\u001f\\b\\n é' || U&'\2028' || '"%' AS escaped;

-- Errors. Invalid elements of a bulk call are tested in api_bulk.
SELECT t.counts() AS before \gset
SELECT t.create_task('{}');
SELECT t.create_task('{"title": null}');
SELECT t.create_task('{"title": ""}');
SELECT t.create_task('{"title": " \t\r\n"}');
SELECT t.create_task('{"title": 1}');
SELECT t.create_task('{"title": true}');
SELECT t.create_task('{"title": ["x"]}');
SELECT t.create_task('{"title": {"x": 1}}');
SELECT t.create_task('{"title": "x", "titel": "y"}');
SELECT t.create_task('{"title": "x", "Title": "y"}');
SELECT t.create_task('{"title": "x", "": "y"}');
SELECT t.create_task('{"title": "x", "id": 1}');
SELECT t.create_task('{"title": "x", "id": "x"}');
SELECT t.create_task('{"title": "x", "org": "{acme}"}');
SELECT t.create_task('{"title": "x", "org_id": "{acme}"}');
SELECT t.create_task('{"title": "x", "created_by": "{amy}"}');
SELECT t.create_task('{"title": "x", "created_on": "2023-01-01T00:00:00Z"}');
SELECT t.create_task('{"title": "x", "updated_on": "2023-01-01T00:00:00Z"}');
SELECT t.create_task('{"title": "x", "version": 1}');
SELECT t.create_task('{"title": "x", "account_id": "{northwind}"}');
SELECT t.create_task('{"title": "x", "status": "Done"}');
SELECT t.create_task('{"title": "x", "status": "Prog"}');
SELECT t.create_task('{"title": "x", "status": ""}');
SELECT t.create_task('{"title": "x", "status": " New"}');
SELECT t.create_task('{"title": "x", "status": 1}');
SELECT t.create_task('{"title": "x", "status": ["New"]}');
SELECT t.create_task('{"title": "x", "priority": "Critical"}');
SELECT t.create_task('{"title": "x", "priority": false}');
SELECT t.create_task(jsonb_build_object('title', 'x', 'priority', repeat('é', 1000))::text);
SELECT t.create_task('{"title": "x", "description": 7}');
SELECT t.create_task('{"title": "x", "due_date": "2023-02-29"}');
SELECT t.create_task('{"title": "x", "due_date": "2024-02-29"}')::json ->> 'due_date';
SELECT t.create_task('{"title": "x", "due_date": "0001-01-01"}')::json ->> 'due_date';
SELECT t.create_task('{"title": "x", "due_date": "9999-12-31"}')::json ->> 'due_date';
SELECT t.create_task('{"title": "x", "due_date": "2023-13-01"}');
SELECT t.create_task('{"title": "x", "due_date": "2023-00-10"}');
SELECT t.create_task('{"title": "x", "due_date": "0000-01-01"}');
SELECT t.create_task('{"title": "x", "due_date": "10000-01-01"}');
SELECT t.create_task('{"title": "x", "due_date": "-2023-01-01"}');
SELECT t.create_task('{"title": "x", "due_date": "2023-2-1"}');
SELECT t.create_task('{"title": "x", "due_date": "02/03/2023"}');
SELECT t.create_task('{"title": "x", "due_date": "2023-02-20T00:00:00Z"}');
SELECT t.create_task('{"title": "x", "due_date": " 2023-02-20"}');
SELECT t.create_task('{"title": "x", "due_date": "now"}');
SELECT t.create_task('{"title": "x", "due_date": "infinity"}');
SELECT t.create_task('{"title": "x", "due_date": 20230220}');
SELECT t.create_task('{"title": "x", "due_date": {}}');
SELECT t.create_task('{"title": "x", "account": "northwind"}');
SELECT t.create_task('{"title": "x", "account": "{northwind}0"}');
SELECT t.create_task('{"title": "x", "account": 1}');
SELECT t.create_task('{"title": "x", "account": ["{northwind}"]}');
SELECT t.create_task('{"title": "x", "contacts": "{lee}"}');
SELECT t.create_task('{"title": "x", "contacts": ""}');
SELECT t.create_task('{"title": "x", "contacts": {"0": "{lee}"}}');
SELECT t.create_task('{"title": "x", "contacts": [1]}');
SELECT t.create_task('{"title": "x", "contacts": [null]}');
SELECT t.create_task('{"title": "x", "contacts": [""]}');
SELECT t.create_task('{"title": "x", "contacts": [["{lee}"]]}');
SELECT t.create_task('{"title": "x", "contacts": ["lee"]}');
SELECT t.create_task('{"title": "x", "assigned_to": ["@me"]}');
SELECT t.create_task('{"title": "x", "teams": [true]}');
SELECT t.create_task('{"title": "x", "attachments": {}}');
SELECT t.create_task('{"title": "x", "attachments": "x"}');
SELECT t.create_task('{"title": "x", "attachments": ["x"]}');
SELECT t.create_task('{"title": "x", "attachments": [{"file_name": "a", "content": "!"}]}');
SELECT t.create_task('{"title": "x", "attachments": [{"file_name": "a", "content": "YQ=="}, {"file_name": "b"}]}');
-- 1,000 elements are allowed, even if all are equal.
SELECT t.create_task(format('{"title": "x", "contacts": [%s]}', string_agg('"{lee}"', ',')))::json ->> 'contacts'
  FROM generate_series(1, 1000);
SELECT t.create_task(format('{"title": "x", "contacts": [%s]}', string_agg('"{lee}"', ',')))
  FROM generate_series(1, 1001);
SELECT t.create_task('[]');
SELECT t.create_task('[{"title": "x"}]');
SELECT t.create_task('"x"');
SELECT t.create_task('1');
SELECT t.create_task('null');
SELECT t.try('SELECT taskcrm.tc_create_task(NULL)');

-- The errors for ids that are unknown or of another organization differ only in the id.
SELECT t.create_task('{"title": "x", "account": "{unknown}"}');
SELECT t.create_task('{"title": "x", "account": "{b_account}"}');
SELECT t.create_task('{"title": "x", "contacts": ["{lee}", "{unknown}"]}');
SELECT t.create_task('{"title": "x", "contacts": ["{lee}", "{b_contact}"]}');
SELECT t.create_task('{"title": "x", "assigned_to": ["{unknown}"]}');
SELECT t.create_task('{"title": "x", "assigned_to": ["{bob}"]}');
SELECT t.create_task('{"title": "x", "assigned_to": ["{nemo}"]}');
SELECT t.create_task('{"title": "x", "assigned_to": ["{ida}"]}') AS inactive;
SELECT t.create_task('{"title": "x", "teams": ["{unknown}"]}');
SELECT t.create_task('{"title": "x", "teams": ["{b_team}"]}');
-- An id that exists, but identifies another kind of object.
SELECT t.create_task('{"title": "x", "account": "{lee}"}');
SELECT t.create_task('{"title": "x", "assigned_to": ["{carl}"]}')::json ->> 'assigned_to' =
  format('["%s"]', 'carl') AS carl_is_a_member;
-- Only the calls that succeeded left rows: 5 tasks, 2 links.
SELECT :'before';
SELECT t.counts();

-- Callers who may not create tasks.
\c - regress_api_nemo
SELECT t.create_task('{"title": "x"}');
\c - regress_api_stranger
SELECT t.create_task('{"title": "x"}');
\c - regress_api_ida
SELECT t.create_task('{"title": "x"}');
\c - regress_api_carl
SELECT t.create_task('{"title": "x"}');
SET taskcrm.org_id = ' nonsense';
SELECT t.create_task('{"title": "x"}');
SELECT set_config('taskcrm.org_id', t.id('unknown')::text, false) IS NULL;
SELECT t.create_task('{"title": "x"}');
SELECT set_config('taskcrm.org_id', t.id('umbrella')::text, false) IS NULL;
SELECT t.create_task('{"title": "carl was here", "account": "{northwind}"}');
SELECT t.create_task('{"title": "carl was here", "account": "{b_account}"}')::json ->> 'org';

-- Attachments in the input.
\c - regress_api_amy
SELECT t.know('task', (taskcrm.tc_create_task('{"title": "with files", "attachments": [
  {"file_name": "dir/hello.txt", "content_type": "text/plain", "content": "aGVsbG8="},
  {"file_name": "page", "url": "https://x.example/y"}]}') ->> 'id')::uuid);
SELECT t.show(a::text) FROM json_array_elements(taskcrm.tc_get_task(t.id('task')) -> 'attachments') a;
SELECT convert_from(content, 'UTF8') FROM taskcrm.task_attachment_content;
SELECT t.create_task(jsonb_build_object('title', 'x', 'attachments',
  jsonb_agg('{"file_name": "a", "content": ""}'::jsonb))::text)
  LIKE '{"id"%' AS created FROM generate_series(1, 20);
SELECT t.create_task(jsonb_build_object('title', 'x', 'attachments',
  jsonb_agg('{"file_name": "a", "content": ""}'::jsonb))::text)
  FROM generate_series(1, 21);

\set ECHO none
\i :teardown
