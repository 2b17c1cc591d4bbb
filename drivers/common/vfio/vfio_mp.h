/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_MP_H
#define VFIO_MP_H

/*
 * A device of the primary process, in a secondary.
 *
 * The primary opens devices, and answers the requests below on EAL's channel
 * between processes.  A secondary asks for a device by name, and gets what it
 * needs to map its regions where the primary has them, so that pointers into
 * them can be in shared memory.  It accesses what is not mapped by itself if
 * the device is the kernel's; the socket of a vfio-user server is the
 * primary's, who makes the accesses then.  It can wait for the data path's
 * interrupts, whose eventfds it gets.  All else, other interrupts, events, DMA,
 * reset, is the primary's.
 */

#include <stdint.h>

#include <rte_dev.h>
#include <rte_eal.h>

#include "vfio_private.h"

#define VFIO_MP_ACTION "common_vfio"

enum vfio_mp_type {
	VFIO_MP_DEVICE,
	VFIO_MP_REGION,
	VFIO_MP_READ,
	VFIO_MP_WRITE,
	VFIO_MP_IRQ,
};

/* Areas and octets that fit in a message. */
#define VFIO_MP_AREAS 7
#define VFIO_MP_DATA 128

struct vfio_mp_device {
	uint32_t transport;
	uint32_t flags;
	uint32_t num_regions;
	uint32_t num_irqs;
	/* Reply: with the device's file descriptor, if it is the kernel's. */
};

struct vfio_mp_region {
	uint32_t index;
	uint32_t first; /* area wanted */
	uint32_t flags;
	uint32_t nb_areas;
	uint64_t size;
	uint64_t offset;
	void *addr; /* of the primary's mapping, or NULL */
	struct rte_vfio_region_area areas[VFIO_MP_AREAS];
	/* Reply: with the file descriptor to map, if there is one. */
};

struct vfio_mp_access {
	uint32_t index;
	uint32_t len;
	uint64_t offset;
	uint8_t data[VFIO_MP_DATA];
};

struct vfio_mp_irq {
	uint32_t index;
	uint32_t first; /* data path vector wanted, of which 0 is the first */
	uint32_t nb; /* wanted, at most RTE_MP_MAX_FD_NUM */
	/* Reply: with nb eventfds. */
};

/* A request; its reply is the same, filled in. */
struct vfio_mp_msg {
	uint64_t sequence; /* of the requests of a secondary */
	uint32_t type;
	int32_t result; /* of the reply: 0 or a negative errno */
	char name[RTE_DEV_NAME_MAX_LEN]; /* of the device */
	union {
		struct vfio_mp_device device;
		struct vfio_mp_region region;
		struct vfio_mp_access access;
		struct vfio_mp_irq irq;
	};
};

#endif /* VFIO_MP_H */
