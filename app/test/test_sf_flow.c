/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Flow rules: packets that match, and packets that do not.
 */

#include <rte_ip.h>

#include "sf_flows.h"
#include "test_compat.h"

static const struct rte_flow_attr ingress = { .ingress = 1 };
static const struct rte_flow_action_mark mark = { .id = 0xbeef };

static struct rte_mbuf *
tagged(struct rte_mbuf *m, uint16_t tci)
{
	m->ol_flags = RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = tci;
	return m;
}

static int
test_match(void)
{
	const struct rte_flow_item_vlan vlan = { .hdr.vlan_tci = RTE_BE16(100) };
	const struct rte_flow_item_vlan vlan_mask = { .hdr.vlan_tci = RTE_BE16(0xfff) };
	const struct rte_flow_item_eth tpid = { .hdr.ether_type = RTE_BE16(0x8100) };
	const struct rte_flow_item_eth type_mask = { .hdr.ether_type = UINT16_MAX };
	const struct rte_flow_item_ipv4 ip = { .hdr.dst_addr = RTE_BE32(0x0a000002) };
	const struct rte_flow_item_ipv4 ip_mask = { .hdr.dst_addr = RTE_BE32(0xffffff00) };
	const struct rte_flow_item_ipv4 other = { .hdr.src_addr = RTE_BE32(0x0b000002) };
	const struct rte_flow_item_ipv4 from = { .hdr.src_addr = RTE_BE32(0x0a000001) };
	const struct rte_flow_item_ipv4 src_mask = { .hdr.src_addr = UINT32_MAX };
	const struct rte_flow_item_udp port = { .hdr.src_port = RTE_BE16(7) };
	const struct rte_flow_item_udp port_mask = { .hdr.src_port = UINT16_MAX };
	const struct {
		struct rte_flow_item items[5];
		int plain; /* queue of an Ethernet frame for the station */
		int tagged; /* of one with VLAN 100 */
		int udp; /* of 10.0.0.1 to 10.0.0.2, port 7, broadcast */
	} tries[] = {
		{ { ITEM(ETH, &to_station, &dst_mask), END_ITEM }, 3, 3, 0 },
		{ { ITEM(ETH, NULL, NULL), ITEM(VLAN, &vlan, &vlan_mask), END_ITEM }, 0, 3, 0 },
		{ { ITEM(ETH, NULL, NULL), ITEM(IPV4, NULL, NULL), END_ITEM }, 0, 0, 3 },
		{ { ITEM(IPV4, &ip, &ip_mask), END_ITEM }, 0, 0, 3 },
		{ { ITEM(IPV4, &other, &src_mask), END_ITEM }, 0, 0, 0 },
		{ { ITEM(ETH, NULL, NULL), ITEM(IPV4, &ip, &ip_mask), ITEM(UDP, &port, &port_mask),
			END_ITEM }, 0, 0, 3 },
		{ { ITEM(ETH, NULL, NULL), ITEM(IPV4, NULL, NULL), ITEM(TCP, NULL, NULL),
			END_ITEM }, 0, 0, 0 },
		{ { ITEM(IPV4, &from, &src_mask), END_ITEM }, 0, 0, 3 },
		{ { ITEM(ETH, &tpid, &type_mask), END_ITEM }, 0, 3, 0 },
		{ { ITEM(ETH, &tpid, &type_mask), ITEM(VLAN, &vlan, &vlan_mask), END_ITEM },
			0, 3, 0 },
		{ { END_ITEM }, 3, 3, 3 },
	};
	struct rte_flow_query_count count;
	struct rte_flow_error error;
	struct rte_flow *flow;
	unsigned int i;

	TEST_ASSERT_OK(flows_start());
	for (i = 0; i < RTE_DIM(tries); i++) {
		flow = flow_create(tries[i].items, to_queue3, i % 4);
		TEST_ASSERT(flow != NULL, "rule %u", i);
		TEST_ASSERT(flow_arrives(make_frame(60, station, 0), tries[i].plain, NULL) == 0,
			"rule %u", i);
		TEST_ASSERT(flow_arrives(tagged(make_frame(60, station, 0), 0x2064),
			tries[i].tagged, NULL) == 0, "rule %u", i);
		TEST_ASSERT(flow_arrives(make_udp(7), tries[i].udp, NULL) == 0, "rule %u", i);
		TEST_ASSERT(flow_arrives(make_udp(8), i == 5 ? 0 : tries[i].udp, NULL) == 0,
			"rule %u", i);
		count = (struct rte_flow_query_count) { .reset = 1 };
		TEST_ASSERT_OK(rte_flow_query(ports[1], flow, &to_queue3[1], &count, &error));
		TEST_ASSERT_EQUAL(count.hits, (tries[i].plain + tries[i].tagged +
			tries[i].udp * (i == 5 ? 1 : 2)) / 3);
		TEST_ASSERT_OK(rte_flow_query(ports[1], flow, &to_queue3[1], &count, &error));
		TEST_ASSERT_EQUAL(count.hits + count.bytes, 0);
		TEST_ASSERT_OK(rte_flow_destroy(ports[1], flow, &error));
		TEST_ASSERT_OK(flow_arrives(make_frame(60, station, 0), 0, NULL));
	}
	return TEST_SUCCESS;
}

