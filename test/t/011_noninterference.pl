# Security 9: random calls and statements of alice, in a database with many rows of another
# organization and in one without that organization. Answers, SQLSTATEs and messages are the
# same, byte for byte, except for ids and times that the run generates.
#
#   NONINTERFERENCE_STATEMENTS=...   how many of each kind; 300 otherwise
#   NONINTERFERENCE_SEED=...         another run than the usual one

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use TaskcrmMutate;
use Test::More;

my $number = $ENV{NONINTERFERENCE_STATEMENTS} // 300;
my $seed = $ENV{NONINTERFERENCE_SEED} // 20260101;
srand $seed;
note("seed $seed");

my $node = ready_cluster('full', tasks => 3);
my $org2 = org(2);
$node->safe_psql('postgres', 'CREATE DATABASE alone');
install_extension($node, 'alone');
install_tables($node, 'alone');
create_people($node, 'alone');
fill_tenant($node, 'alone', 1, 3);
grant_roles($node, 'alone');

# The other organization is large, and contains rows for everything that the statements guess.
$node->safe_psql('crm', qq{
	INSERT INTO taskcrm.task (org_id, title, description, created_by, account_id) SELECT '$org2', 'CaNaRy ' || g, 'a task', '@{[user_id('carol')]}', '@{[id(2, 'account', 1)]}'
		FROM generate_series(1, 2000) g;
	INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) SELECT org_id, id, created_by FROM taskcrm.task WHERE org_id = '$org2' ON CONFLICT DO NOTHING;
	INSERT INTO taskcrm.account (org_id, name) SELECT '$org2', 'CaNaRy ' || g FROM generate_series(1, 300) g;
});
my $before = checksum($node, 'crm', 2);
my $leak =
	q{SET search_path = own_alice; SET ROLE alice; CREATE FUNCTION leak(text) RETURNS boolean LANGUAGE plpgsql COST 0.0000001
	AS 'BEGIN RAISE NOTICE $$leaked %$$, $1; RETURN true; END'};
$node->safe_psql($_, $leak) foreach 'crm', 'alone';

# ---------------------------------------------------------------------------
# Random statements over the existing tables and columns.

