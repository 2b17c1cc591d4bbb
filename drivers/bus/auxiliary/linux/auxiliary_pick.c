/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>
#include <rte_string_fns.h>

#include "../auxiliary_params.h"
#include "auxiliary_scan.h"

/*
 * From devargs such as "pf=0000:03:00.0,sfnum=88" to the name of a device.
 *
 * Devargs stay on EAL's list when their device goes, and a sub-function that
 * is made anew may get another name: a pick is settled as long as the device
 * it has found is there, and open again afterwards.
 */

/* Candidates named in a log line. */
#define MAX_NAMED 4

/*
 * Devargs that a scan has seen.  EAL replaces the text of devargs when the
 * same device is attached with new ones, and memory is used again, so all of
 * this makes the identity.
 */
struct seen {
	const struct rte_devargs *devargs;
	const char *data;
	uint32_t hash; /* of name and bus part */
};

static struct {
	struct seen *seen; /* sorted */
	size_t nb;
	bool any; /* there was a scan */
} last_scan;

static int
seen_cmp(const void *a, const void *b)
{
	const struct seen *one = a, *two = b;

	if (one->devargs != two->devargs)
		return (uintptr_t)one->devargs < (uintptr_t)two->devargs ? -1 : 1;
	if (one->data != two->data)
		return (uintptr_t)one->data < (uintptr_t)two->data ? -1 : 1;
	return one->hash == two->hash ? 0 : one->hash < two->hash ? -1 : 1;
}

static struct seen
seen_make(const struct rte_devargs *devargs)
{
	const char *bus_str = devargs->bus_str == NULL ? "" : devargs->bus_str;

	return (struct seen){
		.devargs = devargs,
		.data = devargs->data,
		.hash = auxiliary_index_hash(devargs->name) + 31 * auxiliary_index_hash(bus_str),
	};
}

static bool
is_new(const struct rte_devargs *devargs)
{
	const struct seen key = seen_make(devargs);

	return last_scan.nb == 0 || bsearch(&key, last_scan.seen, last_scan.nb,
			sizeof(key), seen_cmp) == NULL;
}

int
auxiliary_picks_done(void)
{
	const struct rte_devargs *devargs;
	size_t nb = 0;

	free(last_scan.seen);
	last_scan.seen = NULL;
	last_scan.nb = 0;
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs)
		nb++;
	last_scan.any = true;
	if (nb == 0)
		return 0;
	last_scan.seen = calloc(nb, sizeof(*last_scan.seen));
	if (last_scan.seen == NULL)
		return -ENOMEM;
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs)
		last_scan.seen[last_scan.nb++] = seen_make(devargs);
	qsort(last_scan.seen, nb, sizeof(*last_scan.seen), seen_cmp);
	return 0;
}

/* The keys of devargs that pick a device, or NULL if they name it. */
static struct rte_kvargs *
pick_params(const struct rte_devargs *devargs)
{
	struct rte_kvargs *kvlist = auxiliary_devargs_params(devargs);
	char picks[RTE_DEV_NAME_MAX_LEN];

	/* "bus=auxiliary" alone picks nothing. */
	if (kvlist != NULL && rte_kvargs_get(kvlist, "name") == NULL &&
			rte_kvargs_get(kvlist, "uuid") == NULL &&
			auxiliary_params_picks(kvlist, picks, sizeof(picks)) == 0 &&
			picks[0] != '\0')
		return kvlist;
	rte_kvargs_free(kvlist);
	return NULL;
}

static void
pick_open(struct auxiliary_scan *scan, struct auxiliary_pick *pick)
{
	auxiliary_params_picks(pick->kvlist, pick->devargs->name, sizeof(pick->devargs->name));
	pick->is_settled = false;
	scan->nb_open++;
}

