/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Interrupts: an eventfd per vector, joined to EAL's interrupt handle.  That of
 * vector 0 is made for it; those of the data path are the device's, and shared
 * with secondary processes.
 *
 * The handle is of type VDEV whatever the transport: EAL then signals and
 * reads the descriptors, but leaves enabling them to us.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_errno.h>

#include "vfio_call.h"
#include "vfio_private.h"

#define IRQ_FLAGS (VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_MASKABLE | \
	VFIO_IRQ_INFO_AUTOMASKED | VFIO_IRQ_INFO_NORESIZE)

/* Number of vectors that can be used, and VFIO_IRQ_INFO_* flags. */
static int
irq_query(struct rte_vfio_dev *dev, uint32_t index, uint32_t *flags)
{
	struct vfio_irq_info info = { .argsz = sizeof(info), .index = index };
	int ret;

	*flags = 0;
	ret = dev->ops->irq_info(dev, &info);
	if (ret == -EINVAL) /* the kernel's way to say that there is none */
		return 0;
	if (ret < 0)
		return vfio_refused(dev, "VFIO_DEVICE_GET_IRQ_INFO, index", index, ret);
	if (info.index != index) {
		VFIO_LOG(ERR, dev, "interrupt index %u: described as index %u", index, info.index);
		return -EPROTO;
	}
	if (info.count > VFIO_DEV_MAX_VECTORS || (info.flags & ~IRQ_FLAGS) != 0)
		VFIO_LOG(DEBUG, dev, "interrupt index %u: %u vectors, flags 0x%x; what is more than %u and 0x%x is not used",
			index, info.count, info.flags, VFIO_DEV_MAX_VECTORS, IRQ_FLAGS);
	*flags = info.flags;
	if ((info.flags & VFIO_IRQ_INFO_EVENTFD) == 0)
		return 0;
	return RTE_MIN(info.count, (uint32_t)VFIO_DEV_MAX_VECTORS);
}

/* An index that is described badly does not keep the device from being used without. */
void
vfio_irqs_read(struct rte_vfio_dev *dev)
{
	uint32_t i, flags;

	for (i = 0; i < dev->info.num_irqs; i++) {
		dev->irqs[i].count = irq_query(dev, i, &flags);
		dev->irqs[i].automasked = (flags & VFIO_IRQ_INFO_AUTOMASKED) != 0;
	}
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_irq_count)
int
rte_vfio_irq_count(const struct rte_vfio_dev *dev, uint32_t index)
{
	return index < dev->info.num_irqs ? dev->irqs[index].count : 0;
}

/* Give vectors 0 to nb - 1 their eventfds. */
static int
irq_set_eventfds(struct rte_vfio_dev *dev, uint32_t index, const int *fds, uint32_t nb)
{
	size_t argsz = sizeof(struct vfio_irq_set) + nb * sizeof(int32_t);
	struct vfio_irq_set *set;
	int ret;

	set = calloc(1, argsz);
	if (set == NULL)
		return vfio_no_memory(dev, "its eventfds");
	set->argsz = argsz;
	set->flags = VFIO_IRQ_SET_DATA_EVENTFD | VFIO_IRQ_SET_ACTION_TRIGGER;
	set->index = index;
	set->count = nb;
	memcpy(set->data, fds, nb * sizeof(int32_t));
	ret = dev->ops->set_irqs(dev, set);
	free(set);
	return ret;
}

/* An action without data on count vectors; none at all is the way to take all eventfds away. */
static int
irq_act(struct rte_vfio_dev *dev, uint32_t index, uint32_t action, uint32_t start, uint32_t count)
{
	struct vfio_irq_set set = {
		.argsz = sizeof(set),
		.flags = VFIO_IRQ_SET_DATA_NONE | action,
		.index = index,
		.start = start,
		.count = count,
	};

	return dev->ops->set_irqs(dev, &set);
}

static int
irq_clear(struct rte_vfio_dev *dev, uint32_t index)
{
	return irq_act(dev, index, VFIO_IRQ_SET_ACTION_TRIGGER, 0, 0);
}

static void
fds_close(const int *fds, uint32_t nb)
{
	while (nb > 0)
		close(fds[--nb]);
}

