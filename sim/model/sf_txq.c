/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Transmission: from a driver's ring onto the wire.
 */

#include "sf_internal.h"

/* Frames sent before other queues have their turn. */
#define TX_BUDGET 64
#define CACHE_LINE 64

#define TX_HEADERS (SF_TX_DESC_L3 | SF_TX_DESC_TCP | SF_TX_DESC_UDP | SF_TX_DESC_TSO)

static uint32_t
ring_next(const struct sf_queue *q, uint32_t at)
{
	return at + 1 == q->size ? 0 : at + 1;
}

/* Read once: the driver may change it behind our back. */
static struct sf_tx_desc
ring_read(const struct sf_queue *q, uint32_t at)
{
	return ((const volatile struct sf_tx_desc *)q->ring)[at];
}

/* Flags that a driver may use, going by the features it has accepted. */
static uint16_t
allowed_flags(uint32_t features)
{
	uint16_t flags = SF_TX_DESC_EOP;

	if (features & SF_F_CSUM)
		flags |= SF_TX_DESC_L3 | SF_TX_DESC_TCP | SF_TX_DESC_UDP;
	if (features & SF_F_VLAN)
		flags |= SF_TX_DESC_VLAN;
	if (features & SF_F_TSO)
		flags |= SF_TX_DESC_TSO;
	return flags;
}

/* The first descriptor of a packet says what is to be done with it. */
static uint8_t
first_desc(const struct sf_queue *q, const struct sf_tx_desc *desc, struct sf_tx_packet *pkt)
{
	const uint16_t flags = desc->flags;

	if ((flags & ~allowed_flags(q->dev->r.drv_features)) != 0 ||
			(flags & (SF_TX_DESC_TCP | SF_TX_DESC_UDP)) ==
				(SF_TX_DESC_TCP | SF_TX_DESC_UDP) ||
			(desc->vlan_tci != 0 && (flags & SF_TX_DESC_VLAN) == 0) ||
			(desc->hdr != 0 && (flags & TX_HEADERS) == 0))
		return SF_ERR_DESC_FLAGS;
	if (((flags & SF_TX_DESC_TSO) != 0) != pkt->has_ctx)
		return SF_ERR_DESC_CHAIN;
	pkt->flags = flags & (uint16_t)~SF_TX_DESC_EOP;
	pkt->vlan_tci = desc->vlan_tci;
	pkt->l2 = SF_TX_HDR_L2(desc->hdr);
	pkt->l3 = SF_TX_HDR_L3(desc->hdr);
	pkt->l4 = SF_TX_HDR_L4(desc->hdr);
	return SF_ERR_NONE;
}

static uint8_t
context_desc(const struct sf_queue *q, const struct sf_tx_desc *desc, struct sf_tx_packet *pkt)
{
	struct sf_tx_ctx ctx;

	memcpy(&ctx, desc, sizeof(ctx));
	if ((q->dev->r.drv_features & SF_F_TSO) == 0 || ctx.flags != SF_TX_DESC_CTX ||
			ctx.reserved0 != 0 || ctx.reserved1 != 0)
		return SF_ERR_DESC_FLAGS;
	pkt->has_ctx = true;
	pkt->mss = ctx.mss;
	return SF_ERR_NONE;
}

/* Look a segment's buffer up, and add it to the frame. */
static uint8_t
add_segment(struct sf_queue *q, const struct sf_tx_desc *desc, struct sf_tx_packet *pkt,
		struct sf_frame *frame)
{
	struct sf_seg *seg = &frame->segs[frame->nb_segs];

	if (frame->nb_segs == SF_TX_SEGS_MAX)
		return SF_ERR_DESC_CHAIN;
	pkt->len += desc->len;
	if (desc->len == 0 || pkt->len > SF_TSO_MAX)
		return SF_ERR_DESC_LEN;
	if (!sf_plat_buf_get(q->dev->plat, &q->hint, desc->addr, desc->len, false, &seg->buf))
		return SF_ERR_DESC_DMA;
	seg->len = desc->len;
	frame->nb_segs++;
	return SF_ERR_NONE;
}

static uint8_t
packet_check(const struct sf_tx_packet *pkt)
{
	if (pkt->len < SF_FRAME_MIN ||
			((pkt->flags & SF_TX_DESC_TSO) == 0 && pkt->len > SF_MAX_FRAME))
		return SF_ERR_DESC_LEN;
	return (pkt->flags & TX_HEADERS) == 0 ? SF_ERR_NONE : sf_txo_check(pkt);
}

