-- All in one statement, which returns the task as JSON.
\set n random(1, 1000)
WITH p AS (SELECT * FROM bench.pick WHERE n = :n),
t AS (INSERT INTO taskcrm.task (org_id, title, status, priority, due_date, account_id, created_by)
  SELECT org, 'Review contract proposal ' || n, 'New', 'High', '2026-02-20', account, author FROM p RETURNING *),
c AS (INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
  SELECT t.org_id, t.id, unnest(ARRAY[p.contact1, p.contact2]), t.created_on FROM t, p RETURNING contact_id),
a AS (INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
  SELECT t.org_id, t.id, unnest(ARRAY[p.user1, p.user2]), t.created_on FROM t, p RETURNING user_id),
m AS (INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
  SELECT t.org_id, t.id, p.team, t.created_on FROM t, p RETURNING team_id)
SELECT json_build_object(
  'id', t.id, 'title', t.title, 'status', t.status, 'priority', t.priority, 'due_date', t.due_date,
  'account', t.account_id, 'contacts', (SELECT json_agg(contact_id) FROM c), 'created_on', t.created_on,
  'assigned_to', (SELECT json_agg(user_id) FROM a), 'teams', (SELECT json_agg(team_id) FROM m),
  'description', t.description, 'created_by', t.created_by, 'updated_on', t.updated_on,
  'completed_on', t.completed_on, 'completed_by', t.completed_by,
  'version', t.version, 'org', t.org_id)
FROM t;
