-- The policies. Each rule exists twice: in the only permissive policy for a command, and in
-- restrictive policies. So it also holds without the restrictive policies, which another tool may
-- not keep, and when an administrator adds a permissive policy.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
SELECT taskcrm.tc_grant_access(r, write => true)
  FROM unnest('{regress_ada,regress_bob,regress_nobody}'::name[]) r \g /dev/null
-- More privileges than clients have, so that only the policies can refuse.
GRANT USAGE ON SCHEMA taskcrm_internal TO regress_ada, regress_bob, regress_nobody;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA taskcrm, taskcrm_internal
  TO regress_ada, regress_bob, regress_nobody;
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by) VALUES
  (id('org', 1), id('comment', 2), id('task', 1), 'by Bob', id('user', 2));
INSERT INTO taskcrm.task_attachment (org_id, id, task_id, file_name, url, created_by) VALUES
  (id('org', 1), id('attachment', 2), id('task', 1), 'by Bob', 'https://a.example/', id('user', 2));
INSERT INTO taskcrm_internal.stored_answer (org_id, user_id, key, request) VALUES
  (id('org', 1), id('user', 1), 'key', 'x'), (id('org', 2), id('user', 4), 'CANARY', 'x');

-- Direct statements of a client on each table, and calls of the API.
CREATE TABLE public.ask (n serial, statement text);
INSERT INTO public.ask (statement)
SELECT format(v.statement, c.oid::regclass, a.attname)
FROM pg_class c
-- A column that can be changed.
CROSS JOIN LATERAL (SELECT coalesce((SELECT t.attname FROM pg_attribute t WHERE t.attrelid = c.oid
  AND t.attname IN ('name', 'first_name', 'title', 'comment', 'content_type', 'is_active', 'n', 'answer', 'why', 'version',
    'role_oid', 'issuer')
  ORDER BY t.attnum LIMIT 1), 'org_id') AS attname) a
CROSS JOIN (VALUES
  (1, 'SELECT t::text FROM %1$s t'),
  (2, 'UPDATE %1$s t SET %2$I = %2$I'),
  (3, 'UPDATE %1$s t SET %2$I = %2$I RETURNING t::text'),
  (4, 'DELETE FROM %1$s'),
  (5, 'DELETE FROM %1$s t RETURNING t::text'),
  (6, 'SELECT t::text FROM %1$s t FOR UPDATE')) AS v (n, statement)
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r' ORDER BY c.relname COLLATE "C", v.n;
INSERT INTO public.ask (statement) VALUES
  ($$INSERT INTO taskcrm.account (name) VALUES ('x')$$),
  ($$INSERT INTO taskcrm.account (org_id, name) VALUES (id('org', 2), 'x')$$),
  ($$INSERT INTO taskcrm.contact (first_name) VALUES ('x')$$),
  ($$INSERT INTO taskcrm.team (name) VALUES ('x')$$),
  ($$INSERT INTO taskcrm.team_member (team_id, user_id) VALUES (id('team', 2), id('user', 2))$$),
  ($$INSERT INTO taskcrm.member (org_id, user_id, role) VALUES (id('org', 1), id('user', 4), 'admin')$$),
  ($$INSERT INTO taskcrm.member (org_id, user_id) VALUES (id('org', 2), id('user', 2))$$),
  ($$UPDATE taskcrm.member SET role = 'admin' WHERE user_id = id('user', 2)$$),
  ($$INSERT INTO taskcrm.organization (name) VALUES ('x')$$),
  ($$INSERT INTO taskcrm.app_user (email) VALUES ('x@y')$$),
  ($$INSERT INTO taskcrm.task (title) VALUES ('x')$$),
  ($$INSERT INTO taskcrm.task (title, created_by) VALUES ('x', id('user', 1))$$),
  ($$INSERT INTO taskcrm.task (title, created_by) VALUES ('x', id('user', 2))$$),
  ($$INSERT INTO taskcrm.task (title, created_by) VALUES ('x', NULL)$$),
  ($$INSERT INTO taskcrm.task (org_id, title) VALUES (id('org', 2), 'x')$$),
  ($$INSERT INTO taskcrm.task_comment (task_id, comment, commented_by) VALUES (id('task', 1), 'x', id('user', 1))$$),
  ($$INSERT INTO taskcrm.task_comment (task_id, comment, commented_by) VALUES (id('task', 1), 'x', id('user', 2))$$),
  ($$INSERT INTO taskcrm.task_comment (org_id, task_id, comment) VALUES (id('org', 2), id('task', 9), 'x')$$),
  ($$INSERT INTO taskcrm.task_attachment (task_id, file_name, url, created_by)
    VALUES (id('task', 1), 'x', 'https://x.example', id('user', 1))$$),
  ($$INSERT INTO taskcrm.task_attachment (task_id, file_name, url, created_by)
    VALUES (id('task', 1), 'x', 'https://x.example', id('user', 2))$$),
  ($$INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (id('task', 2), id('user', 1))$$),
  ($$INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
    VALUES (id('org', 2), id('task', 9), id('user', 3), now())$$),
  ($$INSERT INTO taskcrm_internal.task_count VALUES (id('org', 2), 'New', 'High', 1)$$),
  ($$INSERT INTO taskcrm_internal.stored_answer (org_id, user_id, key, request)
    VALUES (id('org', 2), id('user', 4), 'x', 'x')$$),
  ($$INSERT INTO taskcrm_internal.login VALUES ('x', 1, id('user', 1))$$),
  ($$INSERT INTO taskcrm_internal.gateway VALUES ('x', 1)$$),
  ($$INSERT INTO taskcrm_internal.jwt_key (kid, alg, key) VALUES ('x', 'HS256', 'x')$$),
  ($$INSERT INTO taskcrm_internal.installation (version) VALUES ('x')$$),
  ($$SELECT taskcrm.tc_list_tasks('{}')::text$$),
  ($$SELECT taskcrm.tc_task_totals('{}')::text$$),
  ($$SELECT taskcrm.tc_get_task(id('task', 1))::text$$),
  ($$SELECT taskcrm.tc_get_task(id('task', 9))::text$$),
  ($$SELECT taskcrm.tc_delete_task(id('task', 1))::text$$),
  ($$SELECT taskcrm.tc_delete_task(id('task', 2))::text$$),
  ($$SELECT taskcrm.tc_delete_task(id('task', 9))::text$$),
  ($$SELECT taskcrm.tc_edit_task_comment(id('comment', 1), 'x')::text IS NOT NULL$$),
  ($$SELECT taskcrm.tc_edit_task_comment(id('comment', 2), 'x')::text IS NOT NULL$$),
  ($$SELECT taskcrm.tc_delete_task_comment(id('comment', 1))::text$$),
  ($$SELECT taskcrm.tc_delete_task_attachment(id('attachment', 1))::text$$),
  ($$SELECT taskcrm.tc_delete_task_attachment(id('attachment', 2))::text$$),
  ($$SELECT taskcrm.tc_update_account(id('account', 1), '{"name": "x"}')::text$$),
  ($$SELECT taskcrm.tc_create_team('x') IS NOT NULL$$),
  ($$SELECT taskcrm.tc_create_task('{"title": "x"}', 'key') IS NOT NULL$$);
