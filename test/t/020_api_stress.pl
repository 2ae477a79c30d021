# Many concurrent clients on the same tasks: nothing is lost, nothing is left over, and
# there are no deadlocks.
#
# The results can be checked by construction: each transaction of the load is one call of
# the API, and records its outcome.  TASKCRM_STRESS=100000 runs that many rounds instead of
# the normal number.

use strict;
use warnings FATAL => 'all';

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my @people = qw(alice amy ann ada);    # alice is an admin
my $clients = 2;                       # of each
my $rounds = int(($ENV{TASKCRM_STRESS} // 800) / (@people * $clients)) || 1;
my $shared = 5;

my $node = PostgreSQL::Test::Cluster->new('stress');
$node->init(extra => [ '-E', 'UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', <<'CONF');
fsync = off
deadlock_timeout = '200ms'
log_line_prefix = '%m [%p] %u %e '
log_lock_waits = off
CONF
$node->start;

# ---------------------------------------------------------------------------
# One organization; tasks that are shared and never deleted; a log of outcomes.

$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION taskcrm;
CALL taskcrm.tc_install();
CREATE SCHEMA load;
CREATE TABLE load.outcome (kind text, state text);
GRANT USAGE ON SCHEMA load TO PUBLIC;
GRANT INSERT ON load.outcome TO PUBLIC;

CREATE FUNCTION load.attempt(kind text, statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  state text := 'ok';
BEGIN
  IF statement IS NULL THEN
    state := 'no task';
  ELSE
    BEGIN
      EXECUTE statement;
    EXCEPTION WHEN others THEN
      state := sqlstate;
    END;
  END IF;
  INSERT INTO load.outcome VALUES (kind, state);
END
$$;

-- Returns one of the shared tasks, or one of the newest passing tasks, which other clients delete;
-- the latter is NULL if none exists at the moment.
CREATE TABLE load.shared_task (id uuid);
GRANT SELECT, INSERT ON load.shared_task TO PUBLIC;
CREATE FUNCTION load.shared() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT quote_literal(id) FROM load.shared_task ORDER BY random() LIMIT 1 $$;
CREATE FUNCTION load.passing() RETURNS text LANGUAGE sql VOLATILE AS $$
  SELECT quote_literal(id)
    FROM (SELECT id FROM taskcrm.task WHERE title = 'passing' ORDER BY created_on DESC, id DESC LIMIT 8) n
  ORDER BY random() LIMIT 1 $$;
-- The same data for both clients of one person.
CREATE FUNCTION load.same(n int) RETURNS jsonb LANGUAGE sql AS $$
  SELECT jsonb_build_object('title', 'keyed ' || n, 'contacts', jsonb_agg(id))
    FROM (SELECT id FROM taskcrm.contact ORDER BY first_name LIMIT 2) c $$;
CREATE FUNCTION load.ids(table_name text, n int) RETURNS jsonb LANGUAGE plpgsql AS $$
DECLARE
  result jsonb;
BEGIN
  EXECUTE format('SELECT jsonb_agg(i) FROM (SELECT %s AS i FROM taskcrm.%I ORDER BY random() LIMIT %s) s',
    CASE table_name WHEN 'member' THEN 'user_id' ELSE 'id' END, table_name, n) INTO result;
  RETURN result;
END
$$;

SELECT taskcrm.tc_create_organization('Acme', '00000001-0000-4000-8000-000000000001');
INSERT INTO taskcrm.account (org_id, name) SELECT id, 'account ' || n
  FROM taskcrm.organization, generate_series(1, 5) n;
INSERT INTO taskcrm.contact (org_id, first_name) SELECT id, 'contact ' || n
  FROM taskcrm.organization, generate_series(1, 5) n;
INSERT INTO taskcrm.team (org_id, name) SELECT id, 'team ' || n FROM taskcrm.organization, generate_series(1, 5) n;
SQL
foreach my $who (@people)
{
	my $role = $who eq 'alice' ? 'admin' : 'member';
	$node->safe_psql('postgres', <<"SQL");
CREATE ROLE $who LOGIN;
SELECT taskcrm.tc_grant_access('$who');
WITH u AS (SELECT taskcrm.tc_create_user('$who\@acme.example', '$who') AS id)
SELECT taskcrm.tc_link_login('$who', id), taskcrm.tc_add_member('00000001-0000-4000-8000-000000000001', id, '$role')
  FROM u;
SQL
}
# Every task has two contacts, two assignees and one team at any time.
my $links = "'contacts', load.ids('contact', 2), 'assigned_to', load.ids('member', 2), 'teams', load.ids('team', 1)";
$node->safe_psql('postgres',
		  "SET SESSION AUTHORIZATION alice; INSERT INTO load.shared_task SELECT (taskcrm.tc_create_task("
	  . "jsonb_build_object('title', 'shared ' || n, $links)) ->> 'id')::uuid FROM generate_series(1, $shared) n");

# ---------------------------------------------------------------------------
# The load. Every update of a shared task changes it, because it sets a new title.

my $dir = PostgreSQL::Test::Utils::tempdir();
my @steps = (
	'\set i :i + 1',
	map { my ($kind, $statement) = @$_; "SELECT load.attempt('$kind', $statement);" } [
		'create',
		"'SELECT taskcrm.tc_create_task(' || quote_literal(jsonb_build_object('title', 'passing', 'account', load.ids('account', 1) -> 0, $links)) || ')'"
	],
	[   'update shared',
		"'SELECT taskcrm.tc_update_task(' || load.shared() || ', ' || quote_literal(jsonb_build_object('title', 'shared ' || gen_random_uuid(), $links)) || ')'"
	],
	[   'comment',
		"'SELECT taskcrm.tc_add_task_comment_or_attachment(' || load.shared() || ', ''to \@amy and \@ann'')'"
	],
	[ 'keyed', "format('SELECT taskcrm.tc_create_task(%L, %L)', load.same(:i), 'key ' || :i)" ],
	[   'update',
		"'SELECT taskcrm.tc_update_task(' || load.passing() || ', ' || quote_literal(jsonb_build_object('status', 'Completed', 'account', load.ids('account', 1) -> 0, $links)) || ')'"
	],
	[   'comment passing',
		q{'SELECT taskcrm.tc_add_task_comment_or_attachment(' || load.passing() || ', ''to @ada'', ''{"file_name": "f", "content": "Zg=="}'')'}
	],
	[ 'get', "'SELECT taskcrm.tc_get_task(' || load.passing() || ')'" ]
);
my $delete = "SELECT load.attempt('delete', 'SELECT taskcrm.tc_delete_task(' || load.passing() || ')');";

my @running;
foreach my $who (@people)
{
	my $file = "$dir/$who.sql";
	# The clients of the admin delete six of every eight passing tasks that are created.
	append_to_file($file, join("\n", @steps, $who eq 'alice' ? ($delete) x 3 : ()) . "\n");
	my ($out, $err) = ('', '');
	push @running, {
		who => $who, out => \$out, err => \$err,
		run => IPC::Run::start(
			[ 'pgbench', '-n', '-D', 'i=0', '-c', $clients, '-j', 1, '-t', $rounds, '-M', 'simple', '-f', $file,
				'-h', $node->host, '-p', $node->port, '-U', $who, 'postgres' ],
			'>', \$out, '2>', \$err) };
}
foreach my $run (@running)
{
	ok($run->{run}->finish, "the clients of $run->{who} finished") or diag(${ $run->{err} });
}

# ---------------------------------------------------------------------------
# The results.

sub value { return $node->safe_psql('postgres', $_[0]) }
sub count { return value("SELECT count(*) FROM load.outcome WHERE kind = '$_[0]' AND state = '" . ($_[1] // 'ok') . "'") }

note(
	value(
		'SELECT string_agg(format($$%s %s: %s$$, kind, state, n), $$, $$) FROM (SELECT kind, state, count(*) AS n FROM load.outcome GROUP BY 1, 2 ORDER BY 1, 2) s'
	)
);
my $all = $rounds * $clients * @people;
is(value('SELECT count(*) FROM load.outcome'), 7 * $all + 3 * $rounds * $clients, 'every call has an outcome');
is( value(
		q{SELECT string_agg(DISTINCT kind || ' ' || state, ', ') FROM load.outcome WHERE state <> 'ok' AND (state NOT IN ('PT404', 'no task')
	OR kind IN ('create', 'update shared', 'comment', 'keyed'))}
	),
	'',
	'a call fails only when its task has just been deleted'
);

is(count($_), $all, "all succeeded: $_") foreach ('create', 'update shared', 'comment', 'keyed');
cmp_ok(count('delete'), '>', 0, 'some tasks were deleted');
is( value("SELECT count(*) FROM taskcrm.task WHERE title = 'passing'"),
	$all - count('delete'),
	'the passing tasks that were created and not deleted exist'
);
is(value("SELECT count(*) FROM taskcrm.task WHERE title LIKE 'keyed%'"), $rounds * @people,
	'each key created one task');
is(value("SELECT count(*) FROM taskcrm.task WHERE title LIKE 'shared%'"), $shared, 'all shared tasks exist');
is(value("SELECT sum(version) - $shared FROM taskcrm.task WHERE title LIKE 'shared%'"),
	$all, 'no update of a shared task was lost');
is( value(
		"SELECT count(*) FROM taskcrm.task_comment c JOIN taskcrm.task t ON t.id = c.task_id WHERE t.title LIKE 'shared%'"
	),
	$all,
	'no comment is lost'
);
is( value(
		"SELECT count(*) FROM taskcrm.task_mention m JOIN taskcrm.task_comment c ON c.id = m.comment_id JOIN taskcrm.task t ON t.id = c.task_id WHERE t.title LIKE 'shared%'"
	),
	2 * $all,
	'no mention is lost'
);

foreach my $link ([ 'task_contact', 2 ], [ 'task_assignee', 2 ], [ 'task_team', 1 ])
{
	my ($table, $each) = @$link;
	is( value(
			"SELECT count(*) FROM taskcrm.task t WHERE title NOT LIKE 'keyed%' AND (SELECT count(*) FROM taskcrm.$table l WHERE l.org_id = t.org_id AND l.task_id = t.id) <> $each"
		),
		0,
		"every task has exactly $each rows in $table"
	);
	is( value(
			"SELECT count(*) FROM taskcrm.$table l LEFT JOIN taskcrm.task t ON t.org_id = l.org_id AND t.id = l.task_id WHERE t.id IS NULL OR t.created_on <> l.created_on"
		),
		0,
		"no row of $table lacks its task or has a different created_on"
	);
}
is( value(
		'SELECT (SELECT count(*) FROM taskcrm.task_attachment) - (SELECT count(*) FROM taskcrm.task_attachment_content)'
	),
	0,
	'every attachment has its content'
);
is( value(
		"SELECT count(*) FROM taskcrm.task_comment c JOIN taskcrm.task t ON t.id = c.task_id WHERE t.title = 'passing'"
	),
	value('SELECT count(*) FROM taskcrm.task_attachment WHERE task_id IS NOT NULL'),
	'a comment and its file both exist, or neither does'
);

my $log = slurp_file($node->logfile);
unlike($log, qr/ 40P01 |deadlock detected/, 'no deadlock');
unlike($log, qr/ XX\d{3} |PANIC|TRAP|terminated by signal/, 'no internal error or crash');

$node->stop;
done_testing();
