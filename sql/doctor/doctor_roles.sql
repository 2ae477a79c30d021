-- The checks of tc_doctor() on the privileges of roles.  Each function is one check: it
-- returns a line for each problem, and no rows if there is none.

-- Privileges that PUBLIC must not have, and those that it needs but lacks.
CREATE FUNCTION taskcrm_internal.doctor_public_rights() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('PUBLIC can execute %s', p.oid::regprocedure)
  FROM pg_proc p
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND a.grantee = 0
    AND p.oid IN (SELECT o.oid FROM taskcrm_internal.owned_objects() o WHERE o.kind = 'f')
    AND p.oid NOT IN (SELECT taskcrm_internal.public_functions())
  UNION ALL
  SELECT format('PUBLIC has %s on schema %s', a.privilege_type, n.nspname)
  FROM pg_namespace n, aclexplode(n.nspacl) a
  WHERE n.nspname IN ('taskcrm', 'taskcrm_internal') AND a.grantee = 0
  UNION ALL
  SELECT format('PUBLIC has %s on %s', a.privilege_type, c.relname)
  FROM pg_class c, aclexplode(c.relacl) a
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND a.grantee = 0
  UNION ALL
  SELECT format('PUBLIC has %s on %s.%s', a.privilege_type, c.relname, t.attname)
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped, aclexplode(t.attacl) a
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND a.grantee = 0
  UNION ALL
  SELECT format('PUBLIC lacks %s on %s', m.privilege, lower(split_part(m.object, ' ', 1)) || substr(m.object, position(' ' in m.object)))
  FROM taskcrm_internal.missing_grants() m
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_public_rights() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_public_rights() IS 'Privileges that PUBLIC must not have, or needs but lacks.';

-- The next tc_install() or upgrade revokes what a superuser's default privileges would
-- grant; this reports what they have granted.
CREATE FUNCTION taskcrm_internal.doctor_default_rights() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s has %s on %s by default privileges', CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE 'role ' || pg_get_userbyid(e.grantee) END,
                e.privilege, lower(split_part(e.object, ' ', 1)) || substr(e.object, position(' ' in e.object)))
  FROM taskcrm_internal.excess_grants(fresh => false) e
  WHERE e.by_default
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_default_rights() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_default_rights() IS
  'Privileges on objects of taskcrm that default privileges granted.';

CREATE FUNCTION taskcrm_internal.doctor_definer_functions() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s runs as role %s', p.oid::regprocedure, pg_get_userbyid(p.proowner))
  FROM pg_proc p
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND p.prosecdef
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_definer_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_definer_functions() IS 'Functions that run with the privileges of their owner.';

-- Roles, other than superusers and the owner of the tables, that can call the API or have
-- been granted something directly.  is_client: they can call the API.
CREATE FUNCTION taskcrm_internal.granted_roles(OUT role name, OUT is_client boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH grantee AS (
    SELECT a.grantee FROM pg_proc p, aclexplode(p.proacl) a
    WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
    UNION
    SELECT a.grantee FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname IN ('taskcrm', 'taskcrm_internal')
    UNION
    SELECT a.grantee FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    UNION
    SELECT a.grantee FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables()))
  SELECT r.rolname, c.is_client
  FROM pg_roles r
  CROSS JOIN LATERAL (
    SELECT has_schema_privilege(r.oid, 'taskcrm', 'USAGE')
      AND has_function_privilege(r.oid, 'taskcrm.tc_list_tasks(jsonb)', 'EXECUTE')) c (is_client)
  WHERE NOT r.rolsuper AND NOT starts_with(r.rolname, 'pg_')
    AND r.oid NOT IN (SELECT o.relowner FROM pg_class o
                      WHERE o.oid IN (SELECT taskcrm_internal.found_tables()))
    AND (c.is_client OR r.oid IN (SELECT g.grantee FROM grantee g))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.granted_roles() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.granted_roles() IS 'Roles with privileges on objects of taskcrm.';

-- A role that only provisions may create organizations and users: the administrator
-- decided that.  If a role has other ways around row-level security, that alone is
-- reported.
CREATE FUNCTION taskcrm_internal.doctor_client_rights() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH granted AS (
    SELECT g.role, g.is_client, ARRAY(SELECT u FROM taskcrm_internal.unbound_roles(g.role) u ORDER BY u) AS unbound
    FROM taskcrm_internal.granted_roles() g),
  excess AS (
    SELECT g.role, e.held
    FROM granted g, taskcrm_internal.excess_rights(g.role, delete => g.is_client) e
    WHERE (NOT g.is_client OR g.unbound = '{}') AND (g.is_client OR NOT e.is_function
           OR e.held NOT IN (SELECT f::text FROM taskcrm_internal.provisioning_functions() f
                             UNION ALL SELECT f::text FROM taskcrm_internal.worker_functions() f))
    -- doctor_public_rights() reports the privileges of PUBLIC.
    EXCEPT
    SELECT g.role, p.held FROM granted g, taskcrm_internal.excess_rights('public', delete => false) p)
  SELECT format('role %s %s', g.role,
                CASE WHEN g.role = ANY (g.unbound) THEN 'is not bound by row-level security'
                     ELSE 'can become ' || array_to_string(g.unbound, ', ') END)
  FROM granted g WHERE g.is_client AND g.unbound <> '{}'
  UNION ALL
  SELECT format('role %s has %s', e.role, string_agg(e.held, ', ' ORDER BY e.held COLLATE "C"))
  FROM excess e GROUP BY e.role
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_client_rights() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_client_rights() IS 'Roles with more privileges than clients may have.';

