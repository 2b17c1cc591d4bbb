/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Offloads, and packets of several mbufs: what the driver asks for, and what
 * the device makes of it.  Checksums are checked against DPDK's own functions.
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "sf_ports.h"

#define FRAME_LONGEST 66000

#define TX_CSUM (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | \
	RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
#define RX_CSUM (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | \
	RTE_ETH_RX_OFFLOAD_UDP_CKSUM)

static const struct rte_eth_conf all_offloads = {
	.rxmode = {
		.mtu = 9000,
		.offloads = RTE_ETH_RX_OFFLOAD_SCATTER | RX_CSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP,
	},
	.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | TX_CSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO |
		RTE_ETH_TX_OFFLOAD_VLAN_INSERT,
};

/* --- Packets ------------------------------------------------------------------ */

/* IP with TCP or UDP, without options. */
struct spec {
	bool v6;
	bool tcp;
	uint16_t payload;
};

/* A packet in one piece. */
struct flat {
	uint8_t data[FRAME_LONGEST];
	uint32_t len;
	uint16_t l3_len;
	uint16_t l4_len;
};

static struct flat built, got;

static uint16_t
l4_sum(struct flat *f)
{
	void *ip = f->data + RTE_ETHER_HDR_LEN;
	void *l4 = (uint8_t *)ip + f->l3_len;

	return f->l3_len == sizeof(struct rte_ipv4_hdr) ?
		rte_ipv4_udptcp_cksum(ip, l4) : rte_ipv6_udptcp_cksum(ip, l4);
}

/* A packet with all its checksums right. */
static void
build(const struct spec *spec, struct flat *f)
{
	uint8_t *l3 = f->data + RTE_ETHER_HDR_LEN, *l4;
	uint32_t i;

	memset(f, 0, 200);
	f->l3_len = spec->v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	f->l4_len = spec->tcp ? sizeof(struct rte_tcp_hdr) : sizeof(struct rte_udp_hdr);
	f->len = RTE_ETHER_HDR_LEN + f->l3_len + f->l4_len + spec->payload;
	l4 = l3 + f->l3_len;
	for (i = 0; i < spec->payload; i++)
		l4[f->l4_len + i] = (uint8_t)(i * 7 + (i >> 8));
	memcpy(f->data, station, RTE_ETHER_ADDR_LEN);
	memcpy(f->data + RTE_ETHER_ADDR_LEN, station, RTE_ETHER_ADDR_LEN);
	f->data[12] = spec->v6 ? 0x86 : 0x08;
	f->data[13] = spec->v6 ? 0xdd : 0x00;
	if (spec->v6) {
		*(struct rte_ipv6_hdr *)l3 = (struct rte_ipv6_hdr) {
			.vtc_flow = RTE_BE32(6u << 28),
			.payload_len = rte_cpu_to_be_16(f->l4_len + spec->payload),
			.proto = spec->tcp ? IPPROTO_TCP : IPPROTO_UDP,
			.src_addr = { 0xfd, 1 }, .dst_addr = { 0xfd, 2 },
		};
	} else {
		*(struct rte_ipv4_hdr *)l3 = (struct rte_ipv4_hdr) {
			.version_ihl = RTE_IPV4_VHL_DEF,
			.total_length = rte_cpu_to_be_16(f->l3_len + f->l4_len + spec->payload),
			.packet_id = RTE_BE16(0xfffe),
			.time_to_live = 64,
			.next_proto_id = spec->tcp ? IPPROTO_TCP : IPPROTO_UDP,
			.src_addr = RTE_BE32(0x0a000001), .dst_addr = RTE_BE32(0x0a000002),
		};
		((struct rte_ipv4_hdr *)l3)->hdr_checksum = rte_ipv4_cksum((void *)l3);
	}
	if (spec->tcp) {
		*(struct rte_tcp_hdr *)l4 = (struct rte_tcp_hdr) {
			.src_port = RTE_BE16(1000), .dst_port = RTE_BE16(2000),
			.sent_seq = RTE_BE32(0xfffffff0), .data_off = 5 << 4,
			.tcp_flags = RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG,
		};
		((struct rte_tcp_hdr *)l4)->cksum = l4_sum(f);
	} else {
		*(struct rte_udp_hdr *)l4 = (struct rte_udp_hdr) {
			.src_port = RTE_BE16(1000), .dst_port = RTE_BE16(2000),
			.dgram_len = rte_cpu_to_be_16(f->l4_len + spec->payload),
		};
		((struct rte_udp_hdr *)l4)->dgram_cksum = l4_sum(f);
	}
}

