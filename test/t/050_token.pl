# Logging in with tokens, with real logins and keys of all algorithms: how long a token is
# valid, what ends it, and which parts of it the server logs.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use PostgreSQL::Test::Utils;
use TaskcrmTest;
use TestToken;
use Test::More;

my $node = ready_cluster('token', conf => "taskcrm.jwt_leeway = 0\nmax_prepared_transactions = 2\n"
	. "max_worker_processes = 8\nmax_parallel_workers = 8\nlog_statement = none\n");
my $whoami = 'SELECT taskcrm.tc_current_user()';
my $count = 'SELECT count(*) FROM taskcrm.task';
my %id = map { $_ => user_id($_) } qw(alice bob carol dirk erin);
my %key = map { $_ => make_key($_) } qw(HS256 RS256 ES256 EdDSA);

sub add_key
{
	my ($kid, $alg, $key) = @_;
	my $text = $alg eq 'HS256' ? $key : public_pem($key);
	$node->safe_psql('crm', "SELECT taskcrm.tc_add_jwt_key('$kid', '$alg', " . quote($text) . ')');
	return;
}

sub login
{
	my ($token) = @_;
	return "SELECT taskcrm.tc_login('$token') -> 'user' ->> 'id'";
}

sub usual
{
	my ($user, $alg) = @_;
	$alg //= 'HS256';
	return login(token_of($alg, $key{$alg}, lc $alg, $id{$user}, 3600));
}

add_key(lc $_, $_, $key{$_}) foreach sort keys %key;

# Each algorithm, for a login without an identity.
foreach my $alg (sort keys %key) {
	my @seen = map { $_->{out} }
		run_as($node, 'mallory', [ 'BEGIN', usual('bob', $alg), $whoami, $count, 'COMMIT', $whoami, $count ]);
	is("@seen[ 1 .. 3, 5, 6 ]", "$id{bob} $id{bob} 6  0", "$alg: bob until the end of the transaction");
	# Another key of the same algorithm, and a token with another algorithm and this kid.
	my $other = make_key($alg);
	is(sql_value($node, 'mallory', login(token_of($alg, $other, lc $alg, $id{bob}, 3600))),
		'PT401', "security 16: $alg: signed with another key");
	foreach my $wrong (grep { $_ ne $alg } sort keys %key) {
		is(sql_value($node, 'mallory', login(token_of($wrong, $key{$wrong}, lc $alg, $id{bob}, 3600))),
			'PT401', "security 16: $wrong under the kid of $alg");
		my $forged =
			sign_token($wrong, $key{$wrong}, qq({"alg":"$alg","kid":"@{[lc $alg]}"}), claims_of($id{bob}, 3600));
		is(sql_value($node, 'mallory', login($forged)), 'PT401', "security 16: $wrong with $alg in its header");
	}
}
# The bytes of the public key as the secret.
foreach my $alg ('RS256', 'ES256', 'EdDSA')
{
	my $pem = public_pem($key{$alg});
	foreach my $secret ($pem, $pem =~ s/\n\z//r, decode_base64url(join('', $pem =~ /^([^-].*)$/mg) =~ tr{+/=}{-_}dr)) {
		is( sql_value(
				$node, 'mallory',
				login(sign_token('HS256', $secret, qq({"alg":"$_","kid":"@{[lc $alg]}"}), claims_of($id{bob}, 3600)))
			),
			'PT401',
			"security 16: the public key of $alg as secret, $_"
		) foreach 'HS256', $alg;
	}
}

