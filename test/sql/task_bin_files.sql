-- The files of deleted tasks stay in the tables of files. Nobody may see, change or use one there, by whatever
-- statement or call; it goes with its task.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup
\set ECHO none
\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_grant_access('regress_api_amy', write => true, delete => true), taskcrm.tc_grant_access('regress_api_alice', write => true, delete => true);
-- A task of amy with a file and a link; the names of their ids.
CREATE FUNCTION t.make(task text, file text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.know(task, (taskcrm.tc_create_task(t.json('{"title": "' || task || '", "attachments": [{"file_name": "canary.txt", "content": "Y2FuYXJ5"},
    {"file_name": "link", "url": "https://canary.example/"}]}')) ->> 'id')::uuid);
  PERFORM t.know(file, (SELECT id FROM taskcrm.task_attachment WHERE task_id = t.id(task) AND url IS NULL));
END $$;
-- What there is of files in the tables: of tasks, in the bin; contents of both.
CREATE FUNCTION t.files() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT concat_ws(' ', 'of tasks', count(*) FILTER (WHERE a.task_id IS NOT NULL), count(c) FILTER (WHERE NOT c.in_bin), 'in the bin',
    count(*) FILTER (WHERE a.deleted_task_id IS NOT NULL), count(c) FILTER (WHERE c.in_bin))
  FROM taskcrm.task_attachment a FULL JOIN taskcrm.task_attachment_content c ON c.org_id = a.org_id AND c.attachment_id = a.id
  WHERE coalesce(a.org_id, c.org_id) = t.id('acme') $$;
-- Tries statements on the file "lost" in the bin; shows the number of rows, or the error.
CREATE FUNCTION t.attack(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  n bigint;
BEGIN
  EXECUTE t.ids(statement);
  GET DIAGNOSTICS n = ROW_COUNT;
  RETURN n || ' rows';
EXCEPTION WHEN others THEN
  RETURN t.show(sqlstate || ' ' || sqlerrm);
END $$;
CREATE TABLE t.attacks (n serial, statement text);
INSERT INTO t.attacks (statement) VALUES
  ('SELECT * FROM taskcrm.task_attachment WHERE id = ''{lost}'''),
  ('SELECT * FROM taskcrm.task_attachment WHERE task_id IS NULL'),
  ('SELECT * FROM taskcrm.task_attachment WHERE deleted_task_id = ''{gone}'''),
  ('SELECT * FROM taskcrm.task_attachment WHERE deleted_task_id IS NOT NULL'),
  ('SELECT * FROM taskcrm.task_attachment WHERE file_name ~ ''canary'' AND task_id IS DISTINCT FROM ''{kept}'''),
  ('SELECT * FROM taskcrm.task_attachment WHERE id = ''{lost}'' FOR UPDATE'),
  ('SELECT * FROM taskcrm.task_attachment_content WHERE attachment_id = ''{lost}'''),
  ('SELECT * FROM taskcrm.task_attachment_content WHERE in_bin'),
  ('SELECT * FROM taskcrm.task_attachment_content WHERE content = ''canary'' AND attachment_id <> ''{living}'''),
  ('SELECT * FROM taskcrm.task_attachment a JOIN taskcrm.task_attachment_content c ON c.attachment_id = a.id WHERE a.task_id IS NULL OR c.in_bin'),
  ('DELETE FROM taskcrm.task_attachment WHERE id = ''{lost}'''),
  ('DELETE FROM taskcrm.task_attachment WHERE task_id IS NULL'),
  ('DELETE FROM taskcrm.task_attachment_content WHERE attachment_id = ''{lost}'''),
  ('UPDATE taskcrm.task_attachment SET file_name = ''mine'' WHERE id = ''{lost}'''),
  ('UPDATE taskcrm.task_attachment SET task_id = ''{kept}'' WHERE id = ''{lost}'''),
  ('UPDATE taskcrm.task_attachment SET task_id = NULL, deleted_task_id = ''{gone}'' WHERE id = ''{living}'''),
  ('UPDATE taskcrm.task_attachment_content SET in_bin = false WHERE attachment_id = ''{lost}'''),
  ('UPDATE taskcrm.task_attachment_content SET in_bin = true WHERE attachment_id = ''{living}'''),
  ('INSERT INTO taskcrm.task_attachment (id, deleted_task_id, file_name, url) VALUES (''{new}'', ''{gone}'', ''new'', ''https://x.example/'')'),
  ('INSERT INTO taskcrm.task_attachment (id, task_id, file_name, url) VALUES (''{lost}'', ''{kept}'', ''new'', ''https://x.example/'') ON CONFLICT (org_id, id) DO UPDATE SET task_id = excluded.task_id'),
  ('INSERT INTO taskcrm.task_attachment_content (attachment_id, content, in_bin) VALUES (''{lost}'', ''x'', false) ON CONFLICT (org_id, attachment_id) DO UPDATE SET in_bin = false'),
  ('MERGE INTO taskcrm.task_attachment a USING (SELECT ''{lost}''::uuid AS id) n ON a.id = n.id WHEN MATCHED THEN DELETE'),
  ('MERGE INTO taskcrm.task_attachment a USING (SELECT ''{lost}''::uuid AS id) n ON a.id = n.id WHEN MATCHED THEN UPDATE SET task_id = ''{kept}'''),
  ('SELECT * FROM taskcrm.tc_get_task_attachment(''{lost}'')'),
  ('SELECT * FROM taskcrm.tc_download(''{lost}'')'),
  ('SELECT taskcrm.tc_delete_task_attachment(''{lost}'')'),
  ('SELECT taskcrm.tc_list_attachments(''{gone}'')'),
  ('SELECT * FROM taskcrm_internal.deleted_task');
GRANT SELECT ON t.attacks TO PUBLIC;
CREATE FUNCTION t.attack_all() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT t.attack(a.statement) || ': ' || a.statement FROM t.attacks a ORDER BY a.n $$;
\set ECHO all

\c - regress_api_amy
SELECT t.make('kept', 'living'), t.make('gone', 'lost'), t.know('new', '0a000000-0000-4000-8000-0000000000ff');
SELECT t.files();
SELECT taskcrm.tc_delete_task(t.id('gone'));
SELECT t.files();
-- Who deleted it, an admin, another member, and somebody of another organization.
SELECT t.attack_all();
\c - regress_api_alice
SELECT t.attack_all();
\c - regress_api_ann
SELECT attack FROM t.attack_all() attack WHERE attack !~ '^(0 rows|42501 )';
\c - regress_api_bob
SELECT attack FROM t.attack_all() attack WHERE attack !~ '^(0 rows|42501 )';
\c - regress_api_alice
-- Nor do copies, lists, filters and counts have it.
COPY (SELECT file_name, deleted_task_id FROM taskcrm.task_attachment ORDER BY 1) TO STDOUT;
COPY (SELECT convert_from(content, 'UTF8'), in_bin FROM taskcrm.task_attachment_content) TO STDOUT;
SELECT count(*), count(DISTINCT a ->> 'task') FROM json_array_elements(taskcrm.tc_sync(NULL, '{"resources": ["attachments"]}') #> '{changed,attachments}') a;
SELECT taskcrm.tc_list_tasks('{"where": {"attachments": {"empty": false}}}') ->> 'count';
-- A policy that somebody adds, and privileges that no client should have, do not help.
\c - :api_superuser
CREATE POLICY careless ON taskcrm.task_attachment USING (true) WITH CHECK (true);
CREATE POLICY careless ON taskcrm.task_attachment_content USING (true) WITH CHECK (true);
\c - regress_api_alice
SELECT attack FROM t.attack_all() attack WHERE attack !~ '^(0 rows|42501 |PT404 )';
\c - :api_superuser
GRANT ALL ON taskcrm.task_attachment, taskcrm.task_attachment_content TO regress_api_alice;
\c - regress_api_alice
SELECT t.attack_all();
SELECT t.files();
\c - :api_superuser
REVOKE INSERT, UPDATE, TRUNCATE, REFERENCES, TRIGGER ON taskcrm.task_attachment, taskcrm.task_attachment_content FROM regress_api_alice;
REVOKE DELETE ON taskcrm.task_attachment_content FROM regress_api_alice;
DROP POLICY careless ON taskcrm.task_attachment;
DROP POLICY careless ON taskcrm.task_attachment_content;
-- A superuser, too, moves no file into the bin or out of it, and adds none that is in both or in none.
SELECT t.attack('UPDATE taskcrm.task_attachment SET task_id = NULL, deleted_task_id = ''{gone}'' WHERE id = ''{living}''');
SELECT t.attack('UPDATE taskcrm.task_attachment SET task_id = ''{kept}'', deleted_task_id = NULL WHERE id = ''{lost}''');
SELECT t.attack('INSERT INTO taskcrm.task_attachment (org_id, file_name, url) VALUES (''{acme}'', ''none'', ''https://x.example/'')');
SELECT t.attack('INSERT INTO taskcrm.task_attachment (org_id, task_id, deleted_task_id, file_name, url) VALUES (''{acme}'', ''{kept}'', ''{gone}'', ''both'', ''https://x.example/'')');
SELECT t.attack('INSERT INTO taskcrm.task_attachment (org_id, deleted_task_id, file_name, url) VALUES (''{umbrella}'', ''{gone}'', ''foreign'', ''https://x.example/'')');
-- What a restore of only some tables may leave.
UPDATE taskcrm.task_attachment_content SET in_bin = false WHERE attachment_id = t.id('lost');
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE "check" = 'contents';
UPDATE taskcrm.task_attachment_content SET in_bin = true WHERE attachment_id = t.id('lost');
SELECT ok FROM taskcrm.tc_doctor() WHERE "check" = 'contents';

-- A task with the same id that is deleted replaces the one in the bin, with its files.
\c - regress_api_amy
SELECT taskcrm.tc_create_task(jsonb_build_object('id', t.id('gone'), 'title', 'gone again', 'attachments', '[{"file_name": "second", "content": "AAEC"}]'::jsonb)) ->> 'title';
SELECT t.files();
SELECT taskcrm.tc_delete_task(t.id('gone'));
SELECT t.files();
SELECT taskcrm.tc_restore_task(t.id('gone')) ->> 'title';
SELECT file_name, created_by = t.id('amy') FROM taskcrm.task_attachment WHERE task_id = t.id('gone');
-- The same by table.
DELETE FROM taskcrm.task WHERE id = t.id('gone');
SELECT t.files();
SELECT taskcrm.tc_create_task(jsonb_build_object('id', t.id('gone'), 'title', 'third')) ->> 'title';
DELETE FROM taskcrm.task WHERE id = t.id('gone');
SELECT t.files();

-- A trigger of a user that keeps a file from the bin, or in it.
SELECT t.make('gone', 'lost');
\c - :api_superuser
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER suppress BEFORE UPDATE OR DELETE ON taskcrm.task_attachment FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_amy
SELECT t.call('tc_delete_task', 'gone');
SELECT t.attack('DELETE FROM taskcrm.task WHERE id = ''{gone}''');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task_attachment;
CREATE TRIGGER suppress BEFORE UPDATE OR DELETE ON taskcrm.task_attachment_content FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_amy
SELECT t.call('tc_delete_task', 'gone');
SELECT t.attack('DELETE FROM taskcrm.task WHERE id = ''{gone}''');
\c - :api_superuser
ALTER TABLE taskcrm.task_attachment_content DISABLE TRIGGER suppress;
\c - regress_api_amy
SELECT taskcrm.tc_delete_task(t.id('gone'));
\c - :api_superuser
ALTER TABLE taskcrm.task_attachment_content ENABLE TRIGGER suppress;
\c - regress_api_alice
SELECT t.call('tc_restore_task', 'gone');
SELECT t.try('SELECT taskcrm.tc_purge_deleted(now())');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task_attachment_content;
CREATE TRIGGER suppress BEFORE UPDATE OR DELETE ON taskcrm.task_attachment FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_alice
SELECT t.call('tc_restore_task', 'gone');
SELECT t.try('SELECT taskcrm.tc_purge_deleted(now())');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task_attachment;
SELECT t.files();
-- Whoever attached a file can be deleted while it is in the bin.
SELECT t.know('guest', taskcrm.tc_create_user('guest@acme.example', 'Guest'));
SELECT taskcrm.tc_add_member(t.id('acme'), t.id('guest'));
INSERT INTO taskcrm.task (org_id, id, title) VALUES (t.id('acme'), t.id('new'), 'of a guest');
INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, url, created_by) VALUES (t.id('acme'), t.id('new'), 'of a guest', 'https://x.example/', t.id('guest'));
DELETE FROM taskcrm.task WHERE id = t.id('new');
DELETE FROM taskcrm.member WHERE user_id = t.id('guest');
DELETE FROM taskcrm.app_user WHERE id = t.id('guest');
\c - regress_api_alice
SELECT taskcrm.tc_restore_task(t.id('new')) ->> 'title';
SELECT file_name, created_by FROM taskcrm.task_attachment WHERE task_id = t.id('new');
-- An admin exports what is in the bin, and an import believes no line about what it shows.
SELECT line #>> '{row,file_name}', line #>> '{row,task_id}', t.show(line #>> '{row,deleted_task_id}'), line #> '{row,created_by}'
  FROM taskcrm.tc_export_organization() line WHERE line ->> 'table' = 'task_attachment' AND line #>> '{row,deleted_task_id}' IS NOT NULL ORDER BY 1;
SELECT line ->> 'table', count(*) FROM taskcrm.tc_export_organization() line WHERE line ->> 'table' IN ('task_attachment', 'task_attachment_content') GROUP BY 1 ORDER BY 1;
\c - :api_superuser
CREATE TABLE t.lines AS SELECT line, n FROM taskcrm.tc_export_organization(t.id('acme')) WITH ORDINALITY AS e (line, n);
SELECT (SELECT count(*) FROM t.lines) = (SELECT count(DISTINCT line::text) FROM t.lines) AS each_once;
UPDATE t.lines SET line = jsonb_set(line::jsonb, '{row,in_bin}', 'false') WHERE line ->> 'table' = 'task_attachment_content';
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT t.files();
SELECT * FROM taskcrm.tc_import_organization(ARRAY(SELECT line FROM t.lines ORDER BY n)) WHERE tab ~ 'deleted|attachment';
SELECT t.files();
\c - regress_api_alice
SELECT t.attack('SELECT * FROM taskcrm.task_attachment_content WHERE in_bin OR attachment_id = ''{lost}''');
SELECT t.call('tc_restore_task', 'gone') IS NOT NULL;
SELECT a.created_by = t.id('amy'), convert_from(c.content, 'UTF8') FROM taskcrm.task_attachment a JOIN taskcrm.task_attachment_content c ON c.attachment_id = a.id WHERE a.id = t.id('lost');
SELECT taskcrm.tc_delete_task(t.id('gone'));
SELECT t.files();
-- A purge removes both; without the bin nothing stays.
SELECT taskcrm.tc_purge_deleted(clock_timestamp());
SELECT t.files();
\c - :api_superuser
SET taskcrm.bin_retention = 0;
DELETE FROM taskcrm.task WHERE id = t.id('kept');
SELECT t.files();
SELECT ok FROM taskcrm.tc_doctor() WHERE "check" = 'contents';
\set ECHO none
\i :teardown
