/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Checksums and VLAN tags: what the driver asks for, and what the device makes
 * of it.  Checksums are checked against DPDK's own functions.
 */

#include <errno.h>

#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_vect.h>

#include "sf_packets.h"

static struct packet built, got;

/* --- Checksums ------------------------------------------------------------------ */

static const struct packet_spec specs[] = {
	{ .payload = 1 },
	{ .tcp = true, .payload = 1001 },
	{ .v6 = true, .payload = 1000 },
	{ .v6 = true, .tcp = true },
	{ .payload = 5000 },
	{ .v6 = true, .tcp = true, .payload = 8000 },
};

static int
test_tx_checksum(void)
{
	unsigned int i;
	uint8_t *l4;
	struct rte_mbuf *m;

	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	for (i = 0; i < 2 * RTE_DIM(specs); i++) {
		const struct packet_spec *spec = &specs[i / 2];

		packet_build(spec, &built);
		m = packet_to_mbufs(&built, i % 2 == 0 ? 2048 : RTE_MAX(97u, built.len / 30));
		/* Rubbish where the device is to put the sums. */
		l4 = rte_pktmbuf_mtod_offset(m, uint8_t *, RTE_ETHER_HDR_LEN + built.l3_len);
		memset(l4 + (spec->tcp ? 16 : 6), 0xa5, 2);
		m->ol_flags = spec->tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
		m->ol_flags |= spec->v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
		if (!spec->v6) {
			memset(l4 - 10, 0xa5, 2);
			m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
		}
		TEST_ASSERT_OK(packet_send(ports[0], m));
		m = packet_receive(ports[1], &got);
		TEST_ASSERT(m != NULL, "lost");
		TEST_ASSERT_EQUAL(got.len, built.len);
		TEST_ASSERT_OK(memcmp(got.data, built.data, got.len));
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
			RTE_MBUF_F_RX_L4_CKSUM_GOOD);
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK,
			spec->v6 ? 0 : RTE_MBUF_F_RX_IP_CKSUM_GOOD);
		rte_pktmbuf_free(m);
	}
	return TEST_SUCCESS;
}

/* One octet of a packet is changed on its way: which of the sums should tell? */
static int
test_rx_checksum(void)
{
	struct rte_eth_stats stats;
	unsigned int i, at, bad = 0;
	struct rte_mbuf *m;

	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	for (i = 0; i < RTE_DIM(specs); i++) {
		const uint64_t l3_good = specs[i].v6 ? 0 : RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		const uint64_t l3_bad = specs[i].v6 ? 0 : RTE_MBUF_F_RX_IP_CKSUM_BAD;

		packet_build(&specs[i], &built);
		at = built.len - 1;
		built.data[at] ^= 0x40;
		TEST_ASSERT_OK(packet_send(ports[0], packet_to_mbufs(&built, 2048)));
		m = packet_receive(ports[1], &got);
		TEST_ASSERT(m != NULL, "lost");
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
			RTE_MBUF_F_RX_L4_CKSUM_BAD);
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, l3_good);
		rte_pktmbuf_free(m);
		built.data[at] ^= 0x40;
		built.data[RTE_ETHER_HDR_LEN + 8] ^= 1; /* TTL: no part of a pseudo-header */
		if (specs[i].v6)
			continue;
		TEST_ASSERT_OK(packet_send(ports[0], packet_to_mbufs(&built, 2048)));
		m = packet_receive(ports[1], &got);
		TEST_ASSERT(m != NULL, "lost");
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
			RTE_MBUF_F_RX_L4_CKSUM_GOOD);
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, l3_bad);
		rte_pktmbuf_free(m);
		bad++;
	}
	bad += RTE_DIM(specs);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ipackets, bad);
	TEST_ASSERT_EQUAL(sim_host_lock(1)->dev.r.stats[SF_STAT_RX_BAD_CSUM], bad);
	sim_host_unlock();
	return TEST_SUCCESS;
}

/* UDP without a sum, a fragment, a length that is not the packet's: nothing is said. */
static int
test_rx_checksum_unknown(void)
{
	struct rte_ipv4_hdr *ip = (struct rte_ipv4_hdr *)(built.data + RTE_ETHER_HDR_LEN);
	unsigned int i;
	struct rte_mbuf *m;

	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	for (i = 0; i < 3; i++) {
		packet_build(&(const struct packet_spec) { .payload = 100 }, &built);
		if (i == 0)
			memset(built.data + 40, 0, 2);
		else if (i == 1)
			ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
		else
			ip->total_length = RTE_BE16(1000);
		TEST_ASSERT_OK(packet_send(ports[0], packet_to_mbufs(&built, 2048)));
		m = packet_receive(ports[1], &got);
		TEST_ASSERT(m != NULL, "lost");
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK, 0);
		rte_pktmbuf_free(m);
	}
	return TEST_SUCCESS;
}

/* --- VLAN ------------------------------------------------------------------------ */

