#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Run a test in a guest that has two sub-functions of dpdk-sf-sim, wired as a pair, as
# PCI devices: QEMU is the client of vfio-user.  The arguments are vm.sh's, the test
# prints TAP, and after it the simulator must still be there.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

if ! "$here/../../../devtools/vm/qemu.sh" >"$work/program" 2>"$work/said"; then
	echo "1..0 # SKIP no QEMU with vfio-user: $(tail -n 1 "$work/said")"
	exit 0
fi

# Each function is behind a port of its own, by which the guest can reset it.
# In JSON, as only that way an option can have options of its own.
device='{"driver":"vfio-user-pci","bus":"port%s","socket":{"type":"unix","path":"%s"}}'
devices=()
for number in 0 1; do
	devices+=(--device "pcie-root-port,id=port$number,chassis=$number")
	# shellcheck disable=SC2059 # a format
	devices+=(--device "$(printf "$device" "$number" "$work/devices/sf_sim.sf.$number/vfio-user")")
done

"$SF_BUILD/sim/dpdk-sf-sim" --dir "$work/devices" --sfs 2 --wire pair >"$work/sim" 2>&1 &
simulator=$!
trap 'kill "$simulator" 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do
	! grep -q ready "$work/sim" || break
	sleep 0.1
done

status=0
"$here/run.sh" --qemu "$(cat "$work/program")" --shared-memory "${devices[@]}" "$@" || status=$?
kill "$simulator" || status=1
wait "$simulator" || status=1
sed 's/^/# /' "$work/sim"
exit "$status"
