#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Have libFuzzer play the hostile side of an interface, with the sanitizers in.
#
#   devtools/fuzz.sh                         every target, 30 s each
#   devtools/fuzz.sh TARGET                  one: model, sim_client, vfio_user
#   devtools/fuzz.sh [TARGET] --seconds N    for another time
#
# Inputs that reach something new are kept in build-fuzz/corpus/TARGET, and the
# next run goes on from there. An input that something is wrong with is kept in
# build-fuzz, and run again with build-fuzz/app/fuzz/fuzz-TARGET INPUT.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

targets=()
seconds=30
dir=$build-fuzz
failed=0

usage() {
	sed -n '/^#   /s/^# *//p' "$0" >&2
	exit 2
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--seconds)
			[[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
			seconds=$2
			shift
			;;
		model | sim_client | vfio_user) targets+=("$1") ;;
		*) usage ;;
		esac
		shift
	done
	[ ${#targets[@]} -gt 0 ] || targets=(model sim_client vfio_user)
}

build_fuzz() {
	"$top/devtools/setup.sh"
	"$top/devtools/setup.sh" --fuzz
	[ -f "$dir/build.ninja" ] || CC=clang meson setup "$dir" "$top" --buildtype=debugoptimized \
		-Dfuzz=true -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	ninja -C "$dir" --quiet fuzz
}

# What is under test logs a lot about what is done to it; what libFuzzer says is kept.
run() {
	local name=$1 log=$dir/$1.log status=0 runs

	mkdir -p "$dir/corpus/$name"
	(
		cd "$work"
		ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
			"$dir/app/fuzz/fuzz-$name" -max_total_time="$seconds" -timeout=10 \
			-close_fd_mask=3 -print_final_stats=1 -artifact_prefix="$dir/$name-" \
			"$dir/corpus/$name"
	) >"$log" 2>&1 || status=$?
	runs=$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")
	if [ "$status" -eq 0 ]; then
		echo "fuzz: $name: $(thousands "${runs:-0}") inputs in $seconds s, nothing found"
		return
	fi
	failed=1
	echo "fuzz: $name: found $(sed -n 's/.*Test unit written to //p' "$log"), see $log"
}

parse "$@"
build_fuzz
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for target in "${targets[@]}"; do
	run "$target"
done
exit $failed
