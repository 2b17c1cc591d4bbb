/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>

#include "vfio_call.h"
#include "vfio_private.h"

RTE_LOG_REGISTER_DEFAULT(vfio_dev_logtype, NOTICE);

/* In the order in which they are tried. */
static const struct vfio_ops *const transports[] = {
#ifdef VFIO_HAS_USER
	&vfio_user_ops,
#endif
	&vfio_cdev_ops,
	&vfio_group_ops,
};

/* For log lines, also about transports that this build does not have. */
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
		VFIO_LOG_OPEN(dev, "%s %u refused: %s", request, index, strerror(-error));
	return error;
}

void
vfio_open_failed(struct rte_vfio_dev *dev, const char *fmt, ...)
{
	char reason[VFIO_OPEN_REASON_MAX];
	va_list args;

	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	if (dev->open_reason == NULL) {
		VFIO_LOG(ERR, dev, "%s", reason);
	} else {
		VFIO_LOG(INFO, dev, "%s", reason);
		memcpy(dev->open_reason, reason, sizeof(reason));
	}
}

int
vfio_not_here(struct rte_vfio_dev *dev, const char *what)
{
	VFIO_LOG(ERR, dev, "%s is for the primary process", what);
	return -ENOTSUP;
}

#define DEVICE_FLAGS (VFIO_DEVICE_FLAGS_RESET | VFIO_DEVICE_FLAGS_PCI | \
	VFIO_DEVICE_FLAGS_PLATFORM | VFIO_DEVICE_FLAGS_AMBA | VFIO_DEVICE_FLAGS_CCW | \
	VFIO_DEVICE_FLAGS_AP | VFIO_DEVICE_FLAGS_FSL_MC | VFIO_DEVICE_FLAGS_CAPS)

static int
read_info(struct rte_vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret;

	ret = dev->ops->get_info(dev, &info);
	if (ret < 0)
		return vfio_refused(dev, "VFIO_DEVICE_GET_INFO, device", 0, ret);
	if (info.num_regions > VFIO_DEV_MAX_REGIONS || info.num_irqs > VFIO_DEV_MAX_IRQS ||
			(info.flags & ~DEVICE_FLAGS) != 0)
		VFIO_LOG(DEBUG, dev, "%u regions, %u interrupt indexes, flags 0x%x; what is more than %u, %u and 0x%x is skipped",
			info.num_regions, info.num_irqs, info.flags, VFIO_DEV_MAX_REGIONS,
			VFIO_DEV_MAX_IRQS, DEVICE_FLAGS);
	dev->info = (struct rte_vfio_dev_info) {
		.name = dev->name,
		.transport = dev->ops->id,
		.flags = info.flags,
		.num_regions = RTE_MIN(info.num_regions, (uint32_t)VFIO_DEV_MAX_REGIONS),
		.num_irqs = RTE_MIN(info.num_irqs, (uint32_t)VFIO_DEV_MAX_IRQS),
	};
	return 0;
}

static void
dev_free(struct rte_vfio_dev *dev)
{
	free(dev->name);
	free(dev);
}

static struct rte_vfio_dev *
dev_alloc(const char *name)
{
	const struct { const char *name; } who = { name };
	struct rte_vfio_dev *dev;
	unsigned int i;

	dev = calloc(1, sizeof(*dev));
	if (dev != NULL)
		dev->name = strdup(name);
	if (dev == NULL || dev->name == NULL) {
		VFIO_LOG(ERR, &who, "no memory for what is known of it");
		free(dev);
		return NULL;
	}
	for (i = 0; i < RTE_DIM(dev->irqs); i++)
		dev->irqs[i].count = -ENOTSUP; /* and so it stays in a secondary process */
	dev->fd = -1;
	return dev;
}

/* What is known of a device that a transport has opened, and its DMA. */
static int
dev_start(struct rte_vfio_dev *dev)
{
	int ret;

	ret = read_info(dev);
	if (ret == 0)
		ret = vfio_regions_read(dev);
	if (ret < 0)
		return ret;
	vfio_irqs_read(dev);
	ret = vfio_dma_join(dev);
	if (ret == 0)
		vfio_primary_add(dev);
	return ret;
}

/* Undo that, and what the transport's open has done. */
static void
dev_stop(struct rte_vfio_dev *dev)
{
	vfio_dma_own_free(dev);
	vfio_dma_leave(dev);
	vfio_regions_free(dev);
	dev->ops->close(dev);
}

/* reason: room for why the transport fails, or NULL to have that logged. */
static int
open_with(const struct vfio_ops *ops, const struct rte_vfio_dev_node *node, char *reason,
	struct rte_vfio_dev **out)
{
	struct rte_vfio_dev *dev;
	int ret;

