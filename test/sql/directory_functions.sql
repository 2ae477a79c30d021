-- Accounts, contacts, teams and members, managed by the admins of an organization: what each
-- function returns and which callers it refuses.
\getenv srcdir PG_ABS_SRCDIR
\set setup :srcdir /sql/include/setup.sql
\set ECHO none
\i :setup
-- Masks the id in an answer, which the server generates.
CREATE FUNCTION public.without_id(answer json) RETURNS text LANGUAGE sql AS $$
  SELECT regexp_replace(answer::text, '"id":"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"',
    '"id":"?"')
$$;
CREATE FUNCTION public.second_organization() RETURNS text LANGUAGE sql SECURITY DEFINER AS $$
  SELECT concat_ws(' ',
    (SELECT count(*) FROM taskcrm.account a WHERE org_id = id('org', 2) AND name = 'CANARY account'),
    (SELECT count(*) FROM taskcrm.contact
      WHERE org_id = id('org', 2) AND first_name = 'CANARY contact' AND account_id = id('account', 9)),
    (SELECT count(*) FROM taskcrm.team WHERE org_id = id('org', 2) AND name = 'CANARY team'),
    (SELECT count(*) FROM taskcrm.member WHERE org_id = id('org', 2)), (SELECT count(*) FROM taskcrm.team_member
      WHERE org_id = id('org', 2)),
    (SELECT account_id = id('account', 9) FROM taskcrm.task WHERE org_id = id('org', 2)))
$$;
-- A valid call of each function that changes something; and a call of each function that takes a
-- pk, with %s in its place.
CREATE TABLE public.good (n serial, call text);
INSERT INTO public.good (call) VALUES ('tc_create_account(''x'')'), ('tc_update_account(id(''account'', 1), ''{"name": "x"}'')'),
  ('tc_delete_account(id(''account'', 1))'),
  ('tc_create_team(''x'')'), ('tc_update_team(id(''team'', 1), ''{"name": "x"}'')'), ('tc_delete_team(id(''team'', 1))'),
  ('tc_create_contact(''x'')'), ('tc_update_contact(id(''contact'', 1), ''{"first_name": "x"}'')'),
    ('tc_delete_contact(id(''contact'', 1))'),
  ('tc_add_team_member(id(''team'', 2), id(''user'', 1))'), ('tc_remove_team_member(id(''team'', 1), id(''user'', 1))'),
    ('tc_set_member_role(id(''user'', 3), ''admin'')'), ('tc_deactivate_member(id(''user'', 3))'),
    ('tc_reactivate_member(id(''user'', 3))'), ('tc_remove_member(id(''user'', 3))'),
    ('tc_invite_member(''x@y.example'')');
CREATE TABLE public.by_pk (n serial, kind text, call text);
INSERT INTO public.by_pk (kind, call)
  VALUES ('account', 'tc_update_account(%s, ''{"name": "x"}'')'), ('account', 'tc_delete_account(%s)'),
  ('team', 'tc_update_team(%s, ''{"name": "x"}'')'),
  ('team', 'tc_delete_team(%s)'), ('contact', 'tc_update_contact(%s, ''{"first_name": "x"}'')'), ('contact', 'tc_delete_contact(%s)'),
  ('team', 'tc_add_team_member(%s, id(''user'', 1))'), ('team', 'tc_remove_team_member(%s, id(''user'', 4))'),
    ('user', 'tc_deactivate_member(%s)'), ('user', 'tc_reactivate_member(%s)'), ('user', 'tc_remove_member(%s)');
GRANT SELECT ON public.good, public.by_pk TO PUBLIC;
\set ECHO all
\t on
\pset format unaligned

-- The lists contain every function of the directory that writes; directory_lists tests those that
-- read.
SELECT proname FROM pg_proc
  WHERE pronamespace = 'taskcrm'::regnamespace AND proname ~ '_(account|contact|team|team_member|member)$'
  AND proname <> 'tc_add_member' AND provolatile = 'v'
  AND NOT EXISTS (SELECT FROM good WHERE split_part(call, '(', 1) = proname);

-- Refused: a plain member, a login without a user, and a caller without a selected organization.
\connect - regress_bob
SELECT DISTINCT attempt('SELECT taskcrm.' || call) FROM good;
\connect - regress_nobody
SELECT DISTINCT attempt('SELECT taskcrm.' || call) FROM good;
\connect - regress_cyd
SELECT DISTINCT attempt('SELECT taskcrm.' || call) FROM good;
SET taskcrm.org_id = '00000001-0000-7000-8000-000000000099';
SELECT DISTINCT attempt('SELECT taskcrm.' || call) FROM good;
-- The caller's rights are checked before the arguments.
\connect - regress_bob
SELECT DISTINCT left(attempt('SELECT taskcrm.' || format(call, 'NULL')), 5) FROM by_pk;
-- A superuser is not a user of an organization.
\connect - :superuser
SELECT DISTINCT left(attempt('SELECT taskcrm.' || call), 5) FROM good;

