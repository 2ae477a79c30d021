\set ECHO none
-- Test data for lists: 240 tasks in the first organization and 60 in the second, with missing
-- optional values and with ties in every column used for ordering. Also an oracle: plain SQL, run
-- as a superuser, that computes the expected list from the documented filters.
SET client_min_messages = warning;
\o /dev/null

INSERT INTO taskcrm.contact (org_id, id, first_name) SELECT id('org', 1), id('contact', n), 'Contact ' || n FROM generate_series(3, 5) n;

CREATE FUNCTION public.make_tasks(org integer, tasks integer, first_task integer, title_prefix text) RETURNS void
  LANGUAGE sql AS $$
  INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id, created_on, created_by, updated_on,
    completed_on, completed_by)
  SELECT id('org', org), id('task', first_task + i),
    title_prefix || (ARRAY['Task', 'task', 'Call', '100% done', '100 done', 'a_b', 'aXb', 'back\slash', 'back/slash',
      'Straße', 'STRASSE', 'STRAẞE', 'İstanbul', 'ISTANBUL', 'istanbul', 'ılık', 'ΣΊΣΥΦΟΣ', 'σίσυφος', 'Привет МИР',
      'ПРИВЕТ', 'Ärger', 'ärger', 'Ångström', '%', '_', '日本語', 'quote '' and "', 'e' || U&'\0301', 'é', '𐐀𐐁'])[1 + i % 30]
      || CASE WHEN i % 4 = 0 THEN '' ELSE ' ' || (i % 50) END,
    CASE i % 5 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'About ' || (ARRAY['Σ', 'call', 'МИР', '50%'])[1 + i % 4] END,
    (enum_range(NULL::taskcrm.task_status))[1 + i % 3], (enum_range(NULL::taskcrm.task_priority))[1 + (i / 3) % 4],
    CASE WHEN i % 6 > 0 THEN (now() AT TIME ZONE 'UTC')::date + i % 31 - 15 END,
    CASE WHEN org = 1 AND i % 4 > 0 THEN id('account', 1 + i % 2) END,
    '2023-03-25 20:00:00+00'::timestamptz + (i / 3) * interval '47 minutes' + CASE WHEN i % 2 = 0 THEN interval '0' ELSE interval '1 microsecond' END,
    CASE i % 3 WHEN 0 THEN NULL ELSE id('user', i % 3 + CASE org WHEN 1 THEN 0 ELSE 2 END) END,
    '2023-06-01 00:00:00+00'::timestamptz - (i % 37) * interval '3 days',
    CASE WHEN i % 3 = 2 THEN '2023-03-26 00:00:00+00'::timestamptz + (i % 11) * interval '5 hours' END,
    CASE WHEN i % 3 = 2 AND i % 4 > 0 THEN id('user', 1 + i % 2 + CASE org WHEN 1 THEN 0 ELSE 2 END) END
  FROM generate_series(1, tasks) AS i
$$;
SELECT make_tasks(1, 240, 1000, ''), make_tasks(2, 60, 2000, 'CANARY ');

INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
SELECT t.org_id, t.id, u.id, t.created_on FROM taskcrm.task t, LATERAL (SELECT right(t.id::text, 4)::integer AS i) AS n,
  LATERAL (SELECT id('user', u) AS id, u FROM generate_series(1, 3) AS u) AS u
WHERE t.org_id = id('org', 1) AND i >= 1000 AND i % (u.u + 1) = 0;
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
SELECT t.org_id, t.id, c.id, t.created_on FROM taskcrm.task t, LATERAL (SELECT right(t.id::text, 4)::integer AS i) AS n,
  LATERAL (SELECT id('contact', c) AS id, c FROM generate_series(1, 5) AS c) AS c
WHERE t.org_id = id('org', 1) AND i >= 1000 AND (i + c.c) % 6 = 0;
INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
SELECT t.org_id, t.id, id('team', 1 + i % 2), t.created_on FROM taskcrm.task t, LATERAL (SELECT right(t.id::text, 4)::integer AS i) AS n
WHERE t.org_id = id('org', 1) AND i >= 1000 AND i % 7 > 2;
ANALYZE;

