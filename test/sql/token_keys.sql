-- Token keys: which keys are accepted and which are refused; the examples of the RFCs verify.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set tokens :srcdir /sql/include/tokens.sql
\set drop_tokens :srcdir /sql/include/drop_tokens.sql
\set ECHO none
\i :setup
\set ECHO none
\i :tokens
CREATE FUNCTION public.add_key(alg text, key text, kid text DEFAULT 'k') RETURNS text
  LANGUAGE sql AS $$
  SELECT split_part(attempt(format('SELECT taskcrm.tc_add_jwt_key(%L, %L, %L)', kid, alg, key)), E'\n', 2)
$$;
\set rsa '{"kty": "RSA", "n": "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ", "e": "AQAB"}'
\set p256 '{"kty": "EC", "crv": "P-256", "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU", "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}'
\set ed25519 '{"kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}'
\set oct '{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow"}'
\set rsa_pem '-----BEGIN PUBLIC KEY-----\nMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA70UzZKaR0x7WXfZ31tTd\nfZJ0u1xkyuxqTGwXib4OPh+YqsjIKAG5kUx5ViWZcB81Z2OPM10wauQa8O3HqnID\n1zvq6n3WXLdLrW7TW77Yw/p1XU5hgj+A7tlOTAJ8GPQIa4pekaxgNMoeTy1uWFlc\npmDa8wf/XvEs8zysFkKrGPToWlBSb0Ltvy4+QCfBe3N4Jf3mAc8QFmTnn0d8GT53\nP9Wmb8Du2o7c7JY1ON3Ed3dtwX3eK6YR5j1pb/eVdUvsraAbXLRYx5wqKs3HSu/t\nlavGpbB4MNY9iqxQq+AEofJEiyquMwco+ufhiAz3whHa0/c6hEz+Ca3HeZAINdEs\nQwIDAQAB\n-----END PUBLIC KEY-----'
\set p256_pem '-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEjSMoR3WM9ojoRqbR+JKZ0rsnp01k\n4DKCl3o2LCEOOwwXHNFQl3I/Ta/wsL7bPDN1rZrsU3iFkEEyBEHPZldqrg==\n-----END PUBLIC KEY-----'
\set ed25519_pem '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAxzSCkQDf3L8uIhpMojlIY1xXfivslZUW/ianDsBvW1g=\n-----END PUBLIC KEY-----'
\set p384_pem '-----BEGIN PUBLIC KEY-----\nMHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEyc2oXDzSNJXMiIWd2MzT/rMSunZGvA/v\nl3vd2AqPSWWYbRyS0V7pm1XLZDEMPfi0lhhDuzeGaC5BZYC9kDJVXtxfdV5cbZRR\nUNGP2Smj7SsKUiuWbQ3SWPUKDxfvQ6GG\n-----END PUBLIC KEY-----'
\set rsa1024_pem '-----BEGIN PUBLIC KEY-----\nMIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCay/rXZsmm423qJ6nivfRvDzm9\nCqmAJttoR8wxwTLLh0v+X1Gi/b2FR5Sn6kQhg+cvu4mot4GklXRpZJS0BGYJB5Kq\n9XQQ6RDKwXYpX09T96jR0NpvS4KA7odV5PGRF6bo/ZCga36azmqXOzM3OGmJludl\ncDDXARafd09wYEHURwIDAQAB\n-----END PUBLIC KEY-----'
\set x25519_pem '-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VuAyEA22PQCVRLZUMhlaLkAcFZe6dIw3B3DYNltgYMSPrG1jI=\n-----END PUBLIC KEY-----'
\set pss_pem '-----BEGIN PUBLIC KEY-----\nMIIBIDALBgkqhkiG9w0BAQoDggEPADCCAQoCggEBANqZ5DG1WCRQOgv2Jv6nca+Y\n+Em2XSd9293PlEPm0fZjT5D8EVOFkfHS2eSgNC7fy7K8FKsPmrlWfWWuB8zf/3Xb\n1/LkVVG7dORwaPyW8sPNcKCUh5jhhfSUyDUbvwMrBMvklHBNWJBR7zK2+NJJSH4J\nxvvlJRr6htFVzxXb6ZTVnYe6lVyUXyYI7BiYTRlB6mF1dVTQS/ZKOZbBfQime54l\nwOy/LuLjD6bWz0jAYqeNX7gIKo/bzzjzAUCpgnNseVfeW9XBnzzsbluEtTxl2dAi\nDcvbKomGtN05Z+Dy3sRhinwRQabF7GcAC4DiTJOBGPZ9kaUWej3972iJ81edhs8C\nAwEAAQ==\n-----END PUBLIC KEY-----'
\set private_pem '-----BEGIN PRIVATE KEY-----\nMIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgkRvk/0VTc2GqsDuE\nyOP9XHjDdTvZHPOfoXH6asHS9/GhRANCAAS61BDxntc/Xl1EushYfIqdUvVFyc9k\nbZyZc9v79ZFWB89GSD/j80qOz2dGkcTj26nTTdXFSvcGZmyOa0NNnbw2\n-----END PRIVATE KEY-----'
\set ECHO all
\t on
\pset format unaligned

