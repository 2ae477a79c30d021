-- Primary, unique and foreign keys.
--
-- Keys of tenant tables begin with org_id.  That makes a reference to another organization
-- impossible, makes every index usable under row-level security, and lets the tables be
-- distributed by organization.

-- The keys that tc_install() creates and tc_doctor() checks.  They are written as the
-- server prints a constraint's definition, so that the two can be compared.
CREATE FUNCTION taskcrm_internal.wanted_keys(OUT tab name, OUT key name, OUT definition text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('exposed_column'::name, 'exposed_column_pkey'::name, 'PRIMARY KEY (table_name, column_name)'),
    ('organization', 'organization_pkey', 'PRIMARY KEY (id)'),
    ('app_user', 'app_user_pkey', 'PRIMARY KEY (id)'),
    ('login', 'login_pkey', 'PRIMARY KEY (role_name)'),
    ('login', 'login_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES taskcrm.app_user(id) ON DELETE CASCADE'),
    ('gateway', 'gateway_pkey', 'PRIMARY KEY (role_name)'),
    ('jwt_key', 'jwt_key_pkey', 'PRIMARY KEY (kid)'),
    ('member', 'member_pkey', 'PRIMARY KEY (org_id, user_id)'),
    ('member', 'member_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('member', 'member_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES taskcrm.app_user(id)'),
    ('stored_answer', 'stored_answer_pkey', 'PRIMARY KEY (org_id, user_id, key)'),
    ('stored_answer', 'stored_answer_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('invitation', 'invitation_pkey', 'PRIMARY KEY (org_id, id)'),
    ('invitation', 'invitation_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('invitation', 'invitation_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)'),
    ('invitation', 'invitation_accepted_by_fkey', 'FOREIGN KEY (accepted_by) REFERENCES taskcrm.app_user(id)'),
    ('task_view', 'task_view_pkey', 'PRIMARY KEY (org_id, id)'),
    ('task_view', 'task_view_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('task_view', 'task_view_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)'),
    ('account', 'account_pkey', 'PRIMARY KEY (org_id, id)'),
    ('account', 'account_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('contact', 'contact_pkey', 'PRIMARY KEY (org_id, id)'),
    ('contact', 'contact_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('contact', 'contact_account_id_fkey', 'FOREIGN KEY (org_id, account_id) REFERENCES taskcrm.account(org_id, id)'),
    ('team', 'team_pkey', 'PRIMARY KEY (org_id, id)'),
    ('team', 'team_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('team_member', 'team_member_pkey', 'PRIMARY KEY (org_id, team_id, user_id)'),
    ('team_member', 'team_member_team_id_fkey', 'FOREIGN KEY (org_id, team_id) REFERENCES taskcrm.team(org_id, id) ON DELETE CASCADE'),
    ('team_member', 'team_member_user_id_fkey', 'FOREIGN KEY (org_id, user_id) REFERENCES taskcrm.member(org_id, user_id) ON DELETE CASCADE'),
    ('task', 'task_pkey', 'PRIMARY KEY (org_id, id)'),
    ('task', 'task_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('task', 'task_account_id_fkey', 'FOREIGN KEY (org_id, account_id) REFERENCES taskcrm.account(org_id, id)'),
    ('task', 'task_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)'),
    ('task', 'task_completed_by_fkey', 'FOREIGN KEY (completed_by) REFERENCES taskcrm.app_user(id)'),
    ('task_text', 'task_text_pkey', 'PRIMARY KEY (org_id, task_id)'),
    ('task_text', 'task_text_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_contact', 'task_contact_pkey', 'PRIMARY KEY (org_id, task_id, contact_id)'),
    ('task_contact', 'task_contact_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_contact', 'task_contact_contact_id_fkey', 'FOREIGN KEY (org_id, contact_id) REFERENCES taskcrm.contact(org_id, id) ON DELETE CASCADE'),
    ('task_assignee', 'task_assignee_pkey', 'PRIMARY KEY (org_id, task_id, user_id)'),
    ('task_assignee', 'task_assignee_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_assignee', 'task_assignee_user_id_fkey', 'FOREIGN KEY (org_id, user_id) REFERENCES taskcrm.member(org_id, user_id) ON DELETE CASCADE'),
    ('task_team', 'task_team_pkey', 'PRIMARY KEY (org_id, task_id, team_id)'),
    ('task_team', 'task_team_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_team', 'task_team_team_id_fkey', 'FOREIGN KEY (org_id, team_id) REFERENCES taskcrm.team(org_id, id) ON DELETE CASCADE'),
    -- created_on is included, so that a list by it reads no links of open tasks themselves.
    ('open_link', 'open_link_pkey', 'PRIMARY KEY (org_id, kind, target_id, task_id) INCLUDE (created_on)'),
    ('task_comment', 'task_comment_pkey', 'PRIMARY KEY (org_id, id)'),
    ('task_comment', 'task_comment_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_comment', 'task_comment_commented_by_fkey', 'FOREIGN KEY (commented_by) REFERENCES taskcrm.app_user(id)'),
    ('task_mention', 'task_mention_pkey', 'PRIMARY KEY (org_id, comment_id, user_id)'),
    ('task_mention', 'task_mention_comment_id_fkey', 'FOREIGN KEY (org_id, comment_id) REFERENCES taskcrm.task_comment(org_id, id) ON DELETE CASCADE'),
    ('task_mention', 'task_mention_user_id_fkey', 'FOREIGN KEY (org_id, user_id) REFERENCES taskcrm.member(org_id, user_id) ON DELETE CASCADE'),
    ('task_attachment', 'task_attachment_pkey', 'PRIMARY KEY (org_id, id)'),
    ('task_attachment', 'task_attachment_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_attachment', 'task_attachment_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)'),
    ('task_attachment', 'task_attachment_deleted_task_id_fkey', 'FOREIGN KEY (org_id, deleted_task_id) REFERENCES taskcrm_internal.deleted_task(org_id, id) ON DELETE CASCADE'),
    ('task_attachment_content', 'task_attachment_content_pkey', 'PRIMARY KEY (org_id, attachment_id)'),
    ('task_attachment_content', 'task_attachment_content_attachment_id_fkey', 'FOREIGN KEY (org_id, attachment_id) REFERENCES taskcrm.task_attachment(org_id, id) ON DELETE CASCADE'),
    ('deleted_task', 'deleted_task_pkey', 'PRIMARY KEY (org_id, id)'),
    ('accepted_finding', 'accepted_finding_pkey', 'PRIMARY KEY (check_name, object)'),
    ('event_generation', 'event_generation_pkey', 'PRIMARY KEY (generation)'),
    -- Without a foreign key: every write would lock the row of its organization.
    ('event', 'event_pkey', 'PRIMARY KEY (org_id, id)'),
    ('event_purge', 'event_purge_pkey', 'PRIMARY KEY (org_id, id)'),
    ('event_purge', 'event_purge_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('webhook', 'webhook_pkey', 'PRIMARY KEY (org_id, id)'),
    ('webhook', 'webhook_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('webhook', 'webhook_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_keys() IS 'The keys of the tables that tc_install() creates.';

CREATE FUNCTION taskcrm_internal.found_keys(OUT tab name, OUT key name, OUT definition text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, n.conname, pg_get_constraintdef(n.oid)
  FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND n.contype IN ('p', 'u', 'f')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_keys() IS 'The keys that the tables have.';

-- former: the name of the key if somebody renamed it.
CREATE FUNCTION taskcrm_internal.differing_keys(OUT tab name, OUT key name, OUT definition text, OUT found_definition text,
    OUT former name) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.*, f.definition, CASE WHEN f.key IS NULL THEN (
    SELECT min(o.key::text)::name FROM taskcrm_internal.found_keys() o
    WHERE o.tab = w.tab AND o.definition = w.definition
      AND o.key NOT IN (SELECT k.key FROM taskcrm_internal.wanted_keys() k WHERE k.tab = w.tab)) END
  FROM taskcrm_internal.wanted_keys() w
  LEFT JOIN taskcrm_internal.found_keys() f ON f.tab = w.tab AND f.key = w.key
  WHERE w.tab IN (SELECT c.relname FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables()))
    AND f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.differing_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.differing_keys() IS 'Keys that are missing or changed.';

-- Makes one key as it is wanted.  former: the name that it has; current: the definition that
-- a key of its name has; both can be NULL.
CREATE PROCEDURE taskcrm_internal.install_key(tab name, key name, definition text, current text, former name)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  violating text;
BEGIN
  EXECUTE format('ALTER TABLE %s ', taskcrm_internal.qualified_name(tab)) || CASE
    WHEN former IS NOT NULL THEN format('RENAME CONSTRAINT %I TO %I', former, key)
    WHEN current = definition || ' NOT VALID' THEN format('VALIDATE CONSTRAINT %I', key)
    ELSE concat(CASE WHEN current IS NOT NULL THEN format('DROP CONSTRAINT %I, ', key) END,
                format('ADD CONSTRAINT %I %s', key, definition)) END;
EXCEPTION
  WHEN foreign_key_violation OR unique_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS violating = PG_EXCEPTION_DETAIL;
    RAISE integrity_constraint_violation USING
      MESSAGE = format('rows of table "%s" violate constraint "%s"', tab, key),
      DETAIL = violating,
      HINT = format('The constraint is %s. Change or delete these rows, and run CALL taskcrm.tc_install() again.', definition);
  WHEN dependent_objects_still_exist THEN
    RAISE dependent_objects_still_exist USING
      MESSAGE = format('constraint "%s" of table "%s" was changed', key, tab),
      DETAIL = format('It is defined as "%s" and must be "%s". Other objects depend on it.', current, definition),
      HINT = format('Run ALTER TABLE %s DROP CONSTRAINT %I CASCADE, and then CALL taskcrm.tc_install() again.',
                    taskcrm_internal.qualified_name(tab), key);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_key(name, name, text, text, name) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_key(name, name, text, text, name) IS 'Creates or repairs a key.';

-- Primary keys first, because foreign keys refer to them.
CREATE PROCEDURE taskcrm_internal.install_keys()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT d.* FROM taskcrm_internal.differing_keys() d
    ORDER BY starts_with(d.definition, 'FOREIGN KEY'), d.tab, d.key
  LOOP
    CALL taskcrm_internal.install_key(r.tab, r.key, r.definition, r.found_definition, r.former);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_keys() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_keys() IS 'Adds missing keys, and repairs changed ones.';
