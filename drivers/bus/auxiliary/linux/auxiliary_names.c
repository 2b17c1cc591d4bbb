/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "auxiliary_scan.h"

/*
 * The names of sub-functions that are on the bus, eight bytes each.  A scan makes
 * a new set; the memory of the old one goes to the scan after it.
 */

static struct {
	struct auxiliary_room room; /* in order */
	uint32_t nb;
	uint32_t nb_others; /* that are devices, or have left */
	struct auxiliary_stems stems;
	struct auxiliary_dir **dir; /* by index of the root */
	unsigned int nb_dirs;
} names;

void
auxiliary_names_add(struct auxiliary_entries *entries, const struct auxiliary_entry *entry)
{
	/* Never ahead of where the scan is. */
	entries->room.entry[entries->nb_names++] = *entry;
}

static void
dirs_put(struct auxiliary_dir **dir, unsigned int nb)
{
	unsigned int i;

	for (i = 0; i < nb; i++)
		auxiliary_dir_put(dir[i]);
	free(dir);
}

static struct auxiliary_dir **
dirs_share(const struct auxiliary_roots *roots)
{
	struct auxiliary_dir **dir = calloc(roots->nb, sizeof(*dir));
	unsigned int i;

	for (i = 0; dir != NULL && i < roots->nb; i++) {
		dir[i] = roots->root[i].dir;
		auxiliary_dir_share(dir[i]);
	}
	return dir;
}

int
auxiliary_names_settle(struct auxiliary_entries *entries, const struct auxiliary_roots *roots)
{
	struct auxiliary_dir **dir = NULL;
	unsigned int nb_dirs = 0;

	/* A directory that is open cannot be seen to go, so only for names. */
	if (entries->nb_names > 0) {
		dir = dirs_share(roots);
		if (dir == NULL)
			return -ENOMEM;
		nb_dirs = roots->nb;
	}
	auxiliary_list_lock();
	RTE_SWAP(names.room, entries->room);
	RTE_SWAP(names.stems, entries->stems);
	RTE_SWAP(names.dir, dir);
	RTE_SWAP(names.nb_dirs, nb_dirs);
	names.nb = (uint32_t)entries->nb_names;
	names.nb_others = 0;
	auxiliary_bus.generation++;
	auxiliary_list_unlock();
	auxiliary_entries_reset(entries);
	dirs_put(dir, nb_dirs);
	return 0;
}

void
auxiliary_names_free(void)
{
	dirs_put(names.dir, names.nb_dirs);
	auxiliary_stems_free(&names.stems);
	free(names.room.entry);
	memset(&names, 0, sizeof(names));
	auxiliary_bus.generation++;
}

uint32_t
auxiliary_names_count(void)
{
	return names.nb - names.nb_others;
}

bool
auxiliary_names_next(uint32_t *index, struct auxiliary_name *name,
		enum auxiliary_name_state *state)
{
	const struct auxiliary_entry *entry = names.room.entry;

	while (*index < names.nb && entry[*index].state == AUXILIARY_NAME_LEFT)
		(*index)++;
	if (*index == names.nb)
		return false;
	*name = auxiliary_stems_name(&names.stems, &entry[*index]);
	*state = entry[*index].state;
	return true;
}

struct auxiliary_dir *
auxiliary_names_dir(uint32_t index)
{
	return names.dir[names.room.entry[index].root];
}

/* How a name compares with that of this index. */
static int
names_cmp(uint32_t index, const struct auxiliary_name *name)
{
	struct auxiliary_name other;

	other = auxiliary_stems_name(&names.stems, &names.room.entry[index]);
	return auxiliary_name_cmp(name, &other);
}

/* The first that is not in front of a name. */
static uint32_t
names_search(const struct auxiliary_name *name)
{
	uint32_t low = 0, high = names.nb, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (names_cmp(middle, name) > 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
names_is_at(uint32_t index, const struct auxiliary_name *name)
{
	return index < names.nb && names_cmp(index, name) == 0;
}

uint32_t
auxiliary_names_seek(const struct auxiliary_name *name)
{
	uint32_t index = names_search(name);

	return index + names_is_at(index, name);
}

void
auxiliary_names_mark_at(uint32_t index, enum auxiliary_name_state state)
{
	struct auxiliary_entry *entry = &names.room.entry[index];

	names.nb_others -= entry->state != AUXILIARY_NAME_ONLY;
	names.nb_others += state != AUXILIARY_NAME_ONLY;
	entry->state = (uint8_t)state;
}

void
auxiliary_names_mark(const struct auxiliary_name *name, enum auxiliary_name_state state)
{
	uint32_t index = names_search(name);

	if (names_is_at(index, name))
		auxiliary_names_mark_at(index, state);
}
