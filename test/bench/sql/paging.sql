-- Prints statements for pages far into the list of the large organization, one per line,
-- each after its name.  Run it as a client: the first cursor comes from the extension, and
-- the cursor of a distant page is made from it by replacing the row in the same format.
SET timezone = 'UTC';
SELECT translate(taskcrm.tc_list_tasks('{"cursor": "start", "count": "none"}') ->> 'next_cursor', '-_', '+/') AS cursor \gset
SELECT created_on AS deep_created_on, id AS deep_id, org_id AS org FROM taskcrm.task
  ORDER BY created_on DESC, id DESC OFFSET :deep LIMIT 1 \gset
SELECT 'first' || E'\t' || format('SELECT taskcrm.tc_list_tasks(%L);', jsonb_build_object('cursor', 'start', 'count', 'none'));
SELECT 'deep' || E'\t' || format('SELECT taskcrm.tc_list_tasks(%L);',
  jsonb_build_object('count', 'none', 'cursor', rtrim(translate(encode(
    overlay(overlay(decode(rpad(:'cursor', (length(:'cursor') + 3) / 4 * 4, '='), 'base64')
      PLACING uuid_send(:'deep_id') FROM 11) PLACING timestamptz_send(:'deep_created_on') FROM 27), 'base64'), E'+/\n', '-_'), '=')));
SELECT 'ours_offset' || E'\t' || format('SELECT taskcrm.tc_list_tasks(%L);', jsonb_build_object('count', 'none', 'offset', :offset));
-- By hand: find the tasks with an index-only scan, then read them and their links.
SELECT 'base_offset' || E'\t' || regexp_replace(format($sql$
  SELECT json_build_object('count', NULL, 'next', NULL, 'previous', NULL, 'results', coalesce(json_agg(r), '[]'))
  FROM (
    SELECT t.id, t.title, t.status, t.priority, t.due_date, t.account_id AS account,
      (SELECT coalesce(json_agg(l.contact_id ORDER BY l.contact_id), '[]') FROM taskcrm.task_contact l
       WHERE l.org_id = t.org_id AND l.task_id = t.id) AS contacts,
      t.created_on,
      (SELECT coalesce(json_agg(l.user_id ORDER BY l.user_id), '[]') FROM taskcrm.task_assignee l
       WHERE l.org_id = t.org_id AND l.task_id = t.id) AS assigned_to,
      (SELECT coalesce(json_agg(l.team_id ORDER BY l.team_id), '[]') FROM taskcrm.task_team l
       WHERE l.org_id = t.org_id AND l.task_id = t.id) AS teams,
      t.description, t.created_by, t.updated_on, t.completed_on, t.completed_by, t.version, t.org_id AS org
    FROM (
      SELECT id, created_on FROM taskcrm.task WHERE org_id = %1$L
      ORDER BY created_on DESC, id DESC LIMIT 10 OFFSET %2$s) p
    JOIN taskcrm.task t ON t.org_id = %1$L AND t.id = p.id
    ORDER BY p.created_on DESC, p.id DESC) r;$sql$, :'org', :offset), '\s+', ' ', 'g');
