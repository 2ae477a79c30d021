-- Comments: adding, editing and deleting them, access rules, and mentions.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "talked about"}') ->> 'id')::uuid);

-- The examples in the specification.
SELECT t.comment('task', 'Task completed successfully, proposal approved');
SELECT t.know('comment', (taskcrm.tc_get_task(t.id('task')) -> 'comments' -> 0 ->> 'id')::uuid);
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('comment'),
  'Updated status - awaiting final review'))
  ~ '^{"id":"comment","comment":"Updated status - awaiting final review","task":"task","commented_on":"TIME","commented_by":"alice","edited_on":"TIME","mentions":\[\]}$' AS edited;
SELECT taskcrm.tc_get_task(t.id('task')) -> 'comments' ->> 0 =
  taskcrm.tc_edit_task_comment(t.id('comment'), 'Updated status - awaiting final review')::text AS same;
SELECT t.call('tc_delete_task_comment', 'comment') = '' AS deleted;
SELECT t.call('tc_delete_task_comment', 'comment');
-- A comment does not change the version of the task.
SELECT version, updated_on = created_on FROM taskcrm.task;

-- Accepted comments.
SELECT t.comment('task', NULL);
SELECT t.comment('task', '');
SELECT t.comment('task', E' \t\r\n');
SELECT t.comment('task', repeat('x', 10001));
SELECT t.comment('task', repeat('€', 10001));
SELECT length(t.comment('task', repeat('x', 10000))::json -> 'comment' ->> 'comment');
SELECT length(t.comment('task', repeat('😀', 10000))::json -> 'comment' ->> 'comment');
SELECT t.comment('task', E'  kept as it is,\n"quotes" \\ and all\t') ::json -> 'comment' ->> 'comment';
SELECT t.try('SELECT taskcrm.tc_add_task_comment_or_attachment(NULL, $$x$$)');
SELECT t.comment('unknown', 'x');
SELECT t.comment('b_task', 'x');
SELECT t.comment('alice', 'x');
-- A comment and an attachment in one call: both are created, or neither if one is invalid.
SELECT t.try(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %L, %L)', t.id('task'), 'with a file',
  '{"file_name": "f", "content": "Zg=="}'));
SELECT t.counts() AS before \gset
SELECT t.try(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %L, %L)', t.id('task'), 'with a file',
  '{"file_name": "f", "content": "?"}'));
SELECT t.try(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %L, %L)', t.id('task'), ' ',
  '{"file_name": "f", "content": "Zg=="}'));
SELECT t.try(format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %L, %L)', t.id('b_task'), 'x',
  '{"file_name": "f", "content": "Zg=="}'));
SELECT t.counts() = :'before' AS nothing_left;

-- Mentions. Two members share the local part "sam".
\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
INSERT INTO t.known SELECT n, ('0a000000-0000-4000-8000-00000000bb0' || i)::uuid
  FROM unnest(ARRAY['sam1', 'sam2', 'pat', 'zoë', 'obrien', 'dots']) WITH ORDINALITY u (n, i);
SELECT taskcrm.tc_add_member(t.id('acme'), taskcrm.tc_create_user(email, n, t.id(n))) FROM (VALUES
  ('sam1', 'sam@acme.example'), ('sam2', 'Sam@other.example'), ('pat', 'Pat@Acme.Example'), ('zoë', 'zoë@acme.example'),
  ('obrien', 'o''brien@acme.example'), ('dots', 'a.b-c+d_e@sub.acme.example')) AS v (n, email);
\o
\c - regress_api_alice
CREATE FUNCTION pg_temp.mentions(comment text) RETURNS text LANGUAGE sql
  AS $$ SELECT coalesce(t.comment('task', comment)::json -> 'comment' ->> 'mentions', 'failed') $$;
