/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <string.h>

#include <linux/vfio.h>

#include <rte_byteorder.h>
#include <rte_pci.h>
#include <rte_vfio_dev.h>

#include "private.h"

/* Drivers and devices: by name, by kind, by the type of an mdev, by PCI ids. */

/* Length of what is in front of the instance in "module.kind.instance", or 0. */
static size_t
id_len(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot[1] == '\0' || dot[1 + strspn(dot + 1, "0123456789")] != '\0')
		return 0;
	return (size_t)(dot - name);
}

bool
auxiliary_is_sf_name(const char *name)
{
	return strpbrk(name, ":/") == NULL && strchr(name, '.') != strrchr(name, '.') &&
		id_len(name) != 0;
}

static bool
id_is_end(const struct rte_auxiliary_id *id)
{
	return id->kind == RTE_AUXILIARY_KIND_ANY && id->name == NULL &&
		id->mdev_type == NULL && id->vendor_id == RTE_AUXILIARY_PCI_ANY &&
		id->device_id == RTE_AUXILIARY_PCI_ANY;
}

/* PCI ids left aside.  The type is NULL if it is not known, and then fits. */
static bool
id_match(const struct rte_auxiliary_id *id, enum rte_auxiliary_kind kind,
		const char *name, const char *type)
{
	if (id->kind != RTE_AUXILIARY_KIND_ANY && id->kind != kind)
		return false;
	if (id->name != NULL && (kind != RTE_AUXILIARY_KIND_SF ||
			strlen(id->name) != id_len(name) ||
			memcmp(name, id->name, id_len(name)) != 0))
		return false;
	return id->mdev_type == NULL || (kind == RTE_AUXILIARY_KIND_MDEV &&
		(type == NULL || strcmp(type, id->mdev_type) == 0));
}

/* The id table, which only an extended driver has. */
static const struct rte_auxiliary_id *
driver_ids(const struct rte_auxiliary_driver *drv)
{
	return (drv->drv_flags & RTE_AUXILIARY_DRV_EXTENDED) != 0 ? drv->id_table : NULL;
}

static bool
driver_matches(const struct rte_auxiliary_driver *drv, enum rte_auxiliary_kind kind,
		const char *name, const char *type)
{
	const struct rte_auxiliary_id *id = driver_ids(drv);

	if (drv->match != NULL ? !drv->match(name) : id == NULL)
		return false;
	if (id == NULL)
		return true;
	while (!id_is_end(id) && !id_match(id, kind, name, type))
		id++;
	return !id_is_end(id);
}

bool
auxiliary_match_device(const struct rte_auxiliary_driver *drv, const struct auxiliary_device *dev)
{
	return driver_matches(drv, dev->pub.kind, dev->pub.name, dev->attrs.type);
}

/*
 * EAL also asks about names of other buses, so an id table that takes any name
 * takes only what looks like a name of this bus.
 */
bool
auxiliary_match_name(enum rte_auxiliary_kind kind, const char *name)
{
	const struct rte_auxiliary_driver *drv;
	bool is_strange = false;

	if (kind == RTE_AUXILIARY_KIND_ANY) {
		kind = auxiliary_is_uuid(name) ? RTE_AUXILIARY_KIND_MDEV : RTE_AUXILIARY_KIND_SF;
		is_strange = kind == RTE_AUXILIARY_KIND_SF && !auxiliary_is_sf_name(name);
	}
	RTE_BUS_FOREACH_DRV(drv, &auxiliary_bus)
		if ((!is_strange || driver_ids(drv) == NULL) &&
				driver_matches(drv, kind, name, NULL))
			return true;
	return false;
}

static int
pci_ids_read(const struct auxiliary_device *dev, uint16_t ids[2])
{
	struct rte_vfio_dev *vfio = dev->pub.vfio_dev;
	int ret;

	ret = rte_vfio_region_read(vfio, VFIO_PCI_CONFIG_REGION_INDEX, RTE_PCI_VENDOR_ID, ids, 4);
	if (ret < 0)
		AUXILIARY_LOG(ERR, "device %s: cannot read its PCI ids: %s", dev->pub.name,
			strerror(-ret));
	ids[0] = rte_le_to_cpu_16(ids[0]);
	ids[1] = rte_le_to_cpu_16(ids[1]);
	return ret;
}

int
auxiliary_match_pci(const struct rte_auxiliary_driver *drv, const struct auxiliary_device *dev)
{
	const struct rte_auxiliary_id *id = driver_ids(drv);
	uint16_t ids[2] = { 0, 0 }; /* vendor and device, read when an entry of the table asks */
	bool is_read = false;
	int ret;

	for (; id != NULL && !id_is_end(id); id++) {
		if (!id_match(id, dev->pub.kind, dev->pub.name, dev->attrs.type))
			continue;
		if (id->vendor_id == RTE_AUXILIARY_PCI_ANY &&
				id->device_id == RTE_AUXILIARY_PCI_ANY)
			return 0;
		if (dev->pub.vfio_dev == NULL) /* PCI ids are read through VFIO only */
			continue;
		ret = is_read ? 0 : pci_ids_read(dev, ids);
		if (ret < 0)
			return ret;
		is_read = true;
		if ((id->vendor_id == RTE_AUXILIARY_PCI_ANY || id->vendor_id == ids[0]) &&
				(id->device_id == RTE_AUXILIARY_PCI_ANY || id->device_id == ids[1]))
			return 0;
	}
	if (is_read)
		AUXILIARY_LOG(DEBUG, "device %s: PCI id %04x:%04x is none of driver %s",
			dev->pub.name, ids[0], ids[1], drv->driver.name);
	return id == NULL ? 0 : 1;
}
