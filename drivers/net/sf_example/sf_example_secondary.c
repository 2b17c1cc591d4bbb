/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The primary process's port in a secondary: it can be looked at, and its
 * queues be used, each by one thread of whichever process.  Configuring it is
 * the primary's, who may do so at any time.
 *
 * Queues, and what else is in the port, are in shared memory; so they hold
 * nothing that is good in one process only.  Doorbells are not: both processes
 * have their pages at the same address.
 *
 * What ethdev has for the queues of this process are passages: each leads through the
 * gate of a queue (struct sf_gate), whether there is such a queue now or not.  Which burst
 * function a queue needs is found out when the gate has been opened anew.
 *
 * The primary's bursts pass no gate.  They do not see that a process has been killed inside,
 * so the primary must stop and start that queue before it uses the queue itself.
 */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <bus_auxiliary_driver.h>
#include <rte_pause.h>

#include "sf_example.h"
#include "sf_example_compat.h"

/* Turns to wait for another thread that looks at the same queue. */
#define LOOK_SPINS 1000000

struct passage {
	struct sf_gate *gate; /* NULL: there never is such a queue */
	const struct sf_gates *gates;
	struct rte_eth_dev *dev;
	uint32_t pid;
	uint32_t incarnation; /* of the port that this process has */
	uint32_t opened; /* when the functions were found out */
	uint32_t refused; /* when it was said that the ring is half done */
	eth_rx_burst_t rx;
	eth_tx_burst_t tx;
};

/* What this process has of a port; stays when the port is closed, for threads that poll on. */
static struct port_use {
	struct passage rx[SF_MAX_QUEUE_PAIRS];
	struct passage tx[SF_MAX_QUEUE_PAIRS];
	struct passage nowhere;
	void *rxqs[RTE_MAX_QUEUES_PER_PORT];
	void *txqs[RTE_MAX_QUEUES_PER_PORT];
} *uses[RTE_MAX_ETHPORTS];

/* --- Through a gate ------------------------------------------------------------ */

static __rte_always_inline void
leave(const struct passage *p)
{
	rte_atomic_store_explicit(&p->gate->user, 0, rte_memory_order_release);
}

static void
say_half_done(struct passage *p, uint32_t dead)
{
	const bool is_rx = p->gate < p->gates->tx;
	const struct sf_gate *first = is_rx ? p->gates->rx : p->gates->tx;

	if (p->refused == p->gate->opened)
		return;
	p->refused = p->gate->opened;
	SF_LOG(ERR, driver, sf_port(p->dev), "%s queue %u: process %u was killed when it changed "
		"the ring; it is not used until the primary starts it again", is_rx ? "Rx" : "Tx",
		(unsigned int)(p->gate - first), dead & ~SF_GATE_DEAD);
}

/* As a compare-and-exchange: if another process is inside, or none, *inside tells. */
static __rte_always_inline bool
take_place(RTE_ATOMIC(uint32_t) *place, uint32_t *inside, uint32_t pid)
{
	return rte_atomic_compare_exchange_strong_explicit(place, inside, pid,
		rte_memory_order_seq_cst, rte_memory_order_relaxed);
}

/*
 * Take the place of a process that has died inside.  If that was when it changed the ring, the
 * queue serves nobody until the primary starts it anew.
 */
static __rte_noinline __rte_cold bool
succeed(struct passage *p, uint32_t dead)
{
	uint32_t inside = dead;
	void *queue;

	if (!sf_process_has_died(dead) || !take_place(&p->gate->user, &inside, p->pid))
		return false;
	rte_atomic_thread_fence(rte_memory_order_seq_cst);
	queue = rte_atomic_load_explicit(&p->gate->queue, rte_memory_order_acquire);
	if (queue == NULL || p->gates->incarnation != p->incarnation ||
			(p->gate < p->gates->tx ?
			sf_rxq_succeed(queue, p->dev->data->scattered_rx != 0) :
			sf_txq_succeed(queue)))
		return true;
	rte_atomic_store_explicit(&p->gate->user, dead | SF_GATE_DEAD, rte_memory_order_release);
	say_half_done(p, dead);
	return false;
}

/* The queue, until leave(); or NULL. */
static __rte_always_inline void *
enter(struct passage *p)
{
	uint32_t inside;
	void *queue;

	if (unlikely(p->gate == NULL))
		return NULL;
	inside = rte_atomic_load_explicit(&p->gate->user, rte_memory_order_relaxed);
	if (unlikely(inside != 0 && inside != p->pid)) {
		if (!succeed(p, inside))
			return NULL;
	} else {
		rte_atomic_store_explicit(&p->gate->user, p->pid, rte_memory_order_relaxed);
	}
	rte_atomic_thread_fence(rte_memory_order_seq_cst);
	queue = rte_atomic_load_explicit(&p->gate->queue, rte_memory_order_acquire);
	if (unlikely(queue == NULL || p->gates->incarnation != p->incarnation)) {
		leave(p);
		return NULL;
	}
	if (unlikely(p->opened != p->gate->opened)) {
		p->rx = sf_rx_burst_select(p->dev);
		p->tx = sf_tx_burst_select(p->dev);
		p->opened = p->gate->opened;
	}
	return queue;
}

