-- The lists that are measured, each in three forms: the filters of tc_list_tasks, the
-- statement that a specialist writes by hand, and the arguments of the textbook's
-- function.  A case has several values, which a measurement uses in turns.  If the
-- extension uses its counters, the hand-written statement uses them too.

CREATE TABLE bench.list_case (
  org int, place int, name text, value int, filters jsonb,
  source text, condition text, ordering text, counted text, textbook text,
  PRIMARY KEY (org, name, value));

-- One page and its count by hand, run as a superuser without row-level security and
-- prepared with its values.  The statement first reads the page from the index that serves
-- the filter and the order, and then the objects that belong to its ten tasks.
CREATE FUNCTION bench.by_hand(c bench.list_case, with_count boolean) RETURNS text
  LANGUAGE sql STABLE AS $fn$
  SELECT format($sql$SELECT json_build_object(
  'count', %1$s,
  'next', '/api/tasks/?limit=10&offset=10',
  'previous', NULL,
  'results', coalesce(json_agg(r), '[]'))
FROM (
  SELECT t.id, t.title, t.status, t.priority, t.due_date, t.account_id AS account,
    (SELECT coalesce(json_agg(l.contact_id ORDER BY l.contact_id), '[]') FROM taskcrm.task_contact l
     WHERE l.org_id = t.org_id AND l.task_id = t.id) AS contacts,
    t.created_on,
    (SELECT coalesce(json_agg(l.user_id ORDER BY l.user_id), '[]') FROM taskcrm.task_assignee l
     WHERE l.org_id = t.org_id AND l.task_id = t.id) AS assigned_to,
    (SELECT coalesce(json_agg(l.team_id ORDER BY l.team_id), '[]') FROM taskcrm.task_team l
     WHERE l.org_id = t.org_id AND l.task_id = t.id) AS teams,
    t.description, t.created_by, t.updated_on, t.completed_on, t.completed_by, t.version, t.org_id AS org
  FROM (
    SELECT t.* FROM %2$s
    WHERE %3$s
    ORDER BY %4$s LIMIT 10) t) r$sql$,
    CASE WHEN with_count THEN '(' || c.counted || ')' ELSE 'NULL' END, c.source, c.condition, c.ordering)
$fn$;

CREATE FUNCTION bench.by_extension(c bench.list_case, with_count boolean) RETURNS text
  LANGUAGE sql STABLE AS $fn$
  SELECT format('SELECT taskcrm.tc_list_tasks(%L)',
    CASE WHEN with_count THEN c.filters ELSE c.filters || '{"count": "none"}' END)
$fn$;

CREATE FUNCTION bench.by_textbook(c bench.list_case) RETURNS text
  LANGUAGE sql STABLE AS $fn$
  SELECT format('SELECT textbook.list_tasks(p_org => %L%s)', o.id, coalesce(', ' || c.textbook, ''))
  FROM bench.org o WHERE o.n = c.org
$fn$;

-- Adds the cases of one organization.
CREATE FUNCTION bench.add_cases(org_n int) RETURNS void
  LANGUAGE plpgsql AS $fn$
DECLARE
  o bench.org := (SELECT o FROM bench.org o WHERE o.n = org_n);
  counters boolean := to_regclass('taskcrm_internal.task_count') IS NOT NULL;
  mine text := format('t.org_id = %L', o.id);
  r record;
