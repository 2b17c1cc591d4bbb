/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Receiving with vectors: the algorithm, for any width.
 *
 * Does what rx_run() of sf_example_rx.c does, to four completions at a time.
 * A file for an instruction set defines what is listed below and includes this
 * one.  Nothing moves a byte across a border of 16, so every operation works
 * on one completion, or on two or four side by side, in the same way.
 *
 *	VEC		a vector; VEC_ITEMS completions fit
 *	vec_load(p)	no alignment
 *	vec_dup(p)	16 bytes, repeated
 *	vec_all16(x), vec_all64(x)
 *			a number in each lane
 *	vec_and(a, b), vec_or(a, b)
 *	vec_add16(a, b), vec_min16(a, b), vec_max16(a, b), vec_same16(a, b)
 *			lanes of 16 bits, unsigned; same: all ones or all zeroes
 *	vec_left16(a, n), vec_right16(a, n)
 *	vec_table(t, i)	bytes of t picked by those of i; 0 where i has bit 7 set
 *	vec_all(a)	whether all bits are ones
 *	vec_store(m, a, b)
 *			to each mbuf, 16 bytes of a, then of b, from rearm_data on
 *
 * A completion that is out of the ordinary - wrong, of a packet that goes on,
 * or with a mark - ends the run, and so does one that is not there.
 * sf_rx_burst() goes on from there, one by one.
 */

/* Offsets of fields in a completion. */
#define CPL_VLAN	6
#define CPL_LEN		8
#define CPL_INFO	12
#define NONE		0x80 /* makes vec_table() give 0 */

struct rx_consts {
	VEC keep; /* bits of a completion that are checked */
	VEC low; /* bounds for these */
	VEC high;
	VEC step; /* what a vector adds to the index */
	VEC rearm;
};

/* Bytes of a completion, by their place in the mbuf from packet_type on. */
static const uint8_t rx_fields[16] = {
	NONE, NONE, NONE, NONE, /* packet_type */
	CPL_LEN, CPL_LEN + 1, NONE, NONE, /* pkt_len */
	CPL_LEN, CPL_LEN + 1, CPL_VLAN, CPL_VLAN + 1,
	0, 1, 2, 3, /* hash */
};

/* info to where packet_type is, and to where ol_flags is. */
static const uint8_t rx_info_ptype[16] = {
	CPL_INFO, CPL_INFO, NONE, NONE, NONE, NONE, NONE, NONE,
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
};
static const uint8_t rx_info_low[16] = {
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
	CPL_INFO, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
};
static const uint8_t rx_info_high[16] = {
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
	CPL_INFO + 1, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
};

static const uint8_t rx_low_nibble[16] = {
	0xf, 0xf, 0, 0, 0, 0, 0, 0, 0xf, 0, 0, 0, 0, 0, 0, 0,
};
/* The index of a byte alone, when or-ed: the others are not looked up. */
static const uint8_t rx_first[16] = {
	0, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
};
static const uint8_t rx_second[16] = {
	NONE, 0, NONE, NONE, NONE, NONE, NONE, NONE,
	NONE, NONE, NONE, NONE, NONE, NONE, NONE, NONE,
};

#define L3_IPV4	(RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV4_EXT_UNKNOWN)
#define L3_IPV6	(RTE_PTYPE_L2_ETHER | RTE_PTYPE_L3_IPV6_EXT_UNKNOWN)

#define L4_TCP	(RTE_PTYPE_L4_TCP >> 8)
#define L4_UDP	(RTE_PTYPE_L4_UDP >> 8)

/* As sf_rx_ptypes[], the first byte and the second. */
static const uint8_t rx_l3_types[16] = {
	RTE_PTYPE_L2_ETHER, L3_IPV4, L3_IPV6, 0, 0, L3_IPV4, L3_IPV6, 0,
	0, L3_IPV4, L3_IPV6, 0, 0, 0, 0, 0,
};
static const uint8_t rx_l4_types[16] = {
	0, 0, 0, 0, 0, L4_TCP, L4_TCP, 0, 0, L4_UDP, L4_UDP, 0, 0, 0, 0, 0,
};

