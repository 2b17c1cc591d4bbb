/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * dpdk-test-process [EAL options]
 *
 * A primary or secondary process that does as it is told: a command a line on
 * standard input, each answered by a line that starts with "= ".  Tests start
 * several, and so decide what happens in which order in which process.
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_random.h>
#include <rte_string_fns.h>

#include "inject.h"
#include "process.h"
#include "sf_ports.h"

#define NB_DESC 512
#define NB_DESC_FEW 64
#define SLEEP_MS 5000
#define NB_READERS 4
#define NB_READS 100

/* How to configure a port. */
#define WITH_RX_INTERRUPTS 1
#define WITH_LONG_PACKETS 2
#define WITH_REMOVAL_EVENTS 4
#define WITH_FEW_DESCRIPTORS 8
#define LONG_MTU 9000
#define LONG_SEGS 3

/* --- The primary's ----------------------------------------------------------- */

static int
cmd_configure(uint16_t port, unsigned int nb_queues, unsigned int how)
{
	struct rte_eth_conf conf = {
		.rxmode.mq_mode = nb_queues > 1 ? RTE_ETH_MQ_RX_RSS : RTE_ETH_MQ_RX_NONE,
		.rx_adv_conf.rss_conf.rss_hf = nb_queues > 1 ? RTE_ETH_RSS_IPV4 : 0,
		.intr_conf.rxq = (how & WITH_RX_INTERRUPTS) != 0,
		.intr_conf.rmv = (how & WITH_REMOVAL_EVENTS) != 0,
	};

	if ((how & WITH_LONG_PACKETS) != 0) {
		conf.rxmode.mtu = LONG_MTU;
		conf.rxmode.offloads = RTE_ETH_RX_OFFLOAD_SCATTER;
		conf.txmode.offloads = RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
	}
	return port_configure(port, nb_queues,
		(how & WITH_FEW_DESCRIPTORS) != 0 ? NB_DESC_FEW : NB_DESC, &conf);
}

static int
cmd_start(uint16_t port, unsigned int a, unsigned int b)
{
	int ret;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	ret = rte_eth_dev_start(port);
	return ret < 0 ? ret : rte_eth_promiscuous_enable(port);
}

static int
cmd_stop(uint16_t port, unsigned int a, unsigned int b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	return rte_eth_dev_stop(port);
}

static int
cmd_start_queue(uint16_t port, unsigned int queue, unsigned int b)
{
	RTE_SET_USED(b);
	return rte_eth_dev_rx_queue_start(port, queue);
}

static int
cmd_stop_queue(uint16_t port, unsigned int queue, unsigned int b)
{
	RTE_SET_USED(b);
	return rte_eth_dev_rx_queue_stop(port, queue);
}

static int
cmd_reset(uint16_t port, unsigned int a, unsigned int b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	return rte_eth_dev_reset(port);
}

static int
cmd_wait_link(uint16_t port, unsigned int a, unsigned int b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	return port_wait_link(port, true);
}

/* Have everything come to one queue. */
static int
cmd_point(uint16_t port, unsigned int queue, unsigned int b)
{
	struct rte_eth_rss_reta_entry64 conf[SF_RETA_SIZE / RTE_ETH_RETA_GROUP_SIZE];
	unsigned int i;

	RTE_SET_USED(b);
	for (i = 0; i < SF_RETA_SIZE; i++) {
		conf[i / RTE_ETH_RETA_GROUP_SIZE].mask = UINT64_MAX;
		conf[i / RTE_ETH_RETA_GROUP_SIZE].reta[i % RTE_ETH_RETA_GROUP_SIZE] = queue;
	}
	return rte_eth_dev_rss_reta_update(port, conf, SF_RETA_SIZE);
}

/* --- Anybody's --------------------------------------------------------------- */

/* A few packets at a time, at no particular time. */
static int
cmd_send(uint16_t port, unsigned int nb, unsigned int longest_gap_us)
{
	struct rte_mbuf *m[8];
	unsigned int sent, n, i;
	int ret = 0;

	for (sent = 0; sent < nb && ret == 0; sent += n) {
		n = RTE_MIN(1 + rte_rand_max(RTE_DIM(m)), (uint64_t)nb - sent);
		for (i = 0; i < n; i++)
			if ((m[i] = make_frame(60, station, sent + i)) == NULL)
				return -ENOMEM;
		ret = port_send(port, 0, m, n);
		rte_delay_us_sleep(rte_rand_max(longest_gap_us + 1));
	}
	return ret;
}

