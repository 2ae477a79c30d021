-- The checks of tc_doctor() on the tables and their triggers, constraints and indexes.
-- Each function is one check: it returns a line for each problem, and no rows if there is
-- none.

CREATE FUNCTION taskcrm_internal.doctor_tables() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s is missing', t)
  FROM taskcrm_internal.table_names() t
  WHERE to_regclass(taskcrm_internal.qualified_name(t)) IS NULL
  UNION ALL
  SELECT format('%s is %s', m.tab, m.kind) FROM taskcrm_internal.misplaced_relations() m
  UNION ALL
  SELECT format('%s is %s', c.relname, CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'temporary' END)
  FROM taskcrm_internal.table_names() t
  JOIN pg_class c ON c.oid = to_regclass(taskcrm_internal.qualified_name(t))
  WHERE c.relkind = 'r' AND c.relpersistence <> 'p'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_tables() IS
  'Tables that are missing, are not ordinary tables, or do not survive a crash.';

-- Its rows are part of the parent table, but when it is used by its own name, no key,
-- trigger, privilege or policy of the parent applies.
CREATE FUNCTION taskcrm_internal.doctor_children() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s inherits from %s', i.inhrelid::regclass, c.relname)
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_children() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_children() IS 'Tables that inherit from the tables of taskcrm.';

CREATE FUNCTION taskcrm_internal.doctor_version() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('the tables are at version %s, but the extension is at version %s',
                coalesce(string_agg(i.version, ', '), 'none'), e.extversion)
  FROM pg_extension e LEFT JOIN taskcrm_internal.installation i ON true
  WHERE e.extname = 'taskcrm'
  GROUP BY e.extversion
  HAVING count(*) <> 1 OR count(*) FILTER (WHERE i.version = e.extversion) <> 1
  UNION ALL
  SELECT format('the extension is at version %s, but its files are at version %s', a.installed_version, a.default_version)
  FROM pg_available_extensions a
  WHERE a.name = 'taskcrm' AND a.installed_version <> a.default_version
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_version() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_version() IS 'Tables, extension and files of different versions.';

CREATE FUNCTION taskcrm_internal.doctor_owner() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH owned AS (
    SELECT c.oid, c.relname, c.relowner, r.rolname, r.rolsuper, r.rolbypassrls
    FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())),
  owner AS (SELECT DISTINCT o.relowner, o.rolname, o.rolsuper, o.rolbypassrls FROM owned o)
  SELECT format('%s belongs to role %s, which %s', string_agg(o.relname, ', ' ORDER BY o.relname), o.rolname,
                CASE WHEN o.rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END)
  FROM owned o WHERE o.rolsuper OR o.rolbypassrls
  GROUP BY o.rolname, o.rolsuper
  UNION ALL
  SELECT format('role %s, which owns the tables, %s', o.rolname, u)
  FROM owner o, taskcrm_internal.unfit_owner(o.rolname, named => true) u
  WHERE NOT o.rolsuper
  UNION ALL
  SELECT format('the tables have several owners: %s', string_agg(o.rolname, ', ' ORDER BY o.rolname))
  FROM owner o HAVING count(*) > 1
  UNION ALL
  SELECT format('role %s lacks %s on schema %s', o.rolname, 'USAGE', s.nspname)
  FROM owner o, unnest('{taskcrm,taskcrm_internal}'::name[]) AS s (nspname)
  WHERE NOT has_schema_privilege(o.relowner, s.nspname, 'USAGE')
  UNION ALL
  SELECT format('role %s cannot execute %s', o.rolname, string_agg(f::text, ', ' ORDER BY f::text COLLATE "C"))
  FROM owner o, taskcrm_internal.owner_functions() f
  WHERE NOT has_function_privilege(o.relowner, f, 'EXECUTE')
  GROUP BY o.rolname
  UNION ALL
  SELECT format('role %s lacks %s on %s', o.rolname, string_agg(p.privilege, ', ' ORDER BY p.place), o.relname)
  FROM owned o,
    unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) WITH ORDINALITY AS p (privilege, place)
  WHERE NOT has_table_privilege(o.relowner, o.oid, p.privilege)
  GROUP BY o.rolname, o.relname
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_owner() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_owner() IS
  'Owners that bypass row-level security, or lack required privileges.';

