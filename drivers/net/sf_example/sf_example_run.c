/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Starting and stopping queues on the device.
 *
 * While a queue is "exposed" the device may write to its rings and to the mbufs in
 * them.  That ends when the device has confirmed a stop or a reset, or has ended by itself.
 * A device that does neither, because it hangs or the connection to it was
 * given up, may go on writing: so until then, and if need be for good, rings and
 * mbufs are kept, the latter counted as "kept_mbufs".
 */

#include <errno.h>

#include <rte_io.h>
#include <rte_memzone.h>
#include <rte_mempool.h>

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

/* --- On the device ------------------------------------------------------------ */

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

	ret = sf_write(port, block + SF_Q_BASE, regs, len);
	if (ret < 0)
		return ret;
	ret = sf_read32(port, block + SF_Q_STATE, &state);
	if (ret < 0)
		return ret;
	if ((state & SF_Q_STATE_RUNNING) != 0)
		return 0;
	SF_LOG(ERR, driver, port, "%s queue %u does not start: %s (code %u)", what, id,
		sf_err_text(SF_Q_STATE_CODE(state)), SF_Q_STATE_CODE(state));
	return -EIO;
}

/*
 * 0 when the device no longer touches rings and buffers: it has confirmed that, or there
 * is none any more.
 */
static int
queue_disable(const struct sf_port *port, uint32_t block)
{
	int ret = sf_write32(port, block + SF_Q_CTRL, 0);

	return ret < 0 && rte_vfio_dev_has_ended(sf_vfio(port)) ? 0 : ret;
}

/* A queue that is used is not touched, and its device not stopped: it may write to mbufs. */
static int
still_used(const struct sf_port *port, const char *what, uint16_t id)
{
	SF_LOG(ERR, driver, port, "%s queue %u: a secondary process does not come out of it", what,
		id);
	return -EBUSY;
}

static int
rxq_stop(struct sf_rxq *rxq, struct sf_leave *leave)
{
	int ret;

	if (!rxq->exposed)
		return 0;
	if (!sf_gate_close(&rxq->port->gates->rx[rxq->id], leave))
		return still_used(rxq->port, "Rx", rxq->id);
	ret = queue_disable(rxq->port, SF_REG_RXQ(rxq->id));
	if (ret < 0) {
		rxq->port->kept_mbufs += sf_rxq_lend(rxq);
		return ret;
	}
	rxq->port->kept_mbufs -= rxq->lent;
	rxq->exposed = false;
	sf_rxq_drain(rxq);
	return 0;
}

static int
txq_stop(struct sf_txq *txq, struct sf_leave *leave)
{
	int ret;

	if (!txq->exposed)
		return 0;
	if (!sf_gate_close(&txq->port->gates->tx[txq->id], leave))
		return still_used(txq->port, "Tx", txq->id);
	ret = queue_disable(txq->port, SF_REG_TXQ(txq->id));
	if (ret < 0) {
		txq->port->kept_mbufs += sf_txq_lend(txq);
		return ret;
	}
	txq->port->kept_mbufs -= txq->lent_mbufs;
	txq->exposed = false;
	sf_txq_drain(txq);
	return 0;
}

/*
 * Called by the primary before it starts queue "id".  Waits until no secondary process is
 * inside the queue's gate: a burst on an older queue of this number would write to the same
 * doorbell.  Then stops and frees the port's kept queues, which the device may still use.
 * 0, -EBUSY if a secondary stays inside, or why the device does not stop a kept queue.
 */
static int
place_clear(struct sf_port *port, struct sf_gate *gate, const char *what, uint16_t id,
	struct sf_leave *leave)
{
	struct sf_rxq *rxq;
	struct sf_txq *txq;
	int ret;

