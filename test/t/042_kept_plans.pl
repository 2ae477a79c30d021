# A change of one tenant's users does not invalidate the cached plans of other tenants, and
# only changes of data that determine an identity cause a new look-up.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('kept');
my ($bob, $carol) = (user_id('bob'), user_id('carol'));
my ($ours, $theirs) = (org(1), org(2));
my $superuser = new_session($node, undef);

sub super
{
	my $result = $superuser->run($_[0]);
	die "$_[0]: $result->{err}" if $result->{state} ne '00000';
}

super('CREATE ROLE door LOGIN');
# The server reports each statement that it plans to the client.
super('ALTER ROLE alice SET log_planner_stats = on');
super('ALTER ROLE alice SET client_min_messages = log');
my $alice = new_session($node, 'alice');

# Calls that only read and have generic plans. Calls that write fold the counters now and then,
# and totals are planned for one organization.
my @calls = ('tc_list_tasks()', "tc_get_task('@{[id(1, 'task', 1)]}')", 'tc_whoami()');

# The number of statements that are planned inside the calls, without the calls themselves.
sub planned
{
	my $count = 0;

	foreach my $call (@calls)
	{
		my $result = $alice->run("SELECT length(taskcrm.$call\::text) > 10");
		is($result->{out}, 't', "$call answers") or diag($result->{err});
		$count += (() = $result->{err} =~ /PLANNER STATISTICS/g) - 1;
	}
	return $count;
}

# How often users are read to determine the identity.
sub looked_up
{
	my $scans = q{SELECT pg_stat_get_xact_numscans('taskcrm.app_user'::regclass)
		+ pg_stat_get_xact_numscans('taskcrm.app_user_pkey'::regclass)};

	$alice->run('BEGIN');
	my $before = $alice->value($scans);
	$alice->run('SELECT taskcrm.tc_current_user()');
	my $times = $alice->value($scans) - $before;
	$alice->run('COMMIT');
	return $times;
}

cmp_ok(planned(), '>', 5, 'the first calls plan their statements');
# The members of an organization are read all at once only after some were looked up one by one.
planned();
is(planned(), 0, 'the next calls do not');
super('ALTER TABLE taskcrm.task SET (fillfactor = 99)');
cmp_ok(planned(), '>', 0, 'after a change of a table they plan again');
is(planned(), 0, 'and then not again');

my @changes = (
	[ 'the name of a user', "UPDATE taskcrm.app_user SET name = 'Robert' WHERE id = '$bob'", 0 ],
	[ 'an update of a user without changes', "UPDATE taskcrm.app_user SET is_active = is_active WHERE id = '$bob'", 0 ],
	[ 'a user who is deactivated', "UPDATE taskcrm.app_user SET is_active = false WHERE id = '$bob'", 1 ],
	[ 'a user who is activated again', "UPDATE taskcrm.app_user SET is_active = true WHERE id = '$bob'", 1 ],
	[ 'an external id', "UPDATE taskcrm.app_user SET external_id = md5(random()::text) || 'x' WHERE id = '$bob'", 1 ],
	[ 'the email of a user', "UPDATE taskcrm.app_user SET email = md5(random()::text) || '\@other.example' WHERE id = '$bob'", 1 ],
	[ 'the external id of an organization', "UPDATE taskcrm.organization SET external_id = md5(random()::text) || 'x' WHERE id = '$theirs'", 1 ],
	[ 'the name of an organization', "UPDATE taskcrm.organization SET name = 'Others' WHERE id = '$theirs'", 0 ],
	[ 'the role of a member', "UPDATE taskcrm.member SET role = 'admin' WHERE user_id = '$bob'" ],
	[   'a new user',
		"INSERT INTO taskcrm.app_user (id, email) VALUES ('99999999-0000-4000-8000-000000000001', 'new\@other.example')"
	],
	[   'a new member',
		"INSERT INTO taskcrm.member (org_id, user_id) VALUES ('$theirs', '99999999-0000-4000-8000-000000000001')"
	],
	[ 'a member who is deleted', "DELETE FROM taskcrm.member WHERE user_id = '99999999-0000-4000-8000-000000000001'" ],
	[ 'a user who is deleted', "DELETE FROM taskcrm.app_user WHERE id = '99999999-0000-4000-8000-000000000001'" ],
	[ 'a login', "SELECT taskcrm.tc_link_login('mallory', '$carol')" ],
	[ 'a gateway', "SELECT taskcrm.tc_trust_gateway('door')" ],
	[ 'a key', "INSERT INTO taskcrm_internal.jwt_key (kid, alg, key) VALUES ('k', 'HS256', repeat('k', 64)::bytea)" ]);
foreach my $change (@changes)
{
	my ($what, $statement) = @$change;

	super($statement);
	is(planned(), 0, "$what: nothing is planned again");
}

foreach my $change (@changes[0 .. 7])
{
	my ($what, $statement, $matters) = @$change;

	looked_up();
	super($statement);
	is(looked_up() > 0 ? 1 : 0,
		$matters, "$what: " . ($matters ? 'the identity is looked up again' : 'the identity is not looked up again'));
}

# Without the type that announces changes of identities, changes of the tables do.
super('ALTER EXTENSION taskcrm DROP TYPE taskcrm_internal.identity_change');
super('DROP TYPE taskcrm_internal.identity_change');
is($alice->value('SELECT taskcrm.tc_current_org()'), $ours, 'alice is a member');
super("UPDATE taskcrm.member SET is_active = false WHERE user_id = '@{[user_id('alice')]}'");
is($alice->value('SELECT taskcrm.tc_current_org()'), '', 'after deactivation she is not');
is($alice->value('SELECT count(*) FROM taskcrm.task'), '0', 'and sees no tasks');
super("UPDATE taskcrm.member SET is_active = true WHERE user_id = '@{[user_id('alice')]}'");
is($alice->value('SELECT taskcrm.tc_current_org()'), $ours, 'she is a member again after activation');

# The first list of a connection does not read the column values in the statistics.
super("INSERT INTO taskcrm.task (org_id, title, description)
	SELECT '$ours', 'task ' || g, repeat(md5(g::text), 20) || md5((-g)::text) FROM generate_series(1, 300) g");
super('ANALYZE taskcrm.task');
my $values = $superuser->value(q{SELECT indexrelid FROM pg_index
	WHERE indrelid = (SELECT reltoastrelid FROM pg_class WHERE oid = 'pg_statistic'::regclass)});

# How often a new session reads the statistics that are too long for pg_statistic itself.
sub values_read
{
	my ($login, $statement) = @_;
	my $session = new_session($node, $login);

	$session->run('BEGIN');
	my $result = $session->run($statement);
	my $times = $session->value("SELECT pg_stat_get_xact_numscans($values)");
	$session->quit;
	is($result->{state}, '00000', "$statement: no error");
	return $times;
}

cmp_ok(values_read(undef, 'SELECT length(description) FROM taskcrm.task ORDER BY description LIMIT 1'), '>', 0,
	'a statement of the superuser reads them');
is(values_read('alice', 'SELECT length(taskcrm.tc_list_tasks()::text) > 10'), 0, 'a list does not read them');

$alice->quit;
$superuser->quit;
done_testing();
