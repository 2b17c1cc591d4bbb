/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Queues: memory, and telling the device about it.  A queue owns its rings
 * from set-up to release, and mbufs only while the port is started.
 */

#include <errno.h>
#include <inttypes.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_io.h>
#include <rte_malloc.h>
#include <rte_memzone.h>

#include "sf_example.h"

/*
 * What the device must know to start a queue: its registers from SF_Q_BASE on,
 * which one access writes in this order.
 */
struct queue_regs {
	uint64_t base;
	uint64_t cpl_base;
	uint32_t size;
	uint32_t buf_size; /* Rx */
	uint32_t ctrl;
};

/* --- Set-up ----------------------------------------------------------------- */

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

static const struct rte_memzone *
ring_reserve(const struct rte_eth_dev *dev, const char *what, uint16_t id, size_t len,
	int socket)
{
	const struct rte_memzone *mz;

	mz = rte_eth_dma_zone_reserve(dev, what, id, len, RTE_CACHE_LINE_SIZE, socket);
	if (mz == NULL)
		SF_LOG(ERR, init, sf_port(dev), "queue %u: no memory for %s of %zu bytes: %s", id,
			what, len, rte_strerror(rte_errno));
	return mz;
}

static bool
is_scattered(const struct rte_eth_dev *dev)
{
	return (dev->data->dev_conf.rxmode.offloads & RTE_ETH_RX_OFFLOAD_SCATTER) != 0;
}

static int
rxq_check_mtu(const struct rte_eth_dev *dev, const struct sf_rxq *rxq, uint16_t mtu)
{
	if (mtu + SF_L2_OVERHEAD <= rxq->buf_size || is_scattered(dev))
		return 0;
	SF_LOG(ERR, driver, rxq->port,
		"without scatter, MTU %u needs Rx buffers of %u bytes, those of queue %u have %u", mtu,
		(unsigned int)(mtu + SF_L2_OVERHEAD), rxq->id, rxq->buf_size);
	return -EINVAL;
}

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

/*
 * Where IOVAs are addresses, and buffers lie behind their mbufs, the one is
 * known from the other.
 */
static uint16_t
addr_offset(struct rte_mempool *mp)
{
	if (rte_eal_iova_mode() != RTE_IOVA_VA ||
			(rte_pktmbuf_priv_flags(mp) & RTE_PKTMBUF_POOL_F_PINNED_EXT_BUF) != 0)
		return 0;
	return sizeof(struct rte_mbuf) + rte_pktmbuf_priv_size(mp) + RTE_PKTMBUF_HEADROOM;
}

static int
rxq_init(struct rte_eth_dev *dev, struct sf_rxq *rxq, int socket)
{
	const size_t cpl_len = rxq->size * sizeof(*rxq->cpl);
	const struct sf_port *port = rxq->port;
	int ret;

	if ((ret = rxq_check_mtu(dev, rxq, dev->data->mtu)) < 0 ||
			(ret = doorbell_get(port, rxq->id, SF_DB_RX_TAIL, &rxq->tail_db)) < 0 ||
			(ret = doorbell_get(port, rxq->id, SF_DB_RX_ARM, &rxq->arm_db)) < 0)
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
		return -ENOMEM;
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
		return -ENOMEM;
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
sf_rx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct sf_rxq *rxq = dev->data->rx_queues[id];

	if (rxq == NULL)
		return;
	rte_memzone_free(rxq->mz);
	rte_free(rxq);
	dev->data->rx_queues[id] = NULL;
}

void
sf_tx_queue_release(struct rte_eth_dev *dev, uint16_t id)
{
	struct sf_txq *txq = dev->data->tx_queues[id];

	if (txq == NULL)
		return;
	rte_memzone_free(txq->mz);
	rte_free(txq);
	dev->data->tx_queues[id] = NULL;
}

void
sf_queues_release(struct rte_eth_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		sf_rx_queue_release(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		sf_tx_queue_release(dev, i);
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

int
sf_queues_check_mtu(const struct rte_eth_dev *dev, uint16_t mtu)
{
	uint16_t i;
	int ret;

	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] == NULL)
			continue;
		ret = rxq_check_mtu(dev, dev->data->rx_queues[i], mtu);
		if (ret < 0)
			return ret;
	}
	return 0;
}

/* --- Start and stop --------------------------------------------------------- */

/* The device starts at index 0 and reads descriptors up to the doorbell. */
static int
queue_enable(const struct sf_port *port, const char *what, uint16_t id, uint32_t block,
	const struct queue_regs *regs)
{
	const size_t len = offsetof(struct queue_regs, ctrl) + sizeof(regs->ctrl);
	uint32_t state;
	int ret;

	RTE_BUILD_BUG_ON(offsetof(struct queue_regs, cpl_base) != SF_Q_CPL_BASE);
	RTE_BUILD_BUG_ON(offsetof(struct queue_regs, size) != SF_Q_SIZE);
	RTE_BUILD_BUG_ON(offsetof(struct queue_regs, buf_size) != SF_Q_BUF_SIZE);
	RTE_BUILD_BUG_ON(offsetof(struct queue_regs, ctrl) != SF_Q_CTRL);

	if ((ret = sf_write(port, block + SF_Q_BASE, regs, len)) < 0 ||
			(ret = sf_read32(port, block + SF_Q_STATE, &state)) < 0)
		return ret;
	if ((state & SF_Q_STATE_RUNNING) != 0)
		return 0;
	SF_LOG(ERR, driver, port, "%s queue %u does not start: %s (code %u)", what, id,
		sf_err_text(SF_Q_STATE_CODE(state)), SF_Q_STATE_CODE(state));
	sf_write32(port, block + SF_Q_CTRL, 0);
	return -EIO;
}

