-- Logging in with a token: which user it identifies, how long it lasts, and that every kind of
-- forged token fails.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set tokens :srcdir /sql/include/tokens.sql
\set drop_tokens :srcdir /sql/include/drop_tokens.sql
\set ECHO none
\i :setup
\set ECHO none
\i :tokens
\set rsa_pem '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA70UzZKaR0x7WXfZ31tTd\nfZJ0u1xkyuxqTGwXib4OPh+YqsjIKAG5kUx5ViWZcB81Z2OPM10wauQa8O3HqnID\n1zvq6n3WXLdLrW7TW77Yw/p1XU5hgj+A7tlOTAJ8GPQIa4pekaxgNMoeTy1uWFlc\npmDa8wf/XvEs8zysFkKrGPToWlBSb0Ltvy4+QCfBe3N4Jf3mAc8QFmTnn0d8GT53\nP9Wmb8Du2o7c7JY1ON3Ed3dtwX3eK6YR5j1pb/eVdUvsraAbXLRYx5wqKs3HSu/t\nlavGpbB4MNY9iqxQq+AEofJEiyquMwco+ufhiAz3whHa0/c6hEz+Ca3HeZAINdEs\nQwIDAQAB\n-----END PUBLIC KEY-----\n'
SELECT taskcrm.tc_add_jwt_key('one', 'HS256', 'the secret of issuer 1, 32+ bytes') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('two', 'HS256', 'the secret of issuer 2, 32+ bytes', 'https://issuer.test', 'crm')
  \g /dev/null
SELECT taskcrm.tc_add_jwt_key('rsa', 'RS256', :'rsa_pem') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('ec', 'ES256',
  '{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}') \g /dev/null
-- The identity of the session in one line.
CREATE FUNCTION public.identity() RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' ', coalesce('user ' || right(taskcrm.tc_current_user()::text, 1), 'nobody'),
    coalesce('org ' || right(taskcrm.tc_current_org()::text, 1), '(no org)'),
      coalesce(taskcrm.tc_current_role(), '(no role)'),
    coalesce('by ' || (w ->> 'source'), '(no source)'),
    (SELECT count(*) FROM taskcrm.task) || ' tasks', '- ' || (w ->> 'problem'))
  FROM taskcrm.tc_whoami() AS w
$$;
\set ECHO all
\t on
\pset format unaligned

-- The function returns the same as tc_whoami(). Without BEGIN, the login lasts for one statement.
\connect - regress_nobody
SELECT taskcrm.tc_login(token(2));
SELECT identity();
BEGIN;
SELECT login(token(2));
SELECT identity();
SELECT taskcrm.tc_whoami() ->> 'source', taskcrm.tc_whoami() ->> 'login', taskcrm.tc_whoami()::text ~ 'ey';
SELECT taskcrm.tc_create_task('{"title": "By token"}') ->> 'title';
COMMIT;
SELECT identity();
SELECT attempt('SELECT taskcrm.tc_list_tasks()');
BEGIN;
SELECT login(token(2));
ROLLBACK;
SELECT identity();
-- It works in a read-only transaction, because it writes nothing.
BEGIN READ ONLY;
SELECT login(token(2));
COMMIT;

-- Savepoints.
BEGIN;
SAVEPOINT a;
SELECT login(token(2));
SAVEPOINT b;
SELECT identity();
ROLLBACK TO b;
SELECT identity();
ROLLBACK TO a;
SELECT identity();
-- Afterwards another user can log in; releasing a savepoint keeps the login.
SAVEPOINT c;
SELECT login(token(1));
RELEASE c;
SELECT identity();
COMMIT;
SELECT identity();

-- One token per transaction: another one is an error, the same one is accepted.
BEGIN;
SELECT set_config('x.token', token(2), true) IS NULL;
SELECT login(current_setting('x.token'));
SELECT login(current_setting('x.token'));
SELECT login(token(1));
SELECT login(token(2, 900));
SELECT identity();
-- An invalid token does not end the login.
SELECT login('wrong');
SELECT identity();
COMMIT;

