/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>

#include <rte_dev.h>

#include "auxiliary_linux.h"

/* A device that has come, for devargs that ask for it: one try to have EAL plug it. */

/* Whether there is a VFIO node that this user may open; of other faults, its open tells. */
static bool
node_is_ready(const struct auxiliary_device *dev)
{
	struct auxiliary_node node;
	bool is_ready;

	is_ready = auxiliary_node_find(dev->root, dev->pub.name, &node) != -ENODEV &&
		auxiliary_node_forbidden(&node) == NULL;
	auxiliary_node_put(&node);
	return is_ready;
}

/* Whether the driver that is to have a device would find its VFIO node. */
static bool
device_is_ready(struct auxiliary_device *dev)
{
	const struct rte_auxiliary_driver *drv;

	if (auxiliary_attrs_load(dev) == -ENOENT)
		return false;
	RTE_BUS_FOREACH_DRV(drv, &auxiliary_bus)
		if (auxiliary_match_device(drv, dev))
			return (drv->drv_flags & RTE_AUXILIARY_DRV_NEED_VFIO) == 0 ||
				node_is_ready(dev);
	return true;
}

int
auxiliary_plug(struct auxiliary_device *dev, const struct auxiliary_wish *wish, bool is_last)
{
	int ret;

	/* Devargs without a name may fit another device as well, which may be driven. */
	if (wish->select.name[0] == '\0' && auxiliary_scan_find(&wish->select, is_last) != dev)
		return -ENODEV;
	/* EAL has something to say of each try, so what must fail is tried once, at the end. */
	if (!is_last && !device_is_ready(dev))
		return -ENODEV;
	AUXILIARY_SET(dev->is_hushed, !is_last);
	ret = rte_dev_probe(wish->text);
	AUXILIARY_SET(dev->is_hushed, false);
	/* EAL forgets the devargs of a device that it does not find any more. */
	if (ret == -ENODEV && rte_devargs_add(RTE_DEVTYPE_ALLOWED, wish->text) != 0)
		AUXILIARY_LOG(ERR, "device %s: not plugged when it comes again: no memory",
			dev->pub.name);
	return ret;
}
