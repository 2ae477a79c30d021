\set n random(0, 9)
SELECT bench.on_recent($$SELECT taskcrm.tc_update_task($1, '{"status": "Completed", "priority": "Urgent", "teams": []}')$$, :n);
