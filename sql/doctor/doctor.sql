-- tc_doctor(): reports what is unsafe or broken in this installation.

-- The checks in the order of the report, each with a remedy.  A check is the function
-- taskcrm_internal.doctor_<name>().
CREATE FUNCTION taskcrm_internal.doctor_checks(OUT name name, OUT hint text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('tables'::name, 'Restore missing tables, or run CALL taskcrm.tc_install() to create them empty. Drop or rename other objects that have the name of a table. Run ALTER TABLE ... SET LOGGED for unlogged tables.'),
    ('children', 'Run ALTER TABLE ... NO INHERIT, and insert its rows into the parent table.'),
    ('version', 'Run ALTER EXTENSION taskcrm UPDATE, then CALL taskcrm.tc_install().'),
    ('owner', 'Run ALTER ROLE ... NOSUPERUSER NOBYPASSRLS NOLOGIN NOCREATEROLE NOCREATEDB NOREPLICATION and revoke its memberships, or run CALL taskcrm.tc_install(owner => ...) with another role. For missing privileges, run CALL taskcrm.tc_install().'),
    ('row_security', 'Run CALL taskcrm.tc_install().'),
    ('policies', 'Run CALL taskcrm.tc_install() for missing or changed policies. Drop additional policies that are not wanted.'),
    ('triggers', 'Run CALL taskcrm.tc_install() for missing or changed triggers. Drop additional triggers that are not wanted.'),
    ('disabled_triggers', 'Run CALL taskcrm.tc_install(). Rows written in the meantime were not checked.'),
    ('rules', 'Drop the rule. Write a trigger instead.'),
    ('indexes', 'Drop changed indexes, then run CALL taskcrm.tc_install() to create the missing ones. Run REINDEX for invalid indexes.'),
    ('replica_identity', 'Run CALL taskcrm.tc_install(). Until then, UPDATE and DELETE fail if the table is in a publication.'),
    ('statistics', 'Run CALL taskcrm.tc_install(), then ANALYZE.'),
    ('keys', 'Run ALTER TABLE ... ADD CONSTRAINT with the constraint of a new installation, or VALIDATE CONSTRAINT for a constraint that has not been validated.'),
    ('values', 'Run CALL taskcrm.tc_install() for missing or changed constraints.'),
    ('contents', 'Restore the missing rows of task_attachment_content, or delete the attachments without content.'),
    ('labels', 'Run ALTER TYPE ... RENAME VALUE for renamed labels. PostgreSQL cannot drop a label: give the tasks with an additional label another one, and the label is gone after a dump and restore.'),
    ('counters', 'Run SELECT taskcrm.tc_recount().'),
    ('texts', 'Run CALL taskcrm.tc_install().'),
    ('extensions', 'Run CREATE EXTENSION for missing extensions, or ALTER EXTENSION ... UPDATE for outdated ones, then CALL taskcrm.tc_install().'),
    ('public_rights', 'Run CALL taskcrm.tc_install().'),
    ('default_rights', 'Run CALL taskcrm.tc_install(), which revokes what default privileges grant.'),
    ('definer_functions', 'Run ALTER FUNCTION ... SECURITY INVOKER, or move the function to another schema.'),
    ('client_rights', 'Revoke the privileges. SELECT taskcrm.tc_grant_access(role) grants exactly what a client may have.'),
    ('client_access', 'Run SELECT taskcrm.tc_grant_access(role), with write => true for a role that writes directly.'),
    ('logins', 'Remove the attributes and memberships with which the role bypasses row-level security, or run SELECT taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role).'),
    ('role_links', 'Run SELECT * FROM taskcrm.tc_relink_roles() for roles that were renamed or restored. Otherwise, run SELECT taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role), and link the right role again.'),
    ('gateway_trust', 'Use an authentication method other than trust in pg_hba.conf, such as scram-sha-256, and run SELECT pg_reload_conf().'),
    ('jwt_keys', 'Add a suitable key with SELECT taskcrm.tc_add_jwt_key(...), and remove this one with SELECT taskcrm.tc_remove_jwt_key(kid).'),
    ('views', 'Run ALTER VIEW ... SET (security_invoker = true), or revoke the privileges on the view. For a materialized view, revoke them.')
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
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'another object has the name of a table';
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
  'Report what is unsafe or broken in this installation, one row for each check. For superusers.';
