# The REST API over HTTP: examples/gateway, with a login role that has no identity itself; the
# clients use fetch, FormData, raw connections and curl.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

plan skip_all => 'needs node, and npm ci in examples/gateway' unless gateway_is_there();

my $node = ready_cluster('gateway');
add_key($node);
$node->safe_psql('crm', "CREATE ROLE gateway LOGIN; SELECT taskcrm.tc_grant_access('gateway')");
$node->safe_psql('crm', "LOAD 'taskcrm'; ALTER DATABASE crm SET taskcrm.notify = on");
my ($pid, $port) = start_gateway($node, 'gateway', CHECK_SECONDS => 1, KEEP_ALIVE_SECONDS => 1, MAX_STREAMS_PER_CALLER => 3);
my $base = "http://127.0.0.1:$port";

try_the_api($node, $base);
my %superuser = (PGHOST => $node->host, PGPORT => $node->port, PGUSER => scalar getpwuid($<));
cmp_ok(run_client('events.mjs', api_env($base), SECRET => token_secret(), %superuser), '>', 20, 'events were tested');
cmp_ok(run_client('sync.mjs', api_env($base), %superuser), '>', 10, 'copies over HTTP were tested');

# ---------------------------------------------------------------------------
# Webhooks: examples/worker.

SKIP:
{
	skip 'needs npm ci in examples/worker and test/web', 1 unless worker_is_there();
	$node->safe_psql(
		'crm', q{
		LOAD 'taskcrm';
		ALTER DATABASE crm SET taskcrm.webhook_allow_http = on;
		CREATE ROLE worker LOGIN;
		SELECT taskcrm.tc_grant_worker('worker')});
	cmp_ok(run_client('worker.mjs', %superuser, WORKER => 'worker', ORG1 => org(1), ORG2 => org(2)),
		'>', 40, 'the worker was tested');
}

# ---------------------------------------------------------------------------
# A browser.

SKIP:
{
	skip 'needs chromium, and npm ci in test/web', 1 unless browser_is_there();
	$node->safe_psql('crm', q{ALTER ROLE gateway SET taskcrm.cors_origins = '*'});
	my ($other, $other_port) = start_gateway($node, 'gateway');
	# More than taskcrm.max_body_size, but the gateway still passes it to the database.
	try_a_browser("http://127.0.0.1:$other_port", 33 * 1024 * 1024 - 1000, EVENTS => 1);
	stop_server($other);
}

# ---------------------------------------------------------------------------
# curl commands that users type.

SKIP:
{
	skip 'needs curl', 1 unless program_is_there('curl');
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my @auth = ('-H', 'Authorization: Bearer ' . bearer_token('alice'));
	my $curl = sub {
		my ($out, $err);
		IPC::Run::run([ 'curl', '-sS', '-w', "\n%{http_code}", @auth, @_ ], '<', \undef, '>', \$out, '2>', \$err)
			or diag($err);
		my ($body, $status) = $out =~ /\A(.*)\n(\d+)\z/s;
		return ($status, $body);
	};
	my ($status, $body) =
		$curl->('-d', '{"title": "by curl"}', '-H', 'Content-Type: application/json', "$base/api/tasks/");
	is($status, 201, 'curl -d creates a task');
	my $id = decode_json($body)->{id};
	($status) = $curl->('-d', '{"title": "by curl"}', "$base/api/tasks/");
	is($status, 415, 'curl -d alone sends a form type that is not supported');

	my $bytes = join '', map { chr($_ % 256) } 0 .. 99_999;
	open(my $file, '>:raw', "$dir/file.bin") or die $!;
	print $file $bytes;
	close $file;
	($status, $body) = $curl->(
		'-F', 'comment=with a file',
		'-F', "attachment=\@$dir/file.bin;type=application/x-test",
		"$base/api/tasks/$id/"
	);
	is($status, 201, 'curl -F sends a comment and a file');
	my $path = decode_json($body)->{attachment}{attachment};
	($status) = $curl->('-o', "$dir/back.bin", '-D', "$dir/headers", "$base$path");
	is(slurp_file("$dir/back.bin") eq $bytes ? "$status same" : "$status other", '200 same', 'curl downloads the file');
	like(slurp_file("$dir/headers"), qr/^content-disposition: attachment; filename="file\.bin"\r$/mi, 'with its name');
	($status, $body) = $curl->(
		'-F', 'title=many', '-F', "attachment=\@$dir/file.bin", '-F',
		"attachment=\@$dir/file.bin;filename=other \"name\".bin",
		"$base/api/tasks/"
	);
	is($status, 201, 'curl -F creates a task with two files');
	($status, $body) = $curl->("$base/api/tasks/" . decode_json($body)->{id} . '/');
	is( join(', ', map { $_->{file_name} } @{decode_json($body)->{attachments}}),
		'file.bin, other "name".bin',
		'with their names'
	);
	($status, $body) = $curl->('-I', "$base/api/tasks/$id/");
	is($status, 200, 'curl -I');
	my ($head) = run_command([ 'curl', '-sS', '-i', '-X', 'OPTIONS', "$base/api/tasks/" ]);
	like($head, qr/^HTTP\S+ 204 .*^allow: GET, HEAD, POST, PATCH, DELETE, OPTIONS\r$/mis, 'curl -X OPTIONS needs no token');
	($status, $body) =
		$curl->('-G', '--data-urlencode', 'title=by curl', '--data-urlencode', 'status=New', "$base/api/tasks/");
	is(decode_json($body)->{count}, 1, 'curl -G lists');
	($status) = $curl->('-X', 'DELETE', "$base/api/tasks/$id/");
	is($status, 204, 'curl -X DELETE');
}

# ---------------------------------------------------------------------------
# The database is stopped and started again.

$node->restart;
my ($out) = run_command(
	[   'curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Authorization: Bearer ' . bearer_token('alice'),
		"$base/api/tasks/"
	]
);
like($out, qr/^(200|503)$/, 'an answer immediately after a restart of the database');
($out) = run_command(
	[   'curl', '-s', '-o', '/dev/null', '-w', '%{http_code}', '-H', 'Authorization: Bearer ' . bearer_token('alice'),
		"$base/api/tasks/"
	]
) for 1 .. 12;
is($out, '200', 'requests soon succeed again');
is(stop_server($pid), 0, 'the gateway ends on request');

unlike(
	slurp_file($node->logfile),
	qr/(PANIC|TRAP|server process .* was terminated|XX000)/,
	'no crash or internal error in the server'
);
done_testing();
