-- The REST API: the organization and its export, its members, teams and invitations, reassigning
-- tasks, and the caller's name.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
CREATE TABLE t.token (name text PRIMARY KEY, id uuid, token text);
GRANT SELECT, INSERT ON t.token TO PUBLIC;
-- Creates an invitation and keeps its token.
CREATE FUNCTION t.invite(name text, body text) RETURNS text LANGUAGE sql AS $$
  WITH sent AS (SELECT t.http_json('POST', '/api/invitations/', body) AS answer),
    kept AS (INSERT INTO t.token SELECT invite.name, (s.answer ->> 'id')::uuid, s.answer ->> 'token' FROM sent s RETURNING token)
  SELECT t.show(replace(s.answer::text, k.token, 'TOKEN')) FROM sent s, kept k
$$;
CREATE FUNCTION t.accept(wanted text) RETURNS text LANGUAGE sql AS $$
  SELECT t.http_short('POST', '/api/invitations/accept/', json_build_object('token', (SELECT k.token FROM t.token k WHERE k.name = wanted))::text)
$$;
-- What only admins may do.
CREATE TABLE t.request (n int GENERATED ALWAYS AS IDENTITY, method text, path text, body text);
INSERT INTO t.request (method, path, body) VALUES
  ('PATCH', '/api/organization/', '{"name": "Taken"}'),
  ('PATCH', '/api/users/{ann}/', '{"role": "admin"}'),
  ('PATCH', '/api/users/{ann}/', '{"is_active": false}'),
  ('DELETE', '/api/users/{ann}/', NULL),
  ('DELETE', '/api/users/{ann}/?reassign_to={amy}', NULL),
  ('POST', '/api/tasks/reassign/', '{"from_user": "{ann}", "to_user": "{amy}"}'),
  ('GET', '/api/invitations/', NULL),
  ('POST', '/api/invitations/', '{"email": "x@y.example"}'),
  ('DELETE', '/api/invitations/{unknown}/', NULL),
  ('PATCH', '/api/teams/{sales}/members/', '{"add": ["{ann}"]}'),
  ('GET', '/api/organization/export/', NULL);
GRANT SELECT ON t.request TO PUBLIC;
SELECT t.checksum(t.id('umbrella')) AS umbrella \gset
\o

-- A plain member gets 403, a login without a user 401, and an admin of the other organization does
-- not find them.
\c - regress_api_amy
SELECT DISTINCT t.http_short(method, path, body) FROM t.request;
\c - regress_api_stranger
SELECT DISTINCT left(t.http_short(method, path, body), 3) FROM t.request;
\c - regress_api_bob
SELECT method, path, t.http_short(method, path, body) FROM t.request WHERE path ~ 'users|reassign|unknown|teams' ORDER BY n;
SELECT t.http_short('GET', '/api/teams/{sales}/members/');

-- The organization: each member reads it, admins rename it.
\c - regress_api_amy
SELECT t.http('GET', '/api/organization/');
\c - regress_api_alice
SELECT t.http('PATCH', '/api/organization/', '{"name": "Acme & Sons"}');
SELECT t.http_short('PATCH', '/api/organization/', '{"name": "Acme"}', '{"content-type": "application/merge-patch+json"}');
SELECT body, t.http_short('PATCH', path, body) FROM unnest(ARRAY['{}', '{"name": null}', '{"name": ""}', '{"name": 1}', '{"title": "x"}',
  '[]', '']) WITH ORDINALITY b (body, n), unnest(ARRAY['/api/organization/', '/api/me/']) path ORDER BY path, n;
SELECT method, t.http(method, '/api/organization/') FROM unnest(ARRAY['DELETE', 'OPTIONS']) method;
-- What was read is sent back with changes.
SELECT path, c, t.http_short('PATCH', path, (t.http_json('GET', path)::jsonb || t.json(c))::text) FROM (VALUES ('/api/organization/', '{"name": "Acme"}'),
  ('/api/organization/', '{"name": "x", "id": "{umbrella}", "created_on": null}'), ('/api/users/{ann}/', '{}'), ('/api/users/{ann}/', '{"role": "admin"}'), ('/api/users/{ann}/', '{"role": "member", "email": "x@y.example", "name": null}'),
  ('/api/users/{ann}/', '{"role": "member"}'), ('/api/users/{ann}/', '{"org": 1}')) v (path, c);
-- There are no versions: conditions that need one are refused.
SELECT path, t.http_short('PATCH', path, '{"name": "x"}', '{"if-match": "\"1\""}') FROM unnest(ARRAY['/api/organization/', '/api/me/']) path;

-- The caller's name, also while no organization is selected.
\c - regress_api_carl
SELECT t.http_short('PATCH', '/api/me/', '{"name": "Carla"}'), t.http_short('GET', '/api/organization/');

