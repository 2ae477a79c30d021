-- tc_group_tasks(): the groups and their counts compared with plain SQL over the tasks found by the
-- oracle of the lists, and the tasks of each group with the list that its filters give.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup
-- The number of tasks by key; the tasks without a value have the key "null".  A filter on the links
-- that are grouped by chooses the groups.
CREATE FUNCTION public.group_oracle(f jsonb, by text, period text, org uuid, me uuid) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH z AS (SELECT coalesce(sent_one(f -> 'time_zone'), 'UTC') AS zone),
  d AS (SELECT (now() AT TIME ZONE zone)::date AS today FROM z),
  t AS (SELECT t.* FROM taskcrm.task t WHERE t.org_id = org AND t.id = ANY (oracle(f, org, me))),
  chosen AS (SELECT array_replace(sent(f -> by), '@me', me::text) AS ids),
  k AS (
    SELECT CASE by WHEN 'status' THEN status::text WHEN 'priority' THEN priority::text
      WHEN 'account' THEN account_id::text WHEN 'created_by' THEN created_by::text
      WHEN 'created' THEN to_char(date_trunc(period, created_on AT TIME ZONE zone), 'YYYY-MM-DD')
      WHEN 'due' THEN CASE WHEN due_date IS NULL THEN 'none' WHEN due_date < today AND status <> 'Completed' THEN 'overdue'
        WHEN due_date < today THEN 'past' WHEN due_date = today THEN 'today'
        WHEN date_trunc('week', due_date) = date_trunc('week', today) THEN 'this_week' ELSE 'later' END END AS key
    FROM t, z, d WHERE by NOT IN ('assigned_to', 'team', 'contact')
    UNION ALL SELECT l.id::text FROM t LEFT JOIN (
        SELECT task_id, user_id FROM taskcrm.task_assignee WHERE org_id = org AND by = 'assigned_to'
        UNION ALL SELECT task_id, team_id FROM taskcrm.task_team WHERE org_id = org AND by = 'team'
        UNION ALL SELECT task_id, contact_id FROM taskcrm.task_contact WHERE org_id = org AND by = 'contact') l (task_id, id) ON l.task_id = t.id,
      chosen WHERE by IN ('assigned_to', 'team', 'contact') AND (ids IS NULL OR l.id::text = ANY (ids)))
  SELECT coalesce(jsonb_object_agg(coalesce(key, 'null'), n), '{}') FROM (SELECT key, count(*) AS n FROM k GROUP BY key) c