	dev = dev_alloc(node->name);
	if (dev == NULL)
		return -ENOMEM;
	dev->ops = ops;
	dev->open_reason = reason;
	ret = ops->open(dev, node);
	dev->open_reason = NULL;
	if (ret < 0) {
		dev_free(dev);
		return ret;
	}
	ret = dev_start(dev);
	if (ret < 0) {
		dev_stop(dev);
		dev_free(dev);
		return ret;
	}
	VFIO_LOG(DEBUG, dev, "open, %s, %u regions, %u interrupt indexes",
		transport_name(ops->id), dev->info.num_regions, dev->info.num_irqs);
	*out = dev;
	return 0;
}

static int
open_in_secondary(const struct rte_vfio_dev_node *node, struct rte_vfio_dev **out)
{
	struct rte_vfio_dev *dev;
	int ret;

	dev = dev_alloc(node->name);
	if (dev == NULL)
		return -ENOMEM;
	ret = vfio_secondary_attach(dev);
	if (ret < 0)
		dev_free(dev);
	else
		*out = dev;
	return ret;
}

/* The transports that are both offered and asked for. */
static unsigned int
candidates_find(const struct rte_vfio_dev_node *node, enum rte_vfio_transport transport,
	const struct vfio_ops *candidates[RTE_DIM(transports)])
{
	unsigned int i, nb = 0;

	for (i = 0; i < RTE_DIM(transports); i++)
		if ((transport == RTE_VFIO_TRANSPORT_ANY || transport == transports[i]->id) &&
				transports[i]->offered(node))
			candidates[nb++] = transports[i];
	/* What applications have EAL map reaches devices in EAL's container only. */
	if (node->eal_container && nb > 1 && candidates[nb - 2]->id == RTE_VFIO_TRANSPORT_CDEV)
		RTE_SWAP(candidates[nb - 2], candidates[nb - 1]);
	return nb;
}

/* A way to open a device that has been tried in vain. */
struct failure {
	int error;
	char reason[VFIO_OPEN_REASON_MAX];
};

/* The one line for a device that could be reached in several ways, and in none. */
static void
log_none_works(const struct rte_vfio_dev_node *node, const struct vfio_ops *const *candidates,
	const struct failure *failures, unsigned int nb)
{
	char reasons[RTE_DIM(transports) * (VFIO_OPEN_REASON_MAX + 32)] = "";
	const struct failure *failure;
	size_t len = 0;
	unsigned int i;

	for (i = 0; i < nb && len < sizeof(reasons); i++) {
		failure = &failures[i];
		len += snprintf(reasons + len, sizeof(reasons) - len, "%s%s: %s",
			i == 0 ? "" : "; ", transport_name(candidates[i]->id),
			failure->reason[0] != '\0' ? failure->reason : strerror(-failure->error));
	}
	VFIO_LOG(ERR, node, "cannot be opened (%s)", reasons);
}

/* The first error that is not "there is none", if there is one. */
static int
error_choose(const struct failure *failures, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		if (failures[i].error != -ENOENT && failures[i].error != -ENODEV)
			return failures[i].error;
	return failures[nb - 1].error;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_open)
int
rte_vfio_dev_open(const struct rte_vfio_dev_node *node,
	enum rte_vfio_transport transport, struct rte_vfio_dev **dev)
{
	const struct vfio_ops *candidates[RTE_DIM(transports)];
	struct failure failures[RTE_DIM(transports)];
	unsigned int i, nb;

	if (node == NULL || node->name == NULL || dev == NULL)
		return -EINVAL;
	if (rte_eal_process_type() == RTE_PROC_SECONDARY)
		return open_in_secondary(node, dev);
	nb = candidates_find(node, transport, candidates);
	if (nb == 0) {
		VFIO_LOG(ERR, node, "has no VFIO node for transport %s", transport_name(transport));
		return -ENODEV;
	}
	for (i = 0; i < nb; i++) {
		failures[i].reason[0] = '\0';
		vfio_call_begin();
		failures[i].error = open_with(candidates[i], node,
			nb == 1 ? NULL : failures[i].reason, dev);
		vfio_call_end();
		if (failures[i].error == 0)
			return 0;
	}
	if (nb > 1)
		log_none_works(node, candidates, failures, nb);
	return error_choose(failures, nb);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_close)
void
rte_vfio_dev_close(struct rte_vfio_dev *dev)
{
	if (dev == NULL)
		return;
	vfio_call_begin();
	if (vfio_is_shared(dev)) {
		vfio_irqs_free(dev);
		vfio_regions_free(dev);
		dev->ops->close(dev);
	} else {
		vfio_primary_remove(dev);
		rte_vfio_dev_event_set(dev, NULL, NULL);
		vfio_irqs_free(dev);
		dev_stop(dev);
	}
	vfio_call_end();
	dev_free(dev);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_info)
const struct rte_vfio_dev_info *
rte_vfio_dev_info(const struct rte_vfio_dev *dev)
{
	return &dev->info;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_reset)
int
rte_vfio_dev_reset(struct rte_vfio_dev *dev)
{
	if ((dev->info.flags & VFIO_DEVICE_FLAGS_RESET) == 0)
		return -ENOTSUP;
	return dev->ops->reset(dev);
}
