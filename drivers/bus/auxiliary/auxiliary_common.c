/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_interrupts.h>
#include <rte_lcore.h>
#include <rte_string_fns.h>
#include <rte_vfio.h>

#include "auxiliary_trace.h"
#include "private.h"

/* --- Drivers ---------------------------------------------------------- */

void
rte_auxiliary_register(struct rte_auxiliary_driver *driver)
{
	TAILQ_INSERT_TAIL(&auxiliary_bus.driver_list, driver, next);
}

void
rte_auxiliary_register_extended(struct rte_auxiliary_driver *driver)
{
	rte_auxiliary_register(driver);
}

void
rte_auxiliary_unregister(struct rte_auxiliary_driver *driver)
{
	TAILQ_REMOVE(&auxiliary_bus.driver_list, driver, next);
}

/* --- One device, one driver ------------------------------------------- */

/* 0, 1 if the primary process does not have the device, or a negative errno. */
static int
vfio_open(struct auxiliary_dev *dev, const struct rte_auxiliary_driver *drv)
{
	const char *name = dev->pub.name;
	struct auxiliary_node node;
	int ret;

	/* The primary process has opened it, if it wants it, and knows it by name. */
	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		node.vfio = (struct rte_vfio_dev_node){ .name = name };
		ret = rte_vfio_dev_open(&node.vfio, RTE_VFIO_TRANSPORT_ANY, &dev->pub.vfio_dev);
		return ret == -ENODEV ? 1 : ret;
	}
	ret = auxiliary_node_find(dev, &node);
	if (ret == 0)
		ret = rte_vfio_dev_open(&node.vfio,
				auxiliary_devargs_transport(dev->pub.device.devargs),
				&dev->pub.vfio_dev);
	if (ret < 0)
		auxiliary_node_explain(dev, drv->driver.name, &node, ret);
	auxiliary_node_put(&node);
	return ret;
}

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;

void
auxiliary_list_lock(void)
{
	pthread_mutex_lock(&list_lock);
}

void
auxiliary_list_unlock(void)
{
	pthread_mutex_unlock(&list_lock);
}

/* Give back what dev_take() has given, in whatever state that is. */
static void
dev_release(struct auxiliary_dev *dev)
{
	struct rte_auxiliary_device *pub = &dev->pub;
	struct rte_intr_handle *handle = pub->intr_handle;
	struct rte_vfio_dev *vfio = pub->vfio_dev;

	auxiliary_list_lock();
	pub->vfio_dev = NULL;
	pub->intr_handle = NULL;
	pub->driver = NULL;
	pub->device.driver = NULL;
	auxiliary_list_unlock();
	rte_vfio_dev_close(vfio);
	rte_intr_instance_free(handle);
}

/* Provide what the driver finds in a device. 0, 1 if it is not for the driver. */
static int
dev_take(struct auxiliary_dev *dev, struct rte_auxiliary_driver *drv)
{
	struct rte_auxiliary_device *pub = &dev->pub;
	int ret;

	pub->intr_handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	if (pub->intr_handle == NULL) {
		AUXILIARY_LOG(ERR, "device %s: no memory for its interrupt handle", pub->name);
		return -ENOMEM;
	}
	pub->driver = drv;
	if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_VFIO) != 0) {
		ret = vfio_open(dev, drv);
		if (ret != 0)
			return ret;
	}
	return auxiliary_match_pci(drv, dev);
}

