-- tc_list_events(): what happened in an organization, for its admins: each filter against the
-- table, pages by cursor, what is refused, the same over HTTP, and what others see.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

\c - :api_superuser
SET client_min_messages = warning;
-- The events of an organization that satisfy a condition, newest first.
CREATE FUNCTION t.wanted(org text, condition text) RETURNS text LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  ids text;
BEGIN
  EXECUTE format('SELECT string_agg(e.id::text, '','' ORDER BY e.id DESC) FROM taskcrm_internal.event e WHERE e.org_id = t.id(%L) AND (%s)',
                 org, t.ids(condition)) INTO ids;
  RETURN ids;
END
$$;
-- Compares a list with the table, and returns the number of events.
CREATE FUNCTION t.check_list(filters text, condition text, org text DEFAULT 'acme') RETURNS text LANGUAGE sql AS $$
  SELECT (r ->> 'count') || CASE WHEN wanted IS NOT DISTINCT FROM found AND (r ->> 'count')::int = cardinality(string_to_array(coalesce(wanted, ''), ','))
    THEN ' right' ELSE ' WRONG' END
  FROM (SELECT taskcrm.tc_list_events(t.json(filters) || '{"limit": 1000}') AS r, t.wanted(org, condition) AS wanted) l,
    LATERAL (SELECT string_agg(e ->> 'id', ',' ORDER BY n) AS found FROM json_array_elements(r -> 'results') WITH ORDINALITY x (e, n)) f
$$;

INSERT INTO taskcrm_internal.event (org_id, id, seq, generation, txid, type, task_id, subject_id, version, actor, happened_on, changes)
  SELECT t.id('acme'), ('018cc251-f400-7000-8000-' || lpad(n::text, 12, '0'))::uuid, n, 1, '3', 'task.updated', t.id('unknown'), t.id('unknown'), n, t.id('ann'),
    '2024-01-01 00:00Z'::timestamptz + n * interval '1 second', '{}'
  FROM generate_series(1, 5) n;
\c - regress_api_amy
SELECT t.know('task', (taskcrm.tc_create_task(t.json('{"title": "a task", "account": "{northwind}"}')) ->> 'id')::uuid) \g /dev/null
SELECT length(t.update_task('task', '{"status": "Completed", "assigned_to": ["{ann}"]}')) > 0 AS updated;
SELECT length(t.comment('task', 'Done by @ann')) > 0 AS commented;
\c - regress_api_alice
\set ECHO all

-- Each filter, and several.
SELECT t.check_list('{}', 'true');
SELECT t.check_list('{"actor": "{amy}"}', 'actor = ''{amy}''');
SELECT t.check_list('{"actor": ["@me", "{ann}"]}', 'actor IN (''{alice}'', ''{ann}'')');
SELECT t.check_list('{"type": "task.created"}', 'type = ''task.created''');
SELECT t.check_list('{"type": ["task.*", "comment.created"]}', 'type LIKE ''task.%'' OR type = ''comment.created''');
SELECT t.check_list('{"task": "{task}"}', 'task_id = ''{task}''');
SELECT t.check_list('{"subject": ["{northwind}", "{task}"]}', 'subject_id IN (''{northwind}'', ''{task}'')');
SELECT t.check_list('{"happened_on__gte": "2024-01-01T00:00:02Z"}', 'happened_on >= ''2024-01-01T00:00:02Z''');
SELECT t.check_list('{"happened_on__lte": "2024-01-01T00:00:04Z"}', 'happened_on <= ''2024-01-01T00:00:04Z''');
SELECT t.check_list('{"happened_on__gte": "2024-01-01T00:00:02Z", "happened_on__lte": "2024-01-01T00:00:04Z", "actor": "{ann}", "type": "task.*"}',
  'happened_on BETWEEN ''2024-01-01T00:00:02Z'' AND ''2024-01-01T00:00:04Z''');
SELECT t.check_list('{"happened_on__gte": "0001-01-01"}', 'true'), t.check_list('{"happened_on__gte": "-P1D"}', 'happened_on > ''2024-02-01''');
SELECT t.check_list('{"ids": ["018cc251-f400-7000-8000-000000000003"]}', 'id = ''018cc251-f400-7000-8000-000000000003''');
SELECT t.check_list('{"ordering": "id", "actor": "{ann}", "happened_on__gte": "2024-01-01T00:00:04Z", "happened_on__lte": "2024-01-01T00:00:04Z"}',
  'happened_on = ''2024-01-01T00:00:04Z''');

-- An event, and what it is called in a list.
SELECT t.show(e::text) FROM json_array_elements(taskcrm.tc_list_events('{"type": "task.updated", "limit": 1}') -> 'results') e;

-- Pages by cursor are complete, also while events come.
WITH RECURSIVE page AS (SELECT taskcrm.tc_list_events('{"cursor": "start", "limit": 4, "type": "task.*"}') AS p
  UNION ALL SELECT taskcrm.tc_list_events(jsonb_build_object('limit', 4, 'type', 'task.*', 'cursor', p ->> 'next_cursor')) FROM page WHERE p ->> 'next_cursor' IS NOT NULL)
SELECT string_agg(json_array_length(p -> 'results')::text, ' ') AS pages,
  (SELECT string_agg(e ->> 'id', ',') FROM page, json_array_elements(p -> 'results') e) = t.wanted('acme', 'type LIKE ''task.%''') AS complete FROM page;
SELECT taskcrm.tc_list_events('{"cursor": "start", "limit": 4, "type": "task.*"}') ->> 'next_cursor' AS cursor \gset
SELECT length(t.create_task('{"title": "another task"}')) > 0 AS created;
SELECT count(*) FROM json_array_elements(taskcrm.tc_list_events(jsonb_build_object('limit', 4, 'type', 'task.*', 'cursor', :'cursor')) -> 'results');
SELECT t.try(format('SELECT taskcrm.tc_list_events(%L)', jsonb_build_object('cursor', :'cursor')));

-- What is refused.
SELECT t.try(format('SELECT taskcrm.tc_list_events(%L)', filters)) FROM unnest(ARRAY['{"limit": -1}', '{"cursor": "x"}', '{"status": "New"}',
  '{"type": "task.vanished"}', '{"type": "task"}', '{"type": 5}', '{"actor": "x"}', '{"task": [5]}', '{"happened_on__gte": "infinity"}', '{"happened_on__gte": "soon"}',
  '{"ordering": "happened_on"}', '[]']) AS filters;

-- Over HTTP.
SELECT r ->> 'count', t.show(r ->> 'next') FROM t.http_json('GET', '/api/organization/events/?type=task.created&type=comment.*&limit=1&happened_on__gte=-P1D') r;
SELECT t.http_short('GET', '/api/organization/events/?type=task.vanished'), t.http_short('POST', '/api/organization/events/', '{}');

-- Who is no admin, and the other organization.
\c - regress_api_amy
SELECT t.try('SELECT taskcrm.tc_list_events()'), t.http_short('GET', '/api/organization/events/');
\c - regress_api_stranger
SELECT t.try('SELECT taskcrm.tc_list_events()');
\c - regress_api_bob
SELECT t.check_list('{}', 'true', 'umbrella'), t.check_list('{"actor": "{amy}"}', 'false', 'umbrella'), t.check_list('{"task": "{task}"}', 'false', 'umbrella');
SELECT bool_and(e::text LIKE '%CANARY%' OR e ->> 'type' LIKE 'member.%') FROM json_array_elements(taskcrm.tc_list_events('{"type": ["task.*", "account.*"]}') -> 'results') e;

\c - :api_superuser
\i :teardown
