/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-bench-scale [EAL options] -- PORTS
 *
 * What many ports cost: how long EAL takes to come up with them, and they to
 * start, the memory of this process, and the packets per second when all of
 * them send to themselves in turn, 32 at a time.  Prints one line:
 * "init_ms start_ms rss_kib mpps".
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define RING_SIZE 128
#define BURST 32
#define FRAME_LEN 60
#define SECONDS 1

static struct rte_mempool *pool;

static void
fail(const char *what)
{
	fprintf(stderr, "bench: %s\n", what);
	exit(EXIT_FAILURE);
}

static double
now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e3 + now.tv_nsec / 1e6;
}

static long
rss_kib(void)
{
	char line[128];
	long kib = 0;
	FILE *status = fopen("/proc/self/status", "re");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (status != NULL)
		fclose(status);
	return kib;
}

static void
port_start(uint16_t port)
{
	struct rte_eth_conf conf = { .txmode.offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE };

	if (rte_eth_dev_configure(port, 1, 1, &conf) != 0 ||
			rte_eth_rx_queue_setup(port, 0, RING_SIZE, SOCKET_ID_ANY, NULL, pool) != 0 ||
			rte_eth_tx_queue_setup(port, 0, RING_SIZE, SOCKET_ID_ANY, NULL) != 0 ||
			rte_eth_dev_start(port) != 0 || rte_eth_promiscuous_enable(port) != 0)
		fail("cannot start a port");
}

static void
port_fill(uint16_t port)
{
	struct rte_mbuf *pkts[BURST];
	uint16_t i;

	if (rte_pktmbuf_alloc_bulk(pool, pkts, BURST) != 0)
		fail("out of mbufs");
	for (i = 0; i < BURST; i++)
		memset(rte_pktmbuf_append(pkts[i], FRAME_LEN), 2, FRAME_LEN);
	if (rte_eth_tx_burst(port, 0, pkts, BURST) != BURST)
		fail("does not send");
}

/* Packets per second, in millions. */
static double
forward_all(unsigned int nb_ports)
{
	const uint64_t end = rte_rdtsc() + SECONDS * rte_get_tsc_hz();
	struct rte_mbuf *pkts[BURST];
	uint64_t packets = 0;
	unsigned int port;
	uint16_t n, sent;

	for (port = 0; port < nb_ports; port++)
		port_fill(port);
	while (rte_rdtsc() < end) {
		for (port = 0; port < nb_ports; port++) {
			n = rte_eth_rx_burst(port, 0, pkts, BURST);
			sent = n > 0 ? rte_eth_tx_burst(port, 0, pkts, n) : 0;
			if (sent < n)
				rte_pktmbuf_free_bulk(pkts + sent, n - sent);
			packets += sent;
		}
	}
	return packets / 1e6 / SECONDS;
}

int
main(int argc, char **argv)
{
	double start = now_ms(), init, started;
	unsigned int nb_ports, port;
	int used;

	used = rte_eal_init(argc, argv);
	init = now_ms() - start;
	nb_ports = rte_eth_dev_count_avail();
	if (used < 0 || argc - used < 2 || nb_ports != (unsigned int)atoi(argv[used + 1]))
		fail("not all ports are there");
	pool = rte_pktmbuf_pool_create("bench", nb_ports * 2 * RING_SIZE + 1024, 256, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		fail("no mbufs");
	start = now_ms();
	for (port = 0; port < nb_ports; port++)
		port_start(port);
	started = now_ms() - start;
	printf("%.1f %.1f %ld", init, started, rss_kib());
	printf(" %.3f\n", forward_all(nb_ports));
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}
