#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Build sf_sim.ko for a kernel.
#
#   devtools/kmod.sh [KERNEL_BUILD_DIR]
#
# The directory is the running kernel's by default.  The module is built in the
# build directory, for each kernel release apart; its path is printed.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

kernel=${1:-/lib/modules/$(uname -r)/build}

# Kernel builds leave files next to the source, so they get a copy of it.
copy_source() {
	local to=$1

	mkdir -p "$to/sim"
	find "$to/sim" -name '*.[ch]' -not -name '*.mod.c' -delete
	cp -pr "$top/sim/linux" "$top/sim/model" "$to/sim/"
	install -D -p -m 644 "$top/drivers/net/sf_example/sf_example_hw.h" \
		"$to/drivers/net/sf_example/sf_example_hw.h"
}

main() {
	local release out log

	[ -f "$kernel/Makefile" ] || {
		echo "kmod: $kernel: no kernel build directory" >&2
		exit 1
	}
	release=$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$kernel/include/generated/utsrelease.h")
	out=$build/kmod/$release
	log=$out/build.log
	mkdir -p "$out"
	exec 9>"$out/lock" # tests that run side by side
	flock 9
	copy_source "$out"
	make -C "$kernel" M="$out/sim/linux" W="${W:-}" -j"$(nproc)" modules >"$log" 2>&1 || {
		cat "$log" >&2
		exit 1
	}
	if grep -q 'warning:' "$log"; then
		cat "$log" >&2
		exit 1
	fi
	echo "$out/sim/linux/sf_sim.ko"
}

main
