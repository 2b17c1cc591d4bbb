/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Sending with offloads, and packets of several segments.  As sf_example_tx.c,
 * but a packet takes a descriptor for each segment, and one more, the context,
 * for TCP segmentation.  What is asked of the device stands in the first
 * descriptor of a packet.
 */

#include <errno.h>

#include <rte_errno.h>
#include <rte_net.h>

#include "sf_example.h"

/* What the device needs the header lengths for. */
#define NEED_HDR	(RTE_MBUF_F_TX_IP_CKSUM | RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG)

/* What it can do; the flags that only tell what a packet is do no harm. */
#define SUPPORTED	(RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IPV6 | RTE_MBUF_F_TX_IP_CKSUM | \
	RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG | RTE_MBUF_F_TX_VLAN)

#define TCP_LEN_MIN	20
#define UDP_LEN		8
#define IPV4_LEN_MIN	20

/* Bytes of TCP or UDP header that the device reads. */
static inline uint32_t
l4_len(const struct rte_mbuf *m)
{
	switch (m->ol_flags & (RTE_MBUF_F_TX_L4_MASK | RTE_MBUF_F_TX_TCP_SEG)) {
	case 0:
		return 0;
	case RTE_MBUF_F_TX_UDP_CKSUM:
		return UDP_LEN;
	case RTE_MBUF_F_TX_TCP_CKSUM:
		return TCP_LEN_MIN;
	default:
		return m->l4_len;
	}
}

/* The rules of struct sf_tx_desc: the device halts a queue over a breach. */
static inline bool
headers_fit(const struct rte_mbuf *m)
{
	const uint32_t len = m->l2_len + m->l3_len + l4_len(m);

	if (m->l2_len < RTE_ETHER_HDR_LEN || m->l2_len % 2 != 0 || m->l3_len < IPV4_LEN_MIN ||
			m->l3_len % 4 != 0 || m->l3_len > SF_TX_HDR_L3(UINT16_MAX) ||
			len > SF_TX_HDR_MAX || len > m->pkt_len)
		return false;
	if ((m->ol_flags & RTE_MBUF_F_TX_TCP_SEG) == 0)
		return true;
	return m->l4_len >= TCP_LEN_MIN && m->l4_len % 4 == 0 &&
		m->l4_len <= SF_TX_HDR_L4(UINT16_MAX) &&
		m->tso_segsz != 0 && m->tso_segsz + len <= SF_MAX_FRAME;
}

static inline bool
segments_fit(const struct rte_mbuf *m)
{
	const struct rte_mbuf *seg;
	uint32_t len = 0;
	uint16_t n = 0;

	for (seg = m; seg != NULL; seg = seg->next, n++) {
		if (seg->data_len == 0 || n == SF_TX_SEGS_MAX)
			return false;
		len += seg->data_len;
	}
	return n == m->nb_segs && len == m->pkt_len && len <= SF_TSO_MAX;
}

