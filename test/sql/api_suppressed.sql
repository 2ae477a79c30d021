-- A user-defined trigger that returns NULL, or a rule DO INSTEAD NOTHING: a call that would write
-- the row fails with 09000, names the table, and leaves no rows. The test first records by triggers
-- which rows each call writes, then suppresses each of them in turn.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
SELECT taskcrm.tc_grant_access('regress_api_alice', write => true);
GRANT DELETE ON taskcrm.task_team, taskcrm.task_comment TO regress_api_alice;
\c - regress_api_alice
SELECT t.create_task('{"title": "task", "account": "{northwind}", "contacts": ["{lee}", "{kim}"], "assigned_to": ["{amy}", "{ann}"], "teams": ["{ops}", "{sales}"],
  "attachments": [{"file_name": "f", "content": "MQ=="}]}');
SELECT t.know('task', id) FROM taskcrm.task;
SELECT t.comment('task', 'hello @amy and @ann');
SELECT t.know('comment', id) FROM taskcrm.task_comment;
SELECT t.know('file', id) FROM taskcrm.task_attachment;
SELECT t.create_task('{"title": "binned", "contacts": ["{lee}"], "assigned_to": ["{amy}"], "teams": ["{ops}"], "attachments": [{"file_name": "f", "content": "MQ=="}]}');
SELECT t.know('binned', id) FROM taskcrm.task WHERE title = 'binned';
SELECT t.comment('binned', 'hello @amy');
SELECT taskcrm.tc_delete_task(t.id('binned'));
SELECT taskcrm.tc_add_team_member(t.id('ops'), t.id('amy'));
SELECT taskcrm.tc_create_task('{"title": "kept"}', 'old');
\c - :api_superuser
SET client_min_messages = warning;
UPDATE taskcrm.contact SET account_id = t.id('northwind') WHERE id = t.id('lee');
SELECT taskcrm.tc_add_jwt_key('k', 'HS256', 'a secret of at least thirty-two bytes');
CREATE ROLE regress_api_new LOGIN;
CREATE ROLE regress_api_gate LOGIN;
SELECT taskcrm.tc_trust_gateway('regress_api_gate');
UPDATE taskcrm_internal.stored_answer SET created_on = now() - interval '2 days' WHERE key = 'old';

