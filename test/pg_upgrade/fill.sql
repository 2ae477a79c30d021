-- test/pg-upgrade: an installation with :tasks tasks, and what an administrator adds to it.
-- Ids are fixed, so that two databases can be compared.

CREATE EXTENSION taskcrm;
CALL taskcrm.tc_install();

CREATE ROLE ann LOGIN;
CREATE ROLE carl LOGIN;
CREATE ROLE web NOLOGIN;
CREATE ROLE gate LOGIN NOINHERIT IN ROLE web;
CREATE ROLE worker LOGIN;

CREATE TYPE public.stage AS ENUM ('first', 'second', 'last');
ALTER TABLE taskcrm.task ADD COLUMN dropped integer DEFAULT 5;
ALTER TABLE taskcrm.task ADD COLUMN stage public.stage DEFAULT 'first', ADD COLUMN hours bigint,
  ADD COLUMN title_length integer GENERATED ALWAYS AS (length(title)) STORED,
  ADD COLUMN is_urgent boolean GENERATED ALWAYS AS (priority = 'Urgent') STORED;
ALTER TABLE taskcrm.task DROP COLUMN dropped;
CREATE INDEX task_stage_idx ON taskcrm.task (org_id, stage, created_on, id);
CREATE INDEX task_open_idx ON taskcrm.task (org_id, due_date) WHERE status <> 'Completed';
ALTER TABLE taskcrm.task ADD CONSTRAINT task_hours CHECK (hours >= 0);
CREATE POLICY not_hidden ON taskcrm.task AS RESTRICTIVE USING (title <> 'hidden');
CREATE VIEW public.urgent WITH (security_invoker) AS SELECT * FROM taskcrm.task WHERE priority = 'Urgent';
GRANT SELECT ON public.urgent TO ann;
SELECT taskcrm.tc_expose_column('task', 'stage', writable => true), taskcrm.tc_expose_column('task', 'hours', writable => true),
  taskcrm.tc_expose_column('task', 'title_length'), taskcrm.tc_expose_column('task', 'is_urgent')
\g /dev/null
SELECT taskcrm.tc_accept_finding('policies', 'not_hidden on task', 'wanted') \g /dev/null
SELECT taskcrm.tc_add_jwt_key('k', 'HS256', 'a secret of at least thirty-two bytes') \g /dev/null
SELECT taskcrm.tc_grant_access(r, write => true) FROM unnest('{ann,carl,web}'::name[]) r \g /dev/null
SELECT taskcrm.tc_trust_gateway('gate'), taskcrm.tc_grant_worker('worker') \g /dev/null
-- Copies that ann follows: the version under which they began, and their tokens.
CREATE TABLE public.copy (began integer PRIMARY KEY, token text NOT NULL);
GRANT SELECT, INSERT ON public.copy TO ann;

INSERT INTO taskcrm.organization (id, name)
  SELECT format('00000001-0000-4000-8000-%s', lpad(o::text, 12, '0'))::uuid, 'organization ' || o FROM generate_series(1, 2) o;
INSERT INTO taskcrm.app_user (id, email, name, external_id)
  SELECT format('00000002-0000-4000-8000-%s', lpad(u::text, 12, '0'))::uuid, format('u%s@example.org', u), 'user ' || u,
    CASE u WHEN 1 THEN 'idp|1' END
  FROM generate_series(1, 4) u;
INSERT INTO taskcrm.member (org_id, user_id, role)
  SELECT o.id, u.id, CASE WHEN u.name IN ('user 1', 'user 3') THEN 'admin' ELSE 'member' END
  FROM taskcrm.organization o JOIN taskcrm.app_user u
    ON u.name = ANY (CASE o.name WHEN 'organization 1' THEN '{user 1,user 2}'::text[] ELSE '{user 3,user 4}' END);
SELECT taskcrm.tc_link_login('ann', '00000002-0000-4000-8000-000000000001'),
  taskcrm.tc_link_login('carl', '00000002-0000-4000-8000-000000000003')
\g /dev/null
INSERT INTO taskcrm.account (org_id, id, name)
  SELECT o.id, md5('account' || o.name)::uuid, 'an account' FROM taskcrm.organization o;

-- Every label of status and priority, and descriptions that are searched and stored out of line.
INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id, created_by, created_on,
    updated_on, stage, hours)
  SELECT o.id, md5('task' || o.name || n)::uuid, 'task ' || n, CASE WHEN n % 5 = 0 THEN repeat('wörd ' || n || ' ', n % 400) END,
    (enum_range(NULL::taskcrm.task_status))[1 + n % 3], (enum_range(NULL::taskcrm.task_priority))[1 + n % 4],
    date '2025-01-01' + n % 700, CASE WHEN n % 3 = 0 THEN md5('account' || o.name)::uuid END, m.user_id,
    timestamptz '2025-01-01 10:00+00' + n * interval '1 minute', timestamptz '2025-01-01 10:00+00' + n * interval '1 minute',
    (enum_range(NULL::public.stage))[1 + n % 3], n
  FROM taskcrm.organization o JOIN taskcrm.member m ON m.org_id = o.id AND m.role = 'admin',
    generate_series(1, :tasks / 2) n;

\connect - ann
SELECT taskcrm.tc_create_task('{"id": "00000006-0000-4000-8000-000000000001", "title": "by the API", "description": "searched",
  "assigned_to": ["00000002-0000-4000-8000-000000000002"], "stage": "last", "hours": 7,
  "attachments": [{"file_name": "f", "content": "AAEC"}]}', 'key')
\g /dev/null
SELECT taskcrm.tc_update_task('00000006-0000-4000-8000-000000000001', '{"status": "Completed"}') \g /dev/null
SELECT taskcrm.tc_add_task_comment_or_attachment('00000006-0000-4000-8000-000000000001', 'to @u2') \g /dev/null
SELECT taskcrm.tc_invite_member('zoe@example.org', 'member') \g /dev/null
SELECT taskcrm.tc_create_view('{"name": "urgent", "shared_with": "organization", "group_by": "stage",
  "filters": {"stage": "last", "ordering": "-hours", "where": {"or": [{"priority": {"in": ["Urgent"]}}, {"title": {"contains": "api"}}]}}}')
\g /dev/null
SELECT taskcrm.tc_create_webhook('https://hooks.example.org/in', '{task.*,comment.created}', '{"status": "open"}') \g /dev/null
