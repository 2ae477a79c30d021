# shellcheck shell=bash
# Shows the measurements: a table as text and as Markdown, and a picture.  Source this
# after measure.sh.

# Prints the options of the server.
changed_settings() {
  run_sql -c "SELECT string_agg(name || ' ' || current_setting(name), ', ' ORDER BY name) FROM pg_settings
      WHERE source = 'command line' AND name !~ '^(port|listen_addresses|unix_socket_directories|data_directory|config_file)$'"
}

# Prints the conditions of the measurement in one line.
conditions() {
  printf '%s, taskcrm %s (%s), PostgreSQL %s, %s x %s, %s GB, %s tasks in one organization beside %s of %s; ' \
    "$(date +%F)" "$(sed -n "s/^default_version *= *'\(.*\)'/\1/p" "$TOP/taskcrm.control")" \
    "$(git -C "$TOP" rev-parse --short HEAD 2>/dev/null || echo 'no commit')" \
    "$(run_sql -c 'SHOW server_version')" "$(nproc)" \
    "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)" "$(awk '/^MemTotal/ { print int($2 / 1048576 + 0.5) }' /proc/meminfo)" \
    "$TASKS" "$SMALL" "$SMALL_SIZE"
  printf 'the defaults of the server but for %s; ' "$(changed_settings)"
  printf 'one connection unless said otherwise; medians of %s rounds of %s\n' "$ROUNDS" \
    "$([ "$SECONDS_EACH" -eq 0 ] && echo 'two calls' || echo "$SECONDS_EACH s")"
}

text_table() {
  awk -F '|' '
    $1 != section { section = $1; printf "\n%-46s %10s %10s %-3s %9s  %s\n", section, $2, "ours", "", "ratio", "bar" }
    { printf "  %-44s %10s %10s %-3s %9s  %s %s\n", $3, $4, $5, $6, $7, $8, $9 }'
}

markdown_table() {
  awk -F '|' '
    $1 != section { section = $1; printf "\n### %s\n\n| | %s | ours | ratio | bar | |\n|---|--:|--:|--:|---|---|\n", section, $2 }
    { printf "| %s | %s %s | %s %s | %s | %s | %s |\n", $3, $4, $6, $5, $6, $7, $8, $9 }'
}

report() {
  run_sql -F '|' -f "$SQL/report.sql" <"$WORK/measured" >"$WORK/lines"
  conditions >"$WORK/conditions"
  # The time of a few calls is not meaningful.
  if [ "$SECONDS_EACH" -gt 0 ]; then
    say ""
    cat "$WORK/conditions"
    text_table <"$WORK/lines"
  fi
  if [ -n "$RESULTS" ]; then
    { cat "$WORK/conditions" && markdown_table <"$WORK/lines"; } >"$RESULTS"
  fi
  if grep -q '^picture' "$WORK/measured"; then
    draw
  fi
}

# Writes a file of sizes and medians for each curve, then runs gnuplot.
draw() {
  local place who
  for place in 4 20; do
    for who in base textbook ours; do
      run_sql -F ' ' -c "SELECT place, percentile_cont(0.5) WITHIN GROUP (ORDER BY value) FROM bench.measured
        WHERE section = 'picture $place' AND who = '$who' GROUP BY place ORDER BY place" >"$WORK/curve_${place}_$who"
    done
  done
  gnuplot -e "work = '$WORK'" -e "picture = '$WORK/latency.svg'" \
    -e "conditions = '$(date +%F), PostgreSQL $(run_sql -c 'SHOW server_version' | sed 's/ .*//'), $(nproc) cores'" \
    "$TOP/test/bench/latency.gnuplot"
  if [ -n "$PICTURE" ]; then
    cp "$WORK/latency.svg" "$PICTURE"
  fi
}
