#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Whether wrong code survives the tests: change one line of the drivers at random,
# build, run the suite "fast", and see that a test fails; so many times. Prints each
# change that no test has noticed. One that does not compile is another's turn.
#
#   devtools/mutate.sh N [SEED]    N changes; the same seed makes the same ones

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

wanted=${1:?how many changes}
seed=${2:-$RANDOM}
work=$top/build-mutate

# The tests that are closest to the file $1, which are tried first.
closest() {
	case $1 in
	drivers/bus/*) echo --suite=tsan ;;
	drivers/common/*) printf '%s\n' common_vfio_autotest sf_example_autotest inject_autotest ;;
	*) meson test -C "$work/build" --list 2>/dev/null | sed -n 's/.* \(sf_.*_autotest\)$/\1/p' ;;
	esac
}

# Whether a test fails. A change may well make one hang.
is_noticed() {
	local names

	mapfile -t names < <(closest "$1")
	! tests "${names[@]}" || ! tests --suite=fast
}

tests() {
	(cd "$work/src" && meson test -C "$work/build" --no-rebuild --maxfail 1 "$@") >"$work/log" 2>&1
}

main() {
	local number=-1 killed=0 change

	"$top/devtools/setup.sh"
	rm -rf "$work"
	mkdir "$work"
	trap 'return_hugepages; rm -rf "$work"' EXIT
	lend_hugepages 384
	git clone -q "$top" "$work/src"
	[ ! -d "$top/.sdk" ] || cp -r "$top/.sdk" "$work/src"
	meson setup "$work/build" "$work/src" >/dev/null
	ninja -C "$work/build" --quiet
	tests --suite=fast || {
		cat "$work/log" >&2
		echo "mutate: the tests fail without any change" >&2
		exit 1
	}
	echo "mutate: $wanted changes, seed $seed"
	for ((done = 0; done < wanted; done++)); do
		while :; do
			number=$((number + 1))
			git -C "$work/src" checkout -q .
			change=$(cd "$work/src" && "$top/devtools/mutate/mutants.py" "$seed" "$number")
			! ninja -C "$work/build" --quiet >"$work/log" 2>&1 || break
		done
		if is_noticed "$change"; then
			killed=$((killed + 1))
		else
			echo "survived: $change"
		fi
	done
	echo "mutate: $killed of $wanted were noticed"
}

main
