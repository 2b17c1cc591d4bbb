/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Receive side scaling is as it is said to be: what is reported spreads
 * packets, by the hash that DPDK's own function makes of them, and what is not
 * reported is refused.
 */

#include <errno.h>

#include <rte_errno.h>
#include <rte_ip.h>
#include <rte_thash.h>

#include "sf_packets.h"

#define NB_QUEUES 4
#define NB_PACKETS 64

static const struct rss_type {
	uint64_t rss_hf;
	struct packet_spec spec; /* a packet of that type */
	bool ports; /* they count */
} types[] = {
	{ RTE_ETH_RSS_IPV4, { .tcp = false }, false },
	{ RTE_ETH_RSS_NONFRAG_IPV4_TCP, { .tcp = true }, true },
	{ RTE_ETH_RSS_NONFRAG_IPV4_UDP, { .tcp = false }, true },
	{ RTE_ETH_RSS_IPV6, { .v6 = true }, false },
	{ RTE_ETH_RSS_NONFRAG_IPV6_TCP, { .v6 = true, .tcp = true }, true },
	{ RTE_ETH_RSS_NONFRAG_IPV6_UDP, { .v6 = true }, true },
};

static struct packet packet;

static int
start(uint64_t rss_hf)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = rss_hf,
	};

	return ports_start(NB_QUEUES, 512, &conf);
}

/* What DPDK makes of a packet. */
static uint32_t
soft_hash(const struct packet *p, bool has_ports, const uint8_t *key)
{
	const bool v6 = p->data[12] == 0x86;
	const struct rte_ipv4_hdr *ip4 = (const void *)(p->data + RTE_ETHER_HDR_LEN);
	const struct rte_ipv6_hdr *ip6 = (const void *)ip4;
	const uint8_t *l4 = p->data + RTE_ETHER_HDR_LEN + (v6 ? sizeof(*ip6) : sizeof(*ip4));
	union rte_thash_tuple tuple = { 0 };

	if (v6) {
		rte_thash_load_v6_addrs(ip6, &tuple);
		tuple.v6.sport = l4[0] << 8 | l4[1];
		tuple.v6.dport = l4[2] << 8 | l4[3];
		return rte_softrss((uint32_t *)&tuple,
			has_ports ? RTE_THASH_V6_L4_LEN : RTE_THASH_V6_L3_LEN, key);
	}
	tuple.v4.src_addr = rte_be_to_cpu_32(ip4->src_addr);
	tuple.v4.dst_addr = rte_be_to_cpu_32(ip4->dst_addr);
	tuple.v4.sport = l4[0] << 8 | l4[1];
	tuple.v4.dport = l4[2] << 8 | l4[3];
	return rte_softrss((uint32_t *)&tuple,
		has_ports ? RTE_THASH_V4_L4_LEN : RTE_THASH_V4_L3_LEN, key);
}

/* The packets of a flow type that differ in one field: 0..3, or in none. */
static int
send_all(const struct packet_spec *base, unsigned int field)
{
	struct rte_mbuf *m[NB_PACKETS];
	struct packet_spec spec = *base;
	uint16_t i;

	for (i = 0; i < NB_PACKETS; i++) {
		spec.src = field == 0 ? i : 0;
		spec.dst = field == 1 ? i : 0;
		spec.src_port = field == 2 ? i : 0;
		spec.dst_port = field == 3 ? i : 0;
		packet_build(&spec, &packet);
		m[i] = packet_to_mbufs(&packet, 2048);
		TEST_ASSERT(m[i] != NULL, "out of mbufs");
	}
	return port_send(ports[0], 0, m, NB_PACKETS);
}

/*
 * Receive them: each with the right hash on the queue that the table has for
 * it, or without a key each without a hash.  The number of queues used.
 */
