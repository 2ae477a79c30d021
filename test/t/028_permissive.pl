# The attacks of 005_tenancy on tables whose restrictive policies are dropped after the
# installation: the permissive ones hold every rule by themselves, and no outcome differs.

use strict;
use warnings FATAL => 'all';
use FindBin;
use lib "$FindBin::RealBin/../perl";
use TaskcrmTest;

$ENV{TASKCRM_NO_GUARD} = 1;
my $result = do "$FindBin::RealBin/005_tenancy.pl";
die $@ || $! if !defined $result;
