-- What the nodes of a cluster ask each other; see src/api/api_forward.c.

-- Arguments and result are messages, because they must not be escaped on the way.
CREATE FUNCTION taskcrm_internal.call_as(org_id uuid, user_id uuid, is_admin boolean, function text, args bytea)
  RETURNS bytea
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_call_as';
REVOKE ALL ON FUNCTION taskcrm_internal.call_as(uuid, uuid, boolean, text, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.call_as(uuid, uuid, boolean, text, bytea) IS
  'Calls an API function for a user whom another node has identified. Only the owner of the tables may, in its own session.';

CREATE FUNCTION taskcrm_internal.has_row(kind integer, id uuid) RETURNS boolean
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_has_row';
REVOKE ALL ON FUNCTION taskcrm_internal.has_row(integer, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.has_row(integer, uuid) IS
  'Whether the organization of a call has a comment (0) or an attachment (1). Called by other nodes.';

CREATE FUNCTION taskcrm_internal.serve_request(method text, uri text, headers jsonb, content_type text, body bytea)
  RETURNS bytea
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_serve_request';
REVOKE ALL ON FUNCTION taskcrm_internal.serve_request(text, text, jsonb, text, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.serve_request(text, text, jsonb, text, bytea) IS
  'Answers a request whose caller another node has identified.';

-- Answers with lines, as the step needs them: most are texts.
CREATE FUNCTION taskcrm_internal.serve_step(step text, subject uuid, other uuid, note bytea) RETURNS SETOF bytea
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_serve_step';
REVOKE ALL ON FUNCTION taskcrm_internal.serve_step(text, uuid, uuid, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.serve_step(text, uuid, uuid, bytea) IS
  'Does a step of a call that concerns more than one node. Called by other nodes.';

CREATE FUNCTION taskcrm_internal.is_node() RETURNS boolean
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_is_node';
REVOKE ALL ON FUNCTION taskcrm_internal.is_node() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_node() IS
  'Whether another node of a cluster runs the statement, outside of a call.';

-- On a cluster, a shard: Citus would plan a statement that names the table itself.
CREATE FUNCTION taskcrm_internal.table_of_call(tab name) RETURNS regclass
  LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_table_of_call';
REVOKE ALL ON FUNCTION taskcrm_internal.table_of_call(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_of_call(name) IS 'The table that has the rows of the current call.';

CREATE FUNCTION taskcrm.tc_node_of(org_id uuid, OUT host text, OUT port integer) RETURNS record
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_node_of';
REVOKE ALL ON FUNCTION taskcrm.tc_node_of(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_node_of(uuid) IS
  'Return the address of the node of a cluster that has the rows of an organization.';

CREATE FUNCTION taskcrm_internal.is_distributed() RETURNS boolean
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  found_task boolean := false;
BEGIN
  IF to_regclass('pg_catalog.pg_dist_partition') IS NOT NULL AND to_regclass('taskcrm.task') IS NOT NULL THEN
    EXECUTE 'SELECT EXISTS (SELECT FROM pg_catalog.pg_dist_partition p WHERE p.logicalrelid = $1)'
      INTO found_task USING to_regclass('taskcrm.task');
  END IF;
  RETURN found_task;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.is_distributed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_distributed() IS 'Whether the tables are distributed over the nodes of a cluster.';

CREATE FUNCTION taskcrm_internal.is_coordinator() RETURNS boolean
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  is_group boolean := false;
BEGIN
  IF to_regclass('pg_catalog.pg_dist_local_group') IS NOT NULL THEN
    EXECUTE 'SELECT bool_or(g.groupid = 0) FROM pg_catalog.pg_dist_local_group g' INTO is_group;
  END IF;
  RETURN coalesce(is_group, false);
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.is_coordinator() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_coordinator() IS 'Whether this is the coordinator of a cluster.';

-- Other nodes run it in transactions of their own, which cannot be rolled back here.
CREATE PROCEDURE taskcrm_internal.run_on_nodes(command text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  r record;
BEGIN
  IF NOT taskcrm_internal.is_coordinator() THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'this node is not the coordinator of the cluster',
      HINT = 'Connect to the coordinator.';
  END IF;
  FOR r IN EXECUTE 'SELECT * FROM pg_catalog.run_command_on_workers($1)' USING command LOOP
    IF NOT r.success THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('node %s:%s reports an error', r.nodename, r.nodeport),
        DETAIL = r.result;
    END IF;
  END LOOP;
  EXECUTE command;
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.run_on_nodes(text) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.run_on_nodes(text) IS 'Runs a statement on each node of a cluster.';

CREATE PROCEDURE taskcrm_internal.run_everywhere(command text)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  IF taskcrm_internal.is_distributed() THEN
    CALL taskcrm_internal.run_on_nodes(command);
  ELSE
    EXECUTE command;
  END IF;
END
$$;
REVOKE ALL ON PROCEDURE taskcrm_internal.run_everywhere(text) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.run_everywhere(text) IS 'Runs a statement, on a cluster on each node.';
