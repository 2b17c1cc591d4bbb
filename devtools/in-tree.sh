#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Put the drivers where DPDK would have them, into a copy of DPDK's sources, and have
# that build, test and check them. What stands out of tree has to stand there too.
#
#   devtools/in-tree.sh DPDK_SOURCE   sources of any version since 22.11
#   devtools/in-tree.sh               those of the distribution's libdpdk
#   devtools/in-tree.sh --lay [DPDK_SOURCE]   only lay the drivers in, and print where
#
# The copy is a git repository, .sdk/VERSION/in-tree, with DPDK as it was in a commit
# and ours in commits on top, as they would be sent: what DPDK's checks say is said of
# these. Beside it are the directories that it is built in. What a check finds and
# devtools/in-tree/known lists is told and is no failure.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

here=$top/devtools/in-tree
app=app/test-auxiliary
# Nobody yet: whoever sends the commits puts a name here.
author=${IN_TREE_AUTHOR:-Auxiliary Bus Authors <authors@example.org>}
passed=0
failed=0
skipped=0

die() {
	echo "in-tree: $*" >&2
	exit 1
}

# --- Results ----------------------------------------------------------------

number() {
	echo $((passed + failed + skipped))
}

ok() {
	passed=$((passed + 1))
	echo "ok $(number) - in-tree: $*"
}

not_ok() {
	failed=$((failed + 1))
	echo "not ok $(number) - in-tree: $*"
}

skip() {
	skipped=$((skipped + 1))
	echo "ok $(number) - in-tree: $1 # SKIP $2"
}

# What command $2... prints is what check $1 found. Findings that are known are only
# counted, each kind in a line.
verdict() {
	local what=$1 found new

	shift
	found=$("$@" 2>&1) || true
	new=$(grep -vEf "$work/known" <<<"$found" || true)
	grep -Ef "$work/known" <<<"$found" | sed -E 's/^[^ ]+: //' | sort | uniq -c |
		sed 's/^ */# known, times /' || true
	if [ -z "$new" ]; then
		ok "$what"
	else
		sed 's/^/# /' <<<"$new"
		not_ok "$what"
	fi
}

# --- What is laid in --------------------------------------------------------

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
	lay_driver common/auxiliary
	edit drivers/common/meson.build "/^drivers = \[/,/^\]/s/^\]/        'auxiliary',\n]/"
	maintain "Sub-functions in sysfs" "Intel FPGA bus"
	commit "common/auxiliary: read sub-functions in sysfs" <<-END
	What sysfs has of sub-functions and mediated devices, which VFIO node is
	whose, and what is in the way of using one, is of use to the bus and to
	tools that show it.
	END
}

lay_bus() {
	git -C "$tree" rm -q -r drivers/bus/auxiliary
	lay_driver bus/auxiliary
	lay_guide prog_guide/auxiliary_bus
	lay_guide prog_guide/auxiliary_bus_cost
	edit doc/guides/prog_guide/index.rst \
		's/^    common_vfio$/    auxiliary_bus\n    auxiliary_bus_cost\n&/'
	edit MAINTAINERS 's,^F: drivers/bus/auxiliary/$,&\nF: doc/guides/prog_guide/auxiliary_bus*,'
	release_note "Auxiliary bus with VFIO"
	commit "bus/auxiliary: drive sub-functions from user space" <<-END
	The bus matched the names of devices, for drivers that go through one of
	the kernel's. Now it joins each sub-function and mediated device to its
	VFIO node, opens that for drivers that ask for it, and has devices come
	and go. For other drivers nothing changes.
	END
}

