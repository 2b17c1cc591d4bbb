/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What an application may ask of a port while packets go through it.
 */

#include <errno.h>

#include <rte_cpuflags.h>
#include <rte_cycles.h>
#include <rte_vect.h>

#include "sf_ports.h"

/* Whether a frame for an address comes through. */
static int
comes_through(const uint8_t *to, bool wanted)
{
	struct rte_mbuf *m = make_frame(60, to, 0);

	TEST_ASSERT_OK(port_send(ports[0], 0, &m, 1));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, wanted ? 1000 : 10), wanted);
	if (wanted)
		rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

/* --- Addresses ------------------------------------------------------------------ */

static int
test_mac_addrs(void)
{
	struct rte_ether_addr addr = { { 2, 1, 1, 1, 1, 0 } };
	struct rte_eth_dev_info info;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_info_get(ports[1], &info));
	for (i = 1; i < info.max_mac_addrs; i++) {
		addr.addr_bytes[5] = i;
		TEST_ASSERT_OK(comes_through(addr.addr_bytes, false));
		TEST_ASSERT_OK(rte_eth_dev_mac_addr_add(ports[1], &addr, 0));
		TEST_ASSERT_OK(comes_through(addr.addr_bytes, true));
	}
	addr.addr_bytes[5] = i;
	TEST_ASSERT_EQUAL(rte_eth_dev_mac_addr_add(ports[1], &addr, 0), -ENOSPC);
	/* They stay over a restart, and go one by one. */
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	for (i = info.max_mac_addrs - 1; i > 0; i--) {
		addr.addr_bytes[5] = i;
		TEST_ASSERT_OK(comes_through(addr.addr_bytes, true));
		TEST_ASSERT_OK(rte_eth_dev_mac_addr_remove(ports[1], &addr));
		TEST_ASSERT_OK(comes_through(addr.addr_bytes, false));
	}
	return TEST_SUCCESS;
}

/* All addresses stay over a reset of the port, and none is there twice then. */
static int
test_mac_addrs_reset(void)
{
	struct rte_ether_addr first, mac, other = { { 2, 1, 1, 1, 1, 1 } };

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_macaddr_get(ports[1], &first));
	TEST_ASSERT_OK(rte_eth_dev_default_mac_addr_set(ports[1], &other));
	TEST_ASSERT_OK(rte_eth_dev_mac_addr_add(ports[1], &first, 0));
	TEST_ASSERT_OK(rte_eth_dev_reset(ports[1]));
	TEST_ASSERT_OK(rte_eth_macaddr_get(ports[1], &mac));
	TEST_ASSERT(rte_is_same_ether_addr(&mac, &other), "another address after the reset");
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	TEST_ASSERT_OK(comes_through(other.addr_bytes, true));
	TEST_ASSERT_OK(comes_through(first.addr_bytes, true));
	TEST_ASSERT_OK(rte_eth_dev_mac_addr_remove(ports[1], &first));
	return comes_through(first.addr_bytes, false);
}

static int
test_multicast_list(void)
{
	struct rte_ether_addr groups[33];
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	for (i = 0; i < RTE_DIM(groups); i++)
		groups[i] = (struct rte_ether_addr) { { 1, 0, 0x5e, 0, 0, i } };
	TEST_ASSERT_OK(comes_through(groups[0].addr_bytes, false));
	TEST_ASSERT_EQUAL(rte_eth_dev_set_mc_addr_list(ports[1], groups, 33), -ENOSPC);
	TEST_ASSERT_OK(rte_eth_dev_set_mc_addr_list(ports[1], groups, 32));
	TEST_ASSERT_OK(comes_through(groups[0].addr_bytes, true));
	TEST_ASSERT_OK(comes_through(groups[31].addr_bytes, true));
	TEST_ASSERT_OK(comes_through(groups[32].addr_bytes, false));
	/* A list takes the place of the one before. */
	TEST_ASSERT_OK(rte_eth_dev_set_mc_addr_list(ports[1], &groups[32], 1));
	TEST_ASSERT_OK(comes_through(groups[32].addr_bytes, true));
	TEST_ASSERT_OK(comes_through(groups[0].addr_bytes, false));
	groups[0].addr_bytes[0] = 2;
	TEST_ASSERT(rte_eth_dev_set_mc_addr_list(ports[1], groups, 1) < 0, "a station in it");
	TEST_ASSERT_OK(comes_through(groups[32].addr_bytes, true));
	TEST_ASSERT_OK(rte_eth_dev_set_mc_addr_list(ports[1], NULL, 0));
	return comes_through(groups[32].addr_bytes, false);
}

