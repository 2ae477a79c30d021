-- The schema taskcrm contains the tables that clients use, and no others: a role that may read all
-- of them, even of all organizations, can read no keys, logins, gateways or stored answers.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_add_jwt_key('main', 'HS256', 'CANARY secret of at least thirty-two bytes');
ANALYZE taskcrm_internal.jwt_key;
\o
CREATE ROLE regress_analyst LOGIN BYPASSRLS;
CREATE ROLE regress_reader LOGIN;
\t on
\pset format unaligned
\set ECHO all
GRANT USAGE ON SCHEMA taskcrm TO regress_analyst, regress_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA taskcrm TO regress_analyst, regress_reader;
-- The tables of the schema are those that tc_grant_access() grants.
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'taskcrm'::regnamespace AND c.relkind IN ('r', 'p')
EXCEPT SELECT t.tab FROM taskcrm_internal.client_tables() t;
SELECT t.tab FROM taskcrm_internal.client_tables() t
EXCEPT SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'taskcrm'::regnamespace AND c.relkind = 'r';

-- The analyst: what information_schema lists, and what it can read of all organizations.
\connect - regress_analyst
SELECT table_schema, string_agg(table_name, ' ' ORDER BY table_name COLLATE "C") FROM information_schema.tables
WHERE table_schema LIKE 'taskcrm%' GROUP BY 1;
SELECT count(DISTINCT org_id) FROM taskcrm.task;
SELECT s.statement, attempt(s.statement) FROM unnest('{installation,login,gateway,jwt_key,stored_answer,task_text,task_count}'::text[]) t,
  LATERAL (VALUES (format('TABLE taskcrm_internal.%I', t)), (format('TABLE taskcrm.%I', t))) AS s (statement);
SELECT attempt('UPDATE taskcrm.task SET title = title'), attempt('DELETE FROM taskcrm.task');
-- Statistics, which contain values, are hidden too.
SELECT count(*) FROM pg_stats WHERE schemaname = 'taskcrm_internal';
SELECT attempt('SELECT taskcrm.tc_list_tasks()');
-- Without BYPASSRLS, it has no organization.
\connect - regress_reader
SELECT table_schema, count(*) FROM information_schema.tables WHERE table_schema LIKE 'taskcrm%' GROUP BY 1;
SELECT count(*) FROM taskcrm.task;

-- tc_doctor() does not object: neither role is a client.
\connect - :superuser
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE detail LIKE '%regress_analyst%' OR detail LIKE '%regress_reader%';
-- A grant on a table that no client reads is reported, and so is USAGE on its schema.
GRANT USAGE ON SCHEMA taskcrm_internal TO regress_reader;
GRANT SELECT ON taskcrm_internal.jwt_key TO regress_reader;
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE detail LIKE '%regress_reader%';
-- tc_revoke_access() takes everything.
SELECT taskcrm.tc_revoke_access('regress_analyst'), taskcrm.tc_revoke_access('regress_reader');
SELECT attempt('DROP ROLE regress_analyst, regress_reader');

-- A table of somebody else with the name of one of ours is in nobody's way, and is not ours.
CREATE TABLE taskcrm.login (id integer);
CALL taskcrm.tc_install();
SELECT relrowsecurity, pg_get_userbyid(relowner) = current_user FROM pg_class WHERE oid = 'taskcrm.login'::regclass;
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" NOT IN ('gateway_trust', 'client_access');
SELECT taskcrm.tc_link_login('regress_nobody', id('user', 3));
SELECT count(*) FROM taskcrm.login;
DROP TABLE taskcrm.login;
\set ECHO none
\i :teardown
