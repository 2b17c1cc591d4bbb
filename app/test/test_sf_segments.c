/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Packets of several mbufs, both ways, and TCP packets that the device cuts up.
 */

#include <rte_cycles.h>
#include <rte_ip.h>
#include <rte_tcp.h>

#include "sf_packets.h"

static struct packet built, got;

/* --- Several mbufs ------------------------------------------------------------- */

static int
test_jumbo(void)
{
	static const struct { uint16_t payload, seg_len; } tries[] = {
		{ 0, 9000 }, { 1000, 100 }, { 1986, 2048 }, { 2006, 2000 }, { 2007, 2000 },
		{ 4054, 2048 }, { 8972, 2048 }, { 8972, 231 }, { 8976, 2048 }, { 3000, 1025 },
	};
	unsigned int round, i;
	struct rte_mbuf *m;

	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	for (round = 0; round < 60; round++) { /* more than once round both rings */
		for (i = 0; i < RTE_DIM(tries); i++) {
			packet_build(&(const struct packet_spec) { .payload = tries[i].payload },
				&built);
			TEST_ASSERT_OK(packet_send(ports[0],
				packet_to_mbufs(&built, tries[i].seg_len)));
			m = packet_receive(ports[1], &got);
			TEST_ASSERT(m != NULL, "lost %u bytes", built.len);
			TEST_ASSERT_EQUAL(got.len, built.len);
			TEST_ASSERT_OK(memcmp(got.data, built.data, got.len));
			TEST_ASSERT_EQUAL(m->nb_segs, (got.len + 2047) / 2048);
			rte_pktmbuf_free(m);
		}
	}
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return TEST_SUCCESS;
}

/* Send a packet that needs several buffers, and see that it comes in these. */
static int
exchange_jumbo(void)
{
	struct rte_mbuf *m;

	packet_build(&(const struct packet_spec) { .payload = 8972 }, &built);
	TEST_ASSERT_OK(packet_send(ports[0], packet_to_mbufs(&built, 2000)));
	m = packet_receive(ports[1], &got);
	TEST_ASSERT(m != NULL && got.len == built.len, "lost");
	TEST_ASSERT_OK(memcmp(got.data, built.data, got.len));
	TEST_ASSERT_EQUAL(m->nb_segs, (got.len + 2047) / 2048);
	rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

static int
check_scattered(bool expected)
{
	struct rte_eth_burst_mode mode;
	struct rte_eth_rxq_info info;

	TEST_ASSERT_OK(rte_eth_rx_queue_info_get(ports[1], 0, &info));
	TEST_ASSERT_EQUAL(info.scattered_rx, expected);
	TEST_ASSERT_OK(rte_eth_rx_burst_mode_get(ports[1], 0, &mode));
	TEST_ASSERT_EQUAL(strstr(mode.info, "scattered") != NULL, expected);
	return TEST_SUCCESS;
}

/* Ports of all offloads and of none, the latter with an MTU of its own if that is not 0. */
static int
start_plain_receiver(uint16_t mtu)
{
	struct rte_eth_conf conf = all_offloads, plain = { .rxmode.mtu = mtu };

	TEST_ASSERT_OK(port_configure(ports[1], 1, 512, &plain));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[1]));
	TEST_ASSERT_OK(port_configure(ports[0], 1, 512, &conf));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
	return port_wait_link(ports[0], true);
}

/*
 * A packet that the MTU allows, and that is larger than an Rx buffer, is received in several
 * buffers, though the application has not asked for RTE_ETH_RX_OFFLOAD_SCATTER.
 */
static int
test_jumbo_unasked(void)
{
	TEST_ASSERT_OK(start_plain_receiver(9000));
	TEST_ASSERT_OK(check_scattered(true));
	TEST_ASSERT_OK(exchange_jumbo());
	/* A smaller MTU leaves a port that runs as it is, until it is started anew. */
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[1], RTE_ETHER_MTU));
	TEST_ASSERT_OK(check_scattered(true));
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[1], 9000));
	TEST_ASSERT_OK(exchange_jumbo());
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[1], RTE_ETHER_MTU));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(check_scattered(false));
	return TEST_SUCCESS;
}

