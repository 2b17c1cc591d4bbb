/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Completions of every kind that a device may write, and the mbufs that they become,
 * whichever function receives them.
 */

#include <rte_vect.h>

#include "sf_ports.h"

#define NB_DESC 4096
#define GROUP 4 /* packets that vectors deal with at a time */
#define NB_INFO (UINT16_MAX + 1)
#define LEN 60
#define MARK 0xbeef

/* What an application sees of a completion. */
struct seen {
	bool received;
	bool by_vector;
	uint32_t packet_type;
	uint32_t pkt_len;
	uint16_t data_len;
	uint16_t vlan_tci;
	uint16_t mark;
	uint16_t nb_segs;
	uint64_t ol_flags;
};

static struct seen seen[2][NB_INFO];

static const uint64_t rx_csum = RTE_MBUF_F_RX_IP_CKSUM_MASK | RTE_MBUF_F_RX_L4_CKSUM_MASK;

/*
 * Without vectors the mark of a completion is copied whether it has one or not, and with
 * vectors it is not: in an mbuf that has none, it tells how that was received.
 */
static void
look(struct rte_mbuf *m, struct seen *s)
{
	*s = (struct seen) {
		.received = true,
		.by_vector = m->hash.fdir.hi != MARK,
		.packet_type = m->packet_type,
		.pkt_len = m->pkt_len,
		.data_len = m->data_len,
		.vlan_tci = m->vlan_tci,
		.mark = (m->ol_flags & RTE_MBUF_F_RX_FDIR_ID) != 0 ? m->hash.fdir.hi : 0,
		.nb_segs = m->nb_segs,
		.ol_flags = m->ol_flags,
	};
	m->hash.fdir.hi = 0;
}

static bool
same(const struct seen *a, const struct seen *b)
{
	return a->received == b->received && a->packet_type == b->packet_type &&
		a->pkt_len == b->pkt_len && a->data_len == b->data_len &&
		a->vlan_tci == b->vlan_tci && a->mark == b->mark && a->nb_segs == b->nb_segs &&
		a->ol_flags == b->ol_flags;
}

/* Have the device write completions with one info after the other, the info in the hash. */
static int
receive_all(struct seen *all)
{
	struct sf_rx_cpl *ring = sim_host_lock(1)->dev.rxq[0].cpl;
	struct rte_mbuf *m[GROUP];
	uint32_t info;
	uint16_t i, n, at;

	sim_host_unlock();
	memset(all, 0, NB_INFO * sizeof(*all));
	for (info = 0; info < NB_INFO; info += GROUP) {
		for (i = 0; i < GROUP; i++) {
			at = (info + i) % NB_DESC;
			ring[at] = (struct sf_rx_cpl) {
				.hash = info + i, .index = at, .vlan_tci = 0x2064, .len = LEN,
				.mark = MARK, .info = info + i,
				.gen = (info + i) / NB_DESC % 2 == 0,
			};
		}
		n = rte_eth_rx_burst(ports[1], 0, m, GROUP);
		for (i = 0; i < n; i++)
			look(m[i], &all[m[i]->hash.rss % NB_INFO]);
		rte_pktmbuf_free_bulk(m, n);
	}
	return TEST_SUCCESS;
}

static int
receive_with(uint16_t bits, uint64_t offloads, struct seen *all)
{
	struct rte_eth_conf conf = { .rxmode.offloads = offloads };

	TEST_ASSERT_OK(rte_vect_set_max_simd_bitwidth(bits));
	TEST_ASSERT_OK(ports_start(1, NB_DESC, &conf));
	sim_host_freeze(true);
	TEST_ASSERT_OK(receive_all(all));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	sim_host_freeze(false);
	return TEST_SUCCESS;
}

/* Whether a completion is one that vectors deal with; others are left to sf_rx_burst(). */
static bool
is_plain(unsigned int info)
{
	return (info & (SF_RX_CPL_EOP | SF_RX_CPL_MARK)) == SF_RX_CPL_EOP;
}

/* With vectors of so many bits, or fewer if the processor has none, all is the same. */
static int
check_vectors(uint16_t bits)
{
	struct rte_eth_burst_mode mode;
	unsigned int info;
	bool vector;

	TEST_ASSERT_OK(receive_with(bits, 0, seen[1]));
	TEST_ASSERT_OK(rte_eth_rx_burst_mode_get(ports[1], 0, &mode));
	vector = strncmp(mode.info, "Vector", 6) == 0;
	for (info = 0; info < NB_INFO; info++) {
		TEST_ASSERT(same(&seen[0][info], &seen[1][info]),
			"%u bits, info 0x%04x: type 0x%x for 0x%x, flags 0x%llx for 0x%llx",
			bits, info, seen[1][info].packet_type, seen[0][info].packet_type,
			(unsigned long long)seen[1][info].ol_flags,
			(unsigned long long)seen[0][info].ol_flags);
		TEST_ASSERT(seen[1][info].by_vector == (vector && is_plain(info)),
			"%s, info 0x%04x: received with%s vectors", mode.info, info,
			seen[1][info].by_vector ? "" : "out");
	}
	return TEST_SUCCESS;
}

