/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The driver on devices that misbehave or die.
 */

#include <errno.h>

#include <rte_cycles.h>

#include "sf_ports.h"

/* A completion that was never earned: counted, its buffer is not handed out. */
static int
test_hostile_completions(void)
{
	static const struct sf_rx_cpl lies[] = {
		{ .index = 0, .len = UINT16_MAX, .info = SF_RX_CPL_EOP, .gen = 1 },
		{ .index = 77, .len = 60, .info = SF_RX_CPL_EOP, .gen = 1 },
		{ .index = 2, .len = 0, .info = SF_RX_CPL_EOP, .gen = 1 },
		{ .index = 3, .len = 60, .gen = 1 }, /* no end, and no scatter */
	};
	struct rte_mbuf *in[8];
	struct rte_eth_stats stats;
	struct sf_rx_cpl *ring;
	struct sf *sf;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	sim_host_freeze(true);
	sf = sim_host_lock(1);
	ring = sf->dev.rxq[0].cpl;
	for (i = 0; i < RTE_DIM(lies); i++)
		ring[i] = lies[i];
	sim_host_unlock();
	TEST_ASSERT_EQUAL(port_receive(ports[1], 0, in, 8, 10), 0);
	TEST_ASSERT_OK(rte_eth_stats_get(ports[1], &stats));
	TEST_ASSERT_EQUAL(stats.ierrors, RTE_DIM(lies));
	sim_host_freeze(false);
	return TEST_SUCCESS;
}

/* All completions at once, over and over: never more mbufs than were posted. */
static int
test_hostile_generation(void)
{
	struct rte_mbuf *in[256];
	struct sf_rx_cpl *ring;
	unsigned int i, round;
	struct sf *sf;
	uint16_t n;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	sim_host_freeze(true);
	for (round = 0; round < 8; round++) {
		sf = sim_host_lock(1);
		ring = sf->dev.rxq[0].cpl;
		for (i = 0; i < 64; i++)
			ring[i] = (struct sf_rx_cpl) {
				.index = i, .len = 60, .info = SF_RX_CPL_EOP,
				.gen = (round & 1) == 0,
			};
		sim_host_unlock();
		n = rte_eth_rx_burst(ports[1], 0, in, 256);
		TEST_ASSERT(n < 64, "%u packets from 63 buffers", n);
		for (i = 0; i < n; i++)
			TEST_ASSERT_EQUAL(rte_mbuf_refcnt_read(in[i]), 1);
		rte_pktmbuf_free_bulk(in, n);
	}
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	sim_host_freeze(false);
	return TEST_SUCCESS;
}

static unsigned int resets;

static int
on_reset(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_add_fetch(&resets, 1, __ATOMIC_RELEASE);
	return 0;
}

/* A head that cannot be ends the queue, and is told as a queue that the device halts. */
static int
hostile_head(uint32_t head)
{
	struct rte_mbuf *out[BURST];
	unsigned int i, round;
	char text[32];
	struct sf *sf;

	resets = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_RESET, on_reset,
		NULL));
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	sim_host_freeze(true);
	sf = sim_host_lock(0);
	((struct sf_tx_status *)sf->dev.txq[0].cpl)->head = head;
	sim_host_unlock();
	test_log_start();
	for (round = 0; round < 8; round++) {
		for (i = 0; i < BURST; i++)
			out[i] = make_frame(60, station, i);
		i = rte_eth_tx_burst(ports[0], 0, out, BURST);
		rte_pktmbuf_free_bulk(out + i, BURST - i);
	}
	snprintf(text, sizeof(text), "head %u ", head);
	TEST_ASSERT_EQUAL(test_log_count(text), 1);
	TEST_ASSERT_OK(wait_event(&resets, 1));
	TEST_ASSERT_EQUAL(resets, 1);
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_RESET,
		on_reset, NULL));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	sim_host_freeze(false);
	/* Stopping and starting mends it. */
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

static int
test_hostile_head(void)
{
	return hostile_head(0xdeadbeef);
}

/* A ring index, but of packets that were never sent. */
static int
test_hostile_head_in_ring(void)
{
	return hostile_head(63);
}

