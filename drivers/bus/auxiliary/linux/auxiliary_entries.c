/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_common.h>

#include "auxiliary_scan.h"

/*
 * Names of devices, as many as there are: read through one buffer, kept one
 * behind the other, and sorted as what they are, before any becomes a device.
 */

#define DIRENTS_SIZE (32 * 1024)
#define NAMES_SIZE (32 * 1024)
#define ENTRIES_MIN 64

/* A piece of memory with names in it, which do not move. */
struct auxiliary_names {
	struct auxiliary_names *next;
	size_t len;
	char text[NAMES_SIZE];
};

bool
auxiliary_name_is_valid(enum rte_auxiliary_kind kind, const char *name)
{
	size_t i;

	if (name[0] == '.' || name[0] == '\0')
		return false;
	for (i = 0; name[i] != '\0'; i++) {
		if (name[i] <= ' ' || name[i] > '~' || name[i] == '/' || name[i] == ',' ||
				name[i] == '=')
			return false;
	}
	if (i >= RTE_DEV_NAME_MAX_LEN) {
		AUXILIARY_LOG(WARNING, "device %s: name longer than %d, skipped", name,
			RTE_DEV_NAME_MAX_LEN - 1);
		return false;
	}
	return auxiliary_is_uuid(name) == (kind == RTE_AUXILIARY_KIND_MDEV);
}

struct auxiliary_entry
auxiliary_entry(enum rte_auxiliary_kind kind, const char *name)
{
	struct auxiliary_entry entry = { .name = name, .kind = (uint8_t)kind };
	size_t len = strlen(name), at = len;
	uint64_t instance = 0;

	while (at > 0 && name[at - 1] >= '0' && name[at - 1] <= '9')
		at--;
	if (at == len || at == 0 || name[at - 1] != '.')
		at = len;
	entry.stem_len = (uint8_t)at;
	/* The kernel's are of 32 bits; of larger ones, the names decide. */
	for (; at < len && instance < UINT32_MAX; at++)
		instance = instance * 10 + (uint64_t)(name[at] - '0');
	entry.instance = (uint32_t)RTE_MIN(instance, UINT32_MAX);
	return entry;
}

int
auxiliary_entry_cmp(const struct auxiliary_entry *one, const struct auxiliary_entry *two)
{
	int ret;

	if (one->kind != two->kind)
		return one->kind < two->kind ? -1 : 1;
	ret = memcmp(one->name, two->name, RTE_MIN(one->stem_len, two->stem_len));
	if (ret != 0)
		return ret;
	if (one->stem_len != two->stem_len)
		return one->stem_len < two->stem_len ? -1 : 1;
	if (one->instance != two->instance)
		return one->instance < two->instance ? -1 : 1;
	return strcmp(one->name, two->name);
}

/* A copy of a name, or NULL. */
static const char *
name_keep(struct auxiliary_entries *entries, const char *name)
{
	struct auxiliary_names *names = entries->names;
	size_t size = strlen(name) + 1;
	char *copy;

	if (names == NULL || names->len + size > sizeof(names->text)) {
		names = malloc(sizeof(*names));
		if (names == NULL)
			return NULL;
		names->next = entries->names;
		names->len = 0;
		entries->names = names;
	}
	copy = memcpy(&names->text[names->len], name, size);
	names->len += size;
	return copy;
}

/* A name that is valid. */
static int
entries_add(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *name)
{
	struct auxiliary_entry *entry;
	size_t max;

	if (entries->nb == entries->max) {
		max = RTE_MAX(2 * entries->max, (size_t)ENTRIES_MIN);
		entry = realloc(entries->entry, max * sizeof(*entry));
		if (entry == NULL)
			return -ENOMEM;
		entries->entry = entry;
		entries->max = max;
	}
	name = name_keep(entries, name);
	if (name == NULL)
		return -ENOMEM;
	entry = &entries->entry[entries->nb++];
	*entry = auxiliary_entry(roots->root[root].kind, name);
	entry->root = (uint16_t)root;
	return 0;
}

/* What the kernel has written of a directory. */
static int
dirents_add(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *dirents, size_t len)
{
	const struct dirent64 *dirent;
	size_t at;
	int ret = 0;

	for (at = 0; at < len && ret == 0; at += dirent->d_reclen) {
		dirent = (const struct dirent64 *)&dirents[at];
		if (dirent->d_type != DT_DIR && dirent->d_type != DT_LNK &&
				dirent->d_type != DT_UNKNOWN)
			continue;
		if (auxiliary_name_is_valid(roots->root[root].kind, dirent->d_name))
			ret = entries_add(entries, roots, root, dirent->d_name);
	}
	return ret;
}

int
auxiliary_entries_read(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root)
{
	char *dirents = malloc(DIRENTS_SIZE);
	ssize_t len;
	int ret = dirents == NULL ? -ENOMEM : 0;

	while (ret == 0) {
		len = getdents64(roots->root[root].fd, dirents, DIRENTS_SIZE);
		if (len < 0)
			AUXILIARY_LOG(ERR, "cannot read all of directory %s: %s",
				roots->root[root].dir->path, strerror(errno));
		if (len <= 0)
			break;
		ret = dirents_add(entries, roots, root, dirents, (size_t)len);
	}
	free(dirents);
	return ret;
}

int
auxiliary_entries_ask(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *name)
{
	const struct auxiliary_root *at = &roots->root[root];

	return auxiliary_name_is_valid(at->kind, name) && auxiliary_entry_exists(at->fd, name) ?
		entries_add(entries, roots, root, name) : 0;
}

void
auxiliary_entries_free(struct auxiliary_entries *entries)
{
	struct auxiliary_names *names;

	while ((names = entries->names) != NULL) {
		entries->names = names->next;
		free(names);
	}
	free(entries->entry);
}

static int
entry_order(const void *a, const void *b)
{
	const struct auxiliary_entry *one = a, *two = b;
	int ret = auxiliary_entry_cmp(one, two);

	return ret != 0 ? ret : (int)one->root - (int)two->root;
}

void
auxiliary_entries_sort(struct auxiliary_entries *entries)
{
	if (entries->nb > 1)
		qsort(entries->entry, entries->nb, sizeof(*entries->entry), entry_order);
}
