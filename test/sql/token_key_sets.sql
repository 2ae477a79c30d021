-- Sets of keys (JWKS), which are added key by key; and keys whose tokens name users with a prefix.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set tokens :srcdir /sql/include/tokens.sql
\set drop_tokens :srcdir /sql/include/drop_tokens.sql
\set ECHO none
\i :setup
\set ECHO none
\i :tokens
CREATE TABLE public.jwk (name text PRIMARY KEY, key text);
INSERT INTO jwk VALUES
  ('rsa', '"kty": "RSA", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ", "e": "AQAB"'),
  ('ec', '"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"'),
  ('ed', '"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"'),
  ('oct', '"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"'),
  ('p384', '"kty": "EC", "crv": "P-384", "x": "AAAA", "y": "AAAA"'),
  ('future', '"kty": "AKP", "alg": "ML-DSA-44", "pub": "AAAA"');
-- A key of a set, with more members.
CREATE FUNCTION public.k(what text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
  SELECT '{' || more || CASE WHEN more <> '' THEN ', ' ELSE '' END || key || '}' FROM jwk WHERE name = what
$$;
CREATE FUNCTION public.add_set(VARIADIC keys text[]) RETURNS text LANGUAGE sql AS $$
  SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L)', '{"keys": [' || array_to_string(keys, ', ') || ']}'))
$$;
\set ECHO all
\t on
\pset format unaligned

-- Each key of a set is added, or skipped with the reason; it says which.
SELECT add_set(k('rsa', '"kid": "a", "use": "sig", "alg": "RS256"'), k('ec', '"kid": "b", "x5c": ["AAAA"]'),
  k('ed', '"kid": "c", "key_ops": ["verify"]'), k('p384', '"kid": "d"'), k('future', '"kid": "e"'),
  k('rsa', '"kid": "f", "alg": "RS512"'), k('rsa', '"kid": "g", "use": "enc"'), k('rsa'));
SELECT kid, alg, length(key), issuer, audience FROM taskcrm_internal.jwt_key ORDER BY kid;
-- Again, as when keys are rotated: those that are there stay as they are, new ones are added.
CREATE TEMP TABLE before AS SELECT kid, id FROM taskcrm_internal.jwt_key;
SELECT add_set(k('rsa', '"kid": "a"'), k('ec', '"kid": "h"'), k('ed', '"kid": "c"'));
SELECT kid, id IS NOT DISTINCT FROM (SELECT b.id FROM before b WHERE b.kid = j.kid) FROM taskcrm_internal.jwt_key j ORDER BY kid;
-- Another key under a kid that is there, and a kid twice, are errors; nothing is added.
SELECT add_set(k('ed', '"kid": "new"'), k('ed', '"kid": "a"'));
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L, issuer => ''https://other.test'')', '{"keys": [' || k('rsa', '"kid": "a"') || ']}'));
SELECT add_set(k('ed', '"kid": "new"'), k('ec', '"kid": "new"'));
SELECT add_set(k('ed', '"kid": "new"'), k('ed', '"kid": "new"'));
-- So are keys that are broken, private or secret, and a set without any key to add.
SELECT add_set(k('ed', '"kid": "new"'), replace(k('ec', '"kid": "x"'), 'x_FE', 'x_FF'));
SELECT add_set(k('ed', '"kid": "new"'), k('ec', '"kid": "x", "d": "AAAA"'));
SELECT add_set(k('ed', '"kid": "new"'), k('oct', '"kid": "x"'));
SELECT add_set(k('ed', '"kid": "new"'), '{"kid": "x"}');
SELECT add_set(k('ed', '"kid": "new"'), k('ec', '"kid": "x", "kid": "y"'));
SELECT add_set(k('ed', '"kid": "new"'), k('ec', '"kid": "\u00e9"'));
SELECT add_set(k('ed', '"kid": "new"'), k('ec', '"kid": 1'));
SELECT add_set(k('p384', '"kid": "d"'));
SELECT add_set('');
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L)', '{"keys": [' || (SELECT string_agg(k('ed', '"kid": "' || i || '"'), ',')
  FROM generate_series(1, 101) i) || ']}'));
