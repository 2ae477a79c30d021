# Security 21: for any input, every function gives an answer or fails with a documented
# SQLSTATE; no data is lost and no row of other organizations is visible. The test changes
# valid calls of the rules at random.
#
#   BAD_INPUT_CALLS=200000   how many; 20,000 otherwise
#   BAD_INPUT_SEED=...       another run than the usual one

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use TaskcrmMutate;
use Test::More;

my $calls = $ENV{BAD_INPUT_CALLS} // 12000;
my $seed = $ENV{BAD_INPUT_SEED} // 20260101;
srand $seed;
note("seed $seed, $calls calls");

my $node = ready_cluster('bad_input');

# ---------------------------------------------------------------------------
# The calls, of all functions that clients may execute.

my %signatures = client_signatures($node, 'alice');
my @names = sort keys %signatures;
is(join(' ', grep { !function_rule('taskcrm', $_)->{calls} } @names),
	'', "security 21: the rules contain valid calls; seed $seed, $calls calls");

# Data that these calls store is checked at the end.
my $kept = $calls > 10000 ? 400 / $calls : 0.05;
my $keeping = qr/^tc_(create|update|add|edit|rename)_/;
my $file = PostgreSQL::Test::Utils::tempdir() . '/calls.sql';
open my $out, '>:raw', $file or die $!;
print $out "COPY own_alice.bad_call (name, statement, size, keep) FROM STDIN;\n";
foreach my $n (1 .. $calls)
{
	my $name = $names[ $n % @names ];
	my ($statement, $size) = random_call($name, $signatures{$name});
	$statement =~ s/\\/\\\\/g;
	print $out join("\t", $name, $statement, $size, $name =~ $keeping && chance($kept) ? 't' : 'f'), "\n";
}
print $out "\\.\n";
close $out;

my $harness = q{
	CREATE TABLE own_alice.bad_call (n serial PRIMARY KEY, name text, statement text, size bigint, keep boolean, state text, problem text);
	-- Runs some calls, and rolls back all except those to keep.
	CREATE FUNCTION own_alice.run(first integer, last integer) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		c own_alice.bad_call; result text; said text; message text; detail text; hint text; context text; outcome text; who text;
	BEGIN
		FOR c IN SELECT * FROM own_alice.bad_call WHERE n BETWEEN first AND last ORDER BY n LOOP
			result := NULL; said := '';
			BEGIN
				EXECUTE c.statement INTO result;
				outcome := 'answered';
				IF NOT c.keep THEN RAISE EXCEPTION USING ERRCODE = 'ZZ000'; END IF;
			EXCEPTION WHEN OTHERS THEN
				IF sqlstate <> 'ZZ000' THEN
					GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT, context = PG_EXCEPTION_CONTEXT;
					outcome := sqlstate; said := message || detail || hint;
				END IF;
			END;
			who := concat_ws(' ', current_user, session_user, taskcrm.tc_current_user(), taskcrm.tc_current_org());
			UPDATE own_alice.bad_call b SET state = outcome, problem = nullif(concat_ws(', ',
				CASE WHEN concat(result, said) ~ '(?i)canary|2000000\d-[-0-9a-f]*0000dead' AND c.statement !~ '0000dead' THEN 'a canary' END,
				CASE WHEN octet_length(said) > c.size + 1500 THEN 'a message of ' || octet_length(said) END,
				CASE WHEN c.name !~ '^tc_(list|get|find|task_totals|task_history|sync|group|update_tasks|delete_tasks|http)' AND octet_length(result) > 6 * c.size + 3000 THEN 'an answer of ' || octet_length(result) END,
				CASE WHEN who <> '@WHO@' THEN 'became ' || who END), '')
			WHERE b.n = c.n;
		END LOOP;
	END $$;
} =~ s/\@WHO@/join ' ', 'alice', 'alice', user_id('alice'), org(1)/er;
$node->safe_psql('crm', $harness, extra_params => [ '-U', 'alice' ]);
$node->command_ok(
	[ 'psql', '-X', '-q', '-U', 'alice', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('crm'), '-f', $file ],
	'the calls are loaded');

