/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <rte_errno.h>
#include <rte_kvargs.h>
#include <rte_string_fns.h>
#include <rte_uuid.h>

#include "auxiliary_params.h"

/*
 * EAL finds a device by the name in its devargs.  Devargs that pick a device
 * in another way have, until a scan has found that device, the keys they pick
 * by as their name: no device has a name with '=' in it, and two that pick
 * the same device by the same keys replace each other, as EAL wants it.
 */

/* A UUID is lower case in sysfs, whatever the user typed. */
static void
name_set(struct rte_devargs *devargs, const char *name)
{
	rte_uuid_t uuid;

	if (auxiliary_is_uuid(name) && rte_uuid_parse(name, uuid) == 0)
		rte_uuid_unparse(uuid, devargs->name, sizeof(devargs->name));
	else
		strlcpy(devargs->name, name, sizeof(devargs->name));
}

/* Write the name of the one device already known that has all this, if there is one. */
static void
only_match(const struct rte_kvargs *kvlist, char *name, size_t size)
{
	char only[RTE_DEV_NAME_MAX_LEN] = "";
	struct auxiliary_walk walk;
	struct auxiliary_dev *dev;

	auxiliary_walk_begin(&walk, NULL);
	while ((dev = auxiliary_walk_next(&walk)) != NULL) {
		if (!auxiliary_params_match(kvlist, dev))
			continue;
		if (only[0] != '\0')
			break;
		strlcpy(only, dev->pub.name, sizeof(only));
	}
	auxiliary_walk_end(&walk);
	if (dev == NULL && only[0] != '\0')
		strlcpy(name, only, size);
}

/*
 * Not yet the last word on what devargs without a name pick, but what EAL and
 * applications that parse them to find a device go by.
 */
static int
name_pick(struct rte_devargs *devargs, const struct rte_kvargs *kvlist)
{
	int ret;

	ret = auxiliary_params_picks(kvlist, devargs->name, sizeof(devargs->name));
	if (ret < 0) {
		AUXILIARY_LOG(ERR, "too long: \"%s\"", devargs->bus_str);
		return ret;
	}
	if (devargs->name[0] != '\0') /* or it is an iterator over the whole bus */
		only_match(kvlist, devargs->name, sizeof(devargs->name));
	return 0;
}

int
auxiliary_devargs_parse(struct rte_devargs *devargs)
{
	struct rte_kvargs *kvlist = NULL;
	const char *name;
	int ret;

	ret = auxiliary_params_parse(devargs->bus_str, &kvlist);
	if (ret < 0) {
		rte_errno = -ret;
		return ret;
	}
	/* ethdev's iterator, and many a driver, crash where there is no string. */
	if (devargs->drv_str == NULL)
		devargs->drv_str = strchr(devargs->bus_str, '\0');
	if (rte_kvargs_get(kvlist, "hotplug") != NULL)
		auxiliary_hotplug_want();
	name = rte_kvargs_get(kvlist, "name");
	if (name == NULL)
		name = rte_kvargs_get(kvlist, "uuid");
	if (name != NULL)
		name_set(devargs, name);
	else
		ret = name_pick(devargs, kvlist);
	rte_kvargs_free(kvlist);
	rte_errno = -ret;
	return ret;
}

struct rte_kvargs *
auxiliary_devargs_params(const struct rte_devargs *devargs)
{
	return devargs == NULL || devargs->bus_str == NULL ? NULL :
		rte_kvargs_parse(devargs->bus_str, NULL);
}

bool
auxiliary_devargs_fit(const struct rte_devargs *devargs, struct auxiliary_dev *dev)
{
	struct rte_kvargs *kvlist = auxiliary_devargs_params(devargs);
	bool fit;

	fit = auxiliary_params_match(kvlist, dev);
	rte_kvargs_free(kvlist);
	return fit;
}

enum rte_vfio_transport
auxiliary_devargs_transport(const struct rte_devargs *devargs)
{
	enum rte_vfio_transport transport = RTE_VFIO_TRANSPORT_ANY;
	struct rte_kvargs *kvlist = auxiliary_devargs_params(devargs);
	const char *value = rte_kvargs_get(kvlist, "vfio");

	if (value != NULL)
		transport = auxiliary_transport_parse(value);
	rte_kvargs_free(kvlist);
	return transport;
}

enum rte_iova_mode
auxiliary_devargs_iova(const struct rte_devargs *devargs)
{
	struct rte_kvargs *kvlist = auxiliary_devargs_params(devargs);
	const char *value = rte_kvargs_get(kvlist, "iova");
	enum rte_iova_mode mode = RTE_IOVA_DC;

	if (value != NULL)
		mode = auxiliary_iova_parse(value);
	rte_kvargs_free(kvlist);
	return mode;
}

unsigned int
auxiliary_devargs_hotplug(const struct rte_devargs *devargs)
{
	struct rte_kvargs *kvlist = auxiliary_devargs_params(devargs);
	const char *value = rte_kvargs_get(kvlist, "hotplug");
	unsigned int hotplug = value == NULL ? 0 : auxiliary_hotplug_parse(value);

	rte_kvargs_free(kvlist);
	return hotplug;
}

bool
auxiliary_devargs_driver(const struct rte_devargs *devargs,
		const struct rte_auxiliary_driver *drv)
{
	static const char key[] = RTE_DEVARGS_KEY_DRIVER "=";
	const char *name;
	size_t len;

	/* Only the layered syntax, which has a bus part, names a driver. */
	if (devargs == NULL || devargs->bus_str == NULL || devargs->drv_str == NULL)
		return true;
	if (strncmp(devargs->drv_str, key, strlen(key)) != 0)
		return true;
	name = devargs->drv_str + strlen(key);
	len = strcspn(name, ",");
	return (strlen(drv->driver.name) == len && memcmp(name, drv->driver.name, len) == 0) ||
		(drv->driver.alias != NULL && strlen(drv->driver.alias) == len &&
		 memcmp(name, drv->driver.alias, len) == 0);
}
