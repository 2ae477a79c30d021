#!/usr/bin/perl
#
# Writes character_table.h: which characters are blank, parts of words, or neither, from
# the Unicode tables that come with Perl.  Run by hand when a newer Unicode is wanted;
# the result is kept in the repository, so that the answers do not depend on the machine
# that builds.
#
#   perl src/base/make_character_table.pl > src/base/character_table.h

use strict;
use warnings;
use Unicode::UCD;

# The first class that a character has.  Line_Break tells the scripts that are written
# without spaces: ideographs, kana, Hangul, and those of South East Asia.
my @classes = (
	[ SPACE    => qr/[\p{White_Space}\x{2800}\x{1D159}]/ ],
	[ HIDDEN   => qr/[\p{Default_Ignorable_Code_Point}\p{Cc}]/ ],
	[ MARK     => qr/\p{M}/ ],
	[ UNSPACED => qr/(?=[\p{L}\p{N}])[\p{Lb=ID}\p{Lb=CJ}\p{Lb=SA}\p{Lb=H2}\p{Lb=H3}\p{Lb=JL}\p{Lb=JV}\p{Lb=JT}]/ ],
	[ LETTER   => qr/[\p{L}\p{N}]/ ],
	[ SYMBOL   => qr/\p{S}/ ]);

sub class_of
{
	my ($code) = @_;
	my $character = chr $code;
	foreach my $class (@classes)
	{
		return $class->[0] if $character =~ $class->[1];
	}
	return '';
}

my @runs;    # [first, last, class]
no warnings 'nonchar';
foreach my $code (0x80 .. 0x10FFFF)
{
	next if $code >= 0xD800 && $code <= 0xDFFF;
	my $class = class_of($code);
	next if $class eq '';
	my $run = $runs[-1];
	if ($run && $run->[2] eq $class && $run->[1] == $code - 1)
	{
		$run->[1] = $code;
	}
	else
	{
		push @runs, [ $code, $code, $class ];
	}
}

my $version = Unicode::UCD::UnicodeVersion();
print <<"END";
/*
 * character_table.h
 *		Classes of characters beyond ASCII, of Unicode $version.
 *
 * Written by make_character_table.pl; do not edit.
 */
#ifndef TASKCRM_CLASS_TABLE_H
#define TASKCRM_CLASS_TABLE_H

#include "search/character.h"

/* All code points from first to last are of one class. */
typedef struct ClassRun
{
	uint32		first;
	uint32		last;
	CharacterClass class;
} ClassRun;

static const ClassRun class_runs[] = {
END
printf "\t{0x%04X, 0x%04X, CHARACTER_%s},\n", @$_ foreach @runs;
print "};\n\n#endif\n";
