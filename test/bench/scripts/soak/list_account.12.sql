\set n random(0, 49)
SELECT taskcrm.tc_list_tasks(jsonb_build_object('account', bench.id('account', :org, :n), 'count', 'estimated'));
