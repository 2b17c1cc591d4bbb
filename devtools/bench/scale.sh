# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     Many ports in one process, 1 to 256 of one queue pair each, all served by one
#     dpdk-sf-sim: time for EAL to come up, for all to start, and both; memory of the
#     process without packet buffers, and what of it one more idle port takes;
#     packets per second when all send to themselves in turn. net_null is the peer, for
#     what libdpdk itself takes. Then one port of 1 to 16 queue pairs. The
#     distribution's libdpdk has room for 32 ports, so one with room for more is built
#     first, see devtools/dpdk.sh.

# Our libraries and programs, on that libdpdk.
scale_build() {
	local ports so

	"$top/devtools/dpdk.sh" ports
	ports=$top/.sdk/$(pkg-config --modversion libdpdk)/ports
	so=$(readlink -f "$build/drivers/librte_net_sf_example.so")
	build=$build-ports
	echo "build: $build"
	[ -f "$build/build.ninja" ] || PKG_CONFIG_PATH=$ports/lib/pkgconfig \
		meson setup "$build" "$top" >"$work/setup.log" 2>&1 || {
		cat "$work/setup.log" >&2
		return 1
	}
	ninja -C "$build" --quiet app/bench/dpdk-bench-scale sim/dpdk-sf-sim \
		"drivers/${so##*/}"
	export LD_LIBRARY_PATH=$build/drivers:$ports/lib
	driver="-d $(basename "$(readlink "$build/drivers/librte_net_sf_example.so")")"
}

scale_sim() {
	"$build/sim/dpdk-sf-sim" --dir "$work/devices" --sfs "$1" --wire loop --poll \
		--cpu "$last_cpu" >"$work/sim.log" 2>&1 &
	sim=$!
	until grep -qs ready "$work/sim.log"; do sleep 0.1; done
}

scale_sim_stop() {
	[ -n "${sim:-}" ] || return 0
	kill "$sim"
	wait "$sim" || true
	sim=
	rm -f "$work/sim.log"
}

# A run with so many ports and queues: its figures, "init start memory mpps".
scale_run() {
	# shellcheck disable=SC2046,SC2086
	SYSFS_AUXILIARY_DEVICES=$work/devices "$build/app/bench/dpdk-bench-scale" -l "$first_cpu" \
		$(memory_args 256) --single-file-segments --iova-mode=va --file-prefix "sfscale$$" \
		--no-pci --no-telemetry $3 -- "$1" "$2" >"$work/out" 2>"$work/err" || {
		cat "$work/err" >&2
		return 1
	}
	tail -1 "$work/out"
}

scale_ports() {
	local who=$1 nb=$2 init start memory mpps

	read -r init start memory mpps < <(scale_run "$nb" 1 "$3")
	printf "$nb $who %s %s\n" init:ms "$init" start:ms "$start" \
		up:ms "$(awk "BEGIN { print $init + $start }")" memory:KiB "$memory"
	# What net_null receives comes from nowhere.
	[ "$who" = net_null ] || echo "$nb $who Mpps_by_ports $mpps"
}

scale_round() {
	local nb queues i null=

	for ((nb = 1; nb <= 256; nb *= 2)); do
		scale_sim "$nb"
		scale_ports ours "$nb" "$driver"
		scale_sim_stop
		null=
		for ((i = 0; i < nb; i++)); do null+=" --vdev net_null$i"; done
		scale_ports net_null "$nb" "$null"
	done
	scale_sim 1
	for ((queues = 1; queues <= 16; queues *= 2)); do
		echo "$queues ours Mpps_by_queues $(scale_run 1 "$queues" "$driver" | cut -d' ' -f4)"
	done
	scale_sim_stop
}

# Units in an order to be read in, cases in that of their numbers; and what a
# port takes, from the memory of one and of many.
scale_report() {
	percentiles_by_case | awk '{ print }
		$3 == "memory:KiB" { kib[$1, $2] = $4; who[$2] }
		END {
			for (w in who)
				for (nb = 2; nb <= 256; nb *= 2) {
					one = sprintf("%.1f", (kib[nb, w] - kib[1, w]) / (nb - 1))
					print nb, w, "idle_port:KiB", one, one, one
				}
		}' | awk 'BEGIN {
				n = split("init:ms start:ms up:ms memory:KiB idle_port:KiB Mpps_by_ports " \
					"Mpps_by_queues", units)
				for (i = 1; i <= n; i++)
					place[units[i]] = i
			}
			{ print place[$3], $0 }' | sort -k1,1n -k3,3r -k2,2n | cut -d' ' -f2-
}

bench_run() {
	local round

	rounds=${rounds:-5}
	ulimit -n "$(ulimit -H -n)"
	at_exit+=(scale_sim_stop)
	scale_build
	for ((round = 0; round < rounds; round++)); do
		scale_round
	done >"$work/raw"
	scale_report <"$work/raw" >"$results"
	plot_title="ports in one process, $rounds rounds"
	plot_xlabel="ports, or queue pairs of one"
	plot_settings="set logscale x 2; set yrange [0:*]"
	echo "$plot_title, $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)," \
		"load $(cut -d' ' -f1 /proc/loadavg)"
}
