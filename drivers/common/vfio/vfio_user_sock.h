/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_USER_SOCK_H
#define VFIO_USER_SOCK_H

/*
 * The connection to a vfio-user server as a stream of octets, with file
 * descriptors beside them.
 *
 * Functions that send or receive need it locked, and end by user->deadline.
 * They return 0 or a negative errno, after which the connection is given up.
 */

#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

#include "vfio_user.h"

/* Descriptors that came with a message. */
struct vfio_user_fds {
	int fds[VFIO_USER_MAX_FDS];
	uint32_t nb;
};

void vfio_user_fds_close(struct vfio_user_fds *in);

/* Connect to a path by the deadline of the call that this thread is in. */
int vfio_user_connect(struct rte_vfio_dev *dev, const char *path);

/* The lock, and its end. */
void vfio_user_lock_init(struct vfio_user *user);
void vfio_user_lock_destroy(struct vfio_user *user);

/*
 * Lock the connection for a request, by the deadline of the call that this thread
 * is in, which becomes user->deadline.  While another thread has it locked for a slow
 * request, that thread is waited for, and this thread's call may end so much later.
 * -ENODEV if the connection has been given up before.
 */
int vfio_user_lock(struct rte_vfio_dev *dev, bool slow);

/* Lock it without a deadline, as who has it locked has one; or only if it is not. */
void vfio_user_lock_wait(struct vfio_user *user);
bool vfio_user_trylock(struct vfio_user *user);

void vfio_user_unlock(struct vfio_user *user);

int vfio_user_receive(struct rte_vfio_dev *dev, void *buf, size_t len, struct vfio_user_fds *in);
int vfio_user_skip(struct rte_vfio_dev *dev, size_t len, struct vfio_user_fds *in);

/* Send all of iov, which is used up by that. */
int vfio_user_transmit(struct rte_vfio_dev *dev, struct iovec *iov, size_t nb_iov,
	const int *fds, uint32_t nb_fds);

/* Give the connection up for a breach of the protocol; returns -EPROTO. */
int vfio_user_breach(struct rte_vfio_dev *dev, const char *what, uint64_t value);

#endif /* VFIO_USER_SOCK_H */
