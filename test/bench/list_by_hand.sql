-- The limit: what a specialist writes by hand for one page, with the same JSON.
-- Run as a superuser, without row-level security, prepared.  The id is organization 0 of
-- load.sql.
SELECT json_build_object(
  'count', NULL,
  'next', '/api/tasks/?count=none&limit=10&offset=10',
  'previous', NULL,
  'results', coalesce(json_agg(json_build_object(
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
    'version', t.version, 'org', t.org_id) ORDER BY t.created_on DESC, t.id DESC), '[]'))
FROM (
  SELECT * FROM taskcrm.task
  WHERE org_id = 'a704ac2d-e919-1ee5-95bd-abdd30083640'::uuid
  ORDER BY created_on DESC, id DESC LIMIT 10) t;
