/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio_kernel.h"

/* Wrapped so that every request reads as its argument. */
static int
device_ioctl(struct rte_vfio_dev *dev, unsigned long request, void *arg)
{
	return ioctl(dev->fd, request, arg) < 0 ? -errno : 0;
}

int
vfio_kernel_get_info(struct rte_vfio_dev *dev, struct vfio_device_info *info)
{
	return device_ioctl(dev, VFIO_DEVICE_GET_INFO, info);
}

int
vfio_kernel_region_info(struct rte_vfio_dev *dev, struct vfio_region_info *info, int *fd)
{
	int ret;

	ret = device_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, info);
	if (ret < 0 || (info->flags & VFIO_REGION_INFO_FLAG_MMAP) == 0)
		return ret;
	*fd = fcntl(dev->fd, F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

int
vfio_kernel_region_read(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	void *buf, size_t len)
{
	ssize_t done = pread(dev->fd, buf, len, dev->regions[index].offset + offset);

	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EIO;
}

int
vfio_kernel_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len)
{
	ssize_t done = pwrite(dev->fd, buf, len, dev->regions[index].offset + offset);

	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EIO;
}

int
vfio_kernel_irq_info(struct rte_vfio_dev *dev, struct vfio_irq_info *info)
{
	return device_ioctl(dev, VFIO_DEVICE_GET_IRQ_INFO, info);
}

int
vfio_kernel_set_irqs(struct rte_vfio_dev *dev, struct vfio_irq_set *set)
{
	return device_ioctl(dev, VFIO_DEVICE_SET_IRQS, set);
}

int
vfio_kernel_reset(struct rte_vfio_dev *dev)
{
	return device_ioctl(dev, VFIO_DEVICE_RESET, NULL);
}
