-- What the demo shows first.  Run it in psql as a user of the demo:
--
--   .taskcrm/psql -U demo_bob -f test/demo/tour.sql
\set QUIET on
\set ON_ERROR_STOP on
\pset linestyle unicode
\pset border 2
\pset footer off
-- Fits the terminal.
\pset format wrapped
\pset null ''

\echo '\nTasks in progress with high priority, as the specification asks for them:\n'
\echo '  SELECT taskcrm.tc_list_tasks(\'{"status": "In Progress", "priority": "High", "limit": 5}\');\n'
SELECT t ->> 'priority' AS priority, t ->> 'title' AS title, t ->> 'due_date' AS due,
  CASE WHEN (t ->> 'due_date')::date < taskcrm.tc_today() THEN 'yes' ELSE 'no' END AS overdue,
  a.name AS account,
  (SELECT string_agg(u.name, ', ' ORDER BY u.name) FROM taskcrm.app_user u
    WHERE u.id IN (SELECT p::uuid FROM json_array_elements_text(t -> 'assigned_to') p)) AS assignees
FROM json_array_elements(taskcrm.tc_list_tasks('{"status": "In Progress", "priority": "High", "limit": 5}') -> 'results')
  WITH ORDINALITY AS r (t, place)
LEFT JOIN taskcrm.account a ON a.id = (t ->> 'account')::uuid
ORDER BY place;

\echo 'All tasks by status, from taskcrm.tc_task_totals():\n'
\pset border 0
\pset format aligned
\pset tuples_only on
SELECT '  ' || rpad(status, 12) || lpad(to_char(n::integer, 'FM999,999'), 7) || '  ' || repeat(U&'\2588', round(40.0 * n::integer / max(n::integer) OVER ())::integer)
FROM json_each_text(taskcrm.tc_task_totals() -> 'by_status') AS s (status, n);
