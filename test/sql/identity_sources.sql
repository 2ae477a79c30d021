-- The sources of a session's identity: token, login, a gateway's claims, a gateway's setting; the
-- selected organization; and why a session has no identity. All connections are real logins: SET
-- ROLE does not change session_user.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set tokens :srcdir /sql/include/tokens.sql
\set drop_tokens :srcdir /sql/include/drop_tokens.sql
\set ECHO none
\i :setup
\set ECHO none
\i :tokens
SELECT taskcrm.tc_add_jwt_key('one', 'HS256', 'the secret of issuer 1, 32+ bytes') \g /dev/null
SELECT taskcrm.tc_create_user('eve@acme.test', 'Eve', id('user', 5)) \g /dev/null
SELECT taskcrm.tc_add_member(id('org', 1), id('user', 5)) \g /dev/null
SELECT taskcrm.tc_create_user('gus@acme.test', 'Gus', 'abcdefab-cdef-7abc-8def-abcdefabcdef') \g /dev/null
SELECT taskcrm.tc_add_member(id('org', 1), 'abcdefab-cdef-7abc-8def-abcdefabcdef') \g /dev/null
-- The identity of the session in one line.
CREATE FUNCTION public.identity() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', coalesce('user ' || right(taskcrm.tc_current_user()::text, 1), 'nobody'),
    coalesce('org ' || right(taskcrm.tc_current_org()::text, 1), '(no org)'),
      coalesce(taskcrm.tc_current_role(), '(no role)'),
    coalesce('by ' || (w ->> 'source'), '(no source)'),
    (SELECT count(*) FROM taskcrm.task) || ' tasks', '- ' || (w ->> 'problem'))
  FROM taskcrm.tc_whoami() AS w
$$;
-- The result of an API call, shortened to the SQLSTATE or the count.
CREATE FUNCTION public.listed() RETURNS text LANGUAGE sql AS $$
  SELECT split_part(attempt($q$SELECT 'count ' || (taskcrm.tc_list_tasks() ->> 'count')$q$), E'\n', 1)
$$;
\set ECHO all
\t on
\pset format unaligned

-- By login.
\connect - regress_ada
SELECT taskcrm.tc_whoami();
SELECT identity(), listed();
\connect - regress_bob
SELECT identity(), listed();
\connect - regress_dan
SELECT identity(), listed();
-- No identity: no rows in any table, PT401 from the API, and the reason.
\connect - regress_nobody
SELECT taskcrm.tc_whoami();
SELECT identity();
SELECT attempt('SELECT taskcrm.tc_list_tasks()');
-- A superuser has no identity either, although policies do not apply to it.
\connect - :superuser
SELECT identity();

-- A user of several organizations must select one.
\connect - regress_cyd
SELECT taskcrm.tc_whoami();
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000001';
SELECT identity(), listed();
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000002';
SELECT identity(), listed();
-- The header overrides the setting; an empty header counts as absent.
SET request.headers = '{"organization-id": "00000001-0000-7000-8000-000000000001"}';
SELECT identity();
SET taskcrm.org_id = '';
SELECT identity(), listed();
SET request.headers = '';
SELECT identity();
SET request.headers = '{"organization-id": "", "accept": "*/*"}';
SELECT identity();
SET request.headers = '{"organization-id": null}';
SELECT identity();
SET request.headers = '{"Organization-Id": "00000001-0000-7000-8000-000000000001"}';
SELECT identity();
-- A malformed value is an error of the caller and shows no rows.
SET request.headers = '{"organization-id": "1"}';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET request.headers = '{"organization-id": 1}';
SELECT identity();
SET request.headers = '{"organization-id": ["00000001-0000-7000-8000-000000000001"]}';
SELECT identity();
SET request.headers = '{"organization-id": "00000001-0000-7000-8000-000000000001"';
SELECT identity();
SET request.headers = 'organization-id';
SELECT identity();
SET request.headers = '["organization-id"]';
SELECT identity();
RESET request.headers;
SET taskcrm.org_id = 'Acme';
SELECT identity(), listed();
SET taskcrm.org_id = ' 00000001-0000-7000-8000-000000000001';
SELECT identity();
SET taskcrm.org_id = '00000001000070008000000000000001';
SELECT identity();
SET taskcrm.org_id = '{00000001-0000-7000-8000-000000000001}';
SELECT identity();

