/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_trace_point_register.h>

#include "vfio_trace.h"

RTE_TRACE_POINT_REGISTER(vfio_trace_map_region, common.vfio.map_region)

RTE_TRACE_POINT_REGISTER(vfio_trace_map_dma, common.vfio.map_dma)
