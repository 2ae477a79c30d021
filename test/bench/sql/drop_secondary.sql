-- Drops the secondary indexes of the extension's tables, as they are listed since the load.
SELECT format('DROP INDEX %s', name) FROM bench.secondary_index WHERE name IS NOT NULL \gexec
