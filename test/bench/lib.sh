# shellcheck shell=bash
# Functions that test/bench/run and test/bench/soak share: a temporary server, its data,
# and clients.  Source this after test/cluster.sh.

# The data: the number of tasks in the first organization and whether it is a large one or one
# of some years, the number and size of small ones, the sizes of further organizations for
# measuring growth, and those of further ones of some years.
TASKS=
KIND=large
YEARS=
SMALL=100
SMALL_SIZE=5000
GROWTH=
# Whether to measure the installed extension.
INSTALLED=false
# The data directory, and what the data in it is; by default one that is removed at the end.
DATA=
LOADED=
IS_RUNNING=false
# Additional options of the server.
SERVER_OPTIONS=()
WORK=
SQL=$TOP/test/bench/sql
JOBS=$(nproc)

clean_up() {
  if [ -n "$WORK" ]; then
    if $IS_RUNNING || [ "$DATA" = "$WORK/data" ]; then
      stop_server "$DATA" "$([ "$DATA" = "$WORK/data" ] && echo immediate || echo fast)" || true
    fi
    rm -rf "$WORK"
    WORK=
  fi
}

# Clients can run as any user; the server trusts connections through its socket.
run_sql() {
  "$PG_BIN/psql" -h "$WORK" -p 5432 -U "${ROLE:-postgres}" -d bench -XqAt -v ON_ERROR_STOP=1 "$@"
}

in_parallel() {
  xargs -r -P "$JOBS" "$@"
}

# choose_scale NAME: sets the sizes of the data.
choose_scale() {
  case $1 in
    small) TASKS=3000 SMALL=3 SMALL_SIZE=200 GROWTH="300 1000" YEARS=2000 ;;
    years) TASKS=250000 SMALL=20 KIND=years ;;
    years-large) TASKS=2500000 SMALL=20 KIND=years YEARS=250000 ;;
    100k) TASKS=100000 SMALL=20 GROWTH="1000 10000" ;;
    1m) TASKS=1000000 GROWTH="1000 10000 100000" ;;
    10m) TASKS=10000000 GROWTH="1000 10000 100000 1000000" ;;
    *) die "--scale $1: only small, 100k, 1m, 10m, years and years-large" ;;
  esac
}

# Builds and installs the extension, unless --installed is given, and starts a server that
# never waits for the disk.  Sets WORK.  With --data, the directory is kept.
begin() {
  need_root
  choose_postgres
  need_packages build bench
  WORK=$(mktemp -d /var/tmp/taskcrm-bench.XXXXXX)
  trap clean_up EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM HUP
  chown postgres: "$WORK"
  # shellcheck disable=SC2034  # step() writes there
  STEP_LOG=$WORK/steps.log
  if ! $INSTALLED; then
    step "Building" copy_tree "$WORK/tree"
    step "Installing" install_from "$WORK/tree"
  fi
  DATA=${DATA:-$WORK/data}
  if [ ! -e "$DATA" ]; then
    step "Making a server" init_cluster "$DATA" -A trust
    run_server
    make_database
  else
    LOADED=$(cat "$DATA/taskcrm_bench" 2>/dev/null) || die "--data: there is no complete data in $DATA; remove it"
    run_server
  fi
}

run_server() {
  start_server "$DATA" "$WORK/log" "$WORK" 5432 -c listen_addresses= \
    -c max_wal_size=16GB -c checkpoint_timeout=30min -c wal_level=minimal -c max_wal_senders=0 \
    -c fsync=off -c full_page_writes=off -c max_connections=200 \
    ${SERVER_OPTIONS[@]+"${SERVER_OPTIONS[@]}"} || die "the server does not start: $(tail -n 5 "$WORK/log")"
  IS_RUNNING=true
}

