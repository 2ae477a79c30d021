-- Users for provisioning: creating, finding, changing, deactivating, and synchronizing them with
-- an identity provider.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
CREATE ROLE regress_provider LOGIN;
GRANT USAGE ON SCHEMA taskcrm TO regress_provider;
DO $$
DECLARE
  f regprocedure;
BEGIN
  FOR f IN SELECT taskcrm_internal.provisioning_functions() LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO regress_provider', f);
  END LOOP;
END $$;
-- All users, and all memberships, in one text each; ids that are generated are not shown.
CREATE VIEW public.users AS
  SELECT concat_ws(' ', email, quote_literal(name), external_id, CASE WHEN NOT is_active THEN 'inactive' END) AS "user"
  FROM taskcrm.app_user WHERE email LIKE '%@new.test' ORDER BY email COLLATE "C";
CREATE VIEW public.members AS
  SELECT concat_ws(' ', u.email, o.name, m.role, CASE WHEN NOT m.is_active THEN 'inactive' END) AS member
  FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id JOIN taskcrm.organization o ON o.id = m.org_id
  WHERE u.email LIKE '%@new.test' ORDER BY u.email COLLATE "C", o.name COLLATE "C";
-- Changes with every row that is written.
CREATE VIEW public.versions AS
  SELECT string_agg(v, ' ' ORDER BY v) AS version FROM (
    SELECT id || '/' || xmin FROM taskcrm.app_user UNION ALL SELECT id || '/' || xmin FROM taskcrm.organization
    UNION ALL SELECT org_id || '/' || user_id || '/' || xmin FROM taskcrm.member) AS r (v);
GRANT SELECT ON public.users, public.members, public.versions TO regress_provider;
-- The answer without ids.
CREATE FUNCTION public.shown(answer json) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT regexp_replace(answer::text, '"id":"[^"]*",?', '', 'g')
$$;
\set ECHO all
\t on
\pset format unaligned

-- Clients execute none of these functions.
\connect - regress_ada
SELECT f, left(attempt('SELECT taskcrm.' || f), 5) FROM unnest(ARRAY['tc_update_user(id(''user'', 1), ''{}'')',
  'tc_find_user(''ada@acme.test'')', 'tc_deactivate_user(id(''user'', 4))', 'tc_reactivate_user(id(''user'', 4))',
  'tc_list_organizations()', 'tc_link_organization(id(''org'', 1), ''x'')', 'tc_sync_user(''x'', ''x@y'')']) f;

-- A role that was granted them is enough.
\connect - regress_provider
SELECT id = taskcrm.tc_create_user('ann@new.test', on_conflict => 'return'), left(id::text, 8)
  FROM taskcrm.tc_create_user('ann@new.test', 'Ann', id('user', 11), 'provider|ann') id;
-- A known email, in any case: an error, or the id of the user.
SELECT attempt('SELECT taskcrm.tc_create_user(''ann@new.test'')');
SELECT attempt('SELECT taskcrm.tc_create_user(''Ann@new.TEST'')');
SELECT taskcrm.tc_create_user('Ann@NEW.test', 'Another', id('user', 12), on_conflict => 'return');
SELECT taskcrm.tc_create_user('ann@new.test', external_id => 'provider|ann', on_conflict => 'return');
SELECT attempt($$SELECT taskcrm.tc_create_user('ann@new.test', external_id => 'provider|other', on_conflict => 'return')$$);
SELECT attempt($$SELECT taskcrm.tc_create_user('bo@new.test', id => id('user', 11), on_conflict => 'return')$$);
SELECT attempt($$SELECT taskcrm.tc_create_user('bo@new.test', external_id => 'provider|ann', on_conflict => 'return')$$);
SELECT attempt($$SELECT taskcrm.tc_create_user('bo@new.test', on_conflict => 'update')$$);
SELECT attempt($$SELECT taskcrm.tc_create_user('bo@new.test', on_conflict => NULL)$$);
SELECT * FROM users;
-- Emails: the syntax of the HTML standard, the limits of RFC 5321, and letters beyond ASCII.
SELECT email, split_part(attempt(format('SELECT taskcrm.tc_create_user(%L)', email)), E'\n', 2) FROM unnest(ARRAY[
  'x', '@', 'x@', '@x', 'x@x@y', 'x y@z', ' x@y', 'x@y ', 'x@y.', 'x@.y', 'x@y..z', 'x@-y', 'x@y-', 'x@y_z', 'x@[127.0.0.1]',
  '"x"@y', 'x(a)@y', 'x,y@z', 'x;y@z', '<x@y>', E'x@y\n', E'x\u0001@y', U&'x\200b@y', U&'x@y\202e', 'x@y/z']) email;
