/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <rte_common.h>
#include <rte_string_fns.h>

#include "auxiliary_linux.h"

/*
 * A device's matching VFIO node is the first of these that there is: a socket
 * in its directory, where a simulator listens; what VFIO puts there when the
 * kernel driver of the device is a VFIO driver; the node of an mdev that was
 * created on the device.  Only the kernel's sysfs can tell of the kernel's
 * nodes: anybody may make a directory "vfio-dev/vfio3" elsewhere.
 */

#define NODE_CDEV_DIR "vfio-dev"
#define NODE_CDEV_PATH "/dev/vfio/devices"
#define NODE_GROUP "iommu_group"

/* The only device_api that common/vfio's users can drive. */
#define NODE_DEVICE_API "vfio-pci"

static void
node_init(struct auxiliary_node *node, const char *name)
{
	node->vfio = (struct rte_vfio_dev_node){
		.name = name,
		.timeout_ms = RTE_VFIO_DEV_TIMEOUT_MS,
	};
	node->fd[0] = node->fd[1] = -1;
	node->cdev[0] = node->group[0] = '\0';
}

void
auxiliary_node_put(struct auxiliary_node *node)
{
	unsigned int i;

	for (i = 0; i < RTE_DIM(node->fd); i++)
		if (node->fd[i] >= 0)
			close(node->fd[i]);
	node_init(node, node->vfio.name);
}

static bool
node_is_found(const struct auxiliary_node *node)
{
	return node->vfio.user_socket != NULL || node->vfio.cdev != NULL ||
		node->vfio.group_name != NULL;
}

/* A file of this type, to be opened by a path that nobody can put something else behind. */
static const char *
node_open(struct auxiliary_node *node, int index, int dir, const char *name, mode_t type,
		dev_t *rdev)
{
	int fd = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;

	if (fd < 0)
		return NULL;
	if (fstat(fd, &st) < 0 || (st.st_mode & S_IFMT) != type) {
		close(fd);
		return NULL;
	}
	*rdev = st.st_rdev;
	node->fd[index] = fd;
	snprintf(node->fd_path[index], sizeof(node->fd_path[index]), "/proc/self/fd/%d", fd);
	return node->fd_path[index];
}

static DIR *
dir_open(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	DIR *stream = fd < 0 ? NULL : fdopendir(fd);

	if (stream == NULL && fd >= 0)
		close(fd);
	return stream;
}

/* The node that an entry of vfio-dev/ names, if it is the device that sysfs numbers. */
static void
cdev_open(int cdevs, const char *name, struct auxiliary_node *node)
{
	char file[NAME_MAX + sizeof("/dev")], text[32], want[32];
	const char *path;
	dev_t rdev;

	snprintf(file, sizeof(file), "%s/dev", name);
	snprintf(node->cdev, sizeof(node->cdev), NODE_CDEV_PATH "/%.32s", name);
	path = node_open(node, 1, AT_FDCWD, node->cdev, S_IFCHR, &rdev);
	if (path == NULL)
		return;
	snprintf(want, sizeof(want), "%u:%u", major(rdev), minor(rdev));
	auxiliary_sysfs_read(cdevs, file, text, sizeof(text));
	if (strcmp(text, want) == 0)
		node->vfio.cdev = path;
	else
		AUXILIARY_LOG(ERR, "device %s: %s is device %s and not that of sysfs, not opened",
			node->vfio.name, node->cdev, want);
}

/* What VFIO has put into a directory that is called so below another one. */
static void
node_kernel(int dir, const char *base, const char *name, struct auxiliary_node *node)
{
	DIR *cdevs = dir_open(dir, NODE_CDEV_DIR);
	const struct dirent *entry;
	char target[PATH_MAX];

	while (cdevs != NULL && node->fd[1] < 0 && (entry = readdir(cdevs)) != NULL)
		if (strncmp(entry->d_name, "vfio", strlen("vfio")) == 0)
			cdev_open(dirfd(cdevs), entry->d_name, node);
	if (cdevs != NULL)
		closedir(cdevs);
	if (auxiliary_sysfs_link(dir, NODE_GROUP, target, sizeof(target)) < 0)
		return;
	snprintf(node->group, sizeof(node->group), "/dev/vfio/%.48s",
		auxiliary_sysfs_basename(target));
	strlcpy(node->group_base, base, sizeof(node->group_base));
	strlcpy(node->group_name, name, sizeof(node->group_name));
	node->vfio.group_base = node->group_base;
	node->vfio.group_name = node->group_name;
}

/*
 * Whether an mdev is a PCI device to VFIO.  One that does not say so is given
 * the chance to say it when it is opened.
 */
static int
mdev_check(const struct auxiliary_root *root, const char *path)
{
	char type[PATH_MAX], api[32];
	int dir, ret;

	snprintf(type, sizeof(type), "%s/mdev_type", path);
	dir = auxiliary_sysfs_open(root, type);
	if (dir < 0)
		return dir == -EXDEV ? dir : 0;
	ret = auxiliary_sysfs_read(dir, "device_api", api, sizeof(api));
	close(dir);
	if (ret == -ENOENT || (ret == 0 && strcmp(api, NODE_DEVICE_API) == 0))
		return 0;
	auxiliary_sysfs_printable(api);
	AUXILIARY_LOG(WARNING, "device %s: its device_api is \"%s\", not " NODE_DEVICE_API
		", skipped", auxiliary_sysfs_basename(path), api);
	return -ENOTSUP;
}

/* The node of the mdev on a sub-function; of several the one whose UUID comes first. */
static void
node_child(int dir, const struct auxiliary_device *dev, struct auxiliary_node *node)
{
	char path[RTE_DEV_NAME_MAX_LEN + NAME_MAX + 2], base[PATH_MAX], best[NAME_MAX + 1] = "";
	DIR *children = dir_open(dir, ".");
	const struct dirent *entry;
	int child;

	while (children != NULL && (entry = readdir(children)) != NULL)
		if (auxiliary_is_uuid(entry->d_name) &&
				(best[0] == '\0' || strcmp(entry->d_name, best) < 0))
			strlcpy(best, entry->d_name, sizeof(best));
	if (children != NULL)
		closedir(children);
	child = best[0] == '\0' ? -1 :
		openat(dir, best, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (child < 0)
		return;
	snprintf(path, sizeof(path), "%s/%s", dev->pub.name, best);
	snprintf(base, sizeof(base), "%s/%s", dev->root->path, dev->pub.name);
	if (mdev_check(dev->root, path) == 0)
		node_kernel(child, base, best, node);
	close(child);
}

int
auxiliary_node_find(const struct auxiliary_device *dev, struct auxiliary_node *node)
{
	bool is_sf = dev->pub.kind == RTE_AUXILIARY_KIND_SF;
	dev_t rdev;
	int dir, ret;

	node_init(node, dev->pub.name);
	dir = auxiliary_sysfs_open(dev->root, dev->pub.name);
	if (dir < 0)
		return dir;
	ret = is_sf ? 0 : mdev_check(dev->root, dev->pub.name);
	if (ret == 0)
		node->vfio.user_socket = node_open(node, 0, dir, AUXILIARY_NODE_SOCKET, S_IFSOCK,
				&rdev);
	if (ret == 0 && auxiliary_sysfs_is_kernels(dir)) {
		node_kernel(dir, dev->root->path, dev->pub.name, node);
		if (!node_is_found(node) && is_sf)
			node_child(dir, dev, node);
	}
	close(dir);
	return ret == 0 && !node_is_found(node) ? -ENODEV : ret;
}
