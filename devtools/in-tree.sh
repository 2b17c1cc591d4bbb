#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Put the drivers where DPDK would have them, into a copy of DPDK's sources, and have
# that build, test and check them. What stands out of tree has to stand there too.
#
#   devtools/in-tree.sh DPDK_SOURCE   sources of any version since 22.11
#   devtools/in-tree.sh               those of the distribution's libdpdk
#   devtools/in-tree.sh --short [DPDK_SOURCE] what takes least: one build, without mlx5, and
#                                     a few autotests
#   devtools/in-tree.sh --lay [DPDK_SOURCE]   only lay the drivers in, and print where
#
# The copy is a git repository, .sdk/VERSION/in-tree, with DPDK as it was in a commit
# and ours in commits on top, as they would be sent: what DPDK's checks say is said of
# these. Beside it are the directories that it is built in. What a check finds and
# devtools/in-tree/known lists is told and is no failure.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"
# shellcheck source=devtools/in-tree/lay.sh
. "$top/devtools/in-tree/lay.sh"

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

# --- Build ------------------------------------------------------------------

# Build DPDK's guides and API reference, ours among them: prints the warnings of Sphinx and
# Doxygen.
docs() {
	local dir=$tree-docs

	[ -f "$dir/build.ninja" ] || meson setup "$dir" "$tree" -Denable_docs=true \
		-Ddisable_drivers='*/*' -Dtests=false >"$dir.log" 2>&1 || {
		cat "$dir.log"
		return
	}
	nice ninja -C "$dir" doc >"$dir.log" 2>&1 || cat "$dir.log"
	# The other warnings are meson's, of DPDK's build files.
	grep -E '(WARNING|ERROR|warning|error): ' "$dir.log" | grep -v 'WARNING: Project '
}

