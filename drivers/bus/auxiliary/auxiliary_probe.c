/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include <rte_eal.h>
#include <rte_interrupts.h>
#include <rte_lcore.h>

#include "auxiliary_trace.h"
#include "private.h"

/*
 * One device, one driver: what a device has to have before a driver gets it,
 * and how it is taken from one.
 */

/* Of this thread: what goes wrong is not said. */
static __thread bool is_hushed;

void
auxiliary_probe_hush(bool hush)
{
	is_hushed = hush;
}

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
	if (ret < 0 && !is_hushed)
		auxiliary_node_explain(dev, drv->driver.name, &node, ret);
	auxiliary_node_put(&node);
	return ret;
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
		if (ret < 0 && !is_hushed)
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

int
auxiliary_dev_probe(struct auxiliary_dev *dev)
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
		dev->nb_probes += ret <= 0;
		dev->nb_failures += ret < 0;
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

int
auxiliary_dev_remove(struct auxiliary_dev *dev)
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
