-- tc_doctor(): each check is made to fail, and its hint repairs the problem. gateway_trust, which
-- depends on pg_hba.conf, is tested in test/t/008_doctor.pl.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
\set ECHO none
\t on
\pset format unaligned
-- The failed checks, with their hints.
CREATE FUNCTION public.wrong() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT format(E'%s: %s\n  -> %s', d."check", d.detail, d.hint)
  FROM taskcrm.tc_doctor() WITH ORDINALITY d
  WHERE NOT d.ok AND d."check" <> 'gateway_trust' ORDER BY d.ordinality
$$;
\set ECHO all

-- One row for each check; in a new installation all checks pass.
SELECT "check", ok, detail, hint FROM taskcrm.tc_doctor() WHERE "check" <> 'gateway_trust';
SELECT count(*) FROM taskcrm.tc_doctor();
SELECT wrong();

-- There is one function for each check.
SELECT p.proname FROM pg_proc p
WHERE p.pronamespace = 'taskcrm_internal'::regnamespace AND p.proname LIKE 'doctor\_%' AND p.proname <> 'doctor_checks'
EXCEPT SELECT 'doctor_' || c.name FROM taskcrm_internal.doctor_checks() c;

-- Only superusers and members of pg_monitor may call it, even if EXECUTE was granted by mistake.
GRANT EXECUTE ON FUNCTION taskcrm.tc_doctor() TO regress_bob;
\connect - regress_bob
SELECT attempt('SELECT * FROM taskcrm.tc_doctor()');
\connect - :superuser
SELECT wrong();
REVOKE EXECUTE ON FUNCTION taskcrm.tc_doctor() FROM regress_bob;
\connect - regress_bob
SELECT attempt('SELECT * FROM taskcrm.tc_doctor()');
\connect - :superuser

-- It changes nothing and works in a read-only transaction.
BEGIN READ ONLY;
SELECT wrong();
COMMIT;

-- A missing table: the checks that need it report this, the others run.
DROP TABLE taskcrm_internal.gateway;
SELECT wrong();
CALL taskcrm.tc_install();
SELECT taskcrm.tc_trust_gateway('regress_gateway');
SELECT wrong();

-- Statistics disabled for a column, and a lower target for titles; a higher target is allowed.
ALTER TABLE taskcrm.app_user ALTER email SET STATISTICS 0;
ALTER TABLE taskcrm.task ALTER title SET STATISTICS 100, ALTER status SET STATISTICS 1000;
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();

-- The tables have another version.
UPDATE taskcrm_internal.installation SET version = '0.0.1';
SELECT regexp_replace(wrong(), 'extension is at version [\d.]+', 'extension is at version N');
CALL taskcrm.tc_install();
-- A data-only restore leaves two rows.
INSERT INTO taskcrm_internal.installation SELECT * FROM taskcrm_internal.installation;
SELECT regexp_replace(wrong(), '\d+\.\d+\.\d+', 'N', 'g');
CALL taskcrm.tc_install();
DELETE FROM taskcrm_internal.installation;
SELECT regexp_replace(wrong(), 'extension is at version [\d.]+', 'extension is at version N');
CALL taskcrm.tc_install();
SELECT wrong();
-- The extension is older than its files: no update script exists yet.
SELECT extversion AS version FROM pg_extension WHERE extname = 'taskcrm' \gset
UPDATE pg_extension SET extversion = '0.0.1' WHERE extname = 'taskcrm';
SELECT replace(wrong(), :'version', 'N');
UPDATE pg_extension SET extversion = :'version' WHERE extname = 'taskcrm';
SELECT wrong();

