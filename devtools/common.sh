# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash
#
# What demo.sh, test.sh and bench.sh share: the build, its tests, and how to run the
# distribution's DPDK applications with our libraries in front of its own.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${SF_BUILD:-$top/build}

# Debian's meson and python; a newer python earlier on the path has no pyelftools.
PATH=/usr/bin:/usr/sbin:/bin:/sbin:$PATH

# meson compiles by way of ccache: what another clone has compiled is there already.
export CCACHE_BASEDIR=$top CCACHE_NOHASHDIR=1

build_all() {
	"$top/devtools/setup.sh"
	build_only "$@"
}

# The same where all that it needs is there.
build_only() {
	echo "build: $build"
	[ -f "$build/build.ninja" ] || meson setup "$build" "$top" "$@" >"$build.log" 2>&1 || {
		cat "$build.log" >&2
		return 1
	}
	rm -f "$build.log"
	ninja -C "$build" --quiet
}

# Run suites in a build directory; their tests print TAP, which is what counts.
passed=0
failed=0
skipped=0
meson_test_args=()
run_suites() {
	local dir=$1 log=$1/meson-logs/testlog.txt status=0 bad

	shift
	echo "test: $* in $dir"
	meson test -C "$dir" "${@/#/--suite=}" --no-rebuild --print-errorlogs \
		"${meson_test_args[@]}" || status=$?
	passed=$((passed + $(grep -E '^ok ' "$log" | grep -vc '# SKIP' || true)))
	skipped=$((skipped + $(grep -cE '^ok .*# SKIP' "$log" || true)))
	bad=$(grep -cE '^not ok ' "$log" || true)
	# A program that died told nothing of what it did not get to.
	if [ "$status" -ne 0 ] && [ "$bad" -eq 0 ]; then
		bad=1
	fi
	failed=$((failed + bad))
	# The last comments of each failed test in its TAP output: meson prints its error output only.
	awk '/^#/ { said[n++ % 100] = $0 }
		/^not ok / { for (i = n > 100 ? n - 100 : 0; i < n; i++) print said[i % 100] }
		/^not ok |^ok .*# SKIP/
		/^(not )?ok / { n = 0 }' "$log"
}

# What has become of all suites so far; false if that is not good.
print_result() {
	echo "$passed passed, $failed failed, $skipped skipped"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
}

# The applications are those of the DPDK that the build is for. Our libraries
# come first on the library path, and the driver by its bare name: EAL then finds
# it there, whatever directory that is.
with_our_libraries() {
	# shellcheck disable=SC2034 # not all of what meson has written down is needed
	local dpdk_version dpdk_bindir dpdk_libdir

	# shellcheck disable=SC1091 # made by meson
	. "$build/dpdk.env"
	PATH=$dpdk_bindir:$PATH
	export LD_LIBRARY_PATH=$build/drivers:$dpdk_libdir${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}
}

driver_args() {
	local so

	so=$(basename "$(readlink "$build/drivers/librte_net_sf_example.so")")
	echo "-d $so"
}

# What of DPDK a build of it needs for our tests: it has mlx5 if libibverbs is there.
# shellcheck disable=SC2034 # for those who source this
dpdk_parts() {
	drivers=bus/auxiliary,bus/pci,bus/vdev,mempool/ring,net/af_packet,net/bonding
	drivers+=,net/memif,net/null,net/pcap,net/ring,net/tap,net/virtio
	libs=bitratestats,bpf,cryptodev,dmadev,eventdev,gro,gso,ip_frag,latencystats,metrics
	libs+=,pcapng,pdump,reorder,sched,security,timer
	apps=test-pmd,proc-info,pdump,dumpcap
	! pkg-config --exists libibverbs libmlx5 || drivers+=,common/mlx5,net/mlx5
}

# Processors: the first that we may use, and the last.
# shellcheck disable=SC2034 # for those who source this
processors() {
	local cpus

	cpus=$(awk '/^Cpus_allowed_list/ { print $2 }' /proc/self/status)
	first_cpu=${cpus%%[-,]*}
	last_cpu=${cpus##*[-,]}
}

# Nothing else is to take the processors away from what is measured: what we
# start from here on has real-time priority, if we may. The kernel leaves a
# twentieth of the time to others.
# shellcheck disable=SC2034 # for those who source this
realtime() {
	if chrt -r -p 1 $$ 2>/dev/null; then
		priority="real-time priority"
	else
		priority="no real-time priority"
		echo "other work on this machine will show: it may not run with real-time priority" >&2
	fi
}

# Have at least $1 hugepages of 2 MiB, if we are root, until return_hugepages().
hugepages_before=
lend_hugepages() {
	local nr=/proc/sys/vm/nr_hugepages

	[ -w "$nr" ] && [ "$(cat "$nr")" -lt "$1" ] || return 0
	hugepages_before=$(cat "$nr")
	echo "$1" >"$nr"
}

return_hugepages() {
	[ -z "$hugepages_before" ] || echo "$hugepages_before" >/proc/sys/vm/nr_hugepages
}

# EAL's memory, $1 MiB of it: hugepages where they are free, else ordinary pages.
memory_args() {
	local mib=$1 free size

	free=$(awk '/^HugePages_Free/ { print $2 }' /proc/meminfo)
	size=$(awk '/^Hugepagesize/ { print $2 }' /proc/meminfo)
	if [ $((${free:-0} * ${size:-0})) -ge $((mib * 1024)) ]; then
		echo "--in-memory -m $mib"
	else
		echo "--no-huge --no-shconf -m $mib"
	fi
}

thousands() {
	printf "%d" "$1" | sed -E ':a; s/([0-9])([0-9]{3})($|,)/\1,\2\3/; ta'
}