lay_net() {
	lay_driver net/sf_example
	edit drivers/net/meson.build "s/^        'sfc',\$/        'sf_example',\n&/"
	lay_guide nics/sf_example
	lay_guide nics/sf_example_hw
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
	rm "$tree/$app"/sim/user/{main.c,tap.c,tap.h}
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
		block "$top/app/test/meson.build" "^memory_args = {" '^}'
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

# --- Build ------------------------------------------------------------------

# build_tree NAME CC LIBRARY: whether $tree-CC is built, its applications with such a
# library. Either way DPDK makes both, so from one to the other only applications change.
build_tree() {
	local dir=$tree-$2 cc=$2 library=$3 drivers libs apps options driver

	dpdk_parts
	options=(-Ddefault_library="$library" -Denable_drivers="$drivers,common/vfio,common/auxiliary,net/sf_example"
		-Denable_apps="${apps%%,*},test-auxiliary" -Dplatform=generic -Dtests=false
		-Dwerror=true --buildtype=release)
	if grep -q "^option('enable_libs'" "$tree/meson_options.txt"; then
		options+=(-Denable_libs="$libs")
	else
		# Before 23.03 one says what can be done without.
		libs=cfgfile,flow_classify,gpudev,kni,jobstats,node,pipeline,port,power,table,vhost
		options+=(-Ddisable_libs="$libs")
	fi
	# C11's atomics instead of the compiler's, where there are both: once is enough.
	if [ "$cc" = clang ] && grep -q "^option('enable_stdatomic'" "$tree/meson_options.txt"; then
		options+=(-Denable_stdatomic=true)
	fi
	if [ -f "$dir/build.ninja" ]; then
		meson configure "$dir" -Ddefault_library="$library"
	else
		CC="ccache $cc" meson setup "$dir" "$tree" "${options[@]}"
	fi >"$dir.log" 2>&1 && nice ninja -C "$dir" >>"$dir.log" 2>&1 || {
		grep -E -A 5 '(error|warning):|^ERROR|FAILED' "$dir.log" | head -n 40 |
			sed 's/^/# /' || true
		not_ok "$1: builds"
		return 1
	}
	# A driver that lacks something is left out, without an error.
	for driver in bus/auxiliary common/auxiliary common/vfio net/sf_example; do
		[ -e "$dir/drivers/librte_${driver/\//_}.a" ] || {
			not_ok "$1: no $driver"
			return 1
		}
	done
	ok "$1: builds"
}

# What versions that have no version.map make of the sources is what it says for the
# others.
exports_differ() {
	local driver

	for driver in bus/auxiliary common/auxiliary common/vfio; do
		diff -u <(map_symbols "$top/drivers/$driver/version.map") \
			<(map_symbols "$tree-gcc/drivers/${driver/\//_}_exports.map")
	done
}

map_symbols() {
	sed -n 's/^\t\([a-z_0-9]*\);.*/\1/p' "$1" | sort
}

# --- Run --------------------------------------------------------------------

# run_tests NAME CC: the autotests; what they say is counted.
run_tests() {
	local dir=$tree-$2 log=$tree-$2/meson-logs/testlog.txt status=0 good bad left

	rm -f "$log"
	meson test -C "$dir" --suite fast-tests --no-rebuild >"$dir.log" 2>&1 || status=$?
	good=$(grep -E '^ok ' "$log" | grep -vc '# SKIP' || true)
	left=$(grep -cE '^ok .*# SKIP' "$log" || true)
	bad=$(grep -cE '^not ok ' "$log" || true)
	if [ "$status" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$good" -gt 0 ]; then
		ok "$1: autotests: $good passed, $left skipped"
	else
		grep -E '^not ok|^# .*:[0-9]+: ' "$log" | head -n 40 | sed 's/^\(# \)*/# /' || true
		grep -E 'FAIL|TIMEOUT|ERROR' "$dir.log" | sed 's/^/# /' || true
		not_ok "$1: autotests: $bad failed, $good passed, $left skipped"
	fi
}

# run_testpmd NAME CC [EAL argument...]: the demo, with the tree's own testpmd
run_testpmd() {
	local name=$1 testpmd=$tree-$2/app/dpdk-testpmd log=$work/testpmd.log

	shift 2
	if "$top/devtools/demo.sh" --seconds 1 --testpmd "$testpmd" -- "$@" >"$log" 2>&1; then
		ok "$name: testpmd: $(sed -n 's/^demo: //p' "$log")"
	else
		tail -n 20 "$log" | sed 's/^/# /'
		not_ok "$name: testpmd forwards"
	fi
}

# --- DPDK's own checks ------------------------------------------------------

# Of what command $1... says of files, what it says of ours.
of_ours() {
	{ "$@" 2>&1 || true; } | grep -wFf "$work/ours"
}

# What checkpatches.sh says, a line for each: the file, and what of it.
findings() {
	awk 'BEGIN { split("", files) }
		/^(ERROR|WARNING|CHECK):/ { what = $0; next }
		what != "" && / FILE: / { print $3, what; what = ""; next }
		what != "" { print "commit:", what; what = "" }
		/^Warning in / { files[$3]; next }
		length(files) > 0 { for (f in files) print f, $0; delete files; next }
		/^(#|\+|-| |$|total:|INFO:|[0-9]+\/[0-9]+ valid)/ { next }
		/lines checked$/ { next }
		{ print "commit:", $0 }
		END { if (what != "") print "commit:", what }'
}

patch_findings() {
	git format-patch --find-renames --no-stat --stdout -1 "$1" |
		devtools/checkpatches.sh >"$work/found" 2>&1 || true
	grep -q 'valid patch' "$work/found" || echo "no result" >>"$work/found"
	findings <"$work/found"
}

checkpatches() {
	local commit subject

	DPDK_CHECKPATCH_PATH=$(find "${XDG_CACHE_HOME:-$HOME/.cache}"/dpdk-auxiliary/linux-source-* \
		-path '*/scripts/checkpatch.pl' 2>/dev/null | sort -V | tail -n 1)
	export DPDK_CHECKPATCH_PATH
	if [ -z "$DPDK_CHECKPATCH_PATH" ]; then
		skip checkpatches.sh \
			"no checkpatch.pl: devtools/vm/kernel.sh gets the kernel's source"
		return
	fi
	for commit in $(git rev-list --reverse base..HEAD); do
		subject=$(git log -1 --format=%s "$commit")
		verdict "checkpatches.sh: ${subject%%: *}" patch_findings "$commit"
	done
}

git_log() {
	devtools/check-git-log.sh -r base.. | grep -v 'valid patch' | grep .
}

# Files that nobody maintains, patterns that no file matches, and who is unknown.
maintainers() {
	devtools/check-maintainers.sh | grep -wFf <(cat "$work/ours"
		sed -n 's/^F: //p' "$here/MAINTAINERS"; echo "${author% <*}")
}

# What DPDK's guides make a table of is not to have a line that the table does not know.
unknown_features() {
	awk -F= '/^ *(;|\[|$)/ { next } { gsub(/^ +| +$/, "", $1) } FNR == NR { known[$1]; next }
		!($1 in known) { print FILENAME ": " $1 }' \
		doc/guides/nics/features/{default,sf_example}.ini
}

run_checks() {
	cd "$tree"
	checkpatches
	verdict check-git-log.sh git_log
	verdict check-meson.py of_ours python3 devtools/check-meson.py
	verdict check-spdx-tag.sh of_ours devtools/check-spdx-tag.sh
	verdict check-maintainers.sh maintainers
	verdict check-doc-vs-code.sh devtools/check-doc-vs-code.sh base
	verdict check-dup-includes.sh of_ours devtools/check-dup-includes.sh
	[ ! -e devtools/check-symbol-maps.sh ] || verdict check-symbol-maps.sh \
		devtools/check-symbol-maps.sh \
		drivers/{bus/auxiliary,common/auxiliary,common/vfio}/version.map
	verdict "features are in the guides' table" unknown_features
	cd "$top"
}

main() {
	local lay_only='' source version

	if [ "${1:-}" = --lay ]; then
		lay_only=1
		shift
	fi
	source=${1:-}
	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	if [ -z "$source" ]; then
		"$top/devtools/dpdk.sh" source
		source=$top/.sdk/$(pkg-config --modversion libdpdk)/source
	fi
	source=$(cd "$source" && pwd -P)
	version=$(cat "$source/VERSION")
	tree=$top/.sdk/$version/in-tree
	if [ -n "$lay_only" ]; then
		lay_in "$source" >&2
		echo "$tree"
		return
	fi
	sed '/^#/d; /^$/d' "$here/known" >"$work/known"
	"$top/devtools/setup.sh" --lint
	build_all
	# What DPDK's checks are written for.
	mkdir "$work/bin"
	ln -s "$(command -v gawk)" "$work/bin/awk"
	PATH=$work/bin:$PATH
	lay_in "$source"
	run_checks
	if build_tree "gcc, shared" gcc shared; then
		[ -z "$exports" ] || verdict "exports are those of version.map" exports_differ
		run_tests "gcc, shared" gcc
		run_testpmd "gcc, shared" gcc -d "$tree-gcc/drivers"
	fi
	if build_tree "gcc, static" gcc static; then
		run_tests "gcc, static" gcc
		run_testpmd "gcc, static" gcc
	fi
	if ! command -v clang >/dev/null; then
		skip "clang, static: builds" "no clang"
	elif build_tree "clang, static" clang static; then
		run_tests "clang, static" clang
	fi
	echo "1..$(number)"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

main "$@"
