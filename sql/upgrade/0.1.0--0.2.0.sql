-- What an upgrade from 0.1.0 to 0.2.0 does before it replaces all functions: creates new types,
-- operators and operator classes, and drops the functions that are gone or whose arguments
-- changed.  See "Upgrade steps" in CONTRIBUTING.md.

-- Nothing below may be resolved through a path that somebody else can write to.
SET LOCAL search_path = pg_catalog, pg_temp;

CREATE FUNCTION taskcrm_internal.text_contains_unaccented(haystack text, needle text) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 10 AS 'MODULE_PATHNAME', 'tc_text_contains_unaccented';
COMMENT ON FUNCTION taskcrm_internal.text_contains_unaccented(text, text) IS
  'Whether needle occurs literally in haystack, ignoring case as Unicode folds it, and accents.';

CREATE OPERATOR taskcrm.@~~ (
  FUNCTION = taskcrm_internal.text_contains_unaccented, LEFTARG = text, RIGHTARG = text,
  RESTRICT = taskcrm_internal.contains_selectivity, JOIN = contjoinsel);
COMMENT ON OPERATOR taskcrm.@~~ (text, text) IS
  'contains, literally and ignoring case and accents (leakproof)';

-- For both operators: what contains a term also contains it without accents.
CREATE FUNCTION taskcrm_internal.plain_extract_value(text, internal) RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_plain_extract_value';
COMMENT ON FUNCTION taskcrm_internal.plain_extract_value(text, internal) IS
  'GIN support: the trigrams of a text without accents.';

CREATE FUNCTION taskcrm_internal.plain_extract_query(text, internal, smallint, internal, internal, internal, internal)
  RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_plain_extract_query';
COMMENT ON FUNCTION taskcrm_internal.plain_extract_query(text, internal, smallint, internal, internal, internal, internal) IS
  'GIN support: the trigrams of a term without accents.';

CREATE OPERATOR CLASS taskcrm_internal.plain_ops FOR TYPE text USING gin AS
  OPERATOR 1 taskcrm.@~ (text, text),
  OPERATOR 2 taskcrm.@~~ (text, text),
  FUNCTION 1 (text, text) btint8cmp(bigint, bigint),
  FUNCTION 2 (text, text) taskcrm_internal.plain_extract_value(text, internal),
  FUNCTION 3 (text, text) taskcrm_internal.plain_extract_query(text, internal, smallint, internal, internal, internal, internal),
  FUNCTION 5 (text, text) taskcrm_internal.trigram_compare_partial(bigint, bigint, smallint, internal),
  FUNCTION 6 (text, text) taskcrm_internal.trigram_consistent(internal, smallint, text, integer, internal, internal, internal),
  STORAGE bigint;
COMMENT ON OPERATOR CLASS taskcrm_internal.plain_ops USING gin IS
  'For searching texts with @~ and @~~.';
