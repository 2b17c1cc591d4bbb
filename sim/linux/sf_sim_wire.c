// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * The thread that moves packets.  It polls while there is work, and shortly
 * after; then it sleeps until a register is accessed.
 */

#include <linux/kthread.h>
#include <linux/sched.h>

#include "sf_sim.h"

/* Polls before others may have the lock. */
#define POLLS_PER_TURN	16
/* How long to go on polling after the last work. */
#define LINGER_NS	(100 * NSEC_PER_USEC)

struct sf_sim_wire sf_sim_wire;

void sf_sim_wire_kick(void)
{
	/* Pairs with the barrier behind which wire_thread() looks. */
	smp_store_mb(sf_sim_wire.kicked, true);
	wake_up(&sf_sim_wire.wait);
}

static bool wire_kicked(struct sf_sim_wire *wire)
{
	return READ_ONCE(wire->kicked) || kthread_should_stop();
}

/* Let go of what VFIO takes away, and tell it. */
static void wire_serve_unmaps(struct sf_sim_wire *wire)
{
	struct sf_sim_unmap *unmap;

	for (;;) {
		spin_lock(&wire->unmaps_lock);
		unmap = list_first_entry_or_null(&wire->unmaps,
						 struct sf_sim_unmap, node);
		if (unmap)
			list_del(&unmap->node);
		spin_unlock(&wire->unmaps_lock);
		if (!unmap)
			return;
		sf_sim_dma_removed(unmap->vdev, unmap->iova, unmap->len);
		complete(&unmap->done);
	}
}

/* The lock is given up meanwhile. */
static void wire_wait(struct sf_sim_wire *wire, enum sf_rest how)
{
	mutex_unlock(&wire->lock);
	if (how == SF_REST_NAP)
		wait_event_interruptible_hrtimeout(wire->wait,
						   wire_kicked(wire),
						   ms_to_ktime(1));
	else if (how == SF_REST_SLEEP)
		wait_event_interruptible(wire->wait, wire_kicked(wire));
	else
		cond_resched();
	mutex_lock(&wire->lock);
}

static unsigned int wire_poll(struct sf_sim_wire *wire)
{
	unsigned int i, done = 0;

	for (i = 0; i < POLLS_PER_TURN; i++)
		done += sf_wire_poll(&wire->model);
	return done;
}

static void wire_doze(struct sf_sim_wire *wire)
{
	enum sf_rest how = sf_wire_doze(&wire->model);

	if (how == SF_REST_NONE)
		return;
	wire_wait(wire, how);
	sf_wire_wake(&wire->model);
}

static int wire_thread(void *data)
{
	struct sf_sim_wire *wire = data;
	u64 now, last_work = 0;
	unsigned int done;

	mutex_lock(&wire->lock);
	while (!kthread_should_stop()) {
		/* Look behind this: what is new from here on kicks again. */
		smp_store_mb(wire->kicked, false);
		wire_serve_unmaps(wire);
		done = sf_sim_reps_poll(&wire->model);
		if (!sf_wire_running(&wire->model)) {
			wire_wait(wire, SF_REST_SLEEP);
			continue;
		}
		now = ktime_get_ns();
		if (wire_poll(wire) + done)
			last_work = now;
		if (now - last_work > LINGER_NS)
			wire_doze(wire);
		else
			wire_wait(wire, SF_REST_NONE);
	}
	mutex_unlock(&wire->lock);
	return 0;
}

int sf_sim_wire_start(enum sf_wire_type type, int cpu)
{
	struct sf_sim_wire *wire = &sf_sim_wire;

	mutex_init(&wire->lock);
	init_waitqueue_head(&wire->wait);
	spin_lock_init(&wire->unmaps_lock);
	INIT_LIST_HEAD(&wire->unmaps);
	sf_wire_init(&wire->model, type, true);
	wire->thread = kthread_create(wire_thread, wire, "sf_sim");
	if (IS_ERR(wire->thread))
		return PTR_ERR(wire->thread);
	/* Woken by those who then wait for it, as hardware that is not busy. */
	set_user_nice(wire->thread, MIN_NICE);
	if (cpu >= 0)
		kthread_bind(wire->thread, cpu);
	wake_up_process(wire->thread);
	return 0;
}

void sf_sim_wire_stop(void)
{
	kthread_stop(sf_sim_wire.thread);
}