/* A mode ends when it is left, and not when the port is stopped. */
static int
test_modes(void)
{
	static const uint8_t group[6] = { 1, 0, 0x5e, 0, 0, 1 };
	static const struct {
		int (*enter)(uint16_t port);
		int (*leave)(uint16_t port);
		bool stations;
	} modes[] = {
		{ rte_eth_allmulticast_enable, rte_eth_allmulticast_disable, false },
		{ rte_eth_promiscuous_enable, rte_eth_promiscuous_disable, true },
	};
	unsigned int i, round;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_promiscuous_disable(ports[1]));
	for (i = 0; i < RTE_DIM(modes); i++) {
		TEST_ASSERT_OK(comes_through(group, false));
		TEST_ASSERT_OK(modes[i].enter(ports[1]));
		for (round = 0; round < 2; round++) {
			TEST_ASSERT_OK(comes_through(group, true));
			TEST_ASSERT_OK(comes_through(station, modes[i].stations));
			TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
			TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
			TEST_ASSERT_OK(port_wait_link(ports[0], true));
		}
		TEST_ASSERT_OK(modes[i].leave(ports[1]));
		TEST_ASSERT_OK(comes_through(group, false));
		TEST_ASSERT_OK(comes_through(station, false));
	}
	return TEST_SUCCESS;
}

/* --- Link and pauses ----------------------------------------------------------------- */

/* What is sent without a link is lost, and nothing else. */
static int
test_link_down_and_up(void)
{
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	for (i = 0; i < 2; i++) { /* the receiver's, the sender's */
		TEST_ASSERT_OK(rte_eth_dev_set_link_down(ports[!i]));
		TEST_ASSERT_OK(port_wait_link(ports[0], false));
		TEST_ASSERT_OK(port_wait_link(ports[1], false));
		TEST_ASSERT_OK(comes_through(station, false));
		TEST_ASSERT_OK(rte_eth_dev_set_link_up(ports[!i]));
		TEST_ASSERT_OK(port_wait_link(ports[0], true));
		TEST_ASSERT_OK(port_wait_link(ports[1], true));
		TEST_ASSERT_OK(comes_through(station, true));
	}
	return ports_exchange(ports[0], ports[1], 64);
}

/* More packets than the receiver has buffers, when it asks for no pause. */
static int
overrun(struct rte_mbuf **m, uint16_t nb)
{
	struct rte_eth_stats stats;
	unsigned int i;

	TEST_ASSERT_OK(rte_eth_stats_reset(ports[1]));
	TEST_ASSERT_OK(port_send(ports[0], 0, m, nb));
	for (i = 0; i < 1000; i++) {
		TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
		if (stats.ipackets + stats.imissed == nb)
			break;
		rte_delay_us_sleep(1000);
	}
	TEST_ASSERT_EQUAL(stats.ipackets + stats.imissed, nb);
	TEST_ASSERT(stats.imissed > 0, "nothing missed");
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, m, nb, 1), stats.ipackets);
	rte_pktmbuf_free_bulk(m, stats.ipackets);
	return TEST_SUCCESS;
}

/* Pauses as the device argument says, until the application says otherwise. */
static int
test_pause_argument(void)
{
	struct rte_eth_fc_conf fc = { 0 };
	struct rte_mbuf *m[200];
	unsigned int i, round;

	TEST_ASSERT_OK(port_detach(1));
	TEST_ASSERT_OK(port_attach(1, ",pause=0"));
	TEST_ASSERT_OK(ports_start(1, 128, NULL));
	TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_get(ports[1], &fc));
	TEST_ASSERT_EQUAL(fc.mode, RTE_ETH_FC_NONE);
	for (round = 0; round < 2; round++) {
		for (i = 0; i < RTE_DIM(m); i++)
			m[i] = make_frame(60, station, i);
		if (round == 0) {
			TEST_ASSERT_OK(overrun(m, RTE_DIM(m)));
			fc.mode = RTE_ETH_FC_TX_PAUSE;
			TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_set(ports[1], &fc));
			continue;
		}
		TEST_ASSERT_OK(port_send(ports[0], 0, m, RTE_DIM(m)));
		TEST_ASSERT_EQUAL(port_receive(ports[1], 0, m, RTE_DIM(m), 1000), RTE_DIM(m));
		rte_pktmbuf_free_bulk(m, RTE_DIM(m));
	}
	return TEST_SUCCESS;
}

