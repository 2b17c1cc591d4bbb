/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auxiliary_sysfs.h"

/*
 * What keeps a device from being used, told to somebody who has never seen
 * VFIO: one line, with what to type where that is known.
 */

#define MDEV_TYPES "mdev_supported_types"
#define ADVICE_LEN 512

/* First entry of a directory whose name contains a text, or NULL.  Closes fd. */
static const char *
first_entry(int fd, const char *text, char *buf, size_t size)
{
	const struct dirent *entry;
	const char *found = NULL;
	DIR *dir;

	if (fd < 0)
		return NULL;
	dir = fdopendir(fd);
	if (dir == NULL) {
		close(fd);
		return NULL;
	}
	while (found == NULL && (entry = readdir(dir)) != NULL) {
		if (entry->d_name[0] == '.' || strstr(entry->d_name, text) == NULL)
			continue;
		if (snprintf(buf, size, "%s", entry->d_name) >= (int)size)
			continue;
		auxiliary_sysfs_printable(buf);
		found = buf;
	}
	closedir(dir);
	return found;
}

/* A device that can be divided: one of the types of mdev it offers. */
static const char *
mdev_type(const struct auxiliary_dev *dev, char *buf, size_t size)
{
	return first_entry(auxiliary_sysfs_open(auxiliary_place(dev), MDEV_TYPES,
				O_RDONLY | O_DIRECTORY), "", buf, size);
}

/* A driver of the kernel's auxiliary bus that looks like one of VFIO. */
static const char *
vfio_driver(const struct auxiliary_dev *dev, char *buf, size_t size)
{
	return first_entry(openat(dev->dir->top, "bus/auxiliary/drivers",
				O_RDONLY | O_DIRECTORY | O_CLOEXEC), "vfio", buf, size);
}

static void
advise_node(const struct auxiliary_dev *dev, char *advice)
{
	const struct auxiliary_dir *dir = dev->dir;
	char bound[NAME_MAX + 1], other[NAME_MAX + 1];
	char unbind[ADVICE_LEN / 2] = "";

	if (dev->pub.kind == RTE_AUXILIARY_KIND_MDEV) {
		snprintf(advice, ADVICE_LEN, "load vfio_mdev and the driver of its type");
		return;
	}
	if (mdev_type(dev, other, sizeof(other)) != NULL) {
		snprintf(advice, ADVICE_LEN, "create an mdev on it: "
			"uuidgen > %s/%s/" MDEV_TYPES "/%s/create", dir->path, dev->pub.name,
			other);
		return;
	}
	if (auxiliary_kernel_driver(dev, bound, sizeof(bound)) != NULL)
		snprintf(unbind, sizeof(unbind), "it is bound to %s: echo %s > %s/%s/driver/unbind; ",
			bound, dev->pub.name, dir->path, dev->pub.name);
	if (vfio_driver(dev, other, sizeof(other)) != NULL)
		snprintf(advice, ADVICE_LEN, "%sbind it to %s: "
			"echo %s > %.*s/bus/auxiliary/drivers/%s/bind", unbind, other,
			dev->pub.name, (int)dir->top_len, dir->path, other);
	else
		snprintf(advice, ADVICE_LEN, "%sload and bind a kernel driver that offers it "
			"over VFIO, or create an mdev on it", unbind);
}

static bool
is_forbidden(const char *path)
{
	return faccessat(AT_FDCWD, path, R_OK | W_OK, AT_EACCESS) < 0 && errno == EACCES;
}

/* The group of a node, or NULL. */
static const char *
node_group(const struct auxiliary_node *node, char *buf, size_t size)
{
	char target[PATH_MAX], link[2 * PATH_MAX];

	if (node->vfio.group_name == NULL)
		return NULL;
	snprintf(link, sizeof(link), "%s/%s/iommu_group", node->vfio.group_base,
		node->vfio.group_name);
	if (auxiliary_sysfs_link(AT_FDCWD, link, target, sizeof(target)) < 0)
		return NULL;
	snprintf(buf, size, "/dev/vfio/%.64s", auxiliary_sysfs_basename(target));
	return buf;
}

/* The node that this process may not open, or NULL. */
static const char *
forbidden_node(const struct auxiliary_node *node, char *buf, size_t size)
{
	const char *group;

	if (node->vfio.cdev != NULL && is_forbidden(node->vfio.cdev))
		return node->vfio.cdev;
	group = node_group(node, buf, size);
	return group != NULL && is_forbidden(group) ? group : NULL;
}

void
auxiliary_node_explain(const struct auxiliary_dev *dev, const char *driver,
		const struct auxiliary_node *node, int error)
{
	char advice[ADVICE_LEN];
	const char *path;

	if (node->vfio.user_socket != NULL)
		return; /* who opened it has said why */
	if (error == -ENODEV && node->vfio.cdev == NULL && node->vfio.group_name == NULL) {
		advise_node(dev, advice);
		AUXILIARY_LOG(NOTICE, "device %s: no VFIO node, which driver %s needs; %s",
			dev->pub.name, driver, advice);
		return;
	}
	path = forbidden_node(node, advice, sizeof(advice));
	if (path != NULL)
		AUXILIARY_LOG(NOTICE, "device %s: this user may not read and write %s, "
			"which driver %s needs", dev->pub.name, path, driver);
}

int
auxiliary_node_check(const struct auxiliary_dev *dev)
{
	struct auxiliary_node node;
	const char *group;
	char path[PATH_MAX];
	int ret;

	ret = auxiliary_node_find(dev, &node);
	if (ret == 0 && node.vfio.user_socket == NULL) {
		group = node_group(&node, path, sizeof(path));
		if ((node.vfio.cdev == NULL || is_forbidden(node.vfio.cdev)) &&
				(group == NULL || is_forbidden(group)))
			ret = -EACCES;
	}
	auxiliary_node_put(&node);
	/* Of anything else, whoever opens it has something to say. */
	return ret == -ENODEV || ret == -EACCES ? ret : 0;
}

/* The one in use, or that would be used first. */
static void
node_show(const struct auxiliary_dev *dev, const struct auxiliary_node *node,
		enum rte_vfio_transport transport, char *buf, size_t size)
{
	bool any = transport == RTE_VFIO_TRANSPORT_ANY;

	if (node->vfio.user_socket != NULL && (any || transport == RTE_VFIO_TRANSPORT_USER))
		snprintf(buf, size, "%s/%s/%s", dev->dir->path, dev->pub.name,
			AUXILIARY_NODE_SOCKET);
	else if (node->vfio.cdev != NULL && (any || transport == RTE_VFIO_TRANSPORT_CDEV))
		snprintf(buf, size, "%s", node->vfio.cdev);
	else if (node_group(node, buf, size) == NULL)
		snprintf(buf, size, "none");
}

void
auxiliary_node_path(const struct auxiliary_dev *dev, char *buf, size_t size)
{
	const struct rte_vfio_dev *vfio = dev->pub.vfio_dev;
	struct auxiliary_node node;

	snprintf(buf, size, "none");
	if (!auxiliary_dev_exists(dev))
		return;
	if (auxiliary_node_find(dev, &node) == 0)
		node_show(dev, &node, vfio == NULL ? RTE_VFIO_TRANSPORT_ANY :
			rte_vfio_dev_info(vfio)->transport, buf, size);
	auxiliary_node_put(&node);
}
