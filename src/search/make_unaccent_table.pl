#!/usr/bin/perl
#
# Writes search_unaccent_table.h: the letters without accents, from the Unicode tables that
# come with Perl.  Run by hand together with make_casefold_table.pl; the result is kept in the
# repository, so that what matches does not change with the machine that builds.
#
# A letter of the scripts below is decomposed and loses its marks.  In other scripts marks are
# vowels or make another letter.  A few letters that have no decomposition are listed.

use strict;
use warnings;
use Unicode::Normalize qw(NFD);
use FindBin;
use Unicode::UCD;

my $SCRIPTS = qr/\p{Script=Latin}|\p{Script=Greek}|\p{Script=Cyrillic}|\p{Script=Hebrew}|\p{Script=Arabic}/;

# Folded; the capitals have been folded to these before.
my %LISTED = (
	0x00DF => 'ss', 0x00E6 => 'ae', 0x00F0 => 'd', 0x00F8 => 'o', 0x00FE => 'th',
	0x0111 => 'd', 0x0127 => 'h', 0x0131 => 'i', 0x0133 => 'ij', 0x0138 => 'k', 0x0142 => 'l',
	0x014B => 'n', 0x0153 => 'oe', 0x0167 => 't', 0x0180 => 'b', 0x0188 => 'c', 0x0199 => 'k',
	0x01A5 => 'p', 0x01B4 => 'y', 0x01B6 => 'z', 0x01E5 => 'g', 0x0192 => 'f', 0x023C => 'c',
	0x0247 => 'e', 0x0249 => 'j', 0x024D => 'r', 0x024F => 'y', 0x0253 => 'b', 0x0256 => 'd',
	0x0257 => 'd', 0x0260 => 'g', 0x0268 => 'i', 0x026B => 'l', 0x0272 => 'n', 0x0289 => 'u');

# The marks of these scripts: first and last.
my @MARKS = (
	[ 0x0300, 0x036F ], [ 0x0483, 0x0489 ], [ 0x0591, 0x05BD ], [ 0x05BF, 0x05BF ], [ 0x05C1, 0x05C2 ],
	[ 0x05C4, 0x05C5 ], [ 0x05C7, 0x05C7 ], [ 0x0610, 0x061A ], [ 0x064B, 0x065F ], [ 0x0670, 0x0670 ],
	[ 0x06D6, 0x06DC ], [ 0x06DF, 0x06E4 ], [ 0x06E7, 0x06E8 ], [ 0x06EA, 0x06ED ], [ 0x1AB0, 0x1ACE ],
	[ 0x1DC0, 0x1DFF ], [ 0xFE20, 0xFE2F ]);

my %MARKS = map { map { $_ => 1 } $_->[0] .. $_->[1] } @MARKS;
my %FOLDED = read_casefold("$FindBin::Bin/search_casefold_table.h");

# The case folding of characters that have one, as the table beside this one has it.
sub read_casefold
{
	my ($path) = @_;
	my %folded = map { $_ => $_ + 32 } ord 'A' .. ord 'Z';
	open my $in, '<', $path or die "$path: $!";
	while (<$in>)
	{
		my ($first, $last, $step, $delta) = /^\t\{0x(\w+), 0x(\w+), (\d+), (-?\d+)\},$/ or next;
		for (my $code = hex $first; $code <= hex $last; $code += $step)
		{
			$folded{$code} = $code + $delta;
		}
	}
	return %folded;
}

# The folded characters of a character without its marks.
sub plain
{
	my ($code) = @_;
	my @codes = map { ord } split //, NFD(chr $code);
	return ($code) unless chr($codes[0]) =~ $SCRIPTS;
	return map { exists $LISTED{$_} ? map { ord } split //, $LISTED{$_} : $_ }
	  map { $FOLDED{$_} // $_ } grep { !$MARKS{$_} } @codes;
}

my @entries;
foreach my $code (0x80 .. 0xFFFF)
{
	next if $code >= 0xD800 && $code <= 0xDFFF;
	next if $MARKS{$code} || exists $FOLDED{$code};
	my @plain = plain($code);
	next if @plain == 1 && $plain[0] == $code;
	die sprintf "U+%04X has %d characters", $code, scalar @plain if @plain < 1 || @plain > 2;
	push @entries, [ $code, $plain[0], $plain[1] // 0 ];
}

my $version = Unicode::UCD::UnicodeVersion();
print <<"END";
/*
 * search_unaccent_table.h
 *		Letters without accents, of Unicode $version.
 *
 * Written by make_unaccent_table.pl; do not edit.
 */
#ifndef TASKCRM_SEARCH_UNACCENT_TABLE_H
#define TASKCRM_SEARCH_UNACCENT_TABLE_H

/* A letter, case-folded, and the one or two characters that it becomes. */
typedef struct PlainLetter
{
	uint16		letter;
	uint16		plain;
	uint16		second;			/* 0 for none */
} PlainLetter;

/* Marks that are left out. */
typedef struct MarkRun
{
	uint16		first;
	uint16		last;
} MarkRun;

static const MarkRun mark_runs[] = {
END
printf "\t{0x%04X, 0x%04X},\n", @$_ foreach @MARKS;
print "};\n\nstatic const PlainLetter plain_letters[] = {\n";
printf "\t{0x%04X, 0x%04X, 0x%04X},\n", @$_ foreach @entries;
print "};\n\n#endif\n";
