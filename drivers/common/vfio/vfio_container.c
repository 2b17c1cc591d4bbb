/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <rte_common.h>

#include "vfio_cap.h"
#include "vfio_container.h"

#define CONTAINER_PATH "/dev/vfio/vfio"

/* A description of an IOMMU that is longer is none. */
#define IOMMU_INFO_MAX (1024 * 1024)

/* A group that is open, in the container whose devs_lock protects it. */
struct vfio_group {
	LIST_ENTRY(vfio_group) next;
	int number;
	int fd;
	uint32_t nb_devs;
};

struct container {
	struct vfio_dma dma;
	unsigned long type; /* for VFIO_SET_IOMMU */
	const char *module; /* the kernel's, which has that type */
	int fd; /* -1 while there is no group */
	LIST_HEAD(, vfio_group) groups; /* the first gives the container its IOMMU */
};

static int
type1_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	const struct container *container = container_of(dma, struct container, dma);
	struct vfio_iommu_type1_dma_map map = {
		.argsz = sizeof(map),
		.flags = VFIO_DMA_MAP_FLAG_READ | VFIO_DMA_MAP_FLAG_WRITE,
		.vaddr = (uintptr_t)run->addr,
		.iova = run->iova,
		.size = run->len,
	};

	return ioctl(container->fd, VFIO_IOMMU_MAP_DMA, &map) < 0 ? -errno : 0;
}

static int
type1_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	const struct container *container = container_of(dma, struct container, dma);
	struct vfio_iommu_type1_dma_unmap unmap = {
		.argsz = sizeof(unmap),
		.iova = iova,
		.size = len,
	};

	RTE_SET_USED(addr);
	if (ioctl(container->fd, VFIO_IOMMU_UNMAP_DMA, &unmap) < 0)
		return -errno;
	return unmap.size == len ? 0 : -EIO;
}

/* Devices without an IOMMU reach all memory as it is. */
static int
noiommu_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	RTE_SET_USED(dma);
	RTE_SET_USED(run);
	return 0;
}

static int
noiommu_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	RTE_SET_USED(dma);
	RTE_SET_USED(addr);
	RTE_SET_USED(iova);
	RTE_SET_USED(len);
	return 0;
}

/* --- Which addresses can be mapped ------------------------------------------- */

/* The IOMMU's description with all its capabilities, the caller's to free, or NULL. */
static struct vfio_iommu_type1_info *
iommu_info(const struct container *container)
{
	struct vfio_iommu_type1_info *info = NULL, *larger;
	uint32_t argsz = sizeof(*info);

	while (argsz <= IOMMU_INFO_MAX) {
		larger = realloc(info, argsz);
		if (larger == NULL)
			break;
		info = larger;
		memset(info, 0, argsz);
		info->argsz = argsz;
		if (ioctl(container->fd, VFIO_IOMMU_GET_INFO, info) < 0)
			break;
		if (info->argsz <= argsz)
			return info;
		argsz = info->argsz;
	}
	free(info);
	return NULL;
}

/* Each range of a capability that is at this offset of the IOMMU's description. */
static int
iova_cap_take(const struct vfio_iommu_type1_info *info, uint32_t offset,
	struct vfio_ranges *allowed)
{
	struct vfio_iommu_type1_info_cap_iova_range cap;
	const uint8_t *at = RTE_PTR_ADD(info, offset);
	struct vfio_iova_range range;
	uint32_t i;
	int ret;

	if (info->argsz - offset < sizeof(cap))
		return -EPROTO;
	memcpy(&cap, at, sizeof(cap));
	if (cap.nr_iovas > (info->argsz - offset - sizeof(cap)) / sizeof(range))
		return -EPROTO;
	ret = vfio_ranges_reserve(allowed, cap.nr_iovas);
	for (i = 0; i < cap.nr_iovas && ret == 0; i++) {
		memcpy(&range, at + sizeof(cap) + i * sizeof(range), sizeof(range));
		vfio_ranges_add(allowed, &(struct vfio_range) {
			.first = range.start,
			.last = range.end,
		});
	}
	return ret;
}

