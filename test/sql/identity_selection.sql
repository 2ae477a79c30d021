-- The selected organization: a table of every way to call by claim, header and setting. The header
-- overrides the setting; the claim is a limit, so that selecting another organization is refused;
-- an empty value selects nothing. All calls are made by real logins.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set tokens :srcdir /sql/include/tokens.sql
\set drop_tokens :srcdir /sql/include/drop_tokens.sql
\set ECHO none
\i :setup
\set ECHO none
\i :tokens
SET client_min_messages = warning;
SELECT taskcrm.tc_add_jwt_key('one', 'HS256', 'the secret of issuer 1, 32+ bytes') \g /dev/null
-- Cyd belongs to organizations 1 and 2, but not to 3.
SELECT taskcrm.tc_create_organization('CANARY Third', id('org', 3)) \g /dev/null
INSERT INTO taskcrm.task (org_id, id, title) VALUES (id('org', 3), id('task', 8), 'CANARY third');
CREATE TABLE public.cell (door text, claim text, header text, setting text, api text, rows text, files text);
GRANT INSERT, SELECT ON public.cell TO PUBLIC;

-- Which of the attachments 1 and 9 the caller can get by id alone.
CREATE FUNCTION public.files() RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  found text := '';
BEGIN
  FOR i IN 1 .. 2 LOOP
    BEGIN
      PERFORM taskcrm.tc_get_task_attachment(id('attachment', CASE i WHEN 1 THEN 1 ELSE 9 END));
      found := found || i;
    EXCEPTION WHEN SQLSTATE 'PT404' THEN NULL;
    END;
  END LOOP;
  RETURN found;
END $$;
-- The answer to a request: the organization of the first task, or the error code.
CREATE FUNCTION public.asked(status integer, body text) RETURNS text LANGUAGE sql AS $$
  SELECT CASE WHEN status = 200 THEN 'org ' || right(body::json -> 'results' -> 0 ->> 'org', 1)
    ELSE body::json ->> 'code' END $$;
CREATE FUNCTION public.requested(method text, uri text, headers jsonb, OUT status integer, OUT body text)
  LANGUAGE sql AS $$
  SELECT r.status, convert_from(coalesce(r.body, ''), 'SQL_ASCII')
    FROM taskcrm.tc_http_request(method, uri, headers) r $$;
CREATE FUNCTION public.through_face(uri text, headers jsonb, OUT status integer, OUT body text) LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.headers',
    (headers || jsonb_build_object('x-original-method', 'GET', 'x-original-uri', uri))::text, true);
  body := convert_from(taskcrm.tc_http(''), 'SQL_ASCII');
  status := current_setting('response.status');
END $$;

-- One cell: the result for a way to call, a claim, a header and a setting, in a subtransaction.
CREATE FUNCTION public.try(door text, claim text, header text, setting text, OUT api text, OUT rows text,
  OUT files text)
  LANGUAGE plpgsql AS $$
DECLARE
  headers jsonb := CASE WHEN header IS NULL THEN '{}' ELSE jsonb_build_object('organization-id', header) END;
  more text := CASE WHEN claim IS NULL THEN '' ELSE ', "org_id": ' || claim END;
