/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include <rte_common.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_memzone.h>
#include <rte_vfio.h>
#include <rte_vfio_dev.h>

#include "auxiliary_trace.h"
#include "private.h"

/* --- Probe and unplug -------------------------------------------------------- */

static bool
auxiliary_match(const struct rte_driver *drv, const struct rte_device *device)
{
	static const char key[] = RTE_DEVARGS_KEY_DRIVER "=";
	const struct rte_devargs *devargs = device->devargs;
	struct auxiliary_device *dev = auxiliary_device(device);
	const char *name;
	size_t len;

	/* The id table of a driver may ask for the type of an mdev. */
	if (dev->pub.kind == RTE_AUXILIARY_KIND_MDEV)
		auxiliary_attrs_load(dev);
	if (!auxiliary_match_device(RTE_BUS_DRIVER(drv, const struct rte_auxiliary_driver), dev))
		return false;
	/* The layered syntax may leave the device to one driver: "bus=.../driver=NAME,...". */
	if (devargs == NULL || devargs->bus_str == NULL || devargs->drv_str == NULL ||
			strncmp(devargs->drv_str, key, strlen(key)) != 0)
		return true;
	name = devargs->drv_str + strlen(key);
	len = strcspn(name, ",");
	return (strncmp(name, drv->name, len) == 0 && drv->name[len] == '\0') ||
		(drv->alias != NULL && strncmp(name, drv->alias, len) == 0 &&
		 drv->alias[len] == '\0');
}

/*
 * Devices without devargs that the last probe of the bus could not use: a host may have
 * hundreds, so they are told in one line.  Guarded by the list's lock.
 */
static struct {
	unsigned int nb;
	const struct auxiliary_device *first;
} unusable;

/* Read the device and compare it, and the driver, with what devargs ask for. */
static int
device_check(struct auxiliary_device *dev, const struct rte_auxiliary_driver *drv)
{
	const struct rte_devargs *devargs = dev->pub.device.devargs;
	enum rte_iova_mode mode = rte_eal_iova_mode();
	struct auxiliary_select select;
	int ret;

	ret = auxiliary_attrs_load(dev);
	if (ret < 0)
		return ret; /* it has gone, or leads out of its tree, which has been said */
	if (auxiliary_select_devargs(devargs, &select) && !auxiliary_select_fits(&select, dev)) {
		AUXILIARY_LOG(ERR, "device %s: is %s, which contradicts \"%s\"", dev->pub.name,
			dev->attrs.info, devargs->bus_str != NULL ? devargs->bus_str :
			devargs->name);
		return -EINVAL;
	}
	if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_IOVA_AS_VA) != 0 && mode != RTE_IOVA_VA) {
		AUXILIARY_LOG(ERR, "device %s: driver %s needs IOVA as VA, but the mode is PA",
			dev->pub.name, drv->driver.name);
		return -EINVAL;
	}
	if (select.iova != RTE_IOVA_DC && select.iova != mode) {
		AUXILIARY_LOG(ERR, "device %s: devargs ask for iova=%s, but the mode is %s",
			dev->pub.name, select.iova == RTE_IOVA_VA ? "va" : "pa",
			mode == RTE_IOVA_VA ? "VA" : "PA");
		return -EINVAL;
	}
	return 0;
}

/* Give back what a driver found in a device, in whatever state that is. */
static void
device_release(struct auxiliary_device *dev)
{
	struct rte_intr_handle *handle = dev->pub.intr_handle;

	auxiliary_vfio_close(dev);
	AUXILIARY_SET(dev->pub.intr_handle, NULL);
	rte_intr_instance_free(handle);
}

