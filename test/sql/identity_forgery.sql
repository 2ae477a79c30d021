-- No setting of a login that is not a gateway makes it another user.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
CREATE ROLE regress_group NOLOGIN;
GRANT regress_group TO regress_bob, regress_gateway;
GRANT regress_bob TO regress_gateway;
-- The identity of the session, without the texts of tc_whoami().
CREATE FUNCTION public.identity() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', coalesce('user ' || right(taskcrm.tc_current_user()::text, 1), 'nobody'),
    coalesce('org ' || right(taskcrm.tc_current_org()::text, 1), '(no org)'), (SELECT count(*) FROM taskcrm.task)
      || ' tasks')
$$;
\set ECHO all
\t on
\pset format unaligned
\set dan '''00000002-0000-7000-8000-000000000004'''
\set dans_claims '''{"sub": "00000002-0000-7000-8000-000000000004", "role": "admin"}'''
\set dans_org '''00000001-0000-7000-8000-000000000002'''

\connect - regress_bob
SELECT identity();
-- SET, SET LOCAL, set_config.
SET request.jwt.claims = :dans_claims;
SET request.jwt.claim.sub = :dan;
SET request.headers = '{"organization-id": "00000001-0000-7000-8000-000000000001"}';
SET taskcrm.user_id = :dan;
SELECT identity();
BEGIN;
SET LOCAL request.jwt.claims = :dans_claims;
SET LOCAL taskcrm.user_id = :dan;
SELECT set_config('taskcrm.user_id', :dan, true), set_config('request.jwt.claims', :dans_claims, true);
SELECT identity();
SAVEPOINT a;
SET LOCAL taskcrm.user_id = :dan;
ROLLBACK TO a;
SELECT identity();
COMMIT;
-- Selecting a foreign organization shows no rows and does not make the user a member of it.
RESET request.headers;
SET taskcrm.org_id = :dans_org;
SELECT identity();
RESET taskcrm.org_id;
SELECT identity();
-- Settings of a function.
CREATE FUNCTION pg_temp.f() RETURNS text LANGUAGE plpgsql
  SET taskcrm.user_id = '00000002-0000-7000-8000-000000000004' AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', '{"sub": "00000002-0000-7000-8000-000000000004"}', true);
  RETURN public.identity();
END $$;
SELECT pg_temp.f();
CREATE FUNCTION pg_temp.g() RETURNS text LANGUAGE plpgsql
  SET request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000004"}' AS $$ BEGIN RETURN public.identity();
    END $$;
SELECT pg_temp.g();
RESET ALL;
SELECT identity();
DISCARD ALL;
SELECT identity();
-- Default settings of the login.
ALTER ROLE regress_bob SET request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000004"}';
ALTER ROLE regress_bob SET taskcrm.user_id = '00000002-0000-7000-8000-000000000004';
\connect - regress_bob
SHOW request.jwt.claims;
SELECT identity();
ALTER ROLE regress_bob RESET ALL;
-- Before the library is loaded.
\connect - regress_bob
SET request.jwt.claims = :dans_claims;
SET taskcrm.user_id = :dan;
SELECT identity();
\connect - regress_bob
BEGIN;
SELECT set_config('taskcrm.user_id', :dan, true);
SELECT identity();
COMMIT;
SELECT identity();
-- Other roles, where SET ROLE is allowed.
SET ROLE regress_group;
SELECT attempt('SELECT identity()');
RESET ROLE;
SELECT attempt('SET ROLE regress_dan');
SELECT attempt('SET ROLE regress_gateway');
SELECT attempt('SET ROLE regress_owner');
-- Later minor releases name the role in the message.
SELECT split_part(attempt('SET SESSION AUTHORIZATION regress_dan'), ' "', 1);
SELECT split_part(attempt('SET SESSION AUTHORIZATION regress_gateway'), ' "', 1);
SELECT attempt('ALTER TABLE taskcrm.task DISABLE ROW LEVEL SECURITY');
SELECT attempt('CREATE POLICY all_of_it ON taskcrm.task USING (true)');
SELECT attempt('INSERT INTO taskcrm_internal.gateway VALUES (''regress_bob'', 1)');
SELECT attempt('SELECT * FROM taskcrm_internal.login');
SELECT attempt('SELECT * FROM taskcrm_internal.gateway');
SELECT attempt('SELECT * FROM taskcrm_internal.installation');
-- Turning row-level security off gives an error, not more rows.
SET row_security = off;
SELECT attempt('SELECT count(*) FROM taskcrm.task');
SELECT taskcrm.tc_list_tasks() ->> 'count';
SELECT count(*) FROM taskcrm.tc_find_task_ids();
RESET row_security;
-- User-created functions, operators and tables with the names that the API uses.
CREATE TEMP TABLE task (LIKE taskcrm.task);
CREATE TEMP TABLE member (org_id uuid, user_id uuid, role text, is_active boolean);
INSERT INTO member VALUES (:dans_org, '00000002-0000-7000-8000-000000000002', 'admin', true);
CREATE FUNCTION pg_temp.always(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'called';
  RETURN true; END $$;
CREATE OPERATOR pg_temp.= (FUNCTION = pg_temp.always, LEFTARG = uuid, RIGHTARG = uuid);
CREATE FUNCTION pg_temp.tc_current_org() RETURNS uuid LANGUAGE sql AS $$
  SELECT '00000001-0000-7000-8000-000000000002'::uuid $$;
SET search_path = pg_temp, pg_catalog, taskcrm, public;
SET taskcrm.org_id = :dans_org;
SELECT taskcrm.tc_current_user(), taskcrm.tc_current_org();
SELECT count(*) FROM taskcrm.task;
SELECT taskcrm.tc_whoami() ->> 'organizations';
RESET taskcrm.org_id;
SELECT taskcrm.tc_current_user(), taskcrm.tc_current_org(), count(*) FROM taskcrm.task;
SELECT taskcrm.tc_list_tasks() ->> 'count';
SELECT count(*) FROM taskcrm.tc_find_tasks();
-- A user's function in a condition is called only for rows of the user's organization.
CREATE FUNCTION pg_temp.peek(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
  BEGIN IF $1 LIKE '%CANARY%' THEN RAISE NOTICE 'peeked at %', $1; END IF; RETURN true; END $$;
SELECT count(*) FROM taskcrm.task WHERE pg_temp.peek(title);

-- A gateway stays a gateway under SET ROLE, and is not a user.
\connect - regress_gateway
BEGIN;
SET ROLE regress_bob;
SELECT identity();
SET LOCAL request.jwt.claims = :dans_claims;
SELECT identity();
RESET ROLE;
SELECT identity();
COMMIT;

\set ECHO none
\connect - :superuser
DROP FUNCTION public.identity();
DROP ROLE regress_group;
\i :teardown