static int
test_vlan_insert_and_strip(void)
{
	struct rte_mbuf *m;
	unsigned int i;

	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	packet_build(&(const struct packet_spec) { .tcp = true, .payload = 3000 }, &built);
	for (i = 0; i < 2; i++) { /* with strip, then without */
		m = packet_to_mbufs(&built, 2048);
		m->ol_flags = RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4;
		m->vlan_tci = 0x6123;
		TEST_ASSERT_OK(packet_send(ports[0], m));
		m = packet_receive(ports[1], &got);
		TEST_ASSERT(m != NULL, "lost");
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
			RTE_MBUF_F_RX_L4_CKSUM_GOOD);
		TEST_ASSERT_EQUAL(m->packet_type & RTE_PTYPE_L4_MASK, RTE_PTYPE_L4_TCP);
		if (i == 0) {
			TEST_ASSERT((m->ol_flags & RTE_MBUF_F_RX_VLAN_STRIPPED) != 0 &&
				m->vlan_tci == 0x6123, "tag 0x%x", m->vlan_tci);
			TEST_ASSERT_EQUAL(got.len, built.len);
			TEST_ASSERT_OK(memcmp(got.data, built.data, got.len));
		} else {
			TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_VLAN, 0);
			TEST_ASSERT_EQUAL(got.len, built.len + 4);
			TEST_ASSERT_OK(memcmp(got.data + 12, "\x81\x00\x61\x23", 4));
			TEST_ASSERT_OK(memcmp(got.data + 16, built.data + 12, built.len - 12));
		}
		rte_pktmbuf_free(m);
		TEST_ASSERT_OK(rte_eth_dev_set_vlan_offload(ports[1], 0));
	}
	return TEST_SUCCESS;
}

static int
test_vlan_filter(void)
{
	static const struct { uint16_t tci; bool wanted; } tries[] = {
		{ 100, true }, { 0xe064, true }, { 101, false }, { 4095, true }, { 0, false },
	};
	struct rte_eth_conf conf = all_offloads;
	struct rte_mbuf *m;
	unsigned int i;

	conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_VLAN_FILTER;
	TEST_ASSERT_OK(ports_start_conf(&conf));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 100, 1));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 101, 1));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 101, 0));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 4095, 1));
	packet_build(&(const struct packet_spec) { .payload = 100 }, &built);
	for (i = 0; i < RTE_DIM(tries); i++) {
		m = packet_to_mbufs(&built, 2048);
		m->ol_flags = RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = tries[i].tci;
		TEST_ASSERT_OK(packet_send(ports[0], m));
		TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, tries[i].wanted ? 1000 : 20),
			tries[i].wanted);
		if (tries[i].wanted)
			rte_pktmbuf_free(m);
	}
	/* What has no tag is no matter of the filter. */
	TEST_ASSERT_OK(packet_send(ports[0], packet_to_mbufs(&built, 2048)));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, 1000), 1);
	rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

/* --- Packet types ----------------------------------------------------------------------- */

/* Each kind of packet, and nothing that is not said to be told. */
static int
ptypes_check(void)
{
	static const struct { struct packet_spec spec; uint32_t ptype; } kinds[] = {
		{ { .tcp = true }, RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_TCP },
		{ { .payload = 30 }, RTE_PTYPE_L3_IPV4_EXT_UNKNOWN | RTE_PTYPE_L4_UDP },
		{ { .v6 = true, .tcp = true }, RTE_PTYPE_L3_IPV6_EXT_UNKNOWN | RTE_PTYPE_L4_TCP },
		{ { .v6 = true, .payload = 9 }, RTE_PTYPE_L3_IPV6_EXT_UNKNOWN | RTE_PTYPE_L4_UDP },
		{ { .payload = 31 }, RTE_PTYPE_L3_IPV4_EXT_UNKNOWN }, /* a fragment */
		{ { .payload = 32 }, 0 }, /* no IP */
	};
	struct rte_mbuf *m[RTE_DIM(kinds)];
	uint32_t ptypes[16], said = 0;
	unsigned int i;
	int n;

	n = rte_eth_dev_get_supported_ptypes(ports[1], RTE_PTYPE_ALL_MASK, ptypes, RTE_DIM(ptypes));
	TEST_ASSERT(n > 0 && n <= (int)RTE_DIM(ptypes), "%d packet types", n);
	while (n > 0)
		said |= ptypes[--n];
	for (i = 0; i < RTE_DIM(kinds); i++) {
		packet_build(&kinds[i].spec, &built);
		if (i == 4)
			built.data[RTE_ETHER_HDR_LEN + 7] = 1; /* its offset */
		if (i == 5)
			built.data[12] = 0x88;
		m[i] = packet_to_mbufs(&built, 2048);
		TEST_ASSERT(m[i] != NULL, "out of mbufs");
	}
	/* In one burst, so that vectors have different ones side by side. */
	TEST_ASSERT_OK(port_send(ports[0], 0, m, RTE_DIM(m)));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, m, RTE_DIM(m), 1000), RTE_DIM(m));
	for (i = 0; i < RTE_DIM(kinds); i++) {
		TEST_ASSERT_EQUAL(m[i]->packet_type, kinds[i].ptype | RTE_PTYPE_L2_ETHER);
		TEST_ASSERT_EQUAL(m[i]->packet_type & ~said, 0);
	}
	rte_pktmbuf_free_bulk(m, RTE_DIM(m));
	return TEST_SUCCESS;
}

