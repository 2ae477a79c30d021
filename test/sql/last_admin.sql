-- No client can remove the last active admin of an organization in any way; database administrators
-- can.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
-- More privileges than tc_grant_access() gives, as an application's role may have.
GRANT INSERT, UPDATE (role, is_active), DELETE ON taskcrm.member TO regress_api_alice, regress_api_bob,
  regress_api_stranger;
GRANT SELECT ON taskcrm.member TO regress_api_stranger;
SELECT taskcrm.tc_trust_gateway('regress_api_stranger');
-- The admins of each organization.
CREATE FUNCTION t.admins() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
  SELECT string_agg(t.show(o.id::text) || ': '
    || coalesce((SELECT string_agg(u.name, ' ' ORDER BY u.name) FROM taskcrm.member m
    JOIN taskcrm.app_user u ON u.id = m.user_id
    WHERE m.org_id = o.id AND m.role = 'admin' AND m.is_active AND u.is_active), 'nobody'), ', ' ORDER BY o.name)
      FROM taskcrm.organization o
$$;
-- Runs a statement and rolls it back; returns the resulting admins, or the error.
CREATE FUNCTION t.after(statement text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  EXECUTE t.ids(statement);
  RAISE USING ERRCODE = 'TT000', MESSAGE = t.admins();
EXCEPTION WHEN others THEN
  RETURN CASE WHEN sqlstate = 'TT000' THEN sqlerrm ELSE sqlstate || ' ' || sqlerrm END;
END
$$;
CREATE TABLE t.way (n serial, statement text);
INSERT INTO t.way (statement) VALUES
  ($$SELECT taskcrm.tc_remove_member('{alice}')$$),
  ($$SELECT taskcrm.tc_remove_member('{amy}')$$),
  ($$SELECT taskcrm.tc_set_member_role('{alice}', 'member')$$),
  ($$SELECT taskcrm.tc_deactivate_member('{alice}')$$),
  ($$DELETE FROM taskcrm.member WHERE user_id = '{alice}'$$),
  ($$DELETE FROM taskcrm.member$$),
  ($$DELETE FROM taskcrm.member WHERE user_id <> '{alice}' AND user_id <> '{carl}'$$),
  ($$UPDATE taskcrm.member SET role = 'member' WHERE user_id = '{alice}'$$),
  ($$UPDATE taskcrm.member SET role = 'member'$$),
  ($$UPDATE taskcrm.member SET is_active = false WHERE user_id = '{alice}'$$),
  ($$UPDATE taskcrm.member SET is_active = NOT is_active$$),
  ($$UPDATE taskcrm.member SET role = role, is_active = is_active$$),
  ($$UPDATE taskcrm.member SET role = CASE role WHEN 'admin' THEN 'member' ELSE 'admin' END$$),
  ($$UPDATE taskcrm.member SET role = CASE user_id WHEN '{amy}' THEN 'admin' ELSE 'member' END$$),
  ($$UPDATE taskcrm.member SET role = CASE user_id WHEN '{ida}' THEN 'admin' ELSE 'member' END$$),
  ($$MERGE INTO taskcrm.member m
    USING (VALUES ('{alice}'::uuid)) v (id) ON m.user_id = v.id WHEN MATCHED THEN DELETE$$),
  ($$MERGE INTO taskcrm.member m USING (VALUES ('{alice}'::uuid)) v (id) ON m.user_id = v.id WHEN MATCHED THEN UPDATE
    SET role = 'member'$$),
  ($$MERGE INTO taskcrm.member m
    USING (VALUES ('{alice}'::uuid, 'member'), ('{amy}', 'admin')) v (id, role) ON m.user_id = v.id WHEN MATCHED
    THEN UPDATE SET role = v.role$$),
  ($$INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ('{acme}', '{alice}', 'member')
    ON CONFLICT (org_id, user_id) DO UPDATE SET role = excluded.role$$),
  ($$WITH d AS (DELETE FROM taskcrm.member WHERE user_id = '{alice}') INSERT INTO taskcrm.member (org_id, user_id, role)
    VALUES ('{acme}', '{nemo}', 'admin')$$),
  ($$WITH d AS (DELETE FROM taskcrm.member WHERE user_id = '{alice}') UPDATE taskcrm.member SET role = 'admin'
    WHERE user_id = '{ann}'$$),
  ($$DO $do$ BEGIN UPDATE taskcrm.member SET role = 'admin' WHERE user_id = '{ann}'; DELETE FROM taskcrm.member
    WHERE user_id = '{alice}'; END $do$ $$);
GRANT SELECT ON t.way TO PUBLIC;
\o
\c - regress_api_alice
SELECT statement, t.after(statement) FROM t.way ORDER BY n;
SELECT t.try('SELECT taskcrm.tc_remove_member(taskcrm.tc_current_user())');
-- Through a gateway, by claims and by setting.
\c - regress_api_stranger
BEGIN;
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', t.id('alice'))::text, true) <> '' AS claims;
SELECT t.after('DELETE FROM taskcrm.member WHERE user_id = ''{alice}''');
SELECT t.after('UPDATE taskcrm.member SET role = ''member''');
SELECT t.after('SELECT taskcrm.tc_remove_member(''{alice}'')');
ROLLBACK;
BEGIN;
SELECT set_config('taskcrm.user_id', t.id('bob')::text, true) <> '' AS setting;
SELECT t.after('UPDATE taskcrm.member SET is_active = false WHERE user_id = ''{bob}''');
ROLLBACK;
-- Admins of the other organization do not count.
\c - regress_api_bob
SELECT t.after('SELECT taskcrm.tc_remove_member(''{bob}'')');
SELECT t.after('DELETE FROM taskcrm.member WHERE org_id = ''{acme}''');

-- With two admins, either can be removed, but not both. An admin whose user is inactive does not
-- count and can be removed.
\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_add_member(t.id('acme'), t.id('ann'), 'admin');
\c - regress_api_alice
SELECT t.after('SELECT taskcrm.tc_remove_member(''{alice}'')'), t.after('SELECT taskcrm.tc_remove_member(''{ann}'')');
SELECT t.after('UPDATE taskcrm.member SET role = ''member'''),
  t.after('DELETE FROM taskcrm.member WHERE role = ''admin''');
SELECT t.after('DO $do$ BEGIN PERFORM taskcrm.tc_remove_member(''{ann}''); PERFORM taskcrm.tc_remove_member(''{alice}''); END $do$');
\c - :api_superuser
SET client_min_messages = warning;
UPDATE taskcrm.app_user SET is_active = false WHERE id = t.id('ann');
\c - regress_api_alice
SELECT t.after('SELECT taskcrm.tc_remove_member(''{alice}'')'), t.after('SELECT taskcrm.tc_remove_member(''{ann}'')');
SELECT t.after('UPDATE taskcrm.member SET is_active = false WHERE user_id = ''{ann}''');

-- Database administrators. A role that is subject to row-level security does not count as one.
\c - :api_superuser
SET client_min_messages = warning;
SELECT t.after('DELETE FROM taskcrm.member WHERE user_id = ''{alice}''');
SELECT t.after('UPDATE taskcrm.member SET role = ''member''');
SELECT t.after('UPDATE taskcrm.app_user SET is_active = false WHERE id = ''{alice}''');
SELECT t.after('SELECT taskcrm.tc_add_member(''{acme}'', ''{alice}'', ''member'')');
SELECT t.after('SELECT taskcrm.tc_delete_organization(''{acme}'')');
SELECT t.after('DELETE FROM taskcrm.organization WHERE id = ''{umbrella}''');
GRANT EXECUTE ON FUNCTION taskcrm.tc_add_member(uuid, uuid, text), taskcrm.tc_delete_organization(uuid)
  TO regress_api_nemo;
\c - regress_api_nemo
SELECT t.after('SELECT taskcrm.tc_add_member(''{acme}'', ''{alice}'', ''member'')');
SELECT t.after('SELECT taskcrm.tc_delete_organization(''{acme}'')');

\set ECHO none
\i :teardown
