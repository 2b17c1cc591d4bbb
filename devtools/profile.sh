#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Where the time goes.
#
#   devtools/profile.sh device    the simulated device while a testpmd forwards what comes
#                                 back: samples of the processor's clock (perf), then
#                                 instructions for a packet (callgrind)
#   devtools/profile.sh vectors   the loops of the vector functions, for four packets: what
#                                 llvm-mca makes of them

# shellcheck disable=SC2119 # build_all takes options of meson
set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=devtools/bench/lib/far.sh
. "$top/devtools/bench/lib/far.sh"

# Have testpmd send 256 packets round for so many seconds; how many there were.
loop_for() {
	rm -f "$work/near.log"
	# shellcheck disable=SC2046,SC2094
	{
		wait_for_line 'testpmd>' "$work/near.log"
		sleep 1
		echo start tx_first 8
		sleep "$1"
		echo stop
		sleep 1
		echo show port stats 0
		echo quit
	} | SYSFS_AUXILIARY_DEVICES=$work/devices dpdk-testpmd $(near_eal) -- -i \
		--total-num-mbufs=8192 --forward-mode=io --port-topology=loop >"$work/near.log" 2>&1
	awk '/RX-packets: .*RX-missed/ { n = $2 } END { print n }' "$work/near.log"
}

# The device, under the command that is given.
device_start() {
	"$@" "$build/sim/dpdk-sf-sim" --dir "$work/devices" --sfs 1 --wire loop --poll \
		--cpu "$last_cpu" >"$work/far.log" 2>&1 &
	far=$!
	wait_for_line ready "$work/far.log"
	near="$(driver_args) -a auxiliary:sf_sim.sf.0"
}

profile_device() {
	local packets

	device_start perf record -q -e cpu-clock:u -F 5000 -o "$work/perf.data" --
	packets=$(loop_for 3)
	far_stop
	echo "device: samples, $((packets / 3)) packets a second"
	perf report -i "$work/perf.data" --stdio --percent-limit 1 2>/dev/null | grep -v '^#' | sed '/^$/d'

	device_start valgrind --tool=callgrind --callgrind-out-file="$work/callgrind"
	packets=$(loop_for 3)
	far_stop
	echo "device: instructions, $packets packets; polls that find nothing are in it"
	callgrind_annotate "$work/callgrind" | awk -v packets="$packets" '/^ *[0-9,]+ \(/ {
		n = $1; gsub(",", "", n)
		name = $0; sub(/.*:/, "", name); sub(/ \[.*/, "", name)
		if (n / packets >= 1) printf "%10.1f a packet  %s\n", n / packets, name }' | head -12
}

# Compile a file as the build does, to assembly.
assembly() {
	local command

	command=$(ninja -C "$build" -t commands | grep -m 1 -e "-c [^ ]*$1\.c")
	(cd "$build" && eval "${command%% -MD *} -S -o $work/$1.s ${command##* -c }")
}

# mca CPU FILE FUNCTION PATTERN
mca() {
	"$top/devtools/profile/loop_of.py" "$work/$2.s" "$3" "$4" >"$work/loop.s"
	llvm-mca -mcpu="$1" -iterations=100 "$work/loop.s" | awk -v what="$2, $3, $1" '
		/^Instructions:/ { n = $2 } /^Total Cycles:/ { cycles = $3 }
		/^Block RThroughput:/ { bound = $3 }
		END { printf "%-44s %4d instructions %6.1f cycles, %5.1f if nothing is waited for\n",
			what, n / 100, cycles / 100, bound }'
}

profile_vectors() {
	local isa

	for isa in sse avx2 avx512; do
		assembly "sf_example_$isa"
	done
	for isa in sse avx2; do
		mca znver3 "sf_example_$isa" "sf_rx_groups_$isa" pshufb
		mca znver3 "sf_example_$isa" tx_groups_fast_free paddq
	done
	for isa in sse avx2 avx512; do
		mca icelake-server "sf_example_$isa" "sf_rx_groups_$isa" pshufb
		mca icelake-server "sf_example_$isa" tx_groups_fast_free paddq
	done
}

cleanup() {
	far_stop
	rm -rf "$work"
	return_hugepages
}

build_all
with_our_libraries
processors
work=$(mktemp -d)
trap cleanup EXIT
case ${1:-} in
device)
	lend_hugepages 384
	realtime
	profile_device
	;;
vectors)
	profile_vectors
	;;
*)
	sed -n '/^# Where/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
esac
