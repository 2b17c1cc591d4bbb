/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A process that is killed within a burst, wherever it is: whoever frees the queue then must
 * not give an mbuf back that has left the ring already.
 *
 * The processor traps after each instruction, and at one of them the burst is left for good:
 * at each, in turn, that has changed something of the queue or the pool.
 */

#include <setjmp.h>
#include <signal.h>
#include <stdlib.h>

#include <ethdev_driver.h>
#include <rte_cycles.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>
#include <rte_mempool.h>
#include <rte_vect.h>

#include "sf_example.h"
#include "sf_ports.h"
#include "trap.h"

#define NB_DESC 128
#define NB_POOL 255
#define LEN 60

/* Mbufs lost with the killed process, at most: a burst of packets, of posted, and of freed ones. */
#define LOST_MAX (3 * BURST)

/* Packets of a burst: all good; the last one bad; the others in several mbufs, the last one bad. */
enum packets { PLAIN, WITH_BAD, IN_PIECES };

#define NB_CHANGES_MAX 1000

static sigjmp_buf killed;
static volatile unsigned int nb_left; /* instructions */

/* The queue, and at which instructions it changes, if they are being found out. */
static const void *queue;
static size_t queue_size;
static bool is_watching;
static uint32_t seen;
static unsigned int nb_instructions, nb_changes;
static unsigned int changes[NB_CHANGES_MAX];

static void
watch(void)
{
	const uint32_t now = rte_hash_crc(queue, queue_size, rte_mempool_avail_count(pool));

	if (now != seen && nb_changes < NB_CHANGES_MAX)
		changes[nb_changes++] = nb_instructions;
	seen = now;
	nb_instructions++;
}

static void
on_trap(int signal)
{
	RTE_SET_USED(signal);
	if (trap_is_in_pool())
		return;
	if (is_watching)
		watch();
	else if (nb_left-- == 0)
		siglongjmp(killed, 1);
}

/* --- Bursts, on a device that stands still ---------------------------------------- */

static struct rte_mbuf *pkts[NB_DESC];

/* Completions from a number on. */
static void
complete(unsigned int first, unsigned int nb, enum packets kind)
{
	struct sf_rx_cpl *ring = sim_host_lock(1)->dev.rxq[0].cpl;
	unsigned int i;

	for (i = first; i < first + nb; i++)
		ring[i % NB_DESC] = (struct sf_rx_cpl) {
			.index = i % NB_DESC,
			.len = kind != PLAIN && i == first + nb - 1 ? 0 : LEN,
			.info = kind == IN_PIECES && i % 3 != 0 ? 0 : SF_RX_CPL_EOP,
			.gen = i / NB_DESC % 2 == 0,
		};
	sim_host_unlock();
}

static int
rx_receive(unsigned int first, unsigned int nb)
{
	complete(first, nb, PLAIN);
	TEST_ASSERT_EQUAL(rte_eth_rx_burst(ports[1], 0, pkts, nb), nb);
	rte_pktmbuf_free_bulk(pkts, nb);
	return TEST_SUCCESS;
}

/* The burst will receive at the end of the ring and at its beginning, and then post. */
static int
rx_prepare(unsigned int nb, enum packets kind)
{
	const unsigned int before = NB_DESC - nb / 2;

	TEST_ASSERT_OK(rx_receive(0, before / 2));
	TEST_ASSERT_OK(rx_receive(before / 2, before - before / 2));
	complete(before, nb, kind);
	return TEST_SUCCESS;
}

static void
rx_run(unsigned int nb)
{
	rte_eth_rx_burst(ports[1], 0, pkts, nb);
}

static int
packets_make(unsigned int nb, enum packets kind)
{
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < nb; i++) {
		m = rte_pktmbuf_alloc(pool);
		TEST_ASSERT(m != NULL, "no mbuf");
		rte_pktmbuf_append(m, kind != PLAIN && i == nb - 1 ? 1 : LEN);
		pkts[i] = m;
		if (kind != IN_PIECES || i == nb - 1)
			continue;
		m = rte_pktmbuf_alloc(pool);
		TEST_ASSERT(m != NULL, "no mbuf");
		rte_pktmbuf_append(m, LEN);
		TEST_ASSERT_OK(rte_pktmbuf_chain(pkts[i], m));
	}
	return TEST_SUCCESS;
}

/* Have so much sent, and the device be done with what comes before a descriptor. */
static int
tx_send(unsigned int nb, unsigned int head)
{
	struct sf_tx_status *status = sim_host_lock(0)->dev.txq[0].cpl;

	sim_host_unlock();
	TEST_ASSERT_OK(packets_make(nb, PLAIN));
	TEST_ASSERT_EQUAL(rte_eth_tx_burst(ports[0], 0, pkts, nb), nb);
	status->head = head;
	return TEST_SUCCESS;
}

/* The burst will free two, at the end of the ring and at its beginning, to have room. */
static int
tx_prepare(unsigned int nb, enum packets kind)
{
	TEST_ASSERT_OK(tx_send(100, 100));
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, 0), 100);
	TEST_ASSERT_OK(tx_send(27, NB_DESC - 1));
	TEST_ASSERT_EQUAL(rte_eth_tx_done_cleanup(ports[0], 0, 0), 27);
	TEST_ASSERT_OK(tx_send(121, 1));
	return packets_make(nb, kind);
}

