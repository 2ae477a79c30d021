# Search with @~ and @~~: they find the same texts as a simple implementation in this test, with
# and without the index, in every script, locale and encoding; no byte string makes it raise an
# error.

use strict;
use warnings FATAL => 'all';
use utf8;
use FindBin;
use lib "$FindBin::RealBin/../perl";
use Encode qw(encode encode_utf8 decode_utf8);
use Unicode::Normalize qw(NFD);
use Unicode::UCD ();
use TaskcrmTest;
use PostgreSQL::Test::Utils;
use Test::More;

my $node = new_cluster('search');
my $seed = $ENV{SEARCH_SEED} // 20260101;
my $random = $seed;

# A random number generator that is the same everywhere, unlike rand().
sub any
{
	my ($below) = @_;
	$random = ($random * 1103515245 + 12345) % 2147483648;
	return int($random / 65536) % $below;
}

# --- texts in all scripts, and the expected matches ---

# Letters with difficult case rules, and those of plain words.
my @alphabets = map { [ split // ] } (
	'abcdefghij klmnop-qrs_tuv%wxyz\\ABCDEF GHIJKLMNOPQRSTUVWXYZ0123456789',
	"ÀÉÎÕÜàéîõüßẞ ssSS ſsſ ÿŸ µμΜ",
	"e\x{301}E\x{301}éÉ a\x{30a}A\x{30a}åÅ\x{212b} K\x{212a}k",
	'İIıiİIıi istanbul İSTANBUL ISPARTA ısparta',
	'ΑΒΓΔΣσςαβγδ ΌΣΟΣ όσος ΐΰ',
	'АБВГДЕЁЖабвгдеёж Москва МОСКВА',
	"ԱԲԳաբգև Ⴀⴀა Ა Ꭰꭰ",
	'日本語の仕事 漢字 カタカナ ｶﾀｶﾅ 한국어',
	"\x{10400}\x{10428}\x{1f600}\x{1f468}\x{200d}\x{1f469} ﬁ ǅ ǆ Ǆ ᾳ ᾼ",
	'مرحبا שלום नमस्ते ไทย');

sub text
{
	my ($length) = @_;
	my $alphabet = $alphabets[any(scalar @alphabets)];
	return join '', map { any(8) ? $alphabet->[any(scalar @$alphabet)] : $alphabets[0][any(60)] } 1 .. $length;
}

# Simple case folding, character by character, from the data of Unicode.
my %fold;
sub fold
{
	my ($text) = @_;
	return join '', map {
		$fold{$_} //= do {
			my $case = Unicode::UCD::casefold(ord);
			$case && $case->{simple} ne '' ? chr hex $case->{simple} : $_;
		}
	} split //, $text;
}

# Without the marks of these scripts, character by character, and letters that have none.
my %plain = ('ß' => 'ss', 'ı' => 'i');
sub plain
{
	my ($text) = @_;
	return join '', map {
		$plain{$_} //= do {
			my $base = NFD($_);
			$base =~ s/[\x{300}-\x{36f}]//g if $base =~ /^[\p{Latin}\p{Greek}\p{Cyrillic}\x{300}-\x{36f}]/;
			length $base == 1 ? fold($base) : $base eq '' ? '' : $_;
		}
	} split //, fold($text);
}

my @titles = map { text(1 + any(40)) } 1 .. 3000;
# Longer than any title, and with more different trigrams than are indexed individually.
push @titles, join('', map { chr(0x4e00 + any(20000)) } 1 .. 30000) . ' the end', 'x' x 5000 . 'y';
my %terms = map { $_ => 1 }
	('%', '_', '\\', ' ', 'the end', 'xxxy', 'yx', 'I', 'i', 'ss', 'ß', 'é', "e\x{301}", 'istanbul', 'στ');
while (keys %terms < 700) {
	my $title = $titles[any(scalar @titles)];
	my $start = any(length $title);
	my $term = substr($title, $start, 1 + any(9));

	$terms{ (sub { $_[0] }, sub { uc $_[0] }, sub { lc $_[0] }, sub { reverse $_[0] })[any(4)]->($term) } = 1;
}
my @terms = sort keys %terms;
my %titles = ('@~' => [ map { fold($_) } @titles ], '@~~' => [ map { plain($_) } @titles ]);

