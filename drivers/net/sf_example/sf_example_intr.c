/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What the device has to say without being asked: a vector for configuration
 * changes, one for each Rx queue, and the news that it is going away.
 */

#include <errno.h>
#include <unistd.h>

#include <rte_alarm.h>
#include <rte_interrupts.h>
#include <rte_io.h>

#include "sf_example.h"

/* --- Telling the application -------------------------------------------------- */

/*
 * The application may stop, reset, close and remove a port in its callbacks.  That takes
 * the driver's own handlers off the interrupt thread, which cannot be done from within one
 * of them.  So callbacks are called from alarms: on the same thread, when the handler has
 * returned.  An alarm touches nothing of the port when the callback has returned.
 */
static void
tell_removal(void *dev)
{
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RMV, NULL);
}

static void
tell_reset(void *dev)
{
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_RESET, NULL);
}

static void
tell_link(void *dev)
{
	rte_eth_dev_callback_process(dev, RTE_ETH_EVENT_INTR_LSC, NULL);
}

static __rte_noinline __rte_cold void
tell_later(struct rte_eth_dev *dev, rte_eal_alarm_callback tell)
{
	int ret = rte_eal_alarm_set(1, tell, dev);

	if (ret < 0)
		SF_LOG(ERR, driver, sf_port(dev), "an event is not told: no alarm: %s",
			strerror(-ret));
}

void
sf_tell_reset(const struct sf_port *port)
{
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		tell_later(&rte_eth_devices[port->port_id], tell_reset);
}

/* What was to be told is not; another thread waits for a callback that runs. */
static void
tell_nothing(struct rte_eth_dev *dev)
{
	rte_eal_alarm_cancel(tell_removal, dev);
	rte_eal_alarm_cancel(tell_reset, dev);
	rte_eal_alarm_cancel(tell_link, dev);
}

/* --- Removal ----------------------------------------------------------------- */

/* Once: a device is asked for again and again, and goes in the end. */
static void
removal(struct rte_eth_dev *dev)
{
	struct sf_port *port = sf_port(dev);

	if (port->removal_told || rte_atomic_load_explicit(&port->removal_unwanted,
				rte_memory_order_relaxed))
		return;
	port->removal_told = true;
	tell_later(dev, tell_removal);
}

/* On the interrupt thread. */
static void
device_event(struct rte_vfio_dev *vfio __rte_unused, enum rte_vfio_dev_event event, void *arg)
{
	struct rte_eth_dev *dev = arg;
	struct sf_port *port = sf_port(dev);

	switch (event) {
	case RTE_VFIO_DEV_EVENT_ERROR:
		SF_LOG(ERR, driver, port, "unrecoverable device error");
		tell_later(dev, tell_reset);
		return;
	case RTE_VFIO_DEV_EVENT_GONE:
		rte_atomic_store_explicit(&port->gone, true, rte_memory_order_relaxed);
		/* An application may listen to this and not to removals, as bonding does. */
		if (sf_link_clear(dev) == 0 && dev->data->dev_conf.intr_conf.lsc)
			tell_later(dev, tell_link);
		break;
	case RTE_VFIO_DEV_EVENT_REQUEST:
		SF_LOG(NOTICE, driver, port, "the device is wanted back");
		break;
	}
	removal(dev);
}

int
sf_events_enable(struct rte_eth_dev *dev)
{
	const struct sf_port *port = sf_port(dev);
	int ret;

	ret = rte_vfio_dev_event_set(sf_vfio(port), device_event, dev);
	if (ret < 0)
		SF_LOG(ERR, init, port, "cannot watch the device: %s", strerror(-ret));
	return ret;
}

void
sf_events_disable(struct rte_eth_dev *dev)
{
	rte_vfio_dev_event_set(sf_vfio(sf_port(dev)), NULL, NULL);
	tell_nothing(dev);
}

int
sf_is_removed(struct rte_eth_dev *dev)
{
	return rte_atomic_load_explicit(&sf_port(dev)->gone, rte_memory_order_relaxed);
}

