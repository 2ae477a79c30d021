\set n random(1, 1000)
\set m random(1, 1000000)
UPDATE taskcrm.task t SET title = 'Review contract proposal ' || :m::text, due_date = '2026-02-10'
WHERE t.org_id = (SELECT org FROM bench.pick WHERE n = :n) AND t.id = (SELECT task FROM bench.pick WHERE n = :n)
RETURNING json_build_object(
  'id', t.id, 'title', t.title, 'status', t.status, 'priority', t.priority, 'due_date', t.due_date,
  'account', t.account_id,
  'contacts', (SELECT coalesce(json_agg(l.contact_id ORDER BY l.contact_id), '[]') FROM taskcrm.task_contact l
               WHERE l.org_id = t.org_id AND l.task_id = t.id),
  'created_on', t.created_on,
  'assigned_to', (SELECT coalesce(json_agg(l.user_id ORDER BY l.user_id), '[]') FROM taskcrm.task_assignee l
                  WHERE l.org_id = t.org_id AND l.task_id = t.id),
  'teams', (SELECT coalesce(json_agg(l.team_id ORDER BY l.team_id), '[]') FROM taskcrm.task_team l
            WHERE l.org_id = t.org_id AND l.task_id = t.id),
  'description', t.description, 'created_by', t.created_by, 'updated_on', t.updated_on,
  'completed_on', t.completed_on, 'completed_by', t.completed_by,
  'version', t.version, 'org', t.org_id);
