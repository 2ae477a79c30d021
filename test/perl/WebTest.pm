# WebTest.pm
#
# Shared by the tests over HTTP: starting servers and finding ports.

package WebTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use FindBin;
use IO::Socket::INET;
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use TestToken;
use Test::More;
use Time::HiRes 'usleep';

our @EXPORT =
	qw(program_is_there gateway_is_there worker_is_there browser_is_there try_a_browser free_port start_server stop_server wait_for_port
  create_authenticator start_gateway start_nginx run_client run_node api_env try_the_api add_key bearer_token token_secret);

my $top = "$FindBin::Bin/../..";
my $secret = 'the secret of the tests over HTTP, 32+ bytes';

sub program_is_there
{
	my ($name) = @_;
	return grep { -x "$_/$name" } split /:/, $ENV{PATH};
}

# Returns whether the example gateway can run: Node and its npm packages are installed.
sub gateway_is_there
{
	return program_is_there('node') && -d "$top/examples/gateway/node_modules";
}

# Returns whether the example worker can run.
sub worker_is_there
{
	return gateway_is_there() && -d "$top/examples/worker/node_modules" && -d "$top/test/web/node_modules/standardwebhooks";
}

# Returns whether a browser and its driver are installed.
sub browser_is_there
{
	return program_is_there('node') && program_is_there('chromium') && -d "$top/test/web/node_modules/playwright-core";
}

sub free_port { return PostgreSQL::Test::Cluster::get_free_port() }

# Starts a program that runs until stop_server(); env: additions to the environment.
sub start_server
{
	my ($command, %env) = @_;
	my $log = $PostgreSQL::Test::Utils::log_path . '/' . ($command->[0] =~ s/.*\///r) . '.log';
	my $pid = fork() // die "fork: $!";

	if ($pid == 0)
	{
		%ENV = (%ENV, %env);
		open(STDIN, '<', '/dev/null');
		open(STDOUT, '>>', $log);
		open(STDERR, '>&', \*STDOUT);
		exec @$command or die "$command->[0]: $!";
	}
	return $pid;
}

my @running;
sub stop_server
{
	my ($pid) = @_;
	kill 'TERM', $pid;
	waitpid($pid, 0);
	@running = grep { $_ != $pid } @running;
	return $?;
}

END
{
	my $status = $?;
	kill 'KILL', @running if @running;
	$? = $status;
}

# Waits until a process that we started answers on a port.
sub wait_for_port
{
	my ($port, $pid) = @_;

	push @running, $pid;
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		return 1 if IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port);
		die "the server on port $port ended: $?" if waitpid($pid, 1) == $pid;
		usleep(100_000);
	}
	die "nothing answers on port $port";
}

# The login role of PostgREST, created as in the README.
sub create_authenticator
{
	my ($node) = @_;
	$node->safe_psql('crm', q{
		CREATE ROLE authenticator LOGIN NOINHERIT;
		GRANT web_user TO authenticator;
		SELECT taskcrm.tc_trust_gateway('authenticator')});
	return;
}

# Starts the example gateway with a login role.  Returns its process and port.
sub start_gateway
{
	my ($node, $role, %env) = @_;
	my $port = free_port();
	my $pid = start_server([ 'node', "$top/examples/gateway/server.js" ],
		PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => 'crm', PGUSER => $role, PORT => $port, %env);

	wait_for_port($port, $pid);
	return ($pid, $port);
}

# Starts nginx with the configuration in examples/postgrest, as a proxy for a local port.
# Returns its process, its port and the name of its error log.
sub start_nginx
{
	my ($below) = @_;
	my $port = free_port();
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $site = slurp_file("$top/examples/postgrest/nginx.conf");

	is($site =~ s/127\.0\.0\.1:3000/127.0.0.1:$below/g, 1,
		'the configuration of nginx contains the address of PostgREST once');
	is($site =~ s/listen 8080/listen 127.0.0.1:$port/g, 1, 'and its own port once');
	append_to_file(
		"$dir/nginx.conf", join "\n", 'daemon off;', 'worker_processes 1;', "pid $dir/pid;",
		"error_log $dir/error.log warn;",
		'events { worker_connections 1024; }', 'http {', 'access_log off;',
		(map { "${_}_temp_path $dir/$_;" } qw(client_body proxy fastcgi uwsgi scgi)), $site, '}', '');
	my $pid = start_server([ 'nginx', '-c', "$dir/nginx.conf", '-p', $dir, '-e', "$dir/error.log" ]);
	wait_for_port($port, $pid);
	return ($pid, $port, "$dir/error.log");
}

# Runs a script of test/web, which prints one line for each assertion.
sub run_client
{
	my ($script, %env) = @_;
	return run_node($script, [ "$top/test/web/$script" ], %env);
}

# Runs a script of Node, which prints a line for each check; returns their number.
sub run_node
{
	my ($script, $command, %env) = @_;
	my ($out, $err);

	local %ENV = (%ENV, %env);
	IPC::Run::run([ 'node', @$command ], '<', \undef, '>', \$out, '2>', \$err,
		IPC::Run::timeout(2 * $PostgreSQL::Test::Utils::timeout_default));
	my $status = $?;
	my $number = 0;
	foreach my $line (split /\n/, $out)
	{
		next if $line !~ /^(not )?ok - (.*)/;
		$number++;
		ok(!$1, $2);
	}
	diag($err) if $err ne '';
	is($status, 0, "$script finished");
	return $number;
}

# The settings passed to the clients in test/web.
sub api_env
{
	my ($base) = @_;
	return (
		BASE => $base,
		(map {; 'TOKEN_' . uc($_) => bearer_token($_) } qw(alice bob carol erin)),
		TOKEN_EXPIRED => bearer_token('alice', -3600),
		ORG1 => org(1), ORG2 => org(2), ALICE => user_id('alice'), BOB => user_id('bob'),
		ACCOUNT => id(1, 'account', 1), CONTACT => id(1, 'contact', 1), TEAM => id(1, 'team', 1));
}

# Runs the clients of the REST API against a server at an address.
sub try_the_api
{
	my ($node, $base) = @_;
	my %env = api_env($base);
	my $other_before = checksum($node, 'crm', 2);

	cmp_ok(run_client('specification.mjs', %env), '>', 20, 'the examples of the specification were tested');
	cmp_ok(run_client('api.mjs', %env), '>', 50, 'the API was tested');
	is(checksum($node, 'crm', 2), $other_before, 'the other organization is unchanged');
	cmp_ok(run_client('wire.mjs', %env), '>', 8, 'connections were tested');
	return;
}

# Uses the API from a page of another origin, against a server at an address. too_large: the
# number of bytes of a body that is refused.  env: more for the page.
sub try_a_browser
{
	my ($base, $too_large, %env) = @_;
	my ($chromium) = map { "$_/chromium" } program_is_there('chromium');

	cmp_ok(
		run_client(
			'browser.mjs', api_env($base),
			CHROMIUM => $chromium,
			MODULES => "$top/test/web",
			TOO_LARGE => $too_large,
			HOME => PostgreSQL::Test::Utils::tempdir(),
			%env
		),
		'>', 15,
		'a browser was tested'
	);
	return;
}

# A key for the tokens of bearer_token().
sub add_key
{
	my ($node) = @_;
	$node->safe_psql('crm', "SELECT taskcrm.tc_add_jwt_key('web', 'HS256', '$secret')");
	return;
}

sub token_secret { return $secret }

sub bearer_token
{
	my ($name, $seconds, $claims) = @_;
	return token_of('HS256', $secret, undef, user_id($name), $seconds // 3600, $claims // '"role":"web_user"');
}

1;
