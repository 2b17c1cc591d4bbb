/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Reception: from the wire into a driver's buffers.
 */

#include "sf_internal.h"

#define MACS_LEN 12
#define VLAN_TAG_LEN 4

/* What the device has found out about a packet. */
struct rx_packet {
	const struct sf_frame *frame;
	uint32_t len; /* as delivered */
	uint32_t hash;
	uint16_t info;
	uint16_t vlan_tci;
	uint16_t mark;
	struct sf_flow *flow;
};

static enum sf_verdict
rx_drop(struct sf_dev *dev, struct sf_queue *q, unsigned int stat)
{
	dev->r.stats[stat]++;
	if (q != NULL)
		q->drops++;
	return SF_SENT;
}

/* --- Where to --------------------------------------------------------------- */

/* By flow rule, else by hash.  NULL: nowhere. */
static struct sf_queue *
rx_steer(struct sf_dev *dev, struct rx_packet *pkt)
{
	const bool hashed = dev->r.rss_ctrl != 0 &&
		sf_rss_hash(dev, &pkt->frame->hdrs, &pkt->hash);
	const struct sf_flow_rule *rule = NULL;
	unsigned int index;

	if (hashed)
		pkt->info |= SF_RX_CPL_HASH;
	index = dev->r.reta[pkt->hash % SF_RETA_SIZE];
	if (pkt->flow != NULL) {
		rule = &pkt->flow->rule;
		if (rule->flags & SF_FLOW_F_MARK) {
			pkt->info |= SF_RX_CPL_MARK;
			pkt->mark = rule->mark;
		}
		if (rule->action == SF_FLOW_QUEUE)
			index = rule->queue;
		else if (rule->action == SF_FLOW_RSS)
			index = rule->queue + pkt->hash % rule->nb_queues;
	}
	return index < dev->nb_queues ? &dev->rxq[index] : NULL;
}

/* --- Into the ring ------------------------------------------------------------ */

static uint32_t
ring_used(const struct sf_queue *q)
{
	return q->tail >= q->head ? q->tail - q->head : q->tail + q->size - q->head;
}

/*
 * How many descriptors are there; the doorbell is only looked at if it is fewer
 * than that, and the queue may halt over what it says.
 */
uint32_t
sf_rxq_room(struct sf_queue *q, uint32_t nb)
{
	uint32_t tail;

	if (ring_used(q) >= nb)
		return ring_used(q);
	tail = sf_load_acquire(q->db);
	if (tail >= q->size) {
		sf_queue_halt(q, SF_ERR_DOORBELL, tail);
		return 0;
	}
	sf_queue_pull(q, tail);
	return ring_used(q);
}

/*
 * Write completions, whose index and generation are 0 and filled in here.  The
 * second half of one goes out in one store, behind all the rest.
 */
void
sf_rxq_complete(struct sf_queue *q, const struct sf_rx_cpl *cpls, uint32_t nb)
{
	uint64_t words[2], *ring = q->cpl;
	uint32_t i;

	for (i = 0; i < nb; i++) {
		uint64_t *cpl = &ring[2 * q->head];

		memcpy(words, &cpls[i], sizeof(words));
		sf_store(&cpl[0], words[0] | (uint64_t)q->head << 32);
		sf_store_release(&cpl[1], words[1] | (uint64_t)q->gen << 48);
		sf_plat_ring_push(q->dev->plat, cpl, sizeof(words));
		if (++q->head == q->size) {
			q->head = 0;
			q->gen ^= 1;
		}
	}
}

/* SF_ERR_NONE, or why the queue must halt. */
static uint8_t
rxq_fill(struct sf_queue *q, struct sf_cursor *at, uint32_t len, uint64_t *addr)
{
	const struct sf_rx_desc *ring = q->ring;
	struct sf_plat_buf to;

	*addr = sf_load(&ring[q->head].addr);
	if (!sf_plat_buf_get(q->dev->plat, &q->hint, *addr, q->buf_size, true, &to) ||
			sf_frame_copy(at, &to, len) != 0)
		return SF_ERR_DESC_DMA;
	return SF_ERR_NONE;
}

static enum sf_verdict
rxq_receive(struct sf_queue *q, const struct rx_packet *pkt)
{
	struct sf_rx_cpl cpl = {
		.hash = pkt->hash, .vlan_tci = pkt->vlan_tci, .mark = pkt->mark, .info = pkt->info,
	};
	uint32_t left = pkt->len, len;
	struct sf_cursor at;
	uint64_t addr;
	uint8_t code;

	sf_frame_start(&at, pkt->frame);
	if (pkt->info & SF_RX_CPL_VLAN)
		at.hole = MACS_LEN;
	do {
		len = left < q->buf_size ? left : q->buf_size;
		code = rxq_fill(q, &at, len, &addr);
		if (code != SF_ERR_NONE) {
			sf_queue_halt(q, code, addr);
			return rx_drop(q->dev, q, SF_STAT_RX_NO_DESC);
		}
		left -= len;
		cpl.len = (uint16_t)len;
		if (left == 0)
			cpl.info |= SF_RX_CPL_EOP;
		sf_rxq_complete(q, &cpl, 1);
	} while (left != 0);
	q->packets++;
	q->bytes += pkt->len;
	return SF_SENT;
}

