# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     Round trips in ns, one packet of 64 bytes in flight, the median and the
#     99.9th percentile of each round, with the far ends of "loop".

# shellcheck source=devtools/bench/lib/far.sh
. "$top/devtools/bench/lib/far.sh"

latency_round() {
	local median worst

	far_start "$1"
	# shellcheck disable=SC2046
	SYSFS_AUXILIARY_DEVICES=$work/devices "$build/app/bench/dpdk-bench-latency" \
		$(near_eal) -- 100000 >"$work/near.log" 2>"$work/near.err" || {
		cat "$work/near.err" >&2
		return 1
	}
	far_stop
	read -r median worst < <(tail -1 "$work/near.log")
	echo "$median" >>"$work/median.$1"
	echo "$worst" >>"$work/worst.$1"
}

bench_run() {
	local round peer case

	rounds=${rounds:-5}
	at_exit+=(far_stop)
	for ((round = 0; round < rounds; round++)); do
		for peer in "${peers[@]}"; do
			latency_round "$peer"
		done
	done
	for case in median worst; do
		for peer in "${peers[@]}"; do
			echo "64-byte $peer $case:ns $(percentiles <"$work/$case.$peer")"
		done
	done | sed 's/worst:/99.9%:/' >"$results"
	plot_title="round trip of one packet, $rounds rounds"
	echo "$plot_title, $(circumstances)"
}