#define VLAN	(RTE_MBUF_F_RX_VLAN | RTE_MBUF_F_RX_VLAN_STRIPPED)
#define HASH	RTE_MBUF_F_RX_RSS_HASH

/* As sf_rx_flags[], but for marks. */
static const uint8_t rx_flags[16] = {
	0, 0, HASH, HASH, VLAN, VLAN, VLAN | HASH, VLAN | HASH,
};

/* As sf_rx_csum_flags[], shifted to fit a byte. */
#define L3_GOOD	(RTE_MBUF_F_RX_IP_CKSUM_GOOD >> 1)
#define L3_BAD	(RTE_MBUF_F_RX_IP_CKSUM_BAD >> 1)
#define L4_GOOD	(RTE_MBUF_F_RX_L4_CKSUM_GOOD >> 1)
#define L4_BAD	(RTE_MBUF_F_RX_L4_CKSUM_BAD >> 1)

static const uint8_t rx_csum_flags[16] = {
	0, L3_GOOD, L3_BAD, 0,
	L4_GOOD, L4_GOOD | L3_GOOD, L4_GOOD | L3_BAD, L4_GOOD,
	L4_BAD, L4_BAD | L3_GOOD, L4_BAD | L3_BAD, L4_BAD,
	0, L3_GOOD, L3_BAD, 0,
};

static const struct sf_rx_cpl rx_keep = {
	.index = UINT16_MAX, .len = UINT16_MAX, .info = SF_RX_CPL_EOP | SF_RX_CPL_MARK, .gen = 1,
};
static const struct sf_rx_cpl rx_low = { .len = 1, .info = SF_RX_CPL_EOP };
static const struct sf_rx_cpl rx_high = { .info = SF_RX_CPL_EOP };
static const struct sf_rx_cpl rx_step = { .index = VEC_ITEMS };
static const struct sf_rx_cpl rx_counting[SF_RX_GROUP] = {
	{ .index = 0 }, { .index = 1 }, { .index = 2 }, { .index = 3 },
};

/* A field, all ones. */
static const struct sf_rx_cpl rx_index = { .index = UINT16_MAX };
static const struct sf_rx_cpl rx_len = { .len = UINT16_MAX };
static const struct sf_rx_cpl rx_gen = { .gen = UINT16_MAX };
static const uint64_t rx_rearm[2] = { UINT64_MAX, 0 };

/*
 * Made in registers: what is put together in memory cannot be loaded as a
 * vector before all of it has got to the cache.
 */
static __rte_always_inline void
rx_consts_init(struct rx_consts *c, const struct sf_rxq *rxq)
{
	const VEC index = vec_add16(vec_and(vec_all16(rxq->next), vec_dup(&rx_index)),
		vec_load(rx_counting));
	const VEC gen = vec_and(vec_all16(rxq->gen), vec_dup(&rx_gen));
	const VEC len = vec_and(vec_all16(rxq->buf_size), vec_dup(&rx_len));

	c->keep = vec_dup(&rx_keep);
	c->low = vec_or(vec_dup(&rx_low), vec_or(index, gen));
	c->high = vec_or(vec_or(vec_dup(&rx_high), len), vec_or(index, gen));
	c->step = vec_dup(&rx_step);
	c->rearm = vec_and(vec_all64(rxq->rearm), vec_dup(rx_rearm));
}

/* Whether a completion is one of those that are dealt with here: ones, or zeroes somewhere. */
static __rte_always_inline VEC
rx_check(VEC cpl, struct rx_consts *c)
{
	const VEC x = vec_and(cpl, c->keep);
	const VEC ok = vec_same16(x, vec_min16(vec_max16(x, c->low), c->high));

	c->low = vec_add16(c->low, c->step);
	c->high = vec_add16(c->high, c->step);
	return ok;
}