-- An owner that is not subject to row-level security.
CREATE ROLE regress_super NOLOGIN SUPERUSER;
ALTER TABLE taskcrm.task OWNER TO regress_super;
ALTER ROLE regress_owner BYPASSRLS;
SELECT regexp_replace(wrong(), 'account, .*, webhook belongs', '... belongs');
CALL taskcrm.tc_install();
SELECT wrong();
ALTER ROLE regress_owner NOBYPASSRLS;
CALL taskcrm.tc_install(owner => 'regress_owner');
SELECT wrong();
ALTER TABLE taskcrm.team OWNER TO regress_super;
ALTER ROLE regress_super NOSUPERUSER;
SELECT regexp_replace(wrong(), 'cannot execute [^;]+', 'cannot execute many');
CALL taskcrm.tc_install();
SELECT wrong();
DROP ROLE regress_super;
-- An owner without the necessary privileges.
REVOKE USAGE ON SCHEMA taskcrm_internal FROM regress_owner;
REVOKE INSERT, DELETE ON taskcrm.task_comment FROM regress_owner;
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();

-- Row-level security is disabled.
ALTER TABLE taskcrm.account NO FORCE ROW LEVEL SECURITY;
ALTER TABLE taskcrm.team DISABLE ROW LEVEL SECURITY;
ALTER TABLE taskcrm_internal.login DISABLE ROW LEVEL SECURITY, NO FORCE ROW LEVEL SECURITY;
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();

-- Policies that are missing, changed or added.
DROP POLICY author_deletes ON taskcrm.task;
ALTER POLICY tenant_select ON taskcrm.contact USING (true);
ALTER POLICY admin_updates ON taskcrm.team TO regress_ada;
CREATE POLICY everything ON taskcrm.task FOR SELECT TO regress_bob, regress_cyd USING (true);
CREATE POLICY "no Sundays" ON taskcrm.task AS RESTRICTIVE FOR INSERT WITH CHECK (extract(dow FROM created_on) <> 0);
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();
DROP POLICY everything ON taskcrm.task;
DROP POLICY "no Sundays" ON taskcrm.task;
SELECT wrong();

-- The detail names only the first twenty findings.
SELECT format('CREATE POLICY p%s ON taskcrm.task FOR SELECT USING (true)', n) FROM generate_series(10, 35) n \gexec
SELECT left(detail, 70), right(detail, 70) FROM taskcrm.tc_doctor() WHERE "check" = 'policies';
SELECT format('DROP POLICY p%s ON taskcrm.task', n) FROM generate_series(10, 35) n \gexec

-- Triggers that are missing, changed or added.
CREATE FUNCTION public.planted() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
DROP TRIGGER refuse_change ON taskcrm.task;
DROP TRIGGER identity_changed ON taskcrm_internal.gateway;
CREATE OR REPLACE TRIGGER touch BEFORE UPDATE ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION public.planted();
CREATE TRIGGER planted BEFORE INSERT ON taskcrm.task_comment FOR EACH ROW EXECUTE FUNCTION public.planted();
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();
DROP TRIGGER planted ON taskcrm.task_comment;
DROP FUNCTION public.planted();
SELECT wrong();

-- Triggers that do not fire.
ALTER TABLE taskcrm.task DISABLE TRIGGER touch;
ALTER TABLE taskcrm.member ENABLE TRIGGER identity_changed;
ALTER TABLE taskcrm.account ENABLE REPLICA TRIGGER refuse_change;
ALTER TABLE taskcrm.team ENABLE ALWAYS TRIGGER refuse_change;
ALTER TABLE taskcrm.team_member DISABLE TRIGGER ALL;
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();

-- Wrong counters. tc_install() recounts what was written while a trigger was disabled.
ALTER TABLE taskcrm.task DISABLE TRIGGER counted_insert;
INSERT INTO taskcrm.task (org_id, id, title) VALUES (id('org', 1), id('task', 3), 'Not counted');
ALTER TABLE taskcrm.task ENABLE TRIGGER counted_insert;
SELECT wrong();
SELECT taskcrm.tc_recount();
SELECT wrong();
ALTER TABLE taskcrm.task DISABLE TRIGGER counted_delete;
DELETE FROM taskcrm.task WHERE id = id('task', 3);
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();

