/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Rx interrupts: who sleeps is woken by the next packet of its queue, and
 * never sleeps over one.
 */

#include <errno.h>
#include <pthread.h>

#include <rte_cycles.h>
#include <rte_interrupts.h>
#include <rte_random.h>

#include "sf_packets.h"

#define NB_QUEUES 4
#define NB_STREAM 20000 /* packets */
#define TIMEOUT_MS 2000

static int
send_one(uint32_t seed)
{
	struct rte_mbuf *m = make_frame(60, station, seed);

	TEST_ASSERT(m != NULL, "out of mbufs");
	return port_send(ports[0], 0, &m, 1);
}

static int
receive_one(uint16_t queue)
{
	struct rte_mbuf *m;

	TEST_ASSERT_EQUAL(port_receive(ports[1], queue, &m, 1, 1000), 1);
	rte_pktmbuf_free(m);
	return TEST_SUCCESS;
}

static int
test_wake(void)
{
	struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	struct rte_epoll_event event;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(2, 64, &conf));
	TEST_ASSERT_OK(rte_eth_dev_rx_intr_ctl_q(ports[1], 0, RTE_EPOLL_PER_THREAD,
		RTE_INTR_EVENT_ADD, NULL));
	for (i = 0; i < 100; i++) {
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_enable(ports[1], 0));
		TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, 0), 0);
		TEST_ASSERT_OK(send_one(i));
		TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, TIMEOUT_MS), 1);
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_disable(ports[1], 0));
		TEST_ASSERT_OK(receive_one(0));
	}
	/* Armed after the packet has come. */
	TEST_ASSERT_OK(send_one(0));
	rte_delay_us_sleep(5000);
	TEST_ASSERT_OK(rte_eth_dev_rx_intr_enable(ports[1], 0));
	TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, TIMEOUT_MS), 1);
	return rte_eth_dev_rx_intr_ctl_q(ports[1], 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL,
		NULL);
}

/* Send everything that comes to one queue. */
static int
point_at(uint16_t queue)
{
	struct rte_eth_rss_reta_entry64 conf[SF_RETA_SIZE / RTE_ETH_RETA_GROUP_SIZE];
	unsigned int i;

	for (i = 0; i < SF_RETA_SIZE; i++) {
		conf[i / 64].mask = UINT64_MAX;
		conf[i / 64].reta[i % 64] = queue;
	}
	return rte_eth_dev_rss_reta_update(ports[1], conf, SF_RETA_SIZE);
}

/* All queues are slept on; only the one that a packet comes to wakes. */
static int
test_every_queue(void)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS,
		.rx_adv_conf.rss_conf.rss_hf = RTE_ETH_RSS_IPV4,
		.intr_conf.rxq = 1,
	};
	struct rte_epoll_event events[NB_QUEUES];
	uint16_t q;

	TEST_ASSERT_OK(ports_start(NB_QUEUES, 64, &conf));
	for (q = 0; q < NB_QUEUES; q++) {
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_ctl_q(ports[1], q, RTE_EPOLL_PER_THREAD,
			RTE_INTR_EVENT_ADD, (void *)(uintptr_t)q));
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_enable(ports[1], q));
	}
	for (q = 0; q < NB_QUEUES; q++) {
		TEST_ASSERT_OK(point_at(q));
		TEST_ASSERT_OK(send_one(q));
		TEST_ASSERT_EQUAL(rte_epoll_wait(RTE_EPOLL_PER_THREAD, events, NB_QUEUES,
			TIMEOUT_MS), 1);
		TEST_ASSERT_EQUAL((uintptr_t)events[0].epdata.data, q);
		TEST_ASSERT_OK(receive_one(q));
	}
	for (q = 0; q < NB_QUEUES; q++)
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_ctl_q(ports[1], q, RTE_EPOLL_PER_THREAD,
			RTE_INTR_EVENT_DEL, (void *)(uintptr_t)q));
	return TEST_SUCCESS;
}

/* A few packets at a time, at no particular time. */
static void *
stream(void *arg)
{
	struct rte_mbuf *m[8];
	unsigned int sent, n, i;
	int *ret = arg;

	*ret = 0;
	for (sent = 0; sent < NB_STREAM && *ret == 0; sent += n) {
		n = RTE_MIN(1 + rte_rand_max(RTE_DIM(m)), (uint64_t)NB_STREAM - sent);
		for (i = 0; i < n; i++)
			m[i] = make_frame(60, station, sent + i);
		*ret = port_send(ports[0], 0, m, n);
		rte_delay_us_sleep(rte_rand_max(150));
	}
	return NULL;
}

/*
 * As l3fwd-power does it: receive until there is nothing, arm, and sleep
 * without another look.  A packet may come at any point of that.
 */
static int
sleep_through_stream(unsigned int *sleeps)
{
	struct rte_epoll_event event;
	struct rte_mbuf *m[BURST];
	unsigned int got = 0;
	uint16_t n;

	for (*sleeps = 0; got < NB_STREAM; got += n) {
		n = rte_eth_rx_burst(ports[1], 0, m, BURST);
		rte_pktmbuf_free_bulk(m, n);
		if (n != 0)
			continue;
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_enable(ports[1], 0));
		TEST_ASSERT(rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, TIMEOUT_MS) == 1,
			"asleep after %u packets", got);
		TEST_ASSERT_OK(rte_eth_dev_rx_intr_disable(ports[1], 0));
		(*sleeps)++;
	}
	return TEST_SUCCESS;
}

static int
test_no_loss(void)
{
	struct rte_eth_conf conf = { .intr_conf.rxq = 1 };
	unsigned int sleeps;
	pthread_t sender;
	int sent, ret;

	TEST_ASSERT_OK(ports_start(1, 512, &conf));
	TEST_ASSERT_OK(rte_eth_dev_rx_intr_ctl_q(ports[1], 0, RTE_EPOLL_PER_THREAD,
		RTE_INTR_EVENT_ADD, NULL));
	TEST_ASSERT_OK(pthread_create(&sender, NULL, stream, &sent));
	ret = sleep_through_stream(&sleeps);
	pthread_join(sender, NULL);
	TEST_ASSERT_OK(ret);
	TEST_ASSERT_OK(sent);
	TEST_ASSERT(sleeps > 100, "slept %u times", sleeps);
	return rte_eth_dev_rx_intr_ctl_q(ports[1], 0, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_DEL,
		NULL);
}

/* Who has not asked for them has none. */
static int
test_not_configured(void)
{
	TEST_ASSERT_OK(ports_start(1, 64, NULL));
	TEST_ASSERT_EQUAL(rte_eth_dev_rx_intr_enable(ports[1], 0), -ENOTSUP);
	TEST_ASSERT_EQUAL(rte_eth_dev_rx_intr_disable(ports[1], 0), -ENOTSUP);
	TEST_ASSERT(rte_eth_dev_rx_intr_ctl_q(ports[1], 0, RTE_EPOLL_PER_THREAD,
		RTE_INTR_EVENT_ADD, NULL) < 0, "a vector");
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_wake),
	TEST_CASE(test_every_queue),
	TEST_CASE(test_no_loss),
	TEST_CASE(test_not_configured),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_interrupt_autotest", cases);

TEST_REGISTER(suite);
