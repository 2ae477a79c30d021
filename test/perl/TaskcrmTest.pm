# TaskcrmTest.pm
#
# Shared by the TAP tests: a cluster with the extension and two organizations, and sessions
# of real logins.  All data of the second organization contains a canary; nothing that a
# client of the first one does may make a canary appear, in rows or in messages.

# A node that PostgreSQL::Test::Cluster can copy: a directory is enough.
package TaskcrmReady;

use strict;
use warnings FATAL => 'all';
use File::Basename ();

sub new { my ($class, $directory) = @_; return bless { directory => $directory }, $class }
sub name { return 'ready' }
sub backup_dir { return File::Basename::dirname($_[0]->{directory}) }

package TaskcrmTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use Fcntl ':flock';
use KeptPsql;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::RecursiveCopy;
use PostgreSQL::Test::Utils;
use Test::More;

our @EXPORT = qw(
  new_cluster create_database install_extension install_tables create_roles grant_roles
  create_people fill_tenant ready_cluster new_session run_as run_one sql_value id org user_id quote
  qualified canary_free checksum all_rows line_changes claims client_options changes_since copy_token
);

# Texts of the second organization, and a suffix for ids that no test uses.
our $CANARY    = 'CaNaRy';
our $SECRET_ID = 0xdead;
our $CANARY_RE = qr{canary|2000000\d-[-0-9a-f]*0000dead|43614e615279}i;

my %KINDS = (
	org => 1, user => 2, account => 3, contact => 4, team => 5,
	task => 6, comment => 7, attachment => 8);

# Logins: role => [tenants, number of the user, role in the organization].
my %PEOPLE = (
	alice => [ [1], 1, 'admin' ],
	bob   => [ [1], 2, 'member' ],
	carol => [ [2], 3, 'admin' ],
	dirk  => [ [2], 4, 'member' ],
	erin  => [ [ 1, 2 ], 5, 'member' ]);

# Returns the id of a row, from the tenant, its kind and its number.
sub id
{
	my ($tenant, $kind, $number) = @_;
	return sprintf('%d%07x-0000-4000-8000-%012x', $tenant, $KINDS{$kind}, $number);
}

sub org { return id($_[0], 'org', 1) }

sub user_id
{
	my ($name) = @_;
	return id(9, 'user', $PEOPLE{$name}->[1]);
}

sub quote
{
	my ($text) = @_;
	$text =~ s/'/''/g;
	return "'$text'";
}

# Returns the name of a table with its schema.  Tables that no client reads are in a schema
# of their own.
sub qualified
{
	my ($table) = @_;
	my $hidden = qr/^(?:installation|login|gateway|jwt_key|stored_answer|task_text|open_link|task_count|accepted_finding|event|event_generation|event_purge|webhook|invitation|task_view|deleted_task|exposed_column)$/;
	return ($table =~ $hidden ? 'taskcrm_internal' : 'taskcrm') . ".$table";
}

sub claims { return '{"sub":"' . user_id($_[0]) . '","role":"web_user"}' }

