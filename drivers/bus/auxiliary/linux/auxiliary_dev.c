/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_memory.h>
#include <rte_string_fns.h>

#include "auxiliary_scan.h"
#include "auxiliary_sysfs.h"

/*
 * One device, as sysfs shows it.  The entry of a device is a link in the real
 * sysfs, and where that leads tells the device's parents.
 */

/* A component of a path that is a PCI address: dddd:bb:dd.f */
static bool
is_bdf(const char *name, size_t len)
{
	static const char form[] = ":xx:xx.x";
	size_t domain = len - strlen(form);
	size_t i;

	if (len < strlen(form) + 4)
		return false;
	for (i = 0; i < len; i++) {
		char want = i < domain ? 'x' : form[i - domain];

		if (want == 'x' ? strchr("0123456789abcdef", name[i]) == NULL : name[i] != want)
			return false;
	}
	return true;
}

/* The PCI function nearest to the device on the way to it, or "". */
static void
parent_find(const char *target, char *parent, size_t size)
{
	const char *slash;
	size_t len;

	parent[0] = '\0';
	for (; (slash = strchr(target, '/')) != NULL; target = slash + 1) {
		len = (size_t)(slash - target);
		if (len < size && is_bdf(target, len)) {
			memcpy(parent, target, len);
			parent[len] = '\0';
		}
	}
}

/* The device that this one is a part of, PCI or not. */
static void
owner_find(const char *target, char *owner, size_t size)
{
	const char *end = strrchr(target, '/');
	const char *start = end;

	owner[0] = '\0';
	while (start != NULL && start > target && start[-1] != '/')
		start--;
	if (start == NULL || start[0] == '.' || (size_t)(end - start) >= size)
		return;
	memcpy(owner, start, (size_t)(end - start));
	owner[end - start] = '\0';
}

bool
auxiliary_dev_exists(const struct auxiliary_dev *dev)
{
	return auxiliary_sysfs_exists(auxiliary_place(dev));
}

/* The device's own NUMA node, otherwise that of what it is a part of. */
void
auxiliary_dev_locate(struct auxiliary_dev *dev)
{
	int64_t node = SOCKET_ID_ANY;
	char text[AUXILIARY_VALUE_LEN];
	int ret;

	if (dev->is_located)
		return;
	dev->is_located = true;
	ret = auxiliary_sysfs_read(auxiliary_place(dev), "numa_node", text, sizeof(text));
	if (ret == -ENOENT)
		ret = auxiliary_sysfs_read(auxiliary_place(dev), "../numa_node", text, sizeof(text));
	dev->is_gone = ret == -ENOENT && !auxiliary_dev_exists(dev);
	dev->is_outside = ret == -EXDEV; /* which has been said */
	if (!dev->is_outside)
		auxiliary_sysfs_number(dev->pub.name, "numa_node", ret, text, SOCKET_ID_ANY,
			RTE_MAX_NUMA_NODES - 1, &node);
	dev->pub.device.numa_node = (int)node;
}

static void
sfnum_read(struct auxiliary_dev *dev)
{
	int64_t sfnum = RTE_AUXILIARY_SFNUM_NONE;
	char text[AUXILIARY_VALUE_LEN];
	int ret;

	if (dev->pub.kind != RTE_AUXILIARY_KIND_SF || dev->is_outside || dev->is_gone)
		return;
	ret = auxiliary_sysfs_read(auxiliary_place(dev), "sfnum", text, sizeof(text));
	auxiliary_sysfs_number(dev->pub.name, "sfnum", ret, text, 0,
		RTE_AUXILIARY_SFNUM_NONE - 1, &sfnum);
	dev->pub.sfnum = (uint32_t)sfnum;
}

static void
info_write(const struct rte_auxiliary_device *pub, char *info, size_t size)
{
	char sfnum[16] = "";

	if (pub->sfnum != RTE_AUXILIARY_SFNUM_NONE)
		snprintf(sfnum, sizeof(sfnum), "%" PRIu32, pub->sfnum);
	snprintf(info, size, "kind=%s%s%s%s%s",
		pub->kind == RTE_AUXILIARY_KIND_SF ? "sf" : "mdev",
		pub->parent[0] == '\0' ? "" : ", parent=", pub->parent,
		sfnum[0] == '\0' ? "" : ", sfnum=", sfnum);
}

