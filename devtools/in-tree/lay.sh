# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2154
#
# Functions that copy this project's drivers, guides and tests into a copy of DPDK's sources,
# and commit them there; lay_in calls them all. in-tree.sh sources this file, and sets before it
# calls lay_in: top, this project's root; here, the directory devtools/in-tree; tree, the copy of
# DPDK; work, a directory for temporary files; app, where in the copy the test program goes; and
# author, who signs the commits.

# Edit file $1 of the tree by sed; that this changes nothing is an error.
edit() {
	local file=$1

	shift
	cp "$tree/$file" "$work/before"
	sed -i "$@" "$tree/$file"
	! cmp -s "$work/before" "$tree/$file" || die "$file is not as expected: sed $*"
}

# From the line that matches $2 to one that matches $3, of file $1.
block() {
	sed -n "/$2/,/$3/p" "$1" | grep . || die "no /$2/ in $1"
}

# The files of the project below directory $1 go to directory $2 of the tree.
lay() {
	mkdir -p "$tree/$2"
	(cd "$top/$1" && git ls-files -z --cached --others --exclude-standard |
		tar -c --null -T -) | tar -x -C "$tree/$2"
}

# commit SUBJECT, the body on standard input
commit() {
	git -C "$tree" add -A -f
	{ echo "$1"; echo; cat; echo; echo "Signed-off-by: $author"; } |
		git -C "$tree" commit -q -F -
}

# Section $1 of ours, by its first line, goes before section $2 of MAINTAINERS. Who
# commits maintains it.
maintain() {
	awk -v RS= -v ORS='\n\n' -v title="$1" -F'\n' '$1 == title' "$here/MAINTAINERS" |
		sed "s/@AUTHOR@/$author/" | grep '' >"$work/section" || die "no section $1"
	edit MAINTAINERS "/^$2\$/e cat $work/section"
}

# Item $1 of the release notes, by what it starts with, goes to the end of new features.
# They are ours too, where they say more: what DPDK has of a feature is its first paragraph.
release_note() {
	local notes line

	notes=$(sed -E 's/^([0-9]+)\.([0-9]+).*/\1_\2/' "$tree/VERSION")
	notes=doc/guides/rel_notes/release_$notes.rst
	awk -v title="* **$1.**" '$0 == title { on = 1 } on && /^$/ && ++gap == 2 { exit } on' \
		"$top"/doc/guides/rel_notes/release_0_1.rst | grep '' >"$work/note" ||
		die "no note $1"
	line=$(grep -n '^Removed Items$' "$tree/$notes" | cut -d : -f 1)
	edit "$notes" "$((line - 2))e echo; cat $work/note"
}

# Since 25.07 what a driver exports stands in its sources.
lay_driver() {
	lay "drivers/$1" "drivers/$1"
	[ -z "$exports" ] || rm -f "$tree/drivers/$1/version.map"
}

lay_vfio() {
	lay_driver common/vfio
	edit drivers/common/meson.build "/^drivers = \[/,/^\]/s/^\]/        'vfio',\n]/"
	lay_guide prog_guide/common_vfio
	edit doc/guides/prog_guide/index.rst 's/^    rawdev$/&\n    common_vfio/'
	maintain "VFIO code of buses" "Intel FPGA bus"
	awk -v author="$author" '!done && $0 > author { print author; done = 1 } { print }' \
		"$tree/.mailmap" >"$work/mailmap"
	cp "$work/mailmap" "$tree/.mailmap"
	release_note "Common VFIO library"
	commit "common/vfio: add VFIO code that buses share" <<-END
	Buses other than PCI have devices behind VFIO, too. What they need of it,
	regions, interrupts and DMA, is the same for all of them, over a kernel
	group, a character device with iommufd, or a vfio-user socket.
	END
}

lay_sysfs() {
	lay_sysfs_without_mdev
	edit drivers/common/meson.build "/^drivers = \[/,/^\]/s/^\]/        'auxiliary',\n]/"
	maintain "Sub-functions in sysfs" "Intel FPGA bus"
	commit "common/auxiliary: read sub-functions in sysfs" <<-END
	What sysfs has of sub-functions and mediated devices, which VFIO node is
	whose, and what is in the way of using one, is of use to the bus and to
	tools that show it.
	END
}

# Mediated devices have a root of their own, and there are none where that is not listed.
lay_sysfs_without_mdev() {
	lay_driver common/auxiliary
	edit drivers/common/auxiliary/auxiliary_root.c -e '/ \*mdev = root_env(/d' \
		-e '/^	if (mdev\[0\]/,/^	}/d'
}

lay_mdev() {
	lay_driver common/auxiliary
	commit "common/auxiliary: list mediated devices" <<-END
	A mediated device (mdev) on a sub-function is the VFIO node of that; any
	other is a device of its own, for drivers whose id table has its kind or
	type, and for drivers that match by name only. The bus keeps both in one
	list, so all that it takes is to look where the kernel has mdevs.
	END
}