/* The device halts a queue over a doorbell that makes no sense. */
static int
test_queue_halt(void)
{
	struct sf *sf;

	resets = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_RESET, on_reset,
		NULL));
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	sf = sim_host_lock(0);
	*sf->dev.txq[0].db = 64;
	sim_host_unlock();
	TEST_ASSERT_OK(wait_event(&resets, 1));
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_RESET,
		on_reset, NULL));
	TEST_ASSERT_OK(rte_eth_dev_reset(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

static unsigned int removals;

static int
on_removal(uint16_t port, enum rte_eth_event_type type, void *arg, void *ret)
{
	RTE_SET_USED(port);
	RTE_SET_USED(type);
	RTE_SET_USED(arg);
	RTE_SET_USED(ret);
	__atomic_add_fetch(&removals, 1, __ATOMIC_RELEASE);
	return 0;
}

/* After the devices have died: none of the old, then new ones. */
static int
devices_renew(void)
{
	TEST_ASSERT_OK(port_detach(0));
	TEST_ASSERT_OK(port_detach(1));
	TEST_ASSERT_OK(sim_host_start(devices, 2, SF_WIRE_PAIR));
	TEST_ASSERT_OK(port_attach(0, ""));
	return port_attach(1, "");
}

/* The device dies under traffic: an event, no crash, and nothing is left. */
static int
test_device_dies(void)
{
	struct rte_eth_conf conf = { .intr_conf.rmv = 1 };
	struct rte_mbuf *out[BURST], *in[BURST];
	struct rte_eth_stats stats;
	unsigned int i, round;

	removals = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_RMV, on_removal,
		NULL));
	TEST_ASSERT_OK(ports_start(2, 64, &conf));
	TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 64));
	sim_host_stop();
	for (round = 0; round < 10; round++) {
		for (i = 0; i < BURST; i++)
			out[i] = make_frame(60, station, i);
		i = rte_eth_tx_burst(ports[0], 0, out, BURST);
		rte_pktmbuf_free_bulk(out + i, BURST - i);
		rte_pktmbuf_free_bulk(in, rte_eth_rx_burst(ports[1], 0, in, BURST));
	}
	TEST_ASSERT_OK(wait_event(&removals, 1));
	TEST_ASSERT_EQUAL(rte_eth_dev_is_removed(ports[0]), 1);
	TEST_ASSERT(rte_eth_stats_get(ports[0], &stats) < 0, "statistics of a device that is gone");
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_RMV,
		on_removal, NULL));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_close(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_close(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	TEST_ASSERT_OK(devices_renew());
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

/* A port that nobody has configured yet is told of, too. */
static int
test_device_dies_early(void)
{
	removals = 0;
	TEST_ASSERT_OK(rte_eth_dev_callback_register(ports[0], RTE_ETH_EVENT_INTR_RMV, on_removal,
		NULL));
	sim_host_stop();
	TEST_ASSERT_OK(wait_event(&removals, 1));
	TEST_ASSERT_EQUAL(rte_eth_dev_is_removed(ports[0]), 1);
	TEST_ASSERT_OK(rte_eth_dev_callback_unregister(ports[0], RTE_ETH_EVENT_INTR_RMV,
		on_removal, NULL));
	return devices_renew();
}

/* Devices answer all reads with ones: no statistics are made of them, and no port starts. */
static int
test_device_reads_ones(void)
{
	struct rte_eth_stats stats;
	char version[32];
	unsigned int i;

	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	for (i = 0; i < RTE_DIM(ports); i++) {
		sim_host_lock(i)->reads_ones = true;
		sim_host_unlock();
	}
	test_log_start();
	TEST_ASSERT_EQUAL(rte_eth_stats_get(ports[0], &stats), -EIO);
	TEST_ASSERT_EQUAL(test_log_count("cannot read register"), 1);
	TEST_ASSERT_EQUAL(rte_eth_dev_fw_version_get(ports[0], version, sizeof(version)), -EIO);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_EQUAL(rte_eth_dev_start(ports[0]), -EIO);
	TEST_ASSERT_EQUAL(rte_eth_dev_reset(ports[1]), -EIO);
	sim_host_stop();
	TEST_ASSERT_OK(devices_renew());
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	return ports_exchange(ports[0], ports[1], 64);
}

/* --- Bad descriptors -------------------------------------------------------------------- */

#define HDR SF_TX_HDR(14, 20, 20)

/* What a driver must not write, and the code that the device halts with. */
static const struct {
	struct sf_tx_desc desc[3]; /* 0: addr of a buffer is put in */
	unsigned int nb;
	uint8_t code;
} bad_descs[] = {
	{ { { .len = 60 } }, 1, SF_ERR_DESC_FLAGS }, /* no EOP */
	{ { { .len = 60, .flags = SF_TX_DESC_EOP | 0x80 } }, 1, SF_ERR_DESC_FLAGS },
	{ { { .len = 60, .flags = SF_TX_DESC_EOP, .vlan_tci = 1 } }, 1, SF_ERR_DESC_FLAGS },
	{ { { .len = 60, .flags = SF_TX_DESC_EOP, .hdr = HDR } }, 1, SF_ERR_DESC_FLAGS },
	{ { { .len = 60, .flags = SF_TX_DESC_EOP | SF_TX_DESC_TCP | SF_TX_DESC_UDP, .hdr = HDR } },
		1, SF_ERR_DESC_FLAGS },
	{ { { .len = 60 }, { .len = 60, .flags = SF_TX_DESC_EOP | SF_TX_DESC_L3 } }, 2,
		SF_ERR_DESC_FLAGS },
	{ { { .len = 13, .flags = SF_TX_DESC_EOP } }, 1, SF_ERR_DESC_LEN },
	{ { { .len = 0, .flags = SF_TX_DESC_EOP } }, 1, SF_ERR_DESC_LEN },
	{ { { .len = 60 }, { .len = 0, .flags = SF_TX_DESC_EOP } }, 2, SF_ERR_DESC_LEN },
	{ { { .len = SF_MAX_FRAME }, { .len = 1, .flags = SF_TX_DESC_EOP } }, 2, SF_ERR_DESC_LEN },
	{ { { .addr = 0x10, .len = 60, .flags = SF_TX_DESC_EOP } }, 1, SF_ERR_DESC_DMA },
	{ { { .len = 60 }, { .addr = UINT64_MAX, .len = 60, .flags = SF_TX_DESC_EOP } }, 2,
		SF_ERR_DESC_DMA },
	{ { { .len = 60, .flags = SF_TX_DESC_EOP | SF_TX_DESC_L3, .hdr = SF_TX_HDR(12, 20, 0) } },
		1, SF_ERR_DESC_HDR },
	{ { { .len = 60, .flags = SF_TX_DESC_EOP | SF_TX_DESC_L3, .hdr = SF_TX_HDR(14, 48, 0) } },
		1, SF_ERR_DESC_HDR },
	{ { { .len = 53, .flags = SF_TX_DESC_EOP | SF_TX_DESC_TCP, .hdr = SF_TX_HDR(14, 20, 0) } },
		1, SF_ERR_DESC_HDR },
	{ { { .len = 2000, .flags = SF_TX_DESC_EOP | SF_TX_DESC_UDP,
		.hdr = SF_TX_HDR(50, 124, 0) } }, 1, SF_ERR_DESC_HDR },
	{ { { .len = 60, .flags = SF_TX_DESC_EOP | SF_TX_DESC_L3, .hdr = HDR } }, 1,
		SF_ERR_DESC_HDR }, /* a TCP header without TSO */
	{ { { .len = 60, .flags = SF_TX_DESC_EOP | SF_TX_DESC_TCP | SF_TX_DESC_TSO, .hdr = HDR } },
		1, SF_ERR_DESC_CHAIN }, /* no context */
};

/* Put descriptors into a queue's ring behind the driver's back; the code it halts with. */
static int
poke(const struct sf_tx_desc *desc, unsigned int nb, const struct rte_mbuf *buf)
{
	struct sf_queue *q = &sim_host_lock(0)->dev.txq[0];
	struct sf_tx_desc *ring = q->ring;
	unsigned int i, ms;
	int code = -1;

	for (i = 0; i < nb && q->running; i++) {
		ring[i] = desc[i];
		if (ring[i].addr == 0 && (ring[i].flags & SF_TX_DESC_CTX) == 0)
			ring[i].addr = rte_mbuf_data_iova(buf);
	}
	if (q->running)
		*q->db = nb;
	sim_host_unlock();
	for (ms = 0; ms < 1000 && code <= 0; ms++) {
		rte_delay_us_sleep(1000);
		q = &sim_host_lock(0)->dev.txq[0];
		code = q->halted ? q->code : 0;
		sim_host_unlock();
	}
	return code;
}

static int
poked(const struct sf_tx_desc *desc, unsigned int nb, uint8_t code)
{
	struct rte_mbuf *buf = rte_pktmbuf_alloc(pool);

	TEST_ASSERT(buf != NULL, "out of mbufs");
	memset(rte_pktmbuf_mtod(buf, void *), 0x45, 2048);
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_EQUAL(poke(desc, nb, buf), code);
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	rte_pktmbuf_free(buf);
	return TEST_SUCCESS;
}

static int
test_bad_descriptors(void)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(bad_descs); i++)
		TEST_ASSERT(poked(bad_descs[i].desc, bad_descs[i].nb, bad_descs[i].code) == 0,
			"descriptor %u", i);
	return TEST_SUCCESS;
}

