\set n random(0, 19)
SELECT taskcrm.tc_list_tasks(jsonb_build_object('assigned_to', bench.id('user', :org, :n), 'count', 'estimated'));
SELECT taskcrm.tc_list_tasks('{"assigned_to": "@me", "ordering": "due_date", "count": "none"}');
