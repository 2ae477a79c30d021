-- Teardown for the api_* tests.
\c template1 :api_superuser
SET client_min_messages = warning;
DROP DATABASE regress_api;
DROP ROLE regress_api_alice, regress_api_amy, regress_api_ann, regress_api_ida, regress_api_carl,
  regress_api_bob, regress_api_nemo, regress_api_stranger, regress_api_owner;
