/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Messages between processes: a hostile secondary process, whose requests the primary
 * process's part of common/vfio answers, and a hostile primary, whose answers the
 * secondary's part takes.  Either is EAL's channel between processes, in place of which
 * this program has functions of its own; see meson.build.
 *
 * As EAL has it, descriptors are real, and neither octets nor descriptors are more than
 * there is room for.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_vfio_dev.h>

#include "fuzz.h"
#include "fuzz_device.h"
#include "fuzz_eal.h"
#include "fuzz_kernel.h"
#include "vfio_mp.h"

#define EAL_MIB 1
#define DEVICE "fuzz.sf.0"
#define NB_VECTORS (RTE_MP_MAX_FD_NUM + 4) /* of the primary's device */

/* The first octet of an input. */
enum { TO_PRIMARY, TO_SECONDARY, TO_NUM };

/* A message, as an input has it; octets follow, of struct vfio_mp_msg. */
struct message {
	uint8_t flags;
	uint8_t nb_fds; /* modulo RTE_MP_MAX_FD_NUM + 1 */
	uint16_t len; /* of the octets */
};
#define MESSAGE_NAMED 1 /* request: of the device that there is */
#define MESSAGE_STRAY 2 /* answer: what it is to is also the input's choice */
#define MESSAGE_SHORT 4 /* not of the length that it should have */
#define MESSAGE_NONE 8 /* answer: there is none */
#define MESSAGE_FAILS 16 /* answer: EAL cannot ask */

static struct fuzz_input *messages;
static bool is_secondary;
static rte_mp_t serve; /* what the primary process answers with */

/* Take the next message; true if it is of the input. */
static bool
message_take(struct message *m, struct vfio_mp_msg *msg)
{
	const bool there = messages->len != 0;
	const uint8_t *octets;
	size_t len;

	fuzz_take(messages, m, sizeof(*m));
	len = RTE_MIN((size_t)m->len, sizeof(*msg));
	octets = fuzz_take_some(messages, &len);
	memset(msg, 0, sizeof(*msg));
	if (len != 0)
		memcpy(msg, octets, len);
	return there;
}

/* --- EAL --------------------------------------------------------------------------- */

enum rte_proc_type_t __wrap_rte_eal_process_type(void);
int __wrap_rte_mp_action_register(const char *name, rte_mp_t action);
int __wrap_rte_mp_reply(struct rte_mp_msg *msg, const char *peer);
int __wrap_rte_mp_request_sync(struct rte_mp_msg *request, struct rte_mp_reply *reply,
	const struct timespec *timeout);
void __wrap_rte_delay_us_sleep(unsigned int us);

enum rte_proc_type_t
__wrap_rte_eal_process_type(void)
{
	return is_secondary ? RTE_PROC_SECONDARY : RTE_PROC_PRIMARY;
}

int
__wrap_rte_mp_action_register(const char *name, rte_mp_t action)
{
	fuzz_assert(strcmp(name, VFIO_MP_ACTION) == 0);
	serve = action;
	return 0;
}

/* Who answers keeps its descriptors. */
int
__wrap_rte_mp_reply(struct rte_mp_msg *msg, const char *peer)
{
	int i;

	RTE_SET_USED(peer);
	fuzz_assert(strcmp(msg->name, VFIO_MP_ACTION) == 0 &&
		msg->len_param == sizeof(struct vfio_mp_msg) && msg->num_fds >= 0 &&
		msg->num_fds <= RTE_MP_MAX_FD_NUM);
	for (i = 0; i < msg->num_fds; i++)
		fuzz_assert(fcntl(msg->fds[i], F_GETFD) >= 0);
	return 0;
}

/* Who asks has its descriptors from now on, and the memory. */
int
__wrap_rte_mp_request_sync(struct rte_mp_msg *request, struct rte_mp_reply *reply,
	const struct timespec *timeout)
{
	const struct vfio_mp_msg *asked = (const void *)request->param;
	struct vfio_mp_msg said;
	struct message m;
	int i;

	RTE_SET_USED(timeout);
	message_take(&m, &said);
	*reply = (struct rte_mp_reply) { .nb_sent = 1 };
	rte_errno = ETIMEDOUT;
	if ((m.flags & MESSAGE_FAILS) != 0)
		return -1;
	if ((m.flags & MESSAGE_NONE) != 0)
		return 0;
	if ((m.flags & MESSAGE_STRAY) == 0) {
		said.sequence = asked->sequence;
		said.type = asked->type;
	}
	reply->nb_received = 1;
	reply->msgs = calloc(1, sizeof(*reply->msgs));
	fuzz_need(reply->msgs != NULL, "memory");
	memcpy(reply->msgs->name, request->name, sizeof(request->name));
	memcpy(reply->msgs->param, &said, sizeof(said));
	reply->msgs->len_param = sizeof(said) - ((m.flags & MESSAGE_SHORT) != 0);
	reply->msgs->num_fds = m.nb_fds % (RTE_MP_MAX_FD_NUM + 1);
	for (i = 0; i < reply->msgs->num_fds; i++)
		reply->msgs->fds[i] = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 0);
	return 0;
}

