#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# How much of drivers/ the tests run: lines and branches of each file, and of all.
#
#   devtools/coverage.sh [--missing] [SUITE...]    fast, e2e and vm if none is named
#
# --missing names the lines that no test has run.  What gcov counts is kept in the build
# directory until something is built anew, one directory a test, and tests are run that have
# none there: so suites can be run one after the other.

set -euo pipefail
export SF_BUILD=${SF_BUILD:-$(cd "$(dirname "$0")/.." && pwd)/build-coverage}
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

data=$build/data

# Run a test, with what it counts below a directory of its own.  Some of its processes
# are an ordinary user's.
run_counted() {
	local name=$1

	rm -rf "$data/running"
	mkdir -p "$data/running"
	chmod 1777 "$data/running"
	echo "coverage: $name"
	(umask 0 && GCOV_PREFIX=$data/running meson test -C "$build" --no-rebuild --quiet \
		--timeout-multiplier 3 "$name") >"$data/running/log" 2>&1 || {
		cat "$data/running/log" >&2
		echo "coverage: $name fails; what it has run counts all the same" >&2
	}
	mv "$data/running" "$data/$name"
}

main() {
	local option=() suites name

	if [ "${1:-}" = --missing ]; then
		option=(--missing)
		shift
	fi
	suites=("$@")
	[ ${#suites[@]} -gt 0 ] || suites=(fast e2e vm)
	build_all --buildtype=debug -Db_coverage=true
	mkdir -p "$data"
	[ -z "$(find "$build/drivers" "$build/app" -name '*.o' -newer "$data/.since" 2>&1)" ] || {
		rm -rf "$data"
		mkdir "$data"
		touch "$data/.since"
	}
	rm -rf "$data/running"
	trap return_hugepages EXIT
	lend_hugepages 384
	for name in $(meson test -C "$build" --no-rebuild --list "${suites[@]/#/--suite=}" 2>/dev/null |
			sed -n 's|.* / ||p'); do
		[ -d "$data/$name" ] || run_counted "$name"
	done
	"$top/devtools/coverage/lines.py" "${option[@]}" "$build" "$data"
}

main "$@"
