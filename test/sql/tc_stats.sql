-- tc_stats(): calls, errors by SQLSTATE, tokens that are refused, kept plans; who may read and
-- reset them.  Here of this session; 043_watched has the numbers of a whole server.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
SET client_min_messages = warning;
CREATE ROLE regress_monitor LOGIN;
GRANT pg_monitor TO regress_monitor;
-- What must be the same in each run: not the times.
CREATE FUNCTION public.stats() RETURNS TABLE (kind text, name text, count bigint, errors bigint, is_timed boolean)
  LANGUAGE sql AS $$
  SELECT s.kind, s.name, s.count, s.errors, s.total_time >= s.max_time AND s.max_time >= 0 FROM taskcrm.tc_stats() s
$$;
\t on
\pset format unaligned
\pset null '(null)'
\set ECHO all
SELECT DISTINCT scope, since <= now() FROM taskcrm.tc_stats();
SELECT taskcrm.tc_reset_stats();
SELECT * FROM stats();

-- The numbers of each operation, through whichever door it is called.
SET SESSION AUTHORIZATION regress_ada;
SELECT length(taskcrm.tc_list_tasks()::text) > 10, length(taskcrm.tc_list_tasks('{"status": "New"}')::text) > 10;
SELECT count(*) FROM taskcrm.tc_http_request('GET', '/api/tasks/?status=New', '{}');
SELECT count(*) FROM taskcrm.tc_find_tasks();
SELECT length(taskcrm.tc_get_task(id('task', 1))::text) > 10;
SELECT length(taskcrm.tc_list_accounts()::text) > 10, length(taskcrm.tc_list_teams()::text) > 10;
RESET SESSION AUTHORIZATION;
SELECT * FROM stats();

-- Errors by SQLSTATE: at the top, caught by PL/pgSQL, by HTTP, and in a savepoint.
SELECT taskcrm.tc_reset_stats();
SET SESSION AUTHORIZATION regress_ada;
SELECT taskcrm.tc_get_task(id('task', 9));
SELECT attempt('SELECT taskcrm.tc_get_task(id(''task'', 9))');
SELECT status FROM taskcrm.tc_http_request('GET', '/api/tasks/' || id('task', 9) || '/', '{}');
BEGIN;
SAVEPOINT a;
SELECT taskcrm.tc_list_tasks('{"limit": 0.5}');
ROLLBACK TO a;
SELECT length(taskcrm.tc_list_tasks()::text) > 10;
COMMIT;
SELECT attempt($$SELECT taskcrm.tc_login('e30.e30.e30')$$);
SET SESSION AUTHORIZATION regress_nobody;
SELECT attempt('SELECT taskcrm.tc_list_tasks()');
RESET SESSION AUTHORIZATION;
SELECT * FROM stats();

-- A trigger that catches the error of a call: only that one failed.  A notice with an
-- SQLSTATE is no error.
CREATE FUNCTION public.tries() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  BEGIN
    PERFORM taskcrm.tc_get_task(new.account_id);
  EXCEPTION WHEN SQLSTATE 'PT404' THEN
    RAISE DEBUG 'caught' USING ERRCODE = 'PT413';
  END;
  IF new.title = 'fails' THEN
    RAISE EXCEPTION 'no' USING ERRCODE = 'PT409';
  END IF;
  RETURN new;
END
$$;
CREATE TRIGGER tries BEFORE UPDATE ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION public.tries();
SELECT taskcrm.tc_reset_stats();
SET SESSION AUTHORIZATION regress_ada;
SELECT attempt(format('SELECT taskcrm.tc_update_task(%L, %L)', id('task', 1), '{"title": "passes"}')) ~ 'passes';
SELECT attempt(format('SELECT taskcrm.tc_update_task(%L, %L)', id('task', 1), '{"title": "fails"}'));
RESET SESSION AUTHORIZATION;
SELECT * FROM stats();

-- Who may read and reset them.
\connect - regress_monitor
SELECT count(*) >= 2 FROM taskcrm.tc_stats();
SELECT attempt('SELECT taskcrm.tc_reset_stats()');
\connect - regress_ada
SELECT attempt('SELECT count(*) FROM taskcrm.tc_stats()');
SELECT attempt('SELECT taskcrm.tc_reset_stats()');

\connect - :superuser
\set ECHO none
DROP TRIGGER tries ON taskcrm.task;
DROP FUNCTION public.stats(), public.tries();
DROP OWNED BY regress_monitor;
DROP ROLE regress_monitor;
\i :teardown
