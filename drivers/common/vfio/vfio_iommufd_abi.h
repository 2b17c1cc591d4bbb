/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_IOMMUFD_ABI_H
#define VFIO_IOMMUFD_ABI_H

/*
 * The part of the kernel's iommufd interface that is used here, for systems
 * whose headers are older than it: linux/iommufd.h came with Linux 6.2, the
 * VFIO requests with 6.6.
 */

#include <linux/types.h>
#include <linux/vfio.h>

#if __has_include("linux/iommufd.h")
#include <linux/iommufd.h>
#else

/* "size" is the size of the structure in every request. */

#define IOMMU_IOAS_ALLOC _IO(';', 0x81)
struct iommu_ioas_alloc {
	__u32 size;
	__u32 flags;
	__u32 out_ioas_id;
};

struct iommu_iova_range {
	__aligned_u64 start;
	__aligned_u64 last; /* belongs to it */
};

/* EMSGSIZE, and the number needed in num_iovas, if there is not enough room. */
#define IOMMU_IOAS_IOVA_RANGES _IO(';', 0x84)
struct iommu_ioas_iova_ranges {
	__u32 size;
	__u32 ioas_id;
	__u32 num_iovas; /* in: room; out: number there is */
	__u32 reserved;
	__aligned_u64 allowed_iovas; /* address of an array of iommu_iova_range */
	__aligned_u64 out_iova_alignment;
};

#define IOMMU_IOAS_MAP _IO(';', 0x85)
struct iommu_ioas_map {
	__u32 size;
	__u32 flags;
	__u32 ioas_id;
	__u32 reserved;
	__aligned_u64 user_va;
	__aligned_u64 length;
	__aligned_u64 iova;
};
enum iommufd_ioas_map_flags {
	IOMMU_IOAS_MAP_FIXED_IOVA = 0x1,
	IOMMU_IOAS_MAP_WRITEABLE = 0x2,
	IOMMU_IOAS_MAP_READABLE = 0x4,
};

#define IOMMU_IOAS_UNMAP _IO(';', 0x86)
struct iommu_ioas_unmap {
	__u32 size;
	__u32 ioas_id;
	__aligned_u64 iova;
	__aligned_u64 length; /* out: what was unmapped */
};

#endif /* linux/iommufd.h */

#ifndef VFIO_DEVICE_BIND_IOMMUFD

#define VFIO_DEVICE_BIND_IOMMUFD _IO(VFIO_TYPE, VFIO_BASE + 18)
struct vfio_device_bind_iommufd {
	__u32 argsz;
	__u32 flags;
	__s32 iommufd;
	__u32 out_devid;
};

#define VFIO_DEVICE_ATTACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 19)
struct vfio_device_attach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
	__u32 pt_id; /* in: an IOAS; out: what it was attached to */
};

#define VFIO_DEVICE_DETACH_IOMMUFD_PT _IO(VFIO_TYPE, VFIO_BASE + 20)
struct vfio_device_detach_iommufd_pt {
	__u32 argsz;
	__u32 flags;
};

#endif /* VFIO_DEVICE_BIND_IOMMUFD */

#endif /* VFIO_IOMMUFD_ABI_H */
