# A cluster of Citus with a coordinator and two workers: calls, administration, moves of shards, a
# lost node, and the way back.  Needs Citus; 044_cluster tests the same code without it.

use strict;
use warnings FATAL => 'all';

use File::Basename;
use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmCluster;
use TaskcrmTest;
use Test::More;
use UpgradeTest;

my $sharedir = `$ENV{PG_CONFIG} --sharedir` if defined $ENV{PG_CONFIG};
$sharedir //= `pg_config --sharedir`;
chomp $sharedir;
plan skip_all => 'needs Citus' unless -e "$sharedir/extension/citus.control";

my $owner = 'taskcrm_owner';
my @names = qw(coordinator worker1 worker2);
my %node;
# Its own installation, so that the test can put another version there.
my $installation = private_installation();
sub new_node
{
	my ($name) = @_;
	my $new = new_cluster($name, install_path => dirname($installation->{bin}), conf => join "\n", q{shared_preload_libraries = 'citus,taskcrm'},
		q{listen_addresses = '127.0.0.1'}, 'shared_buffers = 32MB', 'max_connections = 60', 'max_prepared_transactions = 50',
		q{citus.node_conninfo = 'sslmode=disable'}, 'citus.enable_statistics_collection = off', 'fsync = off', '');
	$new->safe_psql('postgres', 'CREATE DATABASE crm');
	$new->safe_psql('crm', 'CREATE EXTENSION citus');
	return $new;
}
$node{$_} = new_node($_) foreach @names;
my ($coordinator, @workers) = @node{@names};
my %by_port = map { $_->port => $_ } values %node;
$coordinator->safe_psql('crm', join '; ', "SELECT citus_set_coordinator_host('127.0.0.1', @{[$coordinator->port]})",
	map {"SELECT citus_add_node('127.0.0.1', @{[$_->port]})"} @workers);

# The same data in a database that stays single.
$coordinator->safe_psql('crm', join '; ', 'CREATE ROLE web_user', map {"CREATE ROLE $_ LOGIN"} qw(alice bob carol dirk erin frank mallory));
my $logins = join '; ', map { my $role = $_; "SELECT taskcrm.tc_grant_access('$role', read => false)" } qw(alice bob carol dirk erin frank mallory);
$coordinator->safe_psql('postgres', 'CREATE DATABASE single');
foreach my $database (qw(single crm))
{
	install_extension($coordinator, $database);
	install_tables($coordinator, $database);
	create_people($coordinator, $database);
	$coordinator->safe_psql($database, join "\n", map {
		my $tenant = $_;
		"INSERT INTO taskcrm.organization (id, name) VALUES ('@{[org($tenant)]}', 'organization $tenant');",
			map { "INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ('@{[org($tenant)]}', '@{[user_id($_)]}',
				'@{[$_ =~ /alice|carol/ ? 'admin' : 'member']}');" } ($tenant == 1 ? qw(alice bob erin) : qw(carol dirk erin))
	} 1, 2);
	$coordinator->safe_psql($database, "$logins; " . join '; ', map {"SELECT taskcrm.tc_link_login('$_', '@{[user_id($_)]}')"} qw(alice bob carol dirk erin));
	$coordinator->safe_psql($database, "INSERT INTO taskcrm.task (org_id, title, created_by)
		SELECT '@{[org(2)]}', 'old ' || i, '@{[user_id('carol')]}' FROM generate_series(1, 30) i");
}

# What cannot be distributed.
sub error_of
{
	my ($login, @statements) = @_;
	my $last = (run_as($coordinator, $login, \@statements))[-1];
	return "$last->{state} " . join ' ', $last->{err} =~ /^(?:psql:\S+ )?ERROR:\s+(?:\w{5}: )?(.*)$/m;
}
like(error_of('alice', 'CALL taskcrm.tc_distribute(4)'), qr/^42501 permission denied/, 'a client cannot distribute');
$coordinator->safe_psql('crm', q{SELECT taskcrm.tc_grant_access('web_user', write => true)});
like(error_of(undef, 'CALL taskcrm.tc_distribute(4)'), qr/^55000 roles with access to the tables/, 'nor can clients that use the tables be taken along');
$coordinator->safe_psql('crm', q{SELECT taskcrm.tc_revoke_access('web_user')});
$coordinator->safe_psql('crm', 'CREATE POLICY own ON taskcrm.task USING (true)');
like(error_of(undef, 'CALL taskcrm.tc_distribute(4)'), qr/^55000 tc_doctor\(\) reports problems/, 'nor policies of others');
$coordinator->safe_psql('crm', 'DROP POLICY own ON taskcrm.task');
like(error_of(undef, 'CALL taskcrm.tc_distribute(0)'), qr/^22023/, 'some shards are needed');
like(error_of(undef, 'CALL taskcrm.tc_undistribute()'), qr/^55000/, 'what is not distributed cannot be undone');
is($coordinator->safe_psql('crm', 'SELECT count(*) FROM pg_dist_partition'), 0, 'nothing was distributed');

# Distributed in one transaction.
my $tables = "SELECT count(*), count(p.logicalrelid), count(*) FILTER (WHERE p.partmethod = 'n') FROM taskcrm_internal.table_names() t
	LEFT JOIN pg_dist_partition p ON p.logicalrelid = to_regclass(taskcrm_internal.qualified_name(t))";
is(sql_value($coordinator, undef, [ 'BEGIN', 'CALL taskcrm.tc_distribute(4)', 'ROLLBACK', 'SELECT count(*) FROM pg_dist_partition' ]),
	0, 'a distribution can be rolled back');
is($coordinator->safe_psql('crm', 'SELECT count(*) FROM taskcrm.task'), 30, 'with all rows');
$coordinator->safe_psql('crm', 'CALL taskcrm.tc_distribute(4)');
like($coordinator->safe_psql('crm', $tables), qr/^(\d+)\|\1\|10$/, 'all tables are distributed, ten of them to every node');
my $findings = q{SELECT string_agg("check", ' ') FROM taskcrm.tc_doctor() WHERE NOT ok};
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'tc_doctor() reports that nodes need no password, and nothing else');
is($coordinator->safe_psql('crm', q{SELECT count(DISTINCT result), min(success::text) FROM run_command_on_workers(
	$$SELECT count(*) FROM pg_policy WHERE NOT polpermissive$$)}), '1|true', 'no policy is restrictive');