# The bus without some parts. A part is a file, auxiliary_PART.c, with functions that are
# called auxiliary_PART_*. With the file go the calls of these in auxiliary_common.c, each
# with the comment or condition right in front, and the paragraphs of private.h that
# declare them.
lay_bus_without() {
	local bus=$tree/drivers/bus/auxiliary part

	lay_driver bus/auxiliary
	for part; do
		rm "$(find "$bus" -name "auxiliary_$part.c" | grep .)"
		edit drivers/bus/auxiliary/meson.build "/auxiliary_$part\.c'/d"
		awk -v call="auxiliary_${part}_" '
			index($0, call) { held = ""; next }
			/^\t+(\/\* .* \*\/|if \(.*\))$/ { held = held $0 "\n"; next }
			{ printf "%s%s\n", held, $0; held = "" }' \
			"$bus/auxiliary_common.c" >"$work/without"
		cp "$work/without" "$bus/auxiliary_common.c"
		awk -v RS= -v call="auxiliary_${part}_" '
			!index($0, call) { printf "%s%s\n", gap, $0; gap = "\n" }' \
			"$bus/private.h" >"$work/without"
		cp "$work/without" "$bus/private.h"
	done
	[ -e "$bus/linux/auxiliary_hotplug.c" ] || rm "$bus/linux/auxiliary_linux.h"
}

# First what takes the place of DPDK's bus, then what that did not have.
lay_bus() {
	git -C "$tree" rm -q -r drivers/bus/auxiliary
	lay_bus_without devargs vfio hotplug plug listen snapshot
	commit "bus/auxiliary: keep what sysfs has in a sorted list" <<-END
	The bus matched the names of devices, for drivers that go through one of
	the kernel's. For these nothing changes, but that a scan takes less time
	where there are many sub-functions, and that a device stays where it is in
	memory when it leaves and returns. A device knows its parent and its
	number now, and a driver may have a table of ids. Devargs are compared
	with what is in sysfs, by a parser that knows all keys of what follows.
	END
	lay_bus_without vfio hotplug plug listen snapshot
	commit "bus/auxiliary: name devices by PF and SF number" <<-END
	The instance in the name of a sub-function (SF) is whichever was free;
	what a user knows is its PF and its number. Devargs that select a device
	without its name get the name of the only device that they fit, so that
	applications may attach it.
	END
	lay_bus_without hotplug plug listen snapshot
	commit "bus/auxiliary: open VFIO devices for drivers" <<-END
	A driver with the flag RTE_AUXILIARY_DRV_NEED_VFIO, which no driver has
	yet, finds the VFIO device of its sub-function open when it is probed, and
	the bus closes it. If there is no node, or the user may not open it, a line
	of the log says what to do.
	END
	lay_mdev
	lay_bus_without
	lay_guide prog_guide/auxiliary_bus
	lay_guide prog_guide/auxiliary_bus_cost
	edit doc/guides/prog_guide/index.rst \
		's/^    common_vfio$/    auxiliary_bus\n    auxiliary_bus_cost\n&/'
	edit MAINTAINERS 's,^F: drivers/bus/auxiliary/$,&\nF: doc/guides/prog_guide/auxiliary_bus*,'
	release_note "Auxiliary bus with VFIO"
	commit "bus/auxiliary: have devices come and go" <<-END
	The bus listens to the kernel's uevents, and for simulated devices to
	inotify. Whatever is heard only says to look at what is there now; EAL's
	callbacks are told of the difference. Devargs with "hotplug=plug" have a
	device plugged when it comes, those with "hotplug=full" also unplugged when
	it goes. With that the bus has all that its guide tells of.
	END
}

lay_net() {
	lay_driver net/sf_example
	edit drivers/net/meson.build "s/^        'sfc',\$/        'sf_example',\n&/"
	lay_guide nics/sf_example
	lay_guide nics/sf_example_hw
	# The guide of a program that stays here.
	edit doc/guides/nics/sf_example.rst 's,; see :doc:`../tools/dpdk_sf_sim`,,'
	cp "$top/doc/guides/nics/features/sf_example.ini" "$tree/doc/guides/nics/features/"
	edit doc/guides/nics/index.rst 's/^    sfc_efx$/    sf_example\n    sf_example_hw\n&/'
	maintain "Sample PMD of a sub-function" "Softnic PMD"
	release_note "Sample driver"
	commit "net/sf_example: add sample driver of a sub-function" <<-END
	Those who write a driver for a device that comes in slices have something
	to copy from: offloads, RSS, flow rules, vector functions, interrupts and
	secondary processes, on a device that is simulated and so at hand.
	END
}

