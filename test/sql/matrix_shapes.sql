-- Every shape of statement, on every table that a client can read, run by a member of the first
-- organization: none shows or changes a row of the second. The statements are generated from the
-- catalogue, so that new tables are included automatically.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
SELECT taskcrm.tc_grant_access('regress_ada', write => true) \g /dev/null
SELECT taskcrm.tc_grant_access('regress_nobody', write => true) \g /dev/null
SELECT taskcrm.tc_grant_access('regress_cyd', write => true) \g /dev/null

-- What the statements need to know about a table. The ctids of the second organization's rows are
-- collected by a superuser.
CREATE TABLE public.subject AS
SELECT c.oid AS oid, c.relname::text AS tab, k.key, w.writable
FROM pg_class c,
  LATERAL (SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY n) AS key
    FROM pg_constraint p, unnest(p.conkey) WITH ORDINALITY AS u (attnum, n)
           JOIN pg_attribute a ON a.attnum = u.attnum
             WHERE p.conrelid = c.oid AND a.attrelid = c.oid AND p.contype = 'p') AS k,
  LATERAL (SELECT min(a.attname) AS writable FROM pg_attribute a
    WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
           AND has_column_privilege('regress_ada', c.oid, a.attnum, 'UPDATE')) AS w
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p')
  AND has_any_column_privilege('regress_ada', c.oid, 'SELECT');
CREATE TABLE public.foreign_row (tab text, place tid, key jsonb);
CREATE TABLE public.own_rows (tab text, rows bigint);
-- The rows of the second organization, for comparison.
CREATE FUNCTION public.second_organization() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  s record;
  part text;
  whole text := '';
