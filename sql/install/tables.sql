-- The tables.  They are ordinary tables created by tc_install(), not members of the
-- extension, so that pg_dump includes them completely and DROP EXTENSION cannot drop
-- them.
--
-- Primary keys, unique keys, foreign keys and indexes of tenant tables begin with org_id.
-- That makes a reference to another organization impossible, makes every index usable
-- under row-level security, and lets the tables be distributed by organization.
-- indexes.sql has the indexes other than those of keys, checks.sql the check constraints.

CREATE PROCEDURE taskcrm_internal.install_platform_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regclass('taskcrm_internal.installation') IS NULL THEN
    -- Without a key, so that a data-only restore does not fail here; the next
    -- tc_install() removes a second row.
    CREATE TABLE taskcrm_internal.installation (
      version text NOT NULL,
      installed_on timestamptz NOT NULL DEFAULT now());
    ALTER TABLE taskcrm_internal.installation REPLICA IDENTITY FULL;
    COMMENT ON TABLE taskcrm_internal.installation IS 'The version of the tables, as set by tc_install().';
  END IF;

  IF to_regclass('taskcrm_internal.exposed_column') IS NULL THEN
    CREATE TABLE taskcrm_internal.exposed_column (
      table_name name NOT NULL,
      column_name name NOT NULL,
      writable boolean NOT NULL,
      CONSTRAINT exposed_column_pkey PRIMARY KEY (table_name, column_name));
    COMMENT ON TABLE taskcrm_internal.exposed_column IS 'The columns that tc_expose_column() made keys of the API.';
  END IF;

  IF to_regclass('taskcrm.organization') IS NULL THEN
    CREATE TABLE taskcrm.organization (
      id uuid PRIMARY KEY DEFAULT taskcrm.tc_uuidv7(),
      name text NOT NULL,
      created_on timestamptz NOT NULL DEFAULT now(),
      external_id text COLLATE "C");
    CREATE UNIQUE INDEX organization_external_id_key ON taskcrm.organization (external_id);
    COMMENT ON TABLE taskcrm.organization IS 'An organization: the tenant that everything else belongs to.';
  END IF;

  IF to_regclass('taskcrm.app_user') IS NULL THEN
    CREATE TABLE taskcrm.app_user (
      id uuid PRIMARY KEY DEFAULT taskcrm.tc_uuidv7(),
      email text NOT NULL,
      name text NOT NULL DEFAULT '',
      is_active boolean NOT NULL DEFAULT true,
      external_id text COLLATE "C");
    -- Contain users of all organizations; plans of clients never use them
    -- (statistics_hook.c).
    CREATE UNIQUE INDEX app_user_email_key ON taskcrm.app_user (email);
    CREATE UNIQUE INDEX app_user_external_id_key ON taskcrm.app_user (external_id);
    COMMENT ON TABLE taskcrm.app_user IS 'A person, who may be a member of several organizations.';
    COMMENT ON COLUMN taskcrm.app_user.is_active IS 'A user who is not active has no access.';
  END IF;

  IF to_regclass('taskcrm_internal.login') IS NULL THEN
    CREATE TABLE taskcrm_internal.login (
      role_name name PRIMARY KEY,
      role_oid oid NOT NULL,
      user_id uuid NOT NULL CONSTRAINT login_user_id_fkey REFERENCES taskcrm.app_user (id) ON DELETE CASCADE);
    COMMENT ON TABLE taskcrm_internal.login IS 'Login roles that are linked to a user. A row is valid while both name and OID match a role.';
  END IF;

  IF to_regclass('taskcrm_internal.gateway') IS NULL THEN
    CREATE TABLE taskcrm_internal.gateway (
      role_name name PRIMARY KEY,
      role_oid oid NOT NULL);
    COMMENT ON TABLE taskcrm_internal.gateway IS 'Login roles that are trusted to specify the user. A row is valid while both name and OID match a role.';
  END IF;

  IF to_regclass('taskcrm_internal.jwt_key') IS NULL THEN
    -- A token in use is tied to id instead of kid, because a kid may be reused for
    -- another key.
    CREATE TABLE taskcrm_internal.jwt_key (
      kid text PRIMARY KEY,
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      alg text NOT NULL,
      key bytea NOT NULL,
      issuer text,
      audience text,
      created_on timestamptz NOT NULL DEFAULT now(),
      subject_prefix text);
    COMMENT ON TABLE taskcrm_internal.jwt_key IS 'Keys that tokens are verified with. No client may read it.';
    COMMENT ON COLUMN taskcrm_internal.jwt_key.key IS 'The secret for HS256; for other algorithms, the SubjectPublicKeyInfo in DER format.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_platform_tables() FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_directory_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regclass('taskcrm.member') IS NULL THEN
    CREATE TABLE taskcrm.member (
      org_id uuid NOT NULL CONSTRAINT member_org_id_fkey REFERENCES taskcrm.organization (id) ON DELETE CASCADE,
      user_id uuid NOT NULL CONSTRAINT member_user_id_fkey REFERENCES taskcrm.app_user (id),
      role text NOT NULL DEFAULT 'member',
      is_active boolean NOT NULL DEFAULT true,
      CONSTRAINT member_pkey PRIMARY KEY (org_id, user_id));
    COMMENT ON TABLE taskcrm.member IS 'The members of an organization and their roles.';
    COMMENT ON COLUMN taskcrm.member.is_active IS
      'A member who is not active has no access; the member''s comments, tasks and assignments remain.';
  END IF;

  IF to_regclass('taskcrm.account') IS NULL THEN
    CREATE TABLE taskcrm.account (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org()
        CONSTRAINT account_org_id_fkey REFERENCES taskcrm.organization (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      name text NOT NULL,
      CONSTRAINT account_pkey PRIMARY KEY (org_id, id));
    COMMENT ON TABLE taskcrm.account IS 'A company that the organization does business with.';
  END IF;

  IF to_regclass('taskcrm.contact') IS NULL THEN
    CREATE TABLE taskcrm.contact (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org()
        CONSTRAINT contact_org_id_fkey REFERENCES taskcrm.organization (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      first_name text NOT NULL,
      last_name text,
      email text,
      account_id uuid,
      CONSTRAINT contact_pkey PRIMARY KEY (org_id, id),
      CONSTRAINT contact_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES taskcrm.account (org_id, id));
    COMMENT ON TABLE taskcrm.contact IS 'A person outside the organization.';
  END IF;

  IF to_regclass('taskcrm.team') IS NULL THEN
    CREATE TABLE taskcrm.team (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org()
        CONSTRAINT team_org_id_fkey REFERENCES taskcrm.organization (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      name text NOT NULL,
      CONSTRAINT team_pkey PRIMARY KEY (org_id, id));
    COMMENT ON TABLE taskcrm.team IS 'A group of members that tasks can be assigned to.';
  END IF;

  IF to_regclass('taskcrm.team_member') IS NULL THEN
    CREATE TABLE taskcrm.team_member (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org(),
      team_id uuid NOT NULL,
      user_id uuid NOT NULL,
      CONSTRAINT team_member_pkey PRIMARY KEY (org_id, team_id, user_id),
      CONSTRAINT team_member_team_id_fkey FOREIGN KEY (org_id, team_id)
        REFERENCES taskcrm.team (org_id, id) ON DELETE CASCADE,
      CONSTRAINT team_member_user_id_fkey FOREIGN KEY (org_id, user_id)
        REFERENCES taskcrm.member (org_id, user_id) ON DELETE CASCADE);
    COMMENT ON TABLE taskcrm.team_member IS 'The members of the teams.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_directory_tables() FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_task_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regclass('taskcrm.task') IS NULL THEN
    CREATE TABLE taskcrm.task (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org()
        CONSTRAINT task_org_id_fkey REFERENCES taskcrm.organization (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      title text NOT NULL,
      description text,
      status taskcrm.task_status NOT NULL DEFAULT 'New',
      priority taskcrm.task_priority NOT NULL DEFAULT 'Normal',
      due_date date,
      account_id uuid,
      created_on timestamptz NOT NULL DEFAULT now(),
      created_by uuid DEFAULT taskcrm.tc_current_user()
        CONSTRAINT task_created_by_fkey REFERENCES taskcrm.app_user (id),
      updated_on timestamptz NOT NULL DEFAULT now(),
      completed_on timestamptz,
      completed_by uuid CONSTRAINT task_completed_by_fkey REFERENCES taskcrm.app_user (id),
      version integer NOT NULL DEFAULT 1,
      CONSTRAINT task_pkey PRIMARY KEY (org_id, id),
      CONSTRAINT task_account_id_fkey FOREIGN KEY (org_id, account_id) REFERENCES taskcrm.account (org_id, id));
    COMMENT ON TABLE taskcrm.task IS 'A task of an organization.';
    COMMENT ON COLUMN taskcrm.task.created_by IS 'The user who created the task; NULL if it was imported without one.';
    COMMENT ON COLUMN taskcrm.task.version IS 'The version of the task: 1 when it is created, incremented by each change.';
  END IF;

  IF to_regclass('taskcrm_internal.task_text') IS NULL THEN
    CREATE TABLE taskcrm_internal.task_text (
      org_id uuid NOT NULL,
      task_id uuid NOT NULL,
      description text NOT NULL,
      CONSTRAINT task_text_pkey PRIMARY KEY (org_id, task_id),
      CONSTRAINT task_text_task_id_fkey FOREIGN KEY (org_id, task_id)
        REFERENCES taskcrm.task (org_id, id) ON DELETE CASCADE);
    COMMENT ON TABLE taskcrm_internal.task_text IS
      'A copy of each description that is not empty, for searching. No client may read it.';
  END IF;

  CALL taskcrm_internal.install_link_table('task_contact', 'contact_id',
    'taskcrm.contact (org_id, id)', 'The contacts that a task is about.');
  CALL taskcrm_internal.install_link_table('task_assignee', 'user_id',
    'taskcrm.member (org_id, user_id)', 'The members that a task is assigned to.');
  CALL taskcrm_internal.install_link_table('task_team', 'team_id',
    'taskcrm.team (org_id, id)', 'The teams that a task is assigned to.');

  IF to_regclass('taskcrm.task_comment') IS NULL THEN
    CREATE TABLE taskcrm.task_comment (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org(),
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      task_id uuid NOT NULL,
      comment text NOT NULL,
      commented_on timestamptz NOT NULL DEFAULT now(),
      commented_by uuid DEFAULT taskcrm.tc_current_user()
        CONSTRAINT task_comment_commented_by_fkey REFERENCES taskcrm.app_user (id),
      edited_on timestamptz,
      CONSTRAINT task_comment_pkey PRIMARY KEY (org_id, id),
      CONSTRAINT task_comment_task_id_fkey FOREIGN KEY (org_id, task_id)
        REFERENCES taskcrm.task (org_id, id) ON DELETE CASCADE);
    COMMENT ON TABLE taskcrm.task_comment IS 'A comment on a task.';
    COMMENT ON COLUMN taskcrm.task_comment.edited_on IS 'When the comment was last edited; NULL if never.';
  END IF;

  IF to_regclass('taskcrm.task_mention') IS NULL THEN
    CREATE TABLE taskcrm.task_mention (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org(),
      comment_id uuid NOT NULL,
      user_id uuid NOT NULL,
      CONSTRAINT task_mention_pkey PRIMARY KEY (org_id, comment_id, user_id),
      CONSTRAINT task_mention_comment_id_fkey FOREIGN KEY (org_id, comment_id)
        REFERENCES taskcrm.task_comment (org_id, id) ON DELETE CASCADE,
      CONSTRAINT task_mention_user_id_fkey FOREIGN KEY (org_id, user_id)
        REFERENCES taskcrm.member (org_id, user_id) ON DELETE CASCADE);
    COMMENT ON TABLE taskcrm.task_mention IS 'The users who are @mentioned in a comment.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_task_tables() FROM PUBLIC;

-- The three many-to-many links differ only in one column name.  created_on repeats the
-- task's, so that a list driven by a link (the tasks of one assignee, newest first) is a
-- single index scan.
CREATE PROCEDURE taskcrm_internal.install_link_table(link name, target_column name, target text, doc text)
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regclass(format('taskcrm.%I', link)) IS NOT NULL THEN
    RETURN;
  END IF;
  EXECUTE format($ddl$
    CREATE TABLE taskcrm.%1$I (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org(),
      task_id uuid NOT NULL,
      %2$I uuid NOT NULL,
      created_on timestamptz NOT NULL,
      CONSTRAINT %3$I PRIMARY KEY (org_id, task_id, %2$I),
      CONSTRAINT %4$I FOREIGN KEY (org_id, task_id)
        REFERENCES taskcrm.task (org_id, id) ON DELETE CASCADE,
      CONSTRAINT %5$I FOREIGN KEY (org_id, %2$I)
        REFERENCES %6$s ON DELETE CASCADE);
    COMMENT ON TABLE taskcrm.%1$I IS %7$L;
    COMMENT ON COLUMN taskcrm.%1$I.created_on IS 'A copy of created_on of the task, for ordering.'$ddl$,
    link, target_column, link || '_pkey', link || '_task_id_fkey',
    link || '_' || target_column || '_fkey', target, doc);
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_link_table(name, name, text, text) FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_attachment_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regclass('taskcrm.task_attachment') IS NULL THEN
    CREATE TABLE taskcrm.task_attachment (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org(),
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      task_id uuid NOT NULL,
      file_name text NOT NULL,
      content_type text,
      size bigint,
      sha256 bytea,
      url text,
      created_on timestamptz NOT NULL DEFAULT now(),
      created_by uuid DEFAULT taskcrm.tc_current_user()
        CONSTRAINT task_attachment_created_by_fkey REFERENCES taskcrm.app_user (id),
      CONSTRAINT task_attachment_pkey PRIMARY KEY (org_id, id),
      CONSTRAINT task_attachment_task_id_fkey FOREIGN KEY (org_id, task_id)
        REFERENCES taskcrm.task (org_id, id) ON DELETE CASCADE);
    COMMENT ON TABLE taskcrm.task_attachment IS 'A file that is attached to a task, or a link to a file.';
    COMMENT ON COLUMN taskcrm.task_attachment.size IS 'The size of the content in bytes; NULL for a link.';
  END IF;

  IF to_regclass('taskcrm.task_attachment_content') IS NULL THEN
    CREATE TABLE taskcrm.task_attachment_content (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org(),
      attachment_id uuid NOT NULL,
      content bytea NOT NULL,
      CONSTRAINT task_attachment_content_pkey PRIMARY KEY (org_id, attachment_id),
      CONSTRAINT task_attachment_content_attachment_id_fkey FOREIGN KEY (org_id, attachment_id)
        REFERENCES taskcrm.task_attachment (org_id, id) ON DELETE CASCADE);
    -- Most attachments are compressed already.
    ALTER TABLE taskcrm.task_attachment_content ALTER content SET STORAGE EXTERNAL;
    COMMENT ON TABLE taskcrm.task_attachment_content IS
      'The content of attachments, in a table of its own so that lists do not read it.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_attachment_tables() FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_upkeep_tables()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regclass('taskcrm_internal.invitation') IS NULL THEN
    CREATE TABLE taskcrm_internal.invitation (
      org_id uuid NOT NULL DEFAULT taskcrm.tc_current_org()
        CONSTRAINT invitation_org_id_fkey REFERENCES taskcrm.organization (id) ON DELETE CASCADE,
      id uuid NOT NULL DEFAULT taskcrm.tc_uuidv7(),
      email text,
      role text NOT NULL DEFAULT 'member',
      token_hash bytea NOT NULL,
      created_on timestamptz NOT NULL DEFAULT now(),
      created_by uuid DEFAULT taskcrm.tc_current_user()
        CONSTRAINT invitation_created_by_fkey REFERENCES taskcrm.app_user (id),
      expires_on timestamptz NOT NULL,
      accepted_on timestamptz,
      accepted_by uuid CONSTRAINT invitation_accepted_by_fkey REFERENCES taskcrm.app_user (id),
      CONSTRAINT invitation_pkey PRIMARY KEY (org_id, id));
    COMMENT ON TABLE taskcrm_internal.invitation IS
      'Invitations to organizations, until they expire. No client may read it.';
    COMMENT ON COLUMN taskcrm_internal.invitation.token_hash IS
      'The SHA-256 hash of the token, which is not stored.';
  END IF;

  IF to_regclass('taskcrm_internal.stored_answer') IS NULL THEN
    CREATE TABLE taskcrm_internal.stored_answer (
      org_id uuid NOT NULL CONSTRAINT stored_answer_org_id_fkey REFERENCES taskcrm.organization (id) ON DELETE CASCADE,
      user_id uuid NOT NULL,
      key text NOT NULL,
      request bytea NOT NULL,
      answer text,
      created_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT stored_answer_pkey PRIMARY KEY (org_id, user_id, key));
    COMMENT ON TABLE taskcrm_internal.stored_answer IS
      'Answers to calls with an idempotency key, kept for 24 hours.';
    COMMENT ON COLUMN taskcrm_internal.stored_answer.request IS 'The SHA-256 hash of the request.';
  END IF;

  IF to_regclass('taskcrm_internal.accepted_finding') IS NULL THEN
    CREATE TABLE taskcrm_internal.accepted_finding (
      check_name text NOT NULL,
      object text NOT NULL,
      why text NOT NULL,
      accepted_by name NOT NULL,
      accepted_on timestamptz NOT NULL DEFAULT now(),
      CONSTRAINT accepted_finding_pkey PRIMARY KEY (check_name, object));
    COMMENT ON TABLE taskcrm_internal.accepted_finding IS
      'Findings of tc_doctor() that an administrator has accepted, so that it no longer reports them.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_upkeep_tables() FROM PUBLIC;

CREATE PROCEDURE taskcrm_internal.install_count_table()
  LANGUAGE plpgsql SET search_path = pg_catalog, taskcrm, pg_temp AS $install$
BEGIN
  IF to_regclass('taskcrm_internal.task_count') IS NULL THEN
    -- No foreign key: the tasks have one, and a row is written here with every task.
    -- Rows are added and deleted all the time, so vacuum must not wait for a share of
    -- them.
    CREATE TABLE taskcrm_internal.task_count (
      org_id uuid NOT NULL,
      status taskcrm.task_status NOT NULL,
      priority taskcrm.task_priority NOT NULL,
      n bigint NOT NULL)
      WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);
    -- There is no key, and a publication must identify deleted rows.
    ALTER TABLE taskcrm_internal.task_count REPLICA IDENTITY FULL;
    COMMENT ON TABLE taskcrm_internal.task_count IS
      'Changes to the number of tasks, by statement. The sum for an organization is its number of tasks.';
  END IF;
END
$install$;
REVOKE ALL ON PROCEDURE taskcrm_internal.install_count_table() FROM PUBLIC;

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
