# A dump that is restored in parts: only the data into a new installation, with every method of
# PostgreSQL's tools, and section by section. Every row is unchanged.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('restore');
my $files = PostgreSQL::Test::Utils::tempdir();
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;

# ---------------------------------------------------------------------------
# A history of changes: rows that triggers would change again, or refuse, if they treated a
# restored row as a new one.

my ($task, $other, $comment, $file) = (id(1, 'task', 1), id(1, 'task', 2), id(1, 'comment', 1), id(1, 'attachment', 2));
my ($alice, $bob, $erin) = map { user_id($_) } qw(alice bob erin);
my $long = "E'first\\n\\ttab \\\\ end' || (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 150) g)";
my @history = run_as(
	$node, 'alice',
	[   qq{SELECT taskcrm.tc_create_task('{"title": "by the API", "description": "d", "assigned_to": ["$bob", "$erin"], "teams": ["@{[id(1, 'team', 1)]}"],
		"contacts": ["@{[id(1, 'contact', 1)]}"], "attachments": [{"file_name": "f", "content": "AAEC"}]}', 'key')},
	qq{SELECT taskcrm.tc_update_task('$task', '{"title": "version 2", "assigned_to": ["$bob"]}')},
	qq{SELECT taskcrm.tc_update_task('$task', '{"status": "Completed", "contacts": []}')},
	"UPDATE taskcrm.task SET description = $long WHERE id = '$other'",
	"INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES ('$other', '$bob'), ('$other', '$erin')",
	"INSERT INTO taskcrm.task (title) VALUES ('by table')",
	"INSERT INTO taskcrm.task_comment (task_id, comment) VALUES ('$task', 'to \@bob and \@erin')",
	qq{SELECT taskcrm.tc_add_task_comment_or_attachment('$task', 'to \@erin', '{"file_name": "g", "content": "AP8="}')},
	qq{SELECT taskcrm.tc_edit_task_comment('$comment', 'to \@bob, edited')},
	qq{SELECT taskcrm.tc_delete_task_attachment('$file')},
	q{SELECT taskcrm.tc_update_account('} . id(1, 'account', 1) . q{', '{"name": "renamed"}')},
	q{SELECT taskcrm.tc_invite_member('zoe@a.example', 'admin')} ]);
push @history, run_as($node, undef, [
	# An assigned and mentioned user who is no longer a member.
	"UPDATE taskcrm.member SET is_active = false WHERE user_id = '$bob'",
	"UPDATE taskcrm.app_user SET name = 'Robert' WHERE id = '$bob'",
	'CREATE POLICY audited ON taskcrm.account AS RESTRICTIVE USING (true)',
	q{SELECT taskcrm.tc_accept_finding('policies', 'audited on account', 'of the auditor')},
	# Of a column that is gone, so that the rows fit tables as tc_install() makes them.
	q{INSERT INTO taskcrm_internal.exposed_column (table_name, column_name, writable) VALUES ('task', 'gone', false)},
	q{SELECT taskcrm.tc_add_jwt_key('k', 'HS256', 'a secret of at least thirty-two bytes')},
	# A mention that is not in the text, and a text whose mention was deleted.
	"DELETE FROM taskcrm.task_mention WHERE comment_id = '@{[id(1, 'comment', 2)]}'",
		"INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id) VALUES ('@{[org(1)]}', '@{[id(1, 'comment', 2)]}', '$erin')"
	]
);
is(join("\n", map { $_->{err} } grep { $_->{state} ne '00000' } @history), '', 'the history is written');

# Each row of each table as one line, independent of the order of columns.
sub rows
{
	my ($database, $where) = @_;
	my $sql = join ' UNION ALL ', split /\n/, $node->safe_psql($database, qq{
		SELECT format('SELECT %L || to_jsonb(t)::text FROM ONLY %s t', relname || ' ', oid::regclass)
		FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r' AND $where ORDER BY 1});
	return $node->safe_psql($database, "SELECT x FROM ($sql) x (x) ORDER BY x COLLATE \"C\"");
}

sub counts { return $node->safe_psql($_[0], 'SELECT org_id, status, priority, sum(n) FROM taskcrm_internal.task_count GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1, 2, 3') }

# The lines that only one of two texts contains.
sub changes
{
	my %count;
	$count{$_}++ foreach split /\n/, $_[0];
	$count{$_}-- foreach split /\n/, $_[1];
	return join "\n", map { ($count{$_} > 0 ? '-' : '+') . substr($_, 0, 300) } grep { $count{$_} } sort keys %count;
}

sub wrong { return $node->safe_psql($_[0], q{SELECT string_agg("check", ' ' ORDER BY "check") FROM taskcrm.tc_doctor() WHERE NOT ok}) }

my $is_compared = "relname NOT IN ('task_count', 'installation')";
my $rows = rows('crm', $is_compared);
my $counts = counts('crm');
my $wrong = wrong('crm');
like($rows, qr/^task \{.*"version": [3-9]/m, 'a task that was changed');
cmp_ok(scalar(grep { /^task_mention / } split /\n/, $rows), '>', 6, 'mentions');
foreach my $table (
	split /\n/,
	$node->safe_psql(
		'crm', "SELECT relname FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r'"
	)
	)
{
	is($node->safe_psql('crm', "SELECT count(*) > 0 FROM @{[qualified($table)]}"), 't', "there are rows in $table");
}

# ---------------------------------------------------------------------------
# Only the data.

my $custom = "$files/crm.dump";
$node->command_ok([ 'pg_dump', '-Fc', '-f', $custom, 'crm' ], 'pg_dump -Fc');
my $only = "$files/data.dump";
$node->command_ok([ 'pg_dump', '-Fc', '--data-only', '-f', $only, 'crm' ], 'pg_dump -Fc --data-only');
foreach my $inserts ('--inserts', '--column-inserts') {
	$node->command_ok([ 'pg_dump', '--data-only', $inserts, '-f', "$files/data$inserts.sql", 'crm' ],
		"pg_dump --data-only $inserts");
}

# With \copy, in an order that the foreign keys allow.
my $copy = '';
foreach my $table (
	qw(organization app_user member login gateway jwt_key account contact team team_member),
	split /\n/,
	$node->safe_psql(
		'crm', q{
	SELECT relname FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r'
	ORDER BY relname <> 'task', relname NOT IN ('task_comment', 'task_attachment'), relname}))
{
	next if $table eq 'installation' || $copy =~ m{/$table\.copy'};
	$node->safe_psql('crm', "\\copy @{[qualified($table)]} TO '$files/$table.copy'");
	$copy .= "\\copy @{[qualified($table)]} FROM '$files/$table.copy'\n";
}
append_to_file("$files/copy.sql", $copy);

# way => [command, whether triggers fire].
my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', "$files/out");
my @restore = ('pg_restore', '--exit-on-error', '--data-only');
my %ways = (
	data => [ [ @restore, $only ], 1 ],
	data_in_one => [ [ @restore, '--single-transaction', $only ], 1 ],
	data_disabled => [ [ @restore, '--disable-triggers', $custom ], 0 ],
	data_disabled_jobs => [ [ @restore, '--disable-triggers', '-j', '2', $custom ], 0 ],
	inserts => [ [ @psql, '-f', "$files/data--inserts.sql" ], 1 ],
	column_inserts => [ [ @psql, '--single-transaction', '-f', "$files/data--column-inserts.sql" ], 1 ],
	copies => [ [ @psql, '-f', "$files/copy.sql" ], 1 ]);

# Calls the API, and fires triggers of the link tables, in a restored database.
sub is_usable
{
	my ($database) = @_;
	my ($version) = $node->safe_psql($database, "SELECT version FROM taskcrm.task WHERE id = '$task'");
	my @results = run_as(
		$node, 'alice',
		[   'BEGIN',
			"INSERT INTO taskcrm.task_team (task_id, team_id) VALUES ('$task', '@{[id(1, 'team', 2)]}')",
			"SELECT version FROM taskcrm.task WHERE id = '$task'",
			qq{SELECT taskcrm.tc_create_task('{"title": "new"}', 'key 2')},
			'SELECT taskcrm.tc_task_totals()',
			'ROLLBACK'
		],
		database => $database
	);
	is(join(' ', map { $_->{state} } @results), join(' ', ('00000') x 6), "$database: alice reads and writes")
	  or diag explain \@results;
	is($results[2]{out}, $version + 1, "$database: and the version of the task increases");
	canary_free(\@results, "$database: and nothing of other organizations is visible");
}

# A full dump contains the data in the order of the table names; PostgreSQL uses the order of
# the foreign keys only in a data-only dump.
$node->safe_psql('postgres', 'CREATE DATABASE refused TEMPLATE template0');
install_extension($node, 'refused');
install_tables($node, 'refused');
my $empty = rows('refused', 'true');
$node->command_checks_all(
	[ @restore, '--single-transaction', '-d', 'refused', $custom ],
	1, [],
	[ qr/violates foreign key constraint/ ],
	'the data of a full dump is refused if triggers fire'
);
is(rows('refused', 'true'), $empty, 'and no row is written');

foreach my $way (sort keys %ways)
{
	my ($command, $fires) = @{ $ways{$way} };

	$node->safe_psql('postgres', "CREATE DATABASE $way TEMPLATE template0");
	install_extension($node, $way);
	install_tables($node, $way);
	$node->safe_psql($way, "SELECT taskcrm.tc_grant_access('$_', write => true)") foreach qw(alice bob carol dirk erin);
	$node->command_ok([ @$command, '-d', $way ], "$way: restored");
	is(changes($rows, rows($way, $is_compared)), '', "$way: every row is unchanged");
	# If triggers fire, they count the restored tasks in addition to the restored counters.
	is( $node->safe_psql($way, 'SELECT count(*) > 0 FROM taskcrm.tc_check_counts()'),
		$fires ? 't' : 'f',
		"$way: the counters"
	);
	# pg_restore enables all triggers in the default mode afterwards, including those that should
	# be ALWAYS.
	like(wrong($way), qr/\bdisabled_triggers\b/, "$way: tc_doctor() names the triggers") if !$fires;

	$node->safe_psql($way, 'CALL taskcrm.tc_install()');
	is(changes($rows, rows($way, $is_compared)), '', "$way: tc_install() does not change the rows");
	is($node->safe_psql($way, 'SELECT count(*) FROM taskcrm_internal.installation'), '1', "$way: and leaves one row of its own");
	$node->safe_psql($way, 'SELECT taskcrm.tc_recount()');
	is(counts($way), $counts, "$way: tc_recount() corrects the counters");
	is(wrong($way), $wrong, "$way: tc_doctor() finds no problem");
	is_usable($way);
}

# ---------------------------------------------------------------------------
# Section by section, and with tc_install() after it.

foreach my $way ('sections', 'sections_install')
{
	$node->safe_psql('postgres', "CREATE DATABASE $way TEMPLATE template0");
	foreach my $section (qw(pre-data data post-data)) {
		$node->command_ok([ 'pg_restore', '--exit-on-error', "--section=$section", '-d', $way, $custom ],
			"$way: $section");
	}
	is(changes("$rows\n" . rows('crm', "NOT ($is_compared)"), rows($way, 'true')),
		'', "$way: every row is unchanged, including the counters");
	$node->safe_psql($way, 'CALL taskcrm.tc_install()') if $way eq 'sections_install';
	is(counts($way), $counts, "$way: the counters");
	is(wrong($way), $wrong, "$way: tc_doctor() finds no problem");
	is_usable($way);
}

# tc_install() does not create the keys of existing tables, so the data is refused. tc_doctor()
# names the keys; post-data adds them, and reports that its other objects exist.
$node->safe_psql('postgres', 'CREATE DATABASE early TEMPLATE template0');
$node->command_ok([ 'pg_restore', '--exit-on-error', '--section=pre-data', '-d', 'early', $custom ], 'early: pre-data');
$node->safe_psql('early', 'CALL taskcrm.tc_install()');
$empty = rows('early', 'true');
like(wrong('early'), qr/\bkeys\b/, 'early: tc_doctor() names the keys');
$node->command_checks_all([ 'pg_restore', '--single-transaction', '--section=data', '-d', 'early', $custom ], 1, [],
	[qr/there is no unique or exclusion constraint/], 'early: data is refused without keys');
is(rows('early', 'true'), $empty, 'early: and no row is written');
my @post = run_command([ 'pg_restore', '--section=post-data', '-d', 'early', $custom ]);
is(join("\n", grep { /ERROR/ && !/already exists/ } split /\n/, $post[1]), '', 'early: post-data adds what is missing');
$node->command_ok([ @restore, '--disable-triggers', '-d', 'early', $custom ], 'early: data');
$node->safe_psql('early', 'CALL taskcrm.tc_install()');
is(changes($rows, rows('early', $is_compared)), '', 'early: every row is unchanged');
is(counts('early'), $counts, 'early: the counters');
is(wrong('early'), $wrong, 'early: tc_doctor() finds no problem');
is_usable('early');

$node->stop;
done_testing();
