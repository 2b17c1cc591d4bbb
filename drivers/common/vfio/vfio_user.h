/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_USER_H
#define VFIO_USER_H

/*
 * vfio-user, the client's side of the protocol in vfio_user_proto.h.
 *
 * One request is under way at a time; the connection's lock sees to that.  The
 * server is not trusted: a reply has to match its request, and every breach of
 * the protocol ends the connection for good.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "vfio_dma.h"
#include "vfio_user_proto.h"

struct rte_vfio_dev;

/* File descriptors we send in one message at the most, and take in one. */
#define VFIO_USER_MAX_FDS 16

/* What the server said it can take. */
struct vfio_user_limits {
	uint32_t max_msg_fds;
	uint32_t max_data_xfer_size;
	uint32_t max_dma_maps;
	uint64_t pgsizes;
};

struct vfio_user {
	struct rte_vfio_dev *dev;
	struct vfio_dma dma; /* memory is mapped for this device alone */
	int sock;
	bool broken; /* nothing more will be sent */
	uint16_t next_id;
	struct vfio_user_limits limits;
	pthread_mutex_t lock; /* one request at a time */
	uint8_t in[1024]; /* received and, from in_at to in_end, not yet looked at */
	uint32_t in_at;
	uint32_t in_end;
};

/* A request and the room for its reply. */
struct vfio_user_call {
	enum vfio_user_command command;
	const void *head; /* payload, first part */
	size_t head_len;
	const void *data; /* second part */
	size_t data_len;
	const int *send_fds;
	uint32_t nb_send_fds;
	void *reply; /* payload, first part */
	size_t reply_len; /* exactly, or at the most with reply_min */
	size_t reply_min; /* 0: reply_len exactly */
	void *reply_data; /* second part, then always all of it */
	size_t reply_data_len;
	int *recv_fd; /* NULL: none expected; -1 afterwards if none came */
	size_t got; /* out: payload bytes received */
};

/**
 * Send a request and receive its reply.
 *
 * @return
 *   0, the errno the server replied with as a negative value, -EPROTO if it
 *   broke the protocol, -ETIMEDOUT if it does not answer, or -ENODEV if the
 *   connection is no more.  One log line for all but the server's own errors.
 */
int vfio_user_call(struct rte_vfio_dev *dev, struct vfio_user_call *call);

/** Agree on version and limits; the first thing said on a connection. */
int vfio_user_negotiate(struct rte_vfio_dev *dev);

/** Have the device told when the server goes away, see struct vfio_ops. */
int vfio_user_watch(struct rte_vfio_dev *dev, bool on);

#endif /* VFIO_USER_H */
