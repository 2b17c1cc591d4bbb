/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/* A process that is stopped or killed within a burst. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <ethdev_driver.h>
#include <rte_hash_crc.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "process.h"
#include "sf_ports.h"
#include "trap.h"

#define NB_SENT 4

static rte_mempool_dequeue_t dequeue;

static int
dequeue_stopped(struct rte_mempool *mp, void **objs, unsigned int n)
{
	rte_mempool_get_ops(mp->ops_index)->dequeue = dequeue;
	raise(SIGSTOP);
	return dequeue(mp, objs, n);
}

int
cmd_stop_within(uint16_t unused, unsigned int a, unsigned int b)
{
	struct rte_mempool_ops *ops = rte_mempool_get_ops(pool->ops_index);

	RTE_SET_USED(unused);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	dequeue = ops->dequeue;
	ops->dequeue = dequeue_stopped;
	return 0;
}

/*
 * Memory, as a queue's, and the pool, as their last change has left them, and how many changes
 * the process still lives.
 */
static struct {
	const void *at;
	size_t size;
	uint32_t crc;
	unsigned int nb_left;
} watched;

static uint32_t
watched_crc(void)
{
	return rte_hash_crc(watched.at, watched.size, rte_mempool_avail_count(pool));
}

static void
on_trap(int signal)
{
	uint32_t crc;

	RTE_SET_USED(signal);
	if (trap_is_in_pool())
		return;
	crc = watched_crc();
	if (crc == watched.crc)
		return;
	watched.crc = crc;
	if (--watched.nb_left == 0)
		kill(getpid(), SIGKILL);
}

static int
watch_memory(const void *at, size_t size, unsigned int nb_changes)
{
	const struct sigaction action = { .sa_handler = on_trap };

	if (!HAVE_TRAP)
		return -ENOTSUP;
	if (nb_changes == 0)
		return -EINVAL;
	watched.at = at;
	watched.size = size;
	watched.crc = watched_crc();
	watched.nb_left = nb_changes;
	trap_watch_pool(pool);
	return sigaction(SIGTRAP, &action, NULL) < 0 ? -errno : 0;
}

static int
watch(const void *queue, unsigned int nb_changes)
{
	size_t size;

	return rte_malloc_validate(queue, &size) < 0 ? -EINVAL :
		watch_memory(queue, size, nb_changes);
}

int
cmd_die_receiving(uint16_t port, unsigned int queue, unsigned int nb_changes)
{
	struct rte_mbuf *m[BURST];
	uint16_t n;
	int ret;

	ret = watch(rte_eth_devices[port].data->rx_queues[queue], nb_changes);
	if (ret < 0)
		return ret;
	trap(true);
	n = rte_eth_rx_burst(port, queue, m, BURST);
	trap(false);
	rte_pktmbuf_free_bulk(m, n);
	return n == 0 ? -ETIMEDOUT : -ERANGE;
}

int
cmd_die_sending(uint16_t port, unsigned int queue, unsigned int nb_changes)
{
	struct rte_mbuf *m[NB_SENT];
	unsigned int i;
	uint16_t n;
	int ret;

	for (i = 0; i < NB_SENT; i++)
		if ((m[i] = make_packet(port)) == NULL)
			return -ENOMEM;
	ret = watch(rte_eth_devices[port].data->tx_queues[queue], nb_changes);
	if (ret < 0)
		return ret;
	trap(true);
	n = rte_eth_tx_burst(port, queue, m, NB_SENT);
	trap(false);
	rte_pktmbuf_free_bulk(m + n, NB_SENT - n);
	return n == 0 ? -ETIMEDOUT : -ERANGE;
}

int
cmd_die_succeeding(uint16_t port, unsigned int queue, unsigned int nb_changes)
{
	struct rte_mbuf *none;
	int ret;

	ret = watch(rte_eth_devices[port].data->rx_queues[queue], nb_changes);
	if (ret < 0)
		return ret;
	trap(true);
	rte_eth_rx_burst(port, queue, &none, 0);
	trap(false);
	return -ERANGE;
}

int
cmd_die_looking(uint16_t port, unsigned int queue, unsigned int nb_changes)
{
	char name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *gates;
	int ret;

	snprintf(name, sizeof(name), "sf_gates_%u", port);
	gates = rte_memzone_lookup(name);
	ret = gates == NULL ? -ENOENT : watch_memory(gates->addr, gates->len, nb_changes);
	if (ret < 0)
		return ret;
	trap(true);
	rte_eth_rx_descriptor_status(port, queue, 0);
	trap(false);
	return -ERANGE;
}

int
cmd_look(uint16_t port, unsigned int queue, unsigned int offset)
{
	return rte_eth_rx_descriptor_status(port, queue, offset);
}

int
cmd_try(uint16_t port, unsigned int queue, unsigned int unused)
{
	struct rte_mbuf *none;

	RTE_SET_USED(unused);
	return rte_eth_rx_burst(port, queue, &none, 0) + rte_eth_tx_burst(port, queue, &none, 0);
}

static int
compare(const void *a, const void *b)
{
	const uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return x < y ? -1 : x > y;
}

int
cmd_twice(uint16_t unused, unsigned int a, unsigned int b)
{
	static void *found[NB_MBUFS];
	unsigned int nb = 0, i;
	int twice = 0;

	RTE_SET_USED(unused);
	RTE_SET_USED(a);
	RTE_SET_USED(b);
	while (nb < RTE_DIM(found) && rte_mempool_get(pool, &found[nb]) == 0)
		nb++;
	rte_mempool_put_bulk(pool, found, nb);
	qsort(found, nb, sizeof(found[0]), compare);
	for (i = 1; i < nb; i++)
		twice += found[i] == found[i - 1];
	return twice;
}
