#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Two simulated sub-functions back to back, and the distribution's testpmd
# forwarding between them.
#
#   devtools/demo.sh                five seconds of traffic, then a summary
#   devtools/demo.sh --seconds N    another time
#   devtools/demo.sh --interactive  stay at the testpmd prompt

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

seconds=5
interactive=false
while [ $# -gt 0 ]; do
	case $1 in
	--interactive) interactive=true ;;
	--seconds)
		[[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo "demo: --seconds takes a number" >&2; exit 2; }
		seconds=$2
		shift
		;;
	*)
		sed -n '/^# Two/,/^$/s/^# \{0,1\}//p' "$0" >&2
		exit 2
		;;
	esac
	shift
done

cleanup() {
	[ -z "${sim:-}" ] || kill "$sim" 2>/dev/null || true
	wait 2>/dev/null || true
	rm -rf "$work"
}

start_sim() {
	"$build/sim/dpdk-sf-sim" --dir "$work/devices" --sfs 2 --wire pair --cpu "$sim_cpu" \
		>"$work/sim.log" 2>&1 &
	sim=$!
	for _ in $(seq 100); do
		if grep -q ready "$work/sim.log"; then
			cat "$work/sim.log"
			return
		fi
		kill -0 "$sim" 2>/dev/null || break
		sleep 0.1
	done
	cat "$work/sim.log" >&2
	echo "demo: dpdk-sf-sim did not start" >&2
	exit 1
}

# One number per port from "show port stats all": its n-th of a counter.
counters() {
	awk -v name="$1" '{ for (i = 1; i < NF; i++) if ($i == name ":") print $(i + 1) }' "$2"
}

sum() {
	awk '{ s += $1 } END { printf "%d", s }'
}

# testpmd's commands, timed as somebody would type them.
type_commands() {
	sleep 2 # testpmd starts its ports
	echo "start tx_first 8"
	for _ in $(seq "$seconds"); do
		sleep 1
		echo "show port stats all"
	done
	echo "stop"
	sleep 0.5 # what is on the wire arrives
	echo "clear port xstats nothing" >/dev/null
	echo "show port stats all"
	echo "quit"
}

summary() {
	local log=$1 received sent dropped lost

	# The last two ports printed: what the devices counted, after the last packet.
	received=$(counters RX-packets "$log" | tail -n 2 | sum)
	sent=$(counters TX-packets "$log" | grep -v ' ' | tail -n 2 | sum)
	dropped=$(awk '/Accumulated forward/ { all = 1 }
		all { for (i = 1; i < NF; i++) if ($i ~ /^[RT]X-dropped:$/) s += $(i + 1) }
		/\+\+\+\+\+\+\+\+\+/ && all == 1 { if (seen++) all = 0 }
		END { printf "%d", s }' "$log")
	lost=$((sent - received + dropped))
	echo "demo: $(thousands "$received") packets forwarded between sf_sim.sf.0 and sf_sim.sf.1" \
		"in $seconds.0 s, $(thousands "$lost") lost"
	[ "$received" -gt 0 ] && [ "$lost" -eq 0 ]
}

main() {
	local args

	build_all
	with_our_libraries
	work=$(mktemp -d)
	trap cleanup EXIT
	# testpmd on the first processor we may use, the devices on the last.
	cpus=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	cpu=${cpus%%[-,]*}
	sim_cpu=${cpus##*[-,]}
	start_sim
	export SYSFS_AUXILIARY_DEVICES=$work/devices
	# shellcheck disable=SC2046
	set -- dpdk-testpmd --lcores "0@$cpu,1@$cpu" $(memory_args 256) --no-pci --no-telemetry \
		$(driver_args) -a bus=auxiliary,name=sf_sim.sf.0 -a auxiliary:sf_sim.sf.1 \
		-- -i --total-num-mbufs=16384
	echo "SYSFS_AUXILIARY_DEVICES=$SYSFS_AUXILIARY_DEVICES $*"
	if $interactive; then
		"$@"
		return
	fi
	type_commands | stdbuf -oL "$@" 2>&1 | tee "$work/testpmd.log"
	summary "$work/testpmd.log"
}

main