/* 0, 1 if the driver does not want the device, or a negative errno, logged. */
static int
probe_one(struct auxiliary_dev *dev, struct rte_auxiliary_driver *drv)
{
	struct rte_auxiliary_device *pub = &dev->pub;
	enum rte_iova_mode wanted = auxiliary_devargs_iova(pub->device.devargs);
	int ret;

	if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_IOVA_AS_VA) != 0 &&
			rte_eal_iova_mode() != RTE_IOVA_VA) {
		AUXILIARY_LOG(ERR, "device %s: driver %s needs IOVA as VA, but the mode is PA",
			pub->name, drv->driver.name);
		return -EINVAL;
	}
	if (wanted != RTE_IOVA_DC && wanted != rte_eal_iova_mode()) {
		AUXILIARY_LOG(ERR, "device %s: devargs ask for iova=%s, but the mode is %s",
			pub->name, wanted == RTE_IOVA_VA ? "va" : "pa",
			rte_eal_iova_mode() == RTE_IOVA_VA ? "VA" : "PA");
		return -EINVAL;
	}
	if (pub->device.numa_node < 0 && rte_socket_count() > 1)
		AUXILIARY_LOG(INFO, "device %s: NUMA node not known", pub->name);

	ret = dev_take(dev, drv);
	if (ret == 0) {
		AUXILIARY_LOG(INFO, "device %s: probing driver %s (NUMA node %d)",
			pub->name, drv->driver.name, pub->device.numa_node);
		ret = drv->probe(drv, pub);
		if (ret < 0)
			AUXILIARY_LOG(ERR, "device %s: driver %s cannot use it: %s",
				pub->name, drv->driver.name, strerror(-ret));
	}
	if (ret != 0) {
		dev_release(dev);
		return ret;
	}
	auxiliary_dev_load(dev);
	pub->device.driver = &drv->driver;
	return 0;
}

/*
 * Read what is needed before a driver gets a device: all for one that knows of
 * it; for others the NUMA node, where there are several; whatever the user has
 * asked for.  0, 1 if the device has gone, or a negative errno, logged.
 */
static int
dev_look(struct auxiliary_dev *dev, const struct rte_auxiliary_driver *drv)
{
	const struct rte_devargs *devargs = dev->pub.device.devargs;

	if ((drv->drv_flags & RTE_AUXILIARY_DRV_EXTENDED) != 0)
		auxiliary_dev_load(dev);
	else if (devargs != NULL || rte_socket_count() > 1)
		auxiliary_dev_locate(dev);
	if (dev->is_outside)
		return -EXDEV;
	if (dev->is_gone) {
		AUXILIARY_LOG(DEBUG, "device %s: has gone", dev->pub.name);
		return 1;
	}
	if (devargs != NULL && !auxiliary_devargs_fit(devargs, dev)) {
		auxiliary_dev_load(dev);
		AUXILIARY_LOG(ERR, "device %s: is %s, which contradicts \"%s\"", dev->pub.name,
			dev->attrs->info, devargs->bus_str);
		return -EINVAL;
	}
	return 0;
}

/* Try one driver after the other; the result is that of probe_one(). */
static int
probe_drivers(struct auxiliary_dev *dev)
{
	const struct rte_devargs *devargs = dev->pub.device.devargs;
	struct rte_auxiliary_driver *drv;
	bool with;
	int ret;

	if (rte_dev_is_probed(&dev->pub.device)) {
		AUXILIARY_LOG(DEBUG, "device %s: already probed", dev->pub.name);
		return -EEXIST;
	}
	if (devargs != NULL && devargs->policy == RTE_DEV_BLOCKED) {
		AUXILIARY_LOG(DEBUG, "device %s: blocked", dev->pub.name);
		return 1;
	}
	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if (!auxiliary_match(drv, dev) || !auxiliary_devargs_driver(devargs, drv))
			continue;
		ret = dev_look(dev, drv);
		if (ret != 0)
			return ret;
		ret = probe_one(dev, drv);
		auxiliary_trace_probe(dev->pub.name, drv->driver.name, ret);
		dev->nb_probes++;
		if (ret < 0)
			dev->nb_failures++;
		if (ret <= 0)
			return ret;
	}
	if (devargs != NULL) {
		with = devargs->bus_str != NULL && devargs->drv_str[0] != '\0';
		AUXILIARY_LOG(WARNING, "device %s: no driver takes it%s%s", dev->pub.name,
			with ? " with " : "", with ? devargs->drv_str : "");
	}
	return 1;
}

