-- Direct DML on the tables by real logins: the tables enforce the rules.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
SELECT count(taskcrm.tc_grant_access(('regress_api_' || n)::name, write => true))
  FROM unnest(ARRAY['alice', 'amy', 'ann', 'bob', 'carl']) n;
\c - regress_api_amy

-- Rows as an ORM inserts them: the server sets ids, authors, times and the version.
INSERT INTO taskcrm.task (title) VALUES ('by hand')
  RETURNING t.show(id::text), t.show(org_id::text), t.show(created_by::text),
  status, priority, version, created_on = now(), updated_on = now();
SELECT t.know('task', id) FROM taskcrm.task;
INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (t.id('task'), t.id('lee'));
INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (t.id('task'), t.id('ann')), (t.id('task'), t.id('amy'));
INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), t.id('ops'));
INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (t.id('task'), 'by hand')
  RETURNING t.show(commented_by::text), edited_on;
SELECT t.know('comment', id) FROM taskcrm.task_comment;
SELECT bool_and(c.created_on = t.created_on AND a.created_on = t.created_on AND e.created_on = t.created_on)
  FROM taskcrm.task t
  JOIN taskcrm.task_contact c ON c.task_id = t.id JOIN taskcrm.task_assignee a ON a.task_id = t.id
    JOIN taskcrm.task_team e ON e.task_id = t.id;
SELECT task -> 'task_obj' ->> 'contacts', task -> 'task_obj' ->> 'assigned_to', task -> 'task_obj' ->> 'teams'
  FROM (SELECT t.get_task('task')::json) s (task);
-- Only an UPDATE that changes a value increments the version.
UPDATE taskcrm.task SET status = 'Completed', due_date = '2024-02-29', account_id = t.id('contoso')
  WHERE id = t.id('task') RETURNING version, updated_on > created_on;
UPDATE taskcrm.task SET status = 'Completed', title = title WHERE id = t.id('task') RETURNING version;
UPDATE taskcrm.task SET description = repeat('long ', 10000) WHERE id = t.id('task') RETURNING version;
UPDATE taskcrm.task SET description = repeat('long ', 10000) WHERE id = t.id('task') RETURNING version;
UPDATE taskcrm.task_comment SET comment = comment WHERE id = t.id('comment') RETURNING edited_on;
UPDATE taskcrm.task_comment SET comment = 'edited by hand' WHERE id = t.id('comment')
  RETURNING edited_on > commented_on;

-- Constraints.
SELECT t.counts() AS before \gset
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES ('') RETURNING 1$$);
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES (E' \t\r\n') RETURNING 1$$);
SELECT t.try($$INSERT INTO taskcrm.task (title, description) VALUES ('x', repeat('é', 100001))
  RETURNING 1$$) LIKE '23514 | new row for relation "task_text" violates check constraint "task_text_description_check"%';
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES (repeat('é', 256))
  RETURNING 1$$) LIKE '23514 | new row for relation "task" violates check constraint "task_title_check"%';
SELECT left(t.try($$INSERT INTO taskcrm.task (title) VALUES (NULL) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task DEFAULT VALUES RETURNING 1$$), 5);
SELECT t.try($$INSERT INTO taskcrm.task (title, status) VALUES ('x', 'Done') RETURNING 1$$);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, status) VALUES ('x', NULL) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, due_date) VALUES ('x', 'infinity') RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, due_date) VALUES ('x', '0001-01-01 BC') RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, due_date) VALUES ('x', '10000-01-01') RETURNING 1$$), 5);
SELECT left(t.try($$UPDATE taskcrm.task SET title = ' ' RETURNING 1$$), 5),
  left(t.try($$UPDATE taskcrm.task SET title = NULL RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, account_id) VALUES ('x', t.id('unknown')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task (title, account_id) VALUES ('x', t.id('b_account')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (t.id('task'), t.id('b_contact'))
  RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), t.id('b_team'))
  RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), t.id('ops')) RETURNING 1$$),
  5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('task'), NULL) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_team (team_id) VALUES (t.id('ops')) RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (t.id('task'), '') RETURNING 1$$), 5);
