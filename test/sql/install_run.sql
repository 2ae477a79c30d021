-- tc_install(): the state before the first call, what the call creates, and that repeating it
-- changes nothing.
\getenv srcdir PG_ABS_SRCDIR
\set helpers :srcdir /sql/include/helpers.sql
\set ECHO none
SET client_min_messages = warning;
\i :helpers
CREATE SCHEMA extensions;
CREATE ROLE regress_owner NOLOGIN;
CREATE ROLE regress_bypass NOLOGIN BYPASSRLS;
CREATE ROLE regress_super NOLOGIN SUPERUSER;
CREATE ROLE regress_plain NOLOGIN;
\set ECHO all
\t on
\pset format unaligned

-- Existing objects in a schema with our name are not adopted.
CREATE SCHEMA taskcrm;
SELECT attempt('CREATE EXTENSION taskcrm');
DROP SCHEMA taskcrm;
CREATE SCHEMA taskcrm_internal;
SELECT attempt('CREATE EXTENSION taskcrm');
DROP SCHEMA taskcrm_internal;

-- Only a superuser can install.
SET ROLE regress_plain;
SELECT attempt('CREATE EXTENSION taskcrm');
RESET ROLE;

CREATE EXTENSION taskcrm;

-- Not into another schema either.
SELECT attempt('ALTER EXTENSION taskcrm SET SCHEMA extensions');

-- Until tc_install() has run, every function reports that it is missing and how to run it.
SELECT p.proname, left(attempt(format('SELECT taskcrm.%I(%s)', p.proname, a.arguments)), 400) AS answer
FROM pg_proc p,
  LATERAL (SELECT string_agg('NULL::' || format_type(t.type, NULL), ', ' ORDER BY t.place)
           FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY AS t (type, place)) AS a (arguments)
WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.prokind = 'f'
  AND p.proname NOT IN ('tc_uuidv7', 'tc_today', 'tc_stats')
ORDER BY p.proname COLLATE "C";

-- Which roles may own the tables.
SELECT attempt('CALL taskcrm.tc_install(owner => ''regress_super'')');
SELECT attempt('CALL taskcrm.tc_install(owner => ''regress_bypass'')');
SELECT attempt('CALL taskcrm.tc_install(owner => ''regress_missing'')');
-- Which roles may install, even if EXECUTE was granted by mistake.
GRANT USAGE ON SCHEMA taskcrm, taskcrm_internal TO regress_plain;
GRANT EXECUTE ON PROCEDURE taskcrm.tc_install(name) TO regress_plain;
SET ROLE regress_plain;
SELECT attempt('CALL taskcrm.tc_install()');
RESET ROLE;
REVOKE EXECUTE ON PROCEDURE taskcrm.tc_install(name) FROM regress_plain;
SET ROLE regress_plain;
SELECT attempt('CALL taskcrm.tc_install()');
RESET ROLE;
REVOKE ALL ON SCHEMA taskcrm, taskcrm_internal FROM regress_plain;
-- Refused calls created no tables.
SELECT count(*) FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind IN ('r', 'p');

-- Without an argument, taskcrm_owner becomes the owner.
CALL taskcrm.tc_install();
SELECT rolname, rolcanlogin, rolsuper, rolbypassrls, rolcreaterole, rolcreatedb, rolreplication
FROM pg_roles WHERE rolname = 'taskcrm_owner';
SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind IN ('r', 'p');

-- The version of the extension is recorded.
SELECT i.version = e.extversion AND e.extversion = a.default_version AS recorded
FROM taskcrm_internal.installation i, pg_extension e, pg_available_extensions a
WHERE e.extname = 'taskcrm' AND a.name = 'taskcrm';

-- The catalogue entries of our schemas, as one digest for each catalogue.
CREATE FUNCTION public.digest_of_catalogues(OUT catalogue text, OUT digest text) RETURNS SETOF record
  LANGUAGE sql AS $$
  WITH rel AS (
    SELECT c.* FROM pg_class c WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace))
  SELECT 'class', md5(string_agg(concat_ws(' ', oid, relname, relowner, relkind, relrowsecurity, relforcerowsecurity,
                                           relacl::text, reloptions::text, relfilenode), E'\n' ORDER BY oid)) FROM rel
  UNION ALL
  SELECT 'attribute', md5(string_agg(a::text, E'\n' ORDER BY attrelid, attnum))
    FROM (SELECT attrelid, attname, atttypid, attnum, attnotnull, attacl, attstorage FROM pg_attribute) a
    WHERE attrelid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'attrdef', md5(string_agg(d::text, E'\n' ORDER BY oid)) FROM pg_attrdef d
    WHERE adrelid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'policy', md5(string_agg(p::text, E'\n' ORDER BY oid)) FROM pg_policy p WHERE polrelid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'trigger', md5(string_agg(t::text, E'\n' ORDER BY oid)) FROM pg_trigger t
    WHERE tgrelid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'index', md5(string_agg(i::text, E'\n' ORDER BY indexrelid)) FROM pg_index i
    WHERE indrelid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'constraint', md5(string_agg(c::text, E'\n' ORDER BY oid)) FROM pg_constraint c
    WHERE conrelid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'proc', md5(string_agg(p::text, E'\n' ORDER BY oid)) FROM pg_proc p
    WHERE pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
  UNION ALL
  SELECT 'namespace', md5(string_agg(n::text, E'\n' ORDER BY oid)) FROM pg_namespace n WHERE nspname LIKE 'taskcrm%'
  UNION ALL
  SELECT 'description', md5(string_agg(d::text, E'\n' ORDER BY classoid, objoid, objsubid)) FROM pg_description d
    WHERE objoid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'depend', md5(string_agg(d::text, E'\n' ORDER BY d::text)) FROM pg_depend d
    WHERE objid IN (SELECT oid FROM rel) OR refobjid IN (SELECT oid FROM rel)
  UNION ALL
  SELECT 'installation', md5(string_agg(i::text || i.xmin::text, E'\n')) FROM taskcrm_internal.installation i
