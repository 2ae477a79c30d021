# Installation, dump and restore: the installation adopts no existing object, no row and no
# rule is lost, and while the owner of the tables is missing, every function raises an error
# until tc_install() repairs it.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;

my $node = new_cluster('install', initdb => [ '-E', 'UTF8', '--locale=C' ]);
my $tempdir = PostgreSQL::Test::Utils::tempdir();
my @people = qw(alice bob carol dirk erin mallory);

# ---------------------------------------------------------------------------
# The text of the scripts.

my ($sharedir) = run_command([ 'pg_config', '--sharedir' ]);
my @scripts = glob "$sharedir/extension/taskcrm--*.sql";
ok(@scripts > 0, 'there is an install script');
foreach my $script (@scripts)
{
	my $text = slurp_file($script);
	my ($name) = $script =~ m{([^/]+)$};
	# Without comments, and without function bodies, which check for an object before they create
	# it.
	my $outside = $text =~ s/--[^\n]*//gr;
	1 while $outside =~ s/\$(\w*)\$(?:(?!\$\1\$).)*\$\1\$//s;

	unlike($text, qr/\bOR\s+REPLACE\b/i, "security 18: $name contains no OR REPLACE");
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

# The lines that only one of two texts contains, in any order.
sub changes
{
	my %count;
	$count{$_}++ foreach split /\n/, $_[0];
	$count{$_}-- foreach split /\n/, $_[1];
	return join "\n", map { ($count{$_} > 0 ? '-' : '+') . $_ } grep { $count{$_} } sort keys %count;
}
my $was = dump_text('crm');
$node->safe_psql('crm', 'CALL taskcrm.tc_install()') foreach 1, 2;
my $is = dump_text('crm');
ok($was eq $is, 'two more runs of tc_install() change no definition and no row');
$node->safe_psql('crm',
		  'DROP POLICY tenant_select ON taskcrm.task; ALTER TABLE taskcrm.team NO FORCE ROW LEVEL SECURITY; '
		. 'DROP TRIGGER touch ON taskcrm.task; ALTER TABLE taskcrm_internal.login DISABLE TRIGGER identity_changed; CREATE ROLE other; ALTER TABLE taskcrm.account OWNER TO other; CALL taskcrm.tc_install()'
);
is(changes($was, dump_text('crm')), '', 'tc_install() restores dropped policies and settings');

# ---------------------------------------------------------------------------
# Dump and restore in the same cluster.

$node->safe_psql('crm', q{
	ALTER TABLE taskcrm.task ADD COLUMN region text DEFAULT 'nowhere';
	UPDATE taskcrm.task SET region = 'north' WHERE title LIKE '%1';
	CREATE INDEX task_region_idx ON taskcrm.task (org_id, region);
	CREATE POLICY no_south ON taskcrm.task AS RESTRICTIVE USING (region <> 'south');
	CREATE VIEW public.north WITH (security_invoker) AS SELECT * FROM taskcrm.task WHERE region = 'north' AND status = 'New';
	GRANT SELECT ON public.north TO alice, carol;
	SELECT taskcrm.tc_expose_column('task', 'region', writable => true);
});

# All owners, privileges, policies, triggers, constraints and indexes.
my $catalogue = q{
	SET search_path = pg_catalog;
	WITH ours AS (SELECT oid, nspname FROM pg_namespace WHERE nspname LIKE 'taskcrm%' OR nspname = 'public'),
	acl AS (SELECT concat('relation ', c.oid::regclass) AS what, coalesce(c.relacl, acldefault('r', c.relowner)) AS acl FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
		UNION ALL SELECT concat('function ', p.oid::regprocedure), coalesce(p.proacl, acldefault('f', p.proowner)) FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
		UNION ALL SELECT concat('schema ', nspname), coalesce(nspacl, acldefault('n', nspowner)) FROM pg_namespace WHERE nspname LIKE 'taskcrm%'
		UNION ALL SELECT concat('column ', a.attrelid::regclass, '.', a.attname), a.attacl FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
			JOIN ours n ON n.oid = c.relnamespace WHERE a.attacl IS NOT NULL)
	SELECT concat_ws(' ', 'acl', what, (SELECT string_agg(i::text, ' ' ORDER BY i::text COLLATE "C") FROM unnest(acl) i)) FROM acl
	UNION ALL SELECT concat_ws(' ', 'table', c.oid::regclass, pg_get_userbyid(relowner), relkind, relrowsecurity, relforcerowsecurity,
		obj_description(c.oid, 'pg_class')) FROM pg_class c JOIN ours n ON n.oid = c.relnamespace
	UNION ALL SELECT concat_ws(' ', 'column', c.oid::regclass, attname, format_type(atttypid, atttypmod), attnotnull, attstorage,
		pg_get_expr(adbin, adrelid)) FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN ours n ON n.oid = c.relnamespace
		LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum WHERE attnum > 0 AND NOT attisdropped
	UNION ALL SELECT concat_ws(' ', 'policy', polrelid::regclass, polname, polcmd, polpermissive, polroles::text,
		pg_get_expr(polqual, polrelid), pg_get_expr(polwithcheck, polrelid)) FROM pg_policy
	UNION ALL SELECT concat_ws(' ', 'trigger', pg_get_triggerdef(oid), tgenabled) FROM pg_trigger WHERE NOT tgisinternal
	UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass, conname, convalidated, translate(pg_get_constraintdef(c.oid), '()', ''))
		FROM pg_constraint c JOIN ours n ON n.oid = c.connamespace
	UNION ALL SELECT concat_ws(' ', 'index', pg_get_indexdef(indexrelid), indisvalid)
		FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN ours n ON n.oid = c.relnamespace
	UNION ALL SELECT concat_ws(' ', 'function', p.oid::regprocedure, pg_get_userbyid(proowner), provolatile, proparallel, proleakproof, prosecdef,
		proconfig::text, obj_description(p.oid, 'pg_proc')) FROM pg_proc p JOIN ours n ON n.oid = p.pronamespace
	UNION ALL SELECT concat_ws(' ', 'member', pg_describe_object(classid, objid, objsubid)) FROM pg_depend WHERE deptype = 'e'
		AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'taskcrm')
	ORDER BY 1};

