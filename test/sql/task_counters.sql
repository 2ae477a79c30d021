-- The counters of tasks: exact after every statement that changes tasks, used by lists, checked,
-- and repaired when they are wrong.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
\t on
\pset format unaligned
\pset null (null)
-- The number of wrong counters, and the number of tasks according to the counters.
CREATE VIEW public.wrong AS SELECT count(*) AS wrong FROM taskcrm.tc_check_counts();
CREATE VIEW public.counted AS SELECT coalesce(sum(n), 0) AS tasks, (SELECT wrong FROM public.wrong)
  FROM taskcrm_internal.task_count;
CREATE FUNCTION public.add(org int, tasks int) RETURNS void LANGUAGE sql AS $$
  INSERT INTO taskcrm.task (org_id, title, status, priority)
  SELECT ('00000001-0000-7000-8000-00000000000' || org)::uuid, 'Task ' || g,
    (ARRAY['New', 'In Progress', 'Completed'])[1 + g % 3]::taskcrm.task_status,
    (ARRAY['Low', 'Normal', 'High', 'Urgent'])[1 + g % 4]::taskcrm.task_priority FROM generate_series(1, tasks) g $$;
\set org '''00000001-0000-7000-8000-000000000001'''
\set other '''00000001-0000-7000-8000-000000000002'''
SELECT taskcrm.tc_grant_access('regress_ada', write => true);
\o
\set VERBOSITY terse
\set ECHO all
SELECT * FROM counted;
SELECT public.add(1, 120), public.add(2, 30);
SELECT * FROM counted;
-- All combinations of the organization, and no others.
SELECT status, priority, sum(n) FROM taskcrm_internal.task_count WHERE org_id = :org GROUP BY 1, 2 ORDER BY 1, 2;
-- UPDATE of counted and of other columns, of no rows, and of all rows.
UPDATE taskcrm.task SET status = 'Completed' WHERE title LIKE 'Task 1%';
UPDATE taskcrm.task SET title = title || '!' WHERE priority = 'High';
UPDATE taskcrm.task SET priority = 'Urgent' WHERE false;
UPDATE taskcrm.task SET status = 'New', priority = 'Low';
SELECT * FROM counted;
SELECT status, priority, sum(n) FROM taskcrm_internal.task_count WHERE org_id = :org GROUP BY 1, 2 HAVING sum(n) <> 0;
-- DELETE with and without rows.
DELETE FROM taskcrm.task WHERE title LIKE 'Task 2%';
DELETE FROM taskcrm.task WHERE false;
SELECT * FROM counted;
-- Savepoints, rollbacks, and a statement that fails partway.
BEGIN;
SELECT public.add(1, 10);
SAVEPOINT a;
SELECT public.add(1, 100);
SELECT * FROM counted;
ROLLBACK TO a;
DELETE FROM taskcrm.task WHERE org_id = :other;
SELECT * FROM counted;
ROLLBACK;
SELECT * FROM counted;
INSERT INTO taskcrm.task (org_id, title) VALUES (:org, 'fine'), (:org, ' ');
SELECT * FROM counted;
-- COPY, ON CONFLICT, MERGE, data-modifying WITH.
COPY taskcrm.task (org_id, id, title, status) FROM stdin;
00000001-0000-7000-8000-000000000001	00000009-0000-7000-8000-000000000001	Copied	Completed
00000001-0000-7000-8000-000000000002	00000009-0000-7000-8000-000000000002	Copied	New
\.
INSERT INTO taskcrm.task (org_id, id, title, status)
  VALUES (:org, '00000009-0000-7000-8000-000000000001', 'Again', 'New'),
    (:org, '00000009-0000-7000-8000-000000000003', 'New', 'New')
  ON CONFLICT (org_id, id) DO UPDATE SET status = 'In Progress';
MERGE INTO taskcrm.task t USING (VALUES (:org::uuid, '00000009-0000-7000-8000-000000000001'::uuid),
  (:org, '00000009-0000-7000-8000-000000000003'), (:org, '00000009-0000-7000-8000-000000000004')) s (org, id)
  ON t.org_id = s.org AND t.id = s.id
  WHEN MATCHED AND t.title = 'New' THEN DELETE
  WHEN MATCHED THEN UPDATE SET priority = 'Urgent'
  WHEN NOT MATCHED THEN INSERT (org_id, id, title) VALUES (s.org, s.id, 'Merged');
