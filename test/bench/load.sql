-- Loads data to measure on: one large organization and many small ones.
--
--   psql -v large=1000000 -v small=100 -v small_size=5000 -f test/bench/load.sql
--
-- Run as a superuser in a database where tc_install() has run and nothing else is.
-- Everything follows from the row numbers, so that two loads are equal but for the
-- times, which count back from now.  A task has one or two assignees, up to two
-- contacts and mostly one team; titles are drawn from 36 words.

\if :{?large}
\else
  \set large 1000000
\endif
\if :{?small}
\else
  \set small 100
\endif
\if :{?small_size}
\else
  \set small_size 5000
\endif
\set ON_ERROR_STOP on
SET synchronous_commit = off;
SET maintenance_work_mem = '512MB';
SET session_replication_role = replica;	-- the data is right by construction

-- A uuid from a name: the same on every machine.
CREATE FUNCTION pg_temp.id(kind text, org int, n bigint) RETURNS uuid
  LANGUAGE sql IMMUTABLE AS $$ SELECT md5(kind || ':' || org || ':' || n)::uuid $$;
-- An even spread of 0 .. below-1 that looks random.
CREATE FUNCTION pg_temp.spread(n bigint, salt int, below int) RETURNS int
  LANGUAGE sql IMMUTABLE AS $$ SELECT (((hashint8(n * 64 + salt)::bigint + 2147483648) * below) >> 32)::int $$;

-- Organization 0 is the large one.
CREATE TEMP TABLE org AS
  SELECT g AS n, pg_temp.id('org', g, 0) AS id, CASE g WHEN 0 THEN :large ELSE :small_size END AS tasks,
    CASE g WHEN 0 THEN 200 ELSE 20 END AS people
  FROM generate_series(0, :small) g;

INSERT INTO taskcrm.organization (id, name) SELECT id, 'Organization ' || n FROM org;
INSERT INTO taskcrm.app_user (id, email, name)
  SELECT pg_temp.id('user', o.n, g), format('user%s@org%s.example', g, o.n), format('User %s of %s', g, o.n)
  FROM org o, generate_series(0, o.people - 1) g;
INSERT INTO taskcrm.member (org_id, user_id, role)
  SELECT o.id, pg_temp.id('user', o.n, g), CASE WHEN g = 0 THEN 'admin' ELSE 'member' END
  FROM org o, generate_series(0, o.people - 1) g;
INSERT INTO taskcrm.account (org_id, id, name)
  SELECT o.id, pg_temp.id('account', o.n, g), 'Account ' || g FROM org o, generate_series(0, o.tasks / 100) g;
INSERT INTO taskcrm.contact (org_id, id, first_name, last_name)
  SELECT o.id, pg_temp.id('contact', o.n, g), 'First' || g, 'Last' || g FROM org o, generate_series(0, o.tasks / 50) g;
INSERT INTO taskcrm.team (org_id, id, name)
  SELECT o.id, pg_temp.id('team', o.n, g), 'Team ' || g FROM org o, generate_series(0, 19) g;

-- Ids are of version 7 in the order of creation, as in life.
CREATE TEMP TABLE new_task AS
  SELECT o.n AS org, o.id AS org_id, o.people, o.tasks, g AS n,
    now() - (o.tasks - g) * interval '3 minutes' AS created_on
  FROM org o, generate_series(1, o.tasks) g;
ALTER TABLE new_task ADD id uuid;
UPDATE new_task SET id = (
    lpad(to_hex((extract(epoch FROM created_on) * 1000)::bigint), 12, '0') || '7' ||
    substr(md5(org || ':' || n), 1, 3) || '8' || substr(md5(org || ':' || n), 5, 15))::uuid;

INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id,
                          created_on, created_by, updated_on)
  SELECT org_id, id,
    (ARRAY['Follow up on','Review','Prepare','Send','Call about','Schedule','Update','Check','Discuss','Close','Draft','Approve'])[1 + pg_temp.spread(n, 1, 12)]
      || ' ' || (ARRAY['proposal','contract','invoice','demo','renewal','quote','onboarding','complaint','order','visit','report','budget'])[1 + pg_temp.spread(n, 2, 12)]
      || ' for ' || (ARRAY['Northwind','Contoso','Fabrikam','Globex','Initech','Umbrella','Hooli','Stark','Wayne','Acme','Soylent','Tyrell'])[1 + pg_temp.spread(n, 3, 12)]
      || ' ' || n,
    CASE WHEN n % 3 = 0 THEN 'Notes on task ' || n END,
    (CASE WHEN s < 30 THEN 'New' WHEN s < 55 THEN 'In Progress' ELSE 'Completed' END)::taskcrm.task_status,
    (CASE WHEN p < 20 THEN 'Low' WHEN p < 70 THEN 'Normal' WHEN p < 92 THEN 'High' ELSE 'Urgent' END)::taskcrm.task_priority,
    CASE WHEN n % 5 > 0 THEN (created_on + pg_temp.spread(n, 6, 60) * interval '1 day')::date END,
    CASE WHEN n % 4 > 0 THEN pg_temp.id('account', org, pg_temp.spread(n, 7, tasks / 100)) END,
    created_on, pg_temp.id('user', org, pg_temp.spread(n, 8, people)), created_on
  FROM (SELECT *, pg_temp.spread(n, 4, 100) AS s, pg_temp.spread(n, 5, 100) AS p FROM new_task) t;

INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
  SELECT DISTINCT org_id, id, pg_temp.id('user', org, pg_temp.spread(n, 10 + k, people)), created_on
  FROM new_task, generate_series(0, (n % 2)::int) k;
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
  SELECT DISTINCT org_id, id, pg_temp.id('contact', org, pg_temp.spread(n, 20 + k, tasks / 50)), created_on
  FROM new_task, generate_series(1, (n % 3)::int) k;
INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
  SELECT org_id, id, pg_temp.id('team', org, pg_temp.spread(n, 30, 20)), created_on
  FROM new_task WHERE n % 4 > 0;

RESET session_replication_role;
VACUUM ANALYZE;
SELECT count(*) AS tasks, count(DISTINCT org_id) AS organizations FROM taskcrm.task;
