-- Text search.  "title @~ 'term'" ignores case and takes the term literally.  Unlike
-- ILIKE it never raises an error, and so it is LEAKPROOF and can be an index condition
-- under row-level security.  "title @~~ 'term'" ignores accents as well.

CREATE FUNCTION taskcrm_internal.text_contains(haystack text, needle text) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 10 AS 'MODULE_PATHNAME', 'tc_text_contains';
COMMENT ON FUNCTION taskcrm_internal.text_contains(text, text) IS
  'Whether needle occurs literally in haystack, ignoring case as Unicode folds it.';

CREATE FUNCTION taskcrm_internal.contains_selectivity(internal, oid, internal, integer) RETURNS double precision
  LANGUAGE C STABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_contains_selectivity';
COMMENT ON FUNCTION taskcrm_internal.contains_selectivity(internal, oid, internal, integer) IS
  'Restriction selectivity of @~.';

CREATE OPERATOR taskcrm.@~ (
  FUNCTION = taskcrm_internal.text_contains, LEFTARG = text, RIGHTARG = text,
  RESTRICT = taskcrm_internal.contains_selectivity, JOIN = contjoinsel);
COMMENT ON OPERATOR taskcrm.@~ (text, text) IS
  'contains, literally and ignoring case (leakproof)';

CREATE FUNCTION taskcrm_internal.text_contains_unaccented(haystack text, needle text) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF COST 10 AS 'MODULE_PATHNAME', 'tc_text_contains_unaccented';
COMMENT ON FUNCTION taskcrm_internal.text_contains_unaccented(text, text) IS
  'Whether needle occurs literally in haystack, ignoring case as Unicode folds it, and accents.';

CREATE OPERATOR taskcrm.@~~ (
  FUNCTION = taskcrm_internal.text_contains_unaccented, LEFTARG = text, RIGHTARG = text,
  RESTRICT = taskcrm_internal.contains_selectivity, JOIN = contjoinsel);
COMMENT ON OPERATOR taskcrm.@~~ (text, text) IS
  'contains, literally and ignoring case and accents (leakproof)';

CREATE FUNCTION taskcrm_internal.trigram_extract_value(text, internal) RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_trigram_extract_value';
COMMENT ON FUNCTION taskcrm_internal.trigram_extract_value(text, internal) IS
  'GIN support: the trigrams of a text.';

CREATE FUNCTION taskcrm_internal.trigram_extract_query(text, internal, smallint, internal, internal, internal, internal)
  RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_trigram_extract_query';
COMMENT ON FUNCTION taskcrm_internal.trigram_extract_query(text, internal, smallint, internal, internal, internal, internal) IS
  'GIN support: the trigrams of a term.';

CREATE FUNCTION taskcrm_internal.trigram_consistent(internal, smallint, text, integer, internal, internal, internal)
  RETURNS "char"
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_trigram_consistent';
COMMENT ON FUNCTION taskcrm_internal.trigram_consistent(internal, smallint, text, integer, internal, internal, internal) IS
  'GIN support: whether a row with some of the trigrams may match.';

CREATE FUNCTION taskcrm_internal.trigram_compare_partial(bigint, bigint, smallint, internal) RETURNS integer
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_trigram_compare_partial';
COMMENT ON FUNCTION taskcrm_internal.trigram_compare_partial(bigint, bigint, smallint, internal) IS
  'GIN support: whether a trigram begins with a term of one or two characters.';

CREATE OPERATOR CLASS taskcrm_internal.contains_ops FOR TYPE text USING gin AS
  OPERATOR 1 taskcrm.@~ (text, text),
  FUNCTION 1 (text, text) btint8cmp(bigint, bigint),
  FUNCTION 2 (text, text) taskcrm_internal.trigram_extract_value(text, internal),
  FUNCTION 3 (text, text) taskcrm_internal.trigram_extract_query(text, internal, smallint, internal, internal, internal, internal),
  FUNCTION 5 (text, text) taskcrm_internal.trigram_compare_partial(bigint, bigint, smallint, internal),
  FUNCTION 6 (text, text) taskcrm_internal.trigram_consistent(internal, smallint, text, integer, internal, internal, internal),
  STORAGE bigint;
