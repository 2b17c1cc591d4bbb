# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     Cycles per packet of a driver alone: receiving, sending and forwarding in
#     bursts of 1, 4, 32 and 64, frames of 64 and 1,518 bytes. Ours (and without
#     vectors, with those of 128 bits and of 512), net_null, net_ring, net_memif,
#     and virtio-user with vectors, packed and split. SF_BENCH_EAL has more EAL
#     options.

bench_run() {
	rounds=${rounds:-200}
	# shellcheck disable=SC2046,SC2086
	"$build/app/bench/dpdk-bench-pmd" -l "$first_cpu" $(memory_args 256) \
		--single-file-segments --iova-mode=va --file-prefix "sfbench$$" --no-pci --no-telemetry \
		$(driver_args) ${SF_BENCH_EAL:-} -- "$work" "$rounds" >"$work/out" 2>"$work/err" || {
		cat "$work/err" >&2
		return 1
	}
	while read -r direction frame burst subject values; do
		echo "$burst $subject $direction:$frame:cycles/packet $(tr ' ' '\n' <<<"$values" | percentiles)"
	done < <(grep -E '^(rx|tx|rxtx) [0-9]' "$work/out") >"$results"
	plot_title="driver alone, $rounds rounds"
	plot_xlabel="burst"
	plot_settings="set logscale x 2; set yrange [0:*]"
	echo "$plot_title, $(circumstances)"
}
