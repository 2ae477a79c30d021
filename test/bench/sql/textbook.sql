-- The implementation of a developer who follows the usual guides to row-level security:
-- single-column keys, text with checks instead of enums, an organization on every row,
-- policies that check membership with a sub-select, in which the user is another
-- sub-select, as the guides advise, and indexes for filters and joins.  The PL/pgSQL
-- functions run as the caller and build the conditions for the given filters, so that
-- each call is planned for its values.  Comparisons of text and uuid are leakproof and
-- can use indexes; ILIKE is not.  The tables contain the same rows as the extension's.

CREATE SCHEMA textbook;
CREATE FUNCTION textbook.uid() RETURNS uuid LANGUAGE sql STABLE
  AS $$ SELECT nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;

CREATE TABLE textbook.members (org_id uuid NOT NULL, user_id uuid NOT NULL, role text NOT NULL, PRIMARY KEY (org_id, user_id));
CREATE TABLE textbook.tasks (
  id uuid NOT NULL DEFAULT gen_random_uuid(), org_id uuid NOT NULL, title text NOT NULL, description text,
  status text NOT NULL DEFAULT 'New' CHECK (status IN ('New', 'In Progress', 'Completed')),
  priority text NOT NULL DEFAULT 'Normal' CHECK (priority IN ('Low', 'Normal', 'High', 'Urgent')),
  due_date date, account_id uuid, created_on timestamptz NOT NULL DEFAULT now(), created_by uuid,
  updated_on timestamptz NOT NULL DEFAULT now(), completed_on timestamptz, completed_by uuid,
  version int NOT NULL DEFAULT 1);
CREATE TABLE textbook.task_assignees (task_id uuid NOT NULL, user_id uuid NOT NULL, org_id uuid NOT NULL);
CREATE TABLE textbook.task_contacts (task_id uuid NOT NULL, contact_id uuid NOT NULL, org_id uuid NOT NULL);
CREATE TABLE textbook.task_teams (task_id uuid NOT NULL, team_id uuid NOT NULL, org_id uuid NOT NULL);

INSERT INTO textbook.members SELECT org_id, user_id, role FROM taskcrm.member;
SELECT format('INSERT INTO textbook.%s', statement) FROM (VALUES
  ('tasks SELECT id, org_id, title, description, status::text, priority::text, due_date, account_id, created_on, created_by, updated_on, completed_on, completed_by, version FROM taskcrm.task'),
  ('task_assignees SELECT task_id, user_id, org_id FROM taskcrm.task_assignee'),
  ('task_contacts SELECT task_id, contact_id, org_id FROM taskcrm.task_contact'),
  ('task_teams SELECT task_id, team_id, org_id FROM taskcrm.task_team')) AS v (statement) \gexec

-- Built together with those of the extension, several at a time.
INSERT INTO bench.secondary_index (tab, method, definition) VALUES
  ('textbook.tasks', 'gin', 'CREATE INDEX tasks_title_trgm ON textbook.tasks USING gin (org_id, title gin_trgm_ops)'),
  ('textbook.tasks', 'gin', 'CREATE INDEX tasks_description_trgm ON textbook.tasks USING gin (org_id, description gin_trgm_ops)'),
  ('textbook.tasks', 'btree', 'CREATE UNIQUE INDEX tasks_pkey ON textbook.tasks (id)'),
  ('textbook.tasks', 'btree', 'CREATE INDEX tasks_created ON textbook.tasks (org_id, created_on DESC, id DESC)'),
  ('textbook.tasks', 'btree', 'CREATE INDEX tasks_status ON textbook.tasks (org_id, status)'),
  ('textbook.tasks', 'btree', 'CREATE INDEX tasks_priority ON textbook.tasks (org_id, priority)'),
  ('textbook.tasks', 'btree', 'CREATE INDEX tasks_due_date ON textbook.tasks (org_id, due_date)'),
  ('textbook.tasks', 'btree', 'CREATE INDEX tasks_account ON textbook.tasks (account_id)'),
  ('textbook.tasks', 'btree', 'CREATE INDEX tasks_created_by ON textbook.tasks (created_by)'),
  ('textbook.task_assignees', 'btree', 'CREATE UNIQUE INDEX task_assignees_pkey ON textbook.task_assignees (task_id, user_id)'),
  ('textbook.task_assignees', 'btree', 'CREATE INDEX task_assignees_user ON textbook.task_assignees (user_id, task_id)'),
  ('textbook.task_contacts', 'btree', 'CREATE UNIQUE INDEX task_contacts_pkey ON textbook.task_contacts (task_id, contact_id)'),
  ('textbook.task_contacts', 'btree', 'CREATE INDEX task_contacts_contact ON textbook.task_contacts (contact_id, task_id)'),
  ('textbook.task_teams', 'btree', 'CREATE UNIQUE INDEX task_teams_pkey ON textbook.task_teams (task_id, team_id)'),
  ('textbook.task_teams', 'btree', 'CREATE INDEX task_teams_team ON textbook.task_teams (team_id, task_id)');

