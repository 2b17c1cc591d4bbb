/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * Sets of address ranges: what is mapped, and what may be.
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "vfio_range.h"

/* Index of the first range that does not end before an address. */
static uint32_t
ranges_find(const struct vfio_ranges *set, uint64_t addr)
{
	uint32_t low = 0, high = set->nb, mid;

	/* As when all of EAL's memory is mapped, in order. */
	if (high > 0 && set->range[high - 1].last < addr)
		return high;
	while (low < high) {
		mid = low + (high - low) / 2;
		if (set->range[mid].last < addr)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct vfio_range *
vfio_ranges_overlap(const struct vfio_ranges *set, uint64_t first, uint64_t last)
{
	uint32_t i = ranges_find(set, first);

	return i < set->nb && set->range[i].first <= last ? &set->range[i] : NULL;
}

bool
vfio_ranges_contain(const struct vfio_ranges *set, uint64_t first, uint64_t last)
{
	const struct vfio_range *range = vfio_ranges_overlap(set, first, last);

	return range != NULL && range->first <= first && range->last >= last;
}

int
vfio_ranges_reserve(struct vfio_ranges *set, uint32_t nb)
{
	struct vfio_range *range;
	uint32_t max;

	if (nb <= set->max - set->nb)
		return 0;
	max = RTE_MAX(2 * set->max, set->nb + nb);
	range = realloc(set->range, max * sizeof(*range));
	if (range == NULL)
		return -ENOMEM;
	set->range = range;
	set->max = max;
	return 0;
}

void
vfio_ranges_add(struct vfio_ranges *set, const struct vfio_range *range)
{
	uint32_t i = ranges_find(set, range->first);

	if (i < set->nb)
		memmove(&set->range[i + 1], &set->range[i], (set->nb - i) * sizeof(*range));
	set->range[i] = *range;
	set->nb++;
}

void
vfio_ranges_remove(struct vfio_ranges *set, struct vfio_range *range)
{
	set->nb--;
	memmove(range, range + 1, (uintptr_t)(&set->range[set->nb]) - (uintptr_t)range);
}

void
vfio_ranges_free(struct vfio_ranges *set)
{
	free(set->range);
	*set = (struct vfio_ranges) { .nb = 0 };
}
