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

#include "vfio_cap.h"
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
			return vfio_no_memory(dev, "what its regions are");
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
			VFIO_LOG(ERR, dev, "region %u: description of %u bytes", index,
				info->argsz);
			ret = -EPROTO;
			break;
		}
		argsz = info->argsz;
	}
	*fd = -1;
	free(info);
	return ret;
}

/* The capabilities that are understood; all others are skipped. */
struct region_caps {
	const struct vfio_region_info_cap_sparse_mmap *sparse; /* NULL: all one area */
	uint32_t sparse_room; /* bytes from it to the end of the description */
	bool msix_mappable; /* the MSI-X table can be mapped with what is around it */
	bool unknown_areas; /* a sparse capability of a version to come */
};

static void
cap_take(struct rte_vfio_dev *dev, const struct vfio_region_info *info,
	const struct vfio_cap *cap, struct region_caps *caps)
{
	if (cap->header.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP && cap->header.version == 1) {
		caps->sparse = RTE_PTR_ADD(info, cap->offset);
		caps->sparse_room = info->argsz - cap->offset;
	} else if (cap->header.id == VFIO_REGION_INFO_CAP_MSIX_MAPPABLE) {
		caps->msix_mappable = true;
	} else {
		caps->unknown_areas |= cap->header.id == VFIO_REGION_INFO_CAP_SPARSE_MMAP;
		VFIO_LOG(DEBUG, dev, "region %u: capability %u, version %u, is skipped",
			info->index, cap->header.id, cap->header.version);
	}
}

/* -EPROTO if the chain of capabilities is broken. */
static int
region_caps_read(struct rte_vfio_dev *dev, const struct vfio_region_info *info,
	struct region_caps *caps)
{
	struct vfio_cap cap = { .offset = sizeof(*info) - 1, .header.next = info->cap_offset };
	int ret;

	*caps = (struct region_caps) { .sparse = NULL };
	if ((info->flags & VFIO_REGION_INFO_FLAG_CAPS) == 0)
		return 0;
	while ((ret = vfio_cap_next(info, info->argsz, &cap)) > 0 && cap.offset % 8 == 0)
		cap_take(dev, info, &cap, caps);
	if (ret == 0)
		return 0;
	VFIO_LOG(ERR, dev, "region %u: capability at offset %u of %u", info->index, cap.offset,
		info->argsz);
	return -EPROTO;
}

static int
area_compare(const void *a, const void *b)
{
	const struct rte_vfio_region_area *x = a, *y = b;

	return (x->offset > y->offset) - (x->offset < y->offset);
}

/* Whether an area is in its region, behind the one before it. */
static bool
area_valid(const struct vfio_region *region, const struct rte_vfio_region_area *area,
	uint64_t behind)
{
	return area->offset >= behind && area->size <= region->pub.size &&
		area->offset <= region->pub.size - area->size;
}

/*
 * What can be mapped of an area, whole pages of it; nothing, a size of 0, if
 * its file cannot be mapped from there.  The last page of a region is mapped
 * whole, however little of it the region has: a BAR may be smaller than a page.
 */
static void
area_trim(const struct vfio_region *region, struct rte_vfio_region_area *area)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), end = area->offset + area->size;

	if (end != region->pub.size)
		end = RTE_ALIGN_FLOOR(end, page);
	area->offset = RTE_ALIGN_CEIL(area->offset, page);
	area->size = area->offset < end && region->offset % page == 0 ? end - area->offset : 0;
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

int
vfio_region_areas_check(struct rte_vfio_dev *dev, uint32_t index, struct vfio_region *region,
	struct rte_vfio_region_area *areas)
{
	struct rte_vfio_region_area *area;
	uint64_t behind = 0;
	uint32_t i, nb = 0;

	for (i = 0; i < region->pub.nb_areas; i++) {
		area = &areas[i];
		if (!area_valid(region, area, behind)) {
			VFIO_LOG(ERR, dev, "region %u of 0x%" PRIx64 " bytes: mappable area 0x%"
				PRIx64 "+0x%" PRIx64, index, region->pub.size, area->offset,
				area->size);
			return -EPROTO;
		}
		behind = area->offset + area->size;
		area_trim(region, area);
		if (area->size == 0)
			continue;
		if (!area_backed(region, area)) {
			VFIO_LOG(ERR, dev, "region %u: no memory behind mappable area 0x%" PRIx64
				"+0x%" PRIx64, index, area->offset, area->size);
			return -EPROTO;
		}
		areas[nb++] = *area;
	}
	region->pub.nb_areas = nb;
	return 0;
}

