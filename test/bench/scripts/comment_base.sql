\set n random(1, 1000)
INSERT INTO taskcrm.task_comment (org_id, task_id, comment, commented_by)
SELECT org, task, 'Task completed successfully, proposal approved', author FROM bench.pick WHERE n = :n
RETURNING json_build_object('comment', json_build_object('id', id, 'comment', comment, 'task', task_id,
  'commented_on', commented_on, 'commented_by', commented_by, 'edited_on', edited_on, 'mentions', '[]'::json),
  'attachment', NULL);
