-- A user-defined trigger that calls the API behaves the same inside an API call and under direct
-- DML: it runs for the same user, its errors become errors of the call, and its settings last until
-- the end of the transaction.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access(('regress_api_' || n)::name, write => true)
  FROM unnest(ARRAY['alice', 'amy', 'bob', 'carl']) n;
-- The title of a task selects what the trigger does.
CREATE FUNCTION t.act() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  result text;
BEGIN
  CASE split_part(new.title, ':', 1)
    WHEN 'comment' THEN
      PERFORM taskcrm.tc_add_task_comment_or_attachment(new.id, 'by the trigger, for @ann');
      PERFORM taskcrm.tc_update_task(new.id, '{"description": "by the trigger"}');
    WHEN 'child' THEN
      result := taskcrm.tc_create_task(jsonb_build_object('title', 'of ' || new.title)) ->> 'created_by';
      PERFORM set_config('note.child', result, true);
    WHEN 'who' THEN
      PERFORM set_config('note.who',
        concat_ws(' ', taskcrm.tc_current_user(), taskcrm.tc_current_org(), taskcrm.tc_whoami() -> 'org' ->> 'id'),
        true);
    WHEN 'error' THEN
      PERFORM taskcrm.tc_get_task('0e000000-0000-4000-8000-000000000001');
    WHEN 'caught' THEN
      BEGIN
        PERFORM taskcrm.tc_create_task('{"title": "of the block"}');
        PERFORM taskcrm.tc_get_task('0e000000-0000-4000-8000-000000000001');
      EXCEPTION WHEN sqlstate 'PT404' THEN
        PERFORM set_config('note.caught', sqlerrm, true);
      END;
    WHEN 'endless' THEN
      PERFORM taskcrm.tc_create_task('{"title": "endless"}');
    WHEN 'deep' THEN
      IF new.title <> 'deep:0' THEN
        PERFORM taskcrm.tc_create_task(jsonb_build_object('title', 'deep:'
          || (split_part(new.title, ':', 2)::integer - 1)));
      END IF;
    WHEN 'list' THEN
      PERFORM set_config('note.list', taskcrm.tc_list_tasks() ->> 'count', true);
    WHEN 'http' THEN
      SELECT status INTO result
        FROM taskcrm.tc_http_request('POST', '/api/tasks/' || new.id || '/', body => '{"comment": "by the trigger"}');
      PERFORM set_config('note.http', result, true);
    WHEN 'login' THEN
      PERFORM taskcrm.tc_login('x');
    ELSE NULL;
  END CASE;
  RETURN NULL;
END
$$;
-- Without SET, so that it has the settings of the statement that fires it.
CREATE FUNCTION t.sets() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.title = 'sets' THEN
    PERFORM pg_catalog.set_config('note.text', 'set by the trigger', true);
    PERFORM pg_catalog.set_config('work_mem', '8MB', true);
    PERFORM pg_catalog.set_config('taskcrm.org_id', '0b000000-0000-4000-8000-000000000001', true);
    SET LOCAL statement_timeout = '61s';
    PERFORM pg_catalog.set_config('search_path', 'pg_catalog', true);
    PERFORM pg_catalog.set_config('note.org', taskcrm.tc_current_org()::text, true);
  END IF;
  RETURN NULL;
END
$$;
CREATE TRIGGER act AFTER INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.act();
CREATE TRIGGER sets AFTER INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.sets();

