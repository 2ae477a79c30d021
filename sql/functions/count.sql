-- Maintenance of the task counters.  For administrators: PUBLIC executes none of it.

CREATE FUNCTION taskcrm.tc_compact_counts() RETURNS bigint
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_compact_counts';
REVOKE ALL ON FUNCTION taskcrm.tc_compact_counts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_compact_counts() IS
  'Combine rows of the task counters, and return by how many rows they shrank. Does not wait for locks.';

CREATE FUNCTION taskcrm.tc_recount() RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_recount';
REVOKE ALL ON FUNCTION taskcrm.tc_recount() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_recount() IS
  'Recount all tasks. Blocks writes to tasks until the end of the transaction.';

CREATE FUNCTION taskcrm.tc_check_counts(OUT org_id uuid, OUT status taskcrm.task_status,
    OUT priority taskcrm.task_priority, OUT counted bigint, OUT actual bigint) RETURNS SETOF record
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_check_counts';
REVOKE ALL ON FUNCTION taskcrm.tc_check_counts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_check_counts() IS
  'Return the task counters that are wrong. There are none unless triggers were disabled. Reads every task.';
