-- The REST API: webhooks, for admins.  The test webhooks has what is sent and when.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
CREATE TABLE t.secret (secret text);
GRANT ALL ON t.secret TO PUBLIC;
-- Sends a request whose answer has a secret; says whether the secret is new.
CREATE FUNCTION t.http_secret(uri text, body text, headers text DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r record;
  answer json;
BEGIN
  SELECT * INTO r FROM taskcrm.tc_http_request('POST', t.ids(uri), headers::jsonb || '{"content-type": "application/json"}', convert_to(t.ids(body), 'UTF8'));
  answer := convert_from(r.body, 'UTF8');
  IF r.status = 201 AND NOT EXISTS (SELECT FROM t.known WHERE name = 'hook') THEN PERFORM t.know('hook', (answer ->> 'id')::uuid); END IF;
  RETURN t.show(concat_ws(' ', r.status, r.headers ->> 'location', r.headers ->> 'idempotency-replayed',
    CASE WHEN answer ->> 'secret' IS NULL THEN answer::text WHEN EXISTS (SELECT FROM t.secret s WHERE s.secret = answer ->> 'secret') THEN 'secret as before' ELSE 'new secret' END))
    || CASE WHEN answer ->> 'secret' IS NOT NULL THEN (SELECT '' FROM (SELECT t.keep(answer ->> 'secret')) k) ELSE '' END;
END
$$;
CREATE FUNCTION t.keep(secret text) RETURNS void LANGUAGE sql AS $$ INSERT INTO t.secret VALUES (secret) $$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
CREATE TABLE t.request (n int GENERATED ALWAYS AS IDENTITY, method text, path text, body text);
INSERT INTO t.request (method, path, body) VALUES
  ('GET', '/api/webhooks/', NULL), ('POST', '/api/webhooks/', '{"url": "https://x.example/"}'),
  ('GET', '/api/webhooks/{hook}/', NULL), ('PATCH', '/api/webhooks/{hook}/', '{"is_active": false}'), ('PUT', '/api/webhooks/{hook}/', '{"is_active": false}'),
  ('DELETE', '/api/webhooks/{hook}/', NULL), ('POST', '/api/webhooks/{hook}/rotate-secret/', '{}'), ('POST', '/api/webhooks/{hook}/test/', NULL);
GRANT SELECT ON t.request TO PUBLIC;
\o
\set ECHO all

-- Create, list, get.
\c - regress_api_alice
SELECT t.http('GET', '/api/webhooks/');
SELECT t.http_secret('/api/webhooks/', '{"url": "https://a.example/in", "types": ["task.*"], "filters": {"status": "New"}}');
SELECT t.show(r::text) FROM t.http_json('GET', '/api/webhooks/{hook}/') r;
SELECT r ->> 'count' AS count, (r #> '{results,0}')::text = t.http_json('GET', '/api/webhooks/{hook}/')::text AS same FROM t.http_json('GET', '/api/webhooks/') r;
SELECT t.http_short('GET', '/api/webhooks/?state=active');
-- With a key, once; the secret is in the answer again.
SELECT t.http_secret('/api/webhooks/', '{"url": "https://b.example/in"}', '{"idempotency-key": "k1"}');
SELECT t.http_secret('/api/webhooks/', '{"url": "https://b.example/in"}', '{"idempotency-key": "k1"}');
SELECT t.http_secret('/api/webhooks/', '{"url": "https://c.example/in"}', '{"idempotency-key": "k1"}');
SELECT t.http_json('GET', '/api/webhooks/') ->> 'count' AS count;
-- Another secret.
SELECT t.http_secret('/api/webhooks/{hook}/rotate-secret/', '{}', '{"idempotency-key": "k2"}');
SELECT t.http_secret('/api/webhooks/{hook}/rotate-secret/', '{}', '{"idempotency-key": "k2"}');
SELECT t.http_secret('/api/webhooks/{hook}/rotate-secret/', '{"overlap": "PT1H"}', '{"idempotency-key": "k2"}');
SELECT t.http_secret('/api/webhooks/{hook}/rotate-secret/', '{"overlap": "PT0S"}');
SELECT t.http_json('GET', '/api/webhooks/{hook}/') ->> 'former_secret_until' AS former;
SELECT overlap, t.http_short('POST', '/api/webhooks/{hook}/rotate-secret/', jsonb_build_object('overlap', overlap)::text)
FROM unnest(ARRAY['1 day', 'P1M', 'P31D', '-PT1H', '']) overlap;
-- Change, test, delete.
SELECT t.http_json('PATCH', '/api/webhooks/{hook}/', '{"types": [], "is_active": false}') ->> 'state' AS state;
SELECT t.http_short('POST', '/api/webhooks/{hook}/test/');
SELECT t.http_json('PUT', '/api/webhooks/{hook}/', '{"is_active": true, "url": "https://d.example/"}') ->> 'url' AS url;
SELECT t.http_short('POST', '/api/webhooks/{hook}/test/');
SELECT t.http_short(method, path, body) FROM (VALUES ('PATCH', '/api/webhooks/{hook}/', '{"secret": "x"}'), ('PATCH', '/api/webhooks/{hook}/', '{"url": "http://x.example/"}'),
  ('POST', '/api/webhooks/', '{}'), ('POST', '/api/webhooks/', '{"url": "https://x.example/", "filters": {"x": 1}}'), ('POST', '/api/webhooks/', '{"url": "https://x.example/", "types": ["view.seen"]}'),
  ('POST', '/api/webhooks/{hook}/', '{}'), ('GET', '/api/webhooks/{hook}/test/', NULL), ('GET', '/api/webhooks/x/', NULL)) v (method, path, body);
-- A webhook that was read is sent back with changes, whatever workers have written meanwhile.
SELECT c, t.show(regexp_replace(t.http_json('PUT', '/api/webhooks/{hook}/', (t.http_json('GET', '/api/webhooks/{hook}/')::jsonb || t.json(c))::text)::text, '^.*"url":("[^"]*").*"state":("[^"]*").*$', '\1 \2'))
FROM unnest(ARRAY['{}', '{"url": "https://e.example/"}', '{"state": "retrying", "delivered": 7, "last_error": "x", "next_attempt": "2030-01-01T00:00:00Z"}', '{"state": "disabled", "created_by": "{ann}"}',
  '{"is_active": false}', '{"state": "active"}', '{"secret": "x"}']) WITH ORDINALITY v (c, n) ORDER BY n;

-- The other organization, members and strangers.
\c - regress_api_bob
SELECT t.http_json('GET', '/api/webhooks/') ->> 'count' AS count;
SELECT method, path, t.http_short(method, path, body) FROM t.request WHERE path LIKE '%hook}%' ORDER BY n;
\c - regress_api_amy
SELECT t.http_short(method, path, body) FROM t.request ORDER BY n;
\c - regress_api_stranger
SELECT t.http_short(method, path, body) FROM t.request WHERE n < 4 ORDER BY n;
\c - regress_api_alice
SELECT t.http_short('DELETE', '/api/webhooks/{hook}/'), t.http_short('DELETE', '/api/webhooks/{hook}/'), t.http_short('GET', '/api/webhooks/{hook}/');
\c - :api_superuser
SELECT count(*) FROM taskcrm_internal.webhook;
\set ECHO none
\i :teardown