/*
 * In place of EAL's function, by which common/vfio sleeps before it asks the other process
 * again: both processes are this thread, so there is nobody to wait for.
 */
void
__wrap_rte_delay_us_sleep(unsigned int us)
{
	RTE_SET_USED(us);
}

/* --- The two processes -------------------------------------------------------------- */

static struct rte_vfio_dev *
device_open(void)
{
	const struct rte_vfio_dev_node node = {
		.name = DEVICE, .cdev = "/dev/vfio/devices/vfio0",
	};
	struct rte_vfio_dev *dev = NULL;
	int ret;

	ret = rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_CDEV, &dev);
	fuzz_assert(ret <= 0 && (ret == 0) == (dev != NULL));
	return dev;
}

/* The primary's device, which stays, with all eventfds that can be asked for. */
static void
primary_start(void)
{
	const struct vfio_device_info info = fuzz_info(0, 2, 1);
	const struct vfio_region_info region = fuzz_region(1, 256);
	const struct vfio_irq_info irq = fuzz_irq(0, NB_VECTORS);
	static struct fuzz_seed seed;
	static struct fuzz_input in, none;
	int fds[NB_VECTORS - 1];
	struct rte_vfio_dev *dev;

	fuzz_kernel_add(&seed, NULL, 0); /* IOAS_ALLOC */
	fuzz_kernel_add(&seed, NULL, 0); /* BIND_IOMMUFD */
	fuzz_kernel_add(&seed, NULL, 0); /* ATTACH_IOMMUFD_PT */
	fuzz_kernel_add(&seed, "\0\0\0", sizeof("\0\0\0")); /* no ranges */
	fuzz_kernel_add(&seed, &info, sizeof(info));
	fuzz_kernel_add(&seed, &fuzz_sparse, sizeof(fuzz_sparse.info));
	fuzz_kernel_add(&seed, &fuzz_sparse, sizeof(fuzz_sparse));
	fuzz_kernel_add(&seed, &region, sizeof(region));
	fuzz_kernel_add(&seed, &irq, sizeof(irq));
	in = (struct fuzz_input) { .at = seed.data, .len = seed.len };
	none = (struct fuzz_input) { .at = seed.data };
	fuzz_kernel_input(&in);
	dev = device_open();
	fuzz_need(dev != NULL && serve != NULL && rte_vfio_region_map(dev, 0) == 0 &&
		vfio_irq_queue_fds(dev, 0, 0, RTE_DIM(fds), fds) == 0, "device");
	fuzz_kernel_input(&none);
}

void
fuzz_start(void)
{
	fuzz_eal_start(EAL_MIB);
	fuzz_device_start();
	primary_start();
}

static void
primary_run(void)
{
	struct rte_mp_msg request = { .name = VFIO_MP_ACTION };
	struct vfio_mp_msg msg;
	struct message m;

	while (message_take(&m, &msg)) {
		if ((m.flags & MESSAGE_NAMED) != 0)
			snprintf(msg.name, sizeof(msg.name), DEVICE);
		memcpy(request.param, &msg, sizeof(msg));
		request.len_param = sizeof(msg) - ((m.flags & MESSAGE_SHORT) != 0);
		serve(&request, NULL);
	}
}

/* A second time where all is well: an answer that is still owed must not be the next input's. */
static void
secondary_run(void)
{
	struct rte_vfio_dev *dev;

	is_secondary = true;
	dev = device_open();
	if (dev != NULL)
		fuzz_device_use(dev);
	rte_vfio_dev_close(dev);
	messages->len = 0;
	dev = device_open();
	fuzz_assert(dev != NULL);
	rte_vfio_dev_close(dev);
	is_secondary = false;
}

void
fuzz_run(struct fuzz_input *in)
{
	uint8_t to;

	fuzz_take(in, &to, sizeof(to));
	messages = in;
	if (to % TO_NUM == TO_PRIMARY)
		primary_run();
	else
		secondary_run();
}

/* --- Processes that behave ------------------------------------------------------------ */