static __rte_always_inline void
rx_fill(struct rte_mbuf **mbufs, VEC cpl, const struct rx_consts *c)
{
	const VEC low_nibble = vec_dup(rx_low_nibble);
	const VEC ptype = vec_and(vec_table(cpl, vec_dup(rx_info_ptype)), low_nibble);
	const VEC l3 = vec_table(vec_dup(rx_l3_types), vec_or(ptype, vec_dup(rx_first)));
	const VEC l4 = vec_table(vec_dup(rx_l4_types), vec_or(ptype, vec_dup(rx_second)));
	const VEC fields = vec_or(vec_table(cpl, vec_dup(rx_fields)), vec_or(l3, l4));
	const VEC low = vec_right16(vec_table(cpl, vec_dup(rx_info_low)), 4);
	const VEC high = vec_and(vec_table(cpl, vec_dup(rx_info_high)), low_nibble);
	const VEC flags = vec_or(vec_table(vec_dup(rx_flags), low),
		vec_left16(vec_table(vec_dup(rx_csum_flags), high), 1));

	vec_store(mbufs, vec_or(c->rearm, flags), fields);
}

/* Take up to nb packets, none of them behind the end of the ring. */
static __rte_always_inline uint16_t
rx_run_vec(struct sf_rxq *rxq, struct rte_mbuf **pkts, uint16_t nb)
{
	const union sf_rx_cpl_words *ring = &rxq->cpl[rxq->next];
	struct rte_mbuf **mbufs = &rxq->mbufs[rxq->next];
	union sf_rx_cpl_words last;
	VEC cpl[SF_RX_GROUP / VEC_ITEMS], ok;
	struct rx_consts c;
	uint16_t i, n;

	rx_consts_init(&c, rxq);
	for (n = 0; n + SF_RX_GROUP <= nb; n += SF_RX_GROUP) {
		/*
		 * They are written in order, so if the last one is there, all
		 * are, and what is loaded behind this is what the device has
		 * written.  It is checked all the same.
		 */
		last.word[1] = sf_dma_load(&ring[n + SF_RX_GROUP - 1].word[1], acquire);
		if (((last.cpl.gen ^ rxq->gen) & 1) != 0)
			break;
		for (i = 0; i < SF_RX_GROUP / VEC_ITEMS; i++)
			cpl[i] = vec_load(&ring[n + i * VEC_ITEMS]);
		ok = rx_check(cpl[0], &c);
		for (i = 1; i < SF_RX_GROUP / VEC_ITEMS; i++)
			ok = vec_and(ok, rx_check(cpl[i], &c));
		if (unlikely(!vec_all(ok)))
			break;
		for (i = 0; i < SF_RX_GROUP / VEC_ITEMS; i++)
			rx_fill(&mbufs[n + i * VEC_ITEMS], cpl[i], &c);
		memcpy(&pkts[n], &mbufs[n], SF_RX_GROUP * sizeof(pkts[0]));
	}
	rxq->nb_free += n;
	sf_in_this_order();
	rxq->next += n;
	if (rxq->next == rxq->size)
		sf_rxq_wrap(rxq);
	return n;
}

static __rte_always_inline uint16_t
rx_groups(struct sf_rxq *rxq, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	const uint16_t nb = RTE_MIN(nb_pkts, sf_rx_posted(rxq));
	uint16_t n;

	RTE_BUILD_BUG_ON(((RTE_PTYPE_L4_TCP | RTE_PTYPE_L4_UDP) & ~0xff00) != 0);
	RTE_BUILD_BUG_ON(offsetof(struct rte_mbuf, ol_flags) !=
		offsetof(struct rte_mbuf, rearm_data) + 8);
	RTE_BUILD_BUG_ON(offsetof(struct rte_mbuf, packet_type) !=
		offsetof(struct rte_mbuf, rearm_data) + 16);

	n = rx_run_vec(rxq, pkts, RTE_MIN(nb, rxq->size - rxq->next));
	if (n < nb_pkts)
		return n + sf_rx_burst(rxq, pkts + n, nb_pkts - n);
	if (rxq->nb_free >= rxq->free_thresh && sf_rxq_post(rxq))
		rte_write32(rxq->tail, rxq->tail_db); /* after the descriptors */
	return n;
}

#define RX_GROUPS_VEC(isa) \
uint16_t \
sf_rx_groups_ ## isa(void *queue, struct rte_mbuf **pkts, uint16_t nb_pkts) \
{ \
	return rx_groups(queue, pkts, nb_pkts); \
}
