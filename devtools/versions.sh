#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Build for other versions of DPDK and run the tests there: the demo, and the
# suites fast and e2e. Each gets a line in doc/guides/versions.rst.
#
#   devtools/versions.sh DPDK_SOURCE...   sources of any version since 22.11
#   devtools/versions.sh                  the libdpdk that is installed
#
# A DPDK is built into .sdk/VERSION/dpdk, with what the tests need and no more,
# and is built again only if its sources are of another commit. It has mlx5 if
# libibverbs is there; dpdk-test is left out, which takes longest, and what needs
# it is skipped.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

table=$top/doc/guides/versions.rst

# Which commit the sources in $1 are, as far as they tell.
source_commit() {
	if [ -e "$1/.git" ]; then
		git -C "$1" rev-parse --short HEAD
	else
		echo "archive"
	fi
}

# build_dpdk SOURCE PREFIX COMMIT
build_dpdk() {
	local dir=$2-build drivers libs apps

	dpdk_parts
	[ "$(cat "$2/COMMIT" 2>/dev/null)" != "$3" ] || return 0
	echo "versions: building $1"
	rm -rf "$2" "$dir"
	{
		meson setup "$dir" "$1" --prefix="$2" --libdir=lib --buildtype=release \
			-Ddefault_library=shared -Denable_driver_sdk=true -Dplatform=generic \
			-Dtests=false -Denable_drivers="$drivers" -Denable_libs="$libs" \
			-Denable_apps="$apps" &&
		ninja -C "$dir" install
	} >"$dir.log" 2>&1 || { tail -n 20 "$dir.log" >&2; return 1; }
	rm -rf "$dir" "$dir.log"
	echo "$3" >"$2/COMMIT"
}

# The line of version $1, of which $2 says more, becomes: today, and these results.
record() {
	local line

	line=$(printf '   "%s", "%s", "%s", "%s", "%s", "%s"' "$1" "$2" "$(date +%F)" "$3" "$4" "$5")
	{
		sed -n '1,/:header:/p' "$table"
		echo
		{ sed '1,/:header:/d' "$table" | grep '^   "' | grep -vF "   \"$1\"," || true
			echo "$line"
		} | sort -V
		echo
		sed '1,/:header:/d' "$table" | sed -n '/^[^ ]/,$p' # what stands behind the table
	} >"$table.new"
	mv "$table.new" "$table"
}

# test_version VERSION WHICH, with PKG_CONFIG_PATH as it has to be
test_version() {
	local log result status=0

	export SF_BUILD=$top/build-$1
	log=$work/log
	"$top/devtools/demo.sh" 2>&1 | tee "$log" || status=$?
	"$top/devtools/test.sh" fast e2e 2>&1 | tee -a "$log" || status=$?
	result=$(grep -E '^[0-9]+ passed, [0-9]+ failed, [0-9]+ skipped$' "$log") || return 1
	read -r passed _ failed _ skipped _ <<<"$result"
	record "$1" "$2" "$passed" "$failed" "$skipped"
	return "$status"
}

main() {
	local source version prefix commit failed=0

	work=$(mktemp -d)
	trap 'rm -rf "$work"' EXIT
	if [ $# -eq 0 ]; then
		version=$(pkg-config --modversion libdpdk)
		test_version "$version" "installed"
		return
	fi
	for source; do
		source=$(cd "$source" && pwd)
		version=$(cat "$source/VERSION")
		commit=$(source_commit "$source")
		prefix=$top/.sdk/$version/dpdk
		mkdir -p "$top/.sdk/$version"
		build_dpdk "$source" "$prefix" "$commit" || { failed=1; continue; }
		PKG_CONFIG_PATH=$prefix/lib/pkgconfig test_version "$version" "$commit" || failed=1
	done
	return "$failed"
}

main "$@"
