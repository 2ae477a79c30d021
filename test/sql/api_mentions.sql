-- Mentions: the grammar in src/task/mention_scan.c, case by case.
\getenv test_dir PG_ABS_SRCDIR
\set setup :test_dir '/sql/include/api_setup.sql'
\set ECHO none
\i :setup

SELECT t.know('task', (taskcrm.tc_create_task('{"title": "talked about"}') ->> 'id')::uuid);
\c - :api_superuser
SET client_min_messages = warning;
\o /dev/null
-- Creates a member for each email. The output shows the part before the first @, except for members
-- who share a local part.
CREATE FUNCTION t.member(email text, shown text DEFAULT NULL) RETURNS void LANGUAGE sql AS $$
  INSERT INTO t.known VALUES (coalesce(shown, split_part(email, '@', 1)), gen_random_uuid());
  SELECT taskcrm.tc_add_member(t.id('acme'),
    taskcrm.tc_create_user(email, email, t.id(coalesce(shown, split_part(email, '@', 1)))));
$$;
SELECT t.member(email)
  FROM unnest(ARRAY['r@acme.example', 'd@acme.example', 'Dora.Lee@acme.example', 'x_y@acme.example',
  'c++@acme.example', '民수@acme.example', '민수@회사.한국', '陳@acme.example', '陳大@acme.example', 'Ærø@acme.example',
  'ΣΟΦΊΑ@acme.example', 'каtя@acme.example', 'आशा@acme.example', 'علي@acme.example', 'zoe@acme.example',
  'ด้วง@acme.example', '😀@acme.example']) email;
-- Longer than tc_create_user() accepts.
INSERT INTO t.known VALUES (repeat('long', 60), gen_random_uuid());
INSERT INTO taskcrm.app_user (id, email) VALUES (t.id(repeat('long', 60)), repeat('long', 60) || '@x.example');
SELECT taskcrm.tc_add_member(t.id('acme'), t.id(repeat('long', 60)));
SELECT t.member('kim@a.example', 'kim-a'), t.member('kim@b.example', 'kim-b'), t.member('kim.r@a.example'),
  t.member('kim.r.s@a.example', 'krs-a'),
  t.member('kim.r.s@b.example', 'krs-b'), t.member('Sam@a.example', 'Sam-a'), t.member('sam@b.example', 'sam-b');
-- Emails that differ only in case, from before these were refused.
DROP INDEX taskcrm.app_user_folded_email_key;
INSERT INTO t.known VALUES ('ute', gen_random_uuid()), ('UTE', gen_random_uuid());
INSERT INTO taskcrm.app_user (id, email) VALUES (t.id('ute'), 'ute@acme.example'), (t.id('UTE'), 'UTE@acme.example');
SELECT taskcrm.tc_add_member(t.id('acme'), t.id('ute')), taskcrm.tc_add_member(t.id('acme'), t.id('UTE'));
-- Each special character of a local part, between letters and at the end.
SELECT t.member('r' || c || 'd@acme.example'), t.member('e' || c || '@acme.example')
FROM unnest(regexp_split_to_array('!#$%&''*+-/=?^_`{|}~', '')) c;
\o

-- Returns the cases with an unexpected result, so normally no rows; '' means that no one is
-- mentioned.
CREATE FUNCTION t.wrong_mentions(cases text[]) RETURNS TABLE (comment text, expected text, answer text)
  LANGUAGE plpgsql AS $$
BEGIN
  FOR i IN 1 .. array_length(cases, 1) LOOP
    comment := cases[i][1];
    expected := cases[i][2];
    answer := coalesce((SELECT string_agg(m, ' ' ORDER BY m COLLATE "C") FROM json_array_elements_text(
      t.comment('task', comment)::json -> 'comment' -> 'mentions') m), '');
    IF answer <> expected THEN
      RETURN NEXT;
    END IF;
  END LOOP;
END
$$;
\c - regress_api_alice