# A pool: clients use one connection in turn, without DISCARD ALL in between.
foreach my $pool ('mallory', 'gw', 'alice')
{
	my $self = $pool eq 'alice' ? $id{alice} : '';
	foreach my $first (
		[ usual('carol') ],
		[ 'BEGIN', usual('carol'), 'COMMIT' ],
		[ 'BEGIN', usual('carol'), 'ROLLBACK' ],
		[ 'BEGIN', usual('carol'), 'SELECT 1/0', 'ROLLBACK' ],
		[ 'BEGIN', usual('carol'), 'COMMIT AND CHAIN', 'COMMIT' ],
		[ 'BEGIN', 'SAVEPOINT a', usual('carol'), 'RELEASE a', 'COMMIT' ],
		[ 'BEGIN', usual('carol'), 'SAVEPOINT a', 'SELECT 1/0', 'ROLLBACK TO a', 'COMMIT' ],
		[ 'BEGIN', usual('carol'), 'DECLARE c CURSOR WITH HOLD FOR SELECT 1', 'COMMIT' ],
		[ 'BEGIN', usual('carol'), q{PREPARE TRANSACTION 'p'}, q{COMMIT PREPARED 'p'} ],
		[ 'BEGIN', usual('carol'), 'SET search_path = public', 'RESET ALL', 'COMMIT' ],
		[ 'DO $$ BEGIN PERFORM ' . (usual('carol') =~ s/^SELECT //r) . '; COMMIT; END $$' ],
		[ usual('carol') . '\; ' . $count ])
	{
		my $session = new_session($node, $pool);
		my $how = join('; ', @$first) =~ s/'ey[^']*'/.../gr;

		$session->run($_) foreach @$first;
		is($session->value($whoami), $self, "security 13: $pool: no identity is left: $how");
		is($session->value('SELECT count(*) FROM taskcrm.task WHERE title ~* $$canary$$'),
			0, "security 13: $pool: nor is a row visible: $how");
		$session->run('BEGIN');
		is($session->value(usual('bob')), $id{bob}, "security 13: $pool: the next client logs in: $how");
		is($session->value($count), 6, "security 13: $pool: with only its own identity: $how");
		$session->run('COMMIT');
		is($session->value($whoami), $self, "security 13: $pool: for one transaction: $how");
		$session->quit;
	}
}
# A procedure that commits starts another transaction.
{
	my @results = run_as(
		$node,
		'mallory',
		[         q{DO $$ BEGIN PERFORM (}
				. usual('bob')
				. q{); RAISE NOTICE 'before <%>', taskcrm.tc_current_user();
		COMMIT; RAISE NOTICE 'after <%>', taskcrm.tc_current_user(); END $$}
		]
	);
	like(
		$results[ 0 ]{err},
		qr/before <$id{bob}>.*after <<NULL>>/s,
		'security 13: a token ends with the COMMIT of a procedure'
	);
}
# The SET clause of a function and an exception handler end only what they started.
{
	my @results = run_as(
		$node,
		'mallory',
		[   q{CREATE FUNCTION own_mallory.enter(token text) RETURNS uuid LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS
			$$ BEGIN PERFORM taskcrm.tc_login(token); RETURN taskcrm.tc_current_user(); END $$},
		q{CREATE FUNCTION own_mallory.leave(token text) RETURNS uuid LANGUAGE plpgsql AS
			$$ BEGIN PERFORM taskcrm.tc_login(token); RAISE division_by_zero; EXCEPTION WHEN division_by_zero THEN RETURN taskcrm.tc_current_user(); END $$},
		'BEGIN', usual('bob') =~ s/taskcrm.tc_login(.*?\)).*/own_mallory.leave$1/r, $whoami,
		usual('bob') =~ s/taskcrm.tc_login(.*?\)).*/own_mallory.enter$1/r, $whoami, 'ROLLBACK' ]);
	is(join(',', map { $_->{out} } @results[ 3 .. 6 ]), ",,$id{bob},$id{bob}",
		'security 13: an exception handler undoes a login, a function with a SET clause does not');
}

# Cached plans follow the token.
{
	my $session = new_session($node, 'mallory');
	$session->run($_)
		foreach 'SET plan_cache_mode = force_generic_plan',
		'PREPARE q AS SELECT count(*), min(title) FROM taskcrm.task',
	  'PREPARE list AS SELECT taskcrm.tc_list_tasks() ->> $$count$$';
	foreach my $turn ([ 'bob', '6|plain' ], [ 'carol', "6|$TaskcrmTest::CANARY" ], [ 'alice', '6|plain' ])
	{
		$session->run('BEGIN');
		is($session->value('EXECUTE q'), '0|', 'security 6: no identity before the login');
		$session->run(usual($turn->[0]));
		like($session->value('EXECUTE q'), qr/^\Q$turn->[1]\E/,
			"security 6: the same prepared statement as $turn->[0]");
		is($session->value('EXECUTE list'), 6, "security 6: and an API call as $turn->[0]");
		$session->run('COMMIT');
	}
	$session->quit;
}