/* The same in mbufs, of seg_len bytes each but for the last. */
static struct rte_mbuf *
to_mbufs(const struct flat *f, uint16_t seg_len)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t at = 0, part;

	while (at < f->len) {
		m = rte_pktmbuf_alloc(pool);
		part = RTE_MIN(f->len - at, (uint32_t)seg_len);
		if (m == NULL || rte_pktmbuf_append(m, part) == NULL)
			return NULL;
		memcpy(rte_pktmbuf_mtod(m, void *), f->data + at, part);
		at += part;
		if (head == NULL)
			head = m;
		else if (rte_pktmbuf_chain(head, m) != 0)
			return NULL;
	}
	if (head == NULL)
		return NULL;
	head->l2_len = RTE_ETHER_HDR_LEN;
	head->l3_len = f->l3_len;
	head->l4_len = f->l4_len;
	return head;
}

static int
send_one(uint16_t port, struct rte_mbuf *m)
{
	TEST_ASSERT(m != NULL, "out of mbufs");
	TEST_ASSERT(rte_eth_tx_prepare(port, 0, &m, 1) == 1, "%s", rte_strerror(rte_errno));
	return port_send(port, 0, &m, 1);
}

/* Receive one packet into "got"; its mbuf with the flags is the caller's to free. */
static struct rte_mbuf *
receive_one(uint16_t port)
{
	struct rte_mbuf *m;
	const void *data;

	if (port_receive(port, 0, &m, 1, 1000) != 1)
		return NULL;
	if (rte_mbuf_check(m, 1, &(const char *){ NULL }) != 0)
		return NULL;
	got.len = m->pkt_len;
	data = rte_pktmbuf_read(m, 0, m->pkt_len, got.data);
	if (data != got.data)
		memcpy(got.data, data, got.len);
	return m;
}

static int
start(const struct rte_eth_conf *conf)
{
	struct rte_eth_conf copy = *conf;

	return ports_start(1, 512, &copy);
}

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

	TEST_ASSERT_OK(start(&all_offloads));
	for (round = 0; round < 60; round++) { /* more than once round both rings */
		for (i = 0; i < RTE_DIM(tries); i++) {
			build(&(const struct spec) { .payload = tries[i].payload }, &built);
			TEST_ASSERT_OK(send_one(ports[0], to_mbufs(&built, tries[i].seg_len)));
			m = receive_one(ports[1]);
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

/* Without scatter, what does not fit a buffer is dropped and counted. */
static int
test_jumbo_without_scatter(void)
{
	struct rte_eth_conf conf = all_offloads, plain = { 0 };
	struct rte_eth_stats stats;
	struct rte_mbuf *m;

	TEST_ASSERT_OK(port_configure(ports[1], 1, 512, &plain));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[1]));
	TEST_ASSERT_OK(port_configure(ports[0], 1, 512, &conf));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	TEST_ASSERT(rte_eth_dev_set_mtu(ports[1], 9000) < 0, "MTU without scatter");
	build(&(const struct spec) { .payload = 3000 }, &built);
	TEST_ASSERT_OK(send_one(ports[0], to_mbufs(&built, 2000)));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, 20), 0);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ierrors, 1);
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
	build(&(const struct spec) { .payload = 8000 }, &built);
	for (i = 0; i < RTE_DIM(m); i++)
		m[i] = to_mbufs(&built, 2048);
	/* 8 of 4 segments take the 32 buffers that a ring of 64 starts with. */
	TEST_ASSERT_OK(port_send(ports[0], 0, m, RTE_DIM(m)));
	rte_delay_us_sleep(2000);
	TEST_ASSERT_EQUAL(rte_eth_rx_queue_count(ports[1], 0), 32);
	for (i = 0; i < RTE_DIM(m); i++) {
		in = receive_one(ports[1]);
		TEST_ASSERT(in != NULL && in->pkt_len == built.len, "packet %u", i);
		rte_pktmbuf_free(in);
	}
	return TEST_SUCCESS;
}

/* --- Checksums ------------------------------------------------------------------ */

static const struct spec specs[] = {
	{ false, false, 1 }, { false, true, 1001 }, { true, false, 1000 }, { true, true, 0 },
	{ false, false, 5000 }, { true, true, 8000 },
};