-- Indexes that are missing, changed or invalid.
DROP INDEX taskcrm.task_created_on_idx;
DROP INDEX taskcrm.task_overdue_idx;
CREATE INDEX task_overdue_idx ON taskcrm.task (org_id, due_date);
INSERT INTO taskcrm.account (org_id, name) VALUES (id('org', 1), 'Hooli');
CREATE UNIQUE INDEX CONCURRENTLY account_name_idx ON taskcrm.account (org_id, name);
SELECT wrong();
CALL taskcrm.tc_install();
DROP INDEX taskcrm.task_overdue_idx;
CALL taskcrm.tc_install();
DELETE FROM taskcrm.account a USING taskcrm.account b WHERE a.name = b.name AND a.id > b.id;
SELECT wrong();
REINDEX INDEX taskcrm.account_name_idx;
SELECT wrong();
DROP INDEX taskcrm.account_name_idx;
-- An index created by the user is not reported.
CREATE INDEX account_name_idx ON taskcrm.account (org_id, name);
SELECT wrong();
DROP INDEX taskcrm.account_name_idx;

-- Columns and keys that are missing or changed, or do not include the organization.
-- test/sql/install_columns.sql has the rest.
ALTER TABLE taskcrm.task ALTER status DROP DEFAULT;
ALTER TABLE taskcrm.task_mention DROP CONSTRAINT task_mention_pkey;
CREATE UNIQUE INDEX account_id_idx ON taskcrm.account (id);
ALTER TABLE taskcrm.contact DROP CONSTRAINT contact_account_id_fkey,
  ADD CONSTRAINT contact_account_id_fkey FOREIGN KEY (account_id) REFERENCES taskcrm.account (id);
ALTER TABLE taskcrm.task_team DROP CONSTRAINT task_team_team_id_fkey;
-- A constraint of the user is not reported.
ALTER TABLE taskcrm.task ADD CONSTRAINT not_empty CHECK (title <> '') NOT VALID;
SELECT wrong();
CALL taskcrm.tc_install();
SELECT wrong();
DROP INDEX taskcrm.account_id_idx;
ALTER TABLE taskcrm.task DROP CONSTRAINT not_empty;

-- Exposed columns that were dropped or changed.
ALTER TABLE taskcrm.task ADD gone integer, ADD changed integer, ADD kept integer;
SELECT count(taskcrm.tc_expose_column('task', c)) FROM unnest('{gone,changed,kept}'::text[]) c;
SELECT wrong();
ALTER TABLE taskcrm.task DROP gone, ALTER changed TYPE numeric;
SELECT wrong();
SELECT count(taskcrm.tc_hide_column('task', c)) FROM unnest('{gone,changed,kept}'::text[]) c;
SELECT wrong();
ALTER TABLE taskcrm.task DROP changed, DROP kept;

-- Labels that the code does not know. test/t/008_doctor.pl tests that a dump omits an added label;
-- here it is deleted from the catalogue.
ALTER TYPE taskcrm.task_status RENAME VALUE 'Completed' TO 'Done';
SELECT wrong();
ALTER TYPE taskcrm.task_status RENAME VALUE 'Done' TO 'Completed';
SELECT wrong();
ALTER TYPE taskcrm.task_status ADD VALUE 'Blocked' BEFORE 'Completed';
SELECT wrong();
DELETE FROM pg_enum WHERE enumlabel = 'Blocked' AND enumtypid = 'taskcrm.task_status'::regtype;
SELECT wrong();
ALTER TYPE taskcrm.task_priority RENAME VALUE 'High' TO '';
ALTER TYPE taskcrm.task_priority RENAME VALUE 'Low' TO 'High';
ALTER TYPE taskcrm.task_priority RENAME VALUE '' TO 'Low';
SELECT wrong();
ALTER TYPE taskcrm.task_priority RENAME VALUE 'Low' TO '';
ALTER TYPE taskcrm.task_priority RENAME VALUE 'High' TO 'Low';
ALTER TYPE taskcrm.task_priority RENAME VALUE '' TO 'High';
SELECT wrong();

