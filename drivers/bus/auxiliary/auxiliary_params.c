/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_kvargs.h>
#include <rte_pci.h>

#include "auxiliary_params.h"

/* Each key is one line in the table below. */
struct param {
	const char *key;
	const char *help;
	/* 0, or -EINVAL or -E2BIG if no device can have the value. */
	int (*check)(const char *value);
	/* Whether a device has the value; NULL if it does not pick devices. */
	bool (*match)(const struct auxiliary_dev *dev, const char *value);
	/* The kind of device that alone has it, or ANY. */
	enum rte_auxiliary_kind kind;
	bool is_attribute; /* a device has to be loaded to be asked for it */
};

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
	return value[0] == '.' || strpbrk(value, "/=") != NULL ? -EINVAL : 0;
}

static int
uuid_check(const char *value)
{
	return auxiliary_is_uuid(value) ? 0 : -EINVAL;
}

static bool
uuid_match(const struct auxiliary_dev *dev, const char *value)
{
	return strcasecmp(dev->pub.name, value) == 0;
}

static bool
name_match(const struct auxiliary_dev *dev, const char *value)
{
	return auxiliary_is_uuid(value) ? uuid_match(dev, value) :
		strcmp(dev->pub.name, value) == 0;
}

static int
pf_check(const char *value)
{
	struct rte_pci_addr addr;

	if (rte_pci_addr_parse(value, &addr) == 0)
		return 0;
	/* Not every function is one of PCI: platform/sf_sim is called sf_sim. */
	return strpbrk(value, ":/") != NULL ? -EINVAL : 0;
}

static bool
pf_match(const struct auxiliary_dev *dev, const char *value)
{
	struct rte_pci_addr addr, parent;

	if (rte_pci_addr_parse(value, &addr) != 0)
		return strcmp(dev->attrs->owner, value) == 0;
	return rte_pci_addr_parse(dev->pub.parent, &parent) == 0 &&
		rte_pci_addr_cmp(&addr, &parent) == 0;
}

static int
sfnum_check(const char *value)
{
	unsigned long long number;

	if (value[strspn(value, "0123456789")] != '\0' || strlen(value) > 10)
		return -EINVAL;
	number = strtoull(value, NULL, 10);
	return number < RTE_AUXILIARY_SFNUM_NONE ? 0 : -EINVAL;
}

static bool
sfnum_match(const struct auxiliary_dev *dev, const char *value)
{
	return strtoull(value, NULL, 10) == dev->pub.sfnum;
}

static enum rte_auxiliary_kind
kind_parse(const char *value)
{
	if (strcmp(value, "sf") == 0)
		return RTE_AUXILIARY_KIND_SF;
	return strcmp(value, "mdev") == 0 ? RTE_AUXILIARY_KIND_MDEV : RTE_AUXILIARY_KIND_ANY;
}

static int
kind_check(const char *value)
{
	return kind_parse(value) == RTE_AUXILIARY_KIND_ANY ? -EINVAL : 0;
}

static bool
kind_match(const struct auxiliary_dev *dev, const char *value)
{
	return dev->pub.kind == kind_parse(value);
}

static int
type_check(const char *value)
{
	if (strlen(value) >= AUXILIARY_MDEV_TYPE_LEN)
		return -E2BIG;
	return strchr(value, '/') != NULL ? -EINVAL : 0;
}

static bool
type_match(const struct auxiliary_dev *dev, const char *value)
{
	return strcmp(dev->attrs->mdev_type, value) == 0;
}

/* Names of the values of the key "vfio". */
static const char * const transport_names[] = {
	[RTE_VFIO_TRANSPORT_USER] = "user",
	[RTE_VFIO_TRANSPORT_CDEV] = "cdev",
	[RTE_VFIO_TRANSPORT_GROUP] = "group",
};

enum rte_vfio_transport
auxiliary_transport_parse(const char *value)
{
	size_t i;

	for (i = 0; i < RTE_DIM(transport_names); i++) {
		if (transport_names[i] != NULL && strcmp(value, transport_names[i]) == 0)
			return (enum rte_vfio_transport)i;
	}
	return RTE_VFIO_TRANSPORT_ANY;
}

const char *
auxiliary_transport_name(enum rte_vfio_transport transport)
{
	return (size_t)transport < RTE_DIM(transport_names) &&
		transport_names[transport] != NULL ? transport_names[transport] : "none";
}

static int
vfio_check(const char *value)
{
	return auxiliary_transport_parse(value) == RTE_VFIO_TRANSPORT_ANY ? -EINVAL : 0;
}

enum rte_iova_mode
auxiliary_iova_parse(const char *value)
{
	if (strcmp(value, "va") == 0)
		return RTE_IOVA_VA;
	return strcmp(value, "pa") == 0 ? RTE_IOVA_PA : RTE_IOVA_DC;
}

static int
iova_check(const char *value)
{
	return auxiliary_iova_parse(value) == RTE_IOVA_DC ? -EINVAL : 0;
}

unsigned int
auxiliary_hotplug_parse(const char *value)
{
	if (strcmp(value, "full") == 0)
		return AUXILIARY_HOTPLUG_PLUG | AUXILIARY_HOTPLUG_UNPLUG;
	return strcmp(value, "plug") == 0 ? AUXILIARY_HOTPLUG_PLUG : 0;
}

static int
hotplug_check(const char *value)
{
	return auxiliary_hotplug_parse(value) == 0 ? -EINVAL : 0;
}

#define SF RTE_AUXILIARY_KIND_SF
#define MDEV RTE_AUXILIARY_KIND_MDEV
#define ANY RTE_AUXILIARY_KIND_ANY

