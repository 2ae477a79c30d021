# Faults from outside: a backend killed under load, an immediate shutdown, timeouts and cancels
# at any point of a call, lack of memory, a full disk. Afterwards no task is incomplete, no row
# lacks the rows that it belongs to, and everything that was reported as committed exists.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use IPC::Run ();
use TaskcrmTest;
use Test::More;
use Time::HiRes ();

my $node = ready_cluster('faults', conf => "restart_after_crash = on\nlog_error_verbosity = verbose\n");
my $before = checksum($node, 'crm', 2);
my $task_data = sub {
	my ($title) = @_;
	return
		qq({"title":"$title","account":"@{[id(1, 'account', 1)]}","contacts":["@{[id(1, 'contact', 1)]}","@{[id(1, 'contact', 2)]}"],)
	  . qq("assigned_to":["@{[user_id('bob')]}"],"teams":["@{[id(1, 'team', 1)]}"],"attachments":[{"file_name":"f","content":"aGVsbG8="},{"file_name":"g","url":"https://example.org"}]});
};

# Returns all inconsistencies in the data as one text; it is empty if there are none.
sub wrong
{
	my @wrong = split /\n/, $node->safe_psql('crm', q{
		SELECT 'half task ' || t.id FROM taskcrm.task t WHERE t.title LIKE 'whole%' AND t.title <> 'whole, without links' AND (
			(SELECT count(*) FROM taskcrm.task_contact l WHERE l.org_id = t.org_id AND l.task_id = t.id) <> 2
			OR (SELECT count(*) FROM taskcrm.task_assignee l WHERE l.org_id = t.org_id AND l.task_id = t.id) <> 1
			OR (SELECT count(*) FROM taskcrm.task_team l WHERE l.org_id = t.org_id AND l.task_id = t.id) <> 1
			OR (SELECT count(*) FROM taskcrm.task_attachment l WHERE l.org_id = t.org_id AND l.task_id = t.id) < 2)
		UNION ALL SELECT 'attachment without bytes ' || a.id FROM taskcrm.task_attachment a WHERE a.url IS NULL
			AND NOT EXISTS (SELECT FROM taskcrm.task_attachment_content c WHERE c.org_id = a.org_id AND c.attachment_id = a.id)
		UNION ALL SELECT 'comment of half a pair ' || c.id FROM taskcrm.task_comment c WHERE c.comment LIKE 'with a file%'
			AND NOT EXISTS (SELECT FROM taskcrm.task_attachment a WHERE a.org_id = c.org_id AND a.task_id = c.task_id AND a.file_name = md5(c.comment))
		UNION ALL SELECT 'key without answer ' || key FROM taskcrm_internal.stored_answer WHERE answer IS NULL
		UNION ALL SELECT 'key without task ' || key FROM taskcrm_internal.stored_answer s WHERE NOT EXISTS (SELECT FROM taskcrm.task t WHERE t.org_id = s.org_id AND t.id::text = s.answer::json ->> 'id')}
	);

	# Every row has the rows that its foreign keys refer to.
	my @orphans = split /\n/, $node->safe_psql(
		'crm', q{SELECT format('SELECT count(*) || '' orphans in %s'' FROM %1$s c WHERE %s AND NOT EXISTS (SELECT FROM %s p WHERE %s) HAVING count(*) > 0',
			conrelid::regclass,
			(SELECT string_agg(format('c.%I IS NOT NULL', a.attname), ' AND ') FROM unnest(k.conkey) u (c) JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = u.c),
			confrelid::regclass,
			(SELECT string_agg(format('c.%I = p.%I', a.attname, f.attname), ' AND ') FROM unnest(k.conkey, k.confkey) u (c, p)
				JOIN pg_attribute a ON a.attrelid = conrelid AND a.attnum = u.c JOIN pg_attribute f ON f.attrelid = confrelid AND f.attnum = u.p))
		FROM pg_constraint k WHERE contype = 'f' AND connamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)});
	push @wrong, 'no foreign key was found' if @orphans < 20;
	push @wrong, $node->safe_psql('crm', join "\nUNION ALL ", @orphans);
	push @wrong,
		$node->safe_psql('crm', q{SELECT 'counters are wrong' WHERE EXISTS (SELECT FROM taskcrm.tc_check_counts())})
		if $node->safe_psql('crm',
		q{SELECT count(*) FROM pg_proc WHERE proname = 'tc_check_counts' AND pronamespace = 'taskcrm'::regnamespace});
	return join "\n", grep { $_ ne '' } @wrong;
}
is(wrong(), '', 'the data is consistent at the beginning');