static int
receive_all(bool ports_count, const uint8_t *key, const uint16_t *reta, unsigned int *used)
{
	struct rte_mbuf *m[NB_PACKETS];
	unsigned int total = 0;
	uint16_t q, i, n;
	uint32_t hash;

	*used = 0;
	for (q = 0; q < NB_QUEUES; q++) {
		n = port_receive(ports[1], q, m, NB_PACKETS, 20);
		for (i = 0; i < n; i++) {
			memcpy(packet.data, rte_pktmbuf_mtod(m[i], void *), m[i]->data_len);
			hash = key != NULL ? soft_hash(&packet, ports_count, key) : 0;
			TEST_ASSERT_EQUAL((m[i]->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0,
				key != NULL);
			if (key != NULL)
				TEST_ASSERT_EQUAL(m[i]->hash.rss, hash);
			TEST_ASSERT_EQUAL(q, reta[hash % SF_RETA_SIZE]);
		}
		rte_pktmbuf_free_bulk(m, n);
		total += n;
		*used += n != 0;
	}
	TEST_ASSERT_EQUAL(total, NB_PACKETS);
	return TEST_SUCCESS;
}

static void
reta_default(uint16_t *reta)
{
	unsigned int i;

	for (i = 0; i < SF_RETA_SIZE; i++)
		reta[i] = i % NB_QUEUES;
}

static int
key_get(uint8_t *key)
{
	struct rte_eth_rss_conf conf = { .rss_key = key, .rss_key_len = SF_RSS_KEY_SIZE };

	return rte_eth_dev_rss_hash_conf_get(ports[1], &conf);
}

/* One hash type alone: its fields spread its packets, and nothing else does. */
static int
test_types(void)
{
	uint16_t reta[SF_RETA_SIZE];
	uint8_t key[SF_RSS_KEY_SIZE];
	unsigned int t, k, field, used;
	uint64_t known = 0;
	struct rte_eth_dev_info info;
	bool hashed;

	reta_default(reta);
	for (t = 0; t < RTE_DIM(types); t++) {
		TEST_ASSERT_OK(start(types[t].rss_hf));
		TEST_ASSERT_OK(key_get(key));
		for (field = 0; field < 4; field++) {
			TEST_ASSERT_OK(send_all(&types[t].spec, field));
			TEST_ASSERT_OK(receive_all(types[t].ports, key, reta, &used));
			if (field < 2 || types[t].ports)
				TEST_ASSERT(used == NB_QUEUES, "type %u, field %u: %u queues", t,
					field, used);
			else
				TEST_ASSERT_EQUAL(used, 1);
		}
		/* By addresses, packets with ports are hashed as well; else only one type is. */
		for (k = 0; k < RTE_DIM(types); k++) {
			hashed = types[k].spec.v6 == types[t].spec.v6 && (!types[t].ports ||
				types[k].spec.tcp == types[t].spec.tcp);
			TEST_ASSERT_OK(send_all(&types[k].spec, 0));
			TEST_ASSERT_OK(receive_all(types[t].ports, hashed ? key : NULL, reta,
				&used));
		}
		known |= types[t].rss_hf;
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	}
	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[1], &info));
	TEST_ASSERT_EQUAL(info.flow_type_rss_offloads, known);
	return TEST_SUCCESS;
}

/* Every bit there is: taken and shown if it is reported, else refused, alone or with others. */
static int
test_refused(void)
{
	struct rte_eth_rss_conf rss = { 0 };
	struct rte_eth_conf conf;
	struct rte_eth_dev_info info;
	unsigned int bit;

	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[0], &info));
	for (bit = 0; bit < 64; bit++) {
		const uint64_t rss_hf = RTE_BIT64(bit);
		const bool reported = (info.flow_type_rss_offloads & rss_hf) != 0;

		conf = (struct rte_eth_conf) {
			.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
			.rx_adv_conf.rss_conf.rss_hf = rss_hf,
		};
		TEST_ASSERT(reported == (rte_eth_dev_configure(ports[0], NB_QUEUES, 1, &conf) == 0),
			"bit %u", bit);
		if (reported) {
			TEST_ASSERT_OK(rte_eth_dev_rss_hash_conf_get(ports[0], &rss));
			TEST_ASSERT_EQUAL(rss.rss_hf, rss_hf);
			continue;
		}
		conf.rx_adv_conf.rss_conf.rss_hf |= info.flow_type_rss_offloads;
		TEST_ASSERT(rte_eth_dev_configure(ports[0], NB_QUEUES, 1, &conf) < 0,
			"bit %u, with others", bit);
		conf.rx_adv_conf.rss_conf.rss_hf = info.flow_type_rss_offloads;
		TEST_ASSERT_OK(rte_eth_dev_configure(ports[0], NB_QUEUES, 1, &conf));
		rss.rss_hf = rss_hf;
		TEST_ASSERT(rte_eth_dev_rss_hash_update(ports[0], &rss) < 0, "bit %u", bit);
		TEST_ASSERT_OK(rte_eth_dev_rss_hash_conf_get(ports[0], &rss));
		TEST_ASSERT_EQUAL(rss.rss_hf, info.flow_type_rss_offloads);
	}
	return TEST_SUCCESS;
}

