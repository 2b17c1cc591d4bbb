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

/*
 * What vfio_dma_attach() takes: binds dev->fd, an open character device, to the
 * descriptor, and attaches it to the address space.  vfio_dma_detach() closes it.
 */
extern struct vfio_dma *const vfio_iommufd_dma;

#endif /* VFIO_IOMMUFD_H */
