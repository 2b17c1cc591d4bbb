#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Run a DPDK program on the devices that Kubernetes has given to a container.
#
#   dpdk-sf-run PROGRAM [ARGUMENT]...
#
# The SR-IOV network device plugin names them, separated by commas, in variables PCIDEVICE_*.
# Each becomes an argument for EAL, in front of the others.  The program is not started
# without a device, nor with a sub-function that is not there or whose node this user may not
# open: dpdk-sfctl says why, and the container ends with 1.

set -euf

complain() {
	echo "dpdk-sf-run: $*" >&2
}

if [ $# -eq 0 ]; then
	echo "usage: dpdk-sf-run PROGRAM [ARGUMENT]..." >&2
	exit 2
fi
program=$1
shift

# Variables PCIDEVICE_*_INFO have JSON.
names=$(env | sed -n '/^PCIDEVICE_[A-Z0-9_]*=[^{]/s/^[^=]*=//p' | tr , ' ')
if [ -z "$names" ]; then
	complain "no variable PCIDEVICE_* names a device;" \
		"a resource of the device plugin's has to be among the container's limits"
	exit 1
fi
devices=$(dpdk-sfctl list --all)
allow=
status=0
for name in $names; do
	case $name in
	*[!A-Za-z0-9._:-]*)
		complain "\"$name\" is not the name of a device"
		status=1
		continue
		;;
	*:*) # a PCI function
		allow="$allow -a $name"
		continue
		;;
	esac
	node=$(echo "$devices" | awk -v name="$name" '$1 == name { print $7 }')
	if [ -z "$node" ]; then
		complain "$name: there is no such device in /sys/bus/auxiliary/devices"
		status=1
	elif [ "$node" != - ]; then # else the driver uses it by way of a kernel driver
		dpdk-sfctl doctor "$name" >&2 || true
		{ [ -r "$node" ] && [ -w "$node" ]; } || status=1
	fi
	allow="$allow -a auxiliary:$name"
done
[ "$status" -eq 0 ] || exit 1
# shellcheck disable=SC2086 # names have no blanks
exec "$program" $allow "$@"