$coordinator->safe_psql('crm', 'CALL taskcrm.tc_install()');
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'tc_install() has nothing to do');

# Where the organizations are.
my @home = map {
	my ($port) = $coordinator->safe_psql('crm', "SELECT port FROM taskcrm.tc_node_of('@{[org($_)]}')");
	$by_port{$port}
} 0, 1, 2;
ok(defined $home[$_], "the node of organization $_ is known") foreach 1, 2;
my ($away) = grep { $_ != $home[1] } @workers;

# The same answers as in a single database.
my $expected = seen($coordinator, 'single', 'alice', client_scenario(1));
is(seen($coordinator, 'crm', 'alice', client_scenario(1)), $expected, 'through the coordinator');
foreach my $run ([ 2, $home[1], 'on the node of the organization' ], [ 3, $away, 'through another worker' ])
{
	my ($key, $entry, $how) = @$run;
	is(seen($entry, 'crm', 'alice', client_scenario($key)), seen($coordinator, 'single', 'alice', client_scenario($key)), $how);
}

# Administrators and what concerns several nodes.  Ids that differ are not shown.
my $admin = [
	"SELECT taskcrm.tc_create_organization('third', '@{[org(3)]}', 'ext-3')",
	"SELECT taskcrm.tc_create_user('frank\@example.org', 'Frank', '@{[id(9, 'user', 6)]}')",
	"SELECT taskcrm.tc_link_login('frank', '@{[id(9, 'user', 6)]}')",
	"SELECT taskcrm.tc_add_member('@{[org(3)]}', '@{[user_id('alice')]}', 'admin')",
	"SELECT taskcrm.tc_add_member('@{[org(3)]}', '@{[user_id('alice')]}', 'nobody')",
	"SELECT taskcrm.tc_update_user('@{[user_id('bob')]}', '{\"name\": \"Bob B\"}') ->> 'name'",
	"SELECT (taskcrm.tc_sync_user('s-1', 'sync\@example.org', 'Sync', '[{\"external_id\": \"ext-3\"}]', true) -> 'organizations' -> 0 ->> 'role')",
	"SELECT name, members FROM taskcrm.tc_list_organizations() ORDER BY name"
];
my $people = [
	"SET taskcrm.org_id = '@{[org(1)]}'", q{SELECT taskcrm.tc_invite_member('frank@example.org') ->> 'token' AS token \gset},
	q{\c - frank}, q{SELECT taskcrm.tc_accept_invitation(:'token') ->> 'name'}, q{SELECT taskcrm.tc_accept_invitation(:'token')},
	q{\c - alice}, "SET taskcrm.org_id = '@{[org(1)]}'",
	"SELECT taskcrm.tc_create_task('{\"title\": \"for frank\", \"assigned_to\": [\"@{[id(9, 'user', 6)]}\"]}') ->> 'title'",
	"SELECT taskcrm.tc_remove_member('@{[id(9, 'user', 6)]}', '@{[user_id('bob')]}')",
	"SELECT taskcrm.tc_remove_member('@{[id(9, 'user', 6)]}')",
	"SELECT taskcrm.tc_deactivate_member('@{[user_id('erin')]}') ->> 'is_active'",
	"SELECT taskcrm.tc_reactivate_member('@{[user_id('erin')]}') ->> 'is_active'",
	"SELECT taskcrm.tc_set_member_role('@{[user_id('alice')]}', 'member')",
	"SELECT taskcrm.tc_remove_member('@{[user_id('alice')]}')",
	q{SELECT taskcrm.tc_update_organization('first') ->> 'name'}, q{SELECT taskcrm.tc_update_me('Alice A') -> 'user' ->> 'name'},
	"SELECT status FROM taskcrm.tc_http_request('DELETE', '/api/users/@{[id(9, 'user', 6)]}/', '{}', NULL)"
];
my $end = [
	"SELECT t ->> 'table', count(*) FROM taskcrm.tc_export_organization('@{[org(2)]}') t GROUP BY 1 ORDER BY 1",
	"SELECT t ->> 'table', count(*) FROM taskcrm.tc_export_user('@{[user_id('carol')]}') t WHERE t ->> 'table' <> 'event' GROUP BY 1 ORDER BY 1",
	'SELECT taskcrm.tc_recount()', 'SELECT taskcrm.tc_compact_counts()', 'SELECT * FROM taskcrm.tc_check_counts()',
	"SELECT * FROM taskcrm.tc_erase_user('@{[user_id('bob')]}') WHERE tab <> 'event'",
	"SELECT taskcrm.tc_delete_organization('@{[org(3)]}')", "SELECT taskcrm.tc_delete_organization('@{[org(3)]}')",
	"SELECT array_agg(t) AS lines FROM taskcrm.tc_export_organization('@{[org(2)]}') t \\gset",
	"SELECT taskcrm.tc_delete_organization('@{[org(2)]}')",
	q{SELECT * FROM taskcrm.tc_import_organization(:'lines'::json[])}, q{SELECT * FROM taskcrm.tc_import_organization(:'lines'::json[])},
	"SELECT * FROM taskcrm.tc_import_organization(ARRAY['{\"table\": \"account\", \"row\": {\"org_id\": \"@{[org(2)]}\"}}'::json], '@{[org(2)]}')",
	"SELECT * FROM taskcrm.tc_import_organization(ARRAY['{}'::json], '@{[org(3)]}')",
	"SELECT t ->> 'table', count(*) FROM taskcrm.tc_export_organization('@{[org(2)]}') t GROUP BY 1 ORDER BY 1",
	'SELECT * FROM taskcrm.tc_check_counts()',
	'SELECT id, name FROM taskcrm.organization ORDER BY id'
];
foreach my $part ([ undef, $admin, 'administration' ], [ 'alice', $people, 'members' ], [ undef, $end, 'what concerns all organizations' ])
{
	my ($login, $statements, $what) = @$part;
	is(seen($coordinator, 'crm', $login, $statements), seen($coordinator, 'single', $login, $statements), $what);
}
# Who did it: the events of members tell, although other nodes write their rows.
my $actors = "SELECT t -> 'row' ->> 'type', (SELECT u.email FROM taskcrm.app_user u WHERE u.id::text = t -> 'row' ->> 'actor'), count(*)
	FROM taskcrm.tc_export_user('%s') t WHERE t ->> 'table' = 'event' AND t -> 'row' ->> 'type' LIKE 'member.%%' GROUP BY 1, 2 ORDER BY 1, 2";
