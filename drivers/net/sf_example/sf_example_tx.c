/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Sending.  Follow one packet from the bottom up:
 *
 *  1. tx_fill() writes the packet's address and length into the descriptor
 *     ring and remembers the mbuf; the doorbell tells the device.
 *  2. The device reads the packet and moves "head" in the status line.
 *  3. A later burst, short of descriptors, runs tx_reclaim(): it looks at the
 *     status line and gives mbufs back to their pool.
 *
 * The status line comes from outside and is not trusted: a head that is not
 * between the oldest and the newest packet in the ring puts an end to the
 * queue, since nothing the device says about its mbufs can be believed then.
 */

#include <rte_mempool.h>

#include "sf_example.h"

static inline uint16_t
tx_used(const struct sf_txq *txq)
{
	return txq->size - 1 - txq->nb_free;
}

static inline uint32_t
tx_head(const struct sf_txq *txq)
{
	return sf_dma_load(&txq->status->head, acquire);
}

/* Packets from clean on that the device says with a head that it has sent, or -1. */
static int
tx_done(const struct sf_txq *txq, uint32_t head)
{
	uint32_t done = head - txq->clean;

	if (head >= txq->size)
		return -1;
	if (head < txq->clean)
		done += txq->size;
	return done <= tx_used(txq) ? (int)done : -1;
}

static __rte_noinline __rte_cold void
tx_break(struct sf_txq *txq, uint32_t head)
{
	txq->broken = true;
	txq->nb_done = 0;
	SF_LOG(ERR, driver, txq->port,
		"Tx queue %u: head %u is not in %u..%u, queue stopped", txq->id,
		head, txq->clean, txq->tail);
	sf_tell_reset(txq->port);
}

static void
tx_look(struct sf_txq *txq)
{
	uint32_t head;
	int done;

	if (txq->broken)
		return;
	head = tx_head(txq);
	done = tx_done(txq, head);
	if (likely(done >= 0))
		txq->nb_done = done;
	else
		tx_break(txq, head);
}

/*
 * Free the mbufs of up to nb sent packets.  Not of all: what a burst frees
 * should be about what the next one allocates, so that mbufs go round in the
 * pool's per-core cache.  The status line, which is in the device's cache, is
 * only looked at when the packets known to be sent are used up.
 */
static __rte_always_inline uint16_t
tx_reclaim(struct sf_txq *txq, uint16_t nb, const bool fast_free)
{
	uint16_t left, run;

	if (txq->nb_done < nb)
		tx_look(txq);
	nb = RTE_MIN(nb, txq->nb_done);
	txq->nb_done -= nb;
	txq->nb_free += nb;
	for (left = nb; left > 0; left -= run) {
		const uint16_t clean = txq->clean;
		struct rte_mbuf **mbufs = &txq->mbufs[clean];

		run = RTE_MIN(left, txq->size - clean);
		sf_in_this_order();
		txq->clean = clean + run == txq->size ? 0 : clean + run;
		sf_in_this_order();
		if (fast_free)
			rte_mempool_put_bulk(mbufs[0]->pool, (void **)mbufs, run);
		else
			rte_pktmbuf_free_bulk(mbufs, run);
	}
	return nb;
}

/* Put nb packets into the ring, none of them behind its end. */
static __rte_always_inline void
tx_fill(struct sf_txq *txq, struct rte_mbuf **pkts, uint16_t nb)
{
	struct sf_tx_desc *desc = &txq->desc[txq->tail];
	struct rte_mbuf **mbufs = &txq->mbufs[txq->tail];
	uint16_t i, n = 0;

	for (i = 0; i < nb; i++) {
		struct rte_mbuf *m = pkts[i];

		if (unlikely(!sf_tx_is_plain(m))) {
			txq->sw->errors++;
			rte_pktmbuf_free(m);
			continue;
		}
		desc[n] = (struct sf_tx_desc) {
			.addr = rte_mbuf_data_iova(m),
			.len = m->data_len,
			.flags = SF_TX_DESC_EOP,
		};
		mbufs[n++] = m;
	}
	sf_in_this_order();
	txq->nb_free -= n;
	txq->tail += n;
	if (txq->tail == txq->size)
		txq->tail = 0;
}

/* fast_free and wake are constants: each pair makes a function of its own. */
static __rte_always_inline uint16_t
tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts,
	const bool fast_free, const bool wake)
{
	struct sf_txq *txq = queue;
	const uint16_t before = txq->tail;
	const uint16_t room = RTE_MAX(nb_pkts, txq->free_thresh);
	uint16_t n, run;

	if (txq->nb_free < room)
		tx_reclaim(txq, room, fast_free);
	nb_pkts = RTE_MIN(nb_pkts, txq->nb_free);
	for (n = 0; n < nb_pkts; n += run) {
		run = RTE_MIN(nb_pkts - n, txq->size - txq->tail);
		tx_fill(txq, pkts + n, run);
	}
	if (txq->tail == before)
		return nb_pkts;

	sf_tx_doorbell(txq, wake);
	return nb_pkts;
}

