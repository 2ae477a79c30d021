# Replays the statements that PostgREST executes for a request: a transaction of its own,
# settings and role by set_config, the function that examples/postgrest configures as
# pre-request, and one statement; as the login role authenticator, READ ONLY for GET and HEAD.
# The statements have the form that its documentation describes. Where the program itself is
# installed, it serves the same requests in 064_postgrest_server.pl.

use strict;
use warnings FATAL => 'all';

use FindBin;
use lib "$FindBin::Bin/../perl";

use JSON::PP;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use Test::More;
use WebTest;

my $node = ready_cluster('postgrest');
create_authenticator($node);
$node->safe_psql('crm', q{
	CREATE ROLE anonymous NOLOGIN;
	GRANT anonymous TO authenticator;
	GRANT USAGE ON SCHEMA taskcrm TO anonymous;
});

my $json = JSON::PP->new->canonical;
my $session = new_session($node, 'authenticator');
my ($pre_request) =
	slurp_file("$FindBin::Bin/../../examples/postgrest/postgrest.conf") =~ /^db-pre-request = "taskcrm\.(\w+)"$/m;

# A request as a user (undef: without a token; a reference: with these claims); the path is in
# the header ":path". Returns {state, out, err, status, headers}.
sub request
{
	my ($who, $method, $statement, %headers) = @_;
	my $access = $method =~ /^(GET|HEAD)$/ ? 'READ ONLY' : 'READ WRITE';
	my $claims = ref $who ? $$who : defined $who ? claims($who) : '{"role":"anonymous"}';
	my $role = defined $who ? 'web_user' : 'anonymous';
	my $path = delete $headers{':path'} // '/task';
	my $settings = join ', ', map { "set_config('$_->[0]', " . quote($_->[1]) . ', true)' } (
		[ 'search_path' => '"taskcrm"' ], [ role => $role ], [ 'request.jwt.claims' => $claims ],
		[ 'request.method' => $method ], [ 'request.path' => $path ],
		[ 'request.headers' => $json->encode({ host => 'crm.example', %headers }) ], [ 'request.cookies' => '{}' ]);

	$session->run("BEGIN ISOLATION LEVEL READ COMMITTED $access");
	my $set = $session->run("SELECT $settings");
	die "settings: $set->{err}" if $set->{state} ne '00000';
	my $result = $pre_request ? $session->run(qq(SELECT "taskcrm"."$pre_request"())) : { state => '00000' };
	$result = $session->run($statement) if $result->{state} eq '00000';
	if ($result->{state} eq '00000')
	{
		$result->{status} = $session->value("SELECT current_setting('response.status', true)");
		$result->{headers} = $session->value("SELECT current_setting('response.headers', true)");
	}
	$session->run($result->{state} eq '00000' ? 'COMMIT' : 'ROLLBACK');
	return $result;
}