GRANT SELECT ON public.ask TO PUBLIC;
CREATE TABLE public.answer (policies text, role name DEFAULT current_user, n integer, outcome text);
GRANT SELECT, INSERT ON public.answer TO PUBLIC;

-- Runs a statement and rolls it back. Returns the number of rows or the SQLSTATE, and CANARY if it
-- returned data of the second organization.
CREATE FUNCTION public.outcome(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r record;
  seen text := '';
  rows integer := 0;
BEGIN
  IF statement ~ '^SELECT|RETURNING' THEN
    FOR r IN EXECUTE statement LOOP
      rows := rows + 1;
      seen := seen || r::text;
    END LOOP;
  ELSE
    EXECUTE statement;
    GET DIAGNOSTICS rows = ROW_COUNT;
  END IF;
  RAISE SQLSTATE 'ZZZZZ' USING MESSAGE = rows || CASE WHEN rows = 1 THEN ' row' ELSE ' rows' END
    || CASE WHEN seen ~ 'CANARY|00000001-0000-7000-8000-000000000002' THEN ' CANARY' ELSE '' END;
EXCEPTION
  WHEN SQLSTATE 'ZZZZZ' THEN RETURN SQLERRM;
  WHEN others THEN RETURN SQLSTATE;
END
$$;
CREATE FUNCTION public.ask_all(policies text) RETURNS void LANGUAGE sql AS $$
  INSERT INTO public.answer (policies, n, outcome) SELECT $1, a.n, public.outcome(a.statement) FROM public.ask a
    ORDER BY a.n
$$;
\set ECHO all
\t on
\pset format unaligned

-- Each tenant table has one permissive policy for each command; other tables have none.
SELECT c.relname, string_agg(p.polcmd::text, ' ' ORDER BY p.polcmd)
FROM pg_class c LEFT JOIN pg_policy p ON p.polrelid = c.oid AND p.polpermissive
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r' GROUP BY c.relname ORDER BY c.relname COLLATE "C";
SELECT DISTINCT p.polroles FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace);
-- The policies, and the tables that have each of them.
SELECT p.polname, coalesce(pg_get_expr(p.polqual, p.polrelid), '-'),
  coalesce(pg_get_expr(p.polwithcheck, p.polrelid), '-'),
  string_agg(c.relname, ' ' ORDER BY c.relname COLLATE "C")
FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND p.polpermissive
GROUP BY 1, 2, 3 ORDER BY p.polname COLLATE "C", 2, 3;
-- The condition of an UPDATE or DELETE policy begins with that of the SELECT policy.
SELECT w.polrelid::regclass, w.polname FROM pg_policy w
  JOIN pg_policy s ON s.polrelid = w.polrelid AND s.polcmd = 'r' AND s.polpermissive
