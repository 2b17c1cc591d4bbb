/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "auxiliary_linux.h"

/* What of an entry tells it from what it was: in sysfs, its kernel driver. */
static int
line_fill_kernel(struct auxiliary_line *line, const char *path)
{
	char driver[PATH_MAX];
	struct stat st = { .st_ino = 0 };

	snprintf(driver, sizeof(driver), "%s/driver", path);
	if (stat(driver, &st) < 0 && errno != ENOENT)
		return errno;
	line->driver = st.st_ino;
	return 0;
}

/*
 * Elsewhere, its socket, and when it was made: an entry made anew may have the inode of the
 * one before.  0, ENOENT if the entry has gone meanwhile, or another errno after a line.
 */
static int
line_fill_simulated(struct auxiliary_line *line, const char *path)
{
	struct statx made = { .stx_btime = { 0 } };
	struct stat st = { .st_ino = 0 };
	char socket[PATH_MAX];
	int error = 0;

	snprintf(socket, sizeof(socket), "%s/" AUXILIARY_NODE_SOCKET, path);
	if ((lstat(socket, &st) < 0 && errno != ENOENT && errno != ENOTDIR) ||
			statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, STATX_BTIME, &made) < 0)
		error = errno;
	if (error != 0 && error != ENOENT)
		AUXILIARY_LOG(ERR, "device %s: cannot look at %s: %s", line->entry.name, path,
			strerror(error));
	if (error != 0)
		return error;
	line->driver = 1;
	line->node = st.st_ino;
	line->entry.ino += (uint64_t)made.stx_btime.tv_sec * 1000000000 + made.stx_btime.tv_nsec;
	return 0;
}

/* An mdev on a sub-function is that one's node, and a line of its own otherwise. */
static void
line_add(struct auxiliary_snapshot *snapshot, const struct auxiliary_entry *entry,
		const struct auxiliary_root *const *roots)
{
	struct auxiliary_line line = { .entry = *entry };
	char path[PATH_MAX], sf[RTE_DEV_NAME_MAX_LEN];
	size_t i;
	int error;

	snprintf(path, sizeof(path), "%s/%s", entry->root->path, entry->name);
	error = auxiliary_root_is_kernels(entry->root) ? line_fill_kernel(&line, path) :
		line_fill_simulated(&line, path);
	if (error != 0) {
		snapshot->unread |= error == ENOENT ? 0 : auxiliary_order_bit(entry->order);
		return;
	}
	if (!auxiliary_entry_is_node(entry, roots, sf, sizeof(sf))) {
		if (auxiliary_match_name(auxiliary_kind(entry->root), entry->name))
			snapshot->line[snapshot->nb++] = line;
		return;
	}
	for (i = 0; i < snapshot->nb && line.driver != 0; i++)
		if (strcmp(snapshot->line[i].entry.name, sf) == 0)
			snapshot->line[i].node = entry->ino;
}

int
auxiliary_snapshot_take(struct auxiliary_snapshot *snapshot, size_t room)
{
	const struct auxiliary_root **roots = auxiliary_roots_get();
	struct auxiliary_entries entries = { .nb = 0 };
	int ret = -ENOMEM;
	size_t i;

	*snapshot = (struct auxiliary_snapshot){ .nb = 0 };
	if (roots != NULL)
		ret = auxiliary_entries_read(&entries, roots, NULL);
	if (ret == 0)
		snapshot->line = calloc(entries.nb + room + 1, sizeof(*snapshot->line));
	if (ret == 0 && snapshot->line == NULL)
		ret = -ENOMEM;
	snapshot->unread = entries.unread;
	/* The roots of sub-functions come first, and so do their lines. */
	for (i = 0; i < entries.nb && ret == 0; i++)
		line_add(snapshot, &entries.entry[i], roots);
	free(entries.entry);
	free(roots);
	if (ret == 0) /* an entry is what a line begins with */
		qsort(snapshot->line, snapshot->nb, sizeof(*snapshot->line), auxiliary_entry_cmp);
	return ret;
}
