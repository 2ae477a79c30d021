-- Conditions on any enum that can use an index under row-level security; the operators of
-- enums are not leakproof.  Lists filter columns of administrators' enums with them.

CREATE FUNCTION taskcrm_internal.enum_filter_support(internal) RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_enum_filter_support';
REVOKE ALL ON FUNCTION taskcrm_internal.enum_filter_support(internal) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.enum_filter_support(internal) IS
  'Planner support for enum_is and enum_is_any: the condition for an index, and its selectivity.';

CREATE FUNCTION taskcrm_internal.enum_is(value anyenum, label anyenum) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF SUPPORT taskcrm_internal.enum_filter_support
  AS 'MODULE_PATHNAME', 'tc_enum_is';
COMMENT ON FUNCTION taskcrm_internal.enum_is(anyenum, anyenum) IS 'Whether two labels are the same.';

CREATE FUNCTION taskcrm_internal.enum_is_any(value anyenum, labels anyarray) RETURNS boolean
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF SUPPORT taskcrm_internal.enum_filter_support
  AS 'MODULE_PATHNAME', 'tc_enum_is_any';
COMMENT ON FUNCTION taskcrm_internal.enum_is_any(anyenum, anyarray) IS 'Whether a label is one of several.';
