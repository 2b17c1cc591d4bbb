# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     Cycles per packet of rx_burst and tx_burst, the driver alone: bursts of
#     32, 64-byte frames, completions made ready outside the timed part.

stop_sim() {
	kill -CONT "$sim" 2>/dev/null
	kill "$sim" 2>/dev/null
}

bench_run() {
	rounds=${rounds:-5000}
	"$build/sim/dpdk-sf-sim" --dir "$work/devices" --sfs 1 --wire loop --poll --cpu "$last_cpu" \
		>"$work/sim.log" 2>&1 &
	sim=$!
	at_exit+=(stop_sim)
	for _ in $(seq 100); do
		grep -q ready "$work/sim.log" && break
		sleep 0.1
	done
	# shellcheck disable=SC2046
	SYSFS_AUXILIARY_DEVICES=$work/devices "$build/app/bench/dpdk-bench-pmd" \
		-l "$first_cpu" --no-huge -m 512 --file-prefix "sfbench$$" --no-pci --no-telemetry \
		$(driver_args) -a auxiliary:sf_sim.sf.0 --vdev net_null0,size=60 --vdev net_ring0 \
		--vdev "net_memif0,role=server,id=0,socket=$work/memif,socket-abstract=no" \
		--vdev "net_memif1,role=client,id=0,socket=$work/memif,socket-abstract=no" \
		-- "$sim" "$rounds" >"$work/out" 2>"$work/err" || {
		cat "$work/err" "$work/out" >&2
		return 1
	}
	awk '/^(rx|tx) / { print $1, $2, "cycles/packet", $3, $4, $5 }' "$work/out" >"$results"
	plot_title="driver alone, burst 32, 64-byte frames, $rounds rounds"
	echo "$plot_title, $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
}
