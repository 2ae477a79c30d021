-- Session settings do not change an answer: repeats the lists under settings that change input and
-- output formats, name resolution and plans.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup

-- A digest of all answers in a session, and their differences from the oracle.
CREATE FUNCTION public.digest() RETURNS text LANGUAGE sql AS $$
  SELECT pg_catalog.md5(pg_catalog.string_agg(taskcrm.tc_list_tasks(f)::text, '' ORDER BY n)) FROM public.fragment
$$;
CREATE FUNCTION public.differences(org uuid, me uuid) RETURNS text LANGUAGE sql AS $$
  SELECT pg_catalog.concat_ws(' ', pg_catalog.count(*), pg_catalog.min(d)) FROM (
    SELECT public.check_list(f, org, me) AS d FROM public.fragment
    UNION ALL
    SELECT public.check_list(a.f || b.f, org, me) FROM public.fragment a
      JOIN public.fragment b ON a.key < b.key AND (a.n * 31 + b.n * 17) % 61 = 0) AS c
  WHERE d IS NOT NULL
$$;

\connect - regress_bob
SELECT digest() AS plain, differences(:org, :me) \gset
\echo :differences

SET DateStyle = 'German, DMY';
SET TimeZone = 'Asia/Kolkata';
SET IntervalStyle = 'sql_standard';
SET extra_float_digits = -15;
SET bytea_output = 'escape';
SET xmloption = 'document';
SET array_nulls = off;
SELECT digest() = :'plain', differences(:org, :me);
\connect - regress_bob
SET DateStyle = 'SQL, MDY';
SET TimeZone = 'Pacific/Kiritimati';
SET transform_null_equals = on;
SET standard_conforming_strings = off;
SET escape_string_warning = off;
SET backslash_quote = on;
SET lc_monetary = 'C';
SET lc_numeric = 'C';
SET lc_time = 'C';
SELECT digest() = :'plain', differences(:org, :me);
RESET standard_conforming_strings;
SET TimeZone = 'Pacific/Pago_Pago';
SELECT digest() = :'plain', differences(:org, :me);

-- Other search paths.
\connect - regress_bob
SET search_path = '';
SELECT public.digest() = :'plain', public.differences(:org, :me);
CREATE TEMP TABLE task AS SELECT * FROM taskcrm.task WHERE false;
SET search_path = pg_temp, taskcrm, public, pg_catalog;
SELECT public.digest() = :'plain', public.differences(:org, :me);

-- row_security = off raises an error where a policy would filter rows; the API does not depend on
-- it.
\connect - regress_bob
SET row_security = off;
SELECT digest() = :'plain', attempt('SELECT count(*) FROM taskcrm.tc_find_task_ids()'),
  attempt('SELECT count(*) FROM taskcrm.tc_find_tasks()');

-- Different kinds of plans.
\connect - regress_bob
SET plan_cache_mode = force_generic_plan;
SELECT digest() = :'plain', differences(:org, :me);
\connect - regress_bob
SET plan_cache_mode = force_custom_plan;
SELECT digest() = :'plain', differences(:org, :me);
\connect - regress_bob
-- (Disabled nodes have costs so high that JIT would compile every statement of the test.)
SET jit = off;
SET enable_indexscan = off; SET enable_bitmapscan = off; SET enable_indexonlyscan = off; SET enable_hashjoin = off;
SELECT digest() = :'plain', differences(:org, :me);
\connect - regress_bob
SET jit = off;
SET enable_seqscan = off; SET enable_sort = off; SET enable_nestloop = off; SET enable_hashagg = off;
SET work_mem = '64kB';
SELECT digest() = :'plain', differences(:org, :me);

-- Encodings: a character that the client encoding lacks is an error of the client; answers do not
-- differ otherwise.
\connect - regress_bob
SET client_encoding = 'LATIN1';
SELECT digest() = :'plain', differences(:org, :me);
SELECT taskcrm.tc_list_tasks('{"title": "call", "limit": 1}') -> 'results' -> 0 ->> 'title';
SELECT attempt($$SELECT length(taskcrm.tc_list_tasks('{"limit": 1000}')::text) > 1000$$);

-- In a function, a view, a cursor, a prepared statement, and in read-only and serializable
-- transactions.
\connect - regress_bob
CREATE TEMP VIEW listed AS SELECT taskcrm.tc_list_tasks('{"limit": 3}')::text AS answer;
SELECT (SELECT answer FROM listed) = taskcrm.tc_list_tasks('{"limit": 3}')::text;
PREPARE list(jsonb) AS SELECT md5(taskcrm.tc_list_tasks($1)::text) = md5(taskcrm.tc_list_tasks('{"limit": 3}')::text);
EXECUTE list('{"limit": 3}');
EXECUTE list('{"limit": 4}');
BEGIN READ ONLY;
SELECT digest() = :'plain';
COMMIT;
BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE;
SELECT digest() = :'plain';
DECLARE c CURSOR FOR SELECT f ->> 'ordering', taskcrm.tc_list_tasks(f) ->> 'count' FROM fragment WHERE key = 'ordering'
  ORDER BY n;
FETCH 2 FROM c;
COMMIT;
-- After errors within a transaction.
BEGIN;
SELECT left(attempt($$SELECT taskcrm.tc_list_tasks('{"limit": -1}')$$), 5);
SAVEPOINT a;
SELECT taskcrm.tc_list_tasks('{"limit": -1}');
ROLLBACK TO a;
SELECT digest() = :'plain', current_user, current_setting('search_path'), current_setting('row_security');
COMMIT;

\set ECHO none
\connect - :superuser
DROP FUNCTION public.digest(), public.differences(uuid, uuid);
\i :drop_tasks
