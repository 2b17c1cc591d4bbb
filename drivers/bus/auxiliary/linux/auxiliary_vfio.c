/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <rte_eal.h>

#include "../private.h"

/* The VFIO device of a device, from before its driver's probe to after its remove. */

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
