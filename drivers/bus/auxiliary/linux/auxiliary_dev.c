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

/* The device's own NUMA node, otherwise that of its parent. */
static void
numa_read(struct auxiliary_dev *dev, int fd)
{
	int64_t node = SOCKET_ID_ANY;
	char text[AUXILIARY_VALUE_LEN];
	int ret;

	ret = auxiliary_sysfs_read(fd, "numa_node", text, sizeof(text));
	if (ret == -ENOENT && dev->pub.parent[0] != '\0')
		ret = auxiliary_sysfs_read_linked(&dev->place, "../numa_node", text, sizeof(text));
	auxiliary_sysfs_number(dev->pub.name, "numa_node", ret, text, SOCKET_ID_ANY,
		RTE_MAX_NUMA_NODES - 1, &node);
	dev->pub.device.numa_node = (int)node;
}

static void
sfnum_read(struct auxiliary_dev *dev, int fd)
{
	int64_t sfnum = RTE_AUXILIARY_SFNUM_NONE;
	char text[AUXILIARY_VALUE_LEN];
	int ret;

	if (dev->pub.kind != RTE_AUXILIARY_KIND_SF)
		return;
	ret = auxiliary_sysfs_read(fd, "sfnum", text, sizeof(text));
	auxiliary_sysfs_number(dev->pub.name, "sfnum", ret, text, 0,
		RTE_AUXILIARY_SFNUM_NONE - 1, &sfnum);
	dev->pub.sfnum = (uint32_t)sfnum;
}

static void
info_write(struct auxiliary_dev *dev)
{
	const struct rte_auxiliary_device *pub = &dev->pub;
	char sfnum[16] = "";

	if (pub->sfnum != RTE_AUXILIARY_SFNUM_NONE)
		snprintf(sfnum, sizeof(sfnum), "%" PRIu32, pub->sfnum);
	snprintf(dev->info, sizeof(dev->info), "kind=%s%s%s%s%s",
		pub->kind == RTE_AUXILIARY_KIND_SF ? "sf" : "mdev",
		pub->parent[0] == '\0' ? "" : ", parent=", pub->parent,
		sfnum[0] == '\0' ? "" : ", sfnum=", sfnum);
}

void
auxiliary_dev_load(struct auxiliary_dev *dev)
{
	char target[PATH_MAX];
	int fd;

	if (dev->is_loaded)
		return;
	dev->is_loaded = true;
	auxiliary_sysfs_link(AT_FDCWD, dev->place.path, target, sizeof(target));
	parent_find(target, dev->pub.parent, sizeof(dev->pub.parent));
	owner_find(target, dev->owner, sizeof(dev->owner));
	fd = auxiliary_sysfs_open(&dev->place, "", O_RDONLY | O_DIRECTORY);
	if (fd >= 0) {
		numa_read(dev, fd);
		sfnum_read(dev, fd);
		close(fd);
	}
	dev->is_outside = fd == -EXDEV;
	dev->is_gone = fd == -ENOENT || fd == -ENOTDIR;
	info_write(dev);
	dev->pub.device.bus_info = dev->info;
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
		snprintf(path, sizeof(path), "%s/%s", roots->root[i].path, parent);
		if (access(path, F_OK) == 0)
			return true;
	}
	return false;
}

static bool
dev_has_driver(const struct auxiliary_dev *dev)
{
	const struct rte_auxiliary_driver *drv;

	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if (auxiliary_match(drv, dev))
			return true;
	}
	return false;
}

static void
mdev_type_read(const struct auxiliary_entry *entry, struct auxiliary_dev *dev)
{
	char type[PATH_MAX];
	char link[NAME_MAX + sizeof("/mdev_type")];

	snprintf(link, sizeof(link), "%s/mdev_type", entry->name);
	auxiliary_sysfs_link(entry->fd, link, type, sizeof(type));
	strlcpy(dev->mdev_type, auxiliary_sysfs_basename(type), sizeof(dev->mdev_type));
}

/*
 * The user may name a device for which there is no driver, and is told later.
 * Whether a link leads anywhere is seen when the device is loaded.
 */
int
auxiliary_dev_place(const struct auxiliary_roots *roots, const struct auxiliary_entry *entry,
		struct auxiliary_dev *dev)
{
	char target[PATH_MAX], parent[RTE_DEV_NAME_MAX_LEN];
	char *path;

	dev->pub.kind = entry->root->kind;
	if (dev->pub.kind == RTE_AUXILIARY_KIND_MDEV) {
		auxiliary_sysfs_link(entry->fd, entry->name, target, sizeof(target));
		/* It is that sub-function's VFIO node and no device of its own. */
		if (entry->devargs == NULL &&
				auxiliary_mdev_parent(roots, target, parent, sizeof(parent)))
			return 1;
		mdev_type_read(entry, dev);
	}
	if (entry->devargs == NULL && !dev_has_driver(dev))
		return 1;

	if (asprintf(&path, "%s/%s", entry->root->path, entry->name) < 0)
		return -ENOMEM;
	free(dev->place.path);
	dev->place = (struct auxiliary_place){ path, entry->root->top_len };
	dev->pub.sfnum = RTE_AUXILIARY_SFNUM_NONE;
	dev->pub.device.numa_node = SOCKET_ID_ANY;
	dev->is_loaded = false;
	return 0;
}
