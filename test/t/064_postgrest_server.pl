# PostgREST itself, if the program is on the PATH: with the configuration of
# examples/postgrest, directly, and behind nginx at the paths of the original REST API.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use HTTP::Tiny;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use Time::HiRes 'usleep';
use WebTest;

plan skip_all => 'needs postgrest' unless program_is_there('postgrest');
plan skip_all => 'needs node, and npm ci in examples/gateway' unless gateway_is_there();

my $top = "$FindBin::Bin/../..";
my $node = ready_cluster('postgrest_server');
create_authenticator($node);

# Starts it with the configuration of the file, except for the connection to the database, the
# secret, and settings passed. It listens before it has read the catalogue, and answers 503
# until then. Returns its process and port.
sub start_postgrest
{
	my (%settings) = @_;
	my ($port, $admin_port) = (free_port(), free_port());
	my $pid = start_server([ 'postgrest', "$top/examples/postgrest/postgrest.conf" ],
		PGRST_DB_URI => $node->connstr('crm') . ' user=authenticator', PGRST_JWT_SECRET => token_secret(),
		PGRST_SERVER_HOST => '127.0.0.1', PGRST_SERVER_PORT => $port, PGRST_ADMIN_SERVER_PORT => $admin_port,
		%settings);

	wait_for_port($port, $pid);
	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		last if HTTP::Tiny->new->get("http://127.0.0.1:$admin_port/ready")->{success};
		usleep(100_000);
	}
	return ($pid, $port);
}

note((run_command([ 'postgrest', '--version' ]))[0]);
my ($postgrest, $port) = start_postgrest();

# Each foreign key between tables that clients read, as "child key parent".
my $keys = $node->safe_psql(
	'crm', q{SELECT string_agg(concat_ws(' ', c.relname, k.conname, p.relname), ',' ORDER BY k.conname)
	FROM pg_constraint k JOIN pg_class c ON c.oid = k.conrelid JOIN pg_class p ON p.oid = k.confrelid
	JOIN taskcrm_internal.client_tables() a ON a.tab = c.relname JOIN taskcrm_internal.client_tables() b ON b.tab = p.relname
	WHERE k.contype = 'f' AND k.connamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)});
my $before = checksum($node, 'crm', 2);
cmp_ok(
	run_client(
		'postgrest.mjs', api_env("http://127.0.0.1:$port"),
		PATHS => 'postgrest',
		FOREIGN_KEYS => $keys,
		TOKEN_OTHER_ORG => bearer_token('bob', 3600, '"role":"web_user","org_id":"' . org(2) . '"'),
		TOKEN_NO_ROLE => bearer_token('bob', 3600, '"a":1'),
		map {; 'TOKEN_' . uc($_) => bearer_token('bob', 3600, qq("role":"$_")) } qw(authenticator postgres nobody)
	),
	'>', 40, 'requests to PostgREST were tested');
is(checksum($node, 'crm', 2), $before, 'the other organization is unchanged');

SKIP:
{
	skip 'needs curl and openssl', 2 unless program_is_there('curl') && program_is_there('openssl');
	my ($requests) = slurp_file("$top/README.md") =~ m{^```sh\n(url=http://localhost:3000\n.*?)^```\n}ms;
	my %here = (
		'http://localhost:3000' => "http://127.0.0.1:$port",
		'0190c0de-0000-4000-8000-00000000000a' => user_id('alice'),
		'a secret of at least thirty-two characters' => token_secret());
	is($requests =~ s/\Q$_\E/$here{$_}/g, 1, "README.md contains $_ once") foreach sort keys %here;
	my $home = PostgreSQL::Test::Utils::tempdir();
	append_to_file("$home/.curlrc", qq(silent\nshow-error\nfail-with-body\nwrite-out = "\\n"\n));
	local %ENV = (%ENV, HOME => $home);
	my ($out, $err);
	IPC::Run::run([ 'sh', '-e' ], '<', \$requests, '>', \$out, '2>', \$err);
	is($?, 0, 'the requests in README.md succeed') or diag($out . $err);
	is(() = $out =~ /^[{\[]/mg, () = $requests =~ /^curl/mg, 'each with an answer');
}

# Behind nginx. A request without a token gets 401, also the one for the document, unless there is
# a role for it, created as in the reference.
SKIP:
{
	skip 'needs nginx and curl', 1 unless program_is_there('nginx') && program_is_there('curl');
	$node->safe_psql('crm', q{
		CREATE ROLE anonymous NOLOGIN;
		GRANT anonymous TO authenticator;
		SELECT taskcrm.tc_grant_access('anonymous', read => false)});
	my ($open_postgrest, $open_port) = start_postgrest(PGRST_DB_ANON_ROLE => 'anonymous');
	my ($nginx, $front, $error_log) = start_nginx($port);
	my $answer = sub { return (run_command([ 'curl', '-sSi', @_ ]))[0] };

	foreach my $path ('tasks/', 'openapi.json')
	{
		my $refused = $answer->("http://127.0.0.1:$front/api/$path");
		like($refused, qr/^HTTP\S+ 401 .*^www-authenticate: Bearer/mis, "GET /api/$path without a token: 401");
		unlike($refused, qr/^proxy-status:/mi, 'without the header that PostgREST adds to errors');
	}
	is(stop_server($nginx), 0, 'nginx ends');
	unlike(slurp_file($error_log), qr/\[(emerg|alert|crit)\]/, 'nginx logs no serious error');

	($nginx, $front, $error_log) = start_nginx($open_port);
	like($answer->("http://127.0.0.1:$open_port/task"), qr/^HTTP\S+ 401 .*"PT401"/mis,
		'the role of requests without a token reads no table');
	try_the_api($node, "http://127.0.0.1:$front");
	is(stop_server($nginx), 0, 'nginx ends');
	unlike(slurp_file($error_log), qr/\[(emerg|alert|crit)\]/, 'nginx logs no serious error');
	stop_server($open_postgrest);
}

stop_server($postgrest);
unlike(
	slurp_file($node->logfile),
	qr/(PANIC|TRAP|server process .* was terminated|XX000)/,
	'no crash or internal error in the server'
);
done_testing();
