# Upgrades from every released version: a new installation, an upgraded database, a restored
# dump, and databases whose upgrade was interrupted or whose tables users had altered have equal
# objects (test/upgrade/objects.sql) and keep every row.  The library of one version under the
# script of the other: each call works, in sessions that stay open.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use UpgradeTest;

my $new = new_version();
my @released = grep { $_ ne $new } released_versions();
plan skip_all => "no version before $new has been released" unless @released;

my $installation = private_installation();
my $extension = $installation->{extension};
put_file(upgrade_file("taskcrm--$_.sql"), "$extension/taskcrm--$_.sql") foreach @released;
my $library = slurp_file("$installation->{lib}/taskcrm.so");
my $has_new = -e "$extension/taskcrm--$new.sql";
die "version $new is not installed: run make install" unless $has_new;

# The version that users have, and its library, which test/upgrade/library builds.
my $old = $released[-1];
my $old_library = upgrade_file("taskcrm--$old.so");
my $has_library = -e $old_library;
my $new_library = "$PostgreSQL::Test::Utils::tmp_check/taskcrm-$new.so";
put_file("$installation->{lib}/taskcrm.so", $new_library);
put_file($old_library, "$installation->{lib}/taskcrm.so") if $has_library;

my $node = own_cluster('upgrade', $installation);
create_roles($node);

# The roles' rights, and rows in every table.
sub fill
{
	my ($database) = @_;
	create_people($node, $database);
	fill_tenant($node, $database, $_, 3) foreach 1, 2;
	$node->safe_psql($database, q{
		ALTER TABLE taskcrm.task ADD x_hours integer;
		SELECT taskcrm.tc_expose_column('task', 'x_hours', true)});
	grant_roles($node, $database);
	$node->safe_psql($database, q{
		UPDATE taskcrm.task SET x_hours = 3;
		UPDATE taskcrm.organization SET external_id = 'ext-' || name;
		SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('s', 40));
		CREATE POLICY x_policy ON taskcrm.task AS RESTRICTIVE USING (true);
		SELECT taskcrm.tc_accept_finding('policies', 'x_policy on task', 'for the test');
	});
	foreach my $login (qw(alice carol))
	{
		my @results = run_as($node, $login, [
			q{SELECT taskcrm.tc_create_task('{"title": "kept", "description": "kept"}', 'key')},
			q{SELECT taskcrm.tc_invite_member('new@example.org')} ], database => $database);
		is(join(' ', map { $_->{state} } @results), '00000 00000', "$database: $login writes") or diag explain \@results;
	}
}

sub create_old
{
	my ($database, $version) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, "CREATE EXTENSION taskcrm VERSION '$version'; CALL taskcrm.tc_install()");
	fill($database);
}

sub copy_database
{
	my ($from, $to) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $to TEMPLATE $from");
}

sub upgrade
{
	my ($database) = @_;
	$node->safe_psql($database, 'ALTER EXTENSION taskcrm UPDATE; CALL taskcrm.tc_install()');
}

# What users add in this test has names that begin with x_.
my $users = qr/\bx_/;

sub is_like_new
{
	my ($database, $wanted, $rows, $query) = @_;
	same_lines(objects($node, $database), $wanted, "$database: the objects of a new installation", $users);
	same_lines(rows($node, $database, $query), $rows, "$database: every row as it was");
	is($node->safe_psql($database, q{SELECT string_agg("check" || ': ' || detail, E'\n') FROM taskcrm.tc_doctor()
		WHERE NOT ok AND "check" <> 'gateway_trust'}), '', "$database: tc_doctor() finds no problem");
}