CREATE FUNCTION taskcrm_internal.doctor_statistics() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s.%s has %s', f.tab, f."column", CASE f.target WHEN 0 THEN 'no statistics' ELSE 'too few statistics' END)
  FROM taskcrm_internal.found_statistics() f
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_statistics() IS
  'Columns with fewer statistics than plans need.';

CREATE FUNCTION taskcrm_internal.doctor_row_security() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s has no %s', c.relname,
                concat_ws(' and no ', CASE WHEN NOT c.relrowsecurity THEN 'ENABLE' END,
                          CASE WHEN NOT c.relforcerowsecurity THEN 'FORCE' END))
  FROM pg_class c
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_row_security() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_row_security() IS
  'Tables without ENABLE or FORCE ROW LEVEL SECURITY.';

CREATE FUNCTION taskcrm_internal.doctor_policies() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', policy, tab,
                CASE WHEN f.clauses IS NULL THEN 'is missing'
                     WHEN w.clauses IS NULL THEN 'was added: ' || f.clauses
                     ELSE 'was changed: ' || f.clauses END)
  FROM taskcrm_internal.wanted_policies() w
  FULL JOIN taskcrm_internal.found_policies() f USING (tab, policy)
  WHERE f.clauses IS DISTINCT FROM w.clauses
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_policies() IS
  'Policies other than those that tc_install() creates.';

CREATE FUNCTION taskcrm_internal.doctor_triggers() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', trigger, tab,
                CASE WHEN f.definition IS NULL THEN 'is missing'
                     WHEN w.definition IS NULL THEN 'was added'
                     ELSE 'was changed' END)
  FROM taskcrm_internal.wanted_triggers() w
  FULL JOIN taskcrm_internal.found_triggers() f USING (tab, trigger)
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_triggers() IS
  'Triggers other than those that tc_install() creates.';

CREATE FUNCTION taskcrm_internal.doctor_disabled_triggers() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', w.trigger, w.tab,
                CASE f.state WHEN 'D' THEN 'is disabled'
                             WHEN 'R' THEN 'fires on replicas only'
                             WHEN 'A' THEN 'fires on replicas too'
                             ELSE 'does not fire on replicas' END)
  FROM taskcrm_internal.wanted_triggers() w JOIN taskcrm_internal.found_triggers() f USING (tab, trigger)
  WHERE f.state <> w.state
  UNION
  SELECT format('foreign key %s is not checked on %s', n.conname, d.tab)
  FROM taskcrm_internal.disabled_key_triggers() d JOIN pg_constraint n ON n.oid = d.constraint_oid
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_disabled_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_disabled_triggers() IS 'Triggers that do not fire when they should.';

CREATE FUNCTION taskcrm_internal.doctor_rules() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s on %s was added', w.rulename, c.relname)
  FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_rules() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_rules() IS
  'Rules (CREATE RULE) on the tables, which make writes fail.';

CREATE FUNCTION taskcrm_internal.doctor_indexes() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s on %s %s', w.index, w.tab,
                CASE WHEN i.oid IS NULL THEN 'is missing'
                     ELSE 'was changed: ' || pg_get_indexdef(i.oid) END)
  FROM taskcrm_internal.wanted_indexes() w
  LEFT JOIN pg_class i ON i.oid = to_regclass(format('%I.%I', taskcrm_internal.table_schema(w.tab), w.index)) AND i.relkind IN ('i', 'I')
  WHERE i.oid IS NULL OR pg_get_indexdef(i.oid) <> w.definition
  UNION ALL
  SELECT format('%s on %s is invalid', i.relname, c.relname)
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND NOT (x.indisvalid AND x.indisready AND x.indislive)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_indexes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_indexes() IS
  'Indexes that are missing, invalid or changed.';

-- Columns that are exposed, but dropped or renamed, or changed to what the API cannot show.
CREATE FUNCTION taskcrm_internal.doctor_columns() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('column %s of task %s', e.column_name, e.problem)
  FROM taskcrm_internal.exposed_columns() e
  WHERE e.problem IS NOT NULL
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_columns() IS
  'Exposed columns that the API cannot show or accept.';

