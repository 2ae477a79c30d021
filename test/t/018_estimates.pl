# The planner's estimates reveal nothing about other organizations: EXPLAIN prints exactly
# the same, whatever the values in the rows of another organization, as long as their number
# and size are the same.  With statistics of everything, including those that an
# administrator adds.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('estimates', tasks => 1500, conf => "max_parallel_workers_per_gather = 0\n");
my ($org1, $org2) = (org(1), org(2));

# Statistics and indexes that an administrator adds, and views of a client. The indexes for
# text search are dropped, because the size of a GIN index depends on the number of different
# trigrams.
$node->safe_psql('crm', q{
	DROP INDEX taskcrm.task_title_term_idx, taskcrm_internal.task_text_term_idx;
	CREATE STATISTICS public.all_kinds (ndistinct, dependencies, mcv) ON status, priority, due_date, created_by FROM taskcrm.task;
	CREATE STATISTICS public.of_expressions ON (lower(title)), (due_date + 1), (created_by::text) FROM taskcrm.task;
	CREATE INDEX task_lower_idx ON taskcrm.task (org_id, lower(title), (due_date + 1));
	CREATE INDEX task_due_alone_idx ON taskcrm.task (due_date);
	CREATE INDEX task_title_alone_idx ON taskcrm.task (title) WHERE status <> 'Completed';
	CREATE INDEX task_brin_idx ON taskcrm.task USING brin (org_id, created_on);
	CREATE INDEX user_lower_idx ON taskcrm.app_user (lower(email));
	CREATE INDEX user_both_idx ON taskcrm.app_user (id, name);
	CREATE INDEX organization_name_idx ON taskcrm.organization (name);
	CREATE VIEW public.all_tasks AS SELECT * FROM taskcrm.task;
	ALTER VIEW public.all_tasks OWNER TO bob;
	CREATE VIEW public.as_caller WITH (security_invoker) AS SELECT * FROM taskcrm.task;
	GRANT SELECT ON public.all_tasks, public.as_caller TO alice;
	UPDATE taskcrm.task SET description = 'of ' || title, updated_on = created_on + interval '1 day';
});

# The columns that alice can read.
my @columns = map { [ split /\|/ ] } split /\n/, $node->safe_psql(
	'crm', q{SELECT c.relname, a.attname, a.atttypid::regtype
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
	WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
	AND has_column_privilege('alice', c.oid, a.attnum, 'SELECT') ORDER BY 1, 2});
my @tables = do { my %seen; grep { !$seen{$_}++ } map { $_->[0] } @columns };
cmp_ok(scalar @columns, '>', 60, 'clients can read many columns');

# The rows that are changed: those of the other organization, and the users who belong only to
# it.
sub others
{
	my ($table) = @_;
	return "id = '$org2'" if $table eq 'organization';
	return
		q{id IN (SELECT m.user_id FROM taskcrm.member m GROUP BY m.user_id HAVING bool_and(m.org_id::text LIKE '2%' OR m.org_id::text LIKE 'e%'))}
		if $table eq 'app_user';
	return "org_id <> '$org1'";
}