SELECT pg_temp.mentions('@amy');
SELECT pg_temp.mentions('hello @amy, @carl. And @alice! (@ann) "@amy"? @carl: @ann; [@amy] <@alice> @carl... @ann-');
SELECT pg_temp.mentions('by email: @amy@acme.example, @carl@both.example. @ann@acme.example.');
SELECT pg_temp.mentions('@AMY @Carl@BOTH.example @pat');
SELECT pg_temp.mentions('@PAT@ACME.EXAMPLE');
SELECT pg_temp.mentions('twice @amy and @amy and @amy@acme.example is once');
-- One word as long as a comment can be, which begins with a member's name.
SELECT pg_temp.mentions('@amy.' || repeat('a.', 4997)), pg_temp.mentions('@amy@acme.example.' || repeat('é.', 4990));
SELECT pg_temp.mentions(E'lines:\n@amy\n@carl\r\n\t@ann');
-- An ambiguous local part must match exactly; the email always works.
SELECT pg_temp.mentions('@SAM');
SELECT pg_temp.mentions('@sam');
SELECT pg_temp.mentions('@sam@acme.example');
SELECT pg_temp.mentions('@sam@OTHER.example @sam@acme.example');
-- Punctuation in emails; letters beyond ASCII.
SELECT pg_temp.mentions('@a.b-c+d_e @o''brien');
SELECT pg_temp.mentions('@a.b-c+d_e@sub.acme.example.');
SELECT pg_temp.mentions('@zoë');
SELECT pg_temp.mentions('@zoë@acme.example');
-- Users who are not members, and text that almost matches a member.
SELECT pg_temp.mentions('@ida');
SELECT pg_temp.mentions('@ida@acme.example');
SELECT pg_temp.mentions('@bob @una @bob@umbrella.example');
SELECT pg_temp.mentions('@nemo @nemo@nowhere.example');
SELECT pg_temp.mentions('@nobody @am @amyx @amy_ @amy@acme @amy@acme.example.org');
SELECT pg_temp.mentions('mail amy@acme.example or x@amy');
-- In running text, the longest match counts.
SELECT c, pg_temp.mentions(c)
  FROM unnest(ARRAY['@amy''s', '“@amy”', '''@amy''', '.@amy', 'see—@amy', '@amy…', '@amy.Then',
  '请@amy看一下', '@a.b-c+d_e.', '@amy.b-c', '@amy@both.example', '@amy@acme.example.', '@amy@acme.example''s', '@@amy',
    'ü@amy']) c;
SELECT pg_temp.mentions('@ @@ @. @, amy@ alice');
SELECT pg_temp.mentions('@%');
SELECT pg_temp.mentions('@a%');
SELECT pg_temp.mentions(repeat('@', 10000));
SELECT pg_temp.mentions(repeat('@x ', 3333));
SELECT pg_temp.mentions(repeat('@amy ', 2000));
SELECT pg_temp.mentions('@' || repeat('a', 9999));
-- The user and the membership must both be active.
\c - :api_superuser
UPDATE taskcrm.app_user SET is_active = false WHERE id = t.id('sam2');
\c - regress_api_alice
SELECT t.comment('task', '@sam @sam@other.example')::json -> 'comment' ->> 'mentions';
\c - :api_superuser
UPDATE taskcrm.app_user SET is_active = true WHERE id = t.id('sam2');
UPDATE taskcrm.member SET is_active = false WHERE user_id = t.id('sam1');
\c - regress_api_alice
SELECT t.comment('task', '@sam @sam@acme.example')::json -> 'comment' ->> 'mentions';

-- An edit replaces the mentions with those of the new text.
\c - regress_api_amy
SELECT t.know('comment',
  (taskcrm.tc_add_task_comment_or_attachment(t.id('task'), 'for @ann and @carl') -> 'comment' ->> 'id')::uuid);
CREATE FUNCTION pg_temp.edit(comment text) RETURNS text LANGUAGE sql
  AS $$ SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('comment'), comment)) $$;
SELECT edited_on FROM taskcrm.task_comment WHERE id = t.id('comment');
SELECT pg_temp.edit('for @carl and @alice');
SELECT edited_on > commented_on FROM taskcrm.task_comment WHERE id = t.id('comment');
SELECT t.show(string_agg(user_id::text, ' ' ORDER BY user_id)) FROM taskcrm.task_mention
  WHERE comment_id = t.id('comment');
