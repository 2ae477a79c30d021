-- tc_erase_user(), tc_export_user(), tc_export_organization() and tc_import_organization(): who may
-- call them, what they return and change, and that the other organization is not part of it.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
SET client_min_messages = warning;
CREATE ROLE regress_provision LOGIN;
GRANT USAGE ON SCHEMA taskcrm TO regress_provision;
GRANT EXECUTE ON FUNCTION taskcrm.tc_erase_user, taskcrm.tc_export_user, taskcrm.tc_export_organization,
  taskcrm.tc_delete_organization, taskcrm.tc_import_organization TO regress_provision;
\t on
\pset format unaligned
\pset null '(null)'
-- The number of lines for each table, in the order of the export.
CREATE FUNCTION public.counted(org uuid) RETURNS TABLE (tab text, n bigint) LANGUAGE sql AS $$
  SELECT e ->> 'table', count(*) FROM taskcrm.tc_export_organization(org) WITH ORDINALITY AS x (e, place) GROUP BY 1 ORDER BY min(place)
$$;
\set ECHO all
-- Provisioning exports any organization; an admin the own one, which is the default.
\connect - regress_provision
SELECT * FROM counted(id('org', 1));
SELECT e FROM taskcrm.tc_export_organization(id('org', 1)) e WHERE e::text ~ 'CANARY';
SELECT attempt('SELECT taskcrm.tc_export_organization(id(''org'', 3))');
SELECT attempt('SELECT taskcrm.tc_export_organization()');
\connect - regress_ada
SELECT * FROM counted(NULL);
SELECT count(*) FROM taskcrm.tc_export_organization(id('org', 1));
SELECT e FROM taskcrm.tc_export_organization() e WHERE e ->> 'table' IN ('app_user', 'task_attachment_content');
SELECT e FROM taskcrm.tc_export_organization() e WHERE e::text ~ 'CANARY';
SELECT attempt(format('SELECT taskcrm.tc_export_organization(id(''org'', %s))', n)) FROM generate_series(2, 3) n;
SELECT attempt('SELECT taskcrm.tc_export_user(id(''user'', 1))'), attempt('SELECT taskcrm.tc_erase_user(id(''user'', 2))'),
  attempt('SELECT taskcrm.tc_import_organization(NULL)');
-- Members who are not admins, and nobody, export nothing.
\connect - regress_bob
SELECT attempt('SELECT taskcrm.tc_export_organization()'), attempt('SELECT taskcrm.tc_export_organization(id(''org'', 1))');
\connect - regress_nobody
SELECT attempt('SELECT taskcrm.tc_export_organization()'), attempt('SELECT taskcrm.tc_export_organization(id(''org'', 1))');

-- The content of files is base64 without line breaks; columns that somebody added are included.
\connect - :superuser
ALTER TABLE taskcrm.task ADD estimate integer DEFAULT 7;
INSERT INTO taskcrm.task_attachment (org_id, id, task_id, file_name, content_type, size, sha256) VALUES
  (id('org', 1), id('attachment', 7), id('task', 1), 'long', 'a/b', 300, sha256(decode(repeat('00ff', 150), 'hex')));
INSERT INTO taskcrm.task_attachment_content VALUES (id('org', 1), id('attachment', 7), decode(repeat('00ff', 150), 'hex'));
SELECT decode(e #>> '{row,content}', 'base64') = decode(repeat('00ff', 150), 'hex'), e #>> '{row,content}' ~ E'\n'
FROM taskcrm.tc_export_organization(id('org', 1)) e WHERE e #>> '{row,attachment_id}' = id('attachment', 7)::text
  AND e ->> 'table' = 'task_attachment_content';
SELECT DISTINCT e #>> '{row,estimate}' FROM taskcrm.tc_export_organization(id('org', 1)) e WHERE e ->> 'table' = 'task';
ALTER TABLE taskcrm.task DROP estimate;
-- Every table that clients read is exported.
SELECT r.tab FROM taskcrm_internal.table_registry() r WHERE r.readable
EXCEPT SELECT e ->> 'table' FROM taskcrm.tc_export_organization(id('org', 1)) e;
-- Parents come before their children.
SELECT f.conname FROM pg_constraint f JOIN pg_class c ON c.oid = f.conrelid JOIN pg_class p ON p.oid = f.confrelid
JOIN (SELECT e ->> 'table' AS tab, max(place) AS last, min(place) AS first
      FROM taskcrm.tc_export_organization(id('org', 1)) WITH ORDINALITY AS x (e, place) GROUP BY 1) child ON child.tab = c.relname
JOIN (SELECT e ->> 'table' AS tab, max(place) AS last
      FROM taskcrm.tc_export_organization(id('org', 1)) WITH ORDINALITY AS x (e, place) GROUP BY 1) parent ON parent.tab = p.relname
WHERE f.contype = 'f' AND parent.last > child.first;
-- One snapshot, and rows in files: the memory of the call does not grow with the rows.
INSERT INTO taskcrm.account (org_id, name) SELECT id('org', 1), 'account ' || n FROM generate_series(1, 2000) n;
SELECT count(*) FROM taskcrm.tc_export_organization(id('org', 1)) e WHERE e ->> 'table' = 'account';
DELETE FROM taskcrm.account WHERE name ~ '^account ';

-- A person: all rows that name Cyd, who is a member of both.
UPDATE taskcrm.app_user SET external_id = 'cyd|1' WHERE id = id('user', 3);
INSERT INTO taskcrm.task (org_id, id, title, description, created_by) VALUES
  (id('org', 1), id('task', 5), 'Ask @cyd', 'mail to @cyd@both.test, not @cyd@other.test or @cydney; (@CYD)', id('user', 1)),
  (id('org', 2), id('task', 6), 'CANARY of Cyd', '@cyd', id('user', 3));
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) VALUES (id('org', 1), id('task', 5), id('user', 3));
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by) VALUES
  (id('org', 1), id('comment', 5), id('task', 5), 'to @cyd and @bob', id('user', 1)),
  (id('org', 1), id('comment', 6), id('task', 5), 'by myself, cyd', id('user', 3)),
  (id('org', 1), id('comment', 7), id('task', 5), 'a.b@cyd is no mention', id('user', 1));
