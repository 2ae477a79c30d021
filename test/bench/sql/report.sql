-- Computes the medians of the measurements in the client's file :measured, and ratios.
-- Prints lines: section, name, base, ours, unit, ratio, bar, whether it is met.  The
-- ratio is ours divided by base; against the textbook it is base divided by ours.

CREATE TABLE bench.measured (section text, place int, name text, who text, unit text, value float8);
\copy bench.measured FROM pstdin WITH (DELIMITER '|')

WITH median AS (
  SELECT section, place, name, min(unit) AS unit,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FILTER (WHERE who = 'base') AS base,
    percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FILTER (WHERE who = 'ours') AS ours
  FROM bench.measured WHERE section NOT LIKE 'picture%' GROUP BY section, place, name
), lines AS (
  SELECT s.section_place, s.base_is, m.*, s.bar, s.at_least,
    CASE s.measure WHEN 'base by ours' THEN base / ours WHEN 'difference' THEN (ours - base) * 1000 ELSE ours / base END AS ratio
  FROM median m JOIN (VALUES
    (1, 'list, exact count', 'by hand', 'ratio', 1.15, false),
    (1, 'open work', 'by hand', 'ratio', 1.15, false),
    (2, 'list, no count', 'by hand', 'ratio', 0.9, false),
    (3, 'against the textbook', 'textbook', 'base by ours', 10, true),
    (4, 'one task', 'by hand', 'ratio', 1.15, false),
    (5, 'status of a task with 100,000 characters', 'without', 'ratio', 1.3, false),
    (6, 'policies', 'superuser', 'difference', 10, false),
    (7, 'cursor paging', 'page 1', 'ratio', 1.3, false),
    (8, 'offset', 'by hand', 'ratio', 1.15, false),
    (9, 'growth', 'small', 'ratio', 2, false),
    (10, 'create', 'by hand', 'ratio', 0.85, true),
    (11, 'create, what it costs', 'by hand', 'ratio', NULL, true))
    AS s (section_place, section, base_is, measure, bar, at_least)
    ON m.section = s.section OR s.section = 'open work' AND m.section LIKE 'open work of %')
SELECT section, base_is, name, round(base::numeric, CASE WHEN unit = 'tps' THEN 0 ELSE 3 END),
  round(ours::numeric, CASE WHEN unit = 'tps' THEN 0 ELSE 3 END), CASE unit WHEN 'tps' THEN '/s' ELSE unit END,
  round(ratio::numeric, 2) || CASE section WHEN 'policies' THEN ' us' ELSE '' END,
  CASE WHEN at_least THEN '>= ' ELSE '<= ' END || bar,
  CASE WHEN bar IS NULL THEN '' WHEN at_least = (ratio >= bar) OR ratio = bar THEN 'met' ELSE 'MISSED' END
FROM lines ORDER BY section_place, section, place, name;
