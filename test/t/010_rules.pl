# The catalogs, compared with the rules of TaskcrmRules: each table and function has a rule,
# and its privileges, LEAKPROOF attribute and notifications are exactly what the rule says.
# Then every valid call, under settings that must not change its result.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use Test::More;

my $node = ready_cluster('rules');
my $ours = q{('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)};
$node->safe_psql('crm', q{CREATE ROLE reader LOGIN; SELECT taskcrm.tc_grant_access('reader')});

sub rows { return map { [ split /\|/, $_, -1 ] } split /\n/, $node->safe_psql('crm', $_[0]) }

# ---------------------------------------------------------------------------
# A rule for each object.

my @tables = rows(
	"SELECT relname, relnamespace::regnamespace FROM pg_class WHERE relnamespace IN $ours AND relkind IN ('r', 'p', 'v', 'm', 'f', 'S') ORDER BY 1"
);
my @functions = rows(
	"SELECT proname, pronamespace::regnamespace, oid::regprocedure, prokind, prorettype = 'trigger'::regtype, oid
	FROM pg_proc WHERE pronamespace IN $ours ORDER BY 2, 1"
);
is(join(' ', grep { !table_rule($_) } map { $_->[ 0 ] } @tables),
	'', 'security 5: every table has a rule in TaskcrmRules.pm');
is(join(' ', grep { $_->[1] ne (table_rule($_->[0])->{kind} eq 'read' ? 'taskcrm' : 'taskcrm_internal') } @tables),
	'', 'security 5: the schema taskcrm contains the tables that clients can read, and no others');
is(join(' ', map { $_->[ 2 ] } grep { !function_rule($_->[ 1 ], $_->[ 0 ]) } @functions),
	'', 'security 5: every function has a rule in TaskcrmRules.pm');
is(join(' ', grep { $_->[ 3 ] eq 'a' || $_->[ 3 ] eq 'w' } @functions),
	'', 'security 17: there is no aggregate or window function');

# None of our objects is in another schema, except operators.
is($node->safe_psql('crm', q{SELECT pg_describe_object(classid, objid, objsubid) FROM pg_depend d
	WHERE refclassid = 'pg_extension'::regclass AND deptype = 'e' AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'taskcrm')
	AND (pg_identify_object(classid, objid, objsubid)).schema NOT IN ('taskcrm', 'taskcrm_internal')
	AND classid <> 'pg_operator'::regclass ORDER BY 1}
	),
	'',
	'security 17: outside our schemas there are only operators'
);

# ---------------------------------------------------------------------------
# Security 1 and 10: privileges on tables are exactly those of the rules, for a client that
# writes, for one that only reads, and for PUBLIC; and row-level security is forced on each
# table.

is($node->safe_psql('crm', "SELECT c.relname FROM pg_class c JOIN pg_roles r ON r.oid = c.relowner
	WHERE c.relnamespace IN $ours AND c.relkind IN ('r', 'p')
	AND (NOT c.relrowsecurity OR NOT c.relforcerowsecurity OR r.rolsuper OR r.rolbypassrls OR r.rolcanlogin)"), '',
	'security 1: row-level security is enabled and forced, and applies to an owner that cannot log in');
is($node->safe_psql('crm', "SELECT c.relname FROM pg_class c WHERE c.relnamespace IN $ours AND c.relkind IN ('r', 'p')
	AND EXISTS (SELECT FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped)
	AND (SELECT string_agg(p.polcmd::text, '' ORDER BY p.polcmd) FROM pg_policy p WHERE p.polrelid = c.oid AND p.polpermissive AND p.polroles = '{0}'
		AND concat(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) ~ '\\(org_id = taskcrm.tc_current_org\\(\\)\\)') IS DISTINCT FROM 'adrw'"
	),
	'',
	'security 1: each table with an org_id has a policy for each command that restricts it to one organization'
);
is( $node->safe_psql(
		'crm', "SELECT p.polrelid::regclass, p.polname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
	WHERE c.relnamespace IN $ours AND p.polpermissive
	AND coalesce(pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) !~  '^\\(taskcrm_internal.is_current_org\\((?:org_)?id\\) AND \\((?:org_)?id = taskcrm.tc_current_org\\(\\)\\)|^taskcrm_internal.is_colleague\\(id\\)\$'"
	),
	'',
	'security 1: there is no other permissive policy, because they are combined with OR'
);

my %rights;
foreach my $row (rows("SELECT r.rolname, c.relname, p.right,
		has_table_privilege(r.oid, c.oid, p.right)::text,
		(SELECT string_agg(a.attname, ' ' ORDER BY a.attname COLLATE \"C\") FROM pg_attribute a WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
			AND p.right IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES') AND NOT has_table_privilege(r.oid, c.oid, p.right)
			AND has_column_privilege(r.oid, c.oid, a.attnum, p.right))
	FROM pg_roles r, pg_class c, unnest('{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER}'::text[]) p (\"right\")
	WHERE r.rolname IN ('alice', 'reader') AND c.relnamespace IN $ours AND c.relkind IN ('r', 'p', 'v', 'm', 'f')"))
{
	my ($role, $table, $right, $whole, $columns) = @$row;
	$rights{$role}{$table} .= "$right(whole) " if $whole eq 'true';
	$rights{$role}{$table} .= "$right($columns) " if $columns;
}
foreach my $table (map { $_->[0] } @tables)
{
	my $rule = table_rule($table) // next;
	my $read = $rule->{kind} eq 'read' ? 'SELECT(whole) ' : '';
	my $columns = sub {
		my %named = map { $_ => 1 } split / /, join ' ', grep { defined } @_;
		return join ' ', sort keys %named;
	};
	my $write = join '',
		map { $rule->{$_} || $rule->{returned} ? uc($_) . '(' . $columns->($rule->{$_}, $rule->{returned}) . ') ' : '' }
		qw(insert update);

	is($rights{reader}{$table} // '', $read, "security 10: $table: the privileges of a client that only reads");
	is($rights{alice}{$table} // '', $read . $write, "security 10: $table: the privileges of a client that writes");
}

# Security 4: the server sets every column that the rule does not name, such as the
# organization of a row. A client cannot set it with DEFAULT or to its current value either. If
# the rule says that a client may send the column, any other value fails.
my %other_value = (uuid => "'@{[org(2)]}'", 'timestamp with time zone' => "'2001-02-03'", integer => '77');
foreach my $table (map { $_->[0] } @tables)
{
	my $rule = table_rule($table) // next;
	my @refused;
	foreach my $row (
		rows(
			"SELECT attname, format_type(atttypid, NULL) FROM pg_attribute WHERE attrelid = '@{[qualified($table)]}'::regclass AND attnum > 0 AND NOT attisdropped"
		)
		)
	{
		my ($column, $type) = @$row;

		if (" @{[$rule->{returned} // '']} " =~ / $column /)
		{
			# A client may choose the id of a new row, and names the task of a comment or a link.
			push @refused, "INSERT INTO @{[qualified($table)]} ($column) VALUES ($other_value{$type})"
				unless $column =~ /^(task_)?id$/ || " @{[$rule->{insert} // '']} " =~ / $column /;
			push @refused, "UPDATE @{[qualified($table)]} SET $column = $other_value{$type}";
			next;
		}
		push @refused, "INSERT INTO @{[qualified($table)]} ($column) VALUES (DEFAULT)"
			unless " @{[$rule->{insert} // '']} " =~ / $column /;
		push @refused, "UPDATE @{[qualified($table)]} SET $column = $column"
			unless " @{[$rule->{update} // '']} " =~ / $column /;
	}
	push @refused, "UPDATE @{[qualified($table)]} SET org_id = '@{[org(2)]}'" if grep { /SET org_id/ } @refused;
	my @results = run_as($node, 'alice', \@refused);
	is( join("\n", map {"$refused[$_]: $results[$_]{state}"} grep { $results[ $_ ]{state} ne '42501' } 0 .. $#refused),
		'',
		"security 4: $table: " . @refused . ' ways of setting columns that the server sets fail'
	);
}

# Privileges on functions.
my %executes;
$executes{$_->[ 0 ]}{$_->[ 1 ]} = 1 foreach rows(
	"SELECT r.rolname, p.oid FROM pg_roles r, pg_proc p
	WHERE r.rolname IN ('alice', 'reader', 'taskcrm_owner') AND p.pronamespace IN $ours AND has_function_privilege(r.oid, p.oid, 'EXECUTE')"
);
$executes{public}{$_->[ 0 ]} = 1
	foreach rows(
	"SELECT p.oid FROM pg_proc p, aclexplode(coalesce(p.proacl, acldefault('f', p.proowner))) a
	WHERE p.pronamespace IN $ours AND a.grantee = 0"
	);
my @wrong;
foreach my $function (@functions)
{
	my ($name, $schema, $signature, $prokind, $is_trigger, $oid) = @$function;
	my $rule = function_rule($schema, $name) // next;
	my $public = $rule->{kind} =~ /^(identity|support|anybody)$/ ? ($rule->{kind} eq 'anybody' ? undef : 1) : 0;
	my $client = $rule->{kind} =~ /^(client|anybody|identity|support)$/ ? 1 : 0;

	push @wrong, "$signature: PUBLIC" if defined $public && ($executes{public}{$oid} // 0) != $public;
	push @wrong, "$signature: $_" foreach grep { ($executes{$_}{$oid} // 0) != $client } 'alice', 'reader';
	push @wrong, "$signature: is a trigger function or not" if ($is_trigger eq 't') != ($rule->{kind} eq 'trigger');
}
is(join(', ', @wrong), '', 'security 10: each function can be called by the roles that its rule names');

# Objects in schema taskcrm_internal cannot be used by name.
{
	my @statements = map { "SELECT taskcrm_internal.$_->[0](NULL)" } grep { $_->[ 1 ] eq 'taskcrm_internal' } @functions;
	is( join(
			"\n",
			map { $_->{err} } grep {
				$_->{err} !~ /^psql:<stdin>:\d+: ERROR:  42501: permission denied for schema taskcrm_internal$/m
			} run_as($node, 'alice', \@statements)
		),
		'',
		'security 17: ' . scalar(@statements) . ' internal functions cannot be called by name'
	);
}

# Security 15, 17, 19: properties of functions.
is($node->safe_psql('crm', "SELECT oid::regprocedure FROM pg_proc WHERE pronamespace IN $ours AND prosecdef"),
	'', 'security 17: no function is SECURITY DEFINER');
is( $node->safe_psql(
		'crm',
		"SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace IN $ours
	AND l.lanname NOT IN ('c', 'internal') AND p.proname <> 'is_overdue'
	AND NOT EXISTS (SELECT FROM unnest(p.proconfig) c WHERE c ~ '^search_path=pg_catalog, (taskcrm, )?pg_temp\$')"
	),
	'',
	'security 17: each SQL and PL/pgSQL function sets search_path, except one that is inlined'
);
unlike(
	$node->safe_psql('crm', "SELECT prosrc FROM pg_proc WHERE oid = 'taskcrm.is_overdue(taskcrm.task)'::regprocedure")
		=~ s/OPERATOR\(pg_catalog\.\S+\)//gr,
	qr/[<>=~|+*\/-]|(?<![\w.])\w+\(/,
	'security 17: that one contains only qualified names'
);
is( $node->safe_psql(
		'crm',
		"SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang WHERE p.pronamespace IN $ours
	AND l.lanname NOT IN ('c', 'internal', 'sql', 'plpgsql')"
	),
	'',
	'security 17: there are no functions in other languages'
);
is( $node->safe_psql(
		'crm',
		"SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'taskcrm'::regnamespace AND provolatile = 'i' AND proname LIKE 'tc%'"
	),
	'',
	'security 15: no API function is IMMUTABLE, so none is folded into a plan'
);
is( join(
		' ',
		grep { $_ !~ $TaskcrmRules::LEAKPROOF } map { $_->[ 0 ] } rows(
			"SELECT pronamespace::regnamespace || '.' || proname || '(' FROM pg_proc
	WHERE pronamespace IN $ours AND proleakproof"
		)
	),
	'',
	'security 19: only functions in the list of the rules are LEAKPROOF'
);
is( $node->safe_psql(
		'crm', "SELECT o.oid::regoperator FROM pg_operator o JOIN pg_proc p ON p.oid = o.oprcode
	WHERE p.pronamespace IN $ours AND NOT (o.oprnamespace IN ('pg_catalog'::regnamespace, 'taskcrm'::regnamespace) AND p.proleakproof)"
	),
	'',
	'security 19: operators are in pg_catalog or taskcrm, and their functions are LEAKPROOF'
);

# Security 3, for future tables: keys and indexes begin with org_id.
is( $node->safe_psql(
		'crm',
		"SELECT i.indexrelid::regclass FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_class x ON x.oid = i.indexrelid
	JOIN pg_am am ON am.oid = x.relam
	JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'org_id' AND NOT a.attisdropped
	WHERE c.relnamespace IN $ours AND NOT CASE am.amname WHEN 'gin' THEN a.attnum = ANY (i.indkey) ELSE i.indkey[0] = a.attnum END"
	),
	'',
	'security 3: every index of a tenant table begins with org_id, or contains it if it is GIN'
);
is( $node->safe_psql(
		'crm', "SELECT k.conname FROM pg_constraint k
	JOIN pg_attribute a ON a.attrelid = k.conrelid AND a.attname = 'org_id' JOIN pg_attribute f ON f.attrelid = k.confrelid AND f.attname = 'org_id'
	WHERE k.contype = 'f' AND k.connamespace IN $ours AND NOT (k.conkey[1] = a.attnum AND k.confkey[1] = f.attnum)"
	),
	'',
	'security 3: every foreign key between tenant tables has org_id on both sides'
);

# ---------------------------------------------------------------------------
# Security 20: every call, with a session that listens.
{
	my $listener = new_session($node, undef);
	$listener->run("LISTEN $_") foreach 'pgrst', 'taskcrm', 'task', 'taskcrm_task';
	my @calls = map { valid_calls($_) } functions_of_kind('client');
	my %names = map { $_->[0] => 1 } @functions;
	@calls = grep { /taskcrm\.(\w+)/ && $names{$1} } @calls;
	my @results = run_as($node, 'alice', [ map { ('BEGIN', $_, 'ROLLBACK') } @calls ]);
	is( join("\n",
			map {"$calls[$_ / 3]: $results[$_ + 1]{err}"}
			grep { $_ % 3 == 0 && $results[ $_ + 1 ]{state} ne '00000' } 0 .. $#results),
		'',
		'the valid calls in the rules succeed'
	);
	@calls = grep { !/tc_(delete|remove)/ } @calls;
	run_as($node, 'alice', \@calls);
	$node->safe_psql('crm', 'CALL taskcrm.tc_install()');
	my $heard = $listener->run('SELECT 1')->{out};
	my @bad = grep {
		!(     /^Asynchronous notification "(\w+)"(?: with payload "(.*)")? received/
			&& $TaskcrmRules::NOTIFIED{$1}
			&& ($2 // '') =~ $TaskcrmRules::NOTIFIED{$1})
		}
	  grep { /^Asynchronous/ } split /\n/, $heard;
	is(join("\n", @bad), '', 'security 20: notifications contain what the rules say, and nothing else');
	like($heard, qr/^Asynchronous notification "pgrst"/m, 'the listening session gets notifications');
	$listener->quit;
	is( $node->safe_psql(
			'crm',
			q{SELECT count(*) FROM pg_proc p, pg_language l WHERE l.oid = p.prolang AND l.lanname IN ('sql', 'plpgsql')
		AND p.pronamespace = 'taskcrm'::regnamespace AND p.prosrc ~* 'notify' AND p.proname <> 'tc_install'}
		),
		'0',
		'security 20: no other SQL or PL/pgSQL function contains NOTIFY'
	);
}

# ---------------------------------------------------------------------------
# Security 22: each valid call gives the same answer under session settings that change how
# values are read and written, how names are resolved and how plans are made.

my @hostile = (
	[ q{SET DateStyle = 'German, DMY'}, q{SET IntervalStyle = 'iso_8601'}, q{SET TimeZone = 'Pacific/Kiritimati'} ],
	[   q{SET DateStyle = 'SQL, MDY'},
		q{SET TimeZone = 'America/St_Johns'},
		'SET bytea_output = escape',
		'SET extra_float_digits = -15'
	],
	[   'SET transform_null_equals = on',
		'SET array_nulls = off',
		q{SET xmloption = 'document'},
		'SET quote_all_identifiers = on'
	],
	[ q{SET search_path = ''} ],
	[ 'CREATE TEMP TABLE task (x int)', 'CREATE TEMP TABLE account (x int)', 'CREATE TEMP TABLE pg_proc (x int)',
		'SET search_path = pg_temp, own_alice, taskcrm, pg_catalog' ],
	[ q{SET client_encoding = 'LATIN1'}, 'SET escape_string_warning = off', 'SET backslash_quote = on' ],
	[ 'SET row_security = off', 'SET check_function_bodies = off' ],
	[   'SET plan_cache_mode = force_custom_plan',
		'SET enable_indexscan = off',
		'SET enable_bitmapscan = off',
		'SET enable_hashjoin = off',
		'SET join_collapse_limit = 1',
		'SET enable_sort = off'
	],
	[   'SET plan_cache_mode = force_generic_plan',
		'SET enable_seqscan = off',
		'SET enable_nestloop = off',
		'SET enable_material = off'
	],
	[   q{SET default_transaction_isolation = 'serializable'},
		'SET work_mem = $$64kB$$',
		'SET geqo_threshold = 2',
		'SET synchronous_commit = off'
	],
	[   q{SET default_text_search_config = 'pg_catalog.german'},
		'SET lc_numeric = $$C$$',
		'SET lc_monetary = $$C$$',
		q{SET application_name = E'\\x01'},
		q{SET temp_tablespaces = ''},
		'SET constraint_exclusion = on'
	],
	[   'SET client_min_messages = debug5',
		'SET debug_print_plan = on',
		'SET debug_print_parse = on',
		'SET trace_sort = on',
		'SET debug_pretty_print = on'
	]
);
my %there = map { $_->[0] => 1 } @functions;
my @calls = map { valid_calls($_) } grep { $there{$_} } functions_of_kind('client');
# Each call runs in its own transaction, so that every run reads the same rows.
my @script = map { ('BEGIN', $_, 'ROLLBACK') } @calls;

# Ids and times that a call generates differ in each run.
sub steady
{
	my ($result) = @_;
	my $text = "$result->{state} $result->{out}";
	$text =~ s/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f-]{17}/<new>/g;
	$text =~ s/"token":"[\w-]{86,}"/"token":"<new>"/g;
	$text =~ s/"secret":"whsec_[^"]+"/"secret":"<new>"/g;
	$text =~ s/20(2[5-9]|[3-9]\d)-\d\d-\d\dT[0-9:.]+Z/<time>/g;
	# The session's settings determine the output format of a record.
	$text =~ s/\(a?plain\.txt,.*//s;
	$text =~ s/\(10000\S+,.*//s;
	# The same is true for bytea.
	$text =~ s/^00000 \K(plain|\\x706c61696e)\n?\z//;
	return $text;
}

my @plain = run_as($node, 'alice', \@script);
foreach my $settings (@hostile)
{
	my @seen = run_as($node, 'alice', [ @$settings, @script ]);
	splice @seen, 0, scalar @$settings;
	my @differ = grep { steady($seen[$_]) ne steady($plain[$_]) } grep { $_ % 3 == 1 } 0 .. $#script;

	is(join("\n", map { "$script[$_]: " . steady($seen[$_]) . "\n   " . steady($plain[$_]) } @differ), '',
		'security 22: ' . scalar(@calls) . " calls give the same answers with @$settings");
	canary_free(\@seen, 'security 5: and no message shows rows of other organizations');
}

$node->stop;
done_testing();
