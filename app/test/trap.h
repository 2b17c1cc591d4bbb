/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef TRAP_H
#define TRAP_H

#include <stdbool.h>

#include <rte_common.h>

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

#endif /* TRAP_H */
