#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# What can be said of the sources without running them, as TAP.
#
#   devtools/lint.sh BUILD-DIRECTORY

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

build=$(realpath "${1:-$build}")
cd "$top"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
number=0
failed=0

# Run a check; what it prints is what it found wrong.
check() {
	local name=$1 found

	number=$((number + 1))
	found=$("$name" 2>&1) || found=${found:-"$name ended with an error"}
	if [ -z "$found" ]; then
		echo "ok $number - lint: $name"
	else
		sed 's/^/# /' <<<"$found"
		echo "not ok $number - lint: $name"
		failed=1
	fi
}

# All files of the project, those to be committed included.
files() {
	git ls-files --cached --others --exclude-standard -- "$@"
}

licence_tags() {
	local f

	files . ':!license' ':!debian/changelog' ':!debian/copyright' ':!debian/source/format' \
		':!devtools/in-tree/MAINTAINERS' | # formats without comments, and licences
		while read -r f; do
			head -n 3 "$f" | grep -q 'SPDX-License-Identifier: ' || echo "$f: no licence"
		done
}

# The compiler is gcc, and clang-tidy does not know all of its options.
clang_tidy() {
	"$top/devtools/lint/clang_tidy.py" "$build"
}

shell_scripts() {
	files '*.sh' .ci/run | xargs shellcheck -x -S warning -f gcc
}

# What is installed can be included on its own, and from C++.
public_headers() {
	local h lang flags

	read -ra flags <<<"$(pkg-config --cflags libdpdk) $(sdk_cflags)"
	for h in bus/auxiliary/bus_auxiliary_driver.h common/vfio/rte_vfio_dev.h; do
		for lang in c c++; do
			echo "#include <$(basename "$h")>" |
				g++ -x "$lang" -fsyntax-only -Wall -Wextra -Werror \
					-DALLOW_INTERNAL_API -DALLOW_EXPERIMENTAL_API \
					"${flags[@]}" -I"drivers/$(dirname "$h")" -
		done
	done
}

sdk_cflags() {
	local sdk

	sdk=.sdk/$(pkg-config --modversion libdpdk)/include
	[ ! -d "$sdk" ] || echo "-isystem $sdk"
}

guides() {
	python3 -m sphinx -q -W --keep-going -C -b html doc/guides "$work/guides"
}

# A guide names the test that shows what it says.
guides_tests() {
	local name

	grep -rohE '``test_[a-z0-9_]+``' doc/guides | tr -d '`' | sort -u | while read -r name; do
		grep -rqw --include='*.[ch]' --include='*.py' "$name" app/test ||
			[ -f "app/test/e2e/$name.py" ] || [ -f "app/test/vm/$name.py" ] ||
			echo "doc/guides: there is no $name"
	done
}

# A guide explains what is logged.
guides_log_lines() {
	"$top/devtools/lint/log_lines.py"
}

# The guide of dpdk-sf-sim has each option that its --help has, and no other.
guides_sim_options() {
	local guide=doc/guides/tools/dpdk_sf_sim.rst

	"$build/sim/dpdk-sf-sim" --help | grep -oE -- '--[a-z]+( [A-Z]+)?' | sort >"$work/options"
	sed -nE 's/^``(--.*)``$/\1/p' "$guide" | sort | diff "$work/options" - |
		sed -nE "s|^<|$guide lacks|p; s|^>|--help lacks|p"
}

# The guide of the driver has each reason that a flow rule is refused for.
guides_flow_reasons() {
	local guide=doc/guides/nics/sf_example.rst text

	grep -hA2 -E 'bad_(item|action)\(|rte_flow_error_set\(' drivers/net/sf_example/sf_example_flow*.c |
		sed -nE 's/.*"([^"]+)".*/\1/p' | sort -u | while read -r text; do
		grep -qF "\`\`$text\`\`" "$guide" || echo "$guide: there is no \"$text\""
	done
}

# A driver has what it needs from the bus and from common/vfio.
driver_layers() {
	files 'drivers/net/*.[ch]' | xargs grep -nE '#include <(linux|sys)/' | grep -v 'linux/types.h' || true
}

api_reference() {
	{ cat doc/api/Doxyfile; echo "OUTPUT_DIRECTORY = $work/api"; } | doxygen -
}

check licence_tags
check shell_scripts
check public_headers
check driver_layers
check guides
check guides_tests
check guides_log_lines
check guides_sim_options
check guides_flow_reasons
check api_reference
check clang_tidy
echo "1..$number"
exit $failed