sub found_by_hand
{
	my ($operator, $term) = @_;
	my $wanted = $operator eq '@~' ? fold($term) : plain($term);
	my $texts = $titles{$operator};
	return join ',', grep { index($texts->[$_], $wanted) >= 0 } 0 .. $#titles;
}

# --- the same in the database ---

# A value in the text format of COPY.
sub copied
{
	my ($value) = @_;
	$value =~ s/\\/\\\\/g;
	return encode_utf8($value);
}

sub make_table
{
	my ($database) = @_;
	my $file = PostgreSQL::Test::Utils::tempdir() . "/$database.sql";

	open my $out, '>:raw', $file or die $!;
	print $out "SET client_encoding = 'UTF8';\nSET client_min_messages = warning;\nCREATE EXTENSION taskcrm;\n",
		"CREATE TABLE text (org uuid, n int, title text);\nCREATE TABLE term (n int, term text);\nCOPY text FROM stdin;\n";
	print $out "11111111-1111-1111-1111-111111111111\t$_\t", copied($titles[$_]), "\n" foreach 0 .. $#titles;
	print $out "\\.\nCOPY term FROM stdin;\n";
	print $out "$_\t", copied($terms[$_]), "\n" foreach 0 .. $#terms;
	print $out
		"\\.\nCREATE INDEX text_cased ON text USING gin (org taskcrm_internal.uuid_ops, title taskcrm_internal.contains_ops);\n",
		"CREATE INDEX text_plain ON text USING gin (org taskcrm_internal.uuid_ops, title taskcrm_internal.plain_ops);\nANALYZE;\n";
	close $out;
	$node->safe_psql($database, "\\i $file");
}

