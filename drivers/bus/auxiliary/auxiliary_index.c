/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "private.h"

/*
 * Open addressing with linear probing, never more than half full.  rte_hash
 * would do, but a bus scans before EAL has memory to give.
 */

#define INDEX_MIN_SLOTS 64

struct auxiliary_index_slot {
	const char *name; /* NULL if the slot is free */
	void *object;
	uint32_t hash; /* of name, spares most string comparisons */
};

/* FNV-1a */
uint32_t
auxiliary_index_hash(const char *name)
{
	uint32_t hash = 2166136261u;

	for (; *name != '\0'; name++)
		hash = (hash ^ (uint8_t)*name) * 16777619u;
	return hash;
}

/* The slot that has this name, or the free one where it belongs. */
static struct auxiliary_index_slot *
index_slot(const struct auxiliary_index *index, const char *name, uint32_t hash)
{
	uint32_t mask = index->nb_slots - 1;
	struct auxiliary_index_slot *slot;
	uint32_t i;

	for (i = hash & mask; ; i = (i + 1) & mask) {
		slot = &index->slots[i];
		if (slot->name == NULL ||
				(slot->hash == hash && strcmp(slot->name, name) == 0))
			return slot;
	}
}

/* Make room; what was taken out does not come along. */
static int
index_grow(struct auxiliary_index *index)
{
	struct auxiliary_index bigger = { .nb_slots = INDEX_MIN_SLOTS };
	const struct auxiliary_index_slot *slot;
	uint32_t i;

	for (i = 0; i < index->nb_slots; i++)
		bigger.nb_used += index->slots[i].object != NULL;
	while (bigger.nb_slots < 4 * bigger.nb_used)
		bigger.nb_slots *= 2;
	bigger.slots = calloc(bigger.nb_slots, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -ENOMEM;
	for (i = 0; i < index->nb_slots; i++) {
		slot = &index->slots[i];
		if (slot->object != NULL)
			*index_slot(&bigger, slot->name, slot->hash) = *slot;
	}
	free(index->slots);
	*index = bigger;
	return 0;
}

int
auxiliary_index_add(struct auxiliary_index *index, const char *name, void *object)
{
	struct auxiliary_index_slot *slot;
	uint32_t hash = auxiliary_index_hash(name);
	int ret;

	if (index->nb_used >= index->nb_slots / 2) {
		ret = index_grow(index);
		if (ret < 0)
			return ret;
	}
	slot = index_slot(index, name, hash);
	if (slot->name != NULL)
		return -EEXIST;
	*slot = (struct auxiliary_index_slot){ .name = name, .object = object, .hash = hash };
	index->nb_used++;
	return 0;
}

void
auxiliary_index_replace(struct auxiliary_index *index, const char *name,
		const char *new_name, void *object)
{
	struct auxiliary_index_slot *slot;

	if (index->nb_used == 0)
		return;
	slot = index_slot(index, name, auxiliary_index_hash(name));
	if (slot->name == NULL)
		return;
	/* The hash stays, so that those behind it are still found. */
	slot->name = new_name;
	slot->object = object;
}

void
auxiliary_index_remove(struct auxiliary_index *index, const char *name)
{
	auxiliary_index_replace(index, name, "", NULL);
}

void *
auxiliary_index_find(const struct auxiliary_index *index, const char *name)
{
	if (index->nb_used == 0)
		return NULL;
	return index_slot(index, name, auxiliary_index_hash(name))->object;
}

void
auxiliary_index_free(struct auxiliary_index *index)
{
	free(index->slots);
	*index = (struct auxiliary_index){ 0 };
}

void
auxiliary_index_free_objects(struct auxiliary_index *index)
{
	uint32_t i;

	for (i = 0; i < index->nb_slots; i++)
		free(index->slots[i].object);
	auxiliary_index_free(index);
}
