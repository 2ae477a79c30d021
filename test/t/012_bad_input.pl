# Security 21: any input of any function is answered, or refused with a documented
# SQLSTATE; nothing is lost and nothing foreign shows.  Valid calls of the rules are
# mutated at random.
#
#   BAD_INPUT_CALLS=200000   how many; 20,000 otherwise
#   BAD_INPUT_SEED=...       repeats a run

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use JSON::PP ();
use Test::More;

my $calls = $ENV{BAD_INPUT_CALLS} // 20000;
my $seed = $ENV{BAD_INPUT_SEED} // time;
srand $seed;
note("seed $seed, $calls calls");

my $node = ready_cluster('bad_input');

sub one_of { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }

# ---------------------------------------------------------------------------
# Values.  JSON is kept as a Perl structure in which a reference to a text is a token
# that is written as it stands; what is huge is written by the server, as repeat(...).

my @numbers = map { my $token = $_; \$token } qw(0 -0 1 -1 1.5 0.1 1e0 1E2 2147483647 2147483648 -2147483649 4294967296
	9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775809 18446744073709551616 1e20 1e308 1e400
	1e131071 -1e131071 1e131072 1e-16383 1e-16384 0.00000000000000000000000000000000000000001 1e1000000000 3.0000000000000000000001);