# Revocation during a transaction: of the membership, the user, the key.
foreach my $case (
	[   'the membership',
		"UPDATE taskcrm.member SET is_active = false WHERE user_id = '$id{bob}'",
		"UPDATE taskcrm.member SET is_active = true WHERE user_id = '$id{bob}'", 'PT403'
	],
	[   'the user',
		"UPDATE taskcrm.app_user SET is_active = false WHERE id = '$id{bob}'",
		"UPDATE taskcrm.app_user SET is_active = true WHERE id = '$id{bob}'", 'PT401'
	],
	[   'the key', q{SELECT taskcrm.tc_remove_jwt_key('hs256')}, sub { add_key('hs256', 'HS256', $key{HS256}) },
		'PT401'
	]
	)
{
	my ($what, $revoke, $restore, $state) = @$case;
	my $session = new_session($node, 'mallory');
	$session->run($_) foreach 'BEGIN ISOLATION LEVEL REPEATABLE READ', usual('bob');
	is($session->value($count), 6, "bob sees his tasks before $what is revoked");
	$node->safe_psql('crm', $revoke);
	is($session->value($count), 0, "security 7: $what is revoked: the next statement sees nothing");
	is($session->run('SELECT taskcrm.tc_list_tasks()')->{state}, $state, "security 7: nor does the API");
	$session->run('COMMIT');
	isnt($session->value(usual('bob')), $id{bob},
		"security 16: nor can the token be used to log in again") if $state eq 'PT401';
	if (ref $restore)
	{
		# If a key is added again with the same kid and secret, it is a different key for sessions that
		# logged in with the first one.
		my $second = new_session($node, 'mallory');
		$restore->();
		$second->run($_) foreach 'BEGIN', usual('bob');
		is($second->value($count), 6, 'a key that is added again is accepted');
		$node->safe_psql('crm', q{SELECT taskcrm.tc_remove_jwt_key('hs256')});
		$restore->();
		is($second->value($count), 0, 'security 16: but not for a login from before it was removed');
		is( $second->value(q{SELECT taskcrm.tc_whoami() ->> 'problem'}),
			'the key of the token was removed',
			'and tc_whoami() shows why'
		);
		$second->quit;
	}
	else
	{
		$node->safe_psql('crm', $restore);
	}
	$session->quit;
}

# Rotation: the new key is added, both are accepted, the old one is removed.
{
	my ($old, $new) = map { make_key('ES256') } 1, 2;
	my @tokens = map { login($_) } token_of('ES256', $old, 'old', $id{bob}, 3600),
		token_of('ES256', $new, 'new', $id{bob}, 3600),
	  token_of('ES256', $old, undef, $id{bob}, 3600), token_of('ES256', $new, undef, $id{bob}, 3600);
	my $try = sub { join ' ', map { sql_value($node, 'mallory', $_) =~ s/$id{bob}/bob/r } @tokens };

	add_key('old', 'ES256', $old);
	is($try->(), 'bob PT401 bob PT401', 'rotation: the old key');
	add_key('new', 'ES256', $new);
	is($try->(), 'bob bob bob bob', 'rotation: both keys, with and without kid');
	$node->safe_psql('crm', q{SELECT taskcrm.tc_remove_jwt_key('old')});
	is($try->(), 'PT401 bob PT401 bob', 'rotation: the new key');
}

