/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The character device transport: /dev/vfio/devices/vfioN, bound to the
 * process's iommufd and attached to the address space in it.
 */

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio_iommufd.h"
#include "vfio_iommufd_abi.h"
#include "vfio_kernel.h"

static bool
cdev_offered(const struct rte_vfio_dev_node *node)
{
	return node->cdev != NULL;
}

/* Until it is bound, a device answers no request. */
static int
cdev_bind(struct rte_vfio_dev *dev, int iommufd)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd };
	int ret;

	if (ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind) == 0)
		return 0;
	ret = -errno;
	VFIO_LOG_OPEN(dev, "cannot bind to iommufd: %s%s", strerror(-ret),
		ret == -EBUSY ? ", its group is in use" : "");
	return ret;
}

static int
cdev_attach(struct rte_vfio_dev *dev, uint32_t ioas_id)
{
	struct vfio_device_attach_iommufd_pt attach = { .argsz = sizeof(attach), .pt_id = ioas_id };
	int ret = 0;

	if (ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) < 0)
		ret = -errno;
	else
		ret = vfio_iommufd_ranges_read();
	if (ret < 0)
		VFIO_LOG_OPEN(dev, "cannot attach to I/O address space %u: %s%s", ioas_id,
			strerror(-ret), ret == -EADDRINUSE ?
			", it cannot reach all memory that is mapped" : "");
	return ret;
}

static int
cdev_open(struct rte_vfio_dev *dev, const struct rte_vfio_dev_node *node)
{
	struct vfio_iommufd *iommufd;
	int ret;

	dev->fd = open(node->cdev, O_RDWR | O_CLOEXEC);
	if (dev->fd < 0) {
		ret = -errno;
		VFIO_LOG_OPEN(dev, "cannot open %s: %s", node->cdev, strerror(-ret));
		return ret;
	}
	ret = vfio_iommufd_get(dev, &iommufd);
	if (ret < 0) {
		close(dev->fd);
		return ret;
	}
	ret = cdev_bind(dev, iommufd->fd);
	if (ret == 0)
		ret = cdev_attach(dev, iommufd->ioas_id);
	if (ret < 0) {
		close(dev->fd);
		vfio_iommufd_put();
		return ret;
	}
	dev->dma = &iommufd->dma;
	return 0;
}

static void
cdev_close(struct rte_vfio_dev *dev)
{
	const struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	ioctl(dev->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
	close(dev->fd);
	vfio_iommufd_ranges_read(); /* of no use to the last device, and no harm */
	vfio_iommufd_put();
}

const struct vfio_ops vfio_cdev_ops = {
	.name = "character device",
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
