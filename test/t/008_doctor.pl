# tc_doctor(), as far as it takes a server of its own: pg_hba.conf, and what a dump
# and restore does to labels.  All other checks are in test/sql/tc_doctor.sql.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('doctor');
my $hba = $node->data_dir . '/pg_hba.conf';
my $version = $node->safe_psql('postgres', 'SHOW server_version_num');

# What the doctor finds wrong: "check: detail", one a line.
sub wrong
{
	my ($database) = @_;
	return $node->safe_psql($database, q{SELECT "check" || ': ' || detail FROM taskcrm.tc_doctor() WHERE NOT ok});
}

# Writes pg_hba.conf, reloads, and tells the lines by which gw needs no password.
# The last lets the test itself in.
sub trusted_lines
{
	my (@lines) = @_;
	append_to_file("$hba.new",
		join("\n", @lines, 'local all ' . $node->safe_psql('postgres', 'SELECT current_user') . ' trust', ''));
	rename "$hba.new", $hba or die "$hba: $!";
	$node->reload;
	return join ' ', wrong('crm') =~ /gateway gw can log in without a password according to line (\d+) of pg_hba.conf/g;
}

is( wrong('crm') =~ s/line \d+/line N/gr =~
		s/(; gateway gw can log in without a password according to line N of pg_hba.conf)+//r,
	'gateway_trust: gateway gw can log in without a password according to line N of pg_hba.conf',
	'only the test server\'s own trust is wrong'
);
like($node->safe_psql('crm', q{SELECT hint FROM taskcrm.tc_doctor() WHERE "check" = 'gateway_trust'}),
	qr/pg_hba\.conf/, 'and the hint says where');

my @cases = (
	[ '', [], 'nobody gets in' ],
	[ '', [ 'local all gw scram-sha-256', 'host all all 0.0.0.0/0 scram-sha-256' ], 'a password is asked for' ],
	[ '1', ['local all all trust'], 'everybody' ],
	[ '1', ['local crm gw trust'], 'this database and the gateway' ],
	[ '1', ['local all +web_user trust'], 'a group that it belongs to' ],
	[ '1', ['local other,crm alice,gw trust'], 'lists' ],
	[ '', ['local other,postgres gw trust'], 'other databases' ],
	[ '', ['local replication gw trust'], 'replication' ],
	[ '', ['local sameuser gw trust'], 'the database of its own name' ],
	[ '', ['local all alice,+postgres trust'], 'others' ],
	[ '', [ 'local all gw scram-sha-256', 'local all all trust' ], 'an earlier line counts' ],
	[ '2', [ 'local all alice scram-sha-256', 'local all all trust' ], 'an earlier line of others does not' ],
	[   '2 3', [ 'local all gw scram-sha-256', 'host all all 10.0.0.0/8 trust', 'host all all ::1/128 trust' ],
		'the network'
	],
	[ '', [ 'host all all 10.0.0.0/8 scram-sha-256', 'host all all 10.0.0.0/8 trust' ], 'the same addresses twice' ],
	[   '1',
		[ 'hostnossl all all 10.0.0.0/8 trust', 'host all all 10.0.0.0/8 scram-sha-256' ],
		'another kind of connection'
	],
	$version >= 160000
	? ( [ '1', [ 'local "/^c" "/^g" trust' ], 'expressions' ],
		[ '', [ 'local "/^d" "/^g" trust' ], 'expressions for others' ]
		)
	: ()
);
is(trusted_lines(@{ $_->[1] }), $_->[0], "gateway_trust: $_->[2]") foreach @cases;

is(trusted_lines('local all all trust'), '1', 'trust again');
$node->safe_psql('postgres', 'ALTER ROLE gw NOLOGIN');
is(wrong('crm'), '', 'nobody can log in as a role without LOGIN');
$node->safe_psql('postgres', 'ALTER ROLE gw LOGIN');
is(trusted_lines('local all gw scram-sha-256', 'local all all trust'), '', 'the hint mends it');
is(wrong('crm'), '', 'and nothing else is wrong');

# ---------------------------------------------------------------------------
# A label that was added is lost in a dump, which the doctor told before.

$node->safe_psql('crm', q{ALTER TYPE taskcrm.task_priority ADD VALUE 'Whenever'});
is(wrong('crm'), 'labels: task_priority "Whenever" was added', 'a label was added');
$node->run_log([ 'pg_dump', '-Fc', '-f', $node->basedir . '/crm.dump', '-d', $node->connstr('crm') ]);
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $node->basedir . '/crm.dump' ],
	'a dump restores');
is(wrong('restored'), '', 'and is well: the label is gone');

# A restore where the roles are missing is what the doctor is asked after.
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->command_ok(
	[ 'pg_restore', '--no-owner', '--no-privileges', '-d', $node->connstr('elsewhere'), $node->basedir . '/crm.dump' ],
	'a dump restores without owners and privileges'
);
like(
	wrong('elsewhere'),
	qr/^owner: .*task_team.* belongs to role \w+, which is a superuser\ncounters: .*\npublic_rights: PUBLIC can execute is_overdue\(task\); PUBLIC can execute tc_find_tasks\(jsonb\)$/,
	'the owner is unfit, and PUBLIC has what it has of every new function'
);
$node->safe_psql('elsewhere', 'CALL taskcrm.tc_install()');
is(wrong('elsewhere'), '', 'tc_install() mends it');

$node->stop;
done_testing();
