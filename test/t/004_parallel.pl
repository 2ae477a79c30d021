# A parallel worker has the same identity as its leader: with every source of the identity, a
# query gives the same result with and without workers.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TestToken;
use Test::More;

my $node = ready_cluster('parallel', tasks => 4000, conf => "max_worker_processes = 16\nmax_parallel_workers = 16\n");
$node->safe_psql('crm', 'ALTER TABLE taskcrm.task SET (parallel_workers = 2)');
$node->safe_psql('crm', 'VACUUM ANALYZE');
# A table of the administrator; the queries on it call the identity functions for each row.
$node->safe_psql(
	'crm', q{CREATE TABLE public.big AS SELECT g FROM generate_series(1, 4000) g;
	ALTER TABLE public.big SET (parallel_workers = 2); GRANT SELECT ON public.big TO PUBLIC; ANALYZE public.big}
);
my $forced = $node->safe_psql('postgres',
	q{SELECT name FROM pg_settings WHERE name IN ('force_parallel_mode', 'debug_parallel_query')});

my @serial = ('SET max_parallel_workers_per_gather = 0');
my @workers = (
	'SET max_parallel_workers_per_gather = 2',
	'SET parallel_setup_cost = 0',
	'SET parallel_tuple_cost = 0',
	'SET min_parallel_table_scan_size = 0',
	'SET min_parallel_index_scan_size = 0',
	'SET parallel_leader_participation = on'
);
my @only_workers = (@workers, 'SET parallel_leader_participation = off');
my @debug = ("SET $forced = on");

my @queries = (
	'SELECT count(*), md5(string_agg(title, $$,$$ ORDER BY title)) FROM taskcrm.task',
	'SELECT count(*), count(DISTINCT org_id), min(org_id::text) FROM taskcrm.task WHERE title LIKE $$%number%$$',
	q{SELECT count(*) FROM taskcrm.task WHERE status = 'New' AND priority = 'Low'},
	'SELECT count(DISTINCT coalesce(taskcrm.tc_current_user()::text, $$-$$)), min(coalesce(taskcrm.tc_current_user()::text, $$-$$)) FROM public.big WHERE g > 0',
	'SELECT count(*) FROM public.big WHERE taskcrm.tc_current_org() IS NULL',
	'SELECT count(DISTINCT taskcrm.tc_current_role()), min(taskcrm.tc_current_role()) FROM public.big WHERE g > 0',
	'SELECT count(*) FROM public.big b WHERE taskcrm.tc_current_user() IS NULL',
	'SELECT string_agg(name, $$,$$ ORDER BY name) FROM taskcrm.app_user',
	'SELECT count(*) FROM taskcrm.task t JOIN taskcrm.app_user u ON u.id = t.created_by',
	'SELECT count(*) FROM taskcrm.task t JOIN taskcrm.organization o ON o.id = t.org_id',
	'SELECT title FROM taskcrm.task ORDER BY title LIMIT 3');

sub launched
{
	my ($plan) = @_;
	my $total = 0;
	$total += $_ foreach $plan =~ /Workers Launched: (\d+)/g;
	return $total;
}

my $key = make_key('HS256');
$node->safe_psql('crm', "SELECT taskcrm.tc_add_jwt_key('k', 'HS256', '$key')");
sub login { return q{SELECT taskcrm.tc_login('} . token_of('HS256', $key, 'k', user_id($_[0]), 3600, $_[1]) . q{') IS NOT NULL} }

# What depends on the identity alone; all queries are run for one identity of each kind.
my @of_identity = @queries[ 0, 3, 5 ];
my %asks_all = map { $_ => 1 } 'own login', 'a gateway with claims', 'a token', 'a gateway that names no user';

