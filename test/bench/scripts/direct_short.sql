\set n random(1, 100)
\set s random(1, 3)
UPDATE taskcrm.task SET status = (enum_range(NULL::taskcrm.task_status))[:s]
WHERE id = (SELECT task FROM bench.described WHERE n = :n AND NOT is_long);
