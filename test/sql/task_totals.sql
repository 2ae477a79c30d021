-- tc_task_totals(): the numbers of a dashboard, compared with plain SQL over the tasks found by the
-- oracle of the lists.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup
CREATE FUNCTION public.totals_oracle(f jsonb, org uuid, me uuid) RETURNS jsonb
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH t AS (SELECT t.*, EXISTS (SELECT FROM taskcrm.task_assignee l
    WHERE l.org_id = t.org_id AND l.task_id = t.id) AS assigned,
               status <> 'Completed' AS open,
                 (now() AT TIME ZONE coalesce(sent_one(f -> 'time_zone'), 'UTC'))::date AS today
             FROM taskcrm.task t WHERE t.org_id = org AND t.id = ANY (oracle(f, org, me))),
  a AS (SELECT u.id, u.name, u.email, count(*) FROM (SELECT * FROM t WHERE open) t
    JOIN taskcrm.task_assignee l ON l.org_id = t.org_id AND l.task_id = t.id
        JOIN taskcrm.app_user u ON u.id = l.user_id GROUP BY u.id ORDER BY count(*) DESC, u.id LIMIT 10)
  SELECT jsonb_build_object('count', count(*), 'open', count(*) FILTER (WHERE open),
    'overdue', count(*) FILTER (WHERE open AND due_date < today),
    'due_today', count(*) FILTER (WHERE open AND due_date = today),
    'due_this_week', count(*) FILTER (WHERE open AND date_trunc('week', due_date) = date_trunc('week', today)),
    'no_due_date', count(*) FILTER (WHERE open AND due_date IS NULL),
    'unassigned', count(*) FILTER (WHERE open AND NOT assigned),
    'by_status', (SELECT jsonb_object_agg(s, (SELECT count(*) FROM t WHERE status = s))
      FROM unnest(enum_range(NULL::taskcrm.task_status)) s),
    'by_priority', (SELECT jsonb_object_agg(p, (SELECT count(*) FROM t WHERE priority = p))
      FROM unnest(enum_range(NULL::taskcrm.task_priority)) p),
    'by_assignee', (SELECT coalesce(jsonb_agg(to_jsonb(a) ORDER BY count DESC, id), '[]') FROM a)) FROM t
$$;
\set ECHO all
-- Check of the oracle: it returns tasks.
SELECT key, value::integer > 0 FROM jsonb_each(totals_oracle('{}', :org, :me))
  WHERE key NOT LIKE 'by\_%' AND key NOT LIKE 'due%' ORDER BY key;
SELECT bool_or((totals_oracle(jsonb_build_object('time_zone', z), :org, :me) ->> 'due_today')::integer >
  0) AS due_today,
  bool_or((totals_oracle(jsonb_build_object('time_zone', z), :org, :me) ->> 'due_this_week')::integer >
    0) AS due_this_week
FROM unnest(ARRAY['UTC', 'Pacific/Kiritimati', 'Pacific/Pago_Pago']) AS z;
\connect - regress_bob
-- The order of the keys; statuses and priorities are in the order of their labels.
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_task_totals()) WITH ORDINALITY AS k (key, n);
SELECT regexp_replace(taskcrm.tc_task_totals('{"title": "nothing has this"}')::text, '\s', '', 'g');
-- No filters, each filter alone, and pairs.
SELECT taskcrm.tc_task_totals()::jsonb = totals_oracle('{}', :org, :me),
  taskcrm.tc_task_totals(NULL)::jsonb = totals_oracle('{}', :org, :me);
SELECT count(*) > 100 AS many,
  min(f::text) FILTER (WHERE taskcrm.tc_task_totals(f)::jsonb <> totals_oracle(f, :org, :me)) AS wrong FROM fragment;
SELECT count(*) > 300 AS many,
  min(f::text) FILTER (WHERE taskcrm.tc_task_totals(f)::jsonb <> totals_oracle(f, :org, :me)) AS wrong
FROM (SELECT a.f || b.f AS f FROM fragment a JOIN fragment b ON a.key < b.key AND (a.n * 31 + b.n * 17) % 13 = 0) AS p;
-- Paging and ordering do not change the totals.
SELECT count(DISTINCT taskcrm.tc_task_totals('{"status": "New"}'::jsonb || f)::text)
FROM unnest(ARRAY['{}', '{"limit": 3, "offset": 3}', '{"cursor": "start"}',
  '{"ordering": "title", "count": "none"}']::jsonb[]) AS f;
-- Beside the page of a list, and in the link to the next one.
SELECT count(*) > 100 AS many, min(f::text) FILTER (WHERE (taskcrm.tc_list_tasks(f || '{"totals": true}') -> 'totals')::jsonb
  IS DISTINCT FROM taskcrm.tc_task_totals(f)::jsonb) AS wrong FROM fragment;
SELECT string_agg(key, ' ' ORDER BY n) FROM json_object_keys(taskcrm.tc_list_tasks('{"totals": true, "cursor": "start"}')) WITH ORDINALITY AS k (key, n);
SELECT taskcrm.tc_list_tasks('{"status": "open", "totals": true, "limit": 1}') ->> 'next', taskcrm.tc_list_tasks('{"totals": false}')::jsonb ? 'totals';
SELECT attempt($$SELECT taskcrm.tc_list_tasks('{"totals": "some"}')$$) LIKE '22023: invalid value for filter "totals"%';
SELECT attempt($$SELECT taskcrm.tc_task_totals('{"colour": "red"}')$$) LIKE '22023: unknown filter "colour"%';
-- Each organization has its own totals; a login without a user gets none.
\connect - regress_dan
SELECT min(f::text) FILTER (WHERE taskcrm.tc_task_totals(f)::jsonb <>
  totals_oracle(f, '00000001-0000-7000-8000-000000000002', '00000002-0000-7000-8000-000000000004')) AS wrong
FROM fragment;
\connect - regress_nobody
SELECT left(attempt('SELECT taskcrm.tc_task_totals()'), 5);

\set ECHO none
\i :drop_tasks