static void
tx_run(unsigned int nb)
{
	rte_eth_tx_burst(ports[0], 0, pkts, nb);
}

/* --- What is in the pool then -------------------------------------------------------- */

static void *all[NB_POOL];

static int
compare(const void *a, const void *b)
{
	const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

/* Each mbuf once, and as it should be; and most of them. */
static int
pool_check(unsigned int at)
{
	const unsigned int nb = rte_mempool_avail_count(pool);
	struct rte_mbuf *found[NB_POOL];
	unsigned int i;

	TEST_ASSERT(nb <= NB_POOL && nb + LOST_MAX >= NB_POOL,
		"killed at instruction %u: %u mbufs of %d", at, nb, NB_POOL);
	TEST_ASSERT_OK(rte_mempool_get_bulk(pool, (void **)found, nb));
	qsort(found, nb, sizeof(found[0]), compare);
	for (i = 0; i < nb; i++) {
		TEST_ASSERT(i == 0 || found[i] != found[i - 1],
			"killed at instruction %u: an mbuf is in the pool twice", at);
		TEST_ASSERT(found[i]->next == NULL && found[i]->nb_segs == 1 &&
				rte_mbuf_refcnt_read(found[i]) == 1,
			"killed at instruction %u: an mbuf is not as it should be", at);
	}
	return TEST_SUCCESS;
}

/* Whatever has been lost. */
static void
pool_restore(void)
{
	struct rte_mbuf *m;
	unsigned int i;

	for (i = 0; i < NB_POOL; i++) {
		m = all[i];
		m->next = NULL;
		m->nb_segs = 1;
		rte_mbuf_refcnt_set(m, 1);
	}
	rte_mempool_put_bulk(pool, all, NB_POOL);
}

/* --- Cases -------------------------------------------------------------------- */

struct side {
	uint16_t *port;
	int (*start)(uint16_t port, uint16_t queue);
	int (*stop)(uint16_t port, uint16_t queue);
	int (*prepare)(unsigned int nb, enum packets kind);
	void (*run)(unsigned int nb);
};

static const struct side receiver = {
	&ports[1], rte_eth_dev_rx_queue_start, rte_eth_dev_rx_queue_stop, rx_prepare, rx_run,
};
static const struct side sender = {
	&ports[0], rte_eth_dev_tx_queue_start, rte_eth_dev_tx_queue_stop, tx_prepare, tx_run,
};

/* A burst, watched or killed. */
static void
burst_run(const struct side *side, unsigned int nb)
{
	if (sigsetjmp(killed, 1) != 0)
		return;
	trap(true);
	side->run(nb);
	trap(false);
}

static int
queue_watch(const struct side *side, unsigned int nb, enum packets kind)
{
	const struct rte_eth_dev_data *data = rte_eth_devices[*side->port].data;

	queue = side == &receiver ? data->rx_queues[0] : data->tx_queues[0];
	TEST_ASSERT_OK(rte_malloc_validate(queue, &queue_size));
	TEST_ASSERT_OK(side->start(*side->port, 0));
	TEST_ASSERT_OK(side->prepare(nb, kind));
	seen = nb_changes = nb_instructions = 0;
	is_watching = true;
	burst_run(side, nb);
	is_watching = false;
	TEST_ASSERT_OK(side->stop(*side->port, 0));
	TEST_ASSERT_OK(pool_check(nb_instructions));
	pool_restore();
	TEST_ASSERT(nb_changes > 4 && nb_changes < NB_CHANGES_MAX, "%u changes in %u instructions",
		nb_changes, nb_instructions);
	return TEST_SUCCESS;
}

static int
kill_everywhere(const struct side *side, unsigned int nb, enum packets kind)
{
	unsigned int i;

	TEST_ASSERT_OK(rte_eth_dev_rx_queue_stop(ports[0], 0));
	TEST_ASSERT_OK(rte_eth_dev_rx_queue_stop(ports[1], 0));
	TEST_ASSERT_OK(rte_eth_dev_tx_queue_stop(ports[0], 0));
	TEST_ASSERT_OK(rte_mempool_get_bulk(pool, all, NB_POOL));
	pool_restore();
	TEST_ASSERT_OK(queue_watch(side, nb, kind));
	for (i = 0; i < nb_changes; i++) {
		TEST_ASSERT_OK(side->start(*side->port, 0));
		TEST_ASSERT_OK(side->prepare(nb, kind));
		nb_left = changes[i];
		burst_run(side, nb);
		TEST_ASSERT_OK(side->stop(*side->port, 0));
		TEST_ASSERT_OK(pool_check(changes[i]));
		pool_restore();
	}
	return TEST_SUCCESS;
}

static int
kill_in_pool(const struct side *side, unsigned int nb, enum packets kind,
	struct rte_eth_conf *conf)
{
	const struct sigaction action = { .sa_handler = on_trap };
	struct sigaction before;
	int ret;

	TEST_ASSERT_OK(ports_start(1, NB_DESC, conf));
	sim_host_freeze(true);
	trap_watch_pool(pool);
	sigaction(SIGTRAP, &action, &before);
	ret = kill_everywhere(side, nb, kind);
	sigaction(SIGTRAP, &before, NULL);
	trap_leave_pool(pool);
	sim_host_freeze(false);
	rte_eth_dev_stop(ports[0]);
	rte_eth_dev_stop(ports[1]);
	return ret;
}

/* A burst of so many, of functions that offloads and a width of vectors select. */
static int
kill_burst(const struct side *side, unsigned int nb, enum packets kind, uint64_t offloads,
	uint16_t bits)
{
	const uint16_t bits_before = rte_vect_get_max_simd_bitwidth();
	struct rte_mempool *others = pool;
	struct rte_eth_conf conf = { 0 };
	int ret;

	if (!HAVE_TRAP)
		return test_skip("the trap flag is x86's");
	if (side == &receiver)
		conf.rxmode.offloads = offloads;
	else
		conf.txmode.offloads = offloads;
	TEST_ASSERT_OK(rte_vect_set_max_simd_bitwidth(bits));
	pool = rte_pktmbuf_pool_create("sf_test_killed", NB_POOL, 0, 0,
		RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	ret = pool == NULL ? -rte_errno : kill_in_pool(side, nb, kind, &conf);
	rte_mempool_free(pool);
	pool = others;
	rte_vect_set_max_simd_bitwidth(bits_before);
	return ret;
}

static int
test_receiver_killed(void)
{
	return kill_burst(&receiver, 3, WITH_BAD, 0, RTE_VECT_SIMD_DISABLED);
}

static int
test_receiver_killed_with_vectors(void)
{
	return kill_burst(&receiver, 8, WITH_BAD, 0, RTE_VECT_SIMD_MAX);
}

static int
test_receiver_killed_in_pieces(void)
{
	return kill_burst(&receiver, 5, IN_PIECES, RTE_ETH_RX_OFFLOAD_SCATTER,
		RTE_VECT_SIMD_DISABLED);
}

static int
test_sender_killed(void)
{
	return kill_burst(&sender, 3, WITH_BAD, 0, RTE_VECT_SIMD_DISABLED);
}

static int
test_sender_killed_fast_free(void)
{
	return kill_burst(&sender, 3, PLAIN, RTE_ETH_TX_OFFLOAD_MBUF_FAST_FREE,
		RTE_VECT_SIMD_DISABLED);
}

static int
test_sender_killed_with_vectors(void)
{
	return kill_burst(&sender, 8, WITH_BAD, 0, RTE_VECT_SIMD_MAX);
}

static int
test_sender_killed_in_pieces(void)
{
	return kill_burst(&sender, 3, IN_PIECES, RTE_ETH_TX_OFFLOAD_MULTI_SEGS,
		RTE_VECT_SIMD_DISABLED);
}

/* --- Processes that do not come back ------------------------------------------------- */

/* A process that has died in all gates of a port does not hold up its stop for each of them. */
static int
test_killed_in_all_gates(void)
{
	const uint32_t pid = INT32_MAX; /* nobody's */
	struct sf_gates *gates;
	uint64_t begun;
	unsigned int i;

	TEST_ASSERT_OK(ports_start(SF_MAX_QUEUE_PAIRS, 64, NULL));
	gates = sf_port(&rte_eth_devices[ports[0]])->gates;
	for (i = 0; i < SF_MAX_QUEUE_PAIRS; i++) {
		gates->rx[i].user = gates->rx[i].looker = pid;
		gates->tx[i].user = gates->tx[i].looker = pid;
	}
	begun = rte_get_timer_cycles();
	test_log_start();
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[0]));
	TEST_ASSERT_EQUAL(test_log_count("does not come out"), 0);
	TEST_ASSERT((rte_get_timer_cycles() - begun) / rte_get_timer_hz() < 1, "it takes seconds");
	for (i = 0; i < SF_MAX_QUEUE_PAIRS; i++) {
		TEST_ASSERT_EQUAL(gates->rx[i].user | gates->rx[i].looker, 0);
		TEST_ASSERT_EQUAL(gates->tx[i].user | gates->tx[i].looker, 0);
	}
	TEST_ASSERT_OK(rte_eth_dev_stop(ports[1]));
	TEST_ASSERT_EQUAL(rte_mempool_avail_count(pool), NB_MBUFS);
	return TEST_SUCCESS;
}

static const struct test_case cases[] = {
	TEST_CASE(test_receiver_killed),
	TEST_CASE(test_receiver_killed_with_vectors),
	TEST_CASE(test_receiver_killed_in_pieces),
	TEST_CASE(test_sender_killed),
	TEST_CASE(test_sender_killed_fast_free),
	TEST_CASE(test_sender_killed_with_vectors),
	TEST_CASE(test_sender_killed_in_pieces),
	TEST_CASE(test_killed_in_all_gates),
	{ .name = NULL }
};

static struct test_suite suite = SF_SUITE("sf_killed_autotest", cases);

TEST_REGISTER(suite);
