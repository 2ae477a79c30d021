-- Descriptions are searched in a separate table: an update of a task that does not change its
-- description neither reads nor writes it, and search finds the current descriptions, however they
-- were written.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access('regress_api_amy', write => true);
SELECT t.know('short', '0a000000-0000-4000-8000-000000007a01'), t.know('long', '0a000000-0000-4000-8000-000000007a02'),
  t.know('wide', '0a000000-0000-4000-8000-000000007a03'), t.know('other', '0b000000-0000-4000-8000-000000007a02');
-- A text of the given length that does not compress well.
CREATE FUNCTION t.text(length int) RETURNS text LANGUAGE sql
  AS $$ SELECT left(string_agg(md5(g::text), ' '), length) FROM generate_series(1, length / 32 + 1) g $$;
INSERT INTO taskcrm.task (org_id, id, title, description, created_by) VALUES
  (t.id('acme'), t.id('short'), 'Short', NULL, t.id('amy')),
  (t.id('acme'), t.id('long'), 'Long', t.text(99980) || ' Grüße vom Zebra', t.id('amy')),
  (t.id('acme'), t.id('wide'), 'Zebra crossing', '', t.id('amy')),
  (t.id('umbrella'), t.id('other'), 'Other', 'a zebra of others', t.id('bob'));