# ---------------------------------------------------------------------------
# Crashes under load.

# A client that makes one call after another, each in its own transaction, and prints the
# answers.
sub start_load
{
	my ($login, $number) = @_;
	my ($out, $err) = ('', '');
	my $script = join "\n", map {
		my $data = quote($task_data->("whole $login $number $_"));
		my $text = "with a file $login $number $_ \@bob";
		("SELECT 'created ' || (taskcrm.tc_create_task($data, 'key $login $number $_') ->> 'id');",
			"SELECT 'commented ' || (taskcrm.tc_add_task_comment_or_attachment('@{[id(1, 'task', 1)]}', '$text', jsonb_build_object('file_name', md5('$text'), 'content', 'AA==')) -> 'comment' ->> 'id');",
			"SELECT 'updated ' || (taskcrm.tc_update_task('@{[id(1, 'task', 2)]}', '{\"title\":\"$login $number $_\"}') ->> 'version');",
			"SELECT 'created ' || max(x ->> 'id') FROM json_array_elements(taskcrm.tc_create_tasks('[$data,$data]' :: jsonb)) x;"
				=~ s/'\[(.*?)\]' ::/"'[" . join(',', ($data =~ s{^'|'$}{}gr) x 2) . "]'::"/er
		)
	} 1 .. 3000;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$login$number.sql";
	PostgreSQL::Test::Utils::append_to_file($file, $script);
	return {
		out => \$out,
		err => \$err,
		run => IPC::Run::start(
			[   'psql', '-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=0', '-U', $login, '-d', $node->connstr('crm'),
				'-f', $file
			],
			'>',
			\$out,
			'2>',
			\$err
		)
	};
}

sub answers { return map { ${ $_->{out} } =~ /^(\w+ \S+)$/mg } @_ }

sub crash
{
	my ($name, $fault) = @_;
	my $round = ++(our $rounds);
	my @load = map { start_load(@$_) } [ 'alice', "$round.1" ], [ 'bob', "$round.1" ], [ 'erin', "$round.1" ];

	# erin belongs to two organizations and selects none: her calls fail, which is a load too.
	my $tries = 0;
	while (answers(@load) < 40 && $tries++ < 6000)
	{
		$_->{run}->pump_nb foreach @load;
		Time::HiRes::usleep(10_000);
	}
	$fault->();
	$_->{run}->finish foreach @load;
	$node->poll_query_until('postgres', 'SELECT true');
	my @answers = answers(@load);
	cmp_ok(scalar @answers, '>=', 40, "$name: " . scalar(@answers) . ' calls were answered before the fault');
	my %ids = (created => [], commented => [], updated => []);
	/^(\w+) (\S+)$/ and push @{ $ids{$1} }, $2 foreach @answers;
	is( $node->safe_psql(
			'crm',
			'SELECT count(*) FROM unnest('
				. quote('{' . join(',', @{$ids{created}}) . '}')
				. '::uuid[]) i WHERE NOT EXISTS (SELECT FROM taskcrm.task t WHERE t.id = i)'
		),
		'0',
		"$name: every task that was reported as created exists"
	);
	is( $node->safe_psql(
			'crm',
			'SELECT count(*) FROM unnest('
				. quote('{' . join(',', @{$ids{commented}}) . '}')
				. '::uuid[]) i WHERE NOT EXISTS (SELECT FROM taskcrm.task_comment t WHERE t.id = i)'
		),
		'0',
		"$name: every comment exists"
	);
	cmp_ok(
		$node->safe_psql('crm', "SELECT version FROM taskcrm.task WHERE id = '@{[id(1, 'task', 2)]}'"),
		'>=',
		(sort { $b <=> $a } @{$ids{updated}}, 0)[ 0 ],
		"$name: no update is lost"
	);
	is(wrong(), '', "$name: no task is incomplete, no row is orphaned");
	is(checksum($node, 'crm', 2), $before, "security 8: $name: the other organization is unchanged");
	# A repeated call with the same key gives the same answer, whether or not the first one
	# succeeded.
	my $again = run_one($node, 'alice',
			  'SELECT taskcrm.tc_create_task('
			. quote($task_data->("whole alice $round.1 1"))
			. ", 'key alice $round.1 1') ->> 'id'");
	is( $again->{out},
		(${$load[ 0 ]{out}} =~ /^created (\S+)$/m)[ 0 ],
		"$name: a call that is repeated with its key is not executed again"
	);
}

