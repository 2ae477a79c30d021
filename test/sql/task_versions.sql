-- Every change to what a task's JSON shows increments its version once per statement: every kind of
-- statement on every link table by a member's own login, and deletions through the API.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access('regress_api_amy', write => true);
-- The link tables, from the catalogue: the key of each is org_id, task_id and its target.
CREATE TABLE t.link_table AS
SELECT c.conrelid::regclass::text AS tab, a.attname::text AS target, c.confrelid::regclass::text AS other,
  f.attname::text AS other_key
FROM pg_constraint c
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[2]
JOIN pg_attribute f ON f.attrelid = c.confrelid AND f.attnum = c.confkey[2]
WHERE c.contype = 'f' AND a.attname NOT IN ('task_id', 'deleted_task_id')
  AND c.conrelid IN (SELECT attrelid FROM pg_attribute WHERE attname = 'created_on' INTERSECT
    SELECT conrelid FROM pg_constraint WHERE contype = 'f' AND confrelid = 'taskcrm.task'::regclass);
GRANT SELECT ON t.link_table TO PUBLIC;
-- Privileges that tc_grant_access() does not give.
SELECT format('GRANT DELETE, UPDATE (%I) ON %s TO regress_api_amy', target, tab) FROM t.link_table ORDER BY tab \gexec
SELECT t.know('one', '0a000000-0000-4000-8000-000000007a01'), t.know('two', '0a000000-0000-4000-8000-000000007a02');
INSERT INTO taskcrm.task (org_id, id, title, created_by, created_on, updated_on)
  SELECT t.id('acme'), t.id(n), n, t.id('amy'), '2024-01-01 00:00Z', '2024-01-01 00:00Z'
    FROM unnest(ARRAY['one', 'two']) n;