/* A sender that has been away for long is held by a full queue, as one that comes first is. */
static int
test_hold_again(void)
{
	struct rte_eth_stats stats;
	struct rte_mbuf *m[100];
	unsigned int i, nb;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	for (i = 0; i < 92; i++)
		m[i] = make_frame(60, station, i);
	TEST_ASSERT_OK(port_send(ports[0], 0, m, 92));
	rte_delay_us_sleep(50 * 1000); /* what finds no room is held */
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	rte_delay_us_sleep(2100 * 1000);
	TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	for (i = 0; i < 8; i++)
		m[i] = make_frame(60, station, 100 + i);
	TEST_ASSERT_OK(port_send(ports[0], 0, m, 8));
	rte_delay_us_sleep(50 * 1000);
	nb = port_receive(ports[1], 0, m, RTE_DIM(m), 100);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.imissed, 0);
	TEST_ASSERT_EQUAL(stats.ipackets, nb);
	rte_pktmbuf_free_bulk(m, nb);
	return TEST_SUCCESS;
}

/* --- Queues ------------------------------------------------------------------------ */

static int
test_queue_stop_and_start(void)
{
	struct rte_mbuf *m[8];
	unsigned int i, round;

	TEST_ASSERT_OK(ports_start(2, 128, NULL));
	test_log_start();
	for (round = 0; round < 4; round++) {
		TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 160));
		TEST_ASSERT_OK(rte_eth_dev_tx_queue_stop(ports[0], 0));
		for (i = 0; i < RTE_DIM(m); i++)
			m[i] = make_frame(60, station, i);
		TEST_ASSERT_EQUAL(rte_eth_tx_burst(ports[0], 0, m, RTE_DIM(m)), 0);
		TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, 0), 0);
		TEST_ASSERT_OK(rte_eth_dev_rx_queue_stop(ports[1], 0));
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(ports[1], 0, m, 0), 0);
		/* The other queues go on; what is for the stopped one is dropped. */
		TEST_ASSERT_OK(port_send(ports[0], 1, m, RTE_DIM(m)));
		TEST_ASSERT_EQUAL(port_receive(ports[1], 0, m, RTE_DIM(m), 10), 0);
		TEST_ASSERT_OK(rte_eth_dev_rx_queue_start(ports[1], 0));
		TEST_ASSERT_OK(rte_eth_dev_tx_queue_start(ports[0], 0));
	}
	/* The memory of queues that go on is not lost. */
	TEST_ASSERT_EQUAL(test_log_count("kept"), 0);
	TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 160));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return TEST_SUCCESS;
}

static int
test_deferred_start(void)
{
	struct rte_eth_rxconf rx = { .rx_deferred_start = 1 };
	struct rte_eth_txconf tx = { .tx_deferred_start = 1 };
	struct rte_eth_conf conf = { 0 };
	struct rte_mbuf *m;

	TEST_ASSERT_OK(port_configure(ports[0], 1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_dev_configure(ports[1], 1, 1, &conf));
	TEST_ASSERT_OK(rte_eth_rx_queue_setup(ports[1], 0, 64, SOCKET_ID_ANY, &rx, pool));
	TEST_ASSERT_OK(rte_eth_tx_queue_setup(ports[1], 0, 64, SOCKET_ID_ANY, &tx));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[1]));
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	TEST_ASSERT_OK(comes_through(station, false));
	m = make_frame(60, station, 0);
	TEST_ASSERT_EQUAL(rte_eth_tx_burst(ports[1], 0, &m, 1), 0);
	rte_pktmbuf_free(m);
	TEST_ASSERT_OK(rte_eth_dev_rx_queue_start(ports[1], 0));
	TEST_ASSERT_OK(rte_eth_dev_tx_queue_start(ports[1], 0));
	TEST_ASSERT_OK(comes_through(station, true));
	TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[0]));
	return ports_exchange(ports[1], ports[0], 64);
}

