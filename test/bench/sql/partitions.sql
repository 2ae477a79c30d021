-- Copies the tasks into a plain table and into one in 16 hash partitions by organization,
-- with the same indexes, as a specialist would make them.

CREATE TABLE bench.task_plain (LIKE taskcrm.task INCLUDING DEFAULTS);
CREATE TABLE bench.task_parted (LIKE taskcrm.task INCLUDING DEFAULTS) PARTITION BY HASH (org_id);
SELECT format('CREATE TABLE bench.task_parted_%s PARTITION OF bench.task_parted FOR VALUES WITH (MODULUS 16, REMAINDER %s)', n, n)
FROM generate_series(0, 15) n \gexec
INSERT INTO bench.task_plain SELECT * FROM taskcrm.task;
INSERT INTO bench.task_parted SELECT * FROM taskcrm.task;
SELECT format(statement, tab) FROM unnest(ARRAY['plain', 'parted']) tab, unnest(ARRAY[
  'ALTER TABLE bench.task_%s ADD PRIMARY KEY (org_id, id)',
  'CREATE INDEX ON bench.task_%s (org_id, created_on, id)',
  'CREATE INDEX ON bench.task_%s (org_id, status, created_on, id)',
  'CREATE INDEX ON bench.task_%s (org_id, due_date, id)']) statement \gexec
VACUUM ANALYZE bench.task_plain, bench.task_parted;
