-- The REST API: accounts, contacts, teams, users, the caller, and totals and groups of tasks.
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
-- GET /api/tasks/groups/ has the answer of tc_group_tasks(); the options are in the query string.
SELECT t.http_json('GET', '/api/tasks/groups/?group_by=status&limit=20')::text = taskcrm.tc_group_tasks('{}', 'status', '{"limit": 20}')::text AS same;
SELECT t.http_json('GET', '/api/tasks/groups/?priority=High&priority=Low&group_by=created&period=week&max_groups=1&skip_groups=1&ordering=title&expand=account')::text
  = taskcrm.tc_group_tasks('{"priority": ["High", "Low"]}', 'created', '{"period": "week", "max_groups": 1, "skip_groups": 1, "ordering": "title", "expand": "account"}')::text AS same;
SELECT uri, t.http_short('GET', '/api/tasks/groups/' || uri) FROM unnest(ARRAY['', '?group_by=x', '?group_by=status&max_groups=0', '?group_by=status&offset=1', '?group_by=created&period=x']) uri;
-- Views: created, read, listed, changed and deleted.
SELECT t.http('POST', '/api/views/', '{"name": "Mine", "filters": {"status": "New"}, "display": {"a": 1}}') ~ '^201 .*"location"' AS created;
SELECT t.http_json('GET', '/api/views/?search=min') #>> '{results,0,id}' AS view \gset
SELECT t.http_short('GET', '/api/views/' || :'view' || '/') ~ '"filters":\{"status": "New"\}' AS shown;
SELECT t.http_json('PATCH', '/api/views/' || :'view' || '/', '{"shared_with": "organization"}') ->> 'shared_with', t.http_json('PUT', '/api/views/' || :'view' || '/', '{"display": null}') ->> 'display';
-- A view that was read is sent back with changes: what cannot be written is as it was.
SELECT method, c, t.http_json(method, '/api/views/' || :'view' || '/', (t.http_json('GET', '/api/views/' || :'view' || '/')::jsonb || t.json(c))::text)::jsonb - '{id,owner,created_on,updated_on}'::text[]
FROM unnest(ARRAY['PUT', 'PATCH']) WITH ORDINALITY m (method, m), unnest(ARRAY['{}', '{"name": "Ours"}', '{"name": "x", "created_on": "2000-01-01T00:00:00Z"}', '{"owner": null, "id": "{unknown}"}', '{"color": 1}']) WITH ORDINALITY c (c, n) ORDER BY m, n;
-- Conditions that do not hold, of what is there and what is not.
SELECT method, path, h, t.http_short(method, path, CASE method WHEN 'PUT' THEN '{"name": "changed"}' END, h)
FROM unnest(ARRAY['PUT', 'DELETE']) WITH ORDINALITY m (method, m), unnest(ARRAY['/api/accounts/{northwind}/', '/api/accounts/{unknown}/', '/api/views/{unknown}/', '/api/webhooks/{unknown}/']) WITH ORDINALITY p (path, p),
  unnest(ARRAY['{"if-match": "\"1\""}', '{"if-none-match": "*"}']) WITH ORDINALITY h (h, n) WHERE path !~ 'webhooks' OR method = 'DELETE' ORDER BY m, p, n;
SELECT t.http_json('GET', '/api/accounts/{northwind}/') ->> 'name' AS name;
SELECT t.http_json('GET', '/api/views/' || :'view' || '/') AS read \gset
SELECT t.http_short('PATCH', '/api/views/' || :'view' || '/', '{"display": {"b": 2}}') ~ '^200';
SELECT t.http_short('PUT', '/api/views/' || :'view' || '/', :'read');
SELECT t.http_short('POST', '/api/views/', :'read');
SELECT t.http_short('POST', '/api/views/', '{"name": ""}'), t.http_short('GET', '/api/views/x/');
SELECT t.http_short('DELETE', '/api/views/' || :'view' || '/'), t.http_short('DELETE', '/api/views/' || :'view' || '/');
SELECT method, t.http_short(method, '/api/tasks/totals/') FROM unnest(ARRAY['PUT', 'DELETE', 'POST']) method;
SELECT t.http('GET', '/api/tasks/totals');

-- Accounts, contacts and teams: created, listed, read, changed and deleted.
SELECT t.http('POST', '/api/accounts/', '{"name": "Globex"}');
SELECT t.know('globex', id) FROM taskcrm.account WHERE name = 'Globex';
SELECT t.http('POST', '/api/contacts/', '{"first_name": "Hank", "email": "hank@globex.example", "account": "{globex}"}');
SELECT t.know('hank', id) FROM taskcrm.contact WHERE first_name = 'Hank';
SELECT t.http_short('POST', '/api/contacts/', t.form(ARRAY[t.field('first_name', 'From a form'), t.field('account', '')]), :'form');
SELECT t.http('POST', '/api/teams/', '{"name": "Night"}');
SELECT t.know('night', id) FROM taskcrm.team WHERE name = 'Night';
SELECT path, t.http('GET', path)
  FROM unnest(ARRAY['/api/accounts/{globex}/', '/api/contacts/{hank}/', '/api/teams/{night}/', '/api/users/{amy}/']) path;