$$;
-- Returns NULL if the answer is right, else what is wrong with it.
CREATE FUNCTION public.check_groups(f jsonb, by text, period text, org uuid, me uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer jsonb := taskcrm.tc_group_tasks(f, by, jsonb_build_object('limit', 3, 'max_groups', 100, 'period', period));
  counted jsonb := (SELECT coalesce(jsonb_object_agg(coalesce(g ->> 'key', 'null'), g -> 'count') FILTER (WHERE g ->> 'count' <> '0'), '{}')
                    FROM jsonb_array_elements(answer -> 'groups') g);
  wanted jsonb := public.group_oracle(f, by, period, org, me);
  g jsonb;
  list jsonb;
BEGIN
  IF counted <> wanted THEN
    RETURN format('%s by %s: counted %s for %s', f, by, counted, wanted);
  ELSIF (answer ->> 'count')::integer <> cardinality(public.oracle(f, org, me)) THEN
    RETURN format('%s by %s: count %s', f, by, answer ->> 'count');
  END IF;
  FOR g IN SELECT jsonb_array_elements(answer -> 'groups') LOOP
    IF g -> 'filters' = 'null' AND g ->> 'count' = '0' THEN
      CONTINUE;
    END IF;
    list := taskcrm.tc_list_tasks(f || (g -> 'filters')::jsonb || '{"limit": 3, "cursor": "start", "count": "exact"}');
    IF list -> 'results' <> g -> 'results' OR list -> 'count' <> g -> 'count'
      OR list -> 'next_cursor' IS DISTINCT FROM g -> 'next_cursor' THEN
      RETURN format('%s by %s: %s', f, by, g - 'results');
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;
-- A board as a table.
CREATE FUNCTION public.board(answer json) RETURNS TABLE (key text, label text, count integer, filters text, results bigint, more boolean)
  LANGUAGE sql AS $$
  SELECT g ->> 'key', g ->> 'label', (g ->> 'count')::integer, g ->> 'filters',
    json_array_length(g -> 'results'), g ->> 'next_cursor' IS NOT NULL
  FROM json_array_elements(answer -> 'groups') WITH ORDINALITY AS a (g, n) ORDER BY n
$$;
\set ECHO all
\connect - regress_bob
-- The keys of the answer, and of a group.
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_group_tasks('{}', 'status')) WITH ORDINALITY AS k (key, n);
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_group_tasks('{}', 'status') #> '{groups,0}') WITH ORDINALITY AS k (key, n);
-- A closed set has all its groups, in its order; an open one those with tasks, the largest first.
SELECT * FROM board(taskcrm.tc_group_tasks('{"title": "straße"}', 'status'));
SELECT * FROM board(taskcrm.tc_group_tasks(NULL, 'priority', '{"limit": 2}'));
SELECT * FROM board(taskcrm.tc_group_tasks('{}', 'assigned_to', '{"limit": 0}'));
SELECT * FROM board(taskcrm.tc_group_tasks('{}', 'account', NULL));
SELECT * FROM board(taskcrm.tc_group_tasks('{}', 'contact'));
SELECT key, label FROM board(taskcrm.tc_group_tasks('{}', 'due', '{"limit": 1}'));
SELECT key, label, count, filters FROM board(taskcrm.tc_group_tasks('{}', 'created', '{"period": "week"}'));
SELECT key, label, count, filters FROM board(taskcrm.tc_group_tasks('{"time_zone": "Pacific/Kiritimati"}', 'created'));
SELECT key, label, count, filters FROM board(taskcrm.tc_group_tasks('{"created_on__gte": "2023-03-27", "created_on__lte": "2023-03-27T12:00:00Z"}', 'created', '{"period": "month"}'));
-- A filter on what is grouped by chooses the groups.
SELECT key, label, count FROM board(taskcrm.tc_group_tasks('{"status": ["Completed", "New"]}', 'status'));
SELECT key, label, count FROM board(taskcrm.tc_group_tasks('{"assigned_to": "@me"}', 'assigned_to'));
SELECT key, label, count FROM board(taskcrm.tc_group_tasks('{"unassigned": true}', 'assigned_to'));
-- Every filter alone, by everything that tasks can be grouped by, and pairs of filters.
SELECT count(*) > 250 AS many, min(c) FROM fragment,
  unnest(ARRAY['status', 'priority', 'assigned_to', 'team', 'account', 'contact', 'created_by', 'due', 'created']) WITH ORDINALITY AS b (by, i),
  LATERAL (SELECT check_groups(f, by, (ARRAY['day', 'week', 'month'])[1 + n % 3], :org, :me) AS c) c
WHERE fragment.key NOT IN ('limit', 'offset', 'count') AND (fragment.n + i) % 4 = 0;
SELECT count(*) > 60 AS many, min(check_groups(p.f, (ARRAY['status', 'priority', 'assigned_to', 'team', 'account', 'contact', 'created_by', 'due', 'created'])[1 + n % 9],
  'week', :org, :me))
FROM (SELECT a.f || b.f AS f, a.n + b.n AS n FROM fragment a JOIN fragment b ON a.key < b.key AND (a.n * 31 + b.n * 17) % 53 = 0
      WHERE a.key NOT IN ('limit', 'offset', 'count') AND b.key NOT IN ('limit', 'offset', 'count')) AS p;
