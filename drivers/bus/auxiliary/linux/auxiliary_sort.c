/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>

#include "auxiliary_scan.h"

/*
 * Names in order.  Of thousands of sub-functions most differ in their number
 * alone, and few drivers name them all: they are told apart by what is before
 * the number, and then sorted by the digits of that, in time that is linear.
 * Where that does not help, as with UUIDs, they are merged.  Nothing asks
 * malloc() for fresh memory, as qsort() would.
 */

/* What is before the number, of one kind. */
struct stem {
	const struct auxiliary_entry *entry; /* one that has it */
	uint32_t nb; /* of entries */
	uint8_t id; /* in the order in which they were met */
};

#define MAX_STEMS 32
#define DIGIT_BITS 11
#define NB_DIGITS (1 << DIGIT_BITS)
/* Fewer are merged in less time than digits are counted. */
#define MIN_FOR_DIGITS 64

static int
entry_order(const struct auxiliary_entry *one, const struct auxiliary_entry *two)
{
	int ret = auxiliary_entry_cmp(one, two);

	return ret != 0 ? ret : (int)one->root - (int)two->root;
}

/* Short runs, in place. */
static void
sort_run(struct auxiliary_entry *entry, size_t nb)
{
	struct auxiliary_entry one;
	size_t i, at;

	for (i = 1; i < nb; i++) {
		one = entry[i];
		for (at = i; at > 0 && entry_order(&entry[at - 1], &one) > 0; at--)
			entry[at] = entry[at - 1];
		entry[at] = one;
	}
}

/* Two runs, of half and of nb - half, become one elsewhere. */
static void
merge_runs(const struct auxiliary_entry *from, size_t half, size_t nb, struct auxiliary_entry *to)
{
	size_t one = 0, two = half, i;

	for (i = 0; i < nb; i++) {
		if (two == nb || (one < half && entry_order(&from[one], &from[two]) <= 0))
			to[i] = from[one++];
		else
			to[i] = from[two++];
	}
}

static void
sort_by_merging(struct auxiliary_entry *entry, struct auxiliary_entry *spare, size_t nb)
{
	struct auxiliary_entry *from = entry, *to = spare;
	size_t run = 8, i;

	for (i = 0; i < nb; i += run)
		sort_run(&from[i], RTE_MIN(run, nb - i));
	for (; run < nb; run *= 2) {
		for (i = 0; i < nb; i += 2 * run)
			merge_runs(&from[i], RTE_MIN(run, nb - i), RTE_MIN(2 * run, nb - i), &to[i]);
		RTE_SWAP(from, to);
	}
	if (from != entry)
		memcpy(entry, from, nb * sizeof(*entry));
}

/* By one digit of the number, the least being that of shift 0. */
static void
sort_by_digit(const struct auxiliary_entry *from, struct auxiliary_entry *to, size_t nb,
		unsigned int shift)
{
	uint32_t at[NB_DIGITS] = { 0 }, sum = 0, count;
	size_t i;

	for (i = 0; i < nb; i++)
		at[(from[i].instance >> shift) % NB_DIGITS]++;
	for (i = 0; i < NB_DIGITS; i++) {
		count = at[i];
		at[i] = sum;
		sum += count;
	}
	for (i = 0; i < nb; i++)
		to[at[(from[i].instance >> shift) % NB_DIGITS]++] = from[i];
}

/* Those that only differ in how their number is written, or in their root. */
static void
sort_ties(struct auxiliary_entry *entry, struct auxiliary_entry *spare, size_t nb)
{
	size_t i, end;

	for (i = 0; i < nb; i = end) {
		for (end = i + 1; end < nb && entry[end].instance == entry[i].instance; end++)
			;
		if (end - i > 1)
			sort_by_merging(&entry[i], &spare[i], end - i);
	}
}