SELECT left(t.try($$INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (t.id('task'), repeat('x', 10001))
  RETURNING 1$$), 5);
-- The errors for a task of another organization and for an unknown task differ only in the id.
SELECT t.try(format('INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (%L, %L) RETURNING 1', t.id(task),
  t.id('lee'))) FROM unnest(ARRAY['unknown', 'b_task']) task;
SELECT t.try(format('INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (%L, %L) RETURNING 1', t.id(task),
  t.id('amy'))) FROM unnest(ARRAY['unknown', 'b_task']) task;
SELECT t.try(format('INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (%L, %L) RETURNING 1', t.id(task), 'x'))
  FROM unnest(ARRAY['unknown', 'b_task']) task;
-- Only active members can be assigned.
SELECT t.try(format('INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (%L, %L) RETURNING 1', t.id('task'),
  t.id(who)))
  FROM unnest(ARRAY['ida', 'bob', 'nemo', 'unknown']) who;
SELECT t.counts() = :'before' AS nothing_left;

-- Privileges: columns that only the server sets, and DELETE.
SELECT col, left(t.try(format('INSERT INTO taskcrm.task (title, %I) VALUES (%L, NULL) RETURNING 1', col, 'x')), 5),
  left(t.try(format('UPDATE taskcrm.task SET %I = %I RETURNING 1', col, col)), 5)
  FROM unnest(ARRAY['id', 'org_id', 'created_on', 'created_by', 'updated_on', 'version']) col;
SELECT col, left(t.try(format('INSERT INTO taskcrm.task_comment (task_id, comment, %I) VALUES (NULL, %L, NULL) RETURNING 1', col, 'x')), 5), left(t.try(format('UPDATE taskcrm.task_comment SET %I = %I RETURNING 1', col, col)), 5)
  FROM unnest(ARRAY['id', 'org_id', 'commented_on', 'commented_by', 'edited_on']) col;
SELECT left(t.try('UPDATE taskcrm.task_comment SET task_id = task_id RETURNING 1'), 5);
SELECT tab, left(t.try(format('INSERT INTO taskcrm.%I (org_id) VALUES (NULL) RETURNING 1', tab)), 5),
  left(t.try(format('INSERT INTO taskcrm.%I (created_on) VALUES (NULL) RETURNING 1', tab)), 5),
    left(t.try(format('UPDATE taskcrm.%I SET task_id = task_id RETURNING 1', tab)), 5),
      left(t.try(format('UPDATE taskcrm.%I SET created_on = created_on RETURNING 1', tab)), 5)
  FROM unnest(ARRAY['task_contact', 'task_assignee', 'task_team']) tab;
SELECT tab, left(t.try(format('DELETE FROM %s RETURNING 1', tab)), 5),
  left(t.try(format('TRUNCATE %s', tab)), 5)
  FROM unnest(ARRAY['taskcrm.task', 'taskcrm.task_contact', 'taskcrm.task_assignee', 'taskcrm.task_team', 'taskcrm.task_comment',
    'taskcrm.task_mention', 'taskcrm.task_attachment', 'taskcrm.task_attachment_content', 'taskcrm_internal.stored_answer']) tab;
SELECT tab, left(t.try(format('INSERT INTO %s DEFAULT VALUES RETURNING 1', tab)), 5),
  left(t.try(format('UPDATE %s SET org_id = org_id RETURNING 1', tab)), 5)
  FROM unnest(ARRAY['taskcrm.task_mention', 'taskcrm.task_attachment', 'taskcrm.task_attachment_content',
    'taskcrm_internal.stored_answer', 'taskcrm.member']) tab;

