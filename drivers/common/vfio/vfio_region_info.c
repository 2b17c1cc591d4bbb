/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What a device says of its regions, checked.
 */

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_common.h>

#include "vfio_private.h"

/* Larger answers and regions are not believed. */
#define REGION_INFO_MAX (64 * 1024)
#define REGION_SIZE_MAX (UINT64_C(1) << 46)

/*
 * Ask for a region's description, with as much room as it says it needs.
 * The caller frees the result.
 */
static int
region_query(struct rte_vfio_dev *dev, uint32_t index, struct vfio_region_info **out, int *fd)
{
	struct vfio_region_info *info = NULL, *larger;
	uint32_t argsz = sizeof(*info);
	int ret;

	for (;;) {
		larger = realloc(info, argsz);
		if (larger == NULL) {
			free(info);
			return -ENOMEM;
		}
		info = larger;
		memset(info, 0, argsz);
		info->argsz = argsz;
		info->index = index;
		*fd = -1;
		ret = dev->ops->region_info(dev, info, fd);
		if (ret < 0)
			break;
		if (info->argsz <= argsz) {
			/* What was filled in, which may be less than we had room for. */
			if (info->argsz < sizeof(*info))
				info->argsz = sizeof(*info);
			*out = info;
			return 0;
		}
		if (*fd >= 0)
			close(*fd);
		if (info->argsz > REGION_INFO_MAX) {
			VFIO_LOG(ERR, dev, "region %u: description of %u bytes", index, info->argsz);
			ret = -EPROTO;
			break;
		}
		argsz = info->argsz;
	}
	*fd = -1;
	free(info);
	return ret;
}

/* The capability of this id; NULL if there is none, -EPROTO if the chain is broken. */
static int
region_cap_find(struct rte_vfio_dev *dev, const struct vfio_region_info *info, uint16_t id,
	const struct vfio_info_cap_header **cap)
{
	uint32_t offset = info->cap_offset, last = sizeof(*info) - 1;

	*cap = NULL;
	if ((info->flags & VFIO_REGION_INFO_FLAG_CAPS) == 0)
		return 0;
	while (offset != 0) {
		/* Going forward only, so a loop is an error and not a hang. */
		if (offset <= last || offset % 8 != 0 ||
				offset > info->argsz - sizeof(**cap)) {
			VFIO_LOG(ERR, dev, "region %u: capability at offset %u of %u",
				info->index, offset, info->argsz);
			return -EPROTO;
		}
		*cap = RTE_PTR_ADD(info, offset);
		if ((*cap)->id == id)
			return 0;
		last = offset;
		offset = (*cap)->next;
	}
	*cap = NULL;
	return 0;
}

static int
area_compare(const void *a, const void *b)
{
	const struct rte_vfio_region_area *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Whether an area makes sense in its region, behind the one before it. */
static bool
area_valid(const struct vfio_region *region, const struct rte_vfio_region_area *area,
	uint64_t behind)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);

	return area->size != 0 && (area->offset | area->size) % page == 0 &&
		area->offset >= behind && area->size <= region->pub.size &&
		area->offset <= region->pub.size - area->size;
}

/* A file that ends before an area does would kill us at the first access. */
static bool
area_backed(const struct vfio_region *region, const struct rte_vfio_region_area *area)
{
	struct stat st;

	if (fstat(region->fd, &st) < 0)
		return false;
	return !S_ISREG(st.st_mode) || (uint64_t)st.st_size >=
		region->offset + area->offset + area->size;
}

static int
areas_check(struct rte_vfio_dev *dev, uint32_t index, struct vfio_region *region)
{
	const struct rte_vfio_region_area *area;
	uint64_t behind = 0;
	uint32_t i;

	for (i = 0; i < region->pub.nb_areas; i++) {
		area = &region->pub.areas[i];
		if (!area_valid(region, area, behind)) {
			VFIO_LOG(ERR, dev, "region %u of 0x%" PRIx64 " bytes: mappable area 0x%"
				PRIx64 "+0x%" PRIx64, index, region->pub.size, area->offset, area->size);
			return -EPROTO;
		}
		if (!area_backed(region, area)) {
			VFIO_LOG(ERR, dev, "region %u: no memory behind mappable area 0x%" PRIx64
				"+0x%" PRIx64, index, area->offset, area->size);
			return -EPROTO;
		}
		behind = area->offset + area->size;
	}
	return 0;
}

/* Whether the table of MSI-X vectors can be mapped with what is around it. */
static int
msix_mappable_read(struct rte_vfio_dev *dev, const struct vfio_region_info *info,
	struct vfio_region *region)
{
	const struct vfio_info_cap_header *cap;
	int ret;

	ret = region_cap_find(dev, info, VFIO_REGION_INFO_CAP_MSIX_MAPPABLE, &cap);
	region->msix_mappable = cap != NULL;
	return ret;
}