/* By address, by part of one, by protocol, by all five fields. */
static int
test_match_ipv6(void)
{
	static const struct packet_spec specs[] = {
		{ .v6 = true },
		{ .v6 = true, .tcp = true },
		{ .v6 = true, .src = 1 },
		{ .v6 = true, .dst = 1 },
		{ .v6 = true, .src_port = 1 },
		{ .v6 = true, .dst_port = 1 },
		{ .v6 = false },
	};
	const struct rte_flow_item_ipv6 addrs = {
		.hdr = {
			.src_addr = COMPAT_IPV6(0xfd, 1),
			.dst_addr = COMPAT_IPV6(0xfd, 2),
			.proto = IPPROTO_UDP,
		},
	};
	struct rte_flow_item_ipv6 src = { 0 }, src_net = { 0 }, dst = { 0 }, all;
	const struct rte_flow_item_ipv6 proto = { .hdr.proto = UINT8_MAX };
	const struct rte_flow_item_udp ports_spec = {
		.hdr = { .src_port = RTE_BE16(1000), .dst_port = RTE_BE16(2000) },
	};
	const struct {
		struct rte_flow_item items[4];
		const char *to_queue3; /* of specs, x or not */
	} tries[] = {
		{ { ITEM(IPV6, NULL, NULL), END_ITEM }, "xxxxxx." },
		{ { ITEM(ETH, NULL, NULL), ITEM(IPV6, &addrs, &src), END_ITEM }, "xx.xxx." },
		{ { ITEM(IPV6, &addrs, &src_net), END_ITEM }, "xxxxxx." },
		{ { ITEM(IPV6, &addrs, &dst), END_ITEM }, "xxx.xx." },
		{ { ITEM(IPV6, &addrs, NULL), END_ITEM }, "xx..xx." },
		{ { ITEM(IPV6, &addrs, &proto), END_ITEM }, "x.xxxx." },
		{ { ITEM(IPV6, NULL, NULL), ITEM(TCP, NULL, NULL), END_ITEM }, ".x....." },
		{ { ITEM(ETH, NULL, NULL), ITEM(IPV6, &addrs, &all),
			ITEM(UDP, &ports_spec, NULL), END_ITEM }, "x......" },
	};
	static struct packet packet;
	struct rte_flow_error error;
	struct rte_flow *flow;
	unsigned int i, k;

	memset(&src.hdr.src_addr, UINT8_MAX, sizeof(src.hdr.src_addr));
	memset(&src_net.hdr.src_addr, UINT8_MAX, 15);
	memset(&dst.hdr.dst_addr, UINT8_MAX, sizeof(dst.hdr.dst_addr));
	all = proto;
	memset(&all.hdr.src_addr, UINT8_MAX, sizeof(all.hdr.src_addr));
	memset(&all.hdr.dst_addr, UINT8_MAX, sizeof(all.hdr.dst_addr));
	TEST_ASSERT_OK(flows_start());
	for (i = 0; i < RTE_DIM(tries); i++) {
		flow = flow_create(tries[i].items, to_queue3, i % 4);
		TEST_ASSERT(flow != NULL, "rule %u", i);
		for (k = 0; k < RTE_DIM(specs); k++) {
			packet_build(&specs[k], &packet);
			TEST_ASSERT(flow_arrives(packet_to_mbufs(&packet, 2048),
				tries[i].to_queue3[k] == 'x' ? 3 : 0, NULL) == 0,
				"rule %u, packet %u", i, k);
		}
		TEST_ASSERT_OK(rte_flow_destroy(ports[1], flow, &error));
	}
	return TEST_SUCCESS;
}

