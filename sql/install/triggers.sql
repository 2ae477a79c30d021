-- Triggers.  They apply to direct DML as well as to the API functions.

-- The triggers that tc_install() creates and tc_doctor() checks.  moment and action are
-- written as the server prints a trigger's definition, so that the two can be compared.
-- state: O for an ordinary trigger, A for ENABLE ALWAYS.
CREATE FUNCTION taskcrm_internal.wanted_triggers(OUT tab name, OUT trigger name, OUT definition text,
    OUT state "char") RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH wanted (tab, trigger, moment, action, state) AS (
    -- The triggers name their columns, so that an UPDATE of other columns does not fire
    -- them.
    SELECT r.tab, 'refuse_change'::name, 'BEFORE UPDATE OF ' || array_to_string(r.fixed, ', '),
      format('FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.refuse_change(''%s'')',
             array_to_string(r.fixed, ''', ''')), 'O'::"char"
    FROM taskcrm_internal.table_registry() r
    WHERE r.fixed IS NOT NULL
    UNION ALL
    -- Its name sorts before touch.  created: columns that a client may send in a new row but
    -- not choose; updated: those that change later.  Policies check org_id and the author.
    SELECT r.tab, 'refuse_server_value', 'BEFORE INSERT OR UPDATE OF ' || array_to_string(c.updated, ', '),
      format('FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.refuse_server_value(''%s'')',
             array_to_string(c.created || c.updated, ''', ''')), 'O'
    FROM taskcrm_internal.table_registry() r
    CROSS JOIN LATERAL (
      SELECT array_agg(k.col ORDER BY k.place) FILTER (WHERE k.col = ANY (r.fixed) AND k.col <> r.author
               AND k.col NOT IN ('org_id', 'id')),
             array_agg(k.col ORDER BY k.place) FILTER (WHERE k.col = ANY (r.changing))
      FROM unnest(r.returned) WITH ORDINALITY AS k (col, place)
      WHERE k.col <> ALL (r.insertable)) AS c (created, updated)
    WHERE c.updated IS NOT NULL
    UNION ALL
    -- Its name sorts before active and created_on: it removes a created_on that is right, so
    -- that they do not take the link for one of a bulk load.
    SELECT t.tab, 'accept_created_on', 'BEFORE INSERT',
      'FOR EACH ROW WHEN ((new.created_on IS NOT NULL)) EXECUTE FUNCTION taskcrm_internal.refuse_server_value(''created_on'')', 'O'
    FROM unnest('{task_contact,task_assignee,task_team}'::name[]) AS t (tab)
    UNION ALL
    SELECT t.tab, 'created_on', 'BEFORE INSERT',
      'FOR EACH ROW WHEN ((new.created_on IS NULL)) EXECUTE FUNCTION taskcrm_internal.link_created_on()', 'O'
    FROM unnest('{task_contact,task_assignee,task_team}'::name[]) AS t (tab)
    UNION ALL
    -- Not ALWAYS: a subscriber receives the version of the task from the publisher.
    SELECT t.tab, 'changed', 'AFTER INSERT OR DELETE OR UPDATE',
      format('FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.link_changed(%L)', t.target), 'O'
    FROM (VALUES ('task_contact'::name, 'contact_id'), ('task_assignee', 'user_id'), ('task_team', 'team_id'))
      AS t (tab, target)
    UNION ALL
    SELECT t.tab, v.trigger, v.moment,
      concat_ws(' ', 'REFERENCING ' || v.tables,
                format('FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.link_opened(%L)', t.target)), 'O'
    FROM (VALUES ('task_contact'::name, 'contact_id'), ('task_assignee', 'user_id'), ('task_team', 'team_id'))
      AS t (tab, target)
    CROSS JOIN (VALUES
      ('opened_insert'::name, 'AFTER INSERT', 'NEW TABLE AS new_links'),
      ('opened_update', 'AFTER UPDATE', 'OLD TABLE AS old_links NEW TABLE AS new_links'),
      ('opened_delete', 'AFTER DELETE', 'OLD TABLE AS old_links'),
      ('opened_truncate', 'AFTER TRUNCATE', NULL)) AS v (trigger, moment, tables)
    UNION ALL
    -- FOR EACH ROW and ALWAYS: logical replication fires no other triggers on a
    -- subscriber, whose sessions must be notified of a revocation too. The names of
    -- users and organizations do not matter.
    SELECT t.tab, v.trigger, v.moment,
      format('FOR EACH %s EXECUTE FUNCTION taskcrm_internal.identity_changed(%s)', v.level, t.columns), 'A'
    FROM (VALUES
      ('member'::name, ''), ('app_user', '''id'', ''email'', ''is_active'', ''external_id'''),
      ('organization', '''id'', ''external_id'''), ('login', ''), ('gateway', ''),
      ('jwt_key', '')) AS t (tab, columns)
    CROSS JOIN (VALUES
      ('identity_changed'::name, 'AFTER INSERT OR DELETE OR UPDATE', 'ROW'),
      ('identity_emptied', 'AFTER TRUNCATE', 'STATEMENT')) AS v (trigger, moment, level)
    UNION ALL
    -- ALWAYS, as above.
    SELECT 'exposed_column', v.trigger, v.moment,
      format('FOR EACH %s EXECUTE FUNCTION taskcrm_internal.exposed_changed()', v.level), 'A'
    FROM (VALUES
      ('exposed_changed'::name, 'AFTER INSERT OR DELETE OR UPDATE', 'ROW'),
      ('exposed_emptied', 'AFTER TRUNCATE', 'STATEMENT')) AS v (trigger, moment, level)
    UNION ALL
    VALUES
      -- Its name sorts before created_on, so it fires only if created_on is not given.
      -- The API functions give it, having checked the assignee already, and so do bulk
      -- loads.
      ('task_assignee'::name, 'active'::name, 'BEFORE INSERT',
       'FOR EACH ROW WHEN ((new.created_on IS NULL)) EXECUTE FUNCTION taskcrm_internal.assignee_active()',
       'O'::"char"),
      -- Its name sorts after refuse_server_value.
      ('task', 'touch_completed', 'BEFORE INSERT',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_completed()', 'O'),
      -- Its name sorts after refuse_change.
      ('task_assignee', 'user_active', 'BEFORE UPDATE OF user_id',
       'FOR EACH ROW WHEN ((old.user_id IS DISTINCT FROM new.user_id))'
       ' EXECUTE FUNCTION taskcrm_internal.assignee_active()', 'O'),
      ('task', 'touch', 'BEFORE UPDATE',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_touch()', 'O'),
      ('task', 'described', 'AFTER INSERT OR UPDATE',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_described()', 'O'),
      -- Its name sorts before those of the triggers that cascade, so that what belongs to the
      -- task is still there.
      ('task', 'Binned', 'AFTER DELETE',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_binned()', 'O'),
      ('open_link', 'kept', 'BEFORE INSERT',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.open_link_kept()', 'O'),
      ('task', 'opened', 'AFTER UPDATE',
       'REFERENCING OLD TABLE AS old_tasks NEW TABLE AS new_tasks FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.task_opened()', 'O'),
      ('task_text', 'replaced', 'BEFORE INSERT',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_text_replaced()', 'O'),
      ('member', 'keep_admin', 'AFTER DELETE OR UPDATE',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.keep_admin()', 'O'),
      ('task_comment', 'touch', 'BEFORE UPDATE OF comment',
       'FOR EACH ROW WHEN ((old.comment IS DISTINCT FROM new.comment))'
       ' EXECUTE FUNCTION taskcrm_internal.comment_touch()', 'O'),
      -- Not for a load of old comments, which gives their times, and loads their mentions
      -- as rows.
      ('task_comment', 'mentions', 'AFTER INSERT',
       'FOR EACH ROW WHEN ((new.commented_on = now())) EXECUTE FUNCTION taskcrm_internal.comment_mentions()', 'O'),
      ('task_comment', 'mentions_edited', 'AFTER UPDATE OF comment',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.comment_mentions()', 'O')
    UNION ALL
    SELECT 'task', v.trigger, v.moment,
      concat_ws(' ', 'REFERENCING ' || v.tables, 'FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.task_counted()'), 'O'
    FROM (VALUES
      ('counted_insert'::name, 'AFTER INSERT', 'NEW TABLE AS new_tasks'),
      ('counted_update', 'AFTER UPDATE', 'OLD TABLE AS old_tasks NEW TABLE AS new_tasks'),
      ('counted_delete', 'AFTER DELETE', 'OLD TABLE AS old_tasks'),
      ('counted_truncate', 'AFTER TRUNCATE', NULL)) AS v (trigger, moment, tables)
    UNION ALL
    -- Not ALWAYS: a subscriber receives the events from the publisher.
    VALUES
      -- The events of an organization go with it.
      ('organization'::name, 'recorded_delete'::name, 'AFTER DELETE',
       'REFERENCING OLD TABLE AS old_rows FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.record_event(''organization'')', 'O'::"char")
    UNION ALL
    -- A name is shown in each organization of the user.
    SELECT 'app_user', 'recorded_update', 'AFTER UPDATE',
      'REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.record_event(''app_user'')', 'O'
    UNION ALL
    SELECT t.tab, v.trigger, v.moment,
      format('REFERENCING %s FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.record_event(%L)', v.tables, t.tab), 'O'
    FROM unnest('{task,task_contact,task_assignee,task_team,task_comment,task_attachment,account,contact,team,team_member,member,task_view}'::name[])
      AS t (tab)
    CROSS JOIN (VALUES
      ('recorded_insert'::name, 'AFTER INSERT', 'NEW TABLE AS new_rows'),
      ('recorded_update', 'AFTER UPDATE', 'OLD TABLE AS old_rows NEW TABLE AS new_rows'),
      ('recorded_delete', 'AFTER DELETE', 'OLD TABLE AS old_rows')) AS v (trigger, moment, tables)
    UNION ALL
    -- On a cluster: the OIDs of roles differ between nodes, and TRUNCATE fires no triggers of shards.
    SELECT c.tab, c.trigger, c.moment, c.action, 'O'
    FROM (
      SELECT t.tab, 'role_here'::name AS trigger, 'BEFORE INSERT OR UPDATE' AS moment,
        'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.role_here()' AS action
      FROM unnest('{login,gateway}'::name[]) AS t (tab)
      UNION ALL
      SELECT r.tab, 'refuse_truncate', 'BEFORE TRUNCATE', 'FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.refuse_truncate()'
      FROM taskcrm_internal.table_registry() r) AS c
    WHERE taskcrm_internal.is_distributed())
  SELECT w.tab, w.trigger,
    format('CREATE TRIGGER %I %s ON %s %s', w.trigger, w.moment, taskcrm_internal.qualified_name(w.tab), w.action), w.state
  FROM wanted w
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_triggers() IS 'The triggers that tc_install() creates.';

-- Excludes the triggers of foreign keys.  The search_path has none of the extension's
-- schemas, so the server prints every name with its schema.
CREATE FUNCTION taskcrm_internal.found_triggers(OUT tab name, OUT trigger name, OUT definition text,
    OUT state "char") RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND NOT t.tgisinternal
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_triggers() IS 'The triggers that the tables have.';

-- Triggers of foreign keys that ALTER TABLE ... DISABLE TRIGGER ALL has disabled.
CREATE FUNCTION taskcrm_internal.disabled_key_triggers(OUT tab name, OUT trigger name, OUT constraint_oid oid)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, t.tgname, t.tgconstraint
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND t.tgisinternal AND t.tgconstraint <> 0 AND t.tgenabled <> 'O'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.disabled_key_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.disabled_key_triggers() IS 'Triggers of foreign keys that are not enabled.';

-- The triggers that tc_install() has to create.  is_there: in place of one that differs.
CREATE FUNCTION taskcrm_internal.pending_triggers(OUT tab name, OUT trigger name, OUT definition text,
    OUT is_there boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w.trigger, w.definition, f.trigger IS NOT NULL
  FROM taskcrm_internal.wanted_triggers() w
  LEFT JOIN taskcrm_internal.found_triggers() f ON f.tab = w.tab AND f.trigger = w.trigger
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_triggers() IS 'The triggers that are missing or changed.';

-- The triggers that exist but do not fire when they should, with the state they should have.
CREATE FUNCTION taskcrm_internal.sleeping_triggers(OUT tab name, OUT trigger name, OUT state "char") RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w.trigger, w.state
  FROM taskcrm_internal.wanted_triggers() w
  JOIN taskcrm_internal.found_triggers() f ON f.tab = w.tab AND f.trigger = w.trigger
  WHERE f.state <> w.state
  UNION ALL
  SELECT d.tab, d.trigger, 'O' FROM taskcrm_internal.disabled_key_triggers() d
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.sleeping_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.sleeping_triggers() IS 'Triggers that are disabled, or not enabled as they should be.';

-- Whether all triggers with these names are there and fire for every session.
CREATE FUNCTION taskcrm_internal.are_firing(triggers name[]) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT NOT EXISTS (
    SELECT FROM taskcrm_internal.wanted_triggers() w
    LEFT JOIN taskcrm_internal.found_triggers() f ON f.tab = w.tab AND f.trigger = w.trigger
    WHERE w.trigger = ANY (triggers) AND (f.definition IS DISTINCT FROM w.definition OR f.state IN ('D', 'R')))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.are_firing(name[]) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.are_firing(name[]) IS 'Whether triggers exist as wanted and are enabled.';

CREATE PROCEDURE taskcrm_internal.install_triggers()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  pending record;
BEGIN
  FOR pending IN SELECT p.* FROM taskcrm_internal.pending_triggers() p LOOP
    IF pending.is_there THEN
      EXECUTE format('DROP TRIGGER %I ON %s', pending.trigger, taskcrm_internal.qualified_name(pending.tab));
    END IF;
    EXECUTE pending.definition;
  END LOOP;

  FOR pending IN SELECT s.* FROM taskcrm_internal.sleeping_triggers() s LOOP
    EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', taskcrm_internal.qualified_name(pending.tab),
      CASE pending.state WHEN 'A' THEN 'ALWAYS' END, pending.trigger);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_triggers() FROM PUBLIC;
