-- The catalogue entries of an installation: privileges, search paths, volatility, LEAKPROOF and
-- comments.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
\t on
\pset format unaligned

CREATE TEMP VIEW ours AS
SELECT p.*, n.nspname, p.oid::regprocedure::text AS signature, l.lanname FROM pg_proc p
JOIN pg_namespace n ON n.oid = p.pronamespace JOIN pg_language l ON l.oid = p.prolang
WHERE n.nspname IN ('taskcrm', 'taskcrm_internal');

-- PUBLIC may execute only functions that describe the caller itself and the functions behind
-- operators and policies.
SELECT signature FROM ours o
WHERE EXISTS (SELECT FROM aclexplode(coalesce(o.proacl, acldefault('f', o.proowner))) a
              WHERE a.grantee = 0 AND a.privilege_type = 'EXECUTE')
ORDER BY signature COLLATE "C";
-- PUBLIC has no other privilege on our schemas and tables.
SELECT n.nspname FROM pg_namespace n, aclexplode(n.nspacl) a
WHERE n.nspname LIKE 'taskcrm%' AND a.grantee = 0;
SELECT c.relname FROM pg_class c, aclexplode(c.relacl) a
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND a.grantee = 0;

-- LEAKPROOF functions.
SELECT signature FROM ours WHERE proleakproof ORDER BY signature COLLATE "C";

-- No function is SECURITY DEFINER.
SELECT signature FROM ours WHERE prosecdef;

-- Each function in SQL or PL/pgSQL sets a search_path that ends in pg_temp, except one that is
-- meant to be inlined and qualifies every name.
SELECT lanname, count(*) > 0 AS any, count(*) FILTER (WHERE NOT EXISTS (
  SELECT FROM unnest(proconfig) AS c WHERE c LIKE 'search_path=pg_catalog,%' AND c LIKE '%, pg_temp')) AS unpinned
FROM ours WHERE lanname NOT IN ('c', 'internal') AND proname <> 'is_overdue' GROUP BY lanname ORDER BY lanname;

-- Identity functions are STABLE, and nothing IMMUTABLE depends on them.
SELECT signature, provolatile, proparallel FROM ours
WHERE proname IN ('tc_current_user', 'tc_current_org', 'tc_current_role', 'tc_whoami', 'is_colleague')
ORDER BY signature COLLATE "C";
SELECT signature, provolatile FROM ours
WHERE nspname = 'taskcrm' AND provolatile <> 'v' AND proname NOT LIKE 'tc_current%' ORDER BY signature COLLATE "C";
SELECT signature FROM ours WHERE provolatile = 'i' ORDER BY signature COLLATE "C";
-- API functions do not run in parallel workers.
SELECT signature, proparallel FROM ours
WHERE proparallel <> 'u' AND proname NOT LIKE 'task\_%\_%' ORDER BY signature COLLATE "C";

-- The API has no overloaded functions.
SELECT proname, count(*) FROM ours WHERE nspname = 'taskcrm' GROUP BY proname HAVING count(*) > 1;

-- A publication can identify the rows of every table: each has a primary key or REPLICA IDENTITY
-- FULL.
SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p')
  AND c.relreplident <> 'f' AND NOT EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary);
-- Every public object has a comment.
SELECT signature FROM ours WHERE nspname = 'taskcrm' AND obj_description(oid, 'pg_proc') IS NULL
UNION ALL
SELECT t.typname FROM pg_type t WHERE t.typnamespace = 'taskcrm'::regnamespace
  AND t.typtype <> 'c' AND t.typcategory <> 'A' AND obj_description(t.oid, 'pg_type') IS NULL
UNION ALL
SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
  AND c.relkind IN ('r', 'p', 'v') AND obj_description(c.oid, 'pg_class') IS NULL
UNION ALL
SELECT nspname FROM pg_namespace WHERE nspname LIKE 'taskcrm%' AND obj_description(oid, 'pg_namespace') IS NULL
UNION ALL
SELECT oprname FROM pg_operator WHERE oprcode IN (SELECT oid FROM ours) AND obj_description(oid, 'pg_operator') IS NULL
UNION ALL
SELECT extname FROM pg_extension WHERE extname = 'taskcrm' AND obj_description(oid, 'pg_extension') IS NULL;
-- The first line of each comment is a sentence for the API description.
SELECT signature FROM ours WHERE nspname = 'taskcrm'
  AND split_part(obj_description(oid, 'pg_proc'), E'\n', 1) !~ '^[A-Z].{10,150}\.$';

-- Client roles have EXECUTE only on the client API; all have the same rights.
SELECT o.signature FROM ours o
WHERE has_function_privilege('regress_bob', o.oid, 'EXECUTE') AND o.nspname = 'taskcrm'
  ORDER BY o.signature COLLATE "C";
SELECT c.relname, p.privilege
  FROM pg_class c, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER']) AS p (privilege)
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') AND
  (has_table_privilege('regress_bob', c.oid, p.privilege)
   OR p.privilege IN ('INSERT', 'UPDATE', 'REFERENCES')
     AND has_any_column_privilege('regress_bob', c.oid, p.privilege));
SELECT string_agg(c.relname, ' ' ORDER BY c.relname COLLATE "C") AS readable FROM pg_class c
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p')
  AND has_any_column_privilege('regress_bob', c.oid, 'SELECT');
SELECT has_schema_privilege('regress_bob', 'taskcrm', 'USAGE'),
  has_schema_privilege('regress_bob', 'taskcrm', 'CREATE'),
  has_schema_privilege('regress_bob', 'taskcrm_internal', 'USAGE'),
    has_schema_privilege('regress_bob', 'taskcrm_internal', 'CREATE');
-- They are members of no other role.
SELECT r.rolname FROM pg_roles r
WHERE pg_has_role('regress_bob', r.oid, 'MEMBER') AND r.rolname <> 'regress_bob';

-- Only superusers can change administrators' settings; anyone can change the settings that select.
SELECT name, context, setting FROM pg_settings WHERE name LIKE 'taskcrm.%' ORDER BY name COLLATE "C";
\connect - regress_bob
SELECT taskcrm.tc_whoami() IS NOT NULL;
SELECT attempt('SET taskcrm.max_limit = 5');
SELECT attempt('SET taskcrm.base_path = ''/x''');
SELECT attempt('SET taskcrm.time_zone = ''Europe/Berlin''');
SELECT attempt('SET taskcrm.unknown = 1');
-- A client's value set before the library is loaded has no effect either.
\connect - regress_bob
SET taskcrm.max_limit = 5;
SELECT taskcrm.tc_whoami() IS NOT NULL;
SHOW taskcrm.max_limit;
\connect - :superuser
SELECT taskcrm.tc_whoami() IS NOT NULL;
SELECT attempt('SET taskcrm.max_limit = 0');
SELECT attempt('SET taskcrm.time_zone = ''Nowhere/City''');

\set ECHO none
\i :teardown
