# A right that is revoked has no effect from the next statement on: with cached plans, with old
# snapshots, and with every way of revoking it.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('revocation', conf => "max_prepared_transactions = 5\n");
my $bob = user_id('bob');
my $superuser = new_session($node, undef);
my $name_of_superuser = $superuser->value('SELECT current_user');

my @prepare = (
	'SET plan_cache_mode = force_generic_plan',
	'PREPARE tasks AS SELECT count(*) FROM taskcrm.task',
	'PREPARE titles AS SELECT string_agg(title, $$,$$ ORDER BY title) FROM taskcrm.task',
	'PREPARE colleagues AS SELECT string_agg(name, $$,$$ ORDER BY name) FROM taskcrm.app_user',
	'PREPARE list AS SELECT taskcrm.tc_list_tasks()',
	'PREPARE find AS SELECT count(*) FROM taskcrm.tc_find_tasks()',
	'PREPARE change AS UPDATE taskcrm.task SET title = $$changed$$ RETURNING id',
	'PREPARE lock AS SELECT id FROM taskcrm.task FOR UPDATE',
	'PREPARE make AS INSERT INTO taskcrm.task (title) VALUES ($$made$$)',
	'PREPARE account AS SELECT taskcrm.tc_create_account($$made$$)');

sub prepared_session
{
	my ($login) = @_;
	my $session = new_session($node, $login);

	foreach my $statement (@prepare)
	{
		my $result = $session->run($statement);
		die $result->{err} if $result->{state} ne '00000';
	}
	return $session;
}

sub super
{
	my $result = $superuser->run($_[0]);
	die "$_[0]: $result->{err}" if $result->{state} ne '00000';
}

# One prepared statement, run by two users in turn.
{
	my $session = prepared_session('gw');
	my %seen;

	foreach my $turn (1 .. 3)
	{
		foreach my $user ('alice', 'carol')
		{
			$session->run('BEGIN');
			$session->run("SET LOCAL taskcrm.user_id = '@{[user_id($user)]}'");
			$seen{$user}{$_}{ $session->value("EXECUTE $_") }++ foreach 'tasks', 'titles', 'colleagues', 'list', 'find';
			$session->run('COMMIT');
		}
	}
	is($seen{alice}{tasks}{6}, 3, 'security 6: a prepared statement counts the tasks of the first user');
	is($seen{carol}{tasks}{6}, 3, 'security 6: and those of the second user in turn');
	foreach my $statement ('titles', 'colleagues', 'list', 'find')
	{
		is(scalar(keys %{ $seen{$_}{$statement} }), 1, "security 6: $statement gives $_ the same answer each time")
		  foreach 'alice', 'carol';
		next if $statement eq 'find';
		unlike((keys %{$seen{alice}{$statement}})[ 0 ],
			$TaskcrmTest::CANARY_RE, "security 6: $statement shows alice her own rows");
		like((keys %{$seen{carol}{$statement}})[ 0 ],
			$TaskcrmTest::CANARY_RE, "security 6: $statement shows carol her own rows");
	}

	# The same within one transaction, from statement to statement.
	$session->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	foreach my $turn (1 .. 2)
	{
		$session->run("SET LOCAL taskcrm.user_id = '@{[user_id('alice')]}'");
		unlike($session->value('EXECUTE titles') . $session->value('EXECUTE list'), $TaskcrmTest::CANARY_RE,
			'security 6: within one transaction, alice sees her own rows');
		$session->run("SET LOCAL request.jwt.claims = " . quote(claims('carol')));
		like($session->value('EXECUTE titles'), $TaskcrmTest::CANARY_RE, 'security 6: and carol sees hers');
		$session->run("SET LOCAL request.jwt.claims = ''");
	}
	$session->run('ROLLBACK');
	$session->quit;
}