crash('kill -9 of a backend', sub {
	my $pid = $node->safe_psql('postgres', q{SELECT pid FROM pg_stat_activity WHERE usename = 'alice' LIMIT 1});
	like($pid, qr/^\d+$/, 'there is a backend to kill');
	kill 'KILL', $pid;
	$node->poll_query_until('postgres', 'SELECT true');
});
crash('immediate shutdown', sub { $node->stop('immediate'); $node->start });
crash('kill -9 of a backend in the middle of a large call', sub {
	my ($out, $err) = ('', '');
	my $data = $task_data->('whole in bulk');
		my $run = IPC::Run::start(
			[   'psql',
				'-X',
				'-q',
				'-A',
				'-t',
				'-U',
				'alice',
				'-d',
				$node->connstr('crm'),
				'-c',
				"SELECT set_config('application_name', 'bulk', false); SELECT json_array_length(taskcrm.tc_create_tasks((SELECT jsonb_agg('$data'::jsonb) FROM generate_series(1, 1000))))"
			],
			'>',
			\$out,
			'2>',
			\$err
		);
	my $pid = '';
		for (1 .. 500) {
			last
				if (
				$pid = $node->safe_psql(
					'postgres',
					q{SELECT pid FROM pg_stat_activity WHERE application_name = 'bulk' AND state = 'active'}
				)
				);
		Time::HiRes::usleep(1000);
	}
	kill 'KILL', $pid if $pid;
	$run->finish;
	$node->poll_query_until('postgres', 'SELECT true');
	my $all = $node->safe_psql('crm', q{SELECT count(*) FROM taskcrm.task WHERE title = 'whole in bulk'});
	is($all, $out =~ /^1000$/m ? '1000' : '0', 'all tasks of the call exist, or none');
});

# ---------------------------------------------------------------------------
# Calls that end at any point: timeouts, cancels, terminations.

$node->safe_psql('crm', "SET ROLE alice; SET search_path = own_alice;
	CREATE FUNCTION many(n integer, title text) RETURNS jsonb LANGUAGE sql AS
		\$\$ SELECT jsonb_agg(jsonb_set('@{[$task_data->('x')]}', '{title}', to_jsonb(title))) FROM generate_series(1, n) \$\$"
);
my $some = id(1, 'account', 2);
my @calls = (
	[   "SELECT json_array_length(taskcrm.tc_create_tasks(own_alice.many(300, 'whole, timed %d')))",
		"SELECT count(*) FROM taskcrm.task WHERE title = 'whole, timed %d'",
		0, 300
	],
	[ "SELECT taskcrm.tc_list_tasks('{\"limit\":1000,\"search\":\"WHOLE\"}') IS NOT NULL", 'SELECT 0', 0, 0 ],
	[ "SELECT taskcrm.tc_task_totals() IS NOT NULL", 'SELECT 0', 0, 0 ],
	[ "SELECT taskcrm.tc_add_task_attachment('@{[id(1, 'task', 1)]}', 'timed %d', convert_to(repeat('x', 4000000), 'UTF8')) IS NOT NULL",
		"SELECT count(*) FROM taskcrm.task_attachment a JOIN taskcrm.task_attachment_content c ON c.org_id = a.org_id AND c.attachment_id = a.id WHERE file_name = 'timed %d' AND octet_length(content) = 4000000",
		0,
		1
	],
	[   "SELECT taskcrm.tc_delete_account((SELECT id FROM taskcrm.account WHERE name = 'timed %d'))",
		"SELECT count(*) FROM taskcrm.task WHERE title = 'whole, without links' AND description = '%d' AND account_id IS NULL",
		0,
		400
	]
);
my $n = 0;
my %ended;
foreach my $milliseconds (1, 3, 7, 15, 25, 40, 70)
{
	foreach my $call (@calls)
	{
		$n++;
		my ($statement, $count, $none, $all) = @$call;
		$node->safe_psql(
			'crm', "INSERT INTO taskcrm.account (org_id, name) VALUES ('@{[org(1)]}', 'timed $n');
			INSERT INTO taskcrm.task (org_id, title, description, account_id) SELECT org_id, 'whole, without links', '$n', id FROM taskcrm.account, generate_series(1, 400) WHERE name = 'timed $n'"
		) if $statement =~ /delete_account/;
		my @results = run_as(
			$node, 'alice',
			[   "SET statement_timeout = $milliseconds",
				$statement =~ s{%d}{$n}gr,
				'RESET statement_timeout',
				'SELECT current_user, taskcrm.tc_current_user()',
				q{SELECT taskcrm.tc_list_tasks('{"limit":1}') IS NOT NULL}
			]
		);
		my $done = $node->safe_psql('crm', $count =~ s{%d}{$n}gr);
		$ended{ $results[1]{state} }++;
		my $right = $results[1]{state} eq '57014' ? $none : $all;
		ok( $results[ 1 ]{state} =~ /^(00000|57014)$/ && $done == $right,
			"after $milliseconds ms the call is complete or has no effect: $results[1]{state}, $done"
		) or diag($statement =~ s{%d}{$n}gr, $results[ 1 ]{err});
		is( "$results[3]{out} $results[4]{out}",
			"alice|@{[user_id('alice')]} t",
			'the session continues with the same identity'
		);
	}
}
note(join ', ', map { "$_ $ended{$_}" } sort keys %ended);
is(wrong(), '', 'statement timeouts leave no incomplete task and no orphaned row');