-- Privileges that PUBLIC should not have.
GRANT EXECUTE ON PROCEDURE taskcrm.tc_install(name) TO PUBLIC;
GRANT EXECUTE ON FUNCTION taskcrm.tc_find_tasks(jsonb) TO PUBLIC;
GRANT USAGE ON SCHEMA taskcrm TO PUBLIC;
GRANT CREATE ON SCHEMA taskcrm_internal TO PUBLIC;
GRANT SELECT ON taskcrm.task TO PUBLIC;
GRANT UPDATE (title) ON taskcrm.task TO PUBLIC;
SELECT wrong();
REVOKE EXECUTE ON PROCEDURE taskcrm.tc_install(name) FROM PUBLIC;
REVOKE EXECUTE ON FUNCTION taskcrm.tc_find_tasks(jsonb) FROM PUBLIC;
REVOKE USAGE ON SCHEMA taskcrm FROM PUBLIC;
REVOKE CREATE ON SCHEMA taskcrm_internal FROM PUBLIC;
REVOKE ALL ON taskcrm.task FROM PUBLIC;
SELECT wrong();

-- SECURITY DEFINER.
ALTER FUNCTION taskcrm.tc_list_tasks(jsonb) SECURITY DEFINER;
SELECT regexp_replace(wrong(), 'role \w+', 'role ...');
ALTER FUNCTION taskcrm.tc_list_tasks(jsonb) SECURITY INVOKER;
SELECT wrong();

-- Clients with too many privileges.
GRANT EXECUTE ON FUNCTION taskcrm.tc_create_user(text, text, uuid, text, text) TO regress_ada;
GRANT SELECT ON taskcrm_internal.login TO regress_ada;
GRANT DELETE ON taskcrm.task TO regress_bob;
GRANT INSERT (created_on) ON taskcrm.task_attachment TO regress_bob;
GRANT USAGE ON SCHEMA taskcrm_internal TO regress_bob;
GRANT regress_owner TO regress_cyd;
ALTER ROLE regress_dan BYPASSRLS;
SELECT wrong();
REVOKE regress_owner FROM regress_cyd;
ALTER ROLE regress_dan NOBYPASSRLS;
SELECT taskcrm.tc_grant_access('regress_ada'), taskcrm.tc_grant_access('regress_bob');
SELECT wrong();
-- Through another role.
CREATE ROLE regress_group NOLOGIN;
GRANT TRUNCATE ON taskcrm.team TO regress_group;
GRANT regress_group TO regress_ada;
SELECT wrong();
REVOKE TRUNCATE ON taskcrm.team FROM regress_group;
SELECT wrong();
-- A role that only provisions is allowed.
GRANT USAGE ON SCHEMA taskcrm TO regress_group;
GRANT EXECUTE ON FUNCTION taskcrm.tc_create_organization(text, uuid, text) TO regress_group;
REVOKE regress_group FROM regress_ada;
SELECT wrong();
DROP OWNED BY regress_group;
DROP ROLE regress_group;

-- Clients with too few privileges.
REVOKE EXECUTE ON FUNCTION taskcrm.tc_get_task(uuid, text), taskcrm.tc_delete_task(uuid) FROM regress_ada;
REVOKE SELECT ON taskcrm.task_mention FROM regress_bob;
SELECT wrong();
SELECT taskcrm.tc_grant_access('regress_ada'), taskcrm.tc_grant_access('regress_bob');
SELECT wrong();
-- A login without any privilege, as after a restore of rows alone; then through another role.
SELECT taskcrm.tc_revoke_access('regress_ada');
SELECT wrong();
CREATE ROLE regress_group NOLOGIN;
SELECT taskcrm.tc_grant_access('regress_group');
GRANT regress_group TO regress_ada;
ALTER ROLE regress_ada NOINHERIT;
SELECT wrong();
DROP OWNED BY regress_group;
DROP ROLE regress_group;
ALTER ROLE regress_ada INHERIT;
SELECT taskcrm.tc_grant_access('regress_ada');
SELECT wrong();

-- Logins and gateways that bypass row-level security.
CREATE ROLE regress_super NOLOGIN SUPERUSER;
CREATE ROLE regress_bypass LOGIN BYPASSRLS;
CREATE ROLE regress_boss LOGIN;
GRANT regress_super TO regress_boss;
SELECT taskcrm.tc_link_login('regress_bypass', id('user', 1)), taskcrm.tc_trust_gateway('regress_boss');
SELECT taskcrm.tc_link_login('regress_super', id('user', 1));
SELECT wrong();
REVOKE regress_super FROM regress_boss;
SELECT taskcrm.tc_unlink_login('regress_bypass'), taskcrm.tc_unlink_login('regress_super');
SELECT wrong();
SELECT taskcrm.tc_distrust_gateway('regress_boss');

