-- Prints doc/tables.md from the catalogue, in a database with taskcrm:
--
--   psql -XAtq -d crm -f doc/tables.sql >doc/tables.md
--
-- Test 030_readme fails if the page differs; with UPDATE_EXAMPLES=1 it writes the page.
\set ON_ERROR_STOP on
\pset footer off
SET search_path = pg_catalog, pg_temp;
SET client_min_messages = warning;

CREATE TEMP VIEW page_table AS
SELECT r.place, c.oid, c.relname AS name, obj_description(c.oid, 'pg_class') AS comment, r.readable, r.writer
FROM taskcrm_internal.table_registry() WITH ORDINALITY AS
  r (tab, deleted_by, lock_order, readable, writer, author, fixed, changing, insertable, updatable, returned, place)
JOIN pg_class c ON c.oid = taskcrm_internal.qualified_name(r.tab)::regclass;

CREATE TEMP VIEW page_column AS
SELECT t.oid, a.attnum, a.attname AS name, replace(format_type(a.atttypid, a.atttypmod), 'taskcrm.', '') AS type, a.attnotnull AS required,
  replace(pg_get_expr(d.adbin, d.adrelid), 'taskcrm.', '') AS "default", col_description(t.oid, a.attnum) AS comment
FROM page_table t
JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum > 0 AND NOT a.attisdropped
LEFT JOIN pg_attrdef d ON d.adrelid = t.oid AND d.adnum = a.attnum;

-- Keys: the columns of each, in order.
CREATE TEMP VIEW page_key AS
SELECT k.contype, k.conrelid, k.confrelid, k.conname, k.conkey, k.confdeltype,
  (SELECT string_agg(a.attname, ', ' ORDER BY place) FROM unnest(k.conkey) WITH ORDINALITY AS n (attnum, place)
    JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attnum = n.attnum) AS columns,
  (SELECT bool_or(NOT a.attnotnull) FROM pg_attribute a WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)) AS optional,
  EXISTS (SELECT FROM pg_constraint p WHERE p.conrelid = k.conrelid AND p.contype = 'p' AND p.conkey <@ k.conkey) AS single
FROM pg_constraint k WHERE k.conrelid IN (SELECT oid FROM page_table);

CREATE FUNCTION pg_temp.writers(writer text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE writer WHEN 'admin' THEN 'admins' WHEN 'author' THEN 'members; existing rows by their author and admins'
    WHEN 'creator' THEN 'members; rows are deleted by their creator and admins' WHEN 'member' THEN 'members' ELSE 'no client' END $$;

CREATE FUNCTION pg_temp.section(wanted oid) RETURNS text LANGUAGE sql AS $$
  SELECT format(E'### %s\n\n%s\n', name, comment)
    || CASE WHEN readable THEN format(E'Written by: %s.\n', pg_temp.writers(writer)) ELSE '' END
    || E'\n| column | type | default | description |\n|---|---|---|---|\n'
    || (SELECT string_agg(format('| `%s` | %s%s | %s | %s |', c.name, c.type, CASE WHEN NOT c.required THEN ', or NULL' ELSE '' END,
          coalesce('`' || c."default" || '`', ''), coalesce(c.comment, '')), E'\n' ORDER BY c.attnum) FROM page_column c WHERE c.oid = wanted)
    || E'\n'
    || coalesce((SELECT format(E'\nPrimary key: `%s`.', columns) FROM page_key k WHERE k.conrelid = wanted AND contype = 'p'), '')
    || coalesce((SELECT E'\nForeign keys: ' || string_agg(format('`%s` → [%s](#%2$s)%s', columns,
          (SELECT name FROM page_table WHERE oid = confrelid), CASE confdeltype WHEN 'c' THEN ', deleted with it' ELSE '' END),
          '; ' ORDER BY columns, conname COLLATE "C") || '.'
        FROM page_key k WHERE k.conrelid = wanted AND contype = 'f'), '')
    || E'\n'
  FROM page_table WHERE oid = wanted $$;

SELECT '# Tables

`psql -XAtq -f doc/tables.sql` prints this page from the catalogue; `tc_install()` creates what it shows. Tables that
clients can read are in the schema `taskcrm`, the others in `taskcrm_internal`. Row-level security shows a client the
rows of its organization only. `tc_grant_access(role)` grants SELECT, `tc_grant_access(role, write => true)` also INSERT
and UPDATE; who may then write rows is a matter of policies, see [Writing tables](reference.md#writing-tables).

## Diagram

The tables that clients can read. A key between two tables of an organization contains `org_id` on both sides, so no row can
refer to another organization.

```mermaid
erDiagram';
SELECT format('  %s %s--%s %s : "%s"', p.name, CASE WHEN k.optional THEN '|o' ELSE '||' END, CASE WHEN k.single THEN 'o|' ELSE 'o{' END,
  c.name, regexp_replace(k.columns, '^org_id, ', ''))
FROM page_key k JOIN page_table p ON p.oid = k.confrelid JOIN page_table c ON c.oid = k.conrelid
WHERE k.contype = 'f' AND p.readable AND c.readable
ORDER BY p.place, c.place, k.columns COLLATE "C";
SELECT '```

## Enumerated types

| type | labels, in order |
|---|---|';
SELECT format('| `%s` | %s |', t.typname, string_agg('`' || e.enumlabel || '`', ', ' ORDER BY e.enumsortorder))
FROM pg_type t JOIN pg_enum e ON e.enumtypid = t.oid WHERE t.typnamespace = 'taskcrm'::regnamespace
GROUP BY t.typname ORDER BY t.typname COLLATE "C";
SELECT E'\n## For clients\n';
SELECT pg_temp.section(oid) FROM page_table WHERE readable ORDER BY place;
SELECT E'## For the server\n\nNo client can read these tables, which are in the schema `taskcrm_internal`.\n';
SELECT pg_temp.section(oid) FROM page_table WHERE NOT readable ORDER BY place;
