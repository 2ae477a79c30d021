-- Objects beside the ids of tasks: expand in lists, reading, creating and updating.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

\set all account,contacts,assigned_to,teams,created_by,comments_count,attachments_count
SELECT t.show(taskcrm.tc_create_task(t.json('{"title": "first", "account": "{northwind}", "contacts": ["{lee}", "{kim}"],
  "assigned_to": ["{amy}", "{ann}"], "teams": ["{sales}"]}'), expand => :'all')::text);
SELECT t.know('first', id) FROM taskcrm.task WHERE title = 'first';
SELECT t.show(taskcrm.tc_create_task('{"title": "second"}', expand => 'created_by,account,contacts')::text);
SELECT t.know('second', id) FROM taskcrm.task WHERE title = 'second';
SELECT t.show(taskcrm.tc_create_tasks('[{"title": "third"}, {"title": "fourth"}]', expand => 'teams')::text);

-- The default answers have no such member.
SELECT count(*) FROM json_array_elements(taskcrm.tc_list_tasks() -> 'results') r WHERE r -> 'expanded' IS NOT NULL;
SELECT taskcrm.tc_get_task(t.id('first')) -> 'task_obj' -> 'expanded', taskcrm.tc_get_task(t.id('first'), '') -> 'task_obj' -> 'expanded',
  taskcrm.tc_update_task(t.id('first'), '{}') -> 'expanded', taskcrm.tc_list_tasks('{"expand": ""}') -> 'results' -> 0 -> 'expanded';
-- Each name alone, in any order, in any notation.
SELECT name, t.show((taskcrm.tc_get_task(t.id('first'), name) -> 'task_obj' -> 'expanded')::text)
  FROM unnest(string_to_array(:'all', ',')) name;
SELECT DISTINCT taskcrm.tc_list_tasks(jsonb_build_object('title', 'first', 'expand', v)) -> 'results' -> 0 ->> 'expanded'
  = (taskcrm.tc_get_task(t.id('first'), :'all') -> 'task_obj' ->> 'expanded')
  FROM (VALUES (to_jsonb(:'all'::text)), ('["teams", "account,contacts", "created_by", "assigned_to", "attachments_count", "comments_count"]'),
    ('"created_by,teams,teams,attachments_count,assigned_to,account,comments_count,contacts"')) v (v);
-- The rest of the task is the same.
SELECT (r::jsonb - 'expanded') = (s::jsonb) FROM taskcrm.tc_list_tasks('{"expand": "account", "title": "first"}') a,
  taskcrm.tc_list_tasks('{"title": "first"}') b, LATERAL (SELECT a -> 'results' -> 0, b -> 'results' -> 0) v (r, s);
-- Links to other pages keep it; totals and ids ignore it.
SELECT a ->> 'next' FROM taskcrm.tc_list_tasks('{"expand": ["account", "teams"], "limit": 1}') a;
SELECT taskcrm.tc_task_totals('{"expand": "account"}') ->> 'count', count(*) FROM taskcrm.tc_find_task_ids('{"expand": "account"}');
-- A page behind a cursor may be expanded differently.
SELECT taskcrm.tc_list_tasks(jsonb_build_object('limit', 1, 'expand', 'account', 'cursor',
  taskcrm.tc_list_tasks('{"limit": 1, "cursor": "start"}') ->> 'next_cursor')) -> 'results' -> 0 -> 'expanded';

-- Numbers of comments and attachments, of each task its own.
SELECT taskcrm.tc_add_task_comment_or_attachment(t.id('first'), 'one', '{"file_name": "a", "content": ""}') IS NOT NULL,
  taskcrm.tc_add_task_comment_or_attachment(t.id('first'), 'two') IS NOT NULL;
SELECT r ->> 'title', r ->> 'expanded' FROM json_array_elements(
  taskcrm.tc_list_tasks('{"ordering": "title", "expand": "comments_count,attachments_count"}') -> 'results') r;

-- Unknown names.
SELECT t.try(v) FROM unnest(ARRAY[
  $$SELECT taskcrm.tc_list_tasks('{"expand": "org"}')$$, $$SELECT taskcrm.tc_list_tasks('{"expand": "account,"}')$$,
  $$SELECT taskcrm.tc_list_tasks('{"expand": ["account", "comments"]}')$$, $$SELECT taskcrm.tc_list_tasks('{"expand": 1}')$$,
  $$SELECT taskcrm.tc_get_task(t.id('first'), 'x')$$, $$SELECT taskcrm.tc_get_task(t.id('first'), 'account, teams')$$,
  $$SELECT taskcrm.tc_create_task('{"title": "none"}', expand => 'x')$$, $$SELECT taskcrm.tc_create_tasks('[]', expand => 'x')$$,
  $$SELECT taskcrm.tc_update_task(t.id('first'), '{"title": "none"}', 'x')$$,
  $$SELECT taskcrm.tc_create_task('{"title": "none", "expand": "account"}')$$]) v;
SELECT count(*) FROM taskcrm.task WHERE title = 'none';

-- Updating: the answer shows what the task refers to now; what was read can be sent back.
SELECT t.show((taskcrm.tc_update_task(t.id('first'), t.json('{"account": "{contoso}", "teams": []}'), 'account,teams') -> 'expanded')::text);
SELECT t.show((taskcrm.tc_update_task(t.id('first'), jsonb_set((taskcrm.tc_get_task(t.id('first'), :'all') -> 'task_obj')::jsonb,
  '{title}', '"renamed"'), 'created_by'))::text);
-- With an idempotency key, expand is part of the request.
SELECT t.show((taskcrm.tc_create_task('{"title": "keyed"}', 'k', 'created_by') -> 'expanded')::text) FROM generate_series(1, 2);
SELECT t.try($$SELECT taskcrm.tc_create_task('{"title": "keyed"}', 'k', 'account')$$);
SELECT t.try($$SELECT taskcrm.tc_create_task('{"title": "keyed"}', 'k')$$);

-- A user who is not a member, or no longer, is not shown; the id beside it is.
\c - :api_superuser
INSERT INTO taskcrm.task (org_id, id, title, created_by) VALUES (t.id('acme'), gen_random_uuid(), 'left', t.id('nemo'));
\c - regress_api_alice
SELECT t.show(r ->> 'created_by'), t.show((r -> 'expanded')::text)
  FROM json_array_elements(taskcrm.tc_list_tasks('{"expand": "created_by", "title": "left"}') -> 'results') r;
-- One statement for each kind fetches the objects of a whole page: a page of forty tasks scans the
-- tables as often as a page of one.
SELECT count(*) FROM json_array_elements(taskcrm.tc_create_tasks((SELECT jsonb_agg(t.json(format('{"title": "many %s",
  "account": "{%s}", "contacts": ["{lee}", "{kim}"], "assigned_to": ["{amy}", "{ann}"], "teams": ["{sales}", "{ops}"]}', n,
  (ARRAY['northwind', 'contoso'])[n % 2 + 1]))) FROM generate_series(1, 40) n)));
CREATE FUNCTION pg_temp.scans(task_limit int, expand text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  before jsonb;
  scans text := 'SELECT jsonb_object_agg(relname, seq_scan + coalesce(idx_scan, 0)) FROM pg_stat_xact_user_tables
    WHERE schemaname = ''taskcrm'' AND relname IN (''account'', ''contact'', ''team'', ''app_user'')';
  after jsonb;
BEGIN
  EXECUTE scans INTO before;
  PERFORM taskcrm.tc_list_tasks(jsonb_build_object('title', 'many', 'limit', task_limit, 'expand', expand, 'count', 'none'));
  EXECUTE scans INTO after;
  RETURN (SELECT string_agg(format('%s %s', key, value::int - (before ->> key)::int), ', ' ORDER BY key COLLATE "C")
    FROM jsonb_each_text(after));
END
$$;
SELECT pg_temp.scans(1, :'all') IS NOT NULL;
SELECT n, pg_temp.scans(n, '') AS without, pg_temp.scans(n, 'account') AS account FROM unnest(ARRAY[1, 40]) n;
SELECT pg_temp.scans(1, :'all') = pg_temp.scans(40, :'all') AS same, pg_temp.scans(1, :'all') LIKE '% 0%' AS none;

-- Over HTTP.
SELECT t.http_short('GET', '/api/tasks/?title=renamed&expand=account,assigned_to');
SELECT path, t.http_json('GET', path) -> 'task_obj' ->> 'expanded' = (taskcrm.tc_get_task(t.id('first'), 'account,teams') -> 'task_obj' ->> 'expanded')
  FROM unnest(ARRAY['/api/tasks/{first}/?expand=account,teams', '/api/tasks/{first}/?expand=account&x=%C3&expand=teams',
    '/api/tasks/{first}/?expand=account%2Cteams&expand=']) path;
SELECT t.http_short('POST', '/api/tasks/?expand=created_by', '{"title": "by HTTP"}');
SELECT method, t.http_short(method, '/api/tasks/{first}/?expand=account', '{"title": "by HTTP"}') FROM unnest(ARRAY['PUT', 'PATCH']) method;
SELECT method, path, t.http_short(method, path, '{"title": "x"}')
  FROM (VALUES ('GET', '/api/tasks/?expand=x'), ('GET', '/api/tasks/{first}/?expand=x'), ('GET', '/api/tasks/{first}/?expand=%C3'),
    ('POST', '/api/tasks/?expand=x'), ('PATCH', '/api/tasks/{first}/?expand=x')) v (method, path);
-- The tag of an answer depends on it.
SELECT count(DISTINCT headers ->> 'etag') FROM unnest(ARRAY['', 'account', 'teams']) e,
  taskcrm.tc_http_request('GET', t.ids('/api/tasks/{first}/?expand=' || e));

-- A member who is not active is shown, one who was removed is not.
SELECT taskcrm.tc_deactivate_member(t.id('amy')) ->> 'is_active' AS active;
SELECT taskcrm.tc_get_task(t.id('first'), 'assigned_to') -> 'task_obj' -> 'expanded' -> 'assigned_to' -> 0 ->> 'name' AS name;
SELECT taskcrm.tc_remove_member(t.id('amy')) IS NULL AS removed \g /dev/null
SELECT t.show(taskcrm.tc_get_task(t.id('first'), 'assigned_to') -> 'task_obj' ->> 'expanded');
-- The other organization sees its own.
\c - regress_api_bob
SELECT t.show((r -> 'expanded')::text)
  FROM json_array_elements(taskcrm.tc_list_tasks(jsonb_build_object('expand', :'all')) -> 'results') r;

\set ECHO none
\i :teardown