foreach my $name (qw(alice carol))
{
	my $sql = sprintf $actors, user_id($name);
	is($coordinator->safe_psql('crm', $sql), $coordinator->safe_psql('single', $sql), "events of members name $name");
}

foreach my $table (qw(organization app_user member))
{
	is($coordinator->safe_psql('crm', "SELECT count(DISTINCT result), count(*) FROM run_command_on_all_nodes(
		\$\$SELECT md5(string_agg(x::text, ' ' ORDER BY x::text)) FROM taskcrm.$table x\$\$)"), '1|3', "each node has the same rows of $table");
}

# What a cluster does not do.
is(error_of(undef, $_->[1]), $_->[0], $_->[1]) foreach
	[ '0A000 clients of a cluster cannot read the tables', q{SELECT taskcrm.tc_grant_access('mallory')} ],
	[ '0A000 table "task" of a cluster cannot be truncated', 'TRUNCATE taskcrm.task CASCADE' ];
like(sql_value($workers[0], undef, q{SELECT taskcrm.tc_grant_access('mallory', read => false)}), qr/55000/, 'roles get access on the coordinator');

# The node that was asked notifies, also if several nodes write.
$_->safe_psql('crm', 'ALTER DATABASE crm SET taskcrm.notify = on') foreach $coordinator;
$_->safe_psql('crm', 'SET citus.enable_ddl_propagation = off; ALTER DATABASE crm SET taskcrm.notify = on') foreach @workers;
my @told = run_as($away, 'alice', [ 'LISTEN taskcrm', "SET taskcrm.org_id = '@{[org(1)]}'", 'BEGIN',
	q{SELECT taskcrm.tc_create_task('{"title": "told"}') ->> 'title'}, "SELECT taskcrm.tc_deactivate_member('@{[user_id('erin')]}') ->> 'is_active'",
	"SELECT taskcrm.tc_reactivate_member('@{[user_id('erin')]}') ->> 'is_active'", 'COMMIT', 'SELECT 1' ]);
is(join(' ', map { $_->{state} } @told), join(' ', ('00000') x 8), 'a transaction on all nodes notifies');
like(join(' ', map { $_->{out} } @told), qr/Asynchronous notification "taskcrm" with payload "@{[org(1)]}"/, 'on the node that was asked');

# A client reaches nothing but the functions, on any node.
foreach my $entry (values %node)
{
	my @shards = split /\n/, $entry->safe_psql('crm', q{SET citus.show_shards_for_app_name_prefixes = '*';
		SELECT oid::regclass FROM pg_class WHERE relname ~ '^(task|member|login|app_user|event)(_\d+)?$' AND relkind = 'r'});
	my @attacks = (
		(map { ("SELECT * FROM $_", "UPDATE $_ SET ctid = ctid", "DELETE FROM $_") } @shards),
		"SELECT taskcrm_internal.call_as('@{[org(2)]}', '@{[user_id('carol')]}', true, 'tc_list_tasks', '')",
		q{SELECT taskcrm_internal.serve_step('recount', NULL, NULL, NULL)}, 'SELECT taskcrm_internal.is_node()',
		"SET ROLE $owner", "SET SESSION AUTHORIZATION $owner", q{SELECT taskcrm.tc_recount()},
		"SELECT taskcrm.tc_delete_organization('@{[org(1)]}')", 'CALL taskcrm.tc_undistribute()');
	is_deeply([ grep { $_->{state} !~ /^(42501|42P01|0A000)$/ } run_as($entry, 'mallory', \@attacks) ], [],
		'a client is refused everything else on ' . $entry->name);
	is(sql_value($entry, 'mallory', 'SELECT taskcrm.tc_list_tasks()'), 'PT401', 'and without a user the functions, too');
}
is(sql_value($home[2], $owner, 'SELECT count(*) FROM taskcrm.task'), 0, 'the owner sees no tasks without a call');

# A copy follows a move of its shard, and loses nothing.  Some changes may come twice.
my $token = copy_token($coordinator, 'carol');
sql_value($coordinator, 'carol', q{SELECT taskcrm.tc_create_task('{"title": "before"}') ->> 'title'});
is(sql_value($coordinator, 'carol', changes_since($token)), 'false|before', 'a copy has what was written');

# A webhook sends each event of its organization, also if it moves.  Some may come
# twice.
$coordinator->safe_psql('crm', q{CREATE ROLE sender LOGIN; SELECT taskcrm.tc_grant_worker('sender')});
sql_value($coordinator, 'carol', q{SELECT taskcrm.tc_create_webhook('https://example.org/hook', ARRAY['task.created']) ->> 'id'});
my %sent;
sub claimed
{
	my ($entry) = @_;
	my $claim = (run_as($entry, 'sender', [ q{SELECT claim, event_id, convert_from(body, 'UTF8')::json #>> '{data,changes,title,to}'
		FROM taskcrm.tc_claim_deliveries(10, 100)} ], database => 'crm'))[0];
	diag($claim->{err}) if $claim->{state} ne '00000';
	return map { [ split /\|/ ] } grep { /\|/ } split /\n/, $claim->{out};
}
sub finished
{
	my ($entry, @messages) = @_;
	foreach my $message (@messages)
	{
		my $outcome = sql_value($entry, 'sender', "SELECT taskcrm.tc_finish_delivery('$message->[0]', '$message->[1]', 200) ->> 'outcome'");
		return $outcome if $outcome ne 'delivered';
	}
	return join ' ', map { $_->[2] } grep { !$sent{$_->[1]}++ } @messages;
}
is(finished($coordinator, claimed($coordinator)), '', 'a webhook sends what comes after it');
sql_value($coordinator, 'carol', q{SELECT taskcrm.tc_create_task('{"title": "hooked"}') ->> 'title'});
is(finished($workers[0], claimed($workers[1])), 'hooked', 'through any node');

sub move
{
	my ($tenant, $to) = @_;
	my $shard = $coordinator->safe_psql('crm', "SELECT get_shard_id_for_distribution_column('taskcrm.task', '@{[org($tenant)]}')");
	my $result = 1;
	my $error;
	# A move fails while what another one has left is being dropped.
	for (my $attempt = 0; $result != 0 && $attempt < 30; $attempt++)
	{
		sleep 1 if $attempt > 0;
		($result, undef, $error) = $coordinator->psql('crm', "SET citus.enable_unsafe_triggers = on; SELECT citus_move_shard_placement($shard,
			'127.0.0.1', @{[$home[$tenant]->port]}, '127.0.0.1', @{[$to->port]}, 'block_writes')", on_error_stop => 1);
	}
	die "cannot move shard $shard: $error\n" if $result != 0;
	$home[$tenant] = $to;
}
my ($other) = grep { $_ != $home[2] } @workers;
my $former = $home[2];
my $open = new_session($coordinator, 'carol', database => 'crm');
my $count = q{SELECT taskcrm.tc_list_tasks() ->> 'count'};
my $before = $open->value($count);
move(2, $other);
is($open->value($count), $before, 'an open session follows a move');
is($open->value(q{SELECT taskcrm.tc_create_task('{"title": "after"}') ->> 'title'}), 'after', 'and writes there');
like(sql_value($coordinator, 'carol', changes_since($token)), qr/^false\|after before hooked( old)?$/, 'a copy goes on');
my $second = copy_token($coordinator, 'carol');
is(sql_value($coordinator, 'carol', changes_since($second)), 'false|', 'one that began there has seen all');
my @in_flight = claimed($coordinator);
is(join(' ', map { $_->[2] } @in_flight), 'after', 'a webhook goes on where the organization is');
move(2, $former);
$open->value(q{SELECT taskcrm.tc_create_task('{"title": "back"}') ->> 'title'});
like(sql_value($coordinator, 'carol', changes_since($_)), qr/^false\|.*\bback\b/, 'also when the shard has come back') foreach $token, $second;
is(finished($coordinator, @in_flight), 'after', 'what was claimed before a move can be finished after it');
is(finished($coordinator, claimed($coordinator)), 'back', 'and no event is left out');
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'shards are as they were');

