-- The privileges of database roles, and the roles that are a user's login or a gateway.
-- For administrators: PUBLIC executes none of these functions.

-- The functions that a client role may execute.
CREATE FUNCTION taskcrm_internal.client_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.proname IN (
    'tc_login', 'tc_whoami', 'tc_list_tasks', 'tc_find_task_ids', 'tc_find_tasks', 'is_overdue', 'tc_task_totals', 'tc_group_tasks',
    'tc_create_task', 'tc_create_tasks', 'tc_get_task', 'tc_update_task', 'tc_assign', 'tc_unassign', 'tc_delete_task',
    'tc_update_tasks', 'tc_delete_tasks', 'tc_list_deleted', 'tc_restore_task', 'tc_purge_deleted', 'tc_task_history', 'tc_list_events', 'tc_purge_events', 'tc_sync',
    'tc_list_comments', 'tc_list_attachments', 'tc_add_task_comment_or_attachment', 'tc_edit_task_comment', 'tc_delete_task_comment',
    'tc_add_task_attachment', 'tc_get_task_attachment', 'tc_delete_task_attachment',
    'tc_list_members', 'tc_get_member', 'tc_list_accounts', 'tc_get_account', 'tc_create_account', 'tc_update_account', 'tc_delete_account',
    'tc_list_contacts', 'tc_get_contact', 'tc_create_contact', 'tc_update_contact', 'tc_delete_contact',
    'tc_list_teams', 'tc_get_team', 'tc_create_team', 'tc_update_team', 'tc_delete_team',
    'tc_add_team_member', 'tc_remove_team_member',
    'tc_list_views', 'tc_get_view', 'tc_create_view', 'tc_update_view', 'tc_delete_view',
    'tc_get_organization', 'tc_update_organization', 'tc_update_me', 'tc_set_member_role', 'tc_deactivate_member',
    'tc_reactivate_member', 'tc_remove_member', 'tc_reassign',
    'tc_invite_member', 'tc_list_invitations', 'tc_revoke_invitation', 'tc_accept_invitation',
    'tc_create_webhook', 'tc_update_webhook', 'tc_rotate_webhook_secret', 'tc_delete_webhook', 'tc_list_webhooks', 'tc_get_webhook', 'tc_test_webhook',
    'tc_export_organization', 'tc_http_request', 'tc_http', 'tc_openapi', 'tc_download', 'tc_pre_request', 'tc_node_of')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.client_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.client_functions() IS
  'The functions on which tc_grant_access() grants EXECUTE.';

-- The functions that PUBLIC may execute: those that policies, constraints, indexes and
-- column defaults call as the role that runs the statement, and those of operators and
-- operator classes.
CREATE FUNCTION taskcrm_internal.public_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure
  FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace
      AND p.proname IN ('tc_uuidv7', 'tc_today', 'tc_current_user', 'tc_current_org', 'tc_current_role', 'tc_whoami')
    OR p.pronamespace = 'taskcrm_internal'::regnamespace
      AND (p.proname IN ('is_colleague', 'is_current_org', 'is_blank', 'is_file_name', 'is_external_id', 'is_json_time', 'folded',
             'enum_is', 'enum_is_any')
           OR p.oid IN (SELECT unnest(ARRAY[o.oprcode, o.oprrest, o.oprjoin]) FROM pg_operator o)
           OR p.oid IN (SELECT a.amproc FROM pg_amproc a))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.public_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.public_functions() IS 'The functions that PUBLIC may execute.';

-- The functions that members of pg_monitor may execute.
CREATE FUNCTION taskcrm_internal.monitor_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.proname IN ('tc_doctor', 'tc_check_counts', 'tc_stats')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.monitor_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.monitor_functions() IS 'The functions that pg_monitor may execute.';

-- The functions that the owner of the tables may execute: those of the API, because
-- user-defined triggers run as the owner within it and may call it, and those that only
-- read, because tc_doctor() runs its checks as the owner.
CREATE FUNCTION taskcrm_internal.owner_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT f FROM taskcrm_internal.client_functions() f
  UNION ALL
  SELECT f FROM taskcrm_internal.monitor_functions() f
  UNION ALL
  SELECT p.oid::regprocedure
  FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  WHERE p.pronamespace = 'taskcrm_internal'::regnamespace AND p.prokind = 'f' AND p.provolatile <> 'v'
    AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
  UNION ALL
  -- An import runs as the owner too, and so do the calls of other nodes.
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm_internal'::regnamespace AND p.proname IN ('import_lines', 'import_checked', 'import_rows', 'show_progress', 'call_as')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.owner_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.owner_functions() IS 'The functions that the owner of the tables may execute.';