# Calls of each kind, undone.
sub calls
{
	my ($session, $what) = @_;
	my ($task, $comment, $file) = map { id(1, $_, 1) } qw(task comment attachment);
	my $user = user_id('bob');
	my @calls = (
		'BEGIN', 'SELECT taskcrm.tc_whoami()', q{SELECT taskcrm.tc_list_tasks('{"search": "task", "ordering": "-updated_on"}')},
		'SELECT taskcrm.tc_task_totals()', 'SELECT count(*) FROM taskcrm.tc_find_tasks()', 'SELECT count(*) FROM taskcrm.task',
		qq{SELECT taskcrm.tc_create_task('{"title": "t", "x_hours": 4, "assigned_to": ["$user"]}', 'k')},
		qq{SELECT taskcrm.tc_get_task('$task')},
		qq{SELECT taskcrm.tc_update_task('$task', '{"status": "Completed", "assigned_to": ["$user"]}')},
		qq{SELECT taskcrm.tc_add_task_comment_or_attachment('$task', 'to \@bob', '{"file_name": "f", "content": "AAEC"}')},
		qq{SELECT taskcrm.tc_edit_task_comment('$comment', 'new')}, qq{SELECT taskcrm.tc_get_task_attachment('$file')},
		q{SELECT taskcrm.tc_create_account('x')}, q{SELECT taskcrm.tc_list_members('{}')},
		qq{SELECT taskcrm.tc_http_request('GET', '/api/tasks/$task/')},
		qq{UPDATE taskcrm.task SET title = 'direct' WHERE id = '$task'}, qq{SELECT taskcrm.tc_delete_task('$task')}, 'ROLLBACK');
	my @failed;
	foreach my $call (@calls)
	{
		my $result = $session->run($call);
		push @failed, "$call: $result->{state} $result->{err}" if $result->{state} ne '00000';
	}
	is(join("\n", @failed), '', "$what: " . @calls . ' statements');
}

# --- a session that stays open ---

create_old('crm', $old);
my $open = new_session($node, 'alice');
calls($open, "library and script of $old");
put_file($new_library, "$installation->{lib}/taskcrm.so");

my $later = new_session($node, 'alice');
calls($open, $has_library ? "library of $old, opened before it was replaced" : "library of $new, script of $old");
calls($later, "library of $new, script of $old");
my $query = rows_query($node, 'crm');
my $rows = rows($node, 'crm', $query);
$node->safe_psql('crm', 'ALTER EXTENSION taskcrm UPDATE');
calls($open, 'the session opened before, script upgraded');
calls($later, 'library and script upgraded, tables not');
$node->safe_psql('crm', 'CALL taskcrm.tc_install()');
# The old library does not have the functions of new triggers, so what they would have to follow
# is refused.
if ($has_library)
{
	my ($read, $written) = map { $open->run($_)->{state} } q{SELECT taskcrm.tc_list_tasks('{"search": "task"}')},
		qq{SELECT taskcrm.tc_create_task('{"title": "t", "assigned_to": ["@{[user_id('bob')]}"]}')};
	is("$read $written", '00000 42883', 'the session opened before, tables upgraded: reads, and writes no links');
}
else
{
	calls($open, 'the session opened before, tables upgraded');
}
calls($later, 'all upgraded');
SKIP:
{
	skip "the library of $old was not built: see test/upgrade/library", 1 unless $has_library;
	my $maps = join '', map { slurp_file("/proc/$_/maps") } $open->value('SELECT pg_backend_pid()');
	like($maps, qr/taskcrm\.so \(deleted\)/, 'the open session has the old library');
}
$_->quit foreach $open, $later;

# --- the comparison ---

$node->safe_psql('postgres', 'CREATE DATABASE fresh');
$node->safe_psql('fresh', 'CREATE EXTENSION taskcrm; CALL taskcrm.tc_install()');
fill('fresh');
my $wanted = [ grep { !/$users/ } @{ objects($node, 'fresh') } ];
cmp_ok(scalar @$wanted, '>', 1000, 'a new installation has objects to compare');
is_like_new('crm', $wanted, $rows, $query);

# Symbols of C functions that both scripts name have the same signature.  The library has every
# one of an old script, or CREATE EXTENSION would have failed.
my $signatures = q{SELECT p.prosrc, p.prokind, p.proretset, p.proisstrict, p.prorettype::regtype, oidvectortypes(p.proargtypes)
	FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang AND l.lanname = 'c'
	WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) ORDER BY 1, 6};
my %now = map { my ($symbol) = split /\|/; ($symbol => 1) } my @now = split /\n/, $node->safe_psql('fresh', $signatures);
my %of_now = map { $_ => 1 } @now;

