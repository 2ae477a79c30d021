SELECT taskcrm.tc_list_tasks('{"count": "none"}');
