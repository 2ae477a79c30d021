-- Setup for the api_* tests: a separate database, two organizations that share one user, login
-- roles, fixed ids, and helpers that hide values that differ from run to run.
--
--   Acme      alice (admin), amy, ann, ida (inactive), carl
--   Umbrella  bob (admin), una, carl
--   nemo is a user in neither organization; stranger is a login without a user.
SELECT current_user AS api_superuser \gset
\set teardown :test_dir '/sql/include/api_teardown.sql'
SET client_min_messages = warning;
CREATE DATABASE regress_api TEMPLATE template0 ENCODING 'UTF8' LOCALE 'C';
\c regress_api
SET client_min_messages = warning;
\o /dev/null
CREATE EXTENSION taskcrm;
CREATE ROLE regress_api_owner NOLOGIN;
CALL taskcrm.tc_install(owner => 'regress_api_owner');

-- Names of ids, as the output shows them.
CREATE SCHEMA t;
CREATE TABLE t.known (name text PRIMARY KEY, id uuid NOT NULL UNIQUE);
INSERT INTO t.known VALUES
  ('acme', '0a000000-0000-4000-8000-000000000001'),
  ('umbrella', '0b000000-0000-4000-8000-000000000001'),
  ('alice', '0a000000-0000-4000-8000-0000000000a1'),
  ('amy', '0a000000-0000-4000-8000-0000000000a2'),
  ('ann', '0a000000-0000-4000-8000-0000000000a3'),
  ('ida', '0a000000-0000-4000-8000-0000000000a4'),
  ('carl', '0c000000-0000-4000-8000-0000000000c1'),
  ('bob', '0b000000-0000-4000-8000-0000000000b1'),
  ('una', '0b000000-0000-4000-8000-0000000000b2'),
  ('nemo', '0f000000-0000-4000-8000-0000000000f1'),
  ('northwind', '0a000000-0000-4000-8000-0000000acc01'),
  ('contoso', '0a000000-0000-4000-8000-0000000acc02'),
  ('lee', '0a000000-0000-4000-8000-000000c0a001'),
  ('kim', '0a000000-0000-4000-8000-000000c0a002'),
  ('sales', '0a000000-0000-4000-8000-00000000ea01'),
  ('ops', '0a000000-0000-4000-8000-00000000ea02'),
  ('b_account', '0b000000-0000-4000-8000-0000000acc01'),
  ('b_contact', '0b000000-0000-4000-8000-000000c0a001'),
  ('b_team', '0b000000-0000-4000-8000-00000000ea01'),
  ('b_task', '0b000000-0000-4000-8000-000000007a01'),
  ('b_comment', '0b000000-0000-4000-8000-00000000c001'),
  ('b_file', '0b000000-0000-4000-8000-00000000f001'),
  ('unknown', '0e000000-0000-4000-8000-000000000001');

CREATE FUNCTION t.id(name text) RETURNS uuid LANGUAGE sql STABLE
  BEGIN ATOMIC SELECT k.id FROM t.known k WHERE k.name = $1; END;

