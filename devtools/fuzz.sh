#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Have libFuzzer play the hostile side of an interface, with the sanitizers in.
#
#   devtools/fuzz.sh                         every target, 30 s each
#   devtools/fuzz.sh TARGET...               some of them: those that app/fuzz/meson.build lists
#   devtools/fuzz.sh [TARGET...] --seconds N for another time
#   devtools/fuzz.sh [TARGET...] --runs N    so many executions of each
#   devtools/fuzz.sh [TARGET...] --jobs N    so many targets at a time
#   devtools/fuzz.sh [TARGET...] --seed N    the inputs of that seed; without it, others each time
#
# Inputs that reach something new are kept in build-fuzz/corpus/TARGET, and the
# next run goes on from there. An input that something is wrong with is kept in
# build-fuzz, and run again with build-fuzz/app/fuzz/fuzz-TARGET INPUT, which
# shows what is logged.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

all=(completions devargs kernel messages model sim_client sysfs uevents vfio_user)
targets=()
limit=-max_total_time=30
jobs=1
seed=0 # libFuzzer takes one of its own
dir=$build-fuzz

usage() {
	sed -n '/^#   /s/^# *//p' "$0" >&2
	exit 2
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--seconds | --runs | --jobs | --seed)
			[[ ${2:-} =~ ^[1-9][0-9]*$ ]] || usage
			case $1 in
			--seconds) limit=-max_total_time=$2 ;;
			--runs) limit=-runs=$2 ;;
			--seed) seed=$2 ;;
			*) jobs=$2 ;;
			esac
			shift
			;;
		*)
			[[ " ${all[*]} " = *" $1 "* ]] || usage
			targets+=("$1")
			;;
		esac
		shift
	done
	[ ${#targets[@]} -gt 0 ] || targets=("${all[@]}")
}

build_fuzz() {
	"$top/devtools/setup.sh"
	"$top/devtools/setup.sh" --fuzz
	# Meson puts ccache before no compiler that it is given.
	[ -f "$dir/build.ninja" ] || CC="ccache clang" meson setup "$dir" "$top" \
		--buildtype=debugoptimized -Dfuzz=true -Db_sanitize=address,undefined \
		-Db_lundef=false >/dev/null
	ninja -C "$dir" --quiet fuzz
}

# What libFuzzer says is kept, and the last line of it counts what has been done. It does not
# choose inputs by how rare what they reach is, which takes as long as to run them; nor does
# it name functions, for which it has another program and descriptors of its own.
run() {
	local name=$1 log=$dir/$1.log status=0 max_len=4096 runs seconds

	[ "$name" != devargs ] || max_len=200 # no user types more
	mkdir -p "$dir/corpus/$name"
	(
		cd "$work"
		ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 \
			"$dir/app/fuzz/fuzz-$name" "$limit" -seed="$seed" -max_len=$max_len -timeout=10 \
			-close_fd_mask=3 -entropic=0 -print_funcs=0 \
			-artifact_prefix="$dir/$name-" "$dir/corpus/$name"
	) >"$log" 2>&1 || status=$?
	read -r runs seconds < <(sed -n 's/^Done \(.*\) runs in \(.*\) second.*/\1 \2/p' "$log") ||
		status=1
	if [ "$status" -ne 0 ]; then
		echo "$name: found $(sed -n 's/.*Test unit written to //p' "$log"), see $log"
		return 1
	fi
	echo "$name: $(thousands "$runs") executions," \
		"$(thousands $((runs / (seconds > 0 ? seconds : 1))))/s, nothing found"
}

# So many at a time: the next begins when one has ended.  False if one has found something.
run_all() {
	local target running=0 status=0

	for target in "${targets[@]}"; do
		if [ "$running" -eq "$jobs" ]; then
			wait -n || status=1
			running=$((running - 1))
		fi
		run "$target" &
		running=$((running + 1))
	done
	for (( ; running > 0; running--)); do
		wait -n || status=1
	done
	return $status
}

parse "$@"
build_fuzz
if [ -w /dev/shm ]; then # a tree of files costs less in memory
	work=$(mktemp -d -p /dev/shm)
else
	work=$(mktemp -d)
fi
trap 'rm -rf "$work"' EXIT
run_all
