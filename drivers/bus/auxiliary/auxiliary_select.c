/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_kvargs.h>
#include <rte_pci.h>
#include <rte_string_fns.h>
#include <rte_uuid.h>
#include <rte_vfio_dev.h>

#include "private.h"

/*
 * The bus part of a device string, "bus=auxiliary,pf=0000:03:00.0,sfnum=88,vfio=user",
 * serves to probe devices, to block them and to iterate over them.  Some keys
 * select a device, the others say how it is to be used.
 */

#define SF RTE_AUXILIARY_KIND_SF
#define MDEV RTE_AUXILIARY_KIND_MDEV
#define ANY RTE_AUXILIARY_KIND_ANY

#define KEYS_HELP "name=<device>, uuid=<mdev>, pf=<function>, sfnum=<number>, kind=sf|mdev, " \
	"type=<mdev type>, vfio=user|cdev|group, iova=va|pa, timeout=<ms>, " \
	"hotplug=plug|full"

static int
text_set(char *member, size_t size, const char *value)
{
	return strlcpy(member, value, size) >= size ? -E2BIG : 0;
}

/* A UUID is in lower case in sysfs, whatever the user typed. */
static int
name_set(struct auxiliary_select *select, const char *value)
{
	rte_uuid_t uuid;

	if (auxiliary_is_uuid(value) && rte_uuid_parse(value, uuid) == 0) {
		rte_uuid_unparse(uuid, select->name, sizeof(select->name));
		return 0;
	}
	return text_set(select->name, sizeof(select->name), value);
}

static int
pf_set(struct auxiliary_select *select, const char *value)
{
	struct rte_pci_addr addr;

	if (rte_pci_addr_parse(value, &addr) == 0) {
		rte_pci_device_name(&addr, select->pf, sizeof(select->pf));
		return 0;
	}
	/* Not every function is one of PCI: platform/sf_sim is called sf_sim. */
	return strpbrk(value, ":/") != NULL ? -EINVAL :
		text_set(select->pf, sizeof(select->pf), value);
}

/* A number of 32 bits, but not the last of them, which stands for none. */
static int
number_set(uint32_t *member, const char *value)
{
	unsigned long long number = strtoull(value, NULL, 10);

	*member = (uint32_t)number;
	return value[strspn(value, "0123456789")] != '\0' || strlen(value) > 10 ||
		number >= UINT32_MAX ? -EINVAL : 0;
}

/* 1 or 2 for one of two words, or 0. */
static int
word(const char *value, const char *one, const char *two)
{
	return strcmp(value, one) == 0 ? 1 : strcmp(value, two) == 0 ? 2 : 0;
}

/* Take one key.  0, -EINVAL or -E2BIG. */
static int
key_set(struct auxiliary_select *select, const char *key, const char *value)
{
	static const enum rte_auxiliary_kind kinds[] = { ANY, SF, MDEV };
	static const int hotplugs[] = { 0, AUXILIARY_HOTPLUG_PLUG, AUXILIARY_HOTPLUG_FULL };
	static const enum rte_vfio_transport transports[] = { RTE_VFIO_TRANSPORT_ANY,
		RTE_VFIO_TRANSPORT_USER, RTE_VFIO_TRANSPORT_CDEV };
	static const enum rte_iova_mode iovas[] = { RTE_IOVA_DC, RTE_IOVA_VA, RTE_IOVA_PA };

	if (strcmp(key, "bus") == 0)
		return strcmp(value, RTE_BUS_AUXILIARY_NAME) == 0 ? 0 : -EINVAL;
	if (strcmp(key, "name") == 0)
		return value[0] == '.' || strpbrk(value, "/=") != NULL ? -EINVAL :
			name_set(select, value);
	if (strcmp(key, "uuid") == 0)
		return auxiliary_is_uuid(value) ? name_set(select, value) : -EINVAL;
	if (strcmp(key, "pf") == 0)
		return pf_set(select, value);
	if (strcmp(key, "sfnum") == 0)
		return number_set(&select->sfnum, value);
	if (strcmp(key, "timeout") == 0)
		return number_set(&select->timeout_ms, value);
	if (strcmp(key, "type") == 0)
		return strchr(value, '/') != NULL ? -EINVAL :
			text_set(select->type, sizeof(select->type), value);
	if (strcmp(key, "kind") == 0) {
		select->kind = kinds[word(value, "sf", "mdev")];
		return select->kind == ANY ? -EINVAL : 0;
	}
	if (strcmp(key, "vfio") == 0) {
		select->transport = strcmp(value, "group") == 0 ? RTE_VFIO_TRANSPORT_GROUP :
			transports[word(value, "user", "cdev")];
		return select->transport == RTE_VFIO_TRANSPORT_ANY ? -EINVAL : 0;
	}
	if (strcmp(key, "iova") == 0) {
		select->iova = iovas[word(value, "va", "pa")];
		return select->iova == RTE_IOVA_DC ? -EINVAL : 0;
	}
	if (strcmp(key, "hotplug") != 0)
		return -EINVAL;
	select->hotplug = hotplugs[word(value, "plug", "full")];
	return select->hotplug == 0 ? -EINVAL : 0;
}

