-- Tasks with many comments and attachments: a task shows the newest, lists return the rest, and
-- answers have a maximum size.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "discussed"}') ->> 'id')::uuid),
  t.know('other', (taskcrm.tc_create_task('{"title": "quiet"}') ->> 'id')::uuid);
\c - :api_superuser
\t on
\pset format unaligned
-- Creates n comments and n files, one a minute; every third comment has the time of the one before.
CREATE FUNCTION t.fill(task text, first integer, last integer, comment text DEFAULT 'c') RETURNS void LANGUAGE sql AS $$
  INSERT INTO taskcrm.task_comment (org_id, task_id, id, comment, commented_on, commented_by)
  SELECT t.id('acme'), t.id(task), format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, comment || n,
    timestamptz '2023-01-01 00:00Z' + (n - n % 3 % 2) * interval '1 minute', t.id('alice')
      FROM generate_series(first, last) n;
  INSERT INTO taskcrm.task_attachment (org_id, task_id, id, file_name, url, created_on, created_by)
  SELECT t.id('acme'), t.id(task), format('00000000-0000-4000-8000-%s', lpad(n::text, 12, '0'))::uuid, 'f' || n,
    'https://x.test/' || n,
    timestamptz '2023-01-01 00:00Z' + (n - n % 3 % 2) * interval '1 minute', t.id('alice')
      FROM generate_series(first, last) n;
$$;
-- The numbers of the comments or files in a list, as ranges.
CREATE FUNCTION t.runs(list json) RETURNS text LANGUAGE sql AS $$
  SELECT coalesce(string_agg(CASE WHEN first = last THEN first::text ELSE format('%s..%s', first, last) END, ' '
    ORDER BY place), '(none)')
  FROM (SELECT (array_agg(n ORDER BY place))[1] AS first, (array_agg(n ORDER BY place DESC))[1] AS last,
    min(place) AS place
        FROM (SELECT n, place, step, sum(CASE WHEN step IN (1, -1) THEN 0 ELSE 1 END) OVER (ORDER BY place) AS run
              FROM (SELECT n, place, n - lag(n) OVER (ORDER BY place) AS step
                    FROM (SELECT substring(coalesce(e ->> 'comment', e ->> 'file_name') FROM '\d+$')::integer AS n,
                      place
                          FROM json_array_elements(list) WITH ORDINALITY x (e, place)) a) b) c GROUP BY run) d
$$;
GRANT EXECUTE ON FUNCTION t.runs TO PUBLIC;
CREATE FUNCTION t.page(list json) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(' | ', coalesce(list ->> 'count', 'null'),
    t.show(coalesce(regexp_replace(list ->> 'next', 'cursor=[-_A-Za-z0-9]+', 'cursor=CURSOR'), 'null')),
    t.show(coalesce(list ->> 'previous', 'null')), CASE WHEN list::jsonb ? 'next_cursor' THEN CASE
      WHEN list ->> 'next_cursor' IS NULL THEN 'no cursor' ELSE 'a cursor' END END, t.runs(list -> 'results'))
$$;
GRANT EXECUTE ON FUNCTION t.page TO PUBLIC;

-- A task shows all of them, oldest first, if there are few.
SELECT t.fill('task', 1, 100);
\c - regress_api_alice
SELECT t.runs(g -> 'comments'), t.runs(g -> 'attachments'), g -> 'comments_count', g -> 'comments_cursor',
  g -> 'attachments_count', g -> 'attachments_cursor' FROM taskcrm.tc_get_task(t.id('task')) g;
SELECT t.runs(g -> 'comments'), t.runs(g -> 'attachments'), g -> 'comments_count', g -> 'comments_cursor',
  g -> 'attachments_count', g -> 'attachments_cursor' FROM taskcrm.tc_get_task(t.id('other')) g;
SELECT string_agg(k, ' ') FROM json_object_keys(taskcrm.tc_get_task(t.id('other'))) k;
\c - :api_superuser
\t on
\pset format unaligned
-- With one more, it shows the newest 100, still oldest first.
SELECT t.fill('task', 101, 101);
\c - regress_api_alice
SELECT t.runs(g -> 'comments'), t.runs(g -> 'attachments'), g -> 'comments_count', g ->> 'comments_cursor' IS NOT NULL,
  g -> 'attachments_count', g ->> 'attachments_cursor' IS NOT NULL FROM taskcrm.tc_get_task(t.id('task')) g;
SELECT g ->> 'comments_cursor' AS comments, g ->> 'attachments_cursor' AS attachments
  FROM taskcrm.tc_get_task(t.id('task')) g \gset
SELECT t.page(taskcrm.tc_list_comments(t.id('task'), jsonb_build_object('cursor', :'comments'))),
  t.page(taskcrm.tc_list_attachments(t.id('task'), jsonb_build_object('cursor', :'attachments')));
\c - :api_superuser
\t on
\pset format unaligned
SELECT t.fill('task', 102, 250);
\c - regress_api_alice
SELECT t.runs(g -> 'comments'), t.runs(g -> 'attachments'), g -> 'comments_count', g -> 'attachments_count'
  FROM taskcrm.tc_get_task(t.id('task')) g;

