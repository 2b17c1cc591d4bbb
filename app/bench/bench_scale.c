/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-bench-scale [EAL options] -- PORTS QUEUES
 *
 * What many ports cost: how long EAL takes to come up with them, and they to
 * start with so many queue pairs each, the memory that this process has then,
 * packet buffers not counted, and the packets per second when all queues send
 * to themselves in turn, 32 at a time.  Prints one line:
 * "init_ms start_ms memory_kib mpps".
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_ip.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>
#include <rte_udp.h>

#define RING_SIZE 128
#define BURST 32
#define SECONDS 0.5

struct frame {
	struct rte_ether_hdr eth;
	struct rte_ipv4_hdr ip;
	struct rte_udp_hdr udp;
	uint8_t payload[18];
};

static struct rte_mempool *pool;
static uint16_t nb_ports, nb_queues;

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

/* What is in use of EAL's memory. */
static size_t
eal_bytes(void)
{
	struct rte_malloc_socket_stats stats;
	size_t bytes = 0;
	unsigned int i;

	for (i = 0; i < rte_socket_count(); i++)
		if (rte_malloc_get_socket_stats(rte_socket_id_by_idx(i), &stats) == 0)
			bytes += stats.heap_allocsz_bytes;
	return bytes;
}

/* The rest: what malloc() and the like have taken. */
static size_t
private_bytes(void)
{
	char line[128];
	size_t kib = 0;
	FILE *status = fopen("/proc/self/status", "re");

	while (status != NULL && fgets(line, sizeof(line), status) != NULL)
		if (sscanf(line, "RssAnon: %zu", &kib) == 1)
			break;
	if (status != NULL)
		fclose(status);
	return kib * 1024;
}

static void
port_start(uint16_t port)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = nb_queues > 1 ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE,
		.rx_adv_conf.rss_conf.rss_hf = nb_queues > 1 ? RTE_ETH_RSS_NONFRAG_IPV4_UDP : 0,
		.txmode.offloads = RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE,
	};
	struct rte_eth_dev_info info;
	uint16_t q;
	int ret;

	ret = rte_eth_dev_info_get(port, &info);
	conf.txmode.offloads &= info.tx_offload_capa;
	if (ret == 0)
		ret = rte_eth_dev_configure(port, nb_queues, nb_queues, &conf);
	for (q = 0; q < nb_queues && ret == 0; q++) {
		ret = rte_eth_rx_queue_setup(port, q, RING_SIZE, SOCKET_ID_ANY, NULL, pool);
		if (ret == 0)
			ret = rte_eth_tx_queue_setup(port, q, RING_SIZE, SOCKET_ID_ANY, NULL);
	}
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(port);
	if (ret != 0 && ret != -ENOTSUP)
		fail("cannot start a port");
}

/* A burst for each queue, of flows that are spread over them. */
static void
port_fill(uint16_t port)
{
	struct rte_mbuf *pkts[BURST];
	struct frame *frame;
	uint16_t q, i;

	for (q = 0; q < nb_queues; q++) {
		if (rte_pktmbuf_alloc_bulk(pool, pkts, BURST) != 0)
			fail("out of mbufs");
		for (i = 0; i < BURST; i++) {
			frame = (struct frame *)rte_pktmbuf_append(pkts[i], sizeof(*frame));
			*frame = (struct frame) {
				.eth.ether_type = RTE_BE16(RTE_ETHER_TYPE_IPV4),
				.ip = {
					.version_ihl = RTE_IPV4_VHL_DEF,
					.total_length = RTE_BE16(sizeof(*frame) - sizeof(frame->eth)),
					.time_to_live = 64,
					.next_proto_id = IPPROTO_UDP,
				},
				.udp.src_port = rte_cpu_to_be_16(q * BURST + i),
			};
			frame->eth.dst_addr.addr_bytes[0] = 2;
			frame->eth.src_addr.addr_bytes[0] = 2;
		}
		if (rte_eth_tx_burst(port, q, pkts, BURST) != BURST)
			fail("does not send");
	}
}

/* Packets per second, in millions. */
static double
forward_all(void)
{
	const uint64_t end = rte_rdtsc() + SECONDS * rte_get_tsc_hz();
	struct rte_mbuf *pkts[BURST];
	uint64_t packets = 0;
	uint16_t port, q, n, sent;

	for (port = 0; port < nb_ports; port++)
		port_fill(port);
	while (rte_rdtsc() < end) {
		for (port = 0; port < nb_ports; port++) {
			for (q = 0; q < nb_queues; q++) {
				n = rte_eth_rx_burst(port, q, pkts, BURST);
				sent = n > 0 ? rte_eth_tx_burst(port, q, pkts, n) : 0;
				if (sent < n)
					rte_pktmbuf_free_bulk(pkts + sent, n - sent);
				packets += sent;
			}
		}
	}
	return packets / 1e6 / SECONDS;
}

int
main(int argc, char **argv)
{
	double start = now_ms(), init, started;
	size_t memory, buffers;
	uint16_t port;
	int used;

	used = rte_eal_init(argc, argv);
	init = now_ms() - start;
	if (used < 0 || argc - used < 3)
		fail("no EAL, or not PORTS and QUEUES");
	nb_ports = rte_eth_dev_count_avail();
	nb_queues = atoi(argv[used + 2]);
	if (nb_ports != atoi(argv[used + 1]))
		fail("not all ports are there");
	buffers = eal_bytes();
	pool = rte_pktmbuf_pool_create("bench", nb_ports * nb_queues * 2 * RING_SIZE + 1024, 256, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	if (pool == NULL)
		fail("no mbufs");
	buffers = eal_bytes() - buffers;
	start = now_ms();
	for (port = 0; port < nb_ports; port++)
		port_start(port);
	started = now_ms() - start;
	memory = private_bytes() + eal_bytes() - buffers;
	printf("%.1f %.1f %zu", init, started, memory / 1024);
	printf(" %.3f\n", forward_all());
	fflush(stdout);
	_exit(EXIT_SUCCESS);
}