WITH gone AS (DELETE FROM taskcrm.task WHERE title = 'Merged' RETURNING org_id)
INSERT INTO taskcrm.task (org_id, title, status) SELECT org_id, 'In its place', 'Completed' FROM gone;
SELECT * FROM counted;
SELECT status, priority, sum(n) FROM taskcrm_internal.task_count WHERE org_id = :org GROUP BY 1, 2 HAVING sum(n) <> 0
  ORDER BY 1, 2;
-- Folding changes no sum; folding again changes nothing.
-- (The last statement may already have folded everything.)
INSERT INTO taskcrm_internal.task_count SELECT :org, 'New', 'Low', n FROM unnest('{1,-1}'::int[]) n;
SELECT taskcrm.tc_compact_counts() > 0 AS folded;
SELECT * FROM counted;
SELECT count(*) = count(DISTINCT (org_id, status, priority)) AS one_row_each, bool_and(n > 0) AS none_empty
  FROM taskcrm_internal.task_count;
SELECT taskcrm.tc_compact_counts();
-- Many statements leave only a few counter rows.
DO $$ BEGIN FOR i IN 1..3000 LOOP PERFORM public.add(2, 1); END LOOP; END $$;
SELECT count(*) < 1500 AS few, (SELECT * FROM wrong) FROM taskcrm_internal.task_count;
DELETE FROM taskcrm.task WHERE org_id = :other;
-- Clients cannot read the counters, but the tasks they write are counted.
\c - regress_ada
SELECT taskcrm.tc_list_tasks('{"limit": 0}') ->> 'count' AS all_of_them;
SELECT taskcrm.tc_list_tasks('{"limit": 0, "status": "in progress"}') ->> 'count' AS in_progress;
SELECT taskcrm.tc_list_tasks('{"limit": 0, "status": ["New", "Completed"], "priority": "low"}') ->>
  'count' AS new_or_done_low;
SELECT taskcrm.tc_list_tasks('{"limit": 0, "priority": "high", "count": "estimated"}') ->> 'count' AS none_of_it;
INSERT INTO taskcrm.task (title, priority) VALUES ('Direct', 'High');
SELECT taskcrm.tc_list_tasks('{"limit": 0, "priority": "high"}') ->> 'count' AS one;
SELECT sum(n) FROM taskcrm_internal.task_count;
INSERT INTO taskcrm_internal.task_count VALUES (:org, 'New', 'Low', 1000);
SELECT taskcrm.tc_recount();
SELECT taskcrm.tc_compact_counts();
SELECT * FROM taskcrm.tc_check_counts();
\c - :superuser
SET client_min_messages = warning;
SELECT * FROM counted;
-- Lists use the counters: a wrong counter is visible.
INSERT INTO taskcrm_internal.task_count VALUES (:org, 'New', 'Low', 1000);
SELECT * FROM taskcrm.tc_check_counts();
\c - regress_ada
SELECT taskcrm.tc_list_tasks('{"limit": 0}') ->> 'count' AS by_counters,
  taskcrm.tc_list_tasks('{"limit": 0, "created_on__gte": "2000-01-01"}') ->> 'count' AS by_tasks;
\c - :superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_recount();
SELECT * FROM counted;
-- Without triggers nothing is counted; tc_recount() repairs the counters.
SET session_replication_role = replica;
SELECT public.add(2, 5);
DELETE FROM taskcrm.task WHERE org_id = :org AND status = 'In Progress';
RESET session_replication_role;
SELECT * FROM taskcrm.tc_check_counts();
SELECT taskcrm.tc_recount();
SELECT * FROM counted;
-- tc_install() restores a missing trigger and counts the changes that it missed.
DROP TRIGGER counted_insert ON taskcrm.task;
SELECT public.add(2, 7);
SELECT * FROM counted;
CALL taskcrm.tc_install();
SELECT * FROM counted;
-- Deleting an organization deletes its counters.
SELECT public.add(2, 9);
SELECT taskcrm.tc_create_organization('Third', '00000001-0000-7000-8000-000000000003'), public.add(3, 9);
DELETE FROM taskcrm.organization WHERE id = :other;
SELECT coalesce(sum(n), 0), (SELECT * FROM wrong) FROM taskcrm_internal.task_count WHERE org_id = :other;
SELECT taskcrm.tc_delete_organization('00000001-0000-7000-8000-000000000003');
SELECT count(*) FROM taskcrm_internal.task_count WHERE org_id = '00000001-0000-7000-8000-000000000003';
-- TRUNCATE by the owner, also in a snapshot older than the truncated rows.
BEGIN ISOLATION LEVEL REPEATABLE READ;
SELECT * FROM counted;
TRUNCATE taskcrm.task CASCADE;
SELECT * FROM counted;
ROLLBACK;
SELECT * FROM counted;
TRUNCATE taskcrm.task CASCADE;
SELECT * FROM counted;
SELECT count(*) FROM taskcrm_internal.task_count;
-- With a user-defined trigger that suppresses a row, or a rule: every operation that folds, counts
-- or deletes counters fails, and no sum is lost.
\set ECHO none
CREATE FUNCTION public.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
-- Runs a statement up to 3000 times until it fails; returns the error.
CREATE FUNCTION public.fails(statement text, times int DEFAULT 1) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1..times LOOP
    EXECUTE statement;
  END LOOP;
  RAISE 'no error, wrong counts: %', (SELECT * FROM public.wrong);
