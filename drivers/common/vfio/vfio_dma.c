/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * DMA: which of EAL's memory the devices of a domain can reach.
 *
 * All of it is mapped when the first device joins, and EAL's memory events keep
 * it so.  Pages that EAL may free are mapped one by one, as EAL frees page by
 * page and the kernel unmaps no less than it mapped.  Pages that stay are merged
 * into one mapping as far as addresses and files run on: it is made sooner, and
 * kernels and servers of vfio-user have room for so many only.  Of these, EAL frees
 * some when it is cleaned up; then the mapping is made anew without them.
 */

#include <errno.h>
#include <pthread.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_eal_memconfig.h>
#include <rte_errno.h>
#include <rte_memory.h>

#include "vfio_call.h"
#include "vfio_private.h"
#include "vfio_trace.h"

/* For rte_vfio_dev_dma_stats(): a range has come with so many bytes, or gone. */
static void
mapped_count(struct vfio_dma *dma, int64_t bytes)
{
	const uint64_t before = rte_atomic_load_explicit(&dma->mapped_bytes,
		rte_memory_order_relaxed);

	rte_atomic_store_explicit(&dma->mapped_bytes, before + bytes, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&dma->nb_mapped, dma->mapped.nb, rte_memory_order_relaxed);
}

int
vfio_dma_range_unmap(struct vfio_dma *dma, struct vfio_range *range)
{
	const uint64_t len = range->last - range->first + 1;
	int ret;

	ret = dma->ops->unmap(dma, range->addr, range->first, len);
	/* At the second try the kernel may have nothing there, and unmaps none of it. */
	if (range->stale && (ret == -ENOENT || (ret == -EIO && !dma->ops->by_file)))
		ret = 0;
	/* Without the device there is nothing left to unmap from. */
	if (ret < 0 && ret != -ENODEV) {
		range->stale = true;
		return ret;
	}
	vfio_ranges_remove(&dma->mapped, range);
	mapped_count(dma, -(int64_t)len);
	return 0;
}

int
vfio_dma_vacate(struct vfio_dma *dma, uint64_t first, uint64_t last)
{
	struct vfio_range *range;
	int ret;

	while ((range = vfio_ranges_overlap(&dma->mapped, first, last)) != NULL) {
		if (!range->stale)
			return -EEXIST;
		ret = vfio_dma_range_unmap(dma, range);
		if (ret < 0)
			return ret;
	}
	return 0;
}

int
vfio_dma_run_map(struct vfio_dma *dma, const struct vfio_dma_run *run, uint32_t users)
{
	const struct vfio_range range = {
		.first = run->iova,
		.last = run->iova + (run->len - 1),
		.addr = run->addr,
		.users = users,
	};
	int ret;

	if (!vfio_dma_is_whole_pages(dma, run->iova | run->len | run->fd_offset))
		return -EINVAL;
	/* Room first, so that a mapping that was made can be recorded. */
	ret = vfio_ranges_reserve(&dma->mapped, 1);
	if (ret == 0)
		ret = dma->ops->map(dma, run);
	vfio_trace_map_dma(dma->name, run->addr, run->iova, run->len, ret);
	if (ret == 0) {
		vfio_ranges_add(&dma->mapped, &range);
		mapped_count(dma, run->len);
	} else if (dma->allowed.nb != 0 &&
			!vfio_ranges_contain(&dma->allowed, range.first, range.last)) {
		ret = -ERANGE; /* the kernel's errno depends on the IOMMU and the transport */
	}
	return ret;
}

/* --- EAL's memory ------------------------------------------------------------ */

struct vfio_dma_run
vfio_dma_page_run(const struct vfio_dma *dma, const struct rte_memseg *ms)
{
	struct vfio_dma_run run = { .addr = ms->addr, .iova = ms->iova, .len = ms->len };
	size_t offset = 0;

	run.fd = dma->ops->by_file ? rte_memseg_get_fd_thread_unsafe(ms) : -1;
	if (run.fd >= 0 && rte_memseg_get_fd_offset_thread_unsafe(ms, &offset) < 0)
		run.fd = -1;
	run.fd_offset = offset;
	return run;
}

