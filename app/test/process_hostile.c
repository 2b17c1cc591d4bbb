/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * A primary process that does not answer as common/vfio would, and a secondary that asks
 * what common/vfio would not.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_string_fns.h>
#include <rte_vfio_dev.h>

#include "process.h"
#include "test.h"
#include "vfio_mp.h"

/* Longer than common/vfio waits for an answer; and what others take then. */
#define LATE_US 10500000
#define SLOW_US 100000

static char fault[16];

static bool
fault_is(const char *kind)
{
	return strcmp(fault, kind) == 0;
}

static void
irq_answer(struct rte_mp_msg *reply, struct vfio_mp_msg *msg)
{
	uint32_t i, nb = RTE_MIN(msg->irq.nb, (uint32_t)RTE_MP_MAX_FD_NUM);

	if (fault_is("error"))
		msg->result = -EIO;
	if (fault_is("none"))
		nb = 0;
	if (fault_is("few"))
		nb--;
	if (fault_is("short"))
		reply->len_param--;
	for (i = 0; i < nb; i++)
		reply->fds[reply->num_fds++] = eventfd(0, EFD_CLOEXEC);
}

/* A device of the kernel's: a descriptor for it, and one for each region. */
static void
file_add(struct rte_mp_msg *reply)
{
	if (fault_is("files"))
		reply->fds[reply->num_fds++] = eventfd(0, EFD_CLOEXEC);
}

/* A region that cannot be: with an area that is not in it, or with too many of them. */
static void
region_answer(struct vfio_mp_msg *msg)
{
	msg->region.flags = VFIO_REGION_INFO_FLAG_READ;
	msg->region.size = HOSTILE_REGION_SIZE;
	msg->region.nb_areas = fault_is("outside") ? 1 : fault_is("many") ? UINT32_MAX : 0;
	msg->region.areas[0] = (struct rte_vfio_region_area){
		.offset = HOSTILE_REGION_SIZE, .size = 1,
	};
	if (fault_is("number"))
		msg->result = INT32_MIN;
}

static bool
answers_late(const struct vfio_mp_msg *msg)
{
	return msg->type == VFIO_MP_READ && msg->access.offset == HOSTILE_LATE;
}

static int
answer(const struct rte_mp_msg *request, const void *peer)
{
	struct rte_mp_msg reply = { .len_param = request->len_param };
	struct vfio_mp_msg msg;
	int i, ret;

	strlcpy(reply.name, VFIO_MP_ACTION, sizeof(reply.name));
	memcpy(&msg, request->param, sizeof(msg));
	msg.result = 0;
	switch (msg.type) {
	case VFIO_MP_DEVICE:
		msg.device = (struct vfio_mp_device){
			.num_regions = fault_is("files") ? 2 : 1,
			.num_irqs = 1,
		};
		if (fault_is("transport"))
			msg.device.transport = UINT32_MAX;
		file_add(&reply);
		break;
	case VFIO_MP_REGION:
		region_answer(&msg);
		file_add(&reply);
		break;
	case VFIO_MP_READ:
		memset(msg.access.data, msg.access.offset, msg.access.len);
		break;
	default:
		if (fault_is("silent"))
			return 0;
		irq_answer(&reply, &msg);
	}
	if (fault_is("late"))
		rte_delay_us_sleep(answers_late(&msg) ? LATE_US : SLOW_US);
	memcpy(reply.param, &msg, sizeof(msg));
	ret = rte_mp_reply(&reply, peer);
	for (i = 0; i < reply.num_fds; i++)
		close(reply.fds[i]);
	return ret;
}

int
hostile_start(const char *kind)
{
	strlcpy(fault, kind, sizeof(fault));
	rte_mp_action_unregister(VFIO_MP_ACTION);
	return rte_mp_action_register(VFIO_MP_ACTION, answer) == 0 ? 0 : -rte_errno;
}

/* --- common/vfio without a driver -------------------------------------------- */

/* A device of the primary's, and its interrupts: what enabling them returns. */
int
cmd_interrupts(uint16_t nb_queues, unsigned int a, unsigned int b)
{
	const struct rte_vfio_dev_node node = { .name = "hostile" };
	struct rte_intr_handle *handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	struct test_resources before = test_resources_now();
	struct rte_vfio_dev *dev;
	int ret;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	ret = rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_ANY, &dev);
	if (ret == 0) {
		ret = rte_vfio_irq_enable(dev, 0, handle, nb_queues);
		rte_vfio_dev_close(dev);
	}
	rte_intr_instance_free(handle);
	return test_resources_same(&before) == TEST_SUCCESS ? ret : -EBADF;
}

/* An octet of a device of the primary's, after one that comes late. */
int
cmd_after_late(uint16_t offset, unsigned int a, unsigned int b)
{
	const struct rte_vfio_dev_node node = { .name = "hostile" };
	struct rte_vfio_dev *dev;
	uint8_t octet = 0;
	int ret;

	RTE_SET_USED(a);
	RTE_SET_USED(b);
	ret = rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_ANY, &dev);
	if (ret < 0)
		return ret;
	ret = rte_vfio_region_read(dev, 0, HOSTILE_LATE, &octet, 1);
	if (ret == -ETIMEDOUT)
		ret = rte_vfio_region_read(dev, 0, offset, &octet, 1);
	rte_vfio_dev_close(dev);
	return ret < 0 ? ret : octet;
}

int
cmd_ask(uint16_t type, unsigned int index, unsigned int len)
{
	const struct timespec timeout = { .tv_sec = 5 };
	struct vfio_mp_msg msg = { .type = type, .name = "sf_sim.sf.0" };
	struct rte_mp_msg request = { .name = VFIO_MP_ACTION, .len_param = sizeof(msg) };
	struct rte_mp_reply reply;
	int i, ret;

	if (type == VFIO_MP_REGION) {
		msg.region.index = index;
	} else if (type == VFIO_MP_READ) {
		msg.access.index = index;
		msg.access.len = len;
	}
	memcpy(request.param, &msg, sizeof(msg));
	if (rte_mp_request_sync(&request, &reply, &timeout) < 0)
		return -rte_errno;
	if (reply.nb_received != 1) {
		free(reply.msgs);
		return -ENODEV;
	}
	memcpy(&msg, reply.msgs[0].param, sizeof(msg));
	ret = msg.result < 0 ? msg.result : reply.msgs[0].num_fds;
	for (i = 0; i < reply.msgs[0].num_fds; i++)
		close(reply.msgs[0].fds[i]);
	free(reply.msgs);
	return ret;
}