-- A foreign organization and an unknown one give the same answer.
\connect - regress_bob
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000002';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000099';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SELECT taskcrm.tc_whoami() ->> 'hint';

-- A gateway: claims override the setting.
\connect - regress_gateway
SELECT taskcrm.tc_whoami();
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002", "role": "x"}';
SELECT identity(), listed();
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000004"}';
SELECT identity(), listed();
-- Uuids may be in upper case.
SET LOCAL request.jwt.claims = '{"sub": "ABCDEFAB-cdef-7ABC-8def-ABCDEFabcdef"}';
SELECT identity(), taskcrm.tc_current_user();
-- The claims do not set the role; an organization in the claims limits the user to it.
SET LOCAL request.jwt.claims =
  '{"sub": "00000002-0000-7000-8000-000000000002", "org_id": "00000001-0000-7000-8000-000000000002", "role": "admin"}';
SELECT identity();
-- Claims without a valid sub give no identity, even if the setting has a user.
SET LOCAL taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
SET LOCAL request.jwt.claims = '{}';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET LOCAL request.jwt.claims = '{"sub": null}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": ""}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": 2}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": ["00000002-0000-7000-8000-000000000002"]}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": {"sub": "00000002-0000-7000-8000-000000000002"}}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"x": {"sub": "00000002-0000-7000-8000-000000000002"}}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"} x';
SELECT identity();
SET LOCAL request.jwt.claims = '"00000002-0000-7000-8000-000000000002"';
SELECT identity();
SET LOCAL request.jwt.claims = '[{"sub": "00000002-0000-7000-8000-000000000002"}]';
SELECT identity();
SET LOCAL request.jwt.claims = 'null';
SELECT identity();
SET LOCAL request.jwt.claims = '{"SUB": "00000002-0000-7000-8000-000000000002"}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002 "}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002\u0000"}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": "\ud800"}';
SELECT identity();
SET LOCAL request.jwt.claims = ' ';
SELECT identity();
-- Escapes are decoded; a duplicate name makes the claims invalid.
SET LOCAL request.jwt.claims = '{"s\u0075b": "00000002-0000-7000-8000-00000000000\u0032"}';
SELECT identity();
SET LOCAL request.jwt.claims =
  '{"sub": "00000002-0000-7000-8000-000000000004", "sub": "00000002-0000-7000-8000-000000000002"}';
SELECT identity();
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000004", "sub": null}';
SELECT identity();
-- Deeply nested and long values.
SELECT set_config('request.jwt.claims', repeat('[', 100000), true) IS NULL;
SELECT identity();
SELECT set_config('request.jwt.claims', '{"a":' || repeat('[', 100000) || repeat(']', 100000)
  || ', "sub": "00000002-0000-7000-8000-000000000002"}', true) IS NULL;
SELECT identity();
SELECT set_config('request.jwt.claims', '{"a": "' || repeat('x[', 500000)
  || '", "sub": "00000002-0000-7000-8000-000000000002"}', true) IS NULL;
SELECT identity();
SELECT set_config('request.headers', '{"a":' || repeat('[', 100000) || '}', true) IS NULL;
SELECT identity();
COMMIT;

-- Claims are valid only in the transaction that set them, because a pool then gives the session to
-- another user.
SET request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT identity();
SHOW request.jwt.claims;
BEGIN;
SELECT identity();
SET request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT identity();
SHOW request.jwt.claims;
SELECT current_setting('request.jwt.claims')::json ->> 'sub', setting FROM pg_settings
  WHERE name = 'request.jwt.claims';
