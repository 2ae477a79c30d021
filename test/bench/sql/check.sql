-- Before the measurements, checks that the extension and the hand-written statement return
-- the same tasks, in the same order and as the same JSON, and the same count, and that the
-- textbook, where it has the organization, returns the same ids.  Prints the differences.

SET timezone = 'UTC';
CREATE TABLE bench.answer (who text, org int, name text, value int, answer json);
CREATE FUNCTION bench.by_form(form text, c bench.list_case) RETURNS text
  LANGUAGE sql STABLE AS $$
  SELECT CASE form WHEN 'by_hand' THEN bench.by_hand(c, true) WHEN 'by_extension' THEN bench.by_extension(c, true)
    ELSE bench.by_textbook(c) END
$$;

CREATE FUNCTION bench.answer(who text, statement text, c bench.list_case) RETURNS void
  LANGUAGE plpgsql AS $$
DECLARE
  answer json;
BEGIN
  EXECUTE statement INTO answer;
  INSERT INTO bench.answer VALUES (who, c.org, c.name, c.value, answer);
END
$$;

-- A different answer, or no answer.
CREATE VIEW bench.difference AS
  SELECT c.org, c.name, c.value,
    h.answer ->> 'count' AS count_by_hand, e.answer ->> 'count' AS count_by_extension, x.answer ->> 'count' AS count_by_textbook
  FROM bench.list_case c
  LEFT JOIN bench.answer h ON (h.who, h.org, h.name, h.value) = ('by hand', c.org, c.name, c.value)
  LEFT JOIN bench.answer e ON (e.who, e.org, e.name, e.value) = ('ours', c.org, c.name, c.value)
  LEFT JOIN bench.answer x ON (x.who, x.org, x.name, x.value) = ('textbook', c.org, c.name, c.value)
  WHERE (h.answer ->> 'count' = e.answer ->> 'count'
      AND bench.plain_times(h.answer ->> 'results') = bench.plain_times(e.answer ->> 'results')
      AND (to_regclass('textbook.tasks') IS NULL OR c.org IN (SELECT n FROM bench.org WHERE kind = 'years')
        OR h.answer ->> 'count' = x.answer ->> 'count'
        AND (SELECT json_agg(t -> 'id')::text FROM json_array_elements(h.answer -> 'results') t)
          IS NOT DISTINCT FROM (SELECT json_agg(t -> 'id')::text FROM json_array_elements(x.answer -> 'results') t)))
    IS NOT TRUE;

GRANT ALL ON bench.answer TO PUBLIC;
GRANT SELECT ON bench.list_case, bench.org TO PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA bench TO PUBLIC;