/* A fragment is not what a rule for whole packets matches, whatever it may be else. */
static int
test_fragments(void)
{
	static const struct {
		uint16_t field; /* flags and offset */
		int queue;
	} tries[] = {
		{ 0, 3 },
		{ RTE_IPV4_HDR_DF_FLAG, 3 },
		{ RTE_IPV4_HDR_MF_FLAG, 0 },
		{ 1, 0 },
		{ 0x1f00, 0 },
		{ RTE_IPV4_HDR_MF_FLAG | 185, 0 },
	};
	const struct rte_flow_item_ipv4 any = { .hdr.fragment_offset = 0 };
	const struct rte_flow_item_ipv4 fields = {
		.hdr.fragment_offset = RTE_BE16(RTE_IPV4_HDR_MF_FLAG | RTE_IPV4_HDR_OFFSET_MASK),
	};
	const struct rte_flow_item items[] = {
		ITEM(ETH, NULL, NULL), ITEM(IPV4, &any, &fields), END_ITEM,
	};
	static struct packet packet;
	struct rte_ipv4_hdr *ip = (void *)(packet.data + RTE_ETHER_HDR_LEN);
	unsigned int i;

	TEST_ASSERT_OK(flows_start());
	TEST_ASSERT(flow_create(items, to_queue3, 0) != NULL, "whole packets");
	for (i = 0; i < RTE_DIM(tries); i++) {
		packet_build(&(const struct packet_spec) { .payload = 100 }, &packet);
		ip->fragment_offset = rte_cpu_to_be_16(tries[i].field);
		TEST_ASSERT(flow_arrives(packet_to_mbufs(&packet, 2048), tries[i].queue, NULL) == 0,
			"field 0x%x", tries[i].field);
	}
	packet_build(&(const struct packet_spec) { .v6 = true }, &packet);
	return flow_arrives(packet_to_mbufs(&packet, 2048), 0, NULL);
}

/* The same by headers behind the fixed one, which stand in the place of UDP's here. */
static int
test_fragments_ipv6(void)
{
	static const struct {
		uint8_t next[3]; /* kinds of headers */
		uint8_t len; /* of the second, as it says */
		int queue;
	} tries[] = {
		{ { IPPROTO_UDP }, 0, 3 },
		{ { IPPROTO_FRAGMENT, IPPROTO_UDP }, 0, 0 },
		{ { IPPROTO_HOPOPTS, IPPROTO_UDP }, 0, 3 },
		{ { IPPROTO_HOPOPTS, IPPROTO_FRAGMENT, IPPROTO_UDP }, 0, 0 },
		{ { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_UDP }, 0, 3 },
		{ { IPPROTO_ROUTING, IPPROTO_HOPOPTS, IPPROTO_FRAGMENT }, 0, 0 },
		{ { IPPROTO_HOPOPTS, IPPROTO_DSTOPTS, IPPROTO_UDP }, UINT8_MAX, 0 },
	};
	const struct rte_flow_item_ipv6 whole = { .has_frag_ext = 0 };
	const struct rte_flow_item_ipv6 field = { .has_frag_ext = 1 };
	const struct rte_flow_item items[] = {
		ITEM(ETH, NULL, NULL), ITEM(IPV6, &whole, &field), END_ITEM,
	};
	static struct packet packet;
	struct rte_ipv6_hdr *ip = (void *)(packet.data + RTE_ETHER_HDR_LEN);
	uint8_t *behind = (uint8_t *)(ip + 1);
	unsigned int i;

	TEST_ASSERT_OK(flows_start());
	TEST_ASSERT(flow_create(items, to_queue3, 0) != NULL, "whole packets");
	for (i = 0; i < RTE_DIM(tries); i++) {
		packet_build(&(const struct packet_spec) { .v6 = true, .payload = 100 }, &packet);
		ip->proto = tries[i].next[0];
		behind[0] = tries[i].next[1];
		behind[1] = tries[i].len;
		behind[8 * (tries[i].len + 1)] = tries[i].next[2];
		behind[8 * (tries[i].len + 1) + 1] = 0;
		TEST_ASSERT(flow_arrives(packet_to_mbufs(&packet, 2048), tries[i].queue, NULL) == 0,
			"packet %u", i);
	}
	return TEST_SUCCESS;
}

