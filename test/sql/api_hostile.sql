-- The API gives the same answers under session settings that change how SQL is interpreted.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\set scenario :test_dir '/sql/include/api_scenario.sql'
-- A schema with objects named like those that the functions use.
\c - :api_superuser
CREATE SCHEMA evil;
GRANT USAGE ON SCHEMA evil TO PUBLIC;
CREATE FUNCTION evil.boom(uuid, uuid) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE FUNCTION evil.boom(text, text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE FUNCTION evil.lower(text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE FUNCTION evil.unnest(uuid[]) RETURNS SETOF uuid LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE FUNCTION evil.now() RETURNS timestamptz LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE FUNCTION evil.split_part(text, text, integer) RETURNS text
  LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE FUNCTION evil.octet_length(bytea) RETURNS integer LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE FUNCTION evil.btrim(text, text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE 'look-alike called'; END $$;
CREATE OPERATOR evil.= (FUNCTION = evil.boom, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR evil.<> (FUNCTION = evil.boom, LEFTARG = uuid, RIGHTARG = uuid);
CREATE OPERATOR evil.= (FUNCTION = evil.boom, LEFTARG = text, RIGHTARG = text);
CREATE TYPE evil.text AS ENUM ('look-alike');
CREATE TABLE evil.task (LIKE taskcrm.task);
CREATE TABLE evil.app_user (LIKE taskcrm.app_user);
GRANT ALL ON ALL TABLES IN SCHEMA evil TO PUBLIC;

\c - regress_api_alice
CREATE TEMP TABLE results (n int GENERATED ALWAYS AS IDENTITY, run text, step int, result text);
SELECT t.ids('{"title": "a\\b ''c'' \u00e9", "due_date": "2023-02-10", "status": "in progress", "account": "{northwind}", "contacts": ["{lee}", "{kim}"], "assigned_to": ["{amy}"], "teams": ["{ops}"], "attachments": [{"file_name": "f", "content": "AAECAw=="}]}') AS task_data,
  t.ids('{"due_date": "2024-03-01", "assigned_to": ["{ann}", "{amy}"], "contacts": [], "description": "\\ ''", "version": 1}') AS changes,
  '{"file_name": "dir/\\f\u00e9.bin", "content": "AAECA3/+/w=="}' AS attachment,
    'to @ann, @alice@acme.example: \ ''' AS comment, '\x00ff5c27'::bytea AS bytes,
  t.ids('[{"title": "b1", "due_date": "2023-12-31"}, {"title": "b2", "assigned_to": ["{amy}"]}]') AS bulk \gset
\set ECHO none
\set run plain
\i :scenario
\set ECHO all
SELECT step, t.show(result) FROM pg_temp.results ORDER BY step;

\set ECHO none
\set run datestyle
SET datestyle = 'German, DMY';
SET intervalstyle = 'sql_standard';
\i :scenario
RESET datestyle;
RESET intervalstyle;
\set run timezone
SET timezone = 'Pacific/Kiritimati';
\i :scenario
RESET timezone;
\set run bytea_output
SET bytea_output = 'escape';
\i :scenario
RESET bytea_output;
\set run strings
SET escape_string_warning = off;
SET standard_conforming_strings = off;
SET backslash_quote = on;
\i :scenario
RESET standard_conforming_strings;
RESET backslash_quote;
RESET escape_string_warning;
\set run nulls
SET transform_null_equals = on;
SET array_nulls = off;
\i :scenario
RESET transform_null_equals;
RESET array_nulls;
\set run row_security
SET row_security = off;
\i :scenario
RESET row_security;
\set run no_search_path
SET search_path = '';
\i :scenario
RESET search_path;
\set run evil_search_path
SET search_path = evil, pg_catalog, taskcrm;
\i :scenario
RESET search_path;
\set run look_alike_temp_tables
CREATE TEMP TABLE task (LIKE taskcrm.task);
CREATE TEMP TABLE member (LIKE taskcrm.member);
CREATE TEMP TABLE app_user (LIKE taskcrm.app_user);
CREATE TEMP TABLE pg_class (x int);
SET search_path = pg_temp, taskcrm, pg_catalog;
\i :scenario
RESET search_path;
DROP TABLE pg_temp.task, pg_temp.member, pg_temp.app_user, pg_temp.pg_class;
\set run repeatable_read
SET default_transaction_isolation = 'repeatable read';
\i :scenario
\set run serializable
SET default_transaction_isolation = 'serializable';
\i :scenario
RESET default_transaction_isolation;
\set run encoding
SET client_encoding = 'LATIN1';
\i :scenario
RESET client_encoding;
\set run planner
SET plan_cache_mode = 'force_custom_plan';
SET enable_indexscan = off;
SET enable_bitmapscan = off;
SET enable_nestloop = off;
SET from_collapse_limit = 1;
SET join_collapse_limit = 1;
SET extra_float_digits = -15;
SET quote_all_identifiers = on;
SET constraint_exclusion = on;
\i :scenario
RESET ALL;
\set run parallel
SELECT pg_catalog.set_config(name, 'on', false) AS forced FROM pg_settings
  WHERE name IN ('force_parallel_mode', 'debug_parallel_query') \gset
SET parallel_setup_cost = 0;
SET min_parallel_table_scan_size = 0;
\i :scenario
RESET ALL;
\set run discarded
DISCARD PLANS;
\i :scenario
\set run one_transaction
BEGIN;
SET CONSTRAINTS ALL DEFERRED;
\i :scenario
COMMIT;
\set run again
\i :scenario
\set ECHO all
-- All runs have the same results in each step, apart from ids and times.
SELECT r.run, count(*), count(*) FILTER (WHERE t.show(r.result) = t.show(p.result)) AS same FROM pg_temp.results r
  JOIN pg_temp.results p ON p.run = 'plain' AND p.step = r.step GROUP BY r.run ORDER BY min(r.n);
SELECT r.run, r.step, t.show(r.result) FROM pg_temp.results r
  JOIN pg_temp.results p ON p.run = 'plain' AND p.step = r.step
  WHERE t.show(r.result) <> t.show(p.result);
-- In a read-only transaction a write fails and a read works.
SET default_transaction_read_only = on;
SELECT left(t.create_task('{"title": "x"}'), 5);
SELECT taskcrm.tc_list_tasks('{"limit": 1}') ->> 'count';
RESET default_transaction_read_only;
-- After a call, even one that fails, the caller's settings are restored.
SET search_path = evil;
SET row_security = off;
SELECT taskcrm.tc_create_task('{"title": "x"}') IS NOT NULL;
SELECT current_setting('search_path'), current_setting('row_security');
SELECT taskcrm.tc_create_task('{}');
SELECT current_setting('search_path'), current_setting('row_security'), current_user;

\set ECHO none
\i :teardown
