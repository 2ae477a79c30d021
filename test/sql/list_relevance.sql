-- Lists that are ordered by relevance: a match in the title before one in the description, the beginning
-- of a word before its middle, then the newest task; compared with plain SQL, page by page.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup
INSERT INTO taskcrm.task (org_id, id, title, description, created_on) VALUES
  (:org, id('task', 5001), 'Recall the order', 'to call', '2023-01-01'), (:org, id('task', 5002), 'Answer the recall', NULL, '2023-01-02'),
  (:org, id('task', 5003), 'Nothing', 'a recall', '2023-01-03'), (:org, id('task', 5004), 'Nothing', 'to (CALL)', '2023-01-04'),
  (:org, id('task', 5005), 'Re:call them', '', '2023-01-05');
-- For terms in ASCII.
CREATE FUNCTION public.relevance_oracle(f jsonb, term text, org uuid, me uuid) RETURNS uuid[]
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  SELECT array_agg(t.id ORDER BY CASE WHEN title ~* ('(^|[^[:alnum:]])' || term) THEN 1 WHEN title ~* term THEN 2
      WHEN description ~* ('(^|[^[:alnum:]])' || term) THEN 3 ELSE 4 END, created_on DESC, t.id DESC)
  FROM taskcrm.task t WHERE t.org_id = org AND t.id = ANY (oracle(f, org, me)) $$;
-- All pages, by cursor.
CREATE FUNCTION public.walk(f jsonb, size integer) RETURNS uuid[] LANGUAGE plpgsql AS $$
DECLARE
  page json;
  place text := 'start';
  ids uuid[] := '{}';
BEGIN
  WHILE place IS NOT NULL LOOP
    page := taskcrm.tc_list_tasks(f || jsonb_build_object('ordering', 'relevance', 'cursor', place, 'limit', size));
    ids := ids || ARRAY(SELECT (r ->> 'id')::uuid FROM json_array_elements(page -> 'results') WITH ORDINALITY AS r (r, n) ORDER BY n);
    place := page ->> 'next_cursor';
  END LOOP;
  RETURN ids;
END
$$;
\set ECHO all
\connect - regress_bob
SELECT string_agg(r ->> 'title', ', ' ORDER BY n) FROM json_array_elements(taskcrm.tc_list_tasks('{"search": "recall", "ordering": "relevance"}') -> 'results') WITH ORDINALITY AS r (r, n);
SELECT t.title, t.description FROM taskcrm.tc_find_task_ids('{"search": "call", "ordering": "relevance", "created_on__lte": "2023-01-10"}') WITH ORDINALITY AS i (id, n)
  JOIN taskcrm.task t USING (id) ORDER BY n;
SELECT count(*), bool_and(cardinality(wanted) > 2), bool_and(ids = wanted), bool_and(walk(f, 7) = wanted), bool_and(walk(f, 1000) = wanted)
FROM (VALUES ('{"search": "call"}'::jsonb, 'call'), ('{"search": "all"}', 'all'), ('{"search": "A"}', 'a'), ('{"title": "as"}', 'as'), ('{"search": "about", "status": "New"}', 'about'),
  ('{"search": "all", "title": "c", "priority": ["Low", "High"]}', 'all'), ('{"title": "task", "unassigned": false}', 'task')) v (f, term),
  LATERAL (SELECT relevance_oracle(f, term, :org, :me) AS wanted,
    ARRAY(SELECT taskcrm.tc_find_task_ids(f || '{"ordering": "relevance"}')) AS ids) w;
SELECT a #>> '{results,0,id}' = b #>> '{results,3,id}', a #>> '{results,1,id}' = b #>> '{results,4,id}', a ->> 'next'
FROM taskcrm.tc_list_tasks('{"search": "call", "ordering": "relevance", "limit": 2, "offset": 3}') a, taskcrm.tc_list_tasks('{"search": "call", "ordering": "relevance"}') b;
-- The same with more descriptions than are kept.
\connect - :superuser
ALTER ROLE regress_bob SET taskcrm.max_search_ids = 3;
\connect - regress_bob
SELECT walk('{"search": "call"}', 9) = relevance_oracle('{"search": "call"}', 'call', :org, :me);
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', f)) FROM unnest(ARRAY['{"ordering": "relevance"}', '{"search": "a", "ordering": "-relevance"}',
  '{"search": "a", "ordering": "relevance,title"}']) f;
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('search', 'recall', 'ordering', 'relevance', 'cursor',
  taskcrm.tc_list_tasks('{"search": "call", "ordering": "relevance", "cursor": "start", "limit": 1}') ->> 'next_cursor')));
-- Groups have it too.
SELECT g #>> '{results,0,title}' FROM json_array_elements(taskcrm.tc_group_tasks('{"search": "recall"}', 'status', '{"ordering": "relevance"}') -> 'groups') g;
\connect - regress_dan
SELECT count(*) > 0, bool_and(title LIKE 'CANARY%') FROM taskcrm.tc_find_tasks('{"search": "all", "ordering": "relevance"}');

\set ECHO none
\o /dev/null
\connect - :superuser
DROP FUNCTION public.relevance_oracle(jsonb, text, uuid, uuid), public.walk(jsonb, integer);
\i :drop_tasks
