-- Prints the tables with rows and their indexes: name, rows, MB, bytes a row, and how often
-- an index was used so far.

WITH tab AS (
  SELECT c.oid, c.relname, c.reltuples::bigint AS rows, pg_table_size(c.oid) AS bytes, NULL::bigint AS scans, c.relname AS tab
  FROM pg_class c
  WHERE c.relkind = 'r' AND c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
), part AS (
  SELECT relname, rows, bytes, scans, tab, 0 AS is_index FROM tab
  UNION ALL
  SELECT '– ' || i.relname, tab.rows, pg_relation_size(i.oid), pg_stat_get_numscans(i.oid), tab.tab, 1
  FROM tab JOIN pg_index x ON x.indrelid = tab.oid JOIN pg_class i ON i.oid = x.indexrelid
), shown AS (
  SELECT *, sum(bytes) OVER (PARTITION BY tab) AS whole FROM part WHERE rows > 1000
)
SELECT relname, rows, round(bytes / 1048576.0, 1), round(bytes / rows::numeric), scans
FROM shown ORDER BY whole DESC, tab, is_index, bytes DESC;
SELECT 'all', '', round(pg_database_size('bench') / 1048576.0, 1), '', '';
