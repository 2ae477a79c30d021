# Backups, line by line of the table in doc/backups.md: dumps of the whole and of parts in each
# form that PostgreSQL's tools have, by whom they can be made, into the same and another cluster,
# a base backup with its WAL, and a copy of the database.  What works brings every row and every
# rule back; what is refused says so and changes nothing.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use TestToken;

my $node = ready_cluster('backups', init => { allows_streaming => 1, has_archiving => 1 });
my $files = PostgreSQL::Test::Utils::tempdir();
$ENV{PGHOST} = $node->host;
$ENV{PGPORT} = $node->port;
my @clients = qw(alice bob carol dirk erin mallory web_user gw);

# ---------------------------------------------------------------------------
# A history of changes: rows that triggers would change again, or refuse, if they treated a
# restored row as a new one; objects, columns and values of an administrator.

# What an administrator adds to the tables.
my $own_objects = q{
	CREATE TYPE public.size AS ENUM ('small', 'large');
	ALTER TABLE taskcrm.task ADD COLUMN region text DEFAULT 'nowhere', ADD COLUMN size public.size,
		ADD COLUMN title_length integer GENERATED ALWAYS AS (length(title)) STORED;
	CREATE INDEX task_region_idx ON taskcrm.task (org_id, region);
	CREATE POLICY no_south ON taskcrm.task AS RESTRICTIVE USING (region <> 'south');
	CREATE VIEW public.north WITH (security_invoker) AS SELECT * FROM taskcrm.task WHERE region = 'north' AND status = 'New';
	GRANT SELECT ON public.north TO alice, carol;
};
my $exposed = q{
	SELECT taskcrm.tc_expose_column('task', 'region', writable => true), taskcrm.tc_expose_column('task', 'size', writable => true),
		taskcrm.tc_expose_column('task', 'title_length');
};
my $granted = join '', map {"SELECT taskcrm.tc_grant_access('$_', write => true);"} @clients;

