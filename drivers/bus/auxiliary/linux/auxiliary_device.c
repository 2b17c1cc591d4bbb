/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "../private.h"

/* --- What sysfs says of a device, put into it when all of it has been read --------- */

int
auxiliary_attrs_load(struct auxiliary_device *dev)
{
	const struct auxiliary_root *root;
	struct auxiliary_attrs attrs;
	uint32_t nb_met;
	int ret;

	auxiliary_lock();
	while (!dev->has_attrs) {
		root = dev->root;
		nb_met = dev->nb_met;
		auxiliary_unlock();
		ret = auxiliary_attrs_read(root, dev->pub.name, &attrs);
		if (ret < 0)
			return ret;
		auxiliary_lock();
		if (dev->nb_met != nb_met || dev->has_attrs) /* a scan, or another thread */
			continue;
		/* Whoever has the device may be reading, so what is the same is not written. */
		if (memcmp(&dev->attrs, &attrs, sizeof(attrs)) != 0) {
			dev->attrs = attrs;
			dev->pub.sfnum = attrs.sfnum;
			dev->pub.device.numa_node = attrs.numa_node;
		}
		dev->has_attrs = true;
	}
	ret = dev->attrs.error;
	auxiliary_unlock();
	return ret;
}

bool
auxiliary_attrs_fit(const struct auxiliary_select *select, struct auxiliary_device *dev)
{
	bool needs_attrs = select->pf[0] != '\0' || select->sfnum != RTE_AUXILIARY_SFNUM_NONE ||
		select->type[0] != '\0';
	int ret = needs_attrs ? auxiliary_attrs_load(dev) : 0;
	bool fits;

	if (ret < 0 && ret != -EXDEV)
		return false;
	auxiliary_lock();
	fits = auxiliary_select_fits(select, dev);
	auxiliary_unlock();
	return fits;
}

/* --- The VFIO device, from before a driver's probe to after its remove ------------- */

/* Why there is no VFIO device: loud if somebody asked for it. */
static void
failure_tell(const struct auxiliary_device *dev, const char *driver,
		const struct auxiliary_node *node, int error)
{
	char user[RTE_DEV_NAME_MAX_LEN], advice[AUXILIARY_ADVICE_LEN];

	snprintf(user, sizeof(user), "driver %s", driver);
	if (!auxiliary_is_asked_for(dev))
		AUXILIARY_LOG(INFO, "device %s: no VFIO device for %s: %s", dev->pub.name,
			user, strerror(-error));
	else if (auxiliary_node_advice(dev->root, dev->pub.name, user, node, error, advice))
		AUXILIARY_LOG(NOTICE, "device %s: %s", dev->pub.name, advice);
}

int
auxiliary_vfio_open(struct auxiliary_device *dev, const struct rte_auxiliary_driver *drv)
{
	struct rte_vfio_dev *vfio = NULL;
	struct auxiliary_select select;
	struct auxiliary_node node;
	int ret;

	/* The primary process has opened it, if it wants it, and knows it by name. */
	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		node.vfio = (struct rte_vfio_dev_node){ .name = dev->pub.name };
		ret = rte_vfio_dev_open(&node.vfio, RTE_VFIO_TRANSPORT_ANY, &vfio);
		AUXILIARY_SET(dev->pub.vfio_dev, vfio);
		return ret == -ENODEV ? 1 : ret;
	}
	ret = auxiliary_node_find(dev->root, dev->pub.name, &node);
	auxiliary_select_devargs(dev->pub.device.devargs, &select);
	if (select.timeout_ms != UINT32_MAX)
		node.vfio.timeout_ms = select.timeout_ms;
	if (ret == 0)
		ret = rte_vfio_dev_open(&node.vfio, (enum rte_vfio_transport)select.transport,
				&vfio);
	if (ret == 0)
		AUXILIARY_SET(dev->pub.vfio_dev, vfio);
	else
		failure_tell(dev, drv->driver.name, &node, ret);
	auxiliary_node_put(&node);
	return ret;
}

void
auxiliary_vfio_close(struct auxiliary_device *dev)
{
	struct rte_vfio_dev *vfio = dev->pub.vfio_dev;

	AUXILIARY_SET(dev->pub.vfio_dev, NULL);
	rte_vfio_dev_close(vfio);
}
