#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# What the distribution's package of libdpdk leaves out, made from its source
# package. Each goes into a directory of .sdk/VERSION, and is made once.
#
#   devtools/dpdk.sh headers      driver SDK headers: include
#   devtools/dpdk.sh ports        libraries with room for 1024 ports, which take a
#                                 minute to build: ports
#
# The following take a minute or more to build, or much space.  All clones of this project share one
# copy, in ${XDG_CACHE_HOME:-~/.cache}/dpdk-auxiliary; the clone has a link to it.  The name of
# the copy has DPDK's version and, of what is built, a digest of the functions that build it
# and of the compiler's version.
#
#   devtools/dpdk.sh examples     DPDK's examples that the tests run: examples
#   devtools/dpdk.sh tsan         libraries with ThreadSanitizer in, which take a
#                                 minute to build: tsan
#   devtools/dpdk.sh source       the sources as they are: source

set -euo pipefail
cd "$(dirname "$0")/.."
PATH=/usr/bin:/usr/sbin:/bin:/sbin:$PATH

die() {
	echo "setup: $*" >&2
	exit 1
}

# The version of the installed package of libdpdk, empty if there is none.
package_version() {
	dpkg-query -W -f '${db:Status-Status} ${Version}\n' libdpdk-dev 2>/dev/null |
		sed -n 's/^installed //p' | head -n 1
}

# The machine's own archives, as deb-src lines or stanzas, into directory $1.
source_lists() {
	local f

	mkdir -p "$1/lists/partial" "$1/cache/archives/partial" "$1/sources.d"
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ -f "$f" ] || continue
		sed -n 's/^deb\([ \t]\)/deb-src\1/p' "$f" >>"$1/sources.d/machine.list"
	done
	for f in /etc/apt/sources.list.d/*.sources; do
		[ -f "$f" ] || continue
		sed 's/^Types:.*/Types: deb-src/' "$f" >"$1/sources.d/${f##*/}"
	done
}

# Sets source, the sources of the installed libdpdk, below $work.
fetch_source() {
	local package opts

	package=$(package_version)
	[ -n "$package" ] || die "libdpdk $version is no Debian package:" \
		"rebuild it with -Denable_driver_sdk=true, or give meson -Ddriver_sdk=DIR"
	[ "${package%%[-+]*}" = "$version" ] ||
		die "the installed package is dpdk $package, pkg-config finds libdpdk $version"
	echo "setup: $1 from the sources of dpdk $package"
	source_lists "$work"
	opts=(-qq -o Dir::Etc::SourceList=/dev/null -o "Dir::Etc::SourceParts=$work/sources.d"
		-o "Dir::State::Lists=$work/lists" -o "Dir::Cache=$work/cache"
		-o APT::Sandbox::User="$(id -un)")
	# An archive that is out of reach matters only if it has the sources.
	apt-get "${opts[@]}" update >/dev/null 2>&1 || true
	(cd "$work" && apt-get "${opts[@]}" source "dpdk=$package" >/dev/null) ||
		die "cannot get the sources of dpdk $package: is a network there, and is" \
			"that version still in the archive? (apt-get install --only-upgrade libdpdk-dev)"
	source=$(echo "$work"/dpdk-*/)
}

# The headers that DPDK's build installs with -Denable_driver_sdk=true.
make_headers() {
	fetch_source "driver SDK headers"
	find "$source"/lib/{eal/include,ethdev} "$source"/drivers/bus/{pci,vdev} \
		-maxdepth 1 \( -name '*_driver.h' -o -name 'ethdev_*.h' \) -exec cp -t "$1" {} +
	# Not for the build: what tests compare the layout of ours with.
	cp "$source/drivers/bus/auxiliary/bus_auxiliary_driver.h" "$1/dpdk_bus_auxiliary_driver.h"
}