$$;
CREATE TABLE public.digest_before AS SELECT * FROM digest_of_catalogues();

-- A second and a third call change nothing.
CALL taskcrm.tc_install();
CALL taskcrm.tc_install();
SELECT catalogue FROM digest_before EXCEPT SELECT catalogue FROM digest_of_catalogues();
SELECT b.catalogue, b.digest = a.digest AS same
FROM digest_before b LEFT JOIN digest_of_catalogues() a USING (catalogue) ORDER BY catalogue COLLATE "C";

-- The owner can be set later, and is kept when the argument is omitted.
CALL taskcrm.tc_install(owner => 'regress_owner');
SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind IN ('r', 'p');
CALL taskcrm.tc_install();
SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class
WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind IN ('r', 'p');
SELECT attempt('CALL taskcrm.tc_install(owner => ''regress_bypass'')');

-- Missing objects are restored: a policy, row-level security, a trigger, and an owner that is
-- subject to row-level security.
DROP POLICY tenant_select ON taskcrm.task;
ALTER TABLE taskcrm.account NO FORCE ROW LEVEL SECURITY;
ALTER TABLE taskcrm.team DISABLE ROW LEVEL SECURITY;
DROP TRIGGER touch ON taskcrm.task;
ALTER TABLE taskcrm.member ENABLE TRIGGER identity_changed;
ALTER TABLE taskcrm.task OWNER TO regress_super;
-- With any other owner all functions are refused.
SELECT attempt('SELECT taskcrm.tc_list_tasks()');
SELECT attempt('SELECT taskcrm.tc_current_org()');
CALL taskcrm.tc_install();
SELECT count(*) FROM pg_policy WHERE polname = 'tenant_select' AND polrelid = 'taskcrm.task'::regclass;
SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class
WHERE oid IN ('taskcrm.account'::regclass, 'taskcrm.team'::regclass) ORDER BY 1;
SELECT tgrelid::regclass, tgname, tgenabled FROM pg_trigger
WHERE tgname = 'touch' AND tgrelid = 'taskcrm.task'::regclass
   OR tgname = 'identity_changed' AND tgrelid = 'taskcrm.member'::regclass ORDER BY 1;
SELECT pg_get_userbyid(relowner) FROM pg_class WHERE oid = 'taskcrm.task'::regclass;

-- After an upgrade of the tables the new version is recorded.
UPDATE taskcrm_internal.installation SET version = '0.0.1';
CALL taskcrm.tc_install();
SELECT i.version = e.extversion AS recorded
FROM taskcrm_internal.installation i, pg_extension e WHERE e.extname = 'taskcrm';

-- The tables belong to the user: they are not members of the extension, and DROP EXTENSION fails
-- while they exist.
SELECT count(*) FROM pg_depend d JOIN pg_class c ON c.oid = d.objid AND d.classid = 'pg_class'::regclass
WHERE d.deptype = 'e' AND d.refobjid = (SELECT oid FROM pg_extension WHERE extname = 'taskcrm');
SELECT split_part(attempt('DROP EXTENSION taskcrm'), E'\n', 1);
-- The extension depends on no other extension.
SELECT e.extname, n.nspname FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace ORDER BY 1;
-- Columns, indexes and views added by the user survive another call.
ALTER TABLE taskcrm.task ADD COLUMN budget numeric;
CREATE INDEX regress_budget ON taskcrm.task (org_id, budget);
CALL taskcrm.tc_install();
SELECT attname FROM pg_attribute WHERE attrelid = 'taskcrm.task'::regclass AND attname = 'budget';
SELECT to_regclass('taskcrm.regress_budget') IS NOT NULL;

-- DROP EXTENSION CASCADE drops everything.
SET client_min_messages = error;
DROP EXTENSION taskcrm CASCADE;
SELECT count(*) FROM pg_namespace WHERE nspname IN ('taskcrm', 'taskcrm_internal');
SELECT count(*) FROM pg_operator WHERE oprcode::text LIKE 'taskcrm%';

-- The schema cannot be chosen.
SELECT attempt('CREATE EXTENSION taskcrm SCHEMA extensions');

\set ECHO none
DROP SCHEMA extensions;
DROP TABLE public.digest_before;
DROP FUNCTION public.digest_of_catalogues();
DROP FUNCTION public.attempt(text);
DROP FUNCTION public.id(text, integer);
DROP ROLE regress_owner, regress_bypass, regress_super, regress_plain;