my %columns;
foreach my $row (
	split /\n/,
	$node->safe_psql(
		'crm',
		q{SELECT c.relname, a.attname, a.atttypid::regtype FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
	WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') AND has_table_privilege('alice', c.oid, 'SELECT') ORDER BY 1, a.attnum}
	)
	)
{
	my ($table, $column, $type) = split /\|/, $row;
	push @{ $columns{$table} }, [ $column, $type ];
}
my @tables = sort keys %columns;

# Ids of the own organization, of the other one, and unknown ids.
sub random_id { return "'" . with_ids(one_of('{account}', '{contact}', '{team}', '{task}', '{comment}', '{attachment}', '{user}', org(1), org(2)), 1 + int rand 3) . "'" }

sub random_value
{
	my ($type) = @_;
	return 'NULL' if chance(0.05);
	return random_id() if $type eq 'uuid' && chance(0.95);
	return one_of("'2024-01-31'", "'2024-02-30'", 'current_date', "'infinity'") if $type eq 'date';
	return one_of("'2024-01-01 10:00+00'", 'now()', "'-infinity'") if $type =~ /^timestamp/;
	return one_of(map { "'$_'" } 'New', 'Completed', 'Urgent', 'High', 'x') if $type =~ /^taskcrm/;
	return one_of(0, 1, 6, -1, 2147483648) if $type =~ /int/;
	return one_of('true', 'false') if $type eq 'boolean';
	return (sql_text(one_of('canary', 'CaNaRy task 1', 'plain task 1', 'a task', '%', 'plain.txt', @texts)))[0];
}

sub random_condition
{
	my ($table, $alias) = @_;
	my ($column, $type) = @{ one_of(@{ $columns{$table} }) };
	my $what = int rand 10;

	# The text of an id or a time that the run generates differs between the databases.
	$what = int rand 4 if $type eq 'uuid' || $type =~ /^timestamp/;
	return "$alias.$column = " . random_value($type) if $what < 4;
	return "$alias.${column}::text LIKE " . (sql_text('%' . one_of('anar', 'plain', '1', 'task', '_') . '%'))[ 0 ]
		if $what == 4;
	return "$alias.$column IN (" . random_value($type) . ', ' . random_value($type) . ')' if $what == 5;
	return "$alias.$column IS " . one_of('NULL', 'NOT NULL') if $what == 6;
	return
		  "EXISTS (SELECT FROM taskcrm."
		. one_of(@tables)
		. " y WHERE y::text LIKE '%"
		. one_of('CaNaRy', 'plain', 'no such') . "%')"
		if $what == 7;
	return "$alias.${column}::text " . one_of('<', '>', '~', '!~') . ' ' . random_value('text') if $what == 8;
	return one_of('true', "$alias.$column = $alias.$column", "NOT (" . random_condition($table, $alias) . ')');
}

sub random_select
{
	my ($table) = @_;
	my $condition = random_condition($table, 't');
	my $what = int rand 12;

	return
		"SELECT t.* FROM taskcrm.$table t WHERE $condition ORDER BY t::text LIMIT @{[int rand 6]} OFFSET @{[int rand 3]}"
		if $what < 3;
	return
		"SELECT count(*), min(t::text), max(t::text), count(DISTINCT t::text) FROM taskcrm.$table t WHERE $condition"
		if $what < 5;
	return "SELECT t FROM taskcrm.$table t WHERE own_alice.leak(t::text)" if $what == 5;
	my $other = one_of(@tables);
	return
		"SELECT t::text, x::text FROM taskcrm.$table t LEFT JOIN taskcrm.$other x ON x::text > t::text AND @{[random_condition($other, 'x')]} WHERE $condition ORDER BY 1, 2 LIMIT 20"
		if $what == 6;
	return
		  "SELECT t::text FROM taskcrm.$table t "
		. one_of('UNION', 'EXCEPT', 'INTERSECT', 'UNION ALL')
		. " SELECT x::text FROM taskcrm.$other x ORDER BY 1 LIMIT 20"
		if $what == 7;
	return
		  "SELECT t FROM taskcrm.$table t WHERE $condition ORDER BY t::text FOR "
		. one_of('UPDATE', 'SHARE', 'KEY SHARE', 'NO KEY UPDATE')
		. one_of('', ' NOWAIT', ' SKIP LOCKED')
		if $what == 8;
	return
		  "SELECT array_agg(t::text ORDER BY t::text) FROM taskcrm.$table t GROUP BY t."
		. one_of(@{$columns{$table}})->[ 0 ]
		. ' ORDER BY 1'
		if $what == 9;
	return (
		'BEGIN',
		"DECLARE c SCROLL CURSOR FOR SELECT t FROM taskcrm.$table t WHERE $condition ORDER BY t::text",
		'FETCH 2 FROM c',
		'SAVEPOINT s',
		'FETCH ALL FROM c',
		'ROLLBACK TO s',
		'FETCH BACKWARD 3 FROM c', 'COMMIT'
	) if $what == 10;
	return ("COPY (SELECT t FROM taskcrm.$table t WHERE $condition ORDER BY t::text) TO STDOUT");
}

sub random_write
{
	my ($table) = @_;
	my @picked = grep { chance(0.4) } @{ $columns{$table} };
	@picked = ($columns{$table}[-1]) if !@picked;
	my @some = map { $_->[0] } @picked;
	my @values = map { chance(0.1) ? 'DEFAULT' : random_value($_->[1]) } @picked;
	my @set = map { "$some[$_] = $values[$_]" } 0 .. $#some;
	my $condition = random_condition($table, 't');
	my $what = int rand 8;

	return
		  "INSERT INTO taskcrm.$table ("
		. join(', ', @some)
		. ') VALUES ('
		. join(', ', @values) . ') '
		. one_of('', 'ON CONFLICT DO NOTHING ')
		. 'RETURNING *'
		if $what < 3;
	return "UPDATE taskcrm.$table t SET " . join(', ', @set) . " WHERE $condition RETURNING t.*" if $what < 5;
	return "UPDATE taskcrm.$table t SET $set[0] FROM taskcrm.@{[one_of(@tables)]} x WHERE $condition" if $what == 5;
	return "DELETE FROM taskcrm.$table t WHERE $condition RETURNING *" if $what == 6;
	# If the condition reads no column, the server tests every row and stops at the first one of
	# another organization. This shows only that there are such rows, as pg_class does, and is
	# behavior of the server. So the condition reads a column.
	return
		"MERGE INTO taskcrm.$table t USING (VALUES (@{[random_id()]}::uuid)) s (id) ON $condition AND t.$some[0] IS NOT DISTINCT FROM t.$some[0] WHEN MATCHED THEN UPDATE SET $set[0] WHEN NOT MATCHED THEN INSERT ($some[0]) VALUES ("
		. ($values[ 0 ]) . ')';
}

# Clients may write only a few columns, so these are chosen more often.
my @writable = grep { table_rule($_) && table_rule($_)->{insert} } @tables;
sub random_write_allowed
{
	my $table = one_of(@writable);
	my $rule = table_rule($table);
	my %type = map { @$_ } @{ $columns{$table} };
	my @insert = split / /, $rule->{insert};
	my @update = split / /, $rule->{update} // '';

	return
		  "UPDATE taskcrm.$table t SET "
		. join(', ', map { "$_ = " . random_value($type{$_}) } grep { $_ eq $update[ 0 ] || chance(0.5) } @update)
		. ' WHERE '
		. random_condition($table, 't')
		. ' RETURNING t.*'
		if @update && chance(0.5);
	return
		  "INSERT INTO taskcrm.$table ("
		. join(', ', @insert)
		. ') VALUES ('
		. join(', ', map { random_value($type{$_}) } @insert)
		. ') RETURNING *';
}

my %signatures = client_signatures($node, 'alice');
my @names = sort keys %signatures;
my @statements;
foreach my $n (1 .. $number)
{
	my $name = one_of(@names);
	# Calls that remove people and all tasks are rare, and are rolled back.
	my @valid = valid_calls($name);
	my ($call) = @valid && chance(0.5) ? one_of(@valid) : random_call($name, $signatures{$name});
	$call =~ s/\b1(000000\d-)/one_of(2, 3) . $1/e if chance(0.3);
	push @statements, $name =~ /delete|remove/ || chance(0.3) ? ('BEGIN', $call, 'ROLLBACK') : $call;
	push @statements, random_select(one_of(@tables));
	push @statements, 'BEGIN', chance(0.5) ? random_write(one_of(@tables)) : random_write_allowed(),
		random_select(one_of(@tables)), chance(0.7) ? 'COMMIT' : 'ROLLBACK'
		if chance(0.7);
	push @statements, 'ABORT' if chance(0.02);
}

# ---------------------------------------------------------------------------

# Ignores line numbers of the script, and the order of rows and notices that have no ORDER BY.
sub steady
{
	my ($result) = @_;
	my $text =
		  "$result->{state}\n"
		. join("\n", sort split /\n/, $result->{out}) . "\n"
		. join("\n", sort split /\n/, $result->{err} =~ s/psql:<stdin>:\d+: //gr);
	# The body of an HTTP answer, and its hash in the ETag.
	$text =~ s/\\\\x((?:[0-9a-f]{2})+)/pack('H*', $1)/ge;
	$text =~ s/("\d+)-[0-9a-f]{16}\b/$1-<hash>/g;
	$text =~ s/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f-]{17}/<new>/g;
	$text =~ s/"token":"[\w-]{86,}"/"token":"<new>"/g;
	$text =~ s/"secret":"whsec_[^"]+"/"secret":"<new>"/g;
	# A cursor of a list contains such an id.
	$text =~ s/(cursor=|"next_cursor":")[-\w]+/$1<place>/g;
	$text =~ s/20(2[5-9]|[3-9]\d)-\d\d-\d\d([T ][0-9:.]+(Z|\+00)?)?/<time>/g;
	return $text;
}

my (@full, @alone);
my $script = 'SET client_min_messages = notice';
@full = run_as($node, 'alice', [ $script, @statements ]);
@alone = run_as($node, 'alice', [ $script, @statements ], database => 'alone');
unshift @statements, $script;

my @differ = grep { steady($full[$_]) ne steady($alone[$_]) } 0 .. $#statements;
my %states;
$states{ $_->{state} }++ foreach @full;
note(scalar(@statements) . ' statements: ' . join ', ',
	map {"$_ $states{$_}"} sort { $states{$b} <=> $states{$a} } keys %states);
is( join("\n\n",
		map { "$statements[$_]\n-- full:\n" . steady($full[ $_ ]) . "\n-- alone:\n" . steady($alone[ $_ ]) }
			@differ[ 0 .. ($#differ < 4 ? $#differ : 4) ]),
	'',
	'security 9: '
		. scalar(@statements)
		. " calls and statements give the same answers with and without the other organization; seed $seed"
);
is( join("\n",
		map {"$statements[$_] $full[$_]{state}"} grep { $full[ $_ ]{state} =~ /^(XX|no answer|58)/ } 0 .. $#statements),
	'',
	"security 21: no statement fails with an internal error; seed $seed"
);
cmp_ok($states{'00000'}, '>', @statements / 4, 'many statements succeed');
{
	# A message may repeat the text of a condition that the statement contains, and nothing else.
	my @found = grep {
		("$full[$_]{out}\n$full[$_]{err}" =~ s/^LINE \d+: .*\n.*$//mgr) =~
			/CaNaRy (task|description|account|organization|comment|\d)/
			&& $statements[ $_ ] !~ /CaNaRy/
			&& $alone[ $_ ]{out} !~ /CaNaRy/
	} 0 .. $#statements;
	is(join("\n", map { $statements[$_] } @found), '',
		"security 9: no result shows rows of the other organization; seed $seed");
}
is(checksum($node, 'crm', 2), $before, "security 8: the other organization is unchanged; seed $seed");

$node->stop;
done_testing();
