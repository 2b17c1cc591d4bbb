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
#   devtools/setup.sh --fuzz  for fuzz targets
#   devtools/setup.sh --arm64 for aarch64, emulated
#   devtools/setup.sh --deb   for Debian packages and their tests

set -euo pipefail
cd "$(dirname "$0")/.."

packages=(gcc meson ninja-build pkg-config libdpdk-dev dpdk dpdk-dev
	libnl-3-dev libnl-genl-3-dev libnl-route-3-dev libjansson-dev libpcap-dev
	python3-pyelftools dpkg-dev make ccache gnuplot-nox strace iproute2 iputils-ping)
vm_packages=(qemu-system-x86 busybox-static make bc bison flex libelf-dev xz-utils kmod
	iperf3)
arm64_packages=(gcc-aarch64-linux-gnu qemu-user-static)
deb_packages=(build-essential debhelper dh-dkms python3-sphinx fakeroot lintian debootstrap
	runc golang-github-containers-common)
fuzz_packages=(clang libclang-rt-dev llvm)
lint_packages=(clang-tidy shellcheck g++ python3-sphinx doxygen gawk)

die() {
	echo "setup: $*" >&2
	exit 1
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

main() {
	local version

	case ${1:-} in
	--vm)
		install_packages "${vm_packages[@]}"
		return
		;;
	--lint)
		install_packages "${lint_packages[@]}"
		return
		;;
	--fuzz)
		install_packages "${fuzz_packages[@]}"
		return
		;;
	--deb)
		install_packages "${deb_packages[@]}"
		return
		;;
	--arm64)
		install_packages "${arm64_packages[@]}"
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
	devtools/dpdk.sh headers
	echo "setup: libdpdk $version, driver SDK headers in .sdk/$version/include"
}

main "$@"
