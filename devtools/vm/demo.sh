#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# What demo.sh --vm does in its guest: a sub-function from "devlink port add"
# to "devlink port del", as an operator types it.  The arguments are the kernel
# module and testpmd's own arguments for our driver.

set -euo pipefail

module=$1
shift
handle=platform/sf_sim/88
work=$(mktemp -d)

# Show a command, and run it.
typed() {
	printf '\n# %s\n' "$*"
	"$@"
}

# testpmd's output, as it comes.
start_testpmd() {
	printf '\n# %s\n' "$*"
	mkfifo "$work/prompt"
	stdbuf -oL "$@" <"$work/prompt" >"$work/log" 2>&1 &
	testpmd=$!
	exec 4>"$work/prompt"
	tail -n +1 -f --pid "$testpmd" "$work/log" | sed -u 's/^/    /' &
	wait_for 'testpmd>'
}

# Wait until testpmd has printed something.
wait_for() {
	for _ in $(seq 300); do
		! grep -q "$1" "$work/log" || return 0
		sleep 0.1
	done
	echo "demo: no '$1' from testpmd" >&2
	exit 1
}

typed modprobe -a vfio mdev vfio_iommu_type1
typed insmod "$module"
typed devlink port add "${handle%/*}" flavour pcisf pfnum 0 sfnum 88
typed devlink port function set "$handle" hw_addr 02:00:00:00:00:88 state active
typed devlink port show "$handle"
typed ls /sys/bus/auxiliary/devices/sf_sim.sf.0
start_testpmd dpdk-testpmd -l 0,1 -m 64 --in-memory --no-pci --no-telemetry "$@" \
	-a bus=auxiliary,pf=sf_sim,sfnum=88 \
	-- -i --total-num-mbufs=4096 --forward-mode=icmpecho --auto-start
typed ip link set pf0sf88 up
typed ip address add 10.0.0.1/24 dev pf0sf88
typed ping -c 5 -i 0.5 10.0.0.2 | tee "$work/ping"
echo "show port stats 0" >&4
wait_for 'Tx-pps'
typed devlink port function set "$handle" state inactive
wait_for 'Now total ports is 0'
typed devlink port del "$handle"
typed ls -A /sys/bus/auxiliary/devices
echo quit >&4
wait "$testpmd"
typed rmmod sf_sim
received=$(sed -n 's/.* \([0-9]*\) received.*/\1/p' "$work/ping")
printf '\ndemo: sub-function 88 came, answered %s of 5 pings, and left\n' "$received"
[ "$received" -eq 5 ]
