-- The enums and their operators: queries use the indexes under row-level security, whatever the
-- search_path, and all uses of an enum work.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup

INSERT INTO taskcrm.task (org_id, id, title, status, priority, created_on)
SELECT id('org', 1 + i % 2), id('task', 1000 + i), 'Task ' || i,
  -- 1 in 10 in progress, 1 in 25 urgent: rare enough for an index.
  CASE WHEN i % 20 < 2 THEN 'In Progress' WHEN i % 3 = 0 THEN 'New' ELSE 'Completed' END::taskcrm.task_status,
  CASE WHEN i % 50 < 2 THEN 'Urgent' WHEN i % 3 = 0 THEN 'Low' WHEN i % 7 = 0 THEN 'High' ELSE 'Normal'
    END::taskcrm.task_priority,
  '2023-01-01'::timestamptz + i * interval '1 minute'
FROM generate_series(1, 6000) AS i;
ANALYZE taskcrm.task;

-- Reports which columns and operators are in the index conditions of a plan; other parts of the
-- plan differ between versions.
CREATE FUNCTION public.index_conditions(statement text) RETURNS text
  LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json, COSTS off) ' || statement INTO plan;
  RETURN concat_ws(', ',
    CASE WHEN plan::text ~ '"Index Cond": "[^\n]*\yorg_id = ' THEN 'org_id' END,
    CASE WHEN plan::text ~ '"Index Cond": "[^\n]*\ystatus = ' THEN 'status' END,
    CASE WHEN plan::text ~ '"Index Cond": "[^\n]*\ypriority = ' THEN 'priority' END,
    CASE WHEN plan::text ~ '"Seq Scan"' THEN 'SEQ SCAN' END);
END
$$;
\set ECHO all
\t on
\pset format unaligned

\connect - regress_bob
-- The default search_path, one with our schema, and an empty one.
SELECT index_conditions($$SELECT * FROM taskcrm.task WHERE status = 'In Progress'$$);
SELECT index_conditions($$SELECT * FROM taskcrm.task WHERE priority = 'Urgent'$$);
SET search_path = public, taskcrm;
SELECT index_conditions($$SELECT * FROM task WHERE status = 'In Progress'$$);
SELECT index_conditions($$SELECT * FROM task WHERE priority = 'Urgent'$$);
SET search_path = '';
SELECT public.index_conditions($$SELECT * FROM taskcrm.task WHERE status = 'In Progress'$$);
SELECT public.index_conditions($$SELECT * FROM taskcrm.task WHERE priority = 'Urgent'$$);
RESET search_path;
-- With a given organization, with one of several labels, with a parameter, and with a cast.
SELECT index_conditions($$SELECT * FROM taskcrm.task
  WHERE org_id = taskcrm.tc_current_org() AND status = 'In Progress'$$);
SELECT index_conditions($$SELECT * FROM taskcrm.task WHERE status = ANY ('{In Progress}'::taskcrm.task_status[])$$);
SELECT index_conditions($$SELECT * FROM taskcrm.task WHERE status IN ('In Progress')$$);
SELECT index_conditions($$SELECT * FROM taskcrm.task WHERE status = 'In Progress'::text::taskcrm.task_status$$);
PREPARE by_status AS SELECT * FROM taskcrm.task WHERE status = $1;
SET plan_cache_mode = force_generic_plan;
SELECT index_conditions($$EXECUTE by_status('In Progress')$$);
RESET plan_cache_mode;
DEALLOCATE by_status;
-- Only rows of the caller's organization are counted.
SELECT count(*) FROM taskcrm.task WHERE status = 'In Progress';
SELECT count(*) FROM taskcrm.task WHERE priority = 'Urgent';

