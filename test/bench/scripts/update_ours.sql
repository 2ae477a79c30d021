\set n random(1, 1000)
\set m random(1, 1000000)
SELECT taskcrm.tc_update_task((SELECT task FROM bench.pick WHERE n = :n),
  jsonb_build_object('title', 'Review contract proposal ' || :m::text, 'due_date', '2026-02-10'));
