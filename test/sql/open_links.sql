-- The links of open tasks are copied to open_link: whoever writes links or tasks, in whatever way,
-- the copies are those of the open tasks and no others, and lists of open tasks follow.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access('regress_api_alice', write => true), taskcrm.tc_grant_access('regress_api_amy', write => true);
GRANT DELETE ON ALL TABLES IN SCHEMA taskcrm TO regress_api_alice;
-- What the copies of an organization should be, in plain SQL, and what they are: the number of
-- copies, and "wrong" if they differ.
CREATE FUNCTION t.copies(org uuid) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$
  WITH wanted AS (
    SELECT v.kind, v.target_id, t.id, t.created_on
    FROM taskcrm.task t
    CROSS JOIN LATERAL (
      SELECT 0, contact_id FROM taskcrm.task_contact l WHERE l.org_id = t.org_id AND l.task_id = t.id
      UNION ALL SELECT 1, user_id FROM taskcrm.task_assignee l WHERE l.org_id = t.org_id AND l.task_id = t.id
      UNION ALL SELECT 2, team_id FROM taskcrm.task_team l WHERE l.org_id = t.org_id AND l.task_id = t.id) v (kind, target_id)
    WHERE t.org_id = org AND t.status IN ('New', 'In Progress')),
  copied AS (SELECT kind, target_id, task_id, created_on FROM taskcrm_internal.open_link WHERE org_id = org)
  SELECT (SELECT count(*) FROM copied) || CASE WHEN EXISTS (SELECT FROM ((TABLE wanted EXCEPT TABLE copied)
    UNION ALL (TABLE copied EXCEPT TABLE wanted)) d) THEN ' wrong' ELSE '' END