-- Replaces names in a text with ids: {alice} becomes the id of alice.
CREATE FUNCTION t.ids(value text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  k record;
BEGIN
  FOR k IN SELECT * FROM t.known LOOP
    value := replace(value, '{' || k.name || '}', k.id::text);
  END LOOP;
  RETURN value;
END
$$;
CREATE FUNCTION t.json(value text) RETURNS jsonb LANGUAGE sql STABLE
  AS $$ SELECT t.ids(value)::jsonb $$;

-- Masks values that differ from run to run: known ids are shown by name, other ids and times as
-- placeholders.
CREATE FUNCTION t.show(value text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  k record;
BEGIN
  FOR k IN SELECT * FROM t.known LOOP
    value := replace(value, k.id::text, k.name);
  END LOOP;
  value := regexp_replace(value, '[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}', 'ID', 'g');
  RETURN regexp_replace(value, '20(2[4-9]|[3-9]\d)-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{6})?Z', 'TIME', 'g');
END
$$;

-- Runs a statement and returns its result, or SQLSTATE, message, detail and hint of its error.
CREATE FUNCTION t.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  result text;
  message text;
  detail text;
  hint text;
BEGIN
  EXECUTE statement INTO result;
  RETURN t.show(coalesce(result, 'null'));
EXCEPTION WHEN others THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN t.show(concat_ws(' | ', sqlstate, message, nullif(detail, ''), nullif(hint, '')));
END
$$;

-- The API calls that most tests use, with names in place of ids.
CREATE FUNCTION t.create_task(task_data text, key text DEFAULT NULL) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_create_task(%L, %L)', t.json(task_data), key)) $$;
CREATE FUNCTION t.update_task(task text, task_data text) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_update_task(%L, %L)', t.id(task), t.json(task_data))) $$;
CREATE FUNCTION t.get_task(task text) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_get_task(%L)', t.id(task))) $$;
CREATE FUNCTION t.call(name text, id text) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.%I(%L)', name, t.id(id))) $$;
CREATE FUNCTION t.comment(task text, comment text) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %L)', t.id(task), comment)) $$;
CREATE FUNCTION t.attach(task text, attachment text) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, NULL, %L)', t.id(task), attachment)) $$;

-- The number of rows in each table, without the bin, and a checksum of all rows of an organization.
CREATE FUNCTION t.counts() RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE
  tab name;
  n bigint;
  result text := '';
BEGIN
  FOR tab IN SELECT relname FROM pg_class
    WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r' AND relname NOT IN ('task_count', 'event', 'event_generation', 'event_purge', 'webhook', 'deleted_task') ORDER BY relname COLLATE "C"
  LOOP
    EXECUTE format('SELECT count(*) FROM %s %s', taskcrm_internal.qualified_name(tab),
      CASE tab WHEN 'task_attachment' THEN 'WHERE task_id IS NOT NULL' WHEN 'task_attachment_content' THEN 'WHERE NOT in_bin' END) INTO n;
    result := result || format('%s=%s ', tab, n);
  END LOOP;
  -- Of the counters the sum means something, how many rows it has does not.
  SELECT coalesce(sum(c.n), 0) INTO n FROM taskcrm_internal.task_count c;
  result := result || format('counted=%s', n);
  RETURN result;
END
$$;
CREATE FUNCTION t.checksum(org uuid) RETURNS text LANGUAGE plpgsql STABLE SECURITY DEFINER AS $$
DECLARE
  tab name;
  part text;
  result text := '';