/* Provide what the driver finds in the device, and call it. */
static int
driver_probe(struct rte_auxiliary_driver *drv, struct auxiliary_device *dev)
{
	struct rte_auxiliary_device *pub = &dev->pub;
	int ret = 0;

	AUXILIARY_SET(pub->intr_handle, rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE));
	if (pub->intr_handle == NULL) {
		AUXILIARY_LOG(ERR, "device %s: no memory for its interrupt handle", pub->name);
		return -ENOMEM;
	}
	rte_intr_fd_set(pub->intr_handle, -1); /* else it is that of the standard input */
	if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_VFIO) != 0)
		ret = auxiliary_vfio_open(dev, drv);
	if (ret == 0)
		ret = auxiliary_match_pci(drv, dev);
	if (ret == 0) {
		AUXILIARY_LOG(INFO, "device %s: probing driver %s (NUMA node %d)", pub->name,
			drv->driver.name, pub->device.numa_node);
		ret = drv->probe(drv, pub);
		if (ret < 0)
			AUXILIARY_LOG_AT(auxiliary_is_asked_for(dev) ? RTE_LOG_ERR : RTE_LOG_INFO,
				"device %s: driver %s cannot use it: %s", pub->name,
				drv->driver.name, strerror(-ret));
	}
	if (ret != 0)
		device_release(dev);
	return ret;
}

/* EAL has a device probed and removed on any thread; whether one had it before. */
static bool
busy_set(struct auxiliary_device *dev, bool is_busy)
{
	bool was;

	auxiliary_lock();
	was = dev->is_busy;
	dev->is_busy = is_busy;
	auxiliary_unlock();
	return was;
}

static int
auxiliary_probe_device(struct rte_driver *driver, struct rte_device *device)
{
	struct rte_auxiliary_driver *drv = RTE_BUS_DRIVER(driver, struct rte_auxiliary_driver);
	struct auxiliary_device *dev = auxiliary_device(device);
	bool has_devargs = device->devargs != NULL;
	int ret;

	if (busy_set(dev, true))
		return -EEXIST;
	ret = device_check(dev, drv);
	if (ret == 0)
		ret = driver_probe(drv, dev);
	busy_set(dev, false);
	auxiliary_trace_probe(dev->pub.name, driver->name, ret);
	auxiliary_lock();
	dev->nb_probes += ret <= 0;
	dev->nb_failures += ret < 0;
	if (ret < 0 && ret != -ENOENT && !has_devargs && unusable.nb++ == 0)
		unusable.first = dev;
	auxiliary_unlock();
	if (ret < 0)
		rte_errno = -ret;
	/* That a device has no node is no error if nobody has asked for the device. */
	return !has_devargs && (ret == -ENOENT || ret == -ENODEV || ret == -EACCES ||
		ret == -EPERM) ? 1 : ret;
}

static int
auxiliary_unplug_device(struct rte_device *device)
{
	struct auxiliary_device *dev = auxiliary_device(device);
	const struct rte_auxiliary_driver *drv;
	int ret = 0;

	/* On another thread; what its driver has begun cannot be removed yet. */
	if (busy_set(dev, true)) {
		AUXILIARY_LOG(ERR, "device %s: is being probed or removed", dev->pub.name);
		rte_errno = EBUSY;
		return -EBUSY;
	}
	/* Another thread has just removed it, and EAL has yet to say so. */
	if (dev->pub.intr_handle == NULL) {
		busy_set(dev, false);
		return 0;
	}
	drv = RTE_BUS_DRIVER(device->driver, const struct rte_auxiliary_driver);
	AUXILIARY_LOG(DEBUG, "device %s: removing driver %s", dev->pub.name, drv->driver.name);
	if (drv->remove != NULL)
		ret = drv->remove(&dev->pub);
	auxiliary_trace_unplug(dev->pub.name, ret);
	if (ret < 0) {
		AUXILIARY_LOG_AT(dev->is_hushed ? RTE_LOG_INFO : RTE_LOG_ERR,
			"device %s: driver %s does not let go of it: %s", dev->pub.name,
			drv->driver.name, strerror(-ret));
		busy_set(dev, false);
		rte_errno = -ret;
		return ret;
	}
	device_release(dev);
	busy_set(dev, false);
	/* A device that is back already may be plugged again. */
	auxiliary_hotplug_ask();
	return 0;
}