\connect - regress_ada
-- Ids of another organization, and unknown ids.
SELECT call, attempt(format('SELECT taskcrm.' || call, format('id(%L, 9)', kind))) AS foreign_id,
  attempt(format('SELECT taskcrm.' || call, format('id(%L, 9)', kind))) =
    attempt(format('SELECT taskcrm.' || call, format('id(%L, 8)', kind))) AS same
FROM by_pk ORDER BY n;
-- A user who belongs only to the other organization.
SELECT attempt('SELECT taskcrm.tc_remove_member(id(''user'', 4))') =
  attempt('SELECT taskcrm.tc_remove_member(id(''user'', 77))');
-- NULL ids.
SELECT call, attempt(format('SELECT taskcrm.' || call, 'NULL')) FROM by_pk ORDER BY n;
-- Names: missing, blank, too long.
SELECT call, attempt(format('SELECT taskcrm.' || call, v))
  FROM unnest(ARRAY['tc_create_account(%s)', 'tc_update_account(id(''account'', 1), jsonb_build_object(''name'', %s))', 'tc_create_team(%s)',
    'tc_update_team(id(''team'', 1), jsonb_build_object(''name'', %s))', 'tc_create_contact(%s)',
      'tc_update_contact(id(''contact'', 1), jsonb_build_object(''first_name'', %s))']) WITH ORDINALITY AS c (call, n),
  unnest(ARRAY['NULL', '''''', 'E'' \t\r\n''', 'repeat(''é'', 256)']) WITH ORDINALITY AS v (v, m) ORDER BY n, m;
SELECT attempt('SELECT taskcrm.tc_create_contact(''x'', last_name => repeat(''é'', 256))');
SELECT attempt('SELECT taskcrm.tc_create_contact(''x'', email => repeat(''x'', 255))');
SELECT attempt('SELECT taskcrm.tc_update_contact(id(''contact'', 1), jsonb_build_object(''last_name'', repeat(''é'', 256)))');
-- The errors for references that are unknown or belong to another organization differ only in the
-- id.
SELECT attempt('SELECT taskcrm.tc_create_contact(''x'', account => id(''account'', 8))');
SELECT attempt('SELECT taskcrm.tc_create_contact(''x'', account => id(''account'', 9))');
SELECT attempt('SELECT taskcrm.tc_add_team_member(id(''team'', 1), id(''user'', 77))');
SELECT attempt('SELECT taskcrm.tc_add_team_member(id(''team'', 1), id(''user'', 4))');
SELECT attempt('SELECT taskcrm.tc_add_team_member(id(''team'', 1), NULL)');
-- None of these calls changed anything.
SELECT count(*), min(name), max(name) FROM taskcrm.account;
SELECT count(*), count(*) FILTER (WHERE first_name = 'x') FROM taskcrm.contact;

-- Creating and renaming.
SELECT without_id(taskcrm.tc_create_account('Umbrella "é"'));
SELECT name, org_id FROM taskcrm.account WHERE name LIKE 'Umbrella%';
SELECT taskcrm.tc_update_account(id('account', 2), '{"name": "Hooli XYZ"}');
SELECT without_id(taskcrm.tc_create_team('Night'));
SELECT taskcrm.tc_update_team(id('team', 2), jsonb_build_object('name', repeat('é', 255))) ->> 'name' = repeat('é', 255);
SELECT without_id(taskcrm.tc_create_contact('Ann'));
SELECT without_id(taskcrm.tc_create_contact('Ben', 'Bell', 'ben@x.test', id('account', 2)));
SELECT without_id(taskcrm.tc_create_contact(first_name => 'Cat', account => id('account', 1)));
SELECT taskcrm.tc_update_contact(id('contact', 2), '{"first_name": "Gavin", "last_name": "Belson"}');
SELECT taskcrm.tc_update_contact(id('contact', 2), '{"first_name": "Gavin"}');
-- Absent keys keep their value, null clears; what was read can be sent back; nothing changes nothing.
SELECT taskcrm.tc_update_contact(id('contact', 2), v::jsonb)
  FROM unnest(ARRAY['{"last_name": null, "email": "gavin@hooli.test", "account": null}', '{}', '{"email": ""}',
    '{"account": "00000003-0000-7000-8000-000000000001"}', '{"account": ""}']) v;
