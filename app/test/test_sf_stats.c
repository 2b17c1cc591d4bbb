/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Statistics: those of ethdev are the device's, each counts what it is named
 * after, and a reset is one of all.
 */

#include <errno.h>

#include <rte_cycles.h>
#include <rte_flow.h>

#include "sf_example_hw.h"
#include "sf_packets.h"

#define NB_QUEUES 4
#define NB_PACKETS 512

static struct packet packet;

/* An extended statistic, or UINT64_MAX if there is none of that name. */
static uint64_t
xstat(uint16_t port, const char *name)
{
	uint64_t id, value;

	if (rte_eth_xstats_get_id_by_name(port, name, &id) != 0 ||
			rte_eth_xstats_get_by_id(port, &id, &value, 1) != 1)
		return UINT64_MAX;
	return value;
}

/* A statistic of a queue, which ethdev has among the extended ones. */
static uint64_t
queue_stat(uint16_t port, const char *direction, unsigned int queue, const char *what)
{
	char name[RTE_ETH_XSTATS_NAME_SIZE];

	snprintf(name, sizeof(name), "%s_q%u_%s", direction, queue, what);
	return xstat(port, name);
}

/* Flows of many sizes, on all queues of both sides; none is lost. */
static int
exchange(void)
{
	struct rte_mbuf *m[NB_PACKETS];
	unsigned int got = 0;
	uint16_t i, q, n;

	for (i = 0; i < NB_PACKETS; i++) {
		packet_build(&(const struct packet_spec) { .payload = 20 + i * 2, .src_port = i },
			&packet);
		m[i] = packet_to_mbufs(&packet, 2048);
		TEST_ASSERT(m[i] != NULL, "out of mbufs");
	}
	for (q = 0; q < NB_QUEUES; q++)
		TEST_ASSERT_OK(port_send(ports[0], q, m + q * (NB_PACKETS / NB_QUEUES),
			NB_PACKETS / NB_QUEUES));
	for (q = 0; q < NB_QUEUES; q++) {
		n = port_receive(ports[1], q, m, NB_PACKETS, 20);
		rte_pktmbuf_free_bulk(m, n);
		got += n;
	}
	TEST_ASSERT_EQUAL(got, NB_PACKETS);
	return TEST_SUCCESS;
}

static int
start(void)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_NONFRAG_IPV4_UDP,
	};

	return ports_start(NB_QUEUES, 1024, &conf);
}

/* A port's statistics, less the device's as they were. */
static int
compare(unsigned int index, const uint64_t *before)
{
	struct rte_eth_stats stats;
	uint64_t device[SF_NUM_STATS], rx[NB_QUEUES][2], tx[NB_QUEUES][2];
	unsigned int i;
	struct sf *sf;

	sf = sim_host_lock(index);
	for (i = 0; i < SF_NUM_STATS; i++)
		device[i] = sf->dev.r.stats[i] - before[i];
	for (i = 0; i < NB_QUEUES; i++) {
		rx[i][0] = sf->dev.rxq[i].packets;
		rx[i][1] = sf->dev.rxq[i].bytes;
		tx[i][0] = sf->dev.txq[i].packets;
		tx[i][1] = sf->dev.txq[i].bytes;
	}
	sim_host_unlock();
	TEST_ASSERT_OK(rte_eth_stats_get(ports[index], &stats));
	TEST_ASSERT_EQUAL(stats.ipackets, device[SF_STAT_RX_PACKETS]);
	TEST_ASSERT_EQUAL(stats.ibytes, device[SF_STAT_RX_BYTES]);
	TEST_ASSERT_EQUAL(stats.opackets, device[SF_STAT_TX_PACKETS]);
	TEST_ASSERT_EQUAL(stats.obytes, device[SF_STAT_TX_BYTES]);
	TEST_ASSERT_EQUAL(stats.imissed + stats.ierrors + stats.oerrors + stats.rx_nombuf, 0);
	for (i = 0; i < NB_QUEUES && before[SF_STAT_RX_PACKETS] + before[SF_STAT_TX_PACKETS] == 0;
			i++) {
		TEST_ASSERT_EQUAL(queue_stat(ports[index], "rx", i, "packets"), rx[i][0]);
		TEST_ASSERT_EQUAL(queue_stat(ports[index], "rx", i, "bytes"), rx[i][1]);
		TEST_ASSERT_EQUAL(queue_stat(ports[index], "tx", i, "packets"), tx[i][0]);
		TEST_ASSERT_EQUAL(queue_stat(ports[index], "tx", i, "bytes"), tx[i][1]);
	}
	return TEST_SUCCESS;
}

