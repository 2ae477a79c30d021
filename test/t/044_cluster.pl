# A cluster without Citus: two databases, each with the tables of a node, the catalogs in
# which Citus keeps what is where, and a transport over postgres_fdw in place of its own.  The
# same calls give the same answers as in a database that is not distributed.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmCluster;
use TaskcrmTest;
use Test::More;

my $node = new_cluster('cluster');
my $owner = 'taskcrm_owner';

# Tables that are distributed.  The rows of others are in both databases.
my $DISTRIBUTED = q{
	SELECT c.oid, c.relname, c.oid::regclass AS tab
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
	WHERE c.relkind = 'r' AND c.relname <> 'member' AND c.relname !~ '_\d+$'
	  AND c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)};

# Turns the tables into shards; tc_install() then creates the tables again.  first: the number
# of the first shard.
sub make_shards
{
	my ($first) = @_;
	my $renames = $node->safe_psql('base', qq{
		WITH tab AS (SELECT *, $first + row_number() OVER (ORDER BY relname) AS shard FROM ($DISTRIBUTED) x),
		thing (line) AS (
			SELECT format('ALTER INDEX %s RENAME TO %I', i.indexrelid::regclass, left(c.relname, 50) || '_' || t.shard)
			FROM tab t JOIN pg_index i ON i.indrelid = t.oid JOIN pg_class c ON c.oid = i.indexrelid
			UNION ALL
			SELECT format('ALTER STATISTICS %I.%I RENAME TO %I', s.stxnamespace::regnamespace, s.stxname, s.stxname || '_' || t.shard)
			FROM tab t JOIN pg_statistic_ext s ON s.stxrelid = t.oid
			UNION ALL
			SELECT format('ALTER TABLE %s RENAME TO %I', t.tab, t.relname || '_' || t.shard) FROM tab t)
		SELECT string_agg(line, ';') FROM thing});

	$node->safe_psql('base', "$renames; CALL taskcrm.tc_install()");
}

create_roles($node);
$node->safe_psql('postgres', 'CREATE DATABASE single');
install_extension($node, 'single');
install_tables($node, 'single');
create_people($node, 'single');
foreach my $tenant (1, 2)
{
	my $org = org($tenant);
	my @members = $tenant == 1 ? qw(alice bob erin) : qw(carol dirk erin);
	$node->safe_psql('single', "INSERT INTO taskcrm.organization (id, name) VALUES ('$org', 'organization $tenant');"
		. join "\n", map {
			"INSERT INTO taskcrm.member (org_id, user_id, role) VALUES ('$org', '@{[user_id($_)]}',
				'@{[$_ =~ /alice|carol/ ? 'admin' : 'member']}');"
		} @members);
}
grant_roles($node, 'single');
$node->safe_psql('postgres', 'CREATE DATABASE base TEMPLATE single');

# Two ranges of hash values, one for each organization.
my ($west_is_low) = $node->safe_psql('single', "SELECT uuid_hash('@{[org(1)]}') < uuid_hash('@{[org(2)]}')") eq 't';
my $border = $node->safe_psql('single', "SELECT least(uuid_hash('@{[org(1)]}'), uuid_hash('@{[org(2)]}'))");
my ($west_range, $east_range) = $west_is_low ? (1, 2) : (2, 1);
make_shards(102000);
make_shards(103000);

# What Citus has in its catalogs.
$node->safe_psql('base', qq{
	SET allow_system_table_mods = on;
	CREATE TABLE pg_catalog.pg_dist_partition (logicalrelid regclass, partmethod "char");
	CREATE TABLE pg_catalog.pg_dist_shard (logicalrelid regclass, shardid bigint, shardminvalue text, shardmaxvalue text);
	CREATE TABLE pg_catalog.pg_dist_placement (shardid bigint, shardstate integer, groupid integer);
	CREATE TABLE pg_catalog.pg_dist_node (groupid integer, nodename text, nodeport integer, noderole text);
	INSERT INTO pg_dist_node VALUES (1, 'west.example.org', 5432, 'primary'), (2, 'east.example.org', 5433, 'primary');
	CREATE TABLE pg_catalog.pg_dist_local_group (groupid integer);
	GRANT SELECT ON pg_catalog.pg_dist_partition, pg_catalog.pg_dist_shard, pg_catalog.pg_dist_placement,
		pg_catalog.pg_dist_local_group, pg_catalog.pg_dist_node TO PUBLIC;
	CREATE FUNCTION pg_catalog.lock_shard_metadata(mode integer, shards bigint[]) RETURNS void LANGUAGE sql
		AS 'SELECT pg_catalog.pg_advisory_xact_lock_shared(s) FROM pg_catalog.unnest(shards) s';
	INSERT INTO pg_dist_partition SELECT tab, 'h' FROM ($DISTRIBUTED) x;
	INSERT INTO pg_dist_shard
	SELECT tab, 101000 + 1000 * range + row_number() OVER (PARTITION BY range ORDER BY relname),
		CASE range WHEN 1 THEN '-2147483648' ELSE '@{[$border + 1]}' END,
		CASE range WHEN 1 THEN '$border' ELSE '2147483647' END
	FROM ($DISTRIBUTED) x CROSS JOIN generate_series(1, 2) range;
	INSERT INTO pg_dist_placement
	SELECT shardid, 1, CASE WHEN shardid / 1000 = 101 + $west_range THEN 1 ELSE 2 END FROM pg_dist_shard;
});