# The iterator's old syntax, "auxiliary:sf_sim.sf.0", which applications such as OVS hand on.
lay_ethdev() {
	edit lib/ethdev/rte_ethdev.c '/^	if ((strcmp(iter->bus->name, "vdev") == 0)/,/^	}$/c\
	if (strcmp(iter->bus->name, "pci") == 0)\
		bus_param_key = "addr";\
	else\
		bus_param_key = "name";'
	commit "ethdev: iterate over devices of any bus" <<-END
	An iterator in the old syntax, "BUS:NAME", was made for the four buses that
	the function knew by name; for a device on any other, such as the auxiliary
	bus, it was refused. All of them but PCI name their devices with the key
	"name".
	END
}

# The test program is an application of its own, which has the simulated device in it.
lay_tests() {
	lay app/test $app
	rm -r "${tree:?}/$app/e2e" "${tree:?}/$app/vm" "${tree:?}/$app"/process*
	lay sim/model $app/sim/model
	lay sim/user $app/sim/user
	rm "$tree/$app"/sim/user/{main.c,tap.c,tap.h,dpdk-sf-sim.1}
	{
		cat "$here/meson.build"
		block "$top/app/test/meson.build" '^sources = files' '^)'
		echo "sources += files("
		sed -n "s/^  *'\(model\|user\)\/.*\.c',\$/&/p" "$top/sim/meson.build" |
			sed "s/^ *'/        'sim\//" | grep . || die "no files in sim/meson.build"
		echo ")"
	} >"$tree/$app/meson.build"
	mkdir "$tree/$app/suites"
	{
		sed '/^$/q' "$here/suites.build"
		block "$top/app/test/meson.build" '^autotests = \[' '^\]'
		echo
		block "$top/app/test/meson.build" '^memory_.* = {' '^}'
		echo
		sed '1,/^$/d' "$here/suites.build"
	} >"$tree/$app/suites/meson.build"
	edit app/meson.build "/^apps = \[/,/^\]/s/^\]/        'test-auxiliary',\n]/"
	# In old versions nothing is done with an application that is built.
	sed -i "s/^    executable('dpdk-' + name/    exec = executable('dpdk-' + name/" \
		"$tree/app/meson.build"
	edit app/meson.build "s,^endforeach\$,    if name == 'test-auxiliary'\n\
        subdir('test-auxiliary/suites')\n    endif\n&,"
	maintain "Tests of sub-functions" "Softnic PMD"
	commit "app/test-auxiliary: add tests of sub-functions" <<-END
	The tests bring the simulated device with them.
	END
}

# A guide with its figures, without the marks for our test that runs its commands.
lay_guide() {
	local dir

	dir=$(dirname "$1")
	awk '/^\.\. (not )?run: / { mark = 1 } !mark; /^$/ { mark = 0 }' \
		"$top/doc/guides/$1.rst" >"$tree/doc/guides/$1.rst"
	sed -n 's/^\.\. figure:: //p' "$tree/doc/guides/$1.rst" | while read -r figure; do
		install -D -m 644 "$top/doc/guides/$dir/$figure" "$tree/doc/guides/$dir/$figure"
	done
	# DPDK has Sphinx choose the file of a figure by the format it writes.
	sed -i '/^\.\. figure:: /s/\.svg$/.*/' "$tree/doc/guides/$1.rst"
}

# A repository of what is in $1, and ours on top. The tree is made once for each
# version: what does not change in it need not be built again.
lay_in() {
	local source=$1 stamp mail

	mail=${author#*<}
	stamp="$source $(git -C "$source" rev-parse -q --verify HEAD 2>/dev/null ||
		stat -c %Y "$source/VERSION")"
	if [ "$(cat "$tree/.git/source" 2>/dev/null)" != "$stamp" ]; then
		echo "in-tree: copying $source"
		rm -rf "$tree" "$tree"-*
		mkdir -p "$tree"
		tar -C "$source" --exclude=./.git --exclude=./.pc -c . | tar -x -C "$tree"
		git -C "$tree" init -q
		git -C "$tree" add -A -f
		git -C "$tree" -c user.name=DPDK -c user.email=dev@dpdk.org commit -q \
			-m "DPDK $(cat "$tree/VERSION")"
		git -C "$tree" tag base
		echo "$stamp" >"$tree/.git/source"
	fi
	git -C "$tree" config user.name "${author% <*}"
	git -C "$tree" config user.email "${mail%>}"
	git -C "$tree" reset -q --hard base
	git -C "$tree" clean -q -f -d -x
	exports=$(git -C "$tree" ls-files '*/eal_export.h')
	lay_vfio
	lay_sysfs
	lay_bus
	lay_net
	lay_ethdev
	lay_tests
	git -C "$tree" diff --name-only --diff-filter=A base >"$work/ours"
}
