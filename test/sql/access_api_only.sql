-- A role that may call the API but read no table: what works and what fails.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup
\set SHOW_CONTEXT never

\c - :api_superuser
SET client_min_messages = warning;
\set VERBOSITY default
SELECT taskcrm.tc_grant_access('regress_api_amy', read => false);
SELECT c.relname FROM pg_class c
  WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
  AND has_any_column_privilege('regress_api_amy', c.oid, 'SELECT, INSERT, UPDATE, REFERENCES');
SELECT taskcrm.tc_grant_access('regress_api_amy', write => true, read => false);
SELECT detail FROM taskcrm.tc_doctor() WHERE "check" IN ('client_rights', 'client_access') AND NOT ok;

-- The API works without rights on the tables that it reads and writes.
\c - regress_api_amy
SELECT taskcrm.tc_whoami() ->> 'problem', taskcrm.tc_current_user() = t.id('amy'),
  taskcrm.tc_current_org() = t.id('acme');
SELECT t.know('task',
  (taskcrm.tc_create_task(t.ids('{"title": "Through the API", "assigned_to": ["{ann}"], "contacts": ["{lee}"], "teams": ["{ops}"], "account": "{northwind}"}')::jsonb) ->> 'id')::uuid);
SELECT taskcrm.tc_list_tasks('{"title": "api", "count": "exact"}') ->> 'count',
  taskcrm.tc_list_tasks('{"count": "estimated"}') ->> 'count';
SELECT count(*) FROM taskcrm.tc_find_task_ids('{}');
SELECT taskcrm.tc_task_totals() ->> 'count';
SELECT taskcrm.tc_get_task(t.id('task')) -> 'task_obj' ->> 'title';
SELECT taskcrm.tc_update_task(t.id('task'), '{"status": "Completed"}') IS NOT NULL;
SELECT t.know('file', (taskcrm.tc_add_task_attachment(t.id('task'), 'a.txt', 'bytes', 'text/plain') ->> 'id')::uuid);
SELECT convert_from(content, 'UTF8') FROM taskcrm.tc_get_task_attachment(t.id('file'));
SELECT taskcrm.tc_add_task_comment_or_attachment(t.id('task'), '@ann please look') IS NOT NULL;
SELECT status FROM taskcrm.tc_http_request('GET', '/api/tasks/');
SELECT taskcrm.tc_get_task(t.id('b_task'));

-- The tables, and functions that query them with the caller's rights, are refused, even in EXPLAIN.
SELECT count(*) FROM taskcrm.task;
SELECT count(*) FROM taskcrm.tc_find_tasks('{}');
SELECT taskcrm.is_overdue(x) FROM taskcrm.task x;
EXPLAIN SELECT FROM taskcrm.task WHERE due_date < '2024-01-01';
EXPLAIN (ANALYZE) SELECT FROM taskcrm.app_user WHERE email = 'bob@umbrella.example';
COPY taskcrm.account TO STDOUT;
INSERT INTO taskcrm.task (title) VALUES ('x');
UPDATE taskcrm.task SET title = 'x';
PREPARE q AS SELECT FROM taskcrm.member;
SELECT taskcrm.tc_delete_task(t.id('task')) IS NOT NULL;

-- Rights granted in other ways are refused and reported.
\c - :api_superuser
SET client_min_messages = warning;
GRANT SELECT (name) ON taskcrm.team TO PUBLIC;
SELECT taskcrm.tc_grant_access('regress_api_amy', read => false);
SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'client_access' AND NOT ok;
REVOKE SELECT (name) ON taskcrm.team FROM PUBLIC;
SELECT taskcrm.tc_grant_access('regress_api_amy', read => false);
SELECT has_table_privilege('regress_api_amy', 'taskcrm.task', 'SELECT'), taskcrm.tc_grant_access('regress_api_amy'),
  has_table_privilege('regress_api_amy', 'taskcrm.task', 'SELECT');
\set ECHO none
\i :teardown