/* Kernels before 5.4 have no capability that lists ranges of IOVA. */
static int
iova_caps_read(const struct vfio_iommu_type1_info *info, struct vfio_ranges *allowed)
{
	struct vfio_cap cap = { .offset = sizeof(*info) - 1, .header.next = info->cap_offset };
	int ret;

	if ((info->flags & VFIO_IOMMU_INFO_CAPS) == 0)
		return 0;
	while ((ret = vfio_cap_next(info, info->argsz, &cap)) > 0)
		if (cap.header.id == VFIO_IOMMU_TYPE1_INFO_CAP_IOVA_RANGE)
			return iova_cap_take(info, cap.offset, allowed);
	return ret;
}

/*
 * Each group that comes may narrow them, each that leaves may widen them.  Where they
 * cannot be told it is left to the kernel to refuse a mapping.
 */
static void
ranges_read(struct container *container, const struct rte_vfio_dev *dev)
{
	struct vfio_ranges allowed = { .nb = 0 };
	struct vfio_iommu_type1_info *info;
	int ret = 0;

	info = iommu_info(container);
	if (info != NULL)
		ret = iova_caps_read(info, &allowed);
	if (ret < 0)
		VFIO_LOG(ERR, dev, "group %d: which IOVA can be mapped is not known: %s",
			dev->group_number, strerror(-ret));
	free(info);
	vfio_dma_allow(&container->dma, &allowed);
}

/* --- Groups ------------------------------------------------------------------ */

/* The name that udev and the kernel give, and the one that a container may have it by. */
static int
group_node_open(struct rte_vfio_dev *dev)
{
	static const char *const bases[] = { "/dev/vfio/", "/dev/vfio/noiommu-" };
	int fd, error = ENOENT;
	unsigned int i;
	char path[64];

	for (i = 0; i < RTE_DIM(bases) && error == ENOENT; i++) {
		snprintf(path, sizeof(path), "%s%d", bases[i], dev->group_number);
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		error = errno;
	}
	VFIO_LOG_OPEN(dev, "cannot open VFIO group %d: %s%s", dev->group_number, strerror(error),
		error == ENOENT ? ", no VFIO driver is bound to the device" :
		error == EACCES ? ", the user needs access to its node in /dev/vfio" :
		error == EPERM ? ", without an IOMMU it needs CAP_SYS_RAWIO" :
		error == EBUSY ? ", a process, or a PCI device of this one, has it" : "");
	return -error;
}

static int
group_check_viable(struct rte_vfio_dev *dev, int fd)
{
	struct vfio_group_status status = { .argsz = sizeof(status) };
	int error;

	if (ioctl(fd, VFIO_GROUP_GET_STATUS, &status) < 0) {
		error = errno;
		VFIO_LOG_OPEN(dev, "VFIO group %d has no status: %s", dev->group_number,
			strerror(error));
		return -error;
	}
	if ((status.flags & VFIO_GROUP_FLAGS_VIABLE) != 0)
		return 0;
	VFIO_LOG_OPEN(dev, "VFIO group %d is not viable: bind all devices of IOMMU group %d to VFIO, or to no driver",
		dev->group_number, dev->group_number);
	return -EPERM;
}

static int
container_open(struct container *container, struct rte_vfio_dev *dev)
{
	int error;

	container->fd = open(CONTAINER_PATH, O_RDWR | O_CLOEXEC);
	if (container->fd >= 0)
		return 0;
	error = errno;
	VFIO_LOG_OPEN(dev, "cannot open " CONTAINER_PATH ": %s%s", strerror(error),
		error == ENOENT || error == ENODEV ? ", load the module vfio" :
		error == EACCES ? ", the user needs access to it" : "");
	return -error;
}

static void
container_close_if_empty(struct container *container)
{
	if (!LIST_EMPTY(&container->groups))
		return;
	close(container->fd);
	container->fd = -1;
}