/* The octets behind the last that is not 0 are 0 anyway. */
static void
add(struct fuzz_seed *seed, const struct vfio_mp_msg *msg, uint8_t nb_fds)
{
	struct message m = { .flags = MESSAGE_NAMED, .nb_fds = nb_fds, .len = sizeof(*msg) };

	while (m.len > 0 && ((const uint8_t *)msg)[m.len - 1] == 0)
		m.len--;
	fuzz_seed_add(seed, &m, sizeof(m));
	fuzz_seed_add(seed, msg, m.len);
}

static void
add_requests(struct fuzz_seed *seed)
{
	const struct vfio_mp_msg requests[] = {
		{ .type = VFIO_MP_DEVICE },
		{ .type = VFIO_MP_REGION, .region = { .index = 0 } },
		{ .type = VFIO_MP_REGION, .region = { .index = 1, .first = 1 } },
		{ .type = VFIO_MP_READ, .access = { .index = 1, .len = VFIO_MP_DATA } },
		{ .type = VFIO_MP_WRITE, .access = { .index = 1, .len = 4, .offset = 128 } },
		{ .type = VFIO_MP_IRQ, .irq = { .nb = FUZZ_MAX_VECTORS - 1 } },
	};
	unsigned int i;

	for (i = 0; i < RTE_DIM(requests); i++)
		add(seed, &requests[i], 0);
}

/* As many areas as fit in two messages. */
static void
add_region(struct fuzz_seed *seed, uint32_t nb_areas)
{
	struct vfio_mp_msg msg = {
		.type = VFIO_MP_REGION,
		.region = {
			.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
				VFIO_REGION_INFO_FLAG_MMAP,
			.nb_areas = nb_areas,
			.size = 0x20000,
		},
	};
	uint32_t i;

	for (i = 0; i < nb_areas; i++) {
		msg.region.areas[i % VFIO_MP_AREAS] = (struct rte_vfio_region_area) {
			.offset = i * 0x2000, .size = 0x1000,
		};
		if (i % VFIO_MP_AREAS == VFIO_MP_AREAS - 1 || i + 1 == nb_areas)
			add(seed, &msg, 1);
	}
	if (nb_areas == 0)
		add(seed, &msg, 0);
}

static void
add_answers(struct fuzz_seed *seed, uint8_t nb_device_fds)
{
	const struct vfio_mp_msg device = {
		.type = VFIO_MP_DEVICE,
		.device = { .num_regions = 2, .num_irqs = 1 },
	};
	const struct vfio_mp_msg done = { .type = VFIO_MP_READ };
	unsigned int i;

	add(seed, &device, nb_device_fds);
	add_region(seed, VFIO_MP_AREAS + 1);
	add_region(seed, 0);
	for (i = 0; i < 12; i++) /* accesses, in pieces */
		add(seed, &done, 0);
	for (i = 0; i < 2; i++)
		add(seed, &done, FUZZ_MAX_VECTORS - 1);
}

/* Areas that are not in their region: where they would be mapped, something else is. */
static void
add_outside(struct fuzz_seed *seed)
{
	const struct vfio_mp_msg device = {
		.type = VFIO_MP_DEVICE, .device.num_regions = 1,
	};
	const struct vfio_mp_msg region = {
		.type = VFIO_MP_REGION,
		.region = {
			.flags = VFIO_REGION_INFO_FLAG_WRITE, .nb_areas = 1, .size = 0x1000,
			.areas = { { .offset = 0x10000, .size = 0x1000 } },
		},
	};

	add(seed, &device, 0);
	add(seed, &region, 1);
}

/* More areas than any region has. */
static void
add_many(struct fuzz_seed *seed)
{
	const struct vfio_mp_msg device = {
		.type = VFIO_MP_DEVICE, .device.num_regions = 1,
	};
	const struct vfio_mp_msg region = {
		.type = VFIO_MP_REGION, .region = { .nb_areas = UINT32_MAX, .size = 0x1000 },
	};

	add(seed, &device, 0);
	add(seed, &region, 1);
}

static void
save(uint8_t to, void (*add_to)(struct fuzz_seed *seed), const char *name)
{
	struct fuzz_seed seed = { .len = 0 };

	fuzz_seed_add(&seed, &to, sizeof(to));
	add_to(&seed);
	fuzz_seed_save(&seed, name);
}

static void
add_kernel(struct fuzz_seed *seed)
{
	add_answers(seed, 1);
}

static void
add_user(struct fuzz_seed *seed)
{
	add_answers(seed, 0);
}

void
fuzz_seeds(void)
{
	save(TO_PRIMARY, add_requests, "requests");
	save(TO_SECONDARY, add_kernel, "kernel");
	save(TO_SECONDARY, add_user, "user");
	save(TO_SECONDARY, add_outside, "outside");
	save(TO_SECONDARY, add_many, "many");
}
