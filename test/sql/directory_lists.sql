-- Lists of accounts, contacts, teams and members, compared with an oracle in plain SQL; and reading
-- one of them.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
-- More rows, with equal and missing names; those of the second organization are the same.
INSERT INTO taskcrm.account (org_id, id, name)
  SELECT id('org', o), id('account', 100 * o + n), CASE WHEN o = 1 THEN '' ELSE 'CANARY ' END ||
    CASE WHEN n % 3 = 0 THEN 'Same' ELSE chr(64 + n) || ' company' END FROM generate_series(1, 2) o, generate_series(1, 20) n;
INSERT INTO taskcrm.contact (org_id, id, first_name, last_name, email, account_id)
  SELECT id('org', o), id('contact', 100 * o + n), CASE WHEN o = 1 THEN '' ELSE 'CANARY ' END ||
    (ARRAY['Ann', 'ann', 'Ben', 'Éva'])[1 + n % 4], CASE WHEN n % 3 > 0 THEN (ARRAY['Lee', 'Kim'])[n % 3] END,
    CASE WHEN n % 2 = 0 THEN format('n%s@x.test', n % 6) END, CASE WHEN n IN (5, 10, 15) THEN id('account', 100 * o + n) END
  FROM generate_series(1, 2) o, generate_series(1, 30) n;
INSERT INTO taskcrm.team (org_id, id, name)
  SELECT id('org', o), id('team', 100 * o + n), CASE WHEN o = 1 THEN 'Team ' ELSE 'CANARY ' END || n % 4
  FROM generate_series(1, 2) o, generate_series(1, 9) n;
INSERT INTO taskcrm.app_user (id, email, name)
  SELECT id('user', 100 + n), format('u%s@acme.test', n), CASE WHEN n % 3 > 0 THEN 'User ' || n % 2 ELSE '' END
  FROM generate_series(1, 12) n;
INSERT INTO taskcrm.member (org_id, user_id, role, is_active)
  SELECT id('org', 1 + n % 2), id('user', 100 + n), CASE WHEN n % 4 = 0 THEN 'admin' ELSE 'member' END, n % 3 > 0
  FROM generate_series(1, 12) n;
INSERT INTO taskcrm.team_member (org_id, team_id, user_id)
  SELECT id('org', 1), id('team', 100 + n % 9 + 1), id('user', 100 + n) FROM generate_series(2, 12, 2) n;
-- A kind of list; the tables and columns for the oracle.
CREATE TABLE public.noun (noun text PRIMARY KEY, source text, id text);
INSERT INTO public.noun VALUES ('accounts', 'taskcrm.account t', 't.id'), ('contacts', 'taskcrm.contact t', 't.id'),
  ('teams', 'taskcrm.team t', 't.id'), ('members', 'taskcrm.member t JOIN taskcrm.app_user u ON u.id = t.user_id', 't.user_id');