-- Members.
\c - regress_api_alice
SELECT body, t.http_short('PATCH', '/api/users/{ann}/', body) FROM unnest(ARRAY['{"role": "admin"}', '{"role": "member", "is_active": false}',
  '{"is_active": true}', '{}', '{"role": "owner"}', '{"role": null}', '{"is_active": null}', '{"is_active": 1}', '{"name": "x"}'])
  WITH ORDINALITY b (body, n) ORDER BY n;
SELECT t.http_short('PATCH', '/api/users/{alice}/', '{"role": "member"}');
SELECT path, t.http_short('PATCH', path, '{"role": "admin"}') FROM unnest(ARRAY['/api/users/{bob}/', '/api/users/{unknown}/', '/api/users/x/']) path;

-- Members of teams: each member reads them, with the filters and pages of members.
SELECT t.http('PATCH', '/api/teams/{sales}/members/', '{"add": ["{ann}", "{amy}", "{ann}"]}');
SELECT body, t.http_short('PATCH', '/api/teams/{sales}/members/', body) FROM unnest(ARRAY['{"add": ["{amy}"], "remove": ["{carl}", "{bob}"]}',
  '{"remove": ["{amy}"], "add": ["{alice}"]}', '{}', '{"add": ["{bob}"]}', '{"add": ["{ida}"]}', '{"remove": ["{alice}"], "add": ["{unknown}"]}',
  '{"add": ["x"]}', '{"add": "{amy}"}', '{"add": null}', '{"add": [1]}', '{"add": ["{amy}"], "remove": ["{amy}"]}', '{"members": []}', '[]'])
  WITH ORDINALITY b (body, n) ORDER BY n;
SELECT t.http('GET', '/api/teams/{sales}/members/');
SELECT t.http_short('PATCH', '/api/teams/{sales}/members/', json_build_object('add', array_agg(t.id('amy')))::text) FROM generate_series(1, 1001);
SELECT t.http_short('PATCH', '/api/teams/{sales}/members/', '{"add": ["{amy}"]}', '{"if-match": "\"1\""}');
SELECT path, method, t.http_short(method, path, '{}') FROM unnest(ARRAY['/api/teams/{unknown}/members/', '/api/teams/{b_team}/members/', '/api/teams/x/members/'])
  WITH ORDINALITY p (path, n), unnest(ARRAY['GET', 'PATCH']) method ORDER BY n, method;
SELECT method, t.http_short(method, '/api/teams/{sales}/members/') FROM unnest(ARRAY['POST', 'PUT', 'DELETE', 'OPTIONS']) method;
\c - regress_api_amy
SELECT query, t.http_short('GET', '/api/teams/{sales}/members/' || query) FROM unnest(ARRAY['', '?search=AN&limit=1', '?limit=1&ordering=-name',
  '?team={ops}&limit=0', '?status=New']) WITH ORDINALITY q (query, n) ORDER BY n;
\c - regress_api_alice

-- All rows of the organization, as the function returns them, whatever the settings of the session are.
SET TimeZone = 'Asia/Kathmandu';
SET DateStyle = 'SQL, DMY';
SELECT r.status, r.headers, convert_from(r.body, 'UTF8') = (SELECT string_agg(e || E'\n', '') FROM taskcrm.tc_export_organization() e) AS same,
  convert_from(r.body, 'UTF8') ~ 'CANARY' AS canary, convert_from(r.body, 'UTF8') ~ '\+00:00"' AS in_utc
FROM taskcrm.tc_http_request('GET', '/api/organization/export/') r;
SELECT current_setting('TimeZone'), current_setting('DateStyle');
RESET TimeZone;
RESET DateStyle;
SELECT r.status, r.headers ->> 'content-type' AS type, r.headers ->> 'content-length' = octet_length(g.body)::text AS its_length, r.body IS NULL
FROM taskcrm.tc_http_request('HEAD', '/api/organization/export/') r, taskcrm.tc_http_request('GET', '/api/organization/export/') g;
SELECT method, t.http_short(method, '/api/organization/export/') FROM unnest(ARRAY['POST', 'OPTIONS']) method;
\c - regress_api_bob
SELECT status, convert_from(body, 'UTF8') ~ 'acme' AS other FROM taskcrm.tc_http_request('GET', '/api/organization/export/');
-- One that is larger than an answer.
\c - :api_superuser
ALTER DATABASE regress_api SET taskcrm.max_answer_size = '64kB';
INSERT INTO taskcrm.task (org_id, title, description, created_by) VALUES (t.id('acme'), 'long', repeat('x', 70000), t.id('alice'));
\c - regress_api_alice
SELECT t.http_short('GET', '/api/organization/export/');
SELECT count(*) > 10 AS lines FROM taskcrm.tc_export_organization();
\c - :api_superuser
ALTER DATABASE regress_api RESET taskcrm.max_answer_size;
DELETE FROM taskcrm.task WHERE title = 'long';
\c - regress_api_alice

