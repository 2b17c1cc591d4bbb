/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * DMA: which of our memory the devices of a domain can reach.
 *
 * All of EAL's memory is mapped when the first device joins, and EAL's memory
 * events keep it so.  Memory is only ever unmapped in the pieces it was mapped
 * in, and EAL frees page by page.  So pages that EAL may free are mapped one by
 * one, and pages that stay for good are merged into one mapping as far as
 * addresses and files run on.
 *
 * What a device maps on its own, it has to itself as far as it can tell: the
 * same memory at the same place, mapped by two devices of a domain, is mapped
 * until both have unmapped it.
 */

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "vfio_call.h"
#include "vfio_private.h"
#include "vfio_trace.h"

/*
 * Who is in which domain.  Not held by memory events, which come with a lock
 * of EAL's that registering for them takes.
 */
static pthread_mutex_t domains_lock = PTHREAD_MUTEX_INITIALIZER;

/* One log line for memory that could not be mapped or unmapped. */
static void
dma_log(const struct vfio_dma *dma, const char *name, const char *what, const void *addr,
	uint64_t iova, uint64_t len, int error)
{
	const struct { const char *name; } who = { name };
	const struct vfio_range *near;
	char hint[128] = "";

	if (error == -ERANGE && dma->allowed.nb != 0) {
		near = vfio_ranges_overlap(&dma->allowed, iova, UINT64_MAX);
		if (near == NULL)
			near = &dma->allowed.range[dma->allowed.nb - 1];
		snprintf(hint, sizeof(hint), ", the IOMMU allows 0x%" PRIx64 "-0x%" PRIx64,
			near->first, near->last);
	}
	if (dma->ops->refusal_hint != NULL && dma->mapped.nb != 0 &&
			(error == -ENOSPC || error == -ENOMEM || error == -EINVAL))
		snprintf(hint, sizeof(hint), ", after %u mappings; %s", dma->mapped.nb,
			dma->ops->refusal_hint);
	VFIO_LOG(ERR, &who, "%s at %p, IOVA 0x%" PRIx64 ", 0x%" PRIx64 " bytes: %s%s",
		what, addr, iova, len, strerror(-error), hint);
}

/* Map a run that nobody has mapped, EAL's (users 0) or a device's. */
static int
run_map(struct vfio_dma *dma, const struct vfio_dma_run *run, uint32_t users)
{
	const struct vfio_range range = {
		.first = run->iova,
		.last = run->iova + (run->len - 1),
		.addr = run->addr,
		.users = users,
	};
	int ret;

	if (vfio_ranges_overlap(&dma->mapped, range.first, range.last) != NULL)
		return -EEXIST;
	if (dma->allowed.nb != 0 &&
			!vfio_ranges_contain(&dma->allowed, range.first, range.last))
		return -ERANGE;
	/* Room first, so that a mapping that was made can be recorded. */
	ret = vfio_ranges_reserve(&dma->mapped, 1);
	if (ret == 0)
		ret = dma->ops->map(dma, run);
	vfio_trace_map_dma(dma->name, run->addr, run->iova, run->len, ret);
	if (ret == 0)
		vfio_ranges_add(&dma->mapped, &range);
	return ret;
}

/* The range that is just this, or NULL. */
static struct vfio_range *
range_exact(const struct vfio_ranges *set, const void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_range *range = vfio_ranges_overlap(set, iova, iova + (len - 1));

	return range != NULL && range->first == iova && range->last == iova + (len - 1) &&
		range->addr == addr ? range : NULL;
}

static int
range_unmap(struct vfio_dma *dma, struct vfio_range *range)
{
	int ret;

	ret = dma->ops->unmap(dma, range->addr, range->first, range->last - range->first + 1);
	/* Without the device there is nothing left to unmap from. */
	if (ret < 0 && ret != -ENODEV)
		return ret;
	vfio_ranges_remove(&dma->mapped, range);
	return 0;
}

/* One page of EAL's memory as a run. */
static struct vfio_dma_run
page_run(const struct vfio_dma *dma, const struct rte_memseg *ms)
{
	struct vfio_dma_run run = { .addr = ms->addr, .iova = ms->iova, .len = ms->len };
	size_t offset = 0;

	run.fd = dma->ops->by_file ? rte_memseg_get_fd_thread_unsafe(ms) : -1;
	if (run.fd >= 0 && rte_memseg_get_fd_offset_thread_unsafe(ms, &offset) < 0)
		run.fd = -1;
	run.fd_offset = offset;
	return run;
}

/* Where EAL has no memory events, as with --no-huge and --legacy-mem, it frees none. */
static bool
page_stays(const struct vfio_dma *dma, const struct rte_memseg *ms)
{
	return (ms->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE) != 0 || !dma->follows_eal;
}

