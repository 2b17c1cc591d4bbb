/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
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

int
auxiliary_devargs_parse(struct rte_devargs *devargs)
{
	struct auxiliary_device *found = NULL;
	struct auxiliary_select select;
	int ret;

	ret = auxiliary_select_parse(devargs->bus_str, &select);
	if (ret < 0)
		goto out;
	/* ethdev's iterator, and many a driver, take this string for granted. */
	if (devargs->drv_str == NULL)
		devargs->drv_str = strchr(devargs->bus_str, '\0');
	if (select.name[0] != '\0') {
		strlcpy(devargs->name, select.name, sizeof(devargs->name));
		goto out;
	}
	ret = auxiliary_select_text(&select, devargs->name, sizeof(devargs->name));
	if (ret < 0)
		AUXILIARY_LOG(ERR, "too long: \"%s\"", devargs->bus_str);
	/*
	 * At the start EAL parses all devargs before the first scan, and what they
	 * select is found out when the bus is probed.  EAL also parses filters, so
	 * this changes nothing and says nothing.
	 */
	else if (devargs->name[0] != '\0' && auxiliary_list_is_settled())
		found = auxiliary_scan_find(&select, false);
	if (found != NULL)
		strlcpy(devargs->name, found->pub.name, sizeof(devargs->name));
out:
	rte_errno = -ret;
	return ret;
}

void
auxiliary_devargs_missed(const char *name)
{
	struct auxiliary_select select;
	struct rte_devargs *devargs;

	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		if (devargs->name != name)
			continue;
		auxiliary_list_drop_devargs(devargs);
		if (auxiliary_select_devargs(devargs, &select) && select.name[0] == '\0')
			auxiliary_scan_find(&select, true);
	}
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
