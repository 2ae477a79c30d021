\set n random(1, 5000)
SELECT taskcrm.tc_list_tasks(jsonb_build_object('title', 'Globex ' || :n::text, 'count', 'none'));
