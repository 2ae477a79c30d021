# TaskcrmMutate.pm
#
# Random function calls: the valid calls of TaskcrmRules with their arguments changed,
# slightly or completely.  The caller must call srand first.

package TaskcrmMutate;

use strict;
use warnings FATAL => 'all';

use Exporter 'import';
use JSON::PP ();
use TaskcrmTest;
use TaskcrmRules;

our @EXPORT = qw(one_of chance client_signatures random_call random_claims sql_text @texts);

sub one_of { return $_[ int rand @_ ] }
sub chance { return rand() < $_[0] }

# ---------------------------------------------------------------------------
# Values. JSON is kept as a Perl structure in which a reference to a text is a token that is
# written unchanged; huge values are written as repeat(...), which the server evaluates.

my @numbers = map { my $token = $_; \$token } qw(0 -0 1 -1 1.5 0.1 1e0 1E2 2147483647 2147483648 -2147483649 4294967296
	9007199254740993 9223372036854775807 9223372036854775808 -9223372036854775809 18446744073709551616 1e20 1e308 1e400
	1e131071 -1e131071 1e131072 1e-16383 1e-16384 0.00000000000000000000000000000000000000001 1e1000000000 3.0000000000000000000001);
our @texts = (
	'', ' ',
	"\t", 'x',
	'New', 'in progress',
	'URGENT', '0',
	'1', '-1',
	'1e5', '1.5',
	'true', 'null',
	'NaN', 'Infinity',
	'-infinity', 'infinity',
	'now', 'today',
	'tomorrow', 'epoch',
	'allballs', '2024-02-30',
	'2023-02-29', '0000-00-00',
	'0000-01-01', '0001-01-01',
	'9999-12-31', '10000-01-01',
	'2024-1-1', '02/03/2024',
	'20240101', 'J2451187',
	'2024-01-01T00:00:00', '2024-01-01T24:00:00Z',
	'2024-01-01T23:59:60Z', '2024-01-01 00:00:00+99:99',
	'9999-12-31T23:59:59.999999-23:59', '0001-01-01T00:00:00+23:59',
	'294276-12-31', '4713-01-01 BC',
	'@me', '@',
	'@@', '@alice',
	'@bob@example.org', '%',
	'_', '%_%',
	'\\', '\\\\',
	'\\u0000', q{'},
	q{''}, '"',
	q{'; DROP TABLE taskcrm.task; --}, '$$',
	'$1', '${x}',
	'%s%n', '{',
	'}', '[]',
	'{}', 'start',
	'Europe/Berlin', 'europe/berlin',
	'UTC+25', 'EST5EDT',
	'../../etc/passwd', '/etc/passwd',
	'posix/UTC', 'Factory',
	"x\r\ny: z", "a\x01b",
	"\x7f", "\x{80}",
	"\x{ad}", "\x{fe}\x{ff}",
	"\x{130}\x{131}", "\x{df}",
	"\x{3c2}\x{3a3}", "\x{202e}abc",
	"\x{feff}", "\x{fffe}",
	"\x{ffff}", "\x{d7ff}\x{e000}",
	"\x{1f600}", "\x{10ffff}",
	"e\x{301}", "\x{1e9e}",
	"\x{a0}", "\x{2028}",
	'a/b', 'a\\b',
	'..', '.',
	'con', 'text/html',
	'a/b; c', 'a/b;c="d',
	'http://x', 'https://',
	'javascript:alert(1)', 'https://x y',
	"https://x\ny", 'AA==',
	'AA=', '====',
	'!!!!', 'QQ==QQ==',
	org(1), org(2),
	user_id('alice'), user_id('carol'),
	id(1, 'task', 1), id(2, 'task', 1),
	id(1, 'account', 1), id(2, 'account', 1),
	id(1, 'contact', 2), id(2, 'team', 1),
	uc id(1, 'task', 1), '{' . id(1, 'task', 1) . '}',
	substr(id(1, 'task', 1), 1), id(1, 'task', 1) . '0',
	id(1, 'task', 1) =~ s/-//gr, '00000000-0000-0000-0000-000000000000',
	'ffffffff-ffff-ffff-ffff-ffffffffffff'
);
my @keys = (
	qw(title status priority due_date account contacts assigned_to teams description version attachments id org created_by created_on updated_on completed_on
	limit offset ordering cursor count search view where accents overdue time_zone contact team due_date__gte due_date__lte created_on__gte created_on__lte updated_on__gte updated_on__lte completed_by completed_on__gte completed_on__lte no_due_date unassigned ids deleted_by deleted_on__gte deleted_on__lte file_name
		content_type content url sub __proto__ Title TITLE), '', ' title', "title\x{200b}", 'x' x 100, "k\x01",
	"\x{1f600}", 'a"b', "a'b", '$where'
);
my @tokens = map { my $token = $_; \$token } '"\ud800"', '"\udc00x"', '"\ud83d\ude00"', '"\u0000"', '"\x"', '"\uZZZZ"',
	'nul', 'True', '01', '.5', '+1', '0x10', '1e', '"', 'NaN',
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
	return join '', map { chr one_of(1 .. 126, 0xa1 .. 0x24f, 0x4e00 .. 0x4e20, 0x1f600 .. 0x1f610) } 1 .. int rand 40
		if $what == 9;
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
	return '{' . join(',', map { $json->encode("$_") . ':' . write_json($value->{$_}) } sort keys %$value) . '}'
		if ref $value eq 'HASH';
	return '[' . join(',', map { write_json($_) } @$value) . ']' if ref $value eq 'ARRAY';
	return ref $value ? $$value : $json->encode("$value");
}

# Converts the JSON::PP form of a valid call: booleans and numbers become tokens again.
sub read_json
{
	my ($value) = @_;
	return { map { $_ => read_json($value->{$_}) } keys %$value } if ref $value eq 'HASH';
	return [ map { read_json($_) } @$value ] if ref $value eq 'ARRAY';
	return \'null' if !defined $value;
	my $token = $json->encode($value);
	return $token =~ /^"/ ? $value : \$token;
}

# Returns an SQL expression, in ASCII, and its approximate size in bytes.
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
		return huge(
			'"' . user_id('bob') . '",',
			one_of(999, 1000, 1001, 100000),
			'{"title":"x","' . one_of('assigned_to', 'contacts', 'teams') . '":[', '"x"]}'
		);
	}
	my $text = write_json(chance(0.1) ? $tree : mutate_json($tree));
	$text = write_json(mutate_json($tree)) if chance(0.2);
	substr($text, int rand length $text, int rand 3) =
		one_of('', '"', '{', '}', '[', ']', ',', ':', '\\', 'e', '-', "\x01")
		if chance(0.08) && length $text;
	return sql_text($text);
}

