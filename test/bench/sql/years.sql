-- The lists and totals of open work in organizations of some years, which are the first screens
-- that everybody opens.  The hand-written statements use the indexes over open work and the
-- copies of links that the extension keeps: a specialist would make the same ones.

CREATE FUNCTION bench.add_years_cases(org_n int) RETURNS void
  LANGUAGE plpgsql AS $fn$
DECLARE
  o bench.org := (SELECT o FROM bench.org o WHERE o.n = org_n);
  mine text := format('t.org_id = %L AND t.status <> ''Completed''', o.id);
  me uuid := bench.id('user', o.n, 1);
BEGIN
  -- Filters on columns of the task.
  INSERT INTO bench.list_case
  SELECT o.n, place, name, 1, filters || '{"status": "open"}', 'taskcrm.task t', mine || cond, ord,
    format('SELECT count(*) FROM taskcrm.task t WHERE %s', mine || cond), NULL
  FROM (VALUES
    (50, 'open, by created_on', '{}'::jsonb, '', 't.created_on DESC, t.id DESC'),
    (51, 'open, by due_date', '{"ordering": "due_date"}', '', 't.due_date, t.created_on, t.id'),
    (52, 'open, by -priority,due_date', '{"ordering": "-priority,due_date"}', '', 't.priority DESC, t.due_date, t.created_on, t.id'),
    (53, 'open, created_by, by due_date', jsonb_build_object('created_by', '@me', 'ordering', 'due_date'),
      format(' AND t.created_by = %L', me), 't.due_date, t.created_on, t.id'),
    (54, 'open, account, by due_date', jsonb_build_object('account', bench.id('account', o.n, 3), 'ordering', 'due_date'),
      format(' AND t.account_id = %L', bench.id('account', o.n, 3)), 't.due_date, t.created_on, t.id'))
    AS c (place, name, filters, cond, ord);

  -- Filters on links.
  INSERT INTO bench.list_case
  SELECT o.n, place, name, 1, filters || '{"status": "open"}',
    'taskcrm_internal.open_link d JOIN taskcrm.task t ON t.org_id = d.org_id AND t.id = d.task_id',
    format('d.org_id = %L AND d.kind = %s AND d.target_id = %L AND %s', o.id, kind, target, mine || cond), ord,
    format('SELECT count(*) FROM taskcrm_internal.open_link d%s WHERE d.org_id = %L AND d.kind = %s AND d.target_id = %L%s',
      CASE WHEN cond <> '' THEN ' JOIN taskcrm.task t ON t.org_id = d.org_id AND t.id = d.task_id' END, o.id, kind, target, cond), NULL
  FROM (
    SELECT place, '@me, open, ' || name, '{"assigned_to": "@me"}' || f, 1, me, cond, ord
    FROM (VALUES
      (40, 'by created_on', '{}'::jsonb, '', 'd.created_on DESC, d.task_id DESC'),
      (41, 'by due_date', '{"ordering": "due_date"}', '', 't.due_date, t.created_on, t.id'),
      (42, 'by -priority', '{"ordering": "-priority"}', '', 't.priority DESC, t.created_on DESC, t.id DESC'),
      (43, 'by -updated_on', '{"ordering": "-updated_on"}', '', 't.updated_on DESC, t.id DESC'),
      (44, 'overdue', '{"overdue": true, "ordering": "due_date"}', ' AND t.due_date < current_date', 't.due_date, t.created_on, t.id'),
      (45, 'due this week', jsonb_build_object('due_date__gte', date_trunc('week', current_date)::date, 'due_date__lte', date_trunc('week', current_date)::date + 6, 'ordering', 'due_date'),
        format(' AND t.due_date BETWEEN %L AND %L', date_trunc('week', current_date)::date, date_trunc('week', current_date)::date + 6),
        't.due_date, t.created_on, t.id')) AS m (place, name, f, cond, ord)
    UNION ALL
    SELECT 46, 'open, team, by due_date', jsonb_build_object('team', bench.id('team', o.n, 3), 'ordering', 'due_date'), 2,
      bench.id('team', o.n, 3), '', 't.due_date, t.created_on, t.id'
    UNION ALL
    SELECT 47, 'open, contact, by due_date', jsonb_build_object('contact', bench.id('contact', o.n, 3), 'ordering', 'due_date'), 0,
      bench.id('contact', o.n, 3), '', 't.due_date, t.created_on, t.id') AS c (place, name, filters, kind, target, cond, ord);
END
$fn$;

SELECT bench.add_years_cases(n) FROM bench.org WHERE kind = 'years';
