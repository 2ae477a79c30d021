-- The REST API: the user and the organization of a request; gateways, and requests through
-- PostgREST.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup
\set tokens :test_dir '/sql/include/tokens.sql'

-- A login without a user. Unknown paths, unknown methods and OPTIONS get the same answers for every
-- caller.
\c - regress_api_stranger
SELECT method, path, t.http(method, path, '{"title": "x", "comment": "x"}')
  FROM (VALUES ('GET', '/api/tasks/'), ('HEAD', '/api/tasks/'), ('POST', '/api/tasks/'),
  ('GET', '/api/tasks/{b_task}/'), ('GET', '/api/tasks/x/'), ('PUT', '/api/tasks/{b_task}/'),
  ('DELETE', '/api/tasks/{b_task}/'), ('POST', '/api/tasks/{b_task}/'), ('PUT', '/api/tasks/comment/{b_comment}/'),
    ('DELETE', '/api/tasks/comment/x/'), ('GET', '/api/tasks/attachment/{b_file}/'),
    ('DELETE', '/api/tasks/attachment/x/'),
  ('GET', '/x'), ('BREW', '/api/tasks/'), ('OPTIONS', '/api/tasks/')) v (method, path);
SELECT t.http('GET', '/api/tasks/', NULL, '{"Authorization": "Basic eDp5"}');