# Expiry, checked in every statement. All sessions log in, then all wait for the same time.
{
	my %session = map { $_ => new_session($node, 'mallory') } qw(execute function parallel cursor);
	$session{own} = new_session($node, 'alice');
	$session{function}->run(q{CREATE FUNCTION own_mallory.sleeper(until float8) RETURNS text LANGUAGE plpgsql AS $$
		DECLARE before bigint; after text;
		BEGIN
		  SELECT count(*) INTO before FROM taskcrm.task;
		  PERFORM pg_sleep(greatest(0, until - extract(epoch FROM clock_timestamp()) + 0.2));
		  BEGIN
		    SELECT count(*) INTO after FROM taskcrm.task;
		  EXCEPTION WHEN OTHERS THEN after := sqlstate || ' ' || sqlerrm;
		  END;
		  RETURN before || ', then ' || after;
		END $$});
	$_->run('PREPARE q AS SELECT count(*) FROM taskcrm.task') foreach values %session;
	my $until = time + 10;
	my $token = login(sign_token('HS256', $key{HS256}, '{"alg":"HS256"}', qq({"sub":"$id{bob}","exp":$until})));
	foreach my $name (sort keys %session)
	{
		$session{$name}->run('BEGIN');
		is($session{$name}->value($token), $id{bob}, "$name: logged in");
		is($session{$name}->value('EXECUTE q'), 6, "$name: bob sees his tasks");
	}
	$session{cursor}->run('DECLARE c CURSOR FOR SELECT title FROM taskcrm.task');
	$session{cursor}->run('DECLARE late CURSOR FOR SELECT title FROM taskcrm.task');
	like($session{cursor}->value('FETCH FROM c'), qr/^plain/, 'a cursor is opened and read');
	is( $session{function}->value("SELECT own_mallory.sleeper($until)"),
		'6, then PT401 the token expired while the statement ran',
		'security 16: exp is checked within a function that is still running'
	);
	is($session{$_}->value('EXECUTE q'), 0, "security 16: $_: a prepared statement shows nothing after exp")
		foreach 'execute', 'function', 'own';
	is( $session{execute}
			->value(q{SELECT taskcrm.tc_whoami() ->> 'source' || ': ' || (taskcrm.tc_whoami() ->> 'problem')}),
		'token: the token has expired',
		'and tc_whoami() shows why'
	);
	$session{parallel}->run($_)
		foreach 'SET LOCAL max_parallel_workers_per_gather = 2', 'SET LOCAL parallel_setup_cost = 0',
		'SET LOCAL parallel_tuple_cost = 0', 'SET LOCAL min_parallel_table_scan_size = 0',
		'SET LOCAL min_parallel_index_scan_size = 0';
	is($session{parallel}->value('SELECT count(*) FROM taskcrm.task'), 0,
		'security 16: nor does a statement with parallel workers');
	like($session{cursor}->value('FETCH ALL FROM c'),
		qr/^plain.*plain/s, 'a cursor that was read before is a statement that began before');
	is($session{cursor}->value('FETCH ALL FROM late'), '',
		'security 16: a cursor that was not read before shows nothing');
	my $list = $session{own}->run('SELECT taskcrm.tc_list_tasks()');
	is( "$list->{state} " . ($list->{err} =~ /(the token has expired)/ ? $1 : $list->{err}),
		'PT401 the token has expired',
		'security 16: an expired token does not fall back to the identity of the login'
	);
	$session{own}->run('ROLLBACK');
	is($session{own}->value($whoami), $id{alice}, 'which applies in the next transaction');
	is($session{own}->value($token), 'PT401', 'security 16: an expired token cannot be used to log in');
	$_->quit foreach values %session;
}

# Repeated logins do not increase the memory of the server or of OpenSSL.
foreach my $alg (sort keys %key)
{
	my $session = new_session($node, 'mallory');
	my $pid = $session->value('SELECT pg_backend_pid()');
	my $good = token_of($alg, $key{$alg}, lc $alg, $id{bob}, 3600);
	my $bad = token_of($alg, make_key($alg), lc $alg, $id{bob}, 3600);
	my $loop = sub {
		return qq{DO \$\$ BEGIN FOR i IN 1 .. $_[0] LOOP
			PERFORM taskcrm.tc_login('$good'); COMMIT;
			BEGIN PERFORM taskcrm.tc_login('$bad'); EXCEPTION WHEN SQLSTATE 'PT401' THEN NULL; END;
			END LOOP; END \$\$};
	};
	my $resident = sub { (split ' ', slurp_file("/proc/$pid/statm"))[1] * 4 };

	is($session->run($loop->(200))->{state}, '00000', "$alg: 200 logins");
	my $before = $resident->();
	is($session->run($loop->(2000))->{state}, '00000', "$alg: 2000 more");
	my $growth = $resident->() - $before;
	note("$alg: $growth kB more after 2000 logins");
	cmp_ok($growth, '<', 1024, "$alg: 2000 more logins use no more memory");
	$session->quit;
}

# What the server logs. A token in the text of a statement is logged with the statement;
# messages of tc_login() are logged without their statement.
sub logged
{
	my ($settings, $run, $role) = @_;
	$role //= 'mallory';
	$node->safe_psql('postgres', join '; ', map { "ALTER ROLE $role SET $_" } @$settings) if @$settings;
	my $offset = -s $node->logfile;
	$run->();
	my $log = substr slurp_file($node->logfile), $offset;
	$node->safe_psql('postgres', "ALTER ROLE $role RESET ALL");
	return $log;
}

