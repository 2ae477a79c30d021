# Default privileges of the role that installs the extension: whatever they grant or revoke,
# the privileges on the objects of the script and of tc_install() are the same, and everything
# works.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = new_cluster('rights');
$node->safe_psql('postgres', q{CREATE ROLE reporting LOGIN; CREATE ROLE other LOGIN; CREATE ROLE provisioner LOGIN});
create_roles($node);

# The privileges on all of our objects, as text. The grantor is always the owner.
my $rights = q{
	SELECT kind, object, coalesce((SELECT string_agg(a::text, ' ' ORDER BY a::text COLLATE "C") FROM unnest(acl) a), '')
	FROM taskcrm_internal.owned_objects() ORDER BY kind, object COLLATE "C"};

# The test servers use trust authentication, which tc_doctor() reports.
my $unwell = q{SELECT * FROM taskcrm.tc_doctor() WHERE NOT ok AND "check" <> 'gateway_trust'};

sub make
{
	my ($database, $before, $between) = @_;
	$node->safe_psql('postgres', "CREATE DATABASE $database");
	$node->safe_psql($database, $before);
	install_extension($node, $database);
	$node->safe_psql($database, $between // '');
	install_tables($node, $database);
	create_people($node, $database);
	fill_tenant($node, $database, $_, 3) foreach 1, 2;
	grant_roles($node, $database);
}

make('plain', '');
my $plain = $node->safe_psql('plain', $rights);
cmp_ok(scalar(() = $plain =~ /^/mg), '>', 150, 'functions, types, schemas and tables have privileges');

# Default privileges that grant to a role, to PUBLIC, and with grant option: globally before
# the schema exists, and in the schema between the two steps of the installation.
my @gifts = map {
	my ($what, $rights) = @$_;
	map {"ALTER DEFAULT PRIVILEGES GRANT $rights ON $what TO $_"} 'reporting', 'reporting WITH GRANT OPTION', 'PUBLIC'
} ( [ FUNCTIONS => 'EXECUTE' ],
	[ TYPES => 'USAGE' ],
	[ SCHEMAS => 'ALL' ],
	[ TABLES => 'ALL' ],
	[ SEQUENCES => 'ALL' ]
);
make(
	'gifts',
	join(';', @gifts),
	'ALTER DEFAULT PRIVILEGES IN SCHEMA taskcrm GRANT ALL ON TABLES TO other; ALTER DEFAULT PRIVILEGES IN SCHEMA taskcrm GRANT ALL ON FUNCTIONS TO other'
);
is($node->safe_psql('gifts', $rights), $plain, 'security 10: default privileges add no privileges');
is($node->safe_psql('gifts', $unwell), '', 'and tc_doctor() finds no problem');
foreach my $role ('reporting', 'other') {
	foreach my $statement (
		q{SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('x', 40))},
		"SELECT taskcrm.tc_link_login('$role', '" . user_id('alice') . "')",
		"SELECT taskcrm.tc_trust_gateway('$role')",
		q{SELECT taskcrm.tc_create_organization('mine')},
		'CALL taskcrm.tc_install()',
		q{SELECT taskcrm.tc_list_tasks('{}')},
		'TABLE taskcrm.task',
		'TABLE taskcrm_internal.jwt_key',
		'SELECT taskcrm_internal.refuse_change()',
		'CREATE TABLE taskcrm.x ()',
		'CREATE FUNCTION taskcrm.x() RETURNS int LANGUAGE sql RETURN 1'
		)
	{
		is(run_one($node, $role, $statement, database => 'gifts')->{state}, '42501', "security 10: $role: $statement");
	}
}