/* Entries of one stem, which end up where they are. */
static void
sort_by_number(struct auxiliary_entry *entry, struct auxiliary_entry *spare, size_t nb)
{
	struct auxiliary_entry *from = entry, *to = spare;
	uint32_t max = 0;
	unsigned int shift;
	size_t i;

	for (i = 0; i < nb; i++)
		max = RTE_MAX(max, entry[i].instance);
	for (shift = 0; shift < 32 && max >> shift != 0; shift += DIGIT_BITS) {
		sort_by_digit(from, to, nb, shift);
		RTE_SWAP(from, to);
	}
	if (from != entry)
		memcpy(entry, from, nb * sizeof(*entry));
	sort_ties(entry, spare, nb);
}

/* UUIDs have no number, and are all of one stem here. */
static bool
stem_is_of(const struct stem *stem, const struct auxiliary_entry *entry)
{
	if (stem->entry->kind != entry->kind)
		return false;
	return entry->kind == RTE_AUXILIARY_KIND_MDEV ||
		(stem->entry->stem_len == entry->stem_len &&
		 memcmp(stem->entry->name, entry->name, entry->stem_len) == 0);
}

/* Tell which stem each entry has.  How many there are, or 0 if too many. */
static unsigned int
stems_find(const struct auxiliary_entry *entry, size_t nb, struct stem *stems, uint8_t *ids)
{
	unsigned int nb_stems = 0, id = 0;
	size_t i;

	for (i = 0; i < nb; i++) {
		/* Most often that of the entry before. */
		if (nb_stems == 0 || !stem_is_of(&stems[id], &entry[i])) {
			for (id = 0; id < nb_stems && !stem_is_of(&stems[id], &entry[i]); id++)
				;
			if (id == MAX_STEMS)
				return 0;
		}
		if (id == nb_stems)
			stems[nb_stems++] = (struct stem){ .entry = &entry[i], .id = (uint8_t)id };
		stems[id].nb++;
		ids[i] = (uint8_t)id;
	}
	return nb_stems;
}

/* Put stems, which are few, in order; where each was, at[] tells its place. */
static void
stems_sort(struct stem *stems, unsigned int nb, uint32_t *at)
{
	uint32_t sum = 0;
	unsigned int i, j;
	struct stem one;

	for (i = 1; i < nb; i++) {
		one = stems[i];
		for (j = i; j > 0 && auxiliary_entry_cmp(stems[j - 1].entry, one.entry) > 0; j--)
			stems[j] = stems[j - 1];
		stems[j] = one;
	}
	for (i = 0; i < nb; i++) {
		at[stems[i].id] = sum;
		sum += stems[i].nb;
	}
}

/* From entry to spare.  False, with nothing done, if there are too many stems. */
static bool
sort_by_stem(const struct auxiliary_entry *entry, struct auxiliary_entry *spare, size_t nb,
		struct stem *stems, unsigned int *nb_stems, uint8_t *ids)
{
	uint32_t at[MAX_STEMS];
	size_t i;

	*nb_stems = stems_find(entry, nb, stems, ids);
	if (*nb_stems == 0)
		return false;
	stems_sort(stems, *nb_stems, at);
	for (i = 0; i < nb; i++)
		spare[at[ids[i]]++] = entry[i];
	return true;
}

int
auxiliary_entries_sort(struct auxiliary_entries *entries)
{
	struct auxiliary_entry *entry = entries->entry, *spare;
	struct stem stems[MAX_STEMS];
	unsigned int nb_stems, i;
	size_t nb = entries->nb;
	uint8_t *ids;

	if (nb < 2)
		return 0;
	spare = auxiliary_scratch_take(&entries->scratch, nb * sizeof(*spare));
	ids = auxiliary_scratch_take(&entries->scratch, nb * sizeof(*ids));
	if (spare == NULL || ids == NULL)
		return -ENOMEM;
	if (nb < MIN_FOR_DIGITS || !sort_by_stem(entry, spare, nb, stems, &nb_stems, ids)) {
		sort_by_merging(entry, spare, nb);
		return 0;
	}
	entries->entry = spare;
	for (i = 0; i < nb_stems; i++) {
		if (stems[i].nb < MIN_FOR_DIGITS || spare->kind == RTE_AUXILIARY_KIND_MDEV)
			sort_by_merging(spare, entry, stems[i].nb);
		else
			sort_by_number(spare, entry, stems[i].nb);
		spare += stems[i].nb;
	}
	return 0;
}