-- Every character of a local part: in the local part, in the email, and where the text matches no
-- member.
WITH chars AS (SELECT c FROM unnest(regexp_split_to_array('!#$%&''*+-/=?^_`{|}~', '')) c)
SELECT w.* FROM chars, t.wrong_mentions(ARRAY[
  ['@r' || c || 'd', 'r' || c || 'd'],
  ['see @R' || c || 'D, and', 'r' || c || 'd'],
  ['@r' || c || 'd@acme.example', 'r' || c || 'd'],
  ['@r' || c || 'd@acme.example.', 'r' || c || 'd'],
  ['@e' || c, 'e' || c],
  ['@e' || c || '@acme.example', 'e' || c],
  ['@r' || c || 'd@other.example', ''],
  ['@r' || c || 'r@acme.example', ''],
  ['@r' || c, 'r'],
  ['@r' || c || ' x', 'r']]) w;
SELECT c, t.wrong_mentions(ARRAY[['@r' || c || 'q', CASE WHEN c = '_' THEN '' ELSE 'r' END]])
FROM unnest(regexp_split_to_array('!#$%&''*+-/=?^_{|}~', '')) c;

SELECT w.* FROM t.wrong_mentions(ARRAY[
  -- The longest, and no shorter one than what somebody has.
  ['@kim', ''], ['@kim.r', 'kim.r'], ['@kim.r.', 'kim.r'], ['@kim.r.s', ''], ['@kim.r.t', 'kim.r'],
    ['@kim.r@a.example', 'kim.r'],
  ['@kim@a.example @kim@b.example', 'kim-a kim-b'], ['@kim@c.example', ''],
  ['@c++', 'c++'], ['@c++, @r', 'c++ r'], ['@c+', ''], ['@c++@acme.example', 'c++'],
  ['@r''s', 'r'], ['@r.', 'r'], ['@r...', 'r'], ['@r.Then', 'r'], ['(@r)', 'r'], ['"@r"', 'r'],
    ['@r,@d;@zoe', 'd r zoe'], ['@r:', 'r'],
  ['@r/@d', 'd r'], ['@r|@d', 'd r'], ['@r+@d', 'd r'], ['@r.@d', 'd r'], ['@r, d', 'r'], ['.@r', 'r'], ['@@r', 'r'],
    ['@.r', ''],
  ['@r@d', ''], ['@rr', ''], ['@r2', ''], ['@r_', 'r'], ['@r_s', ''], ['@r__s', ''], ['@x_y_', 'x_y'], ['@x_y_z', ''],
  ['@r@acme.example''s', 'r'], ['@r@acme.example.uk', ''], ['@r@acme', ''], ['@r@acme.example...', 'r'],
    ['@r@acme.example-', 'r'],
  -- Case: exactly, before folded; folded as searches fold.
  ['@ute', 'ute'], ['@UTE', 'UTE'], ['@Ute', ''], ['@ute@acme.example', 'ute'], ['@UTE@acme.example', 'UTE'],
    ['@UTE@ACME.EXAMPLE', ''],
  ['@sam', 'sam-b'], ['@Sam', 'Sam-a'], ['@SAM', ''], ['@SAM@A.EXAMPLE', 'Sam-a'], ['@dora.lee', 'Dora.Lee'],
    ['@DORA.LEE@acme.example', 'Dora.Lee'],
  ['@ÆRØ', 'Ærø'], ['@ærø@acme.example', 'Ærø'], ['@σοφία', 'ΣΟΦΊΑ'], ['@ΣΟΦΊΑ', 'ΣΟΦΊΑ'], ['@КАTЯ', 'каtя'],
  -- Every script.
  ['@陳', '陳'], ['@陳大', '陳大'], ['@陳大人', '陳大'], ['@陳看一下', '陳'], ['@陳@acme.example', '陳'], ['@陳@acme.example看', '陳'],
    ['@陳@other.example', ''],
  ['請@陳看', '陳'], ['請@r看', 'r'], ['@r看', 'r'], ['@陳@r', 'r 陳'], ['@陳、@r。', 'r 陳'], ['陳@acme.example', ''],
    ['陳@r.example', ''],
  ['@민수', '민수'], ['@민수님', '민수'], ['@민수@회사.한국', '민수'], ['@민수@회사.한국에게', '민수'], ['@민', ''], ['안녕@민수', '민수'],
  ['@आशा', 'आशा'], ['@आशा।', 'आशा'], ['@आश', ''], ['@علي', 'علي'], ['@علي، نعم', 'علي'], ['@عليه', ''],
    ['@ด้วง', 'ด้วง'], ['@ด้วงครับ', 'ด้วง'],
  ['@😀', '😀'], ['@😀@acme.example', '😀'], ['@r😀', 'r'], ['😀@r', 'r'],
  -- A combining mark belongs to the letter before it.
  [U&'@zoe\0308', ''], [U&'@r\0301', ''], [U&'e\0301@r', ''], ['é@r', ''],
  -- Characters that cannot be seen.
  [U&'@\200Er', 'r'], [U&'\2067@r\2069 x', 'r'], [U&'@\2068r\2069', 'r'], [U&'@r\200B', 'r'], [U&'x\200B@r', 'r'],
    [U&'x\200E@r', ''], [U&'@r\200Fd', 'r'],
  [U&'@r\FEFF', 'r'], [U&'@\200Br', ''], [U&'\00A0@r\00A0', 'r'], [U&'\3000@r\3000', 'r'], [U&'@r\FE0F', ''],
  -- Emails and URLs.
  ['x@r.example', ''], ['x.y+z@r', ''], ['x@r', ''], ['1@r', ''], ['x_@r', ''], ['x-@r.example', ''],
    ['o''@r.example', ''], ['<x@r>', ''], ['mailto:x@r.example', ''],
  ['and/@r', 'r'], ['x-@r', 'r'], ['=@r', 'r'],
  ['https://social.example/@r/114', ''], ['https://social.example/@r', ''], ['HTTP://social.example/@r', ''],
    ['https://r@d/@r', ''],
  ['(https://social.example/@r) @d', 'd'], ['[x](https://social.example/@r)@d', 'd'],
    ['[@r](https://social.example/@d)', 'r'],
  ['<https://social.example/@r>@d', 'd'], ['https://social.example/a_(b)/@r', ''], ['https://social.example/陳/@r', ''],
    ['見てhttps://social.example/@r。@陳', '陳'],
  ['social.example/@r', ''], ['www.social.example/@r', ''], ['www.social.example?x=@r', ''],
    ['social.example:8080/@r', ''], ['xmpp://@r', ''], ['social.example @r', 'r'],
  -- Markdown.
  ['_@r_', 'r'], ['*@r*', 'r'], ['**@r**', 'r'], ['__@r__', 'r'], ['***@r***', 'r'], ['~~@r~~', 'r'], ['_ask @r_', 'r'],
    ['**_@r_**', 'r'], ['_@x_y_', 'x_y'], ['_@r@acme.example_', 'r'], ['**@r@acme.example**', 'r'],
  ['_@r_, _@d_', 'd r'], ['> @r', 'r'], ['- @r', 'r'], ['# @r', 'r'], ['|@r|@d|', 'd r'], ['[@r]', 'r'],
  ['`@r`', ''], ['`@r` @d', 'd'], ['``@r ` @d``', ''], ['`` `@r` `` @d', 'd'], ['` @r', 'r'], ['`` @r `', 'r'],
    ['`a` @r `b`', 'r'], ['\`@r\`', 'r'], ['\\`@r`', ''], ['`\`@r`', 'r'],
  [E'`a\n@r`', ''], [E'`a\n\n@r`', 'r'], [E'- `a\n- @r`', 'r'], ['x`@r`@d', 'd'],
  [E'```\n@r\n```\n@d', 'd'], [E'```sql\n@r\n```\n@d', 'd'], [E'~~~\n@r\n~~~\n@d', 'd'], [E'```\n@r', ''],
    [E'~~~\n@r\n```\n@d', ''], [E'````\n```\n@r\n````\n@d', 'd'],
  [E'@d\n```\n@r', 'd'], [E'```\r\n@r\r\n```\r\n@d', 'd'], [E'> ```\n> @r\n> ```\n> @d', 'd'],
    [E'> ```\n> @r\n\n@d', 'd'], [E'- ```\n  @r\n  ```\n  @d', 'd'], [E'``` `@r\n@d', 'd r'],
  [E'    @r', 'r'], [E'\t@r', 'r'], [E'```\n@r\n``` x\n@d', ''], ['~~@r~~', 'r'], [E'`a\n```\n@r`\n```\n@d', 'd'],
  -- Nothing.
  ['@', ''], ['@ r', ''], ['@-', ''], ['@*', ''], ['@@', ''], ['r', '']]) w;