SELECT taskcrm.tc_update_contact(id('contact', 2), taskcrm.tc_get_contact(id('contact', 2))::jsonb || '{"email": null}');
SELECT v, attempt(format('SELECT taskcrm.tc_update_contact(id(''contact'', 2), %L)', v))
  FROM unnest(ARRAY['{"first_name": null}', '{"last_name": 1}', '{"account": "x"}', '{"account": 1}',
    '{"account": "00000003-0000-7000-8000-000000000009"}', '{"account": "00000003-0000-7000-8000-000000000008"}',
    '{"id": "00000004-0000-7000-8000-000000000001"}', '{"id": null}', '{"org_id": null}', '[]', '"x"']) v;
SELECT attempt('SELECT taskcrm.tc_update_contact(id(''contact'', 2), NULL)');
SELECT attempt(format('SELECT taskcrm.tc_update_%s(id(''%1$s'', 1), ''{"first_name": "x"}'')', noun))
  FROM unnest(ARRAY['account', 'team']) noun;
SELECT taskcrm.tc_get_contact(id('contact', 2));
-- The members of a team: adding a member again changes nothing.
SELECT taskcrm.tc_add_team_member(id('team', 2), id('user', 3));
SELECT taskcrm.tc_add_team_member(id('team', 2), id('user', 3));
SELECT user_id FROM taskcrm.team_member WHERE team_id = id('team', 2);
SELECT taskcrm.tc_remove_team_member(id('team', 2), id('user', 3));
SELECT attempt('SELECT taskcrm.tc_remove_team_member(id(''team'', 2), id(''user'', 3))');
-- An inactive member cannot be added again.
\connect - :superuser
UPDATE taskcrm.member SET is_active = false WHERE org_id = id('org', 1) AND user_id = id('user', 3);
\connect - regress_ada
SELECT attempt('SELECT taskcrm.tc_add_team_member(id(''team'', 2), id(''user'', 3))');

-- Deleting an account sets the references of tasks and contacts to null.
SELECT version FROM taskcrm.task WHERE id = id('task', 1);
SELECT taskcrm.tc_delete_account(id('account', 1));
SELECT account_id, version, updated_on > created_on + interval '1 year' FROM taskcrm.task WHERE id = id('task', 1);
SELECT first_name, account_id FROM taskcrm.contact ORDER BY first_name COLLATE "C";
SELECT attempt('SELECT taskcrm.tc_delete_account(id(''account'', 1))');
-- Deleting a contact, a team or a member deletes its links; tasks and authors are kept.
SELECT taskcrm.tc_delete_contact(id('contact', 1));
SELECT contact_id FROM taskcrm.task_contact WHERE task_id = id('task', 1);
SELECT taskcrm.tc_delete_team(id('team', 1));
SELECT (SELECT count(*) FROM taskcrm.task_team), (SELECT count(*) FROM taskcrm.team_member),
  (SELECT count(*) FROM taskcrm.task);
SELECT taskcrm.tc_remove_member(id('user', 2));
SELECT (SELECT count(*) FROM taskcrm.task_assignee), (SELECT count(*) FROM taskcrm.task_mention),
  (SELECT count(*) FROM taskcrm.task),
  (SELECT created_by FROM taskcrm.task WHERE id = id('task', 2));
SELECT attempt('SELECT taskcrm.tc_remove_member(id(''user'', 2))');
-- From the next statement on, the removed user has no organization; the user still exists.
\connect - regress_bob
SELECT attempt('SELECT taskcrm.tc_list_tasks()'), (SELECT count(*) FROM taskcrm.task),
  taskcrm.tc_whoami() ->> 'problem';
\connect - :superuser
SELECT email FROM taskcrm.app_user WHERE id = id('user', 2);
-- Users of a gateway may call the functions if they are admins.
\connect - regress_gateway
BEGIN;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000001"}';
SELECT without_id(taskcrm.tc_create_account('By gateway'));
COMMIT;
-- In a read-only transaction nothing is written.
BEGIN READ ONLY;
SET LOCAL request.jwt.claims = '{"sub": "00000002-0000-7000-8000-000000000001"}';
SELECT attempt('SELECT taskcrm.tc_create_account(''x'')');
COMMIT;
-- An admin may leave if there is another admin, and then has no rights.
\connect - regress_ada
SELECT attempt('SELECT taskcrm.tc_remove_member(id(''user'', 1))');
\connect - :superuser
SELECT taskcrm.tc_add_member(id('org', 1), id('user', 2), 'admin');
\connect - regress_ada
SELECT taskcrm.tc_remove_member(id('user', 1));
SELECT left(attempt('SELECT taskcrm.tc_create_account(''x'')'), 5), taskcrm.tc_current_role();
-- The second organization is unchanged.
SELECT second_organization();

\set ECHO none
\connect - :superuser
DROP TABLE public.good, public.by_pk;
DROP FUNCTION public.without_id(json), public.second_organization();
\i :teardown