-- DELETE allows LOCK TABLE, with which one session stops all organizations.  Behind a
-- gateway, the application decides which statements reach the server.
CREATE FUNCTION taskcrm_internal.doctor_client_deletes() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('role %s can log in, and has DELETE on %s', r.rolname, string_agg(t.tab, ', ' ORDER BY t.tab))
  FROM pg_roles r
  CROSS JOIN taskcrm_internal.client_tables() t
  WHERE r.rolcanlogin AND t.deletable
    AND NOT EXISTS (SELECT FROM taskcrm_internal.unbound_roles(r.rolname))
    AND NOT EXISTS (SELECT FROM taskcrm_internal.gateway g WHERE g.role_name = r.rolname AND g.role_oid = r.oid)
    -- Not only what it inherits, but also what it has after SET ROLE.
    AND EXISTS (
      SELECT FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.oid = to_regclass(format('taskcrm.%I', t.tab)) AND a.privilege_type = 'DELETE'
        AND CASE WHEN a.grantee <> 0 THEN pg_has_role(r.oid, a.grantee, 'MEMBER') END)
  GROUP BY r.rolname
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_client_deletes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_client_deletes() IS
  'Roles that can log in as a person and lock tables, because they have DELETE.';

-- A later version may have functions and tables that did not exist when access was
-- granted.  A role that reads no table at all was granted access with read => false.
CREATE FUNCTION taskcrm_internal.doctor_client_access() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('role %s cannot execute %s', g.role, string_agg(f::text, ', ' ORDER BY f::text COLLATE "C"))
  FROM taskcrm_internal.granted_roles() g, taskcrm_internal.client_functions() f
  WHERE g.is_client AND NOT has_function_privilege(g.role, f, 'EXECUTE')
  GROUP BY g.role
  UNION ALL
  SELECT format('role %s cannot read %s', g.role, string_agg(t.tab, ', ' ORDER BY t.tab))
  FROM taskcrm_internal.granted_roles() g, taskcrm_internal.table_registry() t
  WHERE g.is_client AND t.readable AND NOT has_table_privilege(g.role, format('taskcrm.%I', t.tab), 'SELECT')
    AND EXISTS (SELECT FROM taskcrm_internal.read_tables(g.role))
  GROUP BY g.role
  UNION ALL
  -- A role that writes titles was granted write access.
  SELECT format('role %s cannot write %s of task', g.role, string_agg(e.column_name, ', ' ORDER BY e.column_name))
  FROM taskcrm_internal.granted_roles() g
  CROSS JOIN taskcrm_internal.exposed_columns() e
  JOIN pg_attribute a ON a.attrelid = to_regclass('taskcrm.task') AND a.attname = e.column_name AND NOT a.attisdropped
  WHERE g.is_client AND e.writable AND has_column_privilege(g.role, a.attrelid, 'title', 'UPDATE')
    AND NOT (has_column_privilege(g.role, a.attrelid, a.attnum, 'INSERT')
             AND has_column_privilege(g.role, a.attrelid, a.attnum, 'UPDATE'))
  GROUP BY g.role
  UNION ALL
  -- A restore of the rows alone brings logins without their privileges.
  SELECT format('%s %s cannot call the API', l.kind, l.role)
  FROM taskcrm_internal.found_role_links() l JOIN pg_roles r ON r.rolname = l.role
  WHERE l.result = 'unchanged'
    AND NOT EXISTS (SELECT FROM pg_roles s
                    WHERE pg_has_role(r.oid, s.oid, 'MEMBER') AND has_schema_privilege(s.oid, 'taskcrm', 'USAGE'))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_client_access() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_client_access() IS 'Roles that can call only a part of the API, or nothing.';

CREATE FUNCTION taskcrm_internal.doctor_logins() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT CASE WHEN u = k.role_name THEN format('%s %s is not bound by row-level security', k.kind, k.role_name)
              ELSE format('%s %s can become %s', k.kind, k.role_name, u) END
  FROM (
    SELECT l.role_name, 'login' AS kind FROM taskcrm_internal.login l
    UNION ALL
    SELECT g.role_name, 'gateway' FROM taskcrm_internal.gateway g) k
  JOIN pg_roles r ON r.rolname = k.role_name
  CROSS JOIN LATERAL taskcrm_internal.unbound_roles(r.rolname) u
  -- A superuser can act as any user.
  WHERE u = k.role_name OR NOT r.rolsuper
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_logins() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_logins() IS
  'Logins and gateways that bypass row-level security.';

