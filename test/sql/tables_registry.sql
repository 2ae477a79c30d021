-- The registry of tables agrees with the catalogue and with the deletion of an organization.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
\t on
\pset format unaligned
-- Tables that are missing in the registry, and registered tables that do not exist: none.
SELECT c.relname FROM pg_class c
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p')
EXCEPT SELECT r.tab FROM taskcrm_internal.table_registry() r;
SELECT r.tab FROM taskcrm_internal.table_registry() r WHERE to_regclass(taskcrm_internal.qualified_name(r.tab)) IS NULL;
-- Each column is immutable, updatable by clients, or changed by the server. Columns that are not in
-- exactly one of these lists: none.
CREATE TEMP VIEW registered AS
  SELECT r.tab, k.place, col
  FROM taskcrm_internal.table_registry() r
  CROSS JOIN LATERAL (VALUES ('fixed', r.fixed), ('updatable', r.updatable), ('changing', r.changing),
                             ('insertable', r.insertable), ('returned', r.returned)) AS k (place, cols)
  CROSS JOIN LATERAL unnest(k.cols) AS col;
SELECT c.relname, a.attname, count(r.*)
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN registered r ON r.tab = c.relname AND r.col = a.attname AND r.place IN ('fixed', 'updatable', 'changing')
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p')
GROUP BY 1, 2 HAVING count(r.*) <> 1;
-- Registered columns that do not exist: none.
SELECT r.* FROM registered r
WHERE NOT EXISTS (SELECT FROM pg_attribute a
                  WHERE a.attrelid = to_regclass(taskcrm_internal.qualified_name(r.tab)) AND a.attname = r.col AND NOT a.attisdropped);
-- Tables that accept whole rows from clients: columns that clients can neither set nor send back:
-- none.
SELECT r.tab, a.attname FROM taskcrm_internal.table_registry() r
JOIN pg_attribute a ON a.attrelid = to_regclass(taskcrm_internal.qualified_name(r.tab)) AND a.attnum > 0 AND NOT a.attisdropped
WHERE r.returned IS NOT NULL AND NOT a.attname = ANY (r.insertable || r.returned);
-- Columns of a task that clients can set in the table but not through the API, and the reverse:
-- none. Links and attachments are in other tables; the API accepts an id, which is a returned
-- column in the table.
CREATE TEMP VIEW chosen AS
  SELECT CASE key WHEN 'account' THEN 'account_id' ELSE key END AS col
  FROM json_object_keys(taskcrm.tc_openapi() #> '{components,schemas,TaskData,properties}') AS key
  WHERE key NOT IN ('id', 'contacts', 'assigned_to', 'teams', 'attachments');
(SELECT r.col FROM registered r WHERE r.tab = 'task' AND r.place = 'insertable' EXCEPT SELECT c.col FROM chosen c)
UNION ALL (SELECT c.col FROM chosen c EXCEPT SELECT r.col FROM registered r
  WHERE r.tab = 'task' AND r.place = 'insertable');
-- Tables of an organization that its deletion does not handle: only the counters, which are folded.
SELECT c.relname FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p')
EXCEPT SELECT r.tab FROM taskcrm_internal.table_registry() r WHERE r.deleted_by IS NOT NULL;
-- The C code for the deletion uses the same tables.
(SELECT r.tab FROM taskcrm_internal.table_registry() r WHERE r.deleted_by IS NOT NULL
 EXCEPT SELECT o.tab FROM taskcrm_internal.organization_tables() o)
UNION ALL
(SELECT o.tab FROM taskcrm_internal.organization_tables() o
 EXCEPT SELECT r.tab FROM taskcrm_internal.table_registry() r WHERE r.deleted_by IS NOT NULL);
-- The C code locks them in the registered order.
SELECT r.tab, r.lock_order, o.lock_order
FROM taskcrm_internal.table_registry() r JOIN taskcrm_internal.organization_tables() o ON o.tab = r.tab
WHERE r.lock_order IS DISTINCT FROM o.lock_order;
-- Referencing rows are deleted before the rows that they refer to.
SELECT f.conname
FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid
JOIN pg_class p ON p.oid = f.confrelid
JOIN taskcrm_internal.organization_tables() child ON child.tab = c.relname
JOIN taskcrm_internal.organization_tables() parent ON parent.tab = p.relname
WHERE f.contype = 'f' AND f.connamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND child.delete_order >= parent.delete_order;
-- Tables from which foreign keys delete rows with a task, but that the C code for deleting a task
-- does not handle, and the reverse: none.
WITH RECURSIVE cascaded (oid) AS (
  SELECT 'taskcrm.task'::regclass::oid
  UNION SELECT f.conrelid FROM cascaded c
    JOIN pg_constraint f ON f.confrelid = c.oid AND f.contype = 'f' AND f.confdeltype = 'c')
SELECT coalesce(c.relname, o.tab), c.relname IS NOT NULL AS cascaded
FROM (SELECT p.relname FROM cascaded d JOIN pg_class p ON p.oid = d.oid WHERE p.relname <> 'task') AS c
FULL JOIN (SELECT t.tab FROM taskcrm_internal.organization_tables() t WHERE t.of_task) AS o ON o.tab = c.relname
WHERE c.relname IS NULL OR o.tab IS NULL;
-- Link tables without the triggers that set created_on and increment the version of the task: none.
SELECT f.conrelid::regclass, t.trigger
FROM pg_constraint f
JOIN pg_constraint k ON k.conrelid = f.conrelid AND k.contype = 'p' AND f.conkey <@ k.conkey
  AND cardinality(k.conkey) = 3
CROSS JOIN unnest('{created_on,changed}'::name[]) AS t (trigger)
WHERE f.contype = 'f' AND f.confrelid = 'taskcrm.task'::regclass
EXCEPT SELECT t.tgrelid::regclass, t.tgname FROM pg_trigger t;
-- Text, date and time columns without a check constraint.
SELECT c.relname, a.attname
FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p')
  AND a.atttypid IN ('text'::regtype, 'date'::regtype, 'timestamptz'::regtype)
  AND NOT EXISTS (SELECT FROM pg_constraint k
    WHERE k.conrelid = c.oid AND k.contype = 'c' AND a.attnum = ANY (k.conkey))
ORDER BY 1, 2;
-- On a cluster, tables that every node has, and foreign keys that cannot be there: from such a
-- table to one that is distributed, from one with org_id without it, or to a table that comes later.
SELECT string_agg(p.tab, ' ' ORDER BY p.place) FROM taskcrm_internal.table_places() p WHERE p.is_everywhere;
SELECT f.conrelid::regclass, f.confrelid::regclass
FROM pg_constraint f
JOIN pg_class c ON c.oid = f.conrelid
JOIN pg_class p ON p.oid = f.confrelid
LEFT JOIN taskcrm_internal.table_places() child ON child.tab = c.relname
LEFT JOIN taskcrm_internal.table_places() parent ON parent.tab = p.relname
WHERE f.contype = 'f' AND f.connamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
  AND (child.tab IS NULL OR parent.tab IS NULL OR child.is_everywhere AND NOT parent.is_everywhere
       OR child.is_everywhere = parent.is_everywhere AND child.place <= parent.place AND child.tab <> parent.tab);
-- The registry uses only the kinds of writers that the policies implement.
SELECT DISTINCT coalesce(r.writer, 'nobody') FROM taskcrm_internal.table_registry() r ORDER BY 1;
SELECT r.tab FROM taskcrm_internal.table_registry() r
WHERE (r.author IS NOT NULL) <> coalesce(r.writer IN ('author', 'creator'), false);

\set ECHO none
\i :teardown
