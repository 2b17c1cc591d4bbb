/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "auxiliary_sysfs.h"

/*
 * A device's matching VFIO node is the first of these that there is: a socket
 * in its sysfs directory, where a simulator listens; what VFIO itself puts
 * there when the kernel driver of the device is a VFIO driver; the node of an
 * mdev that was created on the device.
 */

#define NODE_CDEV_DIR "vfio-dev"
#define NODE_GROUP "iommu_group"
#define NODE_CDEV_PATH "/dev/vfio/devices"

/* The only device_api that common/vfio's users can drive. */
#define NODE_DEVICE_API "vfio-pci"

static DIR *
dir_open(int fd, const char *name)
{
	int dir_fd = openat(fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *dir;

	if (dir_fd < 0)
		return NULL;
	dir = fdopendir(dir_fd);
	if (dir == NULL)
		close(dir_fd);
	return dir;
}

static bool
is_cdev_name(const char *name)
{
	return strncmp(name, "vfio", 4) == 0 && name[4] != '\0' &&
		name[4 + strspn(name + 4, "0123456789")] == '\0';
}

/* vfio-dev/ holds one directory, named as the character device. */
static void
node_cdev(int fd, struct auxiliary_node *node)
{
	const struct dirent *entry;
	DIR *dir = dir_open(fd, NODE_CDEV_DIR);

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL && node->vfio.cdev == NULL) {
		if (!is_cdev_name(entry->d_name))
			continue;
		snprintf(node->cdev, sizeof(node->cdev), NODE_CDEV_PATH "/%s", entry->d_name);
		node->vfio.cdev = node->cdev;
	}
	closedir(dir);
}

/* An iommu_group link, of what is in a place. */
static void
node_group(int fd, struct auxiliary_place place, struct auxiliary_node *node)
{
	const char *name = auxiliary_sysfs_basename(place.name);
	struct stat st;
	int len;

	if (fstatat(fd, NODE_GROUP, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode))
		return;
	len = snprintf(node->group_base, sizeof(node->group_base), "%s/%.*s", place.dir->path,
			(int)(name - place.name), place.name);
	if (len < 0 || (size_t)len >= sizeof(node->group_base) ||
			strlcpy(node->group_name, name, sizeof(node->group_name)) >=
			sizeof(node->group_name))
		return;
	node->group_base[len - 1] = '\0'; /* the slash before the name */
	node->vfio.group_base = node->group_base;
	node->vfio.group_name = node->group_name;
}

static bool
node_is_found(const struct auxiliary_node *node)
{
	return node->vfio.user_socket != NULL || node->vfio.cdev != NULL ||
		node->vfio.group_name != NULL;
}

/*
 * A socket is handed on as a descriptor, which nobody can put something else
 * in the place of; and which is short, as the address of a socket must be.
 */
