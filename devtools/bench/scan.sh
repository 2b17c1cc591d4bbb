# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     The auxiliary bus on 256, 1,024, 4,096 and 16,384 sub-functions, this one
#     and that of the distribution's DPDK: the scan of rte_eal_init, the scan
#     and the probe, a rescan, a start that allows one device, attaching one.
#     Before each scan that of a bus with a single sub-function, as any scan costs
#     that much, and what the others add to it. The probe is by a driver of DPDK's
#     own kind, as mlx5 is, that declines every device, by one that takes each, and
#     by one that asks for the VFIO node, which none of these has; DPDK's own bus
#     cannot have the last, and shows what it takes for one that declines.
#     Then arrivals: 100 and 1,000 sub-functions while devargs wait for ten of them.
#     One a millisecond: time until all are told and plugged, processor time and
#     system calls of EAL's interrupt thread, for each arrival. And each when the
#     one before has been told: how long that takes.
#     Needs root, for a mount namespace in which a made-up tree is /sys/bus and
#     /sys/devices, in memory as sysfs is.

scan_sizes=(256 1024 4096 16384)
scan_trees=$work/trees

# Run a command where the tree in $1 is the machine's. Of the real one, EAL
# wants to see processors and NUMA nodes.
scan_in_tree() {
	# shellcheck disable=SC2016
	unshare -m sh -ec 'top=$1; shift
		mount --rbind /sys/devices/system "$top/devices/system"
		mount --bind "$top/bus" /sys/bus
		mount --rbind "$top/devices" /sys/devices
		exec "$@"' sh "$@"
}

# The program that has the bus of a subject.
scan_program() {
	case $1 in
	ours) echo "$build/app/bench/dpdk-bench-scan" ;;
	*) echo "$build/app/bench/dpdk-bench-scan-dpdk" ;;
	esac
}

# scan_run TREE SUBJECT [EAL OPTION]... -- DRIVER ROUNDS [DEVICE], under $wrapper if set
scan_run() {
	local tree=$1 subject=$2

	shift 2
	# shellcheck disable=SC2086
	scan_in_tree "$tree" taskset -c "$first_cpu" \
		${wrapper:-} "$(scan_program "$subject")" -l "$first_cpu" --no-huge -m 64 \
		--no-pci --no-telemetry --no-shconf --log-level 4 "$@" 2>"$work/err" || {
		cat "$work/err" >&2
		return 1
	}
}

# Microseconds for everything of one kind in the output of a run.
scan_us() {
	awk -v what="$1" '$1 == "hz" { hz = $2 } $1 == what { cycles[++n] = $2 }
		END { for (i = 1; i <= n; i++) printf "%.3f\n", cycles[i] * 1e6 / hz }' "$2"
}

# System calls between the first two calls of getppid().
scan_calls() {
	awk '/getppid\(/ { marks++; next } marks == 1 { n++ } marks == 2 { exit } END { print n }' "$1"
}

# Numbers on stdin become raw data of a case, subject and unit.
scan_note() {
	awk -v key="$*" '{ print key, $1 }' >>"$work/raw"
}

# Scan and probe, of the output of a run on stdin: microseconds per device.
scan_probe() {
	awk -v n="$1" '$1 == "hz" { hz = $2 } $1 == "scan" || $1 == "probe" { cycles += $2 }
		END { print cycles * 1e6 / hz / n }' | scan_note "$@"
}

scan_round() {
	local size=$1 subject=$2 tree=$scan_trees/$1 out=$work/out start

	scan_run "$scan_trees/1" "$subject" -- declines 0 >"$out"
	start=$(scan_us scan "$out")
	scan_note "$size" "$subject" scan-of-one-us <<<"$start"
	scan_run "$tree" "$subject" -- declines 1 >"$out"
	scan_us scan "$out" | awk -v n="$size" '{ print $1 / n }' |
		scan_note "$size" "$subject" scan-us/device
	scan_us scan "$out" | awk -v n="$size" -v start="$start" '{ print ($1 - start) / (n - 1) }' |
		scan_note "$size" "$subject" scan-us/added-device
	scan_us rescan "$out" | awk -v n="$size" '{ print $1 / n }' |
		scan_note "$size" "$subject" rescan-us/device
	scan_probe "$size" "$subject" scan+probe-us/device <"$out"
	scan_run "$tree" "$subject" -- takes 0 | scan_probe "$size" "$subject" scan+taken-us/device
	if [ "$subject" = ours ]; then
		scan_run "$tree" "$subject" -- vfio 0 >"$out"
	fi
	scan_probe "$size" "$subject" scan+vfio-us/device <"$out"
	scan_run "$tree" "$subject" -a auxiliary:bench.sf.77 -- declines 0 >"$out"
	scan_us scan "$out" | scan_note "$size" "$subject" allow-one-us
	scan_run "$tree" "$subject" -- declines 1 bench.sf.77 >"$out"
	scan_us attach "$out" | scan_note "$size" "$subject" attach-one-us
}

