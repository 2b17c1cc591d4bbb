/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Traffic to and fro between two ports on a thread of its own, of packets that can each be
 * told from all others: a packet carries its sender, its flow, its number in the flow, and
 * a CRC of all its octets.  Beside it a thread that takes memory from EAL and gives it back.
 */

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stddef.h>
#include <unistd.h>

#include <ethdev_driver.h>
#include <rte_cycles.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>
#include <rte_random.h>
#include <rte_thash.h>

#include "process.h"
#include "sf_packets.h"

#define NB_FLOWS 8 /* in each direction */
#define NB_QUEUES_MAX 16
#define FRAME_MAX 1514
#define QUIET_MS 200 /* nothing comes for so long: nothing comes twice */
#define QUIET_LIMIT_MS 20000
#define SETTLE_MS 10000

/* Of which EAL has to get more from the system, and gives it back. */
#define MEMORY_MAX (12 << 20)
#define MEMORY_STEP 4096

/* What a packet has behind its UDP header; its last four octets are the CRC. */
struct stamp {
	uint32_t sender;
	uint32_t flow;
	uint64_t number;
};

struct flow {
	uint8_t frame[FRAME_MAX];
	uint16_t len; /* of the frame, with room for the CRC */
	uint16_t stamp_at;
	uint64_t sent;
	uint64_t received; /* the number that the next packet should have */
};

/* Packets that are not as they should be. */
struct faults {
	unsigned int changed; /* the CRC is not that of the packet */
	unsigned int missing; /* a later one of its flow has come */
	unsigned int again; /* it has come before, or after a later one */
};

/* The thread has it while it runs; is_on and is_sending tell it what to do. */
static struct {
	pthread_t thread;
	bool is_on;
	bool is_sending;
	uint32_t sender; /* this run of this process */
	uint16_t ports[2];
	uint16_t queue;
	struct flow flows[2][NB_FLOWS]; /* by the port that sends */
	struct rte_mbuf *pending[2][BURST]; /* what a Tx ring has had no room for */
	uint16_t nb_pending[2];
	uint32_t nb_came;
	unsigned int late; /* of other senders: of an earlier run, or of a process that died */
	unsigned int quiet_ms; /* since when nothing has come */
	bool all_came; /* of what both ports have sent */
	struct faults faults;
} traffic;

static unsigned int removals; /* events, counted on EAL's interrupt thread */

/* --- Packets ------------------------------------------------------------------- */

/* The queue of a port to which its addresses take a packet. */
static uint16_t
rss_queue(const struct packet *p, const uint8_t *key, uint16_t nb_queues)
{
	const struct rte_ipv4_hdr *ip = (const void *)(p->data + RTE_ETHER_HDR_LEN);
	uint32_t addresses[] = {
		rte_be_to_cpu_32(ip->src_addr), rte_be_to_cpu_32(ip->dst_addr)
	};

	return rte_softrss(addresses, RTE_DIM(addresses), key) % SF_RETA_SIZE % nb_queues;
}

/* Flows from one port that come to the other one by the queue that this process has of it. */
static int
flows_make(unsigned int way)
{
	uint8_t key[SF_RSS_KEY_SIZE];
	struct rte_eth_rss_conf rss = { .rss_key = key, .rss_key_len = sizeof(key) };
	struct packet_spec spec = { .payload = sizeof(struct stamp) + RTE_ETHER_CRC_LEN };
	const uint16_t port = traffic.ports[!way];
	struct rte_eth_dev_info info = { .nb_rx_queues = 1 };
	static struct packet p;
	struct rte_udp_hdr *udp;
	unsigned int nb;
	int ret;

	ret = rte_eth_dev_rss_hash_conf_get(port, &rss);
	if (ret == 0)
		ret = rte_eth_dev_info_get(port, &info);
	if (ret < 0)
		return ret;
	for (nb = 0; nb < NB_FLOWS; spec.src++) {
		struct flow *flow = &traffic.flows[way][nb];

		packet_build(&spec, &p);
		if (rss_queue(&p, key, info.nb_rx_queues) != traffic.queue)
			continue;
		flow->len = p.len;
		flow->stamp_at = RTE_ETHER_HDR_LEN + p.l3_len + p.l4_len;
		udp = (void *)(p.data + RTE_ETHER_HDR_LEN + p.l3_len);
		udp->dgram_cksum = 0;
		memcpy(flow->frame, p.data, p.len);
		spec.payload += 190;
		nb++;
	}
	return 0;
}

