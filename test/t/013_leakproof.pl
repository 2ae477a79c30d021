# Security 19: the server may call a LEAKPROOF function on rows that a policy hides, so the
# function must not raise an error for any value. The test calls each LEAKPROOF function in the
# catalogs with all values that a row can contain, and more: for text, every byte string of up
# to two bytes and random longer ones, as each argument, in databases of several encodings. It
# also tests the search functions that are not LEAKPROOF.
#
#   LEAKPROOF_SEED=...   another run than the usual one

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;
use TaskcrmRules;
use Test::More;

my $seed = $ENV{LEAKPROOF_SEED} // 20260101;
srand $seed;
my $node = new_cluster('leakproof');

# Any byte string as a text value, which a client cannot create: a superuser creates a
# binary-coercible cast.
my $setup = q{
	CREATE CAST (bytea AS text) WITHOUT FUNCTION;
	CREATE FUNCTION public.raw(bytea) RETURNS text LANGUAGE sql IMMUTABLE AS 'SELECT $1::text';
	CREATE TABLE public.bytes (b bytea);
	INSERT INTO public.bytes VALUES ('');
	INSERT INTO public.bytes SELECT decode(lpad(to_hex(a), 2, '0'), 'hex') FROM generate_series(0, 255) a;
	-- Lead bytes, continuation bytes, overlong forms, surrogates, truncated sequences.
	CREATE TABLE public.pieces (b bytea);
	INSERT INTO public.pieces SELECT decode(h, 'hex') FROM unnest('{00,41,61,20,7f,80,bf,c0,c1,c2,c3a9,df,e0,e080,e0a0,e0a080,ed,eda080,edbfbf,ef,efbfbf,f0,f09f,f09f98,f09f9880,f4,f48fbfbf,f490,f8,fc,fe,ff,8e,8ea1,8f,8fa1a1,a1,a1a1,c4b0,c4b1,c39f,e1ba9e,cf82,cfa3,6161616161616161,c3a9c3a9c3a9c3a9}'::text[]) h;
	-- The values come from a table, as rows that a policy could hide, so that the planner does not fold the call.
	CREATE FUNCTION public.try(statement text) RETURNS text LANGUAGE plpgsql AS $$
	DECLARE n bigint; BEGIN EXECUTE statement INTO n; RETURN CASE WHEN n IS NULL THEN 'nothing' ELSE 'ok' END;
	EXCEPTION WHEN OTHERS THEN RETURN sqlstate || ' ' || sqlerrm; END $$;
};
my $subjects =
	q{SELECT p.oid::regprocedure, p.pronamespace::regnamespace || '.' || quote_ident(p.proname), array_to_string(p.proargtypes::regtype[], ',')
	FROM pg_proc p WHERE p.pronamespace IN ('taskcrm'::regnamespace, 'taskcrm_internal'::regnamespace)
	AND (p.proleakproof OR p.oid IN (to_regprocedure('taskcrm_internal.text_contains(text, text)'), to_regprocedure('taskcrm_internal.text_contains_unaccented(text, text)'))) ORDER BY 1};

# Values of a type, as a column of a FROM item.
my %values = (
	text => sub { return "(SELECT public.raw(b) AS v FROM public.$_[0]) " },
	bigint => sub { return "(SELECT unnest('{0,1,-1,9223372036854775807,-9223372036854775808}'::bigint[]) AS v) " },
	integer => sub { return "(SELECT unnest('{0,1,-1,2147483647,-2147483648}'::integer[]) AS v) " },
	uuid => sub { return "(SELECT md5(b)::uuid AS v FROM public.pieces) " },
	anyenum => sub { return '(SELECT unnest(enum_range(NULL::taskcrm.task_status)) AS v) ' },
	anyarray => sub { return q{(SELECT unnest('{"{}","{New}","{NULL,Completed}","{{New,Completed}}"}'::text[])::taskcrm.task_status[] AS v) } },
	'taskcrm.task_status' => sub { return '(SELECT unnest(enum_range(NULL::taskcrm.task_status)) AS v) ' },
	'taskcrm.task_priority' => sub { return '(SELECT unnest(enum_range(NULL::taskcrm.task_priority)) AS v) ' });