/* Whether "next" continues "run": the same file, and everything adjacent. */
static bool
run_continues(const struct vfio_dma_run *run, const struct vfio_dma_run *next)
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
pages_map(struct vfio_dma *dma, const struct rte_memseg_list *msl, void *addr, size_t len)
{
	void *end = RTE_PTR_ADD(addr, len);
	struct vfio_dma_run run = { 0 }, next;
	const struct rte_memseg *ms;
	bool stays = false;
	int ret;

	while (addr < end) {
		ms = rte_mem_virt2memseg(addr, msl);
		if (ms == NULL || ms->len == 0)
			return -EFAULT;
		addr = RTE_PTR_ADD(ms->addr, ms->len);
		if (ms->iova == RTE_BAD_IOVA) /* no device can reach it */
			continue;
		next = page_run(dma, ms);
		if (run.len != 0 && stays && page_stays(dma, ms) && run_continues(&run, &next)) {
			run.len += next.len;
		} else {
			ret = run.len == 0 ? 0 : run_map(dma, &run, 0);
			if (ret < 0 && ret != -EEXIST)
				return ret;
			run = next;
			stays = page_stays(dma, ms);
		}
	}
	ret = run.len == 0 ? 0 : run_map(dma, &run, 0);
	return ret == -EEXIST ? 0 : ret;
}

static void
pages_unmap(struct vfio_dma *dma, const struct rte_memseg_list *msl, void *addr, size_t len)
{
	void *end = RTE_PTR_ADD(addr, len);
	const struct rte_memseg *ms;
	struct vfio_range *range;
	int ret;

	while (addr < end) {
		ms = rte_mem_virt2memseg(addr, msl);
		if (ms == NULL || ms->len == 0)
			return;
		addr = RTE_PTR_ADD(ms->addr, ms->len);
		if (ms->iova == RTE_BAD_IOVA)
			continue;
		/* That it could not be mapped has been said. */
		if (vfio_ranges_overlap(&dma->mapped, ms->iova, ms->iova + (ms->len - 1)) == NULL)
			continue;
		range = range_exact(&dma->mapped, ms->addr, ms->iova, ms->len);
		ret = range == NULL ? -ENOENT : range_unmap(dma, range);
		if (ret < 0)
			dma_log(dma, dma->name, "cannot unmap freed memory", ms->addr, ms->iova,
				ms->len, ret);
	}
}

/* EAL's memory hotplug lock is held for writing. */
static void
dma_mem_event(enum rte_mem_event type, const void *addr, size_t len, void *arg)
{
	struct rte_memseg_list *msl = rte_mem_virt2memseg_list(addr);
	void *start = (void *)(uintptr_t)addr;
	struct vfio_dma *dma = arg;
	int ret;

	/* What the application registers it also maps itself. */
	if (msl == NULL || msl->external)
		return;
	vfio_call_begin();
	pthread_mutex_lock(&dma->lock);
	if (type == RTE_MEM_EVENT_ALLOC) {
		ret = pages_map(dma, msl, start, len);
		if (ret < 0 && ret != -ENODEV) /* of a device that is gone that has been said */
			dma_log(dma, dma->name, "cannot map new memory", addr,
				rte_mem_virt2memseg(addr, msl)->iova, len, ret);
	} else {
		pages_unmap(dma, msl, start, len);
	}
	pthread_mutex_unlock(&dma->lock);
	vfio_call_end();
}

/* EAL's memory hotplug lock is held for reading. */
static int
dma_map_chunk(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len, void *arg)
{
	struct rte_vfio_dev *dev = arg;
	struct vfio_dma *dma = dev->dma;
	int ret;

	if (msl->external)
		return 0;
	pthread_mutex_lock(&dma->lock);
	ret = pages_map(dma, msl, ms->addr, len);
	if (ret < 0)
		dma_log(dma, dev->name, "cannot map memory", ms->addr, ms->iova, len, ret);
	pthread_mutex_unlock(&dma->lock);
	rte_errno = -ret;
	return ret < 0 ? -1 : 0;
}

/* EAL finds a callback by name and argument; the argument is the domain. */
#define DMA_EVENT_NAME "common_vfio_dma"

static void
dma_stop(struct vfio_dma *dma)
{
	if (dma->follows_eal)
		rte_mem_event_callback_unregister(DMA_EVENT_NAME, dma);
	dma->follows_eal = false;
	vfio_ranges_free(&dma->mapped);
}

static int
dma_start(struct rte_vfio_dev *dev)
{
	struct vfio_dma *dma = dev->dma;
	int ret = 0;

	if (dma->ops->eal_maps_memory)
		return 0;
	/* Events first: what comes while we walk is then mapped by one of the two. */
	if (rte_mem_event_callback_register(DMA_EVENT_NAME, dma_mem_event, dma) == 0)
		dma->follows_eal = true;
	else if (rte_errno != ENOTSUP) /* as with --no-huge: memory never changes */
		ret = -rte_errno;
	if (ret == 0 && rte_memseg_contig_walk(dma_map_chunk, dev) != 0)
		ret = -rte_errno;
	if (ret < 0)
		dma_stop(dma);
	return ret;
}

int
vfio_dma_join(struct rte_vfio_dev *dev)
{
	int ret = 0;

	pthread_mutex_lock(&domains_lock);
	if (dev->dma->nb_devs == 0)
		ret = dma_start(dev);
	if (ret == 0)
		dev->dma->nb_devs++;
	pthread_mutex_unlock(&domains_lock);
	return ret;
}

