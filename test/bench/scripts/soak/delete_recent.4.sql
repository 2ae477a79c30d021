\set n random(0, 9)
SELECT bench.on_recent($$SELECT taskcrm.tc_delete_task($1)$$, :n);