static uint32_t
frame_crc(const void *frame, uint16_t len)
{
	return rte_hash_crc(frame, len - RTE_ETHER_CRC_LEN, 0);
}

/* The next packet of some flow; NULL without mbufs. */
static struct rte_mbuf *
packet_next(unsigned int way)
{
	struct flow *flow = &traffic.flows[way][rte_rand_max(NB_FLOWS)];
	const struct stamp stamp = {
		.sender = traffic.sender, .flow = flow - traffic.flows[way], .number = flow->sent,
	};
	struct rte_mbuf *m = rte_pktmbuf_alloc(pool);
	uint8_t *data;
	uint32_t crc;

	if (m == NULL)
		return NULL;
	data = (void *)rte_pktmbuf_append(m, flow->len);
	memcpy(data, flow->frame, flow->len);
	memcpy(data + flow->stamp_at, &stamp, sizeof(stamp));
	crc = frame_crc(data, flow->len);
	memcpy(data + flow->len - sizeof(crc), &crc, sizeof(crc));
	flow->sent++;
	return m;
}

static void
packet_check(unsigned int way, const struct rte_mbuf *m)
{
	const uint8_t *data = rte_pktmbuf_mtod(m, const uint8_t *);
	const uint16_t at = traffic.flows[0][0].stamp_at;
	struct stamp stamp;
	struct flow *flow;
	uint32_t crc;

	if (m->nb_segs != 1 || m->data_len < at + sizeof(stamp) + sizeof(crc)) {
		traffic.faults.changed++;
		return;
	}
	memcpy(&stamp, data + at, sizeof(stamp));
	memcpy(&crc, data + m->data_len - sizeof(crc), sizeof(crc));
	if (crc != frame_crc(data, m->data_len) || stamp.flow >= NB_FLOWS) {
		traffic.faults.changed++;
		return;
	}
	if (stamp.sender != traffic.sender) {
		traffic.late++;
		return;
	}
	flow = &traffic.flows[way][stamp.flow];
	if (stamp.number < flow->received) {
		traffic.faults.again++;
		return;
	}
	traffic.faults.missing += stamp.number - flow->received;
	flow->received = stamp.number + 1;
}

/* --- The thread ---------------------------------------------------------------- */

static void
send_some(unsigned int way)
{
	struct rte_mbuf **pending = traffic.pending[way], *m;
	uint16_t *nb = &traffic.nb_pending[way], sent;

	while (*nb < BURST && __atomic_load_n(&traffic.is_sending, __ATOMIC_RELAXED) &&
			(m = packet_next(way)) != NULL)
		pending[(*nb)++] = m;
	sent = rte_eth_tx_burst(traffic.ports[way], traffic.queue, pending, *nb);
	memmove(pending, pending + sent, (*nb - sent) * sizeof(*pending));
	*nb -= sent;
}

static bool
receive_some(unsigned int way)
{
	struct rte_mbuf *m[BURST];
	uint16_t i, n;

	n = rte_eth_rx_burst(traffic.ports[!way], traffic.queue, m, BURST);
	for (i = 0; i < n; i++)
		packet_check(way, m[i]);
	__atomic_add_fetch(&traffic.nb_came, n, __ATOMIC_RELAXED);
	rte_pktmbuf_free_bulk(m, n);
	return n != 0;
}

