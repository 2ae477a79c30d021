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
