#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
#
# Run a command in a virtual machine with a kernel of its own.
#
#   devtools/vm.sh [OPTION]... -- COMMAND [ARGUMENT]...
#
#   --kernel test|kasan|stock   see devtools/vm/kernel.sh; test if not given
#   --qemu PROGRAM              another QEMU than the distribution's, such as that of
#                               devtools/vm/qemu.sh
#   --shared-memory             the guest's memory is a file, which those who serve its
#                               devices can map
#   --icount                    the guest's clock counts the instructions that it executes, 2 ns
#                               for each: what takes them takes as many in each run; no KVM
#   --root DIRECTORY[:...]      the guest has these directories of the host for its root, what a
#                               former has prevails, their modules and their init: COMMAND is
#                               a service of systemd's, after multi-user.target
#   --time SECONDS              the guest is stopped after that, 300 if not given
#   --device DEVICE             a QEMU device, may be repeated; network cards
#                               hang on one hub
#   --object OBJECT             a QEMU object that a device needs, likewise
#   --append WORDS              more for the kernel's command line
#   --monitor                   COMMAND can tell QEMU what to do with the machine, by the
#                               virtio port of the name "monitor"
#   --interactive               COMMAND has this terminal
#
# The guest sees the host's root file system, at the same paths, or with --root of
# it the sources and the build; what it writes stays in its memory and goes with it.
# COMMAND runs as root in the current directory, with PATH as here and the build
# directory in SF_BUILD.  Its output and errors come out here while it runs, and its
# exit status is the script's; 124 is the time limit, 125 a guest that did not get to
# the end.  On failure the guest's console is kept in the build directory.

set -euo pipefail
# shellcheck source=devtools/common.sh
. "$(dirname "$0")/common.sh"

kernel='test'
qemu='qemu-system-x86_64'
memory=()
icount=()
seconds=300
root=
interactive=
monitor=
devices=()
objects=()
append=

usage() {
	sed -n '/^# Run/,/^$/s/^# \{0,1\}//p' "$0" >&2
	exit 2
}

