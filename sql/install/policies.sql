-- Row-level security.
--
-- For each command a table has one PERMISSIVE policy that contains every rule: the
-- organization of the row, whether it is in the bin, and who may write it.  The RESTRICTIVE policies repeat the
-- rules.  They make an additional permissive policy, which is OR-ed, harmless.  Nothing
-- else depends on them, because Citus makes them permissive on its shards.

-- A policy as text, in the same form for the wanted and the existing one.  command: as in
-- pg_policy; roles: a list; using_row, check_row: expressions as the server prints them,
-- or NULL.
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

-- The policies that tc_install() creates and tc_doctor() checks.
CREATE FUNCTION taskcrm_internal.wanted_policies(OUT tab name, OUT policy name, OUT clauses text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- Expressions are written as the server prints them, so that they can be compared.
  WITH command (command, policy, has_using, has_check) AS (
    VALUES
      ('r'::"char", 'tenant_select'::name, true, false),
      ('a', 'tenant_insert', false, true),
      ('w', 'tenant_update', true, true),
      ('d', 'tenant_delete', true, false)),
  -- The condition that a row belongs to the selected organization.  guard is checked
  -- before the conditions of the caller (see tenant_guard.c); indexes use row.
  -- commands: those that are allowed, of r, a, w and d.
  tenant (tab, guard, "row", commands) AS (
    VALUES
      ('organization'::name, 'taskcrm_internal.is_current_org(id)', '(id = taskcrm.tc_current_org())', 'rw'),
      ('app_user', 'taskcrm_internal.is_colleague(id)', NULL, 'r')
    UNION ALL
    SELECT c.relname, 'taskcrm_internal.is_current_org(org_id)', '(org_id = taskcrm.tc_current_org())', 'rawd'
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())),
  admin AS (SELECT '(taskcrm.tc_current_role() = ''admin''::text)'::text AS "row"),
  -- A row is inserted in the caller's own name, and deleted (and, if only authors edit,
  -- updated) by its author or an admin.
  author AS (
    SELECT r.tab, r.writer = 'author' AS updates, format('(%I = taskcrm.tc_current_user())', r.author) AS "row"
    FROM taskcrm_internal.table_registry() r
    WHERE r.writer IN ('author', 'creator')),
  -- The additional condition for writing, besides being a member.
  rule (tab, command, policy, "row") AS (
    SELECT t.tab, r.command, r.policy, admin."row"
    FROM taskcrm_internal.table_registry() t
    CROSS JOIN admin
    CROSS JOIN (VALUES ('a'::"char", 'admin_inserts'::name), ('w', 'admin_updates'), ('d', 'admin_deletes'))
      AS r (command, policy)
    WHERE t.writer = 'admin' AND (t.tab <> 'organization' OR r.command = 'w')
    UNION ALL
    SELECT author.tab, r.command, r.policy,
      CASE r.command WHEN 'a' THEN author."row" ELSE format('(%s OR %s)', author."row", admin."row") END
    FROM author
    CROSS JOIN admin
    CROSS JOIN (VALUES ('a'::"char", 'author_inserts'::name), ('w', 'author_updates'), ('d', 'author_deletes'))
      AS r (command, policy)
    WHERE r.command <> 'w' OR author.updates),
  -- Files of deleted tasks are there for nobody.  A condition without a cost, so that it is
  -- checked before those of the caller, too.
  living (tab, "row") AS (
    VALUES ('task_attachment'::name, '(task_id IS NOT NULL)'), ('task_attachment_content', '(NOT in_bin)')),
  wanted (tab, policy, permissive, command, has_using, has_check, "row") AS (
    SELECT t.tab, c.policy, true, c.command, c.has_using, c.has_check,
      CASE WHEN cardinality(e.terms) = 1 THEN e.terms[1] ELSE format('(%s)', array_to_string(e.terms, ' AND ')) END
    FROM tenant t
    JOIN command c ON strpos(t.commands, c.command::text) > 0
    LEFT JOIN living l ON l.tab = t.tab
    LEFT JOIN rule r ON r.tab = t.tab AND r.command = c.command
    CROSS JOIN LATERAL (SELECT array_remove(ARRAY[t.guard, t."row", l."row", r."row"], NULL)) AS e (terms)
    UNION ALL
    SELECT t.tab, 'tenant_guard', false, '*', true, true, t.guard FROM tenant t
    UNION ALL
    SELECT t.tab, 'tenant_living', false, '*', true, true, l."row" FROM tenant t JOIN living l ON l.tab = t.tab
    UNION ALL
    -- Tables that no client reads.
    SELECT c.relname, 'tenant_guard', false, '*', true, true, 'false'
    FROM pg_class c
    JOIN taskcrm_internal.table_registry() r ON r.tab = c.relname
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND r.writer IS NULL AND NOT r.readable
    UNION ALL
    SELECT r.tab, r.policy, false, r.command, r.command <> 'a', r.command <> 'd', r."row" FROM rule r)
  SELECT w.tab, w.policy,
    taskcrm_internal.policy_clauses(w.permissive, w.command, 'PUBLIC',
      CASE WHEN w.has_using THEN w."row" END, CASE WHEN w.has_check THEN w."row" END)
  FROM wanted w
  -- On shards, Citus makes restrictive policies permissive.
  WHERE w.permissive OR NOT taskcrm_internal.is_distributed()
  UNION ALL
  -- Each node writes its copies of rows that another node has written.
  SELECT c.relname, 'of_node',
    taskcrm_internal.policy_clauses(true, '*', quote_ident(pg_get_userbyid(c.relowner)), 'taskcrm_internal.is_node()', 'taskcrm_internal.is_node()')
  FROM taskcrm_internal.table_places() p
  JOIN pg_class c ON c.oid = to_regclass(taskcrm_internal.qualified_name(p.tab))
  WHERE p.is_everywhere AND taskcrm_internal.is_distributed()
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_policies() IS 'The policies that tc_install() creates.';

