#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Compile the drivers for processors that this machine is not, as far as that
# goes without libraries: aarch64, and powerpc64, which has its octets in the
# other order. Needs gcc-aarch64-linux-gnu and gcc-powerpc64-linux-gnu; gets the
# headers of the distribution's DPDK for them.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

version=$(pkg-config --modversion libdpdk)
sdk=$top/.sdk/$version
passed=0
failed=0

# headers_get ARCHITECTURE, by Debian's name
headers_get() {
	local dir=$sdk/cross/$1 uri

	[ ! -d "$dir" ] || return 0
	uri=$(apt-get download --print-uris libdpdk-dev | sed -n "s/^'\([^']*\)_[a-z0-9]*\.deb'.*/\1_$1.deb/p")
	mkdir -p "$sdk/cross"
	rm -rf "$dir.new"
	wget -q -O "$dir.deb" "$uri"
	dpkg-deb -x "$dir.deb" "$dir.new"
	rm "$dir.deb"
	mv "$dir.new" "$dir"
}

# compile COMPILER ARCHITECTURE TRIPLET PATTERN [FLAG...]: what does not match the pattern
compile() {
	local compiler=$1 include=$sdk/cross/$2/usr/include triplet=$3 others=$4 file

	shift 4
	for file in "$top"/drivers/*/*/*.c "$top"/drivers/*/*/linux/*.c; do
		if [[ $file =~ $others ]]; then
			continue
		fi
		if "$compiler" "$@" -std=gnu11 -O2 -fsyntax-only -Wall -Wextra -Werror \
				-Wno-zero-length-bounds -D_GNU_SOURCE -DALLOW_EXPERIMENTAL_API \
				-DALLOW_INTERNAL_API -DRTE_LOG_DEFAULT_LOGTYPE=cross \
				-I"$include/$triplet/dpdk" -I"$include/dpdk" -I"$sdk/include" \
				-I"$top/drivers/common/vfio" -I"$top/drivers/common/auxiliary" -I"$top/drivers/bus/auxiliary" \
				-isystem /usr/include/libnl3 \
				-include rte_config.h "$file"; then
			passed=$((passed + 1))
		else
			failed=$((failed + 1))
		fi
	done
}

"$top/devtools/setup.sh"
headers_get arm64
headers_get ppc64el
compile aarch64-linux-gnu-gcc arm64 aarch64-linux-gnu 'sse|avx'
compile powerpc64-linux-gnu-gcc ppc64el powerpc64le-linux-gnu 'sse|avx|neon' -mcpu=power8
echo "cross: $passed files compile, $failed do not"
[ "$failed" -eq 0 ]
