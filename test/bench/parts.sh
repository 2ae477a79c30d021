# shellcheck shell=bash
# The parts of test/bench/run.  Source this after measure.sh.

SCRIPTS=$TOP/test/bench/scripts
# The numbers of clients that create tasks concurrently.
CLIENTS="1 4 16"
# Parts are always measured in this order, because the last one drops indexes.
# shellcheck disable=SC2034  # for test/bench/run
PARTS=(lists textbook years tasks paging growth picture create)

# Reads lines of directory, name and statement, and creates a script for each line.
make_scripts() {
  local dir name statement
  while IFS=$'\t' read -r dir name statement; do
    mkdir -p "$WORK/scripts/$dir"
    printf '%s\n' "$statement" >"$WORK/scripts/$dir/$name.sql"
  done
}

make_cases() {
  local name org
  run_sql -f "$SQL/cases.sql"
  run_sql -f "$SQL/years.sql"
  run_sql -f "$SQL/pick.sql"
  make_client bench_0 0
  for org in $(growth_orgs) $(further_years_orgs); do
    make_client "bench_$org" "$org"
  done
  run_sql -f "$SQL/scripts.sql" | make_scripts
  for name in "$SCRIPTS"/*.sql; do
    name=$(basename "$name" .sql)
    mkdir -p "$WORK/scripts/$name"
    cp "$SCRIPTS/$name.sql" "$WORK/scripts/$name"
  done
}

growth_orgs() {
  run_sql -c "SELECT n FROM bench.org WHERE kind = 'growth' ORDER BY tasks"
}

further_years_orgs() {
  run_sql -c "SELECT n FROM bench.org WHERE kind = 'years' AND n > 0 ORDER BY tasks"
}

# Checks that all three give the same answers; otherwise the run fails.
compare_answers() {
  local org who
  run_sql -f "$SQL/check.sql"
  for org in 0 $(growth_orgs) $(further_years_orgs); do
    run_sql -o /dev/null -c "SET timezone = 'UTC'" \
      -c "SELECT bench.answer('by hand', bench.by_hand(c, true), c) FROM bench.list_case c WHERE org = $org"
    for who in ours:by_extension textbook:by_textbook; do
      if [ "$who" = textbook:by_textbook ] &&
        [ "$(run_sql -c "SELECT kind = 'years' OR to_regclass('textbook.tasks') IS NULL FROM bench.org WHERE n = $org")" = t ]; then
        continue
      fi
      ROLE=bench_$org run_sql -o /dev/null -c "SELECT bench.answer('${who%:*}', bench.by_form('${who#*:}', c), c)
        FROM bench.list_case c WHERE org = $org"
    done
  done
  ROLE=postgres run_sql -F ' | ' -c 'SELECT * FROM bench.difference' >"$WORK/differences"
  if [ -s "$WORK/differences" ]; then
    say "These answers differ (organization, case, value, and the counts by hand, ours, textbook):"
    cat "$WORK/differences"
    return 1
  fi
}

# statement NAME N: prints a script's statement for psql, for task N of the picked ones.
statement() {
  sed '/^\\set/d' "$SCRIPTS/$1.sql" | PGTZ=UTC run_sql -v n="$2"
}

# Compares one task with everything that belongs to it in both implementations.
compare_tasks() {
  local n by_hand ours
  for n in 1 500 1000; do
    by_hand=$(statement get_base "$n")
    ours=$(ROLE=bench_0 statement get_ours "$n")
    if [ "$(run_sql -v by_hand="$by_hand" -v ours="$ours" \
      <<<"SELECT bench.plain_times(:'by_hand') = bench.plain_times(:'ours')")" != t ]; then
      say "one task differs, by hand and ours:"
      printf '%.2000s\n' "$by_hand" "$ours"
      return 1
    fi
  done
}

# Prints the cases of the large organization: place and name.  A few of them are sufficient
# for a functional test; the answers of all cases have been compared.
cases() {
  run_sql -F $'\t' -c "SELECT DISTINCT place, name FROM bench.list_case
    WHERE org = 0 AND place < 40 AND ($SECONDS_EACH > 0 OR place IN (1, 5, 20)) ORDER BY place"
}

measure_lists() {
  local place name dir
  while IFS=$'\t' read -r place name; do
    dir=$WORK/scripts/0/$place
    in_turns 'list, exact count' "$place" "$name" base postgres "$dir/base" ours bench_0 "$dir/ours"
    in_turns 'list, no count' "$place" "$name" base postgres "$dir/base_none" ours bench_0 "$dir/ours_none"
  done < <(cases)
}

# The lists of open work, in each organization of some years.
measure_years() {
  local org place name dir size
  for org in $(run_sql -c "SELECT n FROM bench.org WHERE kind = 'years' ORDER BY n"); do
    size=$(run_sql -c "SELECT tasks FROM bench.org WHERE n = $org")
    while IFS=$'\t' read -r place name; do
      dir=$WORK/scripts/$org/$place
      in_turns "open work of $size, exact count" "$place" "$name" base postgres "$dir/base" ours "bench_$org" "$dir/ours"
      in_turns "open work of $size, no count" "$place" "$name" base postgres "$dir/base_none" ours "bench_$org" "$dir/ours_none"
    done < <(years_cases "$org")
  done
}

# years_cases ORG: prints place and name of each case; one of them for a functional test.
years_cases() {
  run_sql -F $'\t' -c "SELECT DISTINCT place, name FROM bench.list_case
    WHERE org = $1 AND place >= 40 AND ($SECONDS_EACH > 0 OR place = 41) ORDER BY place"
}

measure_textbook() {
  local place name dir
  while IFS=$'\t' read -r place name; do
    dir=$WORK/scripts/0/$place
    in_turns 'against the textbook' "$place" "$name" base bench_0 "$dir/textbook" ours bench_0 "$dir/ours"
  done < <(cases)
}

measure_tasks() {
  local name
  for name in get update comment; do
    in_turns 'one task' 1 "$name" base postgres "$WORK/scripts/${name}_base" ours bench_0 "$WORK/scripts/${name}_ours"
  done
  run_sql -f "$SQL/described.sql"
  for name in direct:UPDATE status:tc_update_task; do
    in_turns 'status of a task with 100,000 characters' 1 "${name#*:}" base bench_0 "$WORK/scripts/${name%:*}_short" \
      ours bench_0 "$WORK/scripts/${name%:*}_long"
  done
  # They are the newest tasks, which later parts list.
  run_sql -c 'DELETE FROM taskcrm.task t USING bench.described d WHERE t.id = d.task' -c 'VACUUM ANALYZE taskcrm.task'
  in_turns 'policies' 1 'one row, SELECT by key' base postgres "$WORK/scripts/read" ours bench_0 "$WORK/scripts/read"
}

measure_paging() {
  local offset=$((TASKS < 1000000 ? TASKS / 2 : 500000)) deep=$((TASKS < 1000010 ? TASKS - 20 : 1000000))
  ROLE=bench_0 run_sql -v deep="$deep" -v offset="$offset" -f "$SQL/paging.sql" |
    awk -F '\t' -v OFS='\t' '{ print "paging/" $1, 1, $2 }' | make_scripts
  in_turns 'cursor paging' 1 "page 1 / page $((deep / 10))" \
    base bench_0 "$WORK/scripts/paging/first" ours bench_0 "$WORK/scripts/paging/deep"
  in_turns 'offset' 1 "offset $offset" \
    base postgres "$WORK/scripts/paging/base_offset" ours bench_0 "$WORK/scripts/paging/ours_offset"
}

# The extension in an organization with 10,000 tasks, and in the large one.
measure_growth() {
  local place name small
  small=$(run_sql -c "SELECT n FROM bench.org WHERE kind = 'growth' AND tasks <= 10000 ORDER BY tasks DESC LIMIT 1")
  while IFS=$'\t' read -r place name; do
    [ "$place" -lt 20 ] || continue
    in_turns 'growth' "$place" "$name" \
      base "bench_$small" "$WORK/scripts/$small/$place/ours_none" ours bench_0 "$WORK/scripts/0/$place/ours_none"
    [ "$place" -le 4 ] || continue
    in_turns 'growth' "$place" "$name, exact count" \
      base "bench_$small" "$WORK/scripts/$small/$place/ours" ours bench_0 "$WORK/scripts/0/$place/ours"
  done < <(cases)
}

# Draws the latency of lists in organizations of all sizes.
measure_picture() {
  local org place size
  for org in $(growth_orgs) 0; do
    size=$(run_sql -c "SELECT tasks FROM bench.org WHERE n = $org")
    for place in 4 20; do
      in_turns "picture $place" "$size" "$size" base postgres "$WORK/scripts/$org/$place/base" \
        textbook "bench_$org" "$WORK/scripts/$org/$place/textbook" ours "bench_$org" "$WORK/scripts/$org/$place/ours"
    done
  done
}

# throughput_in_turns SECTION PLACE NAME CLIENTS [WHO LOGIN SCRIPT]...
throughput_in_turns() {
  local head=("$1" "$2" "$3") clients=$4 round rest
  shift 4
  for ((round = 1; round <= ROUNDS; round++)); do
    rest=("$@")
    while [ ${#rest[@]} -gt 0 ]; do
      record "${head[@]}" "${rest[0]}" tps "$(throughput "${rest[1]}" "$clients" "$WORK/scripts/${rest[2]}"/*)"
      rest=("${rest[@]:3}")
    done
  done
}

# set_counters ENABLE|DISABLE
set_counters() {
  run_sql -v action="$1" <<'END'
SELECT format('ALTER TABLE taskcrm.task %s TRIGGER %I', :'action', tgname) FROM pg_trigger
  WHERE tgrelid = 'taskcrm.task'::regclass AND tgname LIKE 'counted%' \gexec
END
}

clients_are() {
  if [ "$1" -eq 1 ]; then
    say "1 client"
  else
    say "$1 clients"
  fi
}

# create_at SECTION NAME SCRIPT: tasks per second with different numbers of clients.
create_at() {
  local clients
  for clients in $CLIENTS; do
    throughput_in_turns "$1" "$clients" "$(clients_are "$clients"), $2" "$clients" base postgres "$3" ours bench_0 create_ours
  done
}

# The last part, which drops the secondary indexes of the tables.
measure_create() {
  create_at create 'one statement by hand' create_base
  create_at create 'four statements by hand' create_steps
  if has_counters; then
    set_counters DISABLE
    create_at 'create, what it costs' 'without counters' create_base
    set_counters ENABLE
  fi
  run_sql -f "$SQL/drop_secondary.sql"
  create_at 'create, what it costs' 'without secondary indexes' create_base
  if has_counters; then
    set_counters DISABLE
    create_at 'create, what it costs' 'without both' create_base
  fi
}
