-- Searches that ignore accents: the filter accents, the comparator contains_unaccented, and the operator
-- @~~, in lists, counts, totals, groups, views and links; each compared with the same search by hand.
\getenv srcdir PG_ABS_SRCDIR
\set list_setup :srcdir /sql/include/list_setup.sql
\set ECHO none
\i :list_setup
INSERT INTO taskcrm.task (org_id, id, title, description, status, created_on) VALUES
  (:org, id('task', 5001), 'Crème BRÛLÉE', NULL, 'New', '2023-01-01'), (:org, id('task', 5002), 'Creme brulee', NULL, 'New', '2023-01-02'),
  (:org, id('task', 5003), U&'Cre\0300me bru\0302le\0301e', NULL, 'Completed', '2023-01-03'), (:org, id('task', 5004), 'Dessert', 'Crème brûlée', 'Completed', '2023-01-04'),
  (:org, id('task', 5005), 'Straße in Łódź', 'smørrebrød', 'New', '2023-01-05'), (:org, id('task', 5006), 'Έλληνας ёлка', 'שָׁלוֹם', 'New', '2023-01-06'),
  (:org, id('task', 5007), 'がく', NULL, 'New', '2023-01-07');
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by) VALUES (:org, id('comment', 5001), id('task', 5007), 'Ça va', :me);
CREATE FUNCTION public.numbers(f jsonb) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT string_agg(right(i::text, 4), ' ' ORDER BY i) FROM taskcrm.tc_find_task_ids(f || '{"limit": 1000}') i WHERE i >= id('task', 5001) $$;
\set ECHO all
\connect - regress_bob
SELECT f, numbers(f), numbers(f || '{"accents": false}') AS plain, numbers(f || '{"accents": "true"}') AS with_accents
FROM unnest(ARRAY['{"search": "brulee"}', '{"search": "BRÛLÉE"}', '{"title": "crème b"}', '{"title": "é"}', '{"title": "strasse"}', '{"title": "ß"}',
  '{"title": "lodz"}', '{"search": "smorrebrod"}', '{"title": "ελληνασ"}', '{"title": "елка"}', '{"search": "שלום"}', '{"title": "か"}']::jsonb[]) f;
-- Counts, totals, groups and pages agree.
SELECT l ->> 'count' AS count, l -> 'totals' ->> 'count' AS totals, l ->> 'next' AS next, taskcrm.tc_task_totals('{"search": "brulee", "accents": false}') ->> 'count' AS alone
FROM taskcrm.tc_list_tasks('{"search": "brulee", "accents": false, "limit": 2, "totals": true}') l;
SELECT g ->> 'key' AS key, g ->> 'count' AS count FROM json_array_elements(taskcrm.tc_group_tasks('{"search": "brulee", "accents": false}', 'status') -> 'groups') g;
SELECT l ->> 'count' AS count FROM taskcrm.tc_list_tasks('{"search": "brulee", "accents": false, "count": "estimated"}') l;
SELECT right(r ->> 'id', 4) AS id FROM json_array_elements(taskcrm.tc_list_tasks('{"search": "brulee", "accents": false, "ordering": "relevance"}') -> 'results') r;
WITH first AS MATERIALIZED (SELECT taskcrm.tc_list_tasks('{"search": "brulee", "accents": false, "ordering": "relevance", "limit": 3, "cursor": "start"}') ->> 'next_cursor' AS cursor)
SELECT right(r ->> 'id', 4) AS id, attempt(format('SELECT taskcrm.tc_list_tasks(%L)', jsonb_build_object('search', 'brulee', 'ordering', 'relevance', 'cursor', cursor)))
FROM first, json_array_elements(taskcrm.tc_list_tasks(jsonb_build_object('search', 'brulee', 'accents', false, 'ordering', 'relevance', 'limit', 3, 'cursor', cursor)) -> 'results') r;
-- In a tree it is said by the comparator, whatever the filter says.
SELECT w, numbers(jsonb_build_object('where', w)), numbers(jsonb_build_object('where', w, 'accents', false)) AS plain
FROM unnest(ARRAY['{"search": {"contains": "brulee"}}', '{"search": {"contains_unaccented": "brulee"}}', '{"title": {"contains_unaccented": "BRULEE"}}',
  '{"or": [{"title": {"contains_unaccented": "lodz"}}, {"description": {"contains_unaccented": "creme"}}]}', '{"or": [{"search": {"contains_unaccented": "brulee"}}, {"title": {"eq": "x"}}]}',
  '{"and": [{"not": {"title": {"contains_unaccented": "creme"}}}, {"search": {"contains_unaccented": "creme"}}]}', '{"comment": {"contains": "ca"}}', '{"comment": {"contains_unaccented": "ca"}}']::jsonb[]) w;
