# shellcheck shell=bash
# Measures with pgbench: one script, or several in turns, as a login, with prepared
# statements.  Source this after lib.sh.

ROUNDS=5
SECONDS_EACH=1

# How long pgbench runs: a few calls if no time is given.
duration() {
  if [ "$SECONDS_EACH" -eq 0 ]; then
    printf '%s' "-t 2"
  else
    printf '%s' "-T $SECONDS_EACH"
  fi
}

# pgbench_on LOGIN CLIENTS SCRIPT...: prints the output of pgbench.  A failed statement ends
# the whole run.
pgbench_on() {
  local login=$1 clients=$2 script files=()
  shift 2
  # For a few calls as a functional test, one of the scripts is sufficient.
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

# Prints the milliseconds per call on one connection.
latency() {
  pgbench_on "$1" 1 "${@:2}" | sed -n 's/^latency average = \([0-9.]*\) ms/\1/p'
}

# Prints the calls per second.
throughput() {
  pgbench_on "$@" | sed -n 's/^tps = \([0-9.]*\) .*without.*/\1/p'
}

# record SECTION PLACE NAME WHO UNIT VALUE
record() {
  local IFS='|'
  printf '%s\n' "$*" >>"$WORK/measured"
}

# in_turns SECTION PLACE NAME WHO LOGIN SCRIPTS [WHO LOGIN SCRIPTS]...: measures latencies in
# rounds.  SCRIPTS is a directory; its scripts run in turns.
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
