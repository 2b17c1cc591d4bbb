/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_CONTAINER_H
#define VFIO_CONTAINER_H

/*
 * A container of our own, for devices without an IOMMU behind them: mediated
 * devices, and others whose kernel driver makes the accesses to memory.  It
 * pins the pages for that, which the kernel refuses in a container of type 1,
 * version 1; EAL's is one.  This one is version 2, with one group for each
 * device, and there while a device is.
 */

#include "vfio_private.h"

/*
 * Open the device dev->group_name of a group: sets fd, group_fd and domain.
 * 0 or a negative errno, logged with VFIO_LOG_OPEN().
 */
int vfio_container_open(struct rte_vfio_dev *dev, int group);

void vfio_container_close(struct rte_vfio_dev *dev);

#endif /* VFIO_CONTAINER_H */