# The results that each login gets.
sub answers
{
	my ($server, $database, @logins) = @_;
	return map {
		my $login = $_;
		$login => join "\n",
			map {"$_->{state} $_->{out}"} run_as(
			$server, $login,
			[   'SELECT taskcrm.tc_whoami()',
				q{SELECT taskcrm.tc_list_tasks('{"limit":100}')},
				q{SELECT taskcrm.tc_list_tasks('{"status":"New","title":"task"}')},
				q{SELECT taskcrm.tc_list_tasks('{"region":["north","nowhere"],"ordering":"region","limit":100}')},
				'SELECT x FROM taskcrm.tc_find_tasks() x',
				'SELECT * FROM taskcrm.task ORDER BY id',
				'SELECT * FROM taskcrm.app_user ORDER BY id',
				'SELECT * FROM taskcrm.task_comment ORDER BY id',
				'SELECT * FROM taskcrm.task_attachment_content ORDER BY 1, 2',
				'SELECT * FROM taskcrm.member ORDER BY 1, 2',
				'SELECT title, region FROM public.north ORDER BY id'
			],
			database => $database
			)
	} @logins;
}
my %right = answers($node, 'crm', @people);
my $right_catalogue = $node->safe_psql('crm', $catalogue);
like($right{alice}, qr/"count":34,.*"region":"north"/s, 'alice sees her tasks, with the column that was added');

my $plain = "$tempdir/plain.sql";
my $custom = "$tempdir/custom.dump";
$node->command_ok([ 'pg_dump', '-f', $plain, 'crm' ], 'pg_dump');
$node->command_ok([ 'pg_dump', '-Fc', '-f', $custom, 'crm' ], 'pg_dump -Fc');
unlike(slurp_file($plain), qr/LANGUAGE c\b/i, 'a dump contains no C function');

my %restore = (
	plain => [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $plain, '-d', 'plain' ],
	custom => [ 'pg_restore', '--exit-on-error', '-d', 'custom', $custom ],
	parallel => [ 'pg_restore', '--exit-on-error', '-j', '2', '-d', 'parallel', $custom ]);
foreach my $way (sort keys %restore)
{
	$node->safe_psql('postgres', "CREATE DATABASE $way");
	$node->command_ok($restore{$way}, "restored: $way");
	my %answers = answers($node, $way, @people);
	is($answers{$_}, $right{$_}, "$way: $_ gets the same answers as before") foreach @people;
	is(changes($right_catalogue, $node->safe_psql($way, $catalogue)),
		'', "$way: owners, privileges, policies, triggers, constraints and indexes are unchanged");
	$node->safe_psql($way, 'CALL taskcrm.tc_install()');
	is(changes($right_catalogue, $node->safe_psql($way, $catalogue)), '', "$way: tc_install() changes nothing");
}