-- Only tc_login() can write the setting that stores the identity.
SELECT attempt('SHOW taskcrm.token_identity') ~ '^42501';
BEGIN;
SELECT login(token(2));
SELECT attempt('SET taskcrm.token_identity = ''x''');
SELECT attempt('SET LOCAL taskcrm.token_identity = ''''');
SELECT attempt('RESET taskcrm.token_identity');
SELECT attempt('RESET ALL');
SELECT attempt('SELECT set_config(''taskcrm.token_identity'', '''', true)');
SELECT count(*) FROM pg_settings WHERE name = 'taskcrm.token_identity';
SELECT identity();
COMMIT;
-- Not a superuser, nor a role with the SET privilege, nor a value set before the library is loaded.
\connect - :superuser
GRANT SET ON PARAMETER taskcrm.token_identity TO regress_nobody;
SELECT format('%s %s %s 1+%s', id('user', 2), id('org', 1), id, '900000000000000000') AS forged
FROM taskcrm_internal.jwt_key WHERE kid = 'one' \gset
ALTER ROLE regress_nobody SET taskcrm.token_identity = :'forged';
SELECT taskcrm.tc_current_user();
SELECT attempt(format('SET taskcrm.token_identity = %L',
  :'forged')) ~ '^22023: invalid value for parameter "taskcrm.token_identity"';
SELECT attempt(format('ALTER ROLE regress_bob SET taskcrm.token_identity = %L',
  :'forged')) ~ '^22023: invalid value for parameter "taskcrm.token_identity"';
\connect - regress_nobody
SET client_min_messages = error;
SET taskcrm.token_identity = :'forged';
SELECT identity();
SELECT attempt(format('SET taskcrm.token_identity = %L',
  :'forged')) ~ '^22023: invalid value for parameter "taskcrm.token_identity"';
CREATE FUNCTION pg_temp.forge() RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('taskcrm.token_identity', '00000002-0000-7000-8000-000000000002 x', true);
  RETURN public.identity();
END $$;
SELECT attempt('SELECT pg_temp.forge()') ~ '^22023';
SELECT identity();
\connect - :superuser
REVOKE SET ON PARAMETER taskcrm.token_identity FROM regress_nobody;
ALTER ROLE regress_nobody RESET taskcrm.token_identity;

-- A token overrides every other source; a refused token changes nothing.
\connect - regress_ada
BEGIN;
SELECT identity();
SELECT login(token(2));
SELECT identity();
COMMIT;
SELECT identity();
\connect - regress_gateway
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000004"}';
SELECT identity();
SELECT login(token(2));
SELECT identity();
ROLLBACK;

-- The organization: the user selects one, unless the token names one.
\connect - regress_nobody
BEGIN;
SELECT login(token(3));
SELECT identity();
SET LOCAL taskcrm.org_id = '00000001-0000-7000-8000-000000000002';
SELECT identity();
COMMIT;
BEGIN;
SELECT login(token(3, more => ', "org_id": "00000001-0000-7000-8000-000000000001"'));
SELECT identity();
SET LOCAL taskcrm.org_id = '00000001-0000-7000-8000-000000000001';
SELECT identity();
SET LOCAL taskcrm.org_id = '00000001-0000-7000-8000-000000000002';
SELECT identity();
SELECT attempt('SELECT taskcrm.tc_list_tasks()');
-- The other organization is not accessible by id either.
SELECT attempt(format('SELECT taskcrm.tc_get_task_attachment(%L)', id('attachment', 1)));
SELECT attempt(format('SELECT taskcrm.tc_get_task_attachment(%L)', id('attachment', 9)));
SELECT taskcrm.tc_whoami() ->> 'organizations';
SET LOCAL taskcrm.org_id = 'x';
SELECT identity();
COMMIT;
BEGIN;
SELECT login(token(2, more => ', "org_id": "00000001-0000-7000-8000-000000000002"'));
SELECT identity();
COMMIT;
BEGIN;
SELECT login(token(2, more => ', "org_id": null'));
SELECT identity();
COMMIT;

