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
#   devtools/demo.sh --vm           instead, one of a real kernel in a virtual
#                                   machine, from devlink to ping
#   devtools/demo.sh --testpmd FILE [-- ARGUMENT...]
#                                   instead, a testpmd that has the drivers in it or
#                                   finds them by these arguments for EAL

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

seconds=5
interactive=false
vm=false
testpmd=
args=()
while [ $# -gt 0 ]; do
	case $1 in
	--interactive) interactive=true ;;
	--vm) vm=true ;;
	--seconds)
		[[ ${2:-} =~ ^[1-9][0-9]*$ ]] || { echo "demo: --seconds takes a number" >&2; exit 2; }
		seconds=$2
		shift
		;;
	--testpmd)
		testpmd=${2:-}
		[ -x "$testpmd" ] || { echo "demo: --testpmd takes a program" >&2; exit 2; }
		shift
		;;
	--)
		shift
		args=("$@")
		break
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

# testpmd's commands, timed as somebody would type them.
type_commands() {
	sleep 2 # testpmd starts its ports
	echo "start tx_first 8"
	echo "$EPOCHREALTIME" >"$work/start"
	for _ in $(seq "$seconds"); do
		sleep 1
		echo "show port stats all"
	done
	echo "stop"
	echo "$EPOCHREALTIME" >"$work/stop"
	sleep 0.5 # what is on the wire arrives
	echo "show port stats all"
	echo "quit"
}

# The sum over both ports of a counter in the last "show port stats all".
counted() {
	awk -v name="$1:" '/NIC statistics for port 0/ { sum = 0 }
		{ for (i = 1; i < NF; i++) if ($i == name) sum += $(i + 1) }
		END { printf "%d", sum }' "$work/testpmd.log"
}

# What testpmd received, had no room to send and so freed itself.
dropped() {
	awk '/Accumulated forward/ { all = 1 }
		all && match($0, /TX-dropped: [0-9]+/) { print substr($0, RSTART + 12, RLENGTH - 12); exit }' \
		"$work/testpmd.log"
}

summary() {
	local received lost time

	received=$(counted RX-packets)
	lost=$(($(counted TX-packets) - received + $(dropped)))
	time=$(awk '{ getline stop <ARGV[2]; printf "%.1f", stop - $1; exit }' \
		"$work/start" "$work/stop")
	echo "demo: $(thousands "$received") packets forwarded between sf_sim.sf.0 and sf_sim.sf.1" \
		"in $time s, $(thousands "$lost") lost"
	[ "$received" -gt 0 ] && [ "$lost" -eq 0 ]
}

# A kernel of its own, and what an operator would type there.
run_in_vm() {
	local kernel module

	"$top/devtools/setup.sh" --vm
	kernel=$("$top/devtools/vm/kernel.sh" test)
	module=$("$top/devtools/kmod.sh" "$kernel/build")
	# shellcheck disable=SC2046
	"$top/devtools/vm.sh" -- env "LD_LIBRARY_PATH=$LD_LIBRARY_PATH" \
		"$top/devtools/vm/demo.sh" "$module" $(driver_args)
}

main() {
	build_all
	if [ -z "$testpmd" ]; then
		with_our_libraries
		testpmd=dpdk-testpmd
		read -ra args <<<"$(driver_args)"
	fi
	if $vm; then
		run_in_vm
		return
	fi
	work=$(mktemp -d)
	trap cleanup EXIT
	# testpmd on the first processor we may use, the devices on the last.
	cpus=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	cpu=${cpus%%[-,]*}
	sim_cpu=${cpus##*[-,]}
	start_sim
	export SYSFS_AUXILIARY_DEVICES=$work/devices
	# shellcheck disable=SC2046
	set -- "$testpmd" --lcores "0@$cpu,1@$cpu" $(memory_args 256) --no-pci --no-telemetry \
		"${args[@]}" -a bus=auxiliary,name=sf_sim.sf.0 -a auxiliary:sf_sim.sf.1 \
		-- -i --total-num-mbufs=16384
	echo "SYSFS_AUXILIARY_DEVICES=$SYSFS_AUXILIARY_DEVICES $*"
	if $interactive; then
		"$@"
		return
	fi
	type_commands | stdbuf -oL "$@" 2>&1 | tee "$work/testpmd.log"
	summary
}

main
