-- Columns that the tables' owner renames or changes to another type: every operation that needs
-- such a column fails with an error that says so, never with an internal error; all others work.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access('regress_api_alice', write => true);
GRANT DELETE ON ALL TABLES IN SCHEMA taskcrm TO regress_api_alice;
\c - regress_api_alice
SELECT t.create_task('{"title": "task", "description": "text", "account": "{northwind}", "contacts": ["{lee}"], "assigned_to": ["{amy}"], "teams": ["{ops}"],
  "attachments": [{"file_name": "f", "content": "MQ=="}]}');
SELECT t.know('task', id) FROM taskcrm.task;
SELECT t.comment('task', 'hello @amy');
SELECT t.know('comment', id) FROM taskcrm.task_comment;
SELECT t.know('file', id) FROM taskcrm.task_attachment;
\c - :api_superuser
SET client_min_messages = warning;
-- Statements of every kind that fires triggers, through the API and directly.
CREATE TABLE t.op (n serial, who name, statement text);
INSERT INTO t.op (who, statement) VALUES
  ('regress_api_alice',
    $$SELECT taskcrm.tc_create_task('{"title": "x", "description": "d", "contacts": ["{lee}"], "assigned_to": ["{amy}"], "teams": ["{ops}"], "attachments": [{"file_name": "f", "content": "MQ=="}]}', 'key')$$),
  ('regress_api_alice',
    $$SELECT taskcrm.tc_update_task('{task}',
    '{"title": "new", "description": "", "account": null, "contacts": [], "assigned_to": [], "teams": []}')$$),
  ('regress_api_alice',
    $$SELECT taskcrm.tc_add_task_comment_or_attachment('{task}', 'hi @amy', '{"file_name": "f", "content": "MQ=="}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_edit_task_comment('{comment}', 'hi @ann')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_delete_task_comment('{comment}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_get_task_attachment('{file}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_delete_task_attachment('{file}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_get_task('{task}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_list_tasks('{"search": "tex", "ordering": "-priority"}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_list_tasks('{"status": "New", "assigned_to": "{amy}"}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_task_totals()$$),
  ('regress_api_alice', $$SELECT count(*) FROM taskcrm.tc_find_tasks()$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_whoami()$$),
  ('regress_api_alice', $$SELECT status FROM taskcrm.tc_http_request('GET', '/api/tasks/{task}/')
    WHERE status <> 500$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_update_account('{northwind}', '{"name": "x"}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_delete_contact('{lee}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_add_team_member('{ops}', '{amy}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_remove_member('{amy}')$$),
  ('regress_api_alice', $$SELECT taskcrm.tc_delete_task('{task}')$$),
  ('regress_api_alice', $$INSERT INTO taskcrm.task (title) VALUES ('by table')$$),
  ('regress_api_alice', $$INSERT INTO taskcrm.task SELECT * FROM taskcrm.task ON CONFLICT DO NOTHING$$),
  ('regress_api_alice', $$UPDATE taskcrm.task SET title = title || '!'$$),
  ('regress_api_alice', $$DELETE FROM taskcrm.task$$),
  ('regress_api_alice', $$INSERT INTO taskcrm.task_team (task_id, team_id) SELECT '{task}', '{sales}'$$),
  ('regress_api_alice', $$INSERT INTO taskcrm.task_assignee (task_id, user_id) SELECT '{task}', '{ann}'$$),
  ('regress_api_alice', $$DELETE FROM taskcrm.task_contact$$),
  ('regress_api_alice', $$UPDATE taskcrm.task_comment SET comment = 'hi @carl'$$),
  ('regress_api_alice', $$DELETE FROM taskcrm.task_comment$$),
  ('super', $$INSERT INTO taskcrm.task
    SELECT (jsonb_populate_record(x, '{"id": "0a000000-0000-4000-8000-00000000ea99"}')).* FROM taskcrm.task x$$),
  ('super', $$INSERT INTO taskcrm.task_comment
    SELECT (jsonb_populate_record(x,
    jsonb_build_object('id', '0a000000-0000-4000-8000-00000000ea98', 'commented_on', now()))).*
    FROM taskcrm.task_comment x$$),
  ('super', $$DELETE FROM taskcrm.task_assignee$$),
  ('super', $$DELETE FROM taskcrm.member WHERE role = 'admin'$$),
  ('super', $$UPDATE taskcrm.app_user SET is_active = NOT is_active$$),
  ('super', $$SELECT taskcrm.tc_recount()$$),
  ('super', $$SELECT taskcrm.tc_compact_counts()$$),
  ('super', $$SELECT taskcrm.tc_create_user('x@x.example')$$),
  ('super', $$SELECT taskcrm.tc_delete_organization('{acme}')$$);
GRANT SELECT ON t.op TO PUBLIC;
-- Runs a statement as the given role and rolls it back; returns its SQLSTATE.
CREATE FUNCTION t.state(who name, statement text, OUT state text, OUT message text) LANGUAGE plpgsql AS $$
BEGIN
  IF who <> 'super' THEN
    EXECUTE format('SET LOCAL SESSION AUTHORIZATION %I', who);
  END IF;
  EXECUTE statement;
  RAISE SQLSTATE 'OK000' USING MESSAGE = 'done';
EXCEPTION WHEN others THEN
  state := sqlstate;
  message := sqlerrm;
END
$$;
-- Runs all statements while a column is altered. change is an ALTER TABLE command, with %3$s the
-- table and %2$I the column.
CREATE FUNCTION t.altered(change text, tables text) RETURNS TABLE (tab name, col name, statement text, state text,
  message text) LANGUAGE plpgsql AS $$
DECLARE
  o record;
BEGIN
  FOR tab, col IN SELECT c.relname, a.attname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') AND c.relname ~ tables ORDER BY 1, 2 LOOP
    BEGIN
      EXECUTE format(change, tab, col, taskcrm_internal.qualified_name(tab));
      FOR o IN SELECT * FROM t.op ORDER BY n LOOP
        statement := o.statement;
        SELECT s.state, s.message INTO state, message FROM t.state(o.who, t.ids(o.statement)) s;
        RETURN NEXT;
      END LOOP;
      RAISE SQLSTATE 'OK000';
    EXCEPTION WHEN others THEN
      IF sqlstate <> 'OK000' THEN
        statement := NULL;
        state := sqlstate;
        message := sqlerrm;
        RETURN NEXT;
      END IF;
    END;
  END LOOP;
END
$$;
\o
\set ECHO all
-- Without a change, all statements succeed.
SELECT o.statement, s.state, s.message FROM t.op o, t.state(o.who, t.ids(o.statement)) s WHERE s.state <> 'OK000';
SELECT t.counts() AS counts, t.checksum(t.id('acme')) AS checksum \gset
-- Renamed: each column of the tables that have triggers or that triggers read.
CREATE TEMP TABLE renamed AS SELECT *
  FROM t.altered('ALTER TABLE %3$s RENAME %2$I TO another',
  '^(task|member|app_user|team|contact|account|organization)');
SELECT count(*) > 2000 AS many, count(*) FILTER (WHERE statement IS NULL) AS not_renamed FROM renamed;
SELECT tab, col, statement, state, message FROM renamed WHERE state IN ('XX000', 'XX001', 'XX002');
SELECT DISTINCT state FROM renamed ORDER BY 1;
-- The error messages of the triggers.
SELECT tab, col, message FROM renamed WHERE state = '42703' AND message LIKE 'column "%" of table "%" does not exist'
  GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
-- Another type, where the server allows the change.
CREATE TEMP TABLE retyped AS SELECT *
  FROM t.altered('ALTER TABLE %3$s ALTER %2$I DROP DEFAULT, ALTER %2$I TYPE text USING %2$I::text',
  '^(task|member|app_user)');
SELECT tab, col, statement, state, message FROM retyped WHERE state IN ('XX000', 'XX001', 'XX002');
SELECT tab, string_agg(DISTINCT col, ' ' ORDER BY col) FROM retyped WHERE statement IS NOT NULL GROUP BY 1 ORDER BY 1;
SELECT DISTINCT state FROM retyped WHERE statement IS NOT NULL ORDER BY 1;
-- Each trigger on a copy of its table without constraints, in which one column at a time is
-- renamed, has another type, or is NULL.
\set ECHO none
CREATE SCHEMA copies;
CREATE FUNCTION t.fired(change text) RETURNS TABLE (tab name, col name, trigger name, state text, message text)
  LANGUAGE plpgsql AS $$
DECLARE
  definition text;
BEGIN
  FOR tab, col IN SELECT c.relname, a.attname FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') ORDER BY 1, 2 LOOP
    BEGIN
      EXECUTE format('CREATE TABLE copies.%I AS SELECT * FROM %s', tab, taskcrm_internal.qualified_name(tab));
      EXECUTE format(change, tab, col);
      FOR trigger, definition IN SELECT w.trigger, regexp_replace(w.definition, ' ON taskcrm\w*[.]', ' ON copies.')
        FROM taskcrm_internal.wanted_triggers() w
        WHERE w.tab = fired.tab ORDER BY 1 LOOP
        BEGIN
          EXECUTE definition;
          EXECUTE format('INSERT INTO copies.%1$I SELECT * FROM copies.%1$I LIMIT 1', tab);
          EXECUTE format('UPDATE copies.%1$I SET %2$s', tab, (SELECT string_agg(format('%1$I = %1$I', a.attname), ', ')
            FROM pg_attribute a WHERE a.attrelid = format('copies.%I', tab)::regclass AND a.attnum > 0));
          EXECUTE format('DELETE FROM copies.%I', tab);
          RAISE SQLSTATE 'OK000' USING MESSAGE = 'done';
        EXCEPTION WHEN others THEN
          state := sqlstate;
          message := sqlerrm;
          RETURN NEXT;
        END;
      END LOOP;
      RAISE SQLSTATE 'OK000';
    EXCEPTION WHEN SQLSTATE 'OK000' THEN
      NULL;
    END;
  END LOOP;
END
$$;
\set ECHO all
CREATE TEMP TABLE fired AS
  SELECT 'renamed' AS change, f.* FROM t.fired('ALTER TABLE copies.%1$I RENAME %2$I TO another') f
  UNION ALL SELECT 'text', f.* FROM t.fired('ALTER TABLE copies.%1$I ALTER %2$I TYPE text USING %2$I::text') f
  UNION ALL SELECT 'bytea', f.*
    FROM t.fired('ALTER TABLE copies.%1$I ALTER %2$I TYPE bytea USING repeat($x$x$x$, 20)::bytea') f
  UNION ALL SELECT 'null', f.* FROM t.fired('UPDATE copies.%1$I SET %2$I = NULL') f;
SELECT * FROM fired WHERE state LIKE 'XX%';
SELECT change, state, count(*) > 0 AS some FROM fired GROUP BY 1, 2 ORDER BY 1, 2;
SELECT tab, col, trigger, state, message FROM fired WHERE change IN ('bytea', 'null') AND state <> 'OK000'
  ORDER BY 1, 2, 3, 4;
SELECT t.counts() = :'counts' AS counts, t.checksum(t.id('acme')) = :'checksum' AS checksum;
\set ECHO none
SET client_min_messages = warning;
DROP SCHEMA copies CASCADE;
\i :teardown