/* --- The bus as a whole ------------------------------------------------------ */

static int
auxiliary_scan(void)
{
	int ret;

	auxiliary_only_claim(); /* drivers may have been loaded since */
	ret = auxiliary_scan_all(false);
	auxiliary_hotplug_ask();
	return ret;
}

static int
auxiliary_probe(struct auxiliary_rte_bus *bus)
{
	typeof(unusable) told;
	bool is_first;
	int ret;

	auxiliary_scan_share();
	is_first = auxiliary_hotplug_begin();
	/* Say here what is missing or ambiguous: there are many more scans than probes. */
	if (AUXILIARY_EAL_BUS->conf.scan_mode == RTE_BUS_SCAN_ALLOWLIST)
		auxiliary_scan_all(true);
	AUXILIARY_SET(unusable.nb, 0);
	ret = rte_bus_generic_probe(bus);
	auxiliary_lock();
	told = unusable;
	auxiliary_unlock();
	if (told.nb > 0)
		AUXILIARY_LOG(NOTICE, "%u devices that no devargs name cannot be used, the first is "
			"%s; --log-level=bus.auxiliary:info says why", told.nb,
			told.first->pub.name);
	if (is_first)
		auxiliary_hotplug_start();
	return ret;
}

static int
auxiliary_cleanup(struct auxiliary_rte_bus *bus)
{
	int ret;

	auxiliary_hotplug_stop();
	ret = rte_bus_generic_cleanup(bus);
	auxiliary_list_free_left();
	/* EAL gives its hugepages back only if no memzone of the bus is left in them. */
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_memzone_free(rte_memzone_lookup(AUXILIARY_ROOTS_ZONE));
	return ret;
}

static struct rte_device *
auxiliary_find_device(const struct auxiliary_rte_bus *bus __rte_unused,
		const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	struct auxiliary_device *dev = start == NULL ? NULL : auxiliary_device(start);

	while ((dev = auxiliary_list_next(dev)) != NULL)
		if (cmp(&dev->pub.device, data) == 0 && auxiliary_attrs_load(dev) != -ENOENT)
			return &dev->pub.device;
	/* EAL, when it is to attach a device, looks for the name in the devargs. */
	if (start == NULL)
		auxiliary_devargs_missed(data);
	return NULL;
}

static void *
auxiliary_dev_iterate(const struct auxiliary_rte_bus *bus __rte_unused, const void *start,
		const char *str, const struct rte_dev_iterator *it __rte_unused)
{
	struct auxiliary_device *dev = start == NULL ? NULL : auxiliary_device(start);
	struct auxiliary_select select = AUXILIARY_SELECT_ALL;
	int ret;

	ret = str == NULL ? 0 : auxiliary_select_parse(str, &select);
	if (ret < 0) {
		rte_errno = -ret;
		return NULL;
	}
	while ((dev = auxiliary_list_next(dev)) != NULL)
		if (auxiliary_attrs_fit(&select, dev) && auxiliary_attrs_load(dev) != -ENOENT)
			return &dev->pub.device;
	return NULL;
}

static int
auxiliary_parse(const char *name, void *addr)
{
	const char **out = addr;

	auxiliary_only_claim(); /* EAL parses devargs after it has loaded all plugins */
	/* "auxiliary:" names no device: with an allow list, none is used. */
	if (name[0] == '\0')
		return 0;
	if (auxiliary_match_name(RTE_AUXILIARY_KIND_ANY, name)) {
		if (out != NULL)
			*out = name;
		return 0;
	}
	if (auxiliary_is_uuid(name) || auxiliary_is_sf_name(name))
		AUXILIARY_LOG(NOTICE, "device %s: no driver for it is loaded; is its library in "
			"EAL's plugin directory, or given with -d?", name);
	return -1;
}