COMMENT ON OPERATOR CLASS taskcrm_internal.contains_ops USING gin IS
  'For searching texts with @~.';

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

-- Lets a GIN index include org_id.  The server's own extension for this could be dropped
-- with CASCADE, and with it this extension and all tables.
CREATE FUNCTION taskcrm_internal.uuid_extract_value(uuid, internal) RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_uuid_extract_value';
COMMENT ON FUNCTION taskcrm_internal.uuid_extract_value(uuid, internal) IS
  'GIN support: the entry of a uuid, which is the uuid.';

CREATE FUNCTION taskcrm_internal.uuid_extract_query(uuid, internal, smallint, internal, internal, internal, internal)
  RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_uuid_extract_query';
COMMENT ON FUNCTION taskcrm_internal.uuid_extract_query(uuid, internal, smallint, internal, internal, internal, internal) IS
  'GIN support: the entry to search for a uuid.';

CREATE FUNCTION taskcrm_internal.uuid_consistent(internal, smallint, uuid, integer, internal, internal, internal)
  RETURNS "char"
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_uuid_consistent';
COMMENT ON FUNCTION taskcrm_internal.uuid_consistent(internal, smallint, uuid, integer, internal, internal, internal) IS
  'GIN support: whether a row has the uuid.';

CREATE OPERATOR CLASS taskcrm_internal.uuid_ops FOR TYPE uuid USING gin AS
  OPERATOR 1 pg_catalog.= (uuid, uuid),
  FUNCTION 1 (uuid, uuid) uuid_cmp(uuid, uuid),
  FUNCTION 2 (uuid, uuid) taskcrm_internal.uuid_extract_value(uuid, internal),
  FUNCTION 3 (uuid, uuid) taskcrm_internal.uuid_extract_query(uuid, internal, smallint, internal, internal, internal, internal),
  FUNCTION 6 (uuid, uuid) taskcrm_internal.uuid_consistent(internal, smallint, uuid, integer, internal, internal, internal);
COMMENT ON OPERATOR CLASS taskcrm_internal.uuid_ops USING gin IS
  'For uuids in an index with other columns: equality only.';

CREATE FUNCTION taskcrm_internal.is_blank(text) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_is_blank';
COMMENT ON FUNCTION taskcrm_internal.is_blank(text) IS
  'Whether a text consists only of white space and invisible characters, as defined by Unicode.';

CREATE FUNCTION taskcrm_internal.folded(text) RETURNS bytea
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_folded';
COMMENT ON FUNCTION taskcrm_internal.folded(text) IS
  'A text with its case folded, in UTF-8, for comparing emails.';

CREATE FUNCTION taskcrm_internal.is_file_name(text) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_is_file_name';
COMMENT ON FUNCTION taskcrm_internal.is_file_name(text) IS
  'Whether a text is a valid file name: without directories, control characters, and characters that change the direction of text.';

CREATE FUNCTION taskcrm_internal.is_external_id(text) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_is_external_id';
COMMENT ON FUNCTION taskcrm_internal.is_external_id(text) IS
  'Whether a text can be an external id: 1 to 255 printable ASCII characters, no space at the ends, no uuid.';

CREATE FUNCTION taskcrm_internal.is_json_time(timestamptz) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_is_json_time';
COMMENT ON FUNCTION taskcrm_internal.is_json_time(timestamptz) IS
  'Whether JSON can have a time: its year, in UTC, is between 1 and 9999.';

-- For ordering what a search finds.
CREATE FUNCTION taskcrm_internal.text_rank(title text, description text, term text) RETURNS integer
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_text_rank';
REVOKE ALL ON FUNCTION taskcrm_internal.text_rank(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.text_rank(text, text, text) IS
  'How well a title and a description match a term: 0 for not at all, up to 4.';

CREATE FUNCTION taskcrm_internal.text_rank_unaccented(title text, description text, term text) RETURNS integer
  LANGUAGE C IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_text_rank_unaccented';
REVOKE ALL ON FUNCTION taskcrm_internal.text_rank_unaccented(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.text_rank_unaccented(text, text, text) IS
  'How well a title and a description match a term, ignoring accents: 0 for not at all, up to 4.';
