-- Exports organizations and persons, and erases persons.  An administrator may grant these
-- functions to a provisioning role; clients execute only tc_export_organization(), for admins.
--
-- An export does not depend on the settings of the session.

CREATE FUNCTION taskcrm.tc_export_organization(org_id uuid DEFAULT NULL) RETURNS SETOF json
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000
  AS 'MODULE_PATHNAME', 'tc_export_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_export_organization(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_export_organization(uuid) IS
  'Return everything of an organization, by default the current one, as JSON, one object for each row. For admins and provisioning.';

CREATE FUNCTION taskcrm.tc_export_user(user_id uuid) RETURNS SETOF json
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000
  AS 'MODULE_PATHNAME', 'tc_export_user';
REVOKE ALL ON FUNCTION taskcrm.tc_export_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_export_user(uuid) IS
  'Return all rows that name a user as JSON, one object for each row.';

-- The mentions of one email in a text.  handle_too: also those that name only the part
-- before @.  A mention ends where an email and a name would.
CREATE FUNCTION taskcrm_internal.without_mentions(content text, email text, handle_too boolean) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT regexp_replace(content,
    '(^|[^[:alnum:]_.@%+-])@(' || concat_ws('|', e.escaped, CASE WHEN handle_too THEN e.handle END)
    || ')(?![[:alnum:]_@%+-]|[.][[:alnum:]])', '\1@erased', 'gi')
  FROM (SELECT regexp_replace(email, '([^[:alnum:]@])', '\\\1', 'g') AS escaped,
          regexp_replace(regexp_replace(email, '@[^@]*$', ''), '([^[:alnum:]])', '\\\1', 'g') AS handle) e
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.without_mentions(text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.without_mentions(text, text, boolean) IS
  'A text in which the mentions of an email are replaced with @erased.';

CREATE FUNCTION taskcrm.tc_erase_user(user_id uuid, OUT tab text, OUT action text, OUT rows bigint) RETURNS SETOF record
  LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_erase_user';
REVOKE ALL ON FUNCTION taskcrm.tc_erase_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_erase_user(uuid) IS
  'Remove name, email, logins and mentions of a user, whose tasks and comments remain, and report what was changed.';

-- The tables of an export, parents before their children, as the registry has them.
CREATE FUNCTION taskcrm_internal.exported_tables() RETURNS SETOF name
  LANGUAGE sql IMMUTABLE ROWS 15 SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tab FROM taskcrm_internal.table_registry() r WHERE r.readable OR r.tab IN ('task_view', 'deleted_task')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.exported_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.exported_tables() IS 'The tables of an export, parents before their children.';

-- What is wrong with a line of an export; NULL if nothing.
CREATE FUNCTION taskcrm_internal.line_problem(line json, org uuid) RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tab text;
  key text;
  unknown text;
BEGIN
  IF line IS NULL OR json_typeof(line) <> 'object' OR json_typeof(line -> 'row') IS DISTINCT FROM 'object'
     OR json_typeof(line -> 'table') IS DISTINCT FROM 'string'
     OR (SELECT count(*) FROM json_object_keys(line)) <> 2 THEN
    RETURN 'It must be an object with the members "table" and "row".';
  END IF;
  tab := line ->> 'table';
  IF tab NOT IN (SELECT t FROM taskcrm_internal.exported_tables() t) THEN
    RETURN format('There is no table "%s" in an export.', left(tab, 63));
  END IF;
  SELECT k INTO unknown FROM json_object_keys(line -> 'row') k
  WHERE NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass(taskcrm_internal.qualified_name(tab)) AND a.attname = k AND a.attnum > 0 AND NOT a.attisdropped)
  LIMIT 1;
  IF FOUND THEN
    RETURN format('The table "%s" has no column "%s".', tab, left(unknown, 63));
  END IF;
  key := CASE WHEN tab IN ('organization', 'app_user') THEN 'id' ELSE 'org_id' END;
  IF line -> 'row' ->> key IS NULL THEN
    RETURN format('Its row has no "%s".', key);
  END IF;
  IF tab <> 'app_user' AND lower(line -> 'row' ->> key) IS DISTINCT FROM org::text THEN
    RETURN 'It belongs to another organization than the first line.';
  END IF;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.line_problem(json, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.line_problem(json, uuid) IS 'What is wrong with a line of an export; NULL if nothing.';

-- Inserts rows of one table, for an import and for a task that is restored.  A user who is here already stays as it is.  Columns that no row
-- names get their defaults, and generated ones their values.
CREATE FUNCTION taskcrm_internal.import_rows(tab name, rows_of_table json) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  target CONSTANT regclass := taskcrm_internal.table_of_call(tab);
  conflict CONSTANT text := CASE tab WHEN 'app_user' THEN 'ON CONFLICT (id) DO NOTHING' ELSE '' END;
  inserted bigint;
  columns text;
  quoted text;
  found text;
BEGIN
  IF tab = 'task_attachment_content' THEN
    -- Whether the file is in the bin, its attachment says.
    EXECUTE format('INSERT INTO %s (org_id, attachment_id, content, in_bin)'
                   ' SELECT n.org_id, n.attachment_id, n.content,'
                   ' EXISTS (SELECT FROM %s a WHERE a.org_id = n.org_id AND a.id = n.attachment_id AND a.task_id IS NULL)'
                   ' FROM (SELECT (r ->> ''org_id'')::uuid AS org_id, (r ->> ''attachment_id'')::uuid AS attachment_id,'
                   ' decode(r ->> ''content'', ''base64'') AS content FROM json_array_elements($1) r) n',
                   target, taskcrm_internal.table_of_call('task_attachment'))
      USING rows_of_table;
  ELSE
    SELECT string_agg(quote_ident(a.attname), ', ' ORDER BY a.attnum),
      string_agg(format('quote_nullable(r.%I)', a.attname), ', ' ORDER BY a.attnum) INTO columns, quoted
    FROM pg_attribute a
    WHERE a.attrelid = target AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
      AND a.attname IN (SELECT k FROM json_array_elements(rows_of_table) r, json_object_keys(r) k);
    IF taskcrm_internal.is_distributed() AND target = to_regclass(taskcrm_internal.qualified_name(tab)) THEN
      -- Citus copies the rows of a query, which row-level security forbids.
      EXECUTE format('SELECT string_agg(format(''(%%s)'', concat_ws('', '', %s)), '', '')'
                     ' FROM json_populate_recordset(NULL::%s, $1) r', quoted, target)
        INTO found USING rows_of_table;
      EXECUTE format('INSERT INTO %s (%s) OVERRIDING SYSTEM VALUE VALUES %s %s', target, columns, found, conflict);
    ELSE
      EXECUTE format('INSERT INTO %1$s (%2$s) OVERRIDING SYSTEM VALUE'
                     ' SELECT %2$s FROM json_populate_recordset(NULL::%1$s, $1) r %3$s', target, columns, conflict)
        USING rows_of_table;
    END IF;
  END IF;
  GET DIAGNOSTICS inserted = ROW_COUNT;
  RETURN inserted;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.import_rows(name, json) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.import_rows(name, json) IS 'Inserts rows of one table of an export.';

-- The organization that lines belong to.  Raises an error for lines that cannot be imported.
CREATE FUNCTION taskcrm_internal.check_lines(lines json[], continued uuid) RETURNS uuid
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  org uuid := continued;
  bad record;
BEGIN
  IF org IS NULL THEN
    IF lines[array_lower(lines, 1)] ->> 'table' IS DISTINCT FROM 'organization' THEN
      RAISE invalid_parameter_value USING
        MESSAGE = 'invalid value for argument "lines"',
        DETAIL = 'The first line must be the organization.',
        HINT = 'To continue an import, specify the organization with org_id.';
    END IF;
    org := (lines[array_lower(lines, 1)] #>> '{row,id}')::uuid;
  ELSIF NOT EXISTS (SELECT FROM taskcrm.organization o WHERE o.id = org) THEN
    RAISE SQLSTATE 'PT404' USING MESSAGE = 'organization not found';
  END IF;
  SELECT l.place, l.problem INTO bad
  FROM (SELECT u.place, taskcrm_internal.line_problem(u.line, org) AS problem
        FROM unnest(lines) WITH ORDINALITY AS u (line, place)) l
  WHERE l.problem IS NOT NULL ORDER BY l.place LIMIT 1;
  IF FOUND THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('invalid line %s in argument "lines"', bad.place), DETAIL = bad.problem;
  END IF;
  RETURN org;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_lines(json[], uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_lines(json[], uuid) IS 'The organization that lines of an export belong to.';

-- Runs as the owner of the tables, with lines that have been checked.  Lines of one table that
-- follow each other are inserted together; if that fails, one by one, to find the line.
-- copies: on a cluster, only the tables of which each node has a copy, or only the others.
CREATE FUNCTION taskcrm_internal.import_checked(lines json[], copies boolean, OUT tab text, OUT rows bigint) RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  part record;
  line record;
  counts jsonb := '{}';
BEGIN
  FOR part IN
    SELECT g.name, g.run, min(g.place) AS place, json_agg(g.line -> 'row' ORDER BY g.place) AS found
    FROM (SELECT u.line, u.place, (u.line ->> 'table')::name AS name,
            u.place - row_number() OVER (PARTITION BY u.line ->> 'table' ORDER BY u.place) AS run
          FROM unnest(lines) WITH ORDINALITY AS u (line, place)) g
    WHERE copies IS NULL
       OR copies = (SELECT p.is_everywhere FROM taskcrm_internal.table_places() p WHERE p.tab = g.name)
    GROUP BY g.name, g.run ORDER BY 3
  LOOP
    PERFORM taskcrm_internal.show_progress(format('importing %s, line %s of %s', part.name, part.place, cardinality(lines)));
    BEGIN
      counts := counts || jsonb_build_object(part.name, coalesce((counts ->> part.name)::bigint, 0)
        + taskcrm_internal.import_rows(part.name, part.found));
    EXCEPTION WHEN OTHERS THEN
      FOR line IN SELECT e.value, e.place FROM json_array_elements(part.found) WITH ORDINALITY AS e (value, place) LOOP
        BEGIN
          PERFORM taskcrm_internal.import_rows(part.name, json_build_array(line.value));
        EXCEPTION WHEN OTHERS THEN
          RAISE EXCEPTION USING ERRCODE = SQLSTATE,
            MESSAGE = format('invalid line %s in argument "lines"', part.place + line.place - 1), DETAIL = SQLERRM;
        END;
      END LOOP;
      RAISE;
    END;
  END LOOP;
  RETURN QUERY SELECT c.key, c.value::bigint FROM jsonb_each_text(counts) c
    JOIN taskcrm_internal.exported_tables() WITH ORDINALITY AS t (name, place) ON t.name = c.key ORDER BY t.place;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.import_checked(json[], boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.import_checked(json[], boolean) IS 'Imports lines of an export that have been checked.';

CREATE FUNCTION taskcrm_internal.import_lines(lines json[], continued uuid, OUT tab text, OUT rows bigint) RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_lines(lines, continued);
  RETURN QUERY SELECT i.tab, i.rows FROM taskcrm_internal.import_checked(lines, NULL) i;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.import_lines(json[], uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.import_lines(json[], uuid) IS 'Imports lines of an export.';

CREATE FUNCTION taskcrm.tc_import_organization(lines json[], org_id uuid DEFAULT NULL, OUT tab text, OUT rows bigint)
  RETURNS SETOF record
  LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 15 AS 'MODULE_PATHNAME', 'tc_import_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_import_organization(json[], uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_import_organization(json[], uuid) IS
  'Load what tc_export_organization() returned, with its ids, versions and times; org_id continues an import.';
