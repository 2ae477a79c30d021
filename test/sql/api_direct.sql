-- The tables under direct DML by real logins: the rules stand in them.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
SELECT count(taskcrm.tc_grant_access(('regress_api_' || n)::name, write => true)) FROM unnest(ARRAY['alice', 'amy', 'ann', 'bob', 'carl']) n;
\c - regress_api_amy

-- An ORM's rows: ids, authors, times and the version are the server's.
INSERT INTO taskcrm.task (title) VALUES ('by hand') RETURNING t.show(id::text), t.show(org_id::text), t.show(created_by::text),
  status, priority, version, created_on = now(), updated_on = now();
SELECT t.know('task', id) FROM taskcrm.task;
INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (t.id('task'), t.id('lee'));
INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (t.id('task'), t.id('ann')), (t.id('task'), t.id('amy'));
INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), t.id('ops'));
INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (t.id('task'), 'by hand') RETURNING t.show(commented_by::text), edited_on;
SELECT t.know('comment', id) FROM taskcrm.task_comment;
SELECT bool_and(c.created_on = t.created_on AND a.created_on = t.created_on AND e.created_on = t.created_on) FROM taskcrm.task t
  JOIN taskcrm.task_contact c ON c.task_id = t.id JOIN taskcrm.task_assignee a ON a.task_id = t.id JOIN taskcrm.task_team e ON e.task_id = t.id;
SELECT task -> 'task_obj' ->> 'contacts', task -> 'task_obj' ->> 'assigned_to', task -> 'task_obj' ->> 'teams' FROM (SELECT t.get_task('task')::json) s (task);
-- An update counts the version, and only one that changes something does.
UPDATE taskcrm.task SET status = 'Completed', due_date = '2024-02-29', account_id = t.id('contoso') WHERE id = t.id('task') RETURNING version, updated_on > created_on;
UPDATE taskcrm.task SET status = 'Completed', title = title WHERE id = t.id('task') RETURNING version;
UPDATE taskcrm.task SET description = repeat('long ', 10000) WHERE id = t.id('task') RETURNING version;
UPDATE taskcrm.task SET description = repeat('long ', 10000) WHERE id = t.id('task') RETURNING version;
UPDATE taskcrm.task_comment SET comment = comment WHERE id = t.id('comment') RETURNING edited_on;
UPDATE taskcrm.task_comment SET comment = 'edited by hand' WHERE id = t.id('comment') RETURNING edited_on > commented_on;

-- Constraints.
SELECT t.counts() AS before \gset
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES ('') RETURNING 1$$);
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES (E' \t\r\n') RETURNING 1$$);
SELECT t.try($$INSERT INTO taskcrm.task (title, description) VALUES ('x', repeat('é', 100001)) RETURNING 1$$) LIKE '23514 | new row for relation "task" violates check constraint "task_description_check"%';
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES (repeat('é', 256)) RETURNING 1$$) LIKE '23514 | new row for relation "task" violates check constraint "task_title_check"%';
SELECT left(t.try($$INSERT INTO taskcrm.task (title) VALUES (NULL) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task DEFAULT VALUES RETURNING 1$$), 5);
SELECT t.try($$INSERT INTO taskcrm.task (title, status) VALUES ('x', 'Done') RETURNING 1$$);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, status) VALUES ('x', NULL) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, due_date) VALUES ('x', 'infinity') RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, due_date) VALUES ('x', '0001-01-01 BC') RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, due_date) VALUES ('x', '10000-01-01') RETURNING 1$$), 5);
SELECT left(t.try($$UPDATE taskcrm.task SET title = ' ' RETURNING 1$$), 5), left(t.try($$UPDATE taskcrm.task SET title = NULL RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, account_id) VALUES ('x', t.id('unknown')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, account_id) VALUES ('x', t.id('b_account')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (t.id('task'), t.id('b_contact')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), t.id('b_team')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), t.id('ops')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), NULL) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (team_id) VALUES (t.id('ops')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (t.id('task'), '') RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (t.id('task'), repeat('x', 10001)) RETURNING 1$$), 5);
-- A foreign task, and one that does not exist: the same but for the id.
SELECT t.try(format('INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (%L, %L) RETURNING 1', t.id(task), t.id('lee'))) FROM unnest(ARRAY['unknown', 'b_task']) task;
SELECT t.try(format('INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (%L, %L) RETURNING 1', t.id(task), t.id('amy'))) FROM unnest(ARRAY['unknown', 'b_task']) task;
SELECT t.try(format('INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (%L, %L) RETURNING 1', t.id(task), 'x')) FROM unnest(ARRAY['unknown', 'b_task']) task;
-- Who is not an active member is not assigned.
SELECT t.try(format('INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (%L, %L) RETURNING 1', t.id('task'), t.id(who)))
  FROM unnest(ARRAY['ida', 'bob', 'nemo', 'unknown']) who;
