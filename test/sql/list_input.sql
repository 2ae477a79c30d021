-- Each invalid filter is refused with its SQLSTATE and key, and with an excerpt of the input that
-- fits in one line.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
CREATE FUNCTION public.try(filters jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)::json ->> ''count''', filters))
$$;
\set ECHO all
\t on
\pset format unaligned

\connect - regress_bob
-- Values that are not objects.
SELECT try(f) FROM unnest(ARRAY['[]', '[{}]', '"x"', '1', 'true', 'null']::jsonb[]) AS f;
SELECT left(attempt('SELECT taskcrm.tc_list_tasks(''{'')'), 5);
-- Keys.
SELECT try('{"colour": "red"}');
SELECT try('{"": 1}');
SELECT try('{"Status": "New"}');
SELECT try('{"title ": "New"}');
SELECT try('{"colour": null}');
-- Labels.
SELECT try('{"status": "Done"}');
SELECT try('{"priority": "Medium"}');
SELECT try('{"status": ["New", "Done"]}');
SELECT try('{"status": "New,Completed"}');
SELECT try('{"status": "%"}');
SELECT try('{"status": " "}');
SELECT try('{"ordering": "colour"}');
SELECT try('{"ordering": "--title"}');
SELECT try('{"ordering": "-"}');
SELECT try('{"ordering": "id"}');
SELECT try('{"ordering": "Title"}');
SELECT try('{"ordering": "title,colour"}');
SELECT try('{"ordering": "title,"}');
SELECT try('{"ordering": ",title"}');
SELECT try('{"ordering": "title, status"}');
SELECT try('{"ordering": "title,-status,title"}');
SELECT try('{"ordering": "due_date,-due_date"}');
SELECT try('{"ordering": "title,status,priority,due_date,created_on"}');
SELECT try('{"ordering": ["title", "status"]}');
SELECT left(try(jsonb_build_object('ordering', repeat('title,', 100000))), 200);
SELECT try('{"ordering": "title,-status,priority,-due_date"}');
SELECT try('{"ordering": "title; DROP TABLE task"}');
SELECT try('{"count": "some"}');
SELECT try('{"time_zone": "Nowhere/City"}');
SELECT try('{"time_zone": "../../etc/passwd"}');
SELECT try('{"time_zone": "right/Europe/Berlin"}') ~ '^22023|^2$';
SELECT try('{"overdue": "yes"}');
SELECT try('{"overdue": 1}');
SELECT try('{"no_due_date": "maybe"}');
SELECT try('{"unassigned": 1}');
SELECT try('{"updated_on__gte": "yesterday"}');
SELECT try('{"ids": "1"}');

-- A value of the wrong type for each key.
SELECT key, v, left(try(jsonb_build_object(key, v)), 5) AS sqlstate
FROM unnest(ARRAY['title', 'status', 'priority', 'assigned_to', 'account', 'due_date', 'contact', 'team', 'created_by',
  'search', 'due_date__gte',
    'due_date__lte', 'created_on__gte', 'created_on__lte', 'overdue', 'no_due_date', 'unassigned', 'updated_on__gte',
      'updated_on__lte', 'ids', 'time_zone', 'count', 'ordering', 'limit', 'offset']) WITH ORDINALITY AS k (key, n),
  unnest(ARRAY['1', 'true', '{}', '[]', '[1]', '[null]', '[""]', '[[]]', '[["New"]]',
    '{"a": "New"}']::jsonb[]) WITH ORDINALITY AS v (v, m)
WHERE left(try(jsonb_build_object(key, v)), 5) <> '22023' ORDER BY n, m;
SELECT try('{"title": 1}');
SELECT try('{"status": 1}');
SELECT try('{"status": [1]}');
SELECT try('{"status": []}');
SELECT try('{"status": ["New", null]}');
SELECT try('{"status": ["New", ""]}');
SELECT try('{"status": [["New"]]}');
SELECT try('{"status": {"a": 1}}');
SELECT try('{"title": ["a"]}');
SELECT try('{"due_date": true}');
SELECT try('{"limit": {}}');

-- Numbers.
SELECT n, try(jsonb_build_object('limit', n))
  FROM unnest(ARRAY['1.5', '-1', '1001', '1e131071', '-1e131071', '1e-16383', '9223372036854775808']::numeric[]) AS n
WHERE n::text <> '' AND length(n::text) < 30;
SELECT attempt($$SELECT taskcrm.tc_list_tasks('{"limit": 1e131071}')$$);
SELECT attempt($$SELECT taskcrm.tc_list_tasks('{"limit": -1e131071}')$$);
SELECT attempt($$SELECT taskcrm.tc_list_tasks('{"offset": 1e131071}')$$);
SELECT attempt($$SELECT taskcrm.tc_list_tasks('{"limit": 1e-16383}')$$);
SELECT s, try(jsonb_build_object('limit', s))
  FROM unnest(ARRAY['1.5', '-1', '+5', '05', ' 5', '5 ', '1e1', '0x10', '1_0', 'ten', 'NaN', 'Infinity',
  '99999999999999999999', repeat('9', 31), '٣', '-0', '5;']) WITH ORDINALITY AS v (s, n) ORDER BY n;
SELECT try('{"limit": 5.0}'), try('{"offset": 1e0}'), try('{"limit": -0}');
SELECT n, try(jsonb_build_object('offset', n))
  FROM unnest(ARRAY['-1', '0.5', '9223372036854775807', '9223372036854775808']::numeric[]) AS n;
SELECT try('{"offset": "9223372036854775807", "limit": 1000}');

-- Dates and times.
SELECT v, try(jsonb_build_object('due_date', v))
  FROM unnest(ARRAY['now', 'tomorrow', 'infinity', '-infinity', 'epoch', '2023-02-29', '2023-02-30',
  '2023-13-01',
  '2023-00-10', '2023-01-00', '0000-01-01', '10000-01-01', '2023-1-1', '20230101', '01/02/2023', '2023-01-01 ',
    ' 2023-01-01', '2023-01-01T00:00:00Z', '2023-01-01 BC',
  'J2450000', '2023-W01-1', '-2023-01-01', '2024-02-29', '9999-12-31', '0001-01-01']) WITH ORDINALITY AS u (v, n)
    ORDER BY n;
SELECT v, left(try(jsonb_build_object('created_on__gte', v)), 5)
  FROM unnest(ARRAY['now', 'infinity', '2023-02-29', '2023-01-15T10:30:00', '2023-01-15 10:30', '2023-01-15T24:00:00Z',
  '2023-01-15T10:60:00Z', '2023-01-15T10:30:61Z', '2023-01-15T10:30:00.Z', '2023-01-15T10:30:00+24:00',
    '2023-01-15T10:30:00+0200', '2023-01-15T10:30:00 CET',
  '2023-01-15T10:30:00Z ', '2023-01-15t10:30:00z', '2023-01-15 10:30:00Z', '2023-01-15T10:30:60Z',
    '2023-01-15T10:30:00.123456789Z', '2023-01-15T10:30:00-00:00',
  '0001-01-01T00:00:00+23:59', '9999-12-31T23:59:59-23:59', '9999-12-31', '0001-01-01']) WITH ORDINALITY AS u (v, n)
    ORDER BY n;
SELECT v, left(try(jsonb_build_object('created_on__lte', v, 'time_zone', 'Pacific/Kiritimati')), 5)
  FROM unnest(ARRAY['9999-12-31', '0001-01-01']) AS v;
SELECT try('{"created_on__lte": "tomorrow"}');

-- Ids.
SELECT v, try(jsonb_build_object('account', v))
  FROM unnest(ARRAY['1', 'account-uuid', '00000003-0000-7000-8000-00000000000', '00000003-0000-7000-8000-0000000000011',
  '{00000003-0000-7000-8000-000000000001}', '00000003000070008000000000000001', '00000003-0000-7000-8000-00000000000g',
    '@me', '@ME']) WITH ORDINALITY AS u (v, n) ORDER BY n;
SELECT try('{"assigned_to": "@ME"}');
SELECT try('{"team": ["00000005-0000-7000-8000-000000000001", "x"]}');
SELECT try('{"contact": "@me"}');
-- An id of another organization, or of another kind of object, matches nothing.
SELECT try('{"account": "00000003-0000-7000-8000-000000000009"}'),
  try('{"account": "00000003-0000-7000-8000-000000000099"}'), try('{"team": "00000003-0000-7000-8000-000000000001"}');

-- Large input is refused and not repeated in the error.
SELECT key, left(answer, 5) AS sqlstate, octet_length(answer) < 400 AS short
FROM unnest(ARRAY['title', 'status', 'priority', 'assigned_to', 'account', 'due_date', 'contact', 'team', 'created_by',
  'search', 'due_date__gte',
    'due_date__lte', 'created_on__gte', 'created_on__lte', 'overdue', 'no_due_date', 'unassigned', 'updated_on__gte',
      'updated_on__lte', 'ids', 'time_zone', 'count', 'ordering', 'limit', 'offset']) WITH ORDINALITY AS k (key, n),
  LATERAL try(jsonb_build_object(key, repeat('é', 500000))) AS answer ORDER BY n;
SELECT left(answer, 5), octet_length(answer) < 800 FROM try(jsonb_build_object(repeat('é', 500000), 1)) AS answer;
SELECT try(jsonb_build_object('title', repeat('é', 500)));
SELECT left(try(jsonb_build_object('title', repeat('é', 2000))), 5);
-- Any valid title can be searched for.
\connect - :superuser
INSERT INTO taskcrm.task (org_id, id, title) VALUES (id('org', 1), id('task', 30), repeat('𐐀', 255));
\connect - regress_bob
SELECT try(jsonb_build_object('title', repeat('𐐨', 255)));
\connect - :superuser
DELETE FROM taskcrm.task WHERE id = id('task', 30);
\connect - regress_bob
SELECT try(jsonb_build_object('account', (SELECT jsonb_agg(gen_random_uuid()) FROM generate_series(1, 1000))));
SELECT try(jsonb_build_object('account', (SELECT jsonb_agg(gen_random_uuid()) FROM generate_series(1, 1001))));
SELECT left(try((SELECT jsonb_object_agg('k' || i, i) FROM generate_series(1, 10000) AS i)), 5);
-- Deeply nested JSON is refused by the server or by the function.
SELECT left(attempt(format('SELECT taskcrm.tc_list_tasks(%L)', repeat('[', 100000))), 5) IN ('54001',
  '22P02') AS refused;
SELECT left(attempt(format('SELECT taskcrm.tc_list_tasks(%L)', '{"title": ' || repeat('[', 2000) || repeat(']', 2000)
  || '}')), 5);
-- NUL and lone surrogates are not valid text.
SELECT left(attempt($$SELECT taskcrm.tc_list_tasks('{"title": "\u0000"}')$$), 5),
  left(attempt($$SELECT taskcrm.tc_list_tasks('{"title": "\ud800"}')$$), 5);
-- If a key occurs twice, the last value is used, as in any jsonb.
SELECT attempt($$SELECT taskcrm.tc_list_tasks('{"limit": -5, "limit": 1}') ->> 'count'$$);
-- No answer contains data of the other organization, and the session is still connected.
SELECT taskcrm.tc_list_tasks() ->> 'count';

-- The other two functions raise the same errors.
SELECT attempt($$SELECT taskcrm.tc_find_task_ids('{"limit": 1.5}')$$);
SELECT attempt($$SELECT taskcrm.tc_find_tasks('{"colour": 1}')$$);
-- The caller is checked before the filters.
\connect - regress_nobody
SELECT left(attempt($$SELECT taskcrm.tc_list_tasks('{"colour": 1}')$$), 5),
  left(attempt($$SELECT taskcrm.tc_find_task_ids()$$), 5), left(attempt($$SELECT taskcrm.tc_find_tasks()$$), 5);

\set ECHO none
\connect - :superuser
DROP FUNCTION public.try(jsonb);
\i :teardown