/* Sums over queues are those of the port, and both the device's. */
static int
test_agree(void)
{
	static const uint64_t none[SF_NUM_STATS];
	struct rte_eth_stats tx, rx;
	unsigned int i;
	uint64_t packets = 0, bytes = 0, n;

	TEST_ASSERT_OK(start());
	TEST_ASSERT_OK(exchange());
	TEST_ASSERT_OK(compare(0, none));
	TEST_ASSERT_OK(compare(1, none));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &tx));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &rx));
	TEST_ASSERT_EQUAL(tx.opackets, NB_PACKETS);
	TEST_ASSERT_EQUAL(rx.ipackets, NB_PACKETS);
	TEST_ASSERT_EQUAL(rx.ibytes, tx.obytes);
	for (i = 0; i < NB_QUEUES; i++) {
		TEST_ASSERT_EQUAL(queue_stat(ports[0], "tx", i, "packets"),
			NB_PACKETS / NB_QUEUES);
		n = queue_stat(ports[1], "rx", i, "packets");
		TEST_ASSERT(n > 0 && n <= NB_PACKETS, "queue %u", i);
		packets += n;
		bytes += queue_stat(ports[1], "rx", i, "bytes");
	}
	TEST_ASSERT_EQUAL(packets, rx.ipackets);
	TEST_ASSERT_EQUAL(bytes, rx.ibytes);
	TEST_ASSERT_EQUAL(xstat(ports[1], "rx_good_packets"), NB_PACKETS);
	return TEST_SUCCESS;
}

/* Everything is 0, and counts from there; the device's own counters go on. */
static int
test_reset(void)
{
	struct rte_eth_xstat values[300];
	uint64_t before[2][SF_NUM_STATS];
	unsigned int i, round;
	struct sf *sf;
	int n, k;

	TEST_ASSERT_OK(start());
	for (round = 0; round < 2; round++) { /* by either call */
		TEST_ASSERT_OK(exchange());
		for (i = 0; i < 2; i++) {
			sf = sim_host_lock(i);
			memcpy(before[i], sf->dev.r.stats, sizeof(before[i]));
			sim_host_unlock();
			TEST_ASSERT_OK(round == 0 ? rte_eth_stats_reset(ports[i]) :
				rte_eth_xstats_reset(ports[i]));
			n = rte_eth_xstats_get(ports[i], values, RTE_DIM(values));
			TEST_ASSERT(n > 0 && n < (int)RTE_DIM(values), "%d statistics", n);
			for (k = 0; k < n; k++)
				TEST_ASSERT_EQUAL(values[k].value, 0);
		}
		TEST_ASSERT_OK(exchange());
		TEST_ASSERT_OK(compare(0, before[0]));
		TEST_ASSERT_OK(compare(1, before[1]));
		TEST_ASSERT_EQUAL(xstat(ports[0], "tx_q3_packets"), NB_PACKETS / NB_QUEUES);
	}
	return TEST_SUCCESS;
}

static int
send_frame(uint16_t len, const uint8_t *to)
{
	struct rte_mbuf *m = make_frame(len, to, 0);

	return port_send(ports[0], 0, &m, 1);
}

static int
send_tagged(void)
{
	struct rte_mbuf *m = make_frame(60, station, 0);

	m->ol_flags = RTE_MBUF_F_TX_VLAN;
	m->vlan_tci = 7;
	return port_send(ports[0], 0, &m, 1);
}

/* A statistic comes to 1, and no further; then all are reset. */
static int
counts(unsigned int index, const char *name)
{
	unsigned int i;

	for (i = 0; i < 500 && xstat(ports[index], name) == 0; i++)
		rte_delay_us_sleep(1000);
	TEST_ASSERT(xstat(ports[index], name) == 1, "%s is %lld", name,
		(long long)xstat(ports[index], name));
	return rte_eth_stats_reset(ports[index]);
}

