# Under row-level security, as a client, an index serves every filter and every ordering. The
# test reads the plans that the server logs for the statements inside the API.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use Test::More;

my $node = ready_cluster('plans', tasks => 40000, conf => qq{
	shared_preload_libraries = 'auto_explain'
	auto_explain.log_min_duration = 0
	auto_explain.log_nested_statements = on
	auto_explain.log_level = notice
});
my $org = org(1);
my $alice = user_id('alice');
my $account = id(1, 'account', 2);
my $team = id(1, 'team', 2);
my $contact = id(1, 'contact', 2);

# In the large organization, some tasks have an account, links or no due date. Each small
# organization has a few tasks, so that there is more than one organization.
$node->safe_psql('crm', qq{
	SET client_min_messages = warning;
	UPDATE taskcrm.task SET account_id = CASE WHEN right(id::text, 1) < '8' THEN '$account'::uuid END,
		due_date = CASE WHEN right(id::text, 2) < '90' THEN due_date END,
		title = title || CASE right(id::text, 3) WHEN '123' THEN ' quarterly zebra' ELSE ' of many' END,
		description = CASE WHEN right(id::text, 4) = '4567' THEN 'about a giraffe' WHEN right(id::text, 1) < 'c' THEN 'about a horse' END
	WHERE org_id = '$org';
	INSERT INTO taskcrm.task_assignee (org_id, task_id, user_id, created_on)
		SELECT org_id, id, '$alice', created_on FROM taskcrm.task WHERE org_id = '$org' AND right(id::text, 1) = '7' ON CONFLICT DO NOTHING;
	INSERT INTO taskcrm.task_team (org_id, task_id, team_id, created_on)
		SELECT org_id, id, '$team', created_on FROM taskcrm.task WHERE org_id = '$org' AND right(id::text, 1) = '6' ON CONFLICT DO NOTHING;
	INSERT INTO taskcrm.task_contact (org_id, task_id, contact_id, created_on)
		SELECT org_id, id, '$contact', created_on FROM taskcrm.task WHERE org_id = '$org' AND right(id::text, 1) = '5' ON CONFLICT DO NOTHING;
	INSERT INTO taskcrm.organization (name) SELECT 'small ' || g FROM generate_series(1, 50) g;
	INSERT INTO taskcrm.task (org_id, title, created_by) SELECT o.id, 'small task ' || g, '$alice'
		FROM taskcrm.organization o, generate_series(1, 200) g WHERE o.name LIKE 'small %';
});
# The counters of several hundred other organizations, so that they fill more than one page.
$node->safe_psql('crm', q{
	INSERT INTO taskcrm_internal.task_count SELECT o.id, s, p, 100 FROM (SELECT gen_random_uuid() AS id FROM generate_series(1, 500)) o,
		unnest(enum_range(NULL::taskcrm.task_status)) s, unnest(enum_range(NULL::taskcrm.task_priority)) p});
$node->safe_psql('crm', 'VACUUM ANALYZE');
# JIT compiles every statement that reads a table, but not those that only call a function.
$node->safe_psql('crm', 'ALTER ROLE alice SET jit_above_cost = 0.02');

# The plans of the statements of a call that read tasks, in order.
sub plans_of
{
	my ($statement, @before) = @_;
	my $result = (run_as($node, 'alice', [ @before, $statement ]))[-1];
	my (undef, @plans) = split /^.*NOTICE: .*duration: .* plan:\n/m, $result->{err};

	is($result->{state}, '00000', "$statement answers") or diag($result->{err});
	return grep { /^Query Text: (?:WITH k AS|SELECT (?:t\.|d\.|p\.|u\.|x\.|NULL::|pg_catalog\.(?:count|sum)))/ } @plans;
}

sub list { return "SELECT taskcrm.tc_list_tasks('$_[0]')" }

