/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <errno.h>
#include <string.h>

#include <rte_byteorder.h>
#include <rte_eal.h>

#include "auxiliary_linux.h"

/* The VFIO device of a device, from before its driver's probe to after its remove. */

/* Of PCI's configuration space, a region of every VFIO PCI device. */
#define PCI_CONFIG_REGION 7
#define PCI_VENDOR_ID 0
#define PCI_DEVICE_ID 2

int
auxiliary_vfio_transport(const char *name)
{
	if (strcmp(name, "user") == 0)
		return RTE_VFIO_TRANSPORT_USER;
	if (strcmp(name, "cdev") == 0)
		return RTE_VFIO_TRANSPORT_CDEV;
	return strcmp(name, "group") == 0 ? RTE_VFIO_TRANSPORT_GROUP : RTE_VFIO_TRANSPORT_ANY;
}

/* The list's lock is held by whoever reads the member on another thread. */
static void
vfio_set(struct auxiliary_device *dev, struct rte_vfio_dev *vfio)
{
	auxiliary_lock();
	dev->pub.vfio_dev = vfio;
	auxiliary_unlock();
}

int
auxiliary_vfio_open(struct auxiliary_device *dev, const struct rte_auxiliary_driver *drv,
		const struct auxiliary_select *select)
{
	enum rte_vfio_transport transport = (enum rte_vfio_transport)select->transport;
	struct rte_vfio_dev *vfio = NULL;
	struct auxiliary_node node;
	int ret;

	/* The primary process has opened it, if it wants it, and knows it by name. */
	if (rte_eal_process_type() == RTE_PROC_SECONDARY) {
		node.vfio = (struct rte_vfio_dev_node){ .name = dev->pub.name };
		ret = rte_vfio_dev_open(&node.vfio, RTE_VFIO_TRANSPORT_ANY, &vfio);
		vfio_set(dev, vfio);
		return ret == -ENODEV ? 1 : ret;
	}
	ret = auxiliary_node_find(dev, &node);
	if (ret == 0)
		ret = rte_vfio_dev_open(&node.vfio, transport, &vfio);
	if (ret == 0)
		vfio_set(dev, vfio);
	else if (dev->pub.device.devargs != NULL && !dev->is_hushed)
		auxiliary_advice_log(dev, drv->driver.name, &node, ret);
	else
		AUXILIARY_LOG(INFO, "device %s: no VFIO device for driver %s: %s", dev->pub.name,
			drv->driver.name, strerror(-ret));
	auxiliary_node_put(&node);
	return ret;
}

void
auxiliary_vfio_close(struct auxiliary_device *dev)
{
	struct rte_vfio_dev *vfio = dev->pub.vfio_dev;

	vfio_set(dev, NULL);
	rte_vfio_dev_close(vfio);
}

int
auxiliary_vfio_pci_ids(struct auxiliary_device *dev, uint16_t *vendor, uint16_t *device)
{
	int ret;

	ret = rte_vfio_region_read16(dev->pub.vfio_dev, PCI_CONFIG_REGION, PCI_VENDOR_ID, vendor);
	if (ret == 0)
		ret = rte_vfio_region_read16(dev->pub.vfio_dev, PCI_CONFIG_REGION, PCI_DEVICE_ID,
				device);
	if (ret < 0) {
		AUXILIARY_LOG(ERR, "device %s: cannot read its PCI ids: %s", dev->pub.name,
			strerror(-ret));
		return ret;
	}
	*vendor = rte_le_to_cpu_16(*vendor);
	*device = rte_le_to_cpu_16(*device);
	return 0;
}

int
auxiliary_vfio_dma(struct auxiliary_device *dev, void *addr, uint64_t iova, size_t len, bool map)
{
	if (dev->pub.vfio_dev == NULL)
		return -ENOTSUP;
	return map ? rte_vfio_dma_map(dev->pub.vfio_dev, addr, iova, len) :
		rte_vfio_dma_unmap(dev->pub.vfio_dev, addr, iova, len);
}
