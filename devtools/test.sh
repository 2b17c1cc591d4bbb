#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Build everything and run every test.
#
#   devtools/test.sh            all suites
#   devtools/test.sh SUITE...   some of them: lint, fast, e2e, packages, vm,
#                               sanitize, tsan, fuzz, soak, in-tree

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

suites=("$@")
[ ${#suites[@]} -gt 0 ] || suites=(lint fast e2e packages vm sanitize tsan fuzz soak in-tree)

# What can be said of the sources without running them.
run_lint() {
	"$top/devtools/setup.sh" --lint
	run_suites "$build" lint
}

# The autotests and the simulated device again, with the sanitizers in.
run_sanitized() {
	local dir=$build-sanitize

	[ -f "$dir/build.ninja" ] || meson setup "$dir" "$top" --buildtype=debug \
		--optimization=1 -Db_sanitize=address,undefined -Db_lundef=false >/dev/null
	ninja -C "$dir" --quiet
	ASAN_OPTIONS=detect_leaks=1 UBSAN_OPTIONS=halt_on_error=1 \
		run_suites "$dir" fast
}

# The autotests of the bus again, and one of injected failures, with ThreadSanitizer in our
# libraries and in libdpdk: locks of a library that does not have it would not be seen.
run_tsan() {
	local dir=$build-tsan sdk

	"$top/devtools/dpdk.sh" tsan
	sdk=$top/.sdk/$(pkg-config --modversion libdpdk)/tsan
	[ -f "$dir/build.ninja" ] || PKG_CONFIG_PATH=$sdk/lib/pkgconfig meson setup "$dir" "$top" \
		--buildtype=debug --optimization=1 -Db_sanitize=thread -Db_lundef=false \
		-Dc_args=-Wno-tsan >/dev/null
	meson compile -C "$dir" --ninja-args=--quiet dpdk-test-auxiliary \
		rte_net_sf_example:shared_library >/dev/null
	TSAN_OPTIONS=suppressions=$top/devtools/tsan.supp run_suites "$dir" tsan
}

# Each fuzz target for as long as pays in a test, from a seed that is always the same: a change
# fails for what it did. What a target says is counted as a test's result.
run_fuzz() {
	local log status=0 bad

	log=$(mktemp)
	"$top/devtools/fuzz.sh" --seconds 30 --seed 1 --jobs "$(nproc)" | tee "$log" || status=$?
	passed=$((passed + $(grep -c ', nothing found$' "$log" || true)))
	bad=$(grep -c '^[a-z_]*: found ' "$log" || true)
	rm "$log"
	[ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
	failed=$((failed + bad))
}

# The drivers in DPDK's own tree, in short: DPDK's checks of patches, one build, and a few tests.
run_in_tree() {
	local log

	log=$(mktemp)
	"$top/devtools/in-tree.sh" --short >"$log" || true
	if [[ $(tail -n 1 "$log") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed,\ ([0-9]+)\ skipped$ ]]; then
		sed -i '$d' "$log"
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
		skipped=$((skipped + BASH_REMATCH[3]))
	else
		failed=$((failed + 1))
	fi
	cat "$log"
	rm "$log"
}

main() {
	local suite guests=() in_tree=''

	build_all
	trap return_hugepages EXIT
	lend_hugepages 384
	for suite in "${suites[@]}"; do
		case $suite in
		sanitize) run_sanitized ;;
		tsan) run_tsan ;;
		lint) run_lint ;;
		fuzz) run_fuzz ;;
		vm | soak) guests+=("$suite") ;; # side by side
		in-tree) in_tree=1 ;; # after the guests: their kernel's source has checkpatch.pl
		*) run_suites "$build" "$suite" ;;
		esac
	done
	[ ${#guests[@]} -eq 0 ] || run_suites "$build" "${guests[@]}"
	[ -z "$in_tree" ] || run_in_tree
	print_result
}

main
