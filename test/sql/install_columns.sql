-- Columns and keys as tc_install() wants them: what it adds and repairs in tables with rows, what
-- it refuses, and what it leaves to users.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
\set ECHO none
\t on
\pset format unaligned
-- Changes the tables, and shows what tc_doctor() finds, what tc_install() says, what tc_doctor()
-- finds then, and a query.  Undoes everything.
CREATE FUNCTION public.repaired(change text, query text DEFAULT NULL) RETURNS SETOF text
  LANGUAGE plpgsql AS $$
DECLARE
  lines text[] := '{}';
  message text;
  hint text;
  detail text;
BEGIN
  BEGIN
    EXECUTE change;
    lines := ARRAY(SELECT 'found: ' || f FROM public.findings() f);
    BEGIN
      CALL taskcrm.tc_install();
    EXCEPTION WHEN others THEN
      GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
      lines := lines || concat_ws(E'\n  ', 'refused: ' || SQLSTATE, message, detail, hint);
    END;
    lines := lines || ARRAY(SELECT 'then: ' || f FROM public.findings() f);
    IF query IS NOT NULL THEN
      EXECUTE format('SELECT $1 || array_agg(q::text) FROM (%s) q', query) INTO lines USING lines;
    END IF;
    RAISE sqlstate 'UNDO0';
  EXCEPTION WHEN sqlstate 'UNDO0' THEN
    NULL;
  END;
  RETURN QUERY SELECT unnest(lines);
END
$$;
CREATE FUNCTION public.findings() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT * FROM (SELECT 'column ' || f FROM taskcrm_internal.doctor_table_columns() f
    UNION ALL SELECT 'key ' || f FROM taskcrm_internal.doctor_keys() f
    UNION ALL SELECT 'index ' || f FROM taskcrm_internal.doctor_indexes() f
    UNION ALL SELECT 'check ' || f FROM taskcrm_internal.doctor_values() f) v (line)
  ORDER BY v.line COLLATE "C"
$$;
SET client_min_messages = warning;
\set ECHO all

-- The registry of columns has the columns of the registry of tables, and no others.
SELECT coalesce(w.tab, r.tab), coalesce(w."column", r."column")
FROM taskcrm_internal.wanted_columns() w
FULL JOIN (SELECT r.tab, unnest(r.fixed || r.changing || r.updatable)::name AS "column"
           FROM taskcrm_internal.table_registry() r) r ON r.tab = w.tab AND r."column" = w."column"
WHERE w.tab IS NULL OR r.tab IS NULL;
SELECT repaired('SELECT 1');

-- Missing columns: with a default, without one, and NOT NULL in tables with and without rows.
SELECT repaired('ALTER TABLE taskcrm.task DROP description, DROP completed_by CASCADE, DROP version, DROP updated_on',
  'SELECT description, completed_by, version, updated_on = now() AS now FROM taskcrm.task');
SELECT repaired('ALTER TABLE taskcrm.task DROP title');
SELECT repaired('ALTER TABLE taskcrm.task RENAME title TO heading');
SELECT repaired('ALTER TABLE taskcrm.account DROP org_id CASCADE');
SELECT repaired('ALTER TABLE taskcrm_internal.stored_answer DROP request');

