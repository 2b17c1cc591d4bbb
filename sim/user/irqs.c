/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * The vfio-user commands that have to do with interrupts.
 */

#include <errno.h>
#include <unistd.h>

#include <linux/vfio.h>

#include "irqfd.h"
#include "proto.h"

static uint32_t
irq_count(uint32_t index)
{
	switch (index) {
	case VFIO_PCI_MSIX_IRQ_INDEX:
		return SF_NUM_VECTORS;
	default:
		return 0;
	}
}

int
proto_get_irq_info(struct sf *sf)
{
	const struct vfio_irq_info *request = proto_payload(sf, sizeof(*request));
	struct vfio_irq_info info = { .argsz = sizeof(info) };

	if (request == NULL || request->argsz < sizeof(info) || request->index >= PROTO_NUM_IRQS)
		return -EINVAL;
	info.index = request->index;
	info.count = irq_count(info.index);
	if (info.count != 0)
		info.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_NORESIZE;
	return proto_reply(sf, &info, sizeof(info));
}

static void
vector_set(struct sf *sf, uint32_t vector, int fd)
{
	if (sf->plat.eventfds[vector] >= 0)
		close(sf->plat.eventfds[vector]);
	sf->plat.eventfds[vector] = fd;
}

/* As many eventfds as vectors, or none to take them away. */
static int
vectors_join(struct sf *sf, const struct vfio_irq_set *set)
{
	struct conn *conn = &sf->conn;
	uint32_t i;

	if (conn->nb_fds != 0 && conn->nb_fds != set->count)
		return -EINVAL;
	for (i = 0; i < conn->nb_fds; i++)
		if (!irqfd_accept(conn->fds[i]))
			return -EINVAL;
	for (i = 0; i < set->count; i++)
		vector_set(sf, set->start + i, conn->nb_fds != 0 ? conn->fds[i] : -1);
	conn->nb_fds = 0;
	return 0;
}

static int
vectors_trigger(struct sf *sf, const struct vfio_irq_set *set, const uint8_t *chosen)
{
	uint32_t i;

	for (i = 0; i < set->count; i++)
		if (chosen == NULL || chosen[i] != 0)
			sf_plat_irq(&sf->plat, set->start + i);
	return 0;
}

static void
vectors_clear(struct sf *sf, uint32_t count)
{
	uint32_t i;

	for (i = 0; i < count; i++)
		vector_set(sf, i, -1);
}

/*
 * Whether a request makes sense for an index with so many vectors: one action, one
 * kind of data and no more of it than the vectors take, descriptors only as
 * eventfds.  No vectors at all are named to take the eventfds of all of them away.
 */
static bool
irq_set_valid(const struct sf *sf, const struct vfio_irq_set *set, uint32_t nb_vectors)
{
	const uint32_t type = set->flags & VFIO_IRQ_SET_DATA_TYPE_MASK;
	const uint32_t action = set->flags & VFIO_IRQ_SET_ACTION_TYPE_MASK;
	const size_t data_len = proto_payload_len(sf) - sizeof(*set);

	if (set->argsz < proto_payload_len(sf) || (set->flags & ~(type | action)) != 0 ||
			__builtin_popcount(type) != 1 || __builtin_popcount(action) != 1)
		return false;
	if (set->count > nb_vectors || set->start > nb_vectors - set->count)
		return false;
	if (set->count == 0 && (set->start != 0 || type != VFIO_IRQ_SET_DATA_NONE ||
			action != VFIO_IRQ_SET_ACTION_TRIGGER))
		return false;
	if (type == VFIO_IRQ_SET_DATA_EVENTFD)
		return true;
	return sf->conn.nb_fds == 0 &&
		data_len == (type == VFIO_IRQ_SET_DATA_BOOL ? set->count : 0);
}

static int
set_irqs(struct sf *sf)
{
	const struct vfio_irq_set *set = proto_payload(sf, sizeof(*set));
	uint32_t nb_vectors;

	if (set == NULL || set->index >= PROTO_NUM_IRQS)
		return -EINVAL;
	nb_vectors = irq_count(set->index);
	if (!irq_set_valid(sf, set, nb_vectors))
		return -EINVAL;
	if ((set->flags & VFIO_IRQ_SET_ACTION_TRIGGER) == 0)
		return -ENOTSUP; /* vectors are not maskable, as GET_IRQ_INFO says */
	if ((set->flags & VFIO_IRQ_SET_DATA_EVENTFD) != 0)
		return vectors_join(sf, set);
	if (set->count == 0)
		vectors_clear(sf, nb_vectors);
	return vectors_trigger(sf, set,
		(set->flags & VFIO_IRQ_SET_DATA_BOOL) != 0 ? set->data : NULL);
}

int
proto_set_irqs(struct sf *sf)
{
	int ret = set_irqs(sf);

	return ret < 0 ? ret : proto_reply(sf, NULL, 0);
}
