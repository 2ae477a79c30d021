-- The format of tc_list_tasks(): the keys of a task and their order, times, links to other pages,
-- and counts.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
-- Shows the links of an answer.
CREATE FUNCTION public.links(filters jsonb) RETURNS text LANGUAGE sql AS $$
  SELECT concat_ws(E'\n', 'count ' || coalesce(a ->> 'count', 'null'), 'next ' || coalesce(a ->> 'next', 'null'),
    'previous ' || coalesce(a ->> 'previous', 'null'), json_array_length(a -> 'results') || ' results')
  FROM taskcrm.tc_list_tasks(filters) AS a
$$;
\set ECHO all
\t on
\pset format unaligned

\connect - regress_bob
-- The exact bytes of the answer.
SELECT taskcrm.tc_list_tasks();
SELECT taskcrm.tc_list_tasks('{"limit": 0}');
SELECT taskcrm.tc_list_tasks('{"title": "nothing has this"}');
-- The keys of the specification come first, in its order, then additional ones.
SELECT string_agg(key, ' ' ORDER BY n)
  FROM json_object_keys(taskcrm.tc_list_tasks() #> '{results,0}') WITH ORDINALITY AS k (key, n);
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_list_tasks()) WITH ORDINALITY AS k (key, n);
-- The type is json, which keeps the order of the keys.
SELECT pg_typeof(taskcrm.tc_list_tasks());

-- Times are in UTC, with microseconds only if they are not zero; years are shown as stored.
\connect - :superuser
INSERT INTO taskcrm.task (org_id, id, title, due_date, created_on, updated_on) VALUES
  (id('org', 1), id('task', 3), 'a', '0001-01-01', '2023-01-15 10:30:00.5+00', '2023-01-15 10:30:00.000010+00'),
  (id('org', 1), id('task', 4), 'b', '9999-12-31', '2023-01-15 23:59:59.999999-12', '9999-12-31 23:59:59+00'),
  (id('org', 1), id('task', 5), 'c', '2024-02-29', '1969-12-31 23:59:59.1+00', '0001-01-01 00:00:00+00');
\connect - regress_bob
SELECT r ->> 'title', r ->> 'due_date', r ->> 'created_on', r ->> 'updated_on'
FROM json_array_elements(taskcrm.tc_list_tasks('{"ordering": "title"}') -> 'results') AS r;
-- Characters that JSON escapes.
\connect - :superuser
UPDATE taskcrm.task SET title = E'q"b\\s/\t\n\r\b\f\u0001 <é>', description = '' WHERE id = id('task', 3);
\connect - regress_bob
SELECT taskcrm.tc_list_tasks('{"title": "<"}') -> 'results' -> 0 -> 'title';
SELECT (taskcrm.tc_list_tasks('{"title": "<"}') #>> '{results,0,title}') = title, description FROM taskcrm.task
  WHERE title LIKE '%<%';
-- Each of them at each place of a word of eight bytes, as the server's own function writes them.
\connect - :superuser
UPDATE taskcrm.task SET title = 'places', description = (SELECT string_agg(repeat('é', place) || chr(code), repeat('.', place)
    ORDER BY place, code) FROM generate_series(0, 9) AS place, generate_series(1, 129) AS code)
  WHERE id = id('task', 3);
\connect - regress_bob
SELECT length(description), strpos(taskcrm.tc_get_task(id)::text, to_json(description)::text) > 0 AS is_the_same
  FROM taskcrm.task WHERE title = 'places';

-- Pages: five tasks, two at a time.
SELECT links('{"limit": 2}');
SELECT links('{"limit": 2, "offset": 2}');
SELECT links('{"limit": 2, "offset": 4}');
SELECT links('{"limit": 2, "offset": 1}');
SELECT links('{"limit": 2, "offset": 3}');
-- Pages that end at the last row, beyond it, and far beyond it.
SELECT links('{"limit": 5}');
SELECT links('{"limit": 2, "offset": 5}');
SELECT links('{"limit": 2, "offset": 7}');
SELECT links('{"limit": 10, "offset": 9223372036854775807}');
SELECT links('{"limit": 0, "offset": 9223372036854775807}');
SELECT links('{"limit": 0, "offset": 2}');
-- Without a count.
SELECT links('{"limit": 2, "count": "none"}');
SELECT links('{"limit": 2, "offset": 2, "count": "none"}');
SELECT links('{"limit": 2, "offset": 4, "count": "none"}');
SELECT links('{"limit": 0, "count": "none"}');
SELECT links('{"limit": 0}');
-- The links include the default limit.
\connect - :superuser
INSERT INTO taskcrm.task (org_id, id, title, status, priority)
  SELECT id('org', 1), id('task', 10 + i), 'Task ' || i, 'In Progress', 'High'
FROM generate_series(1, 15) AS i;
\connect - regress_bob
SELECT links('{}');
-- The example in the specification.
SELECT links('{"status": "In Progress", "priority": "High", "limit": 5}');
SELECT links('{"limit": 5, "offset": 5, "priority": "High", "status": "In Progress"}');
-- All filters: the links keep the values as sent, in the order of the specification, then
-- additional ones, then ordering.
SELECT links('{"offset": "1", "limit": "1", "ordering": "-title", "count": "exact", "time_zone": "Europe/Berlin", "overdue": false,
  "created_on__lte": "2999-01-01T00:00:00+02:00", "created_on__gte": "2000-01-01", "due_date__lte": "", "due_date__gte": null,
  "search": "t", "created_by": null, "team": "", "contact": null, "due_date": null, "account": null, "assigned_to": null,
  "priority": ["high", "Low"], "status": ["New", "in progress"], "title": "Task"}');
SELECT links('{"contact": ["00000004-0000-7000-8000-000000000001", "00000004-0000-7000-8000-000000000002"], "assigned_to": "@me",
  "team": "00000005-0000-7000-8000-000000000001", "account": "00000003-0000-7000-8000-000000000001", "created_by": "00000002-0000-7000-8000-000000000001",
  "due_date": "2023-02-15", "due_date__gte": "2023-02-15", "due_date__lte": "2023-02-15", "limit": 1, "offset": 1}');
-- All bytes except the unreserved characters of RFC 3986 are encoded; a space is %20, never +.
\connect - :superuser
INSERT INTO taskcrm.task (org_id, id, title) SELECT id('org', 1), id('task', 50 + i), 'x a+b&c=d?e#f%20~-._/\é日"'''
  FROM generate_series(1, 2) AS i;
\connect - regress_bob
SELECT links('{"title": "a+b&c=d?e#f%20~-._/\\é日\"''", "limit": 1}');
-- The base path is a setting.
\connect - :superuser
SELECT current_database() AS database \gset
SELECT taskcrm.tc_whoami() IS NOT NULL;
ALTER DATABASE :"database" SET taskcrm.base_path = '/crm/v1/tasks';
ALTER DATABASE :"database" SET taskcrm.max_limit = 7;
\connect - regress_bob
SELECT links('{"limit": 1, "title": "Task 1"}');
-- The maximum limit is a setting, too; the default limit never exceeds it.
SELECT links('{}');
SELECT attempt($$SELECT taskcrm.tc_list_tasks('{"limit": 8}')$$);
SELECT links('{"limit": 7}');
SELECT (SELECT count(*) FROM taskcrm.tc_find_task_ids()), (SELECT count(*) FROM taskcrm.tc_find_tasks());
\connect - :superuser
ALTER DATABASE :"database" RESET taskcrm.base_path;
ALTER DATABASE :"database" RESET taskcrm.max_limit;

\set ECHO none
DROP FUNCTION public.links(jsonb);
\i :teardown