BEGIN
  IF setting IS NOT NULL THEN PERFORM set_config('taskcrm.org_id', setting, true); END IF;
  IF door LIKE '%bearer' THEN headers := headers
    || jsonb_build_object('authorization', 'Bearer ' || token(3, 600, more)); END IF;
  IF door NOT LIKE 'request%' AND door NOT LIKE 'face%' THEN PERFORM set_config('request.headers', headers::text, true);
    END IF;
  IF door = 'setting' THEN PERFORM set_config('taskcrm.user_id', id('user', 3)::text, true); END IF;
  IF door = 'token' THEN PERFORM taskcrm.tc_login(token(3, 600, more)); END IF;
  IF door LIKE '%claims' THEN
    PERFORM set_config('request.jwt.claims', format('{"sub": "%s", "role": "web"%s}', id('user', 3), more), true);
  END IF;
  IF door LIKE 'request%' THEN
    SELECT asked(r.status, r.body) INTO api FROM requested('GET', '/api/tasks/?limit=1', headers) r;
    SELECT coalesce(string_agg(CASE n WHEN 1 THEN '1' ELSE '2' END, '' ORDER BY n), '') INTO files
    FROM unnest('{1,9}'::integer[]) n,
      requested('GET', format('/api/tasks/attachment/%s/', id('attachment', n)), headers) r WHERE r.status = 200;
  ELSIF door LIKE 'face%' THEN
    SELECT asked(r.status, r.body) INTO api FROM through_face('/api/tasks/?limit=1', headers) r;
    SELECT coalesce(string_agg(CASE n WHEN 1 THEN '1' ELSE '2' END, '' ORDER BY n), '') INTO files
    FROM unnest('{1,9}'::integer[]) n, through_face(format('/api/tasks/attachment/%s/', id('attachment', n)), headers) r
      WHERE r.status = 200;
  ELSE
    SELECT coalesce('org ' || string_agg(DISTINCT right(org_id::text, 1), ''), 'none') INTO rows FROM taskcrm.task;
    files := '';
    api := split_part(attempt($q$SELECT 'org '
      || right(taskcrm.tc_list_tasks('{"limit": 1}') -> 'results' -> 0 ->> 'org', 1)$q$), ':', 1);
    files := files();
  END IF;
  RAISE EXCEPTION USING ERRCODE = 'ZZZZZ';
EXCEPTION
  WHEN SQLSTATE 'ZZZZZ' THEN NULL;
  WHEN SQLSTATE 'PT401' THEN
    api := 'PT401';
    files := '';
    rows := CASE WHEN door = 'token' THEN 'none' ELSE rows END;
END $$;
CREATE FUNCTION public.try_all(door text) RETURNS bigint LANGUAGE sql AS $$
  WITH tried AS (
    INSERT INTO public.cell
    SELECT door, c, h, s, t.* FROM unnest(ARRAY[NULL, '1', '2', '3', 'null', '"x"', '""', '7']) c,
      unnest(ARRAY[NULL, '1', '2', 'x', ' ']) h, unnest(ARRAY[NULL, '1', '2', 'x', '']) s,
      LATERAL try(door, CASE WHEN c IN ('1', '2', '3') THEN to_json(id('org', c::integer))::text ELSE c END,
                  CASE WHEN h IN ('1', '2') THEN id('org', h::integer)::text
                    WHEN h = 'x' THEN '{' || id('org', 1) || '}' ELSE h END,
                  CASE WHEN s IN ('1', '2') THEN id('org', s::integer)::text
                    WHEN s = 'x' THEN '{' || id('org', 1) || '}' ELSE s END) t
    WHERE (c IS NULL OR door NOT IN ('login', 'setting', 'request by login'))
      -- Of claims that are garbage, not every combination.
      AND (coalesce(c, '1') IN ('1', '2', '3') OR (h IS NULL OR h = '2') AND (s IS NULL OR s = '1'))
    RETURNING 1)
  SELECT count(*) FROM tried $$;
\set ECHO all
\t on
\pset format unaligned
\pset null -
\connect - regress_cyd
SELECT try_all('login'), try_all('request by login');
\connect - regress_nobody
SELECT try_all('token'), try_all('request with bearer');
\connect - regress_gateway
SELECT try_all('setting'), try_all('claims'), try_all('request by claims'), try_all('face by claims');
SELECT try_all('request with bearer'), try_all('token'), try_all('face with bearer');

-- The table. It names the ways to call that give different results.
SELECT claim, header, setting, string_agg(DISTINCT concat_ws(' ', '->', api, 'files ' || nullif(files, '')), '; ')
  || CASE WHEN count(DISTINCT (api, files)) > 1 THEN ' DIFFERENT: '
    || string_agg(DISTINCT door || ' ' || api || ' ' || files, ', ') ELSE '' END AS answer
