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
#include <sys/queue.h>

#include <linux/vfio.h>

#include <rte_log.h>

#include "rte_vfio_dev.h"
#include "vfio_compat.h"
#include "vfio_dma.h"

/* What a device has beyond this is not used. */
#define VFIO_DEV_MAX_REGIONS 64
#define VFIO_DEV_MAX_IRQS 64
/* Areas of a region; a description that had more would be too long. */
#define VFIO_DEV_MAX_AREAS 4096
/* One for the handle itself, and all that it has room for; MSI-X has 2,048 at the most. */
#define VFIO_DEV_MAX_VECTORS (1 + RTE_MAX_RXTX_INTR_VEC_ID)

/* Interrupts of a PCI device that are events: error and request. */
#define VFIO_NUM_EVENT_IRQS 2

extern int vfio_dev_logtype;

#define VFIO_LOG(level, dev, fmt, ...) \
	rte_log(RTE_LOG_ ## level, vfio_dev_logtype, "vfio: device %s: " fmt "\n", \
		(dev)->name, ## __VA_ARGS__)

/* Why vfio_ops::open fails, for vfio_open_failed(). */
#define VFIO_LOG_OPEN(dev, fmt, ...) vfio_open_failed(dev, fmt, ## __VA_ARGS__)
#define VFIO_OPEN_REASON_MAX 192

struct vfio_ops;
struct vfio_user;

struct vfio_region {
	struct rte_vfio_region pub;
	uint64_t offset; /* of the region in fd, as reported */
	int fd; /* what to mmap(); -1 if nothing can be mapped */
	bool msix_mappable; /* MSI-X table included */
	void *wanted_addr; /* secondary process: where the primary has it mapped, or NULL */
};

/* An interrupt index. */
struct vfio_irq {
	struct rte_intr_handle *handle; /* that it is joined to, or NULL */
	int count; /* of its vectors, or a negative errno */
	bool automasked; /* masked by VFIO each time it comes */
	int *queue_fds; /* eventfds of the data path, nb_queue_fds of them */
	uint32_t nb_queue_fds;
};

struct rte_vfio_dev {
	TAILQ_ENTRY(rte_vfio_dev) next; /* of the primary process's */
	const struct vfio_ops *ops;
	char *name;
	struct rte_vfio_dev_info info;
	struct vfio_region *regions; /* info.num_regions of them */
	struct vfio_irq irqs[VFIO_DEV_MAX_IRQS]; /* by index */
	struct vfio_dma *dma; /* the domain, the transport's; NULL in a secondary process */
	struct vfio_ranges own; /* what was mapped for this device; under dma->lock */
	rte_vfio_dev_event_cb event_cb;
	void *event_arg;
	struct rte_intr_handle *event_irqs[VFIO_NUM_EVENT_IRQS];
	RTE_ATOMIC(bool) ended; /* by the other end; set by the transport, any thread */
	char *open_reason; /* room for what goes wrong in vfio_ops::open, or NULL: log it */
	int fd; /* group and character device: what requests go to, or -1 */
	int group_number; /* group: of /dev/vfio/N */
	char *group_base; /* the directory of sysfs that has the device's entry */
	char *group_name; /* the entry's name, by which the group knows the device */
	struct vfio_user *user; /* vfio-user: the connection */
};

/*
 * All return 0 or a negative errno.  Functions that fill a structure of
 * linux/vfio.h get it with argsz and the index set, and respect argsz.
 */
struct vfio_ops {
	enum rte_vfio_transport id;

	/* Whether the node has what this transport needs. */
	bool (*offered)(const struct rte_vfio_dev_node *node);
	/* Sets the domain, too.  Failures are logged with VFIO_LOG_OPEN(). */
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
	/* Get eventfds of the data path from who has them; NULL if they are made here. */
	int (*queue_fds)(struct rte_vfio_dev *dev, uint32_t index, uint32_t first, uint32_t nb,
		int *fds);
	int (*reset)(struct rte_vfio_dev *dev);
	/* Start or stop calling vfio_dev_event() for RTE_VFIO_DEV_EVENT_GONE; may be NULL. */
	int (*watch)(struct rte_vfio_dev *dev, bool on);
};

/* Whether the device is the primary process's, and this a secondary. */
static inline bool
vfio_is_shared(const struct rte_vfio_dev *dev)
{
	return dev->dma == NULL;
}

extern const struct vfio_ops vfio_cdev_ops;
extern const struct vfio_ops vfio_group_ops;
extern const struct vfio_ops vfio_user_ops;

/*
 * vfio_dev.c: one log line for a request that was refused.  Transports have
 * already said why the connection, and not the request, has failed.
 */
int vfio_refused(struct rte_vfio_dev *dev, const char *request, uint32_t index, int error);

/*
 * vfio_dev.c: say why a transport cannot open a device, as an error or, while
 * there is another transport to try, for the line about all that were tried.
 */
void vfio_open_failed(struct rte_vfio_dev *dev, const char *fmt, ...) __rte_format_printf(2, 3);

/* One log line and -ENOMEM. */
static inline int
vfio_no_memory(struct rte_vfio_dev *dev, const char *what)
{
	VFIO_LOG_OPEN(dev, "no memory for %s", what);
	return -ENOMEM;
}

/* vfio_dev.c: one log line and -ENOTSUP for what a secondary process cannot do. */
int vfio_not_here(struct rte_vfio_dev *dev, const char *what);

/* vfio_event.c: tell the one who asked to know. */
void vfio_dev_event(struct rte_vfio_dev *dev, enum rte_vfio_dev_event event);

/* vfio_region_info.c: all regions, with nothing in them yet, or as described. */
int vfio_regions_alloc(struct rte_vfio_dev *dev);
int vfio_regions_read(struct rte_vfio_dev *dev);
void vfio_regions_free(struct rte_vfio_dev *dev);

/* vfio_region_info.c: whether a region can be as large as this, and where it is said to be. */
bool vfio_region_is_sane(uint64_t size, uint64_t offset);

/*
 * vfio_region_info.c: have only what can be mapped of region->pub.nb_areas areas; what cannot
 * is left to the transport.  -EPROTO after a log line if one is not in the region, or has no
 * memory behind it.
 */
int vfio_region_areas_check(struct rte_vfio_dev *dev, uint32_t index, struct vfio_region *region,
	struct rte_vfio_region_area *areas);

/* vfio_region.c: undo rte_vfio_region_map(). */
void vfio_window_release(struct vfio_region *region);

/* vfio_region_info.c: have nothing mapped of [first, end), whole pages. */
int vfio_region_exclude(struct vfio_region *region, uint64_t first, uint64_t end);

/* vfio_pci.c: have the MSI-X table not mapped where VFIO does not allow it. */
int vfio_pci_msix_exclude(struct rte_vfio_dev *dev);

/* vfio_primary.c: let secondary processes have a device that is open. */
void vfio_primary_add(struct rte_vfio_dev *dev);
void vfio_primary_remove(struct rte_vfio_dev *dev);

/* vfio_secondary.c: get the primary process's device of dev->name. */
int vfio_secondary_attach(struct rte_vfio_dev *dev);

/* vfio_irq.c */
void vfio_irqs_read(struct rte_vfio_dev *dev);
void vfio_irqs_free(struct rte_vfio_dev *dev);
/*
 * Eventfds of the data path, the device's.  They are there when first asked for,
 * whether interrupts are enabled or not, and the same until it is closed: who
 * waits for one need not hear when it is disabled, and enabled again.  Any thread.
 */
int vfio_irq_queue_fds(struct rte_vfio_dev *dev, uint32_t index, uint32_t first, uint32_t nb,
	int *fds);

#endif /* VFIO_PRIVATE_H */