sub text_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.02);
	return huge(one_of('x', "\x{e9}", '@', '@a.', '/', ' ', "\x01"), one_of(100000, 1000000)) if chance(0.01);
	return (one_of("E'\\xff'", "E'a\\xc3'", "E'\\xed\\xa0\\x80'", "E'\\xf4\\x90\\x80\\x80'", "E'\\xc0\\x80'"), 8)
		if chance(0.01);
	return sql_text(chance(0.1) ? $valid // 'x' : random_text($valid));
}

sub uuid_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.02);
	return sql_text(with_ids($valid // '{task}', chance(0.8) ? 1 : 1 + int rand 3)) if chance(0.6);
	return text_argument(with_ids($valid // '{task}', 1));
}

# Returns a valid value with some bytes changed, removed, repeated or inserted.
sub mutated_bytes
{
	my ($bytes) = @_;

	foreach (1 .. int rand 4)
	{
		my $at = int rand length $bytes;
		my $piece = substr($bytes, int rand length $bytes, int rand 30);
		substr($bytes, $at, int rand 3) = one_of('', chr(int rand 256), "\r\n", '--', '"', $piece);
		last if $bytes eq '';
	}
	return $bytes;
}

sub bytea_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.05);
	if (defined $valid && length $valid > 20 && chance(0.7))
	{
		my $bytes = mutated_bytes($valid);
		return ("'\\x" . unpack('H*', $bytes) . "'", length $bytes);
	}
	return ("convert_to(repeat('x', @{[one_of(10485760, 10485761, 12000000)]}), 'UTF8')", 12e6) if chance(0.002);
	return (one_of(q{'\\xZZ'}, q{'\\x0'}, q{E'\\\\'}, q{E'\\\\400'}, q{''}), 8) if chance(0.2);
	return ("'\\x" . join('', map { sprintf '%02x', int rand 256 } 1 .. int rand 200) . "'", 200);
}

sub uuids_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.02);
	return ("array_fill('@{[user_id('bob')]}'::uuid, ARRAY[@{[one_of(999, 1000, 1001, 100000)]}])", 1e6)
	  if chance(0.02);
	return (
		one_of(
			"'{NULL}'", "'{{}}'",
			"'[5:5]={@{[user_id('bob')]}}'", "'{{@{[user_id('bob')]}},{@{[user_id('alice')]}}}'"
		),
		40
	) if chance(0.1);
	return text_argument(with_ids($valid // '{}', 1)) if chance(0.2);
	return sql_text('{'
			. join(',', map { with_ids(one_of('{user}', '{me}', '{task}', '{user}'), 1 + int rand 2) } 1 .. int rand 5)
			. '}');
}

sub time_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.1);
	return ("now() + interval '@{[one_of(-1, 0, 1, 7, 366, 367, 100000)]} days'", 30) if chance(0.5);
	return (
		one_of(
			"'infinity'", "'-infinity'", "'epoch'", "'0001-01-01 BC'", "'294276-12-31 23:59:59.999999Z'",
			"'4713-01-01 00:00Z BC'", "'2023-02-30'"
		),
		30
	) if chance(0.5);
	return text_argument($valid);
}