static void
look_away(const struct passage *p)
{
	rte_atomic_store_explicit(&p->gate->looker, 0, rte_memory_order_release);
}

/* In turns; the lock of a process that has died with it is taken over. */
static bool
looker_lock(const struct passage *p)
{
	uint32_t inside = 0;
	unsigned int i;

	for (i = 0; i < LOOK_SPINS; i++) {
		inside = 0;
		if (take_place(&p->gate->looker, &inside, p->pid))
			return true;
		rte_pause();
	}
	return sf_process_has_died(inside) && take_place(&p->gate->looker, &inside, p->pid);
}

/* As enter(), for any number of threads beside the one that uses the queue. */
static void *
look(const struct passage *p)
{
	void *queue;

	if (p->gate == NULL || !looker_lock(p))
		return NULL;
	rte_atomic_thread_fence(rte_memory_order_seq_cst);
	queue = rte_atomic_load_explicit(&p->gate->queue, rte_memory_order_acquire);
	if (queue == NULL || p->gates->incarnation != p->incarnation) {
		look_away(p);
		return NULL;
	}
	return queue;
}

static uint16_t
rx_burst(void *passage, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct passage *p = passage;
	void *queue = enter(p);
	uint16_t n;

	if (queue == NULL)
		return 0;
	n = p->rx(queue, pkts, nb_pkts);
	leave(p);
	return n;
}

static uint16_t
tx_burst(void *passage, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct passage *p = passage;
	void *queue = enter(p);
	uint16_t n;

	if (queue == NULL)
		return 0;
	n = p->tx(queue, pkts, nb_pkts);
	leave(p);
	return n;
}

static uint16_t
tx_prepare(void *passage, struct rte_mbuf **pkts, uint16_t nb_pkts)
{
	struct passage *p = passage;
	void *queue = enter(p);
	uint16_t n;

	if (queue == NULL)
		return 0;
	n = sf_tx_prepare(queue, pkts, nb_pkts);
	leave(p);
	return n;
}

static sf_queue_count_t
rx_queue_count(void *passage)
{
	void *queue = look(passage);
	sf_queue_count_t n;

	if (queue == NULL)
		return 0;
	n = sf_rx_queue_count(queue);
	look_away(passage);
	return n;
}

static int
rx_descriptor_status(void *passage, uint16_t offset)
{
	void *queue = look(passage);
	int ret;

	if (queue == NULL)
		return RTE_ETH_RX_DESC_UNAVAIL;
	ret = sf_rx_descriptor_status(queue, offset);
	look_away(passage);
	return ret;
}

static int
tx_descriptor_status(void *passage, uint16_t offset)
{
	void *queue = look(passage);
	int ret;

	if (queue == NULL)
		return RTE_ETH_TX_DESC_UNAVAIL;
	ret = sf_tx_descriptor_status(queue, offset);
	look_away(passage);
	return ret;
}

/* --- With what ethdev gives: a number, or a queue that was there a moment ago ------ */

/* Whether this is the way to the queue at this moment. */
static bool
is_for(const struct passage *p, const void *queue)
{
	return rte_atomic_load_explicit(&p->gate->queue, rte_memory_order_relaxed) == queue;
}

static int
tx_done_cleanup(void *queue, uint32_t nb)
{
	unsigned int port, i;
	struct passage *p;
	int ret = 0;

	for (port = 0; port < RTE_DIM(uses); port++) {
		for (i = 0; uses[port] != NULL && i < SF_MAX_QUEUE_PAIRS; i++) {
			p = &uses[port]->tx[i];
			if (!is_for(p, queue) || enter(p) == NULL)
				continue;
			/* It may be another by now. */
			if (is_for(p, queue))
				ret = sf_tx_done_cleanup(queue, nb);
			leave(p);
			return ret;
		}
	}
	return 0;
}

/* A queue that does not run is armed when it does: then whoever sleeps is woken. */
static int
rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t id)
{
	struct passage *p = &uses[dev->data->port_id]->rx[id];
	struct sf_rxq *rxq;
	int ret;

	if (!dev->data->dev_conf.intr_conf.rxq)
		return -ENOTSUP;
	rxq = enter(p);
	if (rxq == NULL)
		return 0;
	ret = sf_rxq_arm(rxq);
	leave(p);
	return ret;
}

static int
rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t id)
{
	struct passage *p = &uses[dev->data->port_id]->rx[id];
	const struct sf_rxq *rxq;

	if (!dev->data->dev_conf.intr_conf.rxq)
		return -ENOTSUP;
	rxq = enter(p);
	if (rxq == NULL)
		return 0;
	rte_write32(0, rxq->arm_db);
	leave(p);
	return 0;
}