-- The organization is taken from the header, else it is the user's only one. The header overrides
-- the settings; request.headers is not used; an empty header counts as absent.
\c - regress_api_carl
CREATE FUNCTION pg_temp.listed(headers text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN answer ->> 'message' IS NULL THEN 'found '
    || coalesce((SELECT string_agg(r ->> 'title', ',') FROM json_array_elements(answer -> 'results') r), 'nothing')
    ELSE answer::text END
  FROM t.http_json('GET', '/api/tasks/', NULL, headers) answer $$;
SELECT h, pg_temp.listed(h)
  FROM unnest(ARRAY['{}', '{"organization-id": "{umbrella}"}', '{"Organization-ID": "{acme}"}',
  '{"organization-id": ""}', '{"organization-id": "x"}', '{"organization-id": "{unknown}"}',
  '{"organization-id": null}',
  '{"organization-id": ["{acme}", "{umbrella}"]}', '{"organization-id": 1}', '{"organization_id": "{acme}"}']) h;
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT h, pg_temp.listed(h) FROM unnest(ARRAY['{}', '{"organization-id": "{umbrella}"}']) h;
SELECT current_setting('taskcrm.org_id');
RESET taskcrm.org_id;
SET request.headers = '{"organization-id": "0b000000-0000-4000-8000-000000000001"}';
SELECT taskcrm.tc_list_tasks() -> 'count';
SELECT h, pg_temp.listed(h) FROM unnest(ARRAY['{}', '{"organization-id": "{umbrella}"}']) h;
SELECT current_setting('request.headers') <> '';
SET search_path = pg_temp;
SELECT status FROM taskcrm.tc_http_request('GET', '/api/tasks/');
SET row_security = off;
SELECT status FROM taskcrm.tc_http_request('GET', '/api/tasks/',
  '{"organization-id": "0b000000-0000-4000-8000-000000000001"}');
RESET ALL;
\c - regress_api_nemo
SELECT t.http_short('GET', '/api/tasks/'), t.http_short('GET', '/api/tasks/', NULL, '{"organization-id": "{acme}"}');

-- A gateway sets the user in each transaction, by claims or by the setting.
\c - :api_superuser
SET client_min_messages = warning;
CREATE ROLE regress_api_gateway LOGIN;
SELECT taskcrm.tc_grant_access('regress_api_gateway'), taskcrm.tc_trust_gateway('regress_api_gateway');
\c - regress_api_gateway
SELECT t.http_short('GET', '/api/tasks/');
BEGIN;
SELECT set_config('taskcrm.user_id', t.id('bob')::text, true) IS NOT NULL;
SELECT t.http_short('GET', '/api/tasks/?limit=0');
SELECT t.http_short('GET', '/api/tasks/?limit=0', NULL, '{"authorization": "Bearer of the application"}');
COMMIT;
SELECT left(t.http_short('GET', '/api/tasks/'), 4);
BEGIN;
SELECT set_config('request.jwt.claims', '{"sub": "0a000000-0000-4000-8000-0000000000a1"}', true);
SELECT t.http_short('GET', '/api/tasks/?limit=0', NULL, '{"authorization": "Bearer verified.by.PostgREST"}');
COMMIT;
BEGIN;
SELECT set_config('request.jwt.claims', '{"role": "anonymous"}', true);
SELECT t.http('GET', '/api/tasks/?limit=0', NULL, '{"authorization": "Bearer verified.by.PostgREST"}');
COMMIT;
-- Two users in one transaction, each with a request.
BEGIN;
SELECT set_config('taskcrm.user_id', t.id('alice')::text, true) IS NOT NULL;
SELECT left(t.http_short('POST', '/api/tasks/', '{"title": "of alice"}'), 3);
SELECT set_config('taskcrm.user_id', t.id('bob')::text, true) IS NOT NULL;
SELECT t.http_json('GET', '/api/tasks/') -> 'results' -> 0 ->> 'title';
ROLLBACK;

-- Authorization: Bearer with an unverified token, sent by a gateway, by a login without a user, and
-- by a login of another user. It applies to the request, not to the transaction.
\set ECHO none
\c - :api_superuser
SET client_min_messages = warning;
SET check_function_bodies = off;
\i :tokens
SELECT taskcrm.tc_add_jwt_key('one', 'HS256', 'the secret of issuer 1, 32+ bytes') \g /dev/null
CREATE FUNCTION t.bearer(name text, seconds integer DEFAULT 600, more text DEFAULT '',
  secret bytea DEFAULT 'the secret of issuer 1, 32+ bytes') RETURNS text LANGUAGE sql AS $$
  SELECT jsonb_build_object('authorization', 'Bearer ' || public.jwt('{"alg": "HS256", "kid": "one"}',
    format('{"sub": "%s", "exp": %s%s}', t.id(name), floor(extract(epoch FROM clock_timestamp()) + seconds)::bigint,
      t.ids(more)), secret))::text $$;
\set ECHO all
\c - regress_api_gateway
SELECT name, left(t.http_short('GET', '/api/tasks/', NULL, t.bearer(name)), 200)
  FROM unnest(ARRAY['alice', 'bob', 'carl', 'nemo', 'ida', 'unknown']) name;
SELECT left(t.http_short('GET', '/api/tasks/', NULL,
  (t.bearer('carl')::jsonb || '{"organization-id": "0b000000-0000-4000-8000-000000000001"}')::text), 20);
SELECT t.http_short('GET', '/api/tasks/?limit=0', NULL, t.bearer('carl', 600, ', "org_id": "{umbrella}"'));
SELECT t.http_short('GET', '/api/tasks/?limit=0', NULL,
  (t.bearer('carl', 600, ', "org_id": "{umbrella}"')::jsonb
  || '{"organization-id": "0a000000-0000-4000-8000-000000000001"}')::text);
SELECT t.http('GET', '/api/tasks/', NULL, t.bearer('alice', -600));
SELECT t.http('GET', '/api/tasks/', NULL, t.bearer('alice', 600, '', 'another secret of thirty-two bytes'));
SELECT h, t.http('GET', '/api/tasks/', NULL, h)
  FROM unnest(ARRAY['{"authorization": "Bearer x.y.z"}', '{"authorization": "bearer "}',
  '{"Authorization": "BEARER e30.e30."}', '{"authorization": "Bearer"}',
  '{"authorization": ["Bearer a.b.c", "Bearer d.e.f"]}', '{"authorization": "Token x"}']) h;
SELECT replace(t.http_short('GET', '/api/tasks/?limit=0', NULL, replace(t.bearer('alice'), 'Bearer ', 'bEARER    ')),
  'Bearer', '');
SELECT t.http_short('POST', '/api/tasks/', '{"title": "by token"}', t.bearer('amy'));
BEGIN;
SELECT left(t.http_short('GET', '/api/tasks/', NULL, t.bearer('alice')), 10),
  left(t.http_short('GET', '/api/tasks/', NULL, t.bearer('bob')), 10), left(t.http_short('GET', '/api/tasks/'), 10),
  taskcrm.tc_current_user();
SELECT left(t.http_short('POST', '/api/tasks/', '{"title": ""}', t.bearer('alice')), 10), taskcrm.tc_current_user();
COMMIT;
BEGIN READ ONLY;
SELECT left(t.http_short('GET', '/api/tasks/', NULL, t.bearer('alice')), 10);
COMMIT;
\c - regress_api_stranger
SELECT t.http_json('GET', '/api/tasks/', NULL, t.bearer('bob')) -> 'results' -> 0 ->> 'title';
\c - regress_api_alice
SELECT t.http_json('GET', '/api/tasks/', NULL, t.bearer('bob')) -> 'results' -> 0 ->> 'title',
  taskcrm.tc_current_user() = t.id('alice');

-- Requests through PostgREST: nginx passes method, URI and content type in headers.
\c - regress_api_gateway
CREATE FUNCTION pg_temp.ask(method text, uri text, body bytea DEFAULT NULL, more text DEFAULT '{}') RETURNS text
  LANGUAGE plpgsql AS $$
DECLARE
  answer bytea;
BEGIN
  PERFORM set_config('request.jwt.claims', '{"sub": "0a000000-0000-4000-8000-0000000000a1"}', true),
    set_config('request.headers',
      (jsonb_build_object('x-original-method', method, 'x-original-uri', t.ids(uri), 'content-type',
      'application/octet-stream') || more::jsonb)::text, true);
  answer := taskcrm.tc_http(body);
  RETURN t.show(concat_ws(' ', current_setting('response.status'),
    regexp_replace(current_setting('response.headers'), '-[0-9a-f]{16}', '-HASH'), convert_from(answer, 'UTF8')));
END $$;
SELECT pg_temp.ask('GET', '/api/tasks/?limit=0');
SELECT pg_temp.ask('POST', '/api/tasks/', '{"title": "by PostgREST"}');
SELECT pg_temp.ask('POST', '/api/tasks/', '{"title": "by PostgREST"}', '{"x-original-content-type": "text/plain"}');
SELECT pg_temp.ask('POST', '/api/tasks/', t.form(ARRAY[t.field('title', 'by form')])::bytea,
  '{"x-original-content-type": "multipart/form-data; boundary=XYZ"}');
SELECT t.know('task', (taskcrm.tc_create_task('{"title": "there"}') ->> 'id')::uuid)
  FROM set_config('request.jwt.claims', '{"sub": "0a000000-0000-4000-8000-0000000000a1"}', true);
SELECT left(pg_temp.ask('GET', '/api/tasks/{task}/'), 190);
SELECT pg_temp.ask('DELETE', '/api/tasks/{task}/');
SELECT pg_temp.ask('DELETE', '/api/tasks/{task}/');
SELECT pg_temp.ask('HEAD', '/api/tasks/{task}/');
SELECT pg_temp.ask('OPTIONS', '/api/tasks/{task}/');
SELECT pg_temp.ask('PUT', '/api/tasks/');
SELECT pg_temp.ask('GET', '/rpc/tc_http');
SELECT pg_temp.ask(NULL, '/api/tasks/');
SELECT pg_temp.ask('GET', NULL);
SELECT pg_temp.ask('GET', '/api/tasks/', NULL, '{"organization-id": "0b000000-0000-4000-8000-000000000001"}');
BEGIN;
SELECT set_config('request.headers', 'not JSON', true);
SELECT convert_from(taskcrm.tc_http(''), 'UTF8');
COMMIT;
SELECT convert_from(taskcrm.tc_http(''), 'UTF8');
SELECT pg_typeof(taskcrm.tc_http('')), current_setting('response.status', true);

\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_revoke_access('regress_api_gateway');
DROP ROLE regress_api_gateway;
\set ECHO none
\i :teardown
