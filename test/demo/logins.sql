-- Creates login roles for users of demo.sql.  Run it in psql, as a superuser, after
-- demo.sql.  It is a separate file because roles belong to the whole cluster: existing
-- roles are kept.  They get no password; pg_hba.conf determines how they can log in.
\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I LOGIN', 'demo_' || handle)
FROM unnest('{alice,bob,carol,dora,gateway}'::text[]) AS handle
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'demo_' || handle)
\gexec

-- alice is an admin and bob a member of the large organization, carol is an admin of a
-- small one, and dora is a member of both.
SELECT count(taskcrm.tc_grant_access(('demo_' || handle)::name)) AS granted,
  count(taskcrm.tc_link_login(('demo_' || handle)::name, md5('taskcrm demo: ' || handle)::uuid)) AS linked
FROM unnest('{alice,bob,carol,dora}'::text[]) AS handle
\g /dev/null
-- With this, \d lists the tables.
SELECT format('ALTER ROLE %I IN DATABASE %I SET search_path = taskcrm, public', 'demo_' || handle, current_database())
FROM unnest('{alice,bob,carol,dora}'::text[]) AS handle
\gexec

-- examples/gateway tells its clients of changes.
SELECT format('ALTER DATABASE %I SET taskcrm.notify = on', current_database())
\gexec

-- examples/gateway logs in with this role.  It is linked to no user: the token of each
-- request identifies the caller.
SELECT taskcrm.tc_grant_access('demo_gateway') \g /dev/null