/* The areas that can be mapped: those of the sparse capability, or the whole. */
static int
areas_read(struct rte_vfio_dev *dev, const struct vfio_region_info *info,
	const struct region_caps *caps, struct vfio_region *region)
{
	const struct vfio_region_info_cap_sparse_mmap *sparse = caps->sparse;
	struct rte_vfio_region_area *areas;
	uint32_t i, nb = 1;

	if (sparse != NULL) {
		if (caps->sparse_room < sizeof(*sparse) || sparse->nr_areas >
				(caps->sparse_room - sizeof(*sparse)) / sizeof(sparse->areas[0])) {
			VFIO_LOG(ERR, dev, "region %u: sparse mapping capability cut short at %u bytes",
				info->index, caps->sparse_room);
			return -EPROTO;
		}
		nb = sparse->nr_areas;
	}
	if (nb == 0)
		return 0;
	areas = calloc(nb, sizeof(*areas));
	if (areas == NULL)
		return vfio_no_memory(dev, "what its regions are");
	areas[0] = (struct rte_vfio_region_area) { .offset = 0, .size = info->size };
	for (i = 0; sparse != NULL && i < nb; i++) {
		areas[i].offset = sparse->areas[i].offset;
		areas[i].size = sparse->areas[i].size;
	}
	qsort(areas, nb, sizeof(*areas), area_compare);
	region->pub.areas = areas;
	region->pub.nb_areas = nb;
	return vfio_region_areas_check(dev, info->index, region, areas);
}

#define REGION_FLAGS (VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE | \
	VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS)

/* Take over a description whose size and offset are sane. */
static int
region_take(struct rte_vfio_dev *dev, const struct vfio_region_info *info,
	struct vfio_region *region)
{
	struct region_caps caps;
	int ret;

	region->pub.size = info->size;
	region->pub.flags = info->flags;
	region->offset = info->offset;
	if ((info->flags & ~REGION_FLAGS) != 0)
		VFIO_LOG(DEBUG, dev, "region %u: flags 0x%x are not known", info->index,
			info->flags & ~REGION_FLAGS);
	ret = region_caps_read(dev, info, &caps);
	if (ret < 0)
		return ret;
	region->msix_mappable = caps.msix_mappable;
	if ((info->flags & VFIO_REGION_INFO_FLAG_MMAP) == 0 || info->size == 0 ||
			region->fd < 0 || (caps.unknown_areas && caps.sparse == NULL))
		return 0;
	return areas_read(dev, info, &caps, region);
}

/* A region behind those of every PCI device is of a kind that need not concern us. */
static bool
region_is_extra(const struct rte_vfio_dev *dev, uint32_t index, int error)
{
	return (dev->info.flags & VFIO_DEVICE_FLAGS_PCI) != 0 && index >= VFIO_PCI_NUM_REGIONS &&
		error != -EPROTO && error != -ENODEV && error != -ETIMEDOUT;
}

bool
vfio_region_is_sane(uint64_t size, uint64_t offset)
{
	return size <= REGION_SIZE_MAX && offset <= (uint64_t)INT64_MAX - size;
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
	if (ret < 0 && region_is_extra(dev, index, ret)) {
		VFIO_LOG(DEBUG, dev, "region %u is skipped: %s", index, strerror(-ret));
		return 0;
	}
	if (ret < 0)
		return vfio_refused(dev, "VFIO_DEVICE_GET_REGION_INFO, region", index, ret);
	if (info->index != index || !vfio_region_is_sane(info->size, info->offset)) {
		VFIO_LOG(ERR, dev, "region %u: described as region %u, 0x%" PRIx64
			" bytes at offset 0x%" PRIx64, index, info->index,
			(uint64_t)info->size, (uint64_t)info->offset);
		ret = -EPROTO;
	} else {
		ret = region_take(dev, info, region);
	}
	free(info);
	return ret;
}

int
vfio_regions_alloc(struct rte_vfio_dev *dev)
{
	uint32_t i;

	dev->regions = calloc(RTE_MAX(dev->info.num_regions, 1u), sizeof(*dev->regions));
	if (dev->regions == NULL)
		return vfio_no_memory(dev, "what its regions are");
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
}