static void
rx_count(struct sf_dev *dev, const struct rx_packet *pkt)
{
	const uint64_t mac = sf_mac_load(pkt->frame->hdrs.data);

	dev->r.stats[SF_STAT_RX_PACKETS]++;
	dev->r.stats[SF_STAT_RX_BYTES] += pkt->len;
	if (mac == SF_MAC_BROADCAST)
		dev->r.stats[SF_STAT_RX_BROADCAST]++;
	else if (mac & SF_MAC_GROUP)
		dev->r.stats[SF_STAT_RX_MULTICAST]++;
	if (pkt->info & (SF_RX_CPL_L3_BAD | SF_RX_CPL_L4_BAD))
		dev->r.stats[SF_STAT_RX_BAD_CSUM]++;
}

/* --- From the wire --------------------------------------------------------------- */

static void
rx_strip(struct rx_packet *pkt)
{
	pkt->info |= SF_RX_CPL_VLAN;
	pkt->vlan_tci = pkt->frame->hdrs.vlan_tci;
	pkt->len -= VLAN_TAG_LEN;
}

/* Whether the queue can ever take a packet of this length, and in how many buffers. */
static bool
rxq_fits(const struct sf_queue *q, uint32_t len, uint32_t *nb)
{
	*nb = (len + q->buf_size - 1) / q->buf_size;
	return *nb == 1 || (q->scatter && *nb < q->size);
}

/*
 * Whether a queue without room holds the sender.  One that has held senders for this
 * long, without a packet taken, is taken for one that nobody polls, as network cards do
 * it: it drops packets until it takes one again.  A sender that is held tries again and
 * again; in a time without a try the queue held nobody.
 */
static bool
rxq_holds(struct sf_queue *q)
{
	const uint64_t now = sf_plat_now_ns();
	const bool away = now - q->hold_last >= SF_STALL_NS;

	q->hold_last = now;
	if (q->hold_start == 0 || q->hold_packets != q->packets || away) {
		q->stalled = false;
		q->hold_start = now;
		q->hold_packets = q->packets;
	} else if (!q->stalled && now - q->hold_start >= SF_STALL_NS) {
		q->stalled = true;
		sf_plat_log(q->dev->plat, "Rx queue %u takes nothing: it no longer holds the sender, and drops packets until it does",
			q->index);
	}
	return !q->stalled;
}

/* What the port does with a packet that has arrived. */
enum sf_verdict
sf_dev_receive(struct sf_dev *dev, const struct sf_frame *frame)
{
	struct rx_packet pkt = {
		.frame = frame, .len = frame->len, .info = frame->hdrs.ptype,
	};
	struct sf_queue *q;
	uint32_t nb;

	if (!sf_filter_mac(dev, sf_mac_load(frame->hdrs.data)))
		return rx_drop(dev, NULL, SF_STAT_RX_FILTERED);
	if ((dev->r.rx_offload & SF_RX_OFFLOAD_FILTER) && !sf_filter_vlan(dev, &frame->hdrs))
		return rx_drop(dev, NULL, SF_STAT_RX_VLAN);
	if (dev->nb_flows != 0)
		pkt.flow = sf_flow_find(dev, frame);
	if (pkt.flow != NULL && pkt.flow->rule.action == SF_FLOW_DROP) {
		sf_flow_count(pkt.flow, frame);
		return rx_drop(dev, NULL, SF_STAT_RX_FLOW);
	}
	q = rx_steer(dev, &pkt);
	if (q == NULL || !q->running)
		return rx_drop(dev, q, SF_STAT_RX_NO_DESC);
	if ((dev->r.rx_offload & SF_RX_OFFLOAD_STRIP) && frame->hdrs.tagged)
		rx_strip(&pkt);
	if (frame->len > dev->r.mtu + SF_FRAME_OVERHEAD || !rxq_fits(q, pkt.len, &nb))
		return rx_drop(dev, q, SF_STAT_RX_TOO_LONG);
	if (sf_rxq_room(q, nb) < nb) {
		if (q->running && (dev->r.flow_ctrl & SF_FLOW_CTRL_PAUSE) && rxq_holds(q))
			return SF_HELD;
		return rx_drop(dev, q, SF_STAT_RX_NO_DESC);
	}
	if (pkt.flow != NULL)
		sf_flow_count(pkt.flow, frame);
	if (dev->r.rx_offload & SF_RX_OFFLOAD_CSUM)
		pkt.info |= sf_rxo_csum(frame);
	if (rxq_receive(q, &pkt) == SF_SENT && q->running)
		rx_count(dev, &pkt);
	return SF_SENT;
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