# A large organization gets a shard of its own.
$coordinator->safe_psql('crm', "SET citus.enable_unsafe_triggers = on; SET citus.multi_shard_modify_mode = 'sequential';
	SELECT isolate_tenant_to_new_shard('taskcrm.account', '@{[org(2)]}', 'CASCADE', shard_transfer_mode => 'block_writes')");
is($open->value($count), $before + 2, 'an open session follows a split');
is($open->value(q{SELECT taskcrm.tc_create_task('{"title": "alone"}') ->> 'title'}), 'alone', 'and writes there');
$open->quit;
is(finished($workers[1], claimed($workers[0])), 'alone', 'and so do webhooks');
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'the shards of a split, too');

# A shard is divided at the middle of its hash values.
$coordinator->safe_psql('crm', "SET citus.enable_unsafe_triggers = on; SET citus.multi_shard_modify_mode = 'sequential';
	SELECT citus_split_shard_by_split_points(s.shardid, ARRAY[((s.shardminvalue::bigint + s.shardmaxvalue::bigint) / 2)::text],
		ARRAY[n.nodeid, n.nodeid], 'block_writes')
	FROM pg_dist_shard s JOIN pg_dist_placement p USING (shardid) JOIN pg_dist_node n USING (groupid)
	WHERE s.logicalrelid = 'taskcrm.account'::regclass AND uuid_hash('@{[org(1)]}') BETWEEN s.shardminvalue::integer AND s.shardmaxvalue::integer");
my $of_alice = q{SELECT taskcrm.tc_list_tasks() ->> 'count'};
my $tasks_of_alice = sql_value($coordinator, 'alice', $of_alice);
is(sql_value($coordinator, 'alice', q{SELECT taskcrm.tc_create_task('{"title": "divided"}') ->> 'title'}), 'divided', 'a shard that was divided is written');
is(sql_value($_, 'alice', $of_alice), $tasks_of_alice + 1, 'and read through ' . $_->name) foreach values %node;
# What a move or a split leaves is dropped some time later.
$workers[0]->safe_psql('crm', 'CREATE TABLE taskcrm.task_1 (id uuid)');
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'its parts are complete; what is left of former shards does not count');
$workers[0]->safe_psql('crm', 'DROP TABLE taskcrm.task_1');

