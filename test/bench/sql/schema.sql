-- Creates the base of the data: organizations, and functions for pseudo-random numbers that
-- are the same on every machine.  Run it as a superuser in a database in which only
-- tc_install() has run.  :organizations is a list of (number, kind, tasks, people).

CREATE SCHEMA bench;
GRANT USAGE ON SCHEMA bench TO PUBLIC;

-- Returns a uuid for a name.
CREATE FUNCTION bench.id(kind text, org int, n bigint) RETURNS uuid
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT md5(kind || ':' || org || ':' || n)::uuid $$;

-- Uniformly distributed numbers 0 .. below-1.
CREATE FUNCTION bench.spread(n bigint, salt int, below int) RETURNS int
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (((hashint8(n * 64 + salt)::bigint + 2147483648) * below) >> 32)::int $$;

-- A skewed distribution: of 200 numbers, the first gets 7 %, the last 0.25 %.
CREATE FUNCTION bench.skew(n bigint, salt int, below int) RETURNS int
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT (power((hashint8(n * 64 + salt)::bigint + 2147483648) / 4294967296.0::float8, 2) * below)::int % below $$;

-- The server writes +00:00 for Z and no zeros at the end of a fraction.
CREATE FUNCTION bench.plain_times(answer text) RETURNS jsonb
  LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$ SELECT regexp_replace(replace(answer, '+00:00"', 'Z"'), '(\.\d*[1-9])0+Z"', '\1Z"', 'g')::jsonb $$;

-- step: the time between two tasks.  open: in an organization of some years, how many are not
-- completed, which is the same for any history.
CREATE TABLE bench.org AS
  SELECT n, bench.id('org', n, 0) AS id, kind, tasks, people,
    CASE kind WHEN 'years' THEN date_trunc('second', interval '1095 days' / tasks) ELSE interval '31 seconds' END AS step,
    CASE kind WHEN 'years' THEN least(12500, tasks / 20) END AS open
  FROM (VALUES :organizations) AS o (n, kind, tasks, people);

-- All loads refer to the same time: the start of the load.
CREATE TABLE bench.moment AS SELECT date_trunc('second', now()) AS loaded_on;

-- The secondary indexes, which are built after the load.
CREATE TABLE bench.secondary_index AS
  SELECT i.indexrelid::regclass::text AS name, pg_get_indexdef(i.indexrelid) AS definition, am.amname AS method,
    i.indrelid::regclass::text AS tab
  FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_am am ON am.oid = c.relam
  WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND NOT i.indisunique
    AND i.indrelid::regclass::text IN ('taskcrm.task', 'taskcrm.task_assignee', 'taskcrm.task_contact', 'taskcrm.task_team', 'taskcrm_internal.task_text',
      'taskcrm_internal.open_link');
SELECT format('DROP INDEX %s', name) FROM bench.secondary_index \gexec

SET session_replication_role = replica;	-- the data is right by construction
INSERT INTO taskcrm.organization (id, name) SELECT id, 'Organization ' || n FROM bench.org;
INSERT INTO taskcrm.app_user (id, email, name)
  SELECT bench.id('user', o.n, g), format('user%s@org%s.example', g, o.n), format('User %s of %s', g, o.n)
  FROM bench.org o, generate_series(0, o.people - 1) g;
INSERT INTO taskcrm.member (org_id, user_id, role)
  SELECT o.id, bench.id('user', o.n, g), CASE WHEN g = 0 THEN 'admin' ELSE 'member' END
  FROM bench.org o, generate_series(0, o.people - 1) g;
INSERT INTO taskcrm.account (org_id, id, name)
  SELECT o.id, bench.id('account', o.n, g), 'Account ' || g FROM bench.org o, generate_series(0, o.tasks / 100) g;
INSERT INTO taskcrm.contact (org_id, id, first_name, last_name)
  SELECT o.id, bench.id('contact', o.n, g), 'First' || g, 'Last' || g FROM bench.org o, generate_series(0, o.tasks / 50) g;
INSERT INTO taskcrm.team (org_id, id, name)
  SELECT o.id, bench.id('team', o.n, g), 'Team ' || g FROM bench.org o, generate_series(0, 19) g;