SELECT what, split_part(attempt(format('SELECT taskcrm.tc_create_user(%L)', email)), E'\n', 2) FROM (VALUES
  ('a long part before', repeat('x', 65) || '@new.test'), ('a long label', 'x@' || repeat('x', 64) || '.test'),
  ('255 characters', 'x@' || rpad('', 253, 'abcdefghi.'))) v (what, email);
SELECT count(taskcrm.tc_create_user(email)) FROM unnest(ARRAY[repeat('x', 64) || '@long.test', 'x@' || repeat('x', 63) || '.test',
  'x@' || rpad('', 252, 'abcdefghi.'), 'a.b+c@x-y.test', '!#$%&''*+/=?^_`{|}~-@x', 'x@y', U&'j\00f6rg@m\00fcller.test']) email;

-- Finding.
SELECT taskcrm.tc_find_user('ANN@new.test'), taskcrm.tc_find_user(external_id => 'provider|ann') ->> 'email';
SELECT taskcrm.tc_find_user('nobody@new.test') IS NULL, taskcrm.tc_find_user(external_id => 'provider|Ann') IS NULL,
  taskcrm.tc_find_user(external_id => id('user', 11)::text) IS NULL;
SELECT attempt('SELECT taskcrm.tc_find_user()');
SELECT attempt('SELECT taskcrm.tc_find_user(''ann@new.test'', ''provider|ann'')');
SELECT attempt('SELECT taskcrm.tc_find_user('' '')');
-- Changing: the keys that are sent.
SELECT taskcrm.tc_update_user(id('user', 11), '{}');
SELECT taskcrm.tc_update_user(id('user', 11), '{"name": "Ann Lee"}');
SELECT taskcrm.tc_update_user(id('user', 11), '{"email": "Ann@new.test", "external_id": null, "name": null}');
SELECT taskcrm.tc_update_user(id('user', 11), '{"email": "ann@new.test", "external_id": "provider|ann", "name": "Ann"}');
SELECT data, attempt(format('SELECT taskcrm.tc_update_user(id(''user'', 11), %L)', data)) FROM unnest(ARRAY['{"email": null}',
  '{"email": "x"}', '{"email": 1}', '{"email": "Ada@acme.test"}', '{"external_id": ""}', '{"external_id": []}', '{"name": {}}',
  '{"is_active": false}', '{"id": "x"}', '[]', '1']) data;
SELECT attempt('SELECT taskcrm.tc_update_user(id(''user'', 11), NULL)');
SELECT left(attempt('SELECT taskcrm.tc_update_user(id(''user'', 11), ''{"name": "' || repeat('x', 256) || '"}'')'), 100);
SELECT attempt('SELECT taskcrm.tc_update_user(id(''user'', 99), ''{"name": "x"}'')');
SELECT attempt('SELECT taskcrm.tc_update_user(NULL, ''{}'')');
-- Deactivating takes all access; the memberships remain.
SELECT taskcrm.tc_deactivate_user(id('user', 2));
\connect - regress_bob
SELECT taskcrm.tc_current_user(), taskcrm.tc_whoami() ->> 'problem';
\connect - regress_provider
SELECT taskcrm.tc_find_user('bob@acme.test') ->> 'is_active';
SELECT taskcrm.tc_reactivate_user(id('user', 2));
\connect - regress_bob
SELECT taskcrm.tc_current_user() IS NOT NULL, taskcrm.tc_current_role();
\connect - regress_provider
SELECT attempt('SELECT taskcrm.tc_deactivate_user(id(''user'', 99))');
SELECT attempt('SELECT taskcrm.tc_reactivate_user(NULL)');
-- Organizations.
SELECT taskcrm.tc_link_organization(id('org', 1), 'org_acme');
SELECT right(id::text, 1), name, external_id, created_on <= now(), members FROM taskcrm.tc_list_organizations();
SELECT attempt('SELECT taskcrm.tc_link_organization(id(''org'', 99), ''x'')');
SELECT attempt('SELECT taskcrm.tc_link_organization(NULL, ''x'')');

