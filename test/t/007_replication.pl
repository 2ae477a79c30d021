# Other servers with the same rows: a hot standby gives the same answers as its primary, and
# both a standby and a logical subscriber apply a revocation that is made on the other server.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Cluster;
use TaskcrmTest;
use Test::More;

my $primary = ready_cluster('primary', init => { allows_streaming => 'logical' }, conf => "max_connections = 30\n");
my $bob = user_id('bob');
my $org1 = org(1);
my $version = $primary->safe_psql('crm', 'SHOW server_version_num');

# ---------------------------------------------------------------------------
# A hot standby.

$primary->backup('backup');
my $standby = PostgreSQL::Test::Cluster->new('standby');
$standby->init_from_backup($primary, 'backup', has_streaming => 1);
$standby->start;
$primary->wait_for_catchup($standby);

my @reads = (
	'SELECT taskcrm.tc_whoami()',
	'SELECT taskcrm.tc_current_org()',
	q{SELECT taskcrm.tc_list_tasks('{"limit":100}')},
	q{SELECT taskcrm.tc_list_tasks('{"assigned_to":"@me","ordering":"title"}')},
	'SELECT x FROM taskcrm.tc_find_tasks() x',
	'SELECT * FROM taskcrm.task ORDER BY id',
	'SELECT * FROM taskcrm.app_user ORDER BY id',
	'SELECT * FROM taskcrm.member ORDER BY 1, 2'
);
foreach my $login ('alice', 'bob', 'mallory', 'erin') {
	my @there = run_as($standby, $login, \@reads);
	my @here = run_as($primary, $login, \@reads);
	is(join("\n", map { "$_->{state} $_->{out}" } @there), join("\n", map { "$_->{state} $_->{out}" } @here),
		"security 2: a standby answers $login as the primary does");
	# Erin belongs to both organizations, so she may see both.
	canary_free(\@there, "security 5: and shows $login nothing of other organizations") if $login ne 'erin';
}
foreach my $setting ("SET LOCAL taskcrm.user_id = '$bob'", 'SET LOCAL request.jwt.claims = ' . quote(claims('bob'))) {
	my @results = run_as(
		$standby, 'gw',
		[   'BEGIN',
			$setting,
			'SELECT taskcrm.tc_current_user()',
			'SELECT taskcrm.tc_list_tasks()',
			'COMMIT',
			'SELECT taskcrm.tc_current_user()',
			'SELECT count(*) FROM taskcrm.task'
		]
	);
	is( "$results[2]{out} $results[3]{state} $results[5]{out} $results[6]{out}",
		"$bob 00000  0",
		'security 13: a gateway on a standby has the identity of its user, and none after COMMIT'
	);
	canary_free(\@results, 'security 5: and nothing of other organizations');
}
is(sql_value($standby, 'gw', [ "SET taskcrm.user_id = '$bob'", 'SELECT taskcrm.tc_current_user()' ]), '',
	'security 13: a user set for the session ends with its transaction on a standby too');
is(sql_value($standby, 'alice', q{SELECT taskcrm.tc_create_account('x')}), '25006', 'a write on the standby fails');
is( sql_value($standby, undef, 'SELECT d FROM taskcrm.tc_doctor() d'),
	sql_value($primary, undef, 'SELECT d FROM taskcrm.tc_doctor() d'),
	'tc_doctor() runs on the standby too'
);

# An open transaction of the standby sees a revocation on the primary.
my $session = new_session($standby, 'bob');
$session->run($_)
	foreach 'SET plan_cache_mode = force_generic_plan', 'PREPARE tasks AS SELECT count(*) FROM taskcrm.task',
  'PREPARE list AS SELECT taskcrm.tc_list_tasks()';