/* A port that runs cannot begin to scatter; what does not fit a buffer is dropped and counted. */
static int
test_jumbo_refused(void)
{
	struct rte_mempool *small;
	struct rte_eth_stats stats;
	struct rte_mbuf *m;
	int ret;

	TEST_ASSERT_OK(start_plain_receiver(0));
	TEST_ASSERT_OK(check_scattered(false));
	TEST_ASSERT_EQUAL(rte_eth_dev_set_mtu(ports[1], 9000), -EBUSY);
	packet_build(&(const struct packet_spec) { .payload = 3000 }, &built);
	TEST_ASSERT_OK(packet_send(ports[0], packet_to_mbufs(&built, 2000)));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, 20), 0);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ierrors, 1);
	small = rte_pktmbuf_pool_create("sf_small", 1023, 0, 0, 1000 + RTE_PKTMBUF_HEADROOM,
			SOCKET_ID_ANY);
	TEST_ASSERT(small != NULL, "no mempool");
	TEST_ASSERT_OK(rte_eth_dev_rx_queue_stop(ports[1], 0));
	ret = rte_eth_rx_queue_setup(ports[1], 0, 512, SOCKET_ID_ANY, NULL, small);
	TEST_ASSERT_EQUAL(ret, -EBUSY);
	TEST_ASSERT_OK(rte_eth_rx_queue_setup(ports[1], 0, 512, SOCKET_ID_ANY, NULL, pool));
	rte_mempool_free(small);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[1], 9000));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(port_wait_link(ports[1], true));
	TEST_ASSERT_OK(check_scattered(true));
	return exchange_jumbo();
}

/* The least that a buffer has to take is the least frame, also where packets are scattered. */
static int
test_small_buffers_refused(void)
{
	struct rte_mempool *small;
	int ret;

	TEST_ASSERT_OK(ports_start(1, 64, &(struct rte_eth_conf) { .rxmode = all_offloads.rxmode,
		.txmode = all_offloads.txmode }));
	small = rte_pktmbuf_pool_create("sf_small", 1023, 0, 0, 64 + RTE_PKTMBUF_HEADROOM,
			SOCKET_ID_ANY);
	TEST_ASSERT(small != NULL, "no mempool");
	TEST_ASSERT_OK(rte_eth_dev_rx_queue_stop(ports[1], 0));
	ret = rte_eth_rx_queue_setup(ports[1], 0, 64, SOCKET_ID_ANY, NULL, small);
	rte_mempool_free(small);
	TEST_ASSERT_EQUAL(ret, -EINVAL);
	return TEST_SUCCESS;
}

/* A packet waits until there are buffers for all of it, and is not delivered in part. */
static int
test_jumbo_pause(void)
{
	struct rte_mbuf *m[20], *in;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, &(struct rte_eth_conf) { .rxmode = all_offloads.rxmode,
		.txmode = all_offloads.txmode }));
	packet_build(&(const struct packet_spec) { .payload = 8000 }, &built);
	for (i = 0; i < RTE_DIM(m); i++)
		m[i] = packet_to_mbufs(&built, 2048);
	/* 8 of 4 segments take the 32 buffers that a ring of 64 starts with. */
	TEST_ASSERT_OK(port_send(ports[0], 0, m, RTE_DIM(m)));
	rte_delay_us_sleep(2000);
	TEST_ASSERT_EQUAL(rte_eth_rx_queue_count(ports[1], 0), 32);
	for (i = 0; i < RTE_DIM(m); i++) {
		in = packet_receive(ports[1], &got);
		TEST_ASSERT(in != NULL && in->pkt_len == built.len, "packet %u", i);
		rte_pktmbuf_free(in);
	}
	return TEST_SUCCESS;
}

/* --- TCP segmentation --------------------------------------------------------------- */

