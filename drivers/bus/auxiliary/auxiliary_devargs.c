/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_string_fns.h>

#include "private.h"

/*
 * EAL finds a device by the name in its devargs, and devargs_parse() is where a
 * bus writes it.  Devargs that select a device without its name, "sfnum=88",
 * get the name of the only device that they fit there.  If there is no such
 * device yet, the keys are the name: no device has a name with '=' in it, and
 * the same keys given twice replace each other, as EAL wants it.
 */

/* Candidates named in a log line. */
#define MAX_NAMED 4

/* The only device that a selection without a name fits, or NULL after a log line. */
static struct auxiliary_device *
select_device(const struct auxiliary_select *select, const char *text)
{
	char names[MAX_NAMED * (RTE_DEV_NAME_MAX_LEN + AUXILIARY_INFO_LEN + 8)], roots[PATH_MAX];
	struct auxiliary_device *dev = NULL, *found = NULL;
	unsigned int nb = 0;
	size_t len = 0;

	while ((dev = auxiliary_list_next(dev)) != NULL) {
		if (!auxiliary_attrs_fit(select, dev) || auxiliary_attrs_load(dev) == -ENOENT)
			continue;
		found = dev;
		if (nb++ < MAX_NAMED)
			len += snprintf(names + len, sizeof(names) - len, "%s%s (%s)",
					nb == 1 ? "" : ", ", dev->pub.name, dev->attrs.info);
	}
	if (nb > 1)
		AUXILIARY_LOG(ERR, "\"%s\" is ambiguous, so none is used: %s%s", text, names,
			nb > MAX_NAMED ? ", ..." : "");
	else if (nb == 0 && select->hotplug != 0)
		AUXILIARY_LOG(INFO, "\"%s\" waits for its device", text);
	else if (nb == 0)
		AUXILIARY_LOG(ERR, "no device fits \"%s\" in %s", text,
			auxiliary_roots_str(roots, sizeof(roots)));
	return nb == 1 ? found : NULL;
}

/*
 * Write the name for a selection without one, if it is not that of all devices.
 * At the start EAL parses all devargs before the first scan, and what they select
 * is found out when the bus is probed.
 */
static int
name_write(struct rte_devargs *devargs, const struct auxiliary_select *select)
{
	struct auxiliary_device *dev;
	int ret;

	ret = auxiliary_select_text(select, devargs->name, sizeof(devargs->name));
	if (ret < 0)
		AUXILIARY_LOG(ERR, "too long: \"%s\"", devargs->bus_str);
	if (ret < 0 || devargs->name[0] == '\0' || !auxiliary_list_is_settled())
		return ret;
	ret = auxiliary_scan_also(select);
	dev = ret < 0 ? NULL : select_device(select, devargs->name);
	if (dev != NULL)
		strlcpy(devargs->name, dev->pub.name, sizeof(devargs->name));
	return ret;
}

int
auxiliary_devargs_parse(struct rte_devargs *devargs)
{
	struct auxiliary_select select;
	int ret;

	ret = auxiliary_select_parse(devargs->bus_str, &select);
	if (ret == 0) {
		/* ethdev's iterator, and many a driver, take this string for granted. */
		if (devargs->drv_str == NULL)
			devargs->drv_str = strchr(devargs->bus_str, '\0');
		if (select.name[0] != '\0')
			strlcpy(devargs->name, select.name, sizeof(devargs->name));
		else
			ret = name_write(devargs, &select);
	}
	rte_errno = -ret;
	return ret;
}

int
auxiliary_devargs_compare(const char *name, const char *devargs_name)
{
	struct auxiliary_device *dev;
	struct auxiliary_select select;

	if (strchr(devargs_name, '=') == NULL)
		return strcmp(name, devargs_name);
	dev = auxiliary_list_find(name);
	return dev == NULL || auxiliary_select_parse(devargs_name, &select) < 0 ||
		!auxiliary_attrs_fit(&select, dev);
}

static int
name_cmp(const void *one, const void *two)
{
	return strcmp(((const struct auxiliary_select *)one)->name,
			((const struct auxiliary_select *)two)->name);
}

/* Say which of these names, sorted, are those of no device. */
static void
report_missing(const struct auxiliary_select *names, size_t nb)
{
	struct auxiliary_device *dev = auxiliary_list_next(NULL);
	char roots[PATH_MAX];
	size_t i;

	for (i = 0; i < nb; i++) {
		while (dev != NULL && strcmp(dev->pub.name, names[i].name) < 0)
			dev = auxiliary_list_next(dev);
		if ((dev != NULL && strcmp(dev->pub.name, names[i].name) == 0) ||
				(i > 0 && name_cmp(&names[i], &names[i - 1]) == 0))
			continue;
		if (names[i].hotplug != 0)
			AUXILIARY_LOG(INFO, "device %s: waited for", names[i].name);
		else
			AUXILIARY_LOG(ERR, "device %s: not found in %s", names[i].name,
				auxiliary_roots_str(roots, sizeof(roots)));
	}
}

/* Whether a device has these devargs. */
static bool
devargs_are_used(const struct rte_devargs *devargs)
{
	struct auxiliary_device *dev = NULL;

	while ((dev = auxiliary_list_next(dev)) != NULL)
		if (dev->pub.device.devargs == devargs)
			return true;
	return false;
}

void
auxiliary_devargs_report(void)
{
	struct auxiliary_select select, *names = NULL, *more;
	char text[RTE_DEV_NAME_MAX_LEN];
	struct rte_devargs *devargs;
	bool is_extended = false;
	size_t nb = 0;

	if (AUXILIARY_EAL_BUS->conf.scan_mode != RTE_BUS_SCAN_ALLOWLIST)
		return;
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		if (devargs->policy != RTE_DEV_ALLOWED || devargs_are_used(devargs) ||
				!auxiliary_select_devargs(devargs, &select))
			continue;
		if (select.name[0] == '\0') {
			/* Several devices that fit are not on the list. */
			is_extended = true;
			if (auxiliary_select_text(&select, text, sizeof(text)) == 0 &&
					auxiliary_scan_also(&select) == 0)
				select_device(&select, text);
			continue;
		}
		more = realloc(names, (nb + 1) * sizeof(*names));
		if (more == NULL)
			break;
		names = more;
		names[nb++] = select;
	}
	if (nb > 0)
		qsort(names, nb, sizeof(*names), name_cmp);
	report_missing(names, nb);
	free(names);
	if (is_extended)
		auxiliary_scan_also(NULL);
}