/* A key and types of the application's, changed while packets come. */
static int
test_update(void)
{
	uint8_t key[SF_RSS_KEY_SIZE], back[SF_RSS_KEY_SIZE];
	struct rte_eth_rss_conf rss = { .rss_key = key, .rss_key_len = sizeof(key) };
	uint16_t reta[SF_RETA_SIZE];
	unsigned int t, i, used;

	reta_default(reta);
	TEST_ASSERT_OK(start(RTE_ETH_RSS_IPV4));
	for (t = 0; t < RTE_DIM(types); t++) {
		for (i = 0; i < sizeof(key); i++)
			key[i] = (uint8_t)(i * 37 + t * 11 + 5);
		rss.rss_hf = types[t].rss_hf;
		TEST_ASSERT_OK(rte_eth_dev_rss_hash_update(ports[1], &rss));
		TEST_ASSERT_OK(key_get(back));
		TEST_ASSERT_OK(memcmp(back, key, sizeof(key)));
		TEST_ASSERT_OK(send_all(&types[t].spec, 0));
		TEST_ASSERT_OK(receive_all(types[t].ports, key, reta, &used));
	}
	rss.rss_key_len = sizeof(key) - 1;
	TEST_ASSERT(rte_eth_dev_rss_hash_update(ports[1], &rss) < 0, "a key of 39 bytes");
	/* Without a type nothing is hashed. */
	rss = (struct rte_eth_rss_conf) { 0 };
	TEST_ASSERT_OK(rte_eth_dev_rss_hash_update(ports[1], &rss));
	TEST_ASSERT_OK(send_all(&types[0].spec, 0));
	return receive_all(false, NULL, reta, &used);
}

static int
test_reta(void)
{
	struct rte_eth_rss_reta_entry64 conf[SF_RETA_SIZE / RTE_ETH_RETA_GROUP_SIZE];
	uint16_t reta[SF_RETA_SIZE];
	uint8_t key[SF_RSS_KEY_SIZE];
	unsigned int i, used;

	reta_default(reta);
	TEST_ASSERT_OK(start(RTE_ETH_RSS_NONFRAG_IPV4_UDP));
	TEST_ASSERT_OK(key_get(key));
	/* Every third entry goes to queue 3, the others stay. */
	memset(conf, 0, sizeof(conf));
	for (i = 0; i < SF_RETA_SIZE; i += 3) {
		conf[i / 64].mask |= RTE_BIT64(i % 64);
		conf[i / 64].reta[i % 64] = 3;
		reta[i] = 3;
	}
	TEST_ASSERT_OK(rte_eth_dev_rss_reta_update(ports[1], conf, SF_RETA_SIZE));
	TEST_ASSERT_OK(send_all(&types[2].spec, 2));
	TEST_ASSERT_OK(receive_all(true, key, reta, &used));
	for (i = 0; i < RTE_DIM(conf); i++)
		conf[i].mask = UINT64_MAX;
	TEST_ASSERT_OK(rte_eth_dev_rss_reta_query(ports[1], conf, SF_RETA_SIZE));
	for (i = 0; i < SF_RETA_SIZE; i++)
		TEST_ASSERT_EQUAL(conf[i / 64].reta[i % 64], reta[i]);
	/* A queue that is not there, and a table of another size: nothing changes. */
	conf[1].reta[63] = NB_QUEUES;
	TEST_ASSERT(rte_eth_dev_rss_reta_update(ports[1], conf, SF_RETA_SIZE) < 0, "queue 4 of 4");
	conf[1].reta[63] = 0;
	TEST_ASSERT(rte_eth_dev_rss_reta_update(ports[1], conf, 64) < 0, "64 entries");
	TEST_ASSERT_OK(send_all(&types[2].spec, 3));
	return receive_all(true, key, reta, &used);
}

/* On as many queues as there are. */
static int
test_all_queues(void)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP,
	};
	const uint16_t nb_queues = SF_MAX_QUEUE_PAIRS;
	struct rte_mbuf *out[256], *in[256];
	uint16_t q, i, n, total = 0, used = 0;

	TEST_ASSERT_OK(ports_start(nb_queues, 256, &conf));
	for (i = 0; i < 256; i++) {
		out[i] = make_udp(i);
		TEST_ASSERT(out[i] != NULL, "out of mbufs");
	}
	TEST_ASSERT_OK(port_send(ports[0], 3, out, 256));
	for (q = 0; q < nb_queues; q++) {
		n = port_receive(ports[1], q, in, 256, 20);
		used += n > 0;
		total += n;
		for (i = 0; i < n; i++) {
			TEST_ASSERT((in[i]->ol_flags & RTE_MBUF_F_RX_RSS_HASH) != 0, "no hash");
			TEST_ASSERT_EQUAL(in[i]->hash.rss % SF_RETA_SIZE % nb_queues, q);
			TEST_ASSERT_EQUAL(in[i]->packet_type & RTE_PTYPE_L4_MASK,
				RTE_PTYPE_L4_UDP);
			rte_pktmbuf_free(in[i]);
		}
	}
	TEST_ASSERT_EQUAL(total, 256);
	TEST_ASSERT(used > nb_queues / 2, "only %u queues used", used);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_types),
	TEST_CASE(test_refused),
	TEST_CASE(test_update),
	TEST_CASE(test_reta),
	TEST_CASE(test_all_queues),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_rss_autotest", cases);

TEST_REGISTER(suite);
