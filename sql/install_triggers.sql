-- Triggers.  They hold for direct DML as for the API functions.

CREATE PROCEDURE taskcrm_internal.install_trigger(tab name, trigger_name name, moment text, action text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_trigger t
    WHERE t.tgrelid = format('taskcrm.%I', tab)::regclass AND t.tgname = trigger_name)
  THEN
    EXECUTE format('CREATE TRIGGER %I %s ON taskcrm.%I %s', trigger_name, moment, tab, action);
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_trigger(name, name, text, text) FROM PUBLIC;

-- By row and ALWAYS: logical replication fires no others on a subscriber, whose
-- sessions have to hear of a revocation too.
CREATE PROCEDURE taskcrm_internal.install_identity_trigger(tab name, trigger_name name, moment text, level text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  CALL taskcrm_internal.install_trigger(tab, trigger_name, moment,
    format('FOR EACH %s EXECUTE FUNCTION taskcrm_internal.identity_changed()', level));
  IF EXISTS (
    SELECT FROM pg_trigger t
    WHERE t.tgrelid = format('taskcrm.%I', tab)::regclass
      AND t.tgname = trigger_name AND t.tgenabled <> 'A')
  THEN
    EXECUTE format('ALTER TABLE taskcrm.%I ENABLE ALWAYS TRIGGER %I', tab, trigger_name);
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_identity_trigger(name, name, text, text) FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_count_triggers()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  CALL taskcrm_internal.install_trigger('task', 'counted_insert', 'AFTER INSERT',
    'REFERENCING NEW TABLE AS new_tasks FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.task_counted()');
  CALL taskcrm_internal.install_trigger('task', 'counted_update', 'AFTER UPDATE',
    'REFERENCING OLD TABLE AS old_tasks NEW TABLE AS new_tasks FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.task_counted()');
  CALL taskcrm_internal.install_trigger('task', 'counted_delete', 'AFTER DELETE',
    'REFERENCING OLD TABLE AS old_tasks FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.task_counted()');
  CALL taskcrm_internal.install_trigger('task', 'counted_truncate', 'AFTER TRUNCATE',
    'FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.task_counted()');
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_count_triggers() FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_triggers()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
  tab name;
BEGIN
  -- What never changes, table by table.  The triggers name the columns, so that an
  -- UPDATE of others does not pay for them.
  FOR r IN
    SELECT * FROM (VALUES
      ('organization', ARRAY['id', 'created_on']),
      ('app_user', ARRAY['id']),
      ('member', ARRAY['org_id', 'user_id']),
      ('account', ARRAY['org_id', 'id']),
      ('contact', ARRAY['org_id', 'id']),
      ('team', ARRAY['org_id', 'id']),
      ('team_member', ARRAY['org_id', 'team_id', 'user_id']),
      ('task', ARRAY['org_id', 'id', 'created_on', 'created_by']),
      ('task_contact', ARRAY['org_id', 'task_id', 'created_on']),
      ('task_assignee', ARRAY['org_id', 'task_id', 'created_on']),
      ('task_team', ARRAY['org_id', 'task_id', 'created_on']),
      ('task_comment', ARRAY['org_id', 'id', 'task_id', 'commented_on', 'commented_by']),
      ('task_mention', ARRAY['org_id', 'comment_id', 'user_id']),
      ('task_attachment', ARRAY['org_id', 'id', 'task_id', 'size', 'sha256', 'created_on', 'created_by']),
      ('task_attachment_content', ARRAY['org_id', 'attachment_id', 'content'])
    ) AS v (tab, columns)
  LOOP
    CALL taskcrm_internal.install_trigger(r.tab, 'refuse_change',
      'BEFORE UPDATE OF ' || array_to_string(r.columns, ', '),
      format('FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.refuse_change(%s)', array_to_string(r.columns, ', ')));
  END LOOP;

  FOREACH tab IN ARRAY ARRAY['task_contact', 'task_assignee', 'task_team'] LOOP
    CALL taskcrm_internal.install_trigger(tab, 'created_on', 'BEFORE INSERT',
      'FOR EACH ROW WHEN (new.created_on IS NULL) EXECUTE FUNCTION taskcrm_internal.link_created_on()');
  END LOOP;

  -- Before created_on in the order of names, and so only where that is not given: the
  -- API functions give it, having asked already, and so do bulk loads.
  CALL taskcrm_internal.install_trigger('task_assignee', 'active', 'BEFORE INSERT',
    'FOR EACH ROW WHEN (new.created_on IS NULL) EXECUTE FUNCTION taskcrm_internal.assignee_active()');

  FOREACH tab IN ARRAY ARRAY['member', 'app_user', 'login', 'gateway', 'jwt_key'] LOOP
    CALL taskcrm_internal.install_identity_trigger(tab, 'identity_changed',
      'AFTER INSERT OR UPDATE OR DELETE', 'ROW');
    CALL taskcrm_internal.install_identity_trigger(tab, 'identity_emptied', 'AFTER TRUNCATE', 'STATEMENT');
  END LOOP;

  CALL taskcrm_internal.install_trigger('task', 'touch', 'BEFORE UPDATE',
    'FOR EACH ROW WHEN (old OPERATOR(pg_catalog.*<>) new) EXECUTE FUNCTION taskcrm_internal.task_touch()');
  CALL taskcrm_internal.install_trigger('task_comment', 'touch', 'BEFORE UPDATE OF comment',
    'FOR EACH ROW WHEN (old.comment IS DISTINCT FROM new.comment) EXECUTE FUNCTION taskcrm_internal.comment_touch()');

  CALL taskcrm_internal.install_count_triggers();
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_triggers() FROM PUBLIC;
