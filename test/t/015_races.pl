# Concurrent calls on the same tasks, accounts, contacts, teams and members in every order,
# which delete rows that others are just referring to. Each call is a transaction. READ
# COMMITTED: there are no deadlocks. REPEATABLE READ and SERIALIZABLE: calls that cannot be
# serialized fail with 40001. There are no other errors and no orphaned rows.
#
#   RACES_STATEMENTS=...   of each client at each level; 120 otherwise
#   RACES_SEED=...         other statements than the usual ones

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run ();
use TaskcrmTest;
use TaskcrmMutate;
use Test::More;

my $number = $ENV{RACES_STATEMENTS} // 120;
my $seed = $ENV{RACES_SEED} // 20260101;
srand $seed;
note("seed $seed");

my $node = ready_cluster('races',
	conf =>
		"deadlock_timeout = 50ms\nlog_line_prefix = '%m [%p] %u %e '\nlog_lock_waits = off\nmax_pred_locks_per_transaction = 1000\n"
);
my $before = checksum($node, 'crm', 2);
my $org = org(1);
my %person = (ann => id(1, 'user', 50), ida => id(1, 'user', 51));
my $people = join "\n", map {; "SELECT taskcrm.tc_add_member('$org', '$person{$_}');" } sort keys %person;
$node->safe_psql('crm',
	join("\n", map { ; "SELECT taskcrm.tc_create_user('$_\@example.org', '$_', '$person{$_}');" } sort keys %person)
		. $people);

# ---------------------------------------------------------------------------

sub ids { my ($kind) = @_; return map { id(1, $kind, $_) } 1, 2 }
sub some { return '[' . join(',', map { "\"$_\"" } sort { rand() <=> 0.5 } grep { chance(0.6) } @_) . ']' }

sub data
{
	my ($required) = @_;
	my @parts = grep { $required || chance(0.6) } '"account":' . one_of('null', map {"\"$_\""} ids('account')),
		'"contacts":' . some(ids('contact')),
	  '"teams":' . some(ids('team')), '"assigned_to":' . some(values %person, user_id('bob'));
	return '{' . join(',', '"title":"t' . int(rand 1000) . '"', @parts) . '}';
}

my $newest = sub { my ($table, $author, $user) = @_; return "(SELECT id FROM taskcrm.$table WHERE $author = '$user' AND id::text ~ '^.{14}7' ORDER BY id DESC LIMIT 1)" };

# The statements of each kind of client.
my %does = (
	bob => sub {
		my $task = one_of(ids('task'));
		return one_of(
			("SELECT taskcrm.tc_update_task('$task', '@{[data(0)]}')") x 4,
			("SELECT taskcrm.tc_create_task('@{[data(1)]}')") x 2,
			"SELECT taskcrm.tc_create_tasks('[@{[data(1)]},@{[data(0)]}]')",
			"SELECT taskcrm.tc_create_task('@{[data(1)]}', 'key @{[int rand 20]}')",
			(   "SELECT taskcrm.tc_add_task_comment_or_attachment('$task', 'to \@ann, \@ida and \@bob', '{\"file_name\":\"f\",\"content\":\"AAAA\"}')"
			) x 2,
			"SELECT taskcrm.tc_edit_task_comment("
				. $newest->('task_comment', 'commented_by', user_id('bob'))
				. ", 'to \@ida, \@ann')",
			"SELECT taskcrm.tc_delete_task_comment(" . $newest->('task_comment', 'commented_by', user_id('bob')) . ')',
			("SELECT taskcrm.tc_delete_task(" . $newest->('task', 'created_by', user_id('bob')) . ')') x 2,
			"UPDATE taskcrm.task SET status = 'Completed', account_id = '@{[one_of(ids('account'))]}' WHERE id = '$task'",
			"SELECT taskcrm.tc_list_tasks('{\"assigned_to\":\"$person{ann}\"}')",
			"SELECT taskcrm.tc_get_task('$task')",
			'SELECT taskcrm.tc_task_totals()'
		);
	},
	alice => sub {
		return one_of(
			"SELECT taskcrm.tc_delete_account('@{[one_of(ids('account'))]}')",
			"SELECT taskcrm.tc_delete_contact('@{[one_of(ids('contact'))]}')",
			"SELECT taskcrm.tc_delete_team('@{[one_of(ids('team'))]}')",
			"SELECT taskcrm.tc_remove_member('@{[one_of(values %person)]}')",
			"SELECT taskcrm.tc_add_team_member('@{[one_of(ids('team'))]}', '@{[one_of(values %person)]}')",
			"SELECT taskcrm.tc_remove_team_member('@{[one_of(ids('team'))]}', '@{[one_of(values %person)]}')",
			"SELECT taskcrm.tc_update_account('@{[one_of(ids('account'))]}', '{\"name\": \"renamed\"}')",
			"SELECT taskcrm.tc_create_contact('x', account => '@{[one_of(ids('account'))]}')",
			"SELECT taskcrm.tc_update_task('@{[one_of(ids('task'))]}', '@{[data(0)]}')",
			"SELECT taskcrm.tc_delete_task(" . $newest->('task', 'created_by', user_id('bob')) . ')');
	},
	# Restores rows that were deleted.
	superuser => sub {
		return join ";\n",
			"INSERT INTO taskcrm.account (org_id, id, name) SELECT '$org', i, 'again' FROM unnest('{@{[join ',', ids('account')]}}'::uuid[]) i ON CONFLICT DO NOTHING",
			"INSERT INTO taskcrm.contact (org_id, id, first_name) SELECT '$org', i, 'again' FROM unnest('{@{[join ',', ids('contact')]}}'::uuid[]) i ON CONFLICT DO NOTHING",
			"INSERT INTO taskcrm.team (org_id, id, name) SELECT '$org', i, 'again' FROM unnest('{@{[join ',', ids('team')]}}'::uuid[]) i ON CONFLICT DO NOTHING",
			map { "SELECT taskcrm.tc_add_member('$org', '$_')" } sort values %person;
	});