foreach my $version (@released)
{
	my $suffix = $version =~ tr/./_/r;
	create_old("old_$suffix", $version);
	my @changed = grep { my ($symbol) = split /\|/; $now{$symbol} && !$of_now{$_} }
		split /\n/, $node->safe_psql("old_$suffix", $signatures);
	is(join("\n", @changed), '', "$version: no C symbol has another signature");
	my $old_query = rows_query($node, "old_$suffix");
	my $old_rows = rows($node, "old_$suffix", $old_query);
	is(scalar(() = $node->safe_psql("old_$suffix", q{SELECT relname FROM pg_class c WHERE relkind = 'r'
		AND relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)}) =~ /^(?!installation$)(\w+)$/mg),
		scalar(keys %{ { map { (split / /)[0] => 1 } @$old_rows } }), "$version: every table has rows");

	copy_database("old_$suffix", "upgraded_$suffix");
	upgrade("upgraded_$suffix");
	is_like_new("upgraded_$suffix", $wanted, $old_rows, $old_query);

	# A dump creates the extension in its current version, and tables as they were.
	foreach my $source ("old_$suffix", "upgraded_$suffix")
	{
		my $file = "$PostgreSQL::Test::Utils::tmp_check/$source.sql";
		$node->command_ok([ 'pg_dump', '-p', $node->port, '-h', $node->host, '-f', $file, $source ], "$source: dumped");
		$node->safe_psql('postgres', "CREATE DATABASE restored_$source TEMPLATE template0");
		my ($out, $err);
		IPC::Run::run([ 'psql', '-X', '-q', '-p', $node->port, '-h', $node->host, '-d', "restored_$source", '-f', $file ],
			'>', \$out, '2>', \$err);
		# It grants the owner of the tables functions that may be gone.
		is(join("\n", grep { /ERROR:/ && !/function taskcrm_internal\.\w+\(.*\) does not exist/ } split /\n/, $err), '',
			"$source: restored");
		$node->safe_psql("restored_$source", 'CALL taskcrm.tc_install()');
		is_like_new("restored_$source", $wanted, $old_rows, $old_query);
	}
}

# --- two upgrades in turn ---

my $suffix = $released[0] =~ tr/./_/r;
my $template = "old_$suffix";
my $template_query = rows_query($node, $template);
my $template_rows = rows($node, $template, $template_query);
{
	my $functions;
	my $awk = "$FindBin::RealBin/../../sql/upgrade/functions.awk";
	IPC::Run::run [ 'awk', '-f', $awk, "$extension/taskcrm--$new.sql" ], '>', \$functions or die "awk: $?";
	append_to_file("$extension/taskcrm--$new--999.sql", $functions);
	copy_database($template, 'twice');
	$node->safe_psql('twice', q{ALTER EXTENSION taskcrm UPDATE TO '999'; CALL taskcrm.tc_install()});
	same_lines(objects($node, 'twice'), $wanted, 'twice: the objects of a new installation', $users);
	same_lines(rows($node, 'twice', $template_query), $template_rows, 'twice: every row as it was');
}

# --- interrupted ---

# Starts a statement, and waits until it waits for a lock.
sub start_blocked
{
	my ($database, $statement) = @_;
	my ($out, $err) = ('', '');
	my $job = IPC::Run::start(
		[ 'psql', '-X', '-p', $node->port, '-h', $node->host, '-d', $database, '-c', $statement ],
		'<', \undef, '>', \$out, '2>', \$err);
	$node->poll_query_until('postgres', qq{SELECT count(*) = 1 FROM pg_stat_activity
		WHERE datname = '$database' AND wait_event_type = 'Lock'}) or die "$statement does not wait";
	return $job;
}

copy_database($template, 'killed');
my $before = objects($node, 'killed');
my $blocker = new_session($node, undef, database => 'killed');
$blocker->run('BEGIN; ALTER FUNCTION taskcrm_internal.wanted_triggers() COST 99');
my $job = start_blocked('killed', 'ALTER EXTENSION taskcrm UPDATE');
my $pid = $node->safe_psql('postgres',
	q{SELECT pid FROM pg_stat_activity WHERE datname = 'killed' AND wait_event_type = 'Lock'});
is(kill('KILL', $pid), 1, 'the backend that upgrades is killed');
IPC::Run::finish($job);
eval { $blocker->quit };
$node->poll_query_until('postgres', 'SELECT true') or die 'the server has not recovered';
is($node->safe_psql('killed', q{SELECT extversion FROM pg_extension WHERE extname = 'taskcrm'}), $released[0],
	'killed: nothing is upgraded');
