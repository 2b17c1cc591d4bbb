/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Receiving.  Follow one packet from the bottom up:
 *
 *  1. sf_rxq_post() takes an mbuf from the pool and writes its address into the
 *     descriptor ring; the doorbell tells the device.
 *  2. The device writes the packet into the mbuf, then the completion.
 *  3. rx_run() sees the completion, fills in the mbuf, hands it out.
 *
 * A completion comes from outside and is not trusted: it is read once, into
 * registers, and checked there.  Nor does the driver look at more completions
 * than it has posted buffers, so a device can never make it hand out an mbuf
 * that is not in the ring.
 */

#include <errno.h>

#include <rte_io.h>
#include <rte_mempool.h>

#include "sf_example.h"
#include "sf_example_compat.h"

#define PTYPE_IPV4	(RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN)
#define PTYPE_IPV6	(RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN)

/* Combinations that are not listed are RTE_PTYPE_UNKNOWN. */
const uint32_t sf_rx_ptypes[SF_PTYPE_MASK + 1] = {
	[SF_PTYPE_L2] = RTE_PTYPE_L2_ETHER,
	[SF_PTYPE_IPV4] = PTYPE_IPV4,
	[SF_PTYPE_IPV4 | SF_PTYPE_TCP] = PTYPE_IPV4 | RTE_PTYPE_L4_TCP,
	[SF_PTYPE_IPV4 | SF_PTYPE_UDP] = PTYPE_IPV4 | RTE_PTYPE_L4_UDP,
	[SF_PTYPE_IPV6] = PTYPE_IPV6,
	[SF_PTYPE_IPV6 | SF_PTYPE_TCP] = PTYPE_IPV6 | RTE_PTYPE_L4_TCP,
	[SF_PTYPE_IPV6 | SF_PTYPE_UDP] = PTYPE_IPV6 | RTE_PTYPE_L4_UDP,
};

#define VLAN		(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)
#define MARK		(RTE_MBUF_F_RX_FDIR | RTE_MBUF_F_RX_FDIR_ID)

/* Bit 0 of an index is SF_RX_CPL_EOP, which says nothing to an application. */
const uint64_t sf_rx_flags[16] = {
	[2] = RTE_MBUF_F_RX_RSS_HASH, [3] = RTE_MBUF_F_RX_RSS_HASH,
	[4] = VLAN, [5] = VLAN,
	[6] = VLAN | RTE_MBUF_F_RX_RSS_HASH, [7] = VLAN | RTE_MBUF_F_RX_RSS_HASH,
	[8] = MARK, [9] = MARK,
	[10] = MARK | RTE_MBUF_F_RX_RSS_HASH, [11] = MARK | RTE_MBUF_F_RX_RSS_HASH,
	[12] = MARK | VLAN, [13] = MARK | VLAN,
	[14] = MARK | VLAN | RTE_MBUF_F_RX_RSS_HASH, [15] = MARK | VLAN | RTE_MBUF_F_RX_RSS_HASH,
};

#define L3_GOOD		RTE_MBUF_F_RX_IP_CKSUM_GOOD
#define L3_BAD		RTE_MBUF_F_RX_IP_CKSUM_BAD
#define L4_GOOD		RTE_MBUF_F_RX_L4_CKSUM_GOOD
#define L4_BAD		RTE_MBUF_F_RX_L4_CKSUM_BAD

/* A checksum that is not checked, or both good and bad, is unknown; the other is as it is. */
const uint64_t sf_rx_csum_flags[16] = {
	[1] = L3_GOOD, [2] = L3_BAD,
	[4] = L4_GOOD, [5] = L4_GOOD | L3_GOOD, [6] = L4_GOOD | L3_BAD, [7] = L4_GOOD,
	[8] = L4_BAD, [9] = L4_BAD | L3_GOOD, [10] = L4_BAD | L3_BAD, [11] = L4_BAD,
	[13] = L3_GOOD, [14] = L3_BAD,
};

/*
 * Post buffers, in whole batches: tail and size are multiples of the batch, so
 * a batch never wraps.  Whether any was posted; the doorbell is the caller's.
 */
bool
sf_rxq_post(struct sf_rxq *rxq)
{
	const uint16_t before = rxq->tail;

	while (rxq->nb_free >= SF_BATCH) {
		struct sf_rx_desc *desc = &rxq->desc[rxq->tail];
		struct rte_mbuf **mbufs = &rxq->mbufs[rxq->tail];
		unsigned int i;

		if (unlikely(rte_mempool_get_bulk(rxq->mp, (void **)mbufs, SF_BATCH) != 0)) {
			rxq->sw->no_mbuf += SF_BATCH;
			break;
		}
		/* An mbuf that need not be read need not be in the cache. */
		if (rxq->addr_offset != 0)
			for (i = 0; i < SF_BATCH; i++)
				desc[i].addr = (uintptr_t)mbufs[i] + rxq->addr_offset;
		else
			for (i = 0; i < SF_BATCH; i++)
				desc[i].addr = rte_mbuf_data_iova_default(mbufs[i]);
		sf_in_this_order();
		rxq->nb_free -= SF_BATCH;
		rxq->tail += SF_BATCH;
		if (rxq->tail == rxq->size)
			rxq->tail = 0;
	}
	return rxq->tail != before;
}