# Starts a server.  Options: conf (lines for postgresql.conf), init (passed to init of
# PostgreSQL::Test::Cluster), start => 0.
sub new_cluster
{
	my ($name, %options) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, install_path => $options{install_path});

	die "initdb refuses to run as root; run the tests as another user\n" if $> == 0;
	$node->init(
		extra => $options{initdb} // [ '-E', 'UTF8', '--locale=C.UTF-8' ],
		%{ $options{init} // {} });
	$node->append_conf('postgresql.conf', "autovacuum = off\n" . ($options{conf} // ''));
	$node->start unless defined $options{start} && !$options{start};
	return $node;
}

sub install_extension
{
	my ($node, $database) = @_;
	$node->safe_psql($database, q{
		CREATE EXTENSION taskcrm;
	});
}

sub install_tables
{
	my ($node, $database) = @_;
	$node->safe_psql($database, 'CALL taskcrm.tc_install()');
	drop_restrictive_policies($node, $database) if $ENV{TASKCRM_NO_GUARD};
}

# Makes all policies permissive, as on shards of Citus.
sub drop_restrictive_policies
{
	my ($node, $database) = @_;
	my $is_ours = q{relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND NOT polpermissive};
	my $drops = $node->safe_psql(
		$database, qq{SELECT string_agg(format('DROP POLICY %I ON %s', polname, polrelid::regclass), '; ')
		FROM pg_policy JOIN pg_class c ON c.oid = polrelid WHERE $is_ours}
	);

	die 'no restrictive policies' if $drops eq '';
	$node->safe_psql($database, $drops);
}

# Creates one role for each user; mallory, a client that is linked to no user; gw, a gateway
# that may become web_user.  Each has a schema of its own to attack from.
sub create_roles
{
	my ($node) = @_;
	$node->safe_psql('postgres', join "\n",
		map {; "CREATE ROLE $_ LOGIN;" } sort(keys %PEOPLE), 'mallory');
	$node->safe_psql('postgres', q{
		CREATE ROLE web_user NOLOGIN;
		CREATE ROLE gw LOGIN NOINHERIT;
		GRANT web_user TO gw;
	});
}

sub grant_roles
{
	my ($node, $database) = @_;
	$node->safe_psql($database, join "\n",
		map {;
			"SELECT taskcrm.tc_grant_access('$_', write => true);",
			"CREATE SCHEMA own_$_ AUTHORIZATION $_;"
		} sort(keys %PEOPLE), qw(mallory web_user gw));
	$node->safe_psql($database, join "\n",
		map {; "SELECT taskcrm.tc_link_login('$_', '@{[user_id($_)]}');" } sort keys %PEOPLE);
	$node->safe_psql($database, q{SELECT taskcrm.tc_trust_gateway('gw')});
}

sub create_people
{
	my ($node, $database) = @_;
	$node->safe_psql($database, join "\n", map {
		my $mark = "@{ $PEOPLE{$_}->[0] }" eq '2' ? $CANARY : '';
		"INSERT INTO taskcrm.app_user (id, email, name)
		 VALUES ('@{[user_id($_)]}', '$_$mark\@example.org', '$_ $mark');"
	} sort keys %PEOPLE);
}

# Returns the statement that adds tasks to an organization.
sub more_tasks
{
	my ($tenant, $count) = @_;
	my $mark      = $tenant == 2 ? $CANARY : 'plain';
	my $org       = org($tenant);
	my ($author)  = grep { $PEOPLE{$_}->[2] eq 'admin' } members_of($tenant);
	my $author_id = user_id($author);
	my $id_format = id($tenant, 'task', 0) =~ s/\d{6}$/%s/r;

	return qq{
		INSERT INTO taskcrm.task (org_id, id, title, created_by, created_on, updated_on, status, priority, due_date)
		SELECT '$org', format('$id_format', 100000 + g)::uuid, '$mark task number ' || g, '$author_id',
			timestamptz '2024-01-01 12:00+00' + g * interval '1 minute', '2024-01-01 12:00+00',
			(ARRAY['New', 'In Progress', 'Completed'])[1 + g % 3]::taskcrm.task_status,
			(ARRAY['Low', 'Normal', 'High', 'Urgent'])[1 + g % 4]::taskcrm.task_priority,
			date '2024-01-01' + g % 365
		FROM generate_series(1, $count) g};
}

# Returns the names of the members of an organization.
sub members_of
{
	my ($tenant) = @_;
	return grep { my $p = $_; grep { $_ == $tenant } @{ $PEOPLE{$p}->[0] } } sort keys %PEOPLE;
}

# Fills an organization; call create_people first.  tasks: number of tasks in addition to
# the few that the other rows refer to.
sub fill_tenant
{
	my ($node, $database, $tenant, $tasks) = @_;
	my $mark    = $tenant == 2 ? $CANARY : 'plain';
	my $org     = org($tenant);
	my @members = members_of($tenant);
	my ($author) = grep { $PEOPLE{$_}->[2] eq 'admin' } @members;
	my $author_id = user_id($author);
	my $sql = "BEGIN; INSERT INTO taskcrm.organization (id, name, created_on)
		VALUES ('$org', '$mark organization', '2024-01-01 10:00+00');\n";

	$sql .= "INSERT INTO taskcrm.member (org_id, user_id, role)
		VALUES ('$org', '@{[user_id($_)]}', '$PEOPLE{$_}->[2]');\n" for @members;

	foreach my $number (1, 2, $SECRET_ID)
	{
		my %id = map { $_ => id($tenant, $_, $number) } keys %KINDS;
		$sql .= qq{
			INSERT INTO taskcrm.account (org_id, id, name)
			VALUES ('$org', '$id{account}', '$mark account $number');
			INSERT INTO taskcrm.contact (org_id, id, first_name, last_name, email, account_id)
			VALUES ('$org', '$id{contact}', '$mark', 'contact $number', '$mark\@example.org', '$id{account}');
			INSERT INTO taskcrm.team (org_id, id, name) VALUES ('$org', '$id{team}', '$mark team $number');
			INSERT INTO taskcrm.team_member (org_id, team_id, user_id)
			VALUES ('$org', '$id{team}', '$author_id');
			INSERT INTO taskcrm.task (org_id, id, title, description, status, priority, due_date, account_id, created_by,
				created_on, updated_on)
			VALUES ('$org', '$id{task}', '$mark task $number', '$mark description', 'In Progress', 'High',
				'2024-01-31', '$id{account}', '$author_id', '2024-01-01 10:00+00', '2024-01-01 10:00+00');
			INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
			VALUES ('$org', '$id{task}', '$id{contact}', '2024-01-01 10:00+00');
			INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
			VALUES ('$org', '$id{task}', '$author_id', '2024-01-01 10:00+00');
			INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
			VALUES ('$org', '$id{task}', '$id{team}', '2024-01-01 10:00+00');
			INSERT INTO taskcrm.task_comment (org_id, id, task_id, comment, commented_by, commented_on)
			VALUES ('$org', '$id{comment}', '$id{task}', '$mark comment \@$author', '$author_id',
				'2024-01-01 10:00+00');
			INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id)
			VALUES ('$org', '$id{comment}', '$author_id');
			INSERT INTO taskcrm.task_attachment
				(org_id, id, task_id, file_name, content_type, size, sha256, created_by, created_on)
			VALUES ('$org', '$id{attachment}', '$id{task}', '$mark.txt', 'text/plain', 6,
				sha256('$mark'), '$author_id', '2024-01-01 10:00+00');
			INSERT INTO taskcrm.task_attachment_content (org_id, attachment_id, content)
			VALUES ('$org', '$id{attachment}', '$mark');
		};
	}
	$sql .= more_tasks($tenant, $tasks) . ";\n" if $tasks;
	$node->safe_psql($database, $sql . 'COMMIT;');
}

# Adds tasks to both organizations, count to each.
sub add_tasks
{
	my ($node, $database, $count) = @_;
	$node->safe_psql($database, join ";\n", map { more_tasks($_, $count) } 1, 2);
}

# Fills a new server: the extension in database crm, two organizations, logins.
sub make_ready
{
	my ($node) = @_;

	create_roles($node);
	$node->safe_psql('postgres', 'CREATE DATABASE crm');
	install_extension($node, 'crm');
	install_tables($node, 'crm');
	create_people($node, 'crm');
	fill_tenant($node, 'crm', 1, 0);
	fill_tenant($node, 'crm', 2, 0);
	grant_roles($node, 'crm');
}

# Returns a directory with the data of such a server, which the first test that needs it
# makes.  It is removed with all other data before the next run.
sub ready_data
{
	my $directory = "$PostgreSQL::Test::Utils::tmp_check/ready";
	my $node;

	open my $lock, '>', "$directory.lock" or die "cannot create $directory.lock: $!";
	flock $lock, LOCK_EX or die "cannot lock $directory.lock: $!";
	return $directory if -d $directory;
	$node = new_cluster('ready');
	make_ready($node);
	$node->stop;
	# Under its final name only when it is complete.
	PostgreSQL::Test::RecursiveCopy::copypath($node->data_dir, "$directory.new");
	rename "$directory.new", $directory or die "cannot rename $directory.new: $!";
	return $directory;
}

# The usual setup of a test: a server, the extension in database crm, two organizations,
# logins.  Options: as for new_cluster(); tasks (in each organization).
sub ready_cluster
{
	my ($name, %options) = @_;
	my $node;

	if ($options{init} || $options{initdb})
	{
		$node = new_cluster($name, %options);
		make_ready($node);
	}
	else
	{
		$node = PostgreSQL::Test::Cluster->new($name);
		$node->init_from_backup(TaskcrmReady->new(ready_data()), 'ready');
		$node->append_conf('postgresql.conf', $options{conf} // '');
		$node->start;
	}
	add_tasks($node, 'crm', $options{tasks} // 3);
	return $node;
}

# psql's options for a login: show every part of every message.
sub client_options
{
	my ($login) = @_;
	return [ '-v', 'VERBOSITY=verbose', '-v', 'SHOW_CONTEXT=always', defined $login ? ('-U', $login) : () ];
}

sub ended
{
	my ($statement) = @_;
	return $statement =~ /(^\s*\\|;\s*$|\\\.\s*$)/ ? $statement : "$statement;";
}

# Runs statements in order in one new session of a login (undef: the superuser) and returns
# for each {out, err, state}; state is '00000' or an SQLSTATE.  An error does not stop the
# rest.
sub run_as
{
	my ($node, $login, $statements, %options) = @_;
	my $database = $options{database} // 'crm';
	my ($stdout, $stderr) = ('', '');
	my $script = '';

	for my $i (0 .. $#$statements)
	{
		$script .= ended($statements->[$i]) . "\n\\echo =====$i :SQLSTATE\n\\warn =====$i\n";
	}
	local $ENV{PGOPTIONS} = $options{pgoptions} if defined $options{pgoptions};
	$node->psql($database, $script, stdout => \$stdout, stderr => \$stderr, on_error_stop => 0,
		extra_params => client_options($login));

	my @results;
	for my $i (0 .. $#$statements)
	{
		my ($out, $state) = (undef, 'no answer');
		($out, $state) = ($1, $2) if $stdout =~ /\G(.*?)\n?=====$i (\w*)(?:\n|\z)/gcs;
		my $err = $stderr =~ /\G(.*?)=====$i(?:\n|\z)/gcs ? $1 : substr($stderr, pos($stderr) // 0);
		push @results, { out => $out // substr($stdout, pos($stdout) // 0), err => $err, state => $state };
	}
	return @results;
}

sub run_one
{
	my ($node, $login, $statement, %options) = @_;
	return (run_as($node, $login, [$statement], %options))[0];
}

# Returns the output of the last of some statements, or its SQLSTATE if it is an error.
sub sql_value
{
	my ($node, $login, $statements, %options) = @_;
	my $last = (run_as($node, $login, ref $statements ? $statements : [$statements], %options))[-1];
	return $last->{state} eq '00000' ? $last->{out} : $last->{state};
}

# A statement that shows what a copy of tc_sync() gets for its token: whether it begins anew, and
# the titles of the changed tasks.
sub changes_since
{
	my ($token) = @_;
	return qq{SELECT r ->> 'full', (SELECT string_agg(t ->> 'title', ' ' ORDER BY t ->> 'title') FROM json_array_elements(r #> '{changed,tasks}') t)
		FROM taskcrm.tc_sync('$token', '{"limit": 1000}') r};
}

# The token of a copy that is complete.
sub copy_token
{
	my ($node, $login) = @_;
	return sql_value($node, $login,
		q{SELECT r ->> 'token' FROM taskcrm.tc_sync(NULL, '{"limit": 1000}') r WHERE r ->> 'more' = 'false'});
}

# Fails if a canary is in any part of the results.
sub canary_free
{
	my ($results, $name) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @found = grep { "$_->{out}\n$_->{err}" =~ $CANARY_RE } @$results;

	ok(!@found, $name) or diag explain \@found;
	return !@found;
}

# Returns one line for each table with the rows of a tenant.
sub checksum
{
	my ($node, $database, $tenant) = @_;
	my $org = org($tenant);
	my @tables = split /\n/, $node->safe_psql($database, q{
		SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id'
		WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') ORDER BY 1});
	my @parts = map {
		"SELECT '$_' AS name, t::text AS line FROM @{[qualified($_)]} t WHERE t.org_id = '$org'"
	} @tables;

	# For the counters, only the sums matter, not the number of rows.
	$_ = "SELECT 'task_count' AS name, concat(status, priority, sum(n)) AS line FROM taskcrm_internal.task_count
		WHERE org_id = '$org' GROUP BY status, priority HAVING sum(n) <> 0" foreach grep { /task_count/ } @parts;
	push @parts, "SELECT 'organization', t::text FROM taskcrm.organization t WHERE t.id = '$org'";
	push @parts, "SELECT 'app_user', t::text FROM taskcrm.app_user t
		JOIN taskcrm.member m ON m.user_id = t.id AND m.org_id = '$org'";
	return $node->safe_psql($database,
		"SELECT name, count(*), md5(string_agg(line, E'\\n' ORDER BY line COLLATE \"C\")) FROM ("
		. join("\nUNION ALL\n", @parts) . ") x GROUP BY name ORDER BY name COLLATE \"C\"");
}

# Returns each row of each table as one line, independent of the order of columns.  Unless
# is_exact, only the sums of the counters matter, and neither the time of the installation nor the
# OIDs of roles, which another cluster has too.
sub all_rows
{
	my ($node, $database, $is_exact) = @_;
	my @tables = split /\n/, $node->safe_psql($database, q{
		SELECT oid::regclass FROM pg_class
		WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r'});
	my @selects = map { "SELECT '$_ ' || to_jsonb(t)::text FROM ONLY $_ t" }
	  grep { $is_exact || !/(?:task_count|installation)$/ } @tables;

	push @selects,
	  q{SELECT 'counter ' || concat_ws(' ', org_id, status, priority, sum(n)) FROM taskcrm_internal.task_count
		GROUP BY org_id, status, priority HAVING sum(n) <> 0},
	  q{SELECT 'version ' || version FROM taskcrm_internal.installation};
	my $rows = $node->safe_psql($database,
		'SELECT x FROM (' . join(' UNION ALL ', @selects) . ') x (x) ORDER BY x COLLATE "C"');
	$rows =~ s/"role_oid": "\d+"/"role_oid": .../g if !$is_exact;
	return $rows;
}

# The lines that only one of two texts contains, in any order.
sub line_changes
{
	my %count;
	$count{$_}++ foreach split /\n/, $_[0];
	$count{$_}-- foreach split /\n/, $_[1];
	return join "\n", map { ($count{$_} > 0 ? '-' : '+') . substr($_, 0, 300) } grep { $count{$_} } sort keys %count;
}

# A session that stays open.  Its method run() takes one statement and returns the same as
# run_as() for one; value() returns the output, or the SQLSTATE.
sub new_session
{
	my ($node, $login, %options) = @_;
	local $ENV{PGOPTIONS} = $options{pgoptions} if defined $options{pgoptions};
	my $psql = $node->background_psql($options{database} // 'crm', on_error_stop => 0,
		extra_params => client_options($login));

	return bless { psql => $psql }, 'TaskcrmTest::Session';
}

package TaskcrmTest::Session;

sub run
{
	my ($self, $statement) = @_;
	my $psql = $self->{psql};

	$psql->{stderr} = '';
	my $out = $psql->query(TaskcrmTest::ended($statement) . "\n\\echo =====:SQLSTATE");
	my $state = $out =~ s/\n?=====(\w+)\n?\z// ? $1 : 'no answer';
	return { out => $out, err => $psql->{stderr}, state => $state };
}

sub value
{
	my ($self, $statement) = @_;
	my $result = $self->run($statement);
	return $result->{state} eq '00000' ? $result->{out} : $result->{state};
}

sub quit { return $_[0]->{psql}->quit }

1;
