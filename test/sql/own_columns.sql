-- Columns that an administrator adds to task and exposes: every type at every door, with rows of
-- another organization, and what happens when the column changes under a session.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set http_setup :test_dir '/sql/include/http_setup.sql'
\set ECHO none
\i :setup
\i :http_setup
\set ECHO none

\c - :api_superuser
SET client_min_messages = warning;
-- Only the keys of the columns.
CREATE FUNCTION t.own(answer text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  RETURN answer::jsonb - '{id,title,status,priority,due_date,account,contacts,created_on,assigned_to,teams,description,created_by,updated_on,completed_on,completed_by,org}'::text[];
EXCEPTION WHEN invalid_text_representation THEN
  RETURN answer;
END
$$;
-- The count of a list, and its titles.
CREATE FUNCTION t.list(filters text) RETURNS text LANGUAGE sql AS $$
  SELECT t.try(format($q$SELECT (a ->> 'count') || ':' || (SELECT coalesce(string_agg(' ' || (r ->> 'title'), ''), '')
    FROM json_array_elements(a -> 'results') r) FROM taskcrm.tc_list_tasks(%L) a$q$, t.json(filters)))
$$;
-- The same without the long hints.
CREATE FUNCTION t.brief(text) RETURNS text LANGUAGE sql AS $$ SELECT regexp_replace($1, ' \| Valid (filters|keys) are .*', '') $$;
-- The titles of all pages by cursor, two tasks each, and whether they are those of plain SQL.
CREATE FUNCTION t.walk(ordering text, expression text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  page json;
  cursor_text text := 'start';
  titles text[] := '{}';
  expected text[];
  direction text := CASE WHEN ordering LIKE '-%' THEN 'DESC' ELSE 'ASC' END;
BEGIN
  WHILE cursor_text IS NOT NULL LOOP
    page := taskcrm.tc_list_tasks(jsonb_build_object('ordering', ordering, 'cursor', cursor_text, 'limit', 2));
    titles := titles || ARRAY(SELECT r ->> 'title' FROM json_array_elements(page -> 'results') r);
    cursor_text := page ->> 'next_cursor';
  END LOOP;
  EXECUTE format('SELECT array_agg(title ORDER BY %1$s %2$s, created_on %2$s, id %2$s) FROM taskcrm.task', expression, direction)
    INTO expected;
  RETURN CASE WHEN titles = expected THEN 'right: ' ELSE 'WRONG: ' END || array_to_string(titles, ' ');
END
$$;
CREATE SCHEMA app;
CREATE TYPE app."Stage" AS ENUM ('to do', 'doing', 'it''s done');
ALTER TABLE taskcrm.task ADD estimate_hours integer, ADD budget_cents bigint, ADD effort double precision,
  ADD billable boolean, ADD starts_on date, ADD reminded_at timestamptz, ADD project_id uuid, ADD cost_center text,
  ADD "order" app."Stage";
CREATE FUNCTION t.columns() RETURNS SETOF name LANGUAGE sql AS
  'SELECT unnest(''{estimate_hours,budget_cents,effort,billable,starts_on,reminded_at,project_id,cost_center,order}''::name[])';
UPDATE taskcrm.task SET estimate_hours = 5, budget_cents = 5, effort = 1.5, billable = true, starts_on = '2024-01-01',
  reminded_at = '2024-01-01Z', project_id = t.id('acme'), cost_center = 'CANARY', "order" = 'doing';
\set ECHO all

-- Nothing is exposed yet.
\c - regress_api_alice
SELECT t.own(t.create_task('{"title": "a"}'));
SELECT t.create_task('{"title": "x", "estimate_hours": 5}');
SELECT t.brief(t.list('{"estimate_hours": 5}'));
SELECT t.brief(t.list('{"ordering": "estimate_hours"}'));
-- Clients cannot expose anything.
SELECT t.try($$SELECT taskcrm.tc_expose_column('task', 'estimate_hours')$$);
SELECT t.try($$SELECT taskcrm.tc_hide_column('task', 'estimate_hours')$$);
SELECT t.try($$SELECT * FROM taskcrm_internal.exposed_column$$);

\c - :api_superuser
SET client_min_messages = warning;
SELECT count(taskcrm.tc_expose_column('task', c, writable => true)) FROM t.columns() c;
SELECT column_name, writable FROM taskcrm_internal.exposed_column ORDER BY 1;
SELECT * FROM taskcrm_internal.exposed_columns() ORDER BY column_name;

-- Every type: what is sent is stored, and answered by every function.
\c - regress_api_alice
SELECT t.own(t.create_task('{"title": "b", "estimate_hours": -3, "budget_cents": 9223372036854775807, "effort": 0.1, "billable": true,
  "starts_on": "2024-02-29", "reminded_at": "2024-02-29T12:00:00.5+02:00", "project_id": "{sales}", "cost_center": "Größe", "order": "to do"}'));
SELECT t.know('b', id) FROM taskcrm.task WHERE title = 'b';
SELECT estimate_hours, budget_cents, effort, billable, starts_on, reminded_at AT TIME ZONE 'UTC', project_id = t.id('sales'), cost_center, "order"
  FROM taskcrm.task WHERE id = t.id('b');
-- As strings, as a form sends them.
SELECT t.own(t.create_task('{"title": "c", "estimate_hours": "2147483647", "budget_cents": "-9223372036854775808", "effort": "-1e300",
  "billable": "false", "starts_on": "0001-01-01", "reminded_at": "9999-12-31T23:59:59Z", "cost_center": "", "order": "it''s done"}'));
SELECT t.own(t.create_task('{"title": "d", "estimate_hours": null, "budget_cents": "", "effort": null, "billable": "", "starts_on": "",
  "reminded_at": null, "project_id": "", "cost_center": null, "order": ""}'));
-- In one call, with and without values.
SELECT t.own(r::text) FROM json_array_elements(taskcrm.tc_create_tasks(t.json('[
  {"title": "e", "estimate_hours": 5, "budget_cents": 100, "effort": "Infinity", "starts_on": "infinity", "cost_center": "a, ''quoted'' \"one\""},
  {"title": "f"},
  {"title": "g", "estimate_hours": 5, "effort": "NaN", "reminded_at": "-infinity", "order": "doing", "billable": false, "project_id": "{ops}"}]'))) r;
SELECT t.own((taskcrm.tc_get_task(t.id('b')) -> 'task_obj')::text);
SELECT t.own((r)::text) FROM json_array_elements(taskcrm.tc_list_tasks('{"ordering": "title"}') -> 'results') r;
SELECT string_agg(title, ' ' ORDER BY title) FROM taskcrm.tc_find_tasks('{"estimate_hours": 5}');

-- Updates change what is sent; the same value again changes nothing.
SELECT t.own(t.update_task('b', '{"estimate_hours": 7, "cost_center": "x", "order": "doing"}'));
SELECT t.own(t.update_task('b', '{"estimate_hours": 7, "budget_cents": 9223372036854775807, "effort": 0.1, "billable": true, "starts_on": "2024-02-29",
  "reminded_at": "2024-02-29T10:00:00.5Z", "project_id": "{sales}", "cost_center": "x", "order": "doing"}'));
SELECT t.own(t.update_task('b', '{"estimate_hours": null, "billable": null, "order": null, "title": "b", "contacts": ["{lee}"]}'));
-- A whole task that was read can be sent back.
SELECT count(*) FILTER (WHERE t.try(format('SELECT taskcrm.tc_update_task(%L, %L) ->> ''version''', id, taskcrm.tc_get_task(id))) = version::text), count(*)
  FROM taskcrm.task;

-- Filters.
SELECT f, t.list(f) FROM unnest(ARRAY[
  '{"estimate_hours": 5}', '{"estimate_hours": "5"}', '{"estimate_hours": [5, 2147483647]}', '{"estimate_hours__in": [5]}', '{"estimate_hours__in": 5}',
  '{"estimate_hours__gte": 5, "ordering": "estimate_hours"}', '{"estimate_hours__lte": 5}', '{"estimate_hours__gte": 0, "estimate_hours__lte": 10, "estimate_hours": 5}',
  '{"estimate_hours": null}', '{"estimate_hours": ""}', '{"estimate_hours__lte": 5, "status": "New", "title": "E"}', '{"estimate_hours": 5, "count": "estimated"}',
  '{"budget_cents": 100}', '{"budget_cents__gte": 9223372036854775807}', '{"budget_cents__lte": -9223372036854775808}', '{"budget_cents__in": [100, "9223372036854775807"]}',
  '{"effort": 0.1}', '{"effort__gte": 0.1, "ordering": "effort"}', '{"effort__lte": "-1e300"}', '{"effort__in": ["Infinity", "NaN"]}',
  '{"billable": true}', '{"billable": "false"}', '{"billable__in": [true, false]}',
  '{"starts_on": "2024-02-29"}', '{"starts_on__gte": "2024-02-29"}', '{"starts_on__lte": "2024-02-29"}', '{"starts_on__in": ["2024-02-29", "0001-01-01"]}',
  '{"reminded_at": "2024-02-29T10:00:00.5Z"}', '{"reminded_at__gte": "2024-02-29"}', '{"reminded_at__lte": "2024-02-29"}',
  '{"reminded_at__gte": "2024-02-29", "time_zone": "Pacific/Honolulu"}', '{"reminded_at__lte": "2024-02-28", "time_zone": "Pacific/Honolulu"}',
  '{"reminded_at__lte": "2024-02-29", "time_zone": "Pacific/Honolulu"}', '{"reminded_at__in": ["2024-02-29T10:00:00.5Z"]}',
  '{"project_id": "{ops}"}', '{"project_id__in": ["{ops}", "{sales}"]}', '{"cost_center": "x"}', '{"cost_center": "X"}',
  '{"cost_center__in": ["x", "a, ''quoted'' \"one\""]}', '{"order": "doing"}', '{"order": ["doing", "it''s done"]}', '{"order__in": ["doing"]}',
  '{"cost_center": "CANARY"}', '{"project_id": "{acme}"}']) f;
SELECT f, t.brief(t.list(f)) FROM unnest(ARRAY[
  '{"estimate_hours": 1.5}', '{"estimate_hours": 2147483648}', '{"estimate_hours": "x"}', '{"estimate_hours": []}', '{"estimate_hours": [null]}',
  '{"estimate_hours": [[5]]}', '{"estimate_hours__gte": [5]}', '{"estimate_hours__lt": 5}', '{"estimate_hours__": 5}', '{"__gte": 5}', '{"estimate_hours__in__in": 5}',
  '{"budget_cents": 9223372036854775808}', '{"effort": "1e999"}', '{"effort": 1e999}', '{"effort": "0x10"}', '{"effort": " 1"}', '{"effort": "infinity"}', '{"effort": true}',
  '{"billable": 1}', '{"billable__gte": true}', '{"starts_on": "tomorrow"}', '{"starts_on__gte": "2024-02-30"}', '{"reminded_at": "2024-02-29"}',
  '{"reminded_at__gte": "now"}', '{"project_id": "x"}', '{"project_id__gte": "{ops}"}', '{"cost_center": 5}', '{"cost_center__lte": "x"}',
  '{"order": "done"}', '{"order__gte": "doing"}', '{"ordering": "estimate_hours__gte"}', '{"ordering": "estimate_hours,-estimate_hours"}']) f;
SELECT t.list('{"x": 1}') LIKE '% cursor, estimate_hours, estimate_hours\_\_in, estimate_hours\_\_gte, estimate_hours\_\_lte, budget_cents, %';
SELECT t.try(format($$SELECT taskcrm.tc_list_tasks('{"estimate_hours__in": %s}')$$, (SELECT jsonb_agg(g) FROM generate_series(1, 1001) g)));

-- Orderings, forwards and backwards, page by page.
SELECT c, t.walk(c, quote_ident(c) || CASE c WHEN 'cost_center' THEN ' COLLATE "C"' ELSE '' END),
  t.walk('-' || c, quote_ident(c) || CASE c WHEN 'cost_center' THEN ' COLLATE "C"' ELSE '' END) FROM t.columns() c;
SELECT t.list('{"ordering": "billable,-estimate_hours,title"}');
SELECT t.list('{"ordering": "-order,budget_cents", "limit": 3, "offset": 2}');
-- A cursor of another filter is refused.
SELECT t.list(jsonb_build_object('estimate_hours', 6, 'cursor', taskcrm.tc_list_tasks('{"estimate_hours": 5, "limit": 1, "cursor": "start"}') ->> 'next_cursor')::text);
SELECT t.list(jsonb_build_object('estimate_hours__lte', 5, 'cursor', taskcrm.tc_list_tasks('{"estimate_hours": 5, "limit": 1, "cursor": "start"}') ->> 'next_cursor')::text);
SELECT t.list(jsonb_build_object('estimate_hours', 5, 'cursor', taskcrm.tc_list_tasks('{"estimate_hours": 5, "limit": 1, "cursor": "start"}') ->> 'next_cursor')::text);
-- Totals obey the filters too.
SELECT taskcrm.tc_task_totals('{"estimate_hours": 5}') ->> 'count', taskcrm.tc_task_totals('{"order": "doing"}') ->> 'open', taskcrm.tc_task_totals() ->> 'count';

-- What is refused in a task.
SELECT v, t.create_task(format('{"title": "x", %s}', v)) FROM unnest(ARRAY['"estimate_hours": 1.5', '"estimate_hours": -2147483649', '"estimate_hours": [1]',
  '"budget_cents": 1e30', '"budget_cents": 1e131071', '"effort": 1e131071', '"effort": 1e-16000', '"effort": "1e-400"', '"effort": "nan"', '"effort": {}', '"billable": "yes"', '"starts_on": "infinite"',
  '"reminded_at": "2024-02-29"', '"project_id": "x"', '"cost_center": 5', '"order": "done"', '"order": 1', '"order": "TO DO"', '"estimate_hours__gte": 5',
  '"cost_center": true']) v;
SELECT t.try(format($$SELECT taskcrm.tc_create_task('{"title": "x", "cost_center": "%s"}')$$, repeat('x', 10001)));
-- A text that is too long for a cursor, but not for a page.
SELECT taskcrm.tc_create_task(jsonb_build_object('title', 'long', 'cost_center', repeat('z', 10000))) IS NOT NULL;
SELECT t.list('{"ordering": "-cost_center", "limit": 1, "offset": 3}');
SELECT t.list('{"ordering": "-cost_center", "limit": 4, "cursor": "start"}');
SELECT t.list('{"ordering": "cost_center", "limit": 4, "cursor": "start"}');

-- HTTP: JSON, forms, filters and links, and the document.
SELECT t.own(convert_from(body, 'UTF8')) FROM taskcrm.tc_http_request('POST', '/api/tasks/', NULL, '{"title": "h", "estimate_hours": 8, "order": "to do"}');
SELECT t.own(t.http_json('POST', '/api/tasks/', t.form(ARRAY[t.field('title', 'i'), t.field('estimate_hours', '9'), t.field('budget_cents', '1'), t.field('effort', '2.5'),
  t.field('billable', 'true'), t.field('starts_on', '2024-05-01'), t.field('reminded_at', ''), t.field('project_id', ''), t.field('cost_center', ''), t.field('order', 'it''s done')]), :'form')::text);
SELECT answer ->> 'count', answer ->> 'next' FROM t.http_json('GET',
  '/api/tasks/?estimate_hours=8&estimate_hours=9&order=to+do&order__in=it%27s%20done&order__in=to%20do&effort__lte=1e3&limit=0') answer;
SELECT answer ->> 'count', answer ->> 'next' FROM t.http_json('GET', '/api/tasks/?estimate_hours__gte=8&estimate_hours__lte=10&ordering=-estimate_hours&limit=2') answer;
SELECT answer ->> 'count', answer ->> 'next', answer ->> 'previous', answer -> 'results' -> 0 ->> 'title' FROM t.http_json('GET',
  (t.http_json('GET', '/api/tasks/?estimate_hours__gte=8&estimate_hours__lte=10&ordering=-estimate_hours&limit=2') ->> 'next')) answer;
SELECT t.http('GET', '/api/tasks/?estimate_hours=many');
SELECT t.own(convert_from(body, 'UTF8')) FROM taskcrm.tc_http_request('PATCH', t.ids('/api/tasks/{b}/'), NULL, '{"billable": false}');
SELECT s.key, (SELECT jsonb_object_agg(c, s.value -> 'properties' -> c) FROM t.columns() c WHERE c IN ('estimate_hours', 'order', 'cost_center', 'reminded_at'))
  FROM jsonb_each(taskcrm.tc_openapi()::jsonb -> 'components' -> 'schemas') s WHERE s.key IN ('Task', 'TaskData', 'TaskForm', 'TaskUpdate') ORDER BY s.key COLLATE "C";
SELECT p ->> 'name', p ->> 'description', p -> 'schema' FROM jsonb_array_elements(taskcrm.tc_openapi()::jsonb -> 'paths' -> '/api/tasks/' -> 'get' -> 'parameters') p
  WHERE p ->> 'name' ~ '^(estimate|order_|order$|reminded|effort)';
SELECT taskcrm.tc_openapi()::jsonb -> 'components' -> 'schemas' -> 'Filters' -> 'properties' ? 'starts_on__in';

-- Another organization has columns too, and sees only its own rows.
\c - regress_api_bob
SELECT t.list('{}'), t.list('{"estimate_hours": 5}'), t.list('{"order": "doing"}'), t.list('{"cost_center": "x"}');
SELECT t.update_task('b', '{"estimate_hours": 1}');
SELECT t.walk('-cost_center', 'cost_center COLLATE "C"');

-- Privileges: tc_grant_access() grants the columns; the doctor knows who lacks them or has too many.
\c - :api_superuser
SET client_min_messages = warning;
CREATE FUNCTION t.doctor() RETURNS SETOF text LANGUAGE sql AS
  $$ SELECT "check" || ': ' || detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" IN ('columns', 'client_rights', 'client_access') $$;
SELECT taskcrm.tc_hide_column('task', 'estimate_hours');
SELECT taskcrm.tc_grant_access('regress_api_alice', write => true);
SELECT t.doctor();
SELECT taskcrm.tc_expose_column('task', 'estimate_hours', writable => true);
SELECT t.doctor();
SELECT taskcrm.tc_grant_access('regress_api_alice', write => true);
SELECT t.doctor();
\c - regress_api_alice
INSERT INTO taskcrm.task (title, estimate_hours, "order") VALUES ('direct', 4, 'doing') RETURNING estimate_hours, "order";
UPDATE taskcrm.task SET estimate_hours = 3, version = version WHERE title = 'direct' RETURNING estimate_hours, version;
\c - :api_superuser
SET client_min_messages = warning;
DELETE FROM taskcrm.task WHERE title = 'direct';
SELECT taskcrm.tc_expose_column('task', 'estimate_hours');
SELECT t.doctor();
\c - regress_api_alice
-- Readable only.
SELECT t.create_task('{"title": "x", "estimate_hours": 5}');
SELECT t.update_task('b', '{"estimate_hours": 5}');
SELECT t.own(t.update_task('b', '{"estimate_hours": null}'));
SELECT t.list('{"estimate_hours": 5}');
\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_expose_column('task', 'estimate_hours', writable => true);

-- What cannot be exposed.
ALTER TABLE taskcrm.task ADD price numeric, ADD note varchar(10), ADD small smallint, ADD tags text[], ADD data jsonb, ADD at timestamp,
  ADD "Upper" integer, ADD "größe" integer, ADD "a b" integer, ADD "a""b" integer, ADD a__gte integer, ADD _a integer, ADD a_ integer, ADD "1a" integer, ADD "x';--" integer,
  ADD title__in integer, ADD attachments integer, ADD expand integer, ADD ids integer, ADD account uuid, ADD team text, ADD generated integer GENERATED ALWAYS AS (version * 2) STORED,
  ADD numbered integer GENERATED BY DEFAULT AS IDENTITY;
CREATE FUNCTION t.expose(col text, writable boolean DEFAULT true, tab text DEFAULT 'task') RETURNS text LANGUAGE sql AS
  $$ SELECT t.try(format('SELECT taskcrm.tc_expose_column(%L, %L, %L)', tab, col, writable)) $$;
SELECT c, t.expose(c) FROM unnest('{price,note,small,tags,data,at,Upper,größe,a b,"a\"b",a__gte,_a,a_,1a,x'';--,title__in,attachments,expand,ids,account,team,generated,numbered,'
  'title,org_id,account_id,version,org,created_by,limit,search,missing,ctid,tableoid}'::text[]) c;
SELECT t.expose(repeat('x', 63)), t.expose(repeat('x', 64));
SELECT t.expose(NULL), t.expose('small', tab => NULL), t.expose('name', tab => 'account'), t.expose('x', tab => 'pg_class');
SELECT t.try($$SELECT taskcrm.tc_hide_column('task', 'missing')$$), t.try($$SELECT taskcrm.tc_hide_column('account', 'name')$$), t.try($$SELECT taskcrm.tc_hide_column('task', NULL)$$);
-- Generated values are readable.
SELECT t.expose('generated', false), t.expose('numbered', false);
SELECT format('ALTER TABLE taskcrm.task ADD %I integer DEFAULT 1', repeat('x', 63)) \gexec
SELECT t.expose(repeat('x', 63));
ALTER TABLE taskcrm.task ADD "select" boolean;
SELECT t.expose('select');
\c - regress_api_alice
SELECT t.own(t.create_task('{"title": "k", "select": true}'));
SELECT t.create_task('{"title": "x", "generated": 5}');
SELECT f, t.list(f) FROM (VALUES ('{"select": true, "ordering": "-select"}'), (format('{"%1$s__gte": 1, "%1$s__lte": 1, "%1$s__in": [1], "ordering": "%1$s", "limit": 1}', repeat('x', 63))),
  ('{"generated__gte": 2, "ordering": "-generated", "limit": 1, "numbered__lte": 1000}')) v (f);
\c - :api_superuser
SET client_min_messages = warning;
SELECT count(taskcrm.tc_hide_column('task', c)) FROM unnest(ARRAY['generated', 'numbered', 'select', repeat('x', 63)]) c;
ALTER TABLE taskcrm.task DROP price, DROP note, DROP small, DROP tags, DROP data, DROP at, DROP "Upper", DROP "größe", DROP "a b", DROP "a""b", DROP a__gte, DROP _a, DROP a_,
  DROP "1a", DROP "x';--", DROP title__in, DROP attachments, DROP expand, DROP ids, DROP account, DROP team, DROP generated, DROP numbered, DROP "select";
SELECT format('ALTER TABLE taskcrm.task DROP %I', repeat('x', 63)) \gexec

-- At most sixteen.
ALTER TABLE taskcrm.task ADD n1 integer, ADD n2 integer, ADD n3 integer, ADD n4 integer, ADD n5 integer, ADD n6 integer, ADD n7 integer, ADD n8 integer;
SELECT t.expose('n' || g) FROM generate_series(1, 8) g;
\c - regress_api_alice
SELECT t.own(t.create_task('{"title": "n", "n1": 1, "n7": 7, "order": "doing"}'));
SELECT t.list('{"n1": 1, "n7__gte": 7, "n7__lte": 7, "n7__in": [7], "n7": 7, "n2__in": [1, 2]}');
-- Every filter that there is, in one list.
SELECT t.list((SELECT jsonb_object_agg(c || s, CASE c WHEN 'billable' THEN 'true' WHEN 'starts_on' THEN '"2024-01-01"' WHEN 'reminded_at' THEN '"2024-01-01T00:00:00Z"'
    WHEN 'project_id' THEN to_jsonb(t.id('ops')) WHEN 'cost_center' THEN '"x"' WHEN 'order' THEN '["doing", "to do"]' ELSE '1' END) ||
  '{"title": "x", "status": "New", "priority": ["Low", "High"], "search": "x", "assigned_to": "@me", "overdue": false, "unassigned": false, "due_date__gte": "2024-01-01", "ordering": "n1,-n2,order,cost_center"}'
  FROM (SELECT * FROM t.columns() UNION ALL SELECT 'n' || g FROM generate_series(1, 7) g) c (c), unnest('{"",__in,__gte,__lte}'::text[]) s
  WHERE s IN ('', '__in') OR c NOT IN ('billable', 'project_id', 'cost_center', 'order'))::text);
\c - :api_superuser
SET client_min_messages = warning;
SELECT count(taskcrm.tc_hide_column('task', 'n' || g)) FROM generate_series(1, 7) g;
ALTER TABLE taskcrm.task DROP n1, DROP n2, DROP n3, DROP n4, DROP n5, DROP n6, DROP n7, DROP n8;

-- Defaults, NOT NULL and constraints.
CREATE SEQUENCE app.counter;
ALTER TABLE taskcrm.task ADD rank integer NOT NULL DEFAULT 10, ADD place bigint DEFAULT nextval('app.counter'), ADD kind text DEFAULT 'it''s' || ' new',
  ADD level app."Stage" DEFAULT 'doing';
GRANT USAGE ON SCHEMA app TO regress_api_owner;
GRANT USAGE ON SEQUENCE app.counter TO regress_api_owner;
SELECT t.expose(c) FROM unnest('{rank,place,kind,level}'::text[]) c;
ALTER TABLE taskcrm.task ADD CONSTRAINT "positive ""rank""" CHECK (rank > 0), ADD CONSTRAINT two_columns CHECK (kind <> 'x' OR rank > 5), ADD CONSTRAINT of_title CHECK (title <> 'bad');
SELECT setval('app.counter', 100, false);
\c - regress_api_alice
SELECT r ->> 'title', r ->> 'rank', r ->> 'place', r ->> 'kind', r ->> 'level' FROM json_array_elements(taskcrm.tc_create_tasks('[{"title": "1"}, {"title": "2", "rank": 2, "kind": null},
  {"title": "3", "place": null, "kind": "", "level": "to do"}, {"title": "4", "place": 4, "level": null}]')) r;
SELECT t.create_task('{"title": "x", "rank": null}');
SELECT t.create_task('{"title": "x", "rank": 0}');
SELECT t.create_task('{"title": "x", "kind": "x", "rank": 5}');
SELECT t.create_task('{"title": "bad"}');
SELECT t.try($$SELECT taskcrm.tc_create_tasks('[{"title": "y"}, {"title": "x", "rank": -1}]')$$);
SELECT t.update_task('b', '{"rank": null}');
SELECT t.update_task('b', '{"rank": 0}');
SELECT t.update_task('b', '{"rank": 0, "contacts": []}');
SELECT t.http('PATCH', '/api/tasks/{b}/', '{"rank": 0}');
SELECT t.create_task('{"title": "x", "id": "{b}"}');
\c - :api_superuser
SET client_min_messages = warning;
ALTER TABLE taskcrm.task ALTER rank DROP DEFAULT;
\c - regress_api_alice
SELECT t.create_task('{"title": "x"}');
SELECT t.try($$SELECT taskcrm.tc_create_tasks('[{"title": "y", "rank": 1}, {"title": "x"}]')$$);
SELECT t.http('POST', '/api/tasks/', '{"title": "x"}');
SELECT s.key, s.value -> 'required' FROM jsonb_each(taskcrm.tc_openapi()::jsonb -> 'components' -> 'schemas') s WHERE s.key IN ('TaskData', 'TaskForm') ORDER BY 1;
\c - :api_superuser
SET client_min_messages = warning;
SELECT taskcrm.tc_hide_column('task', 'rank');
\c - regress_api_alice
-- Not exposed, and no default.
SELECT regexp_replace(t.create_task('{"title": "x"}'), 'Failing row contains .*', '...');
\c - :api_superuser
SET client_min_messages = warning;
SELECT count(taskcrm.tc_hide_column('task', c)) FROM unnest('{place,kind,level}'::text[]) c;
ALTER TABLE taskcrm.task DROP rank, DROP place, DROP kind, DROP level, DROP CONSTRAINT of_title;

-- One session that lists, creates and updates while the columns change. An administrator who acts
-- in the same session shows that kept statements are made again.
CREATE FUNCTION t.as_alice(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  SET SESSION AUTHORIZATION regress_api_alice;
  result := t.brief(t.try(statement));
  RESET SESSION AUTHORIZATION;
  RETURN result;
END
$$;
DELETE FROM taskcrm.task WHERE title NOT IN ('b', 'CANARY task');
SELECT count(taskcrm.tc_hide_column('task', c)) FROM t.columns() c WHERE c <> 'estimate_hours';
SELECT taskcrm.tc_grant_access('regress_api_alice');
\set see 'SELECT t.own(t.as_alice($$SELECT taskcrm.tc_update_task(t.id(''b''), ''{"estimate_hours": 5, "title": "b"}'')$$)), t.as_alice($$SELECT t.list(''{"estimate_hours": 5, "ordering": "-estimate_hours"}'')$$), t.as_alice($$SELECT t.list(''{}'')$$);'
:see
SELECT taskcrm.tc_hide_column('task', 'estimate_hours');
:see
SELECT taskcrm.tc_expose_column('task', 'estimate_hours', writable => true);
:see
ALTER TABLE taskcrm.task ALTER estimate_hours TYPE bigint;
:see
ALTER TABLE taskcrm.task ALTER estimate_hours TYPE text USING '5';
:see
ALTER TABLE taskcrm.task ALTER estimate_hours TYPE numeric USING 5;
:see
SELECT t.doctor();
ALTER TABLE taskcrm.task ALTER estimate_hours TYPE integer USING 5;
:see
SELECT t.doctor();
BEGIN;
ALTER TABLE taskcrm.task RENAME estimate_hours TO hours;
:see
SELECT t.doctor();
ROLLBACK;
:see
BEGIN;
ALTER TABLE taskcrm.task DROP estimate_hours;
:see
SELECT t.doctor();
ALTER TABLE taskcrm.task ADD estimate_hours integer DEFAULT 6;
:see
ROLLBACK;
:see
BEGIN;
SELECT taskcrm.tc_hide_column('task', 'estimate_hours');
:see
ROLLBACK;
:see
-- Labels are added and renamed, and the type too.
SELECT taskcrm.tc_expose_column('task', 'order', writable => true);
\set stage 'SELECT t.as_alice($$SELECT taskcrm.tc_update_task(t.id(''b''), ''{"order": "late"}'') ->> ''order''$$), t.as_alice($$SELECT t.list(''{"order": "late", "ordering": "order"}'')$$);'
:stage
ALTER TYPE app."Stage" ADD VALUE 'late';
:stage
ALTER TYPE app."Stage" RENAME TO stage;
ALTER TYPE app.stage SET SCHEMA t;
:stage
ALTER TYPE t.stage RENAME VALUE 'late' TO 'later';
:stage
SELECT t.as_alice($$SELECT taskcrm.tc_get_task(t.id('b')) -> 'task_obj' ->> 'order'$$);
-- A label that this transaction adds is not used before it is committed.
BEGIN;
ALTER TYPE t.stage ADD VALUE 'new';
SELECT t.as_alice($$SELECT taskcrm.tc_update_task(t.id('b'), '{"order": "new"}') ->> 'order'$$);
ROLLBACK;

-- tc_install() keeps the columns, and rows that make no sense do no harm.
CALL taskcrm.tc_install();
INSERT INTO taskcrm_internal.exposed_column VALUES ('task', 'gone', true), ('task', 'title', true), ('task', 'a"b', true), ('task', 'version', false), ('account', 'name', true);
:see
SELECT t.doctor();
TRUNCATE taskcrm_internal.exposed_column;
:see
SELECT t.doctor();
SELECT taskcrm.tc_grant_access('regress_api_alice', write => true);
SELECT t.doctor();
\set ECHO none
\i :teardown
