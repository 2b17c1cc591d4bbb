/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_string_fns.h>

#include "../auxiliary_trace.h"
#include "auxiliary_scan.h"

static bool
by_list(void)
{
	return auxiliary_bus.bus.conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST;
}

/* Whether what a device is, and not its name, keeps it off the bus. */
static bool
dev_is_refused(const struct auxiliary_scan *scan, const struct rte_devargs *devargs,
		struct auxiliary_dev *dev)
{
	if (devargs != NULL && devargs->policy == RTE_DEV_ALLOWED)
		return false;
	if ((devargs != NULL && auxiliary_devargs_fit(devargs, dev)) ||
			auxiliary_pick_blocks(scan, dev)) {
		AUXILIARY_LOG(DEBUG, "device %s: blocked", dev->pub.name);
		return true;
	}
	return by_list() && !auxiliary_pick_wants(scan, dev);
}

/* A new device, in front of one that is on the bus, or of none. */
static int
dev_add(struct auxiliary_scan *scan, const struct auxiliary_entry *entry,
		const struct rte_devargs *devargs, struct rte_auxiliary_device *next)
{
	const struct auxiliary_root *root = &scan->roots.root[entry->root];
	struct auxiliary_dev *dev;

	dev = auxiliary_dev_new(entry->name);
	if (dev == NULL)
		return -ENOMEM;
	if (!auxiliary_dev_place(&scan->roots, root, devargs, dev) ||
			dev_is_refused(scan, devargs, dev)) {
		auxiliary_dev_free(dev);
		return 0;
	}
	auxiliary_list_lock();
	auxiliary_dev_link(dev, next);
	auxiliary_names_mark(dev, 0, AUXILIARY_NAME_DEVICE);
	auxiliary_history_recall(dev);
	auxiliary_list_unlock();
	scan->added = dev;
	return 0;
}

/* A known device keeps what was read of it, unless it is another now. */
static void
dev_keep(struct auxiliary_scan *scan, const struct auxiliary_entry *entry,
		const struct rte_devargs *devargs, struct auxiliary_dev *dev)
{
	const struct auxiliary_root *root = &scan->roots.root[entry->root];
	bool is_here = dev->dir == root->dir;

	if (dev->seen) {
		if (!is_here)
			AUXILIARY_LOG(DEBUG, "device %s: found again in %s, ignored there",
				dev->pub.name, root->dir->path);
		return;
	}
	dev->seen = true;
	if (dev->pub.driver != NULL)
		return;
	if (!is_here || dev->is_gone)
		dev->seen = auxiliary_dev_place(&scan->roots, root, devargs, dev);
	if (dev->seen)
		dev->seen = !dev_is_refused(scan, devargs, dev);
}

/* From a device on, the first that an entry is, or is in front of. */
static struct rte_auxiliary_device *
list_seek(struct rte_auxiliary_device *dev, const struct auxiliary_entry *entry)
{
	struct auxiliary_entry other;

	for (; dev != NULL; dev = TAILQ_NEXT(dev, next)) {
		if (strcmp(dev->name, entry->name) == 0)
			break;
		other = auxiliary_entry(dev->kind, dev->name);
		if (auxiliary_entry_cmp(&other, entry) > 0)
			break;
	}
	return dev;
}

/*
 * Of a device that nobody has said anything about, the name is enough.  For an
 * mdev, where it is and of which type have to be seen.
 */
static bool
is_name_enough(const struct auxiliary_scan *scan, const struct auxiliary_entry *entry,
		const struct rte_devargs *devargs)
{
	return scan->by_name && entry->kind == RTE_AUXILIARY_KIND_SF && devargs == NULL;
}

static int
scan_entry(struct auxiliary_scan *scan, const struct auxiliary_entry *entry,
		struct rte_auxiliary_device *next)
{
	const char *name = entry->name;
	const struct rte_devargs *devargs = auxiliary_index_find(&scan->devargs, name);

	/* Without a bus part, all that devargs say is the name. */
	if (devargs != NULL && devargs->policy == RTE_DEV_BLOCKED && devargs->bus_str == NULL) {
		AUXILIARY_LOG(DEBUG, "device %s: blocked", name);
		return 0;
	}
	if (next != NULL && strcmp(next->name, name) == 0)
		dev_keep(scan, entry, devargs, auxiliary_dev(next));
	else if (!is_name_enough(scan, entry, devargs))
		return dev_add(scan, entry, devargs, next);
	else if (auxiliary_is_wanted(entry->kind, name, ""))
		auxiliary_names_add(entry);
	return 0;
}

/* Go along the entries and the list of devices, both in the same order. */
static int
scan_merge(struct auxiliary_scan *scan)
{
	struct rte_auxiliary_device *next = scan->from != NULL ? scan->from :
		TAILQ_FIRST(&auxiliary_bus.device_list);
	const struct auxiliary_entry *entry, *last = NULL;
	size_t i;
	int ret;

	ret = auxiliary_entries_sort(&scan->entries);
	for (i = 0; i < scan->entries.nb && ret == 0; i++, last = entry) {
		entry = &scan->entries.entry[i];
		if (last != NULL && auxiliary_entry_cmp(last, entry) == 0) {
			AUXILIARY_LOG(DEBUG, "device %s: found again in %s, ignored there",
				entry->name, scan->roots.root[entry->root].dir->path);
			continue;
		}
		next = list_seek(next, entry);
		ret = scan_entry(scan, entry, next);
	}
	return ret;
}

