/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The character device transport: /dev/vfio/devices/vfioN, bound to the
 * process's iommufd and attached to the address space in it.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "vfio_iommufd.h"
#include "vfio_kernel.h"

static bool
cdev_offered(const struct rte_vfio_dev_node *node)
{
	return node->cdev != NULL;
}

static int
cdev_open(struct rte_vfio_dev *dev, const struct rte_vfio_dev_node *node)
{
	char path[PATH_MAX];
	int ret;

	dev->fd = open(node->cdev, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0) {
		ret = -errno;
		/* The node may be a descriptor in /proc, which tells the user nothing. */
		VFIO_LOG_OPEN(dev, "cannot open %s: %s%s",
			realpath(node->cdev, path) != NULL ? path : node->cdev, strerror(-ret),
			ret == -EACCES ? ", the user needs access to it" : "");
		return ret;
	}
	ret = vfio_dma_attach(dev, vfio_iommufd_dma);
	if (ret < 0)
		close(dev->fd);
	return ret;
}

static void
cdev_close(struct rte_vfio_dev *dev)
{
	vfio_dma_detach(dev);
}

const struct vfio_ops vfio_cdev_ops = {
	.id = RTE_VFIO_TRANSPORT_CDEV,
	.offered = cdev_offered,
	.open = cdev_open,
	.close = cdev_close,
	.get_info = vfio_kernel_get_info,
	.region_info = vfio_kernel_region_info,
	.region_read = vfio_kernel_region_read,
	.region_write = vfio_kernel_region_write,
	.irq_info = vfio_kernel_irq_info,
	.set_irqs = vfio_kernel_set_irqs,
	.reset = vfio_kernel_reset,
};