-- Author policies: an UPDATE by another member does not see the comment, an admin's does; comments
-- of other organizations are never visible.
\c - regress_api_ann
UPDATE taskcrm.task_comment SET comment = 'ann was here' RETURNING comment;
UPDATE taskcrm.task SET title = 'any member may' RETURNING title, version;
\c - regress_api_alice
UPDATE taskcrm.task_comment SET comment = 'an admin may' RETURNING comment, t.show(commented_by::text);
\c - regress_api_bob
UPDATE taskcrm.task_comment SET comment = 'bob was here' RETURNING comment;
UPDATE taskcrm.task SET title = 'bob was here' RETURNING title;
SELECT t.try(format('UPDATE taskcrm.task SET title = %L WHERE id = %L RETURNING 1', 'x', t.id('task')));
SELECT t.try(format('INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (%L, %L) RETURNING 1', t.id('task'),
  'x')) LIKE '23503 | %';
-- No organization selected: no rows are visible, and no row can be written.
\c - regress_api_carl
SELECT count(*) FROM taskcrm.task;
SELECT t.try($$INSERT INTO taskcrm.task (title) VALUES ('x') RETURNING 1$$);
UPDATE taskcrm.task SET title = 'carl was here' RETURNING title;
-- A superuser may choose every value of a new row, but cannot change immutable columns either.
\c - :api_superuser
SELECT t.show(comment) FROM taskcrm.task_comment ORDER BY 1;
INSERT INTO taskcrm.task (org_id, id, title, created_on, created_by, updated_on, version)
  VALUES (t.id('acme'), t.id('unknown'), 'loaded', '2020-01-01 00:00Z', NULL, '2020-01-02 00:00Z', 7);
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
  VALUES (t.id('acme'), t.id('unknown'), t.id('ida'), '2020-01-01 00:00Z');
SELECT col, left(t.try(format('UPDATE taskcrm.task SET %I = %s WHERE id = %L RETURNING 1', col, value,
  t.id('unknown'))), 5)
  FROM (VALUES ('id', 'gen_random_uuid()'), ('org_id', 'gen_random_uuid()'), ('created_on', 'now()'),
    ('created_by', 'gen_random_uuid()')) v (col, value);

-- Clients that write whole rows: a column that they may not choose is accepted if its value is that
-- of the row.
\c - regress_api_alice
SELECT t.know('row', (taskcrm.tc_create_task(t.json('{"title": "whole row", "account": "{northwind}"}')) ->>
  'id')::uuid);
