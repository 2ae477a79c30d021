-- test/pg-upgrade: what is written under PostgreSQL :version, after it was upgraded to.
\connect - ann
-- A copy that has nothing of what follows.
INSERT INTO public.copy SELECT :version, r ->> 'token' FROM taskcrm.tc_sync(NULL, '{"from": "now"}') r;
SELECT taskcrm.tc_create_task(jsonb_build_object('title', 'written by ' || :version, 'priority', 'Urgent', 'stage', 'last', 'hours', :version))
\g /dev/null
-- One task is in the bin, with its file and comment.
SELECT taskcrm.tc_create_task(jsonb_build_object('title', 'deleted by ' || :version, 'contacts', '[]'::jsonb,
  'attachments', '[{"file_name": "f", "content": "AAEC"}]'::jsonb)) ->> 'id' AS gone \gset
SELECT taskcrm.tc_add_task_comment_or_attachment(:'gone', 'to @u2 too'), taskcrm.tc_delete_task(:'gone') \g /dev/null

-- The webhook has passed two events more.
\connect - worker
SELECT f FROM (SELECT * FROM taskcrm.tc_claim_deliveries(max_events => 2) OFFSET 0) d,
  LATERAL taskcrm.tc_finish_delivery(d.claim, d.event_id, 200) f
\g /dev/null
\connect - postgres
-- Its events carry a generation of this cluster.
DO $$
BEGIN
  ASSERT (SELECT count(DISTINCT generation) FROM taskcrm_internal.event) = (SELECT count(*) FROM public.copy);
  ASSERT (SELECT system_identifier FROM taskcrm_internal.event_generation ORDER BY generation DESC LIMIT 1)
    = (SELECT system_identifier FROM pg_control_system());
END
$$;
