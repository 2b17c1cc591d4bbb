/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_memzone.h>
#include <rte_string_fns.h>

#include "../auxiliary_trace.h"
#include "../private.h"

/*
 * A scan reads the entries of all roots, sorted, has the list give each its
 * device, finds out which of these EAL's devargs let in, and has the list be
 * those.  With devargs that all name their device, it asks for these names only.
 */

/* Candidates named in a log line. */
#define MAX_NAMED 4

/* Devargs of this bus, or a selection. */
struct choice {
	struct auxiliary_select select;
	struct rte_devargs *devargs; /* EAL's, or NULL */
	bool is_blocked;
	size_t order; /* on EAL's list */
	size_t nb_fits; /* devices; of devargs with a name, 1 if it is that of an entry */
	struct auxiliary_device *fit; /* the last of them */
};

struct scan {
	const struct auxiliary_root **roots;
	struct choice *choices; /* those with a name first, sorted by it */
	size_t nb_choices;
	size_t nb_names;
	bool by_list; /* only what is allowed is let in */
	struct auxiliary_entries entries; /* sorted, each name once, that may be devices */
	struct auxiliary_found *found; /* for each entry */
};

/* What the last scan found of "hotplug"; guarded by the list's lock. */
static struct auxiliary_wish *last_wishes;
static int nb_last_wishes;

/* --- What is wanted ---------------------------------------------------------- */

static int
choice_cmp(const void *one, const void *two)
{
	const struct choice *a = one, *b = two;
	int ret = (a->select.name[0] == '\0') - (b->select.name[0] == '\0');

	if (ret == 0)
		ret = strcmp(a->select.name, b->select.name);
	return ret != 0 ? ret : a->order < b->order ? -1 : a->order > b->order;
}

static int
choices_get(struct scan *scan)
{
	struct rte_devargs *devargs;
	struct choice *choice;

	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		choice = realloc(scan->choices, (scan->nb_choices + 1) * sizeof(*choice));
		if (choice == NULL)
			return -ENOMEM;
		scan->choices = choice;
		choice += scan->nb_choices;
		*choice = (struct choice){ .devargs = devargs, .order = scan->nb_choices,
			.is_blocked = devargs->policy == RTE_DEV_BLOCKED };
		if (!auxiliary_select_devargs(devargs, &choice->select))
			continue;
		scan->nb_choices++;
		scan->nb_names += choice->select.name[0] != '\0';
	}
	if (scan->nb_choices > 0)
		qsort(scan->choices, scan->nb_choices, sizeof(*scan->choices), choice_cmp);
	return 0;
}

static int
choice_name_cmp(const void *name, const void *choice)
{
	return strcmp(name, ((const struct choice *)choice)->select.name);
}

/* A choice that names a device, always the same one, or NULL. */
static struct choice *
choice_named(const struct scan *scan, const char *name)
{
	return scan->nb_names == 0 ? NULL : bsearch(name, scan->choices, scan->nb_names,
			sizeof(*scan->choices), choice_name_cmp);
}

/*
 * Copy devargs that ask for their device to be plugged, as rte_dev_probe() wants
 * them.  The interrupt thread, which plugs, must not read EAL's devargs: another
 * thread may be freeing them.
 */
static int
wishes_keep(const struct scan *scan)
{
	struct auxiliary_wish *wishes = calloc(scan->nb_choices + 1, sizeof(*wishes)), *old;
	unsigned int i;
	int nb = 0;

	if (wishes == NULL)
		return -ENOMEM;
	for (i = 0; i < scan->nb_choices; i++) {
		const struct choice *choice = &scan->choices[i];
		const struct rte_devargs *args = choice->devargs;
		const char *class = args->cls_str == NULL ? "" : args->cls_str;

		if (choice->is_blocked || choice->select.hotplug == 0)
			continue;
		wishes[nb].select = choice->select;
		if (snprintf(wishes[nb].text, sizeof(wishes[nb].text), "%s%s%s%s%s", args->bus_str,
				class[0] == '\0' ? "" : "/", class,
				args->drv_str[0] == '\0' ? "" : "/", args->drv_str) <
				(int)sizeof(wishes[nb].text))
			nb++;
		else
			AUXILIARY_LOG(ERR, "too long to be plugged: \"%s\"", args->bus_str);
	}
	auxiliary_lock();
	old = last_wishes;
	last_wishes = wishes;
	nb_last_wishes = nb;
	auxiliary_unlock();
	free(old);
	return 0;
}

int
auxiliary_scan_wishes(struct auxiliary_wish **wishes)
{
	int nb;

	auxiliary_lock();
	nb = nb_last_wishes;
	if (wishes != NULL && nb > 0) {
		*wishes = malloc((size_t)nb * sizeof(**wishes));
		if (*wishes != NULL)
			memcpy(*wishes, last_wishes, (size_t)nb * sizeof(**wishes));
		nb = *wishes != NULL ? nb : -ENOMEM;
	}
	auxiliary_unlock();
	return nb;
}