my $secret = token_of('HS256', $key{HS256}, 'hs256', $id{bob}, 3600);
my $invalid = $secret . 'A';
my ($mark) = $secret =~ /\.(.*)\./;
# Debug output shows the bytes of a constant as numbers, with line breaks at any place.
my $as_bytes = join '', unpack 'C40', $mark;
my $by_text = sub { run_as($node, 'mallory', [ login($_[0]) ]) };
my $by_parameter = sub {
	my ($token, $function, $role) = @_;
	$function //= 'tc_login';
	my $file = "$PostgreSQL::Test::Utils::tmp_check/$function.sql";
	append_to_file($file, "SELECT length(taskcrm.$function(:token)::text);") if !-e $file;
	# pgbench sends its variables as parameters of the extended protocol.
	IPC::Run::run(
		[   'pgbench', '-n', '-t', 1, '-M', 'extended',
			'-D', "token=$token", '-f', $file, '-U', $role // 'mallory',
			'-h', $node->host, '-p', $node->port, 'crm'
		],
		'>',
		\my $out,
		'2>',
		\my $err
	);
	return $err;
};
unlike(logged([], sub { $by_text->($invalid) }),
	qr/\Q$mark\E/, 'security 16: a failed login is logged without its statement');
like(logged([], sub { $by_text->($invalid) }), qr/ERROR:  the token is not valid/, 'but it is logged');
foreach my $case ([ 'expired', -60 ], [ 'of an unknown user', 60, 'f' x 12 ], [ 'without user', 60, 'x' ])
{
	my ($what, $seconds, $user) = @$case;
	my $token = sign_token('HS256', $key{HS256}, '{"alg":"HS256"}',
		claims_of($id{bob} =~ s/.{12}$/$user \/\/ 'f' x 12/er, $seconds));
	my ($part) = $token =~ /\.(.*)\./;
	my $log = logged([], sub { $by_text->($token) });
	like($log, qr/ERROR:  the (token|user) /, "a login $what fails");
	unlike($log, qr/\Q$part\E/, "security 16: a login $what is logged without its statement");
}
unlike(
	logged([], sub { run_as($node, 'mallory', [ q{DO $d$ BEGIN EXECUTE $s$} . login($invalid) . q{$s$; END $d$} ]) }),
	qr/\Q$mark\E/, 'security 16: nor with its context, if the text of a statement in a function contained the token');
like(
	logged([], sub { run_as($node, 'mallory', [ 'BEGIN', login($secret), usual('alice') ]) }),
	qr/ERROR:  another token is bound/,
	'a second login fails'
);
unlike(logged([], sub { run_as($node, 'mallory', [ 'BEGIN', login($secret), usual('alice') ]) }),
	qr/tc_login/, 'security 16: and is logged without its statement');
unlike(logged([], sub { $by_parameter->($invalid) }), qr/\Q$mark\E/, 'security 16: nor is its parameter logged');
my @cases = (
	# settings, the token as text, as parameter
	[ [], 0, 0 ],
	[ [ 'log_statement = $$all$$' ], 1, 1 ],
	[ [ 'log_statement = $$all$$', 'log_parameter_max_length = 0' ], 1, 0 ],
	[ [ 'log_min_duration_statement = 0' ], 1, 1 ],
	[ [ 'log_min_duration_statement = 0', 'log_parameter_max_length = 0' ], 1, 0 ],
	[ [ 'log_duration = on' ], 0, 0 ],
	[ [ 'debug_print_parse = on' ], 1, 0 ],
	[ [ 'debug_print_rewritten = on' ], 1, 0 ],
	[ [ 'debug_print_plan = on' ], 1, 1 ]);
