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
 * the domain, and how to map in it; what to map is in vfio_dma.c.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

#include "vfio_range.h"

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

/* Both return 0 or a negative errno. */
struct vfio_dma_ops {
	int (*map)(struct vfio_dma *dma, const struct vfio_dma_run *run);
	int (*unmap)(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len);
	/* Memory is mapped through the file behind it: "fd" is wanted. */
	bool by_file;
	/* What helps where no more mappings are accepted, for log lines; may be NULL. */
	const char *refusal_hint;
	/* EAL's own VFIO code maps its memory: nothing for us to follow. */
	bool eal_maps_memory;
};

struct vfio_dma {
	const struct vfio_dma_ops *ops;
	const char *name; /* for log lines */
	uint32_t nb_devs; /* that have joined */
	bool follows_eal; /* the memory event callback is registered */
	pthread_mutex_t lock; /* of what follows; memory events take it */
	struct vfio_ranges mapped;
	struct vfio_ranges allowed; /* empty: nothing is known to be forbidden */
};

/* A device comes into its domain; EAL's memory is mapped when it is the first. */
int vfio_dma_join(struct rte_vfio_dev *dev);

/*
 * A device that has joined leaves, with what it has mapped itself.  Mappings of
 * EAL's memory end with whatever the transport closes after the last device.
 */
void vfio_dma_leave(struct rte_vfio_dev *dev);

#endif /* VFIO_DMA_H */
