/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/openat2.h>

#include "auxiliary_scan.h"
#include "auxiliary_sysfs.h"

/*
 * Links are followed, as real sysfs is made of them, but not to anywhere else:
 * the kernel resolves the whole path at once and refuses to leave the tree.
 */
static int
open_beneath(int top, const char *path, int flags)
{
	const struct open_how how = {
		.flags = (uint64_t)flags,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = syscall(SYS_openat2, top, path, &how, sizeof(how));

	return fd < 0 ? -errno : (int)fd;
}

/* Where a place, or something in it (attr), is from the top of its tree. */
static int
place_path(struct auxiliary_place place, const char *attr, char *buf, size_t size)
{
	const char *root = place.dir->path + place.dir->top_len;
	int len;

	root += root[0] == '/';
	len = snprintf(buf, size, "%s%s%s%s%s", root, root[0] == '\0' ? "" : "/", place.name,
			attr[0] == '\0' ? "" : "/", attr);
	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

int
auxiliary_sysfs_open(struct auxiliary_place place, const char *attr, int flags)
{
	const struct auxiliary_dir *dir = place.dir;
	char path[PATH_MAX];
	int fd;

	fd = place_path(place, attr, path, sizeof(path));
	if (fd == 0)
		fd = open_beneath(dir->top, path, flags | O_CLOEXEC);
	if (fd == -EXDEV)
		AUXILIARY_LOG(ERR, "device %s: %s/%s%s%s leads out of %.*s, not opened",
			auxiliary_sysfs_basename(place.name), dir->path, place.name,
			attr[0] == '\0' ? "" : "/", attr, (int)dir->top_len, dir->path);
	return fd;
}

bool
auxiliary_sysfs_exists(struct auxiliary_place place)
{
	char path[PATH_MAX];

	return place_path(place, "", path, sizeof(path)) == 0 &&
		auxiliary_entry_exists(place.dir->top, path);
}

int
auxiliary_sysfs_target(struct auxiliary_place place, char *buf, size_t size)
{
	char path[PATH_MAX];

	buf[0] = '\0';
	return place_path(place, "", path, sizeof(path)) < 0 ? -ENAMETOOLONG :
		auxiliary_sysfs_link(place.dir->top, path, buf, size);
}

/* Closes fd, which may be a negative errno. */
static int
value_read(int fd, char *buf, size_t size)
{
	ssize_t len;
	int ret;

	buf[0] = '\0';
	if (fd < 0)
		return fd == -ENOTDIR ? -ENOENT : fd;
	len = read(fd, buf, size);
	ret = len < 0 ? -errno : 0;
	close(fd);
	if (ret < 0) /* ENODEV: the device went between open and read */
		return ret == -ENODEV ? -ENOENT : ret;

	ret = (size_t)len == size ? -EFBIG : 0;
	if (ret < 0)
		len--;
	while (ret == 0 && len > 0 && isspace((unsigned char)buf[len - 1]))
		len--;
	buf[len] = '\0';
	return ret;
}

/* Non-blocking, in case somebody has put a FIFO there. */
#define VALUE_FLAGS (O_RDONLY | O_NOFOLLOW | O_NONBLOCK)

int
auxiliary_sysfs_read(struct auxiliary_place place, const char *attr,
		char *buf, size_t size)
{
	return value_read(auxiliary_sysfs_open(place, attr, VALUE_FLAGS), buf, size);
}

void
auxiliary_sysfs_printable(char *text)
{
	for (; *text != '\0'; text++) {
		if (!isprint((unsigned char)*text))
			*text = '?';
	}
}

/* Nothing but an optional sign and digits, unlike what strtoll() takes. */
static bool
sysfs_is_number(const char *text)
{
	if (*text == '-')
		text++;
	return *text != '\0' && text[strspn(text, "0123456789")] == '\0';
}

int
auxiliary_sysfs_number(const char *name, const char *attr, int read_result, char *text,
		int64_t min, int64_t max, int64_t *value)
{
	long long number;

	if (read_result == -ENOENT)
		return read_result;
	if (read_result < 0 && read_result != -EFBIG) {
		AUXILIARY_LOG(WARNING, "device %s: cannot read %s, ignored: %s",
			name, attr, strerror(-read_result));
		return read_result;
	}
	if (read_result == 0 && sysfs_is_number(text)) {
		errno = 0;
		number = strtoll(text, NULL, 10);
		if (errno == 0 && number >= min && number <= max) {
			*value = number;
			return 0;
		}
	}
	auxiliary_sysfs_printable(text);
	AUXILIARY_LOG(WARNING, "device %s: %s is \"%s%s\", not a number from %" PRId64 " to %"
		PRId64 ", ignored", name, attr, text, read_result == -EFBIG ? "..." : "",
		min, max);
	return -EINVAL;
}

int
auxiliary_sysfs_link(int fd, const char *link, char *buf, size_t size)
{
	ssize_t len = readlinkat(fd, link, buf, size);
	int ret = 0;

	if (len < 0 || (size_t)len == size) {
		ret = len < 0 ? -errno : -ENAMETOOLONG;
		len = 0;
	}
	buf[len] = '\0';
	return ret;
}

const char *
auxiliary_sysfs_basename(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash == NULL ? path : slash + 1;
}
