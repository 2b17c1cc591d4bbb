#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Build everything for aarch64 and run the suite "fast" there, emulated by qemu:
# the autotests, in which the driver receives and sends with Neon. In what order
# memory is read and written is not put to the test: that is up to this machine.
#
# libdpdk, libc and what else they need are the distribution's packages for arm64,
# unpacked into ${XDG_CACHE_HOME:-~/.cache}/dpdk-auxiliary; this machine's own are
# as they were.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

cache=${XDG_CACHE_HOME:-$HOME/.cache}/dpdk-auxiliary
build=$build-arm64
packages=(libdpdk-dev libnl-3-dev libnl-genl-3-dev libjansson-dev libc6-dev)

die() {
	echo "arm64: $*" >&2
	exit 1
}

# apt-get for a machine of that kind which has nothing installed yet, and is in $work.
apt_arm64() {
	apt-get -qq -o APT::Architecture=arm64 -o APT::Architectures=arm64 \
		-o Dir::State="$work" -o Dir::State::status="$work/status" -o Dir::Cache="$work" \
		-o APT::Sandbox::User="$(id -un)" "$@"
}

# Unpack libdpdk of version $1, and what has to be there with it, into directory $2.
# An emulated program finds in it any file that is in it: libraries, and no more.
make_root() {
	local version=$1 root=$2 deb

	mkdir -p "$work/lists/partial" "$work/archives/partial"
	: >"$work/status"
	# An archive that is out of reach matters only if it has the packages.
	apt_arm64 update >/dev/null 2>&1 || true
	apt_arm64 --download-only -y --no-install-recommends install \
		"${packages[@]/%libdpdk-dev/libdpdk-dev=$version}" >/dev/null ||
		die "cannot get libdpdk-dev $version for arm64: is a network there, and is that" \
			"version still in the archive? (apt-get install --only-upgrade libdpdk-dev)"
	for deb in "$work"/archives/*.deb; do
		dpkg-deb -x "$deb" "$root"
	done
	(cd "$root" && rm -rf bin etc sbin var usr/bin usr/sbin usr/share usr/lib/*/librte_*.a)
}

# What meson has to know of a machine whose files are in directory $1.
cross_file() {
	cat <<EOF
[binaries]
c = ['ccache', 'aarch64-linux-gnu-gcc', '--sysroot=$1']
ar = 'aarch64-linux-gnu-ar'
strip = 'aarch64-linux-gnu-strip'
pkgconfig = 'pkg-config'
exe_wrapper = ['qemu-aarch64-static', '-L', '$1']

[built-in options]
# The address space that the simulator reserves; qemu 7.2 notes every page of it.
c_args = ['-DWINDOW_SHIFT=32']

[properties]
sys_root = '$1'
pkg_config_libdir = '$1/usr/lib/aarch64-linux-gnu/pkgconfig'
needs_exe_wrapper = true

[host_machine]
system = 'linux'
cpu_family = 'aarch64'
cpu = 'aarch64'
endian = 'little'
EOF
}

# Sets root, where that machine's files are.
root_get() {
	local version digest

	version=$(dpkg-query -W -f '${Version}' "libdpdk-dev:$(dpkg --print-architecture)") ||
		die "libdpdk is no Debian package"
	digest=$({ echo "${packages[@]}"; declare -f make_root cross_file; } | sha256sum | cut -c 1-12)
	root=$cache/arm64-$version-$digest
	[ ! -d "$root" ] || return 0
	echo "arm64: getting libdpdk $version for arm64"
	mkdir -p "$cache"
	work=$(mktemp -d)
	new=$root.$$
	make_root "$version" "$new"
	cross_file "$root" >"$new/meson.ini"
	# Another clone may have been faster.
	mv -T "$new" "$root" 2>/dev/null || true
}

clean_up() {
	return_hugepages
	rm -rf "$work" "$new"
}

main() {
	"$top/devtools/setup.sh"
	"$top/devtools/setup.sh" --arm64
	root_get
	# A build against another root would go on to use that.
	grep -qsF -- "--sysroot=$root" "$build/build.ninja" || rm -rf "$build"
	build_only --cross-file "$root/meson.ini"
	lend_hugepages 384
	# For a program of the build that a test written in Python starts.
	export SF_EMULATOR="qemu-aarch64-static -L $root"
	# Emulated, a test takes a few times as long.
	meson_test_args=(--timeout-multiplier 5)
	run_suites "$build" fast
	print_result
}

work=
new=
trap clean_up EXIT
main
