# The examples of README.md, doc/reference.md and doc/cookbook do what they show, in a server
# that accepts connections as a fresh Debian cluster does: `postgres` through the socket with
# peer authentication, everybody else with a password over TCP.
#
# Blocks are run in the order of the file if a comment above them says so:
#
#   <!-- run -->                  a block of shell: a command that the reader types; then
#                                 maybe a block of SQL, which is what it reads
#   <!-- run DATABASE ROLE -->    a block of SQL, in a psql of its own
#   <!-- curl DATABASE -->        a block of shell with requests to the example gateway on the
#                                 database; all of a page share a shell, so that variables
#                                 remain
#
# A block of text right after them is what is printed.  The database `demo` has the demo
# organizations and, as in ./quickstart, its users need no password.  The pages about
# functions leave out how to connect: in their database, nobody needs a password.  A page of
# the cookbook has a database of its own, with the name of the page.
# UPDATE_EXAMPLES=1 writes what is printed into the files instead of comparing.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use IPC::Run;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;
use WebTest;

plan skip_all => 'needs to run as user postgres, for peer authentication' if getpwuid($<) ne 'postgres';

my $top  = "$FindBin::Bin/../..";
my @pages = map { s{^\Q$top\E/}{}r } sort glob "$top/doc/cookbook/*.md";
my $trusted = join ',', 'demo', 'reference', map { m{(\w[^/]*)\.md$} ? $1 =~ tr/-/_/r : () } @pages;
my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init(extra => [ '-E', 'UTF8', '--locale=C.UTF-8' ]);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\nlisten_addresses = 'localhost'\n");
unlink $node->data_dir . '/pg_hba.conf';
$node->append_conf('pg_hba.conf', <<"RULES");
local  $trusted        all                     trust
local  all             postgres                peer
local  all             all                     peer
host   all             all       127.0.0.1/32  scram-sha-256
host   all             all       ::1/128       scram-sha-256
RULES
$node->start;
local $ENV{PGUSER} = 'postgres';

# The examples print neither command tags nor counts of rows.
my $psqlrc = PostgreSQL::Test::Utils::tempdir() . '/psqlrc';
append_to_file($psqlrc, "\\set QUIET on\n\\pset footer off\n\\set SHOW_CONTEXT never\n");

my %made;
sub make_database
{
	my ($name) = @_;
	return if $made{$name}++;
	$node->safe_psql('postgres', "CREATE DATABASE $name");
	return if $name ne 'demo';
	$node->safe_psql('demo', 'CREATE EXTENSION taskcrm; CALL taskcrm.tc_install()');
	foreach my $file ('demo.sql', 'logins.sql')
	{
		PostgreSQL::Test::Utils::system_or_bail('psql', '-XqAt', '-o', '/dev/null', '-h', $node->host,
			'-p', $node->port, '-d', 'demo', '-v', 'anchor=2026-11-02', '-f', "$top/test/demo/$file");
	}
	$node->safe_psql('demo', 'ANALYZE');
	return;
}

# Returns the output of a command that reads the SQL, including errors.
sub run_command_with
{
	my ($command, $sql) = @_;
	my ($out, $err);
	local %ENV = (%ENV, PSQLRC => $psqlrc, PGHOST => $node->host, PGPORT => $node->port);
	IPC::Run::run($command, '<', \$sql, '>', \$out, '2>', \$err);
	$err =~ s/^NOTICE:  installing required extension.*\n//mg;
	# psql ends each table with an empty line, and pads lines to the width of the table.
	my $text = $out . $err;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\n\n/\n/g;
	$text =~ s/\n+\z/\n/;
	return $text;
}

# The command that the reader types, adapted to the test: it already runs as user postgres, and
# the database demo is on this server.
sub typed
{
	my ($command) = @_;
	$command =~ s/^sudo -u postgres //;
	if ($command =~ s/^\.taskcrm\/psql/psql -d demo/)
	{
		make_database('demo');
	}
	return [ 'sh', '-c', $command ];
}

sub write_file
{
	my ($name, $text) = @_;
	open(my $handle, '>', $name) or die "$name: $!";
	print $handle $text;
	close($handle);
	return;
}

# Runs a block with its command, or as a role in a database, or requests; returns who ran it,
# and its output.
sub run_block
{
	my ($file, $database, $role, $command, $sql, $requests) = @_;
	if (defined $requests)
	{
		make_database($database);
		return ('curl', run_requests($file, $database, $requests));
	}
	return ($command =~ s/\n\z//r, run_command_with(typed($command), $sql // '')) if defined $command;
	make_database($database);
	return ("as $role", run_command_with([ 'psql', '-U', $role, '-d', $database ], $sql));
}

# ---------------------------------------------------------------------------
# Requests by curl.

my $requests_run = gateway_is_there() && program_is_there('curl') && program_is_there('openssl');
my $home = PostgreSQL::Test::Utils::tempdir();
# Each answer is a line.  -w in an example replaces the setting.
append_to_file("$home/.curlrc", qq(silent\nshow-error\nwrite-out = "\\n"\n));
# What an identity provider publishes, for examples that read it from $issuer.
mkdir "$home/.well-known";
append_to_file("$home/.well-known/jwks.json",
	'{"keys": [{"kty": "OKP", "crv": "Ed25519", "kid": "2026-11", "x": "O6gw3DJ-j7G6C3ESALwWLfHC3FTk2uqEzeEwfaiJ_SQ"}]}');

my %gateways;

# The roles with which the gateway logs in.
my %gateway_role = (reference => 'reference_gateway', identity_provider => 'cook_requests');

# Returns the address of the example gateway on a database.
sub gateway_of
{
	my ($database) = @_;
	return $gateways{$database} if $gateways{$database};
	my (undef, $port) = start_gateway($node, $gateway_role{$database}, PGDATABASE => $database);
	return $gateways{$database} = "http://127.0.0.1:$port";
}

# What differs from run to run.
sub without_changing_parts
{
	my ($text) = @_;
	$text =~ s/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/…/g;
	$text =~ s/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|\+00:00)/…/g;
	$text =~ s/("token":")[^"]+/$1…/g;
	return $text;
}