bool
vfio_dma_run_continues(const struct vfio_dma_run *run, const struct vfio_dma_run *next)
{
	return RTE_PTR_ADD(run->addr, run->len) == next->addr &&
		run->iova + run->len == next->iova && run->fd == next->fd &&
		(run->fd < 0 || run->fd_offset + run->len == next->fd_offset);
}

/* What EAL maps for its own devices: its memory, and external memory that is a heap. */
static bool
msl_is_eals(const struct rte_memseg_list *msl)
{
	return !msl->external || msl->heap;
}

/* Heaps of external memory come and go as a whole. */
static bool
page_stays(const struct vfio_dma *dma, const struct rte_memseg_list *msl,
	const struct rte_memseg *ms)
{
	return msl->external || !dma->follows_eal ||
		(ms->flags & RTE_MEMSEG_FLAG_DO_NOT_FREE) != 0;
}

/* The first mapping that has some of a page's IOVAs, or NULL. */
static struct vfio_range *
page_overlap(const struct vfio_dma *dma, const struct rte_memseg *ms)
{
	return vfio_ranges_overlap(&dma->mapped, ms->iova, ms->iova + (ms->len - 1));
}

/* Whether a mapping is of EAL's memory, and has a page just where the page is. */
static bool
range_has_page(const struct vfio_range *range, const struct rte_memseg *ms)
{
	return range->users == 0 && range->first <= ms->iova &&
		range->last >= ms->iova + (ms->len - 1) &&
		RTE_PTR_ADD(range->addr, ms->iova - range->first) == ms->addr;
}

/* Whether a device can reach a page: a server cannot without the file behind it. */
static bool
page_is_reachable(const struct vfio_dma *dma, const struct rte_memseg_list *msl,
	const struct rte_memseg *ms, const struct vfio_dma_run *page)
{
	if (ms->iova == RTE_BAD_IOVA)
		return false;
	if (!msl->external || !dma->ops->by_file || page->fd >= 0)
		return true;
	if (ms->addr == msl->base_va)
		vfio_dma_log(dma, dma->name, "cannot map heap of external memory", ms->addr,
			ms->iova, msl->len, -ENOTSUP);
	return false;
}

static int pages_map(struct vfio_dma *dma, const struct rte_memseg_list *msl, void *addr,
	size_t len);

/* Map what is left of a mapping without the pages in [start, end). */
static void
pages_map_around(struct vfio_dma *dma, const struct rte_memseg_list *msl,
	const struct vfio_range *range, void *start, void *end)
{
	void *range_end = RTE_PTR_ADD(range->addr, range->last - range->first + 1);
	int ret = 0;

	if (range->addr < start)
		ret = pages_map(dma, msl, range->addr, RTE_PTR_DIFF(start, range->addr));
	if (ret == 0 && range_end > end)
		ret = pages_map(dma, msl, end, RTE_PTR_DIFF(range_end, end));
	if (ret < 0)
		vfio_dma_log(dma, dma->name, "cannot map what stays of memory", range->addr,
			range->first, range->last - range->first + 1, ret);
}

/*
 * Have nothing mapped at the IOVAs of a page of EAL's, or return -EALREADY if the page
 * itself is mapped there.  A stale mapping, which could not be unmapped before, is
 * unmapped now; pages that it had beside this one are mapped again.  The caller
 * holds dma->lock.
 */
static int
page_vacate(struct vfio_dma *dma, const struct rte_memseg_list *msl, const struct rte_memseg *ms)
{
	struct vfio_range *range = page_overlap(dma, ms), copy;
	int ret;

	if (range == NULL)
		return 0;
	if (!range_has_page(range, ms))
		return vfio_dma_vacate(dma, ms->iova, ms->iova + (ms->len - 1));
	if (!range->stale)
		return -EALREADY;
	copy = *range;
	ret = vfio_dma_range_unmap(dma, range);
	if (ret == 0)
		pages_map_around(dma, msl, &copy, ms->addr, RTE_PTR_ADD(ms->addr, ms->len));
	return ret;
}

/*
 * Map EAL's pages in [addr, addr + len).  A page whose place cannot be had, as
 * something else is mapped there, does not keep others from being mapped.  The
 * caller holds dma->lock, and EAL's memory hotplug lock.
 */