/* Contexts, and chains without end. */
static int
test_bad_chains(void)
{
	static const struct { struct sf_tx_ctx ctx; uint16_t flags; uint8_t code; } tries[] = {
		{ { .mss = 500, .flags = SF_TX_DESC_CTX }, 0, SF_ERR_DESC_CHAIN },
		{ { .mss = 500, .flags = SF_TX_DESC_CTX | SF_TX_DESC_EOP },
			SF_TX_DESC_TCP | SF_TX_DESC_TSO, SF_ERR_DESC_FLAGS },
		{ { .mss = 500, .flags = SF_TX_DESC_CTX, .reserved1 = 1 },
			SF_TX_DESC_TCP | SF_TX_DESC_TSO, SF_ERR_DESC_FLAGS },
		{ { .mss = 0, .flags = SF_TX_DESC_CTX },
			SF_TX_DESC_TCP | SF_TX_DESC_TSO, SF_ERR_DESC_MSS },
		{ { .mss = SF_MAX_FRAME, .flags = SF_TX_DESC_CTX },
			SF_TX_DESC_TCP | SF_TX_DESC_TSO, SF_ERR_DESC_MSS },
		{ { .mss = 500, .flags = SF_TX_DESC_CTX }, SF_TX_DESC_TSO, SF_ERR_DESC_FLAGS },
	};
	struct sf_tx_desc desc[SF_TX_SEGS_MAX + 1];
	unsigned int i;

	for (i = 0; i < RTE_DIM(tries); i++) {
		memcpy(&desc[0], &tries[i].ctx, sizeof(desc[0]));
		desc[1] = (struct sf_tx_desc) {
			.len = 1000, .flags = SF_TX_DESC_EOP | tries[i].flags,
			.hdr = tries[i].flags != 0 ? HDR : 0,
		};
		TEST_ASSERT(poked(desc, 2, tries[i].code) == 0, "context %u", i);
	}
	/* A context alone. */
	TEST_ASSERT_OK(poked(desc, 1, SF_ERR_DESC_FLAGS));
	for (i = 0; i < RTE_DIM(desc); i++)
		desc[i] = (struct sf_tx_desc) { .len = 20 };
	desc[SF_TX_SEGS_MAX].flags = SF_TX_DESC_EOP;
	TEST_ASSERT_OK(poked(desc, SF_TX_SEGS_MAX + 1, SF_ERR_DESC_CHAIN));
	return TEST_SUCCESS;
}

