/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>

#include "auxiliary_scan.h"

/*
 * The names of sub-functions that are on the bus: they take a tenth of the
 * memory that devices would.  A scan writes a new set beside the one in use.  The
 * memory of the old one is kept for the scan after it.
 */

struct names {
	struct auxiliary_entry *entry; /* in order; the text is behind the last */
	uint32_t nb;
	uint32_t nb_others; /* that are devices, or have left */
	char *text; /* room for the next name */
	size_t size; /* of all that */
	bool in_block; /* or from malloc() */
	struct auxiliary_dir **dir; /* by index of the root */
	unsigned int nb_dirs;
};

static struct names used, next;

static void
dirs_put(struct names *names)
{
	unsigned int i;

	for (i = 0; i < names->nb_dirs; i++)
		auxiliary_dir_put(names->dir[i]);
	free(names->dir);
	names->dir = NULL;
	names->nb_dirs = 0;
}

static void
names_free(struct names *names)
{
	dirs_put(names);
	if (names->in_block)
		auxiliary_block_give(names->entry, names->size);
	else
		free(names->entry);
	*names = (struct names){ 0 };
}

int
auxiliary_names_room(size_t nb, size_t text_size)
{
	size_t size = nb * sizeof(*next.entry) + text_size;

	if (next.size < size) {
		names_free(&next);
		next.entry = auxiliary_block_take(size, size);
		next.in_block = next.entry != NULL;
		if (next.entry == NULL)
			next.entry = malloc(size);
		if (next.entry == NULL)
			return -ENOMEM;
		next.size = size;
	}
	next.nb = 0;
	next.nb_others = 0;
	next.text = (char *)&next.entry[nb];
	return 0;
}

void
auxiliary_names_add(const struct auxiliary_entry *entry)
{
	size_t size = strlen(entry->name) + 1;

	next.entry[next.nb] = *entry;
	next.entry[next.nb++].name = memcpy(next.text, entry->name, size);
	next.text += size;
}

/* A directory that is open cannot be seen to go, so only for names. */
static int
dirs_share(const struct auxiliary_roots *roots)
{
	unsigned int i;

	if (next.nb == 0)
		return 0;
	next.dir = calloc(roots->nb, sizeof(*next.dir));
	if (next.dir == NULL)
		return -ENOMEM;
	for (i = 0; i < roots->nb; i++) {
		next.dir[i] = roots->root[i].dir;
		auxiliary_dir_share(next.dir[i]);
	}
	next.nb_dirs = roots->nb;
	return 0;
}

int
auxiliary_names_settle(const struct auxiliary_roots *roots)
{
	struct names old = used;

	if (dirs_share(roots) < 0)
		return -ENOMEM;
	auxiliary_list_lock();
	used = next;
	auxiliary_bus.generation++;
	auxiliary_list_unlock();
	next = old;
	dirs_put(&next);
	return 0;
}

void
auxiliary_names_free(void)
{
	names_free(&used);
	names_free(&next);
	auxiliary_bus.generation++;
}

uint32_t
auxiliary_names_count(void)
{
	return used.nb - used.nb_others;
}

const struct auxiliary_entry *
auxiliary_names_next(uint32_t *index)
{
	while (*index < used.nb && used.entry[*index].state == AUXILIARY_NAME_LEFT)
		(*index)++;
	return *index < used.nb ? &used.entry[*index] : NULL;
}

struct auxiliary_dir *
auxiliary_names_dir(const struct auxiliary_entry *entry)
{
	return used.dir[entry->root];
}

/* The first that is not in front of an entry. */
static uint32_t
names_search(const struct auxiliary_entry *entry)
{
	uint32_t low = 0, high = used.nb, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (auxiliary_entry_cmp(&used.entry[middle], entry) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool
names_is_at(uint32_t index, const char *name)
{
	return index < used.nb && strcmp(used.entry[index].name, name) == 0;
}

uint32_t
auxiliary_names_seek(const struct auxiliary_dev *dev)
{
	struct auxiliary_entry entry;
	uint32_t index;

	if (dev == NULL)
		return 0;
	entry = auxiliary_entry(dev->pub.kind, dev->pub.name);
	index = names_search(&entry);
	return index + names_is_at(index, dev->pub.name);
}

bool
auxiliary_names_mark(const struct auxiliary_dev *dev, uint32_t index,
		enum auxiliary_name_state state)
{
	struct auxiliary_entry entry;

	if (!names_is_at(index, dev->pub.name)) {
		entry = auxiliary_entry(dev->pub.kind, dev->pub.name);
		index = names_search(&entry);
	}
	if (!names_is_at(index, dev->pub.name))
		return false;
	used.nb_others -= used.entry[index].state != AUXILIARY_NAME_ONLY;
	used.nb_others += state != AUXILIARY_NAME_ONLY;
	used.entry[index].state = state;
	return true;
}
