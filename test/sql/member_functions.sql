-- The organization and its members: what admins change, whom the functions refuse, and what a
-- changed member can do from the next statement on.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
CREATE TABLE t.change (n int GENERATED ALWAYS AS IDENTITY, statement text);
INSERT INTO t.change (statement) VALUES
  ($$SELECT taskcrm.tc_update_organization('Taken')$$),
  ($$SELECT taskcrm.tc_set_member_role('{amy}', 'admin')$$),
  ($$SELECT taskcrm.tc_set_member_role('{bob}', 'member')$$),
  ($$SELECT taskcrm.tc_deactivate_member('{amy}')$$),
  ($$SELECT taskcrm.tc_deactivate_member('{una}')$$),
  ($$SELECT taskcrm.tc_reactivate_member('{ida}')$$);
GRANT SELECT ON t.change TO PUBLIC;
-- The members of both organizations.
CREATE FUNCTION t.members() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
  SELECT string_agg(concat_ws(' ', o.name || ':', u.name, m.role, CASE WHEN m.is_active THEN NULL ELSE 'inactive' END),
    ', ' ORDER BY o.name, u.name)
  FROM taskcrm.member m JOIN taskcrm.organization o ON o.id = m.org_id JOIN taskcrm.app_user u ON u.id = m.user_id
$$;
\o
SELECT t.members() AS members, t.checksum(t.id('umbrella')) AS umbrella \gset

-- Refused: a plain member, a member who is inactive, a user without an organization, a login
-- without a user, a caller with two organizations and none selected.
\c - regress_api_amy
SELECT DISTINCT t.try(t.ids(statement)) FROM t.change;
\c - regress_api_ida
SELECT DISTINCT t.try(t.ids(statement)) FROM t.change;
\c - regress_api_nemo
SELECT DISTINCT t.try(t.ids(statement)) FROM t.change;
SELECT t.try('SELECT taskcrm.tc_get_organization()');
\c - regress_api_stranger
SELECT DISTINCT t.try(t.ids(statement)) FROM t.change;
SELECT t.try('SELECT taskcrm.tc_update_me(''x'')'), t.try('SELECT taskcrm.tc_get_organization()');
\c - regress_api_carl
SELECT DISTINCT t.try(t.ids(statement)) FROM t.change;
-- The caller's rights are checked before the arguments.
\c - regress_api_amy
SELECT t.try('SELECT taskcrm.tc_set_member_role(NULL, NULL)');
SELECT t.members() = :'members' AS unchanged;

-- Wrong arguments.
\c - regress_api_alice
SELECT t.try('SELECT taskcrm.tc_set_member_role(NULL, ''admin'')');
SELECT t.try(t.ids('SELECT taskcrm.tc_set_member_role(''{amy}'', NULL)'));
SELECT t.try(t.ids('SELECT taskcrm.tc_set_member_role(''{amy}'', ''owner'')'));
SELECT t.try(t.ids('SELECT taskcrm.tc_set_member_role(''{amy}'', '' Admin'')'));
SELECT t.try('SELECT taskcrm.tc_deactivate_member(NULL)'), t.try('SELECT taskcrm.tc_reactivate_member(NULL)');
SELECT f, t.try(format('SELECT taskcrm.%s(%s)', f, v)) FROM unnest(ARRAY['tc_update_organization', 'tc_update_me']) f,
  unnest(ARRAY['NULL', '''''', 'E'' \t''', 'repeat(''é'', 256)']) WITH ORDINALITY AS v (v, n) ORDER BY f, n;
-- The other organization's member, a user in no organization, and an unknown id.
SELECT f, t.try(t.ids(format('SELECT taskcrm.%s', format(f, '{bob}')))) AS foreign_id,
  t.try(t.ids(format('SELECT taskcrm.%s', format(f, '{bob}')))) = t.try(t.ids(format('SELECT taskcrm.%s', format(f, '{unknown}'))))
  AND t.try(t.ids(format('SELECT taskcrm.%s', format(f, '{bob}')))) = t.try(t.ids(format('SELECT taskcrm.%s', format(f, '{nemo}')))) AS same
FROM unnest(ARRAY['tc_set_member_role(''%s'', ''admin'')', 'tc_deactivate_member(''%s'')', 'tc_reactivate_member(''%s'')']) f;
SELECT t.members() = :'members' AS unchanged;

-- The last active admin stays.
SELECT t.try(t.ids('SELECT taskcrm.tc_set_member_role(''{alice}'', ''member'')'));
SELECT t.try(t.ids('SELECT taskcrm.tc_deactivate_member(''{alice}'')'));
SELECT t.show(taskcrm.tc_set_member_role(t.id('alice'), 'admin')::text);

