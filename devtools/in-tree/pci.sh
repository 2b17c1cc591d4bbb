#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# DPDK's PCI bus on common/vfio: patch it in, build, and have it forward in guests.
#
#   devtools/in-tree/pci.sh DPDK_SOURCE   sources of 22.11 or of main
#   devtools/in-tree/pci.sh               those of the distribution's libdpdk
#   devtools/in-tree/pci.sh --lay TREE    only commit the patch, to a tree of in-tree.sh's
#
# pci/pci_vfio.c takes the place of drivers/bus/pci/linux/pci_vfio.c; what else has to
# change is in pci/VERSION.patch, the largest version not above the sources'. The trees
# are .sdk/VERSION/in-tree-pci, patched, and .sdk/VERSION/in-tree-plain, to compare with;
# both have the drivers laid in as in-tree.sh does. Beside them is
# .sdk/VERSION/in-tree-pci.patch, all of it as git format-patch makes it.
#
# PCI_PLAIN=no leaves out the bus as it was. PCI_TESTS names tests of app/test/vm/pci_bus.py.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/../common.sh"

here=$top/devtools/in-tree/pci
read -ra tests <<<"${PCI_TESTS:-}"

die() {
	echo "pci: $*" >&2
	exit 1
}

verdict() {
	if "${@:2}"; then
		passed=$((passed + 1))
		echo "ok $((passed + failed)) - pci: $1"
	else
		failed=$((failed + 1))
		echo "not ok $((passed + failed)) - pci: $1"
	fi
}

