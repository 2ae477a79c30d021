-- Indexes other than those of keys.

-- The indexes that tc_install() creates and tc_doctor() checks.  They are written as the
-- server prints an index's definition, so that the two can be compared.
CREATE FUNCTION taskcrm_internal.wanted_indexes(OUT tab name, OUT index name, OUT definition text)
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.tab, v.index, format('CREATE %s %I ON %s USING %s', CASE WHEN v.index LIKE '%\_key' THEN 'UNIQUE INDEX' ELSE 'INDEX' END,
    v.index, taskcrm_internal.qualified_name(v.tab), v.columns)
  FROM (VALUES
    -- Those that end with _key are unique.  Those of users contain all organizations; plans of
    -- clients never use them (statistics_hook.c).
    ('organization'::name, 'organization_external_id_key'::name, 'btree (external_id)'),
    ('app_user', 'app_user_email_key', 'btree (email)'),
    ('app_user', 'app_user_external_id_key', 'btree (external_id)'),
    -- The organizations of a user are looked up before an organization is known.  GIN can
    -- search by any of its columns, so org_id can be included.
    ('member', 'member_user_id_idx', 'gin (org_id taskcrm_internal.uuid_ops, user_id taskcrm_internal.uuid_ops) WITH (fastupdate=off)'),
    -- In the order of lists, and for their searches; see directory_kind.c.
    ('account', 'account_name_id_idx', 'btree (org_id, name COLLATE "C", id)'),
    ('account', 'account_search_idx',
     'gin (org_id taskcrm_internal.uuid_ops, name taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')'),
    ('contact', 'contact_account_id_idx', 'btree (org_id, account_id)'),
    ('contact', 'contact_name_idx', 'btree (org_id, first_name COLLATE "C", COALESCE(last_name, ''''::text) COLLATE "C", id)'),
    ('contact', 'contact_search_idx',
     'gin (org_id taskcrm_internal.uuid_ops, first_name taskcrm_internal.contains_ops, last_name taskcrm_internal.contains_ops, email taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')'),
    ('team_member', 'team_member_user_id_idx', 'btree (org_id, user_id)'),
    -- Each ends with the order of lists, so that one index scan applies the filter and
    -- the order.
    ('task', 'task_created_on_idx', 'btree (org_id, created_on, id)'),
    ('task', 'task_status_idx', 'btree (org_id, status, created_on, id)'),
    ('task', 'task_priority_idx', 'btree (org_id, priority, created_on, id)'),
    ('task', 'task_account_id_idx', 'btree (org_id, account_id, created_on, id)'),
    ('task', 'task_created_by_idx', 'btree (org_id, created_by, created_on, id)'),
    ('task', 'task_due_date_idx', 'btree (org_id, due_date, created_on, id)'),
    ('task', 'task_updated_on_idx', 'btree (org_id, updated_on, id)'),
    ('task', 'task_completed_on_idx', 'btree (org_id, completed_on, created_on, id)'),
    ('task', 'task_completed_by_idx', 'btree (org_id, completed_by, created_on, id) WHERE (completed_by IS NOT NULL)'),
    -- Open tasks are few among those of some years, and most lists are of them.
    ('task', 'task_overdue_idx',
     'btree (org_id, due_date, created_on, id) WHERE (status <> ''Completed''::taskcrm.task_status)'),
    ('task', 'task_open_created_on_idx',
     'btree (org_id, created_on, id) WHERE (status <> ''Completed''::taskcrm.task_status)'),
    ('task', 'task_open_priority_idx',
     'btree (org_id, priority DESC, due_date, created_on, id) WHERE (status <> ''Completed''::taskcrm.task_status)'),
    ('task', 'task_open_account_id_idx',
     'btree (org_id, account_id, due_date, created_on, id) WHERE (status <> ''Completed''::taskcrm.task_status)'),
    ('task', 'task_open_created_by_idx',
     'btree (org_id, created_by, due_date, created_on, id) WHERE (status <> ''Completed''::taskcrm.task_status)'),
    -- Every search reads the whole pending list, so it is smaller than the default.
    ('task', 'task_title_term_idx',
     'gin (org_id taskcrm_internal.uuid_ops, title taskcrm_internal.plain_ops) WITH (gin_pending_list_limit=''256'')'),
    -- Not on task, where each update would write all its index entries again.
    ('task_text', 'task_text_term_idx',
     'gin (org_id taskcrm_internal.uuid_ops, description taskcrm_internal.plain_ops) WITH (gin_pending_list_limit=''256'')'),
    ('task_contact', 'task_contact_contact_id_idx', 'btree (org_id, contact_id, created_on DESC, task_id DESC)'),
    ('task_assignee', 'task_assignee_user_id_idx', 'btree (org_id, user_id, created_on DESC, task_id DESC)'),
    ('task_team', 'task_team_team_id_idx', 'btree (org_id, team_id, created_on DESC, task_id DESC)'),
    ('task_comment', 'task_comment_task_id_idx', 'btree (org_id, task_id, commented_on, id)'),
    ('task_mention', 'task_mention_user_id_idx', 'btree (org_id, user_id)'),
    ('task_attachment', 'task_attachment_task_id_idx', 'btree (org_id, task_id, created_on, id)'),
    ('task_attachment', 'task_attachment_deleted_task_id_idx',
     'btree (org_id, deleted_task_id) WHERE (deleted_task_id IS NOT NULL)'),
    ('deleted_task', 'deleted_task_deleted_on_idx', 'btree (org_id, deleted_on, id)'),
    ('invitation', 'invitation_expires_on_idx', 'btree (org_id, expires_on)'),
    ('stored_answer', 'stored_answer_created_on_idx', 'btree (org_id, created_on)'),
    ('task_count', 'task_count_idx', 'btree (org_id, status, priority) INCLUDE (n)'),
    ('event_generation', 'event_generation_timeline_key', 'btree (system_identifier, timeline)'),
    -- The history of a task, and the feed: what a snapshot does not see.
    ('event', 'event_task_id_idx', 'btree (org_id, task_id, seq)'),
    ('event', 'event_txid_idx', 'btree (org_id, generation, txid, seq)')
  ) AS v (tab, index, columns)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_indexes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_indexes() IS 'The indexes that tc_install() creates.';

-- The index that rejects a second user whose email differs only in case.  If there are
-- such users already, all but the oldest are excluded by name, so that they remain but no
-- more can be added.
CREATE FUNCTION taskcrm_internal.email_index() RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  left_out text;
BEGIN
  SELECT string_agg(quote_literal(u.email), ', ' ORDER BY u.email) INTO left_out
  FROM (SELECT a.email, row_number() OVER (PARTITION BY taskcrm_internal.folded(a.email) ORDER BY a.id) AS n
        FROM taskcrm.app_user a) u
  WHERE u.n > 1;
  RETURN 'CREATE UNIQUE INDEX app_user_folded_email_key ON taskcrm.app_user (taskcrm_internal.folded(email))'
    || coalesce(' WHERE email NOT IN (' || left_out || ')', '');
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.email_index() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.email_index() IS 'The definition of the unique index of emails.';

-- The indexes that tc_install() has to create.  leftover: an invalid index has the name,
-- as a canceled CREATE INDEX CONCURRENTLY leaves it; is_built: another session is building
-- it.
CREATE FUNCTION taskcrm_internal.pending_indexes(OUT tab name, OUT index name, OUT definition text,
    OUT leftover boolean, OUT is_built boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH wanted (tab, index, definition) AS (
    SELECT w.tab, w.index, w.definition FROM taskcrm_internal.wanted_indexes() w
    UNION ALL
    VALUES ('app_user', 'app_user_folded_email_key', NULL))
  SELECT w.tab, w.index, coalesce(w.definition, taskcrm_internal.email_index()), i.indexrelid IS NOT NULL,
    EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
  FROM wanted w
  CROSS JOIN LATERAL (SELECT to_regclass(taskcrm_internal.qualified_name(w.tab)),
                             to_regclass(format('%I.%I', taskcrm_internal.table_schema(w.tab), w.index))) AS f (tab, index)
  LEFT JOIN pg_index i ON i.indexrelid = f.index AND i.indrelid = f.tab AND NOT (i.indisvalid AND i.indisready AND i.indislive)
  WHERE f.tab IS NOT NULL AND (f.index IS NULL OR i.indexrelid IS NOT NULL)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_indexes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_indexes() IS 'The indexes that are missing or invalid.';

-- The indexes that earlier versions of tc_install() created, as they did, and that are not
-- needed any more.  successor: another one that has taken the place.
CREATE FUNCTION taskcrm_internal.former_indexes(OUT tab name, OUT index name) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.tab, v.index
  FROM (VALUES
    ('task'::name, 'task_description_search_idx'::name, 'task_text_term_idx'::name,
     'gin (org_id taskcrm_internal.uuid_ops, description taskcrm_internal.contains_ops)'),
    ('task', 'task_status_priority_idx', NULL, 'btree (org_id, status, priority, created_on, id)'),
    ('task', 'task_title_search_idx', 'task_title_term_idx',
     'gin (org_id taskcrm_internal.uuid_ops, title taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')'),
    ('task_text', 'task_text_search_idx', 'task_text_term_idx',
     'gin (org_id taskcrm_internal.uuid_ops, description taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')')
  ) AS v (tab, index, successor, columns)
  JOIN pg_index i ON i.indrelid = to_regclass(taskcrm_internal.qualified_name(v.tab))
    AND i.indexrelid = to_regclass(format('%I.%I', taskcrm_internal.table_schema(v.tab), v.index))
  WHERE pg_get_indexdef(i.indexrelid)
      = format('CREATE INDEX %I ON %s USING %s', v.index, taskcrm_internal.qualified_name(v.tab), v.columns)
    AND NOT EXISTS (SELECT FROM taskcrm_internal.pending_indexes() p WHERE p.index = v.successor)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.former_indexes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.former_indexes() IS 'Indexes that earlier versions of tc_install() created.';

-- Quick, under a lock that blocks readers.
CREATE PROCEDURE taskcrm_internal.drop_former_indexes()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  former record;
BEGIN
  FOR former IN SELECT f.* FROM taskcrm_internal.former_indexes() f LOOP
    EXECUTE format('DROP INDEX %I.%I', taskcrm_internal.table_schema(former.tab), former.index);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.drop_former_indexes() FROM PUBLIC;

-- CREATE INDEX blocks writers of the table.  tc_pending_ddl() has statements that do not.
CREATE PROCEDURE taskcrm_internal.install_indexes()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  -- A table of this size takes long enough that somebody waits and wonders.
  large CONSTANT bigint := 64 * 1024 * 1024;
  pending record;
BEGIN
  FOR pending IN SELECT p.* FROM taskcrm_internal.pending_indexes() p LOOP
    IF pending.is_built THEN
      RAISE NOTICE 'index "%" is being created by another session', pending.index;
      CONTINUE;
    END IF;
    IF pg_relation_size(taskcrm_internal.qualified_name(pending.tab)::regclass) >= large THEN
      RAISE NOTICE 'creating index "%" on table "%"', pending.index, pending.tab;
    END IF;
    PERFORM taskcrm_internal.show_progress(format('creating index %s', pending.index));
    IF pending.leftover THEN
      EXECUTE format('DROP INDEX %I.%I', taskcrm_internal.table_schema(pending.tab), pending.index);
    END IF;
    EXECUTE pending.definition;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_indexes() FROM PUBLIC;