# The transport: an INSERT into a foreign table calls the function in the other database.
$node->safe_psql('base', qq{
	ALTER ROLE $owner LOGIN;
	CREATE EXTENSION postgres_fdw;
	CREATE SCHEMA stand_in;
	GRANT USAGE ON SCHEMA stand_in TO $owner;
	CREATE FUNCTION stand_in.call_as(uuid, uuid, boolean, text, bytea) RETURNS bytea
		LANGUAGE C STRICT AS '\$libdir/taskcrm', 'tc_call_as';
	CREATE VIEW stand_in.here AS SELECT NULL::uuid AS org_id, NULL::uuid AS user_id, NULL::boolean AS is_admin,
		NULL::text AS function, NULL::bytea AS args, NULL::bytea AS answer;
	CREATE FUNCTION stand_in.run() RETURNS trigger LANGUAGE plpgsql AS \$\$
	BEGIN
		NEW.answer := stand_in.call_as(NEW.org_id, NEW.user_id, NEW.is_admin, NEW.function, NEW.args);
		RETURN NEW;
	END \$\$;
	CREATE TRIGGER run INSTEAD OF INSERT ON stand_in.here FOR EACH ROW EXECUTE FUNCTION stand_in.run();
	GRANT SELECT, INSERT ON stand_in.here TO $owner;
	CREATE OR REPLACE FUNCTION taskcrm_internal.call_as(org_id uuid, user_id uuid, is_admin boolean, function text, args bytea)
		RETURNS bytea LANGUAGE plpgsql VOLATILE STRICT AS \$\$
	DECLARE
		answer bytea;
	BEGIN
		INSERT INTO stand_in.there AS t (org_id, user_id, is_admin, function, args)
		VALUES (call_as.org_id, call_as.user_id, call_as.is_admin, call_as.function, call_as.args)
		RETURNING t.answer INTO answer;
		RETURN answer;
	END \$\$;
});
foreach my $group (1, 2)
{
	my ($here, $there) = $group == 1 ? qw(west east) : qw(east west);
	$node->safe_psql('postgres', "CREATE DATABASE $here TEMPLATE base");
	$node->safe_psql($here, qq{
		INSERT INTO pg_dist_local_group VALUES ($group);
		CREATE SERVER other FOREIGN DATA WRAPPER postgres_fdw
			OPTIONS (host '@{[$node->host]}', port '@{[$node->port]}', dbname '$there');
		CREATE USER MAPPING FOR $owner SERVER other OPTIONS (user '$owner', password_required 'false');
		GRANT USAGE ON FOREIGN SERVER other TO $owner;
		CREATE FOREIGN TABLE stand_in.there (org_id uuid, user_id uuid, is_admin boolean, function text, args bytea, answer bytea)
			SERVER other OPTIONS (schema_name 'stand_in', table_name 'here');
		GRANT SELECT, INSERT ON stand_in.there TO $owner;
	});
}

my $scenario = client_scenario(1);
my $expected = seen($node, 'single', 'alice', $scenario);
like($expected, qr/^00000 24 $/m, 'the scenario runs in one database');
is(seen($node, 'east', 'alice', $scenario), $expected, 'through another node, a client sees the same');
is(seen($node, 'west', 'carol', $scenario), seen($node, 'single', 'carol', $scenario), 'and in the other direction');
my $again = client_scenario(2);
is(seen($node, 'west', 'alice', $again), seen($node, 'single', 'alice', $again), 'and on the node itself');