# Build for directory $1, with these options of meson, only the libraries that a
# program with ethdev ports and our tests need; install them below $work/root. EAL
# loads drivers from the directory that it is built for.
build_libraries() {
	local prefix=$1

	shift
	sed -i "/^libraries = \[/,/^\]/c libraries = ['kvargs', 'telemetry', 'eal', 'ring', 'rcu', \
'mempool', 'mbuf', 'net', 'meter', 'ethdev', 'pci', 'hash']" "$source/lib/meson.build"
	{
		meson setup "$work/build" "$source" --prefix="$prefix" --libdir=lib \
			-Dplatform=generic -Denable_drivers=bus/vdev,mempool/ring,net/null \
			-Denable_driver_sdk=true -Ddisable_apps='*' -Dtests=false "$@" &&
		DESTDIR=$work/root ninja -C "$work/build" install
	} >"$work/log" 2>&1 || { cat "$work/log" >&2; die "libdpdk for $prefix does not build"; }
}

make_ports() {
	local dir=$PWD/$sdk/ports

	fetch_source "libdpdk for 1024 ports"
	build_libraries "$dir" -Dmax_ethports=1024 --buildtype=release
	cp -a "$work/root$dir/." "$1"
}

digest() {
	{ declare -f "$@"; cc --version; } | sha256sum | cut -c 1-12
}

# Make directory $1 a link to one that is kept under name $2.  Command $3, with its path,
# makes it where it is not there yet, somewhere else, and sets made.
keep() {
	local dir=${XDG_CACHE_HOME:-$HOME/.cache}/dpdk-auxiliary/$2

	if [ ! -d "$dir" ]; then
		"$3" "$dir"
		mkdir -p "${dir%/*}"
		cp -a "$made" "$dir.$$"
		# Another clone may have been faster.
		mv -T "$dir.$$" "$dir" 2>/dev/null || rm -rf "$dir.$$"
	fi
	rmdir "$1"
	ln -s "$dir" "$1"
}

# ThreadSanitizer understands the compiler's atomics, not DPDK's inline assembly, which
# its headers do without if told so.
build_tsan() {
	fetch_source "libdpdk with ThreadSanitizer"
	echo '#define RTE_FORCE_INTRINSICS 1' >>"$source/config/rte_config.h"
	build_libraries "$1" --buildtype=debug --optimization=1 -Db_sanitize=thread \
		-Db_lundef=false -Dc_args=-Wno-tsan
	made=$work/root$1
}

make_tsan() {
	keep "$1" "tsan-$(package_version)-$(digest build_tsan build_libraries)" build_tsan
}

build_source() {
	fetch_source "a tree"
	made=$source
}

make_source() {
	keep "$1" "dpdk-source-$(package_version)" build_source
}

build_examples() {
	local example name

	fetch_source "examples"
	made=$work/examples
	mkdir "$made"
	for example in flow_filtering ip_reassembly ipv4_multicast l2fwd l3fwd l3fwd-power \
		multi_process/symmetric_mp skeleton; do
		make -s -C "$source/examples/$example" shared >"$work/log" 2>&1 || {
			cat "$work/log" >&2
			die "$example does not build"
		}
		name=${example##*/}
		cp "$source/examples/$example"/build/*-shared "$made/$name"
	done
}

make_examples() {
	keep "$1" "examples-$(package_version)-$(digest build_examples)" build_examples
}

what=${1:-}
declare -A dirs=([headers]=include [ports]=ports [examples]=examples [tsan]=tsan
	[source]=source)
dir=${dirs[${what:-none}]:-}
[ -n "$dir" ] || { sed -n '/^# What/,/^$/s/^# \{0,1\}//p' "$0" >&2; exit 2; }
version=$(pkg-config --modversion libdpdk) || die "pkg-config does not find libdpdk"
sdk=.sdk/$version
stamp=$version
case $what in
tsan) stamp+=" $(digest build_tsan build_libraries)" ;;
examples) stamp+=" $(digest build_examples)" ;;
esac
[ "$(cat "$sdk/$dir/VERSION" 2>/dev/null)" != "$stamp" ] || exit 0
mkdir -p "$sdk"
work=$(mktemp -d)
trap 'rm -rf "$work" "$sdk/$dir.new"' EXIT
rm -rf "$sdk/$dir.new"
mkdir "$sdk/$dir.new"
"make_$what" "$sdk/$dir.new"
echo "$stamp" >"$sdk/$dir.new/VERSION"
rm -rf "${sdk:?}/$dir"
mv -T "$sdk/$dir.new" "$sdk/$dir"