# A call that waits for a lock ends with lock_timeout and has no effect.
{
	my $holder = new_session($node, 'bob');
	my $task = id(1, 'task', 1);
	$holder->run('BEGIN');
	$holder->run(qq{SELECT taskcrm.tc_update_task('$task', '{"title":"held"}')});
	my @results = run_as(
		$node, 'alice',
		[   "SET lock_timeout = 20",
			qq{SELECT taskcrm.tc_update_task('$task', '{"title":"mine","contacts":[]}')},
			"SELECT taskcrm.tc_delete_task('$task')",
			"SELECT taskcrm.tc_delete_account('@{[id(1, 'account', 1)]}')"
		]
	);
	is( join(' ', map { $_->{state} } @results[ 1 .. 3 ]),
		'55P03 55P03 55P03',
		'calls that wait for a lock end with lock_timeout'
	);
	$holder->run('ROLLBACK');
	$holder->quit;
	is(wrong(), '', 'and have no effect');
}

# Long loops can be canceled, and a session that is terminated leaves no incomplete data.
{
	# No text contains this term, but each comparison reads a thousand characters to find this out.
	# The index returns all texts, because each contains all trigrams of the term.
	$node->safe_psql('crm',
		"INSERT INTO taskcrm.task (org_id, title, description) SELECT '@{[org(1)]}', 'whole, without links', repeat('a', 99990) || 'caab' FROM generate_series(1, 300)"
	);
	my $term = ('a' x 999) . 'b';
	my @long = (
		qq{SELECT taskcrm.tc_list_tasks('{"search":"$term"}')}, qq{SELECT taskcrm.tc_task_totals('{"search":"$term"}')},
		qq{SELECT count(*) FROM taskcrm.tc_find_task_ids('{"search":"$term","limit":1000}')},
		qq{SELECT taskcrm.tc_list_tasks('{"search":"$term","count":"estimated"}')});
	foreach my $how ([ 'pg_cancel_backend', '57014' ], [ 'pg_terminate_backend', 'no answer' ])
	{
		foreach my $statement (@long)
		{
			my ($out, $err) = ('', '');
			my $run = IPC::Run::start(
				[   'psql', '-X', '-q', '-A', '-t', '-v', 'VERBOSITY=verbose', '-U', 'alice', '-d',
					$node->connstr('crm'),
					'-c', "SET application_name = 'long'",
					'-c', $statement
				],
				'>',
				\$out,
				'2>',
				\$err
			);
			$node->poll_query_until('postgres',
				q{SELECT count(*) = 1 FROM pg_stat_activity WHERE application_name = 'long' AND state = 'active' AND query LIKE '%aaaaa%'}
			);
			my $asked = $node->safe_psql('postgres',
				qq{SELECT $how->[0](pid) FROM pg_stat_activity WHERE application_name = 'long'});
			$run->finish;
			# A call that ends before the signal is not a failure in general, but all of these take long
			# enough.
			like(
				$err,
				$how->[ 1 ] eq '57014' ? qr/ERROR:  57014/ : qr/FATAL:  57P01|terminating connection|server closed/,
				"$how->[0] ends a long call: " . substr($statement, 0, 50)
			);
		}
	}
	$node->safe_psql('crm', q{DELETE FROM taskcrm.task WHERE description LIKE 'aaaaaaaaaa%'});
}

