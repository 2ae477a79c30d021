# Other libraries in the same process. The library of uuid-ossp has functions with names that
# ours could have too, and a process resolves each name only once. The server's JIT compiler
# inlines the bodies of functions, which then refer to other functions by name.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('libraries');

# Calls that read or write ids as text in every way: settings, JSON, cursors, paths.
my ($task, $account, $bob) = (id(1, 'task', 2), id(1, 'account', 1), user_id('bob'));
my @calls = (
	q{SELECT taskcrm.tc_current_user()},
	q{SELECT taskcrm.tc_whoami()->'user'->>'id'},
	qq{SELECT (taskcrm.tc_create_task('{"title": "t", "account": "$account", "assigned_to": ["$bob"]}')->>'id') IS NULL},
	qq{SELECT taskcrm.tc_update_task('$task', '{"due_date": "2024-02-03", "contacts": ["@{[id(1, 'contact', 2)]}"]}') IS NULL},
	qq{SELECT taskcrm.tc_get_task('$task')->'task_obj'->>'title'},
	qq{SELECT json_array_length(taskcrm.tc_list_tasks('{"assigned_to": ["$bob"]}')->'results')},
	q{SELECT json_array_length(taskcrm.tc_list_tasks(jsonb_build_object('cursor',
		substring(taskcrm.tc_list_tasks('{"limit": 1, "cursor": ""}')->>'next' FROM 'cursor=([^&]+)')))->'results')},
	q{SELECT count(*) FROM taskcrm.task WHERE title OPERATOR(taskcrm.@~) 'TASK' AND status = 'In Progress'},
	qq{SELECT status FROM taskcrm.tc_http_request('GET', '/api/tasks/$task/')},
	qq{SELECT count(*) FROM taskcrm.task_assignee WHERE user_id = '$bob'},
	q{ROLLBACK});

# The answers in a session of alice, who belongs to one organization.
sub answers
{
	my ($name, @before) = @_;
	my @results = run_as($node, 'alice', [ @before, 'BEGIN', @calls ]);
	my @failed = grep { $_->{state} ne '00000' } @results;

	is(scalar @failed, 0, "$name: nothing fails") or diag explain \@failed;
	return [ map { $_->{out} } @results[ @before + 1 .. $#results ] ];
}

my $alone = answers('alone');
is($alone->[0], user_id('alice'), 'the session has the identity of alice');

my $here = $node->safe_psql('crm', q{SELECT count(*) FROM pg_available_extensions WHERE name = 'uuid-ossp'});
SKIP:
{
	skip 'this server has no uuid-ossp', 4 unless $here;
	$node->safe_psql('crm', 'CREATE EXTENSION "uuid-ossp" SCHEMA public');
	is_deeply(answers('uuid-ossp first', 'SELECT public.uuid_generate_v4()'), $alone,
		'uuid-ossp first: the same answers');
	is_deeply(answers('uuid-ossp last', q{SELECT taskcrm.tc_current_user()}, 'SELECT public.uuid_generate_v1mc()'),
		$alone, 'uuid-ossp last: the same answers');
	my ($version) = map { $_->{out} } (run_as($node, 'alice',
		[ q{SELECT taskcrm.tc_current_user()}, q{SELECT substr(public.uuid_generate_v4()::text, 15, 1)} ]))[1];
	is($version, 4, 'uuid-ossp calls its own functions');
}

# If the server has no JIT compiler, the settings have no effect.
is_deeply(
	answers('compiled', 'SET jit = on', 'SET jit_above_cost = 0', 'SET jit_inline_above_cost = 0',
		'SET jit_optimize_above_cost = 0'),
	$alone, 'compiled: the same answers');

done_testing();
