\set n random(1, 150)
SELECT taskcrm.tc_create_task((SELECT data FROM bench.soak_task WHERE org = :org AND n = :n)::jsonb);
