\echo Use "CREATE EXTENSION taskcrm" to load this file. \quit

-- No name below may be resolved through a schema that others can write to.
SET LOCAL search_path = pg_catalog, pg_temp;

-- Without IF NOT EXISTS, so that an existing schema of this name, with whatever was
-- planted in it, makes the installation fail.
CREATE SCHEMA taskcrm;
COMMENT ON SCHEMA taskcrm IS
  'The Tasks API of a CRM: tables, types and the tc_* functions.';

CREATE SCHEMA taskcrm_internal;
COMMENT ON SCHEMA taskcrm_internal IS
  'Support functions of taskcrm, which are not meant to be called directly, and tables that no client reads.';

-- The two enums.  Their labels are fixed: as members of the extension the types
-- are not dumped label by label, so a label that a user adds would be lost.
CREATE TYPE taskcrm.task_status AS ENUM ('New', 'In Progress', 'Completed');
COMMENT ON TYPE taskcrm.task_status IS
  'The status of a task in its workflow: New, In Progress or Completed.';

CREATE TYPE taskcrm.task_priority AS ENUM ('Low', 'Normal', 'High', 'Urgent');
COMMENT ON TYPE taskcrm.task_priority IS
  'The priority of a task: Low, Normal, High or Urgent, in this order.';

-- Comparison operators for the enum taskcrm.task_status; the build puts each enum's
-- name in.
--
-- The server's operators on enums are not LEAKPROOF, so that under row-level
-- security a condition on them can never be an index condition.  The functions
-- behind them compare two OIDs and cannot raise on values that are in a table,
-- which is why the same functions may be declared LEAKPROOF here.  The operators
-- stand in pg_catalog because that schema is searched whatever the search_path
-- says; the functions and operator classes stay in taskcrm_internal.

CREATE FUNCTION taskcrm_internal.task_status_eq(taskcrm.task_status, taskcrm.task_status) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_eq';
CREATE FUNCTION taskcrm_internal.task_status_ne(taskcrm.task_status, taskcrm.task_status) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_ne';
CREATE FUNCTION taskcrm_internal.task_status_lt(taskcrm.task_status, taskcrm.task_status) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_lt';
CREATE FUNCTION taskcrm_internal.task_status_le(taskcrm.task_status, taskcrm.task_status) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_le';
CREATE FUNCTION taskcrm_internal.task_status_gt(taskcrm.task_status, taskcrm.task_status) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_gt';
CREATE FUNCTION taskcrm_internal.task_status_ge(taskcrm.task_status, taskcrm.task_status) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_ge';
CREATE FUNCTION taskcrm_internal.task_status_cmp(taskcrm.task_status, taskcrm.task_status) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_cmp';
CREATE FUNCTION taskcrm_internal.task_status_hash(taskcrm.task_status) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'hashenum';
CREATE FUNCTION taskcrm_internal.task_status_hash_extended(taskcrm.task_status, bigint) RETURNS bigint
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'hashenumextended';

