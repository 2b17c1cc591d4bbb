/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The driver, through ethdev, on simulated devices in this process.
 */

#include <errno.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_vect.h>

#include "sf_ports.h"

/* --- Control path --------------------------------------------------------- */

static int
test_dev_info(void)
{
	struct rte_eth_dev_info info;
	char version[32];

	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[0], &info));
	TEST_ASSERT(strcmp(info.driver_name, "net_sf_example") == 0, "%s", info.driver_name);
	TEST_ASSERT_EQUAL(info.max_rx_queues, SF_MAX_QUEUE_PAIRS);
	TEST_ASSERT_EQUAL(info.max_tx_queues, SF_MAX_QUEUE_PAIRS);
	TEST_ASSERT_EQUAL(info.rx_desc_lim.nb_max, SF_RING_MAX);
	TEST_ASSERT_EQUAL(info.rx_desc_lim.nb_align, SF_RING_ALIGN);
	TEST_ASSERT_EQUAL(info.max_mtu, SF_MTU_LARGEST);
	TEST_ASSERT_EQUAL(info.reta_size, SF_RETA_SIZE);
	TEST_ASSERT_EQUAL(info.speed_capa, RTE_ETH_LINK_SPEED_100G);
	TEST_ASSERT_OK(rte_eth_dev_fw_version_get(ports[0], version, sizeof(version)));
	TEST_ASSERT(strcmp(version, "1.2.0") == 0, "%s", version);
	return TEST_SUCCESS;
}

static int
test_bad_queues(void)
{
	static const uint16_t bad_sizes[] = { 1, 32 + 1, 63, 1000, SF_RING_MAX + SF_RING_ALIGN };
	const struct rte_eth_conf conf = { 0 };
	unsigned int i;

	TEST_ASSERT(rte_eth_dev_configure(ports[0], SF_MAX_QUEUE_PAIRS + 1, 1, &conf) < 0,
		"too many queues");
	TEST_ASSERT_OK(rte_eth_dev_configure(ports[0], 1, 1, &conf));
	for (i = 0; i < RTE_DIM(bad_sizes); i++) {
		TEST_ASSERT(rte_eth_rx_queue_setup(ports[0], 0, bad_sizes[i], SOCKET_ID_ANY, NULL,
			pool) < 0, "Rx ring of %u", bad_sizes[i]);
		TEST_ASSERT(rte_eth_tx_queue_setup(ports[0], 0, bad_sizes[i], SOCKET_ID_ANY,
			NULL) < 0, "Tx ring of %u", bad_sizes[i]);
	}
	TEST_ASSERT(rte_eth_rx_queue_setup(ports[0], 1, 64, SOCKET_ID_ANY, NULL, pool) < 0,
		"queue out of range");
	return TEST_SUCCESS;
}

static int
test_bad_devargs(void)
{
	static const char *const bad[] = {
		",colour=red", ",pause", ",pause=2", ",mac=banana", ",mac=01:00:00:00:00:01",
	};
	struct test_resources before;
	unsigned int i;

	TEST_ASSERT_OK(port_detach(0));
	before = test_resources_now();
	for (i = 0; i < RTE_DIM(bad); i++) {
		TEST_ASSERT_EQUAL(port_attach(0, bad[i]), -EINVAL);
		TEST_ASSERT_OK(test_resources_same(&before));
	}
	return port_attach(0, ",mac=02:00:00:00:00:77,pause=0");
}

