#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Benchmarks. Ours and its peers take turns in one run, on the same processors.
#
#   devtools/bench.sh NAME [--rounds N] [--json FILE] [--plot FILE.svg [--units PATTERN]]
#
# A plot has a panel for each unit, or for those that the pattern matches.
# NAME is a file in devtools/bench/:

# shellcheck disable=SC2034,SC2119 # benchmarks use the variables
set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=devtools/bench/lib/report.sh
. "$top/devtools/bench/lib/report.sh"

usage() {
	local file

	sed -n '/^# Benchmarks/,/^$/s/^# \{0,1\}//p' "$0"
	for file in "$top"/devtools/bench/*.sh; do
		printf '\n  %s\n' "$(basename "$file" .sh)"
		sed -n '/^# \{2,\}/s/^#//p' "$file"
	done
} >&2

# Run on exit, last first.
at_exit=()
cleanup() {
	local i

	for ((i = ${#at_exit[@]} - 1; i >= 0; i--)); do
		${at_exit[i]} || true
	done
	wait 2>/dev/null || true
	rm -rf "$work"
	return_hugepages
}

# What a result is worth nothing without; to be printed after the run.
circumstances() {
	echo "$(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo), $priority," \
		"$(memory_args 256), load $(cut -d' ' -f1 /proc/loadavg)"
}

bench=${1:-}
[ $# -gt 0 ] && shift
json=
plot=
units=.
rounds=
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=${2:?--json takes a file}; shift ;;
	--plot) plot=${2:?--plot takes a file}; shift ;;
	--units) units=${2:?--units takes an extended regular expression}; shift ;;
	--rounds) rounds=${2:?--rounds takes a number}; shift ;;
	*) usage; exit 2 ;;
	esac
	shift
done
[[ $bench =~ ^[a-z]+$ && -f $top/devtools/bench/$bench.sh ]] || { usage; exit 2; }

build_all
with_our_libraries
processors
work=$(mktemp -d)
results=$work/results
trap cleanup EXIT
lend_hugepages 384
realtime
# shellcheck disable=SC1090
. "$top/devtools/bench/$bench.sh"
bench_run
report_table "$results"
[ -z "$json" ] || report_json "$results" "$bench" >"$json"
[ -z "$plot" ] || report_plot "$results" "$work/plot" "$plot" "$units"
