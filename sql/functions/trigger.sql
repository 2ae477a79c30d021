-- Trigger functions.  They are members of the extension, so that a dump contains no C
-- symbols; firing a trigger requires no privilege on its function.

CREATE FUNCTION taskcrm_internal.guard_drop() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_guard_drop';
REVOKE ALL ON FUNCTION taskcrm_internal.guard_drop() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.guard_drop() IS
  'Rejects a DROP ... CASCADE of objects that taskcrm depends on.';
-- If the library is lost and DROP EXTENSION fails because of it: ALTER EVENT TRIGGER ...
-- DISABLE.
CREATE EVENT TRIGGER taskcrm_guard_drop ON ddl_command_start
  WHEN TAG IN ('DROP EXTENSION', 'DROP OWNED') EXECUTE FUNCTION taskcrm_internal.guard_drop();
COMMENT ON EVENT TRIGGER taskcrm_guard_drop IS
  'Prevents DROP EXTENSION plpgsql CASCADE, and DROP OWNED BY the owner of taskcrm, from deleting all data.';

CREATE FUNCTION taskcrm_internal.refuse_change() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_refuse_change';
REVOKE ALL ON FUNCTION taskcrm_internal.refuse_change() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.refuse_change() IS
  'Rejects an UPDATE that changes one of the columns in the trigger arguments.';

CREATE FUNCTION taskcrm_internal.refuse_server_value() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_refuse_server_value';
REVOKE ALL ON FUNCTION taskcrm_internal.refuse_server_value() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.refuse_server_value() IS
  'Rejects an INSERT or UPDATE in which a client sets one of the columns in the trigger arguments.';

CREATE FUNCTION taskcrm_internal.task_touch() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_touch';
REVOKE ALL ON FUNCTION taskcrm_internal.task_touch() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_touch() IS
  'Sets updated_on and increments version when a task changes, and keeps completed_on and completed_by.';

CREATE FUNCTION taskcrm_internal.task_completed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_completed';
REVOKE ALL ON FUNCTION taskcrm_internal.task_completed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_completed() IS
  'Sets completed_on and completed_by of a new task if it is completed.';

CREATE FUNCTION taskcrm_internal.task_binned() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_binned';
REVOKE ALL ON FUNCTION taskcrm_internal.task_binned() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_binned() IS
  'Puts a deleted task into the bin, with what belongs to it.';

CREATE FUNCTION taskcrm_internal.comment_touch() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_comment_touch';
REVOKE ALL ON FUNCTION taskcrm_internal.comment_touch() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.comment_touch() IS
  'Sets edited_on when the text of a comment changes.';

CREATE FUNCTION taskcrm_internal.comment_mentions() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_comment_mentions';
REVOKE ALL ON FUNCTION taskcrm_internal.comment_mentions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.comment_mentions() IS
  'Stores the users mentioned in a comment, for the API and for direct DML.';

CREATE FUNCTION taskcrm_internal.link_created_on() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_link_created_on';
REVOKE ALL ON FUNCTION taskcrm_internal.link_created_on() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.link_created_on() IS
  'Copies created_on of the task into a new link row, so that an index on links can order tasks.';

CREATE FUNCTION taskcrm_internal.link_changed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_link_changed';
REVOKE ALL ON FUNCTION taskcrm_internal.link_changed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.link_changed() IS
  'Increments the version of the task whose link is written, once per statement.';

CREATE FUNCTION taskcrm_internal.link_opened() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_link_opened';
REVOKE ALL ON FUNCTION taskcrm_internal.link_opened() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.link_opened() IS
  'Copies links of open tasks to open_link, and removes the copies of links that are deleted.';

CREATE FUNCTION taskcrm_internal.task_opened() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_opened';
REVOKE ALL ON FUNCTION taskcrm_internal.task_opened() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_opened() IS
  'Removes the links of completed tasks from open_link, and copies those of tasks that are opened again.';

CREATE FUNCTION taskcrm_internal.open_link_kept() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_open_link_kept';
REVOKE ALL ON FUNCTION taskcrm_internal.open_link_kept() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.open_link_kept() IS
  'Passes over a row of open_link that is there already.';

CREATE FUNCTION taskcrm_internal.assignee_active() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_assignee_active';
REVOKE ALL ON FUNCTION taskcrm_internal.assignee_active() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.assignee_active() IS
  'Rejects the assignment of a task to an inactive member.';

CREATE FUNCTION taskcrm_internal.keep_admin() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_keep_admin';
REVOKE ALL ON FUNCTION taskcrm_internal.keep_admin() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.keep_admin() IS
  'Rejects the removal of the last active admin of an organization.';

CREATE FUNCTION taskcrm_internal.task_counted() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_counted';
REVOKE ALL ON FUNCTION taskcrm_internal.task_counted() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_counted() IS
  'Maintains the task counters from the transition tables of each statement.';

CREATE FUNCTION taskcrm_internal.task_described() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_described';
REVOKE ALL ON FUNCTION taskcrm_internal.task_described() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_described() IS
  'Copies the description of a task to task_text when it changes.';

CREATE FUNCTION taskcrm_internal.task_text_replaced() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_text_replaced';
REVOKE ALL ON FUNCTION taskcrm_internal.task_text_replaced() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_text_replaced() IS
  'Deletes the row of task_text that a new row replaces.';

CREATE FUNCTION taskcrm_internal.exposed_changed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_exposed_changed';
REVOKE ALL ON FUNCTION taskcrm_internal.exposed_changed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.exposed_changed() IS
  'Notifies all sessions that other columns are exposed.';

-- No plan depends on it, so its invalidation causes no replanning.
CREATE TYPE taskcrm_internal.identity_change AS ();
REVOKE ALL ON TYPE taskcrm_internal.identity_change FROM PUBLIC;
COMMENT ON TYPE taskcrm_internal.identity_change IS
  'Its invalidation notifies sessions that users or memberships have changed.';

CREATE FUNCTION taskcrm_internal.identity_changed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_identity_changed';
REVOKE ALL ON FUNCTION taskcrm_internal.identity_changed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.identity_changed() IS
  'Notifies all sessions that identities may have changed.';

CREATE FUNCTION taskcrm_internal.record_event() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_record_event';
REVOKE ALL ON FUNCTION taskcrm_internal.record_event() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.record_event() IS
  'Records what each statement changes as events.';

-- Without such a role on this node, none matches.
CREATE FUNCTION taskcrm_internal.role_here() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  NEW.role_oid := coalesce(to_regrole(quote_ident(NEW.role_name))::oid, 0);
  RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.role_here() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.role_here() IS 'Sets the OID that a login or gateway has on this node of a cluster.';

CREATE FUNCTION taskcrm_internal.refuse_truncate() RETURNS trigger
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE feature_not_supported USING
    MESSAGE = format('table "%s" of a cluster cannot be truncated', TG_TABLE_NAME),
    DETAIL = 'No triggers would fire.',
    HINT = 'Use DELETE.';
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.refuse_truncate() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.refuse_truncate() IS 'Refuses TRUNCATE on a cluster.';
