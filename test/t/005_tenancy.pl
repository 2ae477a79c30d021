# A hostile client: alice, of the first organization, may run any SQL. The test attacks every
# table and every function of the schema in many ways; no row or message may show anything of
# the second organization, and none of its rows may change.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use Test::More;


my $node = ready_cluster('tenancy');
my $org1 = org(1);
my $org2 = org(2);
my $carol = user_id('carol');

# A second database that contains only the first organization.
$node->safe_psql('postgres', 'CREATE DATABASE alone');
install_extension($node, 'alone');
install_tables($node, 'alone');
create_people($node, 'alone');
fill_tenant($node, 'alone', 1, 3);
grant_roles($node, 'alone');

# Alice's tools: functions that report what they are passed, and operators and aggregates
# with the names that the extension's statements use, all of which print TRAP.
my $tools = q{
	CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
		AS 'BEGIN RAISE NOTICE $$leaked %$$, $1; RETURN true; END';
	CREATE FUNCTION leak_eq(text, text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
		AS 'BEGIN RAISE NOTICE $$leaked % %$$, $1, $2; RETURN true; END';
	CREATE OPERATOR <<<< (FUNCTION = leak_eq, LEFTARG = text, RIGHTARG = text, RESTRICT = eqsel, JOIN = eqjoinsel);
	CREATE OPERATOR >>>> (FUNCTION = leak_eq, LEFTARG = text, RIGHTARG = text, RESTRICT = scalargtsel);
	CREATE OPERATOR ~~~~ (FUNCTION = leak_eq, LEFTARG = text, RIGHTARG = text, RESTRICT = contsel);
};
my @trapped_types = (
	[ 'uuid', '$1 OPERATOR(pg_catalog.=) $2' ], [ 'text', 'true' ], [ 'name', 'true' ], [ 'oid', 'true' ],
	[ 'bigint', 'true' ], [ 'integer', 'true' ], [ 'date', 'true' ], [ 'timestamptz', 'true' ],
	[ 'boolean', 'true' ], [ 'taskcrm.task_status', 'true' ], [ 'taskcrm.task_priority', 'true' ]);
my $traps = q{CREATE FUNCTION trap(text) RETURNS boolean LANGUAGE plpgsql
	AS 'BEGIN RAISE WARNING $$TRAP % as %$$, $1, current_user; RETURN true; END';};
foreach my $type (@trapped_types)
{
	my $name = $type->[0] =~ s/\W/_/gr;
	$traps .= "CREATE FUNCTION trap_$name($type->[0], $type->[0]) RETURNS boolean LANGUAGE sql
		AS 'SELECT own_alice.trap(''operator on $type->[0]'')';\n";
	$traps .= "CREATE OPERATOR $_ (FUNCTION = trap_$name, LEFTARG = $type->[0], RIGHTARG = $type->[0]);\n"
	  foreach '=', '<>', '<', '>', '<=', '>=', '~', '!~', '~~';
	$traps .= "CREATE FUNCTION $_($type->[0]) RETURNS boolean LANGUAGE sql AS 'SELECT own_alice.trap(''$_'')';\n"
	  foreach qw(lower upper btrim char_length octet_length length to_regclass max min array_agg isfinite
	  quote_ident set_config pg_get_userbyid has_bypassrls_privilege to_regprocedure);
}
$traps .= "CREATE FUNCTION $_ RETURNS boolean LANGUAGE sql AS 'SELECT own_alice.trap(''$_'')';\n"
  foreach 'format(text, text)', 'format(text, name)', 'format(text, text, text)', 'format(text, name, name)', 'now()',
  'count()', 'btrim(text, text)', 'array_to_string(text[], text)', 'tc_current_org()', 'tc_current_user()',
  'tc_current_role()', 'tc_uuidv7()', 'tc_list_tasks()', 'is_colleague(uuid)', 'text_contains(text, text)',
  'pg_has_role(oid, oid, text)', 'has_schema_privilege(name, text, text)', 'has_table_privilege(name, oid, text)',
  'has_function_privilege(name, regprocedure, text)', 'string_agg(text, text)', 'unnest(uuid[])', 'unnest(text[])',
  'pg_advisory_xact_lock(integer, integer)';
# Tables and types with the names of ours, in the schema and in pg_temp.
my @names = qw(task member gateway login app_user organization installation task_comment account contact team
  task_contact task_assignee task_team pg_class pg_roles pg_proc pg_extension pg_policy pg_trigger pg_attribute);
$traps .= "CREATE TABLE $_ (id uuid, org_id uuid, user_id uuid, role_name name, role_oid oid);" foreach @names;
my @temporary = map { "CREATE TEMP TABLE $_ (id uuid, org_id uuid, user_id uuid, role text, is_active boolean,
	role_name name, role_oid oid, rolsuper boolean, rolname name, oid oid)" } @names;
push @temporary, "INSERT INTO pg_temp.gateway (role_name, role_oid) SELECT r.rolname, r.oid
	FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) 'alice'",
  "INSERT INTO pg_temp.login (role_name, role_oid, user_id) SELECT r.rolname, r.oid, '$carol'
	FROM pg_catalog.pg_roles r WHERE r.rolname OPERATOR(pg_catalog.=) 'alice'",
  "INSERT INTO pg_temp.member (org_id, user_id, role, is_active) VALUES ('$org2', '@{[user_id('alice')]}', 'admin', true)",
  "INSERT INTO pg_temp.app_user (id, is_active) VALUES ('$carol', true)";