static int
dev_remove(struct auxiliary_dev *dev)
{
	const struct rte_auxiliary_driver *drv = dev->pub.driver;
	int ret;

	if (drv == NULL)
		return 0;
	AUXILIARY_LOG(DEBUG, "device %s: removing driver %s", dev->pub.name, drv->driver.name);
	if (drv->remove != NULL) {
		ret = drv->remove(&dev->pub);
		if (ret < 0) {
			AUXILIARY_LOG(ERR, "device %s: driver %s does not let go of it: %s",
				dev->pub.name, drv->driver.name, strerror(-ret));
			return ret;
		}
	}
	dev_release(dev);
	return 0;
}

static const struct auxiliary_attrs no_attrs;

struct auxiliary_dev *
auxiliary_dev_new(const char *name)
{
	struct auxiliary_dev *dev = calloc(1, sizeof(*dev));

	if (dev == NULL)
		return NULL;
	strlcpy(dev->pub.name, name, sizeof(dev->pub.name));
	dev->pub.device.name = dev->pub.name;
	dev->pub.device.bus = &auxiliary_bus.bus;
	dev->pub.parent = no_attrs.parent;
	dev->attrs = &no_attrs;
	dev->seen = true;
	return dev;
}

/* The attributes of a device, to write, or NULL after a log line. */
struct auxiliary_attrs *
auxiliary_dev_attrs(struct auxiliary_dev *dev)
{
	struct auxiliary_attrs *attrs;

	if (dev->attrs != &no_attrs)
		return (struct auxiliary_attrs *)(uintptr_t)dev->attrs;
	attrs = calloc(1, sizeof(*attrs));
	if (attrs != NULL)
		dev->attrs = attrs;
	else
		AUXILIARY_LOG(ERR, "device %s: no memory for its attributes", dev->pub.name);
	return attrs;
}

void
auxiliary_dev_free(struct auxiliary_dev *dev)
{
	if (dev->attrs != &no_attrs)
		free((void *)(uintptr_t)dev->attrs);
	auxiliary_dir_put(dev->dir);
	free(dev);
}

void
auxiliary_dev_drop(struct auxiliary_dev *dev)
{
	auxiliary_list_lock();
	TAILQ_REMOVE(&auxiliary_bus.device_list, &dev->pub, next);
	auxiliary_list_unlock();
	auxiliary_dev_free(dev);
}

/* --- Bus operations --------------------------------------------------- */

/* Name the devices that the user wants and that are not there. */
static void
report_missing(void)
{
	const struct rte_devargs *devargs;
	struct rte_auxiliary_device *dev;
	struct auxiliary_index known = { 0 };
	char roots[PATH_MAX];

	if (auxiliary_bus.bus.conf.scan_mode != RTE_BUS_SCAN_ALLOWLIST)
		return;
	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev) {
		if (auxiliary_index_add(&known, dev->name, dev) == -ENOMEM)
			goto out;
	}
	RTE_EAL_DEVARGS_FOREACH(RTE_BUS_AUXILIARY_NAME, devargs) {
		/*
		 * "auxiliary:" is a way to allow no device at all; what picks a
		 * device without its name has been reported by the scan.
		 */
		if (devargs->policy == RTE_DEV_ALLOWED && devargs->name[0] != '\0' &&
				strchr(devargs->name, '=') == NULL &&
				auxiliary_index_add(&known, devargs->name, &known) == 0)
			AUXILIARY_LOG(ERR, "device %s: not found in %s", devargs->name,
				auxiliary_roots_str(roots, sizeof(roots)));
	}
out:
	auxiliary_index_free(&known);
}

/* A device that fails does not keep the others from being used. */
static int
auxiliary_probe(void)
{
	struct rte_auxiliary_device *dev;
	size_t probed = 0, failed = 0;
	int ret;

	report_missing();
	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev) {
		probed++;
		ret = probe_drivers(auxiliary_dev(dev));
		if (ret < 0 && ret != -EEXIST) {
			rte_errno = -ret;
			failed++;
		}
	}
	auxiliary_monitor_start();
	return probed != 0 && probed == failed ? -1 : 0;
}