FROM cell GROUP BY 1, 2, 3
ORDER BY array_position(ARRAY['1', '2', '3', 'null', '"x"', '""', '7'], claim) NULLS FIRST, header NULLS FIRST,
  setting NULLS FIRST;
-- Queries on tables show the same organization as the API, and no rows where the API refuses.
SELECT count(*) > 300,
  count(*) FILTER (WHERE rows IS DISTINCT FROM CASE WHEN api LIKE 'org%' THEN api ELSE 'none' END) AS wrong FROM cell
  WHERE rows IS NOT NULL;
SELECT count(*) > 700 AS cells, count(DISTINCT door) AS doors FROM cell;

-- A task is created only in the organization of the claim.
\connect - regress_gateway
BEGIN;
SELECT set_config('request.jwt.claims', format('{"sub": "%s", "org_id": "%s"}', id('user', 3), id('org', 2)), true)
  \g /dev/null
SELECT right(taskcrm.tc_create_task('{"title": "of the claim"}') ->> 'org', 1),
  right(taskcrm.tc_current_org()::text, 1), taskcrm.tc_whoami() ->> 'source',
  json_array_length(taskcrm.tc_whoami() -> 'organizations');
SELECT set_config('request.headers', format('{"organization-id": "%s"}', id('org', 1)), true) \g /dev/null
SELECT attempt($$SELECT taskcrm.tc_create_task('{"title": "elsewhere"}')$$);
SELECT attempt($$INSERT INTO taskcrm.task (title) VALUES ('elsewhere')$$);
SELECT taskcrm.tc_current_org(), taskcrm.tc_whoami() ->> 'problem', taskcrm.tc_whoami() ->> 'hint';
ROLLBACK;

