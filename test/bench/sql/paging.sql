-- Statements for paging through the large organization, deep into it: a line each, with
-- its name before it.  Run as a client: the first cursor is the extension's own, and a
-- deep one is made from it by putting in another row, as the extension lays it out.
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
-- By hand: first which tasks, by an index-only scan; then those and their links.
SELECT 'base_offset' || E'\t' || format('SELECT json_agg(json_build_object(''id'', t.id, ''title'', t.title, ''status'', t.status, ''priority'', t.priority, ''due_date'', t.due_date, ''account'', t.account_id, ''contacts'', (SELECT coalesce(json_agg(l.contact_id ORDER BY l.contact_id), ''[]'') FROM taskcrm.task_contact l WHERE l.org_id = t.org_id AND l.task_id = t.id), ''created_on'', t.created_on, ''assigned_to'', (SELECT coalesce(json_agg(l.user_id ORDER BY l.user_id), ''[]'') FROM taskcrm.task_assignee l WHERE l.org_id = t.org_id AND l.task_id = t.id), ''teams'', (SELECT coalesce(json_agg(l.team_id ORDER BY l.team_id), ''[]'') FROM taskcrm.task_team l WHERE l.org_id = t.org_id AND l.task_id = t.id), ''description'', t.description, ''created_by'', t.created_by, ''updated_on'', t.updated_on, ''version'', t.version, ''org'', t.org_id) ORDER BY t.created_on DESC, t.id DESC) FROM (SELECT org_id, id FROM taskcrm.task WHERE org_id = %L ORDER BY created_on DESC, id DESC LIMIT 10 OFFSET %s) p JOIN taskcrm.task t ON t.org_id = p.org_id AND t.id = p.id;',
  :'org', :offset);