# A node is added, prepared, and gets an organization.
my $third = new_node('worker3');
$node{worker3} = $third;
$by_port{$third->port} = $third;
$coordinator->safe_psql('crm', "SELECT citus_add_node('127.0.0.1', @{[$third->port]})");
like($coordinator->safe_psql('crm', $findings), qr/nodes/, 'tc_doctor() tells that a node is not prepared');
install_extension($third, 'crm') if $third->safe_psql('crm', q{SELECT count(*) FROM pg_extension WHERE extname = 'taskcrm'}) == 0;
$coordinator->safe_psql('crm', 'CALL taskcrm.tc_install()');
is($coordinator->safe_psql('crm', q{SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'nodes'}),
	"node 127.0.0.1:@{[$third->port]}: the tables that each node has are missing", 'then, that it has no copies');
$coordinator->safe_psql('crm', q{SET citus.enable_unsafe_triggers = on; SELECT replicate_reference_tables('block_writes')});
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'tc_install() prepares a node that was added');
$open = new_session($coordinator, 'carol', database => 'crm');
my $of_carol = $open->value($count);
move(2, $third);
is($open->value($count), $of_carol, 'an open session follows to a node that was added');
is($open->value(q{SELECT taskcrm.tc_create_task('{"title": "third"}') ->> 'title'}), 'third', 'and writes there');
is(sql_value($third, 'carol', $count), $of_carol + 1, 'clients connect to it');
is(sql_value($third, 'alice', $of_alice), $tasks_of_alice + 1, 'also those of other organizations');
is(finished($third, claimed($third)), 'third', 'webhooks go on there');
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'its shards are complete');
is($coordinator->safe_psql('crm', q{SELECT count(*) FROM taskcrm.tc_check_counts()}), 0, 'counters are right there');
move(2, $former);
$open->quit;
is($coordinator->safe_psql('crm', 'SELECT count(*) FROM taskcrm.tc_check_counts()'), 0, 'counters are right');

