-- tc_sync(): a copy that begins with all rows and follows from then on.  045_sync tests it with
-- concurrent writers.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
-- An answer with the titles and names of what changed, and the names of what is gone.
CREATE FUNCTION t.page(r json) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('; ', 'full ' || (r ->> 'full'), 'more ' || (r ->> 'more'),
    (SELECT string_agg(key || ': ' || names, ', ' ORDER BY key) FROM (
      SELECT e.key, (SELECT string_agg(coalesce(v ->> 'title', v ->> 'comment', v ->> 'file_name', v ->> 'first_name', v ->> 'name'), ' ' ORDER BY v ->> 'title', v ->> 'name', v ->> 'first_name')
        FROM json_array_elements(e.value) v) AS names FROM json_each(r -> 'changed') e) c),
    'deleted ' || (SELECT string_agg(e.key || ': ' || t.show(v #>> '{}'), ', ' ORDER BY e.key, t.show(v #>> '{}'))
      FROM json_each(r -> 'deleted') e, json_array_elements(e.value) v))
$$;
GRANT EXECUTE ON FUNCTION t.page TO PUBLIC;
\c - regress_api_amy
SELECT t.know('a', (taskcrm.tc_create_task('{"title": "a"}') ->> 'id')::uuid),
  t.know('b', (taskcrm.tc_create_task('{"title": "b", "status": "Completed"}') ->> 'id')::uuid);
SELECT t.comment('a', 'first') IS NOT NULL AS commented;

-- A copy from now on begins without rows, whatever its limit, and has what changes later.
SELECT taskcrm.tc_sync(NULL, '{"from": "now", "limit": 1}') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset n_
\echo :n_page
SELECT t.update_task('b', '{"priority": "Low"}')::json ->> 'title';
SELECT t.page(taskcrm.tc_sync(:'n_token', '{"from": "now"}')), t.page(taskcrm.tc_sync(:'n_token'));
SELECT t.try($$SELECT taskcrm.tc_sync(NULL, '{"from": "then"}')$$), t.try($$SELECT taskcrm.tc_sync(NULL, '{"from": 1}')$$);

-- A load in pages, during which something happens.
SELECT taskcrm.tc_sync() AS r \gset
SELECT t.page(:'r');
SELECT taskcrm.tc_sync(NULL, '{"limit": 3}') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
SELECT t.update_task('a', '{"title": "a2"}')::json ->> 'title';
SELECT taskcrm.tc_sync(:'p_token', '{"limit": 3}') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
SELECT taskcrm.tc_sync(:'p_token', '{"limit": 100}') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
-- The first step has what happened during the load; then there is nothing.
SELECT taskcrm.tc_sync(:'p_token') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
SELECT taskcrm.tc_sync(:'p_token') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
-- The same token gives the same again.
SELECT t.update_task('a', '{"title": "a3"}')::json ->> 'title', taskcrm.tc_delete_task(t.id('b'));
SELECT t.page(taskcrm.tc_sync(:'p_token')), t.page(taskcrm.tc_sync(:'p_token')) = t.page(taskcrm.tc_sync(:'p_token'));
-- A step in pages: what happens meanwhile is in the next one.
SELECT count(t.create_task(format('{"title": "n%s"}', n))) FROM generate_series(1, 4) n;
SELECT taskcrm.tc_sync(:'p_token', '{"limit": 3}') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
SELECT t.create_task('{"title": "later"}')::json ->> 'title';
SELECT taskcrm.tc_sync(:'p_token', '{"limit": 100}') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
SELECT taskcrm.tc_sync(:'p_token') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset p_
\echo :p_page
-- A transaction that reads what it has written gets it again, and begins anew if it was rolled back.
BEGIN;
SELECT t.create_task('{"title": "mine"}')::json ->> 'title';
SELECT taskcrm.tc_sync(:'p_token') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset q_
\echo :q_page
SELECT t.page(taskcrm.tc_sync(:'q_token'));
ROLLBACK;
SELECT t.page(taskcrm.tc_sync(:'q_token')), t.page(taskcrm.tc_sync(:'p_token'));

-- Only some resources, and only tasks that pass the filters: one that does not any more is deleted.
SELECT taskcrm.tc_sync(NULL, '{"resources": ["tasks"], "filters": {"status": ["New", "In Progress"]}}') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset f_
\echo :f_page
SELECT t.update_task('a', '{"status": "Completed"}')::json ->> 'title';
SELECT t.page(taskcrm.tc_sync(:'f_token', '{"resources": ["tasks"], "filters": {"status": ["New", "In Progress"]}}'));

-- What a comment or a file says about its task counts, too.
SELECT '{"resources": ["tasks"], "filters": {"where": {"or": [{"comment": {"contains": "needle"}}, {"attachments": {"empty": false}}]}}}' AS options \gset
SELECT taskcrm.tc_sync(NULL, :'options') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset w_
\echo :w_page
SELECT t.know('needle', (taskcrm.tc_add_task_comment_or_attachment(t.id('a'), 'a needle') #>> '{comment,id}')::uuid);
SELECT taskcrm.tc_sync(:'w_token', :'options') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset w_
\echo :w_page
SELECT taskcrm.tc_delete_task_comment(t.id('needle'));
SELECT taskcrm.tc_sync(:'w_token', :'options') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset w_
\echo :w_page
SELECT taskcrm.tc_add_task_attachment(t.id('a'), 'x', 'x') IS NOT NULL;
SELECT t.page(taskcrm.tc_sync(:'w_token', :'options'));
-- A copy of the tasks of a view begins anew when the filters of the view change, and not when its name does.
SELECT t.know('view', (taskcrm.tc_create_view('{"name": "x", "filters": {"title": "a"}}') ->> 'id')::uuid);
SELECT t.ids('{"resources": ["tasks"], "filters": {"view": "{view}"}}') AS options \gset
SELECT taskcrm.tc_sync(NULL, :'options') AS r \gset
SELECT t.page(:'r'), :'r'::json ->> 'token' AS token \gset w_
\echo :w_page
SELECT taskcrm.tc_update_view(t.id('view'), '{"name": "y"}') ->> 'name';
SELECT t.page(taskcrm.tc_sync(:'w_token', :'options'));
SELECT taskcrm.tc_update_view(t.id('view'), '{"filters": {"title": "later"}}') ->> 'filters';
SELECT t.page(taskcrm.tc_sync(:'w_token', :'options'));
SELECT taskcrm.tc_delete_view(t.id('view'));
SELECT t.try(format('SELECT taskcrm.tc_sync(%L, %L)', :'w_token', :'options'));

-- Refused: what is no token, what is that of others, and other options.
SELECT t.try(format('SELECT taskcrm.tc_sync(%L)', token)) FROM unnest(ARRAY['', 'x', 'AQI', repeat('A', 100), repeat('A', 70000)]) AS token;
SELECT t.try(format('SELECT taskcrm.tc_sync(%L)', :'f_token'));
SELECT t.try(format('SELECT taskcrm.tc_sync(NULL, %L)', options)) FROM unnest(ARRAY['[]', '{"limit": 0}', '{"limit": 1001}', '{"resources": "things"}',
  '{"resources": 1}', '{"filters": 1}', '{"filters": "{"}', '{"filters": "[]"}', '{"filters": {"status": "x"}}', '{"filters": {"limit": 1, "ids": []}}', '{"more": true}']) AS options;
\c - regress_api_ann
SELECT t.try(format('SELECT taskcrm.tc_sync(%L)', :'p_token'));
\c - regress_api_bob
SELECT t.try(format('SELECT taskcrm.tc_sync(%L)', :'p_token'));
SELECT t.page(taskcrm.tc_sync());
\c - regress_api_nemo
SELECT t.try('SELECT taskcrm.tc_sync()');

-- A copy whose last event is gone, or whose generation, begins anew.
\c - :api_superuser
SET client_min_messages = warning;
CREATE TABLE t.kept AS SELECT * FROM taskcrm_internal.event;
DELETE FROM taskcrm_internal.event;
\c - regress_api_amy
SELECT taskcrm.tc_sync(:'p_token') ->> 'full' AS "full";
\c - :api_superuser
SET client_min_messages = warning;
INSERT INTO taskcrm_internal.event SELECT * FROM t.kept;
SET session_replication_role = replica;
UPDATE taskcrm_internal.event_generation SET timeline = 77;
\c - regress_api_amy
SELECT taskcrm.tc_sync(:'p_token') ->> 'full' AS "full";
SELECT taskcrm.tc_sync() AS r \gset
SELECT :'r'::json ->> 'token' AS token \gset p_
-- The next event begins the next generation.
SELECT t.update_task('a', '{"title": "a4"}')::json ->> 'title';
SELECT t.page(taskcrm.tc_sync(:'p_token'));
\c - :api_superuser
SELECT generation, timeline = 77 AS "the former" FROM taskcrm_internal.event_generation ORDER BY 1;
SELECT DISTINCT generation FROM taskcrm_internal.event ORDER BY 1;
\set ECHO none
\i :teardown