EXCEPTION WHEN others THEN
  RETURN sqlstate || ' ' || sqlerrm;
END
$$;
CREATE FUNCTION public.suppressed(OUT statement text, OUT before_insert text, OUT folded_row text,
  OUT before_delete text, OUT one_of_them text,
    OUT rule_insert text, OUT rule_delete text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  times int;
BEGIN
  FOR statement, times IN VALUES ('SELECT public.add(1, 1)', 3000), ('SELECT taskcrm.tc_compact_counts()', 1),
    ('SELECT taskcrm.tc_recount()', 1),
    ('TRUNCATE taskcrm.task CASCADE', 1),
      ('SELECT taskcrm.tc_delete_organization(''00000001-0000-7000-8000-000000000001'')', 1)
  LOOP
    CREATE TRIGGER suppress BEFORE INSERT ON taskcrm_internal.task_count FOR EACH ROW EXECUTE FUNCTION public.suppress();
    before_insert := public.fails(statement, times);
    DROP TRIGGER suppress ON taskcrm_internal.task_count;
    CREATE TRIGGER suppress BEFORE INSERT ON taskcrm_internal.task_count
      FOR EACH ROW WHEN (new.n > 1) EXECUTE FUNCTION public.suppress();
    -- Whether deleting the tasks folds is left to chance.
    folded_row := CASE WHEN statement NOT LIKE '%delete%' THEN public.fails(statement, times) END;
    DROP TRIGGER suppress ON taskcrm_internal.task_count;
    CREATE TRIGGER suppress BEFORE DELETE ON taskcrm_internal.task_count FOR EACH ROW EXECUTE FUNCTION public.suppress();
    before_delete := public.fails(statement, times);
    DROP TRIGGER suppress ON taskcrm_internal.task_count;
    CREATE TRIGGER suppress BEFORE DELETE ON taskcrm_internal.task_count
      FOR EACH ROW WHEN (old.priority = 'Low') EXECUTE FUNCTION public.suppress();
    one_of_them := public.fails(statement, times);
    DROP TRIGGER suppress ON taskcrm_internal.task_count;
    CREATE RULE suppress AS ON INSERT TO taskcrm_internal.task_count DO INSTEAD NOTHING;
    rule_insert := public.fails(statement, times);
    DROP RULE suppress ON taskcrm_internal.task_count;
    CREATE RULE suppress AS ON DELETE TO taskcrm_internal.task_count DO INSTEAD NOTHING;
    rule_delete := public.fails(statement, times);
    DROP RULE suppress ON taskcrm_internal.task_count;
    RETURN NEXT;
  END LOOP;
END
$$;
SELECT public.add(1, 24), public.add(1, 24) \g /dev/null
-- Rows to fold, even if the last statement has folded everything.
INSERT INTO taskcrm_internal.task_count SELECT :org, 'New', 'Low', n FROM unnest('{2,-2}'::int[]) n;
\set ECHO all
\x on
SELECT * FROM public.suppressed();
\x off
SELECT * FROM counted;
-- A trigger function cannot be called directly or used by a row trigger.
SELECT taskcrm_internal.task_counted();
CREATE TRIGGER regress_row AFTER INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_counted();
SELECT public.add(1, 1);
DROP TRIGGER regress_row ON taskcrm.task;
\set ECHO none
SET client_min_messages = error;
DROP VIEW public.counted, public.wrong;
DROP FUNCTION public.add(int, int), public.suppress(), public.suppressed(), public.fails(text, int);
\i :teardown
