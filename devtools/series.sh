#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Make of the drivers a series of patches as it would be sent to DPDK's mailing list,
# and see that each applies and builds on what comes before it.
#
#   devtools/series.sh DPDK_SOURCE [DIRECTORY]   sources of main, to be patched
#
# The commits are those of in-tree.sh, and that of in-tree/pci.sh as the last; the patches go
# to DIRECTORY, by default .sdk/VERSION/series, the cover letter first. IN_TREE_AUTHOR is who
# sends them.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

source=$(cd "${1:?which sources}" && pwd -P)
version=$(cat "$source/VERSION")
out=${2:-$top/.sdk/$version/series}
tree=$top/.sdk/$version/in-tree
dir=$tree-series
passed=0
failed=0

result() {
	echo "$1 $((passed + failed)) - series: $2"
}

# The cover letter that git makes, with our words in place of its own.
cover() {
	local letter=$out/0000-cover-letter.patch

	grep -v '^#' "$top/devtools/in-tree/cover" >"$out/cover"
	awk -v cover="$out/cover" '
		/^Subject:/ { sub(/\*\*\* SUBJECT HERE \*\*\*/, ""); getline line <cover; print $0 line; next }
		/^\*\*\* BLURB HERE \*\*\*$/ {
			while ((getline line <cover) > 0) if (line != "" || begun) { begun = 1; print line }
			next
		}
		{ print }' "$letter" >"$letter.new"
	mv "$letter.new" "$letter"
	rm "$out/cover"
}

# All that the series touches, and the applications that show it.
build() {
	local drivers libs apps

	dpdk_parts
	if [ ! -f "$dir/build.ninja" ]; then
		CC="ccache gcc" meson setup "$dir" "$tree" -Dplatform=generic -Dtests=false \
			-Dwerror=true -Denable_apps="${apps%%,*},test-auxiliary" \
			-Denable_drivers="$drivers,common/vfio,common/auxiliary,net/sf_example" \
			-Denable_libs="$libs"
	fi && nice ninja -C "$dir"
}

main() {
	local patch

	"$top/devtools/in-tree.sh" --lay "$source" >/dev/null
	"$top/devtools/in-tree/pci.sh" --lay "$tree"
	rm -rf "$out"
	git -C "$tree" format-patch -q --cover-letter -o "$out" base..
	cover
	git -C "$tree" checkout -q -B series base
	for patch in "$out"/0*.patch; do
		[ "$patch" != "$out/0000-cover-letter.patch" ] || continue
		if git -C "$tree" am -q "$patch" && build >"$dir.log" 2>&1; then
			passed=$((passed + 1))
			result ok "$(basename "$patch")"
		else
			failed=$((failed + 1))
			grep -E -A 5 '(error|warning):|^ERROR|FAILED' "$dir.log" | head -n 40 |
				sed 's/^/# /' || true
			result "not ok" "$(basename "$patch")"
			break
		fi
	done
	echo "series: $out"
	print_result
}

main
