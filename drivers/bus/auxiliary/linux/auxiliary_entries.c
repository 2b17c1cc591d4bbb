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
 * Names of devices, as many as there are.  Of each, a few bytes are kept: to touch
 * memory for the first time is what else a scan would take longest for.
 */

/* A read of a directory. */
#define DIRENTS_SIZE (16 * 1024)

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

int
auxiliary_room_make(struct auxiliary_room *room, size_t nb)
{
	struct auxiliary_entry *entry;
	size_t max = RTE_MAX(room->max, (size_t)256);

	if (nb <= room->max)
		return 0;
	while (max < nb)
		max *= 2;
	entry = realloc(room->entry, max * sizeof(*entry));
	if (entry == NULL)
		return -ENOMEM;
	room->entry = entry;
	room->max = max;
	return 0;
}

void
auxiliary_entries_reset(struct auxiliary_entries *entries)
{
	entries->nb = 0;
	entries->nb_names = 0;
	auxiliary_stems_free(&entries->stems);
}

void
auxiliary_entries_free(struct auxiliary_entries *entries)
{
	auxiliary_entries_reset(entries);
	free(entries->room.entry);
	free(entries->spare.entry);
	*entries = (struct auxiliary_entries){ 0 };
}

/* A name that is valid, or one too many.  0 or -ENOMEM. */
static int
entries_add(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *text)
{
	struct auxiliary_name name = auxiliary_name(roots->root[root].kind, text);
	int stem = auxiliary_stems_add(&entries->stems, &name);

	if (stem == -E2BIG)
		return 0;
	if (stem < 0 || auxiliary_room_make(&entries->room, entries->nb + 1) < 0)
		return -ENOMEM;
	entries->room.entry[entries->nb++] = (struct auxiliary_entry){
		.number = name.number,
		.stem = (uint16_t)stem,
		.root = (uint8_t)root,
	};
	return 0;
}

int
auxiliary_entries_ask(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *name)
{
	const struct auxiliary_root *at = &roots->root[root];

	if (!auxiliary_name_is_valid(at->kind, name) || !auxiliary_entry_exists(at->fd, name))
		return 0;
	return entries_add(entries, roots, root, name);
}

static bool
dirent_is_dir(const struct dirent64 *dirent)
{
	return dirent->d_type == DT_DIR || dirent->d_type == DT_LNK ||
		dirent->d_type == DT_UNKNOWN;
}

static int
dirents_add(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root, const char *buf, size_t len)
{
	const struct dirent64 *dirent;
	size_t at;
	int ret = 0;

	for (at = 0; at < len && ret == 0; at += dirent->d_reclen) {
		dirent = (const struct dirent64 *)(buf + at);
		if (dirent_is_dir(dirent) &&
				auxiliary_name_is_valid(roots->root[root].kind, dirent->d_name))
			ret = entries_add(entries, roots, root, dirent->d_name);
	}
	return ret;
}

int
auxiliary_entries_read(struct auxiliary_entries *entries, const struct auxiliary_roots *roots,
		unsigned int root)
{
	char buf[DIRENTS_SIZE] __rte_aligned(__alignof__(struct dirent64));
	ssize_t len;
	int ret = 0;

	do {
		len = getdents64(roots->root[root].fd, buf, sizeof(buf));
		if (len > 0)
			ret = dirents_add(entries, roots, root, buf, (size_t)len);
	} while (len > 0 && ret == 0);
	if (len < 0)
		AUXILIARY_LOG(ERR, "cannot read all of directory %s: %s",
			roots->root[root].dir->path, strerror(errno));
	return ret;
}