# build_tree NAME CC LIBRARY: whether $tree-CC is built, its applications with such a
# library. Either way DPDK makes both, so from one to the other only applications change.
# By gcc, unless in short, DPDK's own tests are built too, which need all libraries.
build_tree() {
	local dir=$tree-$2 cc=$2 library=$3 drivers libs apps options tests=false driver

	dpdk_parts
	drivers+=,common/vfio,common/auxiliary,net/sf_example
	if [ -n "$short" ]; then
		drivers=${drivers/,common\/mlx5,net\/mlx5/}
	elif [ "$cc" = gcc ]; then
		tests=true
		drivers+=,crypto/null,dma/skeleton,event/skeleton,event/sw,mempool/stack,raw/skeleton
	fi
	options=(-Ddefault_library="$library" -Denable_drivers="$drivers" -Dtests="$tests"
		-Denable_apps="${apps%%,*},test,test-auxiliary" -Dplatform=generic -Dwerror=true
		--buildtype=release)
	if [ "$tests" = true ]; then
		:
	elif grep -q "^option('enable_libs'" "$tree/meson_options.txt"; then
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
		meson configure "$dir" "${options[@]}"
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

# A command that sees hugepages mounted, as DPDK's own tests have to, and none of this machine's
# PCI devices: a driver of DPDK's that fails to take one keeps hugepages.
with_hugepages() {
	mkdir -p "$work/huge"
	# shellcheck disable=SC2016
	unshare --mount sh -ec 'mount -t hugetlbfs huge "$1"; mount -t tmpfs none /sys/bus/pci/devices
		shift; exec "$@"' sh "$work/huge" "$@"
}

# run_tests NAME CC [TEST...]: the autotests, DPDK's as well if they are built, or these of
# them. What ours say is counted.
run_tests() {
	local dir=$tree-$2 log=$tree-$2/meson-logs/testlog.txt status=0 good bad left all wrapper=()

	rm -f "$log"
	[ ! -x "$dir/app/test/dpdk-test" ] || wrapper=(with_hugepages)
	# DPDK gives its own ten seconds each, which is little on a machine that does other work.
	"${wrapper[@]}" meson test -C "$dir" --suite fast-tests --no-rebuild \
		--timeout-multiplier 3 "${@:3}" >"$dir.log" 2>&1 || status=$?
	all=$(sed -n 's/^Ok: *\([0-9]*\).*/\1/p' "$dir.log")
	good=$(grep -E '^ok ' "$log" | grep -vc '# SKIP' || true)
	left=$(grep -cE '^ok .*# SKIP' "$log" || true)
	bad=$(grep -cE '^not ok ' "$log" || true)
	if [ "$status" -eq 0 ] && [ "$bad" -eq 0 ] && [ "$good" -gt 0 ]; then
		ok "$1: $all autotests; of ours: $good passed, $left skipped"
	else
		grep -E '^not ok|^# .*:[0-9]+: ' "$log" | head -n 40 | sed 's/^\(# \)*/# /' || true
		grep -E 'FAIL|TIMEOUT|ERROR' "$dir.log" | sed 's/^/# /' || true
		not_ok "$1: autotests; of ours: $bad failed, $good passed, $left skipped"
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

# build_and_run "CC, LIBRARY" [TEST...]
build_and_run() {
	local name=$1 cc=${1%%,*} library=${1##* } args=()

	shift
	if ! command -v "$cc" >/dev/null; then
		skip "$name: builds" "no $cc"
		return
	fi
	build_tree "$name" "$cc" "$library" || return 0
	[ "$library" = static ] || {
		args=(-d "$tree-$cc/drivers")
		[ -z "$exports" ] || verdict "exports are those of version.map" exports_differ
	}
	run_tests "$name" "$cc" "$@"
	run_testpmd "$name" "$cc" "${args[@]}"
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
	local found=$work/found-$1

	git format-patch --find-renames --no-stat --stdout -1 "$1" |
		devtools/checkpatches.sh >"$found" 2>&1 || true
	grep -q 'valid patch' "$found" || echo "no result" >>"$found"
	findings <"$found"
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
	# Side by side: a few seconds each, but for the one with the tests.
	for commit in $(git rev-list base..HEAD); do
		patch_findings "$commit" >"$work/findings-$commit" &
	done
	wait
	for commit in $(git rev-list --reverse base..HEAD); do
		subject=$(git log -1 --format=%s "$commit")
		verdict "checkpatches.sh: ${subject%%: *}" cat "$work/findings-$commit"
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

# Run DPDK's check-dup-includes.sh, which prints each #include that a file has twice, on the
# directories that lay.sh adds to DPDK's tree. DPDK's own files are not looked at.
dup_includes() {
	local dir

	for dir in drivers/{bus/auxiliary,common/auxiliary,common/vfio,net/sf_example} "$app"; do
		devtools/check-dup-includes.sh "$dir"
	done
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
	[ -n "$short" ] || verdict check-maintainers.sh maintainers # 50 s, for all of DPDK's files
	verdict check-doc-vs-code.sh devtools/check-doc-vs-code.sh base
	verdict check-dup-includes.sh dup_includes
	[ ! -e devtools/check-symbol-maps.sh ] || verdict check-symbol-maps.sh \
		devtools/check-symbol-maps.sh \
		drivers/{bus/auxiliary,common/auxiliary,common/vfio}/version.map
	verdict "features are in the guides' table" unknown_features
	cd "$top"
}

main() {
	local lay_only='' source version

	short=
	case ${1:-} in
	--lay) lay_only=1; shift ;;
	--short) short=1; shift ;;
	esac
	source=${1:-}
	work=$(mktemp -d)
	trap 'return_hugepages; rm -rf "$work"' EXIT
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
	if [ -n "$short" ]; then
		build_and_run "gcc, shared" auxiliary_autotest sf_example_autotest
	else
		verdict "guides and API: warnings" docs
		lend_hugepages 1024
		build_and_run "gcc, shared"
		build_and_run "gcc, static"
		build_and_run "clang, static"
	fi
	echo "1..$(number)"
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

main "$@"