/* All up to "next" has been taken out of the ring; it may be the end of the ring. */
static __rte_always_inline void
rx_taken(struct sf_rxq *rxq, uint16_t next)
{
	rxq->nb_free += next - rxq->next;
	sf_in_this_order();
	rxq->next = next;
}

/*
 * Drop the last mbuf before "next".  Out of the way: nothing of this is to take a register
 * from the loop.
 */
static __rte_noinline __rte_cold void
rx_drop(struct sf_rxq *rxq, struct rte_mbuf *m, uint16_t next)
{
	rxq->sw->errors++;
	rx_taken(rxq, next);
	sf_in_this_order();
	rte_mbuf_raw_free(m);
}

/*
 * Take up to nb packets, none of them behind the end of the ring: the loop
 * need not look out for it.
 */
static __rte_always_inline uint16_t
rx_run(struct sf_rxq *rxq, struct rte_mbuf **pkts, uint16_t nb)
{
	const union sf_rx_cpl_words *ring = &rxq->cpl[rxq->next];
	struct rte_mbuf **mbufs = &rxq->mbufs[rxq->next];
	const uint16_t first = rxq->next, buf_size = rxq->buf_size, gen = rxq->gen;
	const uint64_t rearm = rxq->rearm;
	uint16_t i, n = 0;

	for (i = 0; i < nb; i++) {
		struct rte_mbuf *m = mbufs[i];
		union sf_rx_cpl_words c;

		/* The word with the generation is written last, so read first. */
		c.word[1] = sf_dma_load(&ring[i].word[1], acquire);
		if (((c.cpl.gen ^ gen) & 1) != 0)
			break;
		c.word[0] = sf_dma_load(&ring[i].word[0], relaxed);
		if (unlikely(c.cpl.index != (uint16_t)(first + i) ||
				c.cpl.len == 0 || c.cpl.len > buf_size ||
				(c.cpl.info & SF_RX_CPL_EOP) == 0)) {
			rx_drop(rxq, m, first + i + 1);
			continue;
		}
		/* data_off, refcnt, nb_segs and port, all in one store */
		*sf_rearm_data(m) = rearm;
		m->ol_flags = sf_rx_flags[c.cpl.info >> 4 & 0xf] |
			sf_rx_csum_flags[c.cpl.info >> 8 & 0xf];
		m->packet_type = sf_rx_ptypes[c.cpl.info & SF_PTYPE_MASK];
		m->pkt_len = c.cpl.len;
		m->data_len = c.cpl.len;
		m->vlan_tci = c.cpl.vlan_tci;
		m->hash.rss = c.cpl.hash;
		m->hash.fdir.hi = c.cpl.mark;
		pkts[n++] = m;
	}
	rx_taken(rxq, first + i);
	return n;
}

static __rte_always_inline uint16_t
rx_burst(struct sf_rxq *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	const uint16_t nb = RTE_MIN(nb_pkts, sf_rx_posted(rxq));
	const uint16_t to_end = RTE_MIN(nb, rxq->size - rxq->next);
	uint16_t n;

	n = rx_run(rxq, pkts, to_end);
	if (rxq->next == rxq->size) {
		sf_rxq_wrap(rxq);
		n += rx_run(rxq, pkts + n, nb - to_end);
	}
	if (rxq->nb_free >= rxq->free_thresh && sf_rxq_post(rxq))
		rte_write32(rxq->tail, rxq->tail_db); /* after the descriptors */
	return n;
}

uint16_t
sf_rx_burst(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return rx_burst(queue, pkts, nb_pkts);
}

/* --- With vectors ------------------------------------------------------------ */

/* Whether the last completion of a group looks new: most often there is none. */
static __rte_always_inline bool
rx_is_group(const struct sf_rxq *rxq)
{
	const uint32_t at = (uint32_t)rxq->next + SF_RX_GROUP - 1;

	return at < rxq->size &&
		((sf_dma_load(&rxq->cpl[at].cpl.gen, relaxed) ^ rxq->gen) & 1) == 0;
}

/* Here, so that a packet by itself does not pay for a call. */
#define RX_BURST_VEC(isa) \
uint16_t \
sf_rx_burst_ ## isa(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts) \
{ \
	return nb_pkts >= SF_RX_GROUP && rx_is_group(queue) ? \
		sf_rx_groups_ ## isa(queue, pkts, nb_pkts) : rx_burst(queue, pkts, nb_pkts); \
}

#ifdef RTE_ARCH_X86
RX_BURST_VEC(sse)
RX_BURST_VEC(avx2)
RX_BURST_VEC(avx512)
#endif
#ifdef RTE_ARCH_ARM64
RX_BURST_VEC(neon)
#endif

/* --- Beside the data path -------------------------------------------------- */