/* Queues of a running port are set up anew, with rings of another size. */
static int
test_runtime_setup(void)
{
	static const uint16_t sizes[] = { 1024, 64, 512 };
	struct rte_eth_rxq_info rxq;
	struct rte_eth_txq_info txq;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(2, 128, NULL));
	TEST_ASSERT(rte_eth_rx_queue_setup(ports[1], 0, 64, SOCKET_ID_ANY, NULL, pool) < 0,
		"a running queue");
	for (i = 0; i < RTE_DIM(sizes); i++) {
		TEST_ASSERT_OK(rte_eth_dev_tx_queue_stop(ports[0], 0));
		TEST_ASSERT_OK(rte_eth_dev_rx_queue_stop(ports[1], 0));
		TEST_ASSERT_OK(rte_eth_tx_queue_setup(ports[0], 0, sizes[i], SOCKET_ID_ANY, NULL));
		TEST_ASSERT_OK(rte_eth_rx_queue_setup(ports[1], 0, sizes[i], SOCKET_ID_ANY, NULL,
			pool));
		TEST_ASSERT_OK(rte_eth_dev_tx_queue_start(ports[0], 0));
		TEST_ASSERT_OK(rte_eth_dev_rx_queue_start(ports[1], 0));
		TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 3 * sizes[i]));
		TEST_ASSERT_OK(rte_eth_rx_queue_info_get(ports[1], 0, &rxq));
		TEST_ASSERT_EQUAL(rxq.nb_desc, sizes[i]);
		TEST_ASSERT_OK(rte_eth_tx_queue_info_get(ports[0], 0, &txq));
		TEST_ASSERT_EQUAL(txq.nb_desc, sizes[i]);
	}
	/* A set-up that is refused leaves no queue, and a port that can be stopped. */
	TEST_ASSERT_OK(rte_eth_dev_tx_queue_stop(ports[0], 0));
	TEST_ASSERT_OK(rte_eth_dev_rx_queue_stop(ports[1], 0));
	TEST_ASSERT_EQUAL(rte_eth_tx_queue_setup(ports[0], 0, 96, SOCKET_ID_ANY,
		&(const struct rte_eth_txconf) { .tx_free_thresh = 96 }), -EINVAL);
	TEST_ASSERT_EQUAL(rte_eth_rx_queue_setup(ports[1], 0, 96, SOCKET_ID_ANY,
		&(const struct rte_eth_rxconf) { .rx_free_thresh = 96 }, pool), -EINVAL);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

static int
test_descriptor_status(void)
{
	struct rte_mbuf *m[BURST];
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	sim_host_freeze(true);
	for (i = 0; i < BURST; i++)
		m[i] = make_frame(60, station, i);
	TEST_ASSERT_EQUAL(rte_eth_tx_burst(ports[0], 0, m, BURST), BURST);
	TEST_ASSERT_EQUAL(rte_eth_tx_descriptor_status(ports[0], 0, 0), RTE_ETH_TX_DESC_DONE);
	TEST_ASSERT_EQUAL(rte_eth_tx_descriptor_status(ports[0], 0, 63), RTE_ETH_TX_DESC_FULL);
	TEST_ASSERT_EQUAL(rte_eth_rx_descriptor_status(ports[1], 0, 0), RTE_ETH_RX_DESC_AVAIL);
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, 0), 0);
	sim_host_freeze(false);
	for (i = 0; i < 1000 && rte_eth_rx_queue_count(ports[1], 0) < BURST; i++)
		rte_delay_us_sleep(1000);
	TEST_ASSERT_EQUAL(rte_eth_rx_descriptor_status(ports[1], 0, BURST - 1),
		RTE_ETH_RX_DESC_DONE);
	TEST_ASSERT_EQUAL(rte_eth_rx_descriptor_status(ports[1], 0, BURST),
		RTE_ETH_RX_DESC_UNAVAIL);
	TEST_ASSERT_OK(port_wait_sent(ports[0], 0, 64));
	TEST_ASSERT_EQUAL(rte_eth_tx_descriptor_status(ports[0], 0, 63), RTE_ETH_TX_DESC_DONE);
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, 10), 10);
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, 0), BURST - 10);
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, m, BURST, 1000), BURST);
	rte_pktmbuf_free_bulk(m, BURST);
	TEST_ASSERT(rte_eth_rx_descriptor_status(ports[1], 0, 64) < 0, "behind the ring");
	return TEST_SUCCESS;
}

