/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Devices of this process, offered to its secondary processes.
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "vfio_mp.h"

/* Of what follows.  Not held while a request is answered, which may wait for a server. */
static pthread_mutex_t devices_lock = PTHREAD_MUTEX_INITIALIZER;
static TAILQ_HEAD(, rte_vfio_dev) devices = TAILQ_HEAD_INITIALIZER(devices);
/* The device of the request that EAL's channel thread is answering, or NULL: it stays open. */
static struct rte_vfio_dev *asked;
static pthread_cond_t answered = PTHREAD_COND_INITIALIZER; /* "asked" has become NULL */

static struct rte_vfio_dev *
device_find(const char *name)
{
	struct rte_vfio_dev *dev;

	TAILQ_FOREACH(dev, &devices, next)
		if (strcmp(dev->name, name) == 0)
			break;
	return dev;
}

static void
answer_device(const struct rte_vfio_dev *dev, struct vfio_mp_device *device, int *fd)
{
	*device = (struct vfio_mp_device) {
		.transport = dev->info.transport,
		.flags = dev->info.flags,
		.num_regions = dev->info.num_regions,
		.num_irqs = dev->info.num_irqs,
	};
	*fd = dev->fd;
}

static int
answer_region(const struct rte_vfio_dev *dev, struct vfio_mp_region *answer, int *fd)
{
	const struct vfio_region *region;
	uint32_t i;

	if (answer->index >= dev->info.num_regions)
		return -EINVAL;
	region = &dev->regions[answer->index];
	answer->flags = region->pub.flags;
	answer->nb_areas = region->pub.nb_areas;
	answer->size = region->pub.size;
	answer->offset = region->offset;
	answer->addr = region->pub.addr;
	for (i = 0; i < VFIO_MP_AREAS && answer->first + i < region->pub.nb_areas; i++)
		answer->areas[i] = region->pub.areas[answer->first + i];
	if (answer->first == 0)
		*fd = region->fd;
	return 0;
}

/* The first of the descriptors may be -1. */
static int
answer(struct rte_vfio_dev *dev, struct vfio_mp_msg *msg, int *fds, int *nb_fds)
{
	struct vfio_mp_access *access = &msg->access;
	const struct vfio_mp_irq *irq = &msg->irq;

	*nb_fds = 1;
	switch (msg->type) {
	case VFIO_MP_DEVICE:
		answer_device(dev, &msg->device, fds);
		return 0;
	case VFIO_MP_REGION:
		return answer_region(dev, &msg->region, fds);
	case VFIO_MP_IRQ:
		if (irq->nb < 1 || irq->nb > RTE_MP_MAX_FD_NUM)
			return -EINVAL;
		*nb_fds = irq->nb;
		return vfio_irq_queue_fds(dev, irq->index, irq->first, irq->nb, fds);
	case VFIO_MP_READ:
	case VFIO_MP_WRITE:
		if (access->len > sizeof(access->data))
			return -EINVAL;
		if (msg->type == VFIO_MP_READ)
			return rte_vfio_region_read(dev, access->index, access->offset,
				access->data, access->len);
		return rte_vfio_region_write(dev, access->index, access->offset,
			access->data, access->len);
	default:
		return -EINVAL;
	}
}

/* On EAL's channel thread. */
static int
serve(const struct rte_mp_msg *request, const void *peer)
{
	struct rte_mp_msg reply = { .len_param = sizeof(struct vfio_mp_msg) };
	struct vfio_mp_msg *msg = (struct vfio_mp_msg *)reply.param;
	struct rte_vfio_dev *dev;
	int nb_fds, ret;

	RTE_BUILD_BUG_ON(sizeof(*msg) > sizeof(reply.param));
	if (request->len_param != sizeof(*msg))
		return -1;
	strlcpy(reply.name, VFIO_MP_ACTION, sizeof(reply.name));
	memcpy(msg, request->param, sizeof(*msg));
	msg->name[sizeof(msg->name) - 1] = '\0';
	pthread_mutex_lock(&devices_lock);
	dev = device_find(msg->name);
	asked = dev;
	pthread_mutex_unlock(&devices_lock);
	reply.fds[0] = -1;
	msg->result = dev == NULL ? -ENODEV : answer(dev, msg, reply.fds, &nb_fds);
	if (msg->result == 0 && reply.fds[0] >= 0)
		reply.num_fds = nb_fds;
	ret = rte_mp_reply(&reply, peer);
	pthread_mutex_lock(&devices_lock);
	asked = NULL;
	pthread_cond_broadcast(&answered);
	pthread_mutex_unlock(&devices_lock);
	return ret;
}

/*
 * A secondary process may ask before this process has opened any device, and EAL leaves a
 * request for which there is no action without an answer.  EAL's list of actions needs no
 * initialization.  In a secondary process, of which nobody asks anything, no device is added.
 */
RTE_INIT(vfio_primary_init)
{
	rte_mp_action_register(VFIO_MP_ACTION, serve);
}

void
vfio_primary_add(struct rte_vfio_dev *dev)
{
	pthread_mutex_lock(&devices_lock);
	TAILQ_INSERT_TAIL(&devices, dev, next);
	pthread_mutex_unlock(&devices_lock);
}

void
vfio_primary_remove(struct rte_vfio_dev *dev)
{
	pthread_mutex_lock(&devices_lock);
	TAILQ_REMOVE(&devices, dev, next);
	while (asked == dev)
		pthread_cond_wait(&answered, &devices_lock);
	pthread_mutex_unlock(&devices_lock);
}