CREATE TABLE t.op (n serial, who name, op text, statement text);
INSERT INTO t.op (who, op, statement) VALUES
  ('regress_api_alice', 'create_task',
    $$SELECT taskcrm.tc_create_task('{"title": "x", "contacts": ["{lee}", "{kim}"], "assigned_to": ["{amy}", "{ann}"], "teams": ["{ops}"], "attachments": [{"file_name": "f", "content": "MQ=="}, {"file_name": "g", "url": "https://example.org/"}]}', 'key')$$),
  ('regress_api_alice', 'create_task, key expired', $$SELECT taskcrm.tc_create_task('{"title": "x"}', 'old')$$),
  ('regress_api_alice', 'create_tasks',
    $$SELECT taskcrm.tc_create_tasks('[{"title": "x", "teams": ["{ops}"]}, {"title": "y", "contacts": ["{lee}"], "assigned_to": ["{amy}"]}]')$$),
  ('regress_api_alice', 'create_task over HTTP', $$SELECT CASE WHEN status = 201 THEN 'ok' END
    FROM taskcrm.tc_http_request('POST', '/api/tasks/', body => '{"title": "x", "teams": ["{ops}"]}')$$),
  ('regress_api_alice', 'update_task',
    $$SELECT taskcrm.tc_update_task('{task}', '{"title": "new", "account": null}')$$),
  ('regress_api_alice', 'update_task, links',
    $$SELECT taskcrm.tc_update_task('{task}',
    '{"contacts": ["{lee}"], "assigned_to": ["{ann}", "{carl}"], "teams": []}')$$),
  ('regress_api_alice', 'delete_task', $$SELECT taskcrm.tc_delete_task('{task}')$$),
  ('regress_api_alice', 'add_task_comment_or_attachment',
    $$SELECT taskcrm.tc_add_task_comment_or_attachment('{task}', 'hi @amy and @ann',
    '{"file_name": "f", "content": "MQ=="}')$$),
  ('regress_api_alice', 'add_task_attachment', $$SELECT taskcrm.tc_add_task_attachment('{task}', 'f', 'x')$$),
  ('regress_api_alice', 'edit_task_comment', $$SELECT taskcrm.tc_edit_task_comment('{comment}', 'hi @ann and @carl')$$),
  ('regress_api_alice', 'restore_task', $$SELECT taskcrm.tc_restore_task('{binned}')$$),
  ('regress_api_alice', 'delete_task_comment', $$SELECT taskcrm.tc_delete_task_comment('{comment}')$$),
  ('regress_api_alice', 'delete_task_attachment', $$SELECT taskcrm.tc_delete_task_attachment('{file}')$$),
  ('regress_api_alice', 'create_account', $$SELECT taskcrm.tc_create_account('x')$$),
  ('regress_api_alice', 'update_account', $$SELECT taskcrm.tc_update_account('{northwind}', '{"name": "x"}')$$),
  ('regress_api_alice', 'delete_account', $$SELECT taskcrm.tc_delete_account('{northwind}')$$),
  ('regress_api_alice', 'create_contact', $$SELECT taskcrm.tc_create_contact('x')$$),
  ('regress_api_alice', 'update_contact', $$SELECT taskcrm.tc_update_contact('{lee}', '{"first_name": "x"}')$$),
  ('regress_api_alice', 'delete_contact', $$SELECT taskcrm.tc_delete_contact('{lee}')$$),
  ('regress_api_alice', 'create_team', $$SELECT taskcrm.tc_create_team('x')$$),
  ('regress_api_alice', 'update_team', $$SELECT taskcrm.tc_update_team('{ops}', '{"name": "x"}')$$),
  ('regress_api_alice', 'delete_team', $$SELECT taskcrm.tc_delete_team('{ops}')$$),
  ('regress_api_alice', 'add_team_member', $$SELECT taskcrm.tc_add_team_member('{ops}', '{ann}')$$),
  ('regress_api_alice', 'remove_team_member', $$SELECT taskcrm.tc_remove_team_member('{ops}', '{amy}')$$),
  ('regress_api_alice', 'remove_member', $$SELECT taskcrm.tc_remove_member('{amy}')$$),
  ('regress_api_alice', 'a link by table', $$INSERT INTO taskcrm.task_team (task_id, team_id) SELECT task_id, '{hr}'
    FROM taskcrm.task_team LIMIT 1 RETURNING 1$$),
  ('regress_api_alice', 'a comment by table', $$INSERT INTO taskcrm.task_comment (task_id, comment)
    VALUES ('{task}', 'hi @amy') RETURNING 1$$),
  ('regress_api_alice', 'an edit by table', $$UPDATE taskcrm.task_comment SET comment = 'hi @carl' RETURNING 1$$),
  ('super', 'create_organization', $$SELECT taskcrm.tc_create_organization('x')$$),
  ('super', 'create_user', $$SELECT taskcrm.tc_create_user('x@x.example')$$),
  ('super', 'add_member', $$SELECT taskcrm.tc_add_member('{acme}', '{nemo}')$$),
  ('super', 'add_member, again', $$SELECT taskcrm.tc_add_member('{acme}', '{amy}', 'admin')$$),
  ('super', 'delete_organization', $$SELECT taskcrm.tc_delete_organization('{acme}')$$),
  ('super', 'add_jwt_key', $$SELECT taskcrm.tc_add_jwt_key('l', 'HS256', 'a secret of at least thirty-two bytes')$$),
  ('super', 'remove_jwt_key', $$SELECT taskcrm.tc_remove_jwt_key('k')$$),
  ('super', 'link_login', $$SELECT taskcrm.tc_link_login('regress_api_new', '{nemo}')$$),
  ('super', 'link_login, again', $$SELECT taskcrm.tc_link_login('regress_api_nemo', '{amy}')$$),
  ('super', 'unlink_login', $$SELECT taskcrm.tc_unlink_login('regress_api_nemo')$$),
  ('super', 'trust_gateway', $$SELECT taskcrm.tc_trust_gateway('regress_api_new')$$),
  ('super', 'trust_gateway, again', $$SELECT taskcrm.tc_trust_gateway('regress_api_gate')$$),
  ('super', 'distrust_gateway', $$SELECT taskcrm.tc_distrust_gateway('regress_api_gate')$$);
