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
 * Names of devices, as many as there are: they stay where the kernel has written
 * them, and are sorted as what they are, before any becomes a device.
 */

/* A read of a directory is given so much, if it is there. */
#define DIRENTS_MIN 1024
#define DIRENTS_MAX (32 * 1024)

struct auxiliary_dirents {
	struct auxiliary_dirents *next;
	size_t len;
	unsigned int root;
	char text[] __rte_aligned(8);
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
	struct auxiliary_entry entry = { .name = name, .kind = kind };
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

int
auxiliary_entries_reserve(struct auxiliary_entries *entries, size_t nb)
{
	entries->nb = 0;
	entries->max = nb;
	entries->entry = auxiliary_scratch_take(&entries->scratch, nb * sizeof(*entries->entry));
	return entries->entry == NULL ? -ENOMEM : 0;
}

/* A name that is valid, where there is room. */
static void
entries_add(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *name)
{
	struct auxiliary_entry *entry = &entries->entry[entries->nb++];

	*entry = auxiliary_entry(roots->root[root].kind, name);
	entry->root = (uint16_t)root;
}

void
auxiliary_entries_ask(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *name)
{
	const struct auxiliary_root *at = &roots->root[root];

	if (entries->nb < entries->max && auxiliary_name_is_valid(at->kind, name) &&
			auxiliary_entry_exists(at->fd, name))
		entries_add(entries, roots, root, name);
}

/* The next part of a directory.  Its length, 0 at the end, or -ENOMEM. */
static ssize_t
dirents_read(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root)
{
	struct auxiliary_dirents *dirents;
	ssize_t len;
	size_t size;

	dirents = auxiliary_scratch_room(&entries->scratch, DIRENTS_MIN, &size);
	if (dirents == NULL)
		return -ENOMEM;
	size = RTE_MIN(size - sizeof(*dirents), (size_t)DIRENTS_MAX);
	len = getdents64(roots->root[root].fd, dirents->text, size);
	if (len < 0)
		AUXILIARY_LOG(ERR, "cannot read all of directory %s: %s",
			roots->root[root].dir->path, strerror(errno));
	if (len <= 0)
		return 0;
	auxiliary_scratch_take(&entries->scratch, sizeof(*dirents) + (size_t)len);
	dirents->next = NULL;
	dirents->len = (size_t)len;
	dirents->root = root;
	if (entries->first == NULL)
		entries->first = dirents;
	else
		entries->last->next = dirents;
	entries->last = dirents;
	return len;
}

int
auxiliary_entries_read(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root)
{
	ssize_t len;

	do
		len = dirents_read(entries, roots, root);
	while (len > 0);
	return (int)len;
}

/* One after the other, from NULL on; NULL after the last. */
static const struct dirent64 *
dirent_next(const struct auxiliary_dirents *dirents, const struct dirent64 *dirent)
{
	const char *next = dirent == NULL ? dirents->text :
		(const char *)dirent + dirent->d_reclen;

	return next < dirents->text + dirents->len ? (const struct dirent64 *)next : NULL;
}

static bool
dirent_is_dir(const struct dirent64 *dirent)
{
	return dirent->d_type == DT_DIR || dirent->d_type == DT_LNK ||
		dirent->d_type == DT_UNKNOWN;
}

int
auxiliary_entries_make(struct auxiliary_entries *entries, const struct auxiliary_roots *roots)
{
	const struct auxiliary_dirents *dirents;
	const struct dirent64 *dirent;
	size_t nb = 0;

	for (dirents = entries->first; dirents != NULL; dirents = dirents->next) {
		for (dirent = dirent_next(dirents, NULL); dirent != NULL;
				dirent = dirent_next(dirents, dirent)) {
			nb++;
			entries->text_size += dirent->d_reclen - offsetof(struct dirent64, d_name);
		}
	}
	if (auxiliary_entries_reserve(entries, nb) < 0)
		return -ENOMEM;
	for (dirents = entries->first; dirents != NULL; dirents = dirents->next) {
		for (dirent = dirent_next(dirents, NULL); dirent != NULL;
				dirent = dirent_next(dirents, dirent)) {
			if (dirent_is_dir(dirent) &&
					auxiliary_name_is_valid(roots->root[dirents->root].kind,
						dirent->d_name))
				entries_add(entries, roots, dirents->root, dirent->d_name);
		}
	}
	return 0;
}
