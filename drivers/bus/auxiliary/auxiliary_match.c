/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <string.h>

#include <linux/pci_regs.h>
#include <linux/vfio.h>

#include <rte_byteorder.h>
#include <rte_uuid.h>

#include "private.h"

bool
auxiliary_is_uuid(const char *name)
{
	rte_uuid_t uuid;

	return strlen(name) == RTE_UUID_STRLEN - 1 && rte_uuid_parse(name, uuid) == 0;
}

/* The id table, which only an extended driver has. */
static const struct rte_auxiliary_id *
driver_ids(const struct rte_auxiliary_driver *drv)
{
	return (drv->drv_flags & RTE_AUXILIARY_DRV_EXTENDED) != 0 ? drv->id_table : NULL;
}

static bool
id_is_end(const struct rte_auxiliary_id *id)
{
	return id->kind == RTE_AUXILIARY_KIND_ANY && id->name == NULL &&
		id->mdev_type == NULL && id->vendor_id == RTE_AUXILIARY_PCI_ANY &&
		id->device_id == RTE_AUXILIARY_PCI_ANY;
}

static bool
id_has_pci(const struct rte_auxiliary_id *id)
{
	return id->vendor_id != RTE_AUXILIARY_PCI_ANY || id->device_id != RTE_AUXILIARY_PCI_ANY;
}

/* Where the instance in "module.kind.instance" begins, or NULL. */
static const char *
name_instance(const char *name)
{
	const char *dot = strrchr(name, '.');

	if (dot == NULL || dot[1] == '\0' || dot[1 + strspn(dot + 1, "0123456789")] != '\0')
		return NULL;
	return dot + 1;
}

bool
auxiliary_is_sf_name(const char *name)
{
	return strpbrk(name, ":/") == NULL && strchr(name, '.') != strrchr(name, '.') &&
		name_instance(name) != NULL;
}

/* Whether a device is an instance of the auxiliary device id. */
static bool
name_is_instance_of(const char *name, const char *id)
{
	const char *instance = name_instance(name);
	size_t len = strlen(id);

	return instance != NULL && (size_t)(instance - 1 - name) == len &&
		memcmp(name, id, len) == 0;
}

/* PCI ids left aside.  The type is NULL if it is not known, and then fits. */
static bool
id_match(const struct rte_auxiliary_id *id, enum rte_auxiliary_kind kind,
		const char *name, const char *mdev_type)
{
	if (id->kind != RTE_AUXILIARY_KIND_ANY && id->kind != kind)
		return false;
	if (id->name != NULL &&
			(kind != RTE_AUXILIARY_KIND_SF || !name_is_instance_of(name, id->name)))
		return false;
	if (id->mdev_type == NULL)
		return true;
	return kind == RTE_AUXILIARY_KIND_MDEV &&
		(mdev_type == NULL || strcmp(mdev_type, id->mdev_type) == 0);
}

static bool
ids_match(const struct rte_auxiliary_id *id, enum rte_auxiliary_kind kind,
		const char *name, const char *mdev_type)
{
	for (; !id_is_end(id); id++) {
		if (id_match(id, kind, name, mdev_type))
			return true;
	}
	return false;
}

static bool
driver_match(const struct rte_auxiliary_driver *drv, enum rte_auxiliary_kind kind,
		const char *name, const char *mdev_type)
{
	const struct rte_auxiliary_id *ids = driver_ids(drv);

	if (drv->match == NULL && ids == NULL)
		return false;
	if (drv->match != NULL && !drv->match(name))
		return false;
	return ids == NULL || ids_match(ids, kind, name, mdev_type);
}

bool
auxiliary_match(const struct rte_auxiliary_driver *drv, const struct auxiliary_dev *dev)
{
	return driver_match(drv, dev->pub.kind, dev->pub.name, dev->attrs->mdev_type);
}

bool
auxiliary_is_wanted(enum rte_auxiliary_kind kind, const char *name, const char *mdev_type)
{
	const struct rte_auxiliary_driver *drv;

	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if (driver_match(drv, kind, name, mdev_type))
			return true;
	}
	return false;
}

/*
 * EAL also asks this of names that belong to other buses, so an id table that
 * takes any name takes only what looks like a device of this bus.
 */
bool
auxiliary_match_name(const struct rte_auxiliary_driver *drv, const char *name)
{
	const struct rte_auxiliary_id *ids = driver_ids(drv);

	if (drv->match != NULL && !drv->match(name))
		return false;
	if (ids == NULL)
		return drv->match != NULL;
	if (auxiliary_is_uuid(name))
		return ids_match(ids, RTE_AUXILIARY_KIND_MDEV, name, NULL);
	return auxiliary_is_sf_name(name) && ids_match(ids, RTE_AUXILIARY_KIND_SF, name, NULL);
}

static int
pci_ids_read(const struct auxiliary_dev *dev, uint16_t *vendor, uint16_t *device)
{
	int ret;

	ret = rte_vfio_region_read16(dev->pub.vfio_dev, VFIO_PCI_CONFIG_REGION_INDEX,
			PCI_VENDOR_ID, vendor);
	if (ret == 0)
		ret = rte_vfio_region_read16(dev->pub.vfio_dev, VFIO_PCI_CONFIG_REGION_INDEX,
				PCI_DEVICE_ID, device);
	if (ret < 0) {
		AUXILIARY_LOG(ERR, "device %s: cannot read its PCI ids: %s",
			dev->pub.name, strerror(-ret));
		return ret;
	}
	*vendor = rte_le_to_cpu_16(*vendor);
	*device = rte_le_to_cpu_16(*device);
	return 0;
}

int
auxiliary_match_pci(const struct rte_auxiliary_driver *drv, const struct auxiliary_dev *dev)
{
	const struct rte_auxiliary_device *pub = &dev->pub;
	const struct rte_auxiliary_id *id = driver_ids(drv);
	uint16_t vendor = 0, device = 0;
	bool known = false;
	int ret;

	if (id == NULL)
		return 0;
	for (; !id_is_end(id); id++) {
		if (!id_match(id, pub->kind, pub->name, dev->attrs->mdev_type))
			continue;
		if (!id_has_pci(id))
			return 0;
		if (pub->vfio_dev == NULL) /* the driver cannot have what it asks for */
			continue;
		if (!known) {
			ret = pci_ids_read(dev, &vendor, &device);
			if (ret < 0)
				return ret;
			known = true;
		}
		if ((id->vendor_id == RTE_AUXILIARY_PCI_ANY || id->vendor_id == vendor) &&
				(id->device_id == RTE_AUXILIARY_PCI_ANY || id->device_id == device))
			return 0;
	}
	if (known)
		AUXILIARY_LOG(DEBUG, "device %s: PCI id %04x:%04x is none of driver %s",
			pub->name, vendor, device, drv->driver.name);
	return 1;
}
