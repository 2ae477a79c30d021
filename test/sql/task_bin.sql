-- The bin: a deletion by whatever statement moves a task with all that belongs to it, a restore puts
-- everything back, and nobody else sees it.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup
\set ECHO none
\c - :api_superuser
SET client_min_messages = warning;
-- Columns of a user, of types whose text depends on settings, one with a null in JSON, and a generated one.
ALTER TABLE taskcrm.task ADD stage text, ADD effort interval, ADD slot tstzrange, ADD ratio float8, ADD raw bytea, ADD extra jsonb,
  ADD title_length integer GENERATED ALWAYS AS (char_length(title)) STORED;
ALTER TABLE taskcrm.task_contact ADD why text;
SELECT taskcrm.tc_expose_column('task', 'stage', true), taskcrm.tc_expose_column('task', 'title_length'),
  taskcrm.tc_grant_access('regress_api_amy', write => true, delete => true);
-- All rows of a task, without what a restore changes.
CREATE FUNCTION t.rows(task text) RETURNS jsonb LANGUAGE sql VOLATILE SECURITY DEFINER SET "DateStyle" = 'ISO' SET "TimeZone" = 'UTC' AS $$
  SELECT jsonb_build_object('task', (SELECT to_jsonb(k) - '{version,updated_on}'::text[] FROM taskcrm.task k WHERE k.id = t.id(task)),
    'text', (SELECT jsonb_agg(x) FROM taskcrm_internal.task_text x WHERE x.task_id = t.id(task)),
    'contacts', (SELECT jsonb_agg(x ORDER BY x) FROM taskcrm.task_contact x WHERE x.task_id = t.id(task)),
    'users', (SELECT jsonb_agg(x ORDER BY x) FROM taskcrm.task_assignee x WHERE x.task_id = t.id(task)),
    'teams', (SELECT jsonb_agg(x ORDER BY x) FROM taskcrm.task_team x WHERE x.task_id = t.id(task)),
    'open', (SELECT jsonb_agg(x ORDER BY x) FROM taskcrm_internal.open_link x WHERE x.task_id = t.id(task)),
    'comments', (SELECT jsonb_agg(x ORDER BY x.id) FROM taskcrm.task_comment x WHERE x.task_id = t.id(task)),
    'mentions', (SELECT jsonb_agg(m ORDER BY m) FROM taskcrm.task_comment x JOIN taskcrm.task_mention m ON m.comment_id = x.id WHERE x.task_id = t.id(task)),
    'files', (SELECT jsonb_agg(to_jsonb(x) || jsonb_build_object('md5', md5(c.content)) ORDER BY x.id) FROM taskcrm.task_attachment x
              LEFT JOIN taskcrm.task_attachment_content c ON c.attachment_id = x.id WHERE x.task_id = t.id(task))) $$;
CREATE FUNCTION t.bin() RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT concat_ws(' ', 'tasks', (SELECT count(*) FROM taskcrm_internal.deleted_task), 'files', (SELECT count(*) FROM taskcrm.task_attachment_content c WHERE c.in_bin)) $$;
CREATE TABLE t.kept (name text PRIMARY KEY, rows jsonb, version integer);
GRANT ALL ON t.kept TO PUBLIC;
CREATE FUNCTION t.keep(task text) RETURNS void LANGUAGE sql SECURITY DEFINER AS $$
  INSERT INTO t.kept SELECT task, t.rows(task), k.version FROM taskcrm.task k WHERE k.id = t.id(task)
  ON CONFLICT (name) DO UPDATE SET rows = excluded.rows, version = excluded.version $$;
-- What differs from what was kept: columns of the task, and numbers of rows.
CREATE FUNCTION t.differences(task text) RETURNS SETOF text LANGUAGE sql VOLATILE SECURITY DEFINER AS $$
  WITH parts AS (SELECT b.key, b.value AS before, a.value AS after FROM t.kept k, jsonb_each(k.rows) b JOIN jsonb_each(t.rows(task)) a ON a.key = b.key
    WHERE k.name = task AND a.value <> b.value)
  SELECT concat(p.key, ': ', jsonb_array_length(p.before), ' were, ', jsonb_array_length(p.after), ' are') FROM parts p WHERE p.key <> 'task'
  UNION ALL
  SELECT concat(b.key, ': ', t.show(b.value::text), ' was, ', t.show(a.value::text), ' is') FROM parts p, jsonb_each(p.before) b JOIN jsonb_each(p.after) a ON a.key = b.key
  WHERE p.key = 'task' AND a.value <> b.value ORDER BY 1 $$;