my @texts = ('', ' ', "\t", 'x', 'New', 'in progress', 'URGENT', '0', '1', '-1', '1e5', '1.5', 'true', 'null', 'NaN', 'Infinity', '-infinity',
	'infinity', 'now', 'today', 'tomorrow', 'epoch', 'allballs', '2024-02-30', '2023-02-29', '0000-00-00', '0000-01-01', '0001-01-01', '9999-12-31',
	'10000-01-01', '2024-1-1', '02/03/2024', '20240101', 'J2451187', '2024-01-01T00:00:00', '2024-01-01T24:00:00Z', '2024-01-01T23:59:60Z',
	'2024-01-01 00:00:00+99:99', '9999-12-31T23:59:59.999999-23:59', '0001-01-01T00:00:00+23:59', '294276-12-31', '4713-01-01 BC',
	'@me', '@', '@@', '@alice', '@bob@example.org', '%', '_', '%_%', '\\', '\\\\', '\\u0000', q{'}, q{''}, '"', q{'; DROP TABLE taskcrm.task; --},
	'$$', '$1', '${x}', '%s%n', '{', '}', '[]', '{}', 'start', 'Europe/Berlin', 'europe/berlin', 'UTC+25', 'EST5EDT', '../../etc/passwd', '/etc/passwd',
	'posix/UTC', 'Factory', "x\r\ny: z", "a\x01b", "\x7f", "\x{80}", "\x{ad}", "\x{fe}\x{ff}", "\x{130}\x{131}", "\x{df}", "\x{3c2}\x{3a3}", "\x{202e}abc",
	"\x{feff}", "\x{fffe}", "\x{ffff}", "\x{d7ff}\x{e000}", "\x{1f600}", "\x{10ffff}", "e\x{301}", "\x{1e9e}", "\x{a0}", "\x{2028}", 'a/b', 'a\\b', '..', '.', 'con',
	'text/html', 'a/b; c', 'a/b;c="d', 'http://x', 'https://', 'javascript:alert(1)', 'https://x y', "https://x\ny", 'AA==', 'AA=', '====', '!!!!', 'QQ==QQ==',
	org(1), org(2), user_id('alice'), user_id('carol'), id(1, 'task', 1), id(2, 'task', 1), id(1, 'account', 1), id(2, 'account', 1), id(1, 'contact', 2),
	id(2, 'team', 1), uc id(1, 'task', 1), '{' . id(1, 'task', 1) . '}', substr(id(1, 'task', 1), 1), id(1, 'task', 1) . '0', id(1, 'task', 1) =~ s/-//gr,
	'00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff');
my @keys = (qw(title status priority due_date account contacts assigned_to teams description version attachments id org created_by created_on updated_on
	limit offset ordering cursor count search overdue time_zone contact team due_date__gte due_date__lte created_on__gte created_on__lte file_name
	content_type content url sub __proto__ Title TITLE), '', ' title', "title\x{200b}", 'x' x 100, "k\x01", "\x{1f600}", 'a"b', "a'b", '$where');
my @tokens = map { my $token = $_; \$token } '"\ud800"', '"\udc00x"', '"\ud83d\ude00"', '"\u0000"', '"\x"', '"\uZZZZ"', 'nul', 'True', '01', '.5', '+1', '0x10', '1e', '"', 'NaN',
	'[1,]', '{"a":1,}', '{a:1}', "'x'", '/*x*/1', '1 2', '{"a":1,"a":2}', '{"title":"a","title":null}', '';

sub random_text
{
	my ($valid) = @_;
	my $text = $valid // one_of(@texts);
	my $what = int rand 12;

	return one_of(@texts) if $what < 5;
	return substr($text, int rand(1 + length $text)) if $what == 5;
	return substr($text, 0, int rand(1 + length $text)) if $what == 6;
	return $text x one_of(2, 10, 300) if $what == 7;
	return $text . one_of(@texts) if $what == 8;
	return join '', map { chr one_of(1 .. 126, 0xa1 .. 0x24f, 0x4e00 .. 0x4e20, 0x1f600 .. 0x1f610) } 1 .. int rand 40 if $what == 9;
	return "\x{e9}" x one_of(254, 255, 256, 257, 1000, 1001, 10000, 10001) if $what == 10;
	substr($text, int rand length $text, 1) = chr(1 + int rand 300) if length $text;
	return $text;
}

sub random_json
{
	my ($depth) = @_;
	my $what = int rand 10;

	return one_of(@numbers) if $what < 2;
	return random_text() if $what < 5;
	return one_of(\'true', \'false', \'null') if $what == 5;
	return one_of(@tokens) if $what == 6 && chance(0.2);
	return [ map { $depth > 3 ? \'1' : random_json($depth + 1) } 1 .. int rand 4 ] if $what < 8;
	return { map { one_of(@keys) => $depth > 3 ? \'1' : random_json($depth + 1) } 1 .. int rand 4 };
}

sub mutate_json
{
	my ($value) = @_;
	return random_json(0) if !defined $value || chance(0.15) || !ref $value && chance(0.5);
	if (ref $value eq 'HASH')
	{
		my %copy = %$value;
		my $key = %copy ? one_of(sort keys %copy) : 'title';
		my $what = int rand 8;

		if ($what == 0) { delete $copy{$key} }
		elsif ($what == 1) { $copy{ one_of(@keys) } = delete $copy{$key} }
		elsif ($what == 2) { $copy{ one_of(@keys) } = random_json(0) }
		elsif ($what == 3) { $copy{$key} = $value }
		elsif ($what == 4) { $copy{"k$_"} = \'1' foreach 1 .. one_of(1, 100) }
		else { $copy{$key} = mutate_json($copy{$key}) }
		return \%copy;
	}
	if (ref $value eq 'ARRAY')
	{
		my @copy = @$value;
		my $place = int rand(@copy || 1);

		return \@copy if !@copy;
		my $what = int rand 5;
		if ($what == 0) { splice @copy, $place, 1 }
		elsif ($what == 1) { push @copy, random_json(0) }
		elsif ($what == 2) { @copy = (@copy) x one_of(2, 50) }
		else { $copy[$place] = mutate_json($copy[$place]) }
		return \@copy;
	}
	return ref $value ? one_of(@numbers) : random_text($value);
}

my $json = JSON::PP->new->allow_nonref;
sub write_json
{
	my ($value) = @_;
	return 'null' if !defined $value;
	return '{' . join(',', map { $json->encode("$_") . ':' . write_json($value->{$_}) } sort keys %$value) . '}' if ref $value eq 'HASH';
	return '[' . join(',', map { write_json($_) } @$value) . ']' if ref $value eq 'ARRAY';
	return ref $value ? $$value : $json->encode("$value");
}

# What JSON::PP makes of a valid call: booleans and numbers become tokens again.
sub read_json
{
	my ($value) = @_;
	return { map { $_ => read_json($value->{$_}) } keys %$value } if ref $value eq 'HASH';
	return [ map { read_json($_) } @$value ] if ref $value eq 'ARRAY';
	return \'null' if !defined $value;
	my $token = $json->encode($value);
	return $token =~ /^"/ ? $value : \$token;
}

# An SQL expression, in ASCII, and about how many bytes it comes to.
sub sql_text
{
	my ($text) = @_;
	my $size = 4 * length $text;

	$text =~ s/([\\'])/\\$1/g;
	$text =~ s/([^ -~])/sprintf(ord $1 < 0x80 ? '\\x%02x' : '\\U%08x', ord $1)/ge;
	return ("E'$text'", $size);
}

sub huge
{
	my ($unit, $count, $before, $after) = @_;
	my ($b) = sql_text($before // '');
	my ($u) = sql_text($unit);
	my ($a) = sql_text($after // '');
	return ("$b || repeat($u, $count) || $a", length($unit) * 4 * $count);
}

sub json_argument
{
	my ($valid) = @_;
	my $tree = read_json($json->decode(with_ids($valid, 1)));

	return ('NULL', 4) if chance(0.01);
	if (chance(0.004))
	{
		return huge(one_of('[', '{"title":', '[{"a":'), 100000) if chance(0.3);
		return huge('x', 1000000, '{"' . one_of(@keys[ 0 .. 20 ]) . '":"', '"}') if chance(0.5);
		return huge('"' . user_id('bob') . '",', one_of(999, 1000, 1001, 100000), '{"title":"x","' . one_of('assigned_to', 'contacts', 'teams') . '":[', '"x"]}');
	}
	my $text = write_json(chance(0.1) ? $tree : mutate_json($tree));
	$text = write_json(mutate_json($tree)) if chance(0.2);
	substr($text, int rand length $text, int rand 3) = one_of('', '"', '{', '}', '[', ']', ',', ':', '\\', 'e', '-', "\x01") if chance(0.08) && length $text;
	return sql_text($text);
}

sub text_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.02);
	return huge(one_of('x', "\x{e9}", '@', '@a.', '/', ' ', "\x01"), one_of(100000, 1000000)) if chance(0.01);
	return (one_of("E'\\xff'", "E'a\\xc3'", "E'\\xed\\xa0\\x80'", "E'\\xf4\\x90\\x80\\x80'", "E'\\xc0\\x80'"), 8) if chance(0.01);
	return sql_text(chance(0.1) ? $valid // 'x' : random_text($valid));
}

sub uuid_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.02);
	return sql_text(with_ids($valid // '{task}', chance(0.8) ? 1 : 1 + int rand 3)) if chance(0.6);
	return text_argument(with_ids($valid // '{task}', 1));
}

sub bytea_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.05);
	return ("convert_to(repeat('x', @{[one_of(10485760, 10485761, 12000000)]}), 'UTF8')", 12e6) if chance(0.002);
	return (one_of(q{'\\xZZ'}, q{'\\x0'}, q{E'\\\\'}, q{E'\\\\400'}, q{''}), 8) if chance(0.2);
	return ("'\\x" . join('', map { sprintf '%02x', int rand 256 } 1 .. int rand 200) . "'", 200);
}

my %argument = (jsonb => \&json_argument, text => \&text_argument, uuid => \&uuid_argument, bytea => \&bytea_argument);

# ---------------------------------------------------------------------------
# The calls, for all functions that clients execute.

my %types = map { split /\|/, $_, -1 } split /\n/, $node->safe_psql('crm', q{SELECT proname, array_to_string(proargtypes::regtype[], ',')
	FROM pg_proc WHERE pronamespace = 'taskcrm'::regnamespace AND has_function_privilege('alice', oid, 'EXECUTE') AND pronargs > 0 ORDER BY 1});
my %required = map { split /\|/ } split /\n/, $node->safe_psql('crm', q{SELECT proname, pronargs - pronargdefaults
	FROM pg_proc WHERE pronamespace = 'taskcrm'::regnamespace});
my @names = sort keys %types;
is(join(' ', grep { !function_rule('taskcrm', $_)->{calls} } @names), '', "security 21: the rules have valid calls to mutate; seed $seed, $calls calls");
is(join(' ', grep { my $name = $_; grep { !$argument{$_} } split /,/, $types{$name} } @names), '', 'and every type of argument has its mutations');

sub bad_call
{
	my ($name) = @_;
	my @types = split /,/, $types{$name};
	my $valid = one_of(@{ function_rule('taskcrm', $name)->{calls} });
	my $count = chance(0.1) ? one_of($required{$name} .. @types) : scalar @$valid;
	my $size = 0;
	my @arguments = map {
		my ($sql, $bytes) = $argument{ $types[$_] }->($valid->[$_] // ($types[$_] eq 'jsonb' ? '{"title":"x"}' : undef));
		$size += $bytes;
		"($sql)::$types[$_]"
	} 0 .. $count - 1;
	return ("SELECT x::text FROM taskcrm.$name(" . join(', ', @arguments) . ') x', $size);
}

# Data that stays in is looked at at the end.
my $kept = $calls > 10000 ? 400 / $calls : 0.05;
my $keeping = qr/^tc_(create|update|add|edit|rename)_/;
my $file = PostgreSQL::Test::Utils::tempdir() . '/calls.sql';
open my $out, '>:raw', $file or die $!;
print $out "COPY own_alice.bad_call (name, statement, size, keep) FROM STDIN;\n";
foreach my $n (1 .. $calls)
{
	my $name = $names[ $n % @names ];
	my ($statement, $size) = bad_call($name);
	$statement =~ s/\\/\\\\/g;
	print $out join("\t", $name, $statement, $size, $name =~ $keeping && chance($kept) ? 't' : 'f'), "\n";
}
print $out "\\.\n";
close $out;

my $harness = q{
	CREATE TABLE own_alice.bad_call (n serial PRIMARY KEY, name text, statement text, size bigint, keep boolean, state text, problem text);
	-- Runs some calls, and undoes all but those to keep.
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
				CASE WHEN c.name !~ '^tc_(list|get|find|task_totals)' AND octet_length(result) > 6 * c.size + 3000 THEN 'an answer of ' || octet_length(result) END,
				CASE WHEN who <> '@WHO@' THEN 'became ' || who END), '')
			WHERE b.n = c.n;
		END LOOP;
	END $$;
} =~ s/\@WHO@/join ' ', 'alice', 'alice', user_id('alice'), org(1)/er;
$node->safe_psql('crm', $harness, extra_params => [ '-U', 'alice' ]);
$node->command_ok([ 'psql', '-X', '-q', '-U', 'alice', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('crm'), '-f', $file ], 'the calls are there');

my $before = checksum($node, 'crm', 2);
my $chunk = 500;
for (my $first = 1; $first <= $calls; $first += $chunk)
{
	my $result = run_one($node, 'alice', "SET client_min_messages = error; SELECT own_alice.run($first, @{[$first + $chunk - 1]})");
	next if $result->{state} eq '00000';
	fail("calls from $first on: $result->{state} $result->{err}");
	last;
}

is($node->safe_psql('crm', 'SELECT count(*) FROM own_alice.bad_call WHERE state IS NOT NULL'), $calls, "security 21: all calls came to an end; seed $seed");
note($node->safe_psql('crm', q{SELECT string_agg(state || ' ' || n, ', ' ORDER BY n DESC) FROM (SELECT state, count(*) AS n FROM own_alice.bad_call GROUP BY 1) s}));
is(join("\n", grep { (split /\|/)[0] !~ $TaskcrmRules::DOCUMENTED } split /\n/, $node->safe_psql('crm', q{SELECT DISTINCT ON (state, name) state, name, n, left(statement, 500)
	FROM own_alice.bad_call WHERE state <> 'answered' ORDER BY 1, 2, length(statement)})), '',
	"security 21: each was answered or refused with a documented SQLSTATE; seed $seed");
is($node->safe_psql('crm', q{SELECT n, name, problem, left(statement, 500) FROM own_alice.bad_call WHERE problem IS NOT NULL LIMIT 20}), '',
	"security 21: with nothing foreign, nothing too long, and as who it was; seed $seed");
is($node->safe_psql('crm', q{SELECT name FROM own_alice.bad_call GROUP BY name HAVING count(*) FILTER (WHERE state = 'answered') = 0}), '',
	'every function answers some of them');
is(checksum($node, 'crm', 2), $before, 'security 8: the other organization is as it was');

# ---------------------------------------------------------------------------
# What was kept can be read, and is what may be kept.

cmp_ok($node->safe_psql('crm', q{SELECT count(*) FROM own_alice.bad_call WHERE keep AND state = 'answered'}), '>', 0, 'some of it was kept');
is(sql_value($node, 'alice', qq{SELECT count(taskcrm.tc_get_task(id)::jsonb) - count(*) FROM taskcrm.task}), '0', 'security 21: every task that is there can be got, as JSON');
foreach my $ordering (qw(created_on -created_on updated_on due_date -due_date priority status title -title))
{
	is(sql_value($node, 'alice', qq{SELECT (SELECT count(*) FROM taskcrm.task) - (l ->> 'count')::integer - 1000 + jsonb_array_length(l -> 'results') - least((l ->> 'count')::integer - 1000, 0)
		FROM CAST(taskcrm.tc_list_tasks('{"limit":1000,"ordering":"$ordering"}') AS jsonb) l}), '0', "security 21: and listed by $ordering");
}
is($node->safe_psql('crm', q{SELECT DISTINCT file_name FROM taskcrm.task_attachment
	WHERE file_name ~ '[\u0001-\u001f\u007f/]' OR strpos(file_name, chr(92)) > 0 OR octet_length(file_name) NOT BETWEEN 1 AND 255 OR file_name IN ('.', '..')}), '',
	'security 23: file names are names');
is($node->safe_psql('crm', q{SELECT DISTINCT content_type FROM taskcrm.task_attachment
	WHERE content_type !~ '^[-!#$%&''*+.^_`|~[:alnum:]]+/[-!#$%&''*+.^_`|~[:alnum:]]+(\s*;[ -~\t]*)?$'}), '', 'security 23: content types are content types');
is($node->safe_psql('crm', q{SELECT DISTINCT url FROM taskcrm.task_attachment WHERE url !~ '^https?://[^\u0001-\u0020\u007f]+$'}), '', 'security 23: URLs are URLs');

# Each byte in a file name, as sent with text and with JSON.
{
	my @results = run_as($node, 'alice', [ map {
		my $c = sprintf '\\u%04x', $_;
		my $task = id(1, 'task', 1);
		my $path = "a/../$c/b${c}c\\\\d${c}e.t${c}xt";
		("SELECT taskcrm.tc_add_task_attachment('$task', E'$path', 'x') ->> 'file_name'",
			"SELECT taskcrm.tc_add_task_comment_or_attachment('$task', NULL, jsonb_build_object('file_name', E'$path', 'content', 'AA==')) -> 'attachment' ->> 'file_name'")
	} 1 .. 0x9f, 0x2028, 0x202e, 0xfeff ]);
	is(join(' ', grep { $_ ne '00000' } map { $_->{state} } @results), '', 'security 23: any character in a name is dealt with');
	is(join(' ', grep { $_ =~ m{[\x00-\x1f\x7f/\\]} || $_ !~ /t.?.?.?xt$/ && $_ ne '' && $_ !~ /xt/ } map { $_->{out} } @results), '', 'security 23: and none that is a path or breaks a line is kept');
}

# ---------------------------------------------------------------------------
# What a gateway sets: never an error out of a policy, and nobody that it does not name.
{
	my $bob = user_id('bob');
	my $rounds = int($calls / 20);
	my @claims = ("{\"sub\":\"$bob\",\"role\":\"web_user\",\"exp\":1700000000,\"a\":[1,{\"sub\":\"x\"}]}", "{\"role\":\"x\",\"sub\":\"$bob\"}", $bob);
	my $rows = join ",\n", map {
		my $text = one_of(@claims);
		$text = write_json(mutate_json(read_json($json->decode($text)))) if chance(0.4) && $text =~ /^\{/;
		substr($text, int rand(length $text), int rand 4) = one_of(@texts) if chance(0.5) && length $text;
		$text = substr($text, 0, int rand(1 + length $text)) if chance(0.1);
		# What may be named: bob, and whoever's id was put in.
		my ($sql) = chance(0.005) ? huge('[', 100000, '{"sub":', '') : sql_text($text);
		"($sql)"
	} 1 .. $rounds;
	my $result = run_one($node, 'gw', "SET client_min_messages = error; CREATE TEMP TABLE claim (text) AS VALUES $rows;
		CREATE TEMP TABLE seen (name text, said text, who uuid, tasks bigint, state text);
		DO \$\$ DECLARE c text; name text; who uuid; tasks bigint; outcome text; BEGIN
			FOR c IN SELECT text FROM claim LOOP
				FOREACH name IN ARRAY ARRAY['request.jwt.claims', 'taskcrm.user_id', 'request.headers', 'taskcrm.org_id'] LOOP
					who := NULL;
					BEGIN
						PERFORM set_config('request.jwt.claims', '', true), set_config('taskcrm.user_id', CASE WHEN name ~ 'headers|org_id' THEN '$bob' ELSE '' END, true);
						PERFORM set_config(name, c, true);
						SELECT taskcrm.tc_current_user(), count(*) INTO who, tasks FROM taskcrm.task WHERE taskcrm.tc_whoami() IS NOT NULL;
						RAISE EXCEPTION USING ERRCODE = 'ZZ000';
					EXCEPTION WHEN OTHERS THEN outcome := sqlstate; END;
					INSERT INTO seen VALUES (name, c, who, tasks, CASE outcome WHEN 'ZZ000' THEN '00000' ELSE outcome END);
				END LOOP;
			END LOOP; END \$\$;
		SELECT count(*), count(*) FILTER (WHERE state = '00000'), count(who) > 0,
			-- A setting with a control character in it may be refused.
			count(*) FILTER (WHERE state NOT IN ('00000', '22023')),
			count(*) FILTER (WHERE who IS NOT NULL AND name IN ('request.jwt.claims', 'taskcrm.user_id') AND translate(lower(said), '-', '') NOT LIKE '%' || translate(who::text, '-', '') || '%'),
			count(*) FILTER (WHERE who IS DISTINCT FROM '$bob' AND name IN ('request.headers', 'taskcrm.org_id') AND state = '00000')
		FROM seen");
	my @seen = split /\|/, $result->{out};
	is("$result->{state} $result->{err}", '00000 ', "security 12: claims at random; seed $seed");
	is($seen[0], 4 * $rounds, 'all were looked at');
	cmp_ok($seen[1], '>', 3.5 * $rounds, 'most could be set');
	is($seen[2], 't', 'and some name somebody');
	is("@seen[3, 4, 5]", '0 0 0', "security 12: no error out of a policy, and nobody who is not named; seed $seed");
}

my $log = PostgreSQL::Test::Utils::slurp_file($node->logfile);
unlike($log, qr/PANIC|TRAP:|terminated by signal|ERROR: +XX/, 'security 21: no crash');
$node->stop;
done_testing();
