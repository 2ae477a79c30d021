# shellcheck shell=bash
# Taking a measurement: pgbench on one script or several that take turns, as a login,
# prepared.  To be sourced after lib.sh.

ROUNDS=5
SECONDS_EACH=1

# How long pgbench runs: with no time given, for a few calls.
duration() {
  if [ "$SECONDS_EACH" -eq 0 ]; then
    printf '%s' "-t 2"
  else
    printf '%s' "-T $SECONDS_EACH"
  fi
}

# pgbench_on LOGIN CLIENTS SCRIPT...: what pgbench prints.  A statement that fails ends
# the whole run.
pgbench_on() {
  local login=$1 clients=$2 script files=()
  shift 2
  # A few calls are to show that it works: one of the scripts does.
  [ "$SECONDS_EACH" -gt 0 ] || set -- "$1"
  for script in "$@"; do
    files+=(-f "$script")
  done
  # shellcheck disable=SC2046  # two words
  if ! "$PG_BIN/pgbench" -h "$WORK" -p 5432 -U "$login" -n -M prepared -c "$clients" -j "$JOBS" $(duration) \
    "${files[@]}" bench >"$WORK/pgbench.out" 2>&1 || grep -q 'aborted' "$WORK/pgbench.out"; then
    cat "$WORK/pgbench.out" >&2
    die "pgbench failed on $*"
  fi
  cat "$WORK/pgbench.out"
}

# Milliseconds for one call, on one connection.
latency() {
  pgbench_on "$1" 1 "${@:2}" | sed -n 's/^latency average = \([0-9.]*\) ms/\1/p'
}

# Calls in a second.
throughput() {
  pgbench_on "$@" | sed -n 's/^tps = \([0-9.]*\) .*without.*/\1/p'
}

# record SECTION PLACE NAME WHO UNIT VALUE
record() {
  local IFS='|'
  printf '%s\n' "$*" >>"$WORK/measured"
}

# in_turns SECTION PLACE NAME WHO LOGIN SCRIPTS [WHO LOGIN SCRIPTS]...: latencies, round
# by round.  SCRIPTS is a directory: its scripts take turns.
in_turns() {
  local head=("$1" "$2" "$3") round rest
  shift 3
  for ((round = 1; round <= ROUNDS; round++)); do
    rest=("$@")
    while [ ${#rest[@]} -gt 0 ]; do
      record "${head[@]}" "${rest[0]}" ms "$(latency "${rest[1]}" "${rest[2]}"/*)"
      rest=("${rest[@]:3}")
    done
  done
}
