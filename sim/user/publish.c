/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "publish.h"

#define LOCK_NAME ".dpdk-sf-sim.lock"
#define DEVICE_PREFIX "sf_sim.sf."
#define MAKING_NAME ".making" /* a device that is not yet complete */
#define SOCKET_NAME "vfio-user"

static const char *const entries[] = { "sfnum", "numa_node", "uevent", SOCKET_NAME };

static int
failed(const char *path, const char *what)
{
	int ret = -errno;

	fprintf(stderr, "dpdk-sf-sim: %s: %s: %s\n", path, what, strerror(-ret));
	return ret;
}

static void
remove_device(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	size_t i;

	if (fd < 0)
		return;
	for (i = 0; i < sizeof(entries) / sizeof(entries[0]); i++)
		unlinkat(fd, entries[i], 0);
	close(fd);
	unlinkat(dir, name, AT_REMOVEDIR);
}

static void
remove_devices(int dir)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);
	const struct dirent *entry;

	if (stream == NULL) {
		if (fd >= 0)
			close(fd);
		return;
	}
	remove_device(dir, MAKING_NAME);
	while ((entry = readdir(stream)) != NULL)
		if (strncmp(entry->d_name, DEVICE_PREFIX, strlen(DEVICE_PREFIX)) == 0)
			remove_device(dir, entry->d_name);
	closedir(stream);
}

static int
lock_dir(struct publish *pub)
{
	pub->lock = openat(pub->dir, LOCK_NAME, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (pub->lock < 0)
		return failed(pub->path, "cannot create lock file");
	if (flock(pub->lock, LOCK_EX | LOCK_NB) == 0)
		return 0;
	if (errno != EWOULDBLOCK)
		return failed(pub->path, "cannot lock");
	fprintf(stderr, "dpdk-sf-sim: %s: in use by another dpdk-sf-sim\n", pub->path);
	return -EBUSY;
}

int
publish_open(struct publish *pub, const char *path)
{
	int ret;

	*pub = (struct publish) { .dir = -1, .lock = -1, .path = path };
	if (mkdir(path, 0755) == 0)
		pub->created = true;
	else if (errno != EEXIST)
		return failed(path, "cannot create");
	pub->dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (pub->dir < 0)
		return failed(path, "cannot open");
	ret = lock_dir(pub);
	if (ret < 0) {
		/* Not ours to clean up. */
		close(pub->dir);
		if (pub->lock >= 0)
			close(pub->lock);
		pub->dir = -1;
		return ret;
	}
	remove_devices(pub->dir);
	return 0;
}

static int
write_file(int dir, const char *name, const char *text)
{
	int fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	size_t len = strlen(text);
	int ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, len) != (ssize_t)len)
		ret = -EIO;
	close(fd);
	return ret;
}

/* Through /proc, because a socket's path is short and a directory's may not be. */
static int
listen_at(int dir)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	int fd, ret;

	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	snprintf(addr.sun_path, sizeof(addr.sun_path), "/proc/self/fd/%d/" SOCKET_NAME, dir);
	if (bind(fd, (struct sockaddr *)&addr, sizeof(addr)) == 0 && listen(fd, 4) == 0)
		return fd;
	ret = -errno;
	close(fd);
	return ret;
}

static int
fill_device(int dir, uint32_t index)
{
	char text[64];
	int ret;

	snprintf(text, sizeof(text), "%u\n", index);
	ret = write_file(dir, "sfnum", text);
	if (ret == 0)
		ret = write_file(dir, "numa_node", "-1\n");
	if (ret == 0)
		ret = write_file(dir, "uevent", "MODALIAS=auxiliary:sf_sim.sf\n");
	return ret < 0 ? ret : listen_at(dir);
}

static void
device_name(char *name, size_t size, uint32_t index)
{
	snprintf(name, size, DEVICE_PREFIX "%u", index);
}

int
publish_device(struct publish *pub, uint32_t index)
{
	int dir, listener, ret;
	char name[32];

	device_name(name, sizeof(name), index);
	if (mkdirat(pub->dir, MAKING_NAME, 0755) < 0)
		return failed(name, "cannot create directory");
	dir = openat(pub->dir, MAKING_NAME, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		ret = failed(name, "cannot open directory");
		unlinkat(pub->dir, MAKING_NAME, AT_REMOVEDIR);
		return ret;
	}
	listener = fill_device(dir, index);
	close(dir);
	ret = listener;
	if (listener >= 0 && renameat(pub->dir, MAKING_NAME, pub->dir, name) < 0) {
		ret = -errno;
		close(listener);
	}
	if (ret < 0) {
		remove_device(pub->dir, MAKING_NAME);
		fprintf(stderr, "dpdk-sf-sim: %s: cannot publish: %s\n", name, strerror(-ret));
	}
	return ret;
}

void
publish_remove(struct publish *pub, uint32_t index)
{
	char name[32];

	device_name(name, sizeof(name), index);
	remove_device(pub->dir, name);
}

void
publish_close(struct publish *pub)
{
	if (pub->dir < 0)
		return;
	remove_devices(pub->dir);
	unlinkat(pub->dir, LOCK_NAME, 0);
	close(pub->lock);
	close(pub->dir);
	if (pub->created)
		rmdir(pub->path);
}