-- The lists: newest first, in the same envelope as tasks.
SELECT t.page(taskcrm.tc_list_comments(t.id('task'))), t.page(taskcrm.tc_list_attachments(t.id('task')));
SELECT filters, t.page(taskcrm.tc_list_comments(t.id('task'), filters))
  FROM unnest(ARRAY['{}', '{"limit": 3}', '{"limit": "3", "offset": "2"}', '{"limit": 100, "offset": 200}',
  '{"limit": 50, "offset": 200}',
  '{"offset": 250}', '{"offset": 9223372036854775807, "limit": 1000}', '{"limit": 0}', '{"limit": 1000}',
    '{"limit": 3, "count": "none"}', '{"limit": 3, "count": "estimated"}', '{"cursor": "start", "limit": 3}',
  '{"cursor": "start", "limit": 250, "count": "none"}',
    '{"limit": null, "offset": "", "cursor": null, "count": ""}']::jsonb[]) filters;
SELECT t.page(taskcrm.tc_list_attachments(t.id('task'), '{"limit": 3, "offset": 5}')),
  t.page(taskcrm.tc_list_attachments(t.id('task'), NULL));
SELECT t.page(taskcrm.tc_list_comments(t.id('other'))),
  t.page(taskcrm.tc_list_attachments(t.id('other'), '{"cursor": "start"}'));
SELECT taskcrm.tc_list_comments(t.id('task'), '{"limit": 1}') #> '{results,0}' ->> 'id' =
  taskcrm.tc_get_task(t.id('task')) #>> '{comments,99,id}';
-- The pages contain each row once; so do the pages reached by the links.
WITH RECURSIVE page AS (SELECT taskcrm.tc_list_comments(t.id('task'), '{"cursor": "start", "limit": 7}') AS p
  UNION ALL SELECT taskcrm.tc_list_comments(t.id('task'), jsonb_build_object('limit', 7, 'cursor', p ->> 'next_cursor'))
    FROM page WHERE p ->> 'next_cursor' IS NOT NULL)
SELECT count(*), t.runs(json_agg(e)) FROM (SELECT e FROM page, json_array_elements(p -> 'results') e) r;
WITH RECURSIVE page AS (SELECT t.http_json('GET', '/api/tasks/{task}/attachments/?limit=40&cursor=start') AS p
  UNION ALL SELECT t.http_json('GET', p ->> 'next') FROM page WHERE p ->> 'next' IS NOT NULL)
SELECT count(*), t.runs(json_agg(e)) FROM (SELECT e FROM page, json_array_elements(p -> 'results') e) r;
WITH RECURSIVE page AS (SELECT t.http_json('GET', '/api/tasks/{task}/comments/?limit=40') AS p
  UNION ALL SELECT t.http_json('GET', p ->> 'next') FROM page WHERE p ->> 'next' IS NOT NULL)
SELECT count(*), t.runs(json_agg(e)) FROM (SELECT e FROM page, json_array_elements(p -> 'results') e) r;
-- Rows added meanwhile do not shift the pages behind a cursor.
SELECT taskcrm.tc_list_comments(t.id('task'), '{"cursor": "start", "limit": 3}') ->> 'next_cursor' AS cursor \gset
SELECT taskcrm.tc_delete_task_comment('00000000-0000-4000-8000-000000000248'),
  t.comment('task', 'new 1000') IS NOT NULL;
SELECT t.page(taskcrm.tc_list_comments(t.id('task'), jsonb_build_object('cursor', :'cursor', 'limit', 3)));

-- The same errors as in the list of tasks.
SELECT filters, t.try(format('SELECT taskcrm.tc_list_comments(%L, %L)', t.id('task'), filters))
  FROM unnest(ARRAY['{"limit": -1}', '{"limit": 1001}', '{"limit": 1.5}', '{"limit": "x"}', '{"offset": -1}',
  '{"limit": [1]}',
  '{"count": "x"}', '{"count": 1}', '{"cursor": "x"}', '{"cursor": 1}', '{"cursor": "start", "offset": 1}',
    '{"ordering": "id"}', '[]', '"x"']) filters;
SELECT t.try(format('SELECT taskcrm.tc_list_comments(%L, %L)', t.id('other'), jsonb_build_object('cursor', :'cursor'))),
  t.try(format('SELECT taskcrm.tc_list_attachments(%L, %L)', t.id('task'), jsonb_build_object('cursor', :'cursor')));
SELECT t.try('SELECT taskcrm.tc_list_comments(NULL)'), t.try('SELECT taskcrm.tc_list_attachments(NULL, NULL)');
SELECT name, t.call(f, name)
  FROM unnest(ARRAY['b_task', 'unknown']) name, unnest(ARRAY['tc_list_comments', 'tc_list_attachments']) f
  ORDER BY 1, f;

