-- Creates organizations, users and memberships.  tc_grant_access() never grants this: an
-- administrator may grant it to a provisioning role.

CREATE FUNCTION taskcrm.tc_create_organization(name text, id uuid DEFAULT NULL) RETURNS uuid
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_create_organization(text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_organization(text, uuid) IS
  'Create an organization and return its id, which is generated if it is not specified.';

CREATE FUNCTION taskcrm.tc_delete_organization(org_id uuid) RETURNS void
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_delete_organization';
REVOKE ALL ON FUNCTION taskcrm.tc_delete_organization(uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_delete_organization(uuid) IS
  'Delete an organization with everything that belongs to it. Users remain.';

CREATE FUNCTION taskcrm.tc_create_user(email text, name text DEFAULT NULL, id uuid DEFAULT NULL) RETURNS uuid
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_user';
REVOKE ALL ON FUNCTION taskcrm.tc_create_user(text, text, uuid) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_user(text, text, uuid) IS
  'Create a user and return the id, which is generated if it is not specified.';

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
