\set n random(1, 1000)
SELECT taskcrm.tc_add_task_comment_or_attachment((SELECT task FROM bench.pick WHERE n = :n),
  'Task completed successfully, proposal approved');