# Where the rows are.
my $shards = "SELECT c.relname FROM pg_class c WHERE c.relname ~ '^task_10[23]\\d+\$' AND c.relkind = 'r' ORDER BY 1";
my @task_shards = split /\n/, $node->safe_psql('base', $shards);
my ($west_task, $east_task) = @task_shards[ $west_range - 1, $east_range - 1 ];
foreach my $place ([ 'west', $west_task, 1 ], [ 'east', $east_task, 2 ], [ 'west', $east_task ], [ 'east', $west_task ])
{
	my ($database, $table, $tenant) = @$place;
	is($node->safe_psql($database, "SELECT DISTINCT org_id FROM taskcrm.$table"), $tenant ? org($tenant) : '',
		"$database has the rows of its organizations in $table, and no others");
}
is($node->safe_psql($_, 'SELECT count(*) FROM taskcrm.task'), 0, "nothing is in the table itself in $_") foreach qw(west east);

# The counters of a shard are right.
my ($count_shard) = grep { /_\d+$/ } split /\n/, $node->safe_psql('west',
	"SELECT relname FROM pg_class WHERE relname ~ '^task_count_@{[$west_range == 1 ? 102 : 103]}' AND relkind = 'r'");
is($node->safe_psql('west', "SELECT sum(n) FROM taskcrm_internal.$count_shard"),
	$node->safe_psql('west', "SELECT count(*) FROM taskcrm.$west_task"), 'counters equal counts');

# A comment is found by its id alone, wherever it is.
my $comments = [
	"SET taskcrm.org_id = '@{[org(1)]}'", q{SELECT taskcrm.tc_create_task('{"title": "of erin"}') ->> 'id' AS id \gset},
	q{SELECT taskcrm.tc_add_task_comment_or_attachment(:'id', 'one') -> 'comment' ->> 'id' AS one \gset},
	"SET taskcrm.org_id = '@{[org(2)]}'", q{SELECT taskcrm.tc_create_task('{"title": "of erin"}') ->> 'id' AS id \gset},
	q{SELECT taskcrm.tc_add_task_comment_or_attachment(:'id', 'two') -> 'comment' ->> 'id' AS two \gset},
	'RESET taskcrm.org_id', q{SELECT taskcrm.tc_edit_task_comment(:'one', 'first') ->> 'comment'},
	q{SELECT taskcrm.tc_edit_task_comment(:'two', 'second') ->> 'comment'},
	q{SELECT status FROM taskcrm.tc_http_request('DELETE', '/api/tasks/comment/' || :'one' || '/', '{}', NULL)},
	q{SELECT status FROM taskcrm.tc_http_request('DELETE', '/api/tasks/comment/' || :'two' || '/', '{}', NULL)},
	q{SELECT taskcrm.tc_delete_task_comment(:'two')}
];
my $found = seen($node, 'single', 'erin', $comments);
like($found, qr/first.*second.*204.*204.*PT404/s, 'comments are found in any organization');
is(seen($node, $_, 'erin', $comments), $found, "in $_ too") foreach qw(west east);

# Nobody but another node is believed.
my $forged = "SELECT %s.call_as('@{[org(1)]}', '@{[user_id('alice')]}', true, '%s', '')";
my $to_owner = "SET ROLE $owner";
is(sql_value($node, 'mallory', sprintf($forged, 'taskcrm_internal', 'tc_list_tasks'), database => 'west'), '42501',
	'a client cannot call as somebody');
is(sql_value($node, undef, [ $to_owner, sprintf($forged, 'stand_in', 'tc_list_tasks') ], database => 'west'), '42501',
	'nor can a session that became the owner');
is(sql_value($node, $owner, sprintf($forged, 'stand_in', 'tc_list_tasks'), database => 'east'), '40001',
	'a node refuses an organization that it does not have');
is(sql_value($node, $owner, sprintf($forged, 'stand_in', $_), database => 'west'), '42501', "a node cannot call $_")
  foreach qw(tc_create_user tc_erase_user tc_http_request tc_login pg_sleep);

