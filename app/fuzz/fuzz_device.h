/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef FUZZ_DEVICE_H
#define FUZZ_DEVICE_H

/*
 * For fuzz targets that have common/vfio open a device, over a socket or from a faked kernel:
 * fuzz_device_use() calls common/vfio as a driver would, and the descriptions below are those
 * of a device without faults, which a target's seeds give to common/vfio.
 */

#include <linux/vfio.h>

#include <rte_vfio_dev.h>

/** Vectors of an interrupt index that are used, at the most. */
#define FUZZ_MAX_VECTORS 4

/** Once, before devices are used. */
void fuzz_device_start(void);

/** Reset the device, and use each of its regions and interrupt indexes. */
void fuzz_device_use(struct rte_vfio_dev *dev);

/** A region of four pages, of which the second and the last can be mapped. */
struct fuzz_sparse {
	struct vfio_region_info info;
	struct vfio_region_info_cap_type filler;
	struct vfio_region_info_cap_sparse_mmap sparse;
	struct vfio_region_sparse_mmap_area areas[2];
};
#define FUZZ_SPARSE_SIZE 0x4000
extern const struct fuzz_sparse fuzz_sparse;

/** A region that cannot be mapped; of 0 octets, none at all. */
struct vfio_region_info fuzz_region(uint32_t index, uint64_t size);

struct vfio_irq_info fuzz_irq(uint32_t index, uint32_t count);

struct vfio_device_info fuzz_info(uint32_t flags, uint32_t num_regions, uint32_t num_irqs);

#endif /* FUZZ_DEVICE_H */