/* --- Memory of the application ---------------------------------------------- */

static int
own_map(struct rte_vfio_dev *dev, const struct vfio_dma_run *run)
{
	struct vfio_dma *dma = dev->dma;
	struct vfio_range *shared;
	int ret;

	if (vfio_ranges_overlap(&dev->own, run->iova, run->iova + (run->len - 1)) != NULL)
		return -EEXIST;
	ret = vfio_ranges_reserve(&dev->own, 1);
	if (ret < 0)
		return ret;
	shared = range_exact(&dma->mapped, run->addr, run->iova, run->len);
	if (shared != NULL && shared->users != 0) {
		shared->users++;
	} else {
		ret = run_map(dma, run, 1);
		if (ret < 0)
			return ret;
	}
	vfio_ranges_add(&dev->own, &(struct vfio_range) {
		.first = run->iova,
		.last = run->iova + (run->len - 1),
		.addr = run->addr,
	});
	return 0;
}

static int
own_unmap(struct rte_vfio_dev *dev, void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_range *own = range_exact(&dev->own, addr, iova, len);
	struct vfio_range *shared = range_exact(&dev->dma->mapped, addr, iova, len);
	int ret = 0;

	if (own == NULL || shared == NULL)
		return -ENOENT;
	if (shared->users > 1)
		shared->users--;
	else
		ret = range_unmap(dev->dma, shared);
	if (ret == 0)
		vfio_ranges_remove(&dev->own, own);
	return ret;
}

void
vfio_dma_leave(struct rte_vfio_dev *dev)
{
	struct vfio_dma *dma = dev->dma;
	const struct vfio_range *own;

	pthread_mutex_lock(&domains_lock);
	pthread_mutex_lock(&dma->lock);
	while (dev->own.nb != 0) {
		own = &dev->own.range[dev->own.nb - 1];
		if (own_unmap(dev, own->addr, own->first, own->last - own->first + 1) < 0)
			dev->own.nb--; /* it ends with the domain then */
	}
	vfio_ranges_free(&dev->own);
	pthread_mutex_unlock(&dma->lock);
	if (--dma->nb_devs == 0)
		dma_stop(dma);
	pthread_mutex_unlock(&domains_lock);
}

/* The file behind memory that EAL knows; external memory has none. */
static void
run_find_file(const struct vfio_dma *dma, struct vfio_dma_run *run)
{
	const struct rte_memseg *ms;
	struct vfio_dma_run page;

	run->fd = -1;
	rte_mcfg_mem_read_lock();
	ms = rte_mem_virt2memseg(run->addr, NULL);
	if (ms != NULL) {
		page = page_run(dma, ms);
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

/* A secondary process has no domain: its memory is the primary's to map. */
static int
own_check(struct rte_vfio_dev *dev, const void *addr, uint64_t iova, size_t len)
{
	if (!range_valid(addr, iova, len)) {
		VFIO_LOG(ERR, dev, "DMA range %p, IOVA 0x%" PRIx64 ", %zu bytes, is not whole pages",
			addr, iova, len);
		return -EINVAL;
	}
	return dev->dma != NULL ? 0 : vfio_not_here(dev, "mapping memory for DMA");
}

int
rte_vfio_dma_map(struct rte_vfio_dev *dev, void *addr, uint64_t iova, size_t len)
{
	struct vfio_dma_run run = { .addr = addr, .iova = iova, .len = len };
	int ret;

	ret = own_check(dev, addr, iova, len);
	if (ret < 0)
		return ret;
	run_find_file(dev->dma, &run);
	pthread_mutex_lock(&dev->dma->lock);
	ret = own_map(dev, &run);
	if (ret < 0)
		dma_log(dev->dma, dev->name, "cannot map memory", addr, iova, len, ret);
	pthread_mutex_unlock(&dev->dma->lock);
	return ret;
}

int
rte_vfio_dma_unmap(struct rte_vfio_dev *dev, void *addr, uint64_t iova, size_t len)
{
	int ret;

	ret = own_check(dev, addr, iova, len);
	if (ret < 0)
		return ret;
	pthread_mutex_lock(&dev->dma->lock);
	ret = own_unmap(dev, addr, iova, len);
	if (ret < 0)
		dma_log(dev->dma, dev->name, "cannot unmap memory", addr, iova, len, ret);
	pthread_mutex_unlock(&dev->dma->lock);
	return ret;
}

void
rte_vfio_dma_stats(const struct rte_vfio_dev *dev, struct rte_vfio_dma_stats *stats)
{
	const struct vfio_range *range;
	uint32_t i;

	*stats = (struct rte_vfio_dma_stats){ 0 };
	if (dev->dma == NULL)
		return;
	pthread_mutex_lock(&dev->dma->lock);
	for (i = 0; i < dev->dma->mapped.nb; i++) {
		range = &dev->dma->mapped.range[i];
		stats->mappings++;
		stats->bytes += range->last - range->first + 1;
	}
	pthread_mutex_unlock(&dev->dma->lock);
}