scan_count() {
	local size=$1 subject=$2 tree=$scan_trees/$1

	wrapper="strace -o $work/strace" scan_run "$tree" "$subject" -- declines 0 >/dev/null
	scan_calls "$work/strace" | awk -v n="$size" '{ print $1 / n }' |
		scan_note "$size" "$subject" calls/device
}

# arrivals_run NUMBER GAP, under $wrapper if that is set
arrivals_run() {
	local dir=$scan_trees/arrivals

	rm -rf "$dir"
	mkdir "$dir"
	# shellcheck disable=SC2086
	SYSFS_AUXILIARY_DEVICES=$dir SYSFS_MDEV_DEVICES=/nonexistent \
		${wrapper:-} "$build/app/bench/dpdk-bench-arrivals" -l "$first_cpu" --no-huge -m 64 \
		--no-pci --no-telemetry --no-shconf --log-level 4 -- "$@" 2>"$work/err" || {
		cat "$work/err" >&2
		return 1
	}
}

arrivals_round() {
	local number=$1 out=$work/out

	arrivals_run "$number" 1000 >"$out"
	awk -v n="$number" '$1 == "all" { print $2 / 1000 / n }' "$out" |
		scan_note "$number" ours arrival-us
	awk -v n="$number" '$1 == "cpu" { print $2 / 1000 / n }' "$out" |
		scan_note "$number" ours arrival-cpu-us
	arrivals_run "$number" 0 | awk '$1 == "arrival" { print $2 / 1000 }' | percentiles |
		cut -d' ' -f1 | scan_note "$number" ours arrival-awaited-us
}

# What threads other than the one that marks the begin and the end ask of the kernel.
arrivals_count() {
	wrapper="strace -f -o $work/strace" arrivals_run "$1" 1000 >/dev/null
	awk -v n="$1" '/getppid\(/ { marks++; self = $1; next }
		marks == 1 && $1 != self && !/resumed>/ { calls++ }
		END { print calls / n }' "$work/strace" | scan_note "$1" ours arrival-calls
}

# By how much an arrival costs more among 1,000 than among 100.
arrivals_spread() {
	awk '$3 ~ /^arrival-/ { at[$3, $1] = $4; unit[$3] = 1 }
		END {
			for (u in unit)
				printf "%s, 1,000 to 100: %.2f\n", u, at[u, 1000] / at[u, 100]
		}' "$results" | sort
}

# By how much the time per device of a scan differs between sizes, slowest to
# fastest: all the time a scan takes, and what devices add to that of one.
scan_spread() {
	awk '$3 ~ /^scan-us\/(added-)?device$/ {
			key = $2 ": " $3
			if (!(key in min) || $4 < min[key]) min[key] = $4
			if ($4 > max[key]) max[key] = $4
		}
		END {
			for (key in min)
				printf "%s, slowest to fastest size: %.2f\n", key, max[key] / min[key]
		}' "$results" | sort -r
}

bench_run() {
	local size subject round

	rounds=${rounds:-15}
	[ "$(id -u)" -eq 0 ] || { echo "bench: scan needs root" >&2; return 1; }
	mkdir "$scan_trees"
	mount -t tmpfs -o nr_inodes=0 bench "$scan_trees"
	at_exit+=("umount $scan_trees")
	"$top/devtools/bench/lib/sysfs_tree.py" "$scan_trees/1" 1
	for size in "${scan_sizes[@]}"; do
		"$top/devtools/bench/lib/sysfs_tree.py" "$scan_trees/$size" "$size"
		for subject in ours dpdk; do
			scan_count "$size" "$subject"
		done
		for ((round = 0; round < rounds; round++)); do
			for subject in ours dpdk; do
				scan_round "$size" "$subject"
			done
		done
	done
	for size in 100 1000; do
		arrivals_count "$size"
		for ((round = 0; round < (rounds < 3 ? rounds : 3); round++)); do
			arrivals_round "$size"
		done
	done
	percentiles_by_case <"$work/raw" | sort -k3,3 -k1,1n -k2,2r >"$results"
	plot_title="auxiliary bus, 256 to 16384 sub-functions"
	plot_xlabel="sub-functions"
	plot_settings="set logscale xy"
	scan_spread
	arrivals_spread
	echo "$plot_title, $rounds rounds, $(awk -F': ' '/^model name/ { print $2; exit }' /proc/cpuinfo)"
}
