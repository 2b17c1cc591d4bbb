/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_common.h>

#include "vfio_container.h"

#define CONTAINER_PATH "/dev/vfio/vfio"

static int container_map(struct vfio_dma *dma, const struct vfio_dma_run *run);
static int container_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len);

static const struct vfio_dma_ops container_dma_ops = {
	.map = container_map,
	.unmap = container_unmap,
};

static struct vfio_dma container_dma = {
	.ops = &container_dma_ops,
	.name = CONTAINER_PATH,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

/* Held while groups come and go: the first gives the container its IOMMU. */
static pthread_mutex_t container_lock = PTHREAD_MUTEX_INITIALIZER;
static int container_fd = -1;
static uint32_t nb_groups;

static int
container_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)run->addr,
		.iova = run->iova,
		.size = run->len,
	};

	RTE_SET_USED(dma);
	return ioctl(container_fd, VFIO_IOMMU_MAP_DMA, &map) < 0 ? -errno : 0;
}

static int
container_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = len,
	};

	RTE_SET_USED(dma);
	RTE_SET_USED(addr);
	return ioctl(container_fd, VFIO_IOMMU_UNMAP_DMA, &unmap) < 0 ? -errno : 0;
}

/* One line for the step that failed. */
static int
failed(struct rte_vfio_dev *dev, const char *step)
{
	int error = -errno;

	VFIO_LOG_OPEN(dev, "%s: %s", step, strerror(-error));
	return error;
}

/* Put a group into the container, which the first one makes. */
static int
group_add(struct rte_vfio_dev *dev)
{
	int ret;

	if (nb_groups == 0) {
		container_fd = open(CONTAINER_PATH, O_RDWR | O_CLOEXEC);
		if (container_fd < 0)
			return failed(dev, "cannot open " CONTAINER_PATH);
	}
	if (ioctl(dev->group_fd, VFIO_GROUP_SET_CONTAINER, &container_fd) < 0)
		ret = failed(dev, "cannot put its group into a container");
	else if (nb_groups == 0 && ioctl(container_fd, VFIO_SET_IOMMU, VFIO_TYPE1v2_IOMMU) < 0)
		ret = failed(dev, "container cannot have type 1, version 2");
	else
		ret = 0;
	if (ret == 0) {
		nb_groups++;
	} else if (nb_groups == 0) {
		close(container_fd);
		container_fd = -1;
	}
	return ret;
}

/* A group leaves the container when it is closed. */
static void
group_remove(struct rte_vfio_dev *dev)
{
	close(dev->group_fd);
	dev->group_fd = -1;
	if (--nb_groups == 0) {
		close(container_fd);
		container_fd = -1;
	}
}

int
vfio_container_open(struct rte_vfio_dev *dev, int group)
{
	char path[64];
	int ret;

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	dev->group_fd = open(path, O_RDWR | O_CLOEXEC);
	if (dev->group_fd < 0) {
		ret = -errno;
		VFIO_LOG_OPEN(dev, "cannot open %s: %s", path, strerror(-ret));
		return ret;
	}
	pthread_mutex_lock(&container_lock);
	ret = group_add(dev);
	if (ret < 0) {
		close(dev->group_fd);
		dev->group_fd = -1;
	} else {
		dev->fd = ioctl(dev->group_fd, VFIO_GROUP_GET_DEVICE_FD, dev->group_name);
		if (dev->fd < 0) {
			ret = failed(dev, "its group does not have it");
			group_remove(dev);
		}
	}
	pthread_mutex_unlock(&container_lock);
	dev->dma = &container_dma;
	return ret;
}

void
vfio_container_close(struct rte_vfio_dev *dev)
{
	close(dev->fd);
	pthread_mutex_lock(&container_lock);
	group_remove(dev);
	pthread_mutex_unlock(&container_lock);
}