# POST /rpc/f with a JSON object: named arguments. GET passes them as text without a type.
sub rpc
{
	my ($who, $method, $function, $types, $arguments, %headers) = @_;
	my @names = sort keys %$arguments;
	$headers{':path'} //= "/rpc/$function";

	if ($method eq 'GET') {
		my $call = join ', ',
			map { qq("$_" := ) . quote(ref $arguments->{$_} ? $json->encode($arguments->{$_}) : $arguments->{$_}) }
			@names;
		return request(
			$who,
			$method,
			"WITH pgrst_source AS (SELECT taskcrm.$function($call) AS pgrst_scalar) SELECT pgrst_scalar FROM pgrst_source",
			%headers
		);
	}
	my $call = join ', ', map { qq("$_" := pgrst_args."$_") } @names;
	my $columns = join ', ', map { qq("$_" $types->{$_}) } @names;
	my $args = @names
	  ? 'SELECT * FROM json_to_record(' . quote($json->encode($arguments)) . "::json) AS _($columns)" : 'SELECT';

	return request($who, $method,
		"WITH pgrst_args AS ($args), pgrst_source AS (SELECT taskcrm.$function($call) AS pgrst_scalar FROM pgrst_args)
		SELECT pgrst_scalar FROM pgrst_source", %headers);
}

# ---------------------------------------------------------------------------
# GET: functions that read are STABLE and write nothing.

my $task = id(1, 'task', 1);
is( $json->decode(rpc('bob', 'GET', 'tc_list_tasks', {filters => 'jsonb'}, {filters => '{"limit":2}'})->{out})->{count},
	6,
	'GET /rpc/tc_list_tasks?filters={...}'
);
is($json->decode(rpc('bob', 'GET', 'tc_list_tasks', {}, {})->{out})->{count}, 6, 'GET /rpc/tc_list_tasks');
is($json->decode(rpc('bob', 'GET', 'tc_get_task', {pk => 'uuid'}, {pk => $task})->{out})->{task_obj}{id},
	$task, 'GET /rpc/tc_get_task?pk=');
is($json->decode(rpc('bob', 'GET', 'tc_whoami', {}, {})->{out})->{user}{id}, user_id('bob'), 'GET /rpc/tc_whoami');
is($json->decode(rpc('bob', 'GET', 'tc_task_totals', {}, {})->{out})->{count}, 6, 'GET /rpc/tc_task_totals');
is( request('bob', 'GET', "SELECT file_name FROM taskcrm.tc_get_task_attachment(pk := '@{[id(1, 'attachment', 1)]}')")
		->{out},
	'plain.txt',
	'GET /rpc/tc_get_task_attachment?pk='
);
{
	my %pk = (pk => id(1, 'attachment', 1));
	my $file = rpc('bob', 'GET', 'tc_download', {}, \%pk);
	is("$file->{out} $file->{status}", '\x706c61696e 200', 'GET /rpc/tc_download?pk=, which is read only');
	my %header = map { %$_ } @{ $json->decode($file->{headers}) };
	is( "$header{'content-type'}, $header{'content-disposition'}, $header{'x-content-type-options'}",
		'text/plain, attachment; filename="plain.txt", nosniff',
		'with its headers'
	);
	my $part = rpc('bob', 'GET', 'tc_download', {}, \%pk, range => 'bytes=1-2', 'if-range' => $header{etag});
	is("$part->{out} $part->{status}", '\x6c61 206', 'a range of the file');
	like($part->{headers}, qr{"content-range":"bytes 1-2/5"}, 'with Content-Range');
	is(rpc('bob', 'GET', 'tc_download', {}, \%pk, range => 'bytes=5-')->{status}, 416,
		'a range beyond the end is refused');
	is(rpc('bob', 'GET', 'tc_download', {}, \%pk, 'if-none-match' => $header{etag})->{status},
		304, 'an unchanged file is not sent again');
	is(rpc('bob', 'GET', 'tc_download', {}, {pk => id(2, 'attachment', 1)})->{state},
		'PT404', 'a file of another organization is not found');
}
is( request('bob', 'GET',
		q{SELECT count(*) FROM taskcrm.tc_find_tasks(filters := '{"limit":4}') WHERE status = 'In Progress'})->{out},
	2,
	'GET /rpc/tc_find_tasks, with a filter on its rows'
);
is(rpc('bob', 'POST', 'tc_list_tasks', {filters => 'jsonb'}, {filters => {status => 'In Progress'}})->{state},
	'00000', 'POST to a function that reads');

my @client_functions = split /\n/, $node->safe_psql('crm', q{
	SELECT concat_ws(' ', p.proname, p.provolatile, p.prorettype = 'void'::regtype, p.pronargs - p.pronargdefaults)
	FROM taskcrm_internal.client_functions() f JOIN pg_proc p ON p.oid = f ORDER BY 1});
cmp_ok(scalar @client_functions, '>', 25, 'the functions for clients are found');
foreach my $function (@client_functions)
{
	my ($name, $volatile, $is_void) = split / /, $function;
	my $reads = $name =~ /^(tc_list|tc_export|tc_get|tc_find|tc_task_totals|tc_task_history|tc_sync|tc_group|tc_whoami|tc_pre_request|tc_download|tc_openapi|tc_node_of|is_)/;
	is($volatile, $reads ? 's' : 'v', "$name is " . ($reads ? 'STABLE' : 'VOLATILE'));
	is( $is_void,
		$name =~ /^tc_(delete(?!_tasks$)|revoke|remove_team_member|add_team_member|pre_request)/ ? 't' : 'f',
		"$name answers " . ($is_void eq 't' ? '204' : 'with a body')
	);
}
is( $node->safe_psql(
		'crm', q{SELECT count(*) FROM (SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'taskcrm'::regnamespace
	AND p.proname LIKE 'tc\_%' GROUP BY 1 HAVING count(*) > 1) x}
	),
	0,
	'no function has an overload'
);

# ---------------------------------------------------------------------------
# POST: writes, by named arguments.

my $created = rpc(
	'bob', 'POST', 'tc_create_task',
	{task_data => 'jsonb'},
	{task_data => {title => 'through PostgREST', due_date => '2024-01-01'}}
);
my $new = $json->decode($created->{out})->{id};
like($new, qr/^[-0-9a-f]{36}$/, 'POST /rpc/tc_create_task {"task_data": {...}}');
is( rpc('bob', 'POST', 'tc_update_task',
		{pk => 'uuid', task_data => 'jsonb'},
		{pk => $new, task_data => {status => 'New'}}
	)->{state},
	'00000',
	'POST /rpc/tc_update_task'
);
is( $json->decode(
		rpc('bob', 'POST',
			'tc_add_task_comment_or_attachment', {pk => 'uuid', comment => 'text'},
			{pk => $new, comment => 'hello'}
		)->{out}
	)->{comment}{comment},
	'hello',
	'POST /rpc/tc_add_task_comment_or_attachment without an attachment'
);
{
	my %types = (pk => 'uuid', file_name => 'text', content => 'bytea', encoding => 'text');
	my %file = (pk => $new, file_name => 'a.txt', content => 'aGVsbG8=');
	is(rpc('bob', 'POST', 'tc_add_task_attachment', \%types, \%file)->{state},
		'22023', 'POST /rpc/tc_add_task_attachment: base64 is not stored as is by mistake');
	is( $json->decode(rpc('bob', 'POST', 'tc_add_task_attachment', \%types, {%file, encoding => 'base64'})->{out})
			->{size},
		5,
		'it is decoded with encoding base64'
	);
	is( $json->decode(
			rpc('bob', 'POST', 'tc_add_task_attachment', \%types,
				{%file, content => '\x68656c6c6f', encoding => 'bytea'})->{out}
		)->{size},
		5,
		'and with encoding bytea, the output format of PostgreSQL is'
	);
}
is(rpc('erin', 'POST', 'tc_delete_task', {pk => 'uuid'}, {pk => $new}, 'organization-id' => org(1))->{state},
	'PT403', 'errors are HTTP statuses: PT403');
is(rpc('erin', 'POST', 'tc_list_tasks', {}, {})->{state}, 'PT400', 'PT400 without organization-id');
is($json->decode(rpc('erin', 'POST', 'tc_list_tasks', {}, {}, 'organization-id' => org(1))->{out})->{count},
	7, 'organization-id selects the organization');
is(rpc('bob', 'GET', 'tc_create_task', {task_data => 'jsonb'}, {task_data => {title => 'x'}})->{state},
	'25006', 'a write by GET is refused');
is(rpc(undef, 'POST', 'tc_list_tasks', {}, {})->{state}, '42501',
	'an anonymous caller has no privilege on the functions');
is(rpc('carol', 'POST', 'tc_get_task', {pk => 'uuid'}, {pk => $new})->{state},
	'PT404', 'a user of another organization finds nothing');

# ---------------------------------------------------------------------------
# If a request lacks something, a table does not look empty: the error is the same as that of
# the functions.

# Message and hint, without the context.
sub words
{
	my ($answer) = @_;
	return join "\n", map { s/^psql:\S+ //r } grep { !/^LOCATION/ } split /\n/, $answer->{err};
}
my ($org1, $org2) = (org(1), org(2));
my $erin_id = user_id('erin');
my $rows = 'SELECT count(*) FROM taskcrm.task';
my @refused = (
	[ 'no sub', \'{"role":"web_user"}', [], 'PT401' ],
	[ 'an unknown user', \'{"role":"web_user","sub":"00000000-0000-4000-8000-00000000ffff"}', [], 'PT401' ],
	[ 'a claim that is not an organization', \qq({"sub":"$erin_id","org_id":"x"}), [], 'PT401' ],
	[ 'no organization selected', 'erin', [], 'PT400' ],
	[ 'an empty header, as if there were none', 'erin', [ 'organization-id' => '' ], 'PT400' ],
	[ 'a header that is not an id', 'bob', [ 'organization-id' => '0' x 32 ], 'PT400' ],
	[ 'a header that is not a string', 'bob', [ 'organization-id' => [1] ], 'PT400' ],
	[ 'an organization of other users', 'bob', [ 'organization-id' => $org2 ], 'PT403' ],
	[ 'an unknown organization', 'bob', [ 'organization-id' => user_id('bob') ], 'PT403' ],
	[ 'other than the claim', \qq({"sub":"$erin_id","org_id":"$org1"}), [ 'organization-id' => $org2 ], 'PT403' ]);
foreach (@refused)
{
	my ($what, $who, $headers, $state) = @$_;
	foreach my $method (qw(GET PATCH))
	{
		my $answer = request($who, $method, $rows, @$headers);
		is($answer->{state}, $state, "$method /task: $what") or diag($answer->{out});
		is( words($answer),
			words(rpc($who, 'POST', 'tc_list_tasks', {}, {}, @$headers)),
			'with the message of the functions'
		);
	}
	is(request($who, 'GET', 'SELECT 1', ':path' => '/rpc/of_the_application', @$headers)->{state},
		$state, "a function of the application: $what");
	is(rpc($who, 'GET', 'tc_whoami', {}, {}, @$headers)->{state}, '00000', 'tc_whoami() answers, and shows why');
	is(request($who, 'GET', 'SELECT 1', ':path' => '/', @$headers)->{state}, '00000', 'and so does OpenAPI');
}
is( request('bob', 'GET', $rows)->{out},
	request(\qq({"sub":"$erin_id","org_id":"$org1"}), 'GET', $rows)->{out},
	'a user with an organization sees rows'
);
is(request('bob', 'GET', $rows, 'organization-id' => ' ')->{state}, '00000', 'a blank header selects no organization');
is(request('erin', 'GET', $rows, 'organization-id' => $org2)->{state}, '00000', 'a header selects an organization');
my $organizations = $json->decode(rpc('erin', 'GET', 'tc_whoami', {}, {})->{out})->{organizations};
is_deeply(
	[ sort map { $_->{id} } @$organizations ],
	[ sort $org1, $org2 ],
	'GET /rpc/tc_whoami: the organizations to choose from, if none is selected'
);
like(request('erin', 'GET', $rows)->{err}, qr/HINT: .*tc_whoami\(\)/, 'the hint names tc_whoami()');
is( rpc('erin', 'POST', 'tc_edit_task_comment',
		{pk => 'uuid', comment => 'text'},
		{pk => id(2, 'comment', 1), comment => 'x'}
	)->{state},
	'PT403',
	'a call that finds its row by id needs no organization'
);
is(request(undef, 'GET', $rows)->{state}, '42501', 'an anonymous caller is refused');
is(run_one($node, 'mallory', 'SELECT taskcrm.tc_pre_request()')->{state},
	'PT401', 'a caller without an identity is refused outside a request too');

# A gateway that is not trusted.
$node->safe_psql('crm', 'CREATE ROLE forgotten LOGIN NOINHERIT; GRANT web_user TO forgotten');
{
	my $trusted = $session;
	$session = new_session($node, 'forgotten');
	my $answer = request('bob', 'GET', $rows);
	is($answer->{state}, 'PT401', 'GET /task: a gateway that is not trusted');
	like($answer->{err}, qr/HINT: .*tc_trust_gateway/, 'the hint names the remedy');
	$session->quit;
	$session = $trusted;
}

# ---------------------------------------------------------------------------
# Tables, embedding, the computed column.

my $embedded = request('bob', 'GET', q{
	WITH pgrst_source AS (
		SELECT "task"."id", "task"."title", COALESCE("task_comment_1"."task_comment_1", '[]') AS "task_comment"
		FROM "taskcrm"."task"
		LEFT JOIN LATERAL (
			SELECT json_agg("task_comment_1")::jsonb AS "task_comment_1" FROM (
				SELECT "task_comment_2"."comment" FROM "taskcrm"."task_comment" AS "task_comment_2"
				WHERE "task_comment_2"."org_id" = "taskcrm"."task"."org_id" AND "task_comment_2"."task_id" = "taskcrm"."task"."id") AS "task_comment_1"
		) AS "task_comment_1" ON TRUE
		WHERE "taskcrm"."task"."status" = 'New' LIMIT 10)
	SELECT json_agg(_postgrest_t) FROM pgrst_source AS _postgrest_t});
my @rows = grep { $_->{id} eq $new } @{ $json->decode($embedded->{out}) };
is($json->encode($rows[ 0 ]{task_comment}),
	'[{"comment":"hello"}]', 'GET /task?select=id,title,task_comment(comment)&status=eq.New');
my $overdue = request('bob', 'GET',
	q{SELECT "task"."title", "task"."is_overdue" FROM "taskcrm"."task" WHERE "taskcrm"."task"."is_overdue" = true AND "taskcrm"."task"."title" LIKE 'through%'}
);
is($overdue->{out}, 'through PostgREST|t', 'GET /task?select=title,is_overdue&is_overdue=is.true')
	or diag($overdue->{err});
is( request('bob', 'GET',
		'SELECT bool_and(is_overdue = (due_date < taskcrm.tc_today() AND status <> \'Completed\')) FROM (SELECT t.*, t.is_overdue FROM taskcrm.task t) x WHERE due_date IS NOT NULL'
	)->{out},
	't',
	'is_overdue has the same meaning as the filter overdue'
);
like(
	request('bob', 'GET', q{EXPLAIN SELECT id FROM taskcrm.task t WHERE t.is_overdue})->{out},
	qr/due_date < .*tc_today/,
	'an index can serve is_overdue'
);

# Foreign keys: each name consists of table and column, to distinguish two references between
# the same tables; the key of a join table contains both of its foreign keys.
is($node->safe_psql('crm', q{
	SELECT count(*) FILTER (WHERE c.conname <> r.relname || '_' || a.attname || '_fkey') || ' of ' || (count(*) > 20)
	FROM pg_constraint c JOIN pg_class r ON r.oid = c.conrelid
	JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[cardinality(c.conkey)]
	WHERE c.contype = 'f' AND r.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.conparentid = 0}
	),
	'0 of true',
	'foreign keys are named after table and column'
);
is( $node->safe_psql(
		'crm', q{
	SELECT string_agg(r.relname, ' ' ORDER BY r.relname) FROM pg_class r JOIN pg_constraint p ON p.conrelid = r.oid AND p.contype = 'p'
	WHERE r.relname IN ('task_contact', 'task_assignee', 'task_team', 'team_member', 'task_mention') AND 2 = (
		SELECT count(*) FROM pg_constraint f WHERE f.conrelid = r.oid AND f.contype = 'f' AND f.conkey <@ p.conkey)}
	),
	'task_assignee task_contact task_mention task_team team_member',
	'keys of join tables contain both foreign keys'
);
my $many = request(
	'bob', 'GET',
	qq{SELECT string_agg(m.user_id::text, ',') FROM taskcrm.task t JOIN taskcrm.task_assignee a ON a.org_id = t.org_id AND a.task_id = t.id
	JOIN taskcrm.member m ON m.org_id = a.org_id AND m.user_id = a.user_id WHERE t.id = '$task'}
);
is($many->{out}, user_id('alice'), 'a many-to-many relationship through a join table');
my $people = request('bob', 'GET', qq{
	SELECT json_agg(x) FROM (
		SELECT "task"."title", COALESCE(a.list, '[]') AS task_assignee FROM "taskcrm"."task"
		LEFT JOIN LATERAL (SELECT json_agg(r) AS list FROM (
			SELECT row_to_json(m.*) AS member FROM "taskcrm"."task_assignee" AS ta
			LEFT JOIN LATERAL (SELECT row_to_json(u.*) AS app_user FROM "taskcrm"."member" AS tm
				LEFT JOIN LATERAL (SELECT tu."name" FROM "taskcrm"."app_user" AS tu WHERE tu."id" = tm."user_id") u ON TRUE
				WHERE tm."org_id" = ta."org_id" AND tm."user_id" = ta."user_id") m ON TRUE
			WHERE ta."org_id" = "taskcrm"."task"."org_id" AND ta."task_id" = "taskcrm"."task"."id") r) a ON TRUE
		WHERE "taskcrm"."task"."id" = '$task') x}
);
like(
	$json->encode($json->decode($people->{out})->[ 0 ]{task_assignee}),
	qr/^\[\{"member":\{"app_user":\{"name":"alice[^"]*"\}\}\}\]$/,
	'GET /task?select=title,task_assignee(member(app_user(name)))'
) or diag($people->{err});
is(request(undef, 'GET', 'SELECT * FROM taskcrm.task')->{state}, '42501', 'an anonymous caller cannot read tables');
my @readable = split /\n/, $node->safe_psql('crm', q{SELECT tab FROM taskcrm_internal.client_tables()});
canary_free([ map { request('bob', 'GET', "SELECT * FROM taskcrm.$_") } @readable ],
	'no table shows rows of other organizations');

# ---------------------------------------------------------------------------
# Role and user end with the transaction.

is($session->value('SELECT current_user || session_user'), 'authenticatorauthenticator', 'the role is reset');
is($session->value(q{SELECT current_setting('request.jwt.claims', true)}), '', 'the claims are empty');
$session->run('BEGIN');
$session->run('SET LOCAL ROLE web_user');
is($session->value('SELECT taskcrm.tc_current_user() IS NULL'), 't', 'there is no identity');
$session->run('COMMIT');
request('bob', 'GET', 'PREPARE list AS SELECT count(*) FROM taskcrm.task');
is(join(' ', map { request($_, 'GET', 'EXECUTE list')->{out} } qw(bob carol bob dirk)),
	'7 6 7 6', 'a prepared statement follows the identity');

# ---------------------------------------------------------------------------
# The entry point of the REST API: a function with one unnamed argument of type bytea.

sub face
{
	my ($who, $method, $uri, $body, %headers) = @_;
	return request(
		$who, 'POST',
		'WITH pgrst_source AS (SELECT taskcrm.tc_http('
			. quote($body // '')
			. "::bytea) AS pgrst_scalar)
		SELECT convert_from(pgrst_scalar, 'UTF8') FROM pgrst_source",
		':path' => '/rpc/tc_http',
		'content-type' => 'application/octet-stream',
		'x-original-method' => $method,
		'x-original-uri' => $uri,
		%headers
	);
}
is( $node->safe_psql(
		'crm',
		q{SELECT p.proargtypes::text || ' ' || coalesce(p.proargnames::text, 'unnamed') || ' ' || format_type(t.typbasetype, NULL)
	FROM pg_proc p JOIN pg_type t ON t.oid = p.prorettype WHERE p.proname = 'tc_http' AND t.typname = '*/*'}
	),
	'17 unnamed bytea',
	'tc_http has the signature by which PostgREST passes bytes and accepts any media type'
);
my $answer = face('bob', 'GET', '/api/tasks/?limit=1');
is($json->decode($answer->{out})->{count}, 7, 'GET /api/tasks/ through it');
is($answer->{status}, 200, 'response.status');
is((grep { exists $_->{'content-type'} } @{$json->decode($answer->{headers})})[ 0 ]{'content-type'},
	'application/json', 'response.headers');
$answer =
	face('bob', 'POST', '/api/tasks/', '{"title": "by the face"}', 'x-original-content-type' => 'application/json');
is($answer->{status}, 201, 'POST /api/tasks/');
my $path = '/api/tasks/' . $json->decode($answer->{out})->{id} . '/';
is(face('carol', 'GET', $path)->{status}, 404, 'an error is a response');
is(face('bob', 'DELETE', $path)->{status}, 204, 'DELETE: 204');
is(face('bob', 'GET', $path)->{status}, 404, 'and the deletion is committed');

# ---------------------------------------------------------------------------
# After the installation, PostgREST reads the schema again.

my $listener = new_session($node, undef);
$listener->run('LISTEN pgrst');
$node->safe_psql('crm', 'CALL taskcrm.tc_install()');
like(
	$listener->value('SELECT 1'),
	qr/notification "pgrst" with payload "reload schema"/,
	'tc_install() notifies PostgREST'
);
$listener->quit;
$session->quit;
done_testing();
