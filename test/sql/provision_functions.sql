-- Functions for administrators: creating organizations, users and memberships, and granting access,
-- linking logins and trusting gateways.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
CREATE ROLE regress_provider LOGIN;
CREATE ROLE regress_client LOGIN;
CREATE ROLE regress_super NOLOGIN SUPERUSER;
CREATE ROLE regress_bypass NOLOGIN BYPASSRLS;
CREATE ROLE "regress_Odd ""name" LOGIN;
-- All privileges of a role in our schemas.
CREATE FUNCTION public.privileges(role name) RETURNS SETOF text LANGUAGE sql AS $$
  WITH grantee AS (SELECT r.oid FROM pg_roles r WHERE r.rolname = role),
  held AS (
    SELECT 'schema ' || n.nspname || ' ' || a.privilege_type AS what
    FROM pg_namespace n, aclexplode(n.nspacl) a, grantee g WHERE a.grantee = g.oid AND n.nspname LIKE 'taskcrm%'
    UNION ALL
    SELECT 'functions ' || CASE WHEN bool_and(p.oid IN (SELECT taskcrm_internal.client_functions())) THEN 'of clients'
      ELSE 'of others' END
      || CASE WHEN count(*) = (SELECT count(*) FROM taskcrm_internal.client_functions()) THEN ', all' ELSE '' END
        FROM pg_proc p, aclexplode(p.proacl) a, grantee g
    WHERE a.grantee = g.oid AND p.pronamespace = 'taskcrm'::regnamespace HAVING count(*) > 0
    UNION ALL
    SELECT 'internal ' || p.proname FROM pg_proc p, aclexplode(p.proacl) a, grantee g
    WHERE a.grantee = g.oid AND p.pronamespace = 'taskcrm_internal'::regnamespace
    UNION ALL
    SELECT 'tables ' || a.privilege_type || ': ' || string_agg(c.relname, ' ' ORDER BY c.relname COLLATE "C")
    FROM pg_class c, aclexplode(c.relacl) a, grantee g
    WHERE a.grantee = g.oid AND c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) GROUP BY a.privilege_type
    UNION ALL
    SELECT 'columns ' || c.relname || ' ' || a.privilege_type || ': ' || string_agg(t.attname, ' ' ORDER BY t.attnum)
    FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a, grantee g
    WHERE a.grantee = g.oid AND c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) GROUP BY c.relname, a.privilege_type)
  SELECT what FROM held ORDER BY what COLLATE "C"
$$;
\set ECHO all
\t on
\pset format unaligned

-- Clients have EXECUTE on none of these functions.
\connect - regress_ada
SELECT attempt('SELECT taskcrm.tc_create_organization(''x'')');
SELECT attempt('SELECT taskcrm.tc_delete_organization(id(''org'', 2))');
SELECT attempt('SELECT taskcrm.tc_create_user(''x@y'')');
SELECT attempt('SELECT taskcrm.tc_add_member(id(''org'', 2), id(''user'', 1), ''admin'')');
SELECT attempt('SELECT taskcrm.tc_link_login(''regress_ada'', id(''user'', 4))');
SELECT attempt('SELECT taskcrm.tc_unlink_login(''regress_ada'')');
SELECT attempt('SELECT taskcrm.tc_trust_gateway(''regress_ada'')');
SELECT attempt('SELECT taskcrm.tc_distrust_gateway(''regress_gateway'')');
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_ada'', true)');
SELECT attempt('SELECT taskcrm.tc_revoke_access(''regress_bob'')');
SELECT attempt('SELECT taskcrm.tc_relink_roles()');
SELECT attempt('CALL taskcrm.tc_install()');
SELECT attempt('SELECT taskcrm_internal.check_installed()');
\connect - :superuser

-- Organizations and users.
SELECT taskcrm.tc_create_organization('Third', id('org', 3));
SELECT substr(taskcrm.tc_create_organization('Fourth')::text, 15, 1);
SELECT name FROM taskcrm.organization ORDER BY name COLLATE "C";
SELECT attempt('SELECT taskcrm.tc_create_organization(''Third again'', id(''org'', 3))');
SELECT v, attempt(format('SELECT taskcrm.tc_create_organization(%s)', v))
  FROM unnest(ARRAY['NULL', '''''', ''' ''', 'repeat(''x'', 256)']) AS v;