# An upgrade: the files on each node, then the script and tc_install() on the coordinator.  What
# the new version wants otherwise, tc_install() changes on all shards.
my $control = "$installation->{extension}/taskcrm.control";
append_to_file("$installation->{extension}/taskcrm--@{[new_version()]}--next.sql", q{
	CREATE FUNCTION taskcrm_internal.is_next() RETURNS boolean LANGUAGE sql AS 'SELECT true';
});
put_file($control, "$control.old");
unlink $control;
append_to_file($control, slurp_file("$control.old") =~ s/^default_version.*/default_version = 'next'/mr);
$coordinator->safe_psql('crm', q{
	SET citus.enable_unsafe_triggers = on;
	ALTER TABLE taskcrm.task DROP CONSTRAINT task_title_check;
	DROP TRIGGER touch ON taskcrm.task;
	DROP POLICY tenant_update ON taskcrm.account;
	ALTER TABLE taskcrm.task ALTER COLUMN priority DROP DEFAULT;
	DROP INDEX taskcrm.task_comment_task_id_idx;
	ALTER EXTENSION taskcrm UPDATE;
	CALL taskcrm.tc_install();
});
is($coordinator->safe_psql('crm', q{SELECT DISTINCT result FROM run_command_on_all_nodes(
	$$SELECT extversion || ' ' || taskcrm_internal.is_next() FROM pg_extension WHERE extname = 'taskcrm'$$)}), 'next true',
	'an upgrade reaches all nodes');