/* A frame of a packet cut up, against the packet. */
static int
check_segment(const struct packet_spec *spec, uint32_t at, uint32_t len, unsigned int index)
{
	const uint32_t hdr = RTE_ETHER_HDR_LEN + built.l3_len + built.l4_len;
	struct rte_ipv4_hdr *ip = (void *)(got.data + RTE_ETHER_HDR_LEN);
	struct rte_tcp_hdr *tcp = (void *)(got.data + RTE_ETHER_HDR_LEN + built.l3_len);
	const bool last = at + len == spec->payload;

	TEST_ASSERT_EQUAL(got.len, hdr + len);
	TEST_ASSERT_OK(memcmp(got.data + hdr, built.data + hdr + at, len));
	TEST_ASSERT_EQUAL(rte_be_to_cpu_32(tcp->sent_seq), (uint32_t)(0xfffffff0 + at));
	TEST_ASSERT_EQUAL(tcp->tcp_flags, RTE_TCP_ACK_FLAG |
		(last ? RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG : 0));
	if (spec->v6) {
		TEST_ASSERT_OK(rte_ipv6_udptcp_cksum_verify((void *)ip, tcp));
		return TEST_SUCCESS;
	}
	TEST_ASSERT_EQUAL(rte_be_to_cpu_16(ip->packet_id), (uint16_t)(0xfffe + index));
	TEST_ASSERT_EQUAL(rte_ipv4_cksum(ip), 0);
	TEST_ASSERT_OK(rte_ipv4_udptcp_cksum_verify(ip, tcp));
	return TEST_SUCCESS;
}

static int
tso(const struct packet_spec *spec, uint16_t mss, uint16_t seg_len)
{
	uint32_t at = 0, len;
	unsigned int index = 0;
	struct rte_mbuf *m;

	packet_build(spec, &built);
	m = packet_to_mbufs(&built, seg_len);
	TEST_ASSERT(m != NULL, "out of mbufs");
	m->ol_flags = RTE_MBUF_F_TX_TCP_SEG | (spec->v6 ? RTE_MBUF_F_TX_IPV6 :
		RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	m->tso_segsz = mss;
	TEST_ASSERT_OK(packet_send(ports[0], m));
	do {
		len = RTE_MIN(spec->payload - at, (uint32_t)mss);
		m = packet_receive(ports[1], &got);
		TEST_ASSERT(m != NULL, "lost at %u of %u", at, spec->payload);
		TEST_ASSERT_OK(check_segment(spec, at, len, index++));
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
			RTE_MBUF_F_RX_L4_CKSUM_GOOD);
		rte_pktmbuf_free(m);
		at += len;
	} while (at < spec->payload);
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, 2), 0);
	return TEST_SUCCESS;
}

static int
test_tso(void)
{
	static const struct {
		struct packet_spec spec;
		uint16_t mss, seg_len;
	} tries[] = {
		{ { .tcp = true, .payload = 64000 }, 1460, 2048 },
		{ { .v6 = true, .tcp = true, .payload = 64000 }, 8900, 2048 },
		{ { .tcp = true, .payload = 1460 * 3 }, 1460, 1000 },
		{ { .v6 = true, .tcp = true, .payload = 3 }, 1460, 2048 },
		{ { .tcp = true, .payload = 0 }, 1460, 2048 },
		/* More frames than are sent in one go, and than there are Rx buffers. */
		{ { .tcp = true, .payload = 2000 }, 2, 2048 },
	};
	unsigned int i;

	TEST_ASSERT_OK(ports_start_conf(&all_offloads));
	for (i = 0; i < RTE_DIM(tries); i++)
		TEST_ASSERT(tso(&tries[i].spec, tries[i].mss, tries[i].seg_len) == 0, "try %u", i);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_jumbo),
	TEST_CASE(test_jumbo_unasked),
	TEST_CASE(test_jumbo_refused),
	TEST_CASE(test_small_buffers_refused),
	TEST_CASE(test_jumbo_pause),
	TEST_CASE(test_tso),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_segments_autotest", cases);

TEST_REGISTER(suite);
