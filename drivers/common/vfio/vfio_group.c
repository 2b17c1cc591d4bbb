/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The group transport: /dev/vfio/N in EAL's default container, so that the
 * device shares its DMA mappings with the PCI devices of the process.  EAL
 * finds and opens the group, and maps its own memory.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_vfio.h>

#include "vfio_private.h"

static bool
group_offered(const struct rte_vfio_dev_node *node)
{
	return node->group_base != NULL && node->group_name != NULL;
}

static void
group_names_free(struct rte_vfio_dev *dev)
{
	free(dev->group_base);
	free(dev->group_name);
}

static int
group_open(struct rte_vfio_dev *dev, const struct rte_vfio_dev_node *node)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret = -ENOMEM;

	dev->group_base = strdup(node->group_base);
	dev->group_name = strdup(node->group_name);
	if (dev->group_base == NULL || dev->group_name == NULL)
		goto fail;
	rte_errno = 0;
	ret = rte_vfio_setup_device(dev->group_base, dev->group_name, &dev->fd, &info);
	if (ret == 0)
		return 0;
	/* 1: no group, or one that no VFIO driver has; EAL has said the rest. */
	ret = ret > 0 || rte_errno == 0 ? -ENODEV : -rte_errno;
	VFIO_LOG(ERR, dev, "no usable VFIO group under %s: %s", dev->group_base, strerror(-ret));
fail:
	group_names_free(dev);
	return ret;
}

static void
group_close(struct rte_vfio_dev *dev)
{
	rte_vfio_release_device(dev->group_base, dev->group_name, dev->fd);
	group_names_free(dev);
}

/* Wrapped so that every request reads as its argument. */
static int
device_ioctl(struct rte_vfio_dev *dev, unsigned long request, void *arg)
{
	return ioctl(dev->fd, request, arg) < 0 ? -errno : 0;
}

static int
group_get_info(struct rte_vfio_dev *dev, struct vfio_device_info *info)
{
	return device_ioctl(dev, VFIO_DEVICE_GET_INFO, info);
}

static int
group_region_info(struct rte_vfio_dev *dev, struct vfio_region_info *info, int *fd)
{
	int ret;

	ret = device_ioctl(dev, VFIO_DEVICE_GET_REGION_INFO, info);
	if (ret < 0 || (info->flags & VFIO_REGION_INFO_FLAG_MMAP) == 0)
		return ret;
	*fd = fcntl(dev->fd, F_DUPFD_CLOEXEC, 0);
	return *fd < 0 ? -errno : 0;
}

static int
group_region_read(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	void *buf, size_t len)
{
	ssize_t done = pread(dev->fd, buf, len, dev->regions[index].offset + offset);

	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EIO;
}

static int
group_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len)
{
	ssize_t done = pwrite(dev->fd, buf, len, dev->regions[index].offset + offset);

	if (done < 0)
		return -errno;
	return (size_t)done == len ? 0 : -EIO;
}

static int
group_irq_info(struct rte_vfio_dev *dev, struct vfio_irq_info *info)
{
	return device_ioctl(dev, VFIO_DEVICE_GET_IRQ_INFO, info);
}

static int
group_set_irqs(struct rte_vfio_dev *dev, struct vfio_irq_set *set)
{
	return device_ioctl(dev, VFIO_DEVICE_SET_IRQS, set);
}

static int
group_dma_map(struct rte_vfio_dev *dev, void *addr, uint64_t iova, uint64_t len,
	int fd, uint64_t fd_offset)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(fd);
	RTE_SET_USED(fd_offset);
	if (rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD,
			(uintptr_t)addr, iova, len) == 0)
		return 0;
	return rte_errno != 0 ? -rte_errno : -EIO;
}

static int
group_dma_unmap(struct rte_vfio_dev *dev, void *addr, uint64_t iova, uint64_t len)
{
	RTE_SET_USED(dev);
	if (rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD,
			(uintptr_t)addr, iova, len) == 0)
		return 0;
	return rte_errno != 0 ? -rte_errno : -EIO;
}

static int
group_reset(struct rte_vfio_dev *dev)
{
	return device_ioctl(dev, VFIO_DEVICE_RESET, NULL);
}

/* The kernel's request and error interrupts are not joined on this transport. */
static int
group_watch(struct rte_vfio_dev *dev, bool on)
{
	RTE_SET_USED(dev);
	RTE_SET_USED(on);
	return 0;
}

const struct vfio_ops vfio_group_ops = {
	.name = "group",
	.id = RTE_VFIO_TRANSPORT_GROUP,
	.eal_maps_memory = true,
	.offered = group_offered,
	.open = group_open,
	.close = group_close,
	.get_info = group_get_info,
	.region_info = group_region_info,
	.region_read = group_region_read,
	.region_write = group_region_write,
	.irq_info = group_irq_info,
	.set_irqs = group_set_irqs,
	.dma_map = group_dma_map,
	.dma_unmap = group_dma_unmap,
	.reset = group_reset,
	.watch = group_watch,
};
