/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_CALL_H
#define VFIO_CALL_H

/*
 * The time that a call of the API, or a memory event of EAL's, may take.
 *
 * A vfio-user server has one deadline for a whole call, however many messages
 * the call takes.  Each function that may send more than one is between
 * vfio_call_begin() and vfio_call_end().  They nest: the outermost of a thread
 * is the call.  Times are CLOCK_MONOTONIC, in nanoseconds, and a thread's own.
 *
 * A reset, and the end of a mapping, may have a server wait for transfers that are
 * under way.  A call with such a slow request in it may take several times as long.
 */

#include <stdbool.h>
#include <stdint.h>

#define NS_PER_MS UINT64_C(1000000)

/* The deadline of a call that may take for ever. */
#define VFIO_NO_DEADLINE UINT64_MAX

void vfio_call_begin(void);
void vfio_call_end(void);

uint64_t vfio_call_now(void);

/*
 * When the call that this thread is in is to end, if its next request is slow or
 * not; timeout_ms 0: never.
 */
uint64_t vfio_call_deadline(uint32_t timeout_ms, bool slow);

/* The milliseconds of a call, as its deadline counts them. */
uint64_t vfio_call_limit_ms(uint32_t timeout_ms, bool slow);

/* Put the end of this thread's call off, as it had to wait for another thread's. */
void vfio_call_put_off(uint64_t ns);

#endif /* VFIO_CALL_H */
