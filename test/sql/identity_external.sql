-- Users and organizations that tokens, claims and settings name by their external ids, at every
-- door; and users whom a verified email identifies.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set tokens :srcdir /sql/include/tokens.sql
\set drop_tokens :srcdir /sql/include/drop_tokens.sql
\set ECHO none
\i :setup
\set ECHO none
\i :tokens
SELECT taskcrm.tc_add_jwt_key('one', 'HS256', 'the secret of issuer 1, 32+ bytes') \g /dev/null
-- The identity of the session in one line.
CREATE FUNCTION public.identity() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', coalesce('user ' || right(taskcrm.tc_current_user()::text, 1), 'nobody'),
    coalesce('org ' || right(taskcrm.tc_current_org()::text, 1), '(no org)'),
    coalesce('by ' || (w ->> 'source'), '(no source)'),
    (SELECT count(*) FROM taskcrm.task) || ' tasks', '- ' || (w ->> 'problem'))
  FROM taskcrm.tc_whoami() AS w
$$;
-- A token with a sub and more claims.
CREATE FUNCTION public.token_of(sub text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
  SELECT jwt('{"alg": "HS256", "kid": "one"}', format('{"sub": %s, "exp": %s%s}', to_json(sub),
    floor(extract(epoch FROM clock_timestamp()) + 600)::bigint, more))
$$;
-- The identity that claims give to a gateway.
CREATE FUNCTION public.by_claims(claims text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', claims, true);
  RETURN identity();
END $$;
-- The answer of the REST API: the number of tasks, or the error.
CREATE FUNCTION public.requested(headers jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT r.status || ' ' || coalesce(a ->> 'count', a ->> 'message')
  FROM taskcrm.tc_http_request('GET', '/api/tasks/', headers) r, LATERAL CAST(convert_from(r.body, 'UTF8') AS json) AS a
$$;
\set ECHO all
\t on
\pset format unaligned

-- Who may be named how: provisioning sets external ids, and finds users by them.
SELECT attempt($$SELECT taskcrm.tc_update_user(id('user', 2), '{"external_id": "auth0|Bob"}')$$);
SELECT attempt($$SELECT taskcrm.tc_update_user(id('user', 3), '{"external_id": "https://id.test/#cyd"}')$$);
SELECT attempt($$SELECT taskcrm.tc_update_user(id('user', 4), '{"external_id": "CANARY"}')$$);
SELECT taskcrm.tc_link_organization(id('org', 1), 'org_acme'), taskcrm.tc_link_organization(id('org', 2), 'org_globex');
SELECT id, external_id FROM taskcrm.organization ORDER BY id;

-- What is no external id: a uuid in any form, and what is not 1 to 255 printable ASCII characters.
CREATE TABLE public.wrong (number serial, what text, value text);
INSERT INTO wrong (what, value) VALUES ('a uuid', id('user', 1)::text), ('in capitals', 'ABCDEFAB-CDEF-7ABC-8DEF-ABCDEFABCDEF'),
  ('without hyphens', replace(id('user', 1)::text, '-', '')), ('in braces', '{' || id('user', 1) || '}'),
  ('other hyphens', '00000002-00007000-80000000-00000001'), ('empty', ''), ('a space', ' '), ('space before', ' x'),
  ('space behind', 'x '), ('a tab', E'x\ty'), ('a line feed', E'x\n'), ('DEL', E'x\u007f'), ('a letter that is not ASCII', U&'b\00f6b'),
  ('a no-break space', U&'x\00a0'), ('a zero-width space', U&'x\200b'), ('a right-to-left override', U&'x\202e'),
  ('256 characters', repeat('x', 256));
SELECT what, split_part(attempt(format('SELECT taskcrm.tc_update_user(id(''user'', 1), %L)',
    json_build_object('external_id', value))), E'\n', 2),
  split_part(attempt(format('SELECT taskcrm.tc_link_organization(id(''org'', 1), %L)', value)), ':', 1),
  left(attempt(format('UPDATE taskcrm.app_user SET external_id = %L WHERE id = id(''user'', 1)', value)), 5),
  left(attempt(format('UPDATE taskcrm.organization SET external_id = %L WHERE id = id(''org'', 1)', value)), 5)
FROM wrong ORDER BY number;
SELECT attempt(format('SELECT taskcrm.tc_update_user(id(''user'', 1), %L)', json_build_object('external_id', v))) IS NOT NULL,
  (SELECT length(external_id) FROM taskcrm.app_user WHERE id = id('user', 1))
FROM unnest(ARRAY[repeat('x', 255)]) v;
SELECT length(external_id) FROM taskcrm.app_user WHERE id = id('user', 1);
-- They are unique.
SELECT attempt($$SELECT taskcrm.tc_update_user(id('user', 1), '{"external_id": "auth0|Bob"}')$$);
SELECT attempt($$SELECT taskcrm.tc_link_organization(id('org', 1), 'org_globex')$$);
SELECT attempt($$SELECT taskcrm.tc_create_user('new@x.test', external_id => 'auth0|Bob')$$);
SELECT attempt($$SELECT taskcrm.tc_create_organization('New', external_id => 'org_acme')$$);
SELECT left(attempt($$UPDATE taskcrm.app_user SET external_id = 'auth0|Bob' WHERE id = id('user', 1)$$), 5);

-- A gateway's claims: sub, exactly as it is stored; and the organization.
\connect - regress_gateway
BEGIN;
SELECT by_claims('{"sub": "auth0|Bob"}');
SELECT by_claims('{"sub": "auth0\u007cBob"}');
SELECT by_claims('{"sub": "https://id.test/#cyd"}');
SELECT by_claims('{"sub": "https://id.test/#cyd", "org_id": "org_globex"}');
SELECT by_claims('{"sub": "https://id.test/#cyd", "org_id": "00000001-0000-7000-8000-000000000002"}');
SELECT by_claims('{"sub": "00000002-0000-7000-8000-000000000003", "org_id": "org_acme"}');
SELECT by_claims('{"sub": "auth0|Bob", "org_id": "org_globex"}');
-- Another case, a part, a number, an email without the setting: nobody.
SELECT sub, by_claims('{"sub": ' || sub || ', "email": "bob@acme.test", "email_verified": true}')
  FROM unnest(ARRAY['"auth0|bob"', '"auth0|Bo"', '"auth0|Bob "', '"unknown"', '"%"', '1', 'null', '""', '["auth0|Bob"]',
  '"auth0|Bob\u0000"', '"auth0|B\u00f6b"', '"{00000002-0000-7000-8000-000000000002}"', '"bob@acme.test"']) sub;
SELECT by_claims(json_build_object('sub', repeat('x', 256))::text), by_claims(json_build_object('sub', repeat('x', 255))::text);
-- An organization that does not exist makes the caller nobody.
SELECT org, by_claims('{"sub": "auth0|Bob", "org_id": ' || org || '}')
  FROM unnest(ARRAY['"ORG_ACME"', '"unknown"', '"acme "', '17', '{"id": "org_acme"}', '""', 'null']) org;
COMMIT;
-- taskcrm.user_id and taskcrm.org_id.
BEGIN;
SET LOCAL taskcrm.user_id = 'https://id.test/#cyd';
SELECT identity();
SET LOCAL taskcrm.org_id = 'org_globex';
SELECT identity();
SET LOCAL taskcrm.org_id = 'org_acme';
SELECT identity();
SET LOCAL taskcrm.user_id = 'unknown';
SELECT identity();
SET LOCAL taskcrm.user_id = 'b b ';
SELECT identity();
COMMIT;
SELECT identity();
-- A token.
\connect - regress_nobody
BEGIN;
SELECT login(token_of('auth0|Bob'));
SELECT identity();
SELECT taskcrm.tc_create_task('{"title": "By an external id"}') ->> 'title';
-- The same token again; another one is refused, also one that names the same user by the id.
SELECT login(token(2));
ROLLBACK;
BEGIN;
SELECT login(token_of('https://id.test/#cyd', ', "org_id": "org_globex"'));
SELECT identity();
SET LOCAL taskcrm.org_id = 'org_acme';
SELECT identity();
-- An organization that does not exist looks the same.
SET LOCAL taskcrm.org_id = 'org_nowhere';
SELECT identity();
ROLLBACK;
SELECT login(token_of(sub)) FROM unnest(ARRAY['auth0|bob', 'unknown', '', 'x ', repeat('x', 256)]) sub;
SELECT login(token_of('auth0|Bob', ', "org_id": "unknown"'));
SELECT login(token_of('auth0|Bob', ', "org_id": 17'));
-- HTTP: the token, and the header organization-id.
SELECT requested(jsonb_build_object('authorization', 'Bearer ' || token_of('auth0|Bob')));
SELECT requested(jsonb_build_object('authorization', 'Bearer ' || token_of('unknown')));
SELECT org, requested(jsonb_build_object('authorization', 'Bearer ' || token_of('https://id.test/#cyd'), 'organization-id', org))
  FROM unnest(ARRAY['org_acme', 'org_globex', 'org_nowhere', 'Org_Acme', '{org_acme}', id('org', 2)::text]) org;
-- Selecting says nothing about other organizations: unknown and foreign are the same.
\connect - regress_bob
SET taskcrm.org_id = 'org_globex';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET taskcrm.org_id = 'org_nowhere';
SELECT identity(), attempt('SELECT taskcrm.tc_list_tasks()');
SET taskcrm.org_id = 'org_acme';
SELECT identity();
-- Only somebody who is a member sees an external id, and no client changes one.
SELECT external_id FROM taskcrm.organization;
SELECT external_id FROM taskcrm.app_user WHERE external_id NOT LIKE 'xxx%' ORDER BY 1;
SELECT attempt($$UPDATE taskcrm.app_user SET external_id = 'x'$$);
SELECT attempt($$SELECT taskcrm.tc_update_user(id('user', 2), '{"external_id": "x"}')$$);

-- An external id that changes hands takes effect in the next statement, for claims, tokens and
-- settings. The sessions keep what they looked up.
\connect - regress_gateway
BEGIN;
SELECT by_claims('{"sub": "auth0|Bob"}');
\connect - :superuser
SELECT taskcrm.tc_trust_gateway(current_user::name) \g /dev/null
BEGIN;
SET LOCAL row_security = on;
SELECT right(taskcrm.tc_login(token_of('auth0|Bob')) -> 'user' ->> 'id', 1);
SELECT right(taskcrm.tc_update_user(id('user', 2), '{"external_id": null}') ->> 'id', 1);
SELECT taskcrm.tc_current_user(), taskcrm.tc_whoami() ->> 'problem';
SELECT right(taskcrm.tc_update_user(id('user', 4), '{"external_id": "auth0|Bob"}') ->> 'id', 1);
SELECT right(taskcrm.tc_current_user()::text, 1);
ROLLBACK;
BEGIN;
SELECT set_config('request.jwt.claims', '{"sub": "auth0|Bob", "org_id": "org_acme"}', true) \g /dev/null
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1);
SELECT taskcrm.tc_link_organization(id('org', 1), NULL) \g /dev/null
SELECT taskcrm.tc_current_user(), taskcrm.tc_whoami() ->> 'problem', taskcrm.tc_whoami() ->> 'hint';
SELECT taskcrm.tc_link_organization(id('org', 1), 'org_acme') \g /dev/null
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1);
UPDATE taskcrm.app_user SET external_id = 'auth0|Robert' WHERE id = id('user', 2);
SELECT taskcrm.tc_current_user();
ROLLBACK;

-- taskcrm.jwt_ignore_unknown_org: a claim of that name that names nothing here selects nothing.
SELECT attempt('SET taskcrm.jwt_ignore_unknown_org = on');
ALTER ROLE regress_gateway SET taskcrm.jwt_ignore_unknown_org = on;
\connect - regress_gateway
SELECT taskcrm.tc_current_user();
SELECT attempt('SET taskcrm.jwt_ignore_unknown_org = off');
SELECT attempt('SET taskcrm.jwt_email_login = on');
BEGIN;
SELECT org, by_claims('{"sub": "auth0|Bob", "org_id": ' || org || '}')
  FROM unnest(ARRAY['"unknown"', '"org_acme"', '"00000001-0000-7000-8000-000000000001"', '"00000001-0000-7000-8000-000000000099"',
  '17', '{"id": "org_acme"}', '["org_acme"]', '" "']) org;
-- One of another organization still limits the caller to it.
SELECT by_claims('{"sub": "auth0|Bob", "org_id": "org_globex"}');
SELECT by_claims('{"sub": "auth0|Bob", "org_id": "00000001-0000-7000-8000-000000000002"}');
SELECT login(token_of('auth0|Bob', ', "org_id": "unknown"'));
SELECT identity();
COMMIT;

-- taskcrm.jwt_email_login: a verified email identifies a user without an external id, if sub names
-- nobody.
\connect - :superuser
SELECT right(taskcrm.tc_update_user(id('user', 1), '{"external_id": null}') ->> 'id', 1);
ALTER ROLE regress_gateway RESET ALL;
ALTER ROLE regress_gateway SET taskcrm.jwt_email_login = on;
\connect - regress_gateway
BEGIN;
SELECT claims, by_claims(claims) FROM unnest(ARRAY[
  '{"sub": "new", "email": "ada@acme.test", "email_verified": true}',
  '{"sub": "new", "email": "ADA@Acme.TEST", "email_verified": true}',
  '{"sub": "00000002-0000-7000-8000-000000000077", "email": "ada@acme.test", "email_verified": true}',
  '{"email": "ada@acme.test", "email_verified": true}',
  '{"sub": "new", "email": "ada@acme.test", "email_verified": false}',
  '{"sub": "new", "email": "ada@acme.test", "email_verified": "true"}',
  '{"sub": "new", "email": "ada@acme.test", "email_verified": 1}',
  '{"sub": "new", "email": "ada@acme.test"}',
  '{"sub": "new", "email": ["ada@acme.test"], "email_verified": true}',
  '{"sub": "new", "email": "ad@acme.test", "email_verified": true}',
  '{"sub": "new", "email": "%", "email_verified": true}',
  -- Who has an external id is not identified by the email.
  '{"sub": "new", "email": "bob@acme.test", "email_verified": true}',
  -- A user that sub names is used, whatever the email.
  '{"sub": "auth0|Bob", "email": "ada@acme.test", "email_verified": true}',
  '{"sub": "00000002-0000-7000-8000-000000000002", "email": "ada@acme.test", "email_verified": true}']) claims;
SELECT login(token_of('new', ', "email": "ada@acme.test", "email_verified": true'));
SELECT identity();
COMMIT;
-- A user who is not active is not replaced by the one with the email.
\connect - :superuser
SELECT taskcrm.tc_deactivate_user(id('user', 2)) \g /dev/null
\connect - regress_gateway
BEGIN;
SELECT by_claims('{"sub": "00000002-0000-7000-8000-000000000002", "email": "ada@acme.test", "email_verified": true}');
SELECT by_claims('{"sub": "auth0|Bob", "email": "ada@acme.test", "email_verified": true}');
COMMIT;
\connect - :superuser
SELECT taskcrm.tc_reactivate_user(id('user', 2)) \g /dev/null
-- The email that changes hands takes effect too.
\connect - :superuser
SET taskcrm.jwt_email_login = on;
BEGIN;
SELECT set_config('request.jwt.claims', '{"sub": "new", "email": "ada@acme.test", "email_verified": true}', true) \g /dev/null
SELECT right(taskcrm.tc_current_user()::text, 1);
SELECT taskcrm.tc_update_user(id('user', 1), '{"email": "ada2@acme.test"}') ->> 'email';
SELECT taskcrm.tc_current_user();
SELECT taskcrm.tc_update_user(id('user', 1), '{"email": "ada@acme.test"}') ->> 'email';
SELECT right(taskcrm.tc_current_user()::text, 1);
SET LOCAL taskcrm.jwt_email_login = off;
SELECT taskcrm.tc_current_user();
ROLLBACK;
SELECT taskcrm.tc_distrust_gateway(current_user::name) \g /dev/null

\set ECHO none
DROP TABLE public.wrong;
DROP FUNCTION public.requested(jsonb);
DROP FUNCTION public.by_claims(text);
DROP FUNCTION public.token_of(text, text);
DROP FUNCTION public.identity();
\i :drop_tokens
\i :teardown
