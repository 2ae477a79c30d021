\set n random(1, 1000)
SELECT taskcrm.tc_get_task((SELECT task FROM bench.pick WHERE n = :n));