sub start_client
{
	my ($who, $level) = @_;
	my ($out, $err) = ('', '');
	my $file = PostgreSQL::Test::Utils::tempdir() . '/statements.sql';
	my @statements = map { $does{$who}->() } 1 .. $number;

	PostgreSQL::Test::Utils::append_to_file($file,
		join(";\n", "SET default_transaction_isolation = '$level'", @statements, ''));
	return {
		who => $who,
		out => \$out,
		err => \$err,
		statements => \@statements,
		run => IPC::Run::start(
			[   'psql', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose', $who eq 'superuser' ? () : ('-U', $who),
				'-d', $node->connstr('crm'),
				'-f', $file
			],
			'>',
			'/dev/null',
			'2>',
			\$err
		)
	};
}

foreach my $level ('read committed', 'repeatable read', 'serializable')
{
	# So that each level starts with all rows, whatever the previous one deleted.
	$node->safe_psql('crm', $people . join '', map { $does{superuser}->() . ';' } 1);
	my @clients = map { start_client($_, $level) } qw(alice alice bob bob bob bob superuser);
	my %states;

	foreach my $client (@clients)
	{
		ok($client->{run}->finish, "$level: $client->{who} finished") or diag(${ $client->{err} });
		$states{$1}++ while ${ $client->{err} } =~ /(?:ERROR|FATAL|PANIC):  (\w{5}):/g;
	}
	note("$level: " . join ', ', map { "$_ $states{$_}" } sort { $states{$b} <=> $states{$a} } keys %states);
	my $allowed = $level eq 'read committed' ? qr/^(PT404|PT422|23503|22023)$/ : qr/^(PT404|PT422|23503|22023|40001)$/;
	my @wrong = grep { $_ !~ $allowed } sort keys %states;
	is("@wrong", '',
			  "$level: calls of "
			. @clients
			. " clients succeed, fail because of concurrent changes, or have to be retried; seed $seed")
		or diag(
		map {
			grep {/(@{[join '|', @wrong]}):/} split /\n(?=psql)/, ${$_->{err}}
		} @clients
		);
	cmp_ok(
		eval { my $n = 0; $n += $_ foreach values %states; $n } // 0,
		'<',
		$number * @clients * 0.9,
		"$level: not all calls failed"
	);
	is( $node->safe_psql(
			'crm',
			q{SELECT count(*) FROM taskcrm.task_attachment a WHERE url IS NULL AND NOT EXISTS (SELECT FROM taskcrm.task_attachment_content c
		WHERE c.org_id = a.org_id AND c.attachment_id = a.id)}
		),
		'0',
		"$level: every attachment has its content"
	);
	foreach my $key (
		map { [ split /\|/ ] } split /\n/,
		$node->safe_psql(
			'crm', q{SELECT conrelid::regclass, confrelid::regclass,
		(SELECT string_agg(format('c.%I = p.%I', a.attname, f.attname), ' AND ') FROM unnest(k.conkey, k.confkey) u (c, p)
			JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = u.c JOIN pg_attribute f ON f.attrelid = confrelid AND f.attnum = u.p),
		(SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') FROM unnest(k.conkey) u (c) JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = u.c)
		FROM pg_constraint k WHERE contype = 'f' AND connamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)}))
	{
		my ($child, $parent, $equal, $given) = @$key;
		is( $node->safe_psql(
				'crm', "SELECT count(*) FROM $child c WHERE $given AND NOT EXISTS (SELECT FROM $parent p WHERE $equal)"
			),
			'0',
			"$level: no row of $child lacks its row in $parent"
		);
	}
	foreach my $link ('task_contact', 'task_assignee', 'task_team') {
		is( $node->safe_psql(
				'crm',
				"SELECT count(*) FROM taskcrm.$link l JOIN taskcrm.task t ON t.org_id = l.org_id AND t.id = l.task_id WHERE l.created_on <> t.created_on"
			),
			'0',
			"$level: $link has the same created_on as its task"
		);
	}
	is($node->safe_psql('crm', q{SELECT count(*) FROM taskcrm_internal.stored_answer s WHERE answer IS NULL}),
		'0', "$level: every key has its answer");
	is($node->safe_psql('crm', q{SELECT count(*) FROM taskcrm.tc_check_counts()}),
		'0', "$level: the counters are correct")
	  if $node->safe_psql('crm', q{SELECT to_regproc('taskcrm.tc_check_counts') IS NOT NULL}) eq 't';
}
is(checksum($node, 'crm', 2), $before, 'security 8: the other organization is unchanged');
unlike(
	PostgreSQL::Test::Utils::slurp_file($node->logfile),
	qr/ XX\d{3} |PANIC|TRAP:|terminated by signal/,
	'no internal error or crash'
);
$node->stop;
done_testing();
