-- The REST API: accounts, contacts, teams, users, the caller, and totals of tasks.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "there", "priority": "High"}') ->> 'id')::uuid);

-- GET /api/tasks/totals/ has the filters and the answer of tc_task_totals(); "totals" is no id of a task.
SELECT t.http('GET', '/api/tasks/totals/');
SELECT t.http_json('GET', '/api/tasks/totals/?priority=High&assigned_to=@me')::text
  = taskcrm.tc_task_totals('{"priority": "High", "assigned_to": "@me"}')::text AS same;
SELECT t.http_short('GET', '/api/tasks/totals/?priority=x');
SELECT method, t.http_short(method, '/api/tasks/totals/') FROM unnest(ARRAY['PUT', 'DELETE', 'POST']) method;
SELECT t.http('GET', '/api/tasks/totals');

-- GET /api/me/ has the answer of tc_whoami(), also without an organization.
SELECT t.http('GET', '/api/me/');
\c - regress_api_carl
SELECT t.http_short('GET', '/api/me/');
SELECT t.http_json('GET', '/api/me/', NULL, '{"organization-id": "{umbrella}"}') ->> 'org' = t.id('umbrella')::text AS umbrella;
SELECT t.http_short('GET', '/api/tasks/totals/');
\c - regress_api_stranger
SELECT t.http('GET', '/api/me/');

\set ECHO none
\i :teardown