/* tx_done_cleanup() counts packets, not segments. */
static int
test_done_cleanup_segments(void)
{
	struct rte_eth_conf conf = { .txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS };
	struct rte_mbuf *m[4], *in[4];
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, &conf));
	for (i = 0; i < RTE_DIM(m); i++) {
		m[i] = make_frame(60, station, i);
		TEST_ASSERT_OK(rte_pktmbuf_chain(m[i], make_frame(60, station, i)));
	}
	TEST_ASSERT_OK(port_send(ports[0], 0, m, RTE_DIM(m)));
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, in, RTE_DIM(m), 1000), RTE_DIM(m));
	TEST_ASSERT_EQUAL(in[0]->pkt_len, 120);
	rte_pktmbuf_free_bulk(in, RTE_DIM(m));
	TEST_ASSERT_OK(port_wait_sent(ports[0], 0, 64));
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, 1), 1);
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, UINT32_MAX), 3);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return TEST_SUCCESS;
}

/* Mbufs of sent packets go straight into their pool, and all of them do. */
static int
test_fast_free(void)
{
	struct rte_eth_conf conf = { .txmode.offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE };
	struct rte_eth_burst_mode mode;
	unsigned int round;

	for (round = 0; round < 2; round++) {
		TEST_ASSERT_OK(ports_start(1, 64, &conf));
		TEST_ASSERT_OK(rte_eth_tx_burst_mode_get(ports[0], 0, &mode));
		TEST_ASSERT(strstr(mode.info, "fast free") != NULL, "%s", mode.info);
		TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 1024));
		TEST_ASSERT(rte_eth_tx_done_cleanup(ports[0], 0, 0) >= 0, "clean-up");
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
		TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	}
	return TEST_SUCCESS;
}

static int
test_power_monitor(void)
{
	struct rte_power_monitor_cond cond;
	struct rte_mbuf *m;
	uint16_t value;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_get_monitor_addr(ports[1], 0, &cond));
	TEST_ASSERT_EQUAL(cond.size, sizeof(value));
	value = *(volatile uint16_t *)cond.addr;
	TEST_ASSERT_OK(cond.fn(value, cond.opaque));
	m = make_frame(60, station, 0);
	TEST_ASSERT_OK(port_send(ports[0], 0, &m, 1));
	rte_delay_us_sleep(5000);
	value = *(volatile uint16_t *)cond.addr;
	TEST_ASSERT(cond.fn(value, cond.opaque) != 0, "slept through a packet");
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, &m, 1, 1000), 1);
	rte_pktmbuf_free(m);
	TEST_ASSERT_OK(rte_eth_get_monitor_addr(ports[1], 0, &cond));
	TEST_ASSERT_OK(cond.fn(*(volatile uint16_t *)cond.addr, cond.opaque));
	return TEST_SUCCESS;
}

/* --- What is there, and what is not --------------------------------------------------- */

static int
test_register_dump(void)
{
	static uint32_t data[SF_DB_BASE / 4];
	struct rte_dev_reg_info info = { 0 };

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_OK(rte_eth_dev_get_reg_info(ports[0], &info));
	TEST_ASSERT_EQUAL(info.length, RTE_DIM(data));
	TEST_ASSERT_EQUAL(info.width, 4);
	info.data = data;
	TEST_ASSERT_OK(rte_eth_dev_get_reg_info(ports[0], &info));
	TEST_ASSERT_EQUAL(data[SF_REG_ID / 4], SF_ID_MAGIC);
	TEST_ASSERT_EQUAL(data[(SF_REG_RXQ(0) + SF_Q_SIZE) / 4], 64);
	TEST_ASSERT_EQUAL(info.version, SF_VERSION_MAJOR << 16 | SF_VERSION_MINOR);
	info.length = 4;
	TEST_ASSERT(rte_eth_dev_get_reg_info(ports[0], &info) < 0, "part of a dump");
	return TEST_SUCCESS;
}

