/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What joins devices, and the loop that serves them.
 */

#include "sf_internal.h"

void
sf_wire_init(struct sf_wire *wire, enum sf_wire_type type, bool may_sleep)
{
	memset(wire, 0, sizeof(*wire));
	wire->type = type;
	wire->may_sleep = may_sleep;
}

/* The device without a peer that an index is in a pair with, else any; NULL: none. */
static struct sf_dev *
peer_find(const struct sf_wire *wire, uint32_t index)
{
	struct sf_dev *dev, *any = NULL;

	for (dev = wire->devs; dev != NULL; dev = dev->next) {
		if (dev->peer != NULL)
			continue;
		if (dev->index == (index ^ 1))
			return dev;
		any = dev;
	}
	return any;
}

void
sf_wire_join(struct sf_wire *wire, struct sf_dev *dev)
{
	if (wire->type == SF_WIRE_LOOP) {
		dev->peer = dev;
	} else if (wire->type == SF_WIRE_PAIR) {
		dev->peer = peer_find(wire, dev->index);
		if (dev->peer != NULL)
			dev->peer->peer = dev;
	}
	dev->wire = wire;
	dev->next = wire->devs;
	wire->devs = dev;
}

void
sf_wire_leave(struct sf_dev *dev)
{
	struct sf_wire *wire = dev->wire;
	struct sf_dev **link;

	for (link = &wire->devs; *link != NULL; link = &(*link)->next) {
		if (*link == dev) {
			*link = dev->next;
			break;
		}
	}
	if (wire->type == SF_WIRE_PAIR && dev->peer != NULL) {
		dev->peer->peer = NULL;
		sf_dev_update_link(dev->peer);
	}
	dev->peer = NULL;
	wire->stale = true;
}

enum sf_verdict
sf_wire_send(struct sf_dev *from, const struct sf_frame *frame)
{
	if (!from->r.link_up)
		return SF_NO_LINK;
	if (from->wire->type == SF_WIRE_SWITCH)
		return sf_switch_forward(from->wire, (struct sf_station) { .dev = from }, frame);
	return sf_dev_receive(from->peer, frame);
}

/* Lists of running queues, so that polling costs nothing for the others. */
static void
lists_rebuild(struct sf_wire *wire)
{
	struct sf_dev *dev;
	unsigned int q;

	wire->txqs = NULL;
	wire->rxqs = NULL;
	wire->stale = false;
	for (dev = wire->devs; dev != NULL; dev = dev->next) {
		for (q = 0; q < dev->nb_queues; q++) {
			if (dev->txq[q].running) {
				dev->txq[q].next = wire->txqs;
				wire->txqs = &dev->txq[q];
			}
			if (dev->rxq[q].running) {
				dev->rxq[q].next = wire->rxqs;
				wire->rxqs = &dev->rxq[q];
			}
		}
	}
}

unsigned int
sf_wire_poll(struct sf_wire *wire)
{
	unsigned int done = 0, held = 0;
	struct sf_queue *q;

	if (wire->stale)
		lists_rebuild(wire);
	/* A queue that halts here stays linked until the lists are rebuilt. */
	for (q = wire->txqs; q != NULL; q = q->next) {
		if (!q->running)
			continue;
		if (q->next != NULL && q->next->running)
			sf_txq_prefetch(q->next);
		done += sf_txq_poll(q);
		held += q->held;
	}
	for (q = wire->rxqs; q != NULL; q = q->next)
		if (q->running)
			done += sf_rxq_poll_arm(q);
	wire->nb_held = held;
	return done;
}

uint32_t
sf_wire_running(struct sf_wire *wire)
{
	return wire->nb_running;
}

static void
set_sleeping(struct sf_wire *wire, uint32_t sleeping)
{
	struct sf_queue *q;

	if (wire->stale)
		lists_rebuild(wire);
	for (q = wire->txqs; q != NULL; q = q->next)
		if (q->running)
			sf_txq_set_sleeping(q, sleeping);
}

enum sf_rest
sf_wire_doze(struct sf_wire *wire)
{
	enum sf_rest rest = wire->may_sleep ? SF_REST_SLEEP : SF_REST_NAP;
	struct sf_queue *q;

	set_sleeping(wire, 1);
	sf_mb();
	if (sf_wire_poll(wire) != 0) {
		set_sleeping(wire, 0);
		return SF_REST_NONE;
	}
	/* A held sender waits for a doorbell that wakes nobody. */
	if (wire->nb_held != 0)
		rest = SF_REST_NAP;
	for (q = wire->txqs; q != NULL; q = q->next)
		if (q->running && (q->dev->r.drv_features & SF_F_WAKE) == 0)
			rest = SF_REST_NAP;
	return rest;
}

void
sf_wire_wake(struct sf_wire *wire)
{
	set_sleeping(wire, 0);
}
