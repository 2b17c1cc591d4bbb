/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef AUXILIARY_TRACE_H
#define AUXILIARY_TRACE_H

/* Trace points, "bus.auxiliary.*": what the bus did, and with what result. */

#include <rte_trace_point.h>

RTE_TRACE_POINT(
	auxiliary_trace_scan,
	RTE_TRACE_POINT_ARGS(uint32_t nb_devices, int result),
	rte_trace_point_emit_u32(nb_devices);
	rte_trace_point_emit_int(result);
)

RTE_TRACE_POINT(
	auxiliary_trace_probe,
	RTE_TRACE_POINT_ARGS(const char *device, const char *driver, int result),
	rte_trace_point_emit_string(device);
	rte_trace_point_emit_string(driver);
	rte_trace_point_emit_int(result);
)

RTE_TRACE_POINT(
	auxiliary_trace_map,
	RTE_TRACE_POINT_ARGS(const char *device, uint64_t iova, size_t len, int result),
	rte_trace_point_emit_string(device);
	rte_trace_point_emit_u64(iova);
	rte_trace_point_emit_size_t(len);
	rte_trace_point_emit_int(result);
)

RTE_TRACE_POINT(
	auxiliary_trace_unplug,
	RTE_TRACE_POINT_ARGS(const char *device, int result),
	rte_trace_point_emit_string(device);
	rte_trace_point_emit_int(result);
)

#endif /* AUXILIARY_TRACE_H */
