#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Surprise an application under full traffic: servers, devices, kernel drivers and processes
# that go, over vfio-user on this host, over a group and a character device in a guest with
# KASAN. app/test/e2e/surprise.py says what has to come of it.
#
#   devtools/soak.sh [OPTION]... [N]    N surprises of each kind, 200 if not given
#
#   --hours H                     so many of each kind over and over, until H hours are over
#   --seed S                      decides when surprises come; printed if not given
#   --only user|group|cdev        one transport
#   --test TEST                   one kind, such as test_server_killed; may be repeated
#
# Memory, descriptors and mappings of the application after each surprise are plotted in
# soak/held.svg in the build directory.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

hours=0
seed=$RANDOM
transports=(user group cdev)
tests=()
count=200
out=$build/soak

usage() {
	sed -n '/^#   devtools/,/^# Memory/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--hours) hours=${2:-} ;;
	--seed) seed=${2:-} ;;
	--only) transports=("${2:-}") ;;
	--test) tests+=("${2:-}") ;;
	[1-9]*)
		count=$1
		shift
		continue
		;;
	*) usage ;;
	esac
	[ $# -gt 1 ] || usage
	shift 2
done

# The surprises of a transport, each of them "count" times.
surprise() {
	local variables=("SF_SURPRISES=$count" "SF_SEED=$seed" SF_SAMPLES=1)

	if [ "$1" = user ]; then
		env "${variables[@]}" "SF_BUILD=$build" "$top/app/test/e2e/test_surprise.py" "${tests[@]}"
	else
		"$top/devtools/vm.sh" --kernel kasan --time $((600 + 60 * count)) -- \
			env "${variables[@]}" "$top/app/test/vm/test_sf_surprise.py" "$1" "${tests[@]}"
	fi
}

# Time, transport, kind, KiB, descriptors, mappings: a panel for each of the last three.
plot() {
	gnuplot <<-PLOT
		set terminal svg size 900,900 background "white"
		set output "$out/held.svg"
		set multiplot layout 3,1 title "held after each surprise, seed $seed"
		set xlabel "hours"
		set key outside
		set yrange [0:*]
		first(file) = real(system("head -n 1 $out/samples | cut -d ' ' -f 1"))
		start = first(0)
		do for [column = 4:6] {
			set ylabel word("KiB descriptors mappings", column - 3)
			plot for [t in "${transports[*]}"] \
				"< grep ' " . t . " ' $out/samples" using ((\$1 - start) / 3600):column \
				with points pointsize 0.3 title t
		}
	PLOT
}

main() {
	local end transport broken=0

	build_all
	"$top/devtools/setup.sh" --vm
	mkdir -p "$out"
	: >"$out/samples"
	: >"$out/log"
	[ "${transports[*]}" = user ] ||
		"$top/devtools/kmod.sh" "$("$top/devtools/vm/kernel.sh" kasan)/build" >&2
	trap return_hugepages EXIT
	lend_hugepages 384
	echo "soak: $count of each kind, seed $seed"
	end=$(($(date +%s) + $(awk -v h="$hours" 'BEGIN { print int(h * 3600) }')))
	while :; do
		for transport in "${transports[@]}"; do
			surprise "$transport" 2>&1 | tee -a "$out/log" | grep -vE '^# (sample|  )|^1\.\.' ||
				[ "${PIPESTATUS[0]}" -eq 0 ] || broken=$((broken + 1))
		done
		[ "$(date +%s)" -lt "$end" ] || break
		seed=$((seed + 1))
	done
	sed -n 's/^# sample //p' "$out/log" >"$out/samples"
	passed=$(grep -cE '^ok ' "$out/log" || true)
	failed=$(grep -cE '^not ok ' "$out/log" || true)
	# A program or guest that did not get to its end told nothing of the rest.
	[ "$failed" -gt 0 ] || failed=$broken
	[ ! -s "$out/samples" ] || plot
	print_result
}

main
