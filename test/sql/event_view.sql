-- Events of views and of the names of users: who sees them, in lists, webhooks and copies, whoever
-- writes them, and what is left when a person is erased.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
CREATE ROLE regress_api_worker LOGIN;
SELECT taskcrm.tc_grant_worker('regress_api_worker');
CREATE TABLE t.token (copy text PRIMARY KEY, token text);
GRANT ALL ON t.token TO PUBLIC;
CREATE FUNCTION t.look(copy text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
  r json := taskcrm.tc_sync((SELECT k.token FROM t.token k WHERE k.copy = look.copy), '{"resources": ["views", "members"]}');
BEGIN
  INSERT INTO t.token VALUES (copy, r ->> 'token') ON CONFLICT ON CONSTRAINT token_pkey DO UPDATE SET token = excluded.token;
  RETURN t.show(concat_ws(' ', CASE WHEN (r ->> 'full')::bool THEN 'full' ELSE 'step' END,
    'views', (SELECT string_agg(v ->> 'name', ',' ORDER BY v ->> 'name') FROM json_array_elements(r #> '{changed,views}') v),
    'members', (SELECT string_agg(m ->> 'name', ',' ORDER BY m ->> 'name') FROM json_array_elements(r #> '{changed,members}') m WHERE NOT (r ->> 'full')::bool),
    'gone', (SELECT string_agg(coalesce(k.name, 'ID'), ',' ORDER BY k.name) FROM json_array_elements_text(r #> '{deleted,views}') d LEFT JOIN t.known k ON k.id::text = d)));
END
$$;
CREATE FUNCTION t.view(name text, shared_with text) RETURNS text LANGUAGE sql AS $$
  SELECT t.know(name, (taskcrm.tc_create_view(jsonb_build_object('name', name, 'shared_with', shared_with, 'filters', jsonb_build_object('title', 'SECRET of ' || name))) ->> 'id')::uuid)::text
$$;
CREATE FUNCTION t.change(view text, data text) RETURNS text LANGUAGE sql AS $$ SELECT taskcrm.tc_update_view(t.id(view), data::jsonb) ->> 'shared_with' $$;
CREATE FUNCTION t.listed() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT t.show(concat_ws(' ', e ->> 'type', e ->> 'subject', e ->> 'actor', e ->> 'changes'))
  FROM json_array_elements(taskcrm.tc_list_events('{"type": ["view.*", "member.updated"], "ordering": "id"}') -> 'results') e
$$;
CREATE FUNCTION t.sent() RETURNS SETOF text LANGUAGE sql AS $$
  SELECT t.show(concat_ws(' ', b ->> 'type', b #>> '{data,subject}', b #>> '{data,changes}'))
  FROM (SELECT convert_from(d.body, 'UTF8')::jsonb AS b, taskcrm.tc_finish_delivery(d.claim, d.event_id, 200) FROM taskcrm.tc_claim_deliveries() d) s
$$;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA t TO PUBLIC;
-- Ann is in the team of sales with amy.
INSERT INTO taskcrm.team_member (org_id, team_id, user_id) SELECT t.id('acme'), t.id('sales'), t.id(n) FROM unnest(ARRAY['amy', 'ann']) n;
\o
\set ECHO all

\c - regress_api_alice
SELECT t.look('alice'), taskcrm.tc_create_webhook('https://a.example/', '{view.*,member.*}') IS NOT NULL AS hook;
\c - regress_api_ann
SELECT t.look('ann');
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT t.look('carl');
\c - regress_api_bob
SELECT t.look('bob');
-- Amy's views: of her own, for her team, and for all.
\c - regress_api_amy
SELECT t.look('amy'), t.view('own', 'me'), t.view('teams', 'team'), t.view('ours', 'organization');
SELECT t.look('amy');
\c - regress_api_alice
SELECT t.look('alice');
SELECT t.listed();
\c - regress_api_ann
SELECT t.look('ann');
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT t.look('carl');
\c - regress_api_worker
SELECT t.sent();

-- Changes: of what is private, from private to shared, and back.
\c - regress_api_amy
SELECT t.change('own', '{"name": "own 2", "filters": {"title": "SECRET again"}}'), t.change('teams', '{"group_by": "status"}'), t.change('ours', '{"display": {"x": "y"}}');
SELECT t.look('amy');
\c - regress_api_alice
SELECT t.look('alice');
SELECT t.change('ours', '{"name": "ours by alice"}');
\c - regress_api_amy
SELECT t.change('own', '{"shared_with": "organization", "filters": {}}'), t.change('teams', '{"shared_with": "me"}'), t.change('ours', '{"shared_with": "me"}');
\c - regress_api_alice
SELECT t.look('alice');
SELECT t.listed();
\c - regress_api_ann
SELECT t.look('ann');
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT t.look('carl');
\c - regress_api_worker
SELECT t.sent();
-- A private view is made, changed and deleted: nobody else learns even its id.
\c - regress_api_amy
SELECT t.view('secret', 'me');
SELECT t.change('secret', '{"name": "still secret"}');
SELECT taskcrm.tc_delete_view(t.id('secret'));
SELECT t.look('amy');
\c - regress_api_ann
SELECT t.look('ann');
\c - regress_api_alice
SELECT t.look('alice');

-- Teams decide who sees a view: somebody joins and leaves, and a team is deleted.
\c - regress_api_amy
SELECT t.change('teams', '{"shared_with": "team"}'), t.look('amy');
\c - regress_api_alice
SELECT t.look('alice'), taskcrm.tc_add_team_member(t.id('sales'), t.id('carl'));
SELECT taskcrm.tc_add_team_member(t.id('ops'), t.id('alice')), taskcrm.tc_add_team_member(t.id('ops'), t.id('amy'));
SELECT t.look('alice');
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT t.look('carl');
\c - regress_api_alice
SELECT taskcrm.tc_remove_team_member(t.id('sales'), t.id('carl')), taskcrm.tc_delete_team(t.id('ops'));
SELECT t.look('alice');
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT t.look('carl');
\c - regress_api_ann
SELECT t.look('ann');

-- By direct DML of an administrator, with several rows, and loading.
\c - :api_superuser
INSERT INTO taskcrm_internal.task_view (org_id, created_by, name, shared_with) SELECT t.id('acme'), t.id('ann'), 'direct ' || n, CASE n WHEN 1 THEN 'me' ELSE 'organization' END FROM generate_series(1, 3) n;
UPDATE taskcrm_internal.task_view SET updated_on = now();
UPDATE taskcrm_internal.task_view SET name = name || '!' WHERE name LIKE 'direct%';
DELETE FROM taskcrm_internal.task_view WHERE name = 'direct 3!';
SELECT type, count(*) FROM taskcrm_internal.event WHERE type LIKE 'view.%' AND changes #>> '{name,to}' LIKE 'direct%' OR changes #>> '{name,from}' LIKE 'direct%' GROUP BY 1 ORDER BY 1;
\c - regress_api_alice
SELECT t.look('alice');

-- Names and emails of users: in each organization of theirs, without their values.
\c - regress_api_carl
SET taskcrm.org_id = '0a000000-0000-4000-8000-000000000001';
SELECT taskcrm.tc_update_me('Carla') ->> 'problem' AS problem;
\c - :api_superuser
SELECT taskcrm.tc_update_user(t.id('amy'), '{"email": "amy2@acme.example"}') IS NOT NULL AS updated;
UPDATE taskcrm.app_user SET name = name || ' X' WHERE id IN (t.id('una'), t.id('nemo'), t.id('ida'));
UPDATE taskcrm.app_user SET name = name;
\c - regress_api_alice
SELECT t.look('alice');
SELECT l FROM t.listed() l WHERE l LIKE 'member%';
\c - regress_api_bob
SELECT t.look('bob');
SELECT l FROM t.listed() l WHERE l LIKE 'member%';

-- A person is erased: what is left of views that others did not see.
\c - :api_superuser
SELECT count(*) > 0 AS erased FROM taskcrm.tc_erase_user(t.id('amy'));
SELECT type, t.show(changes::text) FROM taskcrm_internal.event WHERE type LIKE 'view.%' AND subject_id IN (t.id('own'), t.id('secret')) ORDER BY seq;
SELECT count(*) FROM taskcrm_internal.event WHERE changes::text LIKE '%amy2%' OR changes::text LIKE '%SECRET again%' OR changes::text LIKE '%secret%';
\c - regress_api_alice
SELECT t.look('alice');
-- The other organization's webhook of the same types sends nothing of this.
\c - regress_api_bob
SELECT t.look('bob');
\set ECHO none
\c - :api_superuser
DROP OWNED BY regress_api_worker;
DROP ROLE regress_api_worker;
\i :teardown
