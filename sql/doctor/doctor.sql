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
    ('table_columns', 'Run CALL taskcrm.tc_install(), which adds missing columns and repairs defaults and NOT NULL. If a column has another type, run ALTER TABLE ... ALTER COLUMN ... TYPE; if it was renamed, rename it back before.'),
    ('keys', 'Run CALL taskcrm.tc_install() for missing, changed or renamed keys. Drop a foreign key without org_id, or add org_id to it.'),
    ('values', 'Run CALL taskcrm.tc_install() for missing or changed constraints.'),
    ('columns', 'Run SELECT taskcrm.tc_hide_column(''task'', ...) for a column that is gone or no longer wanted, or ALTER TABLE taskcrm.task for one that changed.'),
    ('contents', 'Restore the missing rows of task_attachment_content, or delete the attachments without content. Set in_bin where it is wrong: it must be true if the attachment has no task_id.'),
    ('labels', 'Run ALTER TYPE ... RENAME VALUE for renamed labels. PostgreSQL cannot drop a label: give the tasks with an additional label another one, and the label is gone after a dump and restore.'),
    ('texts', 'Run CALL taskcrm.tc_install().'),
    ('open_links', 'Run CALL taskcrm.tc_install().'),
    ('webhooks', 'Tell an admin of the organization, who can see why with tc_list_webhooks(), and activate the webhook with tc_update_webhook() or delete it.'),
    -- After the others: on a cluster it reads as the owner of the tables.
    ('counters', 'Run SELECT taskcrm.tc_recount().'),
    ('extensions', 'Run CREATE EXTENSION for missing extensions, or ALTER EXTENSION ... UPDATE for outdated ones, then CALL taskcrm.tc_install().'),
    ('public_rights', 'Run CALL taskcrm.tc_install().'),
    ('default_rights', 'Run CALL taskcrm.tc_install(), which revokes what default privileges grant.'),
    ('definer_functions', 'Run ALTER FUNCTION ... SECURITY INVOKER, or move the function to another schema.'),
    ('client_rights', 'Revoke the privileges. SELECT taskcrm.tc_grant_access(role) grants exactly what a client may have.'),
    ('client_deletes', 'Run SELECT taskcrm.tc_grant_access(role) without delete => true, or grant the rights to a role without LOGIN to which only a gateway can switch.'),
    ('client_access', 'Run SELECT taskcrm.tc_grant_access(role), with write => true for a role that writes directly.'),
    ('logins', 'Remove the attributes and memberships with which the role bypasses row-level security, or run SELECT taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role).'),
    ('role_links', 'Run SELECT * FROM taskcrm.tc_relink_roles() for roles that were renamed or restored. Otherwise, run SELECT taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role), and link the right role again.'),
    ('gateway_trust', 'Use an authentication method other than trust in pg_hba.conf, such as scram-sha-256, and run SELECT pg_reload_conf().'),
    ('jwt_keys', 'Add a suitable key with SELECT taskcrm.tc_add_jwt_key(...), and remove this one with SELECT taskcrm.tc_remove_jwt_key(kid).'),
    ('views', 'Run ALTER VIEW ... SET (security_invoker = true), or revoke the privileges on the view. For a materialized view, revoke them.'),
    ('nodes', 'Run ALTER EXTENSION taskcrm UPDATE and CALL taskcrm.tc_install() on the coordinator. Then SELECT replicate_reference_tables(''block_writes'') copies the tables that a node does not have. If a shard still differs, move it to another node, or call tc_undistribute() and tc_distribute().')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_checks() IS 'The checks of tc_doctor().';