static const struct param params[] = {
	{ "bus", NULL, bus_check, NULL, ANY, false },
	{ "name", "<device>", name_check, name_match, ANY, false },
	{ "uuid", "<mdev>", uuid_check, uuid_match, MDEV, false },
	{ "pf", "<function>", pf_check, pf_match, ANY, true },
	{ "sfnum", "<number>", sfnum_check, sfnum_match, SF, true },
	{ "kind", "sf|mdev", kind_check, kind_match, ANY, false },
	{ "type", "<mdev type>", type_check, type_match, MDEV, false },
	{ "vfio", "user|cdev|group", vfio_check, NULL, ANY, false },
	{ "iova", "va|pa", iova_check, NULL, ANY, false },
	{ "hotplug", "plug|full", hotplug_check, NULL, ANY, false },
};

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

/* "name=<device>, ..." for the one who has mistyped. */
static const char *
params_help(char *buf, size_t size)
{
	size_t i, len = 0;

	buf[0] = '\0';
	for (i = 0; i < RTE_DIM(params) && len < size; i++) {
		if (params[i].help == NULL)
			continue;
		len += snprintf(buf + len, size - len, "%s%s=%s", len == 0 ? "" : ", ",
				params[i].key, params[i].help);
	}
	return buf;
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

/* Keys that no device can have together: both names, or of different kinds. */
static int
kinds_check(const struct rte_kvargs *kvlist, const char *str)
{
	enum rte_auxiliary_kind kind = RTE_AUXILIARY_KIND_ANY, wanted;
	const char *first = NULL, *key;
	unsigned int i;

	if (rte_kvargs_count(kvlist, "name") + rte_kvargs_count(kvlist, "uuid") > 1) {
		AUXILIARY_LOG(ERR, "both name and uuid in \"%s\"", str);
		return -EINVAL;
	}
	for (i = 0; i < kvlist->count; i++) {
		key = kvlist->pairs[i].key;
		wanted = strcmp(key, "kind") == 0 ? kind_parse(kvlist->pairs[i].value) :
			param_find(key)->kind;
		if (wanted == RTE_AUXILIARY_KIND_ANY)
			continue;
		if (first != NULL && wanted != kind) {
			AUXILIARY_LOG(ERR, "%s and %s contradict each other in \"%s\"",
				first, key, str);
			return -EINVAL;
		}
		first = key;
		kind = wanted;
	}
	return 0;
}

int
auxiliary_params_parse(const char *str, struct rte_kvargs **kvlist_out)
{
	struct rte_kvargs *kvlist;
	char help[256];
	unsigned int i;
	int ret = 0;

	kvlist = rte_kvargs_parse(str, NULL);
	if (kvlist == NULL) {
		AUXILIARY_LOG(ERR, "cannot parse \"%s\"; valid keys are %s", str,
			params_help(help, sizeof(help)));
		return -EINVAL;
	}
	for (i = 0; i < kvlist->count && ret == 0; i++) {
		const struct rte_kvargs_pair *pair = &kvlist->pairs[i];

		ret = pair_check(kvlist, pair);
		if (ret < 0)
			AUXILIARY_LOG(ERR, "bad \"%s=%s\" in \"%s\"; valid keys, once each, are %s",
				pair->key, pair->value == NULL ? "" : pair->value, str,
				params_help(help, sizeof(help)));
	}
	if (ret == 0)
		ret = kinds_check(kvlist, str);
	if (ret < 0) {
		rte_kvargs_free(kvlist);
		return ret;
	}
	*kvlist_out = kvlist;
	return 0;
}

int
auxiliary_params_picks(const struct rte_kvargs *kvlist, char *buf, size_t size)
{
	const char *value;
	size_t i, len = 0;
	int ret;

	buf[0] = '\0';
	for (i = 0; i < RTE_DIM(params); i++) {
		value = rte_kvargs_get(kvlist, params[i].key);
		if (value == NULL || params[i].match == NULL)
			continue;
		ret = snprintf(buf + len, size - len, "%s%s=%s", len == 0 ? "" : ",",
				params[i].key, value);
		if (ret < 0 || (size_t)ret >= size - len)
			return -E2BIG;
		len += (size_t)ret;
	}
	return 0;
}

bool
auxiliary_params_match(const struct rte_kvargs *kvlist, struct auxiliary_dev *dev)
{
	const struct param *param;
	unsigned int i;

	for (i = 0; kvlist != NULL && i < kvlist->count; i++) {
		param = param_find(kvlist->pairs[i].key);
		if (param->match == NULL)
			continue;
		if (param->is_attribute)
			auxiliary_dev_load(dev);
		if (!param->match(dev, kvlist->pairs[i].value))
			return false;
	}
	return true;
}

void *
auxiliary_dev_iterate(const void *start, const char *str,
		const struct rte_dev_iterator *it __rte_unused)
{
	struct rte_kvargs *kvlist = NULL;
	struct auxiliary_walk walk;
	struct auxiliary_dev *dev;
	int ret;

	if (str != NULL) {
		ret = auxiliary_params_parse(str, &kvlist);
		if (ret < 0) {
			rte_errno = -ret;
			return NULL;
		}
	}
	auxiliary_walk_begin(&walk, start);
	while ((dev = auxiliary_walk_next(&walk)) != NULL) {
		if (!auxiliary_params_match(kvlist, dev))
			continue;
		auxiliary_dev_load(dev);
		if (!dev->is_gone)
			break;
	}
	rte_kvargs_free(kvlist);
	return auxiliary_walk_found(&walk);
}