# Hardening measures that revoke privileges from PUBLIC.
make(
	'hard',
	q{ALTER DEFAULT PRIVILEGES REVOKE ALL ON FUNCTIONS FROM PUBLIC; ALTER DEFAULT PRIVILEGES REVOKE ALL ON TYPES FROM PUBLIC;
	ALTER DEFAULT PRIVILEGES REVOKE ALL ON TABLES FROM CURRENT_USER}
);
is($node->safe_psql('hard', $rights), $plain, 'default privileges do not remove privileges that PUBLIC needs');
is($node->safe_psql('hard', $unwell), '', 'and tc_doctor() finds no problem');
foreach my $database ('gifts', 'hard') {
	foreach my $statement (
		q{SELECT taskcrm.tc_list_tasks('{"title": "a", "status": "New"}')},
		q{SELECT count(*) FROM taskcrm.task WHERE status <> 'Completed' AND title OPERATOR(taskcrm.@~) 'a' AND priority IN ('High', 'Low')},
		'SELECT status, count(*) FROM taskcrm.task GROUP BY status ORDER BY status',
		q{INSERT INTO taskcrm.task (title) VALUES ('x')},
		'SELECT taskcrm.tc_whoami(), taskcrm.tc_current_org(), taskcrm.tc_uuidv7(), taskcrm.tc_today()',
		'CREATE TEMP TABLE t (s taskcrm.task_status, p taskcrm.task_priority)',
		'SELECT count(*) FROM taskcrm.app_user',
		q{SELECT taskcrm.tc_create_task('{"title": "x"}')}
		)
	{
		is(run_one($node, 'alice', $statement, database => $database)->{state}, '00000', "$database: $statement");
	}
	is(run_one($node, 'mallory', 'SELECT count(*) FROM taskcrm.task', database => $database)->{out},
		'0', "$database: a client without an identity sees no rows");
}

# tc_doctor() reports privileges that default privileges granted in the past, and tc_install()
# revokes them; it keeps privileges that were granted on purpose and those of clients.
$node->safe_psql('gifts', q{
	GRANT USAGE ON SCHEMA taskcrm TO reporting;
	GRANT EXECUTE ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text), taskcrm.tc_create_organization(text, uuid, text) TO reporting WITH GRANT OPTION;
	GRANT SELECT ON taskcrm.task TO PUBLIC;
	SET ROLE reporting;
	GRANT EXECUTE ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text) TO other;
	RESET ROLE;
	GRANT EXECUTE ON FUNCTION taskcrm.tc_create_organization(text, uuid, text), taskcrm.tc_create_user(text, text, uuid, text, text) TO provisioner;
	GRANT USAGE ON SCHEMA taskcrm TO provisioner;
}
);
like(
	$node->safe_psql('gifts', q{SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'default_rights' AND NOT ok}),
	qr/role reporting has EXECUTE on routine taskcrm\.tc_add_jwt_key\(.*by default privileges/,
	'tc_doctor() reports privileges that came from default privileges'
);
install_tables($node, 'gifts');
is( $node->safe_psql(
		'gifts',
		q{SELECT string_agg(format('%s %s', object, grantee::regrole), ', ') FROM (SELECT o.object, a.grantee FROM taskcrm_internal.owned_objects() o, aclexplode(o.acl) a
	WHERE a.grantee <> 0) x WHERE grantee::regrole::text IN ('reporting', 'other')}
	),
	'',
	'tc_install() revokes them, and those that were granted onward'
);
is($node->safe_psql('gifts', q{SELECT has_table_privilege('public', 'taskcrm.task', 'SELECT')}),
	'f', 'and those of PUBLIC');
is(run_one($node, 'provisioner', q{SELECT taskcrm.tc_create_organization('Made')}, database => 'gifts')->{state},
	'00000', 'a role for provisioning keeps the privileges granted to it');
is(run_one($node, 'alice', q{SELECT taskcrm.tc_list_tasks('{}')}, database => 'gifts')->{state},
	'00000', 'clients keep their privileges');
# A client that default privileges name keeps the privileges of a client.
$node->safe_psql('gifts', q{SELECT taskcrm.tc_grant_access('reporting')});
install_tables($node, 'gifts');
is($node->safe_psql('gifts', $unwell), '', 'no problem is found for a client that default privileges name');
is(run_one($node, 'reporting', 'SELECT count(*) FROM taskcrm.task', database => 'gifts')->{state}, '00000',
	'it can read tasks');
is( run_one($node, 'reporting', q{SELECT taskcrm.tc_add_jwt_key('k', 'HS256', repeat('x', 40))}, database => 'gifts')
		->{state},
	'42501',
	'it cannot add a key'
);

# tc_doctor() reports other roles that may add keys, however they got the privilege.
$node->safe_psql('plain',
	q{GRANT USAGE ON SCHEMA taskcrm TO other; GRANT EXECUTE ON FUNCTION taskcrm.tc_add_jwt_key(text, text, text, text, text, text), taskcrm.tc_create_user(text, text, uuid, text, text) TO other}
);
is( $node->safe_psql('plain', $unwell =~ s/\*/detail/r),
	'role other has tc_add_jwt_key(text,text,text,text,text,text)',
	'tc_doctor() reports roles that can act as any user'
);

done_testing();
