/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_kvargs.h>
#include <rte_string_fns.h>
#include <rte_uuid.h>

#include "private.h"

/*
 * The bus part of a device string, "bus=auxiliary,name=sf_sim.sf.0,vfio=user",
 * is used twice: to say which device to probe and how, and to pick devices
 * from the bus.  Each key is one line in the table below.
 */
struct param {
	const char *key;
	/* 0, or -EINVAL or -E2BIG if no device can have the value. */
	int (*check)(const char *value);
	/* Whether a device has the value; NULL if it does not pick devices. */
	bool (*match)(const struct rte_device *dev, const char *value);
};

/* Names of the values of the key "vfio". */
static const char * const transport_names[] = {
	[RTE_VFIO_TRANSPORT_USER] = "user",
	[RTE_VFIO_TRANSPORT_CDEV] = "cdev",
	[RTE_VFIO_TRANSPORT_GROUP] = "group",
};

static enum rte_vfio_transport
transport_parse(const char *value)
{
	size_t i;

	for (i = 0; i < RTE_DIM(transport_names); i++) {
		if (transport_names[i] != NULL && strcmp(value, transport_names[i]) == 0)
			return (enum rte_vfio_transport)i;
	}
	return RTE_VFIO_TRANSPORT_ANY;
}

static int
bus_check(const char *value)
{
	return strcmp(value, RTE_BUS_AUXILIARY_NAME) == 0 ? 0 : -EINVAL;
}

static int
name_check(const char *value)
{
	if (strlen(value) >= RTE_DEV_NAME_MAX_LEN)
		return -E2BIG;
	return value[0] == '.' || strchr(value, '/') != NULL ? -EINVAL : 0;
}

static bool
name_match(const struct rte_device *dev, const char *value)
{
	return strcmp(dev->name, value) == 0;
}

static int
uuid_check(const char *value)
{
	return auxiliary_is_uuid(value) ? 0 : -EINVAL;
}

static bool
uuid_match(const struct rte_device *dev, const char *value)
{
	return strcasecmp(dev->name, value) == 0;
}

static int
vfio_check(const char *value)
{
	return transport_parse(value) == RTE_VFIO_TRANSPORT_ANY ? -EINVAL : 0;
}

static const struct param params[] = {
	{ "bus", bus_check, NULL },
	{ "name", name_check, name_match },
	{ "uuid", uuid_check, uuid_match },
	{ "vfio", vfio_check, NULL },
};

#define PARAMS_HELP "name=<device>, uuid=<mdev>, vfio=user|cdev|group"

static const struct param *
param_find(const char *key)
{
	size_t i;

	for (i = 0; i < RTE_DIM(params); i++) {
		if (strcmp(key, params[i].key) == 0)
			return &params[i];
	}
	return NULL;
}

static int
pair_check(const struct rte_kvargs *kvlist, const struct rte_kvargs_pair *pair)
{
	const struct param *param = param_find(pair->key);

	if (param == NULL || pair->value == NULL || pair->value[0] == '\0')
		return -EINVAL;
	if (rte_kvargs_count(kvlist, pair->key) != 1)
		return -EINVAL;
	return param->check(pair->value);
}

/* Split and check; the caller frees the list.  A refusal is one log line. */
static int
params_parse(const char *str, struct rte_kvargs **kvlist_out)
{
	struct rte_kvargs *kvlist;
	unsigned int i;
	int ret = 0;

	kvlist = rte_kvargs_parse(str, NULL);
	if (kvlist == NULL) {
		AUXILIARY_LOG(ERR, "cannot parse \"%s\"; valid keys are " PARAMS_HELP, str);
		return -EINVAL;
	}
	for (i = 0; i < kvlist->count && ret == 0; i++) {
		const struct rte_kvargs_pair *pair = &kvlist->pairs[i];

		ret = pair_check(kvlist, pair);
		if (ret < 0)
			AUXILIARY_LOG(ERR, "bad \"%s=%s\" in \"%s\"; valid keys, once each, are "
				PARAMS_HELP, pair->key,
				pair->value == NULL ? "" : pair->value, str);
	}
	if (ret == 0 && rte_kvargs_count(kvlist, "name") + rte_kvargs_count(kvlist, "uuid") > 1) {
		AUXILIARY_LOG(ERR, "both name and uuid in \"%s\"", str);
		ret = -EINVAL;
	}
	if (ret < 0) {
		rte_kvargs_free(kvlist);
		return ret;
	}
	*kvlist_out = kvlist;
	return 0;
}

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

int
auxiliary_devargs_parse(struct rte_devargs *devargs)
{
	struct rte_kvargs *kvlist = NULL;
	const char *name;
	int ret;

	ret = params_parse(devargs->bus_str, &kvlist);
	if (ret < 0) {
		rte_errno = -ret;
		return ret;
	}
	name = rte_kvargs_get(kvlist, "name");
	if (name == NULL)
		name = rte_kvargs_get(kvlist, "uuid");
	if (name != NULL) /* none is fine: an iterator over the whole bus */
		name_set(devargs, name);
	rte_kvargs_free(kvlist);
	return 0;
}

static int
dev_cmp(const struct rte_device *dev, const void *arg)
{
	const struct rte_kvargs *kvlist = arg;
	unsigned int i;

	for (i = 0; kvlist != NULL && i < kvlist->count; i++) {
		const struct param *param = param_find(kvlist->pairs[i].key);

		if (param->match != NULL && !param->match(dev, kvlist->pairs[i].value))
			return 1;
	}
	return 0;
}

void *
auxiliary_dev_iterate(const void *start, const char *str,
		const struct rte_dev_iterator *it __rte_unused)
{
	struct rte_kvargs *kvlist = NULL;
	struct rte_device *dev;
	int ret;

	if (str != NULL) {
		ret = params_parse(str, &kvlist);
		if (ret < 0) {
			rte_errno = -ret;
			return NULL;
		}
	}
	dev = auxiliary_bus.bus.find_device(start, dev_cmp, kvlist);
	rte_kvargs_free(kvlist);
	return dev;
}

enum rte_vfio_transport
auxiliary_devargs_transport(const struct rte_devargs *devargs)
{
	enum rte_vfio_transport transport = RTE_VFIO_TRANSPORT_ANY;
	struct rte_kvargs *kvlist;
	const char *value;

	if (devargs == NULL || devargs->bus_str == NULL)
		return transport;
	kvlist = rte_kvargs_parse(devargs->bus_str, NULL);
	value = rte_kvargs_get(kvlist, "vfio");
	if (value != NULL)
		transport = transport_parse(value);
	rte_kvargs_free(kvlist);
	return transport;
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
