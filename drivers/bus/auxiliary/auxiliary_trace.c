/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_trace_point_register.h>

#include "auxiliary_trace.h"

RTE_TRACE_POINT_REGISTER(auxiliary_trace_scan, bus.auxiliary.scan)
RTE_TRACE_POINT_REGISTER(auxiliary_trace_probe, bus.auxiliary.probe)
RTE_TRACE_POINT_REGISTER(auxiliary_trace_map, bus.auxiliary.map)
RTE_TRACE_POINT_REGISTER(auxiliary_trace_unplug, bus.auxiliary.unplug)
