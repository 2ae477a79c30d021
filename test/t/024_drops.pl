# Only dropping taskcrm itself loses data: everything else in the database that can be
# dropped is dropped, with CASCADE, by the owner of the database, who is not a superuser,
# and by a superuser.  Every row still exists, and the API works.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('drops');
my @tables = split /\n/, $node->safe_psql('crm', q{SELECT relname FROM pg_class
	WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r' ORDER BY 1});
my $counts = join ' UNION ALL ', map { "SELECT '$_', count(*) FROM @{[qualified($_)]}" } @tables;

# Other objects: trusted extensions, which an owner can drop if they created them, and schemas.
my @extensions = split /\n/, $node->safe_psql(
	'crm', q{SELECT DISTINCT name FROM pg_available_extension_versions
	WHERE trusted AND NOT installed AND name IN ('btree_gin', 'btree_gist', 'citext', 'hstore', 'pg_trgm', 'pgcrypto', 'unaccent', 'uuid-ossp')}
);
$node->safe_psql('postgres', 'CREATE ROLE landlord LOGIN');
$node->safe_psql('postgres', 'ALTER DATABASE crm OWNER TO landlord');
# Counted before the drops.
my $rows = $node->safe_psql('crm', $counts);
cmp_ok(scalar @tables, '>', 15, 'tables that are compared: ' . scalar @tables);

foreach my $login ('landlord', undef)
{
	my $who = $login // 'a superuser';
	my @made = run_as($node, $login,
		[ 'CREATE SCHEMA IF NOT EXISTS more', map {qq{CREATE EXTENSION IF NOT EXISTS "$_" SCHEMA more}} @extensions ]);
	is((grep { $_->{state} ne '00000' } @made), 0, "$who creates extensions: " . scalar @extensions)
		or diag explain \@made;
	$node->safe_psql('crm', 'CREATE SCHEMA IF NOT EXISTS public') unless defined $login;

	# All schemas and extensions except ours and plpgsql.
	my $drops =
		q{SELECT format('DROP EXTENSION IF EXISTS %I CASCADE', extname) FROM pg_extension WHERE extname NOT IN ('plpgsql', 'taskcrm')
		UNION ALL SELECT format('DROP SCHEMA IF EXISTS %I CASCADE', nspname) FROM pg_namespace
		WHERE nspname !~ '^pg_' AND nspname NOT IN ('information_schema', 'taskcrm', 'taskcrm_internal')};
	$drops .= q{ AND pg_has_role('landlord', nspowner, 'USAGE')} if defined $login;
	my @statements = split /\n/, $node->safe_psql('crm', $drops);
	cmp_ok(scalar @statements, '>=', @extensions + 2, "$who drops: " . scalar @statements);
	my @dropped = run_as($node, $login, \@statements);
	is((grep { $_->{state} ne '00000' } @dropped), 0, "$who can drop everything else") or diag explain \@dropped;
	is((grep { $_->{err} =~ /taskcrm/ } @dropped), 0, 'no notice names our objects') or diag explain \@dropped;

	# Our objects cannot be dropped individually either.
	my @ours = run_as(
		$node, $login,
		[   map { ("DROP $_", "DROP $_ CASCADE") } 'SCHEMA taskcrm',
			'SCHEMA taskcrm_internal',
			'LANGUAGE plpgsql',
			'SCHEMA pg_catalog',
			'OPERATOR CLASS taskcrm_internal.uuid_ops USING gin',
			'TYPE taskcrm.task_status'
		]
	);
	is((grep { $_->{state} eq '00000' } @ours), 0, 'our objects cannot be dropped') or diag explain \@ours;

	# The language of our functions; a client that is not a superuser does not own it.
	my $language = run_one($node, $login, 'DROP EXTENSION plpgsql CASCADE');
	is($language->{state}, '2BP01', "$who: nor can the language") or diag explain $language;

	is($node->safe_psql('crm', $counts), $rows, "$who: every row is there");
	my @answers = run_as($node, 'alice',
		[ q{SELECT taskcrm.tc_whoami()}, q{SELECT taskcrm.tc_list_tasks('{"search": "plain"}')},
			q{SELECT taskcrm.tc_list_tasks('{"title": "task"}')}, q{BEGIN},
			q{SELECT taskcrm.tc_create_task('{"title": "after"}')}, q{ROLLBACK} ]);
	is((grep { $_->{state} ne '00000' } @answers), 0, 'the API works') or diag explain \@answers;
	is( $node->safe_psql(
			'crm', q{CALL taskcrm.tc_install(); SELECT string_agg("check" || detail, ', ') FROM taskcrm.tc_doctor()
		WHERE NOT ok AND "check" <> 'gateway_trust'}
		),
		'',
		'tc_doctor() finds no problem'
	);
}

# A superuser who created the extension is removed.
$node->safe_psql('postgres', 'CREATE ROLE boss LOGIN SUPERUSER; CREATE DATABASE other');
my @left = run_as($node, 'boss', [ 'CREATE EXTENSION taskcrm', 'CALL taskcrm.tc_install()',
	q{INSERT INTO taskcrm.organization (name) VALUES ('x')} ], database => 'other');
is((grep { $_->{state} ne '00000' } @left), 0, 'another superuser creates the extension') or diag explain \@left;
is(run_one($node, undef, 'DROP OWNED BY alice, boss CASCADE', database => 'other')->{state},
	'2BP01', 'DROP OWNED is refused');
is( $node->safe_psql(
		'other',
		'REASSIGN OWNED BY boss TO postgres; DROP OWNED BY boss CASCADE; SELECT count(*) FROM taskcrm.organization'
	),
	'1',
	'and succeeds after REASSIGN OWNED'
);
is(run_one($node, undef, 'DROP EXTENSION plpgsql, taskcrm CASCADE', database => 'other')->{state},
	'00000', 'DROP EXTENSION that names taskcrm drops it');

done_testing();
