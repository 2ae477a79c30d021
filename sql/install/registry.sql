-- The registry of tables: the properties of each table, in one place.  The privileges of
-- clients, the columns that never change, the policies for writers and the names that
-- tc_install() expects are derived from it; a test compares it with the deletion of an
-- organization in C, and with the catalogs.
--
-- The tables that clients read are in the schema taskcrm, all others in taskcrm_internal.
-- So GRANT SELECT ON ALL TABLES IN SCHEMA taskcrm gives nobody a key, and clients that
-- look at the schema find only what they can use.  No two tables have the same name.
--
-- It is called some hundred times in one tc_install(), and is in PL/pgSQL, which keeps its
-- plan; a function in SQL would be planned at each call.
--
-- A new table is a row here, its columns in tables.sql, its keys in keys.sql, and its checks,
-- indexes and triggers.

CREATE FUNCTION taskcrm_internal.table_registry(
    OUT tab name,
    OUT deleted_by name,          -- the column by which tc_delete_organization() deletes rows
    OUT lock_order integer,       -- when it locks them before that
    OUT readable boolean,         -- by clients
    OUT writer text,              -- who may write rows: admin, author (who also updates them),
                                  -- creator (who does not), or member; NULL for no client
    OUT author name,              -- the column of an author or a creator
    OUT fixed text[],             -- columns that never change
    OUT changing text[],          -- columns that clients may not update, and others do
    OUT insertable text[],        -- columns whose values clients choose in new rows
    OUT updatable text[],         -- and in rows that are there
    OUT returned text[])          -- columns that clients may send if they hold what the server has
  RETURNS SETOF record
  LANGUAGE plpgsql IMMUTABLE ROWS 30 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY VALUES
    ('installation'::name, NULL::name, NULL::integer, false, NULL::text, NULL::name,
      NULL::text[], '{version,installed_on}'::text[], NULL::text[], NULL::text[], NULL::text[]),
    ('exposed_column', NULL, NULL, false, NULL, NULL,
      NULL, '{table_name,column_name,writable}', NULL, NULL, NULL),
    ('organization', 'id', NULL, true, 'admin', NULL,
      '{id,created_on}', '{name,external_id}', NULL, NULL, NULL),
    ('app_user', NULL, NULL, true, NULL, NULL,
      '{id}', '{email,name,is_active,external_id}', NULL, NULL, NULL),
    ('login', NULL, NULL, false, NULL, NULL,
      NULL, '{role_name,role_oid,user_id}', NULL, NULL, NULL),
    ('gateway', NULL, NULL, false, NULL, NULL,
      NULL, '{role_name,role_oid}', NULL, NULL, NULL),
    ('jwt_key', NULL, NULL, false, NULL, NULL,
      NULL, '{kid,id,alg,key,issuer,audience,created_on,subject_prefix}', NULL, NULL, NULL),
    ('member', 'org_id', NULL, true, 'admin', NULL,
      '{org_id,user_id}', '{role,is_active}', NULL, NULL, NULL),
    ('stored_answer', 'org_id', NULL, false, 'member', NULL,
      NULL, '{org_id,user_id,key,request,answer,created_on}', NULL, NULL, NULL),
    ('invitation', 'org_id', 11, false, 'admin', NULL,
      '{org_id,id,email,role,token_hash,created_on,created_by,expires_on}', '{accepted_on,accepted_by}', NULL, NULL, NULL),
    ('task_view', 'org_id', NULL, false, 'member', NULL,
      '{org_id,id,created_on,created_by}', '{name,shared_with,filters,group_by,display,updated_on}', NULL, NULL, NULL),
    ('account', 'org_id', NULL, true, 'admin', NULL,
      '{org_id,id}', NULL, '{name}', '{name}', '{org_id,id}'),
    ('contact', 'org_id', 10, true, 'admin', NULL,
      '{org_id,id}', NULL, '{first_name,last_name,email,account_id}', '{first_name,last_name,email,account_id}', '{org_id,id}'),
    ('team', 'org_id', NULL, true, 'admin', NULL,
      '{org_id,id}', NULL, '{name}', '{name}', '{org_id,id}'),
    ('team_member', 'org_id', 9, true, 'admin', NULL,
      '{org_id,team_id,user_id}', NULL, '{team_id,user_id}', NULL, '{org_id,team_id,user_id}'),
    ('task', 'org_id', 1, true, 'creator', 'created_by',
      '{org_id,id,created_on,created_by}', '{updated_on,completed_on,completed_by,version}',
      '{title,description,status,priority,due_date,account_id}',
      '{title,description,status,priority,due_date,account_id}',
      '{org_id,id,created_on,created_by,updated_on,completed_on,completed_by,version}'),
    ('task_text', 'org_id', NULL, false, 'member', NULL,
      '{org_id,task_id}', '{description}', NULL, NULL, NULL),
    ('task_contact', 'org_id', 2, true, 'member', NULL,
      '{org_id,task_id,created_on}', NULL, '{task_id,contact_id}', '{contact_id}', '{org_id,task_id,created_on}'),
    ('task_assignee', 'org_id', 3, true, 'member', NULL,
      '{org_id,task_id,created_on}', NULL, '{task_id,user_id}', '{user_id}', '{org_id,task_id,created_on}'),
    ('task_team', 'org_id', 4, true, 'member', NULL,
      '{org_id,task_id,created_on}', NULL, '{task_id,team_id}', '{team_id}', '{org_id,task_id,created_on}'),
    ('open_link', 'org_id', NULL, false, 'member', NULL,
      NULL, '{org_id,kind,target_id,task_id,created_on}', NULL, NULL, NULL),
    ('task_comment', 'org_id', 5, true, 'author', 'commented_by',
      '{org_id,id,task_id,commented_on,commented_by}', '{edited_on}', '{task_id,comment}', '{comment}',
      '{org_id,id,task_id,commented_on,commented_by,edited_on}'),
    ('task_mention', 'org_id', 6, true, 'member', NULL,
      '{org_id,comment_id,user_id}', NULL, NULL, NULL, NULL),
    ('deleted_task', 'org_id', 7, false, 'member', NULL,
      '{org_id,id}', '{title,created_by,deleted_by,deleted_on,document}', NULL, NULL, NULL),
    ('task_attachment', 'org_id', 8, true, 'author', 'created_by',
      '{org_id,id,task_id,size,sha256,created_on,created_by,deleted_task_id}', '{file_name,content_type,url}', NULL, NULL, NULL),
    ('task_attachment_content', 'org_id', NULL, true, 'member', NULL,
      '{org_id,attachment_id,content}', '{in_bin}', NULL, NULL, NULL),
    ('accepted_finding', NULL, NULL, false, NULL, NULL,
      NULL, '{check_name,object,why,accepted_by,accepted_on}', NULL, NULL, NULL),
    -- Deleting the organization folds its rows, and so does not delete them itself.
    ('task_count', NULL, NULL, false, 'member', NULL,
      NULL, '{org_id,status,priority,n}', NULL, NULL, NULL),
    ('event_generation', NULL, NULL, false, NULL, NULL,
      '{generation,system_identifier,timeline,started_on}', NULL, NULL, NULL, NULL),
    ('event', 'org_id', NULL, false, 'member', NULL,
      '{org_id,id,seq,generation,txid,type,task_id,subject_id,version,happened_on}', '{actor,changes}', NULL, NULL, NULL),
    ('event_purge', 'org_id', NULL, false, 'member', NULL,
      '{org_id,id,purged_on,generation,txid,last_generation,last_txid}', NULL, NULL, NULL, NULL),
    ('webhook', 'org_id', 12, false, 'admin', NULL,
      '{org_id,id,created_on}',
      '{url,types,filters,created_by,updated_on,is_active,disabled_reason,disabled_on,secret,former_secret,former_until,position,generation,txid,last_event,claim,claimed,claimed_on,lease_seconds,lease_until,failing_event,failing_since,attempts,next_attempt,last_attempt,last_status,last_error,delivered,dead,dead_events,test_id,test_result}',
      NULL, NULL, NULL);
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.table_registry() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_registry() IS
  'The properties of each table: privileges of clients, fixed columns, writers, deletion with the organization.';

