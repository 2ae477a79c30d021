\set n random(1, 150)
SELECT taskcrm.tc_get_task((SELECT task FROM bench.soak_task WHERE org = :org AND n = :n));
