\set n random(1, 150)
SELECT t.* FROM TABLE t JOIN bench.soak_task s ON t.org_id = bench.id('org', 0, 0) AND t.id = s.task WHERE s.org = 0 AND s.n = :n;
