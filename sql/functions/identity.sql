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
  LANGUAGE C STABLE STRICT LEAKPROOF PARALLEL SAFE SUPPORT taskcrm_internal.is_current_org_support
  AS 'MODULE_PATHNAME', 'tc_is_current_org';
COMMENT ON FUNCTION taskcrm_internal.is_current_org(uuid) IS
  'Whether a row belongs to the selected organization. For policies, which evaluate it first.';
