-- Helper functions that the tests share. They run with the rights of the caller and do not pin
-- search_path, so a test sees what a client would see.

-- A fixed uuid whose value shows its kind and number, as in id('task', 7).
CREATE FUNCTION public.id(kind text, number integer) RETURNS uuid
  LANGUAGE sql IMMUTABLE AS $$
  SELECT (pg_catalog.lpad(pg_catalog.array_position(
            ARRAY['org', 'user', 'account', 'contact', 'team', 'task', 'comment', 'attachment'], kind)::text, 8, '0')
          || '-0000-7000-8000-' || pg_catalog.lpad(number::text, 12, '0'))::uuid
$$;

-- Runs a statement and returns its first value, the number of rows changed, or the complete error.
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
