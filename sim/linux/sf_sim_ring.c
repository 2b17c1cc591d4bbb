// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * The driver's memory, for rings: pinned and mapped while they are in use.
 * Where VFIO does not pin, a ring is a copy, and the model says which part of
 * it is to be brought here or sent there.
 */

#include <linux/iommu.h>
#include <linux/mm.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "sf_sim.h"

struct sf_sim_ring {
	struct list_head node;
	u8 *addr;		/* contiguous here */
	u64 iova;
	u64 len;
	unsigned int nb_pages;	/* 0: it is a copy */
	struct page *pages[];
};

static struct sf_sim_ring *ring_find(struct sf_plat *plat, const u8 *at)
{
	struct sf_sim_ring *ring;

	list_for_each_entry(ring, &plat->rings, node)
		if (at >= ring->addr && at < ring->addr + ring->len)
			return ring;
	return NULL;
}

/* 0, or -EACCES if VFIO would not pin anything here. */
static int ring_pin(struct sf_plat *plat, struct sf_sim_ring *ring,
		    unsigned int nb_pages, bool write)
{
	int ret;

	ret = vfio_pin_pages(plat->vdev, ALIGN_DOWN(ring->iova, PAGE_SIZE),
			     nb_pages,
			     write ? IOMMU_READ | IOMMU_WRITE : IOMMU_READ,
			     ring->pages);
	if (ret < 0)
		return ret;
	ring->nb_pages = ret;
	if (ret == nb_pages)
		ring->addr = vmap(ring->pages, nb_pages, VM_MAP, PAGE_KERNEL);
	if (!ring->addr)
		return -EFAULT;
	ring->addr += offset_in_page(ring->iova);
	return 0;
}

/* A ring that cannot be read, or written, is none. */
static int ring_copy(struct sf_plat *plat, struct sf_sim_ring *ring, bool write)
{
	int ret;

	ring->addr = kvzalloc(ring->len, GFP_KERNEL);
	if (!ring->addr)
		return -ENOMEM;
	ret = vfio_dma_rw(plat->vdev, ring->iova, ring->addr, ring->len, false);
	if (!ret && write)
		ret = vfio_dma_rw(plat->vdev, ring->iova, ring->addr,
				  ring->len, true);
	return ret;
}

static void ring_free(struct sf_plat *plat, struct sf_sim_ring *ring)
{
	if (ring->nb_pages) {
		if (ring->addr)
			vunmap(PTR_ALIGN_DOWN(ring->addr, PAGE_SIZE));
		vfio_unpin_pages(plat->vdev, ALIGN_DOWN(ring->iova, PAGE_SIZE),
				 ring->nb_pages);
	} else {
		kvfree(ring->addr);
	}
	kfree(ring);
}

void *sf_plat_ring_map(struct sf_plat *plat, u64 iova, u64 len, bool write)
{
	struct sf_sim_ring *ring;
	unsigned int nb_pages;
	int ret = -EACCES;

	if (!len || len - 1 > U64_MAX - iova)
		return NULL;
	nb_pages = ((iova + (len - 1)) >> PAGE_SHIFT) - (iova >> PAGE_SHIFT) + 1;
	if (nb_pages > VFIO_PIN_PAGES_MAX_ENTRIES)
		return NULL;
	ring = kzalloc(struct_size(ring, pages, nb_pages), GFP_KERNEL);
	if (!ring)
		return NULL;
	ring->iova = iova;
	ring->len = len;
	if (!plat->unpinned)
		ret = ring_pin(plat, ring, nb_pages, write);
	if (ret == -EACCES) {
		plat->unpinned = true;
		ret = ring_copy(plat, ring, write);
	}
	if (ret) {
		ring_free(plat, ring);
		return NULL;
	}
	list_add(&ring->node, &plat->rings);
	return ring->addr;
}

void sf_plat_ring_unmap(struct sf_plat *plat, void *addr, u64 len)
{
	struct sf_sim_ring *ring = ring_find(plat, addr);

	if (WARN_ON(!ring))
		return;
	list_del(&ring->node);
	ring_free(plat, ring);
}

void sf_sim_ring_transfer(struct sf_plat *plat, void *at, u64 len, bool push)
{
	struct sf_sim_ring *ring = ring_find(plat, at);
	int ret;

	if (!ring || !len)
		return;
	ret = vfio_dma_rw(plat->vdev, ring->iova + ((u8 *)at - ring->addr), at,
			  len, push);
	/* Descriptors that have gone make no sense, and so halt the queue. */
	if (ret && !push)
		memset(at, 0, len);
}
