/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Where buffers are for the device, and whose they are when it does not say that it
 * has stopped.
 */

#include <errno.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_malloc.h>
#include <rte_mbuf_pool_ops.h>

#include "sf_ports.h"

#define NB_DESC 64
#define NB_POSTED 32 /* of NB_DESC, when a queue is started: posted are batches */
#define NB_SMALL 128 /* mbufs */
#define NB_UNSENT 4 /* in a Tx ring */
#define PATTERN 0x5a

/* Start both ports, the second with Rx buffers of another pool. */
static int
start_with(struct rte_mempool *mp)
{
	struct rte_eth_conf conf = { 0 };

	TEST_ASSERT_OK(port_configure(ports[0], 1, NB_DESC, NULL));
	TEST_ASSERT_OK(rte_eth_dev_configure(ports[1], 1, 1, &conf));
	TEST_ASSERT_OK(rte_eth_rx_queue_setup(ports[1], 0, NB_DESC, SOCKET_ID_ANY, NULL, mp));
	TEST_ASSERT_OK(rte_eth_tx_queue_setup(ports[1], 0, NB_DESC, SOCKET_ID_ANY, NULL));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[0]));
	TEST_ASSERT_OK(rte_eth_dev_start(ports[1]));
	TEST_ASSERT_OK(rte_eth_promiscuous_enable(ports[1]));
	TEST_ASSERT_OK(port_wait_link(ports[0], true));
	return port_wait_link(ports[1], true);
}

static int
stop_both(void)
{
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	return rte_eth_dev_stop(ports[1]);
}

/* Mbufs with so much private data that the buffer is more than 64 KiB behind. */
static int
test_far_buffers(void)
{
	struct rte_mempool *mp = rte_pktmbuf_pool_create("far", NB_SMALL, 0,
		UINT16_MAX / RTE_MBUF_PRIV_ALIGN * RTE_MBUF_PRIV_ALIGN,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);

	TEST_ASSERT(mp != NULL, "no mbufs: %s", rte_strerror(rte_errno));
	TEST_ASSERT_OK(start_with(mp));
	TEST_ASSERT_OK(ports_exchange(ports[0], ports[1], 10 * BURST));
	TEST_ASSERT_OK(stop_both());
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(mp), NB_SMALL);
	rte_mempool_free(mp);
	return TEST_SUCCESS;
}

/* A pool of memory that has another IOVA than its address. */
static struct rte_mempool *
pool_elsewhere(void *memory, size_t len, rte_iova_t iova)
{
	struct rte_pktmbuf_pool_private priv = {
		.mbuf_data_room_size = RTE_MBUF_DEFAULT_BUF_SIZE,
	};
	struct rte_mempool *mp = rte_mempool_create_empty("elsewhere", NB_SMALL,
		sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE, 0, sizeof(priv),
		SOCKET_ID_ANY, 0);

	if (mp == NULL)
		return NULL;
	rte_pktmbuf_pool_init(mp, &priv);
	if (rte_mempool_set_ops_byname(mp, rte_mbuf_best_mempool_ops(), NULL) != 0 ||
			rte_mempool_populate_iova(mp, memory, iova, len, NULL, NULL) < NB_SMALL) {
		rte_mempool_free(mp);
		return NULL;
	}
	rte_mempool_obj_iter(mp, rte_pktmbuf_init, NULL);
	return mp;
}

/* What is posted is the IOVA that the mbuf has. */
static int
test_iova_elsewhere(void)
{
	const size_t len = 2 * NB_SMALL * (sizeof(struct rte_mbuf) + RTE_MBUF_DEFAULT_BUF_SIZE);
	const rte_iova_t iova = RTE_BIT64(40);
	void *memory = rte_malloc(NULL, len, 4096);
	struct rte_mempool *mp = pool_elsewhere(memory, len, iova);
	const struct sf_rx_desc *ring;
	unsigned int i;

	TEST_ASSERT(mp != NULL, "no pool");
	TEST_ASSERT_OK(start_with(mp));
	ring = sim_host_lock(1)->dev.rxq[0].ring;
	sim_host_unlock();
	for (i = 0; i < NB_POSTED; i++)
		TEST_ASSERT(ring[i].addr >= iova && ring[i].addr < iova + len,
			"buffer %u at 0x%llx", i, (unsigned long long)ring[i].addr);
	TEST_ASSERT_OK(stop_both());
	rte_mempool_free(mp);
	rte_free(memory);
	return TEST_SUCCESS;
}