ALTER TABLE textbook.members ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON textbook.members FOR SELECT USING (user_id = (SELECT textbook.uid()));
SELECT format('ALTER TABLE textbook.%1$I ENABLE ROW LEVEL SECURITY; CREATE POLICY member ON textbook.%1$I USING (org_id IN (SELECT org_id FROM textbook.members WHERE user_id = (SELECT textbook.uid())))', tab)
  FROM unnest(ARRAY['tasks', 'task_assignees', 'task_contacts', 'task_teams']) AS tab \gexec

CREATE FUNCTION textbook.list_tasks(p_org uuid, p_title text DEFAULT NULL, p_status text DEFAULT NULL,
    p_priority text DEFAULT NULL, p_assigned_to uuid DEFAULT NULL, p_account uuid DEFAULT NULL,
    p_due_date date DEFAULT NULL, p_contact uuid DEFAULT NULL, p_team uuid DEFAULT NULL,
    p_created_by uuid DEFAULT NULL, p_search text DEFAULT NULL, p_overdue boolean DEFAULT false,
    p_order text DEFAULT 't.created_on DESC, t.id DESC', p_limit int DEFAULT 10, p_offset int DEFAULT 0) RETURNS json
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  cond text := concat_ws(' AND ', 't.org_id = $1',
    CASE WHEN p_title IS NOT NULL THEN 't.title ILIKE ''%'' || $2 || ''%''' END,
    CASE WHEN p_status IS NOT NULL THEN 't.status = $3' END,
    CASE WHEN p_priority IS NOT NULL THEN 't.priority = $4' END,
    CASE WHEN p_assigned_to IS NOT NULL THEN 't.id IN (SELECT task_id FROM textbook.task_assignees WHERE user_id = $5)' END,
    CASE WHEN p_account IS NOT NULL THEN 't.account_id = $6' END,
    CASE WHEN p_due_date IS NOT NULL THEN 't.due_date = $7' END,
    CASE WHEN p_contact IS NOT NULL THEN 't.id IN (SELECT task_id FROM textbook.task_contacts WHERE contact_id = $8)' END,
    CASE WHEN p_team IS NOT NULL THEN 't.id IN (SELECT task_id FROM textbook.task_teams WHERE team_id = $9)' END,
    CASE WHEN p_created_by IS NOT NULL THEN 't.created_by = $10' END,
    CASE WHEN p_search IS NOT NULL THEN '(t.title ILIKE ''%'' || $11 || ''%'' OR t.description ILIKE ''%'' || $11 || ''%'')' END,
    CASE WHEN p_overdue THEN 't.due_date < current_date AND t.status <> ''Completed''' END);
  total bigint;
  page json;
BEGIN
  EXECUTE 'SELECT count(*) FROM textbook.tasks t WHERE ' || cond INTO total
    USING p_org, p_title, p_status, p_priority, p_assigned_to, p_account, p_due_date, p_contact, p_team, p_created_by, p_search;
  EXECUTE format($sql$
    SELECT coalesce(json_agg(r), '[]') FROM (
      SELECT t.id, t.title, t.status, t.priority, t.due_date, t.account_id AS account,
        (SELECT coalesce(json_agg(contact_id), '[]') FROM textbook.task_contacts WHERE task_id = t.id) AS contacts,
        t.created_on,
        (SELECT coalesce(json_agg(user_id), '[]') FROM textbook.task_assignees WHERE task_id = t.id) AS assigned_to,
        (SELECT coalesce(json_agg(team_id), '[]') FROM textbook.task_teams WHERE task_id = t.id) AS teams,
        t.description, t.created_by, t.updated_on, t.completed_on, t.completed_by, t.version, t.org_id AS org
      FROM (SELECT * FROM textbook.tasks t WHERE %s ORDER BY %s LIMIT $12 OFFSET $13) t) r$sql$,
    cond, p_order) INTO page
    USING p_org, p_title, p_status, p_priority, p_assigned_to, p_account, p_due_date, p_contact, p_team, p_created_by,
      p_search, p_limit, p_offset;
  RETURN json_build_object('count', total, 'results', page);
END
$$;
GRANT USAGE ON SCHEMA textbook TO PUBLIC;
GRANT SELECT ON ALL TABLES IN SCHEMA textbook TO PUBLIC;