-- Long texts: one word, repeated special characters and Markdown, only mentions.
SELECT w.answer, left(w.comment, 20) AS comment FROM t.wrong_mentions(ARRAY[
  ['@' || repeat('a', 9999), ''], ['@' || repeat('陳', 9999), '陳'], ['@r' || repeat('.x', 4990), 'r'],
    ['@r@acme.example' || repeat('.x', 4990), ''],
  [repeat('@', 10000), ''], [repeat('@r', 5000), ''], [repeat('@陳', 5000), '陳'], [repeat('@r ', 3333), 'r'],
    [repeat('-@r', 3333), 'r'], [repeat('@r-', 3333), 'r'],
  ['x' || repeat('`', 9997) || '@r', 'r'], [repeat('@_', 4999), ''], ['@' || repeat('_', 9998), ''],
    [repeat(U&'\0301', 9998) || '@r', ''], [repeat('x.', 4998) || '/@r', 'r'],
  [(SELECT string_agg(repeat('`', n), ' ') FROM generate_series(1, 139) n) || '@r', 'r'],
    [repeat(E'```\n', 2499) || '@r', ''], [repeat(E'> ', 4998) || '@r', 'r'],
  ['@' || repeat('long', 60), repeat('long', 60)], ['@' || repeat('long', 60) || '@x.example', repeat('long', 60)],
    [repeat(U&'\200E', 9998) || '@r', 'r'],
  [repeat(U&'@\200E', 4999) || '@r', 'r'], [repeat('https://x/@r ', 769), '']]) w;

