# SPDX-License-Identifier: BSD-3-Clause
# Copyright (c) 2026 The auxiliary-bus driver authors
# shellcheck shell=bash disable=SC2034,SC2154 # shared with bench.sh
#
#     Opening a PCI device with 1,024 to 4,096 pages of memory to map for its DMA,
#     by common/vfio through its group and through its character device, and by
#     EAL's own VFIO code: pages that lie apart, so that each is a mapping, and pages
#     in a row, as with IOVA as VA. Microseconds for each page, without what an open takes
#     that has none of them to map; and how much of that is the kernel's, in the
#     requests that map the pages. In an emulated machine whose clock counts
#     instructions, 2 ns each, so that other work on the host does not show.

# From lines of "pages subject unit number" of a round, what a page takes.
dma_per_page() {
	awk '$1 == 0 { none[$2, $3] = $4; next }
		{ printf "%s %s %s %.3f\n", $1, $2, $3, ($4 - none[$2, $3]) / $1 }'
}

# The slowest size to the fastest, by subject: 1 is linear.
dma_spread() {
	awk '$3 != "us/page" { next }
		{ if (!($2 in min) || $4 < min[$2]) min[$2] = $4
			if ($4 > max[$2]) max[$2] = $4 }
		END { for (who in min)
			printf "%s, per page, slowest to fastest size: %.2f\n", who, max[who] / min[who] }' \
		"$results" | sort -r
}

bench_run() {
	rounds=${rounds:-6} # one in each order, see app/bench/bench_dma.c
	"$top/devtools/vm.sh" --icount --time 600 --device edu -- \
		"$top/devtools/bench/lib/dma_guest.py" "$rounds" >"$work/raw"
	dma_per_page <"$work/raw" | percentiles_by_case | sort -k1,1n -k2,2r >"$results"
	plot_title="mapping memory when a device is opened"
	plot_xlabel="pages"
	plot_settings="set yrange [0:*]"
	dma_spread
	echo "$plot_title, $rounds rounds, 2 ns for each instruction"
}