static int
pick_add(struct auxiliary_scan *scan, struct rte_devargs *devargs, struct rte_kvargs *kvlist)
{
	struct auxiliary_pick *picks, *pick;

	picks = realloc(scan->picks, (scan->nb_picks + 1) * sizeof(*picks));
	if (picks == NULL) {
		rte_kvargs_free(kvlist);
		return -ENOMEM;
	}
	scan->picks = picks;
	pick = &picks[scan->nb_picks++];
	*pick = (struct auxiliary_pick){ .devargs = devargs, .kvlist = kvlist };
	if (devargs->policy == RTE_DEV_BLOCKED) {
		scan->blocks = true;
		return 0;
	}
	if (is_new(devargs) || strchr(devargs->name, '=') != NULL)
		pick_open(scan, pick);
	else
		pick->is_settled = true;
	return 0;
}

int
auxiliary_picks_get(struct auxiliary_scan *scan)
{
	struct rte_devargs *devargs;
	unsigned int nb_new = 0;
	struct rte_kvargs *kvlist;
	int ret;

	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		kvlist = pick_params(devargs);
		if (is_new(devargs)) {
			nb_new++;
			scan->attach = kvlist == NULL ? devargs : NULL;
		}
		if (kvlist != NULL) {
			ret = pick_add(scan, devargs, kvlist);
			if (ret < 0)
				return ret;
			if (!scan->picks[scan->nb_picks - 1].is_settled)
				continue;
		}
		/* Of several for one device, the first counts. */
		if (auxiliary_index_add(&scan->devargs, devargs->name, devargs) == -ENOMEM)
			return -ENOMEM;
	}
	if (!last_scan.any || nb_new != 1 || scan->attach == NULL ||
			scan->attach->policy != RTE_DEV_ALLOWED || scan->attach->name[0] == '\0')
		scan->attach = NULL;
	return 0;
}

void
auxiliary_picks_put(struct auxiliary_scan *scan)
{
	unsigned int i;

	for (i = 0; i < scan->nb_picks; i++)
		rte_kvargs_free(scan->picks[i].kvlist);
	free(scan->picks);
}

bool
auxiliary_pick_blocks(const struct auxiliary_scan *scan, struct auxiliary_dev *dev)
{
	unsigned int i;

	for (i = 0; scan->blocks && i < scan->nb_picks; i++) {
		const struct auxiliary_pick *pick = &scan->picks[i];

		if (pick->devargs->policy == RTE_DEV_BLOCKED &&
				auxiliary_params_match(pick->kvlist, dev))
			return true;
	}
	return false;
}

static bool
is_open(const struct auxiliary_pick *pick)
{
	return !pick->is_settled && pick->devargs != NULL &&
		pick->devargs->policy == RTE_DEV_ALLOWED;
}

bool
auxiliary_pick_wants(const struct auxiliary_scan *scan, struct auxiliary_dev *dev)
{
	unsigned int i;

	for (i = 0; i < scan->nb_picks; i++) {
		if (is_open(&scan->picks[i]) && auxiliary_params_match(scan->picks[i].kvlist, dev))
			return true;
	}
	return false;
}

int
auxiliary_picks_check(struct auxiliary_scan *scan)
{
	struct auxiliary_index devices = { 0 };
	struct rte_auxiliary_device *pub;
	struct auxiliary_pick *pick;
	struct auxiliary_dev *dev;
	unsigned int i;
	int ret = 0;

	if (scan->nb_picks == scan->nb_open)
		return 0;
	FOREACH_DEVICE_ON_AUXILIARY_BUS(pub) {
		ret = auxiliary_index_add(&devices, pub->name, auxiliary_dev(pub));
		if (ret == -ENOMEM)
			goto out;
	}
	ret = 0;
	for (i = 0; i < scan->nb_picks; i++) {
		pick = &scan->picks[i];
		if (!pick->is_settled)
			continue;
		dev = auxiliary_index_find(&devices, pick->devargs->name);
		if (dev != NULL && (dev->pub.driver != NULL ||
				(dev->seen && auxiliary_params_match(pick->kvlist, dev))))
			continue;
		auxiliary_index_remove(&scan->devargs, pick->devargs->name);
		pick_open(scan, pick);
	}
out:
	auxiliary_index_free(&devices);
	return ret;
}