\connect - :superuser
-- For all pairs, every operator agrees with the order of the labels.
SELECT e.enumtypid::regtype, string_agg(e.enumlabel, ' < ' ORDER BY e.enumsortorder)
FROM pg_enum e WHERE e.enumtypid IN ('taskcrm.task_status'::regtype, 'taskcrm.task_priority'::regtype)
GROUP BY e.enumtypid ORDER BY e.enumtypid::regtype::text COLLATE "C";
SELECT count(*),
  bool_and((a.v = b.v) = (a.n = b.n)) AS eq, bool_and((a.v <> b.v) = (a.n <> b.n)) AS ne,
  bool_and((a.v < b.v) = (a.n < b.n)) AS lt, bool_and((a.v <= b.v) = (a.n <= b.n)) AS le,
  bool_and((a.v > b.v) = (a.n > b.n)) AS gt, bool_and((a.v >= b.v) = (a.n >= b.n)) AS ge
FROM unnest(enum_range(NULL::taskcrm.task_status)) WITH ORDINALITY AS a (v, n),
  unnest(enum_range(NULL::taskcrm.task_status)) WITH ORDINALITY AS b (v, n);
SELECT count(*),
  bool_and((a.v = b.v) = (a.n = b.n)) AS eq, bool_and((a.v <> b.v) = (a.n <> b.n)) AS ne,
  bool_and((a.v < b.v) = (a.n < b.n)) AS lt, bool_and((a.v <= b.v) = (a.n <= b.n)) AS le,
  bool_and((a.v > b.v) = (a.n > b.n)) AS gt, bool_and((a.v >= b.v) = (a.n >= b.n)) AS ge
FROM unnest(enum_range(NULL::taskcrm.task_priority)) WITH ORDINALITY AS a (v, n),
  unnest(enum_range(NULL::taskcrm.task_priority)) WITH ORDINALITY AS b (v, n);
-- The parser chooses the operators of the extension, and both index types use them.
SELECT o.oid::regoperator, a.amname, d.amopstrategy FROM pg_amop d JOIN pg_operator o ON o.oid = d.amopopr
JOIN pg_am a ON a.oid = d.amopmethod
WHERE o.oprleft IN ('taskcrm.task_status'::regtype, 'taskcrm.task_priority'::regtype)
ORDER BY o.oprleft::regtype::text COLLATE "C", a.amname, d.amopstrategy;
SELECT attempt($$SELECT opcname FROM pg_opclass c JOIN pg_index i ON c.oid = i.indclass[1]
  WHERE i.indexrelid = 'taskcrm.task_status_idx'::regclass$$);

-- Unknown literals, casts, arrays, null.
SELECT 'New'::taskcrm.task_status = 'New', 'Low' < 'Urgent'::taskcrm.task_priority, 'New'::text::taskcrm.task_status;
SELECT attempt($$SELECT 'new'::taskcrm.task_status$$);
SELECT attempt($$SELECT * FROM taskcrm.task WHERE status = 'Done'$$);
SELECT split_part(attempt($$SELECT 'New'::taskcrm.task_status = 'Low'::taskcrm.task_priority$$), E'\n', 1);
SELECT split_part(attempt($$SELECT 'New'::taskcrm.task_status = 'New'::text$$), E'\n', 1);
SELECT '{New,Completed}'::taskcrm.task_status[] AS v, 'New' = ANY ('{New,Completed}'::taskcrm.task_status[]),
  '{New}'::taskcrm.task_status[] = '{New}', '{New}'::taskcrm.task_status[] < '{Completed}',
    '{New,Completed}'::taskcrm.task_status[] @> '{Completed}',
  array_position('{Low,High}'::taskcrm.task_priority[], 'High');
SELECT 'New'::taskcrm.task_status = NULL, 'New'::taskcrm.task_status IS DISTINCT FROM NULL,
  ROW('New'::taskcrm.task_status, 1) = ROW('New'::taskcrm.task_status, 1),
  greatest('Low', 'High'::taskcrm.task_priority), 'High'::taskcrm.task_priority BETWEEN 'Normal' AND 'Urgent';

