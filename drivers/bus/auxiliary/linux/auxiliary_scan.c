/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_errno.h>
#include <rte_string_fns.h>

#include "auxiliary_scan.h"

static int
dev_add(struct auxiliary_scan *scan, const struct auxiliary_entry *entry)
{
	struct auxiliary_dev *dev;
	int ret;

	dev = calloc(1, sizeof(*dev));
	if (dev == NULL)
		return -ENOMEM;
	strlcpy(dev->pub.name, entry->name, sizeof(dev->pub.name));
	dev->pub.device.name = dev->pub.name;
	dev->pub.device.bus = &auxiliary_bus.bus;
	dev->seen = true;

	ret = auxiliary_dev_place(&scan->roots, entry, dev);
	if (ret == 0)
		ret = auxiliary_index_add(&scan->devices, dev->pub.name, dev);
	if (ret != 0) {
		free(dev->path);
		free(dev);
		return ret == -ENOMEM ? ret : 0;
	}
	TAILQ_INSERT_TAIL(&auxiliary_bus.device_list, &dev->pub, next);
	scan->unsorted = true;
	return 0;
}

static bool
dev_is_at(const struct auxiliary_dev *dev, const struct auxiliary_entry *entry)
{
	size_t len = strlen(entry->root->path);

	return strncmp(dev->path, entry->root->path, len) == 0 && dev->path[len] == '/' &&
		strcmp(dev->path + len + 1, entry->name) == 0;
}

/* A known device keeps what was read of it, unless it is somewhere else now. */
static int
dev_keep(struct auxiliary_scan *scan, const struct auxiliary_entry *entry,
		struct auxiliary_dev *dev)
{
	int ret = 0;

	if (dev->seen) {
		AUXILIARY_LOG(DEBUG, "device %s: found again in %s, ignored there",
			entry->name, entry->root->path);
		return 0;
	}
	if (!dev_is_at(dev, entry) && dev->pub.driver == NULL)
		ret = auxiliary_dev_place(&scan->roots, entry, dev);
	dev->seen = ret == 0;
	return ret == -ENOMEM ? ret : 0;
}

/* Whether an entry's name may be that of a device. */
static bool
name_is_valid(const struct auxiliary_root *root, const char *name)
{
	size_t i;

	if (name[0] == '.' || name[0] == '\0')
		return false;
	for (i = 0; name[i] != '\0'; i++) {
		if (!isgraph((unsigned char)name[i]) || name[i] == '/')
			return false;
	}
	if (i >= RTE_DEV_NAME_MAX_LEN) {
		AUXILIARY_LOG(WARNING, "device %s/%s: name longer than %d, skipped",
			root->path, name, RTE_DEV_NAME_MAX_LEN - 1);
		return false;
	}
	return root->kind != RTE_AUXILIARY_KIND_MDEV || auxiliary_is_uuid(name);
}

static int
scan_entry(struct auxiliary_scan *scan, struct auxiliary_entry *entry)
{
	const struct rte_devargs *devargs = auxiliary_index_find(&scan->devargs, entry->name);
	struct auxiliary_dev *dev;

	if (devargs != NULL && devargs->policy == RTE_DEV_BLOCKED) {
		AUXILIARY_LOG(DEBUG, "device %s: blocked", entry->name);
		return 0;
	}
	entry->is_named = devargs != NULL;
	dev = auxiliary_index_find(&scan->devices, entry->name);
	return dev != NULL ? dev_keep(scan, entry, dev) : dev_add(scan, entry);
}

/* Read the whole directory.  Closes fd. */
static int
scan_all(struct auxiliary_scan *scan, const struct auxiliary_root *root, int fd)
{
	struct auxiliary_entry entry = { .root = root, .fd = fd };
	const struct dirent *dirent;
	DIR *dir = fdopendir(fd);
	int ret = 0;

	if (dir == NULL) {
		AUXILIARY_LOG(ERR, "cannot read directory %s: %s", root->path, strerror(errno));
		close(fd);
		return 0;
	}
	while (ret == 0 && (errno = 0, dirent = readdir(dir)) != NULL) {
		if (dirent->d_type != DT_DIR && dirent->d_type != DT_LNK &&
				dirent->d_type != DT_UNKNOWN)
			continue;
		if (!name_is_valid(root, dirent->d_name))
			continue;
		entry.name = dirent->d_name;
		entry.is_dir = dirent->d_type == DT_DIR;
		ret = scan_entry(scan, &entry);
	}
	if (ret == 0 && errno != 0)
		AUXILIARY_LOG(ERR, "cannot read all of directory %s: %s",
			root->path, strerror(errno));
	closedir(dir);
	return ret;
}

