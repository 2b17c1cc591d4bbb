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

#include "../auxiliary_trace.h"
#include "auxiliary_scan.h"

/* Sub-functions before mdevs, sf.2 before sf.10. */
static int
dev_order(const struct rte_auxiliary_device *one, const struct rte_auxiliary_device *two)
{
	if (one->kind != two->kind)
		return one->kind < two->kind ? -1 : 1;
	return strverscmp(one->name, two->name);
}

static void
list_insert(struct auxiliary_dev *dev)
{
	struct rte_auxiliary_device *after;

	auxiliary_list_lock();
	TAILQ_FOREACH_REVERSE(after, &auxiliary_bus.device_list, auxiliary_device_list, next) {
		if (dev_order(after, &dev->pub) < 0)
			break;
	}
	if (after != NULL)
		TAILQ_INSERT_AFTER(&auxiliary_bus.device_list, after, &dev->pub, next);
	else
		TAILQ_INSERT_HEAD(&auxiliary_bus.device_list, &dev->pub, next);
	auxiliary_list_unlock();
}

static bool
by_list(void)
{
	return auxiliary_bus.bus.conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST;
}

/* Whether what a device is, and not its name, keeps it off the bus. */
static bool
dev_is_refused(const struct auxiliary_scan *scan, const struct auxiliary_entry *entry,
		struct auxiliary_dev *dev)
{
	const struct rte_devargs *devargs = entry->devargs;

	if (devargs != NULL && devargs->policy == RTE_DEV_ALLOWED)
		return false;
	if ((devargs != NULL && auxiliary_devargs_fit(devargs, dev)) ||
			auxiliary_pick_blocks(scan, dev)) {
		AUXILIARY_LOG(DEBUG, "device %s: blocked", entry->name);
		return true;
	}
	return by_list() && !auxiliary_pick_wants(scan, dev);
}

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
	if (ret == 0 && dev_is_refused(scan, entry, dev))
		ret = 1;
	if (ret == 0 && scan->attach == NULL)
		ret = auxiliary_index_add(&scan->devices, dev->pub.name, dev);
	if (ret != 0) {
		free(dev->place.path);
		free(dev);
		return ret == -ENOMEM ? ret : 0;
	}
	if (scan->attach != NULL) {
		list_insert(dev);
		return 0;
	}
	auxiliary_list_lock();
	TAILQ_INSERT_TAIL(&auxiliary_bus.device_list, &dev->pub, next);
	auxiliary_list_unlock();
	scan->unsorted = true;
	return 0;
}

static bool
dev_is_at(const struct auxiliary_dev *dev, const struct auxiliary_entry *entry)
{
	const char *path = dev->place.path;
	size_t len = strlen(entry->root->path);

	return strncmp(path, entry->root->path, len) == 0 && path[len] == '/' &&
		strcmp(path + len + 1, entry->name) == 0;
}

/* A known device keeps what was read of it, unless it is somewhere else now. */
static int
dev_keep(struct auxiliary_scan *scan, const struct auxiliary_entry *entry,
		struct auxiliary_dev *dev)
{
	bool is_here = dev_is_at(dev, entry);
	int ret = 0;

	if (dev->seen) {
		if (!is_here)
			AUXILIARY_LOG(DEBUG, "device %s: found again in %s, ignored there",
				entry->name, entry->root->path);
		return 0;
	}
	if (dev->pub.driver == NULL) {
		if (!is_here)
			ret = auxiliary_dev_place(&scan->roots, entry, dev);
		if (ret == 0 && dev_is_refused(scan, entry, dev))
			ret = 1;
	}
	dev->seen = ret == 0;
	return ret == -ENOMEM ? ret : 0;
}

bool
auxiliary_name_is_valid(enum rte_auxiliary_kind kind, const char *name)
{
	size_t i;

	if (name[0] == '.' || name[0] == '\0')
		return false;
	for (i = 0; name[i] != '\0'; i++) {
		if (!isgraph((unsigned char)name[i]) || strchr("/,=", name[i]) != NULL)
			return false;
	}
	if (i >= RTE_DEV_NAME_MAX_LEN) {
		AUXILIARY_LOG(WARNING, "device %s: name longer than %d, skipped", name,
			RTE_DEV_NAME_MAX_LEN - 1);
		return false;
	}
	return kind != RTE_AUXILIARY_KIND_MDEV || auxiliary_is_uuid(name);
}

