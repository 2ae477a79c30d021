-- Drops the secondary indexes of the extension's tables, which the load has listed.
SELECT format('DROP INDEX %s', name) FROM bench.secondary_index WHERE name IS NOT NULL \gexec