-- The attributes and memberships that an owner of the tables must not have.  named: an
-- administrator chose the role, and so knows what else it owns.
CREATE FUNCTION taskcrm_internal.unfit_owner(role name, named boolean) RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.problem
  FROM pg_roles r
  CROSS JOIN LATERAL (VALUES
    -- The nodes of a cluster connect to each other as the owner.
    (r.rolcanlogin AND NOT taskcrm_internal.is_distributed(), 'can log in'),
    (r.rolcreaterole, 'has CREATEROLE'),
    (r.rolcreatedb, 'has CREATEDB'),
    (r.rolreplication, 'has REPLICATION'),
    (EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid), 'has members'),
    (EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid), 'is a member of another role'),
    (NOT named AND EXISTS (
      SELECT FROM pg_shdepend d
      WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
        AND d.dbid IN (0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()))
        AND NOT (d.classid = 'pg_class'::regclass AND d.objid IN (
          SELECT c.oid FROM pg_class c
          WHERE c.relnamespace IN (to_regnamespace('taskcrm'), to_regnamespace('taskcrm_internal'))))
        -- Granted by a dump that was restored without its owners.
        AND NOT (d.classid = 'pg_proc'::regclass AND d.deptype = 'a' AND d.objid IN (
          SELECT f FROM taskcrm_internal.owner_functions() f))
        AND NOT (d.classid = 'pg_namespace'::regclass AND d.deptype = 'a' AND d.objid IN (
          SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('taskcrm', 'taskcrm_internal')))),
     'owns other objects or has privileges on them')) AS v (holds, problem)
  WHERE r.rolname = role AND v.holds
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.unfit_owner(name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.unfit_owner(name, boolean) IS
  'The properties of a role that an owner of the tables must not have.';

-- The functions that administrators may grant to a provisioning role.
CREATE FUNCTION taskcrm_internal.provisioning_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure
  FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace
    AND p.proname IN ('tc_create_organization', 'tc_link_organization', 'tc_list_organizations',
      'tc_delete_organization', 'tc_create_user', 'tc_update_user', 'tc_find_user', 'tc_deactivate_user',
      'tc_reactivate_user', 'tc_sync_user', 'tc_add_member', 'tc_export_user', 'tc_erase_user', 'tc_import_organization')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.provisioning_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.provisioning_functions() IS
  'The functions that an administrator may grant to a provisioning role.';

-- The functions that tc_grant_worker() grants.
CREATE FUNCTION taskcrm_internal.worker_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.proname IN ('tc_claim_deliveries', 'tc_finish_delivery')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.worker_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.worker_functions() IS
  'The functions of workers that send the messages of webhooks.';

-- The privileges of a client role on each table, with columns as SQL names them.
-- insertable and updatable: the columns that a client chooses.  returned: columns that it does not choose but may send, as
-- clients that write whole rows do; policies and triggers reject every value that differs
-- from the current one, or from what a new row gets.  A client chooses only the id of a
-- new row: keys begin with org_id, so a conflict reveals nothing about other tenants.
-- deletable: rows of an organization for which policies say who deletes them, and links of
-- tasks, which all members write.
CREATE FUNCTION taskcrm_internal.client_tables(
    OUT tab name, OUT insertable text, OUT updatable text, OUT returned text, OUT deletable boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH own (names) AS (
    SELECT array_agg(quote_ident(e.column_name)) FROM taskcrm_internal.exposed_columns() e WHERE e.writable)
  SELECT r.tab, array_to_string(r.insertable || o.names, ', '), array_to_string(r.updatable || o.names, ', '),
    array_to_string(r.returned, ', '),
    coalesce(r.deleted_by = 'org_id' AND (r.writer <> 'member' OR r.insertable IS NOT NULL), false)
  FROM taskcrm_internal.table_registry() r
  LEFT JOIN own o ON r.tab = 'task'
  WHERE r.readable
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.client_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.client_tables() IS
  'The tables and columns on which tc_grant_access() grants access.';

CREATE FUNCTION taskcrm_internal.misplaced_relations(OUT tab name, OUT kind text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tab, CASE c.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view'
                           WHEN 'f' THEN 'a foreign table' WHEN 'p' THEN 'a partitioned table'
                           WHEN 'S' THEN 'a sequence' WHEN 'c' THEN 'a composite type' ELSE 'an index' END
  FROM taskcrm_internal.table_registry() r
  JOIN pg_class c ON c.relname = r.tab
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind <> 'r' AND n.nspname = CASE WHEN r.readable THEN 'taskcrm' ELSE 'taskcrm_internal' END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.misplaced_relations() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.misplaced_relations() IS
  'Relations that have the name of a table of taskcrm but are not ordinary tables.';

-- Only tables are read: a view runs with the rights of its reader, and before version 16
-- the owner of an empty table can turn it into a view.
CREATE FUNCTION taskcrm_internal.check_tables() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  misplaced record;
BEGIN
  SELECT m.* INTO misplaced FROM taskcrm_internal.misplaced_relations() m ORDER BY m.tab LIMIT 1;
  IF FOUND THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('"%s.%s" is not an ordinary table', taskcrm_internal.table_schema(misplaced.tab), misplaced.tab),
      DETAIL = format('It is %s.', misplaced.kind),
      HINT = 'Drop or rename it, and run CALL taskcrm.tc_install() as a superuser.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_tables() IS
  'Raises an error if another object has the name of a table.';

-- Existing objects that tc_install() would use as its own.  A dump restores the table
-- installation with the others.
CREATE FUNCTION taskcrm_internal.check_found() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  stranger text;
BEGIN
  PERFORM taskcrm_internal.check_tables();
  IF to_regclass('taskcrm_internal.installation') IS NULL THEN
    SELECT t INTO stranger FROM taskcrm_internal.table_names() t
    WHERE to_regclass(taskcrm_internal.qualified_name(t)) IS NOT NULL ORDER BY t LIMIT 1;
    IF FOUND THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('table "%s.%s" already exists, but was not created by tc_install()',
                         taskcrm_internal.table_schema(stranger), stranger),
        DETAIL = 'The table "taskcrm_internal.installation" is missing.',
        HINT = 'Drop or rename the table. If a dump was restored in parts, restore the table installation too.';
    END IF;
  END IF;
  SELECT format('function %s is owned by role "%s", which is not a superuser', p.oid::regprocedure, r.rolname) INTO stranger
  FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.proname IN ('tc_find_tasks', 'is_overdue')
    AND NOT r.rolsuper LIMIT 1;
  IF FOUND THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = stranger,
      HINT = 'Drop the function, or change its owner to a superuser if you know what it does.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_found() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_found() IS
  'Raises an error if there are objects that tc_install() did not create.';

CREATE FUNCTION taskcrm_internal.check_installed() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  IF to_regclass('taskcrm.task') IS NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'the tables of taskcrm are not installed in this database',
      HINT = 'Run CALL taskcrm.tc_install() as a superuser.';
  END IF;
  PERFORM taskcrm_internal.check_tables();
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_installed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_installed() IS 'Raises an error if tc_install() has not run.';

-- A user-defined trigger that returns NULL suppresses a row without an error.
CREATE FUNCTION taskcrm_internal.check_written(tab name, is_written boolean) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  IF NOT is_written THEN
    RAISE triggered_action_exception USING
      MESSAGE = format('a trigger on table "%s" suppressed a row', tab),
      HINT = 'A trigger that refuses a row must raise an error.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_written(name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_written(name, boolean) IS
  'Raises an error if a row was not written.';

-- Returns the OID of a role; raises an error if it does not exist.
CREATE FUNCTION taskcrm_internal.role_oid(role name) RETURNS oid
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  found_oid oid;
BEGIN
  PERFORM taskcrm_internal.check_installed();
  SELECT r.oid INTO found_oid FROM pg_roles r WHERE r.rolname = role_oid.role;
  IF found_oid IS NULL THEN
    RAISE undefined_object USING MESSAGE = format('role "%s" does not exist', role);
  END IF;
  RETURN found_oid;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.role_oid(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.role_oid(name) IS 'The OID of an existing role.';

-- The roles that a role is or can become and that privileges cannot restrict: the owner,
-- a superuser, a role with BYPASSRLS, or one of the server's pg_* roles can reach the
-- data in other ways; so can one with REPLICATION, which may decode all changes.  Before
-- version 16 a role with CREATEROLE can make itself a member of any of them.
CREATE FUNCTION taskcrm_internal.unbound_roles(role name) RETURNS SETOF name
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT r.rolname FROM pg_roles r
  WHERE (r.rolsuper OR r.rolbypassrls OR r.rolreplication OR starts_with(r.rolname, 'pg_')
         OR r.rolcreaterole AND current_setting('server_version_num')::integer < 160000
         OR r.oid = (SELECT relowner FROM pg_class WHERE oid = to_regclass('taskcrm.task')))
    AND pg_has_role(role, r.oid, 'MEMBER')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.unbound_roles(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.unbound_roles(name) IS
  'The roles that a role can become and that bypass row-level security.';

CREATE FUNCTION taskcrm_internal.check_client_role(role name) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  reached name;
BEGIN
  PERFORM taskcrm_internal.role_oid(role);
  SELECT u INTO reached FROM taskcrm_internal.unbound_roles(role) u
  ORDER BY u <> role, u LIMIT 1;
  IF reached IS NOT NULL THEN
    RAISE invalid_role_specification USING
      MESSAGE = format('role "%s" cannot be a client of taskcrm', role),
      DETAIL = CASE WHEN reached = role
        THEN 'It can bypass row-level security.'
        ELSE format('It is a member of role "%s".', reached) END,
      HINT = 'Grant access to a role without such privileges.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_client_role(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_client_role(name) IS
  'Raises an error for a role that can bypass row-level security.';

-- On a cluster, each node has privileges of its own on the members of the extension.
CREATE FUNCTION taskcrm_internal.revoke_here(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp SET citus.enable_ddl_propagation = off AS $$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT p.oid::regprocedure::text AS signature, n.nspname FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    CROSS JOIN aclexplode(p.proacl) a
    WHERE n.nspname IN ('taskcrm', 'taskcrm_internal') AND a.grantee = taskcrm_internal.role_oid(role)
  LOOP
    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %I', r.signature, role);
  END LOOP;
  FOR r IN SELECT f::regclass AS tab FROM taskcrm_internal.found_tables() f LOOP
    -- On a table this revokes the column privileges too.
    EXECUTE format('REVOKE ALL ON TABLE %s FROM %I', r.tab, role);
  END LOOP;
  EXECUTE format('REVOKE ALL ON SCHEMA taskcrm, taskcrm_internal FROM %I', role);
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.revoke_here(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.revoke_here(name) IS 'Revokes all privileges from a role.';

CREATE FUNCTION taskcrm.tc_revoke_access(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.role_oid(role);
  CALL taskcrm_internal.run_everywhere(format('SELECT taskcrm_internal.revoke_here(%L)', role));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_revoke_access(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_revoke_access(name) IS
  'Revoke from a role what tc_grant_access() granted.';

CREATE FUNCTION taskcrm_internal.grant_functions(role name, is_worker boolean DEFAULT false) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp SET citus.enable_ddl_propagation = off AS $$
DECLARE
  signature text;
BEGIN
  EXECUTE format('GRANT USAGE ON SCHEMA taskcrm TO %I', role);
  FOR signature IN
    SELECT f FROM taskcrm_internal.client_functions() f WHERE NOT is_worker
    UNION ALL
    SELECT f FROM taskcrm_internal.worker_functions() f WHERE is_worker
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', signature, role);
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.grant_functions(name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.grant_functions(name, boolean) IS 'Grants a role the functions of clients or of workers.';

-- DELETE exists only for a whole table, and allows every mode of LOCK TABLE.
CREATE FUNCTION taskcrm.tc_grant_access(role name, write boolean DEFAULT false, read boolean DEFAULT true,
    delete boolean DEFAULT false) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  r record;
BEGIN
  IF (write OR delete) AND NOT read THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'write access to the tables requires read access',
      HINT = 'Omit write and delete. The functions of the API can write without it.';
  END IF;
  IF read AND taskcrm_internal.is_distributed() THEN
    RAISE feature_not_supported USING
      MESSAGE = 'clients of a cluster cannot read the tables',
      HINT = 'Add read => false. The functions of the API read and write without it.';
  END IF;
  PERFORM taskcrm_internal.check_client_role(role);
  -- Exactly the listed privileges, whatever the role had before.
  PERFORM taskcrm.tc_revoke_access(role);

  CALL taskcrm_internal.run_everywhere(format('SELECT taskcrm_internal.grant_functions(%L)', role));
  FOR r IN SELECT * FROM taskcrm_internal.client_tables() WHERE read LOOP
    EXECUTE format('GRANT SELECT ON taskcrm.%I TO %I', r.tab, role);
    -- By column: a table-level privilege would allow the stronger modes of LOCK TABLE.
    IF write AND r.insertable IS NOT NULL THEN
      EXECUTE format('GRANT INSERT (%s) ON taskcrm.%I TO %I', concat_ws(', ', r.insertable, r.returned), r.tab, role);
    END IF;
    IF write AND concat(r.updatable, r.returned) <> '' THEN
      EXECUTE format('GRANT UPDATE (%s) ON taskcrm.%I TO %I', concat_ws(', ', r.updatable, r.returned), r.tab, role);
    END IF;
    IF delete AND r.deletable THEN
      EXECUTE format('GRANT DELETE ON taskcrm.%I TO %I', r.tab, role);
    END IF;
  END LOOP;
  PERFORM taskcrm_internal.check_granted(role, read, delete);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_grant_access(name, boolean, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_grant_access(name, boolean, boolean, boolean) IS
  'Grant a role exactly what a client needs: the API; with read, also SELECT; with write, also INSERT and UPDATE by column; with delete, also DELETE.';

-- A role that may read any column may read the table.
CREATE FUNCTION taskcrm_internal.read_tables(role name) RETURNS SETOF name
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT t.tab FROM taskcrm_internal.table_registry() t
  WHERE t.readable AND has_any_column_privilege(role, format('taskcrm.%I', t.tab), 'SELECT')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.read_tables(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.read_tables(name) IS
  'The client tables that a role may read, directly or through PUBLIC or another role.';

-- A worker reads what webhooks send, of all organizations, and nothing else: it is no client.
CREATE FUNCTION taskcrm.tc_grant_worker(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  held text;
BEGIN
  PERFORM taskcrm_internal.check_client_role(role);
  SELECT string_agg(h.held, ', ' ORDER BY h.held COLLATE "C") INTO held
  FROM (
    SELECT f::text FROM taskcrm_internal.client_functions() f
    WHERE f NOT IN (SELECT taskcrm_internal.public_functions()) AND has_function_privilege(role, f, 'EXECUTE')
    UNION ALL
    SELECT format('table %s', t) FROM taskcrm_internal.read_tables(role) t) h (held);
  IF held IS NOT NULL THEN
    RAISE invalid_grant_operation USING
      MESSAGE = format('role "%s" has privileges that a worker may not have', role),
      DETAIL = format('It can use %s.', held),
      HINT = 'Choose another role, or call tc_revoke_access() first.';
  END IF;
  CALL taskcrm_internal.run_everywhere(format('SELECT taskcrm_internal.grant_functions(%L, is_worker => true)', role));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_grant_worker(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_grant_worker(name) IS
  'Let a role claim and finish the deliveries of webhooks, of all organizations, and nothing else.';

CREATE FUNCTION taskcrm_internal.revoke_worker_here(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp SET citus.enable_ddl_propagation = off AS $$
DECLARE
  signature text;
BEGIN
  FOR signature IN SELECT f FROM taskcrm_internal.worker_functions() f LOOP
    EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', signature, role);
  END LOOP;
  -- A role that has become a client since keeps what a client needs.
  IF NOT EXISTS (SELECT FROM taskcrm_internal.client_functions() f
                 WHERE f NOT IN (SELECT taskcrm_internal.public_functions()) AND has_function_privilege(role, f, 'EXECUTE')) THEN
    EXECUTE format('REVOKE USAGE ON SCHEMA taskcrm FROM %I', role);
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.revoke_worker_here(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.revoke_worker_here(name) IS 'Revokes from a role what tc_grant_worker() granted.';

CREATE FUNCTION taskcrm.tc_revoke_worker(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.role_oid(role);
  CALL taskcrm_internal.run_everywhere(format('SELECT taskcrm_internal.revoke_worker_here(%L)', role));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_revoke_worker(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_revoke_worker(name) IS 'Undo tc_grant_worker().';

-- The privileges that a role has, directly or through PUBLIC or another role, beyond
-- those of a client.  delete: DELETE is one of a client's.  PUBLIC executes identity functions and the support functions of
-- types and operators.
CREATE FUNCTION taskcrm_internal.excess_rights(role name, delete boolean, OUT held text, OUT is_function boolean)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT 'schema ' || p.nspname || ' (' || p.privilege || ')', false
  FROM (VALUES ('taskcrm', 'CREATE'), ('taskcrm_internal', 'CREATE'), ('taskcrm_internal', 'USAGE'))
    AS p (nspname, privilege)
  WHERE has_schema_privilege(role, p.nspname, p.privilege)
  UNION ALL
  SELECT c.relname || ' (' || p.privilege || ')', false
  FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]
    || CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN '{MAINTAIN}'::text[] END) p (privilege)
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND has_table_privilege(role, c.oid, p.privilege)
    AND NOT EXISTS (SELECT FROM taskcrm_internal.client_tables() t
      WHERE t.tab = c.relname AND (p.privilege = 'SELECT' OR p.privilege = 'DELETE' AND t.deletable AND delete))
  UNION ALL
  SELECT c.relname || '.' || a.attname || ' (' || p.privilege || ')', false
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) p (privilege)
  LEFT JOIN taskcrm_internal.client_tables() t ON t.tab = c.relname
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND has_column_privilege(role, c.oid, a.attnum, p.privilege)
    AND NOT has_table_privilege(role, c.oid, p.privilege)
    AND NOT coalesce(CASE p.privilege
      WHEN 'SELECT' THEN t.tab IS NOT NULL
      WHEN 'INSERT' THEN quote_ident(a.attname) = ANY (string_to_array(concat_ws(', ', t.insertable, t.returned), ', '))
      WHEN 'UPDATE' THEN quote_ident(a.attname) = ANY (string_to_array(concat_ws(', ', t.updatable, t.returned), ', ')) END, false)
  UNION ALL
  SELECT p.oid::regprocedure::text, true
  FROM pg_proc p
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
    AND has_function_privilege(role, p.oid, 'EXECUTE')
    AND p.oid NOT IN (SELECT taskcrm_internal.client_functions())
    AND p.oid NOT IN (SELECT taskcrm_internal.public_functions())
    -- Functions that somebody else created in the schema are not reported.
    AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.excess_rights(name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.excess_rights(name, boolean) IS
  'The privileges of a role that a client may not have.';

-- GRANT without grant option only warns, and a role may have more through PUBLIC or
-- another role, so the result is checked.
CREATE FUNCTION taskcrm_internal.check_granted(role name, read boolean, delete boolean) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  missing text;
  excess text;
BEGIN
  SELECT string_agg(f::text, ', ') INTO missing
  FROM taskcrm_internal.client_functions() f WHERE NOT has_function_privilege(role, f, 'EXECUTE');
  IF missing IS NOT NULL OR NOT has_schema_privilege(role, 'taskcrm', 'USAGE') THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('could not grant access to role "%s"', role),
      DETAIL = format('It cannot execute %s.', coalesce(missing, 'anything in schema taskcrm')),
      HINT = 'Call tc_grant_access() as a superuser.';
  END IF;
  SELECT string_agg(e.held, ', ' ORDER BY e.held COLLATE "C") INTO excess
  FROM (
    SELECT x.held FROM taskcrm_internal.excess_rights(role, delete) x
    UNION ALL
    SELECT t.tab || ' (SELECT)' FROM taskcrm_internal.read_tables(role) t (tab) WHERE NOT read) e;
  IF excess IS NOT NULL THEN
    RAISE invalid_grant_operation USING
      MESSAGE = format('role "%s" has privileges that a client may not have', role),
      DETAIL = format('It has other privileges on %s, through PUBLIC or through a role of which it is a member.', excess),
      HINT = 'Revoke them, then grant access again.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_granted(name, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_granted(name, boolean, boolean) IS
  'Raises an error unless a role has exactly the privileges of a client.';

-- The functions below write as the owner of the tables, not as the superuser who calls
-- them.

CREATE FUNCTION taskcrm_internal.write_login(role name, role_oid oid, user_id uuid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_login';
REVOKE ALL ON FUNCTION taskcrm_internal.write_login(name, oid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_login(name, oid, uuid) IS 'Writes a row of login.';

CREATE FUNCTION taskcrm_internal.write_gateway(role name, role_oid oid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_gateway';
REVOKE ALL ON FUNCTION taskcrm_internal.write_gateway(name, oid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_gateway(name, oid) IS 'Writes a row of gateway.';

CREATE FUNCTION taskcrm_internal.delete_login(role name) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_login';
REVOKE ALL ON FUNCTION taskcrm_internal.delete_login(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.delete_login(name) IS 'Deletes a row of login.';

CREATE FUNCTION taskcrm_internal.delete_gateway(role name) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_gateway';
REVOKE ALL ON FUNCTION taskcrm_internal.delete_gateway(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.delete_gateway(name) IS 'Deletes a row of gateway.';

CREATE FUNCTION taskcrm_internal.rename_login(role name, new_name name, role_oid oid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rename_login';
REVOKE ALL ON FUNCTION taskcrm_internal.rename_login(name, name, oid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.rename_login(name, name, oid) IS 'Gives a row of login the name and OID of a role.';

CREATE FUNCTION taskcrm_internal.rename_gateway(role name, new_name name, role_oid oid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rename_gateway';
REVOKE ALL ON FUNCTION taskcrm_internal.rename_gateway(name, name, oid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.rename_gateway(name, name, oid) IS 'Gives a row of gateway the name and OID of a role.';

CREATE FUNCTION taskcrm_internal.write_version(version text) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_version';
REVOKE ALL ON FUNCTION taskcrm_internal.write_version(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_version(text) IS 'Writes the version of the tables.';

CREATE FUNCTION taskcrm.tc_link_login(role name, user_id uuid) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
#variable_conflict use_column
DECLARE
  oid_of_role oid := taskcrm_internal.role_oid(tc_link_login.role);
BEGIN
  IF EXISTS (SELECT FROM taskcrm_internal.gateway g WHERE g.role_name = tc_link_login.role) THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('role "%s" is a gateway', tc_link_login.role),
      DETAIL = 'A gateway acts for many users and cannot be linked to one of them.',
      HINT = 'Link another role, or call tc_distrust_gateway() first.';
  END IF;
  IF tc_link_login.user_id IS NULL THEN
    RAISE not_null_violation USING
      MESSAGE = 'invalid value for argument "user_id"',
      DETAIL = 'It must not be null.';
  END IF;
  PERFORM taskcrm_internal.write_login(tc_link_login.role, oid_of_role, tc_link_login.user_id);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_link_login(name, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_link_login(name, uuid) IS
  'Link a login role to a user: sessions of the role act as that user.';

CREATE FUNCTION taskcrm.tc_unlink_login(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  PERFORM taskcrm_internal.delete_login(role);
  PERFORM taskcrm_internal.check_written('login', NOT EXISTS (SELECT FROM taskcrm_internal.login l WHERE l.role_name = role));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_unlink_login(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_unlink_login(name) IS
  'Undo tc_link_login(): sessions of the login role no longer act as a user.';

CREATE FUNCTION taskcrm.tc_trust_gateway(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  oid_of_role oid := taskcrm_internal.role_oid(role);
BEGIN
  IF EXISTS (SELECT FROM taskcrm_internal.login l WHERE l.role_name = role) THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('role "%s" is linked to a user', role),
      DETAIL = 'A gateway acts for many users and cannot be linked to one of them.',
      HINT = 'Trust another role, or call tc_unlink_login() first.';
  END IF;
  PERFORM taskcrm_internal.write_gateway(role, oid_of_role);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_trust_gateway(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_trust_gateway(name) IS
  'Trust sessions of a login role to specify the user they act for, such as the authenticator of PostgREST or the pool of an application.';

CREATE FUNCTION taskcrm.tc_distrust_gateway(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  PERFORM taskcrm_internal.delete_gateway(role);
  PERFORM taskcrm_internal.check_written('gateway', NOT EXISTS (SELECT FROM taskcrm_internal.gateway g WHERE g.role_name = role));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_distrust_gateway(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_distrust_gateway(name) IS
  'Undo tc_trust_gateway().';

-- Logins and gateways, and the current state of their roles.  If the name and the OID
-- still belong together, the role is unchanged.  If the name no longer exists, the role
-- was renamed and is found by its OID.  If the name belongs to another OID, the roles
-- were restored into another cluster and the role is found by its name; unless that role
-- is known by its OID under another name, as when two roles exchanged names: then it is
-- not found.
CREATE FUNCTION taskcrm_internal.found_role_links(OUT role name, OUT kind text, OUT result text,
    OUT new_name name, OUT new_oid oid) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH link AS (
    SELECT k.kind, k.role_name, k.role_oid, named.oid AS named_oid, numbered.rolname AS numbered_name
    FROM (
      SELECT 'login' AS kind, l.role_name, l.role_oid FROM taskcrm_internal.login l
      UNION ALL
      SELECT 'gateway', g.role_name, g.role_oid FROM taskcrm_internal.gateway g) k
    LEFT JOIN pg_roles named ON named.rolname = k.role_name
    LEFT JOIN pg_roles numbered ON numbered.oid = k.role_oid)
  SELECT l.role_name, l.kind, r.result,
    CASE r.result WHEN 'renamed' THEN l.numbered_name WHEN 'relinked' THEN l.role_name END,
    CASE r.result WHEN 'renamed' THEN l.role_oid WHEN 'relinked' THEN l.named_oid END
  FROM link l
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN l.named_oid = l.role_oid THEN 'unchanged'
      WHEN l.named_oid IS NULL AND l.numbered_name IS NULL THEN 'no such role'
      WHEN l.named_oid IS NULL AND EXISTS (SELECT FROM link o WHERE o.role_name = l.numbered_name) THEN 'ambiguous'
      WHEN l.named_oid IS NULL THEN 'renamed'
      WHEN EXISTS (SELECT FROM link o WHERE o.role_oid = l.named_oid
                   AND (o.named_oid IS NULL OR o.role_name = l.numbered_name)) THEN 'ambiguous'
      ELSE 'relinked' END) AS r (result)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_role_links() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_role_links() IS 'Logins and gateways, and the current state of their roles.';

CREATE FUNCTION taskcrm.tc_relink_roles(OUT role name, OUT kind text, OUT result text) RETURNS SETOF record
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  link record;
BEGIN
  PERFORM taskcrm_internal.check_installed();
  -- Find all of them before writing the first one.
  FOR link IN
    SELECT * FROM unnest(ARRAY(SELECT f FROM taskcrm_internal.found_role_links() f
                               ORDER BY f.kind DESC, f.role))
      AS l (role name, kind text, result text, new_name name, new_oid oid)
  LOOP
    IF link.new_oid IS NOT NULL AND link.kind = 'login' THEN
      PERFORM taskcrm_internal.rename_login(link.role, link.new_name, link.new_oid);
    ELSIF link.new_oid IS NOT NULL THEN
      PERFORM taskcrm_internal.rename_gateway(link.role, link.new_name, link.new_oid);
    END IF;
    role := link.role;
    kind := link.kind;
    result := concat_ws(' to ', link.result, CASE link.result WHEN 'renamed' THEN link.new_name END);
    RETURN NEXT;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_relink_roles() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_relink_roles() IS
  'Link logins and gateways to their roles again after the roles were renamed, or restored into another cluster.';

-- What later versions than the first one have added for clients: functions and tables.  A
-- function or table that a client may use is listed with the version that brings it.
CREATE FUNCTION taskcrm_internal.added_for_clients(OUT version text, OUT object name) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.version, o
  FROM (VALUES
    ('0.2.0', '{tc_update_tasks,tc_delete_tasks,tc_group_tasks,tc_list_views,tc_get_view,tc_create_view,tc_update_view,tc_delete_view,tc_task_history,tc_list_events,tc_purge_events,tc_sync,tc_create_webhook,tc_update_webhook,tc_rotate_webhook_secret,tc_delete_webhook,tc_list_webhooks,tc_get_webhook,tc_test_webhook,tc_list_deleted,tc_restore_task,tc_purge_deleted,tc_node_of}'::name[])) AS v (version, objects),
    unnest(v.objects) AS o
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.added_for_clients() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.added_for_clients() IS 'The functions and tables for clients that are newer than version 0.1.0.';

-- Lets clients use what is newer than the version that the tables had.  What an administrator
-- has revoked from a client stays revoked.  A client reads a new table if it reads another one.
CREATE PROCEDURE taskcrm_internal.install_client_rights()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  former CONSTANT integer[] := (SELECT min(string_to_array(i.version, '.')::integer[]) FROM taskcrm_internal.installation i);
  added CONSTANT name[] := ARRAY(SELECT a.object FROM taskcrm_internal.added_for_clients() a
                                 WHERE string_to_array(a.version, '.')::integer[] > former);
  client name;
  object text;
BEGIN
  IF added = '{}' THEN
    RETURN;
  END IF;
  FOR client IN SELECT g.role FROM taskcrm_internal.granted_roles() g WHERE g.is_client LOOP
    FOR object IN
      SELECT format('EXECUTE ON FUNCTION %s', f) FROM taskcrm_internal.client_functions() f
      JOIN pg_proc p ON p.oid = f
      WHERE p.proname = ANY (added) AND NOT has_function_privilege(client, p.oid, 'EXECUTE')
      UNION ALL
      SELECT format('SELECT ON %s', taskcrm_internal.qualified_name(t.tab)) FROM taskcrm_internal.table_registry() t
      WHERE t.readable AND t.tab = ANY (added) AND EXISTS (SELECT FROM taskcrm_internal.read_tables(client))
        AND NOT has_table_privilege(client, taskcrm_internal.qualified_name(t.tab), 'SELECT')
    LOOP
      EXECUTE format('GRANT %s TO %I', object, client);
    END LOOP;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_client_rights() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_client_rights() IS 'Lets clients use what an upgrade has added.';
