-- Drops what an earlier run has made beside the data, in a directory that --data names.
SELECT format('DROP FUNCTION %s CASCADE', p.oid::regprocedure) FROM pg_proc p
  WHERE p.pronamespace = 'bench'::regnamespace AND p.proname NOT IN ('id', 'spread', 'skew', 'plain_times') \gexec
SELECT format('DROP TABLE %s CASCADE', c.oid::regclass) FROM pg_class c
  WHERE c.relnamespace = 'bench'::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
    AND c.relname NOT IN ('org', 'moment', 'secondary_index') \gexec
