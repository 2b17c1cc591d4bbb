/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The primary process's device, in a secondary process.
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_string_fns.h>

#include "vfio_kernel.h"
#include "vfio_mp.h"

/* The primary may wait for a vfio-user server meanwhile. */
#define ANSWER_TIMEOUT_S 10

/* Larger numbers are no errno. */
#define ERRNO_MAX 4095

/* Between two empty questions, at first and at most. */
#define SETTLE_US 10000
#define SETTLE_MAX_US 5000000

/* EAL refuses a second request of a name while the first has no answer. */
static pthread_mutex_t ask_lock = PTHREAD_MUTEX_INITIALIZER;
static uint64_t last_sequence; /* guarded by ask_lock */
static bool is_owed; /* an answer, to a request given up on; guarded by ask_lock */

static void
fds_close(const struct rte_mp_msg *answer)
{
	int i;

	for (i = 0; i < answer->num_fds; i++)
		close(answer->fds[i]);
}

/* Ask the primary, and wait.  -EAGAIN is an answer to something else. */
static int
exchange(struct vfio_mp_msg *msg, struct rte_mp_msg *answer)
{
	const struct timespec timeout = { .tv_sec = ANSWER_TIMEOUT_S };
	struct rte_mp_msg request = { .len_param = sizeof(*msg) };
	struct vfio_mp_msg *said = (struct vfio_mp_msg *)answer->param;
	struct rte_mp_reply reply = { 0 };
	int ret;

	msg->sequence = ++last_sequence;
	strlcpy(request.name, VFIO_MP_ACTION, sizeof(request.name));
	memcpy(request.param, msg, sizeof(*msg));
	ret = rte_mp_request_sync(&request, &reply, &timeout);
	is_owed = reply.nb_sent > reply.nb_received;
	if (ret == 0 && reply.nb_received == 1)
		*answer = reply.msgs[0];
	else if (is_owed)
		ret = -ETIMEDOUT;
	else /* it could not be sent, or there is no primary */
		ret = ret < 0 && rte_errno != 0 ? -rte_errno : -ENODEV;
	free(reply.msgs);
	if (ret < 0)
		return ret;
	if (answer->len_param != sizeof(*said))
		ret = -EPROTO;
	else if (said->sequence != msg->sequence || said->type != msg->type)
		ret = -EAGAIN;
	if (ret < 0)
		fds_close(answer);
	return ret;
}

/*
 * EAL takes the answer to a request that was given up on for that to the next.
 * So the next is one about no device, until the answer is its own: answers come
 * in the order of the questions, and EAL drops those that nobody waits for.  The
 * waits grow, as one that is shorter than the primary takes gets the last one's.
 */
static int
settle(void)
{
	struct vfio_mp_msg msg = { .type = VFIO_MP_DEVICE };
	struct rte_mp_msg answer;
	unsigned int us;
	int ret;

	for (us = SETTLE_US; us < SETTLE_MAX_US; us *= 2) {
		ret = exchange(&msg, &answer);
		if (ret == 0)
			fds_close(&answer);
		if (ret != -EAGAIN)
			return ret;
		is_owed = true;
		rte_delay_us_sleep(us);
	}
	return -ETIMEDOUT;
}

static int
request_make(struct vfio_mp_msg *msg, struct rte_mp_msg *answer)
{
	int ret;

	pthread_mutex_lock(&ask_lock);
	ret = is_owed ? settle() : 0;
	if (ret == 0)
		ret = exchange(msg, answer);
	pthread_mutex_unlock(&ask_lock);
	return ret == -EAGAIN ? -EPROTO : ret;
}

/*
 * EAL's channel thread ends for good when a message comes whose descriptors find no room:
 * neither this answer nor anything else from the primary process would then be received.
 */
static int
fds_find_room(int nb)
{
	int fds[RTE_MP_MAX_FD_NUM];
	int i, ret = 0;

	for (i = 0; i < nb && ret == 0; i++) {
		fds[i] = eventfd(0, EFD_CLOEXEC);
		if (fds[i] < 0) {
			ret = -errno;
			i--;
		}
	}
	while (i > 0)
		close(fds[--i]);
	return ret;
}