SELECT t.know('remark', (taskcrm.tc_add_task_comment_or_attachment(t.id('row'), 'a remark') #>> '{comment,id}')::uuid);
-- Setting each column of each table that clients may write to its own value changes nothing.
SELECT c.relname, string_agg(a.attname || ': '
  || t.try(format('UPDATE taskcrm.%I SET %2$I = %2$I WHERE id = %3$L RETURNING 1', c.relname, a.attname,
    t.id(v.row))), ', ' ORDER BY a.attnum)
  FROM (VALUES ('task', 'row'), ('task_comment', 'remark'), ('account', 'northwind'), ('contact', 'lee'),
    ('team', 'sales')) v (tab, row)
  JOIN pg_class c ON c.relname = v.tab AND c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped GROUP BY c.relname
    ORDER BY c.relname;
SELECT version FROM taskcrm.task WHERE id = t.id('row');
SELECT edited_on IS NULL FROM taskcrm.task_comment WHERE id = t.id('remark');
-- Setting it to another value is an error that names the column.
SELECT tab, col, t.try(format('UPDATE taskcrm.%I SET %I = %s WHERE id = %L RETURNING 1', tab, col, value, t.id(row)))
  FROM (VALUES ('task', 'row', 'id', 'gen_random_uuid()'), ('task', 'row', 'org_id', quote_literal(t.id('umbrella'))),
    ('task', 'row', 'created_on', quote_literal('2020-01-01')),
    ('task', 'row', 'created_by', quote_literal(t.id('amy'))),
    ('task', 'row', 'created_by', 'NULL'), ('task', 'row', 'updated_on', 'now()'), ('task', 'row', 'version', '99'),
      ('task', 'row', 'version', 'version + 1'), ('task_comment', 'remark', 'id', 'gen_random_uuid()'),
    ('task_comment', 'remark', 'task_id', quote_literal(t.id('unknown'))),
      ('task_comment', 'remark', 'commented_on', 'now()'), ('task_comment', 'remark', 'commented_by', 'NULL'),
      ('task_comment', 'remark', 'edited_on', 'now()'),
    ('account', 'northwind', 'id', 'gen_random_uuid()'), ('contact', 'lee', 'org_id', quote_literal(t.id('umbrella'))),
      ('team', 'sales', 'id', 'gen_random_uuid()')) v (tab, row, col, value);
UPDATE taskcrm.task SET title = 'changed', version = version, updated_on = updated_on, created_on = created_on
  WHERE id = t.id('row') RETURNING title, version;
-- An upsert of rows that were read, in the form that PostgREST generates: it sets every column of
-- the body.
CREATE FUNCTION pg_temp.upsert(tab text, body json) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  columns text := (SELECT string_agg(quote_ident(k), ', ') FROM json_object_keys(body) k);
  sets text := (SELECT string_agg(format('%1$I = EXCLUDED.%1$I', k), ', ') FROM json_object_keys(body) k);
BEGIN
  RETURN t.try(format('WITH u AS (INSERT INTO taskcrm.%1$I AS x (%2$s) SELECT %2$s FROM json_populate_recordset(NULL::taskcrm.%1$I, %3$L) ON CONFLICT (org_id, id) DO UPDATE SET %4$s RETURNING x.*) SELECT to_json(u) FROM u',
    tab, columns, json_build_array(body), sets));
END
$$;
SELECT to_json(t) AS read FROM taskcrm.task t WHERE id = t.id('row') \gset
SELECT pg_temp.upsert('task', :'read') = t.show(:'read') AS unchanged;
SELECT pg_temp.upsert('task', jsonb_set(:'read'::jsonb, '{title}', '"upserted"')::json)::json ->> 'version';
-- The version has changed since the row was read.
SELECT pg_temp.upsert('task', jsonb_set(:'read'::jsonb, '{title}', '"lost"')::json);
SELECT to_json(c) AS read FROM taskcrm.task_comment c WHERE id = t.id('remark') \gset
SELECT pg_temp.upsert('task_comment', :'read') = t.show(:'read') AS unchanged;
SELECT pg_temp.upsert('task_comment', jsonb_set(:'read'::jsonb, '{comment}', '"upserted, @amy"')::json)::json ->>
  'comment';
SELECT t.show(user_id::text) FROM taskcrm.task_mention WHERE comment_id = t.id('remark');
SELECT pg_temp.upsert('account',
  json_build_object('org_id', t.id('acme'), 'id', t.id('northwind'), 'name', 'Northwind & Co'))::json ->> 'name',
  pg_temp.upsert('contact',
    json_build_object('org_id', t.id('acme'), 'id', t.id('lee'), 'first_name', 'Anne', 'account_id',
    t.id('contoso')))::json ->> 'first_name',
  pg_temp.upsert('team', json_build_object('org_id', t.id('acme'), 'id', t.id('sales'), 'name', 'Selling'))::json ->>
    'name';
-- A new row may contain its id; the server sets the other values.
SELECT t.show(pg_temp.upsert('task',
  json_build_object('id', '0d000000-0000-4000-8000-00000000d001', 'title', 'own id')))::json ->> 'id';
SELECT t.try(format('INSERT INTO taskcrm.task (id, title) VALUES (%L, %L) RETURNING 1', t.id('row'), 'taken'));
SELECT col, t.try(format('INSERT INTO taskcrm.task (title, %I) VALUES (%L, %s) RETURNING 1', col, 'x', value))
  FROM (VALUES ('created_on', 'now()'), ('created_on', 'DEFAULT'), ('created_on', quote_literal('2020-01-01')),
    ('updated_on', 'now()'), ('updated_on', quote_literal('2020-01-01')), ('version', '1'), ('version', '2'),
    ('version', '0'),
    ('created_by', quote_literal(t.id('alice'))), ('created_by', quote_literal(t.id('amy'))), ('created_by', 'NULL'),
      ('org_id', quote_literal(t.id('acme'))), ('org_id', quote_literal(t.id('umbrella'))), ('id', 'NULL')) v (col,
      value);
SELECT col, t.try(format('INSERT INTO taskcrm.task_comment (task_id, comment, %I) VALUES (%L, %L, %s) RETURNING 1', col,
  t.id('row'), 'x', value))
  FROM (VALUES ('commented_on', 'now()'), ('commented_on', quote_literal('2020-01-01')), ('edited_on', 'NULL'),
    ('edited_on', 'now()'), ('commented_by', quote_literal(t.id('amy')))) v (col, value);
-- As ORMs insert: every column is named, and those of the server are DEFAULT.
SELECT t.try($$INSERT
  INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id, created_on, created_by,
  updated_on, version)
  VALUES (DEFAULT, DEFAULT, 'by an ORM', NULL, 'New', DEFAULT, NULL, NULL, DEFAULT, DEFAULT, DEFAULT, DEFAULT)
    RETURNING version$$);
-- Whole rows of the link tables. A link that is new counts as a change of the task, whatever was
-- sent as created_on; one that is upserted unchanged does not.
SELECT version AS version FROM taskcrm.task WHERE id = t.id('row') \gset
SELECT tab, t.try(t.ids(format('INSERT INTO taskcrm.%s (org_id, task_id, %s, created_on) VALUES (DEFAULT, %L, %L, %s)
  RETURNING created_on = (SELECT created_on FROM taskcrm.task WHERE id = %3$L)', tab, col, '{row}', target, sent)))
  FROM (VALUES ('task_contact', 'contact_id', '{lee}', 'DEFAULT'), ('task_team', 'team_id', '{ops}', 'NULL'),
    ('task_assignee', 'user_id', '{amy}', '(SELECT created_on FROM taskcrm.task WHERE id = ''{row}'')'))
    v (tab, col, target, sent);
SELECT version - :version FROM taskcrm.task WHERE id = t.id('row');
SELECT tab, t.try(format('INSERT INTO taskcrm.%1$s (org_id, task_id, %2$s, created_on)
  SELECT org_id, task_id, %2$s, created_on FROM taskcrm.%1$s WHERE task_id = %3$L
  ON CONFLICT (org_id, task_id, %2$s) DO UPDATE SET org_id = excluded.org_id, task_id = excluded.task_id,
    %2$s = excluded.%2$s, created_on = excluded.created_on RETURNING 1', tab, col, t.id('row')))
  FROM (VALUES ('task_contact', 'contact_id'), ('task_team', 'team_id'), ('task_assignee', 'user_id')) v (tab, col);
INSERT INTO taskcrm.team_member (org_id, team_id, user_id) VALUES (DEFAULT, t.id('ops'), t.id('amy'));
INSERT INTO taskcrm.team_member (org_id, team_id, user_id) SELECT * FROM taskcrm.team_member
  ON CONFLICT (org_id, team_id, user_id) DO UPDATE SET org_id = excluded.org_id, team_id = excluded.team_id,
    user_id = excluded.user_id;
SELECT version - :version FROM taskcrm.task WHERE id = t.id('row');
-- Another created_on is refused, and so is a change of what a link belongs to.
SELECT sent, t.try(format('INSERT INTO taskcrm.task_team (task_id, team_id, created_on) VALUES (%L, %L, %s) RETURNING 1',
  t.id('row'), t.id('sales'), sent))
  FROM unnest(ARRAY['now()', '''2020-01-01''', '''infinity''']) sent;
SELECT tab, t.try(format('UPDATE taskcrm.%s SET %s = %L RETURNING 1', tab, col, value))
  FROM (VALUES ('task_team', 'created_on', '2020-01-01'), ('task_team', 'task_id', t.id('unknown')::text),
    ('task_team', 'org_id', t.id('umbrella')::text), ('team_member', 'user_id', t.id('unknown')::text)) v (tab, col, value);
-- A link may change what it refers to, within the organization, and an assignee must be active.
SELECT tab, t.try(t.ids(format('UPDATE taskcrm.%s SET %s = %L WHERE task_id = %L RETURNING 1', tab, col, value, '{row}')))
  FROM (VALUES ('task_contact', 'contact_id', '{kim}'), ('task_contact', 'contact_id', '{b_contact}'),
    ('task_team', 'team_id', '{sales}'), ('task_team', 'team_id', '{unknown}'), ('task_assignee', 'user_id', '{ann}'),
    ('task_assignee', 'user_id', '{ida}'), ('task_assignee', 'user_id', '{bob}')) v (tab, col, value);
SELECT version - :version FROM taskcrm.task WHERE id = t.id('row');
SELECT t.try(t.ids('INSERT INTO taskcrm.task_assignee (task_id, user_id, created_on)
  SELECT id, ''{ida}'', created_on FROM taskcrm.task WHERE id = ''{row}'' RETURNING 1'));
SELECT t.know('nowhere', '0e000000-0000-4000-8000-00000000ea97');
-- A task or member of another organization, with its org_id or the caller's, and an unknown one:
-- the errors differ only in the id. The other organization's task has this created_on.
SELECT org, task, sent, t.try(t.ids(format('INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
  VALUES (%L, %L, %L, %s) RETURNING 1', '{' || org || '}', '{' || task || '}', '{ops}', sent)))
  FROM unnest(ARRAY['umbrella', 'acme']) org, unnest(ARRAY['b_task', 'nowhere']) task,
    unnest(ARRAY['DEFAULT', '''2023-03-01 00:00:00Z''', '''2023-03-02 00:00:00Z''']) sent
  ORDER BY org, sent, task;
SELECT task, who, t.try(t.ids(format('INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id)
  VALUES (%L, %L, %L) RETURNING 1', '{umbrella}', '{' || task || '}', '{' || who || '}')))
  FROM unnest(ARRAY['b_task', 'nowhere']) task, unnest(ARRAY['bob', 'unknown']) who;
-- Writing by column allows no lock of a table.
SELECT tab, mode, t.try(format('LOCK TABLE taskcrm.%I IN %s MODE', tab, mode))
  FROM unnest(ARRAY['task', 'task_team', 'team_member']) tab, unnest(ARRAY['ROW EXCLUSIVE', 'SHARE']) mode;
-- An id used by another organization's task is available, and that task does not change.
SELECT t.checksum(t.id('umbrella')) AS before \gset
SELECT pg_temp.upsert('task', json_build_object('id', t.id('b_task'), 'title', 'same id'))::json ->> 'org_id' AS own;
SELECT pg_temp.upsert('task', json_build_object('org_id', t.id('umbrella'), 'id', t.id('b_task'), 'title', 'stolen'));
SELECT pg_temp.upsert('task',
  json_build_object('org_id', t.id('umbrella'), 'id', t.id('b_task'), 'title', 'stolen', 'created_on',
  '2023-03-01T00:00:00Z'));
SELECT pg_temp.upsert('task',
  json_build_object('org_id', t.id('umbrella'), 'id', t.id('b_task'), 'title', 'stolen', 'created_on',
  '2023-03-02T00:00:00Z'));
SELECT t.checksum(t.id('umbrella')) = :'before' AS untouched;
-- A row created by another user cannot be upserted, only updated.
\c - regress_api_amy
SELECT to_json(t) AS read FROM taskcrm.task t WHERE id = t.id('row') \gset
SELECT t.try(format('UPDATE taskcrm.task SET (org_id, id, title, created_on, created_by, updated_on, version) = (SELECT r.org_id, r.id, r.title, r.created_on, r.created_by, r.updated_on, r.version FROM json_populate_record(NULL::taskcrm.task, %L) r) WHERE id = %L RETURNING version', :'read', t.id('row')));

\set ECHO none
\i :teardown
