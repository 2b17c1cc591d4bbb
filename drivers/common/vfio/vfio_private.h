/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_PRIVATE_H
#define VFIO_PRIVATE_H

/*
 * The device object and the contract of a transport.
 *
 * A transport moves VFIO requests to whoever has the device: it knows how to
 * ask, not what to ask.  What a region, an interrupt or a DMA mapping is, which
 * answers can be believed, and what has to be undone, is written once above it
 * in vfio_region.c, vfio_irq.c and vfio_dma.c.  Requests are passed as the
 * structures of linux/vfio.h, whatever the transport.
 */

#include <pthread.h>
#include <stdbool.h>

#include <linux/vfio.h>

#include <rte_log.h>

#include "rte_vfio_dev.h"

/* A device with more is not believed. */
#define VFIO_DEV_MAX_REGIONS 64
#define VFIO_DEV_MAX_IRQS 64
#define VFIO_DEV_MAX_VECTORS 512

extern int vfio_dev_logtype;

#define VFIO_LOG(level, dev, fmt, ...) \
	rte_log(RTE_LOG_ ## level, vfio_dev_logtype, "vfio: device %s: " fmt "\n", \
		(dev)->name, ## __VA_ARGS__)

struct vfio_ops;
struct vfio_user;

struct vfio_region {
	struct rte_vfio_region pub;
	uint64_t offset; /* of the region in fd, as reported */
	int fd; /* what to mmap(); -1 if nothing can be mapped */
};

/* A range the device can reach, [iova, iova + len). */
struct vfio_dma_range {
	uint64_t iova;
	uint64_t len;
};

/* What the device can reach, sorted by IOVA, without overlap. */
struct vfio_dma {
	pthread_mutex_t lock; /* memory events against rte_vfio_dma_map() */
	struct vfio_dma_range *ranges;
	uint32_t nb_ranges;
	uint32_t max_ranges;
	bool follows_eal; /* the memory event callback is registered */
};

struct rte_vfio_dev {
	const struct vfio_ops *ops;
	char *name;
	struct rte_vfio_dev_info info;
	struct vfio_region *regions; /* info.num_regions of them */
	struct rte_intr_handle *irqs[VFIO_DEV_MAX_IRQS]; /* joined handles, by index */
	struct vfio_dma dma;
	rte_vfio_dev_event_cb event_cb;
	void *event_arg;
	int fd; /* group: the device */
	char *group_base;
	char *group_name;
	struct vfio_user *user; /* vfio-user: the connection */
};

/*
 * All return 0 or a negative errno.  Functions that fill a structure of
 * linux/vfio.h get it with argsz and the index set, and respect argsz.
 */
struct vfio_ops {
	const char *name;
	enum rte_vfio_transport id;
	/* EAL's own VFIO code maps its memory: nothing for us to follow. */
	bool eal_maps_memory;

	/* Whether the node has what this transport needs. */
	bool (*offered)(const struct rte_vfio_dev_node *node);
	int (*open)(struct rte_vfio_dev *dev, const struct rte_vfio_dev_node *node);
	/* Called after a successful open only. */
	void (*close)(struct rte_vfio_dev *dev);
	int (*get_info)(struct rte_vfio_dev *dev, struct vfio_device_info *info);
	/* *fd: what mmap() takes, the caller's from now on, or -1. */
	int (*region_info)(struct rte_vfio_dev *dev, struct vfio_region_info *info, int *fd);
	int (*region_read)(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
		void *buf, size_t len);
	int (*region_write)(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
		const void *buf, size_t len);
	int (*irq_info)(struct rte_vfio_dev *dev, struct vfio_irq_info *info);
	/* Eventfds follow the structure as the kernel has it: int32_t data[]. */
	int (*set_irqs)(struct rte_vfio_dev *dev, struct vfio_irq_set *set);
	/* fd and fd_offset: the file behind the memory, or -1. */
	int (*dma_map)(struct rte_vfio_dev *dev, void *addr, uint64_t iova, uint64_t len,
		int fd, uint64_t fd_offset);
	int (*dma_unmap)(struct rte_vfio_dev *dev, void *addr, uint64_t iova, uint64_t len);
	int (*reset)(struct rte_vfio_dev *dev);
	/* Start or stop calling vfio_dev_event(). */
	int (*watch)(struct rte_vfio_dev *dev, bool on);
};

extern const struct vfio_ops vfio_group_ops;
extern const struct vfio_ops vfio_user_ops;

/*
 * vfio_dev.c: one log line for a request that was refused.  Transports have
 * already said why the connection, and not the request, has failed.
 */
int vfio_refused(struct rte_vfio_dev *dev, const char *request, uint32_t index, int error);

/* vfio_dev.c: tell the one who asked to know. */
void vfio_dev_event(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event);

/* vfio_region.c */
int vfio_regions_read(struct rte_vfio_dev *dev);
void vfio_regions_free(struct rte_vfio_dev *dev);

/* vfio_irq.c */
void vfio_irqs_free(struct rte_vfio_dev *dev);

/* vfio_dma.c */
int vfio_dma_init(struct rte_vfio_dev *dev);
void vfio_dma_free(struct rte_vfio_dev *dev);

#endif /* VFIO_PRIVATE_H */