/* Ask for the names on the allow list.  Closes fd. */
static int
scan_allowed(struct auxiliary_scan *scan, const struct auxiliary_root *root, int fd)
{
	struct auxiliary_entry entry = { .root = root, .fd = fd };
	const struct rte_devargs *devargs;
	int ret = 0;

	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		if (devargs->policy != RTE_DEV_ALLOWED || !name_is_valid(root, devargs->name) ||
				!auxiliary_entry_exists(fd, devargs->name))
			continue;
		entry.name = devargs->name;
		entry.is_dir = true;
		ret = scan_entry(scan, &entry);
		if (ret < 0)
			break;
	}
	close(fd);
	return ret;
}

static int
scan_roots(struct auxiliary_scan *scan)
{
	bool by_name = auxiliary_bus.bus.conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST;
	unsigned int i;
	int fd, ret = 0;

	for (i = 0; i < scan->roots.nb && ret == 0; i++) {
		const struct auxiliary_root *root = &scan->roots.root[i];

		fd = auxiliary_root_open(root);
		if (fd < 0)
			continue;
		ret = by_name ? scan_allowed(scan, root, fd) : scan_all(scan, root, fd);
	}
	return ret;
}

/* Sub-functions before mdevs, sf.2 before sf.10. */
static int
dev_order(const void *a, const void *b)
{
	const struct rte_auxiliary_device *one = *(struct rte_auxiliary_device * const *)a;
	const struct rte_auxiliary_device *two = *(struct rte_auxiliary_device * const *)b;

	if (one->kind != two->kind)
		return one->kind < two->kind ? -1 : 1;
	return strverscmp(one->name, two->name);
}

static int
list_sort(void)
{
	struct rte_auxiliary_device **devs, *dev;
	size_t nb = 0, i = 0;

	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev)
		nb++;
	devs = malloc(nb * sizeof(*devs));
	if (devs == NULL)
		return -ENOMEM;
	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev)
		devs[i++] = dev;
	qsort(devs, nb, sizeof(*devs), dev_order);
	TAILQ_INIT(&auxiliary_bus.device_list);
	for (i = 0; i < nb; i++)
		TAILQ_INSERT_TAIL(&auxiliary_bus.device_list, devs[i], next);
	free(devs);
	return 0;
}

static int
scan_begin(struct auxiliary_scan *scan)
{
	struct rte_auxiliary_device *pub;
	struct rte_devargs *devargs;
	int ret;

	ret = auxiliary_roots_get(&scan->roots);
	if (ret < 0)
		return ret;
	FOREACH_DEVICE_ON_AUXILIARY_BUS(pub) {
		struct auxiliary_dev *dev = auxiliary_dev(pub);

		dev->seen = false;
		if (auxiliary_index_add(&scan->devices, pub->name, dev) == -ENOMEM)
			return -ENOMEM;
	}
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		/* Of several for one device, the first counts. */
		if (auxiliary_index_add(&scan->devargs, devargs->name, devargs) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

/* Forget what has gone and give every device the devargs it has now. */
static int
scan_finish(struct auxiliary_scan *scan)
{
	struct rte_auxiliary_device *pub, *next;

	for (pub = TAILQ_FIRST(&auxiliary_bus.device_list); pub != NULL; pub = next) {
		next = TAILQ_NEXT(pub, next);
		pub->device.devargs = auxiliary_index_find(&scan->devargs, pub->name);
		if (!auxiliary_dev(pub)->seen && pub->driver == NULL)
			auxiliary_dev_drop(auxiliary_dev(pub));
	}
	return scan->unsorted ? list_sort() : 0;
}

int
auxiliary_scan(void)
{
	struct rte_auxiliary_device *pub;
	struct auxiliary_scan scan = { 0 };
	int ret;

	auxiliary_bus_claim();
	ret = scan_begin(&scan);
	if (ret == 0)
		ret = scan_roots(&scan);
	if (ret == 0)
		ret = scan_finish(&scan);
	if (ret < 0) {
		AUXILIARY_LOG(ERR, "scan failed: %s", strerror(-ret));
		/* EAL now frees the devargs that it scanned for. */
		FOREACH_DEVICE_ON_AUXILIARY_BUS(pub)
			pub->device.devargs = NULL;
		rte_errno = -ret;
	}
	auxiliary_index_free(&scan.devices);
	auxiliary_index_free(&scan.devargs);
	auxiliary_roots_put(&scan.roots);
	return ret;
}

bool
auxiliary_dev_exists(const struct auxiliary_dev *dev)
{
	return auxiliary_entry_exists(AT_FDCWD, dev->path);
}