-- Ordering, aggregates, grouping.
SELECT min(status), max(status), min(priority), max(priority), count(DISTINCT status) FROM taskcrm.task;
SELECT status, count(*) FROM taskcrm.task GROUP BY status ORDER BY status;
SELECT DISTINCT priority FROM taskcrm.task ORDER BY priority DESC;
SELECT count(*) FROM taskcrm.task WHERE status IN ('New', 'Completed');
SELECT count(*) FROM taskcrm.task WHERE status NOT IN ('New', 'Completed');
SELECT count(*) FROM taskcrm.task WHERE priority >= 'High';
SELECT priority, rank() OVER (ORDER BY priority), lag(priority) OVER (ORDER BY priority)
FROM (SELECT DISTINCT priority FROM taskcrm.task) AS p ORDER BY 1;

-- The same join by hash, merge and nested loop.
CREATE TEMP TABLE weight AS
SELECT p AS priority, n AS weight FROM unnest(enum_range(NULL::taskcrm.task_priority)) WITH ORDINALITY AS e (p, n);
CREATE FUNCTION pg_temp.joined_by(statement text, node text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  plan json;
BEGIN
  EXECUTE 'EXPLAIN (FORMAT json, COSTS off) ' || statement INTO plan;
  RETURN plan::text LIKE '%"' || node || '"%';
END
$$;
SET enable_mergejoin = off; SET enable_nestloop = off;
SELECT pg_temp.joined_by('SELECT * FROM taskcrm.task JOIN weight USING (priority)', 'Hash Join');
SELECT sum(weight) FROM taskcrm.task JOIN weight USING (priority);
SET enable_mergejoin = on; SET enable_hashjoin = off;
SELECT pg_temp.joined_by('SELECT * FROM taskcrm.task JOIN weight USING (priority)', 'Merge Join');
SELECT sum(weight) FROM taskcrm.task JOIN weight USING (priority);
SET enable_nestloop = on; SET enable_mergejoin = off;
SELECT pg_temp.joined_by('SELECT * FROM taskcrm.task JOIN weight USING (priority)', 'Nested Loop');
SELECT sum(weight) FROM taskcrm.task JOIN weight USING (priority);
RESET enable_mergejoin; RESET enable_hashjoin; RESET enable_nestloop;
-- Grouping by hash and by sorting.
SET enable_sort = off;
SELECT count(*) FROM (SELECT status, priority FROM taskcrm.task GROUP BY 1, 2) AS g;
SET enable_sort = on; SET enable_hashagg = off;
SELECT count(*) FROM (SELECT status, priority FROM taskcrm.task GROUP BY 1, 2) AS g;
RESET enable_sort; RESET enable_hashagg;

-- A user's own tables: unique and hash indexes, hash and list partitions.
CREATE TEMP TABLE own (priority taskcrm.task_priority UNIQUE, status taskcrm.task_status);
CREATE INDEX ON own USING hash (status);
INSERT INTO own SELECT priority, 'New' FROM weight;
SELECT attempt($$INSERT INTO own VALUES ('Low')$$);
INSERT INTO own VALUES ('Low', 'Completed') ON CONFLICT (priority) DO UPDATE SET status = excluded.status;
SELECT * FROM own WHERE status = 'Completed';
CREATE TEMP TABLE by_hash (status taskcrm.task_status) PARTITION BY HASH (status);
CREATE TEMP TABLE by_hash_0 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TEMP TABLE by_hash_1 PARTITION OF by_hash FOR VALUES WITH (MODULUS 2, REMAINDER 1);
INSERT INTO by_hash SELECT unnest(enum_range(NULL::taskcrm.task_status));
SELECT status FROM by_hash ORDER BY status;
CREATE TEMP TABLE by_list (status taskcrm.task_status) PARTITION BY LIST (status);
CREATE TEMP TABLE by_list_new PARTITION OF by_list FOR VALUES IN ('New');
CREATE TEMP TABLE by_list_rest PARTITION OF by_list DEFAULT;
INSERT INTO by_list SELECT unnest(enum_range(NULL::taskcrm.task_status));
SELECT tableoid::regclass, status FROM by_list ORDER BY status;

\set ECHO none
DROP FUNCTION public.index_conditions(text);
\i :teardown