-- Filters with their meaning in SQL.
CREATE TABLE public.fragment (n serial, noun text REFERENCES public.noun, f jsonb, condition text);
INSERT INTO public.fragment (noun, f, condition) VALUES
  ('accounts', '{}', 'true'), ('accounts', '{"search": "COMP"}', $$lower(t.name) LIKE '%comp%'$$),
  ('accounts', '{"search": "e"}', $$lower(t.name) LIKE '%e%'$$), ('accounts', '{"search": "%"}', 'false'),
  ('accounts', '{"search": ""}', 'true'), ('accounts', '{"search": null}', 'true'),
  ('accounts', '{"ids": ["00000003-0000-7000-8000-000000000001", "00000003-0000-7000-8000-000000000009"]}', $$t.id = id('account', 1)$$),
  ('contacts', '{}', 'true'), ('contacts', '{"search": "ann le"}', $$lower(t.first_name || ' ' || t.last_name) LIKE '%ann le%'$$),
  ('contacts', '{"search": "lee n4"}', $$lower(t.last_name || ' ' || t.email) LIKE '%lee n4%'$$), ('contacts', '{"search": "ann  n"}',
    $$lower(t.first_name) = 'ann' AND t.last_name IS NULL AND t.email LIKE 'n%'$$), ('contacts', '{"search": "nn"}',
    $$lower(t.first_name) LIKE '%nn%'$$), ('contacts', '{"search": " "}', 'true'),
  ('contacts', '{"search": "É"}', $$t.first_name = 'Éva'$$),
  ('contacts', '{"search": "4@X"}', $$t.email LIKE '%4@x%'$$),
  ('contacts', '{"account": "00000003-0000-7000-8000-000000000105"}', $$t.account_id = id('account', 105)$$),
  ('contacts', '{"account": ["00000003-0000-7000-8000-000000000105", "00000003-0000-7000-8000-000000000110"], "search": "n"}',
    $$t.account_id IN (id('account', 105), id('account', 110)) AND
      (lower(t.first_name) LIKE '%n%' OR lower(t.last_name) LIKE '%n%' OR lower(t.email) LIKE '%n%')$$),
  ('contacts', '{"account": "00000003-0000-7000-8000-000000000205"}', 'false'),
  ('contacts', '{"ids": "00000004-0000-7000-8000-000000000101"}', $$t.id = id('contact', 101)$$),
  ('teams', '{}', 'true'), ('teams', '{"search": "3"}', $$t.name LIKE '%3%'$$),
  ('teams', '{"user": "@me"}', $$t.id = id('team', 1)$$),
  ('teams', '{"user": ["00000002-0000-7000-8000-000000000102", "@me"]}', $$t.id IN (id('team', 1), id('team', 103))$$),
  ('teams', '{"ids": ["00000005-0000-7000-8000-000000000101"]}', $$t.id = id('team', 101)$$),
  ('members', '{}', 'true'), ('members', '{"search": "USER 0 u"}', $$u.name = 'User 0'$$),
  ('members', '{"search": "@both"}', $$u.email LIKE '%@both%'$$), ('members', '{"role": "admin"}', $$t.role = 'admin'$$),
  ('members', '{"role": "member", "is_active": false}', $$t.role = 'member' AND NOT t.is_active$$),
  ('members', '{"is_active": "true"}', 't.is_active'),
  ('members', '{"team": "00000005-0000-7000-8000-000000000103"}', $$t.user_id IN (id('user', 102))$$),
  ('members', '{"ids": ["@me", "00000002-0000-7000-8000-000000000004"]}', $$t.user_id = id('user', 1)$$);
-- Orderings; NULLs are as empty texts.
CREATE TABLE public.ordering (n serial, noun text REFERENCES public.noun, ordering text, sql text);
INSERT INTO public.ordering (noun, ordering, sql) VALUES
  ('accounts', NULL, 't.name COLLATE "C", t.id'), ('accounts', '-name', 't.name COLLATE "C" DESC, t.id DESC'),
  ('contacts', NULL, $$t.first_name COLLATE "C", coalesce(t.last_name, '') COLLATE "C", t.id$$),
  ('contacts', '-last_name,email', $$coalesce(t.last_name, '') COLLATE "C" DESC, coalesce(t.email, '') COLLATE "C", t.id$$),
  ('contacts', 'email,-first_name,last_name',
    $$coalesce(t.email, '') COLLATE "C", t.first_name COLLATE "C" DESC, coalesce(t.last_name, '') COLLATE "C", t.id$$),
  ('contacts', 'last_name', $$coalesce(t.last_name, '') COLLATE "C", t.id$$),
  ('teams', NULL, 't.name COLLATE "C", t.id'), ('teams', '-name', 't.name COLLATE "C" DESC, t.id DESC'),
  ('members', NULL, 'u.name COLLATE "C", t.user_id'), ('members', 'role,-name', 't.role COLLATE "C", u.name COLLATE "C" DESC, t.user_id DESC'),
  ('members', '-email', 'u.email COLLATE "C" DESC');
