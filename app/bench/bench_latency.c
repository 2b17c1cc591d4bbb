/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-bench-latency [EAL options] -- [SAMPLES]
 *
 * Round trips of one packet at a time, over the first port, to a far end that
 * sends back what it gets.  Prints the median and the 99.9th percentile in ns.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define WARM_UP 1000
#define FRAME_LEN 60

static void
fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}

static struct rte_mempool *
port_start(uint16_t port)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_link link = { 0 };
	struct rte_mempool *pool;
	struct rte_mbuf *none[1];
	int i;

	pool = rte_pktmbuf_pool_create("bench", 4095, 128, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		rte_socket_id());
	if (pool == NULL || rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
			rte_eth_rx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL, pool) != 0 ||
			rte_eth_tx_queue_setup(port, 0, 512, SOCKET_ID_ANY, NULL) != 0 ||
			rte_eth_dev_start(port) != 0)
		fail("cannot start the port");
	rte_eth_promiscuous_enable(port);
	for (i = 0; i < 500 && !link.link_status; i++) {
		rte_eth_rx_burst(port, 0, none, 1);
		rte_delay_us_sleep(10000);
		if (rte_eth_link_get_nowait(port, &link) != 0)
			fail("cannot read the link");
	}
	return pool;
}

/* Send a packet and wait for it: TSC cycles. */
static uint64_t
round_trip(uint16_t port, struct rte_mbuf **m)
{
	const uint64_t start = rte_rdtsc_precise(), end = start + 2 * rte_get_tsc_hz();

	while (rte_eth_tx_burst(port, 0, m, 1) == 0)
		if (rte_rdtsc() > end)
			fail("does not send");
	while (rte_eth_rx_burst(port, 0, m, 1) == 0)
		if (rte_rdtsc() > end)
			fail("a packet does not come back");
	return rte_rdtsc_precise() - start;
}

/* Send packets until one comes back; then nothing is on its way. */
static struct rte_mbuf *
first_contact(uint16_t port, struct rte_mempool *pool)
{
	struct rte_mbuf *m, *other;
	unsigned int tries;
	uint64_t end;

	for (tries = 0; tries < 100; tries++) {
		m = rte_pktmbuf_alloc(pool);
		if (m == NULL)
			break;
		memset(rte_pktmbuf_append(m, FRAME_LEN), 2, FRAME_LEN);
		if (rte_eth_tx_burst(port, 0, &m, 1) == 0)
			rte_pktmbuf_free(m);
		end = rte_rdtsc() + rte_get_tsc_hz() / 10;
		while (rte_rdtsc() < end)
			if (rte_eth_rx_burst(port, 0, &m, 1) == 1) {
				rte_delay_us_sleep(100000);
				while (rte_eth_rx_burst(port, 0, &other, 1) == 1)
					rte_pktmbuf_free(other);
				return m;
			}
	}
	fail("no packet comes back");
	return NULL;
}

static int
compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

int
main(int argc, char **argv)
{
	int used = rte_eal_init(argc, argv);
	size_t nb, i;
	uint64_t *samples;
	struct rte_mempool *pool;
	struct rte_mbuf *m;
	double ns;

	if (used < 0 || rte_eth_dev_count_avail() == 0)
		fail("no port");
	nb = argc - used > 1 ? strtoul(argv[used + 1], NULL, 0) : 100000;
	samples = calloc(nb, sizeof(*samples));
	pool = port_start(0);
	if (samples == NULL || nb == 0)
		fail("no memory");
	m = first_contact(0, pool);
	for (i = 0; i < WARM_UP; i++)
		round_trip(0, &m);
	for (i = 0; i < nb; i++)
		samples[i] = round_trip(0, &m);
	qsort(samples, nb, sizeof(*samples), compare);
	ns = 1e9 / rte_get_tsc_hz();
	i = nb / 1000;
	printf("%.0f %.0f\n", ns * samples[nb >> 1], ns * samples[nb - 1 - i]);
	rte_eth_dev_stop(0);
	rte_eth_dev_close(0);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