-- Reassigning tasks; a task cannot have the id "reassign".
SELECT count(taskcrm.tc_create_task(t.json(d))) FROM unnest(ARRAY['{"title": "a", "assigned_to": ["{ann}"]}',
  '{"title": "b", "assigned_to": ["{ann}", "{amy}"], "priority": "High"}', '{"title": "c", "assigned_to": ["{ann}"], "status": "Completed"}']) d;
SELECT t.http('POST', '/api/tasks/reassign/', '{"from_user": "{ann}", "to_user": "{amy}", "filters": {"priority": "High"}}');
SELECT body, t.http_short('POST', '/api/tasks/reassign/', body) FROM unnest(ARRAY['{"from_user": "{amy}", "to_user": "{ann}"}',
  '{"from_user": "{amy}", "to_user": null, "filters": null}', '{"from_user": "{amy}"}', '{"to_user": null}', '{"from_user": "x", "to_user": null}',
  '{"from_user": "{amy}", "to_user": "{bob}"}', '{"from_user": "{bob}", "to_user": null}', '{"from_user": "{amy}", "to_user": null, "filters": []}',
  '{"from_user": "{amy}", "to_user": null, "filters": {"limit": 1}}', '{"from_user": "{amy}", "to_user": null, "all": true}'])
  WITH ORDINALITY b (body, n) ORDER BY n;
SELECT method, t.http_short(method, '/api/tasks/reassign/') FROM unnest(ARRAY['GET', 'PUT', 'DELETE']) method;
SELECT t.http_short('GET', '/api/tasks/?assigned_to={ann}&ordering=title');

-- Invitations.
SELECT t.invite('nemo', '{"email": "Nemo@nowhere.example"}');
SELECT t.invite('any', '{"email": null, "role": "admin", "expires_on": null}');
SELECT t.invite('bob', json_build_object('email', 'bob@umbrella.example', 'expires_on', to_char(now() + interval '1 day', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text);
SELECT regexp_replace(t.http('POST', '/api/invitations/', '{"email": "x@y.example"}'), '"token":"[^"]{86}"', '"token":"TOKEN"');
SELECT t.http('GET', '/api/invitations/');
SELECT t.http_short('GET', '/api/invitations/?role=admin');
SELECT body, t.http_short('POST', '/api/invitations/', body) FROM unnest(ARRAY['{}', '{"email": "x"}', '{"email": "x@y", "role": null}',
  '{"email": "x@y", "role": "boss"}', '{"email": "x@y", "expires_on": "tomorrow"}', '{"email": "x@y", "expires_on": "2020-01-31T00:00:00Z"}',
  '{"email": "amy@acme.example"}', '{"email": "x@y", "token": "x"}']) WITH ORDINALITY b (body, n) ORDER BY n;
SELECT t.http('DELETE', format('/api/invitations/%s/', id)), t.http_short('DELETE', format('/api/invitations/%s/', id)) FROM t.token WHERE name = 'bob';
SELECT path, t.http_short('DELETE', path) FROM unnest(ARRAY['/api/invitations/{unknown}/', '/api/invitations/x/']) path;
SELECT method, t.http_short(method, '/api/invitations/accept/') FROM unnest(ARRAY['GET', 'DELETE']) method;
\c - regress_api_bob
SELECT t.accept('nemo'), t.accept('bob');
SELECT t.http_short('DELETE', format('/api/invitations/%s/', id)) FROM t.token WHERE name = 'any';
\c - regress_api_nemo
SELECT t.http_short('GET', '/api/tasks/');
SELECT body, t.http_short('POST', '/api/invitations/accept/', body) FROM unnest(ARRAY['{}', '{"token": null}', '{"token": "x"}', '{"token": 1}']) WITH ORDINALITY b (body, n) ORDER BY n;
SELECT t.accept('nemo'), t.accept('nemo'), t.accept('any');
SELECT t.http_json('GET', '/api/tasks/') ->> 'count' AS count;

-- Removing members.
\c - regress_api_alice
SELECT path, t.http('DELETE', path) FROM unnest(ARRAY['/api/users/{ann}/?reassign_to={ann}', '/api/users/{ann}/?reassign_to={bob}',
  '/api/users/{ann}/?reassign_to=x', '/api/users/{ann}/?to=x', '/api/users/{bob}/', '/api/users/{alice}/',
  '/api/users/{ann}/?reassign_to={nemo}', '/api/users/{nemo}/', '/api/users/{nemo}/']) WITH ORDINALITY p (path, n) ORDER BY n;
SELECT t.http_short('GET', '/api/tasks/?unassigned=true&ordering=title&count=none');
\c - :api_superuser
-- A name is a change in each organization of the user, and nothing else is.
DELETE FROM taskcrm_internal.event WHERE org_id = t.id('umbrella') AND subject_id = t.id('carl') AND changes = '{"name": {}}';
SELECT t.checksum(t.id('umbrella')) = :'umbrella' AS untouched;

\set ECHO none
\i :teardown