-- Inserts a task in both ways and shows the result.
CREATE FUNCTION t.by(way text, title text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  IF way = 'API' THEN
    PERFORM taskcrm.tc_create_task(jsonb_build_object('title', title));
  ELSIF way = 'HTTP' THEN
    SELECT status || ' ' || coalesce(convert_from(body, 'UTF8')::jsonb ->> 'message', 'done') INTO result
      FROM taskcrm.tc_http_request('POST', '/api/tasks/',
      body => convert_to(jsonb_build_object('title', title)::text, 'UTF8'));
    RETURN result;
  ELSE
    INSERT INTO taskcrm.task (title) VALUES (title);
  END IF;
  RETURN 'done';
EXCEPTION WHEN others THEN
  RETURN sqlstate || ' ' || sqlerrm;
END
$$;
CREATE FUNCTION t.tasks() RETURNS text LANGUAGE sql AS $$
  SELECT string_agg(concat_ws('/', k.title, t.show(k.created_by::text), k.version, k.description, c.comment,
    t.show(m.user_id::text)), ', ' ORDER BY k.title)
  FROM taskcrm.task k LEFT JOIN taskcrm.task_comment c ON c.task_id = k.id LEFT
    JOIN taskcrm.task_mention m ON m.comment_id = c.id
$$;
CREATE FUNCTION t.notes() RETURNS text LANGUAGE sql AS $$
  SELECT t.show(string_agg(n || '=' || current_setting('note.' || n, true), ' ' ORDER BY n))
    FROM unnest(ARRAY['child', 'who', 'caught', 'list', 'http']) n
  WHERE current_setting('note.' || n, true) <> ''
$$;
-- Each in its own transaction, which is rolled back.
CREATE PROCEDURE t.each() LANGUAGE plpgsql AS $$
DECLARE
  title text;
  way text;
  result text;
BEGIN
  FOREACH title IN ARRAY ARRAY['plain', 'comment', 'child', 'who', 'error', 'caught', 'endless', 'deep:5', 'list',
    'http', 'login'] LOOP
    FOREACH way IN ARRAY ARRAY['table', 'API', 'HTTP'] LOOP
      result := t.by(way, title);
      RAISE NOTICE '% by %: % | % | %', title, way, result, t.tasks(), t.notes();
      ROLLBACK;
    END LOOP;
  END LOOP;
END
$$;
\o
\c - regress_api_amy
CALL t.each();
-- Carl belongs to both organizations: the trigger works in the selected one.
\c - regress_api_carl
BEGIN;
SET LOCAL taskcrm.org_id = '0b000000-0000-4000-8000-000000000001';
SELECT t.by('API', 'who'), t.notes();
ROLLBACK;

-- Settings changed by the trigger. The running call continues in the same organization with its own
-- settings; afterwards the caller's search_path is restored.
SELECT 'sets' AS title \gset
\set shown 'SELECT current_setting(''note.text'', true), t.show(current_setting(''note.org'', true)), current_setting(''work_mem''), current_setting(''statement_timeout''), t.show(current_setting(''taskcrm.org_id'')), current_setting(''search_path'')'
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
BEGIN;
INSERT INTO taskcrm.task (title) VALUES ('sets');
:shown;
ROLLBACK;
BEGIN;
SELECT t.show(taskcrm.tc_create_task('{"title": "sets", "teams": ["0a000000-0000-4000-8000-00000000ea01"]}') ->> 'org');
:shown;
COMMIT;
:shown;
BEGIN;
SELECT status, t.show(convert_from(body, 'UTF8')::json ->> 'org')
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', '{"organization-id": "0a000000-0000-4000-8000-000000000001"}',
  '{"title": "sets"}');
:shown;
COMMIT;
-- After a call that fails, no setting made by the trigger remains.
BEGIN;
SELECT t.try($$SELECT taskcrm.tc_create_tasks('[{"title": "sets"}, {"title": "error"}]')$$);
:shown;
COMMIT;

-- The owner may execute what clients may; a former owner no longer may.
\c - :api_superuser
SET client_min_messages = warning;
SELECT count(*) = 0 AS none_missing FROM taskcrm_internal.client_functions() f
  WHERE NOT has_function_privilege('regress_api_owner', f, 'EXECUTE');
REVOKE EXECUTE ON FUNCTION taskcrm.tc_get_task(uuid, text) FROM regress_api_owner;
SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'owner';
CALL taskcrm.tc_install();
SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'owner';
CREATE ROLE regress_api_owner2 NOLOGIN;
CALL taskcrm.tc_install(owner => 'regress_api_owner2');
SELECT count(*) FROM taskcrm_internal.client_functions() f
  WHERE has_function_privilege('regress_api_owner', f, 'EXECUTE');
SELECT count(*) = 0 AS none_missing FROM taskcrm_internal.client_functions() f
  WHERE NOT has_function_privilege('regress_api_owner2', f, 'EXECUTE');
CALL taskcrm.tc_install(owner => 'regress_api_owner');
DROP ROLE regress_api_owner2;

\set ECHO none
\i :teardown
