/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <linux/magic.h>

#include <rte_string_fns.h>

#include "auxiliary_walk.h"

/* Deeper than sysfs is, and more links than any path in it has. */
#define DEPTH_MAX 32
#define LINKS_MAX 16

/*
 * A walk down the tree of a root.  An entry is a link in the real sysfs, and
 * nothing says that the tree is the kernel's: whoever made a simulated one may
 * have put a link anywhere, and may rename things meanwhile.  So ".." goes back
 * to a descriptor that the walk came by, and links are read and followed here.
 * openat2(RESOLVE_BENEATH) would do the same in one call, but fails where
 * seccomp refuses it, and whenever something is renamed anywhere on the host.
 */
struct walk {
	int fd[DEPTH_MAX]; /* of the directories from the top down, O_PATH */
	unsigned int nb; /* of these */
	unsigned int nb_links;
	char rest[2 * PATH_MAX]; /* of the path */
};

/* Put the target of a link in front of the rest of the path. */
static int
walk_follow(struct walk *walk, const char *name, const char *rest)
{
	char target[PATH_MAX];
	size_t len;
	int ret;

	ret = auxiliary_sysfs_link(walk->fd[walk->nb - 1], name, target, sizeof(target));
	if (ret < 0)
		return ret == -EINVAL ? -ENOTDIR : ret;
	if (target[0] == '/')
		return -EXDEV;
	len = strlen(target);
	if (++walk->nb_links > LINKS_MAX || len + strlen(rest) + 2 > sizeof(walk->rest))
		return -ELOOP;
	memmove(walk->rest + len + 1, rest, strlen(rest) + 1);
	memcpy(walk->rest, target, len);
	walk->rest[len] = '/';
	return 0;
}

/* Take one component of the path. */
static int
walk_step(struct walk *walk)
{
	size_t len = strcspn(walk->rest, "/");
	char name[NAME_MAX + 1], *rest = walk->rest + len;
	int fd;

	if (len > NAME_MAX)
		return -ENAMETOOLONG;
	memcpy(name, walk->rest, len);
	name[len] = '\0';
	rest += rest[0] == '/';
	if (strcmp(name, "..") == 0) {
		if (walk->nb == 1)
			return -EXDEV;
		close(walk->fd[--walk->nb]);
	} else if (name[0] != '\0' && strcmp(name, ".") != 0) {
		fd = openat(walk->fd[walk->nb - 1], name,
			O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (fd < 0)
			return errno == ENOTDIR ? walk_follow(walk, name, rest) : -errno;
		walk->fd[walk->nb++] = fd;
	}
	memmove(walk->rest, rest, strlen(rest) + 1);
	return walk->nb == DEPTH_MAX ? -ELOOP : 0;
}

int
auxiliary_sysfs_open(const struct auxiliary_root *root, const char *path, int *parent)
{
	struct walk walk = { .nb = 0 };
	int fd = -1, ret = 0;

	if (parent != NULL)
		*parent = -1;
	snprintf(walk.rest, PATH_MAX, "%.*s/", (int)root->tree_len, root->path);
	walk.fd[0] = open(walk.rest, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (walk.fd[0] < 0)
		return -errno;
	walk.nb = 1;
	snprintf(walk.rest, PATH_MAX, "%s/%s", root->path + root->tree_len, path);
	while (ret == 0 && walk.rest[0] != '\0')
		ret = walk_step(&walk);
	if (ret == 0)
		fd = walk.fd[--walk.nb];
	if (ret == 0 && parent != NULL && walk.nb > 0)
		*parent = walk.fd[--walk.nb];
	while (walk.nb > 0)
		close(walk.fd[--walk.nb]);
	if (ret == -EXDEV)
		AUXILIARY_LOG(ERR, "device %.*s: %s/%s leads out of %.*s, not opened",
			(int)strcspn(path, "/"), path, root->path, path, (int)root->tree_len,
			root->path);
	return ret < 0 ? ret : fd;
}

bool
auxiliary_sysfs_is_kernels(int dir)
{
	struct statfs fs;

	return fstatfs(dir, &fs) == 0 && fs.f_type == SYSFS_MAGIC;
}

int
auxiliary_sysfs_read(int dir, const char *file, char *buf, size_t size)
{
	/* Non-blocking, in case somebody has put a FIFO there. */
	int fd = openat(dir, file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	ssize_t len = fd < 0 ? -1 : read(fd, buf, size);
	int ret = len < 0 ? -errno : (size_t)len == size ? -EFBIG : 0;

	if (fd >= 0)
		close(fd);
	len -= ret == -EFBIG;
	while (ret == 0 && len > 0 && isspace((unsigned char)buf[len - 1]))
		len--;
	buf[len < 0 ? 0 : len] = '\0';
	/* ENODEV: the device went after the open. */
	return ret == -ENOTDIR || ret == -ENODEV ? -ENOENT : ret;
}

int
auxiliary_sysfs_link(int dir, const char *link, char *buf, size_t size)
{
	ssize_t len = readlinkat(dir, link, buf, size);
	int ret = len < 0 ? -errno : (size_t)len == size ? -ENAMETOOLONG : 0;

	buf[ret < 0 ? 0 : len] = '\0';
	return ret;
}

bool
auxiliary_sysfs_first(int dir, bool (*is_wanted)(const char *name), char *buf, size_t size)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	buf[0] = '\0';
	while (stream != NULL && (entry = readdir(stream)) != NULL)
		if (is_wanted(entry->d_name) && strlen(entry->d_name) < size &&
				(buf[0] == '\0' || strcmp(entry->d_name, buf) < 0))
			strlcpy(buf, entry->d_name, size);
	if (stream != NULL)
		closedir(stream);
	else if (fd >= 0)
		close(fd);
	return buf[0] != '\0';
}

const char *
auxiliary_sysfs_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}

void
auxiliary_sysfs_owner(const char *path, char *owner, size_t size)
{
	const char *end = strrchr(path, '/'), *start = end;

	owner[0] = '\0';
	while (start != NULL && start > path && start[-1] != '/')
		start--;
	if (start != NULL && start[0] != '.' && (size_t)(end - start) < size) {
		memcpy(owner, start, (size_t)(end - start));
		owner[end - start] = '\0';
	}
}

void
auxiliary_sysfs_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (!isprint((unsigned char)*text))
			*text = '?';
	}
}

RTE_LOG_REGISTER(auxiliary_sysfs_logtype, bus.auxiliary, NOTICE);