SELECT attempt(format('SELECT taskcrm.tc_list_tasks(%L)', f)) FROM unnest(ARRAY['{"where": {"status": {"contains_unaccented": "new"}}}', '{"accents": "no"}', '{"accents": [true]}']) f;
-- A view keeps it for its own terms, whatever a list says, and so is never widened.
SELECT taskcrm.tc_create_view('{"name": "Desserts", "filters": {"search": "brulee", "accents": false}}') ->> 'id' AS plain \gset
SELECT taskcrm.tc_create_view('{"name": "Exactly", "filters": {"search": "brulee"}}') ->> 'id' AS exact \gset
SELECT numbers(jsonb_build_object('view', :'plain')) AS plain, numbers(jsonb_build_object('view', :'plain', 'accents', true)) AS said, numbers(jsonb_build_object('view', :'plain', 'title', 'creme')) AS both,
  numbers(jsonb_build_object('view', :'plain', 'title', 'creme', 'accents', true)) AS narrowed, numbers(jsonb_build_object('view', :'plain', 'accents', true, 'search', 'dessert')) AS other,
  numbers(jsonb_build_object('view', :'exact')) AS exact, numbers(jsonb_build_object('view', :'exact', 'accents', false)) AS not_widened,
  numbers(jsonb_build_object('view', :'exact', 'accents', false, 'title', 'CRÈME')) AS mixed;
-- Over HTTP it is in links, and described.
SELECT b ->> 'count' AS count, b ->> 'next' AS next FROM taskcrm.tc_http_request('GET', '/api/tasks/?search=brulee&accents=false&limit=1') h, LATERAL (SELECT convert_from(h.body, 'UTF8')::json AS b) b;
SELECT p -> 'schema' FROM json_array_elements(taskcrm.tc_openapi() #> '{paths,/api/tasks/,get,parameters}') p WHERE p ->> 'name' = 'accents';
-- The index serves both operators, and finds what there is without it.
\connect - :superuser
SET enable_seqscan = off;
SET enable_indexscan = off;
SELECT o.term, bool_and(o.by_hand IS NOT DISTINCT FROM o.by_index)
FROM unnest('{brulee,brûlée,e,é,ré,strasse,aß,か,łó}'::text[]) term,
  LATERAL (SELECT term, (SELECT array_agg(id ORDER BY id) FROM taskcrm.task WHERE org_id = :org AND taskcrm_internal.text_contains_unaccented(title, term)) AS by_hand,
                  (SELECT array_agg(id ORDER BY id) FROM taskcrm.task WHERE org_id = :org AND title OPERATOR(taskcrm.@~~) term) AS by_index
           UNION ALL
           SELECT term, (SELECT array_agg(id ORDER BY id) FROM taskcrm.task WHERE org_id = :org AND taskcrm_internal.text_contains(title, term)),
                  (SELECT array_agg(id ORDER BY id) FROM taskcrm.task WHERE org_id = :org AND title OPERATOR(taskcrm.@~) term)) o
GROUP BY 1 ORDER BY 1;
RESET enable_seqscan;
RESET enable_indexscan;
-- A session that has read the sample of titles looks up other trigrams, and finds the same.
INSERT INTO taskcrm.task (org_id, id, title, created_on)
  SELECT :org, id('task', 6000 + n), 'Invoice for Globex ' || n * 111, '2023-02-01' FROM generate_series(1, 400) n;
ANALYZE taskcrm.task;
\connect - regress_bob
SET enable_seqscan = off;
SET enable_indexscan = off;
SELECT term, l ->> 'count' AS count, (l ->> 'count')::int = (SELECT count(*) FROM taskcrm.task WHERE title ILIKE '%' || term || '%') AS same
FROM unnest('{Globex 333,globex 11100,or Globex 3,33333,x 4,44400,nowhere}'::text[]) term, taskcrm.tc_list_tasks(jsonb_build_object('title', term, 'limit', 1)) l;
RESET enable_seqscan;
RESET enable_indexscan;
\connect - :superuser
-- An organization does not find what others have.
\connect - regress_dan
SELECT numbers('{"search": "brulee", "accents": false}');

\set ECHO none
\o /dev/null
\connect - :superuser
DROP FUNCTION public.numbers(jsonb);
\i :drop_tasks