/* Names on the allow list, or the one to attach. */
static void
root_ask(struct auxiliary_scan *scan, unsigned int root)
{
	const struct rte_devargs *devargs;

	if (scan->attach != NULL) {
		auxiliary_entries_ask(&scan->entries, &scan->roots, root, scan->attach->name);
		return;
	}
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		if (devargs->policy == RTE_DEV_ALLOWED)
			auxiliary_entries_ask(&scan->entries, &scan->roots, root, devargs->name);
	}
}

static int
scan_names(struct auxiliary_scan *scan)
{
	const struct rte_devargs *devargs;
	unsigned int i;
	size_t nb = 0;

	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs)
		nb += devargs->policy == RTE_DEV_ALLOWED;
	if (auxiliary_entries_reserve(&scan->entries, nb * scan->roots.nb) < 0)
		return -ENOMEM;
	for (i = 0; i < scan->roots.nb; i++) {
		if (auxiliary_root_open(&scan->roots.root[i]))
			root_ask(scan, i);
	}
	return scan_merge(scan);
}

static int
scan_roots(struct auxiliary_scan *scan)
{
	unsigned int i;
	int ret = 0;

	for (i = 0; i < scan->roots.nb && ret == 0; i++) {
		if (auxiliary_root_open(&scan->roots.root[i]))
			ret = auxiliary_entries_read(&scan->entries, &scan->roots, i);
	}
	if (ret == 0)
		ret = auxiliary_entries_make(&scan->entries, &scan->roots);
	if (ret == 0 && scan->by_name)
		ret = auxiliary_names_room(scan->entries.nb, scan->entries.text_size);
	return ret < 0 ? ret : scan_merge(scan);
}

/* With an allow list, names first: directories are read if some pick is open. */
static int
scan_all_roots(struct auxiliary_scan *scan)
{
	int ret;

	ret = auxiliary_names_room(0, 0);
	if (ret == 0)
		ret = by_list() ? scan_names(scan) : scan_roots(scan);
	if (ret == 0)
		ret = auxiliary_picks_check(scan);
	if (ret == 0 && by_list() && scan->nb_open != 0)
		ret = scan_roots(scan);
	return ret;
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
	scan->by_name = !by_list() && scan->nb_picks == 0;
	FOREACH_DEVICE_ON_AUXILIARY_BUS(pub)
		auxiliary_dev(pub)->seen = false;
	return 0;
}

/* Forget what has gone and give every device the devargs it has now. */
static int
scan_finish(struct auxiliary_scan *scan)
{
	struct rte_auxiliary_device *pub, *next;
	int ret;

	ret = auxiliary_picks_settle(scan);
	if (ret == 0)
		ret = auxiliary_names_settle(&scan->roots);
	for (pub = TAILQ_FIRST(&auxiliary_bus.device_list); pub != NULL && ret == 0; pub = next) {
		next = TAILQ_NEXT(pub, next);
		pub->device.devargs = auxiliary_index_find(&scan->devargs, pub->name);
		if (pub->driver == NULL && (!auxiliary_dev(pub)->seen ||
				(by_list() && pub->device.devargs == NULL)))
			auxiliary_dev_scan_drop(auxiliary_dev(pub));
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
	struct auxiliary_dev *dev = auxiliary_dev_find(scan->attach->name);
	int ret;

	if (dev != NULL) {
		dev->seen = false;
		scan->from = &dev->pub;
	}
	ret = scan_names(scan);
	if (dev == NULL)
		dev = scan->added;
	if (ret < 0 || dev == NULL)
		return ret;
	dev->pub.device.devargs = scan->attach;
	if (!dev->seen && dev->pub.driver == NULL)
		auxiliary_dev_scan_drop(dev);
	return 0;
}

/* EAL's interrupt thread scans before it plugs, and the application when it likes. */
int
auxiliary_scan(void)
{
	struct rte_auxiliary_device *pub;
	struct auxiliary_scan scan = { 0 };
	uint64_t own[AUXILIARY_SCRATCH_OWN / sizeof(uint64_t)];
	uint32_t nb;
	int ret;

	scan.entries.scratch.at = (char *)own;
	scan.entries.scratch.end = (char *)own + sizeof(own);
	auxiliary_list_scan_begin();
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
	auxiliary_list_lock();
	nb = auxiliary_bus.nb_devices + auxiliary_names_count();
	auxiliary_list_unlock();
	auxiliary_trace_scan(nb, ret);
	auxiliary_index_free(&scan.devargs);
	auxiliary_picks_put(&scan);
	auxiliary_roots_put(&scan.roots);
	auxiliary_list_scan_end();
	return ret;
}