# The matches of each term, by an index or without one.
sub found
{
	my ($database, $operator, $index) = @_;
	my $off = $index ne '' ? 'enable_seqscan' : 'enable_bitmapscan';
	my $condition = "t.org = '11111111-1111-1111-1111-111111111111' AND t.title OPERATOR(taskcrm.$operator) s.term";
	my $other = $index eq 'text_cased' ? 'text_plain' : 'text_cased';
	my $set = "SET $off = off; UPDATE pg_index SET indisvalid = indexrelid <> '$other'::regclass WHERE indrelid = 'text'::regclass;";
	my $query =
		"FROM term s LEFT JOIN LATERAL (SELECT string_agg(t.n::text, ',' ORDER BY t.n) AS found FROM text t WHERE $condition) f ON true";
	my $plan = $node->safe_psql($database, "$set EXPLAIN (COSTS OFF) SELECT s.n, f.found $query");

	like($plan, $index ne '' ? qr/Bitmap Index Scan on $index/ : qr/Seq Scan on text/,
		"$database: $operator: $off = off");
	return map {s/^\d+\|//r} split /\n/,
		$node->safe_psql($database, "$set SELECT s.n, f.found $query ORDER BY s.n");
}

my %expected = map { my $operator = $_; ($operator => [ map { found_by_hand($operator, $_) } @terms ]) } keys %titles;
my %locale_of = (
	c_utf8 => "LOCALE 'C.UTF-8'",
	c => "LOCALE 'C'",
	turkish => "LOCALE_PROVIDER icu ICU_LOCALE 'tr' LOCALE 'C'",
	lithuanian => "LOCALE_PROVIDER icu ICU_LOCALE 'lt' LOCALE 'C'");
foreach my $database (sort keys %locale_of)
{
	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING 'UTF8' $locale_of{$database}");
	make_table($database);
	foreach my $way ([ '@~', '' ], [ '@~', 'text_cased' ], [ '@~', 'text_plain' ], [ '@~~', '' ], [ '@~~', 'text_plain' ])
	{
		my ($operator, $index) = @$way;
		my @found = found($database, $operator, $index);
		my $expected = $expected{$operator};
		my @wrong = grep { $found[$_] ne $expected->[$_] } 0 .. $#terms;

		is(scalar @found, scalar @terms, "$database: $operator: every term has an answer");
		is(scalar @wrong, 0, "$database: $operator: all " . @terms . ' terms find the expected texts')
			or diag "seed $seed: ",
			encode_utf8(join "\n",
			map {"'$terms[$_]': $found[$_], not $expected->[$_]"} @wrong[ 0 .. ($#wrong < 4 ? $#wrong : 4) ]);
	}
}
foreach my $operator (sort keys %expected)
{
	cmp_ok(scalar(grep { $_ ne '' } @{ $expected{$operator} }), '>', 500, "$operator: most terms are found");
	cmp_ok(scalar(grep { $_ eq '' } @{ $expected{$operator} }), '>', 20, "$operator: some are not found");
}
isnt("@{ $expected{'@~~'} }", "@{ $expected{'@~'} }", 'accents make a difference');

# --- the rules in the reference, one by one ---

foreach my $case (
	[ 'Straße', 'STRASSE', 'f', 'ß does not match ss' ],
	[ 'Straße', 'STRAẞE', 't', 'ß matches its capital' ],
	[ "Cafe\x{301}", 'café', 'f', 'a combining accent does not match a composed character' ],
	[ 'CAFÉ', 'café', 't', 'case is ignored for composed characters' ],
	[ 'Isparta', 'isparta', 't', 'I matches i' ],
	[ 'İzmir', 'izmir', 'f', 'dotted capital I does not match i' ],
	[ 'ısı', 'ISI', 'f', 'dotless small i does not match I' ],
	[ 'ΟΔΟΣ', 'οδος', 't', 'both small sigmas match' ],
	[ "273 \x{212a}", '273 k', 't', 'the Kelvin sign matches k' ],
	[ '100%', '%', 't', '% matches itself' ],
	[ '100', '%', 'f', 'and no other text' ],
	[ 'a_b', '_', 't', '_ matches itself' ],
	[ 'ab', 'a_', 'f', 'and no other text' ],
	[ 'a\\b', '\\', 't', 'a backslash matches itself' ],
	[ 'abc', '', 't', 'every text contains the empty string' ],
	[ '', '', 't', 'the empty string contains itself' ],
	[ '', 'a', 'f', 'and no other text' ]
	)
{
	my ($text, $term, $answer, $name) = @$case;
	is( $node->safe_psql(
			'c_utf8',
			encode_utf8(
				"SET client_encoding = 'UTF8'; SELECT " . quote($text) . ' OPERATOR(taskcrm.@~) ' . quote($term)
			)
		),
		$answer, $name
	);
}
is( $node->safe_psql('c_utf8', q{SELECT NULL OPERATOR(taskcrm.@~) 'a' IS NULL, 'a' OPERATOR(taskcrm.@~) NULL IS NULL}),
	't|t',
	'the result for NULL is NULL'
);

# --- other encodings: characters match byte by byte, ASCII letters regardless of case ---

foreach my $encoding (qw(LATIN9 EUC_JP SQL_ASCII))
{
	my $database = lc "enc_$encoding";

	$node->safe_psql('postgres', "CREATE DATABASE $database TEMPLATE template0 ENCODING '$encoding' LOCALE 'C'");
	$node->safe_psql($database, q{
		SET client_min_messages = warning;
		CREATE EXTENSION taskcrm;
		CREATE TABLE text (n int, title text);
		CREATE INDEX ON text USING gin (title taskcrm_internal.contains_ops)});
	my @samples = $encoding eq 'EUC_JP' ? ('日本語の仕事', '日本 ABC 仕事', '本日') : ('Grün Öl', 'ÖL grün abc', 'ol');
	my $sent = $encoding eq 'SQL_ASCII' ? 'SQL_ASCII' : 'UTF8';
	$node->safe_psql(
		$database,
		encode_utf8(
			"SET client_encoding = '$sent'; INSERT INTO text VALUES " . join ', ',
			map { "($_, " . quote($samples[ $_ ]) . ')' } 0 .. 2
		)
	);
	foreach my $term ('abc', substr($samples[ 0 ], 0, 2), substr($samples[ 1 ], 3, 3), $samples[ 2 ]) {
		my $query =
			"SET client_encoding = '$sent'; SELECT string_agg(n::text, ',' ORDER BY n) FROM text WHERE title OPERATOR(taskcrm.\@~) "
			. quote($term);
		my @answers = map { $node->safe_psql($database, encode_utf8("SET $_ = off; $query")) }
			qw(enable_bitmapscan enable_seqscan);
		my $by_hand = join ',', grep { index($samples[$_] =~ tr/A-Z/a-z/r, $term =~ tr/A-Z/a-z/r) >= 0 } 0 .. 2;

		is("@answers", "$by_hand $by_hand", encode_utf8("$encoding: $term"));
	}
}

# --- security 19: no byte string makes it raise an error ---

# A cast that converts any bytes to text, as in a corrupt row.
$node->safe_psql('c_utf8', 'CREATE CAST (bytea AS text) WITHOUT FUNCTION');
foreach my $database (qw(c_utf8 enc_sql_ascii))
{
	$node->safe_psql($database, 'CREATE CAST (bytea AS text) WITHOUT FUNCTION') if $database ne 'c_utf8';
	is($node->safe_psql($database, q{
		CREATE TABLE bytes AS SELECT decode(lpad(to_hex(g), 4, '0'), 'hex') AS b FROM generate_series(0, 65535) g
			UNION ALL SELECT decode(lpad(to_hex(g), 2, '0'), 'hex') FROM generate_series(0, 255) g
			UNION ALL SELECT decode(left(md5(g::text), 2 * (g % 16)), 'hex') FROM generate_series(1, 20000) g;
		SELECT count(*), count(*) FILTER (WHERE b::text OPERATOR(taskcrm.@~) b::text),
			count(*) FILTER (WHERE ('\x41'::bytea || b || '\x42'::bytea)::text OPERATOR(taskcrm.@~) '\x6142'::bytea::text) FROM bytes}
		),
		'85792|85792|' . $node->safe_psql(
			$database,
			q{SELECT count(*) FROM bytes WHERE ('\x41'::bytea || b || '\x42'::bytea) IN ('\x4142', '\x414142', '\x416142')
			OR b IN (SELECT '\x6142'::bytea) OR position('\x4142'::bytea in '\x41'::bytea || b || '\x42'::bytea) > 0 OR position('\x6142'::bytea in '\x41'::bytea || b || '\x42'::bytea) > 0
			OR position('\x4162'::bytea in '\x41'::bytea || b || '\x42'::bytea) > 0 OR position('\x6162'::bytea in '\x41'::bytea || b || '\x42'::bytea) > 0}
		),
		"$database: all strings of two bytes, and 20,000 random ones, contain themselves"
	);
	is( $node->safe_psql(
			$database, q{
		SELECT count(*) FROM (SELECT DISTINCT b FROM bytes WHERE get_byte(b || '\x00', 0) % 16 = 7) a,
			(SELECT b FROM bytes WHERE octet_length(b) = 1 OR get_byte(b || '\x00', 0) = 195) c
		WHERE a.b::text OPERATOR(taskcrm.@~) c.b::text AND NOT a.b::text OPERATOR(taskcrm.@~) a.b::text}
		),
		'0',
		"$database: byte strings in byte strings"
	);
	# The same through the index, whose trigrams consist of the same bytes.
	is($node->safe_psql($database, q{
		CREATE INDEX ON bytes USING gin ((b::text) taskcrm_internal.contains_ops);
		SET enable_seqscan = off;
		SELECT count(*) FROM (SELECT b FROM bytes WHERE octet_length(b) > 0 ORDER BY md5(b) LIMIT 300) a
		WHERE NOT EXISTS (SELECT FROM bytes c WHERE c.b::text OPERATOR(taskcrm.@~) a.b::text AND c.b = a.b)}
		),
		'0',
		"$database: the index finds them"
	);
}

# --- the estimate distinguishes rare and common terms ---

$node->safe_psql('c_utf8', q{
	CREATE TABLE sample AS SELECT CASE WHEN g % 10 = 0 THEN 'common word ' ELSE 'row ' END || g AS title FROM generate_series(1, 20000) g;
	ANALYZE sample}
);
foreach my $case (
	[ 'common', 1700, 2300 ],
	[ 'row', 17000, 19000 ],
	[ 'zebra', 1, 100 ],
	[ 'row 12345', 1, 100 ],
	[ 'o', 19000, 20000 ]
	)
{
	my ($term, $least, $most) = @$case;
	my ($rows) = $node->safe_psql('c_utf8', "EXPLAIN SELECT FROM sample WHERE title OPERATOR(taskcrm.\@~) '$term'") =~
		/rows=(\d+)/;
	ok($rows >= $least && $rows <= $most, "$term: the estimate is $least to $most rows") or diag $rows;
}

# --- it can be canceled ---

my ($out, $err);
$node->psql(
	'c_utf8',
	q{SET statement_timeout = '200ms'; SELECT repeat('a', 20000000) || 'b' OPERATOR(taskcrm.@~) (repeat('a', 1000000) || 'c')},
	stderr => \$err
);
like($err, qr/canceling statement due to statement timeout/, 'a long search can be canceled');

done_testing();
