-- Creates tasks :first to :last of organization :org.  Several loads run concurrently; the
-- secondary indexes do not exist yet.  A task has one or two assignees, up to two
-- contacts and usually one team.  Titles consist of some of 36 words and a number.

SET synchronous_commit = off;
SET session_replication_role = replica;	-- the data is right by construction
SET temp_buffers = '256MB';

-- Ids are uuids of version 7 in the order of creation, as in practice.
CREATE TEMP TABLE slice AS
  SELECT o.n AS org, o.id AS org_id, o.people, o.tasks, g AS n, m.loaded_on - (o.tasks - g) * o.step AS created_on,
    (lpad(to_hex((extract(epoch FROM m.loaded_on - (o.tasks - g) * o.step) * 1000)::bigint), 12, '0') || '7' ||
      substr(md5(o.n || ':' || g), 1, 3) || '8' || substr(md5(o.n || ':' || g), 5, 15))::uuid AS id
  FROM bench.org o, bench.moment m, generate_series(:first::bigint, :last::bigint) g
  WHERE o.n = :org AND o.kind <> 'years';

INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id,
                          created_on, created_by, updated_on)
  SELECT org_id, id,
    (ARRAY['Follow up on','Review','Prepare','Send','Call about','Schedule','Update','Check','Discuss','Close','Draft','Approve'])[1 + bench.spread(n, 1, 12)]
      || ' ' || (ARRAY['proposal','contract','invoice','demo','renewal','quote','onboarding','complaint','order','visit','report','budget'])[1 + bench.spread(n, 2, 12)]
      || ' for ' || (ARRAY['Northwind','Contoso','Fabrikam','Globex','Initech','Umbrella','Hooli','Stark','Wayne','Acme','Soylent','Tyrell'])[1 + bench.spread(n, 3, 12)]
      || ' ' || n,
    CASE WHEN n % 3 = 0 THEN 'Notes on task ' || n END,
    (CASE WHEN s < 30 THEN 'New' WHEN s < 55 THEN 'In Progress' ELSE 'Completed' END)::taskcrm.task_status,
    (CASE WHEN p < 20 THEN 'Low' WHEN p < 70 THEN 'Normal' WHEN p < 92 THEN 'High' ELSE 'Urgent' END)::taskcrm.task_priority,
    CASE WHEN n % 5 > 0 THEN (created_on + bench.spread(n, 6, 60) * interval '1 day')::date END,
    CASE WHEN n % 4 > 0 THEN bench.id('account', org, bench.skew(n, 7, tasks / 100 + 1)) END,
    created_on, bench.id('user', org, bench.skew(n, 8, people)), created_on
  FROM (SELECT *, bench.spread(n, 4, 100) AS s, bench.spread(n, 5, 100) AS p FROM slice) t;

INSERT INTO taskcrm_internal.task_text (org_id, task_id, description)
  SELECT t.org_id, t.id, t.description FROM slice s JOIN taskcrm.task t ON t.org_id = s.org_id AND t.id = s.id
  WHERE t.description <> '';
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
  SELECT org_id, id, bench.id('user', org, bench.skew(n, 10, people)), created_on FROM slice
  UNION
  SELECT org_id, id, bench.id('user', org, bench.skew(n, 11, people)), created_on FROM slice WHERE n % 2 = 1
  ORDER BY 1, 2;
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
  SELECT org_id, id, bench.id('contact', org, bench.skew(n, 20, tasks / 50 + 1)), created_on FROM slice WHERE n % 3 > 0
  UNION
  SELECT org_id, id, bench.id('contact', org, bench.skew(n, 21, tasks / 50 + 1)), created_on FROM slice WHERE n % 3 = 2
  ORDER BY 1, 2;
INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
  SELECT org_id, id, bench.id('team', org, bench.spread(n, 30, 20)), created_on FROM slice WHERE n % 4 > 0;
