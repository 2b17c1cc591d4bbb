/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Events: what happens to a device from outside.  A PCI device has interrupts
 * for that, which are not the device's but VFIO's; a transport may notice
 * besides that the other end has gone.
 */

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_interrupts.h>

#include "vfio_call.h"
#include "vfio_private.h"

void
vfio_dev_event(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event)
{
	if (dev->event_cb != NULL)
		dev->event_cb(dev, event, dev->event_arg);
}

static void
event_take(struct rte_vfio_dev *dev, unsigned int which, enum rte_vfio_dev_event event)
{
	uint64_t count;

	if (read(rte_intr_fd_get(dev->event_irqs[which]), &count, sizeof(count)) == sizeof(count))
		vfio_dev_event(dev, event);
}

static void
event_error(void *arg)
{
	event_take(arg, 0, RTE_VFIO_DEV_EVENT_ERROR);
}

static void
event_request(void *arg)
{
	event_take(arg, 1, RTE_VFIO_DEV_EVENT_REQUEST);
}

static const struct {
	uint32_t index;
	rte_intr_callback_fn callback;
} event_irqs[VFIO_NUM_EVENT_IRQS] = {
	{ VFIO_PCI_ERR_IRQ_INDEX, event_error },
	{ VFIO_PCI_REQ_IRQ_INDEX, event_request },
};

static void
event_irq_unwatch(struct rte_vfio_dev *dev, unsigned int which)
{
	struct rte_intr_handle *handle = dev->event_irqs[which];

	if (handle == NULL)
		return;
	rte_intr_callback_unregister_sync(handle, event_irqs[which].callback, dev);
	rte_vfio_irq_disable(dev, event_irqs[which].index, handle);
	rte_intr_instance_free(handle);
	dev->event_irqs[which] = NULL;
}

static int
event_irq_watch(struct rte_vfio_dev *dev, unsigned int which)
{
	uint32_t index = event_irqs[which].index;
	struct rte_intr_handle *handle;
	int ret;

	ret = rte_vfio_irq_count(dev, index);
	if (ret <= 0)
		return ret;
	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (handle == NULL)
		return vfio_no_memory(dev, "an interrupt handle");
	ret = rte_vfio_irq_enable(dev, index, handle, 0);
	if (ret == 0) {
		dev->event_irqs[which] = handle;
		ret = rte_intr_callback_register(handle, event_irqs[which].callback, dev);
		if (ret == 0)
			return 0;
		VFIO_LOG(ERR, dev, "cannot watch interrupt index %u: %s", index, strerror(-ret));
		rte_vfio_irq_disable(dev, index, handle);
	}
	rte_intr_instance_free(handle);
	dev->event_irqs[which] = NULL;
	return ret;
}

static void
events_unwatch(struct rte_vfio_dev *dev)
{
	unsigned int i;

	for (i = 0; i < VFIO_NUM_EVENT_IRQS; i++)
		event_irq_unwatch(dev, i);
	if (dev->ops->watch != NULL)
		dev->ops->watch(dev, false);
}

static int
events_watch(struct rte_vfio_dev *dev)
{
	unsigned int i;
	int ret = 0;

	if (dev->ops->watch != NULL)
		ret = dev->ops->watch(dev, true);
	if (ret < 0)
		return ret;
	/* Elsewhere these indexes are something else. */
	if ((dev->info.flags & VFIO_DEVICE_FLAGS_PCI) != 0)
		for (i = 0; i < VFIO_NUM_EVENT_IRQS && ret == 0; i++)
			ret = event_irq_watch(dev, i);
	if (ret < 0)
		events_unwatch(dev);
	return ret;
}

static int
event_set(struct rte_vfio_dev *dev, rte_vfio_dev_event_cb cb, void *arg)
{
	int ret;

	/* Watching is off while the pair changes, so it is never seen half set. */
	if (dev->event_cb != NULL)
		events_unwatch(dev);
	dev->event_cb = NULL;
	if (cb == NULL)
		return 0;
	dev->event_arg = arg;
	dev->event_cb = cb;
	ret = events_watch(dev);
	if (ret < 0)
		dev->event_cb = NULL;
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_event_set)
int
rte_vfio_dev_event_set(struct rte_vfio_dev *dev, rte_vfio_dev_event_cb cb, void *arg)
{
	int ret;

	vfio_call_begin();
	ret = event_set(dev, cb, arg);
	vfio_call_end();
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_has_ended)
bool
rte_vfio_dev_has_ended(const struct rte_vfio_dev *dev)
{
	return rte_atomic_load_explicit(&dev->ended, rte_memory_order_relaxed);
}