static int
test_mac(void)
{
	struct rte_ether_addr mac, other = { .addr_bytes = { 2, 0, 0, 0, 0, 0x42 } };
	struct rte_mbuf *out, *in;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 128, NULL));
	TEST_ASSERT_OK(rte_eth_macaddr_get(ports[1], &mac));
	TEST_ASSERT(rte_is_local_admin_ether_addr(&mac), "factory address");
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_default_mac_addr_set(ports[1], &other));
	for (i = 0; i < 4; i++) {
		const struct {
			struct rte_ether_addr to;
			bool wanted;
		} tries[] = {
			{ other, true },
			{ mac, false },
			{ { .addr_bytes = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff } }, true },
			{ { .addr_bytes = { 1, 0, 0x5e, 0, 0, 1 } }, false },
		};

		out = make_frame(60, tries[i].to.addr_bytes, i);
		TEST_ASSERT_OK(port_send(ports[0], 0, &out, 1));
		TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &in, 1, tries[i].wanted ? 1000 : 20),
			tries[i].wanted);
		if (tries[i].wanted)
			rte_pktmbuf_free(in);
	}
	TEST_ASSERT_OK(rte_eth_allmulticast_enable(ports[1]));
	out = make_frame(60, (const uint8_t[]) { 1, 0, 0x5e, 0, 0, 1 }, 0);
	TEST_ASSERT_OK(port_send(ports[0], 0, &out, 1));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &in, 1, 1000), 1);
	rte_pktmbuf_free(in);
	return TEST_SUCCESS;
}

static int
test_mtu(void)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *out, *in;

	TEST_ASSERT_OK(ports_start(1, 128, NULL));
	TEST_ASSERT(rte_eth_dev_set_mtu(ports[1], SF_MTU_LARGEST + 1) < 0, "over the limit");
	TEST_ASSERT(rte_eth_dev_set_mtu(ports[1], SF_MTU_MIN - 1) < 0, "below the limit");
	/* Larger than the mbufs: a port that runs cannot begin to scatter. */
	TEST_ASSERT_EQUAL(rte_eth_dev_set_mtu(ports[1], 4000), -EBUSY);
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[1], 1000));
	out = make_frame(1018, station, 0);
	TEST_ASSERT_OK(port_send(ports[0], 0, &out, 1));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &in, 1, 1000), 1);
	rte_pktmbuf_free(in);
	out = make_frame(1019, station, 0);
	TEST_ASSERT_OK(port_send(ports[0], 0, &out, 1));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &in, 1, 20), 0);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ierrors, 1);
	return TEST_SUCCESS;
}

static unsigned int lsc_events;

static int
on_lsc(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_add_fetch(&lsc_events, 1, __ATOMIC_RELEASE);
	return 0;
}

static int
test_link_events(void)
{
	struct rte_eth_conf conf = { .intr_conf.lsc = 1 };

	lsc_events = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_LSC, on_lsc,
		NULL));
	TEST_ASSERT_OK(ports_start(1, 64, &conf));
	TEST_ASSERT_OK(wait_event(&lsc_events, 1));
	lsc_events = 0;
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(wait_event(&lsc_events, 1));
	TEST_ASSERT_OK(port_wait_link(ports[0], false));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	return rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_LSC, on_lsc, NULL);
}

/* --- Packets ----------------------------------------------------------------- */

static int
test_ring_sizes(void)
{
	static const uint16_t sizes[] = { 64, 96, 160, 512, 4064, 4096 };
	unsigned int i;

	for (i = 0; i < RTE_DIM(sizes); i++) {
		TEST_ASSERT_OK(ports_start(1, sizes[i], NULL));
		/* More than once round the ring. */
		TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], RTE_MIN(3u * sizes[i], 6000u)));
		TEST_ASSERT_OK(ports_exchange(ports[1], ports[0], 64));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	}
	return TEST_SUCCESS;
}

static int
test_restart(void)
{
	unsigned int i, before;

	TEST_ASSERT_OK(ports_start(2, 256, NULL));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	before = rte_mempool_avail_count(pool);
	TEST_ASSERT_EQUAL(before, NB_MBUFS);
	for (i = 0; i < 20; i++) {
		TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
		TEST_ASSERT_OK(port_wait_link(ports[0], true));
		TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 128));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
		TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), before);
	}
	return TEST_SUCCESS;
}