-- Users who are unknown or inactive.
SELECT login(token(99));
\connect - :superuser
UPDATE taskcrm.app_user SET is_active = false WHERE id = id('user', 2);
\connect - regress_nobody
SELECT login(token(2));
\connect - :superuser
UPDATE taskcrm.app_user SET is_active = true WHERE id = id('user', 2);

-- security 16: invalid tokens and their errors. All errors are the same until the signature is
-- verified.
\connect - regress_nobody
CREATE TEMP TABLE attack (number serial, name text, token text);
\set h '{"alg": "HS256", "kid": "one"}'
INSERT INTO attack (name, token)
SELECT name, jwt(header, claims(2)) FROM (VALUES
  ('none', '{"alg": "none"}'),
  ('none with kid', '{"alg": "none", "kid": "one"}'),
  ('None', '{"alg": "None"}'),
  ('no alg', '{"kid": "one"}'),
  ('alg null', '{"alg": null, "kid": "one"}'),
  ('alg empty', '{"alg": "", "kid": "one"}'),
  ('alg a number', '{"alg": 256, "kid": "one"}'),
  ('alg an array', '{"alg": ["HS256"], "kid": "one"}'),
  ('alg in small letters', '{"alg": "hs256", "kid": "one"}'),
  ('HS512', '{"alg": "HS512", "kid": "one"}'),
  ('RS256 with the kid of a secret', '{"alg": "RS256", "kid": "one"}'),
  ('alg twice', '{"alg": "HS256", "alg": "HS256", "kid": "one"}'),
  ('alg twice, once escaped', '{"alg": "HS256", "\u0061lg": "HS256", "kid": "one"}'),
  ('none, then HS256', '{"alg": "none", "alg": "HS256", "kid": "one"}'),
  ('kid twice', '{"alg": "HS256", "kid": "one", "kid": "one"}'),
  ('another member twice', '{"alg": "HS256", "kid": "one", "x": 1, "x": 1}'),
  ('crit', '{"alg": "HS256", "kid": "one", "crit": ["exp"], "exp": 1}'),
  ('crit, empty', '{"alg": "HS256", "kid": "one", "crit": []}'),
  ('b64', '{"alg": "HS256", "kid": "one", "b64": false}'),
  ('jku', '{"alg": "HS256", "kid": "one", "jku": "https://evil.test/keys"}'),
  ('jwk', '{"alg": "HS256", "kid": "one", "jwk": {"kty": "oct", "k": "AAAA"}}'),
  ('x5u', '{"alg": "HS256", "kid": "one", "x5u": "https://evil.test/cert"}'),
  ('x5c', '{"alg": "HS256", "kid": "one", "x5c": ["MIIB"]}'),
  ('enc', '{"alg": "HS256", "kid": "one", "enc": "A128GCM"}'),
  ('zip', '{"alg": "HS256", "kid": "one", "zip": "DEF"}'),
  ('another type', '{"alg": "HS256", "kid": "one", "typ": "logout+jwt"}'),
  ('kid unknown', '{"alg": "HS256", "kid": "three"}'),
  ('kid of another key', '{"alg": "HS256", "kid": "two"}'),
  ('kid of a public key', '{"alg": "HS256", "kid": "rsa"}'),
  ('kid empty', '{"alg": "HS256", "kid": ""}'),
  ('kid null', '{"alg": "HS256", "kid": null}'),
  ('kid a number', '{"alg": "HS256", "kid": 1}'),
  ('kid a path', '{"alg": "HS256", "kid": "../../dev/null"}'),
  ('kid of SQL', '{"alg": "HS256", "kid": "x'' OR ''1''=''1"}'),
  ('kid of a pattern', '{"alg": "HS256", "kid": "%"}'),
  ('kid that is no ASCII', '{"alg": "HS256", "kid": "\u00e9"}'),
  ('kid with NUL', '{"alg": "HS256", "kid": "one\u0000"}'),
  ('header an array', '["HS256"]'),
  ('header a string', '"HS256"'),
  ('header not closed', '{"alg": "HS256", "kid": "one"'),
  ('header and more', '{"alg": "HS256", "kid": "one"} {}'),
  ('header deep', '{"alg": "HS256", "kid": "one", "x": ' || repeat('[', 2000) || repeat(']', 2000) || '}'),
  ('header of many members', '{"alg": "HS256", "kid": "one"' || (SELECT string_agg(format(', "%s": 0', i), '')
    FROM generate_series(1, 300) AS i) || '}'),
  ('header empty', '{}')) AS x (name, header);