# Each identity: login, first statements of each transaction, number of visible rows.
my $org1 = org(1);
my $org2 = org(2);
my @identities = (
	[ 'own login', 'alice', [], 4003 ],
	[ 'a login of two organizations, one selected', 'erin', [ "SET LOCAL taskcrm.org_id = '$org1'" ], 4003 ],
	[ 'a login of two organizations, one selected by header', 'erin',
		[ q{SET LOCAL request.headers = '} . qq({"organization-id":"$org1"}) . q{'} ], 4003 ],
	[ 'a login of two organizations, none selected', 'erin', [], 0 ],
	[ 'a gateway with claims', 'gw', [ 'SET LOCAL request.jwt.claims = ' . quote(claims('alice')) ], 4003 ],
	[ 'a gateway with claims and another role', 'gw',
		[ 'SET LOCAL ROLE web_user', 'SET LOCAL request.jwt.claims = ' . quote(claims('alice')) ], 4003 ],
	[ 'a gateway with claims for one of two organizations', 'gw',
		[ 'SET LOCAL request.jwt.claims = ' . quote('{"sub":"' . user_id('erin') . qq(","org_id":"$org1"})) ], 4003 ],
	[ 'a gateway with the setting', 'gw', [ "SET LOCAL taskcrm.user_id = '@{[user_id('alice')]}'" ], 4003 ],
	[   'a gateway with the setting from set_config, within a savepoint',
		'gw',
		[   "SET LOCAL taskcrm.user_id = '@{[user_id('carol')]}'",
			'SAVEPOINT s',
			"SELECT set_config('taskcrm.user_id', '@{[user_id('alice')]}', true)"
		],
		4003
	],
	[ 'a gateway with the setting, not local', 'gw', [ "SET taskcrm.user_id = '@{[user_id('bob')]}'" ], 4003 ],
	[ 'a gateway that names no user', 'gw', [], 0 ],
	[ 'a token', 'mallory', [ login('alice') ], 4003 ],
	[   'a token within a savepoint', 'mallory',
		[ 'SAVEPOINT s', login('carol'), 'ROLLBACK TO s', login('alice') ], 4003
	],
	[   'a token of a gateway with claims', 'gw',
		[ 'SET LOCAL request.jwt.claims = ' . quote(claims('carol')), login('alice') ], 4003
	],
	[ 'a token of two organizations, for one of them', 'carol', [ login('erin', qq("org_id":"$org1")) ], 4003 ],
	[ 'a token of two organizations, none selected', 'carol', [ login('erin') ], 0 ],
	[ 'a token that was rolled back', 'mallory', [ 'SAVEPOINT s', login('alice'), 'ROLLBACK TO s' ], 0 ],
	[ 'a login that is not linked', 'mallory', [ "SET LOCAL taskcrm.user_id = '@{[user_id('alice')]}'" ], 0 ]);

foreach my $identity (@identities)
{
	my ($name, $login, $begin, $expected) = @$identity;
	my @asked = $asks_all{$name} ? @queries : @of_identity;
	my @modes = ([ 'no worker', @serial ], [ 'only workers', @only_workers ]);
	my %answers;

	push @modes, [ 'workers', @workers ], [ $forced, @debug ] if $asks_all{$name};
	foreach my $mode (@modes)
	{
		my ($how, @settings) = @$mode;
		my @statements = (@settings, 'BEGIN', @$begin);
		my $first = @statements;
		push @statements, @asked;
		push @statements, map { "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) $_" } @queries[ 0, 3 ];
		my @results = run_as($node, $login, [ @statements, 'COMMIT' ]);
		my @seen = @results[ $first .. $first + $#asked ];

		$answers{$how} = join "\n", map { "$_->{state} $_->{out}" } @seen;
		canary_free(\@seen, "security 14: $name, $how: no row of other organizations is visible");
		if ($how =~ /workers/)
		{
			# Without an identity, the planner may know that there are no rows, and use no workers.
			cmp_ok(launched($results[ $first + @asked + ($expected ? 0 : 1) ]{out}),
				'>', 0, "$name, $how: workers were launched")
			  or diag($results[ $first + @asked ]{out});
		}
	}
	my ($count) = $answers{'no worker'} =~ /^00000 (\d+)/;
	is($count, $expected, "$name sees the expected rows without workers");
	is($answers{$_}, $answers{'no worker'}, "security 14: $name: the same with $_")
		foreach grep { $_ ne 'no worker' } sort keys %answers;
}

# A parallel plan that was made in an earlier transaction, for another user.
foreach my $source ('request.jwt.claims', 'taskcrm.user_id')
{
	my $session = new_session($node, 'gw');
	my $value = sub { return quote($source =~ /claims/ ? claims($_[0]) : user_id($_[0])) };

	$session->run($_) foreach @only_workers, 'SET plan_cache_mode = force_generic_plan';
	$session->run('BEGIN');
	$session->run("SET LOCAL $source = " . $value->('carol'));
	$session->run(
		'PREPARE q AS SELECT count(*), min(title), max(title), string_agg(DISTINCT org_id::text, $$,$$) FROM taskcrm.task'
	);
	like($session->value('EXECUTE q'), qr/4003\|$TaskcrmTest::CANARY/, "$source: the plan is made and run as carol");
	$session->run('COMMIT');
	foreach my $turn (1 .. 2)
	{
		$session->run('BEGIN');
		$session->run("SET LOCAL $source = " . $value->('alice'));
		cmp_ok(launched($session->value('EXPLAIN (ANALYZE, COSTS OFF) EXECUTE q')),
			'>', 0, "$source: the plan is parallel");
		my $result = $session->run('EXECUTE q');
		like($result->{out}, qr/^4003\|plain/,
			"security 14: $source: with a cached parallel plan, alice sees her own rows");
		canary_free([$result], "security 14: $source: and nothing of carol's");
		$session->run('COMMIT');
		is($session->value('EXECUTE q'), '0|||', "security 13: $source: the next transaction sees nothing");
	}
	# From statement to statement within one transaction.
	$session->run('BEGIN');
	foreach my $user ('alice', 'carol', 'bob', 'erin')
	{
		$session->run("SET LOCAL $source = " . $value->($user));
		my $wanted = {
			alice => qr/^4003\|plain.*\|$org1$/,
			bob => qr/^4003\|plain.*\|$org1$/,
			carol => qr/^4003\|.*\|$org2$/,
			erin => qr/^0\|/
		}->{$user};
		like($session->value('EXECUTE q'), $wanted, "security 14: $source: the same transaction as $user");
	}
	$session->run('COMMIT');
	$session->quit;
}

# Revoked while the plan is cached and the transaction is open.
{
	my $session = new_session($node, 'bob');
	my $bob = user_id('bob');

	$session->run($_) foreach @only_workers, 'SET plan_cache_mode = force_generic_plan',
	  'PREPARE q AS SELECT count(*) FROM taskcrm.task';
	$session->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	is($session->value('EXECUTE q'), '4003', 'bob sees his tasks');
	$node->safe_psql('crm', "UPDATE taskcrm.member SET is_active = false WHERE user_id = '$bob'");
	is($session->value('EXECUTE q'), '0', 'security 14: workers see the revocation, under the old snapshot');
	$session->run('COMMIT');
	$node->safe_psql('crm', "UPDATE taskcrm.member SET is_active = true WHERE user_id = '$bob'");

	# Workers also see an uncommitted change of their own leader. The last admin cannot be removed,
	# so there is a second one.
	$node->safe_psql('crm', "UPDATE taskcrm.member SET role = 'admin' WHERE user_id = '@{[user_id('erin')]}'");
	my $alice = new_session($node, 'alice');
	$alice->run($_) foreach @only_workers, 'BEGIN';
	is($alice->value('SELECT count(*) FROM taskcrm.task'), '4003', 'alice sees her tasks');
	$alice->run("SELECT taskcrm.tc_remove_member('@{[user_id('alice')]}')");
	is($alice->value('SELECT count(*) FROM taskcrm.task'),
		'0', 'security 14: workers see a revocation by their leader that is not committed');
	$alice->run('ROLLBACK');
	is($alice->value('SELECT count(*) FROM taskcrm.task'), '4003',
		'security 14: and do not see one that was rolled back');
	$_->quit foreach $session, $alice;
}

# After SET SESSION AUTHORIZATION in a superuser's session, the workers have the new identity
# too.
{
	my @results = run_as(
		$node, undef,
		[   'SET SESSION AUTHORIZATION alice',
			@only_workers,
			@queries[ 0, 3 ],
			'SET SESSION AUTHORIZATION mallory',
			@queries[ 0, 3 ]
		]
	);
	my @seen = @results[ @only_workers + 1 .. $#results ];
	like($seen[0]{out}, qr/^4003\|/, 'security 14: SET SESSION AUTHORIZATION reaches the workers');
	is($seen[1]{out}, '1|' . user_id('alice'), 'with the identity of the user');
	is("$seen[3]{out} $seen[4]{out}", '0| 1|-', 'and without an identity for a login that is not linked');
	canary_free(\@seen, 'security 14: and no row of other organizations is visible');
}

# API functions do not run in workers, and work if parallel plans are forced.
foreach my $mode ([ @debug ], [ @workers ]) {
	my @results = run_as(
		$node, 'alice',
		[   @$mode,
			q{SELECT taskcrm.tc_list_tasks('{"limit":5}')->>'count'},
			'SELECT count(*) FROM taskcrm.tc_find_tasks()',
			'SELECT max((taskcrm.tc_whoami()->>$$login$$)) FROM public.big WHERE g < 100',
			q{SELECT taskcrm.tc_create_account('x')->>'name'},
			q{SELECT count(*) FROM taskcrm.account WHERE name = 'x'}
		]
	);
	my @seen = map { "$_->{state} $_->{out}" } @results[ @$mode .. $#results ];
	like(
		join(', ', @seen),
		qr/^00000 4003, 00000 1000, 00000 alice, 00000 x, 00000 [12]$/,
		"API functions with @$mode"
	);
}

$node->stop;
done_testing();