-- Findings that an administrator may accept: what somebody added on purpose.  Something
-- that is missing or was changed is repaired instead.
CREATE FUNCTION taskcrm_internal.is_acceptable(check_name text, finding text) RETURNS boolean
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT check_name IN ('children', 'policies', 'triggers', 'disabled_triggers', 'rules', 'labels', 'public_rights',
      'webhooks', 'default_rights', 'definer_functions', 'client_rights', 'client_deletes', 'client_access',
      'logins', 'gateway_trust', 'views')
    AND NOT (check_name IN ('policies', 'triggers') AND finding ~ ' (is missing|was changed)')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.is_acceptable(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_acceptable(text, text) IS 'Whether tc_accept_finding() accepts a finding.';

-- object: the whole finding, or its beginning up to a blank.
CREATE FUNCTION taskcrm_internal.is_about(finding text, object text) RETURNS boolean
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT finding = object OR starts_with(finding, object || ' ')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.is_about(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_about(text, text) IS 'Whether a finding is about an object.';

-- The findings of one check, without those that were accepted; NULL if there are none.
CREATE FUNCTION taskcrm_internal.open_findings(check_name text) RETURNS text[]
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  found text[];
BEGIN
  EXECUTE format('SELECT array_agg(f ORDER BY f COLLATE "C") FROM taskcrm_internal.%I() f', 'doctor_' || check_name)
    INTO found;
  -- Before the next tc_install(), the table may not exist.
  IF found IS NOT NULL AND to_regclass('taskcrm_internal.accepted_finding') IS NOT NULL THEN
    SELECT array_agg(f ORDER BY f COLLATE "C") INTO found FROM unnest(found) f
    WHERE NOT (taskcrm_internal.is_acceptable(open_findings.check_name, f)
               AND EXISTS (SELECT FROM taskcrm_internal.accepted_finding a
                           WHERE a.check_name = open_findings.check_name AND taskcrm_internal.is_about(f, a.object)));
  END IF;
  RETURN found;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.open_findings(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.open_findings(text) IS 'The findings of a check that were not accepted.';

-- Runs as a superuser or as the owner of the tables.  Compiling the checks would take
-- longer than they do.
CREATE FUNCTION taskcrm_internal.report_findings(OUT "check" text, OUT ok boolean, OUT detail text, OUT hint text)
  RETURNS SETOF record
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, taskcrm, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
  -- Further problems are only counted.
  most CONSTANT integer := 20;
  todo record;
  found text[];
  failed boolean;
  is_misplaced boolean;
BEGIN
  -- Reads nothing if a table has been replaced by another kind of relation.
  is_misplaced := EXISTS (SELECT FROM taskcrm_internal.misplaced_relations());
  IF NOT is_misplaced THEN
    PERFORM taskcrm_internal.check_installed();
  END IF;
  FOR todo IN SELECT c.name, c.hint FROM taskcrm_internal.doctor_checks() c LOOP
    failed := false;
    IF todo.name = 'gateway_trust' AND NOT has_function_privilege('pg_hba_file_rules()', 'EXECUTE') THEN
      "check" := todo.name;
      ok := NULL;
      detail := 'not checked: only superusers can read pg_hba.conf';
      hint := 'Call tc_doctor() as a superuser.';
      RETURN NEXT;
      CONTINUE;
    END IF;
    IF todo.name IN ('contents', 'texts', 'open_links', 'nodes') AND taskcrm_internal.is_distributed()
       AND NOT (taskcrm_internal.is_coordinator() AND (SELECT r.rolsuper FROM pg_roles r WHERE r.rolname = current_user)) THEN
      "check" := todo.name;
      ok := NULL;
      detail := 'not checked: on a cluster, only superusers on the coordinator can read the rows of all nodes';
      hint := 'Call tc_doctor() as a superuser on the coordinator.';
      RETURN NEXT;
      CONTINUE;
    END IF;
    BEGIN
      IF is_misplaced AND todo.name <> 'tables' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'another object has the name of a table';
      END IF;
      found := taskcrm_internal.open_findings(todo.name);
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
REVOKE ALL ON FUNCTION taskcrm_internal.report_findings() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.report_findings() IS 'Runs all checks.';

CREATE FUNCTION taskcrm.tc_doctor(OUT "check" text, OUT ok boolean, OUT detail text, OUT hint text)
  RETURNS SETOF record
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20 AS 'MODULE_PATHNAME', 'tc_doctor';
REVOKE ALL ON FUNCTION taskcrm.tc_doctor() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_doctor() IS
  'Report what is unsafe or broken in this installation, one row for each check. For superusers and monitoring.';

CREATE FUNCTION taskcrm_internal.write_finding(check_name text, object text, why text, accepted_by name) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_finding';
REVOKE ALL ON FUNCTION taskcrm_internal.write_finding(text, text, text, name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_finding(text, text, text, name) IS 'Writes a row of accepted_finding.';

CREATE FUNCTION taskcrm_internal.delete_finding(check_name text, object text) RETURNS boolean
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_finding';
REVOKE ALL ON FUNCTION taskcrm_internal.delete_finding(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.delete_finding(text, text) IS 'Deletes a row of accepted_finding.';

CREATE FUNCTION taskcrm.tc_accept_finding("check" text, object text, why text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  argument record;
  found text[];
BEGIN
  PERFORM taskcrm_internal.check_installed();
  FOR argument IN SELECT v.* FROM (VALUES ('check', "check"), ('object', object), ('why', why)) v (name, value)
  LOOP
    IF taskcrm_internal.is_blank(coalesce(argument.value, '')) OR char_length(argument.value) > 1000 THEN
      RAISE invalid_parameter_value USING
        MESSAGE = format('invalid value for argument "%s"', argument.name),
        DETAIL = 'It must be a text of 1 to 1000 characters that is not blank.';
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM taskcrm_internal.doctor_checks() c
                 WHERE c.name = tc_accept_finding."check" AND taskcrm_internal.is_acceptable(c.name, '')) THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'invalid value for argument "check"',
      DETAIL = 'There is no such check, or its findings must be repaired.',
      HINT = 'Findings of these checks can be accepted: ' || (
        SELECT string_agg(c.name, ', ') FROM taskcrm_internal.doctor_checks() c
        WHERE taskcrm_internal.is_acceptable(c.name, '')) || '.';
  END IF;
  EXECUTE format('SELECT array_agg(f ORDER BY f COLLATE "C") FROM taskcrm_internal.%I() f', 'doctor_' || "check")
    INTO found;
  IF NOT EXISTS (SELECT FROM unnest(found) f
                 WHERE taskcrm_internal.is_about(f, tc_accept_finding.object)
                   AND taskcrm_internal.is_acceptable(tc_accept_finding."check", f)) THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'invalid value for argument "object"',
      DETAIL = format('The check "%s" of tc_doctor() has no such finding that can be accepted.', "check"),
      HINT = 'Specify the text of a finding, or its beginning: ' || coalesce(array_to_string(found[:20], '; '), 'there are none') || '.';
  END IF;
  PERFORM taskcrm_internal.write_finding("check", object, why, session_user);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_accept_finding(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_accept_finding(text, text, text) IS
  'Accept a finding of tc_doctor(), which then no longer reports it.';

CREATE FUNCTION taskcrm.tc_unaccept_finding("check" text, object text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  IF NOT coalesce(taskcrm_internal.delete_finding("check", object), false) THEN
    RAISE undefined_object USING
      MESSAGE = 'this finding was not accepted',
      HINT = 'See taskcrm_internal.accepted_finding.';
  END IF;
  PERFORM taskcrm_internal.check_written('accepted_finding', NOT EXISTS (
    SELECT FROM taskcrm_internal.accepted_finding a
    WHERE a.check_name = tc_unaccept_finding."check" AND a.object = tc_unaccept_finding.object));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_unaccept_finding(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_unaccept_finding(text, text) IS
  'Undo tc_accept_finding(): tc_doctor() reports the finding again.';

GRANT USAGE ON SCHEMA taskcrm TO pg_monitor;
