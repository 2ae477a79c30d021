-- test/pg-upgrade: what an installation answers to those who use it.  It leaves no row behind.
\set VERBOSITY terse
SELECT "check", detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust';
SELECT * FROM taskcrm.tc_check_counts();
SELECT * FROM taskcrm.tc_relink_roles() ORDER BY kind, role;
-- Whether the labels and their order are those of the extension.
SELECT enum_range(NULL::taskcrm.task_status), enum_range(NULL::taskcrm.task_priority), enum_range(NULL::public.stage);
SELECT count(*) FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND NOT indisvalid;

\connect - ann
SELECT taskcrm.tc_whoami();
SELECT taskcrm.tc_list_tasks('{"limit": 20}');
SELECT taskcrm.tc_list_tasks('{"status": "New", "priority": ["High", "Urgent"], "stage": "first", "hours__gte": 10, "ordering": "-hours", "limit": 20}');
SELECT taskcrm.tc_list_tasks('{"search": "wörd 45", "is_urgent": false}');
SELECT taskcrm.tc_get_task('00000006-0000-4000-8000-000000000001');
SELECT taskcrm.tc_task_totals() ->> 'by_status';
SELECT count(*), sum(title_length) FROM public.urgent;
SELECT taskcrm.tc_list_tasks('{"where": {"or": [{"title": {"contains_unaccented": "API"}}, {"not": {"hours": {"lte": 990}}}]}, "ordering": "title"}');
SELECT taskcrm.tc_list_views();
SELECT (v ->> 'id')::uuid AS view FROM json_array_elements(taskcrm.tc_list_views() -> 'results') v \gset
SELECT taskcrm.tc_list_tasks(jsonb_build_object('view', :'view'));
SELECT taskcrm.tc_group_tasks(jsonb_build_object('view', :'view'), 'stage');
SELECT taskcrm.tc_list_deleted();
SELECT taskcrm.tc_list_webhooks();
SELECT taskcrm.tc_list_events('{"limit": 20}');
PREPARE copies AS
  SELECT c.began, r ->> 'full', r ->> 'more', (SELECT string_agg(t ->> 'title', ', ' ORDER BY t ->> 'title') FROM json_array_elements(r #> '{changed,tasks}') t),
    json_array_length(r #> '{deleted,tasks}')
  FROM public.copy c, LATERAL taskcrm.tc_sync(c.token) r ORDER BY c.began;
EXECUTE copies;
BEGIN;
-- The stored answer of the first call with this key.
SELECT taskcrm.tc_create_task('{"id": "00000006-0000-4000-8000-000000000001", "title": "by the API", "description": "searched",
  "assigned_to": ["00000002-0000-4000-8000-000000000002"], "stage": "last", "hours": 7,
  "attachments": [{"file_name": "f", "content": "AAEC"}]}', 'key');
SELECT taskcrm.tc_create_task('{"title": "new", "priority": "Urgent", "stage": "second"}')::jsonb - '{id,created_on,updated_on}'::text[];
SELECT taskcrm.tc_update_task('00000006-0000-4000-8000-000000000001', '{"status": "In Progress", "hours": 8}')::jsonb - 'updated_on';
UPDATE taskcrm.task SET stage = 'last', hours = 0 WHERE title = 'new' RETURNING title_length, is_urgent;
SELECT taskcrm.tc_list_tasks('{"search": "new", "count": "none"}')::jsonb #> '{results,0,stage}';
SELECT taskcrm.tc_task_totals() ->> 'by_status';
SELECT taskcrm.tc_restore_task((d ->> 'id')::uuid)::jsonb - '{version,updated_on}'::text[] FROM json_array_elements(taskcrm.tc_list_deleted() -> 'results') d;
EXECUTE copies;
ROLLBACK;

\connect - carl
SELECT taskcrm.tc_list_tasks('{"limit": 5}');
SELECT count(*) FROM taskcrm.task;

\connect - gate
BEGIN;
SET LOCAL ROLE web;
SET LOCAL taskcrm.user_id = '00000002-0000-4000-8000-000000000004';
SELECT taskcrm.tc_list_tasks('{"limit": 5, "ordering": "title"}');
COMMIT;

\connect - worker
BEGIN;
SELECT url, headers ->> 'webhook-id', convert_from(body, 'UTF8') FROM taskcrm.tc_claim_deliveries(max_events => 5);
ROLLBACK;
