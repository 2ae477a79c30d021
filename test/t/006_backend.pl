# State that one backend keeps from call to call: cached plans, memory, user and settings. No
# result depends on earlier calls, and a failed call leaves nothing behind.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('backend', conf => "max_prepared_transactions = 5\n", tasks => 300);
my %id = map { $_ => user_id($_) } qw(alice bob carol);
my $superuser_name = $node->safe_psql('crm', 'SELECT current_user');

# ---------------------------------------------------------------------------
# Cached plans do not depend on the user for whom they were made. One backend becomes each user
# in turn: SET SESSION AUTHORIZATION of a superuser changes session_user.

my @of_superuser = (
	'SELECT count(*) FROM taskcrm.task', 'EXECUTE all_tasks', 'SELECT taskcrm.tc_whoami()',
	q{SELECT taskcrm.tc_create_organization('temporary', '30000000-0000-4000-8000-000000000001')},
	q{SELECT taskcrm.tc_create_user('x@y', 'x', '30000000-0000-4000-8000-000000000002')},
	q{SELECT taskcrm.tc_add_member('30000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000002')},
	q{INSERT INTO taskcrm.task (org_id, id, title) VALUES ('30000000-0000-4000-8000-000000000001', '30000000-0000-4000-8000-000000000003', 'x')},
	q{INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id) VALUES ('30000000-0000-4000-8000-000000000001',
		'30000000-0000-4000-8000-000000000003', '30000000-0000-4000-8000-000000000002')},
	q{SELECT taskcrm.tc_delete_organization('30000000-0000-4000-8000-000000000001')},
	q{DELETE FROM taskcrm.app_user WHERE id = '30000000-0000-4000-8000-000000000002'},
	'SELECT taskcrm.tc_list_tasks()');
my @of_client = (
	'SELECT taskcrm.tc_whoami()',
	'SELECT count(*) FROM taskcrm.task',
	'EXECUTE all_tasks',
	q{SELECT taskcrm.tc_list_tasks('{"limit":1000}')},
	q{SELECT taskcrm.tc_list_tasks('{"status":"In Progress","title":"a"}')},
	q{SELECT taskcrm.tc_list_tasks('{"assigned_to":"@me","limit":1000}')},
	'SELECT string_agg(t::text, $$,$$) FROM taskcrm.tc_find_tasks() t',
	'SELECT string_agg(u::text, $$,$$ ORDER BY u) FROM taskcrm.app_user u',
	'SELECT string_agg(o::text, $$,$$) FROM taskcrm.organization o',
	'BEGIN',
	q{SELECT (taskcrm.tc_create_account('x')->>'name')},
	'ROLLBACK',
	q{SELECT taskcrm.tc_update_account('} . id(2, 'account', 1) . q{', '{"name": "x"}')},
	q{SELECT taskcrm.tc_delete_team('} . id(2, 'team', 1) . q{')}
);