static struct rte_device *
auxiliary_find_device(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	struct rte_auxiliary_device *dev;

	dev = start == NULL ? TAILQ_FIRST(&auxiliary_bus.device_list) :
		TAILQ_NEXT(RTE_DEV_TO_AUXILIARY_CONST(start), next);
	for (; dev != NULL; dev = TAILQ_NEXT(dev, next)) {
		if (cmp(&dev->device, data) != 0)
			continue;
		auxiliary_dev_load(auxiliary_dev(dev));
		return &dev->device;
	}
	return NULL;
}

static int
auxiliary_plug(struct rte_device *device)
{
	struct auxiliary_dev *dev = auxiliary_dev(RTE_DEV_TO_AUXILIARY(device));
	int ret;

	ret = auxiliary_dev_exists(dev) ? probe_drivers(dev) : -ENOENT;
	auxiliary_trace_plug(dev->pub.name, ret);
	if (ret < 0)
		rte_errno = -ret;
	return ret;
}

static int
auxiliary_unplug(struct rte_device *device)
{
	struct auxiliary_dev *dev = auxiliary_dev(RTE_DEV_TO_AUXILIARY(device));
	int ret;

	ret = dev_remove(dev);
	auxiliary_trace_unplug(dev->pub.name, ret);
	if (ret < 0) {
		rte_errno = -ret;
		return ret;
	}
	/* Its devargs stay with EAL, for when it comes back. */
	auxiliary_dev_drop(dev);
	return 0;
}

static int
auxiliary_cleanup(void)
{
	struct rte_auxiliary_device *dev, *next;
	int ret, result = 0;

	auxiliary_monitor_stop();
	for (dev = TAILQ_FIRST(&auxiliary_bus.device_list); dev != NULL; dev = next) {
		next = TAILQ_NEXT(dev, next);
		ret = dev_remove(auxiliary_dev(dev));
		if (ret == 0) {
			auxiliary_dev_drop(auxiliary_dev(dev));
		} else {
			rte_errno = -ret;
			result = -1;
		}
	}
	return result;
}

static int
auxiliary_parse(const char *name, void *addr)
{
	const struct rte_auxiliary_driver *drv;
	const char **out = addr;

	/* "auxiliary:" names no device: with an allow list, none is used. */
	if (name[0] == '\0')
		return 0;
	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if (!auxiliary_match_name(drv, name))
			continue;
		if (out != NULL)
			*out = name;
		return 0;
	}
	return -1;
}

static int
dma_result(int ret)
{
	if (ret == 0)
		return 0;
	rte_errno = -ret;
	return -1;
}

static int
auxiliary_dma_map(struct rte_device *device, void *addr, uint64_t iova, size_t len)
{
	struct rte_auxiliary_device *dev;
	int ret;

	if (device == NULL || RTE_DEV_TO_AUXILIARY(device)->driver == NULL)
		return dma_result(-EINVAL);
	dev = RTE_DEV_TO_AUXILIARY(device);
	if (dev->driver->dma_map != NULL)
		ret = dev->driver->dma_map(dev, addr, iova, len);
	else
		ret = dma_result(dev->vfio_dev == NULL ? -ENOTSUP :
				rte_vfio_dma_map(dev->vfio_dev, addr, iova, len));
	auxiliary_trace_map(dev->name, iova, len, ret);
	return ret;
}

static int
auxiliary_dma_unmap(struct rte_device *device, void *addr, uint64_t iova, size_t len)
{
	struct rte_auxiliary_device *dev;

	if (device == NULL || RTE_DEV_TO_AUXILIARY(device)->driver == NULL)
		return dma_result(-EINVAL);
	dev = RTE_DEV_TO_AUXILIARY(device);
	if (dev->driver->dma_unmap != NULL)
		return dev->driver->dma_unmap(dev, addr, iova, len);
	return dma_result(dev->vfio_dev == NULL ? -ENOTSUP :
			rte_vfio_dma_unmap(dev->vfio_dev, addr, iova, len));
}

/* Whether some driver wants this device's VFIO node opened. */
static bool
is_for_vfio(const struct auxiliary_dev *dev)
{
	const struct rte_auxiliary_driver *drv;

	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_VFIO) != 0 &&
				auxiliary_match(drv, dev))
			return true;
	}
	return false;
}

