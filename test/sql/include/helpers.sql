-- Functions that the tests share.  They run as whoever calls them and pin no
-- search_path: what is tested is what a client would see.

-- A fixed uuid that says what it is of: id('task', 7).
CREATE FUNCTION public.id(kind text, number integer) RETURNS uuid
  LANGUAGE sql IMMUTABLE AS $$
  SELECT (pg_catalog.lpad(pg_catalog.array_position(
            ARRAY['org', 'user', 'account', 'contact', 'team', 'task', 'comment', 'attachment'], kind)::text, 8, '0')
          || '-0000-7000-8000-' || pg_catalog.lpad(number::text, 12, '0'))::uuid
$$;

-- Runs a statement and tells what came of it: its first value (or how many rows it
-- changed), or all that the error says.
CREATE FUNCTION public.attempt(statement text) RETURNS text
  LANGUAGE plpgsql AS $$
DECLARE
  answer text;
  message text;
  detail text;
  hint text;
BEGIN
  IF statement ~* '^\s*(select|values|table|with|explain|show|execute)\y' OR statement ~* '\yreturning\y' THEN
    EXECUTE statement INTO answer;
    RETURN coalesce(answer, '(null)');
  END IF;
  EXECUTE statement;
  GET DIAGNOSTICS answer = ROW_COUNT;
  RETURN 'ok, ' || answer || ' rows';
EXCEPTION WHEN OTHERS THEN
  GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
  RETURN sqlstate || ': ' || message
    || coalesce(E'\n  DETAIL: ' || nullif(detail, ''), '')
    || coalesce(E'\n  HINT: ' || nullif(hint, ''), '');
END
$$;
