# The OpenAPI document: a linter accepts it, openapi-typescript generates types that tsc
# --strict accepts, and a client with these types runs the examples of the specification.
# test/web/schemas.mjs checks that every answer in the tests over HTTP conforms to the
# document.

use strict;
use warnings FATAL => 'all';

use File::Copy;
use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

my $modules = "$FindBin::Bin/../web/node_modules";
plan skip_all => 'needs node, and npm ci in examples/gateway' unless gateway_is_there();
plan skip_all => 'needs npm ci in test/web' unless -d "$modules/openapi-typescript";

my $node = ready_cluster('openapi');
add_key($node);
$node->safe_psql('crm', "CREATE ROLE gateway LOGIN; SELECT taskcrm.tc_grant_access('gateway')");
my ($pid, $port) = start_gateway($node, 'gateway');
my %env = api_env("http://127.0.0.1:$port");

my $dir = PostgreSQL::Test::Utils::tempdir();
symlink($modules, "$dir/node_modules") or die $!;
copy("$FindBin::Bin/../web/client.ts", "$dir/client.ts") or die $!;
append_to_file("$dir/package.json", '{"type": "module"}');
cmp_ok(run_client('openapi.mjs', %env, DOCUMENT => "$dir/api.json"), '>', 10, 'the document was tested');
is($node->safe_psql('crm', 'SELECT taskcrm.tc_openapi()::jsonb = pg_read_file($$' . "$dir/api.json" . '$$)::jsonb'),
	't', 'it is the result of tc_openapi()');

my $run = sub {
	my ($out, $err);
	local %ENV = (%ENV, %env);
	IPC::Run::run(
		[ 'node', @_ ], '<', \undef, '>', \$out, '2>&1',
		init => sub { chdir $dir },
		IPC::Run::timeout(4 * $PostgreSQL::Test::Utils::timeout_default)
	);
	return ($?, $out);
};
my ($status, $out) = $run->("$modules/openapi-typescript/bin/cli.js", "$dir/api.json", '-o', "$dir/api.d.ts");
is($status, 0, 'openapi-typescript generates types from it') or diag($out);
($status, $out) = $run->(
	"$modules/typescript/bin/tsc", qw(--strict --target es2022 --module nodenext --moduleResolution nodenext --lib),
	'es2022,dom,dom.iterable', '--outDir', "$dir/js", "$dir/client.ts"
);
is($out, '', 'tsc --strict accepts the types and a client that uses them') or diag($out);
append_to_file("$dir/js/package.json", '{"type": "module"}');
($status, $out) = $run->("$dir/js/client.js");
is($status, 0, 'the client finishes') or diag($out);
foreach my $line (grep { /^(not )?ok - / } split /\n/, $out) { ok($line !~ /^not/, $line =~ s/^(not )?ok - //r) }

stop_server($pid);
done_testing();
