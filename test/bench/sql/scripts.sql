-- Prints one line for each script that lists tasks or reads a row: the directory, the name
-- and the statement, separated by tabs.
SELECT concat_ws(E'\t', c.org || '/' || c.place || '/' || v.form, c.value, regexp_replace(v.statement, '\s+', ' ', 'g') || ';')
FROM bench.list_case c
CROSS JOIN LATERAL (VALUES
  ('base', bench.by_hand(c, true)), ('base_none', bench.by_hand(c, false)),
  ('ours', bench.by_extension(c, true)), ('ours_none', bench.by_extension(c, false)),
  ('textbook', bench.by_textbook(c))) AS v (form, statement)
UNION ALL
-- One row by its key: the same statement for all.
SELECT concat_ws(E'\t', 'read', n, format('SELECT * FROM taskcrm.task WHERE org_id = %L AND id = %L;', org, task))
FROM bench.pick WHERE n % 250 = 1
ORDER BY 1;
