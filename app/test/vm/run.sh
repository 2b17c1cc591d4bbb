#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Run a test in a guest; the arguments are vm.sh's, the test prints TAP.  With
# "--kmod" in front, the module of simulated sub-functions is built first.
#
# An emulated machine on a busy one can miss any deadline.  So a guest whose test
# fails is started once more, what it said being shown, and the second one counts.

set -euo pipefail
devtools=$(cd "$(dirname "$0")/../../../devtools" && pwd)

if ! said=$("$devtools/setup.sh" --vm 2>&1); then
	echo "1..0 # SKIP no QEMU here: ${said##*$'\n'}"
	exit 0
fi
if [ "$1" = --kmod ]; then
	shift
	kernel='test'
	[ "$1" != --kernel ] || kernel=$2
	"$devtools/kmod.sh" "$("$devtools/vm/kernel.sh" "$kernel")/build" >&2
fi
said=$(mktemp)
trap 'rm -f "$said"' EXIT
if "$devtools/vm.sh" "$@" >"$said"; then
	cat "$said"
	exit 0
fi
sed 's/^/# first try: /' "$said"
"$devtools/vm.sh" "$@"