	if (!sf_gate_close(gate, leave))
		return still_used(port, what, id);
	while ((rxq = port->kept_rxqs) != NULL) {
		ret = rxq_stop(rxq, leave);
		if (ret < 0)
			return ret;
		port->kept_rxqs = rxq->kept;
		sf_rxq_free(rxq);
	}
	while ((txq = port->kept_txqs) != NULL) {
		ret = txq_stop(txq, leave);
		if (ret < 0)
			return ret;
		port->kept_txqs = txq->kept;
		sf_txq_free(txq);
	}
	return 0;
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
		.ctrl = SF_Q_CTRL_ENABLE | (dev->data->scattered_rx != 0 ? SF_Q_CTRL_SCATTER : 0),
	};
	struct sf_leave leave = sf_leave_begin();
	int ret;

	ret = rxq_stop(rxq, &leave); /* of which the last stop was not confirmed */
	if (ret == 0)
		ret = place_clear(rxq->port, &rxq->port->gates->rx[rxq->id], "Rx", rxq->id,
				&leave);
	if (ret < 0)
		return ret;
	ret = sf_rxq_fill(rxq);
	if (ret < 0) {
		SF_LOG(ERR, driver, rxq->port, "Rx queue %u: mempool %s cannot fill %u descriptors",
			rxq->id, rxq->mp->name, rxq->size);
		return ret;
	}
	rte_write32(0, rxq->tail_db); /* what a previous run has left there */
	rte_write32(0, rxq->arm_db);
	rxq->exposed = true;
	ret = queue_enable(rxq->port, "Rx", rxq->id, SF_REG_RXQ(rxq->id), &regs);
	if (ret < 0) {
		leave = sf_leave_begin();
		rxq_stop(rxq, &leave);
		return ret;
	}
	rte_write32(rxq->tail, rxq->tail_db);
	sf_gate_open(&rxq->port->gates->rx[rxq->id], rxq);
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
	struct sf_leave leave = sf_leave_begin();
	int ret;

	ret = txq_stop(txq, &leave);
	if (ret == 0)
		ret = place_clear(txq->port, &txq->port->gates->tx[txq->id], "Tx", txq->id,
				&leave);
	if (ret < 0)
		return ret;
	memset(txq->mz->addr, 0, RTE_PTR_DIFF(txq->status + 1, txq->desc));
	rte_write32(0, txq->tail_db);
	txq->exposed = true;
	ret = queue_enable(txq->port, "Tx", txq->id, SF_REG_TXQ(txq->id), &regs);
	if (ret < 0) {
		leave = sf_leave_begin();
		txq_stop(txq, &leave);
		return ret;
	}
	sf_txq_open(txq);
	sf_gate_open(&txq->port->gates->tx[txq->id], txq);
	return 0;
}

/* --- What is kept ------------------------------------------------------------- */

static void
say_kept(const struct sf_port *port, unsigned int nb_queues, const char *until)
{
	SF_LOG(WARNING, driver, port, "a stop is not confirmed: "
		"%u mbufs and the rings of %u queues are kept %s", port->kept_mbufs, nb_queues,
		until);
}

/* One line for a port of which something is kept. */
static void
say_kept_of_port(const struct rte_eth_dev *dev)
{
	unsigned int i, nb = 0;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		nb += dev->data->rx_queues[i] != NULL &&
			((struct sf_rxq *)dev->data->rx_queues[i])->exposed;
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		nb += dev->data->tx_queues[i] != NULL &&
			((struct sf_txq *)dev->data->tx_queues[i])->exposed;
	if (nb != 0)
		say_kept(sf_port(dev), nb, "until it is");
}