# Every function of clients goes to the node of the organization, except for those that work on
# what every node has.
my @functions = split /\n/, $node->safe_psql('west', 'SELECT DISTINCT proname FROM taskcrm_internal.client_functions() f JOIN pg_proc p ON p.oid = f ORDER BY 1');
my @answers = run_as($node, $owner, [ map { sprintf $forged, 'stand_in', $_ } @functions ], database => 'west');
is_deeply([ map { $functions[$_] } grep { $answers[$_]->{state} eq '42501' } 0 .. $#functions ],
	[ qw(is_overdue tc_accept_invitation tc_deactivate_member tc_find_tasks tc_get_organization tc_http tc_http_request tc_login
		tc_node_of tc_openapi tc_pre_request tc_reactivate_member tc_remove_member tc_set_member_role tc_update_me tc_update_organization
		tc_whoami) ],
	'each function is an operation, or works on tables that every node has');

is(sql_value($node, 'alice', "SELECT host || ' ' || port FROM taskcrm.tc_node_of('@{[org($_)]}')", database => 'east'),
	$_ == 1 ? 'west.example.org 5432' : 'east.example.org 5433', "the node of organization $_ is known") foreach 1, 2;
is(sql_value($node, 'alice', "SELECT host IS NULL AND port IS NULL FROM taskcrm.tc_node_of('@{[org(1)]}')", database => 'single'), 't',
	'in one database there is no other node');

# Steps of administrators: each node does its part.
sub upkeep
{
	my ($database, $statement) = @_;
	return join "\n", sort split /\n/, $node->safe_psql($database, $statement);
}
foreach my $statement ("SELECT DISTINCT t ->> 'table' FROM taskcrm.tc_export_organization('@{[org(1)]}') t",
	"SELECT DISTINCT t ->> 'table' FROM taskcrm.tc_export_user('@{[user_id('alice')]}') t",
	'SELECT taskcrm.tc_recount()', 'SELECT count(*) FROM taskcrm.tc_check_counts()', 'SELECT taskcrm.tc_compact_counts() >= 0')
{
	is(upkeep($_, $statement), upkeep('single', $statement), "$statement is the same through $_") foreach qw(east west);
}
my $lines = "ARRAY['{\"table\": \"account\", \"row\": {\"org_id\": \"@{[org(1)]}\", \"id\": \"@{[id(1, 'account', 70)]}\", \"name\": \"Loaded\"}}',
	'{\"table\": \"account\", \"row\": {\"org_id\": \"@{[org(1)]}\", \"id\": \"@{[id(1, 'account', 70)]}\", \"name\": \"Again\"}}']::json[]";
my $import = [
	"SELECT * FROM taskcrm.tc_import_organization($lines, '@{[org(1)]}')",
	"SELECT * FROM taskcrm.tc_import_organization(($lines)[1:1], '@{[org(1)]}')",
	"SELECT * FROM taskcrm.tc_import_organization(($lines)[1:1], '@{[org(2)]}')",
	"SELECT * FROM taskcrm.tc_import_organization(ARRAY['{}'::json])"
];
my $imported = seen($node, 'single', undef, $import);
like($imported, qr/23505  .*invalid line 2.*account\|1.*22023.*22023/s, 'lines are imported');
is(seen($node, 'east', undef, $import), $imported, 'and through another node');
is(sql_value($node, $owner, "SELECT stand_in.call_as('@{[org(1)]}', '00000000-0000-0000-0000-000000000000', false, '$_', '')", database => 'west'),
	'42501', "without a user, a node cannot call $_") foreach qw(tc_list_tasks serve_request);
is(sql_value($node, undef, [ q{SELECT taskcrm_internal.serve_step('recount', NULL, NULL, NULL)} ], database => 'west'), '42501',
	'nobody but a node has a step done');

# A move: a write waits for its end, and then goes to the new place.
my $place = "UPDATE pg_dist_placement SET groupid = 2 WHERE shardid / 1000 = 101 + $west_range";
my $touch = 'ALTER TABLE taskcrm.task ALTER COLUMN title SET STATISTICS %d';
my $mover = new_session($node, undef, database => 'east');
my $writer = new_session($node, 'alice', database => 'east');
is($writer->value(q{SELECT taskcrm.tc_create_task('{"title": "before the move"}') ->> 'title'}), 'before the move',
	'a session writes before a move');
$mover->run('BEGIN');
$mover->run('SELECT pg_advisory_xact_lock(' . ($west_task =~ /(\d+)$/)[0] . ')');
$writer->{psql}->query_until(qr/sent/, qq{\\echo sent\nSELECT taskcrm.tc_create_task('{"title": "during the move"}') ->> 'title';\n});
ok($node->poll_query_until('east', q{SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted)}),
	'a write waits for the move');
$mover->run($_) foreach $place, sprintf($touch, 100);
$node->safe_psql('west', $place . '; ' . sprintf($touch, 100));
$mover->run('COMMIT');
$writer->run('SELECT 1');
is($node->safe_psql('east', "SELECT string_agg(title, ', ') FROM taskcrm.$west_task"), 'during the move',
	'and is in the new place');
is($writer->value(q{SELECT taskcrm.tc_list_tasks() ->> 'count'}), 1, 'reads follow');
is(sql_value($node, 'alice', q{SELECT taskcrm.tc_list_tasks() ->> 'count'}, database => 'west'), 1, 'from the other node too');
$_->quit foreach $mover, $writer;

# A database that is no longer distributed has its tables again.
$node->safe_psql('east', 'DELETE FROM pg_dist_partition; ' . sprintf($touch, 200));
is(sql_value($node, 'alice', q{SELECT taskcrm.tc_list_tasks() ->> 'count'}, database => 'east'), 0, 'the tables themselves are read again');

$node->stop;
done_testing();