/* Ask the primary.  fds: the nb_fds that came with the answer; -1 for those that did not. */
static int
ask_fds(const char *name, enum vfio_mp_type type, struct vfio_mp_msg *msg, int *fds, int nb_fds)
{
	struct rte_mp_msg answer = { 0 };
	int i, ret;

	for (i = 0; i < nb_fds; i++)
		fds[i] = -1;
	ret = fds_find_room(nb_fds);
	if (ret < 0)
		return ret;
	msg->type = type;
	strlcpy(msg->name, name, sizeof(msg->name));
	ret = request_make(msg, &answer);
	if (ret < 0)
		return ret;
	memcpy(msg, answer.param, sizeof(*msg));
	if (msg->result > 0 || msg->result < -ERRNO_MAX)
		msg->result = -EPROTO;
	for (i = 0; i < answer.num_fds; i++) {
		if (msg->result == 0 && i < nb_fds)
			fds[i] = answer.fds[i];
		else
			close(answer.fds[i]);
	}
	return msg->result;
}

/* The same, for no descriptor, or for one. */
static int
ask(const char *name, enum vfio_mp_type type, struct vfio_mp_msg *msg)
{
	return ask_fds(name, type, msg, NULL, 0);
}

static int
ask_fd(const char *name, enum vfio_mp_type type, struct vfio_mp_msg *msg, int *fd)
{
	return ask_fds(name, type, msg, fd, 1);
}

/* Make an access in pieces that fit in a message. */
static int
access_ask(struct rte_vfio_dev *dev, enum vfio_mp_type type, uint32_t index, uint64_t offset,
	void *buf, size_t len)
{
	struct vfio_mp_msg msg = { 0 };
	size_t part;
	int ret;

	for (; len > 0; len -= part) {
		part = RTE_MIN(len, sizeof(msg.access.data));
		msg.access.index = index;
		msg.access.offset = offset;
		msg.access.len = part;
		if (type == VFIO_MP_WRITE)
			memcpy(msg.access.data, buf, part);
		ret = ask(dev->name, type, &msg);
		if (ret < 0)
			return ret;
		if (type == VFIO_MP_READ)
			memcpy(buf, msg.access.data, part);
		buf = RTE_PTR_ADD(buf, part);
		offset += part;
	}
	return 0;
}

static int
secondary_region_read(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	void *buf, size_t len)
{
	if (dev->fd >= 0)
		return vfio_kernel_region_read(dev, index, offset, buf, len);
	return access_ask(dev, VFIO_MP_READ, index, offset, buf, len);
}

static int
secondary_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len)
{
	if (dev->fd >= 0)
		return vfio_kernel_region_write(dev, index, offset, buf, len);
	return access_ask(dev, VFIO_MP_WRITE, index, offset, (void *)(uintptr_t)buf, len);
}

static int
secondary_set_irqs(struct rte_vfio_dev *dev, struct vfio_irq_set *set)
{
	RTE_SET_USED(set);
	return vfio_not_here(dev, "setting interrupts");
}

/* All of a part, or none. */
static int
queue_fds_ask(struct rte_vfio_dev *dev, const struct vfio_mp_irq *irq, int *fds)
{
	struct vfio_mp_msg msg = { .irq = *irq };
	int i, nb = irq->nb, ret;

	ret = ask_fds(dev->name, VFIO_MP_IRQ, &msg, fds, nb);
	if (ret < 0 || fds[nb - 1] >= 0)
		return ret;
	for (i = 0; fds[i] >= 0; i++)
		close(fds[i]);
	return -EPROTO;
}

static int
secondary_queue_fds(struct rte_vfio_dev *dev, uint32_t index, uint32_t first, uint32_t nb, int *fds)
{
	struct vfio_mp_irq irq = { .index = index };
	uint32_t done;
	int ret = 0;

	for (done = 0; done < nb && ret == 0; done += ret == 0 ? irq.nb : 0) {
		irq.first = first + done;
		irq.nb = RTE_MIN(nb - done, (uint32_t)RTE_MP_MAX_FD_NUM);
		ret = queue_fds_ask(dev, &irq, fds + done);
	}
	while (ret < 0 && done > 0)
		close(fds[--done]);
	return ret;
}

static int
secondary_reset(struct rte_vfio_dev *dev)
{
	return vfio_not_here(dev, "reset");
}

static int
secondary_watch(struct rte_vfio_dev *dev, bool on)
{
	return on ? vfio_not_here(dev, "watching the device") : 0;
}

