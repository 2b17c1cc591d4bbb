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

/* What the merging of entries and devices has come to. */
struct met {
	const struct auxiliary_entry *entry;
	struct auxiliary_name name;
	char text[RTE_DEV_NAME_MAX_LEN];
	const struct auxiliary_root *root;
	const struct rte_devargs *devargs; /* that name it */
	struct rte_auxiliary_device *next; /* the device that it is, or that comes after it */
};

/* A new device, in front of one that is on the bus, or of none. */
static int
dev_add(struct auxiliary_scan *scan, const struct met *met)
{
	struct auxiliary_dev *dev;

	dev = auxiliary_dev_new(met->text);
	if (dev == NULL)
		return -ENOMEM;
	if (!auxiliary_dev_place(&scan->roots, met->root, met->devargs, dev) ||
			dev_is_refused(scan, met->devargs, dev)) {
		auxiliary_dev_free(dev);
		return 0;
	}
	auxiliary_list_lock();
	auxiliary_dev_link(dev, met->next);
	auxiliary_names_mark(&met->name, AUXILIARY_NAME_DEVICE);
	auxiliary_history_recall(dev);
	auxiliary_list_unlock();
	scan->added = dev;
	return 0;
}

/* A known device keeps what was read of it, unless it is another now. */
static void
dev_keep(struct auxiliary_scan *scan, const struct met *met, struct auxiliary_dev *dev)
{
	bool is_here = dev->dir == met->root->dir;

	if (dev->seen) {
		if (!is_here)
			AUXILIARY_LOG(DEBUG, "device %s: found again in %s, ignored there",
				dev->pub.name, met->root->dir->path);
		return;
	}
	dev->seen = true;
	if (dev->pub.driver != NULL)
		return;
	if (!is_here || dev->is_gone)
		dev->seen = auxiliary_dev_place(&scan->roots, met->root, met->devargs, dev);
	if (dev->seen)
		dev->seen = !dev_is_refused(scan, met->devargs, dev);
}

/* From a device on, the first that a name is, or is in front of. */
static struct rte_auxiliary_device *
list_seek(struct rte_auxiliary_device *dev, const struct auxiliary_name *name)
{
	struct auxiliary_name other;

	for (; dev != NULL; dev = TAILQ_NEXT(dev, next)) {
		other = auxiliary_dev_name(dev);
		if (auxiliary_name_cmp(&other, name) >= 0)
			break;
	}
	return dev;
}

/*
 * Of a device that nobody has said anything about, the name is enough.  For an
 * mdev, where it is and of which type have to be seen.
 */
static bool
is_name_enough(const struct auxiliary_scan *scan, const struct met *met)
{
	return scan->by_name && met->name.kind == RTE_AUXILIARY_KIND_SF && met->devargs == NULL;
}

static int
scan_entry(struct auxiliary_scan *scan, const struct met *met)
{
	const struct rte_devargs *devargs = met->devargs;

	/* Without a bus part, all that devargs say is the name. */
	if (devargs != NULL && devargs->policy == RTE_DEV_BLOCKED && devargs->bus_str == NULL) {
		AUXILIARY_LOG(DEBUG, "device %s: blocked", met->text);
		return 0;
	}
	if (met->next != NULL && strcmp(met->next->name, met->text) == 0)
		dev_keep(scan, met, auxiliary_dev(met->next));
	else if (!is_name_enough(scan, met))
		return dev_add(scan, met);
	else if (auxiliary_is_wanted(met->name.kind, met->text, ""))
		auxiliary_names_add(scan->entries, met->entry);
	return 0;
}

/* Go along the entries and the list of devices, both in the same order. */
static int
scan_merge(struct auxiliary_scan *scan)
{
	struct auxiliary_entry entry, last = { 0 };
	struct met met = { .entry = &entry };
	size_t i;
	int ret;

	met.next = scan->from != NULL ? scan->from : TAILQ_FIRST(&auxiliary_bus.device_list);
	ret = auxiliary_entries_sort(scan->entries);
	for (i = 0; i < scan->entries->nb && ret == 0; i++, last = entry) {
		entry = scan->entries->room.entry[i];
		met.root = &scan->roots.root[entry.root];
		met.name = auxiliary_stems_name(&scan->entries->stems, &entry);
		auxiliary_name_write(&met.name, met.text);
		if (i > 0 && entry.stem == last.stem && entry.number == last.number) {
			AUXILIARY_LOG(DEBUG, "device %s: found again in %s, ignored there",
				met.text, met.root->dir->path);
			continue;
		}
		met.devargs = auxiliary_index_find(&scan->devargs, met.text);
		met.next = list_seek(met.next, &met.name);
		ret = scan_entry(scan, &met);
	}
	return ret;
}

/* Names on the allow list, or the one to attach. */
static int
root_ask(struct auxiliary_scan *scan, unsigned int root)
{
	const struct rte_devargs *devargs;
	int ret = 0;

	if (scan->attach != NULL)
		return auxiliary_entries_ask(scan->entries, &scan->roots, root,
				scan->attach->name);
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		if (devargs->policy == RTE_DEV_ALLOWED && ret == 0)
			ret = auxiliary_entries_ask(scan->entries, &scan->roots, root,
					devargs->name);
	}
	return ret;
}

static int
scan_names(struct auxiliary_scan *scan)
{
	unsigned int i;
	int ret = 0;

	auxiliary_entries_reset(scan->entries);
	for (i = 0; i < scan->roots.nb && ret == 0; i++) {
		if (auxiliary_root_open(&scan->roots.root[i]))
			ret = root_ask(scan, i);
	}
	return ret < 0 ? ret : scan_merge(scan);
}

static int
scan_roots(struct auxiliary_scan *scan)
{
	unsigned int i;
	int ret = 0;

	auxiliary_entries_reset(scan->entries);
	for (i = 0; i < scan->roots.nb && ret == 0; i++) {
		if (auxiliary_root_open(&scan->roots.root[i]))
			ret = auxiliary_entries_read(scan->entries, &scan->roots, i);
	}
	return ret < 0 ? ret : scan_merge(scan);
}

/* With an allow list, names first: directories are read if some pick is open. */
static int
scan_all_roots(struct auxiliary_scan *scan)
{
	int ret;

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
		ret = auxiliary_names_settle(scan->entries, &scan->roots);
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

static struct auxiliary_entries entries;

void
auxiliary_scan_free(void)
{
	auxiliary_entries_free(&entries);
}

/* EAL's interrupt thread scans before it plugs, and the application when it likes. */
int
auxiliary_scan(void)
{
	struct rte_auxiliary_device *pub;
	struct auxiliary_scan scan = { .entries = &entries };
	uint32_t nb;
	int ret;

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