-- Defaults and NOT NULL that were changed.
SELECT repaired('ALTER TABLE taskcrm.task ALTER status DROP DEFAULT, ALTER priority SET DEFAULT ''Low'', ALTER title SET DEFAULT ''none'';
  ALTER TABLE taskcrm.team ALTER name DROP NOT NULL');
SELECT repaired('ALTER TABLE taskcrm.team ALTER name DROP NOT NULL; UPDATE taskcrm.team SET name = NULL WHERE org_id = id(''org'', 1)');

-- Types, collations and generated columns are not converted.
SELECT repaired('ALTER TABLE taskcrm.contact ALTER last_name TYPE varchar(100)');
SELECT repaired('ALTER TABLE taskcrm.organization ALTER external_id TYPE text');
SELECT repaired('ALTER TABLE taskcrm.task ALTER version DROP DEFAULT, ALTER version ADD GENERATED ALWAYS AS IDENTITY');
SELECT repaired('ALTER TABLE taskcrm.account DROP name; ALTER TABLE taskcrm.account ADD name text NOT NULL GENERATED ALWAYS AS (''a'' || id::text) STORED');

-- Columns, constraints and keys of users are theirs, and so is a column that they made NOT NULL.
SELECT repaired('ALTER TABLE taskcrm.task ADD own_id uuid, ADD own text NOT NULL DEFAULT ''x'', ADD CONSTRAINT own UNIQUE (own, id),
  ADD CONSTRAINT own_check CHECK (own <> '''') NOT VALID;
  CREATE TABLE public.own (id uuid PRIMARY KEY); ALTER TABLE taskcrm.task ADD FOREIGN KEY (own_id) REFERENCES public.own;
  ALTER TABLE taskcrm.account ADD FOREIGN KEY (org_id, id) REFERENCES taskcrm.account;
  ALTER TABLE taskcrm.team_member ALTER user_id SET NOT NULL; ALTER TABLE taskcrm.task ALTER created_by SET NOT NULL',
  'SELECT conname FROM pg_constraint WHERE conname ~ ''own'' AND contype <> ''n'' ORDER BY 1');

-- Keys: missing, renamed, changed, not validated.
SELECT repaired('ALTER TABLE taskcrm.task DROP CONSTRAINT task_pkey CASCADE');
SELECT repaired('ALTER TABLE taskcrm.task RENAME CONSTRAINT task_pkey TO own_pkey;
  ALTER TABLE taskcrm.task RENAME CONSTRAINT task_account_id_fkey TO task_org_fkey;
  ALTER TABLE taskcrm.task_comment DROP CONSTRAINT task_comment_task_id_fkey,
    ADD CONSTRAINT task_comment_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task;
  ALTER TABLE taskcrm.task_attachment DROP CONSTRAINT task_attachment_task_id_fkey,
    ADD CONSTRAINT task_attachment_task_id_fkey FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task ON DELETE CASCADE NOT VALID;
  ALTER TABLE taskcrm_internal.task_text DROP CONSTRAINT task_text_pkey, ADD CONSTRAINT task_text_pkey PRIMARY KEY (task_id)');
-- A key that others refer to.
SELECT repaired('ALTER TABLE taskcrm.task_team DROP CONSTRAINT task_team_team_id_fkey;
  ALTER TABLE taskcrm.team_member DROP CONSTRAINT team_member_team_id_fkey;
  ALTER TABLE taskcrm.team DROP CONSTRAINT team_pkey, ADD CONSTRAINT team_pkey PRIMARY KEY (id);
  CREATE TABLE public.own (team_id uuid REFERENCES taskcrm.team)');
SELECT repaired('DROP INDEX taskcrm.organization_external_id_key');
-- Rows that violate them.
SELECT repaired('ALTER TABLE taskcrm.contact DROP CONSTRAINT contact_account_id_fkey;
  UPDATE taskcrm.contact SET account_id = id(''account'', 77) WHERE id = id(''contact'', 2)');
SELECT repaired('ALTER TABLE taskcrm.task_mention DROP CONSTRAINT task_mention_pkey;
  INSERT INTO taskcrm.task_mention SELECT * FROM taskcrm.task_mention WHERE org_id = id(''org'', 1)');
-- A key of a user that includes no organization.
SELECT repaired('CREATE UNIQUE INDEX own ON taskcrm.account (id);
  ALTER TABLE taskcrm.team ADD own uuid CONSTRAINT own_fkey REFERENCES taskcrm.account (id)');

-- Functions on the row type of a table.
SELECT repaired('CREATE OR REPLACE FUNCTION taskcrm.is_overdue(task taskcrm.task) RETURNS boolean LANGUAGE sql AS ''SELECT true'';
  DROP FUNCTION taskcrm.tc_find_tasks(jsonb)',
  'SELECT proname, provolatile, prosrc ~ ''due_date|org_id'' FROM pg_proc WHERE proname IN (''is_overdue'', ''tc_find_tasks'') ORDER BY 1');

-- A later version: columns with rows to fill, a check and keys.  No trigger fires, and versions of
-- tasks stay.
ALTER FUNCTION taskcrm_internal.wanted_columns() RENAME TO former_columns;
ALTER FUNCTION taskcrm_internal.wanted_keys() RENAME TO former_keys;
CREATE FUNCTION taskcrm_internal.wanted_columns(OUT tab name, OUT "column" name, OUT type text, OUT not_null boolean, OUT value text, OUT fill text)
  RETURNS SETOF record LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM taskcrm_internal.former_columns()
  UNION ALL
  VALUES ('task'::name, 'filled'::name, 'text COLLATE "C"', true, 'DEFAULT ''new''::text', 'upper(title)'),
    ('task', 'estimate', 'integer', false, NULL, NULL),
    ('task', 'half', 'integer', false, 'GENERATED ALWAYS AS ((estimate / 2)) STORED', NULL),
    ('task', 'parent_id', 'uuid', false, NULL, NULL),
    ('task', 'length', 'bigint', true, NULL, 'length(title)')
$$;
CREATE FUNCTION taskcrm_internal.wanted_keys(OUT tab name, OUT key name, OUT definition text)
  RETURNS SETOF record LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT * FROM taskcrm_internal.former_keys()
  UNION ALL
  VALUES ('task'::name, 'task_parent_id_fkey'::name, 'FOREIGN KEY (org_id, parent_id) REFERENCES taskcrm.task(org_id, id)')
$$;
SELECT repaired('CREATE TABLE public.before AS SELECT id, version, updated_on FROM taskcrm.task',
  'SELECT filled, estimate, half, parent_id, length, t.version - b.version, t.updated_on - b.updated_on
   FROM taskcrm.task t JOIN public.before b USING (id) ORDER BY id');
DROP FUNCTION taskcrm_internal.wanted_columns(), taskcrm_internal.wanted_keys();
ALTER FUNCTION taskcrm_internal.former_columns() RENAME TO wanted_columns;
ALTER FUNCTION taskcrm_internal.former_keys() RENAME TO wanted_keys;
SELECT repaired('SELECT 1');

-- Until tc_install() has run, the library meets older tables: a call says what to do.
ALTER TABLE taskcrm.task RENAME due_date TO due;
\connect - regress_ada
SELECT attempt('SELECT taskcrm.tc_list_tasks()');
SELECT attempt($$SELECT taskcrm.tc_create_task('{"title": "t"}')$$);
\connect - :superuser
ALTER TABLE taskcrm.task RENAME due TO due_date;

\set ECHO none
DROP FUNCTION public.repaired(text, text), public.findings();
\i :teardown
