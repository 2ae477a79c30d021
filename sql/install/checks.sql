-- Check constraints: the values that a column may have.  They apply to every writer,
-- including COPY and superusers, so that every function can rely on them.
--
-- A check calls functions and operators of pg_catalog and of this extension.  The server
-- stores it parsed, so no search_path changes its meaning.

-- The constraints that tc_install() creates and tc_doctor() checks.  They are written as
-- the server prints a constraint's definition, so that the two can be compared.
CREATE FUNCTION taskcrm_internal.wanted_checks(OUT tab name, OUT "check" name, OUT definition text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- Texts: maximum number of characters, and whether blank is allowed.
  WITH texts (tab, "column", longest, may_be_blank) AS (VALUES
    ('organization'::name, 'name'::name, 255, false),
    ('app_user', 'name', 255, true),
    ('account', 'name', 255, false),
    ('contact', 'first_name', 255, false),
    ('contact', 'last_name', 255, true),
    ('contact', 'email', 254, true),
    ('team', 'name', 255, false),
    ('task', 'title', 255, false),
    -- Every list shows it.  Without a limit, a few long ones would make all lists fail.
    -- The check is here because characters are counted only when the description changes.
    ('task_text', 'description', 100000, true),
    ('task_comment', 'comment', 10000, false),
    ('task_view', 'name', 255, false),
    ('task_view', 'group_by', 63, false),
    ('deleted_task', 'title', 255, false),
    ('webhook', 'url', 2000, false),
    ('webhook', 'last_error', 500, true),
    ('webhook', 'position', 100000, true),
    ('accepted_finding', 'object', 1000, false),
    ('accepted_finding', 'why', 1000, false)),
  -- Times: JSON has years of four digits, and no infinity.
  times (tab, "column") AS (VALUES
    ('installation'::name, 'installed_on'::name),
    ('organization', 'created_on'),
    ('jwt_key', 'created_on'),
    ('invitation', 'created_on'),
    ('invitation', 'expires_on'),
    ('invitation', 'accepted_on'),
    ('task', 'created_on'),
    ('task', 'updated_on'),
    ('task', 'completed_on'),
    ('task_contact', 'created_on'),
    ('task_assignee', 'created_on'),
    ('task_team', 'created_on'),
    ('open_link', 'created_on'),
    ('task_comment', 'commented_on'),
    ('task_comment', 'edited_on'),
    ('task_attachment', 'created_on'),
    ('stored_answer', 'created_on'),
    ('task_view', 'created_on'),
    ('task_view', 'updated_on'),
    ('deleted_task', 'deleted_on'),
    ('accepted_finding', 'accepted_on'),
    ('event_generation', 'started_on'),
    ('event', 'happened_on'),
    ('event_purge', 'purged_on'),
    ('webhook', 'created_on'),
    ('webhook', 'updated_on'),
    ('webhook', 'disabled_on'),
    ('webhook', 'former_until'),
    ('webhook', 'claimed_on'),
    ('webhook', 'lease_until'),
    ('webhook', 'failing_since'),
    ('webhook', 'next_attempt'),
    ('webhook', 'last_attempt')),
  -- RFC 9110: type/subtype; name=value; name="value"
  media (type) AS (SELECT replace(
    '^token/token([ \t]*;[ \t]*token=(token|"([] !#-[^-~]|\\[ -~])*"))*$', 'token', '[-!#$%&''*+.^_`|~0-9A-Za-z]+'))
  SELECT t.tab, (t.tab || '_' || t."column" || '_check')::name,
    format(CASE WHEN t.may_be_blank THEN 'CHECK ((char_length(%1$I) <= %2$s))'
                ELSE 'CHECK (((NOT taskcrm_internal.is_blank(%1$I)) AND (char_length(%1$I) <= %2$s)))' END,
           t."column", t.longest)
  FROM texts t
  UNION ALL
  SELECT t.tab, (t.tab || '_' || t."column" || '_check')::name,
    format('CHECK (taskcrm_internal.is_json_time(%I))', t."column")
  FROM times t
  UNION ALL
  VALUES
    ('app_user'::name, 'app_user_email_check'::name,
     'CHECK (((POSITION((''@''::text) IN (email)) > 1) AND (char_length(email) <= 254)))'),
    ('organization', 'organization_external_id_check', 'CHECK (taskcrm_internal.is_external_id(external_id))'),
    ('app_user', 'app_user_external_id_check', 'CHECK (taskcrm_internal.is_external_id(external_id))'),
    ('invitation', 'invitation_email_check',
     'CHECK (((POSITION((''@''::text) IN (email)) > 1) AND (char_length(email) <= 254)))'),
    ('invitation', 'invitation_role_check', 'CHECK ((role = ANY (ARRAY[''admin''::text, ''member''::text])))'),
    ('invitation', 'invitation_token_hash_check', 'CHECK ((octet_length(token_hash) = 32))'),
    ('task_view', 'task_view_shared_with_check',
     'CHECK ((shared_with = ANY (ARRAY[''me''::text, ''team''::text, ''organization''::text])))'),
    ('task_view', 'task_view_filters_check', 'CHECK ((jsonb_typeof(filters) = ''object''::text))'),
    ('task_view', 'task_view_display_check', 'CHECK ((jsonb_typeof(display) = ''object''::text))'),
    ('deleted_task', 'deleted_task_document_check', 'CHECK ((json_typeof(document) = ''object''::text))'),
    ('event', 'event_type_check', 'CHECK ((char_length(type) <= 64))'),
    ('webhook', 'webhook_filters_check', 'CHECK ((jsonb_typeof(filters) = ''object''::text))'),
    ('webhook', 'webhook_dead_events_check', 'CHECK ((jsonb_typeof(dead_events) = ''array''::text))'),
    ('webhook', 'webhook_test_result_check', 'CHECK ((jsonb_typeof(test_result) = ''object''::text))'),
    ('webhook', 'webhook_secret_check', 'CHECK ((octet_length(secret) = 32))'),
    ('webhook', 'webhook_former_secret_check', 'CHECK ((octet_length(former_secret) = 32))'),
    ('webhook', 'webhook_disabled_reason_check',
     'CHECK ((disabled_reason = ANY (ARRAY[''admin''::text, ''creator''::text, ''gone''::text, ''filters''::text])))'),
    ('event', 'event_changes_check', 'CHECK ((jsonb_typeof(changes) = ''object''::text))'),
    ('member', 'member_role_check', 'CHECK ((role = ANY (ARRAY[''admin''::text, ''member''::text])))'),
    -- As many bytes as 100,000 characters can have.  Each update of a task evaluates it,
    -- and the number of bytes is known without reading an out-of-line value.
    ('task', 'task_description_check', 'CHECK ((octet_length(description) <= 400000))'),
    ('task', 'task_due_date_check',
     'CHECK (((due_date >= ''0001-01-01''::date) AND (due_date <= ''9999-12-31''::date)))'),
    ('task', 'task_version_check', 'CHECK ((version > 0))'),
    -- Keeps sums in range.
    ('task_count', 'task_count_n_check',
     'CHECK (((n >= ''-1000000000000''::bigint) AND (n <= ''1000000000000''::bigint)))'),
    ('task_attachment', 'task_attachment_file_name_check', 'CHECK (taskcrm_internal.is_file_name(file_name))'),
    ('task_attachment', 'task_attachment_size_check', 'CHECK ((size >= 0))'),
    ('task_attachment', 'task_attachment_sha256_check', 'CHECK ((octet_length(sha256) = 32))'),
    ('task_attachment', 'task_attachment_url_check',
     'CHECK (((char_length(url) <= 2000) AND (url ~ ''^https?://[^\u0001-\u0020\u007f]+$''::text)))'),
    -- Either a stored file, which has a type, or a link.
    ('task_attachment', 'task_attachment_kept_or_url_check',
     'CHECK ((((url IS NULL) = (size IS NOT NULL)) AND ((size IS NULL) = (sha256 IS NULL))'
     ' AND ((size IS NULL) OR (content_type IS NOT NULL))))'),
    -- Of a task, or of one in the bin.
    ('task_attachment', 'task_attachment_deleted_task_id_check', 'CHECK (((task_id IS NULL) = (deleted_task_id IS NOT NULL)))'),
    -- It is sent as it is, so it must be JSON.
    ('stored_answer', 'stored_answer_answer_check', 'CHECK ((json_typeof((answer)::json) = ANY (ARRAY[''object''::text, ''array''::text])))')
  UNION ALL
  SELECT 'task_attachment', 'task_attachment_content_type_check',
    format('CHECK (((char_length(content_type) <= 255) AND (content_type ~ ''%s''::text)))', replace(m.type, '''', ''''''))
  FROM media m
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_checks() IS 'The check constraints that tc_install() creates.';

-- The server's text form of a date depends on settings of the session.
CREATE FUNCTION taskcrm_internal.found_checks(OUT tab name, OUT "check" name, OUT definition text)
  RETURNS SETOF record
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp SET "DateStyle" = 'ISO' SET standard_conforming_strings = on AS $$
  SELECT c.relname, n.conname, pg_get_constraintdef(n.oid)
  FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND n.contype = 'c'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_checks() IS 'The check constraints that the tables have.';

-- The checks that tc_install() has to add, with a clause of ALTER TABLE for each.
-- validates: the check is there, but was added without reading the rows of the table.
CREATE FUNCTION taskcrm_internal.pending_checks(OUT tab name, OUT "check" name, OUT definition text,
    OUT validates boolean, OUT clause text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w."check", w.definition, v.validates,
    CASE WHEN v.validates THEN format('VALIDATE CONSTRAINT %I', w."check")
         ELSE format('%sADD CONSTRAINT %I %s', CASE WHEN f."check" IS NOT NULL THEN format('DROP CONSTRAINT %I, ', w."check") END,
                     w."check", w.definition) END
  FROM taskcrm_internal.wanted_checks() w
  LEFT JOIN taskcrm_internal.found_checks() f ON f.tab = w.tab AND f."check" = w."check"
  CROSS JOIN LATERAL (SELECT f.definition IS NOT DISTINCT FROM w.definition || ' NOT VALID') AS v (validates)
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_checks() IS 'The check constraints that are missing, changed or not validated.';

-- Adds the checks that are missing or changed, all of a table with one statement, which
-- reads every row of it; or validates those that have not been, which blocks neither
-- readers nor writers.  A row that violates a check raises an error: functions must be
-- able to rely on it.
CREATE PROCEDURE taskcrm_internal.install_checks(validates boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp SET standard_conforming_strings = on AS $install$
DECLARE
  pending record;
  violated name;
  violating bigint;
  condition text;
BEGIN
  FOR pending IN
    SELECT p.tab, string_agg(p.clause, ', ' ORDER BY p."check") AS clauses
    FROM taskcrm_internal.pending_checks() p
    WHERE p.validates = install_checks.validates
    GROUP BY p.tab ORDER BY p.tab
  LOOP
    PERFORM taskcrm_internal.show_progress(format('adding or validating checks of %s', pending.tab));
    BEGIN
      EXECUTE format('ALTER TABLE %s %s', taskcrm_internal.qualified_name(pending.tab), pending.clauses);
    EXCEPTION WHEN check_violation THEN
      GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
      SELECT 'NOT ' || substr(w.definition, length('CHECK ') + 1) INTO condition
      FROM taskcrm_internal.wanted_checks() w WHERE w.tab = pending.tab AND w."check" = violated;
      EXECUTE format('SELECT count(*) FROM %s WHERE %s', taskcrm_internal.qualified_name(pending.tab), condition) INTO violating;
      RAISE check_violation USING
        MESSAGE = format('rows of table "%s" violate constraint "%s"', pending.tab, violated),
        DETAIL = format('The number of these rows is %s.', violating),
        HINT = format('Change the rows that SELECT * FROM %s WHERE %s returns, and run CALL taskcrm.tc_install() again.',
                      taskcrm_internal.qualified_name(pending.tab), condition);
    END;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_checks(boolean) FROM PUBLIC;