struct rte_mbuf *
make_packet(uint16_t port)
{
	struct rte_eth_conf conf;
	struct rte_mbuf *m, *segment;
	unsigned int i;

	if (rte_eth_dev_conf_get(port, &conf) < 0)
		return NULL;
	if ((conf.txmode.offloads & RTE_ETH_TX_OFFLOAD_MULTI_SEGS) == 0)
		return make_frame(60, station, 0);
	m = make_frame(1500, station, 0);
	for (i = 1; m != NULL && i < LONG_SEGS; i++) {
		segment = make_frame(1500, station, i);
		if (segment == NULL || rte_pktmbuf_chain(m, segment) < 0)
			return NULL;
	}
	return m;
}

static int
wait_sent(uint16_t port)
{
	struct rte_eth_txq_info info;
	int ret;

	ret = rte_eth_tx_queue_info_get(port, 0, &info);
	return ret < 0 ? ret : port_wait_sent(port, 0, info.nb_desc);
}

/* A packet as long as the port has been configured for; it has arrived. */
static int
cmd_send_one(uint16_t port, unsigned int a, unsigned int b)
{
	struct rte_mbuf *m = make_packet(port);
	int ret;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	ret = m == NULL ? -ENOMEM : port_send(port, 0, &m, 1);
	return ret < 0 ? ret : wait_sent(port);
}

/* Wait until the device has sent all that is in the ring, without sending more. */
static int
cmd_wait_sent(uint16_t port, unsigned int a, unsigned int b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	return wait_sent(port);
}

/* The length of the next packet, for which there is so much time. */
static int
cmd_receive(uint16_t port, unsigned int queue, unsigned int ms)
{
	struct rte_mbuf *m;
	int len;

	if (port_receive(port, queue, &m, 1, ms) != 1)
		return -ETIMEDOUT;
	len = m->pkt_len;
	rte_pktmbuf_free(m);
	return len;
}

/* Receive so many packets, and nothing of a later one. */
static int
cmd_discard(uint16_t port, unsigned int queue, unsigned int nb)
{
	struct rte_mbuf *m[BURST];
	uint16_t n;

	for (; nb > 0; nb -= n) {
		n = port_receive(port, queue, m, RTE_MIN(nb, (unsigned int)BURST), 2000);
		if (n == 0)
			return -ETIMEDOUT;
		rte_pktmbuf_free_bulk(m, n);
	}
	return 0;
}

/* Be woken by the events of a queue from now on. */
static int
cmd_wait_on(uint16_t port, unsigned int queue, unsigned int b)
{
	RTE_SET_USED(b);
	return rte_eth_dev_rx_intr_ctl_q(port, queue, RTE_EPOLL_PER_THREAD, RTE_INTR_EVENT_ADD,
		NULL);
}

static int
cmd_arm(uint16_t port, unsigned int queue, unsigned int b)
{
	RTE_SET_USED(b);
	return rte_eth_dev_rx_intr_enable(port, queue);
}

/*
 * Receive, and sleep whenever there is nothing, without another look once the
 * interrupt is armed: how many times, or a negative errno.
 */
static int
cmd_sleep(uint16_t port, unsigned int queue, unsigned int nb)
{
	struct rte_epoll_event event;
	struct rte_mbuf *m[BURST];
	unsigned int got = 0;
	int ret, sleeps = 0;
	uint16_t n;

	while (got < nb) {
		n = rte_eth_rx_burst(port, queue, m, BURST);
		rte_pktmbuf_free_bulk(m, n);
		got += n;
		if (n != 0)
			continue;
		ret = rte_eth_dev_rx_intr_enable(port, queue);
		if (ret < 0)
			return ret;
		if (sleeps == 0)
			printf("asleep\n");
		if (rte_epoll_wait(RTE_EPOLL_PER_THREAD, &event, 1, SLEEP_MS) != 1) {
			printf("asleep after %u packets\n", got);
			return -ETIMEDOUT;
		}
		ret = rte_eth_dev_rx_intr_disable(port, queue);
		if (ret < 0)
			return ret;
		sleeps++;
	}
	return sleeps;
}

/* Read a register over and over. */
static void *
reader(void *arg)
{
	const uint16_t *port = arg;
	uintptr_t failed = 0;
	char version[32];
	unsigned int i;

	for (i = 0; i < NB_READS; i++)
		failed += rte_eth_dev_fw_version_get(*port, version, sizeof(version)) != 0;
	return (void *)failed;
}

