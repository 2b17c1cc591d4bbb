/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Reception: from the wire into a driver's buffers.
 */

#include "sf_internal.h"

/* Is the station asked for here? */
static bool
rx_wanted(const struct sf_dev *dev, uint64_t mac)
{
	if (dev->r.rx_mode & SF_RX_MODE_PROMISC)
		return true;
	if (mac & SF_MAC_GROUP)
		return mac == SF_MAC_BROADCAST || (dev->r.rx_mode & SF_RX_MODE_ALLMULTI) != 0;
	return mac == dev->r.mac;
}

/* A queue with a descriptor, or NULL. */
static bool
rxq_has_desc(struct sf_queue *q)
{
	if (q->head != q->tail)
		return true;
	q->tail = sf_load_acquire(q->db);
	if (q->tail >= q->size) {
		sf_queue_halt(q, SF_ERR_DOORBELL, q->tail);
		return false;
	}
	return q->head != q->tail;
}

static enum sf_verdict
rx_drop(struct sf_dev *dev, struct sf_queue *q, unsigned int stat)
{
	dev->r.stats[stat]++;
	if (q != NULL)
		q->drops++;
	return SF_SENT;
}

/* The second half of a completion goes out in one store, behind all the rest. */
static void
rxq_complete(struct sf_queue *q, const struct sf_headers *hdrs, uint32_t len,
		uint32_t hash, bool hashed)
{
	struct sf_rx_cpl *cpl = (struct sf_rx_cpl *)q->cpl + q->head;
	struct {
		uint16_t len, ptype, flags, gen;
	} half = {
		(uint16_t)len, hdrs->ptype, hashed ? SF_RX_CPL_HASH : 0, q->gen,
	};
	uint64_t first = hash | (uint64_t)q->head << 32, second;

	memcpy(&second, &half, sizeof(second));
	sf_store((uint64_t *)cpl, first);
	sf_store_release((uint64_t *)&cpl->len, second);
	if (++q->head == q->size) {
		q->head = 0;
		q->gen ^= 1;
	}
	q->packets++;
	q->bytes += len;
}

static void
rx_count(struct sf_dev *dev, uint64_t mac, uint32_t len)
{
	dev->r.stats[SF_STAT_RX_PACKETS]++;
	dev->r.stats[SF_STAT_RX_BYTES] += len;
	if (mac == SF_MAC_BROADCAST)
		dev->r.stats[SF_STAT_RX_BROADCAST]++;
	else if (mac & SF_MAC_GROUP)
		dev->r.stats[SF_STAT_RX_MULTICAST]++;
}

static enum sf_verdict
rxq_receive(struct sf_queue *q, const struct sf_frame *frame,
		const struct sf_headers *hdrs, uint32_t hash, bool hashed)
{
	const struct sf_rx_desc *ring = q->ring;
	struct sf_plat_buf to;
	uint64_t addr;

	addr = sf_load(&ring[q->head].addr);
	if (!sf_plat_buf_get(q->dev->plat, &q->hint, addr, q->buf_size, true, &to)) {
		sf_queue_halt(q, SF_ERR_DESC_DMA, addr);
		return rx_drop(q->dev, q, SF_STAT_RX_NO_DESC);
	}
	if (sf_plat_buf_copy(&to, &frame->buf, frame->len) != 0)
		return rx_drop(q->dev, q, SF_STAT_RX_NO_DESC);
	rxq_complete(q, hdrs, frame->len, hash, hashed);
	rx_count(q->dev, sf_mac_load(hdrs->data), frame->len);
	return SF_SENT;
}

/* What the port does with a packet that has arrived. */
enum sf_verdict
sf_dev_receive(struct sf_dev *dev, const struct sf_frame *frame, const struct sf_headers *hdrs)
{
	uint32_t hash = 0;
	struct sf_queue *q;
	unsigned int index;
	bool hashed;

	if (!rx_wanted(dev, sf_mac_load(hdrs->data)))
		return rx_drop(dev, NULL, SF_STAT_RX_FILTERED);
	hashed = sf_rss_hash(dev, hdrs, &hash);
	index = dev->r.reta[hashed ? hash % SF_RETA_SIZE : 0];
	q = index < dev->nb_queues ? &dev->rxq[index] : NULL;
	if (q == NULL || !q->running)
		return rx_drop(dev, q, SF_STAT_RX_NO_DESC);
	if (frame->len > q->buf_size || frame->len > dev->r.mtu + SF_FRAME_OVERHEAD)
		return rx_drop(dev, q, SF_STAT_RX_TOO_LONG);
	if (!rxq_has_desc(q)) {
		if (q->running && (dev->r.flow_ctrl & SF_FLOW_CTRL_PAUSE))
			return SF_HELD;
		return rx_drop(dev, q, SF_STAT_RX_NO_DESC);
	}
	return rxq_receive(q, frame, hdrs, hash, hashed);
}

/* Raise the interrupt that the driver has armed, once what it waits for is there. */
unsigned int
sf_rxq_poll_arm(struct sf_queue *q)
{
	uint32_t arm = sf_load_acquire(q->db_arm);
	uint16_t sequence = (uint16_t)(arm >> 16);

	if (sequence == 0 || sequence == q->arm_done || (arm & 0xffff) == q->head)
		return 0;
	q->arm_done = sequence;
	sf_plat_irq(q->dev->plat, SF_VEC_RXQ(q->index));
	return 1;
}