static int
test_drop_and_mark(void)
{
	const struct rte_flow_action marked[] = { ACTION(MARK, &mark), END_ACTION };
	const struct rte_flow_item station_items[] = {
		ITEM(ETH, &to_station, &dst_mask), END_ITEM,
	};
	const struct rte_flow_item all[] = { END_ITEM };
	uint64_t features = RTE_ETH_RX_METADATA_USER_MARK | RTE_ETH_RX_METADATA_USER_FLAG;
	struct rte_flow_error error;
	struct rte_mbuf *m;
	unsigned int i;

	TEST_ASSERT_OK(rte_eth_rx_metadata_negotiate(ports[1], &features));
	TEST_ASSERT_EQUAL(features, RTE_ETH_RX_METADATA_USER_MARK);
	TEST_ASSERT_OK(flows_start());
	/* By priority: first drop what is for the station, then mark the rest. */
	TEST_ASSERT(flow_create(all, marked, 3) != NULL, "mark");
	TEST_ASSERT(flow_create(station_items, drop, 0) != NULL, "drop");
	for (i = 0; i < 10; i++) { /* the marked ones among others, in vectors */
		TEST_ASSERT_OK(flow_arrives(make_frame(60, station, 0), -1, NULL));
		TEST_ASSERT_OK(flow_arrives(make_frame(60, broadcast, 0), 0, &m));
		TEST_ASSERT((m->ol_flags & RTE_MBUF_F_RX_FDIR_ID) != 0, "no mark");
		TEST_ASSERT_EQUAL(m->hash.fdir.hi, 0xbeef);
		rte_pktmbuf_free(m);
	}
	/* They stay over a restart of the port. */
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	TEST_ASSERT_OK(flow_arrives(make_frame(60, station, 0), -1, NULL));
	TEST_ASSERT_OK(rte_flow_flush(ports[1], &error));
	TEST_ASSERT_OK(flow_arrives(make_frame(60, station, 0), 0, &m));
	TEST_ASSERT_EQUAL(m->ol_flags & RTE_MBUF_F_RX_FDIR, 0);
	rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

static int
test_rss(void)
{
	static const uint16_t queues[] = { 1, 2 };
	const struct rte_flow_action_rss rss = { .queue_num = 2, .queue = queues };
	const struct rte_flow_action actions[] = { ACTION(RSS, &rss), END_ACTION };
	const struct rte_flow_item all[] = { END_ITEM };
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP,
	};
	struct rte_mbuf *m[32];
	unsigned int i, n, q, got[FLOW_QUEUES] = { 0 };

	TEST_ASSERT_OK(ports_start(FLOW_QUEUES, 64, &conf));
	TEST_ASSERT(flow_create(all, actions, 0) != NULL, "RSS");
	for (i = 0; i < 32; i++)
		m[i] = make_udp(i);
	TEST_ASSERT_OK(port_send(ports[0], 0, m, 32));
	for (q = 0; q < FLOW_QUEUES; q++) {
		n = port_receive(ports[1], q, m, 32, 10);
		rte_pktmbuf_free_bulk(m, n);
		got[q] = n;
	}
	TEST_ASSERT_EQUAL(got[1] + got[2], 32);
	TEST_ASSERT(got[1] > 0 && got[2] > 0, "%u and %u", got[1], got[2]);
	return TEST_SUCCESS;
}

