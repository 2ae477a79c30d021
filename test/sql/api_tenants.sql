-- Two organizations: no function lets a member of one see or change rows of the other.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

-- All data of Umbrella contains CANARY. The test searches every result and every error, with its
-- context, for it.
\c - :api_superuser
CREATE FUNCTION t.probe(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  message text;
  detail text;
  hint text;
  context text;
BEGIN
  BEGIN
    EXECUTE t.ids(statement) INTO result;
    result := t.show(coalesce(result, 'null'));
  EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL,
      hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
    IF concat(message, detail, hint, context) LIKE '%CANARY%' THEN
      RETURN 'CANARY in an error';
    END IF;
    RETURN t.show(concat_ws(' | ', sqlstate, message, nullif(detail, '')));
  END;
  RETURN CASE WHEN result LIKE '%CANARY%' OR result ~ '"(b_[a-z]+|umbrella|bob|una)"' THEN 'CANARY: ' || result
    ELSE result END;
END
$$;
CREATE TABLE t.probes (n int GENERATED ALWAYS AS IDENTITY, statement text);
INSERT INTO t.probes (statement) VALUES
  ($$SELECT taskcrm.tc_get_task('{b_task}')$$),
  ($$SELECT taskcrm.tc_update_task('{b_task}', '{}')$$),
  ($$SELECT taskcrm.tc_update_task('{b_task}', '{"title": "taken"}')$$),
  ($$SELECT taskcrm.tc_update_task('{b_task}', '{"version": 99}')$$),
  ($$SELECT taskcrm.tc_update_task('{b_task}', '{"assigned_to": ["{amy}"]}')$$),
  ($$SELECT taskcrm.tc_assign('{b_task}', '{{amy}}')$$),
  ($$SELECT taskcrm.tc_unassign('{b_task}', '{{bob}}')$$),
  ($$SELECT taskcrm.tc_delete_task('{b_task}')$$),
  ($$SELECT taskcrm.tc_update_tasks('{"ids": ["{b_task}"]}', '{"title": "taken"}')$$),
  ($$SELECT taskcrm.tc_update_tasks('{"where": {"or": [{"id": {"eq": "{b_task}"}}, {"account": {"eq": "{b_account}"}}]}}', '{"title": "taken"}')$$),
  ($$SELECT taskcrm.tc_update_tasks('{"ids": ["{task}"]}', '{"account": "{b_account}"}')$$),
  ($$SELECT taskcrm.tc_delete_tasks('{"ids": ["{b_task}"]}')$$),
  ($$SELECT taskcrm.tc_delete_tasks('{"where": {"not": {"title": {"contains": "x"}}, "team": {"any": ["{b_team}"]}}}')$$),
  ($$SELECT taskcrm.tc_add_task_comment_or_attachment('{b_task}', 'taken @bob')$$),
  ($$SELECT taskcrm.tc_add_task_comment_or_attachment('{b_task}', NULL, '{"file_name": "f", "content": ""}')$$),
  ($$SELECT taskcrm.tc_add_task_comment_or_attachment('{b_task}', 'taken',
    '{"file_name": "f", "url": "https://x.example/"}')$$),
  ($$SELECT taskcrm.tc_add_task_attachment('{b_task}', 'f', 'taken')$$),
  ($$SELECT taskcrm.tc_edit_task_comment('{b_comment}', 'taken')$$),
  ($$SELECT taskcrm.tc_delete_task_comment('{b_comment}')$$),
  ($$SELECT taskcrm.tc_get_task_attachment('{b_file}')$$),
  ($$SELECT taskcrm.tc_download('{b_file}')$$),
  ($$SELECT taskcrm.tc_list_comments('{b_task}')$$),
  ($$SELECT taskcrm.tc_list_attachments('{b_task}')$$),
  ($$SELECT taskcrm.tc_delete_task_attachment('{b_file}')$$),
  ($$SELECT taskcrm.tc_create_task('{"title": "x", "account": "{b_account}"}') IS NULL$$),
  ($$SELECT taskcrm.tc_create_task('{"title": "x", "contacts": ["{b_contact}"]}') IS NULL$$),
  ($$SELECT taskcrm.tc_create_task('{"title": "x", "assigned_to": ["{bob}"]}') IS NULL$$),
  ($$SELECT taskcrm.tc_create_task('{"title": "x", "teams": ["{b_team}"]}') IS NULL$$),
  ($$SELECT taskcrm.tc_create_tasks('[{"title": "x", "account": "{b_account}"}]') IS NULL$$),
  ($$SELECT taskcrm.tc_update_task('{task}', '{"account": "{b_account}"}') IS NULL$$),
  ($$SELECT taskcrm.tc_update_task('{task}', '{"contacts": ["{b_contact}"]}') IS NULL$$),
  ($$SELECT taskcrm.tc_update_task('{task}', '{"assigned_to": ["{bob}"]}') IS NULL$$),
  ($$SELECT taskcrm.tc_update_task('{task}', '{"teams": ["{b_team}"]}') IS NULL$$),
  ($$SELECT taskcrm.tc_update_task('{task}', '{"teams": {"add": ["{b_team}"]}}') IS NULL$$),
  ($$SELECT taskcrm.tc_assign('{task}', '{{bob}}') IS NULL$$),
  ($$SELECT taskcrm.tc_add_task_comment_or_attachment('{task}', '@bob @una @bob@umbrella.example') -> 'comment' ->>
    'mentions'$$),
  ($$SELECT taskcrm.tc_get_task('{task}')$$),
  ($$SELECT taskcrm.tc_list_tasks()$$),
  ($$SELECT taskcrm.tc_task_totals()$$),
  ($$SELECT taskcrm.tc_task_totals('{"account": "{b_account}"}') ->> 'count'$$),
  ($$SELECT taskcrm.tc_group_tasks('{}', 'account')$$),
  ($$SELECT taskcrm.tc_group_tasks('{"account": "{b_account}"}', 'assigned_to')$$),
  ($$SELECT taskcrm.tc_list_tasks('{"search": "CANAR"}') ->> 'count'$$),
  ($$SELECT taskcrm.tc_list_tasks('{"account": "{b_account}"}') ->> 'count'$$),
  ($$SELECT taskcrm.tc_list_tasks('{"contact": "{b_contact}", "team": "{b_team}", "assigned_to": "{bob}", "created_by": "{bob}"}') ->> 'count'$$),
  ($$SELECT string_agg(id::text, ' ') FROM taskcrm.tc_find_task_ids() id$$),
  ($$SELECT string_agg(f.title, ' ') FROM taskcrm.tc_find_tasks() f$$),
  ($$SELECT taskcrm.tc_list_accounts()$$),
  ($$SELECT taskcrm.tc_list_contacts('{"account": "{b_account}"}')$$),
  ($$SELECT taskcrm.tc_list_contacts('{"search": "CANAR"}') ->> 'count'$$),
  ($$SELECT taskcrm.tc_list_teams('{"user": "{bob}"}')$$),
  ($$SELECT taskcrm.tc_list_members('{"team": "{b_team}"}')$$),
  ($$SELECT taskcrm.tc_list_members()$$),
  ($$SELECT taskcrm.tc_get_account('{b_account}')$$),
  ($$SELECT taskcrm.tc_get_contact('{b_contact}')$$),
  ($$SELECT taskcrm.tc_get_team('{b_team}')$$),
  ($$SELECT taskcrm.tc_get_member('{bob}')$$),
  ($$SELECT taskcrm.tc_update_contact('{lee}', '{"account": "{b_account}"}')$$),
  ($$SELECT taskcrm.tc_update_account('{b_account}', '{"name": "taken"}')$$),
  ($$SELECT taskcrm.tc_delete_account('{b_account}')$$),
  ($$SELECT taskcrm.tc_update_contact('{b_contact}', '{"first_name": "taken"}')$$),
  ($$SELECT taskcrm.tc_delete_contact('{b_contact}')$$),
  ($$SELECT taskcrm.tc_create_contact('x', NULL, NULL, '{b_account}')$$),
  ($$SELECT taskcrm.tc_update_team('{b_team}', '{"name": "taken"}')$$),
  ($$SELECT taskcrm.tc_delete_team('{b_team}')$$),
  ($$SELECT taskcrm.tc_add_team_member('{b_team}', '{amy}')$$),
  ($$SELECT taskcrm.tc_add_team_member('{sales}', '{bob}')$$),
  ($$SELECT taskcrm.tc_remove_team_member('{b_team}', '{bob}')$$),
  ($$SELECT taskcrm.tc_remove_member('{bob}')$$),
  ($$SELECT taskcrm.tc_remove_member('{bob}', '{amy}')$$),
  ($$SELECT taskcrm.tc_remove_member('{amy}', '{bob}')$$),
  ($$SELECT taskcrm.tc_reassign('{bob}', '{amy}')$$),
  ($$SELECT taskcrm.tc_reassign('{amy}', '{bob}')$$),
  ($$SELECT taskcrm.tc_reassign('{carl}', NULL, '{"account": "{b_account}"}')$$),
  ($$SELECT taskcrm.tc_set_member_role('{bob}', 'member')$$),
  ($$SELECT taskcrm.tc_invite_member('bob@umbrella.example') ->> 'role'$$),
  ($$SELECT taskcrm.tc_list_invitations() ->> 'count'$$),
  ($$SELECT taskcrm.tc_revoke_invitation('{b_task}')$$),
  ($$SELECT taskcrm.tc_create_webhook('https://a.example/', NULL, '{"account": "{b_account}"}') ->> 'url'$$),
  ($$SELECT taskcrm.tc_list_webhooks() ->> 'count'$$),
  ($$SELECT taskcrm.tc_update_webhook('{b_task}', '{"is_active": false}')$$),
  ($$SELECT taskcrm.tc_rotate_webhook_secret('{b_task}')$$),
  ($$SELECT taskcrm.tc_test_webhook('{b_task}')$$),
  ($$SELECT taskcrm.tc_delete_webhook('{b_task}')$$),
  ($$SELECT taskcrm.tc_deactivate_member('{una}')$$),
  ($$SELECT taskcrm.tc_reactivate_member('{una}')$$),
  ($$SELECT taskcrm.tc_get_organization()$$),
  ($$SELECT taskcrm.tc_http_request('GET',
    '/api/tasks/?account={b_account}&contact={b_contact}&team={b_team}&assigned_to={bob}')$$),
  ($$SELECT taskcrm.tc_http_request('GET', '/api/tasks/{b_task}/')$$),
  ($$SELECT taskcrm.tc_http_request('POST', '/api/tasks/', '{}', '{"title": "x", "account": "{b_account}"}')$$),
  ($$SELECT taskcrm.tc_http_request('PUT', '/api/tasks/{b_task}/', '{"if-match": "\"9\""}', '{"title": "taken"}')$$),
  ($$SELECT taskcrm.tc_http_request('POST', '/api/tasks/{b_task}/', '{}', '{"comment": "taken"}')$$),
  ($$SELECT taskcrm.tc_http_request('DELETE', '/api/tasks/{b_task}/')$$),
  ($$SELECT taskcrm.tc_http_request('PUT', '/api/tasks/comment/{b_comment}/', '{}', '{"comment": "taken"}')$$),
  ($$SELECT taskcrm.tc_http_request('GET', '/api/tasks/attachment/{b_file}/', '{"organization-id": "{umbrella}"}')$$),
  ($$SELECT taskcrm.tc_http_request('DELETE', '/api/tasks/attachment/{b_file}/')$$),
  ($$SELECT taskcrm.tc_whoami() ->> 'org'$$);
GRANT SELECT ON t.probes TO PUBLIC;

-- The list contains every function that clients can execute, except functions that take no id.
SELECT p.proname FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND has_function_privilege('regress_api_amy', p.oid, 'EXECUTE')
  AND NOT EXISTS (SELECT FROM t.probes WHERE statement LIKE '%taskcrm.' || p.proname || '(%')
    ORDER BY p.proname COLLATE "C";
SELECT t.checksum(t.id('umbrella')) AS before \gset

-- An admin of Acme.
\c - regress_api_alice
SELECT t.know('task',
  (taskcrm.tc_create_task(t.json('{"title": "acme''s", "assigned_to": ["{amy}"]}')) ->> 'id')::uuid);
SELECT statement || E'\n' || t.probe(statement) FROM t.probes ORDER BY n;
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;
-- A member; selecting the other organization gives no more access.
\c - regress_api_amy
SELECT statement || E'\n' || t.probe(statement) FROM t.probes WHERE statement ~ 'b_|bob|CANAR|\(\)' ORDER BY n;
SELECT set_config('taskcrm.org_id', t.id('umbrella')::text, false) IS NULL;
SELECT outcome, count(*) FROM (SELECT t.probe(statement) FROM t.probes) s (outcome) GROUP BY outcome
  ORDER BY outcome COLLATE "C";
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;
-- A superuser's calls are limited as well: a superuser is no user of an organization.
\c - :api_superuser
SELECT outcome, count(*) FROM (SELECT t.probe(statement) FROM t.probes) s (outcome) GROUP BY outcome
  ORDER BY outcome COLLATE "C";
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;

-- A user of both organizations cannot use an id of one in the other.
\c - regress_api_carl
SELECT set_config('taskcrm.org_id', t.id('acme')::text, false) IS NULL;
SELECT t.get_task('b_task'), t.update_task('b_task', '{"title": "x"}'), t.call('tc_delete_task', 'b_task'),
  t.comment('b_task', 'x'), t.attach('b_task', '{"file_name": "f", "content": ""}');
SELECT t.update_task('task', '{"account": "{b_account}"}');
SELECT t.update_task('task', '{"assigned_to": ["{bob}"]}');
SELECT set_config('taskcrm.org_id', t.id('umbrella')::text, false) IS NULL;
SELECT t.get_task('task'), t.update_task('task', '{"title": "x"}'), t.call('tc_delete_task', 'task'),
  t.comment('task', 'x');
SELECT t.update_task('b_task', '{"account": "{northwind}"}');
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;
-- Two organizations may use the same id: the second organization's row is never used in place of
-- the first's.
\c - :api_superuser
INSERT INTO taskcrm.task (org_id, id, title) VALUES (t.id('umbrella'), t.id('task'), 'CANARY with the same id');
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment)
  SELECT t.id('umbrella'), c.id, c.task_id, 'CANARY with the same id' FROM taskcrm.task_comment c
  WHERE task_id = t.id('task') LIMIT 1;
SELECT t.checksum(t.id('umbrella')) AS before \gset
\c - regress_api_alice
SELECT t.probe('SELECT taskcrm.tc_get_task(''{task}'')') LIKE '%CANARY%' AS canary;
SELECT t.update_task('task', '{"title": "acme''s, changed"}')::json ->> 'title';
SELECT t.call('tc_delete_task', 'task') = '' AS deleted;
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;
-- Deleting one organization does not change the other.
\c - :api_superuser
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;

\set ECHO none
\i :teardown