my @revocations = (
	[   'membership',
		"UPDATE taskcrm.member SET is_active = false WHERE user_id = '$bob'",
		"UPDATE taskcrm.member SET is_active = true WHERE user_id = '$bob'"
	],
	[   'user',
		"UPDATE taskcrm.app_user SET is_active = false WHERE id = '$bob'",
		"UPDATE taskcrm.app_user SET is_active = true WHERE id = '$bob'"
	],
	[ 'login', q{SELECT taskcrm.tc_unlink_login('bob')}, "SELECT taskcrm.tc_link_login('bob', '$bob')" ]
);
foreach my $level ('READ COMMITTED', 'REPEATABLE READ') {
	foreach my $revocation (@revocations) {
		my ($what, $take, $give) = @$revocation;
		$session->run("BEGIN ISOLATION LEVEL $level");
		is($session->value('EXECUTE tasks'), '6', "bob sees his tasks on the standby, $level");
		$primary->safe_psql('crm', $take);
		$primary->wait_for_catchup($standby);
		is($session->value('EXECUTE tasks'),
			'0', "security 7: $what revoked on the primary: the standby sees it, $level");
		like($session->value('EXECUTE list'), qr/^PT40[13]$/, 'and API calls see it too');
		$session->run('ROLLBACK');
		$primary->safe_psql('crm', $give);
		$primary->wait_for_catchup($standby);
	}
}
$session->quit;

# ---------------------------------------------------------------------------
# A logical subscriber.

my $subscriber = new_cluster('subscriber', init => { allows_streaming => 'logical' }, conf => "max_connections = 30\n");
create_roles($subscriber);
$subscriber->safe_psql('postgres', 'CREATE DATABASE crm');
install_extension($subscriber, 'crm');
install_tables($subscriber, 'crm');

my $tables = $primary->safe_psql('crm', q{SELECT string_agg(oid::regclass::text, ', ') FROM pg_class
	WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r' AND relname <> 'installation'});
my $as_owner = $version >= 160000 ? 'WITH (run_as_owner = true)' : '';
$primary->safe_psql('crm', "CREATE PUBLICATION crm FOR TABLE $tables");
$subscriber->safe_psql('crm',
	'CREATE SUBSCRIPTION crm CONNECTION ' . quote($primary->connstr('crm')) . " PUBLICATION crm $as_owner");
$subscriber->poll_query_until('crm', q{SELECT count(*) = 0 FROM pg_subscription_rel WHERE srsubstate NOT IN ('r', 's')})
	or die 'not synchronized';
$primary->wait_for_catchup('crm');
$subscriber->safe_psql(
	'crm', join "\n",
	'SELECT taskcrm.tc_relink_roles();',
	map {"SELECT taskcrm.tc_grant_access('$_', write => true);"} qw(alice bob mallory)
);
is(checksum($subscriber, 'crm', $_), checksum($primary, 'crm', $_), "the subscriber has organization $_") foreach 1, 2;
is(sql_value($subscriber, 'bob', 'SELECT count(*) FROM taskcrm.task'), '6', 'bob sees his tasks on the subscriber');

$session = new_session($subscriber, 'bob');
$session->run($_)
	foreach 'SET plan_cache_mode = force_generic_plan', 'PREPARE tasks AS SELECT count(*) FROM taskcrm.task';
foreach my $revocation (@revocations[ 0, 1 ]) {
	my ($what, $take, $give) = @$revocation;
	foreach my $level ('READ COMMITTED', 'REPEATABLE READ')
	{
		$session->run("BEGIN ISOLATION LEVEL $level");
		is($session->value('EXECUTE tasks'), '6', "bob sees his tasks on the subscriber, $level");
		$primary->safe_psql('crm', $take);
		$primary->wait_for_catchup('crm');
		is($session->value('EXECUTE tasks'),
			'0', "security 7: $what revoked on the publisher: an open transaction of the subscriber sees it, $level");
		$session->run('ROLLBACK');
		$primary->safe_psql('crm', $give);
		$primary->wait_for_catchup('crm');
	}
}
$session->quit;

# ---------------------------------------------------------------------------
# A standby works after it is promoted.
$standby->promote;
is( sql_value(
		$standby,
		'alice',
		[ q{SELECT taskcrm.tc_create_account('after')}, q{SELECT count(*) FROM taskcrm.account WHERE name = 'after'} ]
	),
	'1',
	'a promoted standby accepts writes'
);
$subscriber->safe_psql('crm', 'DROP SUBSCRIPTION crm');
$_->stop foreach $standby, $subscriber, $primary;
done_testing();
