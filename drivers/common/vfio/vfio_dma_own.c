/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * DMA: memory that the application maps for a device.
 *
 * Such mappings are counted for each device: the same memory at the same IOVA,
 * mapped for two devices of a domain, is mapped until both have unmapped it.
 * Where memory is mapped through the files behind it, a range is one mapping
 * for each file; the device has it as one range.
 */

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal_memconfig.h>
#include <rte_memory.h>

#include "vfio_private.h"

/* The range that is just this, or NULL. */
static struct vfio_range *
range_exact(const struct vfio_ranges *set, const void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_range *range = vfio_ranges_overlap(set, iova, iova + (len - 1));

	return range != NULL && range->first == iova && range->last == iova + (len - 1) &&
		range->addr == addr ? range : NULL;
}

/*
 * The first part of a range that has one file behind it, or none; external
 * memory has none.  Memory hotplug is locked by the caller.
 */
static struct vfio_dma_run
file_run(const struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_dma_run run = { .addr = addr, .iova = iova, .len = len, .fd = -1 }, page;
	const struct rte_memseg *ms = rte_mem_virt2memseg(addr, NULL);
	size_t offset;

	if (ms == NULL)
		return run;
	page = vfio_dma_page_run(dma, ms);
	offset = RTE_PTR_DIFF(addr, page.addr);
	run.fd = page.fd;
	run.fd_offset = page.fd_offset + offset;
	run.len = RTE_MIN(len, page.len - offset);
	while (run.len < len) {
		ms = rte_mem_virt2memseg(RTE_PTR_ADD(addr, run.len), NULL);
		if (ms == NULL)
			break;
		page = vfio_dma_page_run(dma, ms);
		page.iova = iova + run.len; /* the IOVA is the caller's choice */
		if (!vfio_dma_run_continues(&run, &page))
			break;
		run.len += RTE_MIN(len - run.len, page.len);
	}
	return run;
}

/* Unmap the mappings that a range of one device consists of. */
static int
pieces_unmap(struct vfio_dma *dma, const void *addr, uint64_t first, uint64_t last)
{
	struct vfio_range *piece;
	uint64_t at = first, piece_last;
	int ret = 0;

	while (ret == 0 && (piece = vfio_ranges_overlap(&dma->mapped, at, last)) != NULL) {
		piece_last = piece->last;
		/* In place of one that could not be unmapped before, there may be another's. */
		if (piece->users == 1 && piece->first >= first && piece_last <= last &&
				RTE_PTR_ADD(addr, piece->first - first) == piece->addr)
			ret = vfio_dma_range_unmap(dma, piece);
		if (piece_last >= last)
			break;
		at = piece_last + 1;
	}
	return ret;
}

