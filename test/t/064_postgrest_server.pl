# PostgREST itself, if the program is on the PATH: with the configuration of
# examples/postgrest, directly, and behind nginx at the paths of the original REST API.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

plan skip_all => 'needs postgrest' unless program_is_there('postgrest');
plan skip_all => 'needs node, and npm ci in examples/gateway' unless gateway_is_there();

my $top = "$FindBin::Bin/../..";
my $node = ready_cluster('postgrest_server');
create_authenticator($node);

# The differences from the configuration in the file: the connection to the database, and the
# secret.
my $port = free_port();
my $postgrest = start_server([ 'postgrest', "$top/examples/postgrest/postgrest.conf" ],
	PGRST_DB_URI => $node->connstr('crm') . ' user=authenticator', PGRST_JWT_SECRET => token_secret(),
	PGRST_SERVER_HOST => '127.0.0.1', PGRST_SERVER_PORT => $port);
wait_for_port($port, $postgrest);
note(scalar run_command([ 'postgrest', '--version' ]));

# Each foreign key between tables that clients read, as "child key parent".
my $keys = $node->safe_psql(
	'crm', q{SELECT string_agg(concat_ws(' ', c.relname, k.conname, p.relname), ',' ORDER BY k.conname)
	FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
	JOIN taskcrm_internal.client_tables() a ON a.tab = c.relname JOIN taskcrm_internal.client_tables() b ON b.tab = p.relname
	WHERE k.contype = 'f' AND k.connamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)});
my $before = checksum($node, 'crm', 2);
cmp_ok(run_client('postgrest.mjs', api_env("http://127.0.0.1:$port"), FOREIGN_KEYS => $keys),
	'>', 40, 'requests to PostgREST were tested');
is(checksum($node, 'crm', 2), $before, 'the other organization is unchanged');

SKIP:
{
	skip 'needs curl', 2 unless program_is_there('curl');
	my ($requests) = slurp_file("$top/README.md") =~ m{^```sh\n(curl "\$url/rpc/.*?)^```\n}ms;
	my $home = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$home/.curlrc", qq(silent\nshow-error\nfail-with-body\nwrite-out = "\\n"\n));
	local %ENV = (%ENV, HOME => $home, url => "http://127.0.0.1:$port", token => bearer_token('alice'));
	my ($out, $err);
	IPC::Run::run([ 'sh', '-e' ], '<', \$requests, '>', \$out, '2>', \$err);
	is($?, 0, 'the requests in README.md succeed') or diag($out . $err);
	is(() = $out =~ /^[{\[]/mg, () = $requests =~ /^curl/mg, 'each with an answer');
}

SKIP:
{
	skip 'needs nginx', 1 unless program_is_there('nginx');
	my ($nginx, $front, $error_log) = start_nginx($port);

	try_the_api($node, "http://127.0.0.1:$front");
	my ($head) = run_command([
		'curl', '-sS',
		'-i', '-X',
		'OPTIONS', '-H',
		'Origin: https://crm.example', '-H',
		'Access-Control-Request-Method: PUT', '-H',
		'Access-Control-Request-Headers: authorization, organization-id', "http://127.0.0.1:$front/api/tasks/"
	]);
	like($head, qr/^HTTP\S+ 200 .*^access-control-allow-methods: [^\r]*\bPUT\b/mis,
		'a browser learns that PUT is allowed');
	like(
		$head,
		qr/^access-control-allow-headers: [^\r]*organization-id/mi,
		'with the header that selects an organization'
	);
	is(stop_server($nginx), 0, 'nginx ends');
	unlike(slurp_file($error_log), qr/\[(emerg|alert|crit)\]/, 'nginx logs no serious error');
}

stop_server($postgrest);
unlike(
	slurp_file($node->logfile),
	qr/(PANIC|TRAP|server process .* was terminated|XX000)/,
	'no crash or internal error in the server'
);
done_testing();
