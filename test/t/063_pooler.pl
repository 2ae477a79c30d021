# pgbouncer in transaction mode: clients of two organizations share a few connections of a
# gateway, with node-postgres and with psql, and no identity is transferred from one client to
# the next.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

plan skip_all => 'needs pgbouncer' unless program_is_there('pgbouncer');

my $node = ready_cluster('pooler');
add_key($node);

my ($version) = (run_command([ 'pgbouncer', '--version' ]))[0] =~ /PgBouncer (\d+\.\d+)/i;
my $keeps_statements = defined $version && join('.', map { sprintf '%03d', $_ } split /\./, $version) ge '001.021';
my $port = free_port();
my $dir = PostgreSQL::Test::Utils::tempdir();
append_to_file("$dir/users", qq("gw" ""\n));
# The warm-up that the manual recommends: a list of one user, here of another organization than
# that of the first client.
my $warm_up =
	"BEGIN; SET LOCAL taskcrm.user_id = '@{[user_id('carol')]}'; SELECT taskcrm.tc_list_tasks('{\"limit\": 1}'); COMMIT";
(my $quoted = $warm_up) =~ s/'/''/g;
append_to_file("$dir/pgbouncer.ini", join "\n", '[databases]',
	'crm = host=' . $node->host . ' port=' . $node->port . " connect_query='$quoted'",
	'[pgbouncer]',
	'listen_addr = 127.0.0.1',
	"listen_port = $port",
	'unix_socket_dir =',
	'auth_type = trust',
	"auth_file = $dir/users",
	'pool_mode = transaction',
	'default_pool_size = 4',
	'max_client_conn = 200',
	'ignore_startup_parameters = extra_float_digits',
	($keeps_statements ? 'max_prepared_statements = 100' : ()),
	''
);
my $pooler = start_server([ 'pgbouncer', "$dir/pgbouncer.ini" ]);
wait_for_port($port, $pooler);

my %pooled = (PGHOST => '127.0.0.1', PGPORT => $port, PGDATABASE => 'crm', PGUSER => 'gw');
my $other_before = checksum($node, 'crm', 2);

# A session reads the description of a table, and with it its policies, when it first uses it.
{
	local %ENV = (%ENV, %pooled);
	my $read = q{SELECT pg_stat_get_xact_numscans('pg_policy_polrelid_polname_index'::regclass)};
	my ($out, $err) = run_command([
		'psql', '-XqAt', '-c', 'BEGIN', '-c', "SET LOCAL taskcrm.user_id = '@{[user_id('alice')]}'",
		'-c', $read, '-c', q{SELECT 'tasks: ' || (taskcrm.tc_list_tasks('{"limit": 1}') ->> 'count')},
		'-c', $read, '-c', 'COMMIT'
	]);
	like($out, qr/^(\d+)\ntasks: 6\n\1$/, 'the first list of a client finds a connection that is warmed up');
	is($err, '', 'without an error');
}

SKIP:
{
	skip 'needs node, and npm ci in examples/gateway', 1 unless gateway_is_there();
	my %env = (%pooled, GATEWAY => "$FindBin::Bin/../../examples/gateway",
		TOKEN_ALICE => bearer_token('alice'), TOKEN_CAROL => bearer_token('carol'),
		ALICE => user_id('alice'), CAROL => user_id('carol'), ORG1 => org(1), ORG2 => org(2));
	is(run_client('pooler.mjs', %env), 3, 'node-postgres');
	note("pgbouncer $version keeps named statements: " . ($keeps_statements ? 'yes' : 'no'));
	is(run_client('pooler.mjs', %env, NAMED => 1), 3, 'node-postgres with named statements') if $keeps_statements;
}

# Several psql clients at once, with a statement that each transaction prepares by name; every
# other transaction sets the user for the session, and the one after it sets none.
sub script
{
	my ($who) = @_;
	my $user = user_id($who);
	my $one =
		"BEGIN; SET LOCAL taskcrm.user_id = '$user'; PREPARE look AS SELECT DISTINCT org_id FROM taskcrm.task;\nEXECUTE look; DEALLOCATE look; COMMIT;\n";
	my $careless =
		"BEGIN; SET taskcrm.user_id = '$user'; COMMIT;\nSELECT 'nobody' WHERE taskcrm.tc_current_user() IS NULL;\n";
	return join '', map { $one . $careless } 1 .. 50;
}
my @runs;
foreach my $number (0 .. 7)
{
	my $who = $number % 2 ? 'carol' : 'alice';
	my %run = (who => $who, out => '', err => '', in => script($who));
	local %ENV = (%ENV, %pooled);
	$run{handle} = IPC::Run::start([ 'psql', '-XqAt' ], '<', \$run{in}, '>', \$run{out}, '2>', \$run{err});
	push @runs, \%run;
}
foreach my $run (@runs)
{
	$run->{handle}->finish;
	my $org = org($run->{who} eq 'carol' ? 2 : 1);
	is($run->{out}, "$org\nnobody\n" x 50, "psql of $run->{who} sees its own organization, and otherwise nothing");
	is($run->{err}, '', 'without an error');
}

is(checksum($node, 'crm', 2), $other_before, 'the second organization is unchanged');
stop_server($pooler);
done_testing();