/* --- Entries ----------------------------------------------------------------- */

/* All entries, or if devargs have only names, those of these names. */
static int
entries_get(struct scan *scan)
{
	bool by_name = scan->by_list && scan->nb_names == scan->nb_choices;
	size_t i, nb = by_name ? scan->nb_names : 1;
	int ret = 0;

	for (i = 0; i < nb && ret == 0; i++)
		ret = auxiliary_entries_read(&scan->entries, scan->roots,
				by_name ? scan->choices[i].select.name : NULL);
	if (scan->entries.nb > 0)
		qsort(scan->entries.entry, scan->entries.nb, sizeof(*scan->entries.entry),
			auxiliary_entry_cmp);
	return ret;
}

/* Whether an entry that devargs do not name may be a device for some driver. */
static bool
entry_is_device(const struct scan *scan, const struct auxiliary_entry *entry)
{
	char sf[RTE_DEV_NAME_MAX_LEN];

	return auxiliary_match_name(auxiliary_kind(entry->root), entry->name) &&
		!auxiliary_entry_is_node(entry, scan->roots, sf, sizeof(sf));
}

/* Leave of each name the first entry, and of these what may be a device. */
static void
entries_filter(struct scan *scan)
{
	struct auxiliary_entry *entry = scan->entries.entry;
	char last[RTE_DEV_NAME_MAX_LEN] = "";
	size_t i, nb = 0;

	for (i = 0; i < scan->entries.nb; i++) {
		if (strcmp(last, entry[i].name) == 0) {
			AUXILIARY_LOG(DEBUG, "device %s: found again in %s, ignored there",
				entry[i].name, entry[i].root->path);
			continue;
		}
		memcpy(last, entry[i].name, sizeof(last));
		if (choice_named(scan, entry[i].name) != NULL || entry_is_device(scan, &entry[i]))
			entry[nb++] = entry[i];
	}
	scan->entries.nb = nb;
}

/* --- Devices ----------------------------------------------------------------- */

/* Whether devargs that select a device without its name are for this one. */
static bool
choice_is_for(const struct choice *choice, const struct auxiliary_device *dev)
{
	if (choice->is_blocked)
		return false;
	/* Those that a driver has the device with, whatever else they fit by now. */
	return choice->nb_fits == 1 || (dev->pub.device.driver != NULL &&
		choice->devargs == dev->pub.device.devargs);
}

/*
 * Whether a device is let in, and with which devargs: those that name it; else
 * those that select no other device, first the ones that EAL has under its name.
 */
static void
found_decide(const struct scan *scan, struct auxiliary_found *found)
{
	struct auxiliary_device *dev = found->dev;
	const struct choice *named = choice_named(scan, dev->pub.name), *choice;
	bool is_named = named != NULL && auxiliary_attrs_fit(&named->select, dev);
	bool is_blocked = is_named && named->is_blocked;
	size_t k;

	if (is_named && !is_blocked) {
		found->devargs = named->devargs;
		found->is_let_in = true;
		return;
	}
	for (k = scan->nb_names; k < scan->nb_choices; k++) {
		choice = &scan->choices[k];
		if (choice->nb_fits == 0 || !auxiliary_attrs_fit(&choice->select, dev))
			continue;
		is_blocked |= choice->is_blocked;
		if (choice_is_for(choice, dev) && (found->devargs == NULL ||
				strcmp(choice->devargs->name, dev->pub.name) == 0))
			found->devargs = choice->devargs;
	}
	/* A device that is not what it is said to be is refused before its probe. */
	if (found->devargs == NULL && named != NULL && !is_named && !named->is_blocked)
		found->devargs = named->devargs;
	found->is_let_in = found->devargs != NULL || (!is_blocked && !scan->by_list);
}

/* Give each entry its device, and each choice the number of devices that it fits. */
static int
devices_meet(struct scan *scan)
{
	size_t i, k, nb = scan->entries.nb;
	struct auxiliary_device *dev;
	struct choice *choice;

	scan->found = calloc(nb + 1, sizeof(*scan->found));
	if (scan->found == NULL ||
			auxiliary_list_meet(scan->entries.entry, nb, scan->found) < 0)
		return -ENOMEM;
	for (i = 0; i < nb; i++) {
		dev = scan->found[i].dev;
		choice = choice_named(scan, dev->pub.name);
		if (choice != NULL)
			choice->nb_fits = 1;
		for (k = scan->nb_names; k < scan->nb_choices; k++) {
			choice = &scan->choices[k];
			if (auxiliary_attrs_fit(&choice->select, dev)) {
				choice->nb_fits++;
				choice->fit = dev;
			}
		}
	}
	return 0;
}

/* Have the list be the devices that are let in.  Their number. */
static uint32_t
devices_settle(const struct scan *scan, uint64_t tsc)
{
	uint32_t nb = 0;
	size_t i;

	for (i = 0; i < scan->entries.nb; i++) {
		found_decide(scan, &scan->found[i]);
		nb += scan->found[i].is_let_in;
	}
	auxiliary_list_settle(tsc, scan->found, scan->entries.nb);
	return nb;
}