/* Keys that no device can have together: two names, or keys of different kinds. */
static bool
keys_contradict(struct auxiliary_select *select, const struct rte_kvargs *kvlist)
{
	bool is_sf = select->kind == SF || select->sfnum != RTE_AUXILIARY_SFNUM_NONE;
	bool is_mdev = select->kind == MDEV || select->type[0] != '\0' ||
		rte_kvargs_count(kvlist, "uuid") > 0;

	select->kind = is_sf ? SF : is_mdev ? MDEV : ANY;
	return (is_sf && is_mdev) ||
		rte_kvargs_count(kvlist, "name") + rte_kvargs_count(kvlist, "uuid") > 1;
}

int
auxiliary_select_parse(const char *text, struct auxiliary_select *select)
{
	struct rte_kvargs *kvlist = rte_kvargs_parse(text, NULL);
	int ret = kvlist == NULL ? -EINVAL : 0;
	const char *key, *value;
	unsigned int i;

	*select = AUXILIARY_SELECT_ALL;
	if (ret < 0)
		AUXILIARY_LOG(ERR, "cannot parse \"%s\"; valid keys are " KEYS_HELP, text);
	for (i = 0; ret == 0 && i < kvlist->count; i++) {
		key = kvlist->pairs[i].key;
		value = kvlist->pairs[i].value == NULL ? "" : kvlist->pairs[i].value;
		ret = value[0] == '\0' || strpbrk(value, "[,") != NULL ||
			rte_kvargs_count(kvlist, key) != 1 ? -EINVAL : key_set(select, key, value);
		if (ret < 0)
			AUXILIARY_LOG(ERR, "bad \"%s=%s\" in \"%s\"; valid keys, once each, are "
				KEYS_HELP, key, value, text);
	}
	if (ret == 0 && keys_contradict(select, kvlist)) {
		AUXILIARY_LOG(ERR, "keys of \"%s\" contradict each other", text);
		ret = -EINVAL;
	}
	rte_kvargs_free(kvlist);
	return ret;
}

bool
auxiliary_select_devargs(const struct rte_devargs *devargs, struct auxiliary_select *select)
{
	*select = AUXILIARY_SELECT_ALL;
	if (devargs == NULL)
		return false;
	if (devargs->bus_str == NULL)
		name_set(select, devargs->name);
	else if (auxiliary_select_parse(devargs->bus_str, select) < 0)
		return false;
	/* "auxiliary:" and "bus=auxiliary" are a way to allow no device. */
	return select->name[0] != '\0' || select->kind != ANY || select->pf[0] != '\0';
}

bool
auxiliary_select_fits(const struct auxiliary_select *select, const struct auxiliary_device *dev)
{
	const struct auxiliary_attrs *attrs = &dev->attrs;

	return (select->name[0] == '\0' || strcmp(select->name, dev->pub.name) == 0) &&
		(select->kind == ANY || select->kind == dev->pub.kind) &&
		(select->sfnum == RTE_AUXILIARY_SFNUM_NONE || select->sfnum == attrs->sfnum) &&
		(select->type[0] == '\0' || strcmp(select->type, attrs->type) == 0) &&
		(select->pf[0] == '\0' || strcmp(select->pf, attrs->parent) == 0 ||
		 strcmp(select->pf, attrs->owner) == 0);
}

int
auxiliary_select_text(const struct auxiliary_select *select, char *buf, size_t size)
{
	char text[2 * RTE_DEV_NAME_MAX_LEN + AUXILIARY_TYPE_LEN] = "", sfnum[24] = "";
	const char *kind = "";

	if (select->sfnum != RTE_AUXILIARY_SFNUM_NONE)
		snprintf(sfnum, sizeof(sfnum), ",sfnum=%" PRIu32, select->sfnum);
	else if (select->type[0] == '\0' && select->kind != ANY)
		kind = select->kind == SF ? ",kind=sf" : ",kind=mdev";
	snprintf(text, sizeof(text), "%s%s%s%s%s%s", select->pf[0] != '\0' ? ",pf=" : "",
		select->pf, sfnum, select->type[0] != '\0' ? ",type=" : "", select->type, kind);
	return text_set(buf, size, text + (text[0] == ','));
}
