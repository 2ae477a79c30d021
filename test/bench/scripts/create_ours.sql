\set n random(1, 1000)
SELECT taskcrm.tc_create_task((SELECT data FROM bench.pick WHERE n = :n)::jsonb);