SELECT key, split_part(attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L)', key)), E'\n', 2) FROM unnest(ARRAY[
  '{"keys": {}}', '{"keys": [1]}', '{"keys": null}', '{"keys": [], "keys": []}', '[]', '{"keys": [}', '{"Keys": []}']) key;
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(''x'', NULL, %L)', '{"keys": [' || k('ed', '"kid": "new"') || ']}'));
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(NULL, ''EdDSA'', %L)', '{"keys": [' || k('ed', '"kid": "new"') || ']}'));
SELECT count(*) FROM taskcrm_internal.jwt_key;
-- Other members of a set are ignored; white space before it too.
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L, issuer => ''https://i.test'', audience => ''crm'')',
  E'\n {"title": "Keys", "n": [1, {"keys": 1}], "keys": [' || k('ed', '"kid": "i"') || ']}'));
SELECT issuer, audience FROM taskcrm_internal.jwt_key WHERE kid = 'i';
-- One key may say itself which kid and algorithm it has.
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L)', k('ec', '"kid": "j"')));
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(''k'', key => %L)', k('ed')));
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(alg => ''HS256'', key => %L)', k('oct', '"kid": "l"')));
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L)', k('ed')));
SELECT attempt(format('SELECT taskcrm.tc_add_jwt_key(key => %L)', k('p384', '"kid": "m"')));
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('m', key => repeat('x', 40))$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('m', 'HS256')$$);
SELECT attempt('SELECT taskcrm.tc_add_jwt_key()');
SELECT kid, alg FROM taskcrm_internal.jwt_key ORDER BY kid;
-- A token that is signed with a key of a set (RFC 8037, A.4; it has no claims).
SELECT login('eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg');

-- The sub of one issuer is not a user of another: each has a prefix of its own, in which not even
-- a uuid is the id of a user.
SELECT taskcrm.tc_add_jwt_key('one', 'HS256', 'the secret of issuer 1, 32+ bytes', subject_prefix => 'one|');
SELECT taskcrm.tc_add_jwt_key('two', 'HS256', 'the secret of issuer 2, 32+ bytes', subject_prefix => 'two|') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('three', 'HS256', 'the secret of issuer 3, 32+ bytes') \g /dev/null
SELECT taskcrm.tc_update_user(id('user', 1), '{"external_id": "one|42"}') \g /dev/null
SELECT taskcrm.tc_update_user(id('user', 2), '{"external_id": "two|42"}') \g /dev/null
SELECT taskcrm.tc_update_user(id('user', 3), '{"external_id": "one|00000002-0000-7000-8000-000000000004"}') \g /dev/null
-- Logs in, and undoes it.
CREATE FUNCTION public.login_as(sub text, issuer integer) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  result := login(jwt(format('{"alg": "HS256", "kid": "%s"}', (ARRAY['one', 'two', 'three'])[issuer]),
    format('{"sub": %s, "exp": 4102444800}', to_json(sub)),
    convert_to(format('the secret of issuer %s, 32+ bytes', issuer), 'UTF8')));
  RAISE EXCEPTION 'undone';
EXCEPTION WHEN raise_exception THEN
  RETURN split_part(result, ' | ', 1);
END
$$;
\connect - regress_nobody
SELECT left(sub, 40), login_as(sub, 1) AS one, login_as(sub, 2) AS two, login_as(sub, 3) AS without
FROM unnest(ARRAY['42', '00000002-0000-7000-8000-000000000004', 'one|42', 'two|42', '|42', '', ' ', repeat('x', 255)]) sub;
\connect - :superuser
SELECT prefix, attempt(format('SELECT taskcrm.tc_add_jwt_key(''p'', ''HS256'', repeat(''x'', 40), subject_prefix => %L)', prefix))
FROM unnest(ARRAY['', ' ', ' x', U&'\00e9', E'x\n', repeat('x', 101)]) prefix;

\set ECHO none
DROP FUNCTION public.login_as(text, integer);
DROP FUNCTION public.add_set(text[]);
DROP FUNCTION public.k(text, text);
DROP TABLE public.jwk;
\i :drop_tokens
\i :teardown
