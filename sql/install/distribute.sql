-- The tables on a cluster of Citus.

-- What each node needs besides the tables.  Citus sends no privileges on members of an
-- extension to other nodes, no functions on row types, and creates shards as the owner.
CREATE FUNCTION taskcrm_internal.prepare_node(owner name, clients name[], workers name[]) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp SET citus.enable_ddl_propagation = off AS $$
DECLARE
  function regprocedure;
BEGIN
  -- Nodes connect to each other as the owner.
  IF NOT EXISTS (SELECT FROM pg_roles r WHERE r.rolname = owner) THEN
    EXECUTE format('CREATE ROLE %I', owner);
  END IF;
  EXECUTE format('ALTER ROLE %I LOGIN', owner);
  EXECUTE format('GRANT USAGE, CREATE ON SCHEMA taskcrm, taskcrm_internal TO %I', owner);
  IF to_regclass('taskcrm.task') IS NOT NULL THEN
    CALL taskcrm_internal.install_functions();
    CALL taskcrm_internal.install_rights(fresh => false);
  END IF;
  FOR function IN
    SELECT f FROM taskcrm_internal.owner_functions() f
    UNION
    -- Those of triggers.
    SELECT p.oid FROM pg_proc p
    WHERE p.pronamespace = 'taskcrm_internal'::regnamespace AND p.prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', function, owner);
  END LOOP;
  PERFORM taskcrm_internal.grant_functions(c) FROM unnest(clients) c;
  PERFORM taskcrm_internal.grant_functions(w, is_worker => true) FROM unnest(workers) w;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.prepare_node(name, name[], name[]) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.prepare_node(name, name[], name[]) IS
  'Grants the owner of the tables, clients and workers what they need on a node of a cluster.';

-- Those that have been granted access themselves, not through another role.
CREATE FUNCTION taskcrm_internal.granted_to(function regprocedure) RETURNS name[]
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT ARRAY(SELECT r.rolname FROM pg_proc p CROSS JOIN aclexplode(p.proacl) a JOIN pg_roles r ON r.oid = a.grantee
    WHERE p.oid = function AND r.oid <> p.proowner
      AND r.oid <> (SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('taskcrm.task'))
    ORDER BY r.rolname)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.granted_to(regprocedure) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.granted_to(regprocedure) IS 'The roles to which a function has been granted.';

CREATE PROCEDURE taskcrm_internal.prepare_nodes()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  owner name := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = 'taskcrm.task'::regclass);
BEGIN
  CALL taskcrm_internal.run_on_nodes(format('SELECT taskcrm_internal.prepare_node(%L, %L, %L)', owner,
    taskcrm_internal.granted_to('taskcrm.tc_list_tasks(jsonb)'),
    taskcrm_internal.granted_to('taskcrm.tc_claim_deliveries(integer, integer, interval)')));
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.prepare_nodes() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.prepare_nodes() IS 'Prepares all nodes of a cluster.';

-- Raises an error for what does not work on a cluster.
CREATE FUNCTION taskcrm_internal.check_distributable() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found text;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
    RAISE insufficient_privilege USING MESSAGE = 'must be superuser to distribute the tables';
  END IF;
  PERFORM taskcrm_internal.check_installed();
  IF to_regclass('pg_catalog.pg_dist_partition') IS NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'the extension citus is not installed in this database',
      HINT = 'Add citus to shared_preload_libraries of every node, create the extension, and add the nodes with citus_add_node().';
  END IF;
  IF NOT taskcrm_internal.is_coordinator() THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'this node is not the coordinator of the cluster',
      HINT = 'Connect to the coordinator.';
  END IF;
  IF taskcrm_internal.is_distributed() THEN
    RAISE object_not_in_prerequisite_state USING MESSAGE = 'the tables of taskcrm are distributed already';
  END IF;
  -- Citus plans the statements of clients that read or write tables, and a client could make
  -- the server crash with one.
  SELECT string_agg(DISTINCT a.grantee::regrole::text, ', ') INTO found
  FROM pg_class c
  LEFT JOIN pg_attribute t ON t.attrelid = c.oid AND t.attacl IS NOT NULL
  CROSS JOIN LATERAL (SELECT * FROM aclexplode(c.relacl) UNION ALL SELECT * FROM aclexplode(t.attacl)) a
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND a.grantee NOT IN (0, c.relowner);
  IF found IS NOT NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'roles with access to the tables cannot be clients of a cluster',
      DETAIL = format('Access is granted to %s.', found),
      HINT = 'Run SELECT taskcrm.tc_grant_access(role, read => false) for each of them: the functions of the API read and write without it.';
  END IF;
  SELECT string_agg(d."check", ', ') INTO found
  FROM taskcrm.tc_doctor() d WHERE NOT d.ok AND d."check" NOT IN ('gateway_trust', 'jwt_keys', 'client_access');
  IF found IS NOT NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'tc_doctor() reports problems',
      DETAIL = format('The checks are %s.', found),
      HINT = 'Repair what SELECT * FROM taskcrm.tc_doctor() WHERE NOT ok reports. Triggers and policies that tc_install() did not create cannot be distributed.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_distributable() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_distributable() IS 'Raises an error for what does not work on a cluster.';