/* --- A device that does not confirm that it has stopped ----------------------------- */

static uint64_t
kept_mbufs(void)
{
	uint64_t id, value;

	if (rte_eth_xstats_get_id_by_name(ports[1], "kept_mbufs", &id) != 0 ||
			rte_eth_xstats_get_by_id(ports[1], &id, &value, 1) != 1)
		return UINT64_MAX;
	return value;
}

/* Whether an mbuf that is the application's is written to while packets come in. */
static int
nobody_writes(struct rte_mempool *mp)
{
	struct rte_mbuf *mine[NB_SMALL], *m;
	unsigned int nb = rte_mempool_avail_count(mp), i;
	uint16_t at;

	TEST_ASSERT_OK(rte_pktmbuf_alloc_bulk(mp, mine, nb));
	for (i = 0; i < nb; i++)
		memset(mine[i]->buf_addr, PATTERN, mine[i]->buf_len);
	for (i = 0; i < NB_POSTED / 2; i++) {
		m = make_frame(60, station, i);
		TEST_ASSERT_OK(port_send(ports[0], 0, &m, 1));
	}
	rte_delay_us_sleep(50000);
	for (i = 0; i < nb; i++)
		for (at = 0; at < mine[i]->buf_len; at++)
			TEST_ASSERT(((uint8_t *)mine[i]->buf_addr)[at] == PATTERN,
				"mbuf %u is written to", i);
	rte_pktmbuf_free_bulk(mine, nb);
	return TEST_SUCCESS;
}

/* Have packets wait in port 1's Tx ring. */
static int
send_in_vain(struct rte_mempool *mp)
{
	struct rte_mbuf *m[NB_UNSENT];
	unsigned int i;

	TEST_ASSERT_OK(rte_pktmbuf_alloc_bulk(mp, m, NB_UNSENT));
	for (i = 0; i < NB_UNSENT; i++)
		TEST_ASSERT(rte_pktmbuf_append(m[i], 60) != NULL, "no room");
	return port_send(ports[1], 0, m, NB_UNSENT);
}

/*
 * The server hangs when the port is stopped, and goes on when the connection to it was
 * given up.  What it has been lent is nobody else's, not even that of a new port.
 */
static int
test_stop_not_confirmed(void)
{
	struct rte_mempool *mp = rte_pktmbuf_pool_create("lent", NB_SMALL, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	int ret;

	TEST_ASSERT(mp != NULL, "no mbufs");
	TEST_ASSERT_OK(start_with(mp));
	TEST_ASSERT_EQUAL(kept_mbufs(), 0);
	sim_host_freeze(true);
	TEST_ASSERT_OK(send_in_vain(mp));
	sim_host_lock(1);
	test_log_start();
	ret = rte_eth_dev_stop(ports[1]);
	sim_host_unlock();
	sim_host_freeze(false);
	TEST_ASSERT_EQUAL(test_log_count_both("sf_sim.sf.1",
		"36 mbufs and the rings of 2 queues"), 1);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(mp), NB_SMALL - NB_POSTED - NB_UNSENT);
	TEST_ASSERT_OK(nobody_writes(mp));
	TEST_ASSERT(rte_eth_dev_start(ports[1]) < 0, "a start");
	TEST_ASSERT_EQUAL(kept_mbufs(), NB_POSTED + NB_UNSENT);
	test_log_start();
	TEST_ASSERT_OK(rte_eth_dev_close(ports[1]));
	TEST_ASSERT_EQUAL(test_log_count_both("36 mbufs and the rings of 2 queues", "for good"), 1);
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(mp), NB_SMALL - NB_POSTED - NB_UNSENT);
	return TEST_SUCCESS;
}

/* A server that ends is known to write nothing more. */
static int
test_server_ends(void)
{
	TEST_ASSERT_OK(ports_start(1, NB_DESC, NULL));
	sim_host_stop();
	TEST_ASSERT_OK(stop_both());
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return sim_host_start(devices, 2, SF_WIRE_PAIR);
}

static const struct test_case cases[] = {
	TEST_CASE(test_stop_not_confirmed),
	TEST_CASE(test_server_ends),
	TEST_CASE(test_far_buffers),
	TEST_CASE(test_iova_elsewhere),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_memory_autotest", cases);

TEST_REGISTER(suite);