INSERT INTO taskcrm_internal.stored_answer (org_id, user_id, key, request, answer)
  VALUES (id('org', 1), id('user', 3), 'k', '', '{"name": "Cyd"}');
\connect - regress_provision
SELECT e ->> 'table', count(*) FROM taskcrm.tc_export_user(id('user', 3)) WITH ORDINALITY AS x (e, place) GROUP BY 1 ORDER BY min(place);
SELECT e FROM taskcrm.tc_export_user(id('user', 3)) e WHERE e ->> 'table' IN ('app_user', 'login', 'organization', 'member');
SELECT attempt('SELECT taskcrm.tc_export_user(id(''user'', 99))'), attempt('SELECT taskcrm.tc_export_user(NULL)');
SELECT attempt('SELECT taskcrm.tc_erase_user(id(''user'', 99))'), attempt('SELECT taskcrm.tc_erase_user(NULL)');
-- Erased: what was changed. A second call changes nothing.
SELECT * FROM taskcrm.tc_erase_user(id('user', 3));
SELECT * FROM taskcrm.tc_erase_user(id('user', 3));
\connect - :superuser
SELECT title, description FROM taskcrm.task WHERE id IN (id('task', 5), id('task', 6)) ORDER BY id;
SELECT comment, commented_by = id('user', 3) AS own FROM taskcrm.task_comment WHERE task_id = id('task', 5) ORDER BY id;
SELECT name, email, external_id, is_active FROM taskcrm.app_user WHERE id = id('user', 3);
SELECT count(*) FROM taskcrm.task_assignee WHERE user_id = id('user', 3);
-- Nothing that names the person is left, and the counters and texts for searching are right.
SELECT 'app_user', count(*) FROM taskcrm.app_user t WHERE t::text ~* 'cyd@both|\mcyd\M'
UNION ALL SELECT 'mention', count(*) FROM taskcrm.task_mention WHERE user_id = id('user', 3)
UNION ALL SELECT 'login', count(*) FROM taskcrm_internal.login WHERE user_id = id('user', 3)
UNION ALL SELECT 'answer', count(*) FROM taskcrm_internal.stored_answer WHERE answer ~ 'Cyd'
UNION ALL SELECT 'event', count(*) FROM taskcrm_internal.event WHERE changes::text ~* '@cyd(@both|"|\))'
UNION ALL SELECT 'search', count(*) FROM taskcrm_internal.task_text WHERE description ~* '@cyd(@both|$|\))'
UNION ALL SELECT 'doctor', count(*) FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" IN ('texts', 'counters');
-- The session of the person has no access any more.
\connect - regress_cyd
SELECT taskcrm.tc_whoami() ->> 'problem', (SELECT count(*) FROM taskcrm.task);
-- The other members' mentions are there; an ambiguous handle is replaced only where it meant the person.
\connect - regress_ada
SELECT m.user_id = id('user', 2) FROM taskcrm.task_mention m WHERE m.comment_id = id('comment', 5);
\connect - :superuser
SELECT taskcrm.tc_create_user('bob@other.test', 'Another Bob', id('user', 8)), taskcrm.tc_add_member(id('org', 1), id('user', 8));
INSERT INTO taskcrm.task (org_id, id, title, created_by) VALUES (id('org', 1), id('task', 8), 'for @bob and @bob@acme.test', id('user', 1));
SELECT * FROM taskcrm.tc_erase_user(id('user', 2)) e WHERE e.tab IN ('task', 'task_comment');
SELECT title FROM taskcrm.task WHERE id = id('task', 8);
-- An email with characters that mean something in a pattern.
SELECT taskcrm_internal.without_mentions('to @a.b+c|d@x.test! @a.b+c|d, @aXb+c|d@x.test', 'a.b+c|d@x.test', true);
SELECT taskcrm_internal.without_mentions('@\1 @x', '\1@x', true);

