-- The privileges on everything that the script and tc_install() create.
--
-- ALTER DEFAULT PRIVILEGES of the installing role adds privileges to whatever it creates,
-- or revokes those of PUBLIC.  So the wanted privileges of each object are defined here.
-- The script's last statement, upgrades and tc_install() apply them:
--
-- - The owner of an object and the owner of the tables keep their privileges.
-- - PUBLIC gets what public_functions() lists, and USAGE on types.
-- - Members of pg_monitor get what monitor_functions() lists.
-- - A client keeps what tc_grant_access() granted to it.
-- - Another role keeps its privileges, unless default privileges grant exactly these: then
--   they are revoked.

-- Objects that have privileges.  kind: as in pg_default_acl; object: as GRANT names it.
CREATE FUNCTION taskcrm_internal.owned_objects(OUT kind "char", OUT object text, OUT oid oid,
    OUT schema oid, OUT owner oid, OUT acl aclitem[]) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH member AS (
    SELECT d.classid, d.objid
    FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE e.extname = 'taskcrm' AND d.deptype = 'e')
  SELECT 'n'::"char", format('SCHEMA %I', n.nspname), n.oid, n.oid, n.nspowner,
    coalesce(n.nspacl, acldefault('n', n.nspowner))
  FROM pg_namespace n
  WHERE n.nspname IN ('taskcrm', 'taskcrm_internal')
  UNION ALL
  SELECT 'f', 'ROUTINE ' || p.oid::regprocedure, p.oid, p.pronamespace, p.proowner,
    coalesce(p.proacl, acldefault('f', p.proowner))
  FROM pg_proc p
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
    AND (EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
         OR p.oid IN (SELECT taskcrm_internal.client_functions()))
  UNION ALL
  SELECT 'T', 'TYPE ' || t.oid::regtype, t.oid, t.typnamespace, t.typowner,
    coalesce(t.typacl, acldefault('T', t.typowner))
  FROM pg_type t JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
  UNION ALL
  SELECT 'r', 'TABLE ' || c.oid::regclass, c.oid, c.relnamespace, c.relowner,
    coalesce(c.relacl, acldefault('r', c.relowner))
  FROM pg_class c
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND c.relname IN (SELECT r.tab FROM taskcrm_internal.table_registry() r)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.owned_objects() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.owned_objects() IS 'The objects with privileges that the script and tc_install() create.';

-- Privileges that are not listed above.  fresh: right after the objects were created,
-- when there can be no clients.  by_default: whether default privileges grant it.
CREATE FUNCTION taskcrm_internal.excess_grants(fresh boolean, OUT object text, OUT grantee oid,
    OUT privilege text, OUT by_default boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH held AS (
    SELECT o.kind, o.object, o.oid, o.schema, o.owner, a.grantee, a.privilege_type AS privilege, a.is_grantable
    FROM taskcrm_internal.owned_objects() o, aclexplode(o.acl) a),
  client AS (
    SELECT h.grantee FROM held h
    WHERE NOT fresh AND h.kind = 'n' AND h.oid = 'taskcrm'::regnamespace AND h.privilege = 'USAGE'
    INTERSECT
    SELECT h.grantee FROM held h
    WHERE h.oid IN (SELECT taskcrm_internal.client_functions()) AND h.grantee <> 0)
  SELECT h.object, h.grantee, h.privilege, g.by_default
  FROM held h
  CROSS JOIN LATERAL (
    SELECT EXISTS (
      SELECT FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole, aclexplode(d.defaclacl) a
      WHERE r.rolsuper AND d.defaclobjtype = h.kind AND d.defaclnamespace IN (0, h.schema)
        AND a.grantee = h.grantee AND a.privilege_type = h.privilege)) AS g (by_default)
  WHERE h.grantee <> h.owner
    AND NOT (h.grantee = 'pg_monitor'::regrole AND NOT h.is_grantable
             AND (h.oid IN (SELECT taskcrm_internal.monitor_functions())
                  OR h.kind = 'n' AND h.oid = 'taskcrm'::regnamespace AND h.privilege = 'USAGE'))
    AND h.grantee IS DISTINCT FROM (SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('taskcrm.task'))
    AND CASE WHEN h.grantee = 0
      THEN NOT (h.kind = 'f' AND h.oid IN (SELECT taskcrm_internal.public_functions()) OR h.kind = 'T')
      ELSE fresh
        OR g.by_default AND NOT (
          NOT h.is_grantable AND h.grantee IN (SELECT c.grantee FROM client c)
          AND CASE h.kind
            WHEN 'n' THEN h.oid = 'taskcrm'::regnamespace AND h.privilege = 'USAGE'
            WHEN 'f' THEN h.oid IN (SELECT taskcrm_internal.client_functions())
            WHEN 'r' THEN h.privilege = 'SELECT' AND h.oid IN (
              SELECT to_regclass(format('taskcrm.%I', t.tab)) FROM taskcrm_internal.table_registry() t WHERE t.readable)
            ELSE false END) END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.excess_grants(boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.excess_grants(boolean) IS 'Privileges that no role should have.';

-- Privileges that PUBLIC needs but lacks.
CREATE FUNCTION taskcrm_internal.missing_grants(OUT object text, OUT privilege text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT o.object, v.privilege
  FROM taskcrm_internal.owned_objects() o
  JOIN (VALUES ('f'::"char", 'EXECUTE'), ('T', 'USAGE')) AS v (kind, privilege) ON v.kind = o.kind
  WHERE (o.kind = 'T' OR o.oid IN (SELECT taskcrm_internal.public_functions()))
    AND NOT EXISTS (SELECT FROM aclexplode(o.acl) a WHERE a.grantee = 0)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.missing_grants() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.missing_grants() IS 'Privileges that PUBLIC needs but lacks.';

CREATE PROCEDURE taskcrm_internal.install_rights(fresh boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT e.object, e.privilege,
      CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS grantee
    FROM taskcrm_internal.excess_grants(fresh) e
  LOOP
    -- CASCADE also revokes what was granted with a grant option.
    EXECUTE format('REVOKE %s ON %s FROM %s CASCADE', r.privilege, r.object, r.grantee);
  END LOOP;
  FOR r IN SELECT m.* FROM taskcrm_internal.missing_grants() m LOOP
    EXECUTE format('GRANT %s ON %s TO PUBLIC', r.privilege, r.object);
  END LOOP;
  FOR r IN
    SELECT m AS function FROM taskcrm_internal.monitor_functions() m
    WHERE NOT has_function_privilege('pg_monitor', m, 'EXECUTE')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO pg_monitor', r.function);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_rights(boolean) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_rights(boolean) IS
  'Revokes privileges that are not specified, and grants PUBLIC and pg_monitor those that they need.';
