-- tc_doctor(): reports what is unsafe or broken in this installation.

-- The checks in the order of the report, each with a remedy.  A check is the function
-- taskcrm_internal.doctor_<name>().
CREATE FUNCTION taskcrm_internal.doctor_checks(OUT name name, OUT hint text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('tables'::name, 'Restore what is missing, or CALL taskcrm.tc_install() to have it empty; drop or rename what is no ordinary table; ALTER TABLE ... SET LOGGED what is unlogged.'),
    ('children', 'ALTER TABLE ... NO INHERIT, and INSERT its rows into the table itself.'),
    ('version', 'Run ALTER EXTENSION taskcrm UPDATE, then CALL taskcrm.tc_install().'),
    ('owner', 'ALTER ROLE ... NOSUPERUSER NOBYPASSRLS NOLOGIN NOCREATEROLE NOCREATEDB NOREPLICATION, REVOKE its memberships, or CALL taskcrm.tc_install(owner => ...) with another role; CALL taskcrm.tc_install() for rights that are lacking.'),
    ('row_security', 'CALL taskcrm.tc_install().'),
    ('policies', 'CALL taskcrm.tc_install() for what is missing or changed; DROP POLICY what was added and is not wanted.'),
    ('triggers', 'CALL taskcrm.tc_install() for what is missing or changed; DROP TRIGGER what was added and is not wanted.'),
    ('disabled_triggers', 'CALL taskcrm.tc_install(). What was written meanwhile was not checked.'),
    ('rules', 'DROP RULE. Write a trigger instead.'),
    ('indexes', 'CALL taskcrm.tc_install() for what is missing; DROP INDEX before it what was changed; REINDEX what is invalid.'),
    ('replica_identity', 'CALL taskcrm.tc_install(). Until then UPDATE and DELETE fail in a publication.'),
    ('statistics', 'CALL taskcrm.tc_install(), then ANALYZE.'),
    ('keys', 'ALTER TABLE ... ADD CONSTRAINT as a new installation has it; VALIDATE CONSTRAINT what was not validated.'),
    ('values', 'CALL taskcrm.tc_install() for what is missing or changed.'),
    ('contents', 'Restore the rows of task_attachment_content that are missing, or DELETE the attachments without content.'),
    ('labels', 'ALTER TYPE ... RENAME VALUE what was renamed. PostgreSQL cannot drop a label: give the tasks that have it another; it is gone after a dump and restore.'),
    ('counters', 'SELECT taskcrm.tc_recount().'),
    ('texts', 'CALL taskcrm.tc_install().'),
    ('extensions', 'Run CREATE EXTENSION what is missing, ALTER EXTENSION ... UPDATE what is out of date; then CALL taskcrm.tc_install().'),
    ('public_rights', 'CALL taskcrm.tc_install().'),
    ('default_rights', 'CALL taskcrm.tc_install(), which takes back what default privileges give.'),
    ('definer_functions', 'ALTER FUNCTION ... SECURITY INVOKER, or move it to another schema.'),
    ('client_rights', 'REVOKE it. SELECT taskcrm.tc_grant_access(role) gives a role what a client may have and nothing else.'),
    ('client_access', 'SELECT taskcrm.tc_grant_access(role), with write => true for a role that writes directly.'),
    ('logins', 'Take the rights from the role, or SELECT taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role).'),
    ('role_links', 'SELECT * FROM taskcrm.tc_relink_roles() for roles that were renamed or restored; else taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role), and link the right role again.'),
    ('gateway_trust', 'Write another method than trust into pg_hba.conf, such as scram-sha-256, and SELECT pg_reload_conf().'),
    ('jwt_keys', 'Make a longer key, SELECT taskcrm.tc_add_jwt_key(...) it, and SELECT taskcrm.tc_remove_jwt_key(kid) this one.'),
    ('views', 'ALTER VIEW ... SET (security_invoker = true), or REVOKE the rights on it; from a materialized view REVOKE them.')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_checks() IS 'The checks of tc_doctor().';

CREATE FUNCTION taskcrm.tc_doctor(OUT "check" text, OUT ok boolean, OUT detail text, OUT hint text)
  RETURNS SETOF record
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, taskcrm, pg_temp AS $$
#variable_conflict use_column
DECLARE
  -- Further problems are only counted.
  most CONSTANT integer := 20;
  todo record;
  found text[];
  failed boolean;
  is_misplaced boolean;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE insufficient_privilege USING MESSAGE = 'must be superuser to call tc_doctor';
  END IF;
  -- Reads nothing if a table has been replaced by another kind of relation.
  is_misplaced := EXISTS (SELECT FROM taskcrm_internal.misplaced_relations());
  IF NOT is_misplaced THEN
    PERFORM taskcrm_internal.check_installed();
  END IF;
  FOR todo IN SELECT c.name, c.hint FROM taskcrm_internal.doctor_checks() c LOOP
    failed := false;
    BEGIN
      IF is_misplaced AND todo.name <> 'tables' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'something else is in the place of a table';
      END IF;
      EXECUTE format('SELECT array_agg(f ORDER BY f COLLATE "C") FROM taskcrm_internal.%I() f', 'doctor_' || todo.name)
        INTO found;
    EXCEPTION WHEN others THEN
      -- If a table is missing, its rows cannot be checked.
      failed := true;
      found := ARRAY['the check failed: ' || SQLERRM];
    END;
    "check" := todo.name;
    ok := found IS NULL;
    detail := array_to_string(found[:most], '; ')
      || CASE WHEN cardinality(found) > most THEN format('; and %s more', cardinality(found) - most) ELSE '' END;
    hint := CASE WHEN failed THEN 'Fix the problems reported by the other checks, then run this again.'
                 WHEN NOT ok THEN todo.hint END;
    RETURN NEXT;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_doctor() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_doctor() IS
  'What is unsafe or broken in this installation: one row for each check. For superusers.';