make_database() {
  "$PG_BIN/createdb" -h "$WORK" -U postgres bench
  step "Installing it into a database" run_sql -c 'CREATE EXTENSION taskcrm' \
    -c 'CREATE EXTENSION IF NOT EXISTS pg_trgm' -c 'CREATE EXTENSION IF NOT EXISTS btree_gin' -c 'CALL taskcrm.tc_install()'
}

# Prints the organizations as rows for schema.sql: number 0 is the first one, numbers from 1
# are the small ones, numbers from 1001 those of other sizes, and from 2001 those of some years.
organizations() {
  local n=1000 size
  printf "(0, '%s', %s, %s)" "$KIND" "$TASKS" "$([ "$KIND" = years ] && echo 50 || echo 200)"
  for ((size = 1; size <= SMALL; size++)); do
    printf ", (%s, 'small', %s, 20)" "$size" "$SMALL_SIZE"
  done
  for size in $GROWTH; do
    n=$((n + 1))
    printf ", (%s, 'growth', %s, 200)" "$n" "$size"
  done
  n=2000
  for size in $YEARS; do
    n=$((n + 1))
    printf ", (%s, 'years', %s, 50)" "$n" "$size"
  done
}

# One load for each 500,000 tasks.
load_slices() {
  run_sql -c "SELECT format('-v org=%s -v first=%s -v last=%s -f %s', n, g, least(g + 499999, tasks),
        CASE kind WHEN 'years' THEN 'load_years.sql' ELSE 'load.sql' END)
      FROM bench.org, generate_series(1, tasks, 500000) g ORDER BY tasks DESC, n, g" |
    (cd "$SQL" && in_parallel -L 1 "$PG_BIN/psql" -h "$WORK" -p 5432 -U postgres -d bench -Xq -v ON_ERROR_STOP=1)
}

# Several at a time, starting with those that take longest.
build_indexes() {
  run_sql -c "SELECT definition FROM bench.secondary_index
      ORDER BY method = 'gin' DESC, pg_table_size(tab::regclass) DESC" | tr '\n' '\0' |
    in_parallel -0 -I '{}' "$PG_BIN/psql" -h "$WORK" -p 5432 -U postgres -d bench -Xq -v ON_ERROR_STOP=1 \
      -c "SET maintenance_work_mem = '1GB'" -c "SET max_parallel_maintenance_workers = 0" -c '{}'
}

# load_data [textbook]: creates the data, its indexes, counters and statistics.  With --data,
# it takes what is there, if that is the same.
load_data() {
  local part wanted="$KIND $TASKS $*"
  if [ -n "$LOADED" ]; then
    [ "$LOADED" = "$wanted" ] || die "--data: $DATA has other data ($LOADED, not $wanted)"
    step "Removing what an earlier run has made" run_sql -f "$SQL/reset.sql"
    return 0
  fi
  step "Making organizations" run_sql -v organizations="$(organizations)" -f "$SQL/schema.sql"
  step "Loading $TASKS tasks in one of them" load_slices
  for part in "$@"; do
    step "Copying them for the $part" run_sql -f "$SQL/$part.sql"
  done
  step "Building indexes" build_indexes
  if has_counters; then
    step "Counting" run_sql -c 'SELECT taskcrm.tc_recount()'
  fi
  # The load has fired no triggers.
  step "Copying links of open tasks" run_sql -c 'SET client_min_messages = warning' -c 'CALL taskcrm.tc_install()'
  step "Vacuuming" "$PG_BIN/vacuumdb" -h "$WORK" -U postgres -q -z -j "$JOBS" bench
  run_sql -c CHECKPOINT
  printf '%s\n' "$wanted" >"$DATA/taskcrm_bench"
}

has_counters() {
  [ "$(run_sql -c "SELECT to_regclass('taskcrm_internal.task_count') IS NOT NULL")" = t ]
}

# make_client ROLE ORG: creates a login for a member of one organization.
make_client() {
  run_sql -v role="$1" -v org="$2" -f "$SQL/client.sql" 2>/dev/null
}
