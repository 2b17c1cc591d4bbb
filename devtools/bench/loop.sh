# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     Packets per second of one testpmd, 64-byte frames, that forwards what it
#     gets back from a far end on another processor: dpdk-sf-sim for ours, a
#     testpmd behind vhost or memif, copying or not, for the peers.

# shellcheck source=devtools/bench/lib/far.sh
. "$top/devtools/bench/lib/far.sh"

# Eight bursts go round; testpmd shows the rate of a second.
loop_round() {
	rm -f "$work/near.log"
	far_start "$1"
	# shellcheck disable=SC2046,SC2094
	{
		wait_for_line 'testpmd>' "$work/near.log"
		sleep 1 # for the link
		echo start tx_first 8
		sleep 0.3
		echo show port stats 0
		sleep 1
		echo show port stats 0
		echo quit
	} | SYSFS_AUXILIARY_DEVICES=$work/devices dpdk-testpmd $(near_eal) -- -i \
		--total-num-mbufs=8192 --forward-mode=io --port-topology=loop \
		>"$work/near.log" 2>&1 || true
	far_stop
	awk '/Rx-pps/ { pps = $2 } END { if (pps > 0) print pps / 1e6 }' \
		"$work/near.log" >>"$work/pps.$1"
}

bench_run() {
	local round peer

	rounds=${rounds:-5}
	at_exit+=(far_stop)
	for ((round = 0; round < rounds; round++)); do
		for peer in "${peers[@]}"; do
			loop_round "$peer"
		done
	done
	for peer in "${peers[@]}"; do
		[ -s "$work/pps.$peer" ] || { cat "$work/near.log" >&2; return 1; }
		echo "64-byte $peer Mpps $(percentiles <"$work/pps.$peer")"
	done >"$results"
	plot_title="testpmd and a far end that sends back, $rounds rounds"
	echo "$plot_title: more is better, $(circumstances)"
}