my ($shell, $shell_in, $shell_out, $page_of_shell);

sub end_shell
{
	return if !$shell;
	$shell_in .= "exit\n";
	IPC::Run::finish($shell);
	return;
}

# Runs requests in the shell of the page.
sub run_requests
{
	my ($file, $database, $text) = @_;
	local %ENV = (%ENV, HOME => $home, PGHOST => $node->host, PGPORT => $node->port, PGDATABASE => $database, PSQLRC => $psqlrc);
	if (($page_of_shell // '') ne $file)
	{
		end_shell();
		($shell_in, $shell_out, $page_of_shell) = ('', '', $file);
		$shell = IPC::Run::start([ 'sh' ], '<', \$shell_in, '>', \$shell_out, '2>&1',
			IPC::Run::timeout($PostgreSQL::Test::Utils::timeout_default));
	}
	write_file("$home/block", $text);
	my $url = gateway_of($database);
	$shell_in .= "PGDATABASE=$database; url=$url; issuer=file://$home\n. $home/block </dev/null\necho '-- end'\n";
	$shell->pump until $shell_out =~ s/(.*?)-- end\n\z//s;
	my $printed = $1;
	$printed =~ s/[ \t]+$//mg;
	$printed =~ s/^\n//mg;
	return without_changing_parts($printed);
}

my $sh = qr/```sh\n(.*?)```\n/s;
my $sql = qr/```sql\n(.*?)```\n/s;
foreach my $file ('README.md', 'doc/reference.md', @pages)
{
	my $text = slurp_file("$top/$file");
	my $number = 0;
	$text =~ s{
		(<!--\ run(?:\ (\w+)\ (\w+)\ -->\n|\ -->\n$sh) (?:$sql)?|<!--\ curl\ (\w+)\ -->\n$sh) (?:```text\n(.*?)```\n)?
	}{
		my ($head, $database, $role, $command, $statements, $behind, $requests, $shown) = ($1, $2, $3, $4, $5, $6, $7, $8);
		my ($who, $printed) = (defined $requests && !$requests_run) ? ('not run', $shown // '') :
			run_block($file, $database // $behind, $role, $command, $statements, $requests);
		$number++;
		if ($ENV{UPDATE_EXAMPLES}) { $head . ($printed eq '' ? '' : "```text\n$printed```\n") }
		else
		{
			is($printed, $shown // '', "$file: example $number, $who");
			$head;
		}
	}gsex;
	is($number, () = $text =~ /^<!-- (?:run|curl)\b/mg, "$file: every example was run");
	cmp_ok($number, '>', 0, "$file has examples") unless $file =~ /cookbook/;
	# Those to PostgREST need the program: 064_postgrest_server runs them.
	my @others = grep { /\bcurl / && !m{\$url/rpc/} } $text =~ /(?<!-->\n)^```sh\n(.*?)^```\n/msg;
	is_deeply(\@others, [], "$file: no request by curl is left out");
	write_file("$top/$file", $text) if $ENV{UPDATE_EXAMPLES};
}
end_shell();

# doc/tables.md is the output of doc/tables.sql.
{
	my $page = $node->safe_psql('crm', slurp_file("$top/doc/tables.sql"));
	$page =~ s/\n*\z/\n/;
	unlike($page, qr/\|  \|$/m, 'every table and column has a comment');
	if ($ENV{UPDATE_EXAMPLES}) { write_file("$top/doc/tables.md", $page) }
	else { is($page, slurp_file("$top/doc/tables.md"), 'doc/tables.md is up to date; UPDATE_EXAMPLES=1 writes it') }
}

# The passwords in the README are required.
like(
	run_command_with([ qw(psql -w -h localhost -U ann -d crm) ], ''),
	qr/no password supplied/,
	'over TCP, ann needs a password'
);
like(
	run_command_with([ qw(psql -U ann -d crm) ], ''),
	qr/Peer authentication failed/,
	'through the socket, no other system user can log in as ann'
);

my $readme = slurp_file("$top/README.md");
my ($contents) = $readme =~ /^## Contents\n(.*?)^## /ms;
is_deeply(
	[ $contents =~ /^- \[(.*?)\]/mg ],
	[ grep { $_ ne 'Contents' } $readme =~ /^## (.*)$/mg ],
	'the README lists all of its sections'
);

done_testing();
