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
