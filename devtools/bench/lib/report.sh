# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash
#
# What benchmarks have in common: how results are shown. A benchmark writes
# lines of "case subject unit median min max", where the subject "ours" is what
# the others are compared with, min and max are the 5th and the 95th percentile
# of the rounds, and a case that is a number becomes the x axis of a plot.

# The 5th, 50th and 95th percentile of the numbers on stdin: "median min max".
percentiles() {
	sort -g | awk 'function at(p) { return v[int((NR - 1) * p + 0.5) + 1] }
		{ v[NR] = $1 }
		END { if (NR > 0) print at(0.5), at(0.05), at(0.95) }'
}

# The same for lines of "case subject unit number".
percentiles_by_case() {
	sort -k1,3 -k4,4g | awk 'function at(p) { return v[int((n - 1) * p + 0.5) + 1] }
		function flush() { if (n > 0) print key, at(0.5), at(0.05), at(0.95); n = 0 }
		$1 " " $2 " " $3 != key { flush(); key = $1 " " $2 " " $3 }
		{ v[++n] = $4 }
		END { flush() }'
}

# With the ratio of ours to each subject; under 1 is less time, or fewer.
report_table() {
	awk '{ case_[NR] = $1; who[NR] = $2; unit[NR] = $3; med[NR] = $4; lo[NR] = $5; hi[NR] = $6
			if ($2 == "ours") ours[$1, $3] = $4
			if (length($3) > width) width = length($3) }
		END {
			printf "%-8s  %-12s  %-*s  %9s  %9s  %9s  %s\n", "case", "subject", width,
				"unit", "median", "5 %", "95 %", "ours / subject"
			for (i = 1; i <= NR; i++) {
				ratio = "-"
				if (med[i] > 0 && (case_[i], unit[i]) in ours)
					ratio = sprintf("%.3f", ours[case_[i], unit[i]] / med[i])
				printf "%-8s  %-12s  %-*s  %9.2f  %9.2f  %9.2f  %s\n", case_[i], who[i],
					width, unit[i], med[i], lo[i], hi[i], ratio
			}
		}' "$1"
}

report_json() {
	awk -v bench="$2" 'BEGIN { print "[" }
		{ printf "%s  {\"bench\": \"%s\", \"case\": \"%s\", \"subject\": \"%s\", \"unit\": \"%s\", \"median\": %s, \"min\": %s, \"max\": %s}",
			(NR > 1 ? ",\n" : ""), bench, $1, $2, $3, $4, $5, $6 }
		END { print "\n]" }' "$1"
}

# SVG: a panel for each unit that $4 matches, in it a line for each subject where cases are
# numbers, else bars. $2 is for temporary files. plot_title, plot_xlabel and
# plot_settings (gnuplot commands) are the benchmark's to set.
report_plot() {
	local results=$1 tmp=$2 svg=$3 wanted=$4 units unit subject i=0 parts

	command -v gnuplot >/dev/null || {
		echo "bench: no gnuplot, so no $svg" >&2
		return 1
	}
	mkdir -p "$tmp"
	units=$(awk '!seen[$3]++ { print $3 }' "$results" | grep -E -- "$wanted") || {
		echo "bench: no unit matches $wanted, so no $svg" >&2
		return 1
	}
	{
		echo "set terminal svg size 720,$((360 * $(wc -w <<<"$units"))) dynamic noenhanced background 'white'"
		echo "set output '$svg'; set linetype 9 linecolor 'gray50'; set linetype cycle 9"
		echo "set multiplot layout $(wc -w <<<"$units"),1 title '${plot_title:-$bench}'"
		echo "set key outside right; set grid ytics; set xlabel '${plot_xlabel:-}'"
		echo "${plot_settings:-}"
		for unit in $units; do
			i=$((i + 1))
			awk -v unit="$unit" '$3 == unit' "$results" >"$tmp/unit$i"
			echo "set ylabel '$unit'"
			if awk '$1 !~ /^[0-9.]+$/ { exit 1 }' "$tmp/unit$i"; then
				parts=
				while read -r subject; do
					parts+="${parts:+, }'< grep \" $subject \" $tmp/unit$i' using 1:4:5:6"
					parts+=" with yerrorlines pointtype 7 pointsize 0.5 title '$subject'"
				done < <(awk '!seen[$2]++ { print $2 }' "$tmp/unit$i")
			else
				echo "set style fill solid 0.6; set yrange [0:*]; set offsets 0.5, 0.5, 0, 0"
				echo "set xtics rotate by -30 nomirror"
				parts="'$tmp/unit$i' using 0:4:5:6:(0.7):xticlabels(strcol(1).' '.strcol(2))"
				parts+=" with boxerrorbars notitle"
			fi
			echo "plot $parts"
		done
		echo "unset multiplot"
	} >"$tmp/gnuplot"
	gnuplot "$tmp/gnuplot"
	sed -i 's/ *$//; ${/^$/d}' "$svg" # the blanks and the empty line that gnuplot ends with
}
