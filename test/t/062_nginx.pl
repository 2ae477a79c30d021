# nginx with the configuration in examples/postgrest: the REST API at its own paths, through
# tc_http in PostgREST. Behind nginx, a stand-in does with these requests what PostgREST
# documents; the clients are the same as for the gateway.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

plan skip_all => 'needs nginx' unless program_is_there('nginx');
plan skip_all => 'needs node, and npm ci in examples/gateway' unless gateway_is_there();

my $top = "$FindBin::Bin/../..";
my $node = ready_cluster('nginx');
create_authenticator($node);

my $below = free_port();
my $stand_in = start_server(
	[ 'node', "$top/test/web/stand_in.mjs" ],
	PGHOST => $node->host,
	PGPORT => $node->port,
	PGDATABASE => 'crm',
	PGUSER => 'authenticator',
	PORT => $below,
	SECRET => token_secret(),
	GATEWAY => "$top/examples/gateway"
);
wait_for_port($below, $stand_in);

my ($nginx, $port, $error_log) = start_nginx($below);

try_the_api($node, "http://127.0.0.1:$port");

# nginx names what lies below /api/; all that the document has must be among it.
my %is_passed = map { $_ => 1 } slurp_file("$top/examples/postgrest/nginx.conf") =~ m{\^/api/\(\(([a-z|]+)\)}
	? split /\|/, $1
	: ();
my @missing = grep { !$is_passed{$_} } split /\n/,
	$node->safe_psql('crm', q{SELECT DISTINCT split_part(path, '/', 3) FROM json_object_keys(taskcrm.tc_openapi() -> 'paths') path
		WHERE path <> '/api/openapi.json' ORDER BY 1});
is("@missing", '', 'nginx passes on every path of the API');

SKIP:
{
	skip 'needs chromium, and npm ci in test/web', 1 unless browser_is_there();
	# More than nginx accepts.
	try_a_browser("http://127.0.0.1:$port", 34 * 1024 * 1024);
}

is(stop_server($nginx), 0, 'nginx ends');
stop_server($stand_in);
unlike(slurp_file($error_log), qr/\[(emerg|alert|crit)\]/, 'nginx logs no serious error');
done_testing();