-- The problem with invalid claims is reported, and the caller has no identity.
CREATE FUNCTION pg_temp.why(claims text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
  PERFORM set_config('request.jwt.claims', claims, true);
  RETURN concat_ws(' | ', coalesce('user ' || right(taskcrm.tc_current_user()::text, 1), 'nobody'),
    coalesce('org ' || right(taskcrm.tc_current_org()::text, 1), '(no org)'),
    (SELECT count(*) FROM taskcrm.task) || ' tasks', w ->> 'problem', w ->> 'hint') FROM taskcrm.tc_whoami() w;
END $$;
\set s '"sub": "00000002-0000-7000-8000-000000000003"'
\set o1 '"00000001-0000-7000-8000-000000000001"'
\set o2 '"00000001-0000-7000-8000-000000000002"'
BEGIN;
SELECT name, pg_temp.why(claims) FROM (VALUES
  ('org_id twice', '{' || :'s' || ', "org_id": ' || :'o1' || ', "org_id": ' || :'o2' || '}'),
  ('org_id twice, once escaped', '{' || :'s' || ', "org_id": ' || :'o1' || ', "\u006frg_id": ' || :'o1' || '}'),
  ('sub twice', '{' || :'s' || ', ' || :'s' || '}'),
  ('another twice', '{' || :'s' || ', "x": 1, "x": 1}'),
  ('org_id in an array', '{' || :'s' || ', "org_id": [' || :'o1' || ']}'),
  ('org_id in an object', '{' || :'s' || ', "org_id": {"org_id": ' || :'o1' || '}}'),
  ('org_id true', '{' || :'s' || ', "org_id": true}'),
  ('org_id within another', '{' || :'s' || ', "app_metadata": {"org_id": ' || :'o1' || '}}'),
  ('org_id with a space', '{' || :'s' || ', "org_id": " 00000001-0000-7000-8000-000000000001"}'),
  ('org_id in capitals', '{' || :'s' || ', "org_id": "00000001-0000-7000-8000-00000000000\u0031"}'),
  ('ORG_ID', '{' || :'s' || ', "ORG_ID": ' || :'o1' || '}'),
  ('a lone surrogate', '{' || :'s' || ', "org_id": ' || :'o1' || ', "x": "\ud800"}'),
  ('deep', '{' || :'s' || ', "org_id": ' || :'o1' || ', "x": ' || repeat('[', 100) || repeat(']', 100) || '}'),
  ('not closed', '{' || :'s' || ', "org_id": ' || :'o1'),
  ('an exp of text, which the gateway has looked at', '{' || :'s' || ', "org_id": ' || :'o1' || ', "exp": "tomorrow"}'),
  ('org_id without sub', '{"org_id": ' || :'o1' || '}')) x (name, claims);
ROLLBACK;

-- The names of the claims are settings of the administrator, for claims and for tokens.
SELECT attempt('SET taskcrm.jwt_org_claim = ''x''');
\connect - :superuser
SELECT taskcrm.tc_current_user();
SELECT attempt($$SET taskcrm.jwt_org_claim = '.app_metadata.org_id'$$);
SELECT attempt($$SET taskcrm.jwt_user_claim = U&'caf\00e9'$$);
ALTER ROLE regress_gateway SET taskcrm.jwt_org_claim = 'https://acme.test/org';
ALTER ROLE regress_gateway SET taskcrm.jwt_user_claim = 'https://acme.test/user';
\connect - regress_gateway
BEGIN;
SELECT set_config('request.jwt.claims',
  '{"sub": "x", "org_id": "x", "https://acme.test/user": "00000002-0000-7000-8000-000000000003", "https://acme.test/org": ' || :'o2' || '}', true) \g /dev/null
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1), files();
SELECT set_config('request.jwt.claims', '{' || :'s' || ', "org_id": ' || :'o2' || '}', true) \g /dev/null
SELECT taskcrm.tc_current_user(), taskcrm.tc_whoami() ->> 'problem', taskcrm.tc_whoami() ->> 'hint';
COMMIT;
-- A client cannot set the value before the library is loaded.
\connect - :superuser
ALTER ROLE regress_gateway RESET ALL;
\connect - regress_gateway
SET client_min_messages = error;
SET taskcrm.jwt_org_claim = '';
BEGIN;
SELECT set_config('request.jwt.claims', '{' || :'s' || ', "org_id": ' || :'o2' || '}', true) \g /dev/null
SELECT right(taskcrm.tc_current_org()::text, 1), current_setting('taskcrm.jwt_org_claim');
COMMIT;
-- A change takes effect in the next statement, even in a transaction that has already determined
-- its identity.
\connect - :superuser
SELECT taskcrm.tc_trust_gateway(current_user::name) \g /dev/null
BEGIN;
SELECT set_config('request.jwt.claims', '{' || :'s' || ', "tenant": ' || :'o2' || ', "org_id": ' || :'o1'
  || ', "uid": "00000002-0000-7000-8000-000000000004"}', true) \g /dev/null
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1);
SET LOCAL taskcrm.jwt_org_claim = 'tenant';
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1);
SAVEPOINT a;
SET LOCAL taskcrm.jwt_user_claim = 'uid';
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1);
ROLLBACK TO a;
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1);
SET LOCAL taskcrm.jwt_org_claim = '';
SELECT right(taskcrm.tc_current_user()::text, 1), right(taskcrm.tc_current_org()::text, 1),
  taskcrm.tc_whoami() ->> 'problem';
COMMIT;
SELECT taskcrm.tc_distrust_gateway(current_user::name) \g /dev/null

\set ECHO none
DROP TABLE public.cell;
DROP FUNCTION public.try_all(text);
DROP FUNCTION public.try(text, text, text, text);
DROP FUNCTION public.through_face(text, jsonb);
DROP FUNCTION public.requested(text, text, jsonb);
DROP FUNCTION public.asked(integer, text);
DROP FUNCTION public.files();
\i :drop_tokens
\i :teardown