/* With every receive function there is here. */
static int
test_packet_types(void)
{
	static const uint16_t widths[] = {
		RTE_VECT_SIMD_DISABLED, RTE_VECT_SIMD_128, RTE_VECT_SIMD_256, RTE_VECT_SIMD_512,
	};
	const uint16_t bits = rte_vect_get_max_simd_bitwidth();
	struct rte_eth_conf plain = { 0 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(widths); i++) {
		if (rte_vect_set_max_simd_bitwidth(widths[i]) < 0)
			break; /* the command line has the last word */
		TEST_ASSERT_OK(ports_start_conf(&plain));
		TEST_ASSERT(ptypes_check() == 0, "%u bits", widths[i]);
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	}
	rte_vect_set_max_simd_bitwidth(bits);
	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	return ptypes_check();
}

/* --- Refusals ------------------------------------------------------------------------- */

/* What rte_eth_tx_prepare() refuses, and a burst drops and counts: no queue halts. */
static int
test_refused(void)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *m;
	unsigned int i;

	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	for (i = 0; i < 10; i++) {
		const bool jumbo = i == 0 || i == 1;

		packet_build(&(const struct packet_spec) {
			.tcp = true, .payload = jumbo ? 9000 : 1000 }, &built);
		m = packet_to_mbufs(&built, i == 1 ? 200 : 2048);
		TEST_ASSERT(m != NULL, "out of mbufs");
		m->tso_segsz = 500;
		switch (i) {
		case 2:
			m->ol_flags = RTE_MBUF_F_TX_SCTP_CKSUM;
			break;
		case 3:
			m->ol_flags = RTE_MBUF_F_TX_QINQ;
			break;
		case 4:
			m->ol_flags = RTE_MBUF_F_TX_IP_CKSUM;
			m->l2_len = 15;
			break;
		case 5:
			m->ol_flags = RTE_MBUF_F_TX_IP_CKSUM;
			m->l3_len = 16;
			break;
		case 6:
			m->ol_flags = RTE_MBUF_F_TX_TCP_SEG;
			m->tso_segsz = 0;
			break;
		case 7:
			m->ol_flags = RTE_MBUF_F_TX_TCP_SEG;
			m->l4_len = 8;
			break;
		case 8:
			m->ol_flags = RTE_MBUF_F_TX_TCP_CKSUM;
			m->l3_len = 400;
			break;
		case 9:
			m->nb_segs = 2; /* a lie */
			break;
		}
		TEST_ASSERT_EQUAL(rte_eth_tx_prepare(ports[0], 0, &m, 1), 0);
		TEST_ASSERT(rte_errno == EINVAL || rte_errno == ENOTSUP, "%d", rte_errno);
		TEST_ASSERT_OK(port_send(ports[0], 0, &m, 1));
	}
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &stats));
	TEST_ASSERT_EQUAL(stats.oerrors, 10);
	TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 64));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	/* Not configured: refused beforehand. */
	TEST_ASSERT_OK(ports_start_conf(&(const struct rte_eth_conf) { 0 }));
	packet_build(&(const struct packet_spec) { .payload = 100 }, &built);
	m = packet_to_mbufs(&built, 2048);
	m->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4;
	TEST_ASSERT_EQUAL(rte_eth_tx_prepare(ports[0], 0, &m, 1), 0);
	TEST_ASSERT_EQUAL(rte_errno, ENOTSUP);
	rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

static void
have_lacking(uint32_t features)
{
	sim_host_lock(1)->dev.wire->lacking = features;
	sim_host_unlock();
}

/* A port offers no more than its device does. */
static int
test_lacking(void)
{
	struct rte_eth_dev_info info;
	int ret;

	TEST_ASSERT_OK(port_detach(1));
	have_lacking(SF_F_CSUM | SF_F_TSO);
	ret = port_attach(1, "");
	have_lacking(0);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[1], &info));
	TEST_ASSERT_EQUAL(info.rx_offload_capa, RTE_ETH_RX_OFFLOAD_RSS_HASH |
		RTE_ETH_RX_OFFLOAD_VLAN_STRIP | RTE_ETH_RX_OFFLOAD_VLAN_FILTER |
		RTE_ETH_RX_OFFLOAD_SCATTER);
	TEST_ASSERT_EQUAL(info.tx_offload_capa, RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE |
		RTE_ETH_TX_OFFLOAD_VLAN_INSERT | RTE_ETH_TX_OFFLOAD_MULTI_SEGS);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_tx_checksum),
	TEST_CASE(test_rx_checksum),
	TEST_CASE(test_rx_checksum_unknown),
	TEST_CASE(test_vlan_insert_and_strip),
	TEST_CASE(test_vlan_filter),
	TEST_CASE(test_packet_types),
	TEST_CASE(test_refused),
	TEST_CASE(test_lacking),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_offload_autotest", cases);

TEST_REGISTER(suite);
