#!/usr/bin/perl
#
# Writes search_casefold_table.h: Unicode's simple case folding (statuses C and S of
# CaseFolding.txt) as runs, from the Unicode tables that come with Perl.
# Run by hand when a newer Unicode is wanted; the result is kept in the repository,
# so that what matches does not change with the machine that builds.

use strict;
use warnings;
use Unicode::UCD qw(casefold);

my @runs;    # [first, last, step, delta]
foreach my $code (0x80 .. 0x1FFFF)
{
	next if $code >= 0xD800 && $code <= 0xDFFF;
	my $fold = casefold($code) or next;
	next unless defined $fold->{simple} && length $fold->{simple};
	my $delta = hex($fold->{simple}) - $code;
	next if $delta == 0;

	my $run = $runs[-1];
	my $gap = $run ? $code - $run->[1] : 0;
	if ($run && $run->[3] == $delta && $gap <= 2 && ($run->[2] == 0 || $run->[2] == $gap))
	{
		$run->[1] = $code;
		$run->[2] = $gap;
	}
	else
	{
		push @runs, [ $code, $code, 0, $delta ];
	}
}

my $version = Unicode::UCD::UnicodeVersion();
print <<"END";
/*
 * search_casefold_table.h
 *		Simple case folding beyond ASCII, of Unicode $version.
 *
 * Written by make_casefold_table.pl; do not edit.
 */
#ifndef TASKCRM_FOLD_TABLE_H
#define TASKCRM_FOLD_TABLE_H

/* Every step-th code point from first to last folds to itself plus delta. */
typedef struct FoldRun
{
	uint32		first;
	uint32		last;
	int32		step;
	int32		delta;
} FoldRun;

static const FoldRun fold_runs[] = {
END
printf "\t{0x%04X, 0x%04X, %d, %d},\n", $_->[0], $_->[1], $_->[2] || 1, $_->[3] foreach @runs;
print "};\n\n#endif\n";
