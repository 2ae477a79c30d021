-- The API and direct DML have the same effect: each operation, run both ways by logins of two
-- organizations, leaves the same values in every column except ids and times.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access(('regress_api_' || n)::name, write => true) FROM unnest(ARRAY['alice', 'bob']) n;
-- Deleting needs rights that tc_grant_access() does not give.
SELECT format('GRANT DELETE ON taskcrm.%I TO regress_api_alice, regress_api_bob', tab)
  FROM taskcrm_internal.client_tables() WHERE insertable IS NOT NULL \gexec

-- Objects of both organizations under the same names; NAME@ is the caller's object.
INSERT INTO t.known SELECT v.name || '@' || o.org, (o.prefix || v.id)::uuid
  FROM (VALUES ('account', '000000-0000-4000-8000-000000000001'),
    ('spare account', '000000-0000-4000-8000-000000000002'),
    ('contact', '000000-0000-4000-8000-000000000003'), ('spare contact', '000000-0000-4000-8000-000000000004'),
    ('team', '000000-0000-4000-8000-000000000005'), ('spare team', '000000-0000-4000-8000-000000000006'),
    ('task', '000000-0000-4000-8000-000000000007'), ('comment', '000000-0000-4000-8000-000000000008'),
    ('max', '000000-0000-4000-8000-00000000000a'), ('mia', '000000-0000-4000-8000-00000000000b')) v (name, id)
  CROSS JOIN (VALUES ('acme', '1a'), ('umbrella', '1b')) o (org, prefix);
SELECT taskcrm.tc_create_user(n || '@' || org || '.example', n, t.id(n || '@' || org)),
    taskcrm.tc_add_member(t.id(org), t.id(n || '@' || org))
  FROM unnest(ARRAY['max', 'mia']) n, unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.account (org_id, id, name) SELECT t.id(org), t.id(n || '@' || org), n
  FROM unnest(ARRAY['account', 'spare account']) n, unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.contact (org_id, id, first_name) SELECT t.id(org), t.id(n || '@' || org), n
  FROM unnest(ARRAY['contact', 'spare contact']) n, unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.team (org_id, id, name) SELECT t.id(org), t.id(n || '@' || org), n
  FROM unnest(ARRAY['team', 'spare team']) n, unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.team_member (org_id, team_id, user_id) SELECT t.id(org), t.id('team@' || org), t.id('mia@' || org)
  FROM unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.task (org_id, id, title, created_by)
  SELECT t.id(org), t.id('task@' || org), 'task', t.id('mia@' || org) FROM unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) SELECT t.id(org), t.id('task@' || org), t.id('mia@' || org)
  FROM unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id)
  SELECT t.id(org), t.id('task@' || org), t.id('contact@' || org) FROM unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.task_team (org_id, task_id, team_id) SELECT t.id(org), t.id('task@' || org), t.id('team@' || org)
  FROM unnest(ARRAY['acme', 'umbrella']) org;
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by)
  SELECT t.id(org), t.id('comment@' || org), t.id('task@' || org), 'to @mia', t.id('mia@' || org)
  FROM unnest(ARRAY['acme', 'umbrella']) org;

