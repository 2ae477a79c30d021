-- Idempotency keys: a repeated call is not executed again.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
CREATE FUNCTION t.rows() RETURNS text LANGUAGE sql SECURITY DEFINER
  AS $$ SELECT format('%s tasks, %s links, %s files, %s answers',
    (SELECT count(*) FROM taskcrm.task WHERE org_id = t.id('acme')),
    (SELECT count(*) FROM taskcrm.task_assignee WHERE org_id = t.id('acme')),
      (SELECT count(*) FROM taskcrm.task_attachment WHERE org_id = t.id('acme') AND task_id IS NOT NULL),
    (SELECT count(*) FROM taskcrm_internal.stored_answer)) $$;
\c - regress_api_alice

-- The same data with the same key returns the same answer and creates one task, whatever the
-- whitespace and the order of members.
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1') AS first \gset
SELECT t.rows();
SELECT taskcrm.tc_create_task(t.json('{"attachments":[{"content":"Zg==","file_name":"f"}],"assigned_to":["{amy}"],"title":"once"}'), 'k1')::text = :'first' AS same;
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1')::text = :'first' AS same;
SELECT taskcrm.tc_get_task((:'first'::json ->> 'id')::uuid) ->> 'task_obj' = :'first' AS it_is_the_task;
SELECT t.rows();
-- Without a key, or with another key, a second task is created.
SELECT count(DISTINCT id)
  FROM (VALUES (:'first'::json ->> 'id'), (taskcrm.tc_create_task('{"title": "once"}', 'k2') ->> 'id'),
  (taskcrm.tc_create_task('{"title": "once"}') ->> 'id')) v (id);
SELECT t.create_task('{"title": "once"}', 'K2') LIKE '{%' AS keys_have_a_case;
SELECT t.rows();

-- Different data with the same key is an error.
SELECT t.create_task('{"title": "twice"}', 'k1');
SELECT t.create_task('{}', 'k1');
SELECT t.create_task('{"title": "once", "assigned_to": ["{amy}"]}', 'k1');
SELECT t.rows();

-- The stored answer does not change when the task is changed or deleted.
SELECT t.know('task', (:'first'::json ->> 'id')::uuid);
SELECT t.update_task('task', '{"title": "changed"}')::json ->> 'version';
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1')::text = :'first' AS same;
SELECT t.call('tc_delete_task', 'task') = '' AS deleted;
SELECT taskcrm.tc_create_task(t.json('{"title": "once", "assigned_to": ["{amy}"], "attachments": [{"file_name": "f", "content": "Zg=="}]}'), 'k1')::text = :'first' AS same;
SELECT t.rows();

-- Keys of other users and other organizations are separate.
\c - regress_api_amy
SELECT t.create_task('{"title": "amy''s"}', 'k1')::json ->> 'title';
\c - regress_api_carl
SELECT set_config('taskcrm.org_id', t.id('acme')::text, false) IS NULL;
SELECT t.create_task('{"title": "carl''s"}', 'k1')::json ->> 'org';
SELECT set_config('taskcrm.org_id', t.id('umbrella')::text, false) IS NULL;
SELECT t.create_task('{"title": "carl''s other"}', 'k1')::json ->> 'org';
\c - regress_api_alice
SELECT t.rows();

-- A call that fails or is rolled back does not use its key.
SELECT t.create_task('{"title": ""}', 'k3');
SELECT t.create_task('{"title": "x", "assigned_to": ["{bob}"]}', 'k3');
SELECT t.create_task('{"title": "x", "attachments": [{"file_name": "f", "content": "?"}]}', 'k3');
BEGIN;
SELECT t.create_task('{"title": "rolled back"}', 'k3') LIKE '{%' AS made;
ROLLBACK;
BEGIN;
SAVEPOINT s;
SELECT t.create_task('{"title": "rolled back"}', 'k3') LIKE '{%' AS made;
ROLLBACK TO s;
SELECT t.create_task('{"title": "third"}', 'k3') LIKE '{%' AS made;
SELECT t.create_task('{"title": "fourth"}', 'k3');
COMMIT;
SELECT t.create_task('{"title": "third"}', 'k3')::json ->> 'title';
SELECT t.rows();