static int
test_tx_checksum(void)
{
	unsigned int i;
	uint8_t *l4;
	struct rte_mbuf *m;

	TEST_ASSERT_OK(start(&all_offloads));
	for (i = 0; i < 2 * RTE_DIM(specs); i++) {
		const struct spec *spec = &specs[i / 2];

		build(spec, &built);
		m = to_mbufs(&built, i % 2 == 0 ? 2048 : RTE_MAX(97u, built.len / 30));
		/* Rubbish where the device is to put the sums. */
		l4 = rte_pktmbuf_mtod_offset(m, uint8_t *, RTE_ETHER_HDR_LEN + built.l3_len);
		memset(l4 + (spec->tcp ? 16 : 6), 0xa5, 2);
		m->ol_flags = spec->tcp ? RTE_MBUF_F_TX_TCP_CKSUM : RTE_MBUF_F_TX_UDP_CKSUM;
		m->ol_flags |= spec->v6 ? RTE_MBUF_F_TX_IPV6 : RTE_MBUF_F_TX_IPV4;
		if (!spec->v6) {
			memset(l4 - 10, 0xa5, 2);
			m->ol_flags |= RTE_MBUF_F_TX_IP_CKSUM;
		}
		TEST_ASSERT_OK(send_one(ports[0], m));
		m = receive_one(ports[1]);
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

	TEST_ASSERT_OK(start(&all_offloads));
	for (i = 0; i < RTE_DIM(specs); i++) {
		const uint64_t l3_good = specs[i].v6 ? 0 : RTE_MBUF_F_RX_IP_CKSUM_GOOD;
		const uint64_t l3_bad = specs[i].v6 ? 0 : RTE_MBUF_F_RX_IP_CKSUM_BAD;

		build(&specs[i], &built);
		at = built.len - 1;
		built.data[at] ^= 0x40;
		TEST_ASSERT_OK(send_one(ports[0], to_mbufs(&built, 2048)));
		m = receive_one(ports[1]);
		TEST_ASSERT(m != NULL, "lost");
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_L4_CKSUM_MASK,
			RTE_MBUF_F_RX_L4_CKSUM_BAD);
		TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_IP_CKSUM_MASK, l3_good);
		rte_pktmbuf_free(m);
		built.data[at] ^= 0x40;
		built.data[RTE_ETHER_HDR_LEN + 8] ^= 1; /* TTL: no part of a pseudo-header */
		if (specs[i].v6)
			continue;
		TEST_ASSERT_OK(send_one(ports[0], to_mbufs(&built, 2048)));
		m = receive_one(ports[1]);
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

	TEST_ASSERT_OK(start(&all_offloads));
	for (i = 0; i < 3; i++) {
		build(&(const struct spec) { .payload = 100 }, &built);
		if (i == 0)
			memset(built.data + 40, 0, 2);
		else if (i == 1)
			ip->fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG);
		else
			ip->total_length = RTE_BE16(1000);
		TEST_ASSERT_OK(send_one(ports[0], to_mbufs(&built, 2048)));
		m = receive_one(ports[1]);
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

	TEST_ASSERT_OK(start(&all_offloads));
	build(&(const struct spec) { .tcp = true, .payload = 3000 }, &built);
	for (i = 0; i < 2; i++) { /* with strip, then without */
		m = to_mbufs(&built, 2048);
		m->ol_flags = RTE_MBUF_F_TX_VLAN | RTE_MBUF_F_TX_TCP_CKSUM | RTE_MBUF_F_TX_IPV4;
		m->vlan_tci = 0x6123;
		TEST_ASSERT_OK(send_one(ports[0], m));
		m = receive_one(ports[1]);
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
	TEST_ASSERT_OK(start(&conf));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 100, 1));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 101, 1));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 101, 0));
	TEST_ASSERT_OK(rte_eth_dev_vlan_filter(ports[1], 4095, 1));
	build(&(const struct spec) { .payload = 100 }, &built);
	for (i = 0; i < RTE_DIM(tries); i++) {
		m = to_mbufs(&built, 2048);
		m->ol_flags = RTE_MBUF_F_TX_VLAN;
		m->vlan_tci = tries[i].tci;
		TEST_ASSERT_OK(send_one(ports[0], m));
		TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, tries[i].wanted ? 1000 : 20),
			tries[i].wanted);
		if (tries[i].wanted)
			rte_pktmbuf_free(m);
	}
	/* What has no tag is no matter of the filter. */
	TEST_ASSERT_OK(send_one(ports[0], to_mbufs(&built, 2048)));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, 1000), 1);
	rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

/* --- TCP segmentation --------------------------------------------------------------- */

