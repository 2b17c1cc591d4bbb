/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-bench-pmd [EAL options] -- DIRECTORY [ROUNDS]
 *
 * What a driver costs, the far end left out: cycles per packet of rx_burst(),
 * of tx_burst(), and of a loop that forwards, for our driver and for DPDK's
 * software drivers, in one process on one core, taking turns in random order.
 *
 * In a round a port sends a batch, gets it back, receives it, sends it again,
 * and forwards it once it is back.  Only calls into the driver are timed, for
 * a whole batch, in bursts of the size that is measured.  In between the far
 * end has its turn on the same core, so caches are in the same state for all:
 * the simulated device of our driver is served in this process, and so are the
 * far ends of memif and virtio-user.
 *
 * DIRECTORY is for sockets.  A line of results is "direction frame burst
 * driver", then a value for each round.
 */

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_bus.h>
#include <rte_cycles.h>
#include <rte_dev.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mbuf.h>
#include <rte_random.h>
#include <rte_vect.h>

#include "sim_host.h"

#define RING_SIZE 512
#define BATCH 256 /* fits in every ring below */
#define WARM_UP 10
#define MAX_ROUNDS 10000

/* A port that is measured, and the far end that sends back what it sends. */
struct subject {
	const char *name; /* in the report */
	const char *bus;
	const char *port_name;
	const char *args; /* %s is the directory */
	const char *far_name; /* NULL: the port is its own far end */
	const char *far_args;
	bool simulated; /* the far end is the simulated device */
	uint16_t bits; /* widest vectors it may use; 0: as the command line says */
	uint16_t port;
	uint16_t far;
};

#define VIRTIO "queue_size=512,mrg_rxbuf=0,in_order=1,vectorized=1"
#define MEMIF(role) "role=" role ",id=0,socket-abstract=no,socket=%s/memif"
#define VDEV(dev, dev_args) .bus = "vdev", .port_name = dev, .args = dev_args
#define SIMULATED(number) .bus = "auxiliary", .port_name = "sf_sim.sf." number, .args = "", \
	.simulated = true

static struct subject subjects[] = {
	{ .name = "ours", SIMULATED("0") },
	{ .name = "ours_scalar", SIMULATED("1"), .bits = RTE_VECT_SIMD_DISABLED },
	{ .name = "ours_128", SIMULATED("2"), .bits = RTE_VECT_SIMD_128 },
	{ .name = "ours_512", SIMULATED("3"), .bits = RTE_VECT_SIMD_512 },
	{ .name = "net_null", VDEV("net_null0", "size=60") },
	{ .name = "net_ring", VDEV("net_ring0", "") },
	{ .name = "net_memif", VDEV("net_memif1", MEMIF("client")),
		.far_name = "net_memif0", .far_args = MEMIF("server") },
	{ .name = "virtio_packed", VDEV("net_virtio_user0", "packed_vq=1," VIRTIO ",path=%s/packed"),
		.far_name = "net_vhost0", .far_args = "iface=%s/packed" },
	{ .name = "virtio_split", VDEV("net_virtio_user1", "packed_vq=0," VIRTIO ",path=%s/split"),
		.far_name = "net_vhost1", .far_args = "iface=%s/split" },
};

#define NB_SIMULATED 4

static const uint16_t bursts[] = { 1, 4, 32, 64 };
static const uint16_t frames[] = { 64, 1518 }; /* with checksum, which no mbuf has */

enum direction { RX, TX, RXTX, NB_DIRECTIONS };
static const char *const directions[] = { "rx", "tx", "rxtx" };

static uint32_t cycles[NB_DIRECTIONS][RTE_DIM(frames)][RTE_DIM(bursts)][RTE_DIM(subjects)]
	[MAX_ROUNDS];

static struct rte_mempool *pool;

static void
fail(const char *what, const char *name, int error)
{
	fprintf(stderr, "bench: %s: %s: %s\n", name, what, strerror(error));
	exit(EXIT_FAILURE);
}

/* --- Ports ------------------------------------------------------------------- */

