CREATE FUNCTION taskcrm_internal.text_contains(haystack text, needle text) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_text_contains';
COMMENT ON FUNCTION taskcrm_internal.text_contains(text, text) IS
  'Whether needle occurs literally in haystack, ignoring case as Unicode folds it.';