static int
test_close_and_attach(void)
{
	struct test_resources before;
	unsigned int i;

	TEST_ASSERT_OK(port_detach(0));
	TEST_ASSERT_OK(port_attach(0, ""));
	before = test_resources_now();
	for (i = 0; i < 5; i++) {
		TEST_ASSERT_OK(ports_start(4, 128, NULL));
		TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 64));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
		TEST_ASSERT_OK(rte_eth_dev_close(ports[0]));
		TEST_ASSERT_OK(port_detach(0));
		TEST_ASSERT_OK(port_attach(0, ""));
		TEST_ASSERT_OK(test_resources_same(&before));
	}
	TEST_ASSERT_OK(rte_eth_dev_close(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return TEST_SUCCESS;
}

static int
test_reset(void)
{
	TEST_ASSERT_OK(ports_start(1, 128, NULL));
	TEST_ASSERT_OK(rte_eth_dev_reset(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(ports_start(2, 256, NULL));
	return ports_exchange(ports[0], ports[1], 256);
}

/* A burst larger than tx_free_thresh is sent whole if the device is done with all before it. */
static int
send_large_bursts(uint16_t bits)
{
	struct rte_mbuf *m[2 * BURST];
	unsigned int i, j;

	TEST_ASSERT_OK(rte_vect_set_max_simd_bitwidth(bits));
	TEST_ASSERT_OK(ports_start(1, 512, NULL));
	for (i = 0; i < 20; i++) {
		for (j = 0; j < RTE_DIM(m); j++)
			m[j] = make_frame(60, station, j);
		TEST_ASSERT_EQUAL(rte_eth_tx_burst(ports[0], 0, m, RTE_DIM(m)), RTE_DIM(m));
		TEST_ASSERT_OK(port_wait_sent(ports[0], 0, 512));
		TEST_ASSERT_EQUAL(port_receive(ports[1], 0, m, RTE_DIM(m), 1000), RTE_DIM(m));
		rte_pktmbuf_free_bulk(m, RTE_DIM(m));
	}
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	return rte_eth_dev_stop(ports[1]);
}

static int
test_large_bursts(void)
{
	const uint16_t before = rte_vect_get_max_simd_bitwidth();

	TEST_ASSERT_OK(send_large_bursts(RTE_VECT_SIMD_DISABLED));
	TEST_ASSERT_OK(send_large_bursts(RTE_VECT_SIMD_MAX));
	return rte_vect_set_max_simd_bitwidth(before);
}

/* What the device cannot send is dropped and counted, and halts nothing. */
static int
test_bad_mbufs(void)
{
	struct rte_mbuf *bad[3], *tail;
	struct rte_eth_stats stats;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 128, NULL));
	for (i = 0; i < RTE_DIM(bad); i++)
		bad[i] = make_frame(60, station, 0);
	rte_pktmbuf_trim(bad[0], 60 - 13);
	tail = make_frame(60, station, 0);
	TEST_ASSERT_OK(rte_pktmbuf_chain(bad[1], tail));
	rte_pktmbuf_trim(bad[2], 60);
	TEST_ASSERT_OK(port_send(ports[0], 0, bad, RTE_DIM(bad)));
	TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 64));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &stats));
	TEST_ASSERT_EQUAL(stats.oerrors, RTE_DIM(bad));
	return TEST_SUCCESS;
}

/* No room at the receiver: with pause nothing is lost, without it is counted. */
static int
test_pause(void)
{
	struct rte_eth_fc_conf fc = { 0 };
	struct rte_mbuf *out[300], *in[300];
	struct rte_eth_stats stats;
	uint16_t i, got;

	TEST_ASSERT_OK(ports_start(1, 128, NULL));
	for (i = 0; i < 200; i++)
		out[i] = make_frame(60, station, i);
	TEST_ASSERT_OK(port_send(ports[0], 0, out, 200));
	rte_delay_us_sleep(20000);
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, in, 200, 1000), 200);
	rte_pktmbuf_free_bulk(in, 200);
	TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_get(ports[1], &fc));
	TEST_ASSERT(fc.mode != RTE_ETH_FC_NONE, "pause is off");
	fc.mode = RTE_ETH_FC_NONE;
	TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_set(ports[1], &fc));
	TEST_ASSERT_OK(rte_eth_stats_reset(ports[1]));
	for (i = 0; i < 300; i++)
		out[i] = make_frame(60, station, i);
	TEST_ASSERT_OK(port_send(ports[0], 0, out, 300));
	rte_delay_us_sleep(20000);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	got = port_receive(ports[1], 0, in, 300, 20);
	rte_pktmbuf_free_bulk(in, got);
	TEST_ASSERT(stats.imissed > 0, "nothing missed");
	TEST_ASSERT_EQUAL(got + stats.imissed, 300);
	return TEST_SUCCESS;
}

