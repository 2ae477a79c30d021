\set ECHO none
-- For trees of conditions, after tasks.sql: columns that an administrator added, comments and
-- files, an oracle that writes a tree as plain SQL with two-valued logic, and random trees.
SET client_min_messages = warning;
\o /dev/null

CREATE TYPE public.stage AS ENUM ('idea', 'plan', 'done');
ALTER TABLE taskcrm.task ADD COLUMN effort integer, ADD COLUMN stage public.stage, ADD COLUMN starts_at timestamptz,
  ADD COLUMN note text, ADD COLUMN billable boolean;
-- Without triggers, so that the other columns stay as they are.
SET session_replication_role = replica;
UPDATE taskcrm.task t SET effort = nullif(i % 7, 3), stage = (enum_range(NULL::public.stage))[nullif(1 + i % 4, 4)],
  starts_at = CASE WHEN i % 3 > 0 THEN now() + (i % 23 - 11) * interval '7 hours' END,
  note = CASE i % 3 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'Note ' || i % 9 END, billable = nullif(i % 3, 0) = 1
FROM (SELECT k.id, right(k.id::text, 4)::integer AS i FROM taskcrm.task k) n WHERE n.id = t.id;
UPDATE taskcrm.task SET updated_on = now() - right(id::text, 2)::integer * interval '11 hours' WHERE right(id::text, 1) = '7';
RESET session_replication_role;
SELECT taskcrm.tc_expose_column('task', c) FROM unnest('{effort,stage,starts_at,note,billable}'::name[]) c;
INSERT INTO taskcrm.task_comment (org_id, task_id, comment, commented_on, commented_by)
  SELECT t.org_id, t.id, (ARRAY['Call @bob', 'see @ada and @bob', 'Done', 'CALL again'])[1 + i % 4], t.created_on, NULL
  FROM taskcrm.task t, LATERAL (SELECT right(t.id::text, 4)::integer AS i) n WHERE i >= 1000 AND i % 5 < 2;
INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id)
  SELECT c.org_id, c.id, public.id('user', u) FROM taskcrm.task_comment c, generate_series(1, 3) u
  WHERE c.org_id = public.id('org', 1) AND (u = 1 AND c.comment LIKE '%@ada%' OR u = 2 AND c.comment LIKE '%@bob%')
  ON CONFLICT DO NOTHING;
INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, url, created_on, created_by)
  SELECT t.org_id, t.id, 'a.txt', 'https://example.test/', t.created_on, NULL
  FROM taskcrm.task t, LATERAL (SELECT right(t.id::text, 4)::integer AS i) n WHERE i >= 1000 AND i % 8 = 0;
ANALYZE;

-- The day or instant that a text means.
CREATE FUNCTION public.tree_duration(v text, start timestamp) RETURNS timestamp LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN v LIKE '-%' THEN start - substr(v, 2)::interval ELSE start + ltrim(v, '+')::interval END
$$;
CREATE FUNCTION public.tree_day(v text, zone text) RETURNS date LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN v = 'today' THEN (now() AT TIME ZONE zone)::date
    WHEN v ~ 'P' THEN public.tree_duration(v, (now() AT TIME ZONE zone)::date)::date ELSE v::date END
$$;
CREATE FUNCTION public.tree_instant(v text, zone text, later integer) RETURNS timestamptz LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN v ~ '^[-+]?P' THEN public.tree_duration(v, now() AT TIME ZONE zone) AT TIME ZONE zone
    WHEN v = 'today' OR length(v) = 10 THEN (public.tree_day(v, zone) + later)::timestamp AT TIME ZONE zone
    ELSE v::timestamptz END
$$;

