/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_USER_SERVE_H
#define VFIO_USER_SERVE_H

/*
 * Commands from a vfio-user server: it may read and write, by message, memory
 * that is mapped for the device.
 */

#include "vfio_user_sock.h"

/*
 * Let the server reach a run of our memory, or not any longer.  When the second
 * returns, nobody accesses the memory for the server.
 */
int vfio_user_reach_add(struct vfio_user *user, const struct vfio_dma_run *run);
void vfio_user_reach_remove(struct vfio_user *user, uint64_t iova, uint64_t len);

/*
 * Carry out the command whose header has been received, or refuse it.  With
 * the connection locked; 0, or a negative errno after which the connection is given up.
 */
int vfio_user_serve(struct rte_vfio_dev *dev, const struct vfio_user_header *command,
	struct vfio_user_fds *in);

#endif /* VFIO_USER_SERVE_H */
