#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Benchmarks. Ours and its peers take turns in one run, on the same processors.
#
#   devtools/bench.sh pmd [--json FILE] [--rounds N]
#
#     Cycles per packet of rx_burst and tx_burst, the driver alone: bursts of
#     32, 64-byte frames, completions made ready outside the timed part.
#
# JSON is a list of {"bench", "case", "subject", "unit", "median", "min", "max"},
# where min and max are the 5th and the 95th percentile of the rounds.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

usage() {
	sed -n '/^# Benchmarks/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

bench=${1:-}
[ $# -gt 0 ] && shift
json=
rounds=5000
while [ $# -gt 0 ]; do
	case $1 in
	--json) json=${2:?--json takes a file}; shift ;;
	--rounds) rounds=${2:?--rounds takes a number}; shift ;;
	*) usage ;;
	esac
	shift
done

cleanup() {
	[ -z "${sim:-}" ] || kill -CONT "$sim" 2>/dev/null || true
	[ -z "${sim:-}" ] || kill "$sim" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}

# "case subject median min max" lines to a table with ratios.
table() {
	awk '{ case_[NR] = $1; who[NR] = $2; med[NR] = $3; lo[NR] = $4; hi[NR] = $5
			if ($2 == "ours") ours[$1] = $3 }
		END {
			printf "%-4s  %-10s  %8s  %8s  %8s  %s\n", "case", "driver",
				"median", "5 %", "95 %", "ours / driver"
			for (i = 1; i <= NR; i++)
				printf "%-4s  %-10s  %8.1f  %8.1f  %8.1f  %s\n", case_[i], who[i],
					med[i], lo[i], hi[i], sprintf("%.2f", ours[case_[i]] / med[i])
		}' "$1"
}

to_json() {
	awk -v bench="$2" -v unit="$3" 'BEGIN { print "[" }
		{ printf "%s  {\"bench\": \"%s\", \"case\": \"%s\", \"subject\": \"%s\", \"unit\": \"%s\", \"median\": %s, \"min\": %s, \"max\": %s}",
			(NR > 1 ? ",\n" : ""), bench, $1, $2, unit, $3, $4, $5 }
		END { print "\n]" }' "$1"
}

bench_pmd() {
	local cpus first last

	cpus=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	first=${cpus%%[-,]*}
	last=${cpus##*[-,]}
	"$build/sim/dpdk-sf-sim" --dir "$work/devices" --sfs 1 --wire loop --poll --cpu "$last" \
		>"$work/sim.log" 2>&1 &
	sim=$!
	for _ in $(seq 100); do
		grep -q ready "$work/sim.log" && break
		sleep 0.1
	done
	# shellcheck disable=SC2046
	SYSFS_AUXILIARY_DEVICES=$work/devices "$build/app/bench/dpdk-bench-pmd" \
		-l "$first" --no-huge -m 512 --file-prefix "sfbench$$" --no-pci --no-telemetry \
		$(driver_args) -a auxiliary:sf_sim.sf.0 --vdev net_null0,size=60 --vdev net_ring0 \
		--vdev "net_memif0,role=server,id=0,socket=$work/memif,socket-abstract=no" \
		--vdev "net_memif1,role=client,id=0,socket=$work/memif,socket-abstract=no" \
		-- "$sim" "$rounds" >"$work/out" 2>"$work/err" || {
		cat "$work/err" "$work/out" >&2
		return 1
	}
	grep -E '^(rx|tx) ' "$work/out" >"$work/results"
	echo "cycles per packet, burst 32, 64-byte frames, $rounds rounds, $(awk -F': ' \
		'/^model name/ { print $2; exit }' /proc/cpuinfo)"
	table "$work/results"
	[ -z "$json" ] || to_json "$work/results" pmd cycles/packet >"$json"
}

[ "$bench" = pmd ] || usage
build_all
with_our_libraries
work=$(mktemp -d)
trap cleanup EXIT
bench_pmd