SELECT t.counts() = :'before' AS nothing_left;

-- Privileges: the columns that are the server's, and deleting.
SELECT col, left(t.try(format('INSERT INTO taskcrm.task (title, %I) VALUES (%L, NULL) RETURNING 1', col, 'x')), 5), left(t.try(format('UPDATE taskcrm.task SET %I = %I RETURNING 1', col, col)), 5)
  FROM unnest(ARRAY['id', 'org_id', 'created_on', 'created_by', 'updated_on', 'version']) col;
SELECT col, left(t.try(format('INSERT INTO taskcrm.task_comment (task_id, comment, %I) VALUES (NULL, %L, NULL) RETURNING 1', col, 'x')), 5), left(t.try(format('UPDATE taskcrm.task_comment SET %I = %I RETURNING 1', col, col)), 5)
  FROM unnest(ARRAY['id', 'org_id', 'commented_on', 'commented_by', 'edited_on']) col;
SELECT left(t.try('UPDATE taskcrm.task_comment SET task_id = task_id RETURNING 1'), 5);
SELECT tab, left(t.try(format('INSERT INTO taskcrm.%I (org_id) VALUES (NULL) RETURNING 1', tab)), 5), left(t.try(format('INSERT INTO taskcrm.%I (created_on) VALUES (NULL) RETURNING 1', tab)), 5),
    left(t.try(format('UPDATE taskcrm.%I SET task_id = task_id RETURNING 1', tab)), 5), left(t.try(format('UPDATE taskcrm.%I SET created_on = created_on RETURNING 1', tab)), 5)
  FROM unnest(ARRAY['task_contact', 'task_assignee', 'task_team']) tab;
SELECT tab, left(t.try(format('DELETE FROM taskcrm.%I RETURNING 1', tab)), 5), left(t.try(format('TRUNCATE taskcrm.%I', tab)), 5)
  FROM unnest(ARRAY['task', 'task_contact', 'task_assignee', 'task_team', 'task_comment', 'task_mention', 'task_attachment', 'task_attachment_content', 'stored_answer']) tab;
SELECT tab, left(t.try(format('INSERT INTO taskcrm.%I DEFAULT VALUES RETURNING 1', tab)), 5), left(t.try(format('UPDATE taskcrm.%I SET org_id = org_id RETURNING 1', tab)), 5)
  FROM unnest(ARRAY['task_mention', 'task_attachment', 'task_attachment_content', 'stored_answer', 'member']) tab;

-- Author policies: another member's comment is not there for an UPDATE, an admin's
-- hand reaches it; another organization's never is.
\c - regress_api_ann
UPDATE taskcrm.task_comment SET comment = 'ann was here' RETURNING comment;
UPDATE taskcrm.task SET title = 'any member may' RETURNING title, version;
\c - regress_api_alice
UPDATE taskcrm.task_comment SET comment = 'an admin may' RETURNING comment, t.show(commented_by::text);
\c - regress_api_bob
UPDATE taskcrm.task_comment SET comment = 'bob was here' RETURNING comment;
UPDATE taskcrm.task SET title = 'bob was here' RETURNING title;
SELECT t.try(format('UPDATE taskcrm.task SET title = %L WHERE id = %L RETURNING 1', 'x', t.id('task')));
SELECT t.try(format('INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (%L, %L) RETURNING 1', t.id('task'), 'x')) LIKE '23503 | %';
-- Nobody in particular: no rows, no writes.
\c - regress_api_carl
SELECT count(*) FROM taskcrm.task;
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES ('x') RETURNING 1$$);
UPDATE taskcrm.task SET title = 'carl was here' RETURNING title;
-- What a superuser loads may choose all of it; what never changes is not the
-- superuser's to change either.
\c - :api_superuser
SELECT t.show(comment) FROM taskcrm.task_comment ORDER BY 1;
INSERT INTO taskcrm.task (org_id, id, title, created_on, created_by, updated_on, version)
  VALUES (t.id('acme'), t.id('unknown'), 'loaded', '2020-01-01 00:00Z', NULL, '2020-01-02 00:00Z', 7);
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on) VALUES (t.id('acme'), t.id('unknown'), t.id('ida'), '2020-01-01 00:00Z');
SELECT col, left(t.try(format('UPDATE taskcrm.task SET %I = %s WHERE id = %L RETURNING 1', col, value, t.id('unknown'))), 5)
  FROM (VALUES ('id', 'gen_random_uuid()'), ('org_id', 'gen_random_uuid()'), ('created_on', 'now()'), ('created_by', 'gen_random_uuid()')) v (col, value);

\set ECHO none
\i :teardown