# The expected answers are those of each login in a backend of its own.
my %right;
foreach my $login ('alice', 'bob', 'mallory') {
	my @results = run_as($node, $login,
		[ 'PREPARE all_tasks AS SELECT string_agg(title, $$,$$ ORDER BY title) FROM taskcrm.task', @of_client ]);
	shift @results;
	$right{$login} = join "\n", map { "$_->{state} $_->{out}" } @results;
	canary_free(\@results, "$login sees nothing of other organizations in a backend of its own");
}
foreach my $order (
	[ 'superuser', 'alice', 'mallory', 'bob', 'carol', 'alice' ],
	[ 'carol', 'alice', 'superuser', 'bob', 'superuser', 'alice' ],
	[ 'mallory', 'superuser', 'carol', 'bob', 'owner', 'alice' ]
	)
{
	foreach my $generic ('force_generic_plan', 'auto')
	{
		my @statements = ("SET plan_cache_mode = $generic",
			'PREPARE all_tasks AS SELECT string_agg(title, $$,$$ ORDER BY title) FROM taskcrm.task');
		my %places;
		foreach my $who (@$order) {
			push @statements, 'RESET SESSION AUTHORIZATION',
				  $who eq 'superuser' ? 'SELECT 1'
				: $who eq 'owner' ? 'SET ROLE taskcrm_owner'
			  : "SET SESSION AUTHORIZATION $who";
			my @own = $who =~ /superuser|owner/ ? @of_superuser : @of_client;
			push @{ $places{$who} }, [ scalar @statements, $#statements + @own ];
			push @statements, @own;
		}
		my @results = run_as($node, undef, \@statements);
		foreach my $who (grep { $right{$_} } sort keys %places) {
			foreach my $place (@{$places{$who}}) {
				my $seen = join "\n",
					map { "$_->{state} " . $_->{out} =~ s/"login":"\w+"/"login":"$who"/r }
					@results[ $place->[ 0 ] .. $place->[ 1 ] ];
				ok($seen eq $right{$who}, "security 6: $who, in the order @$order, $generic, sees the expected rows")
				  or diag("$seen\n-- instead of\n$right{$who}");
			}
		}
		is((grep { $_->{state} =~ /^XX/ } @results) + 0, 0,
			"security 21: nothing fails with an internal error: @$order");
	}
}

# The same through a gateway, as different users with different current roles.
{
	my @statements;
	my %at;
	foreach my $user ('carol', 'alice', 'carol', 'bob', 'alice')
	{
		push @statements, 'BEGIN', 'SET LOCAL ROLE web_user', "SET LOCAL request.jwt.claims = " . quote(claims($user));
		push @{ $at{$user} }, scalar @statements;
		push @statements, grep({ !/EXECUTE|BEGIN|ROLLBACK|create/ } @of_client[ 0 .. 8 ]), 'COMMIT';
	}
	my @results = run_as($node, 'gw', \@statements);
	foreach my $user ('alice', 'bob') {
		canary_free([ @results[ $_ .. $_ + 7 ] ],
			"security 6: $user behind a gateway sees nothing of the previous user")
			foreach @{$at{$user}};
	}
	is($results[ $at{alice}[ 0 ] + $_ ]{out}, $results[ $at{alice}[ 1 ] + $_ ]{out},
		'and gets the same answer each time')
		foreach 0 .. 7;
}

# ---------------------------------------------------------------------------
# Memory. More statement shapes than the cache holds, and calls that fail, do not increase it.

my $shapes = q{
	CREATE FUNCTION public.filters_of(n integer) RETURNS jsonb LANGUAGE sql AS $$
		SELECT coalesce(jsonb_object_agg(k, v), '{}') || jsonb_build_object('limit', 3)
		FROM (VALUES (0, 'title', '"number"'::jsonb), (1, 'status', '"New"'), (2, 'priority', '["Low","High"]'),
			(3, 'search', '"number"'), (4, 'due_date__gte', '"2024-01-05"'), (5, 'due_date__lte', '"2024-12-05"'),
			(6, 'created_on__gte', '"2020-01-01"'), (7, 'overdue', '"true"'), (8, 'created_by', '"@me"'),
			(9, 'assigned_to', '"@me"')) f (bit, k, v)
		WHERE n & (1 << bit) <> 0 $$;
	CREATE FUNCTION public.many_calls(first integer, last integer) RETURNS bigint LANGUAGE plpgsql AS $$
	DECLARE total bigint := 0; n integer; BEGIN
		FOR n IN first .. last LOOP
			total := total + length(taskcrm.tc_list_tasks(public.filters_of(n % 1000))::text);
		END LOOP;
		RETURN total; END $$;
	CREATE FUNCTION public.many_errors(calls integer) RETURNS integer LANGUAGE plpgsql AS $$
	DECLARE failed integer := 0; BEGIN
		FOR n IN 1 .. calls LOOP
			BEGIN
				PERFORM taskcrm.tc_list_tasks(public.filters_of(n % 1000) || '{"ordering":"nothing"}');
			EXCEPTION WHEN OTHERS THEN failed := failed + 1; END;
			BEGIN
				PERFORM taskcrm.tc_update_account(gen_random_uuid(), '{"name": "x"}');
			EXCEPTION WHEN OTHERS THEN failed := failed + 1; END;
		END LOOP;
		RETURN failed; END $$;
	CREATE FUNCTION public.many_users(calls integer) RETURNS integer LANGUAGE plpgsql AS $$
	DECLARE found integer := 0; BEGIN
		FOR n IN 1 .. calls LOOP
			PERFORM set_config('taskcrm.user_id', u, true) FROM (VALUES ('} . $id{alice} . q{', '} . $id{carol} . q{')) v (a, b),
				LATERAL (SELECT CASE n % 2 WHEN 0 THEN a ELSE b END AS u) w;
			PERFORM set_config('request.headers', json_build_object('n', repeat(n::text, 500))::text, true);
			found := found + (SELECT count(*) FROM taskcrm.app_user);
		END LOOP;
		RETURN found; END $$;
	GRANT ALL ON FUNCTION public.filters_of, public.many_calls, public.many_errors, public.many_users TO PUBLIC;
};
$node->safe_psql('crm', $shapes);
{
	my $session = new_session($node, undef);
	# The memory of the contexts, and that of the process, which includes memory from malloc().
	my $used = q{SELECT (SELECT sum(total_bytes)::bigint FROM pg_backend_memory_contexts) / 1024};
	my $resident =
		-r '/proc/self/status'
		? q{SELECT substring(pg_read_file('/proc/self/status') FROM 'VmRSS:\s+(\d+)')::integer}
		: 'SELECT 0';
	my $measure = sub {
		my ($login, $call) = @_;
		$session->run("SET SESSION AUTHORIZATION $login");
		my $answer = $session->value($call);
		$session->run('RESET SESSION AUTHORIZATION');
		return ($answer, $session->value($used), $session->value($resident));
	};

	my ($first) = $measure->('alice', q{SELECT taskcrm.tc_list_tasks(public.filters_of(1))});
	# Each round ends with the same shapes in the cache.
	my ($answer, $after_few, $resident_few) = $measure->('alice', 'SELECT public.many_calls(0, 999)');
	like($answer, qr/^\d+$/, 'more shapes than the cache holds');
	is(($measure->('alice', q{SELECT taskcrm.tc_list_tasks(public.filters_of(1))}))[ 0 ],
		$first, 'a shape that was evicted gives the same answer');
	($answer, my $after_many, my $resident_many) = $measure->('alice', 'SELECT public.many_calls(0, 3999)');
	like($answer, qr/^\d+$/, 'four thousand calls succeed');
	cmp_ok(
		$after_many, '<',
		$after_few * 1.1 + 512,
		"memory does not grow with shapes: $after_few kB, then $after_many kB"
	);
	cmp_ok(
		$resident_many, '<',
		$resident_few * 1.2 + 4096,
		"nor does the process: $resident_few kB, then $resident_many kB"
	);

	($answer, $after_few, $resident_few) = $measure->('alice', 'SELECT public.many_errors(100)');
	is($answer, '200', 'calls that fail are caught');
	($answer, $after_many, $resident_many) = $measure->('alice', 'SELECT public.many_errors(3000)');
	is($answer, '6000', 'many of them');
	cmp_ok(
		$after_many, '<',
		$after_few * 1.1 + 512,
		"memory does not grow with errors: $after_few kB, then $after_many kB"
	);
	cmp_ok(
		$resident_many, '<',
		$resident_few * 1.2 + 4096,
		"nor does the process: $resident_few kB, then $resident_many kB"
	);

	($answer, $after_few, $resident_few) = $measure->('gw', 'SELECT public.many_users(100)');
	is($answer, '300', 'users in turn, within one transaction');
	($answer, $after_many, $resident_many) = $measure->('gw', 'SELECT public.many_users(3000)');
	is($answer, '9000', 'many of them');
	cmp_ok(
		$after_many, '<',
		$after_few * 1.1 + 512,
		"memory does not grow with identities: $after_few kB, then $after_many kB"
	);
	cmp_ok(
		$resident_many, '<',
		$resident_few * 1.2 + 4096,
		"nor does the process: $resident_few kB, then $resident_many kB"
	);
	$session->quit;
}

# ---------------------------------------------------------------------------
# An error inside a call leaves no state of the call.

my $state = q{SELECT current_user || '|' || session_user || '|' || current_setting('search_path') || '|'
	|| current_setting('row_security') || '|' || coalesce(taskcrm.tc_current_user()::text, '') || '|'
	|| coalesce(taskcrm.tc_current_org()::text, '')};
my $foreign = id(2, 'account', 1);
my @failing = (
	[ '22023', q{taskcrm.tc_list_tasks('{"x":1}')} ],
	[ '22023', q{taskcrm.tc_list_tasks('{"limit":100000}')} ],
	[ '22P02', q{taskcrm.tc_list_tasks('{"account":"x"}')} ],
	[ '22023', q{taskcrm.tc_list_tasks('[]')} ],
	[ '22023', q{taskcrm.tc_find_task_ids('{"ordering":"x"}')} ],
	[ '22023', q{taskcrm.tc_find_tasks('{"ordering":"x"}')} ],
	[ 'PT404', "taskcrm.tc_update_account('$foreign', '{\"name\": \"x\"}')" ],
	[ '22023', q{taskcrm.tc_create_account('')} ],
	[ '23503', "taskcrm.tc_create_contact('x', account => '$foreign')" ],
	[ '22023', 'taskcrm.tc_create_team(NULL)' ]
);
foreach
	my $settings ([], [ 'SET search_path = public, own_alice' ], [ 'SET row_security = off', 'SET search_path = $$$$' ])
{
	my $session = new_session($node, 'alice');
	$session->run($_) foreach @$settings;
	my $before = $session->value($state);
	like($before, qr/^alice\|alice\|.*$id{alice}/, "before: $before");
	foreach my $case (@failing)
	{
		my ($sqlstate, $call) = @$case;
		my @seen;

		is($session->value("SELECT $call"), $sqlstate, "$call fails");
		push @seen, $session->value($state);
		$session->run('BEGIN');
		$session->run('SAVEPOINT s');
		$session->run("SELECT $call");
		$session->run('ROLLBACK TO s');
		push @seen, $session->value($state);
		# If the call had left the user changed temporarily, this would fail.
		push @seen, $session->value('SET ROLE alice') eq '' ? $session->value($state) : 'SET ROLE is refused';
		$session->run('ROLLBACK');
		my $notices = $session->run(qq{DO \$\$ DECLARE seen text; BEGIN
			BEGIN
				PERFORM $call;
			EXCEPTION WHEN OTHERS THEN
				$state INTO seen; RAISE NOTICE 'seen <%>', seen;
				BEGIN PERFORM $call; EXCEPTION WHEN OTHERS THEN
					$state INTO seen; RAISE NOTICE 'seen <%>', seen; END;
			END;
			$state INTO seen; RAISE NOTICE 'seen <%>', seen;
		END \$\$})->{err};
		push @seen, $notices =~ /seen <(.*?)>/g;
		push @seen, $session->value($state);
		is( join("\n", @seen),
			join("\n", ($before) x 7),
			"security 13: $call does not change user, settings and identity"
		);
	}
	$session->quit;
}

# With row_security = off, each function gives the same answer.
{
	my @calls = map { ("SELECT $_") } 'taskcrm.tc_list_tasks()',
		'string_agg(x::text, $$,$$) FROM taskcrm.tc_find_task_ids() x',
	  'string_agg(x::text, $$,$$) FROM taskcrm.tc_find_tasks() x';
	my @on = run_as($node, 'alice', \@calls);
	my @off = run_as($node, 'alice', [ 'SET row_security = off', @calls ]);
	is( "$off[$_ + 1]{state} $off[$_ + 1]{out}",
		"$on[$_]{state} $on[$_]{out}",
		"security 22: row_security = off changes nothing: $calls[$_]"
	) foreach 0 .. $#calls;
}

# The identity of a failed call does not remain for the next user of a gateway.
{
	my $session = new_session($node, 'gw');
	foreach my $how (0, 1)
	{
		$session->run('BEGIN');
		$session->run("SET LOCAL taskcrm.user_id = '$id{carol}'");
		if ($how) {
			$session->run(
				q{DO $$ BEGIN PERFORM taskcrm.tc_list_tasks('{"x":1}'); EXCEPTION WHEN OTHERS THEN NULL; END $$});
		} else {
			$session->run('SAVEPOINT s');
			$session->run(q{SELECT taskcrm.tc_list_tasks('{"x":1}')});
			$session->run('ROLLBACK TO s');
		}
		$session->run("SET LOCAL taskcrm.user_id = '$id{alice}'");
		is($session->value('SELECT taskcrm.tc_current_user()'),
			$id{alice}, 'security 13: the next user has their own identity');
		canary_free([ $session->run('SELECT taskcrm.tc_list_tasks()'), $session->run('TABLE taskcrm.task') ],
			'security 13: and sees nothing of the previous user');
		$session->run('COMMIT');
	}
	$session->quit;
}

# Calls that are interrupted in the middle, by each possible event, while they wait for a
# locked table.
{
	my $blocker = new_session($node, undef);
	my $session = new_session($node, 'alice');
	my $before = $session->value($state);
	my $list = q{SELECT taskcrm.tc_list_tasks('{"limit":100}')};
	my $whole = $session->value($list);

	foreach my $table ('task_team', 'task')
	{
		foreach my $case ([ 'statement_timeout', '57014' ], [ 'lock_timeout', '55P03' ])
		{
			$blocker->run('BEGIN');
			$blocker->run("LOCK TABLE taskcrm.$table IN ACCESS EXCLUSIVE MODE");
			$session->run('BEGIN');
			$session->run('SAVEPOINT s');
			$session->run("SET LOCAL $case->[0] = '50ms'");
			is($session->value($list), $case->[1], "a call that waits for $table ends with $case->[0]");
			$session->run('ROLLBACK TO s');
			is($session->value($state), $before, 'security 13: and does not change user, settings and identity');
			$blocker->run('COMMIT');
			is($session->value($list), $whole, 'the same transaction can call again');
			$session->run('COMMIT');
		}
	}
	# The same during the look-up of the identity itself, which a change makes necessary again.
	$blocker->run('UPDATE taskcrm.member SET is_active = is_active');
	$blocker->run('BEGIN');
	$blocker->run('LOCK TABLE taskcrm.member IN ACCESS EXCLUSIVE MODE');
	$session->run('SET statement_timeout = $$50ms$$');
	is($session->value($list), '57014', 'a call that waits for its identity ends with statement_timeout');
	is($session->value('SELECT current_user, session_user'), 'alice|alice', 'and does not change the user');
	is($session->value('SELECT count(*) FROM taskcrm.task'), '57014', 'a policy that waits for it does too');
	is($session->value('SELECT current_user, session_user'), 'alice|alice', 'and does not change the user');
	$blocker->run('COMMIT');
	$session->run('RESET statement_timeout');
	is($session->value($state), $before, 'security 13: and does not change user, settings and identity');
	is($session->value($list), $whole, 'and can be called again');
	$_->quit foreach $blocker, $session;
}

# ---------------------------------------------------------------------------
# During a cascade, the server lets the table owner see all rows; a call in a trigger of the
# administrator must not see them.

$node->safe_psql('crm', q{
	CREATE TABLE public.audit (place text, count bigint, text text);
	CREATE FUNCTION public.audit() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
		INSERT INTO public.audit SELECT TG_TABLE_NAME || ' ' || TG_OP, (l->>'count')::bigint, l::text
			FROM taskcrm.tc_list_tasks('{"limit":1000}') l;
		INSERT INTO public.audit SELECT TG_TABLE_NAME || ' find', count(*), string_agg(t::text, ',') FROM taskcrm.tc_find_task_ids() f (t);
		INSERT INTO public.audit SELECT TG_TABLE_NAME || ' whoami', 303, taskcrm.tc_whoami()::text;
		RETURN NULL; END $$;
	CREATE TRIGGER audit AFTER DELETE ON taskcrm.task_contact FOR EACH ROW EXECUTE FUNCTION public.audit();
	CREATE TRIGGER audit AFTER DELETE ON taskcrm.team_member FOR EACH ROW EXECUTE FUNCTION public.audit();
	CREATE TRIGGER audit AFTER UPDATE ON taskcrm.task FOR EACH STATEMENT EXECUTE FUNCTION public.audit();
});
{
	# In both orders: the first call of a backend is within a cascade, or is not.
	foreach my $order (0, 1)
	{
		my $contact = id(1, 'contact', 1 + $order);
		my $team = id(1, 'team', 1 + $order);
		my @results = run_as($node, 'alice', [ $order ? q{SELECT taskcrm.tc_list_tasks('{"limit":1000}')} : 'SELECT 1',
			"SELECT taskcrm.tc_delete_contact('$contact')", "SELECT taskcrm.tc_delete_team('$team')",
			q{UPDATE taskcrm.task SET title = 'x' WHERE id = '} . id(1, 'task', 1) . q{'},
				q{SELECT taskcrm.tc_list_tasks('{"limit":1000}')},
				'SELECT count(*) FROM taskcrm.task'
			]
		);
		is( join(' ', map { $_->{state} } @results),
			join(' ', ('00000') x 6),
			"a cascade with an administrator's trigger, order $order"
		) or diag explain \@results;
		canary_free(\@results, 'security 8: and shows the client nothing of other organizations');
		is($results[5]{out}, '303', 'which sees its own tasks');
	}
	my $seen = $node->safe_psql('crm', 'SELECT place, count, count(*) FROM public.audit GROUP BY 1, 2 ORDER BY 1, 2');
	is( $seen,
		join("\n",
			'task UPDATE|303|6',
			'task find|303|6',
			'task whoami|303|6',
			'task_contact DELETE|303|2',
			'task_contact find|303|2',
			'task_contact whoami|303|2',
			'team_member DELETE|303|2',
			'team_member find|303|2',
			'team_member whoami|303|2'),
		'security 8: within a cascade, as elsewhere, a call sees one organization'
	);
	unlike($node->safe_psql('crm', 'SELECT string_agg(text, $$,$$) FROM public.audit'),
		$TaskcrmTest::CANARY_RE, "security 8: and the trigger recorded nothing of the other organization");
	$node->safe_psql('crm', "DROP TRIGGER audit ON taskcrm.$_") foreach qw(task_contact team_member task);
}

# A trigger that catches the error of its call does not change the identity of the outer call.
$node->safe_psql('crm', q{
	CREATE FUNCTION public.careless() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ BEGIN
		BEGIN PERFORM taskcrm.tc_list_tasks('{"x":1}'); EXCEPTION WHEN OTHERS THEN NULL; END;
		BEGIN PERFORM set_config('taskcrm.org_id', '} . org(2) . q{', true); END;
		RETURN NULL; END $$;
	CREATE TRIGGER careless AFTER INSERT ON taskcrm.account FOR EACH ROW EXECUTE FUNCTION public.careless();
});
{
	my $before = checksum($node, 'crm', 2);
	my @results = run_as($node, 'alice', [ q{SELECT (taskcrm.tc_create_account('careless')->>'name')}, $state ]);
	is($results[0]{out}, 'careless', 'security 13: the outer call continues with the identity with which it began');
	like($results[1]{out}, qr/^alice\|alice\|/, 'and the user is the same at its end');
	is(checksum($node, 'crm', 2), $before, 'security 8: it wrote only in its own organization');
	$node->safe_psql('crm', 'DROP TRIGGER careless ON taskcrm.account');
}

# ---------------------------------------------------------------------------
# Kinds of transactions.
{
	my $session = new_session($node, 'alice');
	$session->run('BEGIN');
	is($session->run(q{SELECT taskcrm.tc_create_account('in two phases')})->{state}, '00000',
		'a call in a transaction succeeds');
	is($session->run(q{PREPARE TRANSACTION 'a'})->{state}, '00000', 'the transaction is prepared');
	is($session->value('SELECT taskcrm.tc_current_user()'), $id{alice}, 'alice has her own identity');
	is($session->value(q{SELECT count(*) FROM taskcrm.account WHERE name = 'in two phases'}), '0',
		'the account is not visible before COMMIT PREPARED');
	is($session->run(q{COMMIT PREPARED 'a'})->{state}, '00000', 'the transaction is committed');
	is($session->value(q{SELECT count(*) FROM taskcrm.account WHERE name = 'in two phases'}),
		'1', 'then the account is visible');

	foreach my $begin (
		'BEGIN READ ONLY',
		'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY',
		'BEGIN ISOLATION LEVEL SERIALIZABLE READ ONLY DEFERRABLE'
		)
	{
		$session->run($begin);
		like($session->value('SELECT taskcrm.tc_list_tasks()'), qr/^\{"count":303,/, "$begin: a list can be read");
		is($session->value('SELECT count(*) FROM taskcrm.tc_find_tasks()'), '303', "$begin: rows can be read");
		is($session->value(q{SELECT taskcrm.tc_create_account('x')}), '25006', "$begin: a write fails");
		$session->run('ROLLBACK');
	}
	$session->quit;

	$session = new_session($node, 'gw');
	$session->run('BEGIN');
	$session->run("SET LOCAL taskcrm.user_id = '$id{alice}'");
	$session->run('SELECT taskcrm.tc_list_tasks()');
	$session->run(q{PREPARE TRANSACTION 'b'});
	is($session->value('SELECT taskcrm.tc_current_user()'),
		'', 'security 13: a prepared transaction leaves no identity');
	$session->run(q{ROLLBACK PREPARED 'b'});
	$session->quit;
}

$node->stop;
done_testing();
