/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>

#include <rte_common.h>

#include "auxiliary_scan.h"

/*
 * Entries in order, in time that is linear: by the digits of stem and number,
 * the last first.  What is equal stays as it is, the first root's before others.
 */

#define DIGIT_BITS 11
#define NB_DIGITS (1 << DIGIT_BITS)

/* Of 48 bits. */
static uint64_t
entry_value(const struct auxiliary_entry *entry)
{
	return (uint64_t)entry->stem << 32 | entry->number;
}

static void
sort_by_digit(const struct auxiliary_entry *from, struct auxiliary_entry *to, size_t nb,
		unsigned int shift)
{
	uint32_t at[NB_DIGITS] = { 0 }, sum = 0, count;
	size_t i;

	for (i = 0; i < nb; i++)
		at[(entry_value(&from[i]) >> shift) % NB_DIGITS]++;
	for (i = 0; i < NB_DIGITS; i++) {
		count = at[i];
		at[i] = sum;
		sum += count;
	}
	for (i = 0; i < nb; i++)
		to[at[(entry_value(&from[i]) >> shift) % NB_DIGITS]++] = from[i];
}

/* Put stems in order, and tell entries where theirs are now. */
static int
rank_stems(struct auxiliary_entries *entries)
{
	struct auxiliary_entry *entry = entries->room.entry;
	uint16_t *rank;
	size_t i;

	if (entries->stems.nb < 2)
		return 0;
	rank = malloc(entries->stems.nb * sizeof(*rank));
	if (rank == NULL)
		return -ENOMEM;
	auxiliary_stems_sort(&entries->stems, rank);
	for (i = 0; i < entries->nb; i++)
		entry[i].stem = rank[entry[i].stem];
	free(rank);
	return 0;
}

int
auxiliary_entries_sort(struct auxiliary_entries *entries)
{
	unsigned int shift;
	uint64_t bits = 0;
	size_t i;

	if (rank_stems(entries) < 0 || auxiliary_room_make(&entries->spare, entries->nb) < 0)
		return -ENOMEM;
	for (i = 0; i < entries->nb; i++)
		bits |= entry_value(&entries->room.entry[i]);
	for (shift = 0; bits >> shift != 0; shift += DIGIT_BITS) {
		if ((bits >> shift) % NB_DIGITS == 0)
			continue;
		sort_by_digit(entries->room.entry, entries->spare.entry, entries->nb, shift);
		RTE_SWAP(entries->room, entries->spare);
	}
	return 0;
}
