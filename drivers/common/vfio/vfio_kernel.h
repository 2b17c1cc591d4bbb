/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_KERNEL_H
#define VFIO_KERNEL_H

/*
 * Requests to a device of the kernel's.  However its file descriptor was come
 * by, from then on it takes the same requests; both kernel transports have
 * these functions in their vfio_ops.
 */

#include "vfio_private.h"

int vfio_kernel_get_info(struct rte_vfio_dev *dev, struct vfio_device_info *info);
int vfio_kernel_region_info(struct rte_vfio_dev *dev, struct vfio_region_info *info, int *fd);
int vfio_kernel_region_read(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	void *buf, size_t len);
int vfio_kernel_region_write(struct rte_vfio_dev *dev, uint32_t index, uint64_t offset,
	const void *buf, size_t len);
int vfio_kernel_irq_info(struct rte_vfio_dev *dev, struct vfio_irq_info *info);
int vfio_kernel_set_irqs(struct rte_vfio_dev *dev, struct vfio_irq_set *set);
int vfio_kernel_reset(struct rte_vfio_dev *dev);

#endif /* VFIO_KERNEL_H */