/* How many packets that a port has sent have not come to the other port. */
static uint64_t
nb_left(unsigned int way)
{
	uint64_t left = 0;
	unsigned int i;

	for (i = 0; i < NB_FLOWS; i++)
		left += traffic.flows[way][i].sent - traffic.flows[way][i].received;
	return left;
}

static void *
traffic_main(void *arg)
{
	uint64_t last = rte_get_timer_cycles(), now;
	unsigned int way;
	bool some;

	while (__atomic_load_n(&traffic.is_on, __ATOMIC_RELAXED)) {
		some = false;
		for (way = 0; way < 2; way++) {
			send_some(way);
			some |= receive_some(way);
		}
		now = rte_get_timer_cycles();
		if (some)
			last = now;
		else
			sched_yield();
		__atomic_store_n(&traffic.all_came, !some && nb_left(0) + nb_left(1) == 0,
			__ATOMIC_RELAXED);
		__atomic_store_n(&traffic.quiet_ms, (now - last) * 1000 / rte_get_timer_hz(),
			__ATOMIC_RELAXED);
	}
	return arg;
}

/* What no ring has taken was not sent. */
static void
pending_drop(unsigned int way)
{
	struct rte_mbuf **pending = traffic.pending[way];
	struct stamp stamp;
	uint16_t i;

	for (i = 0; i < traffic.nb_pending[way]; i++) {
		memcpy(&stamp, rte_pktmbuf_mtod_offset(pending[i], void *,
			traffic.flows[0][0].stamp_at), sizeof(stamp));
		traffic.flows[way][stamp.flow].sent--;
		rte_pktmbuf_free(pending[i]);
	}
	traffic.nb_pending[way] = 0;
}

/* The end: how many of the packets were other than they should be. */
static int
traffic_end(void)
{
	const struct faults *faults = &traffic.faults;
	uint64_t sent = 0, left[2];
	unsigned int way, i;

	__atomic_store_n(&traffic.is_on, false, __ATOMIC_RELAXED);
	pthread_join(traffic.thread, NULL);
	for (way = 0; way < 2; way++) {
		pending_drop(way);
		left[way] = nb_left(way);
		for (i = 0; i < NB_FLOWS; i++)
			sent += traffic.flows[way][i].sent;
	}
	printf("traffic: sent %" PRIu64 " left0 %" PRIu64 " left1 %" PRIu64
		" late %u changed %u missing %u again %u\n", sent, left[0], left[1], traffic.late,
		faults->changed, faults->missing, faults->again);
	return faults->changed + faults->missing + faults->again;
}

/* --- Commands ------------------------------------------------------------------ */

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

/* Removal events are the primary's.  A callback of an earlier run may still be there. */
static int
events_count(void)
{
	unsigned int i;
	int ret = 0;

	__atomic_store_n(&removals, 0, __ATOMIC_RELAXED);
	if (rte_eal_process_type() != RTE_PROC_PRIMARY)
		return 0;
	for (i = 0; i < RTE_DIM(traffic.ports) && ret == 0; i++) {
		rte_eth_dev_callback_unregister(traffic.ports[i], RTE_ETH_EVENT_INTR_RMV,
			on_removal, NULL);
		ret = rte_eth_dev_callback_register(traffic.ports[i], RTE_ETH_EVENT_INTR_RMV,
			on_removal, NULL);
	}
	return ret;
}

int
cmd_traffic(uint16_t port, unsigned int other, unsigned int queue)
{
	static uint32_t nb_runs;
	int ret;

	memset(&traffic, 0, sizeof(traffic));
	traffic.sender = ((uint32_t)getpid() << 12) + nb_runs++;
	traffic.ports[0] = port;
	traffic.ports[1] = other;
	traffic.queue = queue;
	traffic.is_on = traffic.is_sending = true;
	ret = events_count();
	if (ret == 0)
		ret = flows_make(0);
	if (ret == 0)
		ret = flows_make(1);
	return ret < 0 ? ret : -pthread_create(&traffic.thread, NULL, traffic_main, NULL);
}