-- Over HTTP.
SELECT t.http('GET', '/api/tasks/{task}/comments/?limit=1&offset=1&count=none');
SELECT t.http('GET', '/api/tasks/{other}/attachments/?limit=2');
SELECT regexp_replace(t.http('HEAD', '/api/tasks/{other}/attachments/'), '"content-length": "\d+"',
  '"content-length": N');
SELECT path, t.http('POST', path, '{"comment": "x"}')
  FROM unnest(ARRAY['/api/tasks/{task}/comments/', '/api/tasks/{task}/attachments/']) path;
SELECT method, t.http_short(method, '/api/tasks/{task}/comments/', '{}')
  FROM unnest(ARRAY['PUT', 'PATCH', 'DELETE', 'get']) method;
SELECT t.http('OPTIONS', '/api/tasks/{task}/attachments/');
SELECT path, t.http_short('GET', path)
  FROM unnest(ARRAY['/api/tasks/{b_task}/comments/', '/api/tasks/{unknown}/attachments/', '/api/tasks/x/comments/',
  '/api/tasks/{task}/comments', '/api/tasks/{task}/comments/x/',
  '/api/tasks/{task}//', '/api/tasks//comments/', '/api/tasks/{task}/comments/?limit=1&limit=2',
    '/api/tasks/{task}/comments/?x=1']) path;
-- Two organizations, a login without a user, and no organization selected.
\c - regress_api_bob
SELECT t.call('tc_list_comments', 'task'), t.call('tc_list_attachments', 'task'),
  t.http_short('GET', '/api/tasks/{task}/comments/');
SELECT t.runs(taskcrm.tc_list_comments(t.id('b_task')) -> 'results'),
  taskcrm.tc_list_comments(t.id('b_task')) ->> 'count', taskcrm.tc_list_attachments(t.id('b_task')) ->> 'count';
\c - regress_api_carl
SELECT t.call('tc_list_comments', 'task'), t.http_short('GET', '/api/tasks/{task}/attachments/');
\c - regress_api_stranger
SELECT t.call('tc_list_comments', 'task'), t.http_short('GET', '/api/tasks/{task}/attachments/');

-- Answers have a maximum size.
\c - :api_superuser
\t on
\pset format unaligned
ALTER DATABASE regress_api SET taskcrm.max_answer_size = '64kB';
INSERT INTO taskcrm.task (org_id, title, description, created_on, updated_on)
SELECT t.id('acme'), 'long ' || n, repeat(E'\x01', 5000), timestamptz '2023-01-01 00:00Z' + n * interval '1 day',
  '2023-01-01 00:00Z' FROM generate_series(1, 5) n;
INSERT INTO taskcrm.app_user (email, name) SELECT format('u%s@acme.example', n), 'User ' || n
  FROM generate_series(1, 1500) n;
INSERT INTO taskcrm.member (org_id, user_id) SELECT t.id('acme'), u.id FROM taskcrm.app_user u
  WHERE u.name LIKE 'User %';
INSERT INTO taskcrm.team (org_id, name) SELECT t.id('acme'), 'Team ' || n FROM generate_series(1, 1500) n;
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) SELECT t.id('acme'), t.id('other'), u.id
  FROM taskcrm.app_user u WHERE u.name LIKE 'User %';
INSERT INTO taskcrm.task_team (org_id, task_id, team_id) SELECT t.id('acme'), t.id('other'), m.id FROM taskcrm.team m
  WHERE m.name LIKE 'Team %';
\c - regress_api_alice
SELECT taskcrm.tc_today() IS NOT NULL AS loaded;
SET taskcrm.max_answer_size = '256MB';
SELECT filters, left(t.try(format('SELECT taskcrm.tc_list_tasks(%L)', filters)), 250)
  FROM unnest(ARRAY['{"title": "long", "limit": 5}', '{"title": "long", "limit": 1}', '{"title": "quiet"}']) filters;
SELECT left(t.http('GET', '/api/tasks/?title=long'), 400);
SELECT t.try(format('SELECT taskcrm.tc_create_tasks(%L)',
  (SELECT jsonb_agg(jsonb_build_object('title', 'many', 'description', repeat('x', 30000)))
  FROM generate_series(1, 3))));
SELECT count(*) FROM taskcrm.task WHERE title = 'many';
SELECT left(t.get_task('other'), 90);
\c - :api_superuser
\t on
\pset format unaligned
ALTER DATABASE regress_api RESET taskcrm.max_answer_size;
SELECT taskcrm.tc_today() IS NOT NULL AS loaded;
SELECT v, left(t.try(format($$SELECT set_config('taskcrm.max_answer_size', %L, false)$$, v)), 5)
  FROM unnest(ARRAY['63kB', '64kB', '256MB', '257MB']) v;
\c - regress_api_alice
-- A task with many people shows the first thousand of them, and the ids of all.
SELECT json_array_length(g -> 'assigned_to'), json_array_length(g -> 'teams'),
  json_array_length(g -> 'task_obj' -> 'assigned_to'), json_array_length(g -> 'task_obj' -> 'teams'),
  g #>> '{teams,0,name}'
FROM taskcrm.tc_get_task(t.id('other')) g;

\set ECHO none
\i :teardown
