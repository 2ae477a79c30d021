-- Drops the extension with its tables. It locks indexes of the extension's operator classes before
-- their tables, which autovacuum does the other way round.
BEGIN;
SELECT 'LOCK ' || string_agg(c.oid::regclass::text, ', ') FROM pg_class c
  WHERE c.relkind IN ('r', 'p') AND c.relnamespace IN (to_regnamespace('taskcrm'), to_regnamespace('taskcrm_internal'))
  HAVING count(*) > 0 \gexec
DROP EXTENSION taskcrm CASCADE;
COMMIT;