int
sf_rxq_fill(struct sf_rxq *rxq)
{
	memset(rxq->cpl, 0, rxq->size * sizeof(*rxq->cpl));
	rxq->next = 0;
	rxq->tail = 0;
	rxq->gen = 1;
	rxq->nb_free = rxq->size - 1;
	rxq->free_thresh = rxq->conf_thresh;
	sf_rxq_post(rxq);
	if (rxq->nb_free < SF_BATCH)
		return 0;
	sf_rxq_drain(rxq);
	return -ENOMEM;
}

/* Nothing is in the ring for a burst, which posts nothing either. */
static void
rxq_close(struct sf_rxq *rxq)
{
	rte_pktmbuf_free(rxq->first); /* filled, and so not the device's any more */
	rxq->first = NULL;
	rxq->skip = false;
	rxq->nb_free = rxq->size - 1;
	rxq->free_thresh = UINT16_MAX;
}

void
sf_rxq_drain(struct sf_rxq *rxq)
{
	uint16_t left = sf_rx_posted(rxq) + rxq->lent;

	while (left > 0) {
		uint16_t run = RTE_MIN(left, rxq->size - rxq->next);

		/* As they came from the pool: nobody has used them. */
		rte_mempool_put_bulk(rxq->mp, (void **)&rxq->mbufs[rxq->next], run);
		left -= run;
		rxq->next = 0;
	}
	rxq->lent = 0;
	rxq_close(rxq);
	rxq->tail = 0;
}

uint16_t
sf_rxq_lend(struct sf_rxq *rxq)
{
	const uint16_t posted = sf_rx_posted(rxq);

	rxq->lent += posted;
	rxq_close(rxq);
	return posted;
}

bool
sf_rxq_succeed(struct sf_rxq *rxq, bool is_scattered)
{
	const uint32_t end = (uint32_t)rxq->next + sf_rx_posted(rxq);
	struct rte_mbuf *first = rxq->first;

	if (rxq->next == rxq->size || end % rxq->size != rxq->tail)
		return false;
	/* It may have lost a buffer, or be over. */
	if (is_scattered) {
		rxq->skip = true;
		rxq->first = NULL;
		sf_in_this_order(); /* this process may be killed as well */
		rte_pktmbuf_free(first);
	}
	rte_write32(rxq->tail, rxq->tail_db); /* which may have moved, and nobody been told */
	return true;
}

/* Whether the buffer at an offset from next, which is posted, is filled. */
static bool
rx_is_done(const struct sf_rxq *rxq, uint16_t offset)
{
	uint32_t at = (uint32_t)rxq->next + offset;
	uint16_t gen = rxq->gen;

	if (at >= rxq->size) {
		at -= rxq->size;
		gen ^= 1;
	}
	return ((sf_dma_load(&rxq->cpl[at].cpl.gen, relaxed) ^ gen) & 1) == 0;
}

/* Completions come in order, so the last one is found by bisection. */
int
sf_rx_queue_count(void *queue)
{
	const struct sf_rxq *rxq = queue;
	uint16_t low = 0, high = sf_rx_posted(rxq);

	while (low < high) {
		uint16_t mid = low + (high - low) / 2;

		if (rx_is_done(rxq, mid))
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int
sf_rx_descriptor_status(void *queue, uint16_t offset)
{
	const struct sf_rxq *rxq = queue;

	if (offset >= rxq->size)
		return -EINVAL;
	if (offset >= sf_rx_posted(rxq))
		return RTE_ETH_RX_DESC_UNAVAIL;
	return rx_is_done(rxq, offset) ? RTE_ETH_RX_DESC_DONE : RTE_ETH_RX_DESC_AVAIL;
}

/* Whether the word at next is as the driver has left it: then it pays to sleep. */
static int
monitor_check(const uint64_t value, const uint64_t opaque[RTE_POWER_MONITOR_OPAQUE_SZ])
{
	return ((value ^ opaque[0]) & 1) == 0 ? -1 : 0;
}

int
sf_get_monitor_addr(void *queue, struct rte_power_monitor_cond *cond)
{
	struct sf_rxq *rxq = queue;

	if (rxq == NULL) /* ethdev does not look */
		return -EINVAL;
	cond->addr = &rxq->cpl[rxq->next].cpl.gen;
	cond->size = sizeof(rxq->cpl->cpl.gen);
	cond->opaque[0] = rxq->gen;
	cond->fn = monitor_check;
	return 0;
}

const uint32_t *
sf_supported_ptypes_get(struct rte_eth_dev *dev __rte_unused, size_t *nb)
{
	static const uint32_t ptypes[] = {
		RTE_PTYPE_L2_ETHER,
		RTE_PTYPE_L3_IPV4_EXT_UNKNOWN,
		RTE_PTYPE_L3_IPV6_EXT_UNKNOWN,
		RTE_PTYPE_L4_TCP,
		RTE_PTYPE_L4_UDP,
		RTE_PTYPE_UNKNOWN, /* not counted */
	};

	*nb = RTE_DIM(ptypes) - 1;
	return ptypes;
}
