\set n random(0, 9)
SELECT bench.on_recent($$SELECT taskcrm.tc_add_task_comment_or_attachment($1, 'Approved')$$, :n);
