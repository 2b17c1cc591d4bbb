/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "vfio_private.h"

RTE_LOG_REGISTER_DEFAULT(vfio_dev_logtype, NOTICE);

/* In the order in which they are tried. */
static const struct vfio_ops *const transports[] = {
	&vfio_user_ops,
	&vfio_group_ops,
};

static const char *
transport_name(enum rte_vfio_transport id)
{
	static const char *const names[] = {
		[RTE_VFIO_TRANSPORT_ANY] = "any",
		[RTE_VFIO_TRANSPORT_USER] = "vfio-user",
		[RTE_VFIO_TRANSPORT_CDEV] = "character device",
		[RTE_VFIO_TRANSPORT_GROUP] = "group",
	};

	return (unsigned int)id < RTE_DIM(names) ? names[id] : "unknown";
}

int
vfio_refused(struct rte_vfio_dev *dev, const char *request, uint32_t index, int error)
{
	if (error != -EPROTO && error != -ENODEV && error != -ETIMEDOUT)
		VFIO_LOG(ERR, dev, "%s %u refused: %s", request, index, strerror(-error));
	return error;
}

static int
read_info(struct rte_vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret;

	ret = dev->ops->get_info(dev, &info);
	if (ret < 0)
		return vfio_refused(dev, "VFIO_DEVICE_GET_INFO, device", 0, ret);
	if (info.num_regions > VFIO_DEV_MAX_REGIONS || info.num_irqs > VFIO_DEV_MAX_IRQS) {
		VFIO_LOG(ERR, dev, "claims %u regions and %u interrupt indexes, at most %u and %u make sense",
			info.num_regions, info.num_irqs, VFIO_DEV_MAX_REGIONS, VFIO_DEV_MAX_IRQS);
		return -EPROTO;
	}
	dev->info = (struct rte_vfio_dev_info) {
		.name = dev->name,
		.transport = dev->ops->id,
		.flags = info.flags,
		.num_regions = info.num_regions,
		.num_irqs = info.num_irqs,
	};
	return 0;
}

static void
dev_free(struct rte_vfio_dev *dev)
{
	free(dev->name);
	free(dev);
}

static int
open_with(const struct vfio_ops *ops, const struct rte_vfio_dev_node *node,
	struct rte_vfio_dev **out)
{
	struct rte_vfio_dev *dev;
	int ret;

	dev = calloc(1, sizeof(*dev));
	if (dev == NULL)
		return -ENOMEM;
	dev->ops = ops;
	dev->fd = -1;
	dev->name = strdup(node->name);
	if (dev->name == NULL) {
		dev_free(dev);
		return -ENOMEM;
	}
	ret = ops->open(dev, node);
	if (ret < 0) {
		dev_free(dev);
		return ret;
	}
	ret = read_info(dev);
	if (ret == 0)
		ret = vfio_regions_read(dev);
	if (ret == 0)
		ret = vfio_dma_init(dev);
	if (ret < 0) {
		vfio_regions_free(dev);
		ops->close(dev);
		dev_free(dev);
		return ret;
	}
	VFIO_LOG(DEBUG, dev, "open, %s, %u regions, %u interrupt indexes", ops->name,
		dev->info.num_regions, dev->info.num_irqs);
	*out = dev;
	return 0;
}

int
rte_vfio_dev_open(const struct rte_vfio_dev_node *node,
	enum rte_vfio_transport transport, struct rte_vfio_dev **dev)
{
	bool offered = false;
	unsigned int i;
	int ret = -ENODEV;

	if (node == NULL || node->name == NULL || dev == NULL)
		return -EINVAL;
	for (i = 0; i < RTE_DIM(transports); i++) {
		if (transport != RTE_VFIO_TRANSPORT_ANY && transport != transports[i]->id)
			continue;
		if (!transports[i]->offered(node))
			continue;
		offered = true;
		ret = open_with(transports[i], node, dev);
		if (ret == 0)
			return 0;
	}
	if (!offered)
		VFIO_LOG(ERR, node, "has no VFIO node for transport %s", transport_name(transport));
	return ret;
}

void
rte_vfio_dev_close(struct rte_vfio_dev *dev)
{
	if (dev == NULL)
		return;
	rte_vfio_dev_event_set(dev, NULL, NULL);
	vfio_irqs_free(dev);
	vfio_dma_free(dev);
	vfio_regions_free(dev);
	dev->ops->close(dev);
	dev_free(dev);
}

const struct rte_vfio_dev_info *
rte_vfio_dev_info(const struct rte_vfio_dev *dev)
{
	return &dev->info;
}

int
rte_vfio_dev_reset(struct rte_vfio_dev *dev)
{
	if ((dev->info.flags & VFIO_DEVICE_FLAGS_RESET) == 0)
		return -ENOTSUP;
	return dev->ops->reset(dev);
}

void
vfio_dev_event(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event)
{
	if (dev->event_cb != NULL)
		dev->event_cb(dev, event, dev->event_arg);
}

int
rte_vfio_dev_event_set(struct rte_vfio_dev *dev, rte_vfio_dev_event_cb cb, void *arg)
{
	int ret;

	/* Watching is off while the pair changes, so it is never seen half set. */
	if (dev->event_cb != NULL) {
		ret = dev->ops->watch(dev, false);
		if (ret < 0)
			return ret;
		dev->event_cb = NULL;
	}
	if (cb == NULL)
		return 0;
	dev->event_cb = cb;
	dev->event_arg = arg;
	ret = dev->ops->watch(dev, true);
	if (ret < 0)
		dev->event_cb = NULL;
	return ret;
}
