-- Maintenance of the task counters.  For administrators: PUBLIC executes none of it.

CREATE FUNCTION taskcrm.tc_compact_counts() RETURNS bigint
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_compact_counts';
REVOKE ALL ON FUNCTION taskcrm.tc_compact_counts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_compact_counts() IS
  'Fold the rows of the counters of tasks, and return how many fewer there are. Waits for nobody.';

CREATE FUNCTION taskcrm.tc_recount() RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_recount';
REVOKE ALL ON FUNCTION taskcrm.tc_recount() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_recount() IS
  'Recount all tasks. Blocks writes to tasks until the transaction ends.';

CREATE FUNCTION taskcrm.tc_check_counts(OUT org_id uuid, OUT status taskcrm.task_status,
    OUT priority taskcrm.task_priority, OUT counted bigint, OUT actual bigint) RETURNS SETOF record
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_check_counts';
REVOKE ALL ON FUNCTION taskcrm.tc_check_counts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_check_counts() IS
  'The counters of tasks that are wrong: none, unless triggers were off. Reads every task.';
