/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * PCI devices behind VFIO.  All that is asked of the kernel is in common/vfio; here
 * is what the bus and the drivers of its devices expect of an open device: BARs
 * in mem_resource, an interrupt handle that EAL can enable, bus mastering, a reset,
 * and the news that the device is to be let go of.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

#include <linux/vfio.h>

#include <rte_bus_pci.h>
#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_vfio_dev.h>
#include <bus_driver.h>

#include "pci_init.h"
#include "private.h"

#define NB_BARS (VFIO_PCI_BAR5_REGION_INDEX + 1)

/* NULL while no driver has the device mapped. */
static struct rte_vfio_dev *
vfio_of(const struct rte_pci_device *dev)
{
	return RTE_PCI_DEVICE_INTERNAL_CONST(dev)->vfio;
}

/* --- Regions ------------------------------------------------------------------ */

/* The number of octets, as pread() returns it, or -1. */
static int
region_read(const struct rte_pci_device *dev, uint32_t index, void *buf, size_t len, off_t offset)
{
	struct rte_vfio_dev *vfio = vfio_of(dev);

	return vfio != NULL && rte_vfio_region_read(vfio, index, offset, buf, len) == 0 ?
		(int)len : -1;
}

static int
region_write(const struct rte_pci_device *dev, uint32_t index, const void *buf, size_t len,
	off_t offset)
{
	struct rte_vfio_dev *vfio = vfio_of(dev);

	return vfio != NULL && rte_vfio_region_write(vfio, index, offset, buf, len) == 0 ?
		(int)len : -1;
}

int
pci_vfio_read_config(const struct rte_pci_device *dev, void *buf, size_t len, off_t offset)
{
	return region_read(dev, VFIO_PCI_CONFIG_REGION_INDEX, buf, len, offset);
}

int
pci_vfio_write_config(const struct rte_pci_device *dev, const void *buf, size_t len, off_t offset)
{
	return region_write(dev, VFIO_PCI_CONFIG_REGION_INDEX, buf, len, offset);
}

/* Those of I/O ports have nothing that can be mapped, and keep the address NULL. */
static int
bars_map(struct rte_pci_device *dev)
{
	struct rte_vfio_dev *vfio = vfio_of(dev);
	const struct rte_vfio_region *region;
	uint32_t i;
	int ret;

	for (i = 0; i < NB_BARS; i++) {
		region = rte_vfio_region_get(vfio, i);
		if (region == NULL || region->size == 0)
			continue;
		ret = rte_vfio_region_map(vfio, i);
		if (ret < 0)
			return ret;
		dev->mem_resource[i].addr = region->addr;
	}
	return 0;
}

/* --- An open device ------------------------------------------------------------ */

/* On EAL's interrupt thread.  The kernel waits for the application to let go of the device. */
static void
event_take(struct rte_vfio_dev *vfio, enum rte_vfio_dev_event event, void *arg)
{
	struct rte_device *device = arg;

	RTE_SET_USED(vfio);
	if (event != RTE_VFIO_DEV_EVENT_REQUEST)
		PCI_LOG(ERR, "Device %s reports an error that it does not recover from",
			device->name);
	else if (device->bus->hot_unplug_handler(device) != 0)
		PCI_LOG(ERR, "Cannot handle the request to let go of device %s", device->name);
}

/* In a secondary process: get the one that the primary has open. */
static int
device_open(struct rte_pci_device *dev)
{
	struct rte_vfio_dev_node node = {
		.name = dev->name,
		.group_base = rte_pci_get_sysfs_path(),
		.group_name = dev->name,
		.eal_container = true,
	};
	struct rte_vfio_kernel_node kernel;
	char path[PATH_MAX];
	int dir, ret;

	snprintf(path, sizeof(path), "%s/%s", node.group_base, node.group_name);
	dir = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0) {
		PCI_LOG(ERR, "Cannot open %s: %s", path, rte_strerror(errno));
		return -ENODEV;
	}
	rte_vfio_node_find(dir, &node, &kernel);
	close(dir);
	ret = rte_vfio_dev_open(&node, RTE_VFIO_TRANSPORT_ANY, &RTE_PCI_DEVICE_INTERNAL(dev)->vfio);
	rte_vfio_node_put(&kernel);
	return ret;
}