static int
rxq_start(const struct rte_eth_dev *dev, struct sf_rxq *rxq)
{
	const rte_iova_t iova = rxq->mz->iova;
	const struct queue_regs regs = {
		.base = iova + RTE_PTR_DIFF(rxq->desc, rxq->cpl),
		.cpl_base = iova,
		.size = rxq->size,
		.buf_size = rxq->buf_size,
		.ctrl = SF_Q_CTRL_ENABLE | (is_scattered(dev) ? SF_Q_CTRL_SCATTER : 0),
	};
	int ret;

	ret = sf_rxq_fill(rxq);
	if (ret < 0) {
		SF_LOG(ERR, driver, rxq->port, "Rx queue %u: mempool %s cannot fill %u descriptors",
			rxq->id, rxq->mp->name, rxq->size);
		return ret;
	}
	rte_write32(0, rxq->tail_db); /* what a previous run has left there */
	rte_write32(0, rxq->arm_db);
	ret = queue_enable(rxq->port, "Rx", rxq->id, SF_REG_RXQ(rxq->id), &regs);
	if (ret < 0) {
		sf_rxq_drain(rxq);
		return ret;
	}
	rte_write32(rxq->tail, rxq->tail_db);
	return 0;
}

static int
txq_start(struct sf_txq *txq)
{
	const rte_iova_t iova = txq->mz->iova;
	const struct queue_regs regs = {
		.base = iova,
		.cpl_base = iova + RTE_PTR_DIFF(txq->status, txq->desc),
		.size = txq->size,
		.ctrl = SF_Q_CTRL_ENABLE,
	};
	int ret;

	memset(txq->mz->addr, 0, RTE_PTR_DIFF(txq->status + 1, txq->desc));
	rte_write32(0, txq->tail_db);
	ret = queue_enable(txq->port, "Tx", txq->id, SF_REG_TXQ(txq->id), &regs);
	if (ret == 0)
		sf_txq_open(txq);
	return ret;
}

/*
 * When the write has returned, the device no longer touches the rings and the
 * buffers.  If it fails, the device is gone and does not either.
 */
static void
rxq_stop(struct sf_rxq *rxq)
{
	sf_write32(rxq->port, SF_REG_RXQ(rxq->id) + SF_Q_CTRL, 0);
	sf_rxq_drain(rxq);
}

static void
txq_stop(struct sf_txq *txq)
{
	sf_write32(txq->port, SF_REG_TXQ(txq->id) + SF_Q_CTRL, 0);
	sf_txq_drain(txq);
}

static int
check_present(const struct rte_eth_dev *dev, const char *what, void **queues, uint16_t nb)
{
	uint16_t i;

	for (i = 0; i < nb; i++) {
		if (queues[i] == NULL) {
			SF_LOG(ERR, driver, sf_port(dev), "%s queue %u of %u is not set up",
				what, i, nb);
			return -EINVAL;
		}
	}
	return 0;
}

/* Of a queue, and of the port.  A queue that is in the state already stays in it. */

int
sf_rx_queue_start(struct rte_eth_dev *dev, uint16_t id)
{
	struct sf_rxq *rxq = dev->data->rx_queues[id];
	int ret;

	ret = rxq_check_mtu(dev, rxq, dev->data->mtu);
	if (ret == 0)
		ret = rxq_start(dev, rxq);
	if (ret == 0)
		dev->data->rx_queue_state[id] = RTE_ETH_QUEUE_STATE_STARTED;
	return ret;
}

int
sf_tx_queue_start(struct rte_eth_dev *dev, uint16_t id)
{
	int ret = txq_start(dev->data->tx_queues[id]);

	if (ret == 0)
		dev->data->tx_queue_state[id] = RTE_ETH_QUEUE_STATE_STARTED;
	return ret;
}

int
sf_rx_queue_stop(struct rte_eth_dev *dev, uint16_t id)
{
	rxq_stop(dev->data->rx_queues[id]);
	dev->data->rx_queue_state[id] = RTE_ETH_QUEUE_STATE_STOPPED;
	return 0;
}

int
sf_tx_queue_stop(struct rte_eth_dev *dev, uint16_t id)
{
	txq_stop(dev->data->tx_queues[id]);
	dev->data->tx_queue_state[id] = RTE_ETH_QUEUE_STATE_STOPPED;
	return 0;
}

void
sf_queues_stop(struct rte_eth_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_tx_queues; i++)
		sf_tx_queue_stop(dev, i);
	for (i = 0; i < dev->data->nb_rx_queues; i++)
		sf_rx_queue_stop(dev, i);
}

int
sf_queues_start(struct rte_eth_dev *dev)
{
	struct rte_eth_dev_data *data = dev->data;
	struct sf_rxq **rxqs = (struct sf_rxq **)data->rx_queues;
	struct sf_txq **txqs = (struct sf_txq **)data->tx_queues;
	uint16_t i;
	int ret;

	if ((ret = check_present(dev, "Rx", data->rx_queues, data->nb_rx_queues)) < 0 ||
			(ret = check_present(dev, "Tx", data->tx_queues, data->nb_tx_queues)) < 0)
		return ret;
	data->scattered_rx = is_scattered(dev);
	for (i = 0; i < data->nb_rx_queues && ret == 0; i++)
		if (!rxqs[i]->deferred)
			ret = sf_rx_queue_start(dev, i);
	for (i = 0; i < data->nb_tx_queues && ret == 0; i++)
		if (!txqs[i]->deferred)
			ret = sf_tx_queue_start(dev, i);
	/* Stopping those that have not been started does no harm. */
	if (ret < 0)
		sf_queues_stop(dev);
	return ret;
}