CREATE OPERATOR pg_catalog.= (
  FUNCTION = taskcrm_internal.task_status_eq, LEFTARG = taskcrm.task_status, RIGHTARG = taskcrm.task_status,
  COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
  RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
COMMENT ON OPERATOR pg_catalog.= (taskcrm.task_status, taskcrm.task_status) IS
  'equal (leakproof)';
CREATE OPERATOR pg_catalog.<> (
  FUNCTION = taskcrm_internal.task_status_ne, LEFTARG = taskcrm.task_status, RIGHTARG = taskcrm.task_status,
  COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
  RESTRICT = neqsel, JOIN = neqjoinsel);
COMMENT ON OPERATOR pg_catalog.<> (taskcrm.task_status, taskcrm.task_status) IS
  'not equal (leakproof)';
CREATE OPERATOR pg_catalog.< (
  FUNCTION = taskcrm_internal.task_status_lt, LEFTARG = taskcrm.task_status, RIGHTARG = taskcrm.task_status,
  COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
  RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
COMMENT ON OPERATOR pg_catalog.< (taskcrm.task_status, taskcrm.task_status) IS
  'less than (leakproof)';
CREATE OPERATOR pg_catalog.<= (
  FUNCTION = taskcrm_internal.task_status_le, LEFTARG = taskcrm.task_status, RIGHTARG = taskcrm.task_status,
  COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
  RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
COMMENT ON OPERATOR pg_catalog.<= (taskcrm.task_status, taskcrm.task_status) IS
  'less than or equal (leakproof)';
CREATE OPERATOR pg_catalog.> (
  FUNCTION = taskcrm_internal.task_status_gt, LEFTARG = taskcrm.task_status, RIGHTARG = taskcrm.task_status,
  COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
  RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR pg_catalog.> (taskcrm.task_status, taskcrm.task_status) IS
  'greater than (leakproof)';
CREATE OPERATOR pg_catalog.>= (
  FUNCTION = taskcrm_internal.task_status_ge, LEFTARG = taskcrm.task_status, RIGHTARG = taskcrm.task_status,
  COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
  RESTRICT = scalargesel, JOIN = scalargejoinsel);
COMMENT ON OPERATOR pg_catalog.>= (taskcrm.task_status, taskcrm.task_status) IS
  'greater than or equal (leakproof)';

CREATE OPERATOR CLASS taskcrm_internal.task_status_ops DEFAULT FOR TYPE taskcrm.task_status USING btree AS
  OPERATOR 1 pg_catalog.< (taskcrm.task_status, taskcrm.task_status),
  OPERATOR 2 pg_catalog.<= (taskcrm.task_status, taskcrm.task_status),
  OPERATOR 3 pg_catalog.= (taskcrm.task_status, taskcrm.task_status),
  OPERATOR 4 pg_catalog.>= (taskcrm.task_status, taskcrm.task_status),
  OPERATOR 5 pg_catalog.> (taskcrm.task_status, taskcrm.task_status),
  FUNCTION 1 taskcrm_internal.task_status_cmp(taskcrm.task_status, taskcrm.task_status);

CREATE OPERATOR CLASS taskcrm_internal.task_status_ops DEFAULT FOR TYPE taskcrm.task_status USING hash AS
  OPERATOR 1 pg_catalog.= (taskcrm.task_status, taskcrm.task_status),
  FUNCTION 1 taskcrm_internal.task_status_hash(taskcrm.task_status),
  FUNCTION 2 taskcrm_internal.task_status_hash_extended(taskcrm.task_status, bigint);

-- Comparison operators for the enum taskcrm.task_priority; the build puts each enum's
-- name in.
--
-- The server's operators on enums are not LEAKPROOF, so that under row-level
-- security a condition on them can never be an index condition.  The functions
-- behind them compare two OIDs and cannot raise on values that are in a table,
-- which is why the same functions may be declared LEAKPROOF here.  The operators
-- stand in pg_catalog because that schema is searched whatever the search_path
-- says; the functions and operator classes stay in taskcrm_internal.

CREATE FUNCTION taskcrm_internal.task_priority_eq(taskcrm.task_priority, taskcrm.task_priority) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_eq';
CREATE FUNCTION taskcrm_internal.task_priority_ne(taskcrm.task_priority, taskcrm.task_priority) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_ne';
CREATE FUNCTION taskcrm_internal.task_priority_lt(taskcrm.task_priority, taskcrm.task_priority) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_lt';
CREATE FUNCTION taskcrm_internal.task_priority_le(taskcrm.task_priority, taskcrm.task_priority) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_le';
CREATE FUNCTION taskcrm_internal.task_priority_gt(taskcrm.task_priority, taskcrm.task_priority) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_gt';
CREATE FUNCTION taskcrm_internal.task_priority_ge(taskcrm.task_priority, taskcrm.task_priority) RETURNS boolean
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_ge';
CREATE FUNCTION taskcrm_internal.task_priority_cmp(taskcrm.task_priority, taskcrm.task_priority) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'enum_cmp';
CREATE FUNCTION taskcrm_internal.task_priority_hash(taskcrm.task_priority) RETURNS integer
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'hashenum';
CREATE FUNCTION taskcrm_internal.task_priority_hash_extended(taskcrm.task_priority, bigint) RETURNS bigint
  LANGUAGE internal IMMUTABLE STRICT PARALLEL SAFE LEAKPROOF AS 'hashenumextended';

CREATE OPERATOR pg_catalog.= (
  FUNCTION = taskcrm_internal.task_priority_eq, LEFTARG = taskcrm.task_priority, RIGHTARG = taskcrm.task_priority,
  COMMUTATOR = OPERATOR(pg_catalog.=), NEGATOR = OPERATOR(pg_catalog.<>),
  RESTRICT = eqsel, JOIN = eqjoinsel, HASHES, MERGES);
COMMENT ON OPERATOR pg_catalog.= (taskcrm.task_priority, taskcrm.task_priority) IS
  'equal (leakproof)';
CREATE OPERATOR pg_catalog.<> (
  FUNCTION = taskcrm_internal.task_priority_ne, LEFTARG = taskcrm.task_priority, RIGHTARG = taskcrm.task_priority,
  COMMUTATOR = OPERATOR(pg_catalog.<>), NEGATOR = OPERATOR(pg_catalog.=),
  RESTRICT = neqsel, JOIN = neqjoinsel);
COMMENT ON OPERATOR pg_catalog.<> (taskcrm.task_priority, taskcrm.task_priority) IS
  'not equal (leakproof)';
CREATE OPERATOR pg_catalog.< (
  FUNCTION = taskcrm_internal.task_priority_lt, LEFTARG = taskcrm.task_priority, RIGHTARG = taskcrm.task_priority,
  COMMUTATOR = OPERATOR(pg_catalog.>), NEGATOR = OPERATOR(pg_catalog.>=),
  RESTRICT = scalarltsel, JOIN = scalarltjoinsel);
COMMENT ON OPERATOR pg_catalog.< (taskcrm.task_priority, taskcrm.task_priority) IS
  'less than (leakproof)';
CREATE OPERATOR pg_catalog.<= (
  FUNCTION = taskcrm_internal.task_priority_le, LEFTARG = taskcrm.task_priority, RIGHTARG = taskcrm.task_priority,
  COMMUTATOR = OPERATOR(pg_catalog.>=), NEGATOR = OPERATOR(pg_catalog.>),
  RESTRICT = scalarlesel, JOIN = scalarlejoinsel);
COMMENT ON OPERATOR pg_catalog.<= (taskcrm.task_priority, taskcrm.task_priority) IS
  'less than or equal (leakproof)';
CREATE OPERATOR pg_catalog.> (
  FUNCTION = taskcrm_internal.task_priority_gt, LEFTARG = taskcrm.task_priority, RIGHTARG = taskcrm.task_priority,
  COMMUTATOR = OPERATOR(pg_catalog.<), NEGATOR = OPERATOR(pg_catalog.<=),
  RESTRICT = scalargtsel, JOIN = scalargtjoinsel);
COMMENT ON OPERATOR pg_catalog.> (taskcrm.task_priority, taskcrm.task_priority) IS
  'greater than (leakproof)';
CREATE OPERATOR pg_catalog.>= (
  FUNCTION = taskcrm_internal.task_priority_ge, LEFTARG = taskcrm.task_priority, RIGHTARG = taskcrm.task_priority,
  COMMUTATOR = OPERATOR(pg_catalog.<=), NEGATOR = OPERATOR(pg_catalog.<),
  RESTRICT = scalargesel, JOIN = scalargejoinsel);
COMMENT ON OPERATOR pg_catalog.>= (taskcrm.task_priority, taskcrm.task_priority) IS
  'greater than or equal (leakproof)';

CREATE OPERATOR CLASS taskcrm_internal.task_priority_ops DEFAULT FOR TYPE taskcrm.task_priority USING btree AS
  OPERATOR 1 pg_catalog.< (taskcrm.task_priority, taskcrm.task_priority),
  OPERATOR 2 pg_catalog.<= (taskcrm.task_priority, taskcrm.task_priority),
  OPERATOR 3 pg_catalog.= (taskcrm.task_priority, taskcrm.task_priority),
  OPERATOR 4 pg_catalog.>= (taskcrm.task_priority, taskcrm.task_priority),
  OPERATOR 5 pg_catalog.> (taskcrm.task_priority, taskcrm.task_priority),
  FUNCTION 1 taskcrm_internal.task_priority_cmp(taskcrm.task_priority, taskcrm.task_priority);

CREATE OPERATOR CLASS taskcrm_internal.task_priority_ops DEFAULT FOR TYPE taskcrm.task_priority USING hash AS
  OPERATOR 1 pg_catalog.= (taskcrm.task_priority, taskcrm.task_priority),
  FUNCTION 1 taskcrm_internal.task_priority_hash(taskcrm.task_priority),
  FUNCTION 2 taskcrm_internal.task_priority_hash_extended(taskcrm.task_priority, bigint);

-- The caller's identity.  Policies and column defaults call these as the role that runs
-- the statement, so PUBLIC may execute them: they reveal only the caller's own identity.

CREATE FUNCTION taskcrm.tc_uuidv7() RETURNS uuid
  LANGUAGE C VOLATILE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_uuidv7';
COMMENT ON FUNCTION taskcrm.tc_uuidv7() IS
  'A new time-ordered uuid (version 7, RFC 9562), ascending within a session.';

CREATE FUNCTION taskcrm.tc_today() RETURNS date
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_today';
COMMENT ON FUNCTION taskcrm.tc_today() IS
  'The current date in the time zone of the setting taskcrm.time_zone.';

CREATE FUNCTION taskcrm.tc_current_user() RETURNS uuid
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_current_user';
COMMENT ON FUNCTION taskcrm.tc_current_user() IS
  'The user who is calling, or NULL if the caller is not identified.';

CREATE FUNCTION taskcrm.tc_current_org() RETURNS uuid
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_current_org';
COMMENT ON FUNCTION taskcrm.tc_current_org() IS
  'The selected organization, if the caller is an active member of it, or NULL.';

CREATE FUNCTION taskcrm.tc_current_role() RETURNS text
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_current_role';
COMMENT ON FUNCTION taskcrm.tc_current_role() IS
  'The caller''s role in the selected organization: admin, member, or NULL.';

CREATE FUNCTION taskcrm.tc_whoami() RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_whoami';
COMMENT ON FUNCTION taskcrm.tc_whoami() IS
  'The user, source and organization of the caller, or the reason why the caller is not identified.';

-- The support functions of the next two set their cost to zero, so that they are
-- evaluated before any condition of the caller; see tenant_guard.c.
CREATE FUNCTION taskcrm_internal.is_colleague_support(internal) RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_is_colleague_support';
REVOKE ALL ON FUNCTION taskcrm_internal.is_colleague_support(internal) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_colleague_support(internal) IS
  'Planner support for is_colleague: its cost is zero.';

CREATE FUNCTION taskcrm_internal.is_colleague(user_id uuid) RETURNS boolean
  LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT taskcrm_internal.is_colleague_support
  AS 'MODULE_PATHNAME', 'tc_is_colleague';
COMMENT ON FUNCTION taskcrm_internal.is_colleague(uuid) IS
  'Whether the user is a member, active or not, of the selected organization. For policies, which evaluate it first.';

CREATE FUNCTION taskcrm_internal.is_current_org_support(internal) RETURNS internal
  LANGUAGE C IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_is_current_org_support';
REVOKE ALL ON FUNCTION taskcrm_internal.is_current_org_support(internal) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_current_org_support(internal) IS
  'Planner support for is_current_org: its cost is zero, and it removes no rows that the other policy keeps.';

CREATE FUNCTION taskcrm_internal.is_current_org(org_id uuid) RETURNS boolean
  LANGUAGE C STABLE STRICT PARALLEL SAFE SUPPORT taskcrm_internal.is_current_org_support
  AS 'MODULE_PATHNAME', 'tc_is_current_org';
COMMENT ON FUNCTION taskcrm_internal.is_current_org(uuid) IS
  'Whether a row belongs to the selected organization. For policies, which evaluate it first.';

-- Login with a token.  Clients execute tc_login() before they have an identity.  Only
-- administrators manage keys, because the owner of a key can act as any user.

CREATE FUNCTION taskcrm.tc_login(token text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_login';
REVOKE ALL ON FUNCTION taskcrm.tc_login(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_login(text) IS
  'Log in as the user of a signed JSON Web Token, until the end of the transaction.';

CREATE FUNCTION taskcrm.tc_add_jwt_key(kid text DEFAULT NULL, alg text DEFAULT NULL, key text DEFAULT NULL,
    issuer text DEFAULT NULL, audience text DEFAULT NULL, subject_prefix text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_jwt_key';
REVOKE ALL ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text) IS
  'Accept tokens signed with this key: a JWK, a set of JWKs, a public key in PEM format, or a secret.';

CREATE FUNCTION taskcrm.tc_remove_jwt_key(kid text) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_remove_jwt_key';
REVOKE ALL ON FUNCTION taskcrm.tc_remove_jwt_key(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_remove_jwt_key(text) IS
  'Stop accepting tokens signed with this key. Takes effect at the next statement, including in open transactions.';

-- Text search.  "title @~ 'term'" ignores case and takes the term literally.  Unlike
-- ILIKE it never raises an error, and so it is LEAKPROOF and can be an index condition
-- under row-level security.

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

-- Trigger functions.  They are members of the extension, so that a dump contains no C
-- symbols; firing a trigger requires no privilege on its function.

CREATE FUNCTION taskcrm_internal.guard_drop() RETURNS event_trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_guard_drop';
REVOKE ALL ON FUNCTION taskcrm_internal.guard_drop() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.guard_drop() IS
  'Rejects a DROP ... CASCADE of objects that taskcrm depends on.';
-- If the library is lost and DROP EXTENSION fails because of it: ALTER EVENT TRIGGER ...
-- DISABLE.
CREATE EVENT TRIGGER taskcrm_guard_drop ON ddl_command_start
  WHEN TAG IN ('DROP EXTENSION', 'DROP OWNED') EXECUTE FUNCTION taskcrm_internal.guard_drop();
COMMENT ON EVENT TRIGGER taskcrm_guard_drop IS
  'Prevents DROP EXTENSION plpgsql CASCADE, and DROP OWNED BY the owner of taskcrm, from deleting all data.';

CREATE FUNCTION taskcrm_internal.refuse_change() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_refuse_change';
REVOKE ALL ON FUNCTION taskcrm_internal.refuse_change() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.refuse_change() IS
  'Rejects an UPDATE that changes one of the columns in the trigger arguments.';

CREATE FUNCTION taskcrm_internal.refuse_server_value() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_refuse_server_value';
REVOKE ALL ON FUNCTION taskcrm_internal.refuse_server_value() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.refuse_server_value() IS
  'Rejects an INSERT or UPDATE in which a client sets one of the columns in the trigger arguments.';

CREATE FUNCTION taskcrm_internal.task_touch() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_touch';
REVOKE ALL ON FUNCTION taskcrm_internal.task_touch() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_touch() IS
  'Sets updated_on and increments version when a task changes, and keeps completed_on and completed_by.';

CREATE FUNCTION taskcrm_internal.task_completed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_completed';
REVOKE ALL ON FUNCTION taskcrm_internal.task_completed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_completed() IS
  'Sets completed_on and completed_by of a new task if it is completed.';

CREATE FUNCTION taskcrm_internal.comment_touch() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_comment_touch';
REVOKE ALL ON FUNCTION taskcrm_internal.comment_touch() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.comment_touch() IS
  'Sets edited_on when the text of a comment changes.';

CREATE FUNCTION taskcrm_internal.comment_mentions() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_comment_mentions';
REVOKE ALL ON FUNCTION taskcrm_internal.comment_mentions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.comment_mentions() IS
  'Stores the users mentioned in a comment, for the API and for direct DML.';

CREATE FUNCTION taskcrm_internal.link_created_on() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_link_created_on';
REVOKE ALL ON FUNCTION taskcrm_internal.link_created_on() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.link_created_on() IS
  'Copies created_on of the task into a new link row, so that an index on links can order tasks.';

CREATE FUNCTION taskcrm_internal.link_changed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_link_changed';
REVOKE ALL ON FUNCTION taskcrm_internal.link_changed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.link_changed() IS
  'Increments the version of the task whose link is written, once per statement.';

CREATE FUNCTION taskcrm_internal.assignee_active() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_assignee_active';
REVOKE ALL ON FUNCTION taskcrm_internal.assignee_active() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.assignee_active() IS
  'Rejects the assignment of a task to an inactive member.';

CREATE FUNCTION taskcrm_internal.keep_admin() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_keep_admin';
REVOKE ALL ON FUNCTION taskcrm_internal.keep_admin() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.keep_admin() IS
  'Rejects the removal of the last active admin of an organization.';

CREATE FUNCTION taskcrm_internal.task_counted() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_counted';
REVOKE ALL ON FUNCTION taskcrm_internal.task_counted() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_counted() IS
  'Maintains the task counters from the transition tables of each statement.';

CREATE FUNCTION taskcrm_internal.task_described() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_described';
REVOKE ALL ON FUNCTION taskcrm_internal.task_described() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_described() IS
  'Copies the description of a task to task_text when it changes.';

CREATE FUNCTION taskcrm_internal.task_text_replaced() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_task_text_replaced';
REVOKE ALL ON FUNCTION taskcrm_internal.task_text_replaced() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.task_text_replaced() IS
  'Deletes the row of task_text that a new row replaces.';

CREATE FUNCTION taskcrm_internal.exposed_changed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_exposed_changed';
REVOKE ALL ON FUNCTION taskcrm_internal.exposed_changed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.exposed_changed() IS
  'Notifies all sessions that other columns are exposed.';

-- No plan depends on it, so its invalidation causes no replanning.
CREATE TYPE taskcrm_internal.identity_change AS ();
REVOKE ALL ON TYPE taskcrm_internal.identity_change FROM PUBLIC;
COMMENT ON TYPE taskcrm_internal.identity_change IS
  'Its invalidation notifies sessions that users or memberships have changed.';

CREATE FUNCTION taskcrm_internal.identity_changed() RETURNS trigger
  LANGUAGE C AS 'MODULE_PATHNAME', 'tc_identity_changed';
REVOKE ALL ON FUNCTION taskcrm_internal.identity_changed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.identity_changed() IS
  'Notifies all sessions that identities may have changed.';

-- Tasks, for clients.

CREATE FUNCTION taskcrm.tc_list_tasks(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_list_tasks(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_tasks(jsonb) IS
  'List and search the tasks of the selected organization by page.';

CREATE FUNCTION taskcrm.tc_find_task_ids(filters jsonb DEFAULT '{}') RETURNS SETOF uuid
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_find_task_ids';
REVOKE ALL ON FUNCTION taskcrm.tc_find_task_ids(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_find_task_ids(jsonb) IS
  'Return the ids of tasks, with the filters and the order of tc_list_tasks; without limit, up to taskcrm.max_limit.';

CREATE FUNCTION taskcrm.tc_task_totals(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_task_totals';
REVOKE ALL ON FUNCTION taskcrm.tc_task_totals(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_task_totals(jsonb) IS
  'Count tasks for a dashboard, with the filters of tc_list_tasks: open, overdue, due today, unassigned, and by status, priority and assignee.';

CREATE FUNCTION taskcrm.tc_create_task(
  task_data jsonb, idempotency_key text DEFAULT NULL, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_task';
REVOKE ALL ON FUNCTION taskcrm.tc_create_task(jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_task(jsonb, text, text) IS
  'Create a task with its links and attachments. A repeated idempotency key returns the stored answer.';

CREATE FUNCTION taskcrm.tc_create_tasks(
  tasks jsonb, idempotency_key text DEFAULT NULL, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_tasks';
REVOKE ALL ON FUNCTION taskcrm.tc_create_tasks(jsonb, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_tasks(jsonb, text, text) IS
  'Create up to 1000 tasks, either all of them or none.';

CREATE FUNCTION taskcrm.tc_get_task(pk uuid, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_task';
REVOKE ALL ON FUNCTION taskcrm.tc_get_task(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_task(uuid, text) IS
  'Get a task with its assignees, teams, comments, attachments and the users who can be mentioned.';

CREATE FUNCTION taskcrm.tc_update_task(pk uuid, task_data jsonb, expand text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_task';
REVOKE ALL ON FUNCTION taskcrm.tc_update_task(uuid, jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_task(uuid, jsonb, text) IS
  'Update a task: an absent key keeps its value, null clears it, an array replaces it, {"add": [], "remove": []} changes a set.';

CREATE FUNCTION taskcrm.tc_assign(pk uuid, users uuid[]) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_assign';
REVOKE ALL ON FUNCTION taskcrm.tc_assign(uuid, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_assign(uuid, uuid[]) IS
  'Add users to the assignees of a task. Users who are already assigned are ignored.';

CREATE FUNCTION taskcrm.tc_unassign(pk uuid, users uuid[]) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_unassign';
REVOKE ALL ON FUNCTION taskcrm.tc_unassign(uuid, uuid[]) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_unassign(uuid, uuid[]) IS
  'Remove users from the assignees of a task. Users who are not assigned are ignored.';

CREATE FUNCTION taskcrm.tc_delete_task(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_task';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_task(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_task(uuid) IS
  'Delete a task with its comments, attachments and links. For its creator and admins.';

-- Columns that an administrator added to task and exposed in the API.

CREATE FUNCTION taskcrm_internal.column_problem(column_name text, writable boolean) RETURNS text
  LANGUAGE C STABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_column_problem';
REVOKE ALL ON FUNCTION taskcrm_internal.column_problem(text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.column_problem(text, boolean) IS
  'Why a column of task cannot be exposed, as the end of a sentence, or NULL.';

-- Reads the table as its caller, who is a superuser, so that it works when its owner cannot.
CREATE FUNCTION taskcrm_internal.exposed_columns(OUT column_name name, OUT writable boolean, OUT problem text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT e.column_name, e.writable AND p.problem IS NULL, p.problem
  FROM taskcrm_internal.exposed_column e
  CROSS JOIN LATERAL taskcrm_internal.column_problem(e.column_name::text, e.writable) p (problem)
  WHERE e.table_name = 'task'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.exposed_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.exposed_columns() IS
  'The columns of task that tc_expose_column() exposed, and what is wrong with them.';

-- They write as the owner of the tables, not as the superuser who calls them.

CREATE FUNCTION taskcrm.tc_expose_column(table_name text, column_name text, writable boolean DEFAULT false)
  RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_expose_column';
REVOKE ALL ON FUNCTION taskcrm.tc_expose_column(text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_expose_column(text, text, boolean) IS
  'Show a column that you added to a table as a key of the API; with writable, also accept it. For administrators.';

CREATE FUNCTION taskcrm.tc_hide_column(table_name text, column_name text) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_hide_column';
REVOKE ALL ON FUNCTION taskcrm.tc_hide_column(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_hide_column(text, text) IS
  'Undo tc_expose_column(); the column and its values stay. For administrators.';

-- Comments, for clients.

CREATE FUNCTION taskcrm.tc_add_task_comment_or_attachment(
  pk uuid, comment text DEFAULT NULL, attachment jsonb DEFAULT NULL, idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_task_comment_or_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_add_task_comment_or_attachment(uuid, text, jsonb, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_task_comment_or_attachment(uuid, text, jsonb, text) IS
  'Add a comment, a file or both to a task.';

CREATE FUNCTION taskcrm.tc_edit_task_comment(pk uuid, comment text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_edit_task_comment';
REVOKE ALL ON FUNCTION taskcrm.tc_edit_task_comment(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_edit_task_comment(uuid, text) IS
  'Edit a comment. For its author and admins.';

CREATE FUNCTION taskcrm.tc_delete_task_comment(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_task_comment';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_task_comment(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_task_comment(uuid) IS
  'Delete a comment. For its author and admins.';

CREATE FUNCTION taskcrm.tc_list_comments(pk uuid, filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_comments';
REVOKE ALL ON FUNCTION taskcrm.tc_list_comments(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_comments(uuid, jsonb) IS
  'List the comments of a task by page, newest first.';

-- Attachments, for clients.

CREATE FUNCTION taskcrm.tc_add_task_attachment(
  pk uuid, file_name text, content bytea, content_type text DEFAULT 'application/octet-stream',
  idempotency_key text DEFAULT NULL, encoding text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_task_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_add_task_attachment(uuid, text, bytea, text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_task_attachment(uuid, text, bytea, text, text, text) IS
  'Attach a file to a task, for drivers that send bytes. In JSON, encoding specifies whether content is base64 or bytea.';

CREATE FUNCTION taskcrm.tc_get_task_attachment(
  pk uuid, OUT file_name text, OUT content_type text, OUT content bytea, OUT url text) RETURNS record
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_task_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_get_task_attachment(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_task_attachment(uuid) IS
  'Get an attachment of a task: the bytes of the file, or the URL of the link.';

CREATE FUNCTION taskcrm.tc_delete_task_attachment(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_task_attachment';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_task_attachment(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_task_attachment(uuid) IS
  'Delete an attachment. For the user who attached it and admins.';

CREATE FUNCTION taskcrm.tc_list_attachments(pk uuid, filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_attachments';
REVOKE ALL ON FUNCTION taskcrm.tc_list_attachments(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_attachments(uuid, jsonb) IS
  'List the attachments of a task by page, newest first.';

-- Accounts, contacts, teams and members of the selected organization.  All its members read
-- them, its admins write them.

CREATE FUNCTION taskcrm.tc_list_accounts(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_accounts';
REVOKE ALL ON FUNCTION taskcrm.tc_list_accounts(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_accounts(jsonb) IS
  'List and search the accounts of the selected organization.';

CREATE FUNCTION taskcrm.tc_list_contacts(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_contacts';
REVOKE ALL ON FUNCTION taskcrm.tc_list_contacts(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_contacts(jsonb) IS
  'List and search the contacts of the selected organization.';

CREATE FUNCTION taskcrm.tc_list_teams(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_teams';
REVOKE ALL ON FUNCTION taskcrm.tc_list_teams(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_teams(jsonb) IS
  'List and search the teams of the selected organization.';

CREATE FUNCTION taskcrm.tc_list_members(filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_members';
REVOKE ALL ON FUNCTION taskcrm.tc_list_members(jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_members(jsonb) IS
  'List and search the members of the selected organization.';

CREATE FUNCTION taskcrm.tc_get_account(pk uuid) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_account';
REVOKE ALL ON FUNCTION taskcrm.tc_get_account(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_account(uuid) IS
  'An account of the selected organization.';

CREATE FUNCTION taskcrm.tc_get_contact(pk uuid) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_contact';
REVOKE ALL ON FUNCTION taskcrm.tc_get_contact(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_contact(uuid) IS
  'A contact of the selected organization.';

CREATE FUNCTION taskcrm.tc_get_team(pk uuid) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_team';
REVOKE ALL ON FUNCTION taskcrm.tc_get_team(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_team(uuid) IS
  'A team of the selected organization.';

CREATE FUNCTION taskcrm.tc_get_member(user_id uuid) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_member';
REVOKE ALL ON FUNCTION taskcrm.tc_get_member(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_member(uuid) IS
  'A member of the selected organization.';

CREATE FUNCTION taskcrm.tc_create_account(name text, idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_account';
REVOKE ALL ON FUNCTION taskcrm.tc_create_account(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_account(text, text) IS
  'Create an account in the selected organization. For its admins.';

CREATE FUNCTION taskcrm.tc_update_account(pk uuid, account_data jsonb) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_account';
REVOKE ALL ON FUNCTION taskcrm.tc_update_account(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_account(uuid, jsonb) IS
  'Change the keys of an account that are sent. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_delete_account(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_account';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_account(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_account(uuid) IS
  'Delete an account; its tasks remain. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_create_team(name text, idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_team';
REVOKE ALL ON FUNCTION taskcrm.tc_create_team(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_team(text, text) IS
  'Create a team in the selected organization. For its admins.';

CREATE FUNCTION taskcrm.tc_update_team(pk uuid, team_data jsonb) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_team';
REVOKE ALL ON FUNCTION taskcrm.tc_update_team(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_team(uuid, jsonb) IS
  'Change the keys of a team that are sent. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_delete_team(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_team';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_team(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_team(uuid) IS
  'Delete a team; its tasks remain. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_create_contact(
  first_name text, last_name text DEFAULT NULL, email text DEFAULT NULL, account uuid DEFAULT NULL,
  idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_contact';
REVOKE ALL ON FUNCTION taskcrm.tc_create_contact(text, text, text, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_contact(text, text, text, uuid, text) IS
  'Create a contact in the selected organization. For its admins.';

CREATE FUNCTION taskcrm.tc_update_contact(pk uuid, contact_data jsonb) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_contact';
REVOKE ALL ON FUNCTION taskcrm.tc_update_contact(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_contact(uuid, jsonb) IS
  'Change the keys of a contact that are sent. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_delete_contact(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_contact';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_contact(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_contact(uuid) IS
  'Delete a contact; its tasks remain. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_add_team_member(team uuid, user_id uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_team_member';
REVOKE ALL ON FUNCTION taskcrm.tc_add_team_member(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_team_member(uuid, uuid) IS
  'Add an active member of the organization to a team. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_remove_team_member(team uuid, user_id uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_remove_team_member';
REVOKE ALL ON FUNCTION taskcrm.tc_remove_team_member(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_remove_team_member(uuid, uuid) IS
  'Remove a member from a team. For admins of the organization.';

-- What the admins of an organization do with it and its members, and what a user does with
-- its own name.

CREATE FUNCTION taskcrm.tc_get_organization() RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_get_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_get_organization() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_get_organization() IS
  'The selected organization.';

CREATE FUNCTION taskcrm.tc_update_organization(name text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_update_organization(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_organization(text) IS
  'Rename the selected organization. For its admins.';

CREATE FUNCTION taskcrm.tc_update_me(name text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_me';
REVOKE ALL ON FUNCTION taskcrm.tc_update_me(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_me(text) IS
  'Change the name of the caller, in all organizations.';

CREATE FUNCTION taskcrm.tc_set_member_role(user_id uuid, role text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_set_member_role';
REVOKE ALL ON FUNCTION taskcrm.tc_set_member_role(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_set_member_role(uuid, text) IS
  'Change the role of a member: admin or member. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_deactivate_member(user_id uuid) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_deactivate_member';
REVOKE ALL ON FUNCTION taskcrm.tc_deactivate_member(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_deactivate_member(uuid) IS
  'Take access to the organization from a member, whose assignments remain. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_reactivate_member(user_id uuid) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_reactivate_member';
REVOKE ALL ON FUNCTION taskcrm.tc_reactivate_member(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_reactivate_member(uuid) IS
  'Give a member access to the organization again. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_remove_member(user_id uuid, reassign_to uuid DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_remove_member';
REVOKE ALL ON FUNCTION taskcrm.tc_remove_member(uuid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_remove_member(uuid, uuid) IS
  'Remove a user from the selected organization, and move the open tasks to another member or to nobody. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_reassign(from_user uuid, to_user uuid, filters jsonb DEFAULT '{}') RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_reassign';
REVOKE ALL ON FUNCTION taskcrm.tc_reassign(uuid, uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_reassign(uuid, uuid, jsonb) IS
  'Move the open tasks of a member, or those that pass the filters, to another member or to nobody. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_invite_member(email text, role text DEFAULT 'member', expires_on timestamptz DEFAULT NULL)
  RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_invite_member';
REVOKE ALL ON FUNCTION taskcrm.tc_invite_member(text, text, timestamptz) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_invite_member(text, text, timestamptz) IS
  'Invite a user by email, or whoever has the returned token, to the selected organization. For its admins.';

CREATE FUNCTION taskcrm.tc_list_invitations() RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_invitations';
REVOKE ALL ON FUNCTION taskcrm.tc_list_invitations() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_invitations() IS
  'List the open invitations of the selected organization, newest first. For its admins.';

CREATE FUNCTION taskcrm.tc_revoke_invitation(pk uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_revoke_invitation';
REVOKE ALL ON FUNCTION taskcrm.tc_revoke_invitation(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_revoke_invitation(uuid) IS
  'Revoke an invitation that has not been accepted. For admins of the organization.';

CREATE FUNCTION taskcrm.tc_accept_invitation(token text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_accept_invitation';
REVOKE ALL ON FUNCTION taskcrm.tc_accept_invitation(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_accept_invitation(text) IS
  'Become a member of the organization that the token invites to.';

-- The REST API: requests passed by a gateway or by PostgREST.

CREATE FUNCTION taskcrm.tc_http_request(
  method text, uri text, headers jsonb DEFAULT '{}', body bytea DEFAULT NULL,
  OUT status integer, OUT headers jsonb, OUT body bytea) RETURNS record
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_http_request';
REVOKE ALL ON FUNCTION taskcrm.tc_http_request(text, text, jsonb, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_http_request(text, text, jsonb, bytea) IS
  'Answer a request of the REST API, including errors. For gateways that serve the API.';

-- PostgREST answers any Accept header with the bytes of a function that returns this
-- type.
CREATE DOMAIN taskcrm."*/*" AS bytea;
COMMENT ON DOMAIN taskcrm."*/*" IS 'The bytes of an answer of any media type, for PostgREST.';

CREATE FUNCTION taskcrm.tc_http(bytea) RETURNS taskcrm."*/*"
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_http';
REVOKE ALL ON FUNCTION taskcrm.tc_http(bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_http(bytea) IS
  E'Answer a request of the REST API that came through PostgREST.\n'
  'The argument is the body; the method, URI and content type are in the request headers X-Original-Method, X-Original-URI and X-Original-Content-Type.';

CREATE FUNCTION taskcrm.tc_download(pk uuid) RETURNS taskcrm."*/*"
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_download';
REVOKE ALL ON FUNCTION taskcrm.tc_download(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_download(uuid) IS
  E'Download an attachment through PostgREST: its bytes, with its type and name as headers.\n'
  'The request headers Range, If-Range and If-None-Match are supported.';

-- It must not write, because it runs in the read-only transaction of a GET.
CREATE FUNCTION taskcrm.tc_pre_request() RETURNS void
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_pre_request';
REVOKE ALL ON FUNCTION taskcrm.tc_pre_request() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_pre_request() IS
  'Reject a PostgREST request without a user or an organization, instead of returning empty lists. For the PostgREST setting db-pre-request.';

CREATE FUNCTION taskcrm.tc_openapi() RETURNS json
  LANGUAGE C STABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'tc_openapi';
REVOKE ALL ON FUNCTION taskcrm.tc_openapi() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_openapi() IS
  E'Return the OpenAPI document of the REST API, with the JSON Schemas of all requests and answers.\n'
  'It is generated from the same tables that requests and answers are processed with.';

-- Creates organizations, users and memberships.  tc_grant_access() never grants this: an
-- administrator may grant it to a provisioning role.

CREATE FUNCTION taskcrm.tc_create_organization(name text, id uuid DEFAULT NULL, external_id text DEFAULT NULL)
  RETURNS uuid
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_create_organization(text, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_organization(text, uuid, text) IS
  'Create an organization and return its id, which is generated if it is not specified.';

CREATE FUNCTION taskcrm.tc_link_organization(org_id uuid, external_id text) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_link_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_link_organization(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_link_organization(uuid, text) IS
  'Set the id that the identity provider has for an organization; NULL removes it.';

CREATE FUNCTION taskcrm.tc_list_organizations(OUT id uuid, OUT name text, OUT external_id text,
    OUT created_on timestamptz, OUT members bigint) RETURNS SETOF record
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_list_organizations';
REVOKE ALL ON FUNCTION taskcrm.tc_list_organizations() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_list_organizations() IS
  'All organizations, in the order of their ids, with their numbers of active members.';

CREATE FUNCTION taskcrm.tc_delete_organization(org_id uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_organization(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_organization(uuid) IS
  'Delete an organization with everything that belongs to it. Users remain.';

CREATE FUNCTION taskcrm.tc_create_user(email text, name text DEFAULT NULL, id uuid DEFAULT NULL,
    external_id text DEFAULT NULL, on_conflict text DEFAULT 'error') RETURNS uuid
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_user';
REVOKE ALL ON FUNCTION taskcrm.tc_create_user(text, text, uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_user(text, text, uuid, text, text) IS
  'Create a user and return the id, which is generated if it is not specified. With on_conflict => ''return'', a known email returns the id of its user.';

CREATE FUNCTION taskcrm.tc_update_user(user_id uuid, user_data jsonb) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_update_user';
REVOKE ALL ON FUNCTION taskcrm.tc_update_user(uuid, jsonb) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_update_user(uuid, jsonb) IS
  'Change the email, name or external_id of a user: the keys that are sent.';

CREATE FUNCTION taskcrm.tc_find_user(email text DEFAULT NULL, external_id text DEFAULT NULL) RETURNS json
  LANGUAGE C STABLE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_find_user';
REVOKE ALL ON FUNCTION taskcrm.tc_find_user(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_find_user(text, text) IS
  'The user with an email, in any case, or with an external id; NULL if there is none.';

CREATE FUNCTION taskcrm.tc_deactivate_user(user_id uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_deactivate_user';
REVOKE ALL ON FUNCTION taskcrm.tc_deactivate_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_deactivate_user(uuid) IS
  'Take all access from a user. Takes effect at the next statement, including in open transactions.';

CREATE FUNCTION taskcrm.tc_reactivate_user(user_id uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_reactivate_user';
REVOKE ALL ON FUNCTION taskcrm.tc_reactivate_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_reactivate_user(uuid) IS 'Undo tc_deactivate_user().';

CREATE FUNCTION taskcrm.tc_sync_user(external_id text, email text, name text DEFAULT NULL,
    organizations jsonb DEFAULT NULL, email_verified boolean DEFAULT false) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_sync_user';
REVOKE ALL ON FUNCTION taskcrm.tc_sync_user(text, text, text, jsonb, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_sync_user(text, text, text, jsonb, boolean) IS
  'Create or change a user, with organizations and memberships, as the identity provider knows them.';

CREATE FUNCTION taskcrm.tc_add_member(org_id uuid, user_id uuid, role text DEFAULT 'member') RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_add_member';
REVOKE ALL ON FUNCTION taskcrm.tc_add_member(uuid, uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_add_member(uuid, uuid, text) IS
  'Make a user an active member of an organization, or change the role: admin or member.';

CREATE FUNCTION taskcrm_internal.organization_tables(OUT tab name, OUT lock_order integer, OUT delete_order integer,
    OUT of_task boolean)
  RETURNS SETOF record
  LANGUAGE C STABLE AS 'MODULE_PATHNAME', 'tc_organization_tables';
REVOKE ALL ON FUNCTION taskcrm_internal.organization_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.organization_tables() IS
  'The tables that tc_delete_organization() locks and deletes from, in this order.';

-- Maintenance of the task counters.  For administrators: PUBLIC executes none of it.

CREATE FUNCTION taskcrm.tc_compact_counts() RETURNS bigint
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_compact_counts';
REVOKE ALL ON FUNCTION taskcrm.tc_compact_counts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_compact_counts() IS
  'Combine rows of the task counters, and return by how many rows they shrank. Does not wait for locks.';

CREATE FUNCTION taskcrm.tc_recount() RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_recount';
REVOKE ALL ON FUNCTION taskcrm.tc_recount() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_recount() IS
  'Recount all tasks. Blocks writes to tasks until the end of the transaction.';

CREATE FUNCTION taskcrm.tc_check_counts(OUT org_id uuid, OUT status taskcrm.task_status,
    OUT priority taskcrm.task_priority, OUT counted bigint, OUT actual bigint) RETURNS SETOF record
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_check_counts';
REVOKE ALL ON FUNCTION taskcrm.tc_check_counts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_check_counts() IS
  'Return the task counters that are wrong. There are none unless triggers were disabled. Reads every task.';

-- The numbers of calls, and the progress of long ones.  For administrators and monitoring:
-- PUBLIC executes none of it.

CREATE FUNCTION taskcrm.tc_stats(
    OUT scope text,                      -- server: of all sessions; session: of this one
    OUT kind text, OUT name text,        -- what is counted
    OUT count bigint,
    OUT errors bigint, OUT total_time double precision, OUT max_time double precision, -- of operations, in milliseconds
    OUT since timestamptz) RETURNS SETOF record
  LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 50 AS 'MODULE_PATHNAME', 'tc_stats';
REVOKE ALL ON FUNCTION taskcrm.tc_stats() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_stats() IS
  'Return how often each operation was called, with errors and time, and errors by SQLSTATE. For superusers and monitoring.';

CREATE FUNCTION taskcrm.tc_reset_stats() RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_reset_stats';
REVOKE ALL ON FUNCTION taskcrm.tc_reset_stats() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_reset_stats() IS 'Set the numbers of tc_stats to 0. For superusers.';

-- Shows in pg_stat_activity what a long call is doing, in front of its statement; NULL ends
-- that.  It must not contain values of rows.
CREATE FUNCTION taskcrm_internal.show_progress(progress text) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_show_progress';
REVOKE ALL ON FUNCTION taskcrm_internal.show_progress(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.show_progress(text) IS 'Shows in pg_stat_activity what a long call is doing.';

-- The registry of tables: the properties of each table, in one place.  The privileges of
-- clients, the columns that never change, the policies for writers and the names that
-- tc_install() expects are derived from it; a test compares it with the deletion of an
-- organization in C, and with the catalogs.
--
-- The tables that clients read are in the schema taskcrm, all others in taskcrm_internal.
-- So GRANT SELECT ON ALL TABLES IN SCHEMA taskcrm gives nobody a key, and clients that
-- look at the schema find only what they can use.  No two tables have the same name.
--
-- A new table is a row here, its columns in tables.sql, its keys in keys.sql, and its checks,
-- indexes and triggers.

CREATE FUNCTION taskcrm_internal.table_registry(
    OUT tab name,
    OUT deleted_by name,          -- the column by which tc_delete_organization() deletes rows
    OUT lock_order integer,       -- when it locks them before that
    OUT readable boolean,         -- by clients
    OUT writer text,              -- who may write rows: admin, author (who also updates them),
                                  -- creator (who does not), or member; NULL for no client
    OUT author name,              -- the column of an author or a creator
    OUT fixed text[],             -- columns that never change
    OUT changing text[],          -- columns that clients may not update, and others do
    OUT insertable text[],        -- columns whose values clients choose in new rows
    OUT updatable text[],         -- and in rows that are there
    OUT returned text[])          -- columns that clients may send if they hold what the server has
  RETURNS SETOF record
  LANGUAGE plpgsql IMMUTABLE ROWS 25 SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RETURN QUERY VALUES
    ('installation'::name, NULL::name, NULL::integer, false, NULL::text, NULL::name,
      NULL::text[], '{version,installed_on}'::text[], NULL::text[], NULL::text[], NULL::text[]),
    ('exposed_column', NULL, NULL, false, NULL, NULL,
      NULL, '{table_name,column_name,writable}', NULL, NULL, NULL),
    ('organization', 'id', NULL, true, 'admin', NULL,
      '{id,created_on}', '{name,external_id}', NULL, NULL, NULL),
    ('app_user', NULL, NULL, true, NULL, NULL,
      '{id}', '{email,name,is_active,external_id}', NULL, NULL, NULL),
    ('login', NULL, NULL, false, NULL, NULL,
      NULL, '{role_name,role_oid,user_id}', NULL, NULL, NULL),
    ('gateway', NULL, NULL, false, NULL, NULL,
      NULL, '{role_name,role_oid}', NULL, NULL, NULL),
    ('jwt_key', NULL, NULL, false, NULL, NULL,
      NULL, '{kid,id,alg,key,issuer,audience,created_on,subject_prefix}', NULL, NULL, NULL),
    ('member', 'org_id', NULL, true, 'admin', NULL,
      '{org_id,user_id}', '{role,is_active}', NULL, NULL, NULL),
    ('stored_answer', 'org_id', NULL, false, 'member', NULL,
      NULL, '{org_id,user_id,key,request,answer,created_on}', NULL, NULL, NULL),
    ('invitation', 'org_id', 10, false, 'admin', NULL,
      '{org_id,id,email,role,token_hash,created_on,created_by,expires_on}', '{accepted_on,accepted_by}', NULL, NULL, NULL),
    ('account', 'org_id', NULL, true, 'admin', NULL,
      '{org_id,id}', NULL, '{name}', '{name}', '{org_id,id}'),
    ('contact', 'org_id', 9, true, 'admin', NULL,
      '{org_id,id}', NULL, '{first_name,last_name,email,account_id}', '{first_name,last_name,email,account_id}', '{org_id,id}'),
    ('team', 'org_id', NULL, true, 'admin', NULL,
      '{org_id,id}', NULL, '{name}', '{name}', '{org_id,id}'),
    ('team_member', 'org_id', 8, true, 'admin', NULL,
      '{org_id,team_id,user_id}', NULL, '{team_id,user_id}', NULL, '{org_id,team_id,user_id}'),
    ('task', 'org_id', 1, true, 'creator', 'created_by',
      '{org_id,id,created_on,created_by}', '{updated_on,completed_on,completed_by,version}',
      '{title,description,status,priority,due_date,account_id}',
      '{title,description,status,priority,due_date,account_id}',
      '{org_id,id,created_on,created_by,updated_on,completed_on,completed_by,version}'),
    ('task_text', 'org_id', NULL, false, 'member', NULL,
      '{org_id,task_id}', '{description}', NULL, NULL, NULL),
    ('task_contact', 'org_id', 2, true, 'member', NULL,
      '{org_id,task_id,created_on}', NULL, '{task_id,contact_id}', '{contact_id}', '{org_id,task_id,created_on}'),
    ('task_assignee', 'org_id', 3, true, 'member', NULL,
      '{org_id,task_id,created_on}', NULL, '{task_id,user_id}', '{user_id}', '{org_id,task_id,created_on}'),
    ('task_team', 'org_id', 4, true, 'member', NULL,
      '{org_id,task_id,created_on}', NULL, '{task_id,team_id}', '{team_id}', '{org_id,task_id,created_on}'),
    ('task_comment', 'org_id', 5, true, 'author', 'commented_by',
      '{org_id,id,task_id,commented_on,commented_by}', '{edited_on}', '{task_id,comment}', '{comment}',
      '{org_id,id,task_id,commented_on,commented_by,edited_on}'),
    ('task_mention', 'org_id', 6, true, 'member', NULL,
      '{org_id,comment_id,user_id}', NULL, NULL, NULL, NULL),
    ('task_attachment', 'org_id', 7, true, 'author', 'created_by',
      '{org_id,id,task_id,size,sha256,created_on,created_by}', '{file_name,content_type,url}', NULL, NULL, NULL),
    ('task_attachment_content', 'org_id', NULL, true, 'member', NULL,
      '{org_id,attachment_id,content}', NULL, NULL, NULL, NULL),
    ('accepted_finding', NULL, NULL, false, NULL, NULL,
      NULL, '{check_name,object,why,accepted_by,accepted_on}', NULL, NULL, NULL),
    -- Deleting the organization folds its rows, and so does not delete them itself.
    ('task_count', NULL, NULL, false, 'member', NULL,
      NULL, '{org_id,status,priority,n}', NULL, NULL, NULL);
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.table_registry() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_registry() IS
  'The properties of each table: privileges of clients, fixed columns, writers, deletion with the organization.';

-- By name instead of from the catalogs: a table may be missing or replaced.
CREATE FUNCTION taskcrm_internal.table_names() RETURNS SETOF name
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tab FROM taskcrm_internal.table_registry() r
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.table_names() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_names() IS 'The tables that tc_install() creates.';

-- A table that is not in the registry was added to the schema taskcrm by somebody else.
CREATE FUNCTION taskcrm_internal.table_schema(tab name) RETURNS name
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT CASE WHEN EXISTS (SELECT FROM taskcrm_internal.table_registry() r
                           WHERE r.tab = table_schema.tab AND NOT r.readable)
              THEN 'taskcrm_internal'::name ELSE 'taskcrm' END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.table_schema(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.table_schema(name) IS 'The schema of a table.';

CREATE FUNCTION taskcrm_internal.qualified_name(tab name) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%I.%I', taskcrm_internal.table_schema(tab), tab)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.qualified_name(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.qualified_name(name) IS 'The name of a table with its schema, quoted.';

-- Those that tc_install() creates, and those that others added to the schema taskcrm.
CREATE FUNCTION taskcrm_internal.found_tables() RETURNS SETOF oid
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.oid
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN taskcrm_internal.table_registry() r ON r.tab = c.relname
  WHERE c.relkind IN ('r', 'p') AND n.nspname = CASE WHEN NOT r.readable THEN 'taskcrm_internal' ELSE 'taskcrm' END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_tables() IS 'The tables that row-level security protects.';

-- Exports organizations and persons, and erases persons.  An administrator may grant these
-- functions to a provisioning role; clients execute only tc_export_organization(), for admins.
--
-- An export does not depend on the settings of the session.

CREATE FUNCTION taskcrm.tc_export_organization(org_id uuid DEFAULT NULL) RETURNS SETOF json
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000
  SET "TimeZone" = 'UTC' SET "DateStyle" = 'ISO' SET "IntervalStyle" = 'postgres' SET bytea_output = hex SET extra_float_digits = 1
  AS 'MODULE_PATHNAME', 'tc_export_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_export_organization(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_export_organization(uuid) IS
  'Return everything of an organization, by default the current one, as JSON, one object for each row. For admins and provisioning.';

CREATE FUNCTION taskcrm.tc_export_user(user_id uuid) RETURNS SETOF json
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 1000
  SET "TimeZone" = 'UTC' SET "DateStyle" = 'ISO' SET "IntervalStyle" = 'postgres' SET bytea_output = hex SET extra_float_digits = 1
  AS 'MODULE_PATHNAME', 'tc_export_user';
REVOKE ALL ON FUNCTION taskcrm.tc_export_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_export_user(uuid) IS
  'Return all rows that name a user as JSON, one object for each row.';

-- The mentions of one email in a text.  handle_too: also those that name only the part
-- before @.  A mention ends where an email and a name would.
CREATE FUNCTION taskcrm_internal.without_mentions(content text, email text, handle_too boolean) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT regexp_replace(content,
    '(^|[^[:alnum:]_.@%+-])@(' || concat_ws('|', e.escaped, CASE WHEN handle_too THEN e.handle END)
    || ')(?![[:alnum:]_@%+-]|[.][[:alnum:]])', '\1@erased', 'gi')
  FROM (SELECT regexp_replace(email, '([^[:alnum:]@])', '\\\1', 'g') AS escaped,
          regexp_replace(regexp_replace(email, '@[^@]*$', ''), '([^[:alnum:]])', '\\\1', 'g') AS handle) e
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.without_mentions(text, text, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.without_mentions(text, text, boolean) IS
  'A text in which the mentions of an email are replaced with @erased.';

CREATE FUNCTION taskcrm.tc_erase_user(user_id uuid, OUT tab text, OUT action text, OUT rows bigint) RETURNS SETOF record
  LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_erase_user';
REVOKE ALL ON FUNCTION taskcrm.tc_erase_user(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_erase_user(uuid) IS
  'Remove name, email, logins and mentions of a user, whose tasks and comments remain, and report what was changed.';

-- The tables of an export, parents before their children, as the registry has them.
CREATE FUNCTION taskcrm_internal.exported_tables() RETURNS SETOF name
  LANGUAGE sql IMMUTABLE ROWS 15 SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tab FROM taskcrm_internal.table_registry() r WHERE r.readable
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.exported_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.exported_tables() IS 'The tables of an export, parents before their children.';

-- What is wrong with a line of an export; NULL if nothing.
CREATE FUNCTION taskcrm_internal.line_problem(line json, org uuid) RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
DECLARE
  tab text;
  unknown text;
BEGIN
  IF line IS NULL OR json_typeof(line) <> 'object' OR json_typeof(line -> 'row') IS DISTINCT FROM 'object'
     OR json_typeof(line -> 'table') IS DISTINCT FROM 'string'
     OR (SELECT count(*) FROM json_object_keys(line)) <> 2 THEN
    RETURN 'It must be an object with the members "table" and "row".';
  END IF;
  tab := line ->> 'table';
  IF tab NOT IN (SELECT t FROM taskcrm_internal.exported_tables() t) THEN
    RETURN format('There is no table "%s" in an export.', left(tab, 63));
  END IF;
  SELECT k INTO unknown FROM json_object_keys(line -> 'row') k
  WHERE NOT EXISTS (SELECT FROM pg_attribute a
    WHERE a.attrelid = to_regclass(format('taskcrm.%I', tab)) AND a.attname = k AND a.attnum > 0 AND NOT a.attisdropped)
  LIMIT 1;
  IF FOUND THEN
    RETURN format('The table "%s" has no column "%s".', tab, left(unknown, 63));
  END IF;
  IF tab <> 'app_user' AND lower(line -> 'row' ->> CASE tab WHEN 'organization' THEN 'id' ELSE 'org_id' END)
       IS DISTINCT FROM org::text THEN
    RETURN 'It belongs to another organization than the first line.';
  END IF;
  RETURN NULL;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.line_problem(json, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.line_problem(json, uuid) IS 'What is wrong with a line of an export; NULL if nothing.';

-- Inserts rows of one table.  A user who is here already stays as it is.
CREATE FUNCTION taskcrm_internal.import_rows(tab name, rows_of_table json) RETURNS bigint
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  inserted bigint;
BEGIN
  IF tab = 'task_attachment_content' THEN
    INSERT INTO taskcrm.task_attachment_content (org_id, attachment_id, content)
    SELECT (r ->> 'org_id')::uuid, (r ->> 'attachment_id')::uuid, decode(r ->> 'content', 'base64')
    FROM json_array_elements(rows_of_table) r;
  ELSE
    EXECUTE format('INSERT INTO taskcrm.%1$I SELECT r.* FROM json_populate_recordset(NULL::taskcrm.%1$I, $1) r %2$s', tab,
                   CASE tab WHEN 'app_user' THEN 'ON CONFLICT (id) DO NOTHING' END)
      USING rows_of_table;
  END IF;
  GET DIAGNOSTICS inserted = ROW_COUNT;
  RETURN inserted;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.import_rows(name, json) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.import_rows(name, json) IS 'Inserts rows of one table of an export.';

-- Runs as the owner of the tables.  Lines of one table that follow each other are inserted
-- together; if that fails, one by one, to find the line.
CREATE FUNCTION taskcrm_internal.import_lines(lines json[], continued uuid, OUT tab text, OUT rows bigint) RETURNS SETOF record
  LANGUAGE plpgsql VOLATILE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
#variable_conflict use_variable
DECLARE
  org uuid := continued;
  bad record;
  part record;
  line record;
  counts jsonb := '{}';
BEGIN
  IF org IS NULL THEN
    IF lines[array_lower(lines, 1)] ->> 'table' IS DISTINCT FROM 'organization' THEN
      RAISE invalid_parameter_value USING
        MESSAGE = 'invalid value for argument "lines"',
        DETAIL = 'The first line must be the organization.',
        HINT = 'To continue an import, specify the organization with org_id.';
    END IF;
    org := (lines[array_lower(lines, 1)] #>> '{row,id}')::uuid;
  ELSIF NOT EXISTS (SELECT FROM taskcrm.organization o WHERE o.id = org) THEN
    RAISE SQLSTATE 'PT404' USING MESSAGE = 'organization not found';
  END IF;
  SELECT l.place, l.problem INTO bad
  FROM (SELECT u.place, taskcrm_internal.line_problem(u.line, org) AS problem
        FROM unnest(lines) WITH ORDINALITY AS u (line, place)) l
  WHERE l.problem IS NOT NULL ORDER BY l.place LIMIT 1;
  IF FOUND THEN
    RAISE invalid_parameter_value USING
      MESSAGE = format('invalid line %s in argument "lines"', bad.place), DETAIL = bad.problem;
  END IF;

  FOR part IN
    SELECT g.name, g.run, min(g.place) AS place, json_agg(g.line -> 'row' ORDER BY g.place) AS found
    FROM (SELECT u.line, u.place, (u.line ->> 'table')::name AS name,
            u.place - row_number() OVER (PARTITION BY u.line ->> 'table' ORDER BY u.place) AS run
          FROM unnest(lines) WITH ORDINALITY AS u (line, place)) g
    GROUP BY g.name, g.run ORDER BY 3
  LOOP
    PERFORM taskcrm_internal.show_progress(format('importing %s, line %s of %s', part.name, part.place, cardinality(lines)));
    BEGIN
      counts := counts || jsonb_build_object(part.name, coalesce((counts ->> part.name)::bigint, 0)
        + taskcrm_internal.import_rows(part.name, part.found));
    EXCEPTION WHEN OTHERS THEN
      FOR line IN SELECT e.value, e.place FROM json_array_elements(part.found) WITH ORDINALITY AS e (value, place) LOOP
        BEGIN
          PERFORM taskcrm_internal.import_rows(part.name, json_build_array(line.value));
        EXCEPTION WHEN OTHERS THEN
          RAISE EXCEPTION USING ERRCODE = SQLSTATE,
            MESSAGE = format('invalid line %s in argument "lines"', part.place + line.place - 1), DETAIL = SQLERRM;
        END;
      END LOOP;
      RAISE;
    END;
  END LOOP;
  RETURN QUERY SELECT c.key, c.value::bigint FROM jsonb_each_text(counts) c
    JOIN taskcrm_internal.exported_tables() WITH ORDINALITY AS t (name, place) ON t.name = c.key ORDER BY t.place;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.import_lines(json[], uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.import_lines(json[], uuid) IS 'Imports lines of an export.';

CREATE FUNCTION taskcrm.tc_import_organization(lines json[], org_id uuid DEFAULT NULL, OUT tab text, OUT rows bigint)
  RETURNS SETOF record
  LANGUAGE C VOLATILE PARALLEL UNSAFE ROWS 15 AS 'MODULE_PATHNAME', 'tc_import_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_import_organization(json[], uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_import_organization(json[], uuid) IS
  'Load what tc_export_organization() returned, with its ids, versions and times; org_id continues an import.';

-- The tables and their columns.  They are ordinary tables created by tc_install(), not
-- members of the extension, so that pg_dump includes them completely and DROP EXTENSION
-- cannot drop them.
--
-- keys.sql has their keys, indexes.sql the indexes other than those of keys, checks.sql the
-- check constraints.  Columns that users added are theirs.

-- The columns that tc_install() creates and tc_doctor() checks, in the order of a new
-- table.  A column of a later version is at the end of its table, where an upgrade adds it.
CREATE FUNCTION taskcrm_internal.wanted_columns(
    OUT tab name,
    OUT "column" name,
    OUT type text,                -- as the server prints it, with a collation other than the type's
    OUT not_null boolean,
    OUT value text,               -- DEFAULT or GENERATED, as the server prints it
    OUT fill text)                -- the value of rows that exist when the column is added
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.*, NULL::text FROM (VALUES
    -- Without a key, so that a data-only restore does not fail here; the next tc_install()
    -- removes a second row.
    ('installation'::name, 'version'::name, 'text', true, NULL::text),
    ('installation', 'installed_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('exposed_column', 'table_name', 'name', true, NULL),
    ('exposed_column', 'column_name', 'name', true, NULL),
    ('exposed_column', 'writable', 'boolean', true, NULL),
    ('organization', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('organization', 'name', 'text', true, NULL),
    ('organization', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('organization', 'external_id', 'text COLLATE "C"', false, NULL),
    ('app_user', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('app_user', 'email', 'text', true, NULL),
    ('app_user', 'name', 'text', true, 'DEFAULT ''''::text'),
    ('app_user', 'is_active', 'boolean', true, 'DEFAULT true'),
    ('app_user', 'external_id', 'text COLLATE "C"', false, NULL),
    ('login', 'role_name', 'name', true, NULL),
    ('login', 'role_oid', 'oid', true, NULL),
    ('login', 'user_id', 'uuid', true, NULL),
    ('gateway', 'role_name', 'name', true, NULL),
    ('gateway', 'role_oid', 'oid', true, NULL),
    ('jwt_key', 'kid', 'text', true, NULL),
    -- A token in use is tied to id instead of kid, because a kid may be reused for another
    -- key.
    ('jwt_key', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('jwt_key', 'alg', 'text', true, NULL),
    ('jwt_key', 'key', 'bytea', true, NULL),
    ('jwt_key', 'issuer', 'text', false, NULL),
    ('jwt_key', 'audience', 'text', false, NULL),
    ('jwt_key', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('jwt_key', 'subject_prefix', 'text', false, NULL),
    ('member', 'org_id', 'uuid', true, NULL),
    ('member', 'user_id', 'uuid', true, NULL),
    ('member', 'role', 'text', true, 'DEFAULT ''member''::text'),
    ('member', 'is_active', 'boolean', true, 'DEFAULT true'),
    ('stored_answer', 'org_id', 'uuid', true, NULL),
    ('stored_answer', 'user_id', 'uuid', true, NULL),
    ('stored_answer', 'key', 'text', true, NULL),
    ('stored_answer', 'request', 'bytea', true, NULL),
    ('stored_answer', 'answer', 'text', false, NULL),
    ('stored_answer', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('invitation', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('invitation', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('invitation', 'email', 'text', false, NULL),
    ('invitation', 'role', 'text', true, 'DEFAULT ''member''::text'),
    ('invitation', 'token_hash', 'bytea', true, NULL),
    ('invitation', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('invitation', 'created_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    ('invitation', 'expires_on', 'timestamp with time zone', true, NULL),
    ('invitation', 'accepted_on', 'timestamp with time zone', false, NULL),
    ('invitation', 'accepted_by', 'uuid', false, NULL),
    ('account', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('account', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('account', 'name', 'text', true, NULL),
    ('contact', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('contact', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('contact', 'first_name', 'text', true, NULL),
    ('contact', 'last_name', 'text', false, NULL),
    ('contact', 'email', 'text', false, NULL),
    ('contact', 'account_id', 'uuid', false, NULL),
    ('team', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('team', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('team', 'name', 'text', true, NULL),
    ('team_member', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('team_member', 'team_id', 'uuid', true, NULL),
    ('team_member', 'user_id', 'uuid', true, NULL),
    ('task', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('task', 'title', 'text', true, NULL),
    ('task', 'description', 'text', false, NULL),
    ('task', 'status', 'taskcrm.task_status', true, 'DEFAULT ''New''::taskcrm.task_status'),
    ('task', 'priority', 'taskcrm.task_priority', true, 'DEFAULT ''Normal''::taskcrm.task_priority'),
    ('task', 'due_date', 'date', false, NULL),
    ('task', 'account_id', 'uuid', false, NULL),
    ('task', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task', 'created_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    ('task', 'updated_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task', 'completed_on', 'timestamp with time zone', false, NULL),
    ('task', 'completed_by', 'uuid', false, NULL),
    ('task', 'version', 'integer', true, 'DEFAULT 1'),
    ('task_text', 'org_id', 'uuid', true, NULL),
    ('task_text', 'task_id', 'uuid', true, NULL),
    ('task_text', 'description', 'text', true, NULL),
    ('task_contact', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_contact', 'task_id', 'uuid', true, NULL),
    ('task_contact', 'contact_id', 'uuid', true, NULL),
    -- The links repeat created_on of the task, so that a list driven by a link (the tasks of
    -- one assignee, newest first) is a single index scan.
    ('task_contact', 'created_on', 'timestamp with time zone', true, NULL),
    ('task_assignee', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_assignee', 'task_id', 'uuid', true, NULL),
    ('task_assignee', 'user_id', 'uuid', true, NULL),
    ('task_assignee', 'created_on', 'timestamp with time zone', true, NULL),
    ('task_team', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_team', 'task_id', 'uuid', true, NULL),
    ('task_team', 'team_id', 'uuid', true, NULL),
    ('task_team', 'created_on', 'timestamp with time zone', true, NULL),
    ('task_comment', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_comment', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('task_comment', 'task_id', 'uuid', true, NULL),
    ('task_comment', 'comment', 'text', true, NULL),
    ('task_comment', 'commented_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task_comment', 'commented_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    ('task_comment', 'edited_on', 'timestamp with time zone', false, NULL),
    ('task_mention', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_mention', 'comment_id', 'uuid', true, NULL),
    ('task_mention', 'user_id', 'uuid', true, NULL),
    ('task_attachment', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_attachment', 'id', 'uuid', true, 'DEFAULT taskcrm.tc_uuidv7()'),
    ('task_attachment', 'task_id', 'uuid', true, NULL),
    ('task_attachment', 'file_name', 'text', true, NULL),
    ('task_attachment', 'content_type', 'text', false, NULL),
    ('task_attachment', 'size', 'bigint', false, NULL),
    ('task_attachment', 'sha256', 'bytea', false, NULL),
    ('task_attachment', 'url', 'text', false, NULL),
    ('task_attachment', 'created_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    ('task_attachment', 'created_by', 'uuid', false, 'DEFAULT taskcrm.tc_current_user()'),
    ('task_attachment_content', 'org_id', 'uuid', true, 'DEFAULT taskcrm.tc_current_org()'),
    ('task_attachment_content', 'attachment_id', 'uuid', true, NULL),
    ('task_attachment_content', 'content', 'bytea', true, NULL),
    ('accepted_finding', 'check_name', 'text', true, NULL),
    ('accepted_finding', 'object', 'text', true, NULL),
    ('accepted_finding', 'why', 'text', true, NULL),
    ('accepted_finding', 'accepted_by', 'name', true, NULL),
    ('accepted_finding', 'accepted_on', 'timestamp with time zone', true, 'DEFAULT now()'),
    -- Without a foreign key: the tasks have one, and a row is written here with every task.
    ('task_count', 'org_id', 'uuid', true, NULL),
    ('task_count', 'status', 'taskcrm.task_status', true, NULL),
    ('task_count', 'priority', 'taskcrm.task_priority', true, NULL),
    ('task_count', 'n', 'bigint', true, NULL)
  ) AS v
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_columns() IS 'The columns of the tables that tc_install() creates.';

CREATE FUNCTION taskcrm_internal.found_columns(OUT tab name, OUT "column" name, OUT type text, OUT not_null boolean,
    OUT value text) RETURNS SETOF record
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp SET "DateStyle" = 'ISO' SET standard_conforming_strings = on AS $$
  SELECT c.relname, a.attname,
    concat_ws(' COLLATE ', format_type(a.atttypid, a.atttypmod),
              CASE WHEN a.attcollation <> t.typcollation THEN a.attcollation::regcollation END),
    a.attnotnull,
    CASE WHEN a.attidentity = 'a' THEN 'GENERATED ALWAYS AS IDENTITY'
         WHEN a.attidentity = 'd' THEN 'GENERATED BY DEFAULT AS IDENTITY'
         WHEN a.attgenerated = '' THEN 'DEFAULT ' || pg_get_expr(d.adbin, d.adrelid)
         ELSE format('GENERATED ALWAYS AS (%s) %s', pg_get_expr(d.adbin, d.adrelid),
                     CASE a.attgenerated WHEN 's' THEN 'STORED' ELSE 'VIRTUAL' END) END
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  JOIN pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_columns() IS 'The columns that the tables have.';

-- A column that is NOT NULL although it need not be is a constraint of the user.
CREATE FUNCTION taskcrm_internal.differing_columns(OUT tab name, OUT "column" name, OUT type text, OUT not_null boolean,
    OUT value text, OUT fill text, OUT found_type text, OUT found_not_null boolean, OUT found_value text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.*, f.type, f.not_null, f.value
  FROM taskcrm_internal.wanted_columns() w
  LEFT JOIN taskcrm_internal.found_columns() f ON f.tab = w.tab AND f."column" = w."column"
  WHERE w.tab IN (SELECT c.relname FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables()))
    AND (f.type IS DISTINCT FROM w.type OR f.value IS DISTINCT FROM w.value OR w.not_null AND NOT f.not_null)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.differing_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.differing_columns() IS 'Columns that are missing or changed.';

-- Creates the tables that are missing, with their columns alone.
CREATE PROCEDURE taskcrm_internal.install_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  missing record;
BEGIN
  FOR missing IN
    SELECT w.tab, string_agg(concat_ws(' ', quote_ident(w."column"), w.type, w.value, CASE WHEN w.not_null THEN 'NOT NULL' END), ', '
                             ORDER BY w.place) AS columns
    FROM taskcrm_internal.wanted_columns() WITH ORDINALITY w (tab, "column", type, not_null, value, fill, place)
    WHERE to_regclass(taskcrm_internal.qualified_name(w.tab)) IS NULL
    GROUP BY w.tab
  LOOP
    EXECUTE format('CREATE TABLE %s (%s)', taskcrm_internal.qualified_name(missing.tab), missing.columns);
    IF missing.tab = 'task_count' THEN
      -- Rows are added and deleted all the time, so vacuum must not wait for a share of
      -- them.
      ALTER TABLE taskcrm_internal.task_count SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    ELSIF missing.tab = 'task_attachment_content' THEN
      -- Most attachments are compressed already.
      ALTER TABLE taskcrm.task_attachment_content ALTER content SET STORAGE EXTERNAL;
    END IF;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_tables() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_tables() IS 'Creates missing tables.';

-- Adds a column and gives it a value in each row.  Rewriting the table fires no trigger,
-- as an UPDATE would.
CREATE PROCEDURE taskcrm_internal.add_column(tab name, "column" name, type text, not_null boolean, value text, fill text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  EXECUTE format('ALTER TABLE %s ADD COLUMN %I %s', taskcrm_internal.qualified_name(tab), "column",
                 concat_ws(' ', type, value, CASE WHEN not_null AND fill IS NULL THEN 'NOT NULL' END));
  IF fill IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I TYPE %s USING %s', taskcrm_internal.qualified_name(tab), "column", type, fill);
  END IF;
  IF not_null AND fill IS NOT NULL THEN
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', taskcrm_internal.qualified_name(tab), "column");
  END IF;
EXCEPTION WHEN not_null_violation THEN
  RAISE not_null_violation USING
    MESSAGE = format('column "%s" of table "%s" is missing', "column", tab),
    DETAIL = 'The table has rows, and tc_install() has no value for this column, which is NOT NULL.',
    HINT = format('If the column was renamed, rename it back. Otherwise run ALTER TABLE %s ADD COLUMN %I %s, give it a value in each row, and run CALL taskcrm.tc_install() again.',
                  taskcrm_internal.qualified_name(tab), "column", type);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.add_column(name, name, text, boolean, text, text) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.add_column(name, name, text, boolean, text, text) IS
  'Adds a column to a table that may have rows.';

CREATE PROCEDURE taskcrm_internal.require_not_null(tab name, "column" name)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  violating bigint;
BEGIN
  EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET NOT NULL', taskcrm_internal.qualified_name(tab), "column");
EXCEPTION WHEN not_null_violation THEN
  EXECUTE format('SELECT count(*) FROM %s WHERE %I IS NULL', taskcrm_internal.qualified_name(tab), "column") INTO violating;
  RAISE not_null_violation USING
    MESSAGE = format('column "%s" of table "%s" contains NULL', "column", tab),
    DETAIL = format('The number of these rows is %s.', violating),
    HINT = format('Change the rows that SELECT * FROM %s WHERE %I IS NULL returns, and run CALL taskcrm.tc_install() again.',
                  taskcrm_internal.qualified_name(tab), "column");
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.require_not_null(name, name) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.require_not_null(name, name) IS 'Makes a column NOT NULL.';

-- Adds missing columns, and repairs defaults and NOT NULL.  Another type is an error: a
-- conversion could change values that users entered.
CREATE PROCEDURE taskcrm_internal.install_columns()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT d.* FROM taskcrm_internal.differing_columns() d LOOP
    IF r.found_type IS NULL THEN
      CALL taskcrm_internal.add_column(r.tab, r."column", r.type, r.not_null, r.value, r.fill);
      CONTINUE;
    END IF;
    IF r.found_type <> r.type
       OR r.found_value IS DISTINCT FROM r.value AND concat(r.found_value, r.value) LIKE '%GENERATED %' THEN
      RAISE datatype_mismatch USING
        MESSAGE = format('column "%s" of table "%s" was changed', r."column", r.tab),
        DETAIL = format('It is defined as "%s" and must be "%s".',
                        concat_ws(' ', r.found_type, r.found_value), concat_ws(' ', r.type, r.value)),
        HINT = format('tc_install() does not change it, because values could be lost. Run ALTER TABLE %s %s, and then CALL taskcrm.tc_install() again.',
                      taskcrm_internal.qualified_name(r.tab),
                      CASE WHEN r.found_value LIKE '%AS IDENTITY' THEN format('ALTER COLUMN %I DROP IDENTITY', r."column")
                           WHEN r.found_value LIKE 'GENERATED %' THEN format('ALTER COLUMN %I DROP EXPRESSION', r."column")
                           WHEN r.found_type <> r.type THEN format('ALTER COLUMN %I TYPE %s', r."column", r.type)
                           ELSE format('DROP COLUMN %I', r."column") END);
    END IF;
    IF r.found_value IS DISTINCT FROM r.value THEN
      EXECUTE format('ALTER TABLE %s ALTER COLUMN %I %s', taskcrm_internal.qualified_name(r.tab), r."column",
                     coalesce('SET ' || r.value, 'DROP DEFAULT'));
    END IF;
    IF r.not_null AND NOT r.found_not_null THEN
      CALL taskcrm_internal.require_not_null(r.tab, r."column");
    END IF;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_columns() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_columns() IS 'Adds missing columns, and repairs changed ones.';

-- Tables for which a publication could not identify updated and deleted rows, so that the
-- statement would fail.  has_key: whether the primary key can do it.
CREATE FUNCTION taskcrm_internal.lacking_replica_identity(OUT tab name, OUT has_key boolean)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT k.relname, k.has_key
  FROM (
    SELECT c.relname, c.relreplident,
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisprimary AND i.indisvalid) AS has_key,
      EXISTS (SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisreplident AND i.indisvalid) AS has_index
    FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables())) k
  WHERE NOT (k.relreplident = 'f' OR k.relreplident = 'd' AND k.has_key OR k.relreplident = 'i' AND k.has_index)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.lacking_replica_identity() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.lacking_replica_identity() IS 'Tables without a usable replica identity.';

CREATE PROCEDURE taskcrm_internal.install_replica_identity()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  lacking record;
BEGIN
  FOR lacking IN SELECT l.* FROM taskcrm_internal.lacking_replica_identity() l LOOP
    EXECUTE format('ALTER TABLE %s REPLICA IDENTITY %s', taskcrm_internal.qualified_name(lacking.tab),
                   CASE WHEN lacking.has_key THEN 'DEFAULT' ELSE 'FULL' END);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_replica_identity() FROM PUBLIC;

-- Primary, unique and foreign keys.
--
-- Keys of tenant tables begin with org_id.  That makes a reference to another organization
-- impossible, makes every index usable under row-level security, and lets the tables be
-- distributed by organization.

-- The keys that tc_install() creates and tc_doctor() checks.  They are written as the
-- server prints a constraint's definition, so that the two can be compared.
CREATE FUNCTION taskcrm_internal.wanted_keys(OUT tab name, OUT key name, OUT definition text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('exposed_column'::name, 'exposed_column_pkey'::name, 'PRIMARY KEY (table_name, column_name)'),
    ('organization', 'organization_pkey', 'PRIMARY KEY (id)'),
    ('app_user', 'app_user_pkey', 'PRIMARY KEY (id)'),
    ('login', 'login_pkey', 'PRIMARY KEY (role_name)'),
    ('login', 'login_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES taskcrm.app_user(id) ON DELETE CASCADE'),
    ('gateway', 'gateway_pkey', 'PRIMARY KEY (role_name)'),
    ('jwt_key', 'jwt_key_pkey', 'PRIMARY KEY (kid)'),
    ('member', 'member_pkey', 'PRIMARY KEY (org_id, user_id)'),
    ('member', 'member_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('member', 'member_user_id_fkey', 'FOREIGN KEY (user_id) REFERENCES taskcrm.app_user(id)'),
    ('stored_answer', 'stored_answer_pkey', 'PRIMARY KEY (org_id, user_id, key)'),
    ('stored_answer', 'stored_answer_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('invitation', 'invitation_pkey', 'PRIMARY KEY (org_id, id)'),
    ('invitation', 'invitation_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('invitation', 'invitation_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)'),
    ('invitation', 'invitation_accepted_by_fkey', 'FOREIGN KEY (accepted_by) REFERENCES taskcrm.app_user(id)'),
    ('account', 'account_pkey', 'PRIMARY KEY (org_id, id)'),
    ('account', 'account_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('contact', 'contact_pkey', 'PRIMARY KEY (org_id, id)'),
    ('contact', 'contact_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('contact', 'contact_account_id_fkey', 'FOREIGN KEY (org_id, account_id) REFERENCES taskcrm.account(org_id, id)'),
    ('team', 'team_pkey', 'PRIMARY KEY (org_id, id)'),
    ('team', 'team_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('team_member', 'team_member_pkey', 'PRIMARY KEY (org_id, team_id, user_id)'),
    ('team_member', 'team_member_team_id_fkey', 'FOREIGN KEY (org_id, team_id) REFERENCES taskcrm.team(org_id, id) ON DELETE CASCADE'),
    ('team_member', 'team_member_user_id_fkey', 'FOREIGN KEY (org_id, user_id) REFERENCES taskcrm.member(org_id, user_id) ON DELETE CASCADE'),
    ('task', 'task_pkey', 'PRIMARY KEY (org_id, id)'),
    ('task', 'task_org_id_fkey', 'FOREIGN KEY (org_id) REFERENCES taskcrm.organization(id) ON DELETE CASCADE'),
    ('task', 'task_account_id_fkey', 'FOREIGN KEY (org_id, account_id) REFERENCES taskcrm.account(org_id, id)'),
    ('task', 'task_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)'),
    ('task', 'task_completed_by_fkey', 'FOREIGN KEY (completed_by) REFERENCES taskcrm.app_user(id)'),
    ('task_text', 'task_text_pkey', 'PRIMARY KEY (org_id, task_id)'),
    ('task_text', 'task_text_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_contact', 'task_contact_pkey', 'PRIMARY KEY (org_id, task_id, contact_id)'),
    ('task_contact', 'task_contact_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_contact', 'task_contact_contact_id_fkey', 'FOREIGN KEY (org_id, contact_id) REFERENCES taskcrm.contact(org_id, id) ON DELETE CASCADE'),
    ('task_assignee', 'task_assignee_pkey', 'PRIMARY KEY (org_id, task_id, user_id)'),
    ('task_assignee', 'task_assignee_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_assignee', 'task_assignee_user_id_fkey', 'FOREIGN KEY (org_id, user_id) REFERENCES taskcrm.member(org_id, user_id) ON DELETE CASCADE'),
    ('task_team', 'task_team_pkey', 'PRIMARY KEY (org_id, task_id, team_id)'),
    ('task_team', 'task_team_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_team', 'task_team_team_id_fkey', 'FOREIGN KEY (org_id, team_id) REFERENCES taskcrm.team(org_id, id) ON DELETE CASCADE'),
    ('task_comment', 'task_comment_pkey', 'PRIMARY KEY (org_id, id)'),
    ('task_comment', 'task_comment_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_comment', 'task_comment_commented_by_fkey', 'FOREIGN KEY (commented_by) REFERENCES taskcrm.app_user(id)'),
    ('task_mention', 'task_mention_pkey', 'PRIMARY KEY (org_id, comment_id, user_id)'),
    ('task_mention', 'task_mention_comment_id_fkey', 'FOREIGN KEY (org_id, comment_id) REFERENCES taskcrm.task_comment(org_id, id) ON DELETE CASCADE'),
    ('task_mention', 'task_mention_user_id_fkey', 'FOREIGN KEY (org_id, user_id) REFERENCES taskcrm.member(org_id, user_id) ON DELETE CASCADE'),
    ('task_attachment', 'task_attachment_pkey', 'PRIMARY KEY (org_id, id)'),
    ('task_attachment', 'task_attachment_task_id_fkey', 'FOREIGN KEY (org_id, task_id) REFERENCES taskcrm.task(org_id, id) ON DELETE CASCADE'),
    ('task_attachment', 'task_attachment_created_by_fkey', 'FOREIGN KEY (created_by) REFERENCES taskcrm.app_user(id)'),
    ('task_attachment_content', 'task_attachment_content_pkey', 'PRIMARY KEY (org_id, attachment_id)'),
    ('task_attachment_content', 'task_attachment_content_attachment_id_fkey', 'FOREIGN KEY (org_id, attachment_id) REFERENCES taskcrm.task_attachment(org_id, id) ON DELETE CASCADE'),
    ('accepted_finding', 'accepted_finding_pkey', 'PRIMARY KEY (check_name, object)')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_keys() IS 'The keys of the tables that tc_install() creates.';

CREATE FUNCTION taskcrm_internal.found_keys(OUT tab name, OUT key name, OUT definition text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, n.conname, pg_get_constraintdef(n.oid)
  FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND n.contype IN ('p', 'u', 'f')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_keys() IS 'The keys that the tables have.';

-- former: the name of the key if somebody renamed it.
CREATE FUNCTION taskcrm_internal.differing_keys(OUT tab name, OUT key name, OUT definition text, OUT found_definition text,
    OUT former name) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.*, f.definition, CASE WHEN f.key IS NULL THEN (
    SELECT min(o.key::text)::name FROM taskcrm_internal.found_keys() o
    WHERE o.tab = w.tab AND o.definition = w.definition
      AND o.key NOT IN (SELECT k.key FROM taskcrm_internal.wanted_keys() k WHERE k.tab = w.tab)) END
  FROM taskcrm_internal.wanted_keys() w
  LEFT JOIN taskcrm_internal.found_keys() f ON f.tab = w.tab AND f.key = w.key
  WHERE w.tab IN (SELECT c.relname FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables()))
    AND f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.differing_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.differing_keys() IS 'Keys that are missing or changed.';

-- Makes one key as it is wanted.  former: the name that it has; current: the definition that
-- a key of its name has; both can be NULL.
CREATE PROCEDURE taskcrm_internal.install_key(tab name, key name, definition text, current text, former name)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  violating text;
BEGIN
  EXECUTE format('ALTER TABLE %s ', taskcrm_internal.qualified_name(tab)) || CASE
    WHEN former IS NOT NULL THEN format('RENAME CONSTRAINT %I TO %I', former, key)
    WHEN current = definition || ' NOT VALID' THEN format('VALIDATE CONSTRAINT %I', key)
    ELSE concat(CASE WHEN current IS NOT NULL THEN format('DROP CONSTRAINT %I, ', key) END,
                format('ADD CONSTRAINT %I %s', key, definition)) END;
EXCEPTION
  WHEN foreign_key_violation OR unique_violation OR not_null_violation THEN
    GET STACKED DIAGNOSTICS violating = PG_EXCEPTION_DETAIL;
    RAISE integrity_constraint_violation USING
      MESSAGE = format('rows of table "%s" violate constraint "%s"', tab, key),
      DETAIL = violating,
      HINT = format('The constraint is %s. Change or delete these rows, and run CALL taskcrm.tc_install() again.', definition);
  WHEN dependent_objects_still_exist THEN
    RAISE dependent_objects_still_exist USING
      MESSAGE = format('constraint "%s" of table "%s" was changed', key, tab),
      DETAIL = format('It is defined as "%s" and must be "%s". Other objects depend on it.', current, definition),
      HINT = format('Run ALTER TABLE %s DROP CONSTRAINT %I CASCADE, and then CALL taskcrm.tc_install() again.',
                    taskcrm_internal.qualified_name(tab), key);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_key(name, name, text, text, name) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_key(name, name, text, text, name) IS 'Creates or repairs a key.';

-- Primary keys first, because foreign keys refer to them.
CREATE PROCEDURE taskcrm_internal.install_keys()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT d.* FROM taskcrm_internal.differing_keys() d
    ORDER BY starts_with(d.definition, 'FOREIGN KEY'), d.tab, d.key
  LOOP
    CALL taskcrm_internal.install_key(r.tab, r.key, r.definition, r.found_definition, r.former);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_keys() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_keys() IS 'Adds missing keys, and repairs changed ones.';

-- Check constraints: the values that a column may have.  They apply to every writer,
-- including COPY and superusers, so that every function can rely on them.
--
-- A check calls functions and operators of pg_catalog and of this extension.  The server
-- stores it parsed, so no search_path changes its meaning.

-- The constraints that tc_install() creates and tc_doctor() checks.  They are written as
-- the server prints a constraint's definition, so that the two can be compared.
CREATE FUNCTION taskcrm_internal.wanted_checks(OUT tab name, OUT "check" name, OUT definition text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- Texts: maximum number of characters, and whether blank is allowed.
  WITH texts (tab, "column", longest, may_be_blank) AS (VALUES
    ('organization'::name, 'name'::name, 255, false),
    ('app_user', 'name', 255, true),
    ('account', 'name', 255, false),
    ('contact', 'first_name', 255, false),
    ('contact', 'last_name', 255, true),
    ('contact', 'email', 254, true),
    ('team', 'name', 255, false),
    ('task', 'title', 255, false),
    -- Every list shows it.  Without a limit, a few long ones would make all lists fail.
    -- The check is here because characters are counted only when the description changes.
    ('task_text', 'description', 100000, true),
    ('task_comment', 'comment', 10000, false),
    ('accepted_finding', 'object', 1000, false),
    ('accepted_finding', 'why', 1000, false)),
  -- Times: JSON has years of four digits, and no infinity.
  times (tab, "column") AS (VALUES
    ('installation'::name, 'installed_on'::name),
    ('organization', 'created_on'),
    ('jwt_key', 'created_on'),
    ('invitation', 'created_on'),
    ('invitation', 'expires_on'),
    ('invitation', 'accepted_on'),
    ('task', 'created_on'),
    ('task', 'updated_on'),
    ('task', 'completed_on'),
    ('task_contact', 'created_on'),
    ('task_assignee', 'created_on'),
    ('task_team', 'created_on'),
    ('task_comment', 'commented_on'),
    ('task_comment', 'edited_on'),
    ('task_attachment', 'created_on'),
    ('stored_answer', 'created_on'),
    ('accepted_finding', 'accepted_on')),
  -- RFC 9110: type/subtype; name=value; name="value"
  media (type) AS (SELECT replace(
    '^token/token([ \t]*;[ \t]*token=(token|"([] !#-[^-~]|\\[ -~])*"))*$', 'token', '[-!#$%&''*+.^_`|~0-9A-Za-z]+'))
  SELECT t.tab, (t.tab || '_' || t."column" || '_check')::name,
    format(CASE WHEN t.may_be_blank THEN 'CHECK ((char_length(%1$I) <= %2$s))'
                ELSE 'CHECK (((NOT taskcrm_internal.is_blank(%1$I)) AND (char_length(%1$I) <= %2$s)))' END,
           t."column", t.longest)
  FROM texts t
  UNION ALL
  SELECT t.tab, (t.tab || '_' || t."column" || '_check')::name,
    -- Without a constant of that type: the server parses the printed constant again when
    -- the column's type changes, which fails under some DateStyle and TimeZone settings.
    format('CHECK (((date_part(''year''::text, timezone(''UTC''::text, %1$I)) >= (1)::double precision)'
           ' AND (date_part(''year''::text, timezone(''UTC''::text, %1$I)) <= (9999)::double precision)))', t."column")
  FROM times t
  UNION ALL
  VALUES
    ('app_user'::name, 'app_user_email_check'::name,
     'CHECK (((POSITION((''@''::text) IN (email)) > 1) AND (char_length(email) <= 254)))'),
    ('organization', 'organization_external_id_check', 'CHECK (taskcrm_internal.is_external_id(external_id))'),
    ('app_user', 'app_user_external_id_check', 'CHECK (taskcrm_internal.is_external_id(external_id))'),
    ('invitation', 'invitation_email_check',
     'CHECK (((POSITION((''@''::text) IN (email)) > 1) AND (char_length(email) <= 254)))'),
    ('invitation', 'invitation_role_check', 'CHECK ((role = ANY (ARRAY[''admin''::text, ''member''::text])))'),
    ('invitation', 'invitation_token_hash_check', 'CHECK ((octet_length(token_hash) = 32))'),
    ('member', 'member_role_check', 'CHECK ((role = ANY (ARRAY[''admin''::text, ''member''::text])))'),
    -- As many bytes as 100,000 characters can have.  Each update of a task evaluates it,
    -- and the number of bytes is known without reading an out-of-line value.
    ('task', 'task_description_check', 'CHECK ((octet_length(description) <= 400000))'),
    ('task', 'task_due_date_check',
     'CHECK (((due_date >= ''0001-01-01''::date) AND (due_date <= ''9999-12-31''::date)))'),
    ('task', 'task_version_check', 'CHECK ((version > 0))'),
    -- Keeps sums in range.
    ('task_count', 'task_count_n_check',
     'CHECK (((n >= ''-1000000000000''::bigint) AND (n <= ''1000000000000''::bigint)))'),
    ('task_attachment', 'task_attachment_file_name_check', 'CHECK (taskcrm_internal.is_file_name(file_name))'),
    ('task_attachment', 'task_attachment_size_check', 'CHECK ((size >= 0))'),
    ('task_attachment', 'task_attachment_sha256_check', 'CHECK ((octet_length(sha256) = 32))'),
    ('task_attachment', 'task_attachment_url_check',
     'CHECK (((char_length(url) <= 2000) AND (url ~ ''^https?://[^\u0001-\u0020\u007f]+$''::text)))'),
    -- Either a stored file, which has a type, or a link.
    ('task_attachment', 'task_attachment_kept_or_url_check',
     'CHECK ((((url IS NULL) = (size IS NOT NULL)) AND ((size IS NULL) = (sha256 IS NULL))'
     ' AND ((size IS NULL) OR (content_type IS NOT NULL))))'),
    -- It is sent as it is, so it must be JSON.
    ('stored_answer', 'stored_answer_answer_check', 'CHECK ((json_typeof((answer)::json) = ANY (ARRAY[''object''::text, ''array''::text])))')
  UNION ALL
  SELECT 'task_attachment', 'task_attachment_content_type_check',
    format('CHECK (((char_length(content_type) <= 255) AND (content_type ~ ''%s''::text)))', replace(m.type, '''', ''''''))
  FROM media m
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_checks() IS 'The check constraints that tc_install() creates.';

-- The server's text form of a date depends on settings of the session.
CREATE FUNCTION taskcrm_internal.found_checks(OUT tab name, OUT "check" name, OUT definition text)
  RETURNS SETOF record
  LANGUAGE sql STABLE
  SET search_path = pg_catalog, pg_temp SET "DateStyle" = 'ISO' SET standard_conforming_strings = on AS $$
  SELECT c.relname, n.conname, pg_get_constraintdef(n.oid)
  FROM pg_constraint n JOIN pg_class c ON c.oid = n.conrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND n.contype = 'c'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_checks() IS 'The check constraints that the tables have.';

-- The checks that tc_install() has to add, with a clause of ALTER TABLE for each.
-- validates: the check is there, but was added without reading the rows of the table.
CREATE FUNCTION taskcrm_internal.pending_checks(OUT tab name, OUT "check" name, OUT definition text,
    OUT validates boolean, OUT clause text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w."check", w.definition, v.validates,
    CASE WHEN v.validates THEN format('VALIDATE CONSTRAINT %I', w."check")
         ELSE format('%sADD CONSTRAINT %I %s', CASE WHEN f."check" IS NOT NULL THEN format('DROP CONSTRAINT %I, ', w."check") END,
                     w."check", w.definition) END
  FROM taskcrm_internal.wanted_checks() w
  LEFT JOIN taskcrm_internal.found_checks() f ON f.tab = w.tab AND f."check" = w."check"
  CROSS JOIN LATERAL (SELECT f.definition IS NOT DISTINCT FROM w.definition || ' NOT VALID') AS v (validates)
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_checks() IS 'The check constraints that are missing, changed or not validated.';

-- Adds the checks that are missing or changed, all of a table with one statement, which
-- reads every row of it; or validates those that have not been, which blocks neither
-- readers nor writers.  A row that violates a check raises an error: functions must be
-- able to rely on it.
CREATE PROCEDURE taskcrm_internal.install_checks(validates boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp SET standard_conforming_strings = on AS $install$
DECLARE
  pending record;
  violated name;
  violating bigint;
  condition text;
BEGIN
  FOR pending IN
    SELECT p.tab, string_agg(p.clause, ', ' ORDER BY p."check") AS clauses
    FROM taskcrm_internal.pending_checks() p
    WHERE p.validates = install_checks.validates
    GROUP BY p.tab ORDER BY p.tab
  LOOP
    PERFORM taskcrm_internal.show_progress(format('adding or validating checks of %s', pending.tab));
    BEGIN
      EXECUTE format('ALTER TABLE %s %s', taskcrm_internal.qualified_name(pending.tab), pending.clauses);
    EXCEPTION WHEN check_violation THEN
      GET STACKED DIAGNOSTICS violated = CONSTRAINT_NAME;
      SELECT 'NOT ' || substr(w.definition, length('CHECK ') + 1) INTO condition
      FROM taskcrm_internal.wanted_checks() w WHERE w.tab = pending.tab AND w."check" = violated;
      EXECUTE format('SELECT count(*) FROM %s WHERE %s', taskcrm_internal.qualified_name(pending.tab), condition) INTO violating;
      RAISE check_violation USING
        MESSAGE = format('rows of table "%s" violate constraint "%s"', pending.tab, violated),
        DETAIL = format('The number of these rows is %s.', violating),
        HINT = format('Change the rows that SELECT * FROM %s WHERE %s returns, and run CALL taskcrm.tc_install() again.',
                      taskcrm_internal.qualified_name(pending.tab), condition);
    END;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_checks(boolean) FROM PUBLIC;

-- Indexes other than those of keys.

-- The indexes that tc_install() creates and tc_doctor() checks.  They are written as the
-- server prints an index's definition, so that the two can be compared.
CREATE FUNCTION taskcrm_internal.wanted_indexes(OUT tab name, OUT index name, OUT definition text)
  RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.tab, v.index, format('CREATE %s %I ON %s USING %s', CASE WHEN v.index LIKE '%\_key' THEN 'UNIQUE INDEX' ELSE 'INDEX' END,
    v.index, taskcrm_internal.qualified_name(v.tab), v.columns)
  FROM (VALUES
    -- Those that end with _key are unique.  Those of users contain all organizations; plans of
    -- clients never use them (statistics_hook.c).
    ('organization'::name, 'organization_external_id_key'::name, 'btree (external_id)'),
    ('app_user', 'app_user_email_key', 'btree (email)'),
    ('app_user', 'app_user_external_id_key', 'btree (external_id)'),
    -- The organizations of a user are looked up before an organization is known.  GIN can
    -- search by any of its columns, so org_id can be included.
    ('member', 'member_user_id_idx', 'gin (org_id taskcrm_internal.uuid_ops, user_id taskcrm_internal.uuid_ops) WITH (fastupdate=off)'),
    -- In the order of lists, and for their searches; see directory_kind.c.
    ('account', 'account_name_id_idx', 'btree (org_id, name COLLATE "C", id)'),
    ('account', 'account_search_idx',
     'gin (org_id taskcrm_internal.uuid_ops, name taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')'),
    ('contact', 'contact_account_id_idx', 'btree (org_id, account_id)'),
    ('contact', 'contact_name_idx', 'btree (org_id, first_name COLLATE "C", COALESCE(last_name, ''''::text) COLLATE "C", id)'),
    ('contact', 'contact_search_idx',
     'gin (org_id taskcrm_internal.uuid_ops, first_name taskcrm_internal.contains_ops, last_name taskcrm_internal.contains_ops, email taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')'),
    ('team_member', 'team_member_user_id_idx', 'btree (org_id, user_id)'),
    -- Each ends with the order of lists, so that one index scan applies the filter and
    -- the order.
    ('task', 'task_created_on_idx', 'btree (org_id, created_on, id)'),
    ('task', 'task_status_idx', 'btree (org_id, status, created_on, id)'),
    ('task', 'task_priority_idx', 'btree (org_id, priority, created_on, id)'),
    ('task', 'task_status_priority_idx', 'btree (org_id, status, priority, created_on, id)'),
    ('task', 'task_account_id_idx', 'btree (org_id, account_id, created_on, id)'),
    ('task', 'task_created_by_idx', 'btree (org_id, created_by, created_on, id)'),
    ('task', 'task_due_date_idx', 'btree (org_id, due_date, created_on, id)'),
    ('task', 'task_updated_on_idx', 'btree (org_id, updated_on, id)'),
    ('task', 'task_completed_on_idx', 'btree (org_id, completed_on, created_on, id)'),
    ('task', 'task_completed_by_idx', 'btree (org_id, completed_by, created_on, id) WHERE (completed_by IS NOT NULL)'),
    -- Overdue tasks are searched for among the open tasks, which are few.
    ('task', 'task_overdue_idx',
     'btree (org_id, due_date, created_on, id) WHERE (status <> ''Completed''::taskcrm.task_status)'),
    -- Every search reads the whole pending list, so it is smaller than the default.
    ('task', 'task_title_search_idx',
     'gin (org_id taskcrm_internal.uuid_ops, title taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')'),
    -- Not on task, where each update would write all its index entries again.
    ('task_text', 'task_text_search_idx',
     'gin (org_id taskcrm_internal.uuid_ops, description taskcrm_internal.contains_ops) WITH (gin_pending_list_limit=''256'')'),
    ('task_contact', 'task_contact_contact_id_idx', 'btree (org_id, contact_id, created_on DESC, task_id DESC)'),
    ('task_assignee', 'task_assignee_user_id_idx', 'btree (org_id, user_id, created_on DESC, task_id DESC)'),
    ('task_team', 'task_team_team_id_idx', 'btree (org_id, team_id, created_on DESC, task_id DESC)'),
    ('task_comment', 'task_comment_task_id_idx', 'btree (org_id, task_id, commented_on, id)'),
    ('task_mention', 'task_mention_user_id_idx', 'btree (org_id, user_id)'),
    ('task_attachment', 'task_attachment_task_id_idx', 'btree (org_id, task_id, created_on, id)'),
    ('invitation', 'invitation_expires_on_idx', 'btree (org_id, expires_on)'),
    ('stored_answer', 'stored_answer_created_on_idx', 'btree (org_id, created_on)'),
    ('task_count', 'task_count_idx', 'btree (org_id, status, priority) INCLUDE (n)')
  ) AS v (tab, index, columns)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_indexes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_indexes() IS 'The indexes that tc_install() creates.';

-- The index that rejects a second user whose email differs only in case.  If there are
-- such users already, all but the oldest are excluded by name, so that they remain but no
-- more can be added.
CREATE FUNCTION taskcrm_internal.email_index() RETURNS text
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  left_out text;
BEGIN
  SELECT string_agg(quote_literal(u.email), ', ' ORDER BY u.email) INTO left_out
  FROM (SELECT a.email, row_number() OVER (PARTITION BY taskcrm_internal.folded(a.email) ORDER BY a.id) AS n
        FROM taskcrm.app_user a) u
  WHERE u.n > 1;
  RETURN 'CREATE UNIQUE INDEX app_user_folded_email_key ON taskcrm.app_user (taskcrm_internal.folded(email))'
    || coalesce(' WHERE email NOT IN (' || left_out || ')', '');
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.email_index() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.email_index() IS 'The definition of the unique index of emails.';

-- The indexes that tc_install() has to create.  leftover: an invalid index has the name,
-- as a canceled CREATE INDEX CONCURRENTLY leaves it; is_built: another session is building
-- it.
CREATE FUNCTION taskcrm_internal.pending_indexes(OUT tab name, OUT index name, OUT definition text,
    OUT leftover boolean, OUT is_built boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH wanted (tab, index, definition) AS (
    SELECT w.tab, w.index, w.definition FROM taskcrm_internal.wanted_indexes() w
    UNION ALL
    VALUES ('app_user', 'app_user_folded_email_key', NULL))
  SELECT w.tab, w.index, coalesce(w.definition, taskcrm_internal.email_index()), i.indexrelid IS NOT NULL,
    EXISTS (SELECT FROM pg_stat_progress_create_index p WHERE p.index_relid = i.indexrelid)
  FROM wanted w
  CROSS JOIN LATERAL (SELECT to_regclass(taskcrm_internal.qualified_name(w.tab)),
                             to_regclass(format('%I.%I', taskcrm_internal.table_schema(w.tab), w.index))) AS f (tab, index)
  LEFT JOIN pg_index i ON i.indexrelid = f.index AND i.indrelid = f.tab AND NOT (i.indisvalid AND i.indisready AND i.indislive)
  WHERE f.tab IS NOT NULL AND (f.index IS NULL OR i.indexrelid IS NOT NULL)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_indexes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_indexes() IS 'The indexes that are missing or invalid.';

-- CREATE INDEX blocks writers of the table.  tc_pending_ddl() has statements that do not.
CREATE PROCEDURE taskcrm_internal.install_indexes()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  -- A table of this size takes long enough that somebody waits and wonders.
  large CONSTANT bigint := 64 * 1024 * 1024;
  pending record;
BEGIN
  -- Earlier versions searched descriptions in task itself.
  IF EXISTS (SELECT FROM pg_index i WHERE i.indrelid = 'taskcrm.task'::regclass
             AND i.indexrelid = to_regclass('taskcrm.task_description_search_idx')) THEN
    DROP INDEX taskcrm.task_description_search_idx;
  END IF;
  FOR pending IN SELECT p.* FROM taskcrm_internal.pending_indexes() p LOOP
    IF pending.is_built THEN
      RAISE NOTICE 'index "%" is being created by another session', pending.index;
      CONTINUE;
    END IF;
    IF pg_relation_size(taskcrm_internal.qualified_name(pending.tab)::regclass) >= large THEN
      RAISE NOTICE 'creating index "%" on table "%"', pending.index, pending.tab;
    END IF;
    PERFORM taskcrm_internal.show_progress(format('creating index %s', pending.index));
    IF pending.leftover THEN
      EXECUTE format('DROP INDEX %I.%I', taskcrm_internal.table_schema(pending.tab), pending.index);
    END IF;
    EXECUTE pending.definition;
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_indexes() FROM PUBLIC;

-- Row-level security.
--
-- For each command a table has one PERMISSIVE policy that contains every rule: the
-- organization of the row, and who may write it.  The RESTRICTIVE policies repeat the
-- rules.  They make an additional permissive policy, which is OR-ed, harmless.  Nothing
-- else depends on them, because Citus makes them permissive on its shards.

-- A policy as text, in the same form for the wanted and the existing one.  command: as in
-- pg_policy; roles: a list; using_row, check_row: expressions as the server prints them,
-- or NULL.
CREATE FUNCTION taskcrm_internal.policy_clauses(permissive boolean, command "char", roles text,
    using_row text, check_row text) RETURNS text
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT concat_ws(' ',
    'AS', CASE WHEN permissive THEN 'PERMISSIVE' ELSE 'RESTRICTIVE' END,
    'FOR', CASE command WHEN 'r' THEN 'SELECT' WHEN 'a' THEN 'INSERT' WHEN 'w' THEN 'UPDATE'
                        WHEN 'd' THEN 'DELETE' ELSE 'ALL' END,
    'TO', roles, 'USING (' || using_row || ')', 'WITH CHECK (' || check_row || ')')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.policy_clauses(boolean, "char", text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.policy_clauses(boolean, "char", text, text, text) IS
  'The clauses of CREATE POLICY.';

-- The policies that tc_install() creates and tc_doctor() checks.
CREATE FUNCTION taskcrm_internal.wanted_policies(OUT tab name, OUT policy name, OUT clauses text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  -- Expressions are written as the server prints them, so that they can be compared.
  WITH command (command, policy, has_using, has_check) AS (
    VALUES
      ('r'::"char", 'tenant_select'::name, true, false),
      ('a', 'tenant_insert', false, true),
      ('w', 'tenant_update', true, true),
      ('d', 'tenant_delete', true, false)),
  -- The condition that a row belongs to the selected organization.  guard is checked
  -- before the conditions of the caller (see tenant_guard.c); indexes use row.
  -- commands: those that are allowed, of r, a, w and d.
  tenant (tab, guard, "row", commands) AS (
    VALUES
      ('organization'::name, 'taskcrm_internal.is_current_org(id)', '(id = taskcrm.tc_current_org())', 'rw'),
      ('app_user', 'taskcrm_internal.is_colleague(id)', NULL, 'r')
    UNION ALL
    SELECT c.relname, 'taskcrm_internal.is_current_org(org_id)', '(org_id = taskcrm.tc_current_org())', 'rawd'
    FROM pg_class c
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())),
  admin AS (SELECT '(taskcrm.tc_current_role() = ''admin''::text)'::text AS "row"),
  -- A row is inserted in the caller's own name, and deleted (and, if only authors edit,
  -- updated) by its author or an admin.
  author AS (
    SELECT r.tab, r.writer = 'author' AS updates, format('(%I = taskcrm.tc_current_user())', r.author) AS "row"
    FROM taskcrm_internal.table_registry() r
    WHERE r.writer IN ('author', 'creator')),
  -- The additional condition for writing, besides being a member.
  rule (tab, command, policy, "row") AS (
    SELECT t.tab, r.command, r.policy, admin."row"
    FROM taskcrm_internal.table_registry() t
    CROSS JOIN admin
    CROSS JOIN (VALUES ('a'::"char", 'admin_inserts'::name), ('w', 'admin_updates'), ('d', 'admin_deletes'))
      AS r (command, policy)
    WHERE t.writer = 'admin' AND (t.tab <> 'organization' OR r.command = 'w')
    UNION ALL
    SELECT author.tab, r.command, r.policy,
      CASE r.command WHEN 'a' THEN author."row" ELSE format('(%s OR %s)', author."row", admin."row") END
    FROM author
    CROSS JOIN admin
    CROSS JOIN (VALUES ('a'::"char", 'author_inserts'::name), ('w', 'author_updates'), ('d', 'author_deletes'))
      AS r (command, policy)
    WHERE r.command <> 'w' OR author.updates),
  wanted (tab, policy, permissive, command, has_using, has_check, "row") AS (
    SELECT t.tab, c.policy, true, c.command, c.has_using, c.has_check,
      CASE WHEN cardinality(e.terms) = 1 THEN e.terms[1] ELSE format('(%s)', array_to_string(e.terms, ' AND ')) END
    FROM tenant t
    JOIN command c ON strpos(t.commands, c.command::text) > 0
    LEFT JOIN rule r ON r.tab = t.tab AND r.command = c.command
    CROSS JOIN LATERAL (SELECT array_remove(ARRAY[t.guard, t."row", r."row"], NULL)) AS e (terms)
    UNION ALL
    SELECT t.tab, 'tenant_guard', false, '*', true, true, t.guard FROM tenant t
    UNION ALL
    -- Tables that no client reads.
    SELECT c.relname, 'tenant_guard', false, '*', true, true, 'false'
    FROM pg_class c
    JOIN taskcrm_internal.table_registry() r ON r.tab = c.relname
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND r.writer IS NULL AND NOT r.readable
    UNION ALL
    SELECT r.tab, r.policy, false, r.command, r.command <> 'a', r.command <> 'd', r."row" FROM rule r)
  SELECT w.tab, w.policy,
    taskcrm_internal.policy_clauses(w.permissive, w.command, 'PUBLIC',
      CASE WHEN w.has_using THEN w."row" END, CASE WHEN w.has_check THEN w."row" END)
  FROM wanted w
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_policies() IS 'The policies that tc_install() creates.';

-- The search_path has none of the extension's schemas, so the server prints every name
-- with its schema.
CREATE FUNCTION taskcrm_internal.found_policies(OUT tab name, OUT policy name, OUT clauses text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, p.polname,
    taskcrm_internal.policy_clauses(p.polpermissive, p.polcmd,
      (SELECT string_agg(CASE WHEN r.role = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(r.role)) END, ', ')
       FROM unnest(p.polroles) AS r (role)),
      pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid))
  FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_policies() IS 'The policies that the tables have.';

-- Policies created by tc_install() before each command had its own.  A changed policy, or
-- one that somebody else created under such a name, is not among them.
CREATE FUNCTION taskcrm_internal.former_policies(OUT tab name, OUT policy name) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT f.tab, f.policy
  FROM taskcrm_internal.found_policies() f
  WHERE (f.policy, f.clauses) IN (VALUES
    ('tenant'::name, 'AS PERMISSIVE FOR ALL TO PUBLIC USING ((org_id = taskcrm.tc_current_org()))'
     ' WITH CHECK ((org_id = taskcrm.tc_current_org()))'),
    ('tenant', 'AS PERMISSIVE FOR SELECT TO PUBLIC USING ((id = taskcrm.tc_current_org()))'),
    ('tenant_first', 'AS RESTRICTIVE FOR ALL TO PUBLIC USING (taskcrm_internal.is_current_org(org_id)) WITH CHECK (true)'),
    ('tenant_first', 'AS RESTRICTIVE FOR SELECT TO PUBLIC USING (taskcrm_internal.is_current_org(id))'),
    ('colleague', 'AS PERMISSIVE FOR SELECT TO PUBLIC USING (taskcrm_internal.is_colleague(id))'))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.former_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.former_policies() IS 'Policies that earlier versions of tc_install() created.';

-- Tables whose policies do not bind everybody.  FORCE, because the API functions run as
-- the owner of the tables.
CREATE FUNCTION taskcrm_internal.unforced_tables(OUT tab name, OUT relation regclass) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, c.oid FROM pg_class c
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.unforced_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.unforced_tables() IS 'Tables without ENABLE or FORCE ROW LEVEL SECURITY.';

-- The policies that tc_install() has to create.  is_there: in place of one that differs.
CREATE FUNCTION taskcrm_internal.pending_policies(OUT tab name, OUT policy name, OUT clauses text, OUT is_there boolean)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w.policy, w.clauses, f.policy IS NOT NULL
  FROM taskcrm_internal.wanted_policies() w
  LEFT JOIN taskcrm_internal.found_policies() f ON f.tab = w.tab AND f.policy = w.policy
  WHERE f.clauses IS DISTINCT FROM w.clauses
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_policies() IS 'The policies that are missing or changed.';

CREATE PROCEDURE taskcrm_internal.install_policies()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  pending record;
BEGIN
  FOR pending IN SELECT u.* FROM taskcrm_internal.unforced_tables() u LOOP
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', pending.relation);
  END LOOP;

  FOR pending IN SELECT p.* FROM taskcrm_internal.pending_policies() p LOOP
    IF pending.is_there THEN
      EXECUTE format('DROP POLICY %I ON %s', pending.policy, taskcrm_internal.qualified_name(pending.tab));
    END IF;
    EXECUTE format('CREATE POLICY %I ON %s %s', pending.policy, taskcrm_internal.qualified_name(pending.tab), pending.clauses);
  END LOOP;
  FOR pending IN SELECT f.* FROM taskcrm_internal.former_policies() f LOOP
    EXECUTE format('DROP POLICY %I ON %s', pending.policy, taskcrm_internal.qualified_name(pending.tab));
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_policies() FROM PUBLIC;

-- Column statistics for ANALYZE.  They are for the statements of the API and for
-- administrators; plans of clients do not use them (src/db/statistics_hook.c).

-- The minimum statistics targets that tc_install() sets and tc_doctor() checks.  The
-- titles in the statistics show whether a term is common or rare.
CREATE FUNCTION taskcrm_internal.wanted_statistics(OUT tab name, OUT "column" name, OUT target integer) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES ('task'::name, 'title'::name, 500)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_statistics() IS 'Columns with a higher statistics target than the default.';

-- Columns whose statistics target differs, and those without statistics.
CREATE FUNCTION taskcrm_internal.found_statistics(OUT tab name, OUT "column" name, OUT target integer, OUT wanted integer)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, a.attname, t.target, coalesce(w.target, -1)
  FROM pg_class c
  JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN LATERAL (SELECT coalesce(a.attstattarget, -1)::integer) AS t (target)
  LEFT JOIN taskcrm_internal.wanted_statistics() w ON w.tab = c.relname AND w."column" = a.attname
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND (t.target = 0 OR t.target < w.target)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_statistics() IS
  'Columns with a lower statistics target than wanted.';

CREATE PROCEDURE taskcrm_internal.install_statistics()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN SELECT f.* FROM taskcrm_internal.found_statistics() f LOOP
    EXECUTE format('ALTER TABLE %s ALTER COLUMN %I SET STATISTICS %s', taskcrm_internal.qualified_name(r.tab), r."column", r.wanted);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_statistics() FROM PUBLIC;

-- Comments on tables and columns.  They are the descriptions in doc/tables.md, in clients
-- such as pgAdmin, and in the OpenAPI document of PostgREST.

-- Those without a column are on the table.
CREATE FUNCTION taskcrm_internal.wanted_comments(OUT tab name, OUT "column" name, OUT comment text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('installation'::name, NULL::name, 'The version of the tables, as set by tc_install().'),
    ('installation', 'version', 'The version of the extension.'),
    ('installation', 'installed_on', 'When tc_install() brought the tables to this version.'),
    ('exposed_column', NULL, 'The columns that tc_expose_column() made keys of the API.'),
    ('exposed_column', 'table_name', 'The table.'),
    ('exposed_column', 'column_name', 'The column, which an administrator added to the table.'),
    ('exposed_column', 'writable', 'Whether the API accepts values for it.'),
    ('organization', NULL, 'An organization: the tenant that everything else belongs to.'),
    ('organization', 'id', 'The value of org_id in all other tables.'),
    ('organization', 'name', 'The name of the organization.'),
    ('organization', 'created_on', 'When the organization was created.'),
    ('organization', 'external_id', 'The id that the identity provider has for the organization, which tokens can contain as org_id.'),
    ('app_user', NULL, 'A person, who may be a member of several organizations.'),
    ('app_user', 'id', 'The id of the user, which tokens can contain as sub.'),
    ('app_user', 'email', 'The email address; unique, whatever its case. Its part before @ is the handle in mentions.'),
    ('app_user', 'name', 'The name that is shown.'),
    ('app_user', 'is_active', 'A user who is not active has no access.'),
    ('app_user', 'external_id', 'The id that the identity provider has for the user, which tokens can contain as sub.'),
    ('login', NULL, 'Login roles that are linked to a user. A row is valid while both name and OID match a role.'),
    ('login', 'role_name', 'The name of the login role.'),
    ('login', 'role_oid', 'The OID that the role had when it was linked.'),
    ('login', 'user_id', 'The user that sessions of the role act for.'),
    ('gateway', NULL, 'Login roles that are trusted to specify the user. A row is valid while both name and OID match a role.'),
    ('gateway', 'role_name', 'The name of the login role.'),
    ('gateway', 'role_oid', 'The OID that the role had when it was trusted.'),
    ('jwt_key', NULL, 'Keys that tokens are verified with. No client may read it.'),
    ('jwt_key', 'kid', 'The name of the key, which tokens can contain as kid.'),
    ('jwt_key', 'id', 'Differs for every key, even if a kid is used again.'),
    ('jwt_key', 'alg', 'The algorithm: HS256, RS256, ES256 or EdDSA.'),
    ('jwt_key', 'key', 'The secret for HS256; for other algorithms, the SubjectPublicKeyInfo in DER format.'),
    ('jwt_key', 'issuer', 'The iss that tokens must have; NULL for any.'),
    ('jwt_key', 'audience', 'The aud that tokens must have; NULL for any.'),
    ('jwt_key', 'created_on', 'When the key was added.'),
    ('jwt_key', 'subject_prefix', 'What is put before the sub of tokens to make an external id; NULL for nothing.'),
    ('member', NULL, 'The members of an organization and their roles.'),
    ('member', 'org_id', 'The organization.'),
    ('member', 'user_id', 'The user who is a member of it.'),
    ('member', 'role', 'The role in the organization: admin or member.'),
    ('member', 'is_active', 'A member who is not active has no access; the member''s comments, tasks and assignments remain.'),
    ('stored_answer', NULL, 'Answers to calls with an idempotency key, kept for 24 hours.'),
    ('stored_answer', 'org_id', 'The organization in which the call was made.'),
    ('stored_answer', 'user_id', 'The user who made the call.'),
    ('stored_answer', 'key', 'The idempotency key.'),
    ('stored_answer', 'request', 'The SHA-256 hash of the request.'),
    ('stored_answer', 'answer', 'The answer as JSON; NULL while the call is running.'),
    ('stored_answer', 'created_on', 'When the answer was stored; it expires after 24 hours.'),
    ('account', NULL, 'A company that the organization does business with.'),
    ('account', 'org_id', 'The organization that the account belongs to.'),
    ('account', 'id', 'The id of the account.'),
    ('account', 'name', 'The name of the company.'),
    ('contact', NULL, 'A person outside the organization.'),
    ('contact', 'org_id', 'The organization that the contact belongs to.'),
    ('contact', 'id', 'The id of the contact.'),
    ('contact', 'first_name', 'The first name, or the whole name.'),
    ('contact', 'last_name', 'The last name.'),
    ('contact', 'email', 'The email address.'),
    ('contact', 'account_id', 'The account that the contact works for.'),
    ('team', NULL, 'A group of members that tasks can be assigned to.'),
    ('team', 'org_id', 'The organization that the team belongs to.'),
    ('team', 'id', 'The id of the team.'),
    ('team', 'name', 'The name of the team.'),
    ('team_member', NULL, 'The members of the teams.'),
    ('team_member', 'org_id', 'The organization that the team belongs to.'),
    ('team_member', 'team_id', 'The team.'),
    ('team_member', 'user_id', 'The member who is in the team.'),
    ('task', NULL, 'A task of an organization.'),
    ('task', 'org_id', 'The organization that the task belongs to.'),
    ('task', 'id', 'The id of the task.'),
    ('task', 'title', 'The title of the task.'),
    ('task', 'description', 'The description of the task.'),
    ('task', 'status', 'The status of the task.'),
    ('task', 'priority', 'The priority of the task.'),
    ('task', 'due_date', 'The last day on which the task is not overdue.'),
    ('task', 'account_id', 'The account that the task is about.'),
    ('task', 'created_on', 'When the task was created.'),
    ('task', 'created_by', 'The user who created the task; NULL if it was imported without one.'),
    ('task', 'updated_on', 'When the task or its links were last changed.'),
    ('task', 'completed_on', 'When the task was completed; NULL while it is open.'),
    ('task', 'completed_by', 'The user who completed the task; NULL while it is open, or if no user did.'),
    ('task', 'version', 'The version of the task: 1 when it is created, incremented by each change.'),
    ('task_contact', NULL, 'The contacts that a task is about.'),
    ('task_contact', 'org_id', 'The organization that the task belongs to.'),
    ('task_contact', 'task_id', 'The task.'),
    ('task_contact', 'contact_id', 'A contact that it is about.'),
    ('task_contact', 'created_on', 'A copy of created_on of the task, for ordering.'),
    ('task_assignee', NULL, 'The members that a task is assigned to.'),
    ('task_assignee', 'org_id', 'The organization that the task belongs to.'),
    ('task_assignee', 'task_id', 'The task.'),
    ('task_assignee', 'user_id', 'A member that it is assigned to.'),
    ('task_assignee', 'created_on', 'A copy of created_on of the task, for ordering.'),
    ('task_team', NULL, 'The teams that a task is assigned to.'),
    ('task_team', 'org_id', 'The organization that the task belongs to.'),
    ('task_team', 'task_id', 'The task.'),
    ('task_team', 'team_id', 'A team that it is assigned to.'),
    ('task_team', 'created_on', 'A copy of created_on of the task, for ordering.'),
    ('task_comment', NULL, 'A comment on a task.'),
    ('task_comment', 'org_id', 'The organization that the task belongs to.'),
    ('task_comment', 'id', 'The id of the comment.'),
    ('task_comment', 'task_id', 'The task that the comment is on.'),
    ('task_comment', 'comment', 'The text.'),
    ('task_comment', 'commented_on', 'When the comment was written.'),
    ('task_comment', 'commented_by', 'The user who wrote the comment; NULL if it was imported without one.'),
    ('task_comment', 'edited_on', 'When the comment was last edited; NULL if never.'),
    ('task_mention', NULL, 'The users who are @mentioned in a comment.'),
    ('task_mention', 'org_id', 'The organization that the comment belongs to.'),
    ('task_mention', 'comment_id', 'The comment.'),
    ('task_mention', 'user_id', 'A member that it mentions.'),
    ('task_attachment', NULL, 'A file that is attached to a task, or a link to a file.'),
    ('task_attachment', 'org_id', 'The organization that the task belongs to.'),
    ('task_attachment', 'id', 'The id of the attachment.'),
    ('task_attachment', 'task_id', 'The task that the file is attached to.'),
    ('task_attachment', 'file_name', 'The name of the file.'),
    ('task_attachment', 'content_type', 'The media type, such as application/pdf.'),
    ('task_attachment', 'size', 'The size of the content in bytes; NULL for a link.'),
    ('task_attachment', 'sha256', 'SHA-256 of the content; NULL for a link.'),
    ('task_attachment', 'url', 'The address of a link; NULL for a file that is stored here.'),
    ('task_attachment', 'created_on', 'When the file was attached.'),
    ('task_attachment', 'created_by', 'The user who attached the file; NULL if it was imported without one.'),
    ('task_attachment_content', NULL, 'The content of attachments, in a table of its own so that lists do not read it.'),
    ('task_attachment_content', 'org_id', 'The organization that the attachment belongs to.'),
    ('task_attachment_content', 'attachment_id', 'The attachment.'),
    ('task_attachment_content', 'content', 'The bytes of the file.'),
    ('invitation', NULL, 'Invitations to organizations, until they expire. No client may read it.'),
    ('invitation', 'org_id', 'The organization that it invites to.'),
    ('invitation', 'id', 'The id of the invitation.'),
    ('invitation', 'email', 'The email address of the user who may accept it; NULL for whoever has the token.'),
    ('invitation', 'role', 'The role that the user gets: admin or member.'),
    ('invitation', 'token_hash', 'The SHA-256 hash of the token, which is not stored.'),
    ('invitation', 'created_on', 'When the invitation was created.'),
    ('invitation', 'created_by', 'The admin who created it.'),
    ('invitation', 'expires_on', 'From when on it cannot be accepted; it is deleted some time later.'),
    ('invitation', 'accepted_on', 'When it was accepted; NULL if it was not.'),
    ('invitation', 'accepted_by', 'The user who accepted it.'),
    ('task_text', NULL, 'A copy of each description that is not empty, for searching. No client may read it.'),
    ('task_text', 'org_id', 'The organization that the task belongs to.'),
    ('task_text', 'task_id', 'The task.'),
    ('task_text', 'description', 'The description of the task.'),
    ('accepted_finding', NULL, 'Findings of tc_doctor() that an administrator has accepted, so that it no longer reports them.'),
    ('accepted_finding', 'check_name', 'The check, as tc_doctor() names it.'),
    ('accepted_finding', 'object', 'The text of the finding, or its beginning.'),
    ('accepted_finding', 'why', 'Why it was accepted.'),
    ('accepted_finding', 'accepted_by', 'The role that accepted it.'),
    ('accepted_finding', 'accepted_on', 'When it was accepted.'),
    ('task_count', NULL, 'Changes to the number of tasks, by statement. The sum for an organization is its number of tasks.'),
    ('task_count', 'org_id', 'The organization whose tasks are counted.'),
    ('task_count', 'status', 'The status of these tasks.'),
    ('task_count', 'priority', 'The priority of these tasks.'),
    ('task_count', 'n', 'How many tasks were added; negative if tasks were removed.')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_comments() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_comments() IS 'Comments on tables and columns.';

-- Adds the comments that are missing; an administrator may have written other ones.
CREATE PROCEDURE taskcrm_internal.install_comments()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT w.*, a.attname FROM taskcrm_internal.wanted_comments() w
    JOIN pg_class c ON c.relname = w.tab AND c.oid IN (SELECT taskcrm_internal.found_tables())
    LEFT JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column" AND a.attnum > 0
    WHERE CASE WHEN w."column" IS NULL THEN obj_description(c.oid, 'pg_class') ELSE col_description(c.oid, a.attnum) END IS NULL
  LOOP
    EXECUTE format('COMMENT ON %s %s IS %L', CASE WHEN r."column" IS NULL THEN 'TABLE' ELSE 'COLUMN' END,
                   concat_ws('.', taskcrm_internal.qualified_name(r.tab), quote_ident(r."column")), r.comment);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_comments() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_comments() IS 'Adds missing comments on tables and columns.';

-- Triggers.  They apply to direct DML as well as to the API functions.

-- The triggers that tc_install() creates and tc_doctor() checks.  moment and action are
-- written as the server prints a trigger's definition, so that the two can be compared.
-- state: O for an ordinary trigger, A for ENABLE ALWAYS.
CREATE FUNCTION taskcrm_internal.wanted_triggers(OUT tab name, OUT trigger name, OUT definition text,
    OUT state "char") RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH wanted (tab, trigger, moment, action, state) AS (
    -- The triggers name their columns, so that an UPDATE of other columns does not fire
    -- them.
    SELECT r.tab, 'refuse_change'::name, 'BEFORE UPDATE OF ' || array_to_string(r.fixed, ', '),
      format('FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.refuse_change(''%s'')',
             array_to_string(r.fixed, ''', ''')), 'O'::"char"
    FROM taskcrm_internal.table_registry() r
    WHERE r.fixed IS NOT NULL
    UNION ALL
    -- Its name sorts before touch.  created: columns that a client may send in a new row but
    -- not choose; updated: those that change later.  Policies check org_id and the author.
    SELECT r.tab, 'refuse_server_value', 'BEFORE INSERT OR UPDATE OF ' || array_to_string(c.updated, ', '),
      format('FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.refuse_server_value(''%s'')',
             array_to_string(c.created || c.updated, ''', ''')), 'O'
    FROM taskcrm_internal.table_registry() r
    CROSS JOIN LATERAL (
      SELECT array_agg(k.col ORDER BY k.place) FILTER (WHERE k.col = ANY (r.fixed) AND k.col <> r.author
               AND k.col NOT IN ('org_id', 'id')),
             array_agg(k.col ORDER BY k.place) FILTER (WHERE k.col = ANY (r.changing))
      FROM unnest(r.returned) WITH ORDINALITY AS k (col, place)
      WHERE k.col <> ALL (r.insertable)) AS c (created, updated)
    WHERE c.updated IS NOT NULL
    UNION ALL
    -- Its name sorts before active and created_on: it removes a created_on that is right, so
    -- that they do not take the link for one of a bulk load.
    SELECT t.tab, 'accept_created_on', 'BEFORE INSERT',
      'FOR EACH ROW WHEN ((new.created_on IS NOT NULL)) EXECUTE FUNCTION taskcrm_internal.refuse_server_value(''created_on'')', 'O'
    FROM unnest('{task_contact,task_assignee,task_team}'::name[]) AS t (tab)
    UNION ALL
    SELECT t.tab, 'created_on', 'BEFORE INSERT',
      'FOR EACH ROW WHEN ((new.created_on IS NULL)) EXECUTE FUNCTION taskcrm_internal.link_created_on()', 'O'
    FROM unnest('{task_contact,task_assignee,task_team}'::name[]) AS t (tab)
    UNION ALL
    -- Not ALWAYS: a subscriber receives the version of the task from the publisher.
    SELECT t.tab, 'changed', 'AFTER INSERT OR DELETE OR UPDATE',
      format('FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.link_changed(%L)', t.target), 'O'
    FROM (VALUES ('task_contact'::name, 'contact_id'), ('task_assignee', 'user_id'), ('task_team', 'team_id'))
      AS t (tab, target)
    UNION ALL
    -- FOR EACH ROW and ALWAYS: logical replication fires no other triggers on a
    -- subscriber, whose sessions must be notified of a revocation too. The names of
    -- users and organizations do not matter.
    SELECT t.tab, v.trigger, v.moment,
      format('FOR EACH %s EXECUTE FUNCTION taskcrm_internal.identity_changed(%s)', v.level, t.columns), 'A'
    FROM (VALUES
      ('member'::name, ''), ('app_user', '''id'', ''email'', ''is_active'', ''external_id'''),
      ('organization', '''id'', ''external_id'''), ('login', ''), ('gateway', ''),
      ('jwt_key', '')) AS t (tab, columns)
    CROSS JOIN (VALUES
      ('identity_changed'::name, 'AFTER INSERT OR DELETE OR UPDATE', 'ROW'),
      ('identity_emptied', 'AFTER TRUNCATE', 'STATEMENT')) AS v (trigger, moment, level)
    UNION ALL
    -- ALWAYS, as above.
    SELECT 'exposed_column', v.trigger, v.moment,
      format('FOR EACH %s EXECUTE FUNCTION taskcrm_internal.exposed_changed()', v.level), 'A'
    FROM (VALUES
      ('exposed_changed'::name, 'AFTER INSERT OR DELETE OR UPDATE', 'ROW'),
      ('exposed_emptied', 'AFTER TRUNCATE', 'STATEMENT')) AS v (trigger, moment, level)
    UNION ALL
    VALUES
      -- Its name sorts before created_on, so it fires only if created_on is not given.
      -- The API functions give it, having checked the assignee already, and so do bulk
      -- loads.
      ('task_assignee'::name, 'active'::name, 'BEFORE INSERT',
       'FOR EACH ROW WHEN ((new.created_on IS NULL)) EXECUTE FUNCTION taskcrm_internal.assignee_active()',
       'O'::"char"),
      -- Its name sorts after refuse_server_value.
      ('task', 'touch_completed', 'BEFORE INSERT',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_completed()', 'O'),
      -- Its name sorts after refuse_change.
      ('task_assignee', 'user_active', 'BEFORE UPDATE OF user_id',
       'FOR EACH ROW WHEN ((old.user_id IS DISTINCT FROM new.user_id))'
       ' EXECUTE FUNCTION taskcrm_internal.assignee_active()', 'O'),
      ('task', 'touch', 'BEFORE UPDATE',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_touch()', 'O'),
      ('task', 'described', 'AFTER INSERT OR UPDATE',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_described()', 'O'),
      ('task_text', 'replaced', 'BEFORE INSERT',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.task_text_replaced()', 'O'),
      ('member', 'keep_admin', 'AFTER DELETE OR UPDATE',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.keep_admin()', 'O'),
      ('task_comment', 'touch', 'BEFORE UPDATE OF comment',
       'FOR EACH ROW WHEN ((old.comment IS DISTINCT FROM new.comment))'
       ' EXECUTE FUNCTION taskcrm_internal.comment_touch()', 'O'),
      -- Not for a load of old comments, which gives their times, and loads their mentions
      -- as rows.
      ('task_comment', 'mentions', 'AFTER INSERT',
       'FOR EACH ROW WHEN ((new.commented_on = now())) EXECUTE FUNCTION taskcrm_internal.comment_mentions()', 'O'),
      ('task_comment', 'mentions_edited', 'AFTER UPDATE OF comment',
       'FOR EACH ROW EXECUTE FUNCTION taskcrm_internal.comment_mentions()', 'O')
    UNION ALL
    SELECT 'task', v.trigger, v.moment,
      concat_ws(' ', 'REFERENCING ' || v.tables, 'FOR EACH STATEMENT EXECUTE FUNCTION taskcrm_internal.task_counted()'), 'O'
    FROM (VALUES
      ('counted_insert'::name, 'AFTER INSERT', 'NEW TABLE AS new_tasks'),
      ('counted_update', 'AFTER UPDATE', 'OLD TABLE AS old_tasks NEW TABLE AS new_tasks'),
      ('counted_delete', 'AFTER DELETE', 'OLD TABLE AS old_tasks'),
      ('counted_truncate', 'AFTER TRUNCATE', NULL)) AS v (trigger, moment, tables))
  SELECT w.tab, w.trigger,
    format('CREATE TRIGGER %I %s ON %s %s', w.trigger, w.moment, taskcrm_internal.qualified_name(w.tab), w.action), w.state
  FROM wanted w
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_triggers() IS 'The triggers that tc_install() creates.';

-- Excludes the triggers of foreign keys.  The search_path has none of the extension's
-- schemas, so the server prints every name with its schema.
CREATE FUNCTION taskcrm_internal.found_triggers(OUT tab name, OUT trigger name, OUT definition text,
    OUT state "char") RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, t.tgname, pg_get_triggerdef(t.oid), t.tgenabled
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND NOT t.tgisinternal
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_triggers() IS 'The triggers that the tables have.';

-- Triggers of foreign keys that ALTER TABLE ... DISABLE TRIGGER ALL has disabled.
CREATE FUNCTION taskcrm_internal.disabled_key_triggers(OUT tab name, OUT trigger name, OUT constraint_oid oid)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, t.tgname, t.tgconstraint
  FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND t.tgisinternal AND t.tgconstraint <> 0 AND t.tgenabled <> 'O'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.disabled_key_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.disabled_key_triggers() IS 'Triggers of foreign keys that are not enabled.';

-- The triggers that tc_install() has to create.  is_there: in place of one that differs.
CREATE FUNCTION taskcrm_internal.pending_triggers(OUT tab name, OUT trigger name, OUT definition text,
    OUT is_there boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w.trigger, w.definition, f.trigger IS NOT NULL
  FROM taskcrm_internal.wanted_triggers() w
  LEFT JOIN taskcrm_internal.found_triggers() f ON f.tab = w.tab AND f.trigger = w.trigger
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.pending_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.pending_triggers() IS 'The triggers that are missing or changed.';

-- The triggers that exist but do not fire when they should, with the state they should have.
CREATE FUNCTION taskcrm_internal.sleeping_triggers(OUT tab name, OUT trigger name, OUT state "char") RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT w.tab, w.trigger, w.state
  FROM taskcrm_internal.wanted_triggers() w
  JOIN taskcrm_internal.found_triggers() f ON f.tab = w.tab AND f.trigger = w.trigger
  WHERE f.state <> w.state
  UNION ALL
  SELECT d.tab, d.trigger, 'O' FROM taskcrm_internal.disabled_key_triggers() d
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.sleeping_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.sleeping_triggers() IS 'Triggers that are disabled, or not enabled as they should be.';

-- Whether all triggers with these names are there and fire for every session.
CREATE FUNCTION taskcrm_internal.are_firing(triggers name[]) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT NOT EXISTS (
    SELECT FROM taskcrm_internal.wanted_triggers() w
    LEFT JOIN taskcrm_internal.found_triggers() f ON f.tab = w.tab AND f.trigger = w.trigger
    WHERE w.trigger = ANY (triggers) AND (f.definition IS DISTINCT FROM w.definition OR f.state IN ('D', 'R')))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.are_firing(name[]) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.are_firing(name[]) IS 'Whether triggers exist as wanted and are enabled.';

CREATE PROCEDURE taskcrm_internal.install_triggers()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  pending record;
BEGIN
  FOR pending IN SELECT p.* FROM taskcrm_internal.pending_triggers() p LOOP
    IF pending.is_there THEN
      EXECUTE format('DROP TRIGGER %I ON %s', pending.trigger, taskcrm_internal.qualified_name(pending.tab));
    END IF;
    EXECUTE pending.definition;
  END LOOP;

  FOR pending IN SELECT s.* FROM taskcrm_internal.sleeping_triggers() s LOOP
    EXECUTE format('ALTER TABLE %s ENABLE %s TRIGGER %I', taskcrm_internal.qualified_name(pending.tab),
      CASE pending.state WHEN 'A' THEN 'ALWAYS' END, pending.trigger);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_triggers() FROM PUBLIC;

-- Functions on the row types of tables.  The types do not exist before tc_install(), so
-- it creates these as ordinary functions: LANGUAGE sql, calling functions of the
-- extension, which a dump can include.

-- Creates a function again if its body is another one.  declaration: all but the body.
CREATE PROCEDURE taskcrm_internal.install_function(signature text, declaration text, body text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF NOT EXISTS (SELECT FROM pg_proc p WHERE p.oid = to_regprocedure(signature) AND p.prosrc = body) THEN
    EXECUTE format('CREATE OR REPLACE FUNCTION %s AS %L', declaration, body);
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_function(text, text, text) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_function(text, text, text) IS 'Creates or repairs a function.';

CREATE PROCEDURE taskcrm_internal.install_functions()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  -- org_id is a separate condition, so that look-ups by id use the whole key of the index
  -- for roles that bypass row-level security, too.
  CALL taskcrm_internal.install_function('taskcrm.tc_find_tasks(jsonb)',
    $$taskcrm.tc_find_tasks(filters jsonb DEFAULT '{}') RETURNS SETOF taskcrm.task
      LANGUAGE sql STABLE PARALLEL UNSAFE ROWS 10
      SET search_path = pg_catalog, taskcrm, pg_temp SET row_security = on$$, $$
      SELECT t.*
      FROM taskcrm.tc_find_task_ids(filters) WITH ORDINALITY AS f (id, place)
      JOIN taskcrm.task t ON t.org_id = taskcrm.tc_current_org() AND t.id = f.id
      ORDER BY f.place
    $$);
  IF obj_description(to_regprocedure('taskcrm.tc_find_tasks(jsonb)'), 'pg_proc') IS NULL THEN
    COMMENT ON FUNCTION taskcrm.tc_find_tasks(jsonb) IS
      'Return tasks as rows, with the filters of tc_list_tasks; without limit, up to taskcrm.max_limit.';
  END IF;
  -- Without SET, so that it can be inlined and use the index on overdue tasks; therefore
  -- everything in it is qualified.  Its body is a string: a parsed one would forbid
  -- ALTER TABLE task ADD COLUMN.
  CALL taskcrm_internal.install_function('taskcrm.is_overdue(taskcrm.task)',
    'taskcrm.is_overdue(task taskcrm.task) RETURNS boolean LANGUAGE sql STABLE PARALLEL SAFE', $$
      SELECT task.due_date IS NOT NULL AND task.due_date OPERATOR(pg_catalog.<) taskcrm.tc_today()
        AND task.status OPERATOR(pg_catalog.<>) 'Completed'::taskcrm.task_status
    $$);
  IF obj_description(to_regprocedure('taskcrm.is_overdue(taskcrm.task)'), 'pg_proc') IS NULL THEN
    COMMENT ON FUNCTION taskcrm.is_overdue(taskcrm.task) IS
      'Whether a task was due before today and is not completed. For PostgREST, a column of the table task.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_functions() FROM PUBLIC;

-- The locks of tc_install() beside traffic.
--
-- Two kinds of work need locks on a table.  Building indexes, counters and copies of
-- texts takes long and blocks writers only.  Changing policies, checks and triggers is
-- quick, and most of it blocks readers, too.  So the long work comes first, and the quick
-- work last, just before the end of the transaction.
--
-- While a session waits for a lock, all others queue behind it.  So these procedures wait
-- for a moment only, let the queue go ahead, and try again.

-- The tables that are blocked for long: those that get an index, and if writes, those
-- that counters and copies of texts are made from.
CREATE FUNCTION taskcrm_internal.building_tables(writes boolean, OUT tab name, OUT mode text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT b.tab, CASE WHEN bool_or(b.is_written) THEN 'SHARE ROW EXCLUSIVE' ELSE 'SHARE' END
  FROM (SELECT p.tab, false FROM taskcrm_internal.pending_indexes() p WHERE NOT p.is_built
        UNION ALL
        SELECT t, true FROM unnest('{task,task_count}'::name[]) t WHERE building_tables.writes) AS b (tab, is_written)
  GROUP BY b.tab
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.building_tables(boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.building_tables(boolean) IS 'The tables that tc_install() blocks for long, and the lock that this needs.';

-- The tables that are blocked for a moment.
CREATE FUNCTION taskcrm_internal.changing_tables(OUT tab name, OUT mode text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.tab, CASE WHEN bool_or(c.strong) THEN 'ACCESS EXCLUSIVE' ELSE 'SHARE ROW EXCLUSIVE' END
  FROM (SELECT p.tab, true FROM taskcrm_internal.pending_checks() p WHERE NOT p.validates
        UNION ALL
        SELECT u.tab, true FROM taskcrm_internal.unforced_tables() u
        UNION ALL
        SELECT p.tab, true FROM taskcrm_internal.pending_policies() p
        UNION ALL
        SELECT f.tab, true FROM taskcrm_internal.former_policies() f
        UNION ALL
        SELECT p.tab, p.is_there FROM taskcrm_internal.pending_triggers() p
        UNION ALL
        SELECT s.tab, false FROM taskcrm_internal.sleeping_triggers() s) AS c (tab, strong)
  GROUP BY c.tab
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.changing_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.changing_tables() IS 'The tables that tc_install() changes, and the lock that this needs.';

-- Every table with its place in the order in which it is locked: that of the registry,
-- tables of others last.
CREATE FUNCTION taskcrm_internal.tables_in_order(OUT tab name, OUT relation regclass, OUT place bigint) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT c.relname, c.oid::regclass, row_number() OVER (ORDER BY r.place, c.oid)
  FROM pg_class c
  LEFT JOIN taskcrm_internal.table_names() WITH ORDINALITY AS r (tab, place) ON r.tab = c.relname
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.tables_in_order() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.tables_in_order() IS 'The tables in the order in which tc_install() locks them.';

-- Locks tables, each in its mode, in the order of the arrays: all or none of them.  Waits
-- at most the time in milliseconds, in short attempts.  deadlock_timeout is shorter than
-- an attempt, because then autovacuum is canceled if it is in the way.  Raises 55P03, with a
-- notice before it that names who is in the way.
CREATE PROCEDURE taskcrm_internal.lock_tables(tables regclass[], modes text[], patience integer)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp
  SET lock_timeout = '300ms' SET deadlock_timeout = '100ms' AS $install$
DECLARE
  attempt CONSTANT integer := 300;
  notice_interval CONSTANT interval := '10 s';
  began CONSTANT timestamptz := clock_timestamp();
  noticed timestamptz;
  ends timestamptz;
  place integer;
  is_hopeless boolean;
  holders text;
BEGIN
  LOOP
    ends := clock_timestamp() + attempt * interval '1 ms';
    BEGIN
      -- If the last table is not to be had, the first is not blocked for longer either.
      FOR i IN 1 .. cardinality(tables) LOOP
        place := i;
        PERFORM set_config('lock_timeout',
          greatest(1, extract(epoch FROM ends - clock_timestamp()) * 1000)::integer::text, true);
        EXECUTE format('LOCK TABLE ONLY %s IN %s MODE', tables[i], modes[i]);
      END LOOP;
      RETURN;
    -- Either has released all of them.  In a deadlock, somebody waits for a lock that this
    -- transaction keeps.
    EXCEPTION
      WHEN lock_not_available THEN is_hopeless := false;
      WHEN deadlock_detected THEN is_hopeless := true;
    END;
    SELECT string_agg(DISTINCT l.pid::text, ', ') INTO holders FROM pg_locks l
    WHERE l.locktype = 'relation' AND l.relation = tables[place] AND l.granted AND l.pid <> pg_backend_pid()
      AND l.database = (SELECT d.oid FROM pg_database d WHERE d.datname = current_database())
      AND (l.mode <> 'AccessShareLock' OR modes[place] = 'ACCESS EXCLUSIVE');
    IF is_hopeless OR clock_timestamp() >= began + patience * interval '1 ms' THEN
      RAISE lock_not_available USING
        MESSAGE = format('could not lock table "%s"', tables[place]),
        DETAIL = format('Processes that hold a lock on it: %s.', coalesce(holders, 'none any more')),
        HINT = 'Nothing was changed. Call tc_install() again when these transactions have ended, or with a larger lock_timeout.'
          ' Statements of tc_pending_ddl() leave less to do.';
    END IF;
    IF noticed IS NULL OR clock_timestamp() >= noticed + notice_interval THEN
      RAISE NOTICE 'waiting for a lock on table "%"', tables[place]
        USING DETAIL = format('Processes that hold a lock on it: %s.', coalesce(holders, 'none any more'));
      noticed := clock_timestamp();
    END IF;
    PERFORM taskcrm_internal.show_progress(format('waiting for a lock on %s', tables[place]));
    PERFORM pg_sleep(0.2);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_tables(regclass[], text[], integer) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.lock_tables(regclass[], text[], integer) IS
  'Locks all tables or none, and lets other sessions go ahead meanwhile.';

-- For how long tc_install() waits: lock_timeout, or a minute without it.  Not for ever:
-- CREATE INDEX CONCURRENTLY waits for us while we wait for it, and so does a transaction
-- that has read a table and now wants to write it.
CREATE FUNCTION taskcrm_internal.lock_patience() RETURNS integer
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT coalesce(nullif(s.setting::integer, 0), 60000) FROM pg_settings s WHERE s.name = 'lock_timeout'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.lock_patience() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.lock_patience() IS 'For how many milliseconds tc_install() waits for locks.';

-- Takes the locks that columns and keys need, on which everything else depends.  If a table
-- also gets an index, readers wait for that: tc_pending_ddl() has statements that avoid it.
CREATE PROCEDURE taskcrm_internal.lock_shaping()
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  tables regclass[];
BEGIN
  SELECT array_agg(r.relation ORDER BY r.place) INTO tables
  FROM taskcrm_internal.tables_in_order() r
  WHERE r.tab IN (SELECT d.tab FROM taskcrm_internal.differing_columns() d
                  UNION ALL
                  SELECT d.tab FROM taskcrm_internal.differing_keys() d
                  WHERE d.found_definition IS DISTINCT FROM d.definition || ' NOT VALID');
  IF tables IS NOT NULL THEN
    CALL taskcrm_internal.lock_tables(tables, array_fill('ACCESS EXCLUSIVE'::text, ARRAY[cardinality(tables)]),
                                      taskcrm_internal.lock_patience());
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_shaping() FROM PUBLIC;

-- Takes the locks of the long work.  Where quick work follows that blocks readers, this
-- blocks row locks, too: a writer that locked a row and waits for us would never let us
-- block readers.
CREATE PROCEDURE taskcrm_internal.lock_building(writes boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  tables regclass[];
  modes text[];
BEGIN
  IF NOT EXISTS (SELECT FROM taskcrm_internal.building_tables(lock_building.writes)) THEN
    RETURN;
  END IF;
  SELECT array_agg(r.relation ORDER BY r.place),
         array_agg(CASE WHEN c.mode = 'ACCESS EXCLUSIVE' THEN 'EXCLUSIVE' ELSE coalesce(c.mode, b.mode) END ORDER BY r.place)
    INTO tables, modes
  FROM taskcrm_internal.building_tables(lock_building.writes) b
  JOIN taskcrm_internal.tables_in_order() r ON r.tab = b.tab
  LEFT JOIN taskcrm_internal.changing_tables() c ON c.tab = b.tab;
  CALL taskcrm_internal.lock_tables(tables, modes, taskcrm_internal.lock_patience());
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_building(boolean) FROM PUBLIC;

-- Takes the locks of the quick work, and returns whether there is any.  Writers of tables
-- that are locked already wait meanwhile, so this has less patience.
CREATE PROCEDURE taskcrm_internal.lock_changing(INOUT changes boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  tables regclass[];
  modes text[];
BEGIN
  SELECT array_agg(r.relation ORDER BY r.place), array_agg(c.mode ORDER BY r.place) INTO tables, modes
  FROM taskcrm_internal.changing_tables() c
  JOIN taskcrm_internal.tables_in_order() r ON r.tab = c.tab;
  changes := tables IS NOT NULL;
  IF changes THEN
    CALL taskcrm_internal.lock_tables(tables, modes, least(taskcrm_internal.lock_patience(), 10000));
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.lock_changing(boolean) FROM PUBLIC;

-- tc_install(): creates the tables and everything that belongs to them, or updates them
-- to the version of the extension.  Running it again is safe: every step checks what
-- exists and repairs what is missing.

-- Returns the role that will own the tables: the requested one, else the current owner,
-- else taskcrm_owner, which is created if it does not exist.
CREATE FUNCTION taskcrm_internal.install_owner(wanted name) RETURNS name
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  chosen name := wanted;
  is_owner boolean;
  found_role pg_roles;
  unfit text;
BEGIN
  IF chosen IS NULL THEN
    -- A restore into a cluster without the owner role leaves the tables to the restoring
    -- superuser; such an owner is replaced.
    SELECT r.rolname INTO chosen
    FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid = to_regclass('taskcrm.task') AND NOT (r.rolsuper OR r.rolbypassrls);
  END IF;
  chosen := coalesce(chosen, 'taskcrm_owner');
  is_owner := EXISTS (
    SELECT FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid = to_regclass('taskcrm.task') AND r.rolname = chosen);

  IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = chosen) THEN
    IF wanted IS NOT NULL THEN
      RAISE undefined_object USING MESSAGE = format('role "%s" does not exist', chosen);
    END IF;
    CREATE ROLE taskcrm_owner NOLOGIN;
  END IF;

  SELECT * INTO found_role FROM pg_roles WHERE rolname = chosen;
  IF found_role.rolsuper OR found_role.rolbypassrls THEN
    RAISE invalid_role_specification USING
      MESSAGE = format('role "%s" cannot own the tables of taskcrm', chosen),
      DETAIL = 'A superuser or a role with BYPASSRLS bypasses row-level security.',
      HINT = 'Specify another role with tc_install(owner => ...), or omit owner to use taskcrm_owner.';
  END IF;
  -- The creator of the role, and roles that can become it, would own the tables.
  -- tc_doctor() reports such a role if it owns them already.
  IF NOT is_owner THEN
    SELECT string_agg(u.problem, ', ') INTO unfit
    FROM taskcrm_internal.unfit_owner(chosen, named => wanted IS NOT NULL) u (problem);
  END IF;
  IF unfit IS NOT NULL THEN
    RAISE invalid_role_specification USING
      MESSAGE = format('role "%s" cannot own the tables of taskcrm', chosen),
      DETAIL = format('The role already exists with properties that an owner must not have: it %s.', unfit),
      HINT = 'Remove these properties from the role, drop the role, or specify another role with tc_install(owner => ...).';
  END IF;
  RETURN chosen;
END
$install$;
REVOKE ALL ON FUNCTION taskcrm_internal.install_owner(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.install_owner(name) IS 'Chooses and checks the owner of the tables.';

CREATE PROCEDURE taskcrm_internal.install_ownership(owner name)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  tab regclass;
  former name;
  formers name[];
  function regprocedure;
BEGIN
  formers := ARRAY(
    SELECT DISTINCT r.rolname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
      AND r.rolname <> owner AND NOT r.rolsuper);
  FOR tab IN
    SELECT c.oid FROM pg_class c
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
      AND pg_get_userbyid(c.relowner) <> owner
  LOOP
    EXECUTE format('ALTER TABLE %s OWNER TO %I', tab, owner);
  END LOOP;
  -- Privileges that a former owner had as the owner.
  FOREACH former IN ARRAY formers LOOP
    EXECUTE format('REVOKE ALL ON SCHEMA taskcrm, taskcrm_internal FROM %I', former);
    FOR function IN SELECT c FROM taskcrm_internal.owner_functions() c LOOP
      EXECUTE format('REVOKE ALL ON FUNCTION %s FROM %I', function, former);
    END LOOP;
  END LOOP;

  -- Statements of the API functions and foreign-key checks run as the owner. Existing
  -- privileges are not granted again, because that would only bloat the catalogs.
  IF NOT has_schema_privilege(owner, 'taskcrm', 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA taskcrm TO %I', owner);
  END IF;
  IF NOT has_schema_privilege(owner, 'taskcrm_internal', 'USAGE') THEN
    EXECUTE format('GRANT USAGE ON SCHEMA taskcrm_internal TO %I', owner);
  END IF;
  FOR function IN
    SELECT c FROM taskcrm_internal.owner_functions() c WHERE NOT has_function_privilege(owner, c, 'EXECUTE')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', function, owner);
  END LOOP;
  FOR tab IN
    SELECT DISTINCT c.oid
    FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p (privilege)
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
      AND NOT has_table_privilege(owner, c.oid, p.privilege)
  LOOP
    EXECUTE format('GRANT ALL ON TABLE %s TO %I', tab, owner);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_ownership(name) FROM PUBLIC;

-- Tasks whose description differs in task_text, with the correct one; NULL for none.
CREATE FUNCTION taskcrm_internal.differing_texts(OUT org_id uuid, OUT task_id uuid, OUT description text)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT t.org_id, t.id, nullif(t.description, '')
  FROM taskcrm.task t LEFT JOIN taskcrm_internal.task_text x ON x.org_id = t.org_id AND x.task_id = t.id
  WHERE coalesce(t.description, '') <> coalesce(x.description, '')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.differing_texts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.differing_texts() IS 'Tasks whose description differs from its copy in task_text.';

-- Synchronizes task_text after an upgrade, and after tasks were written with triggers
-- disabled.  tc_install() has blocked writes of descriptions, which this could overwrite
-- with older ones.
CREATE PROCEDURE taskcrm_internal.install_texts()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  DELETE FROM taskcrm_internal.task_text x USING taskcrm_internal.differing_texts() d
    WHERE x.org_id = d.org_id AND x.task_id = d.task_id;
  INSERT INTO taskcrm_internal.task_text (org_id, task_id, description)
    SELECT d.org_id, d.task_id, d.description FROM taskcrm_internal.differing_texts() d
    WHERE d.description IS NOT NULL;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_texts() FROM PUBLIC;

CREATE PROCEDURE taskcrm.tc_install(owner name DEFAULT NULL)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  owner_name name;
  extension_version text;
  is_fresh CONSTANT boolean := to_regclass('taskcrm.task') IS NULL;
  is_counted boolean;
  is_copied boolean;
  changes boolean;
BEGIN
  IF NOT (SELECT rolsuper FROM pg_roles WHERE rolname = current_user) THEN
    RAISE insufficient_privilege USING MESSAGE = 'must be superuser to call tc_install';
  END IF;
  -- Two concurrent runs would both find a table missing.  Clients cannot take this lock.
  PERFORM FROM pg_extension WHERE extname = 'taskcrm' FOR UPDATE SKIP LOCKED;
  IF NOT FOUND THEN
    RAISE NOTICE 'waiting for another session that runs tc_install() or alters the extension';
  END IF;
  SELECT extversion INTO STRICT extension_version FROM pg_extension WHERE extname = 'taskcrm' FOR UPDATE;

  PERFORM taskcrm_internal.check_found();
  owner_name := taskcrm_internal.install_owner(owner);
  CALL taskcrm_internal.install_tables();
  -- Nobody else can see tables that this transaction has created.
  IF NOT is_fresh THEN
    CALL taskcrm_internal.lock_shaping();
  END IF;
  CALL taskcrm_internal.install_columns();
  CALL taskcrm_internal.install_keys();
  CALL taskcrm_internal.install_functions();
  -- The privileges of PUBLIC first, which the owner has too.
  CALL taskcrm_internal.install_rights(fresh => false);
  CALL taskcrm_internal.install_ownership(owner_name);
  CALL taskcrm_internal.install_replica_identity();

  -- What takes long, under locks that let readers pass.  The counters and the copies of
  -- texts lack what was written while a trigger was missing.
  is_counted := taskcrm_internal.are_firing('{counted_insert,counted_update,counted_delete,counted_truncate}');
  PERFORM taskcrm_internal.show_progress('comparing descriptions with their copies');
  is_copied := taskcrm_internal.are_firing('{described,replaced}')
    AND NOT EXISTS (SELECT FROM taskcrm_internal.differing_texts());
  IF NOT is_fresh THEN
    CALL taskcrm_internal.lock_building(writes => NOT (is_counted AND is_copied));
  END IF;
  CALL taskcrm_internal.install_checks(validates => true);
  CALL taskcrm_internal.install_indexes();
  IF NOT is_counted THEN
    PERFORM taskcrm.tc_recount();
  END IF;
  IF NOT is_copied THEN
    PERFORM taskcrm_internal.show_progress('copying descriptions');
    CALL taskcrm_internal.install_texts();
  END IF;

  -- What is quick, under locks that stop everybody until the end of the transaction.
  changes := is_fresh;
  IF NOT is_fresh THEN
    CALL taskcrm_internal.lock_changing(changes);
  END IF;
  IF changes THEN
    CALL taskcrm_internal.install_checks(validates => false);
    CALL taskcrm_internal.install_policies();
    CALL taskcrm_internal.install_triggers();
  END IF;
  CALL taskcrm_internal.install_statistics();
  CALL taskcrm_internal.install_comments();

  IF (SELECT array_agg(i.version) FROM taskcrm_internal.installation i) IS DISTINCT FROM ARRAY[extension_version] THEN
    PERFORM taskcrm_internal.write_version(extension_version);
  END IF;
  NOTIFY pgrst, 'reload schema';
  PERFORM taskcrm_internal.show_progress(NULL);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm.tc_install(name) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm.tc_install(name) IS
  'Create the tables, or update them to this version. Running it again is safe. For superusers.';

-- The privileges of database roles, and the roles that are a user's login or a gateway.
-- For administrators: PUBLIC executes none of these functions.

-- The functions that a client role may execute.
CREATE FUNCTION taskcrm_internal.client_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.proname IN (
    'tc_login', 'tc_whoami', 'tc_list_tasks', 'tc_find_task_ids', 'tc_find_tasks', 'is_overdue', 'tc_task_totals',
    'tc_create_task', 'tc_create_tasks', 'tc_get_task', 'tc_update_task', 'tc_assign', 'tc_unassign', 'tc_delete_task',
    'tc_list_comments', 'tc_list_attachments', 'tc_add_task_comment_or_attachment', 'tc_edit_task_comment', 'tc_delete_task_comment',
    'tc_add_task_attachment', 'tc_get_task_attachment', 'tc_delete_task_attachment',
    'tc_list_members', 'tc_get_member', 'tc_list_accounts', 'tc_get_account', 'tc_create_account', 'tc_update_account', 'tc_delete_account',
    'tc_list_contacts', 'tc_get_contact', 'tc_create_contact', 'tc_update_contact', 'tc_delete_contact',
    'tc_list_teams', 'tc_get_team', 'tc_create_team', 'tc_update_team', 'tc_delete_team',
    'tc_add_team_member', 'tc_remove_team_member',
    'tc_get_organization', 'tc_update_organization', 'tc_update_me', 'tc_set_member_role', 'tc_deactivate_member',
    'tc_reactivate_member', 'tc_remove_member', 'tc_reassign',
    'tc_invite_member', 'tc_list_invitations', 'tc_revoke_invitation', 'tc_accept_invitation',
    'tc_export_organization', 'tc_http_request', 'tc_http', 'tc_openapi', 'tc_download', 'tc_pre_request')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.client_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.client_functions() IS
  'The functions on which tc_grant_access() grants EXECUTE.';

-- The functions that PUBLIC may execute: those that policies, constraints, indexes and
-- column defaults call as the role that runs the statement, and those of operators and
-- operator classes.
CREATE FUNCTION taskcrm_internal.public_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure
  FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace
      AND p.proname IN ('tc_uuidv7', 'tc_today', 'tc_current_user', 'tc_current_org', 'tc_current_role', 'tc_whoami')
    OR p.pronamespace = 'taskcrm_internal'::regnamespace
      AND (p.proname IN ('is_colleague', 'is_current_org', 'is_blank', 'is_file_name', 'is_external_id', 'folded',
             'enum_is', 'enum_is_any')
           OR p.oid IN (SELECT unnest(ARRAY[o.oprcode, o.oprrest, o.oprjoin]) FROM pg_operator o)
           OR p.oid IN (SELECT a.amproc FROM pg_amproc a))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.public_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.public_functions() IS 'The functions that PUBLIC may execute.';

-- The functions that members of pg_monitor may execute.
CREATE FUNCTION taskcrm_internal.monitor_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.proname IN ('tc_doctor', 'tc_check_counts', 'tc_stats')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.monitor_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.monitor_functions() IS 'The functions that pg_monitor may execute.';

-- The functions that the owner of the tables may execute: those of the API, because
-- user-defined triggers run as the owner within it and may call it, and those that only
-- read, because tc_doctor() runs its checks as the owner.
CREATE FUNCTION taskcrm_internal.owner_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT f FROM taskcrm_internal.client_functions() f
  UNION ALL
  SELECT f FROM taskcrm_internal.monitor_functions() f
  UNION ALL
  SELECT p.oid::regprocedure
  FROM pg_proc p JOIN pg_depend d ON d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e'
  WHERE p.pronamespace = 'taskcrm_internal'::regnamespace AND p.prokind = 'f' AND p.provolatile <> 'v'
    AND p.prorettype NOT IN ('trigger'::regtype, 'event_trigger'::regtype, 'internal'::regtype)
  UNION ALL
  -- An import runs as the owner too.
  SELECT p.oid::regprocedure FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm_internal'::regnamespace AND p.proname IN ('import_lines', 'import_rows', 'show_progress')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.owner_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.owner_functions() IS 'The functions that the owner of the tables may execute.';

-- The attributes and memberships that an owner of the tables must not have.  named: an
-- administrator chose the role, and so knows what else it owns.
CREATE FUNCTION taskcrm_internal.unfit_owner(role name, named boolean) RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT v.problem
  FROM pg_roles r
  CROSS JOIN LATERAL (VALUES
    (r.rolcanlogin, 'can log in'),
    (r.rolcreaterole, 'has CREATEROLE'),
    (r.rolcreatedb, 'has CREATEDB'),
    (r.rolreplication, 'has REPLICATION'),
    (EXISTS (SELECT FROM pg_auth_members m WHERE m.roleid = r.oid), 'has members'),
    (EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid), 'is a member of another role'),
    (NOT named AND EXISTS (
      SELECT FROM pg_shdepend d
      WHERE d.refclassid = 'pg_authid'::regclass AND d.refobjid = r.oid
        AND d.dbid IN (0, (SELECT b.oid FROM pg_database b WHERE b.datname = current_database()))
        AND NOT (d.classid = 'pg_class'::regclass AND d.objid IN (
          SELECT c.oid FROM pg_class c
          WHERE c.relnamespace IN (to_regnamespace('taskcrm'), to_regnamespace('taskcrm_internal'))))
        -- Granted by a dump that was restored without its owners.
        AND NOT (d.classid = 'pg_proc'::regclass AND d.deptype = 'a' AND d.objid IN (
          SELECT f FROM taskcrm_internal.owner_functions() f))
        AND NOT (d.classid = 'pg_namespace'::regclass AND d.deptype = 'a' AND d.objid IN (
          SELECT n.oid FROM pg_namespace n WHERE n.nspname IN ('taskcrm', 'taskcrm_internal')))),
     'owns other objects or has privileges on them')) AS v (holds, problem)
  WHERE r.rolname = role AND v.holds
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.unfit_owner(name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.unfit_owner(name, boolean) IS
  'The properties of a role that an owner of the tables must not have.';

-- The functions that administrators may grant to a provisioning role.
CREATE FUNCTION taskcrm_internal.provisioning_functions() RETURNS SETOF regprocedure
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT p.oid::regprocedure
  FROM pg_proc p
  WHERE p.pronamespace = 'taskcrm'::regnamespace
    AND p.proname IN ('tc_create_organization', 'tc_link_organization', 'tc_list_organizations',
      'tc_delete_organization', 'tc_create_user', 'tc_update_user', 'tc_find_user', 'tc_deactivate_user',
      'tc_reactivate_user', 'tc_sync_user', 'tc_add_member', 'tc_export_user', 'tc_erase_user', 'tc_import_organization')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.provisioning_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.provisioning_functions() IS
  'The functions that an administrator may grant to a provisioning role.';

-- The privileges of a client role on each table, with columns as SQL names them.
-- insertable and updatable: the columns that a client chooses.  returned: columns that it does not choose but may send, as
-- clients that write whole rows do; policies and triggers reject every value that differs
-- from the current one, or from what a new row gets.  A client chooses only the id of a
-- new row: keys begin with org_id, so a conflict reveals nothing about other tenants.
-- deletable: rows of an organization for which policies say who deletes them, and links of
-- tasks, which all members write.
CREATE FUNCTION taskcrm_internal.client_tables(
    OUT tab name, OUT insertable text, OUT updatable text, OUT returned text, OUT deletable boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH own (names) AS (
    SELECT array_agg(quote_ident(e.column_name)) FROM taskcrm_internal.exposed_columns() e WHERE e.writable)
  SELECT r.tab, array_to_string(r.insertable || o.names, ', '), array_to_string(r.updatable || o.names, ', '),
    array_to_string(r.returned, ', '),
    coalesce(r.deleted_by = 'org_id' AND (r.writer <> 'member' OR r.insertable IS NOT NULL), false)
  FROM taskcrm_internal.table_registry() r
  LEFT JOIN own o ON r.tab = 'task'
  WHERE r.readable
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.client_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.client_tables() IS
  'The tables and columns on which tc_grant_access() grants access.';

CREATE FUNCTION taskcrm_internal.misplaced_relations(OUT tab name, OUT kind text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT r.tab, CASE c.relkind WHEN 'v' THEN 'a view' WHEN 'm' THEN 'a materialized view'
                           WHEN 'f' THEN 'a foreign table' WHEN 'p' THEN 'a partitioned table'
                           WHEN 'S' THEN 'a sequence' WHEN 'c' THEN 'a composite type' ELSE 'an index' END
  FROM taskcrm_internal.table_registry() r
  JOIN pg_class c ON c.relname = r.tab
  JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE c.relkind <> 'r' AND n.nspname = CASE WHEN r.readable THEN 'taskcrm' ELSE 'taskcrm_internal' END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.misplaced_relations() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.misplaced_relations() IS
  'Relations that have the name of a table of taskcrm but are not ordinary tables.';

-- Only tables are read: a view runs with the rights of its reader, and before version 16
-- the owner of an empty table can turn it into a view.
CREATE FUNCTION taskcrm_internal.check_tables() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  misplaced record;
BEGIN
  SELECT m.* INTO misplaced FROM taskcrm_internal.misplaced_relations() m ORDER BY m.tab LIMIT 1;
  IF FOUND THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('"%s.%s" is not an ordinary table', taskcrm_internal.table_schema(misplaced.tab), misplaced.tab),
      DETAIL = format('It is %s.', misplaced.kind),
      HINT = 'Drop or rename it, and run CALL taskcrm.tc_install() as a superuser.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_tables() IS
  'Raises an error if another object has the name of a table.';

-- Existing objects that tc_install() would use as its own.  A dump restores the table
-- installation with the others.
CREATE FUNCTION taskcrm_internal.check_found() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  stranger text;
BEGIN
  PERFORM taskcrm_internal.check_tables();
  IF to_regclass('taskcrm_internal.installation') IS NULL THEN
    SELECT t INTO stranger FROM taskcrm_internal.table_names() t
    WHERE to_regclass(taskcrm_internal.qualified_name(t)) IS NOT NULL ORDER BY t LIMIT 1;
    IF FOUND THEN
      RAISE object_not_in_prerequisite_state USING
        MESSAGE = format('table "%s.%s" already exists, but was not created by tc_install()',
                         taskcrm_internal.table_schema(stranger), stranger),
        DETAIL = 'The table "taskcrm_internal.installation" is missing.',
        HINT = 'Drop or rename the table. If a dump was restored in parts, restore the table installation too.';
    END IF;
  END IF;
  SELECT format('function %s is owned by role "%s", which is not a superuser', p.oid::regprocedure, r.rolname) INTO stranger
  FROM pg_proc p JOIN pg_roles r ON r.oid = p.proowner
  WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.proname IN ('tc_find_tasks', 'is_overdue')
    AND NOT r.rolsuper LIMIT 1;
  IF FOUND THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = stranger,
      HINT = 'Drop the function, or change its owner to a superuser if you know what it does.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_found() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_found() IS
  'Raises an error if there are objects that tc_install() did not create.';

CREATE FUNCTION taskcrm_internal.check_installed() RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  IF to_regclass('taskcrm.task') IS NULL THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = 'the tables of taskcrm are not installed in this database',
      HINT = 'Run CALL taskcrm.tc_install() as a superuser.';
  END IF;
  PERFORM taskcrm_internal.check_tables();
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_installed() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_installed() IS 'Raises an error if tc_install() has not run.';

-- A user-defined trigger that returns NULL suppresses a row without an error.
CREATE FUNCTION taskcrm_internal.check_written(tab name, is_written boolean) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  IF NOT is_written THEN
    RAISE triggered_action_exception USING
      MESSAGE = format('a trigger on table "%s" suppressed a row', tab),
      HINT = 'A trigger that refuses a row must raise an error.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_written(name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_written(name, boolean) IS
  'Raises an error if a row was not written.';

-- Returns the OID of a role; raises an error if it does not exist.
CREATE FUNCTION taskcrm_internal.role_oid(role name) RETURNS oid
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  found_oid oid;
BEGIN
  PERFORM taskcrm_internal.check_installed();
  SELECT r.oid INTO found_oid FROM pg_roles r WHERE r.rolname = role_oid.role;
  IF found_oid IS NULL THEN
    RAISE undefined_object USING MESSAGE = format('role "%s" does not exist', role);
  END IF;
  RETURN found_oid;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.role_oid(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.role_oid(name) IS 'The OID of an existing role.';

-- The roles that a role is or can become and that privileges cannot restrict: the owner,
-- a superuser, a role with BYPASSRLS, or one of the server's pg_* roles can reach the
-- data in other ways; so can one with REPLICATION, which may decode all changes.  Before
-- version 16 a role with CREATEROLE can make itself a member of any of them.
CREATE FUNCTION taskcrm_internal.unbound_roles(role name) RETURNS SETOF name
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT r.rolname FROM pg_roles r
  WHERE (r.rolsuper OR r.rolbypassrls OR r.rolreplication OR starts_with(r.rolname, 'pg_')
         OR r.rolcreaterole AND current_setting('server_version_num')::integer < 160000
         OR r.oid = (SELECT relowner FROM pg_class WHERE oid = to_regclass('taskcrm.task')))
    AND pg_has_role(role, r.oid, 'MEMBER')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.unbound_roles(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.unbound_roles(name) IS
  'The roles that a role can become and that bypass row-level security.';

CREATE FUNCTION taskcrm_internal.check_client_role(role name) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  reached name;
BEGIN
  PERFORM taskcrm_internal.role_oid(role);
  SELECT u INTO reached FROM taskcrm_internal.unbound_roles(role) u
  ORDER BY u <> role, u LIMIT 1;
  IF reached IS NOT NULL THEN
    RAISE invalid_role_specification USING
      MESSAGE = format('role "%s" cannot be a client of taskcrm', role),
      DETAIL = CASE WHEN reached = role
        THEN 'It can bypass row-level security.'
        ELSE format('It is a member of role "%s".', reached) END,
      HINT = 'Grant access to a role without such privileges.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_client_role(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_client_role(name) IS
  'Raises an error for a role that can bypass row-level security.';

CREATE FUNCTION taskcrm.tc_revoke_access(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  r record;
BEGIN
  PERFORM taskcrm_internal.role_oid(role);
  FOR r IN
    SELECT p.oid::regprocedure::text AS signature, n.nspname FROM pg_proc p
    JOIN pg_namespace n ON n.oid = p.pronamespace
    CROSS JOIN aclexplode(p.proacl) a
    WHERE n.nspname IN ('taskcrm', 'taskcrm_internal') AND a.grantee = taskcrm_internal.role_oid(role)
  LOOP
    EXECUTE format('REVOKE ALL ON ROUTINE %s FROM %I', r.signature, role);
  END LOOP;
  FOR r IN SELECT f::regclass AS tab FROM taskcrm_internal.found_tables() f LOOP
    -- On a table this revokes the column privileges too.
    EXECUTE format('REVOKE ALL ON TABLE %s FROM %I', r.tab, role);
  END LOOP;
  EXECUTE format('REVOKE ALL ON SCHEMA taskcrm, taskcrm_internal FROM %I', role);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_revoke_access(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_revoke_access(name) IS
  'Revoke from a role what tc_grant_access() granted.';

-- DELETE exists only for a whole table, and allows every mode of LOCK TABLE.
CREATE FUNCTION taskcrm.tc_grant_access(role name, write boolean DEFAULT false, read boolean DEFAULT true,
    delete boolean DEFAULT false) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  r record;
BEGIN
  IF (write OR delete) AND NOT read THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'write access to the tables requires read access',
      HINT = 'Omit write and delete. The functions of the API can write without it.';
  END IF;
  PERFORM taskcrm_internal.check_client_role(role);
  -- Exactly the listed privileges, whatever the role had before.
  PERFORM taskcrm.tc_revoke_access(role);

  EXECUTE format('GRANT USAGE ON SCHEMA taskcrm TO %I', role);
  FOR r IN SELECT f::text AS signature FROM taskcrm_internal.client_functions() f LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', r.signature, role);
  END LOOP;
  FOR r IN SELECT * FROM taskcrm_internal.client_tables() WHERE read LOOP
    EXECUTE format('GRANT SELECT ON taskcrm.%I TO %I', r.tab, role);
    -- By column: a table-level privilege would allow the stronger modes of LOCK TABLE.
    IF write AND r.insertable IS NOT NULL THEN
      EXECUTE format('GRANT INSERT (%s) ON taskcrm.%I TO %I', concat_ws(', ', r.insertable, r.returned), r.tab, role);
    END IF;
    IF write AND concat(r.updatable, r.returned) <> '' THEN
      EXECUTE format('GRANT UPDATE (%s) ON taskcrm.%I TO %I', concat_ws(', ', r.updatable, r.returned), r.tab, role);
    END IF;
    IF delete AND r.deletable THEN
      EXECUTE format('GRANT DELETE ON taskcrm.%I TO %I', r.tab, role);
    END IF;
  END LOOP;
  PERFORM taskcrm_internal.check_granted(role, read, delete);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_grant_access(name, boolean, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_grant_access(name, boolean, boolean, boolean) IS
  'Grant a role exactly what a client needs: the API; with read, also SELECT; with write, also INSERT and UPDATE by column; with delete, also DELETE.';

-- A role that may read any column may read the table.
CREATE FUNCTION taskcrm_internal.read_tables(role name) RETURNS SETOF name
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT t.tab FROM taskcrm_internal.table_registry() t
  WHERE t.readable AND has_any_column_privilege(role, format('taskcrm.%I', t.tab), 'SELECT')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.read_tables(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.read_tables(name) IS
  'The client tables that a role may read, directly or through PUBLIC or another role.';

-- The privileges that a role has, directly or through PUBLIC or another role, beyond
-- those of a client.  delete: DELETE is one of a client's.  PUBLIC executes identity functions and the support functions of
-- types and operators.
CREATE FUNCTION taskcrm_internal.excess_rights(role name, delete boolean, OUT held text, OUT is_function boolean)
  RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT 'schema ' || p.nspname || ' (' || p.privilege || ')', false
  FROM (VALUES ('taskcrm', 'CREATE'), ('taskcrm_internal', 'CREATE'), ('taskcrm_internal', 'USAGE'))
    AS p (nspname, privilege)
  WHERE has_schema_privilege(role, p.nspname, p.privilege)
  UNION ALL
  SELECT c.relname || ' (' || p.privilege || ')', false
  FROM pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]
    || CASE WHEN current_setting('server_version_num')::integer >= 170000 THEN '{MAINTAIN}'::text[] END) p (privilege)
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND has_table_privilege(role, c.oid, p.privilege)
    AND NOT EXISTS (SELECT FROM taskcrm_internal.client_tables() t
      WHERE t.tab = c.relname AND (p.privilege = 'SELECT' OR p.privilege = 'DELETE' AND t.deletable AND delete))
  UNION ALL
  SELECT c.relname || '.' || a.attname || ' (' || p.privilege || ')', false
  FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
  CROSS JOIN unnest('{SELECT,INSERT,UPDATE,REFERENCES}'::text[]) p (privilege)
  LEFT JOIN taskcrm_internal.client_tables() t ON t.tab = c.relname
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND has_column_privilege(role, c.oid, a.attnum, p.privilege)
    AND NOT has_table_privilege(role, c.oid, p.privilege)
    AND NOT coalesce(CASE p.privilege
      WHEN 'SELECT' THEN t.tab IS NOT NULL
      WHEN 'INSERT' THEN quote_ident(a.attname) = ANY (string_to_array(concat_ws(', ', t.insertable, t.returned), ', '))
      WHEN 'UPDATE' THEN quote_ident(a.attname) = ANY (string_to_array(concat_ws(', ', t.updatable, t.returned), ', ')) END, false)
  UNION ALL
  SELECT p.oid::regprocedure::text, true
  FROM pg_proc p
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
    AND has_function_privilege(role, p.oid, 'EXECUTE')
    AND p.oid NOT IN (SELECT taskcrm_internal.client_functions())
    AND p.oid NOT IN (SELECT taskcrm_internal.public_functions())
    -- Functions that somebody else created in the schema are not reported.
    AND EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_proc'::regclass AND d.objid = p.oid AND d.deptype = 'e')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.excess_rights(name, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.excess_rights(name, boolean) IS
  'The privileges of a role that a client may not have.';

-- GRANT without grant option only warns, and a role may have more through PUBLIC or
-- another role, so the result is checked.
CREATE FUNCTION taskcrm_internal.check_granted(role name, read boolean, delete boolean) RETURNS void
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  missing text;
  excess text;
BEGIN
  SELECT string_agg(f::text, ', ') INTO missing
  FROM taskcrm_internal.client_functions() f WHERE NOT has_function_privilege(role, f, 'EXECUTE');
  IF missing IS NOT NULL OR NOT has_schema_privilege(role, 'taskcrm', 'USAGE') THEN
    RAISE insufficient_privilege USING
      MESSAGE = format('could not grant access to role "%s"', role),
      DETAIL = format('It cannot execute %s.', coalesce(missing, 'anything in schema taskcrm')),
      HINT = 'Call tc_grant_access() as a superuser.';
  END IF;
  SELECT string_agg(e.held, ', ' ORDER BY e.held COLLATE "C") INTO excess
  FROM (
    SELECT x.held FROM taskcrm_internal.excess_rights(role, delete) x
    UNION ALL
    SELECT t.tab || ' (SELECT)' FROM taskcrm_internal.read_tables(role) t (tab) WHERE NOT read) e;
  IF excess IS NOT NULL THEN
    RAISE invalid_grant_operation USING
      MESSAGE = format('role "%s" has privileges that a client may not have', role),
      DETAIL = format('It has other privileges on %s, through PUBLIC or through a role of which it is a member.', excess),
      HINT = 'Revoke them, then grant access again.';
  END IF;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.check_granted(name, boolean, boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.check_granted(name, boolean, boolean) IS
  'Raises an error unless a role has exactly the privileges of a client.';

-- The functions below write as the owner of the tables, not as the superuser who calls
-- them.

CREATE FUNCTION taskcrm_internal.write_login(role name, role_oid oid, user_id uuid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_login';
REVOKE ALL ON FUNCTION taskcrm_internal.write_login(name, oid, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_login(name, oid, uuid) IS 'Writes a row of login.';

CREATE FUNCTION taskcrm_internal.write_gateway(role name, role_oid oid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_gateway';
REVOKE ALL ON FUNCTION taskcrm_internal.write_gateway(name, oid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_gateway(name, oid) IS 'Writes a row of gateway.';

CREATE FUNCTION taskcrm_internal.delete_login(role name) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_login';
REVOKE ALL ON FUNCTION taskcrm_internal.delete_login(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.delete_login(name) IS 'Deletes a row of login.';

CREATE FUNCTION taskcrm_internal.delete_gateway(role name) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_gateway';
REVOKE ALL ON FUNCTION taskcrm_internal.delete_gateway(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.delete_gateway(name) IS 'Deletes a row of gateway.';

CREATE FUNCTION taskcrm_internal.rename_login(role name, new_name name, role_oid oid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rename_login';
REVOKE ALL ON FUNCTION taskcrm_internal.rename_login(name, name, oid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.rename_login(name, name, oid) IS 'Gives a row of login the name and OID of a role.';

CREATE FUNCTION taskcrm_internal.rename_gateway(role name, new_name name, role_oid oid) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rename_gateway';
REVOKE ALL ON FUNCTION taskcrm_internal.rename_gateway(name, name, oid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.rename_gateway(name, name, oid) IS 'Gives a row of gateway the name and OID of a role.';

CREATE FUNCTION taskcrm_internal.write_version(version text) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_version';
REVOKE ALL ON FUNCTION taskcrm_internal.write_version(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_version(text) IS 'Writes the version of the tables.';

CREATE FUNCTION taskcrm.tc_link_login(role name, user_id uuid) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
#variable_conflict use_column
DECLARE
  oid_of_role oid := taskcrm_internal.role_oid(tc_link_login.role);
BEGIN
  IF EXISTS (SELECT FROM taskcrm_internal.gateway g WHERE g.role_name = tc_link_login.role) THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('role "%s" is a gateway', tc_link_login.role),
      DETAIL = 'A gateway acts for many users and cannot be linked to one of them.',
      HINT = 'Link another role, or call tc_distrust_gateway() first.';
  END IF;
  IF tc_link_login.user_id IS NULL THEN
    RAISE not_null_violation USING
      MESSAGE = 'invalid value for argument "user_id"',
      DETAIL = 'It must not be null.';
  END IF;
  PERFORM taskcrm_internal.write_login(tc_link_login.role, oid_of_role, tc_link_login.user_id);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_link_login(name, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_link_login(name, uuid) IS
  'Link a login role to a user: sessions of the role act as that user.';

CREATE FUNCTION taskcrm.tc_unlink_login(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  PERFORM taskcrm_internal.delete_login(role);
  PERFORM taskcrm_internal.check_written('login', NOT EXISTS (SELECT FROM taskcrm_internal.login l WHERE l.role_name = role));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_unlink_login(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_unlink_login(name) IS
  'Undo tc_link_login(): sessions of the login role no longer act as a user.';

CREATE FUNCTION taskcrm.tc_trust_gateway(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  oid_of_role oid := taskcrm_internal.role_oid(role);
BEGIN
  IF EXISTS (SELECT FROM taskcrm_internal.login l WHERE l.role_name = role) THEN
    RAISE object_not_in_prerequisite_state USING
      MESSAGE = format('role "%s" is linked to a user', role),
      DETAIL = 'A gateway acts for many users and cannot be linked to one of them.',
      HINT = 'Trust another role, or call tc_unlink_login() first.';
  END IF;
  PERFORM taskcrm_internal.write_gateway(role, oid_of_role);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_trust_gateway(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_trust_gateway(name) IS
  'Trust sessions of a login role to specify the user they act for, such as the authenticator of PostgREST or the pool of an application.';

CREATE FUNCTION taskcrm.tc_distrust_gateway(role name) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  PERFORM taskcrm_internal.delete_gateway(role);
  PERFORM taskcrm_internal.check_written('gateway', NOT EXISTS (SELECT FROM taskcrm_internal.gateway g WHERE g.role_name = role));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_distrust_gateway(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_distrust_gateway(name) IS
  'Undo tc_trust_gateway().';

-- Logins and gateways, and the current state of their roles.  If the name and the OID
-- still belong together, the role is unchanged.  If the name no longer exists, the role
-- was renamed and is found by its OID.  If the name belongs to another OID, the roles
-- were restored into another cluster and the role is found by its name; unless that role
-- is known by its OID under another name, as when two roles exchanged names: then it is
-- not found.
CREATE FUNCTION taskcrm_internal.found_role_links(OUT role name, OUT kind text, OUT result text,
    OUT new_name name, OUT new_oid oid) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH link AS (
    SELECT k.kind, k.role_name, k.role_oid, named.oid AS named_oid, numbered.rolname AS numbered_name
    FROM (
      SELECT 'login' AS kind, l.role_name, l.role_oid FROM taskcrm_internal.login l
      UNION ALL
      SELECT 'gateway', g.role_name, g.role_oid FROM taskcrm_internal.gateway g) k
    LEFT JOIN pg_roles named ON named.rolname = k.role_name
    LEFT JOIN pg_roles numbered ON numbered.oid = k.role_oid)
  SELECT l.role_name, l.kind, r.result,
    CASE r.result WHEN 'renamed' THEN l.numbered_name WHEN 'relinked' THEN l.role_name END,
    CASE r.result WHEN 'renamed' THEN l.role_oid WHEN 'relinked' THEN l.named_oid END
  FROM link l
  CROSS JOIN LATERAL (
    SELECT CASE
      WHEN l.named_oid = l.role_oid THEN 'unchanged'
      WHEN l.named_oid IS NULL AND l.numbered_name IS NULL THEN 'no such role'
      WHEN l.named_oid IS NULL AND EXISTS (SELECT FROM link o WHERE o.role_name = l.numbered_name) THEN 'ambiguous'
      WHEN l.named_oid IS NULL THEN 'renamed'
      WHEN EXISTS (SELECT FROM link o WHERE o.role_oid = l.named_oid
                   AND (o.named_oid IS NULL OR o.role_name = l.numbered_name)) THEN 'ambiguous'
      ELSE 'relinked' END) AS r (result)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.found_role_links() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.found_role_links() IS 'Logins and gateways, and the current state of their roles.';

CREATE FUNCTION taskcrm.tc_relink_roles(OUT role name, OUT kind text, OUT result text) RETURNS SETOF record
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  link record;
BEGIN
  PERFORM taskcrm_internal.check_installed();
  -- Find all of them before writing the first one.
  FOR link IN
    SELECT * FROM unnest(ARRAY(SELECT f FROM taskcrm_internal.found_role_links() f
                               ORDER BY f.kind DESC, f.role))
      AS l (role name, kind text, result text, new_name name, new_oid oid)
  LOOP
    IF link.new_oid IS NOT NULL AND link.kind = 'login' THEN
      PERFORM taskcrm_internal.rename_login(link.role, link.new_name, link.new_oid);
    ELSIF link.new_oid IS NOT NULL THEN
      PERFORM taskcrm_internal.rename_gateway(link.role, link.new_name, link.new_oid);
    END IF;
    role := link.role;
    kind := link.kind;
    result := concat_ws(' to ', link.result, CASE link.result WHEN 'renamed' THEN link.new_name END);
    RETURN NEXT;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_relink_roles() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_relink_roles() IS
  'Link logins and gateways to their roles again after the roles were renamed, or restored into another cluster.';

-- What an administrator can do beside traffic, before tc_install(), which then finds it.

-- Whether a table, or one of its columns, is missing: a statement that names it would fail.
CREATE FUNCTION taskcrm_internal.lacks_columns(tab name) RETURNS boolean
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT to_regclass(taskcrm_internal.qualified_name(tab)) IS NULL
    OR EXISTS (SELECT FROM taskcrm_internal.differing_columns() d WHERE d.tab = lacks_columns.tab AND d.found_type IS NULL)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.lacks_columns(name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.lacks_columns(name) IS 'Whether a table, or a column that taskcrm needs, is missing.';

-- Each statement is a transaction of its own, for \gexec of psql.  A column is added if
-- that rewrites no row; what refers to it is returned when it is there.  Indexes are built
-- concurrently.  A check or a foreign key is first added for new rows, which locks the table
-- for a moment, and then validated, which blocks nobody.
CREATE FUNCTION taskcrm.tc_pending_ddl(OUT statement text) RETURNS SETOF text
  LANGUAGE plpgsql STABLE ROWS 10 SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  RETURN QUERY
    WITH complete AS MATERIALIZED (
      SELECT t.tab FROM taskcrm_internal.tables_in_order() t WHERE NOT taskcrm_internal.lacks_columns(t.tab)),
    indexes AS MATERIALIZED (
      SELECT p.*, format('%I.%I', taskcrm_internal.table_schema(p.tab), p.index) AS name
      FROM taskcrm_internal.pending_indexes() p JOIN complete USING (tab)
      WHERE NOT p.is_built),
    constraints (tab, name, clause, validates) AS MATERIALIZED (
      SELECT p.tab, p."check", p.clause, p.validates FROM taskcrm_internal.pending_checks() p JOIN complete USING (tab)
      UNION ALL
      SELECT d.tab, d.key, format('ADD CONSTRAINT %I %s', d.key, d.definition), d.found_definition IS NOT NULL
      FROM taskcrm_internal.differing_keys() d JOIN complete USING (tab)
      WHERE starts_with(d.definition, 'FOREIGN KEY') AND d.former IS NULL
        -- It needs the columns and the key of another table.
        AND NOT EXISTS (SELECT FROM taskcrm_internal.differing_columns() c WHERE c.found_type IS NULL)
        AND NOT EXISTS (SELECT FROM taskcrm_internal.differing_keys() k
                        WHERE NOT starts_with(k.definition, 'FOREIGN KEY') AND k.found_definition IS NULL AND k.former IS NULL)
        AND (d.found_definition IS NULL OR d.found_definition = d.definition || ' NOT VALID'))
    SELECT s.statement
    FROM (
      SELECT 1, d.tab, d."column", 1,
        format('ALTER TABLE %s ADD COLUMN %I %s', taskcrm_internal.qualified_name(d.tab), d."column",
               concat_ws(' ', d.type, d.value, CASE WHEN d.not_null THEN 'NOT NULL' END))
      FROM taskcrm_internal.differing_columns() d
      -- A function in the default gives each row a value of its own.
      WHERE d.found_type IS NULL AND d.fill IS NULL AND coalesce(d.value, '') !~ '[(]'
        AND NOT (d.not_null AND d.value IS NULL)
      UNION ALL
      SELECT 2, i.tab, i.index, 1, 'DROP INDEX CONCURRENTLY ' || i.name FROM indexes i WHERE i.leftover
      UNION ALL
      SELECT 2, i.tab, i.index, 2, regexp_replace(i.definition, ' INDEX ', ' INDEX CONCURRENTLY ') FROM indexes i
      UNION ALL
      SELECT 3, c.tab, c.name, 1, format('ALTER TABLE %s %s NOT VALID', taskcrm_internal.qualified_name(c.tab), c.clause)
      FROM constraints c WHERE NOT c.validates
      UNION ALL
      SELECT 3, c.tab, c.name, 2, format('ALTER TABLE %s VALIDATE CONSTRAINT %I', taskcrm_internal.qualified_name(c.tab), c.name)
      FROM constraints c)
      AS s (part, tab, name, step, statement)
    ORDER BY s.part, s.tab, s.name, s.step;
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_pending_ddl() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_pending_ddl() IS
  'Return statements that add missing columns, indexes and constraints without blocking clients, to run before tc_install(). For superusers.';

-- The privileges on everything that the script and tc_install() create.
--
-- ALTER DEFAULT PRIVILEGES of the installing role adds privileges to whatever it creates,
-- or revokes those of PUBLIC.  So the wanted privileges of each object are defined here.
-- The script's last statement, upgrades and tc_install() apply them:
--
-- - The owner of an object and the owner of the tables keep their privileges.
-- - PUBLIC gets what public_functions() lists, and USAGE on types.
-- - Members of pg_monitor get what monitor_functions() lists.
-- - A client keeps what tc_grant_access() granted to it.
-- - Another role keeps its privileges, unless default privileges grant exactly these: then
--   they are revoked.

-- Objects that have privileges.  kind: as in pg_default_acl; object: as GRANT names it.
CREATE FUNCTION taskcrm_internal.owned_objects(OUT kind "char", OUT object text, OUT oid oid,
    OUT schema oid, OUT owner oid, OUT acl aclitem[]) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH member AS (
    SELECT d.classid, d.objid
    FROM pg_depend d JOIN pg_extension e ON d.refclassid = 'pg_extension'::regclass AND d.refobjid = e.oid
    WHERE e.extname = 'taskcrm' AND d.deptype = 'e')
  SELECT 'n'::"char", format('SCHEMA %I', n.nspname), n.oid, n.oid, n.nspowner,
    coalesce(n.nspacl, acldefault('n', n.nspowner))
  FROM pg_namespace n
  WHERE n.nspname IN ('taskcrm', 'taskcrm_internal')
  UNION ALL
  SELECT 'f', 'ROUTINE ' || p.oid::regprocedure, p.oid, p.pronamespace, p.proowner,
    coalesce(p.proacl, acldefault('f', p.proowner))
  FROM pg_proc p
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
    AND (EXISTS (SELECT FROM member m WHERE m.classid = 'pg_proc'::regclass AND m.objid = p.oid)
         OR p.oid IN (SELECT taskcrm_internal.client_functions()))
  UNION ALL
  SELECT 'T', 'TYPE ' || t.oid::regtype, t.oid, t.typnamespace, t.typowner,
    coalesce(t.typacl, acldefault('T', t.typowner))
  FROM pg_type t JOIN member m ON m.classid = 'pg_type'::regclass AND m.objid = t.oid
  UNION ALL
  SELECT 'r', 'TABLE ' || c.oid::regclass, c.oid, c.relnamespace, c.relowner,
    coalesce(c.relacl, acldefault('r', c.relowner))
  FROM pg_class c
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND c.relname IN (SELECT r.tab FROM taskcrm_internal.table_registry() r)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.owned_objects() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.owned_objects() IS 'The objects with privileges that the script and tc_install() create.';

-- Privileges that are not listed above.  fresh: right after the objects were created,
-- when there can be no clients.  by_default: whether default privileges grant it.
CREATE FUNCTION taskcrm_internal.excess_grants(fresh boolean, OUT object text, OUT grantee oid,
    OUT privilege text, OUT by_default boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  WITH held AS (
    SELECT o.kind, o.object, o.oid, o.schema, o.owner, a.grantee, a.privilege_type AS privilege, a.is_grantable
    FROM taskcrm_internal.owned_objects() o, aclexplode(o.acl) a),
  client AS (
    SELECT h.grantee FROM held h
    WHERE NOT fresh AND h.kind = 'n' AND h.oid = 'taskcrm'::regnamespace AND h.privilege = 'USAGE'
    INTERSECT
    SELECT h.grantee FROM held h
    WHERE h.oid IN (SELECT taskcrm_internal.client_functions()) AND h.grantee <> 0)
  SELECT h.object, h.grantee, h.privilege, g.by_default
  FROM held h
  CROSS JOIN LATERAL (
    SELECT EXISTS (
      SELECT FROM pg_default_acl d JOIN pg_roles r ON r.oid = d.defaclrole, aclexplode(d.defaclacl) a
      WHERE r.rolsuper AND d.defaclobjtype = h.kind AND d.defaclnamespace IN (0, h.schema)
        AND a.grantee = h.grantee AND a.privilege_type = h.privilege)) AS g (by_default)
  WHERE h.grantee <> h.owner
    AND NOT (h.grantee = 'pg_monitor'::regrole AND NOT h.is_grantable
             AND (h.oid IN (SELECT taskcrm_internal.monitor_functions())
                  OR h.kind = 'n' AND h.oid = 'taskcrm'::regnamespace AND h.privilege = 'USAGE'))
    AND h.grantee IS DISTINCT FROM (SELECT c.relowner FROM pg_class c WHERE c.oid = to_regclass('taskcrm.task'))
    AND CASE WHEN h.grantee = 0
      THEN NOT (h.kind = 'f' AND h.oid IN (SELECT taskcrm_internal.public_functions()) OR h.kind = 'T')
      ELSE fresh
        OR g.by_default AND NOT (
          NOT h.is_grantable AND h.grantee IN (SELECT c.grantee FROM client c)
          AND CASE h.kind
            WHEN 'n' THEN h.oid = 'taskcrm'::regnamespace AND h.privilege = 'USAGE'
            WHEN 'f' THEN h.oid IN (SELECT taskcrm_internal.client_functions())
            WHEN 'r' THEN h.privilege = 'SELECT' AND h.oid IN (
              SELECT to_regclass(format('taskcrm.%I', t.tab)) FROM taskcrm_internal.table_registry() t WHERE t.readable)
            ELSE false END) END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.excess_grants(boolean) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.excess_grants(boolean) IS 'Privileges that no role should have.';

-- Privileges that PUBLIC needs but lacks.
CREATE FUNCTION taskcrm_internal.missing_grants(OUT object text, OUT privilege text) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT o.object, v.privilege
  FROM taskcrm_internal.owned_objects() o
  JOIN (VALUES ('f'::"char", 'EXECUTE'), ('T', 'USAGE')) AS v (kind, privilege) ON v.kind = o.kind
  WHERE (o.kind = 'T' OR o.oid IN (SELECT taskcrm_internal.public_functions()))
    AND NOT EXISTS (SELECT FROM aclexplode(o.acl) a WHERE a.grantee = 0)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.missing_grants() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.missing_grants() IS 'Privileges that PUBLIC needs but lacks.';

CREATE PROCEDURE taskcrm_internal.install_rights(fresh boolean)
  LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT e.object, e.privilege,
      CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE quote_ident(pg_get_userbyid(e.grantee)) END AS grantee
    FROM taskcrm_internal.excess_grants(fresh) e
  LOOP
    -- CASCADE also revokes what was granted with a grant option.
    EXECUTE format('REVOKE %s ON %s FROM %s CASCADE', r.privilege, r.object, r.grantee);
  END LOOP;
  FOR r IN SELECT m.* FROM taskcrm_internal.missing_grants() m LOOP
    EXECUTE format('GRANT %s ON %s TO PUBLIC', r.privilege, r.object);
  END LOOP;
  FOR r IN
    SELECT m AS function FROM taskcrm_internal.monitor_functions() m
    WHERE NOT has_function_privilege('pg_monitor', m, 'EXECUTE')
  LOOP
    EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO pg_monitor', r.function);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_rights(boolean) FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_rights(boolean) IS
  'Revokes privileges that are not specified, and grants PUBLIC and pg_monitor those that they need.';

-- The checks of tc_doctor() on the tables and their triggers, constraints and indexes.
-- Each function is one check: it returns a line for each problem, and no rows if there is
-- none.

CREATE FUNCTION taskcrm_internal.doctor_tables() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s is missing', t)
  FROM taskcrm_internal.table_names() t
  WHERE to_regclass(taskcrm_internal.qualified_name(t)) IS NULL
  UNION ALL
  SELECT format('%s is %s', m.tab, m.kind) FROM taskcrm_internal.misplaced_relations() m
  UNION ALL
  SELECT format('%s is %s', c.relname, CASE c.relpersistence WHEN 'u' THEN 'unlogged' ELSE 'temporary' END)
  FROM taskcrm_internal.table_names() t
  JOIN pg_class c ON c.oid = to_regclass(taskcrm_internal.qualified_name(t))
  WHERE c.relkind = 'r' AND c.relpersistence <> 'p'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_tables() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_tables() IS
  'Tables that are missing, are not ordinary tables, or do not survive a crash.';

-- Its rows are part of the parent table, but when it is used by its own name, no key,
-- trigger, privilege or policy of the parent applies.
CREATE FUNCTION taskcrm_internal.doctor_children() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s inherits from %s', i.inhrelid::regclass, c.relname)
  FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_children() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_children() IS 'Tables that inherit from the tables of taskcrm.';

CREATE FUNCTION taskcrm_internal.doctor_version() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('the tables are at version %s, but the extension is at version %s',
                coalesce(string_agg(i.version, ', '), 'none'), e.extversion)
  FROM pg_extension e LEFT JOIN taskcrm_internal.installation i ON true
  WHERE e.extname = 'taskcrm'
  GROUP BY e.extversion
  HAVING count(*) <> 1 OR count(*) FILTER (WHERE i.version = e.extversion) <> 1
  UNION ALL
  SELECT format('the extension is at version %s, but its files are at version %s', a.installed_version, a.default_version)
  FROM pg_available_extensions a
  WHERE a.name = 'taskcrm' AND a.installed_version <> a.default_version
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_version() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_version() IS 'Tables, extension and files of different versions.';

CREATE FUNCTION taskcrm_internal.doctor_owner() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH owned AS (
    SELECT c.oid, c.relname, c.relowner, r.rolname, r.rolsuper, r.rolbypassrls
    FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())),
  owner AS (SELECT DISTINCT o.relowner, o.rolname, o.rolsuper, o.rolbypassrls FROM owned o)
  SELECT format('%s belongs to role %s, which %s', string_agg(o.relname, ', ' ORDER BY o.relname), o.rolname,
                CASE WHEN o.rolsuper THEN 'is a superuser' ELSE 'has BYPASSRLS' END)
  FROM owned o WHERE o.rolsuper OR o.rolbypassrls
  GROUP BY o.rolname, o.rolsuper
  UNION ALL
  SELECT format('role %s, which owns the tables, %s', o.rolname, u)
  FROM owner o, taskcrm_internal.unfit_owner(o.rolname, named => true) u
  WHERE NOT o.rolsuper
  UNION ALL
  SELECT format('the tables have several owners: %s', string_agg(o.rolname, ', ' ORDER BY o.rolname))
  FROM owner o HAVING count(*) > 1
  UNION ALL
  SELECT format('role %s lacks %s on schema %s', o.rolname, 'USAGE', s.nspname)
  FROM owner o, unnest('{taskcrm,taskcrm_internal}'::name[]) AS s (nspname)
  WHERE NOT has_schema_privilege(o.relowner, s.nspname, 'USAGE')
  UNION ALL
  SELECT format('role %s cannot execute %s', o.rolname, string_agg(f::text, ', ' ORDER BY f::text COLLATE "C"))
  FROM owner o, taskcrm_internal.owner_functions() f
  WHERE NOT has_function_privilege(o.relowner, f, 'EXECUTE')
  GROUP BY o.rolname
  UNION ALL
  SELECT format('role %s lacks %s on %s', o.rolname, string_agg(p.privilege, ', ' ORDER BY p.place), o.relname)
  FROM owned o,
    unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) WITH ORDINALITY AS p (privilege, place)
  WHERE NOT has_table_privilege(o.relowner, o.oid, p.privilege)
  GROUP BY o.rolname, o.relname
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_owner() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_owner() IS
  'Owners that bypass row-level security, or lack required privileges.';

CREATE FUNCTION taskcrm_internal.doctor_statistics() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s.%s has %s', f.tab, f."column", CASE f.target WHEN 0 THEN 'no statistics' ELSE 'too few statistics' END)
  FROM taskcrm_internal.found_statistics() f
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_statistics() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_statistics() IS
  'Columns with fewer statistics than plans need.';

CREATE FUNCTION taskcrm_internal.doctor_row_security() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s has no %s', c.relname,
                concat_ws(' and no ', CASE WHEN NOT c.relrowsecurity THEN 'ENABLE' END,
                          CASE WHEN NOT c.relforcerowsecurity THEN 'FORCE' END))
  FROM pg_class c
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    AND NOT (c.relrowsecurity AND c.relforcerowsecurity)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_row_security() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_row_security() IS
  'Tables without ENABLE or FORCE ROW LEVEL SECURITY.';

CREATE FUNCTION taskcrm_internal.doctor_policies() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', policy, tab,
                CASE WHEN f.clauses IS NULL THEN 'is missing'
                     WHEN w.clauses IS NULL THEN 'was added: ' || f.clauses
                     ELSE 'was changed: ' || f.clauses END)
  FROM taskcrm_internal.wanted_policies() w
  FULL JOIN taskcrm_internal.found_policies() f USING (tab, policy)
  WHERE f.clauses IS DISTINCT FROM w.clauses
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_policies() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_policies() IS
  'Policies other than those that tc_install() creates.';

CREATE FUNCTION taskcrm_internal.doctor_triggers() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', trigger, tab,
                CASE WHEN f.definition IS NULL THEN 'is missing'
                     WHEN w.definition IS NULL THEN 'was added'
                     ELSE 'was changed' END)
  FROM taskcrm_internal.wanted_triggers() w
  FULL JOIN taskcrm_internal.found_triggers() f USING (tab, trigger)
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_triggers() IS
  'Triggers other than those that tc_install() creates.';

CREATE FUNCTION taskcrm_internal.doctor_disabled_triggers() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', w.trigger, w.tab,
                CASE f.state WHEN 'D' THEN 'is disabled'
                             WHEN 'R' THEN 'fires on replicas only'
                             WHEN 'A' THEN 'fires on replicas too'
                             ELSE 'does not fire on replicas' END)
  FROM taskcrm_internal.wanted_triggers() w JOIN taskcrm_internal.found_triggers() f USING (tab, trigger)
  WHERE f.state <> w.state
  UNION
  SELECT format('foreign key %s is not checked on %s', n.conname, d.tab)
  FROM taskcrm_internal.disabled_key_triggers() d JOIN pg_constraint n ON n.oid = d.constraint_oid
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_disabled_triggers() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_disabled_triggers() IS 'Triggers that do not fire when they should.';

CREATE FUNCTION taskcrm_internal.doctor_rules() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s on %s was added', w.rulename, c.relname)
  FROM pg_rewrite w JOIN pg_class c ON c.oid = w.ev_class
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_rules() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_rules() IS
  'Rules (CREATE RULE) on the tables, which make writes fail.';

CREATE FUNCTION taskcrm_internal.doctor_indexes() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s on %s %s', w.index, w.tab,
                CASE WHEN i.oid IS NULL THEN 'is missing'
                     ELSE 'was changed: ' || pg_get_indexdef(i.oid) END)
  FROM taskcrm_internal.wanted_indexes() w
  LEFT JOIN pg_class i ON i.oid = to_regclass(format('%I.%I', taskcrm_internal.table_schema(w.tab), w.index)) AND i.relkind IN ('i', 'I')
  WHERE i.oid IS NULL OR pg_get_indexdef(i.oid) <> w.definition
  UNION ALL
  SELECT format('%s on %s is invalid', i.relname, c.relname)
  FROM pg_index x JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_class c ON c.oid = x.indrelid
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND NOT (x.indisvalid AND x.indisready AND x.indislive)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_indexes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_indexes() IS
  'Indexes that are missing, invalid or changed.';

-- Columns that are exposed, but dropped or renamed, or changed to what the API cannot show.
CREATE FUNCTION taskcrm_internal.doctor_columns() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('column %s of task %s', e.column_name, e.problem)
  FROM taskcrm_internal.exposed_columns() e
  WHERE e.problem IS NOT NULL
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_columns() IS
  'Exposed columns that the API cannot show or accept.';

-- Columns that users added are not checked.
CREATE FUNCTION taskcrm_internal.doctor_table_columns() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s.%s %s', d.tab, d."column",
                CASE WHEN d.found_type IS NULL THEN 'is missing'
                     ELSE 'was changed: ' || concat_ws(' ', d.found_type, CASE WHEN d.found_not_null THEN 'NOT NULL' END,
                                                       d.found_value) END)
  FROM taskcrm_internal.differing_columns() d
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_table_columns() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_table_columns() IS 'Columns of the tables that are missing or changed.';

-- Keys that users added are theirs, but a reference to another organization would show
-- that its row exists.
CREATE FUNCTION taskcrm_internal.doctor_keys() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', d.key, d.tab,
                CASE WHEN d.former IS NOT NULL THEN 'was renamed: ' || d.former
                     WHEN d.found_definition IS NULL THEN 'is missing'
                     ELSE 'was changed: ' || d.found_definition END)
  FROM taskcrm_internal.differing_keys() d
  UNION ALL
  SELECT format('foreign key %s of %s does not include org_id', n.conname, n.conrelid::regclass)
  FROM pg_constraint n
  JOIN pg_attribute f ON f.attrelid = n.conrelid AND f.attname = 'org_id' AND NOT f.attisdropped
  JOIN pg_attribute t ON t.attrelid = n.confrelid AND t.attname = 'org_id' AND NOT t.attisdropped
  WHERE n.contype = 'f'
    AND n.conrelid IN (SELECT taskcrm_internal.found_tables()) AND n.confrelid IN (SELECT taskcrm_internal.found_tables())
    AND NOT EXISTS (SELECT FROM unnest(n.conkey, n.confkey) AS k (own, other)
                    WHERE k.own = f.attnum AND k.other = t.attnum)
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_keys() IS
  'Keys that are missing or changed, or do not include the organization.';

-- Columns and objects that users added to the tables are not checked.
CREATE FUNCTION taskcrm_internal.doctor_values() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s on %s %s', w."check", w.tab,
                CASE WHEN f.definition IS NULL THEN 'is missing' ELSE 'was changed: ' || f.definition END)
  FROM taskcrm_internal.wanted_checks() w LEFT JOIN taskcrm_internal.found_checks() f USING (tab, "check")
  WHERE f.definition IS DISTINCT FROM w.definition
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_values() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_values() IS
  'Check constraints that are missing or changed.';

-- Reads every attachment, but not its content.
CREATE FUNCTION taskcrm_internal.doctor_contents() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('attachments whose content is missing: %s', count(*))
  FROM taskcrm.task_attachment a
  WHERE a.url IS NULL
    AND NOT EXISTS (SELECT FROM taskcrm.task_attachment_content c WHERE c.org_id = a.org_id AND c.attachment_id = a.id)
  HAVING count(*) > 0
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_contents() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_contents() IS 'Attachments whose content is missing.';

CREATE FUNCTION taskcrm_internal.known_labels(OUT enum text, OUT place integer, OUT label text)
  RETURNS SETOF record
  LANGUAGE C IMMUTABLE PARALLEL UNSAFE ROWS 10 AS 'MODULE_PATHNAME', 'tc_known_labels';
REVOKE ALL ON FUNCTION taskcrm_internal.known_labels() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.known_labels() IS 'The labels of status and priority that the code knows.';

CREATE FUNCTION taskcrm_internal.doctor_labels() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH found AS (
    SELECT t.typname::text AS enum, e.enumlabel::text AS label,
      (row_number() OVER (PARTITION BY t.oid ORDER BY e.enumsortorder))::integer AS place
    FROM pg_enum e JOIN pg_type t ON t.oid = e.enumtypid
    WHERE t.typnamespace = 'taskcrm'::regnamespace)
  SELECT format('%s "%s" %s', coalesce(f.enum, k.enum), coalesce(f.label, k.label),
                CASE WHEN f.label IS NULL THEN 'is missing'
                     WHEN k.label IS NULL THEN 'was added'
                     ELSE 'is at another position' END)
  FROM found f
  FULL JOIN taskcrm_internal.known_labels() k ON k.enum = f.enum AND k.label = f.label
  WHERE f.place IS DISTINCT FROM k.place
    -- An additional label moves those after it, which is not reported.
    AND (f.label IS NULL OR k.label IS NULL
         OR (SELECT count(*) FROM found o WHERE o.enum = f.enum)
            = (SELECT count(*) FROM taskcrm_internal.known_labels() o WHERE o.enum = f.enum))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_labels() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_labels() IS
  'Labels of status and priority that were added, renamed or moved.';

CREATE FUNCTION taskcrm_internal.doctor_replica_identity() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s has no usable replica identity', l.tab) FROM taskcrm_internal.lacking_replica_identity() l
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_replica_identity() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_replica_identity() IS
  'Tables in which a publication makes UPDATE and DELETE fail.';

CREATE FUNCTION taskcrm_internal.doctor_extensions() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT CASE WHEN a.installed_version IS NULL THEN format('%s is missing', r.name)
              ELSE format('%s is at version %s, but its files are at version %s',
                          r.name, a.installed_version, a.default_version) END
  FROM pg_extension e
  JOIN pg_available_extension_versions v ON v.name = e.extname AND v.version = e.extversion
  CROSS JOIN unnest(v.requires) AS r (name)
  LEFT JOIN pg_available_extensions a ON a.name = r.name
  WHERE e.extname = 'taskcrm' AND a.installed_version IS DISTINCT FROM a.default_version
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_extensions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_extensions() IS
  'Extensions required by taskcrm that are missing or out of date.';

-- Reads every task.
CREATE FUNCTION taskcrm_internal.doctor_counters() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('organization %s has %s tasks that are %s and %s, but %s are counted',
                c.org_id, c.actual, c.status, c.priority, c.counted)
  FROM taskcrm.tc_check_counts() c
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_counters() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_counters() IS 'Task counters that are wrong.';

-- Reads every description.
CREATE FUNCTION taskcrm_internal.doctor_texts() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('task_text differs for %s tasks of organization %s',
                count(*), d.org_id)
  FROM taskcrm_internal.differing_texts() d
  GROUP BY d.org_id
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_texts() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_texts() IS 'Descriptions whose copy for searching is missing or wrong.';

-- The checks of tc_doctor() on the privileges of roles.  Each function is one check: it
-- returns a line for each problem, and no rows if there is none.

-- Privileges that PUBLIC must not have, and those that it needs but lacks.
CREATE FUNCTION taskcrm_internal.doctor_public_rights() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('PUBLIC can execute %s', p.oid::regprocedure)
  FROM pg_proc p
  CROSS JOIN LATERAL aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND a.grantee = 0
    AND p.oid IN (SELECT o.oid FROM taskcrm_internal.owned_objects() o WHERE o.kind = 'f')
    AND p.oid NOT IN (SELECT taskcrm_internal.public_functions())
  UNION ALL
  SELECT format('PUBLIC has %s on schema %s', a.privilege_type, n.nspname)
  FROM pg_namespace n, aclexplode(n.nspacl) a
  WHERE n.nspname IN ('taskcrm', 'taskcrm_internal') AND a.grantee = 0
  UNION ALL
  SELECT format('PUBLIC has %s on %s', a.privilege_type, c.relname)
  FROM pg_class c, aclexplode(c.relacl) a
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND a.grantee = 0
  UNION ALL
  SELECT format('PUBLIC has %s on %s.%s', a.privilege_type, c.relname, t.attname)
  FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND NOT t.attisdropped, aclexplode(t.attacl) a
  WHERE c.oid IN (SELECT taskcrm_internal.found_tables()) AND a.grantee = 0
  UNION ALL
  SELECT format('PUBLIC lacks %s on %s', m.privilege, lower(split_part(m.object, ' ', 1)) || substr(m.object, position(' ' in m.object)))
  FROM taskcrm_internal.missing_grants() m
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_public_rights() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_public_rights() IS 'Privileges that PUBLIC must not have, or needs but lacks.';

-- The next tc_install() or upgrade revokes what a superuser's default privileges would
-- grant; this reports what they have granted.
CREATE FUNCTION taskcrm_internal.doctor_default_rights() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT format('%s has %s on %s by default privileges', CASE WHEN e.grantee = 0 THEN 'PUBLIC' ELSE 'role ' || pg_get_userbyid(e.grantee) END,
                e.privilege, lower(split_part(e.object, ' ', 1)) || substr(e.object, position(' ' in e.object)))
  FROM taskcrm_internal.excess_grants(fresh => false) e
  WHERE e.by_default
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_default_rights() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_default_rights() IS
  'Privileges on objects of taskcrm that default privileges granted.';

CREATE FUNCTION taskcrm_internal.doctor_definer_functions() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s runs as role %s', p.oid::regprocedure, pg_get_userbyid(p.proowner))
  FROM pg_proc p
  WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND p.prosecdef
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_definer_functions() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_definer_functions() IS 'Functions that run with the privileges of their owner.';

-- Roles, other than superusers and the owner of the tables, that can call the API or have
-- been granted something directly.  is_client: they can call the API.
CREATE FUNCTION taskcrm_internal.granted_roles(OUT role name, OUT is_client boolean) RETURNS SETOF record
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH grantee AS (
    SELECT a.grantee FROM pg_proc p, aclexplode(p.proacl) a
    WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
    UNION
    SELECT a.grantee FROM pg_namespace n, aclexplode(n.nspacl) a WHERE n.nspname IN ('taskcrm', 'taskcrm_internal')
    UNION
    SELECT a.grantee FROM pg_class c, aclexplode(c.relacl) a
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    UNION
    SELECT a.grantee FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid, aclexplode(t.attacl) a
    WHERE c.oid IN (SELECT taskcrm_internal.found_tables()))
  SELECT r.rolname, c.is_client
  FROM pg_roles r
  CROSS JOIN LATERAL (
    SELECT has_schema_privilege(r.oid, 'taskcrm', 'USAGE')
      AND has_function_privilege(r.oid, 'taskcrm.tc_list_tasks(jsonb)', 'EXECUTE')) c (is_client)
  WHERE NOT r.rolsuper AND NOT starts_with(r.rolname, 'pg_')
    AND r.oid NOT IN (SELECT o.relowner FROM pg_class o
                      WHERE o.oid IN (SELECT taskcrm_internal.found_tables()))
    AND (c.is_client OR r.oid IN (SELECT g.grantee FROM grantee g))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.granted_roles() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.granted_roles() IS 'Roles with privileges on objects of taskcrm.';

-- A role that only provisions may create organizations and users: the administrator
-- decided that.  If a role has other ways around row-level security, that alone is
-- reported.
CREATE FUNCTION taskcrm_internal.doctor_client_rights() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH granted AS (
    SELECT g.role, g.is_client, ARRAY(SELECT u FROM taskcrm_internal.unbound_roles(g.role) u ORDER BY u) AS unbound
    FROM taskcrm_internal.granted_roles() g),
  excess AS (
    SELECT g.role, e.held
    FROM granted g, taskcrm_internal.excess_rights(g.role, delete => g.is_client) e
    WHERE (NOT g.is_client OR g.unbound = '{}') AND (g.is_client OR NOT e.is_function
           OR e.held NOT IN (SELECT f::text FROM taskcrm_internal.provisioning_functions() f))
    -- doctor_public_rights() reports the privileges of PUBLIC.
    EXCEPT
    SELECT g.role, p.held FROM granted g, taskcrm_internal.excess_rights('public', delete => false) p)
  SELECT format('role %s %s', g.role,
                CASE WHEN g.role = ANY (g.unbound) THEN 'is not bound by row-level security'
                     ELSE 'can become ' || array_to_string(g.unbound, ', ') END)
  FROM granted g WHERE g.is_client AND g.unbound <> '{}'
  UNION ALL
  SELECT format('role %s has %s', e.role, string_agg(e.held, ', ' ORDER BY e.held COLLATE "C"))
  FROM excess e GROUP BY e.role
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_client_rights() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_client_rights() IS 'Roles with more privileges than clients may have.';

-- DELETE allows LOCK TABLE, with which one session stops all organizations.  Behind a
-- gateway, the application decides which statements reach the server.
CREATE FUNCTION taskcrm_internal.doctor_client_deletes() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('role %s can log in, and has DELETE on %s', r.rolname, string_agg(t.tab, ', ' ORDER BY t.tab))
  FROM pg_roles r
  CROSS JOIN taskcrm_internal.client_tables() t
  WHERE r.rolcanlogin AND t.deletable
    AND NOT EXISTS (SELECT FROM taskcrm_internal.unbound_roles(r.rolname))
    AND NOT EXISTS (SELECT FROM taskcrm_internal.gateway g WHERE g.role_name = r.rolname AND g.role_oid = r.oid)
    -- Not only what it inherits, but also what it has after SET ROLE.
    AND EXISTS (
      SELECT FROM pg_class c, aclexplode(c.relacl) a
      WHERE c.oid = to_regclass(format('taskcrm.%I', t.tab)) AND a.privilege_type = 'DELETE'
        AND CASE WHEN a.grantee <> 0 THEN pg_has_role(r.oid, a.grantee, 'MEMBER') END)
  GROUP BY r.rolname
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_client_deletes() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_client_deletes() IS
  'Roles that can log in as a person and lock tables, because they have DELETE.';

-- A later version may have functions and tables that did not exist when access was
-- granted.  A role that reads no table at all was granted access with read => false.
CREATE FUNCTION taskcrm_internal.doctor_client_access() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('role %s cannot execute %s', g.role, string_agg(f::text, ', ' ORDER BY f::text COLLATE "C"))
  FROM taskcrm_internal.granted_roles() g, taskcrm_internal.client_functions() f
  WHERE g.is_client AND NOT has_function_privilege(g.role, f, 'EXECUTE')
  GROUP BY g.role
  UNION ALL
  SELECT format('role %s cannot read %s', g.role, string_agg(t.tab, ', ' ORDER BY t.tab))
  FROM taskcrm_internal.granted_roles() g, taskcrm_internal.table_registry() t
  WHERE g.is_client AND t.readable AND NOT has_table_privilege(g.role, format('taskcrm.%I', t.tab), 'SELECT')
    AND EXISTS (SELECT FROM taskcrm_internal.read_tables(g.role))
  GROUP BY g.role
  UNION ALL
  -- A role that writes titles was granted write access.
  SELECT format('role %s cannot write %s of task', g.role, string_agg(e.column_name, ', ' ORDER BY e.column_name))
  FROM taskcrm_internal.granted_roles() g
  CROSS JOIN taskcrm_internal.exposed_columns() e
  JOIN pg_attribute a ON a.attrelid = to_regclass('taskcrm.task') AND a.attname = e.column_name AND NOT a.attisdropped
  WHERE g.is_client AND e.writable AND has_column_privilege(g.role, a.attrelid, 'title', 'UPDATE')
    AND NOT (has_column_privilege(g.role, a.attrelid, a.attnum, 'INSERT')
             AND has_column_privilege(g.role, a.attrelid, a.attnum, 'UPDATE'))
  GROUP BY g.role
  UNION ALL
  -- A restore of the rows alone brings logins without their privileges.
  SELECT format('%s %s cannot call the API', l.kind, l.role)
  FROM taskcrm_internal.found_role_links() l JOIN pg_roles r ON r.rolname = l.role
  WHERE l.result = 'unchanged'
    AND NOT EXISTS (SELECT FROM pg_roles s
                    WHERE pg_has_role(r.oid, s.oid, 'MEMBER') AND has_schema_privilege(s.oid, 'taskcrm', 'USAGE'))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_client_access() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_client_access() IS 'Roles that can call only a part of the API, or nothing.';

CREATE FUNCTION taskcrm_internal.doctor_logins() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT CASE WHEN u = k.role_name THEN format('%s %s is not bound by row-level security', k.kind, k.role_name)
              ELSE format('%s %s can become %s', k.kind, k.role_name, u) END
  FROM (
    SELECT l.role_name, 'login' AS kind FROM taskcrm_internal.login l
    UNION ALL
    SELECT g.role_name, 'gateway' FROM taskcrm_internal.gateway g) k
  JOIN pg_roles r ON r.rolname = k.role_name
  CROSS JOIN LATERAL taskcrm_internal.unbound_roles(r.rolname) u
  -- A superuser can act as any user.
  WHERE u = k.role_name OR NOT r.rolsuper
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_logins() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_logins() IS
  'Logins and gateways that bypass row-level security.';

CREATE FUNCTION taskcrm_internal.doctor_role_links() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('%s %s %s', f.kind, f.role,
                CASE f.result WHEN 'renamed' THEN 'was renamed to ' || f.new_name
                              WHEN 'relinked' THEN 'was linked to another role of this name'
                              WHEN 'ambiguous' THEN 'may be one of several roles, because names were exchanged'
                              ELSE 'no longer exists as a role' END)
  FROM taskcrm_internal.found_role_links() f
  WHERE f.result <> 'unchanged'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_role_links() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_role_links() IS
  'Logins and gateways whose role was dropped, renamed or created again.';

-- Of several lines for the same kind of connection and the same addresses, the first one
-- applies.  Address ranges that contain each other are not compared, so a line that is
-- never reached may be reported.
CREATE FUNCTION taskcrm_internal.doctor_gateway_trust() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('gateway %s can log in without a password according to line %s of pg_hba.conf', m.role_name, m.line_number)
  FROM (
    SELECT DISTINCT ON (g.role_name, h.type, h.address, h.netmask) g.role_name, h.line_number, h.auth_method
    FROM taskcrm_internal.gateway g
    JOIN pg_roles r ON r.rolname = g.role_name AND r.rolcanlogin
    CROSS JOIN pg_hba_file_rules() WITH ORDINALITY h
    WHERE h.error IS NULL
      AND EXISTS (SELECT FROM unnest(h.database) AS d (name)
        WHERE d.name IN ('all', current_database())
          OR d.name = 'sameuser' AND r.rolname = current_database()
          OR d.name IN ('samerole', 'samegroup') AND EXISTS (
            SELECT FROM pg_roles s WHERE s.rolname = current_database() AND pg_has_role(r.oid, s.oid, 'MEMBER'))
          OR starts_with(d.name, '/') AND current_database() ~ substr(d.name, 2))
      AND EXISTS (SELECT FROM unnest(h.user_name) AS u (name)
        WHERE u.name IN ('all', r.rolname)
          OR starts_with(u.name, '+') AND EXISTS (
            SELECT FROM pg_roles s WHERE s.rolname = substr(u.name, 2) AND pg_has_role(r.oid, s.oid, 'MEMBER'))
          OR starts_with(u.name, '/') AND r.rolname ~ substr(u.name, 2))
    ORDER BY g.role_name, h.type, h.address, h.netmask, h.ordinality) m
  WHERE m.auth_method = 'trust'
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_gateway_trust() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_gateway_trust() IS
  'Gateways as which anyone can log in.';

CREATE FUNCTION taskcrm_internal.jwt_key_problem(alg text, key bytea) RETURNS text
  LANGUAGE C IMMUTABLE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_jwt_key_problem';
REVOKE ALL ON FUNCTION taskcrm_internal.jwt_key_problem(text, bytea) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.jwt_key_problem(text, bytea) IS 'The problem with a key for tokens, or NULL if there is none.';

CREATE FUNCTION taskcrm_internal.doctor_jwt_keys() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  SELECT format('key "%s" (%s): %s', k.kid, k.alg, rtrim(p.problem, '.'))
  FROM taskcrm_internal.jwt_key k, LATERAL (SELECT taskcrm_internal.jwt_key_problem(k.alg, k.key)) p (problem)
  WHERE p.problem IS NOT NULL
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_jwt_keys() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_jwt_keys() IS 'Keys for tokens that are too short or otherwise unsuitable.';

-- A view reads as its owner unless it has security_invoker, and a materialized view
-- contains what its owner saw.
CREATE FUNCTION taskcrm_internal.doctor_views() RETURNS SETOF text
  LANGUAGE sql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
  WITH RECURSIVE reader (oid) AS (
    SELECT c.oid FROM pg_class c WHERE c.oid IN (SELECT taskcrm_internal.found_tables())
    UNION
    SELECT w.ev_class
    FROM reader
    JOIN pg_depend d ON d.refclassid = 'pg_class'::regclass AND d.refobjid = reader.oid
      AND d.classid = 'pg_rewrite'::regclass
    JOIN pg_rewrite w ON w.oid = d.objid)
  SELECT format('%s reads as role %s', v.oid::regclass, r.rolname)
  FROM reader JOIN pg_class v ON v.oid = reader.oid JOIN pg_roles r ON r.oid = v.relowner
  WHERE (r.rolsuper OR r.rolbypassrls)
    AND (v.relkind = 'm' OR v.relkind = 'v' AND NOT EXISTS (
      SELECT FROM pg_options_to_table(v.reloptions) o
      WHERE o.option_name = 'security_invoker' AND o.option_value::boolean))
    AND (EXISTS (SELECT FROM aclexplode(v.relacl) a WHERE a.grantee <> v.relowner)
         OR EXISTS (SELECT FROM pg_attribute t, aclexplode(t.attacl) a WHERE t.attrelid = v.oid))
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_views() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_views() IS
  'Views on the tables that show rows that row-level security would hide.';

-- tc_doctor(): reports what is unsafe or broken in this installation.

-- The checks in the order of the report, each with a remedy.  A check is the function
-- taskcrm_internal.doctor_<name>().
CREATE FUNCTION taskcrm_internal.doctor_checks(OUT name name, OUT hint text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('tables'::name, 'Restore missing tables, or run CALL taskcrm.tc_install() to create them empty. Drop or rename other objects that have the name of a table. Run ALTER TABLE ... SET LOGGED for unlogged tables.'),
    ('children', 'Run ALTER TABLE ... NO INHERIT, and insert its rows into the parent table.'),
    ('version', 'Run ALTER EXTENSION taskcrm UPDATE, then CALL taskcrm.tc_install().'),
    ('owner', 'Run ALTER ROLE ... NOSUPERUSER NOBYPASSRLS NOLOGIN NOCREATEROLE NOCREATEDB NOREPLICATION and revoke its memberships, or run CALL taskcrm.tc_install(owner => ...) with another role. For missing privileges, run CALL taskcrm.tc_install().'),
    ('row_security', 'Run CALL taskcrm.tc_install().'),
    ('policies', 'Run CALL taskcrm.tc_install() for missing or changed policies. Drop additional policies that are not wanted.'),
    ('triggers', 'Run CALL taskcrm.tc_install() for missing or changed triggers. Drop additional triggers that are not wanted.'),
    ('disabled_triggers', 'Run CALL taskcrm.tc_install(). Rows written in the meantime were not checked.'),
    ('rules', 'Drop the rule. Write a trigger instead.'),
    ('indexes', 'Drop changed indexes, then run CALL taskcrm.tc_install() to create the missing ones. Run REINDEX for invalid indexes.'),
    ('replica_identity', 'Run CALL taskcrm.tc_install(). Until then, UPDATE and DELETE fail if the table is in a publication.'),
    ('statistics', 'Run CALL taskcrm.tc_install(), then ANALYZE.'),
    ('table_columns', 'Run CALL taskcrm.tc_install(), which adds missing columns and repairs defaults and NOT NULL. If a column has another type, run ALTER TABLE ... ALTER COLUMN ... TYPE; if it was renamed, rename it back before.'),
    ('keys', 'Run CALL taskcrm.tc_install() for missing, changed or renamed keys. Drop a foreign key without org_id, or add org_id to it.'),
    ('values', 'Run CALL taskcrm.tc_install() for missing or changed constraints.'),
    ('columns', 'Run SELECT taskcrm.tc_hide_column(''task'', ...) for a column that is gone or no longer wanted, or ALTER TABLE taskcrm.task for one that changed.'),
    ('contents', 'Restore the missing rows of task_attachment_content, or delete the attachments without content.'),
    ('labels', 'Run ALTER TYPE ... RENAME VALUE for renamed labels. PostgreSQL cannot drop a label: give the tasks with an additional label another one, and the label is gone after a dump and restore.'),
    ('counters', 'Run SELECT taskcrm.tc_recount().'),
    ('texts', 'Run CALL taskcrm.tc_install().'),
    ('extensions', 'Run CREATE EXTENSION for missing extensions, or ALTER EXTENSION ... UPDATE for outdated ones, then CALL taskcrm.tc_install().'),
    ('public_rights', 'Run CALL taskcrm.tc_install().'),
    ('default_rights', 'Run CALL taskcrm.tc_install(), which revokes what default privileges grant.'),
    ('definer_functions', 'Run ALTER FUNCTION ... SECURITY INVOKER, or move the function to another schema.'),
    ('client_rights', 'Revoke the privileges. SELECT taskcrm.tc_grant_access(role) grants exactly what a client may have.'),
    ('client_deletes', 'Run SELECT taskcrm.tc_grant_access(role) without delete => true, or grant the rights to a role without LOGIN to which only a gateway can switch.'),
    ('client_access', 'Run SELECT taskcrm.tc_grant_access(role), with write => true for a role that writes directly.'),
    ('logins', 'Remove the attributes and memberships with which the role bypasses row-level security, or run SELECT taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role).'),
    ('role_links', 'Run SELECT * FROM taskcrm.tc_relink_roles() for roles that were renamed or restored. Otherwise, run SELECT taskcrm.tc_unlink_login(role) or taskcrm.tc_distrust_gateway(role), and link the right role again.'),
    ('gateway_trust', 'Use an authentication method other than trust in pg_hba.conf, such as scram-sha-256, and run SELECT pg_reload_conf().'),
    ('jwt_keys', 'Add a suitable key with SELECT taskcrm.tc_add_jwt_key(...), and remove this one with SELECT taskcrm.tc_remove_jwt_key(kid).'),
    ('views', 'Run ALTER VIEW ... SET (security_invoker = true), or revoke the privileges on the view. For a materialized view, revoke them.')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.doctor_checks() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.doctor_checks() IS 'The checks of tc_doctor().';

-- Findings that an administrator may accept: what somebody added on purpose.  Something
-- that is missing or was changed is repaired instead.
CREATE FUNCTION taskcrm_internal.is_acceptable(check_name text, finding text) RETURNS boolean
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT check_name IN ('children', 'policies', 'triggers', 'disabled_triggers', 'rules', 'labels', 'public_rights',
      'default_rights', 'definer_functions', 'client_rights', 'client_deletes', 'client_access',
      'logins', 'gateway_trust', 'views')
    AND NOT (check_name IN ('policies', 'triggers') AND finding ~ ' (is missing|was changed)')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.is_acceptable(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_acceptable(text, text) IS 'Whether tc_accept_finding() accepts a finding.';

-- object: the whole finding, or its beginning up to a blank.
CREATE FUNCTION taskcrm_internal.is_about(finding text, object text) RETURNS boolean
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  SELECT finding = object OR starts_with(finding, object || ' ')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.is_about(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.is_about(text, text) IS 'Whether a finding is about an object.';

-- The findings of one check, without those that were accepted; NULL if there are none.
CREATE FUNCTION taskcrm_internal.open_findings(check_name text) RETURNS text[]
  LANGUAGE plpgsql STABLE SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  found text[];
BEGIN
  EXECUTE format('SELECT array_agg(f ORDER BY f COLLATE "C") FROM taskcrm_internal.%I() f', 'doctor_' || check_name)
    INTO found;
  -- Before the next tc_install(), the table may not exist.
  IF found IS NOT NULL AND to_regclass('taskcrm_internal.accepted_finding') IS NOT NULL THEN
    SELECT array_agg(f ORDER BY f COLLATE "C") INTO found FROM unnest(found) f
    WHERE NOT (taskcrm_internal.is_acceptable(open_findings.check_name, f)
               AND EXISTS (SELECT FROM taskcrm_internal.accepted_finding a
                           WHERE a.check_name = open_findings.check_name AND taskcrm_internal.is_about(f, a.object)));
  END IF;
  RETURN found;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.open_findings(text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.open_findings(text) IS 'The findings of a check that were not accepted.';

-- Runs as a superuser or as the owner of the tables.  Compiling the checks would take
-- longer than they do.
CREATE FUNCTION taskcrm_internal.report_findings(OUT "check" text, OUT ok boolean, OUT detail text, OUT hint text)
  RETURNS SETOF record
  LANGUAGE plpgsql STABLE PARALLEL UNSAFE ROWS 20 SET search_path = pg_catalog, taskcrm, pg_temp SET jit = off AS $$
#variable_conflict use_column
DECLARE
  -- Further problems are only counted.
  most CONSTANT integer := 20;
  todo record;
  found text[];
  failed boolean;
  is_misplaced boolean;
BEGIN
  -- Reads nothing if a table has been replaced by another kind of relation.
  is_misplaced := EXISTS (SELECT FROM taskcrm_internal.misplaced_relations());
  IF NOT is_misplaced THEN
    PERFORM taskcrm_internal.check_installed();
  END IF;
  FOR todo IN SELECT c.name, c.hint FROM taskcrm_internal.doctor_checks() c LOOP
    failed := false;
    IF todo.name = 'gateway_trust' AND NOT has_function_privilege('pg_hba_file_rules()', 'EXECUTE') THEN
      "check" := todo.name;
      ok := NULL;
      detail := 'not checked: only superusers can read pg_hba.conf';
      hint := 'Call tc_doctor() as a superuser.';
      RETURN NEXT;
      CONTINUE;
    END IF;
    BEGIN
      IF is_misplaced AND todo.name <> 'tables' THEN
        RAISE object_not_in_prerequisite_state USING MESSAGE = 'another object has the name of a table';
      END IF;
      found := taskcrm_internal.open_findings(todo.name);
    EXCEPTION WHEN others THEN
      -- If a table is missing, its rows cannot be checked.
      failed := true;
      found := ARRAY['the check failed: ' || SQLERRM];
    END;
    "check" := todo.name;
    ok := found IS NULL;
    detail := array_to_string(found[:most], '; ')
      || CASE WHEN cardinality(found) > most THEN format('; and %s more', cardinality(found) - most) ELSE '' END;
    hint := CASE WHEN failed THEN 'Fix the problems reported by the other checks, then run this again.'
                 WHEN NOT ok THEN todo.hint END;
    RETURN NEXT;
  END LOOP;
END
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.report_findings() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.report_findings() IS 'Runs all checks.';

CREATE FUNCTION taskcrm.tc_doctor(OUT "check" text, OUT ok boolean, OUT detail text, OUT hint text)
  RETURNS SETOF record
  LANGUAGE C STABLE PARALLEL UNSAFE ROWS 20 AS 'MODULE_PATHNAME', 'tc_doctor';
REVOKE ALL ON FUNCTION taskcrm.tc_doctor() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_doctor() IS
  'Report what is unsafe or broken in this installation, one row for each check. For superusers and monitoring.';

CREATE FUNCTION taskcrm_internal.write_finding(check_name text, object text, why text, accepted_by name) RETURNS void
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_write_finding';
REVOKE ALL ON FUNCTION taskcrm_internal.write_finding(text, text, text, name) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.write_finding(text, text, text, name) IS 'Writes a row of accepted_finding.';

CREATE FUNCTION taskcrm_internal.delete_finding(check_name text, object text) RETURNS boolean
  LANGUAGE C VOLATILE STRICT PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_finding';
REVOKE ALL ON FUNCTION taskcrm_internal.delete_finding(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.delete_finding(text, text) IS 'Deletes a row of accepted_finding.';

CREATE FUNCTION taskcrm.tc_accept_finding("check" text, object text, why text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
DECLARE
  argument record;
  found text[];
BEGIN
  PERFORM taskcrm_internal.check_installed();
  FOR argument IN SELECT v.* FROM (VALUES ('check', "check"), ('object', object), ('why', why)) v (name, value)
  LOOP
    IF taskcrm_internal.is_blank(coalesce(argument.value, '')) OR char_length(argument.value) > 1000 THEN
      RAISE invalid_parameter_value USING
        MESSAGE = format('invalid value for argument "%s"', argument.name),
        DETAIL = 'It must be a text of 1 to 1000 characters that is not blank.';
    END IF;
  END LOOP;
  IF NOT EXISTS (SELECT FROM taskcrm_internal.doctor_checks() c
                 WHERE c.name = tc_accept_finding."check" AND taskcrm_internal.is_acceptable(c.name, '')) THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'invalid value for argument "check"',
      DETAIL = 'There is no such check, or its findings must be repaired.',
      HINT = 'Findings of these checks can be accepted: ' || (
        SELECT string_agg(c.name, ', ') FROM taskcrm_internal.doctor_checks() c
        WHERE taskcrm_internal.is_acceptable(c.name, '')) || '.';
  END IF;
  EXECUTE format('SELECT array_agg(f ORDER BY f COLLATE "C") FROM taskcrm_internal.%I() f', 'doctor_' || "check")
    INTO found;
  IF NOT EXISTS (SELECT FROM unnest(found) f
                 WHERE taskcrm_internal.is_about(f, tc_accept_finding.object)
                   AND taskcrm_internal.is_acceptable(tc_accept_finding."check", f)) THEN
    RAISE invalid_parameter_value USING
      MESSAGE = 'invalid value for argument "object"',
      DETAIL = format('The check "%s" of tc_doctor() has no such finding that can be accepted.', "check"),
      HINT = 'Specify the text of a finding, or its beginning: ' || coalesce(array_to_string(found[:20], '; '), 'there are none') || '.';
  END IF;
  PERFORM taskcrm_internal.write_finding("check", object, why, session_user);
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_accept_finding(text, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_accept_finding(text, text, text) IS
  'Accept a finding of tc_doctor(), which then no longer reports it.';

CREATE FUNCTION taskcrm.tc_unaccept_finding("check" text, object text) RETURNS void
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $$
BEGIN
  PERFORM taskcrm_internal.check_installed();
  IF NOT coalesce(taskcrm_internal.delete_finding("check", object), false) THEN
    RAISE undefined_object USING
      MESSAGE = 'this finding was not accepted',
      HINT = 'See taskcrm_internal.accepted_finding.';
  END IF;
  PERFORM taskcrm_internal.check_written('accepted_finding', NOT EXISTS (
    SELECT FROM taskcrm_internal.accepted_finding a
    WHERE a.check_name = tc_unaccept_finding."check" AND a.object = tc_unaccept_finding.object));
END
$$;
REVOKE ALL ON FUNCTION taskcrm.tc_unaccept_finding(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_unaccept_finding(text, text) IS
  'Undo tc_accept_finding(): tc_doctor() reports the finding again.';

GRANT USAGE ON SCHEMA taskcrm TO pg_monitor;

-- The last statement of the script, and of every upgrade script with fresh => false: it
-- makes privileges independent of the installing role's default privileges.
CALL taskcrm_internal.install_rights(fresh => true);