/* --- Configuration vector ---------------------------------------------------- */

static void
report_halt(struct rte_eth_dev *dev)
{
	const struct sf_port *port = sf_port(dev);
	uint32_t info;

	if (sf_read32(port, SF_REG_ERROR_INFO, &info) < 0)
		return;
	SF_LOG(ERR, driver, port, "%s queue %u halted: %s (code %u)",
		SF_ERROR_INFO_TX(info) != 0 ? "Tx" : "Rx", SF_ERROR_INFO_QUEUE(info),
		sf_err_text(SF_ERROR_INFO_CODE(info)), SF_ERROR_INFO_CODE(info));
	tell_later(dev, tell_reset);
}

/* On the interrupt thread. */
static void
config_intr(void *arg)
{
	struct rte_eth_dev *dev = arg;
	const struct sf_port *port = sf_port(dev);
	uint64_t count;
	uint32_t cause;

	/* EAL does not know what to read from this kind of handle. */
	if (read(rte_intr_fd_get(dev->intr_handle), &count, sizeof(count)) < 0 && errno != EAGAIN)
		SF_LOG(ERR, driver, port, "cannot read interrupt event: %s", strerror(errno));
	/* Cleared before it is served, so that what happens meanwhile counts anew. */
	if (sf_read32(port, SF_REG_INT_CAUSE, &cause) < 0 ||
			sf_write32(port, SF_REG_INT_CAUSE, cause) < 0)
		return;
	if ((cause & SF_INT_ERROR) != 0)
		report_halt(dev);
	if ((cause & SF_INT_LINK) != 0 && dev->data->dev_conf.intr_conf.lsc &&
			sf_link_update(dev, 0) == 0)
		tell_later(dev, tell_link);
}

/* --- Vectors ----------------------------------------------------------------- */

/* Queue vectors, in the order of queues. */
static int
rx_vectors_set(struct rte_eth_dev *dev, uint16_t nb_queues)
{
	struct rte_intr_handle *handle = dev->intr_handle;
	uint16_t i;

	if (nb_queues == 0)
		return 0;
	if (rte_intr_vec_list_alloc(handle, NULL, nb_queues) != 0)
		return -ENOMEM;
	for (i = 0; i < nb_queues; i++)
		if (rte_intr_vec_list_index_set(handle, i, RTE_INTR_VEC_RXTX_OFFSET + i) != 0)
			return -EINVAL;
	return 0;
}

static int
causes_unmask(const struct rte_eth_dev *dev)
{
	const struct sf_port *port = sf_port(dev);
	uint32_t mask = SF_INT_ERROR;
	int ret;

	if (dev->data->dev_conf.intr_conf.lsc)
		mask |= SF_INT_LINK;
	ret = sf_write32(port, SF_REG_INT_CAUSE, UINT32_MAX);
	return ret < 0 ? ret : sf_write32(port, SF_REG_INT_MASK, mask);
}

int
sf_intr_start(struct rte_eth_dev *dev)
{
	const struct sf_port *port = sf_port(dev);
	const bool has_rxq = dev->data->dev_conf.intr_conf.rxq != 0;
	const uint16_t nb_queues = dev->data->nb_rx_queues;
	int ret;

	/* A secondary may sleep since the port had Rx interrupts: it is woken, and told. */
	ret = rte_vfio_irq_enable(sf_vfio(port), RTE_VFIO_PCI_IRQ_MSIX, dev->intr_handle,
			has_rxq || port->gates->attached ? nb_queues : 0);
	if (ret < 0)
		return ret;
	ret = rx_vectors_set(dev, has_rxq ? nb_queues : 0);
	if (ret < 0)
		goto disable;
	ret = rte_intr_callback_register(dev->intr_handle, config_intr, dev);
	if (ret < 0)
		goto disable;
	ret = causes_unmask(dev);
	if (ret < 0)
		goto unregister;
	return 0;

unregister:
	rte_intr_callback_unregister_sync(dev->intr_handle, config_intr, dev);
disable:
	rte_intr_vec_list_free(dev->intr_handle);
	rte_vfio_irq_disable(sf_vfio(port), RTE_VFIO_PCI_IRQ_MSIX, dev->intr_handle);
	SF_LOG(ERR, driver, port, "cannot set up interrupts: %s", strerror(-ret));
	return ret;
}

