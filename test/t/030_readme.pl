# The examples of README.md and doc/reference.md do what they show.
#
# A block of SQL is run when a comment above it says so:
#
#   <!-- run DATABASE ROLE -->
#
# in the order of the file, each in a psql of its own; a block of text right after it is
# what it prints.  The database `demo` has the demo organizations; others begin empty.
# UPDATE_EXAMPLES=1 writes what is printed into the files instead of comparing.

use strict;
use warnings FATAL => 'all';

use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Test::More;

my $top  = "$FindBin::Bin/../..";
my $node = PostgreSQL::Test::Cluster->new('readme');
$node->init(extra => [ '-E', 'UTF8', '--locale=C.UTF-8', '-A', 'trust' ]);
$node->append_conf('postgresql.conf', "timezone = 'UTC'\n");
$node->start;
local $ENV{PGUSER} = 'postgres';

sub make_database
{
	my ($name) = @_;
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

# What psql prints for a block, errors among it.
sub run_block
{
	my ($database, $role, $sql) = @_;
	my ($out, $err);
	IPC::Run::run(
		[ 'psql', '-Xq', '-P', 'footer=off', '-v', 'SHOW_CONTEXT=never', '-h', $node->host, '-p', $node->port, '-U', $role, '-d', $database ],
		'<', \$sql, '>', \$out, '2>', \$err);
	$err =~ s/^NOTICE:  installing required extension.*\n//mg;
	# psql ends each table with an empty line, and pads to its width.
	my $text = $out . $err;
	$text =~ s/[ \t]+$//mg;
	$text =~ s/\n\n/\n/g;
	$text =~ s/\n+\z/\n/;
	return $text;
}

sub write_file
{
	my ($name, $text) = @_;
	open(my $handle, '>', $name) or die "$name: $!";
	print $handle $text;
	close($handle);
	return;
}

my %made;
foreach my $file ('README.md', 'doc/reference.md')
{
	my $text = slurp_file("$top/$file");
	my $number = 0;
	$text =~ s{
		(<!--\ run\ (\w+)\ (\w+)\ -->\n```sql\n(.*?)```\n) (?:```text\n(.*?)```\n)?
	}{
		my ($head, $database, $role, $sql, $shown) = ($1, $2, $3, $4, $5);
		make_database($database) unless $made{$database}++;
		my $printed = run_block($database, $role, $sql);
		$number++;
		if ($ENV{UPDATE_EXAMPLES}) { $head . ($printed eq '' ? '' : "```text\n$printed```\n") }
		else
		{
			is($printed, $shown // '', "$file: example $number, as $role");
			$head;
		}
	}gsex;
	cmp_ok($number, '>', 0, "$file has examples");
	write_file("$top/$file", $text) if $ENV{UPDATE_EXAMPLES};
}

done_testing();
