# Repeated API calls do not increase the memory of a backend.
#
# TASKCRM_STRESS raises the number of calls as it does in 020_api_stress.pl.

use strict;
use warnings FATAL => 'all';

use IPC::Run;
use List::Util 'max';
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $n = int(($ENV{TASKCRM_STRESS} // 1600) / 40) || 1;

my $node = PostgreSQL::Test::Cluster->new('memory');
$node->init(extra => [ '-E', 'UTF8', '--locale=C' ]);
$node->append_conf('postgresql.conf', "fsync = off\nautovacuum = off\n");
$node->start;
$node->safe_psql('postgres', <<'SQL');
CREATE EXTENSION taskcrm;
CALL taskcrm.tc_install();
CREATE ROLE alice LOGIN;
SELECT taskcrm.tc_grant_access('alice');
SELECT taskcrm.tc_create_organization('Acme', '00000001-0000-4000-8000-000000000001');
SELECT taskcrm.tc_create_user('alice@acme.example', 'Alice', '00000002-0000-4000-8000-000000000001');
SELECT taskcrm.tc_add_member('00000001-0000-4000-8000-000000000001', '00000002-0000-4000-8000-000000000001', 'admin');
SELECT taskcrm.tc_link_login('alice', '00000002-0000-4000-8000-000000000001');
INSERT INTO taskcrm.contact (org_id, id, first_name)
  VALUES ('00000001-0000-4000-8000-000000000001', '00000004-0000-4000-8000-000000000001', 'Lee');
GRANT EXECUTE ON FUNCTION pg_get_backend_memory_contexts() TO alice;
GRANT SELECT ON pg_backend_memory_contexts TO alice;
SQL

# Each kind of call, including calls that fail, as separate statements.
my $round = <<'SQL';
SELECT taskcrm.tc_create_task('{"title": "x", "contacts": ["00000004-0000-4000-8000-000000000001"], "assigned_to": ["00000002-0000-4000-8000-000000000001"], "attachments": [{"file_name": "f", "content": "Zg=="}]}', 'key ' || random()) ->> 'id' AS id \gset
SELECT taskcrm.tc_update_task(:'id', '{"title": "y", "contacts": []}') ->> 'version' AS result \gset
SELECT taskcrm.tc_add_task_comment_or_attachment(:'id', 'to @alice', '{"file_name": "g", "content": "Zg=="}') ->
  'comment' ->> 'id' AS comment \gset
SELECT taskcrm.tc_edit_task_comment(:'comment', 'to nobody') ->> 'comment' AS result \gset
SELECT taskcrm.tc_add_task_attachment(:'id', 'h', repeat('x', 20000)::bytea) ->> 'id' AS file \gset
SELECT length(content) AS result FROM taskcrm.tc_get_task_attachment(:'file') \gset
SELECT length(taskcrm.tc_get_task(:'id')::text) AS result \gset
SELECT length(taskcrm.tc_list_tasks('{"limit": 5}')::text) AS result \gset
SELECT taskcrm.tc_delete_task_comment(:'comment'), taskcrm.tc_delete_task_attachment(:'file');
SELECT length(taskcrm.tc_create_tasks('[{"title": "a"}, {"title": "b"}]')::text) AS result \gset
SELECT length(body) AS result FROM taskcrm.tc_http_request('GET', '/api/tasks/?limit=5&title=a&title=') \gset
SELECT length(body) AS result
  FROM taskcrm.tc_http_request('POST', '/api/tasks/', '{"content-type": "multipart/form-data; boundary=X"}',
  convert_to(E'--X\r\nContent-Disposition: form-data; name="title"\r\n\r\nform\r\n--X\r\nContent-Disposition: form-data; name="attachment"; filename="f"\r\n\r\nfile\r\n--X--', 'UTF8')) \gset
SELECT length(body) AS result
  FROM taskcrm.tc_http_request('PUT', '/api/tasks/' || :'id' || '/', '{"if-match": "\"1\""}', '{"title": "y"}') \gset
SELECT length(body) AS result FROM taskcrm.tc_http_request('POST', '/api/tasks/', body => '{"title": ["x"]}') \gset
SELECT taskcrm.tc_create_task('{"title": "x", "contacts": ["00000009-0000-4000-8000-000000000001"]}');
SELECT taskcrm.tc_update_task(:'id', '{"title": "y", "version": 1}');
SELECT taskcrm.tc_get_task('00000009-0000-4000-8000-000000000001');
SELECT taskcrm.tc_delete_task(:'id');
SQL
# The server's buffer for WAL records keeps the size of the largest record, and the records of
# GIN indexes are large now and then.
my $measure = "SELECT 'memory ' || sum(used_bytes) || ' ' || sum(total_bytes) FROM pg_backend_memory_contexts
	WHERE name <> 'WAL record construction';\n";

# Requests that fail, in one transaction, which continues after each.
sub failing
{
	return "SELECT count(length(body)) FROM generate_series(1, $_[0]) n, LATERAL
		taskcrm.tc_http_request('POST', '/api/tasks/', body => convert_to('{\"title\": \"\", \"description\": ' || n || '}', 'UTF8')) r;\n";
}

my ($out, $err) = ('', '');
my @blocks = ($round x $n . $measure) x 10;
IPC::Run::run([ 'psql', '-XqAt', '-h', $node->host, '-p', $node->port, '-U', 'alice', '-d', 'postgres' ],
	'<', \(join('', @blocks) . "BEGIN;\n" . failing(100) . $measure . failing(5000) . $measure . "COMMIT;\n"),
	'>', \$out, '2>', \$err);
my @used = $out =~ /^memory (\d+) \d+$/mg;
my @total = $out =~ /^memory \d+ (\d+)$/mg;
is(scalar @used, 12, 'memory was measured ten times, and twice in a transaction');
note("used after each $n rounds: @used[0 .. 9], of @total[0 .. 9]");
# One measurement may find memory that the next one finds freed, so the test compares the
# maximum of the first half with the maximum of the second. A page more in the catalog caches
# is not a leak; a byte more per call is.
cmp_ok(max(@used[5 .. 9]), '<', max(@used[0 .. 4]) + 64 * 1024, 'used memory does not grow');
cmp_ok(max(@total[5 .. 9]), '<', max(@total[0 .. 4]) + 256 * 1024, 'reserved memory does not grow');
cmp_ok($used[11], '<', $used[10] + 64 * 1024, 'nor does the memory of a transaction in which 5000 requests fail');
my $expected = 3 * 10 * $n;
is(scalar(() = $err =~ /ERROR/g), $expected, 'only the calls that should fail fail');
is(scalar(() = $err =~ /ERROR:  (?!"contacts" in task_data|the task is not at version|task not found)/g),
	0, 'and with the expected errors');

$node->stop;
done_testing();
