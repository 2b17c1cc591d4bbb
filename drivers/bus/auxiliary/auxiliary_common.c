/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include <rte_common.h>
#include <rte_eal.h>
#include <rte_errno.h>
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

/* --- Devices ----------------------------------------------------------- */

static pthread_mutex_t list_lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t list_quiet = PTHREAD_COND_INITIALIZER;
static bool is_scanned; /* by some thread, right now */
static unsigned int nb_waiting; /* for the end of that, before the next may begin */

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

void
auxiliary_list_lock_quiet(void)
{
	pthread_mutex_lock(&list_lock);
	nb_waiting++;
	while (is_scanned)
		pthread_cond_wait(&list_quiet, &list_lock);
	if (--nb_waiting == 0)
		pthread_cond_broadcast(&list_quiet);
}

void
auxiliary_list_scan_begin(void)
{
	auxiliary_list_lock();
	while (is_scanned || nb_waiting > 0)
		pthread_cond_wait(&list_quiet, &list_lock);
	is_scanned = true;
	auxiliary_list_unlock();
}

void
auxiliary_list_scan_end(void)
{
	auxiliary_list_lock();
	is_scanned = false;
	auxiliary_list_unlock();
	pthread_cond_broadcast(&list_quiet);
}

struct auxiliary_dev *
auxiliary_dev_find(const char *name)
{
	struct rte_auxiliary_device *dev;

	FOREACH_DEVICE_ON_AUXILIARY_BUS(dev) {
		if (strcmp(dev->name, name) == 0)
			return auxiliary_dev(dev);
	}
	return NULL;
}

static const struct auxiliary_attrs no_attrs;

void
auxiliary_dev_init(struct auxiliary_dev *dev, const char *name)
{
	*dev = (struct auxiliary_dev){ .dir = dev->dir, .attrs = &no_attrs, .seen = true };
	strlcpy(dev->pub.name, name, sizeof(dev->pub.name));
	dev->pub.device.name = dev->pub.name;
	dev->pub.device.bus = &auxiliary_bus.bus;
	dev->pub.parent = no_attrs.parent;
}

struct auxiliary_dev *
auxiliary_dev_new(const char *name)
{
	struct auxiliary_dev *dev = calloc(1, sizeof(*dev));

	if (dev != NULL)
		auxiliary_dev_init(dev, name);
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
auxiliary_dev_link(struct auxiliary_dev *dev, struct rte_auxiliary_device *next)
{
	if (next != NULL)
		TAILQ_INSERT_BEFORE(next, &dev->pub, next);
	else
		TAILQ_INSERT_TAIL(&auxiliary_bus.device_list, &dev->pub, next);
	auxiliary_bus.nb_devices++;
	auxiliary_bus.generation++;
}

void
auxiliary_dev_unlink(struct auxiliary_dev *dev)
{
	TAILQ_REMOVE(&auxiliary_bus.device_list, &dev->pub, next);
	auxiliary_bus.nb_devices--;
	auxiliary_bus.generation++;
}

/* Unlocks the list. */
static void
dev_drop(struct auxiliary_dev *dev)
{
	const struct auxiliary_name name = auxiliary_dev_name(&dev->pub);

	auxiliary_dev_unlink(dev);
	auxiliary_names_mark(&name, AUXILIARY_NAME_LEFT);
	auxiliary_history_keep(dev);
	auxiliary_list_unlock();
	auxiliary_dev_free(dev);
}

void
auxiliary_dev_scan_drop(struct auxiliary_dev *dev)
{
	auxiliary_list_lock();
	dev_drop(dev);
}

void
auxiliary_dev_drop(struct auxiliary_dev *dev)
{
	auxiliary_list_lock_quiet();
	dev_drop(dev);
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
				auxiliary_index_add(&known, devargs->name, &known) == 0) {
			if (auxiliary_devargs_hotplug(devargs) != 0)
				AUXILIARY_LOG(INFO, "device %s: waited for", devargs->name);
			else
				AUXILIARY_LOG(ERR, "device %s: not found in %s", devargs->name,
					auxiliary_roots_str(roots, sizeof(roots)));
		}
	}
