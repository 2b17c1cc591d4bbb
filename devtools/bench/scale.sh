# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     Many ports in one process, as many as libdpdk has room for
#     (RTE_MAX_ETHPORTS): time to come up and to start, memory of the process,
#     and packets per second when all send to themselves in turn.

scale_round() {
	local nb=$1 sim init start rss mpps

	"$build/sim/dpdk-sf-sim" --dir "$work/devices$nb" --sfs "$nb" --wire loop --poll \
		--cpu "$last_cpu" >"$work/sim.log" 2>&1 &
	sim=$!
	until grep -qs ready "$work/sim.log"; do sleep 0.1; done
	# shellcheck disable=SC2046
	SYSFS_AUXILIARY_DEVICES=$work/devices$nb "$build/app/bench/dpdk-bench-scale" -l "$first_cpu" \
		$(memory_args 128) --iova-mode=va --file-prefix "sfscale$$" --no-pci --no-telemetry \
		$(driver_args) -- "$nb" >"$work/out" 2>"$work/err" || cat "$work/err" >&2
	kill "$sim"
	wait "$sim" || true
	rm -f "$work/sim.log"
	read -r init start rss mpps < <(tail -1 "$work/out")
	echo "$init" >>"$work/init.$nb"
	echo "$start" >>"$work/start.$nb"
	echo "$rss" >>"$work/rss.$nb"
	echo "$mpps" >>"$work/mpps.$nb"
}

bench_run() {
	local round nb unit largest

	rounds=${rounds:-5}
	# shellcheck disable=SC2046
	largest=$(printf '#include <rte_config.h>\nRTE_MAX_ETHPORTS\n' |
		cpp -P $(pkg-config --cflags libdpdk) - | tail -1)
	for ((round = 0; round < rounds; round++)); do
		for ((nb = 1; nb <= largest && nb <= 256; nb *= 2)); do
			scale_round "$nb"
		done
	done
	for unit in init:ms start:ms rss:KiB mpps:Mpps; do
		for ((nb = 1; nb <= largest && nb <= 256; nb *= 2)); do
			echo "$nb ours ${unit%:*}:${unit#*:} $(percentiles <"$work/${unit%:*}.$nb")"
		done
	done >"$results"
	plot_title="ports in one process, $rounds rounds"
	plot_xlabel="ports"
	plot_settings="set logscale x 2; set yrange [0:*]"
	echo "$plot_title, $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)," \
		"load $(cut -d' ' -f1 /proc/loadavg)"
}