/* Packets of which some are not for the receiver, and some too long for it. */
static int
test_mixed_burst(void)
{
	static const struct {
		const uint8_t *to;
		uint16_t len;
		bool wanted;
	} kinds[] = {
		{ broadcast, 60, true }, { station, 60, false }, { broadcast, 1019, false },
		{ broadcast, 1018, true }, { broadcast, 170, true },
	};
	struct rte_mbuf *out[60], *in[60], *expected;
	struct rte_eth_stats tx, rx;
	struct sf *sf;
	uint64_t filtered, n = 0;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_set_mtu(ports[1], 1000));
	sim_host_freeze(true);
	for (i = 0; i < RTE_DIM(out); i++)
		out[i] = make_frame(kinds[i % RTE_DIM(kinds)].len, kinds[i % RTE_DIM(kinds)].to, i);
	TEST_ASSERT_OK(port_send(ports[0], 0, out, RTE_DIM(out)));
	sim_host_freeze(false);
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, in, 36, 1000), 36);
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &in[36], 1, 20), 0);
	for (i = 0; i < RTE_DIM(out); i++) {
		const uint16_t len = kinds[i % RTE_DIM(kinds)].len;

		if (!kinds[i % RTE_DIM(kinds)].wanted)
			continue;
		expected = make_frame(len, broadcast, i);
		TEST_ASSERT_EQUAL(in[n]->pkt_len, len);
		TEST_ASSERT_OK(memcmp(rte_pktmbuf_mtod(in[n], void *),
			rte_pktmbuf_mtod(expected, void *), len));
		rte_pktmbuf_free(expected);
		rte_pktmbuf_free(in[n++]);
	}
	TEST_ASSERT_OK(rte_eth_stats_get(ports[0], &tx));
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &rx));
	sf = sim_host_lock(1);
	filtered = sf->dev.r.stats[SF_STAT_RX_FILTERED];
	n = sf->dev.r.stats[SF_STAT_RX_BROADCAST];
	sim_host_unlock();
	TEST_ASSERT_EQUAL(tx.opackets, 60);
	TEST_ASSERT_EQUAL(tx.obytes, 12u * (60 + 60 + 1019 + 1018 + 170));
	TEST_ASSERT_EQUAL(rx.ipackets, 36);
	TEST_ASSERT_EQUAL(rx.ibytes, 12u * (60 + 1018 + 170));
	TEST_ASSERT_EQUAL(rx.ierrors, 12);
	TEST_ASSERT_EQUAL(filtered, 12);
	TEST_ASSERT_EQUAL(n, 36);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_dev_info),
	TEST_CASE(test_bad_queues),
	TEST_CASE(test_bad_devargs),
	TEST_CASE(test_mac),
	TEST_CASE(test_mtu),
	TEST_CASE(test_link_events),
	TEST_CASE(test_ring_sizes),
	TEST_CASE(test_restart),
	TEST_CASE(test_close_and_attach),
	TEST_CASE(test_reset),
	TEST_CASE(test_large_bursts),
	TEST_CASE(test_bad_mbufs),
	TEST_CASE(test_mixed_burst),
	TEST_CASE(test_pause),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_example_autotest", cases);

TEST_REGISTER(suite);
