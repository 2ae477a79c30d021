-- Policies of an administrator: counts, totals and lists show only the rows that the policies
-- allow, even where counters or links could answer without reading the tasks.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
-- Ten tasks of Bob, all assigned to Ada, in the team Sales and with the contact Peter; two of them
-- exist already.
INSERT INTO taskcrm.task (org_id, id, title, created_by, status)
SELECT id('org', 1), id('task', 100 + n), 'Task ' || n, id('user', 2), CASE WHEN n > 4 THEN 'New' ELSE 'Completed'
  END::taskcrm.task_status
FROM generate_series(1, 8) n;
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) SELECT id('org', 1), t.id, id('user', 1)
  FROM taskcrm.task t WHERE t.org_id = id('org', 1);
INSERT INTO taskcrm.task_team (org_id, task_id, team_id) SELECT id('org', 1), t.id, id('team', 2) FROM taskcrm.task t
  WHERE t.org_id = id('org', 1);
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id) SELECT id('org', 1), t.id, id('contact', 1)
  FROM taskcrm.task t
  WHERE t.org_id = id('org', 1) AND t.id <> id('task', 1);
-- The number of tasks, and of ids, for each way of querying.
CREATE FUNCTION public.numbers(OUT filters jsonb, OUT n bigint, OUT estimated bigint, OUT found bigint,
  OUT listed bigint, OUT totals json)
RETURNS SETOF record LANGUAGE sql AS $$
  SELECT f::jsonb, (taskcrm.tc_list_tasks(f::jsonb || '{"limit": 0}') ->> 'count')::bigint,
    (taskcrm.tc_list_tasks(f::jsonb || '{"limit": 0, "count": "estimated"}') ->> 'count')::bigint,
    (SELECT count(*) FROM taskcrm.tc_find_task_ids(f::jsonb || '{"limit": 100}')),
    json_array_length(taskcrm.tc_list_tasks(f::jsonb || '{"limit": 100}') -> 'results'),
    json_build_array(t.t -> 'count', t.t -> 'open', t.t -> 'by_status' -> 'New', t.t -> 'by_priority' -> 'Normal',
      (SELECT json_agg(json_build_array(a ->> 'name', a -> 'count')) FROM json_array_elements(t.t -> 'by_assignee') a))
  FROM unnest(ARRAY['{}', '{"status": "New"}', '{"priority": "Normal"}', '{"assigned_to": "@me"}',
    '{"team": "00000005-0000-7000-8000-000000000002"}',
    '{"contact": "00000004-0000-7000-8000-000000000001"}', '{"title": "task"}']) f,
      LATERAL (SELECT taskcrm.tc_task_totals(f::jsonb)) t (t)
$$;
-- Runs statements in another session, so that this one stays open.
CREATE EXTENSION IF NOT EXISTS dblink SCHEMA extensions;
SELECT format('dbname=%s user=%s host=%s port=%s', current_database(), current_user, :'HOST', :'PORT') AS administrator
  \gset
SELECT set_config('t.administrator', :'administrator', false) \g /dev/null
CREATE FUNCTION public.administrator(statement text) RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
  SELECT extensions.dblink_exec(current_setting('t.administrator'), statement)
$$;
\set ECHO all
\t on
\pset format unaligned
\connect - regress_ada
\set ECHO none
SELECT set_config('t.administrator', :'administrator', false) \g /dev/null
\set ECHO all
PREPARE numbers AS SELECT * FROM numbers();
EXECUTE numbers;

-- A restrictive policy takes effect in the next statement of an open session.
SELECT administrator('CREATE POLICY own ON taskcrm.task AS RESTRICTIVE FOR SELECT USING (created_by = taskcrm.tc_current_user())');
EXECUTE numbers;
SELECT administrator('DROP POLICY own ON taskcrm.task');
SELECT n, totals FROM numbers() LIMIT 1;
-- A policy for a given role: links and counters are no longer used, whatever the role is.
SELECT administrator('CREATE POLICY own ON taskcrm.task AS RESTRICTIVE FOR ALL TO regress_owner USING (created_by = taskcrm.tc_current_user())');
EXECUTE numbers;
SELECT administrator('DROP POLICY own ON taskcrm.task');

-- A policy of the extension is changed, then missing.
SELECT administrator('ALTER POLICY tenant_select ON taskcrm.task USING (org_id = taskcrm.tc_current_org() AND status = ''New'')');
EXECUTE numbers;
SELECT administrator('DROP POLICY tenant_select ON taskcrm.task');
EXECUTE numbers;
SELECT administrator('CALL taskcrm.tc_install()');
SELECT n, totals FROM numbers() LIMIT 1;
SELECT administrator('ALTER POLICY tenant_guard ON taskcrm.task USING (taskcrm_internal.is_current_org(org_id) AND priority = ''High'')');
EXECUTE numbers;
SELECT administrator('CALL taskcrm.tc_install()');

-- Created and rolled back in the caller's own transaction.
\connect - :superuser
SELECT taskcrm.tc_link_login(:'superuser', '00000002-0000-7000-8000-000000000001') \g /dev/null
BEGIN;
SELECT n FROM numbers();
SAVEPOINT s;
CREATE POLICY own ON taskcrm.task AS RESTRICTIVE USING (created_by = taskcrm.tc_current_user());
SELECT n FROM numbers();
ROLLBACK TO s;
SELECT n FROM numbers();
COMMIT;

-- Policies on the counters change nothing, because no client reads the counters.
CREATE POLICY odd ON taskcrm_internal.task_count AS RESTRICTIVE USING (status <> 'New');
SELECT n, totals FROM numbers();
DROP POLICY odd ON taskcrm_internal.task_count;
-- Disabling row-level security changes nothing either: the statements name the organization.
ALTER TABLE taskcrm.task NO FORCE ROW LEVEL SECURITY;
SELECT n FROM numbers();
ALTER TABLE taskcrm.task DISABLE ROW LEVEL SECURITY;
SELECT n FROM numbers();
CALL taskcrm.tc_install();
-- Policies on links: the counts agree with the lists.
CREATE POLICY few ON taskcrm.task_assignee AS RESTRICTIVE USING (task_id = id('task', 1));
SELECT * FROM numbers() WHERE filters ? 'assigned_to';
DROP POLICY few ON taskcrm.task_assignee;
SELECT * FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" IN ('policies', 'row_security');

\set ECHO none
SELECT taskcrm.tc_unlink_login(:'superuser') \g /dev/null
DROP EXTENSION dblink;
DROP FUNCTION public.numbers(), public.administrator(text);
\i :teardown
