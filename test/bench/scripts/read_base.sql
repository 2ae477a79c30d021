\set n random(1, 1000)
SELECT * FROM taskcrm.task WHERE org_id = (SELECT org FROM bench.pick WHERE n = :n) AND id = (SELECT task FROM bench.pick WHERE n = :n);