-- The first login of somebody whom the provider knows creates the user, organizations that have a
-- name, and memberships.
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cy@new.test', 'Cy', '[{"external_id": "org_acme"},
  {"external_id": "org_new", "name": "New", "role": "admin"}]'));
-- Again: nothing changes, and nothing is written.
CREATE TEMP TABLE before AS SELECT version FROM versions;
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cy@new.test', 'Cy', '[{"external_id": "org_new", "role": "admin"},
  {"external_id": "org_acme"}]'));
SELECT (SELECT version FROM versions) = version FROM before;
SELECT * FROM members;
-- What the provider does not say is kept.
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cy@new.test'));
-- Name, email and roles follow the provider.
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cyd@new.test', 'Cyd', '[{"external_id": "org_acme", "role": "admin"},
  {"external_id": "org_new"}]'));
-- The provider decides about organizations with an external id: one that it does not list is left.
-- Others are kept.
SELECT taskcrm.tc_add_member(id('org', 2), (taskcrm.tc_find_user('cyd@new.test') ->> 'id')::uuid);
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|cy', 'cyd@new.test', NULL, '[{"external_id": "org_acme"}]')$$);
SELECT * FROM members;
-- That was the last admin of org_new; with another one, it can be left.
SELECT shown(taskcrm.tc_sync_user('provider|di', 'di@new.test', 'Di', '[{"external_id": "org_new", "role": "admin"}]'));
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cyd@new.test', NULL, '[{"external_id": "org_acme"}]'));
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|di', 'di@new.test', NULL, '[{"external_id": "org_new", "role": "member"}]')$$);
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|di', 'di@new.test', NULL, '[{"external_id": "org_new", "is_active": false}]')$$);
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|di', 'di@new.test', NULL, '[]')$$);
SELECT * FROM members;
-- Who was deactivated here stays so, unless the provider says otherwise.
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cyd@new.test', NULL, '[{"external_id": "org_acme"}, {"external_id": "org_new"}]'));
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cyd@new.test', NULL, '[{"external_id": "org_acme"},
  {"external_id": "org_new", "is_active": true}]'));
SELECT taskcrm.tc_deactivate_user((taskcrm.tc_find_user('cyd@new.test') ->> 'id')::uuid);
SELECT shown(taskcrm.tc_sync_user('provider|cy', 'cyd@new.test', NULL, '[{"external_id": "org_acme", "is_active": true}]'));
SELECT taskcrm.tc_reactivate_user((taskcrm.tc_find_user('cyd@new.test') ->> 'id')::uuid);
-- A user with the email who has no external id becomes this user only if the email is verified.
SELECT taskcrm.tc_create_user('ed@new.test', 'Ed', id('user', 15));
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|ed', 'ED@new.test')$$);
SELECT taskcrm.tc_sync_user('provider|ed', 'ED@new.test', email_verified => true);
SELECT attempt($$SELECT taskcrm.tc_sync_user('other|ed', 'ed@new.test', email_verified => true)$$);
-- The email of another user cannot be taken over either.
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|di', 'ed@new.test')$$);
-- Ids of the provider that are uuids are the ids here.
SELECT taskcrm.tc_sync_user(id('user', 16)::text, 'fay@new.test', 'Fay', format('[{"id": "%s"}]', id('org', 1))::jsonb);
SELECT taskcrm.tc_sync_user(id('user', 16)::text, 'fay@new.test', 'Fay', format('[{"external_id": "%s", "role": "admin"}]', id('org', 1))::jsonb);
SELECT attempt($$SELECT taskcrm.tc_sync_user(id('user', 17)::text, 'fay@new.test', email_verified => true)$$);
-- Wrong input; nothing is left of a call that fails.
SELECT o, attempt(format('SELECT taskcrm.tc_sync_user(''provider|gus'', ''gus@new.test'', NULL, %L)', o)) FROM unnest(ARRAY['{}', '1',
  '[1]', '[{}]', '[{"name": "x"}]', '[{"external_id": "unknown"}]', '[{"id": "00000001-0000-7000-8000-000000000099"}]',
  '[{"id": "org_acme"}]', '[{"external_id": ""}]', '[{"external_id": null}]', '[{"external_id": "a b "}]',
  '[{"external_id": "org_acme", "role": "owner"}]', '[{"external_id": "org_acme", "role": 1}]',
  '[{"external_id": "org_acme", "is_active": 1}]', '[{"external_id": "org_acme", "members": []}]',
  '[{"external_id": "org_acme"}, {"external_id": "org_acme"}]',
  '[{"external_id": "org_acme"}, {"id": "00000001-0000-7000-8000-000000000001"}]',
  '[{"external_id": "org_acme", "id": "00000001-0000-7000-8000-000000000001"}]',
  '[{"external_id": "org_x", "name": " "}]']) o;
