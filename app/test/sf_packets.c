/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_tcp.h>
#include <rte_udp.h>

#include "sf_packets.h"
#include "test_compat.h"

#define TX_CSUM (RTE_ETH_TX_OFFLOAD_IPV4_CKSUM | RTE_ETH_TX_OFFLOAD_TCP_CKSUM | \
	RTE_ETH_TX_OFFLOAD_UDP_CKSUM)
#define RX_CSUM (RTE_ETH_RX_OFFLOAD_IPV4_CKSUM | RTE_ETH_RX_OFFLOAD_TCP_CKSUM | \
	RTE_ETH_RX_OFFLOAD_UDP_CKSUM)

const struct rte_eth_conf all_offloads = {
	.rxmode = {
		.mtu = 9000,
		.offloads = RTE_ETH_RX_OFFLOAD_SCATTER | RX_CSUM | RTE_ETH_RX_OFFLOAD_VLAN_STRIP,
	},
	.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS | TX_CSUM | RTE_ETH_TX_OFFLOAD_TCP_TSO |
		RTE_ETH_TX_OFFLOAD_VLAN_INSERT,
};

int
ports_start_conf(const struct rte_eth_conf *conf)
{
	struct rte_eth_conf copy = *conf;

	return ports_start(1, 512, &copy);
}

static uint16_t
l4_sum(struct packet *p)
{
	void *ip = p->data + RTE_ETHER_HDR_LEN;
	void *l4 = (uint8_t *)ip + p->l3_len;

	return p->l3_len == sizeof(struct rte_ipv4_hdr) ?
		rte_ipv4_udptcp_cksum(ip, l4) : rte_ipv6_udptcp_cksum(ip, l4);
}

void
packet_build(const struct packet_spec *spec, struct packet *p)
{
	uint8_t *l3 = p->data + RTE_ETHER_HDR_LEN, *l4;
	uint32_t i;

	memset(p, 0, 200);
	p->l3_len = spec->v6 ? sizeof(struct rte_ipv6_hdr) : sizeof(struct rte_ipv4_hdr);
	p->l4_len = spec->tcp ? sizeof(struct rte_tcp_hdr) : sizeof(struct rte_udp_hdr);
	p->len = RTE_ETHER_HDR_LEN + p->l3_len + p->l4_len + spec->payload;
	l4 = l3 + p->l3_len;
	for (i = 0; i < spec->payload; i++)
		l4[p->l4_len + i] = (uint8_t)(i * 7 + (i >> 8));
	memcpy(p->data, station, RTE_ETHER_ADDR_LEN);
	memcpy(p->data + RTE_ETHER_ADDR_LEN, station, RTE_ETHER_ADDR_LEN);
	p->data[12] = spec->v6 ? 0x86 : 0x08;
	p->data[13] = spec->v6 ? 0xdd : 0x00;
	if (spec->v6) {
		*(struct rte_ipv6_hdr *)l3 = (struct rte_ipv6_hdr) {
			.vtc_flow = RTE_BE32(6u << 28),
			.payload_len = rte_cpu_to_be_16(p->l4_len + spec->payload),
			.proto = spec->tcp ? IPPROTO_TCP : IPPROTO_UDP,
			.src_addr = COMPAT_IPV6(0xfd, 1, [15] = spec->src),
			.dst_addr = COMPAT_IPV6(0xfd, 2, [15] = spec->dst),
		};
	} else {
		*(struct rte_ipv4_hdr *)l3 = (struct rte_ipv4_hdr) {
			.version_ihl = RTE_IPV4_VHL_DEF,
			.total_length = rte_cpu_to_be_16(p->l3_len + p->l4_len + spec->payload),
			.packet_id = RTE_BE16(0xfffe),
			.time_to_live = 64,
			.next_proto_id = spec->tcp ? IPPROTO_TCP : IPPROTO_UDP,
			.src_addr = rte_cpu_to_be_32(0x0a000001 + spec->src),
			.dst_addr = rte_cpu_to_be_32(0x0a000002 + spec->dst),
		};
		((struct rte_ipv4_hdr *)l3)->hdr_checksum = rte_ipv4_cksum((void *)l3);
	}
	if (spec->tcp) {
		*(struct rte_tcp_hdr *)l4 = (struct rte_tcp_hdr) {
			.src_port = rte_cpu_to_be_16(1000 + spec->src_port),
			.dst_port = rte_cpu_to_be_16(2000 + spec->dst_port),
			.sent_seq = RTE_BE32(0xfffffff0), .data_off = 5 << 4,
			.tcp_flags = RTE_TCP_ACK_FLAG | RTE_TCP_PSH_FLAG | RTE_TCP_FIN_FLAG,
		};
		((struct rte_tcp_hdr *)l4)->cksum = l4_sum(p);
	} else {
		*(struct rte_udp_hdr *)l4 = (struct rte_udp_hdr) {
			.src_port = rte_cpu_to_be_16(1000 + spec->src_port),
			.dst_port = rte_cpu_to_be_16(2000 + spec->dst_port),
			.dgram_len = rte_cpu_to_be_16(p->l4_len + spec->payload),
		};
		((struct rte_udp_hdr *)l4)->dgram_cksum = l4_sum(p);
	}
}

struct rte_mbuf *
packet_to_mbufs(const struct packet *p, uint16_t seg_len)
{
	struct rte_mbuf *head = NULL, *m;
	uint32_t at = 0, part;

	while (at < p->len) {
		m = rte_pktmbuf_alloc(pool);
		part = RTE_MIN(p->len - at, (uint32_t)seg_len);
		if (m == NULL || rte_pktmbuf_append(m, part) == NULL)
			return NULL;
		memcpy(rte_pktmbuf_mtod(m, void *), p->data + at, part);
		at += part;
		if (head == NULL)
			head = m;
		else if (rte_pktmbuf_chain(head, m) != 0)
			return NULL;
	}
	if (head == NULL)
		return NULL;
	head->l2_len = RTE_ETHER_HDR_LEN;
	head->l3_len = p->l3_len;
	head->l4_len = p->l4_len;
	return head;
}

int
packet_send(uint16_t port, struct rte_mbuf *m)
{
	TEST_ASSERT(m != NULL, "out of mbufs");
	TEST_ASSERT(rte_eth_tx_prepare(port, 0, &m, 1) == 1, "%s", rte_strerror(rte_errno));
	return port_send(port, 0, &m, 1);
}

struct rte_mbuf *
packet_receive(uint16_t port, struct packet *p)
{
	struct rte_mbuf *m;
	const void *data;

	if (port_receive(port, 0, &m, 1, 1000) != 1)
		return NULL;
	if (rte_mbuf_check(m, 1, &(const char *){ NULL }) != 0)
		return NULL;
	p->len = m->pkt_len;
	data = rte_pktmbuf_read(m, 0, m->pkt_len, p->data);
	if (data != p->data)
		memcpy(p->data, data, p->len);
	return m;
}
