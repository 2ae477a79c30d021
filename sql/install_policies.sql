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
  CALL taskcrm_internal.install_statistics();
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

-- What ANALYZE keeps of a column are values of all organizations, and EXPLAIN tells by
-- its estimates between which of them a value lies.  So none are kept of texts; but of
-- titles, whose search is planned by them.
CREATE PROCEDURE taskcrm_internal.install_statistics()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT a.attrelid, a.attname FROM pg_attribute a
    JOIN (VALUES
      ('organization', ARRAY['name']),
      ('app_user', ARRAY['email', 'name']),
      ('account', ARRAY['name']),
      ('contact', ARRAY['first_name', 'last_name', 'email']),
      ('team', ARRAY['name']),
      ('task', ARRAY['description']),
      ('task_comment', ARRAY['comment']),
      ('task_attachment', ARRAY['file_name', 'content_type', 'url', 'sha256']),
      ('task_attachment_content', ARRAY['content'])
    ) AS v (tab, columns) ON a.attrelid = to_regclass('taskcrm.' || v.tab) AND a.attname::text = ANY (v.columns)
    WHERE coalesce(a.attstattarget, -1) <> 0
  LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS 0', r.attrelid::regclass, r.attname);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_statistics() FROM PUBLIC;