static int
fds_open(int *fds, uint32_t nb)
{
	uint32_t i;
	int ret;

	for (i = 0; i < nb; i++) {
		fds[i] = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
		if (fds[i] < 0) {
			ret = -errno;
			fds_close(fds, i);
			return ret;
		}
	}
	return 0;
}

/* One thread at a time, of whatever device. */
static pthread_mutex_t queue_fds_lock = PTHREAD_MUTEX_INITIALIZER;

/* Have nb of them, more than there are. */
static int
queue_fds_extend(struct rte_vfio_dev *dev, uint32_t index, uint32_t nb)
{
	struct vfio_irq *irq = &dev->irqs[index];
	uint32_t there = irq->nb_queue_fds;
	int *fds, ret;

	fds = realloc(irq->queue_fds, nb * sizeof(*fds));
	if (fds == NULL)
		return vfio_no_memory(dev, "its eventfds");
	irq->queue_fds = fds;
	if (dev->ops->queue_fds != NULL)
		ret = dev->ops->queue_fds(dev, index, there, nb - there, fds + there);
	else if (nb + 1 > (uint32_t)RTE_MAX(irq->count, 0))
		ret = -ENOTSUP;
	else
		ret = fds_open(fds + there, nb - there);
	if (ret == 0)
		irq->nb_queue_fds = nb;
	return ret;
}

int
vfio_irq_queue_fds(struct rte_vfio_dev *dev, uint32_t index, uint32_t first, uint32_t nb, int *fds)
{
	int ret = 0;

	if (index >= dev->info.num_irqs || first > VFIO_DEV_MAX_VECTORS ||
			nb > VFIO_DEV_MAX_VECTORS)
		return -EINVAL;
	pthread_mutex_lock(&queue_fds_lock);
	if (first + nb > dev->irqs[index].nb_queue_fds)
		ret = queue_fds_extend(dev, index, first + nb);
	if (ret == 0 && nb > 0)
		memcpy(fds, dev->irqs[index].queue_fds + first, nb * sizeof(*fds));
	pthread_mutex_unlock(&queue_fds_lock);
	return ret;
}

/* What was signalled before they were enabled is not news. */
static void
fds_drain(const int *fds, uint32_t nb)
{
	uint64_t count;

	while (nb > 0)
		(void)!read(fds[--nb], &count, sizeof(count));
}

/* Empty a handle and close what is its own. */
static void
handle_clear(struct rte_intr_handle *handle)
{
	int i, nb = rte_intr_nb_efd_get(handle);

	rte_intr_free_epoll_fd(handle);
	for (i = 0; i < nb; i++)
		rte_intr_efds_index_set(handle, i, -1);
	rte_intr_nb_efd_set(handle, 0);
	rte_intr_max_intr_set(handle, 0);
	if (rte_intr_fd_get(handle) >= 0)
		close(rte_intr_fd_get(handle));
	rte_intr_fd_set(handle, -1);
	rte_intr_dev_fd_set(handle, -1);
	rte_intr_type_set(handle, RTE_INTR_HANDLE_UNKNOWN);
}

/* fds[0] is the handle's own; the rest are its data path's. */
static int
handle_fill(struct rte_intr_handle *handle, const int *fds, uint32_t nb_queues)
{
	uint32_t i;

	if (rte_intr_type_set(handle, RTE_INTR_HANDLE_VDEV) != 0 ||
			rte_intr_fd_set(handle, fds[0]) != 0 ||
			rte_intr_efd_counter_size_set(handle, sizeof(uint64_t)) != 0 ||
			rte_intr_max_intr_set(handle, nb_queues + 1) != 0)
		return -rte_errno;
	for (i = 0; i < nb_queues; i++)
		if (rte_intr_efds_index_set(handle, i, fds[1 + i]) != 0)
			return -rte_errno;
	return rte_intr_nb_efd_set(handle, nb_queues) == 0 ? 0 : -rte_errno;
}

