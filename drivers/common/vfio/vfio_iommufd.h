/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_IOMMUFD_H
#define VFIO_IOMMUFD_H

/*
 * /dev/iommu: one descriptor and one I/O address space (IOAS) for all devices
 * of the process that are on character devices.  Both are there while a device
 * is.
 */

#include "vfio_private.h"

/* The process's iommufd, opened for the first device, and the DMA domain on it. */
struct vfio_iommufd {
	int fd;
	uint32_t ioas_id;
	struct vfio_dma dma;
};

/* 0 or a negative errno, logged with VFIO_LOG_OPEN(). */
int vfio_iommufd_get(struct rte_vfio_dev *dev, struct vfio_iommufd **iommufd);

/* Undo vfio_iommufd_get(), after the device is closed. */
void vfio_iommufd_put(void);

/*
 * Ask again which addresses can be mapped: each device that is attached may
 * narrow, each that is detached may widen them.
 */
int vfio_iommufd_ranges_read(void);

#endif /* VFIO_IOMMUFD_H */