/* The areas that can be mapped: those of the sparse capability, or the whole. */
static int
areas_read(struct rte_vfio_dev *dev, const struct vfio_region_info *info,
	struct vfio_region *region)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse;
	const struct vfio_info_cap_header *cap;
	struct rte_vfio_region_area *areas;
	uint32_t i, nb = 1, room;
	int ret;

	ret = region_cap_find(dev, info, VFIO_REGION_INFO_CAP_SPARSE_MMAP, &cap);
	if (ret < 0)
		return ret;
	sparse = (const void *)cap;
	if (cap != NULL) {
		room = info->argsz - RTE_PTR_DIFF(cap, info);
		if (room < sizeof(*sparse) ||
				sparse->nr_areas > (room - sizeof(*sparse)) / sizeof(sparse->areas[0])) {
			VFIO_LOG(ERR, dev, "region %u: sparse mapping capability cut short at %u bytes",
				info->index, room);
			return -EPROTO;
		}
		nb = sparse->nr_areas;
	}
	if (nb == 0)
		return 0;
	areas = calloc(nb, sizeof(*areas));
	if (areas == NULL)
		return -ENOMEM;
	areas[0] = (struct rte_vfio_region_area) { .offset = 0, .size = info->size };
	for (i = 0; cap != NULL && i < nb; i++) {
		areas[i].offset = sparse->areas[i].offset;
		areas[i].size = sparse->areas[i].size;
	}
	qsort(areas, nb, sizeof(*areas), area_compare);
	region->pub.areas = areas;
	region->pub.nb_areas = nb;
	return areas_check(dev, info->index, region);
}

static int
region_read_info(struct rte_vfio_dev *dev, uint32_t index)
{
	struct vfio_region *region = &dev->regions[index];
	struct vfio_region_info *info;
	int ret;

	ret = region_query(dev, index, &info, &region->fd);
	if (ret == -EINVAL) /* the kernel's way to say that there is none */
		return 0;
	if (ret < 0)
		return vfio_refused(dev, "VFIO_DEVICE_GET_REGION_INFO, region", index, ret);
	if (info->index != index || info->size > REGION_SIZE_MAX ||
			info->offset > (uint64_t)INT64_MAX - info->size) {
		VFIO_LOG(ERR, dev, "region %u: described as region %u, 0x%llx bytes at offset 0x%llx",
			index, info->index, info->size, info->offset);
		free(info);
		return -EPROTO;
	}
	region->pub.size = info->size;
	region->pub.flags = info->flags;
	region->offset = info->offset;
	ret = msix_mappable_read(dev, info, region);
	if (ret == 0 && (info->flags & VFIO_REGION_INFO_FLAG_MMAP) != 0 && info->size != 0 && region->fd >= 0)
		ret = areas_read(dev, info, region);
	free(info);
	return ret;
}

int
vfio_regions_alloc(struct rte_vfio_dev *dev)
{
	uint32_t i;

	dev->regions = calloc(RTE_MAX(dev->info.num_regions, 1u), sizeof(*dev->regions));
	if (dev->regions == NULL)
		return -ENOMEM;
	for (i = 0; i < dev->info.num_regions; i++)
		dev->regions[i].fd = -1;
	return 0;
}

int
vfio_regions_read(struct rte_vfio_dev *dev)
{
	uint32_t i;
	int ret;

	ret = vfio_regions_alloc(dev);
	for (i = 0; i < dev->info.num_regions && ret == 0; i++)
		ret = region_read_info(dev, i);
	return ret < 0 ? ret : vfio_pci_msix_exclude(dev);
}

int
vfio_region_exclude(struct vfio_region *region, uint64_t first, uint64_t end)
{
	const struct rte_vfio_region_area *old = region->pub.areas;
	struct rte_vfio_region_area *areas;
	uint32_t i, nb = 0;
	uint64_t area_end;

	/* Of an area there are two pieces left at the most. */
	areas = calloc(2 * (size_t)region->pub.nb_areas + 1, sizeof(*areas));
	if (areas == NULL)
		return -ENOMEM;
	for (i = 0; i < region->pub.nb_areas; i++) {
		area_end = old[i].offset + old[i].size;
		if (old[i].offset < first)
			areas[nb++] = (struct rte_vfio_region_area) {
				.offset = old[i].offset,
				.size = RTE_MIN(area_end, first) - old[i].offset,
			};
		if (area_end > end)
			areas[nb++] = (struct rte_vfio_region_area) {
				.offset = RTE_MAX(old[i].offset, end),
				.size = area_end - RTE_MAX(old[i].offset, end),
			};
	}
	free((void *)(uintptr_t)old);
	region->pub.areas = areas;
	region->pub.nb_areas = nb;
	return 0;
}

void
vfio_regions_free(struct rte_vfio_dev *dev)
{
	struct vfio_region *region;
	uint32_t i;

	for (i = 0; dev->regions != NULL && i < dev->info.num_regions; i++) {
		region = &dev->regions[i];
		if (region->pub.addr != NULL)
			vfio_window_release(region);
		if (region->fd >= 0)
			close(region->fd);
		free((void *)(uintptr_t)region->pub.areas);
	}
	free(dev->regions);
	dev->regions = NULL;
}