/* Put an open group into the container, and have it translate addresses. */
static int
group_add(struct container *container, struct rte_vfio_dev *dev, int fd)
{
	int error;

	if (ioctl(fd, VFIO_GROUP_SET_CONTAINER, &container->fd) < 0) {
		error = errno;
		VFIO_LOG_OPEN(dev, "VFIO group %d cannot come into the container: %s%s",
			dev->group_number, strerror(error), error == ENOMEM ?
			", memory may have to be locked (ulimit -l)" : error == EINVAL ?
			", its IOMMU cannot reach all memory that is mapped" : "");
		return -error;
	}
	if (!LIST_EMPTY(&container->groups) ||
			ioctl(container->fd, VFIO_SET_IOMMU, container->type) == 0)
		return 0;
	error = errno;
	VFIO_LOG_OPEN(dev, "container cannot have an IOMMU for VFIO group %d: %s%s%s",
		dev->group_number, strerror(error), error == ENODEV ? ", load the module " : "",
		error == ENODEV ? container->module : "");
	return -error;
}

static struct vfio_group *
group_find(const struct container *container, int number)
{
	struct vfio_group *group;

	LIST_FOREACH(group, &container->groups, next)
		if (group->number == number)
			return group;
	return NULL;
}

static int
group_open(struct container *container, struct rte_vfio_dev *dev, struct vfio_group **out)
{
	struct vfio_group *group;
	int ret;

	group = calloc(1, sizeof(*group));
	if (group == NULL)
		return vfio_no_memory(dev, "its group");
	group->number = dev->group_number;
	group->fd = group_node_open(dev);
	ret = group->fd < 0 ? group->fd : group_check_viable(dev, group->fd);
	if (ret == 0 && container->fd < 0)
		ret = container_open(container, dev);
	if (ret == 0)
		ret = group_add(container, dev, group->fd);
	if (ret < 0) {
		if (group->fd >= 0)
			close(group->fd);
		free(group);
		container_close_if_empty(container);
		return ret;
	}
	LIST_INSERT_HEAD(&container->groups, group, next);
	*out = group;
	return 0;
}

/* A group leaves the container when it is closed, and mappings end with the last. */
static void
group_put(struct container *container, struct vfio_group *group)
{
	if (group->nb_devs != 0)
		return;
	LIST_REMOVE(group, next);
	close(group->fd);
	free(group);
	container_close_if_empty(container);
}

static int
container_attach(struct vfio_dma *dma, struct rte_vfio_dev *dev)
{
	struct container *container = container_of(dma, struct container, dma);
	struct vfio_group *group = group_find(container, dev->group_number);
	int ret;

	if (group == NULL) {
		ret = group_open(container, dev, &group);
		if (ret < 0)
			return ret;
	}
	dev->fd = ioctl(group->fd, VFIO_GROUP_GET_DEVICE_FD, dev->group_name);
	if (dev->fd < 0) {
		ret = -errno;
		VFIO_LOG_OPEN(dev, "VFIO group %d does not give it: %s", group->number,
			strerror(-ret));
		group_put(container, group);
		return ret;
	}
	group->nb_devs++;
	ranges_read(container, dev);
	return 0;
}

static void
container_detach(struct vfio_dma *dma, struct rte_vfio_dev *dev)
{
	struct container *container = container_of(dma, struct container, dma);
	struct vfio_group *group = group_find(container, dev->group_number);

	close(dev->fd);
	group->nb_devs--;
	group_put(container, group);
	if (container->fd >= 0)
		ranges_read(container, dev);
}

static const struct vfio_dma_ops type1_ops = {
	.attach = container_attach,
	.detach = container_detach,
	.map = type1_map,
	.unmap = type1_unmap,
};

static const struct vfio_dma_ops noiommu_ops = {
	.attach = container_attach,
	.detach = container_detach,
	.map = noiommu_map,
	.unmap = noiommu_unmap,
};

static struct container type1 = {
	.dma = {
		.ops = &type1_ops,
		.name = "VFIO container",
		.devs_lock = PTHREAD_MUTEX_INITIALIZER,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	},
	.type = VFIO_TYPE1v2_IOMMU,
	.module = "vfio_iommu_type1",
	.fd = -1,
};

static struct container noiommu = {
	.dma = {
		.ops = &noiommu_ops,
		.name = "VFIO container without IOMMU",
		.devs_lock = PTHREAD_MUTEX_INITIALIZER,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	},
	.type = VFIO_NOIOMMU_IOMMU,
	.module = "vfio",
	.fd = -1,
};

struct vfio_dma *const vfio_container_type1 = &type1.dma;
struct vfio_dma *const vfio_container_noiommu = &noiommu.dma;
