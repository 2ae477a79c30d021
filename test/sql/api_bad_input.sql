-- Any input gives an answer or a documented SQLSTATE, and no answer is much longer than its input.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "target"}') ->> 'id')::uuid);
-- Calls each function that takes JSON with the same text. Shows the results in this order: create,
-- bulk, bulk with the text as an array element, update, attachment.
CREATE FUNCTION pg_temp.outcome(statement text, input text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  message text;
  detail text;
  hint text;
  state text := 'ok';
BEGIN
  BEGIN
    EXECUTE statement INTO result USING input;
  EXCEPTION WHEN others THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    result := concat(message, detail, hint);
    state := sqlstate;
  END;
  -- A task with all its keys is some 400 bytes; an escaped byte is six.
  RETURN state || CASE WHEN octet_length(result) > 6 * octet_length(input) + 1000 THEN ' too long' ELSE '' END;
END
$$;
CREATE FUNCTION pg_temp.feed(input text) RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(pg_temp.outcome(statement, input), ' ' ORDER BY n) FROM (VALUES
    (1, 'SELECT taskcrm.tc_create_task($1::jsonb)'), (2, 'SELECT taskcrm.tc_create_tasks($1::jsonb)'),
    (3, 'SELECT taskcrm.tc_create_tasks((''['' || $1 || '']'')::jsonb)'),
    (4, format('SELECT taskcrm.tc_update_task(%L, $1::jsonb)', t.id('task'))),
    (5, format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, NULL, $1::jsonb)', t.id('task')))) v (n,
      statement) $$;

-- The server rejects malformed JSON.
SELECT pg_temp.feed('');
SELECT pg_temp.feed('{');
SELECT pg_temp.feed('{"title": "x",}');
SELECT pg_temp.feed('{"title": "\ud800"}');
SELECT pg_temp.feed('{"title": "\udc00\ud800"}');
SELECT pg_temp.feed('{"title": "\u0000"}');
SELECT pg_temp.feed('{"title": nan}');
SELECT pg_temp.feed(repeat('[', 100000) || repeat(']', 100000));
SELECT pg_temp.feed('{"title": ' || repeat('[', 100000) || repeat(']', 100000) || '}');
SELECT pg_temp.feed(repeat('{"title": ', 100000) || '1' || repeat('}', 100000));
-- The deepest nesting that the server accepts.
SELECT pg_temp.feed('{"title": ' || repeat('[', 1000) || repeat(']', 1000) || '}');
SELECT pg_temp.feed('{"contacts": ' || repeat('[', 1000) || repeat(']', 1000) || '}');
SELECT pg_temp.feed(repeat('{"title": ', 1000) || '1' || repeat('}', 1000));
SELECT pg_temp.feed('{"x": ' || repeat('{"x": ', 1000) || '1' || repeat('}', 1000) || '}');
-- Scalars and arrays in place of objects, and the reverse.
SELECT pg_temp.feed(v)
  FROM unnest(ARRAY['null', 'true', '1', '1e131071', '"x"', '[]', '[[]]', '[null]', '[1]', '["x"]', '[{}]', '{}',
  '{"": ""}']) v;

-- Every key with every type of value: all five return 22023, except the following.
SELECT key, value, outcome FROM
  unnest(ARRAY['title', 'status', 'due_date', 'account', 'contacts', 'description', 'version', 'attachments',
    'file_name', 'content', 'url']) key,
  unnest(ARRAY['null', '""', '[]', '{}', 'true', '1.5', '-1', '1e131071', '-1e131071', '1e-16383',
    '9223372036854775807', '9223372036854775808', '-9223372036854775809', '[null]', '[[]]', '["x", 1]']) value,
  pg_temp.feed(format('{"title": "x", %s: %s}', to_json(key), value)) outcome
  WHERE outcome <> '22023 22023 22023 22023 22023' ORDER BY key COLLATE "C", value COLLATE "C";
SELECT pg_temp.feed('{"version": ' || repeat('9', 100000) || '}');
SELECT pg_temp.feed('{"version": "' || repeat('9', 100000) || '"}');
SELECT pg_temp.feed('{"version": 0.' || repeat('0', 16000) || '1}');
SELECT t.update_task('task', '{"version": 1e131071}');
SELECT t.update_task('task', '{"version": "1e0"}');

-- A megabyte as a string value, as a key and as an array element.
SELECT key, pg_temp.feed(jsonb_build_object('title', 'x', key, repeat('é', 500000))::text) FROM
  unnest(ARRAY['title', 'status', 'priority', 'due_date', 'account', 'contacts', 'assigned_to', 'description',
    'version', 'attachments', 'nonsense']) key;
SELECT pg_temp.feed(jsonb_build_object('title', 'x', repeat('k', 1000000), 1)::text);
SELECT pg_temp.feed(jsonb_build_object('title', 'x', 'contacts', jsonb_build_array(repeat('k', 1000000)))::text);
SELECT pg_temp.feed(jsonb_build_object('title', 'x', 'description', repeat(E'\u0001', 100000))::text);
SELECT pg_temp.feed(jsonb_build_object('title', 'x', 'description', repeat(E'\u0001', 100001))::text);
SELECT key, pg_temp.feed((jsonb_build_object('file_name', 'f', 'content', 'AA==')
  || jsonb_build_object(key, repeat('é', 500000)))::text)
  FROM unnest(ARRAY['file_name', 'content_type', 'content']) key;
SELECT pg_temp.feed(jsonb_build_object('file_name', 'f', 'url', 'https://' || repeat('x', 1000000))::text);
SELECT pg_temp.outcome(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, $1)', t.id('task')),
  repeat('@', 1000000)),
  pg_temp.outcome('SELECT taskcrm.tc_create_task(''{"title": "x"}'', $1)', repeat('x', 1000000)),
  pg_temp.outcome(format('SELECT taskcrm.tc_edit_task_comment(%L, $1)', t.id('unknown')), repeat('x', 1000000)),
  pg_temp.outcome(format('SELECT taskcrm.tc_add_task_attachment(%L, $1, $$x$$)', t.id('task')), repeat('/', 1000000)),
  pg_temp.outcome(format('SELECT taskcrm.tc_add_task_attachment(%L, $$x$$, $$x$$, $1)', t.id('task')),
    repeat('a/b', 1000000));
-- Many keys; if a key occurs twice, the last value is used.
SELECT pg_temp.feed((SELECT jsonb_object_agg('k' || n, n) FROM generate_series(1, 10000) n)::text);
SELECT t.create_task('{"title": 1, "title": "last"}')::json ->> 'title';
-- Many links to unknown ids.
SELECT pg_temp.feed(jsonb_build_object('title', 'x', 'contacts', jsonb_agg(gen_random_uuid()))::text)
  FROM generate_series(1, 1000);
-- SQL, markup and format strings are treated as text.
SELECT t.create_task(jsonb_build_object('title', v)::text)::json ->> 'title' = v
  FROM unnest(ARRAY['''; DROP TABLE taskcrm.task; --', '%s%n%1$s', '\', '$1', '{alice', '${x}', '<b>',
  E'x\u202e\ufeff']) v;
SELECT t.get_task('task')::json -> 'task_obj' ->> 'version';

\set ECHO none
\i :teardown