SELECT attempt(format('SELECT taskcrm.tc_sync_user(''provider|gus'', ''gus@new.test'', NULL, %L)',
  (SELECT json_agg(json_build_object('external_id', 'o' || i)) FROM generate_series(1, 1001) i)));
SELECT attempt($$SELECT taskcrm.tc_sync_user(NULL, 'gus@new.test')$$);
SELECT attempt($$SELECT taskcrm.tc_sync_user('x ', 'gus@new.test')$$);
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|gus', NULL)$$);
SELECT attempt($$SELECT taskcrm.tc_sync_user('provider|gus', 'gus')$$);
SELECT * FROM users;
SELECT * FROM members;
-- The other organization has the members that it had, and one who was added above.
\connect - regress_dan
SELECT count(*) FROM taskcrm.member;

-- A trigger that suppresses a row is an error.
\connect - :superuser
CREATE FUNCTION public.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER suppress BEFORE INSERT OR UPDATE ON taskcrm.app_user FOR EACH ROW EXECUTE FUNCTION public.suppress();
SELECT left(attempt(c), 5) FROM unnest(ARRAY['SELECT taskcrm.tc_create_user(''hal@new.test'')',
  'SELECT taskcrm.tc_update_user(id(''user'', 11), ''{"name": "x"}'')', 'SELECT taskcrm.tc_deactivate_user(id(''user'', 11))',
  'SELECT taskcrm.tc_sync_user(''provider|hal'', ''hal@new.test'')']) c;
DROP TRIGGER suppress ON taskcrm.app_user;
CREATE TRIGGER suppress BEFORE INSERT OR UPDATE ON taskcrm.member FOR EACH ROW EXECUTE FUNCTION public.suppress();
SELECT left(attempt(c), 5) FROM unnest(ARRAY[
  'SELECT taskcrm.tc_sync_user(''provider|hal'', ''hal@new.test'', NULL, ''[{"external_id": "org_acme"}]'')',
  'SELECT taskcrm.tc_sync_user(''provider|cy'', ''cyd@new.test'', NULL, ''[{"external_id": "org_acme", "role": "member"}]'')']) c;
DROP TRIGGER suppress ON taskcrm.member;
CREATE TRIGGER suppress BEFORE INSERT OR UPDATE ON taskcrm.organization FOR EACH ROW EXECUTE FUNCTION public.suppress();
SELECT left(attempt(c), 5) FROM unnest(ARRAY['SELECT taskcrm.tc_link_organization(id(''org'', 1), ''x'')',
  'SELECT taskcrm.tc_create_organization(''x'')',
  'SELECT taskcrm.tc_sync_user(''provider|hal'', ''hal@new.test'', NULL, ''[{"external_id": "org_hal", "name": "Hal"}]'')']) c;
DROP TRIGGER suppress ON taskcrm.organization;

\set ECHO none
DROP FUNCTION public.suppress();
DROP VIEW public.users, public.members, public.versions;
DROP FUNCTION public.shown(json);
DROP OWNED BY regress_provider;
DROP ROLE regress_provider;
\i :teardown
