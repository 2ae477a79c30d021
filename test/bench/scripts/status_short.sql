\set n random(1, 100)
\set s random(1, 3)
SELECT taskcrm.tc_update_task((SELECT task FROM bench.described WHERE n = :n AND NOT is_long),
  jsonb_build_object('status', (enum_range(NULL::taskcrm.task_status))[:s]));