$$;
-- The open tasks of a user, in lists by created_on and by due_date, and their number.
CREATE FUNCTION t.open_tasks(who text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws(' | ', string_agg(l ->> 'count', ' '), string_agg(
    (SELECT string_agg(r ->> 'title', ', ' ORDER BY r ->> 'title') FROM json_array_elements(l -> 'results') r), ' / '))
  FROM unnest(ARRAY['created_on', 'due_date', '-priority']) o,
    LATERAL taskcrm.tc_list_tasks(jsonb_build_object('assigned_to', t.id(who), 'status', 'open', 'ordering', o)) l
$$;
\o
\pset format unaligned
\t on
\set ECHO all
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
-- The API: new tasks, open and completed, and changes of status and of links.
\c - regress_api_alice
\o /dev/null
SELECT t.create_task('{"title": "open", "contacts": ["{lee}"], "assigned_to": ["{amy}", "{ann}"], "teams": ["{ops}"], "due_date": "2030-01-02"}');
SELECT t.create_task('{"title": "done", "status": "Completed", "contacts": ["{lee}"], "assigned_to": ["{amy}"], "teams": ["{ops}"]}');
SELECT taskcrm.tc_create_tasks(t.ids('[{"title": "first", "assigned_to": ["{amy}"]}, {"title": "second", "status": "Completed", "assigned_to": ["{amy}"]},
  {"title": "third", "status": "In Progress", "teams": ["{ops}"]}]')::jsonb);
SELECT t.know(title, id) FROM taskcrm.task WHERE title IN ('open', 'done', 'first', 'second', 'third');
\o
SELECT t.copies(t.id('acme')), t.open_tasks('amy');
\o /dev/null
SELECT t.update_task('open', '{"status": "Completed"}'), t.update_task('done', '{"status": "In Progress", "assigned_to": {"add": ["{ann}"]}}');
\o
SELECT t.copies(t.id('acme')), t.open_tasks('amy'), t.open_tasks('ann');
\o /dev/null
SELECT t.update_task('open', '{"status": "New", "assigned_to": ["{ann}"], "contacts": []}'), t.update_task('done', '{"status": "Completed", "teams": []}'),
  t.update_task('first', '{"title": "First", "due_date": "2030-01-01"}');
\o
SELECT t.copies(t.id('acme')), t.open_tasks('amy'), t.open_tasks('ann');
-- By table: links of open and of completed tasks, a link that is changed, many tasks at once, and a
-- statement that changes both.
INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('done'), t.id('ops')), (t.id('first'), t.id('ops'));
SELECT t.copies(t.id('acme'));
UPDATE taskcrm.task_team SET team_id = t.id('sales') WHERE task_id = t.id('first');
SELECT t.copies(t.id('acme'));
UPDATE taskcrm.task SET status = CASE status WHEN 'Completed' THEN 'New' ELSE 'Completed' END::taskcrm.task_status;
SELECT t.copies(t.id('acme'));
WITH u AS (UPDATE taskcrm.task SET status = 'In Progress' WHERE id = t.id('third')),
  d AS (DELETE FROM taskcrm.task_assignee WHERE task_id = t.id('done'))
INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES (t.id('third'), t.id('lee'));
SELECT t.copies(t.id('acme'));
BEGIN;
SAVEPOINT s;
UPDATE taskcrm.task SET status = 'Completed';
DELETE FROM taskcrm.task_team;
ROLLBACK TO s;
SELECT t.copies(t.id('acme'));
DELETE FROM taskcrm.task_team;
SELECT t.copies(t.id('acme'));
ROLLBACK;
MERGE INTO taskcrm.task t USING (VALUES (t.id('done')), (t.id('third'))) v (id) ON t.id = v.id
  WHEN MATCHED AND t.status = 'Completed' THEN UPDATE SET status = 'New'
  WHEN MATCHED THEN UPDATE SET status = 'Completed';
SELECT t.copies(t.id('acme'));
-- A client can neither read nor write the copies.
SELECT t.try('SELECT count(*) FROM taskcrm_internal.open_link');
-- Moved to somebody else; a member who leaves; a task that is deleted.
\o /dev/null
SELECT taskcrm.tc_reassign(t.id('amy'), t.id('ann'));
\o
SELECT t.copies(t.id('acme')), t.open_tasks('ann');
SELECT t.try(format('SELECT taskcrm.tc_remove_member(%L)', t.id('ann'))) IS NOT NULL;
SELECT t.copies(t.id('acme'));
SELECT t.call('tc_delete_task', 'first') \g /dev/null
SELECT t.copies(t.id('acme'));
DELETE FROM taskcrm.task WHERE id = t.id('second');
SELECT t.copies(t.id('acme'));
-- A superuser: tasks and links with their times in one statement, COPY, TRUNCATE.
\c - :api_superuser
SET client_min_messages = warning;
WITH n AS (INSERT INTO taskcrm.task (org_id, title, status, created_by)
  SELECT t.id('acme'), 'both ' || s, s, t.id('amy') FROM unnest(enum_range(NULL::taskcrm.task_status)) s RETURNING *)
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on) SELECT org_id, id, t.id('amy'), created_on FROM n;
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
UPDATE taskcrm.task SET status = 'Completed';
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
UPDATE taskcrm.task SET status = 'New';
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
BEGIN;
TRUNCATE taskcrm.task_assignee;
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
TRUNCATE taskcrm.task CASCADE;
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
ROLLBACK;
-- Loading the copies of a dump, whose links have been loaded already.
CREATE TEMP TABLE dumped AS TABLE taskcrm_internal.open_link;
INSERT INTO taskcrm_internal.open_link TABLE dumped;
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
DELETE FROM taskcrm_internal.open_link WHERE kind = 1;
INSERT INTO taskcrm_internal.open_link TABLE dumped;
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
-- While the policies on links are not ours alone, lists read the links and not the copies.
CREATE POLICY mine ON taskcrm.task_assignee AS RESTRICTIVE FOR SELECT USING (user_id <> t.id('amy'));
\c - regress_api_alice
SELECT t.open_tasks('amy'), t.open_tasks('ann');
SELECT taskcrm.tc_task_totals() -> 'by_assignee' -> 0 ->> 'name', taskcrm.tc_task_totals() ->> 'unassigned';
\c - :api_superuser
SET client_min_messages = warning;
DROP POLICY mine ON taskcrm.task_assignee;
\c - regress_api_alice
SELECT t.open_tasks('amy');
SELECT taskcrm.tc_task_totals() -> 'by_assignee' -> 0 ->> 'name', taskcrm.tc_task_totals() ->> 'unassigned';
\c - :api_superuser
SET client_min_messages = warning;
-- Changes made while the triggers did not fire: tc_doctor() detects them, tc_install() repairs
-- them.
SET session_replication_role = replica;
UPDATE taskcrm.task SET status = 'Completed' WHERE title LIKE 'both %';
DELETE FROM taskcrm.task_team WHERE org_id = t.id('umbrella');
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on) SELECT t.id('acme'), t.id('done'), id, now() FROM taskcrm.contact
  WHERE org_id = t.id('acme') ON CONFLICT DO NOTHING;