BEGIN
  -- Filters on columns of the task.
  INSERT INTO bench.list_case
  SELECT o.n, place, name, value, filters, src, mine || cond, coalesce(ord, 't.created_on DESC, t.id DESC'),
    CASE WHEN counters AND by_counter
      THEN format('SELECT sum(t.n)::bigint FROM taskcrm_internal.task_count t WHERE %s%s', mine, cond)
      ELSE format('SELECT count(*) FROM %s WHERE %s%s', src, mine, cond) END, textbook
  FROM (
    SELECT 1, 'no filter', 1, '{}'::jsonb, 'taskcrm.task t', '', NULL, true, NULL
    UNION ALL
    SELECT 2, 'status', n, jsonb_build_object('status', s), 'taskcrm.task t', format(' AND t.status = %L', s), NULL, true,
      format('p_status => %L', s)
    FROM unnest(ARRAY['New', 'In Progress', 'Completed']) WITH ORDINALITY AS v (s, n)
    UNION ALL
    SELECT 3, 'priority', n, jsonb_build_object('priority', p), 'taskcrm.task t', format(' AND t.priority = %L', p), NULL, true,
      format('p_priority => %L', p)
    FROM unnest(ARRAY['Low', 'High', 'Urgent']) WITH ORDINALITY AS v (p, n)
    UNION ALL
    SELECT 4, 'status, priority', n, jsonb_build_object('status', s, 'priority', p), 'taskcrm.task t',
      format(' AND t.status = %L AND t.priority = %L', s, p), NULL, true, format('p_status => %L, p_priority => %L', s, p)
    FROM (VALUES (1, 'In Progress', 'High'), (2, 'New', 'Urgent'), (3, 'Completed', 'Normal')) AS v (n, s, p)
    UNION ALL
    SELECT 6, 'account', n, jsonb_build_object('account', id), 'taskcrm.task t', format(' AND t.account_id = %L', id), NULL,
      false, format('p_account => %L', id)
    FROM (SELECT n, bench.id('account', o.n, (o.tasks / 100 + 1) * n / 5) AS id FROM generate_series(0, 3) n) v
    UNION ALL
    SELECT 7, 'due_date', n, jsonb_build_object('due_date', d), 'taskcrm.task t', format(' AND t.due_date = %L', d), NULL,
      false, format('p_due_date => %L', d)
    FROM (SELECT n, (loaded_on + n * interval '9 days')::date AS d FROM bench.moment, generate_series(-1, 2) n) v
    UNION ALL
    SELECT 10, 'created_by', n, jsonb_build_object('created_by', id), 'taskcrm.task t', format(' AND t.created_by = %L', id),
      NULL, false, format('p_created_by => %L', id)
    FROM (SELECT n, bench.id('user', o.n, o.people * n / 5) AS id FROM generate_series(0, 3) n) v
    UNION ALL
    SELECT 13, 'overdue, by due_date', 1, '{"overdue": true, "ordering": "due_date"}', 'taskcrm.task t',
      ' AND t.due_date < current_date AND t.status <> ''Completed''', 't.due_date, t.created_on, t.id', false,
      'p_overdue => true, p_order => ''t.due_date, t.created_on, t.id'''
    UNION ALL
    SELECT 14, 'by due_date, -priority', 1, '{"ordering": "due_date,-priority"}', 'taskcrm.task t', '',
      't.due_date, t.priority DESC, t.created_on DESC, t.id DESC', true,
      'p_order => ''t.due_date, array_position(ARRAY[''''Urgent'''', ''''High'''', ''''Normal'''', ''''Low''''], t.priority), t.created_on DESC, t.id DESC'''
    -- The specialist's title search: ILIKE with a trigram index that begins with the
    -- organization.  The index is on the textbook's table, which contains the same rows.
    UNION ALL
    SELECT 20, 'title, rare', n, jsonb_build_object('title', term), 'textbook.tasks t',
      format(' AND t.title ILIKE %L', '%' || term || '%'), NULL, false, format('p_title => %L', term)
    FROM (SELECT n, 'for ' || (ARRAY['Globex', 'Acme', 'Hooli'])[n] || ' ' || (o.tasks / (n + 1) / 10) AS term
          FROM generate_series(1, 3) n) v
    UNION ALL
    SELECT 21, 'title, common', n, jsonb_build_object('title', term), 'textbook.tasks t',
      format(' AND t.title ILIKE %L', '%' || term || '%'), NULL, false, format('p_title => %L', term)
    FROM unnest(ARRAY['invoice', 'Review', 'globex']) WITH ORDINALITY AS v (term, n)
    UNION ALL
    SELECT 22, 'search, rare', n, jsonb_build_object('search', term), 'textbook.tasks t',
      format(' AND (t.title ILIKE %1$L OR t.description ILIKE %1$L)', '%' || term || '%'), NULL, false,
      format('p_search => %L', term)
    FROM (SELECT n, 'task ' || (o.tasks / (n + 1) / 3 * 3) AS term FROM generate_series(1, 3) n) v
  ) AS c (place, name, value, filters, src, cond, ord, by_counter, textbook);

  -- Filters on a link: the scan begins at the link, which has a copy of the task's created_on.
  FOR r IN SELECT * FROM (VALUES
      (5, 'assigned_to', 'task_assignee', 'user_id', 'user', o.people, 'p_assigned_to'),
      (8, 'contact', 'task_contact', 'contact_id', 'contact', o.tasks / 50 + 1, 'p_contact'),
      (9, 'team', 'task_team', 'team_id', 'team', 20, 'p_team')) AS v (place, name, tab, col, kind, below, argument)
  LOOP
    INSERT INTO bench.list_case
    SELECT o.n, r.place, r.name, n, jsonb_build_object(r.name, id),
      format('taskcrm.%I d JOIN taskcrm.task t ON t.org_id = d.org_id AND t.id = d.task_id', r.tab),
      format('d.org_id = %L AND d.%I = %L', o.id, r.col, id), 'd.created_on DESC, d.task_id DESC',
      format('SELECT count(*) FROM taskcrm.%I d WHERE d.org_id = %L AND d.%I = %L', r.tab, o.id, r.col, id),
      format('%s => %L', r.argument, id)
    FROM (SELECT n, bench.id(r.kind, o.n, r.below * n / 5) AS id FROM generate_series(0, 3) n) v;
  END LOOP;
  INSERT INTO bench.list_case
    SELECT c.org, 11, 'assigned_to, status', c.value, c.filters || '{"status": "In Progress"}', c.source,
      c.condition || ' AND t.status = ''In Progress''', c.ordering,
      format('SELECT count(*) FROM %s WHERE %s AND t.status = ''In Progress''', c.source, c.condition),
      c.textbook || ', p_status => ''In Progress'''
    FROM bench.list_case c WHERE c.org = o.n AND c.name = 'assigned_to';
END
$fn$;

SELECT bench.add_cases(n) FROM bench.org WHERE kind IN ('large', 'growth');

-- Without the textbook, there is no index for these.
DELETE FROM bench.list_case WHERE source = 'textbook.tasks t' AND to_regclass('textbook.tasks') IS NULL;