-- The values given for a filter; NULL if there are none.
CREATE FUNCTION public.sent(value jsonb) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN value IS NULL OR value IN ('null', '""') THEN NULL
    WHEN jsonb_typeof(value) = 'array' THEN ARRAY(SELECT jsonb_array_elements_text(value))
    ELSE ARRAY[value #>> '{}'] END
$$;
CREATE FUNCTION public.sent_one(value jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT (public.sent(value))[1] $$;

-- Folds case independently of the locale, for the letters used here.
CREATE FUNCTION public.fold(value text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT translate(value, 'ABCDEFGHIJKLMNOPQRSTUVWXYZÄÅÉẞΣςΊΥΦΟПРИВЕТМ𐐀𐐁', 'abcdefghijklmnopqrstuvwxyzäåéßσσίυφοприветм𐐨𐐩')
$$;
-- As searches compare letters: without case, and without accents if f says so.
CREATE FUNCTION public.letters(value text, f jsonb) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN public.fold(f ->> 'accents') = 'false'
    THEN replace(translate(public.fold(regexp_replace(normalize(public.fold(value), NFD), E'[\u0300-\u036F]', '', 'g')), 'ı', 'i'), 'ß', 'ss')
    ELSE public.fold(value) END
$$;
CREATE FUNCTION public.means(wanted text[], label text, labels text[]) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT bool_or(public.fold(w) = public.fold(label) OR NOT public.fold(w) = ANY (public.fold(labels::text)::text[]) AND position(public.fold(w) IN public.fold(label)) > 0)
  FROM unnest(wanted) AS w
$$;

-- The sort keys of a list, including the tiebreakers that follow the last key.
CREATE FUNCTION public.order_by(ordering text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT concat_ws(', ', string_agg(format('%I %s %s', ltrim(k, '-'), CASE WHEN k ~ 'title' THEN 'COLLATE "C"' END, direction), ', ' ORDER BY n),
    CASE WHEN (array_agg(k ORDER BY n DESC))[1] ~ 'status|priority|due_date|completed_on' THEN 'created_on ' || (array_agg(direction ORDER BY n DESC))[1] END,
    'id ' || (array_agg(direction ORDER BY n DESC))[1])
  FROM string_to_table(ordering, ',') WITH ORDINALITY AS l (k, n), LATERAL (SELECT CASE WHEN k LIKE '-%' THEN 'DESC' ELSE 'ASC' END AS direction) AS d
$$;

CREATE FUNCTION public.oracle(f jsonb, org uuid, me uuid) RETURNS uuid[]
  LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = public, pg_temp SET row_security = on AS $$
DECLARE
  zone text := coalesce(sent_one(f -> 'time_zone'), 'UTC');
  today date := (now() AT TIME ZONE zone)::date;
  ordering text := coalesce(sent_one(f -> 'ordering'), '-created_on');
  gte text := sent_one(f -> 'created_on__gte');
  lte text := sent_one(f -> 'created_on__lte');
  updated_gte text := sent_one(f -> 'updated_on__gte');
  updated_lte text := sent_one(f -> 'updated_on__lte');
  completed_gte text := sent_one(f -> 'completed_on__gte');
  completed_lte text := sent_one(f -> 'completed_on__lte');
  day constant text := '^[0-9]{4}-[0-9][0-9]-[0-9][0-9]$';
  result uuid[];
BEGIN
  EXECUTE format('SELECT ARRAY(SELECT id FROM unnest($1) AS t ORDER BY %s)', order_by(ordering))
  INTO result
  USING ARRAY(
    SELECT t FROM taskcrm.task t WHERE t.org_id = org
    AND (sent_one(f -> 'title') IS NULL OR position(letters(sent_one(f -> 'title'), f) IN letters(title, f)) > 0)
    AND (sent_one(f -> 'search') IS NULL OR position(letters(sent_one(f -> 'search'), f) IN letters(title, f)) > 0
         OR coalesce(position(letters(sent_one(f -> 'search'), f) IN letters(description, f)) > 0, false))
    AND (sent(f -> 'status') IS NULL OR means(sent(f -> 'status'), status::text, '{New,In Progress,Completed}')
      OR fold('open') = ANY (fold(sent(f -> 'status')::text)::text[]) AND status <> 'Completed')
    AND (sent(f -> 'priority') IS NULL OR means(sent(f -> 'priority'), priority::text, '{Low,Normal,High,Urgent}'))
    AND (sent(f -> 'account') IS NULL OR coalesce(account_id::text = ANY (fold(sent(f -> 'account')::text)::text[]), false))
    AND (sent(f -> 'created_by') IS NULL
         OR coalesce(created_by::text = ANY (array_replace(sent(f -> 'created_by'), '@me', me::text)), false))
    AND (sent(f -> 'assigned_to') IS NULL OR EXISTS (SELECT FROM taskcrm.task_assignee l WHERE l.org_id = org AND l.task_id = t.id
         AND l.user_id::text = ANY (array_replace(sent(f -> 'assigned_to'), '@me', me::text))))
    AND (sent(f -> 'contact') IS NULL OR EXISTS (SELECT FROM taskcrm.task_contact l WHERE l.org_id = org AND l.task_id = t.id
         AND l.contact_id::text = ANY (sent(f -> 'contact'))))
    AND (sent(f -> 'team') IS NULL OR EXISTS (SELECT FROM taskcrm.task_team l WHERE l.org_id = org AND l.task_id = t.id
         AND l.team_id::text = ANY (sent(f -> 'team'))))
    AND (sent_one(f -> 'due_date') IS NULL OR coalesce(due_date = sent_one(f -> 'due_date')::date, false))
    AND (sent_one(f -> 'due_date__gte') IS NULL OR coalesce(due_date >= sent_one(f -> 'due_date__gte')::date, false))
    AND (sent_one(f -> 'due_date__lte') IS NULL OR coalesce(due_date <= sent_one(f -> 'due_date__lte')::date, false))
    AND (gte IS NULL OR created_on >= CASE WHEN gte ~ day THEN gte::timestamp AT TIME ZONE zone ELSE gte::timestamptz END)
    AND (lte IS NULL OR CASE WHEN lte ~ day THEN created_on < (lte::timestamp + interval '1 day') AT TIME ZONE zone
                             ELSE created_on <= lte::timestamptz END)
    AND (updated_gte IS NULL OR updated_on >= CASE WHEN updated_gte ~ day THEN updated_gte::timestamp AT TIME ZONE zone ELSE updated_gte::timestamptz END)
    AND (updated_lte IS NULL OR CASE WHEN updated_lte ~ day THEN updated_on < (updated_lte::timestamp + interval '1 day') AT TIME ZONE zone
                             ELSE updated_on <= updated_lte::timestamptz END)
    AND (sent(f -> 'completed_by') IS NULL
         OR coalesce(completed_by::text = ANY (array_replace(sent(f -> 'completed_by'), '@me', me::text)), false))
    AND (completed_gte IS NULL OR coalesce(completed_on >= CASE WHEN completed_gte ~ day THEN completed_gte::timestamp AT TIME ZONE zone
                                                                ELSE completed_gte::timestamptz END, false))
    AND (completed_lte IS NULL OR coalesce(CASE WHEN completed_lte ~ day THEN completed_on < (completed_lte::timestamp + interval '1 day') AT TIME ZONE zone
                                                ELSE completed_on <= completed_lte::timestamptz END, false))
    AND (sent(f -> 'ids') IS NULL OR id::text = ANY (sent(f -> 'ids')))
    AND (sent_one(f -> 'no_due_date') IS NULL OR fold(sent_one(f -> 'no_due_date'))::boolean = (due_date IS NULL))
    AND (sent_one(f -> 'unassigned') IS NULL OR fold(sent_one(f -> 'unassigned'))::boolean
         = (NOT EXISTS (SELECT FROM taskcrm.task_assignee l WHERE l.org_id = org AND l.task_id = t.id)))
    AND (sent_one(f -> 'overdue') IS NULL
         OR fold(sent_one(f -> 'overdue'))::boolean = coalesce(due_date < today AND status <> 'Completed', false)));
  RETURN result;
END
$$;

-- Compares the three list functions with the oracle as the current user. Returns NULL if they
-- agree, else the difference.
CREATE FUNCTION public.check_list(f jsonb, org uuid, me uuid) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer json := taskcrm.tc_list_tasks(f);
  ids uuid[] := ARRAY(SELECT (value ->> 'id')::uuid FROM json_array_elements(answer -> 'results') WITH ORDINALITY AS r (value, n) ORDER BY n);
  wanted uuid[] := public.oracle(f, org, me);
  total integer := cardinality(wanted);
  size integer := coalesce(public.sent_one(f -> 'limit')::integer, 10);
  start integer := coalesce(public.sent_one(f -> 'offset')::integer, 0);
  page uuid[] := coalesce(wanted[start + 1 : start + size], '{}');
  -- Rows and ids come all, unless a limit is sent.
  rows uuid[] := CASE WHEN public.sent_one(f -> 'limit') IS NULL THEN coalesce(wanted[start + 1 :], '{}') ELSE page END;
BEGIN
  RETURN nullif(concat_ws(', ',
    CASE WHEN ids <> page THEN format('listed %s for %s', ids, page) END,
    CASE WHEN (answer ->> 'count') IS DISTINCT FROM CASE WHEN public.sent_one(f -> 'count') = 'none' THEN NULL ELSE total::text END
      THEN format('counted %s for %s', answer ->> 'count', total) END,
    CASE WHEN (answer ->> 'next' IS NOT NULL) <> (size > 0 AND start + size < total) THEN 'next ' || (answer ->> 'next') END,
    CASE WHEN (answer ->> 'previous' IS NOT NULL) <> (size > 0 AND start > 0) THEN 'previous ' || (answer ->> 'previous') END,
    CASE WHEN ARRAY(SELECT taskcrm.tc_find_task_ids(f)) <> rows THEN 'tc_find_task_ids differs' END,
    CASE WHEN ARRAY(SELECT id FROM taskcrm.tc_find_tasks(f)) <> rows THEN 'tc_find_tasks differs' END), '');
END
$$;

-- A few filters for each key.
CREATE TABLE public.fragment (n serial, key text, f jsonb);
INSERT INTO public.fragment (key, f) SELECT (SELECT jsonb_object_keys(v)), v FROM unnest(ARRAY[
  '{"title": "task"}', '{"title": "TASK 1"}', '{"title": "%"}', '{"title": "_"}', '{"title": "\\"}', '{"title": "a_b"}', '{"title": "100%"}',
  '{"title": "straße"}', '{"title": "strasse"}', '{"title": "ß"}', '{"title": "ss"}', '{"title": "İ"}', '{"title": "istanbul"}', '{"title": "ı"}', '{"title": "I"}',
  '{"title": "σίσυφος"}', '{"title": "ΣΊΣΥΦΟσ"}', '{"title": "привет"}', '{"title": "МИР"}', '{"title": "ÄRGER"}', '{"title": "本"}', '{"title": "''"}', '{"title": "\""}',
  '{"title": "é"}', '{"title": "É"}', '{"title": "𐐨"}', '{"title": " "}', '{"title": "nothing has this"}', '{"title": ""}', '{"title": null}',
  '{"search": "call"}', '{"search": "σ"}', '{"search": "50%"}', '{"search": "мир"}', '{"search": "about"}', '{"search": ""}',
  '{"status": "New"}', '{"status": "in progress"}', '{"status": "prog"}', '{"status": "e"}', '{"status": ["New", "completed"]}', '{"status": ["e", "o"]}', '{"status": ""}',
  '{"status": "open"}', '{"status": "Open"}', '{"status": ["in progress", "new"]}', '{"status": ["open", "new"]}', '{"status": ["open", "Completed"]}',
  '{"priority": "High"}', '{"priority": "low"}', '{"priority": "n"}', '{"priority": ["Urgent"]}', '{"priority": ["Urgent", "LOW", "Low"]}', '{"priority": null}',
  '{"assigned_to": "@me"}', '{"assigned_to": "00000002-0000-7000-8000-000000000001"}', '{"assigned_to": ["@me", "00000002-0000-7000-8000-000000000001"]}',
  '{"assigned_to": "00000002-0000-7000-8000-000000000004"}', '{"assigned_to": "00000002-0000-7000-8000-000000000099"}',
  '{"account": "00000003-0000-7000-8000-000000000001"}', '{"account": ["00000003-0000-7000-8000-000000000001", "00000003-0000-7000-8000-000000000002"]}',
  '{"account": "00000003-0000-7000-8000-000000000009"}',
  '{"contact": "00000004-0000-7000-8000-000000000001"}', '{"contact": ["00000004-0000-7000-8000-000000000003", "00000004-0000-7000-8000-000000000004"]}',
  '{"team": "00000005-0000-7000-8000-000000000002"}', '{"team": ["00000005-0000-7000-8000-000000000002", "00000005-0000-7000-8000-000000000001"]}',
  '{"created_by": "@me"}', '{"created_by": ["00000002-0000-7000-8000-000000000001", "00000002-0000-7000-8000-000000000002"]}',
  '{"overdue": true}', '{"overdue": false}', '{"overdue": "true"}', '{"overdue": "False"}', '{"overdue": ""}',
  '{"due_date__gte": "2000-01-01"}', '{"due_date__lte": "9999-12-31"}', '{"due_date": "2023-02-15"}', '{"due_date": "0001-01-01"}',
  '{"created_on__gte": "2023-03-26"}', '{"created_on__gte": "2023-03-26T01:00:00Z"}', '{"created_on__gte": "2023-03-26T03:30:00.000001+02:00"}',
  '{"created_on__lte": "2023-03-26"}', '{"created_on__lte": "2023-03-27T00:42:00Z"}', '{"created_on__lte": "2023-03-26t20:42:00.000001-04:00"}',
  '{"time_zone": "Europe/Berlin"}', '{"time_zone": "Pacific/Kiritimati"}', '{"time_zone": "Pacific/Pago_Pago"}', '{"time_zone": ""}',
  '{"ordering": "created_on"}', '{"ordering": "-created_on"}', '{"ordering": "updated_on"}', '{"ordering": "-updated_on"}', '{"ordering": "due_date"}',
  '{"ordering": "-due_date"}', '{"ordering": "completed_on"}', '{"ordering": "-completed_on"}', '{"ordering": "-completed_on,title"}',
  '{"ordering": "priority"}', '{"ordering": "-priority"}', '{"ordering": "status"}', '{"ordering": "-status"}',
  '{"ordering": "title"}', '{"ordering": "-title"}', '{"ordering": ""}', '{"ordering": "due_date,-priority"}', '{"ordering": "-priority,due_date"}',
  '{"ordering": "status,priority"}', '{"ordering": "-status,-due_date,title,updated_on"}', '{"ordering": "-created_on,status"}',
  '{"limit": 0}', '{"limit": 1}', '{"limit": "3"}', '{"limit": 1000}', '{"limit": "1000"}', '{"limit": 242}', '{"limit": null}',
  '{"offset": 0}', '{"offset": "5"}', '{"offset": 239}', '{"offset": 241}', '{"offset": 242}', '{"offset": 1000000}',
  '{"count": "exact"}', '{"count": "none"}', '{"count": ""}']::jsonb[]) AS v;
-- Dates relative to the current date.
INSERT INTO public.fragment (key, f) SELECT key, jsonb_build_object(key, to_char(now() AT TIME ZONE 'UTC' + days * interval '1 day', 'YYYY-MM-DD'))
FROM unnest(ARRAY['due_date', 'due_date__gte', 'due_date__lte']) AS key, unnest(ARRAY[-3, 0, 4]) AS days;
INSERT INTO public.fragment (key, f) SELECT (SELECT jsonb_object_keys(v)), v FROM unnest(ARRAY[
  '{"no_due_date": true}', '{"no_due_date": "False"}', '{"no_due_date": ""}', '{"unassigned": true}', '{"unassigned": "false"}', '{"unassigned": null}',
  '{"updated_on__gte": "2023-03-26"}', '{"updated_on__gte": "2023-03-26T03:30:00.000001+02:00"}', '{"updated_on__lte": "2023-03-26"}',
  '{"updated_on__lte": "2023-03-27T00:42:00Z"}',
  '{"completed_by": "@me"}', '{"completed_by": ["00000002-0000-7000-8000-000000000001", "00000002-0000-7000-8000-000000000002"]}',
  '{"completed_on__gte": "2023-03-26"}', '{"completed_on__lte": "2023-03-26"}', '{"completed_on__lte": "2023-03-27T00:42:00Z"}', '{"ids": "00000006-0000-7000-8000-000000000001"}',
  '{"ids": ["00000006-0000-7000-8000-000000000003", "00000006-0000-7000-8000-000000000001", "00000006-0000-7000-8000-000000009999"]}',
  '{"accents": false}', '{"accents": "True"}']::jsonb[]) AS v;
GRANT SELECT ON public.fragment TO PUBLIC;

RESET client_min_messages;
\o
\set ECHO all