/* A rule with RSS over queues 1 and 2 is taken, or refused with a reason that has a text in it. */
static int
try_rss(uint64_t types, const uint8_t *key, const char *reason)
{
	static const uint16_t queues[] = { 1, 2 };
	const struct rte_flow_action_rss rss = {
		.types = types, .queue_num = 2, .queue = queues,
		.key = key, .key_len = key != NULL ? SF_RSS_KEY_SIZE : 0,
	};
	const struct rte_flow_action actions[] = { ACTION(RSS, &rss), END_ACTION };
	const struct rte_flow_item items[] = {
		ITEM(ETH, NULL, NULL), ITEM(IPV4, NULL, NULL), END_ITEM,
	};
	struct rte_flow_error error = { 0 };
	struct rte_flow *flow = rte_flow_create(ports[1], &ingress, items, actions, &error);

	if (reason == NULL) {
		TEST_ASSERT(flow != NULL, "%s", error.message);
		return rte_flow_destroy(ports[1], flow, &error);
	}
	TEST_ASSERT(flow == NULL, "types 0x%llx", (unsigned long long)types);
	TEST_ASSERT(strstr(error.message, reason) != NULL, "%s", error.message);
	return TEST_SUCCESS;
}

/*
 * The hash is the port's.  testpmd's RTE_ETH_RSS_IP is of more types than a device has, and
 * it configures those that the device has.
 */
static int
test_rss_of_port(void)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6,
	};
	const uint64_t udp = RTE_ETH_RSS_NONFRAG_IPV4_UDP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;
	uint8_t key[SF_RSS_KEY_SIZE];
	struct rte_eth_rss_conf rss = { .rss_key = key, .rss_key_len = sizeof(key) };

	TEST_ASSERT_OK(ports_start(FLOW_QUEUES, 64, &conf));
	TEST_ASSERT_OK(rte_eth_dev_rss_hash_conf_get(ports[1], &rss));
	TEST_ASSERT_OK(try_rss(0, NULL, NULL));
	TEST_ASSERT_OK(try_rss(RTE_ETH_RSS_IP, NULL, NULL));
	TEST_ASSERT_OK(try_rss(RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_IPV6, key, NULL));
	TEST_ASSERT_OK(try_rss(RTE_ETH_RSS_IPV4, NULL, "types other than the port's"));
	TEST_ASSERT_OK(try_rss(udp, NULL, "types other than the port's"));
	TEST_ASSERT_OK(try_rss(RTE_ETH_RSS_SCTP, NULL, "does not have"));
	key[7] ^= 1;
	TEST_ASSERT_OK(try_rss(0, key, "key other than the port's"));
	/* "port config all rss udp" */
	rss.rss_hf = udp;
	TEST_ASSERT_OK(rte_eth_dev_rss_hash_update(ports[1], &rss));
	TEST_ASSERT_OK(try_rss(0, NULL, NULL));
	TEST_ASSERT_OK(try_rss(udp, key, NULL));
	TEST_ASSERT_OK(try_rss(RTE_ETH_RSS_UDP, NULL, NULL));
	TEST_ASSERT_OK(try_rss(RTE_ETH_RSS_IP, NULL, "types other than the port's"));
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_match),
	TEST_CASE(test_match_ipv6),
	TEST_CASE(test_fragments),
	TEST_CASE(test_fragments_ipv6),
	TEST_CASE(test_drop_and_mark),
	TEST_CASE(test_rss),
	TEST_CASE(test_rss_of_port),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_flow_autotest", cases);

TEST_REGISTER(suite);
