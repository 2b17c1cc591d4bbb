/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Regions: mapping and access.
 *
 * A region is mapped into a window of its own size, reserved first, in which
 * each mappable area lies at its offset.  So an offset in the region is an
 * offset in the window, however many areas there are.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_memory.h>

#include "vfio_io.h"
#include "vfio_private.h"
#include "vfio_trace.h"

static struct vfio_region *
region_at(const struct rte_vfio_dev *dev, uint32_t index)
{
	return index < dev->info.num_regions ? &dev->regions[index] : NULL;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_region_get)
const struct rte_vfio_region *
rte_vfio_region_get(const struct rte_vfio_dev *dev, uint32_t index)
{
	const struct vfio_region *region = region_at(dev, index);

	return region != NULL ? &region->pub : NULL;
}

/*
 * Windows are placed behind EAL's memory, where a secondary process has room
 * for them at the same address; the drivers of PCI devices map there as well.
 */
#define WINDOW_GAP (UINT64_C(1) << 30)
#define WINDOW_TRIES 4096

/*
 * Behind the window reserved last, or at one given back since: where to try
 * first.  Of many devices, each would else try the places of all before it.
 */
static RTE_ATOMIC(uintptr_t) window_hint;

static int
memory_end(const struct rte_memseg_list *msl, void *arg)
{
	uintptr_t *end = arg;

	*end = RTE_MAX(*end, (uintptr_t)RTE_PTR_ADD(msl->base_va, msl->len));
	return 0;
}

static void *
window_map(void *addr, size_t size, int flags)
{
	return mmap(addr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | flags,
		-1, 0);
}

/* At this address, and nothing that is there is replaced. */
static void *
window_reserve_at(void *addr, size_t size)
{
	void *window = window_map(addr, size, MAP_FIXED_NOREPLACE);

	/* To Linux before 4.17, which does not know the flag, the address is a mere hint. */
	if (window != MAP_FAILED && window != addr) {
		munmap(window, size);
		errno = EEXIST;
		return MAP_FAILED;
	}
	return window;
}

static void *
window_reserve(const struct vfio_region *region)
{
	size_t size = region->pub.size, align = sysconf(_SC_PAGESIZE);
	uintptr_t end = 0, hint = rte_atomic_load_explicit(&window_hint, rte_memory_order_relaxed);
	unsigned int i;
	void *window;

	if (region->wanted_addr != NULL)
		return window_reserve_at(region->wanted_addr, size);
	rte_memseg_list_walk(memory_end, &end);
	end = RTE_MAX(RTE_ALIGN_CEIL(end + WINDOW_GAP, align), hint);
	size = RTE_ALIGN_CEIL(size, align);
	for (i = 0; i < WINDOW_TRIES; i++, end += size) {
		window = window_reserve_at((void *)end, size);
		if (window != MAP_FAILED) {
			rte_atomic_store_explicit(&window_hint, end + size,
				rte_memory_order_relaxed);
			return window;
		}
		if (errno != EEXIST) /* the end of the address space */
			break;
	}
	return window_map(NULL, size, 0);
}

void
vfio_window_release(struct vfio_region *region)
{
	const uintptr_t at = (uintptr_t)region->pub.addr;

	munmap(region->pub.addr, region->pub.size);
	region->pub.addr = NULL;
	if (at < rte_atomic_load_explicit(&window_hint, rte_memory_order_relaxed))
		rte_atomic_store_explicit(&window_hint, at, rte_memory_order_relaxed);
}

static int
areas_map(const struct rte_vfio_dev *dev, uint32_t index, struct vfio_region *region)
{
	const struct rte_vfio_region_area *area;
	void *window, *addr;
	int prot = 0, ret;
	uint32_t i;

	if (region->pub.flags & VFIO_REGION_INFO_FLAG_READ)
		prot |= PROT_READ;
	if (region->pub.flags & VFIO_REGION_INFO_FLAG_WRITE)
		prot |= PROT_WRITE;
	window = window_reserve(region);
	if (window == MAP_FAILED) {
		ret = -errno;
		VFIO_LOG(ERR, dev, "region %u: no address space for 0x%" PRIx64 " bytes at %p: %s",
			index, region->pub.size, region->wanted_addr, strerror(-ret));
		return ret;
	}
	for (i = 0; i < region->pub.nb_areas; i++) {
		area = &region->pub.areas[i];
		addr = mmap(RTE_PTR_ADD(window, area->offset), area->size, prot,
			MAP_SHARED | MAP_FIXED, region->fd, region->offset + area->offset);
		if (addr == MAP_FAILED) {
			ret = -errno;
			VFIO_LOG(ERR, dev, "region %u: cannot map 0x%" PRIx64 "+0x%" PRIx64 ": %s",
				index, area->offset, area->size, strerror(-ret));
			munmap(window, region->pub.size);
			return ret;
		}
	}
	region->pub.addr = window;
	return 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_region_map)
int
rte_vfio_region_map(struct rte_vfio_dev *dev, uint32_t index)
{
	struct vfio_region *region = region_at(dev, index);
	int ret;

	if (region == NULL || region->pub.size == 0)
		return -EINVAL;
	if (region->pub.addr != NULL || region->pub.nb_areas == 0)
		return 0;
	ret = areas_map(dev, index, region);
	vfio_trace_map_region(dev->name, index, region->pub.size, region->pub.nb_areas, ret);
	return ret;
}

static void *
mapped_at(const struct vfio_region *region, uint64_t offset, size_t len)
{
	const struct rte_vfio_region_area *area;
	uint32_t i;

	if (region->pub.addr == NULL)
		return NULL;
	for (i = 0; i < region->pub.nb_areas; i++) {
		area = &region->pub.areas[i];
		if (offset >= area->offset && len <= area->size &&
				offset - area->offset <= area->size - len)
			return RTE_PTR_ADD(region->pub.addr, offset);
	}
	return NULL;
}

/* A store to a read-only mapping raises SIGSEGV, and the fast path does not check. */
RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_region_ptr)
void *
rte_vfio_region_ptr(const struct rte_vfio_dev *dev, uint32_t index, uint64_t offset, size_t len)
{
	const struct vfio_region *region = region_at(dev, index);

	if (region == NULL || (region->pub.flags & VFIO_REGION_INFO_FLAG_WRITE) == 0)
		return NULL;
	return mapped_at(region, offset, len);
}

static int
region_check(const struct vfio_region *region, uint32_t flag, uint64_t offset, size_t len)
{
	if (region == NULL || len > region->pub.size || offset > region->pub.size - len)
		return -EINVAL;
	return (region->pub.flags & flag) != 0 ? 0 : -EACCES;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_region_read)
int
rte_vfio_region_read(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	void *buf, size_t len)
{
	const struct vfio_region *region = region_at(dev, index);
	const void *addr;
	int ret;

	ret = region_check(region, VFIO_REGION_INFO_FLAG_READ, offset, len);
	if (ret < 0)
		return ret;
	addr = mapped_at(region, offset, len);
	if (addr == NULL)
		return dev->ops->region_read(dev, index, offset, buf, len);
	vfio_io_read(addr, buf, len);
	return 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_region_write)
int
rte_vfio_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len)
{
	const struct vfio_region *region = region_at(dev, index);
	void *addr;
	int ret;

	ret = region_check(region, VFIO_REGION_INFO_FLAG_WRITE, offset, len);
	if (ret < 0)
		return ret;
	addr = mapped_at(region, offset, len);
	if (addr == NULL)
		return dev->ops->region_write(dev, index, offset, buf, len);
	vfio_io_write(addr, buf, len);
	return 0;
}