CREATE TABLE t.thing (n serial, tab name, what text, by_api text, by_table text);
INSERT INTO t.thing (tab, what, by_api, by_table) VALUES
  ('account', 'create', $$SELECT taskcrm.tc_create_account('x')$$, $$INSERT INTO taskcrm.account (name) VALUES ('x')$$),
  ('account', 'rename', $$SELECT taskcrm.tc_update_account('{account@}', '{"name": "x"}')$$, $$UPDATE taskcrm.account SET name = 'x'
    WHERE id = '{account@}'$$),
  ('account', 'delete', $$SELECT taskcrm.tc_delete_account('{spare account@}')$$, $$DELETE FROM taskcrm.account
    WHERE id = '{spare account@}'$$),
  ('contact', 'create', $$SELECT taskcrm.tc_create_contact('x', 'y', 'z@z.example', '{account@}')$$, $$INSERT
    INTO taskcrm.contact (first_name, last_name, email, account_id) VALUES ('x', 'y', 'z@z.example', '{account@}')$$),
  ('contact', 'rename', $$SELECT taskcrm.tc_update_contact('{contact@}', '{"first_name": "x", "last_name": "y"}')$$, $$UPDATE taskcrm.contact
    SET first_name = 'x', last_name = 'y' WHERE id = '{contact@}'$$),
  ('contact', 'delete one with links', $$SELECT taskcrm.tc_delete_contact('{contact@}')$$, $$DELETE FROM taskcrm.contact
    WHERE id = '{contact@}'$$),
  ('team', 'create', $$SELECT taskcrm.tc_create_team('x')$$, $$INSERT INTO taskcrm.team (name) VALUES ('x')$$),
  ('team', 'rename', $$SELECT taskcrm.tc_update_team('{team@}', '{"name": "x"}')$$, $$UPDATE taskcrm.team SET name = 'x'
    WHERE id = '{team@}'$$),
  ('team', 'delete one with links', $$SELECT taskcrm.tc_delete_team('{team@}')$$, $$DELETE FROM taskcrm.team
    WHERE id = '{team@}'$$),
  ('team_member', 'add', $$SELECT taskcrm.tc_add_team_member('{team@}', '{max@}')$$, $$INSERT
    INTO taskcrm.team_member (team_id, user_id) VALUES ('{team@}', '{max@}')$$),
  ('team_member', 'remove', $$SELECT taskcrm.tc_remove_team_member('{team@}', '{mia@}')$$, $$DELETE
    FROM taskcrm.team_member WHERE team_id = '{team@}'$$),
  ('task', 'create', $$
    SELECT taskcrm.tc_create_task('{"title": "x", "description": "d", "status": "Completed", "priority": "Low", "due_date": "2026-02-28", "account": "{account@}"}')$$,
    $$INSERT INTO taskcrm.task (title, description, status, priority, due_date, account_id)
      VALUES ('x', 'd', 'Completed', 'Low', '2026-02-28', '{account@}')$$),
  ('task', 'create with a title only', $$SELECT taskcrm.tc_create_task('{"title": "x"}')$$, $$INSERT
    INTO taskcrm.task (title) VALUES ('x')$$),
  ('task', 'update', $$SELECT taskcrm.tc_update_task('{task@}', '{"status": "In Progress", "account": "{account@}"}')$$,
    $$UPDATE taskcrm.task SET status = 'In Progress', account_id = '{account@}' WHERE id = '{task@}'$$),
  ('task', 'update nothing', $$SELECT taskcrm.tc_update_task('{task@}', '{"title": "task"}')$$, $$UPDATE taskcrm.task
    SET title = 'task' WHERE id = '{task@}'$$),
  ('task', 'delete', $$SELECT taskcrm.tc_delete_task('{task@}')$$, $$DELETE FROM taskcrm.task WHERE id = '{task@}'$$),
  ('task_contact', 'add',
    $$SELECT taskcrm.tc_update_task('{task@}', '{"contacts": ["{contact@}", "{spare contact@}"]}')$$, $$INSERT
    INTO taskcrm.task_contact (task_id, contact_id) VALUES ('{task@}', '{spare contact@}')$$),
  ('task_contact', 'remove', $$SELECT taskcrm.tc_update_task('{task@}', '{"contacts": []}')$$, $$DELETE
    FROM taskcrm.task_contact WHERE task_id = '{task@}'$$),
  ('task_contact', 'replace', $$SELECT taskcrm.tc_update_task('{task@}', '{"contacts": ["{spare contact@}"]}')$$,
    $$WITH d AS (DELETE FROM taskcrm.task_contact WHERE task_id = '{task@}') INSERT
      INTO taskcrm.task_contact (task_id, contact_id) VALUES ('{task@}', '{spare contact@}')$$),
  ('task_assignee', 'add', $$SELECT taskcrm.tc_update_task('{task@}', '{"assigned_to": ["{mia@}", "{max@}"]}')$$,
    $$INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES ('{task@}', '{max@}')$$),
  ('task_assignee', 'remove', $$SELECT taskcrm.tc_update_task('{task@}', '{"assigned_to": []}')$$, $$DELETE
    FROM taskcrm.task_assignee WHERE task_id = '{task@}'$$),
  ('task_team', 'add', $$SELECT taskcrm.tc_update_task('{task@}', '{"teams": ["{team@}", "{spare team@}"]}')$$, $$INSERT
    INTO taskcrm.task_team (task_id, team_id) VALUES ('{task@}', '{spare team@}')$$),
  ('task_team', 'remove', $$SELECT taskcrm.tc_update_task('{task@}', '{"teams": []}')$$, $$DELETE FROM taskcrm.task_team
    WHERE task_id = '{task@}'$$),
  ('task_comment', 'add', $$SELECT taskcrm.tc_add_task_comment_or_attachment('{task@}', 'x')$$, $$INSERT
    INTO taskcrm.task_comment (task_id, comment) VALUES ('{task@}', 'x')$$),
  ('task_comment', 'add with mentions',
    $$SELECT taskcrm.tc_add_task_comment_or_attachment('{task@}', 'for @max, @MIA and @una, @amy or x@max')$$, $$INSERT
    INTO taskcrm.task_comment (task_id, comment) VALUES ('{task@}', 'for @max, @MIA and @una, @amy or x@max')$$),
  ('task_comment', 'add several', $$SELECT taskcrm.tc_add_task_comment_or_attachment('{task@}', c)
    FROM unnest(ARRAY['@max', '@mia', 'none']) c$$, $$INSERT INTO taskcrm.task_comment (task_id, comment)
    SELECT '{task@}', c FROM unnest(ARRAY['@max', '@mia', 'none']) c$$),
  ('task_comment', 'add by MERGE', $$SELECT taskcrm.tc_add_task_comment_or_attachment('{task@}', '@max')$$,
    $$MERGE INTO taskcrm.task_comment c
      USING (VALUES ('@max')) v (comment) ON c.comment = v.comment WHEN NOT MATCHED THEN INSERT (task_id, comment)
      VALUES ('{task@}', v.comment)$$),
  ('task_comment', 'edit', $$SELECT taskcrm.tc_edit_task_comment('{comment@}', 'to @max')$$,
    $$UPDATE taskcrm.task_comment SET comment = 'to @max' WHERE id = '{comment@}'$$),
  ('task_comment', 'edit, mentions stay', $$SELECT taskcrm.tc_edit_task_comment('{comment@}', 'still to @mia')$$,
    $$UPDATE taskcrm.task_comment SET comment = 'still to @mia' WHERE id = '{comment@}'$$),
  ('task_comment', 'edit, no mentions', $$SELECT taskcrm.tc_edit_task_comment('{comment@}', 'to nobody')$$,
    $$UPDATE taskcrm.task_comment SET comment = 'to nobody' WHERE id = '{comment@}'$$),
  ('task_comment', 'edit, the same text', $$SELECT taskcrm.tc_edit_task_comment('{comment@}', 'to @mia')$$,
    $$UPDATE taskcrm.task_comment SET comment = 'to @mia' WHERE id = '{comment@}'$$),
  ('task_comment', 'edit by MERGE', $$SELECT taskcrm.tc_edit_task_comment('{comment@}', 'to @max')$$,
    $$MERGE INTO taskcrm.task_comment c
      USING (VALUES ('{comment@}'::uuid)) v (id) ON c.id = v.id WHEN MATCHED THEN UPDATE SET comment = 'to @max'$$),
  ('task_comment', 'delete', $$SELECT taskcrm.tc_delete_task_comment('{comment@}')$$, $$DELETE FROM taskcrm.task_comment
    WHERE id = '{comment@}'$$);