foreach my $database ('crm', 'alone')
{
	$node->safe_psql($database, "SET search_path = own_alice; SET ROLE alice; $tools $traps");
	# Statistics contain values of all organizations.
	$node->safe_psql($database, 'ANALYZE');
}

my %before = (
	data => checksum($node, 'crm', 2),
	owners => $node->safe_psql('crm', q{SELECT relname, relowner, relrowsecurity, relforcerowsecurity, relacl, relkind
		FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) ORDER BY 1}));

# ---------------------------------------------------------------------------
# Tables. Each has a rule: clients can read it, or it is hidden from them.

my %tables = map { $_ => $TaskcrmRules::TABLES{$_}{kind} } keys %TaskcrmRules::TABLES;
my @found = split /\n/, $node->safe_psql('crm', q{SELECT relname FROM pg_class
	WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
	AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY 1});
is(join(' ', grep { !$tables{$_} } @found), '', 'security 5: every table has a rule in this test');
my @read = grep { ($tables{$_} // '') eq 'read' } @found;
my @hidden = grep { ($tables{$_} // '') eq 'hidden' } @found;

# Reading. %t is the table.
my @read_shapes = (
	'SELECT * FROM %t', 'TABLE %t', 'SELECT * FROM ONLY %t x', 'SELECT x FROM %t x', 'SELECT (x).* FROM %t x',
	'SELECT count(*) FROM %t', 'SELECT max(x::text), min(x::text), count(DISTINCT x::text) FROM %t x',
	'SELECT row_to_json(x) FROM %t x', 'SELECT json_agg(x) FROM %t x', 'SELECT string_agg(x::text, $$,$$) FROM %t x',
	'SELECT rank() OVER (ORDER BY x::text), x FROM %t x',
	'WITH w AS MATERIALIZED (TABLE %t) TABLE w', 'WITH w AS NOT MATERIALIZED (TABLE %t) TABLE w',
	'WITH RECURSIVE w AS (SELECT x::text FROM %t x UNION SELECT $$x$$ || x FROM w WHERE length(x) < 5) TABLE w',
	'TABLE %t UNION ALL TABLE %t',
	'TABLE %t EXCEPT TABLE %t',
	'SELECT a, b FROM %t a, LATERAL (SELECT a, b FROM %t b) b',
	'SELECT a, b FROM %t a FULL JOIN %t b ON false',
	'SELECT EXISTS (TABLE %t), ARRAY(SELECT x::text FROM %t x)',
	'SELECT * FROM %t TABLESAMPLE SYSTEM (100)',
	'SELECT * FROM %t TABLESAMPLE BERNOULLI (100) REPEATABLE (1)',
	q{SELECT x FROM %t x WHERE ctid = ANY (ARRAY(SELECT format('(0,%s)', g)::tid FROM generate_series(1, 60) g))},
	q{SELECT x FROM %t x WHERE ctid >= '(0,0)'}, 'SELECT x FROM %t x WHERE tableoid IS NOT NULL',
	'COPY %t TO STDOUT', 'COPY (TABLE %t) TO STDOUT', 'COPY (SELECT x FROM %t x) TO STDOUT (FORMAT csv)',
	[ 'BEGIN', 'DECLARE c SCROLL CURSOR FOR TABLE %t', 'FETCH ALL FROM c', 'FETCH BACKWARD ALL FROM c', 'ROLLBACK' ],
	[ 'DECLARE h CURSOR WITH HOLD FOR TABLE %t', 'FETCH ALL FROM h', 'CLOSE h' ],
	[   'SET plan_cache_mode = force_generic_plan',
		'PREPARE q AS TABLE %t',
		'EXECUTE q', 'EXECUTE q', 'EXPLAIN EXECUTE q',
		'DEALLOCATE q', 'RESET plan_cache_mode'
	],
	[   'SET enable_seqscan = off',
		'TABLE %t',
		'SET enable_indexscan = off',
		'TABLE %t',
		'SET enable_bitmapscan = off',
		'TABLE %t',
		'RESET ALL'
	],
	[ 'SET row_security = off', 'TABLE %t', 'COPY %t TO STDOUT', 'SELECT count(*) FROM %t', 'RESET row_security' ],
	[ 'CREATE VIEW own_alice.v WITH (security_invoker) AS TABLE %t', 'TABLE own_alice.v', 'DROP VIEW own_alice.v' ],
	[ 'CREATE VIEW own_alice.v WITH (security_barrier) AS TABLE %t', 'TABLE own_alice.v', 'DROP VIEW own_alice.v' ],
	[   'CREATE VIEW own_alice.v AS TABLE %t',
		'SELECT x FROM own_alice.v x WHERE own_alice.leak(x::text)',
		'DROP VIEW own_alice.v'
	],
	[   'CREATE MATERIALIZED VIEW own_alice.v AS TABLE %t',
		'TABLE own_alice.v',
		'REFRESH MATERIALIZED VIEW own_alice.v',
		'TABLE own_alice.v',
		'DROP MATERIALIZED VIEW own_alice.v'
	],
	[ 'CREATE TABLE own_alice.v AS TABLE %t', 'TABLE own_alice.v', 'DROP TABLE own_alice.v' ],
	[ 'CREATE TEMP TABLE v (LIKE %t INCLUDING ALL)', 'INSERT INTO v TABLE %t', 'TABLE v', 'DROP TABLE v' ],
	[   'CREATE FUNCTION own_alice.f() RETURNS SETOF %t LANGUAGE sql SECURITY DEFINER AS $$TABLE %t$$',
		'TABLE own_alice.f()',
		'SELECT * FROM own_alice.f()',
		'DROP FUNCTION own_alice.f'
	],
	[ 'DO $$ DECLARE r record; BEGIN FOR r IN TABLE %t LOOP RAISE NOTICE $x$%s$x$, r; END LOOP; END $$' =~ s/%s/%/r ],
	q{SELECT query_to_xml('TABLE %t', true, false, '')}, q{SELECT table_to_xml('%t', true, false, '')},
	# The values that a user-defined condition gets, and the values that an error message shows.
	'SELECT x FROM %t x WHERE own_alice.leak(x::text)',
	'SELECT x FROM %t x WHERE NOT own_alice.leak(x::text) OR own_alice.leak(x::text)',
	q{SELECT x FROM %t x WHERE x::text OPERATOR(own_alice.<<<<) 'x'},
	q{SELECT x FROM %t x WHERE x::text OPERATOR(own_alice.~~~~) 'x'},
	'SELECT x FROM %t x ORDER BY own_alice.leak(x::text)',
	'SELECT own_alice.leak(x::text) FROM %t x GROUP BY 1',
	'SELECT a FROM %t a JOIN %t b ON a::text OPERATOR(own_alice.<<<<) b::text',
	'SELECT x::text::integer FROM %t x WHERE x::text::integer = 1',
	'SELECT 1 / (length(x::text) - length(x::text)) FROM %t x',
	'SELECT x FROM %t x WHERE x::text::json IS NULL',
	'SELECT x FROM %t x FOR KEY SHARE',
	'SELECT x FROM %t x FOR UPDATE',
	'SELECT x FROM %t x FOR SHARE SKIP LOCKED'
);
my @explain_shapes = (
	'EXPLAIN (ANALYZE, VERBOSE) TABLE %t',
	'EXPLAIN (VERBOSE, FORMAT json) SELECT * FROM %t x WHERE own_alice.leak(x::text)',
	[   'SET client_min_messages = debug5',
		'SET debug_print_plan = on',
		'SET debug_print_rewritten = on',
		'TABLE %t',
		'RESET ALL'
	]
);
# Operators of the client, with the server's estimators, which read the statistics.
my @column_shapes = map {; "EXPLAIN SELECT 1 FROM %t WHERE %c::text OPERATOR(own_alice.$_) 'zzz'",
	"SELECT %c FROM %t WHERE %c::text OPERATOR(own_alice.$_) 'zzz' AND %c::text <> ''" } '<<<<', '>>>>', '~~~~';

sub expand
{
	my ($shapes, $table) = @_;
	return map { s/%t/@{[qualified($table)]}/gr } map { ref $_ ? @$_ : $_ } @$shapes;
}

sub sorted
{
	return join "\n", sort split /\n/, $_[0];
}

sub messages
{
	# Line numbers of the script and the order of notices do not matter.
	return sorted($_[0] =~ s/psql:<stdin>:\d+: //gr);
}

like(join('', map { $_->{out} } run_as($node, 'carol', [ map { "TABLE taskcrm.$_" } @read ])), $TaskcrmTest::CANARY_RE,
	'members of the second organization see the canaries');
foreach my $table (@read)
{
	my @statements = expand(\@read_shapes, $table);
	my @results = run_as($node, 'alice', \@statements);
	my @alone = run_as($node, 'alice', \@statements, database => 'alone');
	my @differ = grep { !($statements[$_] =~ /^EXPLAIN|xml\(/)
		  && ($results[$_]{state} ne $alone[$_]{state} || sorted($results[$_]{out}) ne sorted($alone[$_]{out})
			|| messages($results[$_]{err}) ne messages($alone[$_]{err})) } 0 .. $#statements;

	canary_free(\@results, "security 5: $table: " . scalar(@statements) . ' ways of reading show nothing of others');
	is(join("\n", map { "$statements[$_]: $results[$_]{state} $alone[$_]{state}" } @differ), '',
		"security 9: $table: answers, SQLSTATEs and notices are the same without the other organization");
	isnt($results[0]{out}, '', "$table: alice sees her own rows");

	my @columns = split /\n/, $node->safe_psql('crm', "SELECT attname FROM pg_attribute
		WHERE attrelid = 'taskcrm.$table'::regclass AND attnum > 0 AND NOT attisdropped");
	my @more = (expand(\@explain_shapes, $table),
		map { my $c = $_; map { s/%c/$c/gr } expand(\@column_shapes, $table) } @columns);
	canary_free([ run_as($node, 'alice', \@more) ],
		"security 5: $table: nor do EXPLAIN and estimators of the client's operators");

	my @nobody = run_as(
		$node,
		'mallory',
		[   "SELECT count(*) FROM taskcrm.$table",
			"TABLE taskcrm.$table",
			"COPY taskcrm.$table TO STDOUT",
			"SELECT x FROM taskcrm.$table x WHERE ctid >= '(0,0)'"
		]
	);
	is(join('|', map {"$_->{state}$_->{out}"} @nobody),
		'000000|00000|00000|00000', "security 2: $table: a client without an identity sees no rows");
}
foreach my $table (@hidden) {
	my @statements = grep {
			   /\btaskcrm\.$table/
			&& !/^(DROP|DO|CREATE (VIEW|FUNCTION|TEMP)|COPY \(|PREPARE|DECLARE|INSERT)/
			&& !/own_alice\.f/
	} expand(\@read_shapes, $table);
	my @results = run_as($node, 'alice', \@statements);
	is(join(' ', grep { $_ ne '42501' } map { $_->{state} } @results),
		'', "security 5: $table: clients cannot read it in any way");
	canary_free(\@results, "security 5: $table: and no message shows its rows");
}

# What the server's catalogs and statistics contain about the tables.
canary_free(
	[   run_as(
			$node, 'alice',
			[   map {"SELECT * FROM $_"} 'pg_stats', 'pg_stats_ext',
				'pg_stats_ext_exprs', 'pg_stat_activity',
				'pg_prepared_statements', 'pg_cursors',
				'pg_statistic', 'pg_largeobject',
				'pg_locks'
			]
		),
		run_as(
			$node, 'alice',
			[   q{SELECT schema_to_xml('taskcrm', true, false, '')},
				q{SELECT database_to_xml(true, false, '')},
				q{SELECT ts_stat('SELECT to_tsvector(title) FROM taskcrm.task')}
			]
		)
	],
	'security 5: statistics and system views show nothing of other organizations'
);
is(run_one($node, 'alice', 'ALTER FUNCTION own_alice.leak LEAKPROOF')->{state},
	'42501', 'security 19: a client cannot mark a function as LEAKPROOF');

# ---------------------------------------------------------------------------
# Writing. %k is the row of the other organization. Clients may write rows of their own, so the
# test checks only the results and the other organization; statements that must fail in any
# case are in a separate list.

my %columns = map { $_ => { map { $_ => 1 } split /\n/, $node->safe_psql('crm', "SELECT attname FROM pg_attribute
	WHERE attrelid = '@{[qualified($_)]}'::regclass AND attnum > 0 AND NOT attisdropped") } } @found;
my @refused_shapes = (
	'DELETE FROM %t',
	'DELETE FROM %t x WHERE own_alice.leak(x::text)',
	'TRUNCATE %t',
	'TRUNCATE %t CASCADE',
	(   map {"LOCK TABLE %t IN $_ MODE"} 'ROW SHARE',
		'ROW EXCLUSIVE',
		'SHARE UPDATE EXCLUSIVE',
		'SHARE', 'SHARE ROW EXCLUSIVE',
		'EXCLUSIVE', 'ACCESS EXCLUSIVE'
	),
	'ALTER TABLE %t DISABLE ROW LEVEL SECURITY',
	'ALTER TABLE %t NO FORCE ROW LEVEL SECURITY',
	'ALTER TABLE %t OWNER TO alice',
	'ALTER TABLE %t ADD COLUMN x text',
	'ALTER TABLE %t DISABLE TRIGGER ALL',
	'DROP TABLE %t CASCADE',
	'ALTER TABLE %t RENAME TO x',
	'CREATE POLICY x ON %t USING (true)',
	'CREATE INDEX ON %t ((own_alice.leak(org_id::text)))',
	'CREATE STATISTICS own_alice.s ON org_id, id FROM %t',
	'CREATE TRIGGER x AFTER UPDATE ON %t EXECUTE FUNCTION own_alice.leak()',
	'CREATE RULE x AS ON INSERT TO %t DO INSTEAD NOTHING',
	'CREATE TABLE own_alice.child () INHERITS (%t)',
	'CREATE TABLE own_alice.refers (org_id uuid, id uuid, FOREIGN KEY (org_id, id) REFERENCES %t)',
	'GRANT ALL ON %t TO PUBLIC',
	'COMMENT ON TABLE %t IS $$x$$',
	'CREATE PUBLICATION x FOR TABLE %t',
	'REINDEX TABLE %t',
	'CLUSTER %t',
	'COPY %t FROM STDIN;' . "\n\\.",
	'ALTER TABLE own_alice.task INHERIT %t'
);
# psql reads \. as the end of the data only if the server accepts COPY; otherwise psql reports
# an invalid command.
is(run_one($node, 'alice', "COPY taskcrm.task (title) FROM STDIN;\n\\.")->{state}, '0A000',
	'security 5: clients cannot use COPY FROM, even if they may insert');
my @org_shapes = (
	"INSERT INTO %t (org_id) VALUES ('$org2')",
	"UPDATE %t SET org_id = '$org2'",
	"UPDATE %t SET org_id = '$org2' RETURNING *",
	"INSERT INTO %t (org_id) VALUES ('$org2') ON CONFLICT DO NOTHING RETURNING *",
	"MERGE INTO %t t USING (VALUES ('$org2'::uuid)) s (org_id) ON t.org_id = s.org_id WHEN MATCHED THEN DELETE",
	"MERGE INTO %t t USING (VALUES ('$org2'::uuid)) s (org_id) ON t.org_id = s.org_id WHEN NOT MATCHED THEN INSERT (org_id) VALUES (s.org_id)"
);

foreach my $table (@found)
{
	my @refused = (expand(\@refused_shapes, $table), $columns{$table}{org_id} ? expand(\@org_shapes, $table) : ());
	my @results = (run_as($node, 'alice', [ 'BEGIN', map { ('SAVEPOINT s', $_, 'ROLLBACK TO s') } @refused ]));
	@results = @results[ map { 3 * $_ + 2 } 0 .. $#refused ];
	# GRANT of nothing only warns; the privileges are compared at the end. 42809, 42830, 42703 and
	# the like: the statement is invalid before privileges are checked. 0A000: COPY FROM.
	my @allowed = map { "$refused[$_]: $results[$_]{state} $results[$_]{err}" }
		grep {
			   $results[ $_ ]{err} !~ /no privileges were granted/
			&& $results[ $_ ]{state} !~ /^(42501|42809|42830|42703|42704|42883|42P17|42P16|0A000)$/
		} 0 .. $#refused;

	is(join("\n", @allowed), '', "security 10: $table: " . scalar(@refused) . ' kinds of statements are refused');
	canary_free(\@results, "security 10: $table: and messages show nothing of other organizations");
}

# Writes that a client may make on its own rows, aimed at rows of the other organization.
my @writes;
foreach my $table (@read)
{
	foreach my $column (sort keys %{ $columns{$table} })
	{
		push @writes, "UPDATE taskcrm.$table SET $column = $column RETURNING *",
			"UPDATE taskcrm.$table SET $column = DEFAULT WHERE own_alice.leak(org_id::text)" =~
			s/org_id/$columns{$table}{org_id} ? 'org_id' : 'id'/er,
		  "MERGE INTO taskcrm.$table t USING taskcrm.$table s ON own_alice.leak(t::text) WHEN MATCHED THEN UPDATE SET $column = s.$column";
		push @writes, "INSERT INTO taskcrm.$table ($column) VALUES ('$org2') RETURNING *" if $column =~ /_id$|^id$/;
	}
}
foreach my $kind ('account', 'contact', 'team', 'task', 'comment', 'attachment')
{
	my $table = $kind =~ /comment|attachment/ ? "task_$kind" : $kind;
	my $key = id(2, $kind, 1);
	my ($text) =
		  $columns{$table}{name} ? 'name'
		: $columns{$table}{title} ? 'title'
		: $columns{$table}{first_name} ? 'first_name'
		: $columns{$table}{comment} ? 'comment'
		: 'file_name';
	push @writes,
	  "UPDATE taskcrm.$table SET $text = 'stolen' WHERE id = '$key' RETURNING *",
	  "UPDATE taskcrm.$table SET $text = 'stolen' WHERE org_id = '$org2' RETURNING *",
	  "SELECT * FROM taskcrm.$table WHERE id = '$key' FOR UPDATE",
	  "INSERT INTO taskcrm.$table (id, $text) VALUES ('$key', 'x') ON CONFLICT (org_id, id) DO UPDATE SET $text = 'stolen' RETURNING *",
	  "INSERT INTO taskcrm.$table ($text) VALUES ('x') ON CONFLICT (org_id, id) DO UPDATE SET $text = excluded.$text RETURNING org_id",
	  "INSERT INTO taskcrm.$table ($text) SELECT $text FROM taskcrm.$table WHERE org_id = '$org2' RETURNING *",
	  "MERGE INTO taskcrm.$table t USING (VALUES ('$key'::uuid)) s (id) ON t.id = s.id
		WHEN MATCHED THEN UPDATE SET $text = 'stolen' WHEN NOT MATCHED THEN INSERT ($text) VALUES ('x')",
	  "WITH w AS (UPDATE taskcrm.$table SET $text = $text RETURNING *) SELECT * FROM w";
}
{
	# Each write is rolled back: a new row may have the id of a row of the other organization.
	my @results = (run_as($node, 'alice', [ 'BEGIN', map { ('SAVEPOINT s', $_, 'ROLLBACK TO s') } @writes ]));
	@results = @results[ map { 3 * $_ + 2 } 0 .. $#writes ];
	canary_free(\@results, 'security 5: ' . scalar(@writes) . ' writes show nothing of other organizations');
	my @broken =
		map {"$writes[$_]: $results[$_]{state}"} grep { $results[ $_ ]{state} =~ /^(XX|no answer)/ } 0 .. $#writes;
	is(join("\n", @broken), '', 'security 21: no write fails with an internal error');
}
is(checksum($node, 'crm', 2), $before{data}, 'security 5: the other organization is unchanged');

# ---------------------------------------------------------------------------
# Functions. {task} and so on are placeholders for an id of the other organization or for one
# that does not exist.

my @filters = @{ function_rule('taskcrm', 'tc_list_tasks')->{attacks} };
my @procedures = map { [ split /\|/ ] } split /\n/, $node->safe_psql('crm', q{SELECT p.proname, p.prokind,
	(SELECT string_agg('NULL::' || format_type(t, NULL), ', ') FROM unnest(p.proargtypes) t)
	FROM pg_proc p WHERE p.pronamespace = 'taskcrm'::regnamespace ORDER BY 1}
);
is(join(' ', grep { !function_rule('taskcrm', $_) } map { $_->[ 0 ] } @procedures),
	'', 'security 5: every function has a rule in this test');

# Both ids, and new times and ids, are replaced by the same text.
sub same_ids
{
	my ($text) = @_;
	$text =~ s/psql:<stdin>:\d+: //g;
	$text =~ s/$carol|@{[id(9, 'user', 99)]}/<user>/g;
	$text =~ s/[23](0{6}\d-0000-4000-8000-0{11}1)/<$1>/g;
	$text =~ s/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f-]{17}/<new>/g;
	$text =~ s/"token":"[\w-]{86}"/"token":"<new>"/g;
	$text =~ s/"secret":"whsec_[^"]+"/"secret":"<new>"/g;
	$text =~ s/\d{4}-\d\d-\d\dT[0-9:.]+Z/<time>/g;
	return $text;
}

# Functions that administrators call are refused, whoever calls them.
{
	my @closed = grep { (function_rule('taskcrm', $_->[0]) // { kind => '' })->{kind} eq 'administrator' } @procedures;
	foreach my $login ('alice', 'mallory', 'gw')
	{
		my @results = run_as($node, $login, [ map { ($_->[1] eq 'p' ? 'CALL' : 'SELECT') . " taskcrm.$_->[0](" . ($_->[2] // '') . ')' } @closed ]);
		is($results[$_]{state}, '42501', "security 10: $login cannot call $closed[$_][0]()") foreach 0 .. $#closed;
	}
}

foreach my $procedure (@procedures)
{
	my ($name) = @$procedure;
	my $rule = function_rule('taskcrm', $name) // next;
	next if $rule->{kind} !~ /^(identity|anybody)$/;
	my @calls = $rule->{calls} ? valid_calls($name) : "SELECT taskcrm.$name()";
	canary_free([ run_as($node, 'alice', [ @calls, "SET taskcrm.org_id = '$org2'", @calls ]) ],
		"security 5: $name() shows nothing of other organizations");
}

# All attacks of each kind in one session; each function has its part of the results.
my (@attacked, @foreign, @missing, @nobody);
foreach my $procedure (@procedures)
{
	my ($name) = @$procedure;
	my $rule = function_rule('taskcrm', $name) // next;
	next if $rule->{kind} =~ /^(identity|anybody|administrator)$/;
	my $first = @nobody;
	foreach my $attack (@{ $rule->{attacks} })
	{
		push @foreign, 'BEGIN', "SELECT x FROM taskcrm.$name(" . with_ids($attack, 2) . ') x', 'ROLLBACK';
		push @missing, 'BEGIN', "SELECT x FROM taskcrm.$name(" . with_ids($attack, 3) . ') x', 'ROLLBACK';
		push @nobody, "SELECT x FROM taskcrm.$name(" . with_ids($attack, 2) . ') x';
	}
	push @attacked, [ $name, $first .. $#nobody ];
}
my @of_foreign = run_as($node, 'alice', \@foreign);
my @of_missing = run_as($node, 'alice', \@missing);
my @of_nobody = run_as($node, 'mallory', \@nobody);
my (undef, @elsewhere) = run_as($node, 'alice', [ "SET taskcrm.org_id = '$org2'", @nobody ]);
foreach my $attacked (@attacked)
{
	my ($name, @calls) = @$attacked;
	my @steps = map { (3 * $_, 3 * $_ + 1, 3 * $_ + 2) } @calls;
	my @differ = map {
			  "$foreign[$_]\n"
			. same_ids("$of_foreign[$_]{out} $of_foreign[$_]{err}") . "\n"
			. same_ids("$of_missing[$_]{out} $of_missing[$_]{err}")
		}
		grep {
		same_ids("$of_foreign[$_]{out} $of_foreign[$_]{err}") ne same_ids("$of_missing[$_]{out} $of_missing[$_]{err}")
		} @steps;
	is(join("\n", @differ), '',
		"security 3: $name() gives the same answer, byte for byte, for an id of others and for an unknown one");
	canary_free([ @of_foreign[@steps] ], "security 5: $name() shows nothing of other organizations");
	is(join(' ', grep { $_ ne 'PT401' } map { $_->{state} } @of_nobody[@calls]), '', "security 2: $name() is PT401 without an identity");
	# These look up the id in the caller's organizations, whichever is selected, or need none.
	my $refusal =
		$name =~ /^tc_(edit_task_comment|delete_task_comment|delete_task_attachment|get_task_attachment|download|accept_invitation)$/
		? 'PT404'
		: 'PT403';
	is(join(' ', grep { $_ ne $refusal } map { $_->{state} } @elsewhere[@calls]),
		'', "security 2: $name() is $refusal if an organization of others is selected");
}

# References in direct DML: an id of others and one that does not exist give the same result.
{
	my ($task, $team) = (id(1, 'task', 1), id(1, 'team', 1));
	my @references = map { ("BEGIN", $_, "ROLLBACK") } "UPDATE taskcrm.task SET account_id = '{account}'",
		"INSERT INTO taskcrm.task (title, account_id) VALUES ('x', '{account}')",
		"INSERT INTO taskcrm.contact (first_name, account_id) VALUES ('x', '{account}')",
		"UPDATE taskcrm.contact SET account_id = '{account}'",
	  "INSERT INTO taskcrm.team_member (team_id, user_id) VALUES ('$team', '{user}')",
	  "INSERT INTO taskcrm.team_member (team_id, user_id) VALUES ('{team}', '@{[user_id('alice')]}')",
	  "INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES ('$task', '{contact}')",
	  "INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES ('{task}', '@{[id(1, 'contact', 1)]}')",
	  "INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES ('$task', '{user}')",
	  "INSERT INTO taskcrm.task_assignee (task_id, user_id) VALUES ('{task}', '@{[user_id('alice')]}')",
	  "INSERT INTO taskcrm.task_team (task_id, team_id) VALUES ('$task', '{team}')",
	  "INSERT INTO taskcrm.task_comment (task_id, comment) VALUES ('{task}', 'x')";
	my @foreign = run_as($node, 'alice', [ map { with_ids($_, 2) } @references ]);
	my @missing = run_as($node, 'alice', [ map { with_ids($_, 3) } @references ]);

	foreach my $i (grep { $references[$_] !~ /^(BEGIN|ROLLBACK)$/ } 0 .. $#references)
	{
		is("$foreign[$i]{state} " . same_ids($foreign[$i]{err}), "23503 " . same_ids($missing[$i]{err}),
			"security 3: $references[$i]: fails in the same way as for an id that does not exist");
	}
	canary_free(\@foreign, 'security 3: and no message shows rows of the other organization');
}
is(checksum($node, 'crm', 2), $before{data}, 'security 8: the other organization is unchanged');

# ---------------------------------------------------------------------------
# Traps. Our statements qualify what they call, so that they call nothing of alice's.

my @paths = (
	'SET search_path = own_alice, pg_temp, taskcrm, taskcrm_internal, pg_catalog',
	'SET search_path = pg_temp, own_alice',
	'SET search_path = own_alice',
	q{SET search_path = ''}
);
my @calls = (
	'SELECT taskcrm.tc_whoami()', 'SELECT taskcrm.tc_current_org()',
	(map {"SELECT taskcrm.tc_list_tasks($_)"} map { with_ids($_, 2) } @filters),
	q{SELECT x FROM taskcrm.tc_find_tasks('{"title":"a","status":"In Progress"}') x},
	q{SELECT taskcrm.tc_create_account('x')}, "SELECT taskcrm.tc_update_account('@{[id(1, 'account', 2)]}', '{\"name\": \"x\"}')",
	"SELECT taskcrm.tc_delete_account('@{[id(1, 'account', 2)]}')", q{SELECT taskcrm.tc_create_team('x')},
	q{SELECT taskcrm.tc_create_contact('x', 'y', 'z@example.org')},
	"SELECT taskcrm.tc_update_contact('@{[id(1, 'contact', 2)]}', '{\"first_name\": \"x\"}')",
	"SELECT taskcrm.tc_delete_contact('@{[id(1, 'contact', 2)]}')",
	"SELECT taskcrm.tc_add_team_member('@{[id(1, 'team', 1)]}', '@{[user_id('bob')]}')",
	"SELECT taskcrm.tc_remove_team_member('@{[id(1, 'team', 1)]}', '@{[user_id('alice')]}')",
	# Policies, defaults, constraints, triggers and foreign keys, reached by direct DML.
	'TABLE taskcrm.task', 'TABLE taskcrm.app_user', 'TABLE taskcrm.member',
	q{INSERT INTO taskcrm.task (title) VALUES ('trapped') RETURNING id},
	q{UPDATE taskcrm.task SET title = 'trapped', status = 'Completed', due_date = '2024-02-02' RETURNING id},
	"UPDATE taskcrm.task SET account_id = '@{[id(1, 'account', 1)]}'",
	q{INSERT INTO taskcrm.account (name) VALUES ('trapped')},
	q{UPDATE taskcrm.account SET name = 'trapped'},
	q{INSERT INTO taskcrm.contact (first_name, email) VALUES ('t', 'x@y')},
	"INSERT INTO taskcrm.task_comment (task_id, comment) VALUES ('@{[id(1, 'task', 1)]}', 'trapped')",
	q{UPDATE taskcrm.task_comment SET comment = 'trapped'},
	"INSERT INTO taskcrm.task_contact (task_id, contact_id) VALUES ('@{[id(1, 'task', 2)]}', '@{[id(1, 'contact', 1)]}')",
	"INSERT INTO taskcrm.team_member (team_id, user_id) VALUES ('@{[id(1, 'team', 2)]}', '@{[user_id('bob')]}')");
my %there = map { $_->[0] => 1 } @procedures;
push @calls, map { valid_calls($_) } grep { $there{$_} } functions_of_kind('client');
like(run_one($node, 'alice', q{SELECT own_alice.format('a', 'b'), 'a'::text OPERATOR(own_alice.=) 'b'})->{err},
	qr/TRAP.*TRAP/s, 'the traps work');
foreach my $order ('first', 'after') {
	foreach my $path (@paths) {
		# In one order, plans of our statements are made under the hostile search_path; in the other,
		# before it is set.
		my @statements =
			('BEGIN', @temporary, $order eq 'after' ? map { ('SAVEPOINT s', $_, 'ROLLBACK TO s') } @calls : ());
		my $first = @statements + 1;
		push @statements, $path, map { ('SAVEPOINT s', $_, 'ROLLBACK TO s') } @calls;
		my @results = run_as($node, 'alice', \@statements);
		my @prepared = grep { $results[$_]{state} ne '00000' } 0 .. @temporary;
		my @seen = @results[ $first .. $#results ];
		my @trapped = map {"$statements[$_]: $results[$_]{err}"}
			grep { "$results[$_]{err}$results[$_]{out}" =~ /TRAP/ } 0 .. $#results;

		is(join("\n", map { "$statements[$_] $results[$_]{err}" } @prepared), '', 'the traps are prepared');
		is(join("\n", @trapped), '', "security 17: no object of the client is called: $path, $order");
		canary_free(\@seen, "security 17: and no planted object shows rows of others: $path, $order");
		is(scalar(grep { $_->{state} !~ /^(00000|PT412)$/ } @seen), scalar(grep { /"x":|-x/ } @filters),
			'all calls succeed as they do without the traps') or diag explain [ grep { $_->{state} ne '00000' } @seen ];
	}
}
# The same for calls of an administrator who has such a search_path.
{
	my @statements = (
		'SET search_path = own_alice, taskcrm, pg_catalog',
		'BEGIN',
		map { ('SAVEPOINT s', $_) } 'CALL taskcrm.tc_install()',
		q{SELECT taskcrm.tc_grant_access('bob', write => true)},
		q{SELECT taskcrm.tc_revoke_access('bob')},
		q{SELECT taskcrm.tc_grant_access('bob')},
		q{SELECT taskcrm.tc_unlink_login('bob')},
		"SELECT taskcrm.tc_link_login('bob', '@{[user_id('bob')]}')",
		q{SELECT taskcrm.tc_distrust_gateway('gw')},
		q{SELECT taskcrm.tc_trust_gateway('gw')},
		'SELECT taskcrm.tc_relink_roles()',
		q{SELECT taskcrm.tc_create_organization('x', '30000000-0000-4000-8000-000000000001')},
		q{SELECT taskcrm.tc_create_user('x@y', 'x', '30000000-0000-4000-8000-000000000002')},
		q{SELECT taskcrm.tc_add_member('30000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000002')},
		q{SELECT taskcrm.tc_delete_organization('30000000-0000-4000-8000-000000000001')},
		"SELECT taskcrm.tc_delete_organization('$org1')"
	);
	my @results = run_as($node, undef, [ @statements, 'ROLLBACK' ]);
	my @trapped = map {"$statements[$_]: $results[$_]{err}"}
		grep { "$results[$_]{err}$results[$_]{out}" =~ /TRAP/ } 0 .. $#statements;

	is(join("\n", @trapped), '', "security 17: calls of administrators call no object of the client");
	is(join("\n", map { $_->{err} } grep { $_->{state} ne '00000' } @results), '', 'and all of them succeed');
}

# ---------------------------------------------------------------------------
# A member of the other organization who maintains the database (ANALYZE, REINDEX, REFRESH as
# its owner) runs functions that alice attached to her tables: with alice's privileges, but not
# in her session.
$node->safe_psql('crm', q{
	SET ROLE alice;
	CREATE TABLE own_alice.bait AS SELECT g FROM generate_series(1, 10) g;
	CREATE TABLE own_alice.loot (place text, text text);
	CREATE FUNCTION own_alice.take() RETURNS void LANGUAGE plpgsql AS $$ BEGIN
		INSERT INTO own_alice.loot SELECT 'call', taskcrm.tc_list_tasks()::text;
		INSERT INTO own_alice.loot SELECT 'table', t::text FROM taskcrm.task t;
	EXCEPTION WHEN OTHERS THEN INSERT INTO own_alice.loot VALUES ('nothing', SQLERRM); END $$;
	CREATE FUNCTION own_alice.spy(integer) RETURNS integer IMMUTABLE LANGUAGE plpgsql
		AS $$ BEGIN PERFORM own_alice.take(); RETURN 1; END $$;
	CREATE INDEX ON own_alice.bait (own_alice.spy(g));
	CREATE MATERIALIZED VIEW own_alice.view AS SELECT t::text FROM taskcrm.task t;
});
{
	my $superuser = $node->safe_psql('crm', 'SELECT current_user');
	$node->safe_psql('crm', "SELECT taskcrm.tc_link_login('$superuser', '$carol')");
	$node->safe_psql('crm',
		'ANALYZE own_alice.bait; REINDEX TABLE own_alice.bait; REFRESH MATERIALIZED VIEW own_alice.view');
	$node->safe_psql('crm', "SELECT taskcrm.tc_unlink_login('$superuser')");
	cmp_ok(sql_value($node, 'alice', 'SELECT count(*) FROM own_alice.loot'), '>', 0,
		'the maintenance ran the functions');
	# The documents promise nothing here. It would be safe to have no identity in a
	# security-restricted operation.
	unlike(sql_value($node, 'alice', 'SELECT string_agg(text, $$,$$) FROM own_alice.loot'), $TaskcrmTest::CANARY_RE,
		'security 17: an index function of a client reads no rows for it when another user maintains the table');
	unlike(sql_value($node, 'alice', 'SELECT string_agg(t, $$,$$) FROM own_alice.view'), $TaskcrmTest::CANARY_RE,
		'security 17: nor does a materialized view that another user refreshes');
}

# ---------------------------------------------------------------------------
# Roles, and other objects that a client must not reach.
is($node->safe_psql('crm', q{SELECT string_agg(c.rolname || ' reaches ' || r.rolname, ', ')
	FROM pg_roles c, pg_roles r
	WHERE c.rolname IN ('alice', 'bob', 'mallory', 'gw', 'web_user') AND pg_has_role(c.oid, r.oid, 'MEMBER')
	AND (r.rolsuper OR r.rolbypassrls OR r.rolname LIKE 'pg\_%' OR r.rolname = 'taskcrm_owner')}
	),
	'',
	'security 10: clients cannot become an owner, a superuser, a BYPASSRLS role or a pg_* role'
);
is( join(
		' ',
		map { $_->{state} } run_as(
			$node, 'alice',
			[   'SET ROLE taskcrm_owner',
				'SET SESSION AUTHORIZATION taskcrm_owner',
				'GRANT taskcrm_owner TO alice',
				'ALTER ROLE alice SUPERUSER',
				'ALTER ROLE alice BYPASSRLS',
				'SET session_replication_role = replica',
				'SELECT taskcrm_internal.is_colleague(NULL)',
				'CREATE FUNCTION taskcrm.f() RETURNS integer LANGUAGE sql AS $$SELECT 1$$',
				'CREATE TABLE taskcrm.x ()',
				'ALTER EXTENSION taskcrm UPDATE',
				'DROP EXTENSION taskcrm CASCADE',
				'DROP FUNCTION taskcrm.tc_current_org() CASCADE',
				q{CREATE FUNCTION own_alice.c() RETURNS uuid LANGUAGE c AS '$libdir/taskcrm', 'tc_current_org'}
			]
		)
	),
	join(' ', ('42501') x 13),
	'security 10: nor can they give themselves more privileges'
);

is(checksum($node, 'crm', 2), $before{data}, 'security 8: the other organization is unchanged at the end');
is( $node->safe_psql(
		'crm', q{SELECT relname, relowner, relrowsecurity, relforcerowsecurity, relacl, relkind
	FROM pg_class WHERE relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) ORDER BY 1}
	),
	$before{owners},
	'the tables are unchanged'
);

$node->stop;
done_testing();
