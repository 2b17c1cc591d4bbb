/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Gates, the primary's side: open for a queue that runs, closed before it is emptied.
 *
 * Gates are in a memzone that is never freed: a secondary may still have the port when
 * the primary has closed it.
 */

#include <errno.h>
#include <signal.h>
#include <stdio.h>

#include <rte_cycles.h>
#include <rte_memzone.h>

#include "sf_example.h"

/* A burst takes microseconds, more if the process is not scheduled. */
#define LEAVE_TIMEOUT_US	2000000
#define LEAVE_POLL_US		100

/* Not at once: a process of another PID namespace cannot be found, and leaves all the same. */
#define DEAD_AFTER_US		100000

struct sf_gates *
sf_gates_get(uint16_t port_id)
{
	char name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *mz;

	snprintf(name, sizeof(name), "sf_gates_%u", port_id);
	mz = rte_memzone_lookup(name);
	if (mz == NULL && rte_eal_process_type() == RTE_PROC_PRIMARY) {
		mz = rte_memzone_reserve_aligned(name, sizeof(struct sf_gates), SOCKET_ID_ANY, 0,
				RTE_CACHE_LINE_SIZE);
		if (mz != NULL)
			memset(mz->addr, 0, sizeof(struct sf_gates));
	}
	return mz != NULL ? mz->addr : NULL;
}

void
sf_gate_open(struct sf_gate *gate, void *queue)
{
	gate->opened++;
	__atomic_store_n(&gate->queue, queue, __ATOMIC_RELEASE);
}

/* Whether whoever was inside has left, or is dead. */
static bool
has_left(uint32_t *inside)
{
	unsigned int us, missing_us = 0;
	uint32_t pid;

	for (us = 0; us < LEAVE_TIMEOUT_US; us += LEAVE_POLL_US) {
		pid = __atomic_load_n(inside, __ATOMIC_ACQUIRE);
		if (pid == 0)
			return true;
		missing_us = kill(pid, 0) < 0 && errno == ESRCH ? missing_us + LEAVE_POLL_US : 0;
		if (missing_us >= DEAD_AFTER_US) {
			__atomic_store_n(inside, 0, __ATOMIC_RELAXED);
			return true;
		}
		rte_delay_us_sleep(LEAVE_POLL_US);
	}
	return false;
}

bool
sf_gate_close(struct sf_gate *gate)
{
	__atomic_store_n(&gate->queue, NULL, __ATOMIC_RELAXED);
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return has_left(&gate->user) && has_left(&gate->looker);
}
