/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The group transport: /dev/vfio/N in one of our containers, or in EAL's.
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_vfio.h>

#include "vfio_container.h"
#include "vfio_kernel.h"

static bool
group_offered(const struct rte_vfio_dev_node *node)
{
	return node->group_base != NULL && node->group_name != NULL;
}

/*
 * Whether nothing at all is between the devices of a group and the memory.  The
 * kernel's class of groups says so; the node in /dev may have another name.
 */
static bool
group_is_noiommu(int group)
{
	char path[64];

	snprintf(path, sizeof(path), "/sys/class/vfio/noiommu-%d", group);
	return access(path, F_OK) == 0;
}

/*
 * Without an IOMMU a device reaches whatever physical address it is given.
 * The kernel allows that if it was told to; then our addresses have to be
 * physical ones.
 */
static int
group_check_noiommu(struct rte_vfio_dev *dev)
{
	if (rte_vfio_noiommu_is_enabled() != 1) {
		VFIO_LOG_OPEN(dev, "group %d has no IOMMU, and VFIO's enable_unsafe_noiommu_mode is off",
			dev->group_number);
		return -EPERM;
	}
	if (rte_eal_iova_mode() != RTE_IOVA_PA) {
		VFIO_LOG_OPEN(dev, "group %d has no IOMMU, which needs IOVA as PA (--iova-mode=pa)",
			dev->group_number);
		return -ENOTSUP;
	}
	return 0;
}

static void
group_names_free(struct rte_vfio_dev *dev)
{
	free(dev->group_base);
	free(dev->group_name);
}

/* The name in sysfs is also the one by which the group knows the device. */
static int
group_open(struct rte_vfio_dev *dev, const struct rte_vfio_dev_node *node)
{
	struct vfio_dma *dma = vfio_container_type1;
	int ret = 0;

	if (rte_vfio_get_group_num(node->group_base, node->group_name, &dev->group_number) <= 0) {
		VFIO_LOG_OPEN(dev, "%s/%s has no IOMMU group", node->group_base, node->group_name);
		return -ENODEV;
	}
	if (node->eal_container) {
		dma = vfio_container_eal;
	} else if (group_is_noiommu(dev->group_number)) {
		ret = group_check_noiommu(dev);
		dma = vfio_container_noiommu;
	}
	if (ret < 0)
		return ret;
	dev->group_base = strdup(node->group_base);
	dev->group_name = strdup(node->group_name);
	if (dev->group_base == NULL || dev->group_name == NULL)
		ret = vfio_no_memory(dev, "the name of its group");
	if (ret == 0)
		ret = vfio_dma_attach(dev, dma);
	if (ret < 0)
		group_names_free(dev);
	return ret;
}

static void
group_close(struct rte_vfio_dev *dev)
{
	vfio_dma_detach(dev);
	group_names_free(dev);
}

const struct vfio_ops vfio_group_ops = {
	.id = RTE_VFIO_TRANSPORT_GROUP,
	.offered = group_offered,
	.open = group_open,
	.close = group_close,
	.get_info = vfio_kernel_get_info,
	.region_info = vfio_kernel_region_info,
	.region_read = vfio_kernel_region_read,
	.region_write = vfio_kernel_region_write,
	.irq_info = vfio_kernel_irq_info,
	.set_irqs = vfio_kernel_set_irqs,
	.reset = vfio_kernel_reset,
};
