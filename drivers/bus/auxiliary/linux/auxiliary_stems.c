/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "auxiliary_scan.h"

/*
 * The stems of names.  The devices of a driver share one; a UUID is one.
 */

struct auxiliary_stem {
	struct auxiliary_name name; /* with any number */
	uint16_t id; /* its index; entries have it */
	char text[]; /* the key below, of which the name borrows all but the first */
};

/* What the index has a stem under: of names with numbers and without, each its own. */
static const char *
stem_key(const struct auxiliary_name *name, char *buf)
{
	buf[0] = name->is_numbered ? '#' : '-';
	memcpy(&buf[1], name->stem, name->len);
	buf[1 + name->len] = '\0';
	return buf;
}

static struct auxiliary_stem *
stem_new(struct auxiliary_stems *stems, const struct auxiliary_name *name, const char *key)
{
	size_t size = strlen(key) + 1;
	struct auxiliary_stem *stem;

	if (stems->nb == stems->max) {
		uint32_t max = stems->max == 0 ? 16 : 2 * stems->max;
		struct auxiliary_stem **more = realloc(stems->stem, max * sizeof(*more));

		if (more == NULL)
			return NULL;
		stems->stem = more;
		stems->max = max;
	}
	stem = malloc(sizeof(*stem) + size);
	if (stem == NULL)
		return NULL;
	memcpy(stem->text, key, size);
	stem->name = *name;
	stem->name.stem = &stem->text[1];
	stem->id = (uint16_t)stems->nb;
	if (auxiliary_index_add(&stems->index, stem->text, stem) < 0) {
		free(stem);
		return NULL;
	}
	stems->stem[stems->nb++] = stem;
	return stem;
}

int
auxiliary_stems_add(struct auxiliary_stems *stems, const struct auxiliary_name *name)
{
	char key[RTE_DEV_NAME_MAX_LEN + 2], text[RTE_DEV_NAME_MAX_LEN];

	/* Most often that of the name before. */
	if (stems->last == NULL || auxiliary_name_cmp_stem(&stems->last->name, name) != 0) {
		stems->last = auxiliary_index_find(&stems->index, stem_key(name, key));
		if (stems->last == NULL && stems->nb > UINT16_MAX) {
			auxiliary_name_write(name, text);
			AUXILIARY_LOG(WARNING, "device %s: skipped, after %u names without much in common",
				text, stems->nb);
			return -E2BIG;
		}
		if (stems->last == NULL)
			stems->last = stem_new(stems, name, key);
	}
	return stems->last == NULL ? -ENOMEM : stems->last->id;
}

struct auxiliary_name
auxiliary_stems_name(const struct auxiliary_stems *stems, const struct auxiliary_entry *entry)
{
	struct auxiliary_name name = stems->stem[entry->stem]->name;

	name.number = entry->number;
	return name;
}

static int
stem_order(const void *one, const void *two)
{
	return auxiliary_name_cmp_stem(&(*(struct auxiliary_stem *const *)one)->name,
			&(*(struct auxiliary_stem *const *)two)->name);
}

void
auxiliary_stems_sort(struct auxiliary_stems *stems, uint16_t *rank)
{
	uint32_t i;

	qsort(stems->stem, stems->nb, sizeof(*stems->stem), stem_order);
	for (i = 0; i < stems->nb; i++) {
		rank[stems->stem[i]->id] = (uint16_t)i;
		stems->stem[i]->id = (uint16_t)i;
	}
}

void
auxiliary_stems_free(struct auxiliary_stems *stems)
{
	free(stems->stem);
	auxiliary_index_free_objects(&stems->index);
	*stems = (struct auxiliary_stems){ 0 };
}