/* Map a range file by file.  All or nothing. */
static int
pieces_map(struct vfio_dma *dma, const struct vfio_dma_run *range)
{
	struct vfio_dma_run run;
	uint64_t done;
	int ret;

	ret = vfio_dma_vacate(dma, range->iova, range->iova + (range->len - 1));
	if (ret < 0)
		return ret;
	if (!dma->ops->by_file)
		return vfio_dma_run_map(dma, range, 1);
	for (done = 0; done < range->len && ret == 0; done += run.len) {
		run = file_run(dma, RTE_PTR_ADD(range->addr, done), range->iova + done,
			range->len - done);
		ret = vfio_dma_run_map(dma, &run, 1);
		if (ret < 0 && done > 0)
			pieces_unmap(dma, range->addr, range->iova, range->iova + (done - 1));
	}
	return ret;
}

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
	if (shared != NULL && shared->users != 0 && !shared->stale) {
		shared->users++;
	} else {
		ret = pieces_map(dma, run);
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

/*
 * Whether a range that the device could not unmap has been unmapped since, for another
 * device of the domain to have memory there.  What is mapped there now is the other's.
 */
static bool
own_is_gone(const struct rte_vfio_dev *dev, const struct vfio_range *own,
	const struct vfio_range *shared)
{
	return own->stale && dev->dma->ops->attach != NULL && (shared == NULL || !shared->stale);
}

/* A range that cannot be unmapped stays the device's, who may try again. */
static int
own_unmap(struct rte_vfio_dev *dev, void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_range *own = range_exact(&dev->own, addr, iova, len);
	struct vfio_range *shared = range_exact(&dev->dma->mapped, addr, iova, len);
	int ret = 0;

	if (own == NULL)
		return -ENOENT;
	if (shared != NULL && shared->users > 1 && !own->stale)
		shared->users--;
	else if (!own_is_gone(dev, own, shared))
		ret = pieces_unmap(dev->dma, addr, iova, iova + (len - 1));
	own->stale = ret < 0;
	if (ret == 0)
		vfio_ranges_remove(&dev->own, own);
	return ret;
}

void
vfio_dma_own_free(struct rte_vfio_dev *dev)
{
	const struct vfio_range *own;
	uint64_t len;
	int ret;

	pthread_mutex_lock(&dev->dma->lock);
	while (dev->own.nb != 0) {
		own = &dev->own.range[dev->own.nb - 1];
		len = own->last - own->first + 1;
		ret = own_unmap(dev, own->addr, own->first, len);
		if (ret < 0) {
			vfio_dma_log(dev->dma, dev->name, "cannot unmap memory", own->addr,
				own->first, len, ret);
			dev->own.nb--;
		}
	}
	vfio_ranges_free(&dev->own);
	pthread_mutex_unlock(&dev->dma->lock);
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

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_dma_map)
int
rte_vfio_dev_dma_map(struct rte_vfio_dev *dev, void *addr, uint64_t iova, size_t len)
{
	const struct vfio_dma_run run = { .addr = addr, .iova = iova, .len = len, .fd = -1 };
	int ret;

	ret = own_check(dev, addr, iova, len);
	if (ret < 0)
		return ret;
	if (dev->dma->ops->is_eals)
		return dev->dma->ops->map(dev->dma, &run);
	/* Files are found by EAL's lists of its memory; memory events lock in this order. */
	if (dev->dma->ops->by_file)
		rte_mcfg_mem_read_lock();
	pthread_mutex_lock(&dev->dma->lock);
	ret = own_map(dev, &run);
	if (ret < 0)
		vfio_dma_log(dev->dma, dev->name, "cannot map memory", addr, iova, len, ret);
	pthread_mutex_unlock(&dev->dma->lock);
	if (dev->dma->ops->by_file)
		rte_mcfg_mem_read_unlock();
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_dma_unmap)
int
rte_vfio_dev_dma_unmap(struct rte_vfio_dev *dev, void *addr, uint64_t iova, size_t len)
{
	int ret;

	ret = own_check(dev, addr, iova, len);
	if (ret < 0)
		return ret;
	if (dev->dma->ops->is_eals)
		return dev->dma->ops->unmap(dev->dma, addr, iova, len);
	pthread_mutex_lock(&dev->dma->lock);
	ret = own_unmap(dev, addr, iova, len);
	if (ret < 0)
		vfio_dma_log(dev->dma, dev->name, "cannot unmap memory", addr, iova, len, ret);
	pthread_mutex_unlock(&dev->dma->lock);
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_dma_stats)
void
rte_vfio_dev_dma_stats(const struct rte_vfio_dev *dev, struct rte_vfio_dev_dma_stats *stats)
{
	struct vfio_dma *dma = dev->dma;

	*stats = (struct rte_vfio_dev_dma_stats){ 0 };
	if (dma == NULL)
		return;
	/* The lock may be held until a server answers. */
	stats->mappings = rte_atomic_load_explicit(&dma->nb_mapped, rte_memory_order_relaxed);
	stats->bytes = rte_atomic_load_explicit(&dma->mapped_bytes, rte_memory_order_relaxed);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_dev_dma_ranges)
int
rte_vfio_dev_dma_ranges(const struct rte_vfio_dev *dev, struct rte_vfio_iova_range *ranges,
	uint32_t nb)
{
	const struct vfio_ranges *allowed;
	uint32_t i;
	int ret;

	if (dev->dma == NULL)
		return -ENOTSUP;
	pthread_mutex_lock(&dev->dma->lock);
	allowed = &dev->dma->allowed;
	ret = allowed->nb;
	for (i = 0; i < RTE_MIN(nb, allowed->nb); i++)
		ranges[i] = (struct rte_vfio_iova_range) {
			.first = allowed->range[i].first,
			.last = allowed->range[i].last,
		};
	pthread_mutex_unlock(&dev->dma->lock);
	return ret;
}