static struct auxiliary_dev *
dev_find(const struct auxiliary_scan *scan, const char *name)
{
	struct rte_auxiliary_device *dev;

	if (scan->attach == NULL)
		return auxiliary_index_find(&scan->devices, name);
	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev) {
		if (strcmp(dev->name, name) == 0)
			return auxiliary_dev(dev);
	}
	return NULL;
}

static int
scan_entry(struct auxiliary_scan *scan, struct auxiliary_entry *entry)
{
	const struct rte_devargs *devargs = auxiliary_index_find(&scan->devargs, entry->name);
	struct auxiliary_dev *dev;

	/* Without a bus part, all that devargs say is the name. */
	if (devargs != NULL && devargs->policy == RTE_DEV_BLOCKED && devargs->bus_str == NULL) {
		AUXILIARY_LOG(DEBUG, "device %s: blocked", entry->name);
		return 0;
	}
	entry->devargs = devargs;
	dev = dev_find(scan, entry->name);
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
		if (!auxiliary_name_is_valid(root->kind, dirent->d_name))
			continue;
		entry.name = dirent->d_name;
		ret = scan_entry(scan, &entry);
	}
	if (ret == 0 && errno != 0)
		AUXILIARY_LOG(ERR, "cannot read all of directory %s: %s",
			root->path, strerror(errno));
	closedir(dir);
	return ret;
}

static int
scan_name(struct auxiliary_scan *scan, struct auxiliary_entry *entry, const char *name)
{
	if (!auxiliary_name_is_valid(entry->root->kind, name) ||
			!auxiliary_entry_exists(entry->fd, name))
		return 0;
	entry->name = name;
	return scan_entry(scan, entry);
}

/* Ask for the names on the allow list, or for the one to attach.  Closes fd. */
static int
scan_names(struct auxiliary_scan *scan, const struct auxiliary_root *root, int fd)
{
	struct auxiliary_entry entry = { .root = root, .fd = fd };
	const struct rte_devargs *devargs;
	int ret = 0;

	if (scan->attach != NULL) {
		ret = scan_name(scan, &entry, scan->attach->name);
		close(fd);
		return ret;
	}
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		if (devargs->policy != RTE_DEV_ALLOWED)
			continue;
		ret = scan_name(scan, &entry, devargs->name);
		if (ret < 0)
			break;
	}
	close(fd);
	return ret;
}

static int
scan_roots(struct auxiliary_scan *scan, int (*scan_root)(struct auxiliary_scan *scan,
		const struct auxiliary_root *root, int fd))
{
	unsigned int i;
	int fd, ret = 0;

	for (i = 0; i < scan->roots.nb && ret == 0; i++) {
		const struct auxiliary_root *root = &scan->roots.root[i];

		fd = auxiliary_root_open(root);
		if (fd >= 0)
			ret = scan_root(scan, root, fd);
	}
	return ret;
}

/* With an allow list, names first: directories are read if some pick is open. */
static int
scan_all_roots(struct auxiliary_scan *scan)
{
	int ret;

	ret = scan_roots(scan, by_list() ? scan_names : scan_all);
	if (ret < 0)
		return ret;
	auxiliary_picks_check(scan);
	return by_list() && scan->nb_open != 0 ? scan_roots(scan, scan_all) : 0;
}

static int
sort_order(const void *a, const void *b)
{
	return dev_order(*(struct rte_auxiliary_device * const *)a,
			*(struct rte_auxiliary_device * const *)b);
}