GRANT SELECT ON t.thing TO PUBLIC;

-- All rows of an organization. New ids are masked; times are shown as equal to now() or not.
CREATE FUNCTION t.rows(org uuid) RETURNS SETOF text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE
  tab name;
BEGIN
  FOR tab IN SELECT c.relname FROM pg_class c
    WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r' AND c.relname NOT IN ('task_count', 'event', 'event_generation')
      AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'org_id') LOOP
    RETURN QUERY EXECUTE format($q$SELECT %L || ' '
      || t.show((SELECT string_agg(k || '=' || CASE WHEN k LIKE '%%\_on' THEN CASE WHEN v::timestamptz = now()
      THEN 'now' ELSE 'then' END ELSE v END, ' ' ORDER BY k)
      FROM jsonb_each_text(to_jsonb(r)) j (k, v))) FROM %s r WHERE r.org_id = $1$q$, tab, taskcrm_internal.qualified_name(tab)) USING org;
  END LOOP;
  RETURN QUERY SELECT format('counted %s %s %s', status, priority, sum(n)) FROM taskcrm_internal.task_count WHERE org_id = org
    GROUP BY status, priority HAVING sum(n) <> 0;
END
$$;
-- Runs an operation and rolls it back; returns the resulting rows or the error.
CREATE FUNCTION t.after(statement text) RETURNS text[] LANGUAGE plpgsql AS $$
DECLARE
  org text := t.show(taskcrm.tc_current_org()::text);
