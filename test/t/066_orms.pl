# The pages of doc/cookbook about ORMs and GraphQL servers: their code does what they say, with
# the packages from npm, as a gateway that acts for a user and as the user's own login.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

my $top = "$FindBin::Bin/../..";
plan skip_all => 'needs node, and npm ci in test/orm and test/orm/postgraphile4'
  unless program_is_there('node') && -d "$top/test/orm/node_modules" && -d "$top/test/orm/postgraphile4/node_modules";

my $node = ready_cluster('orms');
$node->append_conf('postgresql.conf', "listen_addresses = '127.0.0.1'");
$node->restart;
my $dir = PostgreSQL::Test::Utils::tempdir();

# The blocks of code in a page.  version: of PostGraphile; such blocks have a comment that
# says for which ones they are.
sub blocks
{
	my ($page, $language, $version) = @_;
	my $text = slurp_file("$top/doc/cookbook/$page.md");
	my @found;

	while ($text =~ /(?:<!-- postgraphile ([\d ]+) -->\n)?^```$language\n(.*?)^```$/gms)
	{
		my ($versions, $code) = ($1, $2);
		push @found, $code if !defined $version || ($versions // '') =~ /\b$version\b/;
	}
	return join "\n", @found;
}

# Writes the code of a page into a module whose directory has the packages; returns its file.
sub module
{
	my ($page, $packages, $version) = @_;
	my $place = "$dir/$page" . ($version // '');
	my @made = qw(created found changed removed totals refused);

	push @made, 'saved' if $page ne 'postgraphile';
	mkdir $place;
	symlink $packages, "$place/node_modules" or die "symlink: $!";
	append_to_file("$place/page.mjs", join "\n", 'const alice = process.env.USER_ID;',
		blocks($page, 'js', $version), 'export { ' . join(', ', @made) . ' };', '');
	return "$place/page.mjs";
}

# What an administrator does, as the pages say, and the same rights for a login.
$node->safe_psql('crm', blocks($_, 'sql')) foreach 'node-postgres', 'postgraphile';
$node->safe_psql('crm', q{
	SELECT taskcrm.tc_grant_access('bob', write => true, delete => true);
	GRANT USAGE ON SCHEMA api TO bob;
});
my $other_before = checksum($node, 'crm', 2);
my @modules = (
	(map { [ $_, module($_, "$top/test/orm/node_modules") ] } qw(node-postgres drizzle kysely knex sequelize typeorm)),
	[ 'postgraphile 4', module('postgraphile', "$top/test/orm/postgraphile4/node_modules", 4) ],
	[ 'postgraphile 5', module('postgraphile', "$top/test/orm/node_modules", 5) ]);

foreach my $run ([ 'app', 'alice' ], [ 'bob', 'bob' ])
{
	my ($role, $who) = @$run;
	foreach my $module (@modules)
	{
		my ($name, $file) = @$module;
		my $count = run_node($name, [ "$top/test/orm/run.mjs", $file, "$name as $role" ],
			DATABASE_URL => "postgresql://$role:secret\@127.0.0.1:" . $node->port . '/crm',
			USER_ID => user_id($who), GRAPHILE_ENV => 'production', NO_COLOR => 1);
		is($count, $name =~ /graphile/ ? 7 : 8, "all checks of $name as $role");
	}
}

is($node->safe_psql('crm', q{SELECT string_agg(DISTINCT created_by::text, ' ') FROM taskcrm.task
	WHERE title IN ('Call Northwind', 'Send the offer', 'Visit Contoso')}),
	join(' ', sort map { user_id($_) } 'alice', 'bob'), 'each user is the author of their own tasks');
is(checksum($node, 'crm', 2), $other_before, 'the second organization is unchanged');
is($node->safe_psql('crm', 'SELECT count(*) FROM taskcrm.tc_check_counts()'), '0', 'the counters are right');
like($node->safe_psql('crm', q{SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'client_deletes'}),
	qr/^role bob can log in, and has DELETE on account, [^;]*$/, 'tc_doctor() reports the login, and not the gateway');
done_testing();
