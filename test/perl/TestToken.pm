# TestToken.pm
#
# Tokens for the tests: keys made by the openssl command, and JSON Web Tokens with any
# header and claims, valid or not, signed with them.

package TestToken;

use strict;
use warnings FATAL => 'all';

use Digest::SHA 'hmac_sha256';
use Exporter 'import';
use File::Temp;
use MIME::Base64 qw(encode_base64url decode_base64url);

our @EXPORT = qw(make_key public_pem claims_of token_of sign_token encode_base64url decode_base64url);

my %MAKE = (
	RS256 => 'genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048',
	ES256 => 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256',
	EdDSA => 'genpkey -algorithm ED25519');
my $dir = File::Temp->newdir;
my $number = 0;

# Runs the openssl command with some input and returns its output.
sub openssl
{
	my ($arguments, $input) = @_;
	my ($in, $out) = ("$dir/in", "$dir/out");

	open(my $to, '>:raw', $in) or die "$in: $!";
	print $to $input // '';
	close $to;
	system("openssl $arguments <$in >$out 2>$dir/err") == 0 or die "openssl $arguments failed: " . slurp("$dir/err");
	return slurp($out);
}

sub slurp
{
	my ($name) = @_;
	open(my $from, '<:raw', $name) or die "$name: $!";
	local $/;
	return scalar <$from>;
}

# Makes a private key for an algorithm, or with options for openssl, and returns its file
# name.  For HS256 it returns the secret itself.
sub make_key
{
	my ($alg, $options) = @_;
	my $file = "$dir/key" . ++$number;

	return 'a secret of thirty-two bytes or more ' . $number if $alg eq 'HS256';
	openssl(($options // $MAKE{$alg}) . " -out $file");
	return $file;
}

sub public_pem { return openssl("pkey -in $_[0] -pubout") }

# Signs bytes as an algorithm does.
sub signature
{
	my ($alg, $key, $text) = @_;

	return hmac_sha256($text, $key) if $alg eq 'HS256';
	return openssl("dgst -sha256 -sign $key", $text) if $alg eq 'RS256';
	# This command needs the size of its input, so it reads the file that openssl() writes.
	return openssl("pkeyutl -sign -rawin -inkey $key -in $dir/in", $text) if $alg eq 'EdDSA';
	# Two integers in DER become two numbers of 32 bytes.
	my $der = openssl("dgst -sha256 -sign $key", $text);
	my @numbers = unpack 'x2 x C/a x C/a', $der;
	return join '', map { substr(("\0" x 32) . $_, -32) } @numbers;
}

# Makes a token of exactly these texts.
sub sign_token
{
	my ($alg, $key, $header, $claims) = @_;
	my $text = encode_base64url($header) . '.' . encode_base64url($claims);
	return $text . '.' . encode_base64url(signature($alg, $key, $text));
}

# Makes claims for a user and a lifetime in seconds, plus any others.
sub claims_of
{
	my ($user, $seconds, $more) = @_;
	return sprintf '{"sub":"%s","exp":%d%s}', $user, time + $seconds, $more ? ",$more" : '';
}

# The usual token.
sub token_of
{
	my ($alg, $key, $kid, $user, $seconds, $more) = @_;
	my $header = qq({"alg":"$alg","typ":"JWT") . (defined $kid ? qq(,"kid":"$kid") : '') . '}';
	return sign_token($alg, $key, $header, claims_of($user, $seconds, $more));
}

1;