-- Reports whether a statement accesses descriptions: their TOAST tables and the indexes on them.
CREATE FUNCTION t.places() RETURNS TABLE (place text, blocks bigint) LANGUAGE sql VOLATILE AS $$
  WITH tab AS (SELECT c.oid, c.relname, c.reltoastrelid FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
    WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r' AND a.attname = 'description'),
  place AS (
    SELECT 'long texts' AS place, reltoastrelid AS oid FROM tab
    UNION ALL SELECT 'long texts', i.indexrelid FROM tab JOIN pg_index i ON i.indrelid = tab.reltoastrelid
    UNION ALL SELECT 'indexes', i.indexrelid FROM tab JOIN pg_index i ON i.indrelid = tab.oid
      JOIN pg_attribute a ON a.attrelid = tab.oid AND a.attnum = ANY (i.indkey) AND a.attname = 'description')
  SELECT p.place, sum(pg_stat_get_xact_blocks_fetched(p.oid))::bigint FROM place p GROUP BY p.place
$$;
CREATE FUNCTION t.touched(statement text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  before jsonb;
  result text;
BEGIN
  SELECT jsonb_object_agg(place, blocks) INTO before FROM t.places();
  EXECUTE t.ids(statement);
  SELECT string_agg(place, ', ' ORDER BY place) INTO result FROM t.places() WHERE blocks > (before ->> place)::bigint;
  RETURN coalesce(result, 'nothing');
END
$$;
-- The titles that a member's search finds, in each way of reading: a page, its count, an estimate,
-- and with another filter.
CREATE FUNCTION t.found(term text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws(' | ',
    (SELECT string_agg(r ->> 'title', ', ' ORDER BY r ->> 'title') FROM json_array_elements(l.l -> 'results') r),
    l.l ->> 'count', taskcrm.tc_list_tasks(jsonb_build_object('search', term, 'count', 'estimated')) ->> 'count',
    taskcrm.tc_list_tasks(jsonb_build_object('search', term, 'status', 'New')) ->> 'count',
    (SELECT count(*) FROM taskcrm.tc_find_tasks(jsonb_build_object('search', term))))
  FROM (SELECT taskcrm.tc_list_tasks(jsonb_build_object('search', term, 'limit', 100)) AS l) l
$$;
-- The number of rows in which task_text differs from the tasks.
CREATE FUNCTION t.differing() RETURNS bigint LANGUAGE sql STABLE AS $$
  SELECT count(*) FROM (SELECT org_id, id, description FROM taskcrm.task WHERE description <> '') t
  FULL JOIN taskcrm_internal.task_text x ON x.org_id = t.org_id AND x.task_id = t.id
  WHERE t.description IS DISTINCT FROM x.description
$$;
\o
\pset format unaligned
\t on
\set ECHO all
-- An update of other columns does not access descriptions.
SELECT t.touched($$UPDATE taskcrm.task SET status = 'Completed' WHERE id = '{long}'$$);
SELECT t.touched($$UPDATE taskcrm.task SET priority = 'High', due_date = '2030-01-01', account_id = NULL
  WHERE id = '{long}'$$);
SELECT t.touched($$UPDATE taskcrm.task SET title = 'Longer', description = description WHERE id = '{long}'$$);
SELECT t.touched($$INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) VALUES ('{acme}', '{long}', '{amy}')$$);
SELECT t.touched($$DELETE FROM taskcrm.task_assignee WHERE task_id = '{long}'$$);
-- An update of the description does.
SELECT t.touched($$UPDATE taskcrm.task SET description = description || '.' WHERE id = '{long}'$$);
SELECT t.touched($$UPDATE taskcrm.task SET status = 'New' WHERE id = '{long}'$$);

-- Search finds the current descriptions in the caller's organization.
\c - regress_api_amy
SELECT t.found('ZEBRA');
SELECT t.found('GRÜßE');
SELECT t.found('of others');
UPDATE taskcrm.task SET description = 'now a giraffe' WHERE title = 'Short';
SELECT t.found('giraffe');
UPDATE taskcrm.task SET description = 'an okapi' WHERE title = 'Short';
SELECT t.found('giraffe'), t.found('okapi');
UPDATE taskcrm.task SET description = '' WHERE title = 'Short';
SELECT t.found('okapi');
UPDATE taskcrm.task SET description = NULL WHERE title = 'Short';
INSERT INTO taskcrm.task (title, description)
  VALUES ('New one', 'has an okapi'), ('And one', 'Okapis'), ('Empty', ''), ('None', NULL);
SELECT t.found('okapi');
SELECT taskcrm.tc_update_task(t.id('short'), '{"description": "okapi three"}') ->> 'description';
SELECT taskcrm.tc_create_task('{"title": "By the API", "description": "okapi four"}') ->> 'description';
SELECT t.found('okapi');
SELECT taskcrm.tc_delete_task(t.id('short')) \g /dev/null
SELECT t.found('okapi');
-- Clients can neither read nor write the copies.
SELECT t.try('SELECT count(*) FROM taskcrm_internal.task_text');
SELECT t.try($$INSERT INTO taskcrm_internal.task_text VALUES (t.id('acme'), t.id('long'), 'x') RETURNING 1$$);
\c - :api_superuser
SET client_min_messages = warning;
SELECT t.differing();
-- Rollbacks, MERGE, ON CONFLICT, COPY.
BEGIN;
UPDATE taskcrm.task SET description = 'lost' WHERE org_id = t.id('acme');
SAVEPOINT s;
UPDATE taskcrm.task SET description = NULL WHERE org_id = t.id('acme');
SELECT t.differing();
ROLLBACK TO s;
SELECT t.differing(), (SELECT count(*) FROM taskcrm_internal.task_text WHERE description = 'lost');
ROLLBACK;
MERGE INTO taskcrm.task k
  USING (VALUES (t.id('wide')), (gen_random_uuid())) AS v (id) ON k.id = v.id AND k.org_id = t.id('acme')
  WHEN MATCHED THEN UPDATE SET description = 'merged gnu'
  WHEN NOT MATCHED THEN INSERT (org_id, id, title, description) VALUES (t.id('acme'), v.id, 'Merged', 'inserted gnu');
INSERT INTO taskcrm.task (org_id, id, title, description) VALUES (t.id('acme'), t.id('wide'), 'x', 'x')
  ON CONFLICT (org_id, id) DO UPDATE SET description = 'an upserted gnu';
COPY taskcrm.task (org_id, id, title, description) FROM stdin;
0a000000-0000-4000-8000-000000000001	0a000000-0000-4000-8000-000000007a09	Copied	a gnu from a file
\.
SELECT t.differing();
-- A dump contains the rows of task_text after the tasks.
COPY taskcrm_internal.task_text (org_id, task_id, description) FROM stdin;
0a000000-0000-4000-8000-000000000001	0a000000-0000-4000-8000-000000007a09	a gnu from a file
\.
SELECT t.differing(), count(*) FROM taskcrm_internal.task_text WHERE task_id = '0a000000-0000-4000-8000-000000007a09';
\c - regress_api_amy
SELECT t.found('gnu');
\c - :api_superuser
SET client_min_messages = warning;
-- A user-defined policy hides tasks from search, whatever their descriptions are.
CREATE POLICY "nothing copied" ON taskcrm.task AS RESTRICTIVE FOR SELECT USING (title <> 'Copied');
\c - regress_api_amy
SELECT t.found('gnu');
\c - :api_superuser
SET client_min_messages = warning;
DROP POLICY "nothing copied" ON taskcrm.task;
-- With more matching tasks than are passed to a statement as ids: pages, counts and filters find
-- all of them, each once.
INSERT INTO taskcrm.task (org_id, title, description, created_by, status)
  SELECT t.id('acme'), 'Bulk ' || g || CASE WHEN g % 2 = 0 THEN ' quagga' ELSE '' END,
    CASE WHEN g % 2 = 0 OR g % 3 = 0 OR g > 600 THEN 'about the quagga' END, t.id('amy'),
    (CASE WHEN g % 5 = 0 THEN 'Completed' ELSE 'New' END)::taskcrm.task_status
  FROM generate_series(1, 5000) g;
\c - regress_api_amy
SELECT q ->> 'count' AS count, json_array_length(q -> 'results')
  FROM taskcrm.tc_list_tasks('{"search": "QUAGGA", "limit": 50}') q;
SELECT count(*), count(DISTINCT id) FROM taskcrm.tc_find_tasks('{"search": "quagga"}');
SELECT q ->> 'count' AS count, json_array_length(q -> 'results')
  FROM taskcrm.tc_list_tasks('{"search": "quagga", "status": "Completed", "limit": 1000}') q;
SELECT count(*) FROM taskcrm.task
  WHERE (title OPERATOR(taskcrm.@~) 'quagga' OR description OPERATOR(taskcrm.@~) 'quagga') AND status = 'Completed';
SELECT q ->> 'count' AS count FROM taskcrm.tc_task_totals('{"search": "quagga"}') q;
SELECT q ->> 'count' AS count FROM taskcrm.tc_list_tasks('{"search": "about the", "ordering": "title", "limit": 1}') q;
\c - :api_superuser
SET client_min_messages = warning;
DELETE FROM taskcrm.task WHERE title LIKE 'Bulk %';
SELECT t.differing();
-- Changes made while the triggers did not fire: tc_doctor() detects them, tc_install() repairs
-- them.
SET session_replication_role = replica;
INSERT INTO taskcrm.task (org_id, title, description, created_by)
  VALUES (t.id('acme'), 'Replica', 'an unseen lynx', t.id('amy'));
UPDATE taskcrm.task SET description = 'a changed lynx' WHERE title = 'Copied';
UPDATE taskcrm.task SET description = NULL WHERE id = t.id('other');
RESET session_replication_role;
SELECT t.differing();
SELECT "check", t.show(detail), hint FROM taskcrm.tc_doctor() WHERE "check" = 'texts';
CALL taskcrm.tc_install();
SELECT t.differing();
SELECT ok FROM taskcrm.tc_doctor() WHERE "check" = 'texts';
-- Tables created by an earlier version.
DROP TABLE taskcrm_internal.task_text;
DROP TRIGGER described ON taskcrm.task;
CREATE INDEX task_description_search_idx ON taskcrm.task
  USING gin (org_id taskcrm_internal.uuid_ops, description taskcrm_internal.contains_ops);
CREATE INDEX task_status_priority_idx ON taskcrm.task (org_id, status, priority, created_on, id);
-- One of a user, by chance with a name of ours.
CREATE INDEX task_title_search_idx ON taskcrm.task (title);
CALL taskcrm.tc_install();
SELECT t.differing(), to_regclass('taskcrm.task_description_search_idx'), to_regclass('taskcrm.task_status_priority_idx'),
  to_regclass('taskcrm.task_title_search_idx');
DROP INDEX taskcrm.task_title_search_idx;
\c - regress_api_amy
SELECT t.found('lynx');
\c - :api_superuser
SET client_min_messages = warning;
-- Deleting an organization deletes its descriptions.
SELECT taskcrm.tc_delete_organization(t.id('acme')) \g /dev/null
SELECT count(*) FROM taskcrm_internal.task_text WHERE org_id = t.id('acme');
-- The functions can be called only by their triggers.
SELECT taskcrm_internal.task_described();
SELECT taskcrm_internal.task_text_replaced();
CREATE TRIGGER regress_statement AFTER INSERT ON taskcrm.task EXECUTE FUNCTION taskcrm_internal.task_described();
INSERT INTO taskcrm.task (org_id, title) VALUES (t.id('umbrella'), 'x');
\set ECHO none
\i :teardown
