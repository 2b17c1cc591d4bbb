/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Sending with vectors: the algorithm, for any width.
 *
 * Does what tx_fill() of sf_example_tx.c does, to four packets at a time.  What
 * a file for an instruction set defines beside what sf_example_rx_vec.h lists:
 *
 *	vec_add64(a, b)	lanes of 64 bits
 *	vec_pick(m, at)	16 bytes of each mbuf, from an offset on
 *	vec_put(p, a)	no alignment
 *
 * A packet that the device cannot take ends the run: sf_tx_fill() goes on from
 * there, one by one.
 */

#define TX_GROUP 4
#define TX_MANY 8 /* packets, for which vectors pay */

/* Where sf_tx_is_plain() finds what it looks at: offsets in 16 bytes of an mbuf. */
#define TX_DATA_LEN	(offsetof(struct rte_mbuf, data_len) - \
	offsetof(struct rte_mbuf, packet_type))
#define TX_NB_SEGS	(offsetof(struct rte_mbuf, nb_segs) - offsetof(struct rte_mbuf, rearm_data))

/* Where an mbuf has the address that the device is given. */
#if (defined(RTE_IOVA_AS_PA) && RTE_IOVA_AS_PA) || \
	(defined(RTE_IOVA_IN_MBUF) && RTE_IOVA_IN_MBUF) /* from DPDK 23.03 on */
#define TX_ADDR		offsetof(struct rte_mbuf, buf_iova)
#else
#define TX_ADDR		offsetof(struct rte_mbuf, buf_addr)
#endif

struct tx_consts {
	VEC addr; /* bits of a descriptor that are its address */
	VEC data_off; /* bits of rearm_data */
	VEC nb_segs;
	VEC low; /* bounds for nb_segs and the length */
	VEC high;
	VEC flags;
};

static const uint8_t tx_len[16] = {
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
	TX_DATA_LEN, TX_DATA_LEN + 1, NONE, NONE, NONE, NONE, NONE, NONE,
};

static __rte_always_inline void
tx_consts_init(struct tx_consts *c)
{
	static const uint64_t addr[2] = { UINT64_MAX, 0 };
	static const uint16_t data_off[8] = { UINT16_MAX };
	static const uint16_t nb_segs[8] = { [TX_NB_SEGS / 2] = UINT16_MAX };
	/* The length is where a descriptor has it. */
	static const uint16_t low[8] = { [TX_NB_SEGS / 2] = 1, [4] = RTE_ETHER_HDR_LEN };
	static const uint16_t high[8] = { [TX_NB_SEGS / 2] = 1, [4] = SF_MAX_FRAME };
	static const struct sf_tx_desc flags = { .flags = SF_TX_DESC_EOP };

	c->addr = vec_dup(addr);
	c->data_off = vec_dup(data_off);
	c->nb_segs = vec_dup(nb_segs);
	c->low = vec_dup(low);
	c->high = vec_dup(high);
	c->flags = vec_dup(&flags);
}

/* Descriptors of the packets; ones if the device can take them, or zeroes somewhere. */
static __rte_always_inline VEC
tx_descs(struct rte_mbuf *const *m, const struct tx_consts *c, VEC *desc)
{
	const VEC addr = vec_pick(m, TX_ADDR);
	const VEC rearm = vec_pick(m, offsetof(struct rte_mbuf, rearm_data));
	const VEC len = vec_table(vec_pick(m, offsetof(struct rte_mbuf, packet_type)),
		vec_dup(tx_len));
	const VEC x = vec_or(vec_and(rearm, c->nb_segs), len);

	*desc = vec_or(vec_and(vec_add64(addr, vec_and(rearm, c->data_off)), c->addr),
		vec_or(len, c->flags));
	return vec_same16(x, vec_min16(vec_max16(x, c->low), c->high));
}

/* Put nb packets into the ring, none of them behind its end. */
static __rte_always_inline void
tx_fill_vec(struct sf_txq *txq, struct rte_mbuf **pkts, uint16_t nb)
{
	struct sf_tx_desc *ring = &txq->desc[txq->tail];
	VEC desc[TX_GROUP / VEC_ITEMS], ok;
	struct tx_consts c;
	uint16_t i, n;

	RTE_BUILD_BUG_ON(TX_DATA_LEN >= 15 || TX_NB_SEGS >= 8 || TX_NB_SEGS % 2 != 0);
	tx_consts_init(&c);
	for (n = 0; n + TX_GROUP <= nb; n += TX_GROUP) {
		ok = tx_descs(&pkts[n], &c, &desc[0]);
		for (i = 1; i < TX_GROUP / VEC_ITEMS; i++)
			ok = vec_and(ok, tx_descs(&pkts[n + i * VEC_ITEMS], &c, &desc[i]));
		if (unlikely(!vec_all(ok)))
			break;
		for (i = 0; i < TX_GROUP / VEC_ITEMS; i++)
			vec_put(&ring[n + i * VEC_ITEMS], desc[i]);
	}
	memcpy(&txq->mbufs[txq->tail], pkts, n * sizeof(pkts[0]));
	sf_in_this_order();
	txq->nb_free -= n;
	txq->tail += n;
	if (txq->tail == txq->size)
		txq->tail = 0;
	if (n < nb)
		sf_tx_fill(txq, pkts + n, nb - n);
}

static __rte_always_inline uint16_t
tx_burst_vec(struct sf_txq *txq, struct rte_mbuf **pkts, uint16_t nb_pkts,
	const bool fast_free, const bool wake)
{
	const uint16_t before = txq->tail;
	const uint16_t room = RTE_MAX(nb_pkts, txq->free_thresh);
	uint16_t n, run;

	if (txq->nb_free < room) {
		if (fast_free)
			sf_tx_reclaim_fast_free(txq, room);
		else
			sf_tx_reclaim(txq, room);
	}
	nb_pkts = RTE_MIN(nb_pkts, txq->nb_free);
	for (n = 0; n < nb_pkts; n += run) {
		run = RTE_MIN(nb_pkts - n, txq->size - txq->tail);
		tx_fill_vec(txq, pkts + n, run);
	}
	if (txq->tail != before)
		sf_tx_doorbell(txq, wake);
	return nb_pkts;
}

/* For few packets there is nothing to gain, nor is any register to be saved for them. */
#define TX_BURST_VEC(isa, kind, fast_free, wake) \
static __rte_noinline uint16_t \
tx_groups ## kind(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts) \
{ \
	return tx_burst_vec(queue, pkts, nb_pkts, fast_free, wake); \
} \
\
uint16_t \
sf_tx_burst_ ## isa ## kind(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts) \
{ \
	return nb_pkts < TX_MANY ? sf_tx_burst ## kind(queue, pkts, nb_pkts) : \
		tx_groups ## kind(queue, pkts, nb_pkts); \
}

#define TX_BURSTS_VEC(isa) \
TX_BURST_VEC(isa, , false, false) \
TX_BURST_VEC(isa, _wake, false, true) \
TX_BURST_VEC(isa, _fast_free, true, false) \
TX_BURST_VEC(isa, _fast_free_wake, true, true)
