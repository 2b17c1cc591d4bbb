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
#define LEAVE_TIMEOUT_MS	2000
#define LEAVE_POLL_US		100

/* Not at once: a process of another PID namespace cannot be found, and leaves all the same. */
#define DEAD_AFTER_MS		100

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
	rte_atomic_store_explicit(&gate->queue, queue, rte_memory_order_release);
}

bool
sf_process_has_died(uint32_t pid)
{
	return kill(pid, 0) < 0 && errno == ESRCH;
}

static uint64_t
cycles_in(unsigned int ms)
{
	return rte_get_timer_cycles() + ms * rte_get_timer_hz() / MS_PER_S;
}

struct sf_leave
sf_leave_begin(void)
{
	return (struct sf_leave) { .by = cycles_in(LEAVE_TIMEOUT_MS) };
}

/* Whether whoever was inside has left, or is dead. */
static bool
has_left(RTE_ATOMIC(uint32_t) *inside, struct sf_leave *leave)
{
	uint64_t dead_at = cycles_in(DEAD_AFTER_MS);
	uint32_t pid;

	while ((pid = rte_atomic_load_explicit(inside, rte_memory_order_acquire)) != 0) {
		if (!sf_process_has_died(pid)) {
			if (rte_get_timer_cycles() > leave->by)
				return false;
			dead_at = cycles_in(DEAD_AFTER_MS);
		} else if (pid == leave->dead || rte_get_timer_cycles() > dead_at) {
			leave->dead = pid;
			/* Another process may have taken the place by now. */
			rte_atomic_compare_exchange_strong_explicit(inside, &pid, 0,
				rte_memory_order_acquire, rte_memory_order_relaxed);
			continue;
		}
		rte_delay_us_sleep(LEAVE_POLL_US);
	}
	return true;
}

bool
sf_gate_close(struct sf_gate *gate, struct sf_leave *leave)
{
	rte_atomic_store_explicit(&gate->queue, NULL, rte_memory_order_relaxed);
	rte_atomic_thread_fence(rte_memory_order_seq_cst);
	return has_left(&gate->user, leave) && has_left(&gate->looker, leave);
}