-- The cursor of a group continues it.
SELECT bool_and(g #> '{results,1}' ->> 'id' = first #>> '{results,1,id}'), bool_and(rest #>> '{results,0,id}' = list #>> '{results,2,id}'),
  bool_and(rest ->> 'next_cursor' IS NULL), min(jsonb_array_length(rest -> 'results')) > 2
FROM jsonb_array_elements(taskcrm.tc_group_tasks('{"priority": "High"}', 'assigned_to', '{"limit": 2, "ordering": "due_date,-title"}')::jsonb -> 'groups') g,
  LATERAL (SELECT '{"priority": "High", "ordering": "due_date,-title"}'::jsonb || (g -> 'filters') AS f) f,
  LATERAL (SELECT taskcrm.tc_list_tasks(f || '{"limit": 2}')::jsonb AS first, taskcrm.tc_list_tasks(f || '{"limit": 100}')::jsonb AS list,
             taskcrm.tc_list_tasks(f || jsonb_build_object('limit', 100, 'cursor', g -> 'next_cursor'))::jsonb AS rest) l;
-- Options: how many groups, and which; what tasks show, in which order.
SELECT key, label, count FROM board(taskcrm.tc_group_tasks('{}', 'created_by', '{"max_groups": 2}'));
SELECT taskcrm.tc_group_tasks('{}', 'created_by', '{"max_groups": 2}') ->> 'more_groups';
SELECT key, label, count FROM board(taskcrm.tc_group_tasks('{}', 'created_by', '{"max_groups": 2, "skip_groups": 2}'));
SELECT a ->> 'more_groups', a ->> 'count', a ->> 'groups' FROM taskcrm.tc_group_tasks('{}', 'created_by', '{"skip_groups": 20}') a;
SELECT g #>> '{results,0,title}', g #>> '{results,0,expanded,created_by,name}'
FROM json_array_elements(taskcrm.tc_group_tasks('{"ordering": "-title"}', 'created_by', '{"ordering": "title", "limit": 1, "expand": "created_by"}') -> 'groups') g;
SELECT taskcrm.tc_group_tasks('{"limit": 1, "count": "none"}', 'status')::text = taskcrm.tc_group_tasks('{}', 'status', '{"limit": 1}')::text AS same;
-- Errors name what is wrong.
SELECT attempt(format('SELECT taskcrm.tc_group_tasks(%L, %L, %L)', f, by, o)) FROM (VALUES
  ('{}', NULL, NULL), ('{}', 'title', NULL), ('{}', 'due_date', '{}'), ('[]', 'status', NULL), ('{"color": 1}', 'status', NULL),
  ('{"cursor": "start"}', 'status', NULL), ('{"offset": 5}', 'status', NULL), ('{}', 'status', '[]'), ('{}', 'status', '{"color": 1}'),
  ('{}', 'status', '{"limit": -1}'), ('{}', 'status', '{"ordering": "color"}'), ('{}', 'status', '{"expand": "color"}'),
  ('{}', 'created', '{"period": "year"}'), ('{}', 'status', '{"max_groups": 0}'), ('{}', 'status', '{"max_groups": 101}'),
  ('{}', 'status', '{"skip_groups": -1}')) v (f, by, o);
SELECT taskcrm.tc_group_tasks('{}', 'status', '{"max_groups": null, "period": "", "limit": null}')::text = taskcrm.tc_group_tasks('{}', 'status')::text AS same;
-- Each organization has its own groups; a login without a user gets none.
\connect - regress_dan
SELECT min(check_groups(f, by, 'month', '00000001-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000004'))
FROM fragment, unnest(ARRAY['status', 'assigned_to', 'team', 'account', 'contact', 'created_by', 'due', 'created']) by
WHERE fragment.key IN ('title', 'assigned_to', 'account', 'team', 'ids');
SELECT key, label, count FROM board(taskcrm.tc_group_tasks('{}', 'created_by'));
\connect - regress_nobody
SELECT left(attempt($$SELECT taskcrm.tc_group_tasks('{}', 'status')$$), 5);
-- A user who is no longer a member has no name.
\connect - :superuser
DELETE FROM taskcrm.member WHERE org_id = :org AND user_id = id('user', 1);
\connect - regress_bob
SELECT key, label, count FROM board(taskcrm.tc_group_tasks('{}', 'created_by'));
-- Columns of an administrator: an enum and a boolean are closed sets, other values are in their order or
-- by number of tasks.
\connect - :superuser
SET client_min_messages = warning;
CREATE TYPE public.stage AS ENUM ('lead', 'won', 'lost');
ALTER TABLE taskcrm.task ADD COLUMN stage public.stage, ADD COLUMN billable boolean NOT NULL DEFAULT false, ADD COLUMN hours integer, ADD COLUMN note text;
UPDATE taskcrm.task SET stage = CASE WHEN priority = 'High' THEN 'won'::public.stage WHEN priority = 'Low' THEN 'lead' END, billable = status = 'New',
  hours = CASE WHEN status = 'New' THEN 11 WHEN status = 'Completed' THEN 2 END, note = CASE priority WHEN 'High' THEN 'a "note"' WHEN 'Low' THEN repeat('x', 10001) END;
SELECT taskcrm.tc_expose_column('task', c::text) FROM unnest('{stage,billable,hours,note}'::name[]) c;
\connect - regress_bob
SELECT * FROM board(taskcrm.tc_group_tasks('{}', 'stage', '{"limit": 2}'));
SELECT * FROM board(taskcrm.tc_group_tasks('{}', 'billable', '{"limit": 2}'));
SELECT * FROM board(taskcrm.tc_group_tasks('{}', 'hours', '{"limit": 2}'));
SELECT left(key, 10), left(label, 10), count, filters, results FROM board(taskcrm.tc_group_tasks('{}', 'note', '{"limit": 2}'));
SELECT split_part(attempt($$SELECT taskcrm.tc_group_tasks('{}', 'x')$$), 'HINT', 2);

\set ECHO none
\o /dev/null
\connect - :superuser
DROP FUNCTION public.group_oracle(jsonb, text, text, uuid, uuid), public.check_groups(jsonb, text, text, uuid, uuid), public.board(json);
ALTER TABLE taskcrm.task DROP COLUMN stage, DROP COLUMN billable, DROP COLUMN hours, DROP COLUMN note;
DROP TYPE public.stage;
\i :drop_tasks
