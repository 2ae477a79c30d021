-- tc_install(): creates the tables and everything that belongs to them, or updates them
-- to the version of the extension.  Running it again is safe: every step checks what
-- exists and repairs what is missing.

-- Returns the role that will own the tables: the requested one, else the current owner,
-- else taskcrm_owner, which is created if it does not exist.
CREATE FUNCTION taskcrm_internal.install_owner(wanted name) RETURNS name
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  chosen name := wanted;
  is_owner boolean;
  found_role pg_roles;
  unfit text;
BEGIN
  IF chosen IS NULL THEN
    -- A restore into a cluster without the owner role leaves the tables to the restoring
    -- superuser; such an owner is replaced.
    SELECT r.rolname INTO chosen
    FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid = to_regclass('taskcrm.task') AND NOT (r.rolsuper OR r.rolbypassrls);
  END IF;
  chosen := coalesce(chosen, 'taskcrm_owner');
  is_owner := EXISTS (
    SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid = to_regclass('taskcrm.task') AND r.rolname = chosen);

  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = chosen) THEN
    IF wanted IS NOT NULL THEN
      RAISE undefined_object USING MESSAGE = format('role "%s" does not exist', chosen);
    END IF;
    CREATE ROLE taskcrm_owner NOLOGIN;
  END IF;

  SELECT * INTO found_role FROM pg_roles WHERE rolname = chosen;
  IF found_role.rolsuper OR found_role.rolbypassrls THEN
    RAISE invalid_role_specification USING
      MESSAGE = format('role "%s" cannot own the tables of taskcrm', chosen),
      DETAIL = 'A superuser or a role with BYPASSRLS bypasses row-level security.',
      HINT = 'Specify another role with tc_install(owner => ...), or omit owner to use taskcrm_owner.';
  END IF;
  -- The creator of the role, and roles that can become it, would own the tables.
  -- tc_doctor() reports such a role if it owns them already.
  IF NOT is_owner THEN
    SELECT string_agg(u.problem, ', ') INTO unfit
    FROM taskcrm_internal.unfit_owner(chosen, named => wanted IS NOT NULL) u (problem);
  END IF;
  IF unfit IS NOT NULL THEN
    RAISE invalid_role_specification USING
      MESSAGE = format('role "%s" cannot own the tables of taskcrm', chosen),
      DETAIL = format('The role already exists with properties that an owner must not have: it %s.', unfit),
      HINT = 'Remove these properties from the role, drop the role, or specify another role with tc_install(owner => ...).';
  END IF;
  RETURN chosen;