/* The primary process: give the device the eventfds, of which the first is new. */
static int
irq_enable(struct rte_vfio_dev *dev, uint32_t index, int *fds, uint32_t nb_queues)
{
	int count = dev->irqs[index].count, ret;

	if (count < 0)
		return count;
	if (nb_queues + 1 > (uint32_t)count) {
		VFIO_LOG(ERR, dev, "interrupt index %u: %u vectors asked for, %d there",
			index, nb_queues + 1, count);
		return -ENOTSUP;
	}
	ret = vfio_irq_queue_fds(dev, index, 0, nb_queues, fds + 1);
	if (ret == 0)
		ret = fds_open(fds, 1);
	if (ret < 0) {
		VFIO_LOG(ERR, dev, "interrupt index %u: no eventfd: %s", index, strerror(-ret));
		return ret;
	}
	fds_drain(fds + 1, nb_queues);
	vfio_call_begin();
	ret = irq_set_eventfds(dev, index, fds, nb_queues + 1);
	if (ret < 0) {
		VFIO_LOG(ERR, dev, "interrupt index %u: cannot set %u eventfds: %s",
			index, nb_queues + 1, strerror(-ret));
		irq_clear(dev, index);
		close(fds[0]);
	}
	vfio_call_end();
	return ret;
}

/* A secondary: have the eventfds of the data path, whether they are enabled or not. */
static int
irq_share(struct rte_vfio_dev *dev, uint32_t index, int *fds, uint32_t nb_queues)
{
	int ret;

	ret = vfio_irq_queue_fds(dev, index, 0, nb_queues, fds + 1);
	if (ret < 0)
		VFIO_LOG(ERR, dev, "interrupt index %u: %u eventfds not to be had from the primary process: %s",
			index, nb_queues, strerror(-ret));
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_irq_enable)
int
rte_vfio_irq_enable(struct rte_vfio_dev *dev, uint32_t index,
	struct rte_intr_handle *handle, uint32_t nb_queues)
{
	int fds[RTE_MAX_RXTX_INTR_VEC_ID + 1] = { -1 };
	int ret;

	if (handle == NULL || nb_queues > RTE_MAX_RXTX_INTR_VEC_ID ||
			index >= dev->info.num_irqs)
		return -EINVAL;
	if (dev->irqs[index].handle != NULL)
		return -EBUSY;
	ret = vfio_is_shared(dev) ? irq_share(dev, index, fds, nb_queues) :
		irq_enable(dev, index, fds, nb_queues);
	if (ret < 0)
		return ret;
	dev->irqs[index].handle = handle;
	ret = handle_fill(handle, fds, nb_queues);
	if (ret < 0) {
		VFIO_LOG(ERR, dev, "interrupt index %u: cannot fill its handle: %s", index,
			strerror(-ret));
		rte_vfio_irq_disable(dev, index, handle);
	}
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_irq_disable)
void
rte_vfio_irq_disable(struct rte_vfio_dev *dev, uint32_t index, struct rte_intr_handle *handle)
{
	if (index >= dev->info.num_irqs || handle == NULL || dev->irqs[index].handle != handle)
		return;
	if (!vfio_is_shared(dev))
		irq_clear(dev, index); /* a device that is gone raises none anyway */
	handle_clear(handle);
	dev->irqs[index].handle = NULL;
}

void
vfio_irqs_free(struct rte_vfio_dev *dev)
{
	uint32_t i;

	for (i = 0; i < dev->info.num_irqs; i++) {
		rte_vfio_irq_disable(dev, i, dev->irqs[i].handle);
		fds_close(dev->irqs[i].queue_fds, dev->irqs[i].nb_queue_fds);
		free(dev->irqs[i].queue_fds);
	}
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_irq_ack)
int
rte_vfio_irq_ack(struct rte_vfio_dev *dev, uint32_t index)
{
	if (index >= dev->info.num_irqs || dev->irqs[index].handle == NULL)
		return -EINVAL;
	if (!dev->irqs[index].automasked)
		return 0;
	return irq_act(dev, index, VFIO_IRQ_SET_ACTION_UNMASK, 0, 1);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_irq_trigger)
int
rte_vfio_irq_trigger(struct rte_vfio_dev *dev, uint32_t index, uint32_t vector)
{
	if (index >= dev->info.num_irqs)
		return -EINVAL;
	return irq_act(dev, index, VFIO_IRQ_SET_ACTION_TRIGGER, vector, 1);
}