sub texts_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.1);
	return (one_of("'{NULL}'", "'{{}}'", "'[5:5]={task.*}'", "'{{task.*},{team.*}}'", "array_fill('task.*'::text, '{1001}')"), 40) if chance(0.2);
	return text_argument($valid // '{}') if chance(0.2);
	return sql_text('{' . join(',', map { one_of('task.created', 'comment.*', 'team.deleted', 'x', '*', '""') } 1 .. int rand 5) . '}');
}

sub interval_argument
{
	my ($valid) = @_;
	return ('NULL', 4) if chance(0.1);
	return (one_of("'0'", "'1 day'", "'-1 second'", "'1 month'", "'178000000 years'", "'-178000000 years'", "'1 month -30 days'",
			"'2147483647 days'", "'-2147483648 days 1 second'", "'0.0000004 seconds'"), 30) if chance(0.6);
	return text_argument($valid);
}

my %argument = (
	'text[]' => \&texts_argument, interval => \&interval_argument,
	jsonb => \&json_argument, text => \&text_argument, uuid => \&uuid_argument, 'uuid[]' => \&uuids_argument,
	bytea => \&bytea_argument, 'timestamp with time zone' => \&time_argument);

# The functions with arguments that a role may execute: name => {types, required}.
sub client_signatures
{
	my ($node, $role) = @_;
	return map {
		my ($name, $types, $required) = split /\|/;
		($name => { types => [ split /,/, $types ], required => $required })
	} split /\n/, $node->safe_psql(
		'crm', qq{SELECT proname, array_to_string(proargtypes::regtype[], ','), pronargs - pronargdefaults
		FROM pg_proc WHERE pronamespace = 'taskcrm'::regnamespace AND has_function_privilege('$role', oid, 'EXECUTE') AND pronargs > 0
		AND proname <> 'is_overdue' ORDER BY 1});
}

# Returns a statement that calls a function, and the approximate size of its arguments.
sub random_call
{
	my ($name, $signature) = @_;
	my @types = @{ $signature->{types} };
	my $valid = one_of(@{ function_rule('taskcrm', $name)->{calls} });
	my $count = chance(0.1) ? one_of($signature->{required} .. @types) : scalar @$valid;
	my $size = 0;
	my @arguments = map {
		my $mutate = $argument{ $types[$_] } // die "no mutations for arguments of type $types[$_]\n";
		my ($sql, $bytes) = $mutate->($valid->[$_] // ($types[$_] eq 'jsonb' ? '{"title":"x"}' : undef));
		$size += $bytes;
		"($sql)::$types[$_]"
	} 0 .. $count - 1;
	return ("SELECT x::text FROM taskcrm.$name(" . join(', ', @arguments) . ') x', $size);
}

# Claims of a gateway about a user, changed at random, as an SQL expression.
sub random_claims
{
	my ($user) = @_;
	my $text = one_of("{\"sub\":\"$user\",\"role\":\"web_user\",\"exp\":1700000000,\"a\":[1,{\"sub\":\"x\"}]}",
		"{\"role\":\"x\",\"sub\":\"$user\"}", $user);

	$text = write_json(mutate_json(read_json($json->decode($text)))) if chance(0.4) && $text =~ /^\{/;
	substr($text, int rand(length $text), int rand 4) = one_of(@texts) if chance(0.5) && length $text;
	$text = substr($text, 0, int rand(1 + length $text)) if chance(0.1);
	my ($sql) = chance(0.005) ? huge('[', 100000, '{"sub":', '') : sql_text($text);
	return $sql;
}

1;
