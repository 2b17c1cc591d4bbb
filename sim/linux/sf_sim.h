/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The auxiliary-bus driver authors */

#ifndef SF_SIM_H
#define SF_SIM_H

/*
 * Simulated sub-functions in the kernel: what the files of the module share.
 *
 *   sf_sim_main    module parameters, the parent device
 *   sf_sim_port    devlink: ports are added, activated and deleted
 *   sf_sim_rep     a port's representor, a network device
 *   sf_sim_aux     an active port's auxiliary device, and its two drivers
 *   sf_sim_mdev    mediated devices, on a sub-function or on the parent
 *   sf_sim_vdev    the VFIO device that either of these ends in
 *   sf_sim_region  its regions
 *   sf_sim_irq     its interrupts
 *   sf_sim_dma     the memory it reaches: packets
 *   sf_sim_ring    the same: rings
 *   sf_sim_wire    the thread that runs the device model
 *
 * Locks, outermost first: the devlink instance; a port's lock; the wire.
 * VFIO and memory management locks are taken inside that of the wire, never
 * around it: see sf_sim_dma_unmap().
 */

#include <linux/auxiliary_bus.h>
#include <linux/completion.h>
#include <linux/kref.h>
#include <linux/mdev.h>
#include <linux/mutex.h>
#include <linux/vfio.h>
#include <linux/wait.h>
#include <linux/workqueue.h>
#include <net/devlink.h>

#include "sf_model.h"
#include "sf_sim_compat.h"

/* --- The wire: one for the module ----------------------------------------- */

/* Memory that VFIO takes away. */
struct sf_sim_unmap {
	struct list_head node;
	struct sf_sim_vdev *vdev;
	u64 iova;
	u64 len;
	struct completion done;
};

struct sf_sim_wire {
	struct mutex lock;		/* the model and its struct sf_plat's */
	struct sf_wire model;
	struct task_struct *thread;
	wait_queue_head_t wait;
	bool kicked;			/* there is something to look at */
	spinlock_t unmaps_lock;
	struct list_head unmaps;
};

extern struct sf_sim_wire sf_sim_wire;

/* The thread runs on that CPU, or on any if it is negative. */
int sf_sim_wire_start(enum sf_wire_type type, int cpu);
void sf_sim_wire_stop(void);

/* Have the thread look at everything again. */
void sf_sim_wire_kick(void);

/* --- A device as VFIO shows it --------------------------------------------- */

struct sf_sim_port;

struct sf_sim_vdev {
	struct vfio_device vdev;
	struct sf_plat plat;
	struct sf_dev *dev;
	void *db;			/* doorbell pages */
	struct sf_sim_port *port;	/* NULL: belongs to no sub-function */
	int id;				/* of such a one */
};

/*
 * Make a VFIO device for a device that has been bound.  Without a port, the
 * index makes its MAC address.
 */
struct sf_sim_vdev *sf_sim_vdev_add(struct device *dev,
				    struct sf_sim_port *port, u32 index);

/* Take it away; waits for its user to let go, after asking for that. */
void sf_sim_vdev_del(struct sf_sim_vdev *vdev);

ssize_t sf_sim_read(struct vfio_device *vdev, char __user *buf, size_t count,
		    loff_t *ppos);
ssize_t sf_sim_write(struct vfio_device *vdev, const char __user *buf,
		     size_t count, loff_t *ppos);
int sf_sim_mmap(struct vfio_device *vdev, struct vm_area_struct *vma);
long sf_sim_region_info(struct sf_sim_vdev *vdev, void __user *arg);

long sf_sim_irq_info(struct sf_sim_vdev *vdev, void __user *arg);
long sf_sim_set_irqs(struct sf_sim_vdev *vdev, void __user *arg);
void sf_sim_request(struct vfio_device *vdev, unsigned int count);
void sf_sim_irqs_release(struct sf_plat *plat);

void sf_sim_dma_init(struct sf_plat *plat, struct vfio_device *vdev);
void sf_sim_dma_unmap(struct vfio_device *vdev, u64 iova, u64 len);

/* Let go of a range; the wire is locked. */
void sf_sim_dma_removed(struct sf_sim_vdev *vdev, u64 iova, u64 len);

static inline struct sf_sim_vdev *to_sf_sim_vdev(struct vfio_device *vdev)
{
	return container_of(vdev, struct sf_sim_vdev, vdev);
}

/* --- Mediated devices -------------------------------------------------------- */

/*
 * Those on the parent device have MAC addresses of this index and above, and
 * sub-functions those below.
 */
#define SF_SIM_STANDALONE_BASE	0x800000

/* What a device needs to have mediated devices. */
struct sf_sim_mparent {
	struct mdev_parent parent;
	struct mdev_type type;
	struct mdev_type *types;	/* all one of them */
};

int sf_sim_mdev_register(void);
void sf_sim_mdev_unregister(void);

int sf_sim_mparent_add(struct sf_sim_mparent *mparent, struct device *dev,
		       bool is_sf);
void sf_sim_mparent_del(struct sf_sim_mparent *mparent);

/* --- Sub-functions ------------------------------------------------------------ */

/* The auxiliary device of an active port. */
struct sf_sim_sf {
	struct auxiliary_device adev;
	struct sf_sim_port *port;
	struct sf_sim_mparent mparent;
};

int sf_sim_aux_register(bool mdev_first);
void sf_sim_aux_unregister(void);

/* Both may call into the drivers; del waits for users. */
struct sf_sim_sf *sf_sim_aux_add(struct sf_sim_port *port);
void sf_sim_aux_del(struct sf_sim_sf *sf);

static inline struct sf_sim_sf *to_sf_sim_sf(struct device *dev)
{
	return container_of(dev, struct sf_sim_sf, adev.dev);
}

struct sf_sim_rep;

/* A devlink port. */
struct sf_sim_port {
	struct kref ref;		/* devlink's, the auxiliary device's, who looks it up */
	struct devlink_port dl_port;
	struct device *parent;
	u32 sfnum;
	u64 mac;			/* octet 0 in bits 7:0 */
	struct sf_sim_rep *rep;		/* NULL: none; under the wire's lock */
	bool deleted;			/* by devlink's user; under devlink's lock */
	struct mutex lock;		/* the following three */
	bool active;
	bool asked;			/* since it was made inactive: the user, to let go */
	struct sf_sim_sf *sf;		/* NULL: there is none, or no longer */
	wait_queue_head_t wait;		/* for a change of "asked" or "sf" */
	struct work_struct detach;
};

int sf_sim_ports_init(struct device *parent);
void sf_sim_ports_fini(void);

/* Somebody uses the port's device and has been asked not to. */
void sf_sim_port_asked(struct sf_sim_port *port);

void sf_sim_port_put(struct sf_sim_port *port);

int sf_sim_rep_add(struct sf_sim_port *port);
void sf_sim_rep_del(struct sf_sim_port *port);

/* The device that a port's representor stands for; the wire is locked. */
void sf_sim_rep_set_dev(struct sf_sim_port *port, struct sf_dev *dev);

/* Send what the IP stack has for the sub-functions; the wire is locked. */
unsigned int sf_sim_reps_poll(struct sf_wire *wire);

extern unsigned int sf_sim_queues; /* pairs per device */

#endif /* SF_SIM_H */