static void
node_socket(int fd, struct auxiliary_node *node)
{
	struct stat st;
	int sock = openat(fd, AUXILIARY_NODE_SOCKET, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (sock < 0)
		return;
	if (fstat(sock, &st) < 0 || !S_ISSOCK(st.st_mode)) {
		close(sock);
		return;
	}
	node->socket_fd = sock;
	snprintf(node->user_socket, sizeof(node->user_socket), "/proc/self/fd/%d", sock);
	node->vfio.user_socket = node->user_socket;
}

static void
node_own(int fd, const struct auxiliary_dev *dev, struct auxiliary_node *node)
{
	node_socket(fd, node);
	node_cdev(fd, node);
	node_group(fd, auxiliary_place(dev), node);
}

/*
 * Whether an mdev is a PCI device to VFIO.  One that does not say so is given
 * the chance to say it when it is opened.
 */
static int
mdev_check(struct auxiliary_place place)
{
	const char *name = auxiliary_sysfs_basename(place.name);
	char api[32];
	int ret;

	ret = auxiliary_sysfs_read(place, "mdev_type/device_api", api, sizeof(api));
	if (ret == -ENOENT || (ret == 0 && strcmp(api, NODE_DEVICE_API) == 0))
		return 0;
	if (ret < 0 && ret != -EFBIG) {
		AUXILIARY_LOG(ERR, "device %s: cannot read its device_api, skipped: %s",
			name, strerror(-ret));
		return ret;
	}
	auxiliary_sysfs_printable(api);
	AUXILIARY_LOG(WARNING, "device %s: its device_api is \"%s\", not " NODE_DEVICE_API
		", skipped", name, api);
	return -ENOTSUP;
}

/* The node of one mdev on a sub-function. */
static void
node_mdev(int parent_fd, struct auxiliary_place parent, const char *uuid,
		struct auxiliary_node *node)
{
	int fd = openat(parent_fd, uuid, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	char path[2 * NAME_MAX];
	const struct auxiliary_place place = { .dir = parent.dir, .name = path };

	if (fd < 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", parent.name, uuid);
	node_cdev(fd, node);
	node_group(fd, place, node);
	close(fd);
	if (node_is_found(node) && mdev_check(place) < 0) {
		node->vfio.cdev = NULL;
		node->vfio.group_base = NULL;
		node->vfio.group_name = NULL;
	}
}

/* Several mdevs are not expected; the choice is at least always the same. */
static void
node_child(int fd, const struct auxiliary_dev *dev, struct auxiliary_node *node)
{
	struct auxiliary_node candidate;
	const struct dirent *entry;
	char best[NAME_MAX + 1] = "";
	DIR *dir = dir_open(fd, ".");

	if (dir == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		if (!auxiliary_is_uuid(entry->d_name) ||
				(best[0] != '\0' && strcmp(entry->d_name, best) > 0))
			continue;
		candidate.vfio = (struct rte_vfio_dev_node){ 0 };
		node_mdev(fd, auxiliary_place(dev), entry->d_name, &candidate);
		if (node_is_found(&candidate))
			strlcpy(best, entry->d_name, sizeof(best));
	}
	closedir(dir);
	if (best[0] != '\0')
		node_mdev(fd, auxiliary_place(dev), best, node);
}

int
auxiliary_node_find(const struct auxiliary_dev *dev, struct auxiliary_node *node)
{
	int fd, ret = 0;

	node->vfio = (struct rte_vfio_dev_node){ .name = dev->pub.name };
	node->socket_fd = -1;
	fd = auxiliary_sysfs_open(auxiliary_place(dev), "", O_RDONLY | O_DIRECTORY);
	if (fd < 0) {
		if (fd != -EXDEV)
			AUXILIARY_LOG(ERR, "device %s: cannot open it in %s: %s", dev->pub.name,
				dev->dir->path, strerror(-fd));
		return fd;
	}
	if (dev->pub.kind == RTE_AUXILIARY_KIND_MDEV)
		ret = mdev_check(auxiliary_place(dev));
	if (ret == 0) {
		node_own(fd, dev, node);
		if (!node_is_found(node) && dev->pub.kind == RTE_AUXILIARY_KIND_SF)
			node_child(fd, dev, node);
		if (!node_is_found(node))
			ret = -ENODEV;
	}
	close(fd);
	return ret;
}

void
auxiliary_node_put(struct auxiliary_node *node)
{
	if (node->socket_fd >= 0)
		close(node->socket_fd);
	node->socket_fd = -1;
}

const char *
auxiliary_kernel_driver(const struct auxiliary_dev *dev, char *buf, size_t size)
{
	int fd = auxiliary_sysfs_open(auxiliary_place(dev), "", O_RDONLY | O_DIRECTORY);
	char target[PATH_MAX];
	int ret = fd;

	if (fd >= 0) {
		ret = auxiliary_sysfs_link(fd, "driver", target, sizeof(target));
		close(fd);
	}
	if (ret < 0 || strlcpy(buf, auxiliary_sysfs_basename(target), size) >= size)
		return NULL;
	auxiliary_sysfs_printable(buf);
	return buf;
}