static uint16_t
port_start(const char *bus, const char *name, const char *args, const char *dir)
{
	struct rte_eth_conf conf = { .rxmode.mtu = RTE_ETHER_MTU };
	struct rte_eth_dev_info info;
	char text[200];
	uint16_t port;
	int ret;

	snprintf(text, sizeof(text), args, dir);
	if (rte_eth_dev_get_port_by_name(name, &port) != 0) {
		ret = rte_eal_hotplug_add(bus, name, text);
		if (ret != 0 || rte_eth_dev_get_port_by_name(name, &port) != 0)
			fail("no such port", name, -ret);
	}
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
	if (ret != 0 && ret != -ENOTSUP)
		fail("cannot start", name, -ret);
	return port;
}

static void
wait_link(uint16_t port, const char *name)
{
	struct rte_eth_link link;
	struct rte_mbuf *none[1];
	int i;

	for (i = 0; i < 1000; i++) {
		/* Some far ends hand out room to send in only when polled. */
		rte_eth_rx_burst(port, 0, none, 1);
		if (rte_eth_link_get_nowait(port, &link) == 0 && link.link_status)
			return;
		rte_delay_us_sleep(10000);
	}
	fail("no link", name, ENETDOWN);
}

static void
subject_start(struct subject *s, const char *dir)
{
	const uint16_t bits = rte_vect_get_max_simd_bitwidth();

	/* Fails if the command line has the last word. */
	if (s->bits != 0)
		rte_vect_set_max_simd_bitwidth(s->bits);
	/* The far end first: it listens. */
	if (s->far_name != NULL)
		s->far = port_start("vdev", s->far_name, s->far_args, dir);
	s->port = port_start(s->bus, s->port_name, s->args, dir);
	if (s->far_name != NULL)
		wait_link(s->far, s->far_name);
	wait_link(s->port, s->port_name);
	if (s->bits != 0)
		rte_vect_set_max_simd_bitwidth(bits);
}

/* --- A round ------------------------------------------------------------------- */

static void
make_batch(struct rte_mbuf **batch, uint16_t len)
{
	static const uint8_t header[] = {
		2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0, 0x45,
	};
	uint16_t i;

	if (rte_pktmbuf_alloc_bulk(pool, batch, BATCH) != 0)
		fail("out of mbufs", "pool", ENOMEM);
	for (i = 0; i < BATCH; i++)
		memcpy(rte_pktmbuf_append(batch[i], len), header, sizeof(header));
}

/* Send a batch in bursts; cycles per packet. */
static uint32_t
send_batch(uint16_t port, const char *name, struct rte_mbuf **batch, uint16_t burst)
{
	unsigned int tries = 0;
	uint16_t sent = 0;
	uint64_t start;

	start = rte_rdtsc_precise();
	while (sent < BATCH && tries++ < 1000000)
		sent += rte_eth_tx_burst(port, 0, batch + sent, RTE_MIN(burst, BATCH - sent));
	start = rte_rdtsc_precise() - start;
	if (sent < BATCH)
		fail("does not send", name, EIO);
	return start;
}

static uint32_t
receive_batch(uint16_t port, const char *name, struct rte_mbuf **batch, uint16_t burst)
{
	unsigned int tries = 0;
	uint16_t got = 0;
	uint64_t start;

	start = rte_rdtsc_precise();
	while (got < BATCH && tries++ < 1000000)
		got += rte_eth_rx_burst(port, 0, batch + got, RTE_MIN(burst, BATCH - got));
	start = rte_rdtsc_precise() - start;
	if (got < BATCH)
		fail("does not receive", name, EIO);
	return start;
}

static uint32_t
forward_batch(uint16_t port, const char *name, uint16_t burst)
{
	unsigned int tries = 0;
	struct rte_mbuf *pkts[64];
	uint16_t n, sent, all = 0;
	uint64_t start;

	start = rte_rdtsc_precise();
	while (all < BATCH && tries++ < 1000000) {
		n = rte_eth_rx_burst(port, 0, pkts, RTE_MIN(burst, BATCH - all));
		for (sent = 0; sent < n && tries++ < 1000000; )
			sent += rte_eth_tx_burst(port, 0, pkts + sent, n - sent);
		all += n;
	}
	start = rte_rdtsc_precise() - start;
	if (all < BATCH)
		fail("does not forward", name, EIO);
	return start;
}

/* Let what was sent come back, and be there to be received. */
static void
echo(const struct subject *s)
{
	struct rte_mbuf *batch[BATCH];
	unsigned int i;

	if (s->simulated) {
		for (i = 0; i < 1000 && rte_eth_rx_queue_count(s->port, 0) < BATCH; i++)
			sim_host_poll();
		if (i == 1000)
			fail("packets do not come back", s->name, EIO);
	} else if (s->far_name != NULL) {
		receive_batch(s->far, s->far_name, batch, 32);
		send_batch(s->far, s->far_name, batch, 32);
	}
}