-- A comparison of a column with one value, as SQL that may be NULL.
CREATE FUNCTION public.tree_compare(col text, kind text, op text, v text, me uuid, zone text) RETURNS text
  LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN v = '@nobody' THEN format('%s IS NULL', col)
    WHEN kind = 'instant' THEN CASE op
      WHEN 'eq' THEN format('(%1$s >= %2$L AND (%1$s < %3$L OR %1$s = %2$L))', col, public.tree_instant(v, zone, 0), public.tree_instant(v, zone, 1))
      WHEN 'lt' THEN format('%s < %L', col, public.tree_instant(v, zone, 0))
      WHEN 'gte' THEN format('%s >= %L', col, public.tree_instant(v, zone, 0))
      WHEN 'lte' THEN format('(%1$s < %2$L OR %1$s = %3$L)', col, public.tree_instant(v, zone, 1), public.tree_instant(v, zone, 0))
      ELSE format('(%1$s >= %2$L AND %1$s <> %3$L)', col, public.tree_instant(v, zone, 1), public.tree_instant(v, zone, 0)) END
    ELSE format('%s %s %L', col, CASE op WHEN 'eq' THEN '=' WHEN 'lt' THEN '<' WHEN 'lte' THEN '<=' WHEN 'gt' THEN '>' ELSE '>=' END,
                CASE WHEN v = '@me' THEN me::text WHEN kind = 'date' THEN public.tree_day(v, zone)::text WHEN kind = 'label' THEN initcap(v) ELSE v END) END
$$;

-- What a comparator says about accents.
CREATE FUNCTION public.tree_letters(op text) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$ SELECT jsonb_build_object('accents', op = 'contains') $$;

-- A condition on what is linked.
CREATE FUNCTION public.tree_links(name text, op text, v jsonb, org uuid, me uuid) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  source text := CASE rtrim(name, 's')
    WHEN 'assigned_to' THEN format('SELECT l.user_id FROM taskcrm.task_assignee l WHERE l.org_id = %L AND l.task_id = t.id', org)
    WHEN 'contact' THEN format('SELECT l.contact_id FROM taskcrm.task_contact l WHERE l.org_id = %L AND l.task_id = t.id', org)
    WHEN 'team' THEN format('SELECT l.team_id FROM taskcrm.task_team l WHERE l.org_id = %L AND l.task_id = t.id', org)
    WHEN 'mentioned' THEN format('SELECT m.user_id FROM taskcrm.task_comment c, taskcrm.task_mention m WHERE c.org_id = %1$L AND m.org_id = %1$L AND c.id = m.comment_id AND c.task_id = t.id', org)
    WHEN 'comment' THEN format('SELECT c.id FROM taskcrm.task_comment c WHERE c.org_id = %L AND c.task_id = t.id', org)
    ELSE format('SELECT a.id FROM taskcrm.task_attachment a WHERE a.org_id = %L AND a.task_id = t.id', org) END;
  ids text[] := array_replace(public.sent(v), '@me', me::text);
