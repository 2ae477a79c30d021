-- Accounts, contacts, teams and members, for clients who are admins of the
-- selected organization.  Clients read these tables with SELECT.

CREATE FUNCTION taskcrm.tc_create_account(name text, idempotency_key text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_create_account';
REVOKE ALL ON FUNCTION taskcrm.tc_create_account(text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_create_account(text, text) IS
  'Create an account in the selected organization. For its admins.';

CREATE FUNCTION taskcrm.tc_rename_account(pk uuid, name text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rename_account';
REVOKE ALL ON FUNCTION taskcrm.tc_rename_account(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_rename_account(uuid, text) IS
  'Rename an account. For admins of the organization.';

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

CREATE FUNCTION taskcrm.tc_rename_team(pk uuid, name text) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rename_team';
REVOKE ALL ON FUNCTION taskcrm.tc_rename_team(uuid, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_rename_team(uuid, text) IS
  'Rename a team. For admins of the organization.';

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

CREATE FUNCTION taskcrm.tc_rename_contact(
  pk uuid, first_name text, last_name text DEFAULT NULL) RETURNS json
  LANGUAGE C VOLATILE PARALLEL UNSAFE AS 'MODULE_PATHNAME', 'tc_rename_contact';
REVOKE ALL ON FUNCTION taskcrm.tc_rename_contact(uuid, text, text) FROM PUBLIC;
COMMENT ON FUNCTION taskcrm.tc_rename_contact(uuid, text, text) IS
  'Rename a contact. For admins of the organization.';

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