-- An edit that does not change the text does not set edited_on.
SELECT edited_on FROM taskcrm.task_comment WHERE id = t.id('comment') \gset
SELECT pg_temp.edit('for @carl and @alice')::json ->> 'mentions';
SELECT edited_on = :'edited_on' FROM taskcrm.task_comment WHERE id = t.id('comment');
SELECT pg_temp.edit(NULL);
SELECT pg_temp.edit(' ');
SELECT pg_temp.edit(repeat('x', 10001));
SELECT pg_temp.edit('nobody')::json ->> 'mentions';
SELECT count(*) FROM taskcrm.task_mention WHERE comment_id = t.id('comment');

-- Another member may not edit or delete the comment, an admin may; the author stays the same.
\c - regress_api_ann
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('comment'), 'ann was here'));
SELECT t.call('tc_delete_task_comment', 'comment');
\c - regress_api_alice
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('comment'), 'moderated, @ann'));
\c - regress_api_ida
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('comment'), 'x'));
SELECT t.call('tc_delete_task_comment', 'comment');
\c - regress_api_stranger
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('comment'), 'x'));
SELECT t.call('tc_delete_task_comment', 'comment');
\c - regress_api_bob
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('comment'), 'x'));
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('unknown'), 'x'));
SELECT t.call('tc_delete_task_comment', 'comment');
SELECT t.call('tc_delete_task_comment', 'unknown');
\c - regress_api_alice
SELECT t.show(commented_by::text), comment FROM taskcrm.task_comment WHERE id = t.id('comment');
SELECT t.try('SELECT taskcrm.tc_edit_task_comment(NULL, $$x$$)');
SELECT t.try('SELECT taskcrm.tc_delete_task_comment(NULL)');
SELECT t.call('tc_delete_task_comment', 'comment') = '' AS deleted_by_admin;
SELECT count(*) FROM taskcrm.task_mention WHERE comment_id = t.id('comment');

-- A user of two organizations need not select one, and may have selected the other one.
\c - :api_superuser
INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by) VALUES
  (t.id('umbrella'), '0b000000-0000-4000-8000-00000000c002', t.id('b_task'), 'carl''s', t.id('carl')),
  (t.id('acme'), '0a000000-0000-4000-8000-00000000c002', t.id('task'), 'carl''s', t.id('carl'));
SELECT t.know('b_carl', '0b000000-0000-4000-8000-00000000c002'),
  t.know('a_carl', '0a000000-0000-4000-8000-00000000c002');
\c - regress_api_carl
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('b_carl'), 'to @bob and @amy'))::json ->>
  'mentions';
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('a_carl'), 'to @bob and @amy'))::json ->>
  'mentions';
SELECT set_config('taskcrm.org_id', t.id('acme')::text, false) IS NULL;
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('b_carl'), 'still carl''s'))::json ->>
  'comment';
SELECT set_config('taskcrm.org_id', 'nonsense', false) IS NULL;
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('a_carl'), 'still carl''s'))::json ->>
  'comment';
RESET taskcrm.org_id;
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('b_comment'), 'x'));
SELECT t.call('tc_delete_task_comment', 'b_comment');
SELECT t.call('tc_delete_task_comment', 'b_carl') = '' AS deleted;
-- A comment cannot be changed in an organization whose membership is inactive.
\c - :api_superuser
UPDATE taskcrm.member SET is_active = false WHERE user_id = t.id('carl') AND org_id = t.id('acme');
\c - regress_api_carl
SELECT t.try(format('SELECT taskcrm.tc_edit_task_comment(%L, %L)', t.id('a_carl'), 'x'));
SELECT t.call('tc_delete_task_comment', 'a_carl');

-- The longest match among thousands of prefixes; thousands of mentions.
\c - regress_api_alice
SELECT t.comment('task', '@amy' || repeat('.x', 4990))::json -> 'comment' ->> 'mentions';
SELECT t.comment('task', '@amy@acme.example' || repeat('.x', 4990))::json -> 'comment' ->> 'mentions';
SELECT t.comment('task', (SELECT string_agg('@x' || n, ' ') FROM generate_series(1, 1500) n) || ' @ann')::json ->
  'comment' ->> 'mentions';

\set ECHO none
\i :teardown
