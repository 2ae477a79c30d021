# The task board in examples/board, in a real browser, as people use it: with the data of the
# demo, through examples/gateway, which the script starts, stops and starts again.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

plan skip_all => 'needs node, and npm ci in examples/gateway' unless gateway_is_there();
plan skip_all => 'needs chromium, and npm ci in test/web' unless browser_is_there();

my $top = "$FindBin::Bin/../..";
my $secret = 'the secret of the board, 32+ bytes long';
my $node = new_cluster('board');

$node->safe_psql('postgres', 'CREATE DATABASE crm');
install_extension($node, 'crm');
install_tables($node, 'crm');
PostgreSQL::Test::Utils::system_or_bail('psql', '-XqAt', '-o', '/dev/null', '-h', $node->host, '-p', $node->port,
	'-d', 'crm', '-f', "$top/test/demo/$_") for qw(demo.sql logins.sql);
$node->safe_psql('crm', qq{
	SELECT taskcrm.tc_add_jwt_key('demo', 'HS256', '$secret');
	ALTER TABLE taskcrm.task ADD COLUMN effort integer;
	SELECT taskcrm.tc_expose_column('task', 'effort', writable => true)});

# Each comment in a transaction of its own, which gives them an order.
$node->safe_psql('crm', q{
	WITH t AS MATERIALIZED (SELECT taskcrm.tc_create_task('{"title": "Much to say"}') ->> 'id' AS id)
	SELECT format('SELECT taskcrm.tc_add_task_comment_or_attachment(%L, %L)', id, 'comment ' || n)
	FROM t, generate_series(1, 101) n ORDER BY n \gexec}, extra_params => [ '-U', 'demo_alice' ]);

my ($chromium) = map { "$_/chromium" } program_is_there('chromium');
cmp_ok(
	run_client(
		'board.mjs',
		PGHOST => $node->host,
		PGPORT => $node->port,
		PGDATABASE => 'crm',
		PGUSER => 'demo_gateway',
		PORT => free_port(),
		DEMO_SECRET => $secret,
		GATEWAY => "$top/examples/gateway/server.js",
		CHROMIUM => $chromium,
		MODULES => "$top/test/web",
		HOME => PostgreSQL::Test::Utils::tempdir()
	),
	'>', 30,
	'the board was tested'
);
done_testing();