-- Links to roles that were dropped, renamed or recreated.
CREATE ROLE regress_gone LOGIN;
CREATE ROLE regress_old LOGIN;
SELECT taskcrm.tc_link_login('regress_gone', id('user', 1)), taskcrm.tc_link_login('regress_old', id('user', 1)),
  taskcrm.tc_trust_gateway('regress_boss');
DROP ROLE regress_gone;
ALTER ROLE regress_old RENAME TO regress_new;
DROP ROLE regress_boss;
CREATE ROLE regress_boss LOGIN;
SELECT wrong();
SELECT role, kind, result FROM taskcrm.tc_relink_roles() WHERE result <> 'unchanged';
SELECT wrong();
SELECT taskcrm.tc_unlink_login('regress_gone'), taskcrm.tc_unlink_login('regress_new'),
  taskcrm.tc_distrust_gateway('regress_boss');
SELECT wrong();
DROP ROLE regress_super, regress_bypass, regress_boss, regress_new;

-- Token keys that are too short, which tc_add_jwt_key() would refuse.
INSERT INTO taskcrm_internal.jwt_key (kid, alg, key) VALUES
  ('short', 'HS256', 'secret'), ('long', 'HS256', decode(repeat('ab', 32), 'hex')), ('none', 'none', ''),
  ('rsa', 'RS256', '\x30819f300d06092a864886f70d010101050003818d0030818902818100b4ec88bc90a7371f5bfc7bfb446b9e425be55047c1937b01edc0673b1d255fab2048e0e9d6c51fff131ce0c84a2ded87a19545398cc85ab99eee3e0d608b5fad23ef295fe6c611f10b239c89498fdd519a020dfc432e269010b44300f3b995c6874ef796a077e2f9d23cd8db54e91efd31276669fb9b25aac7ea804561e38c310203010001');
SELECT wrong();
SELECT taskcrm.tc_remove_jwt_key(kid) FROM unnest('{short,none,rsa}'::text[]) kid;
SELECT wrong();
SELECT taskcrm.tc_remove_jwt_key('long');

-- Views that show rows which row-level security would hide.
CREATE VIEW public.all_tasks AS SELECT id, title FROM taskcrm.task;
CREATE VIEW public.titles AS SELECT title FROM public.all_tasks;
CREATE MATERIALIZED VIEW public.task_numbers AS SELECT org_id, count(*) FROM taskcrm.task GROUP BY org_id;
SELECT wrong();
GRANT SELECT ON public.all_tasks, public.task_numbers TO regress_bob;
GRANT SELECT (title) ON public.titles TO regress_bob;
SELECT regexp_replace(wrong(), 'role [^;\n]+', 'role ...', 'g');
ALTER VIEW public.all_tasks SET (security_invoker = true);
ALTER VIEW public.titles SET (security_invoker = on);
REVOKE ALL ON public.task_numbers FROM regress_bob;
SELECT wrong();
DROP VIEW public.titles, public.all_tasks;
DROP MATERIALIZED VIEW public.task_numbers;

-- A required extension is out of date, as after pg_upgrade.
SELECT extversion AS version FROM pg_extension WHERE extname = 'plpgsql' \gset
UPDATE pg_extension SET extversion = '0.9' WHERE extname = 'plpgsql';
SELECT replace(wrong(), :'version', 'N');
UPDATE pg_extension SET extversion = :'version' WHERE extname = 'plpgsql';
SELECT wrong();

-- Without tables there is nothing to check.
SET client_min_messages = error;
DROP EXTENSION taskcrm CASCADE;
CREATE EXTENSION taskcrm;
RESET client_min_messages;
SELECT attempt('SELECT * FROM taskcrm.tc_doctor()');

\set ECHO none
DROP FUNCTION public.wrong();
\i :teardown