# The ways in which bob loses his rights: the statement that revokes them, and the one that
# restores them. (TRUNCATE is not among them: its lock waits for the transactions that read the
# table.)
my $org = org(1);
my $give_membership = "SELECT taskcrm.tc_add_member('$org', '$bob')";
my @revocations = (
	[ 'membership deleted', "DELETE FROM taskcrm.member WHERE user_id = '$bob'", $give_membership ],
	[   'membership deactivated', "UPDATE taskcrm.member SET is_active = false WHERE user_id = '$bob'",
		$give_membership
	],
	[   'user deactivated',
		"UPDATE taskcrm.app_user SET is_active = false WHERE id = '$bob'",
		"UPDATE taskcrm.app_user SET is_active = true WHERE id = '$bob'"
	],
	[ 'user deactivated by a replica role',
		"SET session_replication_role = replica; UPDATE taskcrm.app_user SET is_active = false WHERE id = '$bob'; RESET session_replication_role",
		"UPDATE taskcrm.app_user SET is_active = true WHERE id = '$bob'" ],
	[ 'user and membership deleted',
		"BEGIN; DELETE FROM taskcrm.member WHERE user_id = '$bob'; DELETE FROM taskcrm.app_user WHERE id = '$bob'; COMMIT",
		"INSERT INTO taskcrm.app_user (id, email, name) VALUES ('$bob', 'bob\@example.org', 'bob');
		 SELECT taskcrm.tc_link_login('bob', '$bob'); $give_membership" ],
	[ 'membership deleted in a prepared transaction',
		"BEGIN; DELETE FROM taskcrm.member WHERE user_id = '$bob'; PREPARE TRANSACTION 'r'; COMMIT PREPARED 'r'",
		$give_membership
	],
	[ 'membership deleted in a subtransaction',
		"BEGIN; SAVEPOINT a; DELETE FROM taskcrm.member WHERE user_id = '$bob'; RELEASE a; SAVEPOINT b; SELECT 1; ROLLBACK TO b; COMMIT",
		$give_membership ]);
my @of_login = (
	[ 'login unlinked', q{SELECT taskcrm.tc_unlink_login('bob')}, "SELECT taskcrm.tc_link_login('bob', '$bob')" ],
	[ 'role renamed', 'ALTER ROLE bob RENAME TO robert', 'ALTER ROLE robert RENAME TO bob' ]);
my @of_gateway = (
	[ 'gateway distrusted', q{SELECT taskcrm.tc_distrust_gateway('gw')}, q{SELECT taskcrm.tc_trust_gateway('gw')} ],
	[ 'gateway registered with another OID', 'UPDATE taskcrm_internal.gateway SET role_oid = 1',
		q{SELECT taskcrm.tc_relink_roles()} ],
	[ 'gateway renamed', 'ALTER ROLE gw RENAME TO gw2', 'ALTER ROLE gw2 RENAME TO gw' ]);

# What a transaction that began before the revocation can do after it. No other statement runs
# between the revocation and the tested one, so each statement has its own transaction.
my %refused = (tasks => qr/^0$/, titles => qr/^$/, colleagues => qr/^$/, list => qr/^PT40[13]$/, find => qr/^PT40[13]$/,
	change => qr/^$/, lock => qr/^$/, make => qr/^(42501|23502)$/, account => qr/^PT40[13]$/);

sub try_revocation
{
	my ($session, $name, $level, $begin, $take, $give, @statements) = @_;
	my @wrong;

	foreach my $statement (@statements)
	{
		$session->run("BEGIN ISOLATION LEVEL $level");
		$session->run($_) foreach @$begin;
		push @wrong, 'sees nothing before' if $session->value('EXECUTE tasks') ne '6';
		super($take);
		my $answer = $session->value("EXECUTE $statement");
		push @wrong, "$statement gave $answer" unless $answer =~ $refused{$statement};
		$session->run('ROLLBACK');
		super($give);
	}
	$session->run('BEGIN');
	$session->run($_) foreach @$begin;
	push @wrong, 'sees nothing after' if $session->value('EXECUTE tasks') ne '6';
	$session->run('COMMIT');
	is("@wrong", '', "security 7: $name: the next statement reads and writes nothing, $level");
}

my %sessions = (login => prepared_session('bob'), gateway => prepared_session('gw'));
my %begin = (
	login => [],
	claims => [ 'SELECT set_config($$request.jwt.claims$$, ' . quote(claims('bob')) . ', true)' ],
	setting => [ "SET LOCAL taskcrm.user_id = '$bob'" ]
);
foreach my $level ('READ COMMITTED', 'REPEATABLE READ', 'SERIALIZABLE') {
	try_revocation(
		$sessions{login}, "$_->[0], own login",
		$level, $begin{login},
		$_->[ 1 ],
		$_->[ 2 ],
		$_ == $revocations[ 0 ] ? sort keys %refused : ('titles', 'change')
	) foreach @revocations, @of_login;
	try_revocation(
		$sessions{gateway}, "$_->[0], gateway with claims",
		$level, $begin{claims},
		$_->[ 1 ],
		$_->[ 2 ],
		'titles', 'list'
	) foreach @revocations[ 0, 2, 3 ], @of_gateway;
	try_revocation(
		$sessions{gateway}, "$_->[0], gateway with the setting",
		$level, $begin{setting},
		$_->[ 1 ],
		$_->[ 2 ],
		'titles', 'make'
	) foreach @revocations[ 1, 2 ], $of_gateway[ 0 ];
}

# An old snapshot does not hide a membership that was added later either.
foreach my $level ('REPEATABLE READ', 'SERIALIZABLE')
{
	my $session = $sessions{login};

	super("DELETE FROM taskcrm.member WHERE user_id = '$bob'");
	$session->run("BEGIN ISOLATION LEVEL $level");
	is($session->value('EXECUTE tasks'), '0', 'bob is not a member');
	super($give_membership);
	is($session->value('EXECUTE tasks'), '6', "security 7: an open transaction sees a new membership, $level");
	$session->run('ROLLBACK');
}

# A role in the organization is a right too.
{
	my $session = prepared_session('alice');

	$session->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	is($session->run('EXECUTE account')->{state}, '00000', 'an admin can create an account');
	super("UPDATE taskcrm.member SET role = 'member' WHERE user_id = '@{[user_id('alice')]}'");
	is($session->value('EXECUTE account'),
		'PT403', 'security 7: after losing the role, the same transaction cannot');
	$session->run('ROLLBACK');
	$session->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	is($session->value('UPDATE taskcrm.account SET name = $$x$$ RETURNING id'),
		'', 'security 7: nor can it change an account by direct DML');
	super("UPDATE taskcrm.member SET role = 'admin' WHERE user_id = '@{[user_id('alice')]}'");
	isnt($session->value('UPDATE taskcrm.account SET name = name RETURNING id'), '',
		'it can again when the role is restored');
	$session->run('ROLLBACK');
	$session->quit;
}

# A login that is linked to another user keeps nothing of the previous one.
{
	my $session = $sessions{login};

	$session->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	$session->run('EXECUTE tasks');
	super("SELECT taskcrm.tc_link_login('bob', '@{[user_id('dirk')]}')");
	unlike($session->value('EXECUTE titles'),
		qr/plain/, 'security 7: a login linked to another user sees nothing of the previous user');
	$session->run('ROLLBACK');
	super("SELECT taskcrm.tc_link_login('bob', '$bob')");
}

# Two-phase commit: a revocation has no effect until it is committed.
{
	my $session = $sessions{login};

	$session->run('BEGIN');
	$session->run('EXECUTE tasks');
	super("BEGIN; DELETE FROM taskcrm.member WHERE user_id = '$bob'; PREPARE TRANSACTION 'r'");
	is($session->value('EXECUTE tasks'), '6', 'security 7: a prepared revocation has no effect yet');
	super("ROLLBACK PREPARED 'r'");
	is($session->value('EXECUTE tasks'), '6', 'security 7: and none after it is rolled back');
	super("BEGIN; DELETE FROM taskcrm.member WHERE user_id = '$bob'; PREPARE TRANSACTION 'r'");
	$_->quit foreach values %sessions, $superuser;
	$node->restart;
	$superuser = new_session($node, undef);
	%sessions = (login => prepared_session('bob'), gateway => prepared_session('gw'));
	$session = $sessions{login};
	$session->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	is($session->value('EXECUTE tasks'), '6', 'nor after a restart');
	super("COMMIT PREPARED 'r'");
	is($session->value('EXECUTE tasks'), '0',
		'security 7: after COMMIT PREPARED, which follows a restart, it has effect');
	$session->run('ROLLBACK');
	super($give_membership);
}

# A user revokes their own right and does not commit: the session itself sees it, until it
# rolls back.
{
	my $session = prepared_session('alice');
	my $alice = user_id('alice');
	my $outside = $sessions{login};
	my $erin = user_id('erin');

	# The last admin cannot be removed, so there is a second one.
	$node->safe_psql('crm', "UPDATE taskcrm.member SET role = 'admin' WHERE user_id = '$erin'");
	$session->run('BEGIN');
	is($session->value('EXECUTE tasks'), '6', 'alice sees her tasks');
	$session->run('SAVEPOINT a');
	is($session->run("SELECT taskcrm.tc_remove_member('$bob')")->{state}, '00000', 'alice removes bob');
	is($outside->value('EXECUTE tasks'), '6', 'bob does not see the uncommitted removal');
	is($session->run("SELECT taskcrm.tc_remove_member('$alice')")->{state}, '00000', 'alice removes herself');
	is($session->value('EXECUTE tasks'), '0', 'security 7: a session sees its own revocation at once');
	is($session->value('SELECT taskcrm.tc_current_role()'), '', 'and has no role in the organization');
	$session->run('SAVEPOINT b');
	is($session->value('EXECUTE list'), 'PT403', 'API calls see it too');
	$session->run('ROLLBACK TO b');
	is($session->value('EXECUTE tasks'), '0', 'security 7: and still after a rollback to an inner savepoint');
	$session->run('ROLLBACK TO a');
	is($session->value('EXECUTE tasks'), '6', 'security 13: ROLLBACK TO SAVEPOINT restores the identity exactly');
	is($session->value('SELECT taskcrm.tc_current_role()'), 'admin', 'including the role');
	is($session->run("SELECT taskcrm.tc_remove_member('$alice')")->{state}, '00000', 'alice removes herself again');
	is($session->value('EXECUTE tasks'), '0', 'and sees no tasks again');
	$session->run('ROLLBACK');
	is($session->value('EXECUTE tasks'), '6', 'security 7: a revocation that is rolled back has no effect');
	is($outside->value('EXECUTE tasks'), '6', 'for other sessions neither');

	# Within one function, whose statements share only the transaction.
	is($session->value('SELECT 1') . $session->run(qq{DO \$\$
		DECLARE n integer; BEGIN
			SELECT count(*) INTO n FROM taskcrm.task; ASSERT n = 6, 'before';
			BEGIN
				PERFORM taskcrm.tc_remove_member('$alice');
				SELECT count(*) INTO n FROM taskcrm.task; ASSERT n = 0, 'within';
				RAISE EXCEPTION 'x' USING ERRCODE = '01234';
			EXCEPTION WHEN SQLSTATE '01234' THEN NULL; END;
			SELECT count(*) INTO n FROM taskcrm.task; ASSERT n = 6, 'after';
		END \$\$})->{err}, '1', 'security 7: the same within a block with an exception handler');
	$session->quit;
	$node->safe_psql('crm', "UPDATE taskcrm.member SET role = 'member' WHERE user_id = '$erin'");
}

# An open cursor belongs to a statement that is already running; the next statement is new.
{
	my $session = $sessions{login};

	$session->run('BEGIN');
	$session->run('DECLARE c CURSOR FOR SELECT title FROM taskcrm.task');
	$session->run('FETCH 1 FROM c');
	super("DELETE FROM taskcrm.member WHERE user_id = '$bob'");
	is($session->run('FETCH ALL FROM c')->{state}, '00000', 'an open cursor continues without an error');
	is($session->value('SELECT count(*) FROM taskcrm.task'), '0', 'security 7: a new statement sees nothing');
	$session->run('ROLLBACK');
	super($give_membership);
}

$_->quit foreach values %sessions, $superuser;
$node->stop;
done_testing();