void
sf_intr_stop(struct rte_eth_dev *dev)
{
	rte_intr_callback_unregister_sync(dev->intr_handle, config_intr, dev);
	rte_intr_vec_list_free(dev->intr_handle);
	rte_vfio_irq_disable(sf_vfio(sf_port(dev)), RTE_VFIO_PCI_IRQ_MSIX, dev->intr_handle);
}

void
sf_intr_wake_queue(const struct rte_eth_dev *dev, uint16_t id)
{
	const uint64_t one = 1;

	if (!sf_port(dev)->gates->attached || id >= rte_intr_nb_efd_get(dev->intr_handle))
		return;
	if (write(rte_intr_efds_index_get(dev->intr_handle, id), &one, sizeof(one)) < 0)
		SF_LOG(DEBUG, driver, sf_port(dev), "Rx queue %u: nobody is woken: %s", id,
			strerror(errno));
}

void
sf_intr_wake(const struct rte_eth_dev *dev)
{
	uint16_t i;

	for (i = 0; i < dev->data->nb_rx_queues; i++)
		sf_intr_wake_queue(dev, i);
}

/* --- Vectors in a secondary process ------------------------------------------ */

/*
 * The port may not be configured yet, and can be again with another number of
 * queues, of which nobody tells us.  So all queues have their vectors, which do
 * something while the port is started with Rx interrupts.  A port is of use
 * without, too.
 */
void
sf_intr_share(struct rte_eth_dev *dev)
{
	const struct sf_port *port = sf_port(dev);
	int ret;

	ret = rte_vfio_irq_enable(sf_vfio(port), RTE_VFIO_PCI_IRQ_MSIX, dev->intr_handle,
			port->max_queues);
	if (ret == 0)
		ret = rx_vectors_set(dev, port->max_queues);
	if (ret < 0) {
		SF_LOG(WARNING, init, port, "no Rx interrupts in this process: %s", strerror(-ret));
		sf_intr_unshare(dev);
	}
}

void
sf_intr_unshare(struct rte_eth_dev *dev)
{
	rte_intr_vec_list_free(dev->intr_handle);
	rte_vfio_irq_disable(sf_vfio(sf_port(dev)), RTE_VFIO_PCI_IRQ_MSIX, dev->intr_handle);
}

/* --- Rx interrupts ----------------------------------------------------------- */

/*
 * Ask for one interrupt at the next completion, or at once if it is there
 * already.  The device tells one request from the next by the sequence number;
 * 0 is none.
 */
int
sf_rxq_arm(struct sf_rxq *rxq)
{
	const struct sf_port *port = rxq->port;

	rxq->arm_seq = rxq->arm_seq % UINT16_MAX + 1;
	rte_write32((uint32_t)rxq->arm_seq << 16 | rxq->next, rxq->arm_db);
	/* It may sleep, and then has not seen the doorbell. */
	return (port->features & SF_F_WAKE) != 0 ? sf_write32(port, SF_REG_WAKE, 1) : 0;
}

int
sf_rx_queue_intr_enable(struct rte_eth_dev *dev, uint16_t id)
{
	return dev->data->dev_conf.intr_conf.rxq ? sf_rxq_arm(dev->data->rx_queues[id]) : -ENOTSUP;
}

int
sf_rx_queue_intr_disable(struct rte_eth_dev *dev, uint16_t id)
{
	const struct sf_rxq *rxq = dev->data->rx_queues[id];

	if (!dev->data->dev_conf.intr_conf.rxq)
		return -ENOTSUP;
	rte_write32(0, rxq->arm_db);
	return 0;
}