END
$install$;
REVOKE ALL ON FUNCTION taskcrm_internal.install_owner(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.install_owner(name) IS 'Chooses and checks the owner of the tables.';

CREATE PROCEDURE taskcrm_internal.install_ownership(owner name)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  tab regclass;
  former name;
  formers name[];
  function regprocedure;
BEGIN
  formers := ARRAY(
    SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
      AND r.rolname <> owner AND NOT r.rolsuper);
  FOR tab IN
    SELECT c.oid FROM pg_class c
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
      AND pg_get_userbyid(c.relowner) <> owner
  LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %I', tab, owner);
  END LOOP;
  -- Privileges that a former owner had as the owner.
  FOREACH former IN ARRAY formers LOOP
    EXECUTE format('REVOKE ALL ON SCHEMA taskcrm, taskcrm_internal FROM %I', former);
    FOR function IN SELECT c FROM taskcrm_internal.owner_functions() c LOOP
      EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', function, former);
    END LOOP;
  END LOOP;

  -- Statements of the API functions and foreign-key checks run as the owner. Existing
  -- privileges are not granted again, because that would only bloat the catalogs.
  IF NOT has_schema_privilege(owner, 'taskcrm', 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA taskcrm TO %I', owner);
  END IF;
  IF NOT has_schema_privilege(owner, 'taskcrm_internal', 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA taskcrm_internal TO %I', owner);
  END IF;
  FOR function IN
    SELECT c FROM taskcrm_internal.owner_functions() c WHERE NOT has_function_privilege(owner, c, 'EXECUTE')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', function, owner);
  END LOOP;
  FOR tab IN
    SELECT DISTINCT c.oid
    FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p (privilege)
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
      AND NOT has_table_privilege(owner, c.oid, p.privilege)
  LOOP
    EXECUTE format('GRANT ALL ON TABLE %s TO %I', tab, owner);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_ownership(name) FROM PUBLIC;

-- Tasks whose description differs in task_text, with the correct one; NULL for none.
CREATE FUNCTION taskcrm_internal.differing_texts(OUT org_id uuid, OUT task_id uuid, OUT description text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT t.org_id, t.id, nullif(t.description, '')
  FROM taskcrm.task t LEFT JOIN taskcrm_internal.task_text x ON x.org_id = t.org_id AND x.task_id = t.id
  WHERE coalesce(t.description, '') <> coalesce(x.description, '')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.differing_texts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.differing_texts() IS 'Tasks whose description differs from its copy in task_text.';

-- Synchronizes task_text after an upgrade, and after tasks were written with triggers
-- disabled.  tc_install() has blocked writes of descriptions, which this could overwrite
-- with older ones.
CREATE PROCEDURE taskcrm_internal.install_texts()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  DELETE FROM taskcrm_internal.task_text x USING taskcrm_internal.differing_texts() d
    WHERE x.org_id = d.org_id AND x.task_id = d.task_id;
  INSERT INTO taskcrm_internal.task_text (org_id, task_id, description)
    SELECT d.org_id, d.task_id, d.description FROM taskcrm_internal.differing_texts() d
    WHERE d.description IS NOT NULL;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_texts() FROM PUBLIC;

-- Links of open tasks that have no copy in open_link, and copies that should not be there.
CREATE FUNCTION taskcrm_internal.differing_open_links(OUT org_id uuid, OUT kind integer, OUT target_id uuid, OUT task_id uuid,
    OUT created_on timestamptz, OUT is_missing boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH wanted AS (
    SELECT l.org_id, l.kind, l.target_id, l.task_id, t.created_on
    FROM (SELECT c.org_id, 0 AS kind, c.contact_id AS target_id, c.task_id FROM taskcrm.task_contact c
          UNION ALL
          SELECT a.org_id, 1, a.user_id, a.task_id FROM taskcrm.task_assignee a
          UNION ALL
          SELECT m.org_id, 2, m.team_id, m.task_id FROM taskcrm.task_team m) l
    JOIN taskcrm.task t ON t.org_id = l.org_id AND t.id = l.task_id
    WHERE t.status <> 'Completed'::taskcrm.task_status)
  SELECT coalesce(w.org_id, o.org_id), coalesce(w.kind, o.kind), coalesce(w.target_id, o.target_id),
    coalesce(w.task_id, o.task_id), w.created_on, o.task_id IS NULL
  FROM wanted w
  FULL JOIN taskcrm_internal.open_link o
    ON o.org_id = w.org_id AND o.kind = w.kind AND o.target_id = w.target_id AND o.task_id = w.task_id AND o.created_on = w.created_on
  WHERE w.task_id IS NULL OR o.task_id IS NULL
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.differing_open_links() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.differing_open_links() IS 'Links of open tasks whose copy in open_link is missing, and copies that are wrong.';

-- Synchronizes open_link after an upgrade, and after links or tasks were written with
-- triggers disabled.  tc_install() has blocked writes of tasks, and so of links.
CREATE PROCEDURE taskcrm_internal.install_open_links()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  DELETE FROM taskcrm_internal.open_link o USING taskcrm_internal.differing_open_links() d
    WHERE NOT d.is_missing AND o.org_id = d.org_id AND o.kind = d.kind AND o.target_id = d.target_id AND o.task_id = d.task_id;
  INSERT INTO taskcrm_internal.open_link (org_id, kind, target_id, task_id, created_on)
    SELECT d.org_id, d.kind, d.target_id, d.task_id, d.created_on FROM taskcrm_internal.differing_open_links() d
    WHERE d.is_missing;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_open_links() FROM PUBLIC;

CREATE PROCEDURE taskcrm.tc_install(owner name DEFAULT NULL)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  owner_name name;
  extension_version text;
  is_fresh CONSTANT boolean := to_regclass('taskcrm.task') IS NULL;
  is_counted boolean;
  is_copied boolean;
  is_opened boolean;
  changes boolean;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE insufficient_privilege USING MESSAGE = 'must be superuser to call tc_install';
  END IF;
  -- Two concurrent runs would both find a table missing.  Clients cannot take this lock.
  PERFORM FROM pg_extension WHERE extname = 'taskcrm' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RAISE NOTICE 'waiting for another session that runs tc_install() or alters the extension';
  END IF;
  SELECT extversion INTO STRICT extension_version FROM pg_extension WHERE extname = 'taskcrm' FOR UPDATE;

  PERFORM taskcrm_internal.check_found();
  owner_name := taskcrm_internal.install_owner(owner);
  CALL taskcrm_internal.install_tables();
  -- Nobody else can see tables that this transaction has created.
  IF NOT is_fresh THEN
    CALL taskcrm_internal.lock_shaping();
  END IF;
  CALL taskcrm_internal.install_columns();
  CALL taskcrm_internal.install_keys();
  CALL taskcrm_internal.install_functions();
  -- The privileges of PUBLIC first, which the owner has too.
  CALL taskcrm_internal.install_rights(fresh => false);
  CALL taskcrm_internal.install_ownership(owner_name);
  CALL taskcrm_internal.install_replica_identity();

  -- What takes long, under locks that let readers pass.  The counters and the copies of
  -- texts and of links of open tasks lack what was written while a trigger was missing.
  is_counted := taskcrm_internal.are_firing('{counted_insert,counted_update,counted_delete,counted_truncate}');
  PERFORM taskcrm_internal.show_progress('comparing descriptions with their copies');
  is_copied := taskcrm_internal.are_firing('{described,replaced}')
    AND NOT EXISTS (SELECT FROM taskcrm_internal.differing_texts());
  PERFORM taskcrm_internal.show_progress('comparing links of open tasks with their copies');
  is_opened := taskcrm_internal.are_firing('{opened,opened_insert,opened_update,opened_delete,opened_truncate}')
    AND NOT EXISTS (SELECT FROM taskcrm_internal.differing_open_links());
  IF NOT is_fresh THEN
    CALL taskcrm_internal.lock_building(writes => NOT (is_counted AND is_copied AND is_opened));
  END IF;
  CALL taskcrm_internal.install_checks(validates => true);
  CALL taskcrm_internal.install_indexes();
  IF NOT is_counted THEN
    PERFORM taskcrm.tc_recount();
  END IF;
  IF NOT is_copied THEN
    PERFORM taskcrm_internal.show_progress('copying descriptions');
    CALL taskcrm_internal.install_texts();
  END IF;
  IF NOT is_opened THEN
    PERFORM taskcrm_internal.show_progress('copying links of open tasks');
    CALL taskcrm_internal.install_open_links();
  END IF;

  -- What is quick, under locks that stop everybody until the end of the transaction.
  changes := is_fresh;
  IF NOT is_fresh THEN
    CALL taskcrm_internal.lock_changing(changes);
  END IF;
  IF changes THEN
    CALL taskcrm_internal.install_checks(validates => false);
    CALL taskcrm_internal.drop_former_indexes();
    CALL taskcrm_internal.install_policies();
    CALL taskcrm_internal.install_triggers();
  END IF;
  CALL taskcrm_internal.install_statistics();
  CALL taskcrm_internal.install_comments();

  IF (SELECT array_agg(i.version) FROM taskcrm_internal.installation i) IS DISTINCT FROM ARRAY[extension_version] THEN
    CALL taskcrm_internal.install_client_rights();
    PERFORM taskcrm_internal.write_version(extension_version);
  END IF;
  IF taskcrm_internal.is_distributed() THEN
    CALL taskcrm_internal.prepare_nodes();
    CALL taskcrm_internal.link_roles_on_nodes();
  END IF;
  NOTIFY pgrst, 'reload schema';
  PERFORM taskcrm_internal.show_progress(NULL);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm.tc_install(name) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm.tc_install(name) IS
  'Create the tables, or update them to this version. Running it again is safe. For superusers.';
