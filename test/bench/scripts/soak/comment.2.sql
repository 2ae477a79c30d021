\set n random(1, 150)
SELECT taskcrm.tc_add_task_comment_or_attachment((SELECT task FROM bench.soak_task WHERE org = :org AND n = :n), 'Still waiting for them');
