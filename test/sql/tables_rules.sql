-- The tables: properties of all tables in the catalogues, and the rules that apply to every writer,
-- including superusers.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
\t on
\pset format unaligned
CREATE TEMP VIEW tables AS
SELECT c.*, EXISTS (SELECT FROM pg_attribute a
  WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped) AS tenant
FROM pg_class c WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p');
SELECT string_agg(relname, ' ' ORDER BY relname COLLATE "C") FROM tables WHERE tenant;
SELECT string_agg(relname, ' ' ORDER BY relname COLLATE "C") FROM tables WHERE NOT tenant;

-- Each list of exceptions below is empty.
-- Row-level security is enabled and forced on every table.
SELECT relname FROM tables WHERE NOT (relrowsecurity AND relforcerowsecurity);
-- It applies to the owner.
SELECT relname FROM tables JOIN pg_roles r ON r.oid = relowner WHERE r.rolsuper OR r.rolbypassrls OR r.rolcanlogin;
-- Each tenant table has one permissive policy for each command, which compares org_id;
-- tables_policies shows the policies in full.
SELECT t.relname, command FROM tables t, unnest('{r,a,w,d}'::"char"[]) command WHERE tenant
  AND (SELECT count(*) FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive AND p.polcmd IN (command, '*')
       AND concat(pg_get_expr(p.polqual, p.polrelid),
         pg_get_expr(p.polwithcheck, p.polrelid)) ~ '\(org_id = taskcrm\.tc_current_org\(\)\)') <> 1;
-- All other policies are restrictive.
SELECT t.relname, p.polname, p.polcmd, pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)
FROM tables t JOIN pg_policy p ON p.polrelid = t.oid AND NOT p.polpermissive
  ORDER BY t.relname COLLATE "C", p.polname COLLATE "C";
-- Keys and indexes of tenant tables begin with org_id; a GIN index, which has no column order,
-- contains it.
SELECT i.indexrelid::regclass FROM pg_index i JOIN tables t ON t.oid = i.indrelid AND t.tenant
  JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
WHERE CASE m.amname WHEN 'gin' THEN NOT EXISTS (SELECT FROM pg_attribute a
  WHERE a.attrelid = t.oid AND a.attname = 'org_id' AND a.attnum = ANY (i.indkey))
  ELSE (SELECT a.attname FROM pg_attribute a WHERE a.attrelid = t.oid AND a.attnum = i.indkey[0]) <> 'org_id' END;
-- Foreign keys between tenant tables begin with org_id on both sides.
SELECT k.conname FROM pg_constraint k JOIN tables t ON t.oid = k.conrelid AND t.tenant
  JOIN tables r ON r.oid = k.confrelid AND r.tenant
WHERE k.contype = 'f'
  AND ((SELECT attname FROM pg_attribute WHERE attrelid = t.oid AND attnum = k.conkey[1]) <> 'org_id'
  OR (SELECT attname FROM pg_attribute WHERE attrelid = r.oid AND attnum = k.confkey[1]) <> 'org_id');
-- No foreign key sets columns to null or default, which distributed tables do not support, and none
-- is deferrable.
SELECT k.conname FROM pg_constraint k JOIN tables t ON t.oid = k.conrelid
  WHERE k.contype = 'f' AND (k.confdeltype NOT IN ('a', 'r', 'c') OR k.confupdtype <> 'a' OR k.condeferrable);
-- Each foreign key has an index on its columns, so that deleting the referenced row scans no table
-- (except for authors, who are not deleted). A GIN index serves each of its columns.
SELECT k.conname FROM pg_constraint k JOIN tables t ON t.oid = k.conrelid AND t.tenant
WHERE k.contype = 'f' AND k.conname !~ '_(created|completed|commented|accepted)_by_fkey$'
  AND NOT EXISTS (SELECT FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am m ON m.oid = c.relam
    WHERE i.indrelid = t.oid AND i.indkey::int2[] @> k.conkey
      AND (m.amname = 'gin' OR (i.indkey::int2[])[0:cardinality(k.conkey) - 1] <@ k.conkey))
