# KeptPsql.pm
#
# To start psql takes longer than most scripts of the tests run.  With this module, the method psql() of a
# node passes its script to a psql that stays.  That connects anew for each script, so each has a session
# of its own, as before.  In between, it is connected to a socket here, which says what a server says to a
# client and nothing more: without any connection, psql ends.  A script that could change something else
# in psql gets a psql of its own.

package KeptPsql;

use strict;
use warnings FATAL => 'all';

use IO::Handle;
use IO::Select;
use IO::Socket::UNIX;
use IPC::Open3;
use PostgreSQL::Test::Cluster;
use PostgreSQL::Test::Utils;
use Symbol 'gensym';
use Test::More ();

# So many stay at most, one for each environment.
my $MOST = 8;
# Seconds without output after which a script is given up: an open quote waits for more.
my $PATIENCE = 900;
# Meta-commands that change nothing but variables.
my $HARMLESS = qr/(?:echo|warn|gset|gexec|g)(?![a-z])/;

my $original = \&PostgreSQL::Test::Cluster::psql;
my @kept;
my $scripts = 0;
# Where a psql waits: the socket, its directory, and the process that has it.
my %waiting = (process => 0);

# The parameters of psql as variables and a user, or nothing if there are others.
sub options_of
{
	my @params = @_;
	my %options = (VERBOSITY => 'default', SHOW_CONTEXT => 'errors');

	while (my ($name, $value) = splice @params, 0, 2)
	{
		if ($name eq '-U' && defined $value) { $options{user} = $value }
		elsif ($name eq '-v' && ($value // '') =~ /^(VERBOSITY|SHOW_CONTEXT)=(\w+)$/) { $options{$1} = $2 }
		else { return }
	}
	return \%options;
}

# Whether a script needs nothing that is particular.
sub is_simple
{
	my ($node, $script, $params) = @_;
	return 0 if grep { defined $params->{$_} } qw(timeout timed_out replication connstr);
	return 0 if defined $node->{_install_path} || !defined $script;
	# If such a COPY fails, its data is read as statements.
	return 0 if $script =~ /\bfrom\s+stdin\b/i;
	return $script !~ /(?:^|\s)\\(?!$HARMLESS)[a-z!?]/mi;
}

# A value in a connection string.
sub quoted
{
	my ($value) = @_;
	$value =~ s/([\\'])/\\$1/g;
	return "'$value'";
}

# An argument of a meta-command.
sub argument
{
	my ($value) = @_;
	$value =~ s/\\/\\\\/g;
	$value =~ s/'/''/g;
	return "'$value'";
}

sub start
{
	my ($connection) = @_;
	my $self = { stdin => undef, stdout => undef, stderr => gensym };

	$self->{pid} = open3($self->{stdin}, $self->{stdout}, $self->{stderr}, 'psql', '-XAtq', '-d', $connection, '-f', '-');
	$self->{stdin}->blocking(0);
	return $self;
}

# Ends a psql, and returns its exit code.
sub finish
{
	my ($self) = @_;
	local $?;

	close $self->{$_} foreach grep { defined $self->{$_} } qw(stdin stdout stderr);
	waitpid $self->{pid}, 0;
	return $? & 127 ? 128 + ($? & 127) : $? >> 8;
}

sub open_waiting
{
	return if $waiting{process} == $$;
	my $directory = PostgreSQL::Test::Utils::tempdir_short();
	my $socket = IO::Socket::UNIX->new(Local => "$directory/.s.PGSQL.1", Listen => 5) or die "cannot listen: $!\n";
	%waiting = (process => $$, socket => $socket, directory => $directory);
}

# Lets a psql in that has done its work: it is authenticated, and the server is ready.
sub let_in
{
	my $client = $waiting{socket}->accept or die "cannot accept: $!\n";

	sysread $client, my $startup, 65536;
	syswrite $client, pack('a N N a N a', 'R', 8, 0, 'Z', 5, 'I');
	return $client;
}

# Finds or starts the psql of the present environment.
sub take
{
	my ($connection) = @_;
	my $environment = join "\0", $$, map { "$_=$ENV{$_}" } grep { /^(?:PG|LC_|LANG|TZ|PATH)/ } sort keys %ENV;
	my ($found) = grep { $kept[$_]{environment} eq $environment } 0 .. $#kept;

	return splice @kept, $found, 1 if defined $found;
	finish(shift @kept) if @kept >= $MOST;
	my $self = start($connection);
	$self->{environment} = $environment;
	return $self;
}

# Writes the script and reads both outputs up to the mark.  Returns them, and whether psql goes on.
sub talk
{
	my ($self, $script, $mark) = @_;
	my %output = (stdout => '', stderr => '');
	my $reading = IO::Select->new($self->{stdout}, $self->{stderr}, $waiting{socket});
	my $written = 0;
	local $SIG{PIPE} = 'IGNORE';

	while ($reading->count > 1)
	{
		my $writing = $written < length $script ? IO::Select->new($self->{stdin}) : undef;
		my ($readable, $writable) = IO::Select->select($reading, $writing, undef, $PATIENCE);

		die "psql does not answer to: $script\n" if !defined $readable;
		foreach my $name (grep { my $handle = $self->{$_}; grep { $_ == $handle } @$readable } qw(stdout stderr))
		{
			my $read = sysread $self->{$name}, $output{$name}, 65536, length $output{$name};
			$reading->remove($self->{$name}) if !$read || $output{$name} =~ s/\Q$mark\E closed\n\z//;
			$self->{is_over} = 1 if !$read;
		}
		$self->{server} = let_in() if grep { $_ == $waiting{socket} } @$readable;
		if (@$writable)
		{
			my $sent = syswrite $self->{stdin}, $script, 65536, $written;
			$written = defined $sent ? $written + $sent : $!{EAGAIN} ? $written : length $script;
		}
	}
	return (@output{qw(stdout stderr)}, !$self->{is_over});
}

# Runs a script in a new session.  Returns exit code and outputs as psql() does, or nothing if there
# is no connection.
sub run
{
	my ($node, $database, $script, $options, $stops) = @_;
	my $connection = $node->connstr($database);
	my $mark = "=====kept @{[++$scripts]}";

	$connection .= ' user=' . quoted($options->{user}) if defined $options->{user};
	open_waiting();
	my $self = take($connection);
	utf8::encode($script) if utf8::is_utf8($script);
	my ($stdout, $stderr, $goes_on) = talk($self, join("\n",
		map({ "\\set $_ $options->{$_}" } qw(VERBOSITY SHOW_CONTEXT)), '\set ON_ERROR_STOP 1',
		'\connect ' . argument($connection), "\\echo $mark open", "\\warn $mark open", '\set ON_ERROR_STOP ' . ($stops ? 1 : 0),
		# A last statement may have no end.
		$script, ';', '\set ON_ERROR_STOP 0', "\\echo $mark end", "\\warn $mark end",
		'\connect ' . argument("host='$waiting{directory}' port=1 dbname=none user=none gssencmode=disable"),
		"\\echo $mark closed", "\\warn $mark closed", ''), $mark);
	my $code = 0;
	if ($goes_on) { push @kept, $self }
	else { $code = finish($self) }
	foreach ($stdout, $stderr)
	{
		return if !s/\A.*?^\Q$mark\E open\n//ms;
		s/^\Q$mark\E end\n.*\z//ms;
		chomp;
	}
	return ($code, $stdout, $stderr);
}

no warnings 'redefine';
*PostgreSQL::Test::Cluster::psql = sub {
	my ($node, $database, $script, %params) = @_;
	my $options = options_of(@{ $params{extra_params} // [] });
	my $captures = wantarray || (ref $params{stdout} && ref $params{stderr});

	goto &$original if !defined $options || !$captures || !is_simple($node, $script, \%params);
	local %ENV = $node->_get_env();
	my ($code, $stdout, $stderr) = run($node, $database, $script, $options, $params{on_error_stop} // 1);
	return $node->$original($database, $script, %params) if !defined $code;
	${ $params{stdout} } = $stdout if ref $params{stdout};
	${ $params{stderr} } = $stderr if ref $params{stderr};
	die "psql ends with $code: '$stderr'\nwhile running '$script'" if $code != 0 && $params{on_error_die};
	return wantarray ? ($code, $stdout, $stderr) : $code;
};

# The original dies if psql ends before it has read the script, as it does where it cannot connect.
*PostgreSQL::Test::Cluster::poll_query_until = sub {
	my ($node, $database, $query, $expected) = @_;

	foreach (1 .. 10 * $PostgreSQL::Test::Utils::timeout_default)
	{
		my (undef, $stdout, $stderr) = eval { $node->psql($database, $query) };

		return 1 if ($stdout // '') eq ($expected // 't') && ($stderr // '') eq '';
		select undef, undef, undef, 0.1;
	}
	Test::More::diag("waited in vain for: $query");
	return 0;
};

1;
