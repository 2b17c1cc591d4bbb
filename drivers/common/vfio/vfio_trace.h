/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_TRACE_H
#define VFIO_TRACE_H

/* Trace points, "common.vfio.*": what was mapped, and with what result. */

#include <rte_trace_point.h>

RTE_TRACE_POINT(
	vfio_trace_map_region,
	RTE_TRACE_POINT_ARGS(const char *device, uint32_t index, uint64_t size,
		uint32_t nb_areas, int result),
	rte_trace_point_emit_string(device);
	rte_trace_point_emit_u32(index);
	rte_trace_point_emit_u64(size);
	rte_trace_point_emit_u32(nb_areas);
	rte_trace_point_emit_int(result);
)

RTE_TRACE_POINT(
	vfio_trace_map_dma,
	RTE_TRACE_POINT_ARGS(const char *domain, const void *addr, uint64_t iova,
		uint64_t len, int result),
	rte_trace_point_emit_string(domain);
	rte_trace_point_emit_ptr(addr);
	rte_trace_point_emit_u64(iova);
	rte_trace_point_emit_u64(len);
	rte_trace_point_emit_int(result);
)

#endif /* VFIO_TRACE_H */
