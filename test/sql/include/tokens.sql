-- Creates tokens in SQL: HMAC with SHA-256, and JSON Web Tokens with any header and claims. Both
-- superusers and clients can run these functions.
CREATE FUNCTION public.hmac(secret bytea, message bytea) RETURNS bytea
  LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  padded bytea := (CASE WHEN length(secret) > 64 THEN sha256(secret) ELSE secret END);
  inner_key bytea;
  outer_key bytea;
BEGIN
  padded := padded || decode(repeat('00', 64 - length(padded)), 'hex');
  inner_key := padded;
  outer_key := padded;
  FOR i IN 0 .. 63 LOOP
    inner_key := set_byte(inner_key, i, get_byte(padded, i) # 54);
    outer_key := set_byte(outer_key, i, get_byte(padded, i) # 92);
  END LOOP;
  RETURN sha256(outer_key || sha256(inner_key || message));
END
$$;
CREATE FUNCTION public.base64url(bytes bytea) RETURNS text
  LANGUAGE sql IMMUTABLE AS $$
  SELECT rtrim(translate(encode(bytes, 'base64'), E'+/\n', '-_'), '=')
$$;
CREATE FUNCTION public.jwt(header text, claims text, secret bytea DEFAULT 'the secret of issuer 1, 32+ bytes') RETURNS text
  LANGUAGE sql IMMUTABLE AS $$
  SELECT text || '.' || base64url(hmac(secret, convert_to(text, 'UTF8')))
  FROM (SELECT base64url(convert_to(header, 'UTF8')) || '.' || base64url(convert_to(claims, 'UTF8'))) AS x (text)
$$;
-- The claims of a user, valid for the given number of seconds from now.
CREATE FUNCTION public.claims(person integer, seconds integer DEFAULT 600, more text DEFAULT '') RETURNS text
  LANGUAGE sql STABLE AS $$
  SELECT format('{"sub": "%s", "exp": %s%s}', id('user', person),
    floor(extract(epoch FROM clock_timestamp()) + seconds)::bigint, more)
$$;
CREATE FUNCTION public.token(person integer, seconds integer DEFAULT 600, more text DEFAULT '') RETURNS text
  LANGUAGE sql STABLE AS $$
  SELECT jwt('{"alg": "HS256", "kid": "one"}', claims(person, seconds, more))
$$;
-- Returns the result of a login in one line: the user or the complete error.
CREATE FUNCTION public.login(token text) RETURNS text
  LANGUAGE plpgsql AS $$
DECLARE
  hint text;
BEGIN
  RETURN 'user ' || right(taskcrm.tc_login(token) -> 'user' ->> 'id', 1);
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS hint = PG_EXCEPTION_HINT;
  RETURN concat_ws(' | ', sqlstate, sqlerrm, nullif(hint, ''));
END
$$;
