/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What Rx and Tx queues have in common: start, stop, halt.
 */

#include "sf_internal.h"

#define RING_ALIGN 64

static uint32_t
desc_len(const struct sf_queue *q)
{
	return q->tx ? sizeof(struct sf_tx_desc) : sizeof(struct sf_rx_desc);
}

static uint64_t
ring_len(const struct sf_queue *q)
{
	return (uint64_t)q->reg_size * desc_len(q);
}

static uint64_t
cpl_len(const struct sf_queue *q)
{
	return q->tx ? sizeof(struct sf_tx_status) :
		(uint64_t)q->reg_size * sizeof(struct sf_rx_cpl);
}

void
sf_queue_init(struct sf_queue *q, struct sf_dev *dev, bool tx, uint16_t index)
{
	memset(q, 0, sizeof(*q));
	q->dev = dev;
	q->tx = tx;
	q->index = index;
}

static void
queue_stop(struct sf_queue *q)
{
	if (!q->running)
		return;
	sf_plat_ring_unmap(q->dev->plat, q->ring, ring_len(q));
	sf_plat_ring_unmap(q->dev->plat, q->cpl, cpl_len(q));
	q->ring = NULL;
	q->cpl = NULL;
	q->running = false;
	q->held = false;
	q->dev->wire->nb_running--;
	q->dev->wire->stale = true;
}

/* Why the registers do not make a queue, or SF_ERR_NONE. */
static uint8_t
queue_check(const struct sf_queue *q)
{
	if (q->reg_size < SF_RING_MIN || q->reg_size > SF_RING_MAX ||
			q->reg_size % SF_RING_ALIGN != 0)
		return SF_ERR_SIZE;
	if ((q->base | q->cpl_base) % RING_ALIGN != 0)
		return SF_ERR_ALIGN;
	if (!q->tx && (q->reg_buf_size == 0 || q->reg_buf_size > UINT16_MAX))
		return SF_ERR_BUF_SIZE;
	return q->db == NULL ? SF_ERR_RESET : SF_ERR_NONE;
}

static uint8_t
queue_map(struct sf_queue *q)
{
	q->ring = sf_plat_ring_map(q->dev->plat, q->base, ring_len(q), false);
	if (q->ring == NULL)
		return SF_ERR_RING_DMA;
	q->cpl = sf_plat_ring_map(q->dev->plat, q->cpl_base, cpl_len(q), true);
	if (q->cpl != NULL)
		return SF_ERR_NONE;
	sf_plat_ring_unmap(q->dev->plat, q->ring, ring_len(q));
	q->ring = NULL;
	return SF_ERR_RING_DMA;
}

static void
queue_start(struct sf_queue *q)
{
	q->halted = false;
	q->code = queue_check(q);
	if (q->code == SF_ERR_NONE)
		q->code = queue_map(q);
	if (q->code != SF_ERR_NONE) {
		sf_plat_log(q->dev->plat, "%s queue %u does not start, code %u: base 0x%llx, completions 0x%llx, size %u",
			q->tx ? "Tx" : "Rx", q->index, q->code, (unsigned long long)q->base,
			(unsigned long long)q->cpl_base, q->reg_size);
		return;
	}
	q->size = q->reg_size;
	q->buf_size = q->reg_buf_size;
	q->head = 0;
	q->tail = 0;
	q->gen = 1;
	q->arm_done = 0;
	q->held = false;
	q->stalled = false;
	q->hold_start = 0;
	q->tso_done = 0;
	sf_store(q->db, 0);
	if (q->tx)
		sf_txq_report(q);
	else
		sf_store(q->db_arm, 0);
	memset(&q->hint, 0, sizeof(q->hint));
	q->running = true;
	q->dev->wire->nb_running++;
	q->dev->wire->stale = true;
}

void
sf_queue_control(struct sf_queue *q, uint32_t ctrl)
{
	bool enable = (ctrl & SF_Q_CTRL_ENABLE) != 0;

	if (enable && !q->running) {
		q->scatter = (ctrl & SF_Q_CTRL_SCATTER) != 0 &&
			(q->dev->r.drv_features & SF_F_SEGS) != 0;
		queue_start(q);
	} else if (!enable) {
		queue_stop(q);
	}
}

void
sf_queue_reset(struct sf_queue *q)
{
	queue_stop(q);
	q->halted = false;
	q->code = SF_ERR_NONE;
	q->base = 0;
	q->cpl_base = 0;
	q->reg_size = 0;
	q->reg_buf_size = 0;
	q->packets = 0;
	q->bytes = 0;
	q->drops = 0;
}

/* The doorbell has moved: see the descriptors up to there, and note that. */
void
sf_queue_pull(struct sf_queue *q, uint32_t tail)
{
	const uint32_t len = desc_len(q);
	uint8_t *ring = q->ring;

	if (tail < q->tail) {
		sf_plat_ring_pull(q->dev->plat, ring + q->tail * len, (q->size - q->tail) * len);
		q->tail = 0;
	}
	sf_plat_ring_pull(q->dev->plat, ring + q->tail * len, (tail - q->tail) * len);
	q->tail = tail;
}

/* The driver broke the rules: this queue does nothing more until restarted. */
void
sf_queue_halt(struct sf_queue *q, uint8_t code, uint64_t value)
{
	struct sf_dev *dev = q->dev;

	if (!q->running)
		return;
	queue_stop(q);
	q->halted = true;
	q->code = code;
	dev->r.stats[SF_STAT_HALTS]++;
	dev->r.error_info = code | (q->tx ? 1u << 15 : 0) | (uint32_t)q->index << 16;
	sf_plat_log(dev->plat, "%s queue %u halted, code %u, value 0x%llx",
		q->tx ? "Tx" : "Rx", q->index, code, (unsigned long long)value);
	sf_dev_raise(dev, SF_INT_ERROR);
}

/* Either range may end with the last address that there is. */
static bool
overlap(uint64_t a, uint64_t a_len, uint64_t b, uint64_t b_len)
{
	return a <= b + (b_len - 1) && b <= a + (a_len - 1);
}

void
sf_queue_dma_removed(struct sf_queue *q, uint64_t iova, uint64_t len)
{
	memset(&q->hint, 0, sizeof(q->hint));
	if (q->running && (overlap(iova, len, q->base, ring_len(q)) ||
			overlap(iova, len, q->cpl_base, cpl_len(q))))
		sf_queue_halt(q, SF_ERR_RESET, iova);
}