/* A device that never ends a packet: no chain without end, and nothing is lost. */
static int
test_endless_packet(void)
{
	struct rte_eth_conf conf = { .rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER };
	struct rte_mbuf *in[64];
	struct sf_rx_cpl *ring;
	unsigned int i, round;

	TEST_ASSERT_OK(ports_start(1, 64, &conf));
	sim_host_freeze(true);
	for (round = 0; round < 8; round++) {
		ring = sim_host_lock(1)->dev.rxq[0].cpl;
		for (i = 0; i < 64; i++)
			ring[i] = (struct sf_rx_cpl) {
				.index = i, .len = 2000, .gen = (round & 1) == 0,
			};
		sim_host_unlock();
		TEST_ASSERT_EQUAL(rte_eth_rx_burst(ports[1], 0, in, 64), 0);
	}
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	sim_host_freeze(false);
	return TEST_SUCCESS;
}

/* A queue that the device does not start: none of its port's is, and the port says so. */
static int
test_queue_refused(void)
{
	struct rte_eth_txq_info info;
	struct sf *sf;
	uint32_t *db;

	TEST_ASSERT_OK(ports_start(2, 64, NULL));
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	sf = sim_host_lock(0);
	db = sf->dev.txq[1].db;
	sf->dev.txq[1].db = NULL;
	sim_host_unlock();
	TEST_ASSERT_EQUAL(rte_eth_dev_start(ports[0]), -EIO);
	TEST_ASSERT_OK(rte_eth_tx_queue_info_get(ports[0], 0, &info));
	TEST_ASSERT_EQUAL(info.queue_state, RTE_ETH_QUEUE_STATE_STOPPED);
	sim_host_lock(0)->dev.txq[1].db = db;
	sim_host_unlock();
	TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
	return ports_exchange(ports[0], ports[1], 64);
}

static const struct test_case cases[] = {
	TEST_CASE(test_hostile_completions),
	TEST_CASE(test_hostile_generation),
	TEST_CASE(test_hostile_head),
	TEST_CASE(test_hostile_head_in_ring),
	TEST_CASE(test_queue_halt),
	TEST_CASE(test_queue_refused),
	TEST_CASE(test_device_dies),
	TEST_CASE(test_device_dies_early),
	TEST_CASE(test_device_reads_ones),
	TEST_CASE(test_bad_descriptors),
	TEST_CASE(test_bad_chains),
	TEST_CASE(test_endless_packet),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_hostile_autotest", cases);

TEST_REGISTER(suite);
