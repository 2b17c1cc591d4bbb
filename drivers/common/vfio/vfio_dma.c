/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * DMA: which of our memory the device can reach.
 *
 * All of EAL's memory is mapped when a device is opened, and EAL's memory
 * events keep it so.  Memory is only ever unmapped in the pieces it was mapped
 * in, and EAL frees page by page.  So pages that EAL may free are mapped one by
 * one, and pages that stay for good are merged into one mapping as far as
 * addresses and files run on.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "vfio_private.h"

/* A run of memory that can become one mapping. */
struct dma_run {
	void *addr;
	uint64_t iova;
	uint64_t len;
	int fd;
	uint64_t fd_offset;
};

/* Index of the first range that ends behind the IOVA. */
static uint32_t
range_find(const struct vfio_dma *dma, uint64_t iova)
{
	uint32_t low = 0, high = dma->nb_ranges, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (dma->ranges[mid].iova + dma->ranges[mid].len <= iova)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

/* Make room first, so that a mapping that was made can be recorded. */
static int
range_reserve(struct vfio_dma *dma)
{
	struct vfio_dma_range *ranges;
	uint32_t max;

	if (dma->nb_ranges < dma->max_ranges)
		return 0;
	max = RTE_MAX(2 * dma->max_ranges, 64u);
	ranges = realloc(dma->ranges, max * sizeof(*ranges));
	if (ranges == NULL)
		return -ENOMEM;
	dma->ranges = ranges;
	dma->max_ranges = max;
	return 0;
}

static int
dma_map_locked(struct rte_vfio_dev *dev, const struct dma_run *run)
{
	struct vfio_dma *dma = &dev->dma;
	uint32_t i = range_find(dma, run->iova);
	int ret;

	if (i < dma->nb_ranges && dma->ranges[i].iova < run->iova + run->len)
		return -EEXIST;
	ret = range_reserve(dma);
	if (ret < 0)
		return ret;
	ret = dev->ops->dma_map(dev, run->addr, run->iova, run->len, run->fd, run->fd_offset);
	if (ret < 0)
		return ret;
	memmove(&dma->ranges[i + 1], &dma->ranges[i],
		(dma->nb_ranges - i) * sizeof(*dma->ranges));
	dma->ranges[i] = (struct vfio_dma_range) { .iova = run->iova, .len = run->len };
	dma->nb_ranges++;
	return 0;
}

static int
dma_unmap_locked(struct rte_vfio_dev *dev, void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_dma *dma = &dev->dma;
	uint32_t i = range_find(dma, iova);
	int ret;

	if (i == dma->nb_ranges || dma->ranges[i].iova != iova || dma->ranges[i].len != len)
		return -ENOENT;
	ret = dev->ops->dma_unmap(dev, addr, iova, len);
	/* Without the device there is nothing left to unmap from. */
	if (ret < 0 && ret != -ENODEV)
		return ret;
	dma->nb_ranges--;
	memmove(&dma->ranges[i], &dma->ranges[i + 1],
		(dma->nb_ranges - i) * sizeof(*dma->ranges));
	return 0;
}

/* One page of EAL's memory as a run. */
static struct dma_run
page_run(const struct rte_memseg *ms)
{
	struct dma_run run = { .addr = ms->addr, .iova = ms->iova, .len = ms->len };
	size_t offset = 0;

	run.fd = rte_memseg_get_fd_thread_unsafe(ms);
	if (run.fd >= 0 && rte_memseg_get_fd_offset_thread_unsafe(ms, &offset) < 0)
		run.fd = -1;
	run.fd_offset = offset;
	return run;
}

static bool
page_stays(const struct rte_memseg *ms)
{
	return (ms->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE) != 0 || !rte_eal_has_hugepages();
}

/* Whether "next" continues "run": the same file, and everything adjacent. */
static bool
run_continues(const struct dma_run *run, const struct dma_run *next)
{
	return RTE_PTR_ADD(run->addr, run->len) == next->addr &&
		run->iova + run->len == next->iova && run->fd == next->fd &&
		(run->fd < 0 || run->fd_offset + run->len == next->fd_offset);
}

/*
 * Map EAL's pages in [addr, addr + len).  Pages already mapped are skipped: a
 * memory event may come while we walk.  Memory hotplug is locked by the caller.
 */
static int
pages_map(struct rte_vfio_dev *dev, const struct rte_memseg_list *msl, void *addr, size_t len)
{
	void *end = RTE_PTR_ADD(addr, len);
	struct dma_run run = { 0 }, next;
	const struct rte_memseg *ms;
	bool stays = false;
	int ret;

	while (addr < end) {
		ms = rte_mem_virt2memseg(addr, msl);
		if (ms == NULL || ms->len == 0)
			return -EFAULT;
		next = page_run(ms);
		if (run.len != 0 && stays && page_stays(ms) && run_continues(&run, &next)) {
			run.len += next.len;
		} else {
			ret = run.len == 0 ? 0 : dma_map_locked(dev, &run);
			if (ret < 0 && ret != -EEXIST)
				return ret;
			run = next;
			stays = page_stays(ms);
		}
		addr = RTE_PTR_ADD(ms->addr, ms->len);
	}
	ret = run.len == 0 ? 0 : dma_map_locked(dev, &run);
	return ret == -EEXIST ? 0 : ret;
}

static void
pages_unmap(struct rte_vfio_dev *dev, const struct rte_memseg_list *msl, void *addr, size_t len)
{
	void *end = RTE_PTR_ADD(addr, len);
	const struct rte_memseg *ms;
	int ret;

	while (addr < end) {
		ms = rte_mem_virt2memseg(addr, msl);
		if (ms == NULL || ms->len == 0)
			return;
		ret = dma_unmap_locked(dev, ms->addr, ms->iova, ms->len);
		if (ret < 0)
			VFIO_LOG(ERR, dev, "freed memory at %p, IOVA 0x%" PRIx64 ", stays mapped: %s",
				ms->addr, ms->iova, strerror(-ret));
		addr = RTE_PTR_ADD(ms->addr, ms->len);
	}
}

/* EAL's memory hotplug lock is held for writing. */
static void
dma_mem_event(enum rte_mem_event type, const void *addr, size_t len, void *arg)
{
	struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	void *start = (void *)(uintptr_t)addr;
	struct rte_vfio_dev *dev = arg;
	int ret;

	/* What the application registers it also maps itself. */
	if (msl == NULL || msl->external)
		return;
	pthread_mutex_lock(&dev->dma.lock);
	if (type == RTE_MEM_EVENT_ALLOC) {
		ret = pages_map(dev, msl, start, len);
		if (ret < 0)
			VFIO_LOG(ERR, dev, "new memory at %p, %zu bytes, cannot be mapped: %s",
				addr, len, strerror(-ret));
	} else {
		pages_unmap(dev, msl, start, len);
	}
	pthread_mutex_unlock(&dev->dma.lock);
}

/* EAL's memory hotplug lock is held for reading. */
static int
dma_map_chunk(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len, void *arg)
{
	struct rte_vfio_dev *dev = arg;
	int ret;

	if (msl->external)
		return 0;
	pthread_mutex_lock(&dev->dma.lock);
	ret = pages_map(dev, msl, ms->addr, len);
	pthread_mutex_unlock(&dev->dma.lock);
	if (ret < 0) {
		VFIO_LOG(ERR, dev, "memory at %p, IOVA 0x%" PRIx64 ", %zu bytes, cannot be mapped: %s",
			ms->addr, ms->iova, len, strerror(-ret));
		rte_errno = -ret;
		return -1;
	}
	return 0;
}

/* EAL finds a callback by name and argument; the argument is the device. */
#define DMA_EVENT_NAME "common_vfio_dma"

int
vfio_dma_init(struct rte_vfio_dev *dev)
{
	int ret = 0;

	pthread_mutex_init(&dev->dma.lock, NULL);
	if (dev->ops->eal_maps_memory)
		return 0;
	/* Events first: what comes while we walk is then mapped by one of the two. */
	if (rte_mem_event_callback_register(DMA_EVENT_NAME, dma_mem_event, dev) == 0)
		dev->dma.follows_eal = true;
	else if (rte_errno != ENOTSUP) /* as with --no-huge: memory never changes */
		ret = -rte_errno;
	if (ret == 0 && rte_memseg_contig_walk(dma_map_chunk, dev) != 0)
		ret = -rte_errno;
	if (ret < 0)
		vfio_dma_free(dev);
	return ret;
}

void
vfio_dma_free(struct rte_vfio_dev *dev)
{
	if (dev->dma.follows_eal)
		rte_mem_event_callback_unregister(DMA_EVENT_NAME, dev);
	dev->dma.follows_eal = false;
	/* The mappings themselves end with the transport's connection. */
	free(dev->dma.ranges);
	dev->dma.ranges = NULL;
	dev->dma.nb_ranges = 0;
	dev->dma.max_ranges = 0;
	pthread_mutex_destroy(&dev->dma.lock);
}

/* The file behind memory that EAL knows; external memory has none. */
static void
run_find_file(struct dma_run *run)
{
	const struct rte_memseg *ms;
	struct dma_run page;

	run->fd = -1;
	rte_mcfg_mem_read_lock();
	ms = rte_mem_virt2memseg(run->addr, NULL);
	if (ms != NULL) {
		page = page_run(ms);
		if (page.fd >= 0) {
			run->fd = page.fd;
			run->fd_offset = page.fd_offset + RTE_PTR_DIFF(run->addr, page.addr);
		}
	}
	rte_mcfg_mem_read_unlock();
}

static bool
range_valid(const void *addr, uint64_t iova, size_t len)
{
	size_t mask = (size_t)sysconf(_SC_PAGESIZE) - 1;

	return len != 0 && (((uintptr_t)addr | iova | len) & mask) == 0 &&
		len - 1 <= UINT64_MAX - iova && len - 1 <= UINTPTR_MAX - (uintptr_t)addr;
}

int
rte_vfio_dma_map(struct rte_vfio_dev *dev, void *addr, uint64_t iova, size_t len)
{
	struct dma_run run = { .addr = addr, .iova = iova, .len = len };
	int ret;

	if (!range_valid(addr, iova, len)) {
		VFIO_LOG(ERR, dev, "DMA range %p, IOVA 0x%" PRIx64 ", %zu bytes, is not whole pages",
			addr, iova, len);
		return -EINVAL;
	}
	run_find_file(&run);
	pthread_mutex_lock(&dev->dma.lock);
	ret = dma_map_locked(dev, &run);
	pthread_mutex_unlock(&dev->dma.lock);
	if (ret < 0)
		VFIO_LOG(ERR, dev, "memory at %p, IOVA 0x%" PRIx64 ", %zu bytes, cannot be mapped: %s",
			addr, iova, len, strerror(-ret));
	return ret;
}

int
rte_vfio_dma_unmap(struct rte_vfio_dev *dev, void *addr, uint64_t iova, size_t len)
{
	int ret;

	if (!range_valid(addr, iova, len))
		return -EINVAL;
	pthread_mutex_lock(&dev->dma.lock);
	ret = dma_unmap_locked(dev, addr, iova, len);
	pthread_mutex_unlock(&dev->dma.lock);
	if (ret < 0)
		VFIO_LOG(ERR, dev, "memory at %p, IOVA 0x%" PRIx64 ", %zu bytes, cannot be unmapped: %s",
			addr, iova, len, strerror(-ret));
	return ret;
}
