/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Queues and their memory.  A queue owns its rings from set-up to release, and mbufs
 * only while the port is started; but see sf_example_run.c for a device that does not
 * confirm that it has stopped.
 */

#include <errno.h>
#include <stdio.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_io.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "sf_example.h"

/* --- Rings and doorbells ------------------------------------------------------ */

static int
check_ring(const struct sf_port *port, const char *what, uint16_t id, uint16_t nb_desc,
	uint16_t free_thresh)
{
	if (nb_desc % SF_RING_ALIGN != 0 || nb_desc < port->ring_min || nb_desc > port->ring_max) {
		SF_LOG(ERR, init, port,
			"%s queue %u: %u descriptors, not a multiple of %u in %u..%u", what, id,
			nb_desc, SF_RING_ALIGN, port->ring_min, port->ring_max);
		return -EINVAL;
	}
	if (free_thresh >= nb_desc) {
		SF_LOG(ERR, init, port, "%s queue %u: free threshold %u, with %u descriptors",
			what, id, free_thresh, nb_desc);
		return -EINVAL;
	}
	return 0;
}

/*
 * The doorbell page of a queue pair.  Trapped doorbells would cost a system
 * call per burst, so there is no such mode.
 */
static int
doorbell_get(const struct sf_port *port, uint16_t id, uint32_t offset, volatile void **db)
{
	*db = rte_vfio_region_ptr(sf_vfio(port), SF_BAR_REGS, SF_DB(id) + offset, sizeof(uint32_t));
	if (*db != NULL)
		return 0;
	SF_LOG(ERR, init, port, "queue pair %u: the doorbell at 0x%x cannot be mapped", id,
		SF_DB(id) + offset);
	return -ENOTSUP;
}

/* Not by ethdev's name for it, under which the ring of a closed port may still be kept. */
static const struct rte_memzone *
ring_reserve(const struct rte_eth_dev *dev, const char *what, uint16_t id, size_t len,
	int socket)
{
	static RTE_ATOMIC(uint32_t) number;
	char name[RTE_MEMZONE_NAMESIZE];
	const struct rte_memzone *mz;

	snprintf(name, sizeof(name), "sf_%u.%u_%s_%x", dev->data->port_id, id, what,
		rte_atomic_fetch_add_explicit(&number, 1, rte_memory_order_relaxed));
	mz = rte_memzone_reserve_aligned(name, len, socket, RTE_MEMZONE_IOVA_CONTIG,
			RTE_CACHE_LINE_SIZE);
	if (mz == NULL)
		SF_LOG(ERR, init, sf_port(dev), "queue %u: no memory for %s of %zu bytes: %s", id,
			what, len, rte_strerror(rte_errno));
	return mz;
}

static int
no_memory(const struct sf_port *port, const char *kind, uint16_t id)
{
	SF_LOG(ERR, init, port, "%s queue %u: no memory", kind, id);
	return -ENOMEM;
}

/* --- Buffers and the MTU ------------------------------------------------------ */

/*
 * Whether packets may take several Rx buffers is decided for all queues of a port when it is
 * started: an application need not ask for that, only bring buffers that are too small.
 */

static bool
fits_buffer(const struct sf_rxq *rxq, uint16_t mtu)
{
	return mtu + SF_L2_OVERHEAD <= rxq->buf_size;
}

bool
sf_queues_need_scatter(const struct rte_eth_dev *dev)
{
	uint16_t i;

	if ((dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0)
		return true;
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		if (!fits_buffer(dev->data->rx_queues[i], dev->data->mtu))
			return true;
	return false;
}

int
sf_rxq_check_mtu(const struct rte_eth_dev *dev, const struct sf_rxq *rxq, uint16_t mtu)
{
	const bool can_scatter = (rxq->port->features & SF_F_SEGS) != 0;

	if (fits_buffer(rxq, mtu) || (dev->data->dev_started != 0 ?
			dev->data->scattered_rx != 0 : can_scatter))
		return 0;
	SF_LOG(ERR, driver, rxq->port,
		"MTU %u needs Rx buffers of %u bytes, those of queue %u have %u: %s", mtu,
		(unsigned int)(mtu + SF_L2_OVERHEAD), rxq->id, rxq->buf_size,
		can_scatter ? "the port has to be stopped first" :
		"the device cannot scatter packets");
	return can_scatter ? -EBUSY : -EINVAL;
}

int
sf_queues_check_mtu(const struct rte_eth_dev *dev, uint16_t mtu)
{
	uint16_t i;
	int ret;

	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] == NULL)
			continue;
		ret = sf_rxq_check_mtu(dev, dev->data->rx_queues[i], mtu);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* --- Set-up of queues --------------------------------------------------------- */

