-- Every object of the extension and of tc_install(), one line each: kind, name, definition.
-- Databases with equal lines are equal, except for the order of columns and the rows.
-- OIDs and versions do not show.
WITH space (oid) AS (
  SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('taskcrm', 'taskcrm_internal')),
tab AS (
  SELECT c.* FROM pg_class c WHERE c.relnamespace IN (SELECT s.oid FROM space s) AND c.relkind IN ('r', 'p', 'v', 'S')),
member AS (
  SELECT d.classid, d.objid FROM pg_depend d JOIN pg_extension e ON e.oid = d.refobjid AND e.extname = 'taskcrm'
  WHERE d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e'),
object (kind, name, definition) AS (
  SELECT 'extension', e.extname::text,
    concat_ws(' ', e.extnamespace::regnamespace, e.extowner::regrole, e.extrelocatable, e.extconfig, e.extcondition)
  FROM pg_extension e WHERE e.extname = 'taskcrm'
  UNION ALL
  SELECT 'member', i.type || ' ' || i.identity, NULL
  FROM member m CROSS JOIN LATERAL pg_identify_object(m.classid, m.objid, 0) i
  UNION ALL
  SELECT 'schema', n.nspname::text, concat_ws(' ', n.nspowner::regrole, obj_description(n.oid, 'pg_namespace'))
  FROM pg_namespace n WHERE n.oid IN (SELECT s.oid FROM space s)
  UNION ALL
  SELECT 'function', p.oid::regprocedure::text,
    concat_ws(' ', p.proowner::regrole, pg_get_functiondef(p.oid), obj_description(p.oid, 'pg_proc'))
  FROM pg_proc p WHERE p.pronamespace IN (SELECT s.oid FROM space s)
  UNION ALL
  SELECT 'type', t.oid::regtype::text,
    concat_ws(' ', t.typowner::regrole, t.typtype, t.typbasetype::regtype, t.typnotnull, t.typdefault,
              (SELECT array_agg(e.enumlabel ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = t.oid),
              (SELECT array_agg(format_type(a.atttypid, a.atttypmod) || a.attname ORDER BY a.attname) FROM pg_attribute a
               WHERE a.attrelid = t.typrelid AND a.attnum > 0 AND NOT a.attisdropped),
              obj_description(t.oid, 'pg_type'))
  FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
  -- Not the row types of tables: their columns are below.
  WHERE t.typnamespace IN (SELECT s.oid FROM space s) AND coalesce(c.relkind, 'c') = 'c'
  UNION ALL
  SELECT 'operator', o.oid::regoperator::text,
    concat_ws(' ', o.oprowner::regrole, o.oprresult::regtype, o.oprcode, o.oprrest, o.oprjoin, o.oprcom::regoperator,
              o.oprnegate::regoperator, o.oprcanmerge, o.oprcanhash, obj_description(o.oid, 'pg_operator'))
  FROM pg_operator o JOIN member m ON m.classid = 'pg_operator'::regclass AND m.objid = o.oid
  UNION ALL
  SELECT 'operator class', format('%s %s', c.opcname, a.amname),
    concat_ws(' ', c.opcowner::regrole, c.opcintype::regtype, c.opcdefault, c.opckeytype::regtype, f.opfname,
              (SELECT array_agg(concat_ws(' ', o.amopstrategy, o.amopopr::regoperator, o.amoppurpose) ORDER BY o.amopstrategy)
               FROM pg_amop o WHERE o.amopfamily = f.oid),
              (SELECT array_agg(concat_ws(' ', p.amprocnum, p.amproc) ORDER BY p.amprocnum)
               FROM pg_amproc p WHERE p.amprocfamily = f.oid),
              obj_description(c.oid, 'pg_opclass'))
  FROM pg_opclass c JOIN pg_opfamily f ON f.oid = c.opcfamily JOIN pg_am a ON a.oid = c.opcmethod
  WHERE c.opcnamespace IN (SELECT s.oid FROM space s)
  UNION ALL
  SELECT 'event trigger', t.evtname::text,
    concat_ws(' ', t.evtowner::regrole, t.evtevent, t.evtfoid::regproc, t.evtenabled, t.evttags,
              obj_description(t.oid, 'pg_event_trigger'))
  FROM pg_event_trigger t JOIN member m ON m.classid = 'pg_event_trigger'::regclass AND m.objid = t.oid
  UNION ALL
  SELECT 'table', t.oid::regclass::text,
    concat_ws(' ', t.relowner::regrole, t.relkind, t.relpersistence, t.relrowsecurity, t.relforcerowsecurity, t.relreplident,
              t.reloptions, obj_description(t.oid, 'pg_class'))
  FROM tab t
  UNION ALL
  SELECT 'column', format('%s.%I', t.oid::regclass, a.attname),
    concat_ws(' ', format_type(a.atttypid, a.atttypmod), a.attcollation::regcollation,
              CASE WHEN a.attnotnull THEN 'NOT NULL' END, a.attidentity, a.attgenerated, pg_get_expr(d.adbin, d.adrelid),
              a.attstorage, a.attcompression, coalesce(a.attstattarget, -1),
              col_description(t.oid, a.attnum))
  FROM tab t
  JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
  LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum
  UNION ALL
  SELECT 'constraint', format('%I on %s', n.conname, t.oid::regclass), pg_get_constraintdef(n.oid)
  FROM tab t JOIN pg_constraint n ON n.conrelid = t.oid
  UNION ALL
  SELECT 'index', i.indexrelid::regclass::text,
    concat_ws(' ', pg_get_indexdef(i.indexrelid), i.indisvalid, i.indisunique, i.indisprimary, i.indisclustered, i.indisreplident)
  FROM tab t JOIN pg_index i ON i.indrelid = t.oid
  UNION ALL
  SELECT 'policy', format('%I on %s', p.polname, t.oid::regclass),
    concat_ws(' ', p.polcmd, p.polpermissive, p.polroles::regrole[], pg_get_expr(p.polqual, t.oid),
              'CHECK', pg_get_expr(p.polwithcheck, t.oid))
  FROM tab t JOIN pg_policy p ON p.polrelid = t.oid
  UNION ALL
  SELECT 'trigger', format('%I on %s', g.tgname, t.oid::regclass), concat_ws(' ', pg_get_triggerdef(g.oid), g.tgenabled)
  FROM tab t JOIN pg_trigger g ON g.tgrelid = t.oid WHERE NOT g.tgisinternal
  UNION ALL
  SELECT 'trigger of a key', format('%s on %s', g.tgfoid::regproc, t.oid::regclass), concat_ws(' ', n.conname, g.tgenabled)
  FROM tab t JOIN pg_trigger g ON g.tgrelid = t.oid JOIN pg_constraint n ON n.oid = g.tgconstraint WHERE g.tgisinternal
  UNION ALL
  SELECT 'statistics', s.oid::regclass::text, pg_get_statisticsobjdef(s.oid)
  FROM tab t JOIN pg_statistic_ext s ON s.stxrelid = t.oid
  UNION ALL
  SELECT 'right', concat_ws(' ', o.object, CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, a.privilege_type),
    a.is_grantable::text
  FROM taskcrm_internal.owned_objects() o CROSS JOIN LATERAL aclexplode(o.acl) a
  UNION ALL
  SELECT 'right', concat_ws(' ', 'ROUTINE', p.oid::regprocedure,
      CASE WHEN a.grantee = 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, a.privilege_type), a.is_grantable::text
  FROM pg_proc p CROSS JOIN LATERAL aclexplode(p.proacl) a
  WHERE p.pronamespace IN (SELECT s.oid FROM space s)
    AND NOT EXISTS (SELECT FROM taskcrm_internal.owned_objects() o WHERE o.kind = 'f' AND o.oid = p.oid)
  UNION ALL
  SELECT 'right', concat_ws(' ', 'COLUMN', t.oid::regclass, a.attname, x.grantee::regrole, x.privilege_type), x.is_grantable::text
  FROM tab t JOIN pg_attribute a ON a.attrelid = t.oid AND NOT a.attisdropped CROSS JOIN LATERAL aclexplode(a.attacl) x)
SELECT l.line
FROM (SELECT regexp_replace(concat_ws(' | ', o.kind, o.name, o.definition), '\s+', ' ', 'g') AS line FROM object o) l
ORDER BY l.line COLLATE "C";