-- Algorithm confusion: the public key, which anyone may have, as the secret of HS256.
INSERT INTO attack (name, token)
SELECT 'the public key as secret, ' || name, jwt(header, claims(2), secret)
FROM (VALUES ('PEM', convert_to(:'rsa_pem', 'UTF8')),
  ('PEM without line feed', convert_to(rtrim(:'rsa_pem', E'\n'), 'UTF8')),
  ('DER', decode(split_part(split_part(:'rsa_pem', E'KEY-----\n', 2), E'\n-----', 1), 'base64'))) AS s (name, secret),
  (VALUES ('{"alg": "HS256", "kid": "rsa"}'), ('{"alg": "RS256", "kid": "rsa"}'), ('{"alg": "HS256"}'),
    ('{"alg": "RS256"}')) AS h (header);
INSERT INTO attack (name, token)
SELECT 'secret ' || name, jwt(:'h', claims(2), secret)
FROM (VALUES ('empty', ''::bytea), ('another', 'the secret of issuer 2, 32+ bytes'),
  ('of zeros', decode(repeat('00', 32), 'hex')),
  ('with more', 'the secret of issuer 1, 32+ bytes!')) AS s (name, secret);
-- Invalid signatures.
INSERT INTO attack (name, token)
SELECT name, base64url(convert_to(header, 'UTF8')) || '.' || base64url(convert_to(claims(2), 'UTF8')) || '.'
  || base64url(signature)
FROM (VALUES ('ES256 of zeros', '{"alg": "ES256", "kid": "ec"}', decode(repeat('00', 64), 'hex')),
  ('ES256 of the order', '{"alg": "ES256", "kid": "ec"}',
    decode(repeat('ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551', 2), 'hex')),
  ('ES256 as DER', '{"alg": "ES256", "kid": "ec"}', decode('3006020100020100', 'hex')),
  ('ES256, one byte', '{"alg": "ES256", "kid": "ec"}', decode('00', 'hex')),
  ('RS256 of zeros', '{"alg": "RS256", "kid": "rsa"}', decode(repeat('00', 256), 'hex')),
  ('RS256 of one', '{"alg": "RS256", "kid": "rsa"}', decode(repeat('00', 255) || '01', 'hex')),
  ('RS256, 32 bytes', '{"alg": "RS256", "kid": "rsa"}', decode(repeat('ab', 32), 'hex')),
  ('HS256 of zeros', :'h', decode(repeat('00', 32), 'hex')),
  ('no signature', :'h', ''),
  ('none, no signature', '{"alg": "none"}', ''),
  ('none, no signature, kid', '{"alg": "none", "kid": "one"}', '')) AS x (name, header, signature);
