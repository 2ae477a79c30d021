# Copies that follow with tc_sync() equal the tables in the end, and never show a state that was
# not committed, while writers commit late, roll back, use savepoints and prepared transactions.  In one
# of the two organizations, old events are removed all the time.
#
#   SYNC_SECONDS=300 SYNC_WRITERS=16 SYNC_READERS=8    a longer run, for each organization; see test/sync

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;

my $seconds = $ENV{SYNC_SECONDS} // 5;
my $writers = $ENV{SYNC_WRITERS} // 6;
my $readers = $ENV{SYNC_READERS} // 3;
my $node = ready_cluster('sync', conf => "max_prepared_transactions = 50\nmax_connections = 200\ntaskcrm.max_limit = 100000\n", tasks => 40);
my $dir = PostgreSQL::Test::Utils::tempdir();

$node->safe_psql('crm', "SELECT taskcrm.tc_grant_access('$_', write => true, delete => true)") foreach 'alice', 'carol';

# ---------------------------------------------------------------------------
# Copies: the loop of the manual, in PL/pgSQL.  A copy belongs to one reader, a login.

$node->safe_psql('crm', q{
	CREATE SCHEMA copy;
	GRANT USAGE ON SCHEMA copy TO PUBLIC;
	CREATE TABLE copy.row (reader int, resource text, id uuid, content jsonb, PRIMARY KEY (reader, resource, id));
	CREATE TABLE copy.state (reader int PRIMARY KEY, token text, calls int DEFAULT 0, loads int DEFAULT 0);
	CREATE TABLE copy.wrong (reader int, content jsonb);
	CREATE TABLE copy.running (is_running boolean);
	INSERT INTO copy.running VALUES (true);
	GRANT ALL ON ALL TABLES IN SCHEMA copy TO PUBLIC;

	-- A member is identified by user_id or id, everything else by id.
	CREATE FUNCTION copy.apply(reader int, r jsonb) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		kind text; x jsonb;
	BEGIN
		IF (r ->> 'full')::boolean THEN
			DELETE FROM copy.row c WHERE c.reader = apply.reader;
			UPDATE copy.state s SET loads = loads + 1 WHERE s.reader = apply.reader;
		END IF;
		FOR kind, x IN SELECT e.key, v FROM jsonb_each(r -> 'changed') e, jsonb_array_elements(e.value) v LOOP
			INSERT INTO copy.row AS c VALUES (reader, kind, (x ->> 'id')::uuid, x)
			ON CONFLICT ON CONSTRAINT row_pkey DO UPDATE SET content = excluded.content;
			-- Writers change both together, in two statements.
			IF kind = 'tasks' AND x ->> 'title' LIKE 'w%' AND x ->> 'title' <> x ->> 'description' THEN
				INSERT INTO copy.wrong VALUES (reader, x);
			END IF;
		END LOOP;
		FOR kind, x IN SELECT e.key, v FROM jsonb_each(r -> 'deleted') e, jsonb_array_elements(e.value) v LOOP
			DELETE FROM copy.row c WHERE c.reader = apply.reader AND c.resource = kind AND c.id = (x #>> '{}')::uuid;
			-- What belongs to a task goes with it.
			IF kind = 'tasks' THEN
				DELETE FROM copy.row c WHERE c.reader = apply.reader AND c.content ->> 'task' = x #>> '{}';
			END IF;
		END LOOP;
	END $$;

	CREATE PROCEDURE copy.follow(reader int, page int) LANGUAGE plpgsql AS $$
	DECLARE
		r jsonb; last boolean := false;
	BEGIN
		INSERT INTO copy.state VALUES (reader) ON CONFLICT DO NOTHING;
		LOOP
			COMMIT;
			-- After the writers have ended, once more to the end.
			last := NOT (SELECT is_running FROM copy.running);
			LOOP
				r := taskcrm.tc_sync((SELECT s.token FROM copy.state s WHERE s.reader = follow.reader), jsonb_build_object('limit', page));
				PERFORM copy.apply(reader, r);
				-- Applying a page twice changes nothing.
				PERFORM copy.apply(reader, r - 'full' || '{"full": false}') WHERE random() < 0.1;
				UPDATE copy.state s SET token = r ->> 'token', calls = calls + 1 WHERE s.reader = follow.reader;
				COMMIT;
				EXIT WHEN NOT (r ->> 'more')::boolean;
			END LOOP;
			EXIT WHEN last;
			PERFORM pg_sleep(0.01);
		END LOOP;
	END $$;

	-- A random task of the caller's organization.
	CREATE FUNCTION copy.some_task() RETURNS uuid LANGUAGE sql AS
		$$ SELECT id FROM taskcrm.task WHERE org_id = taskcrm.tc_current_org() ORDER BY random() LIMIT 1 $$;
	CREATE FUNCTION copy.some_view() RETURNS SETOF json LANGUAGE sql AS
		$$ SELECT v FROM json_array_elements(taskcrm.tc_list_views('{"limit": 20, "count": "none"}') -> 'results') v ORDER BY random() LIMIT 1 $$;
	-- Removes events while the writers write.
	CREATE TABLE copy.purged (n bigint);
	GRANT ALL ON copy.purged TO PUBLIC;
	CREATE PROCEDURE copy.purge() LANGUAGE plpgsql AS $$
	BEGIN
		WHILE (SELECT is_running FROM copy.running) LOOP
			INSERT INTO copy.purged SELECT (taskcrm.tc_purge_events(clock_timestamp() - random() * interval '1 second') ->> 'purged')::bigint;
			COMMIT;
			PERFORM pg_sleep(random());
		END LOOP;
	END $$;
	-- A change in several statements, of which some are undone.
	CREATE PROCEDURE copy.change(how int, pause float8) LANGUAGE plpgsql AS $$
	DECLARE
		task uuid := copy.some_task(); new_title text := 'w' || random();
	BEGIN
		UPDATE taskcrm.task t SET title = new_title WHERE t.id = task;
		PERFORM pg_sleep(pause);
		BEGIN
			UPDATE taskcrm.task t SET description = 'lost' WHERE t.id = task;
			PERFORM taskcrm.tc_create_task('{"title": "lost"}');
			IF how % 3 = 0 THEN RAISE division_by_zero; END IF;
		EXCEPTION WHEN division_by_zero THEN NULL;
		END;
		UPDATE taskcrm.task t SET description = new_title WHERE t.id = task;
		BEGIN
		CASE how % 10
			WHEN 0 THEN PERFORM taskcrm.tc_create_task(jsonb_build_object('title', new_title, 'description', new_title, 'assigned_to', jsonb_build_array(taskcrm.tc_current_user())));
			WHEN 1 THEN PERFORM taskcrm.tc_delete_task(copy.some_task());
			WHEN 2 THEN PERFORM taskcrm.tc_add_task_comment_or_attachment(task, 'for @alice');
			WHEN 3 THEN DELETE FROM taskcrm.task_comment c WHERE c.id = (SELECT x.id FROM taskcrm.task_comment x ORDER BY random() LIMIT 1);
			WHEN 4 THEN PERFORM taskcrm.tc_update_account(a.id, jsonb_build_object('name', new_title)) FROM (SELECT id FROM taskcrm.account ORDER BY random() LIMIT 1) a;
			WHEN 5 THEN PERFORM taskcrm.tc_create_team(new_title);
			WHEN 6 THEN PERFORM taskcrm.tc_create_view(jsonb_build_object('name', new_title, 'shared_with', ('{me,team,organization}'::text[])[how / 10 % 3 + 1]));
			WHEN 7 THEN PERFORM taskcrm.tc_update_view((v ->> 'id')::uuid, jsonb_build_object('name', new_title)) FROM copy.some_view() v;
			WHEN 8 THEN PERFORM taskcrm.tc_delete_view((v ->> 'id')::uuid) FROM copy.some_view() v;
			WHEN 9 THEN IF how / 10 % 4 = 0 THEN PERFORM taskcrm.tc_update_me(new_title); END IF;
			ELSE PERFORM taskcrm.tc_add_task_attachment(task, 'f', '\x00');
		END CASE;
		-- Somebody else has deleted it.
		EXCEPTION WHEN SQLSTATE 'PT404' OR SQLSTATE 'PT403' THEN NULL;
		END;
	END $$;
});

sub script
{
	my ($name, $text) = @_;
	append_to_file("$dir/$name", $text);
	return "$dir/$name";
}

my @scripts = (
	script('commit', "\\set how random(0, 1000000)\n\\set pause random(0, 30)\nCALL copy.change(:how, :pause / 1000.0);\n"),
	script('rollback', "\\set how random(0, 1000000)\n\\set pause random(0, 30)\nBEGIN;\nCALL copy.change(:how, :pause / 1000.0);\nROLLBACK;\n"),
	script('late', "\\set how random(0, 1000000)\n\\set pause random(0, 300)\nBEGIN;\nCALL copy.change(:how, 0);\n\\sleep :pause ms\nCOMMIT;\n"),
	script('prepared', "\\set how random(0, 1000000)\n\\set n random(1, 1000000000)\n\\set pause random(0, 100)\nBEGIN;\nCALL copy.change(:how, 0);\n"
		. "PREPARE TRANSACTION 'p:client_id:n';\n\\sleep :pause ms\nCOMMIT PREPARED 'p:client_id:n';\n"));

# ---------------------------------------------------------------------------
# Writers and readers.

sub start
{
	my (@command) = @_;
	my ($in, $out) = ('', '');
	return { handle => IPC::Run::start(\@command, \$in, '>&', \$out), out => \$out };
}
my @connection = ('-h', $node->host, '-p', $node->port);
my @writing = map {
	start('pgbench', @connection, '-U', $_, '-n', '-c', $writers, '-j', 2, '-T', $seconds, '--max-tries', 100000,
		(map { ('-f', $_) } @scripts), 'crm')
} qw(alice carol);
my @reading = map {
	start('psql', '-XqAt', @connection, '-U', $_ % 2 ? 'alice' : 'carol', '-v', 'ON_ERROR_STOP=1', '-d', 'crm',
		'-c', "CALL copy.follow($_, @{[(7, 50, 1000)[$_ % 3]]})")
} 1 .. $readers * 2;
my $purging = start('psql', '-XqAt', @connection, '-U', 'carol', '-v', 'ON_ERROR_STOP=1', '-d', 'crm', '-c', 'CALL copy.purge()');
foreach my $writer (@writing)
{
	IPC::Run::finish($writer->{handle});
	unlike(${ $writer->{out} }, qr/aborted/, 'the writers come to their end');
	note(${ $writer->{out} });
}
$node->safe_psql('crm', 'UPDATE copy.running SET is_running = false');
ok(IPC::Run::finish($purging->{handle}), 'events are removed meanwhile') or diag(${ $purging->{out} });
foreach my $reader (@reading)
{
	ok(IPC::Run::finish($reader->{handle}), 'a reader comes to its end') or diag(${ $reader->{out} });
}

# ---------------------------------------------------------------------------
# Each copy is what its user can read.

my $expected = q{
	SELECT resource || ' ' || x::jsonb FROM (
		SELECT 'tasks' AS resource, (r -> 'task_obj')::jsonb AS x FROM (SELECT taskcrm.tc_get_task(id) AS r FROM taskcrm.task) t
		UNION ALL SELECT 'comments', c FROM taskcrm.task k, LATERAL jsonb_array_elements((taskcrm.tc_list_comments(k.id, '{"limit": 100000}')::jsonb) -> 'results') c
		UNION ALL SELECT 'attachments', c FROM taskcrm.task k, LATERAL jsonb_array_elements((taskcrm.tc_list_attachments(k.id, '{"limit": 100000}')::jsonb) -> 'results') c
		UNION ALL SELECT 'accounts', c FROM jsonb_array_elements((taskcrm.tc_list_accounts('{"limit": 100000}')::jsonb) -> 'results') c
		UNION ALL SELECT 'contacts', c FROM jsonb_array_elements((taskcrm.tc_list_contacts('{"limit": 100000}')::jsonb) -> 'results') c
		UNION ALL SELECT 'teams', c FROM jsonb_array_elements((taskcrm.tc_list_teams('{"limit": 100000}')::jsonb) -> 'results') c
		UNION ALL SELECT 'views', c FROM jsonb_array_elements((taskcrm.tc_list_views('{"limit": 100000}')::jsonb) -> 'results') c
		UNION ALL SELECT 'members', c FROM jsonb_array_elements((taskcrm.tc_list_members('{"limit": 100000}')::jsonb) -> 'results') c) a ORDER BY 1};
foreach my $login ('alice', 'carol')
{
	my $tables = sql_value($node, $login, "SET search_path = public; $expected");
	foreach my $reader (grep { ($_ % 2 ? 'alice' : 'carol') eq $login } 1 .. $readers * 2)
	{
		my $copy = $node->safe_psql('crm',
			"SELECT resource || ' ' || content FROM copy.row WHERE reader = $reader ORDER BY 1");
		is(line_changes($tables, $copy), '', "copy $reader of $login equals the tables");
	}
}
is($node->safe_psql('crm', 'SELECT * FROM copy.wrong LIMIT 3'), '', 'no copy has shown what was not committed');
is($node->safe_psql('crm', 'SELECT string_agg(loads::text, $$ $$) FROM copy.state WHERE reader % 2 = 1'),
	join(' ', ('1') x $readers), 'no copy had to begin anew where no event is removed');
cmp_ok($node->safe_psql('crm', 'SELECT sum(n) FROM copy.purged'), '>', 0, 'events were removed');
note('events, removed ones, calls, loads, rows of copies: ' . $node->safe_psql('crm', q{
	SELECT (SELECT count(*) FROM taskcrm_internal.event), (SELECT sum(n) FROM copy.purged), sum(calls), sum(loads), (SELECT count(*) FROM copy.row) FROM copy.state}));
is( $node->safe_psql(
		'crm', q{SELECT count(*) FROM (SELECT version, lag(version) OVER (PARTITION BY task_id ORDER BY seq) AS before
		FROM taskcrm_internal.event WHERE type LIKE 'task.%') e WHERE version < before}
	),
	'0',
	"the numbers of a task's events ascend with its versions"
);

$node->stop;
done_testing();
