SELECT taskcrm.tc_list_tasks();
SELECT taskcrm.tc_list_tasks('{"status": "New"}');
SELECT taskcrm.tc_list_tasks('{"status": "In Progress", "priority": "High", "limit": 5}');
