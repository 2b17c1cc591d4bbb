/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * EAL's containers: the default one, and those that an application makes with
 * rte_vfio_container_create().  EAL opens groups and devices in them, maps its
 * memory, and keeps the list of what is mapped besides; nothing of that is
 * repeated here.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_vfio.h>

#include "vfio_container.h"

/* EAL logs an error for a node that cannot be opened, which it is not while another is tried. */
static bool
group_is_accessible(int group)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/vfio/%d", group);
	if (faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0)
		return true;
	snprintf(path, sizeof(path), "/dev/vfio/noiommu-%d", group);
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) == 0;
}

static bool
eal_has_container(void)
{
	return rte_vfio_is_enabled("vfio") ||
		(rte_vfio_enable("vfio") == 0 && rte_vfio_is_enabled("vfio"));
}

static int
eal_attach(struct vfio_dma *dma, struct rte_vfio_dev *dev)
{
	struct vfio_device_info info = { .argsz = sizeof(info) };
	int ret;

	RTE_SET_USED(dma);
	if (!group_is_accessible(dev->group_number)) {
		VFIO_LOG_OPEN(dev, "no access to the node of VFIO group %d in /dev/vfio",
			dev->group_number);
		return -ENODEV;
	}
	if (!eal_has_container()) {
		VFIO_LOG_OPEN(dev, "EAL has no container: the module vfio is not loaded, or /dev/vfio/vfio cannot be opened");
		return -ENODEV;
	}
	ret = rte_vfio_setup_device(dev->group_base, dev->group_name, &dev->fd, &info);
	if (ret == 0)
		return 0;
	dev->fd = -1;
	VFIO_LOG_OPEN(dev, "EAL cannot open it in VFIO group %d", dev->group_number);
	return ret > 0 ? -ENODEV : -EIO;
}

/* Closes the device, too. */
static void
eal_detach(struct vfio_dma *dma, struct rte_vfio_dev *dev)
{
	RTE_SET_USED(dma);
	if (rte_vfio_release_device(dev->group_base, dev->group_name, dev->fd) != 0)
		VFIO_LOG(ERR, dev, "EAL cannot release it from VFIO group %d", dev->group_number);
}

/* EAL sets rte_errno for some failures only: not where the kernel refuses a mapping. */
static int
eal_result(int ret)
{
	return ret == 0 ? 0 : rte_errno != 0 ? -rte_errno : -EIO;
}

static int
eal_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	RTE_SET_USED(dma);
	rte_errno = 0;
	return eal_result(rte_vfio_container_dma_map(RTE_VFIO_DEFAULT_CONTAINER_FD,
		(uintptr_t)run->addr, run->iova, run->len));
}

static int
eal_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	RTE_SET_USED(dma);
	rte_errno = 0;
	return eal_result(rte_vfio_container_dma_unmap(RTE_VFIO_DEFAULT_CONTAINER_FD,
		(uintptr_t)addr, iova, len));
}

static const struct vfio_dma_ops eal_ops = {
	.attach = eal_attach,
	.detach = eal_detach,
	.map = eal_map,
	.unmap = eal_unmap,
	.is_eals = true,
};

static struct vfio_dma eal = {
	.ops = &eal_ops,
	.name = "EAL's VFIO container",
	.devs_lock = PTHREAD_MUTEX_INITIALIZER,
	.lock = PTHREAD_MUTEX_INITIALIZER,
};

struct vfio_dma *const vfio_container_eal = &eal;
