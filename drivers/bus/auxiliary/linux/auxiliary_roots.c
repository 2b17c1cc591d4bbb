/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "auxiliary_scan.h"

#define ROOT_SF "/sys/bus/auxiliary/devices"
#define ROOT_SF_ENV "SYSFS_AUXILIARY_DEVICES"
#define ROOT_MDEV "/sys/bus/mdev/devices"
#define ROOT_MDEV_ENV "SYSFS_MDEV_DEVICES"

static const char *
root_env(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value != NULL ? value : fallback;
}

/*
 * What the links in a root may lead to: in a tree that looks as sysfs does,
 * <top>/bus/<bus>/devices, all of it, otherwise the root itself.
 */
static size_t
top_len(const char *path)
{
	static const char bus[] = "/bus/", devices[] = "/devices";
	size_t len = strlen(path);
	const char *top = NULL, *at;

	if (len < strlen(devices) || strcmp(path + len - strlen(devices), devices) != 0)
		return len;
	for (at = strstr(path, bus); at != NULL; at = strstr(at + 1, bus))
		top = at;
	if (top != NULL && strchr(top + strlen(bus), '/') == path + len - strlen(devices))
		return (size_t)(top - path);
	return len;
}

/* All that there are; each path once, whoever scans it how often. */
static TAILQ_HEAD(, auxiliary_dir) dirs = TAILQ_HEAD_INITIALIZER(dirs);
static pthread_mutex_t dirs_lock = PTHREAD_MUTEX_INITIALIZER;

/* A path without slashes at its end. */
static struct auxiliary_dir *
dir_get(const char *path, size_t len)
{
	struct auxiliary_dir *dir;

	TAILQ_FOREACH(dir, &dirs, next) {
		if (strncmp(dir->path, path, len) == 0 && dir->path[len] == '\0') {
			dir->nb_users++;
			return dir;
		}
	}
	dir = malloc(sizeof(*dir) + len + 1);
	if (dir == NULL)
		return NULL;
	*dir = (struct auxiliary_dir){ .nb_users = 1, .top = -1 };
	memcpy(dir->path, path, len);
	dir->path[len] = '\0';
	dir->top_len = top_len(dir->path);
	TAILQ_INSERT_TAIL(&dirs, dir, next);
	return dir;
}

void
auxiliary_dir_share(struct auxiliary_dir *dir)
{
	pthread_mutex_lock(&dirs_lock);
	dir->nb_users++;
	pthread_mutex_unlock(&dirs_lock);
}

void
auxiliary_dir_put(struct auxiliary_dir *dir)
{
	bool is_last;

	if (dir == NULL)
		return;
	pthread_mutex_lock(&dirs_lock);
	is_last = --dir->nb_users == 0;
	if (is_last)
		TAILQ_REMOVE(&dirs, dir, next);
	pthread_mutex_unlock(&dirs_lock);
	if (!is_last)
		return;
	if (dir->top >= 0)
		close(dir->top);
	free(dir);
}

static int
root_add(struct auxiliary_roots *roots, const char *path, size_t len,
		enum rte_auxiliary_kind kind)
{
	struct auxiliary_dir *dir;

	if (len == 0)
		return 0;
	if (roots->nb > UINT8_MAX) {
		AUXILIARY_LOG(ERR, "more than %d directories of devices", UINT8_MAX + 1);
		return -E2BIG;
	}
	while (len > 1 && path[len - 1] == '/')
		len--;
	pthread_mutex_lock(&dirs_lock);
	dir = dir_get(path, len);
	pthread_mutex_unlock(&dirs_lock);
	if (dir == NULL)
		return -ENOMEM;
	roots->root[roots->nb++] = (struct auxiliary_root){ .dir = dir, .kind = kind, .fd = -1 };
	return 0;
}

int
auxiliary_roots_get(struct auxiliary_roots *roots)
{
	const char *sf = root_env(ROOT_SF_ENV, ROOT_SF);
	const char *mdev = root_env(ROOT_MDEV_ENV, ROOT_MDEV);
	unsigned int max = 2;
	const char *colon;
	int ret = 0;

	for (colon = strchr(sf, ':'); colon != NULL; colon = strchr(colon + 1, ':'))
		max++;
	*roots = (struct auxiliary_roots){ 0 };
	roots->root = calloc(max, sizeof(*roots->root));
	if (roots->root == NULL)
		return -ENOMEM;
	for (; ret == 0 && (colon = strchr(sf, ':')) != NULL; sf = colon + 1)
		ret = root_add(roots, sf, (size_t)(colon - sf), RTE_AUXILIARY_KIND_SF);
	if (ret == 0)
		ret = root_add(roots, sf, strlen(sf), RTE_AUXILIARY_KIND_SF);
	if (ret == 0)
		ret = root_add(roots, mdev, strlen(mdev), RTE_AUXILIARY_KIND_MDEV);
	return ret;
}

void
auxiliary_roots_put(struct auxiliary_roots *roots)
{
	unsigned int i;

	for (i = 0; i < roots->nb; i++) {
		if (roots->root[i].fd >= 0)
			close(roots->root[i].fd);
		auxiliary_dir_put(roots->root[i].dir);
	}
	free(roots->root);
}

bool
auxiliary_root_is_kernels(const struct auxiliary_root *root)
{
	return strncmp(root->dir->path, "/sys/", strlen("/sys/")) == 0;
}

/*
 * What is asked of devices until the next scan is asked in the tree that this
 * one has found.  Another thread may be asking, so the descriptor that it may
 * be using becomes that of the new tree, which mostly is the old one.
 */
static int
top_open(struct auxiliary_dir *dir)
{
	char top[PATH_MAX];
	int fd;

	if (snprintf(top, sizeof(top), "%.*s", (int)dir->top_len, dir->path) >= (int)sizeof(top)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	fd = open(dir->top_len == 0 ? "/" : top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || dir->top < 0) {
		dir->top = fd < 0 ? dir->top : fd;
		return fd < 0 ? -1 : 0;
	}
	dup3(fd, dir->top, O_CLOEXEC);
	close(fd);
	return 0;
}

bool
auxiliary_root_open(struct auxiliary_root *root)
{
	const char *path = root->dir->path;
	int error;

	if (root->fd >= 0)
		return true;
	root->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (root->fd >= 0 && top_open(root->dir) < 0) {
		error = errno;
		close(root->fd);
		root->fd = -1;
		errno = error;
	}
	if (root->fd < 0 && errno == ENOENT)
		AUXILIARY_LOG(INFO, "no directory %s, so no devices there", path);
	else if (root->fd < 0)
		AUXILIARY_LOG(ERR, "cannot open directory %s: %s", path, strerror(errno));
	return root->fd >= 0;
}

const char *
auxiliary_roots_str(char *buf, size_t size)
{
	snprintf(buf, size, "%s:%s", root_env(ROOT_SF_ENV, ROOT_SF),
		root_env(ROOT_MDEV_ENV, ROOT_MDEV));
	return buf;
}

bool
auxiliary_entry_exists(int fd, const char *name)
{
	char path[PATH_MAX];
	struct stat st;

	/* The slash asks for a directory. */
	snprintf(path, sizeof(path), "%s/", name);
	return fstatat(fd, path, &st, 0) == 0;
}
