-- Additional objects for the mixed run: tasks of other users to read and write in each of
-- its organizations, and a function that continues after an error.

CREATE TABLE bench.soak_task AS
  SELECT o.n AS org, row_number() OVER (PARTITION BY o.n) AS n, t.id AS task, bench.id('user', o.n, 1) AS author,
    json_build_object('title', 'Call about the quote of Acme ' || t.id, 'status', t.status, 'priority', t.priority,
      'account', bench.id('account', o.n, 0), 'contacts', json_build_array(bench.id('contact', o.n, 0), bench.id('contact', o.n, 1)),
      'assigned_to', json_build_array(bench.id('user', o.n, 1), bench.id('user', o.n, 2)),
      'teams', json_build_array(bench.id('team', o.n, 0)))::text AS data
  FROM bench.org o
  CROSS JOIN LATERAL (SELECT * FROM taskcrm.task t
    WHERE t.org_id = o.id AND t.created_by <> bench.id('user', o.n, 1) ORDER BY t.created_on LIMIT 150) t
  WHERE o.n BETWEEN 0 AND 2;
ALTER TABLE bench.soak_task ADD PRIMARY KEY (org, n);
VACUUM ANALYZE bench.soak_task;
GRANT SELECT ON bench.soak_task TO PUBLIC;

-- Runs a write on one of the caller's newest tasks, which other clients may delete at the
-- same time.  Errors are in the server's log, with the SQLSTATE, like all others.
CREATE FUNCTION bench.on_recent(statement text, place int) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  recent uuid := (SELECT id FROM taskcrm.task
    WHERE org_id = taskcrm.tc_current_org() AND created_by = taskcrm.tc_current_user()
    ORDER BY created_on DESC, id DESC OFFSET place LIMIT 1);
BEGIN
  EXECUTE statement USING recent;
EXCEPTION WHEN OTHERS THEN
  RAISE LOG 'caught: %', SQLERRM USING ERRCODE = SQLSTATE;
END
$$;