foreach my $encoding ('UTF8', 'LATIN1', 'EUC_JP', 'SQL_ASCII')
{
	my $database = lc $encoding;
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql($database, 'CREATE EXTENSION taskcrm; CALL taskcrm.tc_install()');
	$node->safe_psql($database, $setup);
	# Random strings made of the pieces; some are longer than the buffers on the stack.
	$node->safe_psql($database, "SELECT setseed(@{[($seed % 1000) / 1000]});
		CREATE TABLE public.random AS SELECT string_agg(p.b, '') AS b FROM generate_series(1, 400) g,
			LATERAL (SELECT b FROM public.pieces WHERE g > 0 ORDER BY random() LIMIT 1 + g % 6) p GROUP BY g;
		INSERT INTO public.random SELECT convert_to(repeat('ab', 200), 'UTF8') || b FROM public.pieces");
	my @subjects = map { [ split /\|/, $_, -1 ] } split /\n/, $node->safe_psql($database, $subjects);
	cmp_ok(scalar @subjects, '>', 10, "$encoding: there are functions to test; seed $seed");

	foreach my $subject (@subjects)
	{
		my ($signature, $name, $types) = @$subject;
		my @types = split /,/, $types;
		my @sets =
			grep({ $_ eq 'text' } @types)
			? ([ 'bytes', 'bytes' ], [ 'pieces', 'random' ], [ 'random', 'pieces' ], [ 'random', 'random' ])
			: ([ 'pieces', 'pieces' ]);
		my @unknown = grep { !$values{$_} } @types;
		my @wrong;

		is("@unknown", '', "$encoding: $signature: there are values for its argument types") or next;
		like($name . '(', $TaskcrmRules::LEAKPROOF, "security 19: $signature is in the list");
		foreach my $set (@sets)
		{
			my $from = join ', ', map { $values{ $types[$_] }->($set->[$_]) . "v$_" } 0 .. $#types;
			my $call = "$name(" . join(', ', map { "v$_.v" } 0 .. $#types) . ')';
			my $result = $node->safe_psql($database,
				'SELECT public.try(' . quote("SELECT count(*) + count($call) FROM $from") . ')');
			push @wrong, "@$set: $result" if $result ne 'ok';
		}
		is(join("\n", @wrong), '', "security 19: $encoding: $signature raises no error; seed $seed");
	}

	# All strings of two bytes, with each of a few other strings.
	my $two =
		"(SELECT public.raw(x.b || y.b) AS v FROM public.bytes x, public.bytes y WHERE length(x.b) = 1 AND length(y.b) = 1)";
	foreach my $order (map { my $name = $_; ([ $name, 'v.v', 'w.v' ], [ $name, 'w.v', 'v.v' ]) } 'text_contains', 'text_contains_unaccented') {
		my ($name, @arguments) = @$order;
		is( $node->safe_psql(
				$database,
				'SELECT public.try(' . quote(
					"SELECT count(taskcrm_internal.$name($arguments[0], $arguments[1]))
			FROM $two v, (SELECT public.raw(b) AS v FROM public.pieces WHERE b IN ('\\x', '\\x00', '\\x61', '\\xc3', '\\xe0', '\\x80', '\\xff', '\\xc3a9', '\\x8ea1')) w"
					)
					. ')'
			),
			'ok',
			"security 19: $encoding: $name raises no error for any two bytes, as ($arguments[0], $arguments[1])"
		);
	}
	is( $node->safe_psql(
			$database,
			"SELECT count(*) FROM public.random a WHERE NOT taskcrm_internal.text_contains(public.raw(a.b), public.raw(a.b))
		OR NOT taskcrm_internal.text_contains_unaccented(public.raw(a.b), public.raw(a.b))
		OR NOT taskcrm_internal.text_contains(public.raw(a.b), '')"
		),
		'0',
		"$encoding: any byte string contains itself and the empty string"
	);
}

unlike(
	PostgreSQL::Test::Utils::slurp_file($node->logfile),
	qr/PANIC|TRAP:|terminated by signal/,
	'security 19: no crash'
);
$node->stop;
done_testing();
