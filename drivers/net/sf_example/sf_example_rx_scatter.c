/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Receiving packets that take several buffers.  As sf_example_rx.c, but for
 * what is chained: a packet begun is kept in the queue until the completion
 * with the EOP bit has come, maybe in a later burst.
 *
 * A chain never becomes longer than the longest frame, whatever the device
 * says.  A packet with a completion in it that makes no sense is dropped whole,
 * the buffers that follow up to the EOP bit included, and counted once.
 */

#include <rte_mempool.h>

#include "sf_example.h"

/* Drop a buffer, and with it what there is of its packet. */
static __rte_noinline __rte_cold void
chain_drop(struct sf_rxq *rxq, struct rte_mbuf *m)
{
	struct rte_mbuf *first = rxq->first;

	if (!rxq->skip)
		rxq->sw->errors++;
	rxq->skip = true;
	rxq->first = NULL;
	sf_in_this_order();
	rte_mbuf_raw_free(m);
	rte_pktmbuf_free(first);
}

/* Put a buffer behind what there is of its packet. */
static inline void
chain_add(struct sf_rxq *rxq, struct rte_mbuf *m, const union sf_rx_cpl_words *c)
{
	*sf_rearm_data(m) = rxq->rearm;
	m->data_len = c->cpl.len;
	if (rxq->first != NULL) {
		m->ol_flags = 0;
		rxq->first->nb_segs++;
		rxq->first->pkt_len += c->cpl.len;
		rxq->last->next = m;
		rxq->last = m;
		return;
	}
	m->ol_flags = sf_rx_flags[c->cpl.info >> 4 & 0xf] |
		sf_rx_csum_flags[c->cpl.info >> 8 & 0xf];
	m->packet_type = sf_rx_ptypes[c->cpl.info & SF_PTYPE_MASK];
	m->pkt_len = c->cpl.len;
	m->vlan_tci = c->cpl.vlan_tci;
	m->hash.rss = c->cpl.hash;
	m->hash.fdir.hi = c->cpl.mark;
	rxq->first = m;
	rxq->last = m;
}

/* The completion at next, if there is one. */
static inline bool
completion_read(const struct sf_rxq *rxq, union sf_rx_cpl_words *c)
{
	const union sf_rx_cpl_words *at = &rxq->cpl[rxq->next];

	/* The word with the generation is written last, so read first. */
	c->word[1] = sf_dma_load(&at->word[1], acquire);
	if (((c->cpl.gen ^ rxq->gen) & 1) != 0)
		return false;
	c->word[0] = sf_dma_load(&at->word[0], relaxed);
	return true;
}

static inline bool
completion_fits(const struct sf_rxq *rxq, const union sf_rx_cpl_words *c)
{
	const uint32_t before = rxq->first != NULL ? rxq->first->pkt_len : 0;

	return c->cpl.index == rxq->next && c->cpl.len != 0 && c->cpl.len <= rxq->buf_size &&
		before + c->cpl.len <= SF_MAX_FRAME;
}

/* Take the buffer at next out of the ring. */
static inline struct rte_mbuf *
buffer_take(struct sf_rxq *rxq)
{
	struct rte_mbuf *m = rxq->mbufs[rxq->next];

	rxq->nb_free++;
	sf_in_this_order();
	if (++rxq->next == rxq->size)
		sf_rxq_wrap(rxq);
	sf_in_this_order();
	return m;
}

uint16_t
sf_rx_burst_scatter(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct sf_rxq *rxq = queue;
	union sf_rx_cpl_words c;
	uint16_t n = 0;

	while (n < nb_pkts && sf_rx_posted(rxq) != 0 && completion_read(rxq, &c)) {
		const bool fits = !rxq->skip && completion_fits(rxq, &c);
		struct rte_mbuf *m = buffer_take(rxq);

		if (likely(fits))
			chain_add(rxq, m, &c);
		else
			chain_drop(rxq, m);
		if ((c.cpl.info & SF_RX_CPL_EOP) != 0) {
			if (likely(!rxq->skip))
				pkts[n++] = rxq->first;
			rxq->first = NULL;
			rxq->skip = false;
		}
	}
	if (rxq->nb_free >= rxq->free_thresh && sf_rxq_post(rxq))
		rte_write32(rxq->tail, rxq->tail_db); /* after the descriptors */
	return n;
}