# Checks that a plan contains the wanted nodes, and none whose cost grows with the
# organization.
sub plan_is
{
	my ($plan, $what, $wanted, $unwanted) = @_;

	foreach my $pattern (@$wanted)
	{
		like($plan // '', $pattern, "$what: $pattern") or diag($plan);
	}
	unlike($plan // '', $_, "$what: not $_")
		foreach qr/Seq Scan on (?:task|task_\w+) /, qr/^\s*JIT:/m, @{$unwanted // []};
}

# The planner knows the length of a page: its estimate is the cost of the page, and does not
# grow with the list.
sub cost_is_of_page
{
	my ($plan, $what) = @_;
	my ($cost) = ($plan // '') =~ /cost=[\d.]+\.\.([\d.]+) /;

	cmp_ok($cost // 1e9, '<', 300, "$what: costs no more than a page") or diag($plan);
}

# An index scan stops at the end of the page.
sub page_is
{
	my ($filters, $index, $condition) = @_;
	my ($plan) = plans_of(list($filters));

	plan_is($plan, $filters, [ qr/Index (?:Only )?Scan (?:Backward )?using $index on /, qr/Index Cond: .*$condition/ ],
		[ qr/\bSort\b/, qr/Bitmap/ ]);
	cost_is_of_page($plan, $filters);
}

# --- each filter that an index serves, and the usual pairs, in the usual order ---

my $none = '"count": "none"';
page_is(qq({$none}), 'task_created_on_idx', qr/org_id = /);
page_is(qq({$none, "status": "New"}), 'task_status_idx', qr/status = /);
page_is(qq({$none, "priority": "High"}), 'task_priority_idx', qr/priority = /);
# Of the tasks with the status, or with the priority, the others are passed over.
page_is(qq({$none, "status": "In Progress", "priority": "High"}),
	'task_(?:status|priority)_idx', qr/(?:status|priority) = /);
page_is(qq({$none, "account": "$account"}), 'task_account_id_idx', qr/account_id = /);
page_is(qq({$none, "account": "$account", "status": "New"}), 'task_account_id_idx', qr/account_id = /);
page_is(qq({$none, "created_by": "\@me"}), 'task_created_by_idx', qr/created_by = /);
page_is(qq({$none, "due_date": "2024-03-01"}), 'task_due_date_idx', qr/due_date = /);
page_is(qq({$none, "assigned_to": "\@me"}), 'task_assignee_user_id_idx', qr/user_id = /);
page_is(qq({$none, "assigned_to": "\@me", "status": "Completed"}), 'task_assignee_user_id_idx', qr/user_id = /);
page_is(qq({$none, "assigned_to": "\@me", "due_date__lte": "2024-12-31"}), 'task_assignee_user_id_idx', qr/user_id = /);
page_is(qq({$none, "team": "$team"}), 'task_team_team_id_idx', qr/team_id = /);
page_is(qq({$none, "contact": "$contact"}), 'task_contact_contact_id_idx', qr/contact_id = /);
page_is(qq({$none, "created_on__gte": "2024-01-10"}), 'task_created_on_idx', qr/created_on >= /);
page_is(qq({$none, "created_on__lte": "2024-01-10"}), 'task_created_on_idx', qr/created_on < /);
page_is(qq({$none, "status": ["New", "Completed"]}), 'task_created_on_idx', qr/org_id = /);
page_is(qq({$none, "status": ["New", "In Progress"]}), 'task_open_created_on_idx', qr/org_id = /);
page_is(qq({$none, "overdue": true, "ordering": "due_date"}), 'task_overdue_idx', qr/due_date < /);
page_is(qq({$none, "due_date__gte": "2024-03-01", "due_date__lte": "2024-03-07", "ordering": "due_date"}),
	'task_due_date_idx', qr/due_date >= .*due_date <= /);

# --- open work: no list reads what is completed ---

page_is(qq({$none, "status": "open"}), 'task_open_created_on_idx', qr/org_id = /);
page_is(qq({$none, "status": "open", "ordering": "created_on"}), 'task_open_created_on_idx', qr/org_id = /);
page_is(qq({$none, "status": "open", "ordering": "due_date"}), 'task_overdue_idx', qr/org_id = /);
page_is(qq({$none, "status": "open", "ordering": "-priority,due_date"}), 'task_open_priority_idx', qr/org_id = /);
page_is(qq({$none, "status": "open", "account": "$account", "ordering": "due_date"}), 'task_open_account_id_idx', qr/account_id = /);
page_is(qq({$none, "status": "open", "created_by": "\@me", "ordering": "due_date"}), 'task_open_created_by_idx', qr/created_by = /);
foreach my $case (
	[ qq("assigned_to": "@{[user_id('bob')]}"), 'created_on' ],
	[ qq("assigned_to": "@{[user_id('bob')]}"), 'due_date' ],
	[ qq("assigned_to": "@{[user_id('bob')]}"), '-priority' ],
	[ qq("assigned_to": "@{[user_id('bob')]}", "overdue": true), 'due_date' ],
	[ qq("team": "@{[id(1, 'team', 1)]}"), 'due_date' ],
	[ qq("contact": "@{[id(1, 'contact', 1)]}"), 'due_date' ]
	)
{
	my ($filter, $ordering) = @$case;
	my ($plan) = plans_of(list(qq({$none, "status": "open", $filter, "ordering": "$ordering"})));

	plan_is($plan, "open, $filter, by $ordering", [ qr/using open_link_pkey on open_link/ ], [ qr/on task_(?:assignee|team|contact) / ]);
}
foreach my $filters ('"assigned_to": "@me"', qq("team": "$team"), qq("contact": "$contact"))
{
	my ($plan) = plans_of(list(qq({"limit": 0, "status": "open", $filters})));
	plan_is($plan, "the count of open $filters", [ qr/Index Only Scan using open_link_pkey on open_link/ ], [ qr/ on task / ]);
}
# Of few links, the task of each is looked up by its key, not among all that meet the other filters.
foreach my $filters (
	'"status": "open", "due_date__gte": "2000-01-01", "due_date__lte": "2100-01-01"',
	'"due_date__gte": "2000-01-01", "due_date__lte": "2100-01-01"',
	'"created_on__gte": "2000-01-01", "created_on__lte": "2100-01-01"',
	'"status": "open", "overdue": true', qq("account": "$account"), '"priority": "High"',
	qq("team": "$team"), qq("status": "open", "contact": "$contact"))
{
	my ($plan) = plans_of(list(qq({"limit": 0, "assigned_to": "@{[user_id('bob')]}", $filters})));
	like($plan // '', qr/using task_pkey on task \w .*\n\s*Index Cond: \(\(org_id = \S+\) AND \(id = d\.task_id\)\)\n/,
		"the count of few links, {$filters}") or diag($plan);
	unlike($plan // '', qr/Hash/, 'and nothing else is read');
	next if $filters =~ /team|contact/;
	($plan) = plans_of(list(qq({$none, "assigned_to": "@{[user_id('bob')]}", $filters})));
	like($plan // '', qr/using task_pkey on task \w .*\n\s*Index Cond: \(\(org_id = \S+\) AND \(id = \w\.task_id\)\)\n/, 'and the page') or diag($plan);
}
# The values decide how many are counted in the tasks: a parameter stands for few, whoever it is.
foreach my $case ([ $alice, qr/user_id = '/ ], [ user_id('bob'), qr/user_id = \$2/ ])
{
	my ($plan) = plans_of(list(qq({"limit": 0, "assigned_to": "$case->[0]", "priority": "High"})));
	like($plan // '', $case->[1], 'the count of many and of few') or diag($plan);
	unlike($plan // '', qr/^\s*JIT:/m, 'is not compiled');
}
{
	my ($counters, $open, $assignees) = plans_of(q{SELECT taskcrm.tc_task_totals()});
	plan_is($counters, 'the totals of all tasks', [ qr/ on task_count / ]);
	plan_is($open, 'the totals of open tasks', [ qr/using task_(?:open_\w+|overdue)_idx on task/, qr/ on open_link / ]);
	plan_is($assignees, 'the totals by assignee', [ qr/ on open_link / ], [ qr/ on task / ]);
}
foreach my $by ('assigned_to', 'team', 'contact')
{
	my ($counts) = plans_of(qq{SELECT taskcrm.tc_group_tasks('{"status": "open"}', '$by', '{"limit": 1}')});
	plan_is($counts, "the numbers of open tasks by $by", [ qr/ on open_link / ], [ qr/on task_(?:assignee|team|contact) / ]);
}

# --- each ordering, in both directions, and its second page by cursor ---

my %index_of = map { $_ => "task_${_}_idx" } qw(created_on status priority due_date updated_on completed_on);
foreach my $ordering (map { ($_, "-$_") } sort keys %index_of)
{
	my $column = $ordering =~ s/^-//r;
	my $filters = qq({$none, "ordering": "$ordering", "cursor": "start"});

	page_is($filters, $index_of{$column}, qr/org_id = /);
	my $cursor = sql_value($node, 'alice', list($filters) . " ->> 'next_cursor'");
	page_is(qq({$none, "ordering": "$ordering", "cursor": "$cursor"}), $index_of{$column},
		$column =~ /^(due_date|completed_on)$/ && $ordering =~ /^-/ ? qr/$column IS NULL.*ROW\(/ : qr/ROW\($column, /);
}
# The tasks without a due date follow the last ones with a due date.
{
	my $end = qq({$none, "ordering": "due_date", "limit": 500, "due_date__gte": "2024-12-25", "cursor": "%s"});
	my $cursor = sql_value($node, 'alice', list(sprintf $end, 'start') . " ->> 'next_cursor'");
	my ($after, $nulls) = plans_of(list(sprintf $end, $cursor));
	plan_is(
		$after,
		'the last tasks with a due date',
		[ qr/Index Scan using task_due_date_idx/, qr/Index Cond: .*ROW\(due_date, created_on, id\)/ ],
		[ qr/Sort/ ]
	);
	plan_is(
		$nulls,
		'the tasks without a due date',
		[ qr/Index Scan using task_due_date_idx/, qr/Index Cond: .*due_date IS NULL/ ],
		[ qr/Sort/ ]
	);
}
{
	my $cursor =
		sql_value($node, 'alice', list(qq({$none, "cursor": "start", "assigned_to": "\@me"})) . " ->> 'next_cursor'");
	page_is(
		qq({$none, "cursor": "$cursor", "assigned_to": "\@me"}),
		'task_assignee_user_id_idx',
		qr/user_id = .*ROW\(created_on, task_id\)/
	);
}

# --- several keys: an index scan for the first key, and a sort of the rows with equal keys ---

# Also checks the second page by cursor.
sub pages_are
{
	my ($ordering, $check) = @_;
	my $filters = qq({$none, "limit": 25, "ordering": "$ordering", "cursor": "%s"});
	my $cursor = sql_value($node, 'alice', list(sprintf $filters, 'start') . " ->> 'next_cursor'");

	$check->(sprintf($filters, $_), $_ ne 'start') foreach 'start', $cursor;
}
foreach my $case (
	[ 'due_date,-priority', 'due_date' ],
	[ 'due_date,title', 'due_date' ],
	[ '-due_date,priority,-status', 'due_date' ],
	[ '-updated_on,status', 'updated_on' ],
	[ '-created_on,title', 'created_on' ]
	)
{
	my ($ordering, $column) = @$case;

	pages_are($ordering, sub {
		my ($filters, $is_second) = @_;
		my ($plan) = plans_of(list($filters));
		my $condition = $is_second ? qr/$column [<>]= / : qr/org_id = /;

		# In descending order, tasks without a due date come first and form one group.
		if ($is_second && $ordering =~ /^-due_date/)
		{
			plan_is($plan, $filters, [ qr/Index Cond: .*due_date IS NULL/ ]);
			return;
		}
			plan_is(
				$plan, $filters,
				[   qr/Incremental Sort/,
					qr/Presorted Key: $column$/m,
					qr/Index Scan (?:Backward )?using task_${column}_idx on /,
					qr/Index Cond: .*$condition/
				],
				[ qr/^\s*->  Sort /m, qr/Bitmap/ ]
			);
			my ($page, $whole) =
				$plan =~ /^Limit  \(cost=[\d.]+\.\.([\d.]+) .*^  ->  Incremental Sort  \(cost=[\d.]+\.\.([\d.]+) /ms;
		cmp_ok($page // 1e9, '<', ($whole // 0) / 2, "$filters: stops at the end of the page") or diag($plan);
	});
}
page_is(qq({$none, "status": "New", "ordering": "status,-created_on"}), 'task_status_idx', qr/status = /);
{
	my ($plan) = plans_of(list(qq({$none, "assigned_to": "\@me", "ordering": "due_date,-priority"})));
	plan_is(
		$plan,
		'a user with many tasks, by two keys',
		[ qr/Incremental Sort/, qr/Index Scan using task_due_date_idx/ ],
		[ qr/^\s*->  Sort /m ]
	);
	($plan) = plans_of(list(qq({$none, "assigned_to": "\@me", "ordering": "-created_on,priority"})));
	plan_is(
		$plan,
		'a user with many tasks, by created_on and another key',
		[ qr/Incremental Sort/, qr/using task_assignee_user_id_idx/ ],
		[ qr/^\s*->  Sort /m ]
	);
}

# For a user with many tasks, the plan does not fetch all of them and sort them in another
# order.
page_is(qq({$none, "assigned_to": "\@me", "ordering": "due_date"}), 'task_due_date_idx', qr/org_id = /);
page_is(qq({$none, "created_by": "\@me", "ordering": "-due_date"}), 'task_due_date_idx', qr/org_id = /);
{
	my ($plan) = plans_of(list(qq({$none, "created_by": "@{[user_id('bob')]}", "ordering": "due_date"})));
	plan_is($plan, 'a user with few tasks or none', [ qr/Index Scan using task_created_by_idx on task/, qr/Sort/ ]);
}

# --- skipped rows are not fetched ---

foreach my $filters (
	'',
	'"status": "New",',
	qq("account": "$account",),
	'"assigned_to": "@me",',
	'"created_by": "@me",',
	'"ordering": "-due_date",'
	)
{
	my ($ids, $tasks) = plans_of(list("{$none, $filters \"offset\": 2000}"));
	plan_is($ids, "the ids after 2000 tasks of {$filters}", [ qr/Index Only Scan/ ], [ qr/Sort/ ]);
	plan_is($tasks, "the tasks with these ids of {$filters}", [ qr/Index Scan using task_pkey/ ], [ qr/Sort/ ]);
}

# --- search ---

foreach my $term ([ 'title', 'zebra', 'title' ], [ 'title', 'QUARTERLY zeb', 'title' ])
{
	my ($plan) = plans_of(list(qq({$none, "$term->[0]": "$term->[1]"})));
	plan_is(
		$plan,
		"a rare term, $term->[1]",
		[ qr/Bitmap Index Scan on task_title_term_idx/, qr/Index Cond: .*org_id = .*title .*\@~ / ]
	);
}
{
	my ($described, $page) = plans_of(list(qq({$none, "search": "giraffe"})));
	plan_is(
		$described,
		'the tasks with a rare description',
		[ qr/Bitmap Index Scan on task_text_term_idx/, qr/Index Cond: .*org_id = .*description .*\@~ / ]
	);
	plan_is(
		$page,
		'a rare term of a description',
		[   qr/BitmapOr/,
			qr/Bitmap Index Scan on task_title_term_idx/,
			qr/Bitmap Index Scan on task_pkey/,
			qr/id = ANY /
		]
	);
	cost_is_of_page($page, 'a rare term of a description');

	(undef, my $count) = plans_of(list('{"limit": 0, "search": "giraffe"}'));
	plan_is($count, 'the count of tasks with a rare description',
		[ qr/BitmapOr/, qr/Bitmap Index Scan on task_title_term_idx/, qr/Bitmap Index Scan on task_pkey/ ]);
}
page_is(qq({$none, "title": "task number"}), 'task_created_on_idx', qr/org_id = /);
page_is(qq({$none, "title": "ta"}), 'task_created_on_idx', qr/org_id = /);
page_is(qq({$none, "search": "of many"}), 'task_created_on_idx', qr/org_id = /);

# --- counts ---

foreach my $filters ('', '"status": "New"', '"priority": "High"', '"status": ["New", "Completed"], "priority": "Low"')
{
	my (@plans) = plans_of(list('{"limit": 0' . ($filters ? ", $filters}" : '}')));
	plan_is(
		$plans[ 0 ],
		"the count of {$filters}",
		[ qr/Index Only Scan using task_count_idx on task_count/, qr/Index Cond: .*org_id = / ]
	);
	unlike("@plans", qr/ on task /, "the count of {$filters} reads no task");
}
foreach my $case (
	[ qq("account": "$account"), 'task_account_id_idx' ],
	[ '"due_date": "2024-03-01"', 'task_due_date_idx' ],
	[ '"assigned_to": "@me"', 'task_assignee_user_id_idx' ],
	[ '"created_by": "@me"', 'task_created_by_idx' ],
	[ '"overdue": true', 'task_overdue_idx' ]
	)
{
	my ($plan) = plans_of(list("{\"limit\": 0, $case->[0]}"));
	plan_is($plan, "the count of {$case->[0]}", [ qr/Index Only Scan using $case->[1]/ ], [ qr/is_current_org/ ]);
}
{
	my ($plan) = plans_of(list('{"limit": 0, "count": "estimated", "account": "' . $account . '"}'));
	plan_is($plan, 'an estimated count', [ qr/Limit/, qr/Index Only Scan using task_account_id_idx/ ]);
}

# --- comments and attachments ---

# One task has nearly all of them, and the planner's statistics do not show this for a single
# task.
my $discussed = id(1, 'task', 1);
$node->safe_psql('crm', qq{
	INSERT INTO taskcrm.task_comment (org_id, task_id, comment, commented_on)
		SELECT '$org', '$discussed', 'comment ' || g, timestamptz '2024-01-01 00:00Z' + g * interval '1 minute' FROM generate_series(1, 20000) g;
	INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, url, created_on)
		SELECT '$org', '$discussed', 'file ' || g, 'https://x.test/' || g, timestamptz '2024-01-01 00:00Z' + g * interval '1 minute' FROM generate_series(1, 20000) g;
	INSERT INTO taskcrm.task_comment (org_id, task_id, comment)
		SELECT org_id, id, 'comment ' || g FROM taskcrm.task, generate_series(1, 3) g WHERE org_id = '$org' AND right(id::text, 1) < '8';
	INSERT INTO taskcrm.task_mention (org_id, comment_id, user_id) SELECT org_id, id, '$alice' FROM taskcrm.task_comment WHERE org_id = '$org' ON CONFLICT DO NOTHING;
	INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, content_type, size, sha256)
		SELECT org_id, id, 'file', 'a/b', 1, sha256('x') FROM taskcrm.task WHERE org_id = '$org' AND right(id::text, 1) < '8';
	INSERT INTO taskcrm.task_attachment_content (org_id, attachment_id, content)
		SELECT org_id, id, 'x' FROM taskcrm.task_attachment WHERE org_id = '$org' AND url IS NULL ON CONFLICT DO NOTHING;
}
);
$node->safe_psql('crm',
	'VACUUM ANALYZE taskcrm.task_comment, taskcrm.task_mention, taskcrm.task_attachment, taskcrm.task_attachment_content'
);
foreach my $list (
	[ 'comments', 'task_comment_task_id_idx', 'c', 'commented_on' ],
	[ 'attachments', 'task_attachment_task_id_idx', 'a', 'created_on' ]
	)
{
	my ($name, $index, $alias, $time) = @$list;
	my $page = "SELECT taskcrm.tc_list_$name('$discussed', '%s')";
	my $cursor = sql_value($node, 'alice', sprintf($page, '{"cursor": "start", "limit": 50}') . " ->> 'next_cursor'");

	foreach my $case (
		[ '{}', qr/task_id = / ],
		[ '{"limit": 1000, "count": "none"}', qr/task_id = / ],
		[ '{"offset": 20, "count": "none"}', qr/task_id = / ],
		[ qq({"cursor": "$cursor", "count": "none"}), qr/task_id = .*ROW\($time, id\) < / ]
		)
	{
		my $result = run_one($node, 'alice', sprintf($page, $case->[0]));
		my ($plan) = grep { /^Query Text: SELECT $alias\.id/ } split /^.*NOTICE: .*duration: .* plan:\n/m, $result->{err};
		plan_is(
			$plan,
			"$name $case->[0]",
			[ qr/Index Scan Backward using $index on /, qr/Index Cond: .*$case->[1]/ ],
			[ qr/\bSort\b/, qr/Bitmap Heap Scan on task_(comment|attachment) / ]
		);
	}
	my $result = run_one($node, 'alice', "SELECT taskcrm.tc_get_task('$discussed')");
	my ($plan) = grep { /^Query Text: SELECT $alias\.id/ } split /^.*NOTICE: .*duration: .* plan:\n/m, $result->{err};
	plan_is($plan, "$name of a task", [ qr/Index Scan Backward using $index on / ], [ qr/\bSort\b/ ]);
}

# --- direct SQL of a client ---

foreach my $case (
	[   q{SELECT id FROM taskcrm.task WHERE status = 'New' AND priority = 'Low' ORDER BY created_on DESC, id DESC LIMIT 10},
		'task_(?:status|priority)_idx',
		qr/(?:status|priority) = /
	],
	[ q{SELECT id FROM taskcrm.task ORDER BY created_on DESC, id DESC LIMIT 10}, 'task_created_on_idx', qr/org_id = / ]
	)
{
	foreach my $path ('', 'taskcrm, public')
	{
		my ($set, $plan) = run_as($node, 'alice', [ "SET search_path = '$path'", "EXPLAIN (COSTS OFF) $case->[0]" ]);
		like($plan->{out}, qr/Index (?:Only )?Scan (?:Backward )?using $case->[1]/, "'$path': $case->[1]");
		like($plan->{out}, qr/Index Cond: .*$case->[2]/, "'$path': $case->[2]");
	}
}

# --- settings of the session that plans depend on ---

# With any values of these settings, the statements of the API are planned as with the
# defaults; the caller's settings do not change.
SKIP:
{
	skip 'the server has no JIT compiler', 1 unless $node->safe_psql('crm', 'SELECT pg_jit_available()') eq 't';
	like(run_one($node, 'alice', 'SELECT count(*) FROM taskcrm.task')->{err},
		qr/^\s*JIT:/m, 'a statement of the client itself is compiled');
}
sub settings_after
{
	return sql_value($node, 'alice', [ @_, q{SELECT string_agg(name || '=' || setting, ' ' ORDER BY name)
		FROM pg_settings WHERE name ~ '^(enable_|jit|plan_cache_mode)'} ]);
}
foreach my $set (
	join('; ', map { "SET enable_$_ = off" } qw(bitmapscan indexonlyscan indexscan nestloop sort)),
	'SET plan_cache_mode = force_custom_plan', 'SET plan_cache_mode = force_generic_plan')
{
	my $filters = '{"count": "none", "assigned_to": "@me"';
	my ($created) = plans_of(list('{"count": "none"}'), $set);
	plan_is(
		$created,
		"$set, by created_on",
		[ qr/Index Scan Backward using task_created_on_idx/ ],
		[ qr/\bSort\b/, qr/Bitmap/ ]
	);
	my ($assigned) = plans_of(list("$filters}"), $set);
	plan_is($assigned, "$set, by assignee", [ qr/Nested Loop/, qr/using task_assignee_user_id_idx/ ], [ qr/\bSort\b/ ]);
	my ($due) = plans_of(list("$filters, \"ordering\": \"due_date\"}"), $set);
	plan_is($due, "$set, by due_date", [ qr/using task_due_date_idx/ ], [ qr/\bSort\b/ ]);
	is(settings_after($set, list('{}')), settings_after($set), "the caller's setting is unchanged: $set");
}

# An index that a user adds for the only ordering without one is used.
{
	my ($before) = plans_of(list(qq({$none, "ordering": "title"})));
	plan_is($before, 'by title', [ qr/Sort/ ]);
	$node->safe_psql('crm', 'CREATE INDEX ON taskcrm.task (org_id, title COLLATE "C", id)');
	page_is(qq({$none, "ordering": "title"}), 'task_org_id_title_id_idx', qr/org_id = /);
	page_is(qq({$none, "ordering": "-title"}), 'task_org_id_title_id_idx', qr/org_id = /);
}

# Columns that an administrator added, with indexes for them: filters, also on an enum, whose
# operators are not leakproof, orderings, and statements of the client itself.
{
	$node->safe_psql('crm', q{
		CREATE TYPE public.stage AS ENUM ('to do', 'doing', 'done');
		ALTER TABLE taskcrm.task ADD estimate_hours integer, ADD stage public.stage, ADD cost_center text;
		ALTER TABLE taskcrm.task DISABLE TRIGGER USER;
		UPDATE taskcrm.task SET estimate_hours = nullif(n % 100, 0), stage = (ARRAY['to do', 'doing', 'done'])[n % 20]::public.stage, cost_center = 'c' || n % 100
			FROM (SELECT org_id AS o, id AS i, row_number() OVER (ORDER BY id) AS n FROM taskcrm.task) x WHERE org_id = o AND id = i;
		ALTER TABLE taskcrm.task ENABLE TRIGGER USER;
		CREATE INDEX task_estimate_hours_idx ON taskcrm.task (org_id, estimate_hours, created_on, id);
		CREATE INDEX task_stage_idx ON taskcrm.task (org_id, stage, created_on, id);
		CREATE INDEX task_cost_center_idx ON taskcrm.task (org_id, cost_center COLLATE "C", created_on, id);
		SELECT taskcrm.tc_expose_column('task', c, writable => true) FROM unnest('{estimate_hours,stage,cost_center}'::text[]) c});
	$node->safe_psql('crm', 'VACUUM ANALYZE taskcrm.task');

	page_is(qq({$none, "estimate_hours": 5}), 'task_estimate_hours_idx', qr/estimate_hours = /);
	page_is(qq({$none, "estimate_hours__gte": 98, "ordering": "estimate_hours"}), 'task_estimate_hours_idx', qr/estimate_hours >= /);
	page_is(qq({$none, "estimate_hours__lte": 2, "ordering": "-estimate_hours"}), 'task_estimate_hours_idx', qr/estimate_hours <= /);
	page_is(qq({$none, "stage": "doing"}), 'task_stage_idx', qr/stage = /);
	page_is(qq({$none, "stage": "doing", "ordering": "created_on"}), 'task_stage_idx', qr/stage = /);
	page_is(qq({$none, "stage": "doing", "ordering": "-stage"}), 'task_stage_idx', qr/stage = /);
	my $doing = sql_value($node, 'alice', list(qq({$none, "stage": "doing", "cursor": "start"})) . " ->> 'next_cursor'");
	page_is(qq({$none, "stage": "doing", "cursor": "$doing"}), 'task_stage_idx', qr/stage = .*ROW\(created_on, id\)/);
	is( sql_value($node, 'alice', "SELECT string_agg(x ->> 'id', ' ') FROM json_array_elements((" . list(qq({$none, "stage": "doing", "cursor": "$doing"})) . ") -> 'results') x"),
		sql_value($node, 'alice', "SELECT string_agg(id::text, ' ') FROM (SELECT id FROM taskcrm.task WHERE stage = 'doing' ORDER BY created_on DESC, id DESC LIMIT 10 OFFSET 10) x"),
		'the second page of tasks with a label');
	page_is(qq({$none, "cost_center": "c5"}), 'task_cost_center_idx', qr/\(cost_center\)::text = /);
	foreach my $key ('estimate_hours', 'stage', 'cost_center')
	{
		page_is(qq({$none, "ordering": "$key"}), "task_${key}_idx", qr/org_id = /);
		page_is(qq({$none, "ordering": "-$key"}), "task_${key}_idx", qr/org_id = /);
	}
	my $cursor = sql_value($node, 'alice', list(qq({$none, "estimate_hours__gte": 1, "ordering": "estimate_hours", "cursor": "start"})) . " ->> 'next_cursor'");
	page_is(qq({$none, "estimate_hours__gte": 1, "ordering": "estimate_hours", "cursor": "$cursor"}),
		'task_estimate_hours_idx', qr/ROW\(estimate_hours, created_on, id\)/);
	my ($any) = plans_of(list('{"limit": 0, "stage": ["doing", "done"]}'));
	plan_is($any, 'any of several labels', [ qr/task_stage_idx/, qr/Index Cond: .*stage = ANY/ ]);

	my $own = run_one($node, 'alice', q{EXPLAIN (COSTS OFF) SELECT id FROM taskcrm.task WHERE estimate_hours = 5 ORDER BY created_on, id LIMIT 10});
	like($own->{out}, qr/using task_estimate_hours_idx/, "a client's own statement uses the index too");
	like($own->{out}, qr/Index Cond: .*estimate_hours = 5/, 'with both conditions');
}

done_testing();