SAVEPOINT a;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000004"}';
SELECT identity();
ROLLBACK TO a;
SELECT identity();
COMMIT;
SELECT identity();
-- Expired claims count as absent, so the setting of this transaction is used.
BEGIN;
SET LOCAL taskcrm.user_id = '00000002-0000-7000-8000-000000000004';
SELECT identity();
SET LOCAL request.jwt.claims = '{}';
SELECT identity();
SET LOCAL request.jwt.claims = '';
SELECT identity();
COMMIT;
RESET request.jwt.claims;

-- The setting within its transaction.
SET taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
SELECT identity();
SHOW taskcrm.user_id;
BEGIN;
SET taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
SELECT identity(), listed();
SHOW taskcrm.user_id;
SELECT current_setting('taskcrm.user_id'), setting FROM pg_settings WHERE name = 'taskcrm.user_id';
SAVEPOINT a;
SET taskcrm.user_id = '00000002-0000-7000-8000-000000000004';
SELECT identity();
SAVEPOINT b;
SET LOCAL taskcrm.user_id = '00000002-0000-7000-8000-000000000003';
SELECT identity();
ROLLBACK TO b;
SELECT identity();
ROLLBACK TO a;
SELECT identity();
RELEASE a;
SELECT set_config('taskcrm.user_id', '00000002-0000-7000-8000-000000000004', true);
SELECT identity();
SET LOCAL taskcrm.user_id = '';
SELECT identity();
SET LOCAL taskcrm.user_id = 'bob';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET LOCAL taskcrm.user_id TO DEFAULT;
SELECT identity();
COMMIT;
-- It ends with the transaction, also in the output of SHOW.
SELECT identity();
BEGIN;
SELECT identity();
COMMIT;
BEGIN;
SET taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
ROLLBACK;
SELECT identity();
-- In a function with its own SET, it acts like SET LOCAL.
CREATE FUNCTION pg_temp.as_dan() RETURNS text LANGUAGE plpgsql
  SET taskcrm.user_id = '00000002-0000-7000-8000-000000000004' AS $$ BEGIN RETURN public.identity(); END $$;
SELECT pg_temp.as_dan();
SELECT identity();
-- A value that imitates the internal mark is not accepted.
SELECT attempt($$SELECT set_config('taskcrm.user_id', '00000002-0000-7000-8000-000000000002' || chr(31) || '7',
  false)$$) IS NULL;
SELECT identity();
-- Users who are unknown, inactive, inactive members, or members of no organization.
\connect - :superuser
UPDATE taskcrm.app_user SET is_active = false WHERE id = id('user', 5);
SELECT taskcrm.tc_create_user('fay@nowhere.test', 'Fay', id('user', 6));
\connect - regress_gateway
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000005"}';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000006"}';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000099"}';
SELECT identity(), listed();
COMMIT;
\connect - :superuser
UPDATE taskcrm.app_user SET is_active = true WHERE id = id('user', 5);
UPDATE taskcrm.member SET is_active = false WHERE user_id = id('user', 5);
\connect - regress_gateway
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000005"}';
SELECT identity(), listed();
SET LOCAL taskcrm.org_id = '00000001-0000-7000-8000-000000000001';
SELECT identity(), listed();
COMMIT;