void
sf_queues_release(struct rte_eth_dev *dev, bool quiet)
{
	struct sf_port *port = sf_port(dev);
	struct sf_leave leave = sf_leave_begin();
	unsigned int nb = 0;
	struct sf_rxq *rxq;
	struct sf_txq *txq;
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		sf_rx_queue_release(dev, i);
	for (i = 0; i < dev->data->nb_tx_queues; i++)
		sf_tx_queue_release(dev, i);
	while ((rxq = port->kept_rxqs) != NULL) {
		port->kept_rxqs = rxq->kept;
		if (!quiet || !sf_gate_close(&port->gates->rx[rxq->id], &leave)) {
			nb++;
			continue;
		}
		sf_rxq_drain(rxq);
		sf_rxq_free(rxq);
	}
	while ((txq = port->kept_txqs) != NULL) {
		port->kept_txqs = txq->kept;
		if (!quiet || !sf_gate_close(&port->gates->tx[txq->id], &leave)) {
			nb++;
			continue;
		}
		sf_txq_drain(txq);
		sf_txq_free(txq);
	}
	if (nb != 0)
		say_kept(port, nb, "for good");
	port->kept_mbufs = 0;
}

/* --- Queues of a port --------------------------------------------------------- */

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

	ret = sf_rxq_check_mtu(dev, rxq, dev->data->mtu);
	if (ret == 0)
		ret = rxq_start(dev, rxq);
	if (ret < 0)
		return ret;
	dev->data->rx_queue_state[id] = RTE_ETH_QUEUE_STATE_STARTED;
	sf_intr_wake_queue(dev, id); /* of a port that runs; all are when it is started */
	return 0;
}

int
sf_tx_queue_start(struct rte_eth_dev *dev, uint16_t id)
{
	int ret = txq_start(dev->data->tx_queues[id]);

	if (ret == 0)
		dev->data->tx_queue_state[id] = RTE_ETH_QUEUE_STATE_STARTED;
	return ret;
}

/* A queue whose stop is not confirmed is stopped for the application, and an error. */
int
sf_rx_queue_stop(struct rte_eth_dev *dev, uint16_t id)
{
	struct sf_leave leave = sf_leave_begin();
	int ret = rxq_stop(dev->data->rx_queues[id], &leave);

	dev->data->rx_queue_state[id] = RTE_ETH_QUEUE_STATE_STOPPED;
	sf_intr_wake_queue(dev, id);
	if (ret < 0)
		say_kept_of_port(dev);
	return ret;
}

int
sf_tx_queue_stop(struct rte_eth_dev *dev, uint16_t id)
{
	struct sf_leave leave = sf_leave_begin();
	int ret = txq_stop(dev->data->tx_queues[id], &leave);

	dev->data->tx_queue_state[id] = RTE_ETH_QUEUE_STATE_STOPPED;
	if (ret < 0)
		say_kept_of_port(dev);
	return ret;
}

void
sf_queues_stop(struct rte_eth_dev *dev)
{
	struct sf_leave leave = sf_leave_begin();
	uint16_t i;

	/* One that was to be set up anew, and could not be, is not there. */
	for (i = 0; i < dev->data->nb_tx_queues; i++) {
		if (dev->data->tx_queues[i] != NULL)
			txq_stop(dev->data->tx_queues[i], &leave);
		dev->data->tx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	}
	for (i = 0; i < dev->data->nb_rx_queues; i++) {
		if (dev->data->rx_queues[i] != NULL)
			rxq_stop(dev->data->rx_queues[i], &leave);
		dev->data->rx_queue_state[i] = RTE_ETH_QUEUE_STATE_STOPPED;
	}
	say_kept_of_port(dev);
}

int
sf_queues_start(struct rte_eth_dev *dev)
{
	struct rte_eth_dev_data *data = dev->data;
	struct sf_rxq **rxqs = (struct sf_rxq **)data->rx_queues;
	struct sf_txq **txqs = (struct sf_txq **)data->tx_queues;
	uint16_t i;
	int ret;

	ret = check_present(dev, "Rx", data->rx_queues, data->nb_rx_queues);
	if (ret == 0)
		ret = check_present(dev, "Tx", data->tx_queues, data->nb_tx_queues);
	if (ret < 0)
		return ret;
	data->scattered_rx = sf_queues_need_scatter(dev);
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
