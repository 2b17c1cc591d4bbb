/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef TRAP_H
#define TRAP_H

#include <stdbool.h>

#include <rte_common.h>
#include <rte_mempool.h>

#ifdef RTE_ARCH_X86_64
#define HAVE_TRAP 1
#else
#define HAVE_TRAP 0
#endif

/** Whether this thread gets a SIGTRAP after each instruction from here on. */
static __rte_always_inline void
trap(bool on)
{
	/* The 128 bytes below the stack pointer, the red zone, may hold the caller's variables. */
#if HAVE_TRAP
	if (on)
		asm volatile("lea -128(%%rsp), %%rsp; pushfq; orq $0x100, (%%rsp); popfq; "
			"lea 128(%%rsp), %%rsp" ::: "memory", "cc");
	else
		asm volatile("lea -128(%%rsp), %%rsp; pushfq; andq $~0x100, (%%rsp); popfq; "
			"lea 128(%%rsp), %%rsp" ::: "memory", "cc");
#else
	RTE_SET_USED(on);
#endif
}

/**
 * Take note from here on of when a thread is in the pool's own functions, so that a handler of
 * SIGTRAP can take each of them for one instruction: a process that is killed within them
 * leaves a ring's lock taken, which is the mempool's matter.
 */
void trap_watch_pool(const struct rte_mempool *mp);
/** No more. */
void trap_leave_pool(const struct rte_mempool *mp);
/** Whether this thread is in one of them. */
bool trap_is_in_pool(void);

#endif /* TRAP_H */