# The patch for version $1 of DPDK.
patch_of() {
	{ basename -s .patch -a "$here"/*.patch | sed 's/$/ patch/'; echo "$1 sources"; } |
		sort -V | sed -n '/ sources/q; s/ patch//p' | tail -n 1
}

# A tree named $tree-$1 with the drivers laid in.
worktree() {
	git -C "$tree" worktree prune
	[ -d "$tree-$1" ] ||
		git -C "$tree" worktree add -q --detach "$tree-$1" HEAD
	git -C "$tree-$1" checkout -q -f --detach "$(git -C "$tree" rev-parse HEAD)"
}

# Have the bus in a tree, $1, patched, as a commit.
patch_bus() {
	local version

	version=$(patch_of "$(cat "$1/VERSION")")
	[ -n "$version" ] || die "no patch for DPDK $(cat "$1/VERSION")"
	cp "$here/pci_vfio.c" "$1/drivers/bus/pci/linux/pci_vfio.c"
	git -C "$1" apply --recount "$here/$version.patch"
	git -C "$1" add -A
	git -C "$1" commit -q -F - <<-END
	drivers: have PCI bus use VFIO code that buses share

	Regions, interrupts, requests to let go of a device, and secondary
	processes are the same for a PCI device as for those of other buses. With
	the code that these share, a device whose group the user may not open is
	opened by its character device and iommufd.

	Signed-off-by: $(git -C "$1" config user.name) <$(git -C "$1" config user.email)>
	END
}

# Lines before and after, and that no driver of a device is touched.
print_lines() {
	local file=drivers/bus/pci/linux/pci_vfio.c before after

	before=$(wc -l <"$tree/$file")
	after=$(wc -l <"$tree-pci/$file")
	echo "# $file: $before lines before, $after after"
	git -C "$tree-pci" diff --stat HEAD~1 | sed 's/^/# /'
	[ $((after * 2)) -lt "$before" ] &&
		[ -z "$(git -C "$tree-pci" diff --name-only HEAD~1 -- drivers \
			':!drivers/bus/pci' ':!drivers/meson.build')" ]
}

# Whether what the tests need of $tree-$1 is built, in $tree-$1/build: relative paths are
# those of the other tree, so that ccache has what the two have in common.
build_tree() {
	local root=$tree-$1 drivers libs apps abi options targets

	CCACHE_BASEDIR=$root
	dpdk_parts
	drivers=bus/pci,bus/vdev,common/vfio,mempool/ring,net/e1000,net/virtio
	options=(-Denable_drivers="$drivers" -Denable_apps="${apps%%,*}" -Ddefault_library=shared
		-Dplatform=generic -Dtests=false -Dwerror=true --buildtype=release)
	if grep -q "^option('enable_libs'" "$root/meson_options.txt"; then
		options+=(-Denable_libs="$libs")
	else
		libs=cfgfile,flow_classify,gpudev,kni,jobstats,node,pipeline,port,power,table,vhost
		options+=(-Ddisable_libs="$libs")
	fi
	abi=$(cat "$root/ABI_VERSION")
	targets=(app/dpdk-testpmd drivers/librte_{bus_pci,mempool_ring,net_e1000,net_virtio}.so."$abi")
	{
		[ -f "$root/build/build.ninja" ] ||
			CC="ccache gcc" meson setup "$root/build" "$root" "${options[@]}"
		nice ninja -C "$root/build" "${targets[@]}"
	} >"$root.log" 2>&1 || {
		grep -E -A 5 '(error|warning):|ERROR|FAILED' "$root.log" | head -n 40 | sed 's/^/# /'
		return 1
	}
}

# run_guest NAME TREE KERNEL TRANSPORT TEST...  The distribution's kernel knows PCI hotplug,
# so there the device is taken away by QEMU's monitor.
run_guest() {
	local said monitor=()
	local port=pcie-root-port,id=rootport,chassis=1,slot=1 behind=e1000e,id=unplugged,bus=rootport
	local virtio=virtio-net-pci,iommu_platform=on,disable-legacy=on
	local legacy=virtio-net-pci,disable-modern=on

	[ "$3" != stock ] || monitor=(--monitor)
	said=$("$top/devtools/vm.sh" --kernel "$3" --time 900 "${monitor[@]}" --device e1000e \
		--device "$port" --device "$behind" --device "$virtio" --device "$virtio" \
		--device "$legacy" --device "$legacy" \
		-- "$top/app/test/vm/pci_bus.py" "$2/build" "$4" "${@:5}") || {
		sed 's/^/# /' <<<"$said"
		return 1
	}
	grep '^ok' <<<"$said" | sed "s/^/# $1: /"
}

main() {
	local source=${1:-} said

	if [ "$source" = --lay ]; then
		patch_bus "${2:?which tree}"
		return
	fi
	if [ -z "$source" ]; then
		"$top/devtools/dpdk.sh" source
		source=$top/.sdk/$(pkg-config --modversion libdpdk)/source
	fi
	build_all
	tree=$("$top/devtools/in-tree.sh" --lay "$source" | tail -n 1)
	worktree pci
	patch_bus "$tree-pci"
	git -C "$tree-pci" format-patch -q -1 --stdout >"$tree-pci.patch"
	verdict "pci_vfio.c shrinks by more than half, and no driver changes" print_lines
	verdict "the patched bus builds" build_tree pci
	if ! said=$("$top/devtools/setup.sh" --vm 2>&1); then
		skipped=1
		echo "ok $((passed + failed + 1)) - pci: guests # SKIP no QEMU here: ${said##*$'\n'}"
		echo "1..$((passed + failed + 1))"
		print_result
		return
	fi
	verdict "group" run_guest group "$tree-pci" 'test' group "${tests[@]}"
	verdict "cdev" run_guest cdev "$tree-pci" 'test' cdev "${tests[@]}"
	verdict "group, unplugged by QEMU" run_guest "unplugged by QEMU" "$tree-pci" stock group \
		test_hot_unplug
	if [ "${PCI_PLAIN:-yes}" != no ]; then
		worktree plain
		verdict "the bus as it was builds" build_tree plain
		verdict "group, as it was" run_guest "as it was" "$tree-plain" 'test' group "${tests[@]}"
	fi
	echo "1..$((passed + failed))"
	print_result
}

main "$@"
