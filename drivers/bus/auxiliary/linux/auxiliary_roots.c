/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

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
static struct auxiliary_root
root_make(char *path, enum rte_auxiliary_kind kind)
{
	static const char bus[] = "/bus/", devices[] = "/devices";
	struct auxiliary_root root = { .path = path, .kind = kind };
	char *top = NULL, *at;
	size_t len = strlen(path);

	while (len > 1 && path[len - 1] == '/')
		path[--len] = '\0';
	root.top_len = len;
	if (len < strlen(devices) || strcmp(path + len - strlen(devices), devices) != 0)
		return root;
	for (at = strstr(path, bus); at != NULL; at = strstr(at + 1, bus))
		top = at;
	if (top != NULL && strchr(top + strlen(bus), '/') == path + len - strlen(devices))
		root.top_len = (size_t)(top - path);
	return root;
}

int
auxiliary_roots_get(struct auxiliary_roots *roots)
{
	const char *sf = root_env(ROOT_SF_ENV, ROOT_SF);
	const char *mdev = root_env(ROOT_MDEV_ENV, ROOT_MDEV);
	unsigned int max = 2;
	const char *colon;
	char *rest, *path;

	for (colon = strchr(sf, ':'); colon != NULL; colon = strchr(colon + 1, ':'))
		max++;
	*roots = (struct auxiliary_roots){ 0 };
	roots->root = calloc(max, sizeof(*roots->root));
	roots->paths = malloc(strlen(sf) + strlen(mdev) + 2);
	if (roots->root == NULL || roots->paths == NULL)
		return -ENOMEM;

	rest = memcpy(roots->paths, sf, strlen(sf) + 1);
	while ((path = strsep(&rest, ":")) != NULL) {
		if (path[0] != '\0')
			roots->root[roots->nb++] = root_make(path, RTE_AUXILIARY_KIND_SF);
	}
	path = memcpy(roots->paths + strlen(sf) + 1, mdev, strlen(mdev) + 1);
	if (path[0] != '\0')
		roots->root[roots->nb++] = root_make(path, RTE_AUXILIARY_KIND_MDEV);
	return 0;
}

void
auxiliary_roots_put(struct auxiliary_roots *roots)
{
	free(roots->root);
	free(roots->paths);
}

bool
auxiliary_root_is_kernels(const struct auxiliary_root *root)
{
	return strncmp(root->path, "/sys/", strlen("/sys/")) == 0;
}

int
auxiliary_root_open(const struct auxiliary_root *root)
{
	int fd = open(root->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT)
		AUXILIARY_LOG(INFO, "no directory %s, so no devices there", root->path);
	else if (fd < 0)
		AUXILIARY_LOG(ERR, "cannot open directory %s: %s", root->path, strerror(errno));
	return fd;
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