ORDER BY k.conname COLLATE "C";
-- Constraints have explicit names, which an upgrade can refer to.
SELECT k.conname FROM pg_constraint k JOIN tables t ON t.oid = k.conrelid WHERE k.conname ~ '\d$' AND k.contype <> 'n';
-- No C function is outside the extension, because a dump must contain everything that tables use.
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND l.lanname = 'c'
  AND NOT EXISTS (SELECT FROM pg_depend d
    WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e');
-- The triggers that invalidate cached identities also fire on subscribers.
SELECT tgrelid::regclass, tgenabled FROM pg_trigger WHERE tgname = 'identity_changed'
  ORDER BY tgrelid::regclass::text COLLATE "C";

-- All columns except org_id, titles and references have defaults.
SELECT t.relname, a.attname, pg_get_expr(d.adbin, d.adrelid) FROM tables t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
WHERE a.attname IN ('id', 'created_on', 'created_by', 'updated_on', 'version', 'is_active', 'status', 'priority',
  'commented_on', 'commented_by', 'role')
ORDER BY t.relname COLLATE "C", a.attnum;
INSERT INTO taskcrm.task (org_id, title) VALUES (id('org', 1), 'Defaults')
RETURNING status, priority, created_by, created_on = now(), updated_on = now(), version, due_date, description,
  account_id, substr(id::text, 15, 1) AS uuid_version;
-- Ids are time-ordered, and ascending within a session.
SELECT bool_and(id > before), count(DISTINCT id) FROM (SELECT id, lag(id) OVER (ORDER BY n) AS before
  FROM (SELECT n, taskcrm.tc_uuidv7() AS id FROM generate_series(1, 20000) AS n) AS g) AS o;
SELECT count(*) FROM generate_series(1, 1000) AS n, taskcrm.tc_uuidv7() AS id
WHERE id::text !~ '^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$';
SELECT abs(extract(epoch
  FROM clock_timestamp()) - ('x'
  || lpad(left(replace(taskcrm.tc_uuidv7()::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0) < 60;

-- Check constraints.
SELECT regexp_replace(s, '^.*?taskcrm\.', '') AS statement, split_part(attempt(s), E'\n', 1)
  FROM (SELECT format('INSERT INTO taskcrm.%s VALUES (%L, %s)', t, id('org', 1), v) AS s, n FROM (VALUES
  (1, 'task (org_id, title)', 'NULL'), (2, 'task (org_id, title)', ''''''), (3, 'task (org_id, title)', ''' '''),
    (4, 'task (org_id, title)', 'E'' \t\r\n'''),
  (5, 'task (org_id, title, due_date)', '''x'', ''infinity'''),
    (6, 'task (org_id, title, due_date)', '''x'', ''-infinity'''),
  (7, 'task (org_id, title, due_date)', '''x'', ''10000-01-01'''),
    (8, 'task (org_id, title, due_date)', '''x'', ''0001-12-31 BC'''),
  (9, 'task (org_id, title, created_on)', '''x'', ''infinity'''),
    (10, 'task (org_id, title, updated_on)', '''x'', ''-infinity'''),
  (11, 'task (org_id, title, created_on)', '''x'', NULL'), (12, 'task (org_id, title, version)', '''x'', 0'),
    (13, 'task (org_id, title, status)', '''x'', NULL'),
  (14, 'task (org_id, title, status)', '''x'', ''Done'''),
  (21, 'account (org_id, name)', ''' '''), (22, 'team (org_id, name)', ''''''),
    (23, 'contact (org_id, first_name)', ''' '''), (24, 'contact (org_id, first_name)', 'NULL'),
  (31, 'member (org_id, user_id, role)', '''00000002-0000-7000-8000-000000000004'', ''owner'''),
  (41, 'task_comment (org_id, task_id, comment)', '''00000006-0000-7000-8000-000000000001'', '' '''),
  (42, 'task_comment (org_id, task_id, comment, commented_on)',
    '''00000006-0000-7000-8000-000000000001'', ''x'', ''infinity'''),
  (51, 'task_attachment (org_id, task_id, file_name, url)',
    '''00000006-0000-7000-8000-000000000001'', ''a/b'', ''https://x.test/a'''),
  (52, 'task_attachment (org_id, task_id, file_name, url)',
    '''00000006-0000-7000-8000-000000000001'', ''a\b'', ''https://x.test/a'''),
  (53, 'task_attachment (org_id, task_id, file_name, url)',
    '''00000006-0000-7000-8000-000000000001'', E''a\nb'', ''https://x.test/a'''),
  (54, 'task_attachment (org_id, task_id, file_name, url)',
    '''00000006-0000-7000-8000-000000000001'', '''', ''https://x.test/a'''),
  (55, 'task_attachment (org_id, task_id, file_name, url)',
    '''00000006-0000-7000-8000-000000000001'', ''a'', ''javascript:alert(1)'''),
  (56, 'task_attachment (org_id, task_id, file_name, url)',
    '''00000006-0000-7000-8000-000000000001'', ''a'', ''https://x.test/ a'''),
  (57, 'task_attachment (org_id, task_id, file_name)', '''00000006-0000-7000-8000-000000000001'', ''a'''),
  (58, 'task_attachment (org_id, task_id, file_name, content_type, size, sha256)',
    '''00000006-0000-7000-8000-000000000001'', ''a'', ''a/b'', -1, sha256(''a'')'),
  (59, 'task_attachment (org_id, task_id, file_name, content_type, size, sha256)',
    '''00000006-0000-7000-8000-000000000001'', ''a'', ''a/b'', 1, ''a'''),
  (60, 'task_attachment (org_id, task_id, file_name, size)', '''00000006-0000-7000-8000-000000000001'', ''a'', 1'),
  (61, 'task_attachment (org_id, task_id, file_name, url)',
    '''00000006-0000-7000-8000-000000000001'', ''a'', ''https://x.test/a?b=c'''))
  AS v (n, t, v) ORDER BY n) AS statements;
-- Lengths are in characters.
SELECT left(attempt(format('INSERT INTO taskcrm.task (org_id, title) VALUES (%L, %L)', id('org', 1), repeat('é', n))),
  5) FROM unnest(ARRAY[255, 256]) AS n;
SELECT left(attempt(format('INSERT INTO taskcrm.account (org_id, name) VALUES (%L, %L)', id('org', 1), repeat('é', n))),
  5) FROM unnest(ARRAY[255, 256]) AS n;
SELECT left(attempt(format('INSERT INTO taskcrm.task_comment (org_id, task_id, comment) VALUES (%L, %L, %L)',
  id('org', 1), id('task', 1), repeat('é', n))), 5)
FROM unnest(ARRAY[10000, 10001]) AS n;
SELECT left(attempt(format('INSERT INTO taskcrm.app_user (email) VALUES (%L)', e)), 5)
  FROM unnest(ARRAY['x', '@x', 'a@', repeat('a', 253) || '@x', 'ada@acme.test']) AS e;
DELETE FROM taskcrm.task WHERE title LIKE 'é%' OR title = 'Defaults';
DELETE FROM taskcrm.account WHERE name LIKE 'é%';
DELETE FROM taskcrm.task_comment WHERE comment LIKE 'é%';
DELETE FROM taskcrm.task_attachment WHERE file_name = 'a';

-- Links connect only rows of one organization, even for a superuser.
SELECT s, attempt(s) FROM unnest(ARRAY[
  $$INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id)
    VALUES (id('org', 1), id('task', 1), id('contact', 9))$$,
  $$INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id)
    VALUES (id('org', 1), id('task', 9), id('contact', 1))$$,
  $$INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id)
    VALUES (id('org', 2), id('task', 1), id('contact', 9))$$,
  $$INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
    VALUES (id('org', 2), id('task', 1), id('contact', 9), now())$$,
  $$INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) VALUES (id('org', 1), id('task', 1), id('user', 4))$$,
  $$INSERT INTO taskcrm.task_team (org_id, task_id, team_id) VALUES (id('org', 1), id('task', 1), id('team', 9))$$,
  $$INSERT INTO taskcrm.team_member (org_id, team_id, user_id) VALUES (id('org', 1), id('team', 1), id('user', 4))$$,
  $$INSERT INTO taskcrm.task_comment (org_id, task_id, comment) VALUES (id('org', 1), id('task', 9), 'x')$$,
  $$INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, url)
    VALUES (id('org', 1), id('task', 9), 'x', 'https://x.test/')$$,
  $$INSERT INTO taskcrm.task_attachment_content (org_id, attachment_id, content)
    VALUES (id('org', 1), id('attachment', 9), 'x')$$,
  $$INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id)
    VALUES (id('org', 1), id('comment', 9), id('user', 1))$$,
  $$UPDATE taskcrm.task SET account_id = id('account', 9) WHERE id = id('task', 1)$$,
  $$UPDATE taskcrm.contact SET account_id = id('account', 9) WHERE id = id('contact', 1)$$,
  $$INSERT INTO taskcrm.task (org_id, title) VALUES (id('org', 7), 'x')$$,
  $$DELETE FROM taskcrm.account WHERE id = id('account', 1)$$]) AS s;

-- Immutable columns, for every role.
SELECT s, attempt(s) FROM unnest(ARRAY[
  $$UPDATE taskcrm.task SET org_id = id('org', 2)$$,
  $$UPDATE taskcrm.task SET id = id('task', 77) WHERE id = id('task', 1)$$,
  $$UPDATE taskcrm.task SET created_by = id('user', 2) WHERE id = id('task', 1)$$,
  $$UPDATE taskcrm.task SET created_by = NULL WHERE id = id('task', 1)$$,
  $$UPDATE taskcrm.task SET created_on = now() WHERE id = id('task', 1)$$,
  $$UPDATE taskcrm.task SET created_on = created_on, created_by = created_by, org_id = org_id, id = id
    WHERE id = id('task', 1)$$,
  $$MERGE INTO taskcrm.task t
    USING (SELECT 1) s ON t.id = id('task', 1) WHEN MATCHED THEN UPDATE SET org_id = id('org', 2)$$,
  $$INSERT INTO taskcrm.task (org_id, id, title) VALUES (id('org', 1), id('task', 1), 'x')
    ON CONFLICT (org_id, id) DO UPDATE SET created_on = now()$$,
  $$UPDATE taskcrm.organization SET id = id('org', 7) WHERE id = id('org', 1)$$,
  $$UPDATE taskcrm.organization SET created_on = '2000-01-01' WHERE id = id('org', 1)$$,
  $$UPDATE taskcrm.app_user SET id = id('user', 77) WHERE id = id('user', 1)$$,
  $$UPDATE taskcrm.member SET org_id = id('org', 2) WHERE user_id = id('user', 1)$$,
  $$UPDATE taskcrm.member SET user_id = id('user', 4) WHERE user_id = id('user', 1)$$,
  $$UPDATE taskcrm.account SET org_id = id('org', 2)$$,
  $$UPDATE taskcrm.contact SET id = taskcrm.tc_uuidv7()$$,
  $$UPDATE taskcrm.team SET org_id = id('org', 2)$$,
  $$UPDATE taskcrm.team_member SET user_id = id('user', 3)$$,
  $$UPDATE taskcrm.task_contact SET task_id = id('task', 2)$$,
  $$UPDATE taskcrm.task_assignee SET created_on = now()$$,
  $$UPDATE taskcrm.task_team SET org_id = id('org', 2)$$,
  $$UPDATE taskcrm.task_comment SET task_id = id('task', 2)$$,
  $$UPDATE taskcrm.task_comment SET commented_by = id('user', 2)$$,
  $$UPDATE taskcrm.task_comment SET commented_on = now()$$,
  $$UPDATE taskcrm.task_mention SET user_id = id('user', 3)$$,
  $$UPDATE taskcrm.task_attachment SET sha256 = sha256('x')$$,
  $$UPDATE taskcrm.task_attachment SET created_by = NULL$$,
  $$UPDATE taskcrm.task_attachment_content SET content = 'x'$$]) AS s;

-- A change increments the version and sets updated_on; an UPDATE without a change does not.
UPDATE taskcrm.task SET title = 'Changed' WHERE id = id('task', 1) RETURNING version, updated_on = now();
UPDATE taskcrm.task SET title = title WHERE id = id('task', 1) RETURNING version;
UPDATE taskcrm.task SET title = 'Changed', account_id = NULL, version = 90, updated_on = '2000-01-01'
  WHERE id = id('task', 1) RETURNING version, updated_on = now();
INSERT INTO taskcrm.task (org_id, id, title, version) VALUES (id('org', 1), id('task', 80), 'Worn', 2147483647);
SELECT attempt($$UPDATE taskcrm.task SET title = 'Once more' WHERE id = id('task', 80)$$);
DELETE FROM taskcrm.task WHERE id = id('task', 80);
UPDATE taskcrm.task_comment SET comment = 'Edited' WHERE id = id('comment', 1) RETURNING edited_on = now();
UPDATE taskcrm.task_comment SET comment = 'Edited' WHERE id = id('comment', 9) RETURNING edited_on = now();
-- Links copy created_on from the task; a given value is kept, for restores.
SELECT count(*), count(*) FILTER (WHERE l.created_on <> t.created_on) FROM taskcrm.task_contact l
  JOIN taskcrm.task t ON t.org_id = l.org_id AND t.id = l.task_id;
SELECT count(*), count(*) FILTER (WHERE l.created_on <> t.created_on) FROM taskcrm.task_assignee l
  JOIN taskcrm.task t ON t.org_id = l.org_id AND t.id = l.task_id;
SELECT count(*), count(*) FILTER (WHERE l.created_on <> t.created_on) FROM taskcrm.task_team l
  JOIN taskcrm.task t ON t.org_id = l.org_id AND t.id = l.task_id;
SELECT attempt($$INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id)
  VALUES (id('org', 1), NULL, id('contact', 1))$$);
SELECT attempt($$INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (id('task', 1), id('contact', 1))$$);
-- A trigger function cannot be called directly.
SELECT left(attempt('SELECT taskcrm_internal.task_touch()'), 5);

-- Deleting a task deletes its dependent rows and nothing else.
SET taskcrm.bin_retention = 0;
DELETE FROM taskcrm.task WHERE id = id('task', 1);
RESET taskcrm.bin_retention;
SELECT 'task_contact', count(*) FROM taskcrm.task_contact WHERE org_id = id('org', 1) UNION ALL
SELECT 'task_assignee', count(*) FROM taskcrm.task_assignee WHERE org_id = id('org', 1) UNION ALL
SELECT 'task_team', count(*) FROM taskcrm.task_team WHERE org_id = id('org', 1) UNION ALL
SELECT 'task_comment', count(*) FROM taskcrm.task_comment WHERE org_id = id('org', 1) UNION ALL
SELECT 'task_mention', count(*) FROM taskcrm.task_mention WHERE org_id = id('org', 1) UNION ALL
SELECT 'task_attachment', count(*) FROM taskcrm.task_attachment WHERE org_id = id('org', 1) UNION ALL
SELECT 'content', count(*) FROM taskcrm.task_attachment_content WHERE org_id = id('org', 1) UNION ALL
SELECT 'contact', count(*) FROM taskcrm.contact WHERE org_id = id('org', 1) UNION ALL
SELECT 'of the other', count(*) FROM taskcrm.task_attachment_content WHERE org_id = id('org', 2);

-- Author rules for direct DML: authors may change their own rows, admins all.
SELECT taskcrm.tc_grant_access('regress_bob', write => true),
  taskcrm.tc_grant_access('regress_ada', write => true) \g /dev/null
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by) VALUES
  (id('org', 1), id('comment', 3), id('task', 2), 'of Ada', id('user', 1)),
    (id('org', 1), id('comment', 4), id('task', 2), 'of Bob', id('user', 2));
\connect - regress_bob
UPDATE taskcrm.task_comment SET comment = comment || '!' RETURNING comment;
UPDATE taskcrm.account SET name = 'x' RETURNING name;
SELECT attempt($$INSERT INTO taskcrm.account (name) VALUES ('x')$$);
SELECT attempt($$INSERT INTO taskcrm.team_member (team_id, user_id)
  VALUES ('00000005-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000002')$$);
UPDATE taskcrm.task SET description = 'anybody may' RETURNING title;
\connect - regress_ada
UPDATE taskcrm.task_comment SET comment = comment || '?' RETURNING comment;
UPDATE taskcrm.account SET name = name || '?' RETURNING name;

\set ECHO none
\connect - :superuser
\i :teardown
