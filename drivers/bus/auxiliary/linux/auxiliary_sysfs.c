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

int
auxiliary_sysfs_open(const struct auxiliary_place *place, const char *attr, int flags)
{
	char path[PATH_MAX];
	int top, len, fd;

	len = snprintf(path, sizeof(path), "%s%s%s", place->path + place->top_len + 1,
			attr[0] == '\0' ? "" : "/", attr);
	if (len < 0 || (size_t)len >= sizeof(path))
		return -ENAMETOOLONG;
	top = auxiliary_sysfs_top(place->path, place->top_len);
	if (top < 0)
		return top;
	fd = open_beneath(top, path, flags | O_CLOEXEC);
	close(top);
	if (fd == -EXDEV)
		AUXILIARY_LOG(ERR, "device %s: %s%s%s leads out of %.*s, not opened",
			auxiliary_sysfs_basename(place->path), place->path,
			attr[0] == '\0' ? "" : "/", attr, (int)place->top_len, place->path);
	return fd;
}

int
auxiliary_sysfs_top(const char *path, size_t len)
{
	char top[PATH_MAX];
	int fd;

	if (len >= sizeof(top))
		return -ENAMETOOLONG;
	memcpy(top, path, len);
	top[len] = '\0';
	fd = open(len == 0 ? "/" : top, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
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
#define VALUE_FLAGS (O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)

int
auxiliary_sysfs_read(int fd, const char *attr, char *buf, size_t size)
{
	int attr_fd = openat(fd, attr, VALUE_FLAGS);

	return value_read(attr_fd < 0 ? -errno : attr_fd, buf, size);
}

int
auxiliary_sysfs_read_linked(const struct auxiliary_place *place, const char *attr,
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