WHERE w.polpermissive AND w.polcmd IN ('w', 'd')
  AND NOT starts_with(pg_get_expr(w.polqual, w.polrelid), rtrim(pg_get_expr(s.polqual, s.polrelid), ')'));
-- Every table has a restrictive guard for all commands.
SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r'
  AND NOT EXISTS (SELECT FROM pg_policy p
    WHERE p.polrelid = c.oid AND p.polname = 'tenant_guard' AND NOT p.polpermissive AND p.polcmd = '*');

-- With all policies.
\connect - regress_ada
SELECT ask_all('all');
\connect - regress_bob
SELECT ask_all('all');
\connect - regress_nobody
SELECT ask_all('all');
\connect - :superuser
SELECT a.statement, string_agg(r.outcome, ', ' ORDER BY r.role) FROM ask a JOIN answer r USING (n)
  GROUP BY a.n, a.statement ORDER BY a.n;

-- Without the restrictive policies: the same results.
DO $$
DECLARE
  p record;
BEGIN
  FOR p IN SELECT polname, polrelid::regclass AS tab FROM pg_policy
    WHERE NOT polpermissive AND polrelid IN (SELECT oid FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace))
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', p.polname, p.tab);
  END LOOP;
END
$$;
SELECT count(*) FROM pg_policy WHERE NOT polpermissive;
\connect - regress_ada
SELECT ask_all('permissive');
\connect - regress_bob
SELECT ask_all('permissive');
\connect - regress_nobody
SELECT ask_all('permissive');
\connect - :superuser
SELECT a.statement, o.role, o.outcome, r.outcome FROM ask a JOIN answer o USING (n) JOIN answer r USING (n, role)
WHERE o.policies = 'all' AND r.policies = 'permissive' AND r.outcome <> o.outcome ORDER BY a.n, o.role;
SELECT count(*) FROM answer WHERE policies = 'permissive';

-- With careless permissive policies of an administrator. They allow statements that only the
-- absence of a policy refused, if the server's privileges also allow them, and only within the
-- organization; they do not weaken existing policies.
CALL taskcrm.tc_install();
DO $$
DECLARE
  tab regclass;
BEGIN
  FOR tab IN SELECT oid FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r' LOOP
    EXECUTE format('CREATE POLICY careless ON %s USING (true) WITH CHECK (true)', tab);
  END LOOP;
END
$$;
\connect - regress_ada
SELECT ask_all('careless');
\connect - regress_bob
SELECT ask_all('careless');
\connect - regress_nobody
SELECT ask_all('careless');
\connect - :superuser
SELECT a.statement, o.role, o.outcome, r.outcome FROM ask a JOIN answer o USING (n) JOIN answer r USING (n, role)
WHERE o.policies = 'all' AND r.policies = 'careless' AND r.outcome <> o.outcome ORDER BY a.n, o.role;
SELECT count(*) FROM answer WHERE policies = 'careless';

-- Policies of earlier versions are dropped; policies of an administrator are kept and reported.
CREATE POLICY tenant ON taskcrm.account USING (org_id = taskcrm.tc_current_org())
  WITH CHECK (org_id = taskcrm.tc_current_org());
CREATE POLICY tenant_first ON taskcrm.account AS RESTRICTIVE USING (taskcrm_internal.is_current_org(org_id))
  WITH CHECK (true);
CREATE POLICY tenant_first ON taskcrm.organization AS RESTRICTIVE FOR
  SELECT USING (taskcrm_internal.is_current_org(id));
CREATE POLICY tenant ON taskcrm.organization FOR SELECT USING (id = taskcrm.tc_current_org());
CREATE POLICY colleague ON taskcrm.app_user FOR SELECT USING (taskcrm_internal.is_colleague(id));
CREATE POLICY tenant ON taskcrm.task AS RESTRICTIVE USING (title <> 'x');
SELECT format('DROP POLICY careless ON %s', polrelid::regclass) FROM pg_policy WHERE polname = 'careless'
  ORDER BY polrelid::regclass::text COLLATE "C" \gexec
DROP POLICY tenant_delete ON taskcrm.task;
ALTER POLICY tenant_select ON taskcrm.team USING (true);
CALL taskcrm.tc_install();
SELECT tab, policy, clauses FROM taskcrm_internal.found_policies()
WHERE (tab, policy) NOT IN (SELECT w.tab, w.policy FROM taskcrm_internal.wanted_policies() w) ORDER BY 1;
SELECT w.tab, w.policy FROM taskcrm_internal.wanted_policies() w
LEFT JOIN taskcrm_internal.found_policies() f USING (tab, policy) WHERE f.clauses IS DISTINCT FROM w.clauses;
SELECT detail ~ 'tenant on task was added: AS RESTRICTIVE' FROM taskcrm.tc_doctor() WHERE "check" = 'policies';

\set ECHO none
DROP TABLE public.ask, public.answer;
DROP FUNCTION public.outcome(text), public.ask_all(text);
\i :teardown