/* The fields of a received mbuf that are always the same. */
static uint64_t
rearm_data(uint16_t port_id)
{
	struct rte_mbuf m = {
		.data_off = RTE_PKTMBUF_HEADROOM,
		.nb_segs = 1,
		.port = port_id,
	};

	rte_mbuf_refcnt_set(&m, 1);
	return *sf_rearm_data(&m);
}

static void
chunk_check(struct rte_mempool *mp __rte_unused, void *same, struct rte_mempool_memhdr *chunk,
	unsigned int index __rte_unused)
{
	if (chunk->iova != (uintptr_t)chunk->addr)
		*(bool *)same = false;
}

/*
 * Where IOVAs are addresses, and buffers lie behind their mbufs, the one is
 * known from the other.  IOVAs of memory that is not EAL's may be anything.
 */
static uint16_t
addr_offset(struct rte_mempool *mp)
{
	const uint32_t offset = sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp) +
		RTE_PKTMBUF_HEADROOM;
	bool same = rte_eal_iova_mode() == RTE_IOVA_VA;

	rte_mempool_mem_iter(mp, chunk_check, &same);
	if (!same || offset > UINT16_MAX ||
			(rte_pktmbuf_priv_flags(mp) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0)
		return 0;
	return offset;
}

static int
rxq_init(struct rte_eth_dev *dev, struct sf_rxq *rxq, int socket)
{
	const size_t cpl_len = rxq->size * sizeof(*rxq->cpl);
	const struct sf_port *port = rxq->port;
	int ret;

	ret = sf_rxq_check_mtu(dev, rxq, dev->data->mtu);
	if (ret == 0)
		ret = doorbell_get(port, rxq->id, SF_DB_RX_TAIL, &rxq->tail_db);
	if (ret == 0)
		ret = doorbell_get(port, rxq->id, SF_DB_RX_ARM, &rxq->arm_db);
	if (ret < 0)
		return ret;
	rxq->mz = ring_reserve(dev, "rx_ring", rxq->id,
			cpl_len + rxq->size * sizeof(*rxq->desc), socket);
	if (rxq->mz == NULL)
		return -ENOMEM;
	rxq->cpl = rxq->mz->addr;
	rxq->desc = RTE_PTR_ADD(rxq->cpl, cpl_len);
	return 0;
}

int
sf_rx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
	unsigned int socket, const struct rte_eth_rxconf *conf, struct rte_mempool *mp)
{
	struct sf_port *port = sf_port(dev);
	struct sf_rxq *rxq;
	int ret;

	ret = check_ring(port, "Rx", id, nb_desc, conf->rx_free_thresh);
	if (ret < 0)
		return ret;
	rxq = rte_zmalloc_socket("sf_rxq", sizeof(*rxq) + nb_desc * sizeof(void *),
			RTE_CACHE_LINE_SIZE, socket);
	if (rxq == NULL)
		return no_memory(port, "Rx", id);
	rxq->port = port;
	rxq->id = id;
	rxq->sw = &port->rx_sw[id];
	rxq->mp = mp;
	rxq->size = nb_desc;
	rxq->nb_free = nb_desc - 1;
	rxq->free_thresh = UINT16_MAX; /* until it is started */
	rxq->conf_thresh = RTE_MAX(conf->rx_free_thresh, SF_BATCH);
	rxq->deferred = conf->rx_deferred_start;
	rxq->buf_size = RTE_MIN(rte_pktmbuf_data_room_size(mp) - RTE_PKTMBUF_HEADROOM,
			SF_MAX_FRAME);
	rxq->addr_offset = addr_offset(mp);
	rxq->rearm = rearm_data(dev->data->port_id);
	ret = rxq_init(dev, rxq, socket);
	if (ret < 0) {
		rte_free(rxq);
		return ret;
	}
	dev->data->rx_queues[id] = rxq;
	return 0;
}

