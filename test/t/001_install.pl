# Installation: it adopts no existing object and calls none, running it again changes nothing, and
# DROP EXTENSION drops the tables only with CASCADE.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;

my $node = new_cluster('install', initdb => [ '-E', 'UTF8', '--locale=C' ]);
my $tempdir = PostgreSQL::Test::Utils::tempdir();

# ---------------------------------------------------------------------------
# The text of the scripts.

my $sql = "$FindBin::RealBin/../../sql";
my @scripts = (glob("$sql/taskcrm--*.sql"), glob("$sql/upgrade/taskcrm--*.sql"));
ok(@scripts > 0, 'there is an install script');
foreach my $script (@scripts)
{
	my $text = slurp_file($script);
	my ($name) = $script =~ m{([^/]+)$};
	# Without comments, and without function bodies, which check for an object before they create
	# it.
	my $outside = $text =~ s/--[^\n]*//gr;
	1 while $outside =~ s/\$(\w*)\$(?:(?!\$\1\$).)*\$\1\$//s;

	# tc_install() replaces two functions, after it has looked at their owners.  In an upgrade, the
	# server refuses to replace a function that is not a member of the extension.
	unlike($outside, qr/\bOR\s+REPLACE\b/i, "security 18: $name contains no OR REPLACE") unless $name =~ /--.*--/;
	is(scalar(() = $text =~ /\bCREATE OR REPLACE FUNCTION %s\b/g), 1, "security 18: $name replaces functions in one place");
	is(scalar(() = ($text =~ s/^CREATE OR REPLACE (FUNCTION|PROCEDURE) //gmr) =~ /\bOR\s+REPLACE\b/gi), 1,
		'and nothing else');
	unlike($outside, qr/\bIF\s+NOT\s+EXISTS\b/i, "security 18: $name contains no IF NOT EXISTS");
	unlike($text, qr/\bCREATE\s+\w+\s+IF\s+NOT\s+EXISTS\b/i,
		"security 18: $name has no CREATE ... IF NOT EXISTS in function bodies either");
	unlike($text, qr/\bSECURITY\s+DEFINER\b/i, "security 17: $name has no SECURITY DEFINER function");
	like($text, qr/\A\\echo .* \\quit\n/, "security 18: $name does nothing if psql runs it");
	like($outside, qr/SET LOCAL search_path = pg_catalog, pg_temp;/, "security 18: $name pins search_path");
}

# ---------------------------------------------------------------------------
# Objects that exist before the installation.

create_roles($node);
foreach my $schema ('taskcrm', 'taskcrm_internal')
{
	$node->safe_psql('postgres', "CREATE DATABASE planted_$schema OWNER mallory");
	$node->safe_psql("planted_$schema", "SET ROLE mallory; CREATE SCHEMA $schema; CREATE TABLE $schema.task (id uuid)");
	my $result = run_one($node, undef, 'CREATE EXTENSION taskcrm', database => "planted_$schema");
	is($result->{state}, '42P06', "security 18: the installation fails if schema $schema exists");
	is($node->safe_psql("planted_$schema", q{SELECT count(*) FROM pg_extension WHERE extname = 'taskcrm'}),
		'0', 'and creates nothing');
}

# Functions, operators and types with the names that the script uses, in a schema that comes
# first in search_path. Each of them raises TRAP.
$node->safe_psql('postgres', 'CREATE DATABASE crm');
$node->safe_psql('postgres', 'GRANT CREATE ON DATABASE crm TO mallory');
my $plant = q{SET ROLE mallory; CREATE SCHEMA planted;
	CREATE FUNCTION planted.trap(text) RETURNS boolean LANGUAGE plpgsql AS 'BEGIN RAISE WARNING $$TRAP % as %$$, $1, current_user; RETURN true; END';};
$plant .= "CREATE FUNCTION planted.$_ RETURNS boolean LANGUAGE sql AS 'SELECT planted.trap(''$_'')';\n"
	foreach 'format(text, text)', 'format(text, name)', 'format(text, name, name)', 'format(text, text, text)',
	'to_regclass(text)', 'now()',
	'tc_uuidv7()', 'tc_current_org()', 'btrim(text, text)', 'char_length(text)',
	'has_schema_privilege(name, text, text)',
	'pg_advisory_xact_lock(integer, integer)', 'position(text, text)', 'pg_get_userbyid(oid)',
	'array_to_string(text[], text)';
foreach my $type ('uuid', 'text', 'name', 'oid', 'boolean', 'integer') {
	$plant .=
		"CREATE FUNCTION planted.trap_$type($type, $type) RETURNS boolean LANGUAGE sql AS 'SELECT planted.trap(''operator on $type'')';\n";
	$plant .= "CREATE OPERATOR planted.$_ (FUNCTION = planted.trap_$type, LEFTARG = $type, RIGHTARG = $type);\n"
		foreach '=', '<>', '||', '~';
}
$plant .= "CREATE TABLE planted.$_ (x text);\n"
	foreach qw(task member gateway login app_user pg_class pg_roles pg_policy installation);
$plant .= "CREATE TYPE planted.task_status AS ENUM ('x'); CREATE DOMAIN planted.task_priority AS text;\n";
$node->safe_psql('crm', $plant);
my @install = run_as($node, undef, [ 'SET search_path = planted, pg_catalog', 'CREATE EXTENSION taskcrm' ]);
is(join(' ', map { $_->{state} } @install), '00000 00000', 'CREATE EXTENSION, in a database of locale C')
	or diag explain \@install;
is( $node->safe_psql(
		'crm', q{SELECT string_agg(e.extname || ' ' || n.nspname, ', ' ORDER BY e.extname)
	FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace}
	),
	'plpgsql pg_catalog, taskcrm pg_catalog',
	'no other extension is installed'
);

# Before tc_install(), every function raises an error whose hint names the remedy.
my @before = (
	'SELECT taskcrm.tc_current_user()',
	'SELECT taskcrm.tc_current_org()',
	'SELECT taskcrm.tc_current_role()',
	'SELECT taskcrm.tc_whoami()',
	'SELECT taskcrm.tc_list_tasks()',
	'SELECT taskcrm.tc_find_task_ids()',
	q{SELECT taskcrm.tc_create_account('x')},
	q{SELECT taskcrm.tc_grant_access('alice')},
	q{SELECT taskcrm.tc_link_login('alice', NULL)},
	q{SELECT taskcrm.tc_trust_gateway('gw')},
	'SELECT taskcrm.tc_relink_roles()',
	q{SELECT taskcrm.tc_create_organization('x')},
	q{SELECT taskcrm.tc_create_user('x@y')}
);
foreach my $statement (@before) {
	my $result = run_one($node, undef, $statement);
	is($result->{state}, '55000', "before tc_install(): $statement");
	like($result->{err}, qr/HINT:  Run CALL taskcrm\.tc_install\(\)/, 'the hint says what to do');
}
$node->safe_psql('crm',
	'GRANT USAGE ON SCHEMA taskcrm TO mallory; GRANT EXECUTE ON PROCEDURE taskcrm.tc_install TO mallory');
is(run_one($node, 'mallory', 'CALL taskcrm.tc_install()')->{state},
	'42501', 'only a superuser can run tc_install(), even if others have EXECUTE');
is(run_one($node, undef, q{CALL taskcrm.tc_install(owner => current_user)})->{state},
	'0P000', 'security 1: a superuser cannot own the tables');
$node->safe_psql('crm',
	'REVOKE ALL ON PROCEDURE taskcrm.tc_install FROM mallory; REVOKE ALL ON SCHEMA taskcrm FROM mallory');

push @install, run_as($node, undef, [ 'SET search_path = planted, pg_catalog', 'CALL taskcrm.tc_install()' ]);
is($install[-1]{state}, '00000', 'CALL tc_install()') or diag explain $install[-1];
create_people($node, 'crm');
fill_tenant($node, 'crm', $_, 30) foreach 1, 2;
grant_roles($node, 'crm');
push @install,
	run_as(
	$node, undef,
	[   'GRANT USAGE ON SCHEMA planted TO PUBLIC',
		'SET search_path = planted, pg_catalog',
		q{SELECT taskcrm.tc_grant_access('alice', write => true)},
		q{SELECT taskcrm.tc_trust_gateway('gw')},
		'CALL taskcrm.tc_install()'
	]
	);
push @install,
	run_as(
	$node, 'alice',
	[   'SET search_path = planted, pg_catalog',
		'SELECT taskcrm.tc_list_tasks()',
		'SELECT taskcrm.tc_whoami()',
		q{SELECT taskcrm.tc_create_account('x')},
		q{INSERT INTO taskcrm.task (title) VALUES ('x')},
		q{UPDATE taskcrm.task SET due_date = '2024-03-03'}
	]
	);
is( join("\n", map { $_->{err} } @install),
	join("\n", map { $_->{err} =~ /TRAP|ERROR/ ? 'no trap' : $_->{err} } @install),
	'security 18: the installation calls none of the planted objects'
);
$node->safe_psql('crm', 'DROP SCHEMA planted CASCADE; REVOKE CREATE ON DATABASE crm FROM mallory');

# ---------------------------------------------------------------------------
# tc_install() changes nothing when it runs again.

sub dump_text
{
	my ($database, @options) = @_;
	my $file = "$tempdir/compare.sql";
	$node->command_ok([ 'pg_dump', '-f', $file, @options, $database ], "pg_dump @options $database");
	return join "\n", grep { !/^\\(un)?restrict / } split /\n/, slurp_file($file);
}

my $was = dump_text('crm');
$node->safe_psql('crm', 'CALL taskcrm.tc_install()') foreach 1, 2;
my $is = dump_text('crm');
ok($was eq $is, 'two more runs of tc_install() change no definition and no row');
$node->safe_psql('crm',
		  'DROP POLICY tenant_select ON taskcrm.task; ALTER TABLE taskcrm.team NO FORCE ROW LEVEL SECURITY; '
		. 'DROP TRIGGER touch ON taskcrm.task; ALTER TABLE taskcrm_internal.login DISABLE TRIGGER identity_changed; CREATE ROLE other; ALTER TABLE taskcrm.account OWNER TO other; CALL taskcrm.tc_install()'
);
is(line_changes($was, dump_text('crm')), '', 'tc_install() restores dropped policies and settings');

# ---------------------------------------------------------------------------
# DROP EXTENSION.

{
	$node->safe_psql('postgres', 'CREATE DATABASE dropped TEMPLATE crm');
	my $result = run_one($node, undef, 'DROP EXTENSION taskcrm', database => 'dropped');
	is($result->{state}, '2BP01', 'DROP EXTENSION fails while the tables exist');
	is(checksum($node, 'dropped', 2), checksum($node, 'crm', 2), 'and drops nothing');
	is(run_one($node, undef, 'DROP EXTENSION taskcrm CASCADE', database => 'dropped')->{state},
		'00000', 'CASCADE drops the extension');
	is( $node->safe_psql(
			'dropped', q{SELECT string_agg(oid::regclass::text, ' ') FROM pg_class WHERE relnamespace IN
		(SELECT oid FROM pg_namespace WHERE nspname LIKE 'taskcrm%')}
		),
		'',
		'CASCADE drops all of its relations'
	);
	is( $node->safe_psql(
			'dropped',
			q{SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname LIKE 'taskcrm%'}
		),
		'0',
		'and all of its functions'
	);
}

$node->stop;
done_testing();