UPDATE taskcrm_internal.open_link SET created_on = '2020-01-01 00:00Z' WHERE task_id = t.id('open');
RESET session_replication_role;
SELECT t.copies(t.id('acme')) LIKE '% wrong', t.copies(t.id('umbrella')) LIKE '% wrong';
SELECT "check", t.show(detail), hint FROM taskcrm.tc_doctor() WHERE "check" = 'open_links';
CALL taskcrm.tc_install();
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
SELECT ok FROM taskcrm.tc_doctor() WHERE "check" = 'open_links';
-- Tables created by an earlier version.
DROP TABLE taskcrm_internal.open_link;
DROP TRIGGER opened ON taskcrm.task;
DROP TRIGGER opened_insert ON taskcrm.task_assignee;
CALL taskcrm.tc_install();
SELECT t.copies(t.id('acme')), t.copies(t.id('umbrella'));
-- Triggers that others put on the links run between the triggers of the extension: one that reads
-- lists sees the copies that have been made, and what it deletes, undoes or refuses leaves none.
CREATE FUNCTION t.meddle() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  CASE (CASE WHEN TG_TABLE_NAME = 'task_team' OR current_setting('t.meddle') = 'read' THEN current_setting('t.meddle') ELSE 'no' END)
    WHEN 'read' THEN
      RAISE NOTICE 'amy has %', taskcrm.tc_list_tasks(jsonb_build_object('assigned_to', t.id('amy'), 'status', 'open', 'search', 'meddled')) ->> 'count';
    WHEN 'delete' THEN
      DELETE FROM taskcrm.task_assignee l USING taskcrm.task k WHERE k.id = l.task_id AND k.title = 'meddled';
    WHEN 'undo' THEN
      BEGIN
        INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
          SELECT k.org_id, k.id, t.id('lee'), k.created_on FROM taskcrm.task k WHERE k.title = 'meddled';
        RAISE EXCEPTION 'undone';
      EXCEPTION WHEN raise_exception THEN NULL;
      END;
    WHEN 'complete' THEN
      UPDATE taskcrm.task SET status = 'Completed' WHERE title = 'meddled';
    WHEN 'create' THEN
      PERFORM set_config('t.meddle', 'no', true);
      PERFORM taskcrm.tc_create_task(jsonb_build_object('title', 'another', 'assigned_to', jsonb_build_array(t.id('amy')), 'teams', jsonb_build_array(t.id('ops'))));
    WHEN 'fail' THEN RAISE EXCEPTION 'refused';
    ELSE NULL;
  END CASE;
  RETURN NULL;
END
$$;
-- Of the two, the second one fires when all kinds of links have been written.
CREATE TRIGGER zz AFTER INSERT ON taskcrm.task_team FOR EACH STATEMENT EXECUTE FUNCTION t.meddle();
CREATE TRIGGER zz AFTER INSERT ON taskcrm.task_contact FOR EACH STATEMENT EXECUTE FUNCTION t.meddle();
SET client_min_messages = notice;
\c - regress_api_alice
SELECT t.copies(t.id('acme'));
BEGIN;
SET LOCAL t.meddle = 'read';
SELECT t.create_task('{"title": "meddled", "contacts": ["{kim}"], "assigned_to": ["{amy}"], "teams": ["{ops}"]}') \g /dev/null
SELECT t.copies(t.id('acme'));
ROLLBACK;
BEGIN;
SET LOCAL t.meddle = 'delete';
SELECT t.create_task('{"title": "meddled", "contacts": ["{kim}"], "assigned_to": ["{amy}"], "teams": ["{ops}"]}') \g /dev/null
SELECT t.copies(t.id('acme'));
ROLLBACK;
BEGIN;
SET LOCAL t.meddle = 'undo';
SELECT t.create_task('{"title": "meddled", "assigned_to": ["{amy}"], "teams": ["{ops}"]}') \g /dev/null
SELECT t.copies(t.id('acme'));
ROLLBACK;
BEGIN;
SET LOCAL t.meddle = 'complete';
SELECT t.create_task('{"title": "meddled", "assigned_to": ["{amy}"], "teams": ["{ops}"]}') \g /dev/null
SELECT t.copies(t.id('acme'));
ROLLBACK;
BEGIN;
SET LOCAL t.meddle = 'create';
SELECT t.create_task('{"title": "meddled", "assigned_to": ["{amy}"], "teams": ["{ops}"]}') \g /dev/null
SELECT t.copies(t.id('acme'));
SAVEPOINT s;
SET LOCAL t.meddle = 'fail';
SELECT t.create_task('{"title": "meddled", "assigned_to": ["{amy}"], "teams": ["{ops}"]}');
ROLLBACK TO s;
SET LOCAL t.meddle = 'no';
SELECT t.create_task('{"title": "meddled", "assigned_to": ["{amy}"], "teams": ["{ops}"]}') \g /dev/null
SELECT t.copies(t.id('acme'));
ROLLBACK;
\c - :api_superuser
SET client_min_messages = warning;
DROP TRIGGER zz ON taskcrm.task_team;
DROP TRIGGER zz ON taskcrm.task_contact;
-- Deleting an organization deletes its copies.
SELECT taskcrm.tc_delete_organization(t.id('acme')) \g /dev/null
SELECT count(*) FROM taskcrm_internal.open_link WHERE org_id = t.id('acme');
SELECT t.copies(t.id('umbrella'));
-- The functions can be called only by their triggers.
SELECT taskcrm_internal.link_opened();
SELECT taskcrm_internal.task_opened();
SELECT taskcrm_internal.open_link_kept();
\set ECHO none
\i :teardown
