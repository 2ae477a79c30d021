-- Webhooks: who creates them, what workers are handed, in which order, and what becomes of it.
-- iso_webhooks has two workers at once.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
CREATE ROLE regress_api_worker LOGIN;
SELECT taskcrm.tc_grant_worker('regress_api_worker');
-- The webhooks by name, with their secrets, as the admins have received them.
CREATE TABLE t.hook (name text PRIMARY KEY, id uuid, secret text, former text);
-- What a worker has claimed.
CREATE TABLE t.message (place serial, claim uuid, webhook_id uuid, event_id uuid, url text, headers jsonb, body bytea);
GRANT ALL ON t.hook, t.message TO PUBLIC;
GRANT ALL ON SEQUENCE t.message_place_seq TO PUBLIC;
GRANT USAGE ON SCHEMA t TO PUBLIC;

CREATE FUNCTION t.create_hook(name text, types text[] DEFAULT NULL, filters text DEFAULT '{}') RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer json := taskcrm.tc_create_webhook('https://' || name || '.example/in', types, t.json(filters));
BEGIN
  INSERT INTO t.hook VALUES (name, (answer ->> 'id')::uuid, answer ->> 'secret');
  RETURN t.show(replace(answer::text, answer ->> 'secret', 'SECRET'));
END
$$;
CREATE FUNCTION t.hook(name text) RETURNS uuid LANGUAGE sql STABLE AS $$ SELECT h.id FROM t.hook h WHERE h.name = $1 $$;
-- HMAC with SHA-256 of a text (RFC 2104), with a key of at most 64 bytes.
CREATE FUNCTION t.hmac(key bytea, message bytea) RETURNS bytea LANGUAGE plpgsql AS $$
DECLARE
  inner_pad bytea := decode(repeat('36', 64), 'hex');
  outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
  FOR i IN 0 .. length(key) - 1 LOOP
    inner_pad := set_byte(inner_pad, i, get_byte(inner_pad, i) # get_byte(key, i));
    outer_pad := set_byte(outer_pad, i, get_byte(outer_pad, i) # get_byte(key, i));
  END LOOP;
  RETURN sha256(outer_pad || sha256(inner_pad || message));
END
$$;
-- The signature that a receiver expects.
CREATE FUNCTION t.signature(m t.message, secret text) RETURNS text LANGUAGE sql AS $$
  SELECT 'v1,' || encode(t.hmac(decode(substr(secret, 7), 'base64'),
    convert_to(concat(m.headers ->> 'webhook-id', '.', m.headers ->> 'webhook-timestamp', '.'), 'UTF8') || m.body), 'base64')
$$;
-- Claims, and shows what: the type, and the title or text, by webhook.
CREATE FUNCTION t.claim(max_webhooks integer DEFAULT 10, max_events integer DEFAULT 100) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
  DELETE FROM t.message;
  INSERT INTO t.message (claim, webhook_id, event_id, url, headers, body)
    SELECT * FROM taskcrm.tc_claim_deliveries(max_webhooks, max_events);
  RETURN QUERY SELECT h.name || ': ' || string_agg(concat_ws(' ', b ->> 'type',
      coalesce(b #>> '{data,changes,title,from}', b #>> '{data,changes,title,to}', b #>> '{data,changes,comment,to}', b #>> '{data,changes,name,to}')), ', ' ORDER BY m.place)
    FROM t.message m JOIN t.hook h ON h.id = m.webhook_id, LATERAL convert_from(m.body, 'UTF8') x, LATERAL (SELECT x::jsonb) j (b)
    GROUP BY h.name ORDER BY h.name;
END
$$;
-- Finishes the next event of a webhook, and returns what the worker is told.
CREATE FUNCTION t.finish(name text, status integer, retry_after interval DEFAULT NULL, error text DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  m t.message;
BEGIN
  DELETE FROM t.message d WHERE d.place = (SELECT min(n.place) FROM t.message n WHERE n.webhook_id = t.hook(name)) RETURNING d.* INTO m;
  RETURN t.try(format('SELECT taskcrm.tc_finish_delivery(%L, %L, %L, %L, %L)', m.claim, m.event_id, status, retry_after, error));
END
$$;
-- Finishes all that are claimed.
CREATE FUNCTION t.finish_all() RETURNS bigint LANGUAGE sql AS $$
  SELECT count(f) FILTER (WHERE f ->> 'outcome' = 'delivered')
  FROM (SELECT m.* FROM t.message m ORDER BY m.place) m, LATERAL taskcrm.tc_finish_delivery(m.claim, m.event_id, 200) f
$$;
CREATE FUNCTION t.hooks(VARIADIC keys text[]) RETURNS SETOF text LANGUAGE sql AS $$
  SELECT t.show(concat_ws(' ', h.name || ':', (SELECT string_agg(k || '=' || coalesce(w ->> k, 'null'), ' ' ORDER BY n) FROM unnest(keys) WITH ORDINALITY u (k, n))))
  FROM json_array_elements(taskcrm.tc_list_webhooks() -> 'results') w JOIN t.hook h ON h.id = (w ->> 'id')::uuid ORDER BY h.name
$$;
CREATE FUNCTION t.rotate(name text, overlap interval) RETURNS text LANGUAGE sql AS $$
  UPDATE t.hook h SET former = h.secret, secret = taskcrm.tc_rotate_webhook_secret(h.id, overlap) ->> 'secret' WHERE h.name = $1 RETURNING (h.secret <> h.former)::text
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
\o

-- Refused: members, users without an organization, strangers; the worker calls nothing else.
\c - regress_api_amy
SELECT t.try(v) FROM unnest(ARRAY['SELECT taskcrm.tc_create_webhook(''https://x.example/'')', 'SELECT taskcrm.tc_update_webhook(NULL, NULL)',
  'SELECT taskcrm.tc_rotate_webhook_secret(NULL)', 'SELECT taskcrm.tc_delete_webhook(NULL)', 'SELECT taskcrm.tc_list_webhooks()',
  'SELECT taskcrm.tc_test_webhook(NULL)', 'SELECT count(*) FROM taskcrm.tc_claim_deliveries()', 'SELECT taskcrm.tc_finish_delivery(NULL, NULL, NULL)',
  'SELECT count(*) FROM taskcrm_internal.webhook']) WITH ORDINALITY v (v, n) ORDER BY n;
\c - regress_api_stranger
SELECT t.try('SELECT taskcrm.tc_list_webhooks()'), t.try('SELECT count(*) FROM taskcrm.tc_claim_deliveries()');
\c - regress_api_worker
SELECT t.try(v) FROM unnest(ARRAY['SELECT taskcrm.tc_list_webhooks()', 'SELECT taskcrm.tc_list_tasks()', 'SELECT count(*) FROM taskcrm.task',
  'SELECT count(*) FROM taskcrm_internal.webhook', 'SELECT count(*) FROM taskcrm.tc_claim_deliveries()']) WITH ORDINALITY v (v, n) ORDER BY n;
\c - :api_superuser
SELECT t.try('SELECT taskcrm.tc_grant_worker(''regress_api_amy'')') ~ '^0LP01 .*privileges that a worker may not have' AS client,
  t.try('SELECT taskcrm.tc_grant_worker(''regress_api_owner'')') AS owner, t.try('SELECT taskcrm.tc_grant_worker(''nobody'')') AS unknown;
SELECT d."check", d.detail FROM taskcrm.tc_doctor() d WHERE d."check" IN ('client_rights', 'webhooks');

-- Wrong arguments.
\c - regress_api_alice
SELECT v, t.try(format('SELECT taskcrm.tc_create_webhook(%s)', v)) FROM unnest(ARRAY['NULL', '''''', '''ftp://x.example/''', '''http://x.example/''',
  '''https://''', '''https:///path''', '''https://:1/''', '''https://x.example:65536/''', '''https://x.example:/''', '''https://x.example:1a/''', '''https://user:word@x.example/''', '''https://x.example/#f''', '''https://x.example/a b''',
  '''https://x.example/"''', '''https://ü.example/''', '''https://'' || repeat(''x'', 2000)',
  '''https://x.example/'', ''{task}''', '''https://x.example/'', ''{task.read}''', '''https://x.example/'', ''{NULL}''', '''https://x.example/'', ''{task.*x}''',
  '''https://x.example/'', array_fill(''task.*''::text, ''{101}'')',
  '''https://x.example/'', NULL, ''[]''', '''https://x.example/'', NULL, ''"{"''', '''https://x.example/'', NULL, ''{"status": "x"}''', '''https://x.example/'', NULL, ''{"limit": 1}''',
  '''https://x.example/'', NULL, ''{"colour": 1}''']) WITH ORDINALITY w (v, n) ORDER BY n;
SELECT v, t.try(format('SELECT taskcrm.%s', v)) FROM unnest(ARRAY['tc_update_webhook(NULL, ''{}'')', 'tc_update_webhook(t.id(''unknown''), NULL)',
  'tc_update_webhook(t.id(''unknown''), ''{}'')', 'tc_update_webhook(t.id(''unknown''), ''{"secret": "x"}'')', 'tc_update_webhook(t.id(''unknown''), ''{"is_active": 1}'')',
  'tc_rotate_webhook_secret(NULL)', 'tc_rotate_webhook_secret(t.id(''unknown''))', 'tc_rotate_webhook_secret(t.id(''unknown''), NULL)',
  'tc_rotate_webhook_secret(t.id(''unknown''), ''-1 second'')', 'tc_rotate_webhook_secret(t.id(''unknown''), ''1 month'')', 'tc_rotate_webhook_secret(t.id(''unknown''), ''31 days'')',
  'tc_delete_webhook(NULL)', 'tc_delete_webhook(t.id(''unknown''))', 'tc_test_webhook(NULL)', 'tc_test_webhook(t.id(''unknown''))']) WITH ORDINALITY w (v, n) ORDER BY n;
\c - regress_api_worker
SELECT v, t.try(format('SELECT count(*) FROM taskcrm.%s', v)) FROM unnest(ARRAY['tc_claim_deliveries(0)', 'tc_claim_deliveries(NULL)', 'tc_claim_deliveries(1001)',
  'tc_claim_deliveries(1, 0)', 'tc_claim_deliveries(1, 1001)', 'tc_claim_deliveries(1, 1, NULL)', 'tc_claim_deliveries(1, 1, ''0'')',
  'tc_claim_deliveries(1, 1, ''3 minutes'')', 'tc_finish_delivery(NULL, t.id(''unknown''), 200)', 'tc_finish_delivery(t.id(''unknown''), NULL, 200)',
  'tc_finish_delivery(t.id(''unknown''), t.id(''unknown''), 99)', 'tc_finish_delivery(t.id(''unknown''), t.id(''unknown''), 600)',
  'tc_finish_delivery(t.id(''unknown''), t.id(''unknown''), 503, ''-1'')']) WITH ORDINALITY w (v, n) ORDER BY n;

-- Two organizations, and webhooks with types and filters.  What happened before is not sent.
\c - regress_api_alice
SELECT t.create_task('{"title": "before"}') IS NOT NULL AS made;
SELECT t.create_hook('all');
SELECT t.create_hook('some', '{comment.*,task.deleted}') IS NOT NULL, t.create_hook('done', NULL, '{"status": "Completed", "assigned_to": "@me"}') IS NOT NULL;
\c - regress_api_bob
SELECT t.create_hook('other') IS NOT NULL AS created;
\c - regress_api_worker
SELECT count(*) FROM taskcrm.tc_claim_deliveries();
\c - regress_api_amy
SELECT t.know('a', (taskcrm.tc_create_task('{"title": "a"}') ->> 'id')::uuid), t.know('b', (taskcrm.tc_create_task(t.json('{"title": "b", "status": "Completed", "assigned_to": ["{alice}"]}')) ->> 'id')::uuid);
SELECT t.comment('a', 'on a') IS NOT NULL, t.comment('b', 'on b') IS NOT NULL;
\c - regress_api_worker
SELECT * FROM t.claim();
-- The messages of another organization name nothing of this one.
SELECT count(*) FROM t.message m WHERE m.webhook_id = t.hook('other');
-- A message.
SELECT t.show(convert_from(m.body, 'UTF8')), m.url, t.show(m.headers::text) ~ '"webhook-id": "ID"' AS id, m.event_id = (convert_from(m.body, 'UTF8')::json #>> '{data,id}')::uuid
FROM t.message m WHERE m.webhook_id = t.hook('all') ORDER BY m.place LIMIT 1;
SELECT m.headers ->> 'webhook-id' = m.event_id::text AS id, m.headers ->> 'content-type' AS type, abs((m.headers ->> 'webhook-timestamp')::bigint - extract(epoch FROM now())) < 600 AS recent,
  m.headers ->> 'webhook-signature' = t.signature(m, h.secret) AS signed, ARRAY(SELECT jsonb_object_keys(m.headers)) AS keys
FROM t.message m JOIN t.hook h ON h.id = m.webhook_id WHERE h.name = 'all' ORDER BY m.place LIMIT 1;
-- What is claimed is not claimed again; another worker gets nothing.
SELECT count(*) FROM taskcrm.tc_claim_deliveries();
-- One after the other, each once; a finished one and a wrong claim are over.
SELECT t.try(format('SELECT taskcrm.tc_finish_delivery(%L, %L, 200)', m.claim, m.event_id))
  FROM (SELECT * FROM t.message m WHERE m.webhook_id = t.hook('all') ORDER BY m.place OFFSET 1 LIMIT 1) m;
CREATE TEMP TABLE first AS SELECT m.claim, m.event_id FROM t.message m WHERE m.webhook_id = t.hook('all') ORDER BY m.place LIMIT 1;
SELECT t.finish('all', 204), (SELECT taskcrm.tc_finish_delivery(f.claim, f.event_id, 200) FROM first f), taskcrm.tc_finish_delivery(t.id('unknown'), t.id('unknown'), 200);
-- The first one fails: the rest of the claim is over, and waits.
SELECT t.finish('all', 500, '1 hour', 'broken');
SELECT t.finish('all', 200);
SELECT t.finish('some', 200), t.finish('some', 200), t.finish('some', 200);
SELECT t.finish('done', NULL, NULL, 'no answer' || repeat('!', 600));
SELECT count(*) FROM taskcrm.tc_claim_deliveries();
\c - regress_api_alice
SELECT t.hooks('state', 'disabled_reason', 'attempts', 'last_status', 'delivered', 'dead', 'pending', 'dead_events');
SELECT h.name, length(w ->> 'last_error') AS error, (w ->> 'next_attempt')::timestamptz - (w ->> 'last_attempt')::timestamptz BETWEEN '4 seconds' AND '6 seconds' AS pause
FROM json_array_elements(taskcrm.tc_list_webhooks() -> 'results') w JOIN t.hook h ON h.id = (w ->> 'id')::uuid WHERE h.name <> 'some' ORDER BY h.name;
SELECT taskcrm.tc_list_webhooks()::text ~ 'whsec' AS secret;

-- The same event again, with the same id, at another time and with two signatures, because the secret is replaced.
SELECT t.rotate('all', '1 day') AS changed, t.hooks('former_secret_until');
\c - :api_superuser
UPDATE taskcrm_internal.webhook SET next_attempt = now(), failing_since = failing_since - interval '10 minutes';
\c - regress_api_worker
SELECT * FROM t.claim(10, 2);
SELECT m.headers ->> 'webhook-signature' = t.signature(m, h.secret) || ' ' || t.signature(m, h.former) AS signed
FROM t.message m JOIN t.hook h ON h.id = m.webhook_id WHERE h.name = 'all' ORDER BY m.place LIMIT 1;
-- 429 and 503 say how long to wait, other statuses do not; the pauses grow.
SELECT t.finish('all', 503, '2 hours'), t.finish('done', 429, '40 days');
\c - regress_api_alice
SELECT h.name, w ->> 'attempts' AS attempts, justify_interval(date_trunc('minute', (w ->> 'next_attempt')::timestamptz - (w ->> 'last_attempt')::timestamptz)) AS pause
FROM json_array_elements(taskcrm.tc_list_webhooks() -> 'results') w JOIN t.hook h ON h.id = (w ->> 'id')::uuid WHERE h.name <> 'some' ORDER BY h.name;
SELECT t.rotate('all', '0') AS changed, t.hooks('former_secret_until');

-- After three days, an event is dead, and the next one goes.
\c - :api_superuser
UPDATE taskcrm_internal.webhook SET next_attempt = now(), failing_since = now() - interval '3 days';
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT m.headers ->> 'webhook-signature' = t.signature(m, h.secret) AS signed FROM t.message m JOIN t.hook h ON h.id = m.webhook_id WHERE h.name = 'all' ORDER BY m.place LIMIT 1;
SELECT t.finish('all', 301), t.finish('all', 200), t.finish('all', 200);
SELECT t.finish_all();
\c - regress_api_alice
SELECT t.hooks('state', 'attempts', 'delivered', 'dead', 'pending', 'next_attempt', 'dead_events');

-- A worker that dies loses nothing: its lease runs out.
SELECT t.update_task('a', '{"title": "a2"}') IS NOT NULL AS updated;
\c - regress_api_worker
SELECT * FROM t.claim();
CREATE TEMP TABLE died AS SELECT * FROM t.message;
\c - :api_superuser
UPDATE taskcrm_internal.webhook SET lease_until = now() WHERE claim IS NOT NULL;
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish_all(), count(*) FROM t.message;

-- What leaves the filters is not sent, and what comes in is; of a task that is gone, all webhooks are told.
\c - regress_api_alice
SELECT t.update_task('b', '{"status": "New"}') IS NOT NULL, t.update_task('a', '{"status": "Completed", "assigned_to": ["{alice}"]}') IS NOT NULL, taskcrm.tc_delete_task(t.id('b'));
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish_all();

-- 410 disables; an admin activates it again, and it goes on where it was.
\c - regress_api_alice
SELECT t.update_task('a', '{"title": "a3"}') IS NOT NULL AS updated;
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish('all', 410);
SELECT t.finish_all();
SELECT count(*) FROM taskcrm.tc_claim_deliveries();
\c - regress_api_alice
SELECT t.hooks('state', 'disabled_reason', 'pending');
SELECT t.try(format('SELECT taskcrm.tc_test_webhook(%L)', t.hook('all')));
SELECT taskcrm.tc_update_webhook(t.hook('all'), '{"is_active": true, "types": ["task.updated"]}') ->> 'state' AS state;
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish_all();

-- A test goes once, ahead of what waits, and changes nothing else.
\c - regress_api_alice
SELECT t.update_task('a', '{"title": "a4"}') IS NOT NULL AS updated;
SELECT t.show(taskcrm.tc_test_webhook(t.hook('all'))::text);
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.show(convert_from(m.body, 'UTF8')) FROM t.message m WHERE m.webhook_id = t.hook('all');
SELECT t.finish('all', 410);
SELECT * FROM t.claim();
SELECT t.finish_all();
\c - regress_api_alice
SELECT t.hooks('state', 'attempts', 'test_result');

-- What a webhook may see is what its creator may see now: it stops when the creator is no admin, or is gone.
\c - :api_superuser
SELECT taskcrm.tc_add_member(t.id('acme'), t.id('ann'), 'admin');
\c - regress_api_ann
SELECT t.create_hook('ann') IS NOT NULL AS created;
\c - regress_api_alice
SELECT t.update_task('a', '{"title": "a5"}') IS NOT NULL, taskcrm.tc_set_member_role(t.id('ann'), 'member') IS NOT NULL;
SELECT t.hooks('state', 'disabled_reason');
\c - :api_superuser
SELECT regexp_replace(t.show(d.detail), 'webhook \S+', 'webhook'), d.ok, d.hint FROM taskcrm.tc_doctor() d WHERE d."check" = 'webhooks';
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish_all();
\c - regress_api_alice
SELECT t.hooks('state', 'disabled_reason', 'pending');
-- Who activates it is the one as whom it sees.
SELECT t.show(w ->> 'created_by'), w ->> 'state' FROM taskcrm.tc_update_webhook(t.hook('ann'), '{"is_active": true}') w;
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish_all();
-- A policy that an administrator adds hides tasks from the creator, and so from the webhook.
\c - :api_superuser
CREATE POLICY hidden ON taskcrm.task AS RESTRICTIVE FOR SELECT USING (title <> 'hidden');
\c - regress_api_amy
SELECT t.create_task('{"title": "seen"}') IS NOT NULL, t.create_task('{"title": "to be hidden"}') IS NOT NULL;
\c - :api_superuser
UPDATE taskcrm.task SET title = 'hidden' WHERE title = 'to be hidden';
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish_all();
\c - :api_superuser
DROP POLICY hidden ON taskcrm.task;

-- Filters that are not valid any more stop their webhook, and no other one.
\c - regress_api_alice
SELECT taskcrm.tc_create_view('{"name": "v", "filters": {"status": "New"}}') ->> 'id' AS view \gset
SELECT t.create_hook('view', NULL, format('{"view": "%s"}', :'view')) IS NOT NULL, taskcrm.tc_delete_view(:'view');
SELECT t.create_task('{"title": "c"}') IS NOT NULL AS created;
\c - regress_api_worker
SELECT * FROM t.claim();
SELECT t.finish_all();
\c - regress_api_alice
SELECT t.hooks('state', 'disabled_reason');

-- What is rolled back is not sent.
\c - regress_api_alice
BEGIN;
SELECT t.create_task('{"title": "rolled back"}') IS NOT NULL AS created;
ROLLBACK;
\c - regress_api_worker
SELECT * FROM t.claim();

-- Bounded; a trigger that suppresses the row is an error.
\c - :api_superuser
INSERT INTO taskcrm_internal.webhook (org_id, created_by, url, secret, position, generation, txid)
  SELECT t.id('acme'), t.id('alice'), 'https://many.example/' || n, sha256('x'), '', 1, '0' FROM generate_series(1, 95) n;
\c - regress_api_alice
SELECT t.try('SELECT taskcrm.tc_create_webhook(''https://x.example/'')');
\c - :api_superuser
DELETE FROM taskcrm_internal.webhook WHERE url LIKE 'https://many.example/%';
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER suppress BEFORE INSERT OR UPDATE OR DELETE ON taskcrm_internal.webhook FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_alice
SELECT t.try(v) FROM unnest(ARRAY['SELECT taskcrm.tc_create_webhook(''https://x.example/'')', 'SELECT taskcrm.tc_update_webhook(t.hook(''all''), ''{}'')',
  'SELECT taskcrm.tc_rotate_webhook_secret(t.hook(''all''))', 'SELECT taskcrm.tc_delete_webhook(t.hook(''all''))', 'SELECT taskcrm.tc_test_webhook(t.hook(''all''))']) WITH ORDINALITY v (v, n) ORDER BY n;
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm_internal.webhook;

-- Another organization's webhook is not found.
\c - regress_api_bob
SELECT t.try(v) FROM unnest(ARRAY['SELECT taskcrm.tc_update_webhook(t.hook(''all''), ''{"url": "https://bob.example/"}'')',
  'SELECT taskcrm.tc_rotate_webhook_secret(t.hook(''all''))', 'SELECT taskcrm.tc_delete_webhook(t.hook(''all''))', 'SELECT taskcrm.tc_test_webhook(t.hook(''all''))']) WITH ORDINALITY v (v, n) ORDER BY n;
SELECT t.hooks('url', 'pending');
-- An export contains no webhook.
\c - regress_api_alice
SELECT count(*) FROM taskcrm.tc_export_organization() e WHERE e::text ~ 'whsec|webhook|all.example';
SELECT taskcrm.tc_delete_webhook(t.hook('all')), (SELECT string_agg(h, ' ') FROM t.hooks('state') h);
\c - :api_superuser
SET taskcrm.webhook_allow_http = on;
SELECT taskcrm.tc_revoke_worker('regress_api_worker');
\c - regress_api_worker
SELECT t.try('SELECT count(*) FROM taskcrm.tc_claim_deliveries()');
\c - :api_superuser
DROP OWNED BY regress_api_worker;
DROP ROLE regress_api_worker;
\i :teardown