-- Texts that are not tokens, and modified tokens.
INSERT INTO attack (name, token)
SELECT name, text FROM token(2) AS t, LATERAL (VALUES
  ('empty', ''), ('a dot', '.'), ('two dots', '..'), ('three dots', '...'), ('a word', 'wrong'),
    ('Bearer', 'Bearer ' || t),
  ('two parts', split_part(t, '.', 1) || '.' || split_part(t, '.', 2)),
  ('four parts', t || '.AAAA'), ('five parts', t || '.AAAA.AAAA'),
  ('space before', ' ' || t), ('space behind', t || ' '), ('line feed behind', t || E'\n'),
  ('padded', t || '='), ('one more character', t || 'A'),
  ('base64 instead of base64url', split_part(t, '.', 1) || '.' || split_part(t, '.', 2) || './+'
    || substr(split_part(t, '.', 3), 3)),
  ('header cut', substr(t, 2)),
    ('claims of another', split_part(t, '.', 1) || '.' || split_part(token(4), '.', 2) || '.' || split_part(t, '.', 3)),
  ('no header', '.' || split_part(t, '.', 2) || '.' || split_part(t, '.', 3)),
  ('no claims', split_part(t, '.', 1) || '..' || split_part(t, '.', 3)),
  ('as JSON', '{"payload": "' || split_part(t, '.', 2) || '", "protected": "' || split_part(t, '.', 1)
    || '", "signature": "' || split_part(t, '.', 3) || '"}'),
  ('1 MB of A', repeat('A', 1000000)), ('1 MB of dots', repeat('.', 1000000)),
    ('1 MB of token', t || repeat('A', 1000000)),
  ('1 MB of claims, signed', jwt(:'h', rpad(claims(2), 1000000))),
  ('16384 bytes and one', rpad(t, 16385, 'A'))) AS x (name, text);
SELECT 'security 16', name, CASE result
  WHEN 'PT401 | the token is not valid | It must be a JSON Web Token that is signed with one of the keys of this database.'
  THEN 'not valid' ELSE result END
FROM attack, LATERAL login(token) AS result ORDER BY number;
SELECT identity();
-- A token with any bit flipped, or cut at any length, is refused.
SELECT count(*) > 1000 AS many,
  count(*) FILTER (WHERE login(convert_from(set_bit(t, bit, 1 - get_bit(t, bit)), 'LATIN1')) !~ '^PT401') AS wrong
FROM convert_to(token(2), 'LATIN1') AS t, generate_series(0, length(t) * 8 - 1) AS bit;
SELECT count(*) > 150 AS many, count(*) FILTER (WHERE login(left(t, size)) !~ '^PT401') AS wrong
FROM token(2) AS t, generate_series(0, length(t) - 1) AS size;
SELECT identity();

