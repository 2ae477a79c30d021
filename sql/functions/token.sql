-- Login with a token.  Clients execute tc_login() before they have an identity.  Only
-- administrators manage keys, because the owner of a key can act as any user.

CREATE FUNCTION taskcrm.tc_login(token text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_login';
REVOKE ALL ON FUNCTION taskcrm.tc_login(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_login(text) IS
  'Log in as the user of a signed JSON Web Token, until the end of the transaction.';

CREATE FUNCTION taskcrm.tc_add_jwt_key(kid text DEFAULT NULL, alg text DEFAULT NULL, key text DEFAULT NULL,
    issuer text DEFAULT NULL, audience text DEFAULT NULL, subject_prefix text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_jwt_key';
REVOKE ALL ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text) IS
  'Accept tokens signed with this key: a JWK, a set of JWKs, a public key in PEM format, or a secret.';

CREATE FUNCTION taskcrm.tc_remove_jwt_key(kid text) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_remove_jwt_key';
REVOKE ALL ON FUNCTION taskcrm.tc_remove_jwt_key(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_remove_jwt_key(text) IS
  'Stop accepting tokens signed with this key. Takes effect at the next statement, including in open transactions.';