is($coordinator->safe_psql('crm', $findings), 'gateway_trust', 'and all shards');
is(sql_value($_, 'carol', q{SELECT taskcrm.tc_create_task('{"title": "upgraded"}') ->> 'title'}), 'upgraded', 'clients go on on ' . $_->name)
	foreach values %node;
finished($coordinator, claimed($coordinator));

# A node is lost: its organizations are, too, until it returns.
move(1, $away) if $home[1] == $home[2];
$home[2]->stop('immediate');
like(sql_value($coordinator, 'carol', $count), qr/^(08...|57P0.)$/, 'without its node, an organization is not available');
like(sql_value($coordinator, 'alice', q{SELECT (taskcrm.tc_list_tasks() ->> 'count')::integer >= 0}), qr/^t$/, 'others are');
is(sql_value($coordinator, 'alice', q{SELECT taskcrm.tc_create_task('{"title": "meanwhile"}') ->> 'title'}), 'meanwhile', 'and can be written');
sql_value($coordinator, 'alice', q{SELECT taskcrm.tc_create_webhook('https://example.org/alice', ARRAY['task.created']) ->> 'id'});
sql_value($coordinator, 'alice', q{SELECT taskcrm.tc_create_task('{"title": "hooked meanwhile"}') ->> 'title'});
is(finished($coordinator, claimed($coordinator)), 'hooked meanwhile', 'and their webhooks send');
$home[2]->start;
ok($coordinator->poll_query_until('crm', "SELECT count(*) = 4 FROM run_command_on_all_nodes('SELECT 1') WHERE success"), 'the node returns');
is(sql_value($coordinator, 'carol', $count), $of_carol + 5, 'with all tasks');
is($coordinator->safe_psql('crm', 'SELECT count(*) FROM taskcrm.tc_check_counts()'), 0, 'and right counters');

# Where events were removed, a copy from before a move cannot know whether it has seen them.
like(sql_value($coordinator, 'carol', changes_since($second)), qr/^false\|/, 'a copy goes on after several moves');
cmp_ok(sql_value($coordinator, 'carol', q{SELECT taskcrm.tc_purge_events(now()) ->> 'purged'}), '>', 0, 'events are removed');
like(sql_value($coordinator, 'carol', changes_since($second)), qr/^true\|/, 'after that, it begins anew');
is(sql_value($coordinator, 'carol', changes_since(copy_token($coordinator, 'carol'))), 'false|', 'and one that begins then goes on');

# And back.
$coordinator->safe_psql('crm', 'CALL taskcrm.tc_undistribute()');
is($coordinator->safe_psql('crm', 'SELECT count(*) FROM pg_dist_partition'), 0, 'nothing is distributed any more');
is($coordinator->safe_psql('crm', $findings), '', 'tc_doctor() reports nothing');
is(sql_value($coordinator, 'carol', $count), $of_carol + 5, 'all tasks are there');
my $last = copy_token($coordinator, 'carol');
sql_value($coordinator, 'carol', q{SELECT taskcrm.tc_create_task('{"title": "single"}') ->> 'title'});
is(sql_value($coordinator, 'carol', changes_since($last)), 'false|single', 'and copies begin there');
# A webhook that is younger than a minute also sends what happened in the minute before it.
like(finished($coordinator, claimed($coordinator)), qr/\bsingle\b/, 'and webhooks go on');
$_->stop foreach values %node;
done_testing();
