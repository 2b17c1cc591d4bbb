/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The short way: plain packets, a burst at a time.
 *
 * Mostly a packet is one descriptor that asks for nothing, and all that one Tx
 * queue sends ends up in one Rx queue.  Then what is the same for all is found
 * out once, and packets go in three steps: descriptors are checked and buffers
 * looked up, packets are copied, and completions written, all together.  The
 * driver on another processor waits for the first of these, so each that is
 * written by itself would cost a cache line on its way back and forth.
 *
 * A packet that is out of the ordinary ends the burst, with no trace.  The long
 * way, sf_txq.c and sf_rxq.c, finds out what it is.
 */

#include "sf_internal.h"

/* The Rx queue that gets everything this Tx queue sends, or NULL. */
struct sf_queue *
sf_burst_target(const struct sf_queue *q)
{
	struct sf_dev *to = q->dev->peer; /* none on a switch */

	if (to == NULL || !q->dev->r.link_up || to->r.rss_ctrl != 0 || to->r.rx_offload != 0 ||
			to->nb_flows != 0 || to->r.reta[0] >= to->nb_queues)
		return NULL;
	return &to->rxq[to->r.reta[0]];
}

/* What both ports let through, in one buffer. */
static uint32_t
longest(const struct sf_queue *q, const struct sf_queue *rxq)
{
	const uint32_t from = q->dev->r.mtu, to = rxq->dev->r.mtu;
	const uint32_t max = (from < to ? from : to) + SF_FRAME_OVERHEAD;

	return max < rxq->buf_size ? max : rxq->buf_size;
}

/*
 * Check up to nb descriptors, each of which is read once, and look their
 * buffers up; how many are plain.
 */
static uint32_t
burst_gather(struct sf_queue *q, uint32_t head, uint32_t nb, uint32_t max, struct sf_burst *b)
{
	const struct sf_tx_desc *ring = q->ring;
	uint32_t i;

	for (i = 0; i < nb; i++) {
		const uint64_t word = sf_load((const uint64_t *)&ring[head + i].len);
		const uint32_t len = (uint16_t)word;

		/* All that is behind the length in one comparison. */
		if (word >> 16 != SF_TX_DESC_EOP || len < SF_FRAME_MIN || len > max ||
				!sf_plat_buf_get(q->dev->plat, &q->hint,
					sf_load(&ring[head + i].addr), len, false, &b->from[i]))
			break;
		sf_plat_buf_prefetch(&b->from[i], false);
		b->len[i] = len;
	}
	return i;
}

/* A packet by way of our own memory: what is looked at is what arrives. */
static bool
packet_copy(struct sf_headers *hdrs, struct sf_plat_buf *from, struct sf_plat_buf *to,
		uint32_t len)
{
	if (sf_plat_buf_write(to, hdrs->data, hdrs->len) != 0)
		return false;
	if (len == hdrs->len)
		return true;
	sf_plat_buf_skip(from, hdrs->len);
	sf_plat_buf_skip(to, hdrs->len);
	return sf_plat_buf_copy(to, from, len - hdrs->len) == 0;
}

/* Copy up to nb packets, and note their completions; how many were taken. */
static uint32_t
burst_copy(struct sf_queue *rxq, uint32_t nb, struct sf_burst *b)
{
	const uint32_t room = sf_rxq_room(rxq, nb);
	const struct sf_rx_desc *ring = rxq->ring;
	struct sf_dev *dev = rxq->dev;
	uint32_t i, at = rxq->head;

	b->nb_cpls = 0;
	for (i = 0; i < nb; i++) {
		struct sf_headers *hdrs = &b->hdrs;
		const uint32_t len = b->len[i];
		struct sf_plat_buf to;
		uint64_t mac;

		hdrs->len = len < SF_TX_HDR_MAX ? len : SF_TX_HDR_MAX;
		if (sf_plat_buf_read(&b->from[i], hdrs->data, hdrs->len) != 0)
			break;
		mac = sf_mac_load(hdrs->data);
		if (!sf_filter_mac(dev, mac)) {
			dev->r.stats[SF_STAT_RX_FILTERED]++;
			continue;
		}
		if (b->nb_cpls == room || !sf_plat_buf_get(dev->plat, &rxq->hint,
					sf_load(&ring[at].addr), rxq->buf_size, true, &to) ||
				!packet_copy(hdrs, &b->from[i], &to, len))
			break;
		at = at + 1 == rxq->size ? 0 : at + 1;
		sf_headers_parse(hdrs);
		if ((mac & SF_MAC_GROUP) != 0)
			dev->r.stats[mac == SF_MAC_BROADCAST ? SF_STAT_RX_BROADCAST :
				SF_STAT_RX_MULTICAST]++;
		b->cpls[b->nb_cpls++] = (struct sf_rx_cpl) {
			.len = (uint16_t)len, .info = hdrs->ptype | SF_RX_CPL_EOP,
		};
	}
	return i;
}

static void
burst_count(struct sf_queue *q, struct sf_queue *rxq, uint32_t nb, const struct sf_burst *b)
{
	uint64_t *tx = q->dev->r.stats, *rx = rxq->dev->r.stats;
	uint64_t bytes = 0;
	uint32_t i;

	for (i = 0; i < nb; i++)
		bytes += b->len[i];
	tx[SF_STAT_TX_PACKETS] += nb;
	tx[SF_STAT_TX_BYTES] += bytes;
	q->packets += nb;
	q->bytes += bytes;
	for (i = 0, bytes = 0; i < b->nb_cpls; i++)
		bytes += b->cpls[i].len;
	rx[SF_STAT_RX_PACKETS] += b->nb_cpls;
	rx[SF_STAT_RX_BYTES] += bytes;
	rxq->packets += b->nb_cpls;
	rxq->bytes += bytes;
}

/* Descriptors used, from head on and not beyond the end of the ring. */
uint32_t
sf_burst_send(struct sf_queue *q, struct sf_queue *rxq, uint32_t head, uint32_t nb)
{
	struct sf_burst *b = &q->dev->wire->burst;

	if (!rxq->running)
		return 0;
	nb = burst_gather(q, head, nb, longest(q, rxq), b);
	nb = burst_copy(rxq, nb, b);
	if (nb == 0)
		return 0;
	sf_rxq_complete(rxq, b->cpls, b->nb_cpls);
	burst_count(q, rxq, nb, b);
	return nb;
}
