/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_DMA_H
#define VFIO_DMA_H

/*
 * A DMA domain: one I/O address space, and the devices that see memory
 * through it.  A vfio-user device has one to itself, because its server maps
 * our memory on its own.  Devices on character devices share the one of
 * /dev/iommu, those on groups that of a container.  A transport provides
 * the domain, and how to map in it; which memory of EAL's is mapped is in
 * vfio_dma.c, what a device maps besides in vfio_dma_own.c.
 *
 * A domain's mappings have one owner.  That is this library, and nobody else has
 * a descriptor of the address space; or it is EAL, in the domain of devices that
 * are in its container, of which nothing is recorded here.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vfio_compat.h"
#include "vfio_range.h"

struct rte_memseg;
struct rte_vfio_dev;
struct vfio_dma;

/* A run of memory that can become one mapping. */
struct vfio_dma_run {
	void *addr;
	uint64_t iova;
	uint64_t len;
	int fd; /* the file behind the memory, -1 if there is none or nobody asks */
	uint64_t fd_offset;
};

/* All return 0 or a negative errno. */
struct vfio_dma_ops {
	/*
	 * Have a device see memory through the address space, which the first
	 * device (nb_devs is 0) makes; failures are logged with VFIO_LOG_OPEN().
	 * Undo that; the last device (nb_devs is 1) closes the address space,
	 * and all mappings with it.  Both with devs_lock held.  NULL: the domain
	 * belongs to its only device.
	 */
	int (*attach)(struct vfio_dma *dma, struct rte_vfio_dev *dev);
	void (*detach)(struct vfio_dma *dma, struct rte_vfio_dev *dev);
	/* -EIO: not unmapped in full. */
	int (*map)(struct vfio_dma *dma, const struct vfio_dma_run *run);
	int (*unmap)(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len);
	/* Memory is mapped through the file behind it: "fd" is wanted. */
	bool by_file;
	/* EAL maps its own memory, and records what is mapped with map and unmap. */
	bool is_eals;
	/* What helps where no more mappings are accepted, for log lines; may be NULL. */
	const char *refusal_hint;
};

struct vfio_dma {
	const struct vfio_dma_ops *ops;
	const char *name; /* for log lines */
	/*
	 * Who is in the domain.  Held while the address space is made, filled and
	 * closed.  Not held by memory events, which come with a lock of EAL's that
	 * registering for them takes.
	 */
	pthread_mutex_t devs_lock;
	uint32_t nb_devs; /* attached */
	bool started; /* EAL's memory is mapped */
	bool follows_eal; /* the memory event callback is registered */
	pthread_mutex_t lock; /* of what follows; memory events take it */
	struct vfio_ranges mapped;
	/* How many are mapped, and bytes in all: written under the lock, read without. */
	RTE_ATOMIC(uint64_t) nb_mapped;
	RTE_ATOMIC(uint64_t) mapped_bytes;
	struct vfio_ranges allowed; /* empty: nothing is known to be forbidden */
	/*
	 * Size of the pages that can be mapped, where those may be larger than ours, or 0.
	 * The transport sets it while it opens the device.
	 */
	uint64_t page_size;
};

/* For transports: attach a device, which gets the domain, and detach it. */
int vfio_dma_attach(struct rte_vfio_dev *dev, struct vfio_dma *dma);
void vfio_dma_detach(struct rte_vfio_dev *dev);

/* A device is to use its domain: EAL's memory is mapped if it is not yet. */
int vfio_dma_join(struct rte_vfio_dev *dev);

/*
 * Undo that.  Mappings of EAL's memory end with the address space: what the
 * transport closes next, or when the last device is detached.
 */
void vfio_dma_leave(struct rte_vfio_dev *dev);

/* vfio_dma_own.c: unmap all that a device has mapped with rte_vfio_dev_dma_map(). */
void vfio_dma_own_free(struct rte_vfio_dev *dev);

/* For transports: which addresses can be mapped from now on; takes the ranges over. */
void vfio_dma_allow(struct vfio_dma *dma, struct vfio_ranges *allowed);

/* What vfio_dma.c and vfio_dma_own.c share, all with dma->lock held. */

/*
 * Have nothing mapped at these addresses: what could not be unmapped is tried again.
 * -EEXIST if something else is.
 */
int vfio_dma_vacate(struct vfio_dma *dma, uint64_t first, uint64_t last);

/* Map a run where nothing is mapped, EAL's (users 0) or a device's. */
int vfio_dma_run_map(struct vfio_dma *dma, const struct vfio_dma_run *run, uint32_t users);

/* Unmap a range, whoever uses it.  One that cannot be unmapped stays, and is stale. */
int vfio_dma_range_unmap(struct vfio_dma *dma, struct vfio_range *range);

/* Whether addresses, lengths and offsets, or-ed together, are whole pages of the domain's. */
static inline bool
vfio_dma_is_whole_pages(const struct vfio_dma *dma, uint64_t values)
{
	return dma->page_size == 0 || (values & (dma->page_size - 1)) == 0;
}

/* One page of EAL's memory as a run; memory hotplug is locked by the caller. */
struct vfio_dma_run vfio_dma_page_run(const struct vfio_dma *dma, const struct rte_memseg *ms);

/* Whether "next" continues "run": the same file, and everything adjacent. */
bool vfio_dma_run_continues(const struct vfio_dma_run *run, const struct vfio_dma_run *next);

/*
 * vfio_dma_log.c: one log line for memory that could not be mapped or unmapped, with what
 * to do about it.
 */
void vfio_dma_log(const struct vfio_dma *dma, const char *name, const char *what, const void *addr,
	uint64_t iova, uint64_t len, int error);

#endif /* VFIO_DMA_H */
