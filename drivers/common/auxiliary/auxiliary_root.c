/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <rte_common.h>
#include <rte_string_fns.h>
#include <rte_uuid.h>

#include "auxiliary_walk.h"

#define ROOT_SF "/sys/bus/auxiliary/devices"
#define ROOT_SF_ENV "SYSFS_AUXILIARY_DEVICES"
#define ROOT_MDEV "/sys/bus/mdev/devices"
#define ROOT_MDEV_ENV "SYSFS_MDEV_DEVICES"

/* Every root that was ever looked into, a handful; guarded by the lock. */
static struct auxiliary_root *all_roots;
static pthread_mutex_t roots_lock = PTHREAD_MUTEX_INITIALIZER;

static const char *
root_env(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value != NULL ? value : fallback;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_roots_str)
const char *
auxiliary_roots_str(char *buf, size_t size)
{
	snprintf(buf, size, "%s:%s", root_env(ROOT_SF_ENV, ROOT_SF),
		root_env(ROOT_MDEV_ENV, ROOT_MDEV));
	return buf;
}

/*
 * What the links in a root may lead to: in a tree that looks as sysfs does,
 * <top>/bus/<bus>/devices, all of it, otherwise the root itself.
 */
static size_t
tree_len(const char *path)
{
	static const char bus[] = "/bus", devices[] = "/devices";
	size_t len = strlen(path), rest = len - strlen(devices);
	const char *name;

	if (len < strlen(devices) || strcmp(path + rest, devices) != 0)
		return len;
	name = memrchr(path, '/', rest);
	if (name == NULL || name < path + strlen(bus))
		return len;
	name -= strlen(bus);
	return strncmp(name, bus, strlen(bus)) == 0 ? (size_t)(name - path) : len;
}

static const struct auxiliary_root *
root_get(const char *path, size_t len, bool is_mdev)
{
	struct auxiliary_root *root;

	while (len > 1 && path[len - 1] == '/')
		len--;
	pthread_mutex_lock(&roots_lock);
	for (root = all_roots; root != NULL; root = root->next) {
		if (root->is_mdev == is_mdev && strncmp(root->path, path, len) == 0 &&
				root->path[len] == '\0')
			break;
	}
	if (root == NULL)
		root = calloc(1, sizeof(*root) + len + 1);
	if (root != NULL && root->path[0] == '\0') {
		memcpy(root->path, path, len);
		root->is_mdev = is_mdev;
		root->tree_len = tree_len(root->path);
		root->next = all_roots;
		all_roots = root;
	}
	pthread_mutex_unlock(&roots_lock);
	return root;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_roots_get)
const struct auxiliary_root **
auxiliary_roots_get(void)
{
	const char *path = root_env(ROOT_SF_ENV, ROOT_SF), *end;
	const char *mdev = root_env(ROOT_MDEV_ENV, ROOT_MDEV);
	const struct auxiliary_root **roots;
	bool is_complete = true;
	size_t nb = 0;

	roots = calloc(strlen(path) + 3, sizeof(*roots));
	if (roots == NULL)
		return NULL;
	for (; path[0] != '\0' && is_complete; path = end + (end[0] == ':')) {
		end = strchrnul(path, ':');
		if (end == path)
			continue;
		roots[nb] = root_get(path, (size_t)(end - path), false);
		is_complete = roots[nb++] != NULL;
	}
	if (mdev[0] != '\0' && is_complete) {
		roots[nb] = root_get(mdev, strlen(mdev), true);
		is_complete = roots[nb] != NULL;
	}
	if (is_complete)
		return roots;
	free(roots);
	return NULL;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_root_is_kernels)
bool
auxiliary_root_is_kernels(const struct auxiliary_root *root)
{
	struct statfs fs;

	if (statfs(root->path, &fs) == 0)
		return fs.f_type == SYSFS_MAGIC;
	return strncmp(root->path, "/sys/", strlen("/sys/")) == 0;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_is_uuid)
bool
auxiliary_is_uuid(const char *name)
{
	rte_uuid_t uuid;

	return strlen(name) == RTE_UUID_STRLEN - 1 && rte_uuid_parse(name, uuid) == 0;
}

static bool
name_is_valid(bool is_mdev, const char *name)
{
	size_t i;

	/* What a log line and devargs can hold. */
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
	return i > 0 && name[0] != '.' && auxiliary_is_uuid(name) == is_mdev;
}