-- Valid and invalid keys.
SELECT t.create_task('{"title": "x"}', '');
SELECT t.create_task('{"title": "x"}', E' \t');
SELECT t.create_task('{"title": "x"}', repeat('k', 256));
SELECT t.create_task('{"title": "x"}', repeat('😀', 256));
SELECT t.create_task('{"title": "x"}', repeat('k', 255)) LIKE '{%';
SELECT t.create_task('{"title": "x"}', repeat('😀', 255)) LIKE '{%';
SELECT t.create_task('{"title": "x"}', ''' OR true --') LIKE '{%';
SELECT t.create_task('{"title": "y"}', ''' OR true --');

-- A key expires after 24 hours, not before; expired answers are removed.
\c - :api_superuser
UPDATE taskcrm_internal.stored_answer SET created_on = now() - interval '23 hours 59 minutes'
  WHERE key = 'k2' AND user_id = t.id('alice');
UPDATE taskcrm_internal.stored_answer SET created_on = now() - interval '24 hours 1 minute'
  WHERE key = 'k3' AND user_id = t.id('alice');
\c - regress_api_alice
SELECT t.create_task('{"title": "other"}', 'k2');
SELECT t.create_task('{"title": "other"}', 'k3')::json ->> 'title';
SELECT t.create_task('{"title": "other"}', 'k3')::json ->> 'title';
SELECT t.create_task('{"title": "third"}', 'k3');
\c - :api_superuser
UPDATE taskcrm_internal.stored_answer SET created_on = now() - interval '25 hours' WHERE org_id = t.id('acme');
INSERT INTO taskcrm_internal.stored_answer (org_id, user_id, key, request, answer, created_on)
  SELECT t.id('acme'), t.id('amy'), 'old ' || n, '', '{}', now() - interval '2 days' FROM generate_series(1, 150) n;
\c - regress_api_alice
SELECT t.create_task('{"title": "x"}', 'k4') LIKE '{%', t.create_task('{"title": "x"}', 'k5') LIKE '{%',
  t.create_task('{"title": "x"}', 'k6') LIKE '{%';
SELECT t.rows();
-- Every function that creates something accepts a key, as its last argument or in the header
-- Idempotency-Key, which PostgREST puts into request.headers.
\c - regress_api_alice
SELECT t.know('task', (taskcrm.tc_create_task('{"title": "keys"}') ->> 'id')::uuid);
-- The two calls of each pair as text; the second is an equivalent spelling of the first.
CREATE TEMP TABLE calls (name text, first text, again text);
INSERT INTO calls VALUES
  ('comment', $$tc_add_task_comment_or_attachment($1, 'Hello @amy', NULL, $2)$$,
   $$tc_add_task_comment_or_attachment(idempotency_key => $2, comment => 'Hello @amy', pk => $1)$$),
  ('link', $$tc_add_task_comment_or_attachment($1, NULL, '{"file_name": "a", "url": "https://x.example/"}', $2)$$,
   $$tc_add_task_comment_or_attachment($1, NULL, '{"url":"https://x.example/","file_name":"a"}', $2)$$),
  ('file', $$tc_add_task_attachment($1, 'a.txt', 'abc', 'text/plain', $2)$$,
   $$tc_add_task_attachment($1, 'a.txt', '\x616263', 'text/plain', $2)$$),
  ('tasks', $$tc_create_tasks('[{"title": "a"}, {"title": "b"}]', $2)$$,
    $$tc_create_tasks('[{"title":"a"},{"title":"b"}]', $2)$$),
  ('account', $$tc_create_account('New', $2)$$, $$tc_create_account(name => 'New', idempotency_key => $2)$$),
  ('contact', $$tc_create_contact('New', NULL, 'n@x.example', NULL, $2)$$,
   $$tc_create_contact('New', email => 'n@x.example', idempotency_key => $2)$$),
  ('team', $$tc_create_team('New', $2)$$, $$tc_create_team(name => 'New', idempotency_key => $2)$$);
CREATE FUNCTION pg_temp.run(call text, key text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  answer text;
BEGIN
  EXECUTE 'SELECT taskcrm.' || replace(replace(call, '$1', quote_literal(t.id('task'))), '$2', quote_nullable(key))
    INTO answer;
  RETURN answer;
EXCEPTION WHEN others THEN
  RETURN sqlstate || ' ' || sqlerrm;
END
$$;
CREATE FUNCTION pg_temp.by_header(call text, key text) RETURNS text LANGUAGE sql AS $$
  SELECT set_config('request.headers', json_build_object('idempotency-key', key)::text, true);
  SELECT pg_temp.run(call, NULL) $$;
SELECT t.counts() AS before \gset
SELECT name, pg_temp.run(first, name) LIKE '%"id":"%' AS made,
  pg_temp.run(first, name) = pg_temp.run(again, name) AS same FROM calls;
SELECT t.counts() AS after \gset
SELECT * FROM regexp_split_to_table(:'after', ' ') EXCEPT SELECT * FROM regexp_split_to_table(:'before', ' ')
  ORDER BY 1;
-- Keys in the header: the same keys return the same answers. Each call is a transaction, as in
-- requests.
SELECT format('SELECT %L AS name, pg_temp.by_header(%L, %1$L) = pg_temp.run(%L, %1$L) AS same', name, again, first)
  FROM calls \gexec
SELECT t.counts() = :'after' AS nothing_more;
-- A key applies to one operation on one object.
SELECT name, pg_temp.run(first, 'comment') LIKE '{%' AS known, pg_temp.run(first, 'comment') LIKE 'PT422 %' AS refused
  FROM calls;
SELECT pg_temp.run($$tc_add_task_comment_or_attachment($1, 'Hello @ann', NULL, $2)$$, 'comment');
SELECT pg_temp.run($$tc_add_task_comment_or_attachment('0b000000-0000-4000-8000-000000007a01', 'Hello @amy', NULL,
  $2)$$, 'comment');
SELECT pg_temp.run($$tc_add_task_attachment($1, 'b.txt', 'abc', 'text/plain', $2)$$, 'file');
SELECT pg_temp.run($$tc_add_task_attachment($1, 'a.txt', 'abd', 'text/plain', $2)$$, 'file');
SELECT pg_temp.run($$tc_add_task_attachment($1, 'a.txt', 'abc', 'text/html', $2)$$, 'file');
SELECT pg_temp.run($$tc_create_contact('New', 'n@x.example', NULL, NULL, $2)$$, 'contact');
SELECT DISTINCT pg_temp.run(first, ' ') FROM calls;
SELECT pg_temp.by_header(first, repeat('k', 256)) FROM calls WHERE name = 'team';
SELECT t.counts() = :'after' AS nothing_more;
-- Several calls in one transaction with one header, as in an application's function: each is a
-- separate call, and all are recognized when the transaction is repeated.
SELECT t.rows() AS before \gset
BEGIN;
SELECT set_config('request.headers', '{"idempotency-key": "one request"}', true) IS NULL;
SELECT taskcrm.tc_create_task('{"title": "a"}')::text || taskcrm.tc_create_task('{"title": "a"}')
  || taskcrm.tc_create_task('{"title": "b"}') AS first \gset
SELECT coalesce(current_setting('response.headers', true), '') = '' AS no_replay;
COMMIT;
BEGIN;
SELECT set_config('request.headers', '{"idempotency-key": "one request"}', true) IS NULL;
SELECT taskcrm.tc_create_task('{"title": "a"}')::text || taskcrm.tc_create_task('{"title": "a"}')
  || taskcrm.tc_create_task('{"title": "b"}') = :'first' AS same;
-- The response headers of PostgREST report a repeated answer.
SELECT current_setting('response.headers');
COMMIT;
SELECT :'before' AS before, t.rows() AS after;
-- Headers that the application has already set are kept.
BEGIN;
SELECT set_config('request.headers', '{"idempotency-key": "one request"}', true) IS NULL,
  set_config('response.headers', '[{"x-mine": "1"}]', true) IS NULL;
SELECT taskcrm.tc_create_task('{"title": "a"}') ->> 'title';
SELECT current_setting('response.headers');
COMMIT;
-- A header that is not a string is ignored.
BEGIN;
SELECT set_config('request.headers', '{"idempotency-key": 5}', true) IS NULL;
SELECT taskcrm.tc_create_task('{"title": "a"}') ->> 'title';
COMMIT;
-- A call without a key removes expired answers, too.
\c - :api_superuser
UPDATE taskcrm_internal.stored_answer SET created_on = now() - interval '25 hours' WHERE org_id = t.id('acme');
\c - regress_api_alice
DO $$
BEGIN
  FOR i IN 1 .. 5000 LOOP
    PERFORM taskcrm.tc_update_task(t.id('task'), '{}');
    EXIT WHEN t.rows() LIKE '% 0 answers';
  END LOOP;
END
$$;
\c - :api_superuser
SELECT count(*) FROM taskcrm_internal.stored_answer WHERE org_id = t.id('acme');
\c - regress_api_alice
-- Clients cannot read stored answers; deleting the organization deletes them.
SELECT t.try('SELECT * FROM taskcrm_internal.stored_answer');
\c - :api_superuser
SELECT taskcrm.tc_delete_organization(t.id('acme'));
SELECT t.rows();

\set ECHO none
\i :teardown
