\set n random(1, 1000)
SELECT json_build_object(
  'task_obj', json_build_object(
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
    'version', t.version, 'org', t.org_id),
  'assigned_to', (SELECT coalesce(json_agg(json_build_object('id', u.id, 'name', u.name, 'email', u.email) ORDER BY u.name, u.id), '[]')
                  FROM taskcrm.task_assignee l JOIN taskcrm.app_user u ON u.id = l.user_id
                  WHERE l.org_id = t.org_id AND l.task_id = t.id),
  'teams', (SELECT coalesce(json_agg(json_build_object('id', m.id, 'name', m.name) ORDER BY m.name, m.id), '[]')
            FROM taskcrm.task_team l JOIN taskcrm.team m ON m.org_id = l.org_id AND m.id = l.team_id
            WHERE l.org_id = t.org_id AND l.task_id = t.id),
  'comments', (SELECT coalesce(json_agg(json_build_object('id', c.id, 'comment', c.comment, 'task', c.task_id,
                 'commented_on', c.commented_on, 'commented_by', c.commented_by, 'edited_on', c.edited_on,
                 'mentions', (SELECT coalesce(json_agg(m.user_id ORDER BY m.user_id), '[]') FROM taskcrm.task_mention m
                              WHERE m.org_id = c.org_id AND m.comment_id = c.id)) ORDER BY c.commented_on, c.id), '[]')
               FROM (SELECT * FROM taskcrm.task_comment n WHERE n.org_id = t.org_id AND n.task_id = t.id
                     ORDER BY n.commented_on DESC, n.id DESC LIMIT 100) c),
  'attachments', (SELECT coalesce(json_agg(json_build_object('id', a.id, 'attachment', coalesce(a.url, '/api/tasks/attachment/' || a.id || '/'),
                    'task', a.task_id, 'file_name', a.file_name, 'content_type', a.content_type, 'size', a.size,
                    'sha256', encode(a.sha256, 'hex'), 'created_on', a.created_on, 'created_by', a.created_by)
                    ORDER BY a.created_on, a.id), '[]')
                  FROM (SELECT * FROM taskcrm.task_attachment n WHERE n.org_id = t.org_id AND n.task_id = t.id
                        ORDER BY n.created_on DESC, n.id DESC LIMIT 100) a),
  'users_mention', (SELECT coalesce(json_agg(json_build_object('id', p.id, 'name', p.name, 'email', p.email) ORDER BY p.name, p.id), '[]')
                    FROM (SELECT u.id, u.name, u.email FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id
                          WHERE m.org_id = t.org_id AND m.is_active AND u.is_active ORDER BY u.name, u.id
                          LIMIT 500) p),
  'comments_count', (SELECT count(*) FROM taskcrm.task_comment c WHERE c.org_id = t.org_id AND c.task_id = t.id),
  'comments_cursor', NULL,
  'attachments_count', (SELECT count(*) FROM taskcrm.task_attachment a WHERE a.org_id = t.org_id AND a.task_id = t.id),
  'attachments_cursor', NULL)
FROM taskcrm.task t
WHERE t.org_id = (SELECT org FROM bench.pick WHERE n = :n) AND t.id = (SELECT task FROM bench.pick WHERE n = :n);
