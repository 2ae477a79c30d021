# shellcheck shell=bash
# The parts of test/bench/capacity, each of which prints a table in Markdown.  Source this
# after measure.sh.

# table HEAD: prints a Markdown table.  HEAD: its columns, with | between them; the rows are
# on the standard input.  The first column is text, the others are numbers.
table() {
  printf '| %s |\n' "${1//|/ | }"
  sed 's/[^|]*/---/; s/|[^|]*/|--:/g; s/.*/|&|/' <<<"$1"
  sed 's/|/ | /g; s/.*/| & |/'
}

# Prints the middle one of the numbers on the standard input.
median() {
  sort -g | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'
}

measure_sizes() {
  printf '\n### Sizes\n\n'
  run_sql -F '|' -f "$SQL/sizes.sql" | table 'table or index|rows|MB|bytes a row|index scans before'
}

# rate CLIENTS SCRIPT...: the median of the calls per second of all clients.
rate() {
  local clients=$1 round
  shift
  for ((round = 0; round < ROUNDS; round++)); do
    throughput bench_0 "$clients" "$@"
  done | median
}

make_script() {
  mkdir -p "$WORK/scripts/$1"
  cat >"$WORK/scripts/$1/$1.sql"
}

make_capacity_scripts() {
  make_script list <<<"SELECT taskcrm.tc_list_tasks('{\"status\": \"New\"}');"
  make_script mine <<<"SELECT taskcrm.tc_list_tasks('{\"assigned_to\": \"@me\", \"ordering\": \"due_date\", \"count\": \"none\"}');"
  make_script get <<<'\set n random(1, 150)
SELECT taskcrm.tc_get_task((SELECT task FROM bench.soak_task WHERE org = 0 AND n = :n));'
  make_script create <<<'\set n random(1, 150)
SELECT taskcrm.tc_create_task((SELECT data FROM bench.soak_task WHERE org = 0 AND n = :n)::jsonb);'
  make_script update <<<'\set n random(1, 150)
\set s random(1, 3)
SELECT taskcrm.tc_update_task((SELECT task FROM bench.soak_task WHERE org = 0 AND n = :n),
  jsonb_build_object('\''status'\'', (ARRAY['\''New'\'', '\''In Progress'\'', '\''Completed'\''])[:s]));'
}

measure_clients() {
  local clients script
  printf '\n### Calls per second\n\n'
  for clients in $NUMBERS; do
    printf '%s' "$clients"
    for script in list mine get update create; do
      printf '|%.0f' "$(rate "$clients" "$WORK/scripts/$script/$script.sql")"
    done
    printf '\n'
  done | table 'clients|list by status, counted|my tasks by due date|one task|update of the status|create'
}

# Prints the anonymous memory of the backends of bench_0 in MB, one a line.
backend_memory() {
  local pid
  run_sql -c "SELECT pid FROM pg_stat_activity WHERE usename = 'bench_0'" | while read -r pid; do
    awk '/^RssAnon/ { printf "%.1f\n", $2 / 1024 }' "/proc/$pid/status" 2>/dev/null || true
  done
}

# Memory of backends after some seconds of one kind of call, and of all kinds.
measure_memory() {
  local script files name options
  printf '\n### Memory of a backend\n\n'
  for script in idle list get create all; do
    files=("$WORK/scripts/$script/$script.sql")
    if [ "$script" = idle ]; then
      files=("$WORK/scripts/idle.sql")
      printf 'SELECT 1;\n' >"${files[0]}"
    elif [ "$script" = all ]; then
      files=("$WORK"/scripts/{list,mine,get,update,create}/*.sql)
    fi
    options=()
    for name in "${files[@]}"; do
      options+=(-f "$name")
    done
    "$PG_BIN/pgbench" -h "$WORK" -p 5432 -U bench_0 -n -M prepared -c 8 -j 2 -T $((SECONDS_EACH + 4)) \
      "${options[@]}" bench >/dev/null 2>&1 &
    sleep $((SECONDS_EACH + 1))
    printf '%s|%s\n' "${script/idle/SELECT 1}" "$(backend_memory | median)"
    wait $!
  done | table 'calls|MB'
}

# Vacuum of the tables after 1 % of the tasks of the large organization have changed.
measure_vacuum() {
  local name began
  printf '\n### %s\n\n' 'Vacuum after a change of 1 % of the tasks'
  run_sql -c "UPDATE taskcrm.task SET priority = CASE priority WHEN 'Low' THEN 'High' ELSE 'Low' END::taskcrm.task_priority
    WHERE org_id = bench.id('org', 0, 0) AND hashtext(id::text) % 100 = 0" -c CHECKPOINT
  for name in taskcrm.task taskcrm.task_assignee taskcrm.task_contact taskcrm.task_team taskcrm_internal.task_text taskcrm_internal.task_count; do
    began=$(date +%s%N)
    run_sql -c "VACUUM (ANALYZE) $name"
    printf '%s|%s\n' "$name" "$(awk -v ns=$(($(date +%s%N) - began)) 'BEGIN { printf "%.1f", ns / 1e9 }')"
  done | table 'table|seconds'
}

# One table in 16 hash partitions by organization beside a plain one, both with the same
# rows and indexes, each statement in turns.
measure_partitions() {
  local part script
  printf '\n### Hash partitions by organization\n\n'
  run_sql -f "$SQL/partitions.sql"
  for script in page key insert; do
    for part in plain parted; do
      sed "s/TABLE/bench.task_$part/g" "$TOP/test/bench/scripts/partition_$script.sql" >"$WORK/scripts/${script}_$part.sql"
    done
    partition_line "$script"
  done | table 'statement|plain, ms|16 partitions, ms'
}

# partition_line SCRIPT: medians of both tables, measured in turns.
partition_line() {
  local round part
  for ((round = 0; round < ROUNDS; round++)); do
    for part in plain parted; do
      latency postgres "$WORK/scripts/$1_$part.sql" >>"$WORK/latency_$1_$part"
    done
  done
  printf '%s|%s|%s\n' "$1" "$(median <"$WORK/latency_$1_plain")" "$(median <"$WORK/latency_$1_parted")"
}