int
cmd_flowing(uint16_t nb, unsigned int a, unsigned int b)
{
	unsigned int ms;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	for (ms = 0; ms < SETTLE_MS &&
			__atomic_load_n(&traffic.nb_came, __ATOMIC_RELAXED) < nb; ms++)
		rte_delay_us_sleep(1000);
	return __atomic_load_n(&traffic.nb_came, __ATOMIC_RELAXED) >= nb ? 0 : -ETIMEDOUT;
}

int
cmd_calm(uint16_t unused, unsigned int a, unsigned int b)
{
	unsigned int ms;

	RTE_SET_USED(unused);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	__atomic_store_n(&traffic.is_sending, false, __ATOMIC_RELAXED);
	/* A device that stands still, as on a busy machine, is given time to go on. */
	for (ms = 0; ms < QUIET_LIMIT_MS &&
			(!__atomic_load_n(&traffic.all_came, __ATOMIC_RELAXED) ||
			 __atomic_load_n(&traffic.quiet_ms, __ATOMIC_RELAXED) < QUIET_MS); ms++)
		rte_delay_us_sleep(1000);
	return traffic_end();
}

int
cmd_halt(uint16_t unused, unsigned int a, unsigned int b)
{
	RTE_SET_USED(unused);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	return traffic_end();
}

int
cmd_dropped(uint16_t port, unsigned int other, unsigned int unused)
{
	struct rte_eth_stats from = { 0 }, to = { 0 };
	int ret;

	RTE_SET_USED(unused);
	ret = rte_eth_stats_get(port, &from);
	if (ret == 0)
		ret = rte_eth_stats_get(other, &to);
	return ret < 0 ? ret : (int)(from.oerrors + to.imissed);
}

int
cmd_removed(uint16_t nb, unsigned int a, unsigned int b)
{
	unsigned int ms;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	for (ms = 0; ms < SETTLE_MS && __atomic_load_n(&removals, __ATOMIC_ACQUIRE) < nb; ms++)
		rte_delay_us_sleep(1000);
	return __atomic_load_n(&removals, __ATOMIC_ACQUIRE) >= nb ? 0 : -ETIMEDOUT;
}

/* --- Memory -------------------------------------------------------------------- */

static struct {
	pthread_t thread;
	bool is_on;
	unsigned int nb; /* blocks that were had */
} memory;

static void *
memory_main(void *arg)
{
	uint8_t *block;
	size_t size, at;

	while (__atomic_load_n(&memory.is_on, __ATOMIC_RELAXED)) {
		size = MEMORY_STEP + rte_rand_max(MEMORY_MAX);
		block = rte_malloc(NULL, size, 0);
		for (at = 0; block != NULL && at < size; at += MEMORY_STEP)
			block[at] = 1;
		memory.nb += block != NULL;
		rte_free(block);
		rte_delay_us_sleep(rte_rand_max(10000));
	}
	return arg;
}

int
cmd_memory(uint16_t is_on, unsigned int a, unsigned int b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	if (is_on == memory.is_on)
		return -EALREADY;
	__atomic_store_n(&memory.is_on, is_on, __ATOMIC_RELAXED);
	if (is_on)
		return -pthread_create(&memory.thread, NULL, memory_main, NULL);
	pthread_join(memory.thread, NULL);
	return memory.nb;
}

int
cmd_heap(uint16_t unused, unsigned int a, unsigned int b)
{
	struct rte_malloc_socket_stats stats;
	int blocks = 0;
	unsigned int i;

	RTE_SET_USED(unused);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	for (i = 0; i < RTE_MAX_NUMA_NODES; i++)
		if (rte_malloc_get_socket_stats(i, &stats) == 0)
			blocks += stats.alloc_count;
	return blocks;
}
