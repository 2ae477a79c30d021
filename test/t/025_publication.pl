# Tables in a publication, as for change data capture: PostgreSQL rejects UPDATE and DELETE
# of a published table whose rows it cannot identify.  Installing, installing again,
# everything that the API writes, and deleting an organization still work.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = new_cluster('publication', init => { allows_streaming => 'logical' });
create_roles($node);
$node->safe_psql('postgres', 'CREATE DATABASE crm');
$node->safe_psql('crm', 'CREATE PUBLICATION everything FOR ALL TABLES');
install_extension($node, 'crm');
$node->safe_psql('crm', 'CREATE PUBLICATION ours FOR TABLES IN SCHEMA taskcrm, taskcrm_internal');

foreach my $time ('first', 'second')
{
	my $result = run_one($node, undef, 'CALL taskcrm.tc_install()');
	is($result->{state}, '00000', "tc_install(), the $time time") or diag explain $result;
}
create_people($node, 'crm');
fill_tenant($node, 'crm', $_, 3) foreach 1, 2;
grant_roles($node, 'crm');
is($node->safe_psql('crm', q{SELECT count(*) FROM pg_publication_tables WHERE pubname = 'ours'}),
	$node->safe_psql(
		'crm', q{SELECT count(*) FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind = 'r'}
	),
	'every table is published'
);

# All writes of the API.
my ($task, $comment, $file, $account, $contact, $team) =
	map { id(1, $_, 1) } qw(task comment attachment account contact team);
my $bob = user_id('bob');
my @writes = (
	q{SELECT taskcrm.tc_create_task('{"title": "t"}', 'a key')},
	qq{SELECT taskcrm.tc_update_task('$task', '{"status": "Completed", "assigned_to": ["$bob"], "contacts": [], "teams": []}')},
	qq{SELECT taskcrm.tc_add_task_comment_or_attachment('$task', 'to \@alice', '{"file_name": "f", "content": "AAEC"}')},
	qq{SELECT taskcrm.tc_edit_task_comment('$comment', 'to \@bob')},
	qq{SELECT taskcrm.tc_delete_task_comment('$comment')},
	qq{SELECT taskcrm.tc_delete_task_attachment('$file')},
	qq{SELECT taskcrm.tc_update_account('$account', '{"name": "x"}')},
	qq{SELECT taskcrm.tc_update_contact('$contact', '{"first_name": "x", "last_name": "y"}')},
	qq{SELECT taskcrm.tc_update_team('$team', '{"name": "x"}')},
	qq{SELECT taskcrm.tc_add_team_member('$team', '$bob')},
	qq{SELECT taskcrm.tc_remove_team_member('$team', '$bob')},
	qq{SELECT taskcrm.tc_delete_task('$task')},
	qq{SELECT taskcrm.tc_delete_team('$team')},
	qq{SELECT taskcrm.tc_delete_contact('$contact')},
	qq{SELECT taskcrm.tc_delete_account('$account')},
	qq{SELECT taskcrm.tc_remove_member('$bob')}
);
my @written = run_as($node, 'alice', \@writes);
is((grep { $_->{state} ne '00000' } @written), 0, 'writes of the API: ' . scalar @writes)
  or diag explain [ grep { $_->{state} ne '00000' } @written ];
my @upkeep = run_as(
	$node, undef,
	[   'SELECT taskcrm.tc_compact_counts()',
		'SELECT taskcrm.tc_recount()',
		q{SELECT taskcrm.tc_unlink_login('dirk')},
		q{SELECT taskcrm.tc_distrust_gateway('gw')},
		"SELECT taskcrm.tc_delete_organization('@{[org(2)]}')",
		'CALL taskcrm.tc_install()'
	]
);
is((grep { $_->{state} ne '00000' } @upkeep), 0, 'upkeep, and deleting an organization') or diag explain \@upkeep;

# Every table in the catalogs.
my @tables = split /\n/, $node->safe_psql(
	'crm', q{SELECT format('DELETE FROM %s', oid::regclass) FROM pg_class
	WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND relkind IN ('r', 'p')}
);
my @deletes =
	run_as($node, undef, [ map { ('BEGIN', 'SET session_replication_role = replica', $_, 'ROLLBACK') } @tables ]);
is((grep { $_->{state} ne '00000' } @deletes), 0, 'DELETE of each table: ' . scalar @tables)
  or diag explain [ grep { $_->{state} ne '00000' } @deletes ];

# tc_doctor() and tc_install() report the tables.
$node->safe_psql('crm',
	'ALTER TABLE taskcrm.team REPLICA IDENTITY NOTHING; ALTER TABLE taskcrm_internal.installation REPLICA IDENTITY DEFAULT');
my $check = q{SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'replica_identity'};
is( $node->safe_psql('crm', $check),
	'installation has no usable replica identity; team has no usable replica identity',
	'tc_doctor() names the tables'
);
is($node->safe_psql('crm', "CALL taskcrm.tc_install(); $check"), '', 'tc_install() repairs them');

done_testing();