-- security 16: invalid claims in tokens with a valid signature.
CREATE TEMP TABLE wrong_claims (number serial, name text, claims text);
\set u '"sub": "00000002-0000-7000-8000-000000000002"'
\set e '"exp": 4102444800'
INSERT INTO wrong_claims (name, claims) VALUES
  ('exp missing', '{' || :'u' || '}'),
  ('exp null', '{' || :'u' || ', "exp": null}'),
  ('exp a string', '{' || :'u' || ', "exp": "4102444800"}'),
  ('exp an array', '{' || :'u' || ', "exp": [4102444800]}'),
  ('exp past', claims(2, -31)),
  ('exp just past, within the leeway', claims(2, -10)),
  ('exp 0', '{' || :'u' || ', "exp": 0}'),
  ('exp negative', '{' || :'u' || ', "exp": -4102444800}'),
  ('exp in milliseconds', '{' || :'u' || ', "exp": 4102444800000}'),
  ('exp infinite', '{' || :'u' || ', "exp": 1e999}'),
  ('exp long', '{' || :'u' || ', "exp": 4102444800.' || repeat('0', 100) || '}'),
  ('exp no number of JSON', '{' || :'u' || ', "exp": 0x7fffffff}'),
  ('exp Infinity', '{' || :'u' || ', "exp": Infinity}'),
  ('exp with a fraction and exponent', '{' || :'u' || ', "exp": 41024448.005e2}'),
  ('exp twice', '{' || :'u' || ', "exp": 0, "exp": 4102444800}'),
  ('sub twice', '{' || :'u' || ', "sub": "00000002-0000-7000-8000-000000000004", ' || :'e' || '}'),
  ('sub twice, once escaped', '{' || :'u' || ', "s\u0075b": "00000002-0000-7000-8000-000000000004", ' || :'e' || '}'),
  ('a claim of no interest twice', '{' || :'u' || ', ' || :'e' || ', "x": 1, "x": 2}'),
  ('twice in a claim of no interest', '{' || :'u' || ', ' || :'e' || ', "x": {"sub": 1, "sub": 2}}'),
  ('nbf early', claims(2, 600, format(', "nbf": %s', floor(extract(epoch FROM now())) + 60))),
  ('nbf early, within the leeway', claims(2, 600, format(', "nbf": %s', floor(extract(epoch FROM now())) + 20))),
  ('nbf a string', claims(2, 600, ', "nbf": "0"')),
  ('iss a number', claims(2, 600, ', "iss": 1')),
  ('iss, and none wanted', claims(2, 600, ', "iss": "anybody"')),
  ('aud, and none wanted', claims(2, 600, ', "aud": "crm"')),
  ('aud an object', claims(2, 600, ', "aud": {}')),
  ('sub missing', '{' || :'e' || '}'),
  ('sub null', '{"sub": null, ' || :'e' || '}'),
  ('sub a number', '{"sub": 2, ' || :'e' || '}'),
  ('sub no uuid', '{"sub": "bob", ' || :'e' || '}'),
  ('sub in an array', '{"sub": ["00000002-0000-7000-8000-000000000002"], ' || :'e' || '}'),
  ('sub within another', '{"x": {' || :'u' || '}, ' || :'e' || '}'),
  ('org_id no uuid', claims(2, 600, ', "org_id": "acme"')),
  ('org_id a number', claims(2, 600, ', "org_id": 1')),
  ('no object', '[]'),
  ('a string', '"x"'),
  ('not closed', rtrim(claims(2), '}')),
  ('a comma too many', claims(2, 600, ',')),
  ('and more', claims(2) || 'x'),
  ('deep', claims(2, 600, ', "x": ' || repeat('[', 1000) || repeat(']', 1000))),
  ('deep objects', claims(2, 600, ', "x": ' || repeat('{"x": ', 500) || '0' || repeat('}', 500))),
  ('64 levels', claims(2, 600, ', "x": ' || repeat('[', 64) || repeat(']', 64))),
  ('a lone surrogate', claims(2, 600, ', "x": "\ud800"')),
  ('NUL', claims(2, 600, ', "x": "\u0000"')),
  ('characters of all kinds', claims(2, 600, ', "name": "J\u00f6rg \ud83d\ude00 \u4e2d 中 é \" \\ \/ \b\f\n\r\t"')),
  ('many claims', claims(2, 600, (SELECT string_agg(format(', "%s": 0', i), '') FROM generate_series(1, 255) AS i)));
SELECT 'security 16', name, login(jwt(:'h', claims)) FROM wrong_claims WHERE number <= 5 ORDER BY number;
DO $$
DECLARE
  w record;
  result text;
BEGIN
  FOR w IN SELECT * FROM wrong_claims WHERE number > 5 ORDER BY number LOOP
    BEGIN
      result := login(jwt('{"alg": "HS256", "kid": "one"}', w.claims));
      RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
    EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
      RAISE NOTICE 'security 16: %: %', w.name, result;
    END;
  END LOOP;
END
$$;
-- Bytes that are not UTF-8.
SELECT login(text || '.' || base64url(hmac('the secret of issuer 1, 32+ bytes', convert_to(text, 'UTF8'))))
FROM (SELECT base64url(convert_to(:'h', 'UTF8')) || '.'
  || base64url(convert_to(rtrim(claims(2), '}') || ', "x": "', 'UTF8') || '\xc328'::bytea || '"}'::bytea)) AS x (text);

