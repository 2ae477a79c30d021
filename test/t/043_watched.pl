# What an administrator sees of a server at work: the numbers of all sessions, how far a long
# call has come, and in the log how calls were decided, without the values.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TestToken;
use IPC::Run;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = ready_cluster('watched', conf => "shared_preload_libraries = 'taskcrm'\nlog_min_messages = debug1\n");
my $super = new_session($node, undef);
my $stats = q{SELECT count || ' ' || errors FROM taskcrm.tc_stats() WHERE kind = 'operation' AND name = 'list_tasks'};
my $plans = q{SELECT count FROM taskcrm.tc_stats() WHERE kind = 'plans'};

# Several sessions at the same time count in the same numbers.
is($super->value('SELECT DISTINCT scope FROM taskcrm.tc_stats()'), 'server', 'preloaded: numbers of the server');
$super->run('SELECT taskcrm.tc_reset_stats()');
my %session = map { $_ => new_session($node, $_) } qw(alice bob carol);
foreach my $round (1 .. 5)
{
	$session{$_}->run('SELECT taskcrm.tc_list_tasks()') foreach sort keys %session;
}
$session{alice}->run(q{SELECT taskcrm.tc_list_tasks('{"limit": -1}')});
is($super->value($stats), '16 1', 'calls and errors of three sessions');
is($super->value(q{SELECT count FROM taskcrm.tc_stats() WHERE kind = 'error' AND name = '22023'}), 1, 'and the SQLSTATE');
cmp_ok($super->value($plans), '>=', 3, 'each session keeps statements');
$session{$_}->quit foreach sort keys %session;
ok($node->poll_query_until('crm', "SELECT count = 0 FROM taskcrm.tc_stats() WHERE kind = 'plans'"),
	'and takes them along when it ends');

# Progress: another session holds a lock, so that the call stops at a known place.
my $holder = new_session($node, undef);
$holder->run('BEGIN');
$holder->run('LOCK TABLE taskcrm.task IN ROW EXCLUSIVE MODE');
my $worker = IPC::Run::start(
	[ 'psql', '-XqAt', '-c', 'SELECT taskcrm.tc_recount() /* of mine */', $node->connstr('crm') ], '>', \my $out, '2>', \my $err);
ok( $node->poll_query_until(
		'crm',
		q{SELECT count(*) = 1 FROM pg_stat_activity
			WHERE query = '/* waiting for writers of tasks */ SELECT taskcrm.tc_recount() /* of mine */' AND wait_event_type = 'Lock'}),
	'pg_stat_activity shows the progress and the statement');
$holder->run('ROLLBACK');
$worker->finish;
is($err, '', 'the call ends');
is($super->value(q{SELECT query FROM (SELECT taskcrm.tc_recount() IS NULL AS is_done) r, pg_stat_activity
		WHERE is_done IS NOT NULL AND pid = pg_backend_pid()}) =~ m{/[*]} ? 'shown' : 'gone', 'gone', 'and the progress with it');

# Decisions. All that a caller sends is a value: none may be in a line of ours.
my $secret = make_key('HS256');
$super->run("SELECT taskcrm.tc_add_jwt_key('watched', 'HS256', '$secret')");
my $token = token_of('HS256', $secret, 'watched', user_id('alice'), 600);
my $offset = -s $node->logfile;
my $alice = new_session($node, 'alice');
# Of a page that is not the last, the number of all tasks has to be counted.
foreach my $filters ('{"limit": 1}', '{"limit": 1, "title": "t"}', '{"search": "zebra"}', '{"search": "task"}', '{"status": "New", "count": "estimated"}', '{"title": "zebra"}',
	'{"account": "' . id(1, 'account', 1) . '"}')
{
	$alice->run("SELECT taskcrm.tc_list_tasks('$filters')");
}
$alice->run("SELECT taskcrm.tc_login('$token')");
run_as($node, 'gw', [ 'BEGIN', 'SELECT set_config(\'request.jwt.claims\', \'' . claims('bob') . '\', true)', 'SELECT taskcrm.tc_list_tasks()' ]);
run_as($node, 'mallory', ['SELECT taskcrm.tc_list_tasks()']);
$super->run("UPDATE taskcrm.member SET role = role WHERE user_id = '@{[user_id('bob')]}'");
$alice->run('SELECT taskcrm.tc_list_tasks()');
my @lines = grep {/LOG:  taskcrm: /} split /\n/, slurp_file($node->logfile, $offset);
foreach my $expected (
	'the caller is named by its login role', 'the caller is named by a token', 'the caller is named by the claims of a gateway',
	'nobody calls: the login role is not linked to a user', 'a token was verified by key [-0-9a-f]{36}',
	'searching for a (?:rare|common) term', 'counting exactly, from the tasks', 'counting exactly, from the counters',
	'made a statement for lists, \d+ are kept: SELECT', 'forgetting what is known about users and members')
{
	ok((grep {/$expected/} @lines), "the log tells: $expected");
}
my @values = ('zebra', map({ user_id($_) } qw(alice bob)), map({ id(1, $_, 1) } qw(org account)), 'alice@', $secret, $token);
is((grep { my $line = $_; grep { index($line, $_) >= 0 } @values } @lines), 0, 'and no value');
canary_free([ { out => join("\n", @lines), err => '' } ], 'nor anything of other organizations');

# A client that asks for debug messages gets none of these lines: they could tell how common a
# word is in tasks of others.
$alice->run('SET client_min_messages = debug1');
my $answer = $alice->run(q{SELECT taskcrm.tc_list_tasks('{"search": "unheard of"}')});
like($answer->{err}, qr/LOG:/, 'a client gets messages of the server');
unlike($answer->{err}, qr/taskcrm:/, 'and none of these');

$node->stop;
done_testing();