static int
txq_init(struct rte_eth_dev *dev, struct sf_txq *txq, int socket)
{
	const size_t desc_len = txq->size * sizeof(*txq->desc);
	int ret;

	ret = doorbell_get(txq->port, txq->id, SF_DB_TX_TAIL, &txq->tail_db);
	if (ret < 0)
		return ret;
	txq->mz = ring_reserve(dev, "tx_ring", txq->id, desc_len + sizeof(*txq->status), socket);
	if (txq->mz == NULL)
		return -ENOMEM;
	txq->desc = txq->mz->addr;
	txq->status = RTE_PTR_ADD(txq->desc, desc_len);
	return 0;
}

int
sf_tx_queue_setup(struct rte_eth_dev *dev, uint16_t id, uint16_t nb_desc,
	unsigned int socket, const struct rte_eth_txconf *conf)
{
	struct sf_port *port = sf_port(dev);
	struct sf_txq *txq;
	int ret;

	ret = check_ring(port, "Tx", id, nb_desc, conf->tx_free_thresh);
	if (ret < 0)
		return ret;
	txq = rte_zmalloc_socket("sf_txq", sizeof(*txq) + nb_desc * sizeof(void *),
			RTE_CACHE_LINE_SIZE, socket);
	if (txq == NULL)
		return no_memory(port, "Tx", id);
	txq->port = port;
	txq->id = id;
	txq->sw = &port->tx_sw[id];
	txq->size = nb_desc;
	txq->broken = true; /* until it is started */
	txq->stopped = true;
	txq->deferred = conf->tx_deferred_start;
	txq->free_thresh = conf->tx_free_thresh != 0 ? conf->tx_free_thresh : SF_BATCH;
	ret = txq_init(dev, txq, socket);
	if (ret < 0) {
		rte_free(txq);
		return ret;
	}
	dev->data->tx_queues[id] = txq;
	return 0;
}

void
sf_rxq_free(struct sf_rxq *rxq)
{
	rte_memzone_free(rxq->mz);
	rte_free(rxq);
}

void
sf_txq_free(struct sf_txq *txq)
{
	rte_memzone_free(txq->mz);
	rte_free(txq);
}

/* What the device may still reach is kept until the port is closed. */
void
sf_rx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct sf_rxq *rxq = dev->data->rx_queues[id];

	if (rxq == NULL)
		return;
	dev->data->rx_queues[id] = NULL;
	if (!rxq->exposed) {
		sf_rxq_free(rxq);
		return;
	}
	rxq->kept = rxq->port->kept_rxqs;
	rxq->port->kept_rxqs = rxq;
}

void
sf_tx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct sf_txq *txq = dev->data->tx_queues[id];

	if (txq == NULL)
		return;
	dev->data->tx_queues[id] = NULL;
	if (!txq->exposed) {
		sf_txq_free(txq);
		return;
	}
	txq->kept = txq->port->kept_txqs;
	txq->port->kept_txqs = txq;
}

void
sf_rxq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_rxq_info *info)
{
	const struct sf_rxq *rxq = dev->data->rx_queues[id];

	info->mp = rxq->mp;
	info->nb_desc = rxq->size;
	info->scattered_rx = dev->data->scattered_rx;
	info->rx_buf_size = rxq->buf_size;
	info->conf.rx_free_thresh = rxq->conf_thresh;
	info->conf.rx_deferred_start = rxq->deferred;
	info->conf.offloads = dev->data->dev_conf.rxmode.offloads;
}

void
sf_txq_info_get(struct rte_eth_dev *dev, uint16_t id, struct rte_eth_txq_info *info)
{
	const struct sf_txq *txq = dev->data->tx_queues[id];

	info->nb_desc = txq->size;
	info->conf.tx_free_thresh = txq->free_thresh;
	info->conf.tx_deferred_start = txq->deferred;
	info->conf.offloads = dev->data->dev_conf.txmode.offloads;
}