-- Emails that differ only in case.
\c - :api_superuser
CALL taskcrm.tc_install(owner => 'regress_api_owner');
SELECT pg_get_indexdef('taskcrm.app_user_folded_email_key'::regclass) ~ 'UTE@acme.example|ute@acme.example' AS
  one_left_out;
SELECT t.try($$SELECT taskcrm.tc_create_user('R@acme.example')$$);
SELECT t.try($$SELECT taskcrm.tc_create_user('Ute@acme.example')$$);
SELECT t.try($$SELECT taskcrm.tc_create_user('æRØ@acme.example')$$);
SELECT t.try($$SELECT taskcrm.tc_create_user('r@acme.example')$$);
SELECT t.try($$INSERT INTO taskcrm.app_user (email) VALUES ('R@ACME.example')$$);
SELECT t.try($$INSERT INTO taskcrm.app_user (email) VALUES ('Σοφία@acme.example')$$);
SELECT t.try($$UPDATE taskcrm.app_user SET email = 'D@acme.example' WHERE email = 'r@acme.example'$$);
SELECT t.try($$UPDATE taskcrm.app_user SET email = 'R@acme.example' WHERE email = 'r@acme.example' RETURNING email$$);
SELECT count(*) FROM taskcrm.app_user WHERE taskcrm_internal.folded(email) = 'ute@acme.example';
\set ECHO none
\i :teardown
