/* SPDX-License-Identifier: BSD-3-Clause
 * Copyright (c) 2026 The auxiliary-bus driver authors
 */

#include <rte_common.h>
#include <rte_interrupts.h>

#include "fuzz.h"
#include "fuzz_device.h"

static struct rte_intr_handle *handle; /* for one interrupt index after the other */

void
fuzz_device_start(void)
{
	handle = rte_intr_instance_alloc(RTE_INTR_INSTANCE_F_PRIVATE);
	fuzz_need(handle != NULL, "interrupt handle");
}

static void
use_region(struct rte_vfio_dev *dev, uint32_t index)
{
	const struct rte_vfio_region *region = rte_vfio_region_get(dev, index);
	const struct rte_vfio_region_area *area;
	uint8_t buf[128] = { 0 };
	volatile uint8_t *at;
	uint32_t i, value = 0;

	rte_vfio_region_read32(dev, index, 0, &value);
	if (region->size >= sizeof(buf)) {
		rte_vfio_region_read(dev, index, region->size - sizeof(buf), buf, sizeof(buf));
		rte_vfio_region_write(dev, index, region->size - sizeof(buf), buf, sizeof(buf));
	}
	if (rte_vfio_region_map(dev, index) < 0)
		return;
	/* As a data path does with doorbells: the first octet, and the last. */
	for (i = 0; i < region->nb_areas; i++) {
		area = &region->areas[i];
		at = rte_vfio_region_ptr(dev, index, area->offset, area->size);
		if (at != NULL)
			at[0] = at[area->size - 1];
	}
	rte_vfio_region_write32(dev, index, (region->size / 2) & ~UINT64_C(3), value);
}

static void
use_irq(struct rte_vfio_dev *dev, uint32_t index)
{
	int count = rte_vfio_irq_count(dev, index);

	if (count <= 0 || rte_vfio_irq_enable(dev, index, handle,
				RTE_MIN(count, FUZZ_MAX_VECTORS) - 1) < 0)
		return;
	rte_vfio_irq_ack(dev, index);
	rte_vfio_irq_trigger(dev, index, 0);
	rte_vfio_irq_disable(dev, index, handle);
}

void
fuzz_device_use(struct rte_vfio_dev *dev)
{
	const struct rte_vfio_dev_info *info = rte_vfio_dev_info(dev);
	uint32_t i;

	rte_vfio_dev_reset(dev);
	rte_vfio_pci_set_bus_master(dev, true);
	for (i = 0; i < info->num_regions; i++)
		use_region(dev, i);
	for (i = 0; i < info->num_irqs; i++)
		use_irq(dev, i);
}

/* --- For seeds ------------------------------------------------------------------- */

const struct fuzz_sparse fuzz_sparse = {
	.info = {
		.argsz = sizeof(fuzz_sparse),
		.flags = VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE |
			VFIO_REGION_INFO_FLAG_MMAP | VFIO_REGION_INFO_FLAG_CAPS,
		.cap_offset = offsetof(struct fuzz_sparse, filler),
		.size = FUZZ_SPARSE_SIZE,
	},
	.filler.header = {
		.id = VFIO_REGION_INFO_CAP_TYPE,
		.version = 1,
		.next = offsetof(struct fuzz_sparse, sparse),
	},
	.sparse = {
		.header = { .id = VFIO_REGION_INFO_CAP_SPARSE_MMAP, .version = 1 },
		.nr_areas = 2,
	},
	.areas = { { .offset = 0x1000, .size = 0x1000 }, { .offset = 0x3000, .size = 0x1000 } },
};

struct vfio_region_info
fuzz_region(uint32_t index, uint64_t size)
{
	return (struct vfio_region_info) {
		.argsz = sizeof(struct vfio_region_info),
		.flags = size == 0 ? 0 : VFIO_REGION_INFO_FLAG_READ | VFIO_REGION_INFO_FLAG_WRITE,
		.index = index,
		.size = size,
	};
}

struct vfio_irq_info
fuzz_irq(uint32_t index, uint32_t count)
{
	return (struct vfio_irq_info) {
		.argsz = sizeof(struct vfio_irq_info),
		.flags = VFIO_IRQ_INFO_EVENTFD | VFIO_IRQ_INFO_AUTOMASKED,
		.index = index,
		.count = count,
	};
}

struct vfio_device_info
fuzz_info(uint32_t flags, uint32_t num_regions, uint32_t num_irqs)
{
	return (struct vfio_device_info) {
		.argsz = sizeof(struct vfio_device_info),
		.flags = VFIO_DEVICE_FLAGS_RESET | flags,
		.num_regions = num_regions,
		.num_irqs = num_irqs,
	};
}
