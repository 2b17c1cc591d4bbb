/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

/*
 * What is PCI about a device: its configuration space is a region.  The
 * sections are those of the PCI Local Bus Specification 3.0.
 */

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include <rte_byteorder.h>
#include <rte_common.h>

#include "vfio_call.h"
#include "vfio_private.h"

/* Capabilities lie behind the header, in steps of four octets. */
#define CAP_MAX ((RTE_PCI_CFG_SPACE_SIZE - RTE_PCI_STD_HEADER_SIZEOF) / 4)

static bool
is_pci(const struct rte_vfio_dev *dev)
{
	return (dev->info.flags & VFIO_DEVICE_FLAGS_PCI) != 0 &&
		dev->info.num_regions > VFIO_PCI_CONFIG_REGION_INDEX &&
		dev->regions[VFIO_PCI_CONFIG_REGION_INDEX].pub.size >= RTE_PCI_STD_HEADER_SIZEOF;
}

static int
config_read(struct rte_vfio_dev *dev, uint32_t offset, void *buf, size_t len)
{
	int ret;

	ret = rte_vfio_region_read(dev, VFIO_PCI_CONFIG_REGION_INDEX, offset, buf, len);
	return ret < 0 ? vfio_refused(dev, "reading PCI configuration at", offset, ret) : 0;
}

/*
 * Where a capability is, 6.7; 0 if there is none.  A list that leaves
 * configuration space, or that has no end, is not believed.
 */
static int
cap_find(struct rte_vfio_dev *dev, uint8_t id, uint8_t *where)
{
	uint8_t cap[2] = { 0 }, pos; /* id, next */
	unsigned int i;
	uint16_t status;
	int ret;

	*where = 0;
	ret = config_read(dev, RTE_PCI_STATUS, &status, sizeof(status));
	if (ret < 0 || (rte_le_to_cpu_16(status) & RTE_PCI_STATUS_CAP_LIST) == 0)
		return ret;
	ret = config_read(dev, RTE_PCI_CAPABILITY_LIST, &pos, sizeof(pos));
	for (i = 0; ret == 0 && i < CAP_MAX; i++) {
		pos &= ~3; /* reserved bits */
		if (pos == 0)
			return 0;
		if (pos < RTE_PCI_STD_HEADER_SIZEOF)
			break;
		ret = config_read(dev, pos, cap, sizeof(cap));
		if (ret == 0 && cap[0] == id) {
			*where = pos;
			return 0;
		}
		pos = cap[1];
	}
	if (ret < 0)
		return ret;
	VFIO_LOG(ERR, dev, "PCI capability list goes to 0x%02x after %u entries", pos, i);
	return -EPROTO;
}

/* A region that has anything mappable, and whose MSI-X table is not part of that. */
static bool
may_need_exclusion(const struct vfio_region *region)
{
	return region->pub.nb_areas != 0 && !region->msix_mappable;
}

/* The MSI-X capability, 6.8.2, says where the table is. */
int
vfio_pci_msix_exclude(struct rte_vfio_dev *dev)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), first, end;
	struct vfio_region *region;
	uint32_t table, bar;
	bool needed = false;
	uint16_t flags;
	uint8_t cap;
	int ret;

	if (!is_pci(dev))
		return 0;
	for (bar = VFIO_PCI_BAR0_REGION_INDEX; bar <= VFIO_PCI_BAR5_REGION_INDEX; bar++)
		needed |= may_need_exclusion(&dev->regions[bar]);
	if (!needed)
		return 0;
	ret = cap_find(dev, RTE_PCI_CAP_ID_MSIX, &cap);
	if (ret < 0 || cap == 0)
		return ret;
	ret = config_read(dev, cap + RTE_PCI_MSIX_FLAGS, &flags, sizeof(flags));
	if (ret == 0)
		ret = config_read(dev, cap + RTE_PCI_MSIX_TABLE, &table, sizeof(table));
	if (ret < 0)
		return ret;
	bar = rte_le_to_cpu_32(table) & RTE_PCI_MSIX_TABLE_BIR;
	first = rte_le_to_cpu_32(table) & RTE_PCI_MSIX_TABLE_OFFSET;
	end = first + ((rte_le_to_cpu_16(flags) & RTE_PCI_MSIX_FLAGS_QSIZE) + 1) *
		UINT64_C(1) * VFIO_PCI_MSIX_ENTRY_SIZE;
	if (bar > VFIO_PCI_BAR5_REGION_INDEX || end > dev->regions[bar].pub.size) {
		VFIO_LOG(ERR, dev, "MSI-X table at 0x%" PRIx64 "-0x%" PRIx64 " of region %u",
			first, end - 1, bar);
		return -EPROTO;
	}
	region = &dev->regions[bar];
	if (!may_need_exclusion(region))
		return 0;
	if (vfio_region_exclude(region, RTE_ALIGN_FLOOR(first, page),
			RTE_ALIGN_CEIL(end, page)) < 0)
		return vfio_no_memory(dev, "what its regions are");
	return 0;
}

/* Set or clear a bit of the command register, 6.2.2. */
static int
command_set(struct rte_vfio_dev *dev, uint16_t bit, bool on)
{
	uint16_t command, wanted;
	int ret;

	ret = config_read(dev, RTE_PCI_COMMAND, &command, sizeof(command));
	if (ret < 0)
		return ret;
	wanted = command & ~rte_cpu_to_le_16(bit);
	if (on)
		wanted |= rte_cpu_to_le_16(bit);
	if (wanted == command)
		return 0;
	ret = rte_vfio_region_write(dev, VFIO_PCI_CONFIG_REGION_INDEX, RTE_PCI_COMMAND, &wanted,
			sizeof(wanted));
	return ret < 0 ? vfio_refused(dev, "writing PCI configuration at", RTE_PCI_COMMAND, ret) :
		0;
}

static int
command_call(struct rte_vfio_dev *dev, uint16_t bit, bool on)
{
	int ret;

	if (!is_pci(dev))
		return -ENOTSUP;
	vfio_call_begin();
	ret = command_set(dev, bit, on);
	vfio_call_end();
	return ret;
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_pci_set_bus_master)
int
rte_vfio_pci_set_bus_master(struct rte_vfio_dev *dev, bool on)
{
	return command_call(dev, RTE_PCI_COMMAND_MASTER, on);
}

RTE_EXPORT_INTERNAL_SYMBOL(rte_vfio_pci_set_memory)
int
rte_vfio_pci_set_memory(struct rte_vfio_dev *dev, bool on)
{
	return command_call(dev, RTE_PCI_COMMAND_MEMORY, on);
}
