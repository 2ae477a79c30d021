-- Separate statements, as most developers write it: four inserts in one transaction.
\set n random(1, 1000)
BEGIN;
INSERT INTO taskcrm.task (org_id, title, status, priority, due_date, account_id, created_by)
  SELECT org, 'Review contract proposal ' || n, 'New', 'High', '2026-02-20', account, author FROM bench.pick WHERE n = :n
  RETURNING org_id, id, created_on \gset
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
  SELECT :org_id, :id, unnest(ARRAY[contact1, contact2]), :created_on FROM bench.pick WHERE n = :n;
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
  SELECT :org_id, :id, unnest(ARRAY[user1, user2]), :created_on FROM bench.pick WHERE n = :n;
INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
  SELECT :org_id, :id, team, :created_on FROM bench.pick WHERE n = :n;
COMMIT;
