/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_USER_PROTO_H
#define VFIO_USER_PROTO_H

/*
 * The vfio-user protocol, version 0.1, for either side: VFIO requests as
 * messages over a UNIX socket, with file descriptors as SCM_RIGHTS.  Names and
 * numbers are the specification's.  A payload that is not defined here is the
 * structure of linux/vfio.h of the same name.
 */

#include <stdint.h>

/* Section "Commands". */
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
	VFIO_USER_DMA_READ = 11, /* from the server */
	VFIO_USER_DMA_WRITE = 12, /* from the server */
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

/* Section "VFIO_USER_DEVICE_GET_INFO": shorter than the kernel's has become. */
struct vfio_user_device_info {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DEVICE_FLAGS_* */
	uint32_t num_regions;
	uint32_t num_irqs;
};

/* Section "VFIO_USER_DMA_MAP". */
struct vfio_user_dma_map {
	uint32_t argsz;
	uint32_t flags; /* VFIO_USER_DMA_* */
	uint64_t offset; /* in the file that comes with the message */
	uint64_t addr; /* IOVA */
	uint64_t size;
};
#define VFIO_USER_DMA_READABLE	0x1u
#define VFIO_USER_DMA_WRITEABLE	0x2u

/* Section "VFIO_USER_DMA_UNMAP". */
struct vfio_user_dma_unmap {
	uint32_t argsz;
	uint32_t flags; /* VFIO_DMA_UNMAP_FLAG_ALL */
	uint64_t addr;
	uint64_t size;
};

/* Sections "VFIO_USER_REGION_READ" and "VFIO_USER_REGION_WRITE"; data follows. */
struct vfio_user_region_access {
	uint64_t offset;
	uint32_t region;
	uint32_t count;
};

/*
 * Sections "VFIO_USER_DMA_READ" and "VFIO_USER_DMA_WRITE"; data follows in a write
 * and in the reply to a read.
 */
struct vfio_user_dma_access {
	uint64_t addr; /* IOVA */
	uint64_t count;
};

#endif /* VFIO_USER_PROTO_H */