static int
test_refused(void)
{
	struct rte_dev_eeprom_info eeprom = { 0 };
	struct rte_eth_pfc_conf pfc = { 0 };
	struct rte_eth_conf conf = { .lpbk_mode = 1 };
	struct rte_eth_fc_conf fc;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_EQUAL(rte_eth_dev_get_eeprom_length(ports[0]), -ENOTSUP);
	TEST_ASSERT(rte_eth_dev_get_eeprom(ports[0], &eeprom) < 0, "EEPROM");
	TEST_ASSERT_EQUAL(rte_eth_dev_priority_flow_ctrl_set(ports[0], &pfc), -ENOTSUP);
	TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_get(ports[0], &fc));
	TEST_ASSERT_OK(rte_eth_dev_flow_ctrl_set(ports[0], &fc));
	fc.mode = RTE_ETH_FC_FULL;
	TEST_ASSERT_EQUAL(rte_eth_dev_flow_ctrl_set(ports[0], &fc), -ENOTSUP);
	fc.mode = RTE_ETH_FC_RX_PAUSE;
	TEST_ASSERT_EQUAL(rte_eth_dev_flow_ctrl_set(ports[0], &fc), -ENOTSUP);
	fc.mode = RTE_ETH_FC_TX_PAUSE;
	fc.pause_time = 100;
	TEST_ASSERT_EQUAL(rte_eth_dev_flow_ctrl_set(ports[0], &fc), -ENOTSUP);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT(rte_eth_dev_configure(ports[0], 1, 1, &conf) < 0, "loopback");
	conf = (struct rte_eth_conf) { .link_speeds = RTE_ETH_LINK_SPEED_FIXED |
		RTE_ETH_LINK_SPEED_10G };
	TEST_ASSERT(rte_eth_dev_configure(ports[0], 1, 1, &conf) < 0, "link speed");
	return TEST_SUCCESS;
}

/* In bursts of each length, with what the device cannot take at each place in one. */
static int
burst_lengths(void)
{
	struct rte_mbuf *out[9], *in[9];
	unsigned int nb, bad, i;

	for (nb = 1; nb <= RTE_DIM(out); nb++)
		for (bad = 0; bad <= nb; bad++) {
			for (i = 0; i < nb; i++)
				out[i] = make_frame(60 + i, station, i);
			if (bad < nb)
				rte_pktmbuf_trim(out[bad], 47 + bad);
			TEST_ASSERT_EQUAL(rte_eth_tx_burst(ports[0], 0, out, nb), nb);
			TEST_ASSERT_EQUAL(port_receive(ports[1], 0, in, nb - (bad < nb), 1000),
				nb - (bad < nb));
			for (i = 0; i < nb - (bad < nb); i++) {
				TEST_ASSERT_EQUAL(in[i]->pkt_len, 60 + i + (i >= bad));
				rte_pktmbuf_free(in[i]);
			}
		}
	return TEST_SUCCESS;
}

