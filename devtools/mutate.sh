#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Whether wrong code survives the tests: change one line of the drivers at random, build,
# run the tests that run this line, the shortest first, and see that one fails; so many
# times. Prints each change that no test has noticed, and why devtools/mutate/survivors says
# that it makes no difference, if it does. One that does not compile is another's turn.
#
#   devtools/mutate.sh N [SEED [SUITE...]]    N changes; the same seed makes the same ones;
#                                             the tests of "fast" if no suite is named
#
# Works on the last commit. What has been found out of it is kept in the directory
# build-mutate, so that a run that was stopped goes on where it was.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

wanted=${1:?how many changes}
seed=${2:-$RANDOM}
suites=("${@:3}")
[ ${#suites[@]} -gt 0 ] || suites=(fast)
work=$top/build-mutate
commit=$(git -C "$top" rev-parse HEAD)
results=$work/results-$seed-$commit

# A change may well make a test hang: then it is ended after half its usual time limit.
tests() {
	(cd "$work/src" && meson test -C "$work/build" --no-rebuild --timeout-multiplier 0.5 \
		--maxfail 1 "$@") >"$work/log" 2>&1
}

# A clone of the last commit, its build, and which of its tests run which line.
prepare() {
	[ "$(cat "$work/commit" 2>/dev/null)" != "$commit" ] || return 0
	mkdir -p "$work"
	rm -rf "$work/src" "$work/build" "$work/coverage" "$work/commit"
	git clone -q "$top" "$work/src"
	[ ! -d "$top/.sdk" ] || cp -r "$top/.sdk" "$work/src"
	meson setup "$work/build" "$work/src" >/dev/null
	ninja -C "$work/build" --quiet
	tests "${suites[@]/#/--suite=}" || {
		cat "$work/log" >&2
		echo "mutate: the tests fail without any change" >&2
		exit 1
	}
	cp "$work/build/meson-logs/testlog.json" "$work/times.json"
	SF_BUILD=$work/coverage "$work/src/devtools/coverage.sh" "${suites[@]}" >/dev/null
	"$work/src/devtools/coverage/lines.py" --tests "$work/coverage" "$work/coverage/data" \
		>"$work/tests.json"
	echo "$commit" >"$work/commit"
}

# Whether a test fails, twice: on a busy machine one may fail once without a reason.
is_noticed() {
	local name

	for name in "$@"; do
		if ! tests "$name" && ! tests "$name"; then
			return 0
		fi
	done
	return 1
}

# Try the change of a number: prints the line of it that is kept.
try() {
	local change names said

	git -C "$work/src" checkout -q .
	mapfile -t said < <(cd "$work/src" &&
		"$top/devtools/mutate/mutants.py" "$seed" "$1" "$work/tests.json" "$work/times.json")
	change=${said[0]}
	names=("${said[@]:1}")
	if ! nice ninja -C "$work/build" --quiet >"$work/log" 2>&1; then
		echo "$1 impossible $change"
	elif [ ${#names[@]} -eq 0 ]; then
		echo "$1 unseen $change"
	elif is_noticed "${names[@]}"; then
		echo "$1 noticed $change"
	else
		echo "$1 survived $change"
	fi
}

count() {
	grep -cE "^[0-9]+ ($1) " "$results" || true
}

report() {
	local line change reason

	while read -r line; do
		change=$(sed -E 's/^[0-9]+ [a-z]+ ([^:]*):[0-9]+/\1/' <<<"$line")
		reason=$(grep -A1 -xF -- "$change" "$top/devtools/mutate/survivors" |
			sed -n 's/^\t//p') || true # no reason is known
		echo "${line#* }${reason:+ (no difference: $reason)}"
	done < <(grep -E '^[0-9]+ (survived|unseen) ' "$results")
	echo "mutate: $(count noticed) of $(count 'noticed|survived|unseen') were noticed, seed $seed"
}

main() {
	local number

	"$top/devtools/setup.sh" >/dev/null
	prepare
	trap return_hugepages EXIT
	lend_hugepages 384
	touch "$results"
	for ((number = $(wc -l <"$results"); $(count 'noticed|survived|unseen') < wanted; number++)); do
		try "$number" >"$work/result"
		cat "$work/result" >>"$results"
	done
	report
}

main