void
auxiliary_dev_load(struct auxiliary_dev *dev)
{
	struct auxiliary_attrs *attrs;
	char target[PATH_MAX];

	auxiliary_dev_locate(dev);
	if (dev->is_loaded)
		return;
	attrs = auxiliary_dev_attrs(dev);
	if (attrs == NULL)
		return;
	dev->is_loaded = true;
	auxiliary_sysfs_target(auxiliary_place(dev), target, sizeof(target));
	parent_find(target, attrs->parent, sizeof(attrs->parent));
	dev->pub.parent = attrs->parent;
	owner_find(target, attrs->owner, sizeof(attrs->owner));
	sfnum_read(dev);
	info_write(&dev->pub, attrs->info, sizeof(attrs->info));
	dev->pub.device.bus_info = attrs->info;
}

bool
auxiliary_mdev_parent(const struct auxiliary_roots *roots, const char *target,
		char *parent, size_t size)
{
	char path[PATH_MAX];
	unsigned int i;

	owner_find(target, parent, size);
	if (parent[0] == '\0')
		return false;
	for (i = 0; i < roots->nb; i++) {
		if (roots->root[i].kind != RTE_AUXILIARY_KIND_SF)
			continue;
		snprintf(path, sizeof(path), "%s/%s", roots->root[i].dir->path, parent);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static void
mdev_type_read(const struct auxiliary_root *root, struct auxiliary_dev *dev)
{
	struct auxiliary_attrs *attrs = auxiliary_dev_attrs(dev);
	char type[PATH_MAX];
	char link[NAME_MAX + sizeof("/mdev_type")];

	snprintf(link, sizeof(link), "%s/mdev_type", dev->pub.name);
	auxiliary_sysfs_link(root->fd, link, type, sizeof(type));
	if (attrs != NULL)
		strlcpy(attrs->mdev_type, auxiliary_sysfs_basename(type),
			sizeof(attrs->mdev_type));
}

void
auxiliary_dev_put(struct auxiliary_dev *dev, enum rte_auxiliary_kind kind,
		struct auxiliary_dir *dir)
{
	if (dev->dir != dir) {
		auxiliary_dir_share(dir);
		auxiliary_dir_put(dev->dir);
		dev->dir = dir;
	}
	dev->pub.kind = kind;
	dev->pub.sfnum = RTE_AUXILIARY_SFNUM_NONE;
	dev->pub.device.numa_node = SOCKET_ID_ANY;
	dev->is_located = dev->is_loaded = false;
	dev->is_outside = dev->is_gone = false;
}

/*
 * The user may name a device for which there is no driver, and is told later.
 * Whether a link leads anywhere is seen when the device is loaded.
 */
bool
auxiliary_dev_place(const struct auxiliary_roots *roots, const struct auxiliary_root *root,
		const struct rte_devargs *devargs, struct auxiliary_dev *dev)
{
	char target[PATH_MAX], parent[RTE_DEV_NAME_MAX_LEN];

	dev->pub.kind = root->kind;
	if (dev->pub.kind == RTE_AUXILIARY_KIND_MDEV) {
		auxiliary_sysfs_link(root->fd, dev->pub.name, target, sizeof(target));
		/* It is that sub-function's VFIO node and no device of its own. */
		if (devargs == NULL &&
				auxiliary_mdev_parent(roots, target, parent, sizeof(parent)))
			return false;
		mdev_type_read(root, dev);
	}
	if (devargs == NULL &&
			!auxiliary_is_wanted(root->kind, dev->pub.name, dev->attrs->mdev_type))
		return false;
	auxiliary_list_lock();
	auxiliary_dev_put(dev, root->kind, root->dir);
	auxiliary_list_unlock();
	return true;
}
