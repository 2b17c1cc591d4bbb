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
#include <unistd.h>

#include "../private.h"

/* No attribute that the bus reads is longer. */
#define SYSFS_VALUE_LEN 64

static int
sysfs_path(char *path, size_t size, const char *entry, const char *attr)
{
	int len = snprintf(path, size, "%s%s%s", entry, attr[0] == '\0' ? "" : "/", attr);

	return len < 0 || (size_t)len >= size ? -ENAMETOOLONG : 0;
}

int
auxiliary_sysfs_read(int fd, const char *entry, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int attr_fd, ret;

	ret = sysfs_path(path, sizeof(path), entry, attr);
	if (ret < 0)
		return ret;
	/* Non-blocking, in case somebody has put a FIFO there. */
	attr_fd = openat(fd, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (attr_fd < 0)
		return errno == ENOTDIR ? -ENOENT : -errno;
	len = read(attr_fd, buf, size);
	ret = len < 0 ? -errno : 0;
	close(attr_fd);
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
auxiliary_sysfs_number(int fd, const char *entry, const char *attr,
		int64_t min, int64_t max, int64_t *value)
{
	char text[SYSFS_VALUE_LEN];
	long long number;
	int ret;

	ret = auxiliary_sysfs_read(fd, entry, attr, text, sizeof(text));
	if (ret == -ENOENT)
		return ret;
	if (ret < 0 && ret != -EFBIG) {
		AUXILIARY_LOG(WARNING, "device %s: cannot read %s, ignored: %s",
			auxiliary_sysfs_basename(entry), attr, strerror(-ret));
		return ret;
	}
	if (ret == 0 && sysfs_is_number(text)) {
		errno = 0;
		number = strtoll(text, NULL, 10);
		if (errno == 0 && number >= min && number <= max) {
			*value = number;
			return 0;
		}
	}
	auxiliary_sysfs_printable(text);
	AUXILIARY_LOG(WARNING, "device %s: %s is \"%s%s\", not a number from %" PRId64 " to %"
		PRId64 ", ignored", auxiliary_sysfs_basename(entry), attr, text,
		ret == -EFBIG ? "..." : "", min, max);
	return -EINVAL;
}

int
auxiliary_sysfs_link(int fd, const char *entry, const char *attr, char *buf, size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int ret;

	buf[0] = '\0';
	ret = sysfs_path(path, sizeof(path), entry, attr);
	if (ret < 0)
		return ret;
	len = readlinkat(fd, path, buf, size);
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
