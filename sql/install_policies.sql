-- Row-level security.  One expression keeps the tenants apart; RESTRICTIVE
-- policies, which are AND-ed, add who may write what.

-- A policy as text, the same for what is wanted and for what is there.  command: as in
-- pg_policy; roles: a list; using_row, check_row: expressions as the server writes
-- them, or NULL.
CREATE FUNCTION taskcrm_internal.policy_clauses(permissive boolean, command "char", roles text,
    using_row text, check_row text) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat_ws(' ',
    'AS', CASE WHEN permissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    'FOR', CASE command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    'TO', roles, 'USING (' || using_row || ')', 'WITH CHECK (' || check_row || ')')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.policy_clauses(boolean, "char", text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.policy_clauses(boolean, "char", text, text, text) IS
  'The clauses of CREATE POLICY.';

-- What tc_install() makes and tc_doctor() looks for.
CREATE FUNCTION taskcrm_internal.wanted_policies(OUT tab name, OUT policy name, OUT clauses text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- Expressions stand as the server writes them, so that they can be compared.
  WITH tenant AS (SELECT '(org_id = taskcrm.tc_current_org())'::text AS row),
  admin AS (SELECT '(taskcrm.tc_current_role() = ''admin''::text)'::text AS row),
  -- A row is written in one's own name, and deleted (and, where edits are the
  -- author's, updated) by its author or an admin.
  author AS (
    SELECT a.tab, a.updates, format('(%I = taskcrm.tc_current_user())', a.author) AS row
    FROM (VALUES
      ('task'::name, 'created_by', false),
      ('task_comment', 'commented_by', true),
      ('task_attachment', 'created_by', true)) AS a (tab, author, updates)),
  wanted (tab, policy, permissive, command, using_row, check_row) AS (
    VALUES
      ('organization'::name, 'tenant'::name, true, 'r'::"char", '(id = taskcrm.tc_current_org())', NULL::text),
      ('organization', 'tenant_first', false, 'r', 'taskcrm_internal.is_current_org(id)', NULL),
      ('app_user', 'colleague', true, 'r', 'taskcrm_internal.is_colleague(id)', NULL)
    UNION ALL
    SELECT c.relname, p.policy, p.permissive, '*', p.using_row, p.check_row
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
    CROSS JOIN tenant
    -- The same once more, before the conditions of the caller; see own_row.c.
    CROSS JOIN LATERAL (VALUES
      ('tenant'::name, true, tenant.row, tenant.row),
      ('tenant_first', false, 'taskcrm_internal.is_current_org(org_id)', 'true')) AS p (policy, permissive, using_row, check_row)
    WHERE c.relnamespace = 'taskcrm'::regnamespace AND c.relkind IN ('r', 'p')
    UNION ALL
    SELECT t.tab, p.policy, false, p.command, p.using_row, p.check_row
    FROM unnest('{member,account,contact,team,team_member}'::name[]) AS t (tab)
    CROSS JOIN admin
    CROSS JOIN LATERAL (VALUES
      ('admin_inserts'::name, 'a'::"char", NULL, admin.row),
      ('admin_updates', 'w', admin.row, NULL),
      ('admin_deletes', 'd', admin.row, NULL)) AS p (policy, command, using_row, check_row)
    UNION ALL
    SELECT author.tab, p.policy, false, p.command, p.using_row, p.check_row
    FROM author
    CROSS JOIN admin
    CROSS JOIN LATERAL (VALUES
      ('author_inserts'::name, 'a'::"char", NULL, author.row),
      ('author_updates', 'w', format('(%s OR %s)', author.row, admin.row), NULL),
      ('author_deletes', 'd', format('(%s OR %s)', author.row, admin.row), NULL))
      AS p (policy, command, using_row, check_row)
    WHERE p.command <> 'w' OR author.updates)
  SELECT w.tab, w.policy,
    taskcrm_internal.policy_clauses(w.permissive, w.command, 'PUBLIC', w.using_row, w.check_row)
  FROM wanted w
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_policies() IS 'The policies that tc_install() makes.';

-- The path has none of our schemas, so that the server writes every name with its own.
CREATE FUNCTION taskcrm_internal.found_policies(OUT tab name, OUT policy name, OUT clauses text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, p.polname,
    taskcrm_internal.policy_clauses(p.polpermissive, p.polcmd,
      (SELECT string_agg(CASE WHEN r.role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.role)) END, ', ')
       FROM unnest(p.polroles) AS r (role)),
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.relnamespace = 'taskcrm'::regnamespace
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_policies() IS 'The policies that the tables have.';

CREATE PROCEDURE taskcrm_internal.install_policies()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  tab name;
  wanted record;
BEGIN
  -- FORCE, because the API functions run as the owner.
  FOR tab IN
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'taskcrm'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
  LOOP
    EXECUTE format('ALTER TABLE taskcrm.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tab);
  END LOOP;

  FOR wanted IN
    SELECT w.*, f.policy IS NOT NULL AS is_there
    FROM taskcrm_internal.wanted_policies() w
    LEFT JOIN taskcrm_internal.found_policies() f ON f.tab = w.tab AND f.policy = w.policy
    WHERE f.clauses IS DISTINCT FROM w.clauses
  LOOP
    IF wanted.is_there THEN
      EXECUTE format('DROP POLICY %I ON taskcrm.%I', wanted.policy, wanted.tab);
    END IF;
    EXECUTE format('CREATE POLICY %I ON taskcrm.%I %s', wanted.policy, wanted.tab, wanted.clauses);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_policies() FROM PUBLIC;