# Only data, restored into newly created tables: in the order of the foreign keys, or with
# triggers disabled.
my $data = "$tempdir/data.sql";
$node->command_ok([ 'pg_dump', '--data-only', '--schema=taskcrm*', '-f', $data, 'crm' ], 'pg_dump --data-only');
my %restore_data = (
	data_plain => [ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-f', $data, '-d', 'data_plain' ],
	data_custom => [
		'pg_restore', '--exit-on-error', '--data-only', '--disable-triggers',
		'--schema=taskcrm', '--schema=taskcrm_internal', '-d', 'data_custom', $custom
	]
);
foreach my $way (sort keys %restore_data) {
	$node->safe_psql('postgres', "CREATE DATABASE $way");
	install_extension($node, $way);
	install_tables($node, $way);
	$node->safe_psql($way, q{ALTER TABLE taskcrm.task ADD COLUMN region text DEFAULT 'nowhere'});
	my $catalogue_before = $node->safe_psql($way, $catalogue);
	$node->command_ok($restore_data{$way}, "restored: $way, into tables that tc_install() created");
	# If triggers fire, they count the restored tasks in addition to the restored counters.
	is( $node->safe_psql($way, 'SELECT count(*) > 0 FROM taskcrm.tc_check_counts()'),
		$way eq 'data_plain' ? 't' : 'f',
		"$way: the counters"
	);
	$node->safe_psql($way, 'SELECT taskcrm.tc_recount()') if $way eq 'data_plain';
	is(checksum($node, $way, $_), checksum($node, 'crm', $_), "$way: organization $_ is unchanged") foreach 1, 2;
	# pg_restore --disable-triggers enables all triggers in the default mode afterwards.
	$node->safe_psql($way, 'CALL taskcrm.tc_install()');
	is(changes($catalogue_before, $node->safe_psql($way, $catalogue)),
		'', "$way: after tc_install() all rules are unchanged");
	is( $node->safe_psql(
			$way, q{SELECT string_agg(role || result, ' ') FROM taskcrm.tc_relink_roles() WHERE result <> 'unchanged'}
		),
		'',
		"$way: logins and gateways are recognized"
	);
}

# ---------------------------------------------------------------------------
# DROP EXTENSION.

{
	my $result = run_one($node, undef, 'DROP EXTENSION taskcrm', database => 'custom');
	is($result->{state}, '2BP01', 'DROP EXTENSION fails while the tables exist');
	is(checksum($node, 'custom', 2), checksum($node, 'crm', 2), 'and drops nothing');
	is(run_one($node, undef, 'DROP EXTENSION taskcrm CASCADE', database => 'custom')->{state},
		'00000', 'CASCADE drops the extension');
	is( $node->safe_psql(
			'custom', q{SELECT string_agg(oid::regclass::text, ' ') FROM pg_class WHERE relnamespace IN
		(SELECT oid FROM pg_namespace WHERE nspname LIKE 'taskcrm%')}
		),
		'',
		'CASCADE drops all of its relations'
	);
	is( $node->safe_psql(
			'custom',
			q{SELECT count(*) FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE nspname LIKE 'taskcrm%'}
		),
		'0',
		'and all of its functions'
	);
}

# ---------------------------------------------------------------------------
# Restore into another cluster, in which neither the owner nor the clients exist.

my $other = new_cluster('other');
$other->safe_psql('postgres', 'CREATE DATABASE crm');
my @restored = run_command_on($other, 'pg_restore', '-d', 'crm', $custom);
like($restored[1], qr/role "taskcrm_owner" does not exist/, 'a restore without the owner reports errors');
is( $other->safe_psql(
		'crm',
		q{SELECT r.rolsuper FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner WHERE c.oid = 'taskcrm.task'::regclass}
	),
	't',
	'the tables belong to the superuser who restores them'
);

my @calls = (
	'SELECT taskcrm.tc_current_user()',
	'SELECT taskcrm.tc_current_org()',
	'SELECT taskcrm.tc_current_role()',
	'SELECT taskcrm.tc_whoami()',
	'SELECT taskcrm.tc_list_tasks()',
	'SELECT taskcrm.tc_find_task_ids()',
	'SELECT taskcrm.tc_find_tasks()',
	q{SELECT taskcrm.tc_create_account('x')},
	q{SELECT taskcrm.tc_create_organization('x')},
	q{SELECT taskcrm.tc_create_user('x@y')},
	'TABLE taskcrm.task',
	'TABLE taskcrm.app_user',
	q{INSERT INTO taskcrm.task (title) VALUES ('x')}
);
sub is_closed {
	my ($why, @logins) = @_;
	foreach my $login (@logins)
	{
		foreach my $statement (@calls)
		{
			next if !defined $login && $statement =~ /TABLE|INSERT/;
			next if defined $login && $statement =~ /organization|create_user/;
			my $result = run_one($other, $login, $statement);
			is($result->{state}, '55000', "$why: " . ($login // 'superuser') . " gets an error: $statement");
			like($result->{err}, qr/HINT:  Run CALL taskcrm\.tc_install\(\)/, 'the hint names the remedy');
		}
	}
}
# Privileges granted by hand, as an administrator might try if nothing works.
$other->safe_psql(
	'crm',
	q{CREATE ROLE alice LOGIN; GRANT USAGE ON SCHEMA taskcrm TO alice; GRANT ALL ON ALL TABLES IN SCHEMA taskcrm TO alice;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA taskcrm TO alice}
);
is_closed('without the owner', undef, 'alice');

is(run_one($other, undef, 'CALL taskcrm.tc_install()')->{state}, '00000', 'CALL tc_install() repairs the installation');
is( $other->safe_psql(
		'crm',
		q{SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r'}
	),
	'taskcrm_owner',
	'taskcrm_owner owns all tables again'
);
is(sql_value($other, 'alice', 'SELECT taskcrm.tc_current_user()'),
	'', 'security 12: a role with the same name in another cluster has no identity');
is(sql_value($other, 'alice', 'SELECT count(*) FROM taskcrm.task'), '0', 'and sees no tasks');
is($other->safe_psql('crm', q{SELECT role, kind, result FROM taskcrm.tc_relink_roles() ORDER BY 1}),
	join("\n",
		'alice|login|relinked',
		(map {"$_|login|no such role"} qw(bob carol dirk erin)),
		'gw|gateway|no such role'),
	'tc_relink_roles() reports each role'
);
$other->safe_psql('crm',
	'REVOKE ALL ON ALL TABLES IN SCHEMA taskcrm FROM alice; REVOKE ALL ON ALL FUNCTIONS IN SCHEMA taskcrm FROM alice');
$other->safe_psql('crm',
	q{SELECT taskcrm.tc_grant_access('alice', write => true); GRANT SELECT ON public.north TO alice});
my %answers = answers($other, 'crm', 'alice');
is($answers{alice}, $right{alice}, 'after relinking and GRANT, alice gets the same answers as before');
$other->safe_psql('crm', 'CREATE ROLE bob LOGIN');
is( $other->safe_psql(
		'crm', q{SELECT result FROM taskcrm.tc_relink_roles() WHERE role IN ('alice', 'bob') ORDER BY role}
	),
	"unchanged\nrelinked",
	'a second call relinks a role that was created later'
);

# If the owner of the tables becomes able to bypass row-level security, every function raises
# an error again.
foreach my $attribute ('SUPERUSER', 'BYPASSRLS')
{
	$other->safe_psql('crm', "ALTER ROLE taskcrm_owner $attribute");
	is_closed("an owner with $attribute", 'alice');
	$other->safe_psql('crm', "ALTER ROLE taskcrm_owner NO$attribute");
	%answers = answers($other, 'crm', 'alice');
	is($answers{alice}, $right{alice}, 'security 1: after the attribute is removed, alice gets the same answers');
}
$other->safe_psql('crm', 'CREATE ROLE keeper NOLOGIN; CALL taskcrm.tc_install(owner => $$keeper$$)');
%answers = answers($other, 'crm', 'alice');
is($answers{alice}, $right{alice}, 'a different owner works as well');
$other->safe_psql('crm', 'CALL taskcrm.tc_install()');
is( $other->safe_psql(
		'crm',
		q{SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r'}
	),
	'keeper',
	'the next tc_install() keeps that owner'
);

sub run_command_on
{
	my ($server, @command) = @_;
	local $ENV{PGHOST} = $server->host;
	local $ENV{PGPORT} = $server->port;
	return run_command(\@command);
}

$_->stop foreach $node, $other;
done_testing();
