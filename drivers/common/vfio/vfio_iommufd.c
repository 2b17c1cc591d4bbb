/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "vfio_iommufd.h"
#include "vfio_iommufd_abi.h"

#define IOMMUFD_PATH "/dev/iommu"

/* More ranges than that is no IOMMU. */
#define RANGES_MAX 4096

static int iommufd_attach(struct vfio_dma *dma, struct rte_vfio_dev *dev);
static void iommufd_detach(struct vfio_dma *dma, struct rte_vfio_dev *dev);
static int iommufd_map(struct vfio_dma *dma, const struct vfio_dma_run *run);
static int iommufd_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len);

static const struct vfio_dma_ops iommufd_dma_ops = {
	.attach = iommufd_attach,
	.detach = iommufd_detach,
	.map = iommufd_map,
	.unmap = iommufd_unmap,
};

/* The process's iommufd; devs_lock of its domain protects fd and ioas_id. */
static struct {
	struct vfio_dma dma;
	int fd; /* -1 while there is no device */
	uint32_t ioas_id;
} iommufd = {
	.dma = {
		.ops = &iommufd_dma_ops,
		.name = IOMMUFD_PATH,
		.devs_lock = PTHREAD_MUTEX_INITIALIZER,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	},
	.fd = -1,
};

struct vfio_dma *const vfio_iommufd_dma = &iommufd.dma;

static int
iommufd_ioctl(unsigned long request, void *arg)
{
	return ioctl(iommufd.fd, request, arg) < 0 ? -errno : 0;
}

static int
iommufd_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	struct iommu_ioas_map map = {
		.size = sizeof(map),
		.flags = IOMMU_IOAS_MAP_FIXED_IOVA | IOMMU_IOAS_MAP_READABLE |
			IOMMU_IOAS_MAP_WRITEABLE,
		.ioas_id = iommufd.ioas_id,
		.user_va = (uintptr_t)run->addr,
		.length = run->len,
		.iova = run->iova,
	};

	RTE_SET_USED(dma);
	return iommufd_ioctl(IOMMU_IOAS_MAP, &map);
}

static int
iommufd_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	struct iommu_ioas_unmap unmap = {
		.size = sizeof(unmap),
		.ioas_id = iommufd.ioas_id,
		.iova = iova,
		.length = len,
	};

	int ret;

	RTE_SET_USED(dma);
	RTE_SET_USED(addr);
	ret = iommufd_ioctl(IOMMU_IOAS_UNMAP, &unmap);
	return ret < 0 || unmap.length == len ? ret : -EIO;
}

/* The kernel's list, with as much room as it needs.  The caller frees it. */
static int
ranges_query(struct iommu_iova_range **out, uint32_t *nb)
{
	struct iommu_ioas_iova_ranges query = { .num_iovas = 8 };
	struct iommu_iova_range *list = NULL, *larger;
	uint32_t room;
	int ret;

	do {
		room = query.num_iovas;
		larger = reallocarray(list, room, sizeof(*list));
		if (larger == NULL) {
			free(list);
			return -ENOMEM;
		}
		list = larger;
		query = (struct iommu_ioas_iova_ranges) {
			.size = sizeof(query),
			.ioas_id = iommufd.ioas_id,
			.num_iovas = room,
			.allowed_iovas = (uintptr_t)list,
		};
		ret = iommufd_ioctl(IOMMU_IOAS_IOVA_RANGES, &query);
	} while (ret == -EMSGSIZE && query.num_iovas > room && query.num_iovas <= RANGES_MAX);
	if (ret == 0 && query.num_iovas > room)
		ret = -EPROTO;
	if (ret < 0) {
		free(list);
		return ret;
	}
	*out = list;
	*nb = query.num_iovas;
	return 0;
}