static int
pages_map(struct vfio_dma *dma, const struct rte_memseg_list *msl, void *addr, size_t len)
{
	void *end = RTE_PTR_ADD(addr, len);
	const struct rte_memseg *ms = rte_mem_virt2memseg(addr, msl);
	struct vfio_dma_run run = { 0 }, next;
	bool stays = false;
	int ret, failed = 0;

	if (ms == NULL)
		return -EFAULT;
	for (; addr < end; addr = RTE_PTR_ADD(addr, msl->page_sz), ms++) {
		if (ms->len == 0) /* not allocated */
			continue;
		next = vfio_dma_page_run(dma, ms);
		if (!page_is_reachable(dma, msl, ms, &next))
			continue;
		ret = page_vacate(dma, msl, ms);
		if (ret < 0) {
			if (ret != -EALREADY) /* mapped by a memory event while we walk */
				failed = ret;
			continue;
		}
		if (run.len != 0 && stays && page_stays(dma, msl, ms) &&
				vfio_dma_run_continues(&run, &next)) {
			run.len += next.len;
		} else {
			ret = run.len == 0 ? 0 : vfio_dma_run_map(dma, &run, 0);
			if (ret == -EEXIST)
				failed = ret;
			else if (ret < 0)
				return ret;
			run = next;
			stays = page_stays(dma, msl, ms);
		}
	}
	ret = run.len == 0 ? 0 : vfio_dma_run_map(dma, &run, 0);
	return ret < 0 ? ret : failed;
}

