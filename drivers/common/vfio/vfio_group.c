/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The group transport: /dev/vfio/N in EAL's default container, so that the
 * device shares its DMA mappings with the PCI devices of the process.  EAL
 * finds and opens the group, and maps its own memory.  A device without an
 * IOMMU behind it goes into a container of ours.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_vfio.h>

#include "vfio_container.h"
#include "vfio_kernel.h"

/* --- DMA: what EAL does not map by itself ------------------------------------ */

static int
group_dma_result(int ret)
{
	if (ret == 0)
		return 0;
	return rte_errno != 0 ? -rte_errno : -EIO;
}

static int
group_dma_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	RTE_SET_USED(dma);
	return group_dma_result(rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD,
			(uintptr_t)run->addr, run->iova, run->len));
}

static int
group_dma_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	RTE_SET_USED(dma);
	return group_dma_result(rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD,
			(uintptr_t)addr, iova, len));
}

static const struct vfio_dma_ops group_dma_ops = {
	.map = group_dma_map,
	.unmap = group_dma_unmap,
	.eal_maps_memory = true,
};

static struct vfio_dma group_dma = {
	.ops = &group_dma_ops,
	.name = "VFIO container",
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

/* --- The device -------------------------------------------------------------- */

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

/* Whether nothing at all is between the devices of a group and the memory. */
static bool
group_is_noiommu(int group)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/noiommu-%d", group);
	return access(path, F_OK) == 0;
}

/*
 * Without an IOMMU a device reaches whatever physical address it is given.
 * The kernel allows that if it was told to; then our addresses have to be
 * physical ones.
 */
static int
group_check_noiommu(struct rte_vfio_dev *dev, int group)
{
	if (rte_vfio_noiommu_is_enabled() != 1) {
		VFIO_LOG_OPEN(dev, "group %d has no IOMMU, and VFIO's enable_unsafe_noiommu_mode is off",
			group);
		return -EPERM;
	}
	if (rte_eal_iova_mode() != RTE_IOVA_PA) {
		VFIO_LOG_OPEN(dev, "group %d has no IOMMU, which needs IOVA as PA (--iova-mode=pa)",
			group);
		return -ENOTSUP;
	}
	return 0;
}

/*
 * Whether the kernel made the group for a device that its driver gives no
 * IOMMU.  It names such groups as those that have none at all.
 */
static bool
group_is_emulated(const struct rte_vfio_dev *dev)
{
	static const char name[] = "vfio-noiommu\n";
	char path[PATH_MAX], text[sizeof(name)];
	ssize_t len;
	int fd;

	if (snprintf(path, sizeof(path), "%s/%s/iommu_group/name", dev->group_base,
			dev->group_name) >= (int)sizeof(path))
		return false;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return false;
	len = read(fd, text, sizeof(text));
	close(fd);
	return len == sizeof(name) - 1 && memcmp(text, name, len) == 0;
}

/* The name in sysfs is also the one by which the group knows the device. */
static int
group_setup_eal(struct rte_vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret;

	if (!rte_vfio_is_enabled("vfio")) {
		VFIO_LOG_OPEN(dev, "EAL has no VFIO: no vfio module, or /dev/vfio/vfio cannot be opened");
		return -ENODEV;
	}
	rte_errno = 0;
	ret = rte_vfio_setup_device(dev->group_base, dev->group_name, &dev->fd, &info);
	if (ret == 0) {
		dev->dma = &group_dma;
		return 0;
	}
	/* 1: no VFIO driver has the group; EAL has said the rest. */
	ret = ret > 0 || rte_errno == 0 ? -ENODEV : -rte_errno;
	VFIO_LOG_OPEN(dev, "VFIO group of %s/%s cannot be used: %s", dev->group_base,
		dev->group_name, strerror(-ret));
	return ret;
}

static int
group_setup(struct rte_vfio_dev *dev)
{
	int group, ret;

	if (rte_vfio_get_group_num(dev->group_base, dev->group_name, &group) <= 0) {
		VFIO_LOG_OPEN(dev, "%s/%s has no IOMMU group", dev->group_base, dev->group_name);
		return -ENODEV;
	}
	if (group_is_noiommu(group)) {
		ret = group_check_noiommu(dev, group);
		return ret < 0 ? ret : group_setup_eal(dev);
	}
	return group_is_emulated(dev) ? vfio_container_open(dev, group) : group_setup_eal(dev);
}

static int
group_open(struct rte_vfio_dev *dev, const struct rte_vfio_dev_node *node)
{
	int ret = -ENOMEM;

	dev->group_base = strdup(node->group_base);
	dev->group_name = strdup(node->group_name);
	if (dev->group_base != NULL && dev->group_name != NULL)
		ret = group_setup(dev);
	if (ret < 0)
		group_names_free(dev);
	return ret;
}

static void
group_close(struct rte_vfio_dev *dev)
{
	int group;

	/* EAL looks for the group in sysfs, and would keep all open if it is gone. */
	if (dev->group_fd >= 0)
		vfio_container_close(dev);
	else if (rte_vfio_get_group_num(dev->group_base, dev->group_name, &group) > 0)
		rte_vfio_release_device(dev->group_base, dev->group_name, dev->fd);
	else
		close(dev->fd);
	group_names_free(dev);
}

const struct vfio_ops vfio_group_ops = {
	.name = "group",
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