-- Export, delete, import: every row of every table is the same, and the counters are right.
\set ECHO none
CREATE FUNCTION public.all_rows(org uuid) RETURNS SETOF text LANGUAGE plpgsql AS $$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT t.tab, t.deleted_by FROM taskcrm_internal.table_registry() t
    WHERE t.deleted_by IS NOT NULL AND t.tab NOT IN ('stored_answer', 'event') LOOP
    RETURN QUERY EXECUTE format('SELECT %L || to_jsonb(t)::text FROM %s t WHERE %I = $1', r.tab || ' ',
      taskcrm_internal.qualified_name(r.tab), r.deleted_by) USING org;
  END LOOP;
  RETURN QUERY SELECT 'user ' || to_jsonb(u)::text FROM taskcrm.app_user u JOIN taskcrm.member m ON m.user_id = u.id WHERE m.org_id = org;
  RETURN QUERY SELECT format('counted %s %s %s', c.status, c.priority, sum(c.n)) FROM taskcrm_internal.task_count c
    WHERE c.org_id = org GROUP BY c.status, c.priority HAVING sum(c.n) <> 0;
END
$$;
UPDATE taskcrm.task SET status = 'Completed' WHERE id = id('task', 8);
INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id) VALUES (id('org', 1), id('comment', 6), id('user', 1));
-- Columns of users: one that the API shows, generated ones, and one of a contact.
CREATE TYPE public.stage AS ENUM ('won', 'in talks');
ALTER TABLE taskcrm.task ADD stage public.stage, ADD estimate_hours integer DEFAULT 7 NOT NULL,
  ADD title_length integer GENERATED ALWAYS AS (length(title)) STORED, ADD number bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE taskcrm.contact ADD phones text[], ADD birthday date;
SELECT taskcrm.tc_expose_column('task', 'stage', writable => true), taskcrm.tc_expose_column('task', 'title_length') \g /dev/null
UPDATE taskcrm.task SET stage = 'in talks', estimate_hours = 8 WHERE id = id('task', 1);
UPDATE taskcrm.contact SET phones = '{"+49 1","a,b"}', birthday = '1980-02-29' WHERE org_id = id('org', 1);
CREATE TABLE public.before AS SELECT r FROM all_rows(id('org', 1)) r;
CREATE TABLE public.other AS SELECT r FROM all_rows(id('org', 2)) r;
CREATE TABLE public.line (n bigint, line json);
GRANT SELECT, INSERT ON public.line TO regress_provision;
\set ECHO all
SELECT count(*) > 30, count(DISTINCT split_part(r, ' ', 1)) FROM before;
\connect - regress_provision
SET TimeZone = 'Asia/Kathmandu';
INSERT INTO line SELECT place, e FROM taskcrm.tc_export_organization(id('org', 1)) WITH ORDINALITY AS x (e, place);
SELECT taskcrm.tc_delete_organization(id('org', 1));
RESET TimeZone;
SELECT * FROM taskcrm.tc_import_organization((SELECT array_agg(line ORDER BY n) FROM line));
\connect - :superuser
SELECT count(*) FROM (TABLE before EXCEPT ALL SELECT r FROM all_rows(id('org', 1)) r) d;
SELECT count(*) FROM (SELECT r FROM all_rows(id('org', 1)) r EXCEPT ALL TABLE before) d;
SELECT count(*) FROM (TABLE other EXCEPT ALL SELECT r FROM all_rows(id('org', 2)) r) d;
SELECT count(*) FROM taskcrm.tc_check_counts();
-- The API shows the columns with their values.
\connect - regress_ada
SELECT t ->> 'stage' AS stage, t ->> 'title_length' = length(t ->> 'title')::text AS length
FROM json_array_elements(taskcrm.tc_list_tasks('{"stage": "in talks"}') -> 'results') t;
\connect - :superuser
-- Into a database without its users, and in parts.
\connect - regress_provision
SELECT taskcrm.tc_delete_organization(id('org', 1));
\connect - :superuser
DELETE FROM taskcrm.app_user WHERE id IN (id('user', 1), id('user', 2), id('user', 8));
\connect - regress_provision
SELECT sum(i.rows) FROM taskcrm.tc_import_organization((SELECT array_agg(line ORDER BY n) FROM line WHERE n <= 10)) i;
SELECT sum(i.rows) > 10 FROM taskcrm.tc_import_organization((SELECT array_agg(line ORDER BY n) FROM line WHERE n > 10), id('org', 1)) i;
\connect - :superuser
SELECT count(*) FROM (TABLE before EXCEPT ALL SELECT r FROM all_rows(id('org', 1)) r) d;
SELECT count(*) FROM (SELECT r FROM all_rows(id('org', 1)) r EXCEPT ALL TABLE before) d;
-- A column that the export does not have gets its default; one that is missing here is an error.
\connect - :superuser
ALTER TABLE taskcrm.task ADD added text DEFAULT 'by default' NOT NULL;
ALTER TABLE taskcrm.contact DROP birthday;
\connect - regress_provision
SELECT taskcrm.tc_delete_organization(id('org', 1));
SELECT left(attempt('SELECT taskcrm.tc_import_organization((SELECT array_agg(line ORDER BY n) FROM line))'), 80);
\connect - :superuser
ALTER TABLE taskcrm.contact ADD birthday date;
\connect - regress_provision
SELECT sum(i.rows) > 20 FROM taskcrm.tc_import_organization((SELECT array_agg(line ORDER BY n) FROM line)) i;
\connect - :superuser
SELECT DISTINCT added FROM taskcrm.task WHERE org_id = id('org', 1);
ALTER TABLE taskcrm.task DROP added;
SELECT count(*) FROM (TABLE before EXCEPT ALL SELECT r FROM all_rows(id('org', 1)) r) d;
-- Lines that are refused, with their numbers.
\connect - regress_provision
SELECT attempt('SELECT taskcrm.tc_import_organization((SELECT array_agg(line ORDER BY n) FROM line))');
SELECT attempt('SELECT taskcrm.tc_import_organization((SELECT array_agg(line ORDER BY n) FROM line WHERE n > 1))');
SELECT attempt(format('SELECT taskcrm.tc_import_organization(ARRAY[%L]::json[], id(''org'', 1))', v))
FROM unnest('{null,1,"[]","{}","{\"table\":\"task\"}","{\"table\":1,\"row\":{}}","{\"table\":\"task\",\"row\":[]}"}'::text[]) v;
SELECT attempt(format('SELECT taskcrm.tc_import_organization(ARRAY[(SELECT line FROM line WHERE line ->> ''table'' = ''team'' LIMIT 1), %L]::json[], id(''org'', 1))',
  json_build_object('table', t, 'row', r::json)))