/* Map or unmap memory by the driver's function, or else for the VFIO device. */
static int
dma_change(struct rte_device *device, void *addr, uint64_t iova, size_t len, bool is_map)
{
	const struct rte_auxiliary_driver *drv;
	struct rte_auxiliary_device *dev;
	rte_auxiliary_dma_map_t *own;
	int ret = -EINVAL;

	if (device != NULL && device->driver != NULL) {
		drv = RTE_BUS_DRIVER(device->driver, const struct rte_auxiliary_driver);
		dev = RTE_DEV_TO_AUXILIARY(device);
		own = is_map ? drv->dma_map : drv->dma_unmap;
		if (own != NULL)
			return own(dev, addr, iova, len);
		if (dev->vfio_dev == NULL)
			ret = -ENOTSUP;
		else
			ret = is_map ? rte_vfio_dev_dma_map(dev->vfio_dev, addr, iova, len) :
				rte_vfio_dev_dma_unmap(dev->vfio_dev, addr, iova, len);
		auxiliary_trace_map(dev->name, iova, len, ret);
	}
	rte_errno = -ret;
	return ret < 0 ? -1 : 0;
}

static int
auxiliary_dma_map(struct rte_device *device, void *addr, uint64_t iova, size_t len)
{
	return dma_change(device, addr, iova, len, true);
}

static int
auxiliary_dma_unmap(struct rte_device *device, void *addr, uint64_t iova, size_t len)
{
	return dma_change(device, addr, iova, len, false);
}

/*
 * What drivers demand, else what devargs ask for, else what is best: behind an
 * IOMMU, and for the socket of vfio-user, virtual addresses are as good as any,
 * and memory that is contiguous there is mapped at once.
 */
static enum rte_iova_mode
auxiliary_get_iommu_class(void)
{
	const struct rte_auxiliary_driver *drv;
	enum rte_iova_mode mode = RTE_IOVA_DC;
	struct auxiliary_device *dev = NULL;
	struct auxiliary_select select;
	bool is_for_vfio = false;

	while ((dev = auxiliary_list_next(dev)) != NULL) {
		RTE_BUS_FOREACH_DRV(drv, &auxiliary_bus)
			if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_VFIO) != 0 && !is_for_vfio)
				is_for_vfio = auxiliary_match_device(drv, dev);
		/* The probe of a device refuses what asks for the other mode. */
		if (auxiliary_select_devargs(dev->pub.device.devargs, &select) &&
				mode == RTE_IOVA_DC)
			mode = select.iova;
	}
	RTE_BUS_FOREACH_DRV(drv, &auxiliary_bus)
		if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_IOVA_AS_VA) != 0)
			return RTE_IOVA_VA;
	return mode == RTE_IOVA_DC && is_for_vfio && rte_vfio_noiommu_is_enabled() != 1 ?
		RTE_IOVA_VA : mode;
}

struct auxiliary_rte_bus auxiliary_bus = {
	.name = RTE_BUS_AUXILIARY_NAME,
	.scan = auxiliary_scan,
	.probe = auxiliary_probe,
	.find_device = auxiliary_find_device,
	.match = auxiliary_match,
	.probe_device = auxiliary_probe_device,
	.unplug_device = auxiliary_unplug_device,
	.parse = auxiliary_parse,
	.dev_compare = auxiliary_devargs_compare,
	.devargs_parse = auxiliary_devargs_parse,
	.dma_map = auxiliary_dma_map,
	.dma_unmap = auxiliary_dma_unmap,
	.get_iommu_class = auxiliary_get_iommu_class,
	.dev_iterate = auxiliary_dev_iterate,
	.free_device = auxiliary_list_free,
	.cleanup = auxiliary_cleanup,
	.device_list = TAILQ_HEAD_INITIALIZER(auxiliary_bus.device_list),
	.driver_list = TAILQ_HEAD_INITIALIZER(auxiliary_bus.driver_list),
};

RTE_LOG_REGISTER_DEFAULT(auxiliary_bus_logtype, NOTICE);