static int
entry_add(struct auxiliary_entries *entries, const struct auxiliary_root *root, uint32_t order,
		const char *name, uint64_t ino)
{
	size_t max = RTE_MAX(2 * entries->max, (size_t)64);
	struct auxiliary_entry *entry = entries->entry;

	if (entries->nb == entries->max) {
		entry = realloc(entry, max * sizeof(*entry));
		if (entry == NULL)
			return -ENOMEM;
		entries->entry = entry;
		entries->max = max;
	}
	entry += entries->nb++;
	strlcpy(entry->name, name, sizeof(entry->name));
	entry->root = root;
	entry->order = order;
	entry->ino = ino;
	return 0;
}

/* Add the entry of one name, if there is one. */
static int
entry_ask(struct auxiliary_entries *entries, const struct auxiliary_root *root, uint32_t order,
		const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	snprintf(path, sizeof(path), "%s/%s", root->path, name);
	if (!name_is_valid(root->is_mdev, name))
		return 0;
	if (lstat(path, &st) < 0) {
		if (errno != ENOENT)
			AUXILIARY_LOG(ERR, "device %s: cannot look at %s: %s", name, path,
				strerror(errno));
		return 0;
	}
	return S_ISREG(st.st_mode) ? 0 : entry_add(entries, root, order, name, st.st_ino);
}

/* Add all entries of a root.  Without memory or a descriptor, nothing is known of it. */
static int
root_read(struct auxiliary_entries *entries, const struct auxiliary_root *root, uint32_t order)
{
	DIR *dir = opendir(root->path);
	const struct dirent *dirent;
	int ret = 0;

	if (dir == NULL && auxiliary_is_shortage(-errno)) {
		ret = -errno;
		AUXILIARY_LOG(ERR, "cannot open directory %s: %s", root->path, strerror(-ret));
		return ret;
	}
	if (dir == NULL) {
		entries->unread |= errno == ENOENT ? 0 : auxiliary_order_bit(order);
		AUXILIARY_LOG_AT(errno == ENOENT ? RTE_LOG_INFO : RTE_LOG_ERR,
			"cannot open directory %s, so no devices there: %s", root->path,
			strerror(errno));
		return 0;
	}
	do {
		errno = 0;
		dirent = readdir(dir);
		if (dirent != NULL && dirent->d_type != DT_REG &&
				name_is_valid(root->is_mdev, dirent->d_name))
			ret = entry_add(entries, root, order, dirent->d_name, dirent->d_ino);
	} while (dirent != NULL && ret == 0);
	if (dirent == NULL && errno != 0) {
		entries->unread |= auxiliary_order_bit(order);
		AUXILIARY_LOG(ERR, "cannot read all of directory %s: %s", root->path,
			strerror(errno));
	}
	closedir(dir);
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_entries_read)
int
auxiliary_entries_read(struct auxiliary_entries *entries,
		const struct auxiliary_root *const *roots, const char *name)
{
	uint32_t i;
	int ret = 0;

	for (i = 0; roots[i] != NULL && ret == 0; i++)
		ret = name == NULL ? root_read(entries, roots[i], i) :
			entry_ask(entries, roots[i], i, name);
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_entry_cmp)
int
auxiliary_entry_cmp(const void *one, const void *two)
{
	const struct auxiliary_entry *a = one, *b = two;
	int ret = strcmp(a->name, b->name);

	return ret != 0 ? ret : a->order < b->order ? -1 : a->order > b->order;
}

RTE_EXPORT_INTERNAL_SYMBOL(auxiliary_entry_is_node)
bool
auxiliary_entry_is_node(const struct auxiliary_entry *entry,
		const struct auxiliary_root *const *roots, char *sf, size_t size)
{
	char path[PATH_MAX], target[PATH_MAX];

	if (!entry->root->is_mdev)
		return false;
	snprintf(path, sizeof(path), "%s/%s", entry->root->path, entry->name);
	auxiliary_sysfs_link(AT_FDCWD, path, target, sizeof(target));
	auxiliary_sysfs_owner(target, sf, size);
	for (; sf[0] != '\0' && *roots != NULL; roots++) {
		snprintf(path, sizeof(path), "%s/%s", (*roots)->path, sf);
		if (!(*roots)->is_mdev && access(path, F_OK) == 0)
			return true;
	}
	return false;
}