/* Each device that is attached may narrow them, each that is detached may widen them. */
static int
ranges_read(void)
{
	struct vfio_ranges allowed = { .nb = 0 };
	struct iommu_iova_range *list;
	uint32_t i, nb;
	int ret;

	ret = ranges_query(&list, &nb);
	if (ret < 0)
		return ret;
	ret = vfio_ranges_reserve(&allowed, nb);
	for (i = 0; i < nb && ret == 0; i++)
		vfio_ranges_add(&allowed, &(struct vfio_range) {
			.first = list[i].start,
			.last = list[i].last,
		});
	free(list);
	if (ret < 0)
		return ret;
	vfio_dma_allow(&iommufd.dma, &allowed);
	return 0;
}

static void
iommufd_close(void)
{
	close(iommufd.fd); /* the address space goes with it */
	iommufd.fd = -1;
}

static int
iommufd_open(struct rte_vfio_dev *dev)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int ret;

	iommufd.fd = open(IOMMUFD_PATH, O_RDWR | O_CLOEXEC);
	if (iommufd.fd < 0) {
		ret = -errno;
		VFIO_LOG_OPEN(dev, "cannot open " IOMMUFD_PATH ": %s%s", strerror(-ret),
			ret == -ENOENT || ret == -ENODEV ? ", load the module iommufd" :
			ret == -EACCES ? ", the user needs access to it" : "");
		return ret;
	}
	ret = iommufd_ioctl(IOMMU_IOAS_ALLOC, &alloc);
	if (ret < 0) {
		VFIO_LOG_OPEN(dev, "no I/O address space from " IOMMUFD_PATH ": %s",
			strerror(-ret));
		close(iommufd.fd);
		iommufd.fd = -1;
		return ret;
	}
	iommufd.ioas_id = alloc.out_ioas_id;
	return 0;
}

/* Until it is bound, a device answers no request. */
static int
device_bind(struct rte_vfio_dev *dev)
{
	struct vfio_device_bind_iommufd bind = { .argsz = sizeof(bind), .iommufd = iommufd.fd };
	int ret;

	if (ioctl(dev->fd, VFIO_DEVICE_BIND_IOMMUFD, &bind) == 0)
		return 0;
	ret = -errno;
	VFIO_LOG_OPEN(dev, "cannot bind to iommufd: %s%s", strerror(-ret),
		ret == -EBUSY ? ", a process has its group" :
		ret == -EINVAL ? ", a process may have it open" :
		ret == -EPERM ? ", bind all devices of its IOMMU group to VFIO, or to no driver" : "");
	return ret;
}

static int
device_attach(struct rte_vfio_dev *dev)
{
	struct vfio_device_attach_iommufd_pt attach = {
		.argsz = sizeof(attach),
		.pt_id = iommufd.ioas_id,
	};
	int ret = 0;

	if (ioctl(dev->fd, VFIO_DEVICE_ATTACH_IOMMUFD_PT, &attach) < 0)
		ret = -errno;
	else
		ret = ranges_read();
	if (ret < 0)
		VFIO_LOG_OPEN(dev, "cannot attach to I/O address space %u: %s%s", iommufd.ioas_id,
			strerror(-ret), ret == -EADDRINUSE ?
			", it cannot reach all memory that is mapped" : "");
	return ret;
}

static int
iommufd_attach(struct vfio_dma *dma, struct rte_vfio_dev *dev)
{
	int ret = 0;

	if (dma->nb_devs == 0)
		ret = iommufd_open(dev);
	if (ret < 0)
		return ret;
	ret = device_bind(dev);
	if (ret == 0)
		ret = device_attach(dev);
	if (ret < 0 && dma->nb_devs == 0)
		iommufd_close();
	return ret;
}

static void
iommufd_detach(struct vfio_dma *dma, struct rte_vfio_dev *dev)
{
	const struct vfio_device_detach_iommufd_pt detach = { .argsz = sizeof(detach) };

	ioctl(dev->fd, VFIO_DEVICE_DETACH_IOMMUFD_PT, &detach);
	close(dev->fd);
	if (dma->nb_devs == 1)
		iommufd_close();
	else
		ranges_read();
}