foreach my $case (@cases)
{
	my ($settings, @expected) = @$case;
	my @seen = map { logged($settings, $_) =~ s/\s//gr =~ /\Q$mark\E|$as_bytes/ ? 1 : 0 } sub { $by_text->($secret) },
		sub { $by_parameter->($secret) };
	is("@seen", "@expected", "a token in the log, as text and as parameter: @$settings");
}
unlike(
	logged([ 'log_parameter_max_length_on_error = -1' ], sub { $by_parameter->($invalid) }),
	qr/\Q$mark\E.*\Q$mark\E.*\Q$mark\E/s,
	'a failed login with its parameters logged shows the token at most twice'
);

# The token of an invitation: the answer that contains it is not logged, and accepting it is like
# logging in.
{
	my @verbose = ('log_statement = $$all$$', 'log_min_duration_statement = 0', 'log_parameter_max_length = -1',
		'log_parameter_max_length_on_error = -1', 'log_min_error_statement = debug5');
	my $token;
	my $invite = q{SELECT taskcrm.tc_invite_member(NULL) ->> 'token'};
	my $log = logged(\@verbose, sub { $token = sql_value($node, 'alice', $invite) }, 'alice');
	like($log, qr/tc_invite_member/, 'an invitation is logged');
	is(length $token, 86, 'and returns a token');
	unlike($log, qr/\Q$token\E/, 'security 16: which the log does not contain');
	my $accept = sub { sql_value($node, 'carol', "SELECT taskcrm.tc_accept_invitation('$_[0]')") };
	my $wrong = substr($token, 0, 80) . 'wRoNg_';
	my @errors = grep { !/log_statement|log_min_duration/ } @verbose;
	foreach my $run (sub { $accept->($wrong) }, sub { $by_parameter->($wrong, 'tc_accept_invitation', 'carol') })
	{
		$log = logged(\@errors, $run, 'carol');
		like($log, qr/ERROR:  invitation not found/, 'an invitation that is refused is logged');
		unlike($log, qr/wRoNg_/, 'security 16: without its token');
	}
	my @limited = ('log_statement = $$all$$', 'log_min_duration_statement = 0', 'log_parameter_max_length = 0');
	$log = logged(\@limited, sub { $by_parameter->($token, 'tc_accept_invitation', 'carol') }, 'carol');
	like($log, qr/tc_accept_invitation/, 'accepting one is logged');
	unlike($log, qr/\Q$token\E/, 'security 16: without the token as a parameter, if parameters are not logged');
	like(logged(\@errors, sub { $accept->($token) }, 'carol'), qr/ERROR:  /, 'the token was used');
	$node->safe_psql('crm', "DELETE FROM taskcrm.member WHERE (org_id, user_id) = ('@{[org(1)]}', '$id{carol}')");
}

# A refused key is not shown either.
{
	my $offset = -s $node->logfile;
	my $result = run_one($node, undef, q{SELECT taskcrm.tc_add_jwt_key('x', 'HS256', 'sEcReT-too-short')});
	is($result->{state}, '22023', 'a short secret is refused');
	unlike($result->{err}, qr/sEcReT/, 'security 16: the message does not show the secret');
	run_one($node, undef, q{SELECT taskcrm.tc_add_jwt_key('x', 'none', 'sEcReT-of-no-algorithm-of-ours-at-all')});
	run_one($node, undef, q{DO $$ BEGIN EXECUTE 'SELECT taskcrm.tc_add_jwt_key(''x'', ''HS256'', ''sEcReT'')'; END $$});
	$result = run_one($node, undef,
		q{SELECT taskcrm.tc_add_jwt_key('hs256', 'HS256', 'sEcReT-of-the-kid-that-is-there-already')});
	is($result->{state}, '23505', 'an existing kid is refused');
	unlike($result->{err}, qr/sEcReT/, 'security 16: nor does this message');
	my $log = substr slurp_file($node->logfile), $offset;
	is(scalar(() = $log =~ /ERROR:  (invalid value for argument|a key with kid)/g), 4, 'four errors are logged');
	unlike($log, qr/sEcReT/, 'security 16: and none with its statement or context');
}

# Keys are rows of an ordinary table, so a dump contains them.
{
	my $dump = "$PostgreSQL::Test::Utils::tmp_check/keys.dump";
	my $keys = 'SELECT kid, id, alg, sha256(key), issuer, audience FROM taskcrm_internal.jwt_key ORDER BY kid';

	$node->command_ok([ 'pg_dump', '-Fc', '-f', $dump, 'crm' ], 'pg_dump');
	$node->safe_psql('postgres', 'CREATE DATABASE copy');
	$node->command_ok([ 'pg_restore', '-d', 'copy', $dump ], 'pg_restore');
	is($node->safe_psql('copy', $keys), $node->safe_psql('crm', $keys), 'the keys are there again');
	is(sql_value($node, 'mallory', [ 'BEGIN', usual('bob'), $count ], database => 'copy'), 6,
		'tokens can be used to log in');
}

$node->stop;
done_testing();
