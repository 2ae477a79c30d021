-- tc_create_tasks creates all tasks of an array, or none.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.try($$SELECT taskcrm.tc_create_tasks('[]')$$);
SELECT t.try(format('SELECT taskcrm.tc_create_tasks(%L)',
  t.json('[{"title": "only", "assigned_to": ["{amy}", "{alice}"]}]')));

-- A thousand tasks, in the order sent, each with its own links; the answer has the same form as in
-- a list.
SELECT taskcrm.tc_create_tasks(jsonb_agg(jsonb_build_object(
    'title', 'task ' || n, 'priority', CASE n % 2 WHEN 0 THEN 'high' END,
    'contacts', CASE n % 3 WHEN 0 THEN jsonb_build_array(t.id('lee')) WHEN 1
      THEN jsonb_build_array(t.id('kim'), t.id('lee')) END,
    'assigned_to', CASE n % 5 WHEN 0 THEN jsonb_build_array(t.id('amy')) END,
    'account', CASE n % 7 WHEN 0 THEN t.id('northwind') END) ORDER BY n)) AS made
  FROM generate_series(1, 1000) n \gset
SELECT count(*), bool_and(task ->> 'title' = 'task ' || n),
  bool_and(task ->> 'priority' = CASE n % 2 WHEN 0 THEN 'High' ELSE 'Normal' END),
    bool_and((task -> 'contacts')::jsonb = CASE n % 3 WHEN 0 THEN t.json('["{lee}"]') WHEN 1
      THEN t.json('["{lee}", "{kim}"]') ELSE '[]' END),
    bool_and((task -> 'assigned_to')::jsonb = CASE n % 5 WHEN 0 THEN t.json('["{amy}"]') ELSE '[]' END),
    bool_and((task ->> 'account') IS NOT DISTINCT FROM CASE n % 7 WHEN 0 THEN t.id('northwind')::text END)
  FROM json_array_elements(:'made') WITH ORDINALITY e (task, n);
SELECT string_agg(task::text, ','
  ORDER BY n DESC) = btrim((taskcrm.tc_list_tasks('{"limit": 1000}') -> 'results')::text, '[]') AS same_in_list
  FROM json_array_elements(:'made') WITH ORDINALITY e (task, n);

-- Links and attachments of several tasks.
SELECT t.try(format('SELECT taskcrm.tc_create_tasks(%L)', t.json('[
  {"title": "a", "attachments": [{"file_name": "1", "content": "MQ=="}, {"file_name": "2", "url": "http://two.example/"}]},
  {"title": "b"}, {"title": "c", "attachments": [{"file_name": "3", "content": "Mw=="}], "teams": ["{ops}", "{sales}"]}]'))) LIKE '[{%' AS made;
SELECT t.title, a.file_name, convert_from(c.content, 'UTF8') FROM taskcrm.task t
  JOIN taskcrm.task_attachment a ON a.task_id = t.id LEFT
    JOIN taskcrm.task_attachment_content c ON c.attachment_id = a.id
  ORDER BY 1, 2;

-- One invalid element fails the whole call; the message identifies the element.
SELECT t.counts() AS before \gset
CREATE FUNCTION pg_temp.bulk(tasks text) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_create_tasks(%L)', t.json(tasks))) $$;
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b"}, {"titel": "c"}]');
SELECT pg_temp.bulk('[{"title": "a"}, {}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": ""}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b", "status": "x"}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b", "due_date": "x"}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b", "account": "x"}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b", "account": "{unknown}"}]');
SELECT pg_temp.bulk('[{"title": "a", "contacts": ["{lee}"]}, {"title": "b", "contacts": ["{lee}", "{b_contact}"]}]');
SELECT pg_temp.bulk('[{"title": "a", "assigned_to": ["{alice}"]}, {"title": "b"}, {"title": "c", "assigned_to": ["{bob}"]}]');
SELECT pg_temp.bulk('[{"title": "a", "assigned_to": ["{ida}"]}, {"title": "b", "assigned_to": ["{alice}"]}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b", "teams": ["{b_team}"]}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b", "attachments": [{"file_name": "x", "content": "?"}]}]');
SELECT pg_temp.bulk('[{"title": "a"}, {"title": "b", "attachments": 1}]');
SELECT pg_temp.bulk('[{"title": "a"}, 1]');
SELECT pg_temp.bulk('[{"title": "a"}, null]');
SELECT pg_temp.bulk('[{"title": "a"}, [{"title": "b"}]]');
SELECT pg_temp.bulk('["a"]');
SELECT pg_temp.bulk('{}');
SELECT pg_temp.bulk('{"title": "a"}');
SELECT pg_temp.bulk('"a"');
SELECT pg_temp.bulk('null');
SELECT t.try('SELECT taskcrm.tc_create_tasks(NULL)');
SELECT t.try(format('SELECT taskcrm.tc_create_tasks(%L)', jsonb_agg('{"title": "x"}'::jsonb)))
  FROM generate_series(1, 1001);
SELECT t.counts() = :'before' AS nothing_left;

\c - regress_api_stranger
SELECT t.try($$SELECT taskcrm.tc_create_tasks('[]')$$);
\c - regress_api_carl
SELECT t.try($$SELECT taskcrm.tc_create_tasks('[]')$$);

\set ECHO none
\i :teardown