-- Columns that users added are not checked.
CREATE FUNCTION taskcrm_internal.doctor_table_columns() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s.%s %s', d.tab, d."column",
                CASE WHEN d.found_type IS NULL THEN 'is missing'
                     ELSE 'was changed: ' || concat_ws(' ', d.found_type, CASE WHEN d.found_not_null THEN 'NOT NULL' END,
                                                       d.found_value) END)
  FROM taskcrm_internal.differing_columns() d
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_table_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_table_columns() IS 'Columns of the tables that are missing or changed.';

-- Keys that users added are theirs, but a reference to another organization would show
-- that its row exists.
CREATE FUNCTION taskcrm_internal.doctor_keys() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', d.key, d.tab,
                CASE WHEN d.former IS NOT NULL THEN 'was renamed: ' || d.former
                     WHEN d.found_definition IS NULL THEN 'is missing'
                     ELSE 'was changed: ' || d.found_definition END)
  FROM taskcrm_internal.differing_keys() d
  UNION ALL
  SELECT format('foreign key %s of %s does not include org_id', n.conname, n.conrelid::regclass)
  FROM pg_constraint n
  JOIN pg_attribute f ON f.attrelid = n.conrelid AND f.attname = 'org_id' AND NOT f.attisdropped
  JOIN pg_attribute t ON t.attrelid = n.confrelid AND t.attname = 'org_id' AND NOT t.attisdropped
  WHERE n.contype = 'f'
    AND n.conrelid IN (SELECT taskcrm_internal.found_tables()) AND n.confrelid IN (SELECT taskcrm_internal.found_tables())
    AND NOT EXISTS (SELECT FROM unnest(n.conkey, n.confkey) AS k (own, other)
                    WHERE k.own = f.attnum AND k.other = t.attnum)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_keys() IS
  'Keys that are missing or changed, or do not include the organization.';

-- Columns and objects that users added to the tables are not checked.
CREATE FUNCTION taskcrm_internal.doctor_values() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', w."check", w.tab,
                CASE WHEN f.definition IS NULL THEN 'is missing' ELSE 'was changed: ' || f.definition END)
  FROM taskcrm_internal.wanted_checks() w LEFT JOIN taskcrm_internal.found_checks() f USING (tab, "check")
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_values() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_values() IS
  'Check constraints that are missing or changed.';

-- Reads every attachment, but not its content.
CREATE FUNCTION taskcrm_internal.doctor_contents() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('attachments whose content is missing: %s', count(*))
  FROM taskcrm.task_attachment a
  WHERE a.url IS NULL
    AND NOT EXISTS (SELECT FROM taskcrm.task_attachment_content c WHERE c.org_id = a.org_id AND c.attachment_id = a.id)
  HAVING count(*) > 0
  UNION ALL
  -- As after a restore of only some tables.
  SELECT format('contents with a wrong value of in_bin: %s', count(*))
  FROM taskcrm.task_attachment a JOIN taskcrm.task_attachment_content c ON c.org_id = a.org_id AND c.attachment_id = a.id
  WHERE c.in_bin <> (a.task_id IS NULL)
  HAVING count(*) > 0
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_contents() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_contents() IS 'Attachments whose content is missing, or in the bin although they are not.';

CREATE FUNCTION taskcrm_internal.known_labels(OUT enum text, OUT place integer, OUT label text)
  RETURNS SETOF record
  LANGUAGE C IMMUTABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_known_labels';
REVOKE ALL ON FUNCTION taskcrm_internal.known_labels() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.known_labels() IS 'The labels of status and priority that the code knows.';

CREATE FUNCTION taskcrm_internal.doctor_labels() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH found AS (
    SELECT t.typname::text AS enum, e.enumlabel::text AS label,
      (row_number() OVER (PARTITION BY t.oid ORDER BY e.enumsortorder))::integer AS place
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
    WHERE t.typnamespace = 'taskcrm'::regnamespace)
  SELECT format('%s "%s" %s', coalesce(f.enum, k.enum), coalesce(f.label, k.label),
                CASE WHEN f.label IS NULL THEN 'is missing'
                     WHEN k.label IS NULL THEN 'was added'
                     ELSE 'is at another position' END)
  FROM found f
  FULL JOIN taskcrm_internal.known_labels() k ON k.enum = f.enum AND k.label = f.label
  WHERE f.place IS DISTINCT FROM k.place
    -- An additional label moves those after it, which is not reported.
    AND (f.label IS NULL OR k.label IS NULL
         OR (SELECT count(*) FROM found o WHERE o.enum = f.enum)
            = (SELECT count(*) FROM taskcrm_internal.known_labels() o WHERE o.enum = f.enum))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_labels() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_labels() IS
  'Labels of status and priority that were added, renamed or moved.';

