#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Run a test in a guest that has started with systemd and udev, in a fresh Debian with what this
# build installs, sf_sim.ko, and two sub-functions declared.  The argument is the test, which
# prints TAP.

set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
devtools=$here/../../../devtools
export PATH=/usr/bin:/usr/sbin:/bin:/sbin:$PATH
profile=/usr/share/containers/seccomp.json
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# libdpdk's own directories; the rest is what the harness and dpdk-sfctl need.
packages=(binutils dpdk-dev iproute2 iputils-ping kmod libjansson4 libnl-3-200 libnl-genl-3-200
	openvswitch-switch-dpdk python3 runc systemd-sysv udev)

skip() {
	echo "1..0 # SKIP $*"
	exit 0
}

# A file of the guest's, from what comes in.
write() {
	mkdir -p "$(dirname "$layer/$1")"
	cat >"$layer/$1"
}

# Fill $layer, which lies over Debian's root: the kernel's modules, what this build installs,
# and a configuration that declares two sub-functions.
make_layer() {
	local kernel module release modules

	kernel=$("$devtools/vm/kernel.sh" test)
	module=$("$devtools/kmod.sh" "$kernel/build")
	release=$(modinfo -F vermagic "$module" | cut -d ' ' -f 1)
	modules=$layer/usr/lib/modules/$release
	mkdir -p "${modules%/*}"
	ln -s usr/lib "$layer/lib" # for depmod
	cp -r "$kernel/modules" "$modules"
	cp "$module" "$modules"
	depmod -b "$layer" "$release"
	rm "$layer/lib"
	DESTDIR=$layer meson install -C "$SF_BUILD" --no-rebuild --quiet
	# Containers' default seccomp profile, without what else its package wants.
	[ ! -f $profile ] || write ${profile#/} <$profile
	write etc/modules-load.d/sf_sim.conf <<<sf_sim
	write etc/modprobe.d/sf_sim.conf <<<"options sf_sim wire=pair cpu=1"
	# Open vSwitch's service starts after its kernel module, of which its switching by DPDK
	# has no need, and which this kernel does not have.
	write etc/modprobe.d/openvswitch.conf <<<"install openvswitch /bin/true"
	write etc/sysusers.d/tenant.conf <<-EOF
		g others -
		u tenant -
		m tenant dpdk-sf
	EOF
	write etc/dpdk-sf.d/sf_sim <<-EOF
		# Two for whoever is in dpdk-sf
		SFNUM=88
		COUNT=2
		OPTIONS="--mac 02:00:00:00:00:88 --bind sf_sim.vfio"
	EOF
	write etc/dpdk-sf.d/sf_sim,89 <<<GROUP=others
}

"$devtools/setup.sh" --vm >"$work/said" 2>&1 || skip "no QEMU here: $(tail -n 1 "$work/said")"
dpdk_libdir=$(sed -n "s/^dpdk_libdir=//p" "$SF_BUILD/dpdk.env")
[[ $dpdk_libdir == /usr/lib/* ]] || skip "this DPDK is not the distribution's"
root=$("$devtools/root.sh" "${packages[@]}" 2>"$work/said") ||
	skip "no root of Debian: $(tail -n 1 "$work/said")"
layer=$work/layer
mkdir -m 755 "$layer"
make_layer >&2
"$here/run.sh" --append "systemd.show_status=no" --root "$layer:$root" -- "$@"
