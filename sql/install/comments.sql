-- Comments on columns.  They are the descriptions in doc/tables.md, in clients such as
-- pgAdmin, and in the OpenAPI document of PostgREST.  tables.sql has the comments that
-- state a rule of the table, beside the table.

CREATE FUNCTION taskcrm_internal.wanted_comments(OUT tab name, OUT "column" name, OUT comment text) RETURNS SETOF record
  LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
  VALUES
    ('installation'::name, 'version'::name, 'The version of the extension.'),
    ('installation', 'installed_on', 'When tc_install() brought the tables to this version.'),
    ('exposed_column', 'table_name', 'The table.'),
    ('exposed_column', 'column_name', 'The column, which an administrator added to the table.'),
    ('exposed_column', 'writable', 'Whether the API accepts values for it.'),
    ('organization', 'id', 'The value of org_id in all other tables.'),
    ('organization', 'name', 'The name of the organization.'),
    ('organization', 'created_on', 'When the organization was created.'),
    ('organization', 'external_id', 'The id that the identity provider has for the organization, which tokens can contain as org_id.'),
    ('app_user', 'id', 'The id of the user, which tokens can contain as sub.'),
    ('app_user', 'email', 'The email address; unique, whatever its case. Its part before @ is the handle in mentions.'),
    ('app_user', 'name', 'The name that is shown.'),
    ('app_user', 'external_id', 'The id that the identity provider has for the user, which tokens can contain as sub.'),
    ('login', 'role_name', 'The name of the login role.'),
    ('login', 'role_oid', 'The OID that the role had when it was linked.'),
    ('login', 'user_id', 'The user that sessions of the role act for.'),
    ('gateway', 'role_name', 'The name of the login role.'),
    ('gateway', 'role_oid', 'The OID that the role had when it was trusted.'),
    ('jwt_key', 'kid', 'The name of the key, which tokens can contain as kid.'),
    ('jwt_key', 'id', 'Differs for every key, even if a kid is used again.'),
    ('jwt_key', 'alg', 'The algorithm: HS256, RS256, ES256 or EdDSA.'),
    ('jwt_key', 'issuer', 'The iss that tokens must have; NULL for any.'),
    ('jwt_key', 'audience', 'The aud that tokens must have; NULL for any.'),
    ('jwt_key', 'created_on', 'When the key was added.'),
    ('jwt_key', 'subject_prefix', 'What is put before the sub of tokens to make an external id; NULL for nothing.'),
    ('member', 'org_id', 'The organization.'),
    ('member', 'user_id', 'The user who is a member of it.'),
    ('member', 'role', 'The role in the organization: admin or member.'),
    ('stored_answer', 'org_id', 'The organization in which the call was made.'),
    ('stored_answer', 'user_id', 'The user who made the call.'),
    ('stored_answer', 'key', 'The idempotency key.'),
    ('stored_answer', 'answer', 'The answer as JSON; NULL while the call is running.'),
    ('stored_answer', 'created_on', 'When the answer was stored; it expires after 24 hours.'),
    ('account', 'org_id', 'The organization that the account belongs to.'),
    ('account', 'id', 'The id of the account.'),
    ('account', 'name', 'The name of the company.'),
    ('contact', 'org_id', 'The organization that the contact belongs to.'),
    ('contact', 'id', 'The id of the contact.'),
    ('contact', 'first_name', 'The first name, or the whole name.'),
    ('contact', 'last_name', 'The last name.'),
    ('contact', 'email', 'The email address.'),
    ('contact', 'account_id', 'The account that the contact works for.'),
    ('team', 'org_id', 'The organization that the team belongs to.'),
    ('team', 'id', 'The id of the team.'),
    ('team', 'name', 'The name of the team.'),
    ('team_member', 'org_id', 'The organization that the team belongs to.'),
    ('team_member', 'team_id', 'The team.'),
    ('team_member', 'user_id', 'The member who is in the team.'),
    ('task', 'org_id', 'The organization that the task belongs to.'),
    ('task', 'id', 'The id of the task.'),
    ('task', 'title', 'The title of the task.'),
    ('task', 'description', 'The description of the task.'),
    ('task', 'status', 'The status of the task.'),
    ('task', 'priority', 'The priority of the task.'),
    ('task', 'due_date', 'The last day on which the task is not overdue.'),
    ('task', 'account_id', 'The account that the task is about.'),
    ('task', 'created_on', 'When the task was created.'),
    ('task', 'updated_on', 'When the task or its links were last changed.'),
    ('task', 'completed_on', 'When the task was completed; NULL while it is open.'),
    ('task', 'completed_by', 'The user who completed the task; NULL while it is open, or if no user did.'),
    ('task_contact', 'org_id', 'The organization that the task belongs to.'),
    ('task_contact', 'task_id', 'The task.'),
    ('task_contact', 'contact_id', 'A contact that it is about.'),
    ('task_assignee', 'org_id', 'The organization that the task belongs to.'),
    ('task_assignee', 'task_id', 'The task.'),
    ('task_assignee', 'user_id', 'A member that it is assigned to.'),
    ('task_team', 'org_id', 'The organization that the task belongs to.'),
    ('task_team', 'task_id', 'The task.'),
    ('task_team', 'team_id', 'A team that it is assigned to.'),
    ('task_comment', 'org_id', 'The organization that the task belongs to.'),
    ('task_comment', 'id', 'The id of the comment.'),
    ('task_comment', 'task_id', 'The task that the comment is on.'),
    ('task_comment', 'comment', 'The text.'),
    ('task_comment', 'commented_on', 'When the comment was written.'),
    ('task_comment', 'commented_by', 'The user who wrote the comment; NULL if it was imported without one.'),
    ('task_mention', 'org_id', 'The organization that the comment belongs to.'),
    ('task_mention', 'comment_id', 'The comment.'),
    ('task_mention', 'user_id', 'A member that it mentions.'),
    ('task_attachment', 'org_id', 'The organization that the task belongs to.'),
    ('task_attachment', 'id', 'The id of the attachment.'),
    ('task_attachment', 'task_id', 'The task that the file is attached to.'),
    ('task_attachment', 'file_name', 'The name of the file.'),
    ('task_attachment', 'content_type', 'The media type, such as application/pdf.'),
    ('task_attachment', 'sha256', 'SHA-256 of the content; NULL for a link.'),
    ('task_attachment', 'url', 'The address of a link; NULL for a file that is stored here.'),
    ('task_attachment', 'created_on', 'When the file was attached.'),
    ('task_attachment', 'created_by', 'The user who attached the file; NULL if it was imported without one.'),
    ('task_attachment_content', 'org_id', 'The organization that the attachment belongs to.'),
    ('task_attachment_content', 'attachment_id', 'The attachment.'),
    ('task_attachment_content', 'content', 'The bytes of the file.'),
    ('invitation', 'org_id', 'The organization that it invites to.'),
    ('invitation', 'id', 'The id of the invitation.'),
    ('invitation', 'email', 'The email address of the user who may accept it; NULL for whoever has the token.'),
    ('invitation', 'role', 'The role that the user gets: admin or member.'),
    ('invitation', 'created_on', 'When the invitation was created.'),
    ('invitation', 'created_by', 'The admin who created it.'),
    ('invitation', 'expires_on', 'From when on it cannot be accepted; it is deleted some time later.'),
    ('invitation', 'accepted_on', 'When it was accepted; NULL if it was not.'),
    ('invitation', 'accepted_by', 'The user who accepted it.'),
    ('task_text', 'org_id', 'The organization that the task belongs to.'),
    ('task_text', 'task_id', 'The task.'),
    ('task_text', 'description', 'The description of the task.'),
    ('accepted_finding', 'check_name', 'The check, as tc_doctor() names it.'),
    ('accepted_finding', 'object', 'The text of the finding, or its beginning.'),
    ('accepted_finding', 'why', 'Why it was accepted.'),
    ('accepted_finding', 'accepted_by', 'The role that accepted it.'),
    ('accepted_finding', 'accepted_on', 'When it was accepted.'),
    ('task_count', 'org_id', 'The organization whose tasks are counted.'),
    ('task_count', 'status', 'The status of these tasks.'),
    ('task_count', 'priority', 'The priority of these tasks.'),
    ('task_count', 'n', 'How many tasks were added; negative if tasks were removed.')
$$;
REVOKE ALL ON FUNCTION taskcrm_internal.wanted_comments() FROM PUBLIC;
COMMENT ON FUNCTION taskcrm_internal.wanted_comments() IS 'Comments on columns.';

-- Adds the comments that are missing; an administrator may have written other ones.
CREATE PROCEDURE taskcrm_internal.install_comments()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
DECLARE
  r record;
BEGIN
  FOR r IN
    SELECT w.* FROM taskcrm_internal.wanted_comments() w
    JOIN pg_class c ON c.relname = w.tab AND c.oid IN (SELECT taskcrm_internal.found_tables())
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = w."column" AND a.attnum > 0
    WHERE col_description(c.oid, a.attnum) IS NULL
  LOOP
    EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', taskcrm_internal.qualified_name(r.tab), r."column", r.comment);
  END LOOP;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_comments() FROM PUBLIC;
COMMENT ON PROCEDURE taskcrm_internal.install_comments() IS 'Adds missing comments on columns.';