-- Returns how much a statement raises the versions of the two tasks. A raised version comes with a
-- new updated_on, and tasks of another organization do not change.
CREATE FUNCTION t.raised(statement text, tasks text[] DEFAULT '{one,two}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  before jsonb;
  result text;
BEGIN
  SELECT jsonb_object_agg(id, version) INTO before FROM taskcrm.task;
  EXECUTE statement;
  SELECT string_agg(version - (before ->> id::text)::integer || CASE
      WHEN version > (before ->> id::text)::integer AND updated_on <> now() THEN ' without updated_on' ELSE '' END, ' '
        ORDER BY id)
    INTO result FROM taskcrm.task WHERE id IN (SELECT t.id(k) FROM unnest(tasks) k);
  RETURN result;
EXCEPTION WHEN others THEN
  RETURN sqlstate || ' ' || t.show(sqlerrm);
END
$$;
-- The statements: %1$s is the table, %2$s its target column, %3$s the other table, %4$s its key; x
-- and y are two targets. They run in this order.
CREATE TABLE t.way (n serial, way text, statement text);
INSERT INTO t.way (way, statement) VALUES
  ('insert', $$INSERT INTO %1$s (task_id, %2$I) VALUES ({one}, {x})$$),
  ('insert two', $$INSERT INTO %1$s (task_id, %2$I) VALUES ({two}, {x}), ({two}, {y})$$),
  ('insert what is there', $$INSERT INTO %1$s (task_id, %2$I) VALUES ({one}, {x}) ON CONFLICT DO NOTHING$$),
  ('upsert what is there', $$INSERT INTO %1$s (task_id, %2$I) VALUES ({one}, {x})
    ON CONFLICT (org_id, task_id, %2$I) DO UPDATE SET %2$I = excluded.%2$I$$),
  ('insert some of which is there', $$INSERT INTO %1$s (task_id, %2$I) SELECT k, v
    FROM unnest(ARRAY[{one}, {two}]::uuid[]) k, unnest(ARRAY[{x}, {y}]::uuid[]) v ON CONFLICT DO NOTHING$$),
  ('update', $$UPDATE %1$s SET %2$I = {z} WHERE task_id = {one} AND %2$I = {y}$$),
  ('update to the same', $$UPDATE %1$s SET %2$I = %2$I$$),
  ('update nothing', $$UPDATE %1$s SET %2$I = {y} WHERE task_id = {one} AND %2$I = {y}$$),
  ('delete two', $$DELETE FROM %1$s WHERE task_id = {one}$$),
  ('delete nothing', $$DELETE FROM %1$s WHERE task_id = {one}$$),
  ('delete of both tasks', $$DELETE FROM %1$s$$),
  ('merge insert', $$MERGE INTO %1$s l USING (VALUES ({one}::uuid, {x}::uuid), ({one}, {y})) v (k, v) ON l.task_id = v.k
    AND l.%2$I = v.v WHEN NOT MATCHED THEN INSERT (task_id, %2$I) VALUES (v.k, v.v)$$),
  ('merge with nothing', $$MERGE INTO %1$s l
    USING (VALUES ({one}::uuid, {x}::uuid)) v (k, v) ON l.task_id = v.k AND l.%2$I = v.v WHEN MATCHED THEN DO NOTHING
    WHEN NOT MATCHED THEN INSERT (task_id, %2$I) VALUES (v.k, v.v)$$),
  ('merge with all three', $$MERGE INTO %1$s l
    USING (VALUES ({one}::uuid, {x}::uuid, 'd'), ({one}, {y}, 'u'), ({two}, {x}, 'i')) v (k, v, what) ON l.task_id = v.k
    AND l.%2$I = v.v
    WHEN MATCHED AND v.what = 'd' THEN DELETE WHEN MATCHED THEN UPDATE SET %2$I = {z} WHEN NOT MATCHED
      THEN INSERT (task_id, %2$I) VALUES (v.k, v.v)$$),
  ('delete and insert', $$WITH d AS (DELETE FROM %1$s WHERE task_id = {one}) INSERT INTO %1$s (task_id, %2$I)
    VALUES ({one}, {x}), ({one}, {y})$$),
  ('with the task', $$WITH k AS (UPDATE taskcrm.task SET title = title || '!' WHERE id = {one}) DELETE FROM %1$s
    WHERE task_id = {one} AND %2$I = {x}$$),
  ('in a function', $$DO LANGUAGE plpgsql $do$ BEGIN DELETE FROM %1$s; INSERT INTO %1$s (task_id, %2$I)
    VALUES ({one}, {x}); END $do$ $$),
  ('in a savepoint', $$DO LANGUAGE plpgsql $do$ BEGIN DELETE FROM %1$s; BEGIN INSERT INTO %1$s (task_id, %2$I)
    VALUES ({one}, {x}); RAISE 'x'; EXCEPTION WHEN others THEN NULL; END; INSERT INTO %1$s (task_id, %2$I)
    VALUES ({one}, {y}), ({one}, {x}); END $do$ $$),
  ('the API, all', $$SELECT taskcrm.tc_update_task({one}, jsonb_build_object({key}, '[]'::jsonb))$$),
  ('the API, nothing', $$SELECT taskcrm.tc_update_task({one}, jsonb_build_object({key}, '[]'::jsonb))$$),
  ('the API, with the title',
    $$SELECT taskcrm.tc_update_task({one}, jsonb_build_object('title', 'new', {key}, ARRAY[{x}, {y}]))$$),
  ('the API, the same',
    $$SELECT taskcrm.tc_update_task({one}, jsonb_build_object('title', 'new', {key}, ARRAY[{x}, {y}]))$$);
GRANT SELECT ON t.way TO PUBLIC;
CREATE FUNCTION t.statement(tab text, statement text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT replace(replace(replace(replace(replace(replace(format(statement, l.tab, l.target, l.other, l.other_key),
    '{one}', quote_literal(t.id('one'))), '{two}', quote_literal(t.id('two'))),
    '{x}', quote_literal(v[1])), '{y}', quote_literal(v[2])), '{z}', quote_literal(v[3])),
    '{key}', quote_literal(CASE l.target WHEN 'user_id' THEN 'assigned_to' ELSE left(l.target, -3) || 's' END))
  FROM t.link_table l, LATERAL (SELECT CASE l.target
    WHEN 'contact_id' THEN ARRAY[t.id('lee'), t.id('kim'), t.id('max')]
    WHEN 'user_id' THEN ARRAY[t.id('amy'), t.id('ann'), t.id('carl')]
    WHEN 'team_id' THEN ARRAY[t.id('sales'), t.id('ops'), t.id('hr')] END) x (v)
  WHERE l.tab = $1
$$;
CREATE FUNCTION t.run(OUT way text, OUT task_assignee text, OUT task_contact text,
  OUT task_team text) RETURNS SETOF record LANGUAGE plpgsql AS $$
DECLARE
  w record;
BEGIN
  FOR w IN SELECT * FROM t.way ORDER BY n LOOP
    way := w.way;
    task_assignee := t.raised(t.statement('taskcrm.task_assignee', w.statement));
    task_contact := t.raised(t.statement('taskcrm.task_contact', w.statement));
    task_team := t.raised(t.statement('taskcrm.task_team', w.statement));
    RETURN NEXT;
  END LOOP;
END
$$;
SELECT t.know('max', '0a000000-0000-4000-8000-000000c0a003'), t.know('hr', '0a000000-0000-4000-8000-00000000ea03');
INSERT INTO taskcrm.contact (org_id, id, first_name) VALUES (t.id('acme'), t.id('max'), 'Max');
INSERT INTO taskcrm.team (org_id, id, name) VALUES (t.id('acme'), t.id('hr'), 'HR');
SELECT t.checksum(t.id('umbrella')) AS umbrella \gset
\o

-- Each statement on each table, and how much it raises the versions of the first and the second
-- task.
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT t.raised(format('DELETE FROM %s', tab)) FROM t.link_table ORDER BY tab;
\c - regress_api_amy
SELECT * FROM t.run();

-- Two statements in one transaction raise it twice; one that is rolled back does not.
SELECT sum(version) AS before FROM taskcrm.task \gset
BEGIN;
DELETE FROM taskcrm.task_team WHERE team_id = t.id('ops');
INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (t.id('one'), t.id('ops'));
SAVEPOINT s;
DELETE FROM taskcrm.task_team;
ROLLBACK TO s;
COMMIT;
SELECT sum(version) - :before AS by_two FROM taskcrm.task;
-- No lost updates: an update with a version read earlier is refused, by value and by ETag.
SELECT version AS read FROM taskcrm.task WHERE id = t.id('one') \gset
INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES (t.id('one'), t.id('carl'));
SELECT left(t.try(format('SELECT taskcrm.tc_update_task(%L, %L)', t.id('one'),
  format('{"assigned_to": [], "version": %s}', :read))), 5);
SELECT status FROM taskcrm.tc_http_request('PUT', '/api/tasks/' || t.id('one') || '/',
  jsonb_build_object('if-match', format('"%s"', :read)), '{"assigned_to": []}');
SELECT status FROM taskcrm.tc_http_request('DELETE', '/api/tasks/' || t.id('one') || '/',
  jsonb_build_object('if-match', format('"%s"', :read)));
SELECT count(*) FROM taskcrm.task_assignee WHERE user_id = t.id('carl');
-- A new task has version 1, whatever it is linked to; links added separately raise it.
SELECT t.create_task('{"title": "x", "contacts": ["{lee}"], "assigned_to": ["{amy}", "{ann}"], "teams": ["{ops}"]}')::json ->> 'version';
SELECT version FROM taskcrm.task WHERE title = 'x';
INSERT INTO taskcrm.task (title) VALUES ('y');
SELECT t.know('y', id) FROM taskcrm.task WHERE title = 'y';
SELECT t.raised(format('INSERT INTO taskcrm.task_team (task_id, team_id) VALUES (%L, %L)', t.id('y'), t.id('ops')),
  '{y}');
SELECT version FROM taskcrm.task WHERE id = t.id('y');
-- A comment or an attachment does not raise it.
SELECT t.raised(format('INSERT INTO taskcrm.task_comment (task_id, comment) VALUES (%L, %L)', t.id('y'), 'hello @ann'),
  '{y}');
SELECT t.raised(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %L)', t.id('y'), 'hello'), '{y}');

-- Deletions through the API raise the version of each affected task once.
\c - regress_api_alice
SELECT t.raised(format('SELECT taskcrm.tc_update_task(%L, %L)', t.id(n),
  t.json('{"account": "{northwind}", "contacts": ["{lee}", "{kim}"], "assigned_to": ["{amy}", "{ann}", "{carl}"], "teams": ["{sales}", "{ops}"]}')))
  FROM unnest(ARRAY['one', 'two']) n;
SELECT t.raised(format('SELECT taskcrm.tc_delete_contact(%L)', t.id('lee')));
SELECT t.raised(format('SELECT taskcrm.tc_delete_team(%L)', t.id('ops')));
SELECT t.raised(format('SELECT taskcrm.tc_delete_account(%L)', t.id('northwind')));
SELECT t.raised(format('SELECT taskcrm.tc_remove_member(%L)', t.id('ann')));
SELECT t.raised(format('SELECT taskcrm.tc_delete_contact(%L)', t.id('max')));

-- A superuser: cascading deletions raise the version; loading rows with created_on does not.
\c - :api_superuser
SELECT t.raised(format('DELETE FROM taskcrm.contact WHERE id = %L', t.id('kim')));
SELECT t.raised(format('DELETE FROM taskcrm.team WHERE id = %L', t.id('sales')));
SELECT t.raised(format('DELETE FROM taskcrm.member WHERE org_id = %L AND user_id = %L', t.id('acme'), t.id('amy')));
-- COPY, which row-level security refuses to other roles: two rows in one statement.
SELECT sum(version) AS before FROM taskcrm.task \gset
COPY taskcrm.task_team (org_id, task_id, team_id) FROM stdin;
0a000000-0000-4000-8000-000000000001	0a000000-0000-4000-8000-000000007a01	0a000000-0000-4000-8000-00000000ea03
\.
COPY taskcrm.task_assignee (org_id, task_id, user_id) FROM stdin;
0a000000-0000-4000-8000-000000000001	0a000000-0000-4000-8000-000000007a01	0a000000-0000-4000-8000-0000000000a1
0a000000-0000-4000-8000-000000000001	0a000000-0000-4000-8000-000000007a02	0a000000-0000-4000-8000-0000000000a1
\.
SELECT sum(version) - :before AS by_copy FROM taskcrm.task;
DELETE FROM taskcrm.task_team WHERE org_id = t.id('acme');
SELECT t.raised(format('INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on) SELECT org_id, id, %L, created_on FROM taskcrm.task WHERE org_id = %L', t.id('hr'), t.id('acme')));
SELECT t.checksum(t.id('umbrella')) = :'umbrella' AS untouched;
-- Deleting a row that has links raises nothing.
SELECT t.raised(format('DELETE FROM taskcrm.task WHERE id = %L', t.id('one')));
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT count(*) FROM taskcrm.task WHERE org_id = t.id('acme');

\set ECHO none
\i :teardown
