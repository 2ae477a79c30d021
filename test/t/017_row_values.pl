# The API answers with any row that the tables accept: rows that an import, a restore or a
# superuser wrote and the API would not. The catalogs determine the columns and their types;
# each column gets extreme values, one column at a time and several at once. Every function and
# every path reads and writes the rows that the constraints accept.
#
#   ROW_VALUES_ROWS=20000   how many rows with several extreme values; 300 otherwise
#   ROW_VALUES_SEED=...     another run than the usual one

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use PostgreSQL::Test::Utils;
use Test::More;
use WebTest;

my $combinations = $ENV{ROW_VALUES_ROWS} // 200;
my $seed = $ENV{ROW_VALUES_SEED} // 20260101;
srand $seed;

my $node = ready_cluster('row_values');
my $org = org(1);
my $other_before = checksum($node, 'crm', 2);

# ---------------------------------------------------------------------------
# The extreme values of a type, as input text; undef is NULL.

my @characters = map {chr} 1, 9, 10, 13, 0x1b, 0x20, 0x22, 0x25, 0x27, 0x2f, 0x5c, 0x7f, 0x80, 0x85, 0x9f, 0xa0, 0xad,
	0x300, 0x61c, 0x200b, 0x200d, 0x200e, 0x2028,
  0x202e, 0x2066, 0x3000, 0xd7ff, 0xe000, 0xfdd0, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x1f600, 0xe0001, 0x10ffff;
my @texts = (
	'', ' ',
	"\x{3000}",
	'x', '.', '..', 'null', '{}', '[]',
	'{"id":1}',
	'"', 'a@b', '@', 'a/b',
	'text/html; charset="x y"',
	'https://x.test/%00',
	'http://x',
	"a\r\nSet-Cookie: x=y",
	"text/html\r\nSet-Cookie: x=y",
	"https://x.test/\r\nX: y",
	'%', '_', '\\',
	"e\x{301}",
	"x\x{300}" x 100,
	'admin', 'HS256', 'none', 'New',
	(map {"a${_}b"} @characters),
	@characters,
	map {
		my $c = $_;
		map { $c x $_ } 254, 255, 256, 2000, 10000, 100000
	} 'x',
	"\x01",
	"\x{1f600}"
);
my %values = (
	text        => \@texts,
	name        => [ '', ' ', 'x', 'x' x 63, "\x{1f600}", 'a"b', "a\r\nb", 'postgres', 'public' ],
	timestamptz => [
		qw(infinity -infinity epoch),
		'4713-01-01 00:00:00+00 BC',
		'0001-12-31 23:59:59.999999+00 BC',
		'0001-01-01 00:00:00+00',
		'0001-01-01 00:00:00.000001+00',
		'1582-10-10 12:00:00+00',
		'2024-02-29 23:59:59.999999+14',
		'9999-12-31 23:59:59.999999+00',
		'10000-01-01 00:00:00+00',
		'294276-12-31 23:59:59+00'
	],
	date => [
		qw(infinity -infinity 0001-01-01 9999-12-31 10000-01-01 2024-02-29 5874897-12-31),
		'4713-01-01 BC',
		'0001-12-31 BC'
	],
	integer     => [ -2147483648, -1, 0, 1, 2147483647 ],
	bigint      => [ qw(-9223372036854775808 -1 0 1 2147483648 9223372036854775807) ],
	oid         => [ 0, 1, 4294967295 ],
	boolean     => [ 'true', 'false' ],
	xid8        => [ 0, 1, 4294967296, '18446744073709551615' ],
	jsonb       => [ '{}', '[]', 'null', '"x"', '{"status":"x"}', '{"limit":"1","x":[[{"y":null}]]}', '{"title":{"to":"\u0001"},"assigned_to":{"added":["x"]}}' ],
	json        => [ '{}', '[]', 'null', '"x"' ],
	'text[]'    => [ '{}', '{x}', '{task.*,""}', '{{a},{b}}' ],
	'uuid[]'    => [ '{}', '{00000000-0000-0000-0000-000000000000}' ],
	uuid        => [ '00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff' ],
	bytea       => [ '\x', '\x00', '\x0d0a', '\xff', '\x' . '00' x 32, '\x' . 'ff' x 32, '\x' . '0d0a' x 5000 ],
	'taskcrm.task_status'   => [ 'New', 'In Progress', 'Completed' ],
	'taskcrm.task_priority' => [ 'Low', 'Normal', 'High', 'Urgent' ]);

