-- Old events are removed, by tc_purge_events() and taskcrm.event_retention: copies and webhooks that
-- have not seen them learn of it, others go on.  iso_purge has transactions that overlap.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
CREATE ROLE regress_api_worker LOGIN;
SELECT taskcrm.tc_grant_worker('regress_api_worker');
CREATE TABLE t.moment (name text PRIMARY KEY, at timestamptz);
CREATE TABLE t.token (name text PRIMARY KEY, token text);
CREATE TABLE t.message (place serial, claim uuid, webhook_id uuid, event_id uuid, title text);
GRANT ALL ON t.moment, t.token, t.message TO PUBLIC;
GRANT ALL ON SEQUENCE t.message_place_seq TO PUBLIC;
-- Notes the time of now, with a pause around it.
CREATE FUNCTION t.note(moment text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_sleep(0.01);
  INSERT INTO t.moment VALUES (moment, clock_timestamp());
  PERFORM pg_sleep(0.01);
END
$$;
CREATE FUNCTION t.at(moment text) RETURNS timestamptz LANGUAGE sql STABLE AS $$ SELECT m.at FROM t.moment m WHERE m.name = moment $$;
-- Reads a copy to its end, and keeps its token; returns what it saw.
CREATE FUNCTION t.sync(copy text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r json := taskcrm.tc_sync((SELECT k.token FROM t.token k WHERE k.name = copy));
BEGIN
  INSERT INTO t.token VALUES (copy, r ->> 'token') ON CONFLICT (name) DO UPDATE SET token = excluded.token;
  RETURN concat_ws(' ', CASE WHEN (r ->> 'full')::bool THEN 'full' ELSE 'step' END,
    (SELECT string_agg(k ->> 'title', ', ' ORDER BY k ->> 'title') FROM json_array_elements(r #> '{changed,tasks}') k));
END
$$;
CREATE FUNCTION t.make(title text) RETURNS text LANGUAGE sql AS $$ SELECT taskcrm.tc_create_task(jsonb_build_object('title', title)) ->> 'title' $$;
CREATE FUNCTION t.events(org text) RETURNS text LANGUAGE sql STABLE SECURITY DEFINER AS $$
  SELECT count(*) || coalesce(': ' || string_agg(e.changes #>> '{title,to}', ', ' ORDER BY e.id) FILTER (WHERE e.type = 'task.created'), '')
  FROM taskcrm_internal.event e WHERE e.org_id = t.id(org)
$$;
CREATE FUNCTION t.claim() RETURNS text LANGUAGE sql AS $$
  WITH c AS (INSERT INTO t.message (claim, webhook_id, event_id, title) SELECT d.claim, d.webhook_id, d.event_id, convert_from(d.body, 'UTF8')::json #>> '{data,changes,title,to}'
    FROM taskcrm.tc_claim_deliveries() d RETURNING place, title)
  SELECT string_agg(title, ', ' ORDER BY place) FROM c
$$;
CREATE FUNCTION t.finish(status integer) RETURNS text LANGUAGE sql AS $$
  WITH next AS (DELETE FROM t.message m WHERE m.place = (SELECT min(n.place) FROM t.message n) RETURNING m.*)
  SELECT (taskcrm.tc_finish_delivery(n.claim, n.event_id, status)) ->> 'outcome' FROM next n
$$;
CREATE FUNCTION t.hooks() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT concat_ws(' ', substr(w ->> 'url', 9), w ->> 'state', 'attempts', w ->> 'attempts', 'delivered', w ->> 'delivered', 'dead', w ->> 'dead', 'pending', w ->> 'pending',
    (SELECT string_agg(concat_ws(' ', d ->> 'type', d ->> 'attempts', d ->> 'error'), '; ') FROM json_array_elements(w -> 'dead_events') d))
  FROM json_array_elements(taskcrm.tc_list_webhooks() -> 'results') w ORDER BY w ->> 'url'
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
SELECT t.checksum(t.id('umbrella')) AS umbrella \gset
\o
\set ECHO all

-- Only admins, and only what a time is before.
\c - regress_api_amy
SELECT t.try('SELECT taskcrm.tc_purge_events(''infinity'')');
\c - regress_api_alice
SELECT t.try('SELECT taskcrm.tc_purge_events(NULL)'), t.try('SELECT taskcrm.tc_purge_events(''-infinity'')'), t.try('SELECT taskcrm.tc_purge_events(''4000-01-01 BC'')');
SELECT t.events('acme');

-- Copies: one has seen nothing of what is removed, one the last event of it, one more than that.
SELECT t.sync('old');
SELECT t.make('first') AS task;
SELECT t.sync('edge'), t.note('after first');
SELECT t.make('second') AS task;
SELECT t.sync('new');
SELECT t.make('third') AS task;
SELECT taskcrm.tc_purge_events(t.at('after first')) ->> 'purged' AS purged;
SELECT t.events('acme');
SELECT t.sync('old') AS old, t.sync('edge') AS edge, t.sync('new') AS new;
SELECT t.sync('old') AS old, t.sync('edge') AS edge, t.sync('new') AS new;
-- One that began when there was no event.
SELECT taskcrm.tc_purge_events('infinity') ->> 'purged' AS purged;
SELECT t.events('acme');
SELECT t.sync('none') AS none;
SELECT t.sync('none') AS none;
SELECT t.make('fourth') AS task;
SELECT taskcrm.tc_purge_events('infinity') ->> 'purged' AS purged;
SELECT t.sync('none') AS none;
SELECT t.sync('none') AS none;
-- A removal that is rolled back is none, and one that removes nothing leaves no trace.
SELECT t.sync('none') AS none, t.make('fifth') AS task;
BEGIN;
SELECT taskcrm.tc_purge_events('infinity') ->> 'purged' AS purged;
ROLLBACK;
SELECT taskcrm.tc_purge_events('2001-01-01') ->> 'purged' AS purged, t.sync('none') AS none;
-- In the middle of a step and of a load.
SELECT string_agg(t.make('more ' || n), ', ') FROM generate_series(1, 4) n;
SELECT taskcrm.tc_sync(NULL, '{"limit": 2}') ->> 'token' AS load \gset
SELECT taskcrm.tc_sync(:'load', '{"limit": 2}') ->> 'full' AS "full";
SELECT taskcrm.tc_sync(NULL, '{"limit": 2, "from": "now"}') ->> 'token' AS step \gset
SELECT string_agg(t.make('even more ' || n), ', ') FROM generate_series(1, 4) n;
SELECT r ->> 'full' AS "full", r ->> 'more' AS more, r ->> 'token' AS step FROM taskcrm.tc_sync(:'step', '{"limit": 2, "from": "now"}') r \gset
SELECT :'full' AS "full", :'more' AS more, taskcrm.tc_purge_events('infinity') ->> 'purged' AS purged;
SELECT taskcrm.tc_sync(:'step', '{"limit": 2, "from": "now"}') ->> 'full' AS step, taskcrm.tc_sync(:'load', '{"limit": 2}') ->> 'full' AS load;
-- Its own history is gone, and nothing else.
SELECT taskcrm.tc_task_history(k.id) ->> 'count' AS events, t.make('after it') FROM taskcrm.task k WHERE k.title = 'first';
\c - :api_superuser
SELECT count(*), count(DISTINCT org_id) FROM taskcrm_internal.event_purge;
SELECT t.checksum(t.id('umbrella')) = :'umbrella' AS umbrella_is_the_same;

-- Webhooks: what one has not passed is given up, and it goes on behind it.
\c - regress_api_alice
SELECT count(taskcrm.tc_create_webhook('https://all.example/')), count(taskcrm.tc_create_webhook('https://comments.example/', '{comment.*}')) FROM (VALUES (1)) v;
SELECT string_agg(t.make('message ' || n), ', ') FROM generate_series(1, 3) n;
\c - regress_api_worker
SELECT t.claim();
SELECT t.finish(200);
SELECT t.finish(500), t.note('claimed');
\c - regress_api_alice
SELECT t.make('message 4');
SELECT t.hooks();
SELECT taskcrm.tc_purge_events(t.at('claimed')) ->> 'purged' AS purged;
SELECT t.events('acme');
SELECT t.hooks();
\c - regress_api_worker
DELETE FROM t.message;
SELECT t.claim(), t.note('claimed again');
-- An event that is removed while a worker sends it.
\c - regress_api_alice
SELECT t.make('message 5');
SELECT taskcrm.tc_purge_events(t.at('claimed again')) ->> 'purged' AS purged;
\c - regress_api_worker
SELECT t.finish(200);
SELECT t.claim();
SELECT t.finish(200);
SELECT t.claim();
\c - regress_api_alice
SELECT t.hooks();
-- More than are kept.
SELECT count(taskcrm.tc_create_tasks((SELECT jsonb_agg(jsonb_build_object('title', 'many')) FROM generate_series(1, 600)))) FROM generate_series(1, 2);
SELECT taskcrm.tc_purge_events('infinity') ->> 'purged' AS purged;
SELECT w ->> 'dead' AS dead, json_array_length(w -> 'dead_events') AS shown, w ->> 'pending' AS pending
FROM json_array_elements(taskcrm.tc_list_webhooks() -> 'results') w ORDER BY w ->> 'url';

-- Retention: one in 64 calls that write removes some of what is older.
SELECT t.try('SET taskcrm.event_retention = 1');
SELECT t.make('recent') AS task;
\c - :api_superuser
SELECT taskcrm.tc_today() > '2001-01-01' AS loaded;
SHOW taskcrm.event_retention;
INSERT INTO taskcrm_internal.event (org_id, id, seq, generation, txid, type, task_id, subject_id, version, actor, happened_on, changes)
  SELECT t.id(org), ('018cc251-f400-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n, 1, '3', 'task.created', t.id('unknown'), t.id('unknown'), 1, NULL,
    '2024-01-01 00:00Z', '{"title": {"to": "ancient"}}'
  FROM generate_series(1, 3) n, unnest(ARRAY['acme', 'umbrella']) org;
ALTER DATABASE regress_api SET taskcrm.event_retention = '365d';
\c - regress_api_alice
SELECT t.sync('new') IS NOT NULL AS synced;
DO $$
BEGIN
  FOR i IN 1..5000 LOOP
    PERFORM taskcrm.tc_update_organization('Acme');
    EXIT WHEN t.events('acme') NOT LIKE '%ancient%';
  END LOOP;
END $$;
SELECT t.events('acme');
SELECT left(t.sync('new'), 10) AS new;
SELECT count(*) FROM json_array_elements(taskcrm.tc_list_webhooks() -> 'results') w WHERE w ->> 'dead' <> '0';
\c - regress_api_bob
SELECT t.events('umbrella') LIKE '%ancient%' AS umbrella_keeps_its;
\c - :api_superuser
DELETE FROM taskcrm.organization WHERE id = t.id('acme');
SELECT count(*) FROM taskcrm_internal.event_purge;
\set ECHO none
DROP OWNED BY regress_api_worker;
DROP ROLE regress_api_worker;
\i :teardown