same_lines(objects($node, 'killed'), $before, 'killed: the objects are the old ones');
upgrade('killed');
is_like_new('killed', $wanted, $template_rows, $template_query);

# --- tables that users altered ---

copy_database($template, 'altered');
$node->safe_psql('altered', q{
	ALTER TABLE taskcrm.task ADD x_dropped text DEFAULT 'x';
	ALTER TABLE taskcrm.task DROP x_dropped;
	ALTER TABLE taskcrm.contact ADD x_required numeric NOT NULL DEFAULT 7.5, ADD CONSTRAINT x_key UNIQUE (x_required, id),
		ADD x_generated integer GENERATED ALWAYS AS (length(first_name)) STORED;
	CREATE INDEX x_index ON taskcrm.contact (x_generated);
	CREATE STATISTICS taskcrm.x_statistics ON first_name, last_name FROM taskcrm.contact;
	-- Another order of columns.
	ALTER TABLE taskcrm.contact ADD x_email text;
	UPDATE taskcrm.contact SET x_email = email;
	ALTER TABLE taskcrm.contact DROP email;
	ALTER TABLE taskcrm.contact ADD email text;
	UPDATE taskcrm.contact SET email = x_email;
	COMMENT ON COLUMN taskcrm.contact.email IS 'The email address.';
	DROP INDEX taskcrm.task_status_idx;
	DROP POLICY tenant_select ON taskcrm.task_comment;
	ALTER POLICY tenant_update ON taskcrm.account USING (false);
	ALTER TABLE taskcrm.task RENAME CONSTRAINT task_account_id_fkey TO x_fkey;
	ALTER TABLE taskcrm.team RENAME CONSTRAINT team_pkey TO x_pkey;
	ALTER TABLE taskcrm.task_team DROP CONSTRAINT task_team_task_id_fkey;
	ALTER TABLE taskcrm.task DROP CONSTRAINT task_title_check;
	ALTER TABLE taskcrm.task ALTER status DROP DEFAULT, ALTER priority SET DEFAULT 'Low', ALTER title DROP NOT NULL;
	ALTER TABLE taskcrm.task ALTER title SET STATISTICS 0;
	ALTER TABLE taskcrm.task DISABLE TRIGGER ALL;
	DROP TRIGGER counted_insert ON taskcrm.task;
	ALTER TABLE taskcrm.account NO FORCE ROW LEVEL SECURITY;
	ALTER TABLE taskcrm.account DISABLE ROW LEVEL SECURITY;
	ALTER TABLE taskcrm.team REPLICA IDENTITY NOTHING;
	COMMENT ON COLUMN taskcrm.task.title IS NULL;
	GRANT ALL ON TABLE taskcrm.task TO PUBLIC;
	REVOKE ALL ON TABLE taskcrm.team FROM taskcrm_owner;
	REVOKE EXECUTE ON FUNCTION taskcrm.tc_current_org() FROM PUBLIC;
	ALTER TABLE taskcrm.contact OWNER TO CURRENT_USER;
	DELETE FROM taskcrm_internal.task_text;
	CREATE TABLE taskcrm.x_own (id integer)});
$node->safe_psql('altered', 'ALTER EXTENSION taskcrm UPDATE');
$blocker = new_session($node, undef, database => 'altered');
$blocker->run('BEGIN; LOCK TABLE taskcrm.task_comment IN ROW EXCLUSIVE MODE');
$job = start_blocked('altered', 'CALL taskcrm.tc_install()');
my ($postmaster) = slurp_file($node->data_dir . '/postmaster.pid') =~ /^(\d+)/;
$node->kill9;
IPC::Run::finish($job);
eval { $blocker->quit };
# A killed server is there until its parent has noticed.
foreach (1 .. 100)
{
	last unless kill(0, $postmaster);
	select undef, undef, undef, 0.1;
}
$node->start;
$node->safe_psql('altered', q{CALL taskcrm.tc_install(); DROP TABLE taskcrm.x_own;
	-- The column that was added again.
	SELECT taskcrm.tc_grant_access(rolname, write => true) FROM pg_roles
	WHERE rolname IN ('alice', 'bob', 'carol', 'dirk', 'erin', 'mallory', 'web_user', 'gw')});
is_like_new('altered', $wanted, $template_rows, $template_query);

$node->stop;
done_testing();
