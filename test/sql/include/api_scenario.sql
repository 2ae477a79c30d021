-- A sequence of API calls whose statements do not depend on search_path. The results are stored in
-- pg_temp.results under the name :run.
SELECT taskcrm.tc_create_task(:'task_data', :'run') AS r1 \gset
SELECT :'r1'::pg_catalog.json OPERATOR(pg_catalog.->>) 'id' AS id \gset
SELECT taskcrm.tc_create_task(:'task_data', :'run') AS r2 \gset
SELECT taskcrm.tc_update_task(:'id', :'changes') AS r3 \gset
SELECT taskcrm.tc_add_task_comment_or_attachment(:'id', :'comment', :'attachment') AS r4 \gset
SELECT :'r4'::pg_catalog.json OPERATOR(pg_catalog.->) 'comment' OPERATOR(pg_catalog.->>) 'id' AS comment_id,
  :'r4'::pg_catalog.json OPERATOR(pg_catalog.->) 'attachment' OPERATOR(pg_catalog.->>) 'id' AS file_id \gset
SELECT taskcrm.tc_edit_task_comment(:'comment_id', 'edited, @amy and @carl@both.example') AS r5 \gset
SELECT taskcrm.tc_add_task_attachment(:'id', 'e.bin', :'bytes', 'a/b') AS r6 \gset
SELECT taskcrm.tc_get_task(:'id') AS r7 \gset
SELECT pg_catalog.encode(content, 'hex') AS r8 FROM taskcrm.tc_get_task_attachment(:'file_id') \gset
SELECT taskcrm.tc_delete_task_comment(:'comment_id') AS r9, taskcrm.tc_delete_task_attachment(:'file_id') AS r10 \gset
SELECT taskcrm.tc_get_task(:'id') AS r11 \gset
SELECT taskcrm.tc_create_tasks(:'bulk') AS r12 \gset
SELECT taskcrm.tc_list_tasks('{"limit": 3}') AS r13 \gset
SELECT taskcrm.tc_delete_task(:'id') AS r14,
  taskcrm.tc_delete_task((:'r12'::pg_catalog.json OPERATOR(pg_catalog.->) 0 OPERATOR(pg_catalog.->>) 'id')::pg_catalog.uuid) AS r15,
  taskcrm.tc_delete_task((:'r12'::pg_catalog.json OPERATOR(pg_catalog.->) 1 OPERATOR(pg_catalog.->>) 'id')::pg_catalog.uuid) AS r16 \gset
INSERT INTO pg_temp.results (run, step, result) VALUES (:'run', 1, :'r1'), (:'run', 2, :'r2'), (:'run', 3, :'r3'), (:'run', 4, :'r4'), (:'run', 5, :'r5'), (:'run', 6, :'r6'),
  (:'run', 7, :'r7'), (:'run', 8, :'r8'), (:'run', 9, :'r9'), (:'run', 10, :'r10'), (:'run', 11, :'r11'), (:'run', 12, :'r12'), (:'run', 13, :'r13'), (:'run', 14, :'r14');