/* 0, or why the device cannot take a packet, as an errno. */
static inline int
tx_check(const struct rte_mbuf *m)
{
	const uint64_t flags = m->ol_flags & RTE_MBUF_F_TX_OFFLOAD_MASK;

	if ((flags & ~SUPPORTED) != 0 ||
			(flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_SCTP_CKSUM)
		return ENOTSUP;
	if (m->pkt_len < RTE_ETHER_HDR_LEN ||
			((flags & RTE_MBUF_F_TX_TCP_SEG) == 0 && m->pkt_len > SF_MAX_FRAME) ||
			((flags & NEED_HDR) != 0 && !headers_fit(m)) || !segments_fit(m))
		return EINVAL;
	return 0;
}

static inline uint16_t
desc_flags(uint64_t flags)
{
	uint16_t desc = 0;

	if ((flags & RTE_MBUF_F_TX_VLAN) != 0)
		desc |= SF_TX_DESC_VLAN;
	if ((flags & RTE_MBUF_F_TX_IP_CKSUM) != 0)
		desc |= SF_TX_DESC_L3;
	if ((flags & RTE_MBUF_F_TX_TCP_SEG) != 0)
		desc |= SF_TX_DESC_TSO | SF_TX_DESC_TCP;
	else if ((flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_TCP_CKSUM)
		desc |= SF_TX_DESC_TCP;
	else if ((flags & RTE_MBUF_F_TX_L4_MASK) == RTE_MBUF_F_TX_UDP_CKSUM)
		desc |= SF_TX_DESC_UDP;
	return desc;
}

/* Put a descriptor at tail, with the mbuf to free when it is done. */
static inline void
desc_put(struct sf_txq *txq, const struct sf_tx_desc *desc, struct rte_mbuf *m)
{
	txq->desc[txq->tail] = *desc;
	txq->mbufs[txq->tail] = m;
	sf_in_this_order();
	txq->nb_free--;
	if (++txq->tail == txq->size)
		txq->tail = 0;
}

static inline void
context_put(struct sf_txq *txq, const struct rte_mbuf *m)
{
	const struct sf_tx_ctx ctx = { .mss = m->tso_segsz, .flags = SF_TX_DESC_CTX };
	struct sf_tx_desc desc;

	memcpy(&desc, &ctx, sizeof(desc));
	desc_put(txq, &desc, NULL);
}

static inline void
packet_put(struct sf_txq *txq, struct rte_mbuf *m)
{
	const uint64_t flags = m->ol_flags;
	struct rte_mbuf *seg = m;
	struct sf_tx_desc desc = { .flags = desc_flags(flags) };

	if ((flags & RTE_MBUF_F_TX_VLAN) != 0)
		desc.vlan_tci = m->vlan_tci;
	if ((flags & NEED_HDR) != 0)
		desc.hdr = SF_TX_HDR(m->l2_len, m->l3_len,
			(flags & RTE_MBUF_F_TX_TCP_SEG) != 0 ? m->l4_len : 0);
	if ((flags & RTE_MBUF_F_TX_TCP_SEG) != 0)
		context_put(txq, m);
	for (; seg->next != NULL; seg = seg->next) {
		desc.addr = rte_mbuf_data_iova(seg);
		desc.len = seg->data_len;
		desc_put(txq, &desc, NULL);
		desc = (struct sf_tx_desc) { 0 };
	}
	desc.addr = rte_mbuf_data_iova(seg);
	desc.len = seg->data_len;
	desc.flags |= SF_TX_DESC_EOP;
	desc_put(txq, &desc, m);
}

/*
 * Free mbufs as sf_tx_burst() does, to have so much room.  The status line is looked at once in
 * a burst: a device that is behind writes it all the time.
 */
static inline void
tx_make_room(struct sf_txq *txq, uint16_t room, bool *has_looked)
{
	if (*has_looked)
		room = RTE_MIN(room, txq->nb_done);
	else
		*has_looked = txq->nb_done < room;
	if (room != 0)
		sf_tx_reclaim(txq, room);
}

static __rte_always_inline uint16_t
tx_burst(struct sf_txq *txq, struct rte_mbuf **pkts, uint16_t nb_pkts, const bool wake)
{
	const uint16_t before = txq->tail;
	bool has_looked = false;
	uint16_t n;

	for (n = 0; n < nb_pkts; n++) {
		struct rte_mbuf *m = pkts[n];
		const uint16_t need = m->nb_segs + 1; /* with a context */
		const uint16_t room = RTE_MAX(need, txq->free_thresh);

		if (unlikely(tx_check(m) != 0)) {
			txq->sw->errors++;
			rte_pktmbuf_free(m);
			continue;
		}
		if (txq->nb_free < room)
			tx_make_room(txq, room, &has_looked);
		if (txq->nb_free < need)
			break;
		packet_put(txq, m);
	}
	if (txq->tail != before)
		sf_tx_doorbell(txq, wake);
	return n;
}

uint16_t
sf_tx_burst_full(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return tx_burst(queue, pkts, nb_pkts, false);
}

uint16_t
sf_tx_burst_full_wake(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	return tx_burst(queue, pkts, nb_pkts, true);
}

/* What a packet may be depends on the offloads that the port is configured for. */
static bool
is_configured(const struct rte_eth_dev *dev, const struct rte_mbuf *m)
{
	static const struct {
		uint64_t mask;
		uint64_t flag;
		uint64_t offload;
	} needs[] = {
		{ RTE_MBUF_F_TX_IP_CKSUM, RTE_MBUF_F_TX_IP_CKSUM, RTE_ETH_TX_OFFLOAD_IPV4_CKSUM },
		{ RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_TCP_CKSUM, RTE_ETH_TX_OFFLOAD_TCP_CKSUM },
		{ RTE_MBUF_F_TX_L4_MASK, RTE_MBUF_F_TX_UDP_CKSUM, RTE_ETH_TX_OFFLOAD_UDP_CKSUM },
		{ RTE_MBUF_F_TX_TCP_SEG, RTE_MBUF_F_TX_TCP_SEG, RTE_ETH_TX_OFFLOAD_TCP_TSO },
		{ RTE_MBUF_F_TX_VLAN, RTE_MBUF_F_TX_VLAN, RTE_ETH_TX_OFFLOAD_VLAN_INSERT },
	};
	const uint64_t offloads = dev->data->dev_conf.txmode.offloads;
	unsigned int i;

	for (i = 0; i < RTE_DIM(needs); i++)
		if ((m->ol_flags & needs[i].mask) == needs[i].flag &&
				(offloads & needs[i].offload) == 0)
			return false;
	return m->nb_segs == 1 || (offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) != 0;
}

uint16_t
sf_tx_prepare(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	const struct sf_txq *txq = queue;
	const struct rte_eth_dev *dev = &rte_eth_devices[txq->port->port_id];
	uint16_t i;
	int ret;

	for (i = 0; i < nb_pkts; i++) {
		ret = is_configured(dev, pkts[i]) ? tx_check(pkts[i]) : ENOTSUP;
		if (ret == 0 && (pkts[i]->ol_flags & NEED_HDR) != 0)
			ret = -rte_net_intel_cksum_prepare(pkts[i]);
		if (ret != 0) {
			rte_errno = ret;
			break;
		}
	}
	return i;
}