uint16_t
sf_tx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return tx_burst(queue, pkts, nb_pkts, false, false);
}

uint16_t
sf_tx_burst_wake(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return tx_burst(queue, pkts, nb_pkts, false, true);
}

uint16_t
sf_tx_burst_fast_free(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return tx_burst(queue, pkts, nb_pkts, true, false);
}

uint16_t
sf_tx_burst_fast_free_wake(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return tx_burst(queue, pkts, nb_pkts, true, true);
}

/* --- Beside the data path -------------------------------------------------- */

uint16_t
sf_tx_reclaim(struct sf_txq *txq, uint16_t nb)
{
	return tx_reclaim(txq, nb, false);
}

uint16_t
sf_tx_reclaim_fast_free(struct sf_txq *txq, uint16_t nb)
{
	return tx_reclaim(txq, nb, true);
}

void
sf_tx_fill(struct sf_txq *txq, struct rte_mbuf **pkts, uint16_t nb)
{
	tx_fill(txq, pkts, nb);
}

/* Descriptors of the first nb packets that are sent, of all for 0; how many there are. */
static uint16_t
tx_packets_done(const struct sf_txq *txq, uint32_t nb, uint32_t *packets)
{
	uint16_t i, at = txq->clean;

	*packets = 0;
	for (i = 0; i < txq->nb_done && (nb == 0 || *packets < nb); i++) {
		*packets += txq->mbufs[at] != NULL;
		at = at + 1 == txq->size ? 0 : at + 1;
	}
	return i;
}

int
sf_tx_done_cleanup(void *queue, uint32_t nb)
{
	struct sf_txq *txq = queue;
	uint32_t packets;

	tx_look(txq);
	tx_reclaim(txq, tx_packets_done(txq, nb, &packets), false);
	return packets;
}

int
sf_tx_descriptor_status(void *queue, uint16_t offset)
{
	const struct sf_txq *txq = queue;

	if (offset >= txq->size)
		return -EINVAL;
	if (txq->stopped)
		return RTE_ETH_TX_DESC_UNAVAIL;
	if (offset < txq->nb_free)
		return RTE_ETH_TX_DESC_DONE;
	if (offset == txq->nb_free) /* the entry that stays unused */
		return RTE_ETH_TX_DESC_UNAVAIL;
	return offset - txq->nb_free - 1 < tx_done(txq, tx_head(txq)) ?
		RTE_ETH_TX_DESC_DONE : RTE_ETH_TX_DESC_FULL;
}

bool
sf_txq_succeed(const struct sf_txq *txq)
{
	const uint16_t last = (txq->tail == 0 ? txq->size : txq->tail) - 1;

	if (txq->tail >= txq->size ||
			((uint32_t)txq->clean + tx_used(txq)) % txq->size != txq->tail ||
			(tx_used(txq) != 0 && txq->mbufs[last] == NULL)) /* a packet is begun */
		return false;
	/* Packets may be in the ring of which the device has not been told. */
	sf_tx_doorbell(txq, (txq->port->features & SF_F_WAKE) != 0);
	return true;
}

/* A burst sends nothing, and looks at nothing. */
static void
txq_close(struct sf_txq *txq)
{
	txq->nb_free = 0;
	txq->nb_done = 0;
	txq->broken = true;
	txq->stopped = true;
}

void
sf_txq_drain(struct sf_txq *txq)
{
	txq->nb_done = txq->stopped ? txq->lent : tx_used(txq);
	tx_reclaim(txq, txq->nb_done, false);
	txq->lent = 0;
	txq->lent_mbufs = 0;
	txq_close(txq);
}

uint32_t
sf_txq_lend(struct sf_txq *txq)
{
	uint16_t i, at = txq->clean;

	if (txq->stopped)
		return 0;
	txq->lent = tx_used(txq);
	for (i = 0; i < txq->lent; i++) {
		if (txq->mbufs[at] != NULL)
			txq->lent_mbufs += txq->mbufs[at]->nb_segs;
		at = at + 1 == txq->size ? 0 : at + 1;
	}
	txq_close(txq);
	return txq->lent_mbufs;
}

void
sf_txq_open(struct sf_txq *txq)
{
	txq->tail = 0;
	txq->clean = 0;
	txq->nb_done = 0;
	txq->nb_free = txq->size - 1;
	txq->broken = false;
	txq->stopped = false;
}
