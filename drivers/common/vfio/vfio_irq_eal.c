/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Interrupt handles of the types that drivers of PCI devices work with.  Such a
 * handle has the device's descriptor in it, and EAL makes the requests to VFIO:
 * rte_intr_enable() with as many vectors as the driver has set by then.
 */

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "vfio_private.h"

/* In the order in which they are preferred. */
static const struct {
	uint32_t index;
	enum rte_intr_mode mode;
	enum rte_intr_handle_type type;
} kinds[] = {
	{ VFIO_PCI_MSIX_IRQ_INDEX, RTE_INTR_MODE_MSIX, RTE_INTR_HANDLE_VFIO_MSIX },
	{ VFIO_PCI_MSI_IRQ_INDEX, RTE_INTR_MODE_MSI, RTE_INTR_HANDLE_VFIO_MSI },
	{ VFIO_PCI_INTX_IRQ_INDEX, RTE_INTR_MODE_LEGACY, RTE_INTR_HANDLE_VFIO_LEGACY },
};

/* All vectors that there are; rte_vfio_irq_count() is about those that common/vfio can use. */
static int
vectors_count(struct rte_vfio_dev *dev, uint32_t index)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int ret = rte_vfio_irq_count(dev, index);

	if (ret <= 0)
		return ret;
	ret = dev->ops->irq_info(dev, &info);
	return ret < 0 ? ret : (int)RTE_MIN(info.count, (uint32_t)INT32_MAX);
}

static int
handle_join(struct rte_intr_handle *handle, enum rte_intr_handle_type type, int dev_fd, int nb)
{
	int fd;

	if (rte_intr_nb_intr_get(handle) < nb && rte_intr_event_list_update(handle, nb) != 0)
		return -rte_errno;
	fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (rte_intr_fd_set(handle, fd) != 0) {
		close(fd);
		return -rte_errno;
	}
	return rte_intr_dev_fd_set(handle, dev_fd) != 0 || rte_intr_type_set(handle, type) != 0 ?
		-rte_errno : 0;
}

/* The kind that is used, and how many vectors of it there are; 0 if the device has none at all. */
static int
kind_choose(struct rte_vfio_dev *dev, enum rte_intr_mode mode, unsigned int *kind)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < RTE_DIM(kinds) && ret == 0; i++) {
		*kind = i;
		if (mode == RTE_INTR_MODE_NONE || mode == kinds[i].mode)
			ret = vectors_count(dev, kinds[i].index);
	}
	return ret != 0 || mode == RTE_INTR_MODE_NONE ? ret : -ENOTSUP;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_irq_join_eal)
int
rte_vfio_irq_join_eal(struct rte_vfio_dev *dev, enum rte_intr_mode mode,
	struct rte_intr_handle *handle)
{
	struct vfio_irq *irq;
	unsigned int kind = 0;
	int nb, ret;

	if (handle == NULL)
		return -EINVAL;
	if (dev->fd < 0 || (dev->info.flags & VFIO_DEVICE_FLAGS_PCI) == 0)
		return -ENOTSUP;
	nb = vfio_is_shared(dev) ? 0 : kind_choose(dev, mode, &kind);
	irq = &dev->irqs[kinds[kind].index];
	if (nb > 0 && irq->handle != NULL)
		return -EBUSY;
	/* A new handle has descriptor 0 in it, which is the standard input. */
	rte_intr_fd_set(handle, -1);
	rte_intr_dev_fd_set(handle, -1);
	if (vfio_is_shared(dev))
		return rte_intr_dev_fd_set(handle, dev->fd) == 0 ? 0 : -rte_errno;
	if (nb <= 0)
		return nb < 0 ? vfio_refused(dev, "interrupts of mode", mode, nb) : 0;
	irq->handle = handle;
	ret = handle_join(handle, kinds[kind].type, dev->fd, nb);
	if (ret < 0) {
		VFIO_LOG(ERR, dev, "interrupt index %u: cannot fill its handle: %s",
			kinds[kind].index, strerror(-ret));
		rte_vfio_irq_disable(dev, kinds[kind].index, handle);
	}
	return ret;
}