/* What is not mapped could not be, which was said then. */
static void
pages_unmap(struct vfio_dma *dma, const struct rte_memseg_list *msl, void *start, size_t len)
{
	void *addr = start, *end = RTE_PTR_ADD(start, len);
	const struct rte_memseg *ms;
	struct vfio_range *range, copy;
	int ret;

	while (addr < end) {
		ms = rte_mem_virt2memseg(addr, msl);
		if (ms == NULL || ms->len == 0)
			return;
		addr = RTE_PTR_ADD(ms->addr, ms->len);
		if (ms->iova == RTE_BAD_IOVA)
			continue;
		range = page_overlap(dma, ms);
		if (range == NULL || !range_has_page(range, ms))
			continue;
		copy = *range;
		ret = vfio_dma_range_unmap(dma, range);
		if (ret < 0)
			vfio_dma_log(dma, dma->name, "cannot unmap freed memory", copy.addr,
				copy.first, copy.last - copy.first + 1, ret);
		else
			pages_map_around(dma, msl, &copy, start, end);
		addr = RTE_MAX(addr, RTE_PTR_ADD(copy.addr, copy.last - copy.first + 1));
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

	/* Of external memory EAL only tells when it is a heap; msl->heap may come later. */
	if (msl == NULL)
		return;
	/* The time that it takes to get the lock is not the server's, for this event. */
	pthread_mutex_lock(&dma->lock);
	vfio_call_begin();
	if (type == RTE_MEM_EVENT_ALLOC) {
		ret = pages_map(dma, msl, start, len);
		if (ret < 0 && ret != -ENODEV) /* of a device that is gone that has been said */
			vfio_dma_log(dma, dma->name, "cannot map new memory", addr,
				rte_mem_virt2memseg(addr, msl)->iova, len, ret);
	} else {
		pages_unmap(dma, msl, start, len);
	}
	vfio_call_end();
	pthread_mutex_unlock(&dma->lock);
}

/* EAL's memory hotplug lock is held for reading. */
static int
dma_map_chunk(const struct rte_memseg_list *msl, const struct rte_memseg *ms, size_t len, void *arg)
{
	struct rte_vfio_dev *dev = arg;
	struct vfio_dma *dma = dev->dma;
	int ret;

	/* What the application registers it also maps itself. */
	if (!msl_is_eals(msl))
		return 0;
	pthread_mutex_lock(&dma->lock);
	ret = pages_map(dma, msl, ms->addr, len);
	if (ret < 0)
		vfio_dma_log(dma, dev->name, "cannot map memory", ms->addr, ms->iova, len, ret);
	pthread_mutex_unlock(&dma->lock);
	rte_errno = -ret;
	return ret < 0 ? -1 : 0;
}

/* --- Who is in a domain ------------------------------------------------------- */

/* EAL finds a callback by name and argument; the argument is the domain. */
#define DMA_EVENT_NAME "common_vfio_dma"

/* Hear of EAL's memory no more. */
static void
dma_stop(struct vfio_dma *dma)
{
	if (dma->follows_eal)
		rte_mem_event_callback_unregister(DMA_EVENT_NAME, dma);
	dma->follows_eal = false;
	dma->started = false;
}

/* The address space has gone, or is about to: nothing is mapped. */
static void
dma_clear(struct vfio_dma *dma)
{
	pthread_mutex_lock(&dma->lock);
	vfio_ranges_free(&dma->mapped);
	rte_atomic_store_explicit(&dma->mapped_bytes, 0, rte_memory_order_relaxed);
	rte_atomic_store_explicit(&dma->nb_mapped, 0, rte_memory_order_relaxed);
	vfio_ranges_free(&dma->allowed);
	pthread_mutex_unlock(&dma->lock);
}

/* Other devices may be attached, for whom EAL's memory will be mapped again. */
static void
eal_memory_unmap(struct vfio_dma *dma)
{
	uint32_t i;

	pthread_mutex_lock(&dma->lock);
	for (i = dma->mapped.nb; i > 0; i--)
		if (dma->mapped.range[i - 1].users == 0)
			vfio_dma_range_unmap(dma, &dma->mapped.range[i - 1]);
	pthread_mutex_unlock(&dma->lock);
}

static int
dma_start(struct rte_vfio_dev *dev)
{
	struct vfio_dma *dma = dev->dma;
	int ret = 0;

	/* Events first: what comes while we walk is then mapped by one of the two. */
	if (rte_mem_event_callback_register(DMA_EVENT_NAME, dma_mem_event, dma) == 0)
		dma->follows_eal = true;
	else if (rte_errno != ENOTSUP) /* as with --no-huge: memory never changes */
		ret = -rte_errno;
	if (ret < 0)
		VFIO_LOG(ERR, dev, "cannot follow EAL's memory: %s", rte_strerror(-ret));
	if (ret == 0 && rte_memseg_contig_walk(dma_map_chunk, dev) != 0)
		ret = -rte_errno;
	dma->started = true;
	if (ret < 0) {
		dma_stop(dma);
		if (dma->ops->attach != NULL)
			eal_memory_unmap(dma);
		else
			dma_clear(dma);
	}
	return ret;
}

int
vfio_dma_join(struct rte_vfio_dev *dev)
{
	int ret = 0;

	pthread_mutex_lock(&dev->dma->devs_lock);
	if (!dev->dma->started && !dev->dma->ops->is_eals)
		ret = dma_start(dev);
	pthread_mutex_unlock(&dev->dma->devs_lock);
	return ret;
}

void
vfio_dma_leave(struct rte_vfio_dev *dev)
{
	struct vfio_dma *dma = dev->dma;

	if (dma->ops->attach != NULL) /* it ends with vfio_dma_detach() */
		return;
	dma_stop(dma);
	dma_clear(dma);
}

int
vfio_dma_attach(struct rte_vfio_dev *dev, struct vfio_dma *dma)
{
	int ret;

	pthread_mutex_lock(&dma->devs_lock);
	ret = dma->ops->attach(dma, dev);
	if (ret == 0) {
		dma->nb_devs++;
		dev->dma = dma;
	}
	pthread_mutex_unlock(&dma->devs_lock);
	return ret;
}

void
vfio_dma_detach(struct rte_vfio_dev *dev)
{
	struct vfio_dma *dma = dev->dma;

	pthread_mutex_lock(&dma->devs_lock);
	if (dma->nb_devs == 1)
		dma_stop(dma);
	dma->ops->detach(dma, dev);
	if (--dma->nb_devs == 0)
		dma_clear(dma);
	pthread_mutex_unlock(&dma->devs_lock);
}

void
vfio_dma_allow(struct vfio_dma *dma, struct vfio_ranges *allowed)
{
	pthread_mutex_lock(&dma->lock);
	vfio_ranges_free(&dma->allowed);
	dma->allowed = *allowed;
	pthread_mutex_unlock(&dma->lock);
}
