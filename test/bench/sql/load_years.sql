-- Creates tasks :first to :last of organization :org, which is as organizations are after some
-- years: nearly all tasks are completed, those that are open are mostly recent, and everybody
-- has the same share of both.  As load.sql.

SET synchronous_commit = off;
SET session_replication_role = replica;	-- the data is right by construction
SET temp_buffers = '256MB';

CREATE TEMP TABLE slice AS
  SELECT s.*, NOT s.is_open AS is_completed,
    (lpad(to_hex((extract(epoch FROM s.created_on) * 1000)::bigint), 12, '0') || '7' ||
      substr(md5(s.org || ':' || s.n), 1, 3) || '8' || substr(md5(s.org || ':' || s.n), 5, 15))::uuid AS id
  FROM (
    SELECT o.n AS org, o.id AS org_id, o.people, g AS n, m.loaded_on, m.loaded_on - (o.tasks - g) * o.step AS created_on,
      least(o.tasks / 100 + 1, 500) AS accounts, least(o.tasks / 50 + 1, 1000) AS contacts,
      -- Of the most recent ones nearly half, and a few of all the others.
      g > o.tasks - 2 * o.open AND bench.spread(g, 4, 100) < 48 OR g % (o.tasks * 25 / o.open) = 7 AS is_open
    FROM bench.org o, bench.moment m, generate_series(:first::bigint, :last::bigint) g
    WHERE o.n = :org AND o.kind = 'years') s;

INSERT INTO taskcrm.task (org_id, id, title, status, priority, due_date, account_id,
                          created_on, created_by, updated_on, completed_on, completed_by)
  SELECT org_id, id,
    (ARRAY['Follow up on','Review','Prepare','Send','Call about','Schedule','Update','Check'])[1 + bench.spread(n, 1, 8)]
      || ' ' || (ARRAY['proposal','contract','invoice','demo','renewal','quote','order','visit'])[1 + bench.spread(n, 2, 8)] || ' ' || n,
    (CASE WHEN is_completed THEN 'Completed' WHEN bench.spread(n, 9, 100) < 55 THEN 'New' ELSE 'In Progress' END)::taskcrm.task_status,
    (CASE WHEN p < 20 THEN 'Low' WHEN p < 70 THEN 'Normal' WHEN p < 92 THEN 'High' ELSE 'Urgent' END)::taskcrm.task_priority,
    CASE WHEN n % 5 > 0
      THEN (CASE WHEN is_completed THEN created_on ELSE loaded_on - interval '20 days' END + bench.spread(n, 6, 60) * interval '1 day')::date END,
    CASE WHEN n % 4 > 0 THEN bench.id('account', org, bench.spread(n, 7, accounts)) END,
    created_on, bench.id('user', org, bench.spread(n, 8, people)),
    CASE WHEN is_completed THEN done_on ELSE least(created_on + bench.spread(n, 12, 100) * interval '1 hour', loaded_on) END,
    CASE WHEN is_completed THEN done_on END,
    CASE WHEN is_completed THEN bench.id('user', org, bench.spread(n, 10, people)) END
  FROM (SELECT *, bench.spread(n, 5, 100) AS p, least(created_on + bench.spread(n, 13, 1000) * interval '1 hour', loaded_on) AS done_on
        FROM slice) t;

INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
  SELECT org_id, id, bench.id('user', org, bench.spread(n, 10, people)), created_on FROM slice
  UNION
  SELECT org_id, id, bench.id('user', org, bench.spread(n, 11, people)), created_on FROM slice WHERE n % 10 = 1
  ORDER BY 1, 2;
-- Some have none.
DELETE FROM taskcrm.task_assignee a USING slice s WHERE a.org_id = s.org_id AND a.task_id = s.id AND s.n % 50 = 3;
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
  SELECT org_id, id, bench.id('contact', org, bench.spread(n, 20, contacts)), created_on FROM slice WHERE n % 3 > 0 ORDER BY 1, 2;
INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
  SELECT org_id, id, bench.id('team', org, bench.spread(n, 30, 20)), created_on FROM slice WHERE n % 4 > 0;
