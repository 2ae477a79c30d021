# A hostile client with real logins, alone or with accomplices: attacks that do not fit the
# tables of 005_tenancy.pl. Whatever alice runs around and inside calls and policies, she keeps
# her identity and privileges, and sees nothing of other organizations.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use Test::More;

my $node = ready_cluster(
	'hostile',
	tasks => 3,
	conf => "max_parallel_workers_per_gather = 2\nmin_parallel_table_scan_size = 0\nwal_level = logical\n"
);
my %id = map { $_ => user_id($_) } qw(alice bob carol erin);
my ($org1, $org2) = (org(1), org(2));
my $before = checksum($node, 'crm', 2);
my $whoami =
	q{SELECT current_user || ' ' || session_user || ' ' || coalesce(taskcrm.tc_current_user()::text, 'nobody') || ' ' || coalesce(taskcrm.tc_current_org()::text, 'nowhere') || ' ' || current_setting('search_path')};
my $alice = "alice alice $id{alice} $org1 \"\$user\", public";

# Runs statements as alice, who must have the same identity afterwards and must not see a
# canary.
sub attack
{
	my ($name, $statements, %options) = @_;
	local $Test::Builder::Level = $Test::Builder::Level + 1;
	my @results = run_as($node, $options{login} // 'alice', [ @$statements, $whoami ]);
	my $last = pop @results;

	canary_free(\@results, "$name: shows nothing of other organizations");
	is($last->{out}, $options{who} // $alice, "$name: and her identity is unchanged");
	is( join("\n",
			map {"$statements->[$_] $results[$_]{err}"}
			grep { $results[ $_ ]{state} =~ /^(XX|no answer)/ } 0 .. $#results),
		'',
		"$name: nothing fails with an internal error"
	);
	return @results;
}

# ---------------------------------------------------------------------------
# Functions of alice in every place where the server can run one.

run_as($node, 'alice', [
	q{CREATE FUNCTION own_alice.spy() RETURNS text LANGUAGE plpgsql AS $$ BEGIN
		RETURN concat_ws(' ', current_user, session_user, taskcrm.tc_current_user(), taskcrm.tc_list_tasks('{"limit":1000}'), (SELECT string_agg(t::text, ',') FROM taskcrm.task t)); END $$},
	q{CREATE FUNCTION own_alice.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE 'note %', own_alice.spy(); RETURN NEW; END $$},
	q{CREATE FUNCTION own_alice.fold(integer) RETURNS text IMMUTABLE LANGUAGE plpgsql AS $$ BEGIN RETURN own_alice.spy(); END $$},
	q{CREATE FUNCTION own_alice.lie(integer) RETURNS text PARALLEL SAFE LANGUAGE plpgsql AS $$ BEGIN RETURN own_alice.spy(); END $$},
	q{CREATE FUNCTION own_alice.lie_and_write(integer) RETURNS text PARALLEL SAFE LANGUAGE plpgsql AS $$ BEGIN RETURN taskcrm.tc_create_task('{"title":"x"}'); END $$},
	q{CREATE TABLE own_alice.big AS SELECT g FROM generate_series(1, 5000) g}, 'ANALYZE own_alice.big' ]);

attack(
	'security 17: triggers of a temporary table',
	[   'CREATE TEMP TABLE t (x int) ON COMMIT DELETE ROWS',
		'CREATE TRIGGER a BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION own_alice.note()',
	'CREATE CONSTRAINT TRIGGER b AFTER INSERT ON t DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION own_alice.note()',
		'BEGIN',
		'INSERT INTO t VALUES (1)',
		q{SELECT taskcrm.tc_create_task('{"title":"x"}') IS NOT NULL},
		'COMMIT',
		'BEGIN',
		'INSERT INTO t VALUES (1)',
		'SET CONSTRAINTS ALL IMMEDIATE',
		'SELECT taskcrm.tc_remove_member($$' . $id{alice} . '$$)',
		'INSERT INTO t VALUES (1)',
		'ROLLBACK'
	]
);
attack(
	'security 17: her rules, defaults, checks, domains and generated columns',
	[   'CREATE TABLE own_alice.t (x int, y text DEFAULT own_alice.spy(), CHECK (own_alice.spy() IS NOT NULL), z text GENERATED ALWAYS AS (own_alice.fold(x)) STORED)',
		'INSERT INTO own_alice.t (x) VALUES (1) RETURNING *',
		'CREATE RULE r AS ON UPDATE TO own_alice.t DO ALSO SELECT own_alice.spy()',
		'UPDATE own_alice.t SET x = 2',
		'CREATE DOMAIN own_alice.d AS text CHECK (own_alice.spy() IS NOT NULL)',
		q{SELECT 'x'::own_alice.d},
		'CREATE INDEX ON own_alice.t (own_alice.fold(x))',
		'ANALYZE own_alice.t',
		'CLUSTER own_alice.t USING t_fold_idx',
		'CREATE POLICY p ON own_alice.t USING (own_alice.spy() IS NOT NULL)',
		'ALTER TABLE own_alice.t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY',
		'TABLE own_alice.t',
		'DROP TABLE own_alice.t CASCADE'
	]
);
attack(
	'security 14: functions that are wrongly marked PARALLEL SAFE',
	[   'SET parallel_setup_cost = 0',
		'SET parallel_tuple_cost = 0',
		'SELECT count(DISTINCT own_alice.lie(g)) FROM own_alice.big WHERE g % 500 = 0',
		'SELECT own_alice.lie(g) FROM own_alice.big WHERE g % 500 = 0',
		'SELECT own_alice.lie_and_write(g) FROM own_alice.big WHERE g % 500 = 0',
		'SET search_path = own_alice',
		'SELECT lie(g) FROM own_alice.big WHERE g % 500 = 0',
		'RESET ALL'
	]
);
attack(
	'security 15: a function that is folded into plans has only the rights of its owner',
	[   'SET plan_cache_mode = force_generic_plan',
		'PREPARE q AS SELECT own_alice.fold(1)',
		'EXECUTE q', 'EXECUTE q', 'DEALLOCATE ALL',
		'RESET ALL'
	]
);
attack(
	'security 17: her conversions, casts, aggregates and operator classes',
	[   "CREATE DEFAULT CONVERSION own_alice.c FOR 'UTF8' TO 'LATIN1' FROM utf8_to_iso8859_1",
		'SET search_path = own_alice',
		'SET client_encoding = LATIN1',
		q{SELECT taskcrm.tc_list_tasks('{"limit":1000}')},
		'RESET client_encoding',
		'RESET search_path',
		'CREATE CAST (text AS taskcrm.task_status) WITH FUNCTION own_alice.fold(integer)',
		'CREATE CAST (text AS uuid) WITH INOUT AS IMPLICIT',
		'CREATE OPERATOR CLASS own_alice.o DEFAULT FOR TYPE uuid USING btree AS STORAGE uuid',
		'CREATE AGGREGATE own_alice.count(*) (SFUNC = int8inc, STYPE = int8, INITCOND = 0)',
		'CREATE OPERATOR own_alice.= (FUNCTION = pg_catalog.uuid_ne, LEFTARG = uuid, RIGHTARG = uuid)',
		'SET search_path = own_alice, pg_catalog',
		q{SELECT taskcrm.tc_list_tasks('{"limit":1000}')},
		'SELECT count(*) FROM taskcrm.task WHERE org_id = org_id',
		'RESET search_path'
	]
);

# ---------------------------------------------------------------------------
# Errors at any point, portals, subtransactions, procedures.

run_as($node, 'alice', [
	q{CREATE FUNCTION own_alice.deep(n integer) RETURNS text LANGUAGE plpgsql AS $$ DECLARE r text; BEGIN
		r := taskcrm.tc_list_tasks('{"limit":1}'); RETURN own_alice.deep(n + 1); END $$},
		q{CREATE FUNCTION own_alice.deeper(n integer) RETURNS json LANGUAGE sql AS $$ SELECT coalesce(taskcrm.tc_list_tasks(jsonb_build_object('limit', n % 3, 'title', own_alice.deeper(n + 1)::text)), '1') $$}
	]
);
attack(
	'security 13: the stack limit is reached within a call',
	[   'SET max_stack_depth = $$100kB$$',
		'SELECT own_alice.deep(1)',
		$whoami,
		'SELECT own_alice.deeper(1)',
		$whoami,
	q{DO $$ BEGIN FOR i IN 1 .. 3 LOOP BEGIN PERFORM own_alice.deep(1); EXCEPTION WHEN OTHERS THEN RAISE NOTICE '% % %', sqlstate, current_user, taskcrm.tc_current_user(); END; END LOOP; END $$},
	'RESET ALL' ]);
{
	my @steps = map {
		my $kb = 100 + 3 * $_;
		(   "SET max_stack_depth = '${kb}kB'",
			q{SELECT taskcrm.tc_update_task('} . id(1, 'task', 1) . q{', '{"title":"deep"}') IS NOT NULL}, $whoami
		)
	} 0 .. 40;
	my @results = attack('security 13: with another stack limit each time', [ @steps, 'RESET max_stack_depth' ]);
	is(join(' ', grep { $_ ne $alice } map { $results[ 3 * $_ + 2 ]{out} } 0 .. 40),
		'', 'security 13: her identity is unchanged after each of them');
}
attack(
	'security 5: portals across savepoints',
	[   'BEGIN',
		'DECLARE c SCROLL CURSOR WITH HOLD FOR SELECT t::text FROM taskcrm.task t ORDER BY 1',
		'SAVEPOINT a',
		'FETCH 1 FROM c',
		'DECLARE d CURSOR FOR SELECT taskcrm.tc_find_task_ids()',
		'FETCH 1 FROM d',
		'ROLLBACK TO a',
		'FETCH ALL FROM c',
		'FETCH ALL FROM d',
		'ROLLBACK TO a',
		'SAVEPOINT b',
		"SELECT taskcrm.tc_remove_member('$id{alice}')",
		'FETCH BACKWARD ALL FROM c',
		'SELECT count(*) FROM taskcrm.task',
		'ROLLBACK TO b',
		'COMMIT',
		'FETCH ALL FROM c',
		'CLOSE ALL'
	]
);
attack(
	'security 5: loops over queries in a procedure that commits',
	[   q{CREATE PROCEDURE own_alice.loop() LANGUAGE plpgsql AS $$ DECLARE r record; BEGIN
		FOR r IN SELECT t.* FROM taskcrm.task t LOOP RAISE NOTICE '% %', r, taskcrm.tc_current_user(); COMMIT; ROLLBACK; END LOOP;
		FOR r IN SELECT taskcrm.tc_find_task_ids() AS i LOOP COMMIT; RAISE NOTICE '%', taskcrm.tc_get_task(r.i); END LOOP; END $$},
		'CALL own_alice.loop()'
	]
);
attack(
	'security 6: DISCARD and DEALLOCATE between calls',
	[   'PREPARE q AS SELECT t::text FROM taskcrm.task t',
		'EXECUTE q',
		'DISCARD PLANS',
		'EXECUTE q',
		q{SELECT taskcrm.tc_list_tasks('{"title":"a"}')},
		'DISCARD TEMP',
		'DISCARD SEQUENCES',
		q{SELECT taskcrm.tc_list_tasks('{"title":"a"}')},
		'DISCARD ALL',
		q{SELECT taskcrm.tc_list_tasks('{"title":"a"}')}
	]
);
attack(
	'security 10: locks, LISTEN, COPY and system functions',
	[   "LOCK TABLE taskcrm.task IN ACCESS EXCLUSIVE MODE",
		'SELECT pg_advisory_lock(1)',
		'SELECT pg_advisory_unlock_all()',
		'LISTEN pgrst',
		'NOTIFY pgrst',
		'UNLISTEN *',
		q{COPY (SELECT taskcrm.tc_list_tasks()) TO PROGRAM 'cat'},
		q{COPY (SELECT 1) TO '/tmp/x'},
		q{SELECT pg_read_file('PG_VERSION')},
		q{SELECT lo_import('/etc/passwd')},
		q{SELECT pg_ls_dir('.')},
		'SELECT * FROM pg_hba_file_rules',
		'SELECT rolpassword FROM pg_authid',
		'LOAD $$taskcrm$$',
		'CHECKPOINT',
		'SELECT pg_reload_conf()',
		q{SELECT pg_create_logical_replication_slot('x', 'test_decoding')},
		q{SELECT pg_logical_slot_get_changes('x', NULL, NULL)},
		'CREATE SUBSCRIPTION x CONNECTION $$$$ PUBLICATION x',
		'SELECT * FROM pg_stat_get_wal_senders()',
		'SELECT * FROM pg_backend_memory_contexts',
		'ALTER SYSTEM SET log_statement = all',
		'SET session_preload_libraries = x',
		'SET log_min_messages = debug5',
		'SET SESSION AUTHORIZATION carol',
		'SET ROLE carol',
		'GRANT carol TO alice',
		'ALTER USER carol PASSWORD $$x$$',
		'REASSIGN OWNED BY carol TO alice',
		'DROP OWNED BY carol',
		'ALTER DEFAULT PRIVILEGES FOR ROLE carol GRANT ALL ON TABLES TO alice'
	]
);
foreach my $analyze ('', 'ANALYZE, ') {
	attack(
		"security 5: EXPLAIN (${analyze}VERBOSE) of calls",
		[   map { (s/^/EXPLAIN (${analyze}VERBOSE, COSTS OFF) /r) }
			map { valid_calls($_) } qw(tc_list_tasks tc_find_tasks tc_get_task tc_task_totals)
		]
	);
}

# ---------------------------------------------------------------------------
# The server evaluates LEAKPROOF conditions before a policy. The number of calls of the
# conditions that follow them must reveal nothing. The planner treats a function without
# arguments as leakproof, so it may follow. For each readable table and column, with values
# that the other organization has and values that nobody has, in every kind of scan.
sub ask_beside_policies
{
	my ($policies) = @_;
	my @costs = ('0.0000001', '0.3', '0.7', '1.5', '3');
	run_as(
		$node, 'alice',
		[   map {
				my $name = 'tick' . $_;
				qq{CREATE OR REPLACE FUNCTION own_alice.$name() RETURNS boolean LANGUAGE plpgsql COST $costs[$_]
		AS 'BEGIN RAISE NOTICE ''tick''; RETURN true; END'}
			} 0 .. $#costs
		]
	);
	$node->safe_psql('crm', 'ANALYZE');
	my @columns = map { [ split /\|/ ] } split /\n/, $node->safe_psql(
		'crm', q{SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped AND a.atttypid = 'text'::regtype
		AND has_table_privilege('alice', c.oid, 'SELECT') ORDER BY 1, 2});
	cmp_ok(scalar @columns, '>', 10, 'clients can read text columns');
	# With a value of another organization; not every column has one.
	foreach my $column (@columns)
	{
		my ($table, $name) = @$column;
		push @$column, $node->safe_psql('crm', "SELECT min($name) FROM taskcrm.$table x WHERE x::text LIKE '%CaNaRy%' AND $name LIKE '%CaNaRy%'");
	}
	@columns = grep { $_->[2] ne '' } @columns;

	my (@script, @what);
	foreach my $scan (
		[],
		[ 'SET enable_indexscan = off', 'SET enable_bitmapscan = off', 'SET enable_indexonlyscan = off' ],
		# Their costs would make the server compile each statement.
		[ 'SET enable_seqscan = off', 'SET enable_indexscan = off', 'SET jit = off' ]
		)
	{
		push @script, @$scan;
		push @what, map { undef } @$scan;
		foreach my $column (@columns)
		{
			my ($table, $name, $value) = @$column;
			foreach my $condition ('%s = %v', '%s >= %v AND %s < %v || $$~$$', '%s = ANY (ARRAY[%v])', '%s BETWEEN %v AND %v', '%s OPERATOR(taskcrm.@~) %v', '(%s < %v OR (SELECT own_alice.tick3()))')
			{
				my ($theirs, $nobodys) = map { my $v = quote($_); $condition =~ s/%s/$name/gr =~ s/%v/$v/gr } $value, $value =~ s/CaNaRy/CaNaQy/r;
				foreach my $tick (0 .. $#costs)
				{
					push @script, "SELECT 1 FROM taskcrm.$table WHERE $theirs AND own_alice.tick$tick()", "SELECT 1 FROM taskcrm.$table WHERE $nobodys AND own_alice.tick$tick()";
					push @what, undef, "$table: $theirs";
				}
				# Other policies apply, and not on every table may she write.  The function costs more than
				# the comparison, and less than those policies.
				foreach my $write ("UPDATE taskcrm.$table SET $name = $name", "DELETE FROM taskcrm.$table")
				{
					push @script, "$write WHERE $theirs AND own_alice.tick3()", "$write WHERE $nobodys AND own_alice.tick3()";
					push @what, undef, "$table: $write WHERE $theirs";
				}
			}
		}
		push @script, 'RESET ALL';
		push @what, undef;
	}
	my @results = run_as($node, 'alice', \@script);
	my %wrong;
	foreach my $i (grep { $what[$_] } 0 .. $#what)
	{
		my ($theirs, $nobodys) = map { scalar(() = $_->{err} =~ /NOTICE: .*tick/g) } @results[ $i - 1, $i ];
		$wrong{$what[ $i ]} = "called $theirs times, and $nobodys for a value that nobody has"
			if $theirs != $nobodys || $results[ $i ]{state} !~ ($script[$i] =~ /^SELECT/ ? qr/^00000$/ : qr/^(?:00000|42501)$/);
	}
	is( join("\n", map {"$_: $wrong{$_}"} sort keys %wrong),
		'',
		'security 9: '
			. scalar(@script)
			. ' queries for values of others reveal nothing by the functions that they call: '
			. $policies
	);
}
ask_beside_policies('all policies');
# The permissive policies alone ensure this.
$node->safe_psql(
	'crm',
	q{DO $$ DECLARE p record; BEGIN FOR p IN SELECT polname, polrelid::regclass AS tab FROM pg_policy WHERE NOT polpermissive LOOP
	EXECUTE format('DROP POLICY %I ON %s', p.polname, p.tab); END LOOP; END $$}
);
ask_beside_policies('permissive policies only');
install_tables($node, 'crm');

# The same for conditions that the planner considers free, and for functions with a declared
# cost of almost nothing: no function without arguments is called for a row of another
# organization, whatever conditions precede it. For each readable table and column, in every
# clause that filters rows.
{
	my %functions = (
		free0 => 'COST 1e-37',
		free1 => 'COST 1e-45',
		free2 => 'COST 1e-37 STABLE SECURITY DEFINER',
		dear => 'COST 1000'
	);
	run_as(
		$node, 'alice',
		[   map {
					  qq{CREATE FUNCTION own_alice.$_() RETURNS boolean LANGUAGE plpgsql }
					. $functions{$_} =~ s/STABLE //r
					. q{ AS 'BEGIN RAISE NOTICE ''tick''; RETURN true; END'}
			} sort keys %functions
		]
	);
	my @columns = map { [ split /\|/ ] } split /\n/, $node->safe_psql(
		'crm',
		q{SELECT c.relname, a.attname, a.atttypid::regtype FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
		WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
		AND has_table_privilege('alice', c.oid, 'SELECT') ORDER BY 1, 2});
	my %own = map { $_->[0] => sql_value($node, 'alice', "SELECT count(*) FROM taskcrm.$_->[0]") } @columns;
	my %all = map { $_ => $node->safe_psql('crm', "SELECT count(*) FROM taskcrm.$_") } keys %own;
	is(join(' ', grep { $own{$_} == 0 || $own{$_} >= $all{$_} } sort keys %own),
		'', 'every table has rows of alice and of others');

	my @free = (
		'%s IS NULL',
		'%s IS NOT NULL',
		'CASE WHEN %s IS NULL THEN true ELSE true END',
		'COALESCE(%s IS NULL, false) IS NOT NULL',
		'(%s IS NULL) IS NOT TRUE',
		'NOT (%s IS NULL)',
		'x.* IS NOT NULL OR %s IS NULL'
	);
	my %shapes = (
		where => 'SELECT 1 FROM taskcrm.%t x WHERE %f',
		'join on' => 'SELECT 1 FROM (VALUES (1)) v LEFT JOIN taskcrm.%t x ON %f',
		join => 'SELECT 1 FROM (VALUES (1)) v JOIN taskcrm.%t x ON %f',
		lateral => 'SELECT 1 FROM (VALUES (1)) v, LATERAL (SELECT 1 FROM taskcrm.%t x WHERE %f) y',
		having => 'SELECT count(*) FROM taskcrm.%t x GROUP BY %s HAVING %f',
		filter => 'SELECT count(*) FILTER (WHERE %f) FROM taskcrm.%t x',
		exists => 'SELECT 1 WHERE EXISTS (SELECT 1 FROM taskcrm.%t x WHERE %f AND own_alice.never())',
		view => 'SELECT 1 FROM own_alice.through_%t x WHERE %f',
		merge => 'MERGE INTO taskcrm.%t x USING (VALUES (1)) v ON %f WHEN MATCHED THEN DO NOTHING',
		update => 'UPDATE taskcrm.%t x SET %n = %s WHERE %f AND own_alice.never()',
		delete => 'DELETE FROM taskcrm.%t x WHERE %f AND own_alice.never()'
	);
	my @setup = (
		'CREATE FUNCTION own_alice.never() RETURNS boolean LANGUAGE plpgsql COST 1e-37 AS $$ BEGIN RETURN false; END $$',
		map {"CREATE VIEW own_alice.through_$_ AS SELECT * FROM taskcrm.$_"} sort keys %own
	);
	is(join(' ', grep { $_ ne '00000' } map { $_->{state} } run_as($node, 'alice', \@setup)),
		'', 'her functions and views are created');

	my (@script, @what);
	my $turn = 0;
	foreach my $scan (
		[],
		[   'SET enable_indexscan = off',
			'SET enable_bitmapscan = off',
			'SET enable_indexonlyscan = off',
			'SET cpu_operator_cost = 0'
		],
		[ 'SET enable_seqscan = off', 'SET cpu_operator_cost = 1e300', 'SET jit = off' ]
		)
	{
		push @script, @$scan;
		push @what, map { undef } @$scan;
		foreach my $column (@columns)
		{
			my ($table, $name, $type) = @$column;
			my @conditions = (
				@free,
				$type eq 'boolean'
				? ( '%s', 'NOT %s',
					'%s IS NOT FALSE',
					'CASE WHEN %s THEN true ELSE false END',
					'%s IS DISTINCT FROM NULL'
					)
				: ()
			);
			foreach my $number (0 .. $#conditions) {
				# A third of the shapes, which others of the same table complete.
				my @all_shapes = sort keys %shapes;
				my @shapes = $number < 2 ? @all_shapes[ grep { ($_ + $turn) % 3 == 0 } 0 .. $#all_shapes ] : ('where');
				$turn++ if $number < 2;
				foreach my $shape (@shapes)
				{
					my $function = (sort keys %functions)[ @script % keys %functions ];
					push @script,
						$shapes{$shape} =~ s/%f/($conditions[$number]) AND own_alice.$function()/r =~ s/%t/$table/gr =~
						s/%s/x.$name/gr =~ s/%n/$name/gr;
					push @what, $table;
				}
			}
		}
		push @script, 'RESET ALL';
		push @what, undef;
	}
	my @results = run_as($node, 'alice', \@script);
	my (@wrong, $called);
	foreach my $i (grep { $what[$_] } 0 .. $#what)
	{
		my $ticks = () = $results[$i]{err} =~ /NOTICE: .*tick/g;
		$called += $ticks;
		# These require a privilege to write, which a client has on some tables only.
		next if $script[$i] =~ /^(?:MERGE|UPDATE|DELETE)/ && $results[$i]{state} eq '42501' && $ticks == 0;
		push @wrong, "$script[$i]: called $ticks times for $own{$what[$i]} rows, $results[$i]{state}"
			if $ticks > $own{$what[ $i ]} || $results[ $i ]{state} ne '00000';
	}
	is(join("\n", @wrong),
		'', 'security 9: ' . scalar(grep {$_} @what) . ' free conditions are evaluated for no row of others');
	cmp_ok($called, '>', 1000, 'and are evaluated for her own rows');
}

# Only the statements of the API omit that condition. A SECURITY DEFINER function of a client
# does not.
{
	my $explain = q{EXECUTE 'EXPLAIN (COSTS OFF) SELECT FROM taskcrm.task WHERE title >= $x$a$x$'};
	my @plans = run_as(
		$node, 'alice',
		[   "CREATE FUNCTION own_alice.plan() RETURNS SETOF text LANGUAGE plpgsql SECURITY DEFINER AS \$\$ BEGIN RETURN QUERY $explain; END \$\$",
			'SELECT * FROM own_alice.plan()',
			'EXPLAIN (COSTS OFF) SELECT FROM taskcrm.task WHERE title >= $x$a$x$',
			'DROP FUNCTION own_alice.plan()'
		]
	);
	like($plans[ $_ ]{out}, qr/is_current_org\(org_id\)/, "security 9: the plan checks the organization first, $_")
		foreach 1, 2;
}

# The server keeps statistics of all columns, but a client cannot read them. 018_estimates.pl
# tests that EXPLAIN does not show them either.
foreach my $view ('pg_stats', 'pg_stats_ext', 'pg_stats_ext_exprs') {
	is(sql_value($node, 'alice', "SELECT count(*) FROM $view WHERE schemaname = 'taskcrm'"),
		'0', "security 5: $view shows a client nothing of the tables");
}
is( sql_value(
		$node,
		undef,
		q{SELECT count(*) > 0 FROM pg_stats WHERE schemaname = 'taskcrm' AND tablename = 'task' AND attname = 'title'}
	),
	't',
	'there are statistics'
);

# ---------------------------------------------------------------------------
# Revocation under a snapshot that another session exported.
{
	my $bob = new_session($node, 'bob');
	my $keeper = new_session($node, 'alice');

	$keeper->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	my $snapshot = $keeper->value('SELECT pg_export_snapshot()');
	$bob->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	is($bob->run("SET TRANSACTION SNAPSHOT '$snapshot'")->{state}, '00000', 'a snapshot is imported');
	cmp_ok($bob->value('SELECT count(*) FROM taskcrm.task'), '>', 0, 'and shows bob tasks');
	$node->safe_psql('crm', "UPDATE taskcrm.member SET is_active = false WHERE user_id = '$id{bob}'");
	is($bob->value('SELECT count(*) FROM taskcrm.task'),
		'0', 'security 7: a revoked member sees nothing, under an imported snapshot too');
	is($bob->value('SELECT taskcrm.tc_list_tasks()'), 'PT403', 'security 7: nor in an API call');
	$bob->run('ROLLBACK');
	$bob->run('BEGIN ISOLATION LEVEL REPEATABLE READ');
	$bob->run("SET TRANSACTION SNAPSHOT '$snapshot'");
	is($bob->value('SELECT count(*) FROM taskcrm.task'),
		'0', 'security 7: nor if the snapshot is imported after the revocation');
	$bob->run('ROLLBACK');
	$node->safe_psql('crm', "UPDATE taskcrm.member SET is_active = true WHERE user_id = '$id{bob}'");
	$_->quit foreach $bob, $keeper;
}

# ---------------------------------------------------------------------------
# Two users who cooperate: alice's objects run with carol's rights only when carol calls them,
# and alice does not see the results by calling them herself.
$node->safe_psql('crm', 'GRANT USAGE ON SCHEMA own_carol TO alice; GRANT USAGE ON SCHEMA own_alice TO carol');
run_as(
	$node, 'carol',
	[   q{CREATE FUNCTION own_carol.open() RETURNS SETOF text LANGUAGE sql SECURITY DEFINER AS $$ SELECT t::text FROM taskcrm.task t UNION ALL SELECT taskcrm.tc_list_tasks('{"limit":1000}')::text $$},
	q{CREATE FUNCTION own_carol.open_plpgsql() RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = taskcrm, pg_temp AS $$ BEGIN RETURN concat(tc_whoami(), (SELECT string_agg(t::text, ',') FROM task t)); END $$},
		'CREATE VIEW own_carol.view AS SELECT t::text FROM taskcrm.task t',
		'CREATE VIEW own_carol.calls AS SELECT taskcrm.tc_list_tasks()::text, taskcrm.tc_current_org()',
		'GRANT ALL ON own_carol.view, own_carol.calls TO alice',
		'CREATE TABLE own_carol.drop_box (t text)',
		'GRANT INSERT ON own_carol.drop_box TO alice',
	q{CREATE FUNCTION own_carol.stamp() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN RAISE NOTICE '% %', (SELECT string_agg(t::text, ',') FROM taskcrm.task t), taskcrm.tc_list_tasks(); RETURN NEW; END $$},
		'CREATE TRIGGER s BEFORE INSERT ON own_carol.drop_box FOR EACH ROW EXECUTE FUNCTION own_carol.stamp()'
	]
);
attack(
	"security 11: objects that run with carol's rights do not give alice her identity",
	[   'SELECT own_carol.open()',
		'SELECT own_carol.open_plpgsql()',
		'TABLE own_carol.view',
		'TABLE own_carol.calls',
		q{INSERT INTO own_carol.drop_box VALUES ('x')},
		'SET plan_cache_mode = force_generic_plan',
		'PREPARE q AS SELECT own_carol.open(), * FROM own_carol.view, own_carol.calls',
		'EXECUTE q',
		'EXECUTE q',
		'RESET ALL'
	]
);
like(sql_value($node, 'carol', 'SELECT string_agg(o, $$,$$) FROM own_carol.open() o'),
	$TaskcrmTest::CANARY_RE, 'carol sees her own rows with them');

# Erin, of both organizations, changes the selected organization within cursors, statements and
# transactions: each row, each answer and each write belongs to one of them.
{
	my @results = run_as(
		$node, 'erin',
		[   "SET taskcrm.org_id = '$org1'",
			'BEGIN',
			'DECLARE c CURSOR FOR SELECT org_id FROM taskcrm.task',
			'FETCH 1 FROM c',
			"SET LOCAL taskcrm.org_id = '$org2'",
			'FETCH ALL FROM c',
			'SELECT DISTINCT org_id FROM taskcrm.task',
			'COMMIT',
			"SELECT DISTINCT org_id, set_config('taskcrm.org_id', '$org2', false) IS NOT NULL FROM taskcrm.task",
			"SET taskcrm.org_id = '$org1'",
		"INSERT INTO taskcrm.task_contact (task_id, contact_id) SELECT '@{[id(1, 'task', 2)]}', '@{[id(2, 'contact', 1)]}' WHERE set_config('taskcrm.org_id', '$org2', false) IS NOT NULL RETURNING org_id",
			"SET taskcrm.org_id = '$org1'",
			"UPDATE taskcrm.task SET account_id = '@{[id(2, 'account', 1)]}' WHERE set_config('taskcrm.org_id', '$org2', false) IS NOT NULL",
			"SET taskcrm.org_id = '$org1'",
			"SELECT taskcrm.tc_update_task('@{[id(1, 'task', 2)]}', jsonb_build_object('account', '@{[id(2, 'account', 1)]}', 'title', set_config('taskcrm.org_id', '$org2', false)))"
		]
	);
	my @orgs = map { [ split /\n/, $_->{out} ] } @results;
	is(join(' ', grep { $_ ne $org1 } @{$orgs[ 3 ]}, @{$orgs[ 5 ]}),
		'', 'security 13: a cursor stays in the organization in which it was opened');
	cmp_ok(scalar @{ $orgs[5] }, '>', 3, 'and returns several rows');
	is("@{ $orgs[6] }", $org2, 'the next statement is in the other organization');
	is("@{ $orgs[8] }", "$org1|t", 'security 13: a statement stays in the organization in which it began');
	is(join(' ', map { $results[ $_ ]{state} } 10, 14),
		'23503 PT404', 'security 3: a row of one organization cannot refer to a row of the other')
		or diag explain \@results;
}
is( $node->safe_psql(
		'crm',
		q{SELECT count(*) FROM taskcrm.task t JOIN taskcrm.account a ON a.id = t.account_id WHERE a.org_id <> t.org_id}
	),
	'0',
	'security 3: there is no such reference'
);

# A client with REPLICATION could decode the writes of all organizations, so it is refused.
$node->safe_psql('crm', 'CREATE ROLE decoder LOGIN REPLICATION');
is(run_one($node, undef, q{SELECT taskcrm.tc_grant_access('decoder')})->{state},
	'0P000', 'security 10: a role with REPLICATION cannot be a client');

is(checksum($node, 'crm', 2), $before, 'security 8: the other organization is unchanged at the end');
unlike(
	PostgreSQL::Test::Utils::slurp_file($node->logfile),
	qr/PANIC|TRAP:|terminated by signal/,
	'security 21: no crash'
);
$node->stop;
done_testing();