# ---------------------------------------------------------------------------
# The catalogs: the columns to vary. A reference to another table is the key of an existing
# row, or NULL if the column is nullable.

my %columns;
foreach (split /\n/, $node->safe_psql('crm', q{
	SELECT c.relname, a.attname, format_type(a.atttypid, NULL), a.attnotnull,
		EXISTS (SELECT FROM pg_constraint k WHERE k.conrelid = c.oid AND k.contype = 'f' AND a.attnum = ANY (k.conkey))
	FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = ''
	WHERE c.relnamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace) AND c.relkind IN ('r', 'p') ORDER BY c.relname, a.attnum}))
{
	my ($table, $column, $type, $not_null, $refers) = split /\|/;
	$type = 'timestamptz' if $type eq 'timestamp with time zone';
	push @{ $columns{$table} }, { name => $column, type => $type, not_null => $not_null eq 't', refers => $refers eq 't' };
}
my @unknown = grep { !$values{ $_->{type} } } map { @$_ } values %columns;
is(join(' ', map { "$_->{name} $_->{type}" } @unknown), '', 'there are extreme values for every column type');

sub extremes
{
	my ($column) = @_;
	return $column->{not_null} ? () : (undef) if $column->{refers} || $column->{name} eq 'org_id';
	return ($column->{not_null} ? () : (undef), @{ $values{ $column->{type} } });
}