-- The examples of RFC 7515, A.1 (also RFC 7519, 3.1), A.2, A.3 and RFC 8037, A.4. The first three
-- expired in 2011 and the last has no claims; such errors are reported only for tokens whose
-- signature verifies.
SELECT taskcrm.tc_add_jwt_key('a1', 'HS256', :'oct') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('a2', 'RS256', :'rsa') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('a3', 'ES256', :'p256') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('a4', 'EdDSA', :'ed25519') \g /dev/null
CREATE TABLE public.vectors (name text, token text);
GRANT SELECT ON public.vectors TO PUBLIC;
INSERT INTO public.vectors VALUES
  ('RFC 7515 A.1, HS256',
    'eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk'),
  ('RFC 7515 A.2, RS256',
    'eyJhbGciOiJSUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw'),
  ('RFC 7515 A.3, ES256',
    'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q'),
  ('RFC 8037 A.4, EdDSA',
    'eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg'),
  ('RFC 7519 6.1, none',
    'eyJhbGciOiJub25lIn0.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.');
SELECT name, login(token) FROM public.vectors ORDER BY name;
-- They fail after a change of one character in the signature or in the signed part.
SELECT name, login(overlay(token PLACING CASE substr(token, length(token) - 9, 1) WHEN 'A' THEN 'B' ELSE 'A' END
  FROM length(token) - 9 FOR 1))
FROM public.vectors ORDER BY name;
SELECT name, login(overlay(token PLACING CASE substr(token, 60, 1) WHEN 'A' THEN 'B' ELSE 'A' END FROM 60 FOR 1))
FROM public.vectors ORDER BY name;
-- They fail when the key is removed.
SELECT taskcrm.tc_remove_jwt_key('a' || i) FROM generate_series(1, 4) AS i \g /dev/null
SELECT name, login(token) FROM public.vectors ORDER BY name;