/* On several threads at once: how many of the accesses have failed. */
static int
cmd_read(uint16_t port, unsigned int a, unsigned int b)
{
	pthread_t threads[NB_READERS];
	unsigned int i;
	int failed = 0;
	void *ret;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	for (i = 0; i < NB_READERS; i++)
		if (pthread_create(&threads[i], NULL, reader, &port) != 0)
			return -EAGAIN;
	for (i = 0; i < NB_READERS; i++) {
		pthread_join(threads[i], &ret);
		failed += (uintptr_t)ret;
	}
	return failed;
}

/* --- Polling beside commands ------------------------------------------------- */

static struct {
	pthread_t threads[2];
	bool on;
	uint16_t port;
	int received;
} poll_state;

static bool
polling(void)
{
	return __atomic_load_n(&poll_state.on, __ATOMIC_RELAXED);
}

/* Use all queues that a port may have, whatever it has now: receive, and send back. */
static void *
poller(void *arg)
{
	struct rte_mbuf *m[BURST];
	uint16_t q, n, sent;

	while (polling()) {
		for (q = 0; q < SF_MAX_QUEUE_PAIRS + 1; q++) {
			n = rte_eth_rx_burst(poll_state.port, q, m, BURST);
			poll_state.received += n;
			sent = rte_eth_tx_burst(poll_state.port, q, m, n);
			rte_pktmbuf_free_bulk(m + sent, n - sent);
		}
	}
	return arg;
}

/* And look at them. */
static void *
looker(void *arg)
{
	uint16_t q;

	while (polling()) {
		for (q = 0; q < SF_MAX_QUEUE_PAIRS + 1; q++) {
			rte_eth_rx_queue_count(poll_state.port, q);
			rte_eth_rx_descriptor_status(poll_state.port, q, 5);
			rte_eth_tx_descriptor_status(poll_state.port, q, 5);
		}
	}
	return arg;
}

static int
cmd_poll(uint16_t port, unsigned int a, unsigned int b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	poll_state.port = port;
	poll_state.on = true;
	return -pthread_create(&poll_state.threads[0], NULL, poller, NULL) -
		pthread_create(&poll_state.threads[1], NULL, looker, NULL);
}

/* No more: how many packets have come. */
static int
cmd_rest(uint16_t port, unsigned int a, unsigned int b)
{
	unsigned int i;

	RTE_SET_USED(port);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	__atomic_store_n(&poll_state.on, false, __ATOMIC_RELAXED);
	for (i = 0; i < RTE_DIM(poll_state.threads); i++)
		pthread_join(poll_state.threads[i], NULL);
	return poll_state.received;
}

/* How many mbufs are not in their pool. */
static int
cmd_mbufs(uint16_t port, unsigned int a, unsigned int b)
{
	RTE_SET_USED(port);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	return NB_MBUFS - (int)rte_mempool_avail_count(pool);
}

static int
cmd_close(uint16_t port, unsigned int a, unsigned int b)
{
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	return rte_eth_dev_close(port);
}

/* Leave room for so many file descriptors more. */
static int
cmd_spare_files(uint16_t spare, unsigned int a, unsigned int b)
{
	struct rlimit limit;
	int fd;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	for (fd = 0; spare > 0; fd++)
		spare -= fcntl(fd, F_GETFD) < 0;
	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return -errno;
	limit.rlim_cur = fd;
	return setrlimit(RLIMIT_NOFILE, &limit) < 0 ? -errno : 0;
}

/* --- Failures ---------------------------------------------------------------- */

/* Have the first call of this function fail that has not, or "any": of the libraries of ours. */
static int
fail_next(const char *function)
{
	static const char *const libraries[] = { INJECT_LIBRARIES };
	static char name[64];
	static bool is_watching;
	unsigned int i;
	int ret = 0;

	strlcpy(name, function, sizeof(name));
	for (i = 0; !is_watching && i < RTE_DIM(libraries) && ret == 0; i++)
		ret = inject_watch(libraries[i]);
	is_watching = ret == 0;
	if (ret == 0)
		inject_next_of(strcmp(name, "any") == 0 ? NULL : name);
	return ret;
}

/* Nothing is to fail any more: whether something has. */
static int
cmd_failed(uint16_t unused, unsigned int a, unsigned int b)
{
	char name[128];
	int point;

	RTE_SET_USED(unused);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	point = inject_end();
	if (point >= 0)
		printf("this was %s\n", inject_name(point, name, sizeof(name)));
	return point >= 0;
}