CREATE FUNCTION taskcrm_internal.doctor_role_links() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s %s %s', f.kind, f.role,
                CASE f.result WHEN 'renamed' THEN 'was renamed to ' || f.new_name
                              WHEN 'relinked' THEN 'was linked to another role of this name'
                              WHEN 'ambiguous' THEN 'may be one of several roles, because names were exchanged'
                              ELSE 'no longer exists as a role' END)
  FROM taskcrm_internal.found_role_links() f
  WHERE f.result <> 'unchanged'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_role_links() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_role_links() IS
  'Logins and gateways whose role was dropped, renamed or created again.';

-- Of several lines for the same kind of connection and the same addresses, the first one
-- applies.  Address ranges that contain each other are not compared, so a line that is
-- never reached may be reported.
CREATE FUNCTION taskcrm_internal.doctor_gateway_trust() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s %s can log in without a password according to line %s of pg_hba.conf', m.kind, m.role_name, m.line_number)
  FROM (
    SELECT DISTINCT ON (g.role_name, h.type, h.address, h.netmask) g.kind, g.role_name, h.line_number, h.auth_method
    FROM (
      SELECT 'gateway' AS kind, w.role_name FROM taskcrm_internal.gateway w
      UNION ALL
      -- As which the nodes of a cluster connect to each other.
      SELECT 'owner', pg_get_userbyid(c.relowner) FROM pg_class c
      WHERE c.oid = to_regclass('taskcrm.task') AND taskcrm_internal.is_distributed()) g
    JOIN pg_roles r ON r.rolname = g.role_name AND r.rolcanlogin
    CROSS JOIN pg_hba_file_rules() WITH ORDINALITY h
    WHERE h.error IS NULL
      AND EXISTS (SELECT FROM unnest(h.database) AS d (name)
        WHERE d.name IN ('all', current_database())
          OR d.name = 'sameuser' AND r.rolname = current_database()
          OR d.name IN ('samerole', 'samegroup') AND EXISTS (
            SELECT FROM pg_roles s WHERE s.rolname = current_database() AND pg_has_role(r.oid, s.oid, 'MEMBER'))
          OR starts_with(d.name, '/') AND current_database() ~ substr(d.name, 2))
      AND EXISTS (SELECT FROM unnest(h.user_name) AS u (name)
        WHERE u.name IN ('all', r.rolname)
          OR starts_with(u.name, '+') AND EXISTS (
            SELECT FROM pg_roles s WHERE s.rolname = substr(u.name, 2) AND pg_has_role(r.oid, s.oid, 'MEMBER'))
          OR starts_with(u.name, '/') AND r.rolname ~ substr(u.name, 2))
    ORDER BY g.role_name, h.type, h.address, h.netmask, h.ordinality) m
  WHERE m.auth_method = 'trust'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_gateway_trust() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_gateway_trust() IS
  'Gateways, and on a cluster the owner of the tables, as which anyone can log in.';

CREATE FUNCTION taskcrm_internal.jwt_key_problem(alg text, key bytea) RETURNS text
  LANGUAGE C IMMUTABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_jwt_key_problem';
REVOKE ALL ON FUNCTION taskcrm_internal.jwt_key_problem(text, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.jwt_key_problem(text, bytea) IS 'The problem with a key for tokens, or NULL if there is none.';

CREATE FUNCTION taskcrm_internal.doctor_jwt_keys() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('key "%s" (%s): %s', k.kid, k.alg, rtrim(p.problem, '.'))
  FROM taskcrm_internal.jwt_key k, LATERAL (SELECT taskcrm_internal.jwt_key_problem(k.alg, k.key)) p (problem)
  WHERE p.problem IS NOT NULL
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_jwt_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_jwt_keys() IS 'Keys for tokens that are too short or otherwise unsuitable.';

-- A view reads as its owner unless it has security_invoker, and a materialized view
-- contains what its owner saw.
CREATE FUNCTION taskcrm_internal.doctor_views() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH RECURSIVE reader (oid) AS (
    SELECT c.oid FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    UNION
    SELECT w.ev_class
    FROM reader
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reader.oid
      AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid)
  SELECT format('%s reads as role %s', v.oid::regclass, r.rolname)
  FROM reader JOIN pg_class v ON v.oid = reader.oid JOIN pg_roles r ON r.oid = v.relowner
  WHERE (r.rolsuper OR r.rolbypassrls)
    AND (v.relkind = 'm' OR v.relkind = 'v' AND NOT EXISTS (
      SELECT FROM pg_options_to_table(v.reloptions) o
      WHERE o.option_name = 'security_invoker' AND o.option_value::boolean))
    AND (EXISTS (SELECT FROM aclexplode(v.relacl) a WHERE a.grantee <> v.relowner)
         OR EXISTS (SELECT FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = v.oid))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_views() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_views() IS
  'Views on the tables that show rows that row-level security would hide.';