CREATE FUNCTION taskcrm_internal.doctor_replica_identity() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s has no usable replica identity', l.tab) FROM taskcrm_internal.lacking_replica_identity() l
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_replica_identity() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_replica_identity() IS
  'Tables in which a publication makes UPDATE and DELETE fail.';

CREATE FUNCTION taskcrm_internal.doctor_extensions() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT CASE WHEN a.installed_version IS NULL THEN format('%s is missing', r.name)
              ELSE format('%s is at version %s, but its files are at version %s',
                          r.name, a.installed_version, a.default_version) END
  FROM pg_extension e
  JOIN pg_available_extension_versions v ON v.name = e.extname AND v.version = e.extversion
  CROSS JOIN unnest(v.requires) AS r (name)
  LEFT JOIN pg_available_extensions a ON a.name = r.name
  WHERE e.extname = 'taskcrm' AND a.installed_version IS DISTINCT FROM a.default_version
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_extensions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_extensions() IS
  'Extensions required by taskcrm that are missing or out of date.';

-- Reads every task.
CREATE FUNCTION taskcrm_internal.doctor_counters() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('organization %s has %s tasks that are %s and %s, but %s are counted',
                c.org_id, c.actual, c.status, c.priority, c.counted)
  FROM taskcrm.tc_check_counts() c
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_counters() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_counters() IS 'Task counters that are wrong.';

-- Reads every description.
CREATE FUNCTION taskcrm_internal.doctor_texts() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('task_text differs for %s tasks of organization %s',
                count(*), d.org_id)
  FROM taskcrm_internal.differing_texts() d
  GROUP BY d.org_id
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_texts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_texts() IS 'Descriptions whose copy for searching is missing or wrong.';

-- Reads every link.
CREATE FUNCTION taskcrm_internal.doctor_open_links() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('open_link differs for %s links of organization %s',
                count(DISTINCT (d.kind, d.target_id, d.task_id)), d.org_id)
  FROM taskcrm_internal.differing_open_links() d
  GROUP BY d.org_id
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_open_links() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_open_links() IS 'Links of open tasks whose copy is missing or wrong.';

-- Webhooks that send nothing, although no admin has disabled them.
CREATE FUNCTION taskcrm_internal.doctor_webhooks() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('webhook %s of organization %s is disabled: %s', w.id, w.org_id,
                CASE coalesce(w.disabled_reason, 'creator')
                  WHEN 'gone' THEN 'the receiver answered 410'
                  WHEN 'filters' THEN 'its filters are not valid any more'
                  ELSE 'the user as whom it sees is no active admin' END)
  FROM taskcrm_internal.webhook w
  WHERE w.disabled_reason <> 'admin'
    OR w.is_active AND NOT EXISTS (
      SELECT FROM taskcrm.member m JOIN taskcrm.app_user u ON u.id = m.user_id
      WHERE m.org_id = w.org_id AND m.user_id = w.created_by AND m.role = 'admin' AND m.is_active AND u.is_active)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_webhooks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_webhooks() IS 'Webhooks that are disabled, but not by an admin.';

-- The shards that calls use on this node of a cluster.  After a move or a split, Citus drops what is
-- left of the former ones some time later.
CREATE FUNCTION taskcrm_internal.shards_here() RETURNS SETOF bigint
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY EXECUTE 'SELECT p.shardid FROM pg_catalog.pg_dist_placement p JOIN pg_catalog.pg_dist_local_group g USING (groupid)';
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.shards_here() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.shards_here() IS 'The shards that this node of a cluster has.';