FROM (VALUES ('login', '{}'), ('jwt_key', '{}'), ('pg_authid', '{}'), ('team', '{"org_id": "00000001-0000-7000-8000-000000000002", "name": "x"}'),
  ('team', '{"name": "x"}'), ('app_user', '{}'), ('team', '{"org_id": "00000001-0000-7000-8000-000000000001", "naem": "x"}')) AS v (t, r);
SELECT attempt($$SELECT taskcrm.tc_import_organization(ARRAY['{"table": "organization", "row": {}}']::json[])$$);
SELECT attempt(format('SELECT taskcrm.tc_import_organization(ARRAY[%L, %L]::json[], id(''org'', 1))',
  json_build_object('table', 'team', 'row', json_build_object('org_id', id('org', 1), 'id', id('team', 50), 'name', 'x')),
  json_build_object('table', 'team', 'row', json_build_object('org_id', id('org', 1), 'id', i, 'name', n))))
FROM (VALUES ('no uuid', 'x'), (id('team', 51)::text, ' '), (id('team', 50)::text, 'again'), (id('team', 1)::text, 'there')) AS v (i, n);
SELECT attempt(format('SELECT taskcrm.tc_import_organization(ARRAY[%L]::json[], id(''org'', 1))',
  json_build_object('table', 'team_member', 'row', json_build_object('org_id', id('org', 1), 'team_id', id('team', 9), 'user_id', id('user', 4)))));
SELECT attempt('SELECT taskcrm.tc_import_organization(''{}'', id(''org'', 3))'), attempt('SELECT taskcrm.tc_import_organization(NULL)'),
  attempt('SELECT taskcrm.tc_import_organization(''{}'')');
\connect - :superuser
SELECT count(*) FROM (SELECT r FROM all_rows(id('org', 1)) r EXCEPT ALL TABLE before) d;

\set ECHO none
DROP TABLE public.before, public.other, public.line;
SELECT taskcrm.tc_hide_column('task', 'stage'), taskcrm.tc_hide_column('task', 'title_length') \g /dev/null
ALTER TABLE taskcrm.task DROP stage, DROP estimate_hours, DROP title_length, DROP number;
ALTER TABLE taskcrm.contact DROP phones, DROP birthday;
DROP TYPE public.stage;
DROP FUNCTION public.all_rows;
DROP FUNCTION public.counted;
DROP OWNED BY regress_provision;
DROP ROLE regress_provision;
\i :teardown
