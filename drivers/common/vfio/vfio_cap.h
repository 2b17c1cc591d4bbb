/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_CAP_H
#define VFIO_CAP_H

/*
 * Chains of capabilities behind a description of linux/vfio.h.
 */

#include <stdint.h>

#include <linux/vfio.h>

/*
 * Where the walk is: the capability's offset in the description, and its header.  At first
 * the offset is that of the structure's last octet, and header.next where the chain begins.
 */
struct vfio_cap {
	uint32_t offset;
	struct vfio_info_cap_header header;
};

/*
 * Go to the next capability of a description of argsz octets.  1; 0 at the end of the chain;
 * -EPROTO, and the offset that it was to be at, if it is not behind the one before and in
 * the description.  It may be at any offset: kernels before 6.7 do not align them.
 */
int vfio_cap_next(const void *info, uint32_t argsz, struct vfio_cap *cap);

#endif /* VFIO_CAP_H */