static int
list_sort(void)
{
	struct rte_auxiliary_device **devs, *dev;
	size_t nb = 0, i = 0;

	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev)
		nb++;
	if (nb == 0)
		return 0;
	devs = calloc(nb, sizeof(struct rte_auxiliary_device *));
	if (devs == NULL)
		return -ENOMEM;
	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev)
		devs[i++] = dev;
	qsort(devs, nb, sizeof(struct rte_auxiliary_device *), sort_order);
	auxiliary_list_lock();
	TAILQ_INIT(&auxiliary_bus.device_list);
	for (i = 0; i < nb; i++)
		TAILQ_INSERT_TAIL(&auxiliary_bus.device_list, devs[i], next);
	auxiliary_list_unlock();
	free(devs);
	return 0;
}

static int
scan_begin(struct auxiliary_scan *scan)
{
	struct rte_auxiliary_device *pub;
	int ret;

	ret = auxiliary_roots_get(&scan->roots);
	if (ret == 0)
		ret = auxiliary_picks_get(scan);
	if (ret < 0 || scan->attach != NULL)
		return ret;
	FOREACH_DEVICE_ON_AUXILIARY_BUS(pub) {
		auxiliary_dev(pub)->seen = false;
		if (auxiliary_index_add(&scan->devices, pub->name, auxiliary_dev(pub)) == -ENOMEM)
			return -ENOMEM;
	}
	return 0;
}

/* Forget what has gone and give every device the devargs it has now. */
static int
scan_finish(struct auxiliary_scan *scan)
{
	struct rte_auxiliary_device *pub, *next;
	int ret;

	ret = scan->unsorted ? list_sort() : 0;
	if (ret == 0)
		ret = auxiliary_picks_settle(scan);
	for (pub = TAILQ_FIRST(&auxiliary_bus.device_list); pub != NULL && ret == 0; pub = next) {
		next = TAILQ_NEXT(pub, next);
		pub->device.devargs = auxiliary_index_find(&scan->devargs, pub->name);
		if (pub->driver == NULL && (!auxiliary_dev(pub)->seen ||
				(by_list() && pub->device.devargs == NULL)))
			auxiliary_dev_drop(auxiliary_dev(pub));
	}
	return ret;
}

/*
 * EAL scans before it attaches a device.  When devargs with a name are all that
 * is new since the last scan, that device is all that there is to look at.
 */
static int
scan_attach(struct auxiliary_scan *scan)
{
	struct auxiliary_dev *dev = dev_find(scan, scan->attach->name);
	int ret;

	if (dev != NULL)
		dev->seen = false;
	ret = scan_roots(scan, scan_names);
	if (ret == 0)
		dev = dev_find(scan, scan->attach->name);
	if (ret < 0 || dev == NULL)
		return ret;
	dev->pub.device.devargs = scan->attach;
	if (!dev->seen && dev->pub.driver == NULL)
		auxiliary_dev_drop(dev);
	return 0;
}

int
auxiliary_scan(void)
{
	struct rte_auxiliary_device *pub;
	struct auxiliary_scan scan = { 0 };
	int ret;

	auxiliary_bus_claim();
	ret = scan_begin(&scan);
	if (ret == 0 && scan.attach != NULL) {
		ret = scan_attach(&scan);
	} else if (ret == 0) {
		ret = scan_all_roots(&scan);
		if (ret == 0)
			ret = scan_finish(&scan);
		auxiliary_monitor_update(&scan.roots);
	}
	if (ret == 0)
		ret = auxiliary_picks_done();
	if (ret < 0) {
		AUXILIARY_LOG(ERR, "scan failed: %s", strerror(-ret));
		/* EAL now frees the devargs that it scanned for. */
		FOREACH_DEVICE_ON_AUXILIARY_BUS(pub)
			pub->device.devargs = NULL;
		rte_errno = -ret;
	}
	auxiliary_trace_scan(scan.devices.nb_used, ret);
	auxiliary_index_free(&scan.devices);
	auxiliary_index_free(&scan.devargs);
	auxiliary_picks_put(&scan);
	auxiliary_roots_put(&scan.roots);
	return ret;
}

bool
auxiliary_dev_exists(const struct auxiliary_dev *dev)
{
	return auxiliary_entry_exists(AT_FDCWD, dev->place.path);
}
