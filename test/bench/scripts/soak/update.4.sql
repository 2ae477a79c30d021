\set n random(1, 150)
\set s random(1, 3)
\set p random(1, 4)
SELECT taskcrm.tc_update_task((SELECT task FROM bench.soak_task WHERE org = :org AND n = :n),
  jsonb_build_object('status', (ARRAY['New', 'In Progress', 'Completed'])[:s], 'priority', (ARRAY['Low', 'Normal', 'High', 'Urgent'])[:p]));