-- What differs between the shards on this node of a cluster and their tables.  Shards get no
-- triggers of TRUNCATE.  The result is one text, as other nodes return it.
CREATE FUNCTION taskcrm_internal.node_findings(version text) RETURNS text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH shard AS (
    SELECT c.oid, c.relname, c.relrowsecurity AND c.relforcerowsecurity AS is_forced, t.oid AS tab
    FROM taskcrm_internal.table_registry() r
    JOIN pg_class t ON t.oid = to_regclass(taskcrm_internal.qualified_name(r.tab))
    CROSS JOIN taskcrm_internal.shards_here() h (id)
    JOIN pg_class c ON c.relnamespace = t.relnamespace AND c.relkind = 'r' AND c.relname = r.tab || '_' || h.id),
  policy AS (
    SELECT p.polrelid, p.polname, taskcrm_internal.policy_clauses(p.polpermissive, p.polcmd, p.polroles::text,
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) AS clauses
    FROM pg_policy p),
  trig AS (
    SELECT t.tgrelid, regexp_replace(t.tgname, '_[0-9]+$', '') AS tgname, t.tgfoid, t.tgtype, t.tgargs, t.tgenabled FROM pg_trigger t
    WHERE NOT t.tgisinternal AND t.tgtype::integer & 32 = 0),
  finding (line) AS (
    SELECT format('the extension has version %s', e.extversion) FROM pg_extension e
    WHERE e.extname = 'taskcrm' AND e.extversion <> version
    UNION ALL
    SELECT format('the owner of the tables, "%s", may not create shards', pg_get_userbyid(c.relowner)) FROM pg_class c
    WHERE c.oid = to_regclass('taskcrm.task') AND NOT has_schema_privilege(c.relowner, 'taskcrm', 'CREATE')
    UNION ALL
    SELECT format('row-level security of %s is not forced', s.relname) FROM shard s WHERE NOT s.is_forced
    UNION ALL
    SELECT DISTINCT format('policies of %s differ', s.relname) FROM shard s CROSS JOIN LATERAL (
      (SELECT p.polname, p.clauses FROM policy p WHERE p.polrelid = s.oid
       EXCEPT SELECT p.polname, p.clauses FROM policy p WHERE p.polrelid = s.tab)
      UNION ALL
      (SELECT p.polname, p.clauses FROM policy p WHERE p.polrelid = s.tab
       EXCEPT SELECT p.polname, p.clauses FROM policy p WHERE p.polrelid = s.oid)) d
    UNION ALL
    SELECT DISTINCT format('triggers of %s differ', s.relname) FROM shard s CROSS JOIN LATERAL (
      SELECT t.tgname, t.tgfoid, t.tgtype, t.tgargs, t.tgenabled FROM trig t WHERE t.tgrelid = s.tab
      EXCEPT SELECT t.tgname, t.tgfoid, t.tgtype, t.tgargs, t.tgenabled FROM trig t WHERE t.tgrelid = s.oid) d)
  SELECT coalesce(string_agg(f.line, E'\n' ORDER BY f.line COLLATE "C"), '') FROM finding f
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.node_findings(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.node_findings(text) IS 'What differs on this node of a cluster.';

CREATE FUNCTION taskcrm_internal.doctor_nodes() RETURNS SETOF text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  node record;
  version CONSTANT text := (SELECT e.extversion FROM pg_extension e WHERE e.extname = 'taskcrm');
BEGIN
  IF NOT taskcrm_internal.is_distributed() THEN
    RETURN;
  END IF;
  FOR node IN EXECUTE 'SELECT n.nodename, n.nodeport, r.success, r.result'
    ' FROM pg_catalog.run_command_on_all_nodes($1) r JOIN pg_catalog.pg_dist_node n USING (nodeid)'
    USING format('SELECT taskcrm_internal.node_findings(%L)', version)
  LOOP
    RETURN QUERY SELECT format('node %s:%s: %s', node.nodename, node.nodeport, l)
      FROM string_to_table(nullif(node.result, ''), E'\n') l;
  END LOOP;
  RETURN QUERY EXECUTE $missing$
    SELECT format('node %s:%s: the tables that each node has are missing', n.nodename, n.nodeport) FROM pg_catalog.pg_dist_node n
    WHERE n.isactive AND n.noderole = 'primary' AND NOT EXISTS (
      SELECT FROM pg_catalog.pg_dist_placement p JOIN pg_catalog.pg_dist_shard s USING (shardid)
      WHERE p.groupid = n.groupid AND s.logicalrelid = 'taskcrm.app_user'::regclass)
  $missing$;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_nodes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_nodes() IS 'What differs on the nodes of a cluster.';