/* Say which devargs have no device, or several to choose from. */
static void
choice_report(const struct scan *scan, const struct choice *choice)
{
	char what[RTE_DEV_NAME_MAX_LEN], names[MAX_NAMED * (RTE_DEV_NAME_MAX_LEN +
			AUXILIARY_INFO_LEN + 8)] = "", roots[PATH_MAX];
	const struct auxiliary_select *select = &choice->select;
	bool has_name = select->name[0] != '\0';
	struct auxiliary_device *dev;
	size_t i, nb = 0, len = 0;

	if (choice->is_blocked || choice->nb_fits == 1 || (!has_name &&
			auxiliary_select_text(select, what, sizeof(what)) < 0))
		return;
	for (i = 0; i < scan->entries.nb && choice->nb_fits > 1 && nb < MAX_NAMED; i++) {
		dev = scan->found[i].dev;
		if (auxiliary_attrs_fit(select, dev) && auxiliary_attrs_load(dev) != -ENOENT)
			len += snprintf(names + len, sizeof(names) - len, "%s%s (%s)",
					nb++ == 0 ? "" : ", ", dev->pub.name, dev->attrs.info);
	}
	if (choice->nb_fits > 1)
		AUXILIARY_LOG(ERR, "\"%s\" is ambiguous, so none is used: %s%s", what, names,
			choice->nb_fits > nb ? ", ..." : "");
	else if (select->hotplug != 0)
		AUXILIARY_LOG(INFO, "\"%s\" waits for its device", has_name ? select->name : what);
	else if (has_name)
		AUXILIARY_LOG(ERR, "device %s: not found in %s", select->name,
			auxiliary_roots_str(roots, sizeof(roots)));
	else
		AUXILIARY_LOG(ERR, "no device fits \"%s\" in %s", what,
			auxiliary_roots_str(roots, sizeof(roots)));
}

/* Find out what is there, and what the choices make of it; scan_end() has to follow. */
static int
scan_run(struct scan *scan)
{
	int ret = -ENOMEM;

	scan->by_list = AUXILIARY_EAL_BUS->conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST;
	scan->roots = auxiliary_roots_get();
	if (scan->roots != NULL)
		ret = entries_get(scan);
	if (ret < 0)
		return ret;
	entries_filter(scan);
	return devices_meet(scan);
}

static void
scan_end(struct scan *scan)
{
	free(scan->found);
	free(scan->entries.entry);
	free(scan->roots);
}

int
auxiliary_scan_all(bool report)
{
	uint64_t tsc = rte_get_tsc_cycles();
	struct scan scan = { .nb_choices = 0 };
	uint32_t nb = 0;
	size_t k;
	int ret;

	ret = choices_get(&scan);
	if (ret == 0)
		ret = scan_run(&scan);
	if (ret == 0) {
		nb = devices_settle(&scan, tsc);
		ret = wishes_keep(&scan);
	}
	for (k = 0; ret == 0 && report && k < scan.nb_choices; k++)
		choice_report(&scan, &scan.choices[k]);
	if (ret < 0) {
		AUXILIARY_LOG(ERR, "scan failed: %s", strerror(-ret));
		/* EAL now frees the devargs that it scanned for. */
		auxiliary_list_drop_devargs(NULL);
		rte_errno = -ret;
	}
	auxiliary_trace_scan(nb, ret);
	scan_end(&scan);
	free(scan.choices);
	return ret;
}

void
auxiliary_scan_share(void)
{
	const struct rte_memzone *zone = rte_memzone_lookup(AUXILIARY_ROOTS_ZONE);
	char roots[PATH_MAX];

	auxiliary_roots_str(roots, sizeof(roots));
	if (rte_eal_process_type() == RTE_PROC_PRIMARY && zone == NULL)
		zone = rte_memzone_reserve(AUXILIARY_ROOTS_ZONE, sizeof(roots), SOCKET_ID_ANY, 0);
	if (zone == NULL)
		return; /* a secondary process goes unwarned */
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		strlcpy(zone->addr, roots, sizeof(roots));
	else if (strncmp(zone->addr, roots, zone->len) != 0)
		AUXILIARY_LOG(WARNING, "the primary process has devices of %.*s, and this one "
			"looks in %s: give it the primary's SYSFS_AUXILIARY_DEVICES and "
			"SYSFS_MDEV_DEVICES", (int)zone->len, (const char *)zone->addr, roots);
}

struct auxiliary_device *
auxiliary_scan_find(const struct auxiliary_select *select, bool report)
{
	struct choice choice = { .select = *select };
	struct scan scan = { .choices = &choice, .nb_choices = 1 };

	if (scan_run(&scan) == 0 && report)
		choice_report(&scan, &choice);
	scan_end(&scan);
	return choice.nb_fits == 1 ? choice.fit : NULL;
}
