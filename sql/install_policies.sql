-- Row-level security.  One expression keeps the tenants apart; RESTRICTIVE
-- policies, which are AND-ed, add who may write what.

CREATE PROCEDURE taskcrm_internal.install_policy(tab name, policy name, clauses text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF NOT EXISTS (
    SELECT FROM pg_policy p
    WHERE p.polrelid = format('taskcrm.%I', tab)::regclass AND p.polname = policy)
  THEN
    EXECUTE format('CREATE POLICY %I ON taskcrm.%I %s', policy, tab, clauses);
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_policy(name, name, text) FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_policies()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  tab name;
BEGIN
  -- FORCE, because the API functions run as the owner.
  FOR tab IN
    SELECT c.relname FROM pg_class c
    WHERE c.relnamespace = 'taskcrm'::regnamespace AND c.relkind IN ('r', 'p')
      AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
  LOOP
    EXECUTE format('ALTER TABLE taskcrm.%I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', tab);
  END LOOP;

  CALL taskcrm_internal.install_policy('organization', 'tenant',
    'FOR SELECT USING (id = taskcrm.tc_current_org())');
  CALL taskcrm_internal.install_policy('organization', 'tenant_first',
    'AS RESTRICTIVE FOR SELECT USING (taskcrm_internal.is_current_org(id))');
  CALL taskcrm_internal.install_policy('app_user', 'colleague',
    'FOR SELECT USING (taskcrm_internal.is_colleague(id))');

  FOR tab IN
    SELECT c.relname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
    WHERE c.relnamespace = 'taskcrm'::regnamespace AND c.relkind IN ('r', 'p')
  LOOP
    CALL taskcrm_internal.install_policy(tab, 'tenant',
      'USING (org_id = taskcrm.tc_current_org()) WITH CHECK (org_id = taskcrm.tc_current_org())');
    -- The same once more, before the conditions of the caller; see own_row.c.
    CALL taskcrm_internal.install_policy(tab, 'tenant_first',
      'AS RESTRICTIVE USING (taskcrm_internal.is_current_org(org_id)) WITH CHECK (true)');
  END LOOP;

  FOREACH tab IN ARRAY ARRAY['member', 'account', 'contact', 'team', 'team_member'] LOOP
    CALL taskcrm_internal.install_policy(tab, 'admin_inserts',
      'AS RESTRICTIVE FOR INSERT WITH CHECK (taskcrm.tc_current_role() = ''admin'')');
    CALL taskcrm_internal.install_policy(tab, 'admin_updates',
      'AS RESTRICTIVE FOR UPDATE USING (taskcrm.tc_current_role() = ''admin'')');
    CALL taskcrm_internal.install_policy(tab, 'admin_deletes',
      'AS RESTRICTIVE FOR DELETE USING (taskcrm.tc_current_role() = ''admin'')');
  END LOOP;

  CALL taskcrm_internal.install_author_policies('task', 'created_by', false);
  CALL taskcrm_internal.install_author_policies('task_comment', 'commented_by', true);
  CALL taskcrm_internal.install_author_policies('task_attachment', 'created_by', true);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_policies() FROM PUBLIC;

-- A row is written in one's own name, and deleted (and, where edits are the
-- author's, updated) by its author or an admin.
CREATE PROCEDURE taskcrm_internal.install_author_policies(tab name, author name, author_updates boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  mine text := format('%I = taskcrm.tc_current_user()', author);
  mine_or_admin text := format('%s OR taskcrm.tc_current_role() = ''admin''', mine);
BEGIN
  CALL taskcrm_internal.install_policy(tab, 'author_inserts',
    format('AS RESTRICTIVE FOR INSERT WITH CHECK (%s)', mine));
  CALL taskcrm_internal.install_policy(tab, 'author_deletes',
    format('AS RESTRICTIVE FOR DELETE USING (%s)', mine_or_admin));
  IF author_updates THEN
    CALL taskcrm_internal.install_policy(tab, 'author_updates',
      format('AS RESTRICTIVE FOR UPDATE USING (%s)', mine_or_admin));
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_author_policies(name, name, boolean) FROM PUBLIC;
