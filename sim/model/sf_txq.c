/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Transmission: from a driver's ring onto the wire.
 */

#include "sf_internal.h"

/* Descriptors served before other queues have their turn. */
#define TX_BUDGET 64

static uint8_t
desc_check(struct sf_queue *q, const struct sf_tx_desc *desc, struct sf_frame *frame)
{
	if (desc->flags != SF_TX_DESC_EOP || desc->reserved != 0)
		return SF_ERR_DESC_FLAGS;
	if (desc->len < SF_FRAME_MIN || desc->len > SF_MAX_FRAME)
		return SF_ERR_DESC_LEN;
	if (!sf_plat_buf_get(q->dev->plat, &q->hint, desc->addr, desc->len, false, &frame->buf))
		return SF_ERR_DESC_DMA;
	frame->len = desc->len;
	return SF_ERR_NONE;
}

static void
tx_drop(struct sf_queue *q, unsigned int stat)
{
	q->dev->r.stats[stat]++;
	q->drops++;
}

/* False if the packet stays in the ring because the receiver asks for a pause. */
static bool
tx_frame(struct sf_queue *q, const struct sf_frame *frame)
{
	struct sf_dev *dev = q->dev;
	struct sf_headers hdrs;

	if (frame->len > dev->r.mtu + SF_FRAME_OVERHEAD) {
		tx_drop(q, SF_STAT_TX_TOO_LONG);
		return true;
	}
	hdrs.len = frame->len < SF_HEADERS_MAX ? frame->len : SF_HEADERS_MAX;
	if (sf_plat_buf_read(&frame->buf, hdrs.data, hdrs.len) != 0) {
		tx_drop(q, SF_STAT_TX_NO_LINK);
		return true;
	}
	sf_headers_parse(&hdrs);
	switch (sf_wire_send(dev, frame, &hdrs)) {
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

/* Number of packets taken. */
unsigned int
sf_txq_poll(struct sf_queue *q)
{
	const struct sf_tx_desc *ring = q->ring;
	struct sf_tx_status *status = q->cpl;
	uint32_t tail = sf_load_acquire(q->db);
	uint32_t head = q->head;
	unsigned int done = 0;

	q->held = false;
	if (tail == head)
		return 0;
	if (tail >= q->size) {
		sf_queue_halt(q, SF_ERR_DOORBELL, tail);
		return 1;
	}
	while (head != tail && done < TX_BUDGET) {
		/* Read once: the driver may change it behind our back. */
		const struct sf_tx_desc desc = *(const volatile struct sf_tx_desc *)&ring[head];
		struct sf_frame frame;
		uint8_t code = desc_check(q, &desc, &frame);

		if (code != SF_ERR_NONE) {
			sf_queue_halt(q, code, desc.addr);
			return done + 1;
		}
		if (!tx_frame(q, &frame)) {
			q->held = true;
			break;
		}
		head = head + 1 == q->size ? 0 : head + 1;
		done++;
	}
	if (done != 0) {
		q->head = head;
		sf_store_release(&status->head, head);
	}
	return done;
}