my $before = checksum($node, 'crm', 2);
my $chunk = 500;
for (my $first = 1; $first <= $calls; $first += $chunk) {
	my $result = run_one($node, 'alice',
		"SET client_min_messages = error; SELECT own_alice.run($first, @{[$first + $chunk - 1]})");
	next if $result->{state} eq '00000';
	fail("calls from $first on: $result->{state} $result->{err}");
	last;
}

is($node->safe_psql('crm', 'SELECT count(*) FROM own_alice.bad_call WHERE state IS NOT NULL'),
	$calls, "security 21: all calls end; seed $seed");
note(
	$node->safe_psql(
		'crm',
		q{SELECT string_agg(state || ' ' || n, ', ' ORDER BY n DESC) FROM (SELECT state, count(*) AS n FROM own_alice.bad_call GROUP BY 1) s}
	)
);
# 22008, 22009 and 22015 are errors of the input of types timestamptz and interval.
is( join(
		"\n",
		grep { (split /\|/)[ 0 ] !~ $TaskcrmRules::DOCUMENTED && !/^22(?:008|009|015)\|/ } split /\n/,
		$node->safe_psql(
			'crm', q{SELECT DISTINCT ON (state, name) state, name, n, left(statement, 500)
	FROM own_alice.bad_call WHERE state <> 'answered' ORDER BY 1, 2, length(statement)}
		)
	),
	'',
	"security 21: each call gives an answer or fails with a documented SQLSTATE; seed $seed"
);
is( $node->safe_psql(
		'crm',
		q{SELECT n, name, problem, left(statement, 500) FROM own_alice.bad_call WHERE problem IS NOT NULL LIMIT 20}
	),
	'',
	"security 21: no answer shows rows of others or is too long, and the identity is unchanged; seed $seed"
);
is( join(
		' ',
		grep { !function_rule('taskcrm', $_)->{is_refused} } split /\n/,
		$node->safe_psql(
			'crm',
			q{SELECT name FROM own_alice.bad_call WHERE name <> 'tc_login' GROUP BY name HAVING count(*) FILTER (WHERE state = 'answered') = 0}
		)
	),
	'',
	'each function answers some of the calls, except those that require a signature, or a token or id that is made first'
);
is(checksum($node, 'crm', 2), $before, 'security 8: the other organization is unchanged');

# ---------------------------------------------------------------------------
# The stored data can be read, and satisfies the rules for input.

cmp_ok($node->safe_psql('crm', q{SELECT count(*) FROM own_alice.bad_call WHERE keep AND state = 'answered'}),
	'>', 0, 'some calls stored data');
is(sql_value($node, 'alice', qq{SELECT count(taskcrm.tc_get_task(id)::jsonb) - count(*) FROM taskcrm.task}),
	'0', 'security 21: every task can be read as JSON');
foreach my $ordering (qw(created_on -created_on updated_on completed_on due_date -due_date priority status title -title),
	'due_date,-title', '-priority,-due_date,created_on')
{
	is( sql_value(
			$node, 'alice',
			qq{SELECT (SELECT count(*) FROM taskcrm.task) - (l ->> 'count')::integer - 1000 + jsonb_array_length(l -> 'results') - least((l ->> 'count')::integer - 1000, 0)
		FROM CAST(taskcrm.tc_list_tasks('{"limit":1000,"ordering":"$ordering"}') AS jsonb) l}
		),
		'0',
		"security 21: and every list, ordered by $ordering"
	);
}
is( $node->safe_psql(
		'crm', q{SELECT DISTINCT file_name FROM taskcrm.task_attachment
	WHERE file_name ~ '[\u0001-\u001f\u007f/]' OR strpos(file_name, chr(92)) > 0 OR octet_length(file_name) NOT BETWEEN 1 AND 255 OR file_name IN ('.', '..')}
	),
	'',
	'security 23: file names are valid'
);
is( $node->safe_psql(
		'crm', q{SELECT DISTINCT content_type FROM taskcrm.task_attachment
	WHERE content_type !~ '^[-!#$%&''*+.^_`|~[:alnum:]]+/[-!#$%&''*+.^_`|~[:alnum:]]+(\s*;[ -~\t]*)?$'}
	),
	'',
	'security 23: content types are valid'
);
is( $node->safe_psql(
		'crm', q{SELECT DISTINCT url FROM taskcrm.task_attachment WHERE url !~ '^https?://[^\u0001-\u0020\u007f]+$'}
	),
	'',
	'security 23: URLs are valid'
);

