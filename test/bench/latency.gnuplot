# Draws the latency of two lists, side by side, against the size of the organization, with
# logarithmic axes.  Variables: work (a directory with the curves), picture, conditions.

set terminal svg size 960,460 dynamic enhanced font "Helvetica,Arial,sans-serif,13" background "#ffffff"
set output picture
set multiplot layout 1,2 margins 0.075,0.985,0.20,0.82 spacing 0.075,0

# "stats" does not work with logarithmic axes, so it runs first.
stats work."/curve_4_ours" using 1 nooutput
set logscale xy
set xlabel "tasks in the organization" offset 0,0.3
set grid ytics xtics lc rgb "#e4e4e4" lw 1 lt 1
set border 3 lc rgb "#888888"
set tics nomirror scale 0.5 tc rgb "#444444"
set yrange [0.05:*]
set xrange [STATS_min * 0.7:STATS_max * 1.4]
set ytics ("0.1 ms" 0.1, "1 ms" 1, "10 ms" 10, "100 ms" 100, "1 s" 1000, "10 s" 10000, "100 s" 100000)
set mytics 1
set mxtics 1
set xtics ("100" 1e2, "1,000" 1e3, "10,000" 1e4, "100,000" 1e5, "1 million" 1e6, "10 million" 1e7)
set style line 1 lc rgb "#b3492f" lw 2.5 pt 7 ps 0.7
set style line 2 lc rgb "#8a8a8a" lw 2.5 dt 2 pt 6 ps 0.8
set style line 3 lc rgb "#1f6fb4" lw 3 pt 7 ps 0.8

# One line above both plots contains the key.
unset key
set label 1 "First page of ten tasks with the exact count" at screen 0.5,0.955 center font ",16"
set label 2 conditions at screen 0.5,0.035 center font ",11" tc rgb "#666666"
set label 3 "PL/pgSQL, textbook policies" at screen 0.145,0.893 left tc ls 1 point ls 1 offset 1,0
set label 4 "by hand, superuser, no policies" at screen 0.415,0.893 left tc ls 2 point ls 2 offset 1,0
set label 5 "taskcrm, client, row-level security" at screen 0.70,0.893 left tc ls 3 point ls 3 offset 1,0
set title "status and priority" offset 0,-0.6
plot work."/curve_4_textbook" with linespoints ls 1, \
     work."/curve_4_base" with linespoints ls 2, \
     work."/curve_4_ours" with linespoints ls 3
unset label
set title "title contains a rare term" offset 0,-0.6
plot work."/curve_20_textbook" with linespoints ls 1, \
     work."/curve_20_base" with linespoints ls 2, \
     work."/curve_20_ours" with linespoints ls 3
unset multiplot