static int
test_names(void)
{
	static const uint8_t group[] = { 1, 0, 0x5e, 0, 0, 1 };
	const struct rte_flow_attr ingress = { .ingress = 1 };
	const struct rte_flow_item all[] = { { .type = RTE_FLOW_ITEM_TYPE_END } };
	const struct rte_flow_action drop[] = {
		{ .type = RTE_FLOW_ACTION_TYPE_DROP }, { .type = RTE_FLOW_ACTION_TYPE_END },
	};
	struct rte_eth_conf conf = {
		.rxmode = { .mtu = 1000, .offloads = RTE_ETH_RX_OFFLOAD_VLAN_FILTER |
			RTE_ETH_RX_OFFLOAD_UDP_CKSUM },
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_VLAN_INSERT,
	};
	struct rte_flow_error error;
	struct rte_mbuf *m;

	TEST_ASSERT_OK(ports_start(1, 128, &conf));
	TEST_ASSERT_OK(send_frame(60, group));
	TEST_ASSERT_OK(counts(1, "rx_multicast_packets"));
	TEST_ASSERT_OK(send_frame(60, broadcast));
	TEST_ASSERT_OK(counts(1, "rx_broadcast_packets"));
	TEST_ASSERT_OK(send_tagged());
	TEST_ASSERT_OK(counts(1, "rx_vlan_filtered"));
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	TEST_ASSERT_OK(send_frame(60, station));
	TEST_ASSERT_OK(counts(1, "rx_filtered"));
	TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[1]));
	packet_build(&(const struct packet_spec) { .payload = 100 }, &packet);
	packet.data[packet.len - 1] ^= 1;
	TEST_ASSERT_OK(packet_send(ports[0], packet_to_mbufs(&packet, 2048)));
	TEST_ASSERT_OK(counts(1, "rx_bad_checksum"));
	TEST_ASSERT(rte_flow_create(ports[1], &ingress, all, drop, &error) != NULL, "rule");
	TEST_ASSERT_OK(send_frame(60, station));
	TEST_ASSERT_OK(counts(1, "rx_flow_dropped"));
	TEST_ASSERT_OK(rte_flow_flush(ports[1], &error));
	TEST_ASSERT_OK(send_frame(1019, station));
	TEST_ASSERT_OK(counts(0, "tx_too_long"));
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[0], 1500));
	TEST_ASSERT_OK(send_frame(1019, station));
	TEST_ASSERT_OK(counts(1, "rx_too_long"));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, 1000), 1); /* the multicast */
	rte_pktmbuf_free(m);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(port_wait_link(ports[0], false));
	TEST_ASSERT_OK(send_frame(60, station));
	TEST_ASSERT_OK(counts(0, "tx_no_link"));
	TEST_ASSERT_EQUAL(xstat(ports[0], "tx_q0_no_such"), UINT64_MAX);
	return TEST_SUCCESS;
}

/* Counters of queues that are not configured now: reset with the others, and not lost. */
static int
test_other_number_of_queues(void)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *bad;
	unsigned int i;
	uint16_t q;

	TEST_ASSERT_OK(start());
	TEST_ASSERT_OK(exchange());
	bad = make_frame(60, station, 0);
	TEST_ASSERT(bad != NULL, "out of mbufs");
	rte_pktmbuf_trim(bad, 60);
	TEST_ASSERT_OK(port_send(ports[0], NB_QUEUES - 1, &bad, 1));
	for (i = 0; i < 2; i++)
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[i]));
	for (i = 0; i < 2; i++)
		TEST_ASSERT_OK(port_configure(ports[i], 1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &stats));
	TEST_ASSERT_EQUAL(stats.oerrors, 1);
	TEST_ASSERT_EQUAL(stats.opackets, NB_PACKETS);
	for (i = 0; i < 2; i++)
		TEST_ASSERT_OK(rte_eth_stats_reset(ports[i]));
	TEST_ASSERT_OK(start());
	for (i = 0; i < 2; i++) {
		TEST_ASSERT_OK(rte_eth_stats_get(ports[i], &stats));
		TEST_ASSERT_EQUAL(stats.oerrors + stats.ipackets + stats.opackets, 0);
		for (q = 0; q < NB_QUEUES; q++)
			TEST_ASSERT(queue_stat(ports[i], "rx", q, "packets") +
				queue_stat(ports[i], "tx", q, "packets") == 0, "queue %u", q);
	}
	return TEST_SUCCESS;
}

/* As many queues as rte_eth_stats has room for before 25.11: what is behind is not written. */
static int
test_all_queues(void)
{
	struct {
		struct rte_eth_stats stats;
		uint64_t behind;
	} s = { .behind = 4711 };

	TEST_ASSERT_OK(port_configure(ports[0], SF_MAX_QUEUE_PAIRS, 64, NULL));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &s.stats));
	TEST_ASSERT_EQUAL(s.behind, 4711);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_other_number_of_queues),
	TEST_CASE(test_all_queues),
	TEST_CASE(test_agree),
	TEST_CASE(test_reset),
	TEST_CASE(test_names),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_stats_autotest", cases);

TEST_REGISTER(suite);