/* All 65,536 of info: without vectors as the data sheet has it, and with any vector the same. */
static int
test_every_info(void)
{
	static const uint16_t widths[] = {
		RTE_VECT_SIMD_128, RTE_VECT_SIMD_256, RTE_VECT_SIMD_512,
	};
	const uint16_t before = rte_vect_get_max_simd_bitwidth();
	unsigned int w, info;

	TEST_ASSERT_OK(receive_with(RTE_VECT_SIMD_DISABLED, 0, seen[0]));
	for (info = 0; info < NB_INFO; info++) {
		TEST_ASSERT_EQUAL(seen[0][info].received, (info & SF_RX_CPL_EOP) != 0);
		TEST_ASSERT_EQUAL(seen[0][info].by_vector, false);
	}
	for (w = 0; w < RTE_DIM(widths); w++)
		TEST_ASSERT_OK(check_vectors(widths[w]));
	return rte_vect_set_max_simd_bitwidth(before);
}

/* A packet of one buffer is the same where packets may take several. */
static int
test_every_info_scattered(void)
{
	unsigned int info;

	TEST_ASSERT_OK(receive_with(RTE_VECT_SIMD_DISABLED, 0, seen[0]));
	TEST_ASSERT_OK(receive_with(RTE_VECT_SIMD_DISABLED, RTE_ETH_RX_OFFLOAD_SCATTER, seen[1]));
	/* In 16 after 16 without the bit a packet goes on: the first of the others ends it. */
	for (info = 0; info < NB_INFO; info++)
		if ((info & SF_RX_CPL_EOP) != 0 && info % 16 != 0)
			TEST_ASSERT(same(&seen[0][info], &seen[1][info]),
				"info 0x%04x", info);
	return TEST_SUCCESS;
}

/* Each checksum is good, bad, or unknown if the device says neither or both. */
static int
test_checksums(void)
{
	static const uint64_t l3[] = {
		0, RTE_MBUF_F_RX_IP_CKSUM_GOOD, RTE_MBUF_F_RX_IP_CKSUM_BAD, 0,
	};
	static const uint64_t l4[] = {
		0, RTE_MBUF_F_RX_L4_CKSUM_GOOD, RTE_MBUF_F_RX_L4_CKSUM_BAD, 0,
	};
	unsigned int info, csum;

	TEST_ASSERT_OK(receive_with(RTE_VECT_SIMD_DISABLED, 0, seen[0]));
	for (info = SF_RX_CPL_EOP; info < NB_INFO; info += 0x100) {
		csum = info >> 8 & 0xf;
		TEST_ASSERT_EQUAL(seen[0][info].ol_flags & rx_csum, l3[csum % 4] | l4[csum / 4]);
	}
	return TEST_SUCCESS;
}

/* Packets of four buffers, in one of which something is wrong: none of it is handed out. */
static int
test_bad_piece(void)
{
	static const struct { uint16_t len; uint16_t index; } wrong[] = {
		{ 0, 0 }, { UINT16_MAX, 0 }, { LEN, 1 },
	};
	struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER };
	struct rte_eth_stats stats;
	struct sf_rx_cpl *ring;
	struct rte_mbuf *m[BURST];
	unsigned int i, bad, kind, n = 0;

	TEST_ASSERT_OK(ports_start(1, NB_DESC, &conf));
	sim_host_freeze(true);
	ring = sim_host_lock(1)->dev.rxq[0].cpl;
	sim_host_unlock();
	for (kind = 0; kind < RTE_DIM(wrong); kind++) {
		for (bad = 0; bad < 4; bad++) { /* then a good one */
			for (i = 0; i < 8; i++, n++)
				ring[n] = (struct sf_rx_cpl) {
					.index = n + (i == bad ? wrong[kind].index : 0),
					.len = i == bad ? wrong[kind].len : LEN,
					.info = i % 4 == 3 ? SF_RX_CPL_EOP : 0,
					.gen = 1,
				};
			TEST_ASSERT(rte_eth_rx_burst(ports[1], 0, m, BURST) == 1,
				"kind %u, buffer %u", kind, bad);
			TEST_ASSERT_EQUAL(m[0]->pkt_len, 4 * LEN);
			TEST_ASSERT_EQUAL(m[0]->nb_segs, 4);
			rte_pktmbuf_free(m[0]);
		}
	}
	/* Too long as a whole, though no buffer is. */
	for (i = 0; i < 6; i++)
		ring[n + i] = (struct sf_rx_cpl) {
			.index = n + i, .len = 2000, .info = i == 5 ? SF_RX_CPL_EOP : 0, .gen = 1,
		};
	TEST_ASSERT_EQUAL(rte_eth_rx_burst(ports[1], 0, m, BURST), 0);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ierrors, RTE_DIM(wrong) * 4 + 1);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	sim_host_freeze(false);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_every_info),
	TEST_CASE(test_every_info_scattered),
	TEST_CASE(test_checksums),
	TEST_CASE(test_bad_piece),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_completions_autotest", cases);

TEST_REGISTER(suite);