/*
 * What drivers demand, else what devargs ask for, else what is best: behind an
 * IOMMU, and for the socket of vfio-user, virtual addresses are as good as any,
 * and memory that is contiguous there is mapped at once.
 */
static enum rte_iova_mode
auxiliary_get_iommu_class(void)
{
	enum rte_iova_mode mode = RTE_IOVA_DC, wanted;
	const struct rte_auxiliary_driver *drv;
	struct rte_auxiliary_device *dev;
	bool vfio = false;

	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_IOVA_AS_VA) != 0)
			return RTE_IOVA_VA;
	}
	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev) {
		wanted = auxiliary_devargs_iova(dev->device.devargs);
		if (mode != RTE_IOVA_DC && wanted != RTE_IOVA_DC && wanted != mode) {
			AUXILIARY_LOG(ERR, "devargs ask for both iova=va and iova=pa");
			return RTE_IOVA_DC;
		}
		mode |= wanted;
		vfio = vfio || is_for_vfio(auxiliary_dev(dev));
	}
	return mode == RTE_IOVA_DC && vfio && rte_vfio_noiommu_is_enabled() != 1 ?
		RTE_IOVA_VA : mode;
}

struct auxiliary_bus auxiliary_bus = {
	.bus = {
		.name = RTE_BUS_AUXILIARY_NAME,
		.scan = auxiliary_scan,
		.probe = auxiliary_probe,
		.find_device = auxiliary_find_device,
		.plug = auxiliary_plug,
		.unplug = auxiliary_unplug,
		.parse = auxiliary_parse,
		.devargs_parse = auxiliary_devargs_parse,
		.dma_map = auxiliary_dma_map,
		.dma_unmap = auxiliary_dma_unmap,
		.get_iommu_class = auxiliary_get_iommu_class,
		.dev_iterate = auxiliary_dev_iterate,
		.cleanup = auxiliary_cleanup,
	},
	.device_list = TAILQ_HEAD_INITIALIZER(auxiliary_bus.device_list),
	.driver_list = TAILQ_HEAD_INITIALIZER(auxiliary_bus.driver_list),
};

/* --- One bus of this name --------------------------------------------- */

/*
 * DPDK brings a bus library of the same name as this one.  If an application
 * is linked with one and EAL then loads the other from its plugin directory,
 * both are in the process.  The linker binds drivers to the one that came
 * first, so that one has to serve and the other has to stay out of the way.
 */

static const char *
bus_library(const struct rte_bus *bus)
{
	Dl_info info;

	/* The scan function is in the bus's own library. */
	if (dladdr((const void *)(uintptr_t)bus->scan, &info) == 0 || info.dli_fname == NULL)
		return "unknown library";
	return info.dli_fname;
}

static int
other_bus_cmp(const struct rte_bus *bus, const void *name)
{
	return bus == &auxiliary_bus.bus ? 1 : strcmp(bus->name, name);
}

/* EAL scans after it has loaded all plugins. */
void
auxiliary_bus_claim(void)
{
	struct rte_bus *other;

	while ((other = rte_bus_find(NULL, other_bus_cmp, RTE_BUS_AUXILIARY_NAME)) != NULL) {
		rte_bus_unregister(other);
		AUXILIARY_LOG(NOTICE, "another bus named " RTE_BUS_AUXILIARY_NAME
			" was loaded (%s): unregistered, this one serves all auxiliary drivers",
			bus_library(other));
	}
}

RTE_INIT_PRIO(auxiliary_bus_init, BUS)
{
	struct rte_bus *first = rte_bus_find_by_name(RTE_BUS_AUXILIARY_NAME);

	if (first == NULL) {
		rte_bus_register(&auxiliary_bus.bus);
		return;
	}
	/* The log type of this bus does not exist yet. */
	RTE_LOG(WARNING, EAL, "auxiliary bus: %s was loaded first and serves all auxiliary drivers, "
		"%s is not used; put it first on the library path\n",
		bus_library(first), bus_library(&auxiliary_bus.bus));
}

RTE_LOG_REGISTER_DEFAULT(auxiliary_bus_logtype, NOTICE);