SELECT taskcrm.tc_create_user('eve@x.test', 'Eve', id('user', 5));
SELECT substr(taskcrm.tc_create_user('fay@x.test')::text, 15, 1);
SELECT email, name, is_active FROM taskcrm.app_user WHERE email LIKE '%@x.test' ORDER BY email COLLATE "C";
SELECT split_part(attempt('SELECT taskcrm.tc_create_user(''eve@x.test'')'), E'\n', 1);
SELECT v, split_part(attempt(format('SELECT taskcrm.tc_create_user(%s)', v)), E'\n', 1)
  FROM unnest(ARRAY['NULL', '''''', ''' ''', '''nobody''', 'repeat(''x'', 250) || ''@x.test''',
  '''x@x.test'', repeat(''x'', 256)']) AS v;
-- Members: adding a member again changes the role and activates the membership.
SELECT taskcrm.tc_add_member(id('org', 3), id('user', 5));
SELECT role, is_active FROM taskcrm.member WHERE org_id = id('org', 3);
UPDATE taskcrm.member SET is_active = false WHERE org_id = id('org', 3);
SELECT taskcrm.tc_add_member(id('org', 3), id('user', 5), 'admin');
SELECT role, is_active FROM taskcrm.member WHERE org_id = id('org', 3);
SELECT attempt('SELECT taskcrm.tc_add_member(id(''org'', 3), id(''user'', 5), ''owner'')');
SELECT attempt('SELECT taskcrm.tc_add_member(id(''org'', 3), id(''user'', 5), NULL)');
SELECT attempt('SELECT taskcrm.tc_add_member(id(''org'', 3), NULL)');
SELECT attempt('SELECT taskcrm.tc_add_member(NULL, id(''user'', 5))');
SELECT left(attempt('SELECT taskcrm.tc_add_member(id(''org'', 77), id(''user'', 5))'), 5),
  left(attempt('SELECT taskcrm.tc_add_member(id(''org'', 3), id(''user'', 77))'), 5);
-- These functions need no selected organization; a role with EXECUTE on them can provision without
-- being a superuser.
GRANT USAGE ON SCHEMA taskcrm TO regress_provider;
GRANT EXECUTE ON FUNCTION taskcrm.tc_create_organization(text, uuid, text), taskcrm.tc_create_user(text, text, uuid, text, text),
  taskcrm.tc_add_member(uuid, uuid, text),
  taskcrm.tc_delete_organization(uuid) TO regress_provider;
\connect - regress_provider
SELECT taskcrm.tc_create_organization('Fifth', id('org', 5));
SELECT taskcrm.tc_create_user('gus@x.test', 'Gus', id('user', 7));
SELECT taskcrm.tc_add_member(id('org', 5), id('user', 7), 'admin');
SELECT attempt('SELECT * FROM taskcrm.organization');
SELECT taskcrm.tc_delete_organization(id('org', 5));
\connect - :superuser

-- A client gets exactly the documented privileges. A second call changes nothing; write adds
-- privileges, and a call without it removes them.
SELECT privileges('regress_client');
SELECT taskcrm.tc_grant_access('regress_client');
SELECT privileges('regress_client');
CREATE TABLE public.before AS SELECT privileges('regress_client') AS p;
SELECT taskcrm.tc_grant_access('regress_client');
SELECT p FROM before EXCEPT SELECT privileges('regress_client');
SELECT taskcrm.tc_grant_access('regress_client', write => true);
SELECT privileges('regress_client');
SELECT taskcrm.tc_grant_access('regress_client', write => true);
SELECT count(*) FROM privileges('regress_client');
SELECT taskcrm.tc_grant_access('regress_client');
SELECT p FROM before EXCEPT SELECT privileges('regress_client');
SELECT privileges('regress_client') EXCEPT SELECT p FROM before;
-- Other privileges are revoked.
GRANT ALL ON taskcrm.task, taskcrm_internal.login TO regress_client;
GRANT CREATE ON SCHEMA taskcrm TO regress_client;
GRANT EXECUTE ON FUNCTION taskcrm.tc_create_user(text, text, uuid, text, text) TO regress_client;
SELECT taskcrm.tc_grant_access('regress_client');
SELECT privileges('regress_client') EXCEPT SELECT p FROM before;
SELECT taskcrm.tc_revoke_access('regress_client');
SELECT privileges('regress_client');
SELECT taskcrm.tc_revoke_access('regress_client');
SELECT taskcrm.tc_grant_access('regress_Odd "name', true), taskcrm.tc_revoke_access('regress_Odd "name');
-- A member of the role inherits its privileges.
SELECT taskcrm.tc_grant_access('regress_client');
GRANT regress_client TO regress_provider;
SELECT has_function_privilege('regress_provider', 'taskcrm.tc_list_tasks(jsonb)', 'EXECUTE');
REVOKE regress_client FROM regress_provider;
-- Roles to which row-level security does not apply.
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_super'')');
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_bypass'')');
ALTER ROLE regress_client REPLICATION;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_client'')');
ALTER ROLE regress_client NOREPLICATION;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_owner'')');
GRANT regress_bypass TO regress_client;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_client'')');
REVOKE regress_bypass FROM regress_client;
GRANT regress_owner TO regress_client;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_client'')');
REVOKE regress_owner FROM regress_client;
GRANT regress_owner TO regress_provider;
GRANT regress_provider TO regress_client;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_client'')');
REVOKE regress_provider FROM regress_client;
REVOKE regress_owner FROM regress_provider;
SELECT r, split_part(attempt(format('GRANT %s TO regress_client', r)), E'\n', 1)
  FROM unnest(ARRAY['pg_read_all_data', 'pg_write_all_data']) AS r;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_client'')');
REVOKE pg_read_all_data, pg_write_all_data FROM regress_client;
-- A role that can see other sessions' statements can see their data.
GRANT pg_monitor TO regress_client;
SELECT left(attempt('SELECT taskcrm.tc_grant_access(''regress_client'')'), 5);
REVOKE pg_monitor FROM regress_client;
GRANT pg_signal_backend TO regress_client;
SELECT left(attempt('SELECT taskcrm.tc_grant_access(''regress_client'')'), 5);
REVOKE pg_signal_backend FROM regress_client;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_missing'')');
SELECT attempt('SELECT taskcrm.tc_grant_access(NULL)');
-- Privileges granted to PUBLIC are detected.
GRANT DELETE ON taskcrm.task TO PUBLIC;
SELECT attempt('SELECT taskcrm.tc_grant_access(''regress_client'')');
REVOKE DELETE ON taskcrm.task FROM PUBLIC;
GRANT INSERT ON taskcrm.task TO PUBLIC;
SELECT left(attempt('SELECT taskcrm.tc_grant_access(''regress_client'')'), 5);
REVOKE INSERT ON taskcrm.task FROM PUBLIC;
GRANT UPDATE (created_on) ON taskcrm.task_attachment TO PUBLIC;
SELECT left(attempt('SELECT taskcrm.tc_grant_access(''regress_client'')'), 5);
REVOKE UPDATE (created_on) ON taskcrm.task_attachment FROM PUBLIC;
GRANT EXECUTE ON FUNCTION taskcrm.tc_add_member(uuid, uuid, text) TO PUBLIC;
SELECT left(attempt('SELECT taskcrm.tc_grant_access(''regress_client'')'), 5);
REVOKE EXECUTE ON FUNCTION taskcrm.tc_add_member(uuid, uuid, text) FROM PUBLIC;
-- If the caller lacks the right to grant, the function reports that nothing was granted.
GRANT EXECUTE ON FUNCTION taskcrm.tc_grant_access(name, boolean, boolean, boolean) TO regress_provider;
SET client_min_messages = error;
SET ROLE regress_provider;
SELECT left(attempt('SELECT taskcrm.tc_grant_access(''regress_client'')'), 5);
RESET ROLE;
RESET client_min_messages;

-- A role is either a login of a user or a gateway.
SELECT taskcrm.tc_grant_access('regress_client');
SELECT taskcrm.tc_link_login('regress_client', id('user', 5));
SELECT attempt('SELECT taskcrm.tc_trust_gateway(''regress_client'')');
SELECT attempt('SELECT taskcrm.tc_link_login(''regress_gateway'', id(''user'', 5))');
SELECT attempt('SELECT taskcrm.tc_link_login(''regress_missing'', id(''user'', 5))');
SELECT attempt('SELECT taskcrm.tc_trust_gateway(''regress_missing'')');
SELECT split_part(attempt('SELECT taskcrm.tc_link_login(''regress_client'', id(''user'', 77))'), E'\n', 1);
SELECT left(attempt('SELECT taskcrm.tc_link_login(''regress_client'', NULL)'), 5),
  left(attempt('SELECT taskcrm.tc_link_login(NULL, id(''user'', 5))'), 5);
-- Linking a role again changes the user; trusting it again changes nothing.
SELECT taskcrm.tc_link_login('regress_client', id('user', 2));
SELECT taskcrm.tc_trust_gateway('regress_gateway');
SELECT role_name, user_id, role_oid = 'regress_client'::regrole FROM taskcrm_internal.login WHERE role_name = 'regress_client';
SELECT role_name, role_oid = 'regress_gateway'::regrole FROM taskcrm_internal.gateway;
\connect - regress_client
SELECT taskcrm.tc_current_user();
\connect - :superuser
-- An unlinked role has no identity; it may become a gateway.
SELECT taskcrm.tc_unlink_login('regress_client');
SELECT taskcrm.tc_unlink_login('regress_client');
\connect - regress_client
SELECT taskcrm.tc_current_user();
\connect - :superuser
SELECT taskcrm.tc_trust_gateway('regress_client');
\connect - regress_client
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT taskcrm.tc_current_user();
COMMIT;
\connect - :superuser
SELECT taskcrm.tc_distrust_gateway('regress_client');
SELECT taskcrm.tc_distrust_gateway('regress_client');
\connect - regress_client
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT taskcrm.tc_current_user();
COMMIT;
\connect - :superuser

-- A role that was dropped and recreated has no identity, even with the same name.
SELECT taskcrm.tc_relink_roles();
DROP OWNED BY regress_bob, regress_gateway, regress_dan;
DROP ROLE regress_bob, regress_gateway, regress_dan;
CREATE ROLE regress_bob LOGIN;
CREATE ROLE regress_gateway LOGIN;
SELECT taskcrm.tc_grant_access('regress_bob'), taskcrm.tc_grant_access('regress_gateway');
\connect - regress_bob
SELECT taskcrm.tc_current_user(), taskcrm.tc_whoami() ->> 'problem', (SELECT count(*) FROM taskcrm.task),
  left(attempt('SELECT taskcrm.tc_list_tasks()'), 5);
\connect - regress_gateway
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT taskcrm.tc_current_user(), taskcrm.tc_whoami() ->> 'problem';
COMMIT;
\connect - :superuser
-- It has none until an administrator confirms the link.
SELECT taskcrm.tc_relink_roles();
SELECT taskcrm.tc_relink_roles();
\connect - regress_bob
SELECT taskcrm.tc_current_user(), (SELECT count(*) FROM taskcrm.task);
\connect - regress_gateway
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000002"}';
SELECT taskcrm.tc_current_user();
COMMIT;
\connect - :superuser
-- A renamed role has no identity either.
ALTER ROLE regress_bob RENAME TO regress_robert;
\connect - regress_robert
SELECT taskcrm.tc_current_user();
\connect - :superuser
ALTER ROLE regress_robert RENAME TO regress_bob;
\connect - regress_bob
SELECT taskcrm.tc_current_user();
\connect - :superuser

-- Deleting an organization deletes all of its rows and no others.
SELECT taskcrm.tc_delete_organization(id('org', 2));
SELECT relname, attempt(format($$SELECT count(*) FROM %s AS t
  WHERE t::text LIKE '%%00000001-0000-7000-8000-000000000002%%' OR t::text LIKE '%%CANARY%%'$$, oid::regclass))
FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind IN ('r', 'p') ORDER BY relname COLLATE "C";
SELECT (SELECT count(*) FROM taskcrm.task WHERE org_id = id('org', 1)), (SELECT count(*) FROM taskcrm.task_contact),
  (SELECT count(*) FROM taskcrm.task_attachment_content),
  (SELECT count(*) FROM taskcrm.member WHERE org_id = id('org', 1));
SELECT attempt('SELECT taskcrm.tc_delete_organization(id(''org'', 2))');
SELECT attempt('SELECT taskcrm.tc_delete_organization(NULL)');
-- A user who is the author of a row cannot be deleted; other users can.
SELECT left(attempt('DELETE FROM taskcrm.app_user WHERE id = id(''user'', 1)'), 5);
DELETE FROM taskcrm.app_user WHERE id = id('user', 4);
SELECT role_name FROM taskcrm_internal.login ORDER BY role_name;

\set ECHO none
CREATE ROLE regress_dan LOGIN;
DROP OWNED BY regress_client, regress_provider;
DROP TABLE public.before;
DROP FUNCTION public.privileges(name);
DROP ROLE regress_client, regress_provider, regress_super, regress_bypass, "regress_Odd ""name";
\i :teardown
