-- tc_pending_ddl(): the statements that build beforehand what tc_install() finds; which
-- locks tc_install() takes; and what it repairs without them.
\getenv srcdir PG_ABS_SRCDIR
\set helpers :srcdir /sql/include/helpers.sql
\set ECHO none
SET client_min_messages = warning;
\i :helpers
CREATE ROLE regress_plain NOLOGIN;
CREATE ROLE regress_owner NOLOGIN;
\set ECHO all
\t on
\pset format unaligned

CREATE EXTENSION taskcrm;
SELECT attempt('SELECT taskcrm.tc_pending_ddl()');
CALL taskcrm.tc_install(owner => 'regress_owner');
INSERT INTO taskcrm.organization (id, name) VALUES ('01900000-0000-7000-8000-000000000001', 'Acme');
INSERT INTO taskcrm.task (org_id, title, description) VALUES ('01900000-0000-7000-8000-000000000001', 'a task', 'a text');

-- Nothing is pending after tc_install().
SELECT taskcrm.tc_pending_ddl();
SET ROLE regress_plain;
SELECT attempt('SELECT taskcrm.tc_pending_ddl()');
RESET ROLE;

-- A second tc_install() blocks nobody: it locks a table only as a reader does.
CREATE FUNCTION locks_of_install() RETURNS TABLE (tab text, mode text)
  LANGUAGE plpgsql AS $$
BEGIN
  CALL taskcrm.tc_install();
  RETURN QUERY
    SELECT c.relname::text, string_agg(DISTINCT l.mode, ', ') FROM pg_locks l JOIN pg_class c ON c.oid = l.relation
    WHERE l.pid = pg_backend_pid() AND l.granted AND l.mode NOT IN ('AccessShareLock', 'RowShareLock', 'RowExclusiveLock')
      AND c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r'
    GROUP BY c.relname ORDER BY 1;
END
$$;
SELECT * FROM locks_of_install();

-- What can be missing, changed, or left by a statement that was canceled.
CREATE PROCEDURE break_it() LANGUAGE plpgsql AS $$
BEGIN
  DROP INDEX taskcrm.task_status_idx, taskcrm_internal.task_count_idx, taskcrm.app_user_folded_email_key;
  UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'taskcrm.task_priority_idx'::regclass;
  ALTER TABLE taskcrm.task DROP CONSTRAINT task_title_check;
  ALTER TABLE taskcrm.team DROP CONSTRAINT team_name_check, ADD CONSTRAINT team_name_check CHECK (name <> '');
  ALTER TABLE taskcrm.task_comment DROP CONSTRAINT task_comment_comment_check;
  EXECUTE (SELECT format('ALTER TABLE taskcrm.task_comment ADD CONSTRAINT %I %s NOT VALID', "check", definition)
           FROM taskcrm_internal.wanted_checks() WHERE "check" = 'task_comment_comment_check');
END
$$;
CALL break_it();
SELECT taskcrm.tc_pending_ddl();
-- psql runs the statements, and tc_install() keeps what they made.
SELECT taskcrm.tc_pending_ddl() \gexec
SELECT taskcrm.tc_pending_ddl();
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE "check" IN ('indexes', 'values', 'keys') AND NOT ok;
CREATE TABLE made AS
  SELECT c.oid, c.relname::text AS name FROM pg_class c WHERE c.relkind = 'i' AND c.relnamespace = 'taskcrm'::regnamespace
  UNION ALL SELECT n.oid, n.conname FROM pg_constraint n WHERE n.contype = 'c' AND n.connamespace = 'taskcrm'::regnamespace;
SELECT * FROM locks_of_install();
SELECT name FROM made WHERE oid NOT IN (SELECT oid FROM pg_class UNION ALL SELECT oid FROM pg_constraint);
-- An index has the owner of its table.
SELECT count(*) FROM pg_class WHERE relnamespace = 'taskcrm'::regnamespace AND relowner <> 'regress_owner'::regrole;

-- tc_install() does the same by itself.  What reads many rows does not lock readers out;
-- all checks of a table are added by one statement.
CALL break_it();
SELECT * FROM locks_of_install();
SELECT taskcrm.tc_pending_ddl();
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE "check" IN ('indexes', 'values', 'keys') AND NOT ok;
DROP INDEX taskcrm.task_status_idx;
SELECT * FROM locks_of_install();
ALTER TABLE taskcrm.task DISABLE TRIGGER described;
UPDATE taskcrm.task SET description = 'another text';
SELECT * FROM locks_of_install();
SELECT description FROM taskcrm_internal.task_text;

-- A column and a foreign key that are missing.  What refers to the column is returned once it is
-- there; a column that rewrites the table, or is part of a key, is left to tc_install().
ALTER TABLE taskcrm.task DROP COLUMN completed_on CASCADE;
ALTER TABLE taskcrm.task_comment DROP CONSTRAINT task_comment_task_id_fkey;
SELECT taskcrm.tc_pending_ddl();
SELECT taskcrm.tc_pending_ddl() \gexec
SELECT taskcrm.tc_pending_ddl() \gexec
SELECT taskcrm.tc_pending_ddl();
SELECT * FROM locks_of_install();
SELECT taskcrm.tc_pending_ddl();
ALTER TABLE taskcrm.team DROP COLUMN id CASCADE;
SELECT taskcrm.tc_pending_ddl();
CALL taskcrm.tc_install();
SELECT taskcrm.tc_pending_ddl();

-- Users with the same email, and a column that was renamed: no statement that would fail.
INSERT INTO taskcrm.app_user (email, name) VALUES ('ann@acme.example', 'Ann');
DROP INDEX taskcrm.app_user_folded_email_key;
INSERT INTO taskcrm.app_user (email, name) VALUES ('Ann@acme.example', 'Ann');
SELECT taskcrm.tc_pending_ddl();
SELECT taskcrm.tc_pending_ddl() \gexec
SELECT attempt($$INSERT INTO taskcrm.app_user (email, name) VALUES ('ANN@acme.example', 'Ann')$$);
DROP INDEX taskcrm.team_member_user_id_idx;
ALTER TABLE taskcrm.team_member RENAME user_id TO member_id;
SELECT taskcrm.tc_pending_ddl();

-- A row that violates a check is found when the check is validated.
ALTER TABLE taskcrm.team_member RENAME member_id TO user_id;
ALTER TABLE taskcrm.team DROP CONSTRAINT team_name_check;
INSERT INTO taskcrm.team (org_id, name) VALUES ('01900000-0000-7000-8000-000000000001', '');
SELECT taskcrm.tc_pending_ddl() \gexec
SELECT attempt('CALL taskcrm.tc_install()');
DELETE FROM taskcrm.team;
SELECT * FROM locks_of_install();
SELECT taskcrm.tc_pending_ddl();

\set ECHO none
SET client_min_messages = warning;
DROP TABLE made;
DROP PROCEDURE break_it;
DROP FUNCTION locks_of_install, public.attempt(text), public.id(text, integer);
DROP EXTENSION taskcrm CASCADE;
DROP ROLE regress_plain, regress_owner;
