# tc_doctor(), the checks that need a server of their own: pg_hba.conf, and the effect of dump
# and restore on enum labels. All other checks are in test/sql/tc_doctor.sql.

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

# The problems that tc_doctor() finds, as "check: detail", one per line.
sub wrong
{
	my ($database) = @_;
	return $node->safe_psql($database, q{SELECT "check" || ': ' || detail FROM taskcrm.tc_doctor() WHERE NOT ok});
}

# Writes pg_hba.conf, reloads it, and returns the lines by which gw needs no password. The last
# line is for the connections of the test itself.
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
	'the only problem is the trust authentication of the test server'
);
like($node->safe_psql('crm', q{SELECT hint FROM taskcrm.tc_doctor() WHERE "check" = 'gateway_trust'}),
	qr/pg_hba\.conf/, 'the hint names the file');

my @cases = (
	[ '', [], 'no line lets gw in' ],
	[ '', [ 'local all gw scram-sha-256', 'host all all 0.0.0.0/0 scram-sha-256' ], 'a password is required' ],
	[ '1', ['local all all trust'], 'all users' ],
	[ '1', ['local crm gw trust'], 'this database and the gateway' ],
	[ '1', ['local all +web_user trust'], 'a group to which gw belongs' ],
	[ '1', ['local other,crm alice,gw trust'], 'lists' ],
	[ '', ['local other,postgres gw trust'], 'other databases' ],
	[ '', ['local replication gw trust'], 'replication' ],
	[ '', ['local sameuser gw trust'], 'a database with the name of the role' ],
	[ '', ['local all alice,+postgres trust'], 'other roles' ],
	[ '', [ 'local all gw scram-sha-256', 'local all all trust' ], 'an earlier line for gw applies' ],
	[ '2', [ 'local all alice scram-sha-256', 'local all all trust' ], 'an earlier line for other roles does not' ],
	[   '2 3', [ 'local all gw scram-sha-256', 'host all all 10.0.0.0/8 trust', 'host all all ::1/128 trust' ],
		'addresses of a network'
	],
	[ '', [ 'host all all 10.0.0.0/8 scram-sha-256', 'host all all 10.0.0.0/8 trust' ], 'the same addresses twice' ],
	[   '1',
		[ 'hostnossl all all 10.0.0.0/8 trust', 'host all all 10.0.0.0/8 scram-sha-256' ],
		'a different connection type'
	],
	$version >= 160000
	? ( [ '1', [ 'local "/^c" "/^g" trust' ], 'expressions' ],
		[ '', [ 'local "/^d" "/^g" trust' ], 'expressions that match other roles' ]
		)
	: ()
);
is(trusted_lines(@{ $_->[1] }), $_->[0], "gateway_trust: $_->[2]") foreach @cases;

is(trusted_lines('local all all trust'), '1', 'trust is found again');
$node->safe_psql('postgres', 'ALTER ROLE gw NOLOGIN');
is(wrong('crm'), '', 'a role without LOGIN is not reported');
$node->safe_psql('postgres', 'ALTER ROLE gw LOGIN');
is(trusted_lines('local all gw scram-sha-256', 'local all all trust'), '', 'the change from the hint fixes it');
is(wrong('crm'), '', 'no other problem is found');

# ---------------------------------------------------------------------------
# A dump does not keep a label that was added to an enum; tc_doctor() reports such a label
# before the dump.

$node->safe_psql('crm', q{ALTER TYPE taskcrm.task_priority ADD VALUE 'Whenever'});
is(wrong('crm'), 'labels: task_priority "Whenever" was added', 'tc_doctor() reports the added label');
$node->run_log([ 'pg_dump', '-Fc', '-f', $node->basedir . '/crm.dump', '-d', $node->connstr('crm') ]);
$node->safe_psql('postgres', 'CREATE DATABASE restored');
$node->command_ok([ 'pg_restore', '--exit-on-error', '-d', $node->connstr('restored'), $node->basedir . '/crm.dump' ],
	'the dump can be restored');
is(wrong('restored'), '', 'no problem is found after the restore: the label is gone');

# tc_doctor() after a restore in which the roles are missing.
$node->safe_psql('postgres', 'CREATE DATABASE elsewhere');
$node->command_ok(
	[ 'pg_restore', '--no-owner', '--no-privileges', '-d', $node->connstr('elsewhere'), $node->basedir . '/crm.dump' ],
	'a dump is restored without owners and privileges'
);
like(
	wrong('elsewhere'),
	qr/^owner: .*task_team.* belongs to role \w+, which is a superuser\ncounters: .*\npublic_rights: PUBLIC can execute is_overdue\(task\); PUBLIC can execute tc_find_tasks\(jsonb\)\nclient_access: .* cannot call the API$/,
	'the owner is unsuitable, PUBLIC has the default privileges on functions, and clients have none'
);
$node->safe_psql('elsewhere', q{CALL taskcrm.tc_install();
	SELECT taskcrm.tc_grant_access(role_name) FROM (SELECT role_name FROM taskcrm_internal.login UNION ALL SELECT role_name FROM taskcrm_internal.gateway) r});
is(wrong('elsewhere'), '', 'tc_install() and tc_grant_access() fix it');

$node->stop;
done_testing();
