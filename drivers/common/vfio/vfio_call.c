/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <time.h>

#include <rte_time.h>

#include "rte_vfio_dev.h"
#include "vfio_call.h"

static __thread struct {
	unsigned int depth; /* of vfio_call_begin() without its vfio_call_end() */
	uint64_t start; /* of the outermost, while depth is not 0 */
	bool slow; /* a slow request is, or was, in it; likewise */
} call;

uint64_t
vfio_call_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return rte_timespec_to_ns(&now);
}

void
vfio_call_begin(void)
{
	if (call.depth++ != 0)
		return;
	call.start = vfio_call_now();
	call.slow = false;
}

void
vfio_call_end(void)
{
	call.depth--;
}

uint64_t
vfio_call_limit_ms(uint32_t timeout_ms, bool slow)
{
	slow |= call.depth != 0 && call.slow;
	return (uint64_t)timeout_ms * (slow ? RTE_VFIO_DEV_SLOW_FACTOR : 1);
}

uint64_t
vfio_call_deadline(uint32_t timeout_ms, bool slow)
{
	if (timeout_ms == 0)
		return VFIO_NO_DEADLINE;
	if (call.depth != 0)
		call.slow |= slow;
	return (call.depth == 0 ? vfio_call_now() : call.start) +
		vfio_call_limit_ms(timeout_ms, slow) * NS_PER_MS;
}

void
vfio_call_put_off(uint64_t ns)
{
	call.start += ns;
}