CREATE FUNCTION t.restore(task text) RETURNS text LANGUAGE sql AS $$
  SELECT t.try(format('SELECT taskcrm.tc_restore_task(%L) -> ''missing''', t.id(task))) $$;
CREATE FUNCTION t.deleted(filters text DEFAULT '{}') RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws(' ', r ->> 'count', (SELECT string_agg(e ->> 'title', ', ' ORDER BY n) FROM json_array_elements(r -> 'results') WITH ORDINALITY AS x (e, n)))
  FROM taskcrm.tc_list_deleted(t.json(filters)) r $$;
-- A task with everything, of amy.
CREATE FUNCTION t.make(task text, title text DEFAULT 'A full task') RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM t.know(task, (taskcrm.tc_create_task(t.json('{"title": "' || title || '", "description": "To be found: quokka", "due_date": "2026-01-31", "assigned_to": ["{amy}", "{ann}"],
    "teams": ["{sales}", "{ops}"], "contacts": ["{lee}", "{kim}"], "account": "{contoso}", "stage": "draft", "attachments": [{"file_name": "f.txt", "content": "AAEC"},
    {"file_name": "link", "url": "https://x.example/"}]}')) ->> 'id')::uuid);
  PERFORM taskcrm.tc_add_task_comment_or_attachment(t.id(task), 'for @ann and @alice');
  PERFORM taskcrm.tc_add_task_comment_or_attachment(t.id(task), 'edited later');
END $$;
\set ECHO all

-- A deletion moves everything, a restore puts everything back. The session of the deletion writes values in its own formats.
\c - regress_api_amy
SELECT t.make('full');
SELECT taskcrm.tc_edit_task_comment(id, 'edited by @carl') ->> 'comment' FROM taskcrm.task_comment WHERE comment = 'edited later';
\c - regress_api_ann
SELECT t.comment('full', 'from ann')::json #>> '{comment,comment}';
\c - :api_superuser
UPDATE taskcrm.task SET effort = '-1 mons +2 days -03:04:05', slot = '[2026-02-01 10:00+02, infinity)', ratio = 0.1::float8 + 0.2, raw = '\x00ff5c',
  extra = '{"a": [1, null]}' WHERE id = t.id('full');
UPDATE taskcrm.task_contact SET why = 'they asked' WHERE task_id = t.id('full') AND contact_id = t.id('lee');
SELECT t.keep('full');
\c - regress_api_amy
SET "DateStyle" = 'SQL, DMY'; SET "TimeZone" = 'America/New_York'; SET "IntervalStyle" = 'sql_standard'; SET bytea_output = 'escape'; SET extra_float_digits = -3;
SELECT taskcrm.tc_delete_task(t.id('full'));
SELECT t.bin();
SELECT count(*) FROM jsonb_each(t.rows('full')) WHERE value <> 'null';
SELECT t.get_task('full');
SELECT taskcrm.tc_list_tasks('{"search": "quokka"}') ->> 'count', taskcrm.tc_task_totals() ->> 'count';
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_list_deleted() #> '{results,0}') WITH ORDINALITY AS k (key, n);
SELECT t.show(taskcrm.tc_list_deleted()::text);
RESET ALL;
SET "DateStyle" = 'ISO, MDY'; SET "IntervalStyle" = 'postgres_verbose';
SELECT t.restore('full');
SELECT t.differences('full');
SELECT k.version - t.version AS versions, k.updated_on > k.created_on AS updated FROM taskcrm.task k, t.kept t WHERE k.id = t.id('full');
SELECT t.bin();
SELECT taskcrm.tc_list_tasks('{"search": "quokka"}') ->> 'count', taskcrm.tc_list_tasks('{"status": "open", "assigned_to": "@me"}') ->> 'count', taskcrm.tc_task_totals() ->> 'count';
\c - :api_superuser
SELECT * FROM taskcrm.tc_check_counts();
\c - regress_api_amy
-- The answer is the task as others are, and what is missing.
SELECT taskcrm.tc_delete_task(t.id('full'));
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_restore_task(t.id('full'))) WITH ORDINALITY AS k (key, n);
SELECT taskcrm.tc_delete_task(t.id('full'));
SELECT taskcrm.tc_restore_task(t.id('full'))::jsonb - 'missing' AS restored \gset
SELECT (taskcrm.tc_get_task(t.id('full')) -> 'task_obj')::jsonb = :'restored'::jsonb;
-- What happened, and what a copy gets.
SELECT e ->> 'type', count(*) FROM json_array_elements(taskcrm.tc_task_history(t.id('full'), '{"limit": 6}') -> 'results') e GROUP BY 1 ORDER BY 1;
SELECT taskcrm.tc_sync() ->> 'token' AS token \gset
SELECT taskcrm.tc_delete_task(t.id('full'));
SELECT t.show(s ->> 'deleted') FROM taskcrm.tc_sync(:'token') s;
SELECT t.restore('full') IS NOT NULL;
SELECT jsonb_array_length(s #> '{changed,tasks}'), jsonb_array_length(s #> '{changed,comments}'), jsonb_array_length(s #> '{changed,attachments}'), s -> 'deleted' FROM taskcrm.tc_sync(:'token') r, to_jsonb(r) s;
-- A completed task stays as it was completed, and has no copies of its links.
SELECT t.update_task('full', '{"status": "Completed"}')::json ->> 'status';
SELECT t.keep('full');
SELECT taskcrm.tc_delete_task(t.id('full'));
SELECT t.restore('full') IS NOT NULL;
SELECT t.differences('full');
SELECT t.rows('full') -> 'open';
-- In one transaction, with a comment that is new.
BEGIN;
SELECT t.comment('full', 'again @ann')::json #>> '{comment,comment}';
SELECT t.keep('full');
SELECT taskcrm.tc_delete_task(t.id('full'));
SELECT t.restore('full') IS NOT NULL;
SELECT t.differences('full');
ROLLBACK;

-- Who sees and restores what: who created or deleted it, and admins.
SELECT t.make('mine', 'of amy');
\c - regress_api_alice
SELECT taskcrm.tc_delete_task(t.id('mine'));
SELECT t.deleted();
\c - regress_api_ann
SELECT t.deleted();
SELECT t.restore('mine');
SELECT t.try('SELECT taskcrm.tc_purge_deleted(now())');
SELECT t.try('SELECT * FROM taskcrm_internal.deleted_task');
\c - regress_api_bob
SELECT t.deleted();
SELECT t.restore('mine');
SELECT taskcrm.tc_purge_deleted('infinity');
\c - regress_api_nemo
SELECT t.restore('mine');
\c - regress_api_amy
SELECT t.deleted();
SELECT t.restore('mine');
SELECT t.restore('mine');
SELECT t.restore(NULL);
SELECT t.restore('b_task');

-- Direct DML and many at once fill the bin as well; several have their own order.
SELECT t.make('one', 'One'), t.make('two', 'Two'), t.make('three', 'Three');
SELECT t.keep('one'), t.keep('two');
DELETE FROM taskcrm.task WHERE id IN (t.id('one'), t.id('two'));
SELECT taskcrm.tc_delete_tasks('{"title": "Three"}') ->> 'changed';
SELECT t.bin();
SELECT t.deleted(), t.deleted('{"ordering": "title"}');
SELECT t.deleted('{"search": "t"}'), t.deleted('{"search": "TWO"}'), t.deleted('{"deleted_by": "@me", "ordering": "-title"}'), t.deleted('{"deleted_by": "{alice}"}'), t.deleted('{"ids": "{one}"}');
SELECT t.deleted('{"deleted_on__gte": "today"}'), t.deleted('{"deleted_on__lte": "-P1D"}'), t.deleted('{"deleted_on__gte": "-PT1H", "deleted_on__lte": "PT1H", "ordering": "title"}');
WITH RECURSIVE page AS (SELECT taskcrm.tc_list_deleted('{"cursor": "start", "limit": 1}') AS p
  UNION ALL SELECT taskcrm.tc_list_deleted(jsonb_build_object('limit', 1, 'cursor', p ->> 'next_cursor')) FROM page WHERE p ->> 'next_cursor' IS NOT NULL)
SELECT count(*), count(DISTINCT p #>> '{results,0,id}') FROM page;
WITH RECURSIVE page AS (SELECT taskcrm.tc_list_deleted('{"cursor": "start", "limit": 1, "ordering": "title"}') AS p
  UNION ALL SELECT taskcrm.tc_list_deleted(jsonb_build_object('limit', 1, 'ordering', 'title', 'cursor', p ->> 'next_cursor')) FROM page WHERE p ->> 'next_cursor' IS NOT NULL)
SELECT string_agg(p #>> '{results,0,title}', ' ') FROM page;
SELECT t.try(format('SELECT taskcrm.tc_list_deleted(%L)', filters)) FROM unnest(ARRAY['{"deleted_on__gte": "soon"}', '{"deleted_by": "x"}', '{"ordering": "id"}', '{"title": "x"}']) AS filters;
SELECT t.restore('one'), t.restore('two') IS NOT NULL;
SELECT t.differences('one') UNION ALL SELECT t.differences('two');

-- The id is taken by another task. Deleting that one replaces the one in the bin.
SELECT taskcrm.tc_create_task(jsonb_build_object('id', t.id('three'), 'title', 'Three again')) ->> 'title';
SELECT t.restore('three');
SELECT taskcrm.tc_delete_task(t.id('three'));
SELECT t.deleted();
SELECT taskcrm.tc_restore_task(t.id('three')) ->> 'title';
SELECT t.rows('three') -> 'files';
-- So is the id of a comment.
SELECT t.know('c', (SELECT id FROM taskcrm.task_comment WHERE task_id = t.id('one') ORDER BY id LIMIT 1));
SELECT taskcrm.tc_delete_task(t.id('one'));
\c - :api_superuser
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment) VALUES (t.id('acme'), t.id('c'), t.id('two'), 'another');
\c - regress_api_amy
SELECT t.restore('one');
SELECT jsonb_array_length(t.rows('one') -> 'comments'), t.rows('one') -> 'mentions', jsonb_array_length(t.rows('one') -> 'files');

-- What a task refers to goes while it is in the bin.
SELECT t.keep('two');
SELECT taskcrm.tc_delete_task(t.id('two'));
\c - regress_api_alice
SELECT taskcrm.tc_delete_account(t.id('contoso')), taskcrm.tc_delete_contact(t.id('kim')), taskcrm.tc_delete_team(t.id('ops'));
SELECT taskcrm.tc_remove_member(t.id('ann'), NULL) IS NOT NULL;
\c - regress_api_amy
SELECT t.restore('two');
SELECT t.differences('two');

-- A trigger of a user that suppresses a row: nothing is restored, and nothing is deleted that is not in the bin.
SELECT taskcrm.tc_delete_task(t.id('two'));
\c - :api_superuser
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER suppress BEFORE INSERT ON taskcrm.task_comment FOR EACH ROW EXECUTE FUNCTION t.suppress();
CREATE TRIGGER suppress BEFORE INSERT ON taskcrm_internal.deleted_task FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_amy
SELECT t.restore('two');
SELECT t.call('tc_delete_task', 'one');
SELECT t.bin();
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task_comment;
DROP TRIGGER suppress ON taskcrm_internal.deleted_task;
CREATE TRIGGER suppress BEFORE DELETE ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.suppress();
-- A deletion that does not happen leaves nothing in the bin.
DELETE FROM taskcrm.task WHERE id = t.id('one');
\c - regress_api_amy
SELECT t.call('tc_delete_task', 'one');
SELECT t.bin();
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.task;

-- A person who is erased, in the bin too.
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT t.know('carls', (taskcrm.tc_create_task('{"title": "for @carl", "description": "ask\n@carl@both.example"}') ->> 'id')::uuid);
SELECT t.comment('carls', E'both:\n@carl, @amy')::json #>> '{comment,comment}';
SELECT taskcrm.tc_delete_task(t.id('carls'));
\c - :api_superuser
SELECT line ->> 'table', (SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(line -> 'row') WITH ORDINALITY AS k (key, n)), line #>> '{row,task,title}', line #>> '{row,comment}'
  FROM taskcrm.tc_export_user(t.id('carl')) line WHERE line ->> 'table' IN ('deleted_task', 'task_comment');
SELECT line ->> 'table' FROM taskcrm.tc_export_user(t.id('amy')) line WHERE line #>> '{row,task_id}' = t.id('carls')::text OR line #>> '{row,id}' = t.id('carls')::text AND line ->> 'table' <> 'event';
SELECT * FROM taskcrm.tc_erase_user(t.id('carl')) e WHERE tab = 'deleted_task';
\c - regress_api_alice
SELECT t.restore('carls');
SELECT title, description, comment FROM taskcrm.task k JOIN taskcrm.task_comment c ON c.task_id = k.id WHERE k.id = t.id('carls');
SELECT t.rows('carls') #>> '{mentions,0,user_id}' = t.id('amy')::text, jsonb_array_length(t.rows('carls') -> 'mentions');

-- An export has the bin; a new import can restore from it.
\c - :api_superuser
CREATE TABLE t.lines AS SELECT line, n FROM taskcrm.tc_export_organization(t.id('acme')) WITH ORDINALITY AS e (line, n);
SELECT line ->> 'table', count(*) FROM t.lines WHERE line ->> 'table' ~ 'deleted' OR line #>> '{row,deleted_task_id}' IS NOT NULL GROUP BY 1 ORDER BY 1;
-- Removing the organization does not fill the bin, and empties it.
SELECT t.bin();
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT t.bin();
SELECT * FROM taskcrm.tc_import_organization(ARRAY(SELECT line FROM t.lines ORDER BY n)) WHERE tab ~ 'deleted';
\c - regress_api_alice
SELECT t.deleted();
SELECT t.restore('two');
SELECT count(*) FROM jsonb_array_elements(t.rows('two') -> 'files') f WHERE f ->> 'md5' = md5('\x000102'::bytea);
SELECT taskcrm.tc_delete_tasks('{}', '{"all": true}') ->> 'changed';
SELECT t.bin();
-- Nor does a DELETE of the organization itself.
\c - :api_superuser
INSERT INTO taskcrm.task (org_id, title) VALUES (t.id('acme'), 'of nobody'), (t.id('acme'), 'not for the bin');
DELETE FROM taskcrm.task WHERE title = 'of nobody';
SELECT title, created_by, deleted_by FROM taskcrm_internal.deleted_task WHERE title = 'of nobody';
DELETE FROM taskcrm.organization WHERE id = t.id('acme');
SELECT t.bin();

-- Tasks that were kept for long enough are removed, now or by the calls of others; with 0 there is no bin.
\c - regress_api_bob
SELECT taskcrm.tc_delete_task(t.id('b_task'));
SELECT t.bin();
SELECT taskcrm.tc_purge_deleted('2000-01-01'), t.try('SELECT taskcrm.tc_purge_deleted(NULL)');
SELECT taskcrm.tc_purge_deleted(clock_timestamp());
SELECT t.bin();
SELECT t.try('SET taskcrm.bin_retention = 0');
SELECT t.know('old', (taskcrm.tc_create_task('{"title": "old", "attachments": [{"file_name": "f", "content": "AAEC"}]}') ->> 'id')::uuid);
SELECT taskcrm.tc_delete_task(t.id('old'));
\c - :api_superuser
UPDATE taskcrm_internal.deleted_task SET deleted_on = now() - interval '30 days 1 minute';
SELECT t.bin();
\c - regress_api_bob
-- One in 64 calls that write looks.
DO $$
BEGIN
  FOR i IN 1..5000 LOOP
    PERFORM taskcrm.tc_update_organization('Umbrella');
    EXIT WHEN t.bin() = 'tasks 0 files 0';
  END LOOP;
END $$;
SELECT t.bin();
\c - :api_superuser
SET taskcrm.bin_retention = 0;
INSERT INTO taskcrm.task (org_id, title) VALUES (t.id('umbrella'), 'at once');
DELETE FROM taskcrm.task WHERE title = 'at once';
SELECT t.bin();
SHOW taskcrm.bin_retention;
RESET taskcrm.bin_retention;
SHOW taskcrm.bin_retention;
\set ECHO none
\i :teardown
