# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
# Far ends on the last processor, each sending back what it gets: dpdk-sf-sim
# with its wire looped for us, a testpmd that forwards for the peers.

peers=(ours virtio_packed virtio_split memif memif_zc)

# Start the far end of a peer; sets near, the EAL options of its near end.
far_start() {
	local sock=$work/far.sock virtio=mrg_rxbuf=0,in_order=1,vectorized=1 packed=0

	rm -f "$sock" "$work/far.log"
	case $1 in
	ours)
		"$build/sim/dpdk-sf-sim" --dir "$work/devices" --sfs 1 --wire loop --poll \
			--cpu "$last_cpu" >"$work/far.log" 2>&1 &
		far=$!
		wait_for_line ready "$work/far.log"
		near="$(driver_args) -a auxiliary:sf_sim.sf.0"
		return
		;;
	virtio_*)
		[ "$1" = virtio_split ] || packed=1
		far_testpmd --vdev "net_vhost0,iface=$sock"
		near="--vdev net_virtio_user0,path=$sock,packed_vq=$packed,$virtio"
		;;
	memif*)
		far_testpmd --vdev "net_memif0,role=server,id=0,socket=$sock,socket-abstract=no"
		near="--vdev net_memif0,role=client,id=0,socket=$sock,socket-abstract=no"
		[ "$1" = memif ] || near+=,zero-copy=yes
		;;
	esac
}

far_testpmd() {
	# shellcheck disable=SC2046
	dpdk-testpmd --lcores "0@$last_cpu,1@$last_cpu" $(memory_args 128) --single-file-segments \
		--file-prefix "sffar$$" --no-pci --no-telemetry "$@" -- \
		--total-num-mbufs=8192 --forward-mode=io --auto-start --port-topology=loop \
		--stats-period 100 </dev/null >"$work/far.log" 2>&1 &
	far=$!
	wait_for_line 'Port statistics' "$work/far.log"
}

far_stop() {
	[ -n "${far:-}" ] || return 0
	kill -INT "$far" 2>/dev/null
	wait "$far" 2>/dev/null || true
	far=
}

wait_for_line() {
	local i

	for i in $(seq 100); do
		grep -qs "$1" "$2" && return
		sleep 0.1
	done
	cat "$2" >&2
	return 1
}

# EAL options of near ends.
near_eal() {
	echo "--lcores 0@$first_cpu,1@$first_cpu $(memory_args 128) --single-file-segments" \
		"--iova-mode=va --file-prefix sfnear$$ --no-pci --no-telemetry $near"
}