static void
secondary_close(struct rte_vfio_dev *dev)
{
	if (dev->fd >= 0)
		close(dev->fd);
}

static const struct vfio_ops secondary_ops = {
	.close = secondary_close,
	.region_read = secondary_region_read,
	.region_write = secondary_region_write,
	.set_irqs = secondary_set_irqs,
	.queue_fds = secondary_queue_fds,
	.reset = secondary_reset,
	.watch = secondary_watch,
};

static int
device_ask(struct rte_vfio_dev *dev)
{
	struct vfio_mp_msg msg = { 0 };
	int ret;

	ret = ask_fd(dev->name, VFIO_MP_DEVICE, &msg, &dev->fd);
	/* rte_vfio_dev_telemetry() looks a name up by this number. */
	if (ret == 0 && msg.device.transport > RTE_VFIO_TRANSPORT_GROUP) {
		secondary_close(dev);
		ret = -EPROTO;
	}
	if (ret < 0)
		return ret;
	dev->info = (struct rte_vfio_dev_info) {
		.name = dev->name,
		.transport = msg.device.transport,
		.flags = msg.device.flags,
		.num_regions = RTE_MIN(msg.device.num_regions, (uint32_t)VFIO_DEV_MAX_REGIONS),
		.num_irqs = RTE_MIN(msg.device.num_irqs, (uint32_t)VFIO_DEV_MAX_IRQS),
	};
	return 0;
}

/* The areas of a region, of which the first that fit in a message have come with it. */
static int
areas_ask(struct rte_vfio_dev *dev, struct vfio_mp_msg *msg, struct vfio_region *region)
{
	const uint32_t index = msg->region.index, nb = msg->region.nb_areas;
	struct rte_vfio_region_area *areas = calloc(nb, sizeof(*areas));
	uint32_t i, done;
	int ret;

	if (areas == NULL)
		return vfio_no_memory(dev, "what its regions are");
	region->pub.areas = areas;
	region->pub.nb_areas = nb;
	for (done = 0;;) {
		for (i = 0; i < VFIO_MP_AREAS && done < nb; i++)
			areas[done++] = msg->region.areas[i];
		if (done == nb)
			return vfio_region_areas_check(dev, index, region, areas);
		msg->region.index = index;
		msg->region.first = done;
		ret = ask(dev->name, VFIO_MP_REGION, msg);
		if (ret < 0)
			return ret;
	}
}

static int
region_ask(struct rte_vfio_dev *dev, uint32_t index)
{
	struct vfio_region *region = &dev->regions[index];
	struct vfio_mp_msg msg = { .region.index = index };
	int ret;

	ret = ask_fd(dev->name, VFIO_MP_REGION, &msg, &region->fd);
	if (ret < 0)
		return ret;
	if (!vfio_region_is_sane(msg.region.size, msg.region.offset) ||
			msg.region.nb_areas > VFIO_DEV_MAX_AREAS)
		return -EPROTO;
	region->pub.flags = msg.region.flags;
	region->pub.size = msg.region.size;
	region->offset = msg.region.offset;
	region->wanted_addr = msg.region.addr;
	msg.region.index = index;
	return msg.region.nb_areas == 0 ? 0 : areas_ask(dev, &msg, region);
}

static int
regions_ask(struct rte_vfio_dev *dev)
{
	uint32_t i;
	int ret;

	ret = vfio_regions_alloc(dev);
	if (ret < 0)
		return ret;
	for (i = 0; i < dev->info.num_regions; i++) {
		ret = region_ask(dev, i);
		if (ret < 0) {
			VFIO_LOG(ERR, dev, "the primary process does not describe region %u: %s", i,
				strerror(-ret));
			return ret;
		}
	}
	return 0;
}

int
vfio_secondary_attach(struct rte_vfio_dev *dev)
{
	int ret;

	dev->ops = &secondary_ops;
	ret = device_ask(dev);
	if (ret < 0) {
		/* Quite usual: a secondary need not use what the primary does. */
		rte_log(ret == -ENODEV ? RTE_LOG_INFO : RTE_LOG_ERR, vfio_dev_logtype,
			"vfio: device %s: not to be had from the primary process: %s\n",
			dev->name, strerror(-ret));
		return ret;
	}
	ret = regions_ask(dev);
	if (ret < 0) {
		vfio_regions_free(dev);
		secondary_close(dev);
	}
	return ret;
}
