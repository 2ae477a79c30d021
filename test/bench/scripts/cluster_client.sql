-- One round of a client of test/bench/cluster.  It writes what was acknowledged: a task that was
-- created (C), its version (U), and that it was deleted (D).
SELECT taskcrm.tc_create_task(jsonb_build_object('title', 'load ' || clock_timestamp(), 'priority', 'Low')) ->> 'id' AS id \gset
\if :ERROR
\else
  \echo C :id
  SELECT taskcrm.tc_update_task(:'id', '{"priority": "High", "status": "In Progress"}') ->> 'version' AS version \gset
  \if :ERROR
  \else
    \echo U :id :version
  \endif
  SELECT taskcrm.tc_list_tasks('{"limit": 10}') ->> 'count' AS tasks \gset
  SELECT json_array_length(taskcrm.tc_get_task(:'id') -> 'comments') AS comments \gset
  SELECT random() < 0.25 AS deletes \gset
  \if :deletes
    SELECT taskcrm.tc_delete_task(:'id') IS NULL AS nothing \gset
    \if :ERROR
    \else
      \echo D :id
    \endif
  \endif
\endif