/* A frame of a packet cut up, against the packet. */
static int
check_segment(const struct spec *spec, uint32_t at, uint32_t len, unsigned int index)
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
tso(const struct spec *spec, uint16_t mss, uint16_t seg_len)
{
	uint32_t at = 0, len;
	unsigned int index = 0;
	struct rte_mbuf *m;

	build(spec, &built);
	m = to_mbufs(&built, seg_len);
	TEST_ASSERT(m != NULL, "out of mbufs");
	m->ol_flags = RTE_MBUF_F_TX_TCP_SEG | (spec->v6 ? RTE_MBUF_F_TX_IPV6 :
		RTE_MBUF_F_TX_IPV4 | RTE_MBUF_F_TX_IP_CKSUM);
	m->tso_segsz = mss;
	TEST_ASSERT_OK(send_one(ports[0], m));
	do {
		len = RTE_MIN(spec->payload - at, (uint32_t)mss);
		m = receive_one(ports[1]);
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
	TEST_ASSERT_OK(start(&all_offloads));
	TEST_ASSERT_OK(tso(&(const struct spec) { false, true, 64000 }, 1460, 2048));
	TEST_ASSERT_OK(tso(&(const struct spec) { true, true, 64000 }, 8900, 2048));
	TEST_ASSERT_OK(tso(&(const struct spec) { false, true, 1460 * 3 }, 1460, 1000));
	TEST_ASSERT_OK(tso(&(const struct spec) { true, true, 3 }, 1460, 2048));
	TEST_ASSERT_OK(tso(&(const struct spec) { false, true, 0 }, 1460, 2048));
	/* More frames than are sent in one go, and than there are Rx buffers. */
	TEST_ASSERT_OK(tso(&(const struct spec) { false, true, 2000 }, 2, 2048));
	return TEST_SUCCESS;
}

/* --- Refusals ------------------------------------------------------------------------- */

/* What rte_eth_tx_prepare() refuses, and a burst drops and counts: no queue halts. */
static int
test_refused(void)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *m;
	unsigned int i;

	TEST_ASSERT_OK(start(&all_offloads));
	for (i = 0; i < 10; i++) {
		const bool jumbo = i == 0 || i == 1;

		build(&(const struct spec) { .tcp = true, .payload = jumbo ? 9000 : 1000 }, &built);
		m = to_mbufs(&built, i == 1 ? 200 : 2048);
		TEST_ASSERT(m != NULL, "out of mbufs");
		m->tso_segsz = 500;
		switch (i) {
		case 2: m->ol_flags = RTE_MBUF_F_TX_SCTP_CKSUM; break;
		case 3: m->ol_flags = RTE_MBUF_F_TX_QINQ; break;
		case 4: m->ol_flags = RTE_MBUF_F_TX_IP_CKSUM; m->l2_len = 15; break;
		case 5: m->ol_flags = RTE_MBUF_F_TX_IP_CKSUM; m->l3_len = 16; break;
		case 6: m->ol_flags = RTE_MBUF_F_TX_TCP_SEG; m->tso_segsz = 0; break;
		case 7: m->ol_flags = RTE_MBUF_F_TX_TCP_SEG; m->l4_len = 8; break;
		case 8: m->ol_flags = RTE_MBUF_F_TX_TCP_CKSUM; m->l3_len = 400; break;
		case 9: m->nb_segs = 2; break; /* a lie */
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
	TEST_ASSERT_OK(start(&(const struct rte_eth_conf) { 0 }));
	build(&(const struct spec) { .payload = 100 }, &built);
	m = to_mbufs(&built, 2048);
	m->ol_flags = RTE_MBUF_F_TX_UDP_CKSUM | RTE_MBUF_F_TX_IPV4;
	TEST_ASSERT_EQUAL(rte_eth_tx_prepare(ports[0], 0, &m, 1), 0);
	TEST_ASSERT_EQUAL(rte_errno, ENOTSUP);
	rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_jumbo),
	TEST_CASE(test_jumbo_without_scatter),
	TEST_CASE(test_jumbo_pause),
	TEST_CASE(test_tx_checksum),
	TEST_CASE(test_rx_checksum),
	TEST_CASE(test_rx_checksum_unknown),
	TEST_CASE(test_vlan_insert_and_strip),
	TEST_CASE(test_vlan_filter),
	TEST_CASE(test_tso),
	TEST_CASE(test_refused),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_offload_autotest", cases);

TEST_REGISTER(suite);
