-- tc_doctor() and tc_check_counts() for members of pg_monitor, and findings that an administrator
-- accepts.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
SET client_min_messages = warning;
CREATE ROLE regress_monitor LOGIN;
GRANT pg_monitor TO regress_monitor;
\t on
\pset format unaligned
\pset null '(null)'
\set ECHO all
-- A member of pg_monitor gets the answers of a superuser, except what only a superuser can read.
CREATE TEMP TABLE answer AS SELECT * FROM taskcrm.tc_doctor();
GRANT SELECT ON answer TO regress_monitor;
SET ROLE regress_monitor;
SELECT d."check", d.ok, d.detail FROM taskcrm.tc_doctor() d JOIN answer a USING ("check")
WHERE (d.ok, d.detail, d.hint) IS DISTINCT FROM (a.ok, a.detail, a.hint);
SELECT count(*) = (SELECT count(*) FROM answer) FROM taskcrm.tc_doctor();
RESET ROLE;
\connect - regress_monitor
SELECT count(*) > 20, count(*) FILTER (WHERE NOT ok AND "check" <> 'client_access') FROM taskcrm.tc_doctor();
SELECT * FROM taskcrm.tc_check_counts();
-- It reads the tables in no other way, and calls nothing else.
SELECT attempt('TABLE taskcrm.task'), attempt('TABLE taskcrm_internal.jwt_key');
SELECT attempt('SELECT taskcrm_internal.report_findings()');
SELECT attempt('SELECT taskcrm.tc_recount()'), attempt('SELECT taskcrm.tc_list_tasks()');
SELECT attempt($$SELECT taskcrm.tc_accept_finding('policies', 'x', 'x')$$);
SELECT attempt($$SELECT taskcrm.tc_unaccept_finding('policies', 'x')$$);
-- Nor does a client call the doctor.
\connect - regress_ada
SELECT attempt('SELECT taskcrm.tc_doctor()'), attempt('SELECT taskcrm.tc_check_counts()');
SELECT attempt($$SELECT taskcrm.tc_accept_finding('policies', 'x', 'x')$$);

\connect - :superuser
-- What somebody added on purpose.
CREATE POLICY audit ON taskcrm.task AS RESTRICTIVE USING (title <> 'secret');
CREATE POLICY auditor ON taskcrm.team AS RESTRICTIVE USING (true);
CREATE VIEW public.totals AS SELECT org_id, count(*) FROM taskcrm.task GROUP BY org_id;
GRANT SELECT ON public.totals TO regress_monitor;
SELECT "check", ok, regexp_replace(detail, 'as role .*', 'as role ...') FROM taskcrm.tc_doctor()
WHERE "check" IN ('policies', 'views') ORDER BY 1;
SELECT taskcrm.tc_accept_finding('policies', 'audit on task', 'the auditor wants it');
SELECT taskcrm.tc_accept_finding('views', 'public.totals', 'for billing');
SELECT "check", ok, regexp_replace(detail, 'as role .*', 'as role ...') FROM taskcrm.tc_doctor()
WHERE "check" IN ('policies', 'views') ORDER BY 1;
SELECT check_name, object, why, accepted_by = session_user, accepted_on < now()
FROM taskcrm_internal.accepted_finding ORDER BY 1;
-- The beginning of a finding ends before a blank: "audit" is not about "auditor".
SELECT taskcrm.tc_accept_finding('policies', 'auditor on team', 'again');
SELECT "check", ok, detail FROM taskcrm.tc_doctor() WHERE "check" = 'policies';
\connect - regress_monitor
SELECT "check", ok, regexp_replace(detail, 'as role .*', 'as role ...') FROM taskcrm.tc_doctor()
WHERE "check" IN ('policies', 'views') ORDER BY 1;
\connect - :superuser
-- tc_install() keeps them.
CALL taskcrm.tc_install();
SELECT count(*) FROM taskcrm_internal.accepted_finding;
-- Policies that are missing or were changed are not accepted, now or under an accepted name.
DROP POLICY tenant_guard ON taskcrm.account;
SELECT attempt($$SELECT taskcrm.tc_accept_finding('policies', 'tenant_guard on account', 'x')$$);
INSERT INTO taskcrm_internal.accepted_finding (check_name, object, why, accepted_by) VALUES
  ('policies', 'tenant_guard', 'x', 'x'), ('row_security', 'account has no FORCE', 'x', 'x');
ALTER TABLE taskcrm.account NO FORCE ROW LEVEL SECURITY;
SELECT "check", ok, detail FROM taskcrm.tc_doctor() WHERE "check" IN ('policies', 'row_security');
CALL taskcrm.tc_install();
-- Bad arguments.
SELECT attempt(format('SELECT taskcrm.tc_accept_finding(%L, %L, %L)', c, o, w)) FROM (VALUES
  ('policy', 'audit on task', 'x'), ('counters', 'audit on task', 'x'), (NULL, 'audit on task', 'x'), ('policies', ' ', 'x'), ('policies', 'nothing on task', 'x'),
  ('policies', 'audit on tas', 'x'), ('policies', 'audit on task', NULL), ('policies', 'audit on task', repeat('x', 1001))) AS v (c, o, w);
-- Accepted again: the reason is replaced. Taken back: it is reported again.
SELECT taskcrm.tc_accept_finding('policies', 'audit on task', 'another reason');
SELECT why FROM taskcrm_internal.accepted_finding WHERE object = 'audit on task';
SELECT taskcrm.tc_unaccept_finding('policies', 'audit on task');
SELECT attempt($$SELECT taskcrm.tc_unaccept_finding('policies', 'audit on task')$$);
SELECT attempt($$SELECT taskcrm.tc_unaccept_finding('policies', NULL)$$);
SELECT "check", ok, detail FROM taskcrm.tc_doctor() WHERE "check" = 'policies';
-- An owner without the privileges that the checks need is reported to both.
REVOKE EXECUTE ON FUNCTION taskcrm_internal.found_policies() FROM regress_owner;
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE "check" IN ('owner', 'policies');
\connect - regress_monitor
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE "check" IN ('owner', 'policies');
\connect - :superuser
CALL taskcrm.tc_install();
SELECT ok FROM taskcrm.tc_doctor() WHERE "check" = 'owner';
-- Tables of a superuser: the superuser gets a report, monitoring an error.
ALTER TABLE taskcrm.task OWNER TO :superuser;
SELECT "check" FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" = 'owner';
\connect - regress_monitor
SELECT attempt('SELECT count(*) FROM taskcrm.tc_doctor()');
\connect - :superuser
\set ECHO none
CALL taskcrm.tc_install();
DROP VIEW public.totals;
DROP OWNED BY regress_monitor;
DROP ROLE regress_monitor;
\i :teardown
