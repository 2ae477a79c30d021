-- The tables and their columns.  They are ordinary tables created by tc_install(), not
-- members of the extension, so that pg_dump includes them completely and DROP EXTENSION
-- cannot drop them.
--
-- keys.sql has their keys, indexes.sql the indexes other than those of keys, checks.sql the
-- check constraints.  Columns that users added are theirs.

-- The columns that tc_install() creates and tc_doctor() checks, in the order of a new
-- table.  A column of a later version is at the end of its table, where an upgrade adds it.
CREATE FUNCTION taskcrm_internal.wanted_columns(
    OUT tab name,
    OUT "column" name,
    OUT type text,                -- as the server prints it, with a collation other than the type's
    OUT not_null boolean,
    OUT value text,               -- DEFAULT or GENERATED, as the server prints it
    OUT fill text)                -- the value of rows that exist when the column is added
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.*, NULL::text FROM (VALUES
    -- Without a key, so that a data-only restore does not fail here; the next tc_install()
    -- removes a second row.
    ('installation'::name, 'version'::name, 'text', true, NULL::text),
    ('installation', 'installed_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('exposed_column', 'table_name', 'name', true, NULL),
    ('exposed_column', 'column_name', 'name', true, NULL),
    ('exposed_column', 'writable', 'boolean', true, NULL),
    ('organization', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('organization', 'name', 'text', true, NULL),
    ('organization', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('organization', 'external_id', 'text COLLATE "C"', false, NULL),
    ('app_user', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('app_user', 'email', 'text', true, NULL),
    ('app_user', 'name', 'text', true, 'DEFAULT ''''::text'),
    ('app_user', 'is_active', 'boolean', true, 'DEFAULT true'),
    ('app_user', 'external_id', 'text COLLATE "C"', false, NULL),
    ('login', 'role_name', 'name', true, NULL),
    ('login', 'role_oid', 'oid', true, NULL),
    ('login', 'user_id', 'uuid', true, NULL),
    ('gateway', 'role_name', 'name', true, NULL),
    ('gateway', 'role_oid', 'oid', true, NULL),
    ('jwt_key', 'kid', 'text', true, NULL),
    -- A token in use is tied to id instead of kid, because a kid may be reused for another
    -- key.
    ('jwt_key', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('jwt_key', 'alg', 'text', true, NULL),
    ('jwt_key', 'key', 'bytea', true, NULL),
    ('jwt_key', 'issuer', 'text', false, NULL),
    ('jwt_key', 'audience', 'text', false, NULL),
    ('jwt_key', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('jwt_key', 'subject_prefix', 'text', false, NULL),
    ('member', 'org_id', 'uuid', true, NULL),
    ('member', 'user_id', 'uuid', true, NULL),
    ('member', 'role', 'text', true, 'DEFAULT ''member''::text'),
    ('member', 'is_active', 'boolean', true, 'DEFAULT true'),
    ('stored_answer', 'org_id', 'uuid', true, NULL),
    ('stored_answer', 'user_id', 'uuid', true, NULL),
    ('stored_answer', 'key', 'text', true, NULL),
    ('stored_answer', 'request', 'bytea', true, NULL),
    ('stored_answer', 'answer', 'text', false, NULL),
    ('stored_answer', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('invitation', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('invitation', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('invitation', 'email', 'text', false, NULL),
    ('invitation', 'role', 'text', true, 'DEFAULT ''member''::text'),
    ('invitation', 'token_hash', 'bytea', true, NULL),
    ('invitation', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('invitation', 'created_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    ('invitation', 'expires_on', 'timestamp with time zone', true, NULL),
    ('invitation', 'accepted_on', 'timestamp with time zone', false, NULL),
    ('invitation', 'accepted_by', 'uuid', false, NULL),
    ('task_view', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_view', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('task_view', 'name', 'text', true, NULL),
    ('task_view', 'created_by', 'uuid', true, 'DEFAULT taskcrm.tc_current_user()'),
    ('task_view', 'shared_with', 'text', true, 'DEFAULT ''me''::text'),
    ('task_view', 'filters', 'jsonb', true, 'DEFAULT ''{}''::jsonb'),
    ('task_view', 'group_by', 'text', false, NULL),
    ('task_view', 'display', 'jsonb', false, NULL),
    ('task_view', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task_view', 'updated_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('account', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('account', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('account', 'name', 'text', true, NULL),
    ('contact', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('contact', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('contact', 'first_name', 'text', true, NULL),
    ('contact', 'last_name', 'text', false, NULL),
    ('contact', 'email', 'text', false, NULL),
    ('contact', 'account_id', 'uuid', false, NULL),
    ('team', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('team', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('team', 'name', 'text', true, NULL),
    ('team_member', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('team_member', 'team_id', 'uuid', true, NULL),
    ('team_member', 'user_id', 'uuid', true, NULL),
    ('task', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('task', 'title', 'text', true, NULL),
    ('task', 'description', 'text', false, NULL),
    ('task', 'status', 'taskcrm.task_status', true, 'DEFAULT ''New''::taskcrm.task_status'),
    ('task', 'priority', 'taskcrm.task_priority', true, 'DEFAULT ''Normal''::taskcrm.task_priority'),
    ('task', 'due_date', 'date', false, NULL),
    ('task', 'account_id', 'uuid', false, NULL),
    ('task', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task', 'created_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    ('task', 'updated_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task', 'completed_on', 'timestamp with time zone', false, NULL),
    ('task', 'completed_by', 'uuid', false, NULL),
    ('task', 'version', 'integer', true, 'DEFAULT 1'),
    ('task_text', 'org_id', 'uuid', true, NULL),
    ('task_text', 'task_id', 'uuid', true, NULL),
    ('task_text', 'description', 'text', true, NULL),
    ('task_contact', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_contact', 'task_id', 'uuid', true, NULL),
    ('task_contact', 'contact_id', 'uuid', true, NULL),
    -- The links repeat created_on of the task, so that a list driven by a link (the tasks of
    -- one assignee, newest first) is a single index scan.
    ('task_contact', 'created_on', 'timestamp with time zone', true, NULL),
    ('task_assignee', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_assignee', 'task_id', 'uuid', true, NULL),
    ('task_assignee', 'user_id', 'uuid', true, NULL),
    ('task_assignee', 'created_on', 'timestamp with time zone', true, NULL),
    ('task_team', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_team', 'task_id', 'uuid', true, NULL),
    ('task_team', 'team_id', 'uuid', true, NULL),
    ('task_team', 'created_on', 'timestamp with time zone', true, NULL),
    -- A copy of each link of an open task.  Without a foreign key: the links have them, and
    -- triggers on links keep the copies.  kind: the place of the links in task_links
    -- (task_fields.c); target_id: the contact, user or team.
    ('open_link', 'org_id', 'uuid', true, NULL),
    ('open_link', 'kind', 'integer', true, NULL),
    ('open_link', 'target_id', 'uuid', true, NULL),
    ('open_link', 'task_id', 'uuid', true, NULL),
    ('open_link', 'created_on', 'timestamp with time zone', true, NULL),
    ('task_comment', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_comment', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('task_comment', 'task_id', 'uuid', true, NULL),
    ('task_comment', 'comment', 'text', true, NULL),
    ('task_comment', 'commented_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task_comment', 'commented_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    ('task_comment', 'edited_on', 'timestamp with time zone', false, NULL),
    ('task_mention', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_mention', 'comment_id', 'uuid', true, NULL),
    ('task_mention', 'user_id', 'uuid', true, NULL),
    ('task_attachment', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_attachment', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('task_attachment', 'task_id', 'uuid', false, NULL),
    ('task_attachment', 'file_name', 'text', true, NULL),
    ('task_attachment', 'content_type', 'text', false, NULL),
    ('task_attachment', 'size', 'bigint', false, NULL),
    ('task_attachment', 'sha256', 'bytea', false, NULL),
    ('task_attachment', 'url', 'text', false, NULL),
    ('task_attachment', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task_attachment', 'created_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    -- A file of a task in the bin stays where it is, with this instead of task_id, and without
    -- created_by, so that the user can be deleted meanwhile.
    ('task_attachment', 'deleted_task_id', 'uuid', false, NULL),
    ('task_attachment_content', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_attachment_content', 'attachment_id', 'uuid', true, NULL),
    ('task_attachment_content', 'content', 'bytea', true, NULL),
    -- For the policies, which contain no sub-select.  Setting it copies no content.
    ('task_attachment_content', 'in_bin', 'boolean', true, 'DEFAULT false'),
    -- Without foreign keys: a deletion locks neither the organization nor a user for it, and
    -- what the task refers to can be deleted meanwhile.
    ('deleted_task', 'org_id', 'uuid', true, NULL),
    ('deleted_task', 'id', 'uuid', true, NULL),
    ('deleted_task', 'title', 'text', true, NULL),
    ('deleted_task', 'created_by', 'uuid', false, NULL),
    ('deleted_task', 'deleted_by', 'uuid', false, NULL),
    ('deleted_task', 'deleted_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('deleted_task', 'document', 'json', true, NULL),
    ('accepted_finding', 'check_name', 'text', true, NULL),
    ('accepted_finding', 'object', 'text', true, NULL),
    ('accepted_finding', 'why', 'text', true, NULL),
    ('accepted_finding', 'accepted_by', 'name', true, NULL),
    ('accepted_finding', 'accepted_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    -- Without a foreign key: the tasks have one, and a row is written here with every task.
    ('task_count', 'org_id', 'uuid', true, NULL),
    ('task_count', 'status', 'taskcrm.task_status', true, NULL),
    ('task_count', 'priority', 'taskcrm.task_priority', true, NULL),
    ('task_count', 'n', 'bigint', true, NULL),
    ('event_generation', 'generation', 'integer', true, NULL),
    ('event_generation', 'system_identifier', 'bigint', true, NULL),
    ('event_generation', 'timeline', 'integer', true, NULL),
    ('event_generation', 'started_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('event', 'org_id', 'uuid', true, NULL),
    ('event', 'id', 'uuid', true, NULL),
    ('event', 'seq', 'bigint', true, NULL),
    ('event', 'generation', 'integer', true, NULL),
    ('event', 'txid', 'xid8', true, NULL),
    ('event', 'type', 'text COLLATE "C"', true, NULL),
    ('event', 'task_id', 'uuid', false, NULL),
    ('event', 'subject_id', 'uuid', true, NULL),
    ('event', 'version', 'integer', false, NULL),
    ('event', 'actor', 'uuid', false, NULL),
    ('event', 'happened_on', 'timestamp with time zone', true, NULL),
    ('event', 'changes', 'jsonb', true, NULL),
    ('event_purge', 'org_id', 'uuid', true, NULL),
    ('event_purge', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('event_purge', 'purged_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('event_purge', 'generation', 'integer', true, NULL),
    ('event_purge', 'txid', 'xid8', true, NULL),
    ('event_purge', 'last_generation', 'integer', true, NULL),
    ('event_purge', 'last_txid', 'xid8', true, NULL),
    ('webhook', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('webhook', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('webhook', 'url', 'text', true, NULL),
    ('webhook', 'types', 'text[]', true, 'DEFAULT ''{}''::text[]'),
    ('webhook', 'filters', 'jsonb', true, 'DEFAULT ''{}''::jsonb'),
    ('webhook', 'created_by', 'uuid', true, 'DEFAULT taskcrm.tc_current_user()'),
    ('webhook', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('webhook', 'updated_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('webhook', 'is_active', 'boolean', true, 'DEFAULT true'),
    ('webhook', 'disabled_reason', 'text', false, NULL),
    ('webhook', 'disabled_on', 'timestamp with time zone', false, NULL),
    ('webhook', 'secret', 'bytea', true, NULL),
    ('webhook', 'former_secret', 'bytea', false, NULL),
    ('webhook', 'former_until', 'timestamp with time zone', false, NULL),
    ('webhook', 'position', 'text', true, NULL),
    ('webhook', 'generation', 'integer', true, NULL),
    ('webhook', 'txid', 'xid8', true, NULL),
    ('webhook', 'last_event', 'uuid', false, NULL),
    ('webhook', 'claim', 'uuid', false, NULL),
    ('webhook', 'claimed', 'uuid[]', true, 'DEFAULT ''{}''::uuid[]'),
    ('webhook', 'claimed_on', 'timestamp with time zone', false, NULL),
    ('webhook', 'lease_seconds', 'integer', true, 'DEFAULT 0'),
    ('webhook', 'lease_until', 'timestamp with time zone', false, NULL),
    ('webhook', 'failing_event', 'uuid', false, NULL),
    ('webhook', 'failing_since', 'timestamp with time zone', false, NULL),
    ('webhook', 'attempts', 'integer', true, 'DEFAULT 0'),
    ('webhook', 'next_attempt', 'timestamp with time zone', false, NULL),
    ('webhook', 'last_attempt', 'timestamp with time zone', false, NULL),
    ('webhook', 'last_status', 'integer', false, NULL),
    ('webhook', 'last_error', 'text', false, NULL),
    ('webhook', 'delivered', 'bigint', true, 'DEFAULT 0'),
    ('webhook', 'dead', 'bigint', true, 'DEFAULT 0'),
    ('webhook', 'dead_events', 'jsonb', true, 'DEFAULT ''[]''::jsonb'),
    ('webhook', 'test_id', 'uuid', false, NULL),
    ('webhook', 'test_result', 'jsonb', false, NULL)
  ) AS v
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_columns() IS 'The columns of the tables that tc_install() creates.';

-- Where the rows of each table are: on every node, or where those of their organization are.
-- place: a table refers only to those before it.
CREATE FUNCTION taskcrm_internal.table_places(OUT tab name, OUT is_everywhere boolean, OUT place bigint) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tab,
    -- Every node finds out who calls.
    r.tab = 'member' OR NOT EXISTS (
      SELECT FROM taskcrm_internal.wanted_columns() w WHERE w.tab = r.tab AND w."column" = 'org_id'),
    r.ordinality
  FROM taskcrm_internal.table_registry() WITH ORDINALITY r
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.table_places() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_places() IS 'Whether each table is on every node of a cluster.';

CREATE FUNCTION taskcrm_internal.found_columns(OUT tab name, OUT "column" name, OUT type text, OUT not_null boolean,
    OUT value text) RETURNS SETOF record
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp SET "DateStyle" = 'ISO' SET standard_conforming_strings = on AS $$
  SELECT c.relname, a.attname,
    concat_ws(' COLLATE ', format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation END),
    a.attnotnull,
    CASE WHEN a.attidentity = 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
         WHEN a.attidentity = 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY'
         WHEN a.attgenerated = '' THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
         ELSE format('GENERATED ALWAYS AS (%s) %s', pg_get_expr(d.adbin, d.adrelid),
                     CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_columns() IS 'The columns that the tables have.';

-- The columns that earlier versions of tc_install() made NOT NULL.
CREATE FUNCTION taskcrm_internal.former_not_null(OUT tab name, OUT "column" name) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('task_attachment'::name, 'task_id'::name)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.former_not_null() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.former_not_null() IS 'Columns that earlier versions of tc_install() made NOT NULL.';

-- Another column that is NOT NULL although it need not be is a constraint of the user.
CREATE FUNCTION taskcrm_internal.differing_columns(OUT tab name, OUT "column" name, OUT type text, OUT not_null boolean,
    OUT value text, OUT fill text, OUT found_type text, OUT found_not_null boolean, OUT found_value text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.*, f.type, f.not_null, f.value
  FROM taskcrm_internal.wanted_columns() w
  LEFT JOIN taskcrm_internal.found_columns() f ON f.tab = w.tab AND f."column" = w."column"
  WHERE w.tab IN (SELECT c.relname FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables()))
    AND (f.type IS DISTINCT FROM w.type OR f.value IS DISTINCT FROM w.value OR w.not_null AND NOT f.not_null
         OR f.not_null AND (w.tab, w."column") IN (SELECT n.tab, n."column" FROM taskcrm_internal.former_not_null() n))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.differing_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.differing_columns() IS 'Columns that are missing or changed.';

-- Creates the tables that are missing, with their columns alone.
CREATE PROCEDURE taskcrm_internal.install_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  missing record;
BEGIN
  FOR missing IN
    SELECT w.tab, string_agg(concat_ws(' ', quote_ident(w."column"), w.type, w.value, CASE WHEN w.not_null THEN 'NOT NULL' END), ', '
                             ORDER BY w.place) AS columns
    FROM taskcrm_internal.wanted_columns() WITH ORDINALITY w (tab, "column", type, not_null, value, fill, place)
    WHERE to_regclass(taskcrm_internal.qualified_name(w.tab)) IS NULL
    GROUP BY w.tab
  LOOP
    EXECUTE format('CREATE TABLE %s (%s)', taskcrm_internal.qualified_name(missing.tab), missing.columns);
    IF missing.tab = 'task_count' THEN
      -- Rows are added and deleted all the time, so vacuum must not wait for a share of
      -- them.
      ALTER TABLE taskcrm_internal.task_count SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    ELSIF missing.tab = 'task_attachment_content' THEN
      -- Most attachments are compressed already.
      ALTER TABLE taskcrm.task_attachment_content ALTER content SET STORAGE EXTERNAL;
    END IF;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_tables() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_tables() IS 'Creates missing tables.';

-- Adds a column and gives it a value in each row.  Rewriting the table fires no trigger,
-- as an UPDATE would.
CREATE PROCEDURE taskcrm_internal.add_column(tab name, "column" name, type text, not_null boolean, value text, fill text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', taskcrm_internal.qualified_name(tab), "column",
                 concat_ws(' ', type, value, CASE WHEN not_null AND fill IS NULL THEN 'NOT NULL' END));
  IF fill IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %s', taskcrm_internal.qualified_name(tab), "column", type, fill);
  END IF;
  IF not_null AND fill IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', taskcrm_internal.qualified_name(tab), "column");
  END IF;
EXCEPTION WHEN not_null_violation THEN
  RAISE not_null_violation USING
    MESSAGE = format('column "%s" of table "%s" is missing', "column", tab),
    DETAIL = 'The table has rows, and tc_install() has no value for this column, which is NOT NULL.',
    HINT = format('If the column was renamed, rename it back. Otherwise run ALTER TABLE %s ADD COLUMN %I %s, give it a value in each row, and run CALL taskcrm.tc_install() again.',
                  taskcrm_internal.qualified_name(tab), "column", type);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.add_column(name, name, text, boolean, text, text) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.add_column(name, name, text, boolean, text, text) IS
  'Adds a column to a table that may have rows.';

CREATE PROCEDURE taskcrm_internal.require_not_null(tab name, "column" name)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  violating bigint;
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', taskcrm_internal.qualified_name(tab), "column");
EXCEPTION WHEN not_null_violation THEN
  EXECUTE format('SELECT count(*) FROM %s WHERE %I IS NULL', taskcrm_internal.qualified_name(tab), "column") INTO violating;
  RAISE not_null_violation USING
    MESSAGE = format('column "%s" of table "%s" contains NULL', "column", tab),
    DETAIL = format('The number of these rows is %s.', violating),
    HINT = format('Change the rows that SELECT * FROM %s WHERE %I IS NULL returns, and run CALL taskcrm.tc_install() again.',
                  taskcrm_internal.qualified_name(tab), "column");
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.require_not_null(name, name) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.require_not_null(name, name) IS 'Makes a column NOT NULL.';

-- Adds missing columns, and repairs defaults and NOT NULL.  Another type is an error: a
-- conversion could change values that users entered.
CREATE PROCEDURE taskcrm_internal.install_columns()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT d.* FROM taskcrm_internal.differing_columns() d LOOP
    IF r.found_type IS NULL THEN
      CALL taskcrm_internal.add_column(r.tab, r."column", r.type, r.not_null, r.value, r.fill);
      CONTINUE;
    END IF;
    IF r.found_type <> r.type
       OR r.found_value IS DISTINCT FROM r.value AND concat(r.found_value, r.value) LIKE '%GENERATED %' THEN
      RAISE datatype_mismatch USING
        MESSAGE = format('column "%s" of table "%s" was changed', r."column", r.tab),
        DETAIL = format('It is defined as "%s" and must be "%s".',
                        concat_ws(' ', r.found_type, r.found_value), concat_ws(' ', r.type, r.value)),
        HINT = format('tc_install() does not change it, because values could be lost. Run ALTER TABLE %s %s, and then CALL taskcrm.tc_install() again.',
                      taskcrm_internal.qualified_name(r.tab),
                      CASE WHEN r.found_value LIKE '%AS IDENTITY' THEN format('ALTER COLUMN %I DROP IDENTITY', r."column")
                           WHEN r.found_value LIKE 'GENERATED %' THEN format('ALTER COLUMN %I DROP EXPRESSION', r."column")
                           WHEN r.found_type <> r.type THEN format('ALTER COLUMN %I TYPE %s', r."column", r.type)
                           ELSE format('DROP COLUMN %I', r."column") END);
    END IF;
    IF r.found_value IS DISTINCT FROM r.value THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I %s', taskcrm_internal.qualified_name(r.tab), r."column",
                     coalesce('SET ' || r.value, 'DROP DEFAULT'));
    END IF;
    IF r.not_null AND NOT r.found_not_null THEN
      CALL taskcrm_internal.require_not_null(r.tab, r."column");
    ELSIF r.found_not_null AND (r.tab, r."column") IN (SELECT n.tab, n."column" FROM taskcrm_internal.former_not_null() n) THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I DROP NOT NULL', taskcrm_internal.qualified_name(r.tab), r."column");
    END IF;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_columns() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_columns() IS 'Adds missing columns, and repairs changed ones.';

-- Tables for which a publication could not identify updated and deleted rows, so that the
-- statement would fail.  has_key: whether the primary key can do it.
CREATE FUNCTION taskcrm_internal.lacking_replica_identity(OUT tab name, OUT has_key boolean)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT k.relname, k.has_key
  FROM (
    SELECT c.relname, c.relreplident,
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid) AS has_key,
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid) AS has_index
    FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables())) k
  WHERE NOT (k.relreplident = 'f' OR k.relreplident = 'd' AND k.has_key OR k.relreplident = 'i' AND k.has_index)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.lacking_replica_identity() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.lacking_replica_identity() IS 'Tables without a usable replica identity.';

CREATE PROCEDURE taskcrm_internal.install_replica_identity()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  lacking record;
BEGIN
  FOR lacking IN SELECT l.* FROM taskcrm_internal.lacking_replica_identity() l LOOP
    EXECUTE format('ALTER TABLE %s REPLICA IDENTITY %s', taskcrm_internal.qualified_name(lacking.tab),
                   CASE WHEN lacking.has_key THEN 'DEFAULT' ELSE 'FULL' END);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_replica_identity() FROM PUBLIC;