static void
measure(const struct subject *s, uint16_t len, uint16_t burst, uint32_t took[NB_DIRECTIONS])
{
	struct rte_mbuf *batch[BATCH];

	make_batch(batch, len);
	took[TX] = send_batch(s->port, s->name, batch, burst);
	echo(s);
	took[RX] = receive_batch(s->port, s->name, batch, burst);
	send_batch(s->port, s->name, batch, 32);
	echo(s);
	took[RXTX] = forward_batch(s->port, s->name, burst);
	echo(s);
	receive_batch(s->port, s->name, batch, 32);
	rte_pktmbuf_free_bulk(batch, BATCH);
}

/* So that nobody always finds the caches as the same other has left them. */
static void
shuffle(unsigned int order[RTE_DIM(subjects)])
{
	unsigned int i, j;

	for (i = 0; i < RTE_DIM(subjects); i++) {
		j = rte_rand_max(i + 1);
		order[i] = order[j];
		order[j] = i;
	}
}

static void
round_run(unsigned int round)
{
	unsigned int order[RTE_DIM(subjects)];
	uint32_t took[NB_DIRECTIONS];
	unsigned int f, b, i, s, d;

	for (f = 0; f < RTE_DIM(frames); f++)
		for (b = 0; b < RTE_DIM(bursts); b++) {
			shuffle(order);
			for (i = 0; i < RTE_DIM(subjects); i++) {
				s = order[i];
				measure(&subjects[s], frames[f] - RTE_ETHER_CRC_LEN, bursts[b], took);
				for (d = 0; d < NB_DIRECTIONS; d++)
					cycles[d][f][b][s][round] = took[d];
			}
		}
}

static void
report(unsigned int rounds)
{
	unsigned int f, b, s, d, r;

	for (d = 0; d < NB_DIRECTIONS; d++)
		for (f = 0; f < RTE_DIM(frames); f++)
			for (b = 0; b < RTE_DIM(bursts); b++)
				for (s = 0; s < RTE_DIM(subjects); s++) {
					printf("%s %u %u %s", directions[d], frames[f], bursts[b],
						subjects[s].name);
					for (r = 0; r < rounds; r++)
						printf(" %.2f", (double)cycles[d][f][b][s][r] / BATCH);
					printf("\n");
				}
}

int
main(int argc, char **argv)
{
	const char *dir = NULL;
	unsigned int rounds = 200, i;
	char devices[200];
	int used, ret;

	/* Before EAL binds this thread, so that the device's sockets have another core. */
	for (i = 1; i < (unsigned int)argc - 1; i++)
		if (strcmp(argv[i], "--") == 0)
			dir = argv[i + 1];
	if (dir == NULL) {
		fprintf(stderr, "usage: dpdk-bench-pmd [EAL options] -- DIRECTORY [ROUNDS]\n");
		return EXIT_FAILURE;
	}
	snprintf(devices, sizeof(devices), "%s/devices", dir);
	ret = sim_host_start(devices, NB_SIMULATED, SF_WIRE_LOOP);
	if (ret < 0)
		fail("cannot serve", "simulated device", -ret);
	sim_host_freeze(true);
	setenv("SYSFS_AUXILIARY_DEVICES", devices, 1);
	used = rte_eal_init(argc, argv);
	if (used < 0)
		fail("cannot start", "EAL", rte_errno);
	if (argc - used > 2)
		rounds = RTE_MIN((unsigned int)atoi(argv[used + 2]), (unsigned int)MAX_ROUNDS);
	pool = rte_pktmbuf_pool_create("bench", 16383, 512, 0, RTE_MBUF_DEFAULT_BUF_SIZE,
		rte_socket_id());
	if (pool == NULL || rounds == 0)
		fail("cannot create", "pool", rte_errno);
	for (i = 0; i < RTE_DIM(subjects); i++)
		subject_start(&subjects[i], dir);
	for (i = 0; i < WARM_UP; i++)
		round_run(0);
	for (i = 0; i < rounds; i++)
		round_run(i);
	report(rounds);
	fflush(stdout);
	sim_host_stop();
	_exit(EXIT_SUCCESS);
}