-- Settings made before the session loads the library.
\connect - regress_gateway
BEGIN;
SELECT set_config('taskcrm.user_id', '00000002-0000-7000-8000-000000000002', true);
SELECT identity(), listed();
COMMIT;
SELECT identity();
\connect - regress_gateway
BEGIN;
SET taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
SELECT identity();
COMMIT;
SELECT identity();
-- Set in an earlier transaction: the value is not accepted.
\connect - regress_gateway
BEGIN;
SELECT set_config('taskcrm.user_id', '00000002-0000-7000-8000-000000000002', false);
COMMIT;
SELECT identity();
SHOW taskcrm.user_id;
\connect - regress_gateway
SET taskcrm.user_id = '00000002-0000-7000-8000-000000000004';
BEGIN;
SET LOCAL taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
SELECT identity();
ROLLBACK;
SELECT identity();
\connect - regress_gateway
SET taskcrm.user_id = '00000002-0000-7000-8000-000000000004';
BEGIN;
SAVEPOINT a;
SET LOCAL taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
ROLLBACK TO a;
SELECT identity();
COMMIT;
-- The same for claims.
\connect - regress_gateway
BEGIN;
SELECT set_config('request.jwt.claims', '{"sub": "00000002-0000-7000-8000-000000000002"}', true);
SELECT identity();
COMMIT;
SELECT identity();
\connect - regress_gateway
SET request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT identity();
SHOW request.jwt.claims;
\connect - regress_gateway
SET request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000004"}';
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT identity();
ROLLBACK;
SELECT identity();
-- A value cannot state the transaction it was set in. Otherwise, a value with the mark of a later
-- transaction, set before the library is loaded or as the role's default, would take effect in that
-- transaction of a pooled session.
\connect - regress_gateway
SET client_min_messages = error;
SELECT set_config('taskcrm.user_id', format(E'%s\x1F%s', id('user', 2), split_part(virtualxid, '/', 2)::integer + 2),
  false) IS NULL
FROM pg_locks WHERE locktype = 'virtualxid' AND pid = pg_backend_pid();
SELECT identity();
SELECT identity();
SELECT identity();
-- As the role's default.
\connect - :superuser
ALTER ROLE regress_gateway SET taskcrm.user_id = '00000002-0000-7000-8000-000000000002';
\connect - regress_gateway
SELECT identity();
BEGIN;
SELECT identity();
SET LOCAL taskcrm.user_id = '00000002-0000-7000-8000-000000000004';
SELECT identity();
RESET taskcrm.user_id;
SELECT identity();
COMMIT;
\connect - :superuser
ALTER ROLE regress_gateway RESET taskcrm.user_id;
-- The role's default can also select an organization.
ALTER ROLE regress_cyd SET taskcrm.org_id = '00000001-0000-7000-8000-000000000002';
\connect - regress_cyd
SELECT identity();

-- By token, for any login and any settings: cyd's token, then with one of its organizations
-- selected, then with the other.
\set by_token 'SELECT identity(), listed();\nSET LOCAL taskcrm.org_id = ''00000001-0000-7000-8000-000000000002'';\nSELECT identity(), listed();\nROLLBACK;\n'
\connect - regress_nobody
BEGIN; SELECT login(token(3)); :by_token
SELECT identity();
\connect - regress_bob
BEGIN; SELECT login(token(3)); :by_token
SELECT identity();
\connect - regress_dan
BEGIN; SELECT login(token(3)); :by_token
SELECT identity();
\connect - regress_gateway
BEGIN; SELECT login(token(3)); :by_token
BEGIN; SET LOCAL taskcrm.user_id = '00000002-0000-7000-8000-000000000002'; SELECT login(token(3)); :by_token
BEGIN; SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}'; SELECT login(token(3));
  :by_token
BEGIN; SELECT login(token(3)); SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
  :by_token
BEGIN; SELECT login(token(3));
  SET LOCAL request.headers = '{"organization-id": "00000001-0000-7000-8000-000000000001"}'; :by_token
BEGIN; SELECT login(token(3, more => ', "org_id": "00000001-0000-7000-8000-000000000001"')); :by_token
SELECT identity();
\connect - :superuser
BEGIN; SELECT login(token(3)); :by_token
SELECT identity();

\set ECHO none
\connect - :superuser
ALTER ROLE regress_cyd RESET ALL;
\i :drop_tokens
DROP FUNCTION public.identity();
DROP FUNCTION public.listed();
\i :teardown