BEGIN
  IF op = 'empty' THEN
    RETURN format('((SELECT count(*) FROM (%s) s) = 0) = %L', source, v #>> '{}');
  ELSIF op LIKE 'contains%' THEN
    RETURN format('EXISTS (SELECT FROM taskcrm.task_comment c WHERE c.org_id = %L AND c.task_id = t.id AND position(public.letters(%L, %3$L) IN public.letters(c.comment, %3$L)) > 0)',
      org, v #>> '{}', public.tree_letters(op));
  END IF;
  ids := array_remove(ids, '@my_teams') || CASE WHEN '@my_teams' = ANY (ids) THEN
    ARRAY(SELECT m.team_id::text FROM taskcrm.team_member m WHERE m.org_id = org AND m.user_id = me) ELSE '{}' END;
  IF op = 'all' THEN
    RETURN format('ARRAY(%s) @> %L::uuid[]', source, ids);
  END IF;
  RETURN format('(ARRAY(%s) && %L::uuid[]%s) = %L', source, array_remove(ids, '@nobody'),
    CASE WHEN '@nobody' = ANY (ids) THEN format(' OR NOT EXISTS (%s)', source) END, op = 'any');
END
$$;

-- One comparison, as SQL that is true or false.
CREATE FUNCTION public.tree_leaf(name text, op text, v jsonb, org uuid, me uuid, zone text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  col text := 't.' || CASE WHEN name = 'account' THEN 'account_id' WHEN name = 'title' THEN 'title COLLATE "C"' ELSE name END;
  kind text := CASE WHEN name = 'due_date' THEN 'date' WHEN name IN ('created_on', 'updated_on', 'completed_on', 'starts_at') THEN 'instant' WHEN name IN ('status', 'priority') THEN 'label' END;
  labels text := CASE name WHEN 'status' THEN '{New,In Progress,Completed}' WHEN 'priority' THEN '{Low,Normal,High,Urgent}' END;
BEGIN
  IF name = 'search' THEN
    RETURN format('coalesce(position(public.letters(%1$L, %2$L) IN public.letters(t.title, %2$L)) > 0 OR position(public.letters(%1$L, %2$L) IN public.letters(t.description, %2$L)) > 0, false)',
      v #>> '{}', public.tree_letters(op));
  ELSIF name IN ('assigned_to', 'contact', 'contacts', 'team', 'teams', 'mentioned', 'comment', 'attachments') THEN
    RETURN public.tree_links(name, op, v, org, me);
  ELSIF op = 'null' THEN
    RETURN format('(%s IS NULL) = %L', col, v #>> '{}');
  ELSIF op = 'contains' AND labels IS NOT NULL THEN
    RETURN format('public.means(ARRAY[%L], %s::text, %L)', v #>> '{}', col, labels);
  ELSIF op LIKE 'contains%' THEN
    RETURN format('coalesce(position(public.letters(%L, %3$L) IN public.letters(%2$s, %3$L)) > 0, false)', v #>> '{}', col, public.tree_letters(op));
  ELSIF op IN ('ne', 'not_in') THEN
    RETURN 'NOT ' || public.tree_leaf(name, CASE op WHEN 'ne' THEN 'eq' ELSE 'in' END, v, org, me, zone);
  END IF;
  RETURN format('coalesce((%s), false)',
    (SELECT string_agg(public.tree_compare(col, kind, CASE op WHEN 'in' THEN 'eq' ELSE op END, x, me, zone), ' OR ') FROM unnest(public.sent(v)) x));
END
$$;
CREATE FUNCTION public.tree_sql(node jsonb, org uuid, me uuid, zone text) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT '(' || string_agg(CASE
    WHEN k = 'not' THEN 'NOT ' || public.tree_sql(v, org, me, zone)
    WHEN k IN ('and', 'or') THEN '(' || (SELECT string_agg(public.tree_sql(e, org, me, zone), ' ' || k || ' ') FROM jsonb_array_elements(v) e) || ')'
    ELSE (SELECT string_agg(public.tree_leaf(k, op, value, org, me, zone), ' AND ') FROM jsonb_each(v) c (op, value)) END, ' AND ') || ')'
  FROM jsonb_each(node) m (k, v)
$$;
CREATE FUNCTION public.tree_oracle(node jsonb, org uuid, me uuid, zone text) RETURNS uuid[]
  LANGUAGE plpgsql STABLE SECURITY DEFINER
  SET search_path = public, pg_temp SET "DateStyle" = 'ISO' SET timezone = 'UTC' AS $$
DECLARE
  result uuid[];
BEGIN
  EXECUTE format('SELECT ARRAY(SELECT t.id FROM taskcrm.task t WHERE t.org_id = %L AND %s ORDER BY t.created_on, t.id)',
                 org, tree_sql(node, org, me, zone)) INTO result;
  RETURN result;
END
$$;

-- Random trees.
CREATE FUNCTION public.pick(VARIADIC choices text[]) RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT choices[1 + floor(random() * cardinality(choices))::integer]
$$;
CREATE FUNCTION public.tree_value(name text) RETURNS jsonb LANGUAGE sql VOLATILE AS $$
  SELECT to_jsonb(CASE
    WHEN name IN ('assigned_to', 'created_by', 'completed_by', 'mentioned')
      THEN pick('@me', id('user', 1)::text, id('user', 2)::text, id('user', 3)::text, id('user', 4)::text, CASE WHEN name = 'mentioned' THEN '@me' ELSE '@nobody' END)
    WHEN name = 'account' THEN id('account', pick('1', '2', '9')::integer)::text
    WHEN name ~ 'contact' THEN id('contact', 1 + floor(random() * 5)::integer)::text
    WHEN name ~ 'team' THEN pick(id('team', 1)::text, id('team', 2)::text, '@my_teams', id('team', 9)::text)
    WHEN name = 'id' THEN id('task', pick('1', '2', '9', '1007', '1014', '1100', '2003')::integer)::text
    WHEN name = 'status' THEN pick('New', 'in progress', 'Completed')
    WHEN name = 'priority' THEN pick('Low', 'Normal', 'high', 'URGENT')
    WHEN name = 'title' THEN pick('Call 11', 'task 5', 'a_b', 'İstanbul', '%', 'Task')
    WHEN name = 'due_date' THEN pick('today', 'P3D', '-P1W', 'P0D', 'P1M', '-P1M2D', to_char(now(), 'YYYY-MM-DD'))
    WHEN name = 'starts_at' THEN pick('today', '-PT20H', 'P1D', '-P1DT1H30M', to_char(now() - interval '1 day', 'YYYY-MM-DD'))
    WHEN name = 'updated_on' THEN pick('today', '-P14D', '2023-05-01', '-PT100H', '-P3M', '2023-05-20T00:00:00Z')
    WHEN name ~ '_on$' THEN pick('2023-03-26', '2023-03-27', '2023-03-26T01:02:00Z', '2023-03-26T06:31:00.000001+02:00', '2023-03-28T12:00:00Z')
    WHEN name = 'stage' THEN pick('idea', 'plan', 'done')
    WHEN name = 'note' THEN pick('Note 2', 'Note 5', 'Note 8')
    WHEN name = 'billable' THEN pick('true', 'false')
    ELSE floor(random() * 8)::text END)
$$;
CREATE FUNCTION public.random_leaf() RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  name text := pick('id', 'title', 'status', 'priority', 'due_date', 'account', 'created_on', 'created_by', 'updated_on', 'completed_on', 'completed_by',
    'description', 'version', 'effort', 'stage', 'starts_at', 'note', 'billable', 'assigned_to', 'assigned_to', 'contact', 'contacts', 'team', 'teams',
    'search', 'comment', 'mentioned', 'attachments');
  op text := CASE
    WHEN name = 'search' THEN pick('contains', 'contains_unaccented') WHEN name = 'attachments' THEN 'empty' WHEN name = 'comment' THEN pick('contains', 'contains_unaccented', 'empty')
    WHEN name ~ 'assigned_to|contact|team|mentioned' THEN pick('any', 'all', 'none', 'any', 'none', 'empty')
    WHEN name = 'description' THEN pick('contains', 'contains_unaccented', 'null')
    WHEN name = 'title' THEN pick('eq', 'ne', 'in', 'not_in', 'lt', 'lte', 'gt', 'gte', 'contains', 'contains_unaccented', 'null')
    WHEN name IN ('status', 'priority') THEN pick('eq', 'ne', 'in', 'not_in', 'lt', 'lte', 'gt', 'gte', 'contains', 'null')
    WHEN name = 'note' THEN pick('eq', 'ne', 'in', 'not_in', 'contains', 'contains_unaccented', 'null')
    WHEN name IN ('due_date', 'created_on', 'updated_on', 'completed_on', 'starts_at', 'effort', 'version')
      THEN pick('eq', 'ne', 'in', 'not_in', 'lt', 'lte', 'gt', 'gte', 'null')
    ELSE pick('eq', 'ne', 'in', 'not_in', 'null') END;
  value jsonb := CASE
    WHEN op IN ('null', 'empty') THEN to_jsonb(random() < 0.5)
    WHEN op LIKE 'contains%' THEN to_jsonb(pick(VARIADIC CASE name WHEN 'status' THEN '{e,prog,New}'::text[] WHEN 'priority' THEN '{n,URG,low}'::text[]
      WHEN 'note' THEN '{note,5}'::text[] WHEN 'comment' THEN '{call,@ada,nothing}'::text[] ELSE '{call,σ,50%,task,ß,ss,arger,about,nothing}'::text[] END))
    WHEN op IN ('in', 'not_in', 'any', 'all', 'none') THEN (SELECT jsonb_agg(public.tree_value(name)) FROM generate_series(0, floor(random() * 3)::integer))
    ELSE public.tree_value(name) END;
BEGIN
  IF op = 'all' AND value @> '["@nobody"]' THEN
    op := 'any';
  END IF;
  RETURN jsonb_build_object(name, jsonb_build_object(op, value));
END
$$;
CREATE FUNCTION public.random_tree(depth integer) RETURNS jsonb LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  shape double precision := CASE WHEN depth = 0 THEN 0 ELSE random() END;
BEGIN
  IF shape < 0.3 THEN
    RETURN public.random_leaf();
  ELSIF shape < 0.4 THEN
    RETURN public.random_leaf() || public.random_leaf();
  ELSIF shape < 0.55 THEN
    RETURN jsonb_build_object('not', public.random_tree(depth - 1));
  END IF;
  RETURN jsonb_build_object(CASE WHEN shape < 0.75 THEN 'and' ELSE 'or' END,
    (SELECT jsonb_agg(public.random_tree(depth - 1)) FROM generate_series(0, 1 + floor(random() * 2)::integer)));
END
$$;

-- Compares the lists, counts and totals of random trees with the oracle, as the current user.
CREATE FUNCTION public.try_trees(org uuid, me uuid, seed double precision, trees integer, OUT partly integer, OUT wrong integer, OUT difference text)
  LANGUAGE plpgsql VOLATILE AS $$
DECLARE
  tree jsonb;
  f jsonb;
  zone text;
  wanted uuid[];
  found uuid[];
BEGIN
  partly := 0;
  wrong := 0;
  PERFORM setseed(seed);
  FOR i IN 1 .. trees LOOP
    tree := public.random_tree(4);
    zone := pick('UTC', 'Europe/Berlin', 'Pacific/Kiritimati');
    f := jsonb_build_object('where', tree, 'time_zone', zone, 'ordering', 'created_on', 'limit', 1000);
    wanted := public.tree_oracle(tree, org, me, zone);
    found := ARRAY(SELECT taskcrm.tc_find_task_ids(f));
    partly := partly + (cardinality(wanted) BETWEEN 1 AND 241)::integer;
    IF found <> wanted OR i % 3 = 0 AND (taskcrm.tc_list_tasks(f || '{"limit": 0}') ->> 'count')::integer <> cardinality(wanted)
       OR i % 5 = 0 AND (taskcrm.tc_task_totals(f) ->> 'count')::integer <> cardinality(wanted) THEN
      wrong := wrong + 1;
      difference := coalesce(difference, format('%s in %s: %s for %s', tree, zone, cardinality(found), cardinality(wanted)));
    END IF;
  END LOOP;
END
$$;

-- A filter of lists, as a tree; NULL for one that restricts nothing.
CREATE FUNCTION public.as_tree(key text, v jsonb) RETURNS jsonb LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN public.sent(v) IS NULL THEN NULL
    WHEN key IN ('title', 'search') THEN jsonb_build_object(key, jsonb_build_object('contains', v))
    WHEN key IN ('status', 'priority') THEN (SELECT jsonb_build_object('or', jsonb_agg(jsonb_build_object(key,
      CASE public.fold(x) WHEN 'open' THEN '{"ne": "Completed"}'::jsonb ELSE jsonb_build_object('contains', x) END))) FROM unnest(public.sent(v)) x)
    WHEN key IN ('assigned_to', 'contact', 'team') THEN jsonb_build_object(key, jsonb_build_object('any', v))
    WHEN key IN ('account', 'created_by', 'completed_by') THEN jsonb_build_object(key, jsonb_build_object('in', to_jsonb(public.sent(v))))
    WHEN key = 'ids' THEN jsonb_build_object('id', jsonb_build_object('in', to_jsonb(public.sent(v))))
    WHEN key = 'due_date' THEN jsonb_build_object(key, jsonb_build_object('eq', v))
    WHEN key ~ '__' THEN jsonb_build_object(split_part(key, '__', 1), jsonb_build_object(split_part(key, '__', 2), v))
    WHEN key = 'no_due_date' THEN jsonb_build_object('due_date', jsonb_build_object('null', v))
    WHEN key = 'unassigned' THEN jsonb_build_object('assigned_to', jsonb_build_object('empty', v))
    WHEN key = 'overdue' AND public.fold(v #>> '{}') = 'true' THEN '{"due_date": {"lt": "today"}, "status": {"ne": "Completed"}}'
    WHEN key = 'overdue' THEN '{"not": {"due_date": {"lt": "today"}, "status": {"ne": "Completed"}}}' END
$$;

RESET client_min_messages;
\o
\set ECHO all
