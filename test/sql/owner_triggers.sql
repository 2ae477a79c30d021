-- The tables' owner is not a superuser. Triggers, defaults and policies on its tables never run
-- with the rights of a superuser who calls the functions for administrators.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
CREATE TABLE public.ran (tab text, who name);
CREATE SCHEMA spy AUTHORIZATION regress_owner;
GRANT INSERT ON public.ran TO PUBLIC;
SET ROLE regress_owner;
CREATE FUNCTION spy.spy() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.ran VALUES (TG_TABLE_NAME, current_user);
  BEGIN
    ALTER ROLE regress_nobody SUPERUSER;
  EXCEPTION WHEN insufficient_privilege THEN
    NULL;
  END;
  RETURN coalesce(NEW, OLD);
END
$$;
CREATE FUNCTION spy.value(tab text, value anyelement) RETURNS anyelement LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO public.ran VALUES ($1, current_user);
  RETURN $2;
END
$$;
-- Triggers on every table, and column defaults.
SELECT format('CREATE TRIGGER %I %s INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION spy.spy()',
    'spy_' || lower(moment), moment, c.oid::regclass)
FROM pg_class c, unnest('{BEFORE,AFTER}'::text[]) moment
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r' ORDER BY c.relname COLLATE "C", moment \gexec
ALTER TABLE taskcrm_internal.installation ALTER installed_on SET DEFAULT spy.value('installation', now());
ALTER TABLE taskcrm_internal.jwt_key ALTER id SET DEFAULT spy.value('jwt_key', taskcrm.tc_uuidv7());
CREATE POLICY spy ON taskcrm_internal.login USING (spy.value('login', true)) WITH CHECK (spy.value('login', true));
RESET ROLE;
\set ECHO all
\t on
\pset format unaligned
SELECT taskcrm.tc_link_login('regress_nobody', id('user', 2));
SELECT taskcrm.tc_link_login('regress_nobody', id('user', 1));
SELECT taskcrm.tc_unlink_login('regress_nobody');
SELECT taskcrm.tc_trust_gateway('regress_nobody');
SELECT taskcrm.tc_distrust_gateway('regress_nobody');
ALTER ROLE regress_bob RENAME TO regress_rob;
SELECT * FROM taskcrm.tc_relink_roles() WHERE result <> 'unchanged';
SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('x', 40));
SELECT taskcrm.tc_remove_jwt_key('k');
SELECT taskcrm.tc_create_organization('Third', id('org', 3));
SELECT taskcrm.tc_create_user('eve@third.test', 'Eve', id('user', 5));
SELECT taskcrm.tc_add_member(id('org', 3), id('user', 5), 'admin');
SELECT taskcrm.tc_recount();
SELECT taskcrm.tc_compact_counts() > 0;
SELECT taskcrm.tc_delete_organization(id('org', 3));
SELECT taskcrm.tc_grant_access('regress_nobody'), taskcrm.tc_revoke_access('regress_nobody');
BEGIN;
INSERT INTO taskcrm_internal.installation SELECT '0.0.1', now();
TRUNCATE public.ran;
CALL taskcrm.tc_install();
SELECT DISTINCT who FROM ran;
ROLLBACK;
SELECT count(*) > 0 FROM taskcrm.tc_doctor();
SELECT who, string_agg(DISTINCT tab, ' ' ORDER BY tab) FROM ran GROUP BY who;
SELECT rolsuper FROM pg_roles WHERE rolname = 'regress_nobody';

-- A deferred trigger would run at the end of the transaction, as the superuser.
SET ROLE regress_owner;
CREATE CONSTRAINT TRIGGER spy_late AFTER INSERT ON taskcrm_internal.login DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW EXECUTE FUNCTION spy.spy();
RESET ROLE;
SELECT attempt($$SELECT taskcrm.tc_link_login('regress_nobody', id('user', 1))$$);
SELECT DISTINCT who FROM ran;

-- Renamed roles keep their links; if two roles exchanged their names, the links are ambiguous.
SELECT role, kind, result FROM taskcrm.tc_relink_roles() WHERE role = 'regress_rob';
ALTER ROLE regress_rob RENAME TO regress_swap;
ALTER ROLE regress_ada RENAME TO regress_rob;
ALTER ROLE regress_swap RENAME TO regress_ada;
SELECT * FROM taskcrm.tc_relink_roles() WHERE result <> 'unchanged';
SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'role_links';
ALTER ROLE regress_rob RENAME TO regress_swap;
ALTER ROLE regress_ada RENAME TO regress_bob;
ALTER ROLE regress_swap RENAME TO regress_ada;
SELECT * FROM taskcrm.tc_relink_roles() WHERE result <> 'unchanged';

-- An existing role may own the tables only if no other role can act as it.
CREATE ROLE regress_new_owner NOLOGIN;
ALTER ROLE regress_new_owner LOGIN CREATEROLE CREATEDB REPLICATION;
GRANT regress_new_owner TO regress_nobody;
GRANT regress_cyd TO regress_new_owner;
SELECT attempt($$CALL taskcrm.tc_install(owner => 'regress_new_owner')$$);
ALTER ROLE regress_new_owner NOLOGIN NOCREATEROLE NOCREATEDB NOREPLICATION;
SELECT attempt($$CALL taskcrm.tc_install(owner => 'regress_new_owner')$$);
REVOKE regress_new_owner FROM regress_nobody;
REVOKE regress_cyd FROM regress_new_owner;
CALL taskcrm.tc_install(owner => 'regress_new_owner');
-- tc_doctor() reports an unsuitable owner.
ALTER ROLE regress_new_owner LOGIN;
CALL taskcrm.tc_install();
SELECT ok, detail FROM taskcrm.tc_doctor() WHERE "check" = 'owner';
CALL taskcrm.tc_install(owner => 'regress_owner');

-- If the tables were given to another owner by other means, tc_install() repairs this.
CREATE ROLE regress_heir NOLOGIN;
DO $$
DECLARE
  tab regclass;
BEGIN
  FOR tab IN SELECT oid FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r' LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO regress_heir', tab);
  END LOOP;
END
$$;
\c - regress_ada
SELECT taskcrm.tc_list_tasks();
SELECT count(*) FROM taskcrm.task;
\c - :superuser
SELECT ok, left(detail, 45) FROM taskcrm.tc_doctor() WHERE "check" = 'owner';
CALL taskcrm.tc_install();
SELECT ok FROM taskcrm.tc_doctor() WHERE "check" = 'owner';
\c - regress_ada
SELECT (taskcrm.tc_list_tasks() ->> 'count')::int = (SELECT count(*) FROM taskcrm.task) AS works;
\c - :superuser
CALL taskcrm.tc_install(owner => 'regress_owner');
DROP OWNED BY regress_heir;
DROP ROLE regress_heir;

\set ECHO none
SET client_min_messages = warning;
DROP OWNED BY regress_new_owner;
DROP ROLE regress_new_owner;
DROP SCHEMA spy CASCADE;
DROP TABLE public.ran;
\i :teardown