BEGIN
  FOR tab IN SELECT c.relname FROM pg_class c
    WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r'
      AND EXISTS (SELECT FROM pg_attribute WHERE attrelid = c.oid AND attname = 'org_id')
    ORDER BY c.relname
  LOOP
    EXECUTE format('SELECT md5(coalesce(string_agg(r::text, E''\n'' ORDER BY r::text COLLATE "C"), ''''))'
                   ' FROM %s r WHERE org_id = $1', taskcrm_internal.qualified_name(tab)) INTO part USING org;
    result := result || part;
  END LOOP;
  RETURN md5(result);
END
$$;
GRANT USAGE ON SCHEMA t TO PUBLIC;
GRANT SELECT ON t.known TO PUBLIC;

SELECT taskcrm.tc_create_organization('Acme', t.id('acme')),
  taskcrm.tc_create_organization('Umbrella', t.id('umbrella'));
SELECT taskcrm.tc_create_user(n || '@acme.example', initcap(n), t.id(n))
  FROM unnest(ARRAY['alice', 'amy', 'ann', 'ida']) n;
SELECT taskcrm.tc_create_user('carl@both.example', 'Carl', t.id('carl')),
  taskcrm.tc_create_user('bob@umbrella.example', 'Bob CANARY', t.id('bob')),
  taskcrm.tc_create_user('una@umbrella.example', 'Una CANARY', t.id('una')),
  taskcrm.tc_create_user('nemo@nowhere.example', 'Nemo', t.id('nemo'));
SELECT taskcrm.tc_add_member(t.id('acme'), t.id(n), CASE n WHEN 'alice' THEN 'admin' ELSE 'member' END)
  FROM unnest(ARRAY['alice', 'amy', 'ann', 'ida', 'carl']) n;
SELECT taskcrm.tc_add_member(t.id('umbrella'), t.id(n), CASE n WHEN 'bob' THEN 'admin' ELSE 'member' END)
  FROM unnest(ARRAY['bob', 'una', 'carl']) n;
UPDATE taskcrm.member SET is_active = false WHERE user_id = t.id('ida');

CREATE ROLE regress_api_alice LOGIN;
CREATE ROLE regress_api_amy LOGIN;
CREATE ROLE regress_api_ann LOGIN;
CREATE ROLE regress_api_ida LOGIN;
CREATE ROLE regress_api_carl LOGIN;
CREATE ROLE regress_api_bob LOGIN;
CREATE ROLE regress_api_nemo LOGIN;
CREATE ROLE regress_api_stranger LOGIN;
SELECT taskcrm.tc_grant_access(r.rolname) FROM pg_roles r WHERE r.rolname LIKE 'regress\_api\_%' AND r.rolcanlogin;
SELECT taskcrm.tc_link_login(('regress_api_' || n)::name, t.id(n))
  FROM unnest(ARRAY['alice', 'amy', 'ann', 'ida', 'carl', 'bob', 'nemo']) n;

INSERT INTO taskcrm.account (org_id, id, name) VALUES
  (t.id('acme'), t.id('northwind'), 'Northwind'), (t.id('acme'), t.id('contoso'), 'Contoso'),
  (t.id('umbrella'), t.id('b_account'), 'CANARY account');
INSERT INTO taskcrm.contact (org_id, id, first_name, last_name) VALUES
  (t.id('acme'), t.id('lee'), 'Ann', 'Lee'), (t.id('acme'), t.id('kim'), 'Bo', 'Kim'),
  (t.id('umbrella'), t.id('b_contact'), 'CANARY', 'contact');
INSERT INTO taskcrm.team (org_id, id, name) VALUES
  (t.id('acme'), t.id('sales'), 'Sales'), (t.id('acme'), t.id('ops'), 'Ops'),
  (t.id('umbrella'), t.id('b_team'), 'CANARY team');
INSERT INTO taskcrm.task (org_id, id, title, description, account_id, created_by, created_on, updated_on) VALUES
  (t.id('umbrella'), t.id('b_task'), 'CANARY task', 'CANARY description', t.id('b_account'), t.id('bob'),
   '2023-03-01 00:00Z', '2023-03-01 00:00Z');
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id) VALUES (t.id('umbrella'), t.id('b_task'), t.id('b_contact'));
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) VALUES (t.id('umbrella'), t.id('b_task'), t.id('bob'));
INSERT INTO taskcrm.task_team (org_id, task_id, team_id) VALUES (t.id('umbrella'), t.id('b_task'), t.id('b_team'));
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by, commented_on) VALUES
  (t.id('umbrella'), t.id('b_comment'), t.id('b_task'), 'CANARY comment', t.id('bob'), '2023-03-01 00:00Z');
INSERT INTO taskcrm.task_mention VALUES (t.id('umbrella'), t.id('b_comment'), t.id('una'));
INSERT INTO taskcrm.task_attachment (org_id, id, task_id, file_name, content_type, size, sha256, created_by, created_on) VALUES
  (t.id('umbrella'), t.id('b_file'), t.id('b_task'), 'CANARY.txt', 'text/plain', 6, sha256('CANARY'), t.id('bob'), '2023-03-01 00:00Z');
INSERT INTO taskcrm.task_attachment_content VALUES (t.id('umbrella'), t.id('b_file'), 'CANARY');

-- Each test creates the task of Acme that it works on, under a name of its choice.
CREATE FUNCTION t.know(known_name text, known_id uuid) RETURNS void LANGUAGE sql SECURITY DEFINER
  AS $$ INSERT INTO t.known VALUES (known_name, known_id)
        ON CONFLICT (name) DO UPDATE SET id = excluded.id $$;
\o
\c - regress_api_alice
\t on
\pset format unaligned
\pset null '(null)'
\set ECHO all