/* All that goes on with a burst function, and no mbuf is lost. */
static int
burst_exchange(uint64_t tx_offloads, const char *info)
{
	struct rte_eth_conf conf = { .txmode.offloads = tx_offloads };
	struct rte_eth_burst_mode mode;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, &conf));
	TEST_ASSERT_OK(rte_eth_rx_burst_mode_get(ports[0], 0, &mode));
	TEST_ASSERT(strcmp(mode.info, info) == 0, "%s", mode.info);
	TEST_ASSERT_OK(rte_eth_tx_burst_mode_get(ports[0], 0, &mode));
	TEST_ASSERT(strncmp(mode.info, info, strlen(info)) == 0, "%s", mode.info);
	TEST_ASSERT_EQUAL(strstr(mode.info, "fast free") != NULL, tx_offloads != 0);
	TEST_ASSERT_OK(burst_lengths());
	TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 640));
	for (i = 0; i < 2; i++)
		TEST_ASSERT_OK(rte_eth_dev_stop(ports[i]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return TEST_SUCCESS;
}

static int
test_burst_mode(void)
{
	struct rte_eth_conf conf = {
		.rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER,
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
	};
	static const struct {
		const char *info;
		enum rte_cpu_flag_t flag;
		uint16_t bits;
	} widths[] = {
		{ "Scalar", 0, RTE_VECT_SIMD_DISABLED },
#ifdef RTE_ARCH_X86
		{ "Vector SSE", RTE_CPUFLAG_SSE4_2, RTE_VECT_SIMD_128 },
		{ "Vector AVX2", RTE_CPUFLAG_AVX2, RTE_VECT_SIMD_256 },
		{ "Vector AVX-512", RTE_CPUFLAG_AVX512BW, RTE_VECT_SIMD_512 },
#else
		{ "Vector Neon", 0, RTE_VECT_SIMD_128 },
#endif
	};
	const uint16_t bits = rte_vect_get_max_simd_bitwidth();
	struct rte_eth_burst_mode mode;
	unsigned int i;

	for (i = 0; i < RTE_DIM(widths); i++) {
		if (widths[i].flag != 0 && rte_cpu_get_flag_enabled(widths[i].flag) <= 0)
			break;
		if (rte_vect_set_max_simd_bitwidth(widths[i].bits) < 0)
			break; /* the command line has the last word */
		TEST_ASSERT_OK(burst_exchange(0, widths[i].info));
		TEST_ASSERT_OK(burst_exchange(RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE, widths[i].info));
	}
	rte_vect_set_max_simd_bitwidth(bits);
	TEST_ASSERT_OK(ports_start(1, 64, &conf));
	TEST_ASSERT_OK(rte_eth_rx_burst_mode_get(ports[0], 0, &mode));
	TEST_ASSERT(strstr(mode.info, "scattered") != NULL, "%s", mode.info);
	TEST_ASSERT_OK(rte_eth_tx_burst_mode_get(ports[0], 0, &mode));
	TEST_ASSERT(strstr(mode.info, "offloads") != NULL, "%s", mode.info);
	return TEST_SUCCESS;
}

/* A configuration that is refused says why, and the device is as it was. */
static int
test_configuration_refused(void)
{
	static uint8_t key[52];
	static const struct {
		struct rte_eth_conf conf;
		const char *reason;
		const char *ethdev; /* its own, where it refuses this itself: since 24.11 */
	} tries[] = {
		{ { .rxmode = { .mtu = 1000, .mq_mode = RTE_ETH_MQ_RX_RSS },
			.rx_adv_conf.rss_conf = { .rss_key = key, .rss_key_len = sizeof(key) } },
			"RSS key of 52 bytes", "invalid RSS key len: 52" },
		{ { .rxmode = { .mtu = 1000, .mq_mode = RTE_ETH_MQ_RX_DCB } }, "no DCB or VMDq",
			NULL },
		{ { .rxmode = { .mtu = 1000, .mq_mode = RTE_ETH_MQ_RX_VMDQ_RSS } },
			"no DCB or VMDq", NULL },
		{ { .rxmode.mtu = 1000, .txmode.mq_mode = RTE_ETH_MQ_TX_DCB }, "no DCB or VMDq",
			NULL },
		{ { .rxmode.mtu = 1000, .lpbk_mode = 1 }, "loopback", NULL },
		{ { .rxmode.mtu = 1000, .link_speeds = RTE_ETH_LINK_SPEED_10G }, "link speed",
			NULL },
	};
	struct rte_eth_conf good = { .link_speeds = RTE_ETH_LINK_SPEED_100G };
	unsigned int i, said;
	uint16_t mtu;

	for (i = 0; i < RTE_DIM(tries); i++) {
		test_log_start();
		TEST_ASSERT(rte_eth_dev_configure(ports[0], 2, 2, &tries[i].conf) < 0, "%s",
			tries[i].reason);
		said = test_log_count_so_far("sf_sim.sf.0", tries[i].reason);
		if (tries[i].ethdev != NULL)
			said += test_log_count_so_far("port_id=0", tries[i].ethdev);
		test_log_end();
		TEST_ASSERT(said == 1, "%s", tries[i].reason);
		mtu = sim_host_lock(0)->dev.r.mtu;
		sim_host_unlock();
		TEST_ASSERT(mtu == 1500, "%s: MTU %u", tries[i].reason, mtu);
	}
	TEST_ASSERT_OK(ports_start(1, 64, &good));
	return ports_exchange(ports[0], ports[1], 64);
}

static const struct test_case cases[] = {
	TEST_CASE(test_configuration_refused),
	TEST_CASE(test_mac_addrs),
	TEST_CASE(test_mac_addrs_reset),
	TEST_CASE(test_multicast_list),
	TEST_CASE(test_modes),
	TEST_CASE(test_link_down_and_up),
	TEST_CASE(test_pause_argument),
	TEST_CASE(test_hold_again),
	TEST_CASE(test_queue_stop_and_start),
	TEST_CASE(test_deferred_start),
	TEST_CASE(test_runtime_setup),
	TEST_CASE(test_descriptor_status),
	TEST_CASE(test_done_cleanup_segments),
	TEST_CASE(test_fast_free),
	TEST_CASE(test_power_monitor),
	TEST_CASE(test_register_dump),
	TEST_CASE(test_refused),
	TEST_CASE(test_burst_mode),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_control_autotest", cases);

TEST_REGISTER(suite);
