/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-bench-pmd [EAL options] -- SIMULATOR_PID [ROUNDS]
 *
 * What a driver costs, the device left out: cycles per packet of rx_burst()
 * and tx_burst(), of our driver and of DPDK's software drivers, in one process
 * on one core, taking turns.
 *
 * In a round a port sends a batch, gets it back, and receives it.  Only the
 * calls into the driver are timed.  The simulated device is stopped meanwhile
 * (SIGSTOP), so that it neither helps nor takes cache lines away: what it
 * writes was written before, and what it reads it reads afterwards.
 */

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>

#define RING_SIZE 512
#define BURST 32
#define BATCH (BURST * 12) /* fits in every ring below */
#define FRAME_LEN 60
#define MAX_ROUNDS 20000

/* A port that is measured, and how what it sends comes back to it. */
struct subject {
	const char *name; /* in the report */
	const char *port_name;
	const char *echo_name; /* NULL: the port is its own far end */
	bool simulated; /* by the process that is stopped */
	uint16_t port;
	uint16_t echo;
	double *rx; /* cycles per packet, one value per round */
	double *tx;
};

static struct subject subjects[] = {
	{ .name = "ours", .port_name = "sf_sim.sf.0", .simulated = true },
	{ .name = "net_null", .port_name = "net_null0" },
	{ .name = "net_ring", .port_name = "net_ring0" },
	{ .name = "net_memif", .port_name = "net_memif0", .echo_name = "net_memif1" },
};

static struct rte_mempool *pool;
static pid_t simulator;

static void
fail(const char *what, const char *name, int error)
{
	fprintf(stderr, "bench: %s: %s: %s\n", name, what, strerror(error));
	exit(EXIT_FAILURE);
}

static char
simulator_state(void)
{
	char path[64], line[512], *end;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", simulator);
	stat = fopen(path, "re");
	if (stat == NULL || fgets(line, sizeof(line), stat) == NULL)
		fail("not running", "dpdk-sf-sim", ESRCH);
	fclose(stat);
	end = strrchr(line, ')');
	return end != NULL ? end[2] : '?';
}

/* The signal takes effect some time after kill() has returned. */
static void
simulator_stop(bool stop)
{
	kill(simulator, stop ? SIGSTOP : SIGCONT);
	while ((simulator_state() == 'T') != stop)
		;
}

static uint16_t
port_start(const char *name)
{
	struct rte_eth_conf conf = { 0 };
	struct rte_eth_dev_info info;
	uint16_t port;
	int ret;

	if (rte_eth_dev_get_port_by_name(name, &port) != 0)
		fail("no such port", name, ENODEV);
	ret = rte_eth_dev_info_get(port, &info);
	if (ret != 0)
		fail("cannot start", name, -ret);
	/* All mbufs come from one pool and have one owner. */
	conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE;
	ret = rte_eth_dev_configure(port, 1, 1, &conf);
	if (ret == 0)
		ret = rte_eth_rx_queue_setup(port, 0, RING_SIZE, SOCKET_ID_ANY, NULL, pool);
	if (ret == 0)
		ret = rte_eth_tx_queue_setup(port, 0, RING_SIZE, SOCKET_ID_ANY, NULL);
	if (ret == 0)
		ret = rte_eth_dev_start(port);
	if (ret == 0)
		ret = rte_eth_promiscuous_enable(port);
	if (ret != 0)
		fail("cannot start", name, -ret);
	return port;
}

static void
wait_link(uint16_t port, const char *name)
{
	struct rte_eth_link link;
	int i;

	for (i = 0; i < 1000; i++) {
		if (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status)
			return;
		rte_delay_us_sleep(10000);
	}
	fail("no link", name, ENETDOWN);
}

static void
make_batch(struct rte_mbuf **batch)
{
	static const uint8_t header[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45,
	};
	uint16_t i;

	if (rte_pktmbuf_alloc_bulk(pool, batch, BATCH) != 0)
		fail("out of mbufs", "pool", ENOMEM);
	for (i = 0; i < BATCH; i++) {
		char *data = rte_pktmbuf_append(batch[i], FRAME_LEN);

		memset(data, 0, FRAME_LEN);
		memcpy(data, header, sizeof(header));
	}
}

/* Send all of a batch; cycles spent in the driver. */
static uint64_t
send_batch(uint16_t port, const char *name, struct rte_mbuf **batch)
{
	uint64_t start, cycles = 0;
	uint16_t sent = 0, n;
	unsigned int idle = 0;

	while (sent < BATCH && idle < 1000000) {
		start = rte_rdtsc_precise();
		n = rte_eth_tx_burst(port, 0, batch + sent, RTE_MIN(BURST, BATCH - sent));
		cycles += rte_rdtsc_precise() - start;
		sent += n;
		idle = n == 0 ? idle + 1 : 0;
	}
	if (sent < BATCH)
		fail("does not send", name, EIO);
	return cycles;
}

