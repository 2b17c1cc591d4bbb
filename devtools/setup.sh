#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Get what the build needs: Debian packages, and the driver SDK headers of the
# installed libdpdk. Does nothing that is already done, and needs root only to
# install packages.
#
#   devtools/setup.sh         for the build
#   devtools/setup.sh --vm    for virtual machines and their kernels
#   devtools/setup.sh --lint  for checks of the sources

set -euo pipefail
cd "$(dirname "$0")/.."

packages=(gcc meson ninja-build pkg-config libdpdk-dev dpdk dpdk-dev
	libnl-3-dev libnl-genl-3-dev libnl-route-3-dev libjansson-dev libpcap-dev
	python3-pyelftools dpkg-dev gnuplot-nox strace abigail-tools iproute2 iputils-ping)
vm_packages=(qemu-system-x86 busybox-static make bc bison flex libelf-dev xz-utils kmod
	iperf3)
lint_packages=(clang-tidy shellcheck g++ python3-sphinx doxygen)

die() {
	echo "setup: $*" >&2
	exit 1
}

# A field of a package, empty unless it is installed.
installed() {
	dpkg-query -W -f '${db:Status-Status} ${'"$2"'}\n' "$1" 2>/dev/null |
		sed -n 's/^installed //p' | head -n 1
}

install_packages() {
	local missing=() sudo=()

	mapfile -t missing < <(printf '%s\n' "$@" | grep -vxF "$(dpkg-query -W \
		-f '${Package} ${db:Status-Status}\n' "$@" 2>/dev/null | sed -n 's/ installed$//p')")
	[ ${#missing[@]} -gt 0 ] || return 0
	if [ "$(id -u)" -ne 0 ]; then
		command -v sudo >/dev/null ||
			die "as root: apt-get install ${missing[*]}"
		sudo=(sudo)
	fi
	echo "setup: installing ${missing[*]}"
	"${sudo[@]}" apt-get -qq update
	"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o DPkg::Lock::Timeout=300 --no-install-recommends install "${missing[@]}" >/dev/null
}

# The machine's own archives, as deb-src lines or stanzas, into directory $1.
source_lists() {
	local f

	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/sources.d"
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] || continue
		sed -n 's/^deb\([ \t]\)/deb-src\1/p' "$f" >>"$1/sources.d/machine.list"
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		sed 's/^Types:.*/Types: deb-src/' "$f" >"$1/sources.d/${f##*/}"
	done
}

# Driver SDK headers from the source package of the installed version: the
# headers that DPDK's build installs with -Denable_driver_sdk=true.
fetch_sdk() {
	local version=$1 sdk=$2 tmp opts package

	package=$(installed libdpdk-dev Version)
	[ -n "$package" ] || die "libdpdk $version has no driver SDK headers and is no Debian package:" \
		"rebuild it with -Denable_driver_sdk=true, or give meson -Ddriver_sdk=DIR"
	echo "setup: driver SDK headers from the sources of dpdk $package"
	tmp=$(mktemp -d)
	# shellcheck disable=SC2064
	trap "rm -rf '$tmp'" EXIT
	source_lists "$tmp"
	opts=(-qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$tmp/sources.d"
		-o "Dir::State::Lists=$tmp/lists" -o "Dir::Cache=$tmp/cache"
		-o APT::Sandbox::User="$(id -un)")
	# An archive that is out of reach matters only if it has the sources.
	apt-get "${opts[@]}" update >/dev/null 2>&1 || true
	(cd "$tmp" && apt-get "${opts[@]}" source "dpdk=$package" >/dev/null) ||
		die "cannot get the sources of dpdk $package: is a network there, and is" \
			"that version still in the archive? (apt-get install --only-upgrade libdpdk-dev)"
	mkdir -p "$tmp/include"
	find "$tmp"/dpdk-*/lib/{eal/include,ethdev} "$tmp"/dpdk-*/drivers/bus/{pci,vdev} \
		-maxdepth 1 \( -name '*_driver.h' -o -name 'ethdev_*.h' \) \
		-exec cp -t "$tmp/include" {} +
	# Not for the build: what tests compare the layout of ours with.
	cp "$tmp"/dpdk-*/drivers/bus/auxiliary/bus_auxiliary_driver.h \
		"$tmp/include/dpdk_bus_auxiliary_driver.h"
	echo "$version" >"$tmp/include/VERSION"
	rm -rf "$sdk"
	mkdir -p "$(dirname "$sdk")"
	mv "$tmp/include" "$sdk"
}

main() {
	local version sdk

	case ${1:-} in
	--vm)
		install_packages "${vm_packages[@]}"
		return
		;;
	--lint)
		install_packages "${lint_packages[@]}"
		return
		;;
	esac
	install_packages "${packages[@]}"
	version=$(pkg-config --modversion libdpdk) || die "pkg-config does not find libdpdk"
	# shellcheck disable=SC2046
	if echo '#include <bus_driver.h>' |
			gcc $(pkg-config --cflags libdpdk) -E -x c - >/dev/null 2>&1; then
		echo "setup: libdpdk $version, with its driver SDK headers"
		return
	fi
	sdk=.sdk/$version/include
	[ "$(cat "$sdk/VERSION" 2>/dev/null)" = "$version" ] || fetch_sdk "$version" "$sdk"
	echo "setup: libdpdk $version, driver SDK headers in $sdk"
}

main "$@"