BEGIN
  FOR s IN SELECT * FROM public.subject ORDER BY tab LOOP
    EXECUTE format('SELECT string_agg(t::text, E''\n'' ORDER BY t::text) FROM taskcrm.%I AS t
                    WHERE t::text LIKE ''%%CANARY%%'' OR t::text LIKE ''%%00000001-0000-7000-8000-000000000002%%''', s.tab) INTO part;
    whole := whole || s.tab || E'\n' || part || E'\n';
  END LOOP;
  RETURN md5(whole);
END
$$;
DO $$
DECLARE
  s record;
BEGIN
  FOR s IN SELECT * FROM public.subject LOOP
    EXECUTE format($q$INSERT INTO public.foreign_row SELECT %L, ctid, to_jsonb(t) FROM taskcrm.%I AS t
      WHERE t::text LIKE '%%CANARY%%' OR t::text LIKE '%%00000001-0000-7000-8000-000000000002%%'$q$, s.tab, s.tab);
    EXECUTE format($q$INSERT INTO public.own_rows SELECT %L, count(*) FROM taskcrm.%I AS t
      WHERE NOT (t::text LIKE '%%CANARY%%' OR t::text LIKE '%%00000001-0000-7000-8000-000000000002%%')$q$, s.tab,
        s.tab);
  END LOOP;
END
$$;
GRANT SELECT ON public.subject, public.foreign_row, public.own_rows TO PUBLIC;

-- Statements for one table. %1$I is the table, %2$s its key, %3$I a writable column, %4$L the ctid
-- of a row of the second organization.
CREATE TABLE public.shape (n serial, name text, writes boolean, statement text);
INSERT INTO public.shape (name, writes, statement) VALUES
  ('select', false, 'SELECT t::text FROM taskcrm.%1$I AS t'),
  ('whole row', false, 'SELECT t FROM taskcrm.%1$I AS t'),
  ('json', false, 'SELECT to_jsonb(t)::text FROM taskcrm.%1$I AS t'),
  ('aggregate', false, 'SELECT string_agg(t::text, '''') FROM taskcrm.%1$I AS t'),
  ('count', false, 'SELECT string_agg(''x'', '''') FROM taskcrm.%1$I'),
  ('cte', false, 'WITH w AS MATERIALIZED (SELECT * FROM taskcrm.%1$I) SELECT w::text FROM w'),
  ('inlined cte', false, 'WITH w AS NOT MATERIALIZED (SELECT * FROM taskcrm.%1$I) SELECT w::text FROM w'),
  ('sub-select', false, 'SELECT (SELECT string_agg(t::text, '''') FROM taskcrm.%1$I AS t)'),
  ('lateral', false, 'SELECT l::text FROM (VALUES (1)) AS v, LATERAL (SELECT * FROM taskcrm.%1$I) AS l'),
  ('self join', false, 'SELECT a::text || b::text FROM taskcrm.%1$I AS a JOIN taskcrm.%1$I AS b USING (%2$s)'),
  ('outer join', false, 'SELECT b::text FROM (VALUES (1)) AS v LEFT JOIN taskcrm.%1$I AS b ON true'),
  ('union', false, 'SELECT t::text FROM taskcrm.%1$I AS t UNION SELECT t::text FROM taskcrm.%1$I AS t'),
  ('except', false, 'SELECT t::text FROM taskcrm.%1$I AS t EXCEPT SELECT '''''),
  ('window', false, 'SELECT string_agg(t::text, '''') OVER () FROM taskcrm.%1$I AS t'),
  ('distinct', false, 'SELECT DISTINCT t::text FROM taskcrm.%1$I AS t'),
  ('tablesample', false, 'SELECT t::text FROM taskcrm.%1$I AS t TABLESAMPLE SYSTEM (100)'),
  ('tablesample rows', false, 'SELECT t::text FROM taskcrm.%1$I AS t TABLESAMPLE BERNOULLI (100) REPEATABLE (1)'),
  ('ctid =', false, 'SELECT t::text FROM taskcrm.%1$I AS t WHERE ctid = %4$L'),
  ('ctid >=', false, 'SELECT t::text FROM taskcrm.%1$I AS t WHERE ctid >= ''(0,0)'''),
  ('tableoid', false, 'SELECT tableoid::regclass::text || t::text FROM taskcrm.%1$I AS t'),
  ('only', false, 'SELECT t::text FROM ONLY taskcrm.%1$I AS t'),
  ('or true', false, 'SELECT t::text FROM taskcrm.%1$I AS t WHERE t IS NULL OR true'),
  ('leaky condition', false, 'SELECT t::text FROM taskcrm.%1$I AS t WHERE public.peek(t::text)'),
  ('leaky cast', false,
    'SELECT t::text FROM taskcrm.%1$I AS t WHERE t::text LIKE ''%%CANARY%%'' AND (1 / (CASE WHEN t::text LIKE ''%%CANARY%%'' THEN 0 ELSE 1 END)) > 0'),
  ('function', false, 'SELECT pg_temp.rows_of(%1$L)'),
  ('view', false, 'SELECT t::text FROM pg_temp.view_of_%1$s AS t'),
  ('query_to_xml', false, 'SELECT query_to_xml(''SELECT * FROM taskcrm.%1$I'', true, false, '''')::text'),
  ('generic plan', false, 'EXECUTE prepared_%1$s'),
  ('for share', true, 'SELECT t::text FROM taskcrm.%1$I AS t FOR SHARE'),
  ('for key share', true, 'SELECT t::text FROM taskcrm.%1$I AS t FOR KEY SHARE SKIP LOCKED'),
  ('for update', true, 'SELECT t::text FROM taskcrm.%1$I AS t FOR UPDATE'),
  ('update returning', true, 'UPDATE taskcrm.%1$I AS t SET %3$I = %3$I RETURNING t::text'),
  ('update ctid', true, 'UPDATE taskcrm.%1$I AS t SET %3$I = %3$I WHERE ctid = %4$L RETURNING t::text'),
  ('update from', true,
    'UPDATE taskcrm.%1$I AS t SET %3$I = o.%3$I FROM taskcrm.%1$I AS o WHERE o.ctid = t.ctid RETURNING t::text || o::text'),
  ('update in cte', true,
    'WITH u AS (UPDATE taskcrm.%1$I AS t SET %3$I = %3$I RETURNING t::text AS r) SELECT r FROM u'),
  ('merge', true, 'MERGE INTO taskcrm.%1$I AS t USING (SELECT 1) AS s ON true WHEN MATCHED THEN UPDATE SET %3$I = t.%3$I'),
  ('merge ctid', true, 'MERGE INTO taskcrm.%1$I AS t USING (SELECT 1) AS s ON t.ctid = %4$L WHEN MATCHED THEN UPDATE SET %3$I = t.%3$I'),
  ('delete', true, 'DELETE FROM taskcrm.%1$I AS t RETURNING t::text'),
  ('truncate', true, 'TRUNCATE taskcrm.%1$I CASCADE'),
  ('lock exclusive', true, 'LOCK TABLE taskcrm.%1$I IN ROW EXCLUSIVE MODE'),
  ('lock', true, 'LOCK TABLE taskcrm.%1$I IN ACCESS EXCLUSIVE MODE');
GRANT SELECT ON public.shape TO PUBLIC;
CREATE FUNCTION public.peek(value text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001 AS $$
BEGIN
  IF value LIKE '%CANARY%' OR value LIKE '%00000001-0000-7000-8000-000000000002%' THEN
    RAISE EXCEPTION 'peeked at %', value;
  END IF;
  RETURN true;
END
$$;

-- Creates the objects that some shapes need.
CREATE FUNCTION public.prepare_shapes() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  tab text;
BEGIN
  SET plan_cache_mode = force_generic_plan;
  EXECUTE 'CREATE FUNCTION pg_temp.rows_of(tab text) RETURNS SETOF text LANGUAGE plpgsql AS ''BEGIN
    RETURN QUERY EXECUTE format(''''SELECT t::text FROM taskcrm.%I AS t'''', tab); END''';
  FOR tab IN SELECT s.tab FROM public.subject s LOOP
    EXECUTE format('CREATE TEMP VIEW view_of_%1$s WITH (security_invoker) AS SELECT * FROM taskcrm.%1$I', tab);
    EXECUTE format('PREPARE prepared_%1$s AS SELECT t::text FROM taskcrm.%1$I AS t', tab);
  END LOOP;
END
$$;

-- Runs one shape on one table and rolls it back. Returns the number of rows or the SQLSTATE; or
-- LEAK with the leaked data.
CREATE FUNCTION public.run_shape(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r record;
  rows integer := 0;
  seen text := '';
  message text;
  detail text;
  hint text;
  context text;
BEGIN
  BEGIN
    IF statement ~ '^(SELECT|WITH|EXECUTE)' OR statement ~ 'RETURNING' THEN
      FOR r IN EXECUTE statement LOOP
        rows := rows + 1;
        seen := seen || r::text;
      END LOOP;
    ELSE
      EXECUTE statement;
      GET DIAGNOSTICS rows = ROW_COUNT;
    END IF;
    RAISE EXCEPTION USING errcode = 'ZZZZZ', message = rows::text;
  EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT,
      context = PG_EXCEPTION_CONTEXT;
    seen := seen || message || detail || hint;
    -- The statement itself is no leak; the place of a row in it says nothing.
    IF seen LIKE '%CANARY%' OR seen LIKE '%00000001-0000-7000-8000-000000000002%' OR sqlstate LIKE 'XX%' THEN
      RETURN 'LEAK: ' || statement || ': ' || seen;
    END IF;
    RETURN CASE sqlstate WHEN 'ZZZZZ' THEN message ELSE sqlstate END;
  END;
END
$$;

-- All shapes on all tables: one row for each shape, with its distinct results.
CREATE FUNCTION public.run_matrix(OUT shape text, OUT outcome text) RETURNS SETOF record LANGUAGE sql AS $$
  SELECT shape, string_agg(DISTINCT outcome, ', ') FROM (
    SELECT h.n, h.name AS shape,
      CASE WHEN r LIKE 'LEAK%' THEN r
           WHEN r ~ '^\d{1,4}$' AND r::bigint = o.rows THEN 'own rows'
           WHEN r ~ '^\d{1,4}$' THEN r || ' rows' ELSE r END AS outcome
    FROM public.shape h CROSS JOIN public.subject s JOIN public.own_rows o USING (tab)
      JOIN (SELECT DISTINCT ON (tab) tab, place FROM public.foreign_row ORDER BY tab, place) AS f USING (tab),
      LATERAL public.run_shape(format(h.statement, s.tab, s.key, coalesce(s.writable, split_part(s.key, ',', 1)),
        f.place)) AS r) AS m
  GROUP BY n, shape ORDER BY n
$$;
SELECT second_organization() AS before \gset
\set ECHO all
\t on
\pset format unaligned

-- The tables, and the number of foreign rows in each.
SELECT s.tab, s.writable, o.rows AS own, (SELECT count(*) FROM foreign_row f WHERE f.tab = s.tab) AS foreign_rows
FROM subject s JOIN own_rows o USING (tab) ORDER BY s.tab COLLATE "C";

-- As a member with all rights that a client can have.
\connect - regress_ada
SELECT prepare_shapes();
SELECT * FROM run_matrix();
-- As a member of both organizations, with the first selected.
\connect - regress_cyd
SELECT prepare_shapes();
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000001';
SELECT outcome, count(*), string_agg(shape, ', ') FROM (SELECT * FROM run_matrix()) AS m WHERE outcome LIKE '%LEAK%'
  GROUP BY outcome;
-- The same prepared plans with the other organization selected, then with none.
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000002';
SELECT tab, run_shape('EXECUTE prepared_' || tab) ~ '^LEAK' AS seen FROM subject ORDER BY tab COLLATE "C";
SET taskcrm.org_id = '';
SELECT DISTINCT run_shape('EXECUTE prepared_' || tab) FROM subject;
-- As a login without a user.
\connect - regress_nobody
SELECT prepare_shapes();
SELECT * FROM run_matrix();

-- Cursors.
\connect - regress_ada
BEGIN;
DECLARE c CURSOR FOR SELECT count(*), count(*) FILTER (WHERE t::text LIKE '%CANARY%') FROM taskcrm.task t;
FETCH ALL FROM c;
DECLARE s SCROLL CURSOR FOR SELECT id, title FROM taskcrm.task ORDER BY id;
FETCH ALL FROM s;
FETCH BACKWARD ALL FROM s;
DECLARE u CURSOR FOR SELECT title FROM taskcrm.task ORDER BY id FOR UPDATE;
FETCH 1 FROM u;
UPDATE taskcrm.task SET description = 'by cursor' WHERE CURRENT OF u RETURNING id, description;
ROLLBACK;
BEGIN;
DECLARE h CURSOR WITH HOLD FOR SELECT id FROM taskcrm.task ORDER BY id;
COMMIT;
FETCH ALL FROM h;
CLOSE h;

-- COPY out; COPY in is refused.
COPY (SELECT count(*), count(*) FILTER (WHERE t::text LIKE '%CANARY%') FROM taskcrm.task t) TO STDOUT;
COPY taskcrm.task (id, title) TO STDOUT;
COPY taskcrm.account TO STDOUT;
COPY taskcrm.organization (id, name) TO STDOUT;
COPY taskcrm.app_user (email) TO STDOUT;
COPY taskcrm.member TO STDOUT;
COPY taskcrm.task_attachment_content TO STDOUT;

-- Inserts go into the caller's own organization, and cannot set values that the server sets.
BEGIN;
INSERT INTO taskcrm.account (name) VALUES ('New') RETURNING org_id, name;
INSERT INTO taskcrm.task (title) VALUES ('New')
  RETURNING org_id, title, status, priority, created_by, version, created_on = now();
INSERT INTO taskcrm.contact (first_name, account_id) VALUES ('New', '00000003-0000-7000-8000-000000000001')
  RETURNING org_id;
INSERT INTO taskcrm.task_assignee (task_id, user_id)
  VALUES ('00000006-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000002')
  RETURNING org_id, created_on = '2023-01-20 09:00:00.000001+00';
INSERT INTO taskcrm.task_comment (task_id, comment) VALUES ('00000006-0000-7000-8000-000000000002', 'New')
  RETURNING org_id, commented_by;
INSERT INTO taskcrm.task (title) VALUES ('a'), ('b') ON CONFLICT DO NOTHING;
ROLLBACK;
BEGIN;
SELECT attempt(s) FROM unnest(ARRAY[
  $$INSERT INTO taskcrm.task (org_id, title) VALUES ('00000001-0000-7000-8000-000000000002', 'x')$$,
  $$INSERT INTO taskcrm.task (id, title) VALUES ('00000006-0000-7000-8000-000000000009', 'x')$$,
  $$INSERT INTO taskcrm.task (id, title) VALUES ('00000006-0000-7000-8000-000000000001', 'x')
    ON CONFLICT (org_id, id) DO UPDATE SET title = 'x'$$,
  $$INSERT INTO taskcrm.task (title, created_by) VALUES ('x', '00000002-0000-7000-8000-000000000002')$$,
  $$INSERT INTO taskcrm.task (title, created_on) VALUES ('x', '2000-01-01')$$,
  $$INSERT INTO taskcrm.task (title, version) VALUES ('x', 7)$$,
  $$INSERT INTO taskcrm.member (org_id, user_id)
    VALUES ('00000001-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000001')$$,
  $$INSERT INTO taskcrm.organization (name) VALUES ('Mine')$$,
  $$INSERT INTO taskcrm.app_user (email) VALUES ('a@b')$$,
  $$UPDATE taskcrm.task SET org_id = '00000001-0000-7000-8000-000000000002'$$,
  $$UPDATE taskcrm.task SET id = '00000006-0000-7000-8000-000000000009'$$,
  $$UPDATE taskcrm.task SET created_by = '00000002-0000-7000-8000-000000000002'$$,
  $$UPDATE taskcrm.member SET role = 'admin'$$,
  $$UPDATE taskcrm.app_user SET email = 'x@y'$$,
  $$UPDATE taskcrm.organization SET name = 'x'$$,
  $$MERGE INTO taskcrm.task t USING (SELECT '00000001-0000-7000-8000-000000000002'::uuid AS o) s ON t.org_id = s.o
    WHEN NOT MATCHED THEN INSERT (org_id, title) VALUES (s.o, 'x')$$,
  $$MERGE INTO taskcrm.task t USING (SELECT 1) s ON false WHEN NOT MATCHED THEN INSERT (title) VALUES ('merged')$$,
  $$MERGE INTO taskcrm.task t USING (SELECT 1) s ON true WHEN MATCHED THEN DELETE$$]) AS s;
ROLLBACK;
-- The errors for references into the other organization differ from those for unknown ids only in
-- the id.
SELECT what, replace(f, '000000000009', '?') = replace(m, '000000000008', '?') AS same, m
FROM (SELECT what, attempt(format(s, '9')) AS f, attempt(format(s, '8')) AS m FROM (VALUES
  ('task account', $$INSERT INTO taskcrm.task (title, account_id)
    VALUES ('x', '00000003-0000-7000-8000-00000000000%s')$$),
  ('task account update', $$UPDATE taskcrm.task SET account_id = '00000003-0000-7000-8000-00000000000%s'$$),
  ('contact account', $$INSERT INTO taskcrm.contact (first_name, account_id)
    VALUES ('x', '00000003-0000-7000-8000-00000000000%s')$$),
  ('team of member', $$INSERT INTO taskcrm.team_member (team_id, user_id)
    VALUES ('00000005-0000-7000-8000-00000000000%s', '00000002-0000-7000-8000-000000000001')$$),
  ('task of contact', $$INSERT INTO taskcrm.task_contact (task_id, contact_id)
    VALUES ('00000006-0000-7000-8000-00000000000%s', '00000004-0000-7000-8000-000000000001')$$),
  ('contact of task', $$INSERT INTO taskcrm.task_contact (task_id, contact_id)
    VALUES ('00000006-0000-7000-8000-000000000002', '00000004-0000-7000-8000-00000000000%s')$$),
  ('team of task', $$INSERT INTO taskcrm.task_team (task_id, team_id)
    VALUES ('00000006-0000-7000-8000-000000000002', '00000005-0000-7000-8000-00000000000%s')$$),
  ('task of comment', $$INSERT INTO taskcrm.task_comment (task_id, comment)
    VALUES ('00000006-0000-7000-8000-00000000000%s', 'x')$$)) AS v (what, s)) AS a;
\connect - :superuser
SELECT second_organization() = :'before' AS untouched;

\set ECHO none
DROP TABLE public.subject, public.foreign_row, public.own_rows, public.shape;
DROP FUNCTION public.second_organization(), public.peek(text), public.prepare_shapes(), public.run_shape(text),
  public.run_matrix();
\i :teardown
