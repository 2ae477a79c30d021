-- test/pg-upgrade: every row of every table, in an order of its own.
SELECT string_agg(format('SELECT %L || to_jsonb(t)::text FROM ONLY %s t', c.relname || ' ', c.oid::regclass), ' UNION ALL ')
  AS statement
FROM pg_class c
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r'
\gset
SELECT x FROM (:statement) x (x) ORDER BY x COLLATE "C";
