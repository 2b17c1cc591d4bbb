/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * DMA by message: specification, sections "VFIO_USER_DMA_READ" and
 * "VFIO_USER_DMA_WRITE".  All that is mapped may be read and written, as each
 * VFIO_USER_DMA_MAP says.
 */

#include <errno.h>
#include <inttypes.h>

#include <rte_common.h>

#include "vfio_io.h"
#include "vfio_private.h"
#include "vfio_user_serve.h"

int
vfio_user_reach_add(struct vfio_user *user, const struct vfio_dma_run *run)
{
	const struct vfio_range range = {
		.first = run->iova,
		.last = run->iova + (run->len - 1),
		.addr = run->addr,
	};
	int ret;

	vfio_user_lock_wait(user);
	ret = vfio_ranges_reserve(&user->reach, 1);
	if (ret == 0)
		vfio_ranges_add(&user->reach, &range);
	vfio_user_unlock(user);
	return ret;
}

void
vfio_user_reach_remove(struct vfio_user *user, uint64_t iova, uint64_t len)
{
	struct vfio_range *range;

	vfio_user_lock_wait(user);
	range = vfio_ranges_overlap(&user->reach, iova, iova + (len - 1));
	if (range != NULL)
		vfio_ranges_remove(&user->reach, range);
	vfio_user_unlock(user);
}

/* The memory at an IOVA, and how much of it there is in one piece, len at the most; 0 if none. */
static size_t
reach_find(const struct vfio_user *user, uint64_t iova, size_t len, void **addr)
{
	const struct vfio_range *range = vfio_ranges_overlap(&user->reach, iova, iova);

	*addr = NULL;
	if (range == NULL)
		return 0;
	*addr = RTE_PTR_ADD(range->addr, iova - range->first);
	return RTE_MIN(len - 1, range->last - iova) + 1;
}

/* Whether all of an access is in memory that is mapped. */
static bool
access_valid(const struct vfio_user *user, const struct vfio_user_dma_access *access)
{
	uint64_t done = 0;
	size_t part;
	void *addr;

	if (access->count == 0 || access->count > VFIO_USER_MAX_XFER ||
			access->count - 1 > UINT64_MAX - access->addr)
		return false;
	for (; done < access->count; done += part) {
		part = reach_find(user, access->addr + done, access->count - done, &addr);
		if (part == 0)
			return false;
	}
	return true;
}

/* In pieces that end where a word does. */
static int
memory_write(struct rte_vfio_dev *dev, const struct vfio_user_dma_access *access,
	struct vfio_user_fds *in)
{
	uint64_t buf[512], iova, done = 0;
	size_t part;
	void *addr;
	int ret = 0;

	for (; done < access->count && ret == 0; done += part) {
		iova = access->addr + done;
		part = RTE_MIN(sizeof(buf) - iova % sizeof(buf[0]), access->count - done);
		part = reach_find(dev->user, iova, part, &addr);
		ret = vfio_user_receive(dev, buf, part, in);
		if (ret == 0)
			vfio_io_write(addr, buf, part);
	}
	return ret;
}

static int
memory_send(struct rte_vfio_dev *dev, const struct vfio_user_dma_access *access)
{
	struct iovec iov;
	uint64_t done = 0;
	size_t part;
	int ret = 0;

	for (; done < access->count && ret == 0; done += part) {
		part = reach_find(dev->user, access->addr + done, access->count - done,
			&iov.iov_base);
		iov.iov_len = part;
		ret = vfio_user_transmit(dev, &iov, 1, NULL, 0);
	}
	return ret;
}

/* Reply, unless the server wants none: with an error, or the access with its data. */
static int
reply(struct rte_vfio_dev *dev, const struct vfio_user_header *command, uint32_t error,
	struct vfio_user_dma_access *access)
{
	bool with_data = command->command == VFIO_USER_DMA_READ && error == 0;
	struct vfio_user_header header = {
		.msg_id = command->msg_id,
		.command = command->command,
		.msg_size = sizeof(header),
		.flags = VFIO_USER_F_REPLY | (error != 0 ? VFIO_USER_F_ERROR : 0),
		.error = error,
	};
	struct iovec iov[] = {
		{ .iov_base = &header, .iov_len = sizeof(header) },
		{ .iov_base = access, .iov_len = sizeof(*access) },
	};
	int ret;

	if ((command->flags & VFIO_USER_F_NO_REPLY) != 0)
		return 0;
	if (error == 0)
		header.msg_size += sizeof(*access) + (with_data ? access->count : 0);
	ret = vfio_user_transmit(dev, iov, error == 0 ? 2 : 1, NULL, 0);
	return ret == 0 && with_data ? memory_send(dev, access) : ret;
}

/* Have nothing left of the command, and say that it is not carried out. */
static int
refuse(struct rte_vfio_dev *dev, const struct vfio_user_header *command, size_t left,
	uint32_t error, struct vfio_user_fds *in)
{
	int ret;

	ret = vfio_user_skip(dev, left, in);
	return ret == 0 ? reply(dev, command, error, NULL) : ret;
}

static int
serve_access(struct rte_vfio_dev *dev, const struct vfio_user_header *command, size_t len,
	struct vfio_user_fds *in)
{
	bool write = command->command == VFIO_USER_DMA_WRITE;
	struct vfio_user *user = dev->user;
	struct vfio_user_dma_access access;
	int ret;

	ret = vfio_user_receive(dev, &access, sizeof(access), in);
	if (ret < 0)
		return ret;
	len -= sizeof(access);
	if (!access_valid(user, &access) || len != (write ? access.count : 0)) {
		if (!user->refused)
			VFIO_LOG(NOTICE, dev, "vfio-user server refused access to IOVA 0x%" PRIx64
				", 0x%" PRIx64 " bytes, and silently from now on",
				access.addr, access.count);
		user->refused = true;
		return refuse(dev, command, len, EINVAL, in);
	}
	if (write)
		ret = memory_write(dev, &access, in);
	return ret == 0 ? reply(dev, command, 0, &access) : ret;
}

int
vfio_user_serve(struct rte_vfio_dev *dev, const struct vfio_user_header *command,
	struct vfio_user_fds *in)
{
	size_t len = command->msg_size - sizeof(*command);

	if (len > VFIO_USER_SKIP_MAX)
		return vfio_user_breach(dev, "sends a command of absurd size", command->msg_size);
	if ((command->command == VFIO_USER_DMA_READ || command->command == VFIO_USER_DMA_WRITE) &&
			len >= sizeof(struct vfio_user_dma_access))
		return serve_access(dev, command, len, in);
	return refuse(dev, command, len, ENOTSUP, in);
}