static bool
is_candidate(const struct auxiliary_pick *pick, struct auxiliary_dev *dev)
{
	return (dev->seen || dev->pub.driver != NULL) && auxiliary_params_match(pick->kvlist, dev);
}

/* One line that says between which devices the user has to choose. */
static void
report_ambiguous(const struct auxiliary_pick *pick, unsigned int nb)
{
	struct rte_auxiliary_device *pub;
	char names[512];
	unsigned int i = 0;
	size_t len = 0;

	FOREACH_DEVICE_ON_AUXILIARY_BUS(pub) {
		if (i == MAX_NAMED)
			break;
		if (!is_candidate(pick, auxiliary_dev(pub)))
			continue;
		auxiliary_dev_load(auxiliary_dev(pub));
		len += snprintf(names + len, sizeof(names) - len, "%s%s (%s)",
				i == 0 ? "" : ", ", pub->name, auxiliary_dev(pub)->attrs->info);
		if (len >= sizeof(names))
			break;
		i++;
	}
	AUXILIARY_LOG(ERR, "\"%s\" is ambiguous, so none is used: %s%s", pick->devargs->name,
		names, nb > i ? ", ..." : "");
}

static bool
is_later(const struct rte_devargs *devargs, const struct rte_devargs *than)
{
	while ((than = rte_devargs_next(RTE_BUS_AUXILIARY_NAME, than)) != NULL) {
		if (than == devargs)
			return true;
	}
	return false;
}

/* Of two devargs for one device, those that came later count. */
static int
pick_settle(struct auxiliary_scan *scan, struct auxiliary_pick *pick,
		const struct auxiliary_dev *dev)
{
	struct rte_devargs *old = auxiliary_index_find(&scan->devargs, dev->pub.name);
	unsigned int i;

	if (old != NULL && !is_later(pick->devargs, old)) {
		rte_devargs_remove(pick->devargs);
		pick->devargs = NULL;
		return 0;
	}
	if (old != NULL)
		auxiliary_index_replace(&scan->devargs, old->name, dev->pub.name, pick->devargs);
	else if (auxiliary_index_add(&scan->devargs, dev->pub.name, pick->devargs) < 0)
		return -ENOMEM;
	for (i = 0; old != NULL && i < scan->nb_picks; i++) {
		if (scan->picks[i].devargs == old)
			scan->picks[i] = (struct auxiliary_pick){ .kvlist = scan->picks[i].kvlist };
	}
	if (old != NULL)
		rte_devargs_remove(old);
	strlcpy(pick->devargs->name, dev->pub.name, sizeof(pick->devargs->name));
	pick->is_settled = true;
	return 0;
}

int
auxiliary_picks_settle(struct auxiliary_scan *scan)
{
	struct rte_auxiliary_device *pub;
	struct auxiliary_dev *only;
	char roots[PATH_MAX];
	unsigned int i, nb;

	for (i = 0; i < scan->nb_picks; i++) {
		struct auxiliary_pick *pick = &scan->picks[i];

		if (!is_open(pick))
			continue;
		nb = 0;
		only = NULL;
		FOREACH_DEVICE_ON_AUXILIARY_BUS(pub) {
			if (is_candidate(pick, auxiliary_dev(pub)) && nb++ == 0)
				only = auxiliary_dev(pub);
		}
		if (nb == 1 && pick_settle(scan, pick, only) < 0)
			return -ENOMEM;
		if (nb > 1)
			report_ambiguous(pick, nb);
		else if (nb == 0 && auxiliary_devargs_hotplug(pick->devargs) != 0)
			AUXILIARY_LOG(INFO, "\"%s\" waits for its device", pick->devargs->name);
		else if (nb == 0 && is_new(pick->devargs))
			AUXILIARY_LOG(ERR, "no device fits \"%s\" in %s", pick->devargs->name,
				auxiliary_roots_str(roots, sizeof(roots)));
	}
	return 0;
}