# The same number of rows with the same sizes, but with different values of every type and with
# a different distribution.
sub change_values
{
	my $shared = join ', ', map { quote(user_id($_)) } qw(alice bob erin);
	my %of_type = (
		uuid =>
			"CASE WHEN %s IN ($shared) THEN %s ELSE overlay(%s::text PLACING CASE left(%s::text, 1) WHEN 'e' THEN '2' WHEN '2' THEN 'e' WHEN 'f' THEN '9' ELSE 'f' END FROM 1 FOR 1)::uuid END",
		text =>
			q{translate(%s, 'abcdefghijklmnopqrstuvwxyzCNRY1234567890', 'nopqrstuvwxyzabcdefghijklmXWVU0987654321')},
		date =>
			q{CASE WHEN %s < '2020-01-01' THEN %s + 10000 ELSE '2010-01-01'::date + (%s - '2024-01-01'::date) / 30 END},
		'timestamp with time zone' =>
			q{CASE WHEN %s < '2020-01-01' THEN %s + interval '10000 days' ELSE '2010-01-01'::timestamptz + (%s - '2024-01-01'::timestamptz) / 30 END},
		'taskcrm.task_status' =>
			q{(CASE %s WHEN 'New' THEN 'In Progress' WHEN 'In Progress' THEN 'In Progress' ELSE 'Completed' END)::taskcrm.task_status},
		'taskcrm.task_priority' =>
			q{(CASE %s WHEN 'Low' THEN 'Urgent' WHEN 'Urgent' THEN 'Low' ELSE 'High' END)::taskcrm.task_priority},
		bigint => '%s * 3 %% 1000003',
		integer => '%s + 5',
		boolean => 'NOT %s'
	);
	my @texts = qw(email name first_name last_name title description comment file_name);
	my @sql = ('SET session_replication_role = replica', 'BEGIN');
	my %set;

	foreach my $column (@columns)
	{
		my ($table, $name, $type) = @$column;
		next if !$of_type{$type} || ($type eq 'text' && !grep { $_ eq $name } @texts);
		my $value = $of_type{$type} =~ s/%s/$name/gr =~ s/%%/%/gr;
		push @{ $set{$table} }, "$name = $value";
	}
	# Users who belong only to the other organization are found through its members, so the members
	# are updated last.
	foreach my $table ((grep { $_ ne 'member' } sort keys %set), 'member')
	{
		push @sql, "UPDATE taskcrm.$table SET " . join(', ', @{ $set{$table} }) . ' WHERE ' . others($table);
	}
	push @sql,
		"UPDATE taskcrm_internal.login SET user_id = overlay(user_id::text PLACING CASE left(user_id::text, 1) WHEN '9' THEN 'f' ELSE '9' END FROM 1 FOR 1)::uuid WHERE user_id NOT IN ($shared)",
		'COMMIT';
	$node->safe_psql('other', join ";\n", @sql);
}

# Compacts tables and indexes, and computes statistics of all of them.
sub gather
{
	my ($database) = @_;
	$node->safe_psql($database, join ";\n", (map { "VACUUM (FULL, ANALYZE) taskcrm.$_" } @tables), 'VACUUM ANALYZE');
	return $node->safe_psql(
		$database,
		q{SELECT string_agg(format('%s %s %s', c.relname, c.relpages, CASE WHEN c.relkind = 'r' THEN c.reltuples END), ', ' ORDER BY c.relname)
		FROM pg_class c WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'i')}
	);
}