-- A role, and back. Setting what is set already changes nothing.
SELECT t.show(taskcrm.tc_set_member_role(t.id('amy'), 'admin')::text);
SELECT t.show(taskcrm.tc_set_member_role(t.id('amy'), 'admin')::text);
\c - regress_api_amy
SELECT taskcrm.tc_current_role();
-- Another admin takes the role of the first, who has it no longer in an open transaction.
BEGIN;
SELECT t.show(taskcrm.tc_set_member_role(t.id('alice'), 'member')::text);
SELECT t.show(taskcrm.tc_set_member_role(t.id('alice'), 'admin')::text);
SELECT t.show(taskcrm.tc_set_member_role(t.id('amy'), 'member')::text);
SELECT t.try(t.ids('SELECT taskcrm.tc_set_member_role(''{amy}'', ''admin'')'));
COMMIT;
SELECT taskcrm.tc_current_role();

-- A deactivated member has no access from the next statement on; assignments remain, and new ones
-- are refused.
\c - regress_api_alice
SELECT t.know('task', (taskcrm.tc_create_task(t.json('{"title": "a task", "assigned_to": ["{ann}"]}')) ->> 'id')::uuid);
SELECT t.show(taskcrm.tc_deactivate_member(t.id('ann'))::text);
SELECT t.show(taskcrm.tc_get_task(t.id('task')) -> 'task_obj' ->> 'assigned_to');
SELECT t.try(t.ids('SELECT taskcrm.tc_create_task(''{"title": "x", "assigned_to": ["{ann}"]}'')'));
\c - regress_api_ann
SELECT count(*) FROM taskcrm.task;
SELECT t.try('SELECT taskcrm.tc_list_tasks()');
SELECT taskcrm.tc_whoami() ->> 'problem';
\c - regress_api_alice
SELECT t.show(taskcrm.tc_reactivate_member(t.id('ann'))::text);
SELECT t.show(taskcrm.tc_reactivate_member(t.id('ann'))::text);
\c - regress_api_ann
SELECT count(*) FROM taskcrm.task;

-- The organization. Each member reads it, an admin renames it.
\c - regress_api_amy
SELECT t.show(taskcrm.tc_get_organization()::text);
\c - regress_api_alice
SELECT t.show(taskcrm.tc_update_organization('Acme "é"')::text);
SELECT t.show(string_agg(o::text, ' ')) LIKE '(acme,"Acme ""é""",%' AS own FROM taskcrm.organization o;
SELECT taskcrm.tc_update_organization('Acme') ->> 'name';
-- A trigger of the administrator that suppresses a row is not taken for success.
\c - :api_superuser
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER suppress BEFORE UPDATE ON taskcrm.organization FOR EACH ROW EXECUTE FUNCTION t.suppress();
CREATE TRIGGER suppress BEFORE UPDATE ON taskcrm.member FOR EACH ROW EXECUTE FUNCTION t.suppress();
CREATE TRIGGER suppress BEFORE UPDATE ON taskcrm.app_user FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_alice
SELECT t.try('SELECT taskcrm.tc_update_organization(''x'')');
SELECT t.try(t.ids('SELECT taskcrm.tc_set_member_role(''{amy}'', ''admin'')'));
SELECT t.try(t.ids('SELECT taskcrm.tc_deactivate_member(''{unknown}'')'));
SELECT t.try('SELECT taskcrm.tc_update_me(''x'')');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.organization;
DROP TRIGGER suppress ON taskcrm.member;
DROP TRIGGER suppress ON taskcrm.app_user;

-- The caller's own name, in every organization, also while none is selected, and without one.
\c - regress_api_carl
SELECT t.show(taskcrm.tc_update_me('Carla')::text);
\c - regress_api_nemo
SELECT taskcrm.tc_update_me('Captain Nemo') -> 'user' ->> 'name';
\c - regress_api_ida
SELECT taskcrm.tc_update_me('Ida') ->> 'problem';
-- In the second organization only the name of the shared user has changed, which is not its row.
\c - :api_superuser
SELECT t.members();
-- A name is a change in each organization of the user, and nothing else is.
DELETE FROM taskcrm_internal.event WHERE org_id = t.id('umbrella') AND subject_id = t.id('carl') AND changes = '{"name": {}}';
SELECT t.checksum(t.id('umbrella')) = :'umbrella' AS untouched;

\set ECHO none
\i :teardown