while [ $# -gt 0 ]; do
	case $1 in
	--kernel) kernel=${2:-} ;;
	--qemu) qemu=${2:-} ;;
	--shared-memory)
		memory=(-object "memory-backend-memfd,id=memory,size=2G,share=on"
			-machine "memory-backend=memory")
		shift
		continue
		;;
	--icount)
		icount=(-icount "shift=1,sleep=off")
		shift
		continue
		;;
	--root) root=${2:-} ;;
	--time) seconds=${2:-} ;;
	--device) devices+=("${2:-}") ;;
	--object) objects+=(-object "${2:-}") ;;
	--append) append=${2:-} ;;
	--monitor)
		monitor=1
		shift
		continue
		;;
	--interactive)
		interactive=1
		shift
		continue
		;;
	--)
		shift
		break
		;;
	*) usage ;;
	esac
	[ $# -gt 1 ] || usage
	shift 2
done
[ $# -gt 0 ] || usage
[[ $seconds =~ ^[1-9][0-9]*$ ]] || usage

# An initramfs of busybox, the first process, and the modules that a packaged
# kernel needs to reach its root.
make_initramfs() {
	local root=$share/initramfs

	mkdir -p "$root/bin" "$root/modules"
	cp /bin/busybox "$root/bin/busybox"
	cp "$top/devtools/vm/init" "$root/init"
	[ ! -d "$directory/boot-modules" ] || cp "$directory"/boot-modules/* "$root/modules"
	(cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null | gzip -1) >"$share/initramfs.gz"
}

# What the guest is to run, where, and with which variables.
write_command() {
	{
		printf 'cd %q\n' "$PWD"
		printf 'export HOME=/root TERM=%q PATH=%q SF_BUILD=%q\n' "${TERM:-dumb}" "$PATH" "$build"
		[ -z "${GCOV_PREFIX:-}" ] || printf 'export GCOV_PREFIX=%q\n' "$share/gcov"
		printf '%q ' "$@"
		echo
	} >"$share/command"
}

# Arguments for QEMU, whatever the accelerator: a machine with an IOMMU and with
# the devices asked for.
machine() {
	local device i=0

	printf '%s\n' -machine q35,kernel-irqchip=split -cpu max -smp 2 -m 2G \
		-nodefaults -no-user-config -no-reboot -display none \
		-device intel-iommu,intremap=on,caching-mode=on -device virtio-serial-pci \
		-kernel "$directory/vmlinuz" -initrd "$share/initramfs.gz" \
		-virtfs local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap \
		-virtfs "local,path=$share,mount_tag=share,security_model=none" \
		-serial "file:$share/serial" ${memory[@]+"${memory[@]}"} ${objects[@]+"${objects[@]}"}
	# The monitor is a server on a socket, whose only client is a port of the guest's.
	[ -z "$monitor" ] || printf '%s\n' \
		-chardev "socket,id=monitor,path=$share/monitor,server=on,wait=off" \
		-mon chardev=monitor,mode=readline \
		-chardev "socket,id=operator,path=$share/monitor" \
		-device virtserialport,chardev=operator,name=monitor
	for device in ${devices[@]+"${devices[@]}"}; do
		case $device in
		*,netdev=*) ;;
		e1000* | igb* | virtio-net-*)
			printf '%s\n' -netdev "hubport,id=hub$i,hubid=0"
			device+=,netdev=hub$i
			i=$((i + 1))
			;;
		esac
		printf '%s\n' -device "$device"
	done
}

# Run a guest with an accelerator, for so many seconds at most.
run_guest() {
	local accel=$1 limit=$2 args port

	mapfile -t args < <(machine)
	if [ -n "$interactive" ]; then
		port=(-chardev "stdio,id=out,signal=off" -device "virtconsole,chardev=out")
	else
		port=(-chardev "file,id=out,path=/dev/stdout,append=on"
			-device "virtserialport,chardev=out,name=out"
			-chardev "file,id=err,path=/dev/fd/3,append=on"
			-device "virtserialport,chardev=err,name=err")
	fi
	# no_timer_check: on a busy host an emulated timer comes too late for it.
	timeout --foreground "$limit" "$qemu" "${args[@]}" -accel "$accel" "${port[@]}" \
		${icount[@]+"${icount[@]}"} \
		-append "console=ttyS0 panic=-1 no_timer_check intel_iommu=on hugepages=256 vm.share=$share \
			vm.modules=$directory/modules vm.interactive=$interactive \
			vm.roots=$root ${root:+vm.shown=$top:$build} $append"
}

# KVM is there and boots: where it is nested it may hang, so it is tried once
# for each boot of the host.
kvm_works() {
	local known=$directory/kvm boot answer=no

	[ -w /dev/kvm ] || return 1
	boot=$(cat /proc/sys/kernel/random/boot_id)
	if ! grep -qs "^$boot " "$known"; then
		write_command true
		interactive='' run_guest kvm 5 >/dev/null 2>&1 3>&1 || true
		[ ! -f "$share/status" ] || answer=yes
		rm -f "$share/status"
		echo "$boot $answer" >"$known"
	fi
	grep -q ' yes$' "$known"
}

# What went wrong, in a line, and where the console is.
explain() {
	local kept

	mkdir -p "$build"
	kept=$(mktemp "$build/vm-serial.XXXXXX.log")
	cat "$share/serial" "$share/qemu.log" >"$kept" 2>/dev/null || true
	echo "vm: $*; the guest's console is in $kept" >&2
}

main() {
	local accel=tcg,thread=multi ended=0 errors status

	"$top/devtools/setup.sh" --vm
	directory=$("$top/devtools/vm/kernel.sh" "$kernel")
	share=$(mktemp -d)
	trap 'rm -rf "$share"' EXIT
	make_initramfs
	if [ ${#icount[@]} -gt 0 ]; then
		accel=tcg,thread=single
	elif kvm_works; then
		accel=kvm
	fi
	write_command "$@"
	if [ -n "$interactive" ]; then
		run_guest "$accel" "$seconds" || ended=$?
	else
		# What QEMU opens must not be a socket, which ours may be.
		exec 3> >(cat >&2)
		errors=$!
		run_guest "$accel" "$seconds" 2>"$share/qemu.log" | cat || ended=${PIPESTATUS[0]}
		exec 3>&-
		wait "$errors"
	fi
	# What a build for devtools/coverage.sh has counted in the guest.
	[ ! -d "$share/gcov" ] || cp -r "$share/gcov/." "$GCOV_PREFIX"
	if [ "$ended" -eq 124 ]; then
		explain "the time limit of $seconds s is over"
		exit 124
	fi
	status=$(cat "$share/status" 2>/dev/null || true)
	if [ -z "$status" ]; then
		tail -n 20 "$share/serial" >&2 || true
		explain "the guest did not get to the end"
		exit 125
	fi
	[ "$status" -eq 0 ] || explain "exit status $status"
	exit "$status"
}

main "$@"