-- security 16: issuer and audience of a key that requires them.
CREATE FUNCTION pg_temp.try(more text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  result := public.login(public.jwt('{"alg": "HS256", "kid": "two"}', public.claims(2, 600, more),
    'the secret of issuer 2, 32+ bytes'));
  RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
  RETURN result;
END $$;
SELECT more, pg_temp.try(more) FROM (VALUES
  (1, ''),
  (2, ', "aud": "crm"'),
  (3, ', "iss": "https://issuer.test"'),
  (4, ', "iss": "https://issuer.test/", "aud": "crm"'),
  (5, ', "iss": "https://ISSUER.test", "aud": "crm"'),
  (6, ', "iss": ["https://issuer.test"], "aud": "crm"'),
  (7, ', "iss": "https://issuer.test", "aud": "CRM"'),
  (8, ', "iss": "https://issuer.test", "aud": "crm2"'),
  (9, ', "iss": "https://issuer.test", "aud": []'),
  (10, ', "iss": "https://issuer.test", "aud": ["a", "b"]'),
  (11, ', "iss": "https://issuer.test", "aud": [["crm"]]'),
  (12, ', "iss": "https://issuer.test", "aud": ["crm", 1]'),
  (13, ', "iss": "https://issuer.test", "aud": [{"crm": "crm"}]'),
  (14, ', "iss": "https://issuer.test", "aud": null'),
  (15, ', "iss": "https://issuer.test", "aud": "other", "aud": "crm"'),
  (16, ', "iss": "https://issuer.test", "aud": "crm"'),
  (17, ', "iss": "https:\/\/issuer.test", "aud": ["a", "cr\u006d"]')) AS x (number, more) ORDER BY number;

-- A token without kid is tried with the keys of its algorithm; types and other members are ignored.
SELECT login(jwt('{"alg": "HS256"}', claims(2)));
SELECT login(jwt('{"alg": "HS256", "typ": "jwt", "x5t": "x", "cty": "x"}', claims(2)));
SELECT login(jwt('{"typ": "at+jwt", "alg": "HS256", "kid": "one"}', claims(2)));
SELECT login(jwt('{"alg": "HS256"}', claims(2), 'no secret of anybody, of 32+ bytes'));
SELECT login(NULL);

-- Settings of the administrator.
SELECT attempt('SET taskcrm.jwt_leeway = 600');
SELECT attempt('SET taskcrm.jwt_user_claim = ''x''');
SELECT attempt('SET taskcrm.jwt_org_claim = ''''');
\connect - :superuser
SELECT taskcrm.tc_current_user();
SELECT attempt('SET taskcrm.jwt_user_claim = ''''');
SELECT attempt('SET taskcrm.jwt_leeway = 601') ~ '^22023';
SET taskcrm.jwt_leeway = 0;
SELECT login(token(2, -1));
SET taskcrm.jwt_leeway = '1 min';
SELECT login(token(2, -40));
SET taskcrm.jwt_user_claim = 'https://acme.test/user';
SELECT login(token(2));
SELECT login(token(4, more => ', "https://acme.test/user": "00000002-0000-7000-8000-000000000002"'));
RESET taskcrm.jwt_user_claim;
SET taskcrm.jwt_org_claim = '';
SELECT login(token(2, more => ', "org_id": "acme", "": 1'));
SET taskcrm.jwt_org_claim = 'tenant';
BEGIN;
SELECT login(token(3, more => ', "org_id": "acme", "tenant": "00000001-0000-7000-8000-000000000002"'));
SELECT identity();
ROLLBACK;

-- Commands that run code of a table's owner cannot log in.
\connect - regress_nobody
CREATE TEMP TABLE trap (token text);
INSERT INTO trap SELECT token(2);
CREATE FUNCTION pg_temp.spring(token text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RAISE NOTICE '%', public.login(token);
  RETURN '';
END $$;
SELECT pg_temp.spring(token) FROM trap;
BEGIN;
CREATE INDEX ON trap (pg_temp.spring(token));
ANALYZE trap;
SELECT identity();
COMMIT;

\set ECHO none
\connect - :superuser
ALTER ROLE regress_nobody RESET ALL;
DROP FUNCTION public.identity();
\i :drop_tokens
\i :teardown