/* --- The port ------------------------------------------------------------------ */

/* It goes on in the primary. */
static int
secondary_close(struct rte_eth_dev *dev)
{
	sf_intr_unshare(dev);
	return 0;
}

static const struct eth_dev_ops secondary_ops = {
	.dev_close = secondary_close,
	.dev_infos_get = sf_dev_infos_get,
	.is_removed = sf_is_removed,
	.link_update = sf_link_update,
	.flow_ctrl_get = sf_flow_ctrl_get,
	.fw_version_get = sf_fw_version_get,
	.get_reg = sf_get_reg,

	.rxq_info_get = sf_rxq_info_get,
	.txq_info_get = sf_txq_info_get,
	.rx_burst_mode_get = sf_rx_burst_mode_get,
	.tx_burst_mode_get = sf_tx_burst_mode_get,
	.tx_done_cleanup = tx_done_cleanup,
	.rx_queue_intr_enable = rx_queue_intr_enable,
	.rx_queue_intr_disable = rx_queue_intr_disable,
	.get_monitor_addr = sf_get_monitor_addr,
	.dev_supported_ptypes_get = sf_compat_supported_ptypes_get,

	.stats_get = sf_compat_stats_get,
	.stats_reset = sf_stats_reset,
	.xstats_get = sf_xstats_get,
	.xstats_get_by_id = sf_xstats_get_by_id,
	.xstats_get_names = sf_xstats_get_names,
	.xstats_reset = sf_stats_reset,

	.rss_hash_conf_get = sf_rss_hash_conf_get,
	.reta_query = sf_rss_reta_query,
};

/*
 * Called when this process has not used the port yet: whoever is inside a gate with its PID has
 * died, and may have left the ring half done.
 */
static void
disown(struct sf_gate *gate, uint32_t pid)
{
	uint32_t inside = pid;

	take_place(&gate->user, &inside, pid | SF_GATE_DEAD);
	inside = pid;
	take_place(&gate->looker, &inside, pid | SF_GATE_DEAD);
}

/* Passages for every number that an application can ask for. */
static int
use_port(struct rte_eth_dev *dev)
{
	struct sf_gates *gates = sf_gates_get(dev->data->port_id);
	struct port_use *use = uses[dev->data->port_id];
	unsigned int i;

	if (gates == NULL)
		return -ENOMEM;
	/* It stays for the next port of this number. */
	if (use == NULL) {
		use = calloc(1, sizeof(*use));
		if (use == NULL)
			return -ENOMEM;
		uses[dev->data->port_id] = use;
		for (i = 0; i < SF_MAX_QUEUE_PAIRS; i++) {
			disown(&gates->rx[i], getpid());
			disown(&gates->tx[i], getpid());
		}
	}
	for (i = 0; i < SF_MAX_QUEUE_PAIRS; i++) {
		use->rx[i] = (struct passage) {
			.gate = &gates->rx[i],
			.gates = gates,
			.dev = dev,
			.pid = getpid(),
			.incarnation = gates->incarnation,
		};
		use->tx[i] = use->rx[i];
		use->tx[i].gate = &gates->tx[i];
	}
	for (i = 0; i < RTE_MAX_QUEUES_PER_PORT; i++) {
		use->rxqs[i] = i < SF_MAX_QUEUE_PAIRS ? &use->rx[i] : &use->nowhere;
		use->txqs[i] = i < SF_MAX_QUEUE_PAIRS ? &use->tx[i] : &use->nowhere;
	}
	gates->attached = true;
	return 0;
}

int
sf_secondary_init(struct rte_eth_dev *dev, void *arg)
{
	struct rte_auxiliary_device *adev = arg;
	int ret;

	dev->process_private = adev->vfio_dev;
	dev->dev_ops = &secondary_ops;
	dev->rx_pkt_burst = rx_burst;
	dev->tx_pkt_burst = tx_burst;
	dev->tx_pkt_prepare = tx_prepare;
	dev->rx_queue_count = rx_queue_count;
	dev->rx_descriptor_status = rx_descriptor_status;
	dev->tx_descriptor_status = tx_descriptor_status;
	dev->intr_handle = adev->intr_handle;
	ret = use_port(dev);
	if (ret == 0)
		ret = rte_vfio_region_map(sf_vfio(sf_port(dev)), SF_BAR_REGS);
	if (ret == 0)
		sf_intr_share(dev);
	return ret;
}

/* ethdev has put the primary's queues there, of which there may be none yet. */
void
sf_secondary_ready(struct rte_eth_dev *dev)
{
	struct rte_eth_fp_ops *fp = &rte_eth_fp_ops[dev->data->port_id];

	fp->rxq.data = uses[dev->data->port_id]->rxqs;
	fp->txq.data = uses[dev->data->port_id]->txqs;
}

int
sf_secondary_uninit(struct rte_eth_dev *dev)
{
	return secondary_close(dev);
}
