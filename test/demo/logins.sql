-- Login roles for people of demo.sql: for psql, as a superuser, after it.  Apart from
-- it because roles belong to the whole cluster: those that exist are kept.  They get
-- no password here; pg_hba.conf decides how they may log in.
\set ON_ERROR_STOP on

SELECT format('CREATE ROLE %I LOGIN', 'demo_' || handle)
FROM unnest('{alice,bob,carol,dora}'::text[]) AS handle
WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'demo_' || handle)
\gexec

-- alice is an admin of the large organization and bob a member of it, carol an admin
-- of a small one, dora a member of both.
SELECT count(taskcrm.tc_grant_access(('demo_' || handle)::name)) AS granted,
  count(taskcrm.tc_link_login(('demo_' || handle)::name, md5('taskcrm demo: ' || handle)::uuid)) AS linked
FROM unnest('{alice,bob,carol,dora}'::text[]) AS handle
\g /dev/null
