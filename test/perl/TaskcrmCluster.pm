# TaskcrmCluster.pm
#
# What the tests of a cluster share: calls of a client, and what it sees of their answers.

package TaskcrmCluster;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use TaskcrmTest;

our @EXPORT = qw(seen client_scenario);

# What a client sees: its output, and of errors all but where they were raised.
sub seen
{
	my ($node, $database, $login, $statements) = @_;
	# A statement that ends with \gset needs no semicolon.
	my @ended = map { /\\gset$/ ? "$_\n;" : $_ } @$statements;

	return join "\n", map {
		my $result = $_;
		my @lines = grep { /^(?:psql:\S+ )?(?:ERROR|DETAIL|HINT|NOTICE|WARNING):/ } split /\n/, $result->{err};
		# One node names the first statement that writes, a cluster the function.
		# Errors of an import name the shard.
		s/^psql:\S+ //, s/cannot execute \w+ in/cannot execute it in/, s/_\d{6}"/"/ foreach @lines;
		"$result->{state} $result->{out} @lines"
	} run_as($node, $login, \@ended, database => $database);
}

# Calls of an admin of an organization without tasks, of all kinds.  key: part of the
# idempotency keys.
sub client_scenario
{
	my ($key) = @_;
	my $statements = [
	q{SELECT taskcrm.tc_create_account('Acme') ->> 'id' AS acc \gset},
	q{SELECT taskcrm.tc_create_account('Keyed', 'k1') ->> 'id' AS keyed \gset},
	q{SELECT taskcrm.tc_create_account('Keyed', 'k1') ->> 'id' = :'keyed'},
	q{SELECT taskcrm.tc_create_account('Other', 'k1')},
	q{SELECT taskcrm.tc_create_contact('Zed', NULL, 'zed@example.org', :'acc') ->> 'first_name'},
	q{SELECT taskcrm.tc_create_team('T1') ->> 'id' AS team \gset},
	q{SELECT taskcrm.tc_whoami() -> 'user' ->> 'id' AS me \gset},
	q{SELECT taskcrm.tc_add_team_member(:'team', :'me')},
	q{SELECT taskcrm.tc_create_task(jsonb_build_object('title', 'Hello', 'description', 'long text', 'priority', 'High',
		'due_date', '2026-12-20', 'account', :'acc', 'assigned_to', jsonb_build_array(:'me'), 'teams', jsonb_build_array(:'team'))) AS t \gset},
	q{SELECT :'t'::json ->> 'id' AS id \gset},
	q{SELECT :'t'::json ->> 'title', :'t'::json ->> 'status', json_array_length(:'t'::json -> 'assigned_to'), :'t'::json ->> 'created_by' = :'me'},
	q{SELECT taskcrm.tc_get_task(:'id') -> 'task_obj' ->> 'description'},
	q{SELECT taskcrm.tc_update_task(:'id', '{"status": "In Progress", "teams": []}') ->> 'version'},
	q{SELECT taskcrm.tc_update_task(:'id', '{"status": "Completed", "version": 1}')},
	q{SELECT taskcrm.tc_unassign(:'id', ARRAY[:'me']::uuid[]) -> 'assigned_to'},
	q{SELECT taskcrm.tc_assign(:'id', ARRAY[:'me']::uuid[]) ->> 'version'},
	q{SELECT taskcrm.tc_add_task_comment_or_attachment(:'id', 'Hi @erin there') -> 'comment' ->> 'comment'},
	q{SELECT taskcrm.tc_list_comments(:'id') -> 'results' -> 0 ->> 'id' AS cid \gset},
	q{SELECT json_array_length(taskcrm.tc_get_task(:'id') -> 'comments' -> 0 -> 'mentions')},
	q{SELECT taskcrm.tc_edit_task_comment(:'cid', 'changed') ->> 'comment'},
	q{SELECT taskcrm.tc_add_task_attachment(:'id', 'a.txt', '\x00414243ff'::bytea) ->> 'id' AS att \gset},
	q{SELECT file_name, content_type, content, url FROM taskcrm.tc_get_task_attachment(:'att')},
	q{SELECT taskcrm.tc_list_tasks('{"assigned_to": "@me"}') ->> 'count', taskcrm.tc_list_tasks('{"title": "hello"}') ->> 'count',
		taskcrm.tc_list_tasks('{"search": "long"}') ->> 'count', taskcrm.tc_list_tasks('{"status": "In Progress", "limit": 0}') ->> 'count'},
	q{SELECT count(*) FROM taskcrm.tc_find_task_ids('{"status": "In Progress"}') f WHERE f = :'id'},
	q{SELECT taskcrm.tc_task_totals()},
	q{SELECT taskcrm.tc_create_task('{"title": ""}')},
	q{SELECT taskcrm.tc_create_task('{"title": "x", "account": "00000000-0000-0000-0000-000000000001"}')},
	q{SELECT taskcrm.tc_create_task('{"title": "x", "assigned_to": ["00000000-0000-0000-0000-000000000001"]}')},
	q{SELECT taskcrm.tc_get_task('00000000-0000-0000-0000-000000000001')},
	q{SELECT taskcrm.tc_get_task(NULL)},
	q{BEGIN}, q{SELECT taskcrm.tc_create_task('{"title": "rolled back"}') ->> 'title'},
	q{SELECT taskcrm.tc_list_tasks('{"title": "rolled back"}') ->> 'count'}, q{ROLLBACK},
	q{SELECT taskcrm.tc_list_tasks('{"title": "rolled back"}') ->> 'count'},
	q{BEGIN}, q{SELECT taskcrm.tc_create_task('{"title": "sp a"}') ->> 'title'},
	q{SAVEPOINT s}, q{SELECT taskcrm.tc_create_task('{"title": "sp b"}') ->> 'title'}, q{ROLLBACK TO s},
	q{SELECT taskcrm.tc_create_task('{"title": ""}')}, q{ROLLBACK TO s},
	q{SELECT taskcrm.tc_create_task('{"title": "sp c"}') ->> 'title'}, q{COMMIT},
	q{SELECT taskcrm.tc_list_tasks('{"title": "sp "}') ->> 'count'},
	q{SELECT count(taskcrm.tc_create_task(jsonb_build_object('title', 'bulk ' || i))) FROM generate_series(1, 20) i},
	q{SELECT json_array_length(taskcrm.tc_create_tasks('[{"title": "b1"}, {"title": "b2"}]'))},
	q{SELECT taskcrm.tc_update_tasks('{"title": "bulk"}', '{"priority": "Low"}') IS NOT NULL},
	q{SELECT taskcrm.tc_list_tasks('{"priority": "Low"}') ->> 'count'},
	q{SELECT taskcrm.tc_delete_tasks('{"title": "b1"}') IS NOT NULL},
	q{SELECT json_array_length(taskcrm.tc_group_tasks('{}', 'status') -> 'groups')},
	q{SELECT taskcrm.tc_create_view('{"name": "mine", "filters": {"status": "New"}}') ->> 'id' AS view \gset},
	q{SELECT taskcrm.tc_get_view(:'view') ->> 'name', taskcrm.tc_list_views() ->> 'count'},
	q{SELECT taskcrm.tc_delete_view(:'view')},
	q{SELECT taskcrm.tc_invite_member('new@example.org') ->> 'email'},
	q{SELECT json_array_length(taskcrm.tc_list_invitations() -> 'results')},
	q{SELECT count(*) > 10 FROM taskcrm.tc_export_organization()},
	q{BEGIN READ ONLY}, q{SELECT taskcrm.tc_create_task('{"title": "x"}') IS NULL}, q{ROLLBACK},
	q{SELECT status, convert_from(body, 'UTF8')::json ->> 'count' FROM taskcrm.tc_http_request('GET', '/api/tasks/?title=bulk&limit=2', '{}', NULL)},
	q{SELECT status, headers ? 'location', convert_from(body, 'UTF8')::json ->> 'title'
		FROM taskcrm.tc_http_request('POST', '/api/tasks/', '{"content-type": "application/json", "idempotency-key": "h1"}', '{"title": "by http"}')},
	q{SELECT status, headers ->> 'idempotency-replayed' FROM taskcrm.tc_http_request('POST', '/api/tasks/',
		'{"content-type": "application/json", "idempotency-key": "h1"}', '{"title": "by http"}')},
	q{SELECT status, convert_from(body, 'UTF8')::json ->> 'message' FROM taskcrm.tc_http_request('GET', '/api/tasks/00000000-0000-0000-0000-000000000001/', '{}', NULL)},
	q{SELECT status, convert_from(body, 'UTF8')::json ->> 'comment' FROM taskcrm.tc_http_request('PUT', '/api/tasks/comment/' || :'cid' || '/',
		'{"content-type": "application/json"}', '{"comment": "again"}')},
	q{SELECT status, encode(body, 'hex'), headers ->> 'content-disposition' FROM taskcrm.tc_http_request('GET', '/api/tasks/attachment/' || :'att' || '/', '{}', NULL)},
	q{SELECT taskcrm.tc_delete_task_comment(:'cid')},
	q{SELECT taskcrm.tc_delete_task_attachment(:'att')},
	q{SELECT taskcrm.tc_delete_task(:'id')},
	q{SELECT taskcrm.tc_get_task(:'id')},
	q{SELECT taskcrm.tc_list_deleted() -> 'results' -> 0 ->> 'title'},
	q{SELECT taskcrm.tc_restore_task(:'id') ->> 'title'},
	q{SELECT (taskcrm.tc_get_task(:'id') -> 'task_obj' ->> 'version')::integer, json_array_length(taskcrm.tc_get_task(:'id') -> 'task_obj' -> 'assigned_to')},
	q{SELECT taskcrm.tc_delete_task(:'id')},
	q{SELECT taskcrm.tc_delete_account(:'acc')},
	q{SELECT taskcrm.tc_list_accounts() ->> 'count', taskcrm.tc_list_contacts() ->> 'count', taskcrm.tc_list_teams() ->> 'count',
		taskcrm.tc_list_members() ->> 'count'},
	q{SELECT taskcrm.tc_list_tasks('{"limit": 1}') ->> 'count'},
];
	return [ map { s/'k1'/'k$key'/gr =~ s/"h1"/"h$key"/gr } @$statements ];
}

1;