static uint64_t
receive_batch(uint16_t port, const char *name, struct rte_mbuf **batch)
{
	uint64_t start, cycles = 0;
	uint16_t got = 0, n;
	unsigned int idle = 0;

	while (got < BATCH && idle < 1000000) {
		start = rte_rdtsc_precise();
		n = rte_eth_rx_burst(port, 0, batch + got, RTE_MIN(BURST, BATCH - got));
		/* An empty poll is no part of what a packet costs. */
		if (n > 0)
			cycles += rte_rdtsc_precise() - start;
		got += n;
		idle = n == 0 ? idle + 1 : 0;
	}
	if (got < BATCH)
		fail("does not receive", name, EIO);
	return cycles;
}

static void
wait_received(uint16_t port, const char *name)
{
	unsigned int i;

	for (i = 0; i < 100000; i++) {
		if (rte_eth_rx_queue_count(port, 0) >= BATCH)
			return;
		rte_delay_us_block(10);
	}
	fail("packets do not come back", name, EIO);
}

static void
measure(struct subject *s, unsigned int round)
{
	struct rte_mbuf *batch[BATCH];

	make_batch(batch);
	if (s->simulated)
		simulator_stop(true);
	s->tx[round] = (double)send_batch(s->port, s->port_name, batch) / BATCH;
	if (s->simulated) {
		simulator_stop(false);
		wait_received(s->port, s->port_name);
		simulator_stop(true);
	} else if (s->echo_name != NULL) {
		receive_batch(s->echo, s->echo_name, batch);
		send_batch(s->echo, s->echo_name, batch);
	}
	s->rx[round] = (double)receive_batch(s->port, s->port_name, batch) / BATCH;
	if (s->simulated)
		simulator_stop(false);
	rte_pktmbuf_free_bulk(batch, BATCH);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* One line: case, subject, median, 5th and 95th percentile. */
static void
report(const char *what, const struct subject *s, double *values, unsigned int rounds)
{
	qsort(values, rounds, sizeof(*values), compare);
	printf("%s %s %.1f %.1f %.1f\n", what, s->name, values[rounds / 2],
		values[rounds / 20], values[rounds - 1 - rounds / 20]);
}

static void
subject_start(struct subject *s, unsigned int rounds)
{
	struct rte_mbuf *none[1];

	s->rx = calloc(rounds, sizeof(*s->rx));
	s->tx = calloc(rounds, sizeof(*s->tx));
	if (s->rx == NULL || s->tx == NULL)
		fail("out of memory", s->name, ENOMEM);
	s->port = port_start(s->port_name);
	if (s->echo_name != NULL)
		s->echo = port_start(s->echo_name);
	wait_link(s->port, s->port_name);
	if (s->echo_name != NULL) {
		wait_link(s->echo, s->echo_name);
		/* memif hands its far end room to send in only when it is polled. */
		rte_eth_rx_burst(s->echo, 0, none, 1);
	}
}

int
main(int argc, char **argv)
{
	unsigned int rounds = 2000, warm_up = 50, i, n;
	int used;

	used = rte_eal_init(argc, argv);
	if (used < 0 || argc - used < 2) {
		fprintf(stderr, "usage: dpdk-bench-pmd [EAL options] -- SIMULATOR_PID [ROUNDS]\n");
		return EXIT_FAILURE;
	}
	simulator = atoi(argv[used + 1]);
	if (argc - used > 2)
		rounds = RTE_MIN((unsigned int)atoi(argv[used + 2]), (unsigned int)MAX_ROUNDS);
	pool = rte_pktmbuf_pool_create("bench", 16383, 512, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		rte_socket_id());
	if (pool == NULL || rounds == 0)
		fail("cannot create", "pool", rte_errno);
	for (i = 0; i < RTE_DIM(subjects); i++)
		subject_start(&subjects[i], rounds);
	for (n = 0; n < warm_up; n++)
		for (i = 0; i < RTE_DIM(subjects); i++)
			measure(&subjects[i], 0);
	for (n = 0; n < rounds; n++)
		for (i = 0; i < RTE_DIM(subjects); i++)
			measure(&subjects[i], n);
	for (i = 0; i < RTE_DIM(subjects); i++)
		report("rx", &subjects[i], subjects[i].rx, rounds);
	for (i = 0; i < RTE_DIM(subjects); i++)
		report("tx", &subjects[i], subjects[i].tx, rounds);
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