/* What the primary process does for all: a device without a reset is used as it is. */
static int
device_start(struct rte_pci_device *dev)
{
	struct rte_vfio_dev *vfio = vfio_of(dev);
	int ret;

	ret = rte_vfio_pci_set_memory(vfio, true);
	if (ret == 0)
		ret = rte_vfio_pci_set_bus_master(vfio, true);
	if (ret < 0)
		return ret;
	ret = rte_vfio_dev_reset(vfio);
	if (ret < 0 && ret != -ENOTSUP && ret != -EINVAL) {
		PCI_LOG(ERR, "Cannot reset device %s: %s", dev->name, rte_strerror(-ret));
		return ret;
	}
	return rte_vfio_dev_event_set(vfio, event_take, &dev->device);
}

static void
device_close(struct rte_pci_device *dev)
{
	struct rte_pci_device_internal *pdev = RTE_PCI_DEVICE_INTERNAL(dev);
	uint32_t i;

	rte_vfio_dev_close(pdev->vfio);
	pdev->vfio = NULL;
	for (i = 0; i < NB_BARS; i++)
		dev->mem_resource[i].addr = NULL;
}

/* 1: it has nothing to do with VFIO after all. */
int
pci_vfio_map_resource(struct rte_pci_device *dev)
{
	int ret;

	ret = device_open(dev);
	if (ret < 0)
		return ret == -ENODEV ? 1 : -1;
	ret = bars_map(dev);
	if (ret == 0)
		ret = rte_vfio_irq_join_eal(vfio_of(dev), rte_eal_vfio_intr_mode(),
			dev->intr_handle);
	if (ret == 0 && rte_eal_process_type() == RTE_PROC_PRIMARY)
		ret = device_start(dev);
	if (ret == 0)
		return 0;
	device_close(dev);
	return -1;
}

int
pci_vfio_unmap_resource(struct rte_pci_device *dev)
{
	if (vfio_of(dev) == NULL)
		return -1;
	if (rte_eal_process_type() == RTE_PROC_PRIMARY)
		rte_vfio_pci_set_bus_master(vfio_of(dev), false);
	device_close(dev);
	return 0;
}

/* --- I/O ports, which are read and written by system calls ------------------------ */

int
pci_vfio_ioport_map(struct rte_pci_device *dev, int bar, struct rte_pci_ioport *p)
{
	if (bar < 0 || bar >= NB_BARS) {
		PCI_LOG(ERR, "Device %s has no BAR %d", dev->name, bar);
		return -1;
	}
	/* In a secondary process, nobody may have asked for the device before. */
	if (vfio_of(dev) == NULL && device_open(dev) < 0)
		return -1;
	p->dev = dev;
	p->base = bar;
	return 0;
}

void
pci_vfio_ioport_read(struct rte_pci_ioport *p, void *data, size_t len, off_t offset)
{
	if (region_read(p->dev, p->base, data, len, offset) < 0)
		PCI_LOG(ERR, "Cannot read BAR %d of device %s at 0x%x", (int)p->base,
			p->dev->name, (int)offset);
}

void
pci_vfio_ioport_write(struct rte_pci_ioport *p, const void *data, size_t len, off_t offset)
{
	if (region_write(p->dev, p->base, data, len, offset) < 0)
		PCI_LOG(ERR, "Cannot write BAR %d of device %s at 0x%x", (int)p->base,
			p->dev->name, (int)offset);
}

/* The device stays open for whoever has it mapped. */
int
pci_vfio_ioport_unmap(struct rte_pci_ioport *p)
{
	RTE_SET_USED(p);
	return 0;
}

/* --- Memory that the application maps ------------------------------------------- */

static int
dma_result(int ret)
{
	if (ret == 0)
		return 0;
	rte_errno = -ret;
	return -1;
}

int
pci_vfio_dma_map(struct rte_pci_device *dev, void *addr, uint64_t iova, size_t len)
{
	struct rte_vfio_dev *vfio = vfio_of(dev);

	return dma_result(vfio == NULL ? -ENODEV : rte_vfio_dev_dma_map(vfio, addr, iova, len));
}

int
pci_vfio_dma_unmap(struct rte_pci_device *dev, void *addr, uint64_t iova, size_t len)
{
	struct rte_vfio_dev *vfio = vfio_of(dev);

	return dma_result(vfio == NULL ? -ENODEV : rte_vfio_dev_dma_unmap(vfio, addr, iova, len));
}
