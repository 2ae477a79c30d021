-- Setup for most tests: the extension, two organizations, their users, and a login role for each.
-- Members of the first organization must never see rows of the second: every text in it contains
-- CANARY.
SET client_min_messages = warning;
\set teardown :srcdir /sql/include/teardown.sql
\set superuser :USER
\o /dev/null
\pset pager off

CREATE SCHEMA extensions;
CREATE EXTENSION taskcrm;
CREATE ROLE regress_owner NOLOGIN;
CALL taskcrm.tc_install(owner => 'regress_owner');

\ir helpers.sql

CREATE ROLE regress_ada LOGIN;      -- admin of organization 1
CREATE ROLE regress_bob LOGIN;      -- member of organization 1
CREATE ROLE regress_cyd LOGIN;      -- member of both
CREATE ROLE regress_dan LOGIN;      -- admin of organization 2
CREATE ROLE regress_nobody LOGIN;   -- may call everything, is nobody
CREATE ROLE regress_gateway LOGIN;  -- speaks for others
SELECT taskcrm.tc_grant_access(role) FROM unnest(ARRAY['regress_ada', 'regress_bob', 'regress_cyd',
  'regress_dan', 'regress_nobody', 'regress_gateway']::name[]) AS role;

SELECT taskcrm.tc_create_organization('Acme', id('org', 1));
SELECT taskcrm.tc_create_organization('CANARY Globex', id('org', 2));
SELECT taskcrm.tc_create_user('ada@acme.test', 'Ada', id('user', 1));
SELECT taskcrm.tc_create_user('bob@acme.test', 'Bob', id('user', 2));
SELECT taskcrm.tc_create_user('cyd@both.test', 'Cyd', id('user', 3));
SELECT taskcrm.tc_create_user('dan@CANARY.test', 'CANARY Dan', id('user', 4));
SELECT taskcrm.tc_add_member(id('org', 1), id('user', 1), 'admin');
SELECT taskcrm.tc_add_member(id('org', 1), id('user', 2));
SELECT taskcrm.tc_add_member(id('org', 1), id('user', 3));
SELECT taskcrm.tc_add_member(id('org', 2), id('user', 3));
SELECT taskcrm.tc_add_member(id('org', 2), id('user', 4), 'admin');
SELECT taskcrm.tc_link_login('regress_ada', id('user', 1));
SELECT taskcrm.tc_link_login('regress_bob', id('user', 2));
SELECT taskcrm.tc_link_login('regress_cyd', id('user', 3));
SELECT taskcrm.tc_link_login('regress_dan', id('user', 4));
SELECT taskcrm.tc_trust_gateway('regress_gateway');

INSERT INTO taskcrm.account (org_id, id, name) VALUES
  (id('org', 1), id('account', 1), 'Initech'),
  (id('org', 1), id('account', 2), 'Hooli'),
  (id('org', 2), id('account', 9), 'CANARY account');
INSERT INTO taskcrm.contact (org_id, id, first_name, last_name, email, account_id) VALUES
  (id('org', 1), id('contact', 1), 'Peter', 'Gibbons', 'peter@initech.test', id('account', 1)),
  (id('org', 1), id('contact', 2), 'Gavin', NULL, NULL, id('account', 2)),
  (id('org', 2), id('contact', 9), 'CANARY contact', 'CANARY', 'canary@CANARY.test', id('account', 9));
INSERT INTO taskcrm.team (org_id, id, name) VALUES
  (id('org', 1), id('team', 1), 'Sales'),
  (id('org', 1), id('team', 2), 'Support'),
  (id('org', 2), id('team', 9), 'CANARY team');
INSERT INTO taskcrm.team_member (org_id, team_id, user_id) VALUES
  (id('org', 1), id('team', 1), id('user', 1)),
  (id('org', 1), id('team', 1), id('user', 2)),
  (id('org', 2), id('team', 9), id('user', 4));

-- Two tasks in the first organization and one in the second, with rows in every dependent table.
INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id,
                          created_on, created_by, updated_on) VALUES
  (id('org', 1), id('task', 1), 'Follow up on proposal', 'See the offer', 'In Progress', 'High', '2023-02-15',
   id('account', 1), '2023-01-15 10:30:00+00', id('user', 1), '2023-01-16 08:00:00.25+00'),
  (id('org', 1), id('task', 2), 'Call back', NULL, 'New', 'Normal', NULL,
   NULL, '2023-01-20 09:00:00.000001+00', id('user', 2), '2023-01-20 09:00:00.000001+00'),
  (id('org', 2), id('task', 9), 'CANARY task', 'CANARY description', 'New', 'Urgent', '2023-02-15',
   id('account', 9), '2023-01-17 10:30:00+00', id('user', 4), '2023-01-17 10:30:00+00');
-- Given created_on, as when a dump is loaded: the versions of the tasks do not change.
INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
  SELECT k.org_id, k.id, id('contact', v.target), k.created_on
  FROM (VALUES (1, 1), (1, 2), (9, 9)) v (task, target) JOIN taskcrm.task k ON k.id = id('task', v.task);
INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
  SELECT k.org_id, k.id, id('user', v.target), k.created_on
  FROM (VALUES (1, 2), (9, 4)) v (task, target) JOIN taskcrm.task k ON k.id = id('task', v.task);
INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
  SELECT k.org_id, k.id, id('team', v.target), k.created_on
  FROM (VALUES (1, 1), (9, 9)) v (task, target) JOIN taskcrm.task k ON k.id = id('task', v.task);
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_on, commented_by) VALUES
  (id('org', 1), id('comment', 1), id('task', 1), 'Looks good @bob', '2023-01-15 11:00:00+00', id('user', 1)),
  (id('org', 2), id('comment', 9), id('task', 9), 'CANARY comment', '2023-01-17 11:00:00+00', id('user', 4));
INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id) VALUES
  (id('org', 1), id('comment', 1), id('user', 2)),
  (id('org', 2), id('comment', 9), id('user', 4));
INSERT INTO taskcrm.task_attachment (org_id, id, task_id, file_name, content_type, size, sha256, url, created_on, created_by) VALUES
  (id('org', 1), id('attachment', 1), id('task', 1), 'offer.txt', 'text/plain', 5, sha256('offer'), NULL,
   '2023-01-15 11:30:00+00', id('user', 1)),
  (id('org', 2), id('attachment', 9), id('task', 9), 'CANARY.txt', 'text/CANARY', 6, sha256('CANARY'), NULL,
   '2023-01-17 11:30:00+00', id('user', 4));
INSERT INTO taskcrm.task_attachment_content (org_id, attachment_id, content) VALUES
  (id('org', 1), id('attachment', 1), 'offer'),
  (id('org', 2), id('attachment', 9), 'CANARY');

RESET client_min_messages;
\o
\set ECHO all