out:
	auxiliary_index_free(&known);
}

/* A device that fails does not keep the others from being used. */
static int
auxiliary_probe(void)
{
	size_t probed = 0, failed = 0;
	struct auxiliary_walk walk;
	int ret;

	report_missing();
	auxiliary_walk_begin(&walk, NULL);
	while (auxiliary_walk_next(&walk) != NULL) {
		probed++;
		ret = auxiliary_dev_probe(auxiliary_walk_keep(&walk));
		if (ret < 0 && ret != -EEXIST) {
			rte_errno = -ret;
			failed++;
		}
		if (ret > 0)
			auxiliary_walk_drop(&walk);
	}
	auxiliary_walk_end(&walk);
	auxiliary_monitor_start();
	return probed != 0 && probed == failed ? -1 : 0;
}

static struct rte_device *
auxiliary_find_device(const struct rte_device *start, rte_dev_cmp_t cmp, const void *data)
{
	struct auxiliary_walk walk;
	struct auxiliary_dev *dev;

	auxiliary_walk_begin(&walk, start);
	do
		dev = auxiliary_walk_next(&walk);
	while (dev != NULL && cmp(&dev->pub.device, data) != 0);
	return auxiliary_walk_found(&walk);
}

static int
auxiliary_plug(struct rte_device *device)
{
	struct auxiliary_dev *dev = auxiliary_dev(RTE_DEV_TO_AUXILIARY(device));
	int ret;

	ret = auxiliary_dev_exists(dev) ? auxiliary_dev_probe(dev) : -ENOENT;
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

	ret = auxiliary_dev_remove(dev);
	auxiliary_trace_unplug(dev->pub.name, ret);
	if (ret < 0) {
		rte_errno = -ret;
		return ret;
	}
	/* Its devargs stay with EAL, for when it comes back. */
	auxiliary_hotplug_freed(dev->pub.name);
	auxiliary_dev_drop(dev);
	return 0;
}

static int
auxiliary_cleanup(void)
{
	struct rte_auxiliary_device *dev, *next;
	int ret, result = 0;

	auxiliary_monitor_stop();
	auxiliary_hotplug_stop();
	auxiliary_list_lock();
	auxiliary_names_free();
	auxiliary_list_unlock();
	for (dev = TAILQ_FIRST(&auxiliary_bus.device_list); dev != NULL; dev = next) {
		next = TAILQ_NEXT(dev, next);
		ret = auxiliary_dev_remove(auxiliary_dev(dev));
		if (ret == 0) {
			auxiliary_dev_drop(auxiliary_dev(dev));
		} else {
			rte_errno = -ret;
			result = -1;
		}
	}
	auxiliary_list_lock();
	auxiliary_history_forget();
	auxiliary_list_unlock();
	auxiliary_scan_free();
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

/* Whether some driver wants some device's VFIO node opened. */
static bool
some_is_for_vfio(void)
{
	const struct rte_auxiliary_driver *drv;
	struct auxiliary_dev *dev = NULL;
	struct auxiliary_walk walk;

	FOREACH_DRIVER_ON_AUXILIARY_BUS(drv) {
		if ((drv->drv_flags & RTE_AUXILIARY_DRV_NEED_VFIO) == 0)
			continue;
		auxiliary_walk_begin(&walk, NULL);
		do
			dev = auxiliary_walk_next(&walk);
		while (dev != NULL && !auxiliary_match(drv, dev));
		auxiliary_walk_end(&walk);
		if (dev != NULL)
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
	}
	return mode == RTE_IOVA_DC && some_is_for_vfio() && rte_vfio_noiommu_is_enabled() != 1 ?
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
	.generation = 1,
	.driver_list = TAILQ_HEAD_INITIALIZER(auxiliary_bus.driver_list),
};

RTE_LOG_REGISTER_DEFAULT(auxiliary_bus_logtype, NOTICE);
