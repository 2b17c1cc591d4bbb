/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <rte_string_fns.h>

#include "../private.h"

/*
 * A device's matching VFIO node is the first of these that there is: a socket
 * in its sysfs directory, where a simulator listens; what VFIO itself puts
 * there when the kernel driver of the device is a VFIO driver; the node of an
 * mdev that was created on the device.
 */

#define NODE_SOCKET "vfio-user"
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

/* An iommu_group link; "base" is the directory that "name" is an entry of. */
static void
node_group(int fd, const char *base, size_t base_len, const char *name,
		struct auxiliary_node *node)
{
	struct stat st;

	if (fstatat(fd, NODE_GROUP, &st, AT_SYMLINK_NOFOLLOW) < 0 || !S_ISLNK(st.st_mode))
		return;
	if (base_len >= sizeof(node->group_base) ||
			strlcpy(node->group_name, name, sizeof(node->group_name)) >=
			sizeof(node->group_name))
		return;
	memcpy(node->group_base, base, base_len);
	node->group_base[base_len] = '\0';
	node->vfio.group_base = node->group_base;
	node->vfio.group_name = node->group_name;
}

static bool
node_is_found(const struct auxiliary_node *node)
{
	return node->vfio.user_socket != NULL || node->vfio.cdev != NULL ||
		node->vfio.group_name != NULL;
}

static void
node_own(int fd, const struct auxiliary_dev *dev, struct auxiliary_node *node)
{
	struct stat st;
	int len;

	if (fstatat(fd, NODE_SOCKET, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode)) {
		len = snprintf(node->user_socket, sizeof(node->user_socket), "%s/" NODE_SOCKET,
				dev->path);
		if (len > 0 && (size_t)len < sizeof(node->user_socket))
			node->vfio.user_socket = node->user_socket;
	}
	node_cdev(fd, node);
	node_group(fd, dev->path, strlen(dev->path) - strlen(dev->pub.name) - 1,
			dev->pub.name, node);
}

/*
 * Whether an mdev, the directory "entry" in fd, is a PCI device to VFIO.  One
 * that does not say so is given the chance to say it when it is opened.
 */
static int
mdev_check(int fd, const char *entry, const char *name)
{
	char api[32];
	int ret;

	ret = auxiliary_sysfs_read(fd, entry, "mdev_type/device_api", api, sizeof(api));
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
node_mdev(int parent_fd, const char *parent, const char *uuid, struct auxiliary_node *node)
{
	int fd = openat(parent_fd, uuid, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return;
	node_cdev(fd, node);
	node_group(fd, parent, strlen(parent), uuid, node);
	if (node_is_found(node) && mdev_check(parent_fd, uuid, uuid) < 0) {
		node->vfio.cdev = NULL;
		node->vfio.group_base = NULL;
		node->vfio.group_name = NULL;
	}
	close(fd);
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
		node_mdev(fd, dev->path, entry->d_name, &candidate);
		if (node_is_found(&candidate))
			strlcpy(best, entry->d_name, sizeof(best));
	}
	closedir(dir);
	if (best[0] != '\0')
		node_mdev(fd, dev->path, best, node);
}

int
auxiliary_node_find(const struct auxiliary_dev *dev, struct auxiliary_node *node)
{
	int fd, ret = 0;

	node->vfio = (struct rte_vfio_dev_node){ .name = dev->pub.name };
	fd = open(dev->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0) {
		ret = -errno;
		AUXILIARY_LOG(ERR, "device %s: cannot open %s: %s",
			dev->pub.name, dev->path, strerror(-ret));
		return ret;
	}
	if (dev->pub.kind == RTE_AUXILIARY_KIND_MDEV)
		ret = mdev_check(fd, ".", dev->pub.name);
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

const char *
auxiliary_kernel_driver(const struct auxiliary_dev *dev, char *buf, size_t size)
{
	char target[PATH_MAX];

	if (auxiliary_sysfs_link(AT_FDCWD, dev->path, "driver", target, sizeof(target)) < 0 ||
			strlcpy(buf, auxiliary_sysfs_basename(target), size) >= size)
		return "none";
	auxiliary_sysfs_printable(buf);
	return buf;
}
