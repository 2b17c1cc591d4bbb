/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include "private.h"

#ifndef RTE_BUS_FOREACH_DEV

#include <errno.h>
#include <string.h>

#include <rte_errno.h>

/*
 * What EAL does for a bus since DPDK 26.07: tries the drivers that match a
 * device, sets rte_device::driver before probe_device() and clears it after a
 * failure or an unplug, walks the list, and cleans up.
 */

/* Longest devargs, with the terminating zero, that this EAL hands to another process. */
#define MP_DEVARGS_LEN 128

struct rte_bus auxiliary_compat_bus;

/* Whether a device now has the driver, or, with NULL, none; false if it has another one. */
static bool
driver_set(struct rte_device *dev, struct rte_driver *drv)
{
	bool is_free;

	auxiliary_lock();
	is_free = drv == NULL || dev->driver == NULL;
	if (is_free) {
		dev->driver = drv;
		RTE_DEV_TO_AUXILIARY(dev)->driver = drv == NULL ? NULL :
			RTE_BUS_DRIVER(drv, struct rte_auxiliary_driver);
	}
	auxiliary_unlock();
	return is_free;
}

/* 0, 1 if no driver wants the device, -EEXIST if it has one, or the errno of a driver. */
static int
device_probe(struct rte_device *dev)
{
	struct rte_driver *drv;
	int ret;

	TAILQ_FOREACH(drv, &auxiliary_bus.driver_list, next) {
		if (!auxiliary_bus.match(drv, dev))
			continue;
		if (!driver_set(dev, drv))
			return -EEXIST;
		ret = auxiliary_bus.probe_device(drv, dev);
		if (ret != 0)
			driver_set(dev, NULL);
		if (ret <= 0)
			return ret;
	}
	return rte_dev_is_probed(dev) ? -EEXIST : 1;
}

static bool
device_is_ignored(const struct rte_device *dev)
{
	const struct rte_devargs *devargs = dev->devargs;

	if (auxiliary_compat_bus.conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST)
		return devargs == NULL || devargs->policy != RTE_DEV_ALLOWED;
	return devargs != NULL && devargs->policy == RTE_DEV_BLOCKED;
}

int
rte_bus_generic_probe(struct auxiliary_rte_bus *bus __rte_unused)
{
	struct auxiliary_device *dev = NULL;
	size_t probed = 0, failed = 0;
	int ret;

	while ((dev = auxiliary_list_next(dev)) != NULL) {
		if (device_is_ignored(&dev->pub.device) || rte_dev_is_probed(&dev->pub.device))
			continue;
		probed++;
		ret = device_probe(&dev->pub.device);
		failed += ret < 0 && ret != -EEXIST;
	}
	return probed != 0 && probed == failed ? -1 : 0;
}

static int
compat_unplug(struct rte_device *dev)
{
	int ret;

	if (!rte_dev_is_probed(dev))
		return 0;
	ret = auxiliary_bus.unplug_device(dev);
	if (ret == 0)
		driver_set(dev, NULL);
	return ret;
}

int
rte_bus_generic_cleanup(struct auxiliary_rte_bus *bus)
{
	struct auxiliary_device *dev;
	int result = 0;

	while ((dev = auxiliary_list_next(NULL)) != NULL) {
		if (compat_unplug(&dev->pub.device) < 0)
			result = -1;
		auxiliary_lock();
		rte_bus_remove_device(bus, &dev->pub.device);
		auxiliary_unlock();
		bus->free_device(&dev->pub.device);
	}
	return result;
}

/* Length of a layer of devargs, with the separator in front of it. */
static size_t
layer_len(const char *layer)
{
	return layer == NULL || layer[0] == '\0' ? 0 : 1 + strlen(layer);
}

/* How long the text of devargs was: "bus=.../class=.../driver=..." or "auxiliary:NAME,...". */
static size_t
devargs_len(const struct rte_devargs *devargs)
{
	return devargs->bus_str == NULL ?
		strlen(RTE_BUS_AUXILIARY_NAME ":,") + strlen(devargs->name) +
			strlen(devargs->data) :
		layer_len(devargs->bus_str) + layer_len(devargs->cls_str) +
			layer_len(devargs->drv_str) - 1;
}

/* This EAL cuts what it sends to a secondary process, which must not take the rest for all. */
static bool
devargs_is_cut(const struct rte_devargs *devargs)
{
	return rte_eal_process_type() == RTE_PROC_SECONDARY && devargs != NULL &&
		devargs->data != NULL && devargs_len(devargs) >= MP_DEVARGS_LEN - 1;
}

static int
compat_plug(struct rte_device *dev)
{
	int ret = -E2BIG;

	if (devargs_is_cut(dev->devargs))
		AUXILIARY_LOG(ERR, "device %s: its devargs were cut on the way to this secondary "
			"process: they must be shorter than %d", dev->name, MP_DEVARGS_LEN - 1);
	else
		ret = device_probe(dev);
	if (ret < 0)
		rte_errno = -ret;
	return ret;
}

static int
compat_probe(void)
{
	return auxiliary_bus.probe(&auxiliary_bus);
}

static struct rte_device *
compat_find_device(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	return auxiliary_bus.find_device(&auxiliary_bus, start, cmp, data);
}

static void *
compat_dev_iterate(const void *start, const char *str, const struct rte_dev_iterator *it)
{
	return auxiliary_bus.dev_iterate(&auxiliary_bus, start, str, it);
}

static int
compat_cleanup(void)
{
	return auxiliary_bus.cleanup(&auxiliary_bus);
}

void
auxiliary_bus_register(void)
{
	auxiliary_compat_bus = (struct rte_bus){
		.name = auxiliary_bus.name,
		.scan = auxiliary_bus.scan,
		.probe = compat_probe,
		.find_device = compat_find_device,
		.plug = compat_plug,
		.unplug = compat_unplug,
		.parse = auxiliary_bus.parse,
		.devargs_parse = auxiliary_bus.devargs_parse,
		.dma_map = auxiliary_bus.dma_map,
		.dma_unmap = auxiliary_bus.dma_unmap,
		.get_iommu_class = auxiliary_bus.get_iommu_class,
		.dev_iterate = compat_dev_iterate,
		.cleanup = compat_cleanup,
	};
	rte_bus_register(&auxiliary_compat_bus);
}

#endif /* !RTE_BUS_FOREACH_DEV */