BEGIN
  statement := regexp_replace(statement, '\{([a-z ]+)@\}', '{\1@' || org || '}', 'g');
  EXECUTE t.ids(statement);
  RAISE USING ERRCODE = 'TT000', MESSAGE = ARRAY(SELECT t.rows(taskcrm.tc_current_org()) ORDER BY 1)::text;
EXCEPTION WHEN others THEN
  RETURN CASE WHEN sqlstate = 'TT000' THEN sqlerrm::text[] ELSE ARRAY[concat_ws(' ', sqlstate, sqlerrm)] END;
END
$$;
CREATE FUNCTION t.compare(OUT thing text, OUT changes bigint, OUT differences text) RETURNS SETOF record
  LANGUAGE plpgsql AS $$
DECLARE
  before text[] := ARRAY(SELECT t.rows(taskcrm.tc_current_org()));
  api text[];
  direct text[];
  o record;
BEGIN
  FOR o IN SELECT * FROM t.thing ORDER BY n LOOP
    thing := o.tab || ', ' || o.what;
    api := t.after(o.by_api);
    direct := t.after(o.by_table);
    changes := (SELECT count(*) FROM (SELECT unnest(api) EXCEPT ALL SELECT unnest(before)) x);
    differences := (SELECT string_agg(E'\n  ' || d, '') FROM (
      (SELECT 'API   ' || a FROM (SELECT unnest(api) EXCEPT ALL SELECT unnest(direct)) x (a)) UNION ALL
      (SELECT 'table ' || a FROM (SELECT unnest(direct) EXCEPT ALL SELECT unnest(api)) x (a))) y (d));
    RETURN NEXT;
  END LOOP;
END
$$;
\o
\c - regress_api_alice
SELECT * FROM t.compare();
\c - regress_api_bob
SELECT * FROM t.compare();
-- The list includes every table that clients may write.
\c - :api_superuser
SELECT tab FROM taskcrm_internal.client_tables() WHERE insertable IS NOT NULL EXCEPT SELECT tab FROM t.thing;
-- A superuser's COPY of comments into any organization creates mentions; a load of old comments
-- brings its own mentions.
COPY taskcrm.task_comment (org_id, task_id, comment) FROM stdin;
0a000000-0000-4000-8000-000000000001	1a000000-0000-4000-8000-000000000007	copied for @max
0b000000-0000-4000-8000-000000000001	1b000000-0000-4000-8000-000000000007	copied for @mia
\.
COPY taskcrm.task_comment (org_id, id, task_id, comment, commented_on) FROM stdin;
0a000000-0000-4000-8000-000000000001	1a000000-0000-4000-8000-000000000009	1a000000-0000-4000-8000-000000000007	loaded for @max	2024-01-01 00:00Z
\.
COPY taskcrm.task_mention (org_id, comment_id, user_id) FROM stdin;
0a000000-0000-4000-8000-000000000001	1a000000-0000-4000-8000-000000000009	1a000000-0000-4000-8000-00000000000b
\.
SELECT c.comment, t.show(m.user_id::text) FROM taskcrm.task_comment c LEFT
  JOIN taskcrm.task_mention m ON m.comment_id = c.id
  WHERE c.comment ~ 'copied|loaded' ORDER BY c.comment;
-- A direct edit sets the mentions from the text.
UPDATE taskcrm.task_comment SET comment = comment WHERE comment ~ 'loaded';
SELECT t.show(user_id::text) FROM taskcrm.task_mention WHERE comment_id = '1a000000-0000-4000-8000-000000000009';

\set ECHO none
\i :teardown
