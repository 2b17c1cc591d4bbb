/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The vfio-user transport: each VFIO request as one message, or as several
 * where the server cannot take it in one.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <rte_common.h>

#include "vfio_call.h"
#include "vfio_private.h"
#include "vfio_user_serve.h"

static bool
user_offered(const struct rte_vfio_dev_node *node)
{
	return node->user_socket != NULL;
}

static int
user_dma_map(struct vfio_dma *dma, const struct vfio_dma_run *run)
{
	struct vfio_user *user = container_of(dma, struct vfio_user, dma);
	const struct vfio_user_dma_map request = {
		.argsz = sizeof(request),
		.flags = VFIO_USER_DMA_READABLE | VFIO_USER_DMA_WRITEABLE,
		.offset = run->fd_offset,
		.addr = run->iova,
		.size = run->len,
	};
	struct vfio_user_call call = {
		.command = VFIO_USER_DMA_MAP,
		.head = &request,
		.head_len = sizeof(request),
		.send_fds = &run->fd,
		.nb_send_fds = 1,
	};

	int ret;

	/*
	 * The server maps the file behind our memory.  One that does not, and
	 * accesses the memory by message, is given the file all the same.
	 */
	if (run->fd < 0)
		return -ENOTSUP;
	if (dma->mapped.nb >= user->limits.max_dma_maps)
		return -ENOSPC;
	ret = vfio_user_reach_add(user, run);
	if (ret < 0)
		return ret;
	ret = vfio_user_call(user->dev, &call);
	if (ret < 0)
		vfio_user_reach_remove(user, run->iova, run->len);
	return ret;
}

static int
user_dma_unmap(struct vfio_dma *dma, void *addr, uint64_t iova, uint64_t len)
{
	struct vfio_user *user = container_of(dma, struct vfio_user, dma);
	const struct vfio_user_dma_unmap request = {
		.argsz = sizeof(request),
		.addr = iova,
		.size = len,
	};
	struct vfio_user_dma_unmap reply;
	struct vfio_user_call call = {
		.command = VFIO_USER_DMA_UNMAP,
		.slow = true,
		.head = &request,
		.head_len = sizeof(request),
		.reply = &reply,
		.reply_len = sizeof(reply),
		.reply_optional = true, /* it has nothing to say, and some servers say just that */
	};

	int ret;

	RTE_SET_USED(addr);
	ret = vfio_user_call(user->dev, &call);
	/* Whatever the server says, the memory may be gone from now on. */
	vfio_user_reach_remove(user, iova, len);
	return ret;
}

static const struct vfio_dma_ops user_dma_ops = {
	.map = user_dma_map,
	.unmap = user_dma_unmap,
	.by_file = true,
	.refusal_hint = "EAL needs fewer with -m, --single-file-segments and --iova-mode=va",
};

static void
user_free(struct rte_vfio_dev *dev)
{
	pthread_mutex_destroy(&dev->user->dma.lock);
	pthread_mutex_destroy(&dev->user->dma.devs_lock);
	vfio_user_lock_destroy(dev->user);
	vfio_ranges_free(&dev->user->reach);
	free(dev->user);
	dev->user = NULL;
}

static void
user_close(struct rte_vfio_dev *dev)
{
	vfio_user_watch_close(dev);
	user_free(dev);
}

static int
user_open(struct rte_vfio_dev *dev, const struct rte_vfio_dev_node *node)
{
	struct vfio_user *user;
	int ret;

	user = calloc(1, sizeof(*user));
	if (user == NULL)
		return vfio_no_memory(dev, "its connection");
	user->dev = dev;
	user->dma.ops = &user_dma_ops;
	user->dma.name = dev->name;
	user->timeout_ms = node->timeout_ms;
	user->watch_fd = -1;
	vfio_user_lock_init(user);
	pthread_mutex_init(&user->dma.devs_lock, NULL);
	pthread_mutex_init(&user->dma.lock, NULL);
	dev->user = user;
	dev->dma = &user->dma;
	ret = vfio_user_connect(dev, node->user_socket);
	if (ret < 0) {
		user_free(dev);
		return ret;
	}
	ret = vfio_user_negotiate(dev);
	if (ret == 0)
		ret = vfio_user_watch_join(dev);
	if (ret < 0)
		user_close(dev);
	return ret;
}

static int
user_get_info(struct rte_vfio_dev *dev, struct vfio_device_info *info)
{
	const struct vfio_user_device_info request = { .argsz = sizeof(request) };
	struct vfio_user_call call = {
		.command = VFIO_USER_DEVICE_GET_INFO,
		.head = &request,
		.head_len = sizeof(request),
		.reply = info,
		.reply_len = sizeof(*info),
		.reply_min = sizeof(request),
	};

	return vfio_user_call(dev, &call);
}

/*
 * Whether a mapping of a file cannot be made to fault.  A server could cut the
 * file short, unless that is sealed; punch a hole into hugepages and have none
 * left to fill it; or hold up page faults in a file system of its own, which has
 * no seals.
 */
static bool
file_stays(int fd)
{
	const int seals = fcntl(fd, F_GET_SEALS);
	struct statfs fs;

	return seals >= 0 && (seals & F_SEAL_SHRINK) != 0 && fstatfs(fd, &fs) == 0 &&
		fs.f_type == TMPFS_MAGIC;
}

