-- Invitations: who may create, see, revoke and accept them, that a token works once, and that
-- whatever is wrong with an invitation gives one error.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
-- The tokens of invitations by name, as the invited have received them.
CREATE TABLE t.token (name text PRIMARY KEY, id uuid, token text);
GRANT SELECT, INSERT, DELETE ON t.token TO PUBLIC;
CREATE FUNCTION t.invite(name text, email text, role text DEFAULT 'member', expires_on timestamptz DEFAULT NULL)
  RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer json;
BEGIN
  answer := taskcrm.tc_invite_member(email, role, expires_on);
  INSERT INTO t.token VALUES (name, (answer ->> 'id')::uuid, answer ->> 'token');
  RETURN t.show(replace(answer::text, answer ->> 'token', 'TOKEN'));
END
$$;
CREATE FUNCTION t.accept(wanted text) RETURNS text LANGUAGE sql AS $$
  SELECT t.try(format('SELECT taskcrm.tc_accept_invitation(%L)', (SELECT k.token FROM t.token k WHERE k.name = wanted)))
$$;
CREATE FUNCTION t.revoke(wanted text) RETURNS text LANGUAGE sql AS $$
  SELECT t.try(format('SELECT taskcrm.tc_revoke_invitation(%L)', (SELECT k.id FROM t.token k WHERE k.name = wanted)))
$$;
CREATE FUNCTION t.bytes(token text) RETURNS bytea LANGUAGE sql
  AS $$ SELECT decode(translate(token, '-_', '+/') || '==', 'base64') $$;
CREATE FUNCTION t.left_over() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
  SELECT concat_ws(' ', count(*), 'invitations,', count(accepted_on), 'accepted') FROM taskcrm_internal.invitation
  WHERE org_id = t.id('acme')
$$;
\o

-- Refused: a plain member, a user without an organization, a login without a user, a caller with
-- two organizations and none selected. A user without an organization may accept one.
\c - regress_api_amy
SELECT t.try('SELECT taskcrm.tc_invite_member(''x@y.example'')'), t.try('SELECT taskcrm.tc_list_invitations()'),
  t.try('SELECT taskcrm.tc_revoke_invitation(NULL)');
SELECT t.try('SELECT count(*) FROM taskcrm_internal.invitation');
\c - regress_api_nemo
SELECT t.try('SELECT taskcrm.tc_invite_member(''x@y.example'')'), t.accept('none');
\c - regress_api_stranger
SELECT t.try('SELECT taskcrm.tc_invite_member(''x@y.example'')'), t.accept('none');
\c - regress_api_carl
SELECT t.try('SELECT taskcrm.tc_invite_member(''x@y.example'')');