-- Triggers would count, copy, record and refuse the rows that are moved.
CREATE PROCEDURE taskcrm_internal.drop_triggers()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT f.trigger, taskcrm_internal.qualified_name(f.tab) AS tab FROM taskcrm_internal.found_triggers() f LOOP
    EXECUTE format('DROP TRIGGER %I ON %s', r.trigger, r.tab);
  END LOOP;
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.drop_triggers() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.drop_triggers() IS 'Drops the triggers of all tables.';

-- Those that are wanted on a single node but not on a cluster, or the other way round.
CREATE PROCEDURE taskcrm_internal.drop_policies(condition text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT f.policy, taskcrm_internal.qualified_name(f.tab) AS tab FROM taskcrm_internal.found_policies() f
    WHERE f.clauses ~ condition
  LOOP
    EXECUTE format('DROP POLICY %I ON %s', r.policy, r.tab);
  END LOOP;
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.drop_policies(text) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.drop_policies(text) IS 'Drops policies whose clauses match a regular expression.';

CREATE PROCEDURE taskcrm_internal.distribute_tables(shard_count integer)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
  base text;
BEGIN
  FOR r IN SELECT p.is_everywhere, taskcrm_internal.qualified_name(p.tab) AS tab
           FROM taskcrm_internal.table_places() p ORDER BY p.is_everywhere DESC, p.place LOOP
    PERFORM taskcrm_internal.show_progress(format('distributing %s', r.tab));
    IF r.is_everywhere THEN
      EXECUTE 'SELECT pg_catalog.create_reference_table($1)' USING r.tab::regclass;
    ELSIF base IS NULL THEN
      EXECUTE 'SELECT pg_catalog.create_distributed_table($1, $2, colocate_with => $3, shard_count => $4)'
        USING r.tab::regclass, 'org_id', 'none', shard_count;
      base := r.tab;
    ELSE
      EXECUTE 'SELECT pg_catalog.create_distributed_table($1, $2, colocate_with => $3)'
        USING r.tab::regclass, 'org_id', base;
    END IF;
  END LOOP;
  EXECUTE 'SELECT pg_catalog.create_distributed_function($1, $2, colocate_with => $3, force_delegation => true)'
    USING 'taskcrm_internal.call_as(uuid, uuid, boolean, text, bytea)'::regprocedure, 'org_id', base;
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.distribute_tables(integer) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.distribute_tables(integer) IS 'Moves the rows of all tables into shards.';

-- The OIDs of roles differ between nodes: a trigger sets those of each node.
CREATE PROCEDURE taskcrm_internal.link_roles_on_nodes()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.write_login(l.role_name, l.role_oid, l.user_id) FROM taskcrm_internal.login l;
  PERFORM taskcrm_internal.write_gateway(g.role_name, g.role_oid) FROM taskcrm_internal.gateway g;
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.link_roles_on_nodes() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.link_roles_on_nodes() IS 'Sets the OIDs of logins and gateways on each node.';

CREATE PROCEDURE taskcrm.tc_distribute(shard_count integer DEFAULT 32)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  SET citus.enable_unsafe_triggers = on
  SET citus.multi_shard_modify_mode = 'sequential'
  SET citus.enable_local_reference_table_foreign_keys = off
AS $$
BEGIN
  PERFORM taskcrm_internal.check_distributable();
  IF shard_count IS NULL OR shard_count NOT BETWEEN 1 AND 64000 THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'invalid value for argument "shard_count"',
      DETAIL = 'It must be a number from 1 to 64000.';
  END IF;
  CALL taskcrm_internal.prepare_nodes();
  CALL taskcrm_internal.drop_triggers();
  -- On shards they would be permissive.
  CALL taskcrm_internal.drop_policies('^AS RESTRICTIVE');
  CALL taskcrm_internal.distribute_tables(shard_count);
  CALL taskcrm_internal.install_policies();
  CALL taskcrm_internal.install_triggers();
  -- As the superuser: all triggers are our own, and nodes cannot change the user now.
  UPDATE taskcrm_internal.login SET role_oid = role_oid;
  UPDATE taskcrm_internal.gateway SET role_oid = role_oid;
  PERFORM taskcrm_internal.show_progress(NULL);
END
$$;
REVOKE ALL ON PROCEDURE taskcrm.tc_distribute(integer) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm.tc_distribute(integer) IS
  'Distribute the tables over the nodes of a Citus cluster. For superusers.';

-- On a cluster, generations of events have no order; the next one is larger than all of them.
CREATE PROCEDURE taskcrm_internal.begin_generation()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  DELETE FROM taskcrm_internal.event_generation;
  INSERT INTO taskcrm_internal.event_generation (generation, system_identifier, timeline)
  SELECT greatest(m.generation, 0) + 1, (pg_control_system()).system_identifier, ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::integer
  FROM (SELECT max(e.generation) AS generation FROM taskcrm_internal.event e) m WHERE m.generation IS NOT NULL;
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.begin_generation() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.begin_generation() IS 'Begins a generation of events that is larger than all others.';

CREATE PROCEDURE taskcrm.tc_undistribute()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  SET citus.enable_unsafe_triggers = on
  SET citus.multi_shard_modify_mode = 'sequential'
  SET citus.enable_local_reference_table_foreign_keys = off
AS $$
DECLARE
  owner name;
  clients CONSTANT name[] := taskcrm_internal.granted_to('taskcrm.tc_list_tasks(jsonb)');
  tab text;
  is_there boolean;
BEGIN
  IF NOT (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) THEN
    RAISE insufficient_privilege USING MESSAGE = 'must be superuser to undistribute the tables';
  END IF;
  PERFORM taskcrm_internal.check_installed();
  IF NOT taskcrm_internal.is_distributed() OR NOT taskcrm_internal.is_coordinator() THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'this database is not the coordinator of a cluster with the tables of taskcrm';
  END IF;
  owner := (SELECT pg_get_userbyid(c.relowner) FROM pg_class c WHERE c.oid = 'taskcrm.task'::regclass);
  CALL taskcrm_internal.drop_triggers();
  CALL taskcrm_internal.drop_policies('is_node');
  -- Tables with foreign keys go together.
  FOR tab IN SELECT taskcrm_internal.qualified_name(p.tab) FROM taskcrm_internal.table_places() p ORDER BY p.is_everywhere, p.place LOOP
    EXECUTE 'SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition p WHERE p.logicalrelid = $1)' INTO is_there USING tab::regclass;
    IF is_there THEN
      PERFORM taskcrm_internal.show_progress(format('undistributing %s', tab));
      EXECUTE 'SELECT pg_catalog.undistribute_table($1, cascade_via_foreign_keys => true)' USING tab::regclass;
    END IF;
  END LOOP;
  CALL taskcrm_internal.begin_generation();
  CALL taskcrm.tc_install();
  -- Functions on row types were created again.
  PERFORM taskcrm_internal.grant_functions(c) FROM unnest(clients) c;
  EXECUTE format('ALTER ROLE %I NOLOGIN', owner);
END
$$;
REVOKE ALL ON PROCEDURE taskcrm.tc_undistribute() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm.tc_undistribute() IS
  'Move the tables of a Citus cluster back to the coordinator. For superusers.';