# ---------------------------------------------------------------------------
# No memory, no disk space: limits on one server process, if prlimit is installed.

SKIP:
{
	skip 'no prlimit', 1 if !-x '/usr/bin/prlimit';
	my $limit = sub {
		my ($session, @arguments) = @_;
		my $pid = $session->value('SELECT pg_backend_pid()');
		return system('prlimit', '--pid', $pid, @arguments) == 0;
	};
	my $state = q{SELECT current_user || ' ' || taskcrm.tc_current_user()};
	my $session = new_session($node, 'alice');
	$session->run("SET search_path = own_alice, pg_catalog");
	my $right = $session->value($state);
	my $size = 0;
	PostgreSQL::Test::Utils::slurp_file('/proc/' . $session->value('SELECT pg_backend_pid()') . '/status') =~
		/VmSize:\s+(\d+) kB/
		and $size = $1 * 1024;
	my %seen;
	ok($limit->($session, '--as=' . ($size + 24 * 1024 * 1024)), 'a backend with little memory');
	foreach my $megabytes (1, 2, 4, 8, 10)
	{
		my $bytes = $megabytes * 1024 * 1024;
		foreach my $statement (
			"SELECT taskcrm.tc_add_task_attachment('@{[id(1, 'task', 1)]}', 'memory $megabytes', convert_to(repeat('x', $bytes), 'UTF8')) IS NOT NULL",
			"SELECT taskcrm.tc_add_task_comment_or_attachment('@{[id(1, 'task', 1)]}', 'with a file $megabytes', jsonb_build_object('file_name', md5('with a file $megabytes'), 'content', repeat('AAAA', $bytes / 4))) IS NOT NULL",
			"SELECT json_array_length(taskcrm.tc_create_tasks(own_alice.many(@{[ $megabytes * 100 ]}, 'whole, in little memory $megabytes')))"
			)
		{
			my $result = $session->run($statement);
			$seen{ $result->{state} }++;
			is($session->value($state),
				$right, "with little memory: $result->{state}, and the session continues with the same identity");
		}
	}
	note(join ', ', map { "$_ $seen{$_}" } sort keys %seen);
	is(join(' ', grep { $_ !~ /^(00000|53200)$/ } sort keys %seen), '',
		'with little memory, a call succeeds or fails with out_of_memory');
	ok($seen{'53200'}, 'some calls fail');
	$session->quit;
	is(wrong(), '', 'lack of memory leaves no incomplete task and no orphaned row');

	# A file of the table cannot grow, as on a full disk.
	$session = new_session($node, 'alice');
	$right = $session->value($state);
	my $used = $node->safe_psql('crm',
		q{SELECT pg_relation_size(reltoastrelid) FROM pg_class WHERE oid = 'taskcrm.task_attachment_content'::regclass}
	);
	my $room = ($used > 17 * 1024 * 1024 ? $used : 17 * 1024 * 1024) + 4 * 1024 * 1024;
	%seen = ();
	ok($limit->($session, "--fsize=$room"), 'a backend that cannot write large files');
	foreach my $number (1 .. 8) {
		my $result = $session->run(
			"SELECT taskcrm.tc_add_task_comment_or_attachment('@{[id(1, 'task', 1)]}', 'with a file, full $number', jsonb_build_object('file_name', md5('with a file, full $number'), 'content', repeat('AAAA', 1000000))) IS NOT NULL"
		);
		$seen{$result->{state} eq '00000' ? 'done'
			: $result->{err} =~ /could not extend file|No space left|File too large/ ? 'no room'
			: "$result->{state} $result->{err}"}++;
		is($session->value($state), $right, 'without disk space: the session continues with the same identity');
	}
	is(join(' ', sort keys %seen), 'done no room', 'calls succeed until there is no disk space, and then fail');
	$session->quit;
	is(wrong(), '', 'lack of disk space leaves no incomplete task and no orphaned row');
}

is(checksum($node, 'crm', 2), $before, 'security 8: the other organization is unchanged at the end');
# Except for the backends that were killed.
unlike(
	PostgreSQL::Test::Utils::slurp_file($node->logfile) =~ s/was terminated by signal 9: Killed//gr,
	qr/PANIC|TRAP:|terminated by signal/,
	'no process crashed by itself'
);
$node->stop;
done_testing();
