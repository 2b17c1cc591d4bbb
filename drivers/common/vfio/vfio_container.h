/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_CONTAINER_H
#define VFIO_CONTAINER_H

/*
 * Two containers of our own: one of type 1, version 2, for all groups behind an
 * IOMMU and for those of devices whose kernel driver makes the accesses to
 * memory, such as mediated devices; one for groups with no protection at all.
 * The kernel does not let the latter share a container with others.
 *
 * EAL's container stays EAL's.  It is of version 1, which mediated devices
 * cannot use, has room for 64 groups, and is there only if VFIO was when the
 * application started; and with two owners, neither of them knows what the
 * other still needs mapped.  A bus whose devices are to be in it, as those of
 * DPDK's PCI bus have always been, has EAL open and map them.
 */

#include "vfio_private.h"

/*
 * What vfio_dma_attach() takes: opens the device dev->group_name of the group
 * dev->group_number.  A group is opened for its first device.
 */
extern struct vfio_dma *const vfio_container_type1;
extern struct vfio_dma *const vfio_container_noiommu;

/*
 * vfio_container_eal.c: the same in EAL's container, or in the one that an application has
 * bound the group to (rte_vfio_container_group_bind()).
 */
extern struct vfio_dma *const vfio_container_eal;

#endif /* VFIO_CONTAINER_H */