GRANT SELECT ON public.noun, public.fragment, public.ordering TO PUBLIC;
-- The ids that a list should have.
CREATE FUNCTION public.wanted(noun text, condition text, ordering text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  source public.noun;
  result text;
BEGIN
  SELECT * INTO source FROM public.noun n WHERE n.noun = $1;
  EXECUTE format('SELECT string_agg(%s::text, '' '' ORDER BY %s) FROM %s WHERE %s', source.id, ordering, source.source, condition)
    INTO result;
  RETURN result;
END
$$;
CREATE FUNCTION public.list(noun text, f jsonb) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  result json;
BEGIN
  EXECUTE format('SELECT taskcrm.tc_list_%s($1)', noun) INTO result USING f;
  RETURN result;
END
$$;
CREATE FUNCTION public.ids_of(answer json) RETURNS text LANGUAGE sql
  AS $$ SELECT string_agg(r ->> 'id', ' ' ORDER BY n) FROM json_array_elements(answer -> 'results') WITH ORDINALITY r (r, n) $$;
-- All pages of a list, one after the other.
CREATE FUNCTION public.pages(noun text, f jsonb, by_cursor boolean) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  place jsonb := CASE WHEN by_cursor THEN '{"cursor": "start"}' ELSE '{"offset": 0}' END;
  answer json;
  result text;
BEGIN
  LOOP
    answer := list(noun, f || place || '{"limit": 4}');
    result := concat_ws(' ', result, ids_of(answer));
    EXIT WHEN answer ->> 'next' IS NULL;
    IF by_cursor THEN
      place := jsonb_build_object('cursor', answer ->> 'next_cursor');
    ELSE
      place := jsonb_build_object('offset', (place ->> 'offset')::int + 4);
    END IF;
  END LOOP;
  RETURN result;
END
$$;
\set ECHO all
\t on
\pset format unaligned

\connect - regress_ada
-- Each filter with each ordering: all rows, their number, and pages by cursor and by offset. Wrong
-- ones are listed; none may be.
CREATE TEMP VIEW list AS SELECT f.noun, f.n, f.f || jsonb_strip_nulls(jsonb_build_object('ordering', o.ordering)) AS f,
  wanted(f.noun, f.condition, o.sql) AS wanted
  FROM fragment f JOIN ordering o USING (noun);
SELECT noun, f FROM list WHERE ids_of(list(noun, f || '{"limit": 1000}')) IS DISTINCT FROM wanted;
SELECT noun, f, m FROM list, unnest(ARRAY['exact', 'estimated']) m
  WHERE list(noun, f || jsonb_build_object('limit', 1, 'count', m)) ->> 'count'
    <> coalesce(cardinality(string_to_array(wanted, ' ')), 0)::text;
SELECT noun, f FROM list WHERE pages(noun, f, true) IS DISTINCT FROM coalesce(wanted, '');
SELECT noun, f FROM list WHERE pages(noun, f, false) IS DISTINCT FROM coalesce(wanted, '');
-- The oracle finds rows with most filters.
SELECT noun, count(*) FILTER (WHERE wanted <> '') AS with_rows, count(*) - count(wanted) AS empty FROM list GROUP BY noun
  ORDER BY noun;

-- Answers.
SELECT taskcrm.tc_list_accounts('{"limit": 2}');
SELECT taskcrm.tc_list_contacts('{"limit": 2, "offset": 3, "search": "a&n", "count": "none"}');
SELECT taskcrm.tc_list_contacts('{"limit": 2, "offset": 3, "search": "@x", "ordering": "-email", "count": "none"}');
SELECT taskcrm.tc_list_teams('{"limit": 1, "user": ["@me"]}');
SELECT taskcrm.tc_list_members('{"limit": 3, "role": "admin", "is_active": true}');
SELECT taskcrm.tc_list_members(NULL) ->> 'count', taskcrm.tc_list_members() ->> 'count', taskcrm.tc_list_members('{"limit": 0}');
SELECT taskcrm.tc_list_accounts('{"offset": 9223372036854775807, "limit": 1000}');
-- A page behind a cursor: the link has it, the end has none.
SELECT a ->> 'next' = '/api/accounts/?search=Same&limit=4&cursor=' || (a ->> 'next_cursor'), a ->> 'previous'
  FROM taskcrm.tc_list_accounts('{"search": "Same", "cursor": "start", "limit": 4}') a;
SELECT a -> 'next_cursor' FROM taskcrm.tc_list_accounts('{"search": "Same", "cursor": "start", "limit": 40}') a;

-- Wrong filters.
SELECT noun, f, attempt(format('SELECT taskcrm.tc_list_%s(%L)', noun, f)) FROM (VALUES
  ('accounts', '[]'), ('accounts', '{"name": "x"}'), ('accounts', '{"search": 1}'), ('accounts', '{"ids": "x"}'),
  ('accounts', '{"ids": []}'), ('accounts', '{"ids": ["@me"]}'), ('accounts', '{"ordering": "id"}'),
  ('accounts', '{"ordering": "name,-name"}'), ('accounts', '{"ordering": "name,"}'), ('accounts', '{"limit": -1}'),
  ('accounts', '{"limit": 1001}'), ('accounts', '{"offset": "x"}'), ('accounts', '{"count": "x"}'),
  ('accounts', '{"cursor": "x"}'), ('accounts', '{"cursor": 1}'), ('accounts', '{"cursor": "start", "offset": 1}'),
  ('contacts', '{"status": "New"}'), ('contacts', '{"account": 1}'), ('contacts', '{"ordering": "account"}'),
  ('teams', '{"member": "@me"}'), ('members', '{"role": "boss"}'), ('members', '{"role": ["admin"]}'),
  ('members', '{"is_active": 1}'), ('members', '{"team": "@me"}'), ('members', '{"x": 1}')) v (noun, f);
SELECT attempt(format('SELECT taskcrm.tc_list_accounts(%L)', jsonb_build_object('search', repeat('x', 1001))));
-- A cursor belongs to a kind of list, its filters and its ordering.
SELECT taskcrm.tc_list_accounts('{"cursor": "start", "limit": 1}') ->> 'next_cursor' AS cursor \gset
SELECT noun, f, attempt(format('SELECT taskcrm.tc_list_%s(%L)', noun, f::jsonb || jsonb_build_object('cursor', :'cursor')))
  FROM (VALUES ('teams', '{}'), ('accounts', '{"search": "x"}'), ('accounts', '{"ordering": "-name"}')) v (noun, f);
SELECT DISTINCT left(attempt(format('SELECT taskcrm.tc_list_accounts(%L)', jsonb_build_object('cursor', left(:'cursor', n)))), 5)
  FROM generate_series(1, length(:'cursor') - 1) n;

-- Reading one.
SELECT taskcrm.tc_get_account(id('account', 1));
SELECT taskcrm.tc_get_contact(id('contact', 1));
SELECT taskcrm.tc_get_team(id('team', 1));
SELECT taskcrm.tc_get_member(id('user', 3));
-- The answers for ids of another organization, unknown ids and NULL.
SELECT noun, attempt(format('SELECT taskcrm.tc_get_%s(id(%L, %s))', noun, kind, n))
  FROM (VALUES ('account', 'account', 9), ('contact', 'contact', 9), ('team', 'team', 9), ('member', 'user', 4)) v (noun, kind, n);
SELECT noun FROM (VALUES ('account', 'account', 9), ('contact', 'contact', 9), ('team', 'team', 9), ('member', 'user', 4)) v (noun, kind, n)
  WHERE attempt(format('SELECT taskcrm.tc_get_%s(id(%L, %s))', noun, kind, n))
    <> attempt(format('SELECT taskcrm.tc_get_%s(id(%L, 7777))', noun, kind));
SELECT noun, attempt(format('SELECT taskcrm.tc_get_%s(NULL)', noun)) FROM unnest(ARRAY['account', 'contact', 'team', 'member']) noun;

-- Plain members read as well; the second organization has its own rows; others are refused.
\connect - regress_bob
SELECT list(noun, '{"limit": 0}') ->> 'count' FROM noun ORDER BY noun;
\connect - regress_dan
SELECT noun, list(noun, '{"limit": 0}') ->> 'count' FROM noun ORDER BY noun;
SELECT count(*) FILTER (WHERE r ->> 'name' LIKE 'CANARY%') = count(*)
  FROM json_array_elements(taskcrm.tc_list_accounts('{"limit": 100}') -> 'results') r;
\connect - regress_cyd
SELECT DISTINCT left(attempt(format('SELECT taskcrm.tc_list_%s()', noun)), 5) FROM noun;
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000001';
SELECT noun, list(noun, '{"limit": 0}') ->> 'count' FROM noun ORDER BY noun;
\connect - regress_nobody
SELECT DISTINCT left(attempt(format('SELECT taskcrm.tc_list_%s()', noun)), 5) FROM noun;
SELECT left(attempt('SELECT taskcrm.tc_get_account(id(''account'', 1))'), 5);
-- A member who is no longer active reads nothing.
\connect - :superuser
UPDATE taskcrm.member SET is_active = false WHERE user_id = id('user', 2);
\connect - regress_bob
SELECT DISTINCT left(attempt(format('SELECT taskcrm.tc_list_%s()', noun)), 5) FROM noun;

\set ECHO none
\connect - :superuser
DROP TABLE public.fragment, public.ordering, public.noun;
DROP FUNCTION public.wanted(text, text, text), public.list(text, jsonb), public.ids_of(json), public.pages(text, jsonb, boolean);
\i :teardown