/*
 * Gather the descriptors of the packet at *at, which is moved behind it.  On
 * error, *value is for the log.
 */
static uint8_t
packet_gather(struct sf_queue *q, uint32_t *at, uint32_t tail, struct sf_tx_packet *pkt,
		struct sf_frame *frame, uint64_t *value)
{
	struct sf_tx_desc desc = ring_read(q, *at);
	uint8_t code;

	pkt->len = 0;
	pkt->mss = 0;
	pkt->has_ctx = false;
	frame->nb_segs = 0;
	*value = desc.addr;
	if ((desc.flags & SF_TX_DESC_CTX) != 0) {
		code = context_desc(q, &desc, pkt);
		if (code != SF_ERR_NONE)
			return code;
		*at = ring_next(q, *at);
		if (*at == tail)
			return SF_ERR_DESC_FLAGS;
		desc = ring_read(q, *at);
	}
	code = first_desc(q, &desc, pkt);
	while (code == SF_ERR_NONE) {
		*value = desc.addr;
		code = add_segment(q, &desc, pkt, frame);
		*at = ring_next(q, *at);
		if (code != SF_ERR_NONE || (desc.flags & SF_TX_DESC_EOP) != 0)
			break;
		if (*at == tail || (q->dev->r.drv_features & SF_F_SEGS) == 0)
			return SF_ERR_DESC_FLAGS;
		desc = ring_read(q, *at);
		if ((desc.flags & ~SF_TX_DESC_EOP) != 0 || desc.vlan_tci != 0 || desc.hdr != 0)
			return SF_ERR_DESC_FLAGS;
	}
	return code != SF_ERR_NONE ? code : packet_check(pkt);
}

/* The headers, into our own memory: what is looked at is what gets sent. */
static int
read_headers(const struct sf_tx_packet *pkt, struct sf_frame *frame)
{
	const uint32_t len = pkt->len < SF_TX_HDR_MAX ? pkt->len : SF_TX_HDR_MAX;
	struct sf_cursor at;
	int ret;

	frame->len = pkt->len;
	frame->first = 0;
	if (len <= frame->segs[0].len) { /* as it mostly is */
		frame->hdrs.len = len;
		frame->first_done = len;
		return sf_plat_buf_read(&frame->segs[0].buf, frame->hdrs.data, len);
	}
	frame->hdrs.len = 0;
	frame->first_done = 0;
	sf_frame_start(&at, frame);
	ret = sf_frame_read(&at, frame->hdrs.data, len);
	frame->hdrs.len = len;
	frame->first = at.seg;
	frame->first_done = at.seg_done;
	return ret;
}

static void
tx_drop(struct sf_queue *q, unsigned int stat)
{
	q->dev->r.stats[stat]++;
	q->drops++;
}

/* False if the receiver asks for a pause. */
static bool
send_frame(struct sf_queue *q, struct sf_frame *frame)
{
	struct sf_dev *dev = q->dev;

	if (frame->len > dev->r.mtu + SF_FRAME_OVERHEAD) {
		tx_drop(q, SF_STAT_TX_TOO_LONG);
		return true;
	}
	sf_headers_parse(&frame->hdrs);
	switch (sf_wire_send(dev, frame)) {
	case SF_HELD:
		return false;
	case SF_NO_LINK:
		tx_drop(q, SF_STAT_TX_NO_LINK);
		return true;
	default:
		dev->r.stats[SF_STAT_TX_PACKETS]++;
		dev->r.stats[SF_STAT_TX_BYTES] += frame->len;
		q->packets++;
		q->bytes += frame->len;
		return true;
	}
}

/*
 * Send a packet cut up, from where it was left last time.  False if there is
 * some of it left still.
 */
static bool
send_segments(struct sf_queue *q, struct sf_tx_packet *pkt, struct sf_frame *frame,
		unsigned int *budget)
{
	const uint32_t nb = sf_tso_count(pkt);

	memcpy(pkt->hdr, frame->hdrs.data, frame->hdrs.len);
	for (; q->tso_done < nb; q->tso_done++, (*budget)--) {
		if (*budget == 0)
			return false;
		if (!sf_tso_segment(pkt, frame, q->tso_done)) {
			tx_drop(q, SF_STAT_TX_BAD);
			break;
		}
		q->held = !send_frame(q, frame);
		if (q->held)
			return false;
	}
	q->tso_done = 0;
	return true;
}