-- Keys in PEM, and tokens signed by the openssl command with the private keys.
SELECT taskcrm.tc_add_jwt_key('RS256', 'RS256', :'rsa_pem') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('ES256', 'ES256', :'p256_pem') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('EdDSA', 'EdDSA', :'ed25519_pem') \g /dev/null
SELECT kid, alg, length(key), issuer, audience FROM taskcrm_internal.jwt_key ORDER BY kid;
\connect - regress_nobody
SELECT login('eyJhbGciOiJSUzI1NiIsImtpZCI6IlJTMjU2In0.eyJzdWIiOiIwMDAwMDAwMi0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDIiLCJleHAiOjQxMDI0NDQ4MDB9.lqPfB8unxdO8c6qmqGXRDgRSxaDpcOheYTq2ex2ZnGGbMBOSV2HvJP6g7ANnMJZhMxx8cjj1vXAswtfshoDwnSrkYUpgRkZrtdKiWn4xsDS_Uxr8VIp22vP8pB-1Z9z3pMMsJLivpdxPnvQfdh3GdZlop3orc1uj_9QbrZ9dAWb92XMQyOOL_RZtYQUV0oa8dLPTKdc7yac8Wm-mrm1IPKv9lyVOeDkKwoXAGW2gm-K23izdCXxYppjdsMAf3wSOQyAzA4NNmnNnBTJUYOgnNm-fuF_X1aZBqsBENYeXAeI-CxSPzEF3PZjqfzDLc3U2jGu5DOHhubQ6aIxC1UGiyA');
SELECT login('eyJhbGciOiJFUzI1NiIsImtpZCI6IkVTMjU2In0.eyJzdWIiOiIwMDAwMDAwMi0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDIiLCJleHAiOjQxMDI0NDQ4MDB9.6ikgjfeu8d2HLODrZkKmiEYuit49RQGbmmX5errD1rK1iuXWSEtuL8mZyDIbS6SWVFG1x1G6cYrejkmWKQfGzg');
SELECT login('eyJhbGciOiJFZERTQSIsImtpZCI6IkVkRFNBIn0.eyJzdWIiOiIwMDAwMDAwMi0wMDAwLTcwMDAtODAwMC0wMDAwMDAwMDAwMDIiLCJleHAiOjQxMDI0NDQ4MDB9.VpaYSMi2tAIGftzSlwsixryTxqsYM8cZTL5iB44RluKNu_biHNHlSyy-elLd51pnOoxTqiJBKw1vCVVXMqX8CA');
\connect - :superuser

-- A kid identifies one key; it can be used again when that key is removed.
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('RS256', 'HS256', 'another secret of thirty-two bytes')$$);
SELECT taskcrm.tc_remove_jwt_key('RS256');
SELECT attempt($$SELECT taskcrm.tc_remove_jwt_key('RS256')$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('RS256', 'HS256', 'another secret of thirty-two bytes')$$);
-- Arguments.
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key(NULL, 'HS256', 'x')$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key(' ', 'HS256', 'x')$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key(E'a\tb', 'HS256', 'x')$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('é', 'HS256', 'x')$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key(repeat('k', 256), 'HS256', 'x')$$);
SELECT alg, attempt(format('SELECT taskcrm.tc_add_jwt_key(%L, %L, %L)', 'k', alg, repeat('x', 40)))
FROM unnest(ARRAY['none', 'hs256', 'HS512', 'RS512', 'PS256', 'ES384', '', 'Ed25519']) WITH ORDINALITY AS a (alg, place)
  ORDER BY place;
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('k', NULL, repeat('x', 40))$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('k', 'HS256', NULL)$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('x', 40), issuer => '')$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('x', 40), audience => ' ')$$);
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('x', 40), issuer => repeat('i', 1001))$$);

-- security 16: keys that are empty, too short, or of the wrong type for the algorithm.
SELECT add_key('HS256', '');
SELECT add_key('HS256', repeat('x', 31));
SELECT add_key('HS256', repeat('x', 4097));
SELECT add_key('HS256', repeat('x', 20000));
SELECT add_key('HS256', '{"kty": "oct", "k": ""}');
SELECT add_key('HS256', '{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ"}');
SELECT add_key('HS256', '{"kty": "oct"}');
SELECT add_key('HS256',
  '{"kty": "oct", "k": "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr/T+1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow=="}');