my ($task, $other_task, $comment, $file) = (id(1, 'task', 1), id(1, 'task', 2), id(1, 'comment', 1), id(1, 'attachment', 2));
my ($alice, $bob, $erin) = map { user_id($_) } qw(alice bob erin);
my $create_with_key =
	qq{SELECT taskcrm.tc_create_task('{"title": "by the API", "description": "d", "assigned_to": ["$erin"], "teams": ["@{[id(1, 'team', 1)]}"],
		"contacts": ["@{[id(1, 'contact', 1)]}"], "region": "north", "size": "large", "attachments": [{"file_name": "f", "content": "AAEC"}]}', 'key')};
$node->safe_psql('crm', "$own_objects $exposed $granted");
my $long = "E'first\\n\\ttab \\\\ end' || (SELECT string_agg(md5(g::text), '') FROM generate_series(1, 150) g)";

# The history comes after this backup, so it is in the WAL alone.
$node->backup('base');
my @history = run_as(
	$node, 'alice',
	[   $create_with_key,
		'SELECT taskcrm.tc_purge_events(now())',
		qq{SELECT taskcrm.tc_update_task('$task', '{"title": "version 2", "assigned_to": ["$bob"], "size": "small"}')},
		qq{SELECT taskcrm.tc_update_task('$task', '{"status": "Completed", "contacts": []}')},
		"UPDATE taskcrm.task SET description = $long WHERE id = '$other_task'",
		"INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES ('$other_task', '$bob'), ('$other_task', '$erin')",
		"INSERT INTO taskcrm.task (title, region) VALUES ('by table', 'north')",
		"INSERT INTO taskcrm.task_comment (task_id, comment) VALUES ('$task', 'to \@bob and \@erin')",
		qq{SELECT taskcrm.tc_add_task_comment_or_attachment('$task', 'to \@erin', '{"file_name": "g", "content": "AP8="}')},
		qq{SELECT taskcrm.tc_edit_task_comment('$comment', 'to \@bob, edited')},
		qq{SELECT taskcrm.tc_delete_task_attachment('$file')},
		q{SELECT taskcrm.tc_update_account('} . id(1, 'account', 1) . q{', '{"name": "renamed"}')},
		q{SELECT taskcrm.tc_invite_member('zoe@a.example', 'admin')},
		q{SELECT taskcrm.tc_create_view('{"name": "open", "filters": {"status": "open"}}')},
		q{SELECT taskcrm.tc_create_webhook('https://a.example/in', '{task.*}', '{"status": "New"}')},
		# A task with a file in the bin.
		q{SELECT taskcrm.tc_delete_task((taskcrm.tc_create_task('{"title": "deleted", "attachments": [{"file_name": "f", "content": "AP8="}]}') ->> 'id')::uuid)} ]);
push @history, run_as(
	$node, undef,
	[   # An assigned and mentioned user who is no longer a member.
		"UPDATE taskcrm.member SET is_active = false WHERE user_id = '$bob'",
		"UPDATE taskcrm.app_user SET name = 'Robert', external_id = 'idp|bob' WHERE id = '$bob'",
		"UPDATE taskcrm.task SET region = 'north' WHERE title LIKE '%1'",
		q{SELECT taskcrm.tc_accept_finding('policies', 'no_south on task', 'of the auditor')},
		q{SELECT taskcrm.tc_add_jwt_key('k', 'HS256', 'a secret of at least thirty-two bytes')},
		# A mention that is not in the text, and a text whose mention was deleted.
		"DELETE FROM taskcrm.task_mention WHERE comment_id = '@{[id(1, 'comment', 2)]}'",
		"INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id) VALUES ('@{[org(1)]}', '@{[id(1, 'comment', 2)]}', '$erin')"
	]
);
is(join("\n", map { $_->{err} } grep { $_->{state} ne '00000' } @history), '', 'the history is written');

# ---------------------------------------------------------------------------
# What is compared.

my $is_table = "relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r'";
my @tables = split /\n/, $node->safe_psql('crm', "SELECT oid::regclass FROM pg_class WHERE $is_table ORDER BY 1");
foreach my $table (@tables)
{
	is($node->safe_psql('crm', "SELECT count(*) > 0 FROM $table"), 't', "there are rows in $table");
}

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

sub catalogue { return $_[0]->safe_psql($_[1], $catalogue) }

# The checks of tc_doctor() that fail.
sub wrong
{
	return $_[0]->safe_psql($_[1], q{SELECT string_agg("check", ' ' ORDER BY "check") FROM taskcrm.tc_doctor() WHERE NOT ok});
}

sub detail
{
	return $_[0]->safe_psql($_[1], "SELECT detail FROM taskcrm.tc_doctor() WHERE \"check\" = '$_[2]'");
}

# What clients get: they read, log in with a token, repeat a call with its key, and write; nothing
# remains.
my $token = token_of('HS256', 'a secret of at least thirty-two bytes', 'k', $alice, 3600);
my @reads = (
	'SELECT taskcrm.tc_whoami()',
	q{SELECT taskcrm.tc_list_tasks('{"limit": 100}')},
	q{SELECT taskcrm.tc_list_tasks('{"region": ["north", "nowhere"], "size": "small", "ordering": "region"}')},
	'SELECT x FROM taskcrm.tc_find_tasks() x',
	(map {"SELECT * FROM taskcrm.$_ t ORDER BY 1, 2"} qw(app_user member task_comment task_attachment_content)),
	'SELECT title, region FROM public.north ORDER BY id');
my @calls = (
	@reads, 'BEGIN', $create_with_key,
	"INSERT INTO taskcrm.task_team (task_id, team_id) VALUES ('$task', '@{[id(1, 'team', 2)]}') RETURNING team_id",
	"SELECT version FROM taskcrm.task WHERE id = '$task'",
	q{SELECT (taskcrm.tc_create_task('{"title": "new"}', 'another key') ->> 'version')},
	'SELECT taskcrm.tc_task_totals()', 'ROLLBACK');

sub answers
{
	my ($server, $database, $who) = @_;
	my @answers = run_as($server, 'alice', \@calls, database => $database);
	push @answers,
	  ( run_as($server, 'carol', \@reads, database => $database),
		run_as($server, 'bob', [ $reads[0] ], database => $database),
		run_as($server, 'gw', [ 'BEGIN', "SET LOCAL taskcrm.user_id = '$erin'", "SET LOCAL taskcrm.org_id = '@{[org(1)]}'", @reads[0, 1], 'COMMIT' ],
			database => $database),
		run_as($server, 'mallory', [ 'BEGIN', "SELECT taskcrm.tc_login('$token')", $reads[1], 'COMMIT' ], database => $database))
	  if $who eq 'all';
	return join "\n", map {"$_->{state} $_->{out}"} @answers;
}

my %right = (
	rows => all_rows($node, 'crm', 0),
	exact => all_rows($node, 'crm', 1),
	catalogue => catalogue($node, 'crm'),
	wrong => wrong($node, 'crm'),
	map { $_ => answers($node, 'crm', $_) } qw(alice all));
like($right{rows}, qr/^taskcrm\.task \{.*"version": [3-9]/m, 'a task that was changed');
like($right{alice}, qr/"count":\d+,.*"region":"north","size":"large"/, 'alice sees the columns of an administrator');
is(join(' ', grep { $_ ne '00000' } $right{all} =~ /^([0-9A-Z]{5}) /mg), '', 'and every call succeeds');
is($right{wrong}, 'gateway_trust', 'tc_doctor() finds what the test server has');

sub is_same
{
	my ($server, $database, $what, $is_exact) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;

	is(line_changes($right{ $is_exact ? 'exact' : 'rows' }, all_rows($server, $database, $is_exact)), '', "$what: every row is as it was");
	is(line_changes($right{catalogue}, catalogue($server, $database)),
		'', "$what: owners, rights, policies, triggers, constraints and indexes too");
	is(wrong($server, $database), $right{wrong}, "$what: tc_doctor() finds no problem");
	# In another cluster, all roles are others.
	my $who = $server == $node ? 'alice' : 'all';
	is(line_changes($right{$who}, answers($server, $database, $who)), '', "$what: clients get the same answers");
}

# ---------------------------------------------------------------------------
# The lines of the table.  Each begins with the words of its first column.

my %tested;

sub line { $tested{ $_[0] } = 1; note $_[0]; return $_[0] }

my $number = 0;

# A new database: empty, or with the extension, its tables and what the administrator added.
sub database
{
	my ($template) = @_;
	my $database = 'copy' . ++$number;

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE @{[$template // 'template0']}");
	return $database;
}

sub succeeds
{
	my ($what, @command) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$node->command_ok(\@command, "$what: $command[0]");
}

sub is_refused
{
	my ($what, $message, @command) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	$node->command_checks_all(\@command, 1, [], [$message], "$what: is refused");
}

my @psql = ('psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-o', "$files/out");
my @restore = ('pg_restore', '--exit-on-error');
my ($plain, $custom, $directory, $tar, $data, $all) =
  map {"$files/$_"} qw(plain.sql custom.dump directory tar.dump data.dump all.sql);
my @schemas = ('--schema=taskcrm', '--schema=taskcrm_internal');

# --- A base backup, and the WAL to a point in time ---

my $what = line('`pg_basebackup`, and WAL up to a point in time');
$node->safe_psql('crm', q{SELECT pg_create_restore_point('here')});
my $later = $node->safe_psql('crm', q{SELECT taskcrm.tc_create_organization('after the point')});
$node->safe_psql('crm', 'SELECT pg_switch_wal()');
my $recovered = PostgreSQL::Test::Cluster->new('recovered');
$recovered->init_from_backup($node, 'base', has_restoring => 1, standby => 0);
$recovered->append_conf('postgresql.conf',
	"recovery_target_name = 'here'\nrecovery_target_action = promote\narchive_mode = off\n");
$recovered->start;
$recovered->poll_query_until('crm', 'SELECT NOT pg_is_in_recovery()') or die 'not recovered';
is_same($recovered, 'crm', $what, 1);
$recovered->stop;
$node->safe_psql('crm', "SELECT taskcrm.tc_delete_organization('$later')");
# The rest of this test needs no WAL.
$node->safe_psql('postgres', q{ALTER SYSTEM SET archive_command = 'true'});
$node->reload;

# --- The files ---

succeeds('files', 'pg_dump', '-f', $plain, 'crm');
succeeds('files', 'pg_dump', '-Fc', '-f', $custom, 'crm');
succeeds('files', 'pg_dump', '-Fd', '-j', '4', '-f', $directory, 'crm');
succeeds('files', 'pg_dump', '-Ft', '-f', $tar, 'crm');
succeeds('files', 'pg_dump', '-Fc', '--data-only', '-f', $data, 'crm');
succeeds('files', 'pg_dumpall', '-f', $all);
unlike(slurp_file($plain), qr/LANGUAGE c\b/i, 'a dump contains no C function');

# --- The whole database, where its roles exist ---

my %whole = (
	line('`pg_dump`, `psql`') => [ @psql, '-f', $plain ],
	line('`pg_dump -Fc`, `pg_restore`') => [ @restore, $custom ],
	line('`pg_dump -Ft`, `pg_restore`') => [ @restore, $tar ],
	line('`pg_dump -Fd -j 4`, `pg_restore -j 4`') => [ @restore, '-j', '4', $directory ]);
foreach my $way (sort keys %whole)
{
	my $database = database();
	my ($program, @arguments) = @{ $whole{$way} };
	succeeds($way, $program, '-d', $database, @arguments);
	is_same($node, $database, $way, 1);
}

$what = line('`pg_restore --section=pre-data`, `data`, `post-data`');
my $database = database();
succeeds($what, @restore, "--section=$_", '-d', $database, $custom) foreach qw(pre-data data post-data);
is_same($node, $database, $what, 1);

$what = line('`pg_dump` as a role with BYPASSRLS and `pg_read_all_data`');
$node->safe_psql('postgres', 'CREATE ROLE dumper LOGIN BYPASSRLS IN ROLE pg_read_all_data; CREATE ROLE reader LOGIN IN ROLE pg_read_all_data');
succeeds($what, 'pg_dump', '-U', 'dumper', '-Fc', '-f', "$files/dumper.dump", 'crm');
$database = database();
succeeds($what, @restore, '-d', $database, "$files/dumper.dump");
is_same($node, $database, $what, 1);

$what = line('`pg_dump` as another role');
is_refused("$what, which may read everything", qr/query would be affected by row-level security policy for table "account"/,
	'pg_dump', '-U', 'reader', '-f', "$files/refused", 'crm');
is_refused("$what, a client", qr/permission denied for schema taskcrm_internal/,
	'pg_dump', '-U', 'alice', '-f', "$files/refused", 'crm');

$what = line('`pg_dump --role=taskcrm_owner`');
is_refused($what, qr/query would be affected by row-level security policy for table "account"/,
	'pg_dump', '--role=taskcrm_owner', '-f', "$files/refused", 'crm');

$what = line('`pg_dump --enable-row-security`');
succeeds($what, 'pg_dump', '--role=taskcrm_owner', '--enable-row-security', '-Fc', '-f', "$files/empty.dump", 'crm');
$database = database();
succeeds($what, @restore, '-d', $database, "$files/empty.dump");
is($node->safe_psql($database, 'SELECT count(*) FROM taskcrm.task'), '0', "$what: has no tasks");

$what = line('`CREATE DATABASE ... TEMPLATE`');
$database = database('crm');
is_same($node, $database, $what, 1);

# --- Into a database that has the tables ---

$what = line('`pg_restore --clean --if-exists`');
$node->safe_psql($database,
	q{DROP POLICY no_south ON taskcrm.task; DROP VIEW public.north; DELETE FROM taskcrm.task_mention; ALTER TABLE taskcrm.task DROP COLUMN title_length;
	SELECT taskcrm.tc_delete_organization('} . org(2) . q{')});
succeeds($what, @restore, '--clean', '--if-exists', '--single-transaction', '-d', $database, $custom);
is_same($node, $database, $what, 1);

$what = line('`pg_restore` into a database that has the tables');
is_refused($what, qr/ERROR:  \w+ "\w+" already exists/, @restore, '-d', $database, $custom);
is_refused("$what, and every error ignored", qr/warning: errors ignored on restore/, 'pg_restore', '-d', $database, $custom);
like(wrong($node, $database), qr/\bcounters\b.*\bversion\b/, "$what: tc_doctor() finds what came twice");
$node->safe_psql($database, 'CALL taskcrm.tc_install(); SELECT taskcrm.tc_recount()');
is_same($node, $database, "$what, and every error ignored", 0);

# --- Without something ---

$what = line('`pg_restore --no-owner`');
$database = database();
succeeds($what, @restore, '--no-owner', '-d', $database, $custom);
like(detail($node, $database, 'owner'), qr/belongs to role .*, which is a superuser/, "$what: tc_doctor() names the owner");
is(run_one($node, 'alice', 'SELECT taskcrm.tc_list_tasks()', database => $database)->{state}, '55000', "$what: every call is refused");
$node->safe_psql($database, 'CALL taskcrm.tc_install()');
is_same($node, $database, $what, 1);

$what = line('`pg_restore --no-privileges`');
$database = database();
succeeds($what, @restore, '--no-privileges', '-d', $database, $custom);
$node->safe_psql($database, 'CALL taskcrm.tc_install()');
like(detail($node, $database, 'client_access'), qr/gateway gw cannot call the API; login alice cannot call the API/,
	"$what: tc_doctor() names the logins");
$node->safe_psql($database, "$granted GRANT SELECT ON public.north TO alice, carol");
is_same($node, $database, $what, 1);

$what = line('`pg_restore` as a role that is no superuser');
$node->safe_psql('postgres', 'CREATE ROLE keeper LOGIN CREATEDB BYPASSRLS; CREATE DATABASE kept OWNER keeper TEMPLATE template0');
is_refused($what, qr/permission denied to create extension "taskcrm"/, @restore, '-U', 'keeper', '--no-owner', '-d', 'kept', $custom);

$what = line('`pg_restore --schema-only`');
$database = database();
succeeds($what, @restore, '--schema-only', '-d', $database, $custom);
like(detail($node, $database, 'version'), qr/^the tables are at version none/, "$what: tc_doctor() says what is missing");
$node->safe_psql($database, 'CALL taskcrm.tc_install()');
is(all_rows($node, $database, 0), 'version ' . $node->safe_psql('crm', 'SELECT version FROM taskcrm_internal.installation'), "$what: there is no row");
is(line_changes($right{catalogue}, catalogue($node, $database)), '', "$what: and every rule");
# What was exposed and accepted is in rows.
is(wrong($node, $database), 'client_rights policies', "$what: tc_doctor() finds what the rows would explain");
$node->safe_psql($database, "$exposed SELECT taskcrm.tc_accept_finding('policies', 'no_south on task', 'of the auditor')");
is(wrong($node, $database), '', "$what: and then nothing");

$what = line('`pg_dump --exclude-table-data=taskcrm.task_attachment_content`');
$database = database();
succeeds($what, 'pg_dump', '-Fc', '--exclude-table-data=taskcrm.task_attachment_content', '-f', "$files/thin.dump", 'crm');
succeeds($what, @restore, '-d', $database, "$files/thin.dump");
is(detail($node, $database, 'contents'), 'attachments whose content is missing: 8', "$what: tc_doctor() counts the attachments");
succeeds($what, @restore, '--data-only', '--table=task_attachment_content', '-d', $database, $custom);
is_same($node, $database, $what, 1);

# --- One schema, or both ---

$what = line('`pg_restore --schema=taskcrm --schema=taskcrm_internal`');
$database = database();
is_refused("$what into an empty database", qr/schema "taskcrm" does not exist/, @restore, @schemas, '-d', $database, $custom);
$node->safe_psql($database, 'CREATE EXTENSION taskcrm');
# Types and views of the administrator are elsewhere.
$node->safe_psql($database, q{CREATE TYPE public.size AS ENUM ('small', 'large')});
succeeds($what, @restore, @schemas, '-d', $database, $custom);
is(run_one($node, undef, 'SELECT taskcrm.tc_create_user($$x@y.example$$)', database => $database)->{state}, '55000', "$what: calls are refused");
like(detail($node, $database, 'owner'), qr/lacks USAGE on schema taskcrm/, "$what: tc_doctor() says why");
$node->safe_psql($database, "CALL taskcrm.tc_install(); $granted");
$node->safe_psql($database, $own_objects =~ s/.*(?=CREATE VIEW)//sr);
is_same($node, $database, $what, 1);

$what = line('`pg_restore --schema=taskcrm`');
$database = database();
$node->safe_psql($database, q{CREATE EXTENSION taskcrm; CREATE TYPE public.size AS ENUM ('small', 'large')});
run_command([ 'pg_restore', '--schema=taskcrm', '-d', $database, $custom ]);
my $refused = run_one($node, undef, 'CALL taskcrm.tc_install()', database => $database);
is($refused->{state}, '55000', "$what: tc_install() adopts nothing");
like($refused->{err}, qr/HINT:  .*restore the table installation too/, "$what: and says what is missing");
succeeds($what, @restore, '--schema=taskcrm_internal', '-d', $database, $custom);
$node->safe_psql($database, "CALL taskcrm.tc_install(); $granted");
$node->safe_psql($database, $own_objects =~ s/.*(?=CREATE VIEW)//sr);
is_same($node, $database, $what, 1);

# --- Only the data ---

# With \copy, in an order that the foreign keys allow.
my $copy = "SET row_security = off;\nSET check_function_bodies = off;\n";
foreach my $table (
	(map { qualified($_) } qw(organization app_user member login gateway jwt_key account contact team team_member deleted_task)),
	sort { $a !~ /\.task$/ <=> $b !~ /\.task$/ || $a !~ /task_(?:comment|attachment)$/ <=> $b !~ /task_(?:comment|attachment)$/ } @tables)
{
	next if $table eq 'taskcrm_internal.installation' || $copy =~ m{/$table\.copy'};
	my $columns = $node->safe_psql('crm', qq{SELECT string_agg(quote_ident(attname), ', ') FROM pg_attribute
		WHERE attrelid = '$table'::regclass AND attnum > 0 AND NOT attisdropped AND attgenerated = ''});
	$node->safe_psql('crm', "\\copy $table ($columns) TO '$files/$table.copy'");
	$copy .= "\\copy $table ($columns) FROM '$files/$table.copy'\n";
}
append_to_file("$files/copy.sql", $copy);
foreach my $inserts ('--inserts', '--column-inserts') {
	succeeds('files', 'pg_dump', '--data-only', $inserts, '-f', "$files/data$inserts.sql", 'crm');
}

$node->safe_psql('postgres', 'CREATE DATABASE installed TEMPLATE template0');
install_extension($node, 'installed');
install_tables($node, 'installed');
$node->safe_psql('installed', $own_objects);

# A full dump contains the data in the order of the table names; PostgreSQL uses the order of
# the foreign keys only in a data-only dump.
$what = line('`pg_restore --data-only` of a dump of the whole');
$database = database('installed');
my $empty = all_rows($node, $database, 1);
is_refused($what, qr/violates foreign key constraint/, @restore, '--data-only', '--single-transaction', '-d', $database, $custom);
is(all_rows($node, $database, 1), $empty, "$what: and no row is written");

# line => [command, whether triggers fire].
my %data = (
	line('`pg_dump --data-only`, `pg_restore`') => [ [ @restore, $data ], 1 ],
	line('`pg_dump --data-only --inserts`, `psql`') => [ [ @psql, '-f', "$files/data--inserts.sql" ], 1 ],
	line('`pg_dump --data-only --column-inserts`, `psql`') =>
	  [ [ @psql, '--single-transaction', '-f', "$files/data--column-inserts.sql" ], 1 ],
	line('`\copy` of each table, referenced tables first, with `row_security` and `check_function_bodies` off, as in a dump') => [ [ @psql, '-f', "$files/copy.sql" ], 1 ],
	line('`pg_restore --data-only --disable-triggers`') => [ [ @restore, '--data-only', '--disable-triggers', $custom ], 0 ],
	line('`pg_restore --data-only --disable-triggers -j 4`') =>
	  [ [ @restore, '--data-only', '--disable-triggers', '-j', '4', $directory ], 0 ]);
foreach my $way (sort keys %data)
{
	my ($command, $fires) = @{ $data{$way} };

	$database = database('installed');
	my ($program, @arguments) = @$command;
	succeeds($way, $program, '-d', $database, @arguments);
	# If triggers fire, they count the restored tasks in addition to the restored counters.
	# pg_restore enables all triggers in the default mode afterwards, including those that should be
	# ALWAYS.
	like(wrong($node, $database), $fires ? qr/\bcounters\b/ : qr/\bdisabled_triggers\b/, "$way: tc_doctor() says what to do");
	like(detail($node, $database, 'client_access'), qr/login alice cannot call the API/, "$way: and that rights are missing");
	$node->safe_psql($database, 'CALL taskcrm.tc_install()');
	is($node->safe_psql($database, 'SELECT count(*) > 0 FROM taskcrm.tc_check_counts()'), $fires ? 't' : 'f', "$way: the counters");
	$node->safe_psql($database, 'SELECT taskcrm.tc_recount()') if $fires;
	$node->safe_psql($database, $granted);
	is_same($node, $database, $way, 0);
}

# tc_install() adds the keys, so the data is refused as above; post-data reports that its objects
# exist, and adds those of the administrator.
$what = line('`pg_restore --section=pre-data`, then `tc_install()`');
$database = database();
succeeds($what, @restore, '--section=pre-data', '-d', $database, $custom);
$node->safe_psql($database, 'CALL taskcrm.tc_install()');
$empty = all_rows($node, $database, 1);
is_refused($what, qr/violates foreign key constraint/, 'pg_restore', '--single-transaction', '--section=data', '-d', $database, $custom);
is(all_rows($node, $database, 1), $empty, "$what: and no row is written");
my @post = run_command([ 'pg_restore', '--section=post-data', '-d', $database, $custom ]);
is(join("\n", grep { /ERROR/ && !/already exists|multiple primary keys/ } split /\n/, $post[1]), '', "$what: post-data adds what is missing");
succeeds($what, @restore, '--data-only', '--disable-triggers', '-d', $database, $custom);
$node->safe_psql($database, 'CALL taskcrm.tc_install()');
is_same($node, $database, $what, 0);

# ---------------------------------------------------------------------------
# Another cluster.  Its roles have other OIDs.

my $other = new_cluster('other');
$other->safe_psql('postgres', 'SELECT count(lo_unlink(lo_create(0))) FROM generate_series(1, 200)');

sub on_other
{
	my (@command) = @_;
	local $ENV{PGHOST} = $other->host;
	local $ENV{PGPORT} = $other->port;
	return run_command(\@command);
}

sub owners
{
	return $other->safe_psql('bare', "SELECT DISTINCT pg_get_userbyid(relowner) FROM pg_class WHERE $is_table");
}

# --- Neither the owner nor the clients exist ---

$what = line('`pg_restore` into a cluster without the roles');
$other->safe_psql('postgres', 'CREATE DATABASE bare');
like((on_other('pg_restore', '-d', 'bare', $custom))[1], qr/role "taskcrm_owner" does not exist/, "$what: reports errors");

my @closed = (
	(map {"SELECT taskcrm.$_"} 'tc_current_user()', 'tc_current_org()', 'tc_current_role()', 'tc_whoami()', 'tc_list_tasks()',
		'tc_find_task_ids()', 'tc_find_tasks()', q{tc_create_account('x')}),
	'TABLE taskcrm.task', 'TABLE taskcrm.app_user', q{INSERT INTO taskcrm.task (title) VALUES ('x')});
my @closed_to_superusers =
  ((grep {/SELECT/} @closed), map {"SELECT taskcrm.$_"} q{tc_create_organization('x')}, q{tc_create_user('x@y')});
sub is_closed
{
	my ($why, $login, @statements) = @_;
	my @results = run_as($other, $login, \@statements, database => 'bare');

	foreach my $i (0 .. $#results)
	{
		is($results[$i]{state}, '55000', "$why: " . ($login // 'superuser') . " gets an error: $statements[$i]");
		like($results[$i]{err}, qr/HINT:  Run CALL taskcrm\.tc_install\(\)/, 'the hint names the remedy');
	}
}
# Privileges granted by hand, as an administrator might try if nothing works.
$other->safe_psql(
	'bare',
	q{CREATE ROLE alice LOGIN; GRANT USAGE ON SCHEMA taskcrm TO alice; GRANT ALL ON ALL TABLES IN SCHEMA taskcrm TO alice;
	GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA taskcrm TO alice}
);
is_closed('without the owner', undef, @closed_to_superusers);
is_closed('without the owner', 'alice', @closed);

is(run_one($other, undef, 'CALL taskcrm.tc_install()', database => 'bare')->{state}, '00000', "$what: CALL tc_install() repairs it");
is(owners(), 'taskcrm_owner', 'taskcrm_owner owns all tables again');
is(sql_value($other, 'alice', 'SELECT taskcrm.tc_current_user()', database => 'bare'),
	'', 'security 12: a role with the same name in another cluster has no identity');
is(sql_value($other, 'alice', 'SELECT count(*) FROM taskcrm.task', database => 'bare'), '0', 'and sees no tasks');
is($other->safe_psql('bare', q{SELECT role, kind, result FROM taskcrm.tc_relink_roles() ORDER BY 1}),
	join("\n",
		'alice|login|relinked',
		(map {"$_|login|no such role"} qw(bob carol dirk erin)),
		'gw|gateway|no such role'),
	'tc_relink_roles() reports each role'
);
$other->safe_psql('bare', q{DROP OWNED BY alice; DROP ROLE alice});
create_roles($other);
is( $other->safe_psql('bare', q{SELECT DISTINCT result FROM taskcrm.tc_relink_roles()}),
	'relinked', 'a second call relinks roles that were created later');
$other->safe_psql('bare', "$granted GRANT SELECT ON public.north TO alice, carol");
is_same($other, 'bare', $what, 0);

# If the owner of the tables becomes able to bypass row-level security, every function raises
# an error again.
foreach my $attribute ('SUPERUSER', 'BYPASSRLS')
{
	$other->safe_psql('bare', "ALTER ROLE taskcrm_owner $attribute");
	is_closed("an owner with $attribute", 'alice', @closed);
	$other->safe_psql('bare', "ALTER ROLE taskcrm_owner NO$attribute");
}
is(line_changes($right{alice}, answers($other, 'bare', 'alice')), '', 'security 1: after the attribute is removed, clients get the same answers');
$other->safe_psql('bare', 'CREATE ROLE keeper NOLOGIN; CALL taskcrm.tc_install(owner => $$keeper$$)');
is(line_changes($right{alice}, answers($other, 'bare', 'alice')), '', 'a different owner works as well');
$other->safe_psql('bare', 'CALL taskcrm.tc_install()');
is(owners(), 'keeper', 'the next tc_install() keeps that owner');

# --- Everything, or the roles first ---

$other->safe_psql('postgres', $_)
  foreach 'DROP DATABASE bare', "DROP ROLE keeper, taskcrm_owner, @{[join ', ', @clients]}";
$what = line('`pg_dumpall`, `psql`');
my @errors = grep {/ERROR/} split /\n/, (on_other('psql', '-X', '-q', '-o', "$files/out", '-f', $all, '-d', 'postgres'))[1];
is(scalar @errors, 1, "$what: one error") or diag explain \@errors;
like($errors[0], qr/role "\w+" already exists/, "$what: that the superuser exists");
like(detail($other, 'crm', 'role_links'), qr/login alice was linked to another role of this name/, "$what: tc_doctor() names the logins");
is(sql_value($other, 'alice', 'SELECT taskcrm.tc_current_user()'), '', 'security 12: which have no identity');
is($other->safe_psql('crm', 'SELECT DISTINCT result FROM taskcrm.tc_relink_roles()'), 'relinked', "$what: tc_relink_roles()");
is_same($other, 'crm', $what, 0);

$what = line('`pg_dumpall --roles-only`, `pg_dump`, `pg_restore`');
$other->safe_psql('postgres', 'CREATE DATABASE second TEMPLATE template0');
is((on_other(@restore, '-d', 'second', $custom))[1], '', "$what: without an error");
$other->safe_psql('second', 'SELECT taskcrm.tc_relink_roles()');
is_same($other, 'second', $what, 0);

# ---------------------------------------------------------------------------
# Each line of the table is tested.

my ($section) = slurp_file("$FindBin::RealBin/../../doc/backups.md") =~ /^## What works\n(.*?)^## /ms;
is_deeply([ sort($section =~ /^\| (`.*?) \| /mg) ], [ sort keys %tested ], 'doc/backups.md has these lines');

$_->stop foreach $node, $other;
done_testing();
