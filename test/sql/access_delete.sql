-- Rights with delete => true: which rows a role deletes directly, what that right allows beside
-- it, and what tc_doctor() says about roles that have it.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup
\set SHOW_CONTEXT never
\c - :api_superuser
SET client_min_messages = warning;
CREATE ROLE regress_api_web NOLOGIN;
CREATE ROLE regress_api_pool LOGIN NOINHERIT;
GRANT regress_api_web TO regress_api_pool;
\o /dev/null
SELECT taskcrm.tc_trust_gateway('regress_api_pool');
\o
\set ECHO all

-- The tables, and no other right than DELETE and those of write => true.
SELECT taskcrm.tc_grant_access('regress_api_web', write => true, delete => true);
SELECT string_agg(c.relname, ' ' ORDER BY c.relname) FROM pg_class c
  WHERE c.relnamespace = 'taskcrm'::regnamespace AND has_table_privilege('regress_api_web', c.oid, 'DELETE');
SELECT c.relname, p.name FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) p (name)
  WHERE c.relnamespace = 'taskcrm'::regnamespace AND has_table_privilege('regress_api_web', c.oid, p.name);
SELECT taskcrm.tc_grant_access('regress_api_web', read => false, delete => true);

-- A role behind a gateway is no finding. A role that can log in as a person is, also if it has the
-- right only after SET ROLE.
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust';
SELECT taskcrm.tc_grant_access('regress_api_amy', delete => true);
ALTER ROLE regress_api_ann NOINHERIT;
GRANT regress_api_web TO regress_api_ann;
SELECT "check", detail, hint FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust';
-- The reason: it can lock a table for everybody.
\c - regress_api_amy
BEGIN;
LOCK TABLE taskcrm.task IN ACCESS EXCLUSIVE MODE;
ROLLBACK;
\c - :api_superuser
SET client_min_messages = warning;
REVOKE regress_api_web FROM regress_api_ann;
-- Granting access again revokes it. A gateway that is no longer trusted is a login like others.
SELECT taskcrm.tc_grant_access('regress_api_amy', write => true);
SELECT taskcrm.tc_distrust_gateway('regress_api_pool');
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust';
SELECT taskcrm.tc_trust_gateway('regress_api_pool');
-- A role that cannot call the API has no reason to have it.
GRANT DELETE ON taskcrm.task TO regress_api_owner, regress_api_stranger;
SELECT taskcrm.tc_revoke_access('regress_api_stranger');
GRANT DELETE ON taskcrm.task, taskcrm.task_mention TO regress_api_stranger;
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust';
SELECT taskcrm.tc_revoke_access('regress_api_stranger');
GRANT DELETE ON taskcrm.task TO PUBLIC;
SELECT taskcrm.tc_grant_access('regress_api_ann');
REVOKE DELETE ON taskcrm.task FROM PUBLIC;
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust';

-- Rows to delete: a task of Amy and one of Ann, both with everything that can belong to a task.
\set ECHO none
CREATE FUNCTION t.as_user(who text) RETURNS text LANGUAGE sql
  AS $$ SELECT set_config('taskcrm.user_id', t.id(who)::text, true) || set_config('taskcrm.org_id', t.id('acme')::text, true) $$;
\c - regress_api_amy
SELECT t.know('amys', (taskcrm.tc_create_task(t.json('{"title": "of Amy", "account": "{northwind}", "contacts": ["{lee}"],
  "assigned_to": ["{amy}", "{ann}"], "teams": ["{ops}"], "attachments": [{"file_name": "f", "content": "MQ=="}]}')) ->> 'id')::uuid);
SELECT t.know('note', (taskcrm.tc_add_task_comment_or_attachment(t.id('amys'), 'for @ann') #>> '{comment,id}')::uuid);
\c - regress_api_ann
SELECT t.know('anns', (taskcrm.tc_create_task(t.json('{"title": "of Ann", "contacts": ["{lee}"], "assigned_to": ["{ann}"]}')) ->> 'id')::uuid);
SELECT t.know('reply', (taskcrm.tc_add_task_comment_or_attachment(t.id('amys'), 'for @amy') #>> '{comment,id}')::uuid);
\c - :api_superuser
SELECT t.checksum(t.id('umbrella')) AS before \gset
\set ECHO all
-- The number of rows that a user deletes from a table.
CREATE FUNCTION t.deleted(tab text, condition text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  n integer;
BEGIN
  EXECUTE format('DELETE FROM taskcrm.%I WHERE %s', tab, t.ids(condition));
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n;
EXCEPTION WHEN others THEN
  RETURN sqlstate || ' ' || t.show(sqlerrm);
END
$$;
\c - regress_api_pool
SET ROLE regress_api_web;
-- Ann deletes links of every task, but only her own comments, files and tasks.
BEGIN;
SELECT t.as_user('ann') IS NOT NULL;
SELECT version AS version FROM taskcrm.task WHERE id = t.id('amys') \gset
SELECT tab, condition, t.deleted(tab, condition) FROM (VALUES
  (1, 'task_assignee', 'user_id = ''{amy}'''), (2, 'task_contact', 'task_id = ''{amys}'''), (3, 'task_team', 'true'),
  (4, 'task_comment', 'id = ''{note}'''), (5, 'task_comment', 'id = ''{reply}'''), (6, 'task_attachment', 'true'),
  (7, 'task', 'id = ''{amys}'''), (8, 'task_mention', 'true'), (9, 'task_attachment_content', 'true'),
  (10, 'account', 'true'), (11, 'team_member', 'true'), (12, 'member', 'true'), (13, 'organization', 'true'),
  (14, 'app_user', 'true'), (15, 'task', 'org_id = ''{umbrella}'''), (16, 'task_team', 'org_id = ''{umbrella}'''))
  v (n, tab, condition) ORDER BY n;
-- Three statements changed the links of the task.
SELECT version - :version FROM taskcrm.task WHERE id = t.id('amys');
COMMIT;
BEGIN;
SELECT t.as_user('nemo') IS NOT NULL;
SELECT t.deleted('task', 'true'), t.deleted('task_assignee', 'true');
COMMIT;
-- An admin deletes everything that nothing else refers to, but not the last admin.
BEGIN;
SELECT t.as_user('alice') IS NOT NULL;
SELECT tab, condition, t.deleted(tab, condition) FROM (VALUES
  (1, 'account', 'id = ''{northwind}'''), (2, 'account', 'id = ''{contoso}'''), (3, 'contact', 'id = ''{lee}'''),
  (4, 'team', 'true'), (5, 'task_comment', 'true'), (6, 'task_attachment', 'true'), (7, 'task', 'id = ''{amys}'''),
  (8, 'account', 'id = ''{northwind}'''), (9, 'member', 'user_id = ''{ann}'''), (10, 'member', 'user_id = ''{alice}'''))
  v (n, tab, condition) ORDER BY n;
SELECT t.show(id::text), title FROM taskcrm.task;
SELECT count(*) FROM taskcrm.task_assignee;
COMMIT;
\c - :api_superuser
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;
SELECT count(*) FROM taskcrm.tc_check_counts();
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust';
\set ECHO none
SET client_min_messages = warning;
REVOKE regress_api_web FROM regress_api_pool;
DROP OWNED BY regress_api_web, regress_api_pool;
DROP ROLE regress_api_web, regress_api_pool;
\i :teardown
