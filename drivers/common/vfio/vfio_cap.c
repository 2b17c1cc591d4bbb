/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "vfio_cap.h"

int
vfio_cap_next(const void *info, uint32_t argsz, struct vfio_cap *cap)
{
	const uint32_t next = cap->header.next, before = cap->offset;

	if (next == 0)
		return 0;
	cap->offset = next;
	/* Going forward only, so a loop is an error and not a hang. */
	if (next <= before || argsz < sizeof(cap->header) || next > argsz - sizeof(cap->header))
		return -EPROTO;
	memcpy(&cap->header, RTE_PTR_ADD(info, next), sizeof(cap->header));
	return 1;
}