# ASCII, control and invisible characters in a file name, sent as text and in JSON.
{
	my @results = run_as($node, 'alice', [ map {
		my $c = sprintf '\\u%04x', $_;
		my $task = id(1, 'task', 1);
		my $path = "a/../$c/b${c}c\\\\d${c}e.t${c}xt";
		("SELECT taskcrm.tc_add_task_attachment('$task', E'$path', 'x') ->> 'file_name'",
					"SELECT taskcrm.tc_add_task_comment_or_attachment('$task', NULL, jsonb_build_object('file_name', E'$path', 'content', 'AA==')) -> 'attachment' ->> 'file_name'"
				)
			} 1 .. 0x9f,
			0x2028, 0x202e,
			0xfeff
		]
	);
	is(join(' ', grep { $_ ne '00000' } map { $_->{state} } @results),
		'', 'security 23: a file name with any of them is accepted');
	is( join(' ',
			grep { $_ =~ m{[\x00-\x1f\x7f/\\]} || $_ !~ /t.?.?.?xt$/ && $_ ne '' && $_ !~ /xt/ }
			map { $_->{out} } @results),
		'',
		'security 23: no stored name contains a path separator or breaks a line'
	);
}

# ---------------------------------------------------------------------------
# Random settings of a gateway: no error is raised in a policy, and no user is identified that
# the settings do not name.
{
	my $bob = user_id('bob');
	my $rounds = int($calls / 20);
	my $rows = join ",\n", map { '(' . random_claims($bob) . ')' } 1 .. $rounds;
	my $result = run_one($node, 'gw', "SET client_min_messages = error; CREATE TEMP TABLE claim (text) AS VALUES $rows;
		CREATE TEMP TABLE seen (name text, said text, who uuid, tasks bigint, state text);
		DO \$\$ DECLARE c text; name text; who uuid; tasks bigint; outcome text; BEGIN
			FOR c IN SELECT text FROM claim LOOP
				FOREACH name IN ARRAY ARRAY['request.jwt.claims', 'taskcrm.user_id', 'request.headers', 'taskcrm.org_id'] LOOP
					who := NULL;
					BEGIN
						PERFORM set_config('request.jwt.claims', '', true), set_config('taskcrm.user_id', CASE WHEN name ~ 'headers|org_id' THEN '$bob' ELSE '' END, true);
						PERFORM set_config(name, c, true);
						SELECT taskcrm.tc_current_user(), count(*) INTO who, tasks FROM (SELECT FROM taskcrm.task LIMIT 3) t WHERE taskcrm.tc_whoami() IS NOT NULL;
						RAISE EXCEPTION USING ERRCODE = 'ZZ000';
					EXCEPTION WHEN OTHERS THEN outcome := sqlstate; END;
					INSERT INTO seen VALUES (name, c, who, tasks, CASE outcome WHEN 'ZZ000' THEN '00000' ELSE outcome END);
				END LOOP;
			END LOOP; END \$\$;
		SELECT count(*), count(*) FILTER (WHERE state = '00000'), count(who) > 0,
			-- A setting with a control character in it may be refused.
			count(*) FILTER (WHERE state NOT IN ('00000', '22023')),
			count(*) FILTER (WHERE who IS NOT NULL AND name IN ('request.jwt.claims', 'taskcrm.user_id') AND translate(lower(said), '-', '') NOT LIKE '%' || translate(who::text, '-', '') || '%'),
			count(*) FILTER (WHERE who IS DISTINCT FROM '$bob' AND name IN ('request.headers', 'taskcrm.org_id') AND state = '00000'),
			count(*) FILTER (WHERE who IS NULL AND tasks > 0)
		FROM seen");
	my @seen = split /\|/, $result->{out};
	is("$result->{state} $result->{err}", '00000 ', "security 12: random claims; seed $seed");
	is($seen[0], 4 * $rounds, 'every setting was tried');
	cmp_ok($seen[1], '>', 3.5 * $rounds, 'most settings can be set');
	is($seen[2], 't', 'some settings identify a user');
	is("@seen[3 .. 6]",
		'0 0 0 0',
		"security 12: no error in a policy, no user who is not named, and no rows without an identity; seed $seed");
}

my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP:|terminated by signal|ERROR: +XX/, 'security 21: no crash');
$node->stop;
done_testing();
