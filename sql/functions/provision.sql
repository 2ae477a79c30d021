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