# Rows for COPY as "table, differing columns": JSON, in which all non-ASCII characters are
# escaped.
sub json_text
{
	my ($text) = @_;
	return 'null' if !defined $text;
	$text =~ s/(["\\])/\\$1/g;
	$text =~ s/([^ -~])/ord $1 < 0x10000 ? sprintf('\\u%04x', ord $1)
		: sprintf('\\u%04x\\u%04x', 0xd800 + ((ord($1) - 0x10000) >> 10), 0xdc00 + ((ord($1) - 0x10000) & 0x3ff))/ge;
	return qq("$text");
}

sub json_row
{
	my (%row) = @_;
	return '{' . join(',', map { qq("$_":) . json_text($row{$_}) } sort keys %row) . '}';
}

my @rows;
foreach my $table (sort keys %columns)
{
	foreach my $column (@{ $columns{$table} })
	{
		push @rows, [ $table, json_row($column->{name} => $_) ] foreach extremes($column);
	}
}
my $singles = @rows;
my @tables = sort keys %columns;
foreach (1 .. $combinations)
{
	my $table = $tables[ rand @tables ];
	my %row;
	foreach my $column (@{ $columns{$table} })
	{
		my @extremes = grep { !defined || length($_) < 3000 } extremes($column);
		$row{ $column->{name} } = $extremes[ rand @extremes ] if @extremes && rand() < 0.6;
	}
	push @rows, [ $table, json_row(%row) ];
}

# ---------------------------------------------------------------------------
# A superuser writes the rows. Each is a copy of an existing row with its own keys, and with
# parents of its organization, so that only its values can be invalid.

$node->safe_psql('crm', qq{
	SET client_min_messages = error;
	CREATE SCHEMA made;
	-- Enough parents for new keys of link rows.
	INSERT INTO taskcrm.app_user (email, name) SELECT 'u' || g || '\@made.test', 'made ' || g FROM generate_series(1, 40) g;
	INSERT INTO taskcrm.member (org_id, user_id) SELECT '$org', id FROM taskcrm.app_user WHERE email LIKE '%\@made.test' AND right(name, 1) < '8';
	INSERT INTO taskcrm.contact (org_id, first_name) SELECT '$org', 'made ' || g FROM generate_series(1, 40) g;
	INSERT INTO taskcrm.team (org_id, name) SELECT '$org', 'made ' || g FROM generate_series(1, 40) g;
	INSERT INTO taskcrm.task_comment (org_id, task_id, comment) SELECT '$org', '@{[id(1, 'task', 1)]}', 'made ' || g FROM generate_series(1, 40) g;
	INSERT INTO taskcrm.task_attachment (org_id, task_id, file_name, content_type, size, sha256)
		SELECT '$org', '@{[id(1, 'task', 1)]}', 'made', 'a/b', 3, sha256('abc') FROM generate_series(1, 40);
	INSERT INTO taskcrm_internal.stored_answer (org_id, user_id, key, request, answer) VALUES ('$org', '@{[user_id('alice')]}', 'made', '', '{}');
	INSERT INTO taskcrm_internal.invitation (org_id, token_hash, expires_on) VALUES ('$org', sha256('made'), '2099-01-01');
	INSERT INTO taskcrm_internal.task_view (org_id, name, created_by) VALUES ('$org', 'made', '@{[user_id('alice')]}');
	INSERT INTO taskcrm_internal.deleted_task (org_id, id, title, document) SELECT '$org', gen_random_uuid(), 'made', '{}' FROM generate_series(1, 40);
	INSERT INTO taskcrm_internal.webhook (org_id, url, secret, position, generation, txid, created_by) VALUES ('$org', 'https://made.example/', sha256('made'), '', 1, '1', '@{[user_id('alice')]}');
	INSERT INTO taskcrm_internal.event_purge (org_id, generation, txid, last_generation, last_txid) VALUES ('$org', 1, '1', 1, '1');
	SELECT taskcrm.tc_add_jwt_key('made', 'HS256', repeat('k', 32));
	INSERT INTO taskcrm_internal.accepted_finding (check_name, object, why, accepted_by) VALUES ('policies', 'made', 'made', 'made');
	INSERT INTO taskcrm_internal.exposed_column (table_name, column_name, writable) VALUES ('task', 'made', false);
	CREATE TABLE made.row (n serial PRIMARY KEY, tab name, differs jsonb, state text, refused_by text);

	CREATE FUNCTION made.base(tab name) RETURNS jsonb LANGUAGE plpgsql AS \$\$
	DECLARE
		result jsonb; parent jsonb; key record;
	BEGIN
		EXECUTE format('SELECT to_jsonb(t) FROM %s t ORDER BY coalesce(to_jsonb(t) ->> ''org_id'', '''') <> %L, random() LIMIT 1', taskcrm_internal.qualified_name(tab), '$org') INTO result;
		FOR key IN
			SELECT k.confrelid::regclass AS parent, array_agg(a.attname ORDER BY o) AS own, array_agg(p.attname ORDER BY o) AS theirs
			FROM pg_constraint k, unnest(k.conkey, k.confkey) WITH ORDINALITY u (own, theirs, o),
				pg_attribute a, pg_attribute p
			WHERE k.conrelid = taskcrm_internal.qualified_name(tab)::regclass AND k.contype = 'f' AND a.attrelid = k.conrelid AND a.attnum = u.own
				AND p.attrelid = k.confrelid AND p.attnum = u.theirs
			GROUP BY k.oid
		LOOP
			-- A file is of a task.
			CONTINUE WHEN key.own = '{org_id}' OR 'deleted_task_id' = ANY (key.own);
			EXECUTE format('SELECT to_jsonb(t) FROM %s t WHERE coalesce(to_jsonb(t) ->> ''org_id'', %L) = %L ORDER BY random() LIMIT 1', key.parent, '$org', '$org') INTO parent;
			FOR i IN 1 .. cardinality(key.own) LOOP
				result := result || jsonb_build_object(key.own[i], parent -> key.theirs[i]);
			END LOOP;
		END LOOP;
		RETURN result || CASE WHEN result ? 'id' THEN jsonb_build_object('id', gen_random_uuid()) ELSE '{}' END
			|| CASE WHEN tab = 'app_user' THEN jsonb_build_object('email', gen_random_uuid() || '\@made.test') ELSE '{}' END
			|| CASE WHEN tab IN ('login', 'gateway') THEN jsonb_build_object('role_name', left(md5(random()::text), 8)) ELSE '{}' END
			|| CASE WHEN tab = 'accepted_finding' THEN jsonb_build_object('object', gen_random_uuid()) ELSE '{}' END
			|| CASE WHEN tab = 'exposed_column' THEN jsonb_build_object('column_name', left(md5(random()::text), 8)) ELSE '{}' END
			|| CASE WHEN tab = 'event_generation' THEN jsonb_build_object('generation', floor(random() * 1e9)::int, 'timeline', floor(random() * 1e9)::int) ELSE '{}' END
			|| CASE WHEN tab = 'jwt_key' THEN jsonb_build_object('kid', gen_random_uuid()) ELSE '{}' END
			|| CASE WHEN tab = 'stored_answer' THEN jsonb_build_object('key', gen_random_uuid()) ELSE '{}' END;
	END \$\$;

	CREATE FUNCTION made.write_all() RETURNS void LANGUAGE plpgsql AS \$\$
	DECLARE
		r made.row; base jsonb; outcome text; refused text;
	BEGIN
		PERFORM setseed(0.5);
		FOR r IN SELECT * FROM made.row ORDER BY n LOOP
			FOR attempt IN 1 .. 5 LOOP
				base := made.base(r.tab) || r.differs;
				refused := NULL;
				BEGIN
					EXECUTE format('INSERT INTO %1\$s SELECT x.* FROM jsonb_populate_record(NULL::%1\$s, \$1) x', taskcrm_internal.qualified_name(r.tab)) USING base;
					outcome := 'kept';
				EXCEPTION WHEN OTHERS THEN
					GET STACKED DIAGNOSTICS refused = CONSTRAINT_NAME;
					outcome := sqlstate;
				END;
				EXIT WHEN outcome <> '23505';
			END LOOP;
			UPDATE made.row SET state = outcome, refused_by = refused WHERE n = r.n;
		END LOOP;
	END \$\$;
});
my $file = PostgreSQL::Test::Utils::tempdir() . '/rows.sql';
open my $out, '>:raw', $file or die $!;
print $out "COPY made.row (tab, differs) FROM STDIN;\n";
print $out join("\t", $_->[0], $_->[1] =~ s/\\/\\\\/gr), "\n" foreach @rows;
print $out "\\.\nSELECT made.write_all();\n";
close $out;
$node->command_ok(
	[ 'psql', '-X', '-q', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('crm'), '-f', $file ],
	"rows: $singles with one extreme value, $combinations with several, seed $seed"
);
note(
	$node->safe_psql(
		'crm',
		q{SELECT string_agg(format('%s: %s of %s kept', tab, kept, n), ', ' ORDER BY tab) FROM (SELECT tab, count(*) FILTER (WHERE state = 'kept') AS kept, count(*) AS n FROM made.row GROUP BY tab) s}
	)
);
note(
	$node->safe_psql(
		'crm',
		q{SELECT string_agg(state || ' ' || n, ', ' ORDER BY n DESC) FROM (SELECT state, count(*) AS n FROM made.row GROUP BY 1) s}
	)
);
is( $node->safe_psql(
		'crm',
		q{SELECT DISTINCT tab, differs, state FROM made.row WHERE state NOT IN ('kept', '23502', '23503', '23505', '23514', '22P02', '22008', '54000') LIMIT 10}
	),
	'',
	'a row is accepted, or refused with the right SQLSTATE'
);
# A table that accepts no row would not be tested.
is( $node->safe_psql('crm', q{SELECT tab FROM made.row GROUP BY tab HAVING count(*) FILTER (WHERE state = 'kept') = 0}),
	'',
	'every table accepts some of the rows'
);
cmp_ok(
	$node->safe_psql('crm', q{SELECT count(*) FROM made.row WHERE state = 'kept'}),
	'>',
	$singles / 4,
	'many rows are accepted'
);

# ---------------------------------------------------------------------------
# The whole API on these rows, as alice. Every call is rolled back.

$node->safe_psql('crm', q{
	SET client_min_messages = error;
	CREATE TABLE own_alice.call (n serial PRIMARY KEY, statement text, state text, problem text, answer text);
	-- Returns the problem with an answer, or NULL.  An HTTP response is a row of status, headers, body.
	CREATE FUNCTION own_alice.problem(answer text, statement text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE
		r record; h record; body json;
	BEGIN
		IF statement LIKE '%tc_http_request(%' THEN
			SELECT * INTO r FROM unnest(ARRAY[answer::own_alice.response]);
			FOR h IN SELECT * FROM jsonb_each_text(r.headers) LOOP
				IF h.value ~ '[^ -~]' THEN RETURN 'a header with ' || to_json(h.value); END IF;
			END LOOP;
			IF r.status NOT IN (200, 201, 204, 206, 304, 400, 401, 403, 404, 405, 409, 412, 413, 415, 416, 422) THEN RETURN 'status ' || r.status; END IF;
			IF r.headers ->> 'content-type' = 'application/json' THEN body := convert_from(r.body, 'UTF8')::json; END IF;
		ELSIF answer ~ '^\s*[\{\[]' THEN
			body := answer::json;
		END IF;
		RETURN NULL;
	EXCEPTION WHEN OTHERS THEN
		RETURN 'not well-formed: ' || sqlerrm;
	END $$;
	CREATE TYPE own_alice.response AS (status integer, headers jsonb, body bytea);
	CREATE FUNCTION own_alice.run(first integer, last integer) RETURNS void LANGUAGE plpgsql AS $$
	DECLARE
		c own_alice.call; result text; wrong text; outcome text;
	BEGIN
		FOR c IN SELECT * FROM own_alice.call WHERE n BETWEEN first AND last ORDER BY n LOOP
			wrong := NULL;
			result := NULL;
			BEGIN
				EXECUTE c.statement INTO result;
				wrong := own_alice.problem(result, c.statement);
				outcome := 'answered';
				RAISE SQLSTATE 'ZZ000';
			EXCEPTION WHEN OTHERS THEN
				IF sqlstate <> 'ZZ000' THEN
					outcome := sqlstate;
					wrong := CASE WHEN sqlstate !~ '@DOCUMENTED@' THEN sqlerrm END;
				END IF;
			END;
			UPDATE own_alice.call SET state = outcome, problem = wrong, answer = CASE WHEN outcome = 'answered' THEN result END WHERE n = c.n;
		END LOOP;
	END $$;
	ALTER TABLE own_alice.call OWNER TO alice;
	ALTER SEQUENCE own_alice.call_n_seq OWNER TO alice;
} =~ s/\@DOCUMENTED@/$TaskcrmRules::DOCUMENTED =~ s{^\(\?\^\w*:|\s+|\)$}{}gr/er);

# Valid calls of every function; calls that name a task, a comment and so on are repeated for
# each row that was made.
my @calls;
my @functions = map { [ $_, valid_calls($_) ] }
	grep { !/^(tc_http|is_overdue)$/ } map { functions_of_kind($_) } qw(client anybody identity);
my %made;
foreach my $kind (qw(task comment attachment account contact team))
{
	my $table = $kind =~ /comment|attachment/ ? "task_$kind" : $kind;
	# Rows with extreme values, and the rows that they belong to.
	my @ids = split /\n/, $node->safe_psql('crm', qq{SELECT id FROM taskcrm.$table WHERE org_id = '$org' ORDER BY id});
	# For tables of which little more than names is shown, a sample is enough.
	@ids = map { $ids[ rand @ids ] } 1 .. 60 if $kind =~ /account|contact|team/;
	$made{$kind} = \@ids;
}
foreach my $function (@functions)
{
	my ($name, @valid) = @$function;
	foreach my $call (@valid)
	{
		push @calls, $call =~ s/^SELECT x FROM/SELECT x::text FROM/r;
		foreach my $kind (sort keys %made)
		{
			my $known = id(1, $kind, 1);
			next if $call !~ /$known/;
			push @calls, map { $call =~ s/$known/$_/gr =~ s/^SELECT x FROM/SELECT x::text FROM/r } @{ $made{$kind} };
		}
	}
}
my %paths = (task => '', comment => 'comment/', attachment => 'attachment/');
my %more = (task => [ '', 'comments/', 'attachments/' ]);
foreach my $kind (sort keys %paths) {
	foreach my $id (@{$made{$kind}}) {
		foreach my $rest (@{$more{$kind} // [ '' ]}) {
			push @calls, map {
				"SELECT x::text FROM taskcrm.tc_http_request('$_', '/api/tasks/$paths{$kind}$id/$rest', '{\"range\": \"bytes=0-1\"}') x"
			} qw(GET HEAD DELETE);
		}
		push @calls,
			"SELECT x::text FROM taskcrm.tc_http_request('PUT', '/api/tasks/$paths{$kind}$id/', '{\"content-type\": \"application/json\"}', '{\"comment\": \"\@u1 \@alice\"}') x";
	}
}
# Lists, in every order and to their end; stored answers; tokens for every key.
foreach my $ordering ((map { ($_, "-$_") } qw(created_on updated_on completed_on due_date priority status title)),
	'due_date,-priority', '-status,-due_date,title,updated_on')
{
	push @calls,
		map {qq{SELECT taskcrm.tc_list_tasks('{"ordering": "$ordering", "limit": 50, "offset": $_}')::text}} 0, 50,
		100, 500, 1000;
	push @calls,
		qq{WITH RECURSIVE page AS (SELECT taskcrm.tc_list_tasks('{"ordering": "$ordering", "limit": 20, "cursor": "start"}') AS p
		UNION ALL SELECT taskcrm.tc_list_tasks(jsonb_build_object('ordering', '$ordering', 'limit', 20, 'cursor', p ->> 'next_cursor')) FROM page WHERE p ->> 'next_cursor' IS NOT NULL)
		SELECT jsonb_agg(p)::text FROM page};
}
push @calls, map { "SELECT x::text FROM taskcrm.tc_create_task('{\"title\": \"again\"}', " . quote($_) . ') x' }
  split /\n/, $node->safe_psql('crm', q{SELECT key FROM taskcrm_internal.stored_answer WHERE key ~ '^[!-~]+$'});
push @calls, map { my $head = $_; "SELECT taskcrm.tc_login('$head.e30.AAAA')::text" }
	split /\n/,
	$node->safe_psql(
	'crm',
	q{SELECT translate(encode(convert_to(json_build_object('alg', alg, 'kid', kid)::text, 'UTF8'), 'base64'), E'+/=\n', '-_') FROM taskcrm_internal.jwt_key}
	);
push @calls, 'SELECT count(taskcrm.is_overdue(t))::text FROM taskcrm.task t',
	map {"SELECT count(t::text)::text FROM taskcrm.$_ t"}
  grep { table_rule($_)->{kind} eq 'read' } @tables;

open $out, '>:raw', $file or die $!;
print $out "COPY own_alice.call (statement) FROM STDIN;\n";
print $out s/\\/\\\\/gr =~ s/\r/\\r/gr =~ s/\n/\\n/gr =~ s/\t/\\t/gr, "\n" foreach @calls;
print $out "\\.\n";
close $out;
$node->command_ok(
	[ 'psql', '-X', '-q', '-U', 'alice', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('crm'), '-f', $file ],
	scalar(@calls) . ' calls are loaded');
for (my $first = 1; $first <= @calls; $first += 500) {
	my $result =
		run_one($node, 'alice', "SET client_min_messages = error; SELECT own_alice.run($first, @{[$first + 499]})");
	next if $result->{state} eq '00000';
	fail("calls from $first on: $result->{state} $result->{err}");
	last;
}
is($node->safe_psql('crm', 'SELECT count(*) FROM own_alice.call WHERE state IS NOT NULL'),
	@calls, 'all calls end');
note(
	$node->safe_psql(
		'crm',
		q{SELECT string_agg(state || ' ' || n, ', ' ORDER BY n DESC) FROM (SELECT state, count(*) AS n FROM own_alice.call GROUP BY 1) s}
	)
);
is( $node->safe_psql(
		'crm',
		q{SELECT DISTINCT ON (problem) state, problem, left(statement, 300) FROM own_alice.call WHERE problem IS NOT NULL ORDER BY problem LIMIT 20}
	),
	'',
	'each call gives an answer or a documented SQLSTATE; JSON and headers are valid'
);
is( $node->safe_psql(
		'crm',
		q{SELECT DISTINCT substring(statement FROM 'taskcrm\.(\w+)\(') FROM own_alice.call GROUP BY 1 HAVING count(*) FILTER (WHERE state = 'answered') = 0 ORDER BY 1}
	),
	"tc_create_webhook\ntc_login",
	'each function answers some of the calls, except the one that requires a signature, and the one for which the rows leave no room'
);

# The answers match the schemas of tc_openapi().
is( $node->safe_psql(
		'crm',
		q{SELECT string_agg(p.proname, ' ' ORDER BY p.proname) FROM pg_proc p WHERE p.pronamespace = 'taskcrm'::regnamespace AND p.prorettype = 'json'::regtype AND NOT p.proretset
			AND has_function_privilege('alice', p.oid, 'EXECUTE')}
	),
	join(' ', sort keys %TaskcrmRules::ANSWERS),
	'the rules name the schema of each function for clients that returns json'
);
SKIP:
{
	my $modules = "$FindBin::RealBin/../web/node_modules";
	skip 'needs node, and npm ci in test/web', 1 unless program_is_there('node') && -d "$modules/ajv";
	my $dir = PostgreSQL::Test::Utils::tempdir();
	my $schemas = join ', ', map { "('$_', '$TaskcrmRules::ANSWERS{$_}')" } sort keys %TaskcrmRules::ANSWERS;

	$node->command_ok(
		[   'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1',
			'-d', $node->connstr('crm'), '-o', "$dir/document.json",
			'-c', 'SELECT taskcrm.tc_openapi()'
		],
		'the document is written'
	);
	$node->command_ok(
		[   'psql', '-XAtq', '-v', 'ON_ERROR_STOP=1', '-d', $node->connstr('crm'), '-o', "$dir/answers.jsonl", '-c', qq{
		-- psql omits characters like U+FFFF from results, but not from COPY output.  JSON has no control characters.
		COPY (SELECT json_build_object('function', f.name, 'schema', f.schema, 'answer', c.answer)
		FROM (VALUES $schemas) f (name, schema),
			LATERAL (SELECT DISTINCT answer FROM own_alice.call WHERE answer IS NOT NULL
				AND starts_with(statement, format('SELECT x::text FROM taskcrm.%s(', f.name))) c)
		TO STDOUT (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')} ], 'answers are written');
	run_client('answers.mjs', DOCUMENT => "$dir/document.json", ANSWERS => "$dir/answers.jsonl");
}
is(sql_value($node, 'alice', q{SELECT count(taskcrm.tc_get_task(id)::jsonb) - count(*) FROM taskcrm.task}),
	'0', 'every task can be read as JSON');
is(checksum($node, 'crm', 2), $other_before, 'the other organization is unchanged');
unlike(
	slurp_file($node->logfile),
	qr/terminated by signal|PANIC|TRAP:|ERROR:  XX000|invalid memory alloc/,
	'no crash and no internal error'
);
# What tc_doctor() reports about the rows.
is($node->safe_psql('crm', q{SELECT count(*) > 20 FROM taskcrm.tc_doctor()}), 't', 'tc_doctor() answers');
like(
	$node->safe_psql('crm', q{SELECT detail FROM taskcrm.tc_doctor() WHERE "check" = 'contents'}),
	qr/^attachments whose content is missing: [1-9]/,
	'and counts the attachments without content'
);

$node->stop;
done_testing();
