# Existing objects in the place of those that tc_install() creates: roles, schemas, tables,
# functions.  It raises an error that names the object, and tc_doctor() reports those that
# appear later.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;

my $node = new_cluster('occupied');
my $number = 0;

$node->safe_psql(
	'postgres', q{CREATE ROLE stranger LOGIN; CREATE ROLE unlike NOLOGIN;
	CREATE DATABASE extended;
	\connect extended
	CREATE EXTENSION taskcrm
});

# A new database with the extension, in which statements run before tc_install(); others run in
# the cluster before.
sub database
{
	my ($before, $between) = @_;
	my $database = 'occupied' . ++$number;

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE extended;\n$before;\n\\connect $database\n$between");
	return $database;
}

# The result of a statement: its SQLSTATE and its messages.
sub outcome
{
	my ($database, $statement) = @_;
	my $result = run_one($node, undef, $statement, database => $database);

	return join "\n", $result->{state}, grep { $_ } $result->{err} =~ /(?:ERROR|DETAIL|HINT):\s+(?:\w{5}: )?(.*)/g;
}

sub install { return outcome($_[0], 'CALL taskcrm.tc_install()') }

# The problems that tc_doctor() finds, except the trust authentication of the test server.
sub unwell {
	return $node->safe_psql($_[ 0 ],
		q{SELECT "check" || ': ' || detail FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust'});
}

# ---------------------------------------------------------------------------
# A role taskcrm_owner that already exists.

my $refused =
	"0P000\nrole \"taskcrm_owner\" cannot own the tables of taskcrm\nThe role already exists with properties that an owner must not have: it %s.\n"
  . 'Remove these properties from the role, drop the role, or specify another role with tc_install(owner => ...).';
my $unbound = "A superuser or a role with BYPASSRLS bypasses row-level security.\n"
  . 'Specify another role with tc_install(owner => ...), or omit owner to use taskcrm_owner.';
my @roles = (
	[ 'LOGIN', '', 'can log in' ],
	[ 'NOLOGIN CREATEROLE', '', 'has CREATEROLE' ],
	[ 'NOLOGIN CREATEDB', '', 'has CREATEDB' ],
	[ 'NOLOGIN REPLICATION', '', 'has REPLICATION' ],
	[ 'LOGIN CREATEDB', '', 'can log in, has CREATEDB' ],
	[ 'NOLOGIN', 'GRANT taskcrm_owner TO stranger', 'has members' ],
	[ 'NOLOGIN', 'GRANT unlike TO taskcrm_owner', 'is a member of another role' ],
	[ 'NOLOGIN', 'GRANT pg_read_all_data TO taskcrm_owner', 'is a member of another role' ],
	(map { [ 'NOLOGIN', $_, 'owns other objects or has privileges on them' ] }
		'CREATE SCHEMA its AUTHORIZATION taskcrm_owner',
		'CREATE TABLE public.its (); ALTER TABLE public.its OWNER TO taskcrm_owner',
		'CREATE FUNCTION public.its() RETURNS int LANGUAGE sql RETURN 1; ALTER FUNCTION public.its() OWNER TO taskcrm_owner',
		'CREATE TABLE public.others (); GRANT SELECT ON public.others TO taskcrm_owner',
		'GRANT CREATE ON SCHEMA public TO taskcrm_owner',
		'GRANT SET ON PARAMETER log_statement TO taskcrm_owner',
		'ALTER DEFAULT PRIVILEGES FOR ROLE taskcrm_owner GRANT SELECT ON TABLES TO stranger',
		'GRANT EXECUTE ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text) TO taskcrm_owner'));
foreach my $case (@roles)
{
	my ($attributes, $between, $problem) = @$case;
	my $database = database("CREATE ROLE taskcrm_owner $attributes", $between);
	is(install($database), sprintf($refused, $problem), "taskcrm_owner, $attributes $between");
	is( $node->safe_psql(
			$database, qq{SELECT to_regclass('taskcrm.task') IS NULL;
			\\connect postgres
			DROP DATABASE $database;
			REVOKE SET ON PARAMETER log_statement FROM taskcrm_owner;
			DROP ROLE taskcrm_owner}
		),
		't',
		'there is no table'
	);
}
foreach my $attribute ('SUPERUSER', 'BYPASSRLS')
{
	my $database = database("CREATE ROLE taskcrm_owner NOLOGIN $attribute", '');
	is( install($database),
		"0P000\nrole \"taskcrm_owner\" cannot own the tables of taskcrm\n$unbound",
		"taskcrm_owner, $attribute"
	);
	$node->safe_psql('postgres', "DROP DATABASE $database; DROP ROLE taskcrm_owner");
}
# A role without privileges is as suitable as one that tc_install() creates; tc_doctor()
# reports later changes.
{
	my $database = database('CREATE ROLE taskcrm_owner NOLOGIN', '');
	is(install($database), '00000', 'a role without privileges');
	is(unwell($database), '', 'tc_doctor() finds no problem');
	my @changes = (
		[ 'ALTER ROLE taskcrm_owner LOGIN', 'can log in', 'ALTER ROLE taskcrm_owner NOLOGIN' ],
		[ 'ALTER ROLE taskcrm_owner CREATEROLE', 'has CREATEROLE', 'ALTER ROLE taskcrm_owner NOCREATEROLE' ],
		[ 'ALTER ROLE taskcrm_owner CREATEDB', 'has CREATEDB', 'ALTER ROLE taskcrm_owner NOCREATEDB' ],
		[ 'ALTER ROLE taskcrm_owner REPLICATION', 'has REPLICATION', 'ALTER ROLE taskcrm_owner NOREPLICATION' ],
		[   'GRANT taskcrm_owner TO stranger',
			"has members\nclient_rights: role stranger can become taskcrm_owner",
			'REVOKE taskcrm_owner FROM stranger'
		],
		[ 'GRANT unlike TO taskcrm_owner', 'is a member of another role', 'REVOKE unlike FROM taskcrm_owner' ]
	);
	foreach my $change (@changes) {
		$node->safe_psql($database, $change->[0]);
		is( unwell($database),
			"owner: role taskcrm_owner, which owns the tables, $change->[1]",
			"tc_doctor(): $change->[0]"
		);
		$node->safe_psql($database, $change->[2]);
	}
	# A second database of the cluster shares the role.
	is(install(database('', '')), '00000', 'a second database');
}

# ---------------------------------------------------------------------------
# Schemas that already exist, with any contents.

foreach my $schema ('taskcrm', 'taskcrm_internal') {
	foreach my $content (
		'',
		"CREATE FUNCTION $schema.tc_current_org() RETURNS uuid LANGUAGE sql RETURN NULL::uuid",
		"CREATE DOMAIN $schema.task_status AS text",
		"CREATE OPERATOR $schema.= (LEFTARG = uuid, RIGHTARG = uuid, FUNCTION = pg_catalog.uuid_eq)",
		"CREATE TABLE $schema.task ()"
		)
	{
		my $database = 'occupied' . ++$number;
		$node->safe_psql('postgres', "CREATE DATABASE $database;\n\\connect $database\nCREATE SCHEMA $schema AUTHORIZATION stranger; $content");
		is( outcome($database, 'CREATE EXTENSION taskcrm'),
			"42P06\nschema \"$schema\" already exists",
			"schema $schema: $content"
		);
		$node->safe_psql('postgres', "DROP DATABASE $database");
	}
}

# ---------------------------------------------------------------------------
# Other kinds of objects in the place of a table, before tc_install() and afterwards.

my %kinds = (
	'a view' => [ 'CREATE VIEW %t AS SELECT 1 AS org_id', 'DROP VIEW %t' ],
	'a materialized view' => [ 'CREATE MATERIALIZED VIEW %t AS SELECT 1 AS org_id', 'DROP MATERIALIZED VIEW %t' ],
	'a foreign table' => [
		'CREATE FOREIGN DATA WRAPPER w; CREATE SERVER s FOREIGN DATA WRAPPER w; CREATE FOREIGN TABLE %t (org_id uuid) SERVER s',
		'DROP FOREIGN DATA WRAPPER w CASCADE'
	],
	'a partitioned table' => [ 'CREATE TABLE %t (org_id uuid, id uuid) PARTITION BY HASH (org_id)', 'DROP TABLE %t' ],
	'a sequence' => [ 'CREATE SEQUENCE %t', 'DROP SEQUENCE %t' ],
	'a composite type' => [ 'CREATE TYPE %t AS (org_id uuid)', 'DROP TYPE %t' ],
	'an index' => [
		'CREATE TABLE %s.something (a int); CREATE INDEX %n ON %s.something (a)',
		'DROP TABLE %s.something'
	]
);
# %t is the table, %s its schema, %n its name.
sub with_table
{
	my ($statement, $table) = @_;
	my $name = qualified($table);
	my ($schema) = split /\./, $name;
	return $statement =~ s/%t/$name/gr =~ s/%s/$schema/gr =~ s/%n/$table/gr;
}

my $remedy = "\nDrop or rename it, and run CALL taskcrm.tc_install() as a superuser.";
foreach my $kind (sort keys %kinds)
{
	my ($make, $drop) = @{ $kinds{$kind} };
	my $database = database('', '');
	foreach my $table ('installation', 'task', 'task_count')
	{
		my @statements = map { with_table($_, $table) } $make, $drop;
		$node->safe_psql($database, $statements[0]);
		is( install($database),
			"55000\n\"@{[qualified($table)]}\" is not an ordinary table\nIt is $kind.$remedy",
			"$kind in the place of $table"
		);
		$node->safe_psql($database, $statements[1]);
	}
	is(install($database), '00000', "without $kind");
	foreach my $table ('login', 'task', 'stored_answer')
	{
		my @statements = map { with_table($_, $table) } $make;
		$node->safe_psql($database, "ALTER TABLE @{[qualified($table)]} RENAME TO former; $statements[0]");
		like(
			unwell($database),
			qr/^tables: $table is $kind\nchildren: the check failed: another object has the name of a table$/m,
			"tc_doctor(): $table is $kind"
		);
		like(install($database), qr/^55000\n"@{[qualified($table)]}" is not an ordinary table\nIt is $kind\./,
			'tc_install() is refused');
		like(
			outcome($database, "SELECT taskcrm.tc_grant_access('stranger')"),
			qr/^55000\n"@{[qualified($table)]}" is not an ordinary table\nIt is $kind\./,
			'tc_grant_access()'
		);
		$node->safe_psql($database,
			with_table("$drop; ALTER TABLE %s.former RENAME TO %n", $table));
	}
	is(install($database) . unwell($database), '00000', 'after the object is removed, there is no problem');
	$node->safe_psql('postgres', "DROP DATABASE $database");
}

# Tables that tc_install() did not create, with any owner.
foreach my $owner ('stranger', 'unlike') {
	my $database =
		database('', qq{CREATE TABLE taskcrm.task (org_id uuid, id uuid); ALTER TABLE taskcrm.task OWNER TO $owner});
	is( install($database),
		qq{55000\ntable "taskcrm.task" already exists, but was not created by tc_install()\nThe table "taskcrm_internal.installation" is missing.\n}
			. 'Drop or rename the table. If a dump was restored in parts, restore the table installation too.',
		"a table of $owner"
	);
	$node->safe_psql($database, 'DROP TABLE taskcrm.task');
	is(install($database), '00000', 'the installation succeeds without the table');
	# If the owner of an installed table was changed, tc_install() restores it.
	$node->safe_psql($database, "ALTER TABLE taskcrm.team OWNER TO $owner");
	like(
		unwell($database),
		qr/^owner: .*the tables have several owners: @{[join ', ', sort $owner, 'taskcrm_owner']}/m,
		'tc_doctor() names the owner'
	);
	is(install($database) . unwell($database), '00000', 'tc_install() restores the owner');
	$node->safe_psql(
		$database, "DROP FUNCTION taskcrm.is_overdue(taskcrm.task);
		CREATE FUNCTION taskcrm.is_overdue(task taskcrm.task) RETURNS boolean LANGUAGE sql RETURN false; ALTER FUNCTION taskcrm.is_overdue(taskcrm.task) OWNER TO $owner"
	);
	is( install($database),
		qq{55000\nfunction is_overdue(task) is owned by role "$owner", which is not a superuser\n}
			. 'Drop the function, or change its owner to a superuser if you know what it does.',
		"a function of $owner"
	);
}

# ---------------------------------------------------------------------------
# Later changes of the tables.

my $database = database('', '');
install($database);
my @later = (
	[   'CREATE RULE r AS ON INSERT TO taskcrm.task DO INSTEAD NOTHING',
		'rules: r on task was added',
		'DROP RULE r ON taskcrm.task'
	],
	[   'CREATE RULE r AS ON UPDATE TO taskcrm_internal.task_count DO ALSO SELECT 1; ALTER TABLE taskcrm_internal.task_count DISABLE RULE r',
		'rules: r on task_count was added',
		'DROP RULE r ON taskcrm_internal.task_count'
	],
	[   'ALTER TABLE taskcrm_internal.task_count SET UNLOGGED',
		'tables: task_count is unlogged',
		'ALTER TABLE taskcrm_internal.task_count SET LOGGED'
	],
	[   'CREATE TABLE public.child () INHERITS (taskcrm.task)',
		'children: public.child inherits from task',
		'DROP TABLE public.child'
	],
	[   'ALTER TABLE taskcrm.task DISABLE ROW LEVEL SECURITY',
		'row_security: task has no ENABLE',
		'CALL taskcrm.tc_install()'
	],
	[   'ALTER TABLE taskcrm_internal.login NO FORCE ROW LEVEL SECURITY',
		'row_security: login has no FORCE',
		'CALL taskcrm.tc_install()'
	],
	[   'ALTER TABLE taskcrm.task DISABLE TRIGGER USER',
		qr/^disabled_triggers: Binned on task is disabled; counted_delete on task is disabled; .*touch on task is disabled; touch_completed on task is disabled$/,
		'CALL taskcrm.tc_install()'
	],
	[   'ALTER TABLE taskcrm.member ENABLE REPLICA TRIGGER identity_changed',
		'disabled_triggers: identity_changed on member fires on replicas only',
		'CALL taskcrm.tc_install()'
	],
	map { [
		"CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
			CREATE TRIGGER theirs BEFORE INSERT ON taskcrm.task FOR EACH ROW EXECUTE FUNCTION public.f(); ALTER TABLE taskcrm.task $_ TRIGGER theirs",
		'triggers: theirs on task was added', 'DROP FUNCTION public.f() CASCADE'
	] } 'DISABLE',
	'ENABLE REPLICA',
	'ENABLE ALWAYS'
);
foreach my $case (@later) {
	my ($change, $told, $remedy) = @$case;
	$node->safe_psql($database, $change);
	ref $told ? like(unwell($database), $told, $change) : is(unwell($database), $told, $change);
	$node->safe_psql($database, $remedy);
	is(unwell($database), '', 'no problem is found after the change is undone');
}

$node->stop;
done_testing();