GRANT SELECT ON t.op TO PUBLIC;
SELECT t.know('hr', '0a000000-0000-4000-8000-00000000ea03');
INSERT INTO taskcrm.team (org_id, id, name) VALUES (t.id('acme'), t.id('hr'), 'HR');

-- Triggers after each row record what is written.
CREATE TABLE t.written (tab name, command text);
CREATE FUNCTION t.note() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  INSERT INTO t.written VALUES (tg_table_name, tg_op);
  RETURN NULL;
END
$$;
CREATE FUNCTION t.suppress() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE FUNCTION t.add_notes() RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
  tab name;
BEGIN
  FOR tab IN SELECT relname FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind IN ('r', 'p') LOOP
    EXECUTE format('CREATE TRIGGER note AFTER INSERT OR UPDATE OR DELETE ON %s FOR EACH ROW EXECUTE FUNCTION t.note()', taskcrm_internal.qualified_name(tab));
  END LOOP;
END
$$;
CREATE FUNCTION t.add_suppressor(tab name, command text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  EXECUTE format('CREATE TRIGGER zz_suppress BEFORE %s ON %s FOR EACH ROW EXECUTE FUNCTION t.suppress()',
    command, taskcrm_internal.qualified_name(tab));
END
$$;
CREATE FUNCTION t.writes() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
  SELECT string_agg(DISTINCT tab || ' ' || command, ', ' ORDER BY tab || ' ' || command) FROM t.written
  -- Folding counters and removing expired answers is left to chance.
  WHERE command <> 'DELETE' OR tab NOT IN ('task_count', 'stored_answer')
$$;
-- Runs a statement and rolls it back; returns what it wrote, or its error.
CREATE FUNCTION t.record(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  PERFORM t.add_notes();
  EXECUTE statement INTO result;
  RAISE '%', t.writes();
EXCEPTION WHEN others THEN
  RETURN CASE WHEN sqlstate = 'P0001' THEN sqlerrm ELSE 'failed: ' || sqlerrm END;
END
$$;
CREATE FUNCTION t.add_rule(tab name, command text) RETURNS void LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
  EXECUTE format('CREATE RULE zz_suppress AS ON %s TO %s DO INSTEAD NOTHING', command, taskcrm_internal.qualified_name(tab));
END
$$;
CREATE FUNCTION t.suppressed(statement text, tab name, command text, by_rule boolean) RETURNS text
  LANGUAGE plpgsql AS $$
DECLARE
  result text;
BEGIN
  IF by_rule THEN
    PERFORM t.add_rule(tab, command);
  ELSE
    PERFORM t.add_suppressor(tab, command);
  END IF;
  EXECUTE statement INTO result;
  RAISE 'claims success: %', result;
EXCEPTION WHEN others THEN
  RETURN sqlstate || ' ' || sqlerrm;
END
$$;
CREATE FUNCTION t.matrix(asked name, by_rule boolean, OUT op text, OUT writes text, OUT wrong text) RETURNS SETOF record
  LANGUAGE plpgsql AS $$
DECLARE
  o record;
  part text;
  result text;
BEGIN
  FOR o IN SELECT * FROM t.op WHERE who = asked ORDER BY n LOOP
    op := o.op;
    writes := t.record(t.ids(o.statement));
    wrong := NULL;
    FOREACH part IN ARRAY string_to_array(writes, ', ') LOOP
      -- What a client itself writes by table is its trigger's to suppress.
      CONTINUE WHEN op LIKE '%by table' AND t.ids(o.statement) LIKE '%taskcrm.' || split_part(part, ' ', 1) || ' %'
        AND o.statement LIKE split_part(part, ' ', 2) || '%';
      result := t.suppressed(t.ids(o.statement), split_part(part, ' ', 1), split_part(part, ' ', 2), by_rule);
      -- What the server itself refuses on a table with rules.
      CONTINUE WHEN by_rule AND starts_with(result, '0A000 ');
      IF result IS DISTINCT FROM format('09000 a trigger on table "%s" suppressed a row', split_part(part, ' ', 1)) THEN
        wrong := concat_ws(E'\n  ', wrong, part || ': ' || t.show(result));
      END IF;
    END LOOP;
    RETURN NEXT;
  END LOOP;
END
$$;
SELECT t.counts() AS counts, t.checksum(t.id('acme')) AS checksum \gset
\o
\c - regress_api_alice
SELECT op || ': ' || writes, wrong FROM t.matrix('regress_api_alice', by_rule => false);
SELECT op, wrong FROM t.matrix('regress_api_alice', by_rule => true) WHERE wrong <> '' OR writes LIKE 'failed%';
\c - :api_superuser
SELECT op || ': ' || writes, wrong FROM t.matrix('super', by_rule => false);
SELECT op, wrong FROM t.matrix('super', by_rule => true) WHERE wrong <> '' OR writes LIKE 'failed%';
SELECT t.counts() = :'counts' AS counts, t.checksum(t.id('acme')) = :'checksum' AS checksum;

-- The next call with a key removes expired answers.
UPDATE taskcrm_internal.stored_answer SET created_on = now() - interval '2 days';
CREATE TRIGGER suppress BEFORE DELETE ON taskcrm_internal.stored_answer FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_alice
SELECT t.create_task('{"title": "x"}', 'new');
\c - :api_superuser
DROP TRIGGER suppress ON taskcrm_internal.stored_answer;
-- User-defined triggers that suppress nothing do not change answers, and the values they set are
-- shown.
CREATE FUNCTION t.also() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF new.team_id = t.id('ops') THEN
    INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
      VALUES (new.org_id, new.task_id, t.id('sales'), new.created_on);
  END IF;
  RETURN new;
END
$$;
CREATE TRIGGER also BEFORE INSERT ON taskcrm.task_team FOR EACH ROW EXECUTE FUNCTION t.also();
GRANT USAGE ON SCHEMA t TO regress_api_owner;
GRANT SELECT ON t.known TO regress_api_owner;
\c - regress_api_alice
SELECT t.create_task('{"title": "x", "teams": ["{ops}"]}')::json ->> 'teams';
-- Errors are the same with and without a trigger.
\c - :api_superuser
CREATE TRIGGER suppress BEFORE UPDATE OR DELETE ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION t.suppress();
CREATE TRIGGER suppress BEFORE UPDATE OR DELETE ON taskcrm.task_comment FOR EACH ROW EXECUTE FUNCTION t.suppress();
\c - regress_api_ann
SELECT t.call('tc_delete_task', 'task');
SELECT t.call('tc_delete_task', 'unknown');
SELECT t.call('tc_delete_task', 'b_task');
SELECT t.call('tc_delete_task_comment', 'comment');
\c - regress_api_bob
SELECT t.call('tc_delete_task', 'task');
SELECT t.call('tc_delete_task_comment', 'comment');

\set ECHO none
\c - :api_superuser
DROP ROLE regress_api_new, regress_api_gate;
\i :teardown
