/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#ifndef VFIO_RANGE_H
#define VFIO_RANGE_H

/*
 * A set of ranges of I/O virtual addresses, sorted, without overlap.  All
 * zeroes is the empty set.  Ends are inclusive, so that a range can be all
 * there is.
 */

#include <stdbool.h>
#include <stdint.h>

struct vfio_range {
	uint64_t first;
	uint64_t last;
	void *addr; /* of the memory that is mapped there */
	uint32_t users; /* devices that asked for it; 0: EAL's own memory */
	bool stale; /* an unmapping failed: as good as gone, but still in the way */
};

struct vfio_ranges {
	struct vfio_range *range;
	uint32_t nb;
	uint32_t max;
};

/* The first range that has an address in common with [first, last], or NULL. */
struct vfio_range *vfio_ranges_overlap(const struct vfio_ranges *set, uint64_t first,
	uint64_t last);

/* Whether one range has all of [first, last]. */
bool vfio_ranges_contain(const struct vfio_ranges *set, uint64_t first, uint64_t last);

/* Make room for this many more: 0 or -ENOMEM. */
int vfio_ranges_reserve(struct vfio_ranges *set, uint32_t nb);

/* There has to be room for it, and no overlap. */
void vfio_ranges_add(struct vfio_ranges *set, const struct vfio_range *range);

/* A range of this set. */
void vfio_ranges_remove(struct vfio_ranges *set, struct vfio_range *range);

void vfio_ranges_free(struct vfio_ranges *set);

#endif /* VFIO_RANGE_H */