/* Have a region that cannot be mapped safely accessed by message. */
static void
file_check(struct rte_vfio_dev *dev, struct vfio_region_info *info, int *fd)
{
	if (*fd < 0 || file_stays(*fd))
		return;
	VFIO_LOG(NOTICE, dev, "region %u: not mapped, as its file is no memfd with F_SEAL_SHRINK: accesses are messages",
		info->index);
	info->flags &= ~VFIO_REGION_INFO_FLAG_MMAP;
	close(*fd);
	*fd = -1;
}

static int
user_region_info(struct rte_vfio_dev *dev, struct vfio_region_info *info, int *fd)
{
	const struct vfio_region_info request = { .argsz = info->argsz, .index = info->index };
	size_t room = info->argsz;
	struct vfio_user_call call = {
		.command = VFIO_USER_DEVICE_GET_REGION_INFO,
		.head = &request,
		.head_len = sizeof(request),
		.reply = info,
		.reply_len = room,
		.reply_min = sizeof(*info),
		.recv_fd = fd,
	};
	int ret;

	ret = vfio_user_call(dev, &call);
	if (ret < 0)
		return ret;
	/* "argsz" bytes, unless they did not fit; then the caller asks again. */
	if (info->argsz < sizeof(*info) || (info->argsz <= room && info->argsz != call.got)) {
		VFIO_LOG(ERR, dev, "region %u: description of %u bytes comes as %zu",
			request.index, info->argsz, call.got);
		if (*fd >= 0)
			close(*fd);
		*fd = -1;
		return -EPROTO;
	}
	if (info->argsz <= room)
		file_check(dev, info, fd);
	return 0;
}

/* Read or write as many octets as one message may carry. */
static int
user_region_part(struct rte_vfio_dev *dev, enum vfio_user_command command, uint32_t index,
	uint64_t offset, void *buf, uint32_t count)
{
	bool write = command == VFIO_USER_REGION_WRITE;
	const struct vfio_user_region_access request = {
		.offset = offset,
		.region = index,
		.count = count,
	};
	struct vfio_user_region_access reply;
	struct vfio_user_call call = {
		.command = command,
		.head = &request,
		.head_len = sizeof(request),
		.data = buf,
		.data_len = write ? count : 0,
		.reply = &reply,
		.reply_len = sizeof(reply),
		.reply_data = buf,
		.reply_data_len = write ? 0 : count,
	};
	int ret;

	ret = vfio_user_call(dev, &call);
	if (ret < 0)
		return ret;
	return reply.count == count ? 0 : -EIO;
}

static int
user_region_access(struct rte_vfio_dev *dev, enum vfio_user_command command, uint32_t index,
	uint64_t offset, void *buf, size_t len)
{
	const uint32_t max = dev->user->limits.max_data_xfer_size; /* 8 or more */
	uint32_t part;
	int ret = 0;

	vfio_call_begin();
	for (; len > 0 && ret == 0; len -= part) {
		/* No register is in two messages. */
		part = len <= max ? len : max - (offset + max) % sizeof(uint64_t);
		ret = user_region_part(dev, command, index, offset, buf, part);
		buf = RTE_PTR_ADD(buf, part);
		offset += part;
	}
	vfio_call_end();
	return ret;
}

static int
user_region_read(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	void *buf, size_t len)
{
	return user_region_access(dev, VFIO_USER_REGION_READ, index, offset, buf, len);
}

static int
user_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len)
{
	return user_region_access(dev, VFIO_USER_REGION_WRITE, index, offset,
		(void *)(uintptr_t)buf, len);
}

static int
user_irq_info(struct rte_vfio_dev *dev, struct vfio_irq_info *info)
{
	const struct vfio_irq_info request = { .argsz = sizeof(request), .index = info->index };
	struct vfio_user_call call = {
		.command = VFIO_USER_DEVICE_GET_IRQ_INFO,
		.head = &request,
		.head_len = sizeof(request),
		.reply = info,
		.reply_len = sizeof(*info),
	};

	return vfio_user_call(dev, &call);
}

/* Eventfds travel beside the message, as many as the server takes in one. */
static int
user_set_irqs(struct rte_vfio_dev *dev, struct vfio_irq_set *set)
{
	bool with_fds = (set->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0;
	const int32_t *fds = (const int32_t *)set->data;
	struct vfio_irq_set request = *set;
	struct vfio_user_call call = {
		.command = VFIO_USER_DEVICE_SET_IRQS,
		.head = &request,
		.head_len = sizeof(request),
	};
	uint32_t done = 0;
	int ret;

	request.argsz = sizeof(request);
	vfio_call_begin();
	do {
		request.start = set->start + done;
		request.count = set->count - done;
		if (with_fds) {
			request.count = RTE_MIN(request.count, dev->user->limits.max_msg_fds);
			call.send_fds = fds + done;
			call.nb_send_fds = request.count;
		}
		ret = vfio_user_call(dev, &call);
		done += request.count;
	} while (ret == 0 && done < set->count);
	vfio_call_end();
	return ret;
}

static int
user_reset(struct rte_vfio_dev *dev)
{
	struct vfio_user_call call = { .command = VFIO_USER_DEVICE_RESET, .slow = true };

	return vfio_user_call(dev, &call);
}

const struct vfio_ops vfio_user_ops = {
	.id = RTE_VFIO_TRANSPORT_USER,
	.offered = user_offered,
	.open = user_open,
	.close = user_close,
	.get_info = user_get_info,
	.region_info = user_region_info,
	.region_read = user_region_read,
	.region_write = user_region_write,
	.irq_info = user_irq_info,
	.set_irqs = user_set_irqs,
	.reset = user_reset,
	.watch = vfio_user_watch,
};