-- By name instead of from the catalogs: a table may be missing or replaced.
CREATE FUNCTION taskcrm_internal.table_names() RETURNS SETOF name
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tab FROM taskcrm_internal.table_registry() r
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.table_names() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_names() IS 'The tables that tc_install() creates.';

-- A table that is not in the registry was added to the schema taskcrm by somebody else.
CREATE FUNCTION taskcrm_internal.table_schema(tab name) RETURNS name
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM taskcrm_internal.table_registry() r
                           WHERE r.tab = table_schema.tab AND NOT r.readable)
              THEN 'taskcrm_internal'::name ELSE 'taskcrm' END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.table_schema(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_schema(name) IS 'The schema of a table.';

CREATE FUNCTION taskcrm_internal.qualified_name(tab name) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%I.%I', taskcrm_internal.table_schema(tab), tab)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.qualified_name(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.qualified_name(name) IS 'The name of a table with its schema, quoted.';

-- Those that tc_install() creates, and those that others added to the schema taskcrm.
CREATE FUNCTION taskcrm_internal.found_tables() RETURNS SETOF oid
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.oid
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN taskcrm_internal.table_registry() r ON r.tab = c.relname
  WHERE c.relkind IN ('r', 'p') AND n.nspname = CASE WHEN NOT r.readable THEN 'taskcrm_internal' ELSE 'taskcrm' END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_tables() IS 'The tables that row-level security protects.';
