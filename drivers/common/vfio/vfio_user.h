/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_USER_H
#define VFIO_USER_H

/*
 * vfio-user, the client's side: VFIO requests as messages over a UNIX socket,
 * with file descriptors as SCM_RIGHTS.  Layouts and numbers are those of the
 * vfio-user protocol specification, version 0.1; a payload that is not defined
 * here is the structure of linux/vfio.h of the same name.
 *
 * One request is under way at a time; the connection's lock sees to that.  The
 * server is not trusted: a reply has to match its request, and every breach of
 * the protocol ends the connection for good.
 */

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rte_vfio_dev;
struct rte_intr_handle;

/* Specification, section "Commands". */
enum vfio_user_command {
	VFIO_USER_VERSION = 1,
	VFIO_USER_DMA_MAP = 2,
	VFIO_USER_DMA_UNMAP = 3,
	VFIO_USER_DEVICE_GET_INFO = 4,
	VFIO_USER_DEVICE_GET_REGION_INFO = 5,
	VFIO_USER_DEVICE_GET_IRQ_INFO = 7,
	VFIO_USER_DEVICE_SET_IRQS = 8,
	VFIO_USER_REGION_READ = 9,
	VFIO_USER_REGION_WRITE = 10,
	VFIO_USER_DEVICE_RESET = 13,
};

/* Section "Header". */
struct vfio_user_header {
	uint16_t msg_id;
	uint16_t command;
	uint32_t msg_size; /* header included */
	uint32_t flags;
	uint32_t error; /* errno, in a reply with VFIO_USER_F_ERROR */
};
#define VFIO_USER_F_TYPE_MASK	0xfu
#define VFIO_USER_F_COMMAND	0x0u
#define VFIO_USER_F_REPLY	0x1u
#define VFIO_USER_F_NO_REPLY	0x10u
#define VFIO_USER_F_ERROR	0x20u

/* Section "VFIO_USER_VERSION"; a JSON text follows. */
struct vfio_user_version {
	uint16_t major;
	uint16_t minor;
};

/* Section "VFIO_USER_DMA_MAP". */
struct vfio_user_dma_map {
	uint32_t argsz;
	uint32_t flags;
	uint64_t offset;
	uint64_t addr;
	uint64_t size;
};
#define VFIO_USER_DMA_READABLE	0x1u
#define VFIO_USER_DMA_WRITEABLE	0x2u

/* Section "VFIO_USER_DMA_UNMAP". */
struct vfio_user_dma_unmap {
	uint32_t argsz;
	uint32_t flags;
	uint64_t addr;
	uint64_t size;
};

/* Sections "VFIO_USER_REGION_READ" and "VFIO_USER_REGION_WRITE"; data follows. */
struct vfio_user_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

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
	int sock;
	bool broken; /* nothing more will be sent */
	uint16_t next_id;
	struct vfio_user_limits limits;
	pthread_mutex_t lock; /* one request at a time */
	int hangup_fd; /* readable once the server has gone; -1 if not watched */
	struct rte_intr_handle *hangup_handle;
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

#endif /* VFIO_USER_H */