SELECT path, t.http_short('GET', path)
  FROM unnest(ARRAY['/api/accounts/', '/api/accounts/?search=GLOB&limit=1', '/api/contacts/?account={globex}&account={northwind}&ordering=-email',
    '/api/teams/?user=@me&user={amy}', '/api/users/?is_active=false', '/api/users/?role=admin&count=none',
    '/api/users/?cursor=start&limit=500']) path;
SELECT t.http('GET', '/api/users/?limit=1');
SELECT path, t.http_short('GET', path) FROM unnest(ARRAY['/api/accounts/?name=x', '/api/teams/?limit=x', '/api/users/?role=boss']) path;
SELECT method, t.http(method, '/api/contacts/{hank}/', '{"last_name": "Scorpio"}') FROM unnest(ARRAY['PATCH', 'PUT']) method;
SELECT t.http_short('PATCH', '/api/contacts/{hank}/', '{"account": null, "email": null}', '{"content-type": "application/merge-patch+json"}');
-- What was read can be sent back.
SELECT t.http_short('PUT', '/api/accounts/{globex}/', t.http_json('GET', '/api/accounts/{globex}/')::text);
-- There are no versions: conditions that need one are refused.
SELECT headers, t.http_short('PATCH', '/api/teams/{night}/', '{"name": "Day"}', headers)
  FROM unnest(ARRAY['{"if-match": "\"1\""}', '{"if-none-match": "*"}', '{"if-match": "*"}']) headers;
SELECT t.http_short('DELETE', '/api/teams/{night}/', NULL, '{"if-match": "\"1\""}');
SELECT body, t.http_short('POST', '/api/contacts/', body)
  FROM unnest(ARRAY['{}', '{"first_name": ""}', '{"first_name": null}', '{"first_name": "x", "account": "{b_account}"}',
    '{"first_name": "x", "account": "{unknown}"}', '{"first_name": "x", "id": "{unknown}"}', '{"first_name": 1}', '[]', '']) body;
SELECT t.http_short('POST', '/api/accounts/', t.form(ARRAY[t.field('name', 'x'), t.file('a', 'text/plain', 'x')]), :'form');
-- A key: the same answer again, with its header; another request is refused.
SELECT n, t.http('POST', '/api/accounts/', '{"name": "Once"}', '{"idempotency-key": "k"}') FROM generate_series(1, 2) n;
SELECT t.http_short('POST', '/api/accounts/', '{"name": "Twice"}', '{"idempotency-key": "k"}');
SELECT t.show(taskcrm.tc_create_account('Once', 'k')::text), count(*) FROM taskcrm.account WHERE name = 'Once';
-- Ids of the other organization, unknown ones and invalid ones.
SELECT method, path, t.http_short(method, path, body)
  FROM (VALUES ('GET', NULL), ('PATCH', '{}'), ('DELETE', NULL)) m (method, body),
  unnest(ARRAY['/api/accounts/{b_account}/', '/api/contacts/{b_contact}/', '/api/teams/{unknown}/', '/api/teams/x/']) path;
SELECT path, t.http_short('GET', path) FROM unnest(ARRAY['/api/users/{bob}/', '/api/users/x/', '/api/users/me/', '/api/accounts']) path;
SELECT path, t.http('OPTIONS', path)
  FROM unnest(ARRAY['/api/accounts/', '/api/accounts/{globex}/', '/api/users/', '/api/users/{amy}/', '/api/me/']) path;
SELECT path, t.http('DELETE', path)
  FROM unnest(ARRAY['/api/accounts/{globex}/', '/api/contacts/{hank}/', '/api/teams/{night}/', '/api/teams/{night}/']) path;

-- Members who are no admins read and do not write.
\c - regress_api_amy
SELECT path, t.http_short('GET', path) FROM unnest(ARRAY['/api/teams/', '/api/accounts/{northwind}/']) path;
SELECT method, path, t.http_short(method, path, '{"name": 1}')
  FROM (VALUES ('POST', '/api/accounts/'), ('PATCH', '/api/teams/{sales}/'), ('DELETE', '/api/contacts/{lee}/'),
    ('DELETE', '/api/contacts/{b_contact}/')) v (method, path);
-- The other organization has its own.
\c - regress_api_bob
SELECT path, t.http_short('GET', path) FROM unnest(ARRAY['/api/accounts/', '/api/contacts/', '/api/teams/', '/api/users/']) path;
-- Paths follow taskcrm.base_path, in links too.
\c - :api_superuser
ALTER ROLE regress_api_alice SET taskcrm.base_path = '/crm/v2/tasks/';
\c - regress_api_alice
SELECT t.http_short('GET', '/crm/v2/users/?limit=1'), left(t.http_short('GET', '/api/users/'), 3);
SELECT t.http('POST', '/crm/v2/teams/', '{"name": "Elsewhere"}');

\c - :api_superuser
ALTER ROLE regress_api_alice RESET taskcrm.base_path;
\c - regress_api_alice
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
