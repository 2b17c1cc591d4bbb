// SPDX-License-Identifier: GPL-2.0-only
/* Copyright (c) 2026 The auxiliary-bus driver authors */

/*
 * Interrupts: an eventfd for each MSI-X vector, and one that asks the user to
 * let go of the device.  The wire's lock protects them.
 */

#include <linux/slab.h>
#include <linux/uaccess.h>

#include "sf_sim.h"

/* The eventfds of an interrupt index, and how many. */
static struct eventfd_ctx **irq_slots(struct sf_plat *plat, u32 index, u32 *nb)
{
	switch (index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		*nb = SF_NUM_VECTORS;
		return plat->vectors;
	case VFIO_PCI_REQ_IRQ_INDEX:
		*nb = 1;
		return &plat->request;
	default:
		*nb = 0;
		return NULL;
	}
}

static void irq_raise(struct eventfd_ctx *ctx)
{
	if (ctx)
		eventfd_signal(ctx);
}

static void irq_put(struct eventfd_ctx *ctx)
{
	if (ctx)
		eventfd_ctx_put(ctx);
}

void sf_plat_irq(struct sf_plat *plat, unsigned int vector)
{
	irq_raise(plat->vectors[vector]);
}

void sf_sim_request(struct vfio_device *vfio, unsigned int count)
{
	struct sf_sim_vdev *vdev = to_sf_sim_vdev(vfio);

	if (count == 0)
		dev_info(vfio->dev, "asking the user to let go\n");
	mutex_lock(&sf_sim_wire.lock);
	irq_raise(vdev->plat.request);
	mutex_unlock(&sf_sim_wire.lock);
	if (vdev->port)
		sf_sim_port_asked(vdev->port);
}

void sf_sim_irqs_release(struct sf_plat *plat)
{
	unsigned int i;

	for (i = 0; i < SF_NUM_VECTORS; i++) {
		irq_put(plat->vectors[i]);
		plat->vectors[i] = NULL;
	}
	irq_put(plat->request);
	plat->request = NULL;
}

long sf_sim_irq_info(struct sf_sim_vdev *vdev, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_info, count);
	struct vfio_irq_info info;

	if (copy_from_user(&info, arg, minsz))
		return -EFAULT;
	if (info.argsz < minsz || info.index >= VFIO_PCI_NUM_IRQS)
		return -EINVAL;
	irq_slots(&vdev->plat, info.index, &info.count);
	info.flags = info.count ?
		VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE : 0;
	return copy_to_user(arg, &info, minsz) ? -EFAULT : 0;
}

/* All new eventfds or none; -1 takes one away. */
static int irqs_join(struct eventfd_ctx **slots, u32 count, const s32 *fds)
{
	struct eventfd_ctx *new[SF_NUM_VECTORS] = {};
	int ret = 0;
	u32 i;

	for (i = 0; i < count && !ret; i++) {
		if (fds[i] < 0)
			continue;
		new[i] = eventfd_ctx_fdget(fds[i]);
		if (IS_ERR(new[i])) {
			ret = PTR_ERR(new[i]);
			new[i] = NULL;
		}
	}
	mutex_lock(&sf_sim_wire.lock);
	for (i = 0; i < count && !ret; i++)
		swap(slots[i], new[i]);
	mutex_unlock(&sf_sim_wire.lock);
	for (i = 0; i < count; i++)
		irq_put(new[i]);
	return ret;
}

static void irqs_trigger(struct eventfd_ctx **slots, u32 count,
			 const u8 *chosen)
{
	u32 i;

	mutex_lock(&sf_sim_wire.lock);
	for (i = 0; i < count; i++)
		if (!chosen || chosen[i])
			irq_raise(slots[i]);
	mutex_unlock(&sf_sim_wire.lock);
}

static int irqs_set(struct eventfd_ctx **slots, u32 nb,
		    const struct vfio_irq_set *set, const void *data)
{
	/* Vectors are not maskable, as VFIO_DEVICE_GET_IRQ_INFO says. */
	if ((set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK) !=
	    VFIO_IRQ_SET_ACTION_TRIGGER)
		return -ENOTTY;
	switch (set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK) {
	case VFIO_IRQ_SET_DATA_EVENTFD:
		return irqs_join(slots + set->start, set->count, data);
	case VFIO_IRQ_SET_DATA_BOOL:
		irqs_trigger(slots + set->start, set->count, data);
		return 0;
	default:
		if (set->count == 0) {
			static const s32 none[SF_NUM_VECTORS] = {
				[0 ... SF_NUM_VECTORS - 1] = -1
			};

			return irqs_join(slots, nb, none);
		}
		irqs_trigger(slots + set->start, set->count, NULL);
		return 0;
	}
}

long sf_sim_set_irqs(struct sf_sim_vdev *vdev, void __user *arg)
{
	const size_t minsz = offsetofend(struct vfio_irq_set, count);
	struct eventfd_ctx **slots;
	struct vfio_irq_set set;
	void *data = NULL;
	size_t len;
	long ret;
	u32 nb;

	if (copy_from_user(&set, arg, minsz))
		return -EFAULT;
	slots = irq_slots(&vdev->plat, set.index, &nb);
	ret = vfio_set_irqs_validate_and_prepare(&set, nb, VFIO_PCI_NUM_IRQS,
						 &len);
	if (ret)
		return ret;
	if (len) {
		data = memdup_user(arg + minsz, len);
		if (IS_ERR(data))
			return PTR_ERR(data);
	}
	ret = irqs_set(slots, nb, &set, data);
	kfree(data);
	return ret;
}