-- Wrong arguments.
\c - regress_api_alice
SELECT v, t.try(format('SELECT taskcrm.tc_invite_member(%s)', v)) FROM unnest(ARRAY['''''', ''' ''', '''nobody''', '''@y.example''',
  'repeat(''x'', 250) || ''@y.example''', '''x@y.example'', ''owner''', '''x@y.example'', NULL',
  '''x@y.example'', ''member'', now() - interval ''1 minute''', '''x@y.example'', ''member'', now() + interval ''367 days''',
  '''x@y.example'', ''member'', ''infinity''', '''x@y.example'', ''member'', ''-infinity''']) WITH ORDINALITY AS w (v, n) ORDER BY n;
SELECT t.try('SELECT taskcrm.tc_revoke_invitation(NULL)'), t.try('SELECT taskcrm.tc_accept_invitation(NULL)');
SELECT t.left_over();

-- An invitation, with its token; the table has the hash alone, and the list has neither.
SELECT t.invite('nemo', 'NEMO@nowhere.EXAMPLE');
SELECT t.invite('any', NULL, 'admin', now() + interval '30 days');
SELECT length(token) AS length, token ~ '^[A-Za-z0-9_-]+$' AS url_safe FROM t.token ORDER BY name;
SELECT t.show(taskcrm.tc_list_invitations()::text);
\c - :api_superuser
SELECT k.name, i.token_hash = sha256(t.bytes(k.token)) AS hashed, i.expires_on - i.created_on BETWEEN interval '6 days 23 hours'
  AND interval '30 days' AS expires, i::text LIKE '%' || k.token || '%' AS readable, t.show(i.created_by::text)
FROM t.token k JOIN taskcrm_internal.invitation i ON i.id = k.id ORDER BY k.name;

-- Members, and users whom the admin did not mean. The admin of the other organization can neither
-- see nor revoke it.
\c - regress_api_amy
SELECT t.accept('nemo'), t.accept('any');
\c - regress_api_ida
SELECT t.accept('any');
\c - regress_api_bob
SELECT t.accept('nemo'), t.revoke('nemo');
SELECT taskcrm.tc_list_invitations();
SELECT t.invite('canary', 'CANARY@umbrella.example');

-- The user with that email, in any case, accepts it, once.
\c - regress_api_nemo
SELECT taskcrm.tc_current_org() IS NULL AS none;
SELECT t.accept('nemo');
SELECT t.show(taskcrm.tc_current_org()::text), taskcrm.tc_current_role(), (SELECT count(*) FROM taskcrm.task);
SELECT t.accept('nemo');
-- Whoever has the other token accepts it, once, as an admin. A member who tries does not use it up.
\c - :api_superuser
SELECT taskcrm.tc_link_login('regress_api_stranger', t.id('una')) IS NULL;
\c - regress_api_stranger
SELECT t.accept('any');
SELECT t.accept('any');
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT taskcrm.tc_current_role(), t.show(taskcrm.tc_list_invitations()::text);
\c - regress_api_alice
SELECT taskcrm.tc_list_invitations() ->> 'count' AS open, t.left_over();
-- It is too late to revoke.
SELECT t.revoke('nemo'), t.revoke('any');
-- A member cannot be invited again; of a user elsewhere nothing is told.
SELECT t.try('SELECT taskcrm.tc_invite_member(''AMY@acme.example'')'), t.try('SELECT taskcrm.tc_invite_member(''ida@acme.example'')');
SELECT t.invite('bob', 'bob@umbrella.example');

-- Revoked, replaced by another one for the same email, expired.
SELECT t.revoke('bob'), t.revoke('bob'), t.revoke('canary');
SELECT t.invite('bob1', 'bob@umbrella.example'), t.invite('bob2', 'Bob@Umbrella.example', 'admin');
SELECT t.invite('late', NULL);
\c - :api_superuser
SET session_replication_role = replica;
UPDATE taskcrm_internal.invitation SET expires_on = now() - interval '1 second' WHERE id = (SELECT k.id FROM t.token k WHERE k.name = 'late');
RESET session_replication_role;
\c - regress_api_bob
SELECT t.accept('bob'), t.accept('bob1'), t.accept('late');
-- Malformed and forged tokens. All of it is one error.
SELECT DISTINCT t.try(format('SELECT taskcrm.tc_accept_invitation(%L)', v)) FROM t.token k, LATERAL (VALUES (''), ('x'), (k.token || 'x'),
  (left(k.token, 85)), (overlay(k.token PLACING '!' FROM 5)), (reverse(k.token)), (left(k.token, 70) || repeat('A', 16)),
  (repeat('A', 86)), (repeat('x', 1000000)), (k.id::text), (E'é' || left(k.token, 84))) AS w (v) WHERE k.name = 'bob2';
-- Claims that name another organization do not reach this one.
\c - :api_superuser
SELECT taskcrm.tc_unlink_login('regress_api_stranger') IS NULL, taskcrm.tc_trust_gateway('regress_api_stranger') IS NULL;
\c - regress_api_stranger
BEGIN;
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', t.id('bob'), 'org_id', t.id('umbrella'))::text, true) IS NULL;
SELECT t.accept('bob2');
SELECT set_config('request.jwt.claims', jsonb_build_object('sub', t.id('bob'), 'org_id', t.id('acme'))::text, true) IS NULL;
SELECT t.accept('bob2');
SELECT t.show(taskcrm.tc_current_org()::text), taskcrm.tc_current_role();
ROLLBACK;
-- After the rollback it is still open.
\c - regress_api_bob
SELECT t.accept('bob2');

-- Expired invitations are removed by later ones; the number of open ones is limited.
\c - regress_api_alice
SELECT t.left_over();
SELECT t.invite('next', NULL) IS NULL, t.left_over();
\c - :api_superuser
INSERT INTO taskcrm_internal.invitation (org_id, token_hash, expires_on)
SELECT t.id('acme'), sha256(g::text::bytea), now() + interval '1 day' FROM generate_series(1, 998) g;
\c - regress_api_alice
SELECT t.invite('last', 'last@x.example') IS NULL, taskcrm.tc_list_invitations() ->> 'count' AS count;
SELECT t.try('SELECT taskcrm.tc_invite_member(NULL)');
-- One that replaces another does not count.
SELECT t.invite('last again', 'LAST@x.example') IS NULL;

-- A trigger of the administrator that suppresses a row.
\c - :api_superuser
DELETE FROM taskcrm_internal.invitation WHERE created_by IS NULL;
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER suppress BEFORE INSERT OR UPDATE OR DELETE ON taskcrm_internal.invitation FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_alice
SELECT t.try('SELECT taskcrm.tc_invite_member(NULL)'), t.revoke('next'), t.try('SELECT taskcrm.tc_invite_member(''last@x.example'')');
\c - :api_superuser
SELECT taskcrm.tc_create_user('new@x.example', 'New', '0f000000-0000-4000-8000-0000000000f2') IS NULL;
SELECT taskcrm.tc_distrust_gateway('regress_api_stranger') IS NULL, taskcrm.tc_link_login('regress_api_stranger', '0f000000-0000-4000-8000-0000000000f2') IS NULL;
\c - regress_api_stranger
SELECT t.accept('next');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm_internal.invitation;
CREATE TRIGGER suppress BEFORE INSERT ON taskcrm.member FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_stranger
SELECT t.accept('next');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm.member;

-- They are deleted with the organization.
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT t.left_over(), count(*) AS others FROM taskcrm_internal.invitation;

\set ECHO none
\i :teardown
