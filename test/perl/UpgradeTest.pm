# UpgradeTest.pm
#
# Shared by the tests of upgrades: an installation of PostgreSQL of the test's own, whose
# library and scripts the test replaces, and the comparison of databases.

package UpgradeTest;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use File::Basename;
use File::Copy;
use File::Path qw(make_path);
use FindBin;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;

our @EXPORT = qw(
  released_versions new_version upgrade_file private_installation put_file own_cluster
  objects rows_query rows same_lines
);

my $FIXTURES = "$FindBin::RealBin/../upgrade";

# The path of a file in test/upgrade.
sub upgrade_file { return "$FIXTURES/$_[0]" }

# The versions that were released, oldest first.
sub released_versions
{
	return map { /taskcrm--(.*)\.sql$/ ? $1 : () } sort glob "$FIXTURES/taskcrm--*.sql";
}

# The version of this source.
sub new_version
{
	return slurp_file("$FindBin::RealBin/../../taskcrm.control") =~ /^default_version *= *'(.*)'/m
	  ? $1
	  : die 'no default_version';
}

# Links to all files of a directory.  Those that are named are copied; a directory that is named is
# left out.
sub link_all
{
	my ($from, $to, @copied) = @_;
	make_path($to);
	foreach my $path (glob "$from/*")
	{
		my $name = basename($path);
		if (grep { $_ eq $name } @copied)
		{
			next if -d $path;
			copy($path, "$to/$name") or die "$path: $!";
			chmod 0755, "$to/$name";
		}
		else
		{
			symlink($path, "$to/$name") or die "$to/$name: $!";
		}
	}
}

# Makes an installation below a directory, and returns {bin, lib, share, root}: a copy of the
# server's programs, which find the rest beside them, and links to everything else.
# Its extension directory and its taskcrm.so belong to the test.
sub private_installation
{
	my $root = PostgreSQL::Test::Utils::tempdir();
	my %from = map { my $key = $_; my $value = `pg_config --$key`; chomp $value; ($key => $value) }
	  qw(bindir libdir pkglibdir sharedir);
	link_all($from{bindir}, "$root$from{bindir}", qw(postgres pg_ctl initdb));
	link_all($from{sharedir}, "$root$from{sharedir}", 'extension');
	link_all("$from{sharedir}/extension", "$root$from{sharedir}/extension");
	link_all($from{pkglibdir}, "$root$from{pkglibdir}");
	return {
		bin => "$root$from{bindir}", lib => "$root$from{pkglibdir}",
		extension => "$root$from{sharedir}/extension" };
}

# Replaces a file by another one, as packages do: servers that have opened the old one keep it.
sub put_file
{
	my ($source, $target) = @_;
	unlink "$target.new";
	copy($source, "$target.new") or die "$source: $!";
	chmod 0755, "$target.new";
	rename("$target.new", $target) or die "$target: $!";
}

# Starts a server of a private installation.
sub own_cluster
{
	my ($name, $installation) = @_;
	my $node = PostgreSQL::Test::Cluster->new($name, install_path => dirname($installation->{bin}));
	$node->init(extra => [ '-E', 'UTF8', '--locale=C.UTF-8' ]);
	$node->append_conf('postgresql.conf', "autovacuum = off\njit = off\nrestart_after_crash = on\n");
	$node->start;
	return $node;
}

# The lines of test/upgrade/objects.sql for a database.
sub objects
{
	my ($node, $database) = @_;
	return [ split /\n/, $node->safe_psql($database, slurp_file(upgrade_file('objects.sql'))) ];
}

# The statement that shows the rows of each table, with the columns that it has now, without
# those that tests added.  Run it later, or elsewhere, with rows().
sub rows_query
{
	my ($node, $database) = @_;
	my $sql = join ' UNION ALL ', split /\n/, $node->safe_psql($database, q{
		SELECT format('SELECT %L || t::text AS line FROM (SELECT %s FROM ONLY %s) t', c.relname || ' ',
			string_agg(quote_ident(a.attname), ', ' ORDER BY a.attname), c.oid::regclass)
		FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind = 'r'
			AND c.relname NOT IN ('installation', 'task_count') AND a.attname !~ '^x_'
		GROUP BY c.oid, c.relname});
	# For the counters, only the sums matter, not the number of rows.
	$sql .= " UNION ALL SELECT 'task_count ' || t::text FROM (SELECT org_id, status, priority, sum(n)
		FROM taskcrm_internal.task_count GROUP BY 1, 2, 3) t";
	return "SELECT line FROM ($sql) l ORDER BY line COLLATE \"C\"";
}

sub rows
{
	my ($node, $database, $query) = @_;
	return [ split /\n/, $node->safe_psql($database, $query) ];
}

# Passes if two lists of lines are equal, and shows the lines of only one of them otherwise.
# left_out: a pattern of lines that do not count.
sub same_lines
{
	my ($found, $wanted, $name, $left_out) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @found = grep { !defined $left_out || !/$left_out/ } @$found;
	my (%found, %wanted);
	$found{$_}++ foreach @found;
	$wanted{$_}++ foreach @$wanted;
	my @different = ((map { "found:  $_" } grep { ($wanted{$_} // 0) != $found{$_} } sort keys %found),
		(map { "wanted: $_" } grep { ($found{$_} // 0) != $wanted{$_} } sort keys %wanted));
	ok(@found > 0 && !@different, $name) or diag join "\n", map { substr $_, 0, 500 } @different;
}

1;