SELECT add_key('HS256', :'rsa_pem');
SELECT add_key('HS256', :'rsa');
SELECT add_key('HS256', :'private_pem');
SELECT add_key('RS256', :'oct');
SELECT add_key('RS256', repeat('x', 40));
SELECT add_key('RS256', :'p256_pem');
SELECT add_key('RS256', :'p256');
SELECT add_key('RS256', :'ed25519_pem');
SELECT add_key('RS256', :'rsa1024_pem');
SELECT add_key('RS256', :'pss_pem');
SELECT add_key('RS256', replace(:'rsa', 'AQAB', 'AQ'));
SELECT add_key('RS256', replace(:'rsa', 'AQAB', 'Ag'));
SELECT add_key('RS256', replace(:'rsa', 'AQAB', ''));
SELECT add_key('RS256', replace(:'rsa', 'AQAB', repeat('AQAB', 10)));
SELECT add_key('RS256', '{"kty": "RSA", "n": "' || repeat('_', 3000) || '", "e": "AQAB"}');
SELECT add_key('ES256', :'rsa_pem');
SELECT add_key('ES256', :'p384_pem');
SELECT add_key('ES256', replace(:'p256', 'P-256', 'P-384'));
SELECT add_key('ES256', replace(:'p256', 'x_FE', 'x_FF'));
SELECT add_key('ES256', replace(:'p256', 'x_FE', ''));
SELECT add_key('ES256', :'ed25519');
SELECT add_key('EdDSA', :'p256_pem');
SELECT add_key('EdDSA', :'x25519_pem');
SELECT add_key('EdDSA', replace(:'ed25519', 'Ed25519', 'X25519'));
SELECT add_key('EdDSA', replace(:'ed25519', '11qY', ''));
-- Private keys.
SELECT add_key('ES256', :'private_pem');
SELECT add_key('ES256', replace(:'p256', '"kty"', '"d": "jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI", "kty"'));
SELECT add_key('RS256', replace(:'rsa', '"kty"', '"d": "AQAB", "kty"'));
-- Restrictions in a JWK are respected.
SELECT add_key('RS256', replace(:'rsa', '"kty"', '"alg": "RS512", "kty"'));
SELECT add_key('RS256', replace(:'rsa', '"kty"', '"use": "enc", "kty"'));
SELECT add_key('RS256', replace(:'rsa', '"kty"', '"key_ops": ["encrypt"], "kty"'));
SELECT add_key('RS256', replace(:'rsa', '"kty"', '"kid": "another", "kty"'));
SELECT add_key('RS256', replace(:'rsa', '"kty"', '"kty": "oct", "kty"'));
SELECT add_key('RS256', replace(:'rsa', '"kty"', '"kty": "RSA", "k\u0074y"'));
SELECT add_key('RS256', '{"keys": [' || :'rsa' || ']}');
SELECT add_key('RS256', :'rsa' || 'x');
SELECT add_key('RS256', '{');
SELECT add_key('RS256', '[]');
SELECT add_key('RS256', '{"a": ' || repeat('[', 10000));
-- Invalid PEM.
SELECT add_key('RS256', replace(:'rsa_pem', 'MIIB', 'MIIC'));
SELECT add_key('RS256', replace(:'rsa_pem', 'PUBLIC KEY', 'CERTIFICATE'));
SELECT add_key('RS256', split_part(:'rsa_pem', E'\n', 1));
SELECT add_key('RS256',
  replace(:'rsa_pem', E'KEY-----\nMIIB',
  E'KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00112233445566778899AABBCCDDEEFF\n\nMIIB'));
SELECT count(*) FROM taskcrm_internal.jwt_key;
-- Keys with all optional members.
SELECT add_key('RS256', E'\n '
  || replace(:'rsa', '"kty"', '"alg": "RS256", "use": "sig", "key_ops": ["verify"], "kid": "full", "x5t": "x", "kty"'),
  'full') = '';
SELECT add_key('RS256', E'A key:\n' || :'rsa_pem' || E'\n', 'with text') = '';
SELECT count(*) FROM taskcrm_internal.jwt_key;

-- Clients have no access to the table and the functions.
\connect - regress_ada
SELECT attempt('TABLE taskcrm_internal.jwt_key');
SELECT attempt('SELECT kid FROM taskcrm_internal.jwt_key');
SELECT attempt('SELECT count(*) FROM taskcrm_internal.jwt_key');
SELECT attempt($$SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('x', 40))$$);
SELECT attempt($$SELECT taskcrm.tc_remove_jwt_key('ES256')$$);
-- The owner of the tables cannot read it either, because the policies apply to it.
\connect - :superuser
SET ROLE regress_owner;
SELECT count(*) FROM taskcrm_internal.jwt_key;
RESET ROLE;

\set ECHO none
\connect - :superuser
DROP TABLE public.vectors;
DROP FUNCTION public.add_key(text, text, text);
\i :drop_tokens
\i :teardown