/* --- Commands ---------------------------------------------------------------- */

static const struct {
	const char *name;
	int (*run)(uint16_t port, unsigned int a, unsigned int b);
} commands[] = {
	{ "after-late", cmd_after_late },
	{ "arm", cmd_arm },
	{ "ask", cmd_ask },
	{ "calm", cmd_calm },
	{ "close", cmd_close },
	{ "configure", cmd_configure },
	{ "die-looking", cmd_die_looking },
	{ "die-receiving", cmd_die_receiving },
	{ "die-sending", cmd_die_sending },
	{ "die-succeeding", cmd_die_succeeding },
	{ "discard", cmd_discard },
	{ "dropped", cmd_dropped },
	{ "failed", cmd_failed },
	{ "flowing", cmd_flowing },
	{ "halt", cmd_halt },
	{ "heap", cmd_heap },
	{ "interrupts", cmd_interrupts },
	{ "look", cmd_look },
	{ "mbufs", cmd_mbufs },
	{ "memory", cmd_memory },
	{ "point", cmd_point },
	{ "poll", cmd_poll },
	{ "read", cmd_read },
	{ "receive", cmd_receive },
	{ "removed", cmd_removed },
	{ "reset", cmd_reset },
	{ "rest", cmd_rest },
	{ "send", cmd_send },
	{ "send-one", cmd_send_one },
	{ "sleep", cmd_sleep },
	{ "spare-files", cmd_spare_files },
	{ "start", cmd_start },
	{ "start-queue", cmd_start_queue },
	{ "stop", cmd_stop },
	{ "stop-queue", cmd_stop_queue },
	{ "stop-within", cmd_stop_within },
	{ "traffic", cmd_traffic },
	{ "try", cmd_try },
	{ "twice", cmd_twice },
	{ "wait-link", cmd_wait_link },
	{ "wait-on", cmd_wait_on },
	{ "wait-sent", cmd_wait_sent },
};

/* A number is an answer, and so is a name for an error. */
static void
answer(int ret)
{
	if (ret < 0)
		printf("= %s\n", strerrorname_np(-ret) != NULL ? strerrorname_np(-ret) : "?");
	else
		printf("= %d\n", ret);
	fflush(stdout);
}

static int
command_run(const char *line)
{
	char name[32] = "", text[200] = "";
	unsigned int arg[3] = { 0 }, i;

	sscanf(line, "%31s %u %u %u", name, &arg[0], &arg[1], &arg[2]);
	sscanf(line, "%*s %199s", text);
	if (strcmp(name, "probe") == 0)
		return rte_dev_probe(text);
	if (strcmp(name, "remove") == 0)
		return rte_eal_hotplug_remove("auxiliary", text);
	if (strcmp(name, "hostile") == 0)
		return hostile_start(text);
	if (strcmp(name, "fail") == 0)
		return fail_next(text);
	if (strcmp(name, "points") == 0) {
		inject_save(text);
		return 0;
	}
	for (i = 0; i < RTE_DIM(commands); i++)
		if (strcmp(name, commands[i].name) == 0)
			return commands[i].run(arg[0], arg[1], arg[2]);
	return -ENOSYS;
}

static int
pool_get(void)
{
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		return sf_suite_setup();
	pool = rte_mempool_lookup("sf_test");
	return pool != NULL ? 0 : -ENOENT;
}

/*
 * In place of the C library's: EAL asks of each of 1,024 processors whether it is there and
 * on which node, five thousand times before anything else.  In an emulated guest whose kernel
 * has KASAN, that is most of the time that a process takes to start.
 */
int
access(const char *path, int mode)
{
	static int nb_processors;
	int processor;

	if (nb_processors == 0)
		nb_processors = get_nprocs_conf();
	if ((sscanf(path, "/sys/devices/system/cpu/cpu%d/", &processor) == 1 ||
			sscanf(path, "/sys/devices/system/node/node%*d/cpu%d", &processor) == 1) &&
			processor >= nb_processors) {
		errno = ENOENT;
		return -1;
	}
	return faccessat(AT_FDCWD, path, mode, 0);
}

int
main(int argc, char **argv)
{
	char line[300];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (rte_eal_init(argc, argv) < 0 || pool_get() != 0) {
		printf("cannot start: %s\n", rte_strerror(rte_errno));
		return EXIT_FAILURE;
	}
	printf("= ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL && strcmp(line, "quit\n") != 0)
		answer(command_run(line));
	rte_eal_cleanup();
	return EXIT_SUCCESS;
}