/* False if the packet stays in the ring. */
static bool
send_packet(struct sf_queue *q, struct sf_tx_packet *pkt, struct sf_frame *frame,
		unsigned int *budget)
{
	if (read_headers(pkt, frame) != 0) {
		tx_drop(q, SF_STAT_TX_BAD);
		return true;
	}
	if ((pkt->flags & SF_TX_DESC_TSO) != 0)
		return send_segments(q, pkt, frame, budget);
	if (pkt->flags != 0 && sf_txo_apply(pkt, frame) != 0) {
		tx_drop(q, SF_STAT_TX_BAD);
		return true;
	}
	q->held = !send_frame(q, frame);
	*budget -= !q->held;
	return !q->held;
}

/* Both halves of the status line's first word go out together. */
static void
status_push(struct sf_queue *q)
{
	sf_plat_ring_push(q->dev->plat, q->cpl, sizeof(uint64_t));
}

/* Tell the driver which descriptors are done. */
void
sf_txq_report(struct sf_queue *q)
{
	sf_store_release(&((struct sf_tx_status *)q->cpl)->head, q->head);
	status_push(q);
}

void
sf_txq_set_sleeping(struct sf_queue *q, uint32_t sleeping)
{
	sf_store(&((struct sf_tx_status *)q->cpl)->sleeping, sleeping);
	status_push(q);
}

/* Descriptors from head on that lie in a row, at most max. */
static uint32_t
ring_run(const struct sf_queue *q, uint32_t head, uint32_t tail, uint32_t max)
{
	const uint32_t nb = (tail >= head ? tail : q->size) - head;

	return nb < max ? nb : max;
}

static void
prefetch_descs(const void *ring, uint32_t nb, size_t size)
{
	size_t at;

	for (at = 0; at < nb * size; at += CACHE_LINE)
		sf_prefetch((const uint8_t *)ring + at);
}

/*
 * Of a queue that is about to be served: what the driver has written and a
 * burst reads.  To fetch too much, or beyond the end of a ring, does no harm.
 */
void
sf_txq_prefetch(const struct sf_queue *q)
{
	const struct sf_queue *target = sf_burst_target(q);
	const struct sf_tx_desc *tx = q->ring;
	const struct sf_rx_desc *rx;

	sf_prefetch(q->db);
	prefetch_descs(&tx[q->head], SF_BURST_MAX, sizeof(*tx));
	if (target == NULL || !target->running)
		return;
	rx = target->ring;
	prefetch_descs(&rx[target->head], SF_BURST_MAX, sizeof(*rx));
}

/* Number of frames sent. */
unsigned int
sf_txq_poll(struct sf_queue *q)
{
	struct sf_tx_packet *pkt = &q->dev->wire->packet;
	struct sf_frame *frame = &q->dev->wire->frame;
	const uint32_t tail = sf_load_acquire(q->db);
	struct sf_queue *target;
	uint32_t head = q->head;
	unsigned int budget = TX_BUDGET;

	q->held = false;
	if (tail == head)
		return 0;
	if (tail >= q->size) {
		sf_queue_halt(q, SF_ERR_DOORBELL, tail);
		return 1;
	}
	if (tail != q->tail)
		sf_queue_pull(q, tail);
	target = q->tso_done == 0 ? sf_burst_target(q) : NULL;
	while (head != tail && budget != 0) {
		uint64_t value;
		uint32_t at = head, done;
		uint8_t code;

		done = target == NULL ? 0 : sf_burst_send(q, target, head,
			ring_run(q, head, tail, budget < SF_BURST_MAX ? budget : SF_BURST_MAX));
		if (done != 0) {
			head = head + done == q->size ? 0 : head + done;
			budget -= done;
			continue;
		}
		code = packet_gather(q, &at, tail, pkt, frame, &value);
		if (code != SF_ERR_NONE) {
			sf_queue_halt(q, code, value);
			return TX_BUDGET - budget + 1;
		}
		if (!send_packet(q, pkt, frame, &budget))
			break;
		head = at;
	}
	if (head != q->head) {
		q->head = head;
		sf_txq_report(q);
	}
	return TX_BUDGET - budget;
}