# Some values of each column, by "table.column": the least, the greatest, the most common one and
# one in between, of both databases.
sub some_values
{
	my %values;

	foreach my $database ('crm', 'other')
	{
		my @asked = map {
			my ($table, $name) = @$_;
			"SELECT '$table.$name', v FROM (SELECT unnest(ARRAY[min(x), max(x), mode() WITHIN GROUP (ORDER BY x), (array_agg(x ORDER BY x))[(count(*) / 3 + 1)::integer]])
			FROM (SELECT ${name}::text COLLATE \"C\" FROM taskcrm.$table WHERE $name IS NOT NULL) v (x)) y (v)"
		} @columns;
		foreach my $line (split /\n/, $node->safe_psql($database, join ";\n", @asked))
		{
			my ($column, $value) = split /\|/, $line, 2;
			push @{ $values{$column} }, $value if $value ne '';
		}
	}
	return %values;
}

$node->safe_psql('postgres', 'CREATE DATABASE other TEMPLATE crm');
change_values();
is(gather('other'), gather('crm'), 'different values, in tables and indexes of the same sizes');
my %values = some_values();
foreach my $name (qw(org_id id title status priority due_date created_on created_by version)) {
	my $all = "SELECT string_agg(${name}::text, ',' ORDER BY ${name}::text COLLATE \"C\") FROM taskcrm.task";
	isnt($node->safe_psql('other', $all), $node->safe_psql('crm', $all), "the values of $name differ");
}

# The statements.
my @statements;
foreach my $column (@columns)
{
	my ($table, $name, $type) = @$column;
	my %seen;
	my @conditions = ('%s IS NULL', '%s IS NOT NULL');

	push @conditions, '%s', 'NOT %s', '%s IS NOT TRUE' if $type eq 'boolean';
	foreach my $value (map { quote($_) . "::$type" } grep { !$seen{$_}++ } @{ $values{"$table.$name"} })
	{
		push @conditions, map { s/%v/$value/gr } '%s = %v', '%s <> %v';
		push @conditions, map {s/%v/$value/gr} '%s <= %v', '%s > %v', '%s BETWEEN %v AND %v',
			'%s = ANY (ARRAY[%v, %v])', '%s NOT IN (%v)'
			if $type ne 'boolean' && $type ne 'bytea';
		push @conditions, map {s/%v/$value/gr} '%s LIKE %v', '%s ILIKE %v || $$%$$', '%s ~ %v',
			'%s OPERATOR(taskcrm.@~) %v', 'lower(%s) = lower(%v)', 'lower(%s) < lower(%v)'
			if $type eq 'text';
		push @conditions, map { s/%v/$value/gr } '%s + 1 = %v', '%s + 1 < %v' if $type eq 'date';
		push @conditions, map { s/%v/$value/gr } '%s::text = %v::text' if $type eq 'uuid';
	}
	push @statements, map { 'SELECT 1 FROM taskcrm.' . $table . ' x WHERE ' . s/%s/x.$name/gr } @conditions;
	push @statements, "SELECT $name, count(*) FROM taskcrm.$table GROUP BY $name",
		"SELECT DISTINCT $name FROM taskcrm.$table", "SELECT * FROM taskcrm.$table ORDER BY $name LIMIT 5",
		"SELECT 1 FROM taskcrm.$table a JOIN taskcrm.$table b USING ($name)",
		"SELECT 1 FROM taskcrm.$table a WHERE NOT EXISTS (SELECT FROM taskcrm.task b WHERE b::text = a.${name}::text)";
	push @statements, "SELECT 1 FROM taskcrm.$table a JOIN taskcrm.$_ USING ($name)"
		foreach map { $_->[ 0 ] } grep { $_->[ 1 ] eq $name && $_->[ 2 ] eq $type && $_->[ 0 ] gt $table } @columns;
}
foreach my $relation ('all_tasks', 'as_caller', 'taskcrm.task')
{
	my @due = map { quote($_) } @{ $values{'task.due_date'} };
	push @statements, map {"SELECT 1 FROM $relation WHERE $_"} "due_date <= $due[0]",
		"due_date = $due[4] AND status = 'New' AND priority = 'High'", "status = 'In Progress' AND priority = 'Urgent'",
		"lower(title) >= 'plain'", "(status, priority, due_date) > ('New', 'Low', $due[1])",
		"title OPERATOR(taskcrm.\@~) 'plain'";
	push @statements, "SELECT status, priority, created_by, count(*) FROM $relation GROUP BY 1, 2, 3",
		"SELECT lower(title), count(*) FROM $relation GROUP BY 1",
		"WITH w AS MATERIALIZED (SELECT * FROM $relation) SELECT 1 FROM w WHERE due_date <= $due[0]",
		"SELECT 1 FROM (SELECT * FROM $relation OFFSET 0) w WHERE due_date <= $due[0] AND created_by = '@{[user_id('carol')]}'",
	  "SELECT 1 FROM taskcrm.task_comment c WHERE EXISTS (SELECT FROM $relation t WHERE t.id = c.task_id AND t.due_date <= $due[0])";
}
push @statements,
	'SELECT 1 FROM taskcrm.task t JOIN taskcrm.app_user u ON u.id = t.created_by JOIN taskcrm.task_assignee a ON a.task_id = t.id LEFT JOIN taskcrm.task_comment c ON c.task_id = t.id WHERE t.due_date > now() GROUP BY u.name, t.priority',
  'SELECT 1 FROM taskcrm.task_assignee a JOIN taskcrm.member m USING (org_id, user_id) JOIN taskcrm.organization o ON o.id = m.org_id',
  q{SELECT 1 FROM (VALUES ('2024-01-05'::date)) v (d) JOIN taskcrm.task t ON t.due_date < v.d};

# The number of rows that a filter removed from a scan does not show whether another
# organization has a certain value. The ids of organizations and users are an exception: their
# policies are evaluated for the row that the key finds.
my @guesses;
foreach my $column (grep { "@$_" !~ /^(?:organization|app_user) id / } @columns)
{
	my ($table, $name, $type) = @$column;
	my %seen;
	push @guesses,
		map { "SELECT 1 FROM taskcrm.$table x WHERE x.$name = " . quote($_) . "::$type" }
		grep { !$seen{$_}++ } @{$values{"$table.$name"}};
	push @guesses,
		map { "SELECT 1 FROM taskcrm.$table x WHERE lower(x.$name) = lower(" . quote($_) . ')' }
		$type eq 'text' ? grep { $seen{$_} } @{$values{"$table.$name"}} : ();
}

my @settings = (
	[],
	[ 'SET enable_seqscan = off', 'SET enable_hashjoin = off' ],
	[   'SET enable_indexscan = off',
		'SET enable_bitmapscan = off',
		'SET enable_indexonlyscan = off',
		'SET enable_sort = off'
	]
);

# What EXPLAIN shows alice for all statements, in several kinds of sessions.
sub ask
{
	my ($database) = @_;
	my @database = (database => $database);
	my %answers;
	foreach my $settings (@settings) {
		my @script = (
			@$settings,
			map {"EXPLAIN (VERBOSE) $_"} @statements,
			"UPDATE taskcrm.task SET title = 'x' WHERE due_date <= '2024-01-05'"
		);
		push @script, map { "EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF, SUMMARY OFF) $_" } @guesses;
		my @results = run_as($node, 'alice', \@script, @database);
		$answers{"@$settings $script[$_]"} = "$results[$_]{state} $results[$_]{out}" foreach 0 .. $#script;
	}
	# The first statement of a session, before the library is loaded; and a statement that is
	# prepared then.
	foreach my $table (@tables) {
		my @range = map {
			my ($t, $name, $type) = @$_;
			map { $type =~ /^(boolean|bytea)$/ ? () : "x.$name <= " . quote($_) } @{$values{"$t.$name"}}
		} grep { $_->[ 0 ] eq $table } @columns;
		my $statement = "SELECT DISTINCT * FROM taskcrm.$table x WHERE " . join ' OR ', @range;
		$answers{"first: $table"} = run_one($node, 'alice', "EXPLAIN (VERBOSE) $statement", @database)->{out};
		$answers{"prepared: $table"} =
			(run_as($node, 'alice', [ "PREPARE q AS $statement", 'EXPLAIN (VERBOSE) EXECUTE q' ], @database))[ 1 ]{out};
	}
	# Estimated counts come from the plans of the API's own statements.
	foreach my $filters (
		(map {qq("created_on__lte": "$_")} '2010-06-01', '2023-12-31', '2024-06-01', '2051-01-01'),
		(map {qq("due_date__lte": "$_")} '2010-01-10', '2024-12-31', '2051-01-01'),
		(map {qq("title": "$_")} 'a', 'task', '1', 'plain'),
		'"status": ["New", "In Progress"]',
		qq("created_by": "@{[user_id('alice')]}"),
		'"status": ["New", "In Progress", "Completed"], "created_on__gte": "2011-01-01"'
		)
	{
		$answers{"estimated: $filters"} =
			run_one($node, 'alice',
			qq{SELECT taskcrm.tc_list_tasks('{"limit": 0, "count": "estimated", $filters}') ->> 'count'}, @database)
			->{out};
	}
	return %answers;
}

my %before = ask('crm');
my %after = ask('other');
my @states = grep { $before{$_} !~ /^(00000|42883)/ && !/^(first|prepared|estimated)/ } sort keys %before;
is(join("\n", map { "$_: $before{$_}" } @states), '', scalar(keys %before) . ' statements are planned');
my @told = grep { $before{$_} ne $after{$_} } sort keys %before;
is(scalar(@told), 0, 'security 5: EXPLAIN shows nothing of the values of other organizations')
  or diag(join "\n", map { "$_:\n$before{$_}\n$after{$_}" } splice @told, 0, 12);

# The planner uses all statistics for a superuser, and for the statements of the API.
isnt(
	$node->safe_psql('crm', q{EXPLAIN SELECT 1 FROM taskcrm.task WHERE due_date <= '2024-01-05'}),
	$node->safe_psql('crm', q{EXPLAIN SELECT 1 FROM taskcrm.task WHERE due_date <= '2024-11-05'}),
	'EXPLAIN shows them to a superuser'
);

done_testing();
