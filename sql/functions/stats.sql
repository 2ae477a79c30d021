-- The numbers of calls, and the progress of long ones.  For administrators and monitoring:
-- PUBLIC executes none of it.

CREATE FUNCTION taskcrm.tc_stats(
    OUT scope text,                      -- server: of all sessions; session: of this one
    OUT kind text, OUT name text,        -- what is counted
    OUT count bigint,
    OUT errors bigint, OUT total_time double precision, OUT max_time double precision, -- of operations, in milliseconds
    OUT since timestamptz) RETURNS SETOF record
  LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 50 AS 'MODULE_PATHNAME', 'tc_stats';
REVOKE ALL ON FUNCTION taskcrm.tc_stats() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_stats() IS
  'Return how often each operation was called, with errors and time, and errors by SQLSTATE. For superusers and monitoring.';

CREATE FUNCTION taskcrm.tc_reset_stats() RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_reset_stats';
REVOKE ALL ON FUNCTION taskcrm.tc_reset_stats() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_reset_stats() IS 'Set the numbers of tc_stats to 0. For superusers.';

-- Shows in pg_stat_activity what a long call is doing, in front of its statement; NULL ends
-- that.  It must not contain values of rows.
CREATE FUNCTION taskcrm_internal.show_progress(progress text) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_show_progress';
REVOKE ALL ON FUNCTION taskcrm_internal.show_progress(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.show_progress(text) IS 'Shows in pg_stat_activity what a long call is doing.';