-- The search_path has none of the extension's schemas, so the server prints every name
-- with its schema.
CREATE FUNCTION taskcrm_internal.found_policies(OUT tab name, OUT policy name, OUT clauses text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, p.polname,
    taskcrm_internal.policy_clauses(p.polpermissive, p.polcmd,
      (SELECT string_agg(CASE WHEN r.role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.role)) END, ', ')
       FROM unnest(p.polroles) AS r (role)),
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_policies() IS 'The policies that the tables have.';

-- Policies created by tc_install() before each command had its own.  A changed policy, or
-- one that somebody else created under such a name, is not among them.
CREATE FUNCTION taskcrm_internal.former_policies(OUT tab name, OUT policy name) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT f.tab, f.policy
  FROM taskcrm_internal.found_policies() f
  WHERE (f.policy, f.clauses) IN (VALUES
    ('tenant'::name, 'AS PERMISSIVE FOR ALL TO PUBLIC USING ((org_id = taskcrm.tc_current_org()))'
     ' WITH CHECK ((org_id = taskcrm.tc_current_org()))'),
    ('tenant', 'AS PERMISSIVE FOR SELECT TO PUBLIC USING ((id = taskcrm.tc_current_org()))'),
    ('tenant_first', 'AS RESTRICTIVE FOR ALL TO PUBLIC USING (taskcrm_internal.is_current_org(org_id)) WITH CHECK (true)'),
    ('tenant_first', 'AS RESTRICTIVE FOR SELECT TO PUBLIC USING (taskcrm_internal.is_current_org(id))'),
    ('colleague', 'AS PERMISSIVE FOR SELECT TO PUBLIC USING (taskcrm_internal.is_colleague(id))'))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.former_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.former_policies() IS 'Policies that earlier versions of tc_install() created.';

-- Tables whose policies do not bind everybody.  FORCE, because the API functions run as
-- the owner of the tables.
CREATE FUNCTION taskcrm_internal.unforced_tables(OUT tab name, OUT relation regclass) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, c.oid FROM pg_class c
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.unforced_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.unforced_tables() IS 'Tables without ENABLE or FORCE ROW LEVEL SECURITY.';

-- The policies that tc_install() has to create.  is_there: in place of one that differs.
CREATE FUNCTION taskcrm_internal.pending_policies(OUT tab name, OUT policy name, OUT clauses text, OUT is_there boolean)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w.policy, w.clauses, f.policy IS NOT NULL
  FROM taskcrm_internal.wanted_policies() w
  LEFT JOIN taskcrm_internal.found_policies() f ON f.tab = w.tab AND f.policy = w.policy
  WHERE f.clauses IS DISTINCT FROM w.clauses
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_policies() IS 'The policies that are missing or changed.';

CREATE PROCEDURE taskcrm_internal.install_policies()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  pending record;
BEGIN
  FOR pending IN SELECT u.* FROM taskcrm_internal.unforced_tables() u LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', pending.relation);
  END LOOP;

  FOR pending IN SELECT p.* FROM taskcrm_internal.pending_policies() p LOOP
    IF pending.is_there THEN
      EXECUTE format('DROP POLICY %I ON %s', pending.policy, taskcrm_internal.qualified_name(pending.tab));
    END IF;
    EXECUTE format('CREATE POLICY %I ON %s %s', pending.policy, taskcrm_internal.qualified_name(pending.tab), pending.clauses);
  END LOOP;
  FOR pending IN SELECT f.* FROM taskcrm_internal.former_policies() f LOOP
    EXECUTE format('DROP POLICY %I ON %s', pending.policy, taskcrm_internal.qualified_name(pending.tab));
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_policies() FROM PUBLIC;
