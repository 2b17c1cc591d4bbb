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

static int iommufd_map(struct vfio_dma *dma, const struct vfio_dma_run *run);
static int iommufd_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len);

static const struct vfio_dma_ops iommufd_dma_ops = {
	.map = iommufd_map,
	.unmap = iommufd_unmap,
};

static struct vfio_iommufd iommufd = {
	.fd = -1,
	.dma = {
		.ops = &iommufd_dma_ops,
		.name = IOMMUFD_PATH,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	},
};

static pthread_mutex_t users_lock = PTHREAD_MUTEX_INITIALIZER;
static uint32_t users; /* devices */

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

	RTE_SET_USED(dma);
	RTE_SET_USED(addr);
	return iommufd_ioctl(IOMMU_IOAS_UNMAP, &unmap);
}

static int
iommufd_open(struct rte_vfio_dev *dev)
{
	struct iommu_ioas_alloc alloc = { .size = sizeof(alloc) };
	int ret;

	iommufd.fd = open(IOMMUFD_PATH, O_RDWR | O_CLOEXEC);
	if (iommufd.fd < 0) {
		ret = -errno;
		VFIO_LOG_OPEN(dev, "cannot open " IOMMUFD_PATH ": %s", strerror(-ret));
		return ret;
	}
	ret = iommufd_ioctl(IOMMU_IOAS_ALLOC, &alloc);
	if (ret < 0) {
		VFIO_LOG_OPEN(dev, "no I/O address space from " IOMMUFD_PATH ": %s", strerror(-ret));
		close(iommufd.fd);
		iommufd.fd = -1;
		return ret;
	}
	iommufd.ioas_id = alloc.out_ioas_id;
	return 0;
}

int
vfio_iommufd_get(struct rte_vfio_dev *dev, struct vfio_iommufd **out)
{
	int ret = 0;

	pthread_mutex_lock(&users_lock);
	if (users == 0)
		ret = iommufd_open(dev);
	if (ret == 0)
		users++;
	pthread_mutex_unlock(&users_lock);
	*out = &iommufd;
	return ret;
}

void
vfio_iommufd_put(void)
{
	pthread_mutex_lock(&users_lock);
	if (--users == 0) {
		close(iommufd.fd); /* the address space goes with it */
		iommufd.fd = -1;
		vfio_ranges_free(&iommufd.dma.allowed);
	}
	pthread_mutex_unlock(&users_lock);
}

/* The kernel's list, with as much room as it needs.  The caller frees it. */
static int
ranges_query(struct iommu_iova_range **out, uint32_t *nb)
{
	struct iommu_ioas_iova_ranges query = { .num_iovas = 8 };
	struct iommu_iova_range *list = NULL, *larger;
	int ret;

	do {
		larger = reallocarray(list, query.num_iovas, sizeof(*list));
		if (larger == NULL) {
			free(list);
			return -ENOMEM;
		}
		list = larger;
		query = (struct iommu_ioas_iova_ranges) {
			.size = sizeof(query),
			.ioas_id = iommufd.ioas_id,
			.num_iovas = query.num_iovas,
			.allowed_iovas = (uintptr_t)list,
		};
		ret = iommufd_ioctl(IOMMU_IOAS_IOVA_RANGES, &query);
	} while (ret == -EMSGSIZE && query.num_iovas <= RANGES_MAX);
	if (ret < 0) {
		free(list);
		return ret;
	}
	*out = list;
	*nb = query.num_iovas;
	return 0;
}

int
vfio_iommufd_ranges_read(void)
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
	pthread_mutex_lock(&iommufd.dma.lock);
	vfio_ranges_free(&iommufd.dma.allowed);
	iommufd.dma.allowed = allowed;
	pthread_mutex_unlock(&iommufd.dma.lock);
	return 0;
}
